"""What γ and β make of an activation: how linear it acts, how much it saturates or passes.

A standard normal x̂ becomes γ x̂ + β and goes through sigmoid, tanh or ReLU. Everything here is exact
for that distribution: closed forms, and for the moments of the sigmoid the trapezoidal rule, whose
error on such functions is far below float64's rounding. The page computes the same.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bnviz.figures.base import Figure, new_picture, series_styles

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

__all__ = [
    "ACTIVATIONS",
    "AffineActivation",
    "affine_activation",
    "linear_share",
    "passed_share",
    "saturated_share",
]

ACTIVATIONS = ("sigmoid", "tanh", "relu")
# Where the slope falls to 5 % of its steepest: s(1 - s) = 0.05 / 4 and 1 - t² = 0.05.
FLAT_FROM = {
    "sigmoid": math.log((1 + math.sqrt(0.95)) / (1 - math.sqrt(0.95))),
    "tanh": math.atanh(math.sqrt(0.95)),
}
_CAPTION = (
    "A standard normal x̂ is scaled by γ, shifted by β and goes through the activation. The dotted "
    "paths follow x̂ = −1, 0 and 1. The dashed line is the straight line that fits the outputs "
    "best; R² is the share of their variance that it explains. Exact arithmetic for a standard "
    "normal x̂; in a real layer x̂ has mean 0 and standard deviation 1 over the batch, but is not "
    "exactly normal."
)

Array = NDArray[np.float64]


# --- exact numbers ------------------------------------------------------------------------------


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
    _check_activation(activation)

    def share(weight: float, bias: float) -> float:
        _, variance, covariance = _moments(activation, weight, bias)
        return min(1.0, covariance**2 / variance) if variance > 0 else math.nan

    return _each(share, weight, bias)


def saturated_share(activation: str, weight: ArrayLike, bias: ArrayLike = 0.0) -> Any:
    """Share of the values where the activation's slope is below 5 % of its steepest.

    Those are |γ x̂ + β| > 4.3565 for the sigmoid and > 2.1783 for tanh. For ReLU they are the
    values that it cuts to 0.

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
    _check_activation(activation)
    if activation == "relu":
        return 1.0 - passed_share(weight, bias)
    edge = FLAT_FROM[activation]
    return _each(lambda w, b: _below(-edge, w, b) + _below(-edge, w, -b), weight, bias)


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
    return _each(lambda w, b: _below(0.0, w, -b), weight, bias)


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
    mean, _, covariance = _moments(activation, weight, bias)
    slope = covariance / weight if weight else math.nan
    return slope, mean - slope * bias


def _moments(activation: str, weight: float, bias: float) -> tuple[float, float, float]:
    """Mean and variance of f(γ x̂ + β), and its covariance with x̂."""
    if activation == "tanh":  # tanh(y) = 2 sigmoid(2y) - 1
        mean, variance, covariance = _moments("sigmoid", 2 * weight, 2 * bias)
        return 2 * mean - 1, 4 * variance, 2 * covariance
    if weight == 0:
        return float(_apply(activation, np.float64(bias))), 0.0, 0.0
    if activation == "relu":
        return _relu_moments(weight, bias)
    if bias > 0:  # 1 - sigmoid(y) = sigmoid(-y), which is small and keeps its digits
        mean, variance, covariance = _moments("sigmoid", -weight, -bias)
        return 1 - mean, variance, -covariance
    # A large γ brings the sigmoid's poles near; beyond 4000 it is a switch for all purposes.
    step = max(min(0.1, 0.4 / abs(weight)), 1e-4)
    z = np.arange(-round(10 / step), round(10 / step) + 1) * step
    share = np.exp(-0.5 * z * z) * (step / math.sqrt(2 * math.pi))
    values = _apply("sigmoid", weight * z + bias)
    mean = float(share @ values)
    centred = values - mean
    return mean, float(share @ centred**2), float(share @ (centred * z))


