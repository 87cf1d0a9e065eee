"""The figures' JavaScript that needs no page: what Python encoded, scales, words, paths."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from node import run_js

from bnviz.figures.kit import words
from bnviz.figures.kit.axes import Axis
from bnviz.figures.kit.blob import DTYPES, deflate, pack

nan = float("nan")

# --- arrays: what blob.py packed, blob.js takes apart -----------------------------------------

DECODE = """
  const [text, way] = inputs;
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const arrays = unpack(way === "page" ? await inflate(text) : bytes);
  return Object.entries(arrays).map(([name, array]) => [
    name, array.constructor.name, array.shape,
    Buffer.from(Float64Array.from(array).buffer).toString("base64"),
  ]);
"""

TYPED_ARRAYS = {
    **{dtype: dtype.capitalize() + "Array" for dtype in DTYPES},
    "float16": "Float32Array",
}


def decoded(arrays: dict[str, Any], way: str = "page") -> list[tuple[str, str, np.ndarray]]:
    """Name, JavaScript's type and values (in float64, which holds them all) of each array."""
    blob = pack(arrays)
    text = deflate(blob) if way == "page" else base64.b64encode(blob).decode()
    found = run_js(DECODE, text, way, unpack="kit/blob.js", inflate="kit/blob.js")
    return [
        (name, kind, np.frombuffer(base64.b64decode(values)).reshape(shape))
        for name, kind, shape, values in found
    ]


def assert_decoded(arrays: dict[str, Any], way: str = "page") -> None:
    found = {name: (kind, values) for name, kind, values in decoded(arrays, way)}
    assert set(found) == set(arrays)
    for name, array in arrays.items():
        kind, values = found[name]
        assert kind == TYPED_ARRAYS[array.dtype.name], name
        expected = array.astype(np.float64)
        np.testing.assert_array_equal(values, expected, strict=True)
        zeros = expected == 0  # of either sign
        np.testing.assert_array_equal(np.signbit(values[zeros]), np.signbit(expected[zeros]))


names = st.text("abc01 ε", min_size=1)
some_arrays = st.sampled_from(DTYPES).flatmap(
    lambda dtype: arrays_of.arrays(dtype, arrays_of.array_shapes(min_dims=0, min_side=0))
)


@pytest.mark.parametrize("way", ["page", "widget"])
@given(arrays=st.dictionaries(names, some_arrays, max_size=6))
def test_javascript_decodes_what_python_encoded(way: str, arrays: dict[str, Any]) -> None:
    assert_decoded(arrays, way)


def test_every_half_float_is_decoded() -> None:
    """All 65536: zeros of both signs, subnormals, infinities, NaN."""
    halves = np.arange(2**16, dtype=np.uint16).view(np.float16)
    ((_, _, values),) = decoded({"halves": halves})
    np.testing.assert_array_equal(values, halves.astype(np.float64))


def test_the_ends_of_every_type_are_decoded() -> None:
    def ends(dtype: str) -> np.ndarray:
        info = np.finfo(dtype) if dtype.startswith("float") else np.iinfo(dtype)
        return np.array([info.min, 0, 1, info.max], dtype=dtype)

    assert_decoded({dtype: ends(dtype) for dtype in DTYPES})


def test_no_array_and_no_bytes_are_no_arrays() -> None:
    assert decoded({}) == []
    empty = run_js("return [unpack(null), unpack(new Uint8Array())]", unpack="kit/blob.js")
    assert empty == [{}, {}]


def test_a_blob_may_lie_within_a_larger_buffer() -> None:
    """A widget's bytes are a view of the whole message that brought them."""
    blob = pack({"steps": np.arange(3, dtype=np.int32)})
    code = """
      const message = Uint8Array.from([1, 2, 3, ...inputs[0], 4]);
      return [...unpack(new DataView(message.buffer, 3, inputs[0].length)).steps];
    """
    assert run_js(code, list(blob), unpack="kit/blob.js") == [0, 1, 2]


# --- scales ------------------------------------------------------------------------------------

