"""Two units as a cloud of images that moves while the network trains, with and without BN.

Each panel is one network. A point is one image, drawn itself where it is small enough; its
coordinates are what two units compute for it. The reader scrubs or plays training and sees the
cloud wander and swell, or stay where it is. A network that normalizes can be seen in both modes:
normalized by the very images that are shown, it cannot but stay; by running averages it can move.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnviz.figures.gallery.drift.cloud import (
    common_range,
    moments,
    quantize,
    rows_over_time,
    spread_over_classes,
)
from bnviz.figures.gallery.drift.reading import Clouds, read_clouds
from bnviz.figures.gallery.drift.still import Still, draw_stills
from bnviz.figures.kit.figure import Figure
from bnviz.figures.kit.labels import by_label, styles_of
from bnviz.figures.kit.paper import series_styles
from bnviz.figures.kit.words import fixed
from bnviz.words import counted

__all__ = ["drift"]

Array = NDArray[Any]

_MOST_POINTS = 200  # more would hide each other and make the page heavy
_MOST_ROWS = 44
_MOST_CLASSES = 20
_HEIGHT = (500, 552)  # of the controls and two networks; narrow, networks stand under each other
_ONE_MORE = 150  # pixels for each network that must stand below

_OWN = "training mode"
_RUNNING = "eval mode"


def drift(
    clouds: object,
    *,
    layer: str | None = None,
    units: tuple[int, int] = (0, 1),
    styles: Mapping[str, str] | None = None,
    caption: str | None = None,
) -> Figure:
    """Show how two units' values for the same images move during training.

    Args:
        clouds: trained ``Twins``, ``{label: Run}`` or ``{label: Probe}``, where a probe has the
            values in training mode and in eval mode; or ``{label: Cloud}``, see :class:`Cloud`. All
            must have the same steps and images.
        layer: of the probe; the last one by default.
        units: which two of the probed units.
        styles: ``{label: key}``; "without" and "with" are the colors of batch normalization.
        caption: what to see; a general one by default.

    Returns:
        The figure. Of many moments some are shown, dense at first; of many images 200.

    Raises:
        TypeError: something that holds no clouds.
        ValueError: shapes that do not fit together, no data, no such layer or unit.

    Source: the effect is the one that Ioffe & Szegedy (2015), Figure 1, show by percentiles.

    >>> from types import SimpleNamespace
    >>> points = np.array([[[0.0, 1], [2, 3]], [[5, 6], [9, 8]]])
    >>> figure = drift(SimpleNamespace(steps=[0, 10], points=points, labels=[0, 1]))
    >>> print(figure.alt)
    What two units compute for 2 images, from step 0 to step 10.
    The cloud: mean (1.00, 2.00), then (7.00, 7.00); standard deviation (1.00, 1.00), then
    (2.00, 1.00); the mean moved up to 7.81 from its start.
    """
    read = read_clouds(clouds, layer, units)
    labels = list(read.own)
    points = np.stack([*read.own.values(), *read.running.values()])  # (C, S, P, 2)
    rows = rows_over_time(read.steps, _MOST_ROWS)
    shown = spread_over_classes(read.classes)[:_MOST_POINTS]
    mean, covariance, missing = moments(points)
    levels, center, half = quantize(points[:, rows][:, :, shown])
    names, of_point = np.unique(read.classes, return_inverse=True)
    named = 1 < len(names) <= _MOST_CLASSES
    styled = series_styles(labels, styles_of(by_label(clouds), styles))
    steps = read.steps[rows]
    spec = {
        "networks": [
            {**style, "clouds": [i, _running_index(read, style["label"], i)]}
            for i, style in enumerate(styled)
        ],
        "range": common_range(points[:, rows]),
        "points": points.shape[2],
        "classes": [_class_name(name, names) for name in names] if named else [],
        "units": read.units,
        "notes": _notes(read),
        "time": "training step" + (", log scale" if _is_dense_at_first(steps) else ""),
    }
    arrays = {
        "steps": steps.astype(np.int32),
        "levels": levels,  # (C, P, 2, S): changes from moment to moment
        "center": center.astype(np.float32),  # (C, S, 2)
        "half": half.astype(np.float32),  # (C, S, 2)
        "mean": mean[:, rows].astype(np.float32),  # (C, S, 2)
        "covariance": covariance[:, rows].astype(np.float32),  # (C, S, 3): xx, xy, yy
        "missing": missing[:, rows].astype(np.int32),  # (C, S)
        "classes": of_point[shown].astype(np.uint16),
    }
    if read.images is not None:
        arrays["images"] = np.round(255 * read.images[shown]).astype(np.uint8)
    still = Still(
        styles=styled + [styled[labels.index(label)] for label in read.running],
        names=_cloud_names(read),
        units=read.units,
        range=spec["range"],
        steps=steps,
        points=points[:, rows][:, :, shown],
        images=None if read.images is None else read.images[shown],
        mean=mean[:, rows],
        covariance=covariance[:, rows],
    )
    below = max(0, len(labels) - 2)
    return Figure(
        "drift",
        spec=spec,
        arrays=arrays,
        alt=_describe(read, mean, covariance, missing),
        caption=_caption(read) if caption is None else caption,
        height=(_HEIGHT[0], _HEIGHT[1] + _ONE_MORE * below),
        picture=lambda: draw_stills(still),
    )


def _running_index(read: Clouds, label: str, own: int) -> int:
    """Which cloud a network shows in eval mode: its own where nothing is normalized."""
    if label not in read.running:
        return own
    return len(read.own) + list(read.running).index(label)


def _is_dense_at_first(steps: Array) -> bool:
    return bool(steps[len(steps) // 2] - steps[0] < 0.25 * (steps[-1] - steps[0]))


# --- in words -----------------------------------------------------------------------------------


def _class_name(name: object, names: Array) -> str:
    """What an image of a class is called: "a 3", or "class ship"."""
    digits = all(len(str(each)) == 1 and str(each).isdigit() for each in names)
    return f"a {name}" if digits else f"class {name}"


def _notes(read: Clouds) -> list[str]:
    """What both choices of the statistics mean; none where there is nothing to choose."""
    if not read.running:
        return []
    return [
        "Training mode: the center is β and, up to ε, the standard deviation |γ|, by definition.",
        "Eval mode: averages over the batches so far stand in. Now the cloud can move.",
    ]


def _caption(read: Clouds) -> str:
    count = read.own[next(iter(read.own))].shape[1]
    who = f"Each of {count} images" if count > 1 else "The image"
    words = (
        f"{who} stands at what {read.where} compute for it{read.when}. Line: way "
        "of the mean; ellipse: one standard deviation. {Tap an image to follow it.}"
    )
    return words + (f" {_MOST_POINTS} of them are drawn." if count > _MOST_POINTS else "")


def _cloud_names(read: Clouds) -> list[str]:
    own = [
        ", ".join(filter(None, [label, _OWN if label in read.running else ""]))
        for label in read.own
    ]
    running = [", ".join(filter(None, [label, _RUNNING])) for label in read.running]
    return own + running


def _describe(read: Clouds, mean: Array, covariance: Array, missing: Array) -> str:
    """The text alternative: where each cloud was, where it is, and how far it went."""
    count = read.own[next(iter(read.own))].shape[1]
    lines = [
        f"What {read.where} compute for {counted(count, 'image')}{read.when}, from step "
        f"{read.steps[0]} to step {read.steps[-1]}."
    ]
    for i, name in enumerate(_cloud_names(read)):
        spread = np.sqrt(covariance[i][:, [0, 2]])
        far = np.linalg.norm(mean[i] - mean[i][0], axis=1)
        words = [
            f"mean {_pair(mean[i][0])}, then {_pair(mean[i][-1])}",
            f"standard deviation {_pair(spread[0])}, then {_pair(spread[-1])}",
        ]
        if np.isfinite(far).any():
            words.append(f"the mean moved up to {fixed(np.nanmax(far), 2)} from its start")
        if missing[i].any():
            words.append(f"up to {missing[i].max()} of {count} points are NaN or infinite")
        lines.append(f"{name or 'The cloud'}: {'; '.join(words)}.")
    if read.running:
        lines.append(
            "In training mode a cloud is normalized by these very images, so its center is β and, "
            "up to ε, its standard deviation |γ|; in eval mode by running averages."
        )
    return "\n".join(lines)


def _pair(values: Array) -> str:
    first, second = (_plain(value) for value in values)
    return f"({first}, {second})"


def _plain(value: float) -> str:
    """Two digits behind the point; more where the number is small."""
    if not np.isfinite(value):
        return "not a number" if np.isnan(value) else "infinity"
    return fixed(value, 2 if abs(value) >= 0.1 or value == 0 else 3)
