"""A patient as it was, and with something else changed: what helps, and what does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bnviz.experiments.in_pytorch.ward import Course, Patient, course

__all__ = ["cured"]


def cured(
    patient: Patient,
    changes: Mapping[str, Mapping[str, Any]],
    seeds: Sequence[int] = range(3),
    *,
    steps: int = 100,
) -> dict[str, Course]:
    """Train a patient once more for each remedy.

    Args:
        patient: how it is made and trained.
        changes: ``{name: {attribute of the patient: its new value}}``; an empty one leaves all.
        seeds: of split, weights and batches; the same for all.
        steps: updates.

    Returns:
        What was seen with each remedy, by its name.

    >>> found = cured(Patient(momentum=0.0), {"0.1": {"momentum": 0.1}}, seeds=[0], steps=20)
    >>> list(found)
    ['0.1']
    """
    return {name: course(replace(patient, **new), seeds, steps=steps)
            for name, new in changes.items()}  # fmt: skip
