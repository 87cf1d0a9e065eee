"""The table of one layer: values that are added one by one, or as counts, make the same one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnviz.recording.histogram import BIN_OF_KEY, BINS, FINITE, KEY_SHIFT, bin_values
from bnviz.recording.track import Track

#: Of all sizes, of both signs, and what is no number.
values = st.one_of(
    st.floats(-4, 4, width=32),
    st.floats(width=32, allow_nan=True, allow_infinity=True),
)


def bins_of(x: np.ndarray) -> np.ndarray:
    """The bin of every value."""
    return BIN_OF_KEY[np.asarray(x, np.float32).view(np.uint32) >> KEY_SHIFT]


@given(
    groups=st.lists(
        st.tuples(st.integers(0, 3), st.lists(values, min_size=5, max_size=5)), min_size=1
    ),
    row=st.integers(0, 130),
)
def test_by_bins_and_by_counts_the_table_is_the_same(
    groups: list[tuple[int, list[float]]], row: int
) -> None:
    rows = np.array([place for place, _ in groups])
    x = np.array([numbers for _, numbers in groups], np.float32)
    moments = np.arange(8.0).reshape(4, 2)
    one, other = Track("relu"), Track("relu")
    for _ in range(2):  # into an empty table, and into one that has values
        one.add_bins(row, rows, bins_of(x), moments)
        counts = np.stack([bin_values(x[rows == place]) for place in range(4)])
        other.add(row, counts, moments)
    assert one.rows == other.rows == row + 4
    np.testing.assert_array_equal(one.table(one.rows), other.table(other.rows))
    np.testing.assert_array_equal(one.sums, other.sums)


def test_a_count_beyond_32_bits_is_kept() -> None:
    counts = np.zeros((1, BINS), np.int64)
    counts[0, bin_values([1.0]).argmax()] = 2**32 - 3
    track = Track()
    track.add(0, counts, np.zeros((1, 2)))
    track.add_bins(0, np.zeros(1, int), bins_of(np.full((1, 5), 1.0)), np.zeros((1, 2)))
    assert track.table(1).max() == 2**32 + 2


@pytest.mark.parametrize("sign", [-1, 1])
def test_most_new_extreme_values_find_room(sign: int) -> None:
    track = Track()
    tables = set()  # they only grow
    for step in range(160):  # ten times the double
        x = np.array([[0.0, sign * 1.05**step]])
        track.add_bins(0, np.zeros(1, int), bins_of(x), np.zeros((1, 2)))
        tables.add((track.first_bin, track.end_bin))
    assert len(tables) <= 20


def test_the_table_ends_where_finite_numbers_end() -> None:
    track = Track()
    extremes = np.array([[-3e38, 3e38]])
    track.add_bins(0, np.zeros(1, int), bins_of(extremes), np.zeros((1, 2)))
    assert (track.first_bin, track.end_bin) == (FINITE.start, FINITE.stop)
