"""Histograms: every float32 value in the bin whose edges hold it."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bnviz.recording import histogram
from bnviz.recording.histogram import (
    BINS,
    EDGES,
    FINITE,
    NAN,
    NEG_INF,
    POS_INF,
    SPECIAL,
    ZERO,
    bin_values,
)

LARGEST = float(np.finfo(np.float32).max)
SMALLEST = float(np.finfo(np.float32).smallest_subnormal)
TINY = float(EDGES[ZERO])  # all that is smaller counts as zero

float32s = st.floats(width=32)
finite = st.floats(width=32, allow_nan=False, allow_infinity=False)


def batches(elements: st.SearchStrategy, least: int = 1) -> st.SearchStrategy:
    return arrays(np.float32, st.integers(least, 60), elements=elements)


def bin_of(value: float) -> int:
    (position,) = np.flatnonzero(bin_values([value]))
    return int(position)


# -- bins --------------------------------------------------------------------------------------


def test_edges_ascend_and_are_symmetric() -> None:
    assert (np.diff(EDGES) > 0).all()
    np.testing.assert_array_equal(EDGES, -EDGES[::-1])
    assert len(EDGES) == len(range(BINS)[FINITE]) + 1


@pytest.mark.parametrize(
    ("lowest", "highest", "wide"), [(-32, 32, 1 / 16), (-48, -32, 1 / 2), (-126, -48, 1)]
)
def test_bins_are_so_wide_relative_to_their_value(lowest: int, highest: int, wide: float) -> None:
    edges = EDGES[(2.0**lowest <= EDGES) & (2.0**highest >= EDGES)]
    low, high = edges[:-1], edges[1:]
    assert (edges[0], edges[-1]) == (2.0**lowest, 2.0**highest)
    assert ((high - low) / low).max() == wide
    assert len(low) == (highest - lowest) / wide


def test_all_normal_float32_numbers_have_a_bin_of_their_size() -> None:
    assert float(np.finfo(np.float32).tiny) == TINY
    assert bin_of(TINY) == ZERO + 1


@given(finite)
@example(0.0)
@example(-0.0)
@example(SMALLEST)
@example(-SMALLEST)
@example(LARGEST)
@example(-LARGEST)
@example(TINY)
@example(-TINY)
@example(2.0**32)
@example(-(2.0**32))
def test_every_finite_value_lies_between_the_edges_of_its_bin(value: float) -> None:
    at = bin_of(value)
    assert EDGES[at - 1] <= value <= EDGES[at]


@given(st.integers(0, 2**32 - 1).map(lambda bits: np.uint32(bits).view(np.float32)))
def test_any_bit_pattern_of_a_number_lands_in_its_bin(value: np.float32) -> None:
    at = bin_of(value)
    if np.isnan(value):
        # Arithmetic makes quiet NaN alone, which is what the bins tell from infinity.
        assert at == NAN or not value.view(np.uint32) & 0x00400000
    elif np.isinf(value):
        assert at == (POS_INF if value > 0 else NEG_INF)
    else:
        assert EDGES[at - 1] <= value <= EDGES[at]


@pytest.mark.parametrize("edge", [EDGES[ZERO], 0.5, 1.0, 1.0625, 3.0, 2.0**32])
def test_a_value_on_an_edge_goes_away_from_zero(edge: float) -> None:
    at = bin_of(edge)
    assert EDGES[at - 1] == edge
    assert EDGES[bin_of(-edge)] == -edge


@pytest.mark.parametrize("value", [0.0, -0.0, SMALLEST, -SMALLEST, TINY / 2, -TINY / 2])
def test_zero_and_all_that_is_close_to_it_share_one_bin(value: float) -> None:
    assert bin_of(value) == ZERO


@pytest.mark.parametrize(
    ("value", "position"), [(np.nan, NAN), (-np.nan, NAN), (np.inf, POS_INF), (-np.inf, NEG_INF)]
)
def test_what_is_not_finite_is_counted_apart(value: float, position: int) -> None:
    assert bin_of(value) == position


def test_float64_beyond_float32_counts_as_infinite() -> None:
    with np.errstate(over="ignore"):
        counts = bin_values(np.array([1e300, -1e300]))
    assert counts[POS_INF] == counts[NEG_INF] == 1


@given(batches(float32s, least=0))
def test_counts_add_up_to_the_number_of_values(values: np.ndarray) -> None:
    counts = bin_values(values)
    assert counts.shape == (BINS,)
    assert counts.sum() == values.size
    assert counts[FINITE].sum() == np.isfinite(values).sum()
    assert counts[SPECIAL].tolist() == [
        np.isnan(values).sum(),
        (values == np.inf).sum(),
        (values == -np.inf).sum(),
    ]


@given(batches(float32s), batches(float32s))
def test_adding_histograms_is_binning_together(one: np.ndarray, two: np.ndarray) -> None:
    together = bin_values(np.concatenate([one, two]))
    np.testing.assert_array_equal(bin_values(one) + bin_values(two), together)


def test_shape_and_strides_of_the_values_do_not_matter() -> None:
    values = np.random.default_rng(0).normal(size=(4, 6, 8)).astype(np.float32)
    for view in (values.T, values[::-1], values.reshape(-1)):
        np.testing.assert_array_equal(bin_values(view), bin_values(values))


def test_keys_of_many_rows_fold_row_by_row() -> None:
    keys = np.random.default_rng(0).integers(0, 5, (2, 3, histogram.KEYS))
    folded = histogram.fold_keys(keys)
    assert folded.shape == (2, 3, BINS)
    np.testing.assert_array_equal(folded[1, 2], histogram.fold_keys(keys[1, 2]))
    np.testing.assert_array_equal(folded.sum(-1), keys.sum(-1))


def test_the_bin_of_a_key_is_where_its_counts_are_folded_to() -> None:
    keys = np.random.default_rng(0).integers(0, 5, histogram.KEYS)
    looked_up = np.bincount(histogram.BIN_OF_KEY, weights=keys, minlength=BINS)
    np.testing.assert_array_equal(looked_up, histogram.fold_keys(keys))
