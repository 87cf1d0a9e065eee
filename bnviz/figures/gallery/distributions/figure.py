"""Histograms of a network's layers over training, with and without BN on one axis.

The reader scrubs or plays the training. Each layer is a panel: above, the histogram at the chosen
step; below, the 15th, 50th and 85th percentiles over all steps, as in Figure 1 of Ioffe & Szegedy
(2015). The arrays that go to JavaScript are small: see ``encoding``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bnviz.figures.base import (
    Figure,
    in_kernel,
    line_style,
    new_picture,
    series_styles,
    view_of,
)
from bnviz.figures.gallery.distributions.encoding import (
    LEVELS,
    choose_layers,
    encode,
    percents_of,
    shares_of,
)
from bnviz.figures.gallery.distributions.live import Follower
from bnviz.recording import Recording

if TYPE_CHECKING:
    from anywidget import AnyWidget
    from matplotlib.figure import Figure as Picture

__all__ = ["Distributions", "distributions"]

Array = NDArray[Any]

PANELS = 4  # layers on one page of the figure
_CAPTION = (
    "{what} of each layer during training. The line over time is the median; the band around it, "
    "from the 15th to the 85th percentile, holds 70 % of the values. Spread is the standard "
    "deviation{terms}."
)
_TERMS = {
    "saturated": "; saturated: where the activation's slope is under 5 % of its steepest",
    "inactive": "; inactive: values at or below zero; dead: units that let nothing through",
}


class Runs(Protocol):
    """What has several recorded runs, such as ``bnviz.Twins``."""

    runs: Mapping[str, Any]


def distributions(
    recordings: Recording | Mapping[str, Recording] | Runs,
    layers: str | Sequence[str] | None = None,
    bins: int = 60,
    caption: str | None = None,
) -> Distributions:
    """Show how the distributions inside a network move while it trains.

    Args:
        recordings: one recording, several by label, or ``Twins``.
        layers: names or patterns such as ``"hidden*"``; all recorded layers by default.
        bins: bars of each histogram, 10 to 200.
        caption: what to see; a general one by default.

    Returns:
        The figure. On a recording that still runs, it follows it.

    Raises:
        TypeError: something that holds no recordings.
        ValueError: an unknown layer, no recordings, or bins out of range.

    Source: Ioffe & Szegedy 2015, Figure 1 (b, c), shows the percentiles over training.

    >>> from bnviz.recording import Recording
    >>> figure = distributions({"with BN": Recording()})
    >>> figure.alt
    'Nothing is recorded yet.'
    """
    return Distributions(_by_label(recordings), layers=layers, bins=bins, caption=caption)


class Distributions(Figure):
    """The figure that ``distributions`` returns."""

    name = "distributions"

    def __init__(
        self,
        recordings: Mapping[str, Recording],
        *,
        layers: str | Sequence[str] | None = None,
        bins: int = 60,
        caption: str | None = None,
    ) -> None:
        if not 10 <= bins <= 200:
            raise ValueError(f"bins is {bins}; give a number from 10 to 200, such as 60")
        super().__init__(alt="")
        self._wanted = [layers] if isinstance(layers, str) else layers
        self._bins, self._given_caption = bins, caption
        self._recordings = dict(recordings)
        self.refresh()

    def refresh(self) -> None:
        """Read the recordings again, unless all were closed: then nothing refers to them."""
        if not self._recordings:
            return
        layers = choose_layers(self._recordings, self._wanted)
        panels, self.arrays = encode(self._recordings, layers, self._bins)
        labels = list(self._recordings)
        self.spec = {
            "labels": labels,
            "styles": series_styles(labels),
            "layers": panels,
            "page": PANELS,
            "bins": self._bins,
            "levels": LEVELS,
            "last": max(recording.num_steps for recording in self._recordings.values()),
            "running": self.running,
        }
        self.caption = self._given_caption or _default_caption(self.spec)
        self.alt = _describe(self.spec, self.arrays)
        self.forget_picture()
        if not self.running:
            self._recordings = {}

    @property
    def running(self) -> bool:
        """True while a recording may still change."""
        return not all(recording.closed for recording in self._recordings.values())

    def picture(self) -> Picture:
        """Percentiles over time, and the histograms at the first, middle and last step."""
        self.refresh()
        return _draw_picture(self.spec, self.arrays)

    def widget(self) -> AnyWidget:
        """The figure as an anywidget; it follows recordings that still run."""
        widget = super().widget()
        if self._recordings:
            Follower(self, self._recordings, widget)
        return widget

    def show(self) -> None:
        """Display the figure. In a notebook it is live, and becomes the finished figure at last."""
        self.refresh()
        if not (self._recordings and in_kernel()):
            super().show()
            return
        from IPython.display import display

        widget = super().widget()
        view, metadata = view_of(widget)
        bundle = {"text/plain": repr(self)} | view
        handle = display(bundle, metadata=metadata, raw=True, display_id=True)

        def finish() -> None:
            # Without the widget's view: the saved notebook has no model for it.
            handle.update(self._still_bundle(), raw=True)
            widget.close()

        Follower(self, self._recordings, widget, finish)


def _by_label(recordings: object) -> dict[str, Recording]:
    """One recording, a mapping or something with runs, as a mapping."""
    runs = getattr(recordings, "runs", None)
    if isinstance(recordings, Recording):
        found: dict[str, Any] = {"": recordings}
    elif isinstance(runs, Mapping):
        found = {label: run.recording for label, run in runs.items()}
    elif isinstance(recordings, Mapping):
        found = {str(label): getattr(r, "recording", r) for label, r in recordings.items()}
    else:
        found = {"": recordings}
    for value in found.values():
        if not isinstance(value, Recording):
            raise TypeError(
                f"distributions() got a {type(value).__name__}; give a Recording, "
                "{label: Recording} or Twins"
            )
    if not found:
        raise ValueError("distributions() got no recordings; give at least one")
    return found


# --- in words -----------------------------------------------------------------------------------


def _default_caption(spec: Mapping[str, Any]) -> str:
    kinds = {panel["activation"] for panel in spec["layers"]}
    what = "The values that enter the activation" if kinds - {None} else "The values"
    offs = {panel["off"] for panel in spec["layers"] if panel["activation"]}
    return _CAPTION.format(what=what, terms="".join(_TERMS[off] for off in sorted(offs)))


def _describe(spec: Mapping[str, Any], arrays: Mapping[str, Array]) -> str:
    """The text alternative: the spread of each layer, first and last, and what went wrong."""
    layers = [_describe_layer(spec, arrays, i) for i in range(len(spec["layers"]))]
    for panel, words in zip(spec["layers"], layers, strict=True):
        panel["alt"] = words
    if not layers:
        return "Nothing is recorded yet."
    if len(layers) > 6:
        layers = [layers[0], layers[len(layers) // 2], layers[-1]]
        intro = f"Spread of 3 of {len(spec['layers'])} layers"
    else:
        intro = "Spread of each layer"
    return f"{intro}, from the first to the last recorded step. {'; '.join(layers)}."


def _describe_layer(spec: Mapping[str, Any], arrays: Mapping[str, Array], i: int) -> str:
    panel, words = spec["layers"][i], []
    for s, label in enumerate(spec["labels"]):
        std = arrays["std"][i, s].astype(float) * panel["stdScale"][s]
        seen = std[~np.isnan(std)]
        text = f"from {seen[0]:.2g} to {seen[-1]:.2g}" if len(seen) else "not recorded"
        if "nonfinite" in arrays and arrays["nonfinite"][i, s].any():
            text += ", with values that are NaN or infinite"
        words.append(f"{text} {label}".strip())
    return f"{panel['name']}: spread {', '.join(words)}"


# --- on paper -----------------------------------------------------------------------------------


def _draw_picture(spec: Mapping[str, Any], arrays: Mapping[str, Array]) -> Picture:
    layers = list(range(len(spec["layers"])))
    if not layers:
        picture, axes = new_picture(size=(7.2, 1.2))
        axes[0, 0].set_axis_off()
        axes[0, 0].text(0.5, 0.5, "Nothing is recorded yet.", ha="center", va="center")
        return picture
    if len(layers) > PANELS:  # the first, the last, and some between them
        layers = sorted({round(i) for i in np.linspace(0, len(layers) - 1, PANELS)})
    steps = arrays["steps"]
    moments = sorted({0, (len(steps) - 1) // 2, len(steps) - 1})
    picture, axes = new_picture(
        len(layers),
        1 + len(moments),
        size=(7.2, 0.5 + 1.35 * len(layers)),
        width_ratios=[1.7, *[1] * len(moments)],
    )
    for row, i in enumerate(layers):
        panel = spec["layers"][i]
        _draw_percentiles(axes[row, 0], spec, arrays, i)
        axes[row, 0].set_title(panel["name"], fontsize=9, loc="left", fontweight="bold")
        axes[row, 0].set_ylabel("input" if panel["activation"] else "value")
        for column, moment in enumerate(moments, start=1):
            _draw_histogram(axes[row, column], spec, arrays, i, moment)
            if row == 0:
                axes[row, column].set_title(f"step {steps[moment]}", fontsize=9)
    axes[-1, 0].set_xlabel("training step")
    for ax in axes[-1, 1:]:
        # Small: beside each other, these are as wide as the axes that they name.
        ax.set_xlabel(spec["layers"][layers[-1]]["what"], fontsize=7.5)
    axes[0, 1].set_ylabel("share of values")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    title = "left: median and 15th to 85th percentile; right: histograms at three steps"
    if not any(labels):
        handles, labels = [], []
    picture.legend(
        handles,
        labels,
        title=title,
        loc="outside upper center",
        ncols=4,
        frameon=False,
        fontsize=9,
        title_fontsize=8.5,
    )
    return picture


def _draw_percentiles(
    ax: Any, spec: Mapping[str, Any], arrays: Mapping[str, Array], i: int
) -> None:
    panel, steps = spec["layers"][i], arrays["steps"]
    percents = percents_of(panel, arrays["percents"][i])
    for style, (low, middle, high) in zip(spec["styles"], percents, strict=True):
        line = line_style(style)
        ax.fill_between(steps, low, high, color=style["hex"], alpha=0.15, linewidth=0)
        ax.plot(steps, middle, linewidth=1.6, label=style["label"], **line)
        for side in (low, high):
            ax.plot(steps, side, linewidth=0.7, **line)
    ax.set_ylim(*panel["span"])


def _draw_histogram(
    ax: Any, spec: Mapping[str, Any], arrays: Mapping[str, Array], i: int, moment: int
) -> None:
    panel = spec["layers"][i]
    edges = np.linspace(*panel["range"], spec["bins"] + 1)
    shares = shares_of(panel, arrays["heights"][i])[:, :, moment]
    for style, heights in zip(spec["styles"], shares, strict=True):
        if heights.any():
            ax.stairs(heights, edges, fill=True, color=style["hex"], alpha=0.15)
            ax.stairs(heights, edges, linewidth=1.1, **line_style(style))
    top, most = panel["ceiling"] * 1.05, shares.max(initial=0)
    place = {"x": 1, "ha": "right", "va": "top", "transform": ax.transAxes, "fontsize": 7.5}
    place["bbox"] = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1}
    if most > top:
        ax.text(y=0.98, s=f"▲ up to {100 * most:.0f} %", **place)
    if "nonfinite" in arrays and arrays["nonfinite"][i, ..., moment].any():
        ax.text(y=0.8, s="NaN or infinite", color="#b3261e", fontweight="bold", **place)
    ax.set_ylim(0, top)
    ax.yaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
