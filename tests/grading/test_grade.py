"""What a whole class hands in, and what it gets: run for real, in isolation."""

import os
import re
import shutil
from pathlib import Path

import nbformat
import pytest
import small_course
from nbformat.v4 import new_code_cell
from nbgrader.api import Gradebook
from small_course import NAME, WRONG, hand_in, released, solved

from bnviz.course.grading import grade as grading
from bnviz.course.grading.grade import grade
from bnviz.course.grading.intake import intake
from bnviz.course.grading.kernel import CALLS_SHOWN
from bnviz.course.grading.submission import Graded
from bnviz.course.grading.verdicts import uncolored

ALL = {"double-check": 2.0, "area-check": 1.0, "steps-check": 3.0}
IGNORES = "try:\n            time.sleep(9)\n        except KeyboardInterrupt:\n            pass"
FLOOD = "def double(x):\n    while True:\n        print('all work and no play')"

# Who hands in what as the answer to `double`, whose check brings 2 of the 6 points.
ACCIDENTS = {
    "loops": "def double(x):\n    while True:\n        pass",
    "ignores": f"import time\ndef double(x):\n    while True:\n        {IGNORES}",
    "exits": "import os\ndef double(x):\n    os._exit(0)",
    "kills": "import os, signal\ndef double(x):\n    os.kill(os.getpid(), signal.SIGSEGV)",
    "typo": "def double(x)\n    return 2 * x",
    "floods": FLOOD,
    "memory": "def double(x):\n    return [bytearray(1 << 30) for _ in range(99)]",
    "hidden": WRONG,
    "sysexit": "def double(x):\n    sys.exit()",
    "recurses": "def double(x):\n    return double(x)",
    "asks": "def double(x):\n    return 2 * int(input())",
}
# And those that do something odd beside a right answer, which costs nothing.
HARMLESS = {
    "warns": "sys.stderr.write('!')\ndef double(x):\n    sys.stderr.write('!')\n    return 2 * x",
    "deletes": "import os, shutil\nshutil.rmtree(os.getcwd())\ndef double(x):\n    return 2 * x",
    "moves": "import os\nos.chdir('/')\ndef double(x):\n    return 2 * x",
    "mutes": "import io\nsys.stdout = io.StringIO()\ndef double(x):\n    return 2 * x",
    "leaves": "import subprocess\nsubprocess.Popen(['sleep', '4242'], start_new_session=True)\n"
    "def double(x):\n    return 2 * x",
    "quits": "def double(x):\n    return 2 * x\nexit()",
}


@pytest.fixture(scope="module")
def batch(small: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Graded]]:
    course = shutil.copytree(small, tmp_path_factory.mktemp("batch") / "course")
    for student, answer in {**ACCIDENTS, **HARMLESS}.items():
        hand_in(course, student, solved(course, double=answer))
    hand_in(course, "ada", solved(course))
    hand_in(course, "part", solved(course, steps="def steps(n):\n    return [0] * n"))
    hand_in(course, "blank", released(course))
    folder = hand_in(course, "garbage", solved(course))
    (folder / f"{NAME}.ipynb").write_text("this is no notebook")
    results = grade(course, NAME, jobs=4, cell_seconds=3, memory_mb=2000, progress=False)
    return course, {result.student: result for result in results}


def in_gradebook(course: Path, student: str) -> dict[str, float | None]:
    with open_book(course) as book:
        return {name: book.find_grade(name, NAME, NAME, student).auto_score for name in ALL}


def open_book(course: Path) -> Gradebook:
    return Gradebook(f"sqlite:///{course}/gradebook.db")


@pytest.mark.parametrize("student", ACCIDENTS)
def test_what_a_submission_breaks_costs_only_the_points_of_that(batch, student):
    course, results = batch
    assert results[student].earned == {**ALL, "double-check": 0.0}
    assert results[student].status == "graded"
    assert in_gradebook(course, student) == results[student].earned


@pytest.mark.parametrize("student", ["ada", *HARMLESS])
def test_odd_but_harmless_deeds_cost_nothing(batch, student):
    course, results = batch
    assert results[student].earned == ALL
    assert in_gradebook(course, student) == ALL


def test_partial_credit_is_what_the_check_says(batch):
    _, results = batch
    assert results["part"].earned == {**ALL, "steps-check": 2.0}


