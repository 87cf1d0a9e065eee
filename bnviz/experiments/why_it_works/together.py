"""Networks that learn side by side, each at its own rate, and are asked about their gradients.

>>> networks = Together([0, 1], norm="batch", hidden=(20,))
>>> loss, gradient = networks.gradient(*networks.next_batch())
>>> loss.shape, networks.length(gradient).shape
(torch.Size([2]), torch.Size([2]))
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from bnviz.experiments.common import Floats
from bnviz.experiments.ensemble import Ensemble, batches_of_each, digits_of_each
from bnviz.networks import mlp

__all__ = ["Together"]


class Together:
    """Networks on the digits, in training mode, one for each seed given (a seed may come again).

    Args:
        seeds: (E,) of split, weights and order.
        norm: "batch" or None, before the activation.
        hidden: widths of the hidden layers.
        activation: as of :func:`bnviz.mlp`.
        inits: as ``init`` of ``mlp``; one for all, or one for each network.
        batch_size: images in a batch.
    """

    def __init__(
        self,
        seeds: Sequence[int],
        *,
        norm: str | None,
        hidden: Sequence[int] = (100, 100, 100),
        activation: str = "sigmoid",
        inits: Sequence[float | str | None] | float | str | None = 0.1,
        batch_size: int = 60,
    ) -> None:
        each = [inits] * len(seeds) if isinstance(inits, str | float | None) else list(inits)
        self.model = Ensemble(
            [
                mlp((64, *hidden, 10), activation, norm=norm, init=init, seed=seed)
                for seed, init in zip(seeds, each, strict=True)
            ]
        )
        for one in self.model.norms:
            one.momentum = 1.0  # only what `accuracy` collects is ever used
        self.x, self.y, self.x_test, self.y_test = digits_of_each(seeds)
        self._batches = batches_of_each(seeds, self.x.shape[1], batch_size)
        self._each = torch.arange(len(seeds))[:, None]

    def __len__(self) -> int:
        return len(self._each)

    @property
    def parameters(self) -> list[Tensor]:
        """Of all networks, from the first layer to the last; a network's own stand together."""
        return list(self.model.parameters())

    @property
    def last_hidden(self) -> int:
        """Place of the last hidden layer's weights among the parameters."""
        kept = 4 if self.model.norms else 2  # weights and bias; γ and β
        return len(self.parameters) - 2 - kept

    def next_batch(self) -> tuple[Tensor, Tensor]:
        """Images (E, N, 64) and answers (E, N)."""
        rows = next(self._batches)
        return self.x[self._each, rows], self.y[self._each, rows]

    def loss(self, x: Tensor, y: Tensor) -> Tensor:
        """The loss of each network on its batch, shape (E,)."""
        outputs = self.model(x)
        each = F.cross_entropy(outputs.flatten(0, 1), y.flatten(), reduction="none")
        return each.view(len(self), -1).mean(1)

    def gradient(self, x: Tensor, y: Tensor) -> tuple[Tensor, list[Tensor]]:
        """The losses (E,), and their gradients at all parameters."""
        loss = self.loss(x, y)
        return loss.detach(), list(torch.autograd.grad(loss.sum(), self.parameters))

    def length(self, gradient: Sequence[Tensor]) -> Tensor:
        """How long the gradient of each network is, shape (E,)."""
        return torch.stack([self.own(part).square().sum(1) for part in gradient]).sum(0).sqrt()

    def own(self, part: Tensor) -> Tensor:
        """What belongs to each network, in its row: (E, P)."""
        return part.reshape(len(self), -1)

    @torch.no_grad()
    def step(self, gradient: Sequence[Tensor], rate: Tensor | float, first: int = 0) -> None:
        """Go against the gradient, with one rate or one for each network (E,).

        Args:
            gradient: at the parameters from ``first`` on; it may end early.
            rate: what it is multiplied by; 0 leaves a network where it is.
            first: place of the first parameter that moves.
        """
        rate = torch.as_tensor(rate, dtype=torch.float32).expand(len(self))[:, None]
        for parameter, part in zip(self.parameters[first:], gradient, strict=False):
            parameter.data = parameter.data - (rate * self.own(part)).view_as(parameter)

    @torch.no_grad()
    def accuracy(self) -> Floats:
        """On the test images, with the statistics of all training images, shape (E,)."""
        if self.model.norms:
            self.model.train()(self.x)
        right = self.model.eval()(self.x_test).argmax(-1) == self.y_test
        self.model.train()
        share: Floats = right.double().mean(1).numpy()
        return share
