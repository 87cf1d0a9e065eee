"""The axes of x, x̂ and y on paper, a line through them for every sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bnviz.figures.gallery.mini_batch.batch import Batch, Values, exact
from bnviz.figures.kit.paper import INK, STYLES, new_picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture
    from matplotlib.path import Path
    from matplotlib.text import Text

__all__ = ["draw_picture"]

_NAMES = ("x", "x̂ = (x − μ) / √(σ² + ε)", "y = γ x̂ + β")
_KEYS = ("d", "a", "a")  # as rows.js


def draw_picture(
    batch: Batch, rows: int, x_range: tuple[float, float], reach: float, digits: int
) -> Picture:
    """Draw a batch.

    Args:
        batch: what is shown.
        rows: 3 with y, 2 without.
        x_range: the ends of the axis of x.
        reach: the axes of x̂ and y go from minus this to this.
        digits: that tell two x apart.
    """
    from matplotlib.patches import ConnectionPatch

    values = (batch.x, batch.x_hat, batch.y)[:rows]
    ends = (x_range, (-reach, reach), (-reach, reach))
    chosen = int(np.argmax(np.abs(batch.x_hat)))
    picture, grid = new_picture(rows, 1, size=(7.2, 1.2 * rows + 0.1))
    axes = grid[:, 0]
    texts: list[Text] = []
    for i, (ax, row) in enumerate(zip(axes, values, strict=True)):
        color = STYLES[_KEYS[i]][0]
        texts += _draw_row(ax, row, _NAMES[i], color, ends[i], digits if i == 0 else 3, chosen)
    free = _all_but(texts, picture)
    for i in range(rows - 1):
        for sample in range(len(batch.x)):
            start, end = (np.clip(values[k][sample], *ends[k]) for k in (i, i + 1))
            line = ConnectionPatch(
                (start, 0), (end, 0), "data", "data", axesA=axes[i], axesB=axes[i + 1],
                color=INK, lw=1.5 if sample == chosen else 0.6,
                alpha=1 if sample == chosen else 0.7, zorder=-1,
            )  # fmt: skip
            line.set_in_layout(False)
            picture.add_artist(line)
            line.set_clip_path(free, picture.transFigure)
            line.set_clip_on(True)
    return picture


def _all_but(texts: list[Text], picture: Picture) -> Path:
    """The picture with a hole for each text: lines pass behind, and no ground is needed."""
    from matplotlib.path import Path

    picture.draw_without_rendering()  # now the texts have their places
    fraction = picture.transFigure.inverted()
    boxes = [text.get_window_extent().padded(3).transformed(fraction) for text in texts]
    around = [[(0, 0), (1, 0), (1, 1), (0, 1)]]
    around += [[(b.x0, b.y0), (b.x0, b.y1), (b.x1, b.y1), (b.x1, b.y0)] for b in boxes]
    return Path.make_compound_path(*(Path([*c, c[0]], closed=True) for c in around))


def _draw_row(
    ax: Any,
    row: Values,
    name: str,
    color: str,
    ends: tuple[float, float],
    digits: int,
    chosen: int,
) -> list[Text]:
    mean, std = float(np.mean(row)), float(np.std(row))
    ax.axvspan(mean - std, mean + std, color=color, alpha=0.16, lw=0)
    ax.axvline(mean, color=color, lw=1.5)
    inside = row[(row >= ends[0]) & (row <= ends[1])]
    ax.plot(inside, np.zeros_like(inside), "o", color=color, ms=6, zorder=5, clip_on=False)
    if ends[0] <= row[chosen] <= ends[1]:
        ax.plot(row[chosen], 0, "o", mfc="none", mec=INK, mew=1.6, ms=11, zorder=6, clip_on=False)
    for count, text, place, side in (
        ((row < ends[0]).sum(), "◂ {}", 0.0, "left"),
        ((row > ends[1]).sum(), "{} ▸", 1.0, "right"),
    ):
        if count:
            ax.text(
                place, 0.5, text.format(count), transform=ax.transAxes, color=color, fontsize=9,
                fontweight="bold", ha=side, va="center",
            )  # fmt: skip
    ax.set(xlim=ends, ylim=(-1, 1), yticks=[])
    ax.spines["left"].set_visible(False)
    heading = ax.set_title(name, loc="left", fontsize=9, fontweight="bold", color=INK)
    text = f"mean {exact(mean, digits)} · standard deviation {exact(std)}"
    numbers = ax.set_title(text, loc="right", fontsize=8.5, color=INK)
    return [heading, numbers, *ax.get_xticklabels()]