def test_no_answer_earns_nothing_and_is_said_to_be_none(batch):
    course, results = batch
    assert results["blank"].score == 0
    with open_book(course) as book:
        assert book.find_comment("double", NAME, NAME, "blank").auto_comment == "No response."
        assert book.find_comment("double", NAME, NAME, "ada").auto_comment is None


def test_what_is_no_notebook_is_not_graded_rather_than_zero(batch):
    course, results = batch
    assert results["garbage"].status == "not graded"
    assert "cannot be run" in results["garbage"].notes[0]
    assert in_gradebook(course, "garbage") == dict.fromkeys(ALL)
    with open_book(course) as book:
        assert book.find_grade("double-check", NAME, NAME, "garbage").needs_manual_grade


def test_a_flood_of_output_is_cut(batch):
    course, _ = batch
    graded = course / "autograded" / "floods" / NAME / f"{NAME}.ipynb"
    assert 90_000 < graded.stat().st_size < 300_000
    assert "is left out" in graded.read_text()


def test_an_endless_recursion_is_shown_by_its_first_calls(batch):
    course, results = batch
    graded = course / "autograded" / "recurses" / NAME / f"{NAME}.ipynb"
    cells = nbformat.read(graded, as_version=4).cells
    (error,) = [o for cell in cells for o in cell.get("outputs", []) if "ename" in o]
    assert error.ename == "RecursionError"
    said = uncolored("\n".join(error.traceback))
    assert 2 <= said.count("return double(x)") <= 2 * CALLS_SHOWN
    assert sum(map(int, re.findall(r"\((\d+) times\)", said))) <= CALLS_SHOWN  # folded ones
    assert results["recurses"].notes == ()


def test_the_executed_notebook_and_the_time_are_where_nbgrader_looks(batch):
    course, _ = batch
    nb = nbformat.read(course / "autograded" / "typo" / NAME / f"{NAME}.ipynb", as_version=4)
    nbformat.validate(nb)
    assert [o.ename for cell in nb.cells for o in cell.get("outputs", []) if "ename" in o] == [
        "SyntaxError",
        "NameError",
    ]
    with open_book(course) as book:
        assert book.find_submission(NAME, "typo").timestamp.isoformat() == "2026-01-02T03:04:05"


def test_what_is_graded_and_unchanged_is_not_graded_again(course, monkeypatch):
    hand_in(course, "ada", solved(course))
    hand_in(course, "eve", solved(course))
    first = grade(course, NAME, progress=False)
    assert [result.status for result in first] == ["graded", "graded"]

    ran = []
    run = grading.run_submission
    monkeypatch.setattr(grading, "run_submission", lambda w, r: ran.append(w.student) or run(w, r))
    again = grade(course, NAME, progress=False)
    assert [result.status for result in again] == ["unchanged", "unchanged"]
    assert [result.earned for result in again] == [ALL, ALL]
    assert ran == []

    hand_in(course, "eve", solved(course, double=WRONG))
    third = grade(course, NAME, progress=False)
    assert [result.status for result in third] == ["unchanged", "graded"]
    assert third[1].score == 4
    assert ran == ["eve"]

    forced = grade(course, NAME, students=["ada"], force=True, progress=False)
    assert [(result.student, result.status) for result in forced] == [("ada", "graded")]


def test_grading_goes_on_where_it_was_interrupted(course, monkeypatch):
    for student in ("ada", "eve"):
        hand_in(course, student, solved(course))
    run = grading.run_submission

    def interrupted(work, running):
        if work.student == "eve":
            raise KeyboardInterrupt
        return run(work, running)

    with monkeypatch.context() as patched:
        patched.setattr(grading, "run_submission", interrupted)
        with pytest.raises(KeyboardInterrupt):
            grade(course, NAME, jobs=1, progress=False)
    results = grade(course, NAME, progress=False)
    assert [result.status for result in results] == ["unchanged", "graded"]


def test_what_was_given_by_hand_stays(course):
    hand_in(course, "ada", solved(course))
    grade(course, NAME, progress=False)
    with open_book(course) as book:
        given = book.find_grade("double-check", NAME, NAME, "ada")
        given.manual_score, given.extra_credit = 1.5, 0.5
        book.find_comment("double", NAME, NAME, "ada").manual_comment = "Neat."
        book.db.commit()
    grade(course, NAME, force=True, progress=False)
    with open_book(course) as book:
        given = book.find_grade("double-check", NAME, NAME, "ada")
        assert (given.auto_score, given.manual_score, given.extra_credit) == (2.0, 1.5, 0.5)
        assert given.needs_manual_grade
        assert book.find_comment("double", NAME, NAME, "ada").manual_comment == "Neat."


