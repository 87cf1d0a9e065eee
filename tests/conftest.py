"""Fixtures that several test modules share: a real browser and the built book."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import chromium as chromium_finder  # scripts/ is on the path of the tests, see pyproject.toml
import pytest
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parent.parent


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
