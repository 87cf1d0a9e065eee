"""Every page of the built book, as a person finds it in a real browser."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import axe_playwright_python
import pytest
import yaml
from playwright.sync_api import Page
from visits import CHAPTER_PAGES, CHAPTERS, FIGURES_READY, NARROW, PAGES, ROOT, TITLES, Visit

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")


def test_every_chapter_of_the_contents_is_a_page(book: Path) -> None:
    assert [name for name in PAGES if not (book / name).is_file()] == []


@pytest.mark.parametrize("home", ["disk", "server"])
def test_index_leads_to_the_first_page(home: str, visit: Callable[..., Visit], server: str) -> None:
    session = visit(server if home == "server" else None)
    session.page.goto(f"{session.home}/index.html")
    session.page.wait_for_url(f"**/{PAGES[0]}")
    assert session.complaints == []


def test_every_page_names_an_icon_that_is_there(book: Path) -> None:
    # Where a page names none, a browser may ask the server for one.
    for page in (book / "index.html", *(book / name for name in PAGES)):
        icons = re.findall(r'<link rel="icon" href="([^"]+)"', page.read_text("utf-8"))
        assert [(page.parent / icon).is_file() for icon in icons] == [True], page.name


def asks_no_other_host_and_has_no_error(session: Visit) -> None:
    # Images below the fold and scripts that start late belong to the page too.
    session.page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    session.page.wait_for_timeout(300)
    assert session.requests == []
    assert session.complaints == []


@pytest.mark.parametrize("wide", PAGES, indirect=True)
def test_a_page_on_disk_asks_no_other_host_and_has_no_error(wide: Visit) -> None:
    asks_no_other_host_and_has_no_error(wide)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_on_a_server_asks_no_other_host_and_has_no_error(
    name: str, visit: Callable[..., Visit], server: str
) -> None:
    session = visit(server)
    session.open(name)
    asks_no_other_host_and_has_no_error(session)


@pytest.mark.parametrize("home", ["disk", "server"])
def test_search_finds_a_word(home: str, visit: Callable[..., Visit], server: str) -> None:
    session = visit(server if home == "server" else None)
    session.page.goto(f"{session.home}/search.html?q=normalization")
    session.page.wait_for_selector("#search-results li a", timeout=15_000)
    session.page.wait_for_timeout(500)
    assert session.page.locator("#search-results li").count() > 1
    assert session.requests == []
    assert session.complaints == []


def fits_a_phone(page: Page) -> None:
    too_wide = page.evaluate(
        """() => {
          if (document.documentElement.scrollWidth <= window.innerWidth) return [];
          return [...document.querySelectorAll("main *")]
            .filter((element) => element.getBoundingClientRect().right > window.innerWidth + 1)
            .map((element) => element.outerHTML.slice(0, 120)).slice(0, 8);
        }"""
    )
    assert too_wide == []
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


@pytest.mark.parametrize("narrow", PAGES, indirect=True)
def test_page_fits_a_phone(narrow: Visit) -> None:
    fits_a_phone(narrow.page)


@pytest.mark.parametrize("narrow", CHAPTER_PAGES, indirect=True)
def test_results_are_whole_on_a_phone(narrow: Visit) -> None:
    cut = narrow.page.locator("article pre").evaluate_all(
        "all => all.filter((pre) => pre.scrollWidth > pre.clientWidth + 1).map((p) => p.outerHTML)"
    )
    assert cut == []


@pytest.mark.parametrize("narrow_and_dark", PAGES, indirect=True)
def test_page_fits_a_phone_in_the_dark(narrow_and_dark: Visit) -> None:
    fits_a_phone(narrow_and_dark.page)


@pytest.mark.parametrize("wide_and_dark", CHAPTER_PAGES, indirect=True)
def test_figures_draw_in_a_dark_page(wide_and_dark: Visit) -> None:
    page = wide_and_dark.page
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.locator("figure.bnviz-figure").count() > 0
    luminance = page.evaluate(
        """() => getComputedStyle(document.body).backgroundColor.match(/\\d+/g)
             .slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 3"""
    )
    assert luminance < 64


#: What each figure leaves: whether it is seen, how many pixels wide it is, what it is for those who
#: cannot see it. A question and its answer are text.
STILLS = """() => {
    const seen = (part) => part.checkVisibility({ visibilityProperty: true }) &&
        part.offsetWidth > 1 && part.offsetHeight > 1;
    return Promise.all(
        [...document.querySelectorAll("figure.bnviz-figure")].map(async (figure) => {
            if (figure.classList.contains("bnviz-predict")) {
                const text = figure.querySelector(".bnviz-still");
                return [seen(text), text.offsetWidth, text.innerText];
            }
            const picture = figure.querySelector("img");
            await picture.decode();
            return [seen(picture), picture.naturalWidth, picture.alt];
        }));
}"""


@pytest.mark.parametrize("without_scripts", CHAPTER_PAGES, indirect=True)
def test_every_figure_leaves_a_picture_without_scripts(without_scripts: Visit) -> None:
    stills = without_scripts.page.evaluate(STILLS)
    assert stills
    for visible, width, alt in stills:
        assert visible
        assert width > 1
        assert len(alt) > 10


def serious_violations(page: Page) -> list[str]:
    page.add_script_tag(path=AXE)
    report = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{violation['id']}: {node['html'][:160]} ({node['failureSummary'][:240]})"
        for violation in report["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("wide", PAGES, indirect=True)
def test_axe_finds_no_serious_violation(wide: Visit) -> None:
    assert serious_violations(wide.page) == []


@pytest.mark.parametrize("wide_and_dark", PAGES, indirect=True)
def test_axe_finds_no_serious_violation_in_the_dark(wide_and_dark: Visit) -> None:
    assert serious_violations(wide_and_dark.page) == []


def launchers(name: str) -> list[str]:
    """Where Colab and Binder open a chapter."""
    repository = yaml.safe_load((ROOT / "_config.yml").read_text())["repository"]
    owner_and_name = urlsplit(repository["url"]).path.strip("/")
    branch = repository["branch"]
    return [
        f"https://colab.research.google.com/github/{owner_and_name}/blob/{branch}/{name}.ipynb",
        f"https://mybinder.org/v2/gh/{owner_and_name}/{branch}?urlpath=lab/tree/{name}.ipynb",
    ]


@pytest.mark.parametrize("name", CHAPTERS)
def test_chapter_can_be_launched(name: str, book: Path) -> None:
    menu, _, _ = (book / f"{name}.html").read_text().partition("<article")
    assert [address for address in launchers(name) if f'href="{address}"' not in menu] == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_each_exercise_leads_to_where_it_is_answered(name: str, book: Path) -> None:
    _, *stubs = (book / f"{name}.html").read_text().split('<div class="cell tag_stub')
    behind = [re.findall('href="([^"]+)">Open in', stub.split("tag_solution")[0]) for stub in stubs]
    assert behind == [launchers(name)] * len(behind)
    assert len(behind) >= 3 or name == "chapters/lab"


#: Formulas with another number of parts than they need.
PARTS_MISSING = """() => Object.entries({ msub: 2, msup: 2, msubsup: 3, mfrac: 2, mover: 2 })
    .flatMap(([name, parts]) => [...document.querySelectorAll(name)]
        .filter((formula) => formula.children.length !== parts)
        .map((formula) => formula.outerHTML))"""


@pytest.mark.parametrize("without_scripts", CHAPTER_PAGES, indirect=True)
def test_math_is_set_and_no_markup_is_left(without_scripts: Visit) -> None:
    page = without_scripts.page
    has_no_formula = without_scripts.name == "chapters/lab.html"
    assert page.locator(".katex").count() > 0 or has_no_formula
    assert page.locator(".katex-error").count() == 0
    assert page.evaluate(PARTS_MISSING) == []
    prose = page.evaluate(
        """() => [...document.querySelectorAll("main p, main li, main td, main h1, main h2")]
             .filter((element) => !element.closest("figure, .cell_output"))
             .map((element) => {
               const copy = element.cloneNode(true);
               copy.querySelectorAll("code, .katex").forEach((inner) => inner.remove());
               return copy.textContent;
             }).join("\\n")"""
    )
    assert not re.search(r"\\[(\[]|\$\$?|\\(?:frac|gamma|beta|mu|sigma)\b", prose)


@pytest.mark.parametrize("wide", CHAPTER_PAGES, indirect=True)
def test_code_of_80_characters_fits_the_column(wide: Visit) -> None:
    blocks = wide.page.locator("div.cell_input pre, div.cell_output pre")
    cut = blocks.evaluate_all(
        """(all) => all.filter((pre) => !pre.closest("details:not([open])")
                && pre.scrollWidth > pre.clientWidth + 1)
            .map((pre) => pre.textContent)"""
    )
    # How long the address of the repository is, is not the book's to say.
    assert [text for text in cut if "%pip install" not in text] == []


@pytest.mark.parametrize("narrow", CHAPTER_PAGES, indirect=True)
def test_a_short_formula_and_its_comma_stay_in_one_line(narrow: Visit) -> None:
    glued = narrow.page.locator(".glued")
    lines = glued.evaluate_all("all => all.map((e) => e.getClientRects().length)")
    text = (ROOT / narrow.name).with_suffix(".ipynb").read_text(encoding="utf-8")
    assert lines or not re.search(r"\$[^$]{1,20}\$[,.;:]", text)
    assert set(lines) <= {1}


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_page_carries_the_code_of_its_figures_once(name: str, book: Path) -> None:
    page = (book / f"{name}.html").read_text()
    figures = set(re.findall(r'data-figure="(\w+)"', page))
    (script,) = re.findall(r'src="[^"]*_static/(bnviz-\w+\.js)', page)
    (style,) = re.findall(r'href="[^"]*_static/(bnviz-\w+\.css)', page)
    code = (book / "_static" / script).read_text()
    (given,) = re.findall(r"\(\{([\w:,$]+)\}\)\}\)\(\);\s*$", code)  # at its end, by name
    assert {each.partition(":")[0] for each in given.split(",")} == figures
    assert (book / "_static" / style).is_file()
    most = 39_000 if "lab" in figures else 20_000  # with the trainer
    assert len(gzip.compress(code.encode())) <= most
    assert "data-bnviz-code" not in page
    assert "vnd.jupyter.widget-state" not in page  # a second copy of every figure's data
    assert len(set(re.findall(r"data:image/png;base64,[^\"]+", page))) == page.count(
        "data:image/png"
    )


def keep_a_line_for_a_link(page: Page) -> bool:
    heights = """() => [...document.querySelectorAll("article :is(h1, h2, h3)")]
        .map((heading) => heading.getBoundingClientRect().height)"""
    before = page.evaluate(heights)
    without = page.add_style_tag(content=".headerlink { display: none !important; }")
    after = page.evaluate(heights)
    without.evaluate("(style) => style.remove()")
    assert before
    return before != after


@pytest.mark.parametrize("wide", [f"{title}.html" for title in TITLES], indirect=True)
def test_a_heading_has_no_line_for_a_link_that_is_not_seen(wide: Visit) -> None:
    assert not keep_a_line_for_a_link(wide.page)


@pytest.mark.parametrize("narrow", [f"{title}.html" for title in TITLES], indirect=True)
def test_what_a_row_or_column_is_called_stands_in_one_line_on_a_phone(narrow: Visit) -> None:
    broken = narrow.page.eval_on_selector_all(
        ".bd-article table :is(th, td:first-child) code",
        """(codes) => codes
            .filter((code) => !code.textContent.includes(" ") && code.getClientRects().length > 1)
            .map((code) => code.textContent)""",
    )
    assert broken == []


@pytest.mark.parametrize("narrow", [f"{title}.html" for title in TITLES], indirect=True)
def test_a_heading_has_no_line_for_a_link_that_is_not_seen_on_a_phone(narrow: Visit) -> None:
    assert not keep_a_line_for_a_link(narrow.page)


def taller_figures(page: Page, most: float) -> list[tuple[str, float]]:
    heights = page.locator("figure.bnviz-figure").evaluate_all(
        "all => all.map((f) => [f.dataset.figure, f.getBoundingClientRect().height])"
    )
    return [(figure, tall) for figure, tall in heights if tall > most]


@pytest.mark.parametrize("wide", CHAPTER_PAGES, indirect=True)
def test_every_figure_is_seen_at_once(wide: Visit) -> None:
    assert taller_figures(wide.page, 640) == []


@pytest.mark.parametrize("narrow", CHAPTER_PAGES, indirect=True)
def test_every_figure_is_seen_at_once_on_a_phone(narrow: Visit) -> None:
    assert taller_figures(narrow.page, 684) == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_the_page_does_not_move_when_figures_come_to_life(
    name: str, visit: Callable[..., Visit]
) -> None:
    """A figure has its height before it is drawn, so a link to a heading lands on it."""
    session = visit(viewport=NARROW)
    page = session.page
    page.goto(f"{session.home}/{name}.html", wait_until="commit")
    last = page.locator("main section[id]").last.get_attribute("id")
    page.goto(f"{session.home}/{name}.html#{last}")
    page.wait_for_function(FIGURES_READY, timeout=15_000)
    page.wait_for_timeout(300)
    top = page.locator(f"section#{last} :is(h1, h2, h3)").first.bounding_box()["y"]
    at_end = page.evaluate("innerHeight + scrollY >= document.body.scrollHeight - 2")
    assert 0 <= top <= 120 or (at_end and top >= 0)


#: Where each link to a heading leads: the link, how far down its heading is then, whether the page
#: ends there.
LANDED = """async () => {
    const found = [];
    for (const link of document.querySelectorAll(".bd-sidebar-secondary a[href^='#']")) {
        const target = link.getAttribute("href");
        location.hash = target;
        for (const frame of [1, 2]) await new Promise(requestAnimationFrame);
        const heading = document.querySelector(`section${target} :is(h1, h2, h3)`);
        const atEnd = innerHeight + scrollY >= document.body.scrollHeight - 2;
        found.push([target, heading.getBoundingClientRect().top, atEnd]);
    }
    return found;
}"""


@pytest.mark.parametrize("name", CHAPTERS)
def test_links_to_headings_land_on_them(name: str, visit: Callable[..., Visit]) -> None:
    page = visit(reduced_motion="no-preference").open(f"{name}.html")
    landed = page.evaluate(LANDED)
    assert landed
    for target, top, at_end in landed:
        assert 0 <= top <= 120 or (at_end and top >= 0), target


def test_nothing_of_the_page_lies_over_a_figure_on_a_phone(visit: Callable[..., Visit]) -> None:
    page = visit(viewport=NARROW).open(f"{CHAPTERS[0]}.html")
    page.evaluate("scrollTo(0, 3000)")
    page.mouse.wheel(0, -300)  # the theme offers a way up when a reader scrolls up
    page.wait_for_timeout(400)
    over = page.evaluate(
        """() => [...document.querySelectorAll("body *")].filter((e) => {
            const style = getComputedStyle(e);
            const box = e.getBoundingClientRect();
            return style.position === "fixed" && style.visibility !== "hidden" &&
              box.width && box.bottom > 100 && box.top < innerHeight && box.right > 0 &&
              box.left < innerWidth;
        }).map((e) => e.outerHTML.slice(0, 80))"""
    )
    assert over == []


def test_no_page_names_a_script_or_style_of_another_host(book: Path) -> None:
    loads = re.compile(
        r"""<(?:script|link|img|iframe|source)\b[^>]*\b(?:src|href)=["'](https?:[^"']+)"""
    )
    found = {str(p.relative_to(book)): loads.findall(p.read_text()) for p in book.rglob("*.html")}
    assert {name: hosts for name, hosts in found.items() if hosts} == {}


