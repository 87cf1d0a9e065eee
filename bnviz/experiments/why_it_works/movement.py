"""Movement put back: is it the stillness of the layers' inputs that makes BN fast?

>>> under_noise((1, 4), seeds=[0], steps=10)["noise × 4"].accuracy.shape
(1, 2)
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from bnviz.experiments.common import Floats, accuracy, digits, recomputed, train_quietly
from bnviz.experiments.why_it_works.together import Together
from bnviz.networks import mlp

__all__ = ["Course", "Jolts", "NoisyBatchNorm", "noise", "under_noise"]


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
    still that makes BN fast there. Without BN these inputs jump less in numbers, and farther in
    standard deviations of a unit, for all images look alike to it. Eight ReLU layers hardly mind
    either at learning rates of 0.1 and 0.3; at strength 4 they need two to three times as long.

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


# -- many networks at once -------------------------------------------------------------------------


class Course(NamedTuple):
    """How training goes, for S seeds.

    Attributes:
        steps: updates before each measurement, shape (T,).
        accuracy: on the test set without noise, with the statistics of all training images, shape
            (S, T).
        jump, relative: as of :class:`Jolts`, shape (S,).
        unit: mean of the first unit of the last hidden layer, before the activation, over the
            mini-batch of each step, shape (S, updates).
    """

    steps: Floats
    accuracy: Floats
    jump: Floats
    relative: Floats
    unit: Floats

    def steps_to(self, goal: float) -> Floats:
        """Updates to this accuracy; NaN where it is not reached, shape (S,)."""
        there = self.accuracy >= goal
        return np.where(there.any(1), self.steps[there.argmax(1)], np.nan)


def under_noise(
    strengths: Sequence[float] = (1, 4),
    seeds: Sequence[int] = range(3),
    *,
    activation: str = "sigmoid",
    depth: int = 3,
    init: float | str | None = 0.1,
    lr: float = 0.5,
    steps: int = 150,
    eval_every: int = 10,
) -> dict[str, Course]:
    """What :func:`noise` asks, step by step, of all strengths and seeds side by side.

    Args:
        strengths: of the noise after BN.
        seeds: of split, weights, order and noise.
        activation: as of :func:`bnviz.mlp`.
        depth: number of hidden layers of 100.
        init: as of ``mlp``.
        lr: learning rate of SGD, at batches of 60.
        steps: updates.
        eval_every: steps between measurements.

    Returns:
        By label: "without BN", "with BN", "noise × 1", ….
    """
    networks = partial(Together, hidden=[100] * depth, activation=activation, inits=init)
    labels = ["with BN", *(f"noise × {strength:g}" for strength in strengths)]
    plain = networks(seeds, norm=None)
    normed = networks([*seeds] * len(labels), norm="batch")
    noisy = _Noise(np.repeat([0, *strengths], len(seeds)), seed=seeds[0])
    for norm in normed.model.norms:
        norm.register_forward_hook(noisy)
    courses = {"without BN": _course(plain, lr, steps, eval_every)}
    together = _course(normed, lr, steps, eval_every, noisy)
    for label, rows in zip(labels, np.arange(len(normed)).reshape(len(labels), -1), strict=True):
        courses[label] = Course(together.steps, *(part[rows] for part in together[1:]))
    return courses


class _Noise:
    """What :class:`NoisyBatchNorm` does, as a hook of all networks' BN: outputs (E, C, N)."""

    def __init__(self, strengths: Floats, seed: int) -> None:
        self.strength = torch.as_tensor(strengths, dtype=torch.float32)[:, None, None]
        self.on = True
        self._generator = torch.Generator().manual_seed(seed)

    def __call__(self, module: nn.Module, inputs: object, y: Tensor) -> Tensor:
        if not (self.on and module.training):
            return y
        shift, stretch = 2 * self._uniform(2, *y.shape[:2], 1) - 1
        wide, high = 0.1 * (2 * self._uniform(2, *y.shape) - 1) * (self.strength > 0)
        factor = 1 + 0.125 * self.strength * (1 + stretch) + wide
        moved: Tensor = factor * y + 0.5 * self.strength * shift + high
        return moved

    def _uniform(self, *shape: int) -> Tensor:
        return torch.rand(shape, generator=self._generator)


def _course(
    networks: Together, lr: float, steps: int, eval_every: int, noise: _Noise | None = None
) -> Course:
    """Train; the means that the last hidden layer's activation gets are watched at every step."""
    blocks = networks.model.blocks
    passed: list[tuple[Tensor, Tensor]] = []
    blocks[len(blocks) - 2].register_forward_pre_hook(
        lambda module, inputs: passed.append(torch.std_mean(inputs[0].detach(), -1))
    )
    measured, seen = [], []
    for step in range(steps + 1):
        if step % eval_every == 0:
            if noise:
                noise.on = False
            measured.append(networks.accuracy())
            if noise:
                noise.on = True
        if step == steps:
            break
        _, gradient = networks.gradient(*networks.next_batch())
        seen.append(passed[-1])
        passed.clear()
        networks.step(gradient, lr)
    stds, means = (torch.stack(part, 1).double() for part in zip(*seen, strict=True))
    change = means.diff(dim=1).abs()  # (E, updates − 1, units)
    jump, relative = (far.mean((1, 2)).numpy() for far in (change, change / stds[:, 1:]))
    moments = np.arange(0.0, steps + 1, eval_every)
    return Course(moments, np.stack(measured, 1), jump, relative, means[..., 0].numpy())
