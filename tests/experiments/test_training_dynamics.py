"""Statements of chapter 7, on seeds that it does not use."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from bnviz.experiments.common import accuracy, digits
from bnviz.experiments.training_dynamics import (
    Sweep,
    by_rate,
    descent,
    growth,
    per_layer,
    sweep,
    train_side_by_side,
    two_rates,
)
from bnviz.experiments.training_dynamics.conditioning import curvatures, inputs
from bnviz.networks import mlp
from bnviz.training import shuffled_batches

pytestmark = pytest.mark.slow
NORMS = {"without BN": None, "with BN": "batch"}


# --- networks side by side ----------------------------------------------------------------------


@pytest.mark.parametrize("norm", [None, "batch"])
def test_side_by_side_each_learns_as_it_would_alone(norm: str | None) -> None:
    models = [mlp((64, 12, 12, 10), norm=norm, seed=seed) for seed in (100, 101)]
    lrs, seeds = (0.5, 0.05), (100, 101)
    together = train_side_by_side(models, lrs, seeds, steps=12, batch_size=20, eval_every=12)
    for model, lr, seed, found in zip(models, lrs, seeds, together, strict=True):
        x, y, x_test, y_test = digits(seed)
        optimizer = torch.optim.SGD(model.parameters(), lr)
        batches = shuffled_batches(len(x), 20, seed)
        losses = []
        for _ in range(12):
            batch = next(batches)
            loss = F.cross_entropy(model(x[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        np.testing.assert_allclose(found.loss, losses, rtol=1e-4)
        assert found.accuracy[-1] == pytest.approx(accuracy(model.eval(), x_test, y_test), abs=0.01)
        length = model.hidden[0].linear.weight.detach().norm(dim=1).mean()
        assert found.length[-1] == pytest.approx(float(length), rel=1e-4)


def test_one_that_explodes_takes_no_other_along() -> None:
    models = [mlp((64, *[12] * 6, 10), init=init, seed=100) for init in (100.0, None)]
    lost, whole = train_side_by_side(models, (30.0, 0.1), (100, 100), steps=20, eval_every=20)
    assert not np.isfinite(lost.loss[-1])
    (alone,) = train_side_by_side(models[1:], (0.1,), (100,), steps=20, eval_every=20)
    np.testing.assert_allclose(whole.loss, alone.loss, rtol=1e-4)


def test_what_enters_the_first_and_the_last_activation_is_recorded() -> None:
    grid = sweep((0.1,), (0.1,), (1, 3), seeds=(100, 101), steps=10, eval_every=5, record=True)
    first, second = (grid.runs["with BN", 0, 0, 1, s] for s in (0, 1))
    assert second.recording is None and first.recording is not None
    assert list(first.recording.layers) == ["first", "last"]
    assert first.recording.steps.tolist() == [1, 5, 9]
    np.testing.assert_allclose(first.recording.std("last"), 1, rtol=0.02)  # BN, γ near 1
    alone = grid.cells()[1][0.1, 0.1]["with BN"][0].recording
    assert alone is not None
    np.testing.assert_array_equal(alone.counts("first"), alone.counts("last"))


def test_the_weights_before_batch_norm_may_have_a_rate_of_their_own() -> None:
    models = [mlp((64, 12, 12, 10), norm="batch", seed=seed) for seed in (100, 101)]
    still, moved = train_side_by_side(
        models, (1e-9, 0.5), (100, 101), steps=20, eval_every=20, other_lrs=(0.5, 1e-9)
    )
    assert still.length[-1] == pytest.approx(still.length[0])
    assert still.loss[-5:].mean() < still.loss[:5].mean()
    assert moved.length[-1] > 1.001 * moved.length[0]


def test_a_measurement_at_the_end_is_asked_for() -> None:
    with pytest.raises(ValueError, match="divides"):
        train_side_by_side([mlp((64, 4, 10))], [0.1], [100], steps=10, eval_every=4)


# --- the grid -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def grid() -> Sweep:
    """The chapter's networks at three of its rates."""
    return sweep(lrs=(0.03, 0.3, 3.0), seeds=(100, 101), eval_every=120)


def test_without_batch_norm_one_row_is_usable_at_small_rates(grid: Sweep) -> None:
    plain = grid.accuracy["without BN"][..., -1]
    assert (plain[[0, 2]] < 0.75).all()  # too small, too large
    assert (plain[1, :2, 0] > 0.85).all() and (plain[1, -1] < 0.5).all()


def test_from_very_small_weights_none_learns_without_batch_norm() -> None:
    small = sweep((0.02,), (0.03, 0.3, 3.0), (3, 8), (7000, 7001), eval_every=240)
    assert small.accuracy["without BN"][..., -1].max() < 0.15
    assert small.accuracy["with BN"][0, :2, 0, :, -1].min() > 0.9  # three layers


def test_more_starts_and_learning_rates_are_usable_with_batch_norm(grid: Sweep) -> None:
    plain, bn = (np.median(grid.accuracy[label][..., -1], axis=3) for label in NORMS)
    assert (bn[:2, :2] > 0.8).all()
    assert bn[2, 0].max() < 0.85 and (bn[2, 1] > 0.8).all()  # long weights: small rates are slow
    assert ((bn > 0.85).sum((0, 1)) > 1 + (plain > 0.85).sum((0, 1))).all()


