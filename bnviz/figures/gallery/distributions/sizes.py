"""Gradients and updates span decades and are often zero: their sizes suit a logarithmic axis.

Values that are exactly zero have no place on such an axis; they are counted apart, and the rest is
described without them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnviz.recording import histogram
from bnviz.recording.rows import Rows
from bnviz.recording.track import FINITE, NAN, NEG_INF, POS_INF, Track

__all__ = ["Sizes", "share_of_zeros"]

Array = NDArray[Any]


class Sizes:
    """A track as ``Rows`` reads it: its values without signs and without zeros.

    Sums of the values themselves stay as they are, so ``Rows.std`` is that of the values.

    >>> track = Track()
    >>> track.add(0, histogram.bin_values([0.0, -2.0, 2.0, 8.0])[None], np.array([[8.0, 72.0]]))
    >>> rows = Rows([Sizes(track)])
    >>> rows.shares_below([1.0, 4.0]).round(3).tolist(), share_of_zeros(rows).tolist()
    ([[[0.0, 0.667]]], [[0.25]])
    """

    activation = None

    def __init__(self, track: Track) -> None:
        self._track = track

    @property
    def rows(self) -> int:
        """As of the track, like the other properties."""
        return self._track.rows

    @property
    def first_bin(self) -> int:
        """The bin of the smallest sizes."""
        return histogram.ZERO + 1

    @property
    def end_bin(self) -> int:
        """The bin after the largest size of either sign."""
        return max(self._track.end_bin, 2 * histogram.ZERO + 1 - self._track.first_bin)

    @property
    def counts(self) -> Array:
        """Counts of the sizes from :attr:`first_bin` on, shape (rows, bins)."""
        return _Folded(self._track, self.end_bin - self.first_bin)  # type: ignore[return-value]

    @property
    def sums(self) -> Array:
        """Sums as of the track, with all infinities as +inf, shape (rows, 8)."""
        sums = self._track.sums.copy()
        sums[:, POS_INF] += sums[:, NEG_INF]
        sums[:, NEG_INF] = 0
        return sums


class _Folded:
    """Both sides of a track's counts on each other, for the rows that are asked for."""

    def __init__(self, track: Track, bins: int) -> None:
        self._track, self._bins = track, bins

    def __getitem__(self, rows: Any) -> Array:
        counts = self._track.counts[rows]
        folded = np.zeros((*counts.shape[:-1], self._bins), np.int64)
        zero = histogram.ZERO - self._track.first_bin  # the column of zero
        if zero + 1 < counts.shape[-1]:
            above = counts[..., max(zero + 1, 0) :]
            skip = max(-(zero + 1), 0)
            folded[..., skip : skip + above.shape[-1]] += above.astype(np.int64)
        if zero > 0:
            below = counts[..., :zero][..., ::-1]
            skip = max(zero - counts.shape[-1], 0)
            folded[..., skip : skip + below.shape[-1]] += below.astype(np.int64)
        return folded


def share_of_zeros(rows: Rows) -> Array:
    """Of rows of :class:`Sizes`: how many of the numbers are zero, shape (T, R)."""
    numbers = rows.sums[..., FINITE] + rows.sums[..., POS_INF]
    sizes = rows.total - rows.sums[..., NAN]
    zeros = numbers - sizes
    share: Array = np.full(numbers.shape, np.nan)
    np.divide(zeros, numbers, out=share, where=numbers > 0)
    return share
