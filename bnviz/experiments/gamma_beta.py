"""Chapter 4: what γ and β are needed for.

>>> outcome = spirals({"both": {"norm": "batch"}}, seeds=[0], steps=50)
>>> outcome.steps.tolist(), outcome.accuracy["both"].shape
([50], (1, 1))
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from bnviz import data
from bnviz.experiments.common import Floats, digits
from bnviz.experiments.ensemble import Ensemble
from bnviz.networks import MLP, mlp
from bnviz.training import shuffled_batches, train

__all__ = [
    "KINDS",
    "Passed",
    "Spirals",
    "Widths",
    "boundaries",
    "capacity",
    "on_digits",
    "passed_share",
    "spirals",
    "undone",
    "widths",
]

#: Arguments of ``mlp``, by label: what the networks of the chapter may learn.
KINDS: dict[str, dict[str, Any]] = {
    "straight line": {"hidden": ()},
    "γ, β fixed": {"norm": "batch", "affine": False},
    "β alone": {"norm": "batch", "affine": "bias"},
    "γ alone": {"norm": "batch", "affine": "weight"},
    "γ and β": {"norm": "batch"},
    "without BN": {"norm": None},
}

_POINTS = 600  # to train on, and as many to test with


class Spirals(NamedTuple):
    """What networks made of the two spirals.

    Attributes:
        steps: updates before each measurement, shape (E,).
        accuracy: by label, of 600 fresh points, in eval mode, shape (S, E) for S seeds.
        weight: by label, the learned γ, shape (S, L, C) for L layers of C units; nothing is there
            for networks without BN.
        bias: the same for β.
        networks: by label, the trained networks of all seeds, in eval mode.
    """

    steps: NDArray[np.int64]
    accuracy: dict[str, Floats]
    weight: dict[str, Floats]
    bias: dict[str, Floats]
    networks: dict[str, Ensemble]


def spirals(
    kinds: Mapping[str, Mapping[str, Any]] = KINDS,
    seeds: Sequence[int] = range(5),
    *,
    activation: str = "sigmoid",
    hidden: Sequence[int] = (16, 16),
    steps: int = 1500,
    lr: float = 0.5,
    momentum: float = 0.9,
    batch_size: int | None = 64,
    adam: bool = False,
    all_statistics: bool = False,
    recompute: bool = True,
    every: int = 50,
) -> Spirals:
    """Train small networks to part two spirals, with γ and β learned or not.

    Normalized and not scaled, a sigmoid sees mostly its straight middle: the best line explains
    98 % of σ over a bell curve of spread 1. Trained as here, networks whose γ and β are fixed at
    1 and 0 end near the straight line.

    γ alone or β alone help, each less than both.

    Where it stops: this is what the training finds, not what the network can do; see
    :func:`capacity`. With ReLU, which is bent at any scale, both solve the spirals, and learned γ
    and β are ahead by a point or two. Measured with running statistics, which lag behind at these
    learning rates (``recompute=False``), that difference drowns, and its sign depends on the seed.

    Args:
        kinds: by label, what to change in the arguments of :func:`bnviz.mlp` (``norm``,
            ``affine``), or ``hidden``.
        seeds: of points, weights and order of the batches.
        activation: as of ``mlp``.
        hidden: widths of the hidden layers.
        steps: updates.
        lr: learning rate.
        momentum: of SGD.
        batch_size: points in a batch; None for all of them at every step.
        adam: Adam in place of SGD.
        all_statistics: normalize with the statistics of all points, also where the loss is that
            of a mini-batch.
        recompute: measure with the statistics of all training points in place of the running ones,
            which lag behind where steps are large: another matter, that of chapter 8.
        every: steps between measurements.

    Returns:
        Accuracies over the steps, and the learned γ and β.

    Source: Ioffe & Szegedy 2015, section 3 (the linear regime of the nonlinearity).
    """
    sets = [(*data.spirals(_POINTS, s), *data.spirals(_POINTS, s + 1000)) for s in seeds]
    x, y, x_test, y_test = (torch.from_numpy(np.stack(part)) for part in zip(*sets, strict=True))
    accuracy, weight, bias, trained = {}, {}, {}, {}
    for label, changes in kinds.items():
        options = {"hidden": hidden, "norm": None, **changes}
        sizes = (2, *options.pop("hidden"), 2)
        networks = Ensemble([mlp(sizes, activation, seed=seed, **options) for seed in seeds])
        learned = [parameter for parameter in networks.parameters() if parameter.requires_grad]
        optimizer = (
            torch.optim.Adam(learned, lr) if adam else torch.optim.SGD(learned, lr, momentum)
        )
        batches, each = _batches(seeds, batch_size or _POINTS), torch.arange(len(seeds))[:, None]
        curve = []
        for step in range(1, steps + 1):
            rows = next(batches)
            if all_statistics:
                outputs, labels = networks.train()(x)[each, rows], y[each, rows]
            else:
                outputs, labels = networks.train()(x[each, rows]), y[each, rows]
            # A sum over networks: each has the gradient of its own mean.
            loss = F.cross_entropy(outputs.flatten(0, 1), labels.flatten()) * len(seeds)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if step % every == 0:
                ready = _ready(networks, x if recompute else None)
                curve.append(_accuracy(ready, x_test, y_test))
        accuracy[label] = np.stack(curve, axis=1)
        trained[label] = _ready(networks, x if recompute else None)
        weight[label] = _by_seed([norm.weight for norm in networks.norms], len(seeds))
        bias[label] = _by_seed([norm.bias for norm in networks.norms], len(seeds))
    return Spirals(np.arange(every, steps + 1, every), accuracy, weight, bias, trained)


@torch.no_grad()
def boundaries(
    outcome: Spirals, number: int = 0, *, reach: float = 1.15, cells: int = 100
) -> dict[str, Floats]:
    """The lines on which trained networks cannot tell the two spirals.

    Args:
        outcome: of :func:`spirals`.
        number: which of its seeds, counted from 0.
        reach: the square from -reach to reach is searched.
        cells: of a grid, along each side.

    Returns:
        By label, points of lines, shape (T, 2), with NaN between one line and the next.
    """
    side = np.linspace(-reach, reach, cells + 1)
    plane = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    found = {}
    for label, networks in outcome.networks.items():
        points = torch.from_numpy(plane).float().expand(len(outcome.accuracy[label]), -1, -1)
        margin = networks(points)[number].diff(dim=1).reshape(cells + 1, cells + 1).numpy()
        lines = Figure().add_subplot().contour(side, side, margin, levels=[0.0]).allsegs[0]
        gap = np.full((1, 2), np.nan)
        found[label] = np.concatenate([part for line in lines for part in (line, gap)] or [gap])
    return found


def capacity(
    seeds: Sequence[int] = range(3),
    *,
    batch_size: int | None = None,
    lr: float = 0.03,
    steps: int = 4000,
    every: int = 200,
    **options: Any,
) -> Spirals:
    """The network whose γ and β are fixed, trained otherwise: it can do more.

    With all points at every step it leaves the straight line behind, with Adam and, more slowly,
    with SGD. So what it could not do in :func:`spirals` is a matter of its training, not of what it
    can represent. With mini-batches of 64 or 256 it stays near the line, and the noise of the
    gradient suffices for that: with ``all_statistics`` it stays there too.

    Args:
        seeds: as of ``spirals``.
        batch_size: points in a batch; None for all of them at every step.
        lr: learning rate.
        steps: updates.
        every: steps between measurements.
        options: as of ``spirals``; Adam unless they say otherwise.
    """
    fixed = {"γ, β fixed": KINDS["γ, β fixed"]}
    options = {"adam": True, "lr": lr, "steps": steps, "every": every, **options}
    return spirals(fixed, seeds, batch_size=batch_size, **options)


def on_digits(
    kinds: Mapping[str, Mapping[str, Any]] = KINDS,
    seeds: Sequence[int] = range(3),
    *,
    activation: str = "sigmoid",
    hidden: Sequence[int] = (100, 100),
    steps: int = 600,
    lr: float = 0.5,
) -> dict[str, Floats]:
    """Test accuracy of the same kinds of networks on digits, shape (S,) a label.

    It tells nothing of γ and β: a straight line recognizes digits nearly as well.
    """
    result: dict[str, list[float]] = {label: [] for label in kinds}
    for seed in seeds:
        split = data.digits(seed)
        networks = {}
        for label, changes in kinds.items():
            options = {"hidden": hidden, "norm": None, **changes}
            sizes = (64, *options.pop("hidden"), 10)
            networks[label] = mlp(sizes, activation, seed=seed, **options)
        runs = train(
            networks, steps, data=split, lr=lr, batch_size=64, seed=seed,
            **{"eval_every": steps, "record": False, "progress": False},
        )  # fmt: skip
        for label, run in runs.items():
            result[label].append(run.accuracy[-1])
    return {label: np.array(values) for label, values in result.items()}


class Widths(NamedTuple):
    """What a unit's standard deviation does when the layer below is scaled, shape (F,) each.

    Attributes:
        before: of the values that enter batch normalization.
        training: of those that leave it, in training mode.
        evaluation: the same in eval mode, with running statistics from before the scaling.
    """

    before: Floats
    training: Floats
    evaluation: Floats


@torch.no_grad()
def widths(
    factors: Sequence[float] | Floats, weight: float = 2.0, *, seed: int = 0, batch_size: int = 64
) -> Widths:
    """Multiply weights and biases of the layer below; how wide are a unit's values then?

    In training mode they are as wide as |γ| says, until they are as small as ε. In eval mode
    they are as wide as the layer below makes them.

    Args:
        factors: on the layer below, an untrained one that sees digits, shape (F,).
        weight: γ.
        seed: of the weights and the mini-batch.
        batch_size: images in the mini-batch.
    """
    every, norm = _of_an_untrained_layer(seed)
    nn.init.constant_(norm.weight, weight)
    norm.momentum = None  # a plain average over the batches
    order = shuffled_batches(len(every), batch_size, seed)
    for rows in (next(order) for _ in range(len(every) // batch_size)):
        norm(every[rows])
    z = every[next(order)]
    rows_of = []
    for factor in factors:
        kept = copy.deepcopy(norm)  # a pass in training mode moves the running statistics
        outputs = (factor * z, kept.eval()(factor * z), kept.train()(factor * z))
        rows_of.append([float(values[:, 0].std(correction=0)) for values in outputs])
    before, evaluation, training = np.array(rows_of).T
    return Widths(before, training, evaluation)


@torch.no_grad()
def undone(batch_sizes: Sequence[int], *, seed: int = 0, draws: int = 50) -> Floats:
    """γ and β that undo the normalization of all training images; what if only a few come?

    Then mean and standard deviation of the mini-batch are not those that γ and β undo.

    Args:
        batch_sizes: of the mini-batches, B of them.
        seed: of an untrained layer, and of the mini-batches.
        draws: mini-batches of each size.

    Returns:
        Root mean square of what is not undone, in standard deviations of the unit, median over
        units, shape (B,). In training mode.
    """
    z, norm = _of_an_untrained_layer(seed)
    norm.weight.copy_((z.var(0, correction=0) + norm.eps).sqrt())
    norm.bias.copy_(z.mean(0))
    left = []
    for size in batch_sizes:
        order = shuffled_batches(len(z), size, seed)
        batches = [z[next(order)] for _ in range(draws)]
        error = torch.stack([norm(batch) - batch for batch in batches]).square().mean((0, 1))
        left.append(float((error.sqrt() / z.std(0)).median()))
    return np.array(left)


class Passed(NamedTuple):
    """What each unit of the last hidden layer lets through its ReLU, shape (S, C) each.

    Attributes:
        measured: share of the training samples whose value is above 0, in training mode.
        predicted: Φ(β / |γ|), what it would be if x̂ were a bell curve.
        mirrored: the measured share if every γ had the other sign.
        skewness: of x̂; positive with a long tail to the right.
    """

    measured: Floats
    predicted: Floats
    mirrored: Floats
    skewness: Floats


def passed_share(
    seeds: Sequence[int] = range(3),
    *,
    task: str = "digits",
    hidden: Sequence[int] | None = None,
    steps: int = 500,
    lr: float = 0.1,
) -> Passed:
    """Train ReLU networks with BN; how much do the last layer's ReLUs pass?

    Half at the start. With training, units pass less than half on average. On the digits β says a
    little more than half: what decides there is the shape of x̂, which β and γ do not change. On the
    spirals β sinks too, and yet a good part of the units passes more than half.

    Args:
        seeds: of data, weights and order of the batches.
        task: "digits" or "spirals".
        hidden: widths of the hidden layers; three of 100 on digits, two of 16 on the spirals.
        steps: updates, of 64 samples each.
        lr: learning rate.
    """
    tables = []
    for seed in seeds:
        if task == "digits":
            samples = tuple(data.digits(seed))
            sizes, momentum = (64, *(hidden or (100, 100, 100)), 10), 0.0
        else:
            samples = (*data.spirals(_POINTS, seed), *data.spirals(_POINTS, seed + 1000))
            sizes, momentum = (2, *(hidden or (16, 16)), 2), 0.9
        model = mlp(sizes, norm="batch", seed=seed)
        if steps:
            train(
                model, steps, data=samples, lr=lr, momentum=momentum, batch_size=64, seed=seed,
                **{"eval_every": steps, "record": False, "progress": False},
            )  # fmt: skip
        tables.append(_of_last_relu(model, torch.from_numpy(samples[0])))
    return Passed(*np.swapaxes(tables, 0, 1))


@torch.no_grad()
def _of_last_relu(model: MLP, x: Tensor) -> Floats:
    last = len(model) - 1  # the output layer is no hidden one, and counting begins at 1
    norm = model.get_submodule(f"hidden{last}.norm")
    outputs: list[Tensor] = []
    watch = norm.register_forward_hook(lambda _, inputs, y: outputs.append(y.double()))
    model.train()(x)
    watch.remove()
    weight, bias = (norm.get_parameter(name).double() for name in ("weight", "bias"))
    (y,) = outputs
    x_hat = (y - bias) / weight
    share = (y > 0).double().mean(0)
    predicted = torch.special.ndtr(bias / weight.abs())
    mirrored = (bias - weight * x_hat > 0).double().mean(0)
    passed: Floats = torch.stack([share, predicted, mirrored, (x_hat**3).mean(0)]).numpy()
    return passed


def _of_an_untrained_layer(seed: int) -> tuple[Tensor, nn.BatchNorm1d]:
    """What a first layer of 100 units makes of the training images, and a norm to stand behind."""
    linear = mlp((64, 100, 10), seed=seed).get_submodule("hidden1.linear").double()
    return linear(digits(seed)[0].double()), nn.BatchNorm1d(100, dtype=torch.float64)


def _batches(seeds: Sequence[int], batch_size: int) -> Iterator[Tensor]:
    """Rows (S, N) of batch after batch, without end, each seed in its own order."""
    orders = [shuffled_batches(_POINTS, batch_size, seed) for seed in seeds]
    return map(torch.stack, zip(*orders, strict=True))


@torch.no_grad()
def _ready(networks: Ensemble, x: Tensor | None) -> Ensemble:
    """A copy in eval mode, with the statistics of all of x if it is given."""
    networks = copy.deepcopy(networks)
    if x is not None:
        for norm in networks.train().norms:
            norm.momentum = 1.0
        networks(x)
    return networks.eval()


@torch.no_grad()
def _accuracy(networks: Ensemble, x: Tensor, y: Tensor) -> Floats:
    share: Floats = (networks(x).argmax(2) == y).double().mean(1).numpy()
    return share


def _by_seed(parameters: Sequence[Tensor], seeds: int) -> Floats:
    layers = [p.detach().double().reshape(seeds, -1).numpy() for p in parameters]
    return np.stack(layers, axis=1) if layers else np.zeros((seeds, 0, 0))
