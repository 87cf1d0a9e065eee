"""Links below each exercise's stub to where it can be answered: those of the rocket's menu.

They are made while the book is built, so a notebook holds no address of its own.
"""

from __future__ import annotations

from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

_MENU = "launch-buttons"  # what the theme calls the rocket's
_PLACE = '<p class="open-in"></p>'


def mark(app: Sphinx, document: nodes.document) -> None:
    """Leave a place behind each stub."""
    for cell in list(document.findall(nodes.container)):
        if "tag_stub" in cell["classes"]:
            place = nodes.raw("", _PLACE, format="html")
            cell.parent.insert(cell.parent.index(cell) + 1, place)


def link(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Put the links of the page's menu into the places; without a menu, nothing."""
    buttons = [
        button
        for menu in context.get("header_buttons", [])
        if menu.get("label") == _MENU
        for button in menu["buttons"]
    ]
    buttons.sort(key=lambda button: button["text"] == "Binder")  # last: it takes a minute to start
    links = " · ".join(
        f'<a href="{escape(button["url"])}">Open in {button["text"]}</a>' for button in buttons
    )
    line = f'<p class="open-in">{links}</p>' if links else ""
    context["body"] = context.get("body", "").replace(_PLACE, line)


def setup(app: Sphinx) -> None:
    """Connect both halves."""
    app.connect("doctree-read", mark)
    app.connect("html-page-context", link, priority=502)  # the theme makes the menu at 501
