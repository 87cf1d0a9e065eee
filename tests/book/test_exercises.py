"""Every exercise can be solved, every named mistake is named, every chapter has its four cells."""

import ast
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest

from bnviz import norms
from bnviz.course.check import CheckFailed, check
from bnviz.course.exercise import Exercise
from bnviz.course.exercises import all_exercises, equation, gradients

CHAPTERS = Path(__file__).resolve().parents[2] / "chapters"

#: The chapters by what their exercises' names begin with: the file's name without its number. The
#: lab has none: it is one.
CHAPTER_OF = {
    re.sub(r"^\d+-", "", path.stem): path.name
    for path in sorted(CHAPTERS.glob("*.ipynb"))
    if path.stem != "lab"
}
EXERCISES = all_exercises()


@pytest.fixture(autouse=True)
def _not_under_nbgrader(monkeypatch):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)


def prefix_of(name: str) -> str:
    return name.split("/")[0]


# --- the specifications -------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", CHAPTER_OF)
def test_every_chapter_has_at_least_three_exercises(prefix):
    assert sum(prefix_of(name) == prefix for name in EXERCISES) >= 3


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
class TestSpecification:
    def test_the_reference_passes(self, exercise: Exercise, capsys):
        check(exercise.name, exercise.reference)
        assert capsys.readouterr().out.startswith("Correct")

    def test_a_stub_is_not_attempted(self, exercise: Exercise, capsys):
        check(exercise.name, lambda *arguments: None)
        assert capsys.readouterr().out.startswith("Not attempted yet")

    def test_typical_mistakes_are_known_and_each_is_recognised(self, exercise: Exercise, capsys):
        assert exercise.mistakes
        for message, mistaken in exercise.slips():
            check(exercise.name, lambda *arguments, f=mistaken: f(*arguments))
            report = " ".join(capsys.readouterr().out.split())
            assert report.startswith("Not right yet"), message
            assert f"Likely {' '.join(message.split())}" in report

    def test_under_nbgrader_stub_and_mistakes_fail_and_the_reference_passes(
        self, exercise: Exercise, monkeypatch
    ):
        monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
        check(exercise.name, exercise.reference)
        slips = [mistaken for _, mistaken in exercise.slips()]
        for wrong in (lambda *arguments: None, *slips):
            with pytest.raises(CheckFailed):
                check(exercise.name, wrong)


class TestChapter3SolutionsAreBatchNorm:
    """The solutions of chapter 3 are held against `bnviz.norms`, which is held against PyTorch."""

    X = np.random.default_rng(0).normal(5, 3, (7, 4))

    def test_normalize(self):
        expected = norms.batch_norm(self.X, None, None, training=True, eps=1e-3)
        np.testing.assert_allclose(equation.normalize(self.X, 1e-3), expected)

    def test_std_of_x_hat(self):
        std = norms.batch_norm(self.X, None, None, training=True, eps=2.0).std(0)
        np.testing.assert_allclose(equation.std_of_x_hat(self.X.var(0), 2.0), std)

    def test_skewness_is_not_changed_by_normalizing(self):
        x_hat = norms.batch_norm(self.X, None, None, training=True)
        np.testing.assert_allclose(equation.skewness(x_hat), equation.skewness(self.X))

    def test_update_running(self):
        running_mean, running_var = np.arange(4.0), np.arange(1.0, 5.0)
        ours = equation.update_running(running_mean, running_var, self.X, 0.3)
        norms.batch_norm(self.X, running_mean, running_var, training=True, momentum=0.3)
        np.testing.assert_allclose(ours, (running_mean, running_var))


