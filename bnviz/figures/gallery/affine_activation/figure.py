"""What γ and β make of an activation: how much of it is used, how straight it acts, what is lost.

A standard normal x̂ becomes γ x̂ + β and goes through sigmoid, tanh or ReLU. All of it is exact, here
(``bnviz.activations``) and in the page (``normal.js``); a test holds one against the other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bnviz.activations import FLAT_FROM, linear_share, require_known, saturated_share
from bnviz.figures.gallery.affine_activation.picture import draw_picture
from bnviz.figures.kit.figure import Figure
from bnviz.figures.kit.paper import series_styles
from bnviz.figures.kit.words import fixed, number
from bnviz.words import counted

__all__ = ["affine_activation"]

_CAPTION = (
    "{Drag β and γ on the bell.} Thick: the part that 95 % of the values meet; dotted: x̂ = −1, 0, "
    "1. Flat: slope under 5 % of the steepest. Exact for a normal x̂; shapes are scaled to fit."
)

Points = NDArray[np.float32]


def affine_activation(
    learned: Mapping[str, tuple[ArrayLike, ArrayLike]] | None = None,
    *,
    activation: str = "sigmoid",
    weight: float = 1.0,
    bias: float = 0.0,
    line: bool = False,
    styles: Mapping[str, str] | None = None,
    caption: str | None = None,
) -> Figure:
    """Show what a batch norm's γ and β make of the activation behind it.

    Args:
        learned: what real layers have learned, {label: (weight, bias)}, each of shape (C,); arrays
            or tensors. They become marks in the plane of γ and β, which is left out without them.
        activation: "sigmoid", "tanh" or "relu"; the reader can change it.
        weight: γ at the start.
        bias: β at the start.
        line: show the straight line that fits the outputs best; the reader can change it.
        styles: ``{label: key}`` of what was learned, see ``paper.STYLES``; neutral by default.
        caption: what to see; a general one by default.

    Returns:
        The figure.

    Raises:
        ValueError: an unknown activation or style, a number that is not finite, or learned arrays
            that are empty or do not fit each other.

    Source: Ioffe & Szegedy 2015, section 3: normalizing "the inputs of a sigmoid would constrain
    them to the linear regime of the nonlinearity", the reason for γ and β.

    >>> affine_activation(weight=2.0).alt
    "A standard normal x̂ through sigmoid(2 x̂ + 0). 2.9 % of the values lie where the curve is flat.
    A straight line explains 93.0 % of the output's variance."
    """
    require_known(activation)
    for name, value in (("weight", weight), ("bias", bias)):
        if not math.isfinite(value):
            raise ValueError(f"{name} is {value}; give a finite number, such as 1.0")
    groups = {str(label): _points(str(label), *pair) for label, pair in dict(learned or {}).items()}
    points = list(groups.values())
    spec: dict[str, Any] = {
        "activation": activation,
        "weight": float(weight),
        "bias": float(bias),
        "line": bool(line),
        "flat": FLAT_FROM,
        "styles": series_styles(list(groups), styles),
        "counts": [len(group) for group in points],
        "plane": _plane(points),
        "learned": _describe_learned(groups),
    }
    return Figure(
        "affine_activation",
        spec=spec,
        arrays={"learned": np.concatenate(points) if points else np.zeros((0, 2), "f4")},
        alt=" ".join([_describe(activation, weight, bias), *spec["learned"]]),
        caption=_CAPTION if caption is None else caption,
        height=(470, 566 if points else 460),
        picture=lambda: draw_picture(spec, groups),
    )


def _points(label: str, weight: Any, bias: Any) -> Points:
    """(C, 2): γ and β of each unit."""
    arrays = [
        np.asarray(value.detach().cpu() if hasattr(value, "detach") else value, np.float32)
        for value in (weight, bias)
    ]
    shapes = [array.shape for array in arrays]
    if len(shapes[0]) != 1 or shapes[0] != shapes[1] or not shapes[0][0]:
        raise ValueError(
            f"learned[{label!r}] has weight and bias of shapes {shapes[0]} and {shapes[1]}; "
            "give two of the same shape (C,), such as (layer.weight, layer.bias)"
        )
    points = np.stack(arrays, axis=1)
    if not np.isfinite(points).all():
        raise ValueError(f"learned[{label!r}] holds NaN or infinity; give finite numbers")
    return points


def _plane(points: Sequence[Points]) -> dict[str, list[float]]:
    """The ends of the γ–β plane: round numbers around what was learned and the start, (1, 0)."""
    if not points:
        return {"weight": [-4.0, 4.0], "bias": [-4.0, 4.0]}
    every = np.concatenate([*points, [[1, 0]]]).astype(np.float64)
    ends = {}
    for axis, values in (("weight", every[:, 0]), ("bias", every[:, 1])):
        low, high = values.min(), values.max()
        room = max(0.1 * (high - low), 0.05)
        unit = _round_step((high - low + 2 * room) / 10)
        ends[axis] = [
            round(math.floor((low - room) / unit) * unit, 9),
            round(math.ceil((high + room) / unit) * unit, 9),
        ]
    return ends


def _round_step(size: float) -> float:
    """1, 2 or 5 times a power of ten, not below ``size``."""
    power = 10.0 ** math.floor(math.log10(size))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= size)


def _describe(activation: str, weight: float, bias: float) -> str:
    share = linear_share(activation, weight, bias)
    line = (
        "All outputs are the same."
        if math.isnan(share)
        else f"A straight line explains {_percent(share)} of the output's variance."
    )
    name, where = (
        ("ReLU", "are cut to 0")
        if activation == "relu"
        else (activation, "lie where the curve is flat")
    )
    sign = "−" if bias < 0 else "+"
    return (
        f"A standard normal x̂ through {name}({number(weight)} x̂ {sign} {number(abs(bias))}). "
        f"{_percent(saturated_share(activation, weight, bias))} of the values {where}. {line}"
    )


def _percent(share: float) -> str:
    if 0 < share < 0.0005:
        return "under 0.1 %"
    return "over 99.9 %" if 0.9995 <= share < 1 else f"{fixed(100 * share, 1)} %"


def _describe_learned(groups: Mapping[str, Points]) -> list[str]:
    def ends(values: Points) -> str:
        low, middle, high = (fixed(v, 2) for v in np.quantile(values, (0, 0.5, 1)))
        return f"{low} to {high} (median {middle})"

    return [
        f"{label}: γ of {counted(len(points), 'unit')} {ends(points[:, 0])}, "
        f"β {ends(points[:, 1])}."
        for label, points in groups.items()
    ]
