"""A model can be scripted while it is recorded; its script has no hooks, and is not recorded."""

import copy

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


def test_a_scripted_model_is_refused_with_help() -> None:
    with pytest.raises(TypeError, match="give record the model itself"):
        record(torch.jit.script(nn.Sequential(nn.Linear(4, 2), nn.ReLU())))
