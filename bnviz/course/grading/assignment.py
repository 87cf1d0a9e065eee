"""``assign``: from a chapter and its graded problems to the notebook that students get.

An assignment holds exercises, not the chapter's text: it opens at once, and thirty of them are
graded in minutes. What is made is a course folder as nbgrader knows it, so that nbgrader's own
commands, its formgrader and its exchange work on it too.
"""

from __future__ import annotations

import copy
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from bnviz.course.grading.folder import notebook_in, read, scripts_on_path
from bnviz.course.grading.form import (
    FormError,
    Problem,
    merged,
    points_of,
    problems_in,
    tried,
)
from bnviz.course.grading.marks import graderdata, heading, tags_of, unmarked
from bnviz.course.grading.otter import otter_notebook

__all__ = ["Book", "assign", "run_source", "source_notebook"]

CONFIG = '''"""nbgrader's settings for this course; `nbgrader --help-all` explains them."""

c = get_config()  # noqa: F821
c.CourseDirectory.root = __file__.rpartition("/")[0]
c.CourseDirectory.course_id = "batch-normalization"
# What a student finds where the solution was.
c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\\nreturn None"}
'''
# JupyterLab's "Run All Cells" goes on behind a cell with this tag: what is not answered yet fails.
GOES_ON = "raises-exception"
# In the book an exercise ends with its solution; here a cell to try the own answer is there.
_THE_SOLUTION = re.compile(r"\bThe solution (?=\w+s\b)")


class Book:
    """A checkout of the book: its chapters, and the problems that belong to them.

    Args:
        root: the folder with ``chapters/`` and ``problems/``.
        folders: more folders with problems, an instructor's own. A notebook in them takes the place
            of one of the book's that has the same file name.

    Raises:
        FormError: there is no notebook in one of the folders.
    """

    def __init__(self, root: Path, folders: Sequence[Path] = ()) -> None:
        for folder in folders:
            if not any(folder.glob("*.ipynb")):
                raise FormError(
                    f"There is no notebook with problems in {folder}. Is its name right?"
                )
        self.root, self.folders = root, (root / "problems", *folders)

    @property
    def names(self) -> list[str]:
        """All that can be assigned: chapters, and problems that belong to none."""
        chapters = [path.stem for path in sorted((self.root / "chapters").glob("*.ipynb"))]
        with_tasks = [name for name in chapters if self._has_problems(self.chapter(name))]
        alone = [
            path.stem for path in self._notebooks() if not any(map(path.stem.startswith, chapters))
        ]
        return [*with_tasks, *alone]

    def chapter(self, name: str) -> NotebookNode | None:
        """The chapter of that name; None where a folder has the problems alone."""
        path = self.root / "chapters" / f"{name}.ipynb"
        return read(path) if path.is_file() else None

    def problems(self, name: str) -> list[NotebookNode]:
        """Notebooks with problems for a chapter: all whose file's name begins with its name."""
        found = [path for path in self._notebooks() if path.stem.startswith(name)]
        return [read(path) for path in found]

    def _notebooks(self) -> Iterator[Path]:
        found = (path for folder in self.folders for path in sorted(folder.glob("*.ipynb")))
        yield from {path.name: path for path in found}.values()

    @staticmethod
    def _has_problems(notebook: NotebookNode | None) -> bool:
        return notebook is not None and any("stub" in tags_of(cell) for cell in notebook.cells)


def source_notebook(
    name: str, book: Book, *, seed: int = 0, practice: bool = True, address: str = ""
) -> NotebookNode:
    """The notebook that nbgrader calls source: with solutions and hidden tests, all of it marked.

    Args:
        name: of a chapter, such as "08-test-time", or of a notebook with problems.
        book: where it is looked for.
        seed: of the course; with it, and the student, each has other numbers.
        practice: whether the chapter's own exercises belong to it, whose solutions are published.
        address: of the book on the web, for a link to the chapter's page.

    Raises:
        FormError: there is nothing of that name, or a notebook is not in the four-cell form.
    """
    chapter, notebooks = book.chapter(name), book.problems(name)
    exercises = problems_in(chapter) if chapter is not None and practice else []
    if not exercises and not notebooks:
        raise FormError(
            f"There is nothing to assign under the name {name!r}; there is {', '.join(book.names)}."
        )
    cells = [_locked(new_markdown_cell(_title(name, chapter, notebooks, address)), "title")]
    all_notebooks = notebooks if chapter is None else [chapter, *notebooks]
    cells += [_locked(unmarked(c), c.id) for c in _beginning(all_notebooks)]
    own = [c for notebook in notebooks for c in notebook.cells if "student" in tags_of(c)]
    if own:
        cells.append(_locked(new_code_cell(f"SEED = {seed}"), "seed"))
        cells.append(_named(new_code_cell(own[0].source.split("\n")[0]), "student"))
    if exercises:
        cells.append(_locked(new_markdown_cell("## Practice"), "practice"))
        for exercise in exercises:
            cells += _assigned(exercise)
    if notebooks:
        cells.append(_locked(new_markdown_cell("## Problems"), "problems"))
    for notebook in notebooks:
        for problem in problems_in(notebook):
            cells += _assigned(problem)
    twice = {c.id for c in cells if [d.id for d in cells].count(c.id) > 1}
    if twice:
        raise FormError(f"In {name} two cells have the id {', '.join(sorted(twice))}. Rename one.")
    made: NotebookNode = new_notebook(cells=cells)
    made.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "bnviz": {"assignment": name, "seed": seed},
    }
    nbformat.validate(made)
    return made


