"""Fixtures that the tests of the book share: visits to its pages, from disk and from a server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from visits import WIDE, Visit, serving


@pytest.fixture(scope="module")
def server(book: Path) -> Iterator[str]:
    with serving(book) as address:
        yield address


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
