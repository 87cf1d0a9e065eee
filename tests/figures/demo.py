"""A figure of a few lines, put together from the kit's own files in a folder of the test's."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bnviz.figures import Figure
from bnviz.figures.kit import bundle, notebook
from bnviz.figures.kit.paper import new_picture, series_styles

DEMO_JS = """
import { checkbox, choice, controlBar } from "../../kit/controls.js";
import {
  linePath, stroke,
} from "../../kit/draw.js";
import { html, svg } from "../../kit/elements.js";
import { figure } from "../../kit/life.js";
import { player } from "../../kit/player.js";
import { pickFrom, plot } from "../../kit/plot.js";

/** A line that grows. */
export default figure("demo", ({ spec, arrays, stage, root, redraw, page }) => {
  let step = 0;
  const max = arrays.y.length - 1;
  const chart = plot({ label: spec.alt });
  pickFrom(chart, (x) => { step = Math.round(x); play.slider.value = step; redraw(); });
  const line = svg("path", { ...stroke(spec.styles[0]), class: "demo-line" });
  chart.marks.append(line);
  const play = player({
    label: "Step", max, text: (i) => (i > 5 ? `${i} and quite far` : String(i)),
    oninput: (i) => { step = i; redraw(); },
  });
  const room = html("div", { class: "bnviz-room" }, chart.element);
  const note = html("p", { class: "bnviz-note" });
  stage.append(controlBar(play.element), note, room);
  if (page && spec.plays) play.autoplay(root);
  // only drawing below
  return {
    draw({ width, resized }) {
      note.textContent = step > 5 ? "A note that is long enough for several lines. ".repeat(5) : "";
      if (resized) {
        const height = room.clientHeight;
        chart.frame({
          width, height,
          x: { domain: [0, max], title: "training step" },
          y: { domain: [0, 10], title: "loss (nats)" },
        });
      }
      chart.cursor(step);
      const ys = Array.from(arrays.y.subarray(0, step + 1), (v) => chart.y(v));
      line.setAttribute("d", linePath(ys.map((_, i) => chart.x(i)), ys));
    },
    destroy: () => play.destroy(),
  };
});
"""


def demo(label: str = "with BN", caption: str = "A line.", plays: bool = False) -> Figure:
    """A figure of one line; ``demo_folder`` must hold its code."""
    y = np.linspace(0, 10, 11).astype(np.float16)

    def picture():
        picture, axes = new_picture()
        axes[0, 0].plot(y)
        return picture

    return Figure(
        "demo",
        spec={"styles": series_styles([label]), "plays": plays},
        arrays={"y": y},
        alt=f"{label} rises from {y[0]:.0f} to {y[-1]:.0f}",
        caption=caption,
        height=(300, 380),
        picture=picture,
    )


@pytest.fixture
def demo_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a gallery's one figure, beside a copy of the kit; code is of these."""
    kit, gallery = tmp_path / "kit", tmp_path / "gallery"
    folder = gallery / "demo"
    shutil.copytree(bundle._KIT, kit, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    folder.mkdir(parents=True)
    (folder / "demo.js").write_text(DEMO_JS)
    monkeypatch.setattr(bundle, "_KIT", kit)
    monkeypatch.setattr(bundle, "_GALLERY", gallery)
    cached = (bundle._page_script, bundle.esm, notebook._widget_class)
    for function in cached:
        function.cache_clear()
    yield folder
    for function in cached:
        function.cache_clear()
