"""The four forms that every figure has, shown on a figure of a few lines."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import types
import zlib
from base64 import b64decode
from pathlib import Path

import anywidget
import numpy as np
import pytest
from browser import add_output, draws, height, touch, wait_for_figures
from demo import demo
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from playwright.sync_api import Browser, Page

from bnviz.figures import Figure, curves, dots
from bnviz.figures.kit import bundle, notebook
from bnviz.figures.kit.axes import Axis
from bnviz.figures.kit.blob import pack
from bnviz.figures.kit.bundle import esm
from bnviz.figures.kit.causes import read_causes
from bnviz.figures.kit.labels import by_label, styles_of
from bnviz.figures.kit.paper import STYLES, series_styles, to_png

KIT = Path(notebook.__file__).parent


def embedded_data(html: str) -> bytes:
    text = re.search(r'class="bnviz-data">([^<]*)<', html)[1]
    return zlib.decompress(b64decode(text))


# --- without a browser --------------------------------------------------------------------------


def test_importing_figures_loads_numpy_alone():
    code = (
        "import sys, bnviz.figures; print([m for m in "
        "('torch', 'matplotlib', 'anywidget', 'ipywidgets', 'IPython', 'PIL') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_caption_says_what_to_do_only_where_it_can_be_done(open_figure, demo_folder):
    figure = demo(caption="{Drag <it>.} A line{: choose one}.")
    assert figure.full_spec()["caption"] == "Drag <it>. A line: choose one."
    page = open_figure(figure)
    assert page.locator("figcaption").inner_text() == "Drag <it>. A line: choose one."
    page.emulate_media(media="print")
    assert page.locator("figcaption").inner_text().strip() == "A line."
    page = open_figure(figure, java_script_enabled=False)
    assert page.locator("figcaption").inner_text().strip() == "A line."


def test_html_holds_picture_data_alternative_caption_and_height():
    html = demo().to_html(code=False)
    assert html.startswith('<figure class="bnviz-figure bnviz-demo" data-figure="demo"')
    assert "--bnviz-wide:300px;--bnviz-narrow:380px" in html
    assert 'alt="with BN rises from 0 to 10"' in html
    assert html.count('src="data:image/png;base64,') == 1
    assert "<figcaption>A line.</figcaption>" in html
    assert embedded_data(html) == pack(demo().arrays)
    assert "data-bnviz-code" not in html


def test_code_is_two_elements_that_a_page_can_leave_out(demo_folder):
    with_code, without = demo().to_html(), demo().to_html(code=False)
    bare = re.sub(r"\n?<(script|style) data-bnviz-code>.*?</\1>\n?", "", with_code, flags=re.S)
    assert bare == without


def test_a_notebook_keeps_the_picture_once(demo_folder):
    bundle = demo()._repr_mimebundle_()[0]
    assert set(bundle) == {"text/plain", "text/html"}
    assert bundle["text/html"].count("data:image/png") == 1


def test_a_figure_may_stand_still_as_text():
    figure = Figure("demo", alt="Why?", height=(100, 100), still="<p>Because.</p>")
    assert '<div class="bnviz-still"><p>Because.</p></div>' in figure.to_html(code=False)
    with pytest.raises(TypeError, match="the figure demo has no picture"):
        figure.picture()


def test_names_given_by_the_user_cannot_leave_their_place():
    evil = '</script><!--<img src=x onerror="boom()">'
    html = demo(label=evil, caption=evil).to_html(code=False)
    assert "<img src=x" not in html
    assert html.count("</script>") == 2
    spec = re.search(r'class="bnviz-spec">(.*?)</script>', html, re.S)[1]
    assert json.loads(spec)["styles"][0]["label"] == evil


def test_pack_refuses_what_javascript_cannot_hold():
    with pytest.raises(TypeError, match=r"'steps' has dtype int64.*astype"):
        pack({"steps": np.arange(3, dtype=np.int64)})


@given(
    hnp.arrays(
        st.sampled_from([np.uint8, np.int32, np.float16, np.float32, np.float64]),
        hnp.array_shapes(max_dims=3, max_side=5),
    )
)
def test_packed_arrays_can_be_read_at_their_offsets(array):
    blob = pack({"first": np.zeros(3, np.uint8), "array": array})
    header = json.loads(blob[4 : 4 + int.from_bytes(blob[:4], "little")])
    entry = header["array"]
    assert entry["offset"] % 8 == 0
    read = np.frombuffer(blob, entry["dtype"], array.size, entry["offset"]).reshape(entry["shape"])
    np.testing.assert_array_equal(read, array)


# --- looks ----------------------------------------------------------------------------------------


def test_styles_follow_keys_and_not_the_words_of_labels():
    labels = ["no BN", "BN", "with BN", "plain"]
    assert [s["key"] for s in series_styles(labels)] == ["a", "b", "c", "d"]
    asked = series_styles(labels, {"BN": "with", "no BN": "without"})
    assert [s["key"] for s in asked] == ["without", "with", "a", "b"]


def test_a_style_that_is_asked_for_is_not_given_away():
    styles = series_styles(["one", "two", "three"], {"three": "a"})
    assert [s["key"] for s in styles] == ["b", "c", "a"]


def test_a_style_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match=r"style of 'BN' is 'blue'; give one of without, with, a"):
        series_styles(["BN"], {"BN": "blue"})
    with pytest.raises(ValueError, match="styles names 'bn'; the series are BN"):
        series_styles(["BN"], {"bn": "with"})


def test_styles_differ_by_dash_too():
    assert len({dash for _, dash in STYLES.values()}) == len(STYLES)


def test_runs_bring_their_style():
    run = types.SimpleNamespace(style="with")
    assert styles_of({"one": run, "two": [run, run], "three": 1.0}) == {
        "one": "with",
        "two": "with",
        "three": None,
    }
    assert styles_of({"one": run}, {"one": "a"}) == {"one": "a"}


@pytest.mark.parametrize("selector", [".bnviz-figure", 'html[data-theme="dark"] .bnviz-figure'])
def test_colors_stand_out_from_the_background(selector):
    css = (KIT / "kit.css").read_text()
    block = css[css.index(f"\n{selector}") :].split("}")[0]
    colors = dict(re.findall(r"--bnviz-([\w-]+): (#\w{6})", block))

    def luminance(color):
        channels = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        linear = np.where(
            channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4
        )
        return linear @ [0.2126, 0.7152, 0.0722]

    def contrast(a, b):
        high, low = sorted((luminance(colors[a]), luminance(colors[b])), reverse=True)
        return (high + 0.05) / (low + 0.05)

    for key in STYLES:
        assert contrast(key, "surface") >= 3
    assert contrast("text", "surface") >= 7
    assert contrast("muted", "surface") >= 4.5
    assert contrast("alarm", "alarm-surface") >= 4.5
    assert contrast("text", "control") >= 4.5
    assert contrast("accent", "surface") >= 4.5


def test_paper_has_the_colors_of_light_pages():
    css = (KIT / "kit.css").read_text()
    for key, (color, _) in STYLES.items():
        assert f"--bnviz-{key}: {color};" in css


def test_a_picture_has_no_ground():
    from io import BytesIO

    from PIL import Image

    image = Image.open(BytesIO(to_png(demo().picture()))).convert("RGBA")
    assert image.getpixel((2, 2))[3] == 0


# --- data by label and by cause -----------------------------------------------------------------


def test_things_by_label():
    pair = types.SimpleNamespace(runs={"without BN": 1, "with BN": 2})
    assert by_label(pair) == {"without BN": 1, "with BN": 2}
    assert by_label([pair, pair]) == {"without BN": [1, 1], "with BN": [2, 2]}
    assert by_label({"x": 3}) == {"x": 3}
    assert by_label([1.0, 2.0]) == {"": [1.0, 2.0]}


def test_causes_are_counted_with_the_last_one_fastest():
    data = {(a, b): f"{a}{b}" for b in (1, 2) for a in "xy"}
    cells = read_causes(data, {"letter": ["x", "y"], "number": [1, 2]}, "f()")
    assert cells.values == ["x1", "x2", "y1", "y2"]
    assert cells.names[2] == "letter y, number 1"
    assert cells.spec[1] == {"name": "number", "values": ["1", "2"]}


@pytest.mark.parametrize("data", [{4: 0}, {4: 0, 64: 0, 256: 0}])
def test_a_combination_that_is_missing_or_too_many_is_named(data):
    with pytest.raises(ValueError, match="missing or too many: (64|256)"):
        read_causes(data, {"batch size": [4, 64]}, "f()")


def test_causes_need_a_mapping_and_values():
    with pytest.raises(TypeError, match="f\\(\\) got causes and a list"):
        read_causes([1], {"batch size": [4]}, "f()")
    with pytest.raises(ValueError, match="'batch size' has no values"):
        read_causes({}, {"batch size": []}, "f()")


def test_a_reader_begins_where_the_maker_says():
    causes = {"letter": ["x", "y"], "number": [1, 2, 3]}
    cells = read_causes({(a, n): 0 for a in "xy" for n in (1, 2, 3)}, causes, "f()")
    assert cells.start(None, "f()", "step") == {"cell": 0, "at": None}
    assert cells.start({"number": 3}, "f()") == {"cell": 2, "at": None}
    assert cells.start({"letter": "y", "step": 40}, "f()", "step") == {"cell": 3, "at": 40.0}
    for wrong in ({"letter": "z"}, {"step": 40}, {"size": 1}):
        with pytest.raises(ValueError, match="f\\(\\): start has"):
            cells.start(wrong, "f()")
    with pytest.raises(ValueError, match="give a number on that axis"):
        cells.start({"step": "last"}, "f()", "step")


def test_a_cause_is_begun_with_by_its_value_its_text_or_what_reads_like_it():
    cells = read_causes({4: 0, 0.1 + 0.2: 1}, {"rate": [4, 0.1 + 0.2]}, "f()")
    for wanted in (0.1 + 0.2, 0.3, "0.3"):
        assert cells.start({"rate": wanted}, "f()")["cell"] == 1


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([1000001, 1000002], ["1.000001×10⁶", "1.000002×10⁶"]),
        ([0.5, 0.12311, 0.12312], ["0.5", "0.12311", "0.12312"]),
        ([1e-5, 1.25e-5], ["10⁻⁵", "1.25×10⁻⁵"]),
        ([False, True], ["no", "yes"]),
    ],
)
def test_values_of_a_cause_read_differently_and_each_can_be_begun_with(values, texts):
    cells = read_causes(dict.fromkeys(values, 0), {"seed": values}, "f()")
    assert cells.spec[0]["values"] == texts
    for wanted in (values, texts):
        assert [cells.start({"seed": one}, "f()")["cell"] for one in wanted] == [*range(len(texts))]


def test_a_start_between_two_values_is_neither():
    cells = read_causes({0.12311: 0, 0.12312: 1}, {"rate": [0.12311, 0.12312]}, "f()")
    with pytest.raises(ValueError, match=r"start has 0.1231 for 'rate'; it is one of 0.12311, 0.1"):
        cells.start({"rate": 0.1231}, "f()")


@pytest.mark.parametrize("values", [[1, "1"], [4, 4]])
def test_values_of_a_cause_that_no_reader_can_tell_apart_are_refused(values):
    with pytest.raises(ValueError, match=f"'seed' has two values that read '{values[0]}'"):
        read_causes(dict.fromkeys(values, 0), {"seed": values}, "f()")


@pytest.mark.parametrize("kind", ["curves", "dots"])
def test_choice_and_cursor_begin_there(open_figure, kind):
    start = {"size": "large", "batch size": 4}
    if kind == "curves":
        data = {size: {"BN": np.arange(3) / 4 + k / 8} for k, size in enumerate(("small", "large"))}
        options = {"x": [2, 4, 8], "x_axis": Axis("batch size")}
        figure = curves(data, causes={"size": ["small", "large"]}, start=start, **options)
    else:
        data = {size: {2: [k], 4: [k + 1], 8: [k + 2]} for k, size in enumerate(("small", "large"))}
        options = {"condition_axis": Axis("batch size"), "value_axis": Axis("loss")}
        figure = dots(data, causes={"size": ["small", "large"]}, start=start, **options)
    page = open_figure(figure)
    assert page.get_by_role("radio", name="large").is_checked()
    assert page.get_by_role("slider", name="batch size").get_attribute("aria-valuetext") == "4"


def test_a_picture_of_some_choices_has_the_first_the_last_and_some_between():
    cells = read_causes({n: n for n in range(9)}, {"number": range(9)}, "f()")
    assert cells.some(3) == [0, 4, 8]
    assert cells.some(20) == [*range(9)]


def test_an_axis_leaves_room_for_the_others_beside_a_run_that_explodes():
    values = np.array([1.0, 2, 3, 2, 1, 2, 3, 1, 2, 1e9])
    low, high = Axis("loss").ends([values])
    assert low == 0 and 3 < high < 20
    low, high = Axis("log-likelihood").ends([-values])
    assert -20 < low < -3 and -1 < high < 0


@pytest.mark.parametrize(("least", "low"), [(2.0, 0.0), (5.0, 0.0), (7.0, 6.88), (-5.0, -5.6)])
def test_an_axis_begins_at_0_where_that_is_near(least, low):
    assert Axis("loss").ends([np.array([least, 10.0])])[0] == pytest.approx(low)


@pytest.mark.parametrize(("least", "low"), [(0.83, 0.8), (0.3, 0.0), (1.0, 0.0), (-0.2, -0.2)])
def test_an_axis_of_per_cent_ends_at_100_and_begins_at_0_or_a_round_number(least, low):
    ends = Axis("accuracy", percent=True).ends([np.array([least, 1.0])])
    assert ends == pytest.approx([low, 1.0])


def test_a_logarithmic_axis_leaves_room_too_beside_runs_that_explode_or_vanish():
    values = np.array([1e-30, 0.5, 1.0, 2.0, 1e30])
    low, high = Axis("error", log=True).ends([values])
    assert 1e-15 < low < 0.5 and 2 < high < 1e15


def test_a_logarithmic_axis_leaves_out_what_has_no_place():
    low, high = Axis("error", log=True).ends([np.array([0.0, -1.0, 0.1, 10.0, np.nan, np.inf])])
    assert 0.08 < low <= 0.1 and 10 <= high < 12
    with pytest.raises(ValueError, match="above zero"):
        Axis("error", log=True, range=(0, 1))


# --- in a browser -------------------------------------------------------------------------------


def test_saved_page_moves_from_disk(demo_folder, open_figure):
    page = open_figure(demo())
    figure = page.locator("figure.bnviz-figure")
    assert page.title() == page.get_by_role("heading", level=1).inner_text() == "Demo"
    assert page.get_attribute("html", "lang") == "en"
    before = int(figure.get_attribute("data-draws"))
    assert figure.locator(".demo-line").get_attribute("d").count("L") == 0
    slider = page.get_by_role("slider", name="Step")
    slider.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    # One drawing a frame: three keys may take one, or three.
    line = "document.querySelector('.demo-line').getAttribute('d')"
    page.wait_for_function(f"{line}.match(/L/g)?.length === 3")
    assert int(figure.get_attribute("data-draws")) > before
    assert slider.get_attribute("aria-valuetext") == "3"
    assert page.get_by_role("img", name="with BN rises from 0 to 10").count() == 1
    assert not figure.locator("img").is_visible()


def test_jupyterlab_leaves_arrow_keys_to_a_control_that_has_the_focus(demo_folder, open_figure):
    page = open_figure(demo())
    for control in (page.get_by_role("button", name="Play"), page.get_by_role("slider")):
        assert control.get_attribute("data-lm-suppress-shortcuts") is None
        control.focus()
        assert control.get_attribute("data-lm-suppress-shortcuts") == "true"


def test_many_moves_are_one_draw_that_lays_out_nothing_anew(demo_folder, open_figure):
    code = demo_folder / "demo.js"
    code.write_text(code.read_text().replace("chart.frame(", "window.laid += 1;\nchart.frame("))
    page = open_figure(demo())
    drawn = page.evaluate(
        """async () => {
            const frames = async () => {
              for (let i = 0; i < 3; i += 1) await new Promise(requestAnimationFrame);
            };
            await frames();
            window.laid = 0;
            const figure = document.querySelector("figure");
            const before = Number(figure.dataset.draws);
            const slider = figure.querySelector("input");
            for (const value of [1, 2, 3]) {
              slider.value = value;
              slider.dispatchEvent(new Event("input"));
            }
            await frames();
            return [Number(figure.dataset.draws) - before, window.laid];
        }"""
    )
    assert drawn == [1, 0]


def play_quickly(demo_folder: Path, duration: int) -> None:
    """Milliseconds that the demo plays for from now on."""
    code = demo_folder / "demo.js"
    text = code.read_text()
    code.write_text(text.replace('label: "Step",', f'label: "Step", duration: {duration},'))


def value_that_follows(page: Page, value: int) -> int:
    """Of the slider, once it is no longer this one."""
    page.wait_for_function(f"document.querySelector('input').value !== '{value}'", timeout=5_000)
    return int(page.get_by_role("slider").input_value())


def test_play_goes_on_from_where_it_was_and_from_the_first_step_when_all_was_seen(
    demo_folder, open_figure
):
    play_quickly(demo_folder, 3_000)
    page = open_figure(demo())
    page.emulate_media(reduced_motion="reduce")  # asked for by the reader: it plays all the same
    slider, icon = page.get_by_role("slider"), page.locator(".bnviz-play path")
    play = page.get_by_role("button", name="Play")
    triangle = icon.get_attribute("d")
    play.click()
    assert icon.get_attribute("d") != triangle
    page.wait_for_function("document.querySelector('input').value >= 2")
    page.get_by_role("button", name="Pause").click()
    held = int(slider.input_value())
    assert icon.get_attribute("d") == triangle
    page.wait_for_timeout(400)
    assert int(slider.input_value()) == held
    play.click()
    assert value_that_follows(page, held) > held
    slider.fill("9")
    play.click()
    assert value_that_follows(page, 9) == 10
    play.wait_for(timeout=5_000)
    play.click()
    assert value_that_follows(page, 10) < 5


def test_who_moves_the_slider_ends_the_playing(demo_folder, open_figure):
    play_quickly(demo_folder, 1_000)
    page = open_figure(demo())
    page.get_by_role("button", name="Play").click()
    page.get_by_role("slider").fill("7")
    assert page.get_by_role("button", name="Play").is_visible()
    page.wait_for_timeout(300)
    assert page.get_by_role("slider").input_value() == "7"


@pytest.mark.parametrize("width", [800, 360])
def test_the_height_is_there_before_the_drawing_and_stays(demo_folder, open_figure, width):
    page = open_figure(demo(), width=width)
    live = height(page)
    for value in ("10", "3"):  # a note of several lines comes and goes
        page.get_by_role("slider").fill(value)
        page.wait_for_timeout(60)
        assert abs(height(page) - live) < 1
    # The same page before its script has run: what a reader sees first.
    html = re.sub(r"<script data-bnviz-code>.*?</script>", "", demo().to_html(), flags=re.S)
    page.set_content(f'<main style="max-width:936px;padding:12px">{html}</main>')
    page.evaluate("document.body.style.cssText = 'margin:0;font:14px/1.45 sans-serif'")
    assert not page.locator("img").is_visible()
    assert abs(height(page) - live) < 1


def test_a_drawing_fills_the_room_that_controls_leave(demo_folder, open_figure):
    page = open_figure(demo(), width=360)
    page.get_by_role("slider").fill("10")
    page.wait_for_function(
        """() => {
            const [room] = document.getElementsByClassName("bnviz-room");
            return Math.abs(room.clientHeight - room.firstChild.getBoundingClientRect().height) < 1;
        }"""
    )


def test_a_slider_stays_where_it_is_while_it_is_moved(demo_folder, open_figure):
    page = open_figure(demo(), width=360)
    slider = page.get_by_role("slider")
    before = slider.bounding_box()
    slider.fill("10")  # its text is longer now
    assert slider.bounding_box() == before


def drawing_box(page: Page) -> dict[str, float]:
    page.locator("figure svg[role=img]").scroll_into_view_if_needed()
    return page.locator("figure svg[role=img]").bounding_box()


def test_a_mouse_picks_at_once_and_drags(demo_folder, open_figure):
    page = open_figure(demo())
    box = drawing_box(page)
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.5 * box["width"], middle)
    page.mouse.down()
    first = int(page.get_by_role("slider").input_value())
    page.mouse.move(box["x"] + 0.9 * box["width"], middle)
    page.mouse.up()
    assert 3 <= first <= 6
    assert int(page.get_by_role("slider").input_value()) > first
    page.mouse.move(box["x"] + 0.2 * box["width"], middle)  # let go: nothing more happens
    assert int(page.get_by_role("slider").input_value()) > first


def test_a_drag_may_leave_the_plot_and_ends_at_its_edge(demo_folder, open_figure):
    page = open_figure(demo())
    box = drawing_box(page)
    bottom = box["y"] + box["height"]
    page.mouse.move(box["x"] + 0.5 * box["width"], bottom - 100)
    page.mouse.down()
    page.mouse.move(box["x"] - 50, bottom - 100)
    assert page.get_by_role("slider").input_value() == "0"
    line = page.locator(".demo-line")
    page.wait_for_function("!document.querySelector('.demo-line').getAttribute('d').includes('L')")
    cursor, start = page.locator(".bnviz-cursor").bounding_box(), line.get_attribute("d")
    assert cursor["x"] - box["x"] == pytest.approx(float(start[1:].split()[0]), abs=1)
    page.mouse.up()  # outside
    page.mouse.move(box["x"] + 0.5 * box["width"], bottom - 100)
    assert page.get_by_role("slider").input_value() == "0"


def test_the_right_button_picks_nothing(demo_folder, open_figure):
    page = open_figure(demo())
    box = drawing_box(page)
    page.mouse.click(box["x"] + 0.7 * box["width"], box["y"] + 0.5 * box["height"], button="right")
    assert page.get_by_role("slider").input_value() == "0"


def test_a_second_finger_leaves_the_drag_to_the_first(demo_folder, open_figure):
    page = open_figure(demo(), width=360, has_touch=True)
    box = drawing_box(page)
    session = page.context.new_cdp_session(page)

    def fingers(kind: str, shares: dict[int, float]) -> None:
        y = box["y"] + 0.5 * box["height"]
        points = [{"x": box["x"] + x * box["width"], "y": y, "id": i} for i, x in shares.items()]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        page.wait_for_timeout(60)

    fingers("touchStart", {0: 0.5})
    fingers("touchMove", {0: 0.6})
    fingers("touchMove", {0: 0.7})
    held = page.get_by_role("slider").input_value()
    fingers("touchStart", {0: 0.7, 1: 0.3})
    fingers("touchEnd", {1: 0.3})
    assert page.get_by_role("slider").input_value() == held
    fingers("touchMove", {0: 0.9})
    assert int(page.get_by_role("slider").input_value()) > int(held)
    fingers("touchEnd", {0: 0.9})


def test_a_tap_picks_and_a_swipe_up_changes_nothing(demo_folder, open_figure):
    page = open_figure(demo(), width=360, has_touch=True)
    page.evaluate("document.body.style.paddingBottom = '2000px'")
    box = drawing_box(page)
    x, y = box["x"] + 0.6 * box["width"], box["y"] + 0.7 * box["height"]
    touch(page, [(x, y - 12 * k) for k in range(12)])
    assert page.get_by_role("slider").input_value() == "0"
    assert page.evaluate("scrollY") > 20
    box = drawing_box(page)
    page.touchscreen.tap(box["x"] + 0.6 * box["width"], box["y"] + 0.5 * box["height"])
    picked = int(page.get_by_role("slider").input_value())
    assert 3 <= picked <= 7


def test_a_swipe_over_a_slider_scrolls_and_a_tap_or_a_drag_moves_it(demo_folder, open_figure):
    page = open_figure(demo(), width=360, has_touch=True)
    page.evaluate("document.body.style.paddingBottom = '2000px'")
    slider = page.get_by_role("slider")
    slider.scroll_into_view_if_needed()

    def across(share: float, up: float = 0) -> tuple[float, float]:
        box = slider.bounding_box()
        return box["x"] + share * box["width"], box["y"] + box["height"] / 2 - up

    touch(page, [across(0.8, 12 * k) for k in range(12)])
    assert page.evaluate("scrollY") > 20
    assert slider.input_value() == "0"
    assert page.locator(".bnviz-value").first.inner_text() == "0"
    slider.scroll_into_view_if_needed()
    page.touchscreen.tap(*across(0.5))
    tapped = int(slider.input_value())
    assert 3 <= tapped <= 7
    touch(page, [across(0.5 + 0.04 * k) for k in range(12)])
    assert int(slider.input_value()) > tapped


@pytest.mark.parametrize("way", [1, -1])
def test_a_finger_that_moves_sideways_drags(demo_folder, open_figure, way):
    page = open_figure(demo(), width=360, has_touch=True)
    box = drawing_box(page)
    y = box["y"] + 0.5 * box["height"]
    shares = [0.3 + 0.05 * k for k in range(12)][::way]
    before = draws(page)
    touch(page, [(box["x"] + share * box["width"], y) for share in shares])
    picked = int(page.get_by_role("slider").input_value())
    assert picked >= 6 if way > 0 else 1 <= picked <= 3
    assert draws(page) - before > 2  # on its way, not only where it was lifted


@pytest.mark.parametrize("seen", [True, False])
def test_it_plays_by_itself_only_when_most_of_it_is_in_sight(demo_folder, open_figure, seen):
    page = open_figure(demo(plays=True), push=0 if seen else 620)
    page.wait_for_timeout(900)
    value = int(page.get_by_role("slider").input_value())
    assert value > 0 if seen else value == 0


def scroll_to(page: Page, y: int) -> None:
    page.evaluate("(y) => scrollTo({ top: y, behavior: 'instant' })", y)
    page.wait_for_timeout(200)


def test_it_plays_by_itself_once(demo_folder, open_figure):
    play_quickly(demo_folder, 100)
    page = open_figure(demo(plays=True))
    page.wait_for_function("document.querySelector('input').value === '10'")
    page.evaluate("document.body.style.paddingBottom = '3000px'")
    scroll_to(page, 1_500)
    before = draws(page)
    scroll_to(page, 0)
    assert draws(page) == before


@pytest.mark.parametrize("touched", ["pointerdown", "keydown"])
def test_what_the_reader_has_touched_does_not_play_by_itself(demo_folder, open_figure, touched):
    page = open_figure(demo(plays=True), push=620)
    page.get_by_role("slider").dispatch_event(touched)
    page.evaluate("document.body.style.paddingBottom = '3000px'")
    scroll_to(page, 500)
    assert page.get_by_role("button", name="Play").is_visible()


def test_on_a_phone_without_scripts_the_picture_keeps_a_size_to_read_and_moves_sideways(
    demo_folder, open_figure
):
    page = open_figure(demo(), width=360, java_script_enabled=False)
    picture, frame = (
        page.locator(at).bounding_box() for at in (".bnviz-still img", ".bnviz-still")
    )
    assert picture["width"] == 560 > 360 > frame["width"]
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.locator(".bnviz-still").evaluate("frame => { frame.scrollLeft = 1000 }")
    moved = page.locator(".bnviz-still img").bounding_box()
    assert moved["x"] + moved["width"] == pytest.approx(frame["x"] + frame["width"], abs=1)


def test_scripts_off_leaves_the_picture(demo_folder, open_figure):
    page = open_figure(demo(), java_script_enabled=False)
    assert page.get_by_role("img", name="with BN rises from 0 to 10").is_visible()
    assert page.get_by_text("A line.").is_visible()


def test_print_shows_the_picture(demo_folder, open_figure):
    page = open_figure(demo(), pictured=True)
    page.emulate_media(media="print")
    assert page.locator(".bnviz-still img").is_visible()
    assert not page.locator(".bnviz-stage").is_visible()


def test_a_figure_that_fails_shows_its_picture(demo_folder, chromium, tmp_path):
    path = demo_folder / "demo.js"
    path.write_text(path.read_text().replace("let step = 0;", "throw new Error('no');"))
    context = chromium.new_context(offline=True)
    page = context.new_page()
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(demo().save_html(tmp_path / "demo.html").as_uri())
    page.wait_for_selector("figure.bnviz-failed")
    assert page.locator(".bnviz-still img").is_visible()
    assert "the figure demo could not start" in said[0]
    context.close()


def test_code_twice_and_figures_added_later(demo_folder, open_figure):
    page = open_figure(demo())
    page.get_by_role("slider").fill("4")
    add_output(page, demo().to_html())
    wait_for_figures(page, 2)
    assert page.locator("figure svg[role=img]").count() == 2
    sliders = page.get_by_role("slider").all()
    assert [slider.input_value() for slider in sliders] == ["4", "0"]  # the first was left alone


def test_what_is_added_later_does_not_play_by_itself(demo_folder, open_figure):
    page = open_figure(demo())
    add_output(page, demo(plays=True).to_html())
    wait_for_figures(page, 2)
    page.locator("figure").last.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    assert page.get_by_role("button", name="Pause").count() == 0


def test_a_page_knows_the_figures_of_all_its_scripts(open_figure):
    line = curves({"with BN": [[0.1, 0.8, 0.9]]}, x=[0, 50, 100])
    places = dots({"none": [1, 2], "BN": [2, 3]}, value_axis=Axis("loss"))
    page = open_figure(line)
    add_output(page, places.to_html())
    wait_for_figures(page, 2)
    add_output(page, line.to_html(code=False))
    page.evaluate("window.bnviz.hydrate()")
    wait_for_figures(page, 3)


def test_code_may_stand_before_the_figures(demo_folder, chromium, tmp_path):
    path = tmp_path / "page.html"
    path.write_text(demo().to_html() + demo().to_html(code=False), "utf-8")
    page = chromium.new_page()
    page.goto(path.as_uri())
    wait_for_figures(page, 2)
    page.close()


def test_in_colab_a_notebook_is_told_where_widgets_come_from(demo_folder, monkeypatch):
    """Colab draws widgets of others only with this metadata, after it was asked to."""
    asked = []
    output = types.ModuleType("google.colab.output")
    output.enable_custom_widget_manager = lambda: asked.append(True)
    output._widgets = types.SimpleNamespace(_installed_url="https://example.org/manager.js")
    monkeypatch.setitem(sys.modules, "google.colab.output", output)
    monkeypatch.setattr(notebook, "in_kernel", lambda: True)
    anywidget._util.enable_custom_widget_manager_once.cache_clear()

    data, metadata = demo()._repr_mimebundle_()

    assert asked == [True]
    colab = metadata[notebook.VIEW]["colab"]
    assert colab["custom_widget_manager"]["url"] == "https://example.org/manager.js"
    assert set(data) == {"text/plain", "text/html", notebook.VIEW}
    anywidget._util.enable_custom_widget_manager_once.cache_clear()


def open_widget(chromium: Browser) -> Page:
    """The widget form of the demo, with a model like anywidget's."""
    page = chromium.new_page(offline=True)
    page.goto("about:blank")
    page.evaluate(
        """async ([code, css, spec, data]) => {
            const style = document.createElement("style");
            style.textContent = css;
            document.head.append(style);
            const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
            const { default: module } = await import(url);
            const el = document.body.appendChild(document.createElement("div"));
            const state = { spec, data: new DataView(Uint8Array.from(data).buffer) };
            const listeners = {};
            window.stop = await module.render({
              el,
              model: {
                get: (key) => state[key],
                on: (event, f) => { listeners[event] = f; },
                off: (event) => { delete listeners[event]; },
              },
            });
            window.listeners = listeners;
        }""",
        [
            esm("demo"),
            demo().widget()._css,
            demo().full_spec(),
            list(pack(demo().arrays)),
        ],
    )
    page.wait_for_selector("figure.bnviz-figure[data-figure=demo][data-ready]")
    return page


