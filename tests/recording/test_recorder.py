"""`bnviz.record` shows what happens inside any model, and leaves no trace in it."""

import copy
import gc
import io
import pickle
import random
import time
import warnings
import weakref
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from bnviz import record
from bnviz.recording import Recording, RecordingError, passes, tap
from bnviz.recording.clock import KEPT_WHOLE, Clock
from bnviz.recording.histogram import bin_values
from bnviz.recording.rows import Rows
from bnviz.recording.store import Store
from bnviz.recording.taps import WINDOW
from bnviz.recording.track import Track


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def small(activation: type[nn.Module] = nn.ReLU, **kwargs: object) -> nn.Sequential:
    return nn.Sequential(nn.Linear(4, 8), activation(**kwargs), nn.Linear(8, 2))


def spied(values: list[Tensor]) -> object:
    """A hook that keeps a copy of a module's input as it was before the module ran."""
    return lambda _, args: values.append(args[0].detach().clone())


def together(steps: Iterable[Tensor]) -> np.ndarray:
    """All values of some steps as one float64 array, as they look in float32."""
    return np.concatenate([x.detach().float().double().reshape(-1).numpy() for x in steps])


def assert_exact(recording: Recording, layer: str, steps: list[Tensor]) -> None:
    """Row by row, the recording is what NumPy makes of the values."""
    assert recording.total(layer).sum() == sum(x.numel() for x in steps)
    for row in range(len(recording.steps)):
        window = steps[row * recording.stride : (row + 1) * recording.stride]
        x = together(window)
        np.testing.assert_array_equal(recording.counts(layer)[row], bin_values(x))
        finite = x[np.isfinite(x)]
        np.testing.assert_allclose(recording.mean(layer)[row], finite.mean(), rtol=1e-6, atol=1e-7)
        np.testing.assert_allclose(recording.std(layer)[row], finite.std(), rtol=1e-6, atol=1e-7)


def hooks_of(model: nn.Module) -> list[object]:
    return [
        hook
        for module in model.modules()
        for kind, hooks in vars(module).items()
        if "hook" in kind and isinstance(hooks, dict)
        for hook in hooks.values()
    ]


def train(model: nn.Module, steps: int, seed: int = 0) -> None:
    """A short training run that is the same whenever it is repeated."""
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    for _ in range(steps):
        loss = model(torch.randn(16, 4, generator=generator)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


# -- values ------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [1, 31, 32, 33, 150, 450])
def test_without_a_sample_every_value_counts(steps: int) -> None:
    model, seen = small(), []
    spy = model[1].register_forward_pre_hook(spied(seen))
    with record(model, sample=None) as recording:
        for _ in range(steps):
            model(torch.randn(10, 4))
    spy.remove()
    assert recording.num_steps == steps
    assert_exact(recording, "1", seen)


def test_percentiles_are_those_of_numpy_to_the_width_of_a_bin() -> None:
    model, seen = small(), []
    model[1].register_forward_pre_hook(spied(seen))
    with record(model, sample=None) as recording:
        for _ in range(3):
            model(torch.randn(2000, 4))
    expected = np.percentile([x.numpy().ravel() for x in seen], (15, 50, 85), axis=1).T
    np.testing.assert_allclose(recording.percentiles("1"), expected, rtol=1 / 16, atol=1e-3)


@pytest.mark.parametrize("shape", [(60, 100), (300, 4), (7, 3, 20, 20), (8, 30, 64)])
def test_a_sample_is_fair_over_the_steps(shape: tuple[int, ...]) -> None:
    """Values that depend on their row and position, the same at each step: no place is favoured."""
    x = torch.linspace(-3, 3, int(np.prod(shape))).reshape(shape)
    x = x + torch.sin(torch.arange(shape[-1]).float())
    model = nn.Sequential(nn.ReLU())
    with record(model, sample=64) as recording:
        for _ in range(500):
            model(x)
    most = 64 if len(shape) == 2 else 8 * 64  # of maps, eight times as many
    assert recording.total("0").max() / recording.stride <= max(most, shape[1])
    together = Track()
    together.add(0, recording.counts("0").sum(axis=0, keepdims=True), np.zeros((1, 2)))
    found = Rows([together]).percentiles([15, 50, 85])[0, 0]
    expected = np.percentile(x, (15, 50, 85))
    np.testing.assert_allclose(found, expected, atol=0.35)
    mean = np.average(recording.mean("0"), weights=recording.total("0"))
    assert mean == pytest.approx(x.mean().item(), abs=0.15)


@pytest.mark.parametrize("rows", [2, 7, 32, 64, 100, 128])
@pytest.mark.parametrize("kept", [1, 5])
def test_samples_of_as_many_steps_as_rows_see_every_row_equally_often(rows: int, kept: int) -> None:
    kept = min(kept, rows - 1)
    x = 2.0 ** (torch.arange(rows) / 4)[:, None].expand(-1, 3)  # each row has a bin of its own
    model = nn.Sequential(nn.ReLU())
    with record(model, sample=3 * kept) as recording:
        for _ in range(rows):
            model(x.clone())
    seen = recording.counts("0").sum(axis=0)
    assert seen[bin_values(x) > 0].tolist() == [3 * kept] * rows


@pytest.mark.parametrize("size", [6, 14, 15, 28])
@pytest.mark.parametrize("sample", [30, 100, 512])
def test_a_sample_does_not_favour_the_middle_of_a_map(size: int, sample: int) -> None:
    """The border of a map is where padding shows."""
    x = torch.ones(3, 2, size, size)
    x[:, :, 1:-1, 1:-1] = -1
    model = nn.Sequential(nn.ReLU())
    with record(model, sample=sample) as recording:
        for _ in range(600):
            model(x)
    found = np.average(recording.mean("0"), weights=recording.total("0"))
    border = (1 + found) / 2
    assert border == pytest.approx(1 - (1 - 2 / size) ** 2, rel=0.3)


def test_a_sample_covers_every_feature() -> None:
    """One feature in fifty is far off: a sample of whole rows cannot miss it."""
    x = torch.zeros(64, 50)
    x[:, 7] = 5.0
    model = nn.Sequential(nn.ReLU())
    with record(model, sample=100) as recording:
        model(x)
    assert recording.mean("0") == pytest.approx(0.1)


def test_a_sample_smaller_than_a_row_of_features_still_records() -> None:
    model = nn.Sequential(nn.ReLU())
    with record(model, sample=1) as recording:
        for _ in range(40):
            model(torch.randn(8, 30, 5, 5))
    assert (recording.total("0") > 0).all()


def test_batches_of_all_sizes_are_recorded() -> None:
    model, seen = small(), []
    model[1].register_forward_pre_hook(spied(seen))
    sizes = [16, 16, 5, 1, 16, 16, 64, 2, 16]
    with record(model, sample=None) as recording:
        for size in sizes:
            model(torch.randn(size, 4))
    assert recording.total("1").tolist() == [8 * size for size in sizes]
    assert_exact(recording, "1", seen)


def test_the_last_smaller_batch_of_each_epoch_is_recorded_too() -> None:
    model, seen = small(), []
    model[1].register_forward_pre_hook(spied(seen))
    with record(model, sample=None) as recording:
        for _ in range(70):
            for batch in torch.randn(40, 4).split(16):
                model(batch)
    assert recording.num_steps == 210
    assert_exact(recording, "1", seen)


def test_an_empty_batch_is_harmless() -> None:
    model = small()
    with record(model, sample=None) as recording:
        model(torch.randn(3, 4))
        model(torch.randn(0, 4))
        model(torch.randn(3, 4))
    assert recording.total("1").tolist() == [24, 0, 24]


@pytest.mark.parametrize("sample", [None, 5])
@pytest.mark.parametrize(
    "shape", [(), (1,), (9,), (9, 5), (9, 5, 7), (9, 5, 7, 6), (4, 5, 3, 4, 2), (2, 3, 2, 2, 2, 2)]
)
def test_tensors_of_any_number_of_dimensions(shape: tuple[int, ...], sample: int | None) -> None:
    model = nn.Sequential(nn.Tanh())
    x = torch.randn(shape) + 1
    with record(model, sample=sample) as recording:
        for _ in range(3):
            model(x)
    total = recording.total("0")
    if sample is None or x.numel() <= sample * (8 if x.ndim > 2 else 1):
        assert total.tolist() == [x.numel()] * 3
        assert_exact(recording, "0", [x] * 3)
    else:
        assert ((total > 0) & (total < x.numel())).all()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.half, torch.float64])
