"""Statements of the introduction, on seeds that it does not use."""

import numpy as np
import pytest

from bnviz.experiments.covariate_shift import starts
from bnviz.experiments.introduction import read_by_layer, spread_by_layer

pytestmark = pytest.mark.slow
SEEDS = (100, 101, 102)


@pytest.mark.parametrize(("width", "images"), [(100, 60), (200, 30)])
def test_each_sigmoid_hands_on_about_a_quarter_of_the_differences(width, images) -> None:
    # Weights that keep the size of a sum: 0.1 for 100 units.
    found = spread_by_layer(width**-0.5, seeds=SEEDS, width=width, images=images)["without BN"]
    ratios = found[:, 2:] / found[:, 1:-1]
    assert ratios.min() > 0.2 and ratios.max() < 0.28


@pytest.mark.parametrize(("width", "factor"), [(30, 0.13), (300, 0.42)])
def test_with_the_same_weights_it_is_less_in_a_narrow_layer_and_more_in_a_wide_one(
    width, factor
) -> None:
    found = spread_by_layer(0.1, seeds=SEEDS, width=width)["without BN"]
    assert (found[:, 2:] / found[:, 1:-1]).mean() == pytest.approx(factor, rel=0.12)


def test_with_weights_of_a_tenth_layer_6_begins_below_a_thousandth() -> None:
    found = np.median(spread_by_layer(0.1, seeds=SEEDS)["without BN"], axis=0)
    np.testing.assert_allclose(found[:3], [0.2, 0.05, 0.012], rtol=0.15)
    assert found[5] == pytest.approx(0.00016, rel=0.25)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
@pytest.mark.parametrize("init", [0.1, 0.3, 1.0, "kaiming", None])
def test_with_batch_norm_every_layer_begins_at_1(activation, init) -> None:
    found = spread_by_layer(init, activation, SEEDS)["with BN"]
    np.testing.assert_allclose(found, 1, atol=0.01)


def test_larger_weights_and_other_curves_lose_less() -> None:
    def medians(init, activation="sigmoid"):
        return np.median(spread_by_layer(init, activation, SEEDS)["without BN"], axis=0)

    first, last = medians(0.3)[[0, -1]]
    assert last > 50 * medians(0.1)[-1]
    assert last < 0.1 * first  # slower, and lost all the same
    assert medians(1.0)[-1] > 0.5 * medians(1.0)[0]
    assert medians(0.1, "tanh")[-1] > 50 * medians(0.1)[-1]
    assert medians(1.0, "relu")[-1] > 1000 * medians(1.0, "relu")[0]
    first, last = medians("kaiming", "relu")[[0, -1]]
    assert 0.45 * first < last < 0.9 * first


@pytest.mark.parametrize("init", [0.1, None])
def test_a_needle_can_be_read_as_soon_as_it_is_stretched(init) -> None:
    read = read_by_layer(init, seeds=SEEDS[:2])
    assert read["stretched"].min() > 0.88
    assert read["stretched"][:, 2].min() > 0.92
    assert read["as they are"][:, 0].min() > 0.88
    assert read["as they are"][:, 2].max() < 0.25
    assert read["as they are"][:, 3:].max() < 0.15


def test_a_needle_can_be_read_with_other_curves_and_rates_too() -> None:
    read = read_by_layer(0.1, seeds=SEEDS[2:], steps=400, lr=0.1)
    assert read["stretched"].min() > 0.88 and read["as they are"][:, 2:].max() < 0.15
    # ReLU makes no needle so soon: something is read as it is, and more when it is stretched.
    read = read_by_layer(0.1, "relu", SEEDS[2:])
    assert read["stretched"].min() > 0.8
    assert (read["stretched"] - read["as they are"])[0, [2, 5]].min() > 0.08


def test_with_small_steps_from_a_good_start_batch_norm_may_be_the_slower_one() -> None:
    for lr in (0.01, 0.02):
        reached = starts((0.3,), (lr,), SEEDS[:2], activation="relu", steps=800)
        assert (reached["with BN"] > 1.2 * reached["without BN"]).all()


def test_a_large_learning_rate_is_usable_with_batch_norm() -> None:
    reached = starts((0.3,), (5.0,), SEEDS[:2], steps=300)
    assert np.isnan(reached["without BN"]).all()
    assert (reached["with BN"] < 100).all()
