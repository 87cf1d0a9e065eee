"""What came of every setting, as arrays: cells of a grid, series, seeds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bnviz.figures.kit.causes import Cells
from bnviz.figures.kit.labels import by_label

__all__ = ["Results", "Value", "read_results"]

Array = NDArray[Any]
Value = str | Callable[[Any], float]

_LAST = 0.05  # share of the steps whose median loss is "the loss" at the end: batches are noisy


class Results(NamedTuple):
    """Choices C of the causes, rows R and columns K of the grid, series S, seeds N."""

    series: list[str]
    values: Array  # (C, R, K, S, N); NaN where lost, or where there are fewer seeds
    counts: Array  # (C, R, K, S), how many seeds there are; 0 where nothing was run
    lost_at: Array  # (C, R, K, S, N), the step from which on the loss is not finite; 0 for never
    runs: dict[tuple[int, ...], list[Any]]  # by (c, r, k, s), where runs were given

    def lost(self) -> Array:
        """How many seeds are lost, (C, R, K, S)."""
        lost: Array = self.counts - np.isfinite(self.values).sum(-1)
        return lost


def read_results(
    cells: Cells, rows: Sequence[Any], columns: Sequence[Any], value: Value
) -> Results:
    """Read every cell of every choice.

    Args:
        cells: of each choice ``{(row, column): {label: one or several}}``, with runs, or with
            numbers in place of them; or without labels. What is missing stays empty.
        rows: the values of the rows.
        columns: the values of the columns.
        value: "accuracy", "loss", or a function of a run.

    Raises:
        TypeError: something else than that.
        ValueError: a cell outside the grid, or nothing at all.

    >>> one = read_results(Cells([], [""], [{(1, 2): {"BN": [0.5, 0.7]}}]), [1], [2, 3], "accuracy")
    >>> one.values.shape, one.counts.tolist()
    ((1, 1, 2, 1, 2), [[[[2], [0]]]])
    """
    found: dict[tuple[int, int, int, str], list[Any]] = {}
    for c, data in enumerate(cells.values):
        for (r, k), entry in _grid(data, rows, columns).items():
            for label, things in by_label(entry).items():
                several = isinstance(things, list | tuple | np.ndarray)
                found[c, r, k, label] = list(things) if several else [things]
    series = list(dict.fromkeys(label for *_, label in found))
    most = max((len(things) for things in found.values()), default=0)
    if not most:
        raise ValueError("sweep() got no results; give {(row, column): {label: [Run, …]}}")
    shape = (len(cells.values), len(rows), len(columns), len(series))
    values, lost_at = np.full((*shape, most), np.nan), np.zeros((*shape, most), int)
    counts = np.zeros(shape, int)
    runs: dict[tuple[int, ...], list[Any]] = {}
    for (c, r, k, label), things in found.items():
        at = (c, r, k, series.index(label))
        counts[at] = len(things)
        for n, thing in enumerate(things):
            values[*at, n], lost_at[*at, n] = _read(thing, value, rows[r], columns[k])
        if things and _is_run(things[0]):
            runs[at] = things
    values[~np.isfinite(values) | (lost_at > 0)] = np.nan
    return Results(series, values, counts, lost_at, runs)


def _grid(data: object, rows: Sequence[Any], columns: Sequence[Any]) -> dict[tuple[int, int], Any]:
    if not isinstance(data, Mapping):
        raise TypeError(
            f"sweep() got a {type(data).__name__}; give {{(row, column): {{label: [Run, …]}}}}"
        )
    cells = {}
    for key, entry in data.items():
        if not isinstance(key, tuple) or len(key) != 2:
            raise TypeError(f"sweep(): the cells are keyed by (row, column); one is {key!r}")
        if key[0] not in rows or key[1] not in columns:
            raise ValueError(
                f"sweep(): there is a cell {key}, but the rows are {list(rows)} and the columns "
                f"{list(columns)}"
            )
        cells[list(rows).index(key[0]), list(columns).index(key[1])] = entry
    return cells


def _is_run(thing: object) -> bool:
    return hasattr(thing, "loss")


def _read(thing: Any, value: Value, row: object, column: object) -> tuple[float, int]:
    """The value of one seed, and when its loss stopped to be finite."""
    if not _is_run(thing):
        try:
            return (np.nan if thing is None else float(thing)), 0
        except (TypeError, ValueError):
            raise TypeError(
                f"sweep(), ({row!r}, {column!r}): got a {type(thing).__name__} that is neither a "
                "run nor a number"
            ) from None
    loss = np.asarray(thing.loss, dtype=np.float64)
    if not len(loss):
        raise ValueError(f"sweep(), ({row!r}, {column!r}): a run has no steps; train it first")
    if callable(value):
        return float(value(thing)), _lost_at(loss)
    if value == "accuracy":
        accuracy = np.asarray(thing.accuracy, dtype=np.float64)
        if not len(accuracy):
            raise ValueError(
                f"sweep(), ({row!r}, {column!r}): a run has no accuracy; evaluate it, or give "
                'value="loss"'
            )
        return float(accuracy[-1]), _lost_at(loss)
    return float(np.median(loss[-max(1, round(_LAST * len(loss))) :])), _lost_at(loss)


def _lost_at(loss: Array) -> int:
    """The step from which on the loss is not finite, or 0."""
    if np.isfinite(loss[-1]):
        return 0
    finite = np.flatnonzero(np.isfinite(loss))
    return int(finite[-1]) + 2 if len(finite) else 1
