"""Statements of chapter 7, on seeds that it does not use."""

import numpy as np
import pytest

from bnviz.experiments.training_dynamics import per_layer, sweep

pytestmark = pytest.mark.slow


def test_gradients_of_many_sigmoids_vanish_without_batch_norm_and_not_with_it() -> None:
    for depth, init, factor in ((10, 0.1, 1e4), (5, 0.2, 5)):
        found = per_layer(depth, (100, 101), init=init)
        plain, bn = found["without BN"], found["with BN"]
        assert (plain[:, -1] > factor * plain[:, 0]).all()
        assert (bn[:, -1] < 3 * bn[:, 0]).all() and (bn[:, 0] < 3 * bn[:, -1]).all()


def test_with_relu_they_grow_towards_the_first_layer_with_batch_norm() -> None:
    for init in ("kaiming", None):
        bn = per_layer(20, (100, 101), activation="relu", init=init)["with BN"]
        assert (bn[:, 0] > 5 * bn[:, -1]).all()


def test_more_starts_and_learning_rates_are_usable_with_batch_norm() -> None:
    grid = sweep((0.03, 0.1, 1.0), (0.1, 1.0), (2, 6), seeds=(100,))
    usable = grid.usable()
    assert usable["with BN"].sum() >= 10  # of 12
    assert usable["without BN"].sum() <= 5
    assert not (usable["without BN"] & ~usable["with BN"]).any()
    assert grid.accuracy["with BN"].shape == (3, 2, 2, 1, len(grid.steps))


def test_at_a_small_learning_rate_a_well_started_network_is_ahead_without_it() -> None:
    grid = sweep(("kaiming",), (0.003,), (10,), seeds=(100, 101), steps=300)
    plain, bn = (grid.accuracy[label][0, 0, 0, :, -1] for label in ("without BN", "with BN"))
    assert (plain > bn + 0.05).all()


def test_runs_are_kept_where_they_are_recorded() -> None:
    grid = sweep((0.1,), (0.1,), (1,), seeds=(100,), steps=5, record={"every": 2})
    run = grid.runs["with BN", 0, 0, 0, 100]
    assert run.style == "with"
    assert run.recording is not None and run.recording.layers == ("hidden1.activation",)
    np.testing.assert_array_equal(run.accuracy, grid.accuracy["with BN"][0, 0, 0, 0])
    assert not sweep((0.1,), (0.1,), (1,), seeds=(100,), steps=5).runs
