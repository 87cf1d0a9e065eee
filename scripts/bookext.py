"""A Sphinx extension for this book: what Jupyter Book and the theme have no switch for.

The figures have an extension of their own, ``bnviz.sphinxext``, which any book can use.
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import citations
import claims
import folds
import formulas
import icons
import open_in
import tasks
from docutils import nodes
from sphinx.application import Sphinx

from bnviz.address import web_address

# What Jupyter Book puts on every page though it is switched off here: thebe, which would fetch
# itself from another host.
_UNWANTED = re.compile(
    r"""\s*<script[^>]*\bsrc="[^"]*sphinx-thebe\.js[^"]*"[^>]*></script>
      | \s*<script>const\ THEBE_JS_URL.*?</script>
      | \s*<link[^>]*\bhref="[^"]*sphinx-thebe\.css[^"]*"[^>]*>
    """,
    re.VERBOSE | re.DOTALL,
)

#: A formula of so many symbols may be kept in one line, on a phone too.
_SHORT = 14
_SYMBOL = re.compile(r"\\[a-zA-Z]+|[^\s{}^_\\]")

_INDEX = """\
<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="_static/{icon}">
<meta http-equiv="refresh" content="0; url={target}">
</head>
<body><main><h1>{title}</h1><p><a href="{target}">Start reading</a></p></main></body>
</html>
"""


def keep_punctuation(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Keep a short formula and what stands right beside it, such as a comma, in one line."""
    for math in list(doctree.findall(nodes.math)):
        if len(_SYMBOL.findall(math.astext())) > _SHORT or isinstance(math.parent, nodes.inline):
            continue
        siblings, at = math.parent, math.parent.index(math)
        left = _text(siblings[at - 1]) if at else ""
        right = _text(siblings[at + 1]) if at + 1 < len(siblings) else ""
        opening = "".join(re.findall(r"[(“‘]+$", left))
        closing = "".join(re.findall(r"^[^\s\w(—–-]+", right))
        if opening:
            siblings[at - 1] = nodes.Text(left.removesuffix(opening))
        if closing:
            siblings[at + 1] = nodes.Text(right.removeprefix(closing))
        if opening or closing:
            glued = (nodes.Text(opening), math, nodes.Text(closing))
            siblings[at] = nodes.inline("", "", *glued, classes=["glued"])


def _text(node: nodes.Node) -> str:
    """What stands there, if that is plain text."""
    return node.astext() if isinstance(node, nodes.Text) else ""


def widen_figures(app: Sphinx, document: nodes.document) -> None:
    """Give a live figure all the width that the page has: the theme's own rule for wide cells."""
    for cell in document.findall(nodes.container):
        if "cell" in cell["classes"] and any(
            folds.FIGURE in raw.astext() for raw in cell.findall(nodes.raw)
        ):
            cell["classes"].append("tag_full-width")


def leave_out(app: Sphinx, document: nodes.document) -> None:
    """Take off the page what is for a notebook: the checks of exercises, and how to run it."""
    for cell in list(document.findall(nodes.container)):
        if "tag_check" in cell["classes"]:
            cell.parent.remove(cell)
    for html in list(document.findall(nodes.raw)):
        if html.astext().startswith('<p class="notebook-only">'):
            html.parent.remove(html)


def stamp_claims(app: Sphinx, document: nodes.document) -> None:
    """Set a claim's verdict alone on its stamp; a notebook has to say what the word is about."""
    for html in document.findall(nodes.raw):
        if claims.BOX in html.astext():
            box = claims.stamp(html.astext())
            html.clear()
            html += nodes.Text(box)


def put_tables(app: Sphinx, document: nodes.document) -> None:
    """Put the tables of claims and of tasks where a page asks for them."""
    for place in list(document.findall(nodes.raw)):
        if '<div class="claims-here">' in place.astext():
            place.replace_self(nodes.raw("", claims.table(), format="html"))
        elif '<div class="tasks-here">' in place.astext():
            theme = app.config.html_theme_options
            files = f"{theme['repository_url']}/blob/{theme['repository_branch']}"
            place.replace_self(nodes.raw("", tasks.table(files), format="html"))


def describe(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Give each page its description, its first paragraph, and the image beside a link to it."""
    if doctree is None:
        return
    paragraph = next(iter(doctree.findall(nodes.paragraph)), None)
    if paragraph is not None:
        context["description"] = textwrap.shorten(paragraph.astext(), 200, placeholder=" …")
    if address := web_address(app.config.html_theme_options.get("repository_url", "")):
        # A link's image needs a whole address.
        context["share_image"] = f"{address}/_static/share.png"


def tidy_pages(app: Sphinx, exception: Exception | None) -> None:
    """Take out of the finished pages what has no switch in the theme."""
    if exception or app.builder.format != "html":
        return
    for path in Path(app.outdir).rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        tidy = icons.draw(_UNWANTED.sub("", page))
        # Scripts choose light or dark; without them "auto" would be a mixture of both.
        tidy = tidy.replace('data-theme="auto"', 'data-theme="light"', 1)
        if tidy != page:
            path.write_text(tidy, encoding="utf-8")
    icons.remove_library(Path(app.outdir))


def write_index(app: Sphinx, exception: Exception | None) -> None:
    """Send ``index.html`` to the first page, as a page with a title and a link of its own."""
    root = app.config.root_doc
    if exception or app.builder.name != "html" or root == "index":
        return
    page = _INDEX.format(
        title=app.config.html_title,
        language=app.config.language,
        target=app.builder.get_target_uri(root),
        icon=Path(app.config.html_favicon).name,
    )
    (Path(app.outdir) / "index.html").write_text(page, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    formulas.wait_for_server()
    folds.setup(app)
    open_in.setup(app)
    for change in (widen_figures, leave_out, stamp_claims, put_tables, citations.link):
        app.connect("doctree-read", change)
    app.connect("doctree-resolved", keep_punctuation)
    app.connect("html-page-context", describe)
    app.connect("build-finished", tidy_pages)
    app.connect("build-finished", write_index, priority=400)  # before sphinx-external-toc's (500)
    return {"version": "0.1", "parallel_read_safe": True, "parallel_write_safe": True}
