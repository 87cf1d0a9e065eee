"""Test images of another kind than those of the training: who notices, and what mends it.

>>> accuracy_by_change("faded", (0.0, 0.7), ["layer norm"], seeds=[0], steps=5)["layer norm"].shape
(1, 2)
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bnviz.experiments.common import Floats
from bnviz.experiments.ensemble import BatchNorm
from bnviz.experiments.limits.together import (
    NORMS,
    accuracies,
    fully_connected,
    images,
    learn,
)

__all__ = [
    "CHANGES",
    "STRENGTHS",
    "Adapted",
    "accuracy_by_change",
    "accuracy_under_attack",
    "adapted",
    "classes_seen",
]

STRENGTHS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)

#: What becomes of images x (E, 64, n) at a strength from 0 to 1; u is uniform noise for each image
#: (E, 1, n), z normal noise for each pixel.
CHANGES: Mapping[str, Callable[[Tensor, float, Tensor, Tensor], Tensor]] = {
    "lightened": lambda x, s, u, z: x + s,
    "faded": lambda x, s, u, z: (1 - s) * x,
    "more contrast": lambda x, s, u, z: (1 + 4 * s) * x,
    "noise": lambda x, s, u, z: x + s * z,
    "each lightened differently": lambda x, s, u, z: x + s * (2 * u - 1),
    "each faded differently": lambda x, s, u, z: (1 - s * u) * x,
    "towards the negative": lambda x, s, u, z: (1 - 2 * s) * x + s,
}


def changed(x: Tensor, change: str, strength: float) -> Tensor:
    """The images after a change of this strength; the same noise each time."""
    random = torch.Generator().manual_seed(12)
    noise = (
        torch.rand(*x.shape[::2], generator=random)[:, None],
        torch.randn(x.shape, generator=random),
    )
    return CHANGES[change](x, strength, *noise)


def accuracy_by_change(
    change: str,
    strengths: Sequence[float] = STRENGTHS,
    norms: Sequence[str] = tuple(NORMS),
    seeds: Sequence[int] = range(5),
    *,
    steps: int = 150,
    lr: float = 0.05,
    hidden: Sequence[int] = (100, 100),
) -> dict[str, Floats]:
    """Train on the images as they are, test on changed ones, in eval mode.

    Where all images fade, lighten or gain contrast together, batch norm loses more than the others:
    its statistics are those of the training. Pixel noise takes nearly as much from each. So it is
    with one layer at a rate of 0.2, and with four at 0.05 after 400 steps; lightened, layer norm
    falls as far in some seeds. At an extreme strength, where nothing is left to see, all fail.

    Args:
        change: of :data:`CHANGES`.
        strengths: K of them, from 0 to 1.
        norms: of ``together.NORMS``.
        seeds: of split, weights and order.
        steps: updates, of 64 images.
        lr: learning rate.
        hidden: widths of the layers.

    Returns:
        By norm, the test accuracy, shape (S, K).
    """
    _, _, x, y = images(seeds)
    sets = [changed(x, change, strength) for strength in strengths]
    models = {norm: _trained(norm, seeds, steps, lr, hidden) for norm in norms}
    return {norm: _of_each_set(model, sets, y) for norm, model in models.items()}


def accuracy_under_attack(
    sizes: Sequence[float] = (0.0, 0.02, 0.05, 0.1),
    norms: Sequence[str] = tuple(NORMS),
    seeds: Sequence[int] = range(5),
    *,
    steps: int = 150,
    lr: float = 0.05,
    hidden: Sequence[int] = (100, 100),
) -> dict[str, Floats]:
    """Move each pixel of the test images one step, up or down, as raises the loss; in eval mode.

    Trained for as many steps, batch norm is ahead of no norm: with one, two and four layers, in
    batches of 16 to 256; as it is on the images as they are. Stopped where both name as many of
    those, either is ahead at the largest size: it hangs on the rate, the depth, the optimizer's
    momentum (here 0.9; without it the order may turn), and on how good they are by then.

    Args:
        sizes: of the step, K of them; pixels run from 0 to 1, and stay in that range.
        norms: of ``together.NORMS``.
        seeds: of split, weights and order.
        steps: updates, of 64 images.
        lr: learning rate.
        hidden: widths of the layers.

    Returns:
        By norm, the test accuracy, shape (S, K).

    Source: Goodfellow, Shlens & Szegedy 2015 (the fast gradient sign method).
    """
    _, _, x, y = images(seeds)
    found = {}
    for norm in norms:
        model = _trained(norm, seeds, steps, lr, hidden)
        pixels = x.clone().requires_grad_()
        loss = F.cross_entropy(model(pixels).transpose(1, 2).flatten(0, 1), y.flatten())
        (gradient,) = torch.autograd.grad(loss, pixels)
        attacked = [(x + size * gradient.sign()).clamp(0, 1) for size in sizes]
        found[norm] = _of_each_set(model, attacked, y)
    return found


class Adapted(NamedTuple):
    """Test accuracy of batch norm in eval mode, shape (S, K).

    Attributes:
        training: with the running statistics of the training.
        recomputed: with those of the new images themselves.
    """

    training: Floats
    recomputed: Floats


def adapted(
    change: str,
    strengths: Sequence[float] = STRENGTHS,
    seeds: Sequence[int] = range(5),
    *,
    steps: int = 150,
    lr: float = 0.05,
    hidden: Sequence[int] = (100, 100),
) -> Adapted:
    """Give the layers the statistics of the changed test images, and no label (AdaBN).

    What is done to all images alike, a factor and an offset, is divided out in the first layer. It
    helps little or not at all against pixel noise, changes that differ from image to image, and
    beyond the middle of the way to the negative, where x̂ changes its sign.

    Args:
        change: of :data:`CHANGES`.
        strengths: K of them, from 0 to 1.
        seeds: of split, weights and order.
        steps: updates, of 64 images.
        lr: learning rate.
        hidden: widths of the layers.

    Source: Li et al. 2018.
    """
    _, _, x, y = images(seeds)
    model = _trained("batch norm", seeds, steps, lr, hidden)
    both = []
    for strength in strengths:
        new = changed(x, change, strength)
        both.append([accuracies(model, new, y), accuracies(_with_statistics(model, new), new, y)])
    return Adapted(*np.array(both).transpose(1, 2, 0))


def classes_seen(
    counts: Sequence[int] = (1, 2, 3, 5, 10),
    contrast: float = 0.3,
    seeds: Sequence[int] = range(5),
    *,
    draws: int = 10,
    steps: int = 150,
    lr: float = 0.05,
) -> Adapted:
    """As :func:`adapted`, where the new images show only a few of the ten digits.

    With few classes the statistics of the new images are no longer those of the training, even of
    images that did not change. With one, each layer is centered on this class, and what told it
    from the others is subtracted.

    Args:
        counts: of classes among the new images, K of them.
        contrast: of the new images; 1 for unchanged ones.
        seeds: of split, weights and order.
        draws: sets of classes, over which the accuracy is averaged.
        steps: updates, of 64 images.
        lr: learning rate.
    """
    _, _, x, y = images(seeds)
    model = _trained("batch norm", tuple(seeds), steps, lr, (100, 100))
    found = np.zeros((2, len(counts), len(seeds)))
    random = np.random.default_rng(12)
    for place, count in enumerate(counts):
        for draw in range(draws):
            first = [draw % 10]  # so that each digit is met as often
            others = random.permutation(np.delete(np.arange(10), first))[: count - 1]
            some = torch.from_numpy(np.concatenate([first, others]))
            seen = torch.isin(y, some)
            rows = torch.stack([of.nonzero()[: int(seen.sum(1).min()), 0] for of in seen])
            new = contrast * x.gather(2, rows[:, None].expand(-1, 64, -1))
            labels = y.gather(1, rows)
            for which, one in enumerate((model, _with_statistics(model, new))):
                found[which, place] += accuracies(one, new, labels) / draws
    return Adapted(*found.transpose(0, 2, 1))


def _trained(
    norm: str, seeds: Sequence[int], steps: int, lr: float, hidden: Sequence[int]
) -> nn.Module:
    """Networks in eval mode, made once for all that is asked of them."""
    key = (norm, tuple(seeds), steps, lr, tuple(hidden))
    if key not in _KEPT:
        x, y, *_ = images(seeds)
        model = fully_connected(NORMS[norm], seeds, hidden)
        _KEPT[key] = learn(model, x, y, seeds, steps=steps, lr=lr)
    return _KEPT[key]


_KEPT: dict[tuple[object, ...], nn.Module] = {}


def _of_each_set(model: nn.Module, sets: Sequence[Tensor], y: Tensor) -> Floats:
    """The accuracy of S networks on each of K sets of their test images, shape (S, K)."""
    return np.stack([accuracies(model, x, y) for x in sets], 1)


@torch.no_grad()
def _with_statistics(model: nn.Module, x: Tensor) -> nn.Module:
    """A copy in eval mode whose running statistics are those of the images ``x``."""
    model = copy.deepcopy(model).train()
    for module in model.modules():
        if isinstance(module, BatchNorm):
            module.momentum = 1.0
    model(x)
    return model.eval()