def test_who_has_no_name_goes_by_the_id_and_names_that_are_there_stay(course):
    names = {"ada": (None, None), "bob": ("Bob", "B."), "eve": (None, "E."), "kim": ("Kim", None)}
    with open_book(course) as book:
        for student in ("bob", "eve", "kim"):
            first, last = names[student]
            book.add_student(student, first_name=first, last_name=last)
    for student in names:
        hand_in(course, student, solved(course))
    grade(course, NAME, progress=False)
    with open_book(course) as book:
        found = {one.id: (one.first_name, one.last_name) for one in book.students}
    assert found == {**names, "ada": ("", "ada")}


@pytest.mark.parametrize(("isolate", "stays"), [("namespaces", True), ("process", False)])
def test_what_is_given_by_hand_while_code_runs_stays_where_that_code_cannot_have_done_it(
    course, monkeypatch, isolate, stays
):
    hand_in(course, "ada", solved(course))
    grade(course, NAME, progress=False)

    def meanwhile(work, running):
        with open_book(course) as book:
            book.find_grade("double-check", NAME, NAME, "ada").manual_score = 1.5
            book.db.commit()
        earned: dict[str, float | None] = {**ALL}
        return work.read(), Graded("ada", "graded", earned, ALL, work.isolation)

    monkeypatch.setattr(grading, "run_submission", meanwhile)
    (result,) = grade(course, NAME, isolate=isolate, force=True, progress=False)
    with open_book(course) as book:
        by_hand = book.find_grade("double-check", NAME, NAME, "ada").manual_score
    assert by_hand == (1.5 if stays else None)
    assert any("put back" in note for note in result.notes) != stays


def test_edited_and_deleted_checks_are_put_back(course):
    nb = solved(course, double=WRONG)
    nb.cells = [cell for cell in nb.cells if cell.id != "steps-check"]
    for cell in nb.cells:
        if cell.id == "double-check":
            cell.source = "pass"
            cell.metadata.tags = ["skip-execution"]
            cell.metadata.nbgrader.points = 99
        if cell.id == "area-check":
            cell.cell_type = "markdown"
    hand_in(course, "eve", nb)
    (result,) = grade(course, NAME, progress=False)
    assert result.earned == {**ALL, "double-check": 0.0}


def test_a_setup_cell_that_does_not_run_here_costs_nobody_points(tmp_path):
    source = small_course.source()
    source.cells[1].source = "import a_library_that_this_machine_lacks"
    course = small_course.make(tmp_path / "course", source)
    hand_in(course, "ada", solved(course))
    (result,) = grade(course, NAME, progress=False)
    assert result.status == "not graded"
    assert "a_library_that_this_machine_lacks" in result.notes[0]
    assert in_gradebook(course, "ada") == dict.fromkeys(ALL)


def test_a_setup_cell_that_breaks_later_takes_no_points_away(tmp_path):
    course = small_course.make(tmp_path / "course")
    path = course / "source" / NAME / f"{NAME}.ipynb"
    hand_in(course, "ada", solved(course))
    hand_in(course, "eve", solved(course))
    grade(course, NAME, progress=False)
    graded = course / "autograded" / "ada" / NAME / f"{NAME}.ipynb"
    before, whole = graded.read_bytes(), path.read_text()

    path.write_text(whole.replace("import math", "import a_library_that_this_machine_lacks"))
    hand_in(course, "eve", solved(course, double=WRONG))  # of this nothing is known yet
    ada, eve = grade(course, NAME, progress=False)
    assert (ada.status, eve.status) == ("not graded", "not graded")
    assert (ada.earned, eve.earned) == (ALL, dict.fromkeys(ALL))
    assert "a_library_that_this_machine_lacks" in ada.notes[0]
    assert ada.notes[-1] == "The points of an earlier run stay."
    assert in_gradebook(course, "ada") == ALL
    assert in_gradebook(course, "eve") == dict.fromkeys(ALL)
    assert graded.read_bytes() == before

    path.write_text(whole)
    ada, eve = grade(course, NAME, progress=False)
    assert (ada.status, ada.earned) == ("unchanged", ALL)
    assert (eve.status, eve.score) == ("graded", 4)


