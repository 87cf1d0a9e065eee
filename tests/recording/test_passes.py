"""Which passes are steps: those that train, whatever runs them; a pass that only traces is none."""

import warnings
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.proxy_tensor import make_fx

from bnviz import record
from bnviz.recording import Recording
from bnviz.recording.taps import WINDOW


@pytest.fixture(autouse=True)
def _seeded_and_silent() -> Iterator[None]:
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        yield


def small() -> nn.Sequential:
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))


X = torch.randn(3, 4)


def loss_of(model: nn.Module, parameters: dict[str, Tensor], x: Tensor) -> Tensor:
    return torch.func.functional_call(model, parameters, (x,)).square().mean()


# -- passes that only trace --------------------------------------------------------------------


def fake_mode(model: nn.Module) -> None:
    with FakeTensorMode(allow_non_fake_inputs=True):
        model(X)


def fake_tensors(model: nn.Module) -> None:
    mode = FakeTensorMode(allow_non_fake_inputs=True)
    with torch.no_grad():
        model(mode.from_tensor(X))


def jit_trace(model: nn.Module) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is out of date itself
        torch.jit.trace(model, X)


def export(model: nn.Module) -> None:
    torch.export.export(model, (X,))


def strict_export(model: nn.Module) -> None:
    torch.export.export(model, (X,), strict=True)


def proxies(model: nn.Module) -> None:
    make_fx(model)(X)


def symbolic(model: nn.Module) -> None:
    class Wrapper(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, x: Tensor) -> Tensor:
            return self.model(x)

    class Tracer(torch.fx.Tracer):
        def is_leaf_module(self, module: nn.Module, name: str) -> bool:
            return False

    Tracer().trace(Wrapper())


def functional(model: nn.Module) -> None:
    torch.func.functionalize(model)(X)


def meta(model: nn.Module) -> None:
    on_meta = {name: p.detach().to("meta") for name, p in model.named_parameters()}
    torch.func.functional_call(model, on_meta, (X.to("meta"),))


TRACES = (
    *(fake_mode, fake_tensors, jit_trace, export, strict_export, proxies, symbolic),
    *(functional, meta),
)


@pytest.mark.parametrize("trace", TRACES)
@pytest.mark.parametrize("sample", [None, 16])
def test_a_pass_that_only_traces_is_no_step(
    trace: Callable[[nn.Module], None], sample: int | None
) -> None:
    model = small()
    with record(model, sample=sample) as recording:
        model(X)
        trace(model)
        model(X)
        assert recording.num_steps == 2
        trace(model)
        model(X)
    assert recording.num_steps == 3
    assert (recording.total("1") == recording.total("1")[0]).all()


def test_what_is_traced_is_the_model_without_the_recorder() -> None:
    model = small()
    plain = make_fx(model)(X).code, torch.export.export(model, (X,)).graph_module.code
    with record(model):
        watched = make_fx(model)(X).code, torch.export.export(model, (X,)).graph_module.code
    assert watched == plain


# -- torch.func --------------------------------------------------------------------------------


def trained_functionally(recorded: bool, steps: int = 5) -> tuple[Recording | None, list[Tensor]]:
    """A training loop that takes its gradients from torch.func.grad."""
    torch.manual_seed(0)
    model = small()
    gradient = torch.func.grad(lambda parameters, x: loss_of(model, parameters, x))

    def train() -> list[Tensor]:
        parameters = {name: p.detach() for name, p in model.named_parameters()}
        for _ in range(steps):
            gradients = gradient(parameters, torch.randn(6, 4))
            parameters = {name: p - 0.1 * gradients[name] for name, p in parameters.items()}
        return list(parameters.values())

    if not recorded:
        return None, train()
    with record(model, sample=None) as recording:
        return recording, train()


def test_a_training_loop_on_torch_func_is_recorded_as_any_other() -> None:
    recording, weights = trained_functionally(recorded=True)
    _, plain = trained_functionally(recorded=False)
    assert recording is not None
    assert recording.total("1").tolist() == [48] * 5
    for one, two in zip(weights, plain, strict=True):
        assert torch.equal(one, two)


