"""Many small networks that run and learn as one: a batched product costs little more than a plain.

>>> from bnviz.networks import mlp
>>> networks = [mlp((2, 16, 2), "tanh", norm="batch", seed=seed) for seed in range(3)]
>>> Ensemble(networks)(torch.zeros(3, 5, 2)).shape
torch.Size([3, 5, 2])
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import torch
from torch import Tensor, nn

from bnviz.experiments.common import digits
from bnviz.networks import MLP
from bnviz.training import shuffled_batches

__all__ = ["BatchNorm", "Ensemble", "Linear", "batches_of_each", "digits_of_each", "layer_of_each"]

Module = TypeVar("Module", bound=nn.Module)


class Ensemble(nn.Module):
    """Networks of one shape side by side, each on its own data.

    Every network computes and learns as it would alone: sum their losses, and an optimizer that
    treats each number by itself, such as SGD or Adam, trains each one as before.

    Args:
        models: from :func:`bnviz.mlp`, with the same arguments but for the seed. The norm is
            "batch" or None, before the activation.
    """

    def __init__(self, models: Sequence[MLP]) -> None:
        super().__init__()
        self.blocks = nn.ModuleList()
        for alike in zip(*(model.hidden for model in models), strict=True):
            self.blocks.append(Linear([block.linear for block in alike]))
            norms = [block.norm for block in alike if isinstance(block.norm, nn.BatchNorm1d)]
            if norms:
                self.blocks.append(_side_by_side(norms))
            self.blocks.append(copy.deepcopy(alike[0].activation))
        self.blocks.append(Linear([model.output for model in models]))

    @property
    def norms(self) -> list[BatchNorm]:
        """The batch norms, from the first layer to the last."""
        return [block for block in self.blocks if isinstance(block, BatchNorm)]

    def forward(self, x: Tensor) -> Tensor:
        """Map inputs (E, N, C) of E networks to their outputs."""
        x = x.transpose(1, 2)  # samples last: so all networks' units stand in a row, see BatchNorm
        for block in self.blocks:
            x = block(x)
        return x.transpose(1, 2)


def digits_of_each(seeds: Sequence[int]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The digits of each seed's split: x (E, n, 64), y (E, n), and those of the test.

    >>> [tuple(part.shape) for part in digits_of_each([0, 1])]
    [(2, 1297, 64), (2, 1297), (2, 500, 64), (2, 500)]
    """
    parts = zip(*(digits(seed) for seed in seeds), strict=True)
    x, y, x_test, y_test = map(torch.stack, parts)
    return x, y, x_test, y_test


def batches_of_each(seeds: Sequence[int], examples: int, batch_size: int) -> Iterator[Tensor]:
    """Rows (E, N) of batch after batch, without end, for each seed in its own order.

    >>> next(batches_of_each([0, 1], examples=600, batch_size=64)).shape
    torch.Size([2, 64])
    """
    orders = [shuffled_batches(examples, batch_size, seed) for seed in seeds]
    return map(torch.stack, zip(*orders, strict=True))


def layer_of_each(seeds: Sequence[int], place: int, make: Callable[[], Module]) -> list[Module]:
    """Draw a layer for each seed, the same whatever other seeds there are.

    Args:
        seeds: one for each network.
        place: of the layer in its network: each draws other weights.
        make: a new layer.
    """
    layers = []
    with torch.random.fork_rng(devices=[]):
        for seed in seeds:
            torch.manual_seed(1000 * seed + place)
            layers.append(make())
    return layers


class Linear(nn.Module):
    """A linear layer for each network: (E, inputs, N) → (E, outputs, N).

    Args:
        modules: E layers of one shape, all with a bias or all without.

    Attributes:
        weight: shape (E, outputs, inputs).
        bias: shape (E, outputs, 1), or None.
    """

    def __init__(self, modules: Sequence[nn.Linear]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.stack([m.weight.detach() for m in modules]))
        self.bias = None
        if modules[0].bias is not None:
            self.bias = nn.Parameter(torch.stack([m.bias.detach() for m in modules])[..., None])

    def forward(self, x: Tensor) -> Tensor:
        """Multiply each network's inputs by its weights."""
        return self.weight @ x if self.bias is None else torch.baddbmm(self.bias, self.weight, x)


class BatchNorm(nn.BatchNorm1d):
    """Batch norm of each network: one over the units of all, which know nothing of each other.

    Args:
        nets: how many networks, E.
        width: units of each, C.
        eps: as PyTorch's.
    """

    def __init__(self, nets: int, width: int, eps: float = 1e-5) -> None:
        super().__init__(nets * width, eps)

    def forward(self, x: Tensor) -> Tensor:
        """(E, C, N), with statistics over N."""
        return super().forward(x.reshape(1, -1, x.shape[-1])).view_as(x)


def _side_by_side(modules: Sequence[nn.BatchNorm1d]) -> BatchNorm:
    """Their weights and biases in one; what no optimizer may change stays so."""
    first = modules[0]
    together = BatchNorm(len(modules), first.num_features, first.eps)
    together.to(next(first.buffers()).dtype)
    for name, own in together.named_parameters():
        alike = [getattr(m, name) for m in modules]
        own.requires_grad_(alike[0] is not None and alike[0].requires_grad)
        if alike[0] is not None:  # else γ = 1 and β = 0, and they stay so
            own.data = torch.cat([p.detach() for p in alike])
    return together
