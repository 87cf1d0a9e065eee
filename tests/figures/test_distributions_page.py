"""The figure `distributions` in a browser: what a reader sees, touches and hears."""

from __future__ import annotations

import re

import numpy as np
import pytest
from browser import after_draw, assert_fits, axe_findings, draws, height, touch
from playwright.sync_api import Page
from recorded import fill, gradients, made, pair, probe_of, run_of

from bnviz.figures import distributions
from bnviz.figures.gallery.distributions.encoding import add_up, percents_of, shares_of
from bnviz.figures.gallery.distributions.images import places_of
from bnviz.figures.gallery.distributions.live import Follower
from bnviz.figures.gallery.distributions.sources import read_sources
from bnviz.figures.kit import bundle
from bnviz.figures.kit.blob import pack
from bnviz.recording import Recording

FOLDER = bundle._GALLERY / "distributions"


@pytest.fixture(scope="module")
def figure():
    return distributions(pair())


def step_of(page: Page) -> str:
    return page.get_by_role("slider", name="Training step").get_attribute("aria-valuetext")


def slide(page: Page, row: int) -> None:
    """As a reader moves the slider."""
    slider = page.get_by_role("slider", name="Training step")
    after_draw(page, lambda: slider.fill(str(row)))


def places(page: Page, series: int) -> list[float]:
    """Where the images of a series stand, in pixels."""
    return (
        page.locator(".bnviz-images")
        .nth(series)
        .evaluate(
            """(row) => [...row.querySelectorAll(":scope > g")].map((card) =>
            Number(/translate\\((\\S+) /.exec(card.getAttribute("transform"))[1]))"""
        )
    )


def plots(page: Page):
    """The histogram, the percentiles, the accuracy."""
    return page.locator(".bnviz-room svg[role=img]")


# --- what it shows ------------------------------------------------------------------------------


def test_javascript_reads_what_python_encoded(chromium):
    """Every number of every row, also on an axis of sizes, with NaN and with missing rows."""
    short = made(rows=7, layers=2, kind="relu")
    fill(short, 7, "hidden1.activation", np.array([np.nan, np.inf, 1.0]), "relu")
    page = chromium.new_page()
    code = bundle._modules([FOLDER / "rows.js", bundle._KIT / "blob.js"])
    reading = """([code, spec, bytes]) => {
        const { readRows, unpack } = new Function(`${code}; return { readRows, unpack };`)();
        const arrays = unpack(new DataView(Uint8Array.from(bytes).buffer));
        const index = (list) => list.map((_, i) => i);
        const plain = (value) => typeof value === "number" ? String(value) : [...value].map(String);
        return readRows(spec, arrays).map((row) => index(spec.layers).map((l) =>
            index(spec.labels).map((s) => ({
                step: row.step,
                shares: plain(row.shares(l, s)),
                percentiles: plain([0, 1, 2].map((p) => row.percentile(l, s, p))),
                std: plain(row.std(l, s)),
                nonfinite: plain(row.nonfinite(l, s)),
                off: plain(row.off(l, s)),
            }))));
    }"""
    for figure in (
        distributions({"a": made(rows=12, kind="relu"), "b": short}),
        distributions(gradients(), "*.grad"),
    ):
        spec, arrays = figure.full_spec(), figure.arrays
        read = page.evaluate(reading, [code, spec, list(pack(arrays))])
        assert [row[0][0]["step"] for row in read] == arrays["steps"].tolist()
        for layer, panel in enumerate(spec["layers"]):
            for s in range(len(spec["labels"])):

                def column(name, layer=layer, s=s, read=read):
                    return np.array([row[layer][s][name] for row in read], dtype=float)

                shares = shares_of(panel, arrays["heights"][layer])[s].T
                np.testing.assert_allclose(column("shares"), shares, rtol=1e-5, atol=1e-9)
                percents = percents_of(panel, arrays["percents"][layer])[s].T
                np.testing.assert_allclose(column("percentiles"), percents, rtol=1e-9)
                std = arrays["std"][layer, s].astype(float) * panel["stdScale"][s]
                np.testing.assert_allclose(column("std"), std, rtol=1e-6)
                off = add_up(arrays["off"])[layer, s].astype(float)
                off[off == 255] = np.nan
                np.testing.assert_allclose(column("off"), off / 250)
                if "nonfinite" in arrays:
                    bad = arrays["nonfinite"][layer, s].T
                    np.testing.assert_array_equal(column("nonfinite"), bad)
    page.close()


