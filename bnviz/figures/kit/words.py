"""Numbers as text, for captions, text alternatives and messages; ``words.js`` writes the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal

__all__ = ["fixed", "listed", "number", "percent"]

# Python rounds halves to the even digit, JavaScript up; so does every schoolbook.
_EXACT = Context(prec=400, rounding=ROUND_HALF_UP)
_POWERS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float, digits: int = 3) -> str:
    """A number with so many significant digits, no zeros at the end, a real minus sign.

    Whole digits are never lost below a million; very large and small ones are powers of ten.

    >>> number(-0.12345), number(1400.0), number(12345.6), number(0.00025), number(float("nan"))
    ('−0.123', '1400', '12\u202f346', '2.5×10⁻⁴', 'not a number')
    """
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "infinity" if value > 0 else "−infinity"
    size = abs(value)
    if size >= 10**digits and size < 1e6:
        return fixed(value)
    exact = Context(prec=digits, rounding=ROUND_HALF_UP).create_decimal(Decimal(float(value)))
    if size == 0 or 1e-3 <= size < 1e6:
        return _grouped(f"{exact.normalize():f}")
    mantissa = f"{exact.scaleb(-exact.adjusted()).normalize():f}"
    power = f"10{str(exact.adjusted()).translate(_POWERS)}"
    times = {"1": "", "-1": "−"}.get(mantissa, f"{mantissa}×")
    return f"{times}{power}".replace("-", "−")


def fixed(value: float, decimals: int = 0) -> str:
    """A number with so many digits behind the point; halves are rounded up.

    >>> fixed(81.25, 1), fixed(-0.04, 1), fixed(12345.5)
    ('81.3', '0.0', '12\u202f346')
    """
    exact = Decimal(float(value)).quantize(Decimal(1).scaleb(-decimals), context=_EXACT)
    return _grouped(f"{exact:f}")


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
    return f"{fixed(value, 1 if 0 < value < 9.95 else 0)} %"


def listed(words: Sequence[str]) -> str:
    """Words as a list in a sentence.

    >>> listed(["γ"]), listed(["μ", "σ²", "ε"])
    ('γ', 'μ, σ² and ε')
    """
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else ""


def _grouped(text: str) -> str:
    """Thin spaces from 10 000 on, a real minus sign, and none before nothing."""
    whole, point, rest = text.removeprefix("-").partition(".")
    if len(whole) > 4:
        whole = f"{int(whole):,}".replace(",", "\u202f")
    minus = "−" if text.startswith("-") and text.strip("-0.") else ""
    return f"{minus}{whole}{point}{rest}"
