"""The book's typefaces: they are there, and the page does not move when they come late."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Route
from visits import CHAPTERS, NARROW, TITLES, Visit

SHIFTS = """() => {
    window.shift = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) window.shift += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
}"""


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


@pytest.mark.parametrize("width", [1280, 640, 360])
def test_the_page_stays_where_it_is_when_a_typeface_comes_late(
    width: int, server: str, visit: Callable[..., Visit]
) -> None:
    for name in CHAPTERS:
        session = visit(server, viewport={"width": width, "height": 740})

        def late(route: Route) -> None:
            time.sleep(0.4)
            route.continue_()

        session.page.route("**/fonts/source-*", late)
        session.page.add_init_script(f"({SHIFTS})()")
        page = session.open(f"{name}.html")
        page.evaluate("() => document.fonts.ready")
        page.wait_for_timeout(300)
        assert page.evaluate("shift") <= 0.05, name


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
