"""A few images and where a unit sets them: the part of a probe that the figure draws.

For each series s that has a probe, with P images, K layers and S moments:

===================  ====================  ===================================================
``images.s.pixels``  uint8 (P, 8, 8)       0 is white
``images.s.steps``   int32 (S,)            updates made before each moment
``images.s.places``  uint8 (K, P, S)       the value, 0 … 254 over ``panel["range"]``; 255 where it
                                           is not a number; less the one before, modulo 256
===================  ====================  ===================================================

``panel["images"]`` is the index of a layer among these K, or None. Values are those in training
mode, as in the histogram: what the unit gives where the images are part of a mini-batch.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnviz.figures.gallery.distributions.encoding import NO_MEANING, add_up, differences
from bnviz.figures.gallery.distributions.panels import Scales, on_axis

__all__ = ["COUNT", "encode_images", "places_of"]

Array = NDArray[Any]

COUNT = 24  # images in a row; a probe begins with some of each class
_LARGEST = 16  # pixels of an image's side: each pixel is drawn as a square
_MOMENTS = 72  # in between, images move straight on
_UNIT = re.compile(r"(.*)\[(\d+)\]$")


def encode_images(
    probes: Sequence[Any], layers: Sequence[Scales]
) -> tuple[dict[str, Array], list[int | None]]:
    """Set images at their values, for the layers of which all probes know a unit.

    Args:
        probes: of each series, as ``Run.probe``, or None.
        layers: the scales of each layer.

    Returns:
        The arrays of the module's docstring, and of each layer its ``panel["images"]``.
    """
    known = {s: probe for s, probe in enumerate(probes) if probe is not None and _drawable(probe)}
    places: dict[int, list[Array]] = {s: [] for s in known}
    numbers: list[int | None] = []
    count = 0
    for scales in layers:
        values = [_values(probe, scales["title"]) for probe in known.values()]
        if scales["log"] or not values or any(found is None for found in values):
            numbers.append(None)
            continue
        for s, found in zip(known, values, strict=True):
            assert found is not None
            places[s].append(_bytes(found, scales["range"]))
        numbers.append(count)
        count += 1
    if not count:
        return {}, numbers
    arrays: dict[str, Array] = {}
    for s, probe in known.items():
        kept = _moments(np.asarray(probe.steps))
        pixels = np.asarray(probe.images[:COUNT], dtype=float)
        pixels -= pixels.min()
        arrays[f"images.{s}.pixels"] = np.rint(255 * pixels / (pixels.max() or 1)).astype(np.uint8)
        arrays[f"images.{s}.steps"] = np.asarray(probe.steps)[kept].astype(np.int32)
        levels = np.stack(places[s])[..., kept]
        arrays[f"images.{s}.places"] = differences(levels)
    return arrays, numbers


def places_of(panel: Scales, places: Array) -> Array:
    """The values that ``images.s.places`` of one layer stand for, (P, S); NaN for nowhere."""
    levels = add_up(places)
    low, high = panel["range"]
    values = low + (high - low) * (levels / (NO_MEANING - 1))
    return np.where(levels == NO_MEANING, np.nan, values)


def _drawable(probe: Any) -> bool:
    shape = np.shape(probe.images)
    small = len(shape) == 3 and min(shape) > 0 and max(shape[1:]) <= _LARGEST
    return small and len(probe.steps) > 0


def _moments(steps: Array) -> Array:
    """Which of a probe's moments are kept: about :data:`_MOMENTS`, evenly over the run.

    A probe also looks often at first, where a row of a recording sums up many of its moments.
    """
    even = np.linspace(steps[0], steps[-1], _MOMENTS)
    return np.unique(np.abs(steps[:, None] - even).argmin(axis=0))


def _values(probe: Any, layer: str) -> Array | None:
    """Values of a unit of a recorded layer, (P, S): of the unit that is meant, or of the first."""
    single = _UNIT.match(layer)
    name, unit = (single[1], int(single[2])) if single else (layer, probe.units[0])
    if name not in probe.layers or unit not in probe.units:
        return None
    values: Array = np.asarray(probe.train[name])[:, :COUNT, list(probe.units).index(unit)]
    return values.T


def _bytes(values: Array, ends: Sequence[float]) -> Array:
    levels = np.rint((NO_MEANING - 1) * on_axis(values, ends, log=False))
    return np.where(np.isnan(levels), NO_MEANING, levels).astype(np.uint8)
