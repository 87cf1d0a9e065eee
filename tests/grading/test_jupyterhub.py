"""A class on a JupyterHub, as the page for teachers shows it: from the exchange to the feedback."""

import html
import os
import re
import sqlite3
import subprocess
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import accounts
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
(EXCHANGE,) = re.findall(r"```sh\nsudo (.*)\n```", PASSAGE)
OF_ONE_ACCOUNT = """
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
    missing = accounts.problem(hub.NEEDED)
    if missing:
        warnings.warn(f"All users of the hub are one account: {missing}.", stacklevel=1)
    for user in users:
        own = FOR_TEACHER if user == "teacher" else OF_ONE_ACCOUNT if missing else ""
        settings = folder / "home" / user / ".jupyter" / "nbgrader_config.py"
        settings.parent.mkdir(parents=True)
        settings.write_text(in_folder(FOR_ALL + own, folder))
    subprocess.run(in_folder(EXCHANGE, folder).split(), check=True)
    of_hub = FOR_HUB.replace(" = ", " += ")
    with hub.running(folder, users, of_hub, own_accounts=not missing) as running:
        running.start(*users)
        printed = []
        for command, _ in commands(PASSAGE):
            if "collect" in command:
                hand_in(running, "ada", RIGHT)
                hand_in(running, "bob", {**RIGHT, "pooled": MISTAKEN["pooled"]}, bare=True)
            done = running.in_terminal("teacher", sys.executable, "-m", *command.split())
            assert done.returncode == 0, f"{command}\n{done.stderr}"
            printed.append(done.stdout.strip("\n"))
        for student in ("ada", "bob"):
            act(running, student, "fetch_feedback")
        yield Round(running, printed)


def in_folder(text: str, folder: Path) -> str:
    """What the page says, with its places in a folder of the test."""
    text = text.replace("/srv/nbgrader", str(folder))
    return text.replace("/home/teacher", str(folder / "home" / "teacher"))


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
    assert shown == {"ada": 11, "bob": 8}
    with sqlite3.connect(round_.course / "gradebook.db") as book:
        assert book.execute("SELECT id FROM student ORDER BY id").fetchall() == [("ada",), ("bob",)]


def test_jupyterlab_may_show_the_formgrader_in_a_frame(round_):
    _, headers = round_.hub.answer("/user/teacher/formgrader/")
    assert headers["Content-Security-Policy"] == "frame-ancestors 'self'"


def test_what_bob_sent_is_kept_as_he_sent_it(round_):
    kept = nbformat.read(round_.course / "received" / "bob" / NOTEBOOK, 4)
    assert not any("nbgrader" in cell.metadata for cell in kept.cells)


def test_feedback_arrives_with_whom_it_is_for(round_):
    assert "ada: 11 of 11 points" in round_.page_of("ada")
    assert "bob: 8 of 11 points" in round_.page_of("bob")


def test_what_is_handed_in_is_of_the_students_account_and_the_gradebook_of_the_teachers(round_):
    inbound = round_.hub.folder / "exchange" / COURSE / "inbound"
    owners = {path.name.partition("+")[0]: path.stat().st_uid for path in inbound.iterdir()}
    owners["teacher"] = (round_.course / "gradebook.db").stat().st_uid
    number = {name: account.number for name, account in round_.hub.accounts.items()}
    assert owners == (number or dict.fromkeys(("ada", "bob", "teacher"), os.getuid()))


def test_a_student_sees_the_work_of_others_only_where_all_are_one_account(round_):
    folder = str(round_.hub.folder)
    for user, other in (("ada", "bob"), ("bob", "ada")):
        found = round_.hub.in_terminal(user, "find", folder, "-name", "*.ipynb").stdout
        assert f"/home/{user}/{NOTEBOOK}" in found
        closed = ["/inbound/", "/home/teacher/", f"/home/{other}/"]
        assert [place for place in closed if place in found] == (
            [] if round_.hub.accounts else closed
        )


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
