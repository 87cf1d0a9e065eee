"""The theme's icons: drawn in the pages, at the weight of a few drawings."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import icons
import pytest
from visits import CHAPTERS, PAGES, Visit

LETTERS_OF_AN_ICON_FONT = """() => [...document.querySelectorAll("*")].flatMap((element) =>
    ["", "::before", "::after"]
        .map((part) => [part, getComputedStyle(element, part)])
        .filter(([part, style]) => style.fontFamily.includes("Awesome") &&
            (part === "" || !["none", "normal", '""'].includes(style.content)))
        .map(([part]) => element.outerHTML.slice(0, 80) + part))"""


def test_an_icon_becomes_its_drawing_and_keeps_what_the_page_says_of_it() -> None:
    page = '<head></head><i class="theme-switch fa-solid fa-sun fa-lg" data-mode="light"></i>'
    drawn = icons.draw(page)
    assert '<svg class="svg-inline--fa theme-switch fa-sun fa-lg" data-mode="light"' in drawn
    assert 'viewBox="0 0 512 512"' in drawn and "CC BY 4.0" in drawn
    assert icons.draw("<head></head><p>fa-sun</p>") == "<head></head><p>fa-sun</p>"


def test_an_icon_that_does_not_exist_ends_the_build() -> None:
    with pytest.raises(KeyError, match="no-such"):
        icons.draw('<i class="fas fa-no-such"></i>')


def test_no_page_asks_for_the_library_of_icons(book: Path) -> None:
    for path in book.rglob("*.html"):
        assert "/vendor/fontawesome/" not in path.read_text(encoding="utf-8"), path.name
    assert not (book / "_static" / "vendor" / "fontawesome").exists()


def test_icons_are_seen_without_scripts(visit: Callable[..., Visit]) -> None:
    session = visit(java_script_enabled=False)
    page = session.page
    page.goto(f"{session.home}/{CHAPTERS[1]}.html")
    seen = page.locator(".bd-header-article svg.svg-inline--fa:visible")
    assert seen.count() >= 4
    for icon in seen.all():
        box = icon.bounding_box()
        assert box and box["width"] > 8 and box["height"] > 8


def test_nothing_is_written_in_the_font_of_the_icons(visit: Callable[..., Visit]) -> None:
    session = visit()
    for name in PAGES:
        session.page.goto(f"{session.home}/{name}")
        assert session.page.evaluate(LETTERS_OF_AN_ICON_FONT) == [], name


def test_scripts_and_styles_of_a_chapter_weigh_less_than_a_photograph(book: Path) -> None:
    for name in CHAPTERS:
        page = book / f"{name}.html"
        linked = re.findall(
            r'<(?:script|link)\b[^>]*?(?:src|href)="([^"?]+\.(?:js|css))[?"]',
            page.read_text(encoding="utf-8"),
        )
        files = {(page.parent / link).resolve() for link in linked}
        weight = sum(len(gzip.compress(file.read_bytes())) for file in files)
        assert weight <= 200_000, f"{name}: {weight / 1000:.0f} kB"
