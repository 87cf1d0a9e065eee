"""Movement put back: is it the stillness of the layers' inputs that makes BN fast?

>>> under_noise((1, 4), seeds=[0], steps=10)["noise × 4"].accuracy.shape
(1, 2)
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from bnviz.experiments.common import Floats
from bnviz.experiments.why_it_works.noise import Noise
from bnviz.experiments.why_it_works.together import Together

__all__ = ["Course", "under_noise"]


class Course(NamedTuple):
    """How training goes, for S seeds.

    Attributes:
        steps: updates before each measurement, shape (T,).
        accuracy: on the test set without noise, with the statistics of all training images, shape
            (S, T).
        loss: of each training step, with the noise, shape (S, updates).
        jump: change of the mean of a unit of the last hidden layer, before the activation, from one
            step to the next; mean over units and steps, shape (S,).
        relative: the same in standard deviations of the unit over the mini-batch.
        unit: mean of the first unit of that layer over the mini-batch of each step, shape
            (S, updates).
    """

    steps: Floats
    accuracy: Floats
    loss: Floats
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
    memory: float = 0.0,
    eval_every: int = 10,
) -> dict[str, Course]:
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
    layers: at strength 4 eight ReLU layers look as if they had learned nothing, at strength 1 they
    lose some points.

    Noise that keeps its direction for a while (``memory``) is easier for the sigmoids to learn
    under than noise of the same size that is drawn anew: their training loss is lower.

    Args:
        strengths: of the noise after BN.
        seeds: of split, weights and order; the first one is the noise's, too.
        activation: as of :func:`bnviz.mlp`.
        depth: number of hidden layers of 100.
        init: as of ``mlp``.
        lr: learning rate of SGD, at batches of 60.
        steps: updates.
        memory: of the noise.
        eval_every: steps between measurements.

    Returns:
        By label: "without BN", "with BN", "noise × 1", ….

    Source: Santurkar et al. 2018, section 2.1.
    """
    networks = partial(Together, hidden=[100] * depth, activation=activation, inits=init)
    labels = ["with BN", *(f"noise × {strength:g}" for strength in strengths)]
    plain = networks(seeds, norm=None)
    normed = networks([*seeds] * len(labels), norm="batch")
    noise = Noise(np.repeat([0, *strengths], len(seeds)), seed=seeds[0], memory=memory)
    for norm in normed.model.norms:
        norm.register_forward_hook(noise)
    courses = {"without BN": _course(plain, lr, steps, eval_every)}
    together = _course(normed, lr, steps, eval_every, noise)
    for label, rows in zip(labels, np.arange(len(normed)).reshape(len(labels), -1), strict=True):
        courses[label] = Course(together.steps, *(part[rows] for part in together[1:]))
    return courses


def _course(
    networks: Together, lr: float, steps: int, eval_every: int, noise: Noise | None = None
) -> Course:
    """Train; the means that the last hidden layer's activation gets are watched at every step."""
    blocks = networks.model.blocks
    passed: list[tuple[Tensor, Tensor]] = []
    blocks[len(blocks) - 2].register_forward_pre_hook(
        lambda module, inputs: passed.append(torch.std_mean(inputs[0].detach(), -1))
    )
    measured, losses, seen = [], [], []
    for step in range(steps + 1):
        if step % eval_every == 0:
            if noise:
                noise.on = False
            measured.append(networks.accuracy())
            if noise:
                noise.on = True
        if step == steps:
            break
        loss, gradient = networks.gradient(*networks.next_batch())
        losses.append(loss.double())
        seen.append(passed[-1])
        passed.clear()
        networks.step(gradient, lr)
    stds, means = (torch.stack(part, 1).double() for part in zip(*seen, strict=True))
    change = means.diff(dim=1).abs()  # (E, updates − 1, units)
    jump, relative = (far.mean((1, 2)).numpy() for far in (change, change / stds[:, 1:]))
    return Course(
        steps=np.arange(0.0, steps + 1, eval_every),
        accuracy=np.stack(measured, 1),
        loss=torch.stack(losses, 1).numpy(),
        jump=jump,
        relative=relative,
        unit=means[..., 0].numpy(),
    )