SCALE = """
  const [kind, domain, range, share, count] = inputs;
  const scale = { linear, log, sqrt }[kind](domain, range);
  const pixel = range[0] + share * (range[1] - range[0]);
  const ticks = scale.ticks(count);
  return {
    ends: domain.map(scale), pixel, back: scale(scale.invert(pixel)), ticks,
    at: ticks.map(scale), texts: ticks.map(scale.format),
  };
"""


def scaled(kind: str, domain: list[float], ends: list[float], share: float, count: int) -> Any:
    home = "kit/scales.js"
    return run_js(SCALE, kind, domain, ends, share, count, linear=home, log=home, sqrt=home)


magnitudes = st.floats(-6, 6).map(lambda power: 10**power)
domains = {
    "linear": st.tuples(st.floats(-1e3, 1e3), magnitudes).map(lambda p: [p[0], p[0] + p[1]]),
    "log": st.tuples(magnitudes, st.floats(0.1, 9)).map(lambda p: [p[0], p[0] * 10 ** p[1]]),
    "sqrt": magnitudes.map(lambda high: [0, high]),
}
ranges = st.sampled_from([[0, 300], [40, 900], [280, 10]])  # the last as on a vertical axis


@pytest.mark.parametrize("kind", domains)
@given(st.data(), ranges, st.floats(0, 1), st.integers(2, 9))
def test_scales(
    kind: str, data: st.DataObject, ends: list[float], share: float, count: int
) -> None:
    low, high = data.draw(domains[kind])
    found = scaled(kind, [low, high], ends, share, count)
    assert found["ends"] == pytest.approx(ends)
    assert found["back"] == pytest.approx(found["pixel"], abs=1e-3)
    ticks = found["ticks"]
    assert ticks == sorted(set(ticks))
    slack = 0.0011 * (high - low)
    assert all(low - slack <= tick <= high + slack for tick in ticks)
    assert len(ticks) <= 3 * count
    assert all(min(ends) - 1 <= at <= max(ends) + 1 for at in found["at"])
    assert len(set(found["texts"])) == len(ticks), "two ticks with the same number"


def ticks(kind: str, domain: list[float], count: int) -> list[float]:
    return scaled(kind, domain, [0, 100], 0, count)["ticks"]


@pytest.mark.parametrize(
    ("domain", "count", "expected"),
    [
        ([1, 100], 4, [1, 10, 100]),
        ([1, 100], 5, [1, 2, 5, 10, 20, 50, 100]),
        ([1, 10], 5, [1, 2, 5, 10]),
        ([0.03, 0.4], 4, [0.05, 0.1, 0.2]),
        ([0.001, 1000], 7, [0.001, 0.01, 0.1, 1, 10, 100, 1000]),
        ([1e-6, 1e6], 6, [1e-6, 1e-4, 1e-2, 1, 1e2, 1e4, 1e6]),
        ([float(np.float32(0.1)), float(np.float32(0.7))], 3, [0.1, 0.2, 0.5]),
        ([0.010008, 0.013346], 2, []),
    ],
)
def test_ticks_of_a_log_scale_are_powers_of_ten_thinned_or_filled(
    domain: list[float], count: int, expected: list[float]
) -> None:
    assert ticks("log", domain, count) == pytest.approx(expected)


def test_ticks_of_a_linear_scale_are_round_also_downwards() -> None:
    assert ticks("linear", [0, 1], 5) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])
    assert ticks("linear", [-3, 7], 5) == pytest.approx([-2, 0, 2, 4, 6])
    assert ticks("linear", [7, -3], 5) == pytest.approx([-2, 0, 2, 4, 6])


def test_ticks_of_a_root_scale_begin_at_0_and_stand_apart() -> None:
    found = ticks("sqrt", [0, 0.6], 4)
    assert found[0] == 0
    assert np.diff(np.sqrt(found)).min() >= np.sqrt(0.6) / 5


