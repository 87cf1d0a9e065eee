"""Networks of several seeds that learn as one, whose batch norm may take its statistics in groups.

A mini-batch of N images is cut into groups of m, and each group is normalized by itself, as if it
were the mini-batch: the number of images in a step and the noise of the statistics are then two
choices, not one (*ghost batches*, Hoffer et al. 2017).

>>> nets = Nets([0, 1], hidden=(20,))
>>> nets(torch.zeros(2, 6, 64), group=3).shape
torch.Size([2, 6, 10])
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bnviz.experiments.common import Floats
from bnviz.experiments.ensemble import Linear, batches_of_each, digits_of_each, layer_of_each

__all__ = ["Images", "Nets", "accuracies", "images", "learning", "recomputed"]

Images = tuple[Tensor, Tensor, Tensor, Tensor]


def images(seeds: Sequence[int], count: int | None = None) -> Images:
    """The digits of each seed's split: x (E, n, 64), y (E, n), and those of the test.

    Args:
        seeds: one for each network.
        count: how many training images are left to each; None for all.
    """
    x, y, x_test, y_test = digits_of_each(seeds)
    return x[:, :count], y[:, :count], x_test, y_test


class Nets(nn.Module):
    """Layers of ReLUs for E seeds, each on its own images: (E, N, 64) → (E, N, 10).

    Args:
        seeds: of the weights, drawn as PyTorch does.
        hidden: widths of the hidden layers.
        norm: batch norm before each ReLU, or none.
        dropout: the share of units that each image loses, in training mode.
        places: before which layers, 0 for the first hidden one, dropout stands; the output layer
            is ``len(hidden)``.
    """

    def __init__(
        self,
        seeds: Sequence[int],
        hidden: Sequence[int] = (100, 100),
        *,
        norm: bool = True,
        dropout: float = 0.0,
        places: Sequence[int] = (),
    ) -> None:
        super().__init__()
        self._layers, self._norms = nn.ModuleList(), nn.ModuleList()
        self.dropout, self.places = dropout, places
        sizes = (64, *hidden, 10)
        for place, (inputs, outputs) in enumerate(zip(sizes[:-1], sizes[1:], strict=True)):
            drawn = layer_of_each(seeds, place, partial(nn.Linear, inputs, outputs))
            self._layers.append(Linear(drawn))
            if norm and place < len(hidden):
                self._norms.append(GroupedBatchNorm(len(seeds), outputs))

    @property
    def layers(self) -> list[Linear]:
        """The linear layers, the output layer last."""
        return [layer for layer in self._layers if isinstance(layer, Linear)]

    @property
    def norms(self) -> list[GroupedBatchNorm]:
        """The batch norms, from the first layer to the last."""
        return [norm for norm in self._norms if isinstance(norm, GroupedBatchNorm)]

    def forward(self, x: Tensor, group: int | None = None) -> Tensor:
        """Map images to outputs; in training mode statistics are those of ``group`` images."""
        last = len(self._layers) - 1
        x = x.transpose(1, 2)  # images last: what shares its statistics stands in a row
        for place, layer in enumerate(self._layers):
            if place in self.places:
                x = F.dropout(x, self.dropout, self.training)
            x = layer(x)
            if place < last:
                x = F.relu(self._norms[place](x, group) if self._norms else x)
        return x.transpose(1, 2)


class GroupedBatchNorm(nn.Module):
    """Batch norm of E networks, (E, C, N), each group of images by itself in training mode.

    The running statistics follow the mean of the groups', at a momentum of 0.1.

    Attributes:
        means: of the latest groups, shape (E, C, groups).
        variances: theirs, unbiased, shape (E, C, groups).
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, nets: int, width: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(nets, width, 1))
        self.beta = nn.Parameter(torch.zeros(nets, width, 1))
        self.register_buffer("running_mean", torch.zeros(nets, width, 1))
        self.register_buffer("running_var", torch.ones(nets, width, 1))
        self.means = self.variances = torch.empty(0)
        self.momentum = 0.1

    def forward(self, x: Tensor, group: int | None = None) -> Tensor:
        """Normalize; ``group`` images share their statistics, None for all of them."""
        if not self.training:
            x_hat = (x - self.running_mean) * torch.rsqrt(self.running_var + 1e-5)
            return torch.addcmul(self.beta, self.gamma, x_hat)
        parts = x.reshape(1, -1, group or x.shape[2])  # a group of a unit is a channel of its own
        mean, var = x.new_zeros(2, parts.shape[1])
        x_hat = F.batch_norm(parts, mean, var, training=True, momentum=1.0).view_as(x)
        self.means, self.variances = (one.view(*x.shape[:2], -1) for one in (mean, var))
        self.running_mean.lerp_(self.means.mean(2, keepdim=True), self.momentum)
        self.running_var.lerp_(self.variances.mean(2, keepdim=True), self.momentum)
        return torch.addcmul(self.beta, self.gamma, x_hat)


def learning(
    nets: Nets,
    x: Tensor,
    y: Tensor,
    seeds: Sequence[int],
    *,
    lr: float = 0.1,
    batch_size: int = 64,
    group: int | None = None,
    decay: float = 0.0,
    rising: float = 0.0,
) -> Iterator[int]:
    """Train with SGD for as long as it is asked; yields the number of steps made, from 0 on.

    Args:
        nets: E networks, set to training mode.
        x: images (E, n, 64).
        y: their labels (E, n).
        seeds: of the order of the images.
        lr: learning rate.
        batch_size: images in a step.
        group: images that share their statistics; None for all of a step.
        decay: weight decay of the weights of the hidden layers, and of nothing else.
        rising: lets the learning rate of those weights rise as it must to do what a weight decay of
            this size would do to weights before BN (Li & Arora 2020).
    """
    hidden = [layer.weight for layer in nets.layers[:-1]]
    others = [p for p in nets.parameters() if all(p is not weight for weight in hidden)]
    groups: list[dict[str, Any]] = [{"params": hidden, "weight_decay": decay}, {"params": others}]
    optimizer = torch.optim.SGD(groups, lr)
    order, each = batches_of_each(seeds, x.shape[1], batch_size), torch.arange(len(seeds))[:, None]
    for step in itertools.count():
        yield step
        nets.train()
        if rising:  # weights with decay, divided by (1 − lr · decay)^step, learn with these rates
            optimizer.param_groups[0]["lr"] = lr * (1 - lr * rising) ** -(2 * step + 1)
        rows = next(order)
        outputs, labels = nets(x[each, rows], group), y[each, rows]
        loss = F.cross_entropy(outputs.flatten(0, 1), labels.flatten(), reduction="sum")
        optimizer.zero_grad()
        (loss / batch_size).backward()  # a mean for each network, and their sum
        optimizer.step()


@torch.no_grad()
def accuracies(nets: Nets, x: Tensor, y: Tensor) -> Floats:
    """The share of images that each network recognizes in eval mode, shape (E,)."""
    found: Floats = (nets.eval()(x).argmax(-1) == y).double().mean(1).numpy()
    nets.train()
    return found


@torch.no_grad()
def recomputed(nets: Nets, x: Tensor) -> Nets:
    """Give a copy whose running statistics are those of these images, without dropout."""
    nets = copy.deepcopy(nets).train()
    nets.dropout = 0.0
    for norm in nets.norms:
        norm.momentum = 1.0
    nets(x)
    return nets
