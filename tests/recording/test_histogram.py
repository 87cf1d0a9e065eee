"""Histograms: every float32 value in the bin whose edges hold it; sums, quantiles and shares."""

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
    quantiles,
    share_below,
    share_between,
)

LARGEST = float(np.finfo(np.float32).max)
SMALLEST = float(np.finfo(np.float32).smallest_subnormal)
TINY = float(EDGES[ZERO])  # all that is smaller counts as zero

float32s = st.floats(width=32)
numbers = st.floats(width=32, allow_nan=False)
finite = st.floats(width=32, allow_nan=False, allow_infinity=False)
# Values as they come in networks, several in one bin.
usual = st.floats(-8, 8, width=32) | st.sampled_from([0.0, 0.5, 1.0, 1.01, 1.02, -3.0])


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


def test_bins_are_at_most_a_sixteenth_of_their_value_wide() -> None:
    low, high = EDGES[ZERO:-2], EDGES[ZERO + 1 : -1]
    assert ((high - low) / low <= 1 / 16).all()


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


# -- quantiles ---------------------------------------------------------------------------------

shares = st.lists(st.floats(0, 1), min_size=1, max_size=5).map(sorted)


@given(batches(numbers | usual), shares)
@example(np.float32([1, 1, 9, 9]), [0.5])
@example(np.float32([-np.inf, 2, np.inf]), [0.0, 1 / 3, 0.5, 2 / 3, 1.0])
@example(np.float32([-np.inf, np.inf]), [0.0, 0.5, 1.0])
@example(np.float32([-(2.0**32)]), [1.0])  # the end of a bin that is 2¹²⁸ wide
def test_a_quantile_lies_in_the_bin_of_the_value_that_it_is(
    values: np.ndarray, q: list[float]
) -> None:
    ordered = np.sort(values)
    for share, found in zip(q, quantiles(bin_values(values), q), strict=True):
        # A hair of freedom where share · n is whole but for its rounding.
        ranks = {share * len(values) * (1 + slack) for slack in (-1e-12, 0.0, 1e-12)}
        at = {bin_of(ordered[min(max(int(np.ceil(r)), 1), len(values)) - 1]) for r in ranks}
        low, high = EDGES[np.clip(min(at) - 1, 0, None)], EDGES[min(max(at), len(EDGES) - 1)]
        if np.isinf(found):
            assert bin_of(found) in at
        else:
            assert low <= found <= high


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.02, 1.0, 300.0]), st.floats(-3, 3))
def test_quantiles_of_many_values_are_those_of_numpy_to_a_bin(
    seed: int, scale: float, mean: float
) -> None:
    values = (np.random.default_rng(seed).normal(mean, 1, 4000) * scale).astype(np.float32)
    q = [0.05, 0.15, 0.85, 0.95]
    expected = np.quantile(values, q)
    np.testing.assert_allclose(
        quantiles(bin_values(values), q), expected, rtol=1 / 16, atol=0.01 * scale
    )


@given(batches(numbers | usual), shares)
def test_quantiles_ascend(values: np.ndarray, q: list[float]) -> None:
    found = quantiles(bin_values(values), q)
    assert all(a <= b for a, b in zip(found, found[1:], strict=False))


def test_quantiles_of_zeros_are_zero() -> None:
    assert quantiles(bin_values([0.0, -0.0, 0.0]), [0, 0.15, 0.5, 1]).tolist() == [0, 0, 0, 0]


def test_one_value_has_all_its_quantiles_in_one_bin() -> None:
    found = quantiles(bin_values([-5.0]), [0, 0.5, 1])
    at = bin_of(-5.0)
    assert ((EDGES[at - 1] <= found) & (found <= EDGES[at])).all()


def test_quantiles_leave_nan_out() -> None:
    with_nan = bin_values([1.0, 2.0, 3.0, np.nan, np.nan])
    q = [0.1, 0.5, 0.9]
    np.testing.assert_array_equal(quantiles(with_nan, q), quantiles(bin_values([1.0, 2.0, 3.0]), q))


def test_quantiles_among_the_infinities_are_infinite() -> None:
    counts = bin_values([-np.inf, -np.inf, 1.0, 2.0, np.inf, np.inf])
    low, median, high = quantiles(counts, [0.2, 0.5, 0.9])
    assert (low, high) == (-np.inf, np.inf)
    assert 1.0 <= median <= 1.0625


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_quantiles_of_nothing_but_infinity_are_infinite(value: float) -> None:
    assert quantiles(bin_values([value, value]), [0, 0.5, 1]).tolist() == [value] * 3


