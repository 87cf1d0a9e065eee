"""Which layers are watched, what they are called, where their units are, in models of any kind."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bnviz import merge, record
from bnviz.recording import Recording
from bnviz.recording.coverage import unwatched_activations
from bnviz.recording.layers import ACTIVATIONS, Layout, activation_kind, layout_of


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def run(model: nn.Module, *inputs: Tensor, steps: int = 3, **options: object) -> Recording:
    with record(model, sample=None, **options) as recording:  # type: ignore[arg-type]
        for _ in range(steps):
            model(*inputs)
    return recording


def inputs_of(module: nn.Module) -> list[Tensor]:
    """Fills with what enters a module, as it was before the module ran."""
    seen: list[Tensor] = []
    module.register_forward_pre_hook(lambda _, args: seen.append(args[0].detach().clone()))
    return seen


def dead_by_hand(x: Tensor, axis: int) -> float:
    """Share of the units on that axis that are nowhere above zero."""
    return (x.movedim(axis, -1).flatten(0, -2) <= 0).all(0).double().mean().item()


def silence(layer: nn.Module, units: int) -> None:
    """Have the first ``units`` units of a layer with weights give −100, whatever comes."""
    with torch.no_grad():
        layer.weight[:units] = 0
        layer.bias[:units] = -100.0


class Holder(nn.Module):
    """Has a part that is called like the whole of other models in recordings."""

    def __init__(self) -> None:
        super().__init__()
        self.model = nn.Linear(4, 8)

    def forward(self, x: Tensor) -> Tensor:
        return 1 + self.model(x)


def test_the_whole_and_a_part_called_model_are_kept_apart() -> None:
    holder = Holder()
    with record(holder, [holder, holder.model], sample=None) as recording:
        holder(torch.zeros(3, 4))
    assert set(recording.layers) == {"model", "model_"}
    part, whole = (recording.mean(layer)[0] for layer in ("model", "model_"))
    assert whole - part == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_a_subclass_of_an_activation_is_one_of_its_kind(kind: type[nn.Module]) -> None:
    options = (0.1, 20) if kind is nn.Threshold else ()
    own = type("MyOwn", (kind,), {})(*options)
    assert activation_kind(own) == activation_kind(kind(*options)) == kind.__name__.lower()
    model = nn.Sequential(nn.Linear(4, 8), own)
    with record(model) as recording:
        model(torch.ones(3, 4))
    assert recording.layers == ("1",)
    assert recording.activation("1") == kind.__name__.lower()


# -- where the units are -----------------------------------------------------------------------


class ConvNeXtBlock(nn.Module):
    """Depthwise convolution, then channels last: norm, wide layer, activation, narrow layer."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, 7, padding=3, groups=channels)
        self.norm = nn.LayerNorm(channels)
        self.wide = nn.Linear(channels, 4 * channels)
        self.act = nn.ReLU()
        self.narrow = nn.Linear(4 * channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
        return x + self.narrow(self.act(self.wide(y))).permute(0, 3, 1, 2)


def test_units_of_a_convnext_block_are_those_of_its_wide_layer() -> None:
    model = nn.Sequential(nn.Conv2d(3, 8, 4, 4), nn.ReLU(), ConvNeXtBlock(8), ConvNeXtBlock(8))
    silence(model[0], 2)
    silence(model[2].wide, 16)
    stem, seen = inputs_of(model[1]), inputs_of(model[2].act)
    with pytest.warns(UserWarning, match="no unit 20 among 8 units, from 0 on, in 1"):
        recording = run(model, torch.randn(5, 3, 16, 16), units=[0, 20])
    assert recording.dead("1").tolist() == [dead_by_hand(stem[0], 1)] * 3
    assert recording.dead("2.act").tolist() == [dead_by_hand(seen[0], -1)] * 3
    assert recording.dead("2.act")[0] >= 16 / 32
    assert recording.mean("2.act[20]")[0] == pytest.approx(seen[0][..., 20].mean().item(), rel=1e-5)
    assert recording.total("2.act[20]").tolist() == [5 * 4 * 4] * 3
    assert (recording.mean("2.act[0]") == -100).all()


class ConvThenLinear(nn.Module):
    """Channels in the middle, then at the end, in tensors of three dimensions."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv1d(3, 6, 3, padding=1), nn.BatchNorm1d(6)
        self.relu1, self.fc, self.relu2 = nn.ReLU(), nn.Linear(6, 10), nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu1(self.norm(self.conv(x)))
        return self.relu2(self.fc(y.transpose(1, 2)))


@pytest.mark.parametrize("length", [6, 10, 13])
def test_each_activation_has_the_units_of_the_layer_before_it(length: int) -> None:
    model = ConvThenLinear()
    silence(model.norm, 3)
    silence(model.fc, 7)
    first, second = inputs_of(model.relu1), inputs_of(model.relu2)
    recording = run(model, torch.randn(5, 3, length), units=[5])
    assert recording.dead("relu1").tolist() == [dead_by_hand(first[0], 1)] * 3
    assert recording.dead("relu2").tolist() == [dead_by_hand(second[0], 2)] * 3
    assert recording.dead("relu1")[0] >= 3 / 6
    assert recording.dead("relu2")[0] >= 7 / 10
    assert recording.total("relu1[5]").tolist() == [5 * length] * 3


def test_the_order_of_running_counts_and_not_that_of_definition() -> None:
    class Shuffled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.relu2, self.conv = nn.ReLU(), nn.Conv1d(4, 6, 1)
            self.relu1, self.fc = nn.ReLU(), nn.Linear(6, 6)

        def forward(self, x: Tensor) -> Tensor:
            return self.relu2(self.fc(self.relu1(self.conv(x))))

    model = Shuffled()
    silence(model.conv, 2)
    silence(model.fc, 3)
    first, second = inputs_of(model.relu1), inputs_of(model.relu2)
    recording = run(model, torch.randn(50, 4, 6))  # six channels, and six positions
    assert recording.dead("relu1").tolist() == [dead_by_hand(first[0], 1)] * 3
    assert recording.dead("relu2").tolist() == [dead_by_hand(second[0], 2)] * 3
    assert 0 < recording.dead("relu1")[0] < 1
    assert 0 < recording.dead("relu2")[0] < 1


def test_a_transformer_has_its_units_at_the_end() -> None:
    layer = nn.TransformerEncoderLayer(
        8, 2, 16, dropout=0.0, batch_first=True, activation=nn.ReLU()
    )
    model = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
    silence(model.layers[0].linear1, 4)
    seen = inputs_of(model.layers[0].activation)
    recording = run(model, torch.randn(3, 5, 8))
    dead = recording.dead("layers.0.activation")
    assert dead.tolist() == [dead_by_hand(seen[0], 2)] * 3
    assert dead[0] >= 4 / 16
    everything = run(model, torch.randn(3, 5, 8), layers="*", watch="output")
    assert {"layers.0.self_attn", "layers.1.norm2"} <= set(everything.layers)


def test_recurrent_layers_have_their_units_at_the_end() -> None:
    class Reader(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm, self.relu = nn.LSTM(4, 6, batch_first=True, bidirectional=True), nn.ReLU()

        def forward(self, x: Tensor) -> Tensor:
            return self.relu(self.lstm(x)[0] - 10 * (torch.arange(12) < 3))

    model = Reader()
    seen = inputs_of(model.relu)
    recording = run(model, torch.randn(5, 7, 4), units=[11])
    assert recording.dead("relu").tolist() == [dead_by_hand(seen[0], 2)] * 3
    assert recording.dead("relu")[0] >= 3 / 12
    assert recording.total("relu[11]").tolist() == [5 * 7] * 3


def test_a_recurrent_cell_is_watched_step_by_step_of_the_sequence() -> None:
    class Reader(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cell, self.head = nn.GRUCell(4, 6), nn.Linear(6, 2)

        def forward(self, x: Tensor) -> Tensor:
            h = x.new_zeros(len(x), 6)
            for step in x.unbind(1):
                h = self.cell(step, h)
            return self.head(h)

    recording = run(Reader(), torch.randn(5, 3, 4), units=[5])
    assert [name for name in recording.layers if name.endswith("[5]")] == [
        "cell[5]", "cell#2[5]", "cell#3[5]",
    ]  # fmt: skip
    assert recording.total("cell#3").tolist() == [5 * 6] * 3


@pytest.mark.parametrize(
    ("layer", "shape", "axis"),
    [
        (nn.Linear(4, 6), (4,), 0),
        (nn.Conv2d(4, 6, 1), (4, 5, 5), 0),
        (nn.Conv2d(4, 6, 1), (2, 4, 5, 5), 1),
        (nn.Conv3d(4, 6, 1), (4, 2, 5, 5), 0),
        (nn.ConvTranspose1d(4, 6, 1), (2, 4, 5), 1),
        (nn.InstanceNorm2d(4), (4, 5, 5), 0),
        (nn.BatchNorm1d(4), (2, 4), 1),
        (nn.GroupNorm(2, 4), (2, 4, 5, 5), 1),
        (nn.LayerNorm(4), (2, 3, 5, 4), 3),
        (nn.RMSNorm((3, 4)), (2, 3, 4), 2),
    ],
)
def test_layers_with_weights_know_where_their_units_are(
    layer: nn.Module, shape: tuple[int, ...], axis: int
) -> None:
    x = torch.randn(shape)
    output = layer(x)
    layout = layout_of(layer)
    assert layout is not None
    assert layout.size == output.shape[axis]
    assert layout.axis_in(output.shape) == axis
    recording = run(nn.Sequential(layer), x, layers="0", units=[1], steps=1)
    assert recording.total("0").tolist() == [output.numel()]
    assert recording.mean("0[1]")[0] == pytest.approx(
        output.select(axis, 1).mean().item(), abs=1e-5
    )


@pytest.mark.parametrize(
    ("layer", "shape", "axis"),
    [
        (nn.Conv2d(3, 4, 3), (2, 4, 4, 4), 1),
        (nn.Conv1d(3, 4, 3), (4, 4), 0),  # no batch
        (nn.BatchNorm2d(4), (2, 4, 4, 4), 1),
        (nn.InstanceNorm2d(4), (2, 4, 4, 4), 1),
        (nn.InstanceNorm2d(4), (4, 4, 4), 0),
        (nn.GroupNorm(2, 4), (2, 4, 4, 4), 1),
        (nn.LayerNorm(4), (2, 4, 4, 4), 3),
        (nn.Linear(3, 4), (2, 4, 4), 2),
        (nn.LSTM(3, 2, bidirectional=True), (4, 4, 4), 2),
        (nn.LSTM(3, 9, proj_size=2, bidirectional=True), (4, 4, 4), 2),
    ],
)
def test_where_several_axes_are_as_long_the_layer_decides(
    layer: nn.Module, shape: tuple[int, ...], axis: int
) -> None:
    layout = layout_of(layer)
    assert layout is not None
    assert (layout.size, layout.axis_in(shape)) == (4, axis)


@pytest.mark.parametrize(
    ("layer", "shape", "axis"),
    [
        (nn.Linear(4, 6), (2, 6, 4), 2),
        (nn.Bilinear(4, 5, 6), (2, 6, 4), 2),
        (nn.Bilinear(4, 5, 6), (2, 5, 4), 2),  # the first of the two that it is given
        (nn.Conv2d(4, 6, 1), (2, 4, 5, 6), 1),
        (nn.ConvTranspose1d(4, 6, 1), (2, 4, 6), 1),
        (nn.LSTM(4, 3, bidirectional=True), (2, 6, 4), 2),
        (nn.GRUCell(4, 6), (4,), 0),
    ],
)
def test_units_of_an_input_are_not_looked_for_by_the_number_of_the_outputs(
    layer: nn.Module, shape: tuple[int, ...], axis: int
) -> None:
    layout = layout_of(layer, at_input=True)
    assert layout is not None
    assert layout.axis_in(shape) == axis


def test_units_that_moved_are_looked_for_behind_the_batch_first() -> None:
    assert Layout(-2, 4).axis_in((3, 4, 5, 4)) == 1
    assert Layout(-2, 4).axis_in((3, 7, 5, 4)) == 3


def test_units_that_moved_are_found_by_their_number() -> None:
    assert Layout(-1, 8).axis_in((2, 8, 5, 5)) == 1
    assert Layout(1, 8).axis_in((2, 5, 8)) == 2
    assert Layout(-3, 8).axis_in((2, 5)) == 1  # nothing fits: where they mostly are
    assert Layout(-1, 8).axis_in((5,)) is None


def test_who_knows_better_names_the_axis() -> None:
    model = nn.Sequential(nn.ReLU())
    x = torch.randn(4, 5, 6).abs()
    x[:, :2] = -1
    assert run(model, x).dead("0").tolist() == [0] * 3
    assert run(model, x, feature_axis=1).dead("0").tolist() == [2 / 5] * 3
    assert run(model, x, feature_axis=-2).dead("0").tolist() == [2 / 5] * 3


@pytest.mark.parametrize("axis", [1.0, "1", True, (1,), torch.tensor(1)])
def test_an_axis_is_a_whole_number(axis: object) -> None:
    with pytest.raises(TypeError, match="feature_axis must be a whole number.*; given"):
        record(nn.ReLU(), feature_axis=axis)  # type: ignore[arg-type]


@pytest.mark.parametrize("axis", [2, -3])
def test_an_axis_that_a_tensor_lacks_is_told_once(axis: int) -> None:
    model = nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 5), nn.ReLU())
    with pytest.warns(
        UserWarning, match=f"there is no feature_axis {axis} in .* of 2 dim.*-2 to 1"
    ) as told:
        recording = run(model, torch.ones(4, 3), feature_axis=axis)
    assert len(told) == 1
    assert recording.layers == ("1", "3")


@pytest.mark.parametrize("axis", [1, -2, 0])
def test_an_axis_that_there_is_needs_no_word(axis: int) -> None:
    assert not run(nn.ReLU(), torch.ones(4, 3), feature_axis=axis).notes


def test_a_resnet_with_one_shared_relu_has_units_call_by_call() -> None:
    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv1, self.conv2 = (nn.Conv2d(6, 6, 3, padding=1) for _ in range(2))
            self.bn1, self.bn2 = nn.BatchNorm2d(6), nn.BatchNorm2d(6)
            self.relu = nn.ReLU(inplace=True)

        def forward(self, x: Tensor) -> Tensor:
            y = self.relu(self.bn1(self.conv1(x)))
            return self.relu(self.bn2(self.conv2(y)) + x)

    model = nn.Sequential(Block(), Block())
    silence(model[0].bn1, 4)
    recording = run(model, torch.randn(5, 6, 8, 8), watch=("auto", "gradient"))
    assert recording.layers == ("0.relu", "0.relu#2", "1.relu", "1.relu#2")
    assert recording.dead("0.relu").tolist() == [4 / 6] * 3
    assert recording.dead("0.relu#2").tolist() == [0] * 3


# -- units that do not exist -------------------------------------------------------------------


def test_a_layer_narrower_than_the_units_lacks_them_and_says_so_once() -> None:
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2), nn.ReLU())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        recording = run(model, torch.randn(3, 4), units=[1, 2])
    assert recording.layers == ("1", "1[1]", "1[2]", "3", "3[1]")
    (warning,) = caught
    assert "no unit 2 among 2 units, from 0 on, in 3" in str(warning.message)
    assert recording.notes == (str(warning.message),)


def test_one_unit_and_one_dimension_are_no_plural() -> None:
    model = nn.Sequential(nn.Linear(4, 1), nn.ReLU())
    with pytest.warns(UserWarning, match="no unit 2 or 3 among 1 unit, from 0 on, in 1"):
        run(model, torch.randn(3, 4), units=[2, 3])
    with pytest.warns(UserWarning, match="of 1 dimension "):
        run(nn.ReLU(), torch.ones(4), feature_axis=1)


# -- names -------------------------------------------------------------------------------------


def small() -> nn.Sequential:
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))


def test_a_data_parallel_model_has_the_names_of_what_it_wraps() -> None:
    x = torch.randn(3, 4)
    parallel, plain = run(nn.DataParallel(small()), x), run(small(), x)
    assert parallel.layers == plain.layers == ("1",)
    assert parallel.num_steps == 3
    assert merge(parallel, plain).total("1").tolist() == [48] * 3
    assert run(nn.DataParallel(small()), x, layers=["0"]).layers == ("0",)


# -- outputs of any kind -----------------------------------------------------------------------


@dataclass
class Output:
    loss: Tensor | None
    hidden: Tensor


def test_dataclasses_are_outputs_like_others() -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(4, 3)

        def forward(self, x: Tensor) -> Output:
            return Output(None, self.fc(x))

    recording = run(nn.Sequential(Model()), torch.randn(5, 4), layers="0")
    assert recording.total("0").tolist() == [15] * 3


def test_an_activation_that_first_runs_late_has_the_features_of_the_layer_in_front() -> None:
    class Late(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Conv2d(3, 3, 1)  # its units are elsewhere, as are those of the last
            self.fc, self.drop, self.relu = nn.Linear(4, 8), nn.Dropout(), nn.ReLU()
            self.last = nn.Conv2d(3, 3, 1)

        def forward(self, x: Tensor, late: bool) -> Tensor:
            x = self.drop(self.fc(self.first(x)))
            return self.last(self.relu(x) if late else x)

    model = Late()
    with record(model, units=7) as recording:
        for late in (False, True):
            model(torch.randn(2, 3, 5, 4), late)
    assert recording.layers == ("relu", "relu[7]")


# -- what is not watched -----------------------------------------------------------------------


class Functional(nn.Module):
    """Activations as functions, and one as a module."""

    def __init__(self, function: Callable[[Tensor], Tensor] = F.relu) -> None:
        super().__init__()
        self.fc1, self.fc2, self.out = nn.Linear(4, 8), nn.Linear(8, 8), nn.Sigmoid()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.fc2(self.function(self.fc1(x))))


@pytest.mark.parametrize(
    ("function", "name"),
    [(F.relu, "relu"), (F.gelu, "gelu"), (F.silu, "silu"), (F.elu, "elu"), (torch.tanh, "tanh")],
)
def test_activations_that_ran_as_functions_are_told_once(
    function: Callable[[Tensor], Tensor], name: str
) -> None:
    with pytest.warns(
        UserWarning, match=f"only out of the Functional is watched: 1 {name} ran as a function, "
    ) as told:
        recording = run(Functional(function), torch.randn(3, 4))
    assert len(told) == 1
    assert recording.notes == (str(told[0].message),)
    assert recording.notes[0] in str(recording)


def test_activations_that_ran_as_functions_are_told_also_after_a_pass_in_eval_mode() -> None:
    model = Functional()
    with pytest.warns(UserWarning, match="only out of the Functional is watched"), record(model):
        model.eval()(torch.randn(3, 4))
        model.train()(torch.randn(3, 4))


def test_what_ran_in_a_pass_that_failed_hides_no_function_of_the_next() -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.relu, self.fc, self.out = nn.ReLU(), nn.Linear(4, 4), nn.Sigmoid()

        def forward(self, x: Tensor, fails: bool) -> Tensor:
            if fails:
                return self.fc(self.relu(x))[9]
            return self.out(F.relu(self.fc(x)))

    model = Model()
    with pytest.warns(UserWarning, match="1 relu ran as a function"), record(model):
        with pytest.raises(IndexError):
            model(torch.randn(3, 4), fails=True)
        model(torch.randn(3, 4), fails=False)


SILENT = {
    "modules alone": lambda: (small(), {}),
    "shared module": lambda: (nn.Sequential(nn.Linear(4, 4), *[nn.Tanh()] * 2), {}),
    "layers were named": lambda: (Functional(), {"layers": ["fc1"]}),
    "an activation was named": lambda: (Functional(), {"layers": ["out"]}),
    "functions alone": lambda: (nn.Sequential(nn.Linear(4, 8), Relu()), {}),
    "no activation at all": lambda: (nn.Sequential(nn.Linear(4, 8)), {}),
    "gates of an LSTM": lambda: (nn.Sequential(nn.LSTM(4, 3), First(), nn.ReLU()), {}),
    "others": lambda: (nn.Sequential(nn.Linear(4, 4), nn.SELU(), nn.PReLU(), nn.Softsign()), {}),
}


class Relu(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x)


class First(nn.Module):
    def forward(self, values: tuple[Tensor, ...]) -> Tensor:
        return values[0]


@pytest.mark.parametrize("case", SILENT)
def test_nothing_is_told_where_nothing_is_missed(case: str) -> None:
    model, options = SILENT[case]()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        recording = run(model, torch.randn(3, 4), **options)
        assert recording.notes == ()
        with torch.no_grad():
            run(Functional(), torch.randn(3, 4))  # without a graph, nobody knows


# -- in two cells ------------------------------------------------------------------------------


def test_start_and_stop_do_what_with_does() -> None:
    model, x = small(), torch.randn(3, 4)
    watch = record(model, sample=None)
    recording = watch.start()
    assert recording is watch.recording
    model(x)
    assert watch.recording.total("1").tolist() == [24]
    model(x)
    watch.stop()
    watch.stop()  # harmless
    model(x)
    assert recording.closed
    assert recording.num_steps == 2
    np.testing.assert_array_equal(recording.counts("1"), run(model, x, steps=2).counts("1"))
    with pytest.raises(RuntimeError, match="used before"):
        watch.start()


def test_a_bidirectional_lstm_has_the_units_of_both_directions() -> None:
    layout = layout_of(nn.LSTM(4, 3, bidirectional=True))
    assert layout == Layout(-1, 6)


def test_an_activation_that_two_outputs_share_is_missed_once() -> None:
    x = torch.ones(2, requires_grad=True)
    hidden = torch.relu(x)
    outputs = (hidden + 1, hidden * 2)
    assert unwatched_activations(nn.Identity(), outputs, []) == {"relu": 1}
