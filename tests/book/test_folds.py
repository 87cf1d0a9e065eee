"""Folded code: a figure comes first, its code follows, and whoever asks can read it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import claims
import pytest
from visits import CHAPTER_PAGES, CHAPTERS, ROOT, Visit

#: Whether the code of a figure's cell follows the figure, and the classes of what stands before.
AROUND = """(figure) => {
    const cell = figure.closest(".cell");
    const code = cell.querySelector(".cell_input");
    return [Boolean(figure.compareDocumentPosition(code) & Node.DOCUMENT_POSITION_FOLLOWING),
            cell.previousElementSibling.className];
}"""


def folded_titles(name: str) -> list[str]:
    """The titles of the folded cells of a chapter, in its order."""
    cells = json.loads((ROOT / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    hidden = [c for c in cells if {"hide-input", "hide-cell"} & set(c["metadata"].get("tags", []))]
    return [re.match(r"#@title (.+)", "".join(cell["source"]))[1] for cell in hidden]


@pytest.mark.parametrize("wide", CHAPTER_PAGES, indirect=True)
def test_nothing_folded_stands_above_a_figure(wide: Visit) -> None:
    page = wide.page
    figures = page.locator("figure.bnviz-figure")
    questions = page.locator("figure.bnviz-predict").all()
    assert len(questions) > 1 or wide.name == "chapters/lab.html"  # which asks inside its figure
    for figure in (figures.first, *questions):
        code_follows, before = figure.evaluate(AROUND)
        assert code_follows
        assert "tag_hide-input" not in before or "tag_full-width" in before, before


@pytest.mark.parametrize("wide", CHAPTER_PAGES, indirect=True)
def test_what_is_said_to_the_reader_of_a_notebook_is_not_on_the_page(wide: Visit) -> None:
    notebook = (ROOT / wide.name).with_suffix(".ipynb")
    first = json.loads(notebook.read_text(encoding="utf-8"))["cells"][0]
    assert '<p class="notebook-only">' in "".join(first["source"])
    assert wide.page.locator(".notebook-only").count() == 0
    assert wide.page.get_by_text("Run All Cells").count() == 0


@pytest.mark.parametrize("name", CHAPTERS)
def test_the_code_of_each_folded_cell_can_be_opened(name: str, visit: Callable[..., Visit]) -> None:
    """Also without scripts: ``<details>`` needs none."""
    session = visit(java_script_enabled=False)
    page = session.page
    page.goto(f"{session.home}/{name}.html")
    folds = page.locator("article details.fold")
    said = " ".join(folds.all_text_contents())
    assert [title for title in folded_titles(name) if title not in said] == []
    assert "import bnviz" in folds.first.text_content()
    code = folds.first.locator("pre").last
    assert not code.is_visible()
    folds.first.locator("summary").click()
    assert code.is_visible()


def test_every_fold_of_the_text_looks_alike(visit: Callable[..., Visit]) -> None:
    """A hint, a solution and the code of a figure: one kind of thing, one look."""
    page = visit().open(f"{CHAPTERS[0]}.html")
    looks = page.locator("article details:not(.bnviz-figure *) > summary").evaluate_all(
        """all => all.map((summary) => {
            const style = getComputedStyle(summary);
            const edge = Math.round(summary.getBoundingClientRect().left);
            return [summary.textContent, [style.fontFamily, style.fontSize, style.fontWeight,
                    style.color, style.listStyleType, style.borderLeftWidth, edge].join()];
        })"""
    )
    kinds = {re.sub(r"[:\d].*", "", text).strip() for text, _ in looks}
    assert {"Code", "Hint", "Solution"} <= kinds
    assert len({look for _, look in looks}) == 1, looks


def test_a_stamp_shows_the_verdict_alone_and_says_what_it_is_about(
    visit: Callable[..., Visit],
) -> None:
    seen, said = 0, {f"claim: {verdict.lower()}" for verdict in claims.STAMPS.values()}
    session = visit(java_script_enabled=False)  # stamps need no scripts
    for name in CHAPTERS:
        session.page.goto(f"{session.home}/{name}.html")
        stamps = session.page.evaluate(
            """() => {
              document.querySelectorAll("details").forEach((fold) => (fold.open = true));
              return [...document.querySelectorAll(".claim > .admonition-title")].map((stamp) => {
                const hidden = stamp.querySelector(".visually-hidden");
                return [stamp.innerText, hidden.getBoundingClientRect().width];
              });
            }"""
        )
        seen += len(stamps)
        for text, width in stamps:
            assert text.strip().replace("\n", " ").lower() in said
            assert width < 2  # turned with the stamp
    assert seen > 50
