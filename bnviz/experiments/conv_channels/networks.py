"""Small convolutional networks on the digits, with any norm between a sum and its ReLU."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from bnviz import data
from bnviz.experiments.common import train_quietly

__all__ = ["MakeNorm", "conv_net", "sums_of", "trained"]

#: Makes a norm for maps of so many channels, rows and columns.
MakeNorm = Callable[[int, int, int], nn.Module]
_SIDE = 8  # of a digit
_READ: dict[str, tuple[int, Callable[[], nn.Module]]] = {
    "mean": (1, lambda: nn.AdaptiveAvgPool2d(1)),
    "largest": (1, lambda: nn.AdaptiveMaxPool2d(1)),
    "every": (_SIDE, nn.Identity),
}


def batch_norm(channels: int, height: int, width: int) -> nn.Module:
    """Batch normalization as it should be, whatever the size of the maps."""
    return nn.BatchNorm2d(channels)


def conv_net(
    channels: Sequence[int] = (8, 16),
    norm: MakeNorm = batch_norm,
    *,
    padding_mode: Literal["zeros", "circular"] = "zeros",
    read: str = "mean",
    seed: int = 0,
) -> nn.Sequential:
    """Build 3×3 convolutions whose maps stay as large as the image, each with norm and ReLU.

    Args:
        channels: of the layers.
        norm: makes the norm of each.
        padding_mode: what lies around a map: "zeros", or "circular", its other side.
        read: what the last layer gets of each map: its "mean", its "largest" value, or "every" one.
        seed: of the initial weights; the global random numbers are left alone.

    >>> conv_net((4,))(torch.zeros(2, 1, 8, 8)).shape
    torch.Size([2, 10])
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layers: list[nn.Module] = []
        for inputs, outputs in zip((1, *channels), channels, strict=False):
            conv = nn.Conv2d(inputs, outputs, 3, padding=1, padding_mode=padding_mode)
            layers += [conv, norm(outputs, _SIDE, _SIDE), nn.ReLU()]
        side, last = _READ[read]
        layers += [last(), nn.Flatten(), nn.Linear(channels[-1] * side**2, 10)]
    return nn.Sequential(*layers)


def trained(
    model: nn.Sequential,
    steps: int,
    *,
    seed: int,
    lr: float = 0.02,
    batch_size: int = 32,
    adam: bool = True,
) -> nn.Sequential:
    """Train it on the digits, split by the seed; the learning rate falls to 0 along a line."""

    def make_adam(parameters: object) -> torch.optim.Optimizer:
        return torch.optim.Adam(parameters, lr)  # type: ignore[arg-type]

    train_quietly(
        model,
        steps,
        data=data.as_maps(data.digits(seed)),
        lr=lr,
        momentum=0.9,
        optimizer=make_adam if adam else None,
        schedule=lambda step: 1 - step / steps,
        batch_size=batch_size,
        seed=seed,
    )
    return model


@torch.no_grad()
def sums_of(model: nn.Sequential, x: Tensor) -> list[Tensor]:
    """What its convolutions give for the images x (N, 1, H, W), in training mode: (N, C, H, W)."""
    sums = []
    model.train()
    for module in model:
        x = module(x)
        if isinstance(module, nn.Conv2d):
            sums.append(x)
    return sums
