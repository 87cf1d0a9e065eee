"""Draw the image that stands beside a link to the book: the needle and the bell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

_WITHOUT, _WITH, _INK, _MUTED = "#d55e00", "#0072b2", "#1f2328", "#57606a"


def draw(path: Path) -> None:
    """Write the image to `path`, a PNG file of 1200 × 630 pixels."""
    image = Figure(figsize=(12, 6.3), dpi=100, facecolor="#fffdf9")
    axes = image.add_axes((0.06, 0.12, 0.88, 0.56))
    axes.set_axis_off()
    x = np.linspace(-4.2, 4.2, 600)
    # A unit's values over a mini-batch, as densities: nearly constant without, spread with.
    needle = np.exp(-((x / 0.045) ** 2) / 2)
    bell = 0.72 * np.exp(-(x**2) / 2)
    axes.fill_between(x, bell, color=_WITH, alpha=0.18, linewidth=0)
    axes.plot(x, bell, color=_WITH, linewidth=7, solid_capstyle="round")
    axes.axhline(0, color=_INK, linewidth=2)
    axes.plot(x[needle > 1e-3], needle[needle > 1e-3], color=_WITHOUT, linewidth=6)
    axes.set(xlim=(-4.2, 4.2), ylim=(-0.02, 1.02))
    text: dict[str, Any] = {"family": "STIXGeneral", "transform": image.transFigure}
    axes.text(0.06, 0.83, "Batch Normalization, Live", fontsize=54, color=_INK, **text)
    subtitle = "A course book in which every claim is an experiment that you can touch."
    axes.text(0.06, 0.745, subtitle, fontsize=23, color=_MUTED, **text)
    image.savefig(path)
