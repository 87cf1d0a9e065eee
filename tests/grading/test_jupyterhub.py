"""A class on a JupyterHub, as the page for teachers shows it: from the exchange to the feedback."""

import html
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import hub
import nbformat
import pytest
from assigned import NAME, ROOT
from classroom import MISTAKEN, RIGHT, answered
from transcript import commands

COURSE = "batch-normalization"
PAGE = (ROOT / "chapters" / "teaching.md").read_text(encoding="utf-8")
PASSAGE = PAGE.partition("### On a JupyterHub")[2].partition("\n### ")[0]
FOR_ALL, FOR_TEACHER, FOR_HUB = re.findall(r"```python\n(.*?)```", PASSAGE, re.DOTALL)
# All users are one account here.
FOR_STUDENTS = """
import os
c.CourseDirectory.student_id = os.environ["JUPYTERHUB_USER"]
"""
NOTEBOOK = f"{NAME}/{NAME}.ipynb"


@dataclass(frozen=True)
class Round:
    """What came of it."""

    hub: hub.Hub
    printed: list[str]

    @property
    def course(self) -> Path:
        return self.hub.home("teacher") / "course"

    def page_of(self, student: str) -> str:
        """The feedback as it arrived with a student, as text."""
        (page,) = (self.hub.home(student) / NAME / "feedback").glob("*/*.html")
        return text_of(page)


def text_of(page: Path) -> str:
    """What one reads; colors split a line of code into many elements."""
    text = page.read_text(encoding="utf-8")
    text = re.sub(r"<style.*?</style>|<script.*?</script>|<[^>]+>", "", text, flags=re.DOTALL)
    return html.unescape(text)


@pytest.fixture(scope="module")
def round_(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Round]:
    folder = tmp_path_factory.mktemp("hub")
    users = ("teacher", "ada", "bob")
    for user in users:
        own = FOR_TEACHER if user == "teacher" else FOR_STUDENTS
        text = (FOR_ALL + own).replace("/srv/nbgrader", str(folder))
        settings = folder / "home" / user / ".jupyter" / "nbgrader_config.py"
        settings.parent.mkdir(parents=True)
        settings.write_text(text.replace("/home/teacher", str(folder / "home" / "teacher")))
    with hub.running(folder, users, FOR_HUB.replace(" = ", " += ")) as running:
        running.start(*users)
        printed = []
        for command, _ in commands(PASSAGE):
            if "collect" in command:
                hand_in(running, "ada", RIGHT)
                hand_in(running, "bob", {**RIGHT, "pooled": MISTAKEN["pooled"]}, bare=True)
            printed.append(in_terminal(running, command))
        for student in ("ada", "bob"):
            act(running, student, "fetch_feedback")
        yield Round(running, printed)


def in_terminal(running: hub.Hub, command: str) -> str:
    """What a command prints in a terminal of the teacher's server."""
    done = subprocess.run(
        [sys.executable, "-m", *command.split()],
        cwd=running.home("teacher"),
        env=running.environment("teacher"),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{command}\n{done.stderr}"
    return done.stdout.strip("\n")


def act(running: hub.Hub, student: str, action: str) -> None:
    """What a button of the Assignment List does. Its answer says little: look at the files."""
    told = {"course_id": COURSE, "assignment_id": NAME}
    running.ask(f"/user/{student}/assignments/{action}", "POST", told)


def hand_in(running: hub.Hub, student: str, answers: dict[str, str], *, bare: bool = False) -> None:
    """Fetch, answer, save and submit, in a student's own server; ``bare``, by way of Colab."""
    act(running, student, "fetch")
    place = f"/user/{student}/api/contents/{NOTEBOOK}"
    release = nbformat.from_dict(running.ask(place)["content"])
    solved = answered(release, answers, student, bare=bare)
    running.ask(place, "PUT", {"type": "notebook", "content": solved})
    act(running, student, "submit")


def test_each_command_prints_what_the_page_says(round_):
    assert round_.printed == [out for _, out in commands(PASSAGE)]


def test_the_points_are_in_the_gradebook_and_in_the_formgrader(round_):
    of = "/user/teacher/formgrader/api/submissions/" + NAME
    shown = {row["student"]: row["score"] for row in round_.hub.ask(of)}
    assert shown == {"ada": 10, "bob": 7}
    with sqlite3.connect(round_.course / "gradebook.db") as book:
        assert book.execute("SELECT id FROM student ORDER BY id").fetchall() == [("ada",), ("bob",)]


def test_jupyterlab_may_show_the_formgrader_in_a_frame(round_):
    _, headers = round_.hub.answer("/user/teacher/formgrader/")
    assert headers["Content-Security-Policy"] == "frame-ancestors 'self'"


def test_what_bob_sent_is_kept_as_he_sent_it(round_):
    kept = nbformat.read(round_.course / "received" / "bob" / NOTEBOOK, 4)
    assert not any("nbgrader" in cell.metadata for cell in kept.cells)


def test_feedback_arrives_with_whom_it_is_for(round_):
    assert "ada: 10 of 10 points" in round_.page_of("ada")
    assert "bob: 7 of 10 points" in round_.page_of("bob")


def test_nothing_hidden_is_in_the_exchange(round_):
    source = nbformat.read(round_.course / "source" / NOTEBOOK, 4)
    hidden, solutions = (lines_between(marks, source) for marks in ("HIDDEN TESTS", "SOLUTION"))
    exchange = round_.hub.folder / "exchange" / COURSE
    (release,) = (exchange / "outbound").rglob("*.ipynb")
    given = "\n".join(cell.source for cell in nbformat.read(release, 4).cells)
    pages = [text_of(path) for path in (exchange / "feedback").iterdir()]
    assert len(pages) == 2 and len(hidden) > 15 and len(solutions) > 5
    assert [line for line in hidden + solutions if line in given] == []
    assert [line for line in hidden if line in "\n".join(pages)] == []


def lines_between(marks: str, source: nbformat.NotebookNode) -> list[str]:
    """The longer lines that nbgrader takes out."""
    pattern = re.compile(f"### BEGIN {marks}\n(.*?)### END", re.DOTALL)
    found = [part for cell in source.cells for part in pattern.findall(cell.source)]
    return [line.strip() for part in found for line in part.split("\n") if len(line.strip()) > 24]
