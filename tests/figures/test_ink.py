"""Small gray images as ink on a canvas: which image, where, in which color."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from bnviz.figures.kit import bundle

#: Three images of 2×2: none has what another has.
IMAGES = [[255, 0, 0, 0], [0, 0, 0, 128], [255, 255, 255, 255]]
RED, BLUE, PAPER = [255, 0, 0, 255], [0, 0, 255, 255], [0, 0, 0, 0]
#: What a program finds on the page: the functions, the images, what a canvas shows at x, y.
READY = f"""
  {bundle._modules([bundle._KIT / "ink.js"])};
  const images = Object.assign(Uint8Array.from({IMAGES}.flat()), {{ shape: [3, 2, 2] }});
  const at = (canvas, x, y) => [...canvas.getContext("2d").getImageData(x, y, 1, 1).data];
"""

Program = Callable[[str], Any]


@pytest.fixture(params=[1, 2], ids=["plain screen", "fine screen"])
def density(request: pytest.FixtureRequest) -> int:
    return request.param


@pytest.fixture
def page(chromium: Browser, density: int) -> Iterator[Page]:
    context = chromium.new_context(device_scale_factor=density)
    yield context.new_page()
    context.close()


@pytest.fixture
def run(page: Page) -> Program:
    def program(code: str) -> Any:
        return page.evaluate(f"async () => {{ {READY} {code} }}")

    return program


def test_a_canvas_is_as_fine_as_the_screen(run: Program, density: int) -> None:
    found = run("""
        const canvas = document.createElement("canvas");
        document.body.append(canvas);
        const context = fitCanvas(canvas, 30, 20);
        context.fillStyle = "red";
        context.fillRect(10, 5, 1, 1);
        const box = canvas.getBoundingClientRect(), k = devicePixelRatio;
        return {
          pixels: [canvas.width, canvas.height], shown: [box.width, box.height],
          first: at(canvas, 10 * k, 5 * k), last: at(canvas, 11 * k - 1, 6 * k - 1),
          beyond: at(canvas, 11 * k, 6 * k),
        };
    """)
    assert found["pixels"] == [30 * density, 20 * density]
    assert found["shown"] == [30, 20]
    assert found["first"] == found["last"] == RED and found["beyond"] == PAPER


def test_one_image_is_drawn_as_it_is_with_its_gray_as_opacity(run: Program) -> None:
    found = run("""
        const canvas = document.createElement("canvas");
        drawImage(canvas, images, 1, "blue");
        return [canvas.width, canvas.height,
                ...[[0, 0], [1, 0], [0, 1], [1, 1]].map((p) => at(canvas, ...p))];
    """)
    assert found == [2, 2, PAPER, PAPER, PAPER, [0, 0, 255, 128]]


def test_of_an_atlas_the_image_asked_for_is_drawn_around_its_place(run: Program) -> None:
    # Of 20 pixels, in the middle of 60: the image from 20 to 40, its halo 2 pixels further.
    found = run("""
        const atlas = inkAtlas(images, 20, "blue", "red");
        return [0, 1, 2].map((i) => {
          const canvas = document.createElement("canvas");
          const context = fitCanvas(canvas, 60, 60), k = devicePixelRatio;
          atlas.draw(context, i, 30, 30);
          const look = (x, y) => at(canvas, Math.floor(x * k), Math.floor(y * k));
          return {
            corners: [[22, 22], [37.5, 22], [22, 37.5], [37.5, 37.5]].map((p) => look(...p)),
            halo: [look(18.5, 30), look(30, 18.5), look(41, 30), look(30, 41)],
            beyond: [look(17, 30), look(30, 17), look(42.9, 30), look(30, 42.9)],
          };
        });
    """)
    first, second, third = found
    assert first["corners"][0] == BLUE and first["corners"][1:] == [PAPER] * 3
    *clear, half = second["corners"]
    assert clear == [PAPER] * 3
    assert half[2] > 100 and half[3] > 120  # half of the ink, on its halo
    assert third["corners"] == [BLUE] * 4
    assert third["halo"] == [RED] * 4
    assert third["beyond"] == [PAPER] * 4


def test_a_color_is_that_of_the_figure_s_style(run: Program) -> None:
    found = run("""
        document.body.innerHTML = '<p style="--bnviz-text:  teal "><b></b></p>';
        return [color(document.querySelector("b"), "text"), color(document.body, "text")];
    """)
    assert found == ["teal", ""]


def test_a_change_between_light_and_dark_is_told_wherever_a_host_writes_it(run: Program) -> None:
    found = run("""
        const seen = [];
        const change = async (act) => {
          let told = 0;
          const stop = onTheme(() => { told += 1; });
          act();
          await new Promise(requestAnimationFrame);
          stop();
          act();
          await new Promise(requestAnimationFrame);
          seen.push(told);
        };
        const { documentElement: root, body } = document;
        await change(() => { root.dataset.theme = `dark ${Math.random()}`; });
        await change(() => root.setAttribute("theme", String(Math.random())));
        await change(() => body.classList.toggle("vscode-dark"));
        await change(() => { body.dataset.jpThemeLight = String(Math.random()); });
        await change(() => { body.title = String(Math.random()); });
        return seen;
    """)
    assert found == [1, 1, 1, 1, 0]
