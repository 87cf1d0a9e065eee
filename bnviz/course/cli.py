"""The command line: ``bnviz course …``, for those who teach with the book."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bnviz.address import web_address
from bnviz.course.grading.export import LAYOUTS

__all__ = ["main"]

REPOSITORY = "https://github.com/batch-normalization-live/book"
PACKAGE = f"bnviz[course] @ git+{REPOSITORY}"

ABOUT = """\
From a chapter to the gradebook, on nbgrader. In a checkout of the book:

  bnviz course assign 08-test-time --seed 2027    what students get: course/release/
  bnviz course intake inbox/                      what they sent, whatever they called it
  bnviz course grade 08-test-time                 each in a process of its own
  bnviz course feedback 08-test-time              a page a student: course/feedback/
  bnviz course export 08-test-time > points.csv   --as canvas and --as moodle, too
  bnviz course report 08-test-time                what to talk about in the next lecture

The course folder is nbgrader's: its formgrader and its exchange work on it. It is ./course unless
--course says otherwise.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: as typed; left out, those of the process.

    Returns:
        0 where all went well; 1 where something is left to look at, which is named; 2 where the
        command could not be carried out.
    """
    given = _parser().parse_args(arguments)
    try:
        from bnviz.course.grading.folder import scripts_on_path

        os.environ["PATH"] = scripts_on_path()
        return int(given.run(given))
    except (ValueError, OSError) as error:
        print(f"bnviz course {given.command}: {error}", file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        print(
            f"bnviz course needs {error.name}. Install it with: pip install 'bnviz[course]'",
            file=sys.stderr,
        )
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bnviz",
        description=ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    course = parser.add_subparsers(dest="part", required=True, metavar="course").add_parser(
        "course", description=ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = course.add_subparsers(dest="command", required=True, metavar="COMMAND")

    assign = commands.add_parser(
        "assign",
        help="make assignments of chapters",
        description="Make assignments of chapters: solutions out, hidden tests in.",
        epilog="example: bnviz course assign 03-equation 08-test-time --to course/ --seed 2027",
    )
    assign.add_argument("names", nargs="*", metavar="CHAPTER", help="left out: all there are")
    assign.add_argument("--to", type=Path, default=Path("course"), help="the course folder")
    assign.add_argument("--seed", type=int, default=0, help="another one gives students new data")
    assign.add_argument("--book", type=Path, help="a checkout of the book, if this is none")
    assign.add_argument(
        "--problems",
        type=Path,
        action="append",
        default=[],
        help="a folder with your own problems; in place of the book's where a file's name is equal",
    )
    assign.add_argument(
        "--no-practice", action="store_true", help="without the chapter's exercises"
    )
    assign.add_argument(
        "--otter", action="store_true", help="also for otter assign and Gradescope: otter/CHAPTER/"
    )
    assign.set_defaults(run=_assign)

    intake = commands.add_parser(
        "intake",
        help="take in what students sent",
        description="Take in what students sent, in whatever state, and say what became of it.",
        epilog="example: bnviz course intake inbox/ --roster class.csv",
    )
    intake.add_argument("inbox", type=Path, help="a folder, or a zip file")
    intake.add_argument("--course", type=Path, default=Path("course"), help="the course folder")
    intake.add_argument("--assignment", help="the only one to take in; left out, each says its own")
    intake.add_argument("--roster", type=Path, help="a class list, as CSV")
    intake.set_defaults(run=_intake)

    grade = _of_assignment(
        commands, "grade", _grade, "run what was handed in, and write the points"
    )
    grade.epilog = "example: bnviz course grade 08-test-time --student ada --force"
    grade.add_argument(
        "--student", action="append", metavar="NAME", help="only this one; may be given again"
    )
    grade.add_argument("--jobs", type=int, help="how many at the same time; left out: the cores")
    grade.add_argument("--cell-seconds", type=float, default=30, help="for one cell")
    grade.add_argument("--seconds", type=float, default=300, help="for one submission")
    grade.add_argument("--memory-mb", type=int, default=4096, help="for one submission")
    grade.add_argument("--force", action="store_true", help="also what is graded and unchanged")

    feedback = _of_assignment(
        commands, "feedback", _feedback, "write a page for each student, without hidden tests"
    )
    feedback.epilog = "example: bnviz course feedback 08-test-time"
    export = _of_assignment(commands, "export", _export, "points as CSV, by exercise")
    export.epilog = "example: bnviz course export 08-test-time --as canvas --roster canvas.csv"
    export.add_argument("--as", dest="layout", default="plain", choices=LAYOUTS, help="the columns")
    export.add_argument("--roster", type=Path, help="a class list, such as Canvas' own export")
    export.add_argument("--total", action="store_true", help="one column with the sum")
    export.add_argument("--to", type=Path, help="a file; left out, it is printed")
    report = _of_assignment(
        commands, "report", _report, "a page: which exercises went wrong, and why"
    )
    report.epilog = "example: bnviz course report 08-test-time"
    return parser


def _of_assignment(
    commands: Any, name: str, run: Callable[[argparse.Namespace], int], about: str
) -> argparse.ArgumentParser:
    """A command on one assignment of a course folder."""
    command: argparse.ArgumentParser = commands.add_parser(name, help=about, description=about)
    command.add_argument("assignment", help="its name, such as 08-test-time")
    command.add_argument("--course", type=Path, default=Path("course"), help="the course folder")
    command.set_defaults(run=run)
    return command


def _assign(given: argparse.Namespace) -> int:
    from tqdm import tqdm

    from bnviz.course.grading.assignment import Book, assign

    book = Book(given.book or _checkout(), given.problems)
    names = given.names or book.names
    made = assign(
        names,
        given.to,
        book,
        seed=given.seed,
        practice=not given.no_practice,
        otter=PACKAGE if given.otter else "",
        address=web_address(REPOSITORY),
    )
    paths = list(tqdm(made, total=len(names), unit="assignment", disable=len(names) < 2))
    for path in paths:
        print(path)
    return 0


def _intake(given: argparse.Namespace) -> int:
    from bnviz.course.grading.intake import intake

    options = {"assignment": given.assignment, "roster": given.roster}
    report = intake(given.course, given.inbox, **options)
    print(report)
    return report.exit_code


def _grade(given: argparse.Namespace) -> int:
    from bnviz.course.grading.grade import grade

    results = grade(
        given.course,
        given.assignment,
        students=given.student,
        jobs=given.jobs,
        cell_seconds=given.cell_seconds,
        seconds=given.seconds,
        memory_mb=given.memory_mb,
        force=given.force,
    )
    for result in results:
        points = f"{result.score:g} of {sum(result.possible.values()):g}"
        print(f"{result.student:<24} {points:>10}  {result.status}")
        for note in result.notes:
            print(f"{'':<24} {note}")
    weak = {result.isolation for result in results} - {"namespaces"}
    if weak:
        print(
            "This system could not keep submissions off the network and the course folder "
            f"(isolation: {', '.join(sorted(weak))}). Grade in an account or container of its own.",
            file=sys.stderr,
        )
    return int(any(result.status == "not graded" for result in results))


def _feedback(given: argparse.Namespace) -> int:
    from bnviz.course.grading.feedback import feedback

    for path in feedback(given.course, given.assignment):
        print(path)
    return 0


def _export(given: argparse.Namespace) -> int:
    from bnviz.course.grading.classlist import read_class_list, student_in
    from bnviz.course.grading.export import as_csv
    from bnviz.course.grading.scores import read_scores

    roster = read_class_list(given.roster) if given.roster else []
    scores = read_scores(given.course, given.assignment, [student_in(row) for row in roster])
    text = as_csv(scores, given.layout, roster=roster, total=given.total)
    if given.to:
        given.to.write_text(text, encoding="utf-8")
    else:
        print(text, end="")
    waiting = [s for s in scores.points if scores.status(s) == "not graded"]
    if waiting:
        print(f"not graded: {', '.join(waiting)}", file=sys.stderr)
    return 1 if waiting else 0


def _report(given: argparse.Namespace) -> int:
    from bnviz.course.grading.report import report

    print(report(given.course, given.assignment))
    return 0


def _checkout() -> Path:
    """The checkout of the book in which one stands, or from which bnviz was installed."""
    for folder in (Path.cwd(), Path(__file__).resolve().parents[2]):
        if (folder / "chapters").is_dir():
            return folder
    raise ValueError(
        "there is no book here: no folder chapters/. Change into a checkout of it, or name one "
        "with --book."
    )
