"""Normalizing a block over any of its axes; ``arithmetic.js`` does the same in the page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Normalized", "Over", "normalize"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Over:
    """A way to normalize a block: which axes a mean and a standard deviation are taken over.

    Args:
        axes: that share their statistics, such as (0, 2, 3) for batch norm of (N, C, H, W).
        groups: neighboring channels (axis 1, which must be among the axes) that share theirs are
            C / groups; several numbers let the reader choose.
        centered: the mean is subtracted; RMSNorm leaves it and divides by the root mean square.

    Raises:
        ValueError: no axes, one that is named twice, groups without the channels, or no groups.

    >>> Over((1, 2, 3), groups=2).counts
    (2,)
    """

    axes: Sequence[int]
    groups: int | Sequence[int] = 1
    centered: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "axes", tuple(self.axes))
        if not self.axes or len(set(self.axes)) < len(self.axes) or min(self.axes) < 0:
            raise ValueError(f"Over(): axes are different numbers from 0 on; given {self.axes}")
        if not self.counts or min(self.counts) < 1:
            raise ValueError(f"Over(): groups are numbers from 1 on; given {self.groups}")
        if self.counts != (1,) and 1 not in self.axes:
            raise ValueError(f"Over(): groups divide the channels, axis 1; axes are {self.axes}")

    @property
    def counts(self) -> tuple[int, ...]:
        """The numbers of groups that can be chosen."""
        return (self.groups,) if isinstance(self.groups, int) else tuple(self.groups)

    def spec(self) -> dict[str, Any]:
        """What JavaScript needs."""
        return {"axes": self.axes, "groups": self.counts, "centered": self.centered}


class Normalized(NamedTuple):
    """A block, normalized; all of the block's shape.

    ``keys`` are equal where two numbers share their statistics. ``scale`` is the standard deviation
    that was divided by, without ε; the root mean square where nothing was subtracted.
    """

    keys: NDArray[np.int64]
    mean: Floats
    scale: Floats
    hat: Floats


def normalize(x: Floats, over: Over, eps: float, groups: int = 1) -> Normalized:
    """Normalize a block over some of its axes.

    Args:
        x: (N, C, …).
        over: which.
        eps: added to the variance before the root.
        groups: of channels, one of the counts of ``over``.

    >>> normalize(np.array([[1.0, 3.0], [2.0, 2.0]]), Over((1,)), eps=0.25).hat.round(3)
    array([[-0.894,  0.894],
           [ 0.   ,  0.   ]])
    """
    # Channels as (groups, channels of a group): the groups are an axis that nothing is taken over.
    split = (x.shape[0], groups, x.shape[1] // groups, *x.shape[2:])
    inner = tuple(axis + (axis >= 1) for axis in over.axes)
    block = x.reshape(split)
    mean = block.mean(inner, keepdims=True)
    away = block - mean if over.centered else block
    square = np.mean(away**2, inner, keepdims=True)
    count = math.prod(square.shape)
    keys = np.arange(count).reshape(square.shape)

    def whole(values: NDArray[Any]) -> NDArray[Any]:
        return np.broadcast_to(values, split).reshape(x.shape)

    return Normalized(
        whole(keys), whole(mean), whole(np.sqrt(square)), whole(away / np.sqrt(square + eps))
    )
