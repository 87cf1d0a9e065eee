"""Recordings and runs made by hand, for the tests of figures that show them."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from bnviz.recording import Recording, histogram
from bnviz.recording.track import SUMS


def fill(recording: Recording, row: int, layer: str, values: np.ndarray, kind: str | None) -> None:
    """Add values to a row of a layer, as a recorder does."""
    finite = values[np.isfinite(values)].astype(float)
    sums = np.zeros((1, 2))
    sums[0, SUMS.index("sum")] = finite.sum()
    sums[0, SUMS.index("square")] = (finite**2).sum()
    track = recording.store.track(layer, kind, "gradient" if layer.endswith(".grad") else None)
    track.add(row, histogram.bin_values(values)[None], sums)
    recording.store.num_steps = max(recording.num_steps, (row + 1) * recording.stride)


def made(
    rows: int = 20,
    layers: int = 2,
    scale: float = 1.0,
    seed: int = 0,
    kind: str | None = "sigmoid",
    closed: bool = True,
) -> Recording:
    """A recording whose spread grows from scale to twice that."""
    rng = np.random.default_rng(seed)
    recording = Recording()
    for row in range(rows):
        for layer in range(layers):
            spread = scale * (1 + row / max(1, rows - 1))
            values = rng.normal(0, spread, 500).astype(np.float32)
            fill(recording, row, f"hidden{layer + 1}.activation", values, kind)
    if closed:
        recording.close()
    return recording


def gradients(rows: int = 20, scale: float = 1e-4, zero: float = 0.4, seed: int = 0) -> Recording:
    """A recording of one layer and of its gradient, some of which is exactly zero."""
    rng = np.random.default_rng(seed)
    recording = Recording()
    for row in range(rows):
        fill(recording, row, "hidden1.activation", rng.normal(size=300), "relu")
        values = (scale * rng.normal(size=1000)).astype(np.float32)
        values[rng.random(1000) < zero] = 0
        fill(recording, row, "hidden1.activation.grad", values, None)
    recording.close()
    return recording


def probe_of(recording: Recording, images: int = 30, scale: float = 1.0, seed: int = 0):
    """As ``Run.probe``: image i lies at scale · (i / images − 0.5) · (1 + step / last)."""
    rng = np.random.default_rng(seed)
    steps = np.unique(np.r_[np.geomspace(1, recording.num_steps, 20).astype(int), 0])
    places = scale * (np.arange(images) / images - 0.5)
    values = places * (1 + steps[:, None] / steps[-1])
    values = np.stack([values, 2 * values], axis=2).astype(np.float32)  # units 0 and 1
    layers = tuple(name for name in recording.layers if "[" not in name)
    return SimpleNamespace(
        steps=steps,
        layers=layers,
        units=(0, 1),
        images=rng.integers(0, 17, (images, 8, 8)).astype(np.float32) / 16,
        labels=np.arange(images) % 10,
        train={layer: values for layer in layers},
        eval={layer: values for layer in layers},
    )


def run_of(recording: Recording, style: str | None = None, probe: object = None):
    """What figures read of a ``Run``."""
    steps = np.arange(0, recording.num_steps + 1, max(1, recording.num_steps // 10))
    names = {name: name.replace("hidden", "layer ").split(".")[0] for name in recording.layers}
    return SimpleNamespace(
        recording=recording,
        style=style,
        names=names,
        steps=steps,
        accuracy=np.linspace(0.1, 0.9, len(steps)),
        probe=probe,
    )


def pair(rows: int = 200, layers: int = 4, kind: str = "relu", probes: bool = True) -> dict:
    """Two runs, as of ``Twins``, with everything that the figure can show."""
    without = made(rows, layers, scale=0.1, kind=kind)
    with_ = made(rows, layers, seed=1, kind=kind)
    return {
        "without BN": run_of(without, "without", probe_of(without, scale=0.1) if probes else None),
        "with BN": run_of(with_, "with", probe_of(with_) if probes else None),
    }