@pytest.mark.parametrize(
    ("kind", "domain", "count", "expected"),
    [
        ("linear", [-0.3, 0], 3, [-0.3, -0.2, -0.1, 0]),
        ("linear", [1, 1.1], 1, [1, 1.1]),
        ("linear", [0, 0.3], 3, [0, 0.1, 0.2, 0.3]),
        ("log", [float(np.float32(0.001)), float(np.float32(0.01))], 1, [0.001, 0.01]),
        ("sqrt", [0, 1], 5, [0, 0.05, 0.2, 0.5, 1]),
        ("sqrt", [0, float(np.nextafter(np.float32(1), 0))], 5, [0, 0.05, 0.2, 0.5, 1]),
    ],
)
def test_a_round_number_at_an_end_is_a_tick_whatever_its_last_digits(
    kind: str, domain: list[float], count: int, expected: list[float]
) -> None:
    assert ticks(kind, domain, count) == pytest.approx(expected)


def test_what_is_below_0_stands_at_the_beginning_of_a_root_scale() -> None:
    code = "const scale = sqrt([0, 1], [20, 120]); return [scale(-0.5), scale.invert(0)];"
    assert run_js(code, sqrt="kit/scales.js") == [20, 0]


def test_a_scale_without_extent_gives_finite_pixels() -> None:
    found = scaled("linear", [3, 3], [0, 100], 0.5, 5)
    assert np.isfinite([*found["ends"], found["back"]]).all()


def test_places_stand_side_by_side() -> None:
    names = ["none", "BN", "LN", "GN"]
    found = run_js(
        """
        const scale = places(inputs[0], [20, 420]);
        return {
          middles: scale.ticks().map(scale),
          texts: scale.ticks().map(scale.format),
          picked: [-1e3, 20, 119, 121, 300, 420, 1e3].map(scale.invert),
        };
        """,
        names,
        places="kit/scales.js",
    )
    assert found["middles"] == pytest.approx([70, 170, 270, 370])
    assert found["texts"] == names
    assert found["picked"] == [0, 0, 0, 1, 2, 3, 3]


@given(st.sets(st.floats(-9, 9), min_size=1), st.floats(-10, 10))
def test_nearest_is_the_closest_of_ascending_values(values: set[float], value: float) -> None:
    ascending = sorted(values)
    index = run_js("return nearest(...inputs)", ascending, value, nearest="kit/scales.js")
    assert abs(ascending[index] - value) == min(abs(one - value) for one in ascending)


# --- words: the page says what the picture and the alternative say ------------------------------


def written(function: str, *values: object, module: str = "words") -> str:
    return run_js(f"return {function}(...inputs)", *values, **{function: f"kit/{module}.js"})


#: value, digits → text; in both languages, halves too.
NUMBERS = [
    (0.0, 3, "0"),
    (-0.0, 3, "0"),
    (2.0, 4, "2"),
    (0.5, 4, "0.5"),
    (-1400.0, 4, "−1400"),
    (999.9, 4, "999.9"),
    (999.96, 3, "1000"),
    (0.125, 2, "0.13"),
    (0.375, 2, "0.38"),
    (-0.125, 2, "−0.13"),
    (2.5, 1, "3"),
    (1234.5, 3, "1235"),
    (1234.5, 4, "1235"),
    (-1233.5, 4, "−1234"),
    (12345.6, 3, "12\u202f346"),
    (123456.0, 3, "123\u202f456"),
    (123456.0, 6, "123\u202f456"),
    (999999.7, 3, "1\u202f000\u202f000"),
    (1e6, 3, "10⁶"),
    (-1e9, 3, "−10⁹"),
    (2.5e8, 1, "3×10⁸"),
    (1234567.0, 3, "1.23×10⁶"),
    (0.001, 3, "0.001"),
    (0.0009996, 3, "10⁻³"),
    (-0.00025, 3, "−2.5×10⁻⁴"),
    (1e-12, 3, "10⁻¹²"),
    (5e-324, 3, "4.94×10⁻³²⁴"),
]

#: value, decimals → text.
DECIMALS = [
    (81.25, 1, "81.3"),
    (6.25, 1, "6.3"),
    (12.5, 0, "13"),
    (0.5, 0, "1"),
    (-0.5, 0, "−1"),
    (-0.4, 0, "0"),
    (-0.04, 1, "0.0"),
    (2.675, 2, "2.67"),
    (1.005, 2, "1.00"),
    (9999, 0, "9999"),
    (1234567.5, 0, "1\u202f234\u202f568"),
]


