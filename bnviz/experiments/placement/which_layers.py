"""In which layer a network needs batch normalization most."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial
from itertools import count

import numpy as np
import torch.nn.functional as F
from torch import nn

from bnviz.experiments.common import Floats, digits, steps_of_each
from bnviz.networks import MLP, mlp

__all__ = ["first_gradients", "in_one_layer"]


def in_one_layer(
    seeds: Sequence[int] = range(3),
    *,
    activation: str = "sigmoid",
    depth: int = 3,
    init: float | str = 0.1,
    lr: float = 0.5,
    goal: float = 0.9,
    steps: int = 400,
    eval_every: int = 10,
) -> dict[str, Floats]:
    """Count the steps to a test accuracy, with BN in none, in one or in all of the hidden layers.

    From small weights the norm helps most in the last hidden layer, closely followed by the one
    before it, and least in the first. Where it stops: from an easy start (Kaiming's for ReLU,
    weights of 1 for sigmoids) the places differ little. In eight layers of ReLU at a rate of 0.3,
    from weights of 0.02 or with 50 units, no single norm is enough within 300 steps (but now and
    then one in the middle).

    Args:
        seeds: of split, weights and order.
        activation: as of :func:`bnviz.mlp`.
        depth: number of hidden layers of 100.
        init: as of ``mlp``.
        lr: learning rate of SGD, at batches of 60.
        goal: test accuracy.
        steps: updates at most.
        eval_every: steps between measurements.

    Returns:
        By layer ("none", "first", "middle", "last", "all"), steps of shape (S,); NaN where
        ``steps`` were not enough.
    """
    networks = partial(_networks, depth=depth, activation=activation, init=init)
    return steps_of_each(networks, seeds, goal, steps, lr=lr, eval_every=eval_every)


def first_gradients(
    seeds: Sequence[int] = range(3),
    *,
    activation: str = "sigmoid",
    depth: int = 3,
    init: float | str = 0.1,
    batch_size: int = 60,
) -> dict[str, Floats]:
    """Measure, before the first step, the gradient at the weights of the first hidden layer.

    Args:
        seeds: of split and weights.
        activation: as of :func:`bnviz.mlp`.
        depth: number of hidden layers of 100.
        init: as of ``mlp``.
        batch_size: training images in the loss.

    Returns:
        By layer, the norm of the gradient, shape (S,).
    """
    found: dict[str, list[float]] = {}
    for seed in seeds:
        x, y, *_ = digits(seed)
        for place, model in _networks(seed, depth, activation, init).items():
            F.cross_entropy(model(x[:batch_size]), y[:batch_size]).backward()
            gradient = model.hidden[0].linear.weight.grad
            assert gradient is not None
            found.setdefault(place, []).append(float(gradient.norm()))
    return {place: np.array(norms) for place, norms in found.items()}


def _networks(seed: int, depth: int, activation: str, init: float | str) -> dict[str, MLP]:
    """By the layers that have the norm, networks of the same weights."""
    alone = {"first": (1,), "middle": ((depth + 1) // 2,), "last": (depth,)}
    places: dict[str, Collection[int]] = {"none": (), **alone, "all": range(1, depth + 1)}
    sizes = (64, *[100] * depth, 10)
    return {
        place: mlp(sizes, activation, norm=_only_in(normed), init=init, seed=seed)
        for place, normed in places.items()
    }


def _only_in(normed: Collection[int]) -> Callable[[int], nn.Module]:
    """Make a norm for these layers, counted from 1, and none for the others."""
    layers = count(1)  # norms are made from the first layer to the last

    def norm(units: int) -> nn.Module:
        return nn.BatchNorm1d(units) if next(layers) in normed else nn.Identity()

    return norm
