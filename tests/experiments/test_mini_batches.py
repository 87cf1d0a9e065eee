"""Statements of chapter 1, on seeds that it does not use."""

import numpy as np
import pytest

from bnviz.experiments.mini_batches import accuracy_by_images, gradient_bias, gradient_errors

pytestmark = pytest.mark.slow


def slope(sizes: np.ndarray, errors: np.ndarray) -> float:
    return np.polyfit(np.log(sizes), np.log(errors), 1)[0]


@pytest.mark.parametrize("hidden", [(100,), (50, 50)])
def test_the_error_of_a_gradient_falls_as_one_over_the_root_of_the_batch_size(hidden) -> None:
    errors = gradient_errors(draws=100, hidden=hidden, seed=100)
    assert slope(errors.sizes, errors.one) == pytest.approx(-0.5, abs=0.03)
    # Quarters of the error for sixteen times the images: the cloud shows it too.
    widths = np.linalg.norm(errors.cloud.std(axis=1), axis=1)
    assert slope(errors.sizes, widths) == pytest.approx(-0.5, abs=0.1)
    np.testing.assert_allclose(errors.cloud.mean(axis=1)[-1], [1, 0], atol=0.1)


def test_shuffled_batches_err_less_and_the_whole_data_not_at_all() -> None:
    sizes = (64, 1024, 1297)
    drawn = gradient_errors(sizes, draws=60, seed=101)
    shuffled = gradient_errors(sizes, draws=60, seed=101, replacement=False)
    left = np.sqrt(1 - np.array(sizes[:2]) / 1297)  # without replacement
    np.testing.assert_allclose(shuffled.one[:2] / drawn.one[:2], left, rtol=0.15)
    assert shuffled.one[2] < 1e-5
    assert drawn.one[2] > 0.05


def test_most_of_the_error_of_a_gradient_lies_outside_of_the_picture() -> None:
    errors = gradient_errors((4, 64), draws=200, seed=103)
    shown = ((errors.cloud - [1, 0]) ** 2).sum(2).mean(1)
    assert (shown < 0.25 * errors.one**2).all()
    backwards = (errors.cloud[..., 0] < 0).mean(1)
    assert backwards[0] < 0.03 and backwards[1] == 0


@pytest.mark.parametrize("seed", [100, 101])
def test_after_200_steps_the_images_disagree_more_and_the_whole_gradient_is_smaller(seed) -> None:
    before, after = (gradient_errors((16,), draws=100, warmup=w, seed=seed) for w in (0, 200))
    assert after.one > 1.3 * before.one
    assert after.length < 0.9 * before.length
    assert after.one * after.length > 1.15 * before.one * before.length


def test_with_two_hidden_layers_that_depends_on_the_seed() -> None:
    grows = [
        np.subtract(*(
            gradient_errors((16,), 60, hidden=(100, 100), warmup=w, seed=seed).one
            for w in (200, 0)
        ))
        for seed in (100, 101)
    ]  # fmt: skip
    assert grows[0] < -0.3 and grows[1] > 0.3


def test_with_batch_norm_the_average_of_small_batches_is_biased() -> None:
    bias = gradient_bias(seeds=(100, 101)).average
    expected = np.array([0.3, 0.08, 0.024, 0.011])[:, None]
    np.testing.assert_allclose(bias, np.tile(expected, 2), rtol=0.2)
    assert bias[2].max() < 0.03
    assert gradient_bias((4, 64), seeds=(100,), norm=None).average.max() < 1e-9


def test_more_epochs_leave_the_same_bias() -> None:
    few, many = (gradient_bias((16,), (103,), epochs=epochs).average for epochs in (2, 12))
    np.testing.assert_allclose(few, many, rtol=0.2)


@pytest.mark.parametrize("options", [{}, {"warmup": 200}, {"hidden": (100, 100)}])
def test_the_bias_stays_below_a_tenth_of_the_error_of_one_mini_batch(options) -> None:
    bias = gradient_bias((4, 64), seeds=(102,), **options)
    assert (bias.average < 0.1 * bias.one).all()
    assert bias.average[0] > 5 * bias.average[1] > 0


@pytest.mark.parametrize("hidden", [(100,), (30,), (100, 100)])
def test_after_200_steps_the_bias_is_larger_and_at_4_images_larger_than_the_gradient(hidden):
    before, after = (
        gradient_bias((4, 64), (100,), warmup=w, hidden=hidden, epochs=2).average for w in (0, 200)
    )
    assert (after > 3 * before).all()
    assert after[0] > 2


def test_with_batch_norm_the_error_falls_faster_than_one_over_the_root() -> None:
    errors = gradient_errors(draws=100, norm="batch", seed=102)
    assert -0.62 < slope(errors.sizes, errors.one) < -0.52


def test_five_exact_steps_lose_to_many_rough_ones_by_less_once_the_rate_is_tuned() -> None:
    race = accuracy_by_images((64, 1297), (0.1, 0.5, 1.0, 3.0), seeds=(100, 101, 102))
    rough, exact = race.accuracy[..., -1]  # learning rates, seeds
    np.testing.assert_array_equal(race.images[:, -1], [64 * 100, 1297 * 5])
    assert exact[0].max() < 0.5 < 0.8 < rough[0].min()  # at lr 0.1
    assert exact[1].min() > 0.5 and exact[1].max() < 0.85  # at lr 0.5
    assert exact[2].min() > 0.72 and exact[2].max() < 0.9  # at lr 1
    best = race.tuned
    assert race.lrs[best[1]] == 1.0
    assert rough[2].min() > 0.9 and max(rough[3].max(), exact[3].max()) < 0.5  # 3 is too long
    lead = rough[best[0]] - exact[best[1]]
    assert lead.min() > 0.02 and lead.max() < 0.25
