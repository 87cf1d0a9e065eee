"""``grade``: runs what was handed in and writes the points into the gradebook.

Each submission is put together with the course's own cells (`compose`), run by a process of its
own (`runner`) whose kernel cannot reach the course folder (`sandbox`), and recorded (`gradebook`).
What a submission breaks, it breaks for itself.
"""

import contextlib
import json
import os
import shutil
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import asdict, replace
from pathlib import Path
from typing import Literal

import nbformat
from nbformat import NotebookNode
from nbgrader.api import MissingEntry
from tqdm import tqdm

from bnviz.course.grading.folder import OF_NBGRADER, notebook_in, place, read_source
from bnviz.course.grading.folder import students as handed_in_by
from bnviz.course.grading.gradebook import Guard, open_gradebook, record
from bnviz.course.grading.reading import read_notebook
from bnviz.course.grading.received import take_in
from bnviz.course.grading.sandbox import Isolation, Limits, isolation
from bnviz.course.grading.submission import (
    MOST_BYTES,
    REFUSED,
    Graded,
    Submission,
    run_submission,
)
from bnviz.course.grading.watchdog import Running

__all__ = ["Graded", "grade"]


def grade(
    course: Path,
    assignment: str,
    *,
    students: Collection[str] | None = None,
    jobs: int | None = None,
    cell_seconds: float = 30,
    seconds: float = 300,
    memory_mb: int = 4096,
    force: bool = False,
    isolate: Isolation | None = None,
    progress: bool = True,
) -> list[Graded]:
    """Grade what was handed in for an assignment.

    Safe to interrupt: what is graded, and has not changed since, is not graded again.

    Args:
        course: the course folder, as nbgrader has it.
        assignment: the name, such as "08-test-time".
        students: only these; all if not given.
        jobs: how many at the same time; as many as there are cores if not given.
        cell_seconds: the time for one cell.
        seconds: the time for one submission.
        memory_mb: the memory for one submission.
        force: also what is graded and unchanged.
        isolate: what to run in; the best that works here if not given.
        progress: whether to show a bar.

    Returns:
        One result for each submission, by student.

    Raises:
        FileNotFoundError: there is no such assignment in this course.
        ValueError: a student has handed in nothing for it, or ``jobs`` is less than 1.
        RuntimeError: no kernel can be started here.
    """
    if jobs is not None and jobs < 1:
        raise ValueError(f"jobs is {jobs}; at least 1 submission is graded at a time.")
    course = Path(course).resolve()
    source = _source(course, assignment)
    kind = isolate or isolation()
    limits = Limits(cell_seconds=cell_seconds, seconds=seconds, memory_mb=memory_mb)
    handed_in = [
        _taken_in(Submission(course, assignment, student, source, limits, kind))
        for student in _students(course, assignment, students)
    ]
    results = {}
    todo = []
    for work in handed_in:
        known = None if force else _earlier(work, "key")
        if known:
            results[work.student] = replace(known, status="unchanged")
        else:
            todo.append(work)
    for result in _all(todo, jobs or os.cpu_count() or 1, progress):
        results[result.student] = result
    return [results[student] for student in sorted(results)]


def _source(course: Path, assignment: str) -> NotebookNode:
    source = read_source(course, assignment)
    with open_gradebook(course) as book:
        try:
            book.find_notebook(assignment, assignment)
        except MissingEntry:
            raise FileNotFoundError(
                f"The gradebook of {course} does not know the assignment {assignment!r}. "
                f"`nbgrader generate_assignment {assignment}` enters it."
            ) from None
    return source


def _students(course: Path, assignment: str, students: Collection[str] | None) -> list[str]:
    there = handed_in_by(course, "submitted", assignment)
    if students is None:
        return there
    missing = sorted(set(students) - set(there))
    if missing:
        raise ValueError(
            f"Nothing was handed in for {assignment} by {', '.join(missing)}. "
            f"There is something by: {', '.join(there) or 'nobody'}."
        )
    return sorted(set(students))


def _taken_in(work: Submission) -> Submission:
    """With what `intake` does, for what came by nbgrader's exchange, in any state, too."""
    release = notebook_in(work.course, "release", work.assignment)
    remarks: Sequence[str] = ()
    try:
        if release.is_file() and not _is_huge(work.folder):
            released = read_notebook(release.read_bytes())
            remarks = take_in(work.course, work.student, work.assignment, released)
    except REFUSED as error:
        remarks = [f"It is graded as it came: {type(error).__name__}: {error}"]
    return replace(work, remarks=tuple(remarks))


