"""Gradients at the layers, steps of an optimizer, and how far it moves the weights."""

import copy
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from bnviz import load, merge, record
from bnviz.recording import Recording
from bnviz.recording.histogram import bin_values
from bnviz.recording.taps import WINDOW


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def small(inplace: bool = False) -> nn.Sequential:
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(inplace=inplace), nn.Linear(8, 2))


def gradients_by_hand(model: nn.Sequential, x: Tensor) -> tuple[Tensor, Tensor]:
    """At the input of the activation and at the output of the last layer, for a mean of squares."""
    hidden = model[0](x)
    hidden.retain_grad()
    output = model[2](torch.relu(hidden))
    output.retain_grad()
    output.square().mean().backward()
    model.zero_grad()
    return hidden.grad, output.grad


def assert_holds(recording: Recording, name: str, steps: list[Tensor]) -> None:
    """Row by row, these values."""
    assert len(recording.steps) == len(steps)
    for row, x in enumerate(steps):
        np.testing.assert_array_equal(recording.counts(name)[row], bin_values(x.numpy()))
        assert recording.mean(name)[row] == pytest.approx(x.double().mean().item(), rel=1e-5)
        assert recording.std(name)[row] == pytest.approx(
            x.double().std(correction=0).item(), rel=1e-5
        )


# -- gradients ---------------------------------------------------------------------------------


@pytest.mark.parametrize("inplace", [False, True])
def test_gradients_are_those_at_what_is_recorded(inplace: bool) -> None:
    model, batches = small(inplace), list(torch.randn(5, 6, 4))
    expected = [gradients_by_hand(model, x) for x in batches]
    with record(model, ["1", "2"], watch=("auto", "gradient"), sample=None) as recording:
        for x in batches:
            model(x).square().mean().backward()
    assert recording.layers == ("1", "2")
    assert recording.gradients == ("1.grad", "2.grad")
    assert recording.quantity("1") == "input"
    assert recording.quantity("2") == "output"
    assert recording.quantity("1.grad") == recording.quantity("2.grad") == "gradient"
    assert_holds(recording, "1.grad", [hidden for hidden, _ in expected])
    assert_holds(recording, "2.grad", [output for _, output in expected])


def test_gradients_alone_and_at_outputs() -> None:
    model = small()
    with record(model, watch="gradient", sample=None, units=3) as recording:
        model(torch.randn(6, 4)).sum().backward()
    assert recording.layers == ()
    assert recording.gradients == ("1.grad", "1[3].grad")
    assert recording.total("1[3].grad").tolist() == [6]
    with record(model, "1", watch=("output", "gradient"), sample=None) as recording:
        model(torch.randn(6, 4)).sum().backward()
    assert recording.quantity("1") == "output"
    expected = model[2].weight.sum(0).expand(6, 8).detach()
    assert_holds(recording, "1.grad", [expected])


def test_gradients_do_not_change_the_run() -> None:
    def weights(watch: object) -> list[Tensor]:
        torch.manual_seed(3)
        model = nn.Sequential(
            *(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(inplace=True)),
            *(nn.Dropout(0.5), nn.Linear(8, 2)),
        )
        optimizer = torch.optim.Adam(model.parameters(), 0.1)

        def train() -> None:
            for _ in range(20):
                optimizer.zero_grad()
                model(torch.randn(16, 4)).square().mean().backward()
                optimizer.step()

        if watch:
            with record(model, watch=watch, optimizer=optimizer):  # type: ignore[arg-type]
                train()
        else:
            train()
        return list(model.state_dict().values())

    for one, two in zip(weights(("auto", "gradient")), weights(None), strict=True):
        assert torch.equal(one, two)


def test_several_backward_passes_of_a_step_belong_together() -> None:
    model, x = small(), torch.randn(6, 4)
    with record(model, watch=("auto", "gradient"), sample=None) as recording:
        for _ in range(3):
            output = model(x)
            output[:, 0].sum().backward(retain_graph=True)
            output[:, 1].sum().backward()
    assert recording.total("1").tolist() == [48] * 3
    assert recording.total("1.grad").tolist() == [96] * 3


