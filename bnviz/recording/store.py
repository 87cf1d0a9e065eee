"""The tables of a recording: the tracks of all layers, with the same rows, in bounded memory.

A row stands for ``stride`` recorded steps. When there would be more than :data:`MAX_ROWS` rows,
neighboring ones are added together and the stride doubles, so a recording of a million steps is
no larger than one of a few hundred.
"""

import copy
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bnviz.recording.track import Quantity, Track

__all__ = ["MAX_ROWS", "RecordingError", "Store", "add_up"]

MAX_ROWS = 200


class RecordingError(ValueError):
    """A recording cannot be read as asked; the message says what to do."""


class Store:
    """What a recorder writes and a recording reads.

    Args:
        every: training steps from one recorded step to the next.
    """

    def __init__(self, every: int = 1) -> None:
        self.every = every
        #: Recorded steps to a row.
        self.stride = 1
        #: Training steps seen, recorded or not.
        self.num_steps = 0
        #: The tracks by name, in the order in which their layers ran.
        self.tracks: dict[str, Track] = {}
        #: Sentences for who reads the recording, such as what was not watched.
        self.notes: list[str] = []

    @property
    def steps(self) -> NDArray[np.int64]:
        """The training step (counted from 1) at which each row begins, shape (R,)."""
        rows = max((track.rows for track in self.tracks.values()), default=0)
        return 1 + np.arange(rows, dtype=np.int64) * self.stride * self.every

    @property
    def nbytes(self) -> int:
        """Size of the tables in memory, in bytes."""
        return sum(track.nbytes for track in self.tracks.values())

    def track(
        self, name: str, activation: str | None = None, quantity: Quantity | None = None
    ) -> Track:
        """The track of that name, made on first use; see :class:`Track`."""
        if name not in self.tracks:
            self.tracks[name] = Track(activation, quantity)
        return self.tracks[name]

    def make_room(self, recorded_steps: int) -> None:
        """Coarsen until that many recorded steps fit into :data:`MAX_ROWS` rows."""
        while recorded_steps > MAX_ROWS * self.stride:
            for track in self.tracks.values():
                track.coarsen()
            self.stride *= 2


def add_up(stores: Sequence[Store]) -> Store:
    """Row for row the values of all stores, which have the same tracks, aligned by step."""
    merged = Store(stores[0].every)
    merged.num_steps = max(store.num_steps for store in stores)
    merged.stride = max(store.stride for store in stores)
    merged.notes = list(dict.fromkeys(note for store in stores for note in store.notes))
    for name, track in stores[0].tracks.items():
        target = merged.track(name, track.activation, track.quantity)
        for store in stores:
            part = copy.deepcopy(store.tracks[name])
            for _ in range((merged.stride // store.stride).bit_length() - 1):
                part.coarsen()
            target.add(0, part.table(part.rows), part.moments)
            target.judge(0, *part.verdicts.T)
    return merged
