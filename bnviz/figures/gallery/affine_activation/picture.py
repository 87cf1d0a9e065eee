"""The curve on paper, with the bell below and the outputs beside it, and the learned γ and β."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bnviz.activations import apply, best_line, linear_share, saturated_share, share_below
from bnviz.figures.kit.paper import INK, MUTED, STYLES, line_style, new_picture
from bnviz.figures.kit.words import fixed, number, percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

__all__ = ["draw_picture"]

_REACH = 8.0  # the inputs shown: -8 to 8
_BINS = 60
_MOST = 2.0  # the thick part of the curve: |x̂| up to it, 95 % of the values
_ENDS = {"sigmoid": (-0.06, 1.06), "tanh": (-1.12, 1.12), "relu": (-0.5, _REACH)}
_MARKERS = ("o", "s", "D", "^", "P", "<")
_BLUE = STYLES["with"][0]


def draw_picture(spec: Mapping[str, Any], learned: Mapping[str, NDArray[Any]]) -> Picture:
    """Draw the figure as it begins.

    Args:
        spec: of the figure.
        learned: {label: (C, 2)}, γ and β of each unit.
    """
    columns = 3 if learned else 2
    ratios = {"width_ratios": [2.4, 0.7, 1.7][:columns], "height_ratios": [2, 1]}
    picture, grid = new_picture(2, columns, size=(7.2, 3.4), gridspec_kw=ratios)
    _draw_curve(grid[0, 0], spec)
    _draw_inputs(grid[1, 0], spec)
    _draw_outputs(grid[0, 1], spec)
    grid[1, 1].set_visible(False)
    if learned:
        _draw_plane(grid[0, 2], spec, learned)
        grid[1, 2].axis("off")
        handles = grid[0, 2].get_legend_handles_labels()
        grid[1, 2].legend(*handles, fontsize=8, loc="upper left", frameon=False, labelcolor=INK)
    return picture


def _draw_curve(ax: Any, spec: Mapping[str, Any]) -> None:
    activation, weight, bias = spec["activation"], spec["weight"], spec["bias"]
    y = np.linspace(-_REACH, _REACH, 401)
    used = np.linspace(bias - _MOST * abs(weight), bias + _MOST * abs(weight), 101)
    ax.plot(y, apply(activation, y), color=INK, lw=1.2)
    ax.plot(used, apply(activation, used), color=_BLUE, lw=4, solid_capstyle="round")
    slope, intercept = best_line(activation, weight, bias)
    share = linear_share(activation, weight, bias)
    title = f"{_name(activation)}, γ = {number(weight)}, β = {number(bias)}"
    if spec["line"] and not math.isnan(share):
        ax.plot(y, slope * y + intercept, lw=1.5, **line_style({"hex": "#b0497f", "dash": "6 4"}))
        title += f"; the straight line explains {fixed(100 * share, 1)} %"
    lost = percent(saturated_share(activation, weight, bias))
    _shade(ax, spec)
    words = "are cut to 0" if activation == "relu" else "lie in the flat ends"
    ax.text(0.02, 0.97, f"{lost} {words}", transform=ax.transAxes, fontsize=8, color=INK, va="top")
    ax.set(xlim=(-_REACH, _REACH), ylim=_ENDS[activation], ylabel="output", xticklabels=[])
    ax.set_title(title, loc="left", fontsize=9, fontweight="bold", color=INK)


def _draw_inputs(ax: Any, spec: Mapping[str, Any]) -> None:
    size = max(abs(spec["weight"]), 0.012)  # at γ = 0 all stand on one value
    y = np.linspace(-_REACH, _REACH, 4001)
    ax.fill_between(
        y, np.exp(-0.5 * ((y - spec["bias"]) / size) ** 2), color=_BLUE, alpha=0.45, lw=0
    )
    _shade(ax, spec)
    name = f"input of the {_name(spec['activation'])}: γ x̂ + β"
    ax.set(xlim=(-_REACH, _REACH), ylim=(0, 1.05), yticks=[], xlabel=name, ylabel="inputs")


def _draw_outputs(ax: Any, spec: Mapping[str, Any]) -> None:
    activation, weight, bias = spec["activation"], spec["weight"], spec["bias"]
    low, high = {"sigmoid": (0, 1), "tanh": (-1, 1), "relu": (0, _REACH)}[activation]
    edges = np.linspace(low, high, _BINS + 1)
    inputs = _inverse(activation, edges)
    shares = np.diff([share_below(edge, weight, bias) for edge in inputs])
    ax.stairs(
        shares / (shares.max() or 1), edges, orientation="horizontal", fill=True, color=_BLUE,
        alpha=0.45,
    )  # fmt: skip
    if activation == "relu":
        ax.plot([0, saturated_share(activation, weight, bias)], [0, 0], color=_BLUE, lw=4)
    ax.set(ylim=_ENDS[activation], xlim=(0, 1.05), yticklabels=[], xticks=[], xlabel="outputs")


def _inverse(activation: str, outputs: NDArray[Any]) -> NDArray[Any]:
    """The inputs at which an activation has these outputs; infinite at its limits."""
    with np.errstate(divide="ignore"):
        if activation == "sigmoid":
            return np.asarray(np.log(outputs / (1 - outputs)))
        return np.asarray(np.arctanh(outputs)) if activation == "tanh" else outputs


def _shade(ax: Any, spec: Mapping[str, Any]) -> None:
    edge = spec["flat"].get(spec["activation"])
    for start, end in [(-_REACH, 0)] if edge is None else [(-_REACH, -edge), (edge, _REACH)]:
        ax.axvspan(start, end, color=MUTED, alpha=0.18, lw=0)


def _draw_plane(ax: Any, spec: Mapping[str, Any], learned: Mapping[str, NDArray[Any]]) -> None:
    ax.plot(1, 0, "o", mfc="none", mec=INK, ms=7, label="start")
    for i, (style, points) in enumerate(zip(spec["styles"], learned.values(), strict=True)):
        marker = _MARKERS[i % len(_MARKERS)]
        ax.plot(*points.T, marker, color=style["hex"], ms=3.5, alpha=0.75, label=style["label"])
    ax.set(
        xlim=spec["plane"]["weight"], ylim=spec["plane"]["bias"],
        xlabel="γ (weight)", ylabel="β (bias)",
    )  # fmt: skip
    ax.set_title("learned γ and β", loc="left", fontsize=9, fontweight="bold", color=INK)


def _name(activation: str) -> str:
    return "ReLU" if activation == "relu" else activation
