"""The figure `distributions`: what it says about a recording, in the page, on paper, while live."""

from __future__ import annotations

import gc
import re
import time
import weakref
from pathlib import Path

import axe_playwright_python
import numpy as np
import pytest
import torch

import bnviz
from bnviz.figures import distributions
from bnviz.figures.gallery.distributions.encoding import encode, percents_of, shares_of
from bnviz.figures.gallery.distributions.live import PAUSE, SHARE, Follower
from bnviz.figures.gallery.distributions.newest import Newest
from bnviz.recording import Recording, RecordingError, histogram
from bnviz.recording.track import SUMS


def fill(recording: Recording, row: int, layer: str, values: np.ndarray, kind: str | None) -> None:
    """Add values to a row of a layer, as a recorder does."""
    finite = values[np.isfinite(values)].astype(float)
    sums = np.zeros((1, 4))
    sums[0, SUMS.index("sum")] = finite.sum()
    sums[0, SUMS.index("square")] = (finite**2).sum()
    track = recording.track(layer, kind)
    track.add(row, histogram.bin_values(values)[None], sums)
    recording.num_steps = max(recording.num_steps, (row + 1) * recording.stride)


def made(
    rows: int = 20,
    layers: int = 2,
    scale: float = 1.0,
    seed: int = 0,
    kind: str | None = "sigmoid",
    closed: bool = True,
) -> Recording:
    """A recording whose spread grows from scale to twice that."""
    rng = np.random.default_rng(seed)
    recording = Recording()
    for row in range(rows):
        for layer in range(layers):
            spread = scale * (1 + row / max(1, rows - 1))
            values = rng.normal(0, spread, 500).astype(np.float32)
            fill(recording, row, f"hidden{layer + 1}.activation", values, kind)
    if closed:
        recording.close()
    return recording


def heights_in_shares(figure, layer: int = 0) -> np.ndarray:
    return shares_of(figure.spec["layers"][layer], figure.arrays["heights"][layer])


def panel_scale(figure) -> list[float]:
    return figure.spec["layers"][0]["stdScale"]


# --- what is read -------------------------------------------------------------------------------


def test_shares_agree_with_the_recording():
    recording = made()
    figure = distributions(recording)
    panel = figure.spec["layers"][0]
    edges = np.linspace(*panel["range"], 61)
    edges[0], edges[-1] = -1e9, 1e9
    expected = recording.density("hidden1.activation", edges)
    shown = heights_in_shares(figure)[0].T
    # stored in steps of the square root
    np.testing.assert_allclose(np.sqrt(shown), np.sqrt(expected), atol=np.sqrt(panel["top"]) / 100)


def test_percentiles_agree_with_the_recording():
    recording = made()
    figure = distributions(recording)
    panel = figure.spec["layers"][0]
    shown = percents_of(panel, figure.arrays["percents"][0])[0].T
    step = (panel["span"][1] - panel["span"][0]) / 254
    expected = recording.percentiles("hidden1.activation")
    np.testing.assert_allclose(shown, expected, atol=0.51 * step)


@pytest.mark.parametrize(
    ("kind", "method"), [("sigmoid", "saturated"), ("tanh", "saturated"), ("relu", "inactive")]
)
def test_share_that_is_off_agrees_with_the_recording(kind, method):
    recording = made(scale=3.0, kind=kind)
    figure = distributions(recording)
    assert figure.spec["layers"][0]["off"] == method
    expected = getattr(recording, method)("hidden1.activation")
    np.testing.assert_allclose(figure.arrays["off"][0, 0] / 250, expected, atol=1 / 240)


def test_dead_share_of_a_real_network_agrees_with_the_recording():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(4, 50), torch.nn.ReLU())
    with torch.no_grad():
        model[0].bias[:10] = -100.0
    with bnviz.record(model) as recording:
        for _ in range(40):
            model(torch.randn(64, 4))
    figure = distributions(recording)
    assert figure.arrays["dead"][0, 0, -1] / 250 == pytest.approx(recording.dead("1")[-1])
    assert recording.dead("1")[-1] >= 0.2


