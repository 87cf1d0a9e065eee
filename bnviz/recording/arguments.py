"""What a recorder can be asked for, checked; the messages say what was given and what fits."""

from collections.abc import Iterable, Sequence
from numbers import Integral
from typing import Any

import torch
from torch import nn

from bnviz.recording.updates import moved_by

__all__ = ["as_axis", "as_count", "as_units", "as_watch", "require_optimizer_of"]

_WATCH = ("auto", "input", "output", "gradient")


def _is_whole(value: object) -> bool:
    """Whether it is a whole number, of Python or of NumPy."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def as_count(name: str, value: Any) -> int:
    """A whole number from 1 on; raises ValueError."""
    if not _is_whole(value) or value < 1:
        raise ValueError(f"{name} must be a whole number of at least 1; given {value!r}")
    return int(value)


def as_units(units: int | Sequence[int] | None) -> tuple[int, ...]:
    """The units, each once; raises ValueError."""
    given = [] if units is None else units if isinstance(units, Iterable) else [units]
    chosen = list(given)
    if not all(_is_whole(unit) and unit >= 0 for unit in chosen):
        raise ValueError(f"units are feature or channel numbers from 0 on; given {units!r}")
    return tuple(dict.fromkeys(int(unit) for unit in chosen))


def as_watch(watch: str | Sequence[str]) -> frozenset[str]:
    """The words, as a set; raises ValueError."""
    single = isinstance(watch, str) or not isinstance(watch, Iterable)
    chosen: frozenset[Any] = frozenset([watch] if single else watch)
    if not chosen or chosen - {*_WATCH} or {"input", "output"} <= chosen:
        raise ValueError(
            "watch must be 'auto', 'input' or 'output', 'gradient', or one of the first three and "
            f"'gradient'; given {watch!r}"
        )
    return chosen


def as_axis(feature_axis: Any) -> int:
    """A dimension; raises TypeError."""
    if not _is_whole(feature_axis):
        raise TypeError(
            "feature_axis must be a whole number, the dimension of the features in the layers' "
            f"tensors (negative: from the end); given {feature_axis!r}"
        )
    return int(feature_axis)


def require_optimizer_of(model: nn.Module, optimizer: object) -> None:
    """Raise TypeError or ValueError unless it trains the model."""
    if not isinstance(optimizer, torch.optim.Optimizer):
        raise TypeError(f"optimizer must be one of torch.optim; given {optimizer!r}")
    moved = moved_by(optimizer)
    if not any(id(p) in moved for p in model.parameters()):
        raise ValueError(
            f"the {type(optimizer).__name__} moves no parameter of the {type(model).__name__}; "
            "give the optimizer that trains this model, or leave optimizer out"
        )
