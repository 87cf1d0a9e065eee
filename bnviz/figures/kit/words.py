"""Numbers as text, for captions, text alternatives and messages; ``words.js`` writes the same."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["listed", "number", "percent"]


def number(value: float, digits: int = 3) -> str:
    """A number with so many significant digits, no zeros at the end, a real minus sign.

    >>> number(-0.12345), number(1400.0), number(2.0), number(float("nan"))
    ('−0.123', '1400', '2', 'not a number')
    """
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "infinity" if value > 0 else "−infinity"
    if abs(value) >= 10**digits and abs(value) < 1e6:
        return f"{value:.0f}".replace("-", "−")
    text = f"{value:.{digits}g}"
    return ("0" if float(text) == 0 else text).replace("-", "−")


def percent(share: float) -> str:
    """A share from 0 to 1 as per cent; something is never rounded to nothing.

    >>> percent(0.3719), percent(0.0042), percent(1e-6), percent(0.0)
    ('37 %', '0.4 %', 'under 0.1 %', '0 %')
    """
    if math.isnan(share):
        return "not a number"
    value = 100 * share
    if 0 < value < 0.05:
        return "under 0.1 %"
    return f"{value:.1f} %" if 0 < value < 9.95 else f"{value:.0f} %"


def listed(words: Sequence[str]) -> str:
    """Words as a list in a sentence.

    >>> listed(["γ"]), listed(["μ", "σ²", "ε"])
    ('γ', 'μ, σ² and ε')
    """
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else ""
