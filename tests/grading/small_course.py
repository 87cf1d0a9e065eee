"""A course with one small assignment, and ways to hand something in."""

import contextlib
import logging
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.apps import NbGraderAPI
from traitlets.config import Config

from bnviz.course.grading.folder import scripts_on_path

NAME = "01-small"
RIGHT = {
    "double": "def double(x):\n    return 2 * x",
    "area": "def area(r):\n    return math.pi * r**2",
    "steps": "def steps(n):\n    return list(range(n))",
}
WRONG = "def double(x):\n    return x + 2"  # passes the visible check, not the hidden one


def _cell(text: str, name: str, **told: object) -> NotebookNode:
    cell = (new_markdown_cell if name.startswith("text") else new_code_cell)(text, id=name)
    plain = {"grade": False, "solution": False, "locked": True, "task": False, "schema_version": 3}
    cell.metadata.nbgrader = {**plain, "grade_id": name, **told}
    return cell


def _answer(name: str, answer: str) -> NotebookNode:
    head, body = answer.split("\n", 1)
    text = f"{head}\n    ### BEGIN SOLUTION\n{body}\n    ### END SOLUTION"
    return _cell(text, name, solution=True, locked=False)


def source() -> NotebookNode:
    hidden = "### BEGIN HIDDEN TESTS\nassert double(5) == 10\n### END HIDDEN TESTS"
    partial = "sum([steps(0) == [], steps(1) == [0], steps(3) == [0, 1, 2]])"
    return new_notebook(
        cells=[
            _cell("# Small", "text"),
            _cell("import math\nimport sys", "setup"),
            _answer("double", RIGHT["double"]),
            _cell(f"assert double(2) == 4\n{hidden}", "double-check", grade=True, points=2),
            _answer("area", RIGHT["area"]),
            _cell("assert abs(area(1) - math.pi) < 1e-6", "area-check", grade=True, points=1),
            _answer("steps", RIGHT["steps"]),
            _cell(partial, "steps-check", grade=True, points=3),
        ],
        metadata={"bnviz": {"assignment": NAME, "seed": 7}},
    )


def make(course: Path, of: NotebookNode | None = None) -> Path:
    """The course folder with the assignment released by nbgrader itself."""
    folder = course / "source" / NAME
    folder.mkdir(parents=True)
    nbformat.write(of or source(), folder / f"{NAME}.ipynb")
    config = Config()
    config.CourseDirectory.root = str(course)
    logging.getLogger("traitlets").setLevel(logging.ERROR)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PATH", scripts_on_path())
        told = NbGraderAPI(config=config).generate_assignment(NAME)
    assert told["success"], told
    return course


def released(course: Path) -> NotebookNode:
    return nbformat.read(course / "release" / NAME / f"{NAME}.ipynb", as_version=4)


def solved(course: Path, **answers: str) -> NotebookNode:
    """The released notebook with all answers right, but for those that are given."""
    nb = released(course)
    for cell in nb.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if name in RIGHT:
            cell.source = answers.get(name, RIGHT[name])
    return nb


def hand_in(course: Path, student: str, nb: NotebookNode) -> Path:
    folder = course / "submitted" / student / NAME
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(nbformat.ValidationError):
        nbformat.write(nb, folder / f"{NAME}.ipynb")
    (folder / "timestamp.txt").write_text("2026-01-02 03:04:05 UTC")
    return folder
