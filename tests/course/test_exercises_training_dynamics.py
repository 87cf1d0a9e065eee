"""Chapter 7: right answers by other ways pass, and what a class gets wrong is told by its name."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from bnviz.course.exercises.training_dynamics import growth
from bnviz.experiments.training_dynamics import growth as measured

CHAPTER = "training-dynamics"


def by_loops(accuracy, goal):
    return sum(all(seed >= goal for seed in rate) for start in accuracy for rate in start)


def by_the_least(accuracy, goal):
    least = torch.tensor(accuracy).amin(-1)  # NaN where one is
    return (least >= goal).sum()


def growth_in_lists(values, slopes):
    mean = sum(values) / len(values)
    variance = sum((v - mean) ** 2 for v in values) / len(values)
    return math.sqrt(sum(s * s for s in slopes) / len(slopes) / variance)


def by_descent(curvatures, lr, share, most):
    """A loop that gives up, but not before the distances overflow into NaN, which ends it, too."""
    distances = [1.0 for _ in curvatures]
    for step in range(most):
        if not any(abs(d) > share for d in distances):
            return step
        distances = [d - lr * (c * d) for c, d in zip(curvatures, distances, strict=True)]
    return math.inf


def by_logarithms(curvatures, lr, share):
    slowest = np.abs(1 - lr * np.asarray(curvatures)).max()
    return np.inf if slowest >= 1 else math.ceil(math.log(share) / math.log(slowest))


def by_walking(curvatures, lr, share):
    """Gradient descent itself, given up after many steps."""
    distance = torch.ones(len(curvatures), dtype=torch.float64)
    for steps in range(1000):
        if (distance.abs() <= share).all():
            return steps
        distance = distance - lr * torch.tensor(curvatures) * distance
    return float("inf")


def without_giving_up(curvatures, lr, share):
    """Gradient descent without an end for weights that run away: they overflow."""
    distance, steps = np.ones(len(curvatures)), 0
    while np.any(np.abs(distance) > share):
        distance = distance - lr * curvatures * distance
        steps += 1
    return steps


def one_more_where_exact(curvatures, lr, share):
    slowest = max(abs(1 - lr * c) for c in curvatures)
    steps, left = 0, 1.0
    while slowest < 1 and left >= share:
        steps, left = steps + 1, left * slowest
    return steps if slowest < 1 else math.inf


def by_logarithms_alone(curvatures, lr, share):
    return math.ceil(math.log(share) / math.log(np.abs(1 - lr * curvatures).max()))


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("usable", by_loops),
        ("usable", by_the_least),
        ("usable", lambda a, goal: np.sum(np.min(a, axis=-1) >= goal)),
        ("usable", lambda a, goal: float((np.nan_to_num(a) >= goal).all(-1).sum())),
        ("growth", growth_in_lists),
        ("growth", lambda v, s: float(np.sqrt(np.mean(s**2))) / np.std(v)),
        ("growth", lambda v, s: (torch.tensor(s).square().mean() / torch.tensor(v).var(
            correction=0)).sqrt()),
        ("growth", lambda v, s: growth(np.float32(v), np.float32(s))),
        ("steps", by_logarithms),
        ("steps", by_walking),
        ("steps", lambda c, lr, share: np.float32(by_walking(c, lr, share))),
    ],
)  # fmt: skip
def test_right_by_another_way(verdict, name, answer):
    assert verdict(name, answer).startswith("Correct")


@pytest.mark.parametrize(
    ("name", "answer", "told"),
    [
        ("usable", lambda a, goal: (a >= goal).any(-1).sum(), "every seed has to"),
        ("usable", lambda a, goal: (a.mean(-1) >= goal).sum(), "hides the one that fails"),
        ("usable", lambda a, goal: (np.nanmin(a, -1) >= goal).sum(), "exploded"),
        ("usable", lambda a, goal: (a.min(-1) > goal).sum(), ">=, not >"),
        ("usable", lambda a, goal: (a >= goal).all(), "all networks of the table at once"),
        ("usable", lambda a, goal: sum((a >= goal).all(-1)), "add them up"),
        ("usable", lambda a, goal: (a[:, :, -1] >= goal).sum(), "one seed of each setting"),
        ("usable", lambda a, goal: a.shape[0] * a.shape[1], "Not right yet"),
        ("usable", lambda a, goal: (a >= goal).sum() // a.shape[2], "You counted networks"),
        ("growth", lambda v, s: (s**2).mean() / v.var(), "squared length"),
        ("growth", lambda v, s: np.sqrt((s**2).mean() / (v**2).mean()), "takes the mean away"),
        ("growth", lambda v, s: np.sqrt((s**2).mean() / v.std()), "Not right yet"),
        ("growth", lambda v, s: s.mean() / v.std(), "the square of the mean is less"),
        ("growth", lambda v, s: growth(v, s) ** -1, "Upside down"),
        ("growth", lambda v, s: 1.21, "from the two arrays"),
        ("growth", lambda v, s: (s**2 / v.var()) ** 0.5, "One number for the layer"),
        ("growth", lambda v, s: (s**2).mean() - v.var(), "Not right yet"),
        ("steps", lambda c, lr, share: by_logarithms([min(c)], lr, share), "smallest"),
        ("steps", lambda c, lr, share: by_logarithms([max(c)], lr, share), "largest"),
        ("steps", lambda c, lr, share: by_logarithms(c, lr, share) + 1, "One update too many"),
        ("steps", lambda c, lr, share: by_walking(c, 2 * lr, share), "without a factor of 2"),
        ("steps", lambda c, lr, share: by_walking(c, lr, share**0.5), "squared"),
        ("steps", lambda c, lr, share: by_walking([1.0], lr, share), "curvature is missing"),
        ("steps", without_giving_up, "never arrives"),
        ("steps", lambda *given: by_descent(*given, most=10_000), "never arrives"),
        ("steps", lambda *given: min(by_logarithms(*given), 1_000_000), "never arrives"),
        ("steps", lambda c, lr, share: max(0, by_logarithms_alone(c, lr, share)), "never arrives"),
        ("steps", lambda c, lr, share: by_walking(c, lr, 1 - share), "what may be left"),
        (
            "steps",
            lambda c, lr, share: math.inf if lr > 1 / max(c) else by_walking(c, lr, share),
            "still arrives",
        ),
        (
            "steps",
            lambda c, lr, share: np.ceil(np.log(share) / np.log(np.abs(1 - lr * c))),
            "one number for each weight",
        ),
        ("steps", lambda c, lr, share: math.inf, "only for a distance that does not shrink"),
        ("steps", lambda c, lr, share: math.inf if lr * max(c) >= 2 else 1, "`return` inside"),
        ("steps", one_more_where_exact, "exactly the share is enough"),
    ],
)
def test_a_mistake_is_told(verdict, name, answer, told):
    said = verdict(name, answer)
    assert told in said and "Correct" not in said


@pytest.mark.slow
def test_the_growth_of_the_exercise_is_that_of_wide_networks():
    x_hat = np.random.default_rng(0).standard_normal(200_000)
    for name, module in (("ReLU", nn.ReLU()), ("tanh", nn.Tanh())):
        x = torch.tensor(x_hat, requires_grad=True)
        values = module(x)
        (slopes,) = torch.autograd.grad(values.sum(), x)
        said = growth(values.detach().numpy(), slopes.numpy())
        found = measured((256,), (name,), (100, 101), width=200)[name][256]
        np.testing.assert_allclose(found, said, atol=0.04)
