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
from bnviz.recording import _RECTIFIERS, _SATURATES_AT, Recording
from bnviz.track import SUMS

__all__ = ["PERCENTS", "choose_layers", "encode", "encode_newest", "percents_of", "shares_of"]

Array = NDArray[Any]
Panel = dict[str, Any]

LEVELS = 63  # heights of a bar; stored as square roots, so that low bars keep their detail
SHARES = 250
PERCENTS = (15, 50, 85)
_NO_MEANING = 255  # in a byte
_FINITE = histogram.FINITE
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
    steps = _common_steps(recordings.values())
    panels: list[Panel] = []
    parts: dict[str, list[Array]] = {}
    for layer in layers:
        series = [_rows(recording, layer, steps) for recording in recordings.values()]
        counts = np.stack([counts for counts, _ in series])
        sums = np.stack([sums for _, sums in series])
        panel = _panel(layer, _activation(recordings.values(), layer), counts, sums, bins)
        panels.append(panel)
        for name, part in _reduce([panel] * len(series), counts, sums).items():
            parts.setdefault(name, []).append(np.moveaxis(part, 1, -1))
    arrays = {name: np.stack(part) for name, part in parts.items()}
    if panels:
        arrays["heights"] = np.diff(arrays["heights"], axis=-1, prepend=np.uint8(0))
        arrays["std"] = arrays["std"].astype(np.float16)
    if not arrays.get("nonfinite", np.zeros(0)).any():
        arrays.pop("nonfinite", None)
    return panels, {"steps": steps.astype(np.int32), **arrays}


def encode_newest(
    recordings: Mapping[str, Recording], panels: Sequence[Panel]
) -> tuple[bytes, list[int], float]:
    """Read the newest row alone, on the scales of ``panels``: cheap enough for a training loop.

    Returns:
        The bytes of ``std`` (float32), ``percents``, ``off``, ``dead`` and ``heights`` (uint8, not
        as differences) at that row; ``nonfinite`` as a list, empty if all are zero; and the largest share that lies
        beyond the end of an axis.
    """
    both = [
        _newest(recording, panel["name"]) for panel in panels for recording in recordings.values()
    ]
    counts = np.stack([counts for counts, _ in both])[:, None]
    sums = np.stack([sums for _, sums in both])[:, None]
    repeated = [panel for panel in panels for _ in recordings]
    row = _reduce(repeated, counts, sums, series=len(recordings))
    content = b"".join(
        row[name].astype(kind, copy=False).tobytes()
        for name, kind in (
            *(("std", "<f4"), ("percents", "u1"), ("off", "u1"), ("dead", "u1")),
            ("heights", "u1"),
        )
    )
    bad = row["nonfinite"].ravel().tolist() if row["nonfinite"].any() else []
    tops = np.array([panel["top"] for panel in repeated])
    edge = np.maximum(row["heights"][:, 0, 0], row["heights"][:, 0, -1]).astype(float)
    beyond = float(((edge / LEVELS) ** 2 * tops).max(initial=0))
    return content, bad, beyond


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


def _common_steps(recordings: Any) -> Array:
    """The steps of the recording that goes furthest; the others are read at these."""
    return max(recordings, key=lambda r: (r.num_steps, -len(r.steps))).steps


def _rows(recording: Recording, layer: str, steps: Array) -> tuple[Array, Array]:
    """Counts (R, BINS) and sums (R, 8) of a layer at ``steps``; zeros where there are none."""
    counts = np.zeros((len(steps), histogram.BINS))
    sums = np.zeros((len(steps), len(SUMS)))
    own = recording.steps
    if layer in recording.layers and len(own):
        track = recording.track(layer)
        at = np.searchsorted(own, steps, side="right") - 1
        known = (at >= 0) & (at < track.rows) & (steps <= recording.num_steps)
        counts[known] = track.table(len(own))[at[known]]
        sums[known] = track.sums[at[known]]
    return counts, sums


