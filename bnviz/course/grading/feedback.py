"""``feedback``: what a student gets back, as a page, without the hidden tests."""

from __future__ import annotations

import copy
import html
import secrets
import shutil
from collections.abc import Collection
from pathlib import Path

import bleach
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_output

from bnviz.course.grading.folder import OF_NBGRADER, collected, notebook_in, place, read
from bnviz.course.grading.form import HIDDEN
from bnviz.course.grading.marks import label
from bnviz.course.grading.scores import Scores, read_comments, read_scores
from bnviz.course.grading.verdicts import Verdict, uncolored, verdicts

__all__ = ["feedback", "page"]

#: What Markdown becomes; scripts, styles and forms are not among it.
_TAGS = [
    *("a", "b", "blockquote", "br", "code", "dd", "del", "details", "div", "dl", "dt", "em", "hr"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "i", "img", "li", "ol", "p", "pre", "span", "strong"),
    *("sub", "summary", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul"),
]

_MISSING = (
    "> **This cell was missing from what you handed in.** It stands here as it was given out."
)


def feedback(course: Path, assignment: str) -> list[Path]:
    """Write a page for each graded submission of an assignment.

    Args:
        course: the course folder.
        assignment: its name.

    Returns:
        The pages, where nbgrader's exchange looks for them: feedback/STUDENT/NAME/NAME.html.
    """
    scores = read_scores(course, assignment)
    comments = read_comments(course, assignment)
    release = read(notebook_in(course, "release", assignment))
    written = []
    for student, graded in collected(course, "autograded", assignment):
        text = page(graded, release, scores, student, comments.get(student, {}))
        target = notebook_in(course, "feedback", assignment, student).with_suffix(".html")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        _let_exchange_release(place(course, "autograded", assignment, student), target)
        written.append(target)
    return written


def _let_exchange_release(graded: Path, target: Path) -> None:
    """Put beside a page what `nbgrader release_feedback` asks for: whose exchange it came by.

    What came by another way has no secret; with one that nobody knows, the page stays unread there
    instead of ending the command for all.
    """
    mode = target.stat().st_mode
    if mode & 0o444 != 0o444:  # where files are private by default; its copy is for the student
        target.chmod(mode | 0o444)
    for name in OF_NBGRADER:
        if (graded / name).is_file():
            shutil.copy(graded / name, target.with_name(name))
        elif not target.with_name(name).is_file():
            target.with_name(name).write_text(secrets.token_hex(64) if "secret" in name else "")


def page(
    graded: NotebookNode,
    release: NotebookNode,
    scores: Scores,
    student: str,
    comments: dict[str, str],
) -> str:
    """The page of one student.

    Args:
        graded: the executed notebook, with the hidden tests.
        release: what the student got: whatever is not the student's own is shown as it was there.
        scores: of the assignment.
        student: whose page it is.
        comments: what was written by hand, by cell.

    Returns:
        HTML that needs no other file and runs no code of the student's.
    """
    known = {label(cell): cell for cell in release.cells}
    said = {verdict.check: verdict for verdict in verdicts(graded)}
    hidden = _hidden_lines(graded)
    missing = graded.metadata.get("bnviz", {}).get("missing", [])
    shown = copy.deepcopy(graded)
    shown.cells = [new_markdown_cell(_summary(scores, student, list(said.values())))]
    for cell in graded.cells:
        seen = copy.deepcopy(cell)
        name = label(cell)
        if name in said:  # a check: its source as released, and what it said, without a traceback
            seen.source = known[name].source if name in known else "# A check that is not shown."
            text = said[name].said or said[name].state.capitalize() + "."
            seen.outputs = [new_output("stream", name="stdout", text=text)]
        elif seen.cell_type == "code":
            seen.outputs = [_without(hidden, output) for output in seen.outputs]
        if name in missing:  # a stub would look as if the student had handed it in
            shown.cells.append(new_markdown_cell(_MISSING))
        shown.cells.append(seen)
        if comments.get(name):
            shown.cells.append(new_markdown_cell(f"> **Comment.** {html.escape(comments[name])}"))
    exporter = HTMLExporter(template_name="lab", sanitize_html=True)
    exporter.register_filter("clean_html", _clean)  # its own takes headings and hints away
    # A page from disk asks nobody for anything; formulas stay as they are written.
    exporter.mathjax_url = exporter.require_js_url = exporter.mermaid_js_url = ""
    title = f"{scores.assignment}: {student}"
    body: str = exporter.from_notebook_node(shown, {"metadata": {"name": title}})[0]
    return body


def _clean(element: bytes | str) -> str:
    """HTML with the tags that Markdown makes, and no others."""
    text = element.decode() if isinstance(element, bytes) else str(element)
    known = {**bleach.ALLOWED_ATTRIBUTES, "*": ["class", "id"]}
    cleaned: str = bleach.clean(text, tags=_TAGS, attributes=known)
    return cleaned


def _summary(scores: Scores, student: str, said: list[Verdict]) -> str:
    rows = []
    for exercise, worth in scores.exercises.items():
        points = scores.points.get(student, {}).get(exercise)
        states = {v.state for v in said if v.exercise == exercise} - {"right"}
        state = ", ".join(sorted(states)) or "right"
        got = "not graded" if points is None else f"{points:g}"
        rows.append(f"| {scores.titles[exercise]} | {got} of {worth:g} | {state} |")
    total = scores.total(student) if student in scores.points else None
    worth = sum(scores.exercises.values())
    unit = "point" if worth == 1 else "points"
    whole = "not graded yet" if total is None else f"{total:g} of {worth:g} {unit}"
    head = f"# {scores.assignment}\n\n**{html.escape(student)}: {whole}**\n\n"
    return head + "| exercise | points | |\n|---|---|---|\n" + "\n".join(rows)


def _hidden_lines(graded: NotebookNode) -> set[str]:
    """The lines of all hidden tests that are long enough to be known again."""
    tests = (test for cell in graded.cells for test in HIDDEN.findall(cell.source))
    lines = (line.strip() for test in tests for line in test.split("\n"))
    return {line for line in lines if len(line) > 12}


def _without(hidden: Collection[str], output: NotebookNode) -> NotebookNode:
    """An output of the student's own cells, unless it quotes a line of a hidden test.

    A student's code can read what stands in the notebook's namespace, such as the inputs of cells.
    """
    text = uncolored(str(output))
    if any(line in text for line in hidden):
        output = new_output("stream", name="stdout", text="(An output that is not shown.)")
    return output
