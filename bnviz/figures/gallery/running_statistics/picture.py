"""The same on paper: a panel for each batch size, at one momentum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bnviz.figures.gallery.running_statistics.average import average_so_far, running_average
from bnviz.figures.kit.axes import Axis
from bnviz.figures.kit.paper import MUTED, abreast, key_above, line_style, new_picture
from bnviz.figures.kit.words import number

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

__all__ = ["Series", "draw_picture"]


class Series(NamedTuple):
    """One statistic at one batch size."""

    name: str
    batch: NDArray[np.float64]
    truth: NDArray[np.float64]
    start: float


def draw_picture(
    series: Mapping[str, Series],
    styles: Sequence[Mapping[str, Any]],
    momentum: float,
    plain: bool,
    step_axis: Axis,
    value_axis: Axis,
) -> Picture:
    """Draw each batch size.

    Args:
        series: by name of the batch size.
        styles: of the running average, the plain one if there is one, and the truth.
        momentum: of the running average.
        plain: whether the plain average is drawn.
        step_axis: name of the horizontal axis.
        value_axis: name, scale and range of the vertical axis.
    """
    columns = abreast(len(series))
    rows = -(-len(series) // columns)
    picture, axes = new_picture(
        rows, columns, size=(7.2, 0.6 + 2.2 * rows), sharex=True, sharey=True
    )
    for ax in axes.flat[len(series) :]:
        ax.set_visible(False)
    for ax, (title, one) in zip(axes.flat, series.items(), strict=False):
        steps = np.arange(1, len(one.batch) + 1)
        ax.plot(steps, one.batch, "o", color=MUTED, markersize=2, alpha=0.5, label="a mini-batch")
        lines = [(np.r_[0, steps], running_average(one.batch, momentum, one.start))]
        if plain:
            lines.append((steps, average_so_far(one.batch)))
        lines.append((steps, one.truth))
        for style, (x, y) in zip(styles, lines, strict=True):
            name = style["label"].format(one.name)
            ax.plot(x, y, linewidth=1.8, label=name, **line_style(style))
        ax.set_title(f"{title.split(',')[0]}, momentum {number(momentum)}", fontsize=8.5)
        step_axis.dress(ax, "x", (0, len(steps)))
        value_axis.dress(ax, "y", value_axis.range or (0, 1))
        ax.label_outer()
    key_above(picture, *axes[0, 0].get_legend_handles_labels(), columns=2 + plain)
    return picture