def test_slider_by_keyboard_moves_histogram_numbers_and_cursor(open_figure, figure):
    page = open_figure(figure, reduced_motion="reduce")
    slider = page.get_by_role("slider", name="Training step")
    assert step_of(page) == "200"
    bars = page.locator(".bnviz-now g[clip-path] > path").first
    head = page.locator(".bnviz-playhead")
    before = bars.get_attribute("d"), head.bounding_box()["x"]
    slider.focus()
    after_draw(page, lambda: page.keyboard.press("Home"))
    assert step_of(page) == "1"
    assert bars.get_attribute("d") != before[0]
    assert head.bounding_box()["x"] < before[1] - 100
    assert page.locator(".bnviz-flag").text_content() == "step 1"
    std = figure.arrays["std"][3, 0, 0] * figure.spec["layers"][3]["stdScale"][0]
    assert page.locator(".bnviz-reading tbody td").first.text_content() == f"{std:.3f}"


def test_where_nothing_plays_it_rests_at_the_step_that_the_caller_gives(open_figure):
    page = open_figure(distributions(pair(), start=61), reduced_motion="reduce")
    assert step_of(page) == "61" and page.locator(".bnviz-flag").text_content() == "step 61"
    playing = open_figure(distributions(pair(), start=61), push=2000)  # not seen, so not begun
    assert step_of(playing) == "1"


def test_histogram_says_what_it_shows(open_figure, figure):
    page = open_figure(figure, reduced_motion="reduce")
    slide(page, 0)
    said = plots(page).first.get_attribute("aria-label")
    assert re.fullmatch(
        r"Histogram of layer 4 at step 1: standard deviation 0\.10\d without BN, 0\.99\d with BN\.",
        said,
    )
    accuracy = plots(page).nth(2).get_attribute("aria-label")
    assert accuracy == "Test accuracy at last: without BN 90 %, with BN 90 %."


def test_images_stand_where_the_unit_sets_them(open_figure, figure):
    page = open_figure(figure, width=936, reduced_motion="reduce")
    slide(page, 0)
    panel = figure.spec["layers"][3]
    first = [places_of(panel, figure.arrays[f"images.{s}.places"][3])[:, 0] for s in (0, 1)]
    shown = [places(page, s) for s in (0, 1)]
    # without BN all lie on one spot; with BN they spread, in the order of their values
    assert np.ptp(shown[0]) < 0.15 * np.ptp(shown[1])
    for values, pixels in zip(first, shown, strict=True):
        slope, start = np.polyfit(first[1], shown[1], 1)
        np.testing.assert_allclose(pixels, start + slope * values, atol=1)
    # on the same axis as the bars
    ticks = page.locator(".bnviz-now svg > g:nth-of-type(1) text").all()
    numbers = [t for t in ticks if re.fullmatch(r"−?[\d.]+", t.text_content())]
    for tick in numbers:
        value = float(tick.text_content().replace("−", "-"))
        assert float(tick.get_attribute("x")) == pytest.approx(start + slope * value, abs=2)


def test_between_two_moments_images_move_straight_on(open_figure):
    recording = made(rows=21, layers=1)
    probe = probe_of(recording, scale=4)
    probe.steps = np.array([0, 20])
    probe.train = {name: values[[0, -1]] for name, values in probe.train.items()}
    page = open_figure(distributions(run_of(recording, probe=probe)), reduced_motion="reduce")
    at = []
    for row in (0, 10, 20):
        if row != 20 or at:
            slide(page, row)
        at.append(places(page, 0))
    np.testing.assert_allclose(at[1], np.mean([at[0], at[2]], axis=0), atol=1.1)
    assert np.ptp(at[2]) > 1.8 * np.ptp(at[0])


def test_images_without_a_value_are_said_not_drawn(open_figure):
    recording = made(rows=21, layers=1)
    probe = probe_of(recording)
    probe.train["hidden1.activation"][5:] = np.nan
    page = open_figure(distributions(run_of(recording, probe=probe)), reduced_motion="reduce")
    assert page.get_by_text("NaN for every image").is_visible()
    hidden = page.locator(".bnviz-images > g[visibility=hidden]")
    assert hidden.count() == 24
    slide(page, 0)
    assert hidden.count() == 0


