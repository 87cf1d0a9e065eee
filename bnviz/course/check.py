"""Checks the reader's answer to an exercise, and says what is wrong with it.

``check("equation/normalize", normalize)`` calls the reader's function on the cases of the
exercise and prints one short report. A wrong answer is part of learning and raises nothing, except
under nbgrader (the environment variable ``NBGRADER_EXECUTION`` is set), where a failed check must
fail the cell.
"""

import inspect
import os
import textwrap
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace

from bnviz.course.calling import OutOfTime, call, call_and_watch, time_limit
from bnviz.course.compare import describe, parts_of, same, show, show_pair
from bnviz.course.diagnosis import likely_mistake
from bnviz.course.errors import likely_cause
from bnviz.course.exercise import Exercise
from bnviz.course.exercises import find
from bnviz.words import counted

__all__ = ["CheckFailed", "check"]

WIDTH = 76  # of a report, in characters: what a notebook cell and the page show without scrolling
COLUMN = 13  # where the text beside "Tried", "Came back", … begins
LONGEST = 400  # characters of an error; some libraries print pages
SECONDS = 10.0  # for all cases of an exercise; right answers take thousandths of one


class CheckFailed(AssertionError):  # noqa: N818 - reads as what happened, not as a bug
    """The answer is not right, or not there yet. Raised only under nbgrader."""


def check(name: str, function: Callable[..., object]) -> None:
    """Try the reader's function on the cases of an exercise and print what came of it.

    Args:
        name: the exercise, such as "equation/normalize".
        function: the reader's function itself, not its result.

    Raises:
        ValueError: no exercise has this name, or the function stands before it.
        CheckFailed: the answer is wrong or missing and ``NBGRADER_EXECUTION`` is set.

    >>> def normalize(x, eps):
    ...     return None
    >>> check("equation/normalize", normalize)
    Not attempted yet: Normalize a mini-batch.
    normalize(x, eps) returned None. If you have written your answer, does it end with `return`?
    """
    if callable(name):
        raise ValueError(
            "First the name of the exercise, then your function, as in: "
            'check("equation/normalize", normalize).'
        )
    exercise = find(name)
    problem = _problem(exercise, function)
    if problem is None:
        asked, answered = exercise.reference.__name__, _name_of(function, exercise)
        tried = len(exercise.cases)
        cases = f"{tried} of {counted(tried, 'case')}"
        by = "" if answered == asked else f"{answered}, "  # such as normalize_solution
        print(textwrap.fill(f"Correct: {exercise.title} ({by}{cases}).", WIDTH))
    elif os.environ.get("NBGRADER_EXECUTION"):
        raise CheckFailed(problem)
    else:
        print(problem)