@pytest.mark.parametrize("setting", [{}, {"batch_size": 64}, {"steps": 480, "eval_every": 480}])
def test_from_the_right_start_eight_layers_learn_without_batch_norm(setting) -> None:
    small = sweep((0.2,), (0.03,), (8,), range(100, 105), **setting)
    plain = small.accuracy["without BN"][..., -1]
    assert plain.min() > 0.75 and 0.85 < np.median(plain) < 0.97


def test_with_eight_layers_the_largest_rate_fails_with_batch_norm_too(grid: Sweep) -> None:
    bn = grid.accuracy["with BN"][..., -1]
    assert (bn[:2, -1, 0] > 0.85).all() and (bn[:, -1, 1] < 0.8).all()


def test_at_a_rate_of_10_they_all_fail() -> None:
    lost = sweep(lrs=(10.0,), seeds=(100,), steps=40, eval_every=40)
    assert (lost.accuracy["with BN"][..., -1] < 0.5).all()


@pytest.mark.parametrize("setting", [{}, {"depth": 8}, {"depth": 8, "init": 1.0, "width": 40}])
def test_it_is_not_the_weights_before_batch_norm_that_cannot_bear_a_large_rate(
    setting: dict[str, Any],
) -> None:
    found = two_rates(seeds=(100, 101), **setting)
    assert (found[100.0, 0.1] > 0.88).all()
    assert (found[10.0, 10.0] < 0.3).all() and (found[0.1, 10.0] < 0.3).all()


def test_weights_before_batch_norm_grow_until_a_large_rate_suits_them(grid: Sweep) -> None:
    rates = grid.effective["with BN"]
    at_start, at_end = rates[0, ..., 0], rates[0, ..., -1]
    np.testing.assert_allclose(at_start[-1] / at_start[0], 100, rtol=1e-6)
    assert (at_end.max(0) < 5 * at_end.min(0)).all()
    # At a small rate long weights hardly change.
    np.testing.assert_allclose(rates[2, :2, ..., -1], rates[2, :2, ..., 0], rtol=0.1)


def test_so_it_is_with_sigmoids_and_other_batches() -> None:
    found = sweep(
        (0.02,), (0.03, 3.0), (3,), (100,), activation="sigmoid", batch_size=64, eval_every=240
    )  # fmt: skip
    ends = found.effective["with BN"][0, :, 0, :, -1]
    assert (ends.max(0) < 10 * ends.min(0)).all()


# --- one rate -----------------------------------------------------------------------------------


def test_at_a_small_rate_ten_layers_are_ahead_without_batch_norm() -> None:
    found = by_rate(depth=10, seeds=range(100, 104), eval_every=120)
    ends = {
        lr: {label: np.array([one.accuracy[-1] for one in runs]) for label, runs in pair.items()}
        for lr, pair in found.items()
    }
    assert (ends[0.003]["without BN"] > ends[0.003]["with BN"] + 0.05).all()
    assert (ends[0.3]["without BN"] < 0.6).all()
    assert (ends[0.3]["with BN"] > 0.8).all()
    assert ends[0.3]["with BN"].mean() > max(0.9, ends[0.03]["with BN"].mean())


@pytest.mark.parametrize("setting", [{"depth": 3, "width": 50}, {"depth": 10, "batch_size": 64}])
def test_with_batch_norm_the_largest_of_three_rates_is_the_best(setting: dict[str, int]) -> None:
    found = by_rate((0.003, 0.03, 0.3), seeds=(100, 101), eval_every=120, **setting)
    small, middle, large = ([one.accuracy[-1] for one in f["with BN"]] for f in found.values())
    assert (np.array(large) > middle).all() and (np.array(middle) > small).all()


def test_ten_layers_of_fifty_units_learn_little_at_a_small_rate_with_either() -> None:
    pair = by_rate((0.003,), 10, seeds=(100, 101, 102), width=50, eval_every=120)[0.003]
    plain, bn = (np.array([one.accuracy[-1] for one in pair[label]]) for label in NORMS)
    assert abs(np.mean(plain - bn)) < 0.1 and max(plain.max(), bn.max()) < 0.5


def test_with_three_layers_the_lead_at_a_small_rate_is_the_other_way_round() -> None:
    pair = by_rate((0.003, 0.3), 3, seeds=(100, 101, 102), eval_every=120)
    ends = {
        lr: {k: [one.accuracy[-1] for one in v] for k, v in p.items()} for lr, p in pair.items()
    }
    assert np.median(ends[0.003]["with BN"]) > np.median(ends[0.003]["without BN"])
    assert np.median(ends[0.3]["without BN"]) > 0.8


