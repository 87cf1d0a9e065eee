"""The table of what can be assigned, on the page for teachers: read from the notebooks themselves.

Exercises stand in the chapters, graded problems in ``problems/``, each in the four-cell form.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import nbformat
from docutils import nodes

from bnviz.course.grading.form import Problem, problems_in
from bnviz.course.grading.marks import heading
from bnviz.words import counted

ROOT = Path(__file__).resolve().parent.parent

_TABLE = """\
<table class="tasks">
<thead><tr><th scope="col">Chapter</th><th scope="col">Exercises, solved in the book</th>
<th scope="col">Problems, graded</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>"""
_ROW = """\
<tr><th scope="row"><a href="{chapter}.html">{title}</a><br><code>{chapter}</code><br>
<small>{points}</small></th>
<td data-label="Exercises"><ul>{exercises}</ul></td>
<td data-label="Problems"><ul>{problems}</ul>
<a href="{notebook}" aria-label="Open the problems: {title}">Open the problems</a></td></tr>"""
_ITEM = "<li><span>{title}</span> <small>{points}</small></li>"
_LINK = '<a href="{link}">{title}</a>'


class Chapter(NamedTuple):
    """What a chapter has to assign."""

    name: str  # of the notebook, without suffix: what `bnviz course assign` takes
    title: str
    exercises: list[Problem]
    problems: list[Problem]

    @property
    def points(self) -> int:
        """Of the whole assignment."""
        return sum(problem.points for problem in (*self.exercises, *self.problems))


def chapters(root: Path = ROOT) -> Iterator[Chapter]:
    """Yield what can be assigned, in reading order: the introduction is chapter 0."""
    paths = sorted((root / "problems").glob("*.ipynb"), key=lambda p: p.stem.replace("intro", ""))
    for path in paths:
        chapter = nbformat.read(root / "chapters" / path.name, as_version=4)
        title = heading(next(cell for cell in chapter.cells if cell.cell_type == "markdown"))
        yield Chapter(
            path.stem,
            "Introduction" if path.stem == "intro" else title.partition(":")[0],
            problems_in(chapter),
            problems_in(nbformat.read(path, as_version=4)),
        )


def table(repository: str, root: Path = ROOT) -> str:
    """Return the table as HTML.

    Args:
        repository: the address of its files, where the problems are; no page of the book has them.
        root: the checkout of the book.
    """
    return _TABLE.format(
        rows="\n".join(
            _ROW.format(
                chapter=chapter.name,
                title=html.escape(chapter.title),
                points=counted(chapter.points, "point"),
                exercises="".join(
                    _item(one, f"{chapter.name}.html#{nodes.make_id(one.title)}")
                    for one in chapter.exercises
                ),
                problems="".join(_item(one) for one in chapter.problems),
                notebook=f"{repository}/problems/{chapter.name}.ipynb",
            )
            for chapter in chapters(root)
        )
    )


def _item(problem: Problem, link: str = "") -> str:
    """One of the list: the column says whether it is an exercise or a problem."""
    title = html.escape(problem.title.partition(" ")[2].replace(":", "", 1))
    return _ITEM.format(
        title=_LINK.format(link=link, title=title) if link else title,
        points=counted(problem.points, "point"),
    )
