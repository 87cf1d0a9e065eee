"""The graded problems: right answers pass, however they are written, and wrong ones do not."""

import ast
import copy
import importlib
import io
from collections import namedtuple
from contextlib import redirect_stdout

import nbformat
import numpy as np
import pytest
import torch
from assigned import ROOT

from bnviz.course.grading.assignment import Book, source_notebook
from bnviz.course.grading.form import merged, problems_in
from bnviz.course.grading.marks import tags_of

BOOK = Book(ROOT)
NOTEBOOKS = {
    path.stem: nbformat.read(path, as_version=4) for path in (ROOT / "problems").glob("*.ipynb")
}
PROBLEMS = {
    problem.name: (stem, problem)
    for stem, notebook in sorted(NOTEBOOKS.items())
    for problem in problems_in(notebook)
}
CHAPTERS = sorted({path.stem for path in (ROOT / "chapters").glob("*.ipynb")} - {"lab"})


@pytest.fixture(autouse=True)
def student(monkeypatch):
    monkeypatch.setenv("BNVIZ_STUDENT", "Ada")


def run(cells, namespace):
    with redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
        for cell in cells:
            exec(cell if isinstance(cell, str) else cell.source, namespace)
    return namespace


def opened(name):
    """The namespace in which a problem is answered: imports, and what is given."""
    stem, problem = PROBLEMS[name]
    first = [
        cell
        for cell in NOTEBOOKS[stem].cells
        if cell.source.startswith("#@title Imports") or "student" in tags_of(cell)
    ]
    return run([*first, *problem.given], {})


def answers(name):
    """Right answers and wrong ones, from the module of the chapter in answers/."""
    chapter, what = name.split("/")
    told = importlib.import_module(f"answers.{chapter.replace('-', '_')}")
    return told.RIGHT[what], told.WRONG[what]


def asked_for(problem):
    body = ast.parse(problem.stub.source).body
    return next(node.name for node in body if isinstance(node, ast.FunctionDef))


def solution(name):
    """The function of the solution, under the name of the stub."""
    problem = PROBLEMS[name][1]
    merged_source = merged(problem.stub.source, problem.solution.source)
    return run([merged_source], opened(name))[asked_for(problem)]


def by_torch(value):
    """A value as torch hands it on: tensors that ask for their gradients."""
    if isinstance(value, tuple | list):
        return tuple(map(by_torch, value))
    if isinstance(value, float | np.ndarray | torch.Tensor):
        return torch.as_tensor(value, dtype=torch.float64).requires_grad_()
    return value


def backward(part):
    """The same array, as a view that runs backward through another."""
    if not isinstance(part, np.ndarray) or part.ndim == 0:
        return part
    return part[::-1].copy()[::-1]


def graded(name, answer):
    """For each check, None or why it fails; the answer is code, or a function."""
    problem = PROBLEMS[name][1]
    namespace = run([problem.stub], opened(name))
    if callable(answer):
        namespace[asked_for(problem)] = answer
    else:
        run([answer], namespace)
    found = []
    for check in problem.checks:
        try:
            run([check], dict(namespace))  # a check stands by itself: another may have failed
            found.append(None)
        except Exception as error:
            found.append(error)
    return found


