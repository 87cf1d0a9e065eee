"""One submission: what was handed in, and what came of running it."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import nbformat
from nbformat import NotebookNode
from nbgrader.utils import is_grade, is_solution

from bnviz.course.grading.compose import compose
from bnviz.course.grading.folder import OF_NBGRADER, notebook_in, place, read
from bnviz.course.grading.gradebook import points
from bnviz.course.grading.marks import checks_of, grade_id
from bnviz.course.grading.runner import Job
from bnviz.course.grading.sandbox import Isolation, Limits
from bnviz.course.grading.shadows import remarks
from bnviz.course.grading.watchdog import Running, end_with_all

__all__ = ["MOST_BYTES", "REFUSED", "Graded", "Submission", "run_submission"]

GRACE_SECONDS = 120.0  # for the runner, beyond the submission's own time, before it is ended
MOST_BYTES = 100_000_000  # of a notebook, and of all files beside it
TRIES = 2
RUNNER = "from bnviz.course.grading.runner import main; main()"
REFUSED = (AttributeError, KeyError, OSError, RecursionError, TypeError, ValueError)


@dataclass(frozen=True)
class Graded:
    """What came of one submission.

    Attributes:
        student: who handed in.
        status: "graded", "unchanged" since it was graded, or "not graded": then the notes say why,
            and points that are not known are None, never 0. Points that an earlier run gave to the
            same submission stay.
        earned: grade id → points.
        possible: grade id → the most that it can bring.
        isolation: what the code ran in.
        notes: what a person should know.
    """

    student: str
    status: Literal["graded", "unchanged", "not graded"]
    earned: dict[str, float | None]
    possible: dict[str, float]
    isolation: Isolation
    notes: tuple[str, ...] = ()

    @property
    def score(self) -> float:
        """All points earned; those not known count nothing."""
        return sum(value for value in self.earned.values() if value is not None)


@dataclass(frozen=True)
class Submission:
    """One submission to grade.

    Attributes:
        course: the course folder.
        assignment: its name.
        student: who handed in.
        source: the assignment's own notebook.
        limits: what the submission may use.
        isolation: what it runs in.
        remarks: what is known about it before it runs.
    """

    course: Path
    assignment: str
    student: str
    source: NotebookNode
    limits: Limits
    isolation: Isolation
    remarks: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """What was handed in."""
        return place(self.course, "submitted", self.assignment, self.student)

    @property
    def notebook(self) -> Path:
        """The notebook that was handed in."""
        return notebook_in(self.course, "submitted", self.assignment, self.student)

    @property
    def graded(self) -> Path:
        """Where nbgrader looks for the notebook with its outputs."""
        return notebook_in(self.course, "autograded", self.assignment, self.student)

    @property
    def files(self) -> dict[str, Path]:
        """What lies beside the notebook; where names are equal, the course's file counts."""
        given = place(self.course, "source", self.assignment)
        found = dict(_files_in(self.folder))
        found.update((name, path) for name, path in _files_in(given) if path.suffix != ".ipynb")
        for name in (self.notebook.name, *OF_NBGRADER):
            found.pop(name, None)
        return found

    def read(self) -> NotebookNode:
        """The notebook that was handed in.

        Raises:
            ValueError: there is none, or it is too large.
        """
        if not self.notebook.is_file():
            raise ValueError("it was not handed in under this name")
        if self.notebook.stat().st_size > MOST_BYTES:
            raise ValueError("it has more than 100 MB")
        return read(self.notebook)

    @property
    def possible(self) -> dict[str, float]:
        """Grade id → the most points, of each cell that has some."""
        return {check.name: check.points for check in checks_of(self.source)}

    @property
    def key(self) -> str:
        """Changes with anything that the points come from."""
        course = nbformat.writes(self.source).encode(), str(self.limits).encode()
        return _digest(self.sent.encode(), *course, *_contents(self.files.items()))

    @property
    def sent(self) -> str:
        """Changes with what the student has sent."""
        files = ((name, path) for name, path in _files_in(self.folder) if name not in OF_NBGRADER)
        return _digest(*_contents(files))


def _digest(*parts: bytes) -> str:
    digests = (hashlib.sha256(part).digest() for part in parts)
    return hashlib.sha256(b"".join(digests)).hexdigest()


def _contents(files: Iterable[tuple[str, Path]]) -> Iterator[bytes]:
    for name, path in sorted(files):
        yield from (name.encode(), path.read_bytes())


