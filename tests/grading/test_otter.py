"""The form that `otter assign` reads. Tried with otter-grader 6 itself; here, what it relies on."""

import contextlib
import io
import re

import classroom
import nbformat
import pytest

from bnviz.course.grading.otter import otter_notebook


@pytest.fixture(scope="module")
def notebook(source):
    return otter_notebook(source, requirements="bnviz[course]")


def questions(notebook) -> dict[str, list]:
    """By name, the cells between the marks of each question."""
    found, inside = {}, None
    for cell in notebook.cells:
        if cell.cell_type == "raw" and cell.source.startswith("# BEGIN QUESTION"):
            inside = found.setdefault(re.search(r"name: (\w+)", cell.source)[1], [cell])
        elif cell.source == "# END QUESTION":
            inside = None
        elif inside is not None:
            inside.append(cell)
    return found


def between(cells, begin: str, end: str) -> list[str]:
    sources = [cell.source for cell in cells]
    return sources[sources.index(begin) + 1 : sources.index(end)]


def test_it_is_a_notebook_with_the_settings_first(notebook):
    nbformat.validate(notebook)
    assert notebook.cells[0].source.startswith("# ASSIGNMENT CONFIG\nname: 08-test-time\n")
    assert "  - bnviz[course]" in notebook.cells[0].source


def test_every_exercise_is_a_question_with_its_points(notebook):
    points = {
        name: int(re.search(r"points: (\d+)", cells[0].source)[1])
        for name, cells in questions(notebook).items()
    }
    assert points == {"population": 2, "forget": 1, "corrected": 2, "pooled": 3, "lag": 3}


def test_nothing_of_nbgraders_marks_is_left(notebook):
    text = nbformat.writes(notebook)
    assert "nbgrader" not in text.lower().replace("nbgrader_execution", "")
    assert "### " not in text


def test_what_is_given_stands_between_task_and_solution(notebook):
    lag = [cell.source for cell in questions(notebook)["lag"]]
    given = next(i for i, source in enumerate(lag) if "your_drift, your_momentum =" in source)
    assert 0 < given < lag.index("# BEGIN SOLUTION")


@pytest.mark.parametrize("name", classroom.RIGHT)
@pytest.mark.parametrize("answers", ["right", "wrong"])
def test_its_tests_tell_right_from_wrong(notebook, name, answers, monkeypatch):
    """As otter does: run in the student's namespace; what is printed must be what was expected."""
    monkeypatch.setenv("BNVIZ_STUDENT", "ada")
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    space: dict = {}
    wrong = {"population": "return means, variances", "lag": "return drift / momentum"}
    answer = classroom.RIGHT[name]
    if answers == "wrong":
        head = answer.split("\n")[0]
        answer = f"{head}\n    {wrong.get(name, 'return 1, 1')}"
    for cell in notebook.cells:
        if cell.cell_type == "code" and re.match(
            r"#@title Imports|SEED|STUDENT|drawn", cell.source
        ):
            with contextlib.redirect_stdout(io.StringIO()):
                exec(cell.source, space)
    exec(answer, space)
    tests = between(questions(notebook)[name], "# BEGIN TESTS", "# END TESTS")
    assert tests
    failed = 0
    for test in tests:
        with contextlib.redirect_stdout(io.StringIO()):
            try:
                exec(test, space)
            except Exception:
                failed += 1
    assert bool(failed) == (answers == "wrong")


def test_hidden_tests_stand_in_hidden_cells_alone(notebook):
    tests = between(questions(notebook)["pooled"], "# BEGIN TESTS", "# END TESTS")
    assert [test.startswith("# HIDDEN") for test in tests] == [False, True]
    assert "np.concatenate" not in tests[0] and "np.concatenate" in tests[1]
