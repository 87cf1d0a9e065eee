"""Code that is folded on a page: under the title in its first line, and at the foot of its figure.

A notebook runs from top to bottom, so the code of a figure stands above it. A reader of a page
comes for the figure: its code, and that of the folded cells right above it, follow in one fold.
"""

from __future__ import annotations

import html
from collections.abc import Iterator

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html import HTMLTranslator

FIGURE = 'class="bnviz-figure'
_TITLE = "#@title "  # as in Colab


class Fold(nodes.General, nodes.Element):
    """What opens when a reader asks for it: ``<details>``. Needs no script."""


def visit_fold(translator: HTMLTranslator, node: Fold) -> None:
    """Open it. "Code" is told apart by what it is the code of, for those who hear the page."""
    title = html.escape(node["title"])
    if node["of"]:
        title += f'<span class="visually-hidden">: {html.escape(node["of"])}</span>'
    translator.body.append(f'<details class="fold"><summary>{title}</summary>\n')


def depart_fold(translator: HTMLTranslator, node: Fold) -> None:
    """Close it."""
    translator.body.append("</details>\n")


def fold_cells(app: Sphinx, document: nodes.document) -> None:
    """Fold what a notebook's tags hide; below a figure where there is one."""
    for cell in list(_folded(document)):
        if cell["hide_mode"] == "input" and _shows_a_figure(cell):
            _fold_at_the_foot(cell)
    for cell in list(_folded(document)):
        parts = cell.children[:]
        # "all", the tag hide-cell, hides what the code gives as well: the solution of an exercise
        hidden = len(parts) if cell["hide_mode"] == "all" else 1
        cell.clear()
        cell += Fold("", *parts[:hidden], title=_take_title(parts[0]) or "Code", of="")
        cell += parts[hidden:]
        cell["hide_mode"] = ""


def _fold_at_the_foot(cell: nodes.Element) -> None:
    """Put the code of a figure below it, with that of the folded cells above it."""
    beside = cell.parent.children
    first = at = beside.index(cell)
    while first and _is_silent(beside[first - 1]):
        first -= 1
    cells = [*beside[first:at], cell]
    titles = [_take_title(each) or "Code" for each in cells]
    parts: list[nodes.Node] = []
    for each, title in zip(cells, titles, strict=True):
        if len(cells) > 1:
            parts.append(nodes.paragraph("", title, classes=["fold-part"]))
        parts.append(each.pop(0))
    for each in cells[:-1]:
        each.parent.remove(each)
    cell += Fold("", *parts, title="Code", of=titles[-1])
    cell["hide_mode"] = ""


def _folded(document: nodes.document) -> Iterator[nodes.container]:
    """The cells whose code a tag hides."""
    for cell in document.findall(nodes.container):
        if cell.get("nb_element") == "cell_code" and cell.get("hide_mode") in ("input", "all"):
            yield cell


def _shows_a_figure(cell: nodes.Element) -> bool:
    return any(FIGURE in raw.astext() for raw in cell.findall(nodes.raw))


def _is_silent(node: nodes.Node) -> bool:
    """Whether it is a folded cell that shows nothing of its own: imports."""
    if not isinstance(node, nodes.container) or not node.get("hide_mode"):
        return False
    parts = [part for part in node.children if isinstance(part, nodes.Element)]
    return [part.get("nb_element") for part in parts] == ["cell_code_source"]


def _take_title(cell: nodes.Node) -> str:
    """Return the title in a cell's first line, and take it out of the code."""
    source = next(iter(cell.findall(nodes.literal_block)), None)
    title, _, code = source.astext().partition("\n") if source is not None else ("", "", "")
    if source is None or not title.startswith(_TITLE):
        return ""
    source.rawsource = code
    source.clear()
    source += nodes.Text(code)
    return title.removeprefix(_TITLE)


def setup(app: Sphinx) -> None:
    """Register the node and what makes it."""
    app.add_node(Fold, html=(visit_fold, depart_fold))
    app.connect("doctree-read", fold_cells)
