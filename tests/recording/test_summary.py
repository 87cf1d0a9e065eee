"""A recording as text: a table of its layers, and what it does not hold."""

import re

import numpy as np
import pytest

from bnviz.recording import Recording, load
from bnviz.recording.histogram import bin_values
from bnviz.recording.store import Store

SHARES = ("saturated", "inactive", "dead")


def fill(store: Store, name: str, rows: list[list[float]], kind: str | None = None) -> None:
    for row, values in enumerate(rows):
        x = np.array(values, dtype=np.float32)
        wide = x[np.isfinite(x)].astype(np.float64)
        moments = np.array([[wide.sum(), (wide**2).sum()]])
        store.track(name, kind).add(row, bin_values(x)[None], moments)
    store.num_steps = max(store.num_steps, len(rows))


@pytest.fixture
def store() -> Store:
    store = Store()
    fill(store, "fc", [[1, 2], [3, 5, np.nan, np.inf]])
    fill(store, "act", [[-1, 1]], "relu")
    return store


def test_a_row_a_layer_with_what_its_newest_row_says(store: Store) -> None:
    recording = Recording(store)
    text = str(recording)
    assert text.splitlines()[0].startswith("Recording(2 layers, 2 steps, running); numbers are")
    assert len(text.splitlines()) == 4
    fc = next(line for line in text.splitlines() if line.startswith("fc"))
    low, median, high = (f"{p:.3g}" for p in recording.percentiles("fc")[-1])
    assert high == "inf"
    assert re.split(r"\s{2,}", fc) == ["fc", "output", "1–2", "4", "1", low, median, high, "2"]
    act = next(line for line in text.splitlines() if line.startswith("act"))
    assert re.split(r"\s{2,}", act)[:5] == ["act", "input of relu", "1–1", "0", "1"]
    assert "50 %" in text
    assert "inactive" in text
    assert "saturated" not in text  # no layer has such a share


@pytest.mark.parametrize(
    ("kind", "shares"),
    [
        ("sigmoid", {"saturated": "75 %"}),
        ("relu", {"inactive": "50 %", "dead": "25 %"}),
        (None, {}),
    ],
)
def test_shares_stand_under_their_names(kind: str | None, shares: dict[str, str]) -> None:
    store = Store()
    fill(store, "layer", [[-9.0, 0.0, 8.0, 9.0]], kind)
    if kind == "relu":
        store.track("layer").judge(0, [1], [4])
    title, layer = (re.split(r"\s{2,}", line) for line in str(Recording(store)).splitlines()[1:])
    cells = zip(title, layer, strict=True)
    assert {name: cell for name, cell in cells if name in SHARES} == shares


def test_a_layer_that_ran_for_a_while_says_from_which_step_to_which() -> None:
    store = Store(every=10)
    fill(store, "always", [[1.0], [1.0], [1.0]])
    fill(store, "early", [[1.0], [1.0]])
    fill(store, "late", [[], [1.0], [1.0]])
    store.num_steps = 25
    text = str(Recording(store))
    assert re.findall(r"(\w+) +output +(\S+)", text) == [
        ("always", "1–25"), ("early", "1–20"), ("late", "11–25"),
    ]  # fmt: skip


def test_repr_stays_one_line(store: Store) -> None:
    assert repr(Recording(store)) == "Recording(2 layers, 2 steps, running)"


def test_one_layer_and_one_step_are_no_plural() -> None:
    store = Store()
    fill(store, "fc", [[1.0]])
    first = str(Recording(store)).splitlines()[0]
    assert first == "Recording(1 layer, 1 step, running); numbers are those of the last row, step 1"


def test_layers_are_counted_apart_from_their_units_gradients_and_updates(store: Store) -> None:
    for name in "act[0]", "act[3]":
        fill(store, name, [[1.0]], "relu")
    store.track("fc.grad", quantity="gradient")
    store.track("fc.weight.update", quantity="update")
    assert repr(Recording(store)) == (
        "Recording(2 layers, 2 units, 1 gradient, 1 update, 2 steps, running)"
    )


def test_a_last_row_of_several_steps_says_from_where_to_where(store: Store) -> None:
    store.make_room(201)
    assert str(Recording(store)).splitlines()[0].endswith("last row, steps 1 to 2")


def test_a_last_row_that_is_not_full_ends_at_the_last_step() -> None:
    store = Store()
    fill(store, "fc", [[1.0]] * 3)
    store.make_room(201)  # rows of two steps
    assert "1–3" in str(Recording(store)).splitlines()[2]


def test_an_empty_recording_says_so() -> None:
    assert str(Recording()) == "Recording(0 layers, 0 steps, running): nothing yet"
    recording = Recording()
    recording.close()
    assert str(recording).endswith("closed): nothing was recorded: the model never ran in training "
                                   "mode while it was recorded")  # fmt: skip


def test_long_models_and_long_names_are_shortened() -> None:
    store = Store()
    for i in range(100):
        fill(store, f"encoder.layers.{i}.some.very.long.name.of.a.part.relu", [[1.0]], "relu")
    lines = str(Recording(store)).splitlines()
    assert len(lines) == 1 + 1 + 24 + 1
    assert "… 76 more …" in lines
    assert max(map(len, lines)) <= 130
    assert lines[2].startswith("encoder.layers.…")
    assert lines[2].split("  ")[0].endswith("of.a.part.relu")


def test_of_a_long_model_the_first_and_the_last_layers_are_shown() -> None:
    store = Store()
    for i in range(100):
        fill(store, f"layer{i}", [[1.0]])
    shown = [line.split()[0] for line in str(Recording(store)).splitlines()[2:]]
    assert shown == [*(f"layer{i}" for i in range(12)), "…", *(f"layer{i}" for i in range(88, 100))]


def test_what_was_not_watched_is_said_also_after_loading(store: Store, tmp_path) -> None:
    store.notes.append("only out is watched")
    recording = Recording(store)
    assert str(recording).splitlines()[-1] == "only out is watched"
    recording.save(tmp_path / "run")
    assert load(tmp_path / "run").notes == ("only out is watched",)
    assert "only out is watched" in str(load(tmp_path / "run"))