def _newest(recording: Recording, layer: str) -> tuple[Array, Array]:
    """Counts (BINS,) and sums (8,) of the last row."""
    counts = np.zeros(histogram.BINS)
    if layer not in recording.layers or not recording.track(layer).rows:
        return counts, np.zeros(len(SUMS))
    track = recording.track(layer)
    counts[track.first_bin : track.first_bin + track.counts.shape[1]] = track.counts[-1]
    counts[histogram.SPECIAL] = track.sums[-1, 5:]
    return counts, track.sums[-1]


def _activation(recordings: Any, layer: str) -> str | None:
    found = (r.activation(layer) for r in recordings if layer in r.layers)
    return next(found, None)


# --- scales -------------------------------------------------------------------------------------


def _panel(layer: str, kind: str | None, counts: Array, sums: Array, bins: int) -> Panel:
    """Name and scales of one layer, from counts (S, R, BINS) and sums (S, R, 8)."""
    cumulative = _cumulative(counts)
    low, high = _display_range(_quantiles(counts, cumulative, _ENDS))
    shares = np.diff(_shares_below(counts, cumulative, _edges(low, high, bins)[None]), axis=-1)
    shares = np.nan_to_num(shares)
    beyond = _shares_below(counts, cumulative, np.array([[low, high]]))
    beyond = np.nan_to_num(1 - (beyond[..., 1] - beyond[..., 0]))
    percents = _quantiles(counts, cumulative, np.divide(PERCENTS, 100))
    largest = np.nan_to_num(_std(sums)).max(axis=1, initial=0)
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


# --- arithmetic on tables of N series and R rows -------------------------------------------------


def _reduce(
    panels: Sequence[Panel], counts: Array, sums: Array, series: int | None = None
) -> dict[str, Array]:
    """The figure's numbers for counts (N, R, BINS) and sums (N, R, 8), as arrays (N, R, …).

    Args:
        panels: the panel of each of the N series.
        counts: of the bins of ``bnviz.histogram``.
        sums: of ``bnviz.track.SUMS``.
        series: how many series a panel has; N unless there are several panels.
    """
    series = series or len(panels)
    scales = [(p["top"], p["stdScale"][i % series], *p["span"]) for i, p in enumerate(panels)]
    top, std_scale, low, high = np.array(scales).T[:, :, None, None]
    cumulative = _cumulative(counts)
    edges = np.stack([_edges(*p["range"], p["bins"]) for p in panels])
    limits = np.array([_limits(p["activation"]) for p in panels])
    below = _shares_below(counts, cumulative, np.concatenate([edges, limits], axis=1))
    shares = np.diff(below[..., :-2], axis=-1)
    off = 1 - (below[..., -1] - below[..., -2])
    with np.errstate(invalid="ignore", divide="ignore"):
        heights = LEVELS * np.sqrt(np.maximum(np.nan_to_num(shares), 0) / top)
        dead = sums[..., _DEAD] / sums[..., _UNITS]
    percents = _quantiles(counts, cumulative, np.divide(PERCENTS, 100))
    meaning = np.array([[p["activation"] in _RECTIFIERS, _has_limits(p)] for p in panels])
    return {
        "heights": np.minimum(np.rint(heights), 255).astype(np.uint8),
        "percents": _level_bytes((percents - low) / (high - low)),
        "std": _std(sums) / std_scale[..., 0],
        "off": _share_bytes(off, meaning[:, 1:]),
        "dead": _share_bytes(dead, meaning[:, :1]),
        "nonfinite": np.minimum(counts[..., histogram.SPECIAL], 2**32 - 1).astype(np.uint32),
    }


_SUM, _SQUARE, _DEAD, _UNITS, _COUNT = (
    SUMS.index(name) for name in ("sum", "square", "dead", "units", "finite")
)