@pytest.mark.parametrize("sample", [None, 20])
def test_models_in_other_precisions(dtype: torch.dtype, sample: int | None) -> None:
    model, seen = small().to(dtype), []
    model[1].register_forward_pre_hook(spied(seen))
    with record(model, sample=sample) as recording:
        for _ in range(5):
            model(torch.randn(10, 4, dtype=dtype))
    if sample is None:
        assert_exact(recording, "1", seen)
    else:
        assert recording.mean("1").mean() == pytest.approx(together(seen).mean(), abs=0.3)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_the_default_precision_of_others_is_not_that_of_the_recording(dtype: torch.dtype) -> None:
    model, inputs = small(), []
    model[1].register_forward_pre_hook(spied(inputs))
    torch.set_default_dtype(dtype)
    try:
        with record(model, sample=None) as recording:
            for _ in range(3):
                model(torch.randn(3, 4, dtype=torch.float32))
    finally:
        torch.set_default_dtype(torch.float32)
    assert_exact(recording, "1", inputs)


@pytest.mark.parametrize("shape", [(3, 4), (3, 2, 4)])
def test_steps_may_follow_a_first_pass_in_inference_mode(shape: tuple[int, ...]) -> None:
    model, inputs = small(), []
    model[1].register_forward_pre_hook(spied(inputs))
    with record(model, sample=None) as recording:
        with torch.inference_mode():
            model(torch.randn(shape))
        model(torch.randn(shape))
    assert_exact(recording, "1", inputs)


def test_half_beyond_its_range_is_counted_as_infinite() -> None:
    model = nn.Sequential(nn.ReLU())
    with record(model, sample=None) as recording:
        model(torch.tensor([[60000.0, 70000.0, -70000.0, 1.0]]).half())
    assert recording.nonfinite("0").tolist() == [[0, 1, 1]]


@pytest.mark.parametrize("sample", [None, 100])
def test_autocast_activations_are_recorded(sample: int | None) -> None:
    model = small()
    with record(model, sample=sample) as recording:
        for _ in range(3):
            with torch.autocast("cpu", dtype=torch.bfloat16):
                model(torch.randn(10, 4))
    assert recording.total("1").tolist() == [80] * 3


@pytest.mark.parametrize("units", [None, [2]])
@pytest.mark.parametrize("sample", [None, 50])
def test_channels_last_holds_the_same_values(sample: int | None, units: list[int] | None) -> None:
    conv, seen = nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU()), []
    conv[1].register_forward_pre_hook(spied(seen))
    batches = torch.randn(40, 5, 3, 8, 8)
    found = []
    for layout in (torch.contiguous_format, torch.channels_last):
        model = conv.to(memory_format=layout)
        with record(model, sample=sample, units=units) as recording:
            for batch in batches:
                model(batch.to(memory_format=layout))
        found.append(recording)
    plain, last = found
    assert seen[-1].is_contiguous(memory_format=torch.channels_last)
    assert plain.layers == last.layers
    for layer in plain.layers:
        if sample is None:
            # The two layouts' convolutions may round differently.
            assert abs(plain.counts(layer) - last.counts(layer)).sum() <= 20
        np.testing.assert_allclose(
            plain.mean(layer), last.mean(layer), atol=0.5 if sample else 1e-5
        )
    if sample is None:
        assert_exact(last, "1", seen[40:])


class Picture(Tensor):
    """A tensor of a kind of its own, as some data sets give them."""


def test_kinds_of_tensors_of_others_are_recorded_as_any_other() -> None:
    model, inputs = small(), []
    model[1].register_forward_pre_hook(spied(inputs))
    with record(model, sample=None) as recording:
        for kind in (Picture, Tensor, Picture):
            model(torch.randn(3, 4).as_subclass(kind))
    assert_exact(recording, "1", inputs)


def test_jagged_batches_hold_the_values_of_their_examples() -> None:
    model, examples = small(), [torch.randn(3, 4), torch.randn(5, 4)]
    with record(model, watch=["auto", "gradient"], sample=None, units=7) as recording:
        model(torch.nested.nested_tensor(examples, layout=torch.jagged)).values().sum().backward()
    entered = model[0](torch.cat(examples))
    assert_exact(recording, "1", [entered])
    assert_exact(recording, "1[7]", [entered[:, 7]])
    assert recording.total("1.grad").tolist() == [8 * 8]


