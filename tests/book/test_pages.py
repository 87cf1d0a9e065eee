"""Every page of the built book, as a person finds it in a real browser."""

from __future__ import annotations

import gzip
import re
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import axe_playwright_python
import pytest
import yaml
from playwright.sync_api import Browser, Page, Route

ROOT = Path(__file__).resolve().parents[2]
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text())
TITLES = [TOC["root"], *(chapter["file"] for chapter in TOC["chapters"])]
CHAPTERS = [name for name in TITLES if (ROOT / f"{name}.ipynb").is_file()]
PAGES = [f"{name}.html" for name in TITLES] + ["search.html", "genindex.html"]
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")

NARROW = {"width": 360, "height": 740}
WIDE = {"width": 1280, "height": 900}

FIGURES_READY = """() => [...document.querySelectorAll("figure.bnviz-figure")]
    .every((figure) => figure.hasAttribute("data-ready"))"""


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Keep the test's output for what fails."""


@pytest.fixture(scope="module")
def server(book: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=book)) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()


class Visit:
    """An open page, and what it asked for and complained about."""

    def __init__(self, page: Page, home: str) -> None:
        self.page = page
        self.home = home
        self.requests: list[str] = []  # those that would leave this machine
        self.complaints: list[str] = []
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.context.route("**/*", self._on_request)

    def _on_console(self, message: object) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def _on_request(self, route: Route) -> None:
        address = urlsplit(route.request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname != "127.0.0.1":
            self.requests.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    def open(self, name: str) -> Page:
        """Open the page `name` and wait until it has loaded and its figures are ready."""
        self.page.goto(f"{self.home}/{name}", wait_until="load")
        self.page.wait_for_function(FIGURES_READY, timeout=15_000)
        return self.page


@pytest.fixture
def visit(chromium: Browser, book: Path) -> Iterator[Callable[..., Visit]]:
    contexts = []

    def start(home: str | None = None, **options: object) -> Visit:
        context = chromium.new_context(**{"viewport": WIDE, "reduced_motion": "reduce"} | options)
        contexts.append(context)
        return Visit(context.new_page(), home or book.as_uri())

    yield start
    for context in contexts:
        context.close()


def test_every_chapter_of_the_contents_is_a_page(book: Path) -> None:
    assert [name for name in PAGES if not (book / name).is_file()] == []


@pytest.mark.parametrize("home", ["disk", "server"])
def test_index_leads_to_the_first_page(home: str, visit: Callable[..., Visit], server: str) -> None:
    session = visit(server if home == "server" else None)
    session.page.goto(f"{session.home}/index.html")
    session.page.wait_for_url(f"**/{PAGES[0]}")
    assert session.complaints == []


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("home", ["disk", "server"])
def test_page_asks_no_other_host_and_has_no_error(
    name: str, home: str, visit: Callable[..., Visit], server: str
) -> None:
    session = visit(server if home == "server" else None)
    page = session.open(name)
    # Images below the fold and scripts that start late belong to the page too.
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.wait_for_timeout(300)
    assert session.requests == []
    assert session.complaints == []


@pytest.mark.parametrize("home", ["disk", "server"])
def test_search_finds_a_word(home: str, visit: Callable[..., Visit], server: str) -> None:
    session = visit(server if home == "server" else None)
    session.page.goto(f"{session.home}/search.html?q=normalization")
    session.page.wait_for_selector("#search-results li a", timeout=15_000)
    session.page.wait_for_timeout(500)
    assert session.page.locator("#search-results li").count() > 1
    assert session.requests == []
    assert session.complaints == []


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_fits_a_phone(name: str, scheme: str, visit: Callable[..., Visit]) -> None:
    page = visit(viewport=NARROW, color_scheme=scheme).open(name)
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


@pytest.mark.parametrize("name", CHAPTERS)
def test_figures_draw_in_a_dark_page(name: str, visit: Callable[..., Visit]) -> None:
    page = visit(color_scheme="dark").open(f"{name}.html")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.locator("figure.bnviz-figure").count() > 0
    luminance = page.evaluate(
        """() => getComputedStyle(document.body).backgroundColor.match(/\\d+/g)
             .slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 3"""
    )
    assert luminance < 64


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_figure_leaves_a_picture_without_scripts(
    name: str, visit: Callable[..., Visit]
) -> None:
    session = visit(java_script_enabled=False)
    session.page.goto(f"{session.home}/{name}.html")
    figures = session.page.locator("figure.bnviz-figure")
    assert figures.count() > 0
    for figure in figures.all():
        picture = figure.locator("img").first
        assert picture.is_visible()
        # Scripts of the page are off; this one is the test's own, through the protocol.
        picture.scroll_into_view_if_needed()
        assert picture.evaluate("(image) => image.decode().then(() => image.naturalWidth)") > 1
        assert len(picture.get_attribute("alt")) > 10


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_violation(
    name: str, scheme: str, visit: Callable[..., Visit]
) -> None:
    page = visit(color_scheme=scheme).open(name)
    page.add_script_tag(path=AXE)
    report = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    found = [
        f"{violation['id']}: {node['html'][:160]} ({node['failureSummary'][:240]})"
        for violation in report["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
    assert found == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_chapter_can_be_launched(name: str, book: Path) -> None:
    page = (book / f"{name}.html").read_text()
    repository = yaml.safe_load((ROOT / "_config.yml").read_text())["repository"]
    owner_and_name = urlsplit(repository["url"]).path.strip("/")
    branch = repository["branch"]
    colab = f"https://colab.research.google.com/github/{owner_and_name}/blob/{branch}/{name}.ipynb"
    binder = f"https://mybinder.org/v2/gh/{owner_and_name}/{branch}?urlpath=lab/tree/{name}.ipynb"
    assert f'href="{colab}"' in page
    assert f'href="{binder}"' in page


@pytest.mark.parametrize("name", CHAPTERS)
def test_math_is_set_and_no_markup_is_left(name: str, visit: Callable[..., Visit]) -> None:
    session = visit(java_script_enabled=False)
    page = session.page
    page.goto(f"{session.home}/{name}.html")
    assert page.locator(".katex").count() > 0
    assert page.locator(".katex-error").count() == 0
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


@pytest.mark.parametrize("name", CHAPTERS)
def test_code_of_80_characters_fits_the_column(name: str, visit: Callable[..., Visit]) -> None:
    blocks = visit().open(f"{name}.html").locator("div.cell_input pre, div.cell_output pre")
    cut = blocks.evaluate_all(
        """(all) => all.filter((pre) => pre.scrollWidth > pre.clientWidth + 1)
            .map((pre) => pre.textContent)"""
    )
    # How long the address of the repository is, is not the book's to say.
    assert [text for text in cut if "%pip install" not in text] == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_short_formula_and_its_comma_stay_in_one_line(
    name: str, visit: Callable[..., Visit]
) -> None:
    page = visit(viewport=NARROW).open(f"{name}.html")
    lines = page.locator(".glued").evaluate_all("all => all.map((e) => e.getClientRects().length)")
    assert lines
    assert set(lines) == {1}


@pytest.mark.parametrize("name", CHAPTERS)
def test_drawings_follow_the_width_of_the_window(name: str, visit: Callable[..., Visit]) -> None:
    page = visit().open(f"{name}.html")
    for width in (900, 360, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        # A unit of a drawing is a pixel of the screen, so that its text keeps its size.
        page.wait_for_function(
            """() => [...document.querySelectorAll("svg.bnviz-svg")].every((drawing) => {
                const shown = drawing.getBoundingClientRect().width;
                return shown === 0 || Math.abs(shown - drawing.viewBox.baseVal.width) < 2;
            })"""
        )


def test_figure_code_is_small_and_in_the_page_once(book: Path) -> None:
    code = (book / "_static" / "bnviz.js").read_bytes()
    assert len(gzip.compress(code)) <= 30_000
    for name in CHAPTERS:
        page = (book / f"{name}.html").read_text()
        assert page.count("_static/bnviz.js") == 1
        assert not re.search(r"<script\b[^>]*data-bnviz-code", page)
        assert "vnd.jupyter.widget-state" not in page  # a second copy of every figure's data


def test_no_page_names_a_script_or_style_of_another_host(book: Path) -> None:
    loads = re.compile(
        r"""<(?:script|link|img|iframe|source)\b[^>]*\b(?:src|href)=["'](https?:[^"']+)"""
    )
    found = {str(p.relative_to(book)): loads.findall(p.read_text()) for p in book.rglob("*.html")}
    assert {name: hosts for name, hosts in found.items() if hosts} == {}
