"""The page for teachers lists what there is to assign, each with its points and its place."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import set_url
from visits import NARROW, ROOT, Visit

ROW = re.compile(r'<tr><th scope="row">.*?</tr>', re.DOTALL)
ITEM = re.compile(r"<li><span>(.+?)</span> <small>(\d+) points?</small></li>")
LINK = re.compile(r'<a href="([^"]+)"')
CHAPTERS = [path.stem for path in sorted((ROOT / "problems").glob("*.ipynb"))]


@pytest.fixture(scope="module")
def listed(book: Path) -> dict[str, tuple[str, str, str]]:
    """By chapter, the three cells of its row."""
    page = (book / "chapters" / "teaching.html").read_text(encoding="utf-8")
    rows = [re.split("<td[^>]*>", row) for row in ROW.findall(page)]
    return {re.search("<code>(.+?)</code>", row[0])[1]: tuple(row) for row in rows}


def tasks_in(path: Path) -> Iterator[tuple[str, int]]:
    """Heading and points of what a notebook asks, read without the package's own reader."""
    heading, points = "", 0
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        tags = cell["metadata"].get("tags", [])
        if "exercise" in tags:
            heading, points = "".join(cell["source"]).split("\n")[0], 0
        points += sum(int(tag[len("points:") :]) for tag in tags if tag.startswith("points:"))
        if "solution" in tags:
            yield re.sub(r"^## \w+ ([\d.]+):", r"\1", heading), points


def items(cell: str) -> list[tuple[str, int]]:
    """Titles, without their links, and points."""
    found = ITEM.findall(cell)
    return [(html.unescape(re.sub("<.+?>", "", title)), int(points)) for title, points in found]


def test_chapters_stand_in_reading_order(listed):
    assert list(listed) == ["intro", *(name for name in CHAPTERS if name != "intro")]


@pytest.mark.parametrize("name", CHAPTERS)
class TestAChapter:
    def test_all_its_exercises_and_problems_are_listed_with_their_points(self, name, listed):
        head, exercises, problems = listed[name]
        in_book = list(tasks_in(ROOT / "chapters" / f"{name}.ipynb"))
        graded = list(tasks_in(ROOT / "problems" / f"{name}.ipynb"))
        assert items(exercises) == in_book and items(problems) == graded
        assert f"<small>{sum(points for _, points in in_book + graded)} points</small>" in head

    def test_exercises_are_linked_each_and_problems_by_their_file(self, name, listed, book):
        _, exercises, problems = listed[name]
        page = (book / "chapters" / f"{name}.html").read_text(encoding="utf-8")
        links = LINK.findall(exercises)
        assert len(links) == len(items(exercises))
        for link in links:
            file, anchor = link.split("#")
            assert file == f"{name}.html" and f'id="{anchor}"' in page
        assert LINK.findall(problems) == [
            f"{set_url.current_url()}/blob/main/problems/{name}.ipynb"
        ]


def test_on_a_phone_a_chapter_is_a_few_lines(visit: Callable[..., Visit]) -> None:
    page = visit(viewport=NARROW).open("chapters/teaching.html")
    heights = page.locator("table.tasks tbody tr").evaluate_all(
        "all => all.map((row) => row.clientHeight)"
    )
    assert max(heights) < NARROW["height"] / 2
