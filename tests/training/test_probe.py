"""A probe keeps what units give for single images, in both modes, and disturbs nothing."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from bnviz.data import as_maps, digits
from bnviz.networks import mlp
from bnviz.probe import Probe, moments, spread_over_classes
from bnviz.run import Run
from bnviz.training import train

LAYERS = ("hidden1.activation", "hidden2.activation")


def net(**options: object) -> nn.Module:
    return mlp((64, 16, 12, 10), "sigmoid", **{"norm": "batch", "seed": 0, **options})


def probe_of(model: nn.Module, steps: int = 6, **options: object) -> Probe:
    probe = train(model, steps, progress=False, **options).probe
    assert probe is not None
    return probe


def entering(model: nn.Module, module: nn.Module, x: Tensor) -> np.ndarray:
    """What enters a module of the model, in the mode in which the model is."""
    seen: list[Tensor] = []
    handle = module.register_forward_pre_hook(lambda _, args: seen.append(args[0].clone()))
    with torch.no_grad():
        model(x)
    handle.remove()
    return seen[0].numpy()


# -- what is kept --------------------------------------------------------------------------------


def test_values_are_those_of_the_network_in_training_mode_and_in_eval_mode() -> None:
    run = train(net(), 9, seed=2, progress=False)
    probe, x = run.probe, torch.from_numpy(run.probe.images).flatten(1)
    assert probe.layers == LAYERS
    assert probe.steps[-1] == 9
    for values, training in ((probe.eval, False), (probe.train, True)):
        for layer, block in zip(LAYERS, run.model[:2], strict=True):
            expected = entering(run.model.train(training), block.activation, x)[:, :2]
            assert values[layer].shape == (len(probe.steps), 200, 2)
            assert values[layer].dtype == np.float32
            np.testing.assert_allclose(values[layer][-1], expected, atol=2e-6)


def test_the_first_moment_is_the_untrained_network() -> None:
    probe, untrained = probe_of(net(init=0.1)), net(init=0.1)
    x = torch.from_numpy(probe.images).flatten(1)
    assert probe.steps[0] == 0
    for layer, block in zip(LAYERS, untrained[:2], strict=True):
        in_eval = entering(untrained.eval(), block.activation, x)[:, :2]
        np.testing.assert_allclose(probe.eval[layer][0], in_eval, atol=1e-6)
    start = probe.train[LAYERS[1]][0]
    np.testing.assert_allclose(start.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(start.std(0), 1, atol=1e-2)
    assert abs(probe.eval[LAYERS[1]][0].std(0) - 1).max() > 0.1  # running statistics: not yet


def test_each_moment_shows_the_network_as_it_was_then() -> None:
    kept: dict[int, tuple[np.ndarray, np.ndarray]] = {}
    x = torch.from_numpy(digits(0).x_test[spread_over_classes(digits(0).y_test, 200)])

    def look(step: int, run: Run) -> None:
        if step in (1, 4):
            model = net()
            model.load_state_dict(run.model.state_dict())
            module = model.hidden2.activation
            in_eval = entering(model.eval(), module, x)[:, :2]
            kept[step] = in_eval, entering(model.train(), module, x)[:, :2]

    probe = probe_of(net(), on_step=look)
    for step, (in_eval, in_train) in kept.items():
        (row,) = np.flatnonzero(probe.steps == step)
        np.testing.assert_allclose(probe.eval[LAYERS[1]][row], in_eval, atol=1e-6)
        np.testing.assert_allclose(probe.train[LAYERS[1]][row], in_train, atol=1e-6)


def test_images_are_200_of_the_test_set_with_their_labels() -> None:
    split, probe = digits(3), probe_of(net(), seed=3)
    assert probe.images.shape == (200, 8, 8)
    where = {
        image.tobytes(): label for image, label in zip(split.x_test, split.y_test, strict=True)
    }
    assert [where[image.tobytes()] for image in probe.images] == probe.labels.tolist()
    assert {image.tobytes() for image in probe.images} == {
        image.tobytes() for image in split.x_test[:200]
    }


@pytest.mark.parametrize("few", [10, 24, 50])
def test_any_first_part_of_the_images_holds_each_class_about_equally(few: int) -> None:
    counts = np.bincount(probe_of(net(), 1).labels[:few], minlength=10)
    assert counts.max() - counts.min() <= 1


def test_units_are_the_first_two_and_those_that_are_recorded() -> None:
    probe = probe_of(net(), record={"units": [1, 7, 10]})
    assert probe.units == (0, 1, 7, 10)
    assert probe.layers == LAYERS
    for layer in LAYERS:
        assert probe.train[layer].shape[2] == 4
        assert np.isfinite(probe.train[layer]).all()


def test_units_that_a_layer_lacks_are_left_out() -> None:
    probe = probe_of(mlp((64, 16, 1, 10), seed=0))
    assert np.isfinite(probe.train[LAYERS[0]]).all()
    assert np.isnan(probe.train[LAYERS[1]]).all((0, 1)).tolist() == [False, True]


def test_only_recorded_layers_are_looked_at() -> None:
    assert probe_of(net(), record={"layers": "hidden2.*", "watch": "auto"}).layers == (
        "hidden2.linear",
        "hidden2.norm",
        "hidden2.activation",
    )


@pytest.mark.parametrize(("watch", "squashed"), [("input", False), ("output", True)])
def test_inputs_or_outputs_as_they_are_recorded(watch: str, squashed: bool) -> None:
    values = probe_of(net(), record={"watch": watch}).train[LAYERS[0]]
    assert ((values > 0) & (values < 1)).all() == squashed


def test_of_linear_layers_the_output_is_kept() -> None:
    run = train(net(), 3, record={"layers": "hidden1.linear"}, progress=False)
    x = torch.from_numpy(run.probe.images).flatten(1)
    np.testing.assert_allclose(
        run.probe.eval["hidden1.linear"][-1],
        run.model.hidden1.linear(x).detach().numpy()[:, :2],
        atol=1e-6,
    )


def test_maps_of_a_channel_are_averaged_and_what_is_overwritten_later_is_kept() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(
        *(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.Flatten()),
        nn.Linear(144, 10),
    )
    probe = probe_of(model, data=as_maps(digits(0)))
    assert probe.images.shape == (200, 8, 8)
    x = torch.from_numpy(probe.images)[:, None]
    expected = entering(model.eval(), model[2], x).mean((2, 3))[:, :2]
    np.testing.assert_allclose(probe.eval["2"][-1], expected, atol=1e-5)
    assert (expected < 0).any()  # before the ReLU, though it works in place


class Rows(nn.Module):
    """Reads a digit row by row; its output has the shape (N, rows, units)."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(8, 5, batch_first=True)
        self.head = nn.Linear(5, 10)

    def forward(self, x: Tensor) -> Tensor:
        self.states, _ = self.lstm(x.unflatten(1, (8, 8)))
        return self.head(self.states[:, -1])


