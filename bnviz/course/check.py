"""Checks the reader's answer to an exercise, and says what is wrong with it.

``check("equation/normalize", normalize)`` calls the reader's function on the cases of the
exercise and prints one short report. A wrong answer is part of learning and raises nothing, except
under nbgrader (the environment variable ``NBGRADER_EXECUTION`` is set), where a failed check must
fail the cell.
"""

import copy
import inspect
import os
import textwrap
import traceback
from collections.abc import Callable, Mapping

import numpy as np

from bnviz.course.compare import describe, factor_between, same, show, show_pair
from bnviz.course.exercise import Exercise
from bnviz.course.exercises import find

__all__ = ["CheckFailed", "check"]

WIDTH = 76  # of a report, in characters: what a notebook cell and the page show without scrolling
COLUMN = 13  # where the text beside "Tried", "Came back", … begins


class CheckFailed(AssertionError):  # noqa: N818 - reads as what happened, not as a bug
    """The answer is not right, or not there yet. Raised only under nbgrader."""


def check(name: str, function: Callable[..., object]) -> None:
    """Try the reader's function on the cases of an exercise and print what came of it.

    Args:
        name: the exercise, such as "equation/normalize".
        function: the reader's function itself, not its result.

    Raises:
        ValueError: no exercise has this name.
        CheckFailed: the answer is wrong or missing and ``NBGRADER_EXECUTION`` is set.

    >>> def normalize(x, eps):
    ...     return None
    >>> check("equation/normalize", normalize)
    Not attempted yet: Normalize a mini-batch.
    normalize(x, eps) returned None. If you have written your answer, does it end with `return`?
    """
    exercise = find(name)
    problem = _problem(exercise, function)
    if problem is None:
        tried = len(exercise.cases)
        print(
            f"Correct: {exercise.title} ({tried} of {tried} {'case' if tried == 1 else 'cases'})."
        )
    elif os.environ.get("NBGRADER_EXECUTION"):
        raise CheckFailed(problem)
    else:
        print(problem)


def _problem(exercise: Exercise, function: Callable[..., object]) -> str | None:
    """What is wrong with the answer, ready to print; None when nothing is."""
    not_right = f"Not right yet: {exercise.title}."
    not_attempted = f"Not attempted yet: {exercise.title}."
    unusable = _not_callable_as_asked(exercise, function)
    if unusable:
        return f"{not_right}\n{textwrap.fill(unusable, WIDTH)}"

    name = _name_of(function, exercise)
    call = f"{name}({', '.join(exercise.cases[0])})"
    answers: list[object] = []
    changed: list[str] = []
    for case in exercise.cases:
        try:
            answer, touched = _call_and_watch(function, case)
        except NotImplementedError:
            return not_attempted
        except (Exception, SystemExit) as error:
            error_text = _own_error(error, function)
            report = [not_right, _tried(call, case), _block("Your error", error_text)]
            hint = _torch_words(error)
            return "\n".join(report + ([_block("Likely", hint)] if hint else []))
        answers.append(answer)
        changed += [name for name in touched if name not in changed]
        if answers[0] is None and changed:
            ask = (
                f"{call} changed {' and '.join(changed)} in place and returned None. Return the "
                "new values."
            )
            return f"{not_right}\n{textwrap.fill(ask, WIDTH)}"
        if answers[0] is None:
            ask = (
                f"{call} returned None. If you have written your answer, does it end with `return`?"
            )
            return f"{not_attempted}\n{textwrap.fill(ask, WIDTH)}"

    for number, (case, answer) in enumerate(zip(exercise.cases, answers, strict=True), start=1):
        expected = _call(exercise.reference, case)
        if same(answer, expected, exercise.rtol, exercise.atol):
            continue
        tried = _tried(f"{call}, case {number} of {len(exercise.cases)}", case)
        report = [not_right, tried, *_difference(exercise, answer, expected)]
        hint = _named_mistake(exercise, answers, failed=number - 1)
        hint = hint or factor_between(answer, expected)
        return "\n".join(report + ([_block("Likely", hint)] if hint else []))

    spoiled = [name for name in exercise.keeps if name in changed]
    if spoiled:
        names = " and ".join(spoiled)
        told = f"What came back is right, but {names} is no longer what it was: whoever called "
        told += f"{call} still needs it. Compute on a copy, and leave {names} alone."
        return f"{not_right}\n{textwrap.fill(told, WIDTH)}"
    return None


def _not_callable_as_asked(exercise: Exercise, function: Callable[..., object]) -> str | None:
    """What to change before the function can be tried at all."""
    if not callable(function):
        return (
            f"The second argument is {show(function)}, not a function. Give the function itself, "
            f'without parentheses: check("{exercise.name}", {exercise.reference.__name__}).'
        )
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # some built-in functions have none
        return None
    try:
        signature.bind(*exercise.cases[0].values())
    except TypeError:
        name, arguments = _name_of(function, exercise), ", ".join(exercise.cases[0])
        return (
            f"The check calls {name}({arguments}), but your function is {name}{signature}. "
            f"Give it the parameters ({arguments})."
        )
    return None


