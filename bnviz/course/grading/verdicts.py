"""What a check said of an answer, read from a graded notebook, without what is hidden."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nbformat import NotebookNode

from bnviz.course.grading.form import HIDDEN
from bnviz.course.grading.marks import exercise, grade_id, nbgrader

__all__ = ["Verdict", "uncolored", "verdicts"]

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
#: Of a report of `bnviz.check`; where no likely mistake is known, what stopped the answer.
_LIKELY = re.compile(r"^  (?:Likely|Stopped|Your error) +(.*(?:\n {13}.*)*)", re.MULTILINE)
#: Of a traceback: the first is the line of the cell that ran.
_LINE = re.compile(r"Cell In\s?\[\d+\], line (\d+)")


@dataclass(frozen=True)
class Verdict:
    """What came of one check of one student.

    Attributes:
        check: its cell, such as "population-check".
        exercise: such as "test-time/population".
        state: "right", "wrong", "not attempted" or "not graded".
        said: what the check says to the student; empty where the answer is right.
        likely: the likely mistake, in a sentence; empty where it is not known.
    """

    check: str
    exercise: str
    state: str
    said: str = ""
    likely: str = ""


def verdicts(graded: NotebookNode) -> Iterator[Verdict]:
    """What came of each check of a graded notebook.

    A failed test shows its message, which its author wrote for students, and never its code.
    """
    stopped = {}  # the first error of each exercise's answer
    for cell in graded.cells:
        if nbgrader(cell).get("solution") and cell.cell_type == "code":
            for error in _errors(cell)[:1]:
                stopped[exercise(cell)] = _named(error)
    for cell in graded.cells:
        if nbgrader(cell).get("grade") and cell.cell_type == "code":
            yield _verdict(grade_id(cell), exercise(cell), cell, stopped.get(exercise(cell), ""))


def uncolored(text: str) -> str:
    """A text as it was before a terminal's colors were put into it."""
    return _ANSI.sub("", text)


def _errors(cell: NotebookNode) -> list[NotebookNode]:
    return [output for output in cell.outputs if output.output_type == "error"]


def _named(error: NotebookNode) -> str:
    """An error in one line or more, such as "TypeError: unsupported operand"."""
    return f"{error.ename}: {uncolored(error.evalue).strip()}".removesuffix(": ")


def _is_hidden(cell: NotebookNode, error: NotebookNode) -> bool:
    """Whether it was a hidden test that broke off, by the line of the check in the traceback."""
    hidden = HIDDEN.search(cell.source)
    line = _LINE.search(uncolored("\n".join(error.traceback)))
    if hidden is None or line is None:
        return False
    begin: int = cell.source.count("\n", 0, hidden.start()) + 1
    return int(line[1]) > begin


def _verdict(name: str, of: str, cell: NotebookNode, stopped: str) -> Verdict:
    """What the check in this cell said; ``stopped`` is the error of the answer's cell, if any."""
    errors = _errors(cell)
    if not errors:
        state = "right" if cell.get("execution_count") else "not graded"
        return Verdict(name, of, state)
    kind, text = errors[0].ename, uncolored(errors[0].evalue).strip()
    if text.startswith("Not attempted yet"):
        return Verdict(name, of, "not attempted", text)
    if kind == "CheckFailed":
        blocks = _LIKELY.findall(text)  # “Likely” stands last
        likely = " ".join(blocks[-1].split()) if blocks else ""
        return Verdict(name, of, "wrong", text, likely)
    if kind == "AssertionError":
        first = text.split("\n")[0]
        return Verdict(name, of, "wrong", text or "A test failed.", first)
    if kind == "NameError" and stopped:  # what is missing is what the answer did not come to define
        return Verdict(name, of, "wrong", f"The cell of your answer stopped. {stopped}", stopped)
    said = _named(errors[0])
    told = f"In a test that you do not see: {said}" if _is_hidden(cell, errors[0]) else said
    return Verdict(name, of, "wrong", told, f"{kind}: {text[:100]}".removesuffix(": "))
