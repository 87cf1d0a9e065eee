"""The newest row of running recordings, read in less than a tenth of a millisecond.

The same bytes as ``encode`` makes of a whole recording, for one row. A training loop pays for it,
so what does not change from row to row is prepared, and each step works on all series at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bnviz.figures.encoding import Encoder, Panel, share_bytes, track_of
from bnviz.figures.table import POSITIONS, std_of
from bnviz.histogram import EDGES
from bnviz.recording import Recording
from bnviz.track import SUMS

__all__ = ["Newest"]

_MIDDLES = (EDGES[:-1] + EDGES[1:]) / 2


class Newest:
    """Reads the newest row on the scales of ``panels``.

    Args:
        recordings: by label.
        panels: what ``encode`` returned for them.
    """

    def __init__(self, recordings: Mapping[str, Recording], panels: Sequence[Panel]) -> None:
        runs = list(recordings.values())
        tracks = [track_of(run, panel["name"]) for panel in panels for run in runs]
        self._tracks = [(i, track) for i, track in enumerate(tracks) if track]
        self._scales = Encoder(panels, len(runs)) if panels else None
        count = len(tracks)
        self._sums = np.zeros((count, len(SUMS)))
        # Counts of the finite bins, then their running sums with a zero before them. As integers:
        # running sums of floats take three times as long.
        self._counts = np.zeros((count, len(EDGES) - 1), np.int64)
        self._below = np.zeros((count, len(EDGES)), np.int64)
        if self._scales:
            thresholds = self._scales.thresholds
            self._left = thresholds.bin + len(EDGES) * np.arange(count)[:, None]
            self._inside = thresholds.position - thresholds.bin

    def read(self) -> tuple[bytes, list[int], float]:
        """The row, as ``readLiveRow`` in distributions.js takes it.

        Returns:
            The bytes of ``std`` (float32), ``percents``, ``off``, ``dead`` and ``heights`` (uint8,
            not as differences); ``nonfinite`` as a list, empty if all are zero; and the largest
            share in an outermost bar. Percentiles stand in the middle of their bin, 3 % from the
            true value at most.
        """
        scales, sums, below = self._scales, self._sums, self._below
        if scales is None:
            return b"", [], 0.0
        for i, track in self._tracks:
            row = track.counts[-1]
            self._counts[i, track.first_bin - 1 : track.first_bin - 1 + len(row)] = row
            sums[i] = track.sums[-1]
        np.cumsum(self._counts, axis=1, out=below[:, 1:])
        flat = below.ravel()
        nonfinite = sums[:, POSITIONS["nonfinite"]]
        total = np.maximum(below[:, -1] + nonfinite[:, 1] + nonfinite[:, 2], 1)[:, None]

        left = flat.take(self._left)
        at = (left + self._inside * (flat.take(self._left + 1) - left)) / total
        shares = at[:, 1:-2] - at[:, :-3]
        heights = np.sqrt(shares) * scales.height[:, 0] + 0.5

        ranks = np.ceil(scales.quantiles * total - nonfinite[:, 2:]).astype(np.int64)
        bins = np.array([line.searchsorted(rank) for line, rank in zip(below, ranks, strict=True)])
        values = _MIDDLES.take(bins - 1, mode="clip")
        levels = (values - scales.low[:, 0]) * scales.per_value[:, 0] + 0.5
        levels = np.minimum(np.maximum(levels, 0), 254)

        with np.errstate(invalid="ignore", divide="ignore"):
            std = std_of(sums)[:, None] / scales.std_scale
            dead = sums[:, POSITIONS["dead"]] / sums[:, POSITIONS["units"]]
        both = np.array([1 - (at[:, -1] - at[:, -2]), dead])
        content = (
            std.astype(np.float32).tobytes()
            + levels.astype(np.uint8).tobytes()
            + share_bytes(both, scales.meanings).tobytes()
            + np.minimum(heights, 255).astype(np.uint8).tobytes()
        )
        bad = nonfinite.astype(np.int64).ravel().tolist() if nonfinite.any() else []
        return content, bad, float(shares[:, [0, -1]].max())
