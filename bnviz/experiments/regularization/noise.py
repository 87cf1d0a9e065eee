"""The noise of the batch in a trained network: of its statistics, and of what comes out."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bnviz.experiments.common import Floats
from bnviz.experiments.regularization.nets import (
    Nets,
    images,
    learning,
)

__all__ = ["Answers", "Disturbed", "Noise", "answers", "noise", "noisy_unit", "trained"]

_AT_ONCE = 20_000  # images in a pass


@functools.lru_cache(maxsize=4)
def trained(
    seeds: tuple[int, ...],
    hidden: tuple[int, ...] = (100, 100),
    *,
    steps: int = 300,
    lr: float = 0.1,
) -> Nets:
    """Networks with batch norm that have learned the digits in batches of 64, in training mode."""
    x, y, *_ = images(seeds)
    nets = Nets(seeds, hidden)
    for step in learning(nets, x, y, seeds, lr=lr):
        if step == steps:
            break
    return nets.train()


@torch.no_grad()
def _in_company(nets: Nets, subjects: Tensor, pool: Tensor, size: int, draws: int) -> Tensor:
    """Outputs (E, P, draws, 10) of images (E, P, 64), each among size − 1 others of the pool."""
    count, random = pool.shape[1], torch.Generator().manual_seed(size)
    per_pass = max(1, _AT_ONCE // (draws * size))
    found = []
    for some in subjects.split(per_pass, 1):
        rows = torch.rand(some.shape[1] * draws, count, generator=random).argsort(1)[:, : size - 1]
        batches = pool[:, rows]  # (E, P·draws, size − 1, 64)
        first = some.repeat_interleave(draws, 1)[:, :, None]
        together = torch.cat([first, batches], 2).flatten(1, 2)
        outputs = nets(together, size).unflatten(1, (-1, draws, size))
        found.append(outputs[:, :, :, 0])
    return torch.cat(found, 1)


class Answers(NamedTuple):
    """What a network says of a few test images in random company.

    Attributes:
        labels: the right digit of each, shape (P,).
        rivals: the wrong digit that gets most in eval mode, shape (P,).
        right: output for the right digit, by batch size, shape (B, P, draws).
        rival: output for the rival, shape (B, P, draws).
        eval_mode: both in eval mode, shape (P, 2).
        shown: indices of the images in the test set, shape (P,).
    """

    labels: NDArray[np.int64]
    rivals: NDArray[np.int64]
    right: Floats
    rival: Floats
    eval_mode: Floats
    shown: NDArray[np.int64]

    @property
    def wrong(self) -> Floats:
        """In how many of the mini-batches the rival gets more, shape (B, P)."""
        share: Floats = (self.rival > self.right).mean(2)
        return share


def answers(
    sizes: Sequence[int] = (2, 4, 16, 64, 256),
    seed: int = 0,
    *,
    draws: int = 200,
    ranks: Sequence[float] = (0.02, 0.1, 0.5),
    steps: int = 300,
    lr: float = 0.1,
    hidden: Sequence[int] = (100, 100),
) -> Answers:
    """Show one test image to a network, each time in a mini-batch with other training images.

    In training mode its outputs form a cloud that shrinks as the batch grows. A doubtful image
    changes sides; one that the network is sure of does so in tiny batches only.

    Args:
        sizes: batch sizes, the image itself included.
        seed: of split, weights and order.
        draws: mini-batches of each size.
        ranks: which images, by how far the right digit is ahead in eval mode, among those that are
            recognized: 0 for the most doubtful, 1 for the surest.
        steps: of training with batches of 64.
        lr: learning rate.
        hidden: widths of the hidden layers.
    """
    nets = trained((seed,), tuple(hidden), steps=steps, lr=lr)
    x, _, x_test, y_test = images([seed])
    with torch.no_grad():
        outputs = nets.eval()(x_test)[0].double()
    nets.train()
    label, rows = y_test[0], torch.arange(len(y_test[0]))
    others = outputs.clone()
    others[rows, label] = -torch.inf
    margin = outputs[rows, label] - others.amax(1)
    ahead = margin.argsort()
    ahead = ahead[margin[ahead] > 0]
    shown = ahead[[int(rank * (len(ahead) - 1)) for rank in ranks]]
    right, rival = [], []
    for size in sizes:
        said = _in_company(nets, x_test[:, shown], x, size, draws)[0].double()
        each = torch.arange(len(shown))
        right.append(said[each, :, label[shown]])
        rival.append(said[each, :, others[shown].argmax(1)])
    rivals = others[shown].argmax(1)
    in_eval = torch.stack([outputs[shown, label[shown]], outputs[shown, rivals]], 1)
    return Answers(
        label[shown].numpy(), rivals.numpy(), torch.stack(right).numpy(),
        torch.stack(rival).numpy(), in_eval.numpy(), shown.numpy(),
    )  # fmt: skip


class Noise(NamedTuple):
    """How far statistics and outputs of a trained network scatter from batch to batch.

    Attributes:
        sizes: batch sizes, shape (B,).
        mean: typical scatter of the mean, over the standard deviation of the unit, by layer,
            shape (L, E, B).
        std: that of the standard deviation, over itself, shape (L, E, B).
        output: that of one image's outputs in other company, over the standard deviation of this
            output over images, shape (E, B).
    """

    sizes: NDArray[np.int64]
    mean: Floats
    std: Floats
    output: Floats


def noise(
    sizes: Sequence[int] = (4, 16, 64, 256),
    seeds: Sequence[int] = range(3),
    *,
    hidden: Sequence[int] = (100, 100),
    draws: int = 24,
    subjects: int = 8,
    steps: int = 300,
    lr: float = 0.1,
) -> Noise:
    """Measure the noise of mini-batches, drawn without repetition, from the first layer on.

    Args:
        sizes: batch sizes.
        seeds: of split, weights and order.
        hidden: widths of the hidden layers.
        draws: mini-batches of each size.
        subjects: test images whose outputs are looked at.
        steps: of training with batches of 64; 0 for an untrained network.
        lr: learning rate.
    """
    nets = trained(tuple(seeds), tuple(hidden), steps=steps, lr=lr)
    return _noise(nets, sizes, seeds, draws, subjects)


@torch.no_grad()
def _noise(
    nets: Nets, sizes: Sequence[int], seeds: Sequence[int], draws: int, subjects: int
) -> Noise:
    x, _, x_test, _ = images(seeds)
    usual = nets(x).std(1)  # of each output over images, all of them one batch
    mean, std, output = [], [], []
    for size in sizes:
        random = torch.Generator().manual_seed(size)
        rows = torch.rand(4 * draws, x.shape[1], generator=random).argsort(1)[:, :size]
        nets(x[:, rows].flatten(1, 2), size)  # leaves its statistics in the norms
        pairs = [(norm.means.double(), norm.variances.double()) for norm in nets.norms]
        unit = [var.mean(2).sqrt() for _, var in pairs]
        mean.append(
            torch.stack([_rms(m.std(2) / s) for (m, _), s in zip(pairs, unit, strict=True)])
        )
        std.append(
            torch.stack([_rms(v.sqrt().std(2) / s) for (_, v), s in zip(pairs, unit, strict=True)])
        )
        said = _in_company(nets, x_test[:, :subjects], x, size, draws)
        output.append(_rms((said.std(2) / usual[:, None]).flatten(1)))
    return Noise(
        np.array(sizes), torch.stack(mean, 2).numpy(), torch.stack(std, 2).numpy(),
        torch.stack(output, 1).double().numpy(),
    )  # fmt: skip


def _rms(values: Tensor) -> Tensor:
    """Root of the mean square over the last axis, NaN left out: units that are always 0."""
    return values.square().nanmean(-1).sqrt()


class Disturbed(NamedTuple):
    """What becomes of x̂ at one unit of layer 1, for the images of one mini-batch.

    Attributes:
        calm: x̂ with the statistics of all training images, shape (m,).
        noisy: x̂ as it is handed on, shape (m,).
    """

    calm: Floats
    noisy: Floats


def noisy_unit(
    sizes: Sequence[int] = (64, 16, 4),
    rates: Sequence[float] = (0.2, 0.5),
    draws: int = 3,
    seed: int = 0,
    *,
    unit: int = 0,
) -> dict[tuple[str, int], Disturbed]:
    """Normalize one unit by random mini-batches, or by all images and with dropout behind it.

    The statistics of a mini-batch move all of its images along one straight line: two random
    numbers. Dropout draws a number for each image.

    Args:
        sizes: of the mini-batches.
        rates: of dropout, on 64 images.
        draws: mini-batches of each kind.
        seed: of the network and of the draws.
        unit: of layer 1 of :func:`trained`.

    Returns:
        By the name of the noise and the number of the draw, from 1 on.
    """
    nets = trained((seed,), (100, 100), steps=300, lr=0.1)  # called as in answers(): trained once
    x, *_ = images([seed])
    with torch.no_grad():
        all_sums = nets.layers[0](x.transpose(1, 2))
    sums, random = all_sums[0, unit].double().numpy(), np.random.default_rng(seed)
    found = {}
    for draw in range(1, draws + 1):
        for m in sizes:
            batch = random.choice(sums, m, replace=False)
            found[f"mini-batch of {m}", draw] = Disturbed(
                (batch - sums.mean()) / sums.std(), (batch - batch.mean()) / batch.std()
            )
        for rate in rates:
            calm = (random.choice(sums, 64, replace=False) - sums.mean()) / sums.std()
            kept = random.random(64) >= rate
            found[f"dropout {rate:g}", draw] = Disturbed(calm, calm * kept / (1 - rate))
    return found