def test_nan_is_shown_loudly(open_figure):
    recording = made(layers=1)
    fill(recording, 20, "hidden1.activation", np.full(7, np.nan, np.float32), "sigmoid")
    for width in (360, 900):
        page = open_figure(distributions(recording), width=width, reduced_motion="reduce")
        chip = page.get_by_text("7 NaN")
        box, room = chip.bounding_box(), page.locator("figure").bounding_box()
        assert chip.is_visible()
        assert box["x"] + box["width"] <= room["x"] + room["width"]
        assert page.get_by_text("NaN or infinite").is_visible()
        slide(page, 3)
        assert not chip.is_visible()


def test_an_explosion_is_said_to_be_beyond_the_axis(open_figure):
    wild = Recording()
    for row in range(20):
        values = np.random.default_rng(row).normal(size=500) * 10.0 ** (2 * row)
        fill(wild, row, "layer", values.astype(np.float32), None)
    wild.close()
    calm = Recording()
    for row in range(20):
        fill(calm, row, "layer", np.random.default_rng(row).normal(size=500), None)
    calm.close()
    page = open_figure(distributions({"wild": wild, "calm": calm}), reduced_motion="reduce")
    beyond = page.get_by_text(re.compile("here and beyond")).all_text_contents()
    assert len(beyond) == 2
    assert beyond[0].startswith("◂ ")
    assert beyond[1].endswith(" ▸")


# --- what a reader does -------------------------------------------------------------------------


@pytest.mark.parametrize("plot", [1, 2])
def test_drag_in_the_plots_over_time_chooses_the_step(open_figure, figure, plot):
    page = open_figure(figure, width=936, reduced_motion="reduce")
    area = plots(page).nth(plot).locator("rect[style*=ew-resize]").bounding_box()
    middle = area["y"] + area["height"] / 2
    page.mouse.move(area["x"] + 5, middle)
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] / 2, middle, steps=4)
    page.mouse.up()
    page.wait_for_timeout(50)
    assert 97 <= int(step_of(page)) <= 104


def test_a_tap_chooses_and_a_swipe_scrolls(open_figure, figure):
    page = open_figure(figure, width=360, push=300, has_touch=True, reduced_motion="reduce")
    page.evaluate("document.body.style.paddingBottom = '2000px'")
    area = plots(page).nth(2).locator("rect[style*=ew-resize]").bounding_box()
    x, y = area["x"] + area["width"] / 4, area["y"] + area["height"] / 2
    page.evaluate("scrollTo(0, 300)")
    y -= 300
    touch(page, [(x, y), (x, y - 40), (x + 1, y - 120), (x + 2, y - 200)])
    page.wait_for_timeout(300)
    assert page.evaluate("scrollY") > 320
    assert step_of(page) == "200"
    page.evaluate("scrollTo(0, 300)")
    page.wait_for_timeout(300)  # until Chromium's compositor knows where fingers tap
    after_draw(page, lambda: page.touchscreen.tap(x, y))
    assert 45 <= int(step_of(page)) <= 55


def test_a_small_layer_becomes_the_large_one(open_figure, figure):
    page = open_figure(figure, width=936, reduced_motion="reduce")
    before = height(page)
    small = page.get_by_role("radio", name="layer 2")
    after_draw(page, lambda: small.check())
    assert page.locator(".bnviz-layer-name").text_content() == "layer 2"
    assert height(page) == before
    after_draw(page, lambda: page.keyboard.press("ArrowRight"))
    assert page.locator(".bnviz-layer-name").text_content() == "layer 3"
    std = figure.arrays["std"][2, :, -1].astype(float) * figure.spec["layers"][2]["stdScale"]
    cells = page.locator(".bnviz-reading tbody tr").all()
    shown = [float(row.locator("td").first.text_content()) for row in cells]
    np.testing.assert_allclose(shown, std, rtol=6e-3)


def test_many_layers_have_a_strip_of_their_own(open_figure):
    page = open_figure(distributions(made(rows=5, layers=60)), width=936, reduced_motion="reduce")
    last = page.get_by_role("radio", name="hidden60.activation")
    assert last.is_checked()
    strip, card = page.locator(".bnviz-strip"), page.locator(".bnviz-strip label").last
    box, room = card.bounding_box(), strip.bounding_box()
    assert box["x"] + box["width"] <= room["x"] + room["width"] + 1  # in view from the start
    drawn = "all => all.map((path) => Boolean(path.getAttribute('d')))"
    bars = page.eval_on_selector_all(".bnviz-mini path", drawn)
    assert bars[-1]
    assert not bars[0]  # far out of view: not drawn
    after_draw(page, lambda: strip.evaluate("(strip) => { strip.scrollLeft = 0; }"))
    assert page.eval_on_selector_all(".bnviz-mini path", drawn)[0]
    assert page.evaluate("document.documentElement.scrollWidth") <= 936


