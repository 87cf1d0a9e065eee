"""``drift`` on paper: the clouds at the first, a middle and the last moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bnviz.figures.gallery.drift.cloud import ellipse
from bnviz.figures.kit.paper import INK, MUTED, line_style, new_picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Picture

__all__ = ["Still", "draw_stills"]

Array = NDArray[Any]

_MOMENTS = 3
_IMAGES = 60  # more would hide each other where there is no ground to set them off; others are dots
_RASTER = 480  # pixels across a panel
_ENLARGE = 3  # pixels for one of an image
_LENS = 0.46  # of the panel's side
_FULL = 0.46  # of the lens: how far a cloud may reach from its center
_ROUND = (1, 1.5, 2, 3, 4, 5, 6, 8)


class Still(NamedTuple):
    """What is drawn: C clouds, S moments, P points."""

    styles: Sequence[Mapping[str, Any]]  # by cloud, as of ``series_styles``
    names: Sequence[str]
    units: tuple[str, str]
    range: Sequence[Sequence[float]]
    steps: Array
    points: Array  # (C, S, P, 2)
    images: Array | None  # (P, H, W), 0 to 1
    mean: Array  # (C, S, 2)
    covariance: Array  # (C, S, 3)


def draw_stills(still: Still) -> Picture:
    """A row for each cloud, a column for each moment, all on the same axes."""
    rows = sorted({int(i) for i in np.linspace(0, len(still.steps) - 1, _MOMENTS).round()})
    clouds = len(still.names)
    size = (7.2, 0.45 + 2.15 * clouds)
    picture, axes = new_picture(clouds, len(rows), size=size, sharex=True, sharey=True)
    for i in range(clouds):
        for j, row in enumerate(rows):
            _draw_cloud(axes[i, j], still, i, row)
        axes[i, 0].set_ylabel(
            f"{still.names[i]}\n{still.units[1]}" if still.names[i] else still.units[1]
        )
    for j, row in enumerate(rows):
        axes[0, j].set_title(f"step {still.steps[row]}", fontsize=9)
        axes[-1, j].set_xlabel(still.units[0])
    return picture


def _draw_cloud(ax: Axes, still: Still, i: int, row: int) -> None:
    (x0, x1), (y0, y1) = still.range
    ax.set(xlim=(x0, x1), ylim=(y0, y1), aspect="equal")
    ax.axhline(0, color="#8c959f66", linewidth=0.8, zorder=0)
    ax.axvline(0, color="#8c959f66", linewidth=0.8, zorder=0)
    mean, points, style = still.mean[i], still.points[i, row], still.styles[i]
    outline = ellipse(mean[row], still.covariance[i][row])
    ax.plot(*mean[: row + 1].T, **_pen(style), linewidth=1.2)
    ax.plot(*mean[0], "o", color=style["hex"], markersize=4, fillstyle="none", mew=1)
    factor = magnification(points, (x1 - x0) * _LENS)
    if factor == 1:
        _draw_points(ax, still.images, points, still.range)
        ax.plot(*outline.T, **_pen(style), linewidth=1.4)
        return
    ax.plot(*points.T, ".", color=INK, markersize=1.5, mew=0)
    center = np.nan_to_num((np.nanmin(points, 0) + np.nanmax(points, 0)) / 2)
    lens = ax.inset_axes(_corner(mean, still.range))
    reach = (x1 - x0) * _LENS / factor / 2
    ends = [(float(c - reach), float(c + reach)) for c in center]
    lens.set(xlim=ends[0], ylim=ends[1], xticks=[], yticks=[], facecolor="none")
    lens.spines[:].set_color(MUTED)
    _draw_points(lens, still.images, points, ends, _LENS)
    lens.plot(*outline.T, **_pen(style), linewidth=1.4)
    lens.set_title(f"×{factor}", fontsize=8, color=INK, pad=2)
    ax.indicate_inset_zoom(lens, edgecolor=MUTED)


def magnification(points: Array, side: float) -> int:
    """How many times a lens of this side, in units of the axes, enlarges a cloud: a round number.

    1 where the cloud is large enough to be seen without.

    >>> magnification(np.array([[0.0, 0], [0.1, 0.05]]), side=4.0)
    30
    """
    good = points[np.isfinite(points).all(axis=1)]
    reach = float(np.ptp(good, axis=0).max()) / 2 if len(good) else 0.0
    if not 0 < reach < np.inf:
        return 1
    most = _FULL * side / reach
    if most < 2:
        return 1
    power = 10.0 ** np.floor(np.log10(most))
    return int(max(one for one in _ROUND if one * power <= most) * power)


def _corner(way: Array, axes: Sequence[Sequence[float]]) -> tuple[float, float, float, float]:
    """The corner of the axes that is farthest from where the mean has been."""
    (x0, x1), (y0, y1) = axes
    share = (way[np.isfinite(way).all(axis=1)] - [x0, y0]) / [x1 - x0, y1 - y0]
    high = 1 - _LENS - 0.02
    corners = [(x, y) for y in (0.02, high) for x in (0.02, high)]
    middles = np.array(corners) + _LENS / 2
    far = [np.linalg.norm(share - middle, axis=1).min() if len(share) else 0 for middle in middles]
    x, y = corners[int(np.argmax(far))]
    return x, y, _LENS, _LENS


def _pen(style: Mapping[str, Any]) -> dict[str, Any]:
    return {**line_style(style), "linestyle": "solid"}


def _draw_points(
    ax: Axes,
    images: Array | None,
    points: Array,
    ends: Sequence[Sequence[float]],
    side: float = 1.0,
) -> None:
    """The first points as images, the others as dots, or all as dots."""
    drawn = 0 if images is None else min(_IMAGES, len(points))
    ax.plot(*points[drawn:].T, ".", color=INK, alpha=0.6, markersize=2.5, mew=0)
    if images is not None:
        alpha = rasterize(images[:drawn], points[:drawn], ends, int(_RASTER * side))
        (x0, x1), (y0, y1) = ends
        red, green, blue = (int(INK[i : i + 2], 16) / 255 for i in (1, 3, 5))
        ink = np.dstack([np.full_like(alpha, c) for c in (red, green, blue)] + [alpha])
        ax.imshow(ink, extent=(x0, x1, y0, y1), aspect=ax.get_aspect(), zorder=3)
        ax.set(xlim=(x0, x1), ylim=(y0, y1))


def rasterize(images: Array, points: Array, ends: Sequence[Sequence[float]], pixels: int) -> Array:
    """Set small images at their points: the ink, 0 to 1, of shape (pixels, pixels).

    Args:
        images: (P, H, W), 0 to 1.
        points: (P, 2), in units of the axes; what lies outside is cut off.
        ends: ``[[low, high], [low, high]]`` of the axes.
        pixels: across and up; row 0 is the top.
    """
    ink = np.zeros((pixels, pixels))
    large = images.repeat(_ENLARGE, axis=1).repeat(_ENLARGE, axis=2)
    height, width = large.shape[1:]
    (x0, x1), (y0, y1) = ends
    padded = np.zeros((pixels + 2 * height, pixels + 2 * width))
    for image, (x, y) in zip(large, points, strict=True):
        if not (np.isfinite(x) and np.isfinite(y)):
            continue
        left = round((x - x0) / (x1 - x0) * pixels - width / 2) + width
        top = round((y1 - y) / (y1 - y0) * pixels - height / 2) + height
        if 0 <= left <= pixels + width and 0 <= top <= pixels + height:
            place = padded[top : top + height, left : left + width]
            np.maximum(place, image, out=place)
    ink[:] = padded[height:-height, width:-width]
    return ink
