"""What students get, and what stays with who grades."""

import copy
import re
import subprocess
import sys

import nbformat
import pytest
from assigned import NAME, ROOT
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from bnviz.address import web_address
from bnviz.course.cli import main
from bnviz.course.grading.assignment import Book, assign, source_notebook
from bnviz.course.grading.form import FormError, problems_in

BOOK = Book(ROOT)


def by_id(notebook):
    return {cell.id: cell for cell in notebook.cells}


def test_the_released_notebook_holds_no_line_of_a_solution_or_of_a_hidden_test(source, release):
    told = {line.strip() for cell in release.cells for line in cell.source.split("\n")}
    hidden = re.compile(r"### BEGIN (?:SOLUTION|HIDDEN TESTS)\n(.*?)### END", re.DOTALL)
    parts = [part for cell in source.cells for part in hidden.findall(cell.source)]
    lines = {line.strip() for part in parts for line in part.split("\n")} - {""}
    assert len(parts) >= 7 and len(lines) >= 20
    assert not lines & told


def test_each_answer_is_the_stub_again(release):
    chapter = nbformat.read(ROOT / "chapters" / f"{NAME}.ipynb", 4)
    cells = by_id(release)
    for problem in [*problems_in(chapter), *problems_in(*BOOK.problems(NAME))]:
        assert cells[problem.what].source == problem.stub.source
        assert cells[problem.what].metadata.nbgrader.solution


def test_only_answers_and_cells_to_try_them_may_be_edited(release):
    open_cells = {c.id for c in release.cells if c.metadata.get("editable", True)}
    answers = {c.id for c in release.cells if c.metadata.get("nbgrader", {}).get("solution")}
    assert open_cells == answers | {"student", "forget-try", "corrected-try"}


def test_a_student_who_runs_all_before_answering_sees_the_own_numbers(release):
    unanswered = copy.deepcopy(release)
    by_id(unanswered)["student"].source = 'STUDENT = "ada"'
    NotebookClient(unanswered, timeout=120).execute()
    assert "Not attempted yet" in str(by_id(unanswered)["pooled-check"].outputs)
    assert "drift a step: 0." in by_id(unanswered)["lag-data"].outputs[0].text


def test_the_points_are_those_of_the_checks(release):
    points = {
        c.id: c.metadata.nbgrader.points
        for c in release.cells
        if "points" in c.metadata.get("nbgrader", {})
    }
    assert points == {
        "population-check": 2, "forget-check": 1, "corrected-check": 2,
        "pooled-check": 3, "lag-check": 2, "lag-check-2": 1,
    }  # fmt: skip


def test_source_and_release_have_the_same_cells_in_the_same_order(source, release):
    assert [c.id for c in source.cells] == [c.id for c in release.cells]


def test_nbgrader_validates_the_source(assigned_course):
    path = f"source/{NAME}/{NAME}.ipynb"
    patient = "--ExecutePreprocessor.timeout=300"  # 30 seconds are few on a busy machine
    command = [sys.executable, "-m", "nbgrader", "validate", path, patient]
    done = subprocess.run(command, cwd=assigned_course, capture_output=True, text=True, check=True)
    assert "Success" in done.stdout


def test_the_seed_of_the_course_stands_in_the_notebook(release):
    assert by_id(release)["seed"].source == "SEED = 7"


@pytest.mark.parametrize("name", ["intro", NAME])
def test_students_are_led_to_the_chapters_page_and_not_to_the_repository(name, book):
    repository = "https://github.com/Someone/elsewhere"
    title = by_id(source_notebook(name, BOOK, address=web_address(repository)))["title"].source
    (address,) = re.findall(r"\]\((\S+)\)", title)
    page = address.removeprefix("https://someone.github.io/elsewhere/")
    assert (book / page).is_file()


def test_without_practice_the_published_exercises_stay_away():
    cells = by_id(source_notebook(NAME, BOOK, practice=False))
    assert "pooled" in cells and "population" not in cells


def test_what_is_not_there_is_told_with_what_is():
    with pytest.raises(FormError, match=f"no-such.*{NAME}"):
        source_notebook("no-such", BOOK)


def own_problem(check: str):
    """An instructor's notebook with one problem."""
    task = new_markdown_cell("## Problem: A third")
    task.metadata.tags = ["exercise"]
    cells = [new_markdown_cell("# My own problems"), task]
    for kind, source in (
        ("stub", "def third(x):\n    # YOUR CODE HERE\n    return None"),
        ("check", check),
        ("solution", "def third(x):\n    return x / 3"),
    ):
        cell = new_code_cell(source, id=f"third-{kind}")
        cell.metadata.tags = [kind, "ex:own/third", *(["points:4"] if kind == "check" else [])]
        cells.append(cell)
    return new_notebook(cells=cells)


def test_an_instructor_adds_problems_by_a_notebook_in_a_folder(tmp_path):
    nbformat.write(own_problem("assert third(6) == 2"), tmp_path / f"{NAME}-mine.ipynb")
    nbformat.write(own_problem("assert third(6) == 2"), tmp_path / "exam.ipynb")
    book = Book(ROOT, [tmp_path])
    assert "third" in by_id(source_notebook(NAME, book))
    assert "exam" in book.names and f"{NAME}-mine" not in book.names
    exam = by_id(source_notebook("exam", book))
    assert exam["title"].source.startswith("# My own problems")
    assert exam["third-check"].metadata.nbgrader.points == 4


def test_a_notebook_of_an_instructor_takes_the_place_of_the_books_of_that_name(tmp_path):
    nbformat.write(own_problem("assert third(6) == 2"), tmp_path / f"{NAME}.ipynb")
    cells = by_id(source_notebook(NAME, Book(ROOT, [tmp_path])))
    assert {"third", "population"} <= set(cells) and not {"pooled", "lag"} & set(cells)


def test_a_folder_without_problems_is_refused_and_not_left_out(tmp_path):
    with pytest.raises(FormError, match="no-such"):
        Book(ROOT, [tmp_path / "no-such"])


def test_a_solution_that_fails_its_own_check_is_not_released(tmp_path):
    nbformat.write(own_problem("assert third(6) == 3"), tmp_path / "exam.ipynb")
    with pytest.raises(FormError, match="does not pass"):
        list(assign(["exam"], tmp_path / "course", Book(ROOT, [tmp_path])))
    assert not (tmp_path / "course" / "release").exists()


class TestCommandLine:
    def test_assign_prints_where_the_release_is_and_nothing_else(self, tmp_path, capfd):
        nbformat.write(own_problem("assert third(6) == 2"), tmp_path / "exam.ipynb")
        course = tmp_path / "course"
        arguments = ["course", "assign", "exam", "--to", str(course), "--problems", str(tmp_path)]
        assert main([*arguments, "--book", str(ROOT)]) == 0
        # Of its kernel and nbgrader, too, which are other processes.
        assert capfd.readouterr() == (f"{course / 'release' / 'exam' / 'exam.ipynb'}\n", "")

    def test_what_cannot_be_done_is_told_in_a_line_and_ends_with_2(self, tmp_path, capsys):
        assert main(["course", "assign", "no-such", "--to", str(tmp_path)]) == 2
        assert "There is nothing to assign under the name 'no-such'" in capsys.readouterr().err

    def test_help_has_an_example(self, capsys):
        with pytest.raises(SystemExit):
            main(["course", "assign", "--help"])
        assert "example: bnviz course assign" in capsys.readouterr().out
