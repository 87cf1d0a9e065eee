"""Every seed a dot, by condition: what a table of results would say, and how sure one can be.

Conditions stand as rows under their full names, or, where they are numbers, on an axis of their
own. The reader can follow one seed through all conditions: a difference that each seed shows is
worth more than one between two medians.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bnviz.figures.gallery.dots.picture import draw_picture
from bnviz.figures.gallery.dots.results import Results, read_results, spread
from bnviz.figures.kit.axes import Axis
from bnviz.figures.kit.causes import read_causes
from bnviz.figures.kit.figure import Figure
from bnviz.figures.kit.paper import series_styles
from bnviz.figures.kit.words import listed, number
from bnviz.words import counted

__all__ = ["dots"]

ACCURACY = Axis("test accuracy", percent=True)
_PLAIN = "d"  # the gray of conditions that nothing tells apart but their names


def dots(
    results: object,
    *,
    value_axis: Axis = ACCURACY,
    condition_axis: Axis | None = None,
    causes: Mapping[str, Sequence[object]] | None = None,
    start: Mapping[str, object] | None = None,
    marks: Mapping[str, float] | None = None,
    styles: Mapping[str, str] | None = None,
    seeds: Sequence[object] | None = None,
    dot: str = "seed",
    lost: str = "exploded",
    caption: str | None = None,
) -> Figure:
    """Show the results of several seeds by condition: a dot each, and their median.

    Args:
        results: ``{condition: values}`` with the values of the seeds (seeds,), or ``{series:
            {condition: values}}``. With causes, ``{value: such}`` or ``{(value, …): such}``. Value
            i belongs to the same seed in every condition. None, NaN and infinities are counted
            and not drawn.
        value_axis: name, scale and range of the values; test accuracy by default.
        condition_axis: where conditions are numbers, such as batch sizes: name and scale of the
            axis on which they stand. Without it they are rows, with their names beside them.
        causes: what the reader may choose, ``{name: values}``; all choices share the axes.
        start: ``{name: value}``, the choice and the condition (by the name of the axis) to begin
            with; the first choice, and where the series differ most, by default.
        marks: values to compare with, ``{name: value}``, such as ``{"constant answer": 0.84}``.
        styles: ``{series: key}``, or ``{condition: key}`` where there are no series; "without" and
            "with" are the colors of batch normalization.
        seeds: what the seeds are called; 0, 1, … by default.
        dot: what a dot is, in a word; only seeds can be followed from one condition to the next.
        lost: what a value that is not finite means, in a word: "exploded", "never".
        caption: what to see; a general one by default.

    Returns:
        The figure.

    Raises:
        TypeError: results of another form.
        ValueError: shapes, axes or names that do not fit together.

    >>> figure = dots({"plain": [0.61, 0.64], "with γ and β": [0.98, 0.99]})
    >>> print(figure.alt)
    Test accuracy of each seed, and the median.
    plain: 62.5 % (61.0 % to 64.0 %, 2 seeds).
    with γ and β: 98.5 % (98.0 % to 99.0 %, 2 seeds).
    """
    cells = read_causes(results, causes, "dots()")
    found = read_results(cells)
    _check_axes(found, value_axis, condition_axis)
    names = _seed_names(found, seeds)
    order = _in_order(found, condition_axis)
    marked = np.array(list((marks or {}).values()), dtype=np.float64)
    conditions = [condition_axis.text(at) if condition_axis else str(at) for at in found.conditions]
    spec: dict[str, Any] = {
        "series": found.series,
        "conditions": conditions,
        "keys": _keys(found, conditions, styles),
        "value": {**value_axis.spec, "ends": _ends(found, value_axis, marked)},
        "causes": cells.spec,
        "start": cells.start(start, "dots()", condition_axis.name if condition_axis else None),
        "marks": [{"name": name, "value": float(at)} for name, at in (marks or {}).items()],
        "seeds": names if dot == "seed" else [],
        "lost": lost,
        "alts": _alts(found, conditions, order, value_axis, dot, lost, marks or {}),
    }
    if condition_axis:
        places = np.array(found.conditions, dtype=np.float64)
        spec["across"] = {
            **condition_axis.spec,
            "ends": _with_margins(places, condition_axis),
            "order": order,
            "places": [float(place) for place in places],
        }
    return Figure(
        "dots",
        spec=spec,
        arrays={
            "values": found.values.astype(np.float32),
            "counts": found.counts.astype(np.uint16),
        },
        alt=cells.alt(spec["alts"]),
        caption=caption if caption is not None else _caption(found),
        height=_height(found, spec),
        picture=lambda: draw_picture(found, cells, spec, value_axis, condition_axis),
    )


# --- what was given -----------------------------------------------------------------------------


def _check_axes(found: Results, value_axis: Axis, condition_axis: Axis | None) -> None:
    finite = found.values[np.isfinite(found.values)]
    if value_axis.percent and finite.size and (finite.min() < 0 or finite.max() > 1):
        raise ValueError(
            f"dots(): {value_axis.name} goes from {finite.min():g} to {finite.max():g}; give "
            "shares from 0 to 1 (divide per cents by 100)"
        )
    if value_axis.log and finite.size and finite.min() <= 0:
        raise ValueError(
            f"dots(): {value_axis.name} is {finite.min():g} for some seed, which has no place on "
            "a logarithmic axis; give Axis(…, log=False) or values above zero"
        )
    if condition_axis is None:
        return
    for at in found.conditions:
        if isinstance(at, bool) or not isinstance(at, int | float | np.number):
            raise ValueError(
                f"dots(): the condition {at!r} is no number, so it has no place on the axis "
                f"{condition_axis.name!r}; leave condition_axis out"
            )
        if not np.isfinite(at) or (condition_axis.log and at <= 0):
            raise ValueError(
                f"dots(): the condition {at} has no place on the axis {condition_axis.name!r}"
            )


def _ends(found: Results, axis: Axis, marked: np.ndarray[Any, Any]) -> list[float]:
    """Both ends of the axis of values. Here no value is left out, however far it lies."""
    low, high = axis.ends([found.values, marked])
    finite = [found.values[np.isfinite(found.values)], marked]
    least, most = (
        pick(np.concatenate(finite), initial=end) for pick, end in ((np.min, low), (np.max, high))
    )
    if axis.range is not None and (least < low or most > high):
        raise ValueError(
            f"dots(): {axis.name} goes from {least:g} to {most:g}, beyond its range {axis.range}; "
            "give a wider one, or none"
        )
    if axis.log:
        return [float(least), float(most)]
    pad = 0.04 * (most - least)
    return [
        low if least >= low else float(least - pad),
        high if most <= high else float(most + pad),
    ]


def _seed_names(found: Results, seeds: Sequence[object] | None) -> list[str]:
    most = found.values.shape[-1]
    if seeds is None:
        return [str(i) for i in range(most)]
    if len(seeds) != most:
        raise ValueError(
            f"dots(): seeds has {counted(len(seeds), 'name')} for {counted(most, 'seed')}"
        )
    return [str(seed) for seed in seeds]


def _in_order(found: Results, condition_axis: Axis | None) -> list[int]:
    """Indices of the conditions as they are read: as given, or along their axis."""
    if condition_axis is None:
        return list(range(len(found.conditions)))
    return [int(i) for i in np.argsort(found.conditions, kind="stable")]


def _keys(
    found: Results, conditions: list[str], styles: Mapping[str, str] | None
) -> list[list[str]]:
    """The style key of every series in every condition, (series, conditions)."""
    several = found.series != [""]
    if several:
        chosen = series_styles(found.series, styles)
        return [[style["key"]] * len(conditions) for style in chosen]
    asked = {str(label): key for label, key in (styles or {}).items()}
    chosen = series_styles(conditions, asked)  # says so where a name or a key is wrong
    return [[style["key"] if style["label"] in asked else _PLAIN for style in chosen]]


def _with_margins(places: np.ndarray[Any, Any], axis: Axis) -> list[float]:
    """Both ends of the axis of conditions: the outer ones have as much room as those between."""
    if axis.range is not None:
        return [float(end) for end in axis.range]
    at = np.sort(np.log(places) if axis.log else places)
    margin = float(np.diff(at).min() / 2) if len(at) > 1 else 1.0
    ends = [at[0] - margin, at[-1] + margin]
    return [float(np.exp(end) if axis.log else end) for end in ends]


def _height(found: Results, spec: Mapping[str, Any]) -> tuple[int, int]:
    """Rows need what they hold; on a phone their names stand above them."""
    lanes, rows = len(found.series), len(found.conditions)
    seeded = len(spec["seeds"]) > 1
    causes, legend = len(spec["causes"]), 28 if lanes > 1 else 0
    controls = 40 * seeded + 40 * (causes > 0)
    if "across" in spec:
        readings = 22 * lanes
        return (330 + readings + controls, 330 + readings + 40 * seeded + 40 + 40 * causes)
    frame = 48 + 16 * len(spec["marks"]) + legend + 16
    wide = rows * min(60, 18 + 20 * lanes)
    narrow = rows * min(72, 34 + 20 * lanes)
    return (
        min(516, max(180, frame + wide) + controls),
        min(568, max(180, frame + narrow) + 40 * seeded + 40 * causes),
    )


# --- in words -----------------------------------------------------------------------------------


def _caption(found: Results) -> str:
    counts = sorted(set(found.counts[found.counts > 0].tolist()))
    if counts == [1]:
        return "One seed each: there is no spread to show."
    several = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    gone = found.counts.sum() > np.isfinite(found.values).sum()
    return (
        f"Each dot is one of {several} seeds: the same experiment with other random numbers. "
        f"Bar: {'the median of those that are drawn' if gone else 'their median'}."
    )


def _alts(
    found: Results,
    conditions: list[str],
    order: list[int],
    axis: Axis,
    dot: str,
    lost: str,
    marks: Mapping[str, float],
) -> list[str]:
    """A text alternative for every choice."""
    alts = []
    marked = listed([f"{name} at {axis.text(float(at))}" for name, at in marks.items()])
    for values, counts in zip(found.values, found.counts, strict=True):
        lines = [f"{axis.name[:1].upper()}{axis.name[1:]} of each {dot}, and the median."]
        for k in order:
            said = [
                " ".join(filter(None, [label, _said(values[s, k], counts[s, k], axis, dot, lost)]))
                for s, label in enumerate(found.series)
                if counts[s, k]
            ]
            lines.append(f"{conditions[k]}: {'; '.join(said) or 'not measured'}.")
        if marked:
            lines.append(f"Marked: {marked}.")
        alts.append("\n".join(lines))
    return alts


def _said(values: np.ndarray[Any, Any], count: int, axis: Axis, dot: str, lost: str) -> str:
    """One condition, such as "98.5 % (98.0 % to 99.0 %, 2 seeds)"."""
    one = spread(values, int(count))
    dots = counted(count, dot)
    gone = f"{one.lost} of {number(one.seeds)} {lost}" if one.lost else ""
    if one.lost == one.seeds:
        return gone
    middle, low, high = (axis.text(v) for v in (one.median, one.low, one.high))
    within = f"{low} to {high}, {dots}" if low != high else dots
    return ", ".join(filter(None, [f"{middle} ({within})", gone]))
