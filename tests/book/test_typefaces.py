"""The book's typefaces: they are there, and the page hardly moves when they come late."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from visits import CHAPTERS, FIGURES_READY, NARROW, TITLES, QuietHandler, Visit, serving

SHIFTS = """() => {
    window.shift = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) window.shift += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
}"""

#: Whether the book's own typefaces are there, or are waited for.
OURS = """() => [...document.fonts]
    .filter(({ family }) => ["Book Serif", "Book Sans"].includes(family.replaceAll('"', "")))
    .map(({ status }) => status)"""


def test_text_and_figures_are_set_in_the_typefaces_of_the_book(visit: Callable[..., Visit]) -> None:
    page = visit().open(f"{TITLES[0]}.html")
    loaded = page.evaluate(
        """async () => {
          await document.fonts.ready;
          return [...document.fonts].filter((face) => face.status === "loaded")
            .map((face) => face.family.replaceAll('"', ""));
        }"""
    )
    assert {"Book Serif", "Book Sans"} <= set(loaded)


class LateTypefaces(QuietHandler):
    may_come = threading.Event()

    def do_GET(self) -> None:  # noqa: N802  (the name is the standard library's)
        if "/fonts/" in self.path and "katex" not in self.path:
            self.may_come.wait(30)
        super().do_GET()


@pytest.mark.parametrize(
    ("width", "names", "most"),
    [(1280, CHAPTERS[::3], 0.05), (640, CHAPTERS[::2], 0.15), (360, CHAPTERS, 0.1)],
    ids=["1280", "640", "360"],
)
def test_a_typeface_that_comes_late_moves_a_line_at_most(
    width: int, names: list[str], most: float, book: Path, visit: Callable[..., Visit]
) -> None:
    with serving(book, LateTypefaces) as server:
        for name in names:
            LateTypefaces.may_come.clear()
            page = visit(server, viewport={"width": width, "height": 740}).page
            page.add_init_script(f"({SHIFTS})()")
            page.goto(f"{server}/{name}.html", wait_until="domcontentloaded")
            page.wait_for_function(FIGURES_READY)
            page.wait_for_timeout(200)  # until all of it is seen in the typeface before
            assert "loaded" not in page.evaluate(OURS), name
            LateTypefaces.may_come.set()
            page.wait_for_load_state("load")
            page.wait_for_timeout(200)
            assert "loaded" in page.evaluate(OURS), name
            assert page.evaluate("shift") <= most, name
            page.context.close()


def test_the_typefaces_of_the_first_screen_are_asked_for_at_once(
    server: str, visit: Callable[..., Visit]
) -> None:
    """From a server; from a file a browser would refuse, and complain."""
    preloaded = "all => all.map((link) => link.href.split('/').at(-1).slice(0, 14))"
    page = visit(server).open(f"{CHAPTERS[0]}.html")
    links = page.locator("link[rel=preload][as=font]")
    assert links.evaluate_all(preloaded) == ["source-serif-4", "source-sans-3-"]
    page = visit().open(f"{CHAPTERS[0]}.html")
    assert page.locator("link[rel=preload][as=font]").count() == 0


@pytest.mark.parametrize("family", ["Book Sans", "Book Serif"])
def test_all_superscripts_are_of_one_size(visit: Callable[..., Visit], family: str) -> None:
    """Or 10¹⁵ would look like 10¹ 5."""
    page = visit().open("chapters/03-equation.html")
    sizes = page.evaluate(
        """async (family) => {
          const font = `400 100px "${family}"`;
          const drawing = document.createElement("canvas").getContext("2d");
          const measured = [];
          for (const text of ["¹²³", "⁴⁵⁶", "⁷⁸⁹", "⁰⁰⁰"]) {
            await document.fonts.load(font, text);
            drawing.font = `${font}, monospace`;
            const { width, actualBoundingBoxAscent: top, actualBoundingBoxDescent: foot } =
              drawing.measureText(text);
            measured.push([width, top, -foot]);
          }
          return measured;
        }""",
        family,
    )
    for size in sizes:
        assert size == pytest.approx(sizes[0], rel=0.12)


def test_korean_words_are_marked_and_have_a_typeface(visit: Callable[..., Visit]) -> None:
    page = visit(viewport=NARROW).open("chapters/glossary.html")
    korean = page.locator("article [lang=ko]")
    assert korean.count() > 20
    families = korean.first.evaluate("(word) => getComputedStyle(word).fontFamily")
    assert "Malgun Gothic" in families and "Noto Sans KR" in families
    unmarked = page.evaluate(
        """() => {
            const walker = document.createTreeWalker(document.querySelector("article"), 4);
            const found = [];
            while (walker.nextNode()) {
                const text = walker.currentNode;
                const marked = text.parentElement.closest("[lang=ko]");
                if (!marked && /\\p{Script=Hangul}/u.test(text.data))
                    found.push(text.data);
            }
            return found;
        }"""
    )
    assert unmarked == []