@pytest.mark.parametrize(("value", "digits", "text"), NUMBERS)
def test_a_number_reads_the_same_in_both_languages(value: float, digits: int, text: str) -> None:
    assert words.number(value, digits) == text
    assert written("tidy", value, digits) == text


@pytest.mark.parametrize(("value", "decimals", "text"), DECIMALS)
def test_decimals_read_the_same_in_both_languages(value: float, decimals: int, text: str) -> None:
    assert words.fixed(value, decimals) == text
    assert written("fixed", value, decimals) == text


@given(
    st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-100_000, 100_000).map(lambda k: k / 64),
    st.integers(1, 6),
)
def test_any_number_reads_the_same_in_both_languages(value: float, digits: int) -> None:
    assert written("tidy", value, digits) == words.number(value, digits)
    if abs(value) < 1e15:
        assert written("fixed", value, digits - 1) == words.fixed(value, digits - 1)


#: Shares of which half a per cent, or half of a tenth, is left; and any.
shares = st.integers(0, 3200).map(lambda k: k / 3200) | st.floats(0, 1)


@given(shares)
def test_a_value_of_an_axis_reads_the_same_in_both_languages(value: float) -> None:
    for percent in (True, False):
        axis = Axis("accuracy", percent=percent)
        assert written("valueText", axis.spec, value, module="axes") == axis.text(value)


@pytest.mark.parametrize(
    ("value", "text"), [(nan, "–"), (float("inf"), "∞"), (float("-inf"), "−∞")]
)
def test_what_is_no_number_has_no_per_cent(value: float, text: str) -> None:
    assert written("valueText", {"percent": True}, value, module="axes") == text


def test_ticks_of_an_axis_are_whole_per_cent_or_the_given_numbers() -> None:
    code = "return inputs.map(([axis, value]) => side(axis).format?.(value) ?? null);"
    axes = [{"percent": True}, {"percent": False, "ticks": [0.5, 1]}, {"percent": False}]
    texts = run_js(code, *[[axis, 0.5] for axis in axes], side="kit/axes.js")
    assert texts == ["50 %", "0.5", None]  # and otherwise as its scale writes them


def test_a_cell_shows_two_digits_or_whole_per_cent() -> None:
    assert written("cellText", {"percent": False}, 0.1234, module="axes") == "0.12"
    assert written("cellText", {"percent": True}, 0.1234, module="axes") == "12"


@given(shares)
def test_a_share_reads_as_in_python(share: float) -> None:
    expected = words.percent(share).replace("under ", "<")
    assert written("formatShare", share) == expected


@pytest.mark.parametrize("share", [1e-9, 1e-6, 0.0004, 0.00049])
def test_a_share_is_never_rounded_to_nothing(share: float) -> None:
    assert written("formatShare", share) == "<0.1 %"


def test_a_share_that_rounds_to_ten_per_cent_has_no_tenths() -> None:
    assert [written("formatShare", share) for share in (0.0994, 0.0997)] == ["9.9 %", "10 %"]


def test_no_share_is_a_dash() -> None:
    assert written("formatShare", nan) == "–"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (float("nan"), "–"),
        (float("inf"), "∞"),
        (float("-inf"), "−∞"),
        (0.2, "0.200"),
        (-0.12345, "−0.123"),
        (999.96, "1000"),
        (12345.6, "12\u202f346"),
        (-2.5e8, "−2.5×10⁸"),
    ],
)
def test_a_number_keeps_its_digits(value: float, text: str) -> None:
    assert written("formatNumber", value) == text


@pytest.mark.parametrize(
    ("value", "step", "text"),
    [
        (0.30000000000000004, 0.1, "0.3"),
        (2, 0.5, "2.0"),
        (1e-17, 0.2, "0"),
        (-20000, 10000, "−20\u202f000"),
        (1500000, 500000, "1.5×10⁶"),
        (1234000, 1000, "1.234×10⁶"),
        (2e-5, 1e-5, "2×10⁻⁵"),
        (1.00005, 5e-5, "1.00005"),
    ],
)
def test_a_tick_has_the_decimals_of_its_step(value: float, step: float, text: str) -> None:
    assert written("tickText", value, step) == text


