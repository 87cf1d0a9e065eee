"""The four-cell form, and how it becomes nbgrader's."""

import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from bnviz.course.grading.form import BEGIN, END, STUB, FormError, merged, problems_in, tried

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted([*(ROOT / "chapters").glob("*.ipynb"), *(ROOT / "problems").glob("*.ipynb")])
PROBLEMS = {
    problem.name: problem
    for path in NOTEBOOKS
    for problem in problems_in(nbformat.read(path, as_version=4))
}
HALF = 'def half(x):\n    "Half of x."\n    # YOUR CODE HERE\n    return None'


def cell(tags, source="1"):
    made = new_code_cell(source)
    made.metadata.tags = tags
    return made


def task():
    made = new_markdown_cell("## Exercise 1.1: Half")
    made.metadata.tags = ["exercise"]
    return made


def exercise(**instead):
    cells = {
        "task": task(),
        "stub": cell(["stub", "ex:a/half"], HALF),
        "check": cell(["check", "ex:a/half", "points:2"]),
        "solution": cell(["solution", "ex:a/half"], "def half_solution(x):\n    return x / 2"),
    }
    return new_notebook(cells=[c for c in {**cells, **instead}.values() if c is not None])


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
class TestEveryExerciseOfTheBook:
    def test_with_the_solution_cut_out_the_stub_is_back(self, problem):
        both = merged(problem.stub.source, problem.solution.source)
        around = re.compile(rf"^( *){BEGIN}\n.*^ *{END}$", re.DOTALL | re.MULTILINE)
        back = around.sub(lambda m: "\n".join(m[1] + line for line in STUB.split("\n")), both)
        assert back == problem.stub.source

    def test_the_merged_cell_defines_the_function_that_the_stub_defines(self, problem):
        ours: dict = {}
        exec("import numpy as np\nimport torch\n" + problem.stub.source, ours)
        merged_too: dict = {}
        exec(
            "import numpy as np\nimport torch\n"
            + merged(problem.stub.source, problem.solution.source),
            merged_too,
        )
        assert set(ours) == set(merged_too)


def test_imports_of_a_solution_go_between_the_marks():
    both = merged(HALF, "from math import pi\n\n\ndef half_solution(x):\n    return x / 2 + 0 * pi")
    assert both.index(BEGIN) < both.index("from math") < both.index(END)
    namespace: dict = {}
    exec(both, namespace)
    assert namespace["half"](3) == 1.5


@pytest.mark.parametrize(
    ("stub", "solution", "told"),
    [
        ("def half(x):\n    return None", "def half(x):\n    return x", "YOUR CODE HERE"),
        (HALF, "def half(y):\n    return y / 2", "other parameters"),
        (HALF, "def third(x):\n    return x / 3", "no function half"),
        (HALF, "def one():\n    return 1\n\n\ndef half(x):\n    return x / 2", "Only imports"),
        ("# YOUR CODE HERE\nreturn None", "def half(x):\n    return x", "YOUR CODE HERE"),
    ],
)
def test_what_does_not_fit_together_is_told(stub, solution, told):
    with pytest.raises(FormError, match=told):
        merged(stub, solution)


def test_what_a_solution_tries_is_tried_with_the_readers_answer():
    solution = (
        'def half_solution(x):\n    return x / 2\n\n\ncheck("a/half", half_solution)\nx = 3\n'
    )
    assert tried(f"{solution}print(half_solution(x))", "half") == "x = 3\nprint(half(x))"


class TestTheFourCells:
    def test_all_four_make_a_problem(self):
        (problem,) = problems_in(exercise())
        assert (problem.name, problem.what) == ("a/half", "half")

    def test_cells_between_task_and_stub_are_given(self):
        notebook = exercise()
        notebook.cells.insert(1, cell([], "x = 3"))
        (problem,) = problems_in(notebook)
        assert [c.source for c in problem.given] == ["x = 3"]

    def test_there_may_be_several_checks(self):
        notebook = exercise()
        notebook.cells.insert(3, cell(["check", "ex:a/half", "points:1"]))
        assert len(problems_in(notebook)[0].checks) == 2

    @pytest.mark.parametrize("kind", ["task", "stub", "check", "solution"])
    def test_none_may_be_missing(self, kind):
        with pytest.raises(FormError, match=kind):
            problems_in(exercise(**{kind: None}))

    def test_a_check_says_its_points(self):
        with pytest.raises(FormError, match="points:N"):
            problems_in(exercise(check=cell(["check", "ex:a/half"])))

    def test_a_name_has_its_chapter(self):
        with pytest.raises(FormError, match="equation/normalize"):
            problems_in(exercise(stub=cell(["stub", "ex:half"], HALF)))
