"""Compiled models are recorded, and nothing else is compiled anew for it."""

import copy
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from bnviz import record
from bnviz.recording import Recording, RecordingError


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    torch.manual_seed(0)
    torch.compiler.reset()
    yield
    torch.compiler.reset()


class Counting:
    """A backend that changes nothing, and counts what it compiled."""

    def __init__(self) -> None:
        self.graphs = 0

    def __call__(self, graph: torch.fx.GraphModule, inputs: list[Tensor]) -> Callable[..., object]:
        self.graphs += 1
        return graph.forward


class Activate(nn.Module):
    """A part with a forward method of its own: PyTorch compiles its own modules only inside."""

    def __init__(self) -> None:
        super().__init__()
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(x) * 2


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc1, self.act, self.fc2 = nn.Linear(4, 8), Activate(), nn.Linear(8, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(self.act(self.fc1(x)))


class Other(nn.Module):
    """Not a Sequential, so that it shares no code with the others."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(x).tanh()


X = torch.ones(5, 4)


def wrapped(model: Small, backend: Counting) -> nn.Module:
    return torch.compile(model, backend=backend)


def in_place(model: Small, backend: Counting) -> nn.Module:
    model.compile(backend=backend)
    return model


def a_part(model: Small, backend: Counting) -> nn.Module:
    model.act = torch.compile(model.act, backend=backend)
    return model


def a_part_in_place(model: Small, backend: Counting) -> nn.Module:
    model.act.compile(backend=backend)
    return model


def its_forward(model: Small, backend: Counting) -> nn.Module:
    model.forward = torch.compile(model.forward, backend=backend)  # type: ignore[method-assign]
    return model


WAYS = (wrapped, in_place, a_part, a_part_in_place, its_forward)


def train(model: nn.Module, steps: int) -> Tensor:
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    for _ in range(steps):
        output = model(X)
        optimizer.zero_grad()
        output.square().mean().backward()
        optimizer.step()
    return output.detach()


def recorded(model: nn.Module, steps: int = 4) -> Recording:
    with record(model, sample=None) as recording:
        train(model, steps)
    return recording


@pytest.mark.parametrize("way", WAYS)
def test_code_from_before_is_there_again_afterwards(
    way: Callable[[Small, Counting], nn.Module],
) -> None:
    eager, model = Small(), Small()
    model.load_state_dict(eager.state_dict())
    backend = Counting()
    compiled = way(model, backend)
    train(compiled, 2)
    train(eager, 2)
    assert backend.graphs
    recording, expected = recorded(compiled), recorded(eager)
    assert recording.layers == expected.layers == ("act.relu",)
    assert recording.num_steps == 4
    np.testing.assert_allclose(recording.mean("act.relu"), expected.mean("act.relu"), atol=1e-6)
    np.testing.assert_array_equal(recording.total("act.relu"), expected.total("act.relu"))
    graphs = backend.graphs
    torch.testing.assert_close(train(compiled, 2), train(eager, 2))
    assert backend.graphs == graphs  # nothing new
    assert recording.num_steps == 4


def test_what_has_nothing_to_do_with_the_model_is_compiled_once() -> None:
    backend = Counting()
    function = torch.compile(lambda x: x.sin() + 1, backend=backend)
    module = torch.compile(Other(), backend=backend)
    model = torch.compile(Small(), backend=Counting())
    for _ in range(2):
        function(X), module(X), model(X)
    before = backend.graphs
    with record(model, sample=None) as recording:
        function(X), module(X), model(X)
    function(X), module(X), model(X)
    assert recording.total("act.relu").tolist() == [40]
    assert backend.graphs == before


def test_a_second_recording_of_a_compiled_model() -> None:
    model = wrapped(Small(), Counting())
    for _ in range(3):
        assert recorded(model).total("act.relu").tolist() == [40] * 4


@pytest.mark.parametrize("way", [wrapped, a_part])
def test_what_is_compiled_in_the_block_runs_without_hooks_afterwards(
    way: Callable[[Small, Counting], nn.Module],
) -> None:
    model, backend = Small(), Counting()
    with record(model, sample=None) as recording:
        train(model, 1)
        compiled = way(model, backend)
        train(compiled, 3)
    graphs = backend.graphs
    train(compiled, 3)
    again = backend.graphs
    train(compiled, 3)
    assert (recording.total("act.relu") == 40).all()
    assert again > graphs  # compiled anew, without hooks, once
    assert backend.graphs == again


@pytest.mark.parametrize("way", [in_place, a_part_in_place])
def test_what_is_compiled_in_place_in_the_block_is_recorded(
    way: Callable[[Small, Counting], nn.Module],
) -> None:
    model = Small()
    with record(model, sample=None) as recording:
        train(model, 1)
        way(model, Counting())
        train(model, 3)
    train(model, 3)
    assert recording.total("act.relu").tolist() == [40] * 4


def test_nothing_is_left_on_a_compiled_model() -> None:
    for way in WAYS:
        model = way(Small(), Counting())
        before = [dict(vars(module)) for module in model.modules()]
        recorded(model)
        for module, attributes in zip(model.modules(), before, strict=True):
            assert vars(module).keys() == attributes.keys()
            for name in ("forward", "_compiled_call_impl"):
                assert vars(module).get(name) is attributes.get(name)


# -- code from before the block ------------------------------------------------------------------


def test_a_model_compiled_in_the_block_after_another_of_its_kind_is_recorded() -> None:
    train(torch.compile(Small(), backend="eager"), 2)
    model = Small()
    with record(model, sample=None) as recording:
        train(torch.compile(model, backend="eager"), 4)
    # The first pass ran the code of the other; what is in it was never seen.
    assert recording.total("act.relu").tolist() == [0, 40, 40, 40]


class Line(nn.Sequential):
    def __init__(self) -> None:
        super().__init__(nn.Linear(4, 8), nn.ReLU())


@pytest.mark.parametrize("where", [Small, Line])
def test_a_function_compiled_before_the_block_says_what_to_do(
    where: Callable[[], nn.Module],
) -> None:
    model = where()
    step = torch.compile(lambda x: model(x).square().mean(), backend="eager")
    step(X).backward()
    told = pytest.warns(UserWarning, match="nothing was recorded: .* does not notice hooks")
    with told as caught, record(model, sample=None) as recording:
        for _ in range(3):
            step(X).backward()
    assert len(caught) == 1
    with pytest.raises(RecordingError, match="set_stance"):
        recording.mean("act.relu")
    with torch.compiler.set_stance("force_eager"), record(model, sample=None) as recording:
        for _ in range(3):
            step(X).backward()  # as the warning advises
    assert recording.total(*recording.layers).tolist() == [40] * 3


# -- in one piece --------------------------------------------------------------------------------


def test_a_model_that_was_compiled_in_one_piece_is_recorded_in_parts() -> None:
    backend = Counting()
    model = torch.compile(Small(), backend=backend, fullgraph=True)
    train(model, 2)
    graphs = backend.graphs
    recording = recorded(model)
    assert recording.total("act.relu").tolist() == [40] * 4
    assert backend.graphs > graphs
    graphs = backend.graphs
    train(model, 2)
    assert backend.graphs == graphs  # in one piece again, as before


@pytest.mark.parametrize("kind", ["model", "sequential", "function"])
def test_what_is_compiled_in_one_piece_in_the_block_runs_and_is_told_once(kind: str) -> None:
    model = Line() if kind == "sequential" else Small()
    plain = copy.deepcopy(model)
    what = (lambda x: model(x)) if kind == "function" else model
    told = pytest.warns(UserWarning, match="fullgraph=True.* Leave fullgraph out")
    with told as caught, record(model, sample=None) as recording:
        called = torch.compile(what, backend="eager", fullgraph=True)
        outputs = [called(X) for _ in range(3)]
    assert len(caught) == 1
    assert caught[0].filename == __file__
    for output in outputs:
        torch.testing.assert_close(output, plain(X))
    assert "fullgraph" in recording.notes[0]
