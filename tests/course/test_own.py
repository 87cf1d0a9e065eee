"""Numbers of a student's own."""

import pytest

from bnviz.course.own import own_random


def drawn(*arguments):
    return own_random(*arguments).random(3).tolist()


@pytest.fixture(autouse=True)
def _not_graded(monkeypatch):
    monkeypatch.delenv("BNVIZ_STUDENT", raising=False)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)


def test_they_are_the_same_every_time():
    assert drawn("a/b", "Ada", 7) == drawn("a/b", " ada ", 7)


def test_other_students_problems_and_courses_have_others():
    kinds = [("a/b", "Ada", 7), ("a/b", "Bob", 7), ("a/c", "Ada", 7), ("a/b", "Ada", 8)]
    assert len({tuple(drawn(*kind)) for kind in kinds}) == 4


def test_while_grading_the_true_student_counts(monkeypatch):
    hers = drawn("a/b", "Ada", 7)
    monkeypatch.setenv("BNVIZ_STUDENT", "Bob")
    assert drawn("a/b", "Ada", 7) == drawn("a/b", "", 7) != hers


def test_without_a_name_it_says_what_to_do():
    with pytest.raises(ValueError, match="Fill in STUDENT"):
        own_random("a/b", " ")


def test_nbgrader_validates_without_a_name(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    assert drawn("a/b", "") == drawn("a/b", "")