def _problem(exercise: Exercise, function: Callable[..., object]) -> str | None:
    """What is wrong with the answer, ready to print; None when nothing is."""
    title = exercise.title if exercise.title.endswith("?") else f"{exercise.title}."
    not_right, not_attempted = f"Not right yet: {title}", f"Not attempted yet: {title}"
    unusable = _not_callable_as_asked(exercise, function)
    if unusable:
        return f"{not_right}\n{textwrap.fill(unusable, WIDTH)}"

    called = f"{_name_of(function, exercise)}({', '.join(exercise.cases[0])})"
    answers: list[object] = []
    broken: list[str] = []  # what to say where it broke off, unless an earlier answer is wrong
    changed: list[str] = []
    case = exercise.cases[0]
    try:
        with time_limit(SECONDS):
            for case in exercise.cases:
                answer, touched = call_and_watch(function, case)
                answers.append(answer)
                changed += [name for name in touched if name not in changed]
                if answers[0] is None:
                    break
    except NotImplementedError:
        return not_attempted
    except OutOfTime as error:
        told = f"Not done after {SECONDS:g} seconds. Does a loop never end?"
        stopped = _block("Stopped", "\n".join([told, *_own_line(error, function)]))
        broken = [not_right, _tried(called, case), stopped]
    except (Exception, SystemExit) as error:
        broken = [not_right, _tried(called, case), _block("Your error", _text_of(error, function))]
        broken += _likely(likely_cause(error, case))
    if not answers:
        return "\n".join(broken)
    if answers[0] is None and changed:
        what = " and ".join(changed)
        told = f"{called} changed {what} in place and returned None. Return the new values."
        return f"{not_right}\n{textwrap.fill(told, WIDTH)}"
    if answers[0] is None:
        told = (
            f"{called} returned None. If you have written your answer, does it end with `return`?"
        )
        return f"{not_attempted}\n{textwrap.fill(told, WIDTH)}"

    answered = replace(exercise, cases=exercise.cases[: len(answers)])
    expected = [call(exercise.reference, case) for case in answered.cases]
    names = " and ".join(name for name in changed if name not in exercise.in_place)
    also = f"Your function also changed {names}."
    for i, case in enumerate(answered.cases):
        if not same(answers[i], expected[i], exercise.rtol, exercise.atol):
            tried = _tried(f"{called}, case {i + 1} of {len(exercise.cases)}", case)
            report = [not_right, tried, *_difference(exercise, answers[i], expected[i])]
            report += _likely(likely_mistake(answered, answers, expected, i))
            return "\n".join(report + ([_block("Note", also)] if names else []))

    if broken:
        return "\n".join(broken)
    if names:
        told = (
            f"What came back is right, but {called} has changed {names}, and whoever called it may "
            f"still need the old numbers. Compute on a copy, and leave {names} as given."
        )
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
        fits = False
    else:
        given, asked = list(signature.parameters), list(exercise.cases[0])
        fits = given == asked or sorted(given) != sorted(asked)  # other names, or the same in order
    if not fits:
        name, arguments = _name_of(function, exercise), ", ".join(exercise.cases[0])
        return (
            f"The check calls {name}({arguments}), but your function is {name}{signature}. "
            f"Give it the parameters ({arguments}), in this order."
        )
    return None


def _difference(exercise: Exercise, answer: object, expected: object) -> list[str]:
    """The blocks that set what came back beside what was expected."""
    if not isinstance(expected, tuple):
        return _pair(exercise, answer, expected)
    names = tuple(exercise.returns) or tuple(f"value {i + 1}" for i in range(len(expected)))
    parts = parts_of(answer, expected)
    if parts is None:
        wanted = f"{len(expected)} values, as in: return {', '.join(exercise.returns) or '…, …'}"
        return [_block("Came back", describe(answer)), _block("Expected", wanted)]
    blocks = []
    for name, part, wanted in zip(names, parts, expected, strict=True):
        if same(part, wanted, exercise.rtol, exercise.atol):
            blocks.append(_block("Right", name))
        else:
            blocks += _pair(exercise, part, wanted, label=name)
    return blocks


def _pair(exercise: Exercise, answer: object, expected: object, label: str = "") -> list[str]:
    came_back, wanted, remark = show_pair(answer, expected, exercise.rtol, exercise.atol)
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
            lines += textwrap.wrap(
                line, WIDTH - COLUMN, break_on_hyphens=False, break_long_words=False
            )
    return "\n".join(
        f"  {title if row == 0 else '':<{COLUMN - 2}}{line}".rstrip()
        for row, line in enumerate(lines)
    )


def _likely(told: str | None) -> list[str]:
    return [_block("Likely", told)] if told else []


def _assignment(name: str, value: str) -> str:
    start = f"{name} = "
    return start + value.replace("\n", "\n" + " " * len(start))


def _name_of(function: Callable[..., object], exercise: Exercise) -> str:
    name = getattr(function, "__name__", "<lambda>")
    return exercise.reference.__name__ if name == "<lambda>" else name


def _text_of(error: BaseException, function: Callable[..., object]) -> str:
    """The reader's error, with the line of the reader's code that raised it."""
    text = f"{type(error).__name__}: {error}".removesuffix(": ")
    if len(text) > LONGEST:
        text = text[:LONGEST] + " …"
    return "\n".join([text, *_own_line(error, function)])


def _own_line(error: BaseException, function: Callable[..., object]) -> list[str]:
    """Where in the reader's function it happened; nothing where that is not known."""
    own_file = getattr(getattr(function, "__code__", None), "co_filename", None)
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == own_file]
    return [f"in line {frames[-1].lineno}: {frames[-1].line}"] if frames else []
