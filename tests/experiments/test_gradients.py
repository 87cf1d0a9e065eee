"""Statements of chapter 5, on seeds that it does not use."""

from functools import partial
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from bnviz.experiments.common import Floats, digits
from bnviz.experiments.equation import biased_or_unbiased
from bnviz.experiments.gradients import (
    HalfNorm,
    HeldConstant,
    bias_before_norm,
    halves,
    held_constant,
    scale,
    starts,
    through,
    toy_bias,
)
from bnviz.networks import mlp

pytestmark = pytest.mark.slow


def test_held_constant_normalizes_as_batch_norm_does_and_only_its_gradient_differs() -> None:
    torch.manual_seed(0)
    right, held = torch.nn.BatchNorm1d(5), HeldConstant(5)
    x = (3 * torch.randn(16, 5) + 1).requires_grad_()
    g = torch.randn(16, 5)
    torch.testing.assert_close(held(x), right(x))
    torch.testing.assert_close(held.running_var, right.running_var)
    (grad,) = torch.autograd.grad(held(x), x, g)
    torch.testing.assert_close(grad, g / (x.var(0, correction=0) + 1e-5).sqrt())


@pytest.mark.parametrize("lr", [0.1, 0.02])
def test_a_bias_whose_mean_is_held_constant_runs_away_and_the_loss_stays(lr) -> None:
    constant, right = (toy_bias(range(100, 103), constant=c, lr=lr) for c in (True, False))
    steps = np.diff(constant.bias, axis=1)
    np.testing.assert_allclose(steps, steps[:, :1] * np.ones_like(steps), rtol=1e-6)
    assert constant.bias[:, -1] == pytest.approx(200 * 2 * lr * 3, rel=0.1)
    assert np.all(right.bias == 0)
    for toy in (constant, right):
        assert np.ptp(toy.loss, axis=1).max() < 1e-9


def test_with_statistics_held_constant_relu_networks_learn_less_unless_batches_are_tiny() -> None:
    held = held_constant((64, 16, 4), (100, 101, 711), steps=200)
    gap = held.accuracy[0, ..., -1] - held.accuracy[1, ..., -1]
    assert gap[:2].min() > 0.015
    assert (np.diff(gap.mean(1)) < 0).all()  # most at 64 images
    assert gap[0].min() > 0.08
    assert np.abs(gap[2]).max() < 0.08 and gap[2].min() < 0.02  # at 4 images either may be ahead
    assert held.bias_moved[0].max() < 1e-4 < 0.4 < held.bias_moved[1].min()


def test_at_a_small_rate_the_gap_opens_later_and_with_tanh_there_is_little_of_it() -> None:
    slow = held_constant((64,), (100, 102), lr=0.01, steps=800, eval_every=200)
    early, late = (slow.accuracy[0] - slow.accuracy[1])[0, :, [1, 4]]
    assert early.min() > 0 and early.max() < 0.08 < late.min() and late.max() < 0.18
    assert slow.bias_moved[1].min() > 0.1
    tanh = held_constant((64, 4), (102,), activation="tanh", steps=200)
    assert np.abs(tanh.accuracy[0, ..., -1] - tanh.accuracy[1, ..., -1]).max() < 0.06


def test_at_a_larger_rate_the_gap_is_mostly_largest_in_tiny_batches() -> None:
    held = held_constant((64, 4), range(9000, 9003), lr=0.4, steps=200, eval_every=200)
    gap = (held.accuracy[0] - held.accuracy[1])[..., -1]
    assert 0 < gap[0].min() < gap[0].max() < 0.1
    assert np.median(gap[1]) > 1.5 * np.median(gap[0])


def test_in_four_layers_the_gap_is_far_larger_with_many_images() -> None:
    held = held_constant((64, 4), (9100, 9101), hidden=(100,) * 4, steps=200, eval_every=200)
    gap = (held.accuracy[0] - held.accuracy[1])[..., -1]
    assert gap[0].min() > 0.3
    assert 0 < gap[1].min() < gap[1].max() < 0.3


