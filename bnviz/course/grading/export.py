"""Points as CSV: by exercise, or in the columns that Canvas and Moodle import.

An empty field is a grade that there is not; 0 is a grade. Both systems leave what they have where a
field is empty.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bnviz.course.grading.classlist import student_in

if TYPE_CHECKING:
    from bnviz.course.grading.scores import Scores

__all__ = ["LAYOUTS", "as_csv"]

LAYOUTS = ("plain", "canvas", "moodle")
_CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
_MOODLE = ("First name", "Last name", "ID number", "Username", "Email address")


def as_csv(
    scores: Scores,
    layout: str = "plain",
    *,
    roster: Sequence[Mapping[str, str]] = (),
    total: bool = False,
) -> str:
    """Write the points of an assignment as CSV.

    Args:
        scores: of the assignment.
        layout: "plain" has a line a student, with how far grading is, and titles for people;
            "canvas" and "moodle" have the columns that their imports expect, and short names for
            exercises, by which these systems know a column again.
        roster: a class list, such as the CSV that Canvas or Moodle exports: its columns are taken
            over, since these systems know students by columns of theirs.
        total: one column with the sum, in place of one for each exercise.

    Returns:
        Text of the file.

    Raises:
        ValueError: there is no such layout.
    """
    if layout not in LAYOUTS:
        raise ValueError(f"there is no layout {layout!r}; there is {', '.join(LAYOUTS)}.")
    of_class = {student_in(row): row for row in roster}
    columns = {"total": sum(scores.exercises.values())} if total else dict(scores.exercises)
    names = [
        scores.titles[name] if layout == "plain" and not total else _column(scores.assignment, name)
        for name in columns
    ]
    lines: list[list[object]] = []
    if layout == "canvas":
        lines.append([*_CANVAS, *names])
        lines.append(
            ["    Points Possible", *[""] * 4, *(f"{worth:g}" for worth in columns.values())]
        )
    elif layout == "moodle":
        lines.append([*_MOODLE, *names])
    else:
        both = names if total else [*names, _column(scores.assignment, "total")]
        lines.append(["student", "status", *both, "of"])
    for student, points in scores.points.items():
        got = [scores.total(student)] if total else list(points.values())
        values = ["" if value is None else f"{value:g}" for value in got]
        row = of_class.get(student, {})
        if layout == "canvas":
            lines.append([*_known(row, _CANVAS, {"SIS Login ID": student}, student), *values])
        elif layout == "moodle":
            lines.append([*_known(row, _MOODLE, {"Username": student}), *values])
        else:
            whole = scores.total(student)
            if not total:
                values.append("" if whole is None else f"{whole:g}")
            worth = f"{sum(scores.exercises.values()):g}"
            lines.append([student, scores.status(student), *values, worth])
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(_harmless(line) for line in lines)
    return file.getvalue()


def _known(
    row: Mapping[str, str], columns: Sequence[str], known: Mapping[str, str], first: str = ""
) -> list[str]:
    """The columns of the class list, and what one knows without it."""
    values = [row.get(name) or known.get(name, "") for name in columns]
    return [values[0] or first, *values[1:]]


def _column(assignment: str, exercise: str) -> str:
    """What a column is called.

    >>> _column("08-test-time", "test-time/lag")
    '08-test-time lag'
    """
    return f"{assignment} {exercise.rpartition('/')[2]}"


def _harmless(line: Sequence[object]) -> list[object]:
    """A table calculation takes what begins with = + - @ for a formula; students choose names."""
    return [f"'{x}" if isinstance(x, str) and x[:1] in "=+-@" and x else x for x in line]
