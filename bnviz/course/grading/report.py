"""``report``: which exercises went wrong, how often, and with which likely mistake."""

from __future__ import annotations

import html
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bnviz.course.grading.folder import collected
from bnviz.course.grading.scores import read_scores
from bnviz.course.grading.verdicts import Verdict, verdicts

__all__ = ["Outcome", "as_page", "outcomes", "report"]

STATES = ("right", "wrong", "not attempted", "not graded")
_GETTING_WORSE = ("right", "not attempted", "wrong", "not graded")


@dataclass
class Outcome:
    """What came of an exercise in a class.

    Attributes:
        states: how many answers are right, wrong, not attempted, not graded.
        mistakes: how many answers show each likely mistake.
    """

    states: Counter[str] = field(default_factory=Counter)
    mistakes: Counter[str] = field(default_factory=Counter)


def outcomes(of_students: Iterable[Iterable[Verdict]]) -> dict[str, Outcome]:
    """Count what came of each exercise; one with several checks counts once a student.

    >>> found = outcomes([[Verdict("a", "x/a", "wrong", "…", "Divide by N.")], []])
    >>> found["x/a"].mistakes
    Counter({'Divide by N.': 1})
    """
    found: dict[str, Outcome] = defaultdict(Outcome)
    for student in of_students:
        by_exercise: dict[str, list[Verdict]] = defaultdict(list)
        for verdict in student:
            by_exercise[verdict.exercise].append(verdict)
        for exercise, said in by_exercise.items():
            worst = max((v.state for v in said), key=_GETTING_WORSE.index)
            found[exercise].states[worst] += 1
            found[exercise].mistakes.update({v.likely for v in said if v.likely})
    return dict(found)


def report(course: Path, assignment: str) -> Path:
    """Write the page of an assignment for who prepares the next lecture.

    Args:
        course: the course folder.
        assignment: its name.

    Returns:
        The page: course/report/NAME.html.

    Raises:
        ValueError: nothing is graded yet.
    """
    scores = read_scores(course, assignment)
    found = outcomes(verdicts(graded) for _, graded in collected(course, "autograded", assignment))
    if not found:
        raise ValueError(f"nothing of {assignment} is graded yet: run bnviz course grade first.")
    totals = [t for s in scores.points if (t := scores.total(s)) is not None]
    target = course / "report" / f"{assignment}.html"
    target.parent.mkdir(parents=True, exist_ok=True)
    text = as_page(assignment, found, totals, sum(scores.exercises.values()), scores.titles)
    target.write_text(text, encoding="utf-8")
    return target


def as_page(
    assignment: str,
    found: Mapping[str, Outcome],
    totals: Iterable[float],
    worth: float,
    titles: Mapping[str, str],
) -> str:
    """The page: a bar for each exercise, the hardest first, and what went wrong in it."""
    totals = sorted(totals)
    ordered = sorted(found.items(), key=lambda item: _share_right(item[1]))
    half = (
        f", half of them with {totals[len(totals) // 2]:g} or more of {worth:g}"
        if len(totals) > 3
        else ""
    )
    rows = "\n".join(_row(titles.get(name, name), outcome) for name, outcome in ordered)
    legend = " ".join(
        f'<span><i class="{state.replace(" ", "-")}"></i>{state}</span>' for state in STATES
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{html.escape(assignment)}: what went wrong</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{html.escape(assignment)}: what went wrong</h1>
<p>{len(totals)} graded{half}. The hardest exercise stands first.</p>
<p class="legend">{legend}</p>
{rows}
</body>
</html>
"""


def _row(title: str, outcome: Outcome) -> str:
    students = sum(outcome.states.values())
    parts = "".join(
        f'<b class="{state.replace(" ", "-")}" style="flex: {count}" title="{state}: {count}">'
        f"{count}</b>"
        for state in STATES
        if (count := outcome.states[state])
    )
    said = ", ".join(f"{outcome.states[s]} {s}" for s in STATES if outcome.states[s])
    mistakes = "".join(
        f"<li><span>{count} ×</span> <div>{html.escape(text)}</div></li>"
        for text, count in outcome.mistakes.most_common(6)
    )
    return f"""<section>
<h2>{html.escape(title)} <small>{_share_right(outcome):.0%} right</small></h2>
<div class="bar" role="img" aria-label="of {students}: {said}">{parts}</div>
<ul>{mistakes}</ul>
</section>"""


def _share_right(outcome: Outcome) -> float:
    students = sum(outcome.states.values()) - outcome.states["not graded"]
    return outcome.states["right"] / students if students else 0.0


_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h2 { font-size: 1.05rem; margin: 1.6rem 0 .3rem; }
small { font-weight: normal; opacity: .75; }
.bar { display: flex; height: 1.7rem; border-radius: 3px; overflow: hidden; }
.bar b { color: #fff; font-weight: 600; padding-left: .4rem; min-width: 1.6rem; }
.bar b { line-height: 1.7rem; }
.right { background: #2f6f5e; } .wrong { background: #8a3b6b; }
.not-attempted { background: #6b6b76; } .not-graded { background: #3d3d46; }
.legend span { margin-right: 1.2rem; white-space: nowrap; }
.legend i { display: inline-block; width: .8rem; height: .8rem; margin-right: .4rem; }
ul { margin: .4rem 0 0; padding: 0; list-style: none; }
li { display: flex; }
li span { flex: 0 0 2.6rem; font-variant-numeric: tabular-nums; }
"""
