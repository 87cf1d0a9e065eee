"""Compares a reader's answer with the expected one, and shows both so that the eye finds the gap.

An answer is a number, an array, a tensor, a text, or a tuple of these. Numbers are never compared
exactly: a sum taken in another order must not be called wrong.
"""

import numpy as np

from bnviz.words import counted

__all__ = ["describe", "factor_between", "parts_of", "same", "show", "show_pair"]


def same(answer: object, expected: object, rtol: float, atol: float) -> bool:
    """Whether two answers agree: same structure, same shape, numbers within the tolerance.

    >>> same([1.0, 2.0], np.array([1.0, 2.0 + 1e-9]), rtol=1e-4, atol=0)
    True
    >>> same(np.ones((2, 1)), np.ones(2), rtol=1e-4, atol=0)
    False
    """
    if isinstance(expected, str) or isinstance(answer, str):
        return isinstance(answer, str) and isinstance(expected, str) and answer == expected
    if isinstance(expected, tuple):
        parts = parts_of(answer, expected)
        return parts is not None and all(
            same(a, e, rtol, atol) for a, e in zip(parts, expected, strict=True)
        )
    if answer is None or expected is None:
        return answer is expected
    a, e = numbers(answer), numbers(expected)
    if a is None or e is None or a.shape != e.shape:
        return False
    return bool(np.allclose(a, e, rtol=rtol, atol=atol, equal_nan=True))


def parts_of(answer: object, expected: tuple[object, ...]) -> list[object] | None:
    """The values of an answer, where it has as many as expected; None where it has not.

    They may come as a tuple, as a list, or stacked in one array.

    >>> parts_of(np.array([[1, 2], [3, 4]]), (np.zeros(2), np.zeros(2)))
    [array([1., 2.]), array([3., 4.])]
    >>> parts_of(np.array([1, 2]), (np.zeros(2), np.zeros(2)))
    """
    if isinstance(answer, tuple | list):
        return list(answer) if len(answer) == len(expected) else None
    stacked, wanted = numbers(answer), numbers(expected)
    if stacked is None or wanted is None or stacked.shape != wanted.shape:
        return None
    return list(stacked)


def numbers(value: object) -> np.ndarray | None:
    """The value as a float64 array, or None where it is not made of real numbers."""
    try:
        if hasattr(value, "detach"):  # a torch tensor, also one that asks for its gradient
            value = value.detach().cpu().double().numpy()
        elif isinstance(value, tuple | list) and any(hasattr(part, "detach") for part in value):
            value = [numbers(part) for part in value]
        array = np.asarray(value)
        return array.astype(np.float64) if array.dtype.kind in "biuf" else None
    except Exception:
        return None


def show(value: object, digits: int = 4) -> str:
    """A value as a reader wants to see it: rounded and shortened.

    >>> show(np.array([1 / 3, 2.0]))
    '[0.3333, 2]'
    >>> show([(16, 1, 3, 3), (16,)])
    '[(16, 1, 3, 3), (16,)]'
    """
    if isinstance(value, str | bool):
        return repr(value)
    if isinstance(value, tuple | list) and numbers(value) is None:
        if all(_is_shape(part) for part in value):
            return f"[{', '.join(map(str, value))}]"
        return f"({', '.join(describe(part) for part in value)})"
    array = numbers(value)
    if array is not None:
        return _show_array(array, digits)
    try:
        text = getattr(value, "__name__", None) or repr(value)
    except Exception:  # the repr of a stranger's class
        text = f"<{type(value).__name__}>"
    return text if len(text) <= 200 else text[:197] + "..."


def _is_shape(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(length, int) for length in value)


def _without_dust(array: np.ndarray, largest: float) -> np.ndarray:
    """The numbers, with 0 for those that are but the rounding of larger ones."""
    return np.where(abs(array) < 1e-12 * largest, 0.0, array)


def _largest(array: np.ndarray) -> float:
    return float(np.max(abs(array), where=np.isfinite(array), initial=0.0))


def _show_array(array: np.ndarray, digits: int) -> str:
    array = _without_dust(array, _largest(array)) + 0.0  # no "-0"
    if array.ndim == 0:
        return f"{float(array):.{digits}g}"
    written = [f"{number:.{digits}g}" for number in array.flat] if array.size <= 40 else [""]
    width = max(map(len, written), default=1) if array.ndim > 1 else 1
    text = np.array2string(
        array,
        threshold=40,
        edgeitems=2,
        max_line_width=60,
        separator=", ",
        formatter={"float_kind": lambda number: f"{number:>{width}.{digits}g}"},
    )
    return f"{text}   {_shape_of(array)}" if array.size > 40 else text


