"""What became of each file of an inbox, as a table."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bnviz.course.grading.rebuild import State
from bnviz.words import counted

__all__ = ["Report", "Row"]

WIDTH = 100


@dataclass(frozen=True)
class Row:
    """What became of one file.

    Args:
        file: where it is in the inbox.
        student: the id; "" if it could not be told.
        assignment: its name; "" if it could not be told.
        answers: what became of each answer; nothing where the file is no notebook.
        status: "counts", "kept" (another file of the student counts), or "not taken in".
        remarks: what a person should look at.
    """

    file: str
    student: str = ""
    assignment: str = ""
    answers: Mapping[str, State] | None = None
    status: str = "not taken in"
    remarks: Sequence[str] = ()

    @property
    def found(self) -> str:
        """How many answers were found, in words: "3 of 5"."""
        if self.answers is None:
            return ""
        found = sum(state is State.FOUND for state in self.answers.values())
        return f"{found} of {len(self.answers)}"


@dataclass(frozen=True)
class Report:
    """What became of an inbox; ``print`` shows it as a table.

    Args:
        rows: one for each file, in the order of their names.

    >>> rows = [Row("ada.ipynb", "ada", "08-test-time", {"x": State.FOUND}, "counts"),
    ...         Row("b.pdf", remarks=["is a PDF"])]
    >>> print(Report(rows))
    File       Student  Assignment    Answers
    ada.ipynb  ada      08-test-time  1 of 1   counts
    b.pdf      ?        ?                      not taken in
               is a PDF
    1 of 2 files counts for a student; 1 was not taken in.
    """

    rows: Sequence[Row]

    @property
    def ok(self) -> bool:
        """Whether every file was taken in."""
        return all(row.status != "not taken in" for row in self.rows)

    @property
    def exit_code(self) -> int:
        """What a command gives back: 0 if every file was taken in, else 1."""
        return 0 if self.ok else 1

    def __str__(self) -> str:
        if not self.rows:
            return "There is no file in the inbox."
        table = [("File", "Student", "Assignment", "Answers", "")] + [
            (row.file, row.student or "?", row.assignment or "?", row.found, row.status)
            for row in self.rows
        ]
        widths = [max(len(line[column]) for line in table) for column in range(4)]
        indent = " " * (min(widths[0], 20) + 2)
        lines = [_line(table[0], widths)]
        for row, cells in zip(self.rows, table[1:], strict=True):
            lines.append(_line(cells, widths))
            for remark in row.remarks:
                lines += textwrap.wrap(
                    remark, WIDTH, initial_indent=indent, subsequent_indent=indent + "  "
                )
        counting = sum(row.status == "counts" for row in self.rows)
        left = sum(row.status == "not taken in" for row in self.rows)
        files = counted(len(self.rows), "file")
        counts = "counts" if counting == 1 else "count"
        was = "was" if left == 1 else "were"
        lines.append(f"{counting} of {files} {counts} for a student; {left} {was} not taken in.")
        return "\n".join(lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=False)]
    return "  ".join([*padded, cells[-1]]).rstrip()