def test_values_beyond_the_axis_are_counted_in_its_outermost_bars():
    recording = Recording()
    for row in range(40):
        values = np.random.default_rng(row).normal(size=500).astype(np.float32)
        fill(recording, row, "layer", values if row else values * 1000, None)
    recording.close()
    figure = distributions(recording)
    panel = figure.spec["layers"][0]
    assert panel["range"][1] < 20
    assert panel["outside"]
    np.testing.assert_allclose(heights_in_shares(figure)[0].sum(0), 1, atol=0.2)
    assert heights_in_shares(figure)[0, [0, -1], 0].sum() > 0.9


def test_explosion_leaves_the_other_series_its_axis():
    wild = Recording()
    for row in range(20):
        values = np.random.default_rng(row).normal(size=500).astype(np.float32)
        fill(wild, row, "layer", values * np.float32(10.0 ** (2 * row)), None)
    wild.close()
    calm = Recording()
    for row in range(20):
        fill(calm, row, "layer", np.random.default_rng(row).normal(size=500), None)
    calm.close()
    figure = distributions({"without BN": wild, "with BN": calm})
    assert max(np.abs(figure.spec["layers"][0]["range"])) < 1e4
    # and the spread before the explosion is not lost beside that after it
    stored = figure.arrays["std"][0].astype(float) * np.reshape(panel_scale(figure), (-1, 1))
    np.testing.assert_allclose(stored[0], wild.std("layer"), rtol=1e-3)


def test_nan_and_inf_are_counted_and_said():
    recording = made(layers=1)
    bad = np.array([np.nan] * 5 + [np.inf] * 3 + [-np.inf] * 2 + [0.5], np.float32)
    fill(recording, 20, "hidden1.activation", bad, "sigmoid")
    figure = distributions(recording)
    assert figure.arrays["nonfinite"][0, 0, :, -1].tolist() == [5, 3, 2]
    assert "NaN or infinite" in figure.alt
    assert "nonfinite" not in distributions(made()).arrays


def test_figure_says_what_the_recording_says_also_of_infinities_and_zeros():
    """Zeros count as zero, infinities as saturated, NaN not at all, in the newest row as well."""
    values = np.array(
        [0.0] * 30 + [-np.inf] * 20 + [np.inf] * 5 + [1, 5, -5, np.nan, 2], np.float32
    )
    for kind, method in (("relu", "inactive"), ("sigmoid", "saturated")):
        recording = Recording()
        for row in range(3):
            fill(recording, row, "layer", values[row:], kind)
        figure = distributions(recording)
        panel, arrays = figure.spec["layers"][0], figure.arrays
        off = getattr(recording, method)("layer")
        np.testing.assert_array_equal(arrays["off"][0, 0], np.ceil(250 * off - 1e-6))
        low, high = panel["span"]
        shown = percents_of(panel, arrays["percents"][0])[0].T
        exact = np.clip(recording.percentiles("layer"), low, high)
        np.testing.assert_allclose(shown, exact, atol=0.51 * (high - low) / 254)
        bars = np.linspace(*panel["range"], 61)
        bars[0], bars[-1] = histogram.EDGES[[0, -1]]
        shares = recording.density("layer", bars).T
        np.testing.assert_allclose(
            np.sqrt(heights_in_shares(figure)[0]), np.sqrt(shares), atol=np.sqrt(panel["top"]) / 100
        )
        row, bad, _ = Newest({"": recording}, figure.spec["layers"]).read()
        newest = np.frombuffer(row, np.uint8)[4:]
        np.testing.assert_allclose(newest[:3], arrays["percents"][0, 0, :, -1], atol=1)
        assert newest[3] == arrays["off"][0, 0, -1]
        heights = np.cumsum(arrays["heights"][0, 0], axis=-1, dtype=np.uint8)[:, -1]
        np.testing.assert_array_equal(newest[5:], heights)
        assert bad == recording.nonfinite("layer")[-1].tolist()


