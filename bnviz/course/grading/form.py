r"""The four-cell form: an exercise in a notebook is a task, a stub, a check and a solution.

The cells are told by their tags (CONTRIBUTING.md, "Add an exercise"). For nbgrader stub and
solution become one cell, with the solution between marks that nbgrader cuts out:

>>> stub = '''def half(x):
...     "Half of x."
...     # YOUR CODE HERE
...     return None'''
>>> print(merged(stub, "def half_solution(x):\n    return x / 2\n\n\ncheck(half_solution)"))
def half(x):
    "Half of x."
    ### BEGIN SOLUTION
    return x / 2
    ### END SOLUTION
"""

from __future__ import annotations

import ast
import re
import textwrap
from dataclasses import dataclass

from nbformat import NotebookNode

from bnviz.course.grading.marks import heading, tags_of

__all__ = [
    *("BEGIN", "END", "HIDDEN", "STUB", "FormError", "Problem"),
    *("merged", "points_of", "problems_in", "tried"),
]

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
#: The hidden tests of a check, between the marks at which nbgrader cuts them out.
HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS\n(.*?)\n?### END HIDDEN TESTS\n?", re.DOTALL)
#: What stands in a stub where the answer goes, and in a released notebook where the solution was.
STUB = "# YOUR CODE HERE\nreturn None"


class FormError(ValueError):
    """A notebook is not in the four-cell form; the message says where and what is missing."""


@dataclass(frozen=True)
class Problem:
    """An exercise or a graded problem, as it stands in a notebook.

    Attributes:
        name: such as "equation/normalize".
        task: Markdown.
        given: what stands between task and stub, such as a cell with numbers of the student's own.
        stub: where the answer goes.
        checks: of code, one or more; each has its own points.
        solution: code.
    """

    name: str
    task: NotebookNode
    given: tuple[NotebookNode, ...]
    stub: NotebookNode
    checks: tuple[NotebookNode, ...]
    solution: NotebookNode

    @property
    def what(self) -> str:
        """The name without its chapter."""
        return self.name.split("/")[1]

    @property
    def title(self) -> str:
        """The heading of the task, such as "Exercise 3.1: Normalize a mini-batch"."""
        return heading(self.task)

    @property
    def points(self) -> int:
        """What all its checks are worth together."""
        return sum(map(points_of, self.checks))


def points_of(check: NotebookNode) -> int:
    """What a check is worth, from its tag ``points:N``.

    Raises:
        FormError: there is no such tag.
    """
    for tag in tags_of(check):
        if re.fullmatch(r"points:\d+", tag):
            return int(tag.split(":")[1])
    raise FormError(f"The check {check.id!r} has no tag points:N, such as points:2. Add one.")


def problems_in(notebook: NotebookNode) -> list[Problem]:
    """The exercises of a notebook, in their order.

    Raises:
        FormError: one of the four cells is missing, or stands where it is not expected.
    """
    found = []
    parts: dict[str, dict[str, list[NotebookNode]]] = {}
    tasks: dict[str, list[NotebookNode]] = {}
    task: list[NotebookNode] = []  # and what follows it, up to the stub
    for cell in notebook.cells:
        tags = tags_of(cell)
        if "exercise" in tags:
            task = [cell]
        elif task and "stub" not in tags:
            task.append(cell)
        for kind in ("stub", "check", "solution"):
            if kind not in tags:
                continue
            name = _name_in(cell)
            parts.setdefault(name, {}).setdefault(kind, []).append(cell)
            if kind == "stub":
                if not task:
                    raise FormError(
                        f"The stub {cell.id!r} of {name} has no task: a Markdown cell with the tag "
                        "'exercise' goes before it."
                    )
                tasks[name], task = task, []
    for name, cells in parts.items():
        for kind in ("stub", "check", "solution"):
            count = len(cells.get(kind, []))
            if count == 0 or (count > 1 and kind != "check"):
                raise FormError(
                    f"{name} has {count} cells with the tags {kind!r} and 'ex:{name}'; it takes "
                    f"{'one or more' if kind == 'check' else 'one'}."
                )
        for check in cells["check"]:
            points_of(check)
        (stub,), (solution,) = cells["stub"], cells["solution"]
        text, *given = tasks[name]
        found.append(Problem(name, text, tuple(given), stub, tuple(cells["check"]), solution))
    return found


