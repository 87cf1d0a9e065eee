"""Recordings on disk: one compressed file of NumPy's .npz kind, with a header in JSON."""

import json
from collections.abc import Mapping
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnviz.recording.store import RecordingError, Store
from bnviz.recording.track import Track

__all__ = ["read", "write"]

#: The number goes up whenever the meaning of the tables changes, such as the edges of the bins.
_FORMAT = "bnviz recording 2"


def write(path: str | PathLike[str], store: Store) -> None:
    """Write the tables to a file; an existing one is replaced."""
    tracks = store.tracks.items()
    header = {
        "format": _FORMAT,
        "every": store.every,
        "stride": store.stride,
        "num_steps": store.num_steps,
        "notes": store.notes,
        "tracks": [[name, t.activation, t.quantity, t.first_bin] for name, t in tracks],
    }
    arrays: dict[str, Any] = {
        f"{part}{index}": getattr(track, part)
        for index, track in enumerate(store.tracks.values())
        for part in ("counts", "sums")
    }
    with open(path, "wb") as file:
        np.savez_compressed(file, header=np.array(json.dumps(header)), **arrays)


def read(path: str | PathLike[str]) -> Store:
    """Read the tables that :func:`write` wrote.

    Raises:
        RecordingError: when the file is truncated, damaged or not a recording.
        OSError: when it cannot be opened.
    """
    with open(path, "rb") as file:
        try:
            with np.load(file, allow_pickle=False) as arrays:
                # NumPy reads no further than a table's header says, and so may miss the checksum.
                if arrays.zip.testzip() is not None:
                    raise ValueError("a checksum is wrong")
                return _from_arrays(arrays)
        except Exception as error:  # damage shows up anywhere: in zipfile, zlib, NumPy, json, …
            raise RecordingError(
                f"{str(path)!r} is not a whole bnviz recording: it is truncated, damaged, of "
                "another version or another kind of file. Save it again with recording.save(path)"
            ) from error


def _from_arrays(arrays: Mapping[str, NDArray[Any]]) -> Store:
    header = json.loads(str(arrays["header"]))
    if header["format"] != _FORMAT:
        raise ValueError(f"unknown format {header['format']!r}")
    every, stride, num_steps = (int(header[key]) for key in ("every", "stride", "num_steps"))
    if min(every, stride, num_steps) < 1 or stride & (stride - 1):
        raise ValueError(f"every {every}, stride {stride}, num_steps {num_steps} do not fit")
    store = Store(every)
    store.stride, store.num_steps = stride, num_steps
    store.notes = [str(note) for note in header["notes"]]
    for index, (name, activation, quantity, first_bin) in enumerate(header["tracks"]):
        tables = arrays[f"counts{index}"], arrays[f"sums{index}"]
        store.tracks[str(name)] = Track.of(activation, quantity, int(first_bin), *tables)
    if not len(store.steps):
        raise ValueError("no rows")
    return store
