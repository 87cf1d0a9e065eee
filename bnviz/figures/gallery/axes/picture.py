"""The block on paper, once for each norm: what shares the statistics of one number is full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from bnviz.figures.gallery.axes.arithmetic import Floats, Normalized
from bnviz.figures.kit.paper import INK, STYLES, abreast, new_picture
from bnviz.words import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Picture

__all__ = ["draw_picture"]

_GAP = 1.0  # between two maps, in cells
_MOST = 6  # norms in a picture


def draw_picture(
    x: Floats, norms: Mapping[str, Normalized], at: tuple[int, ...], names: Sequence[str]
) -> Picture:
    """Draw a block.

    Args:
        x: (N, C, …).
        norms: by label, the block normalized.
        at: the number whose company is shown.
        names: of the axes.
    """
    shown = dict(list(norms.items())[:_MOST])
    lying = x.shape[1] == 1 < x.shape[0]  # one channel: the images lie side by side
    columns = abreast(len(shown))
    rows = -(-len(shown) // columns)
    picture, grid = new_picture(rows, columns, size=(7.2, 0.1 + (1.3 if lying else 1.8) * rows))
    for ax in grid.flat[len(shown) :]:
        ax.set_visible(False)
    for ax, (label, out) in zip(grid.flat, shown.items(), strict=False):
        full = out.keys == out.keys[at]
        if lying:
            _draw_block(ax, x.swapaxes(0, 1), full.swapaxes(0, 1), (at[1], at[0], *at[2:]))
        else:
            _draw_block(ax, x, full, at)
        size = int(np.count_nonzero(out.keys == out.keys[at]))
        ax.set_title(f"{label}: {counted(size, 'number')}", fontsize=8.5)
        across, down = (0, 1) if lying else (1, 0)
        ax.set_xlabel(f"{names[across]} 1 … {x.shape[across]}")
        if not lying:
            ax.set_ylabel(f"{names[down]} 1 … {x.shape[down]}")
    return picture


def _draw_block(ax: Axes, x: Floats, shares: np.ndarray, at: tuple[int, ...]) -> None:
    from matplotlib.collections import PatchCollection
    from matplotlib.colors import to_rgba
    from matplotlib.patches import Rectangle

    images, channels = x.shape[:2]
    height, width = (1, 1, *x.shape[2:])[-2:]
    values = x.reshape(images, channels, height, width)
    full = shares.reshape(values.shape)
    depth = np.abs(values) / (np.abs(values).max() or 1)
    patches, grounds, colors = [], [], []
    for n, c, h, w in np.ndindex(*values.shape):
        left, top = c * (width + _GAP) + w, n * (height + _GAP) + h
        size = 1.0 if full[n, c, h, w] else 0.5
        corner = (left + (1 - size) / 2, top + (1 - size) / 2)
        if full[n, c, h, w]:
            grounds.append(Rectangle(corner, size, size))
        patches.append(Rectangle(corner, size, size))
        tint = INK if values[n, c, h, w] >= 0 else STYLES["b"][0]
        colors.append(to_rgba(tint, float(0.08 + 0.92 * depth[n, c, h, w])))
    ground = to_rgba(STYLES["c"][0], 0.3)
    ax.add_collection(PatchCollection(grounds, facecolor=ground, linewidth=0, antialiased=False))
    ax.add_collection(PatchCollection(patches, facecolor=colors, linewidth=0, antialiased=False))
    n, c, h, w = (*at[:2], *(0, 0, *at[2:])[-2:])
    ring = (c * (width + _GAP) + w, n * (height + _GAP) + h)
    ax.add_patch(Rectangle(ring, 1, 1, fill=False, edgecolor=INK, linewidth=1.6))
    ax.set(xticks=[], yticks=[], aspect="equal")
    ax.set_xlim(-0.5, channels * (width + _GAP) - _GAP + 0.5)
    ax.set_ylim(images * (height + _GAP) - _GAP + 0.5, -0.5)
    ax.spines[["left", "bottom"]].set_visible(False)
