"""From recordings to the small arrays that the ``distributions`` figure draws.

L layers, S series (labels), R rows in time:

===============  =====================  ====================================================
``steps``        int32 (R,)             the training step at which each row begins
``heights``      uint8 (L, S, bins, R)  ``LEVELS * sqrt(share / panel["top"])``
``percents``     uint8 (L, S, 3, R)     15th, 50th, 85th percentile, 0 … 254 over
                                        ``panel["span"]``; 255 for a row without numbers
``std``          float16 (L, S, R)      standard deviation / ``panel["stdScale"][s]``; float32
                                        where one is very small
``off, dead``    uint8 (L, S, R)        ``SHARES * share``, or 255 where it has no meaning
``nonfinite``    uint32 (L, S, 3, R)    counts of NaN, +inf, −inf; left out if all are zero
===============  =====================  ====================================================

Time is the last axis, and all bytes are differences in time (less the one before, modulo 256):
neighbors are alike, and differences that are mostly small compress best. ``off`` is what
``panel["off"]`` says. Positions on a logarithmic axis are those of the logarithms. All numbers are
those of the recordings' own methods: both read with ``Rows``. ``Encoder`` turns the numbers of any
rows into bytes: of all rows for a page, of the newest one for a figure that is live.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from bnviz.activations import FLAT_FROM, RECTIFIERS
from bnviz.figures.gallery.distributions.panels import PERCENTS, Array, Scales, edges_of, scales_of
from bnviz.figures.gallery.distributions.sizes import share_of_zeros
from bnviz.figures.gallery.distributions.tracks import (
    common_steps,
    quantity_of,
    rows_at,
    tracks_of,
)
from bnviz.recording import Recording
from bnviz.recording.rows import ABOVE_ZERO, Rows, Thresholds

__all__ = [
    "LEVELS",
    "NO_MEANING",
    "SHARES",
    "Encoder",
    "Levels",
    "add_up",
    "differences",
    "encode",
    "percents_of",
    "shares_of",
]

LEVELS = 36  # heights of a bar; stored as square roots, so that low bars keep their detail
SHARES = 250
NO_MEANING = 255  # in a byte; 0 … 254 are levels of a percentile, 0 … SHARES of a share
_ROUND = 0.5  # a cast to whole numbers cuts: this much more rounds to the nearest one,
_ROUND_UP = 1 - 1e-6  # and this much more rounds up: the smallest share above zero is not zero


def encode(
    recordings: Mapping[str, Recording], layers: Sequence[str], bins: int
) -> tuple[list[Scales], dict[str, Array]]:
    """Read whole recordings.

    Args:
        recordings: by label; those without rows come out empty.
        layers: names of the layers.
        bins: bars of a histogram.

    Returns:
        The scales of each layer, and the arrays of the module's docstring.
    """
    runs = list(recordings.values())
    steps = common_steps(runs)
    at = [rows_at(run, steps) for run in runs]
    scales: list[Scales] = []
    parts: dict[str, list[Array]] = {}
    for layer in layers:
        tracks = tracks_of(runs, layer)
        kind = next((track.activation for track in tracks if track), None)
        rows = Rows(tracks, at)
        scales.append(scales_of(layer, kind, quantity_of(runs, layer), rows, bins))
        levels = Encoder(scales[-1:], len(runs)).levels(rows)
        part = {
            "heights": differences(np.swapaxes(levels.heights, 1, 2)),
            "percents": differences(np.swapaxes(levels.percents, 1, 2)),
            "std": levels.std,
            "off": differences(levels.off),
            "dead": differences(levels.dead),
            "nonfinite": np.minimum(np.swapaxes(rows.nonfinite(), 1, 2), 2**32 - 1),
        }
        for name, array in part.items():
            parts.setdefault(name, []).append(array)
    arrays = {name: np.stack(part) for name, part in parts.items()}
    if scales:
        arrays["std"] = _small_floats(arrays["std"])
        arrays["nonfinite"] = arrays["nonfinite"].astype(np.uint32)
    if not arrays.get("nonfinite", np.zeros(0)).any():
        arrays.pop("nonfinite", None)
    return scales, {"steps": steps.astype(np.int32), **arrays}


def differences(levels: Array) -> Array:
    """Each byte less the one before it in time, modulo 256."""
    return np.diff(levels, axis=-1, prepend=np.uint8(0))


def add_up(differences: Array) -> Array:
    """The bytes that :func:`differences` was given."""
    return np.cumsum(differences, axis=-1, dtype=np.uint8)


def shares_of(panel: Scales, heights: Array) -> Array:
    """The shares that ``heights`` of one layer stand for, shape (S, bins, R)."""
    shares: Array = (add_up(heights) / LEVELS) ** 2 * panel["top"]
    return shares


def percents_of(panel: Scales, percents: Array) -> Array:
    """The values that ``percents`` of one layer stand for, shape (S, 3, R)."""
    low, high = panel["span"]
    levels = add_up(percents)
    part = levels / (NO_MEANING - 1)
    values = low * (high / low) ** part if panel["log"] else low + (high - low) * part
    return np.where(levels == NO_MEANING, np.nan, values)


class Levels(NamedTuple):
    """The numbers of R rows of T tracks, as they are stored.

    Attributes:
        percents: uint8 of shape (T, R, 3).
        off: uint8 of shape (T, R), like ``dead``.
        dead: see there.
        heights: uint8 of shape (T, R, bins), not as differences.
        std: float64 of shape (T, R), relative to the scale.
        beyond: the largest share in an outermost bar.
    """

    percents: Array
    off: Array
    dead: Array
    heights: Array
    std: Array
    beyond: float


class Encoder:
    """Turns what rows say into bytes, on the scales of some layers.

    A training loop pays for it in a live figure: what is the same for all rows is prepared.

    Args:
        panels: of L layers, or their scales alone.
        series: S; the tracks of the rows are S of the first layer, S of the second, ….
    """

    def __init__(self, panels: Sequence[Scales], series: int) -> None:
        def column(values: Any) -> Array:
            return np.repeat(np.array(list(values), dtype=float), series)[:, None]

        kinds = [panel["activation"] for panel in panels]
        rectifies = column(kind in RECTIFIERS for kind in kinds)
        saturates = column(kind in FLAT_FROM for kind in kinds)
        # Off is what is below the first of these and, for what saturates, above the second.
        limits = column(FLAT_FROM.get(kind or "", 0.0) for kind in kinds)
        lower = np.where(rectifies, ABOVE_ZERO, -limits)
        bars = [edges_of(panel["range"], panel["bins"], panel["log"]) for panel in panels]
        edges = np.repeat(bars, series, axis=0)
        self._thresholds = Thresholds(np.concatenate([lower, limits, edges], axis=1))
        self._above = saturates
        self._logs = np.flatnonzero(column(panel["log"] for panel in panels))
        # What becomes of the numbers of a row to be bytes: times, plus.
        spans: list[Any] = [np.log(p["span"]) if p["log"] else p["span"] for p in panels]
        low, high = np.repeat(spans, series, axis=0).T[:, :, None]
        per_value = (NO_MEANING - 1) / (high - low)
        off = np.where(column(bool(panel["off"]) for panel in panels), SHARES, np.nan)
        dead = np.where(rectifies, SHARES, np.nan)
        heights = LEVELS / np.sqrt(column(panel["top"] for panel in panels))
        sizes = [len(PERCENTS), 1, 1, edges.shape[1] - 1]
        self._times = np.repeat(np.hstack([per_value, off, dead, heights]), sizes, axis=1)[:, None]
        self._plus = np.full_like(self._times, _ROUND)
        self._plus[:, 0, :3] -= per_value * low
        self._plus[:, 0, 3:5] = _ROUND_UP
        self._most = np.repeat([NO_MEANING - 1, SHARES, SHARES, LEVELS], sizes) + _ROUND
        self._missing = np.repeat([NO_MEANING, NO_MEANING, NO_MEANING, 0], sizes)
        self._per_std = 1 / np.array([panel["stdScale"] for panel in panels]).reshape(-1, 1)

    def levels(self, rows: Rows) -> Levels:
        """The bytes of some rows of the tracks."""
        below = rows.shares_below(self._thresholds)
        numbers = np.empty((*below.shape[:2], below.shape[2] + 2))
        numbers[..., :3] = rows.percentiles(PERCENTS)
        numbers[..., 3] = below[..., 0] + self._above * (1 - below[..., 1])
        numbers[..., 4] = rows.dead()
        if len(self._logs):
            numbers[self._logs, :, :3] = np.log(numbers[self._logs, :, :3])
            numbers[self._logs, :, 3] = share_of_zeros(rows)[self._logs]
        shares = below[..., 3:] - below[..., 2:-1]
        np.sqrt(np.maximum(shares, 0), out=numbers[..., 5:])
        numbers *= self._times
        numbers += self._plus
        np.maximum(numbers, 0, out=numbers)
        np.minimum(numbers, self._most, out=numbers)
        np.copyto(numbers, self._missing, where=np.isnan(numbers))
        levels = numbers.astype(np.uint8)
        std = rows.std() * self._per_std
        beyond = float(shares[..., :: shares.shape[-1] - 1].max(initial=0))
        return Levels(levels[..., :3], levels[..., 3], levels[..., 4], levels[..., 5:], std, beyond)


def _small_floats(values: Array) -> Array:
    """Relative values as half floats, unless some are too small for their digits."""
    tiny = (values > 0) & (values < 1e-3)  # next to a run that explodes
    return values.astype(np.float32 if tiny.any() else np.float16)
