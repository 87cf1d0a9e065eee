"""Citations that lead to the page of references: the names in front of a year become a link.

A notebook cites in plain words, "Wu and Johnson (2021)", so that it reads the same everywhere. The
page `references` has the entries; the list item of each gets an address, ``wu-2021``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parent.parent
PAGE = "references"

_ENTRY = re.compile(r"^- (?P<names>.+?) \((?P<year>\d{4}[a-z]?)\)\. \*(?P<title>.+?)\*", re.DOTALL)
_INITIALS = r"(?:[A-ZÀ-Ž]\.[\s-]*)*"
_OTHERS = rf"(?:(?:,\s+(?:and\s+)?|\s+and\s+){_INITIALS}[A-ZÀ-Ž][\w-]+)*(?:\s+and\s+others)?"
_YEAR = r"(?:19|20)\d\d[a-z]?"


class Entry(NamedTuple):
    """One that is cited, by its first author."""

    surname: str
    year: str
    title: str

    @property
    def anchor(self) -> str:
        """Its address on the page."""
        return f"{self.surname.lower().replace(' ', '-')}-{self.year}"


class Citation(NamedTuple):
    """Where a text names authors whose year follows in the same sentence."""

    start: int
    end: int
    entry: Entry


def entries(page: str) -> list[Entry]:
    """Return the entries that have authors, a year and a title."""
    found = []
    for item in re.split(r"\n(?=- |#|\n)", page):
        if match := _ENTRY.match(item):
            first = re.split(r",| and ", match["names"])[0]
            title = " ".join(match["title"].split())
            found.append(Entry(re.sub(f"^{_INITIALS}", "", first), match["year"], title))
    return found


def citations(text: str, known: Sequence[Entry]) -> Iterator[Citation]:
    """Find what a text cites: "Wu and Johnson (2021)", or "… call it so (2021)" later on.

    Also what is cited by a second year, as in "(He and others, 2016a, 2016b)".
    """
    by_key = {(entry.surname, entry.year): entry for entry in known}
    for match in _cited_by(frozenset(entry.surname for entry in known)).finditer(text):
        if entry := by_key.get((match["surname"], match["year"])):
            yield Citation(match.start(), match.start("gap"), entry)
        for year in re.finditer(_YEAR, match["more"]):
            if entry := by_key.get((match["surname"], year[0])):
                at = match.start("more")
                yield Citation(at + year.start(), at + year.end(), entry)


@cache
def _cited_by(first_authors: frozenset[str]) -> re.Pattern[str]:
    surnames = "|".join(sorted(map(re.escape, first_authors), key=len, reverse=True))
    same_sentence = rf"(?:(?!\.\s+[A-Z]|\b(?:{surnames})\b).)*?"
    return re.compile(
        rf"\b{_INITIALS}(?P<surname>{surnames}){_OTHERS}(?P<gap>{same_sentence})"
        rf"\b(?P<year>{_YEAR})\b(?P<more>(?:,\s+{_YEAR})*)",
        re.DOTALL,
    )


def link(app: Sphinx, document: nodes.document) -> None:
    """Give the entries their addresses on their own page, and link to them on the others."""
    known = _of_the_book()
    if app.env.docname.endswith(PAGE):
        _address(document, known)
        return
    for paragraph in list(document.findall(nodes.paragraph)):
        _join_lines(paragraph)
        found = list(citations(paragraph.astext(), known))
        for text, start in _texts(paragraph):
            inside = [c for c in found if start <= c.start and c.end <= start + len(text)]
            if inside and not _is_taken(text):
                text.parent.replace(text, list(_linked(text, start, inside)))


@cache
def _of_the_book() -> list[Entry]:
    return entries((ROOT / "chapters" / f"{PAGE}.md").read_text(encoding="utf-8"))


def _address(document: nodes.document, known: Sequence[Entry]) -> None:
    by_title = {_words(entry.title): entry for entry in known}
    for item in document.findall(nodes.list_item):
        title = next(iter(item.findall(nodes.emphasis)), None)
        if title is not None and (entry := by_title.get(_words(title.astext()))):
            item["ids"].append(entry.anchor)


def _words(title: str) -> str:
    """A title without its quotation marks, which are curved on a page."""
    return " ".join(re.findall(r"\w+", title))


def _join_lines(paragraph: nodes.paragraph) -> None:
    """Make one text of neighbors: each line of the source is one, and names may go over two."""
    for parent in [paragraph, *paragraph.findall(nodes.inline)]:
        for at in reversed(range(1, len(parent))):
            before, text = parent[at - 1], parent[at]
            if isinstance(before, nodes.Text) and isinstance(text, nodes.Text):
                parent[at - 1 : at + 1] = [nodes.Text(before.astext() + text.astext())]


def _texts(paragraph: nodes.paragraph) -> list[tuple[nodes.Text, int]]:
    """The pieces of a paragraph's text, and where each begins in it."""
    pieces, at = [], 0
    for text in paragraph.findall(nodes.Text):
        pieces.append((text, at))
        at += len(text.astext())
    return pieces


def _is_taken(text: nodes.Text) -> bool:
    """Whether it is in a link or a piece of code."""
    parent = text.parent
    while parent is not None and not isinstance(parent, nodes.paragraph):
        if isinstance(parent, (nodes.reference, addnodes.pending_xref, nodes.literal)):
            return True
        parent = parent.parent
    return False


def _linked(text: nodes.Text, start: int, found: list[Citation]) -> Iterator[nodes.Node]:
    plain, at = text.astext(), 0
    for citation in found:
        first, last = citation.start - start, citation.end - start
        if plain[at:first]:
            yield nodes.Text(plain[at:first])
        address = f"{PAGE}.html#{citation.entry.anchor}"
        yield nodes.reference("", plain[first:last], internal=True, refuri=address)
        at = last
    if plain[at:]:
        yield nodes.Text(plain[at:])