@pytest.mark.parametrize("name", PROBLEMS)
class TestEveryProblem:
    def test_the_solution_passes(self, name):
        problem = PROBLEMS[name][1]
        answer = merged(problem.stub.source, problem.solution.source)
        assert not any(graded(name, answer))

    def test_the_solution_cell_runs(self, name):
        run([PROBLEMS[name][1].solution], opened(name))

    def test_the_stub_is_told_that_it_is_not_attempted(self, name):
        problem = PROBLEMS[name][1]
        for error in graded(name, problem.stub.source):
            assert isinstance(error, AssertionError) and "Not attempted yet" in str(error)

    def test_another_right_answer_passes(self, name):
        right, _ = answers(name)
        assert right
        for answer in right:
            assert not any(found := graded(name, answer)), found

    def test_an_answer_of_tensors_that_ask_for_gradients_passes(self, name):
        right = solution(name)
        assert not any(found := graded(name, lambda *given: by_torch(right(*given)))), found

    def test_an_answer_whose_parts_have_names_passes(self, name):
        right = solution(name)

        def named(*given):
            found = right(*given)
            if not isinstance(found, tuple):
                return found
            return namedtuple("Answer", [f"part{k}" for k in range(len(found))])(*found)

        assert not any(found := graded(name, named)), found

    def test_an_answer_that_is_a_view_passes(self, name):
        right = solution(name)

        def viewed(*given):
            found = right(*given)
            parts = found if isinstance(found, tuple) else (found,)
            parts = tuple(backward(part) for part in parts)
            return parts if isinstance(found, tuple) else parts[0]

        assert not any(found := graded(name, viewed)), found

    def test_an_answer_that_spoils_its_arguments_spoils_no_later_test(self, name):
        right = solution(name)

        def spoiling(*given):
            found = right(*copy.deepcopy(given))
            for part in given:
                if isinstance(part, np.ndarray | torch.Tensor):
                    part[...] = 7
            return found

        assert not any(found := graded(name, spoiling)), found

    @pytest.mark.parametrize("answer", [np.float64(0.5), [0.5], (0.5, 0.5)])
    def test_an_answer_of_another_kind_is_told_so_in_words(self, name, answer):
        for error in graded(name, lambda *given: answer):
            assert isinstance(error, AssertionError) and str(error)

    def test_no_check_draws_without_a_seed(self, name):
        for check in PROBLEMS[name][1].checks:
            assert "default_rng()" not in check.source

    def test_wrong_answers_fail(self, name):
        _, wrong = answers(name)
        assert len(wrong) >= 3
        passed = [k for k, answer in enumerate(wrong) if not any(graded(name, answer))]
        assert not passed, f"These pass: {passed}."

    def test_it_has_hidden_tests_and_points(self, name):
        for check in PROBLEMS[name][1].checks:
            visible, _, hidden = check.source.partition("### BEGIN HIDDEN TESTS\n")
            assert "Not attempted yet" in visible
            assert hidden.rstrip().endswith("### END HIDDEN TESTS") and "assert" in hidden

    def test_each_student_has_numbers_of_its_own(self, name, monkeypatch):
        given = PROBLEMS[name][1].given
        seen = []
        for student in ("Ada", "Bob"):
            monkeypatch.setenv("BNVIZ_STUDENT", student)
            yours = {k: v for k, v in opened(name).items() if k.startswith("your_")}
            seen.append([np.asarray(value).tobytes() for value in yours.values()])
        assert bool(given) == bool(seen[0]) == (seen[0] != seen[1])


@pytest.mark.parametrize(
    "name",
    [
        "mini-batches/distinct",
        "mini-batches/copies",
        "mini-batches/seldom",
        "gradients/rest",
        "training-dynamics/leak",
        "test-time/lag",
    ],
)
def test_a_number_in_a_list_is_told_so(name):
    right = solution(name)
    for error in graded(name, lambda *given: [right(*given)]):
        assert "a single number" in str(error)


def test_every_chapter_has_two_problems():
    count = {name: sum(len(problems_in(n)) for n in BOOK.problems(name)) for name in CHAPTERS}
    assert len(count) > 5
    assert {name for name, problems in count.items() if problems < 2} == set()


def test_the_lag_without_its_sign_has_the_points_of_its_formula():
    distance, falling = graded("test-time/lag", lambda drift, momentum: drift * (1 / momentum - 1))
    assert distance is None and "a distance is positive" in str(falling)


@pytest.mark.parametrize("name", sorted(NOTEBOOKS))
def test_problems_are_numbered_by_their_chapter(name):
    number = 0 if name == "intro" else int(name.split("-")[0])
    titles = [p.task.source.split(":")[0] for p in problems_in(NOTEBOOKS[name])]
    assert titles == [f"## Problem {number}.{k}" for k in range(1, len(titles) + 1)]


@pytest.mark.parametrize("name", sorted(NOTEBOOKS))
def test_chapter_and_problems_make_one_assignment(name):
    source_notebook(name, BOOK)  # no two cells have the same id
