"""From recordings to the small arrays that the ``distributions`` figure draws.

L layers, S series (labels), R rows in time:

===============  =====================  ====================================================
``steps``        int32 (R,)             the training step at which each row begins
``heights``      uint8 (L, S, bins, R)  ``LEVELS * sqrt(share / panel["top"])``, less the same one
                                        row before, modulo 256
``percents``     uint8 (L, S, 3, R)     15th, 50th, 85th percentile, 0 … 254 over
                                        ``panel["span"]``; 255 for a row without numbers
``std``          float16 (L, S, R)      standard deviation / ``panel["stdScale"][s]``; float32
                                        where one is very small
``off, dead``    uint8 (L, S, R)        ``SHARES * share``, or 255 where it has no meaning
``nonfinite``    uint32 (L, S, 3, R)    counts of NaN, +inf, −inf; left out if all are zero
===============  =====================  ====================================================

Time is the last axis, and heights are differences in time, because neighbours are alike and
differences that are mostly small compress best. ``off`` is the saturated share of sigmoid and tanh,
and the inactive share of rectifiers. All numbers are those of ``Recording``'s own methods.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnviz.recording import histogram
from bnviz.recording.recording import RECTIFIERS, Recording

__all__ = [
    "LEVELS",
    "NO_MEANING",
    "PERCENTS",
    "SHARES",
    "choose_layers",
    "edges_of",
    "encode",
    "percents_of",
    "shares_of",
]

Array = NDArray[Any]
Panel = dict[str, Any]

LEVELS = 52  # heights of a bar; stored as square roots, so that low bars keep their detail
SHARES = 250
PERCENTS = (15, 50, 85)
NO_MEANING = 255  # in a byte; 0 … 254 are levels of a percentile, 0 … SHARES of a share
_ENDS = (0.3, 99.7)  # an axis of values reaches from one of these percentiles to the other


def encode(
    recordings: Mapping[str, Recording], layers: Sequence[str], bins: int
) -> tuple[list[Panel], dict[str, Array]]:
    """Read whole recordings.

    Args:
        recordings: by label; those without rows come out empty.
        layers: names of the layers.
        bins: bars of a histogram.

    Returns:
        For each layer a panel, a dict for JSON with its name and the scales of its arrays; and the
        arrays of the module's docstring.
    """
    runs = list(recordings.values())
    steps = _common_steps(runs)
    panels: list[Panel] = []
    parts: dict[str, list[Array]] = {}
    for layer in layers:
        series = [_Series(run, layer, steps) for run in runs]
        panel, shares, percents = _panel(layer, series, bins)
        panels.append(panel)
        for name, part in _bytes_of(panel, series, shares, percents).items():
            parts.setdefault(name, []).append(part)
    arrays = {name: np.stack(part) for name, part in parts.items()}
    if panels:
        arrays["std"] = _small_floats(arrays["std"])
    if not arrays.get("nonfinite", np.zeros(0)).any():
        arrays.pop("nonfinite", None)
    return panels, {"steps": steps.astype(np.int32), **arrays}


def shares_of(panel: Panel, heights: Array) -> Array:
    """The shares that ``heights`` of one layer stand for, shape (S, bins, R)."""
    levels = np.cumsum(heights, axis=-1, dtype=np.uint8)
    return (levels / LEVELS) ** 2 * panel["top"]


def percents_of(panel: Panel, percents: Array) -> Array:
    """The values that ``percents`` of one layer stand for, shape (S, 3, R)."""
    low, high = panel["span"]
    values = low + (high - low) * (percents / (NO_MEANING - 1))
    return np.where(percents == NO_MEANING, np.nan, values)


def choose_layers(recordings: Mapping[str, Recording], wanted: Sequence[str] | None) -> list[str]:
    """Names of the recorded layers that match the names or patterns in ``wanted``, in order.

    Raises:
        ValueError: a name that nothing matches; the message lists what there is.
    """
    known = list(dict.fromkeys(layer for r in recordings.values() for layer in r.layers))
    if wanted is None or not known:
        return known
    chosen: dict[str, None] = {}
    for pattern in wanted:
        # "[" stands for itself: it is part of the names of single units.
        found = fnmatch.filter(known, pattern.replace("[", "[[]"))
        if not found:
            raise ValueError(f"no layer {pattern!r} was recorded; there are {', '.join(known)}")
        chosen |= dict.fromkeys(found)
    return list(chosen)


# --- reading recordings -------------------------------------------------------------------------


def _common_steps(recordings: Sequence[Recording]) -> Array:
    """The steps of the recording that goes furthest; the others are read at these."""
    return max(recordings, key=lambda r: (r.num_steps, -len(r.steps))).steps


class _Series:
    """One layer of one recording, read at given steps; NaN or zero where it has no row."""

    def __init__(self, recording: Recording, layer: str, steps: Array) -> None:
        self._recording, self._layer, self._count = recording, layer, len(steps)
        known = np.zeros(len(steps), bool)
        if layer in recording.layers and len(recording.steps):
            known = (steps >= recording.steps[0]) & (steps <= recording.num_steps)
            self._rows = np.searchsorted(recording.steps, steps[known], side="right") - 1
        self._known = known

    @property
    def activation(self) -> str | None:
        return self._recording.activation(self._layer) if self._known.any() else None

    def read(self, name: str, *args: Any, width: int = 0, missing: float = np.nan) -> Array:
        """What the recording's method ``name`` says, (R,) or (R, width)."""
        out = np.full((self._count, width) if width else self._count, missing)
        if self._known.any():
            out[self._known] = getattr(self._recording, name)(self._layer, *args)[self._rows]
        return out


