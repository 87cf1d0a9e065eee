"""Calls a function that somebody else has written: on copies, in silence, and not for ever."""

import copy
import itertools
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import numpy as np

from bnviz.course.compare import numbers, same

__all__ = ["OutOfTime", "call", "call_and_watch", "on_copies", "time_limit"]

ENOUGH = 10_000  # values of a generator, which may never end; no answer has as many


class OutOfTime(BaseException):  # noqa: N818 - no Exception: `except Exception` must not stop it
    """The time is over."""


def call(function: Callable[..., object], case: Mapping[str, object]) -> object:
    """Call with copies, so that a function that changes its input spoils nothing."""
    return call_and_watch(function, case)[0]


def call_and_watch(
    function: Callable[..., object], case: Mapping[str, object]
) -> tuple[object, list[str]]:
    """What came back, and the names of the arguments that the function has changed."""
    watched = copy.deepcopy(dict(case))
    with np.errstate(all="ignore"):  # the report says what came back, NaN included
        answer = function(*watched.values())
        if isinstance(answer, Iterator):  # map, zip, a generator
            answer = list(itertools.islice(answer, ENOUGH))
    numbers = [name for name, value in case.items() if same(value, value, 0, 0)]
    return answer, [name for name in numbers if not same(watched[name], case[name], 0, 0)]


def on_copies(function: Callable[..., object]) -> Callable[..., object]:
    """The function as a graded problem calls it: on copies, and with NumPy's arrays for tensors.

    >>> def emptied(values):
    ...     values.clear()
    ...     return values
    >>> given = [1, 2]
    >>> on_copies(emptied)(given), given
    ([], [1, 2])
    """

    def tried(*given: object) -> object:
        return _by_numpy(call(function, {str(place): part for place, part in enumerate(given)}))

    return tried


def _by_numpy(answer: object) -> object:
    """An answer with plain arrays, also in the place of tensors, which may ask for gradients."""
    if isinstance(answer, tuple | list):  # also those with names, which take their parts one by one
        parts = [_by_numpy(part) for part in answer]
        return parts if isinstance(answer, list) else tuple(parts)
    if isinstance(answer, np.ndarray):
        return np.array(answer, order="C")  # PyTorch reads no views that run backward
    array = numbers(answer) if hasattr(answer, "detach") else None
    return answer if array is None else array[()]  # a number where there is but one


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise ``OutOfTime`` in the body when it has run for so many seconds.

    It takes the alarm clock of the process, which only Unix has and only the main thread may set.
    Elsewhere, and where somebody else has set the clock, there is no limit.
    """
    if (
        not hasattr(signal, "setitimer")
        or threading.current_thread() is not threading.main_thread()
        or signal.getitimer(signal.ITIMER_REAL)[0] > 0
    ):
        yield
        return
    running = True

    def stop(number: int, frame: object) -> None:
        if running:
            raise OutOfTime

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        running = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL if before is None else before)
