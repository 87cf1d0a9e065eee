"""Puts the cells of a notebook that a student sent back into the order of the released one.

Tools and people change a notebook on its way: they strip metadata, delete, copy, merge, split and
move cells. What was locked comes from the release, answers come from the student, and whatever the
student wrote besides stays, where it stood.
"""

import copy
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from nbformat import NotebookNode, v4

from bnviz.course.grading.code import added, bound, plain, without
from bnviz.course.grading.marks import grade_id, label, nbgrader
from bnviz.course.grading.matching import Match

__all__ = ["Notes", "State", "rebuild"]


class State(StrEnum):
    """What became of an answer."""

    FOUND = "found"
    UNTOUCHED = "as released"
    EMPTY = "emptied"
    MISSING = "not found"


@dataclass(frozen=True)
class Notes:
    """What a person should know about a rebuilt notebook.

    Args:
        answers: what became of each answer, by the grade id of its cell, in their order.
        remarks: what else is worth a look, in sentences.
    """

    answers: Mapping[str, State]
    remarks: Sequence[str] = ()

    @property
    def found(self) -> int:
        """How many answers the student has written."""
        return sum(state is State.FOUND for state in self.answers.values())

    def named(self, state: State) -> list[str]:
        """The answers of which this became."""
        return [name for name, became in self.answers.items() if became is state]


def rebuild(released: NotebookNode, submitted: NotebookNode) -> tuple[NotebookNode, Notes]:
    """Make a whole notebook, ready to be graded, of what a student sent.

    Args:
        released: the notebook as it was given out, with nbgrader's metadata.
        submitted: the student's, as ``read_notebook`` gives it. Neither is changed.

    Returns:
        The released notebook with the student's answers and extra cells, without outputs, and what
        there is to say about it.
    """
    match = Match(released.cells, submitted.cells)
    before, after = _extras(match)
    cells: list[NotebookNode] = []
    for index in range(len(released.cells)):
        cells += [*before[index], _filled(match, index), *after[index]]
    _number(cells, {cell.id for cell in released.cells})
    notebook = v4.new_notebook(metadata=copy.deepcopy(released.metadata), cells=cells)
    return cast(NotebookNode, notebook), Notes(_states(match), [*_remarks(match)])


def _filled(match: Match, index: int) -> NotebookNode:
    """A released cell, with the student's text where one may write."""
    cell = copy.deepcopy(match.released[index])
    if cell.cell_type == "code":
        cell.outputs, cell.execution_count = [], None
    if index in match.answer:
        position = match.answer[index]
        home = match.home[position]
        if home == index:
            # A check that fails would stop the cell before the next answer in it.
            cell.source = without(match.submitted[position].source, _checks(match))
        else:  # the stub here would undo the answer
            cell.source = f"# The answer stands in the cell {label(match.released[home])}."
    return cell


def _checks(match: Match) -> list[str]:
    return [cell.source for cell in match.released if nbgrader(cell).get("grade")]


def _extras(
    match: Match,
) -> tuple[Mapping[int, list[NotebookNode]], Mapping[int, list[NotebookNode]]]:
    """The cells that the release does not have, before and after the released ones.

    A cell follows the one that it followed. Where the student changed the order, the cell after it
    may stand earlier now; as that one may need it, the cell goes before it.
    """
    before: defaultdict[int, list[NotebookNode]] = defaultdict(list)
    after: defaultdict[int, list[NotebookNode]] = defaultdict(list)
    protected = _protected(match)
    earlier = {s: i for i, found in match.others.items() for s in found if s < match.answer[i]}
    last: int | None = None
    for position, cell in enumerate(match.submitted):
        if position in match.home:
            last = match.home[position]
        if position in earlier:
            before[earlier[position]].append(_extra(cell))
        elif match.in_place(position) or not plain(cell.source).strip():
            continue
        elif (index := match.link.get(position)) is not None and index not in match.open:
            is_check = nbgrader(match.released[index]).get("grade")
            (before if is_check else after)[index] += _kept(match.released[index], cell, protected)
        else:
            following = next((match.home[s] for s in sorted(match.home) if s > position), None)
            if last is None:
                before[0].append(_extra(cell))
            elif following is not None and following < last:
                before[following].append(_extra(cell))
            else:
                after[last].append(_extra(cell))
    return before, after