def assign(
    names: Iterable[str],
    to: Path,
    book: Book,
    *,
    seed: int = 0,
    practice: bool = True,
    otter: str = "",
    **more: Any,
) -> Iterator[Path]:
    """Make assignments in a course folder, one after the other.

    Args:
        names: of chapters, or of notebooks with problems.
        to: the course folder; it is made where it is not there yet.
        book: where they are looked for.
        seed: of the course.
        practice: whether the chapters' own exercises belong to it.
        otter: what Gradescope is to install, a line of pip's; if it is given, the notebook for
            ``otter assign`` is written into ``otter/NAME`` of the course folder, too.
        more: of :func:`source_notebook`.

    Yields:
        The released notebook of each.

    Raises:
        FormError: a notebook is not in the form, or one of its solutions fails its own check.
    """
    sources = {n: source_notebook(n, book, seed=seed, practice=practice, **more) for n in names}
    to.mkdir(parents=True, exist_ok=True)
    if not (to / "nbgrader_config.py").exists():
        (to / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
    for name, source in sources.items():
        ran = run_source(source)
        if otter:
            _write(otter_notebook(ran, requirements=otter), to / "otter" / name / f"{name}.ipynb")
        _write(source, notebook_in(to, "source", name))
        yield _released(to, name)


def run_source(source: NotebookNode) -> NotebookNode:
    """Run a source notebook as nbgrader would validate it; gives a copy with its outputs.

    Raises:
        FormError: a cell fails: the solutions must pass their own checks.
    """
    with tempfile.TemporaryDirectory() as folder:
        ran = copy.deepcopy(source)
        for cell in ran.cells:  # here, whatever fails is an error
            if GOES_ON in tags_of(cell):
                cell.metadata.tags.remove(GOES_ON)
        client = NotebookClient(ran, timeout=300, resources={"metadata": {"path": folder}})
        # Older kernels bring a debugger into this process, too, which warns of its own.
        os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
        given = {"NBGRADER_EXECUTION": "validate", "BNVIZ_STUDENT": "a student"}
        try:
            # On warnings of the kernel's, of TCP or of debuggers, an instructor could act on none.
            client.execute(env={**os.environ, **given}, stderr=subprocess.DEVNULL)
        except CellExecutionError as error:
            raise FormError(f"The source itself does not pass. {error}") from error
    return ran


def _write(notebook: NotebookNode, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


def _released(course: Path, name: str) -> Path:
    """Let nbgrader make what students get."""
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", name, "--force"]
    done = subprocess.run(
        command,
        cwd=course,
        env={**os.environ, "PATH": scripts_on_path()},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise FormError(f"nbgrader could not release {name}:\n{done.stderr.strip()}")
    return notebook_in(course, "release", name)


# --- cells ----------------------------------------------------------------------------------------


def _assigned(problem: Problem) -> list[NotebookNode]:
    """What nbgrader gets of a problem: task, answer, checks, and what to try with the answer."""
    what = problem.what
    asked = _THE_SOLUTION.sub("The cell “Try it” ", problem.task.source)
    task = _locked(new_markdown_cell(asked), f"{what}-task")
    answer = _named(new_code_cell(merged(problem.stub.source, problem.solution.source)), what)
    answer.metadata.nbgrader = graderdata(what, solution=True)
    cells = [answer]
    for number, check in enumerate(problem.checks, 1):
        name = f"{what}-check" + ("" if number == 1 else f"-{number}")
        cell = _locked(new_code_cell(check.source), name)
        cell.metadata.nbgrader = graderdata(name, grade=True, locked=True, points=points_of(check))
        cell.metadata.tags = [GOES_ON]
        cells.append(cell)
    for cell in cells:
        cell.metadata.bnviz = {"exercise": problem.name}
    function = re.search(r"def (\w+)", problem.stub.source)
    after = tried(problem.solution.source, function[1]) if function else ""
    if after:
        cell = _named(new_code_cell(f"# Try it, with your answer\n{after}"), f"{what}-try")
        cell.metadata.tags = ["try", GOES_ON]
        cells.append(cell)
    return [task, *(_locked(unmarked(cell), cell.id) for cell in problem.given), *cells]


def _beginning(notebooks: Iterable[NotebookNode]) -> Iterator[NotebookNode]:
    """One setup cell, and the imports of each notebook."""
    has_setup = False
    for notebook in notebooks:
        for cell in notebook.cells:
            setup = "setup" in tags_of(cell)
            if (setup and not has_setup) or cell.source.startswith("#@title Imports"):
                has_setup |= setup
                yield cell


def _title(
    name: str, chapter: NotebookNode | None, notebooks: Sequence[NotebookNode], address: str
) -> str:
    text = [f"# {heading((notebooks[0] if chapter is None else chapter).cells[0])}"]
    if chapter is not None:
        where = f"[the chapter]({address}/chapters/{name}.html)" if address else name
        text.append(f"Exercises and problems to {where}: what you need for them stands there.")
    text.append(
        "Write each answer where it says `# YOUR CODE HERE`, and run the cell below it, as often "
        "as you like: it says what is right and what is not yet. Cells of your own may stand "
        "anywhere. The problems are graded with more tests than you see."
    )
    return "\n\n".join(text)


def _named(cell: NotebookNode, name: str) -> NotebookNode:
    cell.id = name
    return cell


def _locked(cell: NotebookNode, name: str) -> NotebookNode:
    cell.metadata.nbgrader = graderdata(name, locked=True)
    return _named(cell, name)
