"""Lines over any axis, with a band over seeds, and causes that the reader may change.

One training run proves little: with another seed it comes out otherwise. Here a line is
the median over several seeds and the band spans all of them, so that a difference between two
lines can be held against the spread. All choices share their axes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from bnviz.figures.gallery.curves.summary import Array, Summary, summarize
from bnviz.figures.kit.axes import STEP, Axis
from bnviz.figures.kit.causes import Cells, read_causes
from bnviz.figures.kit.figure import Figure
from bnviz.figures.kit.labels import by_label, styles_of
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

__all__ = ["curves"]

#: The vertical axes of what runs have; the second is for numbers that may be anything of the kind.
_Y = {
    "accuracy": (Axis("test accuracy", percent=True), Axis("accuracy", percent=True)),
    "loss": (Axis("training loss (nats)"), Axis("loss")),
}
_MOST_STILLS = 8  # choices in a picture

Lines = dict[str, Summary]


def curves(
    runs: object,
    *,
    y: str = "accuracy",
    x: ArrayLike | None = None,
    x_axis: Axis | None = None,
    y_axis: Axis | None = None,
    causes: Mapping[str, Sequence[object]] | None = None,
    start: Mapping[str, object] | None = None,
    marks: Mapping[str, float] | None = None,
    styles: Mapping[str, str] | None = None,
    lost: str = "NaN or infinite",
    caption: str | None = None,
) -> Figure:
    """Show values over an axis: a line for the median of several seeds, and a band.

    Args:
        runs: ``{label: [Run, …]}``, a run for each seed; or ``Twins``, or a list of ``Twins`` of
            different seeds; or ``{label: array}`` with an array (seeds, T) or (T,), or a
            :class:`Band`. With causes, ``{value: such}`` or ``{(value, …): such}``.
        y: what of a run is shown, ``"accuracy"`` (0 to 1) or ``"loss"``. A run's accuracy is that
            on the test images, at its ``steps``; its loss is that of each training batch.
        x: (T,) ascending, where the values of the arrays stand; 1 … T by default.
        x_axis: name and scale of the horizontal axis; training steps by default.
        y_axis: name, scale and range of the vertical axis; as ``y`` says by default.
        causes: what the reader may choose, ``{name: values}``.
        start: ``{name: value}``, the choice to begin with, and the place of the cursor by the name
            of the axis; the first choice and the last place by default.
        marks: level lines to compare with, ``{name: value}``.
        styles: ``{label: key}``; "without" and "with" are the colors of batch normalization.
        lost: what a value that is not finite means, in a word: "NaN or infinite", "missing".
        caption: what to see; a general one by default.

    Returns:
        The figure. Loss that is recorded at more than a hundred steps is smoothed by a running
        median, and the figure says so.

    Raises:
        TypeError: something that holds no runs.
        ValueError: shapes that do not fit together, no data, or an unknown ``y``.

    >>> figure = curves({"with BN": [[0.1, 0.8, 0.9], [0.1, 0.9, 1.0]]}, x=[0, 50, 100])
    >>> figure.alt.splitlines()[1]
    'with BN (2 seeds): 10.0 % at 0, 95.0 % (90.0 % to 100.0 %) at 100.'
    """
    if y not in _Y:
        raise ValueError(f"curves(): y is {y!r}; it must be 'accuracy' or 'loss'")
    cells = read_causes(runs, causes, "curves()")
    lines = [_lines(data, y, x) for data in cells.values]
    labels = list(lines[0])
    if any(list(one) != labels for one in lines):
        raise ValueError("curves(): every choice of the causes must have the same labels")
    summaries = [one for cell in lines for one in cell.values()]
    x_axis = x_axis or STEP
    for name, at in (marks or {}).items():
        if not np.isfinite(at):
            raise ValueError(f"curves(): marks has {at} for {name!r}; give a finite number")
    y_axis = y_axis or _Y[y][0 if all(one.of_run for one in summaries) else 1]
    _check_shares(summaries, y_axis, labels)
    ends = {
        "x": _x_ends(summaries, x_axis),
        "y": y_axis.ends(
            [*(one.low for one in summaries), *(one.high for one in summaries),
             np.array(list((marks or {}).values()))]
        ),
    }  # fmt: skip
    spec: dict[str, Any] = {
        "styles": series_styles(labels, styles_of(by_label(cells.values[0]), styles)),
        "x": {**x_axis.spec, "ends": ends["x"]},
        "y": {**y_axis.spec, "ends": ends["y"]},
        "causes": cells.spec,
        "start": cells.start(start, "curves()", x_axis.name),
        "alts": [_describe(cell, x_axis, y_axis, lost) for cell in lines],
        "marks": [{"name": name, "value": float(at)} for name, at in (marks or {}).items()],
        "lost": lost,
        "notes": _notes(lines[0]),
    }
    return Figure(
        "curves",
        spec=spec,
        arrays=_arrays(lines),
        alt=cells.alt(spec["alts"]),
        caption=caption if caption is not None else _caption(lines[0], x_axis, y_axis),
        height=(_height(spec, 400, 1), _height(spec, 400, len(cells.spec))),
        picture=lambda: _draw_picture(spec, cells, lines, x_axis, y_axis),
    )


def _lines(data: object, y: str, x: ArrayLike | None) -> Lines:
    found = by_label(data)
    if not found:
        raise ValueError("curves() got no lines; give at least one {label: [Run, …]}")
    if list(found) == [""] and not _holds_numbers(found[""]):
        raise TypeError(
            f"curves() got a {type(data).__name__}; give {{label: [Run, …]}}, {{label: array}} or "
            "Twins"
        )
    return {label: summarize(f"curves(), {label!r}", one, y, x) for label, one in found.items()}


def _holds_numbers(thing: object) -> bool:
    return isinstance(thing, np.ndarray | list | tuple) or hasattr(thing, "loss")


def _check_shares(summaries: list[Summary], axis: Axis, labels: list[str]) -> None:
    for i, one in enumerate(summaries):
        finite = one.seeds[np.isfinite(one.seeds)]
        if axis.percent and finite.size and (finite.min() < 0 or finite.max() > 1):
            raise ValueError(
                f"curves(), {labels[i % len(labels)]!r}: {axis.name} goes from {finite.min():g} to "
                f"{finite.max():g}; give shares from 0 to 1 (divide per cents by 100)"
            )


def _x_ends(summaries: list[Summary], axis: Axis) -> list[float]:
    if axis.range is not None:
        return [float(end) for end in axis.range]
    # As the page reads them, so that no end falls off the axis by rounding.
    first = min(float(np.float32(one.x[0])) for one in summaries)
    last = max(float(np.float32(one.x[-1])) for one in summaries)
    if axis.log:
        if last <= 0:
            raise ValueError(
                f"curves(): the axis {axis.name!r} is logarithmic, and x goes from {first:g} to "
                f"{last:g}; give values above zero, or an axis that is not logarithmic"
            )
        if first <= 0:
            first = min(float(one.x[one.x > 0][0]) for one in summaries if (one.x > 0).any())
        return [first, last if last > first else 2 * first]
    if 0 < first < 0.1 * last:
        first = 0.0  # an axis that begins near 0 shows 0
    return [first, last if last > first else first + 1]


def _height(spec: Mapping[str, Any], room: int, rows: int) -> int:
    """Controls, in so many rows, and readings stand above and below the plot."""
    return room + 22 * len(spec["styles"]) + (40 * rows if spec["causes"] else 0)


def _arrays(lines: Sequence[Lines]) -> dict[str, Array]:
    arrays: dict[str, Array] = {}
    for c, cell in enumerate(lines):
        for s, one in enumerate(cell.values()):
            for name in ("x", "seeds", "middle", "low", "high"):
                arrays[f"{c}.{s}.{name}"] = getattr(one, name).astype(np.float32)
            arrays[f"{c}.{s}.lost"] = one.lost.astype(np.uint16)
    every = np.unique(np.concatenate([one.x for cell in lines for one in cell.values()]))
    arrays["cursor"] = every.astype(np.float32)
    return arrays


# --- in words -----------------------------------------------------------------------------------


def _count(one: Summary) -> str:
    """How many seeds a line was measured over; nothing for a line by itself."""
    if not one.of_seeds:
        return ""
    return counted(len(one.seeds), "seed")


def _name(label: str, one: Summary) -> str:
    """A label and its seeds.

    >>> _name("with BN", summarize("", [[0.1, 0.8], [0.1, 0.9]], "accuracy", None))
    'with BN (2 seeds)'
    """
    count = _count(one)
    return f"{label} ({count})" if label and count else label or count


def _caption(lines: Lines, x_axis: Axis, y_axis: Axis) -> str:
    name = y_axis.name.split(" (")[0].capitalize()
    over = "step by step" if x_axis == STEP else f"against {x_axis.name.split(' (')[0]}"
    if not any(len(one.seeds) > 1 for one in lines.values()):
        if not any(one.of_seeds for one in lines.values()):
            return f"{name}, {over}."
        return f"{name}, {over}, of one seed: there is no spread to show."
    seeds = sorted({len(one.seeds) for one in lines.values()} - {1})
    count = f"{seeds[0]} to {seeds[-1]}" if len(seeds) > 1 else seeds[0]
    return f"{name}, {over}. Line: median over {count} seeds. Band: from the lowest to the highest."


def _notes(lines: Lines) -> list[str]:
    window = max(one.window for one in lines.values())
    if window == 1:
        return []
    return [
        f"Loss of single batches is noisy: each seed is smoothed by a running median over "
        f"{window} steps, fewer at both ends."
    ]


def _describe(lines: Lines, x_axis: Axis, y_axis: Axis, lost: str) -> str:
    """The text alternative: first and last values, and who is sooner."""
    step = "step " if x_axis == STEP and any(one.of_run for one in lines.values()) else ""
    first = min(float(one.x[0]) for one in lines.values())
    last = max(float(one.x[-1]) for one in lines.values())
    several = any(len(one.seeds) > 1 for one in lines.values())
    words = [
        f"{y_axis.name.capitalize()} over {x_axis.name}, from {number(first, 6)} to "
        f"{number(last, 6)}{'; median and range over seeds' if several else ''}."
    ]
    for label, one in lines.items():
        ends = [f"{_at(one, row, y_axis)} at {step}{number(one.x[row], 6)}" for row in (0, -1)]
        text = f"{_name(label or 'The line', one)}: {', '.join(ends)}"
        if one.lost.any():
            some = f"up to {one.lost.max()} of {_count(one)}" if one.of_seeds else "in part"
            text += f"; {some} {lost}"
        words.append(f"{text}.")
    firsts, finals = np.array([one.middle[[0, -1]] for one in lines.values()]).T
    goal = np.floor(10 * finals.min()) / 10 if y_axis.percent else np.nan
    # Where one has learned nothing, the others reach its accuracy by guessing.
    if x_axis == STEP and len(lines) > 1 and goal > firsts.max():
        times = [
            f"{label} at step {number(one.x[np.argmax(one.middle >= goal)], 6)}"
            for label, one in lines.items()
        ]
        who = "median" if several else "line"
        words.append(f"The {who} first reaches {100 * goal:.0f} %: {', '.join(times)}.")
    return "\n".join(words)


def _at(one: Summary, row: int, axis: Axis) -> str:
    """A value with its range, such as "95.0 % (90.0 % to 100.0 %)"."""
    middle, low, high = (axis.text(v[row]) for v in (one.middle, one.low, one.high))
    return middle if low == high else f"{middle} ({low} to {high})"


# --- on paper -----------------------------------------------------------------------------------


def _draw_picture(
    spec: Mapping[str, Any], cells: Cells, lines: Sequence[Lines], x_axis: Axis, y_axis: Axis
) -> Picture:
    """All choices side by side, or some where there are many."""
    shown = cells.some(_MOST_STILLS)
    columns = abreast(len(shown))
    rows = -(-len(shown) // columns)
    size = (7.2, 3.4 if rows == columns == 1 else 0.5 + 2.1 * rows)
    picture, axes = new_picture(rows, columns, size=size, sharex=True, sharey=True)
    for ax in axes.flat[len(shown) :]:
        ax.set_visible(False)
    for ax, cell in zip(axes.flat, shown, strict=False):
        _draw_lines(ax, spec, lines[cell])
        entitle(ax, cells.names[cell], columns)
        x_axis.dress(ax, "x", spec["x"]["ends"])
        y_axis.dress(ax, "y", spec["y"]["ends"])
        ax.label_outer()
        ax.grid(linewidth=0.7)
        ax.set_axisbelow(True)
    if spec["notes"]:
        axes[0, 0].set_ylabel(f"{y_axis.name}\n(running median)")
    key_above(picture, *axes[0, 0].get_legend_handles_labels(), columns=3)
    return picture


def _draw_lines(ax: Axes, spec: Mapping[str, Any], lines: Lines) -> None:
    for mark in spec["marks"]:
        ax.axhline(mark["value"], color=INK, linewidth=0.9, linestyle=(0, (1, 2)))
        ax.annotate(
            mark["name"], (0.99, mark["value"]), xycoords=("axes fraction", "data"), ha="right",
            va="bottom", fontsize=7.5, color=INK,
        )  # fmt: skip
    for style, one in zip(spec["styles"], lines.values(), strict=True):
        ax.fill_between(one.x, one.low, one.high, color=style["hex"], alpha=0.18, linewidth=0)
        name = _name(style["label"], one)
        ax.plot(one.x, one.middle, label=name, linewidth=1.8, **line_style(style))
