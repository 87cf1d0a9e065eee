"""Every chapter ran from top to bottom while the book was built, without an error, in a minute.

The build keeps each run in jupyter-cache; these tests read it instead of running all again.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from jupyter_cache import get_cache
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))


@pytest.fixture(params=CHAPTERS, ids=lambda path: path.stem)
def run(request: pytest.FixtureRequest, book: Path) -> tuple[NotebookNode, float]:
    """A chapter as it was executed, and the seconds that took."""
    cache = get_cache(book.parent / ".jupyter_cache")
    record = cache.match_cache_file(request.param)  # KeyError: this code never ran to its end
    return cache.get_cache_bundle(record.pk).nb, record.data["execution_seconds"]


def test_there_are_chapters() -> None:
    assert CHAPTERS


def test_no_cell_raised(run: tuple[NotebookNode, float]) -> None:
    outputs = [
        (cell.id, output)
        for cell in run[0].cells
        for output in cell.get("outputs", [])
        if output.output_type == "error"
    ]
    assert outputs == []


def test_every_cell_ran_in_order(run: tuple[NotebookNode, float]) -> None:
    counts = [
        cell.execution_count
        for cell in run[0].cells
        if cell.cell_type == "code" and cell.source.strip()
    ]
    assert counts == list(range(1, len(counts) + 1))


def test_chapter_took_about_a_minute_at_most(run: tuple[NotebookNode, float]) -> None:
    assert run[1] <= 90  # a minute on two quiet cores, and half as much again on busy ones
