"""The arithmetic of clouds of points: moments, outline, axes, bytes. Nothing here is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "LEVELS",
    "MISSING",
    "common_range",
    "ellipse",
    "moments",
    "quantize",
    "rows_over_time",
    "spread_over_classes",
]

Array = NDArray[Any]

LEVELS = 100  # a coordinate is stored as -LEVELS … LEVELS between the ends of its cloud
MISSING = -128  # stands for NaN and inf
#: Up to here a pre-activation is nothing unusual, and the axes make room for it.
_USUAL = 10.0


def moments(points: Array) -> tuple[Array, Array, Array]:
    """Of the finite points of each cloud: mean, covariance, and how many points are not finite.

    Args:
        points: (…, P, 2).

    Returns:
        Mean (…, 2), covariance (…, 3) as xx, xy, yy, divided by the number of points, and the
        number of points with NaN or inf (…). A cloud without a finite point has NaN.

    >>> mean, covariance, missing = moments(np.array([[0.0, 1], [2, 3], [np.nan, 0]]))
    >>> mean.tolist(), covariance.tolist(), int(missing)
    ([1.0, 2.0], [1.0, 1.0, 1.0], 1)
    """
    good = np.isfinite(points).all(axis=-1, keepdims=True)
    count = good.sum(axis=-2)
    with np.errstate(invalid="ignore"):
        mean = np.where(good, points, 0).sum(axis=-2) / count
        off = np.where(good, points - mean[..., None, :], 0)
        x, y = off[..., 0], off[..., 1]
        products = np.stack([x * x, x * y, y * y], axis=-1)
        covariance = products.sum(axis=-2) / count
    return mean, covariance, (~good).sum(axis=(-2, -1))


def ellipse(mean: Array, covariance: Array, corners: int = 48) -> Array:
    """The outline (corners + 1, 2) of the points one standard deviation from the mean.

    >>> outline = ellipse(np.array([1.0, 0.0]), np.array([4.0, 0.0, 9.0]))
    >>> outline.min(axis=0).round(3).tolist(), outline.max(axis=0).round(3).tolist()
    ([-1.0, -3.0], [3.0, 3.0])
    """
    xx, xy, yy = covariance
    wide = np.sqrt(xx)
    slant = xy / wide if wide > 0 else 0.0
    tall = np.sqrt(max(yy - slant**2, 0.0))
    angle = np.linspace(0, 2 * np.pi, corners + 1)
    around = [wide * np.cos(angle), slant * np.cos(angle) + tall * np.sin(angle)]
    outline: Array = mean + np.column_stack(around)
    return outline


def rows_over_time(steps: Sequence[int] | Array, most: int) -> Array:
    """Choose moments that are dense at first: evenly spaced on a logarithmic axis.

    The axis is that of log(1 + 100 t / last), so that 0 has its place and the first steps do not
    take half of it.

    Args:
        steps: (S,) ascending.
        most: how many to choose at most.

    Returns:
        Their indices, with the first and the last; all of them where there are few.

    >>> steps = np.arange(1001)
    >>> steps[rows_over_time(steps, 6)].tolist()
    [0, 15, 53, 149, 391, 1000]
    """
    steps = np.asarray(steps)
    if len(steps) <= most:
        return np.arange(len(steps))
    span = float(steps[-1] - steps[0])
    wanted = steps[0] + span / 100 * (101 ** np.linspace(0, 1, most) - 1)
    after = np.searchsorted(steps, wanted).clip(1, len(steps) - 1)
    nearer = wanted - steps[after - 1] <= steps[after] - wanted
    return np.unique(np.where(nearer, after - 1, after))


def spread_over_classes(classes: Array) -> Array:
    """An order of the points in which any first part holds each class about equally.

    >>> spread_over_classes(np.array([7, 7, 7, 2, 2, 7])).tolist()
    [3, 0, 4, 1, 2, 5]
    """
    turn = np.zeros(len(classes), dtype=np.int64)  # the first of its class, the second, …
    for one in np.unique(classes):
        turn[classes == one] = np.arange((classes == one).sum())
    return np.lexsort((classes, turn))


def quantize(points: Array) -> tuple[Array, Array, Array]:
    """Clouds as int8 between the ends of each: a tiny cloud keeps its shape too.

    Args:
        points: (C, S, P, 2), C clouds at S moments.

    Returns:
        The change of each point's level from the moment before, modulo 256, as uint8 of shape
        (C, P, 2, S): what varies slowly takes few bytes. Then the center and the half extent of
        each cloud, (C, S, 2).
    """
    good = np.isfinite(points[..., :1]) & np.isfinite(points[..., 1:])  # (C, S, P, 1)
    low = np.where(good, points, np.inf).min(axis=2)
    high = np.where(good, points, -np.inf).max(axis=2)
    some = good.any(axis=2)
    low, high = np.where(some, low, 0.0), np.where(some, high, 0.0)
    center = (low + high) / 2
    half = np.where(high > low, (high - low) / 2, 0.0)
    safe = np.where(half > 0, half, 1.0)
    relative = (np.where(good, points, center[:, :, None]) - center[:, :, None]) / safe[:, :, None]
    levels = np.where(good, np.round(LEVELS * relative), MISSING).astype(np.int64)
    changes = np.diff(levels, axis=1, prepend=0) % 256
    return np.moveaxis(changes.astype(np.uint8), 1, -1), center, half


def common_range(points: Array) -> list[list[float]]:
    """Ends of both axes: equally long, with the origin and every cloud that does not explode.

    Args:
        points: (C, S, P, 2).

    Returns:
        ``[[low, high], [low, high]]`` across and up.
    """
    flat = points.reshape(-1, points.shape[2], 2)
    flat = np.where(np.isfinite(flat), flat, np.nan)
    flat = flat[~np.isnan(flat).all(axis=(1, 2))]
    if not len(flat):
        return [[-1.0, 1.0], [-1.0, 1.0]]
    ends = np.stack([np.nanmin(flat, axis=1), np.nanmax(flat, axis=1)])  # (2, clouds, 2)
    # A cloud that explodes leaves the others room.
    limit = max(_USUAL, 4 * float(np.nanpercentile(np.abs(ends), 75)))
    ends = np.clip(ends, -limit, limit)
    low = np.minimum(np.nanmin(ends, axis=(0, 1)), 0)
    high = np.maximum(np.nanmax(ends, axis=(0, 1)), 0)
    reach = 0.54 * float((high - low).max()) or 1.0
    return [[float(middle - reach), float(middle + reach)] for middle in (low + high) / 2]
