"""Chapter 13: right answers by other ways pass, and what a class gets wrong is told by its name."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F

CHAPTER = "why-it-works"


def noisy_in_torch(x, shift, stretch, eps):
    x, shift, stretch = (torch.tensor(one).float() for one in (x, shift, stretch))
    return F.batch_norm(x, None, None, stretch, shift, training=True, eps=eps)


def noisy_in_lists(x, shift, stretch, eps):
    columns = []
    for column, move, factor in zip(x.T, shift, stretch, strict=True):
        mean = sum(column) / len(column)
        var = sum((v - mean) ** 2 for v in column) / len(column)
        columns.append([factor * (v - mean) / math.sqrt(var + eps) + move for v in column])
    return [list(row) for row in zip(*columns, strict=True)]


def along_with_autograd(w, curvature, rates):
    def bowl(w):
        return (torch.tensor(curvature) * w**2).sum() / 2

    def gradient(w):
        w = w.clone().requires_grad_(True)
        return torch.autograd.grad(bowl(w), w)[0]

    w = torch.tensor(w)
    places = [w - rate * gradient(w) for rate in rates]
    losses = [bowl(place) for place in places]
    ways = [(gradient(place) - gradient(w)).norm() / (place - w).norm() for place in places]
    return [(max(losses) - min(losses)) / bowl(w), max(ways)]


def along_without_a_loop(w, curvature, rates):
    gradient = curvature * w
    places = w - np.outer(rates, gradient)
    losses = (curvature * places**2).sum(1) / 2
    # In a bowl each step along a line changes the gradient alike.
    smoothness = np.linalg.norm(curvature * gradient) / np.linalg.norm(gradient)
    return np.ptp(losses) / ((curvature * w**2).sum() / 2), smoothness


def bearable_in_lists(rates, start, loss):
    return [
        next((rate for rate, after in zip(rates, row, strict=True) if after > before), math.nan)
        for before, row in zip(start, loss, strict=True)
    ]


def bearable_in_torch(rates, start, loss):
    higher = torch.tensor(loss) > torch.tensor(start)[:, None]
    allowed = torch.where(higher, torch.tensor(rates), torch.inf).amin(1)
    return torch.where(allowed.isinf(), torch.nan, allowed).float()


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("noisy", noisy_in_torch),
        ("noisy", noisy_in_lists),
        ("along", along_with_autograd),
        ("along", along_without_a_loop),
        ("bearable", bearable_in_lists),
        ("bearable", bearable_in_torch),
    ],
)
def test_right_by_another_way(verdict, name, answer):
    assert verdict(name, answer).startswith("Correct")


def noisy_before(x, shift, stretch, eps):
    return noisy_in_torch(stretch * x + shift, np.zeros_like(shift), np.ones_like(shift), eps)


def along_onward(w, curvature, rates):
    """Goes on from where the last step ended, as a training would."""
    losses, ways, here = [], [], w
    for rate in rates:
        there = here - rate * curvature * here
        losses.append((curvature * there**2).sum() / 2)
        ways.append(np.linalg.norm(curvature * (there - w)) / np.linalg.norm(there - w))
        here = there
    return (max(losses) - min(losses)) / ((curvature * w**2).sum() / 2), max(ways)


def along_uphill(w, curvature, rates):
    found = along_without_a_loop(w, curvature, -rates)
    return found[0], found[1]


@pytest.mark.parametrize(
    ("name", "answer", "told"),
    [
        ("noisy", noisy_before, "The noise comes after"),
        (
            "noisy",
            lambda x, b, a, eps: a * (x - x.mean(0)) / (x.std(0) + eps) + b,
            "under the root",
        ),
        (
            "noisy",
            lambda x, b, a, eps: a * (x - x.mean(0)) / np.sqrt(x.var(0, ddof=1) + eps) + b,
            "Divide by N, not",
        ),
        ("noisy", lambda x, b, a, eps: noisy_in_torch(x, b, a, 1e-5), "Use the eps"),
        ("noisy", lambda x, b, a, eps: noisy_in_torch(x, a, b, eps), "changed places"),
        ("noisy", lambda x, b, a, eps: noisy_in_torch(x, b, 1 / a, eps), "you divided by it"),
        ("noisy", lambda x, b, a, eps: noisy_in_torch(-x, b, a, eps), "its sign turned"),
        ("along", along_onward, "Each step starts at w"),
        ("along", along_uphill, "Go against the gradient"),
        ("along", lambda *given: along_with_autograd(*given)[::-1], "The order is loss_range"),
        ("along", lambda w, c, r: (along_without_a_loop(w, c, r)[0], c.max()), "largest curvature"),
        ("along", lambda w, c, r: [0.0, 0.0], "Not right yet"),
        (
            "along",
            lambda w, c, r: along_without_a_loop(w, c, 2 * r),
            "the half in the loss takes the 2 away",
        ),
        (
            "along",
            lambda w, c, r: (
                along_without_a_loop(w, c, r)[0],
                along_without_a_loop(w, c, r)[1] ** 2,
            ),
            "not their squares",
        ),
        (
            "bearable",
            lambda rates, start, loss: rates[np.argmax(loss > start[:, None], axis=1)],
            "the answer is NaN",
        ),
        (
            "bearable",
            lambda rates, start, loss: np.argmax(loss > start[:, None], axis=1),
            "Not right yet",
        ),
        (
            "bearable",
            lambda rates, start, loss: np.nan_to_num(bearable_in_lists(rates, start, loss)),
            "the answer is NaN",
        ),
        (
            "bearable",
            lambda rates, start, loss: np.argmax(loss > start[:, None], axis=0),
            "along axis 1",
        ),
        ("bearable", lambda rates, start, loss: rates[loss.argmin(1)], "That is the best rate"),
        (
            "bearable",
            lambda r, s, loss: bearable_in_lists(r, s - 1e-9, loss),
            "Higher, not as high",
        ),
        ("bearable", lambda rates, start, loss: rates, "Not right yet"),
        (
            "bearable",
            lambda r, s, loss: [None if v != v else v for v in bearable_in_lists(r, s, loss)],
            "NaN is expected (np.nan), not None",
        ),
    ],
)
def test_a_mistake_is_told(verdict, name, answer, told):
    assert told in verdict(name, answer)