def _protected(match: Match) -> frozenset[str]:
    """The names that locked cells define, and that no changed copy of one may define anew."""
    locked = (cell for i, cell in enumerate(match.released) if i not in match.open)
    names = (bound(cell.source) for cell in locked if cell.cell_type == "code")
    return frozenset(["check"]).union(*names)


def _kept(
    released: NotebookNode, changed: NotebookNode, protected: frozenset[str]
) -> list[NotebookNode]:
    """What stays of a locked cell that was changed: text, and definitions that others may need."""
    if changed.cell_type != "code" or released.cell_type != "code":
        return [_extra(changed)]
    definitions = added(released.source, changed.source, protected)
    if definitions is None:  # no Python: for a person to read, not to be run
        return [v4.new_raw_cell(changed.source)]
    return [v4.new_code_cell(definitions)] if definitions else []


def _extra(cell: NotebookNode) -> NotebookNode:
    """A cell of the student's own, without any metadata that nbgrader could mistake."""
    makers: dict[str, Callable[[str], NotebookNode]] = {
        "code": v4.new_code_cell,
        "markdown": v4.new_markdown_cell,
        "raw": v4.new_raw_cell,
    }
    extra = makers[cell.cell_type](cell.source)
    if cell.cell_type != "code" and isinstance(cell.get("attachments"), dict):
        extra.attachments = cell.attachments  # pictures in the text
    return extra


def _number(cells: Sequence[NotebookNode], released: set[str]) -> None:
    """Give the extra cells ids that are the same each time."""
    number = 0
    for cell in cells:
        if cell.id not in released:
            number += 1
            while f"extra-{number}" in released:
                number += 1
            cell.id = f"extra-{number}"


def _states(match: Match) -> dict[str, State]:
    states = {}
    for index, cell in enumerate(match.released):
        if not nbgrader(cell).get("solution"):
            continue
        links = [position for position, linked in match.link.items() if linked == index]
        if index in match.answer:
            written = match.is_written(match.answer[index], index)
            state = State.FOUND if written else State.UNTOUCHED
        elif any(match.untouched(position) for position in links):
            state = State.UNTOUCHED
        elif links:
            state = State.EMPTY
        else:
            state = State.UNTOUCHED if match.has_stub(index) else State.MISSING
        states[grade_id(cell)] = state
    return states


def _remarks(match: Match) -> Iterator[str]:
    changed: dict[str, None] = {}
    for position, index in sorted(match.link.items()):
        if index not in match.open and not match.in_place(position):
            changed[label(match.released[index])] = None
    if changed:
        yield f"Locked, but changed: {', '.join(changed)}; the released text counts."

    gone = [
        label(match.released[index])
        for index in range(len(match.released))
        if index not in match.link.values() and index not in match.open
    ]
    if gone:
        yield f"Deleted, and put back: {', '.join(gone)}."

    order = [match.home[position] for position in sorted(match.home)]
    if order != sorted(order):
        yield "Cells were moved; they are in the released order again."

    for index, position in match.answer.items():
        name, home = label(match.released[index]), match.home[position]
        link = match.link.get(position, index)
        if home != index or link != index:
            where = label(match.released[link if link != index else home])
            yield f"{name} was found in the cell {where}."
        elif position in match.guessed:
            yield f"{name} was recognized by its text alone: does it answer this?"
        elif nbgrader(match.released[index]).get("solution") and not match.defines(position, index):
            yield f"{name} does not define what is asked for."
        if match.others[index]:
            times = 1 + len(match.others[index])
            yield f"{name} is there {times} times: see which one was meant."
