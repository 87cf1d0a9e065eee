"""The page that a student gets back."""

import copy
import re

import pytest
from nbclient import NotebookClient

from bnviz.course.grading.feedback import page
from bnviz.course.grading.scores import Scores

# An answer that fails in a hidden test only, one that is right, and one that reads what it may not.
ANSWERS = {
    "pooled": "def pooled(means, variances, sizes):\n    return means.mean(), variances.mean() + 4",
    "lag": "def lag(drift, momentum):\n    return abs(drift) * (1 / momentum - 1)",
    "forget-try": "print(In)\nprint('<script>alert(1)</script>')",
}
SCORES = Scores(
    "08-test-time", {"test-time/pooled": 3.0, "test-time/lag": 2.0},
    {"ada": {"test-time/pooled": 0.0, "test-time/lag": 2.0}}, frozenset({"ada"}),
    {"test-time/pooled": "Problem 8.1: Batches", "test-time/lag": "Problem 8.2: A layer"},
)  # fmt: skip


@pytest.fixture(scope="module")
def shown(source, release):
    """The page, and its text as a reader sees it."""
    graded = copy.deepcopy(source)
    # What the student's own cells may quote: they run after the checks here.
    graded.cells.sort(key=lambda cell: cell.id == "forget-try")  # it goes last
    for cell in graded.cells:
        cell.source = ANSWERS.get(cell.id, cell.source)
    env = {"NBGRADER_EXECUTION": "autograde", "BNVIZ_STUDENT": "ada"}
    with pytest.MonkeyPatch.context() as patch:
        for key, value in env.items():
            patch.setenv(key, value)
        NotebookClient(graded, allow_errors=True).execute()
    html = page(graded, release, SCORES, "ada", {"lag": "Nicely put & short."})
    text = re.sub(r"<style.*?</style>|<script.*?</script>|<[^>]+>", "", html, flags=re.DOTALL)
    return html, text


def test_points_stand_at_the_top(shown):
    assert "ada: 2 of 5 points" in shown[1]
    assert re.search(r"Problem 8.1: Batches\s*0 of 3\s*wrong", shown[1])


def test_a_failed_hidden_test_says_its_message(shown):
    assert "The variance is off for batches of" in shown[1]


def test_hidden_tests_and_tracebacks_are_not_there(shown, source):
    hidden = re.findall(
        r"### BEGIN HIDDEN TESTS\n(.*?)### END",
        "\n".join(c.source for c in source.cells),
        re.DOTALL,
    )
    lines = [re.sub(r"\s+", "", line) for part in hidden for line in part.split("\n")]
    text = re.sub(r"\s+", "", shown[1].replace("&quot;", '"').replace("&#39;", "'"))
    told = [line for line in lines if len(line) > 12 and line in text]
    assert len(lines) > 15 and told == []
    assert "Traceback" not in shown[1]


def test_tasks_read_as_they_did(shown):
    assert re.search(r"<h2[^>]*>Problem 8.1: Batches of different sizes", shown[0])
    assert "<summary>Hint</summary>" in shown[0]


def test_what_the_student_wrote_is_there(shown):
    assert "abs(drift)" in shown[1]


def test_a_comment_by_hand_is_there(shown):
    assert "Nicely put &amp; short." in shown[0]


def test_the_page_asks_nobody_and_runs_nothing_of_the_student(shown):
    assert "<script>alert" not in shown[0]
    assert not re.search(r'(?:src|href)="(?:https?:)?//(?!github\.com)', shown[0])
