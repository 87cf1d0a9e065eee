"""The dots on paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bnviz.figures.gallery.dots.results import Results, spread
from bnviz.figures.kit.axes import Axis
from bnviz.figures.kit.causes import Cells
from bnviz.figures.kit.paper import INK, MUTED, STYLES, abreast, entitle, key_above, new_picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Picture

__all__ = ["draw_picture"]

_MOST = 6  # choices in a picture
_MARKERS = {"with": "o", "without": "o", "a": "D", "b": "s", "c": "^", "d": "o"}  # as swarm.js
_RULE: dict[str, Any] = {"color": MUTED, "linewidth": 0.4, "alpha": 0.5}
_LONG = 22  # letters of a name that leave no room for panels side by side


def draw_picture(
    found: Results,
    cells: Cells,
    spec: Mapping[str, Any],
    value_axis: Axis,
    condition_axis: Axis | None,
) -> Picture:
    """All choices side by side, or some where there are many."""
    shown = cells.some(_MOST)
    longest = max(len(name) for name in spec["conditions"])
    columns = abreast(len(shown)) if condition_axis or longest <= _LONG else 1
    rows = -(-len(shown) // columns)
    lanes = len(found.series)
    inches = 2.3 if condition_axis else 0.7 + len(spec["conditions"]) * (0.16 + 0.17 * lanes)
    size = (7.2, (0.4 if lanes > 1 else 0.1) + rows * inches)
    picture, axes = new_picture(rows, columns, size=size, sharex=True, sharey=True)
    for ax in axes.flat[len(shown) :]:
        ax.set_visible(False)
    gone = (found.counts - np.isfinite(found.values).sum(-1)) > 0
    mostly_lost = int(gone.sum(1).max())  # series that lose seeds in one condition
    for ax, cell in zip(axes.flat, shown, strict=False):
        above = len(spec["marks"]) if not condition_axis else 2 * mostly_lost
        entitle(ax, cells.names[cell], columns, pad=4 + 9 * above)
        if condition_axis:
            _draw_columns(ax, found, cell, spec, condition_axis)
        else:
            _draw_rows(ax, found, cell, spec, value_axis)
        value_axis.dress(ax, "y" if condition_axis else "x", spec["value"]["ends"])
        ax.label_outer()
        ax.grid(axis="y" if condition_axis else "x", linewidth=0.7)
        ax.set_axisbelow(True)
    if lanes > 1:
        _name_series(picture, found, spec)
    return picture


def _draw_rows(
    ax: Axes, found: Results, cell: int, spec: Mapping[str, Any], value_axis: Axis
) -> None:
    names, lanes = spec["conditions"], len(found.series)
    for s, k in np.ndindex(lanes, len(names)):
        center = k + (s - (lanes - 1) / 2) * 0.8 / lanes
        values = found.values[cell, s, k]
        one = spread(values, found.counts[cell, s, k])
        key = spec["keys"][s][k]
        aside = center + 0.34 / lanes * _steps(values)
        ax.plot(values, aside, **_dot(key))
        ax.plot([one.low, one.high], [center, center], color=STYLES[key][0], linewidth=0.6)
        half = 0.36 / lanes
        ax.plot([one.median] * 2, [center - half, center + half], **_tick(key))
        gone = f"{one.lost} of {one.seeds} {spec['lost']}" if one.lost else ""
        median = value_axis.text(one.median) if one.lost < one.seeds else ""
        ax.annotate(
            ", ".join(filter(None, [median, gone])), (1.015, center), fontsize=7.5,
            xycoords=("axes fraction", "data"), va="center", color=INK, annotation_clip=False,
        )  # fmt: skip
    ax.hlines(np.arange(1, len(names)) - 0.5, 0, 1, transform=ax.get_yaxis_transform(), **_RULE)
    ax.set_ylim(len(names) - 0.45, -0.55)
    ax.set_yticks(range(len(names)), names)
    ax.tick_params(axis="y", length=0)
    for i, mark in enumerate(spec["marks"]):
        ax.axvline(mark["value"], color=MUTED, linewidth=0.9, linestyle=(0, (1, 2)))
        ax.annotate(
            mark["name"], (mark["value"], 1), xycoords=("data", "axes fraction"), ha="center",
            xytext=(0, 2 + 9 * i), textcoords="offset points", fontsize=7.5, color=INK,
        )  # fmt: skip


def _draw_columns(ax: Axes, found: Results, cell: int, spec: Mapping[str, Any], axis: Axis) -> None:
    places, lanes = np.array(spec["across"]["places"]), len(found.series)
    axis.dress(ax, "x", spec["across"]["ends"])
    to, back = ax.transScale, ax.transScale.inverted()
    width = np.diff(to.transform(np.array([[end, 1.0] for end in spec["across"]["ends"]]))[:, 0])[0]
    lost_at = [0] * len(places)
    for s in range(lanes):
        medians = []
        aside = (s - (lanes - 1) / 2) * 0.03 * width

        def moved(place: float, by: Any) -> Any:
            points = np.column_stack(
                [np.atleast_1d(by) + to.transform((place, 1.0))[0], np.ones(np.size(by))]
            )
            return back.transform(points)[:, 0]

        for k in spec["across"]["order"]:
            values = found.values[cell, s, k]
            one = spread(values, found.counts[cell, s, k])
            key = spec["keys"][s][k]
            ax.plot(moved(places[k], aside + 0.008 * width * _steps(values)), values, **_dot(key))
            half = 0.012 * width
            ax.plot(moved(places[k], [aside - half, aside + half]), [one.median] * 2, **_tick(key))
            medians.append((moved(places[k], aside)[0], one.median))
            if one.lost:
                ax.annotate(
                    f"{one.lost} of {one.seeds}\n{spec['lost']}", (places[k], 1), fontsize=7.5,
                    xycoords=("data", "axes fraction"), xytext=(0, 2 + 18 * lost_at[k]),
                    textcoords="offset points", ha="center", color=STYLES[key][0],
                )  # fmt: skip
                lost_at[k] += 1
        joined = [pair for pair in medians if np.isfinite(pair[1])]
        if joined:
            color = STYLES[spec["keys"][s][0]][0]
            ax.plot(*zip(*joined, strict=True), color=color, linewidth=1)
    order = spec["across"]["order"]
    ax.set_xticks(places[order], [spec["conditions"][k] for k in order])
    ax.minorticks_off()
    for mark in spec["marks"]:
        ax.axhline(mark["value"], color=MUTED, linewidth=0.9, linestyle=(0, (1, 2)))
        ax.annotate(
            mark["name"], (0.01, mark["value"]), xycoords=("axes fraction", "data"), va="bottom",
            fontsize=7.5, color=INK,
        )  # fmt: skip


def _steps(values: NDArray[Any]) -> NDArray[Any]:
    """How far each dot steps aside, −1 to 1: equal ones are spread, single ones stay."""
    span = np.nanmax(values) - np.nanmin(values) if np.isfinite(values).any() else 0.0
    near = np.abs(values[:, None] - values[None]) <= 0.02 * span
    rank = np.tril(near, -1).sum(1)
    of = np.maximum(near.sum(1) - 1, 1)
    return np.where(near.sum(1) > 1, (2 * rank / of - 1) * np.minimum(1, of / 4), 0.0)


def _dot(key: str) -> dict[str, Any]:
    color = STYLES[key][0]
    return {
        "linestyle": "none", "marker": _MARKERS[key], "markersize": 3.6, "markeredgewidth": 0.9,
        "markeredgecolor": color, "markerfacecolor": "none" if key == "without" else color,
        "alpha": 0.85,
    }  # fmt: skip


def _tick(key: str) -> dict[str, Any]:
    return {"color": STYLES[key][0], "linewidth": 2.4, "solid_capstyle": "round"}


def _name_series(picture: Picture, found: Results, spec: Mapping[str, Any]) -> None:
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], **_dot(keys[0])) for keys in spec["keys"]]
    key_above(picture, handles, found.series, columns=4)
