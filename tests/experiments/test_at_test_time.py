"""Statements of chapter 8, on seeds that it does not use."""

import numpy as np
import pytest

from bnviz.experiments.at_test_time import forgotten_eval, stale_statistics

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "options", [{"seeds": (100, 101)}, {"seeds": (102,), "hidden": (100,), "lr": 0.3}]
)
def test_a_forgotten_eval_shows_only_in_batches_of_one_class(options) -> None:
    found = forgotten_eval(**options)
    assert found["eval mode"].min() > 0.96
    assert (found["eval mode"] - found["training mode, mixed"]).max() < 0.03
    assert found["training mode, sorted"].max() < 0.3


def test_early_the_running_statistics_are_worse_than_the_parameters() -> None:
    found = stale_statistics(seeds=(100, 101))
    slow, usual = found.running.mean(2)
    best, same = found.recomputed.mean(2)
    np.testing.assert_array_equal(best, same)  # the parameters do not hang on the momentum
    at = {step: index for index, step in enumerate(found.steps)}
    assert best[at[20]] - slow[at[20]] > 0.3
    assert best[at[5]] - usual[at[5]] > 0.2
    assert best[at[50]] - usual[at[50]] < 0.02
    assert best[at[50]] - slow[at[50]] > 0.1
    assert best[at[200]] - slow[at[200]] < 0.06


def test_so_it_is_at_another_learning_rate_and_batch_size() -> None:
    found = stale_statistics((0.01,), (20, 150), (102,), lr=0.3, batch_size=32)
    lost = (found.recomputed - found.running)[0, :, 0]
    assert lost[0] > 0.15
    assert lost[1] < lost[0] / 2
