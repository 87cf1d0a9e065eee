"""Statements of the introduction, on seeds that it does not use."""

import numpy as np
import pytest

from bnviz.experiments.introduction import spread_by_layer

pytestmark = pytest.mark.slow
SEEDS = (100, 101, 102)


@pytest.mark.parametrize(("width", "images"), [(100, 60), (200, 30)])
def test_each_sigmoid_hands_on_about_a_quarter_of_the_differences(width, images) -> None:
    # Weights that keep the size of a sum: 0.1 for 100 units.
    found = spread_by_layer(width**-0.5, seeds=SEEDS, width=width, images=images)["without BN"]
    ratios = found[:, 2:] / found[:, 1:-1]
    assert ratios.min() > 0.2 and ratios.max() < 0.28


def test_with_weights_of_a_tenth_layer_3_begins_at_about_a_hundredth() -> None:
    found = np.median(spread_by_layer(0.1, seeds=SEEDS)["without BN"], axis=0)
    np.testing.assert_allclose(found[:3], [0.2, 0.05, 0.012], rtol=0.15)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
@pytest.mark.parametrize("init", [0.1, 0.3, "kaiming", None])
def test_with_batch_norm_every_layer_begins_at_1(activation, init) -> None:
    found = spread_by_layer(init, activation, SEEDS)["with BN"]
    np.testing.assert_allclose(found, 1, atol=0.01)


def test_larger_weights_and_other_curves_lose_less() -> None:
    def last(init, activation="sigmoid"):
        return np.median(spread_by_layer(init, activation, SEEDS)["without BN"][:, -1])

    assert last(0.3) > 50 * last(0.1)
    assert last(0.1, "tanh") > 50 * last(0.1)
    assert last("kaiming", "relu") > 0.1
