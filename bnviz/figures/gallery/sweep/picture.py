"""The grids on paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from bnviz.figures.gallery.sweep.results import Results
from bnviz.figures.kit.axes import Axis
from bnviz.figures.kit.causes import Cells
from bnviz.figures.kit.paper import INK, new_picture
from bnviz.figures.kit.words import fixed, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Picture

__all__ = ["draw_picture"]

_MOST = 4  # choices in a picture
_LIGHT, _DEEP = np.array([0.95, 0.96, 0.97]), np.array([0.17, 0.19, 0.22])
_ROOM = 7  # columns, in all grids side by side, whose numbers have room per inch


def draw_picture(found: Results, cells: Cells, spec: Mapping[str, Any], axis: Axis) -> Picture:
    """The grids of a choice side by side, all choices under each other, or some of many."""
    shown = cells.some(_MOST)
    rows, columns = (spec[side]["values"] for side in ("rows", "columns"))
    size = (7.2, len(shown) * (0.75 + 0.22 * len(rows)))
    picture, axes = new_picture(len(shown), len(found.series), size=size, sharex=True, sharey=True)
    for i, c in enumerate(shown):
        for s, label in enumerate(found.series):
            ax = axes[i, s]
            title = ", ".join(filter(None, [label, cells.names[c]]))
            if spec["goal"]:
                reached, of = spec["goal"]["reached"][c][s], spec["goal"]["of"][c][s]
                title += f": {reached} of {of} reach {spec['goal']['text']}"
            ax.set_title(title, fontsize=8.5)
            _draw_grid(ax, found, (c, s), spec, axis)
            ax.set_xticks(range(len(columns)), columns)
            ax.set_yticks(range(len(rows)), rows)
            ax.set_xlabel(spec["columns"]["name"])
            ax.set_ylabel(spec["rows"]["name"])
            ax.label_outer()
    return picture


def _draw_grid(
    ax: Axes, found: Results, at: tuple[int, int], spec: Mapping[str, Any], axis: Axis
) -> None:
    c, s = at
    values, counts = found.values[c, :, :, s], found.counts[c, :, :, s]
    rows, columns = counts.shape
    colors = np.ones((rows, columns, 4))
    fits = columns * len(found.series) <= _ROOM * 7.2
    for r, k in np.ndindex(rows, columns):
        one = values[r, k][np.isfinite(values[r, k])]
        gone = 2 * len(one) < counts[r, k]
        share = 0.0 if gone or not len(one) else _share(float(np.median(one)), spec["value"])
        colors[r, k, :3] = _LIGHT + share * (_DEEP - _LIGHT)
        colors[r, k, 3] = 1.0 if counts[r, k] and not gone else 0.0
        text = "no run" if not counts[r, k] else "×" if gone else _cell(float(np.median(one)), axis)
        if fits or gone:
            ink = INK if gone or not counts[r, k] else "black" if share < 0.6 else "white"
            ax.text(k, r, text, ha="center", va="center", fontsize=7.5, color=ink)
    ax.imshow(colors, aspect="auto", interpolation="nearest")
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    ax.set_xticks(np.arange(columns + 1) - 0.5, minor=True)
    ax.set_yticks(np.arange(rows + 1) - 0.5, minor=True)
    ax.grid(which="minor", color=INK, linewidth=0.5)
    ax.tick_params(which="minor", length=0)


def _share(value: float, axis: Mapping[str, Any]) -> float:
    """How far along its axis a value is, 0 to 1."""
    low, high = axis["ends"]
    if axis["log"]:
        low, high, value = np.log10(low), np.log10(high), np.log10(value)
    return float(np.clip((value - low) / ((high - low) or 1), 0, 1))


def _cell(value: float, axis: Axis) -> str:
    return fixed(100 * value) if axis.percent else number(value, 2)