def test_layer_without_any_number_still_makes_a_figure():
    recording = Recording()
    for row in range(3):
        fill(recording, row, "layer", np.full(10, np.nan, np.float32), "relu")
    recording.close()
    figure = distributions(recording)
    assert not heights_in_shares(figure).any()
    assert np.isnan(percents_of(figure.spec["layers"][0], figure.arrays["percents"][0])).all()
    assert figure.to_html(code=False)


def test_recordings_of_unequal_length_share_the_steps_of_the_longer():
    long, short = made(rows=30), made(rows=10)
    figure = distributions({"a": long, "b": short})
    assert figure.arrays["steps"].tolist() == list(range(1, 31))
    shown = heights_in_shares(figure)
    assert shown[0].sum(0).min() > 0.9
    assert shown[1, :, :10].sum(0).min() > 0.9
    assert not shown[1, :, 10:].any()


def test_layers_are_chosen_by_name_and_pattern():
    recording = made(layers=12)
    names = [p["name"] for p in distributions(recording, "hidden1*").spec["layers"]]
    assert names == [f"hidden{i}.activation" for i in (1, 10, 11, 12)]
    with pytest.raises(ValueError, match=r"no layer 'hiden1'.*there are hidden1\.activation, "):
        distributions(recording, ["hiden1"])


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ([1, 2], TypeError, "got a list; give a Recording"),
        ({"a": 3}, TypeError, "got a int; give a Recording"),
        ({}, ValueError, "give at least one"),
    ],
)
def test_what_is_no_recording_is_refused(wrong, error, message):
    with pytest.raises(error, match=message):
        distributions(wrong)


def test_bins_out_of_range_are_refused():
    with pytest.raises(ValueError, match="bins is 5; give a number from 10 to 200"):
        distributions(made(), bins=5)


def test_twins_bring_their_labels():
    pair = bnviz.Twins(sizes=(64, 20, 10)).train(20, progress=False)
    figure = distributions(pair)
    assert figure.spec["labels"] == ["without BN", "with BN"]
    pattern = r"hidden1\.activation: spread from [\d.e-]+ to [\d.e-]+ without BN, from [\d.]+ to"
    assert re.search(pattern, figure.alt)


def test_alternative_says_the_spread_of_each_layer():
    figure = distributions({"without BN": made(scale=0.02), "with BN": made(scale=0.5)})
    assert re.search(
        r"hidden2\.activation: spread from 0\.0\d+ to 0\.0[34]\d* without BN, "
        r"from 0\.[45]\d* to (1|0\.9\d*|1\.\d) with BN",
        figure.alt,
    )


def test_numbers_of_the_alternative_are_those_of_the_recording():
    recordings = {"without BN": made(scale=0.02), "with BN": made(scale=0.5, seed=1)}
    figure = distributions(recordings)
    for layer in recordings["with BN"].layers:
        said = re.search(rf"{re.escape(layer)}: spread ([^;]*)[;.]", figure.alt + ";")[1]
        stds = [recording.std(layer)[[0, -1]] for recording in recordings.values()]
        numbers = [float(n) for n in re.findall(r"(?:from|to) ([\d.e-]*\d)", said)]
        np.testing.assert_allclose(numbers, np.concatenate(stds), rtol=0.051)


def test_recording_of_two_by_four_layers_is_small_in_the_page():
    """200 steps, 60 bins, 8 histograms: at most 55 kB, on a network that really trains."""
    torch.manual_seed(0)
    digits = bnviz.data.digits()
    x, y = torch.tensor(digits.x_train), torch.tensor(digits.y_train)
    recordings = {}
    for label, norm in (("without BN", None), ("with BN", torch.nn.BatchNorm1d)):
        blocks = []
        for inputs in (64, 100, 100, 100):
            blocks += [torch.nn.Linear(inputs, 100), norm(100) if norm else torch.nn.Identity()]
            blocks += [torch.nn.ReLU()]
        model = torch.nn.Sequential(*blocks, torch.nn.Linear(100, 10))
        optimizer = torch.optim.SGD(model.parameters(), 0.1)
        with bnviz.record(model) as recordings[label]:
            for _ in range(800):
                batch = torch.randint(len(x), (60,))
                loss = torch.nn.functional.cross_entropy(model(x[batch]), y[batch])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
    figure = distributions(recordings)
    assert figure.arrays["heights"].shape == (4, 2, 60, 200)
    html = figure.to_html(code=False)
    data = re.search(r'class="bnviz-data">([^<]*)<', html)[1]
    spec = re.search(r'class="bnviz-spec">([^<]*)<', html)[1]
    assert len(data) + len(spec) <= 55_000


