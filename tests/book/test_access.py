"""For readers with a keyboard, with other colors, without scripts, or with a narrow screen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from visits import CHAPTERS, NARROW, TITLES, WIDE, Visit


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_code_is_readable_without_scripts(scheme: str, visit: Callable[..., Visit]) -> None:
    session = visit(java_script_enabled=False, color_scheme=scheme)
    session.page.goto(f"{session.home}/{CHAPTERS[0]}.html")
    contrasts = session.page.evaluate(
        """() => {
            const light = (color) => color.match(/[\\d.]+/g).slice(0, 3).map(Number)
              .reduce((sum, part, i) => sum + [0.2126, 0.7152, 0.0722][i] * (part / 255) ** 2.2, 0);
            const ground = (e) => {
              for (; e; e = e.parentElement) {
                const color = getComputedStyle(e).backgroundColor;
                if (!/rgba\\(.*, 0\\)/.test(color)) return color;
              }
              return "rgb(255, 255, 255)";
            };
            return [...document.querySelectorAll("pre, p")].map((e) => {
              const [a, b] = [light(getComputedStyle(e).color), light(ground(e))];
              return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            });
        }"""
    )
    assert min(contrasts) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_code_is_quieter_than_figures(scheme: str, visit: Callable[..., Visit]) -> None:
    """A few hues, none of them strong."""
    page = visit(color_scheme=scheme).open(f"{CHAPTERS[0]}.html")
    colors = page.locator(".highlight span[class]").evaluate_all(
        "all => [...new Set(all.map((e) => getComputedStyle(e).color.match(/[\\d.]+/g).join()))]"
    )
    assert 3 <= len(colors) <= 4
    for color in colors:
        red, green, blue = map(float, color.split(","))
        assert max(red, green, blue) - min(red, green, blue) <= 60, color


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_keyboard_is_seen_in_one_way_everywhere(
    scheme: str, visit: Callable[..., Visit]
) -> None:
    page = visit(color_scheme=scheme).open(f"{CHAPTERS[0]}.html")
    rings = {}
    for _ in range(60):
        page.keyboard.press("Tab")
        place, ring = page.evaluate(
            """() => {
                const e = document.activeElement, style = getComputedStyle(e);
                const place = e.closest("figure, nav, article, .bd-header-article, .skip-link");
                return [e.matches("body, .bnviz-cover") ? "" : place?.className ?? "elsewhere",
                        [style.outlineStyle, style.outlineWidth, style.boxShadow].join()];
            }"""
        )
        if place:
            rings.setdefault(ring, []).append(place)
    places = " ".join(sum(rings.values(), []))
    assert "bd-header-article" in places and "bnviz-figure" in places and "bd-links" in places
    assert list(rings) == ["solid,2px,none"], rings


def test_without_scripts_the_contents_cover_no_figure(visit: Callable[..., Visit]) -> None:
    session = visit(java_script_enabled=False, viewport=WIDE)
    page = session.page
    for name in CHAPTERS:
        page.goto(f"{session.home}/{name}.html")
        for figure in page.locator("figure.bnviz-figure:not(.bnviz-then *)").all()[:4]:
            figure.scroll_into_view_if_needed()
            covered = figure.evaluate(
                """(figure) => {
                    const box = figure.getBoundingClientRect();
                    const tops = [0.3, 0.6, 0.9].map((at) => box.top + at * box.height);
                    return tops.filter((y) => y > 60 && y < innerHeight && !figure.contains(
                        document.elementFromPoint(box.right - 20, y)));
                }"""
            )
            assert covered == [], name
    contents = page.locator(".bd-sidebar-secondary")
    before = contents.bounding_box()["height"]
    contents.hover()
    for _ in range(50):  # it opens over some frames; without scripts nothing in the page can wait
        if contents.bounding_box()["height"] > before + 40:
            break
        page.wait_for_timeout(100)
    assert contents.bounding_box()["height"] > before + 40


def test_marks_over_letters_leave_the_letters_seen_in_forced_colors(
    visit: Callable[..., Visit],
) -> None:
    page = visit(forced_colors="active").open("chapters/03-equation.html")
    adjusts = page.locator("article .katex .accent span").evaluate_all(
        "all => [...new Set(all.map((e) => getComputedStyle(e).forcedColorAdjust))]"
    )
    assert adjusts == ["none"]


def test_a_formula_that_scrolls_shows_that_more_is_to_come(visit: Callable[..., Visit]) -> None:
    # Narrower than a phone, so that a formula is too wide.
    page = visit(viewport={"width": 300, "height": 740}).open("chapters/03-equation.html")
    wide = page.locator("div.math").evaluate_all(
        "all => all.findIndex((math) => math.scrollWidth > math.clientWidth + 8)"
    )
    assert wide >= 0, "no formula is wider than the page: measure another way"
    formula = page.locator("div.math").nth(wide)
    formula.scroll_into_view_if_needed()

    def edge() -> bytes:
        box = formula.bounding_box()
        size = {"width": 6, "height": 6, "x": box["x"] + box["width"] - 7, "y": box["y"] + 2}
        return page.screenshot(clip=size)

    shaded = edge()
    formula.evaluate("(math) => { math.scrollLeft = math.scrollWidth; }")
    page.wait_for_timeout(200)
    assert edge() != shaded


def test_a_claim_has_room_on_a_phone_and_the_page_of_claims_on_a_screen(
    visit: Callable[..., Visit],
) -> None:
    page = visit(viewport=NARROW).open("chapters/03-equation.html")
    claim = page.locator(".claim").first
    insets = claim.evaluate(
        """(claim) => {
            const box = claim.getBoundingClientRect();
            const text = claim.querySelector("p:not(.admonition-title)").getBoundingClientRect();
            return [text.left - box.left, box.right - text.right];
        }"""
    )
    assert max(insets) <= 18  # its rule and 16
    assert claim.evaluate("(claim) => getComputedStyle(claim).boxShadow") == "none"
    page = visit().open(f"{TITLES[-3]}.html")
    table = page.locator("table.claims")
    assert table.bounding_box()["width"] >= 0.7 * WIDE["width"]
    lines = table.locator("td:last-child a").evaluate_all(
        "all => all.map((a) => a.getClientRects().length)"
    )
    assert max(lines) <= 2
