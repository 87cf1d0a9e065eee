"""Rows: what tables say is what NumPy says of the values, to the width of a bin."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bnviz.activations import FLAT_FROM
from bnviz.recording.histogram import EDGES, ZERO, bin_values
from bnviz.recording.rows import Rows, Thresholds
from bnviz.recording.track import Track

LARGEST = float(np.finfo(np.float32).max)
TINY = float(EDGES[ZERO])  # all that is smaller counts as zero

numbers = st.floats(width=32, allow_nan=False)
finite = st.floats(width=32, allow_nan=False, allow_infinity=False)
# Values as they come in networks, several in one bin.
usual = st.floats(-8, 8, width=32) | st.sampled_from(
    np.float32([0.0, 0.5, 1.0, 1.01, 1.02, -3.0]).tolist()
)


def batches(elements: st.SearchStrategy, least: int = 1) -> st.SearchStrategy:
    return arrays(np.float32, st.integers(least, 60), elements=elements)


def bin_of(value: float) -> int:
    (position,) = np.flatnonzero(bin_values([value]))
    return int(position)


def track_of(*rows: Sequence[float] | np.ndarray, activation: str | None = None) -> Track:
    """A track with these values in its rows."""
    track = Track(activation)
    for row, values in enumerate(rows):
        x = np.asarray(values, dtype=np.float32)
        wide = x[np.isfinite(x)].astype(np.float64)
        track.add(row, bin_values(x)[None], np.array([[wide.sum(), (wide**2).sum()]]))
    return track


def every_row(*tracks: Track | None) -> Rows:
    most = max(track.rows for track in tracks if track)
    return Rows(tracks, [range(most)] * len(tracks))


def quantiles(values: Sequence[float] | np.ndarray, q: Sequence[float]) -> np.ndarray:
    return Rows([track_of(values)]).percentiles(np.multiply(q, 100))[0, 0]


def share_below(values: Sequence[float] | np.ndarray, thresholds: object) -> np.ndarray:
    return Rows([track_of(values)]).shares_below(thresholds)[0, 0]


def share_between(values: Sequence[float] | np.ndarray, edges: object) -> np.ndarray:
    return Rows([track_of(values)]).shares_between(edges)[0, 0]


# -- many rows of many tracks ------------------------------------------------------------------

tables = st.lists(
    st.lists(batches(st.floats(width=32) | usual, least=0), min_size=1, max_size=4),
    min_size=1,
    max_size=4,
)


def readings(rows: Rows) -> dict[str, np.ndarray]:
    return {
        "percentiles": rows.percentiles([0, 15, 50, 100]),
        "below": rows.shares_below([-1.0, 0.0, 0.5, 3.0]),
        "between": rows.shares_between([-LARGEST, -1.0, 0.0, LARGEST]),
        "total": rows.total,
        "mean": rows.mean(),
        "std": rows.std(),
        "saturated": rows.saturated(),
        "inactive": rows.inactive(),
        "dead": rows.dead(),
        "nonfinite": rows.nonfinite(),
    }


@given(tables, st.data())
def test_each_row_reads_as_it_does_alone(
    table: list[list[np.ndarray]], data: st.DataObject
) -> None:
    kinds = st.sampled_from([None, "relu", "sigmoid", "tanh"])
    tracks = [track_of(*rows, activation=data.draw(kinds)) for rows in table]
    chosen = data.draw(
        arrays(np.int64, (len(tracks), 3), elements=st.integers(-1, 4)), label="chosen"
    )
    together = readings(Rows(tracks, chosen))
    for t, track in enumerate(tracks):
        for r, row in enumerate(chosen[t]):
            values = table[t][row] if 0 <= row < len(table[t]) else []
            alone = readings(Rows([track_of(values, activation=track.activation)]))
            for name, found in alone.items():
                np.testing.assert_array_equal(together[name][t, r], found[0, 0], err_msg=name)


@given(tables)
def test_the_newest_rows_are_the_last_ones(table: list[list[np.ndarray]]) -> None:
    tracks = [track_of(*rows, activation="relu") for rows in table]
    newest = readings(Rows(tracks))
    last = readings(Rows(tracks, [[track.rows - 1] for track in tracks]))
    for name, found in newest.items():
        np.testing.assert_array_equal(found, last[name], err_msg=name)


@given(tables)
def test_moments_and_counts_are_those_of_the_values(table: list[list[np.ndarray]]) -> None:
    tracks = [track_of(*rows) for rows in table]
    rows = every_row(*tracks)
    for t, track in enumerate(table):
        for r, x in enumerate(track):
            some = x[np.isfinite(x)].astype(np.float64)
            assert rows.total[t, r] == x.size
            bad = [np.isnan(x).sum(), (x == np.inf).sum(), (x == -np.inf).sum()]
            assert rows.nonfinite()[t, r].tolist() == bad
            if some.size:
                scale = float(np.abs(some).max())
                assert rows.mean()[t, r] == pytest.approx(some.mean(), abs=1e-9 * scale)
                assert rows.std()[t, r] == pytest.approx(some.std(), abs=1e-6 * scale)
            else:
                assert np.isnan([rows.mean()[t, r], rows.std()[t, r]]).all()


def test_a_missing_track_is_empty() -> None:
    rows = every_row(None, track_of([1.0, 2.0], [3.0]), None)
    for name, found in readings(rows).items():
        empty = (found == 0) if name in ("total", "nonfinite") else np.isnan(found)
        assert empty[[0, 2]].all(), name
    assert rows.mean()[1].tolist() == [1.5, 3.0]
    nothing = Rows([None, Track()])
    assert np.isnan(nothing.percentiles([50])).all()


def test_thresholds_may_differ_between_tracks() -> None:
    tracks = [track_of([1.0, 5.0]), track_of([10.0, 50.0, 60.0])]
    thresholds = Thresholds([[2.0, 7.0], [20.0, 55.0]])
    expected = [[[1 / 2, 1]], [[1 / 3, 2 / 3]]]
    np.testing.assert_allclose(Rows(tracks).shares_below(thresholds), expected, atol=1e-12)
    # found anew when the tracks keep other bins
    tracks[0].add(0, bin_values([1e-6, -1e6])[None], np.zeros((1, 2)))
    found = Rows(tracks).shares_below(thresholds)
    np.testing.assert_allclose(found, [[[3 / 4, 1]], [[1 / 3, 2 / 3]]], atol=1e-12)


@pytest.mark.parametrize("kind", ["sigmoid", "tanh"])
def test_saturated_counts_both_sides_and_infinities(kind: str) -> None:
    limit = FLAT_FROM[kind]
    x = [-2 * limit, 2 * limit, 0.9 * limit, -0.8 * limit, 0.0, np.inf, -np.inf, np.nan]
    assert Rows([track_of(x, activation=kind)]).saturated().tolist() == [[4 / 7]]


def test_inactive_is_all_that_is_not_above_zero() -> None:
    x = [-1.0, 0.0, -0.0, TINY / 2, TINY, 1.0, np.inf, -np.inf, np.nan]
    assert Rows([track_of(x, activation="relu")]).inactive().tolist() == [[5 / 8]]


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
    for share, found in zip(q, quantiles(values, q), strict=True):
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
    values = (np.random.default_rng(seed).normal(mean, 1, 4001) * scale).astype(np.float32)
    q = [0.05, 0.15, 0.85, 0.95]  # none of which falls between two values
    expected = np.quantile(values, q, method="inverted_cdf")
    np.testing.assert_allclose(quantiles(values, q), expected, rtol=1 / 16)


@given(batches(numbers | usual), shares)
def test_quantiles_ascend(values: np.ndarray, q: list[float]) -> None:
    found = quantiles(values, q)
    assert all(a <= b for a, b in zip(found, found[1:], strict=False))


def test_quantiles_of_zeros_are_zero() -> None:
    assert quantiles([0.0, -0.0, 0.0], [0, 0.15, 0.5, 1]).tolist() == [0, 0, 0, 0]


def test_one_value_has_all_its_quantiles_in_one_bin() -> None:
    found = quantiles([-5.0], [0, 0.5, 1])
    at = bin_of(-5.0)
    assert ((EDGES[at - 1] <= found) & (found <= EDGES[at])).all()


def test_quantiles_leave_nan_out() -> None:
    with_nan = [1.0, 2.0, 3.0, np.nan, np.nan]
    q = [0.1, 0.5, 0.9]
    np.testing.assert_array_equal(quantiles(with_nan, q), quantiles([1.0, 2.0, 3.0], q))


def test_quantiles_among_the_infinities_are_infinite() -> None:
    values = [-np.inf, -np.inf, 1.0, 2.0, np.inf, np.inf]
    low, median, high = quantiles(values, [0.2, 0.5, 0.9])
    assert (low, high) == (-np.inf, np.inf)
    assert 1.0 <= median <= 1.0625


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_quantiles_of_nothing_but_infinity_are_infinite(value: float) -> None:
    assert quantiles([value, value], [0, 0.5, 1]).tolist() == [value] * 3


@pytest.mark.parametrize("values", [[], [np.nan], [np.nan, np.nan]])
def test_quantiles_without_numbers_are_nan(values: list[float]) -> None:
    assert np.isnan(quantiles(values, [0, 0.5, 1])).all()


# -- shares ------------------------------------------------------------------------------------


@given(batches(numbers | usual), finite)
def test_share_below_is_right_to_the_share_of_one_bin(values: np.ndarray, threshold: float) -> None:
    counts = bin_values(values)
    (found,) = share_below(values, [threshold])
    exact = (values < threshold).mean()
    assert abs(found - exact) <= counts[bin_of(threshold)] / values.size + 1e-12


@given(batches(numbers | usual), st.lists(finite, min_size=2, max_size=9).map(sorted))
def test_share_below_rises_with_the_threshold(values: np.ndarray, thresholds: list[float]) -> None:
    found = share_below(values, thresholds)
    assert (np.diff(found) >= -1e-12).all()
    assert (found >= 0).all()
    assert (found <= 1 + 1e-12).all()


@given(batches(usual), st.sets(st.integers(0, len(EDGES) - 1), min_size=2, max_size=9))
def test_share_between_bin_edges_is_that_of_numpy(values: np.ndarray, picked: set[int]) -> None:
    # Off the edges and off zero, where the two agree on no side.
    inside = values[~np.isin(values, EDGES) & (np.abs(values) > TINY)]
    edges = EDGES[sorted(picked)]
    found = share_between(inside, edges)
    if inside.size:
        expected = np.histogram(inside.astype(np.float64), edges)[0] / inside.size
        np.testing.assert_allclose(found, expected, atol=1e-12)
    else:
        assert np.isnan(found).all()


def test_share_between_even_edges_is_close_to_that_of_numpy() -> None:
    values = np.random.default_rng(0).normal(size=20_000).astype(np.float32)
    edges = np.linspace(-4, 4, 61)
    expected = np.histogram(values, edges)[0] / values.size
    np.testing.assert_allclose(share_between(values, edges), expected, atol=0.003)


@given(batches(finite))
def test_shares_between_edges_that_hold_everything_add_up_to_one(values: np.ndarray) -> None:
    edges = [-LARGEST, -1.0, 0.0, 2.0, LARGEST]
    assert share_between(values, edges).sum() == pytest.approx(1)


def test_zeros_count_as_zero_and_not_as_half_below_it() -> None:
    values = [0.0, 0.0, 0.0, 1.0]
    assert share_below(values, [-1.0, 0.0, 1e-20, 0.5]).tolist() == [0, 0, 0.75, 0.75]
    assert share_between(values, [-1, 0, 1.5]).tolist() == [0, 1]


def test_minus_infinity_is_below_everything_and_infinity_above() -> None:
    values = [-np.inf, 0.5, np.inf, np.inf]
    assert share_below(values, [-LARGEST, 0.1, LARGEST]).tolist() == [0.25, 0.25, 0.5]


def test_shares_leave_nan_out() -> None:
    assert share_below([1.0, 3.0, np.nan], 2.0).tolist() == [0.5]


@pytest.mark.parametrize("values", [[], [np.nan]])
def test_shares_without_numbers_are_nan(values: list[float]) -> None:
    assert np.isnan(share_below(values, [0.0, 1.0])).all()
