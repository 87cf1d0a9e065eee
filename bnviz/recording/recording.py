"""What was recorded: for every layer, histograms and moments over the steps of a training run.

A recording is a table with a row for every ``stride`` recorded steps. When it has more than
:data:`MAX_ROWS` rows, neighbouring rows are added together and the stride doubles, so a recording
of a million steps is no larger than one of a few hundred.
"""

import copy
import json
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bnviz.recording import histogram
from bnviz.recording.track import SUMS, Track

__all__ = [
    "MAX_ROWS",
    "RECTIFIERS",
    "SATURATES_AT",
    "Recording",
    "RecordingError",
    "load",
    "merge",
]

MAX_ROWS = 200
_FORMAT = "bnviz recording 1"

#: Beyond ± this input, a sigmoid or tanh is flatter than 5 % of its steepest slope.
SATURATES_AT = {"sigmoid": 4.3565, "tanh": 2.1783}
#: Activations that let nothing through for inputs at or below zero.
RECTIFIERS = frozenset({"relu", "relu6"})


class RecordingError(ValueError):
    """A recording cannot be read as asked; the message says what to do."""


class Recording:
    """The distributions inside a network over the steps of its training.

    Made by :func:`bnviz.record`, :func:`bnviz.load` or :func:`bnviz.merge`. All reading methods
    return one value (or row of values) for every row of :attr:`steps`.

    Args:
        every: training steps from one recorded step to the next.
        model: what was watched, in words, for messages.
    """

    def __init__(self, every: int = 1, model: str = "the model") -> None:
        self.every = every
        self.stride = 1
        #: Training steps seen, recorded or not.
        self.num_steps = 0
        #: True once nothing more will be recorded.
        self.closed = False
        #: Why a recording may be empty; the recorder keeps it up to date.
        self.why_empty = f"{model} never ran in training mode while it was recorded"
        #: While a recorder runs, brings in what it has not binned yet; reading calls it.
        self.gather: Callable[[], object] | None = None
        self._tracks: dict[str, Track] = {}
        self._subscribers: list[Callable[[Recording], object]] = []

    def __repr__(self) -> str:
        state = "closed" if self.closed else "running"
        return f"Recording({len(self._tracks)} layers, {self.num_steps} steps, {state})"

    # -- reading -----------------------------------------------------------------------------------

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers, in the order in which they ran."""
        self._bring_up_to_date()
        return tuple(self._tracks)

    @property
    def steps(self) -> NDArray[np.int64]:
        """The training step (counted from 1) at which each row begins, shape (R,)."""
        self._bring_up_to_date()
        rows = max((track.rows for track in self._tracks.values()), default=0)
        return 1 + np.arange(rows, dtype=np.int64) * self.stride * self.every

    def activation(self, layer: str) -> str | None:
        """The kind of activation whose input was recorded ("relu", "sigmoid", …), or None."""
        return self._track(layer).activation

    def counts(self, layer: str) -> NDArray[np.int64]:
        """Counts in the bins of :mod:`bnviz.histogram`, shape (R, BINS)."""
        return self._track(layer).table(len(self.steps))

    def total(self, layer: str) -> NDArray[np.int64]:
        """How many values each row summarizes, shape (R,)."""
        return self.counts(layer).sum(axis=1)

    def percentiles(self, layer: str, q: ArrayLike = (15, 50, 85)) -> NDArray[np.float64]:
        """Percentiles of the values, to about the width of a bin (6 % of the value).

        Args:
            layer: one of :attr:`layers`.
            q: percents in [0, 100], shape (Q,).

        Returns:
            float64 of shape (R, Q).
        """
        percents = np.atleast_1d(np.asarray(q, dtype=np.float64))
        if not ((percents >= 0) & (percents <= 100)).all():
            raise RecordingError(f"percentiles lie between 0 and 100; given {percents.tolist()}")
        return histogram.quantiles(self.counts(layer), percents / 100)

    def density(self, layer: str, edges: ArrayLike) -> NDArray[np.float64]:
        """Share of the values between neighbouring edges, shape (R, len(edges) - 1)."""
        return histogram.share_between(self.counts(layer), edges)

    def mean(self, layer: str) -> NDArray[np.float64]:
        """Mean of the finite values, shape (R,)."""
        return _ratio(self._sum(layer, "sum"), self._sum(layer, "finite"))

    def std(self, layer: str) -> NDArray[np.float64]:
        """Standard deviation (biased) of the finite values, shape (R,)."""
        mean_square = _ratio(self._sum(layer, "square"), self._sum(layer, "finite"))
        return np.sqrt(np.maximum(mean_square - self.mean(layer) ** 2, 0))

    def saturated(self, layer: str) -> NDArray[np.float64]:
        """Share of sigmoid or tanh inputs where the slope is under 5 % of its steepest.

        That is beyond ±4.36 for a sigmoid and ±2.18 for tanh. NaN for other layers.
        """
        limit = SATURATES_AT.get(self.activation(layer) or "")
        if limit is None:
            return np.full(len(self.steps), np.nan)
        shares = histogram.share_below(self.counts(layer), [-limit, limit])
        return 1 - (shares[:, 1] - shares[:, 0])

    def inactive(self, layer: str) -> NDArray[np.float64]:
        """Share of a rectifier's inputs at or below zero; NaN for other layers. Shape (R,)."""
        if self.activation(layer) not in RECTIFIERS:
            return np.full(len(self.steps), np.nan)
        counts = self.counts(layer)
        return _ratio(counts[:, : histogram.ZERO + 1].sum(1), counts[:, : histogram.NAN].sum(1))

    def dead(self, layer: str) -> NDArray[np.float64]:
        """Share of a rectifier's units that let nothing through; NaN for other layers.

        A unit counts as dead where no recorded value of a window of up to 128 recorded steps was
        above zero; units that gave NaN are left out. Shape (R,).
        """
        if self.activation(layer) not in RECTIFIERS:
            return np.full(len(self.steps), np.nan)
        return _ratio(self._sum(layer, "dead"), self._sum(layer, "units"))

    def nonfinite(self, layer: str) -> NDArray[np.int64]:
        """Counts of NaN, +inf and −inf, shape (R, 3)."""
        return self.counts(layer)[:, histogram.SPECIAL]

    def _track(self, layer: str) -> Track:
        self._require_steps()
        if layer not in self._tracks:
            raise RecordingError(
                f"no layer {layer!r} in this recording; it holds {', '.join(self._tracks)}"
            )
        return self._tracks[layer]

    def _sum(self, layer: str, name: str) -> NDArray[np.float64]:
        track = self._track(layer)
        return np.pad(track.sums[:, SUMS.index(name)], (0, len(self.steps) - track.rows))

    def _require_steps(self) -> None:
        self._bring_up_to_date()
        if not any(track.rows for track in self._tracks.values()):
            raise RecordingError(
                f"nothing was recorded: {self.why_empty}. Call model.train() and run at least one "
                "step inside `with bnviz.record(model) as recording:`"
            )

    def _bring_up_to_date(self) -> None:
        if self.gather is not None:
            self.gather()

    # -- following a run ---------------------------------------------------------------------------

    def subscribe(self, callback: Callable[["Recording"], object]) -> None:
        """Call ``callback(recording)`` whenever rows arrive, and once more when it closes."""
        self._subscribers.append(callback)

    def unsubscribe(self, callback: Callable[["Recording"], object]) -> None:
        """Stop calling ``callback``; harmless if it was not subscribed."""
        if callback in self._subscribers:
            self._subscribers.remove(callback)

    @property
    def followed(self) -> bool:
        """True while somebody is subscribed."""
        return bool(self._subscribers)

    def notify(self) -> None:
        """Tell the subscribers that something is new; one that fails is told no more."""
        for callback in tuple(self._subscribers):
            try:
                callback(self)
            except Exception as error:  # whatever it is, it must not end the training run
                self.unsubscribe(callback)
                warnings.warn(f"a subscriber failed and was removed: {error!r}", stacklevel=2)

    def close(self) -> None:
        """Mark the recording as complete and tell the subscribers, once."""
        if not self.closed:
            self.closed = True
            self.notify()

    # -- writing -----------------------------------------------------------------------------------

    def track(self, layer: str, activation: str | None = None) -> Track:
        """The track of a layer, made on first use. For recorders."""
        return self._tracks.setdefault(layer, Track(activation))

    def make_room(self, recorded_steps: int) -> None:
        """Coarsen until that many recorded steps fit into :data:`MAX_ROWS` rows."""
        while recorded_steps > MAX_ROWS * self.stride:
            self._coarsen()

    def _coarsen(self) -> None:
        for track in self._tracks.values():
            track.coarsen()
        self.stride *= 2

    @property
    def nbytes(self) -> int:
        """Size of the tables in memory, in bytes."""
        return sum(track.nbytes for track in self._tracks.values())

    # -- files -------------------------------------------------------------------------------------

    def save(self, path: str | PathLike[str]) -> None:
        """Write the recording to one compressed file (NumPy's .npz, whatever the name).

        Args:
            path: the file; an existing one is replaced.
        """
        self._require_steps()
        header = {
            "format": _FORMAT,
            "every": self.every,
            "stride": self.stride,
            "num_steps": self.num_steps,
            "layers": [
                [name, track.activation, track.first_bin] for name, track in self._tracks.items()
            ],
        }
        arrays: dict[str, Any] = {
            f"{part}{index}": getattr(track, part)
            for index, track in enumerate(self._tracks.values())
            for part in ("counts", "sums")
        }
        with open(path, "wb") as file:
            np.savez_compressed(file, header=np.array(json.dumps(header)), **arrays)


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
    with open(path, "rb") as file:
        try:
            with np.load(file, allow_pickle=False) as arrays:
                # NumPy reads no further than a table's header says, and so may miss the checksum.
                if arrays.zip.testzip() is not None:
                    raise ValueError("a checksum is wrong")
                return _from_arrays(arrays)
        except Exception as error:  # damage shows up anywhere: in zipfile, zlib, NumPy, json, …
            raise RecordingError(
                f"{str(path)!r} is not a whole bnviz recording: it is truncated, damaged or "
                "another kind of file. Save it again with recording.save(path)"
            ) from error