def test_picture_shows_every_layer_up_to_four():
    assert len(distributions(made(layers=2)).picture().axes) == 2 * 4
    assert len(distributions(made(layers=9)).picture().axes) == 4 * 4


# --- while it runs ------------------------------------------------------------------------------


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
        import contextlib

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
    follower = Follower(figure, recordings, widget)
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
    levels = np.cumsum(arrays["heights"], axis=-1, dtype=np.uint8)[..., -1]
    np.testing.assert_array_equal(heights.reshape(4, 2, 60), levels)
    np.testing.assert_allclose(std.view(np.float32), arrays["std"][..., -1].ravel(), rtol=1e-3)
    np.testing.assert_allclose(percents, arrays["percents"][..., -1].ravel(), atol=1)
    np.testing.assert_array_equal(off, arrays["off"][..., -1].ravel())
    np.testing.assert_array_equal(dead, arrays["dead"][..., -1].ravel())
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
        recording._coarsen()
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


def test_outside_a_notebook_show_says_it_in_words(capsys, monkeypatch):
    import sys

    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    distributions(made()).show()
    assert "hidden1.activation: spread" in capsys.readouterr().out


# --- in a browser -------------------------------------------------------------------------------


@pytest.fixture
def open_page(chromium, tmp_path):
    """Opens a figure saved to disk; any error in the console fails the test."""
    contexts, problems = [], []

    def open_(figure, motion="reduce", **options):
        options = {"viewport": {"width": 800, "height": 900}, **options}
        context = chromium.new_context(reduced_motion=motion, offline=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: m.type == "error" and problems.append(m.text))
        page.on("pageerror", lambda e: problems.append(str(e)))
        page.goto(figure.save_html(tmp_path / "figure.html").as_uri())
        if options.get("java_script_enabled", True):
            page.wait_for_selector("figure[data-ready]")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture(scope="module")
def twins_figure():
    return distributions(
        {
            "without BN": made(rows=200, layers=4, scale=0.3, kind="relu"),
            "with BN": made(rows=200, layers=4, seed=1, kind="relu"),
        }
    )


def settled(page):
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def test_slider_by_keyboard_moves_histograms_and_cursor(open_page, twins_figure):
    page = open_page(twins_figure)
    slider = page.get_by_role("slider", name="Training step")
    assert slider.get_attribute("aria-valuetext") == "200"
    bars = page.locator(".bnviz-panel g[clip-path] path").first
    cursor = page.locator(".bnviz-cursor").first
    before = bars.get_attribute("d"), float(cursor.get_attribute("x1"))
    slider.focus()
    page.keyboard.press("Home")
    settled(page)
    assert slider.get_attribute("aria-valuetext") == "1"
    assert bars.get_attribute("d") != before[0]
    assert float(cursor.get_attribute("x1")) < before[1]
    spread = page.locator(".bnviz-line").first.text_content()
    first = twins_figure.arrays["std"][0, 0, 0] * twins_figure.spec["layers"][0]["stdScale"][0]
    assert f"spread {first:.3f}" in spread


def test_drag_in_the_percentiles_chooses_the_step(open_page, twins_figure):
    page = open_page(twins_figure)
    area = page.locator(".bnviz-panel rect[style*=ew-resize]").first.bounding_box()
    middle = area["y"] + area["height"] / 2
    page.mouse.move(area["x"] + 5, middle)
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] / 2, middle, steps=4)
    page.mouse.up()
    settled(page)
    value = int(page.get_by_role("slider").get_attribute("aria-valuetext"))
    assert 95 <= value <= 106