class Checkpointed(nn.Module):
    """Runs its body anew on the way back."""

    def __init__(self, *, reentrant: bool) -> None:
        super().__init__()
        self.body, self.reentrant = small(), reentrant

    def forward(self, x: Tensor) -> Tensor:
        return checkpoint(self.body, x, use_reentrant=self.reentrant)


@pytest.mark.parametrize("reentrant", [False, True])
def test_gradients_come_also_where_passes_are_repeated(reentrant: bool) -> None:
    model, x = Checkpointed(reentrant=reentrant), torch.randn(6, 4, requires_grad=True)
    hidden, _ = gradients_by_hand(model.body, x.detach())
    with record(model, watch=("auto", "gradient"), sample=None) as recording:
        for _ in range(3):
            model(x).square().mean().backward()
    assert recording.total("body.1").tolist() == [48] * 3
    assert_holds(recording, "body.1.grad", [hidden] * 3)


@pytest.mark.parametrize("reentrant", [False, True])
def test_a_whole_model_that_is_repeated_on_the_way_back_makes_one_step(reentrant: bool) -> None:
    model, x = small(), torch.randn(6, 4, requires_grad=True)
    hidden, _ = gradients_by_hand(model, x.detach())
    with record(model, watch=("auto", "gradient"), sample=None) as recording:
        for _ in range(3):
            checkpoint(model, x, use_reentrant=reentrant).square().mean().backward()
    assert recording.num_steps == 3
    assert recording.total("1").tolist() == [48] * 3
    assert_holds(recording, "1.grad", [hidden] * 3)


def test_checkpoints_of_steps_that_are_not_recorded_give_no_gradients() -> None:
    model, x = Checkpointed(reentrant=True), torch.randn(6, 4, requires_grad=True)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    options: dict[str, object] = {"watch": "gradient", "sample": None, "optimizer": optimizer}
    with record(model, every=2, **options) as recording:  # type: ignore[arg-type]
        for _ in range(4):
            model(x).square().mean().backward()
            optimizer.step()
    assert recording.total("body.1.grad").tolist() == [48, 48]


def test_checkpoints_of_steps_that_are_not_kept_give_no_gradients() -> None:
    model, x = Checkpointed(reentrant=True), torch.randn(6, 4, requires_grad=True)
    with record(model, watch=("auto", "gradient")) as recording:
        for _ in range(2500):
            model(x).square().mean().backward()
    values, gradients = recording.total("body.1"), recording.total("body.1.grad")
    np.testing.assert_array_equal(gradients, values)
    assert values.sum() < 48 * 2500


def test_gradients_that_come_after_the_block_are_not_recorded() -> None:
    model, x = nn.Sequential(nn.ReLU()), torch.ones(2, 2**19, requires_grad=True)
    with record(model, watch="gradient", sample=None) as recording:
        loss = model(2 * x).sum()  # so large that it would be binned at once
    loss.backward()
    assert recording.gradients == ()


def test_passes_without_gradients_have_none() -> None:
    model, x = small(), torch.randn(6, 4)
    with record(model, watch=("auto", "gradient"), sample=None) as recording:
        with torch.no_grad():
            model(x)
        model(x)  # and nobody calls backward
        model(x).sum().backward()
        model(x).sum().backward()
    assert recording.total("1").tolist() == [48] * 4
    assert recording.total("1.grad").tolist() == [0, 0, 48, 48]


def test_gradients_that_torch_func_takes_are_missed_with_a_word() -> None:
    model, x = small(), torch.randn(6, 4)

    def loss(parameters: dict[str, Tensor]) -> Tensor:
        return torch.func.functional_call(model, parameters, (x,)).square().mean()

    with pytest.warns(UserWarning, match=r"inside of torch\.func no gradients come by"):  # noqa: SIM117
        with record(model, watch="gradient") as recording:
            for _ in range(2):
                torch.func.grad(loss)(dict(model.named_parameters()))
    with pytest.raises(ValueError, match="gave floating-point numbers or gradients"):
        recording.mean("1.grad")


def test_gradients_that_come_late_are_those_of_their_own_step() -> None:
    model, losses = small(), []
    with record(model, watch=("auto", "gradient"), sample=None) as recording:
        for scale in (1.0, 10.0, 100.0):
            losses.append(scale * model(torch.ones(6, 4)).sum())
        for loss in reversed(losses):
            loss.backward()
    spread = recording.std("1.grad")
    np.testing.assert_allclose(spread / spread[0], [1, 10, 100], rtol=1e-5)