def describe(value: object) -> str:
    """What kind of value this is, in one line.

    >>> describe((np.ones((5, 2)), 1))
    'a tuple of 2 values: an array of shape (5, 2), a single number'
    """
    if value is None or isinstance(value, str):
        return show(value)
    if isinstance(value, tuple | list) and (numbers(value) is None or isinstance(value, tuple)):
        kind = f"a {type(value).__name__} of {counted(len(value), 'value')}"
        return f"{kind}: {', '.join(describe(part) for part in value)}".removesuffix(": ")
    array = numbers(value)
    if array is None:
        return f"a {type(value).__name__}: {show(value)}"
    return f"an array of {_shape_of(array)}" if array.ndim else _shape_of(array)


def show_pair(answer: object, expected: object, rtol: float, atol: float) -> tuple[str, str, str]:
    """Both values with enough digits to differ, and a remark on how they differ."""
    e = None if isinstance(expected, str) else numbers(expected)
    a = None if isinstance(answer, str) else numbers(answer)
    if e is None:
        return describe(answer), show(expected), ""
    if a is None:
        remark = f"Expected is {describe(e)}."
        if np.isnan(e).any() and _holds_none(answer):
            remark = "Where there is no number, NaN is expected (np.nan), not None."
        return describe(answer), show(expected), remark
    if a.size == 1 and e.ndim == 0 != a.ndim:
        return show(answer), show(expected), "Return the number itself, not a list of one."
    if a.shape != e.shape:
        remark = f"The shapes differ: {a.shape} came back, {e.shape} was expected."
        return show(answer), show(expected), remark
    largest = max(_largest(a), _largest(e))
    a, e = _without_dust(a, largest), _without_dust(e, largest)
    if not np.isfinite(e).all():  # no distance can be told from infinity
        return show(a), show(e), ""
    broken = int((~np.isfinite(a)).sum())
    if broken:
        cause = "look for a division by zero, or the root of a negative number"
        count = f"{broken} of {a.size} are NaN or infinite" if a.ndim else "NaN is no number"
        told = "" if np.isinf(a).all() and not a.ndim else f"{count}: {cause}."
        return show(a), show(e), told
    digits = next((d for d in range(4, 13) if show(a, d) != show(e, d)), 12)
    gap = abs(a - e)
    remark = f"Largest difference {gap.max():.2g}"
    if a.ndim:
        worst = [int(i) for i in np.unravel_index(gap.argmax(), a.shape)]
        remark += f", at {worst}"
    accepted = f"{rtol:g} of the value"
    if atol > 1e-6:  # less is for the rounding of zeros alone
        accepted += f" plus {atol:g}"
    return show(a, digits), show(e, digits), f"{remark} (accepted: {accepted})."


def _holds_none(answer: object) -> bool:
    return isinstance(answer, tuple | list | np.ndarray) and any(part is None for part in answer)


def factor_between(answer: object, expected: object) -> str | None:
    """A hint where every number is wrong in the same simple way.

    >>> factor_between(np.array([2.0, 4.0]), np.array([1.0, 2.0]))
    'Every number is 2 times what it should be.'
    >>> factor_between(np.array([-1.0, -2.0]), np.array([1.0, 2.0]))
    'The sign is the other way round.'
    """
    if isinstance(answer, str) or isinstance(expected, str | tuple):
        return None
    a, e = numbers(answer), numbers(expected)
    if a is None or e is None:
        return None
    rounded = (e.round(decimals) for decimals in range(2, 7))
    if (
        a.shape == e.shape
        and a.any()
        and any(np.array_equal(a, r) and (r != e).any() for r in rounded)
    ):
        return "The numbers are rounded. Return them as they are."
    if a.size < 2:
        return None
    if a.shape != e.shape:
        if a.ndim == 2 and a.shape == e.T.shape and np.allclose(a, e.T):
            return "The numbers are right, but rows and columns are swapped."
        if a.size == e.size and np.allclose(a.ravel(), e.ravel()):
            return "The numbers are right, only the shape is not. Is there a keepdims too many?"
        return None
    if not (np.isfinite(a).all() and np.isfinite(e).all()):
        return None
    at = np.unravel_index(abs(e).argmax(), e.shape)
    if e[at] == 0 or a[at] == 0:
        return None
    factor = a[at] / e[at]
    telling = np.count_nonzero(_without_dust(e, _largest(e))) > 1  # one number has any factor
    if telling and np.allclose(a, factor * e, rtol=1e-6, atol=1e-9 * abs(a).max()):
        if abs(factor + 1) < 1e-9:
            return "The sign is the other way round."
        return f"Every number is {factor:.4g} times what it should be."
    offset = a[at] - e[at]
    if np.allclose(a - e, offset, rtol=1e-6, atol=1e-9 * abs(a).max()):
        return f"Every number is off by the same amount, {offset:.4g}."
    return None


def _shape_of(array: np.ndarray) -> str:
    return f"shape {array.shape}" if array.ndim else "a single number"
