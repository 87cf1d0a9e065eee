"""Chapter 1: what a part of the data knows of the whole.

>>> errors = gradient_errors((4, 64), draws=20)
>>> errors.one.shape, errors.cloud.shape
((2,), (2, 20, 2))
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from bnviz import data
from bnviz.experiments.common import Floats, digits, train_quietly
from bnviz.networks import MLP, mlp
from bnviz.training import shuffled_batches

__all__ = [
    "GradientBias",
    "GradientErrors",
    "Race",
    "accuracy_by_images",
    "gradient_bias",
    "gradient_errors",
]

_EVEN = 1280  # images, of 1297: divided evenly by batches of 2, 4, … 256


class GradientErrors(NamedTuple):
    """How far gradients of mini-batches are from that of all images, in lengths of the latter.

    Attributes:
        sizes: batch sizes, shape (B,).
        one: the typical error (root of the mean square) of one mini-batch, shape (B,).
        cloud: for a picture, each gradient in two numbers, shape (B, draws, 2): along the gradient
            of all images, which is at (1, 0) itself, and along the direction across it in which
            those of the smallest batches scatter most.
        length: the length that errors are measured in, that of the gradient of all images.
    """

    sizes: NDArray[np.int64]
    one: Floats
    cloud: Floats
    length: float


def gradient_errors(
    sizes: Sequence[int] = (4, 16, 64, 256),
    draws: int = 400,
    *,
    norm: str | None = None,
    replacement: bool = True,
    hidden: Sequence[int] = (100,),
    warmup: int = 0,
    seed: int = 0,
) -> GradientErrors:
    """Compare gradients of mini-batches with the gradient of all training images.

    Without BN the mini-batch gradient is right on average, and the error of one falls as 1/√m for
    m images drawn with replacement; drawn from a shuffled order, it falls faster, as
    √(1/m − 1/N), to 0 where the batch is all N images. With BN it falls faster than 1/√m, because
    small batches are also normalized by worse statistics; see :func:`gradient_bias`.

    Args:
        sizes: batch sizes.
        draws: mini-batches of each size.
        norm: as of :func:`bnviz.mlp`.
        replacement: draw each image from all of them; else from those not yet in the batch, as in
            a shuffled epoch.
        hidden: widths of the hidden layers of a ReLU network.
        warmup: steps that it is trained before, at learning rate 0.1 and batches of 64.
        seed: of split, weights and draws.

    Returns:
        Errors by batch size.
    """
    x, y, _, _ = digits(seed)
    model = _network(hidden, norm, seed, warmup)
    random = torch.Generator().manual_seed(seed)

    def draw(size: int) -> Tensor:
        if replacement:
            return torch.randint(len(x), (size,), generator=random)
        return torch.randperm(len(x), generator=random)[:size]

    whole = _gradient(model, x, y)
    found = torch.stack(
        [
            torch.stack([_gradient(model, x[rows], y[rows]) for rows in batches])
            for batches in ([draw(size) for _ in range(draws)] for size in sizes)
        ]
    )
    errors = (found - whole) / whole.norm()  # sizes, draws, parameters
    one = errors.pow(2).sum(2).mean(1)
    along = whole / whole.norm()
    across = errors[int(np.argmin(sizes))]
    across = across - torch.outer(across @ along, along)
    _, _, directions = torch.pca_lowrank(across, q=4, center=False)
    cloud = found @ torch.stack([along, directions[:, 0].to(along.dtype)], 1) / whole.norm()
    return GradientErrors(np.array(sizes), one.sqrt().numpy(), cloud.numpy(), float(whole.norm()))


class GradientBias(NamedTuple):
    """What averaging does to the errors of mini-batch gradients.

    In lengths of the gradient of all images, shape (B, S) for B batch sizes and S seeds.

    Attributes:
        one: the typical error (root of the mean square) of one mini-batch.
        average: the error of their average over ever more epochs.
    """

    one: Floats
    average: Floats


def gradient_bias(
    sizes: Sequence[int] = (4, 16, 64, 256),
    seeds: Sequence[int] = range(3),
    *,
    norm: str | None = "batch",
    hidden: Sequence[int] = (100,),
    warmup: int = 0,
    epochs: int = 4,
) -> GradientBias:
    """Measure what remains of the error when the mini-batches of whole epochs are averaged.

    Nothing without BN: the gradients of an epoch's mini-batches average to that of all images. With
    BN each mini-batch is normalized by its own statistics, and each image is part of its own mean:
    the average is another gradient, the more so the smaller the batches.

    What is left of the noise after a few epochs is taken out: errors of two epochs have only the
    bias in common, so the mean product of two of them is its square.

    Args:
        sizes: batch sizes; the first 1280 training images are used, which these divide evenly.
        seeds: of split, weights and order.
        norm: as of :func:`bnviz.mlp`.
        hidden: widths of the hidden layers of a ReLU network.
        warmup: steps that it is trained before, at learning rate 0.1 and batches of 64.
        epochs: that are averaged, two or more.

    Returns:
        The error of one mini-batch and of the average.
    """
    one, average = np.zeros((2, len(sizes), len(seeds)))
    for column, seed in enumerate(seeds):
        x, y, _, _ = (part[:_EVEN] for part in digits(seed))
        model = _network(hidden, norm, seed, warmup).double()
        x = x.double()
        whole = _gradient(model, x, y)
        for row, size in enumerate(sizes):
            batches = shuffled_batches(_EVEN, size, seed)
            errors = []  # of each epoch's average
            for _ in range(epochs):
                epoch = islice(batches, _EVEN // size)
                single = torch.stack([_gradient(model, x[b], y[b]) - whole for b in epoch])
                errors.append(single.mean(0))
                one[row, column] += float(single.pow(2).sum(1).mean()) / epochs
            products = torch.stack(errors) @ torch.stack(errors).T
            pairs = float(products.sum() - products.trace()) / (epochs * (epochs - 1))
            average[row, column] = max(pairs, 0)
        one[:, column] /= float(whole @ whole)
        average[:, column] /= float(whole @ whole)
    return GradientBias(np.sqrt(one), np.sqrt(average))


class Race(NamedTuple):
    """Test accuracy against training images seen.

    Attributes:
        batch_sizes: shape (B,).
        lrs: learning rates, shape (L,).
        images: images seen before each measurement, shape (B, E); an epoch leaves out a last
            smaller batch.
        accuracy: in eval mode, shape (B, L, S, E) for S seeds.
    """

    batch_sizes: NDArray[np.int64]
    lrs: Floats
    images: NDArray[np.int64]
    accuracy: Floats

    @property
    def tuned(self) -> NDArray[np.int64]:
        """By batch size, which learning rate is best at the end, on average; shape (B,)."""
        best: NDArray[np.int64] = self.accuracy[..., -1].mean(2).argmax(1)
        return best


def accuracy_by_images(
    batch_sizes: Sequence[int] = (16, 64, 256, 1297),
    lrs: Sequence[float] = (0.03, 0.1, 0.3, 1.0, 3.0),
    seeds: Sequence[int] = range(3),
    *,
    epochs: int = 5,
    norm: str | None = None,
    hidden: Sequence[int] = (100,),
) -> Race:
    """Train a ReLU network for the same number of images, in many small steps or in few large.

    For the same images, small batches make more steps. Much of their lead at a common learning
    rate is the learning rate: with the best one for each, all images at once come far as well in
    five steps, though not as far.

    Args:
        batch_sizes: images in a batch.
        lrs: learning rates of SGD.
        seeds: of split, weights and order.
        epochs: passes through the 1297 training images; the accuracy is measured after each.
        norm: as of :func:`bnviz.mlp`.
        hidden: widths of the hidden layers.

    Returns:
        Accuracies by batch size, learning rate and seed.
    """
    images, table = [], []
    for batch_size in batch_sizes:
        epoch = 1297 // batch_size
        rows = []
        for seed in seeds:
            networks = {str(lr): mlp((64, *hidden, 10), norm=norm, seed=seed) for lr in lrs}
            split = data.digits(seed)
            row = []
            for lr, network in zip(lrs, networks.values(), strict=True):
                run = train_quietly(
                    network,
                    epochs * epoch,
                    data=split,
                    lr=lr,
                    batch_size=batch_size,
                    seed=seed,
                    eval_every=epoch,
                )
                row.append(run.accuracy)
            rows.append(row)
        table.append(np.swapaxes(rows, 0, 1))
        images.append(run.steps * batch_size)
    return Race(np.array(batch_sizes), np.array(lrs), np.array(images), np.array(table))


def _network(hidden: Sequence[int], norm: str | None, seed: int, warmup: int) -> MLP:
    """A ReLU network, trained a little on mini-batches of 64."""
    model = mlp((64, *hidden, 10), norm=norm, seed=seed)
    if warmup:
        train_quietly(model, warmup, data=data.digits(seed), batch_size=64, seed=seed)
    return model


def _gradient(model: MLP, x: Tensor, y: Tensor) -> Tensor:
    """As one vector, in training mode."""
    loss = F.cross_entropy(model.train()(x), y)
    return torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(model.parameters()))])
