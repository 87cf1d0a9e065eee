"""Chapter 5: what the way back through batch normalization sees.

>>> scale((0.5, 2.0)).change.shape
(2, 2)
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from bnviz import data
from bnviz.experiments.common import Floats, accuracy, digits
from bnviz.networks import MLP, mlp
from bnviz.training import shuffled_batches, train

__all__ = [
    "BiasGradients",
    "Held",
    "HeldConstant",
    "Scale",
    "Starts",
    "Through",
    "ToyBias",
    "bias_before_norm",
    "held_constant",
    "per_layer",
    "scale",
    "starts",
    "through",
    "toy_bias",
]

# -- the statistics: part of the gradient, or constants --------------------------------------------


class HeldConstant(nn.BatchNorm1d):
    """Batch normalization whose gradient takes the statistics of the batch as constants."""

    def forward(self, x: Tensor) -> Tensor:
        """Normalize (N, C)."""
        if not self.training:
            return super().forward(x)
        with torch.no_grad():
            super().forward(x)  # moves the running statistics
            mean, var = x.mean(0), x.var(0, correction=0)
        return (x - mean) / torch.sqrt(var + self.eps) * self.weight + self.bias


class ToyBias(NamedTuple):
    """One bias b and a mean that is subtracted, as in the paper; shape (S, steps) each.

    Attributes:
        bias: b after each step.
        loss: before each step.
    """

    bias: Floats
    loss: Floats


def toy_bias(
    seeds: Sequence[int] = range(5), *, constant: bool, steps: int = 200, lr: float = 0.1
) -> ToyBias:
    """Learn b in x = u + b, where x − mean(x) is to match a target whose mean is not 0.

    b changes nothing in the output. With the mean in the gradient it stays where it is. Held
    constant, each step moves it as if it did, and the loss stays the same: b grows without end, in
    proportion to the learning rate.

    Source: Ioffe & Szegedy 2015, section 2.
    """
    draws = [np.random.default_rng(seed).normal(size=(2, 256)) for seed in seeds]
    u, target = np.stack(draws, axis=1)
    target = target + 3
    b = np.zeros((len(u), 1))
    biases, losses = [], []
    for _ in range(steps):
        x = u + b
        error = x - x.mean(1, keepdims=True) - target
        # The gradient of x − mean(x) at b is 0; with the mean a constant it is 1.
        b = b - lr * (2 * error.mean(1, keepdims=True) if constant else 0)
        biases.append(b[:, 0])
        losses.append((error**2).mean(1))
    return ToyBias(np.stack(biases, 1), np.stack(losses, 1))


class Held(NamedTuple):
    """Training with the statistics in the gradient (index 0) or held constant (1).

    Attributes:
        batch_sizes: shape (B,).
        steps: updates before each measurement, shape (E,).
        accuracy: in eval mode, shape (2, B, S, E) for S seeds.
        bias_moved: the furthest that a bias of the first layer moved, shape (2, B, S).
        none: accuracy without BN, shape (B, S, E).
    """

    batch_sizes: NDArray[np.int64]
    steps: NDArray[np.int64]
    accuracy: Floats
    bias_moved: Floats
    none: Floats


def held_constant(
    batch_sizes: Sequence[int] = (4, 16, 64, 256),
    seeds: Sequence[int] = range(2),
    *,
    steps: int = 300,
    lr: float = 0.1,
    eval_every: int = 20,
) -> Held:
    """Train ReLU networks with BN whose statistics are part of the gradient, or constants in it.

    With constants the network learns far less, at every batch size; and the biases before BN, which
    change nothing in the output, run away.

    Args:
        batch_sizes: images in a batch.
        seeds: of split, weights and order.
        steps: updates.
        lr: learning rate of SGD.
        eval_every: steps between measurements.

    Returns:
        Accuracies by batch size, and without BN for comparison.
    """
    accuracy: list[list[Floats]] = []
    moved: list[list[float]] = []
    for batch_size, seed in product(batch_sizes, seeds):
        networks = {
            label: mlp((64, 100, 100, 10), norm=norm, seed=seed)
            for label, norm in (("right", "batch"), ("held", HeldConstant), ("none", None))
        }
        before = [_first_bias(model) for model in networks.values()]
        runs = train(
            networks, steps, data=data.digits(seed), lr=lr, batch_size=batch_size, seed=seed,
            **{"eval_every": eval_every, "record": False, "progress": False},
        )  # fmt: skip
        accuracy.append([run.accuracy for run in runs.values()])
        after = [_first_bias(model) for model in networks.values()]
        far = [float((b - a).abs().max()) for a, b in zip(before, after, strict=True)]
        moved.append(far)
        evaluated = next(iter(runs.values())).steps
    shape = (len(batch_sizes), len(seeds), 3)
    right, held, none = np.moveaxis(np.reshape(accuracy, (*shape, -1)), 2, 0)
    return Held(
        np.array(batch_sizes),
        evaluated,
        np.stack([right, held]),
        np.moveaxis(np.reshape(moved, shape), 2, 0)[:2],
        none,
    )


def _first_bias(model: MLP) -> Tensor:
    return model.hidden[0].linear.bias.detach().clone()


# -- what is taken out -----------------------------------------------------------------------------


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


# -- the scale of the weights ----------------------------------------------------------------------


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
            lengths.append(float(before_norm[0].detach().norm(dim=1).mean()))
        batch = next(batches)
        loss = F.cross_entropy(model(x[batch]), y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return accuracies, lengths


# -- the bias --------------------------------------------------------------------------------------


class BiasGradients(NamedTuple):
    """Largest gradients of the first layer, by what follows it; shape (S,) each.

    Attributes:
        weights: by label.
        bias: by label.
    """

    weights: dict[str, Floats]
    bias: dict[str, Floats]


def bias_before_norm(
    seeds: Sequence[int] = range(5), *, batch_size: int = 64, training: bool = True
) -> BiasGradients:
    """Ask for the gradient of a bias that BN follows at once, or after a ReLU, or not at all.

    BN subtracts the mean, and the bias with it, as long as it is the mean of the batch: the
    gradient is 0 up to rounding. A ReLU in between makes the bias count, and so does eval mode,
    whose running mean does not follow the bias.

    Source: Ioffe & Szegedy 2015, section 3.2.
    """
    kinds: dict[str, dict[str, Any]] = {
        "linear, BN": {"norm": "batch"},
        "linear, ReLU, BN": {"norm": "batch", "placement": "after"},
        "linear, ReLU": {},
    }
    weights: dict[str, list[float]] = {label: [] for label in kinds}
    bias: dict[str, list[float]] = {label: [] for label in kinds}
    for seed in seeds:
        x, y, _, _ = digits(seed)
        for label, options in kinds.items():
            model = mlp((64, 100, 10), seed=seed, **options).double().train(training)
            loss = F.cross_entropy(model(x[:batch_size].double()), y[:batch_size])
            linear = model.hidden[0].linear
            of_weights, of_bias = torch.autograd.grad(loss, [linear.weight, linear.bias])
            weights[label].append(float(of_weights.abs().max()))
            bias[label].append(float(of_bias.abs().max()))
    return BiasGradients(
        {label: np.array(v) for label, v in weights.items()},
        {label: np.array(v) for label, v in bias.items()},
    )


# -- layer by layer --------------------------------------------------------------------------------


def per_layer(
    depth: int = 10,
    seeds: Sequence[int] = range(5),
    *,
    activation: str = "sigmoid",
    init: float | str | None = 0.1,
    width: int = 100,
    batch_size: int = 256,
) -> dict[str, Floats]:
    """Measure the gradient at each layer's weights before the first step, without BN and with.

    Ten sigmoid layers: without BN the first gets a millionth of the last, with BN about as much.
    Where it stops: BN does not keep gradients level everywhere; with 20 ReLU layers they grow
    towards the first.

    Returns:
        By label, lengths of the gradients of the hidden layers, shape (S, depth).
    """
    found: dict[str, list[list[float]]] = {"without BN": [], "with BN": []}
    for seed in seeds:
        x, y, _, _ = digits(seed)
        for label, norm in (("without BN", None), ("with BN", "batch")):
            model = mlp((64, *[width] * depth, 10), activation, norm=norm, init=init, seed=seed)
            weights = [block.linear.weight for block in model.hidden]
            loss = F.cross_entropy(model(x[:batch_size]), y[:batch_size])
            grads = torch.autograd.grad(loss, weights)
            found[label].append([float(g.norm()) for g in grads])
    return {label: np.array(rows) for label, rows in found.items()}