def _call(function: Callable[..., object], case: Mapping[str, object]) -> object:
    """Call with copies, so that a function that changes its input spoils nothing."""
    values = copy.deepcopy(list(case.values()))
    with np.errstate(all="ignore"):  # the report says what came back, NaN included
        return function(*values)


def _call_and_watch(
    function: Callable[..., object], case: Mapping[str, object]
) -> tuple[object, list[str]]:
    """What came back, and the names of the arguments that the function has changed."""
    watched = copy.deepcopy(dict(case))
    with np.errstate(all="ignore"):
        answer = function(*watched.values())
    numbers = [name for name, value in case.items() if same(value, value, 0, 0)]
    return answer, [name for name in numbers if not same(watched[name], case[name], 0, 0)]


def _torch_words(error: BaseException) -> str | None:
    """What to write in NumPy, where an argument has torch's name."""
    names = {"dim": "axis", "keepdim": "keepdims", "unbiased": "ddof", "correction": "ddof"}
    word = next((w for w in names if f"keyword argument '{w}'" in str(error)), None)
    if not isinstance(error, TypeError) or word is None:
        return None
    return (
        f"That is torch's word on a NumPy array, which says {names[word]}. Or begin with "
        "x = torch.from_numpy(x)."
    )


def _named_mistake(exercise: Exercise, answers: list[object], failed: int) -> str | None:
    """The message of the mistake that explains the failed case, and most of the others."""
    best, most = None, 0
    for message, mistaken in exercise.mistakes.items():
        agrees = []
        for case, answer in zip(exercise.cases, answers, strict=True):
            try:
                wrong = _call(mistaken, case)
            except Exception:  # the mistake itself may be impossible in this case
                agrees.append(False)
            else:
                agrees.append(same(answer, wrong, exercise.rtol, exercise.atol))
        if agrees[failed] and sum(agrees) > most:
            best, most = message, sum(agrees)
    return best


def _difference(exercise: Exercise, answer: object, expected: object) -> list[str]:
    """The blocks that set what came back beside what was expected."""
    if not isinstance(expected, tuple):
        return _pair(exercise, answer, expected)
    names = tuple(exercise.returns) or tuple(f"value {i + 1}" for i in range(len(expected)))
    if not isinstance(answer, tuple | list) or len(answer) != len(expected):
        wanted = f"{len(expected)} values, as in: return {', '.join(exercise.returns) or '…, …'}"
        return [_block("Came back", describe(answer)), _block("Expected", wanted)]
    blocks = []
    for name, part, wanted in zip(names, answer, expected, strict=True):
        if same(part, wanted, exercise.rtol, exercise.atol):
            blocks.append(_block("Right", name))
        else:
            blocks += _pair(exercise, part, wanted, label=name)
    return blocks


def _pair(exercise: Exercise, answer: object, expected: object, label: str = "") -> list[str]:
    came_back, wanted, remark = show_pair(answer, expected, exercise.rtol)
    if label:
        came_back, wanted = _assignment(label, came_back), _assignment(label, wanted)
    return [
        _block("Came back", came_back),
        _block("Expected", wanted),
        *([_block("", remark)] if remark else []),
    ]


def _tried(call: str, case: Mapping[str, object]) -> str:
    assignments = [_assignment(name, show(value)) for name, value in case.items()]
    return _block("Tried", "\n".join([call, *assignments]))


def _block(title: str, text: str) -> str:
    """One part of the report: a title in a column of its own, the text beside it."""
    lines = []
    for line in text.split("\n"):
        # Sentences are wrapped; the rows of an array stay as they are.
        if line.startswith((" ", "[")):
            lines.append(line)
        else:
            lines += textwrap.wrap(line, WIDTH - COLUMN, break_on_hyphens=False)
    return "\n".join(
        f"  {title if row == 0 else '':<{COLUMN - 2}}{line}".rstrip()
        for row, line in enumerate(lines)
    )


def _assignment(name: str, value: str) -> str:
    start = f"{name} = "
    return start + value.replace("\n", "\n" + " " * len(start))


def _name_of(function: Callable[..., object], exercise: Exercise) -> str:
    name = getattr(function, "__name__", "<lambda>")
    return exercise.reference.__name__ if name == "<lambda>" else name


def _own_error(error: BaseException, function: Callable[..., object]) -> str:
    """The reader's error, with the line of the reader's code that raised it."""
    text = f"{type(error).__name__}: {error}".removesuffix(": ")
    own_file = getattr(getattr(function, "__code__", None), "co_filename", None)
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == own_file]
    return f"{text}\nin line {frames[-1].lineno}: {frames[-1].line}" if frames else text
