"""What was received from a student for an assignment, and which of it counts."""

import hashlib
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.utils import parse_utc

from bnviz.course.grading.folder import OF_NBGRADER, TIMESTAMP, notebook_in, place
from bnviz.course.grading.inbox import Sent
from bnviz.course.grading.reading import Unreadable
from bnviz.course.grading.rebuild import Notes, State, rebuild
from bnviz.course.grading.salvage import read_or_salvage

__all__ = ["Version", "keep", "lay_beside", "settle", "take_in"]

# In the format of sha256sum: what was last written to submitted/, and from which file.
RECORD = "submitted.sha256"


@dataclass(frozen=True)
class Version:
    """One notebook of a student, rebuilt.

    Args:
        path: the file as it was received.
        time: when it was written.
        notebook: what was made of it.
        notes: what there is to say about it.
        damage: what is wrong with the file, as the end of a sentence; "" if it is whole.
    """

    path: Path
    time: datetime
    notebook: NotebookNode
    notes: Notes
    damage: str = ""


def keep(course: Path, student: str, assignment: str, sent: Sent) -> Path:
    """Keep a file as it was received, with its time.

    Args:
        course: the course folder.
        student: whose file it is.
        assignment: to which it belongs.
        sent: the file.

    Returns:
        Where it lies. The same bytes are kept once, with the time at which they first came.
    """
    return _keep(place(course, "received", assignment, student), sent.name, sent.data, sent.time)


def lay_beside(course: Path, student: str, assignment: str, name: str, sent: Sent) -> bool:
    """Lay a file beside the notebook that is graded.

    Where the assignment has a file of that name, grading takes the assignment's.

    Args:
        course: the course folder.
        student: whose file it is.
        assignment: to which it belongs.
        name: where it lay, as the notebook sees it: "data/own.csv".
        sent: the file; of several of one name the newest counts.

    Returns:
        Whether it lies there now, it or a newer one.
    """
    if name in OF_NBGRADER:
        return False
    path, time = place(course, "submitted", assignment, student) / name, sent.time.timestamp()
    try:
        if not path.is_file() or path.stat().st_mtime <= time:
            _write(path, sent.data)
            os.utime(path, (time, time))
    except OSError:  # a name that is too long, or of a file where another one needs a folder
        return False
    return True


def settle(course: Path, student: str, assignment: str, released: NotebookNode) -> list[Version]:
    """Rebuild what was received, and hand the version that counts to nbgrader.

    The newest that has answers counts, a whole one before one that is damaged. A notebook that came
    into ``submitted/`` by another way (nbgrader's exchange, or a correction by hand) is taken as
    received too.

    Args:
        course: the course folder.
        student: whose files are looked at.
        assignment: to which they belong.
        released: the notebook as it was given out.

    Returns:
        All versions, the one that counts first.
    """
    received = place(course, "received", assignment, student)
    submitted = notebook_in(course, "submitted", assignment, student)
    adopted = [_adopt(path, received) for path in _not_taken_in(course, student, assignment)]
    versions = []
    for path in sorted(received.iterdir()):
        try:
            sent, damage = read_or_salvage(path.read_bytes())
        except Unreadable:
            continue
        notebook, notes = rebuild(released, sent)
        if damage and not notes.found:
            continue
        if missing := notes.named(State.MISSING):
            # Nobody knows what stood in a damaged file, so there it must not count as nothing.
            kind = "lost" if damage else "missing"
            notebook.metadata.setdefault("bnviz", {})[kind] = missing
        time = datetime.fromtimestamp(int(path.stat().st_mtime), UTC)
        versions.append(Version(path, time, notebook, notes, damage))
    versions.sort(key=_precedence, reverse=True)
    if versions:
        counts = versions[0]
        data = (nbformat.writes(counts.notebook) + "\n").encode(errors="replace")
        _write(submitted, data)
        if counts.path not in adopted or not _handed_in(submitted.parent):
            text = f"{counts.time:%Y-%m-%d %H:%M:%S.%f} UTC"
            _write(submitted.with_name(TIMESTAMP), text.encode())
        record = f"{hashlib.sha256(data).hexdigest()}  {counts.path.name}\n"
        _write(received / RECORD, record.encode())
    return versions


def take_in(course: Path, student: str, assignment: str, released: NotebookNode) -> list[str]:
    """Take in what came into ``submitted/`` by another way, if there is something.

    Args:
        course: the course folder.
        student: whose files are looked at.
        assignment: to which they belong.
        released: the notebook as it was given out.

    Returns:
        What a person should know about it; nothing where the notebook is the one that was rebuilt.
    """
    new = [path.read_bytes() for path in _not_taken_in(course, student, assignment)]
    versions = settle(course, student, assignment, released) if new else []
    if not versions:
        return []
    counts = versions[0]
    remarks = [*counts.notes.remarks]
    if counts.damage:
        remarks.append(f"The file {counts.damage}; the whole cells in it are taken.")
    if missing := counts.notes.named(State.MISSING):
        remarks.append(f"{State.MISSING.capitalize()}: {', '.join(missing)}.")
    if counts.path.read_bytes() not in new:
        remarks.append(f"{counts.path.name}, received before, counts.")
    return remarks


def _not_taken_in(course: Path, student: str, assignment: str) -> list[Path]:
    """What this package has not written: the notebook; where none has its name, all there are."""
    notebook = notebook_in(course, "submitted", assignment, student)
    if not notebook.is_file():
        return sorted(path for path in notebook.parent.glob("*.ipynb") if path.is_file())
    record = place(course, "received", assignment, student) / RECORD
    known = record.read_text().split()[0] if record.is_file() else ""
    return [] if known == hashlib.sha256(notebook.read_bytes()).hexdigest() else [notebook]


def _precedence(version: Version) -> tuple[bool, bool, datetime, int, int, str]:
    """Files that were downloaded together are as old as each other; their names may tell then."""
    name = version.path.stem
    number = re.search(r"(?:\((\d+)\)|-(\d{1,2}))$", name.removesuffix(".ipynb"))
    copy = int(number[1] or number[2]) if number else 0
    found = version.notes.found
    return (found > 0, not version.damage, version.time, copy, found, name)


def _adopt(notebook: Path, received: Path) -> Path:
    """Keep a submitted notebook that this package has not written."""
    time = datetime.fromtimestamp(int(notebook.stat().st_mtime), UTC)
    time = max(time, _handed_in(notebook.parent) or time)
    return _keep(received, notebook.name, notebook.read_bytes(), time)


def _handed_in(submitted: Path) -> datetime | None:
    """When nbgrader says that it was; the file is the student's, and may say anything."""
    try:
        text = (submitted / TIMESTAMP).read_text(encoding="utf-8")
        told: datetime = parse_utc(text.strip())
        return told.replace(tzinfo=UTC)
    except (AttributeError, OSError, OverflowError, TypeError, ValueError):
        return None


def _keep(folder: Path, name: str, data: bytes, time: datetime) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(folder.iterdir()):
        if path.stat().st_size == len(data) and path.read_bytes() == data:
            return path
    safe = re.sub(r"[^\w.() -]+", "-", name).strip(" .")[-100:] or "file"
    path, number = folder / safe, 1
    while path.exists() or path.name == RECORD:
        number += 1
        path = folder / f"{Path(safe).stem} ({number}){Path(safe).suffix}"
    _write(path, data)
    os.utime(path, (time.timestamp(), time.timestamp()))
    return path


def _write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, and only where it changes."""
    if path.is_file() and path.read_bytes() == data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.write_bytes(data)
    new.replace(path)
