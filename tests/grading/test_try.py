"""“Try it”: the cell in which a student runs an answer that its check has called right."""

import functools
import io
import re
from contextlib import redirect_stdout
from dataclasses import dataclass, field

import numpy as np
import pytest
import torch
from assigned import ROOT

import bnviz
from bnviz.course.grading.assignment import Book, source_notebook
from bnviz.course.grading.marks import tags_of

BOOK = Book(ROOT)


@pytest.fixture(autouse=True)
def student(monkeypatch):
    monkeypatch.setenv("BNVIZ_STUDENT", "Ada")
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")  # a check raises where it fails


def kind(value):
    """What a function may rely on in an argument; whole numbers are numbers as others are."""
    if isinstance(value, np.ndarray | torch.Tensor):
        array = np.asarray(value.detach() if isinstance(value, torch.Tensor) else value)
        return type(value).__name__, array.ndim, array.dtype.kind
    if isinstance(value, int | float | np.number) and not isinstance(value, bool):
        return "number"
    return "module" if isinstance(value, torch.nn.Module) else type(value).__name__


def as_it_is(answer):
    """The answer of the solution."""
    return answer


def as_lists(answer):
    """An answer with lists for arrays."""
    if isinstance(answer, tuple):
        return tuple(map(as_lists, answer))
    return answer.tolist() if isinstance(answer, np.ndarray) else answer


def as_tensors(answer):
    """An answer with tensors for arrays and for what is no whole number."""
    if isinstance(answer, tuple):
        return tuple(map(as_tensors, answer))
    if isinstance(answer, np.ndarray):
        return torch.from_numpy(answer.copy())
    return torch.tensor(answer) if isinstance(answer, float | np.floating) else answer


def as_zero_dimensional(answer):
    """An answer with arrays without dimensions for numbers."""
    if isinstance(answer, tuple):
        return tuple(map(as_zero_dimensional, answer))
    return np.array(answer) if isinstance(answer, float | np.floating) else answer


@dataclass
class Answered:
    """What became of one answer: what it was given in its checks, and in the cell to try it."""

    checked: list[list] = field(default_factory=list)
    tried: list[list] = field(default_factory=list)
    is_right: bool = True
    crash: Exception | None = None

    def __post_init__(self):
        self.given = self.checked  # what the next call adds to


def work(name, form):
    """Run an assignment with the solutions for answers, and return what became of each."""
    namespace, found, now = {"bnviz": bnviz}, {}, Answered()
    for cell in source_notebook(name, BOOK).cells:
        if cell.cell_type != "code" or "setup" in tags_of(cell):
            continue
        marks = cell.metadata.get("nbgrader", {})
        if "try" in tags_of(cell):
            now.given = now.tried
            if now.is_right:
                now.crash = run(cell, namespace)
        elif marks.get("grade"):
            now.is_right &= run(cell, namespace) is None
        else:
            assert run(cell, namespace) is None
        if marks.get("solution"):
            now = found[cell.id] = Answered()
            function = re.search(r"^def (\w+)", cell.source, re.MULTILINE)[1]
            namespace[function] = watched(namespace[function], form, now)
    return found


def run(cell, namespace):
    """Run a cell; returns why it crashed, or None."""
    try:
        with redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
            exec(cell.source, namespace)
    except Exception as error:
        return error


def watched(function, form, answered):
    @functools.wraps(function)
    def answer(*arguments):
        answered.given.append([kind(argument) for argument in arguments])
        return form(function(*arguments))

    return answer


@pytest.mark.parametrize("name", BOOK.names)
class TestTheCellToTryAnAnswer:
    @pytest.mark.parametrize("form", [as_it_is, as_lists, as_tensors, as_zero_dimensional])
    def test_it_runs_with_every_answer_that_is_right(self, name, form):
        answers = work(name, form)
        assert any(answer.is_right for answer in answers.values())
        crashed = {what: answer.crash for what, answer in answers.items() if answer.crash}
        assert not crashed

    def test_it_gives_nothing_that_the_checks_do_not(self, name):
        for what, answer in work(name, as_it_is).items():
            for place, seen in enumerate(zip(*answer.tried, strict=True)):
                known = {given[place] for given in answer.checked}
                assert set(seen) <= known, f"argument {place + 1} of {what}"
