"""Every exercise of the book: a module a chapter, each with a tuple ``EXERCISES``.

The exercises of ``chapters/04-gamma-beta.ipynb`` stand in ``gamma_beta.py`` and are named
``gamma-beta/…``.
"""

import difflib
import pkgutil
from importlib import import_module

from bnviz.course.exercise import Exercise

__all__ = ["all_exercises", "find"]


def all_exercises() -> dict[str, Exercise]:
    """Every exercise of every chapter, by name."""
    modules = [
        import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)
    ]
    return {exercise.name: exercise for module in modules for exercise in module.EXERCISES}


def find(name: str) -> Exercise:
    """The exercise called ``name``; loads only the chapter it belongs to.

    Raises:
        ValueError: no exercise has this name. The message lists those there are.

    >>> find("equation/normalize").title
    'Normalize a mini-batch'
    """
    module = str(name).split("/")[0].replace("-", "_")
    if module in {found.name for found in pkgutil.iter_modules(__path__)}:
        exercises: tuple[Exercise, ...] = import_module(f"{__name__}.{module}").EXERCISES
        for exercise in exercises:
            if exercise.name == name:
                return exercise
    known = sorted(all_exercises())
    close = difflib.get_close_matches(str(name), known, n=1)
    meant = f" Did you mean {close[0]!r}?" if close else ""
    raise ValueError(f"There is no exercise {name!r}.{meant} There are: {', '.join(known)}.")