class TestChapter5SolutionsAreBatchNorm:
    """The solutions of chapter 5 are held against `bnviz.norms`."""

    X = np.random.default_rng(0).normal(5, 3, (7, 4))
    G = np.random.default_rng(1).normal(size=(7, 4))

    def test_grad_input(self):
        weight = np.array([1.0, -2.0, 0.5, 3.0])
        expected, _, _ = norms.batch_norm_backward(self.G, self.X, weight, eps=1e-3)
        np.testing.assert_allclose(gradients.grad_input(self.G, self.X, weight, 1e-3), expected)

    def test_mean_without(self):
        bias, mean, var = np.array([1.0, -2.0, 0.0, 3.0]), np.arange(4.0), np.full(4, 2.0)
        before = norms.batch_norm(self.X + bias, mean, var)
        moved = gradients.mean_without(bias, mean)
        np.testing.assert_allclose(norms.batch_norm(self.X, moved, var), before)

    def test_length_after(self):
        assert gradients.length_after(3.0, 6.0, 2.0, 1) == 5  # a triangle of 3, 4 and 5
        # The length grows like the fourth root of the steps.
        many = [gradients.length_after(1.0, 1.0, 1.0, n) for n in (10**3, 16 * 10**3)]
        assert abs(many[1] / many[0] - 2) < 0.01


# --- the chapters -------------------------------------------------------------------------------


def read(chapter: str) -> nbformat.NotebookNode:
    path = CHAPTERS / chapter
    assert path.is_file(), f"chapter {chapter} is missing"
    return nbformat.read(path, as_version=4)