def test_held_constant_is_mostly_behind_the_network_without_batch_norm_and_not_everywhere() -> None:
    def lead(seeds: range, **options: Any) -> Floats:
        options = {"steps": 200, **options}
        held = held_constant((64,), seeds, eval_every=200, **options)
        found: Floats = (held.accuracy[1] - held.none)[0, :, -1]
        return found

    assert np.median(lead(range(100, 104))) < 0
    assert lead(range(102, 104), lr=0.05).min() > 0
    assert lead(range(102, 104), lr=0.05, steps=400).max() < 0
    assert 0 < lead(range(102, 104), hidden=(100,)).min() < 0.08
    assert 0 < lead((102,), activation="tanh").min() < 0.08
    assert lead(range(102, 104), activation="sigmoid").min() > 0.3


@pytest.mark.parametrize("activation", ["sigmoid", "relu"])
def test_what_gets_through_is_what_the_best_straight_line_leaves_over(activation) -> None:
    for seed, m, unit in product((100, 101), (3, 8, 64), (0, 55)):
        one = through(m, unit=unit, activation=activation, seed=seed, eps=1e-12)
        np.testing.assert_allclose(one.passes, one.arrives - one.line, atol=1e-6)
        assert abs(one.passes.sum()) < 1e-9
        assert abs(one.passes @ one.x_hat) < 1e-6 * m


def test_of_two_images_no_gradient_gets_through_unless_they_are_close() -> None:
    units = range(0, 100, 5)
    shares = [through(2, unit=unit, seed=100, eps=1e-12).share for unit in units]
    assert max(shares) < 1e-4
    usual = [through(2, unit=unit, seed=100).share for unit in units]
    assert np.median(usual) < 0.01
    # ε saves some of it, and much of it where it is larger than the variance.
    assert np.median([through(2, unit=unit, seed=100, eps=1.0).share for unit in units]) > 0.3


def test_of_random_gradients_two_directions_of_m_are_taken_out() -> None:
    found = biased_or_unbiased((2, 3, 4, 16, 64), seed=100, units=2000)
    assert found.gradient[0] < 0.01
    # Mean length: a little below the root of the mean square, √((m − 2) / m).
    expected = np.sqrt((found.sizes - 2) / found.sizes)
    np.testing.assert_allclose(found.gradient, expected, atol=0.09)
    np.testing.assert_allclose(found.gradient[2:], expected[2:], atol=0.05)


def test_the_scale_of_the_weights_drops_out_and_the_gradient_shrinks_as_they_grow() -> None:
    found = scale((1e-3, 1e-1, 10, 1e3), seed=100)
    exact = found.eps.tolist().index(1e-20)
    assert found.change[exact].max() < 1e-9
    np.testing.assert_allclose(found.gradient[exact], 1, rtol=1e-9)
    assert found.cosine[exact].max() < 1e-9
    # Large weights: so it is with the usual ε too.
    assert found.change[1 - exact, 2:].max() < 0.01
    np.testing.assert_allclose(found.gradient[1 - exact, 2:], 1, atol=0.01)


def test_with_weights_as_small_as_eps_the_scale_does_not_drop_out() -> None:
    found = scale((1e-3, 1e-2, 1e-1, 1), (1e-5,), seed=101)
    np.testing.assert_allclose(found.std[0], [0.047, 0.42, 0.976, 1], rtol=0.15)
    assert found.cosine[0, 0] > 0.1
    # The same at another ε: what counts is the variance against it.
    assert scale((0.1,), (1e-3,), seed=101).std[0] == pytest.approx(found.std[0, 1], rel=1e-6)
    wide = scale((1e-2, 1), (1e-5,), seed=102, width=300)
    assert wide.std[0, 0] == pytest.approx(0.42, rel=0.15)


def test_a_bias_that_batch_norm_follows_at_once_has_no_gradient() -> None:
    for batch_size in (64, 8):
        found = bias_before_norm((100, 101), batch_size=batch_size)
        assert found.bias["linear, BN"].max() < 1e-14
        assert found.weights["linear, BN"].min() > 1e-3
        for counts in ("linear, ReLU, BN", "linear, ReLU"):
            assert found.bias[counts].min() > 1e-3


