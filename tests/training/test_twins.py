"""The twins differ in batch normalization and in nothing else."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import bnviz
from bnviz.data import Digits, digits
from bnviz.run import Clouds
from bnviz.twins import Twins

SMALL = {"sizes": (64, 20, 12, 10), "eval_every": 5}


@pytest.fixture(scope="module")
def pair() -> Twins:
    """The default setting: figure 1 of Ioffe & Szegedy in small."""
    return Twins(seed=0).train(600, progress=False)


#: Loss after steps 1, 10 and 100, and test accuracy after 50, 100 and 150: figures, chapters and
#: the trainer in the page rely on the same split, weights and batches for a seed.
KNOWN = {
    "as in figure 1": (
        {"seed": 0},
        {
            "without BN": ([2.35637188, 2.40704203, 2.41128169], [0.100, 0.100, 0.100]),
            "with BN": ([2.40979266, 1.21689785, 0.20464732], [0.924, 0.952, 0.960]),
        },
    ),
    "another seed": (
        {"seed": 3},
        {
            "without BN": ([2.35440040, 2.78088474, 2.31574798], [0.100, 0.102, 0.102]),
            "with BN": ([2.45691752, 1.51683950, 0.16677549], [0.942, 0.958, 0.974]),
        },
    ),
    "ReLU, momentum, PyTorch's weights": (
        {
            **{"sizes": (64, 100, 100, 10), "activation": "relu", "init_std": None},
            **{"lr": 0.05, "momentum": 0.9, "batch_size": 64, "seed": 1},
        },
        {
            "without BN": ([2.31295609, 2.26623607, 0.13767184], [0.802, 0.916, 0.950]),
            "with BN": ([2.31213951, 0.71977830, 0.02962190], [0.974, 0.984, 0.982]),
        },
    ),
    "tanh, wider weights": (
        {
            **{"sizes": (64, 30, 20, 10), "activation": "tanh", "init_std": 0.3},
            **{"lr": 0.1, "batch_size": 32, "seed": 7},
        },
        {
            "without BN": ([2.75224638, 2.13969064, 0.53785676], [0.758, 0.840, 0.870]),
            "with BN": ([2.92289019, 1.94023454, 0.44944099], [0.778, 0.862, 0.888]),
        },
    ),
}


def weights(model: nn.Module) -> dict[str, Tensor]:
    return {
        name: p.detach().clone() for name, p in model.named_parameters() if ".norm." not in name
    }


def test_both_start_from_the_same_weights() -> None:
    pair = Twins(**SMALL, seed=3)
    plain, bn = weights(pair.plain.model), weights(pair.bn.model)
    assert plain.keys() == bn.keys()
    assert len(plain) == 6
    for name, weight in plain.items():
        assert torch.equal(weight, bn[name])
    assert float(plain["hidden1.linear.weight"].std()) == pytest.approx(0.1, rel=0.1)
    assert not plain["hidden1.linear.bias"].any()


@pytest.mark.parametrize("setting", KNOWN)
def test_a_seed_means_the_same_run_for_good(setting: str) -> None:
    options, known = KNOWN[setting]
    pair = Twins(**options, eval_every=50).train(150, progress=False)
    for label, (losses, accuracies) in known.items():
        run = pair.runs[label]
        assert run.loss[[0, 9, 99]] == pytest.approx(losses, rel=1e-4)
        assert run.accuracy[1:] == pytest.approx(accuracies, abs=0.0021)  # one image of 500


def test_batch_normalization_starts_as_nothing_but_normalization() -> None:
    for block in list(Twins(**SMALL).bn.model.children())[:-1]:
        assert torch.equal(block.norm.weight, torch.ones_like(block.norm.weight))
        assert torch.equal(block.norm.bias, torch.zeros_like(block.norm.bias))


def test_both_see_the_same_batches_in_the_same_order() -> None:
    pair = Twins(**SMALL, batch_size=50)
    seen: dict[str, list[Tensor]] = {"without BN": [], "with BN": []}
    for label, run in pair.runs.items():
        run.model.register_forward_pre_hook(
            lambda model, args, label=label: seen[label].append(args[0]) if model.training else None
        )
    pair.train(40, progress=False)
    assert len(seen["without BN"]) == len(seen["with BN"]) == 40
    for one, two in zip(*seen.values(), strict=True):
        assert one.shape == (50, 64)
        assert torch.equal(one, two)


def test_an_epoch_shows_every_example_at_most_once_and_the_next_another_order() -> None:
    pair = Twins(**SMALL, batch_size=60)
    seen = []
    pair.bn.model.register_forward_pre_hook(
        lambda model, args: seen.append(args[0]) if model.training else None
    )
    pair.train(42, progress=False)  # 1297 // 60 = 21 batches an epoch
    distinct = len(np.unique(digits(0).x_train, axis=0))
    first, second = (torch.cat(seen[i : i + 21]).numpy() for i in (0, 21))
    assert len(np.unique(first, axis=0)) >= 21 * 60 - (1297 - distinct)
    assert not np.array_equal(first, second)


def test_the_same_seed_gives_the_same_runs_bit_for_bit() -> None:
    one, two = (Twins(**SMALL, seed=4).train(30, progress=False) for _ in range(2))
    for a, b in zip(one.runs.values(), two.runs.values(), strict=True):
        np.testing.assert_array_equal(a.loss, b.loss)
        np.testing.assert_array_equal(a.accuracy, b.accuracy)
        np.testing.assert_array_equal(a.clouds.points, b.clouds.points)
        for layer in a.recording.layers:
            np.testing.assert_array_equal(a.recording.counts(layer), b.recording.counts(layer))
        for p, q in zip(a.model.parameters(), b.model.parameters(), strict=True):
            assert torch.equal(p, q)


def test_different_seeds_give_different_weights_batches_and_splits() -> None:
    one, two = Twins(**SMALL, seed=1), Twins(**SMALL, seed=2)
    assert not torch.equal(
        one.plain.model.hidden1.linear.weight, two.plain.model.hidden1.linear.weight
    )
    same = digits(0)
    one, two = (Twins(**SMALL, seed=seed, data=same).train(5, progress=False) for seed in (1, 2))
    assert not np.array_equal(one.plain.loss, two.plain.loss)


def test_global_random_numbers_are_left_alone() -> None:
    torch.manual_seed(11)
    np.random.seed(11)
    before = torch.get_rng_state(), np.random.get_state()[1].tolist()
    Twins(**SMALL).train(5, progress=False)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.random.get_state()[1].tolist() == before[1]


def test_random_numbers_drawn_elsewhere_change_nothing() -> None:
    torch.manual_seed(1)
    one = Twins(**SMALL, seed=0)
    torch.manual_seed(2)
    torch.rand(5)
    two = Twins(**SMALL, seed=0)
    assert torch.equal(one.plain.model.output.weight, two.plain.model.output.weight)


# -- what a run holds --------------------------------------------------------------------------


def test_bn_reaches_90_percent_long_before_the_plain_twin(pair: Twins) -> None:
    bn, plain = pair.bn.steps_to(0.9), pair.plain.steps_to(0.9)
    assert bn is not None
    assert bn <= 200
    assert plain is None or plain > 2 * bn
    assert pair.bn.accuracy[-1] > 0.9


def test_the_loss_of_every_step_is_kept(pair: Twins) -> None:
    for run in pair.runs.values():
        assert run.loss.shape == (600,)
        assert np.isfinite(run.loss).all()
    assert pair.plain.loss[0] == pytest.approx(np.log(10), rel=0.2)
    assert pair.bn.loss[-50:].mean() < pair.bn.loss[:50].mean() / 4


def test_the_accuracy_is_measured_every_so_many_steps_and_at_the_end() -> None:
    pair = Twins(**SMALL).train(12, progress=False)
    assert pair.bn.steps.tolist() == [0, 5, 10, 12]
    assert pair.bn.accuracy.shape == (4,)
    data = digits(0)
    model = pair.bn.model.eval()
    with torch.no_grad():
        predicted = model(torch.from_numpy(data.x_test)).argmax(1).numpy()
    assert pair.bn.accuracy[-1] == pytest.approx((predicted == data.y_test).mean())


def test_steps_to_is_the_first_evaluated_step_with_that_accuracy(pair: Twins) -> None:
    at = pair.bn.steps_to(0.5)
    where = pair.bn.steps.tolist().index(at)
    assert pair.bn.accuracy[where] >= 0.5
    assert (pair.bn.accuracy[:where] < 0.5).all()
    assert pair.bn.steps_to(1.01) is None


def test_the_inputs_of_the_hidden_activations_are_recorded_under_the_same_names(
    pair: Twins,
) -> None:
    names = tuple(f"hidden{i}.activation" for i in (1, 2, 3))
    for run in pair.runs.values():
        assert run.recording.layers == names
        assert run.recording.num_steps == 600  # evaluations and clouds do not count
        assert run.recording.closed
        assert run.recording.activation(names[0]) == "sigmoid"
    np.testing.assert_array_equal(pair.plain.recording.steps, pair.bn.recording.steps)


def test_bn_holds_the_spread_of_the_first_steps_and_the_plain_twin_does_not(pair: Twins) -> None:
    first = {
        label: [run.recording.std(layer)[0] for layer in run.recording.layers]
        for label, run in pair.runs.items()
    }
    assert first["with BN"] == pytest.approx([1, 1, 1], abs=0.1)
    assert max(first["without BN"]) < 0.7


def test_layers_of_both_have_the_same_names() -> None:
    pair = Twins(**SMALL)
    plain, bn = (dict(run.model.named_modules()) for run in pair.runs.values())
    assert plain.keys() == bn.keys()
    assert isinstance(plain["hidden1.norm"], nn.Identity)
    assert isinstance(bn["hidden1.norm"], nn.BatchNorm1d)


def test_options_of_the_recorder_are_passed_on() -> None:
    pair = Twins(**SMALL, units=[1], every=3, sample=None).train(7, progress=False)
    assert "hidden2.activation[1]" in pair.bn.recording.layers
    assert pair.bn.recording.steps.tolist() == [1, 4, 7]
    assert pair.bn.recording.total("hidden1.activation").tolist() == [60 * 20] * 3


def test_progress_is_shown_unless_it_is_switched_off(capsys: pytest.CaptureFixture[str]) -> None:
    Twins(**SMALL).train(3, progress=False)
    assert capsys.readouterr().err == ""
    Twins(**SMALL).train(3)
    assert "3/3" in capsys.readouterr().err


def test_train_gives_the_twins_and_bnviz_knows_them() -> None:
    pair = bnviz.Twins(**SMALL)
    assert pair.train(1, progress=False) is pair
    assert list(pair.runs) == ["without BN", "with BN"]
    assert list(pair.runs.values()) == [pair.plain, pair.bn]


# -- clouds ------------------------------------------------------------------------------------


def test_clouds_follow_two_units_from_before_the_first_step_to_the_last(pair: Twins) -> None:
    for run in pair.runs.values():
        clouds = run.clouds
        assert isinstance(clouds, Clouds)
        number = len(clouds.steps)
        assert (clouds.steps[0], clouds.steps[-1]) == (0, 600)
        assert (np.diff(clouds.steps) > 0).all()
        assert 20 <= number <= 60
        assert clouds.points.shape == (number, len(clouds.labels), 2)
        assert clouds.points.dtype == np.float32
        assert set(clouds.labels) == set(range(10))
        assert (np.diff(clouds.steps) == 1).sum() >= 5  # dense at first


def test_clouds_of_bn_have_mean_0_and_standard_deviation_1_at_the_start(pair: Twins) -> None:
    start = pair.bn.clouds.points[0]
    np.testing.assert_allclose(start.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(start.std(0), 1, atol=1e-2)


def test_looking_does_not_disturb_the_running_statistics() -> None:
    """They are those of the training batches alone, whatever was evaluated in between."""
    often, seldom = (
        Twins(sizes=(64, 20, 10), eval_every=every).train(20, progress=False) for every in (1, 1000)
    )
    one, two = often.bn.model.state_dict(), seldom.bn.model.state_dict()
    assert int(one["hidden1.norm.num_batches_tracked"]) == 20
    for name, value in one.items():
        assert torch.equal(value, two[name])


# -- building blocks and messages --------------------------------------------------------------


def test_twins_take_other_data() -> None:
    x, y = bnviz.data.spirals(400, seed=0)
    data = Digits(x[:300].astype(np.float64), y[:300].astype(np.int32), x[300:], y[300:])
    pair = Twins((2, 16, 2), "tanh", data=data, init_std=None, batch_size=30)
    pair.train(30, progress=False)
    assert pair.bn.clouds.points.shape[1:] == (100, 2)
    assert np.isfinite(pair.bn.loss).all()


def test_twins_are_trained_once() -> None:
    pair = Twins(**SMALL).train(5, progress=False)
    with pytest.raises(RuntimeError, match="trained before, for 5 steps.*make new ones"):
        pair.train(5, progress=False)
    assert len(pair.plain.loss) == 5
    assert pair.bn.recording.num_steps == 5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"activation": "swish"}, "sigmoid, tanh, relu, .* given 'swish'"),
        ({"sizes": (64,)}, "at least one hidden layer"),
        ({"sizes": (64, 10)}, "at least one hidden layer"),
        ({"sizes": (32, 20, 10)}, r"from 64 inputs .* given \[32, 20, 10\]"),
        ({"sizes": (64, 20, 9)}, "at least 10 outputs"),
        ({"sizes": (64, 1, 10)}, "2 units or more"),
        ({"sizes": (64, 0, 20, 10)}, "widths from input to output"),
        ({"batch_size": 1}, "from 2 to the 1297 training examples; given 1"),
        ({"batch_size": 1298}, "from 2 to the 1297 training examples; given 1298"),
        ({"eval_every": 0}, "eval_every is a number of steps from 1 on; given 0"),
        ({"every": 0}, "every must be a whole number"),
    ],
)
def test_arguments_that_do_not_fit_say_what_does(changes: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Twins(**changes)


@pytest.mark.parametrize("steps", [0, -3])
def test_training_takes_a_positive_number_of_steps(steps: int) -> None:
    pair = Twins(**SMALL)
    with pytest.raises(ValueError, match=f"from 1 on; given {steps}"):
        pair.train(steps)
    pair.train(1, progress=False)  # and is none the worse for it