# --- paths and labels ----------------------------------------------------------------------------


def path(function: str, *arguments: object) -> str:
    return run_js(f"return {function}(...inputs)", *arguments, **{function: "kit/draw.js"})


@pytest.mark.parametrize(
    ("xs", "ys", "expected"),
    [
        ([0, 1, 2], [5, 6, 7], "M0 5L1 6L2 7"),
        ([0, 1, 2, 3, 4], [5, 6, nan, 8, 9], "M0 5L1 6M3 8L4 9"),
        ([0, nan, 2], [5, 6, 7], "M0 5M2 7"),
        ([0, 1], [nan, nan], ""),
        ([0.04, 1.06], [0, 0], "M0 0L1.1 0"),
    ],
)
def test_nan_lifts_the_pen(xs: list[float], ys: list[float], expected: str) -> None:
    assert path("linePath", xs, ys) == expected


@pytest.mark.parametrize(
    ("lows", "highs", "expected"),
    [
        ([1, 2], [3, 4], "M0 3L1 4L1 2L0 1Z"),
        ([1, 2, nan, 1, 2], [3, 4, 9, 3, 4], "M0 3L1 4L1 2L0 1ZM3 3L4 4L4 2L3 1Z"),
        ([1, 2, 3, 1], [3, nan, 4, 3], "M0 3L0 1ZM2 4L3 3L3 1L2 3Z"),
        ([nan, nan], [1, 1], ""),
    ],
)
def test_a_band_ends_at_nan_and_begins_again(
    lows: list[float], highs: list[float], expected: str
) -> None:
    assert path("bandPath", list(range(len(lows))), lows, highs) == expected


def test_a_histogram_starts_and_ends_at_its_base() -> None:
    assert path("stepPath", [0, 10, 20], [5, 7], 30) == "M0 30V5H10V7H20V30"


@st.composite
def label_cases(draw: st.DrawFn) -> tuple[list[float], float, tuple[float, float]]:
    """Heights that labels want, the distance they need, and room for all of them."""
    wanted = draw(st.lists(st.floats(-50, 450), min_size=1, max_size=12))
    gap = draw(st.floats(1, 20))
    return wanted, gap, (10.0, 10.0 + gap * len(wanted) + draw(st.floats(0, 300)))


@given(label_cases())
def test_labels_never_cover_each_other(case: Any) -> None:
    wanted, gap, (low, high) = case
    places = np.array(run_js("return spreadOut(...inputs)", *case, spreadOut="kit/draw.js"))
    in_order = places[np.argsort(wanted, kind="stable")]
    assert (np.diff(in_order) >= gap - 1e-9).all(), "too close, or out of order"
    assert low - 1e-9 <= in_order[0] and in_order[-1] <= high + 1e-9


def test_labels_stand_where_they_want_if_they_can() -> None:
    assert path("spreadOut", [90, 20, 50], 15, [0, 100]) == [90, 20, 50]
    assert path("spreadOut", [50, 50, 10], 15, [0, 100]) == [50, 65, 10]


# --- seeds ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "median", "low", "high", "lost"),
    [
        ([10, 9, 2], 9, 2, 10, 0),
        ([10, 9, 2, 100], 9.5, 2, 100, 0),
        ([nan, 3, float("inf"), 1], 2, 1, 3, 2),
        ([nan], nan, nan, nan, 1),
    ],
)
def test_of_seeds_the_median_and_the_range_of_those_that_are_numbers(
    values: list[float], median: float, low: float, high: float, lost: int
) -> None:
    found = run_js("return spread(inputs[0])", values, spread="kit/spread.js")
    expected = {"median": median, "low": low, "high": high, "count": len(values), "lost": lost}
    assert found == pytest.approx(expected, nan_ok=True)


# --- rows and images over the steps of a training -------------------------------------------------


