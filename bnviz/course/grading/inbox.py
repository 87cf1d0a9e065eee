"""Goes through what was sent: files, folders, zip files in zip files."""

import contextlib
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

__all__ = ["Sent", "bare_name", "sent_files"]

LARGEST = 100_000_000  # bytes of a file; nbgrader's own limit
DEEPEST = 4  # zip files in zip files
JUNK = re.compile(r"(^|/)(__MACOSX|\.[^/.][^/]*|Thumbs\.db|desktop\.ini)(/|$)")


@dataclass(frozen=True)
class Sent:
    """One file that somebody sent.

    Args:
        place: where it is, from the inbox on, for a person to read: "ada.zip/work/08.ipynb".
        name: its own name.
        folders: the folders and zip files around it, outermost first.
        folder: the one of them that is most likely named after the student; "" if there is none.
        time: when it was last written, in UTC.
        data: its bytes.
        problem: why it could not be read, as the end of a sentence; "" if it could.
    """

    place: str
    name: str
    folders: Sequence[str]
    folder: str
    time: datetime
    data: bytes
    problem: str = ""


def sent_files(inbox: Path) -> list[Sent]:
    """All files of an inbox, those in zip files too, in the order of their names.

    Args:
        inbox: a folder, or one file.

    Returns:
        The files; hidden ones, and what operating systems leave in folders, are passed over.
    """
    found: list[Sent] = []
    paths = inbox.rglob("*") if inbox.is_dir() else [inbox]
    for path in sorted(path for path in paths if path.is_file()):
        inside = path.relative_to(inbox if inbox.is_dir() else inbox.parent).as_posix()
        if JUNK.search(inside):
            continue
        folders = PurePosixPath(inside).parts[:-1]
        status = path.stat()
        sent = Sent(
            place=inside,
            name=path.name,
            folders=folders,
            folder=folders[0] if folders else "",
            time=datetime.fromtimestamp(int(status.st_mtime), UTC),
            data=path.read_bytes() if status.st_size <= LARGEST else b"",
            problem="" if status.st_size <= LARGEST else _too_large(status.st_size),
        )
        found += _unpacked(sent, DEEPEST)
    return found


def bare_name(name: str) -> str:
    """A file's name without what browsers and people put around it.

    >>> bare_name("Copy of 08-test-time (1).ipynb.txt")
    '08-test-time'
    >>> bare_name("08-test-time-Copy1.ipynb")
    '08-test-time'
    """
    name = re.sub(r"(\.(ipynb|py|txt|json|zip))+$", "", name, flags=re.IGNORECASE)
    name = re.sub(r"^((copy|kopie|copie|copia) (of|von|de|di) )+", "", name, flags=re.IGNORECASE)
    return re.sub(r"(\s*\(\d+\)|-copy\d*|\s+-?\s*copy)+$", "", name, flags=re.IGNORECASE).strip()


def _unpacked(sent: Sent, depth: int) -> Iterator[Sent]:
    """The files in a zip file; any other file as it is."""
    if not sent.name.lower().endswith(".zip") or sent.problem:
        yield sent
        return
    try:
        with zipfile.ZipFile(io.BytesIO(sent.data)) as archive:
            members = [
                member
                for member in archive.infolist()
                if not member.is_dir() and not JUNK.search(_path(member))
            ]
            if depth == 0:
                raise zipfile.BadZipFile("too many zip files in each other")
            # One folder for each student, or the work of a single one?
            many = len({PurePosixPath(_path(member)).parts[0] for member in members}) > 1
            for member in members:
                yield from _unpacked(_member(sent, archive, member, many), depth - 1)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, ValueError) as error:
        yield Sent(
            sent.place, sent.name, sent.folders, sent.folder, sent.time, sent.data,
            f"is a zip file that cannot be opened: {error}",
        )  # fmt: skip


def _member(around: Sent, archive: zipfile.ZipFile, member: zipfile.ZipInfo, many: bool) -> Sent:
    path = PurePosixPath(_path(member))
    own = path.parts[0] if many and len(path.parts) > 1 else bare_name(around.name)
    problem = _too_large(member.file_size) if member.file_size > LARGEST else ""
    data = b""
    if not problem:
        try:
            data = archive.read(member)
        except Exception as error:  # locked by a password, packed by another method, damaged
            problem = f"cannot be unpacked: {error}"
    time = around.time
    if member.date_time[0] > 1980:  # the first year that zip files know says: no time was noted
        with contextlib.suppress(ValueError):
            time = datetime(*member.date_time).astimezone(UTC)  # the clock on the wall
    return Sent(
        place=f"{around.place}/{path}",
        name=path.name,
        folders=[*around.folders, bare_name(around.name), *path.parts[:-1]],
        folder=around.folder or own,
        time=time,
        data=data,
        problem=problem,
    )


def _path(member: zipfile.ZipInfo) -> str:
    parts = member.filename.replace("\\", "/").split("/")
    return "/".join(part for part in parts if part not in ("", ".", ".."))


def _too_large(size: int) -> str:
    return f"is too large: {size / 1e6:,.0f} MB, accepted are {LARGEST / 1e6:,.0f} MB"
