"""Tells which student sent a file: by the roster, the notebook, the folder or the file's name."""

import difflib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from bnviz.course.grading.classlist import by_column, read_class_list, student_in
from bnviz.course.grading.inbox import Sent, bare_name

__all__ = ["Roster", "Who", "claimed_name", "identify", "own_name", "student_id"]

STUDENT = re.compile(
    r"""^STUDENT[ \t]*=[ \t]*(?:"([^"\n]*)"|'([^'\n]*)'|([^"'\n#]*))""", re.MULTILINE
)
MOODLE = re.compile(r"^(?P<name>.+?)_(?P<number>\d+)_assignsubmission_(file|onlinetext)_?")
CANVAS = re.compile(r"^(?P<name>[^\W\d_][^\W_]*)(_LATE)?_(?P<number>\d+)_\d+_(?P<file>.+)$")


NOBODY = re.compile(r"(untitled|notebook|homework|assignment|submission|solution|final|test)*\d*")


@dataclass(frozen=True)
class Who:
    """Whose file it is.

    Args:
        student: the id, safe as the name of a folder; None if it could not be told.
        remarks: what is doubtful about it.
        sender: who sent it by the platform that it came from, as "ada example 12345"; "" if it
            came from none. Two senders are two people, whatever their notebooks say.
    """

    student: str | None
    remarks: Sequence[str] = ()
    sender: str = ""


class Roster:
    """The students of a course, found by any of their columns.

    Args:
        path: a class list as CSV, with a column ``id`` or another that names students, and others.

    Raises:
        ValueError: no column names students, or a name is none for a folder.
    """

    def __init__(self, path: Path) -> None:
        self.ids: list[str] = []
        self._known: defaultdict[str, set[str]] = defaultdict(set)
        for row in read_class_list(path):
            student = student_in(row)
            if not re.fullmatch(r"\w[\w.@-]*", student):
                raise ValueError(
                    f"{path.name} has the id {student!r}. An id becomes the name of a folder: "
                    "letters, digits and . _ @ -, the first a letter or a digit."
                )
            self.ids.append(student)
            names = {key.replace("_", " "): value for key, value in by_column(row).items()}
            full_name = f"{names.get('first name', '')} {names.get('last name', '')}"
            for value in (*row.values(), full_name):
                for form in _forms(value):
                    self._known[form].add(student)

    def find(self, text: str) -> list[str]:
        """The ids of those whom a text may mean: exactly one of their columns, spelled alike."""
        exact = [student for student in self.ids if student.lower() == text.strip().lower()]
        return exact or sorted(self._known.get(_key(text), ()))

    def like(self, text: str) -> list[str]:
        """The ids of those who are spelled similarly."""
        forms = difflib.get_close_matches(_key(text), list(self._known), n=3, cutoff=0.75)
        return sorted({student for form in forms for student in self._known[form]})


def claimed_name(notebook: NotebookNode) -> str:
    """What the student wrote into ``STUDENT = "…"``; "" if there is nothing."""
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    names = ["".join(found).strip() for source in sources for found in STUDENT.findall(source)]
    return next((name for name in reversed(names) if name), "")


def own_name(sent: Sent) -> str:
    """A file's name as its student gave it: Canvas puts the student's before it."""
    found = CANVAS.match(sent.name)
    return found["file"] if found else sent.name


def student_id(name: str) -> str:
    """A name that is safe as a folder's on any system.

    >>> student_id("Ada Example"), student_id("../../etc"), student_id("Zoë_7@uni.org")
    ('ada-example', 'etc', 'zoë_7@uni.org')
    """
    name = unicodedata.normalize("NFC", name).strip().lower()
    name = re.sub(r"[^\w.@]+", "-", name).strip("-.")[:64].rstrip("-.")
    reserved = re.fullmatch(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", name)
    return f"student-{name}" if reserved else name


def identify(sent: Sent, claimed: str, assignments: Iterable[str], roster: Roster | None) -> Who:
    """Tell whose file it is.

    Args:
        sent: the file.
        claimed: what stands in ``STUDENT = "…"`` in it.
        assignments: the names of the assignments, which are nobody's.
        roster: the students of the course, if they are known.

    Returns:
        The student. Without a roster: what the notebook says, else the sender by the platform, else
        the folder, else the file's name. With one: whoever is in it, and where the notebook names
        another person than the platform or the folder does, those count.
    """
    name, number = _by_platform(sent)
    sender = f"{name} {number}".strip()
    stems = {_key(assignment) for assignment in assignments}
    folders = [] if name else [one for one in sent.folders if _key(one) not in stems]
    from_name = "" if name else _left(bare_name(sent.name), assignments)
    if roster is not None:
        placed = [name, number, *map(bare_name, folders), from_name]
        return _in_roster(roster, claimed, [one for one in placed if one], sender)

    folder = sent.folder if sent.folder in folders else ""
    for text, remark in (
        (claimed, ""),
        (name, ""),
        (bare_name(folder), ""),
        (from_name, f"the file's name was taken for the student: {from_name!r}"),
    ):
        if student_id(text):
            return Who(student_id(text), [remark] if remark else [], sender)
    return Who(None, ["no student: neither STUDENT, nor the folder, nor the name tells"], sender)


def _in_roster(roster: Roster, claimed: str, placed: Sequence[str], sender: str) -> Who:
    said = roster.find(claimed) if claimed else []
    where = next((found for one in placed if (found := roster.find(one))), [])
    both = [student for student in said if student in where]
    if len(both) == 1:
        return Who(both[0], [], sender)
    found = where or said
    if len(found) > 1:
        text = ", ".join([claimed, *placed] if claimed else placed)
        return Who(None, [f"{text!r} may be {' or '.join(found)}"], sender)
    if found and said and said != found:
        return Who(found[0], [f"STUDENT says {claimed!r}, who is {' or '.join(said)}"], sender)
    if found:
        return Who(found[0], [], sender)
    texts = [one for one in [claimed, *placed] if one]
    like = sorted({student for one in texts for student in roster.like(one)})
    hint = f"; alike: {', '.join(like)}" if like else ""
    return Who(
        None, [f"not in the roster: {', '.join(map(repr, texts)) or 'no name'}{hint}"], sender
    )


def _by_platform(sent: Sent) -> tuple[str, str]:
    """Name and number of the sender, as Moodle and Canvas put them into names."""
    for text in [sent.name, *reversed(sent.folders)]:
        if found := MOODLE.match(text) or CANVAS.match(text):
            return found["name"], found["number"]
    return "", ""


def _left(name: str, assignments: Iterable[str]) -> str:
    """What a file's name says besides the assignment."""
    for assignment in sorted(assignments, key=len, reverse=True):
        words = r"[\W_]*".join(re.findall(r"[^\W_]+", assignment))
        name = re.sub(rf"[\W_]*{words}[\W_]*", " ", name, flags=re.IGNORECASE)
    return "" if NOBODY.fullmatch(_key(name)) else name.strip()


def _forms(value: str) -> Iterable[str]:
    """How a value may be written: its words from any of them on, an address without its host."""
    words = re.split(r"[\s,]+", value.strip())
    forms = {_key("".join(words[i:] + words[:i])) for i in range(len(words))}
    if "@" in value:
        forms.add(_key(value.split("@")[0]))
    return forms - {""}


def _key(text: str) -> str:
    """The letters and digits of a text, without accents and case."""
    text = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in text if letter.isalnum())
