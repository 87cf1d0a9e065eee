"""Put the figures of executed notebooks into a Sphinx book.

A figure's output holds four forms of itself. This extension picks the one for a page (HTML that
draws itself without a kernel), and ships the figures' code once a page, however many it has,
from the book itself: no page asks another host for anything.

Add ``bnviz.sphinxext`` after ``myst_nb`` to the extensions of a book.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

SCRIPT = "bnviz.js"

# What each output carries so that it also moves alone, on nbviewer or in a saved notebook.
_CODE = re.compile(r"<script\b[^>]*\bdata-bnviz-code\b[^>]*>.*?</script>\s*", re.DOTALL)
_FIGURE = re.compile(r"<figure\b[^>]*\bclass=[\"'][^\"']*\bbnviz-figure\b")

_WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def prefer_html(app: Sphinx, config: Config) -> None:
    """Choose HTML over the widget view, which would need a kernel or a script from elsewhere."""
    config.nb_mime_priority_overrides = [
        *config.nb_mime_priority_overrides,
        ["*", _WIDGET_VIEW, None],
    ]
    config.nb_ipywidgets_js = {}


def write_script(app: Sphinx) -> None:
    """Write the figures' code to a folder that Sphinx copies to ``_static``."""
    from bnviz.figures.base import page_script

    folder = Path(app.doctreedir) / "bnviz-static"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / SCRIPT).write_text(page_script(), encoding="utf-8")
    app.config.html_static_path.append(str(folder))


def strip_code(app: Sphinx, document: nodes.document) -> None:
    """Take the figures' code out of each output, and the widgets' state out of the page."""
    # myst-nb would embed every widget of the run once more, as state for html-manager.
    notebooks = getattr(app.env, "nb_metadata", {})
    notebooks.get(app.env.docname, {}).pop("js_files", None)
    for raw in list(document.findall(nodes.raw)):
        text, removed = _CODE.subn("", raw.astext())
        if removed:
            raw.rawsource = text
            raw.children = []
            raw += nodes.Text(text)


def load_script(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Load the code on pages that hold a figure, and only there."""
    if _FIGURE.search(context.get("body", "")):
        app.add_js_file(SCRIPT, loading_method="defer")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.setup_extension("myst_nb")
    app.connect("config-inited", prefer_html)
    app.connect("builder-inited", write_script)
    app.connect("doctree-read", strip_code)
    app.connect("html-page-context", load_script)
    return {"version": "0.1", "parallel_read_safe": True, "parallel_write_safe": True}
