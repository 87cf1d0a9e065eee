"""Half of batch normalization: only subtract the mean, or only divide by the standard deviation."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor, nn

from bnviz.experiments.common import Floats, steps_of_each
from bnviz.networks import MLP, mlp

__all__ = ["HalfNorm", "halves"]

#: Arguments of ``HalfNorm``; nothing is no norm at all.
_HALVES = {
    "nothing": None,
    "subtract": {"subtract": True, "divide": False},
    "divide": {"subtract": False, "divide": True},
    "both": {"subtract": True, "divide": True},
}


class HalfNorm(nn.BatchNorm1d):
    """Batch normalization that may leave out one of its two halves; γ and β stay.

    Args:
        num_features: units, C.
        subtract: the mean of the mini-batch; in eval mode the running mean.
        divide: by the standard deviation of the mini-batch; in eval mode by the running one.
        held: the gradient takes both for constants.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(
        self, num_features: int, *, subtract: bool, divide: bool, held: bool = False
    ) -> None:
        super().__init__(num_features)
        self.subtract, self.divide, self.held = subtract, divide, held

    def forward(self, x: Tensor) -> Tensor:
        """Normalize (N, C)."""
        mean, var = self.running_mean, self.running_var
        if self.training:
            with torch.no_grad():
                super().forward(x)  # moves the running statistics
            with torch.set_grad_enabled(torch.is_grad_enabled() and not self.held):
                mean, var = x.mean(0), x.var(0, correction=0)
        if self.subtract:
            x = x - mean
        if self.divide:
            x = x / torch.sqrt(var + self.eps)
        return self.weight * x + self.bias


def halves(
    seeds: Sequence[int] = range(3),
    *,
    activation: str = "sigmoid",
    depth: int = 3,
    init: float | str = 0.1,
    lr: float = 0.5,
    held: bool = False,
    goal: float = 0.9,
    steps: int = 400,
    eval_every: int = 10,
) -> dict[str, Floats]:
    """Count the steps to a test accuracy with half of BN in each hidden layer, and with all of it.

    From small weights, to divide is the better half, and not enough: it takes several times as long
    as both, in eight layers of ReLU ten to twenty times, or fails.
    ReLUs from Kaiming's start stand large learning rates if the mean is subtracted, and the
    gradient knows of it, with or without the division. To divide alone bounds the rate even more.
    Where it stops: from Kaiming's start at rates of 0.05 and less, eight layers are quicker with
    nothing than with the subtraction alone, which makes what they hand on smaller.

    Args:
        seeds: of split, weights and order.
        activation: as of :func:`bnviz.mlp`.
        depth: number of hidden layers of 100.
        init: as of ``mlp``.
        lr: learning rate of SGD, at batches of 60.
        held: as of :class:`HalfNorm`.
        goal: test accuracy.
        steps: updates at most.
        eval_every: steps between measurements.

    Returns:
        By what the norm does ("nothing", "subtract", "divide", "both"), steps of shape (S,); NaN
        where ``steps`` were not enough.
    """
    norms = {
        what: partial(HalfNorm, **half, held=held) if half else None
        for what, half in _HALVES.items()
    }
    sizes = (64, *[100] * depth, 10)

    def networks(seed: int) -> dict[str, MLP]:
        return {
            what: mlp(sizes, activation, norm=norm, init=init, seed=seed)
            for what, norm in norms.items()
        }

    return steps_of_each(networks, seeds, goal, steps, lr=lr, eval_every=eval_every)
