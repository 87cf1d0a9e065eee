"""A printed page: its title and its text, light and whole; no code that gives an answer away."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from visits import CHAPTERS, NARROW, Visit

CONTRASTS = """(selector) => {
    const light = (color) => color.match(/[\\d.]+/g).slice(0, 3).map(Number)
      .reduce((sum, part, i) => sum + [0.2126, 0.7152, 0.0722][i] * (part / 255) ** 2.2, 0);
    return [...document.querySelectorAll(selector)]
      .filter((e) => e.getClientRects().length)
      .map((e) => 1.05 / (light(getComputedStyle(e).color) + 0.05));
}"""


@pytest.mark.parametrize("name", CHAPTERS)
def test_title_is_printed_and_folded_code_is_not(name: str, visit: Callable[..., Visit]) -> None:
    page = visit().open(f"{name}.html")
    page.emulate_media(media="print")
    assert page.locator("article h1").is_visible()
    folds = page.locator("article details.fold")
    assert folds.count() >= 2
    assert [fold for fold in folds.all() if fold.is_visible()] == []


def test_folded_text_is_open_on_paper(visit: Callable[..., Visit]) -> None:
    page = visit().open(f"{CHAPTERS[0]}.html")
    page.emulate_media(media="print")
    folded = [d for d in page.locator("details:not([open])").all() if d.is_visible()]
    assert len(folded) > 3
    for details in folded:
        heights = details.evaluate(
            "(e) => [e.getBoundingClientRect().height, e.firstElementChild.clientHeight]"
        )
        assert heights[0] > heights[1] + 10


def test_a_dark_page_is_printed_light_and_stays_dark(visit: Callable[..., Visit]) -> None:
    page = visit(color_scheme="dark").open(f"{CHAPTERS[0]}.html")
    page.evaluate(
        """() => addEventListener("beforeprint", () => {
            window.printed = document.documentElement.dataset.theme;
        })"""
    )
    assert page.pdf(format="A4").startswith(b"%PDF")
    assert page.evaluate("printed") == "light"
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    contrasts = page.evaluate(CONTRASTS, "article :is(p, li, h1, h2, pre, pre span, figcaption)")
    assert min(contrasts) >= 4.5


def test_code_and_results_are_whole_on_narrow_paper(visit: Callable[..., Visit]) -> None:
    page = visit(viewport=NARROW).open(f"{CHAPTERS[0]}.html")
    page.emulate_media(media="print")
    blocks = page.locator("div.cell_input pre, div.cell_output pre")
    cut = blocks.evaluate_all("all => all.filter((pre) => pre.scrollWidth > pre.clientWidth + 1)")
    assert blocks.count() > 3 and cut == []
