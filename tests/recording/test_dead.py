"""Dead units are judged in windows of 128 recorded steps, whoever looks and whenever."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from bnviz import record
from bnviz.recording import Recording
from bnviz.recording.dead import DeadUnits
from bnviz.recording.histogram import bin_values
from bnviz.recording.taps import WINDOW
from bnviz.recording.track import Track

UNITS = 8


class Fires(nn.Module):
    """Unit u is above zero at the steps that ``when[u]`` names, and below at all others."""

    def __init__(self) -> None:
        super().__init__()
        self.relu = nn.ReLU()

    def forward(self, above: Tensor) -> Tensor:
        x = -torch.ones(2, len(above))
        x[1] = torch.where(above, 1.0, -1.0)
        return self.relu(x)


def run(
    above: np.ndarray, look: Callable[[Recording, int], object] = lambda r, t: None
) -> np.ndarray:
    """Record steps at which the units ``above[t]`` fire; returns the dead share of every row."""
    model = Fires()
    with record(model, sample=None) as recording:
        for t, units in enumerate(above):
            model(torch.tensor(units))
            look(recording, t)
    return recording.dead("relu")


def expected(above: np.ndarray, stride: int = 1) -> np.ndarray:
    """What the windows say, worked out from the definition, one value a row."""
    steps = len(above)
    shares = np.empty(steps)
    for start in range(0, steps, WINDOW):
        seen = above[start : start + WINDOW]
        if len(seen) < WINDOW and start:
            seen = above[start - WINDOW :]
        shares[start : start + WINDOW] = 1 - seen.any(axis=0).mean()
    return np.array([shares[i : i + stride].mean() for i in range(0, steps, stride)])


def firing(steps: int, seed: int = 0) -> np.ndarray:
    """Each unit fires a few times, at random."""
    rng = np.random.default_rng(seed)
    return rng.random((steps, UNITS)) < rng.choice([0, 0.004, 0.02], UNITS)


@pytest.mark.parametrize("steps", [1, 40, 127, 128, 129, 200])
def test_each_row_has_the_share_of_its_window(steps: int) -> None:
    above = firing(steps)
    np.testing.assert_allclose(run(above), expected(above))


@pytest.mark.parametrize(("steps", "stride"), [(300, 2), (500, 4), (1500, 8)])
def test_also_when_rows_were_added_together(steps: int, stride: int) -> None:
    above = firing(steps)
    np.testing.assert_allclose(run(above), expected(above, stride), rtol=1e-9)


def test_a_row_of_several_windows_has_their_mean() -> None:
    model, above = Fires(), firing(52_000, seed=3)[::2]
    with record(model, sample=None) as recording:
        for units in torch.tensor(above):
            model(units)
    assert recording.stride == 256
    np.testing.assert_allclose(recording.dead("relu")[:-1], expected(above, 256)[:-1], atol=1e-9)


LOOKS: dict[str, Callable[[Recording, int], object]] = {
    "at every step": lambda r, t: r.mean("relu"),
    "every 50 steps": lambda r, t: t % 50 or r.mean("relu"),
    "at the end of windows": lambda r, t: (t + 1) % WINDOW or r.dead("relu"),
    "as a subscriber": lambda r, t: t or r.subscribe(lambda r: r.dead("relu")),
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_whoever_looks_changes_nothing(look: Callable[[Recording, int], object]) -> None:
    above = firing(300)
    above[:, 0] = False
    above[::30, 0] = True  # would be dead in a short window
    np.testing.assert_array_equal(run(above, look), run(above))


@settings(max_examples=20)
@given(st.integers(1, 300), st.sets(st.integers(0, 299), max_size=20), st.integers(0, 99))
def test_whenever_somebody_looks(steps: int, looks: set[int], seed: int) -> None:
    above = firing(steps, seed)
    found = run(above, lambda r, t: r.dead("relu") if t in looks else None)
    np.testing.assert_array_equal(found, run(above))


def test_rows_of_a_window_that_is_not_over_carry_the_share_of_the_last_one() -> None:
    above = np.zeros((WINDOW + 20, UNITS), bool)
    above[:WINDOW, :6] = True  # two of eight are dead, and then all are silent
    seen = []
    run(above, lambda r, t: seen.append(r.dead("relu")))
    assert np.isnan(seen[WINDOW - 1]).all()
    assert seen[WINDOW].tolist() == [0.25] * (WINDOW + 1)
    assert seen[-1].tolist() == [0.25] * (WINDOW + 20)


def test_rows_that_are_added_together_keep_the_verdict_of_the_one_that_was_judged() -> None:
    track = Track("relu")
    track.judge(0, [1], [2])
    track.add(1, bin_values([1.0])[None], np.ones((1, 2)))  # in a window that is not over
    track.coarsen()
    track.judge(0, [0], [2])
    assert track.verdicts.tolist() == [[1, 4]]


def test_a_short_remainder_does_not_call_a_unit_dead_that_worked_just_before() -> None:
    above = np.zeros((WINDOW + 3, UNITS), bool)
    above[WINDOW - 1, 0] = True
    above[WINDOW + 1, 1] = True
    shares = run(above)
    assert shares[0] == 7 / 8
    assert shares[-1] == 6 / 8


def test_a_layer_that_runs_now_and_then_is_judged_by_the_steps_at_which_it_ran() -> None:
    class Sometimes(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.relu, self.rare = nn.ReLU(), nn.ReLU()

        def forward(self, x: Tensor, rare: bool) -> Tensor:
            return self.rare(x) if rare else self.relu(x)

    model = Sometimes()
    with record(model, sample=None) as recording:
        for t in range(WINDOW + 10):
            model(torch.tensor([[1.0, -1.0]]), t in (3, 5))
    dead = recording.dead("rare")
    assert np.flatnonzero(~np.isnan(dead)).tolist() == [3, 5]
    assert dead[3] == 0.5


def test_all_values_of_a_layer_that_are_too_large_to_keep_count() -> None:
    model = nn.Sequential(nn.ReLU())
    with record(model, sample=None) as recording:
        for step in range(4):
            x = -torch.ones(40, 4, 100, 100)
            x[7, 0, 3, 4] = 1.0 if step == 1 else -1.0
            model(x)
    assert recording.dead("0").tolist() == [0.75] * 4


def test_a_unit_that_is_never_above_zero_is_dead_also_where_it_is_zero() -> None:
    model = nn.Sequential(nn.ReLU())
    with record(model) as recording:
        model(torch.tensor([[0.0, -1.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1e-3]]))
    assert recording.dead("0").tolist() == [2 / 4]


def test_where_the_number_of_units_changed_the_newest_ones_count() -> None:
    model = nn.Sequential(nn.ReLU())
    with record(model, sample=None) as recording:
        model(-torch.ones(2, 3))
        model(torch.tensor([[1.0, 1.0, -1.0, 1.0]]))
    assert recording.dead("0").tolist() == [1 / 4] * 2


def test_a_unit_that_gave_nan_in_one_part_of_a_window_is_unknown_in_all_of_it() -> None:
    units = DeadUnits()
    units.see([0], torch.tensor([[[float("nan"), -1.0]]]), 2)
    units.see([1], torch.tensor([[[-1.0, -1.0]]]), 2)
    assert units.judge(whole=True) == ([0, 1], 1, 1)
