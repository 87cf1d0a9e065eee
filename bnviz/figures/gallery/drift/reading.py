"""What ``drift`` is given, brought into one form: runs with probes, probes, or plain clouds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bnviz.figures.kit.labels import by_label

__all__ = ["Cloud", "Clouds", "read_clouds"]

Array = NDArray[Any]

_LARGEST_IMAGE = 32  # pixels across; larger ones are nothing that could be set as a point


class Cloud(NamedTuple):
    """Two units' values for the same images, at several moments of training.

    Attributes:
        steps: the moments, ascending, shape (S,).
        points: the values, shape (S, P, 2); in training mode, where that makes a difference.
        labels: classes of the P images, shape (P,).
        images: the images, shape (P, H, W), 0 for paper and the largest number for ink; None
            draws dots.
        running: as ``points``, normalized by running averages (eval mode); None where there is no
            such thing.
    """

    steps: ArrayLike
    points: ArrayLike
    labels: ArrayLike
    images: ArrayLike | None = None
    running: ArrayLike | None = None


class Clouds(NamedTuple):
    """The clouds of all networks, checked; they share steps and images."""

    steps: Array  # (S,)
    classes: Array  # (P,)
    images: Array | None  # (P, H, W), 0 to 1
    own: dict[str, Array]  # by label (S, P, 2), float64
    running: dict[str, Array]  # the same in eval mode, of those networks for which it differs
    units: tuple[str, str]  # their names
    where: str  # "two units of layer 3"
    when: str  # " before their activation", or nothing


def read_clouds(data: object, layer: str | None, units: tuple[int, int]) -> Clouds:
    """Read whatever ``drift`` takes.

    Raises:
        TypeError: something that holds no clouds.
        ValueError: shapes that do not fit together, no data, no such layer or unit.
    """
    things = by_label(data)
    if not things:
        raise ValueError("drift() got no clouds; give at least one {label: Run} or {label: Cloud}")
    clouds = {
        label: _cloud(f"drift(), {label!r}" if label else "drift()", thing, layer, units)
        for label, thing in things.items()
    }
    first_label, first = next(iter(clouds.items()))
    for label, cloud in clouds.items():
        same = np.array_equal(cloud.steps, first.steps) and np.array_equal(
            cloud.labels, first.labels
        )
        if not same:
            raise ValueError(
                f"drift(): {label!r} and {first_label!r} must have the same steps and the same "
                "images; train them together"
            )
    names, where, when = _names(next(iter(things.values())), layer, units)
    return Clouds(
        steps=np.asarray(first.steps),
        classes=np.asarray(first.labels),
        images=None if first.images is None else np.asarray(first.images),
        own={label: np.asarray(cloud.points) for label, cloud in clouds.items()},
        running={
            label: np.asarray(cloud.running)
            for label, cloud in clouds.items()
            if cloud.running is not None
            and not np.array_equal(cloud.running, cloud.points, equal_nan=True)
        },
        units=names,
        where=where,
        when=when,
    )


def _cloud(who: str, thing: Any, layer: str | None, units: tuple[int, int]) -> Cloud:
    probe = _probe_of(thing)
    if probe is not None:
        return _checked(who, _from_probe(who, probe, layer, units))
    plain = getattr(thing, "clouds", thing)
    if getattr(thing, "probe", thing) is None or plain is None:
        raise ValueError(f"{who}: nothing was probed yet; train it first, with its probe")
    if not all(hasattr(plain, name) for name in ("steps", "points", "labels")):
        raise TypeError(
            f"{who} got a {type(plain).__name__}; give Twins, {{label: Run}}, {{label: Probe}} or "
            "{label: Cloud}"
        )
    if layer is not None:
        raise ValueError(f"{who}: layer={layer!r} chooses among the layers of a run; it has none")
    return _checked(
        who,
        Cloud(
            plain.steps, plain.points, plain.labels,
            getattr(plain, "images", None), getattr(plain, "running", None),
        ),
    )  # fmt: skip


def _probe_of(thing: Any) -> Any:
    probe = getattr(thing, "probe", thing)
    return probe if isinstance(getattr(probe, "train", None), Mapping) else None


def _from_probe(who: str, probe: Any, layer: str | None, units: tuple[int, int]) -> Cloud:
    chosen = _layer(who, probe, layer)
    columns = []
    for unit in units:
        if unit not in probe.units:
            raise ValueError(f"{who}: unit {unit} was not probed; there are {list(probe.units)}")
        columns.append(list(probe.units).index(unit))
    images = np.asarray(probe.images)
    images = images.reshape([n for i, n in enumerate(images.shape) if n > 1 or i == 0])
    return Cloud(
        probe.steps,
        probe.train[chosen][..., columns],
        probe.labels,
        images if _drawable(images) else None,
        probe.eval[chosen][..., columns],
    )


def _layer(who: str, probe: Any, layer: str | None) -> str:
    if not probe.layers:
        raise ValueError(f"{who}: nothing was probed yet; train it first")
    if layer is not None and layer not in probe.layers:
        raise ValueError(f"{who}: there is no layer {layer!r}; there are {list(probe.layers)}")
    return str(probe.layers[-1] if layer is None else layer)


def _drawable(images: Array) -> bool:
    return (
        images.ndim == 3 and 3 <= min(images.shape[1:]) <= max(images.shape[1:]) <= _LARGEST_IMAGE
    )


def _checked(who: str, cloud: Cloud) -> Cloud:
    """The same with arrays, the points as float64."""
    steps, points, labels = (np.asarray(part) for part in cloud[:3])
    if points.ndim != 3 or points.shape[2] != 2 or not points.size:
        raise ValueError(
            f"{who}: points has shape {points.shape}; it must be (steps, images, 2), two units' "
            "values for each image at each step. Was it trained?"
        )
    if steps.shape != points.shape[:1] or labels.shape != points.shape[1:2]:
        raise ValueError(
            f"{who}: points has shape {points.shape}, so steps must have shape "
            f"({points.shape[0]},) and labels ({points.shape[1]},); they have {steps.shape} and "
            f"{labels.shape}"
        )
    if (np.diff(steps) <= 0).any():
        raise ValueError(f"{who}: steps must ascend; they are {steps.tolist()}")
    running = None if cloud.running is None else np.asarray(cloud.running).astype(np.float64)
    if running is not None and running.shape != points.shape:
        raise ValueError(
            f"{who}: running has shape {running.shape}; it must be that of points, {points.shape}"
        )
    images = None if cloud.images is None else np.asarray(cloud.images).astype(np.float64)
    if images is not None:
        if len(images) != points.shape[1] or not _drawable(images):
            raise ValueError(
                f"{who}: images has shape {images.shape}; it must be ({points.shape[1]}, H, W), "
                f"with H and W from 3 to {_LARGEST_IMAGE} pixels"
            )
        low, high = float(images.min()), float(images.max())
        images = (images - low) / (high - low) if high > low else np.zeros_like(images)
    return Cloud(steps, points.astype(np.float64), labels, images, running)


def _names(
    thing: Any, layer: str | None, units: tuple[int, int]
) -> tuple[tuple[str, str], str, str]:
    """The names of the units, where they are, and when their values are taken."""
    probe = _probe_of(thing)
    if probe is None:
        return ("unit 1", "unit 2"), "two units", ""
    chosen = _layer("", probe, layer)
    names = getattr(thing, "names", {})
    where = f"two units of {names.get(chosen, chosen)}"
    recording = getattr(thing, "recording", None)
    before = recording is not None and recording.activation(chosen) is not None
    when = " before their activation" if before else ""
    return (f"unit {units[0]}", f"unit {units[1]}"), where, when
