"""Statements of chapter 6, on seeds that it does not use."""

from typing import Any

import numpy as np
import pytest
from torch import Tensor, nn

from bnviz import data
from bnviz.experiments.common import steps_of_each, steps_until
from bnviz.experiments.placement import (
    first_gradients,
    handed_on,
    in_one_layer,
    rescaled,
    steps_to_goal,
    without_biases,
)
from bnviz.experiments.placement.which_layers import _only_in
from bnviz.networks import mlp

pytestmark = pytest.mark.slow

SEEDS = (100, 101)


def test_behind_a_relu_the_mean_is_a_half_bells_and_only_a_norm_after_it_makes_it_0() -> None:
    before, after = handed_on("relu", SEEDS).mean.T
    half_bell = 1 / np.sqrt(2 * np.pi)
    np.testing.assert_allclose(before, half_bell, atol=0.03)
    np.testing.assert_allclose(after, 0, atol=1e-3)
    spread = handed_on("relu", SEEDS).std
    np.testing.assert_allclose(spread[:, 0], np.sqrt(0.5 - half_bell**2), atol=0.03)
    np.testing.assert_allclose(spread[:, 1], 1, atol=0.01)


def test_nearly_all_values_are_in_the_histogram() -> None:
    for activation in ("relu", "sigmoid"):
        shares = handed_on(activation, SEEDS).share.sum(1)
        assert (shares > 0.98).all() and (shares < 1 + 1e-9).all()


@pytest.mark.parametrize(("lr", "least", "most"), [(0.05, 0.2, 0.6), (0.5, 0.5, 1.1)])
def test_at_small_rates_sigmoids_with_small_weights_are_sooner_with_the_norm_behind_them(
    lr: float, least: float, most: float
) -> None:
    found = steps_to_goal(range(7000, 7004), lr=lr)
    ratio = found["BN after"] / found["BN before"]
    assert least <= ratio.min() <= ratio.max() <= most
    assert np.isnan(found["without BN"]).all()


def test_at_large_rates_they_learn_only_with_the_norm_before_them() -> None:
    found = steps_to_goal(range(7000, 7004), lr=3.0, steps=100)
    assert np.isnan(found["BN after"]).all()
    assert np.isfinite(found["BN before"]).all()


def test_with_large_weights_they_are_later_with_the_norm_behind_them() -> None:
    found = steps_to_goal(SEEDS, init=1.0)
    assert (found["BN after"] > 1.3 * found["BN before"]).all()
    bold = steps_to_goal(range(7000, 7006), init=1.0, lr=2.0, steps=60)
    assert np.isnan(bold["BN after"]).all()
    assert 15 <= bold["BN before"].min() <= bold["BN before"].max() <= 40
    tanh = steps_to_goal(SEEDS, activation="tanh", init=1.0)
    assert np.isnan(tanh["BN after"]).all() and (tanh["BN before"] < 60).all()
    deep = steps_to_goal(SEEDS, init=1.0, depth=5, lr=1.0)
    assert np.isnan(deep["BN after"]).all() and (deep["BN before"] < 60).all()


def test_with_two_layers_of_sigmoids_neither_place_is_far_ahead_and_of_tanh_one_is() -> None:
    even = steps_to_goal(SEEDS, init=1.0, depth=2)
    assert 0.5 < even["BN after"].mean() / even["BN before"].mean() < 1.5
    tanh = steps_to_goal(SEEDS, activation="tanh", init=1.0, depth=2)
    assert (tanh["BN after"] > 1.3 * tanh["BN before"]).all()


def test_a_single_layer_of_them_is_sooner_with_the_norm_behind_it() -> None:
    for lr, most in ((0.5, 0.7), (1.0, 1.0)):
        found = steps_to_goal(SEEDS, init=1.0, depth=1, lr=lr)
        assert (found["BN after"] < most * found["BN before"]).all()


@pytest.mark.parametrize("depth", [3, 8])
def test_relus_hardly_care(depth: int) -> None:
    seeds = range(7000, 7012)
    found = steps_to_goal(seeds, activation="relu", init="kaiming", lr=0.1, depth=depth)
    ratio = found["BN after"] / found["BN before"]
    # Measured every five steps, of some 30: a single seed may be off by a few of these.
    assert 0.7 <= np.median(ratio) <= 1.25
    assert 0.45 <= ratio.min() <= ratio.max() <= 2.1
    assert (found["without BN"] > found["BN before"]).all()


def test_without_biases_a_layer_of_relus_needs_the_norm_before_them() -> None:
    found = without_biases(SEEDS, steps=500).accuracy
    assert found["BN after"]["without"].max() < 0.72
    assert found["BN before"]["without"].min() > 0.85
    gap = found["BN before"]["without"] - found["BN before"]["with biases"]
    assert np.abs(gap).max() < 0.02  # rounding, and what it grows to


def test_with_two_layers_it_parts_the_spirals_in_either_place() -> None:
    found = without_biases(SEEDS, hidden=(16, 16)).accuracy
    assert found["BN after"]["without"].min() > 0.78


def test_behind_a_relu_the_size_of_the_weights_is_taken_out_behind_a_sigmoid_not() -> None:
    factors = (1, 2, 10)
    for activation, least in (("relu", 0), ("sigmoid", 0.3), ("tanh", 0.4)):
        found = rescaled(factors, activation, SEEDS)
        assert (found["BN before"] < 0.01).all()
        assert (found["BN after"][:, 0] < 1e-5).all()
        after = found["BN after"][:, 2]
        assert (after < 0.01).all() if activation == "relu" else (after > least).all()