def test_esm_draws_on_a_widget_model_and_lets_go(demo_folder, chromium):
    code = demo_folder / "demo.js"
    code.write_text(
        code.read_text().replace("play.destroy()", "(window.gone = (window.gone ?? 0) + 1)")
    )
    page = open_widget(chromium)
    assert page.locator("figcaption").text_content() == "A line."
    assert page.locator(".bnviz-stage").bounding_box()["height"] == 300
    page.evaluate("listeners['change:data']()")  # new data: built anew, drawn again
    page.wait_for_function("Number(document.querySelector('figure').dataset.draws) >= 2")
    assert page.evaluate("window.gone") == 1
    assert page.get_by_role("slider").count() == 1
    assert page.evaluate("stop(), Object.keys(listeners).length") == 0
    assert page.evaluate("window.gone") == 2
    page.close()


def test_a_widget_that_is_renewed_or_gone_plays_and_draws_no_more(demo_folder, chromium):
    play_quickly(demo_folder, 500)
    page = open_widget(chromium)
    page.get_by_role("button", name="Play").click()
    page.evaluate("listeners['change:data']()")
    page.wait_for_timeout(100)
    before = draws(page)
    page.wait_for_timeout(300)
    assert draws(page) == before
    page.get_by_role("slider").fill("3")
    page.wait_for_function(f"document.querySelector('figure').dataset.draws == {before + 1}")
    page.evaluate(
        """() => {
            const slider = document.querySelector("input");
            slider.value = 4;
            slider.dispatchEvent(new Event("input"));
            stop();
        }"""
    )
    page.wait_for_timeout(100)
    assert draws(page) == before + 1
    page.close()


