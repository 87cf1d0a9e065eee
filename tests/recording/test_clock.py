"""Which steps of a run are kept: all of a short one, at least eight of each row of a long one."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from torch import nn

from bnviz import record
from bnviz.recording import Recording
from bnviz.recording.clock import KEPT_WHOLE, STEPS_OF_A_ROW, Clock
from bnviz.recording.store import Store


def kept(steps: int, **options: bool) -> Iterator[int]:
    """The steps of a run that are kept."""
    store = Store()
    clock = Clock(store, **options)
    for step in range(steps):
        clock.begin_pass()
        assert (clock.last, clock.recorded, store.num_steps) == (step, step + 1, step + 1)
        assert clock.now == clock.kept
        if clock.kept >= 0:
            assert clock.kept == step
            yield step


def test_a_run_of_1600_steps_is_kept_whole() -> None:
    assert KEPT_WHOLE == 1600
    assert list(kept(KEPT_WHOLE, keep_all=False)) == [*range(KEPT_WHOLE)]


@pytest.mark.parametrize("steps", [1601, 3200, 3201, 12_000, 100_000])
def test_of_each_row_of_a_longer_one_at_least_eight(steps: int) -> None:
    store = Store()
    store.make_room(steps)
    rows = np.bincount(np.array([*kept(steps, keep_all=False)]) // store.stride)
    full = steps // store.stride
    assert rows[:full].min() >= STEPS_OF_A_ROW
    assert rows[full // 2 : full].max() <= 2 * STEPS_OF_A_ROW


def test_a_long_run_costs_little_more_than_a_short_one() -> None:
    doubled = [
        sum(1 for _ in kept(steps, keep_all=False)) for steps in (KEPT_WHOLE, 8 * KEPT_WHOLE)
    ]
    assert doubled == [KEPT_WHOLE, KEPT_WHOLE + 3 * KEPT_WHOLE // 2]


def test_all_are_kept_where_every_value_is_asked_for() -> None:
    assert list(kept(5000)) == [*range(5000)]


@pytest.mark.parametrize("period", [2, 8, 25, 64, 100])
def test_no_rhythm_of_the_training_is_favoured(period: int) -> None:
    """As of an epoch: its first batch is not seen more often than its last."""
    late = np.array([step for step in kept(200_000, keep_all=False) if step >= 50_000])
    seen = np.bincount(late % period, minlength=period) / len(late)
    # Five standard deviations of that many independent draws.
    assert abs(seen - 1 / period).max() < 5 * np.sqrt(1 / period / len(late))


def test_every_so_many_steps_count_as_the_run() -> None:
    store = Store(every=3)
    clock = Clock(store, keep_all=False)
    found = []
    for step in range(3 * 4000):
        clock.begin_pass()
        assert (clock.last >= 0) == (step % 3 == 0)
        if clock.kept >= 0:
            found.append(clock.kept)
    assert found == [*kept(4000, keep_all=False)]


# -- in recordings -----------------------------------------------------------------------------


class Tells(nn.Module):
    """Gives to its activation, and to a second one, the number of the step."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.ReLU(), nn.ReLU()
        self.weight = nn.Parameter(torch.ones(2, 2))

    def forward(self, step: int) -> torch.Tensor:
        x = torch.full((2, 2), float(step))
        return self.second(self.first(x * self.weight)).sum()


def told(steps: int, **options: object) -> Recording:
    """A recording in which the mean of a row is that of its kept steps."""
    model = Tells()
    with record(model, **options) as recording:  # type: ignore[arg-type]
        for step in range(steps):
            model(step)
    return recording


def test_all_layers_are_kept_at_the_same_steps() -> None:
    recording = told(4000)
    mean, total = recording.mean("first"), recording.total("first")
    np.testing.assert_array_equal(mean, recording.mean("second"))
    np.testing.assert_array_equal(total, recording.total("second"))
    # A row holds its own steps, those at its beginning and those at its end.
    stride = recording.stride
    assert stride == 32
    middle = np.arange(len(mean)) * stride + (stride - 1) / 2
    assert abs(mean - middle)[:-1].max() < stride / 4
    assert abs(np.mean((mean - middle)[:-1])) < 0.5
    assert total.sum() == 4 * len([*kept(4000, keep_all=False)])


def test_without_a_sample_every_step_of_a_long_run_counts() -> None:
    recording = told(4000, sample=None)
    assert recording.total("first").sum() == 4 * 4000
    assert recording.mean("first")[:-1] == pytest.approx(np.arange(0, 4000 - 32, 32) + 15.5)


def trained(look: Callable[[Recording, int], object]) -> Recording:
    """A recording with updates, of 4000 steps."""
    model = Tells()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    with record(model, optimizer=optimizer) as recording:
        for step in range(4000):
            model(step).backward()
            optimizer.step()
            look(recording, step)
    return recording


def test_whoever_looks_does_not_change_what_is_kept() -> None:
    alone = trained(lambda recording, step: None)
    watched = trained(lambda recording, step: step % 37 or recording.mean("first"))
    for name in ("first", "second", "weight.update"):
        np.testing.assert_array_equal(watched.counts(name), alone.counts(name))


def test_all_passes_of_a_kept_step_are_kept_and_its_gradients() -> None:
    model = Tells()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.001)
    with record(model, watch=("auto", "gradient"), optimizer=optimizer) as recording:
        for step in range(2500):
            for _ in range(3):
                model(step).backward()
            optimizer.step()
            optimizer.zero_grad()
    steps = len([*kept(2500, keep_all=False)])
    assert recording.num_steps == 2500
    for name in ("first", "second", "first.grad", "second.grad"):
        assert recording.total(name).sum() == 3 * 4 * steps, name
    assert recording.total("weight.update")[:-1].min() >= 2


class Seldom(nn.Module):
    """Eight units; each lets something through at one step of twenty."""

    def __init__(self) -> None:
        super().__init__()
        self.relu = nn.ReLU()

    def forward(self, step: int) -> torch.Tensor:
        x = -torch.ones(2, 8)
        generator = torch.Generator().manual_seed(step)
        x[:, torch.rand(8, generator=generator) < 0.05] = 1.0
        return self.relu(x)


def test_dead_is_judged_by_as_many_kept_steps_in_a_long_run() -> None:
    """In a window of fewer kept steps, a unit that works at one of twenty may well be silent."""
    model = Seldom()
    with record(model) as recording:
        for step in range(7000):
            model(step)
    assert recording.dead("relu").max() < 0.05
