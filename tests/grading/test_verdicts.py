"""What a check said, and what a class got wrong."""

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from bnviz.course.check import CheckFailed, check
from bnviz.course.grading.report import as_page, outcomes
from bnviz.course.grading.verdicts import Verdict, verdicts


def graded(*errors, name="lag-check", run=True):
    """A check cell as it stands in a notebook after grading."""
    outputs = [new_output("error", ename=e, evalue=v, traceback=["secret"]) for e, v in errors]
    cell = new_code_cell("…", outputs=outputs, execution_count=3 if run else None)
    cell.metadata.nbgrader = {"grade": True, "grade_id": name, "points": 2}
    cell.metadata.bnviz = {"exercise": "test-time/lag"}
    return new_notebook(cells=[cell])


def verdict(*errors, **options):
    (one,) = verdicts(graded(*errors, **options))
    return one


def test_a_check_without_an_error_is_right():
    assert verdict() == Verdict("lag-check", "test-time/lag", "right")


def test_a_check_that_never_ran_is_not_graded():
    assert verdict(run=False).state == "not graded"


def test_a_failed_test_shows_its_message_and_not_its_code():
    one = verdict(("AssertionError", "The variance is off.\nassert hidden"))
    assert (one.state, one.likely) == ("wrong", "The variance is off.")
    assert verdict(("AssertionError", "")).said == "A test failed."


def test_an_error_of_the_students_is_named():
    one = verdict(("TypeError", "unsupported operand"))
    assert one.said == one.likely == "TypeError: unsupported operand"


def check_stopped_in(line):
    found = graded(("RuntimeError", "no such axis"))
    (cell,) = found.cells
    cell.source = "assert seen\n### BEGIN HIDDEN TESTS\nassert hidden\n### END HIDDEN TESTS"
    colored = f"\x1b[36mCell\x1b[39m\x1b[36m \x1b[39m\x1b[32mIn[7], line {line}\x1b[39m"
    cell.outputs[0].traceback = ["-----", colored, "Cell In[2], line 9, in lag(drift)"]
    (one,) = verdicts(found)
    return one


def test_an_error_in_a_hidden_test_is_not_looked_for_among_those_that_are_seen():
    assert check_stopped_in(3).said == "In a test that you do not see: RuntimeError: no such axis"
    assert check_stopped_in(1).said == "RuntimeError: no such axis"
    assert check_stopped_in(3).likely == check_stopped_in(1).likely


def test_where_the_answer_could_not_run_its_own_error_is_told():
    found = graded(("NameError", "name 'lag' is not defined"))
    answer = new_code_cell(
        "def lag(", outputs=[new_output("error", ename="SyntaxError", evalue="x")]
    )
    answer.metadata = {"nbgrader": {"solution": True}, "bnviz": {"exercise": "test-time/lag"}}
    found.cells.insert(0, answer)
    (one,) = verdicts(found)
    assert one.likely == "SyntaxError: x" and one.likely in one.said


def test_no_verdict_holds_a_traceback():
    assert "secret" not in str(verdict(("TypeError", "x")))


def test_the_likely_mistake_is_read_from_the_report_of_a_check(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    with pytest.raises(CheckFailed) as failed:
        check(
            "test-time/population", lambda means, variances, m: (means.mean(0), variances.mean(0))
        )
    one = verdict(("CheckFailed", str(failed.value)))
    assert one.state == "wrong"
    assert one.likely and one.likely in " ".join(str(failed.value).split())


def test_where_no_mistake_is_known_what_stopped_the_answer_is_told(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    with pytest.raises(CheckFailed) as failed:
        check("test-time/forget", lambda momentum, share: 1 / 0)
    assert "division by zero" in verdict(("CheckFailed", str(failed.value))).likely


@pytest.mark.parametrize("kind", ["CheckFailed", "AssertionError"])
def test_a_stub_is_not_attempted(kind):
    assert verdict((kind, "Not attempted yet: lag returned None.")).state == "not attempted"


class TestAClass:
    def one(self, state, likely="", check="a-check"):
        return Verdict(check, "x/a", state, "said", likely)

    def test_each_student_counts_once_for_an_exercise_with_several_checks(self):
        found = outcomes([[self.one("right"), self.one("wrong", "Sign.", "a-check-2")]])
        assert found["x/a"].states == {"wrong": 1}

    def test_mistakes_are_counted_and_the_hardest_exercise_stands_first(self):
        wrong = [[self.one("wrong", "Divide by <N>.")] for _ in range(2)]
        right = [[self.one("right"), Verdict("b-check", "x/b", "right")]]
        titles = {"x/b": "1.1: Easy", "x/a": "1.2: Hard"}
        page = as_page("08", outcomes([*wrong, *right]), [1, 2, 3], 3, titles)
        assert page.index("<h2>1.2: Hard ") < page.index("<h2>1.1: Easy ")
        assert "<span>2 ×</span> <div>Divide by &lt;N&gt;.</div>" in page
        assert 'aria-label="of 3: 1 right, 2 wrong"' in page
