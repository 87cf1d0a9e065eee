"""A class of three who hand in chapter 8, each in another way."""

import copy
from pathlib import Path

import nbformat
from nbformat import NotebookNode

RIGHT = {
    "population": "def population(means, variances, m):\n"
    "    return means.mean(axis=0), m / (m - 1) * variances.mean(axis=0)",
    "forget": "def steps_to_forget(momentum, share):\n"
    "    steps, left = 0, 1.0\n"
    "    while left > share:\n"
    "        steps, left = steps + 1, left * (1 - momentum)\n"
    "    return steps",
    "corrected": "def corrected(running, start, momentum, steps):\n"
    "    left = (1 - momentum) ** steps\n"
    "    return (running - left * start) / (1 - left)",
    "pooled": "def pooled(means, variances, sizes):\n"
    "    share = sizes / sizes.sum()\n"
    "    mean = (share * means).sum()\n"
    "    return mean, (share * (variances + (means - mean) ** 2)).sum()",
    "lag": "def lag(drift, momentum):\n    return abs(drift) * (1 / momentum - 1)",
}
# The biased variance, a loop that never ends, and a formula that holds for batches of one size.
MISTAKEN = {
    **RIGHT,
    "population": "def population(means, variances, m):\n"
    "    return means.mean(axis=0), variances.mean(axis=0)",
    "forget": "def steps_to_forget(momentum, share):\n    while True:\n        pass",
    "pooled": "def pooled(means, variances, sizes):\n"
    "    return means.mean(), variances.mean() + means.var()",
}


def answered(
    release: NotebookNode, answers: dict[str, str], student: str = "", *, bare: bool = False
) -> NotebookNode:
    """A released notebook with answers; ``bare``, as Colab gives it back: without ids and marks."""
    made = copy.deepcopy(release)
    for cell in made.cells:
        cell.source = answers.get(cell.id, cell.source)
        if cell.id == "student":
            cell.source = f'STUDENT = "{student}"'
        if bare:
            cell.metadata = nbformat.from_dict({"id": "x" + cell.pop("id")})
    if bare:
        made.nbformat_minor = 0
        made.metadata.pop("bnviz")
    return made


def hand_in(inbox: Path, release: NotebookNode) -> None:
    """Fill an inbox: a folder, a file from Colab, and one that broke off."""
    (inbox / "ada").mkdir(parents=True)
    nbformat.write(answered(release, RIGHT, "ada"), inbox / "ada" / "08-test-time.ipynb")
    colab = answered(release, MISTAKEN, "bob", bare=True)
    nbformat.write(colab, inbox / "Copy of 08-test-time (1).ipynb")
    whole = nbformat.writes(answered(release, RIGHT, "eve"))
    (inbox / "eve.ipynb").write_text(whole[: len(whole) // 2], encoding="utf-8")
