"""What students really send is taken in whole, or named as not taken in; nothing is guessed."""

from __future__ import annotations

import io
import json
import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from small_release import ANSWERS, FUNCTIONS, NAME, STUBS, answered, as_bytes, find, release
from small_release import course as course_folder
from small_release import without_metadata as stripped
from traitlets.config import Config

from bnviz.course.grading.classlist import read_class_list, student_in
from bnviz.course.grading.folder import scripts_on_path
from bnviz.course.grading.intake import intake
from bnviz.course.grading.taken import Report, Row

NOON = 1_800_000_000  # of some day, in seconds
OTHER = "09-other"


@pytest.fixture
def course(tmp_path: Path) -> Path:
    return course_folder(tmp_path / "course")


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def put(path: Path, content: NotebookNode | bytes, time: int = NOON) -> bytes:
    """Put a file into the inbox; its bytes."""
    data = content if isinstance(content, bytes) else as_bytes(content)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (time, time))
    return data


def zipped(files: dict[str, bytes], year: int = 2027) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, (year, 1, 2, 3, 4, 6)), data)
    return packed.getvalue()


def submitted(course: Path, student: str, name: str = NAME) -> NotebookNode:
    path = course / "submitted" / student / name / f"{name}.ipynb"
    notebook = nbformat.read(path, 4)
    nbformat.validate(notebook)
    return notebook


def answers(course: Path, student: str) -> dict[str, str]:
    return {name: find(submitted(course, student), name).source for name in ANSWERS}


def one(report: Report) -> Row:
    (row,) = report.rows
    return row


