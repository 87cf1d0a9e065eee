"""Chapter 9: right answers by other ways pass, and what a class gets wrong is told by its name."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F

CHAPTER = "regularization"


def by_trying(share):
    m = 1
    while 1 / math.sqrt(m) > share:
        m += 1
    return m


def by_slices(x, group, eps):
    return [
        list((row - x[i : i + group].mean(0)) / np.sqrt(x[i : i + group].var(0) + eps))
        for i in range(0, len(x), group)
        for row in x[i : i + group]
    ]


def in_torch(x, group, eps):
    parts = torch.tensor(x).float().split(group)
    return torch.cat([F.batch_norm(one, None, None, training=True, eps=eps) for one in parts])


def sum_by_sum(x, w, p):
    calm = np.var([sum(a * b for a, b in zip(row, w, strict=True)) for row in x])
    added = sum(w[j] ** 2 * sum(x[:, j] ** 2) / len(x) for j in range(len(w))) * p / (1 - p)
    return float(calm / (calm + added))


def by_every_lot(x, w, p):
    """Every way in which entries can be dropped, with its probability."""
    outputs, chances = [], []
    for lot in np.ndindex(*[2] * len(w)):
        kept = np.array(lot)
        outputs.append((x * kept / (1 - p)) @ w)
        chances.append(np.prod(np.where(kept, 1 - p, p)) / len(x))
    outputs, chances = np.array(outputs), np.array(chances)[:, None]
    mean = (outputs * chances).sum()
    return (x @ w).var() / ((outputs - mean) ** 2 * chances).sum()


def with_a_vector(length, pull, lr, decay, steps):
    """The weights themselves, and a gradient that stands at a right angle to them."""
    weights = np.array([float(length), 0.0])
    for _ in range(steps):
        across = np.array([-weights[1], weights[0]]) / (weights @ weights)
        weights = weights - lr * (pull * across + decay * weights)
    return np.linalg.norm(weights)


def in_squares(length, pull, lr, decay, steps):
    square = length**2
    for _ in range(steps):
        square = (1 - lr * decay) ** 2 * square + lr**2 * pull**2 / square
    return square**0.5


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("images-needed", by_trying),
        ("images-needed", lambda share: np.ceil(share**-2.0)),
        ("group-batch-norm", by_slices),
        ("group-batch-norm", in_torch),
        ("variance-ratio", sum_by_sum),
        ("variance-ratio", by_every_lot),
        (
            "variance-ratio",
            lambda x, w, p: (
                torch.tensor(x @ w).var(correction=0)
                / (
                    torch.tensor(x @ w).var(correction=0)
                    + p / (1 - p) * torch.tensor((x * w) ** 2).sum(1).mean()
                )
            ),
        ),
        ("length-with-decay", with_a_vector),
        ("length-with-decay", in_squares),
    ],
)
def test_right_by_another_way(verdict, name, answer):
    assert verdict(name, answer).startswith("Correct")


@pytest.mark.parametrize(
    ("name", "answer", "told"),
    [
        ("images-needed", lambda share: math.ceil(1 / share), "a square in it"),
        ("images-needed", lambda share: int(1 / share**2), "round up"),
        ("images-needed", lambda share: math.ceil(0.5 / share**2), "standard deviation"),
        ("images-needed", lambda share: share**-2, "A whole number"),
        ("images-needed", lambda share: int(share**-2) + 1, "four images are enough"),
        ("images-needed", lambda share: math.ceil(1 / share) ** 2, "Round at the end only"),
        ("images-needed", lambda share: share**-0.5, "not the root"),
        ("images-needed", lambda share: math.ceil((2 / share) ** 2), "no other factor"),
        ("images-needed", lambda share: 64, "Not right yet"),
        (
            "group-batch-norm",
            lambda x, group, eps: (
                in_torch(x, group, eps).numpy()
                * np.repeat(
                    np.sqrt([p.var(0) + eps for p in np.split(x, len(x) // group)]), group, 0
                )
                / np.sqrt(x.var(0) + eps)
            ),
            "One of yours",
        ),
        (
            "group-batch-norm",
            lambda x, g, eps: F.batch_norm(torch.tensor(x), None, None, training=True, eps=eps),
            "all rows together",
        ),
        (
            "group-batch-norm",
            lambda x, g, eps: by_slices(x, len(x) // g, eps),
            "how many rows a group has",
        ),
        ("group-batch-norm", lambda x, g, eps: in_torch(x, g, 1e-5), "eps that is given"),
        (
            "group-batch-norm",
            lambda x, g, eps: np.concatenate(
                [
                    (one - one.mean(0)) / np.sqrt(one.var(0, ddof=1) + eps)
                    for one in np.split(x, len(x) // g)
                ]
            ),
            "biased variance",
        ),
        (
            "group-batch-norm",
            lambda x, g, eps: (
                x - np.concatenate([[one.mean(0)] * g for one in np.split(x, len(x) // g)])
            ),
            "of the group, too",
        ),
        (
            "group-batch-norm",
            lambda x, g, eps: np.reshape(by_slices(x.reshape(-1, 1), g, eps), x.shape),
            "mixes the columns",
        ),
        (
            "group-batch-norm",
            lambda x, g, eps: (x - x[:g].mean(0)) / np.sqrt(x[:g].var(0) + eps),
            "of the first group for all",
        ),
        ("group-batch-norm", lambda x, g, eps: x, "Not right yet"),
        (
            "variance-ratio",
            lambda x, w, p: (x @ w).var() / ((x @ w).var() + p * (x**2 * w**2).sum(1).mean()),
            "the factor is p / (1 − p)",
        ),
        ("variance-ratio", lambda x, w, p: 1 - p, "uncorrelated"),
        (
            "variance-ratio",
            lambda x, w, p: (x @ w).var() / ((x @ w).var() + p / (1 - p) * (x.var(0) * w**2).sum()),
            "mean of x²",
        ),
        ("variance-ratio", lambda x, w, p: 1 / by_every_lot(x, w, p), "Turn it round"),
        (
            "variance-ratio",
            lambda x, w, p: (
                (x.var(0) @ w**2) / (x.var(0) @ w**2 + p / (1 - p) * (x**2 @ w**2).mean())
            ),
            "variance of x @ w itself",
        ),
        (
            "variance-ratio",
            lambda x, w, p: (x @ w).var() / ((x @ w).var() + p / (1 - p) * (x**2).mean(0) @ w),
            "The weights are squared, too",
        ),
        (
            "variance-ratio",
            lambda x, w, p: (x @ w).var() / (p / (1 - p) * (x**2).mean(0) @ w**2),
            "divide by the sum of both",
        ),
        ("variance-ratio", lambda x, w, p: 1.0, "Not right yet"),
        (
            "length-with-decay",
            lambda length, pull, lr, decay, steps: in_squares(length, pull, lr, 0, steps),
            "The decay is missing",
        ),
        (
            "length-with-decay",
            lambda length, pull, lr, decay, steps: in_squares(length, pull, lr, decay, 10_000),
            "after very many steps",
        ),
        (
            "length-with-decay",
            lambda length, pull, lr, decay, steps: length * (1 - lr * decay) ** steps,
            "The step is missing",
        ),
        (
            "length-with-decay",
            lambda length, pull, lr, decay, steps: in_squares(length, pull, lr, 2 * decay, steps),
            "without a factor of 2",
        ),
        (
            "length-with-decay",
            lambda length, pull, lr, decay, steps: in_squares(length, pull, lr, decay, steps - 1),
            "One step too few",
        ),
        ("length-with-decay", lambda length, *rest: length, "Not right yet"),
    ],
)
def test_a_mistake_is_told(verdict, name, answer, told):
    assert told in verdict(name, answer)
