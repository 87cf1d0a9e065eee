"""The four forms that every figure has, shown on a figure of a few lines."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import types
import zlib
from base64 import b64decode
from pathlib import Path

import anywidget
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bnviz.figures import base
from bnviz.figures.base import Figure, new_picture, pack, page_script, series_styles

DEMO_JS = """
import {
  axis, figure, legend, linear,
  linePath, player as time, resize, stroke, surface, svg, toolbar,
} from "./base.js";

/** A line that grows. */
export default figure("demo", ({ spec, arrays, stage, redraw }) => {
  let step = 0;
  const line = svg("path", stroke(spec.styles[0]));
  const bottom = svg("g");
  const left = svg("g");
  const plot = surface(spec.alt, bottom, left, line);
  const max = arrays.y.length - 1;
  const play = time({ label: "Step", max, oninput: (i) => { step = i; redraw(); } });
  stage.append(toolbar(play.element), legend(spec.styles), plot);
  // only drawing below
  return {
    draw({ width }) {
      const x = linear([0, arrays.y.length - 1], [40, width - 10]);
      const y = linear([0, 10], [150, 20]);
      resize(plot, width, 190);
      axis(bottom, x, { at: 150, title: "training step", grid: 130 });
      axis(left, y, { side: "left", at: 40, title: "loss (nats)" });
      const ys = Array.from(arrays.y.subarray(0, step + 1), y);
      line.setAttribute("d", linePath(ys.map((_, i) => x(i)), ys));
    },
  };
});
"""


class Demo(Figure):
    name = "demo"

    def __init__(self, label: str = "with BN", caption: str = "A line.") -> None:
        y = np.linspace(0, 10, 11).astype(np.float16)
        super().__init__(
            spec={"styles": series_styles([label])},
            arrays={"y": y},
            alt=f"{label} rises from {y[0]:.0f} to {y[-1]:.0f}",
            caption=caption,
        )

    def picture(self):
        picture, axes = new_picture()
        axes[0, 0].plot(self.arrays["y"])
        return picture


@pytest.fixture
def demo_folder(tmp_path, monkeypatch):
    """A folder of figure code that also holds demo.js; the code is put together from there."""
    for path in Path(base.__file__).parent.glob("*.[jc]s*"):
        shutil.copy(path, tmp_path)
    (tmp_path / "demo.js").write_text(DEMO_JS)
    monkeypatch.setattr(base, "_HERE", tmp_path)
    for cached in (base.page_script, base.esm, base._widget_class):
        cached.cache_clear()
    yield tmp_path
    for cached in (base.page_script, base.esm, base._widget_class):
        cached.cache_clear()


@pytest.fixture
def page(chromium):
    context = chromium.new_context(viewport={"width": 800, "height": 700}, offline=True)
    page = context.new_page()
    page.problems = []
    page.on("console", lambda m: m.type == "error" and page.problems.append(m.text))
    page.on("pageerror", lambda e: page.problems.append(str(e)))
    yield page
    assert page.problems == []
    context.close()


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


def test_html_holds_picture_data_alternative_and_caption():
    html = Demo().to_html(code=False)
    assert html.startswith('<figure class="bnviz-figure" data-figure="demo">')
    assert 'alt="with BN rises from 0 to 10"' in html
    assert 'src="data:image/png;base64,' in html
    assert "<figcaption>A line.</figcaption>" in html
    assert embedded_data(html) == pack(Demo().arrays)
    assert "data-bnviz-code" not in html


def test_code_is_one_element_that_a_page_can_leave_out():
    with_code, without = Demo().to_html(), Demo().to_html(code=False)
    assert re.sub(r"\n<script data-bnviz-code>.*?</script>", "", with_code, flags=re.S) == without


def test_names_given_by_the_user_cannot_leave_their_place():
    evil = '</script><!--<img src=x onerror="boom()">'
    html = Demo(label=evil, caption=evil).to_html(code=False)
    assert "<img src=x" not in html
    assert html.count("</script>") == 2
    spec = re.search(r'class="bnviz-spec">(.*?)</script>', html, re.S)[1]
    assert json.loads(spec)["styles"][0]["label"] == evil


def test_code_can_stand_inside_a_script_element():
    assert not re.search(r"</script|<!--|<script", page_script(), re.I)


def test_code_of_all_figures_is_small():
    assert len(zlib.compress(page_script().encode(), 9)) <= 30_000


def test_module_with_a_foreign_import_is_refused(demo_folder):
    (demo_folder / "demo.js").write_text('import x from "https://example.org/x.js";\n' + DEMO_JS)
    with pytest.raises(ValueError, match=r"demo\.js must import from \./base\.js only"):
        page_script()


def test_pack_refuses_what_javascript_cannot_hold():
    with pytest.raises(TypeError, match=r"'steps' has dtype int64.*astype"):
        pack({"steps": np.arange(3, dtype=np.int64)})


def test_series_keep_their_style_whatever_the_order():
    first = {s["label"]: s["color"] for s in series_styles(["without BN", "with BN", "layer norm"])}
    second = {
        s["label"]: s["color"] for s in series_styles(["layer norm", "with BN", "without BN"])
    }
    assert first == second
    assert len(set(first.values())) == 3


def test_series_differ_by_dash_too():
    styles = series_styles([f"run {i}" for i in range(6)])
    assert len({s["color"] for s in styles}) == len({s["dash"] for s in styles}) == 6


@pytest.mark.parametrize("selector", [".bnviz-figure", 'html[data-theme="dark"] .bnviz-figure'])
def test_colours_stand_out_from_the_background(selector):
    css = (Path(base.__file__).parent / "base.css").read_text()
    block = css[css.index(f"\n{selector}") :].split("}")[0]
    colours = dict(re.findall(r"--bnviz-([\w-]+): (#\w{6})", block))

    def luminance(colour):
        channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        linear = np.where(
            channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4
        )
        return linear @ [0.2126, 0.7152, 0.0722]

    def contrast(a, b):
        high, low = sorted((luminance(colours[a]), luminance(colours[b])), reverse=True)
        return (high + 0.05) / (low + 0.05)

    for series in range(6):
        assert contrast(f"series-{series}", "surface") >= 3
    assert contrast("text", "surface") >= 7
    assert contrast("muted", "surface") >= 4.5
    assert contrast("alarm", "alarm-surface") >= 4.5
    assert contrast("text", "control") >= 4.5


# --- in a browser -------------------------------------------------------------------------------


def test_saved_page_moves_from_disk(demo_folder, page, tmp_path):
    path = Demo().save_html(tmp_path / "demo.html", title="Demo <1>")
    page.goto(path.as_uri())
    figure = page.locator("figure.bnviz-figure[data-ready]")
    figure.wait_for()
    assert page.title() == page.get_by_role("heading", level=1).inner_text() == "Demo <1>"
    assert page.get_attribute("html", "lang") == "en"
    before = int(figure.get_attribute("data-draws"))
    assert figure.locator("path").last.get_attribute("d").count("L") == 0
    slider = page.get_by_role("slider", name="Step")
    slider.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.wait_for_function(f"Number(document.querySelector('figure').dataset.draws) > {before}")
    assert slider.get_attribute("aria-valuetext") == "3"
    assert figure.locator("svg[role=img] > path").get_attribute("d").count("L") == 3
    assert page.get_by_role("img", name="with BN rises from 0 to 10").count() == 1
    assert not figure.locator("img").is_visible()


def test_play_button_plays_to_the_end_once(demo_folder, page, tmp_path):
    page.emulate_media(reduced_motion="reduce")  # asked for by the reader: it plays all the same
    page.goto(Demo().save_html(tmp_path / "demo.html").as_uri())
    page.get_by_role("button", name="Play").click()
    assert page.get_by_role("button", name="Pause").is_visible()
    page.get_by_role("button", name="Pause").click()
    value = page.get_by_role("slider").input_value()
    page.wait_for_timeout(200)
    assert page.get_by_role("slider").input_value() == value


def test_scripts_off_leaves_the_picture(demo_folder, chromium, tmp_path):
    path = Demo().save_html(tmp_path / "demo.html")
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    assert page.get_by_role("img", name="with BN rises from 0 to 10").is_visible()
    assert page.get_by_text("A line.").is_visible()
    context.close()


def test_print_shows_the_picture(demo_folder, page, tmp_path):
    page.goto(Demo().save_html(tmp_path / "demo.html").as_uri())
    page.wait_for_selector("figure[data-ready]")
    page.emulate_media(media="print")
    assert page.locator("img.bnviz-picture").is_visible()
    assert not page.locator(".bnviz-stage").is_visible()


def test_code_twice_and_figures_added_later(demo_folder, page, tmp_path):
    """What a notebook front end does: outputs arrive one by one, each with the code."""
    page.goto(Demo().save_html(tmp_path / "demo.html").as_uri())
    page.wait_for_selector("figure[data-ready]")
    page.evaluate(
        """(html) => {
            const output = document.createElement("div");
            output.innerHTML = html;
            for (const old of output.querySelectorAll("script")) {
              const script = document.createElement("script");
              for (const { name, value } of old.attributes) script.setAttribute(name, value);
              script.textContent = old.textContent;
              old.replaceWith(script);
            }
            document.body.append(output);
        }""",
        Demo().to_html(),
    )
    page.wait_for_function("document.querySelectorAll('figure[data-ready]').length === 2")
    assert page.locator(".bnviz-stage").count() == 2
    assert page.locator("style[data-bnviz]").count() == 1


def test_in_colab_a_notebook_is_told_where_widgets_come_from(demo_folder, monkeypatch):
    """Colab draws widgets of others only with this metadata, after it was asked to."""
    asked = []
    output = types.ModuleType("google.colab.output")
    output.enable_custom_widget_manager = lambda: asked.append(True)
    output._widgets = types.SimpleNamespace(_installed_url="https://example.org/manager.js")
    monkeypatch.setitem(sys.modules, "google.colab.output", output)
    monkeypatch.setattr(base, "in_kernel", lambda: True)
    anywidget._util.enable_custom_widget_manager_once.cache_clear()

    data, metadata = Demo()._repr_mimebundle_()

    assert asked == [True]
    colab = metadata[base.WIDGET_VIEW]["colab"]
    assert colab["custom_widget_manager"]["url"] == "https://example.org/manager.js"
    assert set(data) == {"text/plain", "text/html", "image/png", base.WIDGET_VIEW}
    anywidget._util.enable_custom_widget_manager_once.cache_clear()


def test_esm_draws_on_a_widget_model(demo_folder, page):
    """The widget form, with a model like anywidget's."""
    page.goto("about:blank")
    page.evaluate(
        """async ([code, spec, data]) => {
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
        [base.esm("demo"), Demo().full_spec(), list(pack(Demo().arrays))],
    )
    page.wait_for_selector("figure.bnviz-figure[data-figure=demo][data-ready]")
    assert page.locator("figcaption").text_content() == "A line."
    page.evaluate("listeners['change:data']()")  # new data: built anew, drawn again
    page.wait_for_function("Number(document.querySelector('figure').dataset.draws) >= 2")
    assert page.evaluate("stop(), Object.keys(listeners).length") == 0


def test_narrow_page_is_not_wider_than_the_screen(demo_folder, page, tmp_path):
    page.set_viewport_size({"width": 360, "height": 640})
    page.goto(Demo().save_html(tmp_path / "demo.html").as_uri())
    page.wait_for_selector("figure[data-ready]")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    sizes = page.eval_on_selector_all(
        "figure svg text", "all => all.map((t) => parseFloat(getComputedStyle(t).fontSize))"
    )
    assert min(sizes) >= 11


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