def merged(stub: str, solution: str) -> str:
    """The stub with the body of the solution in it, between nbgrader's marks.

    Args:
        stub: a function that ends with :data:`STUB`.
        solution: a function of the same name, or with ``_solution`` behind it, and the same
            parameters; imports may stand before it. What stands after it is left out.

    Returns:
        Source of a cell. Cut out what is between the marks, put :data:`STUB` in its place, and the
        stub is back.

    Raises:
        FormError: the two do not fit together.
    """
    head, _, rest = stub.partition("# YOUR CODE HERE")
    head, indent = head.rpartition("\n")[::2]
    if indent.strip() or rest.strip() != "return None" or not indent:
        raise FormError(
            "A stub is a function that ends with the lines “# YOUR CODE HERE” and “return None”; "
            f"given:\n{stub}"
        )
    asked = _function(stub)
    answer = _function(solution, asked.name)
    if [a.arg for a in asked.args.args] != [a.arg for a in answer.args.args]:
        raise FormError(
            f"The solution of {asked.name} has other parameters than its stub: "
            f"{ast.unparse(answer.args)} in place of {ast.unparse(asked.args)}."
        )
    lines = solution.split("\n")
    before = [n for n in ast.parse(solution).body if n.lineno < answer.lineno]
    if not all(isinstance(n, ast.Import | ast.ImportFrom) for n in before):
        raise FormError(
            f"Only imports may stand before the solution of {asked.name}. Put helpers into it."
        )
    imports = [line for n in before for line in lines[n.lineno - 1 : n.end_lineno]]
    body = answer.body[1:] if ast.get_docstring(answer) else answer.body
    code = "\n".join(lines[body[0].lineno - 1 : answer.end_lineno])
    inside = "\n".join([*imports, textwrap.dedent(code)])
    return "\n".join([head, textwrap.indent(f"{BEGIN}\n{inside}\n{END}", indent)])


def tried(solution: str, name: str) -> str:
    r"""What a solution cell does with its answer besides checking it, for the reader's own answer.

    >>> tried("def half_solution(x):\n    return x / 2\n\n\nprint(half_solution(3))", "half")
    'print(half(3))'
    """
    tree = ast.parse(solution)
    answer = _function(solution, name)
    lines = solution.split("\n")
    rest = [
        line
        for n in tree.body
        if n.lineno > answer.lineno and not _is_check(n)
        for line in lines[n.lineno - 1 : n.end_lineno]
    ]
    return re.sub(rf"\b{name}_solution\b", name, "\n".join(rest))


def _is_check(node: ast.stmt) -> bool:
    call = node.value if isinstance(node, ast.Expr) else None
    return isinstance(call, ast.Call) and getattr(call.func, "id", "") == "check"


def _function(source: str, name: str | None = None) -> ast.FunctionDef:
    """The first function in a source, or that of a name, with ``_solution`` behind it or not."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and (
            name is None or node.name.removesuffix("_solution") == name
        ):
            return node
    raise FormError(f"There is no function {name or ''} in:\n{source}")


def _name_in(cell: NotebookNode) -> str:
    for tag in tags_of(cell):
        if tag.startswith("ex:"):
            name = tag.removeprefix("ex:")
            if not re.fullmatch(r"[a-z0-9-]+/[a-z0-9-]+", name):
                raise FormError(
                    f"The cell {cell.id!r} has the tag {tag!r}; accepted are names as in "
                    "'ex:equation/normalize'."
                )
            return name
    raise FormError(f"The cell {cell.id!r} does not say of what it is: add a tag ex:CHAPTER/WHAT.")
