"""The course folder: where things lie in it, as nbgrader has it, and how they are read."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode

__all__ = [
    *("GRADEBOOK", "OF_NBGRADER", "TIMESTAMP", "assignments", "collected", "notebook_in", "place"),
    *("read", "read_source", "scripts_on_path", "students"),
]

GRADEBOOK = "gradebook.db"
TIMESTAMP = "timestamp.txt"  # when a notebook was handed in, beside it
OF_NBGRADER = (TIMESTAMP, "submission_secret.txt")  # beside a notebook, for nbgrader's exchange


def place(course: Path, step: str, assignment: str, student: str = "") -> Path:
    """The folder of an assignment, at one of the steps that it goes through.

    Args:
        course: the course folder.
        step: "source", "release", "received", "submitted", "autograded" or "feedback".
        assignment: its name.
        student: from "received" on, each has a folder.

    >>> place(Path("course"), "submitted", "08-test-time", "ada").as_posix()
    'course/submitted/ada/08-test-time'
    """
    return course / step / student / assignment


def notebook_in(course: Path, step: str, assignment: str, student: str = "") -> Path:
    """The notebook of an assignment, as in :func:`place`."""
    return place(course, step, assignment, student) / f"{assignment}.ipynb"


def read(path: Path) -> NotebookNode:
    """Read a notebook that one of our programs, or nbgrader's, has written."""
    notebook: NotebookNode = nbformat.read(path, as_version=4)
    return notebook


def read_source(course: Path, assignment: str) -> NotebookNode:
    """The notebook of an assignment with solutions and hidden tests.

    Raises:
        FileNotFoundError: there is no such assignment in this course.
    """
    path = notebook_in(course, "source", assignment)
    if not path.is_file():
        raise FileNotFoundError(
            f"No assignment {assignment!r} in {course}: {path} does not exist. There is: "
            f"{', '.join(assignments(course)) or 'none'}. `bnviz course assign` makes one."
        )
    return read(path)


def assignments(course: Path, step: str = "source") -> list[str]:
    """The assignments of a course, in the order of their names."""
    paths = (course / step).glob("*/*.ipynb")
    return sorted(path.stem for path in paths if path.stem == path.parent.name)


def students(course: Path, step: str, assignment: str) -> list[str]:
    """Those of whom there is something, in the order of their names."""
    folders = (course / step).glob(f"*/{assignment}")
    return sorted(folder.parent.name for folder in folders if folder.is_dir())


def collected(course: Path, step: str, assignment: str) -> Iterator[tuple[str, NotebookNode]]:
    """Each student of whom there is a notebook, and that notebook."""
    for student in students(course, step, assignment):
        path = notebook_in(course, step, assignment, student)
        if path.is_file():
            yield student, read(path)


def scripts_on_path() -> str:
    """The search path with the programs of this Python first.

    nbgrader calls alembic by its name, and an environment that is not activated has it elsewhere.
    """
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
