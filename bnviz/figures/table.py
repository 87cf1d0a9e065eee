"""Histograms of several series at many rows, laid out so that shares and quantiles are fast.

``bnviz.histogram`` reads any counts; here all series share a window of bins, so that a figure can
read 1600 histograms in the time of a frame, and eight in a fraction of a training step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnviz.histogram import EDGES, FINITE
from bnviz.track import SUMS, Track

__all__ = ["POSITIONS", "Table", "Thresholds", "std_of"]

Array = NDArray[Any]

#: Where a sum stands on the last axis of ``Track.sums``.
POSITIONS: dict[str, Any] = {name: at for at, name in enumerate(SUMS)}
POSITIONS["nonfinite"] = slice(POSITIONS["nan"], POSITIONS["-inf"] + 1)


class Thresholds:
    """Where thresholds lie among the edges of the bins; found once, used for every row.

    Args:
        values: one line of finite thresholds a series, shape (N, T).
    """

    def __init__(self, values: Array) -> None:
        self.bin = np.clip(np.searchsorted(EDGES, values, side="right") - 1, 0, len(EDGES) - 2)
        width = EDGES[self.bin + 1] - EDGES[self.bin]
        self.position = self.bin + np.clip((values - EDGES[self.bin]) / width, 0, 1)


class Table:
    """N series at R rows in time.

    Args:
        tracks: the track of each series; None for one that does not have the layer.
        rows: for each series the rows to read, integers of shape (R,), −1 for none.
    """

    def __init__(self, tracks: Sequence[Track | None], rows: Sequence[Array]) -> None:
        kept = [track for track in tracks if track is not None and track.counts.shape[1]]
        first = min((track.first_bin for track in kept), default=FINITE.start)
        stop = max((track.first_bin + track.counts.shape[1] for track in kept), default=first + 1)
        shape = (len(tracks), len(rows[0]))
        #: Sums of ``bnviz.track.SUMS``, (N, R, 8).
        self.sums = np.zeros((*shape, len(SUMS)))
        below = np.zeros((*shape, stop - first + 1))
        for i, (track, at) in enumerate(zip(tracks, rows, strict=True)):
            if track is None or not track.rows:
                continue
            start = track.first_bin - first + 1
            counts = track.counts
            below[i, :, start : start + counts.shape[1]] = counts[at]
            self.sums[i] = track.sums[at]
            if at[0] < 0 or at[-1] < 0:
                below[i, at < 0] = 0
                self.sums[i, at < 0] = 0
        np.cumsum(below, axis=-1, out=below)
        #: NaN, +inf and −inf, (N, R, 3).
        self.nonfinite = self.sums[..., POSITIONS["nonfinite"]]
        total = below[..., -1] + self.nonfinite[..., 1] + self.nonfinite[..., 2]
        below += self.nonfinite[..., 2, None]
        below /= np.maximum(total, 1)[..., None]
        self._empty = total == 0
        self._first = first - FINITE.start  # the edge at which the window begins
        self._edges = EDGES[self._first : self._first + below.shape[-1]]
        self._below = below

    def shares_below(self, thresholds: Thresholds) -> Array:
        """Share of the numbers below each threshold, linear inside a bin: (N, R, T)."""
        last = len(self._edges) - 1
        position = np.clip(thresholds.position - self._first, 0, last)
        left = np.minimum(position.astype(np.intp), last - 1)
        inside = (position - left)[:, None]
        index = left[:, None] + self._row_starts()
        flat = self._below.ravel()
        low = flat[index]
        return low + inside * (flat[index + 1] - low)

    def quantiles(self, q: Array) -> Array:
        """Quantiles of each row, linear inside a bin: (N, R, Q); NaN for a row without numbers."""
        lifted = self._below + 2.0 * np.arange(self._empty.size).reshape(*self._empty.shape, 1)
        wanted = q + 2.0 * np.arange(self._empty.size).reshape(*self._empty.shape, 1)
        starts = self._row_starts()
        at = np.searchsorted(lifted.ravel(), wanted.ravel()).reshape(wanted.shape) - starts
        last = len(self._edges) - 1
        right = np.clip(at, 1, last)
        flat = self._below.ravel()
        low, high = flat[right - 1 + starts], flat[right + starts]
        inside = np.clip((q - low) / np.where(high > low, high - low, 1), 0, 1)
        edge = self._edges[right - 1]
        values = edge + inside * (self._edges[right] - edge)
        values[at > last] = np.inf
        values[at < 1] = -np.inf
        values[self._empty] = np.nan
        return values

    def std(self) -> Array:
        """Standard deviation of the finite values, (N, R), NaN where there are none."""
        return std_of(self.sums)

    def dead(self) -> Array:
        """Share of the units that let nothing through, (N, R), NaN where none was counted."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.sums[..., POSITIONS["dead"]] / self.sums[..., POSITIONS["units"]]

    @property
    def empty(self) -> Array:
        """Which rows hold no numbers, (N, R)."""
        return self._empty

    def _row_starts(self) -> Array:
        starts = np.arange(self._empty.size) * len(self._edges)
        return starts.reshape(*self._empty.shape, 1)


def std_of(sums: Array) -> Array:
    """Standard deviation of the finite values from sums (…, 8); NaN where there are none."""
    count = sums[..., POSITIONS["finite"]]
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        mean = sums[..., POSITIONS["sum"]] / count
        return np.sqrt(np.maximum(sums[..., POSITIONS["square"]] / count - mean * mean, 0))
