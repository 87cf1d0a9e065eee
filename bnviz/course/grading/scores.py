"""What a gradebook says of an assignment: points by student and exercise, read and not changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bnviz.course.grading.folder import GRADEBOOK, read_source, students
from bnviz.course.grading.marks import checks_of

__all__ = ["Scores", "read_comments", "read_scores"]


@dataclass(frozen=True)
class Scores:
    """The points of all who belong to a course.

    Attributes:
        assignment: its name.
        exercises: what each is worth, in the order of the notebook.
        points: by student, then by exercise; None where it is not graded.
        handed_in: the students of whom there is a submission.
        titles: what people call the exercises.
    """

    assignment: str
    exercises: Mapping[str, float]
    points: Mapping[str, Mapping[str, float | None]]
    handed_in: frozenset[str]
    titles: Mapping[str, str]

    def total(self, student: str) -> float | None:
        """All points together; None while one is not graded."""
        points = list(self.points[student].values())
        known = [p for p in points if p is not None]
        return sum(known) if len(known) == len(points) else None

    def status(self, student: str) -> str:
        """One of "graded", "not graded" (yet, or not wholly) and "not handed in"."""
        if self.total(student) is not None:
            return "graded"
        return "not graded" if student in self.handed_in else "not handed in"


def read_scores(course: Path, assignment: str, roster: Sequence[str] = ()) -> Scores:
    """Read what is in the gradebook now, changes by hand included.

    Args:
        course: the course folder.
        assignment: its name.
        roster: students who belong to the course, whether they handed something in or not.

    Returns:
        Scores; a student who is not in the gradebook is not graded.

    Raises:
        FileNotFoundError: there is no such assignment.
    """
    checks = checks_of(read_source(course, assignment))
    worth: dict[str, float] = {}
    for check in checks:
        worth[check.exercise] = worth.get(check.exercise, 0.0) + check.points
    found = _rows(course, _GRADES, assignment)
    handed_in = frozenset(students(course, "submitted", assignment))
    points: dict[str, dict[str, float | None]] = {}
    for student in sorted({*roster, *handed_in, *found}):
        row: dict[str, float | None] = dict.fromkeys(worth, 0.0)
        for check in checks:
            got, sofar = found.get(student, {}).get(check.name), row[check.exercise]
            row[check.exercise] = None if got is None or sofar is None else sofar + got
        points[student] = row
    titles = {check.exercise: check.title for check in checks}
    return Scores(assignment, worth, points, handed_in, titles)


def read_comments(course: Path, assignment: str) -> dict[str, dict[str, str]]:
    """What was written by hand in the formgrader: by student, then by cell."""
    return {
        student: {cell: text for cell, text in cells.items() if text}
        for student, cells in _rows(course, _COMMENTS, assignment).items()
    }


# Read by SQL, because nbgrader's own reader may write: it adds what it misses.
_OF_CELLS = """
SELECT submitted_assignment.student_id, base_cell.name, {value}
FROM {table}
JOIN submitted_notebook ON {table}.notebook_id = submitted_notebook.id
JOIN submitted_assignment ON submitted_notebook.assignment_id = submitted_assignment.id
JOIN assignment ON submitted_assignment.assignment_id = assignment.id
JOIN base_cell ON {table}.cell_id = base_cell.id
WHERE assignment.name = ?
"""
# A grade is what was given by hand, else by the checks, and extra points.
_GRADES = _OF_CELLS.format(
    table="grade",
    value="COALESCE(grade.manual_score, grade.auto_score) + COALESCE(grade.extra_credit, 0)",
)
_COMMENTS = _OF_CELLS.format(table="comment", value="comment.manual_comment")


def _rows(course: Path, query: str, assignment: str) -> dict[str, dict[str, Any]]:
    gradebook = course / GRADEBOOK
    found: dict[str, dict[str, Any]] = {}
    if not gradebook.is_file():
        return found
    with closing(sqlite3.connect(f"{gradebook.resolve().as_uri()}?mode=ro", uri=True)) as base:
        for student, cell, value in base.execute(query, (assignment,)):
            found.setdefault(student, {})[cell] = value
    return found