@pytest.mark.parametrize(
    ("begins", "last", "texts"),
    [
        ([1, 9, 17], 20, ["1–8", "9–16", "17–20"]),
        ([1, 9, 17], 17, ["1–8", "9–16", "17"]),
        ([1, 2, 3], 3, ["1", "2", "3"]),
    ],
)
def test_a_row_names_the_steps_that_it_sums_up(
    begins: list[int], last: int, texts: list[str]
) -> None:
    code = """
      const rows = inputs[0].map((step) => ({ step }));
      return rows.map((_, r) => stepsOf(rows, r, inputs[1], String));
    """
    assert run_js(code, begins, last, stepsOf="gallery/distributions/rows.js") == texts


@pytest.mark.parametrize(
    ("updates", "place"),
    [(0, 100), (5, 120), (10, 140), (15, nan), (20, nan), (25, nan), (30, 60), (99, 60)],
)
def test_an_image_without_a_value_is_nowhere_until_it_has_one_again(
    updates: int, place: float
) -> None:
    arrays = {
        "images.0.pixels": np.zeros((1, 8, 8), np.uint8),
        "images.0.steps": np.array([0, 10, 20, 30]),
        "images.0.places": np.diff([100, 140, 255, 60], prepend=0).astype(np.uint8)[None, None],
    }
    code = """
      const arrays = Object.fromEntries(Object.entries(inputs[0]).map(([name, [values, shape]]) =>
        [name, Object.assign(Uint8Array.from(values), { shape })]));
      return [...readImages(arrays, 0).places(0, inputs[1])];
    """
    given = {name: (array.ravel().tolist(), array.shape) for name, array in arrays.items()}
    found = run_js(code, given, updates, readImages="gallery/distributions/images.js")
    assert found == pytest.approx([place], nan_ok=True)


# --- the helper itself ---------------------------------------------------------------------------


def test_an_error_of_javascript_is_an_error_of_the_test() -> None:
    with pytest.raises(RuntimeError, match="no such thing"):
        run_js("throw new Error('no such thing')")


def test_numbers_that_json_has_no_word_for_come_through() -> None:
    values = [nan, float("inf"), float("-inf"), 0.1, -3]
    assert repr(run_js("return inputs[0]", values)) == repr(values)


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (["layer 1, unit 0", "layer 2, unit 0"], ["layer 1", "layer 2"]),
        (["layer 1, unit 0", "layer 1, unit 4"], ["layer 1, unit 0", "layer 1, unit 4"]),
        (["layer 1, unit 0"], ["layer 1, unit 0"]),
        (["stem, 7×7, gradient", "head, gradient"], ["stem, 7×7", "head"]),
        (["conv1", "conv2"], ["conv1", "conv2"]),
        ([], []),
    ],
)
def test_names_are_told_apart_by_what_they_do_not_share(names, short):
    code = "return withoutCommonEnd(inputs[0]);"
    assert run_js(code, names, withoutCommonEnd="kit/words.js") == short


@pytest.mark.parametrize(
    ("most", "short"), [(8, "conv2 BN"), (7, "con… BN"), (6, "co… BN"), (4, "c…BN")]
)
def test_a_long_name_keeps_both_ends(most: int, short: str) -> None:
    assert written("shorten", "conv2 BN", most) == short


# --- lines that lie on each other -----------------------------------------------------------------


def lines_of(*heights):
    return [{"xs": list(range(0, 10 * len(ys), 10)), "ys": list(ys)} for ys in heights]


@pytest.mark.parametrize(
    ("heights", "groups"),
    [
        ([[50] * 20, [51] * 20], [[0, 1]]),
        ([[50] * 20, [54] * 20], []),
        ([[50] * 20, [50] * 19 + [90]], [[0, 1]]),  # but for a few places
        ([[50] * 20, [50] * 15 + [90] * 5], []),
        ([[50] * 20, [9] * 20, [51] * 20, [49] * 20], [[0, 2, 3]]),
        ([[50] * 19 + [nan], [50] * 19 + [nan]], [[0, 1]]),
        ([[nan] * 10 + [50] * 10, [nan] * 10 + [50] * 10], []),
        ([[nan] * 10 + [50] * 10, [50] * 20], []),
        ([[50] * 20, [50] * 10], []),  # other places of the axis
        ([[50], [50]], []),  # points
    ],
)
def test_lines_are_together_that_are_near_over_nearly_the_whole_axis(heights, groups):
    together = run_js("return together(inputs[0])", lines_of(*heights), together="kit/overlap.js")
    assert together == groups


