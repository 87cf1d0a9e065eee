"""Chapter 13: is it the movement of the layers' inputs that BN makes harmless?

>>> staleness(seeds=[0], steps=10)["with BN"].change.shape
(1, 10)
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bnviz.experiments.common import Floats, accuracy, digits, recomputed, train_quietly
from bnviz.networks import mlp
from bnviz.training import shuffled_batches

__all__ = ["Jolts", "NoisyBatchNorm", "Staleness", "noise", "staleness"]

# -- updates out of date ---------------------------------------------------------------------------


class Staleness(NamedTuple):
    """How far updates are out of date when they are made, step by step; shape (S, T) each.

    A network that has reached the goal is not trained on: NaN from there on.

    Attributes:
        change: of the gradient at the last hidden layer's weights when the layers before have made
            their step, in lengths of the planned gradient.
        cosine: between the planned gradient and that one.
        accuracy: on the test set in eval mode, as last measured before the step.
    """

    change: Floats
    cosine: Floats
    accuracy: Floats

    def between(self, low: float, high: float) -> Floats:
        """The mean change over the steps with an accuracy from ``low`` to ``high``, shape (S,)."""
        there = (self.accuracy >= low) & (self.accuracy < high)
        return np.array([row[w].mean() for row, w in zip(self.change, there, strict=True)])


def staleness(
    seeds: Sequence[int] = range(2),
    *,
    init_std: float = 0.1,
    lr: float = 0.5,
    steps: int = 1400,
    goal: float = 0.9,
    eval_every: int = 10,
) -> dict[str, Staleness]:
    """Plan an update of the last hidden layer, move the layers before it, and plan again.

    Each layer plans its update as if the others stood still. How wrong that is must be compared at
    the same progress: from 30 % to 90 % accuracy the plain network's updates are out of date by
    more than those of the network with BN. Before that they are nearly exact, and lead nowhere: the
    plain network spends hundreds of steps on a plateau. A mean over the first steps, which are
    plateau without BN and progress with it, says the opposite.

    Args:
        seeds: of split, weights and order.
        init_std: standard deviation of the initial weights of three layers of 100 sigmoids.
        lr: learning rate of SGD, at batches of 60.
        steps: updates at most.
        goal: test accuracy at which a network stops.
        eval_every: steps between measurements of the accuracy.

    Returns:
        By label, staleness step by step.

    Source: a normalized form of Santurkar et al. 2018, definition 2.1.
    """
    result = {}
    for label, norm in (("without BN", None), ("with BN", "batch")):
        table = np.full((3, len(seeds), steps), np.nan)
        for row, seed in enumerate(seeds):
            x, y, x_test, y_test = digits(seed)
            model = mlp(_SIGMOIDS, "sigmoid", norm=norm, init=init_std, seed=seed)
            early = torch.optim.SGD(model[:-2].parameters(), lr)
            late = torch.optim.SGD(model[-2:].parameters(), lr)
            weight = model.hidden[2].linear.weight
            batches = shuffled_batches(len(x), 60, seed)
            for step in range(steps):
                if step % eval_every == 0:
                    right = accuracy(model.eval(), x_test, y_test)
                if right >= goal:
                    break
                batch = next(batches)
                model.train().zero_grad()
                F.cross_entropy(model(x[batch]), y[batch]).backward()
                early.step()
                loss = F.cross_entropy(model(x[batch]), y[batch])
                (now,) = torch.autograd.grad(loss, weight)
                planned = torch.zeros_like(now) if weight.grad is None else weight.grad
                change = (now - planned).norm() / planned.norm()
                cosine = F.cosine_similarity(now.flatten(), planned.flatten(), dim=0)
                table[:, row, step] = float(change), float(cosine), right
                late.step()
        result[label] = Staleness(*table)
    return result


_SIGMOIDS = (64, 100, 100, 100, 10)

# -- movement put back -----------------------------------------------------------------------------


class NoisyBatchNorm(nn.BatchNorm1d):
    """Batch normalization whose outputs are shifted and stretched, anew at each training step.

    Args:
        num_features: units.
        strength: of the noise. At 1 a unit is shifted by up to ±0.5, stretched by 1 to 1.25, and
            every value jitters by up to 0.1 on top; 0 is no noise at all.
        memory: how much of a step's shift and stretch the next one keeps, from 0 to 1; their size
            stays the same.

    Source: after Santurkar et al. 2018, section 2.1.
    """

    def __init__(self, num_features: int, strength: float = 1.0, memory: float = 0.0) -> None:
        super().__init__(num_features)
        self.strength, self.memory = strength, memory
        self._state: Tensor | None = None  # of shift and stretch, each of mean 0

    def forward(self, x: Tensor) -> Tensor:
        """Normalize (N, C); shift and stretch in training mode."""
        y: Tensor = super().forward(x)
        if not self.training or not self.strength:
            return y
        fresh = 2 * torch.rand(2, self.num_features) - 1
        if self._state is not None:
            fresh = self.memory * self._state + (1 - self.memory**2) ** 0.5 * fresh
        self._state = fresh
        shift, stretch = fresh
        jitter = 0.1 * (2 * torch.rand(2, *y.shape) - 1)
        stretch = 1 + 0.125 * self.strength * (1 + stretch)
        moved: Tensor = (stretch + jitter[0]) * y + 0.5 * self.strength * shift + jitter[1]
        return moved


class Jolts(NamedTuple):
    """Networks whose layers' inputs are moved on purpose.

    Attributes:
        jump: by label, change of the mean of a unit of the last hidden layer, before the
            activation, from one step to the next; mean over units and steps, shape (S,).
        relative: the same in standard deviations of the unit over the mini-batch.
        steps_to_90: by label, updates to 90 % test accuracy; NaN where it is not reached.
        accuracy: by label, at the end, in eval mode (without noise), shape (S,).
        loss: by label, of the last 50 training steps (with noise), shape (S,).
    """

    jump: dict[str, Floats]
    relative: dict[str, Floats]
    steps_to_90: dict[str, Floats]
    accuracy: dict[str, Floats]
    loss: dict[str, Floats]


def noise(
    strengths: Sequence[float] = (1, 8),
    seeds: Sequence[int] = range(3),
    *,
    activation: str = "sigmoid",
    depth: int = 3,
    init: float | str | None = 0.1,
    lr: float = 0.5,
    steps: int = 150,
    memory: float = 0.0,
    eval_every: int = 10,
) -> Jolts:
    """Put movement back after BN, and see whether the speed goes with it.

    Three layers of sigmoids hardly mind: at strength 1 the inputs of the last one jump hundreds of
    times as far as with BN alone, and the network is about as fast. So it is not their standing
    still that makes BN fast there. Eight ReLU layers hardly mind either at learning rates of 0.1
    and 0.3; at strength 4 they need two to three times as long.

    Where it stops: at a learning rate of 0.03, where BN helps them little, noise of strength 4
    costs eight ReLU layers more than BN gains.

    Networks are tested without noise, with the statistics of the training images without noise.
    Running statistics that were collected under the noise are off by what it adds up to over the
    layers, and make deep networks look as if they had learned nothing.

    Noise that keeps its direction for a while (``memory``) is easier for the sigmoids to learn
    under than noise of the same size that is drawn anew: their training loss is lower.

    Args:
        strengths: of the noise after BN.
        seeds: of split, weights, order and noise.
        activation: as of :func:`bnviz.mlp`.
        depth: number of hidden layers of 100.
        init: as of ``mlp``.
        lr: learning rate of SGD, at batches of 60.
        steps: updates.
        memory: of the noise.
        eval_every: steps between measurements.

    Returns:
        By label ("without BN", "with BN", "noise × 1", …), movement and speed.

    Source: Santurkar et al. 2018, section 2.1.
    """
    norms: dict[str, Callable[[int], nn.Module] | None] = {
        "without BN": None,
        "with BN": nn.BatchNorm1d,
    }
    for strength in strengths:
        norms[f"noise × {strength:g}"] = partial(NoisyBatchNorm, strength=strength, memory=memory)
    tables: list[dict[str, list[float]]] = [{label: [] for label in norms} for _ in range(5)]
    for seed in seeds:
        x, _, x_test, y_test = digits(seed)
        for label, norm in norms.items():
            model = mlp((64, *[100] * depth, 10), activation, norm=norm, init=init, seed=seed)
            means, stds = [], []
            right: dict[int, float] = {}

            def keep(module: nn.Module, inputs: object, y: Tensor) -> None:
                if module is model.hidden[-1].norm and module.training:  # noqa: B023
                    std, mean = torch.std_mean(y.detach(), 0)
                    means.append(mean)  # noqa: B023
                    stds.append(std)  # noqa: B023

            model.hidden[-1].norm.register_forward_hook(keep)

            def measure(step: int, run: object) -> None:
                if step % eval_every == 0 or step == steps:
                    still = _without_noise(model, x)  # noqa: B023
                    right[step] = accuracy(still, x_test, y_test)  # noqa: B023

            run = train_quietly(model, steps, lr=lr, seed=seed, on_step=measure)
            change = torch.stack(means).diff(dim=0).abs()
            relative = change / torch.stack(stds)[1:]
            moved = change.mean(), relative.mean()
            reached = next((step for step, share in right.items() if share >= 0.9), np.nan)
            values = *moved, reached, right[steps], run.loss[-50:].mean()
            for table, value in zip(tables, values, strict=True):
                table[label].append(float(value))
    return Jolts(*({k: np.array(v) for k, v in table.items()} for table in tables))


def _without_noise(model: nn.Module, x: Tensor) -> nn.Module:
    """A copy in eval mode, its noise switched off, with the statistics of all images x."""
    still = copy.deepcopy(model)
    for module in still.modules():
        if isinstance(module, NoisyBatchNorm):
            module.strength = 0.0
    return recomputed(still, x)
