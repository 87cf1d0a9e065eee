"""Which numbers of a block share their statistics, by the norm and the number that are chosen.

The page computes what torch's norms compute, in float64; a test holds one against the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from bnviz.figures.gallery.axes.arithmetic import Floats, Normalized, Over, normalize
from bnviz.figures.gallery.axes.picture import draw_picture
from bnviz.figures.kit.figure import Figure
from bnviz.figures.kit.words import listed, number
from bnviz.words import counted

__all__ = ["axes"]

_NAMES = {
    2: ("image", "unit"),
    3: ("image", "channel", "place"),
    4: ("image", "channel", "row", "column"),
}
_LETTERS = {2: "NC", 3: "NCL", 4: "NCHW"}
_MOST = 4096  # numbers that still are cells on a screen
_LARGEST = 16  # images, and channels, side by side
_CAPTION = (
    "{Tap a number.} Full cells share its mean and standard deviation; the others are small. Gray "
    "is above 0, rose below, the deeper the farther. Exact arithmetic, γ = 1, β = 0."
)


def axes(
    block: ArrayLike,
    norms: Mapping[str, Sequence[int] | Over],
    *,
    names: Sequence[str] | None = None,
    start: str | None = None,
    at: Sequence[int] | None = None,
    eps: float = 1e-5,
    caption: str = _CAPTION,
) -> Figure:
    """Show which numbers of a block share their statistics, and what normalizing does to them.

    Args:
        block: real numbers, (N, C), (N, C, L) or (N, C, H, W); at most 16 images, 16 channels and
            4096 numbers.
        norms: what the reader chooses from: ``{label: axes}``, or an :class:`Over` that has groups
            or subtracts no mean.
        names: of the axes, one each; "image", "channel", "row", "column" by default.
        start: the label to begin with; the first by default.
        at: the number to begin with, its index in the block, counted from 0.
        eps: added to the variance before the root; positive.
        caption: what to see.

    Returns:
        The figure.

    Raises:
        TypeError: norms that are no mapping.
        ValueError: a block of another shape, too large or not finite; axes that it has not; groups
            that do not divide its channels; an unknown start, or an index outside.

    >>> figure = axes([[1.0, 3.0], [2.0, 8.0]], {"batch": (0,), "layer": (1,)})
    >>> print(figure.alt)
    Numbers of 2 images and 2 units. Chosen: image 1, unit 1; its value is 1.
    batch: 2 numbers share mean 1.5 and standard deviation 0.5; it becomes −1.
    layer: 2 numbers share mean 2 and standard deviation 1; it becomes −1.
    """
    x = _checked(block, eps)
    choices = _read(norms, x)
    names = _NAMES[x.ndim] if names is None else tuple(names)
    if len(names) != x.ndim:
        raise ValueError(
            f"axes() got {counted(len(names), 'name')} for the {x.ndim} axes of the block"
        )
    if start is not None and start not in choices:
        raise ValueError(f"axes(), start is {start!r}; the norms are {', '.join(choices)}")
    index = tuple(at) if at is not None else (0,) * x.ndim
    if len(index) != x.ndim or any(not 0 <= i < n for i, n in zip(index, x.shape, strict=False)):
        raise ValueError(f"axes(), at is {index}; the block has the shape {x.shape}")
    variants = {
        _name(label, over, count): (over, normalize(x, over, eps, count))
        for label, over in choices.items()
        for count in over.counts
    }
    grouped = any(len(over.counts) > 1 for over in choices.values())
    return Figure(
        "axes",
        spec={
            "norms": [{"label": label, **over.spec()} for label, over in choices.items()],
            "shape": x.shape,
            "names": names,
            "letters": list(_LETTERS[x.ndim]),
            "start": 0 if start is None else list(choices).index(start),
            "at": index,
            "eps": float(eps),
        },
        arrays={"x": x.ravel()},
        alt=_describe(x, variants, names, index),
        caption=caption,
        height=_height(list(choices), grouped),
        picture=lambda: draw_picture(
            x,
            {label: normalize(x, over, eps, _middle(over)) for label, over in choices.items()},
            index,
            names,
        ),
    )


def _checked(block: ArrayLike, eps: float) -> Floats:
    x = np.asarray(block, np.float64)
    if x.ndim not in _NAMES or not x.size:
        raise ValueError(
            f"the block has the shape {x.shape}; give (N, C), (N, C, L) or (N, C, H, W)"
        )
    if x.size > _MOST or max(x.shape[:2]) > _LARGEST:
        raise ValueError(
            f"the block has the shape {x.shape}; give at most {_LARGEST} images, {_LARGEST} "
            f"channels and {_MOST} numbers, so that each is a cell"
        )
    if not np.isfinite(x).all():
        raise ValueError("the block holds NaN or infinity; give finite numbers")
    if not (np.isfinite(eps) and eps > 0):
        raise ValueError(f"eps is {eps}; give a positive number, such as 1e-5")
    return x


def _read(norms: object, x: Floats) -> dict[str, Over]:
    if not isinstance(norms, Mapping):
        raise TypeError(f"axes() got {type(norms).__name__} for norms; give {{label: axes}}")
    if not norms:
        raise ValueError("axes() got no norms; give {label: axes}")
    choices = {
        str(label): over if isinstance(over, Over) else Over(over) for label, over in norms.items()
    }
    for label, over in choices.items():
        if max(over.axes) >= x.ndim:
            raise ValueError(f"axes(), {label!r}: the block has no axis {max(over.axes)}")
        for count in over.counts:
            if x.shape[1] % count:
                raise ValueError(
                    f"axes(), {label!r}: {counted(x.shape[1], 'channel')} cannot be "
                    f"divided into {count} groups"
                )
    return choices


def _middle(over: Over) -> int:
    """The number of groups that a figure begins with, as axes.js."""
    return over.counts[(len(over.counts) - 1) // 2]


def _name(label: str, over: Over, count: int) -> str:
    if len(over.counts) == 1:
        return label
    return f"{label}, {count} group{'s' * (count > 1)}"


def _describe(
    x: Floats,
    variants: Mapping[str, tuple[Over, Normalized]],
    names: Sequence[str],
    at: tuple[int, ...],
) -> str:
    sizes = listed([f"{n} {name}{'s' * (n > 1)}" for n, name in zip(x.shape, names, strict=True)])
    place = ", ".join(f"{name} {i + 1}" for name, i in zip(names, at, strict=True))
    lines = [f"Numbers of {sizes}. Chosen: {place}; its value is {_said(x[at])}."]
    for label, (over, out) in variants.items():
        count = int(np.count_nonzero(out.keys == out.keys[at]))
        shared = f"mean {_said(out.mean[at])} and standard deviation {_said(out.scale[at])}"
        if not over.centered:
            shared = f"root mean square {_said(out.scale[at])}"
        lines.append(
            f"{label}: {count} number{'s' * (count > 1)} share{'s' * (count == 1)} {shared}; "
            f"it becomes {_said(out.hat[at])}."
        )
    return "\n".join(lines)


def _said(value: float) -> str:
    return number(0.0 if abs(value) < 1e-12 else float(value))


def _height(labels: Sequence[str], grouped: bool) -> tuple[int, int]:
    """Of the stage: what is chosen, the block, and what is read."""
    wide = sum(8 * len(label) + 22 for label in labels)
    lines = -(-sum(7.2 * len(label) + 22 for label in labels) // 320)
    top = 38 * (-(-wide // 780)) + 42
    narrow = 22 + 34 * lines + 40 + 40 * grouped + 52 + 250 + 96
    return int(top + 420), int(min(narrow, 580))
