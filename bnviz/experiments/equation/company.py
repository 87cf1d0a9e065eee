"""One image in other company: what the rest of the batch does to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from bnviz import data, norms
from bnviz.experiments.common import Floats, accuracy, digits
from bnviz.experiments.equation.shape import weighted_sums
from bnviz.networks import mlp
from bnviz.training import shuffled_batches

__all__ = ["Company", "WhoseStatistics", "other_company", "whose_statistics"]


class Company(NamedTuple):
    """x̂ of the same images in other company; a case is one image at one unit.

    Attributes:
        sizes: batch sizes, shape (B,).
        scatter: standard deviation of x̂ over random companies, shape (B, P) for P cases.
        mean: mean of x̂ over them, shape (B, P).
        once: x̂ in a single random company, shape (B, P).
        own_class: x̂ in a batch of 64 images of its own class, shape (P,).
        everyone: x̂ among all training images, shape (P,).
        example: x̂ of the first case, shape (B, draws).
    """

    sizes: NDArray[np.int64]
    scatter: Floats
    mean: Floats
    once: Floats
    own_class: Floats
    everyone: Floats
    example: Floats

    def sign_changes(self, x_hat: Floats | None = None) -> float:
        """The share of cases whose x̂ has another sign than among all images.

        Args:
            x_hat: of each case, shape (P,); in a batch of its own class by default.
        """
        x_hat = self.own_class if x_hat is None else x_hat
        return float(np.mean(np.sign(x_hat) != np.sign(self.everyone)))


def other_company(
    sizes: Sequence[int] = (2, 4, 16, 64, 256),
    seed: int = 0,
    *,
    images: int = 30,
    units: Sequence[int] = (0, 20, 40, 60, 80),
    draws: int = 200,
    steps: int = 200,
) -> Company:
    """Normalize the same image among others, drawn at random or of its own class.

    The typical scatter of x̂ halves when the batch grows fourfold, from 4 images on; at 2 images x̂
    is ±1 and nothing else, as long as the two differ by much more than √ε. Single cases depart from
    it. Among its own class a third of the cases changes its sign; in an untrained network fewer do.

    Args:
        sizes: batch sizes, the image itself included.
        seed: of the network (:func:`weighted_sums`) and of the companies.
        images: how many are looked at.
        units: at which units.
        draws: companies of each size.
        steps: for which the network was trained.

    Returns:
        Scatter and mean of x̂ by batch size and case.
    """
    sums, labels = weighted_sums(seed, steps)[:, list(units)], data.digits(seed).y_train
    random = np.random.default_rng(seed)

    def x_hat_of(image: int, companies: NDArray[np.int64]) -> Floats:
        """Its x̂ in each company, (draws, units)."""
        batch = sums[np.column_stack([np.full(len(companies), image), companies])]
        deviation = batch[:, 0] - batch.mean(1)
        result: Floats = deviation / np.sqrt(batch.var(1) + 1e-5)
        return result

    found = np.empty((len(sizes), images, len(units), draws))
    own = np.empty((images, len(units)))
    for image in range(images):
        others = np.delete(np.arange(len(sums)), image)
        for row, size in enumerate(sizes):
            companies = [random.choice(others, size - 1, replace=False) for _ in range(draws)]
            found[row, image] = x_hat_of(image, np.array(companies)).T
        alike = others[labels[others] == labels[image]]
        own[image] = x_hat_of(image, alike[None, :63])[0]
    cases: Floats = found.reshape(len(sizes), -1, draws)
    everyone = norms.batch_norm(sums, None, None, training=True)[:images].ravel()
    return Company(
        np.array(sizes), cases.std(2), cases.mean(2), cases[:, :, 0], own.ravel(), everyone,
        cases[:, 0],
    )  # fmt: skip


class WhoseStatistics(NamedTuple):
    """Test accuracy of networks that learn from mini-batches normalized by these statistics.

    Attributes:
        batch_sizes: shape (B,).
        steps: when it was measured, shape (T,).
        own: normalized by the mini-batch itself, shape (B, S, T).
        all: by all training images, shape (B, S, T).
        none: without BN, shape (B, S, T).
    """

    batch_sizes: NDArray[np.int64]
    steps: NDArray[np.int64]
    own: Floats
    all: Floats
    none: Floats


def whose_statistics(
    batch_sizes: Sequence[int] = (2, 4, 64),
    seeds: Sequence[int] = range(2),
    *,
    steps: int = 120,
    eval_every: int = 20,
    lr: float = 0.1,
    hidden: Sequence[int] = (100, 100),
) -> WhoseStatistics:
    """Learn from a mini-batch that is normalized by itself, or by all training images.

    At batch size 64 there is no difference to see. At 2 the network learns far more with those of
    all images; whether its own are better than no BN at all depends on the rate and on how long one
    trains. Those of all cost a pass over all images a step: an experiment, not a method. Either way
    the test images are normalized by their own 500.

    Args:
        batch_sizes: images whose loss is in a step.
        seeds: of split, weights and order.
        steps: updates.
        eval_every: updates between two measurements.
        lr: learning rate of SGD.
        hidden: widths of the hidden layers.

    Returns:
        Accuracies by batch size, seed and step.
    """
    at = np.arange(0, steps + 1, eval_every)
    found = np.zeros((3, len(batch_sizes), len(seeds), len(at)))
    for row, batch_size in enumerate(batch_sizes):
        for column, seed in enumerate(seeds):
            x, y, x_test, y_test = digits(seed)
            for which, norm in enumerate(("batch", "batch", None)):
                model = mlp((64, *hidden, 10), norm=norm, seed=seed).train()
                optimizer = torch.optim.SGD(model.parameters(), lr)
                batches = shuffled_batches(len(x), batch_size, seed)
                for step in range(steps + 1):
                    if step % eval_every == 0:
                        found[which, row, column, step // eval_every] = accuracy(
                            model, x_test, y_test
                        )
                    if step == steps:
                        break
                    batch = next(batches)
                    outputs = model(x)[batch] if which == 1 else model(x[batch])
                    loss = F.cross_entropy(outputs, y[batch])
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
    return WhoseStatistics(np.array(batch_sizes), at, *found)
