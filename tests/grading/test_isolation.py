"""What the code of a submission can reach."""

from pathlib import Path

import psutil
import pytest
from nbformat import NotebookNode, read
from small_course import NAME, hand_in, solved

from bnviz.course.cli import main
from bnviz.course.grading import sandbox
from bnviz.course.grading.grade import grade
from bnviz.course.grading.gradebook import Guard
from bnviz.course.grading.sandbox import Limits
from bnviz.course.grading.submission import Graded, Submission, run_submission

ANSWER = "def double(x):\n    return 2 * x\n"
SPOIL = """
import os
for place in ({course!r}, *(os.path.join("../" * up, {course!r}[1:]) for up in range(1, 9))):
    for name in ("gradebook.db", "source/01-small/01-small.ipynb"):
        try:
            open(os.path.join(place, name), "w").write("spoiled")
        except OSError:
            pass
"""
LOOK = """
import os, socket, subprocess
sleeper = subprocess.Popen(["sleep", "61616"], start_new_session=True)
print("course", os.path.exists({course!r}))
print("home", os.path.exists({home!r}))
print("outside", [p for p in os.listdir("/proc") if p.isdigit() and int(p) > 500])
try:
    open("/etc/spoiled", "w")
    print("system can be written to")
except OSError:
    print("system stays")
try:
    socket.create_connection(("192.0.2.1", 80), timeout=1)
except OSError as error:
    print(type(error).__name__, error.errno)
"""
NETWORK_IS_UNREACHABLE = 101


def run(course: Path, answer: str, kind: sandbox.Isolation) -> tuple[NotebookNode, Graded]:
    hand_in(course, "eve", solved(course, double=answer))
    source = read(course / "source" / NAME / f"{NAME}.ipynb", as_version=4)
    return run_submission(Submission(course, NAME, "eve", source, Limits(), kind))


def contents(course: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in sorted(course.rglob("*")) if p.is_file()}


def assert_said(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where a machine has no namespaces, the promise is that whoever grades is told."""
    assert sandbox._problem("namespaces"), "it works here, and was not chosen"
    hand_in(course, "eve", solved(course))
    assert main(["course", "grade", NAME, "--course", str(course)]) == 0
    told = capsys.readouterr().err
    assert f"(isolation: {sandbox.isolation()})" in told
    assert "could not keep submissions off the network and the course folder" in told


def test_a_machine_without_namespaces_says_so(course, capsys, monkeypatch):
    sandbox.isolation.cache_clear()
    with monkeypatch.context() as patched:
        patched.setattr(sandbox, "NAMESPACES", ["--no-such-namespace"])
        assert_said(course, capsys)
    sandbox.isolation.cache_clear()


def test_the_course_folder_stays_byte_for_byte_as_it_was(course, capsys):
    if sandbox.isolation() != "namespaces":
        assert_said(course, capsys)
        return
    spoil = ANSWER + SPOIL.format(course=str(course))
    hand_in(course, "eve", solved(course, double=spoil))
    before = contents(course)
    _, result = run(course, spoil, "namespaces")
    assert result.score == 6
    assert contents(course) == before


def test_in_namespaces_there_is_no_network_no_other_process_and_nothing_left(course, capsys):
    if sandbox.isolation() != "namespaces":
        assert_said(course, capsys)
        return
    look = ANSWER + LOOK.format(course=str(course), home=str(Path(__file__).parent / "no"))
    nb, result = run(course, look, "namespaces")
    (said,) = (o.text for c in nb.cells for o in c.get("outputs", []) if o.get("text"))
    assert said.splitlines() == [
        "course False",
        "home False",
        "outside []",
        "system stays",
        f"OSError {NETWORK_IS_UNREACHABLE}",
    ]
    assert result.isolation == "namespaces"
    sleeping = [p.info["cmdline"] for p in psutil.process_iter(["cmdline"])]
    assert ["sleep", "61616"] not in sleeping


def test_where_it_can_be_reached_the_gradebook_is_put_back_and_the_result_says_so(course):
    hand_in(course, "eve", solved(course, double=ANSWER + SPOIL.format(course=str(course))))
    (result,) = grade(course, NAME, isolate="process", progress=False)
    assert result.isolation == "process"
    assert any("put back" in note for note in result.notes)
    assert result.score == 6
    (again,) = grade(course, NAME, isolate="process", progress=False)
    assert (again.status, again.score) == ("unchanged", 6)


def test_processes_that_a_submission_leaves_behind_are_ended_without_namespaces_too(course):
    leave = "import subprocess\nsubprocess.Popen(['sleep', '71717'], start_new_session=True)"
    _, result = run(course, f"{ANSWER}{leave}", "process")
    assert result.score == 6
    assert ["sleep", "71717"] not in [p.info["cmdline"] for p in psutil.process_iter(["cmdline"])]


def test_what_is_written_by_us_is_what_the_guard_keeps(tmp_path):
    file = tmp_path / "gradebook.db"
    file.write_bytes(b"first")
    guard = Guard(tmp_path)
    assert not guard.restored()
    with guard.writing():
        file.write_bytes(b"second")
    assert not guard.restored()
    file.unlink()
    (tmp_path / "gradebook.db-journal").write_bytes(b"forged")
    assert guard.restored()
    assert file.read_bytes() == b"second"
    assert [path.name for path in tmp_path.iterdir()] == ["gradebook.db"]


def test_the_best_isolation_of_this_machine_is_found_by_trying():
    kind = sandbox.isolation()
    assert sandbox._problem(kind) == ""
    assert sandbox._problem("process") == ""
