"""Each citation leads to its entry on the page of references, and each entry is cited."""

from __future__ import annotations

import re
from pathlib import Path

import citations
import nbformat
import pytest
from citations import Entry
from visits import CHAPTERS, ROOT

PAGE = (ROOT / "chapters" / "references.md").read_text(encoding="utf-8")
KNOWN = citations.entries(PAGE)
IOFFE, WU, HE_A, HE_B = (
    Entry("Ioffe", "2015", "One"), Entry("Wu", "2021", "Two"),
    Entry("He", "2016a", "Three"), Entry("He", "2016b", "Four"),
)  # fmt: skip
#: What leads to an entry, and what looks like a citation, whether or not there is one.
LINK = re.compile(r'<a [^>]*href="references\.html#([\w-]+)"[^>]*>.*?</a>', re.DOTALL)
CITED = re.compile(r"(?:\band others|\band [A-Z][\w-]+),? \(?(?:19|20)\d\d")


def test_every_entry_has_an_address_of_its_own() -> None:
    anchors = [entry.anchor for entry in KNOWN]
    assert len(set(anchors)) == len(anchors) > 40
    assert "van-laarhoven-2017" in anchors and "moreno-torres-2012" in anchors


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ioffe and Szegedy (2015, Figure 1) show", {"Ioffe and Szegedy": IOFFE}),
        ("noise (Wu and\nJohnson, 2021) is", {"Wu and\nJohnson": WU}),
        ("Wu and Johnson call it so (2021).", {"Wu and Johnson": WU}),
        ("S. Ioffe and C. Szegedy (2015). Batch", {"S. Ioffe and C. Szegedy": IOFFE}),
        ("(He and others, 2016a, 2016b)", {"He and others": HE_A, "2016b": HE_B}),
        ("Ioffe and Szegedy say. In 2015 it rained", {}),
        ("Ioffe and Szegedy after Wu and Johnson (2021)", {"Wu and Johnson": WU}),
        ("Wu and Johnson (2015), Ioffe, no year", {}),
    ],
)
def test_names_and_a_year_in_one_sentence_are_a_citation(text: str, found: dict) -> None:
    known = [IOFFE, WU, HE_A, HE_B]
    assert {text[c.start : c.end]: c.entry for c in citations.citations(text, known)} == found


def test_every_entry_is_cited_in_a_page_or_in_the_code() -> None:
    cited = set()
    for path in [*(ROOT / "chapters").glob("*.ipynb"), ROOT / "chapters" / "glossary.md"]:
        texts = [path.read_text(encoding="utf-8")]
        if path.suffix == ".ipynb":
            texts = [cell.source for cell in nbformat.read(path, as_version=4).cells]
        cited |= {c.entry for text in texts for c in citations.citations(text, KNOWN)}
    files = [path for path in (ROOT / "bnviz").rglob("*") if path.suffix in (".py", ".js", ".css")]
    code = [path.read_text(encoding="utf-8") for path in files]
    missing = [
        entry.anchor
        for entry in set(KNOWN) - cited
        if not any(re.search(rf"{entry.surname}\b.{{0,60}}{entry.year}", text) for text in code)
    ]
    assert missing == []


@pytest.mark.parametrize("name", [*CHAPTERS, "chapters/glossary"])
def test_each_citation_of_a_page_is_a_link_to_its_entry(name: str, book: Path) -> None:
    entries = (book / "chapters" / "references.html").read_text(encoding="utf-8")
    page = (book / f"{name}.html").read_text(encoding="utf-8")
    article = page.partition("<article")[2].partition("</article>")[0]
    anchors = LINK.findall(article)
    assert set(anchors) <= set(re.findall(r'<li id="([\w-]+)"', entries))
    assert anchors or name == "chapters/lab"
    plain = re.sub(r"<(figure|pre|script)\b.*?</\1>", "", LINK.sub("", article), flags=re.DOTALL)
    assert CITED.findall(re.sub(r"<[^>]+>", "", plain)) == []
