"""Fixtures that several test modules share: a real browser and the built book."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import chromium as chromium_finder  # scripts/ is on the path of the tests, see pyproject.toml
import hypothesis
import pytest
import torch
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from bnviz.figures import Figure

ROOT = Path(__file__).resolve().parent.parent
#: Tests that start servers and other programs.
LONG = [
    ROOT / "tests" / path
    for path in ("book/test_firefox.py", "book/test_jupyterlab.py", "book/test_typefaces.py",
                 "grading", "house", "recording/test_distributed.py")
]  # fmt: skip

# One thread, as in the chapters: tests run side by side, and threads that wait for each other turn.
torch.set_num_threads(1)
os.environ["OMP_NUM_THREADS"] = "1"  # of the processes that tests start

# How long one example takes says something about the machine, not about the arithmetic.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")


def pytest_configure(config: pytest.Config) -> None:
    """Tell of the one mark that nobody sets by hand."""
    config.addinivalue_line("markers", "browser: asks for Chromium or the built book")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: tests wait for browsers and servers, a sixth of their time."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a browser or the built book, and begin with what takes long in few tests.

    At the end of a run on several cores all would wait for it.
    """
    for item in items:
        if {"chromium", "book"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("browser")
    items.sort(key=lambda item: not any(item.path.is_relative_to(path) for path in LONG))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A running Chromium. Playwright allows one at a time in a process: every test uses this."""
    path = chromium_finder.find()
    if path is None:
        pytest.fail(chromium_finder.MISSING.format(names=", ".join(chromium_finder.NAMES)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(chromium_finder.ARGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def book() -> Path:
    """The folder of the built book. `make test` builds it first; nothing is built twice."""
    html = ROOT / "_build" / "html"
    if not (html / "index.html").is_file():
        pytest.fail(f"no book in {html}: run `make book` (or `make test`, which does it) first")
    return html


def without_picture(figure: Figure) -> Figure:
    """The same figure, and nothing where its picture would be."""
    return Figure(
        figure.name, spec=figure.spec, arrays=figure.arrays, alt=figure.alt,
        caption=figure.caption, height=figure.height, still=figure.still or "",
        then=figure.then and without_picture(figure.then),
    )  # fmt: skip


@pytest.fixture(scope="session")
def context_for(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """A context for some options, made once: that takes longer than to open a page in it."""
    made: dict[str, BrowserContext] = {}

    def find(**options: Any) -> BrowserContext:
        key = repr(sorted(options.items()))
        if key not in made:
            made[key] = chromium.new_context(**options)
        return made[key]

    yield find
    for context in made.values():
        context.close()


@pytest.fixture
def open_figure(
    context_for: Callable[..., BrowserContext], tmp_path: Path
) -> Iterator[Callable[..., Page]]:
    """``open_figure(figure, width=800)``: its page, opened from disk with the network off.

    ``push`` moves the figure down by so many pixels. The picture, which takes longer than all else,
    is there where scripts are off, or where it is asked for by ``pictured``. The test fails where
    the page writes an error to the console.
    """
    pages, problems = [], []

    def open_page(
        figure: Figure, width: int = 800, push: int = 0, pictured: bool = False, **options: Any
    ) -> Page:
        scripts = options.get("java_script_enabled", True)
        shown = figure if pictured or not scripts else without_picture(figure)
        path = shown.save_html(tmp_path / f"{figure.name}.html")
        if push:
            html = path.read_text(encoding="utf-8")
            path.write_text(html.replace("<main>", f'<main style="padding-top:{push}px">'), "utf-8")
        size = {"width": width, "height": 800}
        page = context_for(viewport=size, offline=True, **options).new_page()
        pages.append(page)
        page.on("console", lambda m: m.type == "error" and problems.append(m.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(path.as_uri())
        if scripts:
            page.wait_for_selector("figure[data-ready]")
        return page

    yield open_page
    for page in pages:
        if not page.is_closed():
            # What a reader answered; a test may have locked the storage.
            page.evaluate("() => { try { localStorage.clear(); } catch {} }")
            page.close()
    assert problems == []