def _files_in(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.resolve().is_relative_to(folder.resolve()):
            yield path.relative_to(folder).as_posix(), path


def run_submission(work: Submission, running: Running | None = None) -> tuple[NotebookNode, Graded]:
    """Run one submission; nothing is written anywhere.

    Args:
        work: the submission.
        running: remembers the process, to end it when grading is interrupted.

    Returns:
        The executed notebook and what it earned.
    """
    possible = work.possible
    nothing: dict[str, float | None] = dict.fromkeys(possible)
    try:
        sent = work.read()
        nb = compose(work.source, sent)
        nb.metadata.setdefault("bnviz", NotebookNode())["missing"] = _noted(sent, "missing")
        nbformat.validate(nb)
        if sum(path.stat().st_size for path in work.files.values()) > MOST_BYTES:
            raise ValueError("the files beside the notebook have more than 100 MB")
    except (*REFUSED, nbformat.ValidationError) as error:
        nb = compose(work.source, nbformat.v4.new_notebook())
        reason = str(error).strip().splitlines() or [type(error).__name__]
        note = f"{work.notebook.name} cannot be run: {reason[0][:300]}"
        notes = [note, *work.remarks]
        return nb, Graded(work.student, "not graded", nothing, possible, work.isolation, (*notes,))

    told: dict[int, dict[str, Any]] = {}
    problem = ""
    for _ in range(TRIES):
        told, problem = _outputs(work, nb, running or Running())
        if not problem:
            break
    for i, ran in told.items():
        nb.cells[i].outputs = nbformat.from_dict(ran["outputs"])
        nb.cells[i].execution_count = ran["count"]

    problem = _broken_setup(nb) or problem
    earned = dict(nothing)
    lost = _lost(work.source, sent)
    for i, cell in enumerate(nb.cells):
        if grade_id(cell) in lost:
            cell.outputs, cell.execution_count = [], None
        elif is_grade(cell) and (i in told or cell.cell_type != "code") and not _broken_setup(nb):
            earned[grade_id(cell)] = points(cell)
    notes = [problem] if problem else [_told(ran, nb) for ran in told.values() if _told(ran, nb)]
    if lost:
        titles = (check.title for check in checks_of(work.source) if check.name in lost)
        answers = "; ".join(dict.fromkeys(titles))
        notes.append(f"Lost with a part of the file, so not graded: {answers}.")
    notes += [*remarks(work.files), *work.remarks]
    status: Literal["graded", "not graded"] = "not graded" if problem or lost else "graded"
    return nb, Graded(work.student, status, earned, possible, work.isolation, tuple(notes))


def _lost(source: NotebookNode, sent: NotebookNode) -> set[str]:
    """The checks whose answers a damaged file has no more."""
    names, found, answer = _noted(sent, "lost"), set(), ""
    for cell in source.cells:
        answer = grade_id(cell) if is_solution(cell) else answer
        if is_grade(cell) and answer in names:
            found.add(grade_id(cell))
    return found


def _noted(sent: NotebookNode, what: str) -> list[str]:
    """The answers of which intake notes this, by the grade ids of their cells."""
    noted = sent.metadata.get("bnviz")
    names = noted.get(what) if isinstance(noted, dict) else None
    return [str(name) for name in names] if isinstance(names, list) else []


def _told(ran: dict[str, Any], nb: NotebookNode) -> str:
    """A line on a cell that did not end by itself; empty for one that did."""
    if ran["outcome"] == "done":
        return ""
    cell = nb.cells[ran["cell"]]
    return f"Cell {grade_id(cell) or ran['cell'] + 1}: {ran['outputs'][-1]['evalue']}"


def _broken_setup(nb: NotebookNode) -> str:
    """Why this machine, not the submission, is to blame: the course's first cells fail."""
    for cell in nb.cells:
        if cell.cell_type != "code":
            continue
        if not grade_id(cell) or is_solution(cell) or is_grade(cell):
            return ""  # from here on, the submission's code has run
        for output in cell.outputs:
            if output.output_type == "error":
                said = f"{output.ename}: {output.evalue}".splitlines()[0][:300]
                return f"The course's own cell {grade_id(cell)!r} does not run here: {said}"
    return ""


def _outputs(
    work: Submission, nb: NotebookNode, running: Running
) -> tuple[dict[int, dict[str, Any]], str]:
    """Let the runner run the notebook: what came of its cells, and why not of all."""
    job = Job(
        nbformat.writes(nb),
        work.student,
        {name: str(path) for name, path in work.files.items()},
        str(work.course),
        work.isolation,
        work.limits,
    )
    process = subprocess.Popen(
        [sys.executable, "-c", RUNNER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,  # Ctrl-C is for this process, which then ends that one in order
    )
    with running.among(process.pid):
        try:
            said, log = process.communicate(
                json.dumps(asdict(job)), timeout=work.limits.seconds + GRACE_SECONDS
            )
        except subprocess.TimeoutExpired:
            end_with_all(process.pid)
            said, log = process.communicate()
    lines = [json.loads(line) for line in said.splitlines() if line.endswith("}")]
    told = {line["cell"]: line for line in lines if "cell" in line}
    if lines and "end" in lines[-1]:
        return told, ""
    reason = (log.strip().splitlines() or [f"it ended with status {process.returncode}"])[-1]
    return told, f"Not all cells could be run, for a reason outside of them: {reason[:300]}"
