"""The scale of the weights before a norm."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from bnviz.experiments.common import Floats, accuracy, digits
from bnviz.networks import MLP, mlp
from bnviz.training import shuffled_batches

__all__ = ["Scale", "Starts", "scale", "starts"]


class Scale(NamedTuple):
    """A layer whose weights W are multiplied by a, before batch normalization; shape (E, A) each.

    Attributes:
        scales: a, shape (A,).
        eps: ε, shape (E,).
        change: the largest change of an output against a = 1.
        std: standard deviation of the output, mean over units.
        gradient: a · ‖∇aW‖ / ‖∇W‖: 1 where the gradient shrinks as the weights grow.
        cosine: between the weights of a unit and their gradient, the largest without sign.
    """

    scales: Floats
    eps: Floats
    change: Floats
    std: Floats
    gradient: Floats
    cosine: Floats


def scale(
    scales: Sequence[float] = tuple(np.logspace(-4, 3, 29)),
    eps: Sequence[float] = (1e-5, 1e-20),
    *,
    width: int = 100,
    seed: int = 0,
) -> Scale:
    """Multiply the weights before BN by a: the output stays, the gradient is divided by a.

    And the gradient stands at right angles to the weights, so that they only grow. All that in
    training mode, and as long as the variance before BN is large against ε: with ε = 1e-5 and
    weights as PyTorch draws them it begins to fail at a = 0.1, and at 0.01 half is gone.

    Source: Ioffe & Szegedy 2015, section 3.3; van Laarhoven 2017, section 2.
    """
    u = digits(seed)[0][:64].double()
    W = mlp((64, width, 10), seed=seed).hidden[0].linear.weight.detach().double()
    generator = torch.Generator().manual_seed(seed)
    g = torch.randn(64, width, generator=generator, dtype=torch.float64)

    def through(a: float, eps: float) -> tuple[Tensor, Tensor]:
        scaled = (a * W).requires_grad_()
        y = F.batch_norm(u @ scaled.T, None, None, training=True, eps=eps)
        (grad,) = torch.autograd.grad(y, scaled, g)
        return y.detach(), grad

    table = []
    for e in eps:
        y1, grad1 = through(1, e)
        row = []
        for a in scales:
            y, grad = through(a, e)
            cosine = F.cosine_similarity(W, grad).abs().max()
            ratio = a * grad.norm() / grad1.norm()
            row.append([(y - y1).abs().max(), y.std(0, correction=0).mean(), ratio, cosine])
        table.append(row)
    return Scale(np.array(scales), np.array(eps), *np.moveaxis(np.array(table), 2, 0))


class Starts(NamedTuple):
    """Training from weights before BN that were multiplied by a.

    Attributes:
        scales: a, shape (A,).
        lrs: learning rates, shape (R,).
        steps: updates before each measurement, shape (E,).
        accuracy: with the learning rate as it is (index 0), or times a² for those weights (1);
            shape (2, A, R, S, E) for S seeds. The test images are normalized by their own 500.
        length: of the weights of a unit in layer 1, mean over units, with the learning rate as it
            is, shape (A, R, S, E).
    """

    scales: Floats
    lrs: Floats
    steps: NDArray[np.int64]
    accuracy: Floats
    length: Floats

    @property
    def growth(self) -> Floats:
        """How much longer the weights are than at the start, as a share of that; as ``length``."""
        growth: Floats = self.length / self.length[..., :1] - 1
        return growth


def starts(
    scales: Sequence[float] = (0.3, 1, 3, 10),
    lrs: Sequence[float] = (0.1, 0.5),
    seeds: Sequence[int] = range(2),
    *,
    activation: str = "sigmoid",
    hidden: Sequence[int] = (100, 100, 100),
    steps: int = 200,
    eval_every: int = 10,
    batch_size: int = 64,
) -> Starts:
    """Train networks with BN that give the same output at first, with weights of other sizes.

    Weights that are a times as long have a gradient 1/a times as long, and a step turns them 1/a²
    times as far: they learn as if their learning rate were lr / a². Multiplied by a² it gives the
    same training again. As steps stand at right angles to them, the weights only become longer:
    short ones quickly, long ones hardly. All that with plain SGD, without weight decay, and where
    the variance before BN is large against ε.

    Args:
        scales: a.
        lrs: learning rates of SGD.
        seeds: of split, weights and order.
        activation: as of :func:`bnviz.mlp`.
        hidden: widths of the hidden layers, all with BN.
        steps: updates.
        eval_every: steps between measurements.
        batch_size: images in a batch.

    Returns:
        Accuracies and lengths by a, learning rate, seed and step.

    Source: van Laarhoven 2017, on the effective learning rate.
    """
    measured = np.arange(0, steps + 1, eval_every)
    accuracies = np.zeros((2, len(scales), len(lrs), len(seeds), len(measured)))
    lengths = np.zeros(accuracies.shape[1:])
    for (i, a), (k, lr), (j, seed) in product(enumerate(scales), enumerate(lrs), enumerate(seeds)):
        for way in (0, 1) if a != 1 else (0,):
            model = mlp((64, *hidden, 10), activation, norm="batch", seed=seed)
            found = _trained_from(
                model, a, lr, lr * a**2 if way else lr, measured, batch_size, seed
            )
            accuracies[way, i, k, j] = found[0]
            if way == 0:
                lengths[i, k, j] = found[1]
                accuracies[1, i, k, j] = found[0]
    return Starts(np.array(scales), np.array(lrs), measured, accuracies, lengths)


def _trained_from(
    model: MLP,
    a: float,
    lr: float,
    lr_of_weights: float,
    measured: NDArray[np.int64],
    batch_size: int,
    seed: int,
) -> tuple[list[float], list[float]]:
    """Accuracies, and lengths of weights of layer 1, of a network that starts from a · W."""
    x, y, x_test, y_test = digits(seed)
    before_norm = [block.linear.weight for block in model.hidden]
    with torch.no_grad():
        for weight in before_norm:
            weight.mul_(a)
    ids = {id(weight) for weight in before_norm}
    others = [p for p in model.parameters() if id(p) not in ids]
    groups: list[dict[str, Any]] = [
        {"params": before_norm, "lr": lr_of_weights},
        {"params": others},
    ]
    optimizer = torch.optim.SGD(groups, lr)
    batches = shuffled_batches(len(x), batch_size, seed)
    accuracies, lengths = [], []
    for step in range(int(measured[-1]) + 1):
        if step in measured:
            accuracies.append(accuracy(model, x_test, y_test))
            lengths.append(float(before_norm[0].detach().double().norm(dim=1).mean()))
        batch = next(batches)
        loss = F.cross_entropy(model(x[batch]), y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return accuracies, lengths