def test_long_names_are_shortened_in_the_middle(open_figure):
    recording = Recording()
    name = "encoder.layers.11.attention.output.dense.activation"
    for row in range(3):
        fill(recording, row, name, np.ones(5), None)
        fill(recording, row, f"{name}_fn", np.ones(5), None)
    recording.close()
    page = open_figure(distributions(recording), width=360, reduced_motion="reduce")
    title = page.locator(".bnviz-layer-name")
    assert re.fullmatch(r"encode\w*\.?…\w*tion_fn", title.text_content())
    assert title.get_attribute("title") == f"{name}_fn"
    assert page.locator(".bnviz-strip label").first.get_attribute("title") == name


def test_the_bars_stay_in_the_plot_on_every_scale(open_figure, figure):
    page = open_figure(figure, width=360, reduced_motion="reduce")
    drawing = page.locator(".bnviz-now").bounding_box()["height"]
    page.get_by_text("Options").click()  # unfolds below the drawing, which keeps its size
    assert page.locator(".bnviz-now").bounding_box()["height"] == drawing
    whole = height(page)
    bars = page.locator(".bnviz-now g[clip-path] > path")
    area = page.locator(".bnviz-now clipPath rect")
    seen = set()
    for name in ("linear", "logarithmic", "square root"):
        after_draw(page, lambda name=name: page.get_by_role("radio", name=name).check())
        assert height(page) == whole
        d = bars.first.get_attribute("d") + bars.nth(1).get_attribute("d")
        seen.add(d)
        assert "NaN" not in d
        assert "Infinity" not in d
        ys = [float(y) for y in re.findall(r"V([\d.-]+)", d)]
        assert min(ys) >= float(area.get_attribute("y"))
    assert len(seen) == 3


def test_axes_stay_while_the_training_plays(open_figure, figure):
    page = open_figure(figure, reduced_motion="reduce")
    numbers = "all => all.map((t) => t.textContent + t.getAttribute('x') + t.getAttribute('y'))"
    axes = page.eval_on_selector_all(".bnviz-room svg > g:not([clip-path]) text", numbers)
    whole = height(page)
    for row in (0, 60, 199):
        slide(page, row) if str(row + 1) != step_of(page) else None
        now = page.eval_on_selector_all(".bnviz-room svg > g:not([clip-path]) text", numbers)
        assert [n for n in now if "beyond" not in n] == [n for n in axes if "beyond" not in n]
        assert height(page) == whole


def test_it_plays_by_itself_once_all_of_it_is_seen(open_figure, figure):
    page = open_figure(figure, push=400)
    page.wait_for_timeout(300)
    assert draws(page) == 1
    page.evaluate("scrollTo(0, 420)")
    page.wait_for_function("document.querySelector('input[type=range]').value > 20")
    page.get_by_role("button", name="Pause").click()
    assert page.get_by_role("button", name="Play").is_visible()


def test_it_does_not_play_for_readers_who_asked_for_less_motion(open_figure, figure):
    page = open_figure(figure, reduced_motion="reduce")
    page.wait_for_timeout(300)
    assert page.get_by_role("button", name="Play").is_visible()
    assert draws(page) == 1


# --- how it stands in the page ------------------------------------------------------------------


def test_the_whole_figure_is_seen_at_once(open_figure, figure):
    assert_fits(open_figure, figure)


def test_three_series_fit_too(open_figure):
    runs = pair(rows=20)
    third = made(rows=20, layers=4, seed=2, kind="relu")
    assert_fits(open_figure, distributions({**runs, "layer norm": run_of(third)}))


@pytest.mark.parametrize("width", [360, 936])
def test_nothing_stands_beside_its_place(open_figure, figure, width):
    page = open_figure(figure, width=width, reduced_motion="reduce")
    beyond = page.evaluate(
        """() => {
          const room = document.querySelector(".bnviz-stage").getBoundingClientRect();
          return [...document.querySelectorAll(".bnviz-stage :is(th, td, text, button, summary)")]
            .filter((e) => e.checkVisibility() && e.textContent.trim())
            .filter((e) => {
              const box = e.getBoundingClientRect();
              return box.left < room.left - 8 || box.right > room.right + 8 ||
                box.bottom > room.bottom + 1;
            }).map((e) => e.textContent);
        }"""
    )
    assert beyond == []


