"""Statements of chapter 8, on seeds that it does not use."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from bnviz import data, mlp
from bnviz.experiments.at_test_time import (
    fine_tuned,
    forgotten_eval,
    stale_statistics,
    stand_ins,
    unit_statistics,
)
from bnviz.experiments.at_test_time.unit import _record, running
from bnviz.experiments.common import accuracy, digits, train_quietly

pytestmark = pytest.mark.slow


# --- one unit -----------------------------------------------------------------------------------


def test_the_batches_of_layer_1_scatter_about_the_truth_and_less_the_larger_they_are() -> None:
    found = unit_statistics((4, 64), 100, unit=7, frozen=True, steps=150)
    noise = {m: np.std(one.mean) / np.sqrt(one.true_var[0]) for m, one in found.items()}
    assert noise[4] == pytest.approx(4**-0.5, rel=0.25)
    assert noise[64] == pytest.approx(64**-0.5, rel=0.25)
    for one in found.values():
        assert np.ptp(one.true_mean) < 1e-5  # nothing learns
        assert one.mean.mean() == pytest.approx(one.true_mean[0], abs=4 * np.std(one.mean) / 12)
        assert one.var.mean() == pytest.approx(one.true_var[0], rel=0.2)


def test_recording_does_not_disturb_the_training() -> None:
    x, y, *_ = digits(100)
    model = mlp((64, 100, 100, 10), norm="batch", seed=100)
    train_quietly(model, 30, data=data.digits(100), lr=0.1, batch_size=64, seed=100)
    found = unit_statistics((64,), 100, unit=3, steps=31)[64]
    sums = model.hidden[0].linear(x).detach()
    assert found.true_mean[30] == pytest.approx(sums.mean(0)[3].item(), abs=1e-5)
    assert found.true_var[30] == pytest.approx(sums.var(0, correction=0)[3].item(), rel=1e-4)


@pytest.mark.parametrize(("seed", "lr"), [(100, 0.1), (101, 0.1), (102, 0.3)])
def test_after_60_steps_a_hundredth_at_a_time_is_little_more_than_halfway(seed, lr) -> None:
    one = unit_statistics((64,), seed, lr=lr)[64]
    slow, usual = (running(one.mean[:60], share) / one.true_mean[60] for share in (0.01, 0.1))
    assert 0.4 < slow < 0.65
    assert usual == pytest.approx(1, abs=0.15)
    assert running(np.zeros(60), 0.01, start=1.0) == pytest.approx(0.547, abs=1e-3)
    assert running(np.zeros(60), 0.1, start=1.0) == pytest.approx(0.0018, abs=1e-4)


@pytest.mark.parametrize("frozen", [False, True])
def test_small_batches_widen_the_second_layer(frozen) -> None:
    def widened(m: int) -> float:
        """Mean over the batches, median over the units."""
        all_units = _record(m, 101, 2, 80, 0.1, frozen, (100, 100))
        return float(np.median((all_units[30:, 1] / all_units[30:, 3]).mean(0)))

    assert widened(4) > 1.06
    assert widened(64) < 1.03


# --- which statistics ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"seeds": (100, 101)},
        {"seeds": (102,), "hidden": (100,), "lr": 0.3},
        {"seeds": (103,), "hidden": (100,) * 4, "lr": 0.03},
    ],
)
def test_a_forgotten_eval_shows_in_sorted_and_in_tiny_batches(options) -> None:
    found = forgotten_eval((2, 50, 500), **options)
    assert found.eval_mode.min() > 0.95
    lost_mixed = found.eval_mode[:, None] - found.mixed
    lost_sorted = found.eval_mode[:, None] - found.sorted
    assert lost_mixed[:, 0].min() > 0.2  # two images
    assert lost_mixed[:, 1:].max() < 0.04
    assert found.sorted[:, 1].max() < 0.3
    np.testing.assert_allclose(lost_sorted[:, 2], lost_mixed[:, 2], atol=0.005)  # one batch


def test_only_the_mean_of_the_variances_times_m_over_m_minus_1_gives_1() -> None:
    found = stand_ins((2, 16, 64), (100, 101))
    right = found["m/(m − 1) × mean"]
    np.testing.assert_allclose(right, 1, atol=0.05)
    plain = found["mean"]
    np.testing.assert_allclose(plain[:, 0], np.sqrt(2), rtol=0.06)
    np.testing.assert_allclose(plain[:, 2], 1, atol=0.03)
    wrong = found["variance"]
    assert (np.diff(wrong, axis=1) > 0).all()
    assert wrong[:, 2].min() > 15 and wrong[:, 2].max() < 60


# --- how long -----------------------------------------------------------------------------------


def test_several_momentums_at_once_are_those_of_pytorch() -> None:
    found = stale_statistics((0.01, 0.1), (12,), (100,))
    _, _, x_test, y_test = digits(100)
    for momentum, ours in zip(found.momentums, found.running[:, 0, 0], strict=True):
        model = mlp(
            (64, 100, 100, 10),
            norm=lambda width, m=float(momentum): torch.nn.BatchNorm1d(width, momentum=m),
            seed=100,
        )
        train_quietly(model, 12, data=data.digits(100), lr=0.1, batch_size=64, seed=100)
        assert ours == pytest.approx(accuracy(model.eval(), x_test, y_test), abs=0.005)


def test_early_the_running_statistics_are_worse_than_the_parameters() -> None:
    found = stale_statistics((0.01, 0.1), (5, 10, 20, 50, 300), range(7000, 7005))
    slow, usual = (found.recomputed - found.running).mean(1)  # lost accuracy
    at = {step: index for index, step in enumerate(found.steps)}
    assert usual[at[5]] > 0.15 and slow[at[10]] > 0.2
    assert 0.02 < usual[at[20]] < 0.08 and 0.15 < slow[at[20]] < 0.4
    assert abs(usual[at[50]]) < 0.012 and 0.08 < slow[at[50]] < 0.25
    assert abs(usual[at[300]]) < 0.006 and abs(slow[at[300]]) < 0.02


@pytest.mark.parametrize("options", [{"lr": 0.5}, {"batch_size": 16}, {"batch_size": 256}], ids=str)
def test_so_it_is_at_another_learning_rate_and_batch_size(options) -> None:
    found = stale_statistics(seeds=(103, 104), steps=(10, 50, 300), **options)
    slow, usual = (found.recomputed - found.running).mean(1)
    assert slow[0] > 0.06
    assert usual[1] < 0.03 and slow[2] < 0.03


def test_with_four_layers_the_lag_is_longer() -> None:
    found = stale_statistics(seeds=(100, 101), steps=(20, 50), hidden=(100,) * 4)
    slow, usual = (found.recomputed - found.running).mean(1)
    assert slow.min() > 0.4
    assert usual[1] < 0.05


def test_the_last_batch_alone_is_enough_at_64_images_and_not_at_4() -> None:
    momentums, seeds = (0.001, 0.1, 1.0), range(100, 106)
    large = stale_statistics(momentums, (300,), seeds)
    tiny = stale_statistics(momentums, (300,), seeds, batch_size=4)
    slow, usual, last = large.running.mean((1, 2))
    assert usual - last < 0.02 and usual - slow > 0.03
    slow, usual, last = tiny.running.mean((1, 2))
    assert usual - last > 0.1 and usual - slow > 0.05
    assert abs(tiny.recomputed.mean() - usual) < 0.03


# --- learning on --------------------------------------------------------------------------------


@pytest.mark.parametrize("hidden", [(100, 100), (100,) * 4], ids=str)
def test_frozen_statistics_win_in_tiny_batches_and_lose_the_large_rate(hidden) -> None:
    found = fine_tuned((2, 16), (0.003, 0.1), (100, 101), hidden=hidden)
    assert found.before.max() < 0.3
    tiny, usual = found.frozen - found.training
    assert tiny[:, 0].min() > 0.1
    assert usual[:, 1].max() < -0.5  # it explodes
    assert found.training[1, :, 1].min() > 0.8
    np.testing.assert_allclose(found.frozen[:, :, 1], 0.1, atol=0.05)


def test_in_batches_of_16_each_at_its_best_rate_frozen_statistics_are_behind() -> None:
    found = fine_tuned((16,), seeds=range(7000, 7003))
    training, frozen = found.training[0], found.frozen[0]
    assert (training.max(1) - frozen.max(1)).min() > 0.01
    assert (frozen - training)[:, 0].min() > 0  # and ahead at the smallest


def test_with_one_layer_frozen_statistics_do_not_explode_in_batches_of_16() -> None:
    found = fine_tuned((16,), (0.01, 0.03, 0.1), (100, 101), hidden=(100,))
    lost = (found.training - found.frozen)[0]
    assert lost[:, 0].max() < 0 and np.abs(lost[:, 1]).max() < 0.06
    assert lost[:, 2].min() > 0 and lost[:, 2].max() < 0.5
