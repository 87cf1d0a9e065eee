"""Inputs of different scale, one learning rate: least squares by gradient descent.

>>> found = descent(scale=1000.0, seeds=[0])
>>> found.needed["as they are"] > 100_000 * found.needed["standardized"]
array([ True])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bnviz.experiments.common import Floats

__all__ = ["WAYS", "Descent", "curvatures", "descent", "inputs"]

#: What is done to the inputs first.
WAYS = ("as they are", "divided by their std", "standardized")


class Descent(NamedTuple):
    """Least squares by gradient descent, at the learning rate that is best for it.

    Attributes:
        steps: updates, shape (T,).
        error: by way, the mean squared error above the smallest possible, as a share of that at the
            start, shape (S, T) for S seeds.
        condition: by way, the largest curvature of the error over the smallest, shape (S,).
        needed: by way, updates until 1 % of the error is left, shape (S,).
    """

    steps: Floats
    error: dict[str, Floats]
    condition: dict[str, Floats]
    needed: dict[str, Floats]


def descent(
    scale: float = 1000.0,
    correlation: float = 0.0,
    seeds: Sequence[int] = range(5),
    *,
    count: int = 200,
    most: float = 1e9,
) -> Descent:
    """Fit a line w₁x₁ + w₂x₂ + b, where x₁ goes from 0 to 1 and x₂ from 0 to ``scale``.

    In least squares the error falls along each of its axes, here three, by a factor of its own in
    every step. So all steps are known at once, and none is run. At the start a third of the error
    lies along each. The best rate is 2 over the sum of the largest and the smallest curvature.

    With inputs as they are, a scale ten times as large takes about a hundred times the steps.
    Standardized, uncorrelated inputs need a handful, whatever their scale was. Standardizing is not
    whitening: correlated inputs stay so, and need more steps the more they are.

    Args:
        scale: where the second input ends.
        correlation: between the inputs, but for chance.
        seeds: of the inputs.
        count: examples.
        most: the last step to compute.

    Returns:
        Errors by step.

    Source: LeCun, Bottou, Orr and Müller 1998b, sections 4.3 and 5.
    """
    steps = np.unique(np.round(np.logspace(0, np.log10(most), 109)))
    tables: list[dict[str, list[Floats]]] = [{way: [] for way in WAYS} for _ in range(3)]
    for seed in seeds:
        x = inputs(scale, correlation, seed, count)
        for way in WAYS:
            bends = curvatures(x, way)
            # What a step leaves of the error along each axis: the weight's distance, squared.
            left = (1 - 2 * bends / (bends.min() + bends.max())) ** 2
            error = (left ** steps[:, None]).mean(1)
            row = (error, bends.max() / bends.min(), _until(left, 0.01))
            for table, value in zip(tables, row, strict=True):
                table[way].append(np.asarray(value))
    return Descent(steps, *({way: np.array(rows) for way, rows in t.items()} for t in tables))


def inputs(scale: float, correlation: float, seed: int, count: int = 200) -> Floats:
    """Examples with two inputs, shape (count, 2)."""
    one, other = np.random.default_rng(seed).random((2, count))
    rest = (1 - correlation**2) ** 0.5
    two = (correlation * one + rest * other) / (correlation + rest)
    return np.stack([one, scale * two], axis=1)


def curvatures(x: Floats, way: str) -> Floats:
    """How strongly the error bends along its axes, for inputs (N, C) and a bias, shape (C + 1,)."""
    if way != "as they are":
        x = x / x.std(0)
    if way == "standardized":
        x = x - x.mean(0)
    table = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    # Singular values: to square the table first would round the small curvatures away.
    bends: Floats = 2 / len(x) * np.linalg.svd(table, compute_uv=False) ** 2
    return bends


def _until(left: Floats, goal: float) -> float:
    """The first step after which at most this share of the error is left."""
    low, high = 0, 1
    while (left**high).mean() > goal:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        enough = (left**middle).mean() <= goal
        low, high = (low, middle) if enough else (middle, high)
    return float(high)
