"""What was recorded, to read: distributions inside a network over the steps of its training."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from os import PathLike
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bnviz.recording import files
from bnviz.recording.notes import warn
from bnviz.recording.rows import Rows
from bnviz.recording.store import RecordingError, Store
from bnviz.recording.summary import contents, summary
from bnviz.recording.track import Quantity, Track

__all__ = ["Recording", "RecordingError", "Source"]


class Source(Protocol):
    """What fills a recording while it runs."""

    @property
    def lock(self) -> AbstractContextManager[Any]:
        """Held while it fills the tables."""

    def flush(self) -> None:
        """Bring in what has come and is not in the tables yet."""

    def why_empty(self) -> str:
        """Why there may be nothing in the tables."""


class Recording:
    """The distributions inside a network over the steps of its training.

    Made by :func:`bnviz.record`, :func:`bnviz.load` or :func:`bnviz.merge`. All reading methods
    take the name of a layer, of a gradient or of an update, and return one value (or row of values)
    for every row of :attr:`steps`. ``print(recording)`` shows a table.

    Args:
        store: the tables; a recorder fills them.
        source: brings them up to date whenever somebody reads, until :meth:`close`.
    """

    def __init__(self, store: Store | None = None, source: Source | None = None) -> None:
        #: The tables, for recorders.
        self.store = Store() if store is None else store
        #: True once nothing more will be recorded.
        self.closed = False
        self._source = source
        self._why_empty = "the model never ran in training mode while it was recorded"
        self._subscribers: list[Callable[[Recording], object]] = []

    def __repr__(self) -> str:
        state = "closed" if self.closed else "running"
        return f"Recording({contents(self.store)}, {state})"

    def __str__(self) -> str:
        with self.lock:
            self._bring_up_to_date()
            empty = f"nothing was recorded: {self._why_empty}" if self.closed else "nothing yet"
            return summary(self.store, repr(self), empty)

    @property
    def lock(self) -> AbstractContextManager[Any]:
        """To hold while several things are read that belong together: a training waits for it."""
        source = self._source
        return source.lock if source else nullcontext()

    # -- reading -----------------------------------------------------------------------------------

    @property
    def every(self) -> int:
        """Training steps from one recorded step to the next."""
        return self.store.every

    @property
    def stride(self) -> int:
        """Recorded steps to a row."""
        return self.store.stride

    @property
    def num_steps(self) -> int:
        """Training steps seen, recorded or not."""
        return self.store.num_steps

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know besides, such as what was not watched; one sentence each."""
        return tuple(self.store.notes)

    @property
    def tracks(self) -> Mapping[str, Track]:
        """The tables themselves, by name, as they are at the moment."""
        return self.store.tracks

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers, in the order in which they ran."""
        return self._names("input", "output")

    @property
    def gradients(self) -> tuple[str, ...]:
        """Names of the gradients that were recorded: those of the layers with ".grad" behind."""
        return self._names("gradient")

    @property
    def updates(self) -> tuple[str, ...]:
        """Names of the weights whose updates were recorded, with ".update" behind."""
        return self._names("update")

    @property
    def steps(self) -> NDArray[np.int64]:
        """The training step (counted from 1) at which each row begins, shape (R,)."""
        with self.lock:
            self._bring_up_to_date()
            return self.store.steps

    def activation(self, layer: str) -> str | None:
        """The kind of activation whose input was recorded ("relu", "sigmoid", …), or None."""
        return self._track(layer).activation

    def quantity(self, layer: str) -> Quantity:
        """What was recorded: "input", "output", "gradient" or "update"."""
        return self._track(layer).quantity

    def counts(self, layer: str) -> NDArray[np.int64]:
        """Counts in the bins of :mod:`bnviz.recording.histogram`, shape (R, BINS)."""
        with self.lock:
            return self._track(layer).table(len(self.steps))

    def total(self, layer: str) -> NDArray[np.int64]:
        """How many values each row summarizes, shape (R,)."""
        return _only(self._rows(layer).total)

    def percentiles(self, layer: str, q: ArrayLike = (15, 50, 85)) -> NDArray[np.float64]:
        """Percentiles of the values, to about the width of a bin (6 % of the value).

        Args:
            layer: which values.
            q: percents in [0, 100], a number or an array of shape (Q,).

        Returns:
            float64 of shape (R,) for a number, (R, Q) for several.
        """
        percents = np.asarray(q, dtype=np.float64)
        if not ((percents >= 0) & (percents <= 100)).all():
            raise RecordingError(f"percentiles lie between 0 and 100; given {percents.tolist()}")
        found = _only(self._rows(layer).percentiles(percents.ravel()))
        return found if percents.ndim else found[:, 0]

    def shares(self, layer: str, edges: ArrayLike) -> NDArray[np.float64]:
        """Share of the values between neighboring edges, shape (R, len(edges) - 1)."""
        return _only(self._rows(layer).shares_between(edges))

    def mean(self, layer: str) -> NDArray[np.float64]:
        """Mean of the finite values, shape (R,)."""
        return _only(self._rows(layer).mean())

    def std(self, layer: str) -> NDArray[np.float64]:
        """Standard deviation (biased) of the finite values, shape (R,)."""
        return _only(self._rows(layer).std())

    def saturated(self, layer: str) -> NDArray[np.float64]:
        """Share of sigmoid or tanh inputs where the slope is under 5 % of its steepest.

        That is beyond ±4.36 for a sigmoid and ±2.18 for tanh. NaN for other layers. Shape (R,).
        """
        return _only(self._rows(layer).saturated())

    def inactive(self, layer: str) -> NDArray[np.float64]:
        """Share of a rectifier's inputs at or below zero; NaN for other layers. Shape (R,)."""
        return _only(self._rows(layer).inactive())

    def dead(self, layer: str) -> NDArray[np.float64]:
        """Share of a rectifier's units that let nothing through; NaN for other layers. Shape (R,).

        It is judged in windows of 128 recorded steps: a unit is dead in a window where none of its
        recorded values was above zero; units that gave NaN are left out. All rows of a window have
        its share. While a run goes on, the rows of a window that is not over carry the share of the
        last one that is, NaN before the first is over. What remains at the end of a run, shorter
        than a window, is judged together with the window before it; a run that is shorter is one
        window.
        """
        return _only(self._rows(layer).dead())

    def nonfinite(self, layer: str) -> NDArray[np.int64]:
        """Counts of NaN, +inf and −inf, shape (R, 3)."""
        return _only(self._rows(layer).nonfinite())

    def _rows(self, layer: str) -> Rows:
        with self.lock:
            return Rows([self._track(layer)], [range(len(self.store.steps))])

    def _track(self, layer: str) -> Track:
        self._require_steps()
        if layer not in self.store.tracks:
            raise RecordingError(
                f"no layer {layer!r} in this recording; it holds {', '.join(self.store.tracks)}"
            )
        return self.store.tracks[layer]

    def _names(self, *quantities: Quantity) -> tuple[str, ...]:
        with self.lock:
            self._bring_up_to_date()
            tracks = self.store.tracks.items()
            return tuple(name for name, track in tracks if track.quantity in quantities)

    def _require_steps(self) -> None:
        self._bring_up_to_date()
        if not len(self.store.steps):
            why = self._source.why_empty() if self._source else self._why_empty
            raise RecordingError(
                f"nothing was recorded: {why}. Call model.train() and run at least one "
                "step inside `with bnviz.record(model) as recording:`"
            )

    def _bring_up_to_date(self) -> None:
        if self._source is not None:
            self._source.flush()

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
                warn(f"a subscriber failed and was removed: {error!r}")

    def close(self) -> None:
        """Let go of the source, mark the recording as complete and tell the subscribers, once."""
        if self.closed:
            return
        self._bring_up_to_date()
        if self._source is not None:
            self._why_empty, self._source = self._source.why_empty(), None
        self.closed = True
        self.notify()

    # -- files -------------------------------------------------------------------------------------

    def save(self, path: str | PathLike[str]) -> None:
        """Write the recording to one compressed file (NumPy's .npz, whatever the name).

        Args:
            path: the file; an existing one is replaced.
        """
        with self.lock:
            self._require_steps()
            files.write(path, self.store)


def _only(values: NDArray[Any]) -> NDArray[Any]:
    """Those of the only track."""
    (track,) = values
    return np.asarray(track)