def tags_of(cell: nbformat.NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def values_of(cell: nbformat.NotebookNode, kind: str) -> list[str]:
    """What follows "kind:" in the tags of a cell."""
    return [tag.removeprefix(f"{kind}:") for tag in tags_of(cell) if tag.startswith(f"{kind}:")]


def exercises_in(notebook: nbformat.NotebookNode) -> list[list[nbformat.NotebookNode]]:
    """The four cells that begin with each cell tagged `exercise`."""
    starts = [i for i, cell in enumerate(notebook.cells) if "exercise" in tags_of(cell)]
    return [notebook.cells[i : i + 4] for i in starts]


def names_in(notebook: nbformat.NotebookNode) -> list[str]:
    return [values_of(cells[1], "ex")[0] for cells in exercises_in(notebook)]


def imports_and_functions(notebook: nbformat.NotebookNode) -> dict[str, object]:
    """What a chapter defines outside its exercises, without running its experiments."""
    namespace: dict[str, object] = {}
    for cell in notebook.cells:
        if cell.cell_type != "code" or values_of(cell, "ex"):
            continue
        plain = re.sub(r"^(\s*)[%!].*$", r"\1pass", cell.source, flags=re.MULTILINE)
        for node in ast.walk(ast.parse(plain)):
            is_import = isinstance(node, ast.Import | ast.ImportFrom)  # also inside `try`
            if is_import or (isinstance(node, ast.FunctionDef) and node.col_offset == 0):
                exec(compile(ast.Module([node], []), "chapter", "exec"), namespace)
    return namespace


def function_in(source: str) -> ast.FunctionDef:
    functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    assert len(functions) == 1, "one function is asked for"
    return functions[0]


def test_every_exercise_names_its_chapter():
    assert {prefix_of(name) for name in EXERCISES} == set(CHAPTER_OF)


def test_every_exercise_is_used_in_exactly_one_chapter():
    used = [name for path in sorted(CHAPTERS.glob("*.ipynb")) for name in names_in(read(path.name))]
    assert sorted(used) == sorted(EXERCISES)


@pytest.mark.parametrize("prefix", CHAPTER_OF)
class TestChapter:
    def test_it_has_at_least_three_exercises_of_its_own(self, prefix):
        names = names_in(read(CHAPTER_OF[prefix]))
        assert len(names) >= 3
        assert {prefix_of(name) for name in names} == {prefix}

    def test_no_cell_of_an_exercise_stands_elsewhere(self, prefix):
        notebook = read(CHAPTER_OF[prefix])
        inside = {cell.id for cells in exercises_in(notebook) for cell in cells}
        stray = [
            cell.id
            for cell in notebook.cells
            if {"stub", "check", "solution"} & set(tags_of(cell)) and cell.id not in inside
        ]
        assert stray == []

    def test_the_four_cells(self, prefix):
        for text, stub, checked, solution in exercises_in(read(CHAPTER_OF[prefix])):
            (name,) = values_of(stub, "ex")

            assert text.cell_type == "markdown"
            assert re.match(r"#{2,3} Exercise \w+\.\d+: \S", text.source), name
            assert text.source.count("<details>") == text.source.count("</details>") > 0, name

            assert stub.cell_type == checked.cell_type == solution.cell_type == "code"
            assert "stub" in tags_of(stub)
            assert "# YOUR CODE HERE" in stub.source
            assert stub.source.rstrip().endswith("return None")

            assert "check" in tags_of(checked)
            assert values_of(checked, "ex") == [name]
            (points,) = values_of(checked, "points")
            assert int(points) > 0

            assert {"solution", "hide-cell"} <= set(tags_of(solution))
            assert values_of(solution, "ex") == [name]
            assert solution.metadata.cellView == "form"
            assert solution.metadata.jupyter.source_hidden is True
            assert solution.metadata.jupyter.outputs_hidden is True  # predictions stay open
            assert solution.source.startswith("#@title")

    def test_stub_check_and_solution_speak_of_the_same_function(self, prefix):
        for _, stub, checked, solution in exercises_in(read(CHAPTER_OF[prefix])):
            (name,) = values_of(stub, "ex")
            asked = function_in(stub.source)
            assert ast.get_docstring(asked), name
            assert asked.name == EXERCISES[name].reference.__name__
            assert [a.arg for a in asked.args.args] == list(EXERCISES[name].cases[0])
            # The reader's own function stays when all cells are run.
            solved = function_in(solution.source)
            assert solved.name == f"{asked.name}_solution"
            assert ast.dump(solved.args) == ast.dump(asked.args)
            for cell, function in ((checked, asked), (solution, solved)):
                call = rf"""^check\(["']{re.escape(name)}["'], {function.name}\)$"""
                assert len(re.findall(call, cell.source, re.MULTILINE)) == 1

    def test_the_stub_is_not_attempted_and_the_solution_is_correct(self, prefix, capsys):
        notebook = read(CHAPTER_OF[prefix])
        for _, stub, checked, solution in exercises_in(notebook):
            # Each by itself, as for a reader who opens no other solution.
            namespace = imports_and_functions(notebook) | {"check": check}
            exec(stub.source, namespace)
            exec(checked.source, namespace)
            assert capsys.readouterr().out.startswith("Not attempted yet")
            before = dict(namespace)
            exec(solution.source, namespace)
            assert capsys.readouterr().out.startswith("Correct")
            changed = [name for name in before if namespace[name] is not before[name]]
            assert changed == ["__builtins__"][: len(changed)]
            exec(checked.source, namespace)
            assert capsys.readouterr().out.startswith("Not attempted yet")

    def test_a_solution_takes_no_name_that_the_chapter_or_the_task_uses(self, prefix):
        notebook = read(CHAPTER_OF[prefix])
        solutions = [cells[3] for cells in exercises_in(notebook)]
        used = set()
        for cell in notebook.cells:
            if cell.cell_type == "code" and cell.id not in {s.id for s in solutions}:
                used |= set(re.findall(r"\w+", cell.source))
        for solution in solutions:
            for node in ast.parse(solution.source).body:
                if not isinstance(node, ast.FunctionDef):
                    names = {
                        n.id
                        for n in ast.walk(node)
                        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
                    }
                    in_a_list = {
                        n.id
                        for c in ast.walk(node)
                        if isinstance(c, ast.comprehension)
                        for n in ast.walk(c.target)
                        if isinstance(n, ast.Name)
                    }
                    assert not (names - in_a_list) & used

    def test_what_a_task_names_can_be_used_without_an_import(self, prefix):
        notebook = read(CHAPTER_OF[prefix])
        known = imports_and_functions(notebook)
        for text, *_ in exercises_in(notebook):
            for module, name in re.findall(r"`(np|torch)\.(\w+)", text.source):
                assert module in known, text.id
                assert hasattr(known[module], name)

    def test_the_heading_is_the_title_and_the_numbers_run(self, prefix):
        for number, (text, stub, *_) in enumerate(exercises_in(read(CHAPTER_OF[prefix])), start=1):
            heading = text.source.splitlines()[0]
            title = EXERCISES[values_of(stub, "ex")[0]].title
            assert re.fullmatch(rf"## Exercise \d+\.{number}: {re.escape(title)}", heading)
