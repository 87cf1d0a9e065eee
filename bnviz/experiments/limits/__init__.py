"""Chapter 12: where batch norm fails, and what is done about it."""

from bnviz.experiments.limits.company import Heard, heard
from bnviz.experiments.limits.depth import accuracy_by_depth
from bnviz.experiments.limits.renorm import errors_by_lr
from bnviz.experiments.limits.sequences import errors_by_statistics, spread_by_step
from bnviz.experiments.limits.shift import (
    STRENGTHS,
    Adapted,
    accuracy_by_change,
    accuracy_under_attack,
    adapted,
    classes_seen,
)

__all__ = [
    "STRENGTHS",
    "Adapted",
    "Heard",
    "accuracy_by_change",
    "accuracy_by_depth",
    "accuracy_under_attack",
    "adapted",
    "classes_seen",
    "errors_by_lr",
    "errors_by_statistics",
    "heard",
    "spread_by_step",
]
