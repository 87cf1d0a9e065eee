"""Recordings that are closed from the first: read from a file, or added up from others."""

from os import PathLike

from bnviz.recording import files
from bnviz.recording.recording import Recording
from bnviz.recording.store import RecordingError, Store, add_up

__all__ = ["load", "merge"]


def load(path: str | PathLike[str]) -> Recording:
    """Read a recording that :meth:`Recording.save` wrote.

    Args:
        path: the file.

    Returns:
        The closed recording.

    Raises:
        RecordingError: when the file is truncated, damaged or not a recording.
        OSError: when it cannot be opened.
    """
    return _closed(files.read(path))


def merge(*recordings: Recording) -> Recording:
    """Add recordings of the same layers together: several seeds, workers or parts of the data.

    Steps are aligned by their number, so row for row the result summarizes all the values that any
    of the recordings summarized at those steps. The order does not matter. In a distributed run
    each rank saves its own: ``merge(*map(load, Path(".").glob("rank*.npz")))``.

    Args:
        recordings: one or more, with the same layers and the same ``every``.

    Returns:
        A new, closed recording.

    Raises:
        RecordingError: when there is none, or they do not fit together.
        TypeError: when something else is given.
    """
    if not recordings:
        raise RecordingError("merge needs at least one recording; given none")
    for other in recordings:
        if not isinstance(other, Recording):
            raise TypeError(
                f"merge takes recordings, as in merge(*recordings); given {type(other).__name__}"
            )
    first = recordings[0]
    for other in recordings:
        other._require_steps()
        if _form_of(other) != _form_of(first):
            raise RecordingError(
                "only recordings of the same layers, recorded equally often, can be merged; given "
                f"{_in_words(first)} and {_in_words(other)}"
            )
    return _closed(add_up([recording.store for recording in recordings]))


def _closed(store: Store) -> Recording:
    recording = Recording(store)
    recording.closed = True
    return recording


def _form_of(recording: Recording) -> object:
    tracks = recording.tracks.items()
    return recording.every, {(name, track.activation, track.quantity) for name, track in tracks}


def _in_words(recording: Recording) -> str:
    often = "every step" if recording.every == 1 else f"every {recording.every} steps"
    return f"[{', '.join(recording.tracks)}] {often}"