def test_gradients_after_the_end_are_nobodys() -> None:
    model = small()
    with record(model, watch=("auto", "gradient"), sample=None) as recording:
        model(torch.ones(6, 4)).sum().backward()
        late = model(torch.ones(6, 4)).sum()
    late.backward()
    assert recording.total("1.grad").tolist() == [48, 0]


def test_an_input_that_lives_on_keeps_no_hooks() -> None:
    model, x = nn.Sequential(nn.ReLU(), nn.Linear(4, 2)), torch.randn(6, 4, requires_grad=True)
    with record(model, watch=("auto", "gradient"), sample=None) as recording:
        for _ in range(5):
            model(x).sum().backward()
    assert recording.total("0.grad").tolist() == [24] * 5
    assert not x._backward_hooks


def test_gradients_of_vanishing_size_keep_their_size() -> None:
    layers: list[nn.Module] = []
    for _ in range(12):
        layers += [nn.Linear(16, 16), nn.Sigmoid()]
    model = nn.Sequential(*layers)
    seen: list[Tensor] = []
    with record(model, watch=("auto", "gradient"), sample=None) as recording:
        output = model[0](torch.randn(8, 16))
        output.register_hook(lambda g: seen.append(g.clone()))
        model(torch.randn(8, 16)).mean().mul(1e-6).backward()
    sizes = [np.abs(recording.percentiles(name, (15, 85))[0]).max() for name in recording.gradients]
    assert min(sizes) < 2.0**-40
    assert all(size > 0 for size in sizes)
    for name in recording.gradients:
        assert recording.counts(name)[0, recording.counts(name)[0] > 0].sum() == 8 * 16


def test_gradients_of_a_layer_that_is_called_by_itself_are_not_recorded() -> None:
    model = small()
    with record(model, watch=("auto", "gradient"), sample=None) as recording:
        for _ in range(2):
            model(torch.randn(6, 4)).sum().backward()
            model[1](torch.randn(5, 8, requires_grad=True)).sum().backward()
    assert recording.total("1").tolist() == recording.total("1.grad").tolist() == [48, 48]


# -- steps of an optimizer ---------------------------------------------------------------------


def accumulated(passes: int, steps: int, **options: object) -> Recording:
    """A run in which several passes make a step."""
    model = small()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with record(model, sample=None, optimizer=optimizer, **options) as recording:  # type: ignore[arg-type]
        for step in range(steps):
            for _ in range(passes):
                (model(torch.full((6, 4), float(step))).square().mean() / passes).backward()
            optimizer.step()
            optimizer.zero_grad()
    return recording


def test_passes_that_accumulate_gradients_are_one_step() -> None:
    recording = accumulated(4, 5, watch=("auto", "gradient"))
    assert recording.num_steps == 5
    assert recording.layers == ("1",)  # and not "1#2"
    assert recording.steps.tolist() == [1, 2, 3, 4, 5]
    assert recording.total("1").tolist() == recording.total("1.grad").tolist() == [4 * 48] * 5


def test_every_kth_step_has_all_of_its_passes() -> None:
    recording = accumulated(3, 7, every=3)
    assert recording.num_steps == 7
    assert recording.steps.tolist() == [1, 4, 7]
    assert recording.total("1").tolist() == [3 * 48] * 3


def test_dead_shares_count_steps_and_not_passes() -> None:
    model = nn.Sequential(nn.ReLU(), nn.Linear(1, 1))
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with record(model, sample=None, optimizer=optimizer) as recording:
        recording.store.stride = 2 * WINDOW  # as in a long run
        for value, passes in ((-1.0, 2), (1.0, 1)):
            for _ in range(WINDOW):
                for _ in range(passes):
                    model(torch.tensor([[value]])).sum().backward()
                optimizer.step()
    assert recording.dead("0").tolist() == [0.5]


def test_units_are_judged_between_steps_and_not_between_the_passes_of_one() -> None:
    model = nn.Sequential(nn.ReLU(), nn.Linear(2, 1))
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with record(model, sample=None, optimizer=optimizer) as recording:
        for _ in range(WINDOW):
            for first in (1.0, -1.0):  # in the second pass, both units are silent
                model(torch.tensor([[first, -1.0]])).sum().backward()
            optimizer.step()
    assert recording.dead("0").tolist() == [0.5] * WINDOW


