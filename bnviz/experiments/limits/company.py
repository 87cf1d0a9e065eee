"""What an image's output in training mode tells of the other images in its mini-batch.

>>> heard(("layer norm",), (2,), seeds=[0], steps=2).training["layer norm"].shape
(1, 1)
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from bnviz.experiments.common import Floats
from bnviz.experiments.ensemble import BatchNorm
from bnviz.experiments.limits.together import (
    NORMS,
    fully_connected,
    images,
)

__all__ = ["Heard", "heard"]


class Heard(NamedTuple):
    """How often the digit of the others is named, of S networks.

    Attributes:
        training: by norm, in training mode, shape (S, B).
        eval_mode: by norm, in eval mode, shape (S, B).
    """

    training: dict[str, Floats]
    eval_mode: dict[str, Floats]


def heard(
    norms: Sequence[str] = ("without norm", "batch norm"),
    sizes: Sequence[int] = (2, 4, 8, 16),
    seeds: Sequence[int] = range(3),
    *,
    hidden: Sequence[int] = (100,),
    steps: int = 150,
    lr: float = 0.05,
    at_once: int = 8,
) -> Heard:
    """Ask a network, shown one image, which digit the *other* images of its mini-batch show.

    A mini-batch is one image of any digit, and others that all show one digit, drawn independently
    of the first. The network answers for the first image alone, and no layer but batch norm mixes
    images.

    Args:
        norms: of ``together.NORMS``.
        sizes: of the mini-batches, B of them.
        seeds: of split, weights and mini-batches.
        hidden: widths of the layers of ReLUs.
        steps: updates.
        lr: learning rate.
        at_once: mini-batches in an update, each normalized by itself.
    """
    x, y, x_test, y_test = images(seeds)
    digits, test_digits = _by_digit(y), _by_digit(y_test)
    nets = len(seeds)
    found: dict[str, list[list[Floats]]] = {norm: [] for norm in norms}
    for norm in norms:
        for size in sizes:
            make = partial(_Apart, size=size) if norm == "batch norm" else NORMS[norm]
            random = [torch.Generator().manual_seed(seed) for seed in seeds]
            model = fully_connected(make, seeds, hidden)
            optimizer = torch.optim.SGD(model.parameters(), lr, momentum=0.9, foreach=True)
            model.train()
            for _ in range(steps):
                inputs, others = _mini_batches(x, digits, size, at_once, random)
                answers = model(inputs)[:, :, ::size].transpose(1, 2).flatten(0, 1)
                loss = F.cross_entropy(answers, others.flatten()) * nets
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            inputs, others = _mini_batches(x_test, test_digits, size, 500, random)
            with torch.no_grad():
                # Eval mode first: training mode moves the running statistics.
                modes = [model.train(mode)(inputs)[:, :, ::size] for mode in (False, True)]
            right = [(one.argmax(1) == others).double().mean(1).numpy() for one in modes]
            found[norm].append(right)
    tables = {norm: np.array(rows).transpose(1, 2, 0) for norm, rows in found.items()}
    in_eval, in_training = ({norm: table[i] for norm, table in tables.items()} for i in (0, 1))
    return Heard(in_training, in_eval)


def _by_digit(y: Tensor) -> list[Tensor]:
    """For each network the rows of each digit's images, (10, n), as many of each."""
    tables = []
    for labels in y:
        rows = [(labels == digit).nonzero()[:, 0] for digit in range(10)]
        fewest = min(map(len, rows))
        tables.append(torch.stack([one[:fewest] for one in rows]))
    return tables


def _mini_batches(
    x: Tensor, by_digit: list[Tensor], size: int, count: int, random: Sequence[torch.Generator]
) -> tuple[Tensor, Tensor]:
    """Images (E, 64, count · size), a mini-batch after the other; the others' digit (E, count)."""
    inputs, digits = [], []
    for of_net, table, generator in zip(x, by_digit, random, strict=True):
        first = torch.randint(x.shape[2], (count, 1), generator=generator)
        digit = torch.randint(10, (count, 1), generator=generator)
        which = torch.randint(table.shape[1], (count, size - 1), generator=generator)
        rows = torch.cat([first, table[digit, which]], 1)
        inputs.append(of_net[:, rows.flatten()])
        digits.append(digit[:, 0])
    return torch.stack(inputs), torch.stack(digits)


class _Apart(BatchNorm):
    """Batch norm over each ``size`` images in a row: several mini-batches in one pass."""

    def __init__(self, nets: int, width: int, size: int) -> None:
        super().__init__(nets, width)
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        """(E, C, batches · size), with statistics over each ``size`` images."""
        if not self.training:
            return super().forward(x)
        nets, width, images = x.shape
        parts = x.unflatten(2, (-1, self.size)).transpose(1, 2)  # (E, batches, C, size)
        flat = parts.transpose(0, 1).reshape(1, -1, self.size)
        # With a momentum of 1 these become the statistics of each mini-batch.
        mean, var = torch.zeros(2, flat.shape[1])
        hat = F.batch_norm(flat, mean, var, training=True, momentum=1.0, eps=self.eps)
        hat = hat.view(-1, nets, width, self.size).permute(1, 2, 0, 3).reshape(x.shape)
        for running, own in ((self.running_mean, mean), (self.running_var, var)):
            assert running is not None
            running.lerp_(own.view(-1, nets * width).mean(0), 0.1)
        return hat * self.weight.view(nets, width, 1) + self.bias.view(nets, width, 1)
