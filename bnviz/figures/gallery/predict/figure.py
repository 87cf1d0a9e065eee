"""A question that the reader answers before the answer shows, with choices or on a line of numbers.

The answer comes with the reader's own one beside it. Nobody is held up: "show me" is always there.
Where scripts are off, question and choices stand there as text, and the answer is folded.
"""

from __future__ import annotations

import hashlib
import math
import operator
from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnviz.figures.gallery.predict.text import Text, read, to_html, to_plain
from bnviz.figures.kit import words
from bnviz.figures.kit.figure import Figure

__all__ = ["predict"]

_POSITIONS = 240  # of the slider, at most
_LINE = 54  # pixels of the line of numbers
# What the stage may take, so that question, answer and the figure that it reveals are seen at once:
# wide they stand side by side, narrow one below the other.
_MOST = (440, 656)
_COLUMN = 212  # pixels of the question beside its figure, as predict.css has it


def predict(
    question: str,
    choices: Sequence[str] | None = None,
    *,
    answer: int | float | tuple[float, float],
    explain: str,
    number: tuple[float, float] | None = None,
    unit: str = "",
    log: bool = False,
    key: str | None = None,
    then: Figure | None = None,
    hidden: bool = True,
    show: Mapping[str, str] | None = None,
) -> Figure:
    """Ask before the answer shows.

    Texts are plain; `code` and *emphasis* may be marked as here. Keep them short: with a question
    of 80 characters and an explanation of 80 (170 with short choices), the figure is at most 260
    pixels tall on a phone.

    Args:
        question: the question.
        choices: two or more, of which the reader clicks one; give these or ``number``.
        answer: the index of the right choice; or the number, or the range (low, high) in which
            the measured ones lie.
        explain: why, in a sentence or two; it comes with the answer.
        number: both ends of the line on which the reader says a number. Between two ``int`` that
            are more than 1 apart, all numbers are whole.
        unit: of the numbers, such as "steps".
        log: a logarithmic line.
        key: under which the page remembers the answer; by default one made of the question.
        then: another figure, which the answer reveals: until then its axes are seen alone. It is
            made lower where question, answer and figure would not be seen at once.
        hidden: whether ``then`` is hidden until the answer. If not, ask about what it shows only
            after a control was moved.
        show: what is chosen in ``then`` while the reader has answered, ``{name: text}`` of some of
            its causes, as on its buttons; by default it stays as it is.

    Returns:
        The figure.

    Raises:
        TypeError: neither or both of choices and number, or a wrong type.
        ValueError: an answer that is none of the choices, or not on the line; or ``show`` names
            what ``then`` does not offer.

    >>> figure = predict(
    ...     "How many updates until 90 % are right?",
    ...     number=(1, 1400), log=True, unit="updates", answer=(40, 60),
    ...     explain="Five seeds, with *batch normalization*.",
    ... )
    >>> print(figure.alt)
    Predict: How many updates until 90 % are right? A number from 1 to 1400 updates.
    """
    asked, reason = _text("question", question), _text("explain", explain)
    if (choices is None) == (number is None):
        raise TypeError("predict() takes either choices=[…] or number=(low, high)")
    if then is not None and not isinstance(then, Figure):
        raise TypeError(f"predict(): then is a {type(then).__name__}; give a figure")
    arrays: dict[str, NDArray[Any]] = {}
    spec: dict[str, Any] = {"question": asked, "explain": reason}
    if choices is not None:
        options = _options(choices)
        spec |= {"choices": options, "answer": _index(answer, len(options))}
        solution: Text = [("", "“"), *options[spec["answer"]], ("", "”.")]
        asks = f"Choices: {'; '.join(map(to_plain, options))}."
    else:
        low, high = _ends(number, log)
        within = _range(answer, low, high)
        whole = all(isinstance(end, Integral) for end in number or ()) and high - low > 1
        arrays["values"] = _grid(low, high, log, whole)
        spec |= {"answer": within, "log": log, "unit": unit}
        solution = [("", f"{_numbers(within, unit)}.")]
        asks = f"A number from {_numbers([low, high], unit)}."
    spec["key"] = key or _key(to_plain(asked), asks)
    if then is not None:
        spec["hidden"] = hidden
    if show:
        spec["show"] = _shown(show, then)
    return Figure(
        "predict",
        spec=spec,
        arrays=arrays,
        alt=f"Predict: {to_plain(asked)} {asks}",
        height=_heights(spec, then),
        still=_still(spec, solution, asks),
        then=then,
    )


# --- what is given --------------------------------------------------------------------------------


def _text(name: str, text: object) -> Text:
    if not isinstance(text, str):
        raise TypeError(f"predict(): {name} is a {type(text).__name__}; give a text")
    if not text.strip():
        raise ValueError(f"predict(): {name} is empty; give a sentence")
    return read(text)


def _options(choices: Sequence[str]) -> list[Text]:
    if isinstance(choices, str) or len(choices) < 2:
        raise ValueError(f"predict() got choices={choices!r}; give a list of two or more texts")
    if len(set(choices)) < len(choices):
        raise ValueError(f"predict(): two choices are the same: {list(choices)}")
    return [_text("a choice", choice.rstrip(".") if isinstance(choice, str) else choice)
            for choice in choices]  # fmt: skip


def _index(answer: object, count: int) -> int:
    try:
        index = operator.index(answer)  # type: ignore[arg-type]
    except TypeError:
        index = -1
    if isinstance(answer, bool) or not 0 <= index < count:
        raise ValueError(
            f"predict(): answer is {answer!r}; with choices it is the index of the right one, "
            f"0 to {count - 1}"
        )
    return index


