"""The figure `distributions` while a training runs: what it sends, how often, how much."""

from __future__ import annotations

import contextlib
import gc
import time
import weakref

import numpy as np
import pytest
from recorded import fill, gradients, made, run_of

from bnviz.figures import distributions
from bnviz.figures.gallery.distributions.encoding import add_up, encode
from bnviz.figures.gallery.distributions.live import PAUSE, SHARE, Follower
from bnviz.figures.gallery.distributions.newest import Newest
from bnviz.figures.gallery.distributions.sources import read_sources
from bnviz.recording import Recording
from bnviz.recording.store import MAX_ROWS


class Widget:
    """Stands in for the anywidget, and notes what it is sent."""

    def __init__(self) -> None:
        self.rows: list[tuple[dict, bytes]] = []
        self.everything: list[bytes] = []

    def send(self, content, buffers):
        self.rows.append((content, bytes(buffers[0])))

    def __setattr__(self, name, value):
        super().__setattr__(name, value)
        if name == "data":
            self.everything.append(value)

    def hold_sync(self):
        return contextlib.nullcontext()


@pytest.fixture
def following():
    """A figure that follows two running recordings of four layers, and what it sends."""
    recordings = {
        "without BN": made(rows=50, layers=4, kind="relu", closed=False),
        "with BN": made(rows=50, layers=4, kind="relu", seed=1, closed=False),
    }
    figure = distributions(recordings)
    widget = Widget()
    follower = Follower(figure, read_sources(recordings), widget)
    return recordings, figure, widget, follower


def wait(follower: Follower) -> None:
    """As if the last update were long ago, and had cost nothing."""
    follower._sent -= 10 * PAUSE
    follower._spent = 0.0


def test_figure_of_nothing_yet_waits():
    figure = distributions({"without BN": Recording(), "with BN": Recording()})
    assert figure.running
    assert figure.alt == "Nothing is recorded yet."
    assert 'alt="Nothing is recorded yet."' in figure.to_html(code=False)


def test_newest_row_is_what_the_whole_recording_says(following):
    recordings, figure, *_ = following
    series = 8
    for recording in recordings.values():
        fill(recording, 49, "hidden1.activation", np.array([np.nan, np.inf, 1.0]), "relu")
    panels, arrays = encode(recordings, list(recordings["with BN"].layers), 60)
    row, bad, beyond = Newest(recordings, panels).read()
    parts = np.split(np.frombuffer(row, np.uint8), np.cumsum([4, 3, 1, 1]) * series)
    std, percents, off, dead, heights = parts
    levels = add_up(arrays["heights"])[..., -1]
    np.testing.assert_array_equal(heights.reshape(4, 2, 60), levels)
    np.testing.assert_allclose(std.view(np.float32), arrays["std"][..., -1].ravel(), rtol=1e-3)
    np.testing.assert_allclose(percents, add_up(arrays["percents"])[..., -1].ravel(), atol=1)
    np.testing.assert_array_equal(off, add_up(arrays["off"])[..., -1].ravel())
    np.testing.assert_array_equal(dead, add_up(arrays["dead"])[..., -1].ravel())
    assert bad[:6] == [1, 1, 0, 1, 1, 0]
    assert bad == arrays["nonfinite"][..., -1].ravel().tolist()
    assert 0 <= beyond < 0.1


def test_update_of_two_by_four_histograms_is_small(following):
    recordings, _, widget, follower = following
    wait(follower)
    recordings["with BN"].notify()
    ((content, row),) = widget.rows
    assert content["step"] == 50
    assert len(row) <= 1_600 - 300  # room for the message around it


def test_updates_come_ten_times_a_second_at_most(following):
    recordings, _, widget, follower = following
    wait(follower)
    for _ in range(50):
        recordings["with BN"].notify()
    assert len(widget.rows) == 1