def test_every_slider_move_is_handled_in_four_milliseconds_and_painted_next(
    open_page, twins_figure
):
    page = open_page(twins_figure)
    measure = """async () => {
      const slider = document.querySelector("input[type=range]");
      const figure = document.querySelector("figure");
      const handler = [], draw = [];
      let late = 0;
      for (let i = 0; i < 240; i += 1) {
        const draws = Number(figure.dataset.draws);
        slider.value = (i * 37) % 200;
        const start = performance.now();
        slider.dispatchEvent(new Event("input", { bubbles: true }));
        handler.push(performance.now() - start);
        await new Promise((done) => requestAnimationFrame(done));
        if (Number(figure.dataset.draws) !== draws + 1) late += 1;
        draw.push(figure.bnviz.drawTime);
      }
      const p95 = (times) => times.sort((a, b) => a - b)[Math.floor(times.length * 0.95)];
      return { handler: p95(handler), draw: p95(draw), late };
    }"""
    page.evaluate(measure)  # the first round also compiles
    for _ in range(3):  # another process may take the processor away once
        result = page.evaluate(measure)
        if result["handler"] + result["draw"] <= 4:
            break
    assert result["late"] == 0
    assert result["handler"] + result["draw"] <= 4


def test_it_plays_by_itself_once_in_a_page(open_page, twins_figure):
    page = open_page(twins_figure, motion="no-preference")
    page.wait_for_function("document.querySelector('input[type=range]').value > 20")
    page.get_by_role("button", name="Pause").click()
    assert page.get_by_role("button", name="Play").is_visible()


def test_it_does_not_play_for_readers_who_asked_for_less_motion(open_page, twins_figure):
    page = open_page(twins_figure)
    page.wait_for_timeout(300)
    assert page.get_by_role("button", name="Play").is_visible()
    assert page.get_attribute("figure", "data-draws") == "1"


def test_logarithmic_shares_keep_bars_inside_the_plot(open_page, twins_figure):
    page = open_page(twins_figure)
    bars = page.locator(".bnviz-panel g[clip-path] path").last
    before = bars.get_attribute("d")
    page.get_by_role("checkbox", name="Logarithmic shares").check()
    settled(page)
    after = bars.get_attribute("d")
    assert after != before
    assert "NaN" not in after
    assert "Infinity" not in after


def test_many_layers_come_in_pages(open_page):
    page = open_page(distributions(made(layers=21)))
    assert page.locator(".bnviz-panel").count() == 4
    page.get_by_role("combobox", name="Layers").select_option("21 of 21")
    settled(page)
    assert page.locator(".bnviz-panel-name").all_text_contents() == ["hidden21.activation"]
    assert page.locator(".bnviz-panel path[d^=M]").count() > 3


def test_nan_is_shown_loudly(open_page):
    recording = made(layers=1)
    fill(recording, 20, "hidden1.activation", np.full(7, np.nan, np.float32), "sigmoid")
    page = open_page(distributions(recording))
    assert page.get_by_text("7 NaN").is_visible()
    assert page.get_by_text("NaN or infinite").is_visible()


def test_names_of_layers_are_text(open_page):
    recording = Recording()
    name = "<img src=x onerror=boom()>"
    for row in range(3):
        fill(recording, row, name, np.ones(5), None)
    recording.close()
    page = open_page(distributions({f"{name}2": recording}))
    assert page.get_by_text(name, exact=True).is_visible()
    assert page.locator("figure img:not(.bnviz-picture)").count() == 0


