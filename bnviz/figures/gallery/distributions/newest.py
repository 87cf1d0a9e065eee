"""The newest row of running recordings, read in a twentieth of a millisecond.

The same numbers as ``encode`` reads from a whole recording, for one row. A training loop pays for
them: what does not change from row to row is prepared, and each step works on all series at once,
on one running sum through the counts of all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bnviz.figures.gallery.distributions.encoding import (
    LEVELS,
    NO_MEANING,
    PERCENTS,
    SHARES,
    Array,
    Panel,
    edges_of,
)
from bnviz.recording import histogram
from bnviz.recording.recording import RECTIFIERS, SATURATES_AT, Recording
from bnviz.recording.track import SUMS

__all__ = ["Newest"]

_QUANTILES = np.divide(PERCENTS, 100)
_SUM, _SQUARE, _DEAD, _UNITS, _FINITE, *_ = range(len(SUMS))
_NONFINITE = slice(SUMS.index("nan"), SUMS.index("-inf") + 1)
_ABOVE_ZERO = float(histogram.EDGES[histogram.EDGES > 0][0])
_ROUND = 0.5  # a cast to whole numbers cuts: this much more rounds to the nearest one,
_ROUND_UP = 1 - 1e-6  # and this much more rounds up


class Newest:
    """Reads the newest row on the scales of ``panels``.

    Args:
        recordings: by label.
        panels: what ``encode`` returned for them.
    """

    def __init__(self, recordings: Mapping[str, Recording], panels: Sequence[Panel]) -> None:
        pairs = [(panel, s, r) for panel in panels for s, r in enumerate(recordings.values())]
        known = [panel["name"] in run.layers for panel, _, run in pairs]
        self._present = np.flatnonzero(known)
        pairs = [pair for pair, there in zip(pairs, known, strict=True) if there]
        self._tracks = [run.track(panel["name"]) for panel, _, run in pairs]
        bars = panels[0]["bins"] if panels else 0
        self._std = np.full(len(known), np.nan, np.float32)
        self._bytes = np.zeros((len(known), 5 + bars), np.uint8)
        self._bytes[:, :5] = NO_MEANING
        if not pairs:
            return

        def column(values: Any) -> Array:
            return np.array(list(values), dtype=float)[:, None]

        kinds = [panel["activation"] for panel, *_ in pairs]
        self._rectifies = column(kind in RECTIFIERS for kind in kinds)
        saturates = column(kind in SATURATES_AT for kind in kinds)
        # Off is what is below the first of these and what is above the second.
        limits = [SATURATES_AT.get(kind, 0.0) for kind in kinds]
        lower = np.where(self._rectifies, _ABOVE_ZERO, -column(limits))
        edges = [edges_of(panel) for panel, *_ in pairs]
        thresholds = np.concatenate([lower, column(limits), edges], axis=1)
        self._bin, self._inside = histogram.locate(thresholds)
        # What becomes of the numbers of a row to be bytes: times, plus, at most.
        low, high = np.array([panel["span"] for panel, *_ in pairs]).T[:, :, None]
        per_value = (NO_MEANING - 1) / (high - low)
        has_off = SHARES * np.maximum(self._rectifies, saturates)
        heights = LEVELS / np.sqrt(column(panel["top"] for panel, *_ in pairs))
        self._times = np.repeat(
            np.hstack([per_value, has_off, SHARES * self._rectifies, heights]),
            [3, 1, 1, bars],
            axis=1,
        )
        self._plus = np.full_like(self._times, _ROUND)
        self._plus[:, :3] -= per_value * low
        self._plus[:, 3:5] = np.where(self._times[:, 3:5] > 0, _ROUND_UP, NO_MEANING)
        self._most = np.where(np.arange(5 + bars) < 3, NO_MEANING - 1, NO_MEANING)
        self._times_saturates = saturates[:, 0]
        self._per_std = 1 / np.array([panel["stdScale"][s] for panel, s, _ in pairs])
        self._numbers = np.zeros_like(self._times)
        self._layout: tuple[list[int], list[int]] = [], []

    def read(self) -> tuple[bytes, list[int], float]:
        """The row, as ``readLiveRow`` in distributions.js takes it.

        Returns:
            The bytes of ``std`` (float32), ``percents``, ``off``, ``dead`` and ``heights`` (uint8,
            not as differences); ``nonfinite`` as a list, empty if all are zero; and the largest
            share in an outermost bar.
        """
        bad: list[int] = []
        beyond = 0.0
        if self._tracks:
            sums = np.array([track.sums[-1] for track in self._tracks])
            beyond = self._read_counts(sums)
            self._read_std(sums)
            if sums[:, _NONFINITE].any():
                every = np.zeros((len(self._std), 3), np.int64)
                every[self._present] = sums[:, _NONFINITE]
                bad = every.ravel().tolist()
        parts = self._bytes[:, :3], self._bytes[:, 3], self._bytes[:, 4], self._bytes[:, 5:]
        return self._std.tobytes() + b"".join(part.tobytes() for part in parts), bad, beyond

    def _read_std(self, sums: Array) -> None:
        """Standard deviation of the finite values; NaN where there are none."""
        with np.errstate(invalid="ignore", divide="ignore"):
            mean, square = (sums[:, :2] / sums[:, _FINITE, None]).T
            variance = np.maximum(square - mean * mean, 0)
            self._std[self._present] = np.sqrt(variance) * self._per_std

    def _read_counts(self, sums: Array) -> float:
        """All bytes of the row; returns the largest share in an outermost bar."""
        rows = [track.counts[-1] for track in self._tracks]
        layout = [track.first_bin for track in self._tracks], [len(row) for row in rows]
        if layout != self._layout:
            self._lay_out(*layout)
        running = self._running
        np.add.accumulate(np.concatenate(rows), dtype=np.int64, out=running[1:])
        ends = running.take(self._ends)
        minus = sums[:, SUMS.index("-inf")]
        base = ends[0] - minus  # running − base: how many numbers of the series are below
        total = ends[1] - base + sums[:, SUMS.index("+inf")]
        some = np.maximum(total, 1)
        numbers = self._numbers

        left, right = running.take(self._at)
        below = left + self._part * (right - left)
        below -= base[:, None]
        below /= some[:, None]
        shares = below[:, 3:] - below[:, 2:-1]
        np.sqrt(shares, out=numbers[:, 5:])
        numbers[:, 3] = below[:, 0] + self._times_saturates * (1 - below[:, 1])
        numbers[:, 4] = sums[:, _DEAD] / np.maximum(sums[:, _UNITS], 1)

        rank = np.maximum(_QUANTILES * total[:, None], 0.5) + base[:, None]
        whole = np.ceil(rank).astype(np.int64)  # of the type of `running`, which is searched as is
        edge = running.searchsorted(whole.ravel()).reshape(rank.shape)
        edge = np.minimum(np.maximum(edge, self._first_edge), self._last_edge)
        before, after = running.take(edge - 1), running.take(edge)
        bins = edge + self._to_bin
        inside = (rank - before) / np.maximum(after - before, 1)
        low, high = histogram.EDGES.take(bins), histogram.EDGES.take(bins + 1)
        numbers[:, :3] = histogram.between(low, high, inside)

        numbers *= self._times
        numbers += self._plus
        np.maximum(numbers, 0, out=numbers)
        np.minimum(numbers, self._most, out=numbers)
        numbers[:, 4][sums[:, _UNITS] == 0] = NO_MEANING
        if minus.any() or not total.all() or (total > ends[1] - base).any():
            self._mend(rank, base, ends[1], total)
        self._bytes[self._present] = numbers.astype(np.uint8)
        return float(shares[:, [0, -1]].max())

    def _mend(self, rank: Array, base: Array, finite: Array, total: Array) -> None:
        """Percentiles among infinities, and series without any number in this row."""
        numbers = self._numbers
        minus_inf = rank <= self._running.take(self._ends[0])[:, None]
        numbers[:, :3][minus_inf] = 0
        numbers[:, :3][rank > finite[:, None]] = NO_MEANING - 1
        empty = total == 0
        numbers[empty, :4] = NO_MEANING
        numbers[empty, 5:] = 0

    def _lay_out(self, first_bins: list[int], widths: list[int]) -> None:
        """Find the thresholds among the kept bins of all series, one series after another."""
        self._layout = first_bins, widths
        first = np.array(first_bins)[:, None] - histogram.FINITE.start
        width = np.array(widths)[:, None]
        start = np.cumsum([0, *widths])[:-1, None]
        self._running = np.zeros(sum(widths) + 1, np.int64)
        self._ends = np.hstack([start, start + width]).T
        inside = (self._bin >= first) & (self._bin < first + width)
        at = np.clip(self._bin - first, 0, width)
        self._at = start + np.stack([at, np.minimum(at + 1, width)])
        self._part = np.where(inside, self._inside, 0)
        self._first_edge, self._last_edge = start + 1, start + width
        self._to_bin = first - start - 1
