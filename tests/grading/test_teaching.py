"""The way from an assignment to points, as the page for teachers shows it."""

import re
from contextlib import redirect_stdout
from io import StringIO

import classroom
import nbformat
import pytest
from assigned import NAME, ROOT
from transcript import commands

from bnviz.course.cli import main

PAGE = (ROOT / "chapters" / "teaching.md").read_text(encoding="utf-8")
# The way without a server; that on a hub follows it, and has a test of its own.
COMMANDS = commands(PAGE.partition("### On a JupyterHub")[0])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the commands are run."""
    return tmp_path_factory.mktemp("class")


@pytest.fixture(scope="module")
def transcript(folder):
    """What each command of the page prints, one after the other."""
    printed = []
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for command, _ in COMMANDS:
            if command.startswith("bnviz course intake"):
                release = folder / "course" / "release" / NAME / f"{NAME}.ipynb"
                classroom.hand_in(folder / "inbox", nbformat.read(release, 4))
            printed.append(_run(command))
    return printed


def _run(command: str) -> str:
    with redirect_stdout(StringIO()) as out:
        main(command.removeprefix("bnviz ").split())
    return out.getvalue().strip("\n")


def test_the_page_shows_the_whole_way():
    names = [command.split()[2] for command, _ in COMMANDS]
    assert names == ["assign", "intake", "grade", "export", "feedback", "report"]


def test_each_command_prints_what_the_page_says(transcript):
    # How far a cut-off file reaches hangs on the length of the notebook.
    number = re.compile(r"after [\d,]+ characters")
    said = [number.sub("…", out) for _, out in COMMANDS]
    assert [number.sub("…", out) for out in transcript] == said


@pytest.mark.usefixtures("transcript")
@pytest.mark.parametrize("page", [f"report/{NAME}.html", f"feedback/bob/{NAME}/{NAME}.html"])
def test_report_and_feedback_call_exercises_by_their_titles(page, folder):
    text = (folder / "course" / page).read_text(encoding="utf-8")
    assert "Problem 8.2: A layer that drifts" in text.partition("</table>")[0]
