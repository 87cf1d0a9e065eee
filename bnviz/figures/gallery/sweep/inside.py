"""What happened inside the networks of a sweep, in few bytes.

C choices, R rows, K columns, S series, L layers, N seeds, T evaluations, M moments:

============  ==========================  =====================================================
``steps``     int32 (T,)                  training steps of the evaluations
``curve``     uint8 (C, R, K, S, N, T)    0 … 254 over the ends of the curve's axis; 255 for none
``moments``   int32 (M,)                  training steps of what follows
``heights``   uint8 (C, R, K, S, L, B, M) ``LEVELS * sqrt(share)`` of the values in each bar
``percents``  uint8 (C, R, K, S, L, 3, M) 15th, 50th, 85th percentile, 0 … 254 over the axis of
                                          values; 255 where there are no numbers
``std``       int16 (C, R, K, S, L, M)    ``DIGITS * log10`` of the standard deviation; the least
                                          integer where there is none, the next for 0
``off``       uint8 (C, R, K, S, L, M)    ``SHARES * share`` of the inputs where the activation is
                                          flat; 255 where that has no meaning
``dead``      uint8 (C, R, K, S, L, M)    the same for units of a rectifier that pass nothing
============  ==========================  =====================================================

Those with moments are differences in time, modulo 256 or 65536: neighbors are alike, and what is
mostly small compresses best.

All cells share one axis of values, ``arsinh(value / unit)``: even near zero, logarithmic far from
it, so that a needle and an explosion are seen side by side. Layers are those of the first seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnviz.activations import FLAT_FROM, RECTIFIERS
from bnviz.figures.gallery.sweep.results import Results
from bnviz.recording import histogram
from bnviz.recording.rows import Rows

__all__ = ["DIGITS", "LEVELS", "MOST_LAYERS", "NONE", "SHARES", "read_curves", "read_layers"]

Array = NDArray[Any]

LEVELS = 30
DIGITS = 200  # a step is 1.2 %
SHARES = 250
NONE = 255
MOST_LAYERS = 4
_BARS = 31  # odd, so that a needle at zero is one bar
_MOMENTS = 26
_POINTS = 40
_LEAST = np.iinfo(np.int16).min
_PERCENTS = (15, 50, 85)
_FARTHEST = 100  # units; what lies beyond is drawn at the end of the axis


def read_curves(found: Results, y: str, ends: Sequence[float], log: bool) -> dict[str, Array]:
    """Accuracy or loss over the steps, ``steps`` and ``curve``.

    Args:
        found: the results, with runs.
        y: "accuracy" or "loss".
        ends: of the vertical axis.
        log: whether that is logarithmic.

    Raises:
        ValueError: runs that were evaluated at different steps.
    """
    lines = {
        (*at, n): _line(run, y) for at, runs in found.runs.items() for n, run in enumerate(runs)
    }
    steps = next(iter(lines.values()))[0]
    if any(not np.array_equal(steps, other) for other, _ in lines.values()):
        raise ValueError("sweep(): all runs must be trained and evaluated at the same steps")
    rows = _spread(steps, _POINTS)
    curve = np.full((*found.lost_at.shape, len(rows)), NONE, np.uint8)
    for at, (_, values) in lines.items():
        lost = found.lost_at[at]
        values = np.where((steps >= lost) & (lost > 0), np.nan, values)
        curve[at] = _on_axis(values[rows], ends, log)
    return {"steps": steps[rows].astype(np.int32), "curve": curve}


def read_layers(
    found: Results, wanted: Sequence[str] | None
) -> tuple[dict[str, Any], dict[str, Array]]:
    """The layers of the first seed of every cell.

    Args:
        found: the results, with runs.
        wanted: names of layers, as recorded or as readers know them; up to four of all by default.

    Returns:
        What JavaScript needs besides the arrays, and the arrays; both empty without recordings.

    Raises:
        ValueError: a layer that was not recorded.
    """
    firsts = {at: runs[0] for at, runs in found.runs.items() if _recorded(runs[0])}
    if not firsts:
        return {}, {}
    layers, names, count = _layers(list(firsts.values()), wanted)
    last = max(run.recording.num_steps for run in firsts.values())
    moments = _spread(np.arange(1, last + 1), _MOMENTS) + 1
    series = {
        (*at, i): _Layer(run.recording, layer, moments)
        for at, run in firsts.items()
        for i, layer in enumerate(layers)
        if layer in run.recording.layers
    }
    unit, reach = _axis(series.values())
    ends = [-float(np.arcsinh(reach / unit)), float(np.arcsinh(reach / unit))]
    edges = unit * np.sinh(np.linspace(ends[0], ends[1], _BARS + 1))
    edges[0], edges[-1] = histogram.EDGES[0], histogram.EDGES[-1]
    shape = (*found.counts.shape, len(layers))
    heights = np.zeros((*shape, _BARS, len(moments)), np.uint8)
    percents = np.full((*shape, 3, len(moments)), NONE, np.uint8)
    std = np.full((*shape, len(moments)), _LEAST, np.int16)
    off, dead = (np.full((*shape, len(moments)), NONE, np.uint8) for _ in range(2))
    for at, one in series.items():
        shares = np.nan_to_num(one.rows.shares_between(edges)[0])
        heights[at] = np.rint(LEVELS * np.sqrt(np.maximum(shares, 0))).T
        percents[at] = _on_axis(np.arcsinh(one.percentiles / unit), ends, False).T
        std[at] = _magnitudes(one.rows.std()[0])
        rectifier = one.kind in RECTIFIERS
        off[at] = _shares((one.rows.inactive() if rectifier else one.rows.saturated())[0])
        dead[at] = _shares(one.rows.dead()[0])
    kinds = [next(o.kind for at, o in series.items() if at[-1] == i) for i in range(len(layers))]
    spec = {
        "layers": [
            {
                "name": name,
                "what": f"input of the {kind.replace('relu', 'ReLU')}" if kind else "value",
                "off": "inactive" if kind in RECTIFIERS else "saturated",
                "flat": _flat(kind),
            }
            for name, kind in zip(names, kinds, strict=True)
        ],
        "of": count,
        "unit": unit,
        "reach": reach,
        "bars": _BARS,
    }
    layered = {"heights": heights, "percents": percents, "std": std, "off": off, "dead": dead}
    differences = {n: np.diff(a, axis=-1, prepend=a.dtype.type(0)) for n, a in layered.items()}
    return spec, {"moments": moments.astype(np.int32), **differences}


class _Layer:
    """One layer of one recording at given steps."""

    def __init__(self, recording: Any, layer: str, moments: Array) -> None:
        rows = np.searchsorted(recording.steps, moments, side="right") - 1
        self.rows = Rows([recording.tracks[layer]], rows[None])
        self.kind: str | None = recording.activation(layer)
        self.percentiles: Array = self.rows.percentiles(_PERCENTS)[0]


def _layers(runs: Sequence[Any], wanted: Sequence[str] | None) -> tuple[list[str], list[str], int]:
    """Recorded names, names for readers, and how many there are."""
    known: dict[str, str] = {}
    for run in runs:
        names = getattr(run, "names", {})
        known |= {layer: names.get(layer, layer) for layer in run.recording.layers}
    layers = list(known)
    if wanted is None:
        picked = np.linspace(0, len(layers) - 1, min(MOST_LAYERS, len(layers)))
        chosen = [layers[round(i)] for i in picked]
    else:
        by_name = {name: layer for layer, name in known.items()} | {n: n for n in known}
        for name in wanted:
            if name not in by_name:
                raise ValueError(
                    f"sweep(): no layer {name!r} was recorded; there are "
                    f"{', '.join(known.values())}"
                )
        chosen = [by_name[name] for name in wanted]
    return chosen, [known[layer] for layer in chosen], len(layers)


def _recorded(run: Any) -> bool:
    recording = getattr(run, "recording", None)
    return recording is not None and len(recording.layers) > 0


def _axis(series: Any) -> tuple[float, float]:
    """Where the axis of values turns from even to logarithmic, and how far it goes."""
    spreads = [np.abs(one.percentiles[:, [0, 2]]) for one in series]
    sizes = np.concatenate([each.ravel() for each in spreads])
    sizes = sizes[np.isfinite(sizes) & (sizes > 0)]
    if not len(sizes):
        return 1.0, 10.0
    unit = float(10.0 ** np.round(np.log10(np.median(sizes))))
    reach = 10.0 ** np.ceil(np.log10(min(sizes.max(), _FARTHEST * unit)) - 1e-9)
    return unit, float(max(reach, 10 * unit))


def _flat(kind: str | None) -> list[float | None] | None:
    """Below and above which inputs the activation is flat."""
    if kind in FLAT_FROM:
        return [-FLAT_FROM[kind], FLAT_FROM[kind]]
    return [0.0, None] if kind in RECTIFIERS else None


def _line(run: Any, y: str) -> tuple[Array, Array]:
    values = np.asarray(getattr(run, y), dtype=np.float64)
    steps = np.asarray(run.steps) if y == "accuracy" else np.arange(1, len(values) + 1)
    return steps, values


def _spread(steps: Array, most: int) -> Array:
    """Which of many steps are kept: dense at the start and even."""
    if len(steps) <= most:
        return np.arange(len(steps))
    even = np.linspace(0, len(steps) - 1, most * 2 // 3)
    early = np.geomspace(1, len(steps), most - len(even)) - 1
    return np.unique(np.concatenate([even, early]).round().astype(int))


def _on_axis(values: Array, ends: Sequence[float], log: bool) -> Array:
    """Bytes 0 … 254 along an axis; 255 for what is not finite."""
    low, high = np.log10(ends) if log else ends
    with np.errstate(divide="ignore", invalid="ignore"):
        places = ((np.log10(values) if log else values) - low) / (high - low)
    levels = np.rint((NONE - 1) * np.clip(places, 0, 1))
    return np.where(np.isfinite(values), np.nan_to_num(levels), NONE).astype(np.uint8)


def _magnitudes(values: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = np.rint(DIGITS * np.log10(values))
    return np.nan_to_num(np.where(values == 0, _LEAST + 1, steps), nan=_LEAST)


def _shares(shares: Array) -> Array:
    """Shares as bytes; the smallest above zero is not rounded to zero."""
    levels = np.ceil(SHARES * np.minimum(shares, 1) - 1e-6)
    return np.where(np.isnan(levels), NONE, np.nan_to_num(levels)).astype(np.uint8)
