"""The newest row of running recordings, as the page takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bnviz.figures.gallery.distributions.encoding import Encoder
from bnviz.figures.gallery.distributions.panels import Scales
from bnviz.figures.gallery.distributions.tracks import tracks_of
from bnviz.recording import Recording
from bnviz.recording.rows import Rows

__all__ = ["Newest"]


class Newest:
    """Reads the newest row on the scales of ``panels``.

    Args:
        recordings: by label.
        panels: what ``encode`` returned for them.
    """

    def __init__(self, recordings: Mapping[str, Recording], panels: Sequence[Scales]) -> None:
        runs = recordings.values()
        self._tracks = [track for panel in panels for track in tracks_of(runs, panel["title"])]
        self._encoder = Encoder(panels, len(recordings)) if panels else None

    def read(self) -> tuple[bytes, list[int], float]:
        """The row, as ``readLiveRow`` in distributions.js takes it.

        Returns:
            The bytes of ``std`` (float32), ``percents``, ``off``, ``dead`` and ``heights`` (uint8,
            not as differences); ``nonfinite`` as a list, empty if all are zero; and the largest
            share in an outermost bar.
        """
        if self._encoder is None:
            return b"", [], 0.0
        rows = Rows(self._tracks)
        percents, off, dead, heights, std, beyond = self._encoder.levels(rows)
        parts = std.astype(np.float32), percents, off, dead, heights
        bad = rows.nonfinite()
        return (
            b"".join(part.tobytes() for part in parts),
            bad.ravel().tolist() if bad.any() else [],
            beyond,
        )
