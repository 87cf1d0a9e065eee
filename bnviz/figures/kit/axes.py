"""What an axis of values is called, how it counts, and how its numbers read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnviz.figures.kit import words

__all__ = ["STEP", "Axis"]


@dataclass(frozen=True)
class Axis:
    """An axis of values.

    Args:
        name: what is counted, with its unit, such as "loss (nats)".
        log: logarithmic; values at or below zero then have no place.
        percent: shares from 0 to 1 that are written as per cent.
        range: the values at both ends; None fits them to the data.
        ticks: the values that are written at the axis, such as those that were measured; None
            takes round ones.

    Raises:
        ValueError: a range that does not ascend, one from zero on a logarithmic axis, or a tick
            that has no place on it.

    >>> Axis("test accuracy", percent=True).text(0.9812)
    '98.1 %'
    """

    name: str
    log: bool = False
    percent: bool = False
    range: tuple[float, float] | None = None
    ticks: Sequence[float] | NDArray[Any] | None = None

    def __post_init__(self) -> None:
        if self.range is not None:
            low, high = self.range
            if not low < high or (self.log and low <= 0):
                raise ValueError(
                    f"the axis {self.name!r} has the range {self.range}; give two ascending "
                    f"numbers{', above zero' if self.log else ''}"
                )
        if self.ticks is None:
            return
        if self.log and min(self.ticks) <= 0:
            raise ValueError(
                f"the axis {self.name!r} is logarithmic and has ticks {tuple(self.ticks)}; give "
                "numbers above zero"
            )
        # Two axes can be compared, whatever their ticks were given as.
        object.__setattr__(self, "ticks", tuple(float(tick) for tick in self.ticks))

    def text(self, value: float) -> str:
        """A value in words."""
        if not np.isfinite(value):
            return words.number(value)
        return f"{words.fixed(100 * value, 1)} %" if self.percent else words.number(value)

    def ends(self, values: Iterable[NDArray[Any]]) -> list[float]:
        """Both ends of the axis, with the values that have a place on it inside.

        Values far beyond most others, as of a run that explodes, leave the others room.
        """
        if self.range is not None:
            return [float(end) for end in self.range]
        flat = np.concatenate([np.ravel(v).astype(float) for v in values] or [np.zeros(0)])
        flat = flat[np.isfinite(flat) & ((flat > 0) | (not self.log))]
        if not len(flat):
            return [1.0, 10.0] if self.log else [0.0, 1.0]
        low, high = float(flat.min()), float(flat.max())
        if self.log:
            middle = float(np.median(flat))
            low, high = max(low, middle / 1e12), min(high, middle * 1e12)
            return [low / 1.15, high * 1.15]
        if self.percent:
            return [float(np.floor(10 * low) / 10) if 0.5 <= low < 1 else min(0.0, low), 1.0]
        reach = 4 * float(np.percentile(np.abs(flat), 75)) or np.inf
        low, high = max(low, -reach), min(high, reach)
        if low > 0 and low < 0.6 * high:
            low = 0.0
        pad = 0.04 * (high - low) or 0.5 * abs(high) or 0.5
        return [low if low == 0 else low - pad, high + pad]

    @property
    def spec(self) -> dict[str, Any]:
        """What JavaScript needs of the axis."""
        spec: dict[str, Any] = {"name": self.name, "log": self.log, "percent": self.percent}
        if self.ticks is not None:
            spec["ticks"] = list(self.ticks)
        return spec

    def dress(self, ax: Any, which: str, ends: Iterable[float]) -> None:
        """Give the "x" or "y" axis of matplotlib's ``ax`` this name, scale and range."""
        if self.log:
            getattr(ax, f"set_{which}scale")("log")
        low, high = ends
        getattr(ax, f"set_{which}lim")(low, high)
        getattr(ax, f"set_{which}label")(self.name)
        side = getattr(ax, f"{which}axis")
        if self.ticks is not None:
            side.set_ticks(self.ticks, [self.text(tick) for tick in self.ticks])
            side.set_ticks([], minor=True)
        elif self.percent:
            side.set_major_formatter(lambda value, _: f"{100 * value:g} %")


#: Of what goes on while a network trains.
STEP = Axis("training step")