def _relu_moments(weight: float, bias: float) -> tuple[float, float, float]:
    size = abs(weight)
    t = bias / size
    passed, cut = _below(0.0, 1.0, -t), _below(0.0, 1.0, t)
    density = math.exp(-0.5 * t * t) / math.sqrt(2 * math.pi)
    mean = density + t * passed
    variance = passed * (1 + t * t * cut) + t * density * (cut - passed) - density**2
    return size * mean, size**2 * variance, weight * passed


def _below(edge: float, weight: float, bias: float) -> float:
    """P(γ x̂ + β < edge), for a standard normal x̂."""
    if weight == 0:
        return float(bias < edge)
    return 0.5 * math.erfc((bias - edge) / (abs(weight) * math.sqrt(2)))


def _each(function: Any, weight: ArrayLike, bias: ArrayLike) -> Any:
    result = np.vectorize(function, otypes=[np.float64])(weight, bias)
    return float(result) if result.ndim == 0 else result


def _apply(activation: str, y: Array) -> Array:
    if activation == "relu":
        return np.maximum(y, 0)
    with np.errstate(over="ignore"):
        return np.tanh(y) if activation == "tanh" else 1 / (1 + np.exp(-y))


def _check_activation(activation: str) -> None:
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation is {activation!r}; give one of {', '.join(ACTIVATIONS)}")


# --- the figure ---------------------------------------------------------------------------------


def affine_activation(
    learned: Mapping[str, tuple[ArrayLike, ArrayLike]] | None = None,
    *,
    activation: str = "sigmoid",
    weight: float = 1.0,
    bias: float = 0.0,
    caption: str | None = None,
) -> AffineActivation:
    """Show what a batch norm's γ and β make of the activation behind it.

    Args:
        learned: what real layers have learned, {label: (weight, bias)}, each of shape (C,); arrays
            or tensors. They become marks in the plane of γ and β.
        activation: "sigmoid", "tanh" or "relu"; the reader can change it.
        weight: γ at the start.
        bias: β at the start.
        caption: what to see; a general one by default.

    Returns:
        The figure.

    Raises:
        ValueError: an unknown activation, a number that is not finite, or learned arrays that are
            empty or do not fit each other.

    Source: Ioffe & Szegedy 2015, section 3: normalizing "the inputs of a sigmoid would constrain
    them to the linear regime of the nonlinearity", the reason for γ and β.

    >>> affine_activation(weight=2.0).alt
    "A standard normal x̂ through sigmoid(2 x̂ + 0). A straight line explains 93.0 % of the output's
    variance, and 2.9 % of the values lie where the curve is flat."
    """
    return AffineActivation(
        learned, activation=activation, weight=weight, bias=bias, caption=caption
    )


class AffineActivation(Figure):
    """The figure that ``affine_activation`` returns."""

    name = "affine_activation"

    def __init__(
        self,
        learned: Mapping[str, tuple[ArrayLike, ArrayLike]] | None = None,
        *,
        activation: str = "sigmoid",
        weight: float = 1.0,
        bias: float = 0.0,
        caption: str | None = None,
    ) -> None:
        _check_activation(activation)
        for name, number in (("weight", weight), ("bias", bias)):
            if not math.isfinite(number):
                raise ValueError(f"{name} is {number}; give a finite number, such as 1.0")
        points = [_learned_points(label, *pair) for label, pair in dict(learned or {}).items()]
        labels = [str(label) for label in learned or {}]
        self._learned = dict(zip(labels, points, strict=True))
        super().__init__(
            spec={
                "activation": activation,
                "weight": float(weight),
                "bias": float(bias),
                "flat": FLAT_FROM,
                "styles": series_styles(labels),
                "counts": [len(group) for group in points],
                "plane": _plane(points),
                "learned": _describe_learned(self._learned),
            },
            arrays={"learned": np.concatenate(points) if points else np.zeros((0, 2), "f4")},
            alt=" ".join([_describe(activation, weight, bias), *_describe_learned(self._learned)]),
            caption=_CAPTION if caption is None else caption,
        )

    def picture(self) -> Picture:
        """The curve with the distributions below and beside it, and the learned γ and β."""
        return _draw_picture(self.spec, self._learned)