def test_of_one_normed_layer_the_last_helps_most_from_small_weights() -> None:
    found = in_one_layer(SEEDS, steps=400)
    assert np.isnan(found["none"]).all()
    assert (found["first"] > 2.5 * found["middle"]).all()
    assert (found["middle"] > found["last"]).all()
    assert (found["last"] <= 90).all() and (found["all"] <= 60).all()


@pytest.mark.parametrize(
    "options",
    [
        {"lr": 1.0, "steps": 150},
        {"depth": 4, "steps": 150},
        {"activation": "relu", "depth": 8, "init": 0.05, "lr": 0.1, "steps": 300},
        {"activation": "relu", "depth": 5, "init": 0.05, "lr": 0.1, "steps": 100},
    ],
    ids=str,
)
def test_so_it_is_at_another_rate_depth_and_activation(options) -> None:
    found = in_one_layer((102, 103), **options)
    _, first, middle, last, every = (np.nan_to_num(steps, nan=999) for steps in found.values())
    assert (last < middle).all() and (last < first).all()
    assert (every < last + 11).all()


def test_from_an_easy_start_it_matters_less_which_layer() -> None:
    relu = {"activation": "relu", "depth": 8, "init": "kaiming", "lr": 0.1, "steps": 120}
    found = in_one_layer(range(7000, 7006), **relu)
    alone = np.array([found[layer] for layer in ("first", "middle", "last")])
    assert 25 <= alone.min() <= alone.max() <= 90
    found = in_one_layer((104, 105), init=1.0, steps=200)
    assert max(found[layer].max() for layer in ("first", "middle", "last")) <= 130


def test_in_eight_layers_of_relu_one_norm_in_the_fifth_or_sixth_is_mostly_enough() -> None:
    def networks(seed: int) -> dict[int, nn.Module]:
        return {
            layer: mlp((64, *[100] * 8, 10), norm=_only_in({layer}), init=0.05, seed=seed)
            for layer in (5, 6, 8)
        }

    found = steps_of_each(networks, range(7000, 7008), 0.9, 300, lr=0.3, eval_every=10)
    reached = {layer: np.isfinite(steps).sum() for layer, steps in found.items()}
    assert reached[5] >= 6 and reached[6] >= 6
    assert reached[8] <= 4


def test_a_norm_in_the_last_layer_makes_the_first_gradient_as_large_as_norms_in_all() -> None:
    found = first_gradients(range(7000, 7020))
    times = {layer: norms / found["none"] for layer, norms in found.items()}
    assert (times["last"] > 25).all() and (times["first"] < 5).all()
    assert 35 < np.median(times["last"]) < 65  # some fifty times
    assert 35 < np.median(times["all"]) < 65
    share = found["last"] / found["all"]
    assert 0.8 < share.min() <= share.max() < 1.05


def with_gradient_times(factor: Tensor, x: Tensor) -> Tensor:
    return x * factor + (x - x * factor).detach()


class OnlyForward(nn.BatchNorm1d):
    """Batch normalization that does not divide on the way back."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(with_gradient_times(x.detach().std(0), x))


class OnlyBack(nn.Identity):
    """Nothing on the way forward; on the way back, the division of batch normalization."""

    def forward(self, x: Tensor) -> Tensor:
        return with_gradient_times(1 / (x.detach().var(0) + 1e-5).sqrt(), x)


SIGMOIDS = {"activation": "sigmoid", "depth": 3, "init": 0.1, "lr": 0.5}
RELUS = {"activation": "relu", "depth": 8, "init": 0.05, "lr": 0.1}


def steps_with(norm: nn.Module, seed: int = 100, steps: int = 200, **options: Any) -> float:
    """Steps to 90 %, with this norm in the last hidden layer alone."""
    depth, lr = options.pop("depth"), options.pop("lr")
    model = mlp((64, *[100] * depth, 10), seed=seed, **options)
    model.hidden[-1].norm = norm
    return steps_until(0.9, model, steps, data=data.digits(seed), lr=lr, seed=seed, eval_every=10)


def test_in_eight_layers_of_relu_the_division_counts_on_both_ways() -> None:
    assert np.isfinite(steps_with(nn.BatchNorm1d(100), **RELUS))
    for norm in (OnlyForward(100), OnlyBack()):
        assert np.isnan(steps_with(norm, **RELUS))


def test_three_layers_of_sigmoids_are_somewhat_later_without_the_division_on_the_way_back() -> None:
    norms = (nn.BatchNorm1d, OnlyForward)
    whole, forward = np.array(
        [[steps_with(norm(100), seed, **SIGMOIDS) for seed in range(7000, 7004)] for norm in norms]
    )
    assert 50 <= whole.min() <= whole.max() <= 90
    assert 70 <= forward.min() <= forward.max() <= 130
    assert (forward > whole).all()


@pytest.mark.parametrize("seed", [7000, 7001])
def test_with_the_division_on_the_way_back_alone_they_are_later_than_without_a_norm(
    seed: int,
) -> None:
    none = steps_with(nn.Identity(), seed, 2000, **SIGMOIDS)
    assert steps_with(OnlyBack(), seed, 2500, **SIGMOIDS) > none
