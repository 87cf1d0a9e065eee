"""An assignment, made once, for all tests of the course's tools."""

import shutil
from pathlib import Path

import nbformat
import pytest
import small_course
from assigned import NAME, ROOT
from nbformat import NotebookNode

from bnviz.course.grading.assignment import Book, assign


@pytest.fixture(scope="session")
def assigned_course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course folder with one assignment; tests that write into it copy it first."""
    course = tmp_path_factory.mktemp("course") / "course"
    list(assign([NAME], course, Book(ROOT), seed=7))
    return course


@pytest.fixture(scope="session")
def source(assigned_course: Path) -> NotebookNode:
    return nbformat.read(assigned_course / "source" / NAME / f"{NAME}.ipynb", 4)


@pytest.fixture(scope="session")
def release(assigned_course: Path) -> NotebookNode:
    return nbformat.read(assigned_course / "release" / NAME / f"{NAME}.ipynb", 4)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course folder with one small assignment; tests that write into it copy it first."""
    return small_course.make(tmp_path_factory.mktemp("small") / "course")


@pytest.fixture
def course(small: Path, tmp_path: Path) -> Path:
    """A copy of the small course, to be changed."""
    return shutil.copytree(small, tmp_path / "course")
