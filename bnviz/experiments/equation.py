"""Chapter 3: what happens to one mini-batch.

>>> company = other_company((2, 64), images=3, draws=20)
>>> company.scatter.shape
(2, 15)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from bnviz import data, norms
from bnviz.experiments.common import Floats, accuracy, digits
from bnviz.networks import mlp
from bnviz.training import shuffled_batches, train

__all__ = [
    "Company",
    "DIVISORS",
    "Divisors",
    "Estimates",
    "Outlier",
    "Settling",
    "Shapes",
    "WhoseStatistics",
    "biased_or_unbiased",
    "divisors",
    "nan_spreads",
    "other_company",
    "outlier",
    "settling",
    "shapes",
    "tiny_weights",
    "weighted_sums",
    "whose_statistics",
]

#: By label, what a deviation from the mean may be divided by. The first is right.
DIVISORS: dict[str, Callable[[Tensor, float], Tensor]] = {
    "√(σ² + ε)": lambda x, eps: torch.sqrt(x.var(0, correction=0) + eps),
    "√σ² + ε": lambda x, eps: torch.sqrt(x.var(0, correction=0)) + eps,
    "x.std(0) + ε": lambda x, eps: x.std(0, correction=0) + eps,
    "σ² + ε": lambda x, eps: x.var(0, correction=0) + eps,
}


def weighted_sums(seed: int = 0, steps: int = 200, lr: float = 0.1) -> Floats:
    """What enters the second ReLUs of a network without BN after training, (1297, 100), float64."""
    model = mlp((64, 100, 100, 10), seed=seed)
    if steps:
        train(
            model, steps, data=data.digits(seed), lr=lr, seed=seed,
            **{"eval_every": steps, "record": False, "progress": False},
        )  # fmt: skip
    with torch.no_grad():
        sums = model.hidden[1].linear(model.hidden[0](digits(seed)[0]))
    return np.asarray(sums.double())


# -- one sample moves, the others answer -----------------------------------------------------------


class Outlier(NamedTuple):
    """x̂ of a batch in which one sample goes away from the others.

    Attributes:
        positions: where it is, in standard deviations of the others from their mean, shape (T,).
        moved: its own x̂, shape (T,).
        others: those of the others, shape (m − 1, T), ascending in the first index.
    """

    positions: Floats
    moved: Floats
    others: Floats


def outlier(positions: Sequence[float] = (*np.logspace(-1, 3, 41),), m: int = 8) -> Outlier:
    """Move one sample of m away, and normalize all of them each time.

    No x̂ passes √(m − 1). The others are pressed together, at −1/√(m − 1).

    >>> found = outlier((1, 1e6), m=5)
    >>> found.moved.round(3).tolist()
    [0.816, 2.0]

    Args:
        positions: of the sample that moves.
        m: size of the mini-batch; the others stand evenly.

    Returns:
        x̂ by position.
    """
    others = np.linspace(-1, 1, m - 1)
    others = others / others.std()
    batch = np.stack([[position, *others] for position in positions], axis=1)
    x_hat = norms.batch_norm(batch, None, None, training=True)
    return Outlier(np.array(positions, dtype=float), x_hat[0], x_hat[1:])


# -- the shape -------------------------------------------------------------------------------------


class Shapes(NamedTuple):
    """How x̂ is distributed in some units, and in a bell curve.

    Attributes:
        centres: of the bins, in standard deviations, shape (B,).
        density: by unit, shape (U, B).
        bell: that of the standard normal distribution, shape (B,).
        kurtosis: of each unit before normalizing and after, shape (U, 2); 0 in a bell curve.
    """

    centres: Floats
    density: Floats
    bell: Floats
    kurtosis: Floats


def shapes(seed: int = 0, *, bins: int = 33, reach: float = 4) -> Shapes:
    """Normalize all units of a trained layer; keep the flattest, a typical and the most peaked.

    To normalize is to shift and to stretch: a distribution keeps its shape.

    Args:
        seed: of the network (:func:`weighted_sums`).
        bins: between −reach and reach.
        reach: in standard deviations.

    Returns:
        Densities of three units, from the smallest kurtosis to the largest.
    """
    sums = weighted_sums(seed)
    x_hat = norms.batch_norm(sums, None, None, training=True)
    before, after = ((((x - x.mean(0)) / x.std(0)) ** 4).mean(0) - 3 for x in (sums, x_hat))
    order = np.argsort(before)
    units = order[[0, len(order) // 2, -1]]
    edges = np.linspace(-reach, reach, bins + 1)
    centres, width = (edges[1:] + edges[:-1]) / 2, edges[1] - edges[0]
    density = [np.histogram(x_hat[:, u], edges)[0] / len(x_hat) / width for u in units]
    bell = np.exp(-(centres**2) / 2) / np.sqrt(2 * np.pi)
    return Shapes(centres, np.array(density), bell, np.stack([before[units], after[units]], 1))


# -- ε ---------------------------------------------------------------------------------------------


class Divisors(NamedTuple):
    """A unit with standard deviation σ, normalized in ways that differ in where ε stands.

    Attributes:
        sigmas: shape (D,), from 0 on.
        spread: by label, the standard deviation of x̂, shape (D,).
        gain: by label, the length of the gradient at x, divided by that at x̂, shape (D,).
    """

    sigmas: Floats
    spread: dict[str, Floats]
    gain: dict[str, Floats]


def divisors(
    sigmas: Sequence[float] = (0, *np.logspace(-8, 1, 37)),
    *,
    eps: float = 1e-5,
    m: int = 64,
    seed: int = 0,
) -> Divisors:
    """Ask for the spread of x̂ and the gradient of units from constant to wide, wherever ε stands.

    ε belongs under the root. Then x̂ of a quiet unit fades out, and no gradient grows by more than
    1/√ε, which is 316 for 1e-5: finite, and not small. Outside of the root ``sqrt(var) + eps`` has
    no gradient where the unit is constant (0 times infinity: NaN), ``x.std(0) + eps`` has one, up
    to 1/ε. Dividing by the variance, x̂ is no longer of spread 1, whatever ε is.

    Args:
        sigmas: standard deviations of the units.
        eps: the ε.
        m: size of the mini-batch.
        seed: of the values and of the gradient at x̂.

    Returns:
        Spread of x̂ and gain of the gradient by σ.
    """
    random = torch.Generator().manual_seed(seed)
    z, g = torch.randn(2, m, len(sigmas), generator=random, dtype=torch.float64)
    z = (z - z.mean(0)) / z.std(0, correction=0)
    # A number that float64 holds exactly, so that σ = 0 gives a constant unit.
    x = 0.5 + z * torch.tensor(list(sigmas), dtype=torch.float64)
    spread, gain = {}, {}
    for label, divisor in DIVISORS.items():
        leaf = x.clone().requires_grad_()
        x_hat = (leaf - leaf.mean(0)) / divisor(leaf, eps)
        (grad,) = torch.autograd.grad(x_hat, leaf, g)
        spread[label] = x_hat.detach().std(0, correction=0).numpy()
        gain[label] = (grad.norm(dim=0) / g.norm(dim=0)).numpy()
    return Divisors(np.array(sigmas, dtype=float), spread, gain)


def nan_spreads(
    divisor: str = "√σ² + ε", activation: str = "sigmoid", seed: int = 0, steps: int = 3
) -> Floats:
    """Normalize after an activation that is constant in one unit of 100: what turns into NaN?

    With ``sqrt(var) + eps`` that unit's gradient is NaN. Behind a sigmoid it reaches the unit's
    weights in the first step and the whole network in the second. Behind a ReLU that passes nothing
    it goes no further: the backward pass of PyTorch's ReLU puts 0 there, NaN or not.

    Args:
        divisor: one of :data:`DIVISORS`.
        activation: as of :func:`bnviz.mlp`; the unit gives 0 for every image.
        seed: of split, weights and batches.
        steps: updates.

    Returns:
        The share of the parameters that are NaN after each step, shape (steps,).
    """

    class Norm(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return (x - x.mean(0)) / DIVISORS[divisor](x, 1e-5)

    model = mlp((64, 100, 10), activation, norm=lambda width: Norm(), placement="after", seed=seed)
    with torch.no_grad():
        model.hidden[0].linear.bias[0] = -200
    shares: list[float] = []

    def look(step: int, run: object) -> None:
        values = torch.cat([p.detach().flatten() for p in model.parameters()])
        shares.append(values.isnan().double().mean().item())

    train(
        model, steps, data=data.digits(seed), batch_size=64, seed=seed, on_step=look,
        **{"eval_every": steps, "record": False, "progress": False},
    )  # fmt: skip
    return np.array(shares[1:])


def tiny_weights(
    init_stds: Sequence[float] = (1, 0.1, 0.01, 1e-3, 1e-4),
    seeds: Sequence[int] = range(3),
    *,
    activation: str = "sigmoid",
    hidden: Sequence[int] = (100, 100, 100),
    batch_size: int = 60,
    eps: float = 1e-5,
) -> Floats:
    """Measure the spread after BN, in training mode, of networks with small and tiny weights.

    It is 1 whatever the weights are, as long as the variance before BN is large against ε. It is
    not where weights are tiny, and deeper layers, whose inputs vary less, lose it first.

    Returns:
        Standard deviation of x̂ over the mini-batch, mean over units, shape (I, S, L) for I initial
        standard deviations, S seeds and L layers.
    """
    found = np.zeros((len(init_stds), len(seeds), len(hidden)))
    for row, init_std in enumerate(init_stds):
        for column, seed in enumerate(seeds):
            model = mlp((64, *hidden, 10), activation, norm="batch", init=init_std, seed=seed)
            x = digits(seed)[0][:batch_size]
            with torch.no_grad():
                for layer, block in enumerate(model.hidden):
                    block.norm.eps = eps  # type: ignore[assignment]
                    x_hat = block.norm(block.linear(x))
                    found[row, column, layer] = x_hat.std(0, correction=0).mean()
                    x = block(x)
    return found


# -- the company -----------------------------------------------------------------------------------


class Company(NamedTuple):
    """x̂ of the same images in other company; a case is one image at one unit.

    Attributes:
        sizes: batch sizes, shape (B,).
        scatter: standard deviation of x̂ over random companies, shape (B, P) for P cases.
        mean: mean of x̂ over them, shape (B, P).
        once: x̂ in a single random company, shape (B, P).
        own_class: x̂ in a batch of 64 images of its own class, shape (P,).
        everyone: x̂ among all training images, shape (P,).
        example: x̂ of the first case, shape (B, draws).
    """

    sizes: NDArray[np.int64]
    scatter: Floats
    mean: Floats
    once: Floats
    own_class: Floats
    everyone: Floats
    example: Floats

    def sign_changes(self, x_hat: Floats | None = None) -> float:
        """The share of cases whose x̂ has another sign than among all images.

        Args:
            x_hat: of each case, shape (P,); in a batch of its own class by default.
        """
        x_hat = self.own_class if x_hat is None else x_hat
        return float(np.mean(np.sign(x_hat) != np.sign(self.everyone)))


def other_company(
    sizes: Sequence[int] = (2, 4, 16, 64, 256),
    seed: int = 0,
    *,
    images: int = 30,
    units: Sequence[int] = (0, 20, 40, 60, 80),
    draws: int = 200,
    steps: int = 200,
) -> Company:
    """Normalize the same image among others, drawn at random or of its own class.

    The typical scatter of x̂ halves when the batch grows fourfold, from 4 images on; at 2 images x̂
    is ±1 and nothing else, as long as the two differ by much more than √ε. Single cases depart from
    it. Among its own class a third of the cases changes its sign.

    Args:
        sizes: batch sizes, the image itself included.
        seed: of the network (:func:`weighted_sums`) and of the companies.
        images: how many are looked at.
        units: at which units.
        draws: companies of each size.
        steps: for which the network was trained.

    Returns:
        Scatter and mean of x̂ by batch size and case.
    """
    sums, labels = weighted_sums(seed, steps)[:, list(units)], data.digits(seed).y_train
    random = np.random.default_rng(seed)

    def x_hat_of(image: int, companies: NDArray[np.int64]) -> Floats:
        """Its x̂ in each company, (draws, units)."""
        batch = sums[np.column_stack([np.full(len(companies), image), companies])]
        deviation = batch[:, 0] - batch.mean(1)
        result: Floats = deviation / np.sqrt(batch.var(1) + 1e-5)
        return result

    found = np.empty((len(sizes), images, len(units), draws))
    own = np.empty((images, len(units)))
    for image in range(images):
        others = np.delete(np.arange(len(sums)), image)
        for row, size in enumerate(sizes):
            companies = [random.choice(others, size - 1, replace=False) for _ in range(draws)]
            found[row, image] = x_hat_of(image, np.array(companies)).T
        alike = others[labels[others] == labels[image]]
        own[image] = x_hat_of(image, alike[None, :63])[0]
    cases: Floats = found.reshape(len(sizes), -1, draws)
    everyone = norms.batch_norm(sums, None, None, training=True)[:images].ravel()
    return Company(
        np.array(sizes), cases.std(2), cases.mean(2), cases[:, :, 0], own.ravel(), everyone,
        cases[:, 0],
    )  # fmt: skip


# -- the estimates ---------------------------------------------------------------------------------


class Estimates(NamedTuple):
    """The biased and the unbiased variance of a mini-batch of m, shape (B,) each.

    Attributes:
        sizes: m.
        biased: standard deviation of x̂ if divided by the biased one, as is done.
        unbiased: if divided by the unbiased one: √((m − 1) / m).
        kept: what goes into ``running_var``, divided by the biased variance: m / (m − 1).
        gradient: length of the gradient at x, divided by that at x̂ over the standard deviation of
            the unit; at m = 2 nothing is left of it.
        gradient_unbiased: the same, if divided by the unbiased one.
    """

    sizes: NDArray[np.int64]
    biased: Floats
    unbiased: Floats
    kept: Floats
    gradient: Floats
    gradient_unbiased: Floats


def biased_or_unbiased(
    sizes: Sequence[int] = (2, 3, 4, 8, 16, 64, 256), seed: int = 0, *, units: int = 200
) -> Estimates:
    """Compare both estimates of the variance, over bell curves of spread 1.

    At m = 1 there is neither: x̂ would be 0 whatever comes in, and PyTorch raises.

    Source: Ioffe & Szegedy 2015, algorithm 1 (biased) and algorithm 2, step 10 (unbiased).
    """
    random = np.random.default_rng(seed)
    rows = []
    for m in sizes:
        x, g = torch.from_numpy(random.normal(size=(2, m, units)))
        running_var = torch.ones(units, dtype=torch.float64)
        F.batch_norm(x, torch.zeros_like(running_var), running_var, training=True, momentum=1.0)
        std, row = x.std(0, correction=0), []
        for correction in (0, 1):
            leaf = x.clone().requires_grad_()
            x_hat = (leaf - leaf.mean(0)) / torch.sqrt(leaf.var(0, correction=correction) + 1e-5)
            (grad,) = torch.autograd.grad(x_hat, leaf, g)
            through = (grad * std).norm(dim=0) / g.norm(dim=0)
            row += [x_hat.detach().std(0, correction=0).mean(), through.mean()]
        rows.append([row[0], row[2], (running_var / std**2).mean(), row[1], row[3]])
    return Estimates(np.array(sizes), *np.transpose(rows))


class Settling(NamedTuple):
    """Mean and standard deviation of x̂ in eval mode, after some mini-batches.

    Attributes:
        batches: how many were seen, shape (T,).
        mean: over all training images, by unit, shape (C, T).
        std: the same of the standard deviation, shape (C, T).
    """

    batches: NDArray[np.int64]
    mean: Floats
    std: Floats


def settling(
    momentum: float = 0.1, batches: int = 60, seed: int = 0, *, batch_size: int = 64
) -> Settling:
    """Let running statistics settle on a layer that no longer changes.

    They begin at mean 0 and variance 1. Until they have come to those of the data, x̂ in eval mode
    has another mean than 0 and another standard deviation than 1.

    Args:
        momentum: the share of the new batch.
        batches: how many random mini-batches are seen.
        seed: of the network (:func:`weighted_sums`) and of the batches.
        batch_size: images in each.

    Returns:
        Mean and standard deviation of x̂ by unit, before the first batch and after each.
    """
    sums, random = weighted_sums(seed), np.random.default_rng(seed)
    running_mean, running_var = np.zeros(sums.shape[1]), np.ones(sums.shape[1])
    rows = []
    for _ in range(batches + 1):
        std = np.sqrt(running_var + 1e-5)
        rows.append([(sums.mean(0) - running_mean) / std, sums.std(0) / std])
        batch = sums[random.choice(len(sums), batch_size, replace=False)]
        norms.batch_norm(batch, running_mean, running_var, training=True, momentum=momentum)
    mean, std = np.array(rows).transpose(1, 2, 0)
    return Settling(np.arange(batches + 1), mean, std)


class WhoseStatistics(NamedTuple):
    """Test accuracy of networks that learn from mini-batches normalized by these statistics.

    Attributes:
        batch_sizes: shape (B,).
        steps: when it was measured, shape (T,).
        own: normalized by the mini-batch itself, shape (B, S, T).
        all: by all training images, shape (B, S, T).
        none: without BN, shape (B, S, T).
    """

    batch_sizes: NDArray[np.int64]
    steps: NDArray[np.int64]
    own: Floats
    all: Floats
    none: Floats


def whose_statistics(
    batch_sizes: Sequence[int] = (2, 4, 64),
    seeds: Sequence[int] = range(2),
    *,
    steps: int = 120,
    eval_every: int = 20,
    lr: float = 0.1,
    hidden: Sequence[int] = (100, 100),
) -> WhoseStatistics:
    """Learn from a mini-batch that is normalized by itself, or by all training images.

    At batch size 64 there is no difference to see; at 2 the own statistics fail, and those of all
    images do not. The second costs a pass over all images a step: an experiment, not a method.
    Either way the test images are normalized by their own 500.

    Args:
        batch_sizes: images whose loss is in a step.
        seeds: of split, weights and order.
        steps: updates.
        eval_every: updates between two measurements.
        lr: learning rate of SGD.
        hidden: widths of the hidden layers.

    Returns:
        Accuracies by batch size, seed and step.
    """
    at = np.arange(0, steps + 1, eval_every)
    found = np.zeros((3, len(batch_sizes), len(seeds), len(at)))
    for row, batch_size in enumerate(batch_sizes):
        for column, seed in enumerate(seeds):
            x, y, x_test, y_test = digits(seed)
            for which, norm in enumerate(("batch", "batch", None)):
                model = mlp((64, *hidden, 10), norm=norm, seed=seed).train()
                optimizer = torch.optim.SGD(model.parameters(), lr)
                batches = shuffled_batches(len(x), batch_size, seed)
                for step in range(steps + 1):
                    if step % eval_every == 0:
                        found[which, row, column, step // eval_every] = accuracy(
                            model, x_test, y_test
                        )
                    if step == steps:
                        break
                    batch = next(batches)
                    outputs = model(x)[batch] if which == 1 else model(x[batch])
                    loss = F.cross_entropy(outputs, y[batch])
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
    return WhoseStatistics(np.array(batch_sizes), at, *found)
