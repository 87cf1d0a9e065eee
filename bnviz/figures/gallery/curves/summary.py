"""Several seeds as one line and a band."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bnviz.words import counted

__all__ = ["MOST_ROWS", "Band", "Summary", "running_median", "summarize"]

Array = NDArray[Any]

MOST_ROWS = 400  # points that are drawn of a line; more would share pixels


class Band(NamedTuple):
    """A line and a band that are no seeds, such as percentiles; each of shape (T,)."""

    low: ArrayLike
    middle: ArrayLike
    high: ArrayLike


class Summary(NamedTuple):
    """What is drawn of one label: R points; median and range over the seeds that are finite."""

    x: Array  # (R,)
    seeds: Array  # (seeds, R)
    middle: Array
    low: Array
    high: Array
    lost: Array  # (R,) how many seeds are NaN or infinite
    window: int  # of the running median; 1 without smoothing
    of_run: bool  # from `Run` objects, so that we know what it is
    of_seeds: bool  # measured over seeds, be it one; not a line by itself


def summarize(where: str, value: object, y: str, x: ArrayLike | None) -> Summary:
    """Read one label's seeds, and take median and range of them.

    Args:
        where: names the label in messages.
        value: a run or several, numbers of shape (seeds, T) or (T,), or a :class:`Band`.
        y: the attribute of runs, "accuracy" or "loss". A loss of more than a hundred steps is
            smoothed by a running median.
        x: (T,) ascending, where the values stand; 1 … T when left out, or a run's own steps.

    Raises:
        TypeError: something that holds no numbers.
        ValueError: shapes that do not fit, no data, an x that is not finite or does not ascend, or
            a band whose low lies above its high.
    """
    if isinstance(value, Band):
        low, middle, high = (np.asarray(part, dtype=np.float64) for part in value)
        if not low.shape == middle.shape == high.shape or middle.ndim != 1:
            raise ValueError(
                f"{where}: a band has low, middle and high of one shape (T,); given "
                f"{low.shape}, {middle.shape} and {high.shape}"
            )
        turned = np.flatnonzero((low > middle) | (middle > high))
        if len(turned):
            first = turned[0]
            raise ValueError(
                f"{where}: a band must have low ≤ middle ≤ high; at index {first} they are "
                f"{low[first]:g}, {middle[first]:g} and {high[first]:g}"
            )
        places = _places(where, len(middle), x)
        lost = (~np.isfinite(middle)).astype(int)
        return Summary(places, middle[None], middle, low, high, lost, 1, False, False)
    values, places, of_run = _read(where, value, y, x)
    length = len(places)
    rows = _rows(length)
    window = 1 if y != "loss" or length <= 100 else length // 50 | 1
    good = np.where(np.isfinite(values), values, np.nan)
    seeds = running_median(good, rows, window)
    seeds[np.isnan(good[:, rows])] = np.nan
    lost = np.isnan(seeds).sum(axis=0)
    some = lost < len(seeds)
    middle, low, high = (np.full(len(rows), np.nan) for _ in range(3))
    middle[some] = np.nanmedian(seeds[:, some], axis=0)
    low[some] = np.nanmin(seeds[:, some], axis=0)
    high[some] = np.nanmax(seeds[:, some], axis=0)
    of_seeds = of_run or np.ndim(value) == 2  # type: ignore[arg-type]
    return Summary(places[rows], seeds, middle, low, high, lost, window, of_run, of_seeds)


def _read(where: str, value: object, y: str, x: ArrayLike | None) -> tuple[Array, Array, bool]:
    """Values (seeds, T), places (T,), and whether they come from runs."""
    several: list[Any] = list(value) if isinstance(value, list | tuple) else [value]
    of_run = bool(several) and all(hasattr(run, "loss") for run in several)
    if of_run:
        values = _of_runs(where, several, y)
        if y == "accuracy":
            x = several[0].steps
    else:
        try:
            values = np.atleast_2d(np.asarray(value, dtype=np.float64))
        except (TypeError, ValueError):
            raise TypeError(
                f"{where}: got a {type(value).__name__} that is neither runs nor numbers of shape "
                "(seeds, T)"
            ) from None
    if values.ndim != 2 or not values.size:
        hint = "; train it first" if of_run else ""
        raise ValueError(f"{where}: {y} has shape {values.shape}; give (seeds, T){hint}")
    return values, _places(where, values.shape[1], x), of_run


def _of_runs(where: str, runs: Sequence[Any], y: str) -> Array:
    lines = [np.asarray(getattr(run, y), dtype=np.float64) for run in runs]
    lengths = sorted({len(line) for line in lines})
    if len(lengths) > 1:
        raise ValueError(
            f"{where}: the runs are {', '.join(map(str, lengths))} values long; "
            "all seeds must be trained and evaluated at the same steps"
        )
    return np.stack(lines)


def _places(where: str, length: int, x: ArrayLike | None) -> Array:
    places = np.arange(1, length + 1) if x is None else np.asarray(x)
    if places.shape != (length,):
        raise ValueError(f"{where}: {counted(length, 'value')} but x of shape {places.shape}")
    if not np.isfinite(places).all():
        raise ValueError(f"{where}: x must be finite; it is {places.tolist()}")
    if (np.diff(places) <= 0).any():
        raise ValueError(f"{where}: x must ascend; it is {places.tolist()}")
    return places.astype(np.float64)


def _rows(length: int) -> Array:
    """Which of many points are drawn: dense at the start, for a logarithmic axis, and even."""
    if length <= MOST_ROWS:
        return np.arange(length)
    even = np.linspace(0, length - 1, MOST_ROWS * 5 // 8)
    early = np.geomspace(1, length, MOST_ROWS * 3 // 8) - 1
    return np.unique(np.concatenate([even, early]).round().astype(int))


def running_median(values: Array, rows: Array, window: int) -> Array:
    """The median around each row, over ``window`` values and fewer towards both ends.

    At the start, where values fall fast, the window shrinks on both sides alike; at the end it
    only lacks the values to come. NaN is left out; a window of nothing else gives NaN.

    >>> running_median(np.array([[1.0, 9, 2, 3, 4]]), np.arange(5), window=3)
    array([[1. , 2. , 3. , 3. , 3.5]])
    """
    out = np.full((len(values), len(rows)), np.nan)
    for i, row in enumerate(rows):
        half = min(window // 2, row)
        part = values[:, row - half : row + half + 1]
        some = ~np.isnan(part).all(axis=1)
        out[some, i] = np.nanmedian(part[some], axis=1)
    return out
