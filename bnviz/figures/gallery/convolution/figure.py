"""One filter, slid over an image: each place of the map is a weighted sum of one window.

The page adds up what torch's ``conv2d`` does, with a border of zeros; a test holds one against the
other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bnviz.figures.kit.figure import Figure
from bnviz.figures.kit.paper import INK, STYLES, new_picture
from bnviz.figures.kit.words import listed, number
from bnviz.words import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Picture

__all__ = ["convolution", "slide"]

Floats = NDArray[np.float64]

_MOST = 16  # rows or columns that still are cells on a phone
_CAPTION = (
    "{Tap a place of the image or of the map, or drag.} Gray is above 0, rose below, the deeper "
    "the farther. Around the image stand zeros. Exact arithmetic."
)


def convolution(
    images: ArrayLike,
    filters: Mapping[str, ArrayLike],
    *,
    at: Sequence[int] | None = None,
    start: str | None = None,
    caption: str = _CAPTION,
) -> Figure:
    """Show how a filter makes a map of an image: the same weighted sum at every place.

    Args:
        images: real numbers, (K, H, W), at most 16 rows and columns; the reader chooses one.
        filters: what the reader chooses from: ``{label: weights}``, all square, of one odd size.
        at: the place to begin with, row and column, counted from 0; the middle by default.
        start: the label of the filter to begin with; the first by default.
        caption: what to see.

    Returns:
        The figure.

    Raises:
        TypeError: filters that are no mapping.
        ValueError: images or filters of another shape, not finite, or a place outside.

    >>> figure = convolution([[[1, 2], [3, 4]]], {"here": [[2.0]]}, at=(1, 0))
    >>> print(figure.alt)
    An image of 2 rows and 2 columns, and what the filter "here" makes of it, place by place. At row
    2, column 1 the weighted sum is 6.
    """
    x = _images(images)
    weights = _filters(filters)
    labels = list(filters)
    if start is not None and start not in labels:
        raise ValueError(f"convolution(), start is {start!r}; the filters are {', '.join(labels)}")
    height, width = x.shape[1:]
    place = (height // 2, width // 2) if at is None else tuple(at)
    if len(place) != 2 or not (0 <= place[0] < height and 0 <= place[1] < width):
        raise ValueError(f"convolution(), at is {place}; the image has the shape {x.shape[1:]}")
    first = 0 if start is None else labels.index(start)
    return Figure(
        "convolution",
        spec={"filters": labels, "start": first, "at": place, "shape": x.shape},
        arrays={"images": x, "filters": weights},
        alt=_describe(x[0], labels, first, weights, place),
        caption=caption,
        height=(392, 338),
        picture=lambda: _draw_picture(x[0], labels, weights),
    )


def slide(image: Floats, weights: Floats) -> Floats:
    """Weighted sums of all windows of the image (H, W), with zeros around it: (H, W).

    >>> slide(np.eye(3), np.ones((3, 3)))
    array([[2., 2., 1.],
           [2., 3., 2.],
           [1., 2., 2.]])
    """
    side = len(weights)
    padded = np.pad(image, side // 2)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (side, side))
    sums: Floats = np.einsum("hwij,ij->hw", windows, weights)
    return sums


def _images(images: ArrayLike) -> Floats:
    x = np.asarray(images, np.float64)
    if x.ndim != 3 or not x.size or max(x.shape[1:]) > _MOST:
        raise ValueError(
            f"the images have the shape {x.shape}; give (K, H, W), at most {_MOST} rows and columns"
        )
    if not np.isfinite(x).all():
        raise ValueError("the images hold NaN or infinity; give finite numbers")
    return x


def _filters(filters: object) -> Floats:
    if not isinstance(filters, Mapping):
        raise TypeError(f"convolution() got {type(filters).__name__}; give {{label: weights}}")
    shapes = {np.shape(one) for one in filters.values()}
    if len(shapes) != 1:
        raise ValueError(f"filters of one shape are needed; given {sorted(shapes) or 'none'}")
    weights = np.array([np.asarray(one, np.float64) for one in filters.values()])
    if weights.ndim != 3 or weights.shape[1] != weights.shape[2] or weights.shape[1] % 2 == 0:
        raise ValueError(f"filters are square, of an odd size; given {weights.shape[1:]}")
    if not np.isfinite(weights).all():
        raise ValueError("the filters hold NaN or infinity; give finite numbers")
    return weights


def _describe(
    image: Floats, labels: Sequence[str], first: int, weights: Floats, place: tuple[int, ...]
) -> str:
    height, width = image.shape
    value = float(slide(image, weights[first])[place])
    others = [f'"{label}"' for i, label in enumerate(labels) if i != first]
    more = f" Other filters: {listed(others)}." if others else ""
    return (
        f"An image of {counted(height, 'row')} and {counted(width, 'column')}, and what the filter "
        f'"{labels[first]}" makes of it, place by place. At row {place[0] + 1}, column '
        f"{place[1] + 1} the weighted sum is {number(value)}.{more}"
    )


def _draw_picture(image: Floats, labels: Sequence[str], weights: Floats) -> Picture:
    """The image, and the map that each filter makes of it."""
    picture, grid = new_picture(2, 1 + len(labels), size=(7.2, 3.2))
    most = max(np.abs(slide(image, one)).max() for one in weights) or 1
    _draw_cells(grid[1, 0], image, np.abs(image).max() or 1)
    grid[1, 0].set_title("image", fontsize=8.5)
    grid[0, 0].set_visible(False)
    for i, label in enumerate(labels):
        _draw_cells(grid[0, i + 1], weights[i], np.abs(weights[i]).max() or 1)
        grid[0, i + 1].set_title(label, fontsize=8.5)
        _draw_cells(grid[1, i + 1], slide(image, weights[i]), most)
    return picture


def _draw_cells(ax: Axes, values: Floats, most: float) -> None:
    from matplotlib.colors import to_rgba

    shown = np.empty((*values.shape, 4))
    shown[...] = to_rgba(INK)
    shown[values < 0] = to_rgba(STYLES["b"][0])
    shown[..., 3] = np.abs(values) / most
    ax.imshow(shown, interpolation="nearest")
    ax.set(xticks=[], yticks=[])
