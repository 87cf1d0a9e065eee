"""Puts a submission's answers among the cells that are the course's own.

What is locked comes from the source, by its grade id and with its hidden tests, as nbgrader's
OverwriteCells has it; the answers and whatever the student added stay where they stand.
"""

from collections.abc import Iterable
from copy import deepcopy
from typing import Any
from uuid import uuid4

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell
from nbgrader.utils import is_locked, is_solution

from bnviz.course.grading.marks import grade_id, tags_of

__all__ = ["compose"]

NEW: dict[str, Any] = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}


def compose(source: NotebookNode, submission: NotebookNode) -> NotebookNode:
    """Make the notebook that is run.

    Args:
        source: the assignment's, with solutions and hidden tests; stays as it is.
        submission: as handed in; stays as it is. Of several cells with one grade id the last
            counts, as nbgrader has it. Locked cells that are missing are put back.

    Returns:
        A new notebook without outputs. No solution of the source is in it, nor cells to try an
        answer that the student left as they were.
    """
    given = {grade_id(cell): cell for cell in source.cells if grade_id(cell)}
    found: set[str] = set()
    # They show a student what the answer does; nobody looks here, and some train a network.
    to_try = {cell.source for cell in source.cells if "try" in tags_of(cell)}
    cells: list[NotebookNode] = []
    for cell in reversed(submission.cells):
        name = grade_id(cell)
        if name in given and name not in found:
            found.add(name)
            cells.append(_restored(given[name], cell.source))
        elif cell.source not in to_try:
            cells.append(_cell(cell.cell_type, cell.source, cell.get("id")))
    cells.reverse()

    after = 0
    for name, cell in given.items():
        if name not in found and not is_solution(cell):
            cells.insert(after, _restored(cell, cell.source))
        places = [i for i, placed in enumerate(cells) if grade_id(placed) == name]
        after = places[0] + 1 if places else after

    return NotebookNode(
        cells=_with_own_ids(cells),
        metadata=deepcopy(source.metadata),
        nbformat=4,
        nbformat_minor=5,
    )


def _restored(given: NotebookNode, answer: str) -> NotebookNode:
    """The source's cell; where it is not locked, with the answer in it."""
    text = given.source if is_locked(given) else answer
    cell = _cell(given.cell_type, text, given.get("id"))
    cell.metadata = deepcopy(given.metadata)
    return cell


def _cell(kind: str, text: str, cell_id: str | None) -> NotebookNode:
    cell: NotebookNode = NEW.get(kind, new_raw_cell)(text)
    if isinstance(cell_id, str):
        cell["id"] = cell_id
    return cell


def _with_own_ids(cells: Iterable[NotebookNode]) -> list[NotebookNode]:
    """Each cell id once; the course's cells keep theirs."""
    cells = list(cells)
    taken = {cell["id"] for cell in cells if grade_id(cell)}
    for cell in cells:
        if grade_id(cell):
            continue
        if cell["id"] in taken:
            cell["id"] = uuid4().hex[:8]
        taken.add(cell["id"])
    return cells