def _shown(show: Mapping[str, str], then: Figure | None) -> dict[str, str]:
    causes = [] if then is None else then.spec.get("causes", [])
    offered = {cause["name"]: cause["values"] for cause in causes}
    for name, text in show.items():
        if text not in offered.get(name, ()):
            choices = "; ".join(f"{cause}: {', '.join(texts)}" for cause, texts in offered.items())
            raise ValueError(
                f"predict(): show has {text!r} for {name!r}; what can be chosen in then is "
                f"{choices or 'nothing'}"
            )
    return dict(show)


def _ends(number: Any, log: bool) -> tuple[float, float]:
    try:
        low, high = map(float, number)
    except (TypeError, ValueError):
        low, high = math.nan, math.nan
    if not (math.isfinite(low) and math.isfinite(high) and low < high) or (log and low <= 0):
        raise ValueError(
            f"predict() got number={number!r}; give both ends, ascending"
            f"{' and above zero, for a logarithmic line' if log else ''}, such as (1, 100)"
        )
    return low, high


def _range(answer: Any, low: float, high: float) -> list[float]:
    try:
        ends = [float(end) for end in (answer if np.ndim(answer) else (answer, answer))]
        first, last = ends
    except (TypeError, ValueError):
        first, last = math.nan, math.nan
    if not low <= first <= last <= high:
        raise ValueError(
            f"predict(): answer is {answer!r}; give a number, or a range (low, high), on the line "
            f"from {words.number(low)} to {words.number(high)}"
        )
    return [first, last]


def _grid(low: float, high: float, log: bool, whole: bool) -> NDArray[np.float64]:
    """The numbers that can be said: round ones, and both ends."""
    if log:
        even = np.geomspace(low, high, _POSITIONS + 1)
        decades = np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)))
        even = np.concatenate([even, np.outer(10.0**decades, np.arange(1, 10)).ravel()])
        step = 10.0 ** (np.floor(np.log10(even)) - 1)  # two digits
    else:
        even = np.linspace(low, high, _POSITIONS + 1)
        rough = (high - low) / _POSITIONS
        power = 10.0 ** np.floor(np.log10(rough))
        step = np.full_like(even, power * next(s for s in (1, 2, 5, 10) if s * power >= rough))
    if whole:
        step = np.maximum(step, 1.0)
    inner = np.round(np.round(even / step) * step, 12)
    return np.unique(np.concatenate([[low], inner[(inner > low) & (inner < high)], [high]]))


def _key(*parts: str) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


# --- as text --------------------------------------------------------------------------------------


def _numbers(ends: Sequence[float], unit: str) -> str:
    """A number or a range, with its unit.

    >>> _numbers([40, 60], "steps"), _numbers([0.5, 0.5], "")
    ('40 to 60 steps', '0.5')
    """
    texts = [words.number(end) for end in dict.fromkeys(ends)]
    return " to ".join(texts) + (f" {unit}" if unit else "")


def _still(spec: dict[str, Any], solution: Text, asks: str) -> str:
    """What is read where scripts are off, and in print."""
    items = "".join(f"<li>{to_html(choice)}</li>" for choice in spec.get("choices", []))
    between = f"<ul>{items}</ul>" if items else f"<p>{to_html([('', asks)])}</p>"
    return (
        f"<p><strong>Predict.</strong> {to_html(spec['question'])}</p>{between}"
        f"<details><summary>Show the answer</summary>"
        f"<p><strong>{to_html(solution)}</strong> {to_html(spec['explain'])}</p></details>"
    )


def _heights(spec: dict[str, Any], then: Figure | None) -> tuple[int, int]:
    """Pixels of the stage, wide and narrow; of the figure that it reveals, the plot gives way."""
    narrow = _height(spec, 42, 308)
    if then is None:
        return _height(spec, 86, 640), narrow
    beside, below = (
        tall + 8 + 19 * math.ceil(len(then.caption) / characters)
        for tall, characters in zip(then.height, (95, 50), strict=True)
    )
    column = _height(spec, 27, _COLUMN, stacked=True)
    return max(column, min(beside, _MOST[0])), min(narrow + 25 + below, _MOST[1])


def _height(spec: dict[str, Any], characters: int, pixels: int, *, stacked: bool = False) -> int:
    """About how tall the question is, so that the page need not move when it comes to life."""

    def lines(*texts: Text) -> int:
        return math.ceil(sum(len(to_plain(text)) for text in texts) / (0.94 * characters))

    top = 28 + (22 if pixels > 400 else 20) * lines(spec["question"]) + 8
    if "choices" not in spec:
        said: Text = [
            ("", f"You said 1000 {spec['unit']}. It is less: 1000 to 1000 {spec['unit']}. ")
        ]
        return top + 4 + _LINE + max(34, 20 * lines(said, spec["explain"]))
    rows, free = 0, 0.0
    for choice in spec["choices"]:
        wide = min(26 + 7.2 * len(to_plain(choice)), pixels)
        if stacked or wide > free:
            rows, free = rows + lines(choice), float(pixels)
        free -= wide + 8
    longest = max(spec["choices"], key=lambda choice: len(to_plain(choice)))
    right = spec["choices"][spec["answer"]]
    said = [("", "You said “”. Not quite: “”. "), *longest, *right]
    return top + max(40 * rows - 6, 20 * lines(said, spec["explain"]))
