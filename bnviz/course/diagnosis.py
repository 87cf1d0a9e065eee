"""Finds the words that explain a wrong answer: that of a known mistake, or a simple factor."""

from collections.abc import Callable, Sequence

from bnviz.course.calling import call
from bnviz.course.compare import factor_between, parts_of, same
from bnviz.course.exercise import Exercise

__all__ = ["likely_mistake"]


class Impossible:
    """What a mistake gives in a case in which it cannot be made. It is like no answer."""


def likely_mistake(
    exercise: Exercise, answers: Sequence[object], expected: Sequence[object], failed: int
) -> str | None:
    """What to say of the answers, given for each case, of which that to case ``failed`` is wrong.

    None where no mistake explains them. Where several values are returned and nothing explains them
    together, the first wrong one is explained.
    """
    mistaken = [(message, _given(exercise, slip)) for message, slip in exercise.slips()]
    told = _explain(exercise, answers, expected, failed, mistaken)
    told = told or factor_between(answers[failed], expected[failed])
    if told or not isinstance(expected[failed], tuple):
        return told
    return _of_one_part(exercise, answers, expected, failed, mistaken)


def _given(exercise: Exercise, slip: Callable[..., object]) -> list[object]:
    """What a mistaken function gives in each case."""
    given: list[object] = []
    for case in exercise.cases:
        try:
            given.append(call(slip, case))
        except Exception:
            given.append(Impossible())
    return given


def _explain(
    exercise: Exercise,
    answers: Sequence[object],
    expected: Sequence[object],
    failed: int,
    mistaken: Sequence[tuple[str, Sequence[object]]],
) -> str | None:
    """The message of the mistake that explains most.

    It explains the failed case and at least half of the wrong answers, two where there are two (one
    may be chance), and no right answer speaks against it.
    """

    def agree(one: Sequence[object], other: Sequence[object]) -> list[bool]:
        tolerance = (exercise.rtol, exercise.atol)
        return [same(a, b, *tolerance) for a, b in zip(one, other, strict=True)]

    right = agree(answers, expected)
    wrong = right.count(False)
    needed = max(min(wrong, 2), wrong / 2)
    best, most = None, 0
    for message, given in mistaken:
        agrees = agree(answers, given)
        contradicted = any(r and not a for r, a in zip(right, agrees, strict=True))
        explained = sum(a and not r for r, a in zip(right, agrees, strict=True))
        if not agrees[failed] or contradicted or explained < needed:
            continue
        if sum(agrees) > most:
            best, most = message, sum(agrees)
    return best


def _of_one_part(
    exercise: Exercise,
    answers: Sequence[object],
    expected: Sequence[object],
    failed: int,
    mistaken: Sequence[tuple[str, Sequence[object]]],
) -> str | None:
    """The message that explains one of several values, the first that can be explained."""
    wanted = expected[failed]
    assert isinstance(wanted, tuple)
    parts = parts_of(answers[failed], wanted)
    if parts is None:
        return None

    def at(index: int, values: Sequence[object]) -> list[object]:
        """Value number ``index`` of each case."""
        split = [parts_of(v, e) for v, e in zip(values, expected, strict=True)]  # type: ignore[arg-type]
        return [Impossible() if one is None else one[index] for one in split]

    def others_wrong(index: int, given: object) -> bool:
        parts = parts_of(given, wanted) or []
        return not all(
            same(value, right, exercise.rtol, exercise.atol)
            for place, (value, right) in enumerate(zip(parts, wanted, strict=False))
            if place != index
        )

    def of_order(index: int, given: object) -> bool:
        """Whether the mistake puts a value in the place of another one, whose own is wrong too."""
        is_right = [
            [same(value, right, exercise.rtol, exercise.atol) for right in wanted]
            for value in parts_of(given, wanted) or []
        ]
        return any(
            row[index] or (is_right[index][place] and not row[place])
            for place, row in enumerate(is_right)
            if place != index
        )

    wrong = [
        index
        for index, (part, right) in enumerate(zip(parts, wanted, strict=True))
        if not same(part, right, exercise.rtol, exercise.atol)
    ]
    for index in wrong:
        # First the mistakes that are about this value alone.
        near = sorted(mistaken, key=lambda one, i=index: others_wrong(i, one[1][failed]))  # type: ignore[misc]
        of_part = [(m, at(index, g)) for m, g in near if not of_order(index, g[failed])]
        told = _explain(exercise, at(index, answers), at(index, expected), failed, of_part)
        told = told or factor_between(parts[index], wanted[index])
        if told:
            name = exercise.returns[index] if exercise.returns else f"value {index + 1}"
            return told if len(wrong) == 1 or name in told else f"{name}: {told}"
    return None
