"""The way from an assignment to points, as the page for teachers shows it."""

import re

import classroom
import nbformat
import pytest
from assigned import NAME, ROOT

from bnviz.course.cli import main

PAGE = (ROOT / "chapters" / "teaching.md").read_text(encoding="utf-8")
COMMANDS = [
    (line.removeprefix("$ bnviz "), out.strip("\n"))
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
    for line, out in re.findall(r"^(\$ .*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
]


@pytest.fixture(scope="module")
def transcript(tmp_path_factory):
    """What each command of the page prints, one after the other."""
    folder = tmp_path_factory.mktemp("class")
    printed = []
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for command, _ in COMMANDS:
            if command.startswith("course intake"):
                release = folder / "course" / "release" / NAME / f"{NAME}.ipynb"
                classroom.hand_in(folder / "inbox", nbformat.read(release, 4))
            printed.append(_run(command))
    return printed


def _run(command: str) -> str:
    from contextlib import redirect_stdout
    from io import StringIO

    with redirect_stdout(StringIO()) as out:
        main(command.split())
    return out.getvalue().strip("\n")


def test_the_page_shows_the_whole_way():
    names = [command.split()[1] for command, _ in COMMANDS]
    assert names == ["assign", "intake", "grade", "export", "feedback", "report"]


def test_each_command_prints_what_the_page_says(transcript):
    # How far a cut-off file reaches hangs on the length of the notebook.
    number = re.compile(r"after [\d,]+ characters")
    said = [number.sub("…", out) for _, out in COMMANDS]
    assert [number.sub("…", out) for out in transcript] == said
