"""What rows of tracks say: percentiles, shares, moments, for many rows of many layers at once.

The one reader of tables: :class:`Recording` reads one layer with it, a figure several, a live
figure the newest row of all. It makes one running sum through the kept bins of all rows; whatever
is asked is then looked up in it.

A bin's values count as spread evenly over it, save those of the bin of zero: they count as zero,
because a rectifier puts many values exactly there.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bnviz.activations import FLAT_FROM, RECTIFIERS
from bnviz.recording import histogram
from bnviz.recording.track import DEAD, FINITE, MOMENTS, NAN, NEG_INF, POS_INF, SUMS, UNITS, Track

__all__ = ["ABOVE_ZERO", "Rows", "Thresholds"]

Array = NDArray[Any]

#: The smallest number that does not count as zero.
ABOVE_ZERO = float(histogram.EDGES[histogram.ZERO])
# Where each bin that holds numbers begins and ends, and how wide it is.
_LOW = np.concatenate([[-np.inf], histogram.EDGES[:-1], [np.inf]])
_HIGH = np.concatenate([[-np.inf], histogram.EDGES[1:], [np.inf]])
_LOW[histogram.ZERO] = _HIGH[histogram.ZERO] = 0.0
_WIDTH = np.where(np.isinf(_LOW), 0, np.nan_to_num(_HIGH) - np.nan_to_num(_LOW))


class Thresholds:
    """Thresholds, found among the bins once for any number of rows.

    Args:
        values: finite numbers, shape (E,) for all tracks alike, or (T, E).
    """

    def __init__(self, values: ArrayLike) -> None:
        values = np.atleast_2d(np.asarray(values, dtype=np.float64))
        self.bins = np.searchsorted(histogram.EDGES, values, side="right")
        inside = self.bins.clip(histogram.FINITE.start, histogram.FINITE.stop - 1)
        low, high = histogram.EDGES[inside - 1], histogram.EDGES[inside]
        # Above zero is above all of the bin of zero.
        self.parts = np.where(
            inside == histogram.ZERO, values > 0, np.clip((values - low) / (high - low), 0, 1)
        )
        self._columns: tuple[tuple[int, int], Array, Array] = (0, 0), values, values

    def among(self, first: int, width: int) -> tuple[Array, Array]:
        """Where the thresholds lie among the columns of :class:`Rows`.

        Args:
            first: the bin of column 1.
            width: columns in all.

        Returns:
            For each threshold the column, and the share of its values that are below, (T, 1, E).
        """
        if self._columns[0] != (first, width):  # of running recordings, they are nearly always
            columns = self.bins - (first - 1)
            outside = (columns < 1) | (columns > width - 2)
            parts = np.where(outside, 0.0, self.parts)
            self._columns = (first, width), columns.clip(1, width - 1)[:, None], parts[:, None]
        return self._columns[1:]


class Rows:
    """R rows of each of T tracks. What has no number there is NaN in all answers.

    Args:
        tracks: the tracks; None for one that is missing.
        rows: which rows to read of each track, shape (T, R); where there is no such row, as −1,
            it is empty. Left out: the newest one of each track, R = 1.

    >>> track = Track()
    >>> track.add(0, histogram.bin_values([0.0, 0.0, 0.0, 8.0])[None], np.array([[8.0, 64.0]]))
    >>> rows = Rows([track])
    >>> rows.mean().tolist(), rows.percentiles([50]).tolist(), rows.total.tolist()
    ([[2.0]], [[[0.0]]], [[4]])
    """

    def __init__(self, tracks: Sequence[Track | None], rows: ArrayLike | None = None) -> None:
        self._tracks = tracks
        chosen = None if rows is None else np.asarray(rows)
        known = [(t, track) for t, track in enumerate(tracks) if track is not None and track.rows]
        length = 1 if chosen is None else chosen.shape[1]
        # Between −inf and +inf stand the bins that any of the tracks keeps.
        spans = [(track.first_bin, track.end_bin) for _, track in known]
        spans = spans or [(histogram.ZERO, histogram.ZERO)]
        self._first = first = min(spans)[0]
        width = max(end for _, end in spans) - first + 2
        running = np.zeros(1 + len(tracks) * length * width, np.int64)
        counts = running[1:].reshape(len(tracks), length, width)
        self.sums = np.zeros((len(tracks), length, len(SUMS)))
        for (t, track), (begin, end) in zip(known, spans, strict=False):
            low, high = begin - first + 1, end - first + 1
            if chosen is None:
                counts[t, 0, low:high] = track.counts[-1]
                self.sums[t, 0] = track.sums[-1]
            else:
                there = np.flatnonzero((chosen[t] >= 0) & (chosen[t] < track.rows))
                counts[t, there, low:high] = track.counts[chosen[t, there]]
                self.sums[t, there] = track.sums[chosen[t, there]]
        self._infinite = bool(self.sums[..., POS_INF:].any())
        if self._infinite:
            counts[..., 0], counts[..., -1] = self.sums[..., NEG_INF], self.sums[..., POS_INF]
        np.add.accumulate(running, out=running)
        self._running, self._width = running, width
        # Where each row begins in the running sum, how much came before it, how much it holds.
        ends = np.arange(0, running.size, width)
        at_ends = running.take(ends)
        self._start = ends[:-1].reshape(-1, length, 1)
        self._before = at_ends[:-1].reshape(self._start.shape)
        self._total = at_ends[1:].reshape(self._start.shape) - self._before
        self._some_empty = not self._total.all()

    # -- from the sums -----------------------------------------------------------------------------

    @property
    def total(self) -> Array:
        """How many values each row summarizes, NaN included, int64 of shape (T, R)."""
        return self._total[..., 0] + self.sums[..., NAN].astype(np.int64)

    def nonfinite(self) -> Array:
        """Counts of NaN, +inf and −inf, int64 of shape (T, R, 3)."""
        return self.sums[..., NAN:].astype(np.int64)

    def mean(self) -> Array:
        """Mean of the finite values, shape (T, R)."""
        return self._moments()[..., 0]

    def std(self) -> Array:
        """Standard deviation (biased) of the finite values, shape (T, R)."""
        moments = self._moments()
        mean = moments[..., 0]
        std: Array = np.sqrt(np.maximum(moments[..., 1] - mean * mean, 0))
        return std

    def _moments(self) -> Array:
        """Means of the finite values and of their squares, shape (T, R, 2)."""
        return _ratio(self.sums[..., MOMENTS], self.sums[..., FINITE, None])

    def dead(self) -> Array:
        """Share of a rectifier's units that let nothing through, shape (T, R)."""
        return _ratio(self.sums[..., DEAD], self.sums[..., UNITS])

    # -- from the bins -----------------------------------------------------------------------------

    def percentiles(self, percents: ArrayLike) -> Array:
        """Percentiles, linearly inside a bin.

        Args:
            percents: from 0 to 100, shape (Q,).

        Returns:
            float64 of shape (T, R, Q), each in the bin of ``np.percentile(…,
            method="inverted_cdf")``; −inf or +inf where it falls among the infinities.
        """
        # Half a value stands for rank 0, which is that of the smallest value.
        rank = np.maximum(np.divide(percents, 100) * self._total, 0.5)
        # A whole number, because it is searched for among whole numbers.
        whole = np.ceil(rank).astype(np.int64) + self._before
        at = self._running.searchsorted(whole.ravel()).reshape(whole.shape) - 1
        below = self._running.take(at)
        count = self._running.take(at + 1, mode="clip") - below
        bins = at - self._start + (self._first - 1)
        if self._infinite:
            bins[at == self._start] = histogram.NEG_INF
            bins[at == self._start + (self._width - 1)] = histogram.POS_INF
        inside = (rank - (below - self._before)) / np.maximum(count, 1)
        low, high = _LOW.take(bins, mode="clip"), _HIGH.take(bins, mode="clip")
        # The outermost finite bins are so wide that the sum rounds.
        values: Array = np.minimum(low + _WIDTH.take(bins, mode="clip") * inside, high)
        if self._some_empty:
            values[self._total[..., 0] == 0] = np.nan
        return values

    def shares_below(self, thresholds: Thresholds | ArrayLike) -> Array:
        """Share of the numbers below each threshold, linearly inside a bin.

        Args:
            thresholds: finite numbers, shape (E,) or (T, E); zeros are below those above zero.

        Returns:
            float64 of shape (T, R, E); −inf counts as below, NaN values are left out.
        """
        if not isinstance(thresholds, Thresholds):
            thresholds = Thresholds(thresholds)
        columns, parts = thresholds.among(self._first, self._width)
        at = columns + self._start
        below = self._running.take(at)
        inside = self._running.take(at + 1) - below
        numbers: Array = below - self._before + parts * inside
        if self._some_empty:
            return _ratio(numbers, self._total)
        numbers /= self._total
        return numbers

    def shares_between(self, edges: ArrayLike) -> Array:
        """Share of the numbers between neighboring ascending edges, shape (T, R, E - 1)."""
        return np.diff(self.shares_below(edges), axis=-1)

    def saturated(self) -> Array:
        """Share of sigmoid or tanh inputs where the slope is under 5 % of its steepest, (T, R)."""
        limits = self._by_track(FLAT_FROM)
        below = self.shares_below(np.nan_to_num(np.stack([-limits, limits], axis=1)))
        return np.where(np.isnan(limits)[:, None], np.nan, 1 - (below[..., 1] - below[..., 0]))

    def inactive(self) -> Array:
        """Share of a rectifier's inputs at or below zero, shape (T, R)."""
        rectifies = self._by_track(dict.fromkeys(RECTIFIERS, 1.0))
        return self.shares_below([ABOVE_ZERO])[..., 0] * rectifies[:, None]

    def _by_track(self, values: dict[str, float]) -> Array:
        """The value for the activation of each track, else NaN."""
        kinds = [track.activation if track else None for track in self._tracks]
        return np.array([values.get(kind or "", np.nan) for kind in kinds])


def _ratio(part: Array, whole: Array) -> Array:
    """Elementwise part / whole, NaN where the whole is zero."""
    ratio = np.empty(part.shape)
    ratio.fill(np.nan)  # half the time of np.full, which a figure that is live notices
    np.divide(part, whole, out=ratio, where=whole > 0)
    return ratio
