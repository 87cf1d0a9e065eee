"""Whatever a student's tools did to a notebook, its answers are found, and none is lost."""

from __future__ import annotations

import copy
import random

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat import NotebookNode, v4
from nbgrader.nbgraderformat.v3 import MetadataValidatorV3
from small_release import ANSWERS, FUNCTIONS, MEMBERS, STUBS, answered, at, find, release
from small_release import without_metadata as stripped

from bnviz.course.grading.rebuild import Notes, State, rebuild


def rebuilt(submitted: NotebookNode) -> tuple[NotebookNode, Notes]:
    """Rebuild, and hold what always holds."""
    before = copy.deepcopy(submitted)
    notebook, notes = rebuild(release(), submitted)
    assert submitted == before
    nbformat.validate(notebook)
    MetadataValidatorV3().validate_nb(notebook)
    assert [cell.id for cell in notebook.cells if cell.id in MEMBERS] == MEMBERS
    for cell in release().cells:
        if cell.metadata.get("nbgrader", {}).get("locked"):
            assert find(notebook, cell.id) == cell
    assert all(not cell.get("outputs") for cell in notebook.cells)
    return notebook, notes


def sources(notebook: NotebookNode) -> dict[str, str]:
    return {name: find(notebook, name).source for name in ANSWERS}


def found(notes: Notes) -> dict[str, str]:
    return {name: str(state) for name, state in notes.answers.items()}


def functions(notebook: NotebookNode) -> dict[str, object]:
    """What the names of the exercises mean when each check is run, in order."""
    names: dict[str, object] = {"check": lambda *given: None}
    seen: dict[str, object] = {}
    for cell in notebook.cells:
        if cell.id.endswith("-check"):
            answer = cell.id.removesuffix("-check")
            seen[answer] = names.get(FUNCTIONS[answer])
        elif cell.cell_type == "code" and cell.id != "setup":
            exec(cell.source, names)  # noqa: S102
    return seen


def is_answered(function: object) -> bool:
    """Told by the docstring: only the stubs have one."""
    return callable(function) and not function.__doc__


ALL_FOUND = dict.fromkeys(ANSWERS, "found")


def test_a_notebook_that_nobody_touched_comes_out_as_released() -> None:
    notebook, notes = rebuilt(release())
    assert notebook.cells == release().cells
    assert notebook.metadata == release().metadata
    assert set(notes.answers.values()) == {State.UNTOUCHED}
    assert not notes.remarks


def test_answers_stay_and_outputs_go() -> None:
    submitted = answered()
    find(submitted, "forget").outputs = [v4.new_output("stream", text="50\n")]
    notebook, notes = rebuilt(submitted)
    assert sources(notebook) == ANSWERS
    assert found(notes) == ALL_FOUND
    assert not notes.remarks


def test_answers_are_found_without_any_metadata() -> None:
    notebook, notes = rebuilt(stripped(answered("population", "corrected", student="ada")))
    assert sources(notebook) == ANSWERS | {"forget": STUBS["forget"]}
    assert found(notes) == ALL_FOUND | {"forget": "as released"}
    assert find(notebook, "student").source == 'STUDENT = "ada"'
    assert not notes.remarks


def test_an_answer_is_found_by_its_text_where_even_the_name_was_changed() -> None:
    submitted = stripped(answered())
    cell = next(c for c in submitted.cells if "def steps_to" in c.source)
    cell.source = STUBS["forget"].replace("steps_to_forget", "my_steps")
    notebook, notes = rebuilt(submitted)
    assert find(notebook, "forget").source == cell.source
    assert "forget was recognized by its text alone: does it answer this?" in notes.remarks


def test_deleted_cells_are_put_back_and_a_deleted_answer_is_named() -> None:
    submitted = answered()
    gone = {"population", "forget-check", "setup"}
    submitted.cells = [cell for cell in submitted.cells if cell.id not in gone]
    notebook, notes = rebuilt(submitted)
    assert notes.named(State.MISSING) == ["population"]
    assert find(notebook, "population").source == STUBS["population"]
    assert "Deleted, and put back: setup, forget-check." in notes.remarks


def test_an_emptied_answer_is_told_from_one_that_is_missing() -> None:
    submitted = answered()
    find(submitted, "forget").source = " \n"
    notebook, notes = rebuilt(submitted)
    assert notes.answers["forget"] is State.EMPTY
    assert find(notebook, "forget").source == STUBS["forget"]


def test_of_two_copies_the_one_that_was_changed_counts() -> None:
    for late in (False, True):
        submitted = answered("forget", "corrected")
        copied = copy.deepcopy(find(submitted, "population"))
        copied.source = ANSWERS["population"]
        submitted.cells.insert(len(submitted.cells) if late else 1, copied)
        notebook, notes = rebuilt(submitted)
        assert sources(notebook) == ANSWERS
        assert len(notebook.cells) == len(MEMBERS)
        assert found(notes) == ALL_FOUND


