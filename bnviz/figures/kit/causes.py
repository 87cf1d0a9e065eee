"""What a reader may choose between: recorded runs, one for each combination of causes."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from bnviz.figures.kit.words import number

__all__ = ["Cells", "read_causes"]


class Cells(NamedTuple):
    """The data of every combination, in the order in which ``causeControls`` counts them."""

    spec: list[dict[str, Any]]  # name and values of each cause, as texts
    names: list[str]  # what each combination is called
    values: list[Any]
    choices: Sequence[Sequence[object]] = ()  # the values of each cause, as they were given

    def alt(self, alts: Sequence[str]) -> str:
        """The text alternatives of all combinations as one; each says which it is of."""
        if len(self.names) == 1:
            return alts[0]
        return "\n".join(f"{name}: {alt}" for name, alt in zip(self.names, alts, strict=True))

    def start(
        self, start: Mapping[str, object] | None, who: str, axis: str | None = None
    ) -> dict[str, Any]:
        """Where a reader begins: the combination, and the place on an axis that has a cursor.

        Args:
            start: ``{name: value}`` of some causes, and of the axis; the rest is as it would be.
            who: the function that was called, for messages.
            axis: the name of the axis, where there is a cursor on it.

        Returns:
            ``cell``, the number of the combination, and ``at``, the place or None.

        Raises:
            ValueError: a name or a value that cannot be chosen.
        """
        given = dict(start or {})
        at = given.pop(axis, None) if axis is not None else None
        if at is not None and not isinstance(at, int | float | np.number):
            raise ValueError(f"{who}: start has {at!r} for {axis!r}; give a number on that axis")
        cell = 0
        for cause, values in zip(self.spec, self.choices, strict=True):
            name, texts = cause["name"], cause["values"]
            wanted = given.pop(name, values[0])
            place = _place(wanted, values, texts)
            if place is None:
                raise ValueError(
                    f"{who}: start has {wanted!r} for {name!r}; it is one of {', '.join(texts)}"
                )
            cell = cell * len(values) + place
        if given:
            known = [cause["name"] for cause in self.spec] + ([axis] if axis else [])
            raise ValueError(
                f"{who}: start has {next(iter(given))!r}; what can be chosen is "
                f"{', '.join(known) or 'nothing'}"
            )
        return {"cell": cell, "at": None if at is None else float(at)}

    def some(self, most: int) -> list[int]:
        """So many combinations at most, evenly chosen, for a picture."""
        count = len(self.names)
        return sorted({round(i) for i in np.linspace(0, count - 1, min(count, most))})


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
        ValueError: a combination that is missing or too many, or values that read alike.

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
    texts = [_texts(values) for values in causes.values()]
    for name, each in zip(causes, texts, strict=True):
        twice = [text for i, text in enumerate(each) if text in each[:i]]
        if twice:
            raise ValueError(
                f"{who}: the cause {name!r} has two values that read {twice[0]!r}; give values "
                "that a reader can tell apart, each once"
            )
    combinations = list(itertools.product(*causes.values()))
    found = {key if isinstance(key, tuple) else (key,): thing for key, thing in data.items()}
    if set(found) != set(combinations):
        wrong = sorted(set(found) ^ set(combinations), key=repr)
        listed = ", ".join(repr(key[0] if len(key) == 1 else key) for key in wrong[:4])
        raise ValueError(
            f"{who}: the data must have every combination of {', '.join(causes)} and no other; "
            f"missing or too many: {listed}"
        )
    names = [
        ", ".join(f"{name} {text}" for name, text in zip(causes, each, strict=True))
        for each in itertools.product(*texts)
    ]
    spec = [{"name": name, "values": each} for name, each in zip(causes, texts, strict=True)]
    things = [found[combination] for combination in combinations]
    return Cells(spec, names, things, [list(values) for values in causes.values()])


def _place(wanted: object, values: Sequence[object], texts: Sequence[str]) -> int | None:
    """Where a value is among those of a cause: itself, its text, or the one that reads like it."""
    for known in (values, texts):
        if wanted in known:
            return known.index(wanted)
    alike = [i for i, value in enumerate(values) if _text(value) == _text(wanted)]
    return alike[0] if len(alike) == 1 else None


def _texts(values: Sequence[object]) -> list[str]:
    """Values as texts, with as few digits, from three on, as tell them apart.

    >>> _texts([0.1, 0.25, 1e6]), _texts([0.1, 0.12311, 0.12312]), _texts([True, False])
    (['0.1', '0.25', '10⁶'], ['0.1', '0.12311', '0.12312'], ['yes', 'no'])
    """
    for digits in range(3, 18):  # all that a float has
        texts = [_text(value, digits) for value in values]
        if len(set(texts)) == len(texts):
            break
    return texts


def _text(value: object, digits: int = 3) -> str:
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    return number(value, digits) if isinstance(value, int | float) else str(value)