def test_torch_func_gives_the_values_of_a_plain_pass() -> None:
    model = small()
    parameters = dict(model.named_parameters())
    with record(model, sample=None) as recording:
        model(X)
        torch.func.grad(lambda p: loss_of(model, p, X))(parameters)
        torch.func.vmap(model)(X)
        torch.func.vmap(model, in_dims=1)(X.T)
        torch.func.vmap(torch.func.vmap(model))(X.reshape(1, 3, 4))
        torch.func.vmap(torch.func.grad(lambda p, x: loss_of(model, p, x)), in_dims=(None, 0))(
            parameters, X[:, None]
        )
        torch.func.jvp(model, (X,), (X,))
        model(X)
    assert recording.num_steps == 8
    counts = recording.counts("1")
    # A product of a matrix and one of its rows may round differently.
    assert (abs(counts - counts[0]).sum(axis=1) <= 2).all()
    assert recording.total("1").tolist() == [24] * 8


def test_a_long_training_on_torch_func_is_recorded_to_its_end() -> None:
    model, steps = small(), 2 * WINDOW + 3
    parameters = dict(model.named_parameters())
    with record(model, sample=None) as recording:
        for _ in range(steps):
            torch.func.grad(lambda p: loss_of(model, p, X))(parameters)
    assert not recording.notes
    assert recording.total("1").sum() == steps * 24


@pytest.mark.parametrize("first", ["plain", "func"])
def test_plain_and_transformed_passes_take_turns(first: str) -> None:
    model, x = small(), torch.randn(40, 3, 4)
    parameters = dict(model.named_parameters())
    with record(model, sample=None) as recording:
        for step, batch in enumerate(x):
            if (step % 2 == 0) == (first == "plain"):
                model(batch)
            else:
                torch.func.grad(lambda p, x=batch: loss_of(model, p, x))(parameters)
    with record(model, sample=None) as plain:
        for batch in x:
            model(batch)
    np.testing.assert_array_equal(recording.counts("1"), plain.counts("1"))


def test_dead_units_of_an_ensemble_are_those_of_no_member() -> None:
    """vmap over models: the axis that it adds is one of examples, not of units."""
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU())
    weights = {"0.weight": torch.zeros(5, 8, 4), "0.bias": torch.full((5, 8), -1.0)}
    weights["0.bias"][:, 0] = 1.0  # works in all members
    weights["0.bias"][3, 1] = 1.0  # works in one of them
    with record(model, sample=None) as recording:
        torch.func.vmap(lambda p, x: torch.func.functional_call(model, p, (x,)), in_dims=(0, None))(
            weights, X
        )
    assert recording.total("1").tolist() == [5 * 3 * 8]
    assert recording.dead("1").tolist() == [6 / 8]


def test_nested_vmaps_leave_the_units_where_the_module_sees_them() -> None:
    model = nn.ReLU()
    x = torch.arange(4.0)[:, None, None].repeat(5, 1, 3, 2)  # unit u has the value u
    with record(model, units=2, sample=None) as recording:
        torch.func.vmap(torch.func.vmap(model, in_dims=2), in_dims=3)(x)
    assert recording.mean("model[2]").tolist() == [2]
    assert recording.total("model[2]").tolist() == [5 * 3 * 2]


# -- whatever else goes wrong ------------------------------------------------------------------


class Tree(nn.Module):
    """Calls itself: for each half of its input once, down to single rows."""

    def __init__(self) -> None:
        super().__init__()
        self.fc, self.relu = nn.Linear(4, 4), nn.ReLU()
        self.stumbles = False

    def forward(self, x: Tensor) -> Tensor:
        if len(x) > 1:
            middle = len(x) // 2
            x = (self(x[:middle]) + self(x[middle:])) / 2
        elif self.stumbles:
            raise ArithmeticError
        return self.relu(self.fc(x.mean(0, keepdim=True)))


def test_what_a_model_calls_of_itself_is_part_of_its_step() -> None:
    tree = Tree()
    entered: list[Tensor] = []
    tree.relu.register_forward_pre_hook(lambda _, args: entered.append(args[0].detach()))
    with record(tree, sample=None) as recording:
        for _ in range(3):
            tree(torch.randn(4, 4))
    assert recording.num_steps == 3
    calls = ["relu", *(f"relu#{call}" for call in range(2, 8))]  # 4 leaves, 2 branches, the root
    assert list(recording.layers) == calls
    for call, layer in enumerate(calls):
        values = torch.cat(entered[call::7]).double().numpy()
        np.testing.assert_allclose(recording.mean(layer), values.reshape(3, -1).mean(1), rtol=1e-5)