@pytest.mark.parametrize("strip", [False, True])
def test_of_several_changed_copies_the_last_counts_and_the_others_run_before_it(
    strip: bool,
) -> None:
    submitted = answered()
    later = copy.deepcopy(find(submitted, "forget"))
    later.source = later.source.replace("return steps", "return steps  # better")
    submitted.cells.append(later)
    notebook, notes = rebuilt(stripped(submitted) if strip else submitted)
    place = at(notebook, "forget")
    assert notebook.cells[place].source == later.source
    assert notebook.cells[place - 1].source == ANSWERS["forget"]
    assert "nbgrader" not in notebook.cells[place - 1].metadata
    assert "forget is there 2 times: see which one was meant." in notes.remarks


@pytest.mark.parametrize("strip", [False, True])
@pytest.mark.parametrize("rest", ["gone", "stub", "empty"])
def test_two_answers_merged_into_one_cell_are_both_found(strip: bool, rest: str) -> None:
    for keeper, other in (("population", "forget"), ("forget", "population")):
        submitted = answered()
        find(submitted, keeper).source = ANSWERS["population"] + "\n\n" + ANSWERS["forget"]
        if rest == "gone":
            submitted.cells.remove(find(submitted, other))
        else:
            find(submitted, other).source = STUBS[other] if rest == "stub" else ""
        notebook, notes = rebuilt(stripped(submitted) if strip else submitted)
        assert found(notes) == ALL_FOUND
        assert all(map(is_answered, functions(notebook).values()))
        assert find(notebook, "forget").source == "# The answer stands in the cell population."


def test_an_answer_merged_into_its_check_cell_is_found() -> None:
    submitted = answered()
    answer, check = find(submitted, "forget"), find(submitted, "forget-check")
    check.source = answer.source + "\n" + check.source
    submitted.cells.remove(answer)
    notebook, notes = rebuilt(submitted)
    assert sources(notebook) == ANSWERS
    assert found(notes) == ALL_FOUND
    assert "forget was found in the cell forget-check." in notes.remarks


def test_a_check_in_a_cell_with_two_answers_cannot_stop_it_before_the_second() -> None:
    submitted = answered()
    pieces = [ANSWERS["population"], find(submitted, "population-check").source, ANSWERS["forget"]]
    find(submitted, "population").source = "\n\n".join(pieces)
    submitted.cells.remove(find(submitted, "forget"))
    notebook, _ = rebuilt(submitted)
    assert find(notebook, "population").source == "\n\n\n".join(pieces[::2])


def test_a_stub_beside_an_answer_in_one_cell_is_no_answer() -> None:
    submitted = answered("population")
    merged = find(submitted, "population")
    merged.source += "\n\n" + STUBS["forget"]
    submitted.cells.remove(find(submitted, "forget"))
    _, notes = rebuilt(submitted)
    assert found(notes) == {
        "population": "found",
        "forget": "as released",
        "corrected": "as released",
    }


@pytest.mark.parametrize("first_keeps", [True, False])
@pytest.mark.parametrize("both_keep", [True, False])
def test_an_answer_split_over_two_cells_stays_in_order(first_keeps: bool, both_keep: bool) -> None:
    first = v4.new_code_cell("def decay(left, momentum):\n    return left * (1 - momentum)")
    second = v4.new_code_cell(
        ANSWERS["forget"].replace("left * (1 - momentum)", "decay(left, momentum)")
    )
    for one, other in ((first, second), (second, first)):
        submitted = answered()
        place = at(submitted, "forget")
        kept = submitted.cells[place].metadata
        halves = [copy.deepcopy(one), copy.deepcopy(other)]
        for half, keeps in zip(halves, (first_keeps, not first_keeps), strict=True):
            if keeps or both_keep:
                half.metadata = copy.deepcopy(kept)
        submitted.cells[place : place + 1] = halves
        notebook, notes = rebuilt(submitted)
        place = at(notebook, "forget")
        assert found(notes) == ALL_FOUND
        texts = [cell.source for cell in notebook.cells]
        assert texts.index(halves[0].source) + 1 == texts.index(halves[1].source)
        assert notebook.cells[place].source == second.source
        assert max(texts.index(half.source) for half in halves) < at(notebook, "forget-check")


def test_answers_that_stand_in_each_others_cells_are_set_right() -> None:
    submitted = answered()
    find(submitted, "forget").source = ANSWERS["population"]
    find(submitted, "population").source = ANSWERS["forget"]
    notebook, notes = rebuilt(submitted)
    assert sources(notebook) == ANSWERS
    assert found(notes) == ALL_FOUND


