"""What a check said of an answer, read from a graded notebook, without what is hidden."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nbformat import NotebookNode

from bnviz.course.grading.marks import exercise, grade_id, nbgrader

__all__ = ["Verdict", "uncolored", "verdicts"]

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
#: Of a report of `bnviz.check`; where no likely mistake is known, what stopped the answer.
_LIKELY = re.compile(r"^  (?:Likely|Stopped|Your error) +(.*(?:\n {13}.*)*)", re.MULTILINE)


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
    for cell in graded.cells:
        if nbgrader(cell).get("grade") and cell.cell_type == "code":
            yield _verdict(grade_id(cell), exercise(cell), cell)


def uncolored(text: str) -> str:
    """A text as it was before a terminal's colors were put into it."""
    return _ANSI.sub("", text)


def _verdict(name: str, of: str, cell: NotebookNode) -> Verdict:
    errors = [output for output in cell.outputs if output.output_type == "error"]
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
    said = f"{kind}: {text}".removesuffix(": ")
    return Verdict(name, of, "wrong", said, f"{kind}: {text[:100]}".removesuffix(": "))