@pytest.mark.parametrize("sample", [None, 30])
def test_views_with_any_strides_are_read_as_they_are(sample: int | None) -> None:
    class Views(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.seen = nn.Tanh()

        def forward(self, x: Tensor) -> Tensor:
            for view in (x.T, x[::2], x[:, 1:4], x[:1].expand(6, -1), x[0, 0]):
                self.seen(view)
            return x

    x = torch.randn(12, 9)
    with record(Views(), sample=sample) as recording:
        recording_model = recording
    model = Views()
    with record(model, sample=sample) as recording:
        for _ in range(40):
            model(x)
    assert not recording_model.layers
    assert recording.layers == ("seen", "seen#2", "seen#3", "seen#4", "seen#5")
    views = (x.T, x[::2], x[:, 1:4], x[:1].expand(6, -1), x[0, 0])
    for layer, view in zip(recording.layers, views, strict=True):
        if sample is None:
            assert_exact(recording, layer, [view] * 40)
        else:
            inside = bin_values(view) > 0
            assert not recording.counts(layer)[:, ~inside].any()


@pytest.mark.parametrize("sample", [None, 8])
def test_nan_and_infinity_are_counted_and_shown(sample: int | None) -> None:
    model = nn.Sequential(nn.ReLU())
    x = torch.tensor([[1.0, torch.nan], [2.0, torch.inf], [3.0, -torch.inf], [4.0, torch.nan]])
    with record(model, sample=sample) as recording:
        model(x)
        model(torch.ones(4, 2))
    assert recording.nonfinite("0").tolist() == [[2, 1, 1], [0, 0, 0]]
    assert recording.total("0").tolist() == [8, 8]
    assert recording.mean("0").tolist() == [2.5, 1.0]
    assert np.isfinite(recording.std("0")).all()


def test_a_run_that_diverges_is_recorded_to_its_end() -> None:
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    optimizer = torch.optim.SGD(model.parameters(), 50.0)
    with record(model, sample=None) as recording:
        for _ in range(60):
            optimizer.zero_grad()
            model(torch.randn(16, 4)).pow(4).sum().backward()
            optimizer.step()
    nan = recording.nonfinite("1")[:, 0]
    assert nan[0] == 0
    assert nan[-1] == 16 * 8
    assert np.isnan(recording.mean("1")[-1])
    assert np.isnan(recording.percentiles("1")[-1]).all()
    assert recording.total("1").tolist() == [16 * 8] * 60


def test_a_large_mean_does_not_swallow_the_spread() -> None:
    model = nn.Sequential(nn.ReLU())
    x = 1e4 + 0.1 * torch.randn(5, 64, 10)  # float32 resolves 1e-3 there
    with record(model, sample=None) as recording:
        for batch in x:
            model(batch)
    expected = x.double().reshape(5, -1).std(1, correction=0)
    np.testing.assert_allclose(recording.std("0"), expected, rtol=1e-4)


def test_maps_too_large_to_keep_are_binned_all_the_same() -> None:
    model, x = nn.Sequential(nn.ReLU(inplace=True)), torch.randn(3, 4, 16, 96, 96)
    before = x.clone()
    with record(model, sample=None) as recording:
        for batch in x:
            model(batch)
    assert_exact(recording, "0", list(before))


def test_a_model_with_many_layers_keeps_them_apart() -> None:
    model, seen = nn.Sequential(*(small() if i % 2 else nn.Linear(2, 4) for i in range(50))), []
    model = model[1:]
    taps = [m for m in model.modules() if isinstance(m, nn.ReLU)]
    for relu in taps:
        relu.register_forward_pre_hook(spied(seen))
    with record(model, sample=None) as recording:
        for _ in range(9):
            model(torch.randn(5, 4))
    assert len(recording.layers) == len(taps) == 25
    for i, layer in enumerate(recording.layers):
        assert_exact(recording, layer, seen[i :: len(taps)])


# -- in-place operations, shared modules -------------------------------------------------------


@pytest.mark.parametrize("sample", [None, 40])
def test_inputs_are_kept_as_they_were_before_an_in_place_relu(sample: int | None) -> None:
    torch.manual_seed(1)
    found = []
    for inplace in (False, True):
        model = small(inplace=inplace)
        model.load_state_dict(
            {k: v for k, v in found[0][1].items()} if found else model.state_dict()
        )
        with record(model, sample=sample) as recording:
            for batch in torch.randn(40, 10, 4, generator=torch.Generator().manual_seed(0)):
                model(batch)
        found.append((recording, model.state_dict()))
    (plain, _), (in_place, _) = found
    np.testing.assert_array_equal(plain.counts("1"), in_place.counts("1"))
    assert (in_place.percentiles("1", 5) < 0).all()


@pytest.mark.parametrize("sample", [None, 40])
def test_outputs_are_kept_as_they_were_before_the_next_layer_overwrites_them(
    sample: int | None,
) -> None:
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(inplace=True))
    with record(model, "0", sample=sample) as recording:
        for _ in range(40):
            model(torch.randn(10, 4)).mul_(1e6)
    assert (recording.percentiles("0", 5) < 0).all()
    assert (recording.std("0") < 10).all()