def test_a_runner_that_ends_early_leaves_points_unknown_and_is_tried_again(course, monkeypatch):
    hand_in(course, "ada", solved(course))
    with monkeypatch.context() as patched:
        patched.setattr("bnviz.course.grading.submission.RUNNER", "raise SystemExit(1)")
        (result,) = grade(course, NAME, progress=False)
    assert result.status == "not graded"
    assert result.earned == dict.fromkeys(ALL)
    (result,) = grade(course, NAME, progress=False)
    assert result.earned == ALL


def test_a_submission_has_a_time_for_all_of_it(course):
    nb = solved(course)
    nb.cells.insert(4, new_code_cell("import time\ntime.sleep(60)"))
    hand_in(course, "slow", nb)
    (result,) = grade(course, NAME, seconds=6, progress=False)
    assert result.earned == {"double-check": 2.0, "area-check": 0.0, "steps-check": 0.0}
    assert any("took all of 6 seconds" in note for note in result.notes)


def test_files_beside_the_notebook_are_there_and_the_courses_own_count(course):
    (course / "source" / NAME / "data.txt").write_text("true")
    folder = hand_in(
        course,
        "ada",
        solved(
            course,
            double="said = open('data.txt').read() + open('own.txt').read()\n"
            "def double(x):\n    return 2 * x if said == 'truemine' else 0",
        ),
    )
    (folder / "data.txt").write_text("forged")
    (folder / "own.txt").write_text("mine")
    (result,) = grade(course, NAME, progress=False)
    assert result.earned == ALL


def test_what_a_student_sends_beside_the_notebook_can_be_imported_and_opened(course, tmp_path):
    (course / "source" / NAME / "data.txt").write_text("the course's")
    sent = tmp_path / "inbox" / "ada"
    sent.mkdir(parents=True)
    (sent / "helpers.py").write_text("def twice(x):\n    return 2 * x")
    (sent / "data.txt").write_text("forged")
    answer = (
        "from helpers import twice\n"
        "assert open('data.txt').read() == \"the course's\"\n"
        "def double(x):\n    return twice(x)"
    )
    nbformat.write(solved(course, double=answer), sent / "work.ipynb")
    assert intake(course, tmp_path / "inbox").ok
    (result,) = grade(course, NAME, progress=False)
    assert result.earned == ALL


def test_a_file_that_is_named_like_a_library_is_not_imported_for_it_and_is_named(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("PYTHONPATH", ":" + os.environ.get("PYTHONPATH", ""))  # "" is where one is
    source = small_course.source()
    source.cells[1].source = "import math, random, sys\nimport numpy as np"
    course = small_course.make(tmp_path / "course", source)
    answer = "import colorsys, own\ndef double(x):\n    return own.twice(x)"
    folder = hand_in(course, "ada", solved(course, double=answer))
    (folder / "own.py").write_text("def twice(x):\n    return 2 * x")
    (folder / "bnviz").mkdir()
    taken = ("bnviz/__init__.py", "colorsys.py", "numpy.py", "random.py")
    for name in taken:
        (folder / name).write_text("raise SystemExit('never')")
    (result,) = grade(course, NAME, progress=False)
    assert (result.status, result.earned) == ("graded", ALL)
    assert [note.split(" is named like a library")[0] for note in result.notes] == [*taken]


def test_an_unknown_assignment_or_student_is_named_with_what_there_is(course):
    hand_in(course, "ada", solved(course))
    with pytest.raises(FileNotFoundError, match=NAME):
        grade(course, "02-none", progress=False)
    with pytest.raises(ValueError, match="by: ada"):
        grade(course, NAME, students=["bob"], progress=False)
    with pytest.raises(ValueError, match="at least 1"):
        grade(course, NAME, jobs=0, progress=False)


def test_checks_know_whose_submission_they_grade(course):
    hand_in(
        course,
        "ada",
        solved(
            course,
            double="import os\ndef double(x):\n"
            "    return 2 * x if os.environ['BNVIZ_STUDENT'] == 'ada' else 0",
        ),
    )
    (result,) = grade(course, NAME, progress=False)
    assert result.earned == ALL
