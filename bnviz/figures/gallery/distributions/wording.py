"""The figure in words: its caption, and what a screen reader says instead of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnviz.figures.gallery.distributions.images import COUNT
from bnviz.figures.gallery.distributions.panels import Panel, Scales
from bnviz.figures.kit.words import fixed, listed, number
from bnviz.recording import Recording, RecordingError

__all__ = ["WAITING", "caption_of", "describe", "describe_layers", "why_empty"]

Array = NDArray[Any]

#: The caption while there are no rows yet.
WAITING = "The distributions inside the network appear here while it trains."
_GRAY = {
    "saturated": "Gray: saturated.",
    "inactive": "Gray: inactive.",
}
_SPOKEN = 6  # layers


def caption_of(panels: Sequence[Panel]) -> str:
    """What there is to see, from what there is in the figure."""
    words = ["All values of one moment"]
    if any(panel["images"] is not None for panel in panels):
        words[0] += f"; below, {COUNT} test images, each at its value"
    words[0] += ". {Play the training, or drag in the plots over time.}"
    words += [_GRAY[off] for off in sorted({panel["off"] for panel in panels}) if off in _GRAY]
    return " ".join(words)


def why_empty(recordings: Iterable[Recording]) -> str:
    """What to say where there are no rows; of recordings that are closed, what to do."""
    reasons = []
    for recording in recordings:
        if not recording.closed:
            return "Nothing is recorded yet."
        try:
            recording.total("")
        except RecordingError as error:
            reasons.append(f"{str(error)[:1].upper()}{str(error)[1:]}.")
    return " ".join(dict.fromkeys(reasons))


def describe(layers: Sequence[str], labels: Sequence[str], arrays: Mapping[str, Array]) -> str:
    """What a screen reader says: of the layers, as of :func:`describe_layers`, and the accuracy."""
    intro = "Standard deviation of each layer"
    if len(layers) > _SPOKEN:
        intro = f"Standard deviation of 3 of {len(layers)} layers"
        layers = [layers[0], layers[len(layers) // 2], layers[-1]]
    text = f"{intro}, from the start of the recording to its end. {'; '.join(layers)}."
    finals = [
        f"{fixed(100 * arrays[name][-1])} % {label}".strip()
        for s, label in enumerate(labels)
        if len(arrays.get(name := f"accuracy.{s}.values", ()))
    ]
    return f"{text} Test accuracy at last: {listed(finals)}." if finals else text


def describe_layers(
    names: Sequence[str],
    layers: Sequence[Scales],
    labels: Sequence[str],
    arrays: Mapping[str, Array],
) -> list[str]:
    """The standard deviation of each layer, first and last, and what went wrong in it."""
    texts = []
    for i, (name, scales) in enumerate(zip(names, layers, strict=True)):
        spreads = [
            f"{_spread(scales, arrays, i, s)} {label}".strip() for s, label in enumerate(labels)
        ]
        texts.append(f"{name}: {', '.join(spreads)}")
    return texts


def _spread(scales: Scales, arrays: Mapping[str, Array], i: int, s: int) -> str:
    std = arrays["std"][i, s].astype(float) * scales["stdScale"][s]
    seen = std[~np.isnan(std)]
    text = "not recorded"
    if len(seen):
        text = f"from {number(seen[0], 2)} to {number(seen[-1], 2)}"
    if "nonfinite" in arrays and arrays["nonfinite"][i, s].any():
        text += ", with values that are NaN or infinite"
    return text
