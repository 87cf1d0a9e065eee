"""What a reader may choose between: recorded runs, one for each combination of causes."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from bnviz.figures.kit.words import number

__all__ = ["Cells", "read_causes"]


class Cells(NamedTuple):
    """The data of every combination, in the order in which ``causeControls`` counts them."""

    spec: list[dict[str, Any]]  # name and values of each cause, as texts
    names: list[str]  # what each combination is called
    values: list[Any]


def read_causes(data: object, causes: Mapping[str, Sequence[object]] | None, who: str) -> Cells:
    """Put data that depends on causes in order.

    Args:
        data: without causes one thing; with one cause ``{value: thing}``; with several
            ``{(value, …): thing}``, the values in the order of ``causes``.
        causes: ``{name: values}``, what can be chosen, such as ``{"batch size": [4, 64]}``.
        who: the function that was called, for messages.

    Returns:
        The combinations; one without a name where there are no causes.

    Raises:
        TypeError: data by causes that is no mapping.
        ValueError: a combination that is missing or too many.

    >>> cells = read_causes({4: "noisy", 64: "calm"}, {"batch size": [4, 64]}, "curves()")
    >>> cells.names, cells.values
    (['batch size 4', 'batch size 64'], ['noisy', 'calm'])
    """
    if not causes:
        return Cells([], [""], [data])
    if not isinstance(data, Mapping):
        raise TypeError(f"{who} got causes and a {type(data).__name__}; give {{value: data}}")
    for name, values in causes.items():
        if not values:
            raise ValueError(f"{who}: the cause {name!r} has no values; give at least one")
    combinations = list(itertools.product(*causes.values()))
    found = {key if isinstance(key, tuple) else (key,): thing for key, thing in data.items()}
    if set(found) != set(combinations):
        wrong = sorted(set(found) ^ set(combinations), key=repr)
        listed = ", ".join(repr(key[0] if len(key) == 1 else key) for key in wrong[:4])
        raise ValueError(
            f"{who}: the data must have every combination of {', '.join(causes)} and no other; "
            f"missing or too many: {listed}"
        )
    texts = [[_text(value) for value in values] for values in causes.values()]
    names = [
        ", ".join(f"{name} {text}" for name, text in zip(causes, each, strict=True))
        for each in itertools.product(*texts)
    ]
    spec = [{"name": name, "values": each} for name, each in zip(causes, texts, strict=True)]
    return Cells(spec, names, [found[combination] for combination in combinations])


def _text(value: object) -> str:
    return number(value) if isinstance(value, int | float) else str(value)
