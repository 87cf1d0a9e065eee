"""Follows running recordings: sends what is new to a widget, at a bounded cost to the training.

A recording calls its subscribers from inside the training loop, so everything here is cheap or
rare: the newest row a few times a second, and all rows where the axes no longer fit or many rows
have come. Both only while they take less than a small share of the time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from bnviz.figures.gallery.distributions.newest import Newest
from bnviz.figures.kit.blob import pack

if TYPE_CHECKING:
    from anywidget import AnyWidget

    from bnviz.figures.gallery.distributions import Distributions
    from bnviz.figures.gallery.distributions.sources import Source
    from bnviz.recording import Recording

__all__ = ["Follower"]

PAUSE = 0.1  # seconds between updates, at least
SHARE = 0.03  # of the time may go into updates, at most
ROWS = 400  # sent one by one, at most; then all are sent anew, merged as in the recording
_BEYOND = 0.1  # a larger share in an outermost bar asks for new axes


class Follower:
    """Keeps a widget up to date until all recordings are closed, then lets go of everything.

    Args:
        figure: re-read whenever all data must be sent.
        sources: by label; at least one of them still runs.
        widget: with the traits ``spec`` and ``data``.
        on_close: called once, when the last recording has closed and the widget has its data.
    """

    def __init__(
        self,
        figure: Distributions,
        sources: Mapping[str, Source],
        widget: AnyWidget,
        on_close: Callable[[], object] | None = None,
    ) -> None:
        self._figure, self._sources = figure, list(sources.values())
        self._recordings = {label: source.recording for label, source in sources.items()}
        self._widget, self._on_close = widget, on_close
        self._started = self._sent = time.perf_counter()
        self._spent = 0.0
        self._rows = 0
        self._scales = self._current_scales()
        self._newest = Newest(self._recordings, figure.spec["layers"])
        self._measured = self._accuracies_sent()
        for recording in self._recordings.values():
            recording.subscribe(self)

    def __call__(self, recording: Recording) -> None:
        """Told by a recording that something is new."""
        if all(r.closed for r in self._recordings.values()):
            self._finish()
            return
        now = time.perf_counter()
        if now - self._sent < PAUSE or self._spent > SHARE * (now - self._started):
            return
        if self._current_scales() != self._scales:
            self._send_all()
        else:
            self._send_newest()
        self._sent = time.perf_counter()
        self._spent += self._sent - now

    def _current_scales(self) -> tuple[object, ...]:
        """What must stay as it is for rows to be added one by one."""
        return self._rows // ROWS, *(len(r.layers) for r in self._recordings.values())

    def _send_newest(self) -> None:
        layers = self._figure.spec["layers"]
        row, nonfinite, beyond = self._newest.read()
        last = max(r.num_steps for r in self._recordings.values())
        every = min(r.stride * r.every for r in self._recordings.values())
        step = 1 + (last - 1) // every * every  # where the row of the last step begins
        content = {"kind": "row", "step": step, "last": last, "layers": len(layers)}
        if nonfinite:
            content["nonfinite"] = nonfinite
        accuracy = self._new_accuracies()
        if accuracy:
            content["accuracy"] = accuracy
        self._widget.send(content, buffers=[row])
        self._rows += 1
        if beyond > _BEYOND:
            self._scales = ()  # new axes next time

    def _new_accuracies(self) -> list[tuple[int, list[int], list[float]]]:
        """Of each series that measured its accuracy since: its index, the steps, the values."""
        new = []
        for s, source in enumerate(self._sources):
            steps, values = source.accuracy
            if len(values) > self._measured[s]:
                since = slice(self._measured[s], None)
                new.append((s, steps[since].tolist(), values[since].tolist()))
                self._measured[s] = len(values)
        return new

    def _accuracies_sent(self) -> list[int]:
        return [
            len(self._figure.arrays.get(f"accuracy.{s}.values", ()))
            for s in range(len(self._recordings))
        ]

    def _send_all(self) -> None:
        self._scales = self._current_scales()
        self._figure.refresh()
        self._measured = self._accuracies_sent()
        with self._widget.hold_sync():
            self._widget.spec = self._figure.full_spec()
            self._widget.data = pack(self._figure.arrays)
        self._newest = Newest(self._recordings, self._figure.spec["layers"])

    def _finish(self) -> None:
        for recording in self._recordings.values():
            recording.unsubscribe(self)
        self._send_all()
        self._recordings, self._sources = {}, []
        if self._on_close:
            self._on_close()
            self._on_close = None
