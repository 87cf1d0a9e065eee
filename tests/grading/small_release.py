"""A small assignment in nbgrader's form, as students get it, and their answers to it."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode, v4

NAME = "08-test-time"
ANSWERS = {
    "population": (
        "def population(means, variances, m):\n"
        "    return means.mean(axis=0), m / (m - 1) * variances.mean(axis=0)"
    ),
    "forget": (
        "def steps_to_forget(momentum, share):\n"
        "    steps, left = 0, 1.0\n"
        "    while left > share:\n"
        "        left, steps = left * (1 - momentum), steps + 1\n"
        "    return steps"
    ),
    "corrected": (
        "def corrected(running, start, momentum, steps):\n"
        "    left = (1 - momentum) ** steps\n"
        "    return (running - left * start) / (1 - left)"
    ),
}
STUBS = {
    "population": (
        "def population(means, variances, m):\n"
        '    """(mean, variance) of all the data, each (C,), from batches of m."""\n'
        "    # YOUR CODE HERE\n"
        "    return None"
    ),
    "forget": (
        "def steps_to_forget(momentum, share):\n"
        '    """The first step with at most this share of the weight on the start."""\n'
        "    # YOUR CODE HERE\n"
        "    return None"
    ),
    "corrected": (
        "def corrected(running, start, momentum, steps):\n"
        '    """The average over the mini-batches alone, without the start."""\n'
        "    # YOUR CODE HERE\n"
        "    return None"
    ),
}
FUNCTIONS = {"population": "population", "forget": "steps_to_forget", "corrected": "corrected"}
MEMBERS = ["setup", "student"] + [
    f"{name}{part}" for name in ANSWERS for part in ("-task", "", "-check")
]


def release(name: str = NAME) -> NotebookNode:
    """The released notebook: a setup cell, the student's name, three exercises."""
    cells = [
        _cell("setup", "code", "import numpy as np\nfrom bnviz import check", locked=True),
        v4.new_code_cell('STUDENT = ""  # your name or number', id="student"),
    ]
    for number, answer in enumerate(ANSWERS, 1):
        function = FUNCTIONS[answer]
        task = f"## Exercise {number}: `{function}`\n\nWrite the function `{function}`."
        cells += [
            _cell(f"{answer}-task", "markdown", task, locked=True),
            _cell(answer, "code", STUBS[answer], solution=True),
            _cell(
                f"{answer}-check",
                "code",
                f'check("test-time/{answer}", {function})',
                grade=True,
                locked=True,
                points=2,
            ),
        ]
    notebook = v4.new_notebook(cells=cells)
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "bnviz": {"assignment": name, "seed": 7},
        }
    )
    return notebook


def _cell(name: str, kind: str, source: str, **noted: Any) -> NotebookNode:
    make = v4.new_code_cell if kind == "code" else v4.new_markdown_cell
    noted = {"grade": False, "solution": False, "locked": False, "task": False} | noted
    noted |= {"grade_id": name, "schema_version": 3}
    return make(source, id=name, metadata=nbformat.from_dict({"nbgrader": noted}))


def answered(*names: str, student: str = "") -> NotebookNode:
    """The notebook of a student who has answered these exercises; without names, all."""
    notebook = release()
    for name in names or ANSWERS:
        find(notebook, name).source = ANSWERS[name]
    if student:
        find(notebook, "student").source = f'STUDENT = "{student}"'
    return notebook


def find(notebook: NotebookNode, name: str) -> NotebookNode:
    """The cell of this id."""
    return next(cell for cell in notebook.cells if cell.id == name)


def at(notebook: NotebookNode, name: str) -> int:
    """Where the cell of this id stands."""
    return [cell.id for cell in notebook.cells].index(name)


def without_metadata(notebook: NotebookNode) -> NotebookNode:
    """The notebook as Colab may leave it: no cell ids, nothing of nbgrader, outputs."""
    stripped = copy.deepcopy(notebook)
    stripped.nbformat_minor = 0
    stripped.metadata = nbformat.from_dict(
        {"colab": {"provenance": []}, "kernelspec": {"name": "python3", "display_name": "Python 3"}}
    )
    for number, cell in enumerate(stripped.cells):
        del cell["id"]
        cell.metadata = nbformat.from_dict({"id": f"aB3{number}xYz", "colab": {"base_uri": "x"}})
        if cell.cell_type == "code":
            cell.execution_count = number
            cell.outputs = [v4.new_output("stream", name="stdout", text="printed\n")]
    return stripped


def as_bytes(notebook: NotebookNode) -> bytes:
    """The file's bytes, whatever the notebook is like."""
    return json.dumps(notebook, indent=1, ensure_ascii=False).encode()


def course(folder: Path, *names: str) -> Path:
    """A course folder in which these assignments were released."""
    for name in names or [NAME]:
        path = folder / "release" / name / f"{name}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(as_bytes(release(name)))
    return folder