def test_moved_cells_go_back_and_a_helper_stays_before_the_answer_that_it_was_written_for() -> None:
    submitted = answered()
    place = at(submitted, "population-task")
    moved = submitted.cells[place : place + 3]
    del submitted.cells[place : place + 3]
    helper = v4.new_code_cell("def helper(x):\n    return x")
    submitted.cells += [helper, *moved]
    notebook, notes = rebuilt(submitted)
    texts = [cell.source for cell in notebook.cells]
    assert texts.index(helper.source) < at(notebook, "population")
    assert sources(notebook) == ANSWERS
    assert "Cells were moved; they are in the released order again." in notes.remarks


def test_extra_cells_stay_where_they_stood() -> None:
    submitted = answered()
    extras = {name: v4.new_code_cell(f"print('after {name}')") for name in MEMBERS}
    note = v4.new_markdown_cell("My notes", attachments={"a.png": {"image/png": "aGk="}})
    cells = [v4.new_raw_cell("First of all")]
    for cell in submitted.cells:
        cells += [cell, extras[cell.id]]
    submitted.cells = [*cells, note, v4.new_code_cell("  \n")]
    notebook, _ = rebuilt(submitted)
    assert notebook.cells[0].source == "First of all"
    for name in MEMBERS:
        assert notebook.cells[at(notebook, name) + 1].source == f"print('after {name}')"
    assert notebook.cells[-1].source == "My notes"
    assert notebook.cells[-1].attachments == note.attachments


def test_an_edited_check_is_released_again_but_a_helper_in_it_is_kept() -> None:
    submitted = answered()
    find(
        submitted, "forget"
    ).source = "def steps_to_forget(momentum, share):\n    return count(momentum, share)"
    find(submitted, "forget-check").source = (
        "%time\n"
        "from math import log, ceil\n"
        "@staticmethod\n"
        "def count(momentum, share):\n"
        "    return ceil(log(share) / log(1 - momentum))\n"
        "check = print\n"
        "check(2)"
    )
    notebook, notes = rebuilt(submitted)
    before = notebook.cells[at(notebook, "forget-check") - 1].source
    assert before.startswith("from math import log, ceil\n@staticmethod\ndef count")
    assert "check" not in before
    assert "Locked, but changed: forget-check; the released text counts." in notes.remarks


def test_a_locked_cell_that_is_no_python_anymore_is_kept_to_be_read_but_not_run() -> None:
    submitted = answered()
    find(submitted, "setup").source = "import numpy as np\nI changed this ("
    find(submitted, "forget-task").source += "\n\nMy thoughts: it decays."
    notebook, _ = rebuilt(submitted)
    kept = notebook.cells[at(notebook, "setup") + 1]
    assert (kept.cell_type, kept.source) == ("raw", "import numpy as np\nI changed this (")
    kept = notebook.cells[at(notebook, "forget-task") + 1]
    assert kept.cell_type == "markdown"
    assert kept.source.endswith("My thoughts: it decays.")


@pytest.mark.parametrize("strip", [False, True])
@pytest.mark.parametrize("kind", ["markdown", "raw"])
def test_an_answer_whose_cell_was_made_text_is_found(kind: str, strip: bool) -> None:
    submitted = answered()
    cell = find(submitted, "forget")
    cell.cell_type = kind
    del cell["outputs"], cell["execution_count"]
    notebook, notes = rebuilt(stripped(submitted) if strip else submitted)
    assert find(notebook, "forget").cell_type == "code"
    assert sources(notebook) == ANSWERS
    assert found(notes) == ALL_FOUND


def test_prose_about_the_function_is_no_answer() -> None:
    submitted = release()
    text = "I tried this:\n\ndef population(means, variances, m):\n    return means\n\nbut no."
    submitted.cells.append(v4.new_markdown_cell(text))
    notebook, notes = rebuilt(submitted)
    assert notes.answers["population"] is State.UNTOUCHED
    assert notebook.cells[-1].source == text


def test_an_answer_with_a_syntax_error_is_found() -> None:
    submitted = stripped(answered())
    for cell in submitted.cells:
        if "def corrected" in cell.source:
            cell.source += ")"
    notebook, notes = rebuilt(submitted)
    assert find(notebook, "corrected").source == ANSWERS["corrected"] + ")"
    assert found(notes) == ALL_FOUND


def test_a_function_given_as_a_lambda_is_an_answer_but_a_result_under_its_name_is_none() -> None:
    submitted = stripped(answered())
    by_name = {c.source: c for c in submitted.cells}
    by_name[ANSWERS["population"]].source = "population = lambda means, variances, m: (1, 2)"
    submitted.cells.append(v4.new_code_cell("corrected = corrected(1, 2, 0.1, 3)"))
    notebook, notes = rebuilt(submitted)
    assert find(notebook, "population").source.startswith("population = lambda")
    assert find(notebook, "corrected").source == ANSWERS["corrected"]
    assert found(notes) == ALL_FOUND


