"""The same network at the same learning rate: is BN the faster one?

>>> at_rates((0.01, 0.1), seeds=[0], at=(0, 2))["with BN"].shape
(2, 1, 2)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from bnviz.experiments.common import Floats
from bnviz.experiments.why_it_works.together import Together

__all__ = ["at_rates"]


def at_rates(
    rates: Sequence[float] = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0),
    seeds: Sequence[int] = range(3),
    *,
    activation: str = "relu",
    depth: int = 5,
    init: float | str | None = "kaiming",
    at: Sequence[int] = (0, 10, 20, 30, 50, 75, 100),
) -> dict[str, Floats]:
    """Train at several learning rates, all side by side.

    Five layers of ReLU get from BN a lead of some points at 0.01, three of about ten. Six get
    hardly one there, eight and ten layers fall behind with it. At 1 only those with BN learn.

    Args:
        rates: learning rates of SGD, at batches of 60.
        seeds: of split, weights and order.
        activation: as of :func:`bnviz.mlp`.
        depth: number of hidden layers of 100.
        init: as of ``mlp``.
        at: updates before each measurement of the accuracy; T of them, ascending.

    Returns:
        By label, accuracy on the test set in eval mode, shape (R, S, T).

    Source: the question is that of Bjorck et al. 2018, section 3.
    """
    found = {}
    every = torch.tensor(np.repeat(rates, len(seeds)))
    for label, norm in (("without BN", None), ("with BN", "batch")):
        networks = Together(
            [*seeds] * len(rates),
            norm=norm,
            hidden=[100] * depth,
            activation=activation,
            inits=init,
        )
        table = []
        for step in range(max(at) + 1):
            if step in at:
                table.append(networks.accuracy().reshape(len(rates), len(seeds)))
            _, gradient = networks.gradient(*networks.next_batch())
            networks.step(gradient, every)
        found[label] = np.stack(table, axis=-1)
    return found
