"""Takes in what students sent: whose it is, which assignment, and a whole notebook of it.

Each file is kept byte for byte in ``received/STUDENT/ASSIGNMENT/`` of the course, of which nbgrader
knows nothing. From what lies there, the notebook that counts is rebuilt into
``submitted/STUDENT/ASSIGNMENT/``, where nbgrader looks for it. So the same inbox can be taken in
again, or one with later files; the inbox itself stays as it is.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nbformat import NotebookNode

from bnviz.course.grading.folder import assignments, notebook_in
from bnviz.course.grading.inbox import Sent, sent_files
from bnviz.course.grading.reading import Unreadable, read_notebook
from bnviz.course.grading.rebuild import State, rebuild
from bnviz.course.grading.received import Version, keep, lay_beside, settle
from bnviz.course.grading.salvage import read_or_salvage
from bnviz.course.grading.taken import Report, Row
from bnviz.course.grading.which import assignment_of
from bnviz.course.grading.who import Roster, Who, claimed_name, identify, own_name, student_id

__all__ = ["intake"]


@dataclass(frozen=True)
class _File:
    """A file, and what is known about it."""

    sent: Sent
    who: Who
    assignment: str = ""
    problem: str = ""
    is_notebook: bool = False
    beside: str = ""  # where it lies when the notebook is graded


def intake(
    course: Path, inbox: Path, *, assignment: str | None = None, roster: Path | None = None
) -> Report:
    """Take in an inbox: a folder with whatever was sent, or a zip file.

    Args:
        course: the course folder, in which the assignments were released.
        inbox: notebooks in any state, loose, in a folder for each student, in zip files, or as
            Moodle and Canvas give them out for download.
        assignment: the only one that is taken in; without it, each file says its own.
        roster: a class list (CSV).

    Returns:
        What became of each file. Taking in the same again changes nothing.

    Raises:
        ValueError: there is no such inbox, no such assignment was released, or the roster has no
            ids that could be names of folders.
    """
    released = _released(course)
    if not inbox.exists():
        raise ValueError(f"There is no inbox {inbox}. Give a folder or a zip file.")
    if assignment is not None and assignment not in released:
        raise ValueError(
            f"{assignment!r} was not released in {course}. "
            f"Released are: {', '.join(released) or 'none; run `bnviz course assign` first'}."
        )
    known = Roster(roster) if roster else None
    files = [_look_at(sent, released, assignment, known) for sent in sent_files(inbox)]
    files = _with_attachments(_from_several_folders(files if known else _told_apart(files)))

    kept: dict[Path, str] = {}
    work: dict[tuple[str, str], None] = {}
    rows: list[tuple[_File, Path | None]] = []
    for file in files:
        path = None
        if not file.problem and (student := file.who.student):
            path = keep(course, student, file.assignment, file.sent)
            work[student, file.assignment] = None
            kept.setdefault(path, file.sent.place)
            if file.beside and not lay_beside(
                course, student, file.assignment, file.beside, file.sent
            ):
                file = replace(file, beside="")
        rows.append((file, path))
    settled = {
        (student, name): settle(course, student, name, released[name]) for student, name in work
    }
    return Report([_row(file, path, settled, kept) for file, path in rows])


def _released(course: Path) -> dict[str, NotebookNode]:
    """The released notebooks of a course by their assignments."""
    paths = {name: notebook_in(course, "release", name) for name in assignments(course, "release")}
    return {name: read_notebook(path.read_bytes()) for name, path in paths.items()}


def _look_at(
    sent: Sent, released: Mapping[str, NotebookNode], only: str | None, roster: Roster | None
) -> _File:
    problem, damage, name, claimed, notebook = sent.problem, "", "", "", None
    if not problem:
        try:
            notebook, damage = read_or_salvage(sent.data)
        except Unreadable as error:
            problem = str(error)
    if notebook is not None:
        claimed = claimed_name(notebook)
        name = assignment_of(notebook, sent.name, released)
        if not name:
            of = only or "any released assignment"
            problem = f"has no cell of {of}, and its name does not tell"
        elif only and name != only:
            problem = f"belongs to {name}, not to {only}"
        elif name not in released:
            problem = f"belongs to {name}, which was not released here"
        if damage and (problem or not rebuild(released[name], notebook)[1].found):
            problem, notebook = damage, None  # what is left of it tells nothing
    who = identify(sent, claimed, released, roster)
    if not problem and not who.student:
        problem = "is of an unknown student"
    return _File(sent, who, name, problem, notebook is not None)


def _told_apart(files: Sequence[_File]) -> list[_File]:
    """Give two people whom a platform calls alike, or who wrote the same name, an id each."""
    senders: defaultdict[tuple[str | None, str], set[str]] = defaultdict(set)
    for file in files:
        if file.who.sender and file.is_notebook:
            senders[file.who.student, file.assignment].add(file.who.sender)
    alike = {sender for group in senders.values() if len(group) > 1 for sender in group}
    apart = []
    for file in files:
        who = file.who
        if who.sender in alike:
            remark = f"several people sent files as {who.student!r}: told apart by the platform"
            who = replace(who, student=student_id(who.sender), remarks=[*who.remarks, remark])
        apart.append(replace(file, who=who))
    return apart


def _from_several_folders(files: Sequence[_File]) -> list[_File]:
    """Say so where one student's files come from several folders: one may be somebody else's."""
    folders: defaultdict[tuple[str | None, str], dict[str, None]] = defaultdict(dict)
    for file in files:
        if file.is_notebook and file.who.student:
            folders[file.who.student, file.assignment][file.sent.folder] = None
    told = []
    for file in files:
        several = folders[file.who.student, file.assignment]
        if file.is_notebook and len(several) > 1:
            names = ", ".join(name or "none" for name in several)
            remark = f"{file.who.student} is the student of files from several folders: {names}"
            file = replace(file, who=replace(file.who, remarks=[*file.who.remarks, remark]))
        told.append(file)
    return told


def _with_attachments(files: Sequence[_File]) -> list[_File]:
    """What is no notebook, and was not meant as one, goes with a notebook of its student.

    That is the one around which it lies; if there is none, the last.
    """
    notebooks: defaultdict[str | None, list[_File]] = defaultdict(list)
    for file in files:
        if not file.problem:
            notebooks[file.who.student].insert(0, file)
    result = []
    for file in files:
        meant = ".ipynb" in file.sent.name.lower() or file.is_notebook or file.sent.problem
        if file.problem and not meant and (own := notebooks[file.who.student]):
            around = [one for one in own if _inside(file, one) is not None]
            nearest = max(around, key=lambda one: len(one.sent.folders), default=None)
            beside = _inside(file, nearest) if nearest else None
            assignment = (nearest or own[0]).assignment
            file = replace(file, assignment=assignment, beside=beside or "", problem="")
        result.append(file)
    return result


def _inside(file: _File, notebook: _File) -> str | None:
    """What the notebook calls a file that lies beside it or below; None if it lies elsewhere."""
    folders, around = list(file.sent.folders), list(notebook.sent.folders)
    if folders[: len(around)] != around:
        return None
    return "/".join([*folders[len(around) :], own_name(file.sent)])


def _row(
    file: _File,
    path: Path | None,
    settled: Mapping[tuple[str, str], Sequence[Version]],
    kept: Mapping[Path, str],
) -> Row:
    """What to tell of a file, once it is known which of a student's files counts."""
    student = file.who.student or ""
    row = Row(file.sent.place, student, file.assignment, remarks=file.who.remarks)
    if path is None:
        return replace(row, remarks=[file.problem, *row.remarks])
    versions = settled[student, file.assignment]
    own = next((version for version in versions if version.path == path), None)
    if own is None:
        remark = f"no notebook; beside it, when it is graded: {file.beside}"
        remark = remark if file.beside else "no notebook; kept beside the student's files"
        return replace(row, status="kept", remarks=[*row.remarks, remark])
    remarks = [*row.remarks]
    if own.damage:
        remarks.append(f"{own.damage}; the whole cells in it are taken")
    for state in (State.MISSING, State.EMPTY, State.UNTOUCHED):
        if names := own.notes.named(state):
            remarks.append(f"{state}: {', '.join(names)}")
    remarks += own.notes.remarks
    row = replace(row, answers=own.notes.answers)
    counts = versions[0]
    if kept[path] != file.sent.place:
        return replace(row, status="kept", remarks=[f"the same as {kept[path]}"])
    if own is not counts:
        other = kept.get(counts.path, f"{counts.path.name}, received before,")
        return replace(row, status="kept", remarks=[f"{other} counts", *remarks])
    for version in versions[1:]:
        if version.notes.found > own.notes.found:
            remarks.append(f"{version.path.name}, which is older, has more answers")
        elif version.time == own.time:
            remarks.append(f"{version.path.name} is as old: see which one was meant")
    return replace(row, status="counts", remarks=remarks)
