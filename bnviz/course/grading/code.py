"""What a cell of code defines, told without running it."""

import ast
import re
import warnings
from collections import Counter
from collections.abc import Iterable

__all__ = [
    *("added", "blocks", "bound", "compiles", "functions", "plain", "same_code", "variables"),
    "without",
]

# By the look of a line, not by `ast`: a cell with a syntax error or a magic command counts too.
FUNCTION = re.compile(r"^(?:async\s+def|def|class)[ \t]+(\w+)", re.MULTILINE)
VARIABLE = re.compile(r"^(\w+)[ \t]*(?::[^=\n]*)?=(?!=)", re.MULTILINE)
STRING = re.compile(r'^"""(?:(?!""").)*"""[ \t]*$', re.MULTILINE | re.DOTALL)
MAGIC = re.compile(r"^[ \t]*[%!?].*$", re.MULTILINE)


def plain(source: str) -> str:
    r"""The source without what the eye does not see.

    >>> plain("x = 1  \r\ny\n\n")
    'x = 1\ny'
    """
    return "\n".join(line.rstrip() for line in source.split("\n")).strip("\n")


def functions(source: str) -> frozenset[str]:
    r"""The names of the functions and classes that a cell defines.

    >>> functions("def f(x):\n    def inner(): ...\n    return x +")
    frozenset({'f'})
    """
    return frozenset(FUNCTION.findall(source))


def variables(source: str) -> frozenset[str]:
    r"""The names that a cell gives a value, each at the beginning of a line.

    >>> variables("x = 1\nif x == 2:\n    y = 3")
    frozenset({'x'})
    """
    return frozenset(VARIABLE.findall(source))


def compiles(source: str) -> bool:
    """Whether this is Python, and no prose."""
    return bool(_statements(source))


def same_code(one: str, other: str) -> bool:
    r"""Whether two cells do the same, comments and layout aside.

    >>> same_code("x = 1  # one", "x  =  1")
    True
    """
    if plain(one) == plain(other):
        return True
    first, second = _statements(one), _statements(other)
    if not first or not second:
        return False
    return [*map(ast.dump, first)] == [*map(ast.dump, second)]


def bound(source: str) -> frozenset[str]:
    r"""All names to which a cell gives a meaning, imports included.

    >>> sorted(bound("%matplotlib inline\nimport os.path\nfrom math import pi as p\nx = 1"))
    ['os', 'p', 'x']
    """
    return frozenset().union(*(_names(statement) for statement in _statements(source) or []))


def added(before: str, after: str, taken: Iterable[str]) -> str | None:
    r"""What somebody has added to a cell that other cells may need: definitions and imports.

    Args:
        before: the cell as it was.
        after: the cell as it is now.
        taken: names that must keep their meaning; statements that give them another are left out.

    Returns:
        The new statements that define a name, as they stand there; "" if there are none; None if
        either version is no Python.

    >>> print(added("check(f)", "import math\ndef half(x):\n    return x / 2\ncheck(f)", []))
    import math
    def half(x):
        return x / 2
    """
    old, new = _statements(before), _statements(after)
    if old is None or new is None:
        return None
    known, taken = {ast.dump(statement) for statement in old}, frozenset(taken)
    lines, kept = after.split("\n"), []
    for statement in new:
        names = _names(statement)
        if names and not names & taken and ast.dump(statement) not in known:
            kept += [lines[row] for row in _rows(statement)]
    return "\n".join(kept)


def without(source: str, others: Iterable[str]) -> str:
    r"""A cell without the statements that other cells run anyway; definitions stay.

    Args:
        source: the cell.
        others: the other cells.

    Returns:
        What is left; all of it if it is no Python.

    >>> without("def f(x):\n    return x\n\ncheck('a', f)", ["check( 'a', f )"])
    'def f(x):\n    return x'
    """
    run_anyway = {
        ast.dump(statement)
        for other in others
        for statement in _statements(other) or []
        if not _names(statement)
    }
    lines: list[str | None] = [*source.split("\n")]
    statements = _statements(source) or []
    used = Counter(row for one in statements for row in _rows(one))
    for statement in statements:
        rows = _rows(statement)
        if ast.dump(statement) in run_anyway and all(used[row] == 1 for row in rows):
            for row in rows:
                lines[row] = None
    if None not in lines:
        return source
    return plain("\n".join(line for line in lines if line is not None))


def blocks(source: str) -> list[str]:
    r"""A script, taken apart at the blank lines between its statements; lone strings are left out.

    >>> blocks("'Text.'\n\nx = 1\ny = 2\n\ndef f():\n    a = 1\n\n    return a")
    ['x = 1\ny = 2', 'def f():\n    a = 1\n\n    return a']
    """
    statements = _statements(source)
    if statements is None:  # a mistake in it: by the look of the lines, so that one block has it
        parts = re.split(r"\n\s*\n(?=[^\s)\]}#])", STRING.sub("", source))
        return [plain(part) for part in parts if plain(part)]
    lines, found, last = source.split("\n"), [""], -1
    for statement in statements:
        rows = _rows(statement)
        between = lines[last + 1 : rows.start]
        own = lines[max(rows.start, last + 1) : rows.stop]  # of two on one line, the first has it
        last = rows.stop - 1
        if _is_string(statement):
            found.append("")
        elif found[-1] and all(line.strip() for line in between):
            found[-1] = "\n".join([found[-1], *between, *own])
        else:
            found.append("\n".join(own))
    return [block for block in found if block]


def _is_string(statement: ast.stmt) -> bool:
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _statements(source: str) -> list[ast.stmt] | None:
    """The statements of a cell, magic commands left out; None if it is no Python."""
    try:
        with warnings.catch_warnings(action="ignore"):  # of strange escapes in a string
            return ast.parse(MAGIC.sub("", source)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _rows(statement: ast.stmt) -> range:
    """The lines on which a statement stands, its decorators too, from 0 on."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    first = min([statement.lineno, *(one.lineno for one in decorators)])
    return range(first - 1, statement.end_lineno or statement.lineno)


def _names(statement: ast.stmt) -> frozenset[str]:
    """The names that a statement at the top of a cell defines."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return frozenset([statement.name])
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return frozenset((one.asname or one.name).split(".")[0] for one in statement.names)
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        return frozenset(
            node.id
            for node in ast.walk(statement)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        )
    return frozenset()
