"""What happens inside networks while they train: distributions, accuracy, single images.

One layer stands large, the others small; the reader scrubs or plays the training. Percentiles over
all steps are those of Figure 1 of Ioffe & Szegedy (2015). The arrays that go to JavaScript are
small: see ``encoding`` and ``images``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bnviz.figures.gallery.distributions.encoding import LEVELS, encode
from bnviz.figures.gallery.distributions.images import encode_images
from bnviz.figures.gallery.distributions.live import Follower
from bnviz.figures.gallery.distributions.panels import Panel
from bnviz.figures.gallery.distributions.picture import draw_picture
from bnviz.figures.gallery.distributions.sources import Source, read_sources
from bnviz.figures.gallery.distributions.tracks import choose_layers
from bnviz.figures.gallery.distributions.wording import (
    WAITING,
    caption_of,
    describe,
    describe_layers,
    why_empty,
)
from bnviz.figures.kit.figure import Figure
from bnviz.figures.kit.labels import styles_of
from bnviz.figures.kit.notebook import in_kernel, view_of
from bnviz.figures.kit.paper import series_styles

if TYPE_CHECKING:
    from anywidget import AnyWidget
    from matplotlib.figure import Figure as Picture

__all__ = ["Distributions", "distributions"]

Array = NDArray[Any]

_HEIGHT = (524, 551)
_LINE = 21  # of the numbers of one series, in pixels
_MOST = (566, 594)


def distributions(
    recordings: object,
    layers: str | Sequence[str] | None = None,
    *,
    bins: int = 60,
    names: Mapping[str, str] | None = None,
    styles: Mapping[str, str] | None = None,
    start: int | None = None,
    caption: str | None = None,
) -> Distributions:
    """Show how the distributions inside a network move while it trains.

    Args:
        recordings: a ``Recording``, a ``Run``, what ``bnviz.record`` gives, several of these by
            label, or ``Twins``. What a run knows besides is shown too: its test accuracy, and
            images at the values that a unit has for them.
        layers: names or patterns such as ``"hidden*"``; all recorded values by default.
            Gradients and updates are shown where they are asked for: ``"*.grad"``, ``"*.update"``.
        bins: bars of each histogram, 10 to 200.
        names: ``{recorded name: name for readers}``; otherwise those of the runs, or the
            recorded names themselves.
        styles: ``{label: key}``; "without" and "with" are the colors of batch normalization.
            Otherwise those of the runs.
        start: the step at which the figure rests where it does not play: in a notebook, or where
            a reader wants no motion. The last by default, and while a recording runs.
        caption: what to see; a general one by default.

    Returns:
        The figure. On a recording that still runs, it follows it.

    Raises:
        TypeError: something that holds no recordings.
        ValueError: an unknown layer or label, no layers, no recordings, or bins or start out of
            range.

    Source: Ioffe & Szegedy 2015, Figure 1 (b, c), shows the percentiles over training.

    >>> from bnviz.recording import Recording
    >>> figure = distributions({"with BN": Recording()})
    >>> figure.alt
    'Nothing is recorded yet.'
    """
    return Distributions(
        read_sources(recordings),
        layers,
        bins=bins,
        names=names,
        styles=styles,
        start=start,
        caption=caption,
    )


def _name(layer: str, names: Mapping[str, str]) -> str:
    """What readers call a layer, or the gradient or update of one."""
    track, _, kind = layer.rpartition(".")
    if layer not in names and track in names:
        return f"{names[track]}, {kind}"
    return names.get(layer, layer)


class Distributions(Figure):
    """The figure that ``distributions`` returns: a figure that can be read again."""

    def __init__(
        self,
        sources: Mapping[str, Source],
        layers: str | Sequence[str] | None,
        *,
        bins: int,
        names: Mapping[str, str] | None,
        styles: Mapping[str, str] | None,
        start: int | None,
        caption: str | None,
    ) -> None:
        if not 10 <= bins <= 200:
            raise ValueError(f"distributions(): bins is {bins}; give a number from 10 to 200")
        if start is not None and start < 1:
            raise ValueError(f"distributions(): start is {start}; give a step, from 1 on")
        wide, narrow = (
            min(height + _LINE * len(sources), most)
            for height, most in zip(_HEIGHT, _MOST, strict=True)
        )
        super().__init__("distributions", alt="", height=(wide, narrow))
        self._wanted = None
        if layers is not None:
            self._wanted = [layers] if isinstance(layers, str) else list(layers)
            if not self._wanted:
                raise ValueError(
                    "distributions(): layers is empty; leave it out to show all recorded values"
                )
        self._bins, self._names, self._given_caption = bins, dict(names or {}), caption
        self._start = start
        runs = {label: source.run for label, source in sources.items()}
        self._styles = series_styles(list(sources), styles_of(runs, styles))
        if len(sources) == 1:
            self._styles[0]["dash"] = ""  # there is no other to tell it from
        self._sources = dict(sources)
        last = max(recording.num_steps for recording in self.recordings.values())
        if start is not None and not self.running and 0 < last < start:
            raise ValueError(
                f"distributions(): start is {start}; give a step from 1 to {last}, the last"
            )
        self.refresh()

    def refresh(self) -> None:
        """Read the recordings again, unless all were closed: then nothing refers to them."""
        if self._sources:
            with ExitStack() as stack:  # they may be filled in another thread
                for recording in sorted(self.recordings.values(), key=id):
                    stack.enter_context(recording.lock)
                self._read()

    def _read(self) -> None:
        sources = list(self._sources.values())
        recordings = self.recordings
        layers = choose_layers(recordings, self._wanted)
        scales, self.arrays = encode(recordings, layers, self._bins)
        names: dict[str, str] = {}
        for source in reversed(sources):
            names |= source.names
        names |= self._names
        # The images of a run that goes on would have to be read again for every row.
        probes = [None if self.running else source.probe for source in sources]
        images, which = encode_images(probes, scales)
        self.arrays |= images
        for s, source in enumerate(sources):
            steps, accuracy = source.accuracy
            if source.has_accuracy:
                self.arrays[f"accuracy.{s}.steps"] = steps.astype(np.int32)
                self.arrays[f"accuracy.{s}.values"] = accuracy.astype(np.float32)
        labels = list(self._sources)
        called = [_name(layer["title"], names) for layer in scales]
        texts = describe_layers(called, scales, labels, self.arrays)
        panels: list[Panel] = [
            {
                **layer,
                "name": name,
                "images": number,
                "alt": f"Percentiles over training; standard deviation of {text}.",
            }
            for layer, name, number, text in zip(scales, called, which, texts, strict=True)
        ]
        self.spec = {
            "labels": labels,
            "styles": self._styles,
            "layers": panels,
            "chosen": max(0, len(panels) - 1),
            "start": self._start,
            "accurate": any(source.has_accuracy for source in sources),
            "bins": self._bins,
            "levels": LEVELS,
            "last": max(recording.num_steps for recording in recordings.values()),
            "running": self.running,
        }
        if len(self.arrays["steps"]):
            caption = caption_of(panels)
            self.alt = describe(texts, labels, self.arrays)
        else:
            caption = WAITING if self.running else ""
            self.alt = why_empty(recordings.values())
        self.caption = self._given_caption or caption
        self.__dict__.pop("_still_html", None)
        if not self.running:
            self._sources = {}

    @property
    def recordings(self) -> dict[str, Any]:
        """What may still change, by label."""
        return {label: source.recording for label, source in self._sources.items()}

    @property
    def running(self) -> bool:
        """True while a recording may still change."""
        return not all(recording.closed for recording in self.recordings.values())

    def picture(self) -> Picture:
        """The same story as a still matplotlib figure."""
        self.refresh()
        return draw_picture(self.full_spec(), self.arrays)

    def widget(self) -> AnyWidget:
        """The figure as an anywidget; it follows recordings that still run."""
        widget = super().widget()
        if self._sources:
            Follower(self, self._sources, widget)
        return widget

    def show(self) -> None:
        """Display the figure. In a notebook it is live, and becomes the finished figure at last."""
        self.refresh()
        if not (self._sources and in_kernel()):
            super().show()
            return
        from IPython.display import display

        widget = super().widget()
        view, metadata = view_of(widget)
        bundle = {"text/plain": repr(self)} | view
        handle = display(bundle, metadata=metadata, raw=True, display_id=True)

        def finish() -> None:
            # Without the widget's view: the saved notebook has no model for it.
            handle.update(self.still_bundle(), raw=True)
            widget.close()

        Follower(self, self._sources, widget, finish)
