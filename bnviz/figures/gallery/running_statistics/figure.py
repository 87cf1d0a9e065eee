"""A unit's batch statistics as dots, their running average as a line, and the truth beside it.

The reader chooses how long the average remembers. All of it is exact arithmetic on statistics that
were recorded: those of the mini-batches do not depend on the momentum.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bnviz.figures.gallery.running_statistics.average import memory, running_average
from bnviz.figures.gallery.running_statistics.picture import Series, draw_picture
from bnviz.figures.kit.axes import STEP, Axis
from bnviz.figures.kit.causes import read_causes
from bnviz.figures.kit.figure import Figure
from bnviz.figures.kit.paper import series_styles
from bnviz.figures.kit.words import number, percent
from bnviz.words import counted

__all__ = ["running_statistics"]

_STATISTICS = {"mean": 0.0, "variance": 1.0}  # and what PyTorch's layer begins with


class Statistics(Protocol):
    """A unit's statistics at each step; row t has the parameters with which batch t passed."""

    @property
    def mean(self) -> NDArray[Any]:
        """Of the mini-batch, (T,)."""

    @property
    def var(self) -> NDArray[Any]:
        """Unbiased variance of the mini-batch, (T,)."""

    @property
    def true_mean(self) -> NDArray[Any]:
        """Of all training images, (T,)."""

    @property
    def true_var(self) -> NDArray[Any]:
        """Of all training images, (T,)."""


def running_statistics(
    recorded: Mapping[int, Statistics],
    *,
    momentum: float = 0.1,
    plain: bool = False,
    start: Mapping[str, object] | None = None,
    step_axis: Axis = STEP,
    caption: str = "",
) -> Figure:
    """Show what a unit's running mean and variance make of its mini-batches.

    Args:
        recorded: by batch size, the unit's statistics at each step, such as those of
            ``bnviz.experiments.at_test_time.unit_statistics``.
        momentum: to begin with, from 0.001 to 1: the share of the new batch.
        plain: also show the plain average of all batches so far (PyTorch's ``momentum=None``).
        start: ``{name: value}``, the choice to begin with: "batch size", "statistic" ("mean" or
            "variance"), and the step by the name of its axis.
        step_axis: the name of the horizontal axis.
        caption: what to see.

    Returns:
        The figure.

    Raises:
        ValueError: no data, statistics of different lengths, or a momentum out of range.

    >>> from types import SimpleNamespace
    >>> one = np.ones(2)
    >>> unit = SimpleNamespace(mean=one, var=one, true_mean=2 * one, true_var=one)
    >>> running_statistics({4: unit}).alt.splitlines()[0].split(". ")[-1]
    '81 % of its weight is on the start, 0.'
    """
    if not 0.001 <= momentum <= 1:
        raise ValueError(
            f"running_statistics() got a momentum of {momentum}; give a number from 0.001 to 1"
        )
    if not recorded:
        raise ValueError("running_statistics() got no data; give {batch size: statistics}")
    series = {
        (size, name): one
        for size, unit in recorded.items()
        for name, one in zip(_STATISTICS, _read(size, unit), strict=True)
    }
    if len({len(one.batch) for one in series.values()}) > 1:
        counts = [
            f"{len(one.batch)} of the {name} at batch size {size}"
            for (size, name), one in series.items()
        ]
        raise ValueError(
            "running_statistics() got statistics of different lengths; give all of them at the "
            f"same steps: {', '.join(counts)}"
        )
    causes: dict[str, list[object]] = {"batch size": list(recorded), "statistic": list(_STATISTICS)}
    cells = read_causes(series, causes, "running_statistics()")
    axes = {name: _axis(name, cells.values[which::2]) for which, name in enumerate(_STATISTICS)}
    styles = series_styles(
        ["running {}", *(["plain average so far"] if plain else []), "{} of all training images"],
        {"running {}": "c", "{} of all training images": "a"},
    )
    alts = [_describe(one, momentum) for one in cells.values]
    spec: dict[str, Any] = {
        "styles": styles,
        "plain": plain,
        "momentum": momentum,
        "begin": list(_STATISTICS.values()),
        "step": step_axis.name,
        "y": [{**axis.spec, "ends": list(axis.range or ())} for axis in axes.values()],
        "causes": cells.spec,
        "start": cells.start(start, "running_statistics()", step_axis.name),
        "alts": alts,
    }
    shown = spec["start"]["cell"] % 2
    return Figure(
        "running_statistics",
        spec=spec,
        arrays={
            f"{cell}.{name}": values.astype(np.float32)
            for cell, one in enumerate(cells.values)
            for name, values in (("batch", one.batch), ("truth", one.truth))
        },
        alt=cells.alt(alts),
        caption=caption,
        height=(420, 556),
        picture=lambda: draw_picture(
            {name: one for name, one in zip(cells.names[shown::2], cells.values[shown::2],
                                            strict=True)},
            styles, momentum, plain, step_axis, axes[cells.values[shown].name],
        ),
    )  # fmt: skip


def _read(size: object, unit: Statistics) -> list[Series]:
    found = []
    for name, batch, truth in (
        ("mean", unit.mean, unit.true_mean), ("variance", unit.var, unit.true_var)
    ):  # fmt: skip
        ours, theirs = (np.asarray(values, dtype=np.float64) for values in (batch, truth))
        if ours.ndim != 1 or not len(ours) or ours.shape != theirs.shape:
            raise ValueError(
                f"running_statistics(), batch size {size}: the {name} has the shapes {ours.shape} "
                f"and, of all images, {theirs.shape}; give (T,) twice"
            )
        found.append(Series(name, ours, theirs, _STATISTICS[name]))
    return found


def _axis(name: str, series: list[Series]) -> Axis:
    """The same for all batch sizes and momentums; a few far dots leave the others room."""
    batches = np.concatenate([one.batch for one in series])
    sure = np.concatenate([[_STATISTICS[name]], *(one.truth for one in series)])
    low, high = (float(end) for end in np.percentile(batches, (1, 99)))
    low, high = min(low, float(sure.min())), max(high, float(sure.max()))
    if name == "variance":
        low = max(low, float(sure[sure > 0].min()) / 10, 1e-12)
        return Axis(name, log=True, range=(low / 1.3, max(high, low) * 1.3))
    pad = 0.06 * (high - low) or 1.0
    return Axis(name, range=(low - pad, high + pad))


def _describe(one: Series, momentum: float) -> str:
    steps = len(one.batch)
    last = running_average(one.batch, momentum, one.start)[-1]
    left = (1 - momentum) ** steps
    weight = f"{percent(left)} of its weight is on the start, {number(one.start)}."
    if left < 0.1:
        latest = memory(momentum)
        weight = f"90 % of its weight is on the latest {latest} batches."
        if latest == 1:
            weight = "Its whole weight is on the latest batch."
    return (
        f"at momentum {number(momentum)}, after {counted(steps, 'mini-batch', 'mini-batches')}, "
        f"the running {one.name} is {number(last)} and that of all training images "
        f"{number(one.truth[-1])}. {weight}"
    )