def test_in_eval_mode_the_bias_before_batch_norm_counts() -> None:
    found = bias_before_norm((100, 101), training=False)
    assert found.bias["linear, BN"].min() > 1e-3


@pytest.mark.parametrize(
    ("activation", "hidden"), [("sigmoid", (100, 100, 100)), ("relu", (100, 100))]
)
def test_weights_times_a_learn_as_with_the_learning_rate_by_a_squared(activation, hidden) -> None:
    options = {"activation": activation, "hidden": hidden, "steps": 40}
    found = starts((0.5, 1, 10), (0.1, 0.5), (100, 101), **options)
    same, matched = found.accuracy
    # Times a², it is the same training (but for rounding and ε).
    np.testing.assert_allclose(matched, matched[[1, 1, 1]], atol=0.03)
    assert np.abs(matched - matched[[1, 1, 1]]).mean() < 0.002
    # As it is, ten times the weights learn more slowly, half the weights more quickly at first.
    assert (same[2, ..., 2] < same[1, ..., 2] - 0.02).all()
    assert same[0, 0, :, 1].mean() > same[1, 0, :, 1].mean()


@pytest.mark.parametrize(
    ("activation", "hidden"), [("sigmoid", (100, 100, 100)), ("relu", (100, 100))]
)
def test_plain_sgd_makes_weights_before_batch_norm_only_longer(activation, hidden) -> None:
    options = {"activation": activation, "hidden": hidden, "steps": 100}
    found = starts((0.3, 1, 10), (0.1, 0.5), (102,), **options)
    assert np.diff(found.length, axis=-1).min() > -1e-5
    grown = (found.length[..., -1] / found.length[..., 0])[..., 0]  # (scales, rates)
    assert (grown[0] > 1.05).all() and (grown[-1] < 1.001).all()
    if activation == "sigmoid":  # at a large rate, smaller weights are no quicker
        assert found.accuracy[0, 0, 1].mean() < found.accuracy[0, 1, 1].mean() + 0.01
    assert (np.diff(grown, axis=0) < 0).all() and (grown[0, 1] > grown[0, 0])
    assert (found.growth[..., -1].min(-1) > 0).all()  # long ones too, if by next to nothing


# --- half a norm ----------------------------------------------------------------------------------

RELU = {"activation": "relu", "depth": 8, "steps": 200}


@pytest.mark.parametrize("training", [True, False])
def test_both_halves_are_batch_norm(training) -> None:
    torch.manual_seed(0)
    half, whole = HalfNorm(3, subtract=True, divide=True), torch.nn.BatchNorm1d(3)
    for _ in range(2):
        x = 5 + 2 * torch.randn(16, 3)
        torch.testing.assert_close(half(x), whole(x))
    x.requires_grad_()
    ours, right = (
        torch.autograd.grad(norm.train(training)(x).pow(3).sum(), x) for norm in (half, whole)
    )
    torch.testing.assert_close(ours, right, rtol=1e-3, atol=1e-3)


def test_held_constant_the_way_forward_is_the_same_and_the_gradient_takes_both_for_numbers() -> (
    None
):
    torch.manual_seed(0)
    half, whole = HalfNorm(3, subtract=True, divide=True, held=True), torch.nn.BatchNorm1d(3)
    x, g = torch.randn(16, 3, requires_grad=True), torch.randn(16, 3)
    torch.testing.assert_close(half(x), whole(x))
    (ours,) = torch.autograd.grad(half(x), x, g)
    torch.testing.assert_close(ours, g / (x.var(0, correction=0) + 1e-5).sqrt())


def test_each_half_does_what_it_says() -> None:
    torch.manual_seed(0)
    x = 5 + 2 * torch.randn(1000, 3)
    centered = HalfNorm(3, subtract=True, divide=False)(x)
    torch.testing.assert_close(centered, x - x.mean(0))
    divided = HalfNorm(3, subtract=False, divide=True)(x)
    torch.testing.assert_close(divided.std(0, correction=0), torch.ones(3))
    assert divided.mean(0).min() > 2