def everything(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize(
    "name",
    [
        "Copy of 08-test-time (1).ipynb",
        "08-test-time.ipynb.txt",
        "08-test-time-Copy1.ipynb",
        "Untitled",
        "homework.json",
    ],
)
def test_a_notebook_of_any_name_is_taken_in(course: Path, inbox: Path, name: str) -> None:
    data = put(inbox / "ada" / name, answered())
    report = intake(course, inbox)
    row = one(report)
    assert (row.student, row.assignment, row.found, row.status) == ("ada", NAME, "3 of 3", "counts")
    assert report.exit_code == 0
    assert not row.remarks
    assert answers(course, "ada") == ANSWERS
    (kept,) = (p for p in (course / "received/ada" / NAME).iterdir() if p.suffix != ".sha256")
    assert kept.read_bytes() == data
    assert kept.stat().st_mtime == NOON


def test_the_time_is_written_as_nbgrader_reads_it(course: Path, inbox: Path) -> None:
    put(inbox / "ada" / "x.ipynb", answered())
    intake(course, inbox)
    directory = CourseDirectory(root=str(course))
    read = directory.get_existing_timestamp(str(course / "submitted" / "ada" / NAME))
    assert read == datetime.fromtimestamp(NOON, UTC).replace(tzinfo=None)


def _old_format(notebook: NotebookNode) -> bytes:
    old = nbformat.convert(notebook, 3)
    return json.dumps(old).encode()


def _minor(minor: int) -> bytes:
    notebook = answered(student="ada")
    notebook.nbformat_minor = minor
    for cell in notebook.cells:
        if minor < 5:
            del cell["id"]
        cell.source = cell.source.splitlines(keepends=True)
    return as_bytes(notebook)


WHOLE = as_bytes(answered(student="ada"))
WINDOWS = WHOLE.replace(b"\n", b"\r\n").replace(rb"\n", rb"\r\n")


@pytest.mark.parametrize(
    "data",
    [
        *(pytest.param(_minor(minor), id=f"format 4.{minor}") for minor in range(6)),
        pytest.param(_old_format(answered(student="ada")), id="format 3"),
        pytest.param(WINDOWS, id="Windows line endings"),
        pytest.param(b"\xef\xbb\xbf" + WHOLE, id="byte order mark"),
        pytest.param(WHOLE.decode().encode("utf-16"), id="UTF-16"),
        pytest.param(
            WHOLE.replace(b"Exercise", "Übung".encode("cp1252")), id="an old encoding of Windows"
        ),
        pytest.param(as_bytes(stripped(answered(student="ada"))), id="Colab"),
        pytest.param(WHOLE.replace(b'"outputs": []', b'"outputs": 7'), id="broken rules"),
        pytest.param(WHOLE.replace(b'"nbformat": 4', b'"nbformat": "?"'), id="no format"),
        pytest.param(WHOLE.replace(b"Exercise", rb"\ud83d"), id="half a character"),
    ],
)
def test_a_notebook_of_any_format_is_taken_in(course: Path, inbox: Path, data: bytes) -> None:
    put(inbox / "a.ipynb", data)
    row = one(intake(course, inbox))
    assert (row.student, row.assignment, row.found) == ("ada", NAME, "3 of 3")
    assert answers(course, "ada") == ANSWERS


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("x.ipynb", b"", "is empty"),
        ("x.ipynb", b"\0\0\n", "is empty"),
        ("x.ipynb", WHOLE[: WHOLE.index(b"means.mean")], "is cut off after"),
        ("x.ipynb", WHOLE.replace(b'"cells"', b"cells"), "is damaged"),
        ("x.ipynb", b"import numpy as np\n", "is not a notebook: those begin with {"),
        ("x.py", b"def population(): ...", "is not a notebook: those begin with {"),
        ("x.py", b"# In[1]:\ndef helper(): ...", "is a script, exported from a notebook"),
        ("x.pdf", b"%PDF-1.7\n...", "is a PDF"),
        ("x.ipynb", b"\n<!DOCTYPE html><html>", "is a web page that was saved"),
        ("x.docx", b"PK\x03\x04...", "is a zip file, or a document of an office program"),
        ("x.zip", b"PK\x03\x04...", "is a zip file that cannot be opened"),
        ("x.ipynb", b'{"a": 1}', "has the form of a notebook (JSON), but no cells"),
        ("x.ipynb", b'[{"cells": []}]', "is not a notebook"),
        ("x.ipynb", b'{"nbformat": 9, "cells": []}', "is of a notebook format that could not"),
        ("x.ipynb", b'{"cells": [' + b"[" * 100_000 + b"]}", "is damaged"),
        ("x.ipynb", b'{"nbformat": 4, "cells": []}', "has no cell of any released assignment"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_reason(
    course: Path, inbox: Path, name: str, data: bytes, reason: str
) -> None:
    put(inbox / "ada" / name, data)
    report = intake(course, inbox)
    row = one(report)
    assert row.status == "not taken in"
    assert row.remarks[0].startswith(reason)
    assert row.student == "ada"
    assert report.exit_code == 1
    assert "0 of 1 file count for a student; 1 was not taken in." in str(report)
    assert not (course / "submitted").exists()


def test_one_unreadable_file_does_not_stop_the_others(course: Path, inbox: Path) -> None:
    put(inbox / "ada" / "x.ipynb", WHOLE[:300])
    put(inbox / "bob" / "x.ipynb", answered("forget"))
    report = intake(course, inbox)
    assert [row.status for row in report.rows] == ["not taken in", "counts"]
    assert report.rows[1].found == "1 of 3"
    assert "as released: population, corrected" in report.rows[1].remarks


def test_an_answer_that_is_gone_is_named(course: Path, inbox: Path) -> None:
    notebook = answered()
    notebook.cells.remove(find(notebook, "forget"))
    put(inbox / "ada" / "x.ipynb", notebook)
    report = intake(course, inbox)
    assert "not found: forget" in one(report).remarks
    assert "not found: forget" in str(report)
    assert answers(course, "ada")["forget"] == STUBS["forget"]


def test_zip_files_are_unpacked_wherever_they_lie(course: Path, inbox: Path) -> None:
    notebook = as_bytes(answered())
    put(inbox / "ada.zip", zipped({f"work/{NAME}.ipynb": notebook, "__MACOSX/._x": b"x"}))
    put(inbox / "bob" / "x.zip", zipped({f"{NAME}.ipynb": notebook}))
    put(
        inbox / "all.zip",
        zipped(
            {
                "cyd/x.ipynb": notebook,
                "dan/y.zip": zipped({"deep\\x.ipynb": notebook}),
                "../eve/x.ipynb": notebook,
            }
        ),
    )
    report = intake(course, inbox)
    assert report.exit_code == 0, str(report)
    students = {row.file: row.student for row in report.rows}
    assert students["ada.zip/work/08-test-time.ipynb"] == "ada"
    assert students["bob/x.zip/08-test-time.ipynb"] == "bob"
    assert students["all.zip/cyd/x.ipynb"] == "cyd"
    assert students["all.zip/dan/y.zip/deep/x.ipynb"] == "dan"
    assert students["all.zip/eve/x.ipynb"] == "eve"
    assert not (course.parent / "eve").exists()
    assert intake(course, inbox / "ada.zip").rows[0].student == "ada"


def test_downloads_of_moodle_and_canvas_name_the_student(course: Path, inbox: Path) -> None:
    notebook = as_bytes(answered())
    moodle = {
        "Ada Example_12345_assignsubmission_file_/x.ipynb": notebook,
        "Bob Two_12346_assignsubmission_file_/Copy of x.ipynb": notebook,
    }
    put(inbox / "COURSE-Assignment 8-987.zip", zipped(moodle))
    put(inbox / "canvas" / "cyd_LATE_123_456_x-2.ipynb", answered())
    put(inbox / "canvas" / "dan_124_457_x.ipynb", answered())
    report = intake(course, inbox)
    assert [row.student for row in report.rows] == ["ada-example", "bob-two", "cyd", "dan"]


def test_two_people_of_one_name_stay_two(course: Path, inbox: Path) -> None:
    for number in (1, 2):
        folder = inbox / f"Ada Example_{number}_assignsubmission_file_"
        put(folder / "x.ipynb", answered(*list(ANSWERS)[:number]))
    report = intake(course, inbox)
    assert [row.student for row in report.rows] == ["ada-example-1", "ada-example-2"]
    assert "several people sent files as 'ada-example'" in str(report)


def test_two_people_whose_notebooks_name_the_same_student_stay_two(
    course: Path, inbox: Path
) -> None:
    for name in ("ada_1_2_x.ipynb", "bob_3_4_x.ipynb"):
        put(inbox / name, answered(student="ada"))
    report = intake(course, inbox)
    assert [row.student for row in report.rows] == ["ada-1", "bob-3"]


@pytest.mark.parametrize("name", [NAME, "Untitled1", "final_homework", "Copy of Untitled (2)"])
def test_a_name_that_anybody_could_give_a_file_names_nobody(
    course: Path, inbox: Path, name: str
) -> None:
    put(inbox / f"{name}.ipynb", answered())
    row = one(intake(course, inbox))
    assert (row.student, row.status) == ("", "not taken in")
    assert "no student: neither STUDENT, nor the folder, nor the name tells" in row.remarks


def test_a_student_whose_files_come_from_two_folders_is_told(course: Path, inbox: Path) -> None:
    put(inbox / "ada" / "x.ipynb", answered("forget", student="Ada O'Neil"))
    put(inbox / "bob" / "x.ipynb", answered(student="Ada O'Neil"))
    for row in intake(course, inbox).rows:
        assert row.student == "ada-o-neil"
        assert "ada-o-neil is the student of files from several folders: ada, bob" in row.remarks


def test_a_roster_of_excel_on_windows_is_read(course: Path, inbox: Path, roster: Path) -> None:
    roster.write_bytes(ROSTER.removeprefix("\ufeff").replace("\n", "\r\n").encode("cp1252"))
    put(inbox / "x.ipynb", answered(student="Zoë van der Berg"))
    assert one(intake(course, inbox, roster=roster)).student == "u2"


@pytest.mark.parametrize(
    ("text", "student"),
    [
        ("Student,ID,SIS Login ID\nPoints Possible,,\n'Example, Ada',77,ae1\n", "ae1"),
        ("First name;Last name;Username;Email address\nAda;Example;ae1;a@b.c\n", "ae1"),
        ("name,email\nAda Example,ada@uni.org\n", "ada@uni.org"),
    ],
)
def test_a_student_has_the_name_that_the_export_looks_for(
    course: Path, inbox: Path, roster: Path, text: str, student: str
) -> None:
    roster.write_text(text.replace("'", '"'))
    put(inbox / "x.ipynb", answered(student="Ada Example"))
    assert one(intake(course, inbox, roster=roster)).student == student
    assert [student_in(row) for row in read_class_list(roster)] == [student]


ROSTER = """\ufeffid;name;email;number
u1;Ada Example;ada@uni.org;501
u2;Zoë van der Berg;zoe@uni.org;502
u3;Sam Same;sam1@uni.org;503
u4;Sam Same;sam2@uni.org;504
"""


@pytest.fixture
def roster(tmp_path: Path) -> Path:
    path = tmp_path / "students.csv"
    path.write_text(ROSTER, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("place", "claimed", "student"),
    [
        ("x.ipynb", "U1", "u1"),
        ("x.ipynb", "ada example", "u1"),
        ("x.ipynb", "Example, Ada", "u1"),
        ("x.ipynb", "ADA@uni.org", "u1"),
        ("x.ipynb", "501", "u1"),
        ("ada/x.ipynb", "", "u1"),
        ("week 8/ada/x.ipynb", "", "u1"),
        ("exampleada_LATE_77_88_x-2.ipynb", "", "u1"),
        ("someone_LATE_501_88_x-2.ipynb", "", "u1"),
        ("vanderbergzoe_77_88_x.ipynb", "", "u2"),
        ("Zoe van der Berg_1_assignsubmission_file_/x.ipynb", "", "u2"),
        ("Sam Same_1_assignsubmission_file_/x.ipynb", "sam2", "u4"),
        ("08-test-time_ada.ipynb", "", "u1"),
    ],
)
def test_a_roster_finds_a_student_by_any_column(
    course: Path, inbox: Path, roster: Path, place: str, claimed: str, student: str
) -> None:
    put(inbox / place, answered(student=claimed))
    row = one(intake(course, inbox, roster=roster))
    assert (row.student, row.status, list(row.remarks)) == (student, "counts", [])


@pytest.mark.parametrize(
    ("place", "claimed", "told"),
    [
        ("x.ipynb", "Sam Same", "'Sam Same, x' may be u3 or u4"),
        ("x.ipynb", "Ada Exampel", "not in the roster: 'Ada Exampel', 'x'; alike: u1"),
        ("x.ipynb", "", "not in the roster: 'x'"),
    ],
)
def test_who_is_not_told_by_the_roster_is_reported_and_not_guessed(
    course: Path, inbox: Path, roster: Path, place: str, claimed: str, told: str
) -> None:
    put(inbox / place, answered(student=claimed))
    report = intake(course, inbox, roster=roster)
    assert list(one(report).remarks) == ["is of an unknown student", told]
    assert report.exit_code == 1


def test_a_notebook_that_names_another_student_counts_for_who_sent_it(
    course: Path, inbox: Path, roster: Path
) -> None:
    put(inbox / "zoe" / "x.ipynb", answered(student="ada"))
    row = one(intake(course, inbox, roster=roster))
    assert row.student == "u2"
    assert "STUDENT says 'ada', who is u1" in row.remarks


@pytest.mark.parametrize("text", ["name,mark\nAda,1\n", "id\n../ada\n", "id\n.ssh\n", ""])
def test_a_roster_without_usable_ids_is_refused(
    course: Path, inbox: Path, roster: Path, text: str
) -> None:
    roster.write_text(text)
    with pytest.raises(ValueError, match=r"students\.csv has the"):
        intake(course, inbox, roster=roster)


@pytest.mark.parametrize(
    ("claimed", "student"),
    [("../../etc/passwd", "etc-passwd"), ("A*?[b]", "a-b"), ("CON", "student-con"), ("..", None)],
)
def test_a_student_is_always_a_safe_folder(
    course: Path, inbox: Path, claimed: str, student: str | None
) -> None:
    put(inbox / f"{NAME}.ipynb", answered(student=claimed))
    row = one(intake(course, inbox))
    assert row.student == (student or "")
    assert (row.status == "counts") == (student is not None)
    if student:
        assert [path.name for path in (course / "submitted").iterdir()] == [student]


def test_the_notebook_tells_its_assignment_then_its_cells_then_its_name(
    tmp_path: Path, inbox: Path
) -> None:
    course = course_folder(tmp_path / "two", NAME, OTHER)
    other = release(OTHER)
    find(other, "forget").source = "def something_else(x):\n    return None"
    path = course / "release" / OTHER / f"{OTHER}.ipynb"
    path.write_bytes(as_bytes(other))

    put(inbox / "a" / f"{OTHER}.ipynb", answered())  # the metadata say 08
    put(inbox / "b" / f"{OTHER}.ipynb", stripped(answered("forget")))  # the cells do
    unclear = stripped(answered("population"))
    unclear.cells = [c for c in unclear.cells if "forget" not in c.source]
    put(inbox / "c" / f"Copy of {OTHER}.ipynb", unclear)  # in both
    foreign = release("77-elsewhere")
    put(inbox / "d" / "x.ipynb", foreign)
    put(inbox / "e" / "x.ipynb", unclear)
    rows = {row.student: row for row in intake(course, inbox).rows}
    assert [rows[name].assignment for name in "abc"] == [NAME, NAME, OTHER]
    assert rows["d"].remarks == ["belongs to 77-elsewhere, which was not released here"]
    assert rows["e"].status == "not taken in"

    rows = {row.student: row for row in intake(course, inbox, assignment=OTHER).rows}
    assert rows["a"].remarks == [f"belongs to {NAME}, not to {OTHER}"]
    with pytest.raises(ValueError, match="'8' was not released"):
        intake(course, inbox, assignment="8")
    with pytest.raises(ValueError, match="There is no inbox"):
        intake(course, inbox / "none")


def test_of_two_files_the_newest_that_has_answers_counts_and_the_others_are_kept(
    course: Path, inbox: Path
) -> None:
    first = put(inbox / "ada" / "first.ipynb", answered(), NOON)
    second = put(inbox / "ada" / "second.ipynb", answered("forget"), NOON + 60)
    third = put(inbox / "ada" / "third.ipynb", release(), NOON + 120)
    copied = inbox / "ada" / "third (1).ipynb"
    put(copied, third, NOON + 180)
    report = intake(course, inbox)
    rows = {row.file: row for row in report.rows}
    assert rows["ada/second.ipynb"].status == "counts"
    assert "first.ipynb, which is older, has more answers" in rows["ada/second.ipynb"].remarks
    assert rows["ada/first.ipynb"].remarks[0] == "ada/second.ipynb counts"
    assert rows["ada/third.ipynb"].remarks == ["the same as ada/third (1).ipynb"]
    assert answers(course, "ada") == {name: STUBS[name] for name in ANSWERS} | {
        "forget": ANSWERS["forget"]
    }
    kept = {path.read_bytes() for path in (course / "received/ada" / NAME).iterdir()}
    assert {first, second, third} < kept
    assert report.exit_code == 0


def test_of_files_that_are_as_old_as_each_other_the_copy_with_the_highest_number_counts(
    course: Path, inbox: Path
) -> None:
    put(inbox / "ada" / "x (2).ipynb", answered("forget"))
    put(inbox / "ada" / "x (10).ipynb", answered("population"))
    put(inbox / "ada" / "x.ipynb", answered())
    rows = {row.file: row for row in intake(course, inbox).rows}
    assert rows["ada/x (10).ipynb"].status == "counts"
    assert "x.ipynb is as old: see which one was meant" not in rows["ada/x.ipynb"].remarks
    assert "x (2).ipynb is as old: see which one was meant" in rows["ada/x (10).ipynb"].remarks


def test_taking_in_twice_changes_nothing_and_a_later_file_counts(course: Path, inbox: Path) -> None:
    put(inbox / "ada" / "x.ipynb", stripped(answered("forget")))
    put(inbox / "bob.zip", zipped({"x.ipynb": as_bytes(answered()), "notes.txt": b"hello"}))
    first = intake(course, inbox)
    before, sent = everything(course), everything(inbox)
    assert intake(course, inbox) == first
    assert everything(course) == before
    assert everything(inbox) == sent

    later = inbox.parent / "later"
    put(later / "ada" / "x.ipynb", answered(), NOON + 60)
    put(later / "bob" / "x.ipynb", release(), NOON + 60)
    rows = intake(course, later).rows
    assert [row.status for row in rows] == ["counts", "kept"]
    assert rows[1].remarks[0].startswith("x.ipynb, received before, counts")
    assert answers(course, "ada") == ANSWERS
    assert answers(course, "bob") == ANSWERS


def test_what_lies_beside_a_notebook_is_kept_but_a_broken_notebook_is_told(
    course: Path, inbox: Path
) -> None:
    put(inbox / "ada" / "x.ipynb", answered())
    put(inbox / "ada" / "helpers.py", b"def helper(): ...")
    put(inbox / "ada" / "y.ipynb", WHOLE[:400])
    put(inbox / "ada" / ".ipynb_checkpoints" / "x.ipynb", answered())
    report = intake(course, inbox)
    assert [(row.file, row.status) for row in report.rows] == [
        ("ada/helpers.py", "kept"),
        ("ada/x.ipynb", "counts"),
        ("ada/y.ipynb", "not taken in"),
    ]
    assert (course / "received/ada" / NAME / "helpers.py").read_bytes() == b"def helper(): ..."


def test_what_lies_beside_a_notebook_lies_there_when_it_is_graded(
    course: Path, inbox: Path
) -> None:
    helpers = put(inbox / "canvas" / "ada_1_2_helpers.py", b"def helper(): ...")
    put(inbox / "canvas" / "ada_1_3_x.ipynb", answered())
    table = zipped({f"work/{NAME}.ipynb": as_bytes(answered()), "work/data/own.csv": b"1"})
    put(inbox / "bob.zip", table)
    put(inbox / "cyd" / "work" / "x.ipynb", answered())
    put(inbox / "cyd" / "elsewhere.txt", b"not where the notebook is")
    put(inbox / "cyd" / "work" / "timestamp.txt", b"not a time")
    report = intake(course, inbox)
    assert report.exit_code == 0, str(report)
    submitted = course / "submitted"
    assert (submitted / "ada" / NAME / "helpers.py").read_bytes() == helpers
    assert (submitted / "bob" / NAME / "data" / "own.csv").read_bytes() == b"1"
    assert not (submitted / "cyd" / NAME / "elsewhere.txt").exists()
    assert "UTC" in (submitted / "cyd" / NAME / "timestamp.txt").read_text()
    remarks = {row.file: list(row.remarks) for row in report.rows}
    beside = "no notebook; beside it, when it is graded:"
    assert remarks["canvas/ada_1_2_helpers.py"] == [f"{beside} helpers.py"]
    assert remarks["bob.zip/work/data/own.csv"] == [f"{beside} data/own.csv"]
    assert remarks["cyd/elsewhere.txt"] == ["no notebook; kept beside the student's files"]


def test_of_files_of_one_name_the_newest_lies_beside_the_notebook(
    course: Path, inbox: Path
) -> None:
    put(inbox / "ada" / "x.ipynb", answered())
    put(inbox / "ada" / "own.csv", b"first", NOON)
    later = inbox.parent / "later"
    put(later / "ada" / "x.ipynb", answered())
    put(later / "ada" / "own.csv", b"second", NOON + 60)
    lies = course / "submitted" / "ada" / NAME / "own.csv"
    for sent, now in ((inbox, b"first"), (later, b"second"), (inbox, b"second")):
        intake(course, sent)
        assert lies.read_bytes() == now


def test_a_file_that_cannot_lie_beside_the_notebook_stops_nothing(
    course: Path, inbox: Path
) -> None:
    put(inbox / "ada" / "x.ipynb", answered())
    put(inbox / "ada" / "data", b"a file")
    folder = inbox.parent / "later"
    put(folder / "ada" / "x.ipynb", answered())
    put(folder / "ada" / "data" / "own.csv", b"1")
    assert intake(course, inbox).ok
    report = intake(course, folder)
    assert report.ok
    assert report.rows[0].remarks == ["no notebook; kept beside the student's files"]


def test_files_of_two_assignments_go_each_with_its_own(tmp_path: Path, inbox: Path) -> None:
    course = course_folder(tmp_path / "two", NAME, OTHER)
    for name in (NAME, OTHER):
        notebook = answered()
        notebook.metadata.bnviz.assignment = name
        put(inbox / "ada" / name / "x.ipynb", notebook)
        put(inbox / "ada" / name / "own.csv", name.encode())
    intake(course, inbox)
    for name in (NAME, OTHER):
        assert (course / "submitted" / "ada" / name / "own.csv").read_bytes() == name.encode()


def test_what_came_by_another_way_is_received_too(course: Path, inbox: Path) -> None:
    handed_in = course / "submitted" / "ada" / NAME / f"{NAME}.ipynb"
    data = put(handed_in, answered("corrected"), NOON + 60)
    handed_in.with_name("timestamp.txt").write_text("2027-01-15 08:30:00.000000 UTC")
    put(inbox / "ada" / "x.ipynb", answered("forget"), NOON)
    row = one(intake(course, inbox))
    assert row.remarks[0] == f"{NAME}.ipynb, received before, counts"
    assert answers(course, "ada")["corrected"] == ANSWERS["corrected"]
    kept = course / "received" / "ada" / NAME / f"{NAME}.ipynb"
    assert kept.read_bytes() == data
    before = everything(course)
    intake(course, inbox)
    assert everything(course) == before


def test_nbgrader_grades_what_was_taken_in_and_sees_nothing_else(
    course: Path, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", scripts_on_path())
    source = release()
    find(source, "setup").source = "def check(name, function):\n    assert function(*[1.0] * 9)"
    for name, function in FUNCTIONS.items():
        find(
            source, name
        ).source = (
            f"def {function}(*x):\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION"
        )
    put(course / "source" / NAME / f"{NAME}.ipynb", source)
    config = Config()
    config.CourseDirectory.root = str(course)
    config.Exchange.root = str(course.parent)
    config.ExecutePreprocessor.ipython_hist_file = ":memory:"
    config.ExecutePreprocessor.timeout = 300  # 30 seconds are few on a busy machine
    api = NbGraderAPI(config=config)
    assert api.generate_assignment(NAME, force=True)["success"]

    notebook = nbformat.read(course / "release" / NAME / f"{NAME}.ipynb", 4)
    for name in ("population", "corrected"):
        find(notebook, name).source = f"def {FUNCTIONS[name]}(*x):\n    return 1"
    put(inbox / "ada" / "x.ipynb", stripped(notebook))
    put(inbox / "ada" / "older.ipynb", notebook, NOON - 60)
    older, newer = intake(course, inbox).rows
    assert (older.status, newer.status, newer.found) == ("kept", "counts", "2 of 3")

    assert api.get_submitted_students(NAME) == {"ada"}
    assert api.get_source_assignments() == {NAME}
    result = api.autograde(NAME, "ada", force=False)
    assert result["success"], result["log"]
    with api.gradebook as gradebook:
        assert gradebook.find_submission(NAME, "ada").score == 4