@pytest.mark.parametrize("values", [[], [np.nan], [np.nan, np.nan]])
def test_quantiles_without_numbers_are_nan(values: list[float]) -> None:
    assert np.isnan(quantiles(bin_values(values), [0, 0.5, 1])).all()


def test_quantiles_of_a_table_are_those_of_its_rows() -> None:
    rng = np.random.default_rng(0)
    rows = [rng.normal(size=20), [], [np.inf, 1.0], [np.nan]]
    table = np.stack([bin_values(row) for row in rows])
    found = quantiles(table, [0.15, 0.5])
    assert found.shape == (4, 2)
    for row, expected in zip(table, found, strict=True):
        np.testing.assert_array_equal(quantiles(row, [0.15, 0.5]), expected)
    assert quantiles(table.reshape(2, 2, BINS), [0.5]).shape == (2, 2, 1)


@pytest.mark.parametrize("q", [-0.1, 1.1, 15, np.nan])
def test_a_quantile_outside_of_zero_to_one_is_refused(q: float) -> None:
    with pytest.raises(ValueError, match=r"shares in \[0, 1\]; given"):
        quantiles(bin_values([1.0]), [0.5, q])


# -- shares ------------------------------------------------------------------------------------


@given(batches(numbers | usual), finite)
def test_share_below_is_right_to_the_share_of_one_bin(values: np.ndarray, threshold: float) -> None:
    counts = bin_values(values)
    (found,) = share_below(counts, threshold)
    exact = (values < threshold).mean()
    assert abs(found - exact) <= counts[bin_of(threshold)] / values.size + 1e-12


@given(batches(numbers | usual), st.lists(finite, min_size=2, max_size=9).map(sorted))
def test_share_below_rises_with_the_threshold(values: np.ndarray, thresholds: list[float]) -> None:
    found = share_below(bin_values(values), thresholds)
    assert (np.diff(found) >= -1e-12).all()
    assert (found >= 0).all()
    assert (found <= 1 + 1e-12).all()


@given(batches(usual), st.sets(st.integers(0, len(EDGES) - 1), min_size=2, max_size=9))
def test_share_between_bin_edges_is_that_of_numpy(values: np.ndarray, picked: set[int]) -> None:
    # Off the edges and off zero, where the two agree on no side.
    inside = values[~np.isin(values, EDGES) & (np.abs(values) > TINY)]
    edges = EDGES[sorted(picked)]
    found = share_between(bin_values(inside), edges)
    if inside.size:
        expected = np.histogram(inside.astype(np.float64), edges)[0] / inside.size
        np.testing.assert_allclose(found, expected, atol=1e-12)
    else:
        assert np.isnan(found).all()


def test_share_between_even_edges_is_close_to_that_of_numpy() -> None:
    values = np.random.default_rng(0).normal(size=20_000).astype(np.float32)
    edges = np.linspace(-4, 4, 61)
    expected = np.histogram(values, edges)[0] / values.size
    np.testing.assert_allclose(share_between(bin_values(values), edges), expected, atol=0.003)


@given(batches(finite))
def test_shares_between_edges_that_hold_everything_add_up_to_one(values: np.ndarray) -> None:
    edges = [-LARGEST, -1.0, 0.0, 2.0, LARGEST]
    assert share_between(bin_values(values), edges).sum() == pytest.approx(1)


def test_zeros_count_as_zero_and_not_as_half_below_it() -> None:
    counts = bin_values([0.0, 0.0, 0.0, 1.0])
    assert share_below(counts, [-1.0, 0.0, 1e-20, 0.5]).tolist() == [0, 0, 0.75, 0.75]
    assert share_between(counts, [-1, 0, 1.5]).tolist() == [0, 1]


def test_minus_infinity_is_below_everything_and_infinity_above() -> None:
    counts = bin_values([-np.inf, 0.5, np.inf, np.inf])
    assert share_below(counts, [-LARGEST, 0.1, LARGEST]).tolist() == [0.25, 0.25, 0.5]


def test_shares_leave_nan_out() -> None:
    assert share_below(bin_values([1.0, 3.0, np.nan]), 2.0).tolist() == [0.5]


@pytest.mark.parametrize("values", [[], [np.nan]])
def test_shares_without_numbers_are_nan(values: list[float]) -> None:
    assert np.isnan(share_below(bin_values(values), [0.0, 1.0])).all()


def test_shares_of_a_table_are_those_of_its_rows() -> None:
    table = np.stack([bin_values([1.0, 2.0]), bin_values([3.0])])
    assert share_below(table, [1.5, 2.5]).tolist() == [[0.5, 1.0], [0.0, 0.0]]
