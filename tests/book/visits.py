"""The pages of the book, and a visit to one: what the tests of this folder share."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from playwright.sync_api import ConsoleMessage, Page, Request

ROOT = Path(__file__).resolve().parents[2]
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text())
TITLES = [TOC["root"], *(page["file"] for part in TOC["parts"] for page in part["chapters"])]
CHAPTERS = [name for name in TITLES if (ROOT / f"{name}.ipynb").is_file()]
PAGES = [f"{name}.html" for name in TITLES] + ["search.html", "genindex.html"]
CHAPTER_PAGES = [f"{name}.html" for name in CHAPTERS]

NARROW = {"width": 360, "height": 740}
WIDE = {"width": 1280, "height": 900}

FIGURES_READY = """() => [...document.querySelectorAll("figure.bnviz-figure")]
    .filter((figure) => !figure.closest(".bnviz-then:not([open])"))  // what an answer reveals
    .every((figure) => figure.hasAttribute("data-ready"))"""


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Keep the test's output for what fails."""


@contextmanager
def serving(folder: Path, handler: type[SimpleHTTPRequestHandler] = QuietHandler) -> Iterator[str]:
    """Serve a folder on this machine; gives the address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=folder)) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()


class Visit:
    """An open page, and what it asked for and complained about."""

    def __init__(self, page: Page, home: str) -> None:
        self.page = page
        self.home = home
        self.name = ""  # of what is open
        self.requests: list[str] = []  # those that would leave this machine
        self.complaints: list[str] = []
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.context.on("request", self._on_request)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            at = message.location.get("url", "")
            self.complaints.append(f"{message.type}: {message.text} {at}".rstrip())

    def _on_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname != "127.0.0.1":
            self.requests.append(request.url)  # the browser knows no other host: it fails

    def open_unfolded(self, name: str) -> Page:
        """Open the page `name` where its scripts are off, and all that is folded in it."""
        self.name = name
        self.page.goto(f"{self.home}/{name}")
        # This script is the test's own, through the protocol.
        self.page.evaluate(
            "document.querySelectorAll('details').forEach((d) => { d.open = true; })"
        )
        return self.page

    def open(self, name: str) -> Page:
        """Open the page `name` and wait until it has loaded and its figures are ready."""
        self.name = name
        self.page.goto(f"{self.home}/{name}", wait_until="load")
        self.page.wait_for_function(FIGURES_READY, timeout=15_000)
        return self.page
