"""Whatever a figure is given, by label: one thing, a mapping, twins, or twins of several seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["by_label", "styles_of"]


def by_label(data: object) -> dict[str, Any]:
    """Sort what is to be shown by label.

    Args:
        data: something with ``runs`` by label, such as ``bnviz.Twins``; a sequence of such, one a
            seed; a mapping; or a single thing, whose label is empty.

    Returns:
        ``{label: thing}``; where there were several twins, ``{label: [thing, …]}``.

    >>> by_label({"with BN": 1}), by_label(2.5)
    ({'with BN': 1}, {'': 2.5})
    """
    pairs = list(data) if isinstance(data, Sequence) and not isinstance(data, str) else []
    if pairs and all(isinstance(getattr(pair, "runs", None), Mapping) for pair in pairs):
        return {str(label): [pair.runs[label] for pair in pairs] for label in pairs[0].runs}
    runs = getattr(data, "runs", data)
    if isinstance(runs, Mapping):
        return {str(label): thing for label, thing in runs.items()}
    return {"": data}


def styles_of(
    things: Mapping[str, Any], styles: Mapping[str, str] | None = None
) -> dict[str, str | None]:
    """The style key of each label: the one that is asked for, else that of its run.

    Args:
        things: as ``by_label`` gives them.
        styles: ``{label: key}``, see ``paper.STYLES``.

    >>> styles_of({"BN": 1, "none": 2}, {"BN": "with"})
    {'BN': 'with', 'none': None}
    """
    found: dict[str, str | None] = {}
    for label, thing in things.items():
        first = thing[0] if isinstance(thing, list | tuple) and thing else thing
        key = getattr(first, "style", None)
        found[label] = key if isinstance(key, str) else None
    return {**found, **(styles or {})}
