"""Fixtures that the tests of the book share: visits to its pages, from disk and from a server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from visits import WIDE, Visit


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Keep the test's output for what fails."""


@pytest.fixture(scope="module")
def server(book: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=book)) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()


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
