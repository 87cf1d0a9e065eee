"""data/claims.csv and the chapters agree: each claim is treated where the file says so."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path

import claims
import pytest

#: A box with its stamp: the class and the words.
STAMP = re.compile(
    r'<blockquote class="admonition claim ([a-z-]+)"[^>]*>\s*'
    r'<p class="admonition-title">Claim: <strong>([^<]+)</strong></p>'
)
ROOT = Path(__file__).resolve().parents[2]
COLUMNS = ["id", "claim", "verdict", "answer", "source", "chapter"]
CLAIMS = claims.read_claims()
CHAPTERS = sorted({claim["chapter"] for claim in CLAIMS})


def cells_by_claim(path: Path) -> dict[str, list[dict]]:
    """The cells of a notebook that list a claim in their metadata, by the claim's id."""
    if not path.is_file():
        pytest.fail(f"{path.relative_to(ROOT)} does not exist, and data/claims.csv names it")
    found = defaultdict(list)
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        for claim in cell["metadata"].get("claims", []):
            found[claim].append(cell)
    return found


def test_the_file_is_whole():
    assert list(CLAIMS[0]) == COLUMNS
    for claim in CLAIMS:
        assert all(isinstance(claim[name], str) and claim[name].strip() for name in COLUMNS), claim
        assert re.fullmatch(r"\d{3}-L\d+(-\d+)?(\+L\d+(-\d+)?)?", claim["id"]), claim["id"]
        assert claim["verdict"] in ("true", "nuance", "disputed", "wrong"), claim["id"]
    ids = [claim["id"] for claim in CLAIMS]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_each_claim_is_treated_in_its_chapter(chapter):
    treated = cells_by_claim(ROOT / "chapters" / chapter)
    wanted = [claim["id"] for claim in CLAIMS if claim["chapter"] == chapter]
    missing = [id_ for id_ in wanted if id_ not in treated]
    assert not missing, f"no cell of {chapter} lists {', '.join(missing)} in its metadata"


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_wrong_and_disputed_claims_are_stamped(chapter):
    treated = cells_by_claim(ROOT / "chapters" / chapter)
    for claim in CLAIMS:
        if claim["chapter"] == chapter and claim["verdict"] in ("wrong", "disputed"):
            texts = ["".join(cell["source"]) for cell in treated.get(claim["id"], [])]
            assert any(STAMP.search(text) for text in texts), (
                f"{claim['id']} is {claim['verdict']}: no stamped box in {chapter} lists it"
            )


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_stamp_says_the_verdict_of_its_claims(chapter):
    for claim_id, cells in cells_by_claim(ROOT / "chapters" / chapter).items():
        verdict = next(claim["verdict"] for claim in CLAIMS if claim["id"] == claim_id)
        stamp = claims.STAMPS[verdict]
        for cell in cells:
            boxes = STAMP.findall("".join(cell["source"]))
            if boxes:
                assert (claims.css_class(stamp), stamp) in boxes, claim_id


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_box_reads_as_a_claim_where_no_style_sheet_says_so(chapter):
    """In a notebook a box is a quotation, whose first line says what it is about."""
    for cell in json.loads((ROOT / "chapters" / chapter).read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        assert source.count(claims.BOX) == len(STAMP.findall(source)), source[:200]
        assert source.count("<blockquote") == source.count("</blockquote>")


def test_the_page_of_claims_lists_each_that_a_chapter_answers(book):
    page = (book / "chapters" / "claims.html").read_text(encoding="utf-8")
    for claim in CLAIMS:
        row = re.search(rf'<tr id="claim-{re.escape(claim["id"])}".*?</tr>', page, re.DOTALL)
        assert row, claim["id"]
        assert claims.STAMPS[claim["verdict"]] in row[0]
        name, anchor = re.search(r'href="([^"#]+)#([^"]+)"', row[0]).groups()
        assert name == claim["chapter"].replace(".ipynb", ".html")
        target = (book / "chapters" / name).read_text(encoding="utf-8")
        assert f'id="{anchor}"' in target, f"{claim['id']} links to {name}#{anchor}"


def test_a_claim_is_found_under_the_heading_above_its_box(tmp_path):
    box = '<blockquote class="admonition claim false">…</blockquote>'
    cells = [
        ("# 2 · Title\n\nText.", []),
        (f"## Here\n\nText.\n\n{box}\n\n## Next\n\nMore.", ["a"]),
        (f"{box}", ["b"]),
        ("## Last", ["c"]),
    ]
    book = {
        "cells": [
            {"cell_type": "markdown", "metadata": {"claims": found}, "source": [text]}
            for text, found in cells
        ]
    }
    path = tmp_path / "02-title.ipynb"
    path.write_text(json.dumps(book), encoding="utf-8")
    found = {claim: place.heading for claim, place in claims.places(path).items()}
    assert found == {"a": "2 · Title: Here", "b": "2 · Title: Next", "c": "2 · Title: Last"}


def test_chapters_list_no_claim_that_the_file_does_not_know():
    notebooks = sorted((ROOT / "chapters").glob("*.ipynb"))
    assert {path.name for path in notebooks} >= set(CHAPTERS)
    known = {claim["id"] for claim in CLAIMS}
    for path in notebooks:
        unknown = set(cells_by_claim(path)) - known
        assert not unknown, f"{path.name} lists {sorted(unknown)}; data/claims.csv has no such id"