def test_every_move_is_drawn_in_four_milliseconds(open_figure, figure):
    page = open_figure(figure, reduced_motion="reduce")
    measure = """async () => {
      const slider = document.querySelector("input[type=range]");
      const figure = document.querySelector("figure");
      const times = [];
      for (let i = 0; i < 80; i += 1) {
        slider.value = (i * 37) % 200;
        const start = performance.now();
        slider.dispatchEvent(new Event("input", { bubbles: true }));
        const handled = performance.now() - start;
        await new Promise((done) => requestAnimationFrame(done));
        times.push(handled + figure.bnviz.drawTime);
      }
      return times;
    }"""
    page.evaluate(measure)  # the first round also compiles
    # Other processes take the processor away now and then, but not every time at the same move.
    rounds = np.array([page.evaluate(measure) for _ in range(5)])
    assert np.percentile(rounds.min(axis=0), 95) <= 4


def test_names_are_text(open_figure):
    recording = Recording()
    name = "<img src=x onerror=boom()>"
    for row in range(3):
        fill(recording, row, name, np.ones(5), None)
    recording.close()
    page = open_figure(distributions({f"{name}2": recording}), reduced_motion="reduce")
    assert page.locator(".bnviz-layer-name").get_attribute("title") == name
    assert page.locator("figure img:not(.bnviz-still > img)").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible(open_figure, figure, scheme):
    page = open_figure(figure, color_scheme=scheme)
    assert axe_findings(page) == []


def test_scripts_off_leaves_the_picture(open_figure, figure):
    page = open_figure(figure, java_script_enabled=False)
    assert page.get_by_role("img", name=figure.alt).is_visible()


def test_a_closed_recording_of_nothing_says_so_in_the_page(open_figure):
    recording = Recording()
    recording.close()
    page = open_figure(distributions(recording))
    said = page.locator(".bnviz-note")
    assert said.is_visible() and said.inner_text().startswith("Nothing was recorded: the model nev")


# --- while it runs ------------------------------------------------------------------------------


class Widget:
    """Stands in for the anywidget, and notes what it is sent."""

    def __init__(self) -> None:
        self.rows: list[tuple[dict, bytes]] = []

    def send(self, content, buffers):
        self.rows.append((content, bytes(buffers[0])))


def test_live_rows_and_accuracies_are_appended_and_drawn(open_figure, figure):
    """The messages of the kernel, given to the module as anywidget would."""
    recordings = {
        "without BN": made(rows=50, layers=2, closed=False),
        "with BN": made(rows=50, layers=2, seed=1, closed=False),
    }
    runs = {label: run_of(recording) for label, recording in recordings.items()}
    live = distributions(runs)
    follower = Follower(live, read_sources(runs), widget := Widget())
    page = open_figure(figure, reduced_motion="reduce")
    page.evaluate(
        """async ([code, spec, data]) => {
            document.querySelector("figure").remove();
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
        [bundle.esm("distributions"), live.full_spec(), list(pack(live.arrays))],
    )
    page.wait_for_selector("figure[data-ready]")
    assert step_of(page) == "50"
    line = plots(page).nth(2).locator("g[clip-path] path").first
    before = line.get_attribute("d")
    for label, recording in recordings.items():
        values = np.random.default_rng(5).normal(0, 0.25, 400)
        for layer in recording.layers:
            fill(recording, 60, layer, values, "sigmoid")
        runs[label].steps = np.append(runs[label].steps, 60)
        runs[label].accuracy = np.append(runs[label].accuracy, 0.95)
    follower._sent -= 10
    recordings["with BN"].notify()
    ((content, row),) = widget.rows
    send = """([content, bytes]) => listeners["msg:custom"](
        content, [new DataView(Uint8Array.from(bytes).buffer)])"""
    after_draw(page, lambda: page.evaluate(send, [content, list(row)]))
    assert step_of(page) == "61"
    std = float(page.locator(".bnviz-reading tbody td").first.text_content())
    assert 0.23 < std < 0.27
    assert line.get_attribute("d").count("L") == before.count("L") + 1

    # A reader who looks at an earlier step stays there, whatever arrives.
    page.get_by_role("slider", name="Training step").focus()
    after_draw(page, lambda: page.keyboard.press("Home"))
    later = {**content, "step": 70, "last": 70}
    for act in (send, "() => listeners['change:data']()", send):
        after_draw(page, lambda act=act: page.evaluate(act, [later, list(row)]))
        assert step_of(page) == "1"
