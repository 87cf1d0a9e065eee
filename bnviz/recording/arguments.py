"""What a recorder can be asked for, checked; the messages say what was given and what fits."""

from collections.abc import Sequence

import torch
from torch import nn

from bnviz.recording.updates import moved_by

__all__ = ["as_units", "as_watch", "require_axis", "require_count", "require_optimizer_of"]

_WATCH = ("auto", "input", "output", "gradient")


def require_count(name: str, value: object) -> None:
    """Raise ValueError unless it is a whole number from 1 on."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"{name} must be a whole number of at least 1; given {value!r}")


def as_units(units: int | Sequence[int] | None) -> tuple[int, ...]:
    """The units, each once; raises ValueError."""
    chosen = () if units is None else (units,) if isinstance(units, int) else tuple(units)
    if any(isinstance(unit, bool) or not isinstance(unit, int) or unit < 0 for unit in chosen):
        raise ValueError(f"units are feature or channel numbers from 0 on; given {units!r}")
    return tuple(dict.fromkeys(chosen))


def as_watch(watch: str | Sequence[str]) -> frozenset[str]:
    """The words, as a set; raises ValueError."""
    chosen = frozenset([watch] if isinstance(watch, str) else watch)
    if not chosen or chosen - {*_WATCH} or {"input", "output"} <= chosen:
        raise ValueError(
            "watch must be 'auto', 'input' or 'output', 'gradient', or one of the first three and "
            f"'gradient'; given {watch!r}"
        )
    return chosen


def require_axis(feature_axis: object) -> None:
    """Raise TypeError unless it is a dimension or None."""
    if isinstance(feature_axis, bool) or not isinstance(feature_axis, int | None):
        raise TypeError(
            "feature_axis must be a whole number, the dimension of the features in the layers' "
            f"tensors (negative: from the end); given {feature_axis!r}"
        )


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
