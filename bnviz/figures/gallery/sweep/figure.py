"""A grid of runs: what came of each setting, and, inside the cell that is chosen, why.

The first glance compares areas: how many settings are usable, without and with. The second goes
into a cell, which opens its curves and the distributions in its layers. All grids, and all cells,
share their scales.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnviz.figures.gallery.sweep import inside
from bnviz.figures.gallery.sweep.picture import draw_picture
from bnviz.figures.gallery.sweep.results import Results, Value, read_results
from bnviz.figures.kit.axes import Axis
from bnviz.figures.kit.causes import read_causes
from bnviz.figures.kit.figure import Figure
from bnviz.figures.kit.labels import styles_of
from bnviz.figures.kit.paper import series_styles
from bnviz.figures.kit.words import fixed, number

__all__ = ["sweep"]

Array = NDArray[Any]
Sides = tuple[str, Sequence[Any]]

_MOST_SERIES = 4
_ROW = 26  # pixels of a row of cells, as sweep.css has them


def sweep(
    runs: object,
    rows: Sides,
    columns: Sides,
    *,
    value: Value = "accuracy",
    value_axis: Axis | None = None,
    goal: float | None = None,
    layers: Sequence[str] | None = None,
    causes: Mapping[str, Sequence[object]] | None = None,
    start: Mapping[str, object] | None = None,
    styles: Mapping[str, str] | None = None,
    lost: str = "exploded",
    caption: str | None = None,
) -> Figure:
    """Show what came of every combination of two settings, and let the reader look inside.

    Args:
        runs: ``{(row, column): {label: run}}``, with a run, or a run for each seed; a grid is
            drawn for each label. ``Twins``, or a list of ``Twins`` of different seeds, may stand
            in place of ``{label: run}``. Numbers in place of runs (one, or one a seed) have
            nothing inside. Cells that are missing stay empty. With causes, ``{cause: such}``.
        rows: name and values of the setting that the rows have, such as
            ``("initial standard deviation", [0.01, 0.1, 1])``.
        columns: the same of the columns.
        value: what a cell shows: "accuracy" (the last of a run), "loss" (the median of the last
            twentieth of its steps), or a function of a run.
        value_axis: name and scale of the value; as ``value`` says by default.
        goal: cells that reach this value are counted; 0.9 where the value is an accuracy.
        layers: whose distributions are shown, as recorded or as readers know them; by default
            all, or four where there are more.
        causes: what else the reader may choose, ``{name: values}``; all choices share the scales.
        start: ``{name: value}``, the choice to begin with; the first by default.
        styles: ``{label: key}``; by default as the runs say.
        lost: what became of a seed whose loss or value is not finite, in a word.
        caption: what to see; a general one by default.

    Returns:
        The figure. A cell has the median of the seeds that are not lost, and a cross where more
        than half of them are.

    Raises:
        TypeError: results of another form.
        ValueError: cells outside the grid, runs of different lengths, or names of no layer.

    >>> grid = {(0.1, 1): {"plain": 0.93, "BN": 0.97}, (0.1, 10): {"plain": None, "BN": 0.96}}
    >>> figure = sweep(grid, ("spread", [0.1]), ("learning rate", [1, 10]))
    >>> print(figure.alt)
    Test accuracy by spread and learning rate (1, 10).
    plain: 1 of 2 reach 90 %, 1 exploded. Spread 0.1: 93 %, exploded.
    BN: 2 of 2 reach 90 %. Spread 0.1: 97 %, 96 %.
    """
    _check(rows, columns, value)
    cells = read_causes(runs, causes, "sweep()")
    found = read_results(cells, rows[1], columns[1], value)
    if len(found.series) > _MOST_SERIES:
        raise ValueError(f"sweep() got {len(found.series)} labels; it has room for {_MOST_SERIES}")
    axis = value_axis or _default_axis(value, found)
    ends = axis.ends([found.values])
    if goal is None and value == "accuracy":
        goal = 0.9
    asked = styles_of({label: _one_run(found, s) for s, label in enumerate(found.series)}, styles)
    spec: dict[str, Any] = {
        "styles": series_styles(found.series, asked),
        "rows": {"name": rows[0], "values": [_text(v) for v in rows[1]]},
        "columns": {"name": columns[0], "values": [_text(v) for v in columns[1]]},
        "value": {**axis.spec, "ends": ends},
        "goal": None if goal is None else _goal(found, axis, goal),
        "causes": cells.spec,
        "start": cells.start(start, "sweep()"),
        "chosen": _most_telling(found),
        "lost": lost,
    }
    arrays: dict[str, Array] = {
        "values": found.values.astype(np.float32),
        "counts": found.counts.astype(np.uint16),
    }
    if found.runs:
        curve, layered = _inside(found, value, layers)
        spec |= {"curve": curve.pop("axis"), "inside": layered.pop("spec")}
        arrays |= {"lostAt": found.lost_at.astype(np.int32), **curve, **layered}
    alts = [_describe(found, c, spec, axis, goal) for c in range(len(cells.names))]
    spec["alts"] = alts
    return Figure(
        "sweep",
        spec=spec,
        arrays=arrays,
        alt=cells.alt(alts),
        caption=caption if caption is not None else _caption(found, spec, axis),
        height=_height(found, spec),
        picture=lambda: draw_picture(found, cells, spec, axis),
    )


def _check(rows: Sides, columns: Sides, value: Value) -> None:
    for which, side in (("rows", rows), ("columns", columns)):
        if not (isinstance(side, tuple) and len(side) == 2 and isinstance(side[0], str)):
            raise TypeError(f"sweep(): {which} is (name, values); given {side!r}")
        if not len(side[1]) or len(set(side[1])) < len(side[1]):
            raise ValueError(f"sweep(): {which} needs values that differ; given {list(side[1])}")
    if not callable(value) and value not in ("accuracy", "loss"):
        raise ValueError(
            f"sweep(): value is {value!r}; it must be 'accuracy', 'loss' or a function of a run"
        )


def _default_axis(value: Value, found: Results) -> Axis:
    if value == "loss":
        return Axis("training loss (nats)", log=True)
    if callable(value):
        return Axis("value")
    if not found.runs:
        return Axis("test accuracy", percent=True)
    steps = {len(run.loss) for runs in found.runs.values() for run in runs}
    longest = max(steps)
    end = "1 step" if longest == 1 else f"{number(longest, 6)} steps"
    return Axis(f"test accuracy after {end}", percent=True)


def _one_run(found: Results, s: int) -> Any:
    return next((runs for at, runs in found.runs.items() if at[-1] == s), None)


def _inside(
    found: Results, value: Value, layers: Sequence[str] | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The curves and the layers of all cells: arrays, and what goes into the spec."""
    y = "loss" if value == "loss" else "accuracy"
    if y == "accuracy":
        axis, ends = Axis("test accuracy", percent=True), [0.0, 1.0]
    else:
        axis = Axis("training loss (nats)", log=True)
        ends = axis.ends([np.asarray(run.loss) for runs in found.runs.values() for run in runs])
    curve: dict[str, Any] = dict(inside.read_curves(found, y, ends, axis.log))
    curve["axis"] = {**axis.spec, "ends": ends}
    spec, arrays = inside.read_layers(found, layers)
    return curve, {"spec": spec or None, **arrays}


