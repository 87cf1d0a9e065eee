"""Results over seeds as one array, whatever form they were given in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bnviz.figures.kit.causes import Cells

__all__ = ["Results", "Spread", "read_results", "spread"]

Array = NDArray[Any]


class Results(NamedTuple):
    """All values of all choices; seed i of one condition is seed i of every other."""

    series: list[str]  # one without a name where there are only conditions
    conditions: list[Any]
    values: Array  # (cells, series, conditions, seeds); NaN beyond the seeds that there are
    counts: Array  # (cells, series, conditions), how many seeds there are


class Spread(NamedTuple):
    """What is said of the seeds of one condition."""

    median: float  # of the finite ones, like the range
    low: float
    high: float
    seeds: int
    lost: int  # NaN or infinite


def read_results(cells: Cells) -> Results:
    """Put the values of every choice into one array.

    Args:
        cells: of each choice ``{condition: values}`` or ``{series: {condition: values}}``; what a
            choice or a series lacks stays empty.

    Raises:
        TypeError: something else than that, or values that are no numbers.
        ValueError: values that are no row of seeds, or none at all.

    >>> one = read_results(Cells([], [""], [{"plain": [0.5, 0.7], "BN": [0.9]}]))
    >>> one.conditions, one.values.shape, one.counts.tolist()
    (['plain', 'BN'], (1, 1, 2, 2), [[[2, 1]]])
    """
    tables = [_table(data) for data in cells.values]
    series = list(dict.fromkeys(label for table in tables for label in table))
    conditions = list(
        dict.fromkeys(name for table in tables for row in table.values() for name in row)
    )
    if "" in series and len(series) > 1:
        raise TypeError(
            "dots(): some choices have series and some have none; give every choice the same form"
        )
    rows = {
        (c, s, k): _seeds(conditions[k], table[label][conditions[k]])
        for c, table in enumerate(tables)
        for s, label in enumerate(series)
        for k in range(len(conditions))
        if label in table and conditions[k] in table[label]
    }
    most = max((len(seeds) for seeds in rows.values()), default=0)
    if not most:
        raise ValueError("dots() got no values; give {condition: values of the seeds}")
    shape = (len(tables), len(series), len(conditions))
    values, counts = np.full((*shape, most), np.nan), np.zeros(shape, int)
    for place, seeds in rows.items():
        values[place][: len(seeds)] = seeds
        counts[place] = len(seeds)
    return Results(series, conditions, values, counts)


def spread(values: Array, count: int) -> Spread:
    """Median and range of the finite ones among the first ``count`` seeds.

    >>> spread(np.array([0.5, np.nan, 0.7, 0.0]), 3)
    Spread(median=0.6, low=0.5, high=0.7, seeds=3, lost=1)
    """
    finite = values[:count][np.isfinite(values[:count])]
    lost = count - len(finite)
    if not len(finite):
        return Spread(np.nan, np.nan, np.nan, count, lost)
    return Spread(float(np.median(finite)), float(finite.min()), float(finite.max()), count, lost)


def _table(data: object) -> dict[str, Mapping[Any, Any]]:
    """``{series: {condition: values}}``; without series, one whose name is empty."""
    if not isinstance(data, Mapping) or not data:
        raise TypeError(
            f"dots() got a {type(data).__name__}{' that is empty' * (data == {})}; give "
            "{condition: values} or {series: {condition: values}}"
        )
    deep = [isinstance(entry, Mapping) for entry in data.values()]
    if all(deep):
        return {str(label): entry for label, entry in data.items()}
    if any(deep):
        raise TypeError(
            "dots(): some entries are values and some are mappings; give {condition: values} or "
            "{series: {condition: values}} (with causes, {value: such})"
        )
    return {"": data}


def _seeds(condition: object, values: object) -> Array:
    try:
        seeds = np.asarray(
            [np.nan if v is None else v for v in values]  # "never", as of `Run.steps_to`
            if isinstance(values, Sequence) and not isinstance(values, str)
            else values,
            dtype=np.float64,
        )
    except (TypeError, ValueError):
        raise TypeError(
            f"dots(), {condition!r}: got a {type(values).__name__} that holds no numbers"
        ) from None
    seeds = np.atleast_1d(seeds)
    if seeds.ndim != 1:
        raise ValueError(
            f"dots(), {condition!r}: the values have shape {seeds.shape}; give one number a seed, "
            "(seeds,)"
        )
    return seeds