@given(
    st.lists(st.lists(st.integers(0, 200), min_size=5, max_size=5), min_size=1, max_size=3),
    st.integers(10, 120),
)
def test_a_label_stays_in_the_plot_and_its_leader_ends_on_its_line(heights, width):
    lines = [{"xs": [40, 115, 190, 265, 340], "ys": ys} for ys in heights]
    x, y, at, start, end = run_js(
        "return placeBeside(...inputs)",
        lines,
        0,
        [width, 15],
        [40, 340],
        [200, 0],
        placeBeside="kit/overlap.js",
    )
    assert 40 <= x <= 340 - width and 0 <= y <= 185
    assert end == pytest.approx(np.interp(at, lines[0]["xs"], heights[0]))
    assert x <= at <= x + width and start in (y, y + 15)


def test_a_label_covers_no_line_where_there_is_room_and_stands_near_its_own():
    level = [{"xs": [0, 300], "ys": [y, y]} for y in (20, 60)]
    for own, height in enumerate((20, 60)):
        _, y, _, start, end = run_js(
            "return placeBeside(...inputs)", level, own, [200, 15], [0, 300], [200, 0],
            placeBeside="kit/overlap.js",
        )  # fmt: skip
        assert all(not y - 5 < line < y + 20 for line in (20, 60))
        assert end == height and abs(start - end) < 12


def test_a_label_covers_nothing_that_stands_there():
    level = [{"xs": [0, 300], "ys": [100, 100]}]
    others = [[0, 80, 120, 98], [0, 102, 300, 120]]
    x, y, *_ = run_js(
        "return placeBeside(...inputs)", level, 0, [100, 15], [0, 300], [200, 0], others,
        placeBeside="kit/overlap.js",
    )  # fmt: skip
    assert not any(
        x < right and x + 100 > left and y < bottom and y + 15 > top
        for left, top, right, bottom in others
    )
    assert abs(y + 15 - 100) < 12  # beside the one, above the line


# --- long texts: text.js breaks them ------------------------------------------------------------

WRAP = "const [text, room, most] = inputs; return wrap(text, room, (part) => part.length, most);"


def wrapped(text: str, room: int, most: int = 3) -> list[str]:
    """The lines of a text whose letters are one pixel wide."""
    return run_js(WRAP, text, room, most, wrap="kit/text.js")


def test_a_text_breaks_between_words_as_late_as_it_can() -> None:
    assert wrapped("one two three four", 9) == ["one two", "three", "four"]
    assert wrapped("one two three four", 10) == ["one two", "three four"]
    assert wrapped("one two three four", 18) == ["one two three four"]


def test_a_word_that_is_wider_than_the_room_stands_alone() -> None:
    assert wrapped("a considerable b", 5) == ["a", "considerable", "b"]


def test_what_needs_more_lines_ends_in_an_ellipsis_that_fits() -> None:
    assert wrapped("one two three four", 7, most=2) == ["one two", "three …"]
    assert wrapped("one two six ten", 7, most=1) == ["one …"]
    assert wrapped("considerable length", 5, most=1) == ["considerable …"]


@given(st.text("ab ", min_size=1), st.integers(1, 12), st.integers(1, 4))
def test_no_line_is_wider_than_the_room_unless_it_is_one_word(text, room, most) -> None:
    lines = wrapped(text, room, most)
    assert len(lines) <= most
    for line in lines:
        assert len(line) <= room or " " not in line.removesuffix(" …")
    if not lines[-1].endswith("…"):
        assert " ".join(lines) == text


def test_the_widest_text_decides_and_of_none_nothing() -> None:
    code = "return widest(inputs[0], (text, size) => text.length * size, 2);"
    assert run_js(code, ["ab", "abcd", "abc"], widest="kit/text.js") == 8
    assert run_js(code, [], widest="kit/text.js") == 0
