"""Where scripts are off, and on paper: the text asks for nothing that a picture cannot do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from visits import CHAPTERS, ROOT, TITLES, Visit

#: What only a live figure lets a reader do.
LIVE = re.compile(
    r"\b(?:drag|tap|click|hover|swipe)(?:s|ged|ging|ped|ping|ed|ing)?\b"
    r"|\bswitch(?:es)? on\b|\bplay again\b|\blet it play\b"
    r"|\b(?:move|press) the (?!inputs)\w+|\bmove along\b|\bslide (?!the window)\w+",
    re.IGNORECASE,
)
#: In a paragraph, a choice as an order; an answer may name a panel of its picture so.
ORDER = re.compile(r"(?:^|[.!?:] )(?:Now c|C)hoose (?!another seed)", re.MULTILINE)
#: What a caption may tell a reader to do, where there are controls, and what pictures have not.
DOING = re.compile(
    r"\b(drag|tap|click|press|slider|button|trains here|bars|choose|follow one|play)\b",
    re.IGNORECASE,
)
TEXT_AND_CAPTIONS = """(article) => [...article.querySelectorAll("p, li, td, figcaption, summary")]
    .filter((part) => part.checkVisibility()).map((part) => part.innerText).join("\\n")"""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Watch them, or drag the slider.", True),
        ("Move the momentum.", True),
        ("Then slide the window on.", False),
        ("It gets an update, and moves on.", False),
    ],
)
def test_an_order_to_the_hand_is_told_from_other_words(text: str, found: bool) -> None:
    assert bool(LIVE.search(text)) == found


@pytest.mark.parametrize("name", TITLES)
def test_a_paragraph_tells_nobody_to_use_a_figure(name: str) -> None:
    """Controls say what they do, and captions in what shows only where scripts are on."""
    notebook = ROOT / f"{name}.ipynb"
    if notebook.is_file():
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        texts = ["".join(c["source"]) for c in cells if c["cell_type"] == "markdown"]
    else:
        texts = [(ROOT / f"{name}.md").read_text(encoding="utf-8")]
    told = [found[0] for text in texts for kind in (LIVE, ORDER) for found in kind.finditer(text)]
    assert told == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_without_scripts_no_text_and_no_caption_does(
    name: str, visit: Callable[..., Visit]
) -> None:
    page = visit(java_script_enabled=False).open_unfolded(f"{name}.html")
    said = page.locator("article").evaluate(TEXT_AND_CAPTIONS)
    assert "Code" in said  # folds are open, and read
    assert [found[0] for found in LIVE.finditer(said)] == []
    captions = page.locator("figcaption").all_inner_texts()
    assert captions
    assert [caption for caption in captions if DOING.search(caption)] == []
