"""Statements of chapter 3, on seeds that it does not use."""

import numpy as np
import pytest
import torch
from torch import nn

from bnviz import norms
from bnviz.experiments.equation import (
    DIVISORS,
    Company,
    biased_or_unbiased,
    divisors,
    nan_spreads,
    other_company,
    outlier,
    settling,
    shapes,
    tiny_weights,
    weighted_sums,
    whose_statistics,
)

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("m", [5, 8, 100])
def test_no_x_hat_passes_the_root_of_m_minus_1_and_an_outlier_presses_the_others_together(
    m,
) -> None:
    found = outlier((0, 1, 10, 1e6), m=m)
    assert (np.diff(found.moved) > 0).all()
    assert found.moved[-1] <= np.sqrt(m - 1) * (1 + 1e-9)
    assert found.moved[-1] == pytest.approx(np.sqrt(m - 1), rel=1e-6)
    np.testing.assert_allclose(found.others[:, -1], -1 / np.sqrt(m - 1), atol=1e-4)
    assert (np.diff(np.ptp(found.others, axis=0)) < 0).all()


@pytest.mark.parametrize("distance", [0.5, 2, 50])
def test_dragged_to_the_right_those_on_the_right_fall_back_those_far_to_the_left_do_not(
    distance,
) -> None:
    x = np.array([4.0, 1.5, 8.0, 2.5, 5.5, 3.5, 5.0, 2.0])  # those of the first figure
    before = norms.batch_norm(x[:, None], None, None, training=True)[:, 0]
    x[2] += distance
    others = np.delete(np.arange(8), 2)
    move = (norms.batch_norm(x[:, None], None, None, training=True)[:, 0] - before)[others]
    assert (move[before[others] >= 0] < 0).all()
    assert move[before[others].argmin()] > 0


@pytest.mark.parametrize("weight", [1.5, -2.0])
def test_y_has_mean_beta_and_standard_deviation_of_the_size_of_gamma(weight) -> None:
    x = np.random.default_rng(100).exponential(size=(64, 1))
    affine = np.array([weight]), np.array([0.7])
    y = norms.batch_norm(x, None, None, *affine, training=True)
    assert y.mean() == pytest.approx(0.7)
    assert y.std() == pytest.approx(abs(weight), rel=1e-4)


@pytest.mark.parametrize("seed", [100, 101])
def test_shape_and_correlations_stay(seed) -> None:
    found = shapes(seed)
    np.testing.assert_allclose(found.kurtosis[:, 0], found.kurtosis[:, 1], atol=0.01)
    assert found.kurtosis[0, 0] < -0.8  # far from a bell curve, which has 0
    x = weighted_sums(seed)
    x_hat = norms.batch_norm(x, None, None, training=True)
    np.testing.assert_allclose(np.corrcoef(x_hat.T), np.corrcoef(x.T), atol=1e-9)


@pytest.mark.parametrize(("eps", "m"), [(1e-5, 64), (1e-3, 16)])
def test_under_the_root_no_gradient_grows_by_more_than_one_over_root_eps(eps, m) -> None:
    found = divisors((0, *np.logspace(-8, 1, 19)), eps=eps, m=m, seed=100)
    inside = found.gain["√(σ² + ε)"]
    assert inside.max() <= eps**-0.5
    assert inside[0] > 0.9 * eps**-0.5  # which is large: a constant unit's is multiplied by it
    np.testing.assert_allclose(
        found.spread["√(σ² + ε)"], found.sigmas / np.sqrt(found.sigmas**2 + eps), rtol=1e-6
    )


def test_outside_the_root_it_is_nan_or_a_thousandfold() -> None:
    found = divisors((0, 1e-6, 1.0), seed=101)
    assert np.isnan(found.gain["√σ² + ε"]).tolist() == [True, False, False]
    for label in ("σ + ε", "σ² + ε"):
        assert found.gain[label][0] == pytest.approx(1e5, rel=0.1)
    for label in DIVISORS:
        assert found.gain[label][2] == pytest.approx(1, abs=0.05)