# --- scales -------------------------------------------------------------------------------------


def _panel(layer: str, series: Sequence[_Series], bins: int) -> tuple[Panel, Array, Array]:
    """Name and scales of one layer; the shares (S, R, bins) and percentiles (S, R, 3) they fit."""
    values = np.stack([s.read("percentiles", (*_ENDS, *PERCENTS), width=5) for s in series])
    low, high = _short(*_display_range(values[..., :2]))
    percents = values[..., 2:]
    panel: Panel = {"range": [low, high], "bins": bins}
    shares = _shares(panel, series)
    largest = [np.nan_to_num(s.read("std")).max(initial=0) for s in series]
    between = np.stack([s.read("density", [low, high], width=1) for s in series])
    kind = next((s.activation for s in series if s.activation), None)
    panel |= {
        "name": layer,
        "activation": kind,
        "what": f"input of the {kind.replace('relu', 'ReLU')}" if kind else "value",
        "top": _short(shares.max(initial=0))[0] or 1.0,
        "ceiling": _short(_ceiling(shares))[0],
        "span": _short(*_span(percents[np.isfinite(percents)], low, high)),
        "stdScale": [value or 1.0 for value in _short(*largest)],
        "off": "inactive" if kind in RECTIFIERS else "saturated",
        "outside": bool((1 - np.nan_to_num(between, nan=1)).max(initial=0) > 0.01),
    }
    return panel, shares, percents


def _short(*values: float) -> list[float]:
    """Of six digits: these numbers stand in the page as text, and need no more."""
    return [float(f"{value:.6g}") for value in values]


def _shares(panel: Panel, series: Sequence[_Series]) -> Array:
    """Share of the values in each bar, (S, R, bins); zero where there are no numbers."""
    edges = edges_of(panel)
    shares = [s.read("density", edges, width=panel["bins"]) for s in series]
    return np.maximum(np.nan_to_num(np.stack(shares)), 0)


def edges_of(panel: Panel) -> Array:
    """Edges of the bars; the outermost two also take all finite values beyond them."""
    edges = np.linspace(*panel["range"], panel["bins"] + 1)
    edges[0], edges[-1] = histogram.EDGES[0], histogram.EDGES[-1]
    return edges


def _display_range(ends: Array) -> tuple[float, float]:
    """A range of values that shows nearly all of every row, whatever a few rows do.

    A run that explodes, or a wild start, does not push the others into one bar: what lies beyond
    the range is counted in the outermost bars.

    Args:
        ends: the two quantiles that bound each row, (S, R, 2); not finite where there is none.
    """
    ends = np.where(np.isfinite(ends).all(axis=-1, keepdims=True), ends, np.nan)
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


def _ceiling(shares: Array) -> float:
    """Upper end of the share axis: a spike of one series must not flatten the others."""
    peaks = shares.max(axis=(1, 2), initial=0)
    peaks = peaks[peaks > 0]
    return float(min(peaks.max(), 2.5 * peaks.min())) if len(peaks) else 1.0


def _span(percents: Array, low: float, high: float) -> list[float]:
    """Range of the axis of percentiles, inside the range of values."""
    inside = np.clip(percents, low, high)
    first, last = (float(inside.min()), float(inside.max())) if inside.size else (low, high)
    pad = 0.06 * (last - first) or 0.5 * abs(last) or 0.5
    return [first - pad, last + pad]


# --- numbers in bytes ---------------------------------------------------------------------------


def _bytes_of(
    panel: Panel, series: Sequence[_Series], shares: Array, percents: Array
) -> dict[str, Array]:
    """The arrays of the module's docstring for one layer."""
    heights = LEVELS * np.sqrt(shares / panel["top"])
    low, high = panel["span"]
    levels = np.rint((NO_MEANING - 1) * np.clip((percents - low) / (high - low), 0, 1))
    std = np.stack([s.read("std") for s in series]) / np.array(panel["stdScale"])[:, None]
    bad = np.stack([s.read("nonfinite", width=3, missing=0) for s in series])
    heights = np.swapaxes(np.rint(heights).astype(np.uint8), 1, 2)
    return {
        "heights": np.diff(heights, axis=-1, prepend=np.uint8(0)),
        "percents": np.swapaxes(_or_no_meaning(levels), 1, 2),
        "std": std,
        "off": np.stack([_share_bytes(s.read(panel["off"])) for s in series]),
        "dead": np.stack([_share_bytes(s.read("dead")) for s in series]),
        "nonfinite": np.swapaxes(np.minimum(bad, 2**32 - 1).astype(np.uint32), 1, 2),
    }


def _small_floats(values: Array) -> Array:
    """Relative values as half floats, unless some are too small for their digits."""
    tiny = (values > 0) & (values < 1e-3)  # next to a run that explodes
    return values.astype(np.float32 if tiny.any() else np.float16)


def _share_bytes(shares: Array) -> Array:
    """Shares as bytes; the smallest share above zero is not rounded to zero."""
    return _or_no_meaning(np.ceil(SHARES * np.minimum(shares, 1) - 1e-6))


def _or_no_meaning(levels: Array) -> Array:
    return np.where(np.isnan(levels), NO_MEANING, levels).astype(np.uint8)
