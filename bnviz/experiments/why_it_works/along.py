"""The loss along the gradient: how far does one step see?

>>> landscape(seeds=[0], steps=4, every=2)["with BN"].loss.shape
(1, 3, 5)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bnviz.experiments.common import Floats
from bnviz.experiments.why_it_works.together import Together

__all__ = ["Landscape", "landscape"]


class Landscape(NamedTuple):
    """What a network meets along its gradient, at T moments of training, for S seeds.

    Attributes:
        moments: updates before each measurement, shape (T,).
        rates: the gradient is multiplied by them, shape (K,).
        start: loss of the mini-batch before a step, shape (S, T).
        loss: of the same mini-batch after the step with each rate, shape (S, T, K).
        turn: how far the gradient is another there, in lengths of the first one, shape (S, T, K).
        length: of the gradient before the step, shape (S, T).
        accuracy: on the test set in eval mode, shape (S, T).
    """

    moments: Floats
    rates: Floats
    start: Floats
    loss: Floats
    turn: Floats
    length: Floats
    accuracy: Floats

    def near(self, rate: float) -> NDArray[np.bool_]:
        """Which of the rates are a quarter to four times this one, shape (K,)."""
        near: NDArray[np.bool_] = np.abs(np.log2(self.rates / rate)) < 2.001
        return near

    def band(self) -> tuple[Floats, Floats, Floats]:
        """Lowest loss, that after the middle rate, and highest, in losses before; (S, T) each."""
        after = self.loss / self.start[..., None]
        return after.min(-1), after[..., len(self.rates) // 2], after.max(-1)

    def loss_range(self, rate: float) -> Floats:
        """Highest minus lowest loss over the rates near this one, in losses before; (S, T)."""
        loss = self.loss[..., self.near(rate)]
        found: Floats = (loss.max(-1) - loss.min(-1)) / self.start
        return found

    def gradient_change(self, rate: float) -> Floats:
        """The most that the gradient is another near this rate, in its lengths, shape (S, T)."""
        found: Floats = self.turn[..., self.near(rate)].max(-1)
        return found

    def smoothness(self, rate: float) -> Floats:
        """The largest change of the gradient for the way gone, near this rate, shape (S, T).

        Both are absolute: the loss surface's own "effective β". It is small where it is flat.
        """
        near = self.near(rate)
        found: Floats = (self.turn[..., near] / self.rates[near]).max(-1)
        return found


def landscape(
    seeds: Sequence[int] = range(3),
    *,
    activation: str = "relu",
    depth: int = 5,
    init: float | str | None = "kaiming",
    lr: float = 0.1,
    steps: int = 100,
    every: int = 5,
    rates: Sequence[float] | None = None,
) -> dict[str, Landscape]:
    """Train with SGD; now and then try steps of many lengths along the gradient, and go back.

    Args:
        seeds: of split, weights and order.
        activation: as of :func:`bnviz.mlp`.
        depth: number of hidden layers of 100.
        init: as of ``mlp``.
        lr: learning rate at which the networks really go, at batches of 60.
        steps: updates.
        every: updates between measurements.
        rates: what is tried; from a quarter of ``lr`` to four times it by default.

    Returns:
        By label, without and with BN.

    Source: Santurkar et al. 2018, Figure 4; in training mode, on the step's own mini-batch.
    """
    tried = np.array(lr * 2.0 ** np.arange(-2, 3) if rates is None else rates, np.float64)
    moments = np.arange(0.0, steps + 1, every)
    found = {}
    for label, norm in (("without BN", None), ("with BN", "batch")):
        networks = Together(
            seeds, norm=norm, hidden=[100] * depth, activation=activation, inits=init
        )
        start, length, right = np.full((3, len(seeds), len(moments)), np.nan)
        loss, turn = np.full((2, len(seeds), len(moments), len(tried)), np.nan)
        for step in range(steps + 1):
            batch = networks.next_batch()
            before, gradient = networks.gradient(*batch)
            if step % every == 0:
                t = step // every
                right[:, t] = networks.accuracy()
                own = networks.length(gradient)
                start[:, t], length[:, t] = before, own
                here = [parameter.detach() for parameter in networks.parameters]
                for k, rate in enumerate(tried):
                    networks.step(gradient, rate)
                    after, other = networks.gradient(*batch)
                    change = [new - old for new, old in zip(other, gradient, strict=True)]
                    loss[:, t, k], turn[:, t, k] = after, networks.length(change) / own
                    for parameter, old in zip(networks.parameters, here, strict=True):
                        parameter.data = old
            networks.step(gradient, lr)
        found[label] = Landscape(moments, tried, start, loss, turn, length, right)
    return found
