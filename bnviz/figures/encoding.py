"""From recordings to the small arrays that the ``distributions`` figure draws.

L layers, S series (labels), R rows in time:

===============  =====================  ====================================================
``steps``        int32 (R,)             the training step at which each row begins
``heights``      uint8 (L, S, bins, R)  ``LEVELS * sqrt(share / panel["top"])``, less the same one
                                        row before, modulo 256
``percents``     uint8 (L, S, 3, R)     15th, 50th, 85th percentile, 0 … 254 over
                                        ``panel["span"]``; 255 for a row without numbers
``std``          float16 (L, S, R)      standard deviation / ``panel["stdScale"][s]``
``off, dead``    uint8 (L, S, R)        ``SHARES * share``, or 255 where it has no meaning
``nonfinite``    uint32 (L, S, 3, R)    counts of NaN, +inf, −inf; left out if all are zero
===============  =====================  ====================================================

Time is the last axis, and heights are differences in time, because neighbours are alike and
differences that are mostly small compress best. ``off`` is the
saturated share of sigmoid and tanh, and the inactive share of rectifiers.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnviz import histogram
from bnviz.figures.table import Table, Thresholds
from bnviz.recording import _RECTIFIERS, _SATURATES_AT, Recording
from bnviz.track import Track

__all__ = ["LEVELS", "Encoder", "choose_layers", "encode", "percents_of", "shares_of"]

Array = NDArray[Any]
Panel = dict[str, Any]

LEVELS = 55  # heights of a bar; stored as square roots, so that low bars keep their detail
SHARES = 250
PERCENTS = (15, 50, 85)
_NO_MEANING = 255  # in a byte
QUANTILES = np.divide(PERCENTS, 100)
_ABOVE_ZERO = float(histogram.EDGES[histogram.EDGES > 0][0])
_ENDS = (0.003, 0.997)  # an axis of values reaches from one to the other


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
        table = Table([track_of(r, layer) for r in runs], [_rows_at(r, layer, steps) for r in runs])
        panel = _panel(layer, _activation(runs, layer), table, bins)
        panels.append(panel)
        for name, part in Encoder([panel], len(runs)).encode(table).items():
            parts.setdefault(name, []).append(np.moveaxis(part, 1, -1))
    arrays = {name: np.stack(part) for name, part in parts.items()}
    if panels:
        arrays["heights"] = np.diff(arrays["heights"], axis=-1, prepend=np.uint8(0))
        arrays["std"] = arrays["std"].astype(np.float16)
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
    values = low + (high - low) * (percents / (_NO_MEANING - 1))
    return np.where(percents == _NO_MEANING, np.nan, values)


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


# --- reading tracks -----------------------------------------------------------------------------


def _common_steps(recordings: Sequence[Recording]) -> Array:
    """The steps of the recording that goes furthest; the others are read at these."""
    return max(recordings, key=lambda r: (r.num_steps, -len(r.steps))).steps


def track_of(recording: Recording, layer: str) -> Track | None:
    """The track of a layer, or None where the recording does not have it."""
    return recording.track(layer) if layer in recording.layers else None


def _rows_at(recording: Recording, layer: str, steps: Array) -> Array:
    """The rows of a recording that cover ``steps``, −1 where none does."""
    track = track_of(recording, layer)
    if track is None or not track.rows:
        return np.full(len(steps), -1)
    at = np.searchsorted(recording.steps, steps, side="right") - 1
    return np.where((at < track.rows) & (steps <= recording.num_steps), at, -1)


def _activation(recordings: Sequence[Recording], layer: str) -> str | None:
    found = (r.activation(layer) for r in recordings if layer in r.layers)
    return next(found, None)


# --- scales -------------------------------------------------------------------------------------


def _panel(layer: str, kind: str | None, table: Table, bins: int) -> Panel:
    """Name and scales of one layer."""
    quantiles = table.quantiles(np.array([*_ENDS, *QUANTILES]))
    low, high = _display_range(quantiles[..., :2])
    percents = quantiles[..., 2:]
    edges = np.array([[*_edges(low, high, bins), low, high]])
    below = table.shares_below(Thresholds(edges))
    shares = np.diff(below[..., :-2], axis=-1)
    beyond = np.where(table.empty, 0, 1 - (below[..., -1] - below[..., -2]))
    largest = np.nan_to_num(table.std()).max(axis=1, initial=0)
    return {
        "name": layer,
        "activation": kind,
        "range": [low, high],
        "bins": bins,
        "top": float(shares.max(initial=0)) or 1.0,
        "ceiling": _ceiling(shares),
        "span": _span(percents[np.isfinite(percents)], low, high),
        "stdScale": [float(value) or 1.0 for value in largest],
        "off": "inactive" if kind in _RECTIFIERS else "saturated",
        "outside": bool(beyond.max(initial=0) > 0.01),
    }


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


def _edges(low: float, high: float, bins: int) -> Array:
    """Edges of the bars; the outermost two also take all that lies beyond them."""
    edges = np.linspace(low, high, bins + 1)
    edges[0], edges[-1] = histogram.EDGES[0], histogram.EDGES[-1]
    return edges


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


class Encoder:
    """Turns tables into the figure's bytes, on the scales of panels.

    Args:
        panels: one or several.
        series: how many series each has; a table holds panel after panel, series by series.
    """

    def __init__(self, panels: Sequence[Panel], series: int) -> None:
        self._bars = panels[0]["bins"]
        each = [panel for panel in panels for _ in range(series)]
        kinds = [panel["activation"] for panel in each]
        edges = [_edges(*panel["range"], self._bars) for panel in each]
        limits = [_limits(kind) for kind in kinds]
        self.quantiles = QUANTILES
        self.thresholds = Thresholds(np.concatenate([edges, limits], axis=1))
        self.std_scale = np.array([p["stdScale"] for p in panels], np.float32).reshape(-1, 1)
        self.height = LEVELS / np.sqrt([[[panel["top"]]] for panel in each])
        self.low, high = np.array([panel["span"] for panel in each]).T[:, :, None, None]
        self.per_value = (_NO_MEANING - 1) / (high - self.low)
        rectifies = [kind in _RECTIFIERS for kind in kinds]
        saturates = [kind in _SATURATES_AT for kind in kinds]
        #: Whether ``off`` and ``dead`` have a meaning for each series, (2, N).
        self.meanings = np.array([np.logical_or(rectifies, saturates), rectifies])

    def encode(self, table: Table) -> dict[str, Array]:
        """The arrays of the module's docstring as (N, R, …), heights not as differences."""
        below = table.shares_below(self.thresholds)
        shares = below[..., 1 : self._bars + 1] - below[..., : self._bars]
        heights = np.sqrt(np.maximum(shares, 0)) * self.height + 0.5
        off = np.where(table.empty, np.nan, 1 - (below[..., -1] - below[..., -2]))
        levels = (table.quantiles(QUANTILES) - self.low) * self.per_value + 0.5
        levels = np.minimum(np.maximum(levels, 0), _NO_MEANING - 1)
        with np.errstate(invalid="ignore"):
            levels = np.where(table.empty[..., None], _NO_MEANING, levels).astype(np.uint8)
        return {
            "heights": np.minimum(heights, 255).astype(np.uint8),
            "percents": levels,
            "std": (table.std() / self.std_scale).astype(np.float32),
            "off": share_bytes(off, self.meanings[0, :, None]),
            "dead": share_bytes(table.dead(), self.meanings[1, :, None]),
            "nonfinite": np.minimum(table.nonfinite, 2**32 - 1).astype(np.uint32),
        }


def _limits(kind: str | None) -> tuple[float, float]:
    """Between these, the activation lets gradients through."""
    if kind in _RECTIFIERS:
        return _ABOVE_ZERO, float(histogram.EDGES[-1])
    limit = _SATURATES_AT.get(kind or "", 1.0)
    return -limit, limit


def share_bytes(shares: Array, meaning: Array) -> Array:
    """Shares as bytes; the smallest share above zero is not rounded to zero."""
    known = meaning & np.isfinite(shares)
    scaled = np.ceil(SHARES * np.minimum(shares, 1) - 1e-6)
    return np.where(known, scaled, _NO_MEANING).astype(np.uint8)