def _from_arrays(arrays: Mapping[str, NDArray[Any]]) -> Recording:
    header = json.loads(str(arrays["header"]))
    if header["format"] != _FORMAT:
        raise ValueError(f"unknown format {header['format']!r}")
    every, stride, num_steps = (int(header[key]) for key in ("every", "stride", "num_steps"))
    if min(every, stride, num_steps) < 1 or stride & (stride - 1):
        raise ValueError(f"every {every}, stride {stride}, num_steps {num_steps} do not fit")
    recording = Recording(every)
    recording.stride, recording.num_steps, recording.closed = stride, num_steps, True
    for index, (name, activation, first_bin) in enumerate(header["layers"]):
        tables = arrays[f"counts{index}"], arrays[f"sums{index}"]
        recording._tracks[str(name)] = Track.of(activation, int(first_bin), *tables)
    recording._require_steps()
    return recording


def merge(*recordings: Recording) -> Recording:
    """Add recordings of the same layers together: several seeds, workers or parts of the data.

    Steps are aligned by their number, so row for row the result summarizes all the values that any
    of the recordings summarized at those steps. The order does not matter.

    Args:
        recordings: one or more, with the same layers and the same ``every``.

    Returns:
        A new, closed recording.

    Raises:
        RecordingError: when there is none, or they do not fit together.
    """
    if not recordings:
        raise RecordingError("merge needs at least one recording; given none")
    first = recordings[0]
    for other in recordings:
        other._require_steps()
        if _shape_of(other) != _shape_of(first):
            raise RecordingError(
                "only recordings of the same layers, recorded equally often, can be merged; given "
                f"{_in_words(first)} and {_in_words(other)}"
            )
    merged = Recording(every=first.every)
    merged.closed = True
    merged.num_steps = max(recording.num_steps for recording in recordings)
    merged.stride = max(recording.stride for recording in recordings)
    for layer in first.layers:
        target = merged.track(layer, first.activation(layer))
        for recording in recordings:
            part = copy.deepcopy(recording._tracks[layer])
            for _ in range((merged.stride // recording.stride).bit_length() - 1):
                part.coarsen()
            target.add(0, part.table(part.rows), part.sums[:, :4])
    return merged


def _shape_of(recording: Recording) -> tuple[int, frozenset[tuple[str, str | None]]]:
    kinds = ((name, recording.activation(name)) for name in recording.layers)
    return recording.every, frozenset(kinds)


def _in_words(recording: Recording) -> str:
    return f"[{', '.join(recording.layers)}] every {recording.every} steps"


def _ratio(
    part: Sequence[float] | NDArray[Any], whole: Iterable[float] | NDArray[Any]
) -> NDArray[np.float64]:
    """Elementwise part / whole, NaN where the whole is zero."""
    part, whole = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    return np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)
