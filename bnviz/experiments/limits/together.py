"""Networks of several seeds that run and learn as one: numbers stand as (networks, units, images).

>>> layer = linear(seeds=[0, 1], place=0, inputs=64, outputs=10)
>>> BatchNorm(nets=2, width=10)(layer(torch.ones(2, 64, 5))).shape
torch.Size([2, 10, 5])
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bnviz.experiments.common import Floats
from bnviz.experiments.ensemble import (
    BatchNorm,
    Linear,
    batches_of_each,
    digits_of_each,
    layer_of_each,
)

__all__ = [
    "NORMS",
    "LayerNorm",
    "accuracies",
    "fully_connected",
    "images",
    "learn",
    "linear",
]


def linear(
    seeds: Sequence[int], place: int, inputs: int, outputs: int, *, bias: bool = True
) -> Linear:
    """A linear layer for each network, with PyTorch's initial weights for its seed.

    Args:
        seeds: one for each of E networks.
        place: of the layer in its network: it draws other weights at each.
        inputs: units that come in.
        outputs: units that go out.
        bias: whether the layer has one.
    """
    return Linear(layer_of_each(seeds, place, lambda: nn.Linear(inputs, outputs, bias)))


class LayerNorm(nn.Module):
    """Layer norm of each network."""

    def __init__(self, nets: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(nets, width, 1))
        self.bias = nn.Parameter(torch.zeros(nets, width, 1))

    def forward(self, x: Tensor) -> Tensor:
        """(E, C, N), with statistics over C."""
        x_hat = F.layer_norm(x.transpose(1, 2), x.shape[1:2]).transpose(1, 2)
        return torch.addcmul(self.bias, x_hat, self.weight)


Norm = Callable[[int, int], nn.Module]
#: By label, what makes the norm of E networks with C units each.
NORMS: Mapping[str, Norm] = {
    "without norm": lambda nets, width: nn.Identity(),
    "batch norm": BatchNorm,
    "layer norm": LayerNorm,
}


def fully_connected(
    norm: Norm, seeds: Sequence[int], hidden: Sequence[int] = (100, 100), outputs: int = 10
) -> nn.Sequential:
    """Layers of ReLUs, with a norm before each: (E, 64, N) → (E, outputs, N)."""
    widths = [64, *hidden, outputs]
    layers: list[nn.Module] = []
    for place, (inputs, width) in enumerate(zip(widths, widths[1:], strict=False)):
        if place:
            layers.append(nn.ReLU())
        layers.append(linear(seeds, place, inputs, width))
        if place < len(hidden):
            layers.append(norm(len(seeds), width))
    return nn.Sequential(*layers)


def images(seeds: Sequence[int]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The digits of each seed's split: x (E, 64, n), y (E, n), and those of the test."""
    x, y, x_test, y_test = digits_of_each(seeds)
    return x.transpose(1, 2), y, x_test.transpose(1, 2), y_test


def learn(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    seeds: Sequence[int],
    *,
    steps: int,
    batch_size: int = 64,
    lr: float | Sequence[float] = 0.1,
) -> nn.Module:
    """SGD with momentum 0.9; ``lr`` may be one for each network. x (E, …, n), y (E, n)."""
    rates = torch.as_tensor(lr).expand(len(seeds))
    optimizer = torch.optim.SGD(model.parameters(), 1.0, momentum=0.9, foreach=True)
    nets = torch.arange(len(seeds))[:, None]
    batches = batches_of_each(seeds, x.shape[-1], batch_size)
    model.train()
    for _, rows in zip(range(steps), batches, strict=False):
        inputs = x.movedim(-1, 1)[nets, rows].movedim(1, -1)
        losses = F.cross_entropy(
            model(inputs).transpose(1, 2).flatten(0, 1), y[nets, rows].flatten(), reduction="none"
        )
        # A network's loss times its rate, at a rate of 1: each learns as it would alone.
        loss = (rates * losses.view(len(seeds), -1).mean(1)).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model.eval()


@torch.no_grad()
def accuracies(model: nn.Module, x: Tensor, y: Tensor) -> Floats:
    """The share of images that each network names, shape (E,), in the mode in which it is."""
    found: Floats = (model(x).argmax(1) == y).double().mean(1).numpy()
    return found
