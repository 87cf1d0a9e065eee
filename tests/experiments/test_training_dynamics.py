"""Statements of chapter 7, on seeds that it does not use."""

import numpy as np
import pytest

from bnviz.experiments.training_dynamics import sweep, vanishing

pytestmark = pytest.mark.slow


def test_without_batch_norm_the_gradient_vanishes_though_no_sigmoid_is_saturated() -> None:
    found = vanishing((None, 1), seeds=(100, 101, 102))
    assert found.saturated[None].max() == 0
    assert found.saturated[1].max() < 0.001
    assert found.weight[1].min() > 1e5 * found.weight[None].max()
    other = vanishing((None, 1), seeds=(103,), depth=5, init=0.2)
    assert other.weight[1] > 10 * other.weight[None]
    assert other.saturated[None] == 0


def test_a_large_gamma_starves_the_typical_unit_while_the_whole_gradient_grows() -> None:
    for depth, init in ((10, 0.1), (5, 0.2)):
        found = vanishing((1, 16), seeds=(100, 101, 102), depth=depth, init=init)
        assert found.saturated[16].min() > 0.7
        assert found.median[16].max() < 0.1 * found.median[1].min()
        assert found.weight[16].min() > 10 * found.weight[1].max()


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
