"""Histograms of a network's layers over training, with and without BN on one axis.

The reader scrubs or plays the training. Each layer is a panel: above, the histogram at the chosen
step; below, the 15th, 50th and 85th percentiles over all steps, as in Figure 1 of Ioffe & Szegedy
(2015). The arrays that go to JavaScript are small: see ``_Encoder``.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bnviz import histogram
from bnviz.figures.base import Figure, line_style, new_picture, series_styles
from bnviz.recording import Recording

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

__all__ = ["Distributions", "distributions"]

Array = NDArray[Any]

LEVELS = 63  # heights of a bar; stored as square roots, so that low bars keep their detail
SHARES = 250  # steps of a share in a byte; 255 stands for "has no meaning here"
PANELS = 4  # layers on one page of the figure
_PERCENTS = (15, 50, 85)
_RECTIFIERS = ("relu", "relu6")
_CAPTION = (
    "{what} of each layer during training. Above: the histogram at the chosen step. Below: the "
    "15th, 50th and 85th percentiles at every step; click or drag there to choose one. Spread is "
    "the standard deviation{terms}."
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
        if isinstance(layers, str):
            layers = [layers]
        self._choice, self._bins, self._given_caption = layers, bins, caption
        super().__init__(alt="")
        self._read(recordings)

    def _read(self, recordings: Mapping[str, Recording]) -> None:
        """Take a snapshot of the recordings; nothing refers to them afterwards."""
        encoder = _Encoder(recordings, self._choice, self._bins)
        self.spec, self.arrays = encoder.spec(), encoder.arrays()
        self.caption = self._given_caption or _default_caption(self.spec)
        self.alt = _describe(self.spec, self.arrays)
        self.__dict__.pop("_png", None)

    def picture(self) -> Picture:
        """Percentiles over time, and the histograms at the first, middle and last step."""
        return _draw_picture(self.spec, self.arrays)


# --- from recordings to small arrays ------------------------------------------------------------


class _Encoder:
    """Turns recordings into a spec and arrays: L layers, S series (labels), R rows in time.

    ==============  =====================  =====================================================
    ``steps``       int32 (R,)             the training step at which each row begins
    ``heights``     uint8 (L, S, bins, R)  ``LEVELS * sqrt(share / top of the layer)``
    ``percents``    float16 (L, S, 3, R)   15th, 50th, 85th percentile / scale of the layer
    ``std``         float16 (L, S, R)      standard deviation / its largest value in the series
    ``off``, …      uint8 (L, S, R)        ``SHARES * share``: saturated or inactive; dead
    ``nonfinite``   uint32 (L, S, 3, R)    counts of NaN, +inf, −inf; left out if all are zero
    ==============  =====================  =====================================================

    Time is the last axis because neighbours in time are alike, which compresses best.
    """

    def __init__(
        self, recordings: Mapping[str, Recording], layers: Sequence[str] | None, bins: int
    ) -> None:
        self.recordings = {name: r for name, r in recordings.items() if len(r.steps)}
        self.labels = list(recordings)
        self.bins = bins
        self.layers = _choose(self.recordings, layers)
        self.steps = _common_steps(self.recordings)
        self.running = any(not r.closed for r in recordings.values())
        self.panels: list[dict[str, Any]] = []
        self._arrays: dict[str, list[Array]] = {
            name: [] for name in ("heights", "percents", "std", "off", "dead", "nonfinite")
        }
        for layer in self.layers:
            self._add(layer)

    def spec(self) -> dict[str, Any]:
        ends = [int(r.num_steps) for r in self.recordings.values()]
        return {
            "labels": self.labels,
            "styles": series_styles(self.labels),
            "layers": self.panels,
            "page": PANELS,
            "bins": self.bins,
            "last": max(ends, default=1),
            "running": self.running,
        }

    def arrays(self) -> dict[str, Array]:
        arrays = {name: np.stack(parts) for name, parts in self._arrays.items() if parts}
        if not arrays.get("nonfinite", np.zeros(1)).any():
            arrays.pop("nonfinite", None)
        return {"steps": self.steps.astype(np.int32), **arrays}

    def _add(self, layer: str) -> None:
        """Read one layer of all series and append it to the arrays."""
        counts = np.stack([self._rows(label, layer) for label in self.labels])
        low, high = display_range(counts)
        shares = histogram.share_between(counts, bin_edges(low, high, self.bins))
        shares = np.nan_to_num(shares)
        top = float(shares.max(initial=0)) or 1.0
        heights = np.round(LEVELS * np.sqrt(shares / top)).astype(np.uint8)

        percents = histogram.quantiles(counts, np.divide(_PERCENTS, 100))
        scale = max(abs(low), abs(high))
        relative = np.clip(percents / scale, -6e4, 6e4).astype(np.float16)

        std = np.stack([self._series(label, layer, "std") for label in self.labels])
        largest = np.nan_to_num(np.nanmax(std, axis=1, initial=0))
        largest[largest == 0] = 1
        kind = self._activation(layer)
        off = "inactive" if kind in _RECTIFIERS else "saturated"
        bad = counts[..., [histogram.NAN, histogram.POS_INF, histogram.NEG_INF]]

        self._arrays["heights"].append(np.swapaxes(heights, 1, 2))
        self._arrays["percents"].append(np.swapaxes(relative, 1, 2))
        self._arrays["std"].append((std / largest[:, None]).astype(np.float16))
        self._arrays["off"].append(self._shares(layer, off))
        self._arrays["dead"].append(self._shares(layer, "dead"))
        self._arrays["nonfinite"].append(
            np.swapaxes(np.minimum(bad, 2**32 - 1), 1, 2).astype(np.uint32)
        )
        inside = np.isfinite(percents)
        self.panels.append(
            {
                "name": layer,
                "activation": kind,
                "range": [low, high],
                "top": top,
                "ceiling": _ceiling(shares),
                "scale": scale,
                "span": _span(percents[inside], low, high),
                "stdScale": [float(value) for value in largest],
                "off": off,
                "outside": bool(_outside(counts, low, high) > 0.001),
            }
        )

    def _rows(self, label: str, layer: str) -> Array:
        """Counts of one series at the common steps, (R, BINS); zeros where there are none."""
        out = np.zeros((len(self.steps), histogram.BINS), np.int64)
        rows, known = self._lookup(label, layer)
        if known.any():
            out[known] = self.recordings[label].counts(layer)[rows[known]]
        return out

    def _series(self, label: str, layer: str, method: str) -> Array:
        out = np.full(len(self.steps), np.nan)
        rows, known = self._lookup(label, layer)
        if known.any():
            out[known] = getattr(self.recordings[label], method)(layer)[rows[known]]
        return out

    def _shares(self, layer: str, method: str) -> Array:
        shares = np.stack([self._series(label, layer, method) for label in self.labels])
        return np.where(np.isnan(shares), 255, np.ceil(SHARES * np.nan_to_num(shares))).astype(
            np.uint8
        )

    def _lookup(self, label: str, layer: str) -> tuple[Array, Array]:
        """For each common step, the series' row that covers it, and whether there is one."""
        recording = self.recordings.get(label)
        if recording is None or layer not in recording.layers:
            return np.zeros(0, int), np.zeros(len(self.steps), bool)
        rows = np.searchsorted(recording.steps, self.steps, side="right") - 1
        return rows, (rows >= 0) & (self.steps <= recording.num_steps)

    def _activation(self, layer: str) -> str | None:
        for recording in self.recordings.values():
            if layer in recording.layers:
                return recording.activation(layer)
        return None


