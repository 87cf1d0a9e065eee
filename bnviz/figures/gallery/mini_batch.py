"""Batch normalization of one feature over a small batch, with samples that the reader drags.

The page computes what ``norms.batch_norm`` computes, in float64; a test holds one against the
other. Python only chooses the axis and describes the batch in words.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bnviz.figures.base import Figure, new_picture
from bnviz.norms import batch_norm

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

__all__ = ["MiniBatch", "mini_batch"]

SMALLEST, LARGEST = 2, 16  # samples in the batch
_VALUES = (4.0, 1.5, 8.0, 2.5, 5.5, 3.5, 5.0, 2.0)  # mean 4, standard deviation 2
_CAPTION = (
    "Drag a sample: the mean and the standard deviation of the batch move, and with them the x̂ "
    "and y of every sample. Rings show where each was before. "
    "Exact arithmetic in float64, with the biased variance (divided by the batch size)."
)


def mini_batch(
    values: ArrayLike | None = None,
    *,
    eps: float = 1e-5,
    weight: float = 1.0,
    bias: float = 0.0,
    caption: str | None = None,
) -> MiniBatch:
    """Show how each sample of a small batch changes the normalized value of all the others.

    Args:
        values: (N,) with 2 ≤ N ≤ 16, one feature of N samples; eight samples by default.
        eps: added to the variance before the root; positive.
        weight: the paper's γ.
        bias: the paper's β.
        caption: what to see; a general one by default.

    Returns:
        The figure.

    Raises:
        ValueError: values of another shape or not finite, or an eps that is not positive.

    Source: Ioffe & Szegedy 2015, Algorithm 1.

    >>> mini_batch([1.0, 3.0], weight=2.0).alt
    'A batch of 2 samples from 1 to 3: mean 2, standard deviation 1. Normalized, they lie
    from -1 to 1, with mean 0 and standard deviation 1. With γ = 2 and β = 0, y lies
    from -2 to 2, with mean 0 and standard deviation 2.'
    """
    return MiniBatch(values, eps=eps, weight=weight, bias=bias, caption=caption)


class MiniBatch(Figure):
    """The figure that ``mini_batch`` returns."""

    name = "mini_batch"

    def __init__(
        self,
        values: ArrayLike | None = None,
        *,
        eps: float = 1e-5,
        weight: float = 1.0,
        bias: float = 0.0,
        caption: str | None = None,
    ) -> None:
        batch = _checked(_VALUES if values is None else values, eps, weight, bias)
        low, high, step = _axis(batch.x)
        digits = _digits(low, high, step)
        super().__init__(
            spec={
                "values": batch.x.tolist(),
                "reserve": _reserve(low, high, step, LARGEST - len(batch.x)),
                "range": [low, high],
                "step": step,
                "digits": digits,
                "sizes": [SMALLEST, LARGEST],
                "eps": batch.eps,
                "weight": batch.weight,
                "bias": batch.bias,
            },
            alt=_describe(batch, digits),
            caption=_CAPTION if caption is None else caption,
        )
        self._batch, self._digits = batch, digits

    def picture(self) -> Picture:
        """The three axes under each other, every sample joined by a line."""
        return _draw_picture(self._batch, self.spec["range"], self._digits)


@dataclass(frozen=True)
class _Batch:
    """A batch of one feature, its normalized values and the statistics that made them."""

    x: NDArray[np.float64]
    eps: float
    weight: float
    bias: float

    @property
    def x_hat(self) -> NDArray[np.float64]:
        return batch_norm(self.x[:, None], None, None, training=True, eps=self.eps)[:, 0]

    @property
    def y(self) -> NDArray[np.float64]:
        return self.weight * self.x_hat + self.bias


def _checked(values: ArrayLike, eps: float, weight: float, bias: float) -> _Batch:
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 1 or not SMALLEST <= len(x) <= LARGEST:
        raise ValueError(
            f"values has shape {x.shape}; give one feature of {SMALLEST} to {LARGEST} samples, "
            "such as [1.0, 2.0, 4.0]"
        )
    if not np.isfinite(x).all():
        raise ValueError("values holds NaN or infinity; give finite numbers")
    if not (math.isfinite(eps) and eps > 0):
        raise ValueError(f"eps is {eps}; give a positive number, such as 1e-5")
    for name, number in (("weight", weight), ("bias", bias)):
        if not math.isfinite(number):
            raise ValueError(f"{name} is {number}; give a finite number")
    return _Batch(x, float(eps), float(weight), float(bias))


def _axis(x: NDArray[np.float64]) -> tuple[float, float, float]:
    """Low end, high end and step of the axis: room to drag on both sides, round numbers."""
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
    """Significant digits that tell two neighbouring values on the axis apart, and their mean."""
    return max(4, 2 + math.ceil(math.log10(max(abs(low), abs(high)) / step)))


def _reserve(low: float, high: float, step: float, count: int) -> list[float]:
    """Where samples appear that the reader adds: spread evenly, in no visible order."""
    golden = (math.sqrt(5) - 1) / 2
    middle, width = (low + high) / 2, 0.6 * (high - low)
    places = (middle + width * ((0.8 + golden * k) % 1 - 0.5) for k in range(count))
    return [round(round(place / step) * step, 12) for place in places]


def _describe(batch: _Batch, digits: int) -> str:
    def spread(values: NDArray[np.float64], digits: int = 3) -> tuple[str, str, str]:
        numbers = (np.min(values), np.max(values), np.mean(values))
        low, high, mean = (_number(number, digits) for number in numbers)
        return f"from {low} to {high}", f"mean {mean}", f"standard deviation {_std(values)}"

    x_range, x_mean, x_std = spread(batch.x, digits)
    hat_range, hat_mean, hat_std = spread(batch.x_hat)
    y_range, y_mean, y_std = spread(batch.y)
    return (
        f"A batch of {len(batch.x)} samples {x_range}: {x_mean}, {x_std}. "
        f"Normalized, they lie {hat_range}, with {hat_mean} and {hat_std}. "
        f"With γ = {_number(batch.weight)} and β = {_number(batch.bias)}, "
        f"y lies {y_range}, with {y_mean} and {y_std}."
    )


def _number(value: float, digits: int = 3) -> str:
    return f"{0.0 if abs(value) < 1e-12 else value:.{digits}g}"


def _std(values: NDArray[np.float64]) -> str:
    return _number(float(np.std(values)))


def _draw_picture(batch: _Batch, x_range: Sequence[float], digits: int) -> Picture:
    from matplotlib.patches import ConnectionPatch

    rows = (batch.x, batch.x_hat, batch.y)
    names = ("x, in its own unit", "x̂, in standard deviations", "y = γ x̂ + β")
    picture, grid = new_picture(3, 1, size=(7.2, 3.8))
    axes = grid[:, 0]
    reach = max(4.0, 1.08 * max(abs(np.concatenate(rows[1:]))))
    for ax, values, name in zip(axes, rows, names, strict=True):
        mean, std = np.mean(values), np.std(values)
        ax.axvspan(mean - std, mean + std, color="#0072b2", alpha=0.13, lw=0)
        ax.axvline(mean, color="#0072b2", lw=1.5)
        ax.plot(values, np.zeros_like(values), "o", color="#1f2328", ms=6, zorder=5)
        ax.set(xlim=(-reach, reach) if ax is not axes[0] else x_range, ylim=(-1, 1), yticks=[])
        ax.spines["left"].set_visible(False)
        ax.patch.set_visible(False)  # the lines between the axes lie below them
        halo = {"facecolor": "white", "edgecolor": "none", "pad": 1}
        ax.set_title(name, loc="left", fontsize=9, fontweight="bold", bbox=halo)
        mean_text = _number(mean, digits if ax is axes[0] else 3)
        text = f"mean {mean_text} · std {_std(values)}"
        ax.set_title(text, loc="right", fontsize=8.5, color="#57606a", bbox=halo)
        for number in ax.get_xticklabels():
            number.set_bbox(halo)
    for above, below, ends in ((axes[0], axes[1], rows[:2]), (axes[1], axes[2], rows[1:])):
        for start, end in zip(*ends, strict=True):
            line = ConnectionPatch(
                (start, 0), (end, 0), "data", "data", axesA=above, axesB=below,
                color="#8c959f", lw=0.7, zorder=-1,
            )  # fmt: skip
            line.set_in_layout(False)
            picture.add_artist(line)
    return picture