@pytest.mark.parametrize("name", [f"{title}.html" for title in TITLES])
def test_a_page_has_one_title_and_says_what_it_is_about(name: str, book: Path) -> None:
    page = (book / name).read_text(encoding="utf-8")
    assert page.count("<h1") == 1
    description = re.search(r'<meta name="description" content="([^"]+)"', page)
    assert description and len(description[1]) > 40
    image = re.search(
        r'<meta property="og:image" content="https://[^"/]+/[^"]*/(_static/[^"]+)"', page
    )
    assert image and (book / image[1]).read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_orange_and_blue_belong_to_the_figures(scheme: str, visit: Callable[..., Visit]) -> None:
    page = visit(color_scheme=scheme).open(CHAPTERS[0] + ".html")
    colors = page.evaluate(
        """() => [...document.querySelectorAll("a, button, summary, .admonition-title")]
            .filter((part) => !part.closest("figure, .claim"))
            .map((part) => getComputedStyle(part).color)"""
    )
    assert colors
    for color in set(colors):
        red, green, blue = (float(part) for part in re.findall(r"[\d.]+", color)[:3])
        assert max(red, green, blue) - min(red, green, blue) < 40, color


@pytest.mark.parametrize("wide", CHAPTER_PAGES, indirect=True)
def test_an_exercise_shows_its_task_its_stub_and_a_folded_solution(wide: Visit) -> None:
    page = wide.page
    assert page.locator(".tag_check").count() == 0
    stubs, solutions = page.locator(".cell.tag_stub"), page.locator(".cell.tag_solution")
    assert stubs.count() == solutions.count()
    for solution in solutions.all():
        assert solution.get_by_text("Solution").first.is_visible()
        assert not solution.locator("pre").first.is_visible()
    assert page.get_by_text("#@title").count() == 0