@pytest.mark.parametrize("options", [{}, {"lr": 0.2}, {"depth": 2}], ids=str)
def test_sigmoids_from_small_weights_need_the_division_more_and_both_most(options) -> None:
    found = halves((100,) if options else (100, 101), steps=300, **options)
    nothing, subtract, divide, both = (np.nan_to_num(v, nan=999) for v in found.values())
    assert (subtract > 2 * divide).all() and (nothing > subtract - 1).all()
    assert (divide > 1.5 * both).all() and (both <= 60).all()


def test_at_large_rates_the_subtraction_is_the_better_half_from_small_weights_too() -> None:
    found = halves((107, 108), activation="tanh", init=0.03, lr=0.5, steps=300)
    assert np.isnan(found["divide"]).all()
    assert (found["subtract"] <= 250).all() and (found["both"] <= 40).all()


@pytest.mark.parametrize("options", [{"init": 0.05}, {"init": 0.02, "steps": 100}], ids=str)
def test_deep_relus_from_small_weights_need_both(options) -> None:
    found = halves((102,), lr=0.1, **{**RELU, **options})
    for half in ("nothing", "subtract", "divide"):
        assert np.isnan(found[half]).all()
    assert (found["both"] <= 60).all()


def test_the_division_alone_gets_there_some_ten_times_later() -> None:
    found = halves((102,), init=0.05, lr=0.1, **{**RELU, "steps": 1000})
    assert np.nan_to_num(found["divide"], nan=np.inf) > 4 * found["both"]


@pytest.mark.parametrize("options", [{"lr": 0.3}, {"lr": 0.5, "depth": 5}], ids=str)
def test_relus_stand_large_rates_if_the_mean_is_subtracted(options) -> None:
    found = halves((104,), init="kaiming", **{**RELU, **options})
    assert not (found["nothing"] <= 120).any() and not (found["divide"] <= 120).any()
    assert (found["subtract"] <= 60).all() and (found["both"] <= 40).all()


@pytest.mark.parametrize("options", [{"lr": 0.3}, {"lr": 0.5, "depth": 5}], ids=str)
def test_they_do_so_only_if_the_gradient_knows_that_it_is(options) -> None:
    found = halves((104,), init="kaiming", held=True, **{**RELU, "steps": 80, **options})
    assert np.isnan(found["subtract"]).all()  # 60 steps are enough where it does


def test_the_mean_that_all_images_share_is_what_bounds_the_rate() -> None:
    x, y, *_ = digits(107)
    x, y = x[:128], y[:128]

    def sharpness(norm) -> Tensor:
        """How much the gradient changes along the direction in which it changes most."""
        model = mlp((64, *[100] * 8, 10), norm=norm, init="kaiming", seed=107)
        weights = [block.linear.weight for block in model.hidden]
        loss = F.cross_entropy(model(x), y)
        gradient = torch.autograd.grad(loss, weights, create_graph=True)
        change = [torch.randn_like(weight) for weight in weights]
        for _ in range(10):  # power iteration
            length = torch.cat([part.flatten() for part in change]).norm()
            along = [part / length for part in change]
            change = torch.autograd.grad(gradient, weights, along, retain_graph=True)
        return torch.cat([part.flatten() for part in change]).norm()

    torch.manual_seed(0)
    nothing = sharpness(None)
    assert sharpness(partial(HalfNorm, subtract=True, divide=False)) < nothing / 10
    assert sharpness(partial(HalfNorm, subtract=False, divide=True)) > nothing * 10

    model = mlp((64, *[100] * 8, 10), init="kaiming", seed=107)
    sums = model.hidden[-1].linear(model[:7](x))
    assert sums.mean(0).square().mean() > 0.7 * sums.square().mean()


def test_at_smaller_rates_the_subtraction_alone_is_later_than_nothing() -> None:
    found = halves((106,), init="kaiming", lr=0.05, **{**RELU, "steps": 140})
    assert found["nothing"] <= 120 and not found["subtract"] <= 130


def test_at_a_small_rate_from_an_easy_start_no_half_fails() -> None:
    found = halves((106,), init="kaiming", lr=0.1, **RELU)
    assert np.max(list(found.values())) <= 200
    assert found["both"] < min(found["subtract"], found["divide"])
