"""What the way back takes out of a gradient."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch.nn import functional as F

from bnviz.experiments.common import Floats, digits
from bnviz.networks import mlp

__all__ = ["Through", "through"]


class Through(NamedTuple):
    """The gradient of one unit on its way back through BN; shape (m,) each.

    Gradients are measured in root mean squares of what arrives.

    Attributes:
        x_hat: x̂ of the images, ascending.
        arrives: the gradient at x̂.
        line: the straight line through ``arrives`` against x̂ that fits best (least squares).
        passes: the gradient at x, times s.
    """

    x_hat: Floats
    arrives: Floats
    line: Floats
    passes: Floats

    @property
    def share(self) -> float:
        """The length of what passes, by the length of what arrives."""
        return float(np.linalg.norm(self.passes) / np.linalg.norm(self.arrives))


def through(
    m: int, *, unit: int = 0, activation: str = "sigmoid", seed: int = 0, eps: float = 1e-5
) -> Through:
    """Send the gradient of a mini-batch of m images back through BN, and look at one unit.

    Draw the gradient at x̂ against x̂. BN takes out its mean and its part along x̂, and that is the
    straight line that fits it best; what passes is what the line leaves over. Through two points
    there is always a line: nothing passes. All that but for ε, and in training mode.

    Args:
        m: size of the mini-batch.
        unit: which of the 100 of the layer.
        activation: of the untrained network of one hidden layer.
        seed: of the weights and the mini-batch.
        eps: ε.

    Returns:
        Gradients by image.

    Source: Ioffe & Szegedy 2015, section 3, for the gradient; the line is ours.
    """
    images, y, _, _ = digits(seed)
    model = mlp((64, 100, 10), activation, norm="batch", seed=seed).double()
    block = model.hidden[0]
    x = block.linear(images[:m].double())
    x_hat = F.batch_norm(x, None, None, training=True, eps=eps)  # γ = 1, β = 0
    loss = F.cross_entropy(model.output(block.activation(x_hat)), y[:m])
    g, grad = (v[:, unit].numpy() for v in torch.autograd.grad(loss, [x_hat, x]))
    s = np.sqrt(np.var(x[:, unit].detach().numpy()) + eps)
    where = x_hat[:, unit].detach().numpy()
    line = np.polynomial.Polynomial.fit(where, g, 1)(where)
    order, size = np.argsort(where), np.sqrt(np.mean(g**2))
    return Through(where[order], *((v / size)[order] for v in (g, line, grad * s)))
