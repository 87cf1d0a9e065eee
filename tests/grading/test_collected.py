"""What comes by nbgrader's exchange is graded like what comes through `intake`, and goes back."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from small_course import NAME, WRONG, hand_in, released, solved

from bnviz.course.grading.feedback import feedback
from bnviz.course.grading.grade import grade

ALL = {"double-check": 2.0, "area-check": 1.0, "steps-check": 3.0}
SECRET = "5ec2e7"


def collected(course: Path, student: str, nb: NotebookNode) -> Path:
    """As `nbgrader collect` leaves it."""
    folder = hand_in(course, student, nb)
    (folder / "submission_secret.txt").write_text(SECRET)
    return folder


def bare(nb: NotebookNode) -> NotebookNode:
    """Through Colab and back: without ids and marks."""
    for cell in nb.cells:
        cell.metadata = NotebookNode()
        cell.pop("id", None)
    nb.metadata, nb.nbformat_minor = NotebookNode(), 4
    return nb


def test_a_notebook_without_marks_is_no_silent_zero(course):
    folder = collected(course, "ada", bare(solved(course)))
    as_sent = (folder / f"{NAME}.ipynb").read_bytes()
    (result,) = grade(course, NAME, progress=False)
    assert (result.earned, result.status) == (ALL, "graded")
    assert (course / "received" / "ada" / NAME / f"{NAME}.ipynb").read_bytes() == as_sent


def test_a_notebook_of_another_name_counts_where_there_is_none_of_the_right_one(course):
    folder = collected(course, "ada", solved(course))
    (folder / f"{NAME}.ipynb").rename(folder / "Copy.ipynb")
    collected(course, "eve", solved(course))
    nbformat.write(solved(course, double=WRONG), course / "submitted" / "eve" / NAME / "try.ipynb")
    results = grade(course, NAME, progress=False)
    assert [result.earned for result in results] == [ALL, ALL]


def test_what_was_odd_about_it_is_said_each_time(course):
    nb = solved(course)
    nb.cells = [cell for cell in nb.cells if not cell.id.startswith("steps")]
    collected(course, "ada", nb)
    for status in ("graded", "unchanged"):
        (result,) = grade(course, NAME, progress=False)
        assert result.status == status
        assert result.earned == {**ALL, "steps-check": 0.0}
        assert any("put back: steps-check" in note for note in result.notes)


def test_what_cannot_be_read_is_named_and_an_earlier_one_counts(course):
    collected(course, "eve", solved(course))
    grade(course, NAME, progress=False)
    for student in ("eve", "bob"):
        folder = collected(course, student, solved(course))
        (folder / f"{NAME}.ipynb").write_text('{"cells": [')
    bob, eve = grade(course, NAME, progress=False)
    assert (bob.status, bob.earned) == ("not graded", dict.fromkeys(ALL))
    assert eve.earned == ALL
    assert f"{NAME}.ipynb, received before, counts." in eve.notes


def test_a_later_one_counts_and_an_equal_one_changes_nothing(course):
    collected(course, "ada", solved(course, double=WRONG))
    assert grade(course, NAME, progress=False)[0].score == 4
    again = collected(course, "ada", solved(course))
    (again / "timestamp.txt").write_text("2099-01-02 03:04:05.678901 UTC")
    assert grade(course, NAME, progress=False)[0].score == 6
    # `nbgrader collect --update` asks this file whether there is something newer.
    assert (again / "timestamp.txt").read_text() == "2099-01-02 03:04:05.678901 UTC"
    hand_in(course, "ada", solved(course))
    assert grade(course, NAME, progress=False)[0].status == "unchanged"


def test_a_forged_time_costs_the_others_nothing(course):
    for student in ("ada", "eve"):
        collected(course, student, solved(course))
    (course / "submitted" / "eve" / NAME / "timestamp.txt").write_text("soon")
    ada, _ = grade(course, NAME, progress=False)
    assert ada.earned == ALL


def test_the_secret_of_the_exchange_is_no_file_of_the_submission(course):
    says = "import os\ndef double(x):\n    return 2 * x if not os.path.exists('{}') else 0"
    collected(course, "ada", solved(course, double=says.format("submission_secret.txt")))
    (result,) = grade(course, NAME, progress=False)
    assert result.earned == ALL


def test_nbgrader_releases_the_pages_whichever_way_the_notebooks_came(course):
    collected(course, "ada", solved(course))
    hand_in(course, "bob", released(course))  # by mail: no secret
    grade(course, NAME, progress=False)
    before = os.umask(0o077)  # files are private by default
    pages = feedback(course, NAME)
    os.umask(before)
    exchange = course.parent / "exchange"
    options = [f"--Exchange.root={exchange}", "--CourseDirectory.course_id=small"]
    for command in ("release_assignment", "release_feedback"):
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", command, NAME, *options],
            cwd=course, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    copies = list((exchange / "small" / "feedback").iterdir())
    assert {page.read_text() for page in copies} == {page.read_text() for page in pages}
    assert all(page.stat().st_mode & stat.S_IROTH for page in copies)
    assert (pages[0].parent / "submission_secret.txt").read_text() == SECRET
    assert len((pages[1].parent / "submission_secret.txt").read_text()) > 60