def test_narrow_page_is_not_wider_than_the_screen(demo_folder, open_figure):
    page = open_figure(demo(), width=360)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    sizes = page.eval_on_selector_all(
        "figure svg text", "all => all.map((t) => parseFloat(getComputedStyle(t).fontSize))"
    )
    assert min(sizes) >= 11


def test_a_plot_takes_away_an_axis_or_a_cursor_that_it_no_longer_has(chromium):
    page = chromium.new_page()
    code = bundle._modules([bundle._KIT / "plot.js"])
    shown = page.evaluate(
        f"""() => {{
            {code};
            const chart = plot({{ label: "" }});
            const side = {{ domain: [0, 10], title: "step" }};
            const seen = (bare, step) => {{
                const frame = {{ width: 300, height: 200, x: {{ ...side, bare }}, y: side }};
                chart.frame(frame).cursor(step);
                const [across] = chart.element.querySelectorAll(".bnviz-axes");
                const cursor = chart.element.querySelector(".bnviz-cursor");
                return [across.textContent.includes("step"), cursor.getAttribute("visibility")];
            }};
            return [seen(false, 3), seen(true, null)];
        }}"""
    )
    page.close()
    assert shown == [[True, None], [False, "hidden"]]


def test_an_axis_is_drawn_anew_when_anything_of_it_changes(chromium):
    """One that shows the same is left as it is, so each thing that it shows must count."""
    page = chromium.new_page()
    code = bundle._modules([bundle._KIT / "draw.js", bundle._KIT / "scales.js"])
    page.evaluate(f"() => {{ {code}; Object.assign(window, {{ axis, linear }}); }}")
    stale = page.evaluate(
        """() => {
            const g = () => document.createElementNS("http://www.w3.org/2000/svg", "g");
            const base = { at: 100, title: "step", count: 5, grid: 50 };
            const changes = [
                {}, { at: 80 }, { title: "epoch" }, { title: undefined }, { count: 2 }, { grid: 0 },
                { ticks: [0, 3] }, { format: (v) => `${v} %` }, { titleAt: "end" },
                { side: "left" },
                { domain: [0, 9] }, { range: [0, 90] }, { range: [5, 100] },
            ];
            const draw = (into, { domain = [0, 10], range = [0, 100], ...rest }) =>
                axis(into, linear(domain, range), { ...base, ...rest });
            return changes.filter((change) => {
                const [used, fresh] = [g(), g()];
                draw(used, {});
                draw(used, change);
                draw(fresh, change);
                return used.outerHTML !== fresh.outerHTML;
            });
        }"""
    )
    page.close()
    assert stale == []