def test_steps_of_a_sequence_are_averaged() -> None:
    torch.manual_seed(0)
    model = Rows()
    probe = probe_of(model, record={"layers": "lstm"})
    with torch.no_grad():
        model(torch.from_numpy(probe.images).flatten(1))
    expected = model.states.mean(1)[:, :2].numpy()
    np.testing.assert_allclose(probe.eval["lstm"][-1], expected, atol=1e-6)


class Again(nn.Module):
    """One activation that runs twice."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.head = nn.Linear(64, 6), nn.Linear(6, 6), nn.Linear(6, 10)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.relu(self.second(self.relu(self.first(x)))))


def test_calls_of_a_shared_layer_are_kept_apart() -> None:
    torch.manual_seed(0)
    model = Again()
    probe = probe_of(model)
    assert probe.layers == ("relu", "relu#2")
    x = torch.from_numpy(probe.images).flatten(1)
    hidden = model.first(x)
    for layer, expected in (("relu", hidden), ("relu#2", model.second(hidden.relu()))):
        np.testing.assert_allclose(
            probe.train[layer][-1], expected.detach().numpy()[:, :2], atol=1e-6
        )


class Tokens(nn.Module):
    """A convolution over the rows of a digit, then a layer whose units stand in the last axis."""

    def __init__(self) -> None:
        super().__init__()
        self.mix, self.wide, self.act = nn.Conv1d(8, 5, 1), nn.Linear(8, 6), nn.Tanh()
        self.head = nn.Linear(30, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.act(self.wide(self.mix(x.unflatten(1, (8, 8))))).flatten(1))


@pytest.mark.parametrize(("axis", "mean_over"), [(None, 1), (1, 2)])
def test_units_are_those_that_are_recorded_wherever_they_stand(
    axis: int | None, mean_over: int
) -> None:
    torch.manual_seed(0)
    model = Tokens()
    probe = probe_of(model, record={"feature_axis": axis, "units": 4})
    x = torch.from_numpy(probe.images).flatten(1)
    expected = entering(model, model.act, x).mean(mean_over)[:, [0, 1, 4]]
    np.testing.assert_allclose(probe.eval["act"][-1], expected, atol=1e-6)


def test_wrapped_networks_are_looked_into() -> None:
    wrapped = nn.DataParallel(net())
    inside, plain = probe_of(wrapped), probe_of(net())
    assert inside.layers == plain.layers == LAYERS
    for layer in LAYERS:
        np.testing.assert_allclose(inside.train[layer], plain.train[layer], atol=1e-6)


@dataclass
class Answer:
    """What some libraries' layers give."""

    hidden: Tensor


