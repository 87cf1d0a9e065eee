"""The scales of a layer: which values its axes show, how high its bars are, and what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from bnviz.activations import FLAT_FROM, RECTIFIERS
from bnviz.recording import histogram
from bnviz.recording.rows import Rows

__all__ = ["PERCENTS", "Array", "SIZES", "Panel", "Scales", "edges_of", "on_axis", "scales_of"]

Array = NDArray[Any]

PERCENTS = (15, 50, 85)
#: The quantities of which sizes are shown, and what their axis is called.
SIZES = {
    "gradient": "size of the gradient, zeros aside",
    "update": "size of an update, relative to the weight",
}
_WILD = 1e4  # beyond it, values are no part of an axis
_STEADY = 0.9  # share of the rows of a series that stay below it, unless it explodes
_ENDS = (0.3, 99.7)  # an axis of values reaches from one of these percentiles to the other


class Scales(TypedDict):
    """How one layer is drawn, as JSON has it."""

    title: str  # the layer's own name
    activation: str | None  # the kind of activation whose inputs these are
    what: str  # what the values are: the name of their axis
    log: bool  # for gradients and updates: an axis of sizes, zeros aside
    range: list[float]  # both ends of the axis of values
    bins: int  # bars between them
    span: list[float]  # both ends of the axis of percentiles
    top: float  # the highest share in a bar, over all rows
    stdScale: list[float]  # the largest standard deviation of each series
    flat: list[float | None] | None  # below and above which inputs the activation is flat
    off: str  # the share that is told: "saturated", "inactive", "zero", or nothing


class Panel(Scales):
    """One layer, with all that the page is told of it."""

    name: str  # for readers
    images: int | None  # which of the layers with images it is
    alt: str  # its percentiles in words


def scales_of(layer: str, kind: str | None, quantity: str, rows: Rows, bins: int) -> Scales:
    """Choose the scales of one layer.

    Args:
        layer: its name.
        kind: of the activation whose inputs these are, or None.
        quantity: what the values are, as of a track.
        rows: all rows of each series; of sizes, if these are gradients or updates.
        bins: bars of the histogram.
    """
    log = quantity in SIZES
    values = rows.percentiles((*_ENDS, *PERCENTS))
    low, high = _short(*_display_range(values[..., :2], log))
    percents = values[..., 2:]
    shares = np.diff(np.nan_to_num(rows.shares_below(edges_of([low, high], bins, log))))
    largest = np.nan_to_num(rows.std()).max(axis=1, initial=0)
    return {
        "title": layer,
        "activation": kind,
        "what": SIZES.get(quantity) or _what(kind),
        "log": log,
        "range": [low, high],
        "bins": bins,
        "span": _short(*_span(percents[np.isfinite(percents)], low, high, log)),
        "top": _short(shares.max(initial=0))[0] or 1.0,
        "stdScale": [value or 1.0 for value in _short(*largest)],
        "flat": _flat(kind),
        "off": "zero" if log else _off(kind),
    }


def _what(kind: str | None) -> str:
    """What the values are, the name of their axis."""
    return f"input of the {kind.replace('relu', 'ReLU')}" if kind else "value"


def _off(kind: str | None) -> str:
    """What is told of values at which an activation is flat."""
    return "inactive" if kind in RECTIFIERS else "saturated" if kind in FLAT_FROM else ""


def _short(*values: float) -> list[float]:
    """Of six digits: these numbers stand in the page as text, and need no more."""
    return [float(f"{value:.6g}") for value in values]


def edges_of(ends: Sequence[float], bins: int, log: bool) -> Array:
    """Edges of the bars; the outermost two also take all finite values beyond them."""
    low, high = ends
    space: Any = np.geomspace if log else np.linspace
    edges: Array = space(low, high, bins + 1)
    edges[0], edges[-1] = histogram.EDGES[0], histogram.EDGES[-1]
    return edges


def _display_range(ends: Array, log: bool) -> tuple[float, float]:
    """A range of values that shows nearly all of every row, whatever a few rows do.

    A run that explodes, or a wild start, does not push the others into one bar: what lies beyond
    the range is counted in the outermost bars.

    Args:
        ends: the two quantiles that bound each row, (S, R, 2); not finite where there is none.
        log: an axis of magnitudes.
    """
    some = np.asarray(~np.isnan(ends).all(axis=-1))
    calm = np.asarray((np.abs(ends) < _WILD).all(axis=-1))
    ends = np.where(calm[..., None], ends, np.nan)
    # A series that explodes is shown on the axis of those that do not, if there are any.
    steady = (calm.sum(axis=1) >= _STEADY * some.sum(axis=1)) & calm.any(axis=1)
    if steady.any():
        ends = ends[steady]
    seen = [series[np.isfinite(series[:, 0])] for series in ends]
    seen = [series for series in seen if len(series)]
    if not seen:
        return (1e-3, 1.0) if log else (-1.0, 1.0)
    low = min(float(np.percentile(series[:, 0], 5)) for series in seen)
    high = max(float(np.percentile(series[:, 1], 95)) for series in seen)
    if log:
        return _at_least(10, low, high)
    if not high > low:
        width = abs(high) or 1.0
        return low - width, high + width
    return low, high


def _flat(kind: str | None) -> list[float | None] | None:
    """Below and above which inputs the activation is flat."""
    if kind in FLAT_FROM:
        return [-FLAT_FROM[kind], FLAT_FROM[kind]]
    return [0.0, 6.0 if kind == "relu6" else None] if kind in RECTIFIERS else None


def _span(percents: Array, low: float, high: float, log: bool) -> tuple[float, float]:
    """Range of the axis of percentiles, inside the range of values."""
    inside = np.clip(percents, low, high)
    first, last = (float(inside.min()), float(inside.max())) if inside.size else (low, high)
    if log:
        more = (last / first) ** 0.06
        return _at_least(4, first / more, last * more)
    pad = 0.06 * (last - first) or 0.5 * abs(last) or 0.5
    return first - pad, last + pad


def _at_least(times: float, low: float, high: float) -> tuple[float, float]:
    """The ends of a logarithmic axis, moved apart where one is not so many times the other."""
    more = max(1.0, (times * low / high) ** 0.5)
    return low / more, high * more


def on_axis(values: Array, ends: Sequence[float], log: bool) -> Array:
    """Where values lie between both ends, from 0 to 1; NaN stays NaN."""
    low, high = ends
    with np.errstate(invalid="ignore", divide="ignore"):
        part = np.log(values / low) / np.log(high / low) if log else (values - low) / (high - low)
    return np.clip(part, 0, 1)
