"""The mergeable binned summary of very many values.

Bins are fixed, so two histograms of anything add up without loss, whatever their scale: sixteen
bins to every doubling of the magnitude, from 2⁻³² to 2³², mirrored for negative values. Around them
stand one bin for zero (and all that is smaller), one on each side for larger finite values, one for
−inf, one for +inf and one for NaN. A value's bin is read off the top 13 bits of its float32 pattern
(sign, exponent, four bits of mantissa), which is what makes binning cheap; a signaling NaN, which
no arithmetic makes, may therefore count as infinite.

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
    "NAN",
    "NEG_INF",
    "POS_INF",
    "SPECIAL",
    "ZERO",
    "between",
    "bin_values",
    "fold_keys",
    "locate",
    "quantiles",
    "share_below",
    "share_between",
]

#: A float32 pattern, read as an unsigned integer, shifted right by this many bits is a key in
#: [0, 8192): first those of positive numbers, then those of negative ones, ascending in magnitude.
KEY_SHIFT = 19
KEYS = 8192
_HALF = KEYS // 2
_PER_OCTAVE = 16
_LOWEST, _HIGHEST = -32, 32

# Keys of the magnitudes 2**_LOWEST, 2**_HIGHEST and infinity (exponents are stored with bias 127).
_KEY_LOW = (127 + _LOWEST) * _PER_OCTAVE
_KEY_HIGH = (127 + _HIGHEST) * _PER_OCTAVE
_KEY_INF = 255 * _PER_OCTAVE
_SIDE = _KEY_HIGH - _KEY_LOW
# Where the keys of zero, the bins, larger numbers, infinity and NaN begin, on both sides.
_KEY_RANGES = np.add.outer([0, _HALF], [0, _KEY_LOW, _KEY_HIGH, _KEY_INF, _KEY_INF + 1]).ravel()

#: Positions of the special bins; everything between NEG_INF and POS_INF is finite and ascending.
NEG_INF = 0
ZERO = 2 + _SIDE
POS_INF = ZERO + _SIDE + 2
NAN = POS_INF + 1
BINS = NAN + 1

_MAGNITUDES = np.ldexp(
    1 + np.arange(_SIDE) % _PER_OCTAVE / _PER_OCTAVE, _LOWEST + np.arange(_SIDE) // _PER_OCTAVE
)
_UPPER = np.concatenate([_MAGNITUDES, [2.0**_HIGHEST, float(np.finfo(np.float32).max)]])
#: The ascending edges of the finite bins 1 … BINS - 3, float64, one more than there are such bins.
EDGES = np.concatenate([-_UPPER[::-1], _UPPER])
EDGES.setflags(write=False)
# The edges of every bin that holds numbers.
_LOW = np.concatenate([[-np.inf], EDGES[:-1], [np.inf]])
_HIGH = np.concatenate([[-np.inf], EDGES[1:], [np.inf]])

#: The finite bins.
FINITE = slice(NEG_INF + 1, POS_INF)
#: The others.
SPECIAL = [NAN, POS_INF, NEG_INF]


def _bin_of_key() -> NDArray[np.int32]:
    key = np.arange(KEYS)
    magnitude = key % _HALF
    from_zero = np.clip(magnitude - _KEY_LOW + 1, 0, _SIDE + 1)
    from_zero[magnitude == _KEY_INF] = _SIDE + 2
    bins = np.where(key < _HALF, ZERO + from_zero, ZERO - from_zero)
    bins[magnitude > _KEY_INF] = NAN
    return bins.astype(np.int32)


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
    out = np.empty((*key_counts.shape[:-1], BINS), dtype=np.int64)
    positive, negative = key_counts[..., :_HALF], key_counts[..., _HALF:]
    out[..., ZERO + 1 : POS_INF - 1] = positive[..., _KEY_LOW:_KEY_HIGH]
    out[..., NEG_INF + 2 : ZERO] = negative[..., _KEY_LOW:_KEY_HIGH][..., ::-1]
    summed = np.add.reduceat(key_counts, _KEY_RANGES, axis=-1)
    above, below = summed[..., :5], summed[..., 5:]
    out[..., ZERO] = above[..., 0] + below[..., 0]
    out[..., [POS_INF - 1, POS_INF]] = above[..., 2:4]
    out[..., [NEG_INF + 1, NEG_INF]] = below[..., 2:4]
    out[..., NAN] = above[..., 4] + below[..., 4]
    return out


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


def _cumulative(counts: NDArray[np.integer]) -> NDArray[np.float64]:
    """Finite values at or below each edge, shape (…, len(EDGES))."""
    finite = counts[..., FINITE].astype(np.float64)
    return np.concatenate([np.zeros((*finite.shape[:-1], 1)), finite.cumsum(-1)], axis=-1)


def quantiles(counts: NDArray[np.integer], q: ArrayLike) -> NDArray[np.float64]:
    """Read quantiles off a table, linearly inside a bin.

    Args:
        counts: shape (…, BINS).
        q: shares in [0, 1], shape (Q,).

    Returns:
        float64 of shape (…, Q), each in the bin of ``np.quantile(…, method="inverted_cdf")``; −inf
        or +inf where the quantile falls among the infinities, NaN for a histogram without numbers.
        NaN values are left out.

    Raises:
        ValueError: a share is outside of [0, 1].

    >>> quantiles(bin_values([0.0, 0.0, 0.0, 8.0]), [0.5])
    array([0.])
    """
    q = np.atleast_1d(np.asarray(q, dtype=np.float64))
    if not ((q >= 0) & (q <= 1)).all():
        raise ValueError(f"quantiles are shares in [0, 1]; given {q.tolist()}")
    up_to = counts[..., :NAN].cumsum(-1).astype(np.float64)
    rank = q * up_to[..., -1:]
    # The first bin that reaches the rank; half a value stands for rank 0, the smallest value.
    at = (up_to[..., None, :] < np.maximum(rank, 0.5)[..., None]).sum(-1)
    at = np.minimum(at, POS_INF)
    count = np.take_along_axis(counts, at, -1)
    into = rank - np.take_along_axis(up_to, at, -1) + count
    low, high = _LOW[at], _HIGH[at]
    with np.errstate(invalid="ignore", divide="ignore"):
        inside = np.clip(between(low, high, np.clip(into / count, 0, 1)), low, high)
    inside = np.where(at == ZERO, 0.0, np.where(np.isinf(low), low, inside))
    return np.where(up_to[..., -1:] > 0, inside, np.nan)


def between(
    low: NDArray[np.float64], high: NDArray[np.float64], share: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The point that has this share of the interval below it; exact at both ends.

    Not ``low + (high - low) * share``: the outermost bins are so wide that this would round.
    """
    return low * (1 - share) + high * share


