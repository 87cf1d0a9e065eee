"""The figure in words: its caption, and what a screen reader says instead of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnviz.figures.gallery.distributions.images import COUNT
from bnviz.figures.kit.words import fixed, listed, number

__all__ = ["caption_of", "describe"]

Array = NDArray[Any]
Spec = Mapping[str, Any]

_Gray = {
    "saturated": "Gray: saturated.",
    "inactive": "Gray: inactive.",
}
_SPOKEN = 6  # layers


def caption_of(spec: Spec) -> str:
    """What there is to see, from what there is in the figure."""
    panels = spec["layers"]
    if not panels:
        return "The distributions inside the network appear here while it trains."
    words = ["All values of one moment"]
    if any(panel["images"] is not None for panel in panels):
        words[0] += f"; below, {COUNT} test images, each at its value"
    words[0] += ". {Play the training, or drag in the plots over time.}"
    words += [_Gray[off] for off in sorted({panel["off"] for panel in panels}) if off in _Gray]
    return " ".join(words)


def describe(spec: Spec, arrays: Mapping[str, Array]) -> str:
    """The standard deviation of each layer, first and last, what went wrong, and the accuracy."""
    layers = [_describe_layer(spec, arrays, i) for i in range(len(spec["layers"]))]
    for panel, words in zip(spec["layers"], layers, strict=True):
        panel["alt"] = f"Percentiles over training; standard deviation of {words}."
    if not layers:
        return "Nothing is recorded yet."
    intro = "Standard deviation of each layer"
    if len(layers) > _SPOKEN:
        intro = f"Standard deviation of 3 of {len(layers)} layers"
        layers = [layers[0], layers[len(layers) // 2], layers[-1]]
    text = f"{intro}, from the start of the recording to its end. {'; '.join(layers)}."
    finals = [
        f"{fixed(100 * arrays[name][-1])} % {label}".strip()
        for s, label in enumerate(spec["labels"])
        if len(arrays.get(name := f"accuracy.{s}.values", ()))
    ]
    return f"{text} Test accuracy at last: {listed(finals)}." if finals else text


def _describe_layer(spec: Spec, arrays: Mapping[str, Array], i: int) -> str:
    panel, words = spec["layers"][i], []
    for s, label in enumerate(spec["labels"]):
        std = arrays["std"][i, s].astype(float) * panel["stdScale"][s]
        seen = std[~np.isnan(std)]
        text = "not recorded"
        if len(seen):
            text = f"from {number(seen[0], 2)} to {number(seen[-1], 2)}"
        if "nonfinite" in arrays and arrays["nonfinite"][i, s].any():
            text += ", with values that are NaN or infinite"
        words.append(f"{text} {label}".strip())
    return f"{panel['name']}: {', '.join(words)}"
