"""Activations, seen from their inputs: where they are flat, what passes, how straight they are.

Two kinds of answers. Where an activation is flat or lets nothing through is a matter of its inputs:
:data:`FLAT_FROM`, :data:`RECTIFIERS`. How straight it acts, and how much it cuts off, is a matter
of what enters it. Here that is γ x̂ + β with a standard normal x̂, for which all numbers are exact:
closed forms, and for the moments of the sigmoid the trapezoidal rule, whose error on such functions
is far below float64's rounding.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "ACTIVATIONS",
    "FLAT_FROM",
    "RECTIFIERS",
    "apply",
    "best_line",
    "linear_share",
    "moments",
    "passed_share",
    "require_known",
    "saturated_share",
    "share_below",
]

Array = NDArray[np.float64]

#: Those that the functions of this module know.
ACTIVATIONS = ("sigmoid", "tanh", "relu")
#: Beyond ± this input, the slope is under 5 % of its steepest: s (1 - s) = 0.05 / 4, 1 - t² = 0.05.
FLAT_FROM = {
    "sigmoid": math.log((1 + math.sqrt(0.95)) / (1 - math.sqrt(0.95))),
    "tanh": math.atanh(math.sqrt(0.95)),
}
#: Those that let nothing through for inputs at or below zero.
RECTIFIERS = frozenset({"relu", "relu6"})


def linear_share(activation: str, weight: ArrayLike, bias: ArrayLike = 0.0) -> Any:
    """R² of the straight line that fits an activation best, for a standard normal x̂.

    1 means that the activation acts as a straight line on γ x̂ + β.

    Args:
        activation: "sigmoid", "tanh" or "relu".
        weight: γ, a number or an array.
        bias: β, a number or an array; both are broadcast.

    Returns:
        A float, or an array of float64. NaN where the output does not vary, as at γ = 0.

    Raises:
        ValueError: an unknown activation.

    >>> [round(linear_share("sigmoid", gamma), 3) for gamma in (1, 2, 4)]
    [0.984, 0.93, 0.838]
    """
    require_known(activation)

    def share(weight: float, bias: float) -> float:
        _, variance, covariance = moments(activation, weight, bias)
        return min(1.0, covariance**2 / variance) if variance > 0 else math.nan

    return _each(share, weight, bias)


def saturated_share(activation: str, weight: ArrayLike, bias: ArrayLike = 0.0) -> Any:
    """Share of the values where the activation's slope is below 5 % of its steepest.

    Those are |γ x̂ + β| > 4.3565 for the sigmoid and > 2.1783 for tanh (:data:`FLAT_FROM`). For
    ReLU they are the values that it cuts to 0.

    Args:
        activation: "sigmoid", "tanh" or "relu".
        weight: γ, a number or an array.
        bias: β, a number or an array; both are broadcast.

    Returns:
        A float from 0 to 1, or an array of float64.

    Raises:
        ValueError: an unknown activation.

    >>> round(saturated_share("tanh", 2.0), 3)
    0.276
    """
    require_known(activation)
    if activation == "relu":
        return 1.0 - passed_share(weight, bias)
    edge = FLAT_FROM[activation]
    return _each(lambda w, b: share_below(-edge, w, b) + share_below(-edge, w, -b), weight, bias)


def passed_share(weight: ArrayLike, bias: ArrayLike = 0.0) -> Any:
    """Share of the values that a ReLU passes: P(γ x̂ + β > 0) = Φ(β / |γ|).

    Args:
        weight: γ, a number or an array.
        bias: β, a number or an array; both are broadcast.

    Returns:
        A float from 0 to 1, or an array of float64.

    >>> passed_share(1.0, 0.0), round(passed_share(1.0, -2.0), 3)
    (0.5, 0.023)
    """
    return _each(lambda w, b: share_below(0.0, w, -b), weight, bias)


def best_line(activation: str, weight: float, bias: float) -> tuple[float, float]:
    """Slope and intercept of the line over γ x̂ + β that fits the activation best.

    Args:
        activation: "sigmoid", "tanh" or "relu".
        weight: γ.
        bias: β.

    Returns:
        (slope, intercept); NaN at γ = 0, where there is nothing to fit.

    >>> best_line("relu", 1.0, 0.0)[0]
    0.5
    """
    mean, _, covariance = moments(activation, weight, bias)
    slope = covariance / weight if weight else math.nan
    return slope, mean - slope * bias


def moments(activation: str, weight: float, bias: float) -> tuple[float, float, float]:
    """Mean and variance of an activation's output f(γ x̂ + β), and its covariance with x̂.

    Args:
        activation: "sigmoid", "tanh" or "relu".
        weight: γ.
        bias: β.

    Returns:
        (mean, variance, covariance).

    Raises:
        ValueError: an unknown activation.

    >>> [round(number, 4) for number in moments("relu", 1.0, 0.0)]
    [0.3989, 0.3408, 0.5]
    """
    require_known(activation)
    if activation == "tanh":  # tanh(y) = 2 sigmoid(2y) - 1
        mean, variance, covariance = moments("sigmoid", 2 * weight, 2 * bias)
        return 2 * mean - 1, 4 * variance, 2 * covariance
    if weight == 0:
        return float(apply(activation, np.float64(bias))), 0.0, 0.0
    if activation == "relu":
        return _relu_moments(weight, bias)
    if bias > 0:  # 1 - sigmoid(y) = sigmoid(-y), which is small and keeps its digits
        mean, variance, covariance = moments("sigmoid", -weight, -bias)
        return 1 - mean, variance, -covariance
    # A large γ brings the sigmoid's poles near; beyond 4000 it is a switch for all purposes.
    step = max(min(0.1, 0.4 / abs(weight)), 1e-4)
    z = np.arange(-round(10 / step), round(10 / step) + 1) * step
    share = np.exp(-0.5 * z * z) * (step / math.sqrt(2 * math.pi))
    values = apply("sigmoid", weight * z + bias)
    mean = float(share @ values)
    centered = values - mean
    return mean, float(share @ centered**2), float(share @ (centered * z))


def _relu_moments(weight: float, bias: float) -> tuple[float, float, float]:
    size = abs(weight)
    t = bias / size
    passed, cut = share_below(0.0, 1.0, -t), share_below(0.0, 1.0, t)
    density = math.exp(-0.5 * t * t) / math.sqrt(2 * math.pi)
    mean = density + t * passed
    variance = passed * (1 + t * t * cut) + t * density * (cut - passed) - density**2
    return size * mean, size**2 * variance, weight * passed


def share_below(edge: float, weight: float, bias: float) -> float:
    """P(γ x̂ + β < edge), for a standard normal x̂.

    >>> share_below(0.0, 1.0, 0.0)
    0.5
    """
    if weight == 0:
        return float(bias < edge)
    return 0.5 * math.erfc((bias - edge) / (abs(weight) * math.sqrt(2)))


def _each(function: Callable[[float, float], float], weight: ArrayLike, bias: ArrayLike) -> Any:
    result = np.vectorize(function, otypes=[np.float64])(weight, bias)
    return float(result) if result.ndim == 0 else result


def apply(activation: str, y: ArrayLike) -> Any:
    """What an activation makes of inputs.

    Args:
        activation: "sigmoid", "tanh" or "relu".
        y: its inputs, a number or an array of any shape.

    Returns:
        float64 of the same shape.

    Raises:
        ValueError: an unknown activation.

    >>> apply("relu", [-1.0, 2.0])
    array([0., 2.])
    """
    require_known(activation)
    y = np.asarray(y, dtype=np.float64)
    if activation == "relu":
        return np.maximum(y, 0)
    with np.errstate(over="ignore"):
        return np.tanh(y) if activation == "tanh" else 1 / (1 + np.exp(-y))


def require_known(activation: str) -> None:
    """Raise ValueError for an activation that this module does not know."""
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation is {activation!r}; give one of {', '.join(ACTIVATIONS)}")
