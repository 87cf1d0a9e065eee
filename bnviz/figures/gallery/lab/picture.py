"""The lab on paper: recorded runs, a row for each layer, a column for each network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from bnviz.figures.kit.paper import INK, line_style, new_picture, series_styles

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

__all__ = ["draw_picture"]

_ROWS = 4  # layers at most


def draw_picture(runs: Mapping[str, Any]) -> Picture:
    """Draw the percentiles of some layers over the steps, and the accuracy.

    Args:
        runs: by label, recorded.
    """
    styles = series_styles(list(runs), {label: run.style for label, run in runs.items()})
    layers = next(iter(runs.values())).recording.layers
    chosen = np.unique(np.linspace(0, len(layers) - 1, _ROWS).round().astype(int))
    picture, axes = new_picture(
        len(chosen), len(runs) + 1, size=(7.2, 1.1 * len(chosen) + 0.5), sharex=True
    )
    reach = max(_reach(run, layers) for run in runs.values())
    for column, (run, style) in enumerate(zip(runs.values(), styles, strict=True)):
        for ax, at in zip(axes[:, column], chosen, strict=True):
            low, middle, high = run.recording.percentiles(layers[at]).T
            steps = run.recording.steps
            ax.fill_between(steps, low, high, color=style["hex"], alpha=0.2, linewidth=0)
            ax.plot(steps, middle, linewidth=1.3, **line_style(style))
            ax.set_ylim(-reach, reach)
            ax.set_yticks([-reach, 0, reach])
            where = {"transform": ax.transAxes, "va": "top", "color": INK, "fontsize": 8}
            ax.text(0.02, 1.0, f"layer {at + 1}", **where)
        axes[0, column].set_title(style["label"], fontsize=8.5)
        axes[-1, column].set_xlabel("step")
        axes[0, -1].plot(run.steps, 100 * run.accuracy, linewidth=1.3, **line_style(style))
    axes[0, -1].set_title("test accuracy (%)", fontsize=8.5)
    axes[0, -1].set_ylim(0, 102)
    axes[0, -1].tick_params(labelbottom=True)
    for ax in axes[1:, -1]:
        ax.remove()
    return picture


def _reach(run: Any, layers: tuple[str, ...]) -> float:
    """How far the middle of all layers' values reaches, in round numbers."""
    ends = np.abs(np.concatenate([run.recording.percentiles(layer) for layer in layers]))
    most = ends[np.isfinite(ends)].max(initial=0)
    return float(next((top for top in (4, 8, 16, 32) if most < top), 64))