def _learned_points(label: str, weight: Any, bias: Any) -> NDArray[np.float32]:
    """(C, 2): γ and β of each unit."""
    arrays = [
        np.asarray(value.detach().cpu() if hasattr(value, "detach") else value, np.float32)
        for value in (weight, bias)
    ]
    shapes = [array.shape for array in arrays]
    if len(shapes[0]) != 1 or shapes[0] != shapes[1] or not shapes[0][0]:
        raise ValueError(
            f"learned[{label!r}] has weight and bias of shapes {shapes[0]} and {shapes[1]}; "
            "give two of the same shape (C,), such as (layer.weight, layer.bias)"
        )
    points = np.stack(arrays, axis=1)
    if not np.isfinite(points).all():
        raise ValueError(f"learned[{label!r}] holds NaN or infinity; give finite numbers")
    return points


def _plane(points: Sequence[NDArray[np.float32]]) -> dict[str, list[float]]:
    """The ends of the γ–β plane: round numbers around what was learned and the start, (1, 0)."""
    if not points:
        return {"weight": [-4.0, 4.0], "bias": [-4.0, 4.0]}
    every = np.concatenate([*points, [[1, 0]]]).astype(np.float64)
    ends = {}
    for axis, values in (("weight", every[:, 0]), ("bias", every[:, 1])):
        low, high = values.min(), values.max()
        room = max(0.1 * (high - low), 0.05)
        unit = _round_step((high - low + 2 * room) / 10)
        ends[axis] = [
            round(math.floor((low - room) / unit) * unit, 9),
            round(math.ceil((high + room) / unit) * unit, 9),
        ]
    return ends


def _round_step(size: float) -> float:
    """1, 2 or 5 times a power of ten, not below ``size``."""
    power = 10.0 ** math.floor(math.log10(size))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= size)


def _describe(activation: str, weight: float, bias: float) -> str:
    share = linear_share(activation, weight, bias)
    line = (
        "All outputs are the same"
        if math.isnan(share)
        else f"A straight line explains {_percent(share)} of the output's variance"
    )
    where = "are cut to 0" if activation == "relu" else "lie where the curve is flat"
    return (
        f"A standard normal x̂ through {_name(activation)}({weight:g} x̂ {'-' if bias < 0 else '+'} "
        f"{abs(bias):g}). {line}, and {_percent(saturated_share(activation, weight, bias))} of "
        f"the values {where}."
    )


def _name(activation: str) -> str:
    return "ReLU" if activation == "relu" else activation


def _percent(share: float) -> str:
    return "under 0.1 %" if 0 < share < 0.0005 else f"{100 * share:.1f} %"


def _describe_learned(learned: Mapping[str, NDArray[np.float32]]) -> list[str]:
    def ends(values: NDArray[np.float32]) -> str:
        return f"{values.min():.2f} to {values.max():.2f} (median {np.median(values):.2f})"

    return [
        f"{label}: γ of {len(points)} units {ends(points[:, 0])}, β {ends(points[:, 1])}."
        for label, points in learned.items()
    ]


# --- the picture --------------------------------------------------------------------------------

REACH = 8.0  # the inputs shown: -8 to 8
MARKERS = ("o", "s", "D", "^", "P", "X")


def _shares(activation: str | None, weight: float, bias: float) -> tuple[Array, Array]:
    """Bin edges, and the share of the values in each: inputs, or outputs of an activation."""
    if activation is None:
        edges = inverse = np.linspace(-REACH, REACH, 81)
    elif activation == "relu":
        edges = np.linspace(-0.2, REACH, 42)  # the first bar is what was cut to 0
        inverse = np.where(edges < -0.1, -np.inf, edges)
    else:
        edges = np.linspace(0 if activation == "sigmoid" else -1, 1, 41)
        with np.errstate(divide="ignore"):
            inverse = np.log(edges / (1 - edges)) if activation == "sigmoid" else np.arctanh(edges)
    return edges, np.diff([_below(edge, weight, bias) for edge in inverse])