def test_without_an_optimizer_each_pass_is_a_step() -> None:
    model = small()
    with record(model, sample=None) as recording:
        for _ in range(4):
            model(torch.randn(6, 4)).sum().backward()
    assert recording.num_steps == 4


def test_passes_in_eval_mode_do_not_end_a_step() -> None:
    model = small()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with record(model, sample=None, optimizer=optimizer) as recording:
        for _ in range(3):
            model.train()
            model(torch.randn(6, 4)).sum().backward()
            model.eval()(torch.randn(6, 4))
            model.train()
            model(torch.randn(6, 4)).sum().backward()
            optimizer.step()
    assert recording.total("1").tolist() == [96] * 3


def test_a_closure_that_is_called_several_times_is_one_step() -> None:
    model = small()
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=4)
    x, calls = torch.randn(6, 4), []

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = model(x).square().mean()
        loss.backward()
        calls.append(1)
        return loss

    with record(model, sample=None, optimizer=optimizer) as recording:
        optimizer.step(closure)
        optimizer.step(closure)
    assert recording.num_steps == 2
    assert recording.total("1").sum() == 48 * len(calls)


@pytest.mark.parametrize("optimizer", ["SGD", 0.1, [torch.optim.SGD]])
def test_what_is_no_optimizer_is_refused(optimizer: object) -> None:
    with pytest.raises(TypeError, match=r"optimizer must be one of torch\.optim; given"):
        record(small(), optimizer=optimizer)  # type: ignore[arg-type]


def test_an_optimizer_of_another_model_is_refused() -> None:
    optimizer = torch.optim.SGD(small().parameters(), 0.1)
    with pytest.raises(ValueError, match="the SGD moves no parameter of the Sequential; give the"):
        record(small(), optimizer=optimizer)


def test_an_optimizer_of_a_part_of_the_model_will_do() -> None:
    model = small()
    optimizer = torch.optim.SGD([*model[2].parameters(), torch.zeros(3)], 0.1)
    with record(nn.DataParallel(model), optimizer=optimizer) as recording:
        model(torch.randn(6, 4)).sum().backward()
        optimizer.step()
    assert recording.updates == ()


# -- updates -----------------------------------------------------------------------------------

OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "sgd": lambda p: torch.optim.SGD(p, 0.1, momentum=0.9),
    "adam": lambda p: torch.optim.AdamW(p, 0.01),
}


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_updates_are_how_far_a_step_moves_each_weight(kind: str) -> None:
    model = small()
    optimizer = OPTIMIZERS[kind](model.parameters())
    expected: dict[str, list[float]] = {"0.weight": [], "2.weight": []}
    with record(model, optimizer=optimizer) as recording:
        for _ in range(20):
            optimizer.zero_grad()
            model(torch.randn(16, 4)).square().mean().backward()
            before = copy.deepcopy(dict(model.named_parameters()))
            optimizer.step()
            for name, values in expected.items():
                w = before[name].detach()
                moved = dict(model.named_parameters())[name].detach() - w
                values.append((moved.norm() / w.norm()).item())
    assert recording.updates == ("0.weight.update", "2.weight.update")
    for name, values in expected.items():
        assert recording.quantity(f"{name}.update") == "update"
        np.testing.assert_allclose(recording.mean(f"{name}.update"), values, rtol=1e-5)


@pytest.mark.parametrize("every", [1, 2])
def test_updates_of_steps_that_run_their_passes_inside_are_measured(every: int) -> None:
    model = small()
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=3)
    x, moved = torch.randn(16, 4), []

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = (model(x) - 1).square().mean()
        loss.backward()
        return loss

    with record(model, optimizer=optimizer, every=every) as recording:
        for _ in range(4):
            before = model[0].weight.detach().clone()
            optimizer.step(closure)
            moved.append(((model[0].weight - before).norm() / before.norm()).item())
    assert recording.num_steps == 4
    assert recording.updates == ("0.weight.update", "2.weight.update")
    measured = recording.mean("0.weight.update")
    np.testing.assert_allclose(measured, moved[::every], rtol=1e-5)