def _goal(found: Results, axis: Axis, goal: float) -> dict[str, Any]:
    """How many cells of each series reach the goal, by choice."""
    reached = (_medians(found) >= goal) & ~_mostly_lost(found)
    return {
        "text": _short(goal, axis),
        "reached": reached.sum((1, 2)).tolist(),
        "of": (found.counts > 0).sum((1, 2)).tolist(),
    }


def _medians(found: Results) -> Array:
    """Of the seeds that are not lost, (C, R, K, S)."""
    some = np.isfinite(found.values).any(-1)
    medians = np.full(some.shape, np.nan)
    medians[some] = np.nanmedian(found.values[some], axis=-1)
    return medians


def _mostly_lost(found: Results) -> Array:
    return 2 * found.lost() > found.counts


def _most_telling(found: Results) -> list[int]:
    """The cell in which the series are furthest apart, near the middle where several are."""
    medians = np.where(_mostly_lost(found), np.nan, _medians(found))[0]
    known = found.counts[0] > 0
    low = np.nanmin(found.values) if np.isfinite(found.values).any() else 0.0
    worth = np.where(known, np.nan_to_num(medians, nan=low), np.nan)
    rows, columns, _ = worth.shape
    r, k = np.mgrid[:rows, :columns]
    far = np.hypot(r - (rows - 1) / 2, k - (columns - 1) / 2)
    whole = known.sum(-1) * 10.0
    filled = np.where(known.any(-1)[..., None], worth, 0.0)
    apart = np.nanmax(filled, -1) - np.nanmin(filled, -1)
    scale = np.ptp(found.values[np.isfinite(found.values)]) if np.isfinite(low) else 1.0
    score = whole + np.round(apart / (scale or 1.0), 1) - 1e-3 * far
    at = np.unravel_index(int(np.argmax(score)), score.shape)
    return [int(at[0]), int(at[1])]