def _draw_picture(spec: Mapping[str, Any], learned: Mapping[str, Array]) -> Picture:
    activation, weight, bias = (spec[key] for key in ("activation", "weight", "bias"))
    picture, grid = new_picture(
        2,
        3 if learned else 2,
        size=(7.2, 3.8),
        gridspec_kw={
            "width_ratios": [2.4, 0.8, 1.7] if learned else [3, 1],
            "height_ratios": [2, 1],
        },
    )
    curve, out, below = grid[0, 0], grid[0, 1], grid[1, 0]
    grid[1, 1].set_visible(False)

    y = np.linspace(-REACH, REACH, 401)
    curve.plot(y, _apply(activation, y), color="#1f2328", lw=2, label=_name(activation))
    slope, intercept = best_line(activation, weight, bias)
    share = linear_share(activation, weight, bias)
    if not math.isnan(share):
        line = f"best line, R² {share:.3f}"
        curve.plot(y, slope * y + intercept, color="#b0497f", ls=(0, (5, 2)), lw=1.5, label=line)
    low, high = {"sigmoid": (-0.06, 1.06), "tanh": (-1.12, 1.12), "relu": (-0.5, REACH)}[activation]
    edge = spec["flat"].get(activation)
    flat = [(-REACH, 0)] if edge is None else [(-REACH, -edge), (edge, REACH)]
    words = "cut to 0" if edge is None else "flat"
    words = f"{words}: {_percent(saturated_share(activation, weight, bias))}"
    for ax in (curve, below):
        for i, (start, end) in enumerate(flat):
            ax.axvspan(start, end, color="#e4e8ec", lw=0, label=None if i else words)
    curve.set(ylim=(low, high), ylabel="output", xlim=(-REACH, REACH), xticklabels=[])
    curve.legend(fontsize=7.5, loc="upper left", frameon=True, framealpha=0.9, edgecolor="none")

    edges, shares = _shares(None, weight, bias)
    below.stairs(100 * shares, edges, fill=True, color="#0072b2", alpha=0.45)
    below.set(
        xlim=(-REACH, REACH),
        xlabel=f"input of the {_name(activation)}: γ x̂ + β",
        ylabel="% of values",
    )
    edges, shares = _shares(activation, weight, bias)
    out.stairs(
        100 * shares, edges, orientation="horizontal", fill=True, color="#0072b2", alpha=0.45
    )
    out.set(ylim=(low, high), yticklabels=[], xlabel="% of values")
    curve.set_title(f"γ = {weight:g}, β = {bias:g}", loc="left", fontsize=9, fontweight="bold")

    if learned:
        _draw_plane(grid[0, 2], spec, learned)
        grid[1, 2].axis("off")
        handles = grid[0, 2].get_legend_handles_labels()
        grid[1, 2].legend(*handles, fontsize=7.5, loc="upper left", frameon=False)
    return picture


def _draw_plane(ax: Any, spec: Mapping[str, Any], learned: Mapping[str, Array]) -> None:
    for style, marker, points in zip(
        spec["styles"], (MARKERS * len(learned))[: len(learned)], learned.values(), strict=True
    ):
        ax.plot(*points.T, marker, color=style["hex"], ms=3, alpha=0.7, label=style["label"])
    ax.plot(1, 0, "o", mfc="none", mec="#1f2328", ms=7, label="start")
    ax.set(
        xlim=spec["plane"]["weight"], ylim=spec["plane"]["bias"],
        xlabel="γ (weight)", ylabel="β (bias)",
    )  # fmt: skip
    ax.set_title("learned γ and β", loc="left", fontsize=9, fontweight="bold")