def bin_edges(low: float, high: float, bins: int) -> Array:
    """Edges of the display bins; the outermost two also take all that lies beyond them."""
    edges = np.linspace(low, high, bins + 1)
    edges[0], edges[-1] = histogram.EDGES[0], histogram.EDGES[-1]
    return edges


def display_range(counts: Array) -> tuple[float, float]:
    """A range of values that shows nearly all of every row, whatever a few rows do.

    A run that explodes, or a wild start, does not push the others into one bar: what lies beyond
    the range is counted in the outermost bars.

    Args:
        counts: (S, R, BINS).
    """
    ends = histogram.quantiles(counts, [0.003, 0.997])  # (S, R, 2)
    ends[~np.isfinite(ends).all(axis=-1)] = np.nan
    calm = np.where((np.abs(ends) < 1e4).all(axis=-1, keepdims=True), ends, np.nan)
    if np.isfinite(calm).any():
        ends = calm
    seen = [series[np.isfinite(series[:, 0])] for series in ends]
    seen = [series for series in seen if len(series)]
    if not seen:
        return -1.0, 1.0
    low = min(float(np.percentile(series[:, 0], 5)) for series in seen)
    high = max(float(np.percentile(series[:, 1], 95)) for series in seen)
    if not high > low:
        width = abs(high) or 1.0
        return low - width, high + width
    return low, high