def _height(found: Results, spec: Mapping[str, Any]) -> tuple[int, int]:
    """Grids, what is said of the chosen cell, and its plots."""
    rows, lines = len(spec["rows"]["values"]), 22 * len(found.series)
    causes = len(spec["causes"])
    grids = 20 + 36 + _ROW * rows
    wide = grids + 24 + lines + 46 * (causes > 0)
    narrow = grids + 40 + lines + 40 * causes
    if "curve" not in spec:
        return wide + 16, narrow + 16
    wide, narrow = wide + 44, narrow + 44
    if spec["inside"]:
        narrow += lines + 44
    return max(wide + 130, min(548, wide + 230)), max(narrow + 110, min(570, narrow + 200))


# --- in words -----------------------------------------------------------------------------------


def _text(value: object) -> str:
    return number(value) if isinstance(value, int | float) else str(value)


def _short(value: float, axis: Axis) -> str:
    """A value as a cell has it."""
    return f"{fixed(100 * value)} %" if axis.percent else number(value, 2)


def _caption(found: Results, spec: Mapping[str, Any], axis: Axis) -> str:
    most = found.values.shape[-1]
    unit = " in %" if axis.percent else ""
    numbers = f"Numbers: {axis.name}{unit}{f', median of {most} seeds' if most > 1 else ''}"
    crosses, corners = _mostly_lost(found), (found.lost() > 0) & ~_mostly_lost(found)
    signs = [
        *[f"× {'most ' if most > 1 else ''}{spec['lost']}"] * bool(crosses.any()),
        *[f"red corner: some {'' if crosses.any() else spec['lost']}".strip()]
        * bool(corners.any()),
    ]
    if not spec["goal"]:
        signs.insert(0, "darker is higher")
    words = ["; ".join([numbers, ", ".join(signs)] if signs else [numbers]) + "."]
    if "curve" in spec:
        words.insert(0, "Choose a cell to open it.")
    layered = spec.get("inside")
    if layered:
        shown, of = len(layered["layers"]), layered["of"]
        parts = [f"{shown} of {of} layers"] * (shown < of) + ["first seed"] * (most > 1)
        words.append(f"Below: {', '.join(parts)}." if parts else "")
    return " ".join(filter(None, words))


def _describe(
    found: Results, c: int, spec: Mapping[str, Any], axis: Axis, goal: float | None
) -> str:
    """The text alternative: how many cells are usable, and all of them."""
    rows, columns = spec["rows"], spec["columns"]
    name = axis.name[:1].upper() + axis.name[1:]
    lines = [f"{name} by {rows['name']} and {columns['name']} ({', '.join(columns['values'])})."]
    medians, gone = _medians(found)[c], _mostly_lost(found)[c]
    for s, label in enumerate(found.series):
        counted = []
        known = found.counts[c, ..., s] > 0
        if spec["goal"]:
            reached, of = spec["goal"]["reached"][c][s], spec["goal"]["of"][c][s]
            counted.append(f"{reached} of {of} reach {spec['goal']['text']}")
        if (gone[..., s] & known).any():
            counted.append(f"{(gone[..., s] & known).sum()} {spec['lost']}")
        said = [": ".join(filter(None, [label, ", ".join(counted)])) + "."] * bool(label or counted)
        for r, row in enumerate(rows["values"]):
            cells = [
                "no run" if not known[r, k]
                else spec["lost"] if gone[r, k, s]
                else _short(medians[r, k, s], axis)
                for k in range(len(columns["values"]))
            ]  # fmt: skip
            title = rows["name"][:1].upper() + rows["name"][1:]
            said.append(f"{title} {row}: {', '.join(cells)}.")
        lines.append(" ".join(said))
    return "\n".join(lines)
