"""Networks of several seeds that learn as one, with any norm: their channels stand side by side.

Batch and instance norm treat each channel by itself, so they need not know where one network ends.
Layer norm is group norm with a group for each network, and group norm one with k groups for each.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bnviz.experiments.common import Floats
from bnviz.experiments.ensemble import batches_of_each, digits_of_each, layer_of_each

__all__ = [
    "NORMS",
    "Images",
    "accuracies",
    "convolutional",
    "fully_connected",
    "images",
    "train_together",
]

Module = TypeVar("Module", bound=nn.Module)

GROUPS = 4
#: By label, what makes the norm of E networks with C channels (or units) each.
NORMS: Mapping[str, Callable[[int, int], nn.Module]] = {
    "without norm": lambda nets, width: nn.Identity(),
    "batch norm": lambda nets, width: nn.BatchNorm2d(nets * width),
    "layer norm": lambda nets, width: nn.GroupNorm(nets, nets * width),
    "group norm": lambda nets, width: nn.GroupNorm(nets * GROUPS, nets * width),
    "instance norm": lambda nets, width: nn.GroupNorm(nets * width, nets * width),
}

Images = tuple[Tensor, Tensor, Tensor, Tensor]


def images(seeds: Sequence[int]) -> Images:
    """The digits of each seed's split: x (n, E, 8, 8), y (n, E), and those of the test."""
    parts = digits_of_each(seeds)
    x, y, x_test, y_test = (part.transpose(0, 1).contiguous() for part in parts)
    return x.unflatten(-1, (8, 8)), y, x_test.unflatten(-1, (8, 8)), y_test


def fully_connected(
    norm: str, seeds: Sequence[int], hidden: Sequence[int] = (100, 100), classes: int = 10
) -> nn.Sequential:
    """Layers of ReLUs on all pixels, for E seeds: (N, E, 8, 8) → (N, E, classes).

    The norm, one of :data:`NORMS` but "instance norm", stands before each ReLU.
    """
    layers: list[nn.Module] = []
    inputs = 64
    for place, width in enumerate(hidden):
        layers += [_Linear(seeds, place, inputs, width), NORMS[norm](len(seeds), width), nn.ReLU()]
        inputs = width
    return nn.Sequential(
        *layers, _Linear(seeds, len(hidden), inputs, classes), _Outputs(len(seeds))
    )


def convolutional(
    norm: str,
    seeds: Sequence[int],
    channels: Sequence[int] = (8, 8),
    classes: int = 10,
    *,
    bias: bool = False,
) -> nn.Sequential:
    """Two 3×3 convolutions with ReLU, the second halves the map: (N, E, 8, 8) → (N, E, classes).

    Args:
        norm: one of :data:`NORMS`, before each ReLU.
        seeds: of the weights.
        channels: of the two layers, multiples of four.
        classes: of the output layer, which sees all channels at all places.
        bias: whether the convolutions have one.
    """
    one, two = channels
    nets = len(seeds)
    return nn.Sequential(
        _side_by_side(seeds, 0, lambda: nn.Conv2d(1, one, 3, padding=1, bias=bias)),
        NORMS[norm](nets, one),
        nn.ReLU(),
        _side_by_side(seeds, 1, lambda: nn.Conv2d(one, two, 3, 2, padding=1, bias=bias)),
        NORMS[norm](nets, two),
        nn.ReLU(),
        _side_by_side(seeds, 2, lambda: nn.Conv2d(two, classes, 4)),
        _Outputs(nets),
    )


class _Linear(nn.Module):
    """A linear layer for each network, on units that are channels of one place."""

    def __init__(self, seeds: Sequence[int], place: int, inputs: int, outputs: int) -> None:
        super().__init__()
        alone = layer_of_each(seeds, place, lambda: nn.Linear(inputs, outputs))
        self.weight = nn.Parameter(torch.stack([one.weight.detach().T for one in alone]))
        self.bias = nn.Parameter(torch.stack([one.bias.detach() for one in alone])[:, None])

    def forward(self, x: Tensor) -> Tensor:
        nets = len(self.weight)
        x = x.reshape(len(x), nets, -1).transpose(0, 1)
        return torch.baddbmm(self.bias, x, self.weight).transpose(0, 1).flatten(1)[..., None, None]


class _Outputs(nn.Module):
    """(N, E·classes, 1, 1) → (N, E, classes)."""

    def __init__(self, nets: int) -> None:
        super().__init__()
        self.nets = nets

    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(len(x), self.nets, -1)


def _side_by_side(seeds: Sequence[int], place: int, make: Callable[[], nn.Conv2d]) -> nn.Conv2d:
    """One convolution that does what each seed's does, on the channels of each."""
    alone = layer_of_each(seeds, place, make)
    first, nets = alone[0], len(seeds)
    together = nn.Conv2d(
        nets * first.in_channels,
        nets * first.out_channels,
        first.kernel_size,  # type: ignore[arg-type]  # a tuple of two, as Conv2d keeps it
        first.stride,  # type: ignore[arg-type]
        padding=first.padding,  # type: ignore[arg-type]
        groups=nets,
        bias=first.bias is not None,
    )
    for name, parameter in together.named_parameters():
        parameter.data = torch.cat([getattr(one, name).detach() for one in alone])
    return together


def train_together(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    seeds: Sequence[int],
    *,
    steps: int,
    batch_size: int = 64,
    lr: float = 0.1,
) -> nn.Module:
    """SGD with momentum 0.9 and a learning rate that falls to 0 along a cosine; x (n, E, 8, 8)."""
    optimizer = torch.optim.SGD(model.parameters(), lr, momentum=0.9)
    each = torch.arange(len(seeds))
    batches = batches_of_each(seeds, len(x), batch_size)
    model.train()
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = lr * (1 + math.cos(math.pi * step / steps)) / 2
        rows = next(batches).T
        outputs = model(x[rows, each]).flatten(0, 1)
        # A mean for each network, then the sum: each learns as it would alone.
        loss = F.cross_entropy(outputs, y[rows, each].flatten(), reduction="sum") / batch_size
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model.eval()


@torch.no_grad()
def accuracies(model: nn.Module, x: Tensor, y: Tensor) -> Floats:
    """The share of images that each network recognizes in eval mode, shape (E,)."""
    found: Floats = (model.eval()(x).argmax(-1) == y).double().mean(0).numpy()
    return found
