"""What the deviations are divided by, and where ε stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from bnviz import data
from bnviz.experiments.common import Floats, digits, train_quietly
from bnviz.networks import mlp

__all__ = ["DIVISORS", "Divisors", "divisors", "nan_spreads", "tiny_weights"]

#: By label, what a deviation from the mean may be divided by. The first is right.
DIVISORS: dict[str, Callable[[Tensor, float], Tensor]] = {
    "√(σ² + ε)": lambda x, eps: torch.sqrt(x.var(0, correction=0) + eps),
    "√σ² + ε": lambda x, eps: torch.sqrt(x.var(0, correction=0)) + eps,
    "σ + ε": lambda x, eps: x.std(0, correction=0) + eps,
    "σ² + ε": lambda x, eps: x.var(0, correction=0) + eps,
}


class Divisors(NamedTuple):
    """A unit with standard deviation σ, normalized in ways that differ in where ε stands.

    Attributes:
        sigmas: shape (D,), from 0 on.
        spread: by label, the standard deviation of x̂, shape (D,).
        gain: by label, the length of the gradient at x, divided by that at x̂, shape (D,).
    """

    sigmas: Floats
    spread: dict[str, Floats]
    gain: dict[str, Floats]


def divisors(
    sigmas: Sequence[float] = (0, *np.logspace(-8, 1, 37)),
    *,
    eps: float = 1e-5,
    m: int = 64,
    seed: int = 0,
) -> Divisors:
    """Ask for the spread of x̂ and the gradient of units from constant to wide, wherever ε stands.

    ε belongs under the root. Then x̂ of a quiet unit fades out, and no gradient grows by more than
    1/√ε, which is 316 for 1e-5: finite, and not small. Outside of the root ``sqrt(var) + eps`` has
    no gradient where the unit is constant (0 times infinity: NaN), ``x.std(0, correction=0) + eps``
    has one, up to 1/ε. Dividing by the variance, x̂ is no longer of spread 1, whatever ε is.

    Args:
        sigmas: standard deviations of the units.
        eps: the ε.
        m: size of the mini-batch.
        seed: of the values and of the gradient at x̂.

    Returns:
        Spread of x̂ and gain of the gradient by σ.
    """
    random = torch.Generator().manual_seed(seed)
    z, g = torch.randn(2, m, len(sigmas), generator=random, dtype=torch.float64)
    z = (z - z.mean(0)) / z.std(0, correction=0)
    # A number that float64 holds exactly, so that σ = 0 gives a constant unit.
    x = 0.5 + z * torch.tensor(list(sigmas), dtype=torch.float64)
    spread, gain = {}, {}
    for label, divisor in DIVISORS.items():
        leaf = x.clone().requires_grad_()
        x_hat = (leaf - leaf.mean(0)) / divisor(leaf, eps)
        (grad,) = torch.autograd.grad(x_hat, leaf, g)
        spread[label] = x_hat.detach().std(0, correction=0).numpy()
        gain[label] = (grad.norm(dim=0) / g.norm(dim=0)).numpy()
    return Divisors(np.array(sigmas, dtype=float), spread, gain)


def nan_spreads(
    divisor: str = "√σ² + ε", activation: str = "sigmoid", seed: int = 0, steps: int = 3
) -> Floats:
    """Normalize after an activation that is constant in one unit of 100: what turns into NaN?

    With ``sqrt(var) + eps`` that unit's gradient is NaN. After a sigmoid it reaches the unit's
    weights in the first step and the whole network in the second. After a ReLU that passes nothing
    it goes no further: the backward pass of PyTorch's ReLU puts 0 there, NaN or not.

    Args:
        divisor: one of :data:`DIVISORS`.
        activation: as of :func:`bnviz.mlp`; the unit gives 0 for every image.
        seed: of split, weights and batches.
        steps: updates.

    Returns:
        The share of the parameters that are NaN after each step, shape (steps,).
    """

    class Norm(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return (x - x.mean(0)) / DIVISORS[divisor](x, 1e-5)

    model = mlp((64, 100, 10), activation, norm=lambda width: Norm(), placement="after", seed=seed)
    with torch.no_grad():
        model.hidden[0].linear.bias[0] = -200
    shares: list[float] = []

    def look(step: int, run: object) -> None:
        values = torch.cat([p.detach().flatten() for p in model.parameters()])
        shares.append(values.isnan().double().mean().item())

    train_quietly(model, steps, data=data.digits(seed), batch_size=64, seed=seed, on_step=look)
    return np.array(shares[1:])


def tiny_weights(
    init_stds: Sequence[float] = (1, 0.1, 0.01, 1e-3, 1e-4),
    seeds: Sequence[int] = range(3),
    *,
    activation: str = "sigmoid",
    hidden: Sequence[int] = (100, 100, 100),
    batch_size: int = 60,
    eps: float = 1e-5,
) -> Floats:
    """Measure the spread after BN, in training mode, of networks with small and tiny weights.

    It is 1 whatever the weights are, as long as the variance before BN is large against ε. It is
    not where weights are tiny. After sigmoids the inputs of deeper layers vary less: layers of 100
    units lose it from layer to layer. Wider ones, 400 and more, sum up enough to keep it.

    Returns:
        Standard deviation of x̂ over the mini-batch, mean over units, shape (I, S, L) for I initial
        standard deviations, S seeds and L layers.
    """
    found = np.zeros((len(init_stds), len(seeds), len(hidden)))
    for row, init_std in enumerate(init_stds):
        for column, seed in enumerate(seeds):
            model = mlp((64, *hidden, 10), activation, norm="batch", init=init_std, seed=seed)
            x = digits(seed)[0][:batch_size]
            with torch.no_grad():
                for layer, block in enumerate(model.hidden):
                    block.norm.eps = eps  # type: ignore[assignment]
                    x_hat = block.norm(block.linear(x))
                    found[row, column, layer] = x_hat.std(0, correction=0).mean()
                    x = block(x)
    return found
