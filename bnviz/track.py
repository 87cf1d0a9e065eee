"""The table of one layer: a histogram and a few sums for every row of time."""

import numpy as np
from numpy.typing import NDArray

from bnviz import histogram

__all__ = ["SUMS", "Track"]

#: What is summed up besides the histogram: "dead" of "units" let nothing through; the last four
#: follow from the counts.
SUMS = ("sum", "square", "dead", "units", "finite", "nan", "+inf", "-inf")


class Track:
    """The histograms and sums of one layer; a row for every ``stride`` recorded steps."""

    def __init__(self, activation: str | None = None) -> None:
        self.activation = activation
        # Only the bins from the lowest to the highest value seen are kept, about half of them.
        self.first_bin = histogram.ZERO
        self.counts = np.zeros((0, 0), dtype=np.uint32)
        self.sums = np.zeros((0, len(SUMS)), dtype=np.float64)

    @property
    def rows(self) -> int:
        return len(self.sums)

    def table(self, rows: int) -> NDArray[np.int64]:
        """Dense counts, shape (rows, BINS); rows past the last are empty."""
        dense = np.zeros((rows, histogram.BINS), dtype=np.int64)
        dense[: self.rows, self._bins] = self.counts
        dense[: self.rows, histogram.SPECIAL] = self.sums[:, 5:]
        return dense

    def add(self, row: int, counts: NDArray[np.integer], sums: NDArray[np.float64]) -> None:
        """Add rows from ``row`` on: counts of shape (r, BINS), the first sums of SUMS, (r, 4)."""
        stop = row + len(counts)
        occupied = np.flatnonzero(counts[:, histogram.FINITE].any(axis=0)) + histogram.FINITE.start
        low, high = (occupied[0], occupied[-1] + 1) if len(occupied) else (histogram.ZERO,) * 2
        self._cover(stop, int(low), int(high))
        added = counts[:, self._bins]
        self._widen(int(added.max(initial=0)))
        self.counts[row:stop] += added.astype(self.counts.dtype)
        self.sums[row:stop, :4] += sums
        self.sums[row:stop, 4] += added.sum(axis=1)
        self.sums[row:stop, 5:] += counts[:, histogram.SPECIAL]

    def coarsen(self) -> None:
        """Add rows 2i and 2i + 1 together."""
        if self.rows % 2:
            self._cover(self.rows + 1, histogram.ZERO, histogram.ZERO)
        self._widen(0)
        self.counts = self.counts[0::2] + self.counts[1::2]
        self.sums = self.sums[0::2] + self.sums[1::2]

    @property
    def _bins(self) -> slice:
        return slice(self.first_bin, self.first_bin + self.counts.shape[1])

    def _cover(self, rows: int, low: int, high: int) -> None:
        """Make room for that many rows and for the bins from ``low`` to before ``high``."""
        before, width = self._bins, self.counts.shape[1]
        low = min(low, before.start) if width else low
        high = max(high, before.stop) if width else high
        more = max(0, rows - self.rows)
        if more or low < before.start or high > before.stop:
            sides = (before.start - low, high - before.stop) if width else (0, high - low)
            self.counts = np.pad(self.counts, ((0, more), sides))
            self.sums = np.pad(self.sums, ((0, more), (0, 0)))
            self.first_bin = low

    def _widen(self, added: int) -> None:
        """Go over to 64 bits before adding a count, or two rows, could overflow 32."""
        if self.counts.dtype == np.uint32 and self.counts.size:
            largest = int(self.counts.max())
            if largest + max(added, largest) >= 2**32:
                self.counts = self.counts.astype(np.uint64)
