"""Names of layers by patterns, as recorder and figures take them."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

__all__ = ["matching"]


def matching(names: Iterable[str], pattern: str) -> list[str]:
    """The names that a pattern stands for, in their order.

    Args:
        names: what there is, such as "layers.3" or "head[2]".
        pattern: a name, in which ``*`` stands for any letters and ``?`` for any one. A bracket
            stands for itself: it is part of the names of single units.

    Example:
        >>> matching(["layers.1", "layers.4", "head"], "layers.*")
        ['layers.1', 'layers.4']
        >>> matching(["head[0]", "head[1]"], "head[1]")
        ['head[1]']
    """
    pattern = pattern.replace("[", "[[]")
    return [name for name in names if fnmatchcase(name, pattern)]
