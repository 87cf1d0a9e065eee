"""The table of one layer: a histogram and a few sums for every row of time."""

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bnviz.recording import histogram

__all__ = [
    "DEAD",
    "FINITE",
    "MOMENTS",
    "NAN",
    "NEG_INF",
    "POS_INF",
    "SUMS",
    "UNITS",
    "Quantity",
    "Track",
]

#: What the values of a track are: those that enter a layer, those that it gives, the gradient of
#: the loss at one of these, or the size of a weight's updates relative to the weight.
Quantity = Literal["input", "output", "gradient", "update"]

#: What is summed up besides the histogram: the values and their squares; units that were "dead" and
#: all "units", over the steps of a row; the last four follow from the counts.
SUMS = ("sum", "square", "dead", "units", "finite", "nan", "+inf", "-inf")
_, _, DEAD, UNITS, FINITE, NAN, POS_INF, NEG_INF = range(len(SUMS))
#: The sum of the values and that of their squares.
MOMENTS = slice(0, DEAD)
_VERDICT = slice(DEAD, FINITE)
_SPECIAL = slice(NAN, len(SUMS))  # in the order of histogram.SPECIAL
#: Rows to make room for at once: half of what a recording has at most.
_ROOM = 100
#: Bins to make room for beyond a new extreme value: not each one moves the table.
_MARGIN = 8


