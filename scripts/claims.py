"""The page of claims: each claim that the book answers, its stamp, and where it is measured.

``data/claims.csv`` has the claims. The cell of a notebook that answers one lists it in its
metadata, as ``"claims": ["002-L36"]``; the page links to the heading above its first box, which
may stand in the same cell.
"""

from __future__ import annotations

import csv
import html
import json
import re
from pathlib import Path
from typing import NamedTuple

from docutils import nodes

ROOT = Path(__file__).resolve().parent.parent
#: What a verdict in the file is on a stamp.
STAMPS = {"true": "True", "nuance": "Half true", "wrong": "False", "disputed": "Open"}

BOX = 'class="admonition claim'
_TITLE = re.compile(r'(<p class="admonition-title">)(Claim: )<strong>(.+?)</strong>')
_HEADING = re.compile(r"^(##?) (.+)$", re.MULTILINE)
_ROW = """\
<tr id="claim-{id}" data-stamp="{kind}">
<td><span class="stamp {kind}">{stamp}</span></td>
<td><strong>{claim}</strong><br>{answer}</td>
<td><a href="{link}">{place}</a></td>
</tr>"""
_TABLE = """\
<div class="claims-filter" hidden></div>
<table class="claims">
<thead><tr><th scope="col">Stamp</th><th scope="col">Claim, and what came out</th>
<th scope="col">Measured in</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>"""


class Place(NamedTuple):
    """Where a claim is answered."""

    page: str  # the notebook's name without suffix
    heading: str  # its title where no section is nearer
    anchor: str


def read_claims(path: Path = ROOT / "data" / "claims.csv") -> list[dict[str, str]]:
    """Return the rows of the file as dicts, in its order."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def css_class(stamp: str) -> str:
    """Return the class of a stamp's boxes: "Half true" is ``half-true``."""
    return stamp.lower().replace(" ", "-")


def places(notebook: Path) -> dict[str, Place]:
    """Return for each claim that a notebook lists the heading above its first box."""
    found: dict[str, Place] = {}
    title = heading = anchor = ""
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"]) if cell["cell_type"] == "markdown" else ""
        before, _, after = source.partition(BOX)
        for level, text in _HEADING.findall(before):
            heading, anchor = text, nodes.make_id(text)
            title = title or (text if level == "#" else "")
        for claim in cell["metadata"].get("claims", []):
            name = title if heading == title else f"{title.split(':')[0]}: {heading}"
            found.setdefault(claim, Place(notebook.stem, name, anchor))
        for _, text in _HEADING.findall(after):
            heading, anchor = text, nodes.make_id(text)
    return found


def stamp(box: str) -> str:
    """Return a claim's box with its verdict alone in the title: the words of a stamp.

    In a notebook no style sheet tells what the word is about, so the title says it.

    >>> stamp('<p class="admonition-title">Claim: <strong>False</strong></p>')
    '<p class="admonition-title"><span class="visually-hidden">Claim: </span>False</p>'
    """
    return _TITLE.sub(r'\1<span class="visually-hidden">\2</span>\3', box)


def table(chapters: Path = ROOT / "chapters") -> str:
    """Return the table as HTML: the claims that some notebook answers, chapter by chapter."""
    where = {
        claim: place
        for path in sorted(
            chapters.glob("*.ipynb"), key=lambda path: path.stem.replace("intro", "")
        )
        for claim, place in places(path).items()
    }
    rows = {claim["id"]: claim for claim in read_claims()}
    return _TABLE.format(
        rows="\n".join(
            _ROW.format(
                id=claim,
                kind=css_class(STAMPS[rows[claim]["verdict"]]),
                stamp=STAMPS[rows[claim]["verdict"]],
                claim=html.escape(rows[claim]["claim"]),
                answer=html.escape(rows[claim]["answer"]),
                link=f"{place.page}.html#{place.anchor}",
                place=html.escape(place.heading),
            )
            for claim, place in where.items()
        )
    )
