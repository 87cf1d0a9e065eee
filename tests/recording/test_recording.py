"""Recordings: bounded tables over time that save, load, merge and say what is wrong."""

import copy
import json
import pickle
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import bnviz
from bnviz.recording import Recording, RecordingError, load, merge
from bnviz.recording.histogram import BINS, EDGES, bin_values
from bnviz.recording.store import MAX_ROWS, Store

Values = Mapping[str, Sequence[np.ndarray]]
ACTIVATIONS = {"sigmoid1": "sigmoid", "tanh1": "tanh", "relu1": "relu"}


def recorded(values: Values, every: int = 1) -> Recording:
    """What a recorder would make of these values: one array for each recorded step."""
    recording = Recording(Store(every))
    for time in range(max(len(steps) for steps in values.values())):
        recording.store.num_steps = time * every + 1
        recording.store.make_room(time + 1)
        for layer, steps in values.items():
            if time < len(steps):
                x = np.asarray(steps[time], dtype=np.float32)
                wide = x[np.isfinite(x)].astype(np.float64)
                dead, units = ((x <= 0).all(0).sum(), x.shape[1]) if x.ndim == 2 else (0, 0)
                track = recording.store.track(layer, ACTIVATIONS.get(layer))
                moments = np.array([[wide.sum(), (wide**2).sum()]])
                track.add(time // recording.stride, bin_values(x)[None], moments)
                track.judge(time // recording.stride, [dead], [units])
    return recording


class Nothing:
    """Fills no recording."""

    lock = nullcontext()

    def flush(self) -> None:
        pass

    def why_empty(self) -> str:
        return "the Net never ran"


def noise(steps: int, size: int = 20, seed: int = 0, scale: float = 1.0) -> list[np.ndarray]:
    return list(np.random.default_rng(seed).normal(0, scale, (steps, size)).astype(np.float32))


def assert_same(one: Recording, two: Recording) -> None:
    """Bit for bit."""
    assert one.layers == two.layers
    assert (one.every, one.stride, one.num_steps) == (two.every, two.stride, two.num_steps)
    np.testing.assert_array_equal(one.steps, two.steps)
    for layer in one.layers:
        assert one.activation(layer) == two.activation(layer)
        for read in ("counts", "mean", "std", "dead", "inactive", "saturated", "nonfinite"):
            np.testing.assert_array_equal(getattr(one, read)(layer), getattr(two, read)(layer))


def assert_close(one: Recording, two: Recording) -> None:
    """The counts bit for bit, the moments but for the order in which they were summed."""
    assert set(one.layers) == set(two.layers)
    np.testing.assert_array_equal(one.steps, two.steps)
    for layer in one.layers:
        np.testing.assert_array_equal(one.counts(layer), two.counts(layer))
        np.testing.assert_array_equal(one.dead(layer), two.dead(layer))
        for read in ("mean", "std"):
            np.testing.assert_allclose(
                getattr(one, read)(layer), getattr(two, read)(layer), rtol=1e-9, atol=1e-9
            )


@pytest.fixture
def example() -> Recording:
    steps = noise(7)
    steps[3][:3] = np.nan, np.inf, -np.inf
    units = [x.reshape(2, 10) for x in noise(7, seed=2)]  # of which some are dead in some steps
    return recorded({"a": steps, "sigmoid1": noise(7, seed=1, scale=4), "relu1": units})


# -- reading -----------------------------------------------------------------------------------


def test_importing_it_needs_numpy_alone() -> None:
    script = (
        "import sys, bnviz, bnviz.recording;"
        "bnviz.Recording, bnviz.load, bnviz.merge;"
        "sys.exit(any(name in sys.modules for name in ('torch', 'matplotlib', 'ipywidgets')))"
    )
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0


def test_rows_hold_what_came_at_their_step() -> None:
    steps = [[1.0, 1.0], [2.0, 6.0], [np.nan, 5.0]]
    recording = recorded({"a": steps})
    assert recording.layers == ("a",)
    assert recording.steps.tolist() == [1, 2, 3]
    assert recording.total("a").tolist() == [2, 2, 2]
    assert recording.mean("a").tolist() == [1, 4, 5]
    assert recording.std("a").tolist() == [0, 2, 0]
    np.testing.assert_array_equal(recording.counts("a"), [bin_values(np.float32(x)) for x in steps])


def test_steps_are_those_of_training_when_not_every_one_was_recorded() -> None:
    recording = recorded({"a": noise(4)}, every=10)
    assert recording.steps.tolist() == [1, 11, 21, 31]


def test_percentiles_of_the_paper_are_the_default() -> None:
    steps = noise(3, size=4000)
    found = recorded({"a": steps}).percentiles("a")
    assert found.shape == (3, 3)
    np.testing.assert_allclose(found, np.percentile(steps, (15, 50, 85), axis=1).T, atol=0.07)


@pytest.mark.parametrize("q", [50, [50], (0, 100), np.array([2.5, 97.5])])
def test_percentiles_take_a_number_or_several(example: Recording, q: object) -> None:
    found = example.percentiles("sigmoid1", q)
    assert found.shape == (7, *np.shape(q))
    several = example.percentiles("sigmoid1", np.atleast_1d(q))
    np.testing.assert_array_equal(found.reshape(several.shape), several)


@pytest.mark.parametrize("q", [-1, 101, [50, np.nan]])
def test_percentiles_outside_of_0_to_100_are_refused(example: Recording, q: object) -> None:
    with pytest.raises(RecordingError, match="between 0 and 100; given"):
        example.percentiles("a", q)


def test_shares_are_the_share_of_the_values_between_the_edges() -> None:
    steps = noise(2, size=20_000)
    edges = np.linspace(-4, 4, 41)
    found = recorded({"a": steps}).shares("a", edges)
    assert found.shape == (2, 40)
    expected = [np.histogram(x, edges)[0] / x.size for x in steps]
    np.testing.assert_allclose(found, expected, atol=0.005)


def test_values_that_are_not_finite_are_counted_and_left_out_of_the_moments(
    example: Recording,
) -> None:
    assert example.nonfinite("a")[3].tolist() == [1, 1, 1]
    assert example.nonfinite("a").sum() == 3
    assert np.isfinite(example.mean("a")).all()
    assert np.isfinite(example.std("a")).all()


def test_a_row_without_numbers_reads_as_nan() -> None:
    recording = recorded({"a": [[1.0], [np.nan], [2.0]]})
    assert np.isnan(recording.mean("a")).tolist() == [False, True, False]
    assert np.isnan(recording.std("a")).tolist() == [False, True, False]
    assert np.isnan(recording.percentiles("a")).all(axis=1).tolist() == [False, True, False]


def test_a_layer_that_stopped_has_empty_rows_at_the_end() -> None:
    recording = recorded({"a": noise(5), "b": noise(2)})
    assert recording.total("b").tolist() == [20, 20, 0, 0, 0]
    assert np.isnan(recording.mean("b")[2:]).all()
    assert recording.percentiles("b").shape == (5, 3)


def test_std_of_values_far_from_zero_keeps_its_digits() -> None:
    x = np.random.default_rng(0).normal(1e4, 0.1, 50_000).astype(np.float32)
    recording = recorded({"a": [x]})
    np.testing.assert_allclose(recording.std("a"), x.astype(np.float64).std(), rtol=1e-4)


@pytest.mark.parametrize(("layer", "limit"), [("sigmoid1", 4.3565), ("tanh1", 2.1783)])
def test_saturated_is_the_share_where_the_slope_is_under_a_20th(layer: str, limit: float) -> None:
    slope = {
        "sigmoid1": lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2 * 4,
        "tanh1": lambda x: 1 - np.tanh(x) ** 2,
    }[layer]
    assert slope(limit) == pytest.approx(0.05, rel=1e-3)
    x = np.random.default_rng(0).normal(0, 4, 40_000).astype(np.float32)
    recording = recorded({layer: [x]})
    assert recording.saturated(layer) == pytest.approx((slope(x) < 0.05).mean(), abs=0.01)
    assert np.isnan(recording.inactive(layer)).all()
    assert np.isnan(recording.dead(layer)).all()


def test_inactive_and_dead_are_shares_of_a_rectifier() -> None:
    x = np.array([[-1, 0, 2, -3], [1, -1, 2, -5]])  # units 1 and 3 are never above zero
    recording = recorded({"relu1": [x]})
    assert recording.inactive("relu1").tolist() == [5 / 8]
    assert recording.dead("relu1").tolist() == [2 / 4]
    assert np.isnan(recording.saturated("relu1")).all()


def test_shares_of_activations_have_no_meaning_for_other_layers(example: Recording) -> None:
    for shares in (example.saturated("a"), example.inactive("a"), example.dead("a")):
        assert shares.shape == (7,)
        assert np.isnan(shares).all()


READINGS = {
    "activation": (),
    "counts": (),
    "total": (),
    "percentiles": (),
    "shares": ([0.0, 1.0],),
    "quantity": (),
    "mean": (),
    "std": (),
    "saturated": (),
    "inactive": (),
    "dead": (),
    "nonfinite": (),
}


@pytest.mark.parametrize("read", READINGS)
def test_an_unknown_layer_is_told_which_there_are(example: Recording, read: str) -> None:
    with pytest.raises(RecordingError, match="no layer 'fc9'.* a, sigmoid1, relu1"):
        getattr(example, read)("fc9", *READINGS[read])


@pytest.mark.parametrize("read", READINGS)
def test_reading_what_is_empty_says_what_to_do(read: str) -> None:
    recording = Recording(source=Nothing())
    with pytest.raises(RecordingError, match=r"the Net never ran.*model\.train\(\)"):
        getattr(recording, read)("a", *READINGS[read])


def test_what_is_empty_cannot_be_saved_or_merged(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="nothing was recorded"):
        Recording().save(tmp_path / "empty.npz")
    assert not (tmp_path / "empty.npz").exists()
    with pytest.raises(RecordingError, match="nothing was recorded"):
        merge(Recording(), Recording())


def test_only_recordings_can_be_merged(example: Recording) -> None:
    with pytest.raises(TypeError, match=r"merge\(\*recordings\); given list"):
        merge([example, example])  # type: ignore[arg-type]


def test_a_recording_error_is_a_value_error() -> None:
    assert issubclass(RecordingError, ValueError)


# -- bounded in memory -------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [1, 100, 199, 200, 201, 399, 400, 401, 1000, 2345])
def test_rows_stay_between_100_and_200_and_nothing_is_lost(steps: int) -> None:
    values = noise(steps, size=3)
    recording = recorded({"a": values})
    rows = len(recording.steps)
    assert min(steps, MAX_ROWS // 2) <= rows <= MAX_ROWS
    assert rows == -(-steps // recording.stride)
    assert recording.steps.tolist() == list(range(1, steps + 1, recording.stride))
    assert recording.total("a").sum() == 3 * steps
    windows = [values[i : i + recording.stride] for i in range(0, steps, recording.stride)]
    np.testing.assert_allclose(recording.mean("a"), [np.mean(w) for w in windows], atol=1e-6)
    np.testing.assert_allclose(recording.std("a"), [np.std(w) for w in windows], atol=1e-6)
    np.testing.assert_array_equal(
        recording.counts("a"), [bin_values(np.concatenate(w)) for w in windows]
    )


def test_rows_are_added_together_only_where_there_would_be_too_many() -> None:
    store = Store()
    store.make_room(MAX_ROWS)
    assert store.stride == 1
    store.make_room(MAX_ROWS + 1)
    assert store.stride == 2


def test_a_layer_that_joins_late_keeps_its_place_in_time() -> None:
    recording = Recording()
    for time in range(500):
        recording.store.make_room(time + 1)
        for layer, since in (("early", 0), ("late", 300)):
            if time >= since:
                row = time // recording.stride
                recording.store.track(layer).add(row, bin_values([1.0])[None], np.ones((1, 2)))
    assert recording.total("early").tolist() == [4] * 125
    assert recording.total("late").tolist() == [0] * 75 + [4] * 50


def test_a_million_steps_of_four_layers_fit_into_5_megabytes() -> None:
    rng = np.random.default_rng(0)
    window = 250
    # Pre-activations that drift from tiny to large, with zeros, and now and then a NaN.
    tables, sums = [], []
    for scale in np.geomspace(1e-2, 1e2, 8):
        x = rng.normal(0, scale, (window, 200)).astype(np.float32)
        x[:, :50] = 0
        x[7, 60] = np.nan
        tables.append(np.stack([bin_values(row) for row in x]))
        wide = np.nan_to_num(x).astype(np.float64)
        sums.append(np.stack([wide.sum(1), (wide**2).sum(1)], axis=1))
    recording = Recording()
    steps, most = 1_000_000, 0
    for start in range(0, steps, window):
        recording.store.make_room(start + window)
        rows = np.arange(start, start + window) // recording.stride
        first = int(rows[0])
        starts = np.flatnonzero(np.diff(rows, prepend=first - 1))
        phase = 8 * start // steps
        table = np.add.reduceat(tables[phase], starts)
        column = np.add.reduceat(sums[phase], starts)
        for layer in "abcd":
            recording.store.track(layer).add(first, table, column)
        if start % 50_000 == 0:
            most = max(most, recording.store.nbytes)
    assert max(most, recording.store.nbytes, len(pickle.dumps(recording))) <= 5e6
    assert 100 <= len(recording.steps) <= 200
    for layer in "abcd":
        assert recording.total(layer).sum() == 200 * steps
        assert recording.nonfinite(layer).sum(axis=0).tolist() == [steps // window, 0, 0]
    assert recording.std("a")[0] == pytest.approx(1e-2 * 0.75**0.5, rel=0.05)
    assert recording.std("a")[-1] == pytest.approx(1e2 * 0.75**0.5, rel=0.05)


def test_counts_beyond_32_bits_do_not_wrap_around() -> None:
    recording = Recording()
    many = bin_values([1.0])[None] * (2**31 + 7)
    for time in range(2 * MAX_ROWS + 1):
        recording.store.make_room(time + 1)
        recording.store.track("a").add(time // recording.stride, many, np.zeros((1, 2)))
    assert recording.total("a").sum() == (2 * MAX_ROWS + 1) * (2**31 + 7)
    assert merge(recording, recording).total("a").sum() == 2 * recording.total("a").sum()


# -- following a run ---------------------------------------------------------------------------


def test_subscribers_hear_of_news_and_once_of_the_end() -> None:
    recording, heard = recorded({"a": noise(2)}), []
    assert not recording.followed
    recording.subscribe(lambda r: heard.append((r, r.closed)))
    assert recording.followed
    recording.notify()
    recording.close()
    recording.close()
    assert heard == [(recording, False), (recording, True)]


def test_a_subscriber_may_leave_even_while_it_is_told() -> None:
    recording, heard = recorded({"a": noise(2)}), []

    def once(r: Recording) -> None:
        heard.append("once")
        r.unsubscribe(once)

    recording.subscribe(once)
    recording.subscribe(lambda _: heard.append("always"))
    recording.notify()
    recording.notify()
    recording.unsubscribe(once)  # harmless
    assert heard == ["once", "always", "always"]


def test_a_subscriber_that_fails_is_told_no_more_and_disturbs_nobody() -> None:
    recording, heard = recorded({"a": noise(2)}), []

    def broken(_: Recording) -> None:
        raise ConnectionError("the browser is gone")

    recording.subscribe(broken)
    recording.subscribe(lambda _: heard.append("fine"))
    with pytest.warns(UserWarning, match="subscriber failed .*the browser is gone"):
        recording.notify()
    recording.notify()
    assert heard == ["fine", "fine"]


# -- files -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["run.npz", "run", "run.recording"])
def test_what_is_loaded_is_what_was_saved_bit_for_bit(
    example: Recording, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    example.save(path)
    loaded = bnviz.load(path)
    assert [p.name for p in tmp_path.iterdir()] == [name]
    assert loaded.closed
    assert_same(loaded, example)
    loaded.save(str(tmp_path / "again"))
    assert_same(load(str(tmp_path / "again")), example)


def test_a_long_recording_survives_the_file(tmp_path: Path) -> None:
    recording = recorded({"a": noise(901, size=5), "units[3]": noise(901, size=1)}, every=3)
    recording.save(tmp_path / "run")
    assert_same(load(tmp_path / "run"), recording)


def test_names_of_any_letters_survive_the_file(tmp_path: Path) -> None:
    recording = recorded({"층.활성화[3]": noise(2), "<b>#2</b>": noise(2), "": noise(2)})
    recording.save(tmp_path / "run")
    assert load(tmp_path / "run").layers == recording.layers


def test_a_loaded_recording_can_grow_and_be_merged(example: Recording, tmp_path: Path) -> None:
    example.save(tmp_path / "run")
    loaded = load(tmp_path / "run")
    np.testing.assert_array_equal(merge(loaded, example).total("a"), 2 * example.total("a"))
    total = example.total("a").sum()
    for recording in (loaded, example):
        recording.store.make_room(1000)
        assert recording.total("a").sum() == total
    assert_same(loaded, example)


def test_saving_replaces_an_existing_file(example: Recording, tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    path.write_bytes(bytes(100_000))
    example.save(path)
    assert path.stat().st_size < 100_000
    assert_same(load(path), example)


def test_a_missing_file_is_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nothing\.npz"):
        load(tmp_path / "nothing.npz")


def refuses(path: Path) -> None:
    """It gets one clear error, which names the file."""
    with pytest.raises(RecordingError, match="not a whole bnviz recording") as caught:
        load(path)
    assert path.name in str(caught.value)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.npz"
    path.touch()
    refuses(path)


def test_files_of_other_kinds_are_refused(tmp_path: Path) -> None:
    def text(path: Path) -> None:
        path.write_text("step,mean\n1,0.5\n")

    def noise_bytes(path: Path) -> None:
        path.write_bytes(np.random.default_rng(0).bytes(5000))

    def pickled(path: Path) -> None:
        path.write_bytes(pickle.dumps({"header": 1}))

    def array(path: Path) -> None:
        with path.open("wb") as file:
            np.save(file, np.arange(5))

    def other_npz(path: Path) -> None:
        with path.open("wb") as file:
            np.savez(file, weights=np.zeros(3))

    def pickled_npz(path: Path) -> None:
        with path.open("wb") as file:
            np.savez(file, header=np.array([{"format": "bnviz recording 2"}], dtype=object))

    def archive(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("header.npy", "not an array")

    for write in (text, noise_bytes, pickled, array, other_npz, pickled_npz, archive):
        path = tmp_path / f"{write.__name__}.npz"
        write(path)
        refuses(path)


def rewrite(path: Path, **changes: object) -> None:
    """Change arrays in a recording's file; the file itself stays whole."""
    with np.load(path) as file:
        arrays = dict(file)
    with path.open("wb") as file:
        np.savez(file, **arrays | changes)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("bnviz recording 2", "bnviz recording 99"),
        ('"stride": 1', '"stride": 3'),
        ('"stride": 1', '"stride": 0'),
        ('"every": 1', '"every": -1'),
        ('"num_steps"', '"number"'),
        ('"relu1", "relu", "input", ', '"relu1", "relu", "input", 1000000'),
        ('"relu1", "relu", "input", ', '"relu1", "relu", "input", -'),
        ("{", "["),
    ],
)
def test_a_header_that_does_not_fit_is_refused(
    example: Recording, tmp_path: Path, before: str, after: str
) -> None:
    path = tmp_path / "run.npz"
    example.save(path)
    header = str(np.load(path)["header"])
    assert before in header
    rewrite(path, header=np.array(header.replace(before, after)))
    refuses(path)


def test_a_file_without_rows_is_refused(example: Recording, tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    example.save(path)
    header = json.loads(str(np.load(path)["header"]))
    rewrite(path, header=np.array(json.dumps(header | {"tracks": []})))
    refuses(path)


@pytest.mark.parametrize(
    "changes",
    [
        {"counts0": np.zeros((3, 5), np.uint32)},
        {"counts0": np.zeros((7, BINS + 1), np.uint32)},
        {"counts0": np.zeros((7, 5), np.float64)},
        {"counts0": np.zeros(7, np.uint32)},
        {"counts0": np.zeros((), np.uint32)},
        {"sums0": np.zeros((7, 3))},
        {"sums0": np.zeros((7, 8), dtype="U5")},
        {"sums0": np.zeros(8)},
    ],
)
def test_tables_that_do_not_fit_are_refused(
    example: Recording, tmp_path: Path, changes: dict[str, np.ndarray]
) -> None:
    path = tmp_path / "run.npz"
    example.save(path)
    rewrite(path, **changes)
    refuses(path)


def test_a_file_cut_off_anywhere_is_refused(example: Recording, tmp_path: Path) -> None:
    whole = tmp_path / "whole.npz"
    example.save(whole)
    data = whole.read_bytes()
    path = tmp_path / "cut.npz"
    for end in {*range(0, len(data), 101), *range(len(data) - 60, len(data))}:
        path.write_bytes(data[:end])
        refuses(path)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(damage=st.data())
def test_a_damaged_file_is_refused_or_read_as_it_was(
    damage: st.DataObject, example: Recording, tmp_path: Path
) -> None:
    path = tmp_path / "damaged.npz"
    example.save(path)
    data = bytearray(path.read_bytes())
    places = st.integers(0, len(data) - 1) | st.integers(len(data) - 400, len(data) - 1)
    kind = damage.draw(st.sampled_from(["flip", "set", "drop", "insert"]))
    for _ in range(damage.draw(st.integers(1, 3))):
        at = min(damage.draw(places), len(data) - 1)
        if kind == "flip":
            data[at] ^= 1 << damage.draw(st.integers(0, 7))
        elif kind == "set":
            data[at : at + 4] = damage.draw(st.binary(min_size=4, max_size=4))
        elif kind == "drop":
            del data[at]
        else:
            data.insert(at, damage.draw(st.integers(0, 255)))
    path.write_bytes(data)
    try:
        loaded = load(path)
    except RecordingError as error:
        assert "damaged.npz" in str(error)
    else:  # the damage hit a byte that says nothing, such as a time stamp
        assert_same(loaded, example)


# -- merging -----------------------------------------------------------------------------------

lengths = st.sampled_from([1, 5, 150, 201, 450])


def three(lengths: Sequence[int]) -> list[Recording]:
    return [
        recorded({"a": noise(n, 4, seed), "relu1": noise(n, 6, seed + 9)})
        for seed, n in enumerate(lengths)
    ]


@settings(max_examples=12, deadline=None)
@given(st.tuples(lengths, lengths, lengths))
def test_merging_is_commutative_and_associative(sizes: tuple[int, int, int]) -> None:
    a, b, c = three(sizes)
    assert_close(merge(a, b), merge(b, a))
    assert_close(merge(merge(a, b), c), merge(a, merge(b, c)))
    assert_close(merge(merge(a, b), c), merge(c, a, b))


@pytest.mark.parametrize("steps", [5, 150, 450])
def test_merging_is_recording_both_together(steps: int) -> None:
    one, two = noise(steps, 4, seed=1), noise(steps, 6, seed=2)
    together = recorded({"a": [np.concatenate(pair) for pair in zip(one, two, strict=True)]})
    assert_close(merge(recorded({"a": one}), recorded({"a": two})), together)


def test_merging_different_lengths_takes_the_coarser_stride() -> None:
    short, long = recorded({"a": noise(150, 2)}), recorded({"a": noise(900, 3)})
    assert (short.stride, long.stride) == (1, 8)
    merged = merge(short, long)
    assert merged.stride == 8
    np.testing.assert_array_equal(merged.steps, long.steps)
    expected = [8 * 5] * 18 + [6 * 2 + 8 * 3] + [8 * 3] * 93 + [4 * 3]
    assert merged.total("a").tolist() == expected
    assert merged.num_steps == 900


def test_merging_leaves_its_arguments_as_they_were() -> None:
    one, two = recorded({"a": noise(150, 2)}), recorded({"a": noise(900, 3)})
    before = copy.deepcopy([one, two])
    merged = merge(one, two)
    merged.store.make_room(10_000)
    assert_same(one, before[0])
    assert_same(two, before[1])


def test_merging_one_is_a_copy(example: Recording) -> None:
    merged = merge(example)
    assert merged is not example
    assert merged.closed
    assert_close(merged, example)


def test_merging_finds_layers_by_name_whatever_their_order() -> None:
    one = recorded({"a": noise(3, 2), "b": noise(3, 4)})
    two = recorded({"b": noise(3, 5), "a": noise(3, 1)})
    assert merge(one, two).total("a").tolist() == [3, 3, 3]


def test_merging_what_does_not_fit_says_what_was_given() -> None:
    one, two = recorded({"a": noise(2)}), recorded({"b": noise(2)})
    with pytest.raises(RecordingError, match=r"same layers.*\[a\] every step .*\[b\] every step"):
        merge(one, two)
    with pytest.raises(RecordingError, match=r"\[a\] every step .*\[a\] every 5 steps"):
        merge(one, recorded({"a": noise(2)}, every=5))
    with pytest.raises(RecordingError, match="at least one"):
        merge()


def test_display_edges_can_be_any(example: Recording) -> None:
    everything = example.shares("sigmoid1", [EDGES[0], EDGES[-1]])
    np.testing.assert_allclose(everything, 1)
