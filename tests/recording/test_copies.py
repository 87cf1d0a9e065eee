"""Copies of a recorded model, and what torch.jit.script makes of it, have no hooks of ours."""

import copy
import io
import pickle
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from bnviz import record

pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit", "ignore:nothing was recorded")
X = torch.ones(3, 4)


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc, self.act = nn.Linear(4, 4), nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.fc(x)) + x


def two_blocks() -> nn.Sequential:
    shared = Block()
    return nn.Sequential(shared, Block(), shared)


def test_a_script_made_in_the_block_is_the_model_without_hooks() -> None:
    model = two_blocks()
    modules = list(model.modules())
    attributes = [dict(vars(module)) for module in modules]
    told = pytest.warns(UserWarning, match="what torch.jit.script makes of the Sequential")
    with told as caught, record(model, sample=None) as recording:
        model(X)
        for part in (model, model[1], model[1].act):
            assert torch.equal(torch.jit.script(part)(X), copy.deepcopy(part)(X))
        model(X)
    assert [w.filename for w in caught if w.category is UserWarning] == [__file__]
    assert len(recording.notes) == 1
    assert recording.total("1.act").tolist() == [12, 12]
    assert list(model.modules()) == modules  # the same objects, as they were
    for module, before in zip(modules, attributes, strict=True):
        assert vars(module).keys() == before.keys()


def test_a_script_shares_the_parameters_of_the_model() -> None:
    model = Block()
    with pytest.warns(UserWarning, match="Train that one"), record(model):
        script = torch.jit.script(model)
    with torch.no_grad():
        model.fc.weight.zero_()
    assert torch.equal(script(X), model(X))


def test_hooks_of_others_stay_in_the_script() -> None:
    def double(module: nn.Module, input: tuple[Tensor], output: Tensor) -> Tensor:
        return output * 2

    model = Block()
    model.fc.register_forward_hook(double)
    expected = model(X)
    with pytest.warns(UserWarning), record(model, [nn.Linear]):
        script = torch.jit.script(model)
    assert torch.equal(script(X), expected)


class Knows(nn.Module):
    """Has a way of its own to be scripted."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.tensor(x.tolist())

    def __prepare_scriptable__(self) -> nn.Module:
        return nn.Identity()


def test_a_module_with_a_way_of_its_own_keeps_it() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), Knows())
    with pytest.warns(UserWarning), record(model):
        script = torch.jit.script(model)
    assert torch.equal(script(X), model(X))
    assert "__prepare_scriptable__" not in vars(model[2])


def loaded(model: nn.Module) -> nn.Module:
    file = io.BytesIO()
    torch.save(model, file)
    file.seek(0)
    return torch.load(file, weights_only=False)


def pickled(model: nn.Module) -> nn.Module:
    return pickle.loads(pickle.dumps(model))


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickled, loaded])
def test_a_copy_made_in_the_block_has_no_hooks_and_can_be_scripted(
    copied: Callable[[nn.Module], nn.Module],
) -> None:
    model = Block()
    seen: list[int] = []
    if copied is not pickled and copied is not loaded:
        model.act.register_forward_hook(lambda *_: seen.append(1), always_call=True)
    with record(model, watch=["output", "gradient"]):
        model(X)
        twin = copied(model.act)
    for kind in ("_forward_hooks", "_forward_pre_hooks"):
        others = len(getattr(model.act, kind))
        assert len(getattr(twin, kind)) == others
        assert len(getattr(twin, f"{kind}_with_kwargs")) == 0
    assert vars(twin).keys() == vars(model.act).keys()
    twin(X)
    assert len(seen) == 2 * len(model.act._forward_hooks)
    twin._forward_hooks.clear()
    assert torch.equal(torch.jit.script(twin)(X), X)


class Remembers(nn.ReLU):
    """Has a state of its own."""

    def __getstate__(self) -> dict[str, object]:
        return vars(self) | {"copied": True}


def test_a_module_with_a_state_of_its_own_keeps_it() -> None:
    model = nn.Sequential(nn.Linear(4, 4), Remembers())
    with record(model):
        model(X)
        twin = copy.deepcopy(model)[1]
    assert twin.copied
    assert not twin._forward_pre_hooks
    assert "copied" not in vars(model[1])


def test_two_recorders_each_tell_of_a_script_until_they_end() -> None:
    model = Block()
    before = vars(model.act).keys()
    first, second = record(model), record(model)
    for watch in (first, second):
        watch.start()
        model(X)
    with pytest.warns(UserWarning):
        torch.jit.script(model)
    first.stop()
    assert [len(watch.recording.notes) for watch in (first, second)] == [1, 1]
    assert torch.equal(torch.jit.script(model)(X), model(X))
    second.stop()
    assert vars(model.act).keys() == before
    assert torch.equal(torch.jit.script(model)(X), model(X))


def test_a_scripted_model_is_refused_with_help() -> None:
    with pytest.raises(TypeError, match="give record the model itself"):
        record(torch.jit.script(nn.Sequential(nn.Linear(4, 2), nn.ReLU())))