@pytest.mark.parametrize("width", [360, 1000])
def test_nothing_is_cut_or_too_small(open_page, twins_figure, width):
    page = open_page(twins_figure, viewport={"width": width, "height": 900})
    problems = page.evaluate(
        """() => {
          const figure = document.querySelector("figure").getBoundingClientRect();
          return [...document.querySelectorAll("figure svg text")].flatMap((text) => {
            const box = text.getBoundingClientRect();
            const size = parseFloat(getComputedStyle(text).fontSize);
            const inside = box.left >= figure.left - 1 && box.right <= figure.right + 1;
            return inside && size >= 11 ? [] : [text.textContent];
          });
        }"""
    )
    assert problems == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_live_rows_are_appended_and_drawn(open_page, twins_figure):
    """The messages of the kernel, given to the module as anywidget would."""
    from bnviz.figures.base import esm, pack

    recordings = {
        "without BN": made(rows=50, layers=2, closed=False),
        "with BN": made(rows=50, layers=2, seed=1, closed=False),
    }
    figure = distributions(recordings)
    follower = Follower(figure, recordings, widget := Widget())
    page = open_page(twins_figure)
    page.evaluate(
        """async ([code, spec, data]) => {
            document.body.replaceChildren();
            const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
            const { default: module } = await import(url);
            const el = document.body.appendChild(document.createElement("div"));
            window.state = { spec, data: new DataView(Uint8Array.from(data).buffer) };
            window.listeners = {};
            await module.render({
              el,
              model: {
                get: (key) => window.state[key],
                on: (event, f) => { window.listeners[event] = f; },
                off: () => {},
              },
            });
        }""",
        [esm("distributions"), figure.full_spec(), list(pack(figure.arrays))],
    )
    page.wait_for_selector("figure[data-ready]")
    slider = page.get_by_role("slider", name="Training step")
    assert slider.get_attribute("aria-valuetext") == "50"
    for recording in recordings.values():
        values = np.random.default_rng(5).normal(0, 0.25, 400)
        for layer in recording.layers:
            fill(recording, 60, layer, values, "sigmoid")
    wait(follower)
    recordings["with BN"].notify()
    ((content, row),) = widget.rows
    page.evaluate(
        """([content, bytes]) => listeners["msg:custom"](
            content, [new DataView(Uint8Array.from(bytes).buffer)])""",
        [content, list(row)],
    )
    settled(page)
    assert slider.get_attribute("aria-valuetext") == "61"
    spread = page.locator(".bnviz-line").first.text_content()
    assert 0.23 < float(re.search(r"spread ([\d.]+)", spread)[1]) < 0.27

    # A reader who looks at an earlier step stays there, whatever arrives.
    page.get_by_role("slider").focus()
    page.keyboard.press("Home")
    for event in ('listeners["change:data"]()', 'listeners["msg:custom"](...window.again)'):
        page.evaluate(
            "([c, b]) => { window.again = [c, [new DataView(Uint8Array.from(b).buffer)]] }",
            [{**content, "step": 70, "last": 70}, list(row)],
        )
        page.evaluate(event)
        settled(page)
        assert slider.get_attribute("aria-valuetext") == "1"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_saved_page_is_accessible(open_page, twins_figure, scheme):
    page = open_page(twins_figure, color_scheme=scheme)
    page.add_script_tag(path=Path(axe_playwright_python.__file__).with_name("axe.min.js"))
    found = page.evaluate("axe.run(document).then((report) => report.violations)")
    assert [(v["id"], v["nodes"][0]["html"]) for v in found] == []


def test_page_asks_nobody_for_anything(open_page, twins_figure, tmp_path):
    page = open_page(twins_figure)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    page.wait_for_selector("figure[data-ready]")
    page.get_by_role("button", name="Play").click()
    page.wait_for_timeout(300)
    own = (tmp_path / "figure.html").as_uri()
    assert [url for url in asked if url != own and not url.startswith("data:")] == []


def test_scripts_off_leaves_the_picture(open_page, twins_figure):
    page = open_page(twins_figure, java_script_enabled=False)
    assert page.get_by_role("img", name=twins_figure.alt).is_visible()


def test_recording_that_never_ran_says_what_to_do():
    recording = Recording()
    recording.close()
    figure = distributions(recording)
    assert figure.alt == "Nothing is recorded yet."
    with pytest.raises(RecordingError, match="nothing was recorded"):
        recording.std("hidden1")
