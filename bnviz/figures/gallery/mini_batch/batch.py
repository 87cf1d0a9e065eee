"""A small batch of one unit's values, normalized, and in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bnviz.figures.kit.words import number

__all__ = ["Batch", "exact"]

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Batch:
    """Values of one unit, and what normalizes them.

    Args:
        x: (N,), of N samples; one is enough here, though ``norms.batch_norm`` refuses it.
        eps: added to the variance.
        weight: γ.
        bias: β.
    """

    x: Values
    eps: float
    weight: float
    bias: float

    @property
    def x_hat(self) -> Values:
        """(N,), with mean 0, and standard deviation 1 where ε is small beside the variance."""
        # From the first sample: exact beside a large mean, and zero where all are equal.
        shift = self.x - self.x[0]
        deviation = shift - shift.mean()
        normalized: Values = deviation / np.sqrt(np.mean(deviation**2) + self.eps)
        return normalized

    @property
    def y(self) -> Values:
        """(N,), scaled by γ and shifted by β."""
        return self.weight * self.x_hat + self.bias

    def describe(self, digits: int, affine: bool) -> str:
        """The text alternative.

        Args:
            digits: that tell two x apart.
            affine: y is shown as well.
        """

        def lie(values: Values, digits: int = 3) -> tuple[str, str, str]:
            low, high, mean = (
                exact(f, digits) for f in (values.min(), values.max(), values.mean())
            )
            place = f"from {low} to {high}" if low != high else f"at {low}"
            return place, f"mean {mean}", f"standard deviation {exact(float(np.std(values)))}"

        count = f"{len(self.x)} samples" if len(self.x) > 1 else "one sample"
        place, mean, std = lie(self.x, digits)
        text = f"A batch of {count} {place}: {mean}, {std}. "
        place, mean, std = lie(self.x_hat)
        text += f"Normalized, they lie {place}, with {mean} and {std}."
        if affine:
            place, mean, std = lie(self.y)
            text += (
                f" With γ = {number(self.weight)} and β = {number(self.bias)}, "
                f"y lies {place}, with {mean} and {std}."
            )
        return text


def exact(value: float, digits: int = 3) -> str:
    """A number in words, where what is zero but for rounding reads as zero."""
    return number(0.0 if abs(value) < 1e-12 else float(value), digits)