class Track:
    """The histograms and sums of one layer; a row for every ``stride`` recorded steps.

    Args:
        activation: the kind of activation that these values enter, or None.
        quantity: what the values are; left out: the input of an activation, else an output.
    """

    def __init__(self, activation: str | None = None, quantity: Quantity | None = None) -> None:
        self.activation = activation
        self.quantity: Quantity = quantity or ("input" if activation else "output")
        self.rows = 0
        # Only the bins from the lowest to the highest value seen are kept, about half of them.
        self.first_bin = histogram.ZERO
        self._counts: NDArray[np.integer] = np.zeros((0, 0), dtype=np.uint32)
        self._sums: NDArray[np.float64] = np.zeros((0, len(SUMS)), dtype=np.float64)
        self._most = 0  # no count is above this
        # Rows before this one were judged by a window that is over; later ones carry the last
        # verdict, of dead units and of units at all.
        self._judged = 0
        self._verdict = (0, 0)

    @classmethod
    def of(
        cls,
        activation: str | None,
        quantity: Quantity,
        first_bin: int,
        counts: NDArray[np.integer],
        sums: NDArray[np.float64],
    ) -> "Track":
        """A track with these tables; raises ValueError where they do not fit together."""
        fits = (
            quantity in get_args(Quantity)
            and counts.ndim == 2
            and counts.dtype in (np.uint32, np.uint64)
            and sums.dtype == np.float64
            and sums.shape == (len(counts), len(SUMS))
            and histogram.FINITE.start <= first_bin <= histogram.FINITE.stop - counts.shape[1]
        )
        if not fits:
            raise ValueError(f"tables of shapes {counts.shape} and {sums.shape} do not fit")
        track = cls(activation, quantity)
        track.rows, track.first_bin = len(counts), first_bin
        track._counts, track._sums = counts, sums
        track._most = int(counts.max(initial=0))
        track._judged = track.rows
        return track

    @property
    def counts(self) -> NDArray[np.integer]:
        """Counts of the bins from :attr:`first_bin` on, shape (rows, bins kept)."""
        return self._counts[: self.rows]

    @property
    def sums(self) -> NDArray[np.float64]:
        """The sums that :data:`SUMS` names, shape (rows, 8)."""
        return self._sums[: self.rows]

    @property
    def end_bin(self) -> int:
        """The bin after the last one that is kept."""
        return self.first_bin + int(self._counts.shape[1])

    @property
    def moments(self) -> NDArray[np.float64]:
        """Sums of the finite values and of their squares, shape (rows, 2)."""
        return self.sums[:, MOMENTS]

    @property
    def verdicts(self) -> NDArray[np.float64]:
        """Dead units and all units, added up over the steps of each row, shape (rows, 2)."""
        return self.sums[:, _VERDICT]

    @property
    def nbytes(self) -> int:
        """Size of both tables in memory, in bytes."""
        return int(self._counts.nbytes + self._sums.nbytes)

    def table(self, rows: int) -> NDArray[np.int64]:
        """Dense counts, shape (rows, BINS); rows past the last are empty."""
        dense = np.zeros((rows, histogram.BINS), dtype=np.int64)
        dense[: self.rows, self._bins] = self.counts
        dense[: self.rows, histogram.SPECIAL] = self.sums[:, _SPECIAL]
        return dense

    def add(self, row: int, counts: NDArray[np.integer], moments: NDArray[np.float64]) -> None:
        """Add values to the rows from ``row`` on.

        Args:
            row: the first of r rows.
            counts: shape (r, BINS).
            moments: sums of the finite values and of their squares, shape (r, 2).
        """
        stop = row + len(counts)
        finite = counts[:, histogram.FINITE]
        occupied = np.flatnonzero(finite.any(axis=0)) + histogram.FINITE.start
        if len(occupied):
            self._cover(stop, int(occupied[0]), int(occupied[-1]) + 1)
        else:
            self._cover(stop, self._bins.start, self._bins.stop)
        added = counts[:, self._bins]
        self._raise_limit(1, int(added.max(initial=0)))
        self._counts[row:stop] += added.astype(self._counts.dtype)
        self._sums[row:stop, MOMENTS] += moments
        self._sums[row:stop, FINITE] += added.sum(axis=1)
        self._sums[row:stop, _SPECIAL] += counts[:, histogram.SPECIAL]
        self._carry()

    def add_bins(
        self,
        row: int,
        rows: NDArray[np.integer],
        bins: NDArray[np.int32],
        moments: NDArray[np.float64],
    ) -> None:
        """Add values by the bin of each, which is less work than :meth:`add` where they are few.

        Args:
            row: the first of r rows.
            rows: where K groups of values belong, counted from ``row``, shape (K,).
            bins: the bins of their values, shape (K, M).
            moments: as :meth:`add` has them, shape (r, 2).
        """
        count, low, high = len(moments), int(bins.min()), int(bins.max()) + 1
        if low < histogram.FINITE.start or high > histogram.FINITE.stop:
            cells = bins + (rows * histogram.BINS).astype(np.int32)[:, None]
            counts = np.bincount(cells.ravel(), minlength=count * histogram.BINS)
            self.add(row, counts.reshape(count, histogram.BINS), moments)
            return
        self._cover(row + count, low, high)
        added = np.bincount(rows, minlength=count) * bins.shape[1]
        self._raise_limit(1, int(added.max()))
        begins = (row + rows) * self._counts.shape[1] - self.first_bin
        cells = bins + begins.astype(np.int32)[:, None]
        np.add.at(self._counts.reshape(-1), cells.ravel(), self._counts.dtype.type(1))
        self._sums[row : row + count, MOMENTS] += moments
        self._sums[row : row + count, FINITE] += added
        self._carry()

    def judge(self, row: int, dead: ArrayLike, units: ArrayLike) -> None:
        """Say how many units were dead, for the rows from ``row`` on.

        Args:
            row: the first of r rows.
            dead: units that let nothing through, times the steps of each row, shape (r,).
            units: units of which that is known, likewise.
        """
        verdict = np.stack([dead, units], axis=1).astype(np.float64)
        stop = row + len(verdict)
        self._cover(stop, self._bins.start, self._bins.stop)
        self._sums[self._judged :, _VERDICT] = 0
        self._sums[row:stop, _VERDICT] += verdict
        self._judged, self._verdict = max(self._judged, stop), tuple(verdict[-1])
        self._carry()

    def coarsen(self) -> None:
        """Add rows 2i and 2i + 1 together."""
        self._raise_limit(2, 0)
        self._sums[self._judged :, _VERDICT] = 0
        rows = (self.rows + 1) // 2
        self._cover(2 * rows, self._bins.start, self._bins.stop)
        for table in (self._counts, self._sums):
            table[:rows] = table[0 : 2 * rows : 2] + table[1 : 2 * rows : 2]
            table[rows:] = 0
        self.rows, self._judged = rows, (self._judged + 1) // 2
        self._carry()

    def _carry(self) -> None:
        """Give the last verdict to the rows of a window that is not over."""
        self._sums[self._judged : self.rows, _VERDICT] = self._verdict

    @property
    def _bins(self) -> slice:
        return slice(self.first_bin, self.end_bin)

    def _cover(self, rows: int, low: int, high: int) -> None:
        """Make room for that many rows and for the bins from ``low`` to before ``high``."""
        capacity, before = len(self._counts), self._bins
        if rows > capacity or low < before.start or high > before.stop:
            if low < before.start:
                low = max(low - _MARGIN, histogram.FINITE.start)
            if high > before.stop:
                high = min(high + _MARGIN, histogram.FINITE.stop)
            if self._counts.size:
                low, high = min(low, before.start), max(high, before.stop)
            room = max(capacity, -(-rows // _ROOM) * _ROOM)
            larger = np.zeros((room, high - low), self._counts.dtype)
            larger[:capacity, before.start - low : before.stop - low] = self._counts
            sums = np.zeros((len(larger), len(SUMS)))
            sums[:capacity] = self._sums
            self.first_bin, self._counts, self._sums = low, larger, sums
        self.rows = max(self.rows, rows)

    def _raise_limit(self, factor: int, added: int) -> None:
        """Go over to 64 bits before a count, times ``factor`` plus ``added``, overflows 32."""
        most = factor * self._most + added
        if most >= 2**32:  # the bound is loose, so look before memory doubles
            most = factor * int(self._counts.max(initial=0)) + added
        if most >= 2**32 and self._counts.dtype == np.uint32:
            self._counts = self._counts.astype(np.uint64)
        self._most = most
