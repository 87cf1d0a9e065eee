"""Which tracks of the recordings a figure shows, and which of their rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from bnviz.figures.gallery.distributions.panels import SIZES
from bnviz.figures.gallery.distributions.sizes import Sizes
from bnviz.patterns import matching
from bnviz.recording import Recording
from bnviz.recording.track import Track

__all__ = ["choose_layers", "common_steps", "quantity_of", "rows_at", "tracks_of"]

Array = NDArray[Any]


def choose_layers(recordings: Mapping[str, Recording], wanted: Sequence[str] | None) -> list[str]:
    """Names of the tracks that match the names or patterns in ``wanted``, in order.

    Without such, all recorded values, and neither gradients nor updates; where no values were
    recorded, all that was.

    Raises:
        ValueError: a name that nothing matches; the message lists what there is.
    """
    runs = recordings.values()
    known = list(dict.fromkeys(name for run in runs for name in _names(run)))
    if wanted is None:
        return list(dict.fromkeys(layer for run in runs for layer in run.layers)) or known
    chosen: dict[str, None] = {}
    for pattern in wanted if known else ():
        found = matching(known, pattern)
        if not found:
            raise ValueError(f"no layer {pattern!r} was recorded; there are {', '.join(known)}")
        chosen |= dict.fromkeys(found)
    return list(chosen)


def _names(recording: Recording) -> list[str]:
    """All tracks; gradients, which run backwards, in the order of their layers."""
    order = {f"{layer}.grad": i for i, layer in enumerate(recording.layers)}
    gradients = sorted(recording.gradients, key=lambda name: order.get(name, len(order)))
    return [*recording.layers, *gradients, *recording.updates]


def quantity_of(recordings: Iterable[Recording], layer: str) -> str:
    """What the values of a layer are: "input", "output", "gradient" or "update"."""
    tracks = (recording.tracks.get(layer) for recording in recordings)
    return next((track.quantity for track in tracks if track), "output")


def tracks_of(recordings: Iterable[Recording], layer: str) -> list[Track | None]:
    """The track of each recording, or None; of gradients and updates only the sizes."""
    found = [recording.tracks.get(layer) for recording in recordings]
    # Rows reads them alike.
    return [
        cast("Track", Sizes(track)) if track and track.quantity in SIZES else track
        for track in found
    ]


def common_steps(recordings: Sequence[Recording]) -> Array:
    """The steps of the recording with rows that goes furthest; the others are read at these."""
    return max(recordings, key=lambda r: (len(r.steps) > 0, r.num_steps, -len(r.steps))).steps


def rows_at(recording: Recording, steps: Array) -> Array:
    """The row of a recording that each of these steps lies in; −1 where it has none."""
    rows = np.searchsorted(recording.steps, steps, side="right") - 1
    return np.where(steps <= recording.num_steps, rows, -1)
