"""nbgrader's gradebook: what grading writes there, and how the file is kept from being changed."""

import contextlib
import threading
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import compute_checksum, determine_grade, is_grade, is_solution, is_task
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from bnviz.course.grading.folder import GRADEBOOK
from bnviz.course.grading.marks import grade_id

__all__ = ["Guard", "open_gradebook", "points", "record"]


def _directory(course: Path) -> CourseDirectory:
    """The course folder as nbgrader sees it, with its settings."""
    config = Config()
    if (course / "nbgrader_config.py").exists():
        config = PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config()
    config.CourseDirectory.root = str(course)
    return CourseDirectory(config=config)


@contextlib.contextmanager
def open_gradebook(course: Path) -> Iterator[Gradebook]:
    """Open the gradebook of a course, and close it again.

    Args:
        course: the course folder.
    """
    directory = _directory(course)
    with warnings.catch_warnings(), Gradebook(directory.db_url, directory.course_id) as book:
        # nbgrader adds what is new in an order that SQLAlchemy notes, and that works.
        warnings.filterwarnings("ignore", message="Object of type .* not in session")
        yield book


def points(cell: NotebookNode) -> float | None:
    """The points that a cell has earned, as nbgrader counts; None where a person has to say.

    An error is 0, a last value that is a number counts as it is, all else is full marks. What was
    written to standard error, such as a warning, takes nothing away.

    Args:
        cell: an executed cell with points.
    """
    if cell.cell_type == "code":
        kept = [o for o in cell.outputs if not (o.output_type == "stream" and o.name == "stderr")]
        cell = NotebookNode({**cell, "outputs": kept})
    try:
        earned, _ = determine_grade(cell)
    except (KeyError, ValueError):  # a last value of more points than there are
        return None
    return None if earned is None else float(earned)


def record(
    book: Gradebook,
    assignment: str,
    student: str,
    nb: NotebookNode,
    earned: Mapping[str, float | None],
    timestamp: str | None,
) -> None:
    """Write what one submission has earned; what was given by hand stays.

    Args:
        book: the open gradebook.
        assignment: its name, and that of its notebook.
        student: who handed in; is added if new.
        nb: the executed notebook.
        earned: grade id → points; None where they are not known.
        timestamp: when it was handed in.

    Raises:
        MissingEntry: the gradebook does not know the assignment.
    """
    book.find_notebook(assignment, assignment)  # before anything is added
    person = book.update_or_create_student(student)
    if person.first_name is None and person.last_name is None:
        person.first_name, person.last_name = "", student  # the formgrader shows no “None, None”
    when = {"timestamp": timestamp} if timestamp else {}
    book.update_or_create_submission(assignment, student, **when)
    for cell in nb.cells:
        name = grade_id(cell)
        if not name:
            continue
        if is_grade(cell) or is_task(cell):
            grade = book.find_grade(name, assignment, assignment, student)
            grade.auto_score = earned.get(name)
            by_hand = grade.manual_score is not None
            grade.needs_manual_grade = by_hand or grade.auto_score is None
        if is_solution(cell) or is_task(cell):
            comment = book.find_comment(name, assignment, assignment, student)
            given = book.find_source_cell(name, assignment, assignment)
            same = not is_task(cell) and compute_checksum(cell) == given.checksum
            comment.auto_comment = "No response." if same else None
    book.db.commit()


class Guard:
    """Keeps the gradebook and other files as they were, while code runs that might change them.

    Our own writing to the gradebook is for one at a time, and only inside `writing`.
    """

    def __init__(self, course: Path, others: Iterable[Path] = ()) -> None:
        """Remember the gradebook of ``course``, and ``others``, as they are now."""
        self._book = course / GRADEBOOK
        self._lock = threading.Lock()
        self._kept = {path: _bytes(path) for path in (self._book, *others)}

    def restored(self) -> list[Path]:
        """Put back what has changed.

        Returns:
            What had.
        """
        with self._lock:
            changed = [path for path, kept in self._kept.items() if _bytes(path) != kept]
            for path in changed:
                path.unlink(missing_ok=True)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(self._kept[path])
            if self._book in changed:
                for beside in ("-journal", "-wal", "-shm"):  # SQLite would play a forged one back
                    self._book.with_name(GRADEBOOK + beside).unlink(missing_ok=True)
            return changed

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """What the gradebook is after this is how it is kept."""
        with self._lock:
            yield
            self._kept[self._book] = _bytes(self._book)


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""
