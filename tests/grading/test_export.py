"""Points as CSV, for people and for the systems that classes use."""

import csv
import io

import pytest

from bnviz.course.grading.classlist import read_class_list, student_in
from bnviz.course.grading.export import as_csv
from bnviz.course.grading.scores import Scores

SCORES = Scores(
    assignment="08-test-time",
    exercises={"test-time/population": 2.0, "test-time/lag": 3.0},
    points={
        "ada": {"test-time/population": 2.0, "test-time/lag": 1.5},
        "bob": {"test-time/population": 0.0, "test-time/lag": 0.0},
        "eve": {"test-time/population": 2.0, "test-time/lag": None},
        "zoe": {"test-time/population": None, "test-time/lag": None},
    },
    handed_in=frozenset({"ada", "bob", "eve"}),
    titles={
        "test-time/population": "Exercise 8.1: From batches to all",
        "test-time/lag": "Problem 8.2: A layer that drifts",
    },
)


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_a_line_a_student_by_exercise():
    header, *lines = rows(as_csv(SCORES))
    assert header == [
        "student", "status", "Exercise 8.1: From batches to all",
        "Problem 8.2: A layer that drifts", "08-test-time total", "of",
    ]  # fmt: skip
    assert lines[0] == ["ada", "graded", "2", "1.5", "3.5", "5"]


def test_not_graded_and_not_handed_in_are_told_apart_from_zero():
    _, _, bob, eve, zoe = rows(as_csv(SCORES))
    assert bob == ["bob", "graded", "0", "0", "0", "5"]
    assert eve == ["eve", "not graded", "2", "", "", "5"]
    assert zoe == ["zoe", "not handed in", "", "", "", "5"]


def test_canvas_gets_its_five_columns_and_the_points_possible():
    header, possible, ada, *_ = rows(as_csv(SCORES, "canvas"))
    assert header[:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert header[5:] == ["08-test-time population", "08-test-time lag"]  # known again by these
    assert [p.strip() for p in possible] == ["Points Possible", "", "", "", "", "2", "3"]
    assert ada == ["ada", "", "", "ada", "", "2", "1.5"]


def test_what_canvas_knows_of_a_student_is_taken_from_its_own_export():
    row = {
        "Student": "Lovelace, Ada", "ID": "77", "SIS User ID": "S1", "SIS Login ID": "ada",
        "Section": "A",
    }  # fmt: skip
    ada = rows(as_csv(SCORES, "canvas", roster=[row]))[2]
    assert ada == ["Lovelace, Ada", "77", "S1", "ada", "A", "2", "1.5"]


def test_moodle_knows_students_by_the_columns_of_its_export():
    row = {
        "First name": "Ada",
        "Last name": "Lovelace",
        "Username": "ada",
        "Email address": "a@b.c",
    }
    header, ada, *_ = rows(as_csv(SCORES, "moodle", roster=[row], total=True))
    assert header == [
        "First name", "Last name", "ID number", "Username", "Email address", "08-test-time total",
    ]  # fmt: skip
    assert ada == ["Ada", "Lovelace", "", "ada", "a@b.c", "3.5"]


@pytest.mark.parametrize(
    ("row", "student"),
    [
        ({"id": "1815", "email": "ada@example.org"}, "1815"),
        ({"Email": "ada@example.org"}, "ada@example.org"),
        ({"Student": "Lovelace, Ada", "SIS Login ID": "ada"}, "ada"),
        ({"Username": "ada", "First name": "Ada"}, "ada"),
    ],
)
def test_a_class_list_names_its_students(row, student):
    assert student_in(row) == student


def test_a_class_list_without_names_says_what_is_missing():
    with pytest.raises(ValueError, match="sis login id.*First name"):
        student_in({"First name": "Ada"})


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_a_class_list_of_any_program_is_read(tmp_path, separator, encoding):
    text = "ID;Name;email\r\nzoe; Zoë van der Berg ;z@b.c\r\n;;\r\n".replace(";", separator)
    (tmp_path / "class.csv").write_bytes(text.encode(encoding))
    (row,) = read_class_list(tmp_path / "class.csv")
    assert row == {"ID": "zoe", "Name": "Zoë van der Berg", "email": "z@b.c"}


def test_the_line_of_canvas_with_the_points_is_no_student(tmp_path):
    (tmp_path / "canvas.csv").write_text(
        "Student,ID,SIS User ID,SIS Login ID,Section\n"
        "    Points Possible,,,,\n"
        '"Lovelace, Ada",77,S1,ada,A\n'
    )
    assert [student_in(row) for row in read_class_list(tmp_path / "canvas.csv")] == ["ada"]


@pytest.mark.parametrize("text", ["", "name\nAda\n", "id,name\n", "id,name\n,Ada\n"])
def test_a_class_list_without_students_is_refused(tmp_path, text):
    (tmp_path / "class.csv").write_text(text)
    with pytest.raises(ValueError, match=r"class\.csv has the columns"):
        read_class_list(tmp_path / "class.csv")


def test_a_name_that_is_a_formula_stays_a_text():
    scores = Scores("a", {"a/b": 1.0}, {"=cmd|x": {"a/b": 1.0}}, frozenset(), {"a/b": "B"})
    assert rows(as_csv(scores))[1][0] == "'=cmd|x"


def test_there_are_three_layouts():
    with pytest.raises(ValueError, match="plain, canvas, moodle"):
        as_csv(SCORES, "excel")