def test_a_model_that_failed_deep_inside_of_itself_is_recorded_from_its_next_pass_on() -> None:
    tree = Tree()
    with record(tree) as recording:
        for fails in (False, True, False, True, False):
            tree.stumbles = fails
            try:
                tree(torch.randn(4, 4))
            except ArithmeticError:
                assert fails
    assert recording.num_steps == 5
    assert recording.layers[-1] == "relu#7"
    assert recording.total("relu").sum() == 3 * 4  # one row of 4 units


class Broken(Tensor):
    """A tensor that holds no values of its own and lets nobody at them."""

    @staticmethod
    def __new__(cls, inner: Tensor) -> "Broken":
        return Tensor._make_wrapper_subclass(cls, inner.shape, dtype=inner.dtype)  # type: ignore

    def __init__(self, inner: Tensor) -> None:
        self.inner = inner

    @classmethod
    def __torch_dispatch__(cls, function, types, args=(), kwargs=None):
        raise NotImplementedError("no values")


class Strange(nn.Module):
    """Shows one of its layers a tensor that cannot be read, from the third pass on."""

    def __init__(self) -> None:
        super().__init__()
        self.fc, self.relu, self.odd, self.passes = nn.Linear(4, 8), nn.ReLU(), nn.Identity(), 0

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.fc(x))
        self.passes += 1
        self.odd(Broken(y) if self.passes > 2 else y)
        return y


@pytest.mark.filterwarnings("default::UserWarning")
def test_a_layer_that_cannot_be_watched_is_left_out_with_one_warning() -> None:
    model = Strange()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with record(model, ["relu", "odd"], watch="output", sample=None) as recording:
            for _ in range(5):
                model(X)
    assert [str(w.message) for w in caught if "odd" in str(w.message)] == [str(caught[-1].message)]
    assert "odd can no longer be watched" in str(caught[-1].message)
    assert "from step 3 on" in str(caught[-1].message)
    assert recording.total("relu").tolist() == [24] * 5
    assert recording.total("odd").tolist() == [24, 24, 0, 0, 0]


def test_gradients_that_are_still_to_come_are_left_out_with_their_layer() -> None:
    class Twice(Strange):
        def forward(self, x: Tensor) -> Tensor:
            y = self.odd(self.fc(x))
            return y + super().forward(x)

    model, watch = Twice(), ["output", "gradient"]
    with pytest.warns(UserWarning, match="odd can no longer be watched"):  # noqa: SIM117
        with record(model, "odd", watch=watch, sample=None) as recording:
            for _ in range(5):
                model(X).sum().backward()
    for name in "odd.grad", "odd#2.grad":
        assert recording.total(name).sum() == 2 * 24


@pytest.mark.filterwarnings("default::UserWarning")
def test_a_layer_that_could_not_be_watched_from_the_first_is_not_said_to_lack_numbers() -> None:
    model = Strange()
    model.passes = 2
    with pytest.warns(UserWarning, match="odd can no longer be watched"):  # noqa: SIM117
        with record(model, ["relu", "odd"]) as recording:
            model(X)
    assert len(recording.notes) == 1


class Unreadable:
    """Arguments may be anything."""

    @property
    def __dataclass_fields__(self) -> object:
        raise RuntimeError("nobody looks into this")


@pytest.mark.filterwarnings("default::UserWarning")
def test_a_recorder_that_cannot_go_on_says_so_once_and_training_goes_on() -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.relu = nn.ReLU()

        def forward(self, x: Tensor, other: object = None) -> Tensor:
            return self.relu(x)

    model = Model()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with record(model, sample=None) as recording:
            model(X)
            for _ in range(3):
                assert torch.equal(model(X, Unreadable()), X.relu())
            model(X)
    assert [str(w.message) for w in caught] == list(recording.notes)
    assert "nothing more can be recorded" in recording.notes[0]
    assert recording.total("relu").tolist() == [12]


def test_a_first_pass_that_fails_does_not_keep_the_others_from_being_recorded() -> None:
    model = small()
    with record(model, sample=None) as recording:
        with pytest.raises(RuntimeError, match="shape"):
            model(torch.randn(3, 5))
        model(X)
        hooks = [len(m._forward_hooks) for m in model]
        model(X)
    assert hooks == [0, 0, 0]  # what only the first pass needs is gone
    assert recording.total("1").tolist() == [0, 24, 24]
