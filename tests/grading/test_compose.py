"""What is the course's own in a submission, and what the student's."""

import nbformat
import small_course
from nbformat.v4 import new_code_cell, new_notebook

from bnviz.course.grading.compose import compose
from bnviz.course.grading.marks import grade_id


def handed_in() -> nbformat.NotebookNode:
    nb = small_course.source()
    for cell in nb.cells:
        if cell.id in small_course.RIGHT:
            cell.source = f"mine = {cell.id!r}"
        elif cell.cell_type == "code":
            cell.source = "edited"
    return nb


def ids(nb: nbformat.NotebookNode) -> list[str]:
    return [grade_id(cell) for cell in nb.cells]


def test_locked_cells_are_the_sources_and_answers_the_students():
    source = small_course.source()
    made = compose(source, handed_in())
    assert ids(made) == ids(source)
    for cell, given in zip(made.cells, source.cells, strict=True):
        own = f"mine = {cell.id!r}"
        assert cell.source == (own if cell.id in small_course.RIGHT else given.source)
        assert cell.metadata == given.metadata
    nbformat.validate(made)


def test_no_solution_of_the_source_gets_into_a_submission():
    made = compose(small_course.source(), new_notebook())
    assert ids(made) == ["text", "setup", "double-check", "area-check", "steps-check"]
    assert "BEGIN SOLUTION" not in nbformat.writes(made)


def test_a_missing_check_comes_back_behind_what_it_stood_behind():
    nb = handed_in()
    nb.cells = [c for c in nb.cells if c.id not in ("double-check", "area-check")]
    nb.cells.insert(3, new_code_cell("extra"))
    made = compose(small_course.source(), nb)
    assert [grade_id(c) or c.source for c in made.cells] == [
        *("text", "setup", "double", "double-check"),
        *("extra", "area", "area-check", "steps", "steps-check"),
    ]


def test_of_two_cells_with_one_name_the_last_counts_and_no_id_is_there_twice():
    nb = handed_in()
    first = nbformat.from_dict(nb.cells[2])
    first.source = "first"
    nb.cells.insert(2, first)
    made = compose(small_course.source(), nb)
    assert [(grade_id(c), c.source) for c in made.cells[2:4]] == [
        ("", "first"),
        ("double", "mine = 'double'"),
    ]
    assert len({cell.id for cell in made.cells}) == len(made.cells)


def test_nothing_that_a_cell_claims_about_itself_is_believed():
    nb = handed_in()
    own = new_code_cell("own")
    own.metadata.nbgrader = {"grade_id": "made-up", "grade": True, "points": 100}
    odd = new_code_cell("odd")
    odd.metadata = nbformat.from_dict({"nbgrader": "what?", "tags": 7})
    nb.cells += [own, odd]
    made = compose(small_course.source(), nb)
    assert [cell.metadata for cell in made.cells[-2:]] == [{}, {}]


def test_a_cell_to_try_an_answer_runs_only_where_the_student_changed_it():
    source = small_course.source()
    to_try = new_code_cell("print(double(3))", id="double-try")
    to_try.metadata.tags = ["try"]
    source.cells.append(to_try)
    nb = nbformat.from_dict(source)
    assert "double-try" not in [cell.id for cell in compose(source, nb).cells]
    nb.cells[-1].source = "print(double(4))"
    assert compose(source, nb).cells[-1].source == "print(double(4))"
