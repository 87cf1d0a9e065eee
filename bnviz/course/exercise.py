"""What an exercise asks, in one small declaration; ``bnviz.check`` does the rest.

An exercise says which function is asked for, on what it is tried, and which wrong answers are worth
an explanation. The right answer is never typed in: it is what ``reference`` returns. ``reference``
is also what the solution cell shows, so it is short, plain, and named as the function in the stub.
A typical mistake is a function too: where the reader's answer is what it gives, its message is
shown. Several slips that call for the same words share a message: a tuple of functions.

A whole module, as an author writes it (``exercises/intro.py``, for names ``intro/…``):

>>> import numpy as np
>>> from bnviz.course.exercise import Exercise
>>>
>>> def spread(x):
...     'The standard deviation of each column.'
...     return x.std(axis=0)
>>>
>>> EXERCISES = (
...     Exercise(
...         name="intro/spread",
...         title="The spread of each feature",
...         reference=spread,
...         cases=[
...             {"x": np.array([[1.0, 10.0], [3.0, 50.0], [8.0, 60.0]])},
...             {"x": np.array([[0.5, 2.0, -1.0], [4.5, 2.0, 3.0]])},
...         ],
...         mistakes={
...             "You divided by N - 1. Batch norm divides by N.": lambda x: x.std(0, ddof=1),
...             "That is one number a sample. Take the spread over axis 0.": lambda x: x.std(1),
...         },
...     ),
... )

Choose cases in which every mistake gives another answer than the reference; a test holds each
exercise to that. Arrays stay small enough to be read (a printed case is part of the lesson).
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["Exercise"]


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """One exercise: the function asked for, its cases, and typical mistakes.

    Args:
        name: as in ``check(name, function)``, such as "equation/normalize": the chapter without its
            number, then what is asked.
        title: what it is about, in a few words; the heading of its task in the chapter.
        reference: the solution. Called with a case's values in their order.
        cases: arguments by name, in the order of the stub's parameters: numbers, arrays, tensors,
            whatever can be copied. The reader's parameters may be named differently.
        mistakes: what to say → a function that makes this mistake, called as ``reference``, or a
            tuple of such functions.
        returns: where a tuple is returned, the names of its parts, for the messages.
        in_place: the arguments that the function may change. All others must stay as they are.
        rtol: largest relative difference that still counts as right.
        atol: largest absolute difference that still counts as right.

    ``reference`` returns a number, an array, a tensor, a text, or a tuple of these.
    """

    name: str
    title: str
    reference: Callable[..., object]
    cases: Sequence[Mapping[str, object]]
    mistakes: Mapping[str, Callable[..., object] | tuple[Callable[..., object], ...]] = field(
        default_factory=dict
    )
    returns: Sequence[str] = ()
    in_place: Sequence[str] = ()
    rtol: float = 1e-4
    atol: float = 1e-6  # float32 leaves some 1e-7 where 0 is right

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z-]+/[a-z-]+", self.name):
            raise ValueError(
                f"An exercise is named {self.name!r}; accepted are names like 'equation/normalize'."
            )
        if not self.cases:
            raise ValueError(f"Exercise {self.name!r} has no cases: give at least one.")

    def slips(self) -> Iterator[tuple[str, Callable[..., object]]]:
        """Each mistaken function, with what to say of it."""
        for message, mistaken in self.mistakes.items():
            for one in mistaken if isinstance(mistaken, tuple) else (mistaken,):
                yield message, one
