"""The same assignment for otter-grader, which Gradescope runs.

What comes out is a notebook in the form that ``otter assign`` reads: raw cells mark questions,
solutions and tests. Otter compares what a test prints, so the notebook carries what its tests
printed with the solutions in place.
"""

from __future__ import annotations

import copy
import textwrap

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_raw_cell

from bnviz.course.grading.form import BEGIN, END, HIDDEN
from bnviz.course.grading.marks import nbgrader, tags_of, unmarked

__all__ = ["otter_notebook"]

#: ``check`` raises nothing for a reader; for otter it must, or a wrong answer would pass.
_STRICT = 'import os\n\nos.environ["NBGRADER_EXECUTION"] = "autograde"'


def otter_notebook(source: NotebookNode, *, requirements: str = "") -> NotebookNode:
    """Rewrite a source notebook for otter.

    Args:
        source: from :func:`bnviz.course.grading.assignment.source_notebook`; stays as it is. If it
            was executed, its outputs go along.
        requirements: what Gradescope installs, a line of pip's.

    Returns:
        A notebook for ``otter assign``. Its exercises are questions of the same names, with ``_``
        for ``-``, and the same points.
    """
    name = source.metadata["bnviz"]["assignment"]
    config = [
        "# ASSIGNMENT CONFIG",
        f"name: {name}",
        "init_cell: true",
        "check_all_cell: true",
        "export_cell: false",
        "generate: true",
        "solutions_pdf: false",
    ]
    if requirements:
        config += ["requirements:", f"  - {requirements}"]
    cells = [_raw("\n".join(config))]
    cells += [unmarked(cell) for cell in source.cells if "bnviz" not in cell.metadata]
    questions = _questions(source)
    for task, parts in questions.items():
        at = next(i for i, cell in enumerate(cells) if cell.id == task)
        begin = at  # what is given stands between task and answer
        after = at + 1
        while after < len(cells) and cells[after].id not in questions and _is_given(cells[after]):
            after += 1
        answer, *checks = parts
        cells[after:after] = [
            _raw("# BEGIN SOLUTION"),
            _solution(answer),
            _raw("# END SOLUTION"),
            _raw("# BEGIN TESTS"),
            *(test for check in checks for test in _tests(check)),
            _raw("# END TESTS"),
            _raw("# END QUESTION"),
        ]
        points = sum(nbgrader(check)["points"] for check in checks)
        question = answer.id.replace("-", "_")
        cells.insert(begin, _raw(f"# BEGIN QUESTION\nname: {question}\npoints: {points}"))
    made: NotebookNode = new_notebook(cells=cells, metadata=copy.deepcopy(source.metadata))
    return made


def _questions(source: NotebookNode) -> dict[str, list[NotebookNode]]:
    """By the id of the task, the answer and its checks."""
    found: dict[str, list[NotebookNode]] = {}
    for cell in source.cells:
        if "bnviz" not in cell.metadata:
            continue
        if nbgrader(cell)["solution"]:
            task = f"{cell.id}-task"
            found[task] = [cell]
        else:
            found[task].append(cell)
    return found


def _is_given(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and "try" not in tags_of(cell)


def _solution(answer: NotebookNode) -> NotebookNode:
    text = answer.source.replace(BEGIN, "# BEGIN SOLUTION").replace(END, "# END SOLUTION")
    return _code(text, answer)


def _tests(check: NotebookNode) -> list[NotebookNode]:
    """The check as students see it; with hidden tests, once more with them."""
    hidden = HIDDEN.search(check.source)
    visible = HIDDEN.sub("", check.source).rstrip("\n")
    tests = [_code(_in_a_function(visible), check)]
    if hidden:
        tests.append(_code(f"# HIDDEN\n{_in_a_function(visible + chr(10) + hidden[1])}", check))
    return tests


def _in_a_function(test: str) -> str:
    """At the top level otter would take the value of each line, even in a loop, for output."""
    return f"{_STRICT}\n\n\ndef test():\n{textwrap.indent(test, '    ')}\n\n\ntest()"


def _code(text: str, like: NotebookNode) -> NotebookNode:
    cell: NotebookNode = new_code_cell(text, outputs=copy.deepcopy(like.outputs))
    return cell


def _raw(text: str) -> NotebookNode:
    cell: NotebookNode = new_raw_cell(text)
    return cell
