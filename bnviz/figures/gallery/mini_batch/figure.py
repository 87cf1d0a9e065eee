"""Batch normalization of one unit over a small batch, with samples that the reader drags.

The page computes what ``norms.batch_norm`` computes, in float64; a test holds one against the
other. Python only chooses the axis and describes the batch in words.
"""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bnviz.figures.gallery.mini_batch.batch import Batch
from bnviz.figures.gallery.mini_batch.picture import draw_picture
from bnviz.figures.kit.figure import Figure

__all__ = ["CONTROLS", "mini_batch"]

#: What the reader may change: a sample (by dragging it, too), how many there are, the distances
#: between them, ε, γ and β.
CONTROLS = ("sample", "size", "scale", "eps", "weight", "bias")

_LARGEST = 16  # samples in the batch
_REACH = 6.0  # x̂ and y are shown from -6 to 6; x̂ never passes √(16 - 1)
_VALUES = (4.0, 1.5, 8.0, 2.5, 5.5, 3.5, 5.0, 2.0)  # mean 4, standard deviation 2
_DRAG = "{Drag a sample of x, and every x̂ moves.} "
_EXPLAIN = "Line and shade: mean ± standard deviation{; rings: before the move}. Exact arithmetic."


def mini_batch(
    values: ArrayLike | None = None,
    *,
    eps: float = 1e-5,
    weight: float = 1.0,
    bias: float = 0.0,
    x_range: tuple[float, float] | None = None,
    controls: Collection[str] = CONTROLS,
    caption: str | None = None,
) -> Figure:
    """Show how each sample of a small batch changes the normalized value of all the others.

    Args:
        values: (N,) with 1 ≤ N ≤ 16, one unit's values for N samples; eight by default.
        eps: added to the variance before the root; positive.
        weight: the paper's γ.
        bias: the paper's β.
        x_range: the ends of the axis of x, between which samples can be dragged; by default a
            little wider than the values.
        controls: what the reader may change, of :data:`CONTROLS`. The axis of y is left out where
            γ = 1 and β = 0 and neither can be changed.
        caption: what to see; a general one by default.

    Returns:
        The figure.

    Raises:
        TypeError: controls that are one string.
        ValueError: values of another shape or not finite, an eps that is not positive, an axis
            that does not ascend or leaves out a value, or an unknown control.

    Source: Ioffe & Szegedy 2015, Algorithm 1.

    >>> mini_batch([1.0, 3.0], weight=2.0).alt
    'A batch of 2 samples from 1 to 3: mean 2, standard deviation 1. Normalized, they lie
    from −1 to 1, with mean 0 and standard deviation 1. With γ = 2 and β = 0, y lies
    from −2 to 2, with mean 0 and standard deviation 2.'
    """
    batch = _checked(_VALUES if values is None else values, eps, weight, bias)
    shown = _checked_controls(controls)
    low, high, step = _axis(batch.x, x_range)
    digits = _digits(low, high, step)
    affine = batch.weight != 1 or batch.bias != 0 or bool({"weight", "bias"} & set(shown))
    rows = 3 if affine else 2
    return Figure(
        "mini_batch",
        spec={
            "values": batch.x.tolist(),
            "reserve": _reserve(low, high, step, _LARGEST - len(batch.x)),
            "range": [low, high],
            "step": step,
            "digits": digits,
            "reach": _REACH,
            "largest": _LARGEST,
            "scale": _scale_range(batch.x, low, high),
            "eps": batch.eps,
            "weight": batch.weight,
            "bias": batch.bias,
            "controls": shown,
            "rows": rows,
        },
        alt=batch.describe(digits, affine),
        caption=(_DRAG if "sample" in shown else "") + _EXPLAIN if caption is None else caption,
        height=_height(rows, shown),
        picture=lambda: draw_picture(batch, rows, (low, high), _REACH, digits),
    )