# --- gradients ----------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [12, 20])
def test_without_batch_norm_gradients_of_relu_vanish_and_explode_in_all_layers(depth: int) -> None:
    normal, small, large = (
        per_layer(depth, (100, 101), activation="relu", init="kaiming", times=a)["without BN"]
        for a in (1, 0.7, 1.4)
    )
    assert (small < 3 * 0.7 ** (depth - 2) * normal).all()
    assert (large > 0.1 * 1.4 ** (depth - 1) * normal).all()
    for table in (small, large):
        assert (table.max(1) < 12 * table.min(1)).all()


def test_those_of_sigmoids_shrink_towards_the_first_layer_and_with_batch_norm_do_not() -> None:
    for times in (0.7, 1.4):
        found = per_layer(20, (100, 101), times=times)
        plain, bn = (found[label] for label in NORMS)
        assert (plain[:, -1] > 1e6 * plain[:, 0]).all()
        assert (bn.max(1) < 6 * bn.min(1)).all()


def test_tanh_bears_larger_weights_for_longer_but_not_five_times_as_large() -> None:
    some, many = (
        per_layer(20, (100, 101), activation="tanh", times=a, batch_size=16)["without BN"]
        for a in (1.4, 5)
    )
    assert (some.max(1) < 10 * some.min(1)).all()
    assert (many[:, 0] > 100 * many[:, -1]).all()


def test_with_batch_norm_the_size_of_the_weights_is_its_own_factor_and_no_more() -> None:
    for activation, init in (("relu", "kaiming"), ("tanh", "xavier"), ("sigmoid", "xavier")):
        one, other = (
            per_layer(20, (100,), activation=activation, init=init, times=a)["with BN"]
            for a in (1, 0.7)
        )
        np.testing.assert_allclose(other, one / 0.7, rtol=0.05)


def test_with_relu_and_batch_norm_they_grow_towards_the_first_layer() -> None:
    for init in ("kaiming", 0.03, None):
        bn = per_layer(20, (100, 101), activation="relu", init=init, batch_size=16)["with BN"]
        assert (bn[:, 0] > 15 * bn[:, -1]).all()


@pytest.mark.parametrize(("width", "depth"), [(100, 24), (200, 18)])
def test_larger_batches_do_not_take_the_growth_of_relu_away(width: int, depth: int) -> None:
    found = growth((4, 16, 256), ("ReLU", "tanh", "sigmoid"), (100, 101), width=width, depth=depth)
    for one in found.values():
        assert one[4].min() > 1.12 and one[4].min() > one[16].max() > one[256].max()
    assert (found["ReLU"][16] > 1.18).all() and (found["ReLU"][16] < 1.36).all()
    np.testing.assert_allclose(found["ReLU"][256], (np.pi / (np.pi - 1)) ** 0.5, atol=0.05)
    assert (found["tanh"][256] < 1.14).all() and (found["sigmoid"][256] < 1.08).all()


def test_in_batches_of_four_they_grow_faster_with_relu_than_with_another_activation() -> None:
    found = {name: one[4] for name, one in growth((4,), seeds=range(7000, 7010)).items()}
    relu = found.pop("ReLU")  # the last digit of an image may move one seed's factor by a tenth
    assert 1.5 < relu.mean() < 1.8
    assert 1.3 < relu.min() <= relu.max() < 2
    for one in found.values():
        assert 1.15 < one.min() <= one.max() < 1.5


# --- one rate for all weights -------------------------------------------------------------------


def test_the_steps_are_those_of_gradient_descent() -> None:
    """Run for a small problem: as many steps as computed, with a third of the error an axis."""
    x = inputs(3.0, 0.5, seed=100)
    found = descent(3.0, 0.5, (100,))
    for way, needed in found.needed.items():
        bends = curvatures(x, way)
        distance = 1 / np.sqrt(bends)  # so that each axis has the same share of the error
        at_start = (bends * distance**2).sum()
        steps = 0
        while (bends * distance**2).sum() > 0.01 * at_start:
            distance -= 2 / (bends.min() + bends.max()) * bends * distance
            steps += 1
        assert steps == needed[0]


def test_the_curvatures_are_those_of_the_mean_squared_error() -> None:
    x = inputs(10.0, 0.5, seed=101)
    table = torch.tensor(np.c_[x, np.ones(len(x))])
    bowl = torch.autograd.functional.hessian(
        lambda w: ((table @ w - 1) ** 2).mean(), torch.zeros(3, dtype=torch.float64)
    )
    np.testing.assert_allclose(
        np.sort(curvatures(x, "as they are")), np.linalg.eigvalsh(bowl.numpy()), rtol=1e-6
    )


def test_standardized_inputs_need_a_few_steps_whatever_their_scale() -> None:
    seeds = range(100, 110)
    needed = {scale: descent(scale, 0, seeds).needed for scale in (1, 10, 1000)}
    assert all((one["standardized"] <= 4).all() for one in needed.values())
    assert 20 < np.median(needed[1]["as they are"]) < 45
    assert 400 < np.median(needed[10]["as they are"]) < 900
    assert 4e6 < np.median(needed[1000]["as they are"]) < 9e6
    assert (needed[1000]["divided by their std"] > 20).all()


def test_standardizing_leaves_correlations() -> None:
    needed = descent(1000, 0.99, range(100, 110)).needed["standardized"]
    assert (needed > 100).all() and (needed < 400).all()