def test_updates_of_lazy_layers_are_measured() -> None:
    model = nn.Sequential(nn.LazyLinear(8), nn.ReLU(), nn.LazyLinear(2))
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with record(model, optimizer=optimizer) as recording:
        model(torch.randn(6, 4)).sum().backward()
        optimizer.step()
    assert recording.updates == ("0.weight.update", "2.weight.update")


def test_a_step_without_a_pass_has_no_update() -> None:
    model = small()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with record(model, optimizer=optimizer) as recording:
        for passes in (1, 0, 1):
            optimizer.zero_grad()
            for _ in range(passes):
                model(torch.randn(6, 4)).sum().backward()
            optimizer.step()
    assert recording.num_steps == 2
    assert recording.total("0.weight.update").tolist() == [1, 1]


def test_long_runs_measure_a_few_updates_a_row_at_most() -> None:
    model = small()
    optimizer = torch.optim.SGD(model.parameters(), 1e-3)
    with record(model, optimizer=optimizer) as recording:
        for _ in range(1700):
            model(torch.ones(2, 4)).sum().backward()
            optimizer.step()
            optimizer.zero_grad()
    assert recording.stride == 16
    measured = recording.total("0.weight.update")
    assert len(measured) == 107
    assert measured[-3:-1].tolist() == [2] * 2
    assert measured.max() <= 16


def test_weights_that_the_optimizer_does_not_have_are_left_out() -> None:
    model = small()
    optimizer = torch.optim.SGD(model[2].parameters(), 0.1)
    with record(model, optimizer=optimizer) as recording:
        model(torch.randn(6, 4)).sum().backward()
        optimizer.step()
    assert recording.updates == ("2.weight.update",)


def test_nothing_is_left_on_the_optimizer() -> None:
    model = small()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with record(model, optimizer=optimizer):
        assert optimizer._optimizer_step_post_hooks
    assert not optimizer._optimizer_step_post_hooks
    assert not optimizer._optimizer_step_pre_hooks


def test_an_optimizer_that_steps_before_any_pass_is_harmless() -> None:
    model = small()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with record(model, optimizer=optimizer) as recording:
        optimizer.step()
        model(torch.randn(6, 4)).sum().backward()
        optimizer.step()
        optimizer.step()
    assert recording.num_steps == 1
    assert recording.total("0.weight.update").tolist() == [1]


def test_gradients_and_updates_are_saved_and_merged(tmp_path) -> None:
    one = accumulated(2, 5, watch=("auto", "gradient"))
    two = accumulated(2, 5, watch=("auto", "gradient"))
    one.save(tmp_path / "run")
    loaded = load(tmp_path / "run")
    assert (loaded.layers, loaded.gradients, loaded.updates) == (
        *(("1",), ("1.grad",), ("0.weight.update", "2.weight.update")),
    )
    np.testing.assert_array_equal(loaded.mean("1.grad"), one.mean("1.grad"))
    both = merge(one, two)
    assert both.total("0.weight.update").tolist() == [2] * 5
    assert both.quantity("1.grad") == "gradient"


class Cast(torch.nn.Module):
    """To another precision."""

    def __init__(self, dtype: torch.dtype) -> None:
        super().__init__()
        self.dtype = dtype

    def forward(self, x: Tensor) -> Tensor:
        return x.to(self.dtype)


@pytest.mark.parametrize("dtypes", [("float64", "float64"), ("float32", "float64")])
def test_updates_of_weights_in_double_precision_are_recorded(dtypes: tuple[str, str]) -> None:
    a, b = (torch.nn.Linear(4, 4, dtype=getattr(torch, dtype)) for dtype in dtypes)
    optimizer = torch.optim.SGD([*a.parameters(), *b.parameters()], 0.1)
    before = b.weight.detach().clone()
    model = torch.nn.Sequential(a, Cast(b.weight.dtype), b)
    with record(model, optimizer=optimizer) as recording:
        model(torch.randn(6, 4, dtype=a.weight.dtype)).sum().backward()
        optimizer.step()
    moved = (b.weight - before).norm() / before.norm()
    assert recording.updates == ("0.weight.update", "2.weight.update")
    assert recording.mean("2.weight.update")[0] == pytest.approx(moved.item(), rel=1e-5)
