"""Put the figures of executed notebooks into a Sphinx book.

A figure's output holds several forms of itself. This extension picks the one for a page (HTML that
draws itself without a kernel), and gives each page one script and one style sheet with the code
of the figures that it shows, from the book itself: no page asks another host for anything.

Add ``bnviz.sphinxext`` after ``myst_nb`` to the extensions of a book.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform

from bnviz.figures.kit.bundle import page_script, style
from bnviz.figures.kit.notebook import VIEW

# What each output carries so that it also moves alone, on nbviewer or in a saved notebook.
_CODE = re.compile(r"<(script|style)\b[^>]*\bdata-bnviz-code\b[^>]*>.*?</\1>\s*", re.DOTALL)
_FIGURE = re.compile(r'<figure class="bnviz-figure[^"]*" data-figure="(\w+)"')

Figures = dict[str, list[str]]  # by page, the names of the figures on it


def prefer_html(app: Sphinx, config: Config) -> None:
    """Choose HTML over the widget view, which would need a kernel or a script from elsewhere."""
    config.nb_mime_priority_overrides = [
        *config.nb_mime_priority_overrides,
        ["*", VIEW, None],
    ]
    config.nb_ipywidgets_js = {}


def serve_folder(app: Sphinx) -> None:
    """Have Sphinx copy our folder to ``_static``."""
    folder = _folder(app)
    folder.mkdir(parents=True, exist_ok=True)
    app.config.html_static_path.append(str(folder))


def collect(app: Sphinx, document: nodes.document) -> None:
    """Note which figures a page shows; take their code, and the widgets' state, out of it."""
    # myst-nb would embed every widget of the run once more, as state for html-manager.
    notebooks = getattr(app.env, "nb_metadata", {})
    notebooks.get(app.env.docname, {}).pop("js_files", None)
    found: set[str] = set()
    for raw in list(document.findall(nodes.raw)):
        found.update(_FIGURE.findall(raw.astext()))
        text, removed = _CODE.subn("", raw.astext())
        if removed:
            raw.rawsource = text
            raw.children = []
            raw += nodes.Text(text)
    _figures(app.env)[app.env.docname] = sorted(found)


class LinksToSettings(SphinxPostTransform):
    """Lead ``[…](lab.ipynb#lab?lr=2)`` to that setting of the lab: no heading has such a name."""

    default_priority = 8  # before MyST looks for the heading

    def run(self, **kwargs: Any) -> None:
        """Put plain links in the place of those references."""
        for node in list(self.document.findall(addnodes.pending_xref)):
            target = node.get("reftargetid") or ""
            if "?" in target and self.env.docname:
                page = self.app.builder.get_relative_uri(self.env.docname, node["reftarget"])
                uri = f"{page}#{target}"
                node.replace_self(nodes.reference("", "", *node.children, refuri=uri))


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Drop what was noted of a page that is read anew or is gone."""
    _figures(env).pop(docname, None)


def merge(app: Sphinx, env: BuildEnvironment, docnames: set[str], other: BuildEnvironment) -> None:
    """Take over what another process read."""
    _figures(env).update({name: _figures(other).get(name, []) for name in docnames})


def write_code(app: Sphinx, env: BuildEnvironment) -> None:
    """Write a script and a style sheet for each set of figures that a page shows."""
    for path in _folder(app).iterdir():
        path.unlink()
    for names in {tuple(names) for names in _figures(env).values() if names}:
        for suffix, code in (("js", page_script(names)), ("css", style(names))):
            (_folder(app) / f"{_file_name(names)}.{suffix}").write_text(code, encoding="utf-8")


def load_code(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Load the code on pages that show a figure, and only there."""
    names = _figures(app.env).get(pagename)
    if names:
        app.add_js_file(f"{_file_name(names)}.js", loading_method="defer")
        app.add_css_file(f"{_file_name(names)}.css")


def _figures(env: Any) -> Figures:
    if not hasattr(env, "bnviz_figures"):
        env.bnviz_figures = {}
    figures: Figures = env.bnviz_figures
    return figures


def _folder(app: Sphinx) -> Path:
    return Path(app.doctreedir) / "bnviz-static"


def _file_name(names: list[str] | tuple[str, ...]) -> str:
    """Of the figures and their code: a browser that has an older file asks for the new one."""
    code = page_script(names) + style(names)
    return f"bnviz-{hashlib.sha256(code.encode()).hexdigest()[:10]}"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.setup_extension("myst_nb")
    app.add_post_transform(LinksToSettings)
    app.connect("config-inited", prefer_html)
    app.connect("builder-inited", serve_folder)
    app.connect("doctree-read", collect)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("env-updated", write_code)
    app.connect("html-page-context", load_code)
    return {"version": "0.3", "parallel_read_safe": True, "parallel_write_safe": True}
