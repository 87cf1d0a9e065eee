"""Images that come in otherwise than in training."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from bnviz import data
from bnviz.experiments.common import Floats, accuracy, digits, train_quietly
from bnviz.networks import mlp

__all__ = ["SHIFTS", "pale_and_noisy"]


def _moved(x: Tensor) -> Tensor:
    """Every image one pixel to the right."""
    return F.pad(x.view(-1, 8, 8), (1, 0))[..., :8].flatten(1)


def _noisy(strength: float) -> Callable[[Tensor], Tensor]:
    noise = torch.Generator()
    return lambda x: x + strength * torch.randn(x.shape, generator=noise.manual_seed(0))


#: By label, how the test images differ from those of training.
SHIFTS: dict[str, Callable[[Tensor], Tensor]] = {
    "as in training": lambda x: x,
    "contrast × 0.6": lambda x: 0.6 * x,
    "contrast × 0.3": lambda x: 0.3 * x,
    "noise 0.2": _noisy(0.2),
    "noise 0.4": _noisy(0.4),
    "one pixel to the right": _moved,
}


def pale_and_noisy(
    seeds: Sequence[int] = range(5),
    shifts: Mapping[str, Callable[[Tensor], Tensor]] = SHIFTS,
    *,
    activation: str = "relu",
    hidden: Sequence[int] = (100, 100),
    steps: int = 300,
    lr: float = 0.05,
    momentum: float = 0.9,
) -> dict[str, dict[str, Floats]]:
    """Test twins on images that come in pale, noisy or moved.

    Running statistics are those of the training images: with BN, ReLU networks recognize pale
    images worse than without. The statistics of the pale images themselves mend that. It holds for
    contrast; noise and movement hurt both about alike, and own statistics do not help.

    Where it stops: with sigmoids, trained with momentum, either network may be the worse one.

    Args:
        seeds: of split, weights, batches.
        shifts: what is done to the test images (N, 64), by label.
        activation: as of :func:`bnviz.mlp`.
        hidden: widths of the hidden layers.
        steps: updates.
        lr: learning rate of SGD.
        momentum: of SGD.

    Returns:
        By shift and label ("without BN", "with BN", "with BN, own statistics"), the test accuracy,
        shape (S,).

    Source: own statistics at test time: Li et al. 2016, Revisiting Batch Normalization For
    Practical Domain Adaptation.
    """
    kinds = "without BN", "with BN", "with BN, own statistics"
    found: dict[str, dict[str, list[float]]] = {s: {kind: [] for kind in kinds} for s in shifts}
    for seed in seeds:
        _, _, x, y = digits(seed)
        sizes = (64, *hidden, 10)
        plain, bn = (mlp(sizes, activation, norm=norm, seed=seed) for norm in (None, "batch"))
        train_quietly(
            {"plain": plain, "bn": bn},
            steps,
            data=data.digits(seed),
            lr=lr,
            momentum=momentum,
            batch_size=64,
            seed=seed,
        )
        for name, shift in shifts.items():
            for kind, model in zip(kinds[:2], (plain, bn), strict=True):
                found[name][kind].append(accuracy(model.eval(), shift(x), y))
        kept = {key: value.clone() for key, value in bn.state_dict().items()}
        for name, shift in shifts.items():
            found[name][kinds[2]].append(accuracy(bn.train(), shift(x), y))
        bn.load_state_dict(kept)
    return {s: {k: np.array(v) for k, v in table.items()} for s, table in found.items()}
