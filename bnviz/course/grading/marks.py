"""What nbgrader, and this package, note in a cell: its name, what it is for, what it is worth."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode

__all__ = [
    *("Check", "checks_of", "exercise", "grade_id", "graderdata", "heading", "label", "nbgrader"),
    *("tags_of", "unmarked"),
]

#: What programs that show a notebook go by.
_SHOWN_BY = ("cellView", "jupyter", "tags")


@dataclass(frozen=True)
class Check:
    """A check of an assignment.

    Attributes:
        name: its cell in the notebook, such as "population-check".
        exercise: what it belongs to, such as "test-time/population".
        points: what it is worth.
        title: of the exercise, for people, such as "Exercise 8.1: From batches to all".
    """

    name: str
    exercise: str
    points: float
    title: str


def checks_of(source: NotebookNode) -> list[Check]:
    """The checks of a source notebook, in their order."""
    tasks = {grade_id(cell): heading(cell) for cell in source.cells}
    found = []
    for cell in source.cells:
        if nbgrader(cell).get("grade"):
            of = exercise(cell)
            what = of.rpartition("/")[2]
            title = tasks.get(f"{what}-task", what)  # another program's has no such cell
            found.append(Check(grade_id(cell), of, float(nbgrader(cell)["points"]), title))
    return found


def nbgrader(cell: NotebookNode) -> Mapping[str, Any]:
    """What nbgrader notes in a cell; nothing where it notes nothing, or nonsense stands there."""
    noted = cell.metadata.get("nbgrader")
    return noted if isinstance(noted, dict) else {}


def grade_id(cell: NotebookNode) -> str:
    """The name that nbgrader knows the cell by; empty if it does not."""
    name = nbgrader(cell).get("grade_id", "")
    return name if isinstance(name, str) else ""


def label(cell: NotebookNode) -> str:
    """The name of a cell: nbgrader's, or else its own id."""
    return grade_id(cell) or str(cell.get("id", ""))


def exercise(cell: NotebookNode) -> str:
    """The exercise that a check belongs to; the check itself, where another program made it."""
    return str(cell.metadata.get("bnviz", {}).get("exercise") or grade_id(cell))


def heading(cell: NotebookNode) -> str:
    """The heading with which a Markdown cell begins, as plain text."""
    return str(cell.source).partition("\n")[0].lstrip("# ").rstrip()


def tags_of(cell: NotebookNode) -> list[str]:
    """The tags of a cell."""
    return list(cell.metadata.get("tags", []))


def unmarked(cell: NotebookNode) -> NotebookNode:
    """A copy of a cell, with nothing noted in it but how it is shown."""
    made = copy.deepcopy(cell)
    made.metadata = NotebookNode({k: v for k, v in made.metadata.items() if k in _SHOWN_BY})
    return made


def graderdata(
    name: str,
    *,
    grade: bool = False,
    solution: bool = False,
    locked: bool = False,
    points: int | None = None,
) -> dict[str, Any]:
    """What to note in a cell for nbgrader."""
    data: dict[str, Any] = {
        "grade": grade,
        "grade_id": name,
        "locked": locked,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    return data if points is None else {**data, "points": points}