class Answers(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Answer:
        return Answer(self.linear(x))


class Read(nn.Module):
    def forward(self, answer: Answer) -> Tensor:
        return answer.hidden


def test_what_is_recorded_of_an_unusual_output_is_looked_at() -> None:
    model = nn.Sequential(Answers(), Read())
    run = train(model, 2, record={"layers": ["0", "0.linear"]}, progress=False)
    assert run.probe.layers == ("0.linear", "0") == run.recording.layers
    np.testing.assert_array_equal(run.probe.train["0"], run.probe.train["0.linear"])


# -- when ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [1, 7, 300, 1400, 50_000])
def test_moments_are_dense_at_first_then_even_and_not_too_many(steps: int) -> None:
    chosen = sorted(moments(steps))
    assert (chosen[0], chosen[-1]) == (0, steps)
    assert chosen[1] == 1
    assert len(chosen) <= 150
    assert np.diff(chosen).max() <= max(1, -(-steps // 100))
    assert len(chosen) == steps + 1 or (np.diff(chosen[:8]) == 1).all()


# -- without a trace -----------------------------------------------------------------------------


def test_hooks_on_the_network_see_the_training_alone() -> None:
    model = net()
    inside: list[bool] = []
    model.hidden1.norm.register_forward_hook(lambda norm, *_: inside.append(norm.training))
    train(model, 5, eval_every=100, progress=False)
    assert inside.count(True) == 5
    assert inside.count(False) == 2  # the accuracy, at the start and at the end


def test_running_statistics_are_those_of_the_training_batches() -> None:
    probed, bare = net(), net()
    train(probed, 8, progress=False)
    train(bare, 8, probe=False, progress=False)
    assert int(probed.hidden1.norm.num_batches_tracked) == 8
    for one, two in zip(probed.buffers(), bare.buffers(), strict=True):
        assert torch.equal(one, two)


def test_random_layers_draw_the_same_at_every_moment() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Dropout(0.5), nn.Linear(64, 6), nn.ReLU(), nn.Linear(6, 10))
    values = probe_of(model, 3, lr=0.0).train["2"]
    for row in values[1:]:
        np.testing.assert_array_equal(row, values[0])


class Uncopied(nn.Linear):
    def __deepcopy__(self, memo: object) -> nn.Module:
        raise RuntimeError("there can be only one")


def test_a_network_that_cannot_be_copied_trains_without_a_probe() -> None:
    model = nn.Sequential(Uncopied(64, 8), nn.ReLU(), nn.Linear(8, 10))
    with pytest.raises(TypeError, match=r"cannot be: there can be only one. Give probe=False"):
        train(model, 1, progress=False)
    assert len(train(model, 1, probe=False, progress=False).loss) == 1
