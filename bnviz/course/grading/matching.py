"""Finds out which cell of a student's notebook belongs to which cell of the released one."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import partial

from nbformat import NotebookNode

from bnviz.course.grading.code import compiles, functions, plain, same_code, variables
from bnviz.course.grading.marks import grade_id, nbgrader

__all__ = ["Match"]

ALIKE = 0.6  # difflib's own measure of a close match


class Match:
    """Which submitted cell belongs to which released one. Cells are told by their positions.

    An answer may be in any cell that defines what is asked for. Where several could be it, these
    count, in this order: a cell that defines the function, a cell that has the answer cell's
    metadata, the last cell. Cells that are as they were released are no answers.

    Args:
        released: the cells as they were given out.
        submitted: the cells that came back.

    Attributes:
        open: the released cells that a student may write in.
        link: submitted → released, by metadata or text; several to one where there are copies.
        answer: released → submitted, for the open cells in which something was written.
        home: submitted → the released cell in whose place it stands, the first where it holds
            several answers.
        others: released → submitted: the other versions of an answer, equal copies left out.
        guessed: the released cells that were told by similar text alone.
    """

    def __init__(self, released: Sequence[NotebookNode], submitted: Sequence[NotebookNode]) -> None:
        self.released, self.submitted = released, submitted
        self.open = [i for i, cell in enumerate(released) if not nbgrader(cell).get("locked")]
        self.link = self._by_metadata()
        for position, index in self._by_equal_text().items():
            self.link.setdefault(position, index)
        self._candidates = {index: self._find(index) for index in self.open}
        self.guessed = self._by_similar_text()
        for position, index in self.guessed.items():
            self.link[position] = index
            if index in self._candidates and not self.untouched(position):
                self._candidates[index] = [position]

        self.answer = {
            index: max(found, key=partial(self._rank, index))
            for index, found in self._candidates.items()
            if found
        }
        self.home: dict[int, int] = {}
        for index, position in self.answer.items():
            self.home.setdefault(position, index)
        at_home = set(self.answer)
        for position, index in sorted(self.link.items()):
            if index not in at_home and position not in self.home:
                self.home[position] = index
                at_home.add(index)
        self.others = {
            index: [
                position
                for position in self._candidates[index]
                if position not in self.home and self._text(position) != self._text(answer)
            ]
            for index, answer in self.answer.items()
        }

    def untouched(self, position: int) -> bool:
        """Whether a submitted cell is as it was released."""
        index = self.link.get(position)
        return index is not None and self._text(position) == plain(self.released[index].source)

    def defines(self, position: int, index: int) -> int:
        """How far a submitted cell defines what a released one asks for.

        Returns:
            2 for a function (or whatever the released cell defines), 1 for another value under its
            name, as in ``f = lambda x: x``, 0 for nothing of the kind.
        """
        asked, source = self.released[index].source, self._text(position)
        if names := functions(asked):
            return 2 if names & functions(source) else int(bool(names & variables(source)))
        return 2 if variables(asked) & variables(source) else 0

    def in_place(self, position: int) -> bool:
        """Whether a submitted cell, or an equal one, stands in the place of a released one."""
        return self.untouched(position) or self._text(position) in {
            self._text(answer) for answer in self.answer.values()
        }

    def has_stub(self, index: int) -> bool:
        """Whether the cell came back, or what stood in it."""
        stub = plain(self.released[index].source)
        return index in self.link.values() or any(
            stub in self._text(position) for position in range(len(self.submitted))
        )

    def _text(self, position: int) -> str:
        return plain(self.submitted[position].source)

    def is_written(self, position: int, index: int) -> bool:
        """Whether a submitted cell says more than a released one, comments aside."""
        cell = self.released[index]
        return cell.cell_type != "code" or not same_code(cell.source, self._text(position))

    def _rank(self, index: int, position: int) -> tuple[bool, int, bool, int]:
        linked = self.link.get(position) == index
        return (self.is_written(position, index), self.defines(position, index), linked, position)

    def _by_metadata(self) -> dict[int, int]:
        grade_ids = {name: i for i, cell in enumerate(self.released) if (name := grade_id(cell))}
        ids = {cell.id: i for i, cell in enumerate(self.released)}
        link = {}
        for position, cell in enumerate(self.submitted):
            name, own_id = grade_id(cell), cell.get("id")
            if name in grade_ids:
                link[position] = grade_ids[name]
            elif isinstance(own_id, str) and own_id in ids:
                link[position] = ids[own_id]
        return link

    def _by_equal_text(self) -> dict[int, int]:
        texts = {plain(cell.source): i for i, cell in reversed([*enumerate(self.released)])}
        positions = range(len(self.submitted))
        return {i: texts[self._text(i)] for i in positions if self._text(i) in texts}

    def _by_similar_text(self) -> dict[int, int]:
        """Pair what is left on both sides, the most similar first."""
        taken = {s for found in self._candidates.values() for s in found} | set(self.link)
        linked = set(self.link.values()) | {i for i, found in self._candidates.items() if found}
        pairs = [
            (_likeness(plain(cell.source), self._text(position)), -position, -index)
            for index, cell in enumerate(self.released)
            for position in range(len(self.submitted))
            if index not in linked and position not in taken
        ]
        found: dict[int, int] = {}
        for likeness, position, index in sorted(pairs, reverse=True):
            if likeness >= ALIKE and -position not in found and -index not in found.values():
                found[-position] = -index
        return found

    def _find(self, index: int) -> list[int]:
        """The submitted cells that may hold what was written into an open cell."""
        return [i for i in range(len(self.submitted)) if self._may_answer(i, index)]

    def _may_answer(self, position: int, index: int) -> bool:
        text, cell = self._text(position), self.submitted[position]
        if not text.strip() or self.untouched(position):
            return False
        if self.link.get(position) == index:
            return True
        is_answer = nbgrader(self.released[index]).get("solution")
        if not is_answer and index in self.link.values():
            return False  # a setting of the reader's own, not any cell that uses its name
        without_stub = text.replace(plain(self.released[index].source), "")
        return self._defined_in(without_stub, index) and (
            cell.cell_type == "code" or compiles(text)
        )

    def _defined_in(self, text: str, index: int) -> bool:
        asked = self.released[index].source
        names = functions(asked) or variables(asked)
        return bool(names & (functions(text) | variables(text)))


def _likeness(one: str, other: str) -> float:
    matcher = SequenceMatcher(None, _words(one), _words(other), autojunk=False)
    # Upper bounds, quick to compute: most pairs are told apart by them.
    if min(matcher.real_quick_ratio(), matcher.quick_ratio()) < ALIKE:
        return 0.0
    return matcher.ratio()


def _words(text: str) -> list[str]:
    return [str(word) for word in re.findall(r"\w+|[^\w\s]", text)]
