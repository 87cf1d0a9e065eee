"""Tells which assignment a notebook answers."""

from collections.abc import Mapping

from nbformat import NotebookNode

from bnviz.course.grading.code import functions, plain, variables
from bnviz.course.grading.marks import grade_id

__all__ = ["assignment_of"]


def assignment_of(notebook: NotebookNode, name: str, released: Mapping[str, NotebookNode]) -> str:
    """The assignment to which a notebook belongs.

    Args:
        notebook: the student's.
        name: its file name.
        released: the released notebooks by their assignments.

    Returns:
        What stands in the metadata, also where no such assignment was released; else the one of
        which most cells are found; else the one that is named in the file's name; else "".
    """
    noted = notebook.metadata.get("bnviz")
    if isinstance(noted, dict) and isinstance(noted.get("assignment"), str):
        return str(noted["assignment"])

    marks = {assignment: _marks(one) for assignment, one in released.items()}
    own = _marks(notebook)
    counts: dict[str, int] = {}
    for assignment, theirs in marks.items():
        others = frozenset().union(*(marks[other] for other in marks if other != assignment))
        counts[assignment] = len(own & theirs - others)
    best = sorted(counts, key=lambda assignment: counts[assignment], reverse=True)
    if best and counts[best[0]] > (counts[best[1]] if len(best) > 1 else 0):
        return best[0]

    named = [assignment for assignment in released if _key(assignment) in _key(name)]
    return max(named, key=len, default="")


def _marks(notebook: NotebookNode) -> frozenset[tuple[str, str]]:
    """What tells a notebook from others: texts, names of functions, grade ids."""
    marks: set[tuple[str, str]] = set()
    for cell in notebook.cells:
        if text := plain(cell.source):
            marks.add(("text", text))
        if cell.cell_type == "code":
            marks |= {("name", each) for each in functions(text) | variables(text)}
        if name := grade_id(cell):
            marks.add(("grade id", name))
    return frozenset(marks)


def _key(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())