def test_updates_take_a_bounded_share_of_the_time(following):
    recordings, _, widget, follower = following
    wait(follower)
    follower._spent = 2 * SHARE * (time.perf_counter() - follower._started)
    recordings["with BN"].notify()
    assert not widget.rows


def test_rows_still_come_one_by_one_when_the_recording_merged_its_own(following):
    recordings, _, widget, follower = following
    for recording in recordings.values():
        recording.store.make_room(recording.stride * MAX_ROWS + 1)
    wait(follower)
    recordings["with BN"].notify()
    assert (len(widget.rows), len(widget.everything)) == (1, 0)


def test_all_is_sent_again_when_many_rows_came_one_by_one(following, monkeypatch):
    monkeypatch.setattr("bnviz.figures.gallery.distributions.live.ROWS", 3)
    recordings, _, widget, follower = following
    for _ in range(4):
        wait(follower)
        recordings["with BN"].notify()
    assert (len(widget.rows), len(widget.everything)) == (3, 1)


def test_all_is_sent_again_when_the_axis_no_longer_fits(following):
    recordings, figure, widget, follower = following
    before = figure.spec["layers"][0]["range"]
    for row in range(50, 70):
        for recording in recordings.values():
            fill(recording, row, "hidden1.activation", np.full(100, 50.0), "relu")
    for _ in range(2):
        wait(follower)
        recordings["with BN"].notify()
    assert len(widget.everything) == 1
    assert figure.spec["layers"][0]["range"][1] > before[1]


def test_closing_sends_all_and_lets_go(following):
    recordings, figure, widget, follower = following
    recordings["without BN"].close()
    assert not widget.everything
    recordings["with BN"].close()
    assert len(widget.everything) == 1
    assert not figure.running
    assert not any(recording.followed for recording in recordings.values())
    gone = [weakref.ref(recording) for recording in recordings.values()]
    recordings.clear()
    gc.collect()
    assert [ref() for ref in gone] == [None, None]


def test_figure_read_before_the_end_is_complete_after_it():
    recording = made(rows=5, closed=False)
    figure = distributions(recording)
    fill(recording, 5, "hidden1.activation", np.ones(10), "sigmoid")
    recording.close()
    assert "step 6" not in figure.to_html(code=False)  # read again by asking for a form
    assert figure.arrays["steps"].tolist() == [1, 2, 3, 4, 5, 6]


def test_accuracy_grows_with_the_run():
    recording = made(rows=50, layers=1, closed=False)
    run = run_of(recording)
    figure = distributions(run)
    widget = Widget()
    follower = Follower(figure, read_sources(run), widget)
    wait(follower)
    recording.notify()
    run.steps, run.accuracy = np.append(run.steps, [60, 70]), np.append(run.accuracy, [0.95, 0.97])
    for _ in range(2):
        wait(follower)
        recording.notify()
    sent = [content.get("accuracy") for content, _ in widget.rows]
    assert sent == [None, [(0, [60, 70], [0.95, 0.97])], None]


def test_gradients_are_followed_too():
    recording = gradients()
    panels, arrays = encode({"": recording}, ["hidden1.activation.grad"], 60)
    row, bad, _ = Newest({"": recording}, panels).read()
    std, percents, off, _, heights = np.split(np.frombuffer(row, np.uint8), np.cumsum([4, 3, 1, 1]))
    np.testing.assert_array_equal(percents, add_up(arrays["percents"])[0, 0, :, -1])
    np.testing.assert_array_equal(off, add_up(arrays["off"])[0, 0, -1:])
    np.testing.assert_array_equal(heights, add_up(arrays["heights"])[0, 0, :, -1])
    np.testing.assert_allclose(std.view(np.float32), arrays["std"][0, 0, -1], rtol=1e-3)
    assert bad == []


def test_an_error_in_the_figure_does_not_end_the_training(following):
    recordings, _, widget, follower = following
    widget.send = None
    wait(follower)
    with pytest.warns(UserWarning, match="a subscriber failed"):
        recordings["with BN"].notify()
    assert not recordings["with BN"].followed