def _is_huge(folder: Path) -> bool:
    return any(path.stat().st_size > MOST_BYTES for path in folder.glob("*.ipynb"))


def _earlier(work: Submission, mark: Literal["key", "sent"]) -> Graded | None:
    """The result of an earlier run, if the mark of the submission is still what it was then."""
    try:
        told = json.loads(work.graded.read_text(encoding="utf-8"))["metadata"]["bnviz"]["graded"]
        marks = {name: told.pop(name) for name in ("key", "sent")}
        if told["status"] != "graded" or marks[mark] != getattr(work, mark):
            return None
        notes = dict.fromkeys((*told["notes"], *work.remarks))
        return Graded(**{**told, "notes": tuple(notes)})
    except REFUSED:
        return None


def _all(handed_in: list[Submission], jobs: int, progress: bool) -> Iterator[Graded]:
    """Run them, some at a time, and record each as soon as it has run."""
    if not handed_in:
        return
    # In namespaces nothing of the course is within reach: what changes meanwhile was changed by a
    # person who grades by hand, and must stay. Elsewhere the two cannot be told apart.
    guard = _guard(handed_in) if handed_in[0].isolation != "namespaces" else None
    running = Running()
    bar = tqdm(total=len(handed_in), unit="submission", disable=not progress)
    pool = ThreadPoolExecutor(jobs)
    try:
        futures = {pool.submit(_one, work, guard, running): work for work in handed_in}
        for future in as_completed(futures):
            yield _recorded(futures[future], future, guard)
            bar.update()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        running.end()
        pool.shutdown()
        bar.close()


def _one(work: Submission, guard: Guard | None, running: Running) -> tuple[NotebookNode, Graded]:
    nb, result = run_submission(work, running)
    changed = guard.restored() if guard else []
    if changed:
        names = ", ".join(str(path.relative_to(work.course)) for path in changed[:5])
        note = (
            f"Changed while this ran, by it or by what ran at the same time: {names}. "
            "It was put back as it was."
        )
        result = replace(result, notes=(*result.notes, note))
    return nb, result


def _guard(handed_in: list[Submission]) -> Guard:
    """For the gradebook, the assignment, and what all have handed in."""
    first = handed_in[0]
    given = place(first.course, "source", first.assignment).rglob("*")
    others = (path for work in handed_in for path in (work.notebook, *work.files.values()))
    return Guard(first.course, (path for path in (*given, *others) if path.is_file()))


def _recorded(
    work: Submission, future: Future[tuple[NotebookNode, Graded]], guard: Guard | None
) -> Graded:
    """Into the gradebook and autograded/; whatever goes wrong concerns this submission alone."""
    try:
        nb, result = future.result()
        earlier = _earlier(work, "sent") if result.status == "not graded" else None
        if earlier:  # what has told nothing of the submission takes nothing away
            notes = (*result.notes, "The points of an earlier run stay.")
            return replace(result, earned=earlier.earned, notes=notes)
        writing = guard.writing() if guard else contextlib.nullcontext()
        with writing, open_gradebook(work.course) as book:
            when = _timestamp(work)
            record(book, work.assignment, work.student, nb, result.earned, when)
        _save(work, nb, result)
    except Exception as error:  # noqa: BLE001 - the others are to be graded
        possible = work.possible
        note = f"It could not be graded or recorded: {type(error).__name__}: {error}"
        unknown = dict.fromkeys(possible)
        return Graded(work.student, "not graded", unknown, possible, work.isolation, (note,))
    return result


def _timestamp(work: Submission) -> str | None:
    path = work.folder / "timestamp.txt"
    return path.read_text(encoding="utf-8").strip() or None if path.is_file() else None


def _save(work: Submission, nb: NotebookNode, result: Graded) -> None:
    """Last, so that what is there with its key is graded for good."""
    folder = work.graded.parent
    folder.mkdir(parents=True, exist_ok=True)
    for name in OF_NBGRADER:
        if (work.folder / name).is_file():
            shutil.copy(work.folder / name, folder / name)
    told = {**asdict(result), "notes": list(result.notes)}
    told |= {"key": work.key, "sent": work.sent} if result.status == "graded" else {}
    nb.metadata.setdefault("bnviz", NotebookNode())["graded"] = told
    new = work.graded.with_suffix(".new")
    nbformat.write(nb, new)
    new.replace(work.graded)
