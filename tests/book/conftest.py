"""Fixtures that the tests of the book share: visits to its pages, from disk and from a server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext
from visits import NARROW, WIDE, Visit, serving


@pytest.fixture(scope="module")
def server(book: Path) -> Iterator[str]:
    with serving(book) as address:
        yield address


def new_context(chromium: Browser, **options: object) -> BrowserContext:
    return chromium.new_context(**{"viewport": WIDE, "reduced_motion": "reduce"} | options)


@pytest.fixture
def visit(chromium: Browser, book: Path) -> Iterator[Callable[..., Visit]]:
    contexts = []

    def start(home: str | None = None, **options: object) -> Visit:
        context = new_context(chromium, **options)
        contexts.append(context)
        return Visit(context.new_page(), home or book.as_uri())

    yield start
    for context in contexts:
        context.close()


def _looked_at(**options: object) -> Callable[..., Iterator[Visit]]:
    def look(request: pytest.FixtureRequest, chromium: Browser, book: Path) -> Iterator[Visit]:
        context = new_context(chromium, **options)
        looked_at = Visit(context.new_page(), book.as_uri())
        if options.get("java_script_enabled", True):
            looked_at.open(request.param)
        else:
            looked_at.open_unfolded(request.param)
        yield looked_at
        context.close()

    return pytest.fixture(scope="module")(look)


# A page, named by `@pytest.mark.parametrize(…, indirect=True)`, that is opened once for all tests
# of a module. They leave its width, its controls and its folds as they are; those that cannot
# stand at the end of the module.
wide = _looked_at()
wide_and_dark = _looked_at(color_scheme="dark")
narrow = _looked_at(viewport=NARROW)
narrow_and_dark = _looked_at(viewport=NARROW, color_scheme="dark")
without_scripts = _looked_at(java_script_enabled=False)
