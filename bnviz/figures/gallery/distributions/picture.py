"""The figure on paper: a layer at three steps, with its images, and the whole training below."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bnviz.figures.gallery.distributions.encoding import percents_of, shares_of
from bnviz.figures.gallery.distributions.images import places_of
from bnviz.figures.kit.paper import INK, MUTED, key_above, line_style, new_picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Picture

__all__ = ["draw_picture"]

Array = NDArray[Any]
Spec = Mapping[str, Any]

_PAPER, _BLACK = (255, 255, 255), (31, 35, 40)
_ALARM = "#d0453b"
_SIDE = 0.15  # inches of an image
_WIDE = 2.0  # inches of a plot, about
_LETTERS = 110  # of a line of text


def draw_picture(spec: Spec, arrays: Mapping[str, Array]) -> Picture:
    """Draw what ``encode`` and ``encode_images`` made.

    Args:
        spec: of the figure, with its ``alt``; the layer ``spec["chosen"]`` is shown at three steps.
        arrays: of the figure.

    Returns:
        A matplotlib figure; where nothing is recorded, it says so.
    """
    if not len(arrays["steps"]) or not spec["layers"]:
        picture, axes = new_picture(size=(7.2, 0.6))
        axes[0, 0].set_axis_off()
        words = textwrap.fill(spec["alt"], _LETTERS)
        axes[0, 0].text(0.5, 0.5, words, ha="center", va="center", color=INK, size=8.5)
        return picture
    panel = spec["layers"][spec["chosen"]]
    pictured = panel["images"] is not None
    heights = [1.6, 0.5 * len(spec["styles"]), 1.6] if pictured else [1.6, 1.6]
    picture, axes = new_picture(
        len(heights), 3, size=(7.2, sum(heights) + 1.1), height_ratios=heights
    )
    rows = _three(len(arrays["steps"]))
    _draw_moments(axes[0], spec, arrays, rows)
    if pictured:
        _draw_images(axes[1], spec, arrays, rows)
    axes[-2, 1].set_xlabel(panel["what"])
    _draw_training(axes[-1], spec, arrays)
    key_above(picture, *axes[-1, 0].get_legend_handles_labels(), columns=4)
    return picture


def _three(count: int) -> list[int]:
    """The first row, one on the way, the last."""
    return sorted({0, (count - 1) // 3, count - 1})


def _steps(spec: Spec, arrays: Mapping[str, Array], row: int) -> str:
    """The steps that a row sums up, as in the page."""
    steps = arrays["steps"]
    end = int(steps[row + 1]) - 1 if row + 1 < len(steps) else max(spec["last"], int(steps[row]))
    return f"{steps[row]}–{end}" if end > steps[row] else f"{end}"


def _draw_moments(
    axes: Sequence[Axes], spec: Spec, arrays: Mapping[str, Array], rows: Sequence[int]
) -> None:
    """The histogram of the chosen layer at three steps, on the same axes."""
    panel = spec["layers"][spec["chosen"]]
    shares = shares_of(panel, arrays["heights"][spec["chosen"]])
    space: Any = np.geomspace if panel["log"] else np.linspace
    edges = space(*panel["range"], spec["bins"] + 1)
    ticks = _root_ticks(panel["top"])
    for ax, row in zip(axes, [*rows, *[None] * 3], strict=False):
        if row is None:
            ax.set_visible(False)
            continue
        ax.set_title(f"{panel['name']}, step {_steps(spec, arrays, row)}", fontsize=8)
        _shade(ax.axvspan, panel, panel["range"])
        for style, tops in zip(spec["styles"], shares[..., row] ** 0.5, strict=True):
            ax.stairs(tops, edges, color=style["hex"], alpha=0.18, fill=True)
            ax.stairs(tops, edges, linewidth=1.2, **line_style(style))
        if "nonfinite" in arrays:
            bad = arrays["nonfinite"][spec["chosen"], ..., row].any(axis=1)
            _warn(ax, [spec["labels"][s] for s in np.flatnonzero(bad)])
        _set_values(ax, panel)
        ax.set_ylim(0, np.sqrt(1.05 * panel["top"]))
        ax.set_yticks(np.sqrt(ticks), [f"{100 * tick:g} %" for tick in ticks])
        ax.label_outer()
    axes[0].set_ylabel("share of the values\n(square root)")


def _warn(ax: Axes, labels: Sequence[str]) -> None:
    for i, label in enumerate(labels):
        ax.text(
            0.98, 0.95 - 0.1 * i, f"NaN or infinite {label}".strip(), color=_ALARM, size=7.5,
            ha="right", va="top", transform=ax.transAxes, weight="bold",
        )  # fmt: skip


def _draw_images(
    axes: Sequence[Axes], spec: Spec, arrays: Mapping[str, Array], rows: Sequence[int]
) -> None:
    """The images at their values, a row for each series that has them."""
    panel = spec["layers"][spec["chosen"]]
    known = [s for s in range(len(spec["styles"])) if f"images.{s}.pixels" in arrays]
    low, high = panel["range"]
    half = 0.5 * _SIDE / _WIDE * (high - low)
    for ax, row in zip(axes, [*rows, *[None] * 3], strict=False):
        if row is None:
            ax.set_visible(False)
            continue
        updates = arrays["steps"][row] - 1 if row + 1 < len(arrays["steps"]) else spec["last"]
        for lane, s in enumerate(known):
            cards = _cards(arrays[f"images.{s}.pixels"], spec["styles"][s]["hex"])
            at = int(np.abs(arrays[f"images.{s}.steps"] - updates).argmin())
            values = places_of(panel, arrays[f"images.{s}.places"][panel["images"]])[:, at]
            drops = np.linspace(lane + 0.82, lane + 0.18, len(values))
            for card, value, y in zip(cards, values, drops, strict=True):
                if np.isfinite(value):
                    box = (value - half, value + half, y + 0.15, y - 0.15)
                    ax.imshow(card, extent=box, aspect="auto", interpolation="nearest", zorder=3)
        _set_values(ax, panel)
        ax.set_ylim(len(known), 0)
        ax.set_yticks([])
        ax.spines["left"].set_visible(False)


def _cards(pixels: Array, color: str) -> Array:
    """Images (P, h, w) as dark ink on white paper with a colored edge, (P, 3h + 2, 3w + 2, 3)."""
    large = np.kron(pixels, np.ones((1, 3, 3)))[..., None] / 255
    ink = np.array(_PAPER) * (1 - large) + np.array(_BLACK) * large
    red_green_blue = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    count, height, width, _ = ink.shape
    cards = np.broadcast_to(red_green_blue, (count, height + 2, width + 2, 3)).copy()
    cards[:, 1:-1, 1:-1] = ink.round()
    return cards.astype(np.uint8)


def _draw_training(axes: Sequence[Axes], spec: Spec, arrays: Mapping[str, Array]) -> None:
    """Percentiles of some layers over all steps, and the accuracy."""
    free = 2 if spec["accurate"] else 3
    last = len(spec["layers"]) - 1
    # The chosen one, and others far from it.
    others = [i for i in (0, last // 2, last) if i != spec["chosen"]]
    layers = sorted({spec["chosen"], *others[: free - 1]})
    steps = arrays["steps"].astype(float)
    places = np.linspace(steps[0], max(spec["last"], steps[0]), len(steps))
    for ax, i in zip(axes, layers, strict=False):
        panel = spec["layers"][i]
        _shade(ax.axhspan, panel, panel["span"])
        values = percents_of(panel, arrays["percents"][i])
        for style, (low, middle, high) in zip(spec["styles"], values, strict=True):
            ax.fill_between(places, low, high, color=style["hex"], alpha=0.18, linewidth=0)
            ax.plot(places, middle, label=style["label"], linewidth=1.3, **line_style(style))
        ax.set_title(f"{panel['name']}: percentiles", fontsize=8)
        if panel["log"]:
            ax.set_yscale("log")
        ax.set_ylim(panel["span"])
        ax.set_xlabel("training step")
    axes[0].set_ylabel("15th, 50th and\n85th percentile")
    for ax in axes[len(layers) :]:
        ax.set_visible(False)
    if spec["accurate"]:
        ax = axes[len(layers)]
        ax.set_visible(True)
        for s, style in enumerate(spec["styles"]):
            if f"accuracy.{s}.values" in arrays:
                values = 100 * arrays[f"accuracy.{s}.values"]
                ax.plot(arrays[f"accuracy.{s}.steps"], values, linewidth=1.3, **line_style(style))
        ax.set_title("test accuracy (%)", fontsize=8)
        ax.set_ylim(0, 102)
        ax.set_xlabel("training step")


def _shade(span: Any, panel: Spec, ends: Sequence[float]) -> None:
    """Where the activation is flat, inside the axis."""
    low, high = panel["flat"] or (None, None)
    if low is not None and low > ends[0]:
        span(ends[0], min(low, ends[1]), color=MUTED, alpha=0.15, linewidth=0)
    if high is not None and high < ends[1]:
        span(max(high, ends[0]), ends[1], color=MUTED, alpha=0.15, linewidth=0)


def _set_values(ax: Axes, panel: Spec) -> None:
    if panel["log"]:
        ax.set_xscale("log")
    ax.set_xlim(panel["range"])


def _root_ticks(top: float) -> list[float]:
    """Round shares for an axis of square roots: a few, the largest near the top.

    >>> _root_ticks(0.65)
    [0.0, 0.05, 0.2, 0.5]
    """
    known = [m * 10.0**e for e in range(-4, 0) for m in (1, 2, 5)] + [1.0]
    ticks = [0.0]
    for tick in (round(tick, 6) for tick in known):
        if tick <= top and np.sqrt(tick) - np.sqrt(ticks[-1]) > 0.2 * np.sqrt(top):
            ticks.append(tick)
    return ticks
