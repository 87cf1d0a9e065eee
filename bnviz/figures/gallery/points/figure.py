"""Points in a plane, with lines through them and causes that the reader may change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bnviz.figures.kit.axes import Axis
from bnviz.figures.kit.causes import Cells, read_causes
from bnviz.figures.kit.figure import Figure
from bnviz.figures.kit.labels import styles_of
from bnviz.figures.kit.paper import (
    INK,
    abreast,
    entitle,
    key_above,
    line_style,
    new_picture,
    series_styles,
)
from bnviz.figures.kit.words import number
from bnviz.words import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Picture

__all__ = ["points"]

Array = NDArray[np.float32]
_MOST_STILLS = 6  # choices in a picture
_MARKERS = "os^D"  # of the series, in turn; points.js has round and square ones


def points(
    data: object,
    *,
    x_axis: Axis,
    y_axis: Axis,
    lines: object = None,
    marks: Mapping[str, tuple[float, float]] | None = None,
    says: object = None,
    causes: Mapping[str, Sequence[object]] | None = None,
    start: Mapping[str, object] | None = None,
    styles: Mapping[str, str] | None = None,
    caption: str = "",
) -> Figure:
    """Show points in a plane, by series.

    Args:
        data: ``{label: array (N, 2)}``; with causes ``{value: such}`` or ``{(value, …): such}``.
            All choices have the same labels and share their axes.
        x_axis: name, scale and range of the horizontal axis.
        y_axis: name, scale and range of the vertical axis.
        lines: drawn over the points, ``{label: array (T, 2)}``; with causes one such mapping for
            each choice, or one for all.
        marks: single places to compare with, ``{name: (x, y)}``.
        says: a sentence about the points; with causes one for each choice, ``{value: sentence}``.
        causes: what the reader may choose, ``{name: values}``.
        start: ``{name: value}``, the choice to begin with; the first by default.
        styles: ``{label: key}`` for series and lines; the others take the next neutral style.
        caption: what to see.

    Returns:
        The figure. Points that are NaN, infinite or beyond an axis are left out and counted.

    Raises:
        TypeError: data that is no mapping.
        ValueError: shapes that do not fit, no data, or choices with different labels.

    >>> cloud = {"gradients": [[1, 0.5], [1, -0.5], [0.4, 0]]}
    >>> figure = points(cloud, x_axis=Axis("along"), y_axis=Axis("across"))
    >>> print(figure.alt)
    gradients: 3 points, mean (0.8, 0), standard deviations 0.283 and 0.408.
    """
    cells = read_causes(data, causes, "points()")
    clouds = [_read("data", one) for one in cells.values]
    drawn = [_read("lines", one) for one in _for_each(lines, cells, causes)]
    words = [one or "" for one in _for_each(says, cells, causes)]
    for name, all_of_them in (("data", clouds), ("lines", drawn)):
        if any(list(one) != list(all_of_them[0]) for one in all_of_them):
            raise ValueError(f"points(), {name}: every choice must have the same labels")
    if not clouds[0]:
        raise ValueError("points() got no series; give {label: array (N, 2)}")
    labels = [*clouds[0], *drawn[0]]
    known = {label: key for label, key in styles_of({}, styles).items() if key is not None}
    everything = [*(cloud for one in clouds for cloud in one.values()),
                  *(line for one in drawn for line in one.values())]  # fmt: skip
    places = np.array(list((marks or {}).values()), np.float32).reshape(-1, 2)
    ends = [
        axis.ends([*(one[:, side] for one in everything), places[:, side]])
        for side, axis in enumerate((x_axis, y_axis))
    ]
    spec: dict[str, Any] = {
        "styles": series_styles(labels, known),
        "series": len(clouds[0]),
        "x": {**x_axis.spec, "ends": ends[0]},
        "y": {**y_axis.spec, "ends": ends[1]},
        "marks": [{"name": name, "at": list(map(float, at))} for name, at in (marks or {}).items()],
        "causes": cells.spec,
        "start": cells.start(start, "points()"),
        "says": words,
        "alts": [_describe(*one, ends) for one in zip(clouds, words, strict=True)],
    }
    rows = len(cells.spec)
    return Figure(
        "points",
        spec=spec,
        arrays={
            f"{c}.{s}": one
            for c, (cloud, line) in enumerate(zip(clouds, drawn, strict=True))
            for s, one in enumerate([*cloud.values(), *line.values()])
        },
        alt=cells.alt(spec["alts"]),
        caption=caption,
        height=(430 + 44 * (rows > 0), 400 + 44 * rows + 20 * any(words)),
        picture=lambda: _draw_picture(spec, cells, clouds, drawn, (x_axis, y_axis)),
    )


def _for_each(
    given: object, cells: Cells, causes: Mapping[str, Sequence[object]] | None
) -> list[Any]:
    """What was given for each choice, or once for all of them."""
    if causes and isinstance(given, Mapping):
        # Keyed by a choice, or by labels? The first values of the first cause tell.
        first = next(iter(causes.values()))
        if any((key[0] if isinstance(key, tuple) else key) in first for key in given):
            return read_causes(given, causes, "points()").values
    return [given] * len(cells.values)


def _read(what: str, given: object) -> dict[str, Array]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise TypeError(
            f"points(), {what}, got a {type(given).__name__}; give {{label: array (N, 2)}}"
        )
    return {str(label): _pairs(what, label, values) for label, values in given.items()}


def _pairs(what: str, label: object, values: ArrayLike) -> Array:
    try:
        array = np.asarray(values, np.float32)
    except (TypeError, ValueError):
        raise ValueError(
            f"points(), {what}, {label!r} holds no pairs of numbers; give an array of shape (N, 2)"
        ) from None
    if array.ndim != 2 or array.shape[1] != 2 or not len(array):
        raise ValueError(
            f"points(), {what}, {label!r} has the shape {array.shape}; give (N, 2), N from 1 on"
        )
    return array


def _describe(cloud: Mapping[str, Array], said: str, ends: Sequence[Sequence[float]]) -> str:
    sentences = [said] if said else []
    for label, pairs in cloud.items():
        inside = _inside(pairs, ends)
        seen = pairs[inside].astype(float)
        count = counted(len(seen), "point")
        text = f"{label}: {count}" if label else count
        if len(seen):
            (mx, my), (sx, sy) = seen.mean(0), seen.std(0)
            text += (
                f", mean ({number(mx)}, {number(my)}), "
                f"standard deviations {number(sx)} and {number(sy)}"
            )
        known = np.isfinite(pairs).all(1)
        for left, why in ((known & ~inside, "beyond the axes"), (~known, "NaN or infinite")):
            if left.any():
                text += f"; {np.count_nonzero(left)} {why}"
        sentences.append(f"{text}.")
    return " ".join(sentences)


def _inside(pairs: Array, ends: Sequence[Sequence[float]]) -> NDArray[np.bool_]:
    low, high = np.array(ends).T
    inside: NDArray[np.bool_] = ((pairs >= low) & (pairs <= high)).all(1)
    return inside


def _draw_picture(
    spec: Mapping[str, Any],
    cells: Cells,
    clouds: Sequence[Mapping[str, Array]],
    drawn: Sequence[Mapping[str, Array]],
    axes_of: tuple[Axis, Axis],
) -> Picture:
    """All choices side by side, or some where there are many."""
    shown = cells.some(_MOST_STILLS)
    columns = abreast(len(shown))
    rows = -(-len(shown) // columns)
    size = (5.0, 3.6) if len(shown) == 1 else (7.2, 0.6 + 2.5 * rows)
    picture, axes = new_picture(rows, columns, size=size, sharex=True, sharey=True)
    for ax in axes.flat[len(shown) :]:
        ax.set_visible(False)
    for ax, cell in zip(axes.flat, shown, strict=False):
        _draw_cell(ax, spec, clouds[cell], drawn[cell])
        entitle(ax, cells.names[cell], columns)
        for which, axis in zip("xy", axes_of, strict=True):
            axis.dress(ax, which, spec[which]["ends"])
        ax.label_outer()
    key_above(picture, *axes[0, 0].get_legend_handles_labels(), columns=3)
    return picture


def _draw_cell(
    ax: Axes, spec: Mapping[str, Any], cloud: Mapping[str, Array], lines: Mapping[str, Array]
) -> None:
    for i, (label, pairs) in enumerate(cloud.items()):
        ax.scatter(
            pairs[:, 0], pairs[:, 1], s=9, c=spec["styles"][i]["hex"], alpha=0.6, linewidths=0,
            marker=_MARKERS[i % len(_MARKERS)], label=label,
        )  # fmt: skip
    for (label, pairs), style in zip(lines.items(), spec["styles"][len(cloud) :], strict=True):
        ax.plot(*pairs.T, linewidth=1.8, label=label, **line_style(style))
    for mark in spec["marks"]:
        ax.plot(*mark["at"], marker="+", markersize=13, markeredgewidth=2, color=INK)
        ax.annotate(mark["name"], mark["at"], xytext=(7, 5), textcoords="offset points",
                    fontsize=7.5, color=INK)  # fmt: skip