def test_divided_by_the_variance_the_spread_is_not_1() -> None:
    found = divisors((0.1, 1.0, 10.0), seed=102)
    np.testing.assert_allclose(found.spread["σ² + ε"], [10, 1, 0.1], rtol=0.01)
    for label in list(DIVISORS)[:3]:
        np.testing.assert_allclose(found.spread[label], 1, rtol=0.001)


def test_one_nan_becomes_a_whole_network_of_nan_after_a_sigmoid_and_not_after_a_relu() -> None:
    first, second, _ = nan_spreads("√σ² + ε", "sigmoid", seed=100)
    assert first == pytest.approx(65 / (65 * 100 + 1010))  # the weights and the bias of the unit
    assert second == 1
    assert nan_spreads("√σ² + ε", "relu", seed=100).max() == 0
    for divisor in set(DIVISORS) - {"√σ² + ε"}:
        assert nan_spreads(divisor, "sigmoid", seed=101).max() == 0


@pytest.mark.parametrize(("activation", "batch_size"), [("sigmoid", 60), ("relu", 256)])
def test_the_spread_is_1_whatever_the_weights_unless_they_are_tiny(activation, batch_size) -> None:
    inits = (10, 1, 0.1, 1e-3, 1e-4)
    spread = tiny_weights(inits, (100, 101), activation=activation, batch_size=batch_size)
    np.testing.assert_allclose(spread[:3], 1, atol=0.005)
    assert spread[3, :, 0] == pytest.approx(0.55, abs=0.04)
    assert spread[4, :, 0] == pytest.approx(0.065, abs=0.02)


def test_after_sigmoids_deeper_layers_lose_the_spread_first_unless_they_are_wide() -> None:
    tiny = tiny_weights((1e-3, 1e-4), (100, 101)).mean(1)
    np.testing.assert_allclose(tiny[0], [0.54, 0.37, 0.27], atol=0.05)
    assert (np.diff(tiny, axis=1) < 0).all()
    assert tiny[1, 2] < 0.001
    wide = tiny_weights((1e-3,), (100,), hidden=(1000,) * 3)[0, 0]
    assert (np.diff(wide) > 0.05).all()


@pytest.fixture(scope="module")
def company() -> Company:
    return other_company(seed=100, draws=100)


def test_the_typical_scatter_halves_when_the_batch_grows_fourfold(company: Company) -> None:
    ratio = np.median(company.scatter[1:] / company.scatter[:-1], axis=1)
    np.testing.assert_allclose(ratio[1:], 0.5, atol=0.08)  # 4 → 16 → 64 → 256
    each = company.scatter[2:] / company.scatter[1:-1]
    outside = ((each < 0.3) | (each > 0.7)).any(axis=0).mean()
    assert 0 < outside < 0.5  # single cases depart from it


def test_in_a_batch_of_its_own_class_some_images_change_their_sign() -> None:
    found = [other_company((64,), seed, draws=2, steps=s)
             for seed, s in ((100, 200), (101, 200), (102, 100))]  # fmt: skip
    changes = [one.sign_changes() for one in found]
    assert 0.2 < np.mean(changes) < 0.45
    assert max(changes) < 0.5  # most do not
    assert max(one.sign_changes(one.once[0]) for one in found) < 0.12  # of 64 at random


def test_the_shift_among_its_own_class_is_there_before_training_and_mostly_grows() -> None:
    changes = np.array([
        [other_company((64,), seed, draws=2, steps=s).sign_changes() for s in (0, 200)]
        for seed in (100, 102, 103, 104)
    ])  # fmt: skip
    assert changes[:, 0].min() > 0.05
    assert np.median(changes[:, 1] - changes[:, 0]) > 0.05


def test_the_scatter_is_about_the_same_in_an_untrained_network(company: Company) -> None:
    untrained = other_company(seed=101, draws=100, steps=0)
    typical = [np.median(one.scatter, axis=1) for one in (company, untrained)]
    np.testing.assert_allclose(typical[0], typical[1], rtol=0.15)


