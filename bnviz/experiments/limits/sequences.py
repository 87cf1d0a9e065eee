"""A digit read row by row: the statistics of a recurrent network at each of its steps.

>>> errors_by_statistics([0.03], ["layer norm"], seeds=[0], steps=2)[0.03]["layer norm"].shape
(1,)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from bnviz.experiments.common import Floats
from bnviz.experiments.ensemble import BatchNorm
from bnviz.experiments.limits.together import (
    LayerNorm,
    accuracies,
    images,
    learn,
    linear,
)

__all__ = ["WAYS", "Recurrent", "errors_by_statistics", "spread_by_step"]

STEPS = 8
#: Whose statistics normalize a step.
WAYS = ("without norm", "one for all steps", "one for each step", "layer norm")


class Recurrent(nn.Module):
    """h ← tanh(norm(W x_t + U h)) over the eight rows of a digit, then a linear layer.

    Args:
        seeds: of E networks.
        way: of :data:`WAYS`. "One for all steps" is one batch norm, called at each.
        width: units.
    """

    def __init__(self, seeds: Sequence[int], way: str, width: int = 48) -> None:
        super().__init__()
        nets = len(seeds)
        self.width = width
        self.of_input = linear(seeds, 0, 8, width)
        self.of_memory = linear(seeds, 1, width, width, bias=False)
        self.output = linear(seeds, 2, width, 10)
        for weight, seed in zip(self.of_memory.weight.data, seeds, strict=True):
            nn.init.orthogonal_(weight, generator=torch.Generator().manual_seed(seed))
        made: list[nn.Module]
        if way == "one for each step":
            made = [BatchNorm(nets, width) for _ in range(STEPS)]
        elif way == "one for all steps":
            made = [BatchNorm(nets, width)] * STEPS
        elif way == "layer norm":
            made = [LayerNorm(nets, width)] * STEPS
        else:
            made = [nn.Identity()] * STEPS
        self.norms = nn.ModuleList(made)
        for norm in self.norms:
            if isinstance(norm, BatchNorm | LayerNorm):
                nn.init.constant_(norm.weight, 0.5)  # so that tanh does not saturate

    def forward(self, x: Tensor) -> Tensor:
        """(E, 64, N) → (E, 10, N)."""
        memory = x.new_zeros(len(x), self.width, x.shape[2])
        for seen, norm in zip(self._seen(x), self.norms, strict=True):
            memory = torch.tanh(norm(torch.baddbmm(seen, self.of_memory.weight, memory)))
        return cast(Tensor, self.output(memory))

    def _seen(self, x: Tensor) -> tuple[Tensor, ...]:
        """W x_t + b of each step (E, C, N), all in one product."""
        rows = x.unflatten(1, (STEPS, -1)).transpose(1, 2).flatten(2)
        seen = cast(Tensor, self.of_input(rows))
        return tuple(seen.unflatten(2, (STEPS, -1)).unbind(2))

    @torch.no_grad()
    def sums(self, x: Tensor) -> Tensor:
        """What enters the norm, or tanh, at each step: (steps, E, C, N)."""
        memory = x.new_zeros(len(x), self.width, x.shape[2])
        found = []
        for seen, norm in zip(self._seen(x), self.norms, strict=True):
            found.append(seen + self.of_memory(memory))
            memory = torch.tanh(norm(found[-1]))
        return torch.stack(found)


def _trained(
    way: str, seeds: Sequence[int], steps: int, lr: float | Sequence[float], batch_size: int
) -> Recurrent:
    x, y, *_ = images(seeds)
    model = Recurrent(seeds, way)
    learn(model, x, y, seeds, steps=steps, lr=lr, batch_size=batch_size)
    return model


def spread_by_step(
    seeds: Sequence[int] = range(3), *, steps: int = 150, lr: float = 0.03, batch_size: int = 32
) -> dict[str, Floats]:
    """The standard deviation of the sums over the test images, in a network without norm.

    It grows from the first step to the last, as the memory is empty at first. Training widens the
    gap to about five times.

    Returns:
        "before training" and "after", the mean over the units, shape (S, 8).
    """
    _, _, x, _ = images(seeds)
    models = {
        "before training": Recurrent(seeds, "without norm"),
        "after": _trained("without norm", seeds, steps, lr, batch_size),
    }
    return {when: model.sums(x).double().std(3).mean(2).T.numpy() for when, model in models.items()}


def errors_by_statistics(
    lrs: Sequence[float] = (0.01, 0.03),
    ways: Sequence[str] = WAYS,
    seeds: Sequence[int] = range(3),
    *,
    steps: int = 150,
    batch_size: int = 32,
) -> dict[float, dict[str, Floats]]:
    """Train recurrent networks that differ in whose statistics normalize a step.

    One batch norm for all steps is worse in eval mode than in training mode: its running statistics
    mix steps that differ. With one for each step both modes agree. So it is at rates of 0.01 and
    0.03; in batches of 8 more is wrong, and the gap is about as large. Whether layer norm, or none
    at all, does better hangs on the rate and the seed.

    Args:
        lrs: learning rates.
        ways: of :data:`WAYS`.
        seeds: of split, weights and order.
        steps: updates.
        batch_size: images in a batch.

    Returns:
        By rate, the share of test images that are wrong, shape (S,): by way in eval mode, and "one
        for all steps, training mode", with all test images as one mini-batch.
    """
    each = [seed for _ in lrs for seed in seeds]
    rates = [lr for lr in lrs for _ in seeds]
    _, _, x, y = images(each)
    found: dict[str, Floats] = {}
    for way in ways:
        model = _trained(way, each, steps, rates, batch_size)
        wrong = 1 - accuracies(model, x, y)
        if way == "one for all steps":
            found[f"{way}, training mode"] = 1 - accuracies(model.train(), x, y)
            way = f"{way}, eval mode"
        found[way] = wrong
    return {
        lr: {way: wrong.reshape(len(lrs), -1)[row] for way, wrong in found.items()}
        for row, lr in enumerate(lrs)
    }