def _outside(counts: Array, low: float, high: float) -> float:
    """The largest share of a row that lies outside the range."""
    shares = histogram.share_below(counts, [low, high])
    out = shares[..., 0] + 1 - shares[..., 1]
    return float(np.nanmax(out, initial=0))


def _ceiling(shares: Array) -> float:
    """Upper end of the share axis: a spike of one series must not flatten the others."""
    peaks = shares.max(axis=-1)  # (S, R)
    peaks = np.array([row[row > 0].max(initial=0) for row in peaks])
    peaks = peaks[peaks > 0]
    return float(min(peaks.max(), 2.5 * peaks.min())) if len(peaks) else 1.0


def _span(percents: Array, low: float, high: float) -> list[float]:
    """Range of the percentile axis."""
    inside = np.clip(percents, low, high)
    first, last = (float(inside.min()), float(inside.max())) if inside.size else (low, high)
    pad = 0.06 * (last - first) or 0.5 * abs(last) or 0.5
    return [first - pad, last + pad]


def _common_steps(recordings: Mapping[str, Recording]) -> Array:
    """The steps of the recording that goes furthest; the others are read at these."""
    if not recordings:
        return np.zeros(0, np.int64)
    return max(recordings.values(), key=lambda r: (r.num_steps, -len(r.steps))).steps


def _choose(recordings: Mapping[str, Recording], wanted: Sequence[str] | None) -> list[str]:
    known = list(dict.fromkeys(layer for r in recordings.values() for layer in r.layers))
    if wanted is None or not known:
        return known
    chosen = []
    for pattern in wanted:
        found = [n for n in known if n == pattern] or fnmatch.filter(known, pattern)
        if not found:
            raise ValueError(f"no layer {pattern!r} was recorded; there are {', '.join(known)}")
        chosen += found
    return list(dict.fromkeys(chosen))


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


def shares_of(arrays: Mapping[str, Array], panel: Mapping[str, Any], i: int) -> Array:
    """The shares behind the heights of layer i, (S, bins, R)."""
    return (arrays["heights"][i] / LEVELS) ** 2 * panel["top"]


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
        axes[row, 0].set_ylabel("value")
        for column, moment in enumerate(moments, start=1):
            _draw_histogram(axes[row, column], spec, arrays, i, moment)
            if row == 0:
                axes[row, column].set_title(f"step {steps[moment]}", fontsize=9)
    axes[-1, 0].set_xlabel("training step")
    for ax in axes[-1, 1:]:
        ax.set_xlabel("value")
    axes[0, 1].set_ylabel("share of values")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    title = "left: median, and the band from the 15th to the 85th percentile"
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
    for s, style in enumerate(spec["styles"]):
        low, middle, high = arrays["percents"][i, s].astype(float) * panel["scale"]
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
    shares = shares_of(arrays, panel, i)[:, :, moment]
    for style, heights in zip(spec["styles"], shares, strict=True):
        if heights.any():
            ax.stairs(heights, edges, fill=True, color=style["hex"], alpha=0.15)
            ax.stairs(heights, edges, linewidth=1.1, **line_style(style))
    ax.set_ylim(0, panel["ceiling"] * 1.05)
    ax.yaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