def test_an_attempt_after_the_answer_does_not_replace_it_and_is_told() -> None:
    submitted = answered()
    other = v4.new_code_cell("def population(means, variances, m):\n    return 0, 1")
    submitted.cells.append(other)
    notebook, notes = rebuilt(submitted)
    assert sources(notebook) == ANSWERS
    assert notebook.cells[-1].source == other.source
    assert "population is there 2 times: see which one was meant." in notes.remarks


def test_a_comment_in_a_stub_is_kept_but_it_is_no_answer() -> None:
    submitted = answered("forget", "corrected")
    thought = STUBS["population"].replace("YOUR CODE HERE", r"no idea, \d?")
    find(submitted, "population").source = thought
    notebook, notes = rebuilt(submitted)
    assert find(notebook, "population").source == thought
    assert notes.answers["population"] is State.UNTOUCHED


def test_a_written_copy_counts_before_a_later_one_that_only_has_a_comment() -> None:
    submitted = answered()
    later = copy.deepcopy(find(submitted, "forget"))
    later.source = STUBS["forget"] + "  # later"
    submitted.cells.append(later)
    notebook, _ = rebuilt(submitted)
    assert sources(notebook) == ANSWERS


def test_a_written_answer_comes_from_the_student() -> None:
    noted = {"grade": True, "solution": True, "locked": False, "points": 2, "task": False}
    noted |= {"grade_id": "why", "schema_version": 3}
    metadata = nbformat.from_dict({"nbgrader": noted})
    released = v4.new_notebook(
        cells=[v4.new_markdown_cell("YOUR ANSWER HERE", id="why", metadata=metadata)]
    )
    submitted = copy.deepcopy(released)
    assert rebuild(released, submitted)[1].answers == {"why": State.UNTOUCHED}
    submitted.cells[0].source = "Because the batch has one mean."
    notebook, notes = rebuild(released, submitted)
    assert notebook.cells[0].source == "Because the batch has one mean."
    assert notebook.cells[0].metadata == metadata
    assert notes.answers == {"why": State.FOUND}


@pytest.mark.parametrize("noted", [None, [], "x", {"grade_id": ["a"]}, {"grade_id": None}])
def test_nonsense_in_the_metadata_does_no_harm(noted: object) -> None:
    submitted = answered()
    for cell in submitted.cells:
        cell.metadata["nbgrader"] = noted
        cell["id"] = noted
    notebook, notes = rebuilt(submitted)
    assert sources(notebook) == ANSWERS
    assert found(notes) == ALL_FOUND


def test_an_empty_notebook_gives_the_released_one_and_names_each_answer() -> None:
    notebook, notes = rebuilt(v4.new_notebook())
    assert notebook.cells == release().cells
    assert notes.named(State.MISSING) == list(ANSWERS)


@settings(max_examples=60)
@given(st.data())
def test_whatever_happens_to_the_cells_no_answer_that_is_there_is_lost(data: st.DataObject) -> None:
    submitted = answered()
    for index in range(data.draw(st.integers(0, 3))):
        extra = v4.new_code_cell(f"mark_{index} = {index}")
        submitted.cells.insert(data.draw(st.integers(0, len(submitted.cells))), extra)
    for _ in range(data.draw(st.integers(0, 3))):
        submitted.cells.insert(
            data.draw(st.integers(0, len(submitted.cells))),
            copy.deepcopy(data.draw(st.sampled_from(submitted.cells))),
        )
    for cell in submitted.cells:
        what = data.draw(st.sampled_from(["keep", "keep", "no nbgrader", "no id", "neither"]))
        if what in ("no nbgrader", "neither"):
            cell.metadata = nbformat.from_dict({"id": "xYz"})
        if what in ("no id", "neither"):
            del cell["id"]
    gone = data.draw(st.sets(st.integers(0, len(submitted.cells) - 1), max_size=4))
    submitted.cells = [cell for i, cell in enumerate(submitted.cells) if i not in gone]
    random.Random(data.draw(st.integers(0, 3))).shuffle(submitted.cells)

    there = {cell.source for cell in submitted.cells}
    notebook, notes = rebuilt(submitted)
    for name, answer in ANSWERS.items():
        assert (notes.answers[name] is State.FOUND) == (answer in there)
        assert find(notebook, name).source == (answer if answer in there else STUBS[name])
    kept = {cell.source for cell in notebook.cells}
    assert {source for source in there if source.startswith("mark_")} <= kept
    again, notes = rebuilt(notebook)
    assert again == notebook
