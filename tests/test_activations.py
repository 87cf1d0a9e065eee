"""Activations: where they are flat, what passes, how straight they are, for a standard normal x̂."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bnviz.activations import (
    ACTIVATIONS,
    FLAT_FROM,
    RECTIFIERS,
    apply,
    best_line,
    linear_share,
    moments,
    passed_share,
    saturated_share,
    share_below,
)

weights = st.floats(-8, 8).filter(lambda weight: abs(weight) > 0.05)
biases = st.floats(-6, 6)
HERMITE = np.polynomial.hermite_e.hermegauss(200)
HERMITE[1][:] /= HERMITE[1].sum()
TORCH = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu}


def sampled(activation: str, weight: float, bias: float) -> tuple[np.ndarray, np.ndarray]:
    """x̂ and f(γ x̂ + β) at 200 001 equally likely places of the standard normal distribution."""
    quantiles = (torch.arange(200_001, dtype=torch.float64) + 0.5) / 200_001
    x_hat = torch.special.ndtri(quantiles)
    return x_hat.numpy(), TORCH[activation](weight * x_hat + bias).numpy()


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize(
    ("weight", "bias"), [(1.0, 0.0), (2.0, 0.5), (-1.5, -1.0), (4.0, 0.0), (0.3, 2.0), (4.0, -4.0)]
)
def test_shares_are_those_of_very_many_values(activation, weight, bias):
    x_hat, out = sampled(activation, weight, bias)
    r2 = np.corrcoef(x_hat, out)[0, 1] ** 2
    assert linear_share(activation, weight, bias) == pytest.approx(r2, abs=1e-3)
    y = torch.tensor(weight * x_hat + bias, requires_grad=True)
    TORCH[activation](y).sum().backward()
    steepest = {"sigmoid": 0.25, "tanh": 1.0, "relu": 1.0}[activation]
    flat = (y.grad < 0.05 * steepest).double().mean().item()
    assert saturated_share(activation, weight, bias) == pytest.approx(flat, abs=1e-5)
    assert passed_share(weight, bias) == pytest.approx((y > 0).double().mean().item(), abs=1e-5)
    slope, intercept = np.polyfit(weight * x_hat + bias, out, 1)
    assert best_line(activation, weight, bias) == pytest.approx((slope, intercept), abs=2e-3)


def test_sigmoid_is_nearly_a_line_at_gamma_one_and_ever_less_beyond():
    shares = linear_share("sigmoid", [1, 2, 4])
    np.testing.assert_allclose(shares, [0.98416717, 0.93046992, 0.83766715], atol=5e-9)


@given(st.floats(0.05, 2), biases)
def test_linear_share_agrees_with_gauss_hermite_quadrature_where_that_is_exact(weight, bias):
    z, share = HERMITE
    values = 1 / (1 + np.exp(-(weight * z + bias)))
    values = values - share @ values
    expected = (share @ (z * values)) ** 2 / (share @ values**2)
    assert linear_share("sigmoid", weight, bias) == pytest.approx(expected, abs=1e-9)


def test_steep_tanh_becomes_a_switch_whose_best_line_explains_two_over_pi():
    assert linear_share("tanh", 1e4) == pytest.approx(2 / math.pi, abs=1e-4)


@given(weights, biases)
def test_shares_lie_between_zero_and_one_and_do_not_see_the_sign_of_gamma(weight, bias):
    assume(bias > -30 * abs(weight))  # below, a ReLU passes nothing that a float can hold
    for activation in ACTIVATIONS:
        for share in (linear_share, saturated_share):
            value = share(activation, weight, bias)
            assert 0 <= value <= 1
            assert share(activation, -weight, bias) == pytest.approx(value, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_flat_begins_where_the_slope_is_a_twentieth_of_the_steepest(activation):
    y = torch.tensor([0.0, FLAT_FROM[activation]], dtype=torch.float64, requires_grad=True)
    TORCH[activation](y).sum().backward()
    assert y.grad[1] / y.grad[0] == pytest.approx(0.05, rel=1e-12)


def test_gamma_zero_leaves_one_value():
    assert math.isnan(linear_share("sigmoid", 0.0, 1.0))
    assert math.isnan(best_line("relu", 0.0, 1.0)[0])
    assert saturated_share("sigmoid", 0.0, [0.0, 5.0, -5.0]).tolist() == [0, 1, 1]
    assert passed_share(0.0, [-1.0, 1.0]).tolist() == [0, 1]


def test_arrays_are_broadcast_and_numbers_stay_numbers():
    assert linear_share("tanh", np.ones((3, 1)), np.zeros(4)).shape == (3, 4)
    assert isinstance(saturated_share("relu", 1, 0), float)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@settings(max_examples=20)
@given(weights, biases)
def test_moments_are_those_of_very_many_values(activation, weight, bias):
    x_hat, out = sampled(activation, weight, bias)
    mean, variance, covariance = moments(activation, weight, bias)
    assert mean == pytest.approx(out.mean(), abs=1e-4)
    assert variance == pytest.approx(out.var(), abs=0.01)
    assert covariance == pytest.approx((x_hat * out).mean(), abs=0.01)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@given(st.floats(-1e4, 1e4))
def test_activations_are_those_of_torch(activation, y):
    expected = TORCH[activation](torch.tensor(y, dtype=torch.float64)).item()
    assert apply(activation, y) == pytest.approx(expected, rel=1e-12, abs=1e-300)


@given(st.floats(-20, 20), weights, biases)
def test_share_below_an_edge_is_that_of_the_normal_distribution(edge, weight, bias):
    normal = torch.distributions.Normal(torch.tensor(bias, dtype=torch.float64), abs(weight))
    expected = normal.cdf(torch.tensor(edge, dtype=torch.float64)).item()
    assert share_below(edge, weight, bias) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", sorted(RECTIFIERS))
def test_rectifiers_let_nothing_through_at_or_below_zero(name):
    x = torch.linspace(-9, 9, 19)
    out = getattr(torch.nn.functional, name)(x)
    assert ((out > 0) == (x > 0)).all()


@pytest.mark.parametrize(
    "function",
    [
        lambda activation: linear_share(activation, 1),
        lambda activation: saturated_share(activation, 1),
        lambda activation: best_line(activation, 1, 0),
        lambda activation: moments(activation, 1, 0),
        lambda activation: apply(activation, 1),
    ],
)
def test_unknown_activation_is_refused_with_the_known_ones(function):
    with pytest.raises(ValueError, match="'gelu'; give one of sigmoid, tanh, relu"):
        function("gelu")