# What follows changes an open page: it stands last, so that all else has seen it as it opens.


def show_answers(page: Page) -> None:
    show = page.locator(".bnviz-predict-other, .bnviz-lab-other")
    unseen = "all => all.filter((b) => b.textContent !== 'Answer again').forEach((b) => b.click())"
    show.evaluate_all(unseen)
    page.wait_for_timeout(300)
    assert set(show.all_inner_texts()) == {"Answer again"}


def answers_do_not_move(page: Page) -> None:
    figures = page.locator("figure.bnviz-predict, figure.bnviz-lab")
    heights = "all => all.map((figure) => figure.getBoundingClientRect().height)"
    before = figures.evaluate_all(heights)
    show_answers(page)
    assert figures.evaluate_all(heights) == before


def drawings_keep_to_their_rooms(page: Page) -> None:
    """Nothing is drawn over what stands beside it, in the figures of answers neither."""
    show_answers(page)
    outside = page.evaluate(
        """() => [...document.querySelectorAll(".bnviz-room")].flatMap((room) => {
            const box = (element) => element.getBoundingClientRect(), own = box(room);
            const beside = [...room.parentElement.children].filter((one) => one !== room);
            const covered = beside.filter((one) => box(one).width * box(one).height
                && Math.min(box(one).bottom, own.bottom) - Math.max(box(one).top, own.top) > 1
                && Math.min(box(one).right, own.right) - Math.max(box(one).left, own.left) > 1);
            const larger = [...room.querySelectorAll("svg, canvas")].filter((drawing) =>
                box(drawing).bottom > own.bottom + 1 || box(drawing).right > own.right + 1);
            return [...covered, ...larger].map((one) => one.outerHTML.slice(0, 200));
        })"""
    )
    assert outside == []