def _limits(kind: str | None) -> tuple[float, float]:
    """Between these, the activation lets gradients through."""
    if kind in _RECTIFIERS:
        return _JUST_ABOVE_ZERO, float(histogram.EDGES[-1])
    limit = _SATURATES_AT.get(kind or "", 1.0)
    return -limit, limit


_JUST_ABOVE_ZERO = float(histogram.EDGES[histogram.EDGES > 0][0])


def _has_limits(panel: Panel) -> bool:
    return panel["activation"] in _RECTIFIERS or panel["activation"] in _SATURATES_AT


def _share_bytes(shares: Array, meaning: Array) -> Array:
    """Shares as bytes; the smallest share above zero is not rounded to zero."""
    known = np.isfinite(shares) & meaning
    scaled = np.ceil(SHARES * np.clip(np.where(known, shares, 0), 0, 1) - 1e-9)
    return np.where(known, scaled, _NO_MEANING).astype(np.uint8)


def _level_bytes(positions: Array) -> Array:
    """Positions on an axis from 0 to 1 as bytes."""
    levels = np.rint((_NO_MEANING - 1) * np.clip(positions, 0, 1))
    return np.where(np.isnan(positions), _NO_MEANING, levels).astype(np.uint8)


def _std(sums: Array) -> Array:
    """Standard deviation of the finite values, NaN where there are none."""
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        mean = sums[..., _SUM] / sums[..., _COUNT]
        return np.sqrt(np.maximum(sums[..., _SQUARE] / sums[..., _COUNT] - mean**2, 0))


def _cumulative(counts: Array) -> Array:
    """Numbers at or below each edge, −inf among them: (N, R, len(EDGES))."""
    out = np.empty((*counts.shape[:-1], len(histogram.EDGES)))
    out[..., 0] = 0
    np.cumsum(counts[..., _FINITE], axis=-1, out=out[..., 1:])
    out += counts[..., histogram.NEG_INF, None]
    return out


def _total(counts: Array, cumulative: Array) -> Array:
    return cumulative[..., -1] + counts[..., histogram.POS_INF]


def _shares_below(counts: Array, cumulative: Array, thresholds: Array) -> Array:
    """Share of the numbers below thresholds (N or 1, T): (N, R, T), linear inside a bin."""
    edges = histogram.EDGES
    at = np.clip(np.searchsorted(edges, thresholds, side="right") - 1, 0, len(edges) - 2)
    inside = np.clip((thresholds - edges[at]) / (edges[at + 1] - edges[at]), 0, 1)[:, None]
    at = np.broadcast_to(at[:, None], (len(cumulative), 1, at.shape[-1]))
    left = np.take_along_axis(cumulative, at, axis=-1)
    right = np.take_along_axis(cumulative, at + 1, axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (left + inside * (right - left)) / _total(counts, cumulative)[..., None]


def _quantiles(counts: Array, cumulative: Array, q: Sequence[float] | Array) -> Array:
    """Quantiles of each row, linear inside a bin: (N, R, Q); NaN for a row without numbers."""
    edges = histogram.EDGES
    total = _total(counts, cumulative)
    out = np.empty((*total.shape, len(q)))
    for i, share in enumerate(q):
        rank = share * total
        above = (cumulative < rank[..., None]).sum(axis=-1)  # the first edge at or above the rank
        right = np.clip(above, 1, len(edges) - 1)
        count_left = np.take_along_axis(cumulative, right[..., None] - 1, axis=-1)[..., 0]
        count_right = np.take_along_axis(cumulative, right[..., None], axis=-1)[..., 0]
        with np.errstate(invalid="ignore", divide="ignore"):
            inside = np.clip((rank - count_left) / (count_right - count_left), 0, 1)
        value = edges[right - 1] + inside * (edges[right] - edges[right - 1])
        value = np.where(above == 0, -np.inf, value)
        value = np.where(above == len(edges), np.inf, value)
        out[..., i] = np.where(total > 0, value, np.nan)
    return out
