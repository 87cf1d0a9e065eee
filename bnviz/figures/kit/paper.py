"""Colors of series, and still pictures with matplotlib.

Orange and dashed is *without* batch normalization, blue and solid *with* it, in every figure of
the book, and nothing else is. The other styles are named a, b, c, d.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Picture

__all__ = [
    "INK",
    "MUTED",
    "STYLES",
    "abreast",
    "entitle",
    "key_above",
    "line_style",
    "new_picture",
    "png_size",
    "series_styles",
    "to_png",
]

#: Color (Okabe & Ito 2008, darkened a little for white; kit.css has those for dark pages) and dash
#: of each style. The dash is the second cue.
STYLES: Mapping[str, tuple[str, str]] = {
    "without": ("#d55e00", "6 3"),
    "with": ("#0072b2", ""),
    "a": ("#00805f", "2 2"),
    "b": ("#b0497f", "9 3 2 3"),
    "c": ("#8a6d00", "12 4"),
    "d": ("#4b5563", "4 2 1 2"),
}
_LETTERS = 84  # of a title, in the width of a picture
_FREE = ("a", "b", "c", "d")

# Pictures have no ground, so that they stand on light and dark pages alike; these grays are read
# on both.
INK = "#6b7480"
MUTED = "#7a828c"
_GRID = "#8c959f55"


def series_styles(
    labels: Sequence[str],
    styles: Mapping[str, str | None] | None = None,
) -> list[dict[str, Any]]:
    """Color and dash of each series, by key and never by the words of its label.

    Args:
        labels: of the series.
        styles: by label, a key of :data:`STYLES`; the others take the next free neutral style.

    Returns:
        One dict a label: ``label``, ``key`` (as in ``--bnviz-KEY`` of kit.css), ``dash`` (an SVG
        dash array), ``hex`` (the color, for matplotlib).

    Raises:
        ValueError: a key that is no style, or a label that is no series.

    >>> [style["key"] for style in series_styles(["plain", "BN"], {"BN": "with"})]
    ['a', 'with']
    """
    asked = {label: key for label, key in (styles or {}).items() if key is not None}
    for label, key in asked.items():
        if label not in labels:
            raise ValueError(f"styles names {label!r}; the series are {', '.join(labels)}")
        if key not in STYLES:
            raise ValueError(f"the style of {label!r} is {key!r}; give one of {', '.join(STYLES)}")
    free = [key for key in _FREE if key not in asked.values()] or list(_FREE)
    chosen, used = [], 0
    for label in labels:
        if label in asked:
            key = asked[label]
        else:
            key = free[used % len(free)]
            used += 1
        color, dash = STYLES[key]
        chosen.append({"label": label, "key": key, "dash": dash, "hex": color})
    return chosen


def line_style(style: Mapping[str, Any]) -> dict[str, Any]:
    """The keyword arguments for ``Axes.plot`` that look like ``stroke(style)`` in draw.js."""
    dash = [float(part) / 2 for part in style["dash"].split()]
    return {"color": style["hex"], "linestyle": (0, tuple(dash)) if dash else "solid"}


def new_picture(
    rows: int = 1, columns: int = 1, *, size: tuple[float, float] = (7.2, 3.0), **kwargs: Any
) -> tuple[Picture, NDArray[Any]]:
    """An empty matplotlib figure in the book's style: no ground, quiet axes, no pyplot state.

    Args:
        rows: of the grid of axes.
        columns: of the grid of axes.
        size: width and height in inches; 7.2 fills the text column.
        kwargs: for ``Figure.subplots``, such as ``sharex``.

    Returns:
        The figure and its axes, always as an array of shape (rows, columns).
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=size, layout="constrained", facecolor="none")
    FigureCanvasAgg(picture)
    axes = picture.subplots(rows, columns, squeeze=False, **kwargs)
    for ax in axes.flat:
        _quiet(ax)
    return picture, axes


def abreast(count: int) -> int:
    """How many panels stand side by side, so that rows are full where they can be.

    >>> [abreast(count) for count in range(1, 9)]
    [1, 2, 3, 2, 3, 3, 3, 4]
    """
    return {4: 2, 8: 4}.get(count, min(3, count))


def entitle(ax: Axes, name: str, columns: int, **kwargs: Any) -> None:
    """Write the name of a panel above it, in lines that leave its neighbors room.

    Args:
        ax: of ``new_picture``.
        name: of the panel.
        columns: how many panels stand side by side.
        kwargs: for ``Axes.set_title``.
    """
    ax.set_title(textwrap.fill(name, _LETTERS // columns), fontsize=8.5, **kwargs)


def _quiet(ax: Axes) -> None:
    ax.set_facecolor("none")
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(MUTED)
    ax.tick_params(which="both", colors=MUTED, labelcolor=INK, labelsize=8, grid_color=_GRID)
    ax.xaxis.label.set(color=INK, size=8.5)
    ax.yaxis.label.set(color=INK, size=8.5)
    ax.title.set_color(INK)


def key_above(
    picture: Picture, handles: Sequence[Any], names: Sequence[str], *, columns: int
) -> None:
    """Say above a picture what its lines and marks mean.

    Args:
        picture: of ``new_picture``.
        handles: what matplotlib draws of each series.
        names: of the series; nothing is written where none has one.
        columns: how many names stand side by side, if they are not too long for it.
    """
    if any(names):
        letters = max(len(name) for name in names) + 9  # with the line before a name
        columns = max(1, min(columns, 110 // letters))
        picture.legend(
            handles, names, loc="outside upper center", ncols=columns, frameon=False, fontsize=8.5,
            labelcolor=INK,
        )  # fmt: skip


def to_png(picture: Picture) -> bytes:
    """At two pixels a point of a 100 dpi screen, and with a palette: a third of the bytes."""
    from PIL import Image

    raw = io.BytesIO()
    picture.savefig(raw, format="png", dpi=200, transparent=True)
    image = Image.open(raw).convert("RGBA")
    # The only palette method of Pillow that keeps what is transparent.
    image = image.quantize(96, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    small = io.BytesIO()
    image.save(small, format="png", optimize=True)
    return small.getvalue()


def png_size(png: bytes) -> tuple[int, int]:
    """Width and height in pixels, from the header."""
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")