@pytest.mark.parametrize("wide", CHAPTER_PAGES, indirect=True)
def test_an_answer_does_not_move_the_page(wide: Visit) -> None:
    answers_do_not_move(wide.page)


@pytest.mark.parametrize("wide", CHAPTER_PAGES, indirect=True)
def test_drawings_keep_to_their_rooms(wide: Visit) -> None:
    drawings_keep_to_their_rooms(wide.page)


@pytest.mark.parametrize("narrow", CHAPTER_PAGES, indirect=True)
def test_an_answer_does_not_move_the_page_on_a_phone(narrow: Visit) -> None:
    answers_do_not_move(narrow.page)


@pytest.mark.parametrize("narrow", CHAPTER_PAGES, indirect=True)
def test_drawings_keep_to_their_rooms_on_a_phone(narrow: Visit) -> None:
    drawings_keep_to_their_rooms(narrow.page)


@pytest.mark.parametrize("wide", CHAPTER_PAGES, indirect=True)
def test_drawings_follow_the_width_of_the_window(wide: Visit) -> None:
    page = wide.page
    for width in (900, 360, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        # A unit of a drawing is a pixel of the screen, so that its text keeps its size.
        page.wait_for_function(
            """() => [...document.querySelectorAll("svg.bnviz-svg")].every((drawing) => {
                const shown = drawing.getBoundingClientRect().width;
                return shown === 0 || Math.abs(shown - drawing.viewBox.baseVal.width) < 2;
            })"""
        )
