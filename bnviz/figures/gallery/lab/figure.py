"""Networks that train in the page, side by side on the same batches; every cause can be chosen.

Nothing is played back: a worker of the page runs the same arithmetic as PyTorch, from the same
seed. Where scripts are off, and in words, the figure is a recorded run of the same setting.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from bnviz.data import all_digits
from bnviz.figures.gallery.lab.picture import draw_picture
from bnviz.figures.gallery.lab.recorded import encode
from bnviz.figures.gallery.predict.text import read
from bnviz.figures.kit.figure import Figure
from bnviz.figures.kit.words import listed, number, percent
from bnviz.setting import Setting
from bnviz.words import counted

__all__ = ["Question", "lab"]

_HEIGHT = (546, 576)
_COVER = (400, 470)  # with few controls
_ASKED = (106, 102)  # more, where such a lab asks something
_REST = (20_000, 1500)  # steps after which it pauses by itself, and with few controls
_CAPTION = (
    "{Trains here, in your browser.} A row is a layer: the middle 70 % of what its activation "
    "gets, over the steps{; all of it, now; the share of idle outputs; the gradient’s size (log)}."
)


class Question(NamedTuple):
    """A setting that a reader predicts before it is trained.

    Attributes:
        name: in addresses, and to remember what was said.
        title: a few words, for the list of questions; they end "What if …".
        setting: what an answer sets the lab to.
        question: one or two sentences. `code` and *emphasis* may be marked as here.
        choices: two or more.
        answer: index of the right one.
        explain: why, in a sentence or two.
        steps: after which the lab pauses: what the question asks about.
    """

    name: str
    title: str
    setting: Setting
    question: str
    choices: Sequence[str]
    answer: int
    explain: str
    steps: int = 1000


def lab(
    setting: Setting,
    runs: Mapping[str, Any],
    questions: Sequence[Question] = (),
    *,
    controls: Sequence[str] | None = None,
    caption: str = _CAPTION,
) -> Figure:
    """Train networks in the page.

    Until it plays, it shows the recorded runs; so it does for a reader who asked for less motion.

    Args:
        setting: to begin with.
        runs: the setting's recorded runs by label, for the picture, in words, and before it plays:
            ``bnviz.experiments.lab.train_setting(setting, steps)``.
        questions: to predict; each sets the lab when it is answered.
        controls: names of the setting's fields that can be chosen, such as ``["init", "lr"]``, for
            a lower figure on a page of its own question; left out, all of them, and the networks.
        caption: below the figure.

    Returns:
        The figure. Its state stands in the page's address, after ``#lab?``.

    Raises:
        ValueError: the runs are not those of the setting's networks, or nothing was recorded;
            a question's answer is none of its choices; a control is none.
    """
    if list(runs) != setting.labels:
        raise ValueError(
            f"lab() got runs of {listed(list(runs))}; the setting's networks are "
            f"{listed(setting.labels)}: give what train_setting(setting, steps) returns"
        )
    for label, run in runs.items():
        if getattr(run, "recording", None) is None:
            raise ValueError(f"lab() got a run of {label} that was not recorded")
    known = [name for name in setting.spec() if name != "networks"]
    if unknown := set(controls or ()) - set(known):
        raise ValueError(f"lab() got controls {sorted(unknown)}; there are {listed(known)}")
    pixels, labels = all_digits()
    return Figure(
        "lab",
        spec={
            "setting": setting.spec(),
            "questions": [_spec(one) for one in questions],
            "controls": None if controls is None else list(controls),
            "rest": _REST[controls is not None],
        },
        arrays={"pixels": pixels, "labels": labels, **encode(setting, runs)},
        alt=_describe(runs),
        caption=caption,
        height=_height(controls is None, bool(questions)),
        picture=lambda: draw_picture(runs),
    )


def _height(whole: bool, asks: bool) -> tuple[int, int]:
    """How tall the drawing is, wide and on a phone."""
    if whole:
        return _HEIGHT
    more = _ASKED if asks else (0, 0)
    return _COVER[0] + more[0], _COVER[1] + more[1]


def _spec(question: Question) -> dict[str, Any]:
    if not 0 <= question.answer < len(question.choices):
        raise ValueError(
            f"the answer to {question.name!r} is {question.answer}; it is the index of one of "
            f"{counted(len(question.choices), 'choice')}"
        )
    return {
        "name": question.name,
        "title": question.title,
        "setting": question.setting.spec(),
        "question": read(question.question),
        "choices": [read(choice) for choice in question.choices],
        "answer": question.answer,
        "explain": read(question.explain),
        "steps": question.steps,
    }


def _describe(runs: Mapping[str, Any]) -> str:
    """A recorded run in words."""
    parts = []
    for label, run in runs.items():
        first, last = run.recording.layers[0], run.recording.layers[-1]
        spread = [number(run.recording.std(layer)[-1], 2) for layer in (first, last)]
        parts.append(
            f"{label}: {percent(run.accuracy[-1])} of the test set right, standard deviation "
            f"{spread[0]} in the first and {spread[1]} in the last hidden layer"
        )
    end = counted(next(iter(runs.values())).recording.num_steps, "step")
    return f"Networks that train in the page. Recorded, after {end}: {'; '.join(parts)}."