def test_with_two_images_x_hat_is_plus_or_minus_1(company: Company) -> None:
    seen = np.abs(company.example[0])
    assert np.quantile(seen, 0.1) > 0.95
    assert seen.max() <= 1


def test_weighted_sums_are_those_of_the_network() -> None:
    sums = weighted_sums(100, steps=5)
    assert sums.shape == (1297, 100)
    assert sums.dtype == np.float64


def test_the_slip_narrows_x_hat_and_running_var_is_larger() -> None:
    found = biased_or_unbiased(seed=100)
    m = found.sizes
    np.testing.assert_allclose(found.biased, 1, atol=0.003)
    np.testing.assert_allclose(found.unbiased, np.sqrt((m - 1) / m), atol=0.003)
    np.testing.assert_allclose(found.kept, m / (m - 1), rtol=1e-6)


@pytest.mark.parametrize(("seed", "batch_size"), [(100, 64), (101, 32)])
def test_in_eval_mode_x_hat_is_standardized_once_the_running_statistics_have_settled(
    seed, batch_size
) -> None:
    found = settling(0.1, 100, seed, batch_size=batch_size)
    assert np.mean(np.abs(found.mean[:, 10]) > 0.3) == pytest.approx(0.5, abs=0.12)
    assert np.mean(np.abs(found.std[:, 10] - 1) > 0.3) == pytest.approx(0.63, abs=0.08)
    assert np.abs(found.mean[:, -1]).max() < 0.25
    assert np.abs(found.std[:, -1] - 1).max() < 0.25
    slow = settling(0.01, 60, seed, batch_size=batch_size)
    assert np.abs(slow.mean[:, -1]).max() > 0.3


def test_at_two_images_no_gradient_is_left_and_one_image_is_refused() -> None:
    found = biased_or_unbiased(seed=101)
    for gradient in (found.gradient, found.gradient_unbiased):
        assert gradient[0] < 0.01
        assert (np.diff(gradient) > 0).all()
        assert gradient[-1] > 0.98
    with pytest.raises(ValueError, match="more than 1 value"):
        nn.BatchNorm1d(4)(torch.zeros(1, 4))


def test_whose_statistics_matters_in_small_batches_only() -> None:
    found = whose_statistics((2, 4, 64), (100, 101), steps=240)
    lead = (found.all - found.own)[..., -1]
    assert lead[0].min() > 0.15
    assert lead[1].mean() > 0.01
    assert np.abs(lead[2]).max() < 0.015
    assert (found.none[2, :, -1] < found.own[2, :, -1] - 0.05).all()
    assert found.own[0, :, -1].mean() < found.none[0, :, -1].mean()


def test_at_a_small_rate_two_images_own_statistics_lose_later() -> None:
    found = whose_statistics((2,), (100, 101, 102), steps=600, eval_every=120, lr=0.03)
    ahead = (found.own - found.none)[0].mean(0)
    assert ahead[2] > 0 > ahead[-1] + 0.03


@pytest.mark.parametrize(
    ("lr", "hidden"), [(0.5, (100, 100)), (0.5, (100,) * 4), (0.03, (100,) * 4)]
)
def test_at_large_rates_or_in_four_layers_two_images_own_statistics_help(lr, hidden) -> None:
    seeds = range(200, 216)  # some are far behind
    found = whose_statistics((2,), seeds, steps=240, eval_every=240, lr=lr, hidden=hidden)
    lead = (found.own - found.none)[0, :, -1]
    assert (lead > 0).sum() > (lead < 0).sum() and np.median(lead) > 0.01


@pytest.mark.parametrize(
    ("lr", "hidden"), [(0.03, (100, 100)), (0.5, (100, 100)), (0.1, (100,) * 4)]
)
def test_so_it_is_at_other_learning_rates_and_depths(lr, hidden) -> None:
    found = whose_statistics((2, 4, 64), (102,), steps=240, lr=lr, hidden=hidden)
    two, four, sixty_four = (found.all - found.own)[:, 0, -1]
    assert two > 0.2
    assert four > (0.01 if lr < 0.5 else -0.05)  # a large rate blurs it
    assert abs(sixty_four) < 0.02