def locate(thresholds: ArrayLike) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Where thresholds lie among the finite bins.

    Args:
        thresholds: finite numbers of any shape.

    Returns:
        For each the finite bin (0 is the one between ``EDGES[0]`` and ``EDGES[1]``) and the share
        of its values that are below, both of the same shape. What lies in the bin of zero counts
        as zero: a rectifier puts many values exactly there.
    """
    thresholds = np.asarray(thresholds, dtype=np.float64)
    at = np.clip(np.searchsorted(EDGES, thresholds, side="right") - 1, 0, len(EDGES) - 2)
    inside = np.clip((thresholds - EDGES[at]) / (EDGES[at + 1] - EDGES[at]), 0, 1)
    return at, np.where(at == ZERO - FINITE.start, thresholds > 0, inside)


def share_below(counts: NDArray[np.integer], thresholds: ArrayLike) -> NDArray[np.float64]:
    """Share of the numbers below each threshold, linearly inside a bin.

    Args:
        counts: shape (…, BINS).
        thresholds: finite numbers, shape (T,); zeros are below those above zero alone.

    Returns:
        float64 of shape (…, T); −inf counts as below, NaN values are left out; NaN where a
        histogram has no numbers at all.
    """
    at, inside = locate(np.atleast_1d(thresholds))
    cumulative = _cumulative(counts)
    below = cumulative[..., at] + inside * (cumulative[..., at + 1] - cumulative[..., at])
    below = below + counts[..., NEG_INF, None]
    total = counts[..., :NAN].sum(-1)[..., None]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, below / total, np.nan)


def share_between(counts: NDArray[np.integer], edges: ArrayLike) -> NDArray[np.float64]:
    """Share of the numbers in each interval between ascending edges.

    Args:
        counts: shape (…, BINS).
        edges: ascending finite numbers, shape (E,).

    Returns:
        float64 of shape (…, E - 1).
    """
    return np.diff(share_below(counts, edges), axis=-1)