def _checked(values: ArrayLike, eps: float, weight: float, bias: float) -> Batch:
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 1 or not 1 <= len(x) <= _LARGEST:
        raise ValueError(
            f"values has shape {x.shape}; give one unit's values for 1 to {_LARGEST} samples, "
            "such as [1.0, 2.0, 4.0]"
        )
    if not np.isfinite(x).all():
        raise ValueError("values holds NaN or infinity; give finite numbers")
    if not (math.isfinite(eps) and eps > 0):
        raise ValueError(f"eps is {eps}; give a positive number, such as 1e-5")
    for name, number in (("weight", weight), ("bias", bias)):
        if not math.isfinite(number):
            raise ValueError(f"{name} is {number}; give a finite number")
    return Batch(x, float(eps), float(weight), float(bias))


def _checked_controls(controls: Collection[str]) -> list[str]:
    if isinstance(controls, str):
        raise TypeError(f'controls is {controls!r}; give several, such as ("sample", "eps")')
    for name in controls:
        if name not in CONTROLS:
            raise ValueError(f"controls has {name!r}; give some of {', '.join(CONTROLS)}")
    return [name for name in CONTROLS if name in controls]


def _axis(
    x: NDArray[np.float64], x_range: tuple[float, float] | None
) -> tuple[float, float, float]:
    """Low end, high end and step of the axis: room to drag on both sides, round numbers."""
    if x_range is not None:
        low, high = (float(end) for end in x_range)
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise ValueError(f"x_range is {x_range}; give two finite ascending numbers")
        if x.min() < low or x.max() > high:
            raise ValueError(
                f"x_range is {x_range} and leaves out a value from {x.min():g} to {x.max():g}; "
                "give a wider one"
            )
        return low, high, 10.0 ** math.floor(math.log10(high - low)) / 10
    low, high = float(x.min()), float(x.max())
    span, size = high - low, max(abs(low), abs(high))
    if span <= 1e-9 * max(size, 1e-30):  # equal, or so close that no axis could show it
        span = max(size, 1.0)
    unit = 10.0 ** math.floor(math.log10(span))
    decimals = max(0, 1 - round(math.log10(unit)))
    low = math.floor((low - 0.3 * span) / unit) * unit
    high = math.ceil((high + 0.3 * span) / unit) * unit
    return round(low, decimals), round(high, decimals), round(unit / 10, decimals)


def _digits(low: float, high: float, step: float) -> int:
    """Significant digits that tell two neighboring values on the axis apart, and their mean."""
    return max(4, 2 + math.ceil(math.log10(max(abs(low), abs(high)) / step)))


def _reserve(low: float, high: float, step: float, count: int) -> list[float]:
    """Where samples appear that the reader adds: spread evenly, in no visible order."""
    golden = (math.sqrt(5) - 1) / 2
    middle, width = (low + high) / 2, 0.6 * (high - low)
    places = (middle + width * ((0.8 + golden * k) % 1 - 0.5) for k in range(count))
    return [round(round(place / step) * step, 12) for place in places]


def _scale_range(x: NDArray[np.float64], low: float, high: float) -> list[int]:
    """Powers of ten by which the distances can be scaled: as far up as they fit on the axis."""
    mean = float(np.mean(x))
    widest = float(np.max(np.abs(x - mean)))
    room = max(high - mean, mean - low)
    top = math.floor(math.log10(room / widest)) if widest > 1e-12 * room else 0
    return [min(0, top - 4), max(0, top)]


def _height(rows: int, controls: Collection[str]) -> tuple[int, int]:
    """Of the stage: axes, what stands beside or below them, buttons, remark and table."""
    pairs = (("size", "scale"), ("eps",), ("weight", "bias"))
    sliders = 30 * sum(any(name in controls for name in pair) for pair in pairs)
    formulas = 44 + 34 + (32 if rows > 2 else 0)  # on a phone they lie below the axes
    again = 42 if "sample" in controls else 0  # and the buttons have a line of their own
    below = 8 + 34 + 8 + 24
    return 134 * rows + below, 88 * rows + formulas + sliders + below + again
