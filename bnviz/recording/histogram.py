"""The mergeable binned summary of very many values.

Bins are fixed, so two histograms of anything add up without loss, whatever their scale. They are
mirrored for negative values:

================  =======================================
magnitude         bins to every doubling
================  =======================================
2⁻³² … 2³²        16: no bin is wider than 6 % of a value
2⁻⁴⁸ … 2⁻³²       2
2⁻¹²⁶ … 2⁻⁴⁸      1
================  =======================================

Around them stand one bin for zero (and all that is smaller), one on each side for larger finite
values, one for −inf, one for +inf and one for NaN. A value's bin is read off the top 13 bits of its
float32 pattern (sign, exponent, four bits of mantissa), which is what makes binning cheap; a
signaling NaN, which no arithmetic makes, may therefore count as infinite.

Tables have the bins on their last axis and any axes before it: ``counts`` of shape (…, BINS).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "BINS",
    "BIN_OF_KEY",
    "EDGES",
    "FINITE",
    "KEYS",
    "KEY_SHIFT",
    "NAN",
    "NEG_INF",
    "POS_INF",
    "SPECIAL",
    "ZERO",
    "bin_values",
    "fold_keys",
]

#: A float32 pattern, read as an unsigned integer, shifted right by this many bits is a key in
#: [0, 8192): first those of positive numbers, then those of negative ones, ascending in magnitude.
KEY_SHIFT = 19
KEYS = 8192
_HALF = KEYS // 2


# From one power of two to another so many bins to an octave.
_RANGES = ((-126, -48, 1), (-48, -32, 2), (-32, 32, 16))
_PER_OCTAVE = 16  # keys


def _magnitudes() -> NDArray[np.float64]:
    """Where the bins of positive numbers begin, ascending."""
    parts = []
    for lowest, highest, bins in _RANGES:
        steps = np.arange((highest - lowest) * bins)
        parts.append(np.ldexp(1 + steps % bins / bins, lowest + steps // bins))
    return np.concatenate([*parts, [2.0 ** _RANGES[-1][1]]])


_MAGNITUDES = _magnitudes()
_LARGEST = float(np.finfo(np.float32).max)

#: Positions of the special bins; everything between NEG_INF and POS_INF is finite and ascending.
NEG_INF = 0
ZERO = 1 + len(_MAGNITUDES)
POS_INF = ZERO + len(_MAGNITUDES) + 1
NAN = POS_INF + 1
BINS = NAN + 1

#: The ascending edges of the finite bins 1 … BINS - 3, float64, one more than there are such bins.
EDGES = np.concatenate([[-_LARGEST], -_MAGNITUDES[::-1], _MAGNITUDES, [_LARGEST]])
EDGES.setflags(write=False)

#: The finite bins.
FINITE = slice(NEG_INF + 1, POS_INF)
#: The others.
SPECIAL = [NAN, POS_INF, NEG_INF]

# Among the keys of one sign, where numbers above zero, those above all ranges, and NaN begin.
_TINY, _LARGE = ((127 + power) * _PER_OCTAVE for power in (_RANGES[0][0], _RANGES[-1][1]))
_NAN_KEY = 255 * _PER_OCTAVE + 1
# In between, first and last key of groups whose bins have equally many keys, and how many.
_GROUPS = [
    *(
        ((127 + lowest) * _PER_OCTAVE, (127 + highest) * _PER_OCTAVE, _PER_OCTAVE // bins)
        for lowest, highest, bins in _RANGES
    ),
    (_LARGE, _NAN_KEY - 1, _NAN_KEY - 1 - _LARGE),
    (_NAN_KEY - 1, _NAN_KEY, 1),  # infinity
]


def _bin_of_key() -> NDArray[np.int32]:
    widths = [_TINY, *(width for begin, end, width in _GROUPS for _ in range(begin, end, width))]
    from_zero = np.repeat(np.arange(len(widths)), widths)
    bins = np.full((2, _HALF), NAN, dtype=np.int32)
    bins[:, : len(from_zero)] = ZERO + from_zero, ZERO - from_zero
    return bins.ravel()


#: The bin of every key, position as in :func:`fold_keys`.
BIN_OF_KEY = _bin_of_key()
BIN_OF_KEY.setflags(write=False)


def fold_keys(key_counts: NDArray[np.integer]) -> NDArray[np.int64]:
    """Turn counts of the 8192 bit keys into counts of the bins.

    Args:
        key_counts: counts of shape (…, 8192), position ``bits >> 19`` of the float32 pattern read
            as an unsigned integer.

    Returns:
        int64 counts of shape (…, BINS).
    """
    signs = key_counts.reshape(*key_counts.shape[:-1], 2, _HALF)
    out = np.zeros((*key_counts.shape[:-1], BINS), dtype=np.int64)
    out[..., ZERO] = signs[..., :_TINY].sum(axis=(-2, -1))
    out[..., NAN] = signs[..., _NAN_KEY:].sum(axis=(-2, -1))
    above, below = out[..., ZERO + 1 : NAN], out[..., ZERO - 1 :: -1]
    at = 0
    for begin, end, width in _GROUPS:
        keys = signs[..., begin:end]
        bins = slice(at, at + (end - begin) // width)
        if width == 1 or keys.any():  # few values are very small or very large
            folded = _fold(keys, width)
            above[..., bins], below[..., bins] = folded[..., 0, :], folded[..., 1, :]
        at = bins.stop
    return out


def _fold(keys: NDArray[np.integer], width: int) -> NDArray[np.integer]:
    """Add ``width`` neighboring keys together."""
    bins = keys.shape[-1] // width
    if bins == 1:
        keys = keys.sum(axis=-1, keepdims=True)
    while keys.shape[-1] > bins:  # many times faster than a sum over few
        keys = keys[..., ::2] + keys[..., 1::2]
    return keys


def bin_values(values: ArrayLike) -> NDArray[np.int64]:
    """Count values into the bins.

    Args:
        values: numbers of any shape; they are read as float32.

    Returns:
        int64 counts of shape (BINS,).

    >>> counts = bin_values([0.5, -3.0, 0.0, float("nan")])
    >>> int(counts.sum()), int(counts[ZERO]), int(counts[NAN])
    (4, 1, 1)
    """
    bits = np.ascontiguousarray(values, dtype=np.float32).ravel().view(np.uint32)
    return fold_keys(np.bincount(bits >> KEY_SHIFT, minlength=KEYS))
