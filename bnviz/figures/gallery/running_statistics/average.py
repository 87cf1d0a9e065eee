"""Averages over mini-batches as they come; ``average.js`` computes the same in the page."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["average_so_far", "memory", "running_average"]


def running_average(values: ArrayLike, momentum: float, start: float) -> NDArray[np.float64]:
    """The running average before the first value and after each.

    Args:
        values: of the mini-batches, shape (T,).
        momentum: the share of the new value, 0 to 1, as PyTorch counts it.
        start: the average before the first value.

    Returns:
        Shape (T + 1,).

    >>> running_average([1.0, 1.0], momentum=0.5, start=0.0)
    array([0.  , 0.5 , 0.75])
    """
    found = [float(start)]
    for value in np.asarray(values, dtype=np.float64):
        found.append((1 - momentum) * found[-1] + momentum * float(value))
    return np.array(found)


def average_so_far(values: ArrayLike) -> NDArray[np.float64]:
    """The plain average of the values until each of them; PyTorch's ``momentum=None``.

    >>> average_so_far([1.0, 3.0, 8.0])
    array([1., 2., 4.])
    """
    array = np.asarray(values, dtype=np.float64)
    result: NDArray[np.float64] = np.cumsum(array) / np.arange(1, len(array) + 1)
    return result


def memory(momentum: float, share: float = 0.9) -> int:
    """How many of the latest values hold at least this share of a running average's weight.

    >>> memory(0.1), memory(0.01), memory(1.0)
    (22, 230, 1)
    """
    return 1 if momentum == 1 else math.ceil(math.log(1 - share) / math.log(1 - momentum))