def test_a_module_that_is_used_twice_is_recorded_call_by_call() -> None:
    class Shared(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc1, self.fc2 = nn.Linear(4, 4), nn.Linear(4, 4)
            self.relu = nn.ReLU()

        def forward(self, x: Tensor) -> Tensor:
            return self.relu(self.fc2(self.relu(self.fc1(x)) + 100))

    model, seen = Shared(), []
    model.relu.register_forward_pre_hook(spied(seen))
    with record(model, sample=None, units=1) as recording:
        for _ in range(40):
            model(torch.randn(6, 4))
    assert set(recording.layers) == {"relu", "relu#2", "relu[1]", "relu#2[1]"}
    assert_exact(recording, "relu", seen[0::2])
    assert_exact(recording, "relu#2", seen[1::2])
    assert_exact(recording, "relu#2[1]", [x[:, 1] for x in seen[1::2]])


def test_calls_that_vary_from_step_to_step() -> None:
    class Loop(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.tanh = nn.Tanh()

        def forward(self, x: Tensor, times: int) -> Tensor:
            for _ in range(times):
                x = self.tanh(x)
            return x

    model = Loop()
    with record(model, sample=None) as recording:
        for times in (1, 3, 2, 0, 1):
            model(torch.randn(6, 4), times)
    assert recording.total("tanh").tolist() == [24, 24, 24, 0, 24]
    assert recording.total("tanh#2").tolist() == [0, 24, 24, 0, 0]
    assert recording.total("tanh#3").tolist() == [0, 24, 0, 0, 0]


def test_gradient_checkpointing_is_not_counted_twice() -> None:
    class Checkpointed(nn.Module):
        def __init__(self, reentrant: bool) -> None:
            super().__init__()
            self.body, self.reentrant = small(), reentrant

        def forward(self, x: Tensor) -> Tensor:
            return checkpoint(self.body, x, use_reentrant=self.reentrant)

    for reentrant in (False, True):
        model = Checkpointed(reentrant)
        with record(model, sample=None) as recording:
            for _ in range(5):
                model(torch.randn(6, 4, requires_grad=True)).sum().backward()
        assert recording.layers == ("body.1",)
        assert recording.total("body.1").tolist() == [48] * 5


# -- which passes count ------------------------------------------------------------------------


def test_passes_in_eval_mode_do_not_count() -> None:
    model, seen = small(), []
    with record(model, sample=None) as recording:
        for _ in range(40):
            model.train()
            spy = model[1].register_forward_pre_hook(spied(seen))
            model(torch.randn(10, 4))
            spy.remove()
            model.eval()
            model(1000 * torch.randn(50, 4))
    assert recording.num_steps == 40
    assert_exact(recording, "1", seen)


@pytest.mark.parametrize(("every", "steps"), [(1, 7), (3, 7), (10, 35), (100, 35)])
def test_every_kth_step_is_recorded(every: int, steps: int) -> None:
    model, seen = small(), []
    model[1].register_forward_pre_hook(spied(seen))
    with record(model, every=every, sample=None) as recording:
        for _ in range(steps):
            model(torch.randn(10, 4))
    assert recording.num_steps == steps
    assert recording.steps.tolist() == list(range(1, steps + 1, every))
    assert_exact(recording, "1", seen[::every])


def test_a_submodule_that_is_called_on_its_own_is_no_step() -> None:
    model = small()
    with record(model, sample=None) as recording:
        model[1](torch.randn(10, 8))
        model(torch.randn(10, 4))
        model[1](torch.randn(10, 8))
        model[:2](torch.randn(10, 4))
    assert recording.num_steps == 1
    assert recording.total("1").tolist() == [80]


def test_a_part_of_a_model_can_be_recorded_on_its_own() -> None:
    body = small()
    model = nn.Sequential(body, nn.ReLU())
    with record(body, sample=None) as recording:
        model(torch.randn(10, 4))
    assert recording.layers == ("1",)


def test_a_copy_of_the_model_does_not_count_as_the_model() -> None:
    model = small()
    with record(model, sample=None) as recording:
        model(torch.randn(10, 4))
        average = copy.deepcopy(model)
        average(torch.randn(10, 4))
        average.eval()(torch.randn(10, 4))
        model(torch.randn(10, 4))
    assert recording.num_steps == 2
    assert recording.total("1").tolist() == [80, 80]


def test_a_copy_made_during_the_recording_is_a_plain_model() -> None:
    model = small()
    with record(model, sample=None) as recording:
        model(torch.randn(10, 4))
        best = copy.deepcopy(model)
        file = io.BytesIO()
        torch.save(model, file)
    file.seek(0)
    x = torch.randn(10, 4)
    for twin in (best, torch.load(file, weights_only=False)):
        assert torch.equal(twin(x), model(x))
        pickle.loads(pickle.dumps(twin))(x)
        copy.deepcopy(twin)(x)
    assert b"bnviz" not in file.getvalue()
    assert recording.num_steps == 1


def test_two_recorders_on_one_model_do_not_disturb_each_other() -> None:
    model, seen = small(), []
    model[1].register_forward_pre_hook(spied(seen))
    with record(model, sample=None) as outer:
        model(torch.randn(10, 4))
        with record(model, "0", sample=None, every=2) as inner:
            model(torch.randn(10, 4))
            model(torch.randn(10, 4))
        model(torch.randn(10, 4))
    assert_exact(outer, "1", seen)
    assert inner.num_steps == 2
    assert_exact(inner, "0", seen[1:2])


# -- the run itself is left alone --------------------------------------------------------------


@pytest.mark.parametrize("sample", [None, 20])
def test_recording_does_not_change_the_run(sample: int | None) -> None:
    def weights(recording: bool) -> dict[str, Tensor]:
        torch.manual_seed(3)
        model = nn.Sequential(
            *(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(inplace=True)),
            *(nn.Dropout(0.5), nn.Linear(8, 2)),
        )
        if recording:
            with record(model, sample=sample, units=[0, 3]):
                train(model, 20)
        else:
            train(model, 20)
        return model.state_dict()

    for with_it, without in zip(weights(True).values(), weights(False).values(), strict=True):
        assert torch.equal(with_it, without)


def test_global_random_numbers_are_left_alone() -> None:
    model, x = small(), torch.randn(200, 4)
    before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()
    with record(model, sample=30):
        for _ in range(40):
            model(x)
    after = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()
    assert torch.equal(before[0], after[0])
    assert before[1:] == after[1:]


def test_two_equal_runs_give_equal_recordings() -> None:
    def run() -> np.ndarray:
        torch.manual_seed(0)
        model = small()
        with record(model, sample=30) as recording:
            train(model, 50)
        return recording.counts("1")

    np.testing.assert_array_equal(run(), run())


def test_nothing_is_left_on_the_model() -> None:
    model = small()
    attributes = {name: set(vars(module)) for name, module in model.named_modules()}
    with record(model, ["*"], watch="output", units=0):
        train(model, 3)
        assert hooks_of(model)
    assert not hooks_of(model)
    assert {name: set(vars(module)) for name, module in model.named_modules()} == attributes


def test_a_block_without_a_pass_leaves_no_hook_either() -> None:
    model = small()
    with record(model):
        pass
    assert not hooks_of(model)


def test_hooks_of_others_stay() -> None:
    model, seen = small(), []
    model[1].register_forward_pre_hook(spied(seen))
    with record(model):
        pass
    model(torch.randn(3, 4))
    assert len(seen) == 1


def test_hooks_are_removed_after_an_error_and_what_was_recorded_is_kept() -> None:
    model = small()
    with pytest.raises(KeyboardInterrupt), record(model, sample=None) as recording:  # noqa: PT012
        for _ in range(5):
            model(torch.randn(10, 4))
        raise KeyboardInterrupt
    assert not hooks_of(model)
    assert recording.closed
    assert recording.total("1").tolist() == [80] * 5


def test_hooks_are_removed_after_an_error_inside_of_the_forward_pass() -> None:
    model = small()
    with pytest.raises(RuntimeError, match="shape"), record(model, sample=None) as recording:  # noqa: PT012
        model(torch.randn(10, 4))
        model(torch.randn(10, 5))
    assert not hooks_of(model)
    assert recording.total("1").sum() == 80


def test_recording_goes_on_after_an_error_that_was_caught() -> None:
    model = small()
    with record(model, sample=None) as recording:
        model(torch.randn(10, 4))
        with pytest.raises(RuntimeError):
            model(torch.randn(10, 5))
        model(torch.randn(10, 4))
    assert recording.num_steps == 3
    assert recording.total("1").tolist() == [80, 0, 80]


def test_the_model_can_be_copied_and_pickled_afterwards() -> None:
    model = small()
    with record(model) as recording:
        train(model, 3)
    x = torch.randn(3, 4)
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert torch.equal(twin(x), model(x))
    torch.save(model, io.BytesIO())
    assert recording.num_steps == 3


def test_the_state_of_the_model_can_be_saved_while_it_is_recorded() -> None:
    model = small()
    with record(model):
        train(model, 1)
        torch.save(model.state_dict(), io.BytesIO())


def test_a_recording_outlives_its_model_and_can_be_pickled() -> None:
    model = small()
    with record(model, sample=None) as recording:
        train(model, 3)
    del model
    again = pickle.loads(pickle.dumps(recording))
    np.testing.assert_array_equal(again.counts("1"), recording.counts("1"))


def test_a_recorder_is_for_one_run() -> None:
    model = small()
    watch = record(model)
    with watch:
        with pytest.raises(RuntimeError, match="used before; make a new one"):
            watch.__enter__()
        model(torch.randn(2, 4))
    with pytest.raises(RuntimeError, match="used before; make a new one"), watch:
        pass
    assert watch.recording.num_steps == 1


# -- following a run ---------------------------------------------------------------------------


def test_subscribers_hear_of_every_window_of_steps_and_of_the_end() -> None:
    model, heard = small(), []
    steps = 3 * WINDOW + 4
    with record(model, sample=None) as recording:
        recording.subscribe(lambda r: heard.append((r.total("1").sum() // 80, r.closed)))
        for _ in range(steps):
            model(torch.randn(10, 4))
    assert heard[-1] == (steps, True)
    assert [closed for _, closed in heard[:-1]] == [False] * (len(heard) - 1)
    assert len(heard) >= 4
    assert heard[0][0] <= WINDOW
    assert all(a[0] < b[0] for a, b in zip(heard, heard[1:-1], strict=False))


def test_subscribers_of_slow_steps_do_not_wait_for_a_whole_window() -> None:
    model, heard = small(), []
    with record(model, sample=None) as recording:
        recording.subscribe(lambda r: heard.append(len(r.steps)))
        for _ in range(4):
            time.sleep(0.15)
            model(torch.randn(10, 4))
    assert heard == [1, 2, 3, 4]  # and nothing was told before there was something to tell


def test_subscribers_of_fast_steps_are_told_ten_times_a_second_at_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, heard, now = small(), [], 0.0
    monkeypatch.setattr(passes, "time", SimpleNamespace(monotonic=lambda: now))
    with record(model) as recording:
        recording.subscribe(lambda r: heard.append(r.num_steps))
        for _ in range(12):
            now += 0.03
            model(torch.randn(10, 4))
    assert heard == [3, 7, 11, 12]


# -- compiled models ---------------------------------------------------------------------------


def compiled_at(when: str, backend: str, steps: int) -> tuple[Recording, nn.Module]:
    """Five passes in front, and a run that is recorded."""
    torch.manual_seed(5)
    torch.compiler.reset()
    model = small()
    called = model
    if when == "before":
        called = torch.compile(model, backend=backend)
    elif when == "in place":
        model.compile(backend=backend)
    if when != "inside":
        train(called, 5, seed=9)
    else:
        train(model, 5, seed=9)
    with record(called, sample=None) as recording:
        if when == "inside":
            model.compile(backend=backend)
        train(called, steps)
    train(called, 5, seed=9)
    return recording, model


@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
@pytest.mark.parametrize("when", ["before", "in place", "inside"])
def test_a_compiled_model_records_as_an_eager_one(when: str, backend: str) -> None:
    eager, plain = compiled_at("never", backend, steps=40)
    recording, model = compiled_at(when, backend, steps=40)
    assert recording.layers == eager.layers == ("1",)
    assert recording.num_steps == 40  # nothing counts once the block is left
    np.testing.assert_array_equal(recording.total("1"), eager.total("1"))
    np.testing.assert_allclose(recording.mean("1"), eager.mean("1"), atol=1e-6)
    np.testing.assert_allclose(recording.std("1"), eager.std("1"), atol=1e-6)
    assert not hooks_of(model)
    for one, two in zip(model.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(one, two)


def test_a_wrapper_compiled_inside_the_block_records_or_says_what_to_do() -> None:
    torch.compiler.reset()
    model = small()
    with record(model, sample=None) as recording:
        train(torch.compile(model, backend="eager"), 5)
    assert not hooks_of(model)
    if recording.num_steps:
        assert recording.total("1").tolist() == [128] * 5
    else:
        with pytest.raises(RecordingError, match="give record the module that your training loop"):
            recording.mean("1")


def test_eval_passes_of_a_compiled_model_do_not_count() -> None:
    torch.compiler.reset()
    model = torch.compile(small(), backend="eager")
    with record(model, sample=None) as recording:
        for _ in range(3):
            model.train()
            model(torch.randn(10, 4))
            model.eval()
            model(torch.randn(10, 4))
    assert recording.num_steps == 3
    assert recording.total("1").tolist() == [80] * 3


# -- what is watched ---------------------------------------------------------------------------


def names(model: nn.Module, x: Tensor, **kwargs: object) -> tuple[str, ...]:
    with record(model, **kwargs) as recording:  # type: ignore[arg-type]
        model(x)
    return recording.layers


def deep() -> nn.Sequential:
    model = nn.Sequential()
    for i in (1, 2):
        model.add_module(f"hidden{i}", small(nn.Tanh))
        model.add_module(f"grow{i}", nn.Linear(2, 4))
    return model


X = torch.ones(3, 4)


def test_activations_are_watched_at_their_input_by_default() -> None:
    assert names(deep(), X) == ("hidden1.1", "hidden2.1")
    with record(deep()) as recording:
        pass
    assert recording.layers == ()


def test_a_model_without_activations_is_watched_at_the_output_of_its_layers() -> None:
    model, seen = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 1)), []
    model[1].register_forward_hook(lambda _, __, out: seen.append(out.detach().clone()))
    with record(model, sample=None) as recording:
        model(torch.randn(6, 4))
    assert recording.layers == ("0", "1", "2")
    assert_exact(recording, "1", seen)
    assert recording.activation("1") is None


def test_layers_by_name_glob_type_and_module() -> None:
    model = deep()
    assert names(model, X, layers="hidden1.0") == ("hidden1.0",)
    assert names(model, X, layers="hidden?.0") == ("hidden1.0", "hidden2.0")
    assert names(model, X, layers="grow*") == ("grow1", "grow2")
    assert names(model, X, layers=nn.Tanh) == ("hidden1.1", "hidden2.1")
    assert names(model, X, layers=model.hidden2[1]) == ("hidden2.1",)
    several = ["grow2", "hidden1.?", nn.Tanh, model.grow1, "grow2"]
    assert set(names(model, X, layers=several)) == {
        *("hidden1.0", "hidden1.1", "hidden1.2", "grow1", "hidden2.1", "grow2")
    }


def test_brackets_in_a_name_stand_for_themselves() -> None:
    model = nn.Sequential()
    for name in ("block[0]", "block0"):
        model.add_module(name, nn.ReLU())
    assert names(model, X, layers="block[0]") == ("block[0]",)


def test_layers_come_in_the_order_in_which_they_ran() -> None:
    assert names(deep(), X, layers=["grow2", "hidden2.1", "hidden1.0"]) == (
        *("hidden1.0", "hidden2.1", "grow2"),
    )


def test_the_model_itself_can_be_a_layer() -> None:
    assert names(nn.ReLU(), X) == ("model",)
    assert names(nn.Linear(4, 2), X) == ("model",)


@pytest.mark.parametrize(
    ("watch", "mean", "kind"),
    [("auto", -2.0, "relu"), ("input", -2.0, "relu"), ("output", 0, None)],
)
def test_watch_chooses_between_input_and_output(watch: str, mean: float, kind: str | None) -> None:
    model = nn.Sequential(nn.ReLU())
    with record(model, watch=watch) as recording:
        model(torch.full((3, 4), -2.0))
    assert recording.mean("0").tolist() == [mean]
    assert recording.activation("0") == kind


def test_inputs_given_by_keyword_are_watched() -> None:
    class Keywords(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.relu, self.fc = nn.ReLU(), nn.Linear(4, 2)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc(input=self.relu(input=x))

    model = Keywords()
    assert names(model, X, watch="input") == ("relu",)
    assert names(model, X, layers=["fc"], watch="input") == ("fc",)


def test_inputs_given_by_keyword_behind_something_else_are_watched() -> None:
    class Part(nn.Module):
        def forward(self, scale: float, *, x: Tensor) -> Tensor:
            return scale * x

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.part = Part()

        def forward(self, x: Tensor) -> Tensor:
            return self.part(2.0, x=x)

    assert names(Model(), X, layers=["part"], watch="input") == ("part",)


@pytest.mark.parametrize(
    ("module", "kind"), [(nn.Sigmoid, "sigmoid"), (nn.Tanh, "tanh"), (nn.ReLU, "relu")]
)
def test_the_kind_of_activation_is_kept(module: type[nn.Module], kind: str) -> None:
    with record(small(module)) as recording:
        recording_model = recording
    model = small(module)
    with record(model, units=0) as recording:
        model(X)
    assert recording.activation("1") == recording.activation("1[0]") == kind
    assert recording_model.closed


@pytest.mark.parametrize(
    ("build", "shape", "layer", "channel"),
    [
        (lambda: small(), (6, 4), "1", 1),
        (lambda: small(), (6, 5, 4), "1", 2),
        (lambda: nn.Sequential(nn.Conv1d(4, 8, 3), nn.ReLU()), (6, 4, 9), "1", 1),
        (lambda: nn.Sequential(nn.Conv2d(4, 8, 3), nn.ReLU()), (6, 4, 5, 7), "1", 1),
        (lambda: nn.Sequential(nn.Conv3d(4, 8, 2), nn.ReLU()), (2, 4, 4, 5, 3), "1", 1),
    ],
)
def test_units_are_features_or_channels(
    build: object, shape: tuple[int, ...], layer: str, channel: int
) -> None:
    model, seen = build(), []  # type: ignore[operator]
    model[1].register_forward_pre_hook(spied(seen))
    with record(model, units=[3, 5], sample=None) as recording:
        for _ in range(3):
            model(torch.randn(shape))
    assert recording.layers == (layer, f"{layer}[3]", f"{layer}[5]")
    assert_exact(recording, layer, seen)
    for unit in (3, 5):
        one = [x.select(channel, unit) for x in seen]
        assert_exact(recording, f"{layer}[{unit}]", one)


@pytest.mark.parametrize("watch", ["auto", "gradient", ("auto", "gradient")])
def test_a_unit_that_does_not_exist_is_told_once_and_how_many_there_are(
    watch: str | tuple[str, ...],
) -> None:
    model = small()
    with pytest.warns(UserWarning, match="^no unit 8 among 8 units, ") as told:  # noqa: SIM117
        with record(model, units=[2, 8], watch=watch):
            model(X).sum().backward()
    assert len(told) == 1
    assert not hooks_of(model)


def test_a_layer_whose_values_cannot_be_counted_is_left_out_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(tap, "add_values", fails)
    model = small()
    with pytest.warns(UserWarning, match="1 can no longer be watched") as told, record(model):
        for _ in range(3 * WINDOW):
            model(X)
    assert len(told) == 1


@pytest.mark.parametrize("watch", ["input", "gradient"])
def test_what_failed_to_be_counted_once_is_left_out_from_there_on(
    watch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails_once(*args: object) -> None:
        monkeypatch.undo()
        raise MemoryError

    model = small()
    with pytest.warns(UserWarning, match="1.* can no longer be watched"):  # noqa: SIM117
        with record(model, watch=watch, sample=None) as recording:
            for step in range(1, 4 * WINDOW):
                model(X).sum().backward()
                if step == 10:
                    len(recording.steps)  # what has gathered is counted
                    monkeypatch.setattr(tap, "add_values", fails_once)
    (layer,) = recording.tracks
    assert recording.total(layer).sum() == 10 * 24


@pytest.mark.parametrize("sample", [None, 24])
def test_saturated_inactive_and_dead_shares_are_those_counted_by_hand(sample: int | None) -> None:
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU())
    with torch.no_grad():
        model[0].bias[:] = torch.tensor([-100.0, -100, -100, 100, 100, 100, 100, 100])
    with record(model, sample=sample) as recording:
        for _ in range(40):
            model(torch.randn(20, 4))
    assert recording.inactive("1") == pytest.approx(np.full(40, 3 / 8))
    assert recording.dead("1") == pytest.approx(np.full(40, 3 / 8))
    assert np.isnan(recording.saturated("1")).all()


def test_of_a_unit_that_gives_nan_nobody_knows_whether_it_is_dead() -> None:
    model = nn.Sequential(nn.ReLU())
    x = torch.tensor([[1.0, -1.0, torch.nan], [2.0, -2.0, 1.0]])
    with record(model) as some:
        model(x)
    with record(model) as none:
        model(torch.full((2, 3), torch.nan))
    assert some.dead("0") == pytest.approx([0.5])
    assert np.isnan(none.dead("0")).all()


def test_a_unit_is_dead_only_where_none_of_many_values_was_above_zero() -> None:
    model = nn.Sequential(nn.ReLU())
    with record(model, sample=None) as recording:
        for step in range(32):
            x = -torch.ones(4, 2)
            x[0, 0] = 1.0 if step == 17 else -1.0
            model(x)
    assert recording.dead("0") == pytest.approx(np.full(32, 0.5))
    assert recording.inactive("0")[17] == 7 / 8


@pytest.mark.parametrize(("module", "limit"), [(nn.Sigmoid, 4.3565), (nn.Tanh, 2.1783)])
def test_saturated_share_of_a_layer_driven_into_saturation(
    module: type[nn.Module], limit: float
) -> None:
    model = nn.Sequential(module())
    x = torch.cat([torch.full((5, 4), limit * 1.1), torch.full((5, 4), -limit * 1.1)])
    with record(model, sample=None) as recording:
        model(x)
        model(x * 0.5)
        model(torch.cat([x, x * 0.5]))
    assert recording.saturated("0") == pytest.approx([1, 0, 0.5], abs=1e-6)


class Outputs(nn.Module):
    """Gives whatever a function makes of its input."""

    def __init__(self, make: object) -> None:
        super().__init__()
        self.layer = nn.Identity()
        self.make = make
        self.layer.forward = make  # type: ignore[method-assign,assignment]

    def forward(self, x: Tensor) -> object:
        return self.layer(x)


def test_an_lstm_is_watched_at_its_output() -> None:
    model, seen = nn.LSTM(4, 5, batch_first=True), []
    model.register_forward_hook(lambda _, __, out: seen.append(out[0].detach().clone()))
    with record(model, sample=None, units=2) as recording:
        for _ in range(3):
            model(torch.randn(6, 7, 4))
    assert recording.layers == ("model", "model[2]")
    assert_exact(recording, "model", seen)
    assert_exact(recording, "model[2]", [x[..., 2] for x in seen])


@pytest.mark.parametrize(
    "make",
    [
        lambda x: (x, None),
        lambda x: [x + 0],
        lambda x: {"logits": x, "loss": x.sum()},
        lambda x: (None, {"hidden": [x]}),
    ],
)
def test_the_first_tensor_of_nested_outputs_is_recorded(make: object) -> None:
    model = Outputs(make)
    with record(model, "layer", sample=None) as recording:
        model(torch.randn(3, 4))
    assert recording.total("layer").tolist() == [12]


@pytest.mark.parametrize(
    "make", [lambda x: None, lambda x: "text", lambda x: x.long(), lambda x: ()]
)
def test_outputs_that_are_no_floating_point_numbers_are_left_out(make: object) -> None:
    model = Outputs(make)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with record(model, "layer") as recording:
            model(X)
    assert recording.layers == ()
    with pytest.raises(RecordingError, match="no watched layer .* floating-point"):
        recording.mean("layer")


def test_integer_inputs_are_left_out() -> None:
    model = nn.Sequential(nn.Embedding(10, 4), nn.Flatten(), nn.Linear(12, 2), nn.ReLU())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with record(model, "*", watch="input", sample=None) as recording:
            model(torch.randint(0, 10, (5, 3)))
    assert recording.layers == ("1", "2", "3")


def test_an_input_that_turns_from_floats_to_integers_and_back() -> None:
    model = nn.Sequential(nn.ReLU())
    with record(model, sample=None) as recording:
        model(torch.ones(3, 4))
        model(torch.ones(3, 4, dtype=torch.int64))
        model(torch.ones(3, 4))
    assert recording.total("0").tolist() == [12, 0, 12]


def test_a_complex_tensor_is_left_out() -> None:
    model = nn.Sequential(nn.Tanh())
    with record(model) as recording:
        model(torch.ones(3, 4, dtype=torch.complex64))
    assert recording.layers == ()


def test_a_sparse_tensor_is_left_out() -> None:
    model = nn.Sequential(nn.Identity())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with record(model, "0") as recording:
            model(torch.eye(4).to_sparse())
    assert recording.layers == ()


# -- messages ----------------------------------------------------------------------------------


@pytest.mark.parametrize("what", [None, 3, "model", nn.ReLU, lambda x: x])
def test_only_modules_can_be_recorded(what: object) -> None:
    with pytest.raises(TypeError, match="needs a torch.nn.Module; given"):
        record(what)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [0, -1, 1.5, "2", True])
@pytest.mark.parametrize("name", ["every", "sample"])
def test_counts_are_whole_and_positive(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"{name} must be a whole number of at least 1; given"):
        record(small(), **{name: value})  # type: ignore[arg-type]


def test_watch_is_one_of_three() -> None:
    with pytest.raises(ValueError, match="'auto', 'input' or 'output', .*; given 'both'"):
        record(small(), watch="both")
    with pytest.raises(ValueError, match=r"given \('input', 'output'\)"):
        record(small(), watch=("input", "output"))
    with pytest.raises(ValueError, match=r"given \(\)"):
        record(small(), watch=())
    for value in (None, 3):
        with pytest.raises(ValueError, match=f"watch must be .*; given {value}"):
            record(small(), watch=value)  # type: ignore[arg-type]


@pytest.mark.parametrize("units", [-1, [0, -2], [1.5], 1.5, "a", ["a"], [True], True])
def test_units_are_numbers(units: object) -> None:
    with pytest.raises(ValueError, match="units are .* numbers from 0 on; given"):
        record(small(), units=units)  # type: ignore[arg-type]


@pytest.mark.parametrize("units", [1, [1], np.int64(1), np.arange(1, 2)])
def test_whole_numbers_may_be_those_of_numpy(units: object) -> None:
    model = small()
    with record(model, units=units, every=np.int64(2)) as recording:  # type: ignore[arg-type]
        train(model, 4)
    assert recording.total("1[1]").size == 2


def test_an_unknown_layer_gets_a_suggestion() -> None:
    with pytest.raises(ValueError, match="no layer 'hiden1.1' .*did you mean hidden1.1"):
        record(deep(), "hiden1.1")
    with pytest.raises(ValueError, match="no layer 'zzz' in the model; it has hidden1, hidden1.0"):
        record(deep(), "zzz")
    with pytest.raises(ValueError, match="no layer Conv2d in the model; it has"):
        record(deep(), nn.Conv2d)
    with pytest.raises(ValueError, match="no layer that module in the model"):
        record(deep(), nn.ReLU())


def test_layers_of_a_wrong_kind_are_refused() -> None:
    with pytest.raises(TypeError, match="names, module types or modules .*; given int"):
        record(small(), 5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="names, module types or modules of the model; given int"):
        record(deep(), [3])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="layers is empty; leave it out"):
        record(deep(), [])


def test_a_model_with_nothing_known_to_watch_says_so() -> None:
    with pytest.raises(ValueError, match="the Flatten has no activation .* layers="):
        record(nn.Flatten())


def test_a_model_that_never_ran_says_so() -> None:
    with record(small()) as recording:
        pass
    with pytest.raises(
        RecordingError, match=r"the Sequential never ran in training mode.*train\(\)"
    ):
        recording.percentiles("1")


def test_a_model_that_ran_in_eval_mode_only_says_so() -> None:
    model = small().eval()
    with record(model) as recording:
        model(X)
        model(X)
    with pytest.raises(RecordingError, match="all 2 passes .* ran in eval mode"):
        recording.mean("1")
    with record(model) as recording:
        model(X)
    with pytest.raises(RecordingError, match="the only pass .* ran in eval mode"):
        recording.mean("1")


def test_a_model_that_does_not_run_what_is_watched_says_so() -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc, self.unused = nn.Linear(4, 2), nn.ReLU()

        def forward(self, x: Tensor) -> Tensor:
            return self.fc(x)

    model = Model()
    with record(model) as recording:
        model(X)
        model.eval()(X)
    with pytest.raises(RecordingError, match="no watched layer of the Model was seen to run"):
        recording.mean("unused")


def test_reading_while_it_runs_has_every_step_so_far() -> None:
    model = small()
    with record(model, sample=None) as recording:
        for steps in (1, 2, 3):
            model(X)
            assert recording.steps.tolist() == list(range(1, steps + 1))
            assert recording.total("1").tolist() == [len(X) * 8] * steps


def test_a_closed_recording_holds_nothing_of_the_model() -> None:
    model = small()
    with record(model) as recording:
        model(X)
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None
    assert recording.num_steps == 1


def test_a_named_layer_that_never_ran_is_told() -> None:
    class Unused(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.used, self.spare = nn.ReLU(), nn.ReLU()

        def forward(self, x: Tensor) -> Tensor:
            return self.used(x)

    model = Unused()
    with (
        pytest.warns(UserWarning, match="never ran, so not recorded: spare"),
        record(model, ["used", "spare"]),
    ):
        model(X)


def test_a_named_layer_that_ran_elsewhere_is_not_said_to_have_never_run() -> None:
    class Sometimes(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.used, self.tested, self.late = nn.ReLU(), nn.ReLU(), nn.ReLU()
            self.steps = 0

        def forward(self, x: Tensor) -> Tensor:
            x = self.used(x)
            if not self.training:
                return self.tested(x)
            self.steps += 1
            return self.late(x) if self.steps == unkept else x

    kept = []
    clock = Clock(Store(), keep_all=False)
    for step in range(KEPT_WHOLE + 100):
        clock.begin_pass()
        kept += [step + 1] * (clock.kept >= 0)
    unkept = next(step for step in range(1, KEPT_WHOLE + 100) if step not in kept)
    model = Sometimes()
    with (
        pytest.warns(UserWarning, match=r"ran in no step .* so not recorded: tested, late$"),
        record(model, ["used", "tested", "late"]),
    ):
        for _ in range(KEPT_WHOLE + 100):
            model(X)
        model.eval()(X)


def test_a_named_layer_that_gave_no_numbers_is_told_so() -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fourier, self.relu, self.unused = nn.Identity(), nn.ReLU(), nn.ReLU()

        def forward(self, x: Tensor) -> Tensor:
            return self.relu(self.fourier(torch.fft.fft(x)).abs())

    model = Model()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with record(model, ["fourier", "relu", "unused"]) as recording:
            model(torch.ones(3, 4))
    assert recording.layers == ("relu",)
    assert sorted(str(w.message) for w in caught) == [
        "never ran, so not recorded: unused",
        "ran without floating-point numbers or gradients, so not recorded: fourier",
    ]


def test_nothing_is_missed_of_a_layer_that_gave_numbers_in_a_later_call() -> None:
    class Later(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.same = nn.Identity()

        def forward(self, x: Tensor) -> Tensor:
            return self.same(x.argmax(1, keepdim=True)) + self.same(x)

    model = Later()
    with record(model, "same") as recording:
        model(torch.ones(3, 4))
    assert recording.layers == ("same#2",)
    assert not recording.notes


# -- where it is said --------------------------------------------------------------------------


def line_of_warning(do: Callable[[], object]) -> str:
    """The line of this file at which the only warning comes."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        do()
    (warning,) = caught
    assert warning.filename == __file__
    return Path(__file__).read_text().splitlines()[warning.lineno - 1].strip()


def test_warnings_come_at_a_line_of_the_user() -> None:
    model, x = small(), torch.ones(3, 4)

    def at_a_pass() -> None:
        with record(model, units=99):
            model(x)  # of this line

    def in_a_subscriber() -> None:
        with record(model) as recording:
            recording.subscribe(lambda recording: 1 / 0)
            model(x)
            recording.notify()  # of that line
            recording.unsubscribe(print)

    assert line_of_warning(at_a_pass) == "model(x)  # of this line"
    assert line_of_warning(in_a_subscriber) == "recording.notify()  # of that line"
    model.append(nn.Dropout())
    model.append(nn.Sequential(nn.ReLU()))
    model[4].forward = lambda x: x  # type: ignore[method-assign]

    def named() -> None:
        with record(model, "4.0"):  # of the block
            model(x)

    assert line_of_warning(named) == 'with record(model, "4.0"):  # of the block'
