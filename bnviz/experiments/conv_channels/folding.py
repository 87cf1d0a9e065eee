"""Batch normalization with fixed statistics, folded into a convolution beside it."""

from __future__ import annotations

import copy
import functools
import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from bnviz import data
from bnviz.experiments.common import Floats
from bnviz.experiments.conv_channels.networks import conv_net, trained

__all__ = ["Folded", "TimeSaved", "fold_after", "fold_before", "folded", "time_saved"]


@torch.no_grad()
def fold_after(conv: nn.Conv2d, bn: nn.BatchNorm2d) -> nn.Conv2d:
    """A convolution that does what ``conv`` and then ``bn`` in eval mode do.

    Source: the same is done by ``torch.nn.utils.fusion.fuse_conv_bn_eval``.

    >>> fold_after(nn.Conv2d(1, 4, 3, bias=False), nn.BatchNorm2d(4)).bias.shape
    torch.Size([4])
    """
    scale, shift = _affine(bn)
    bias = 0 if conv.bias is None else conv.bias
    return _with(conv, scale[:, None, None, None] * conv.weight, scale * bias + shift)


@torch.no_grad()
def fold_before(bn: nn.BatchNorm2d, conv: nn.Conv2d) -> nn.Conv2d:
    """A convolution that does what ``bn`` in eval mode and then ``conv`` do, without padding.

    The zeros of a padding are put in after ``bn``; folded, they stand before it. So the two differ
    wherever the filter reaches over the border.
    """
    scale, shift = _affine(bn)
    bias = torch.zeros(conv.out_channels) if conv.bias is None else conv.bias
    constant = (conv.weight * shift[:, None, None]).sum((1, 2, 3))
    return _with(conv, conv.weight * scale[:, None, None], bias + constant)


class Folded(NamedTuple):
    """Largest difference between the outputs before and after folding; shape (S,) each.

    All in units of the standard deviation of the output.

    Attributes:
        after: the norm stands after the convolution.
        before_inside: it stands before; places where the filter stays inside of the map.
        before_border: places where it reaches over the border, into zeros.
    """

    after: Floats
    before_inside: Floats
    before_border: Floats


@torch.no_grad()
def folded(seeds: Sequence[int] = range(5), *, training: bool = False, steps: int = 60) -> Folded:
    """Fold the norms of trained networks, and compare on 64 test images.

    Args:
        seeds: of the networks.
        training: the network that is compared with is in training mode. It then normalizes by the
            mini-batch, which no fixed filter can.
        steps: of training.
    """
    rows = []
    for seed in seeds:
        model = _network(seed, steps)
        first, norm, _, second = list(model)[:4]
        assert isinstance(first, nn.Conv2d) and isinstance(second, nn.Conv2d)
        assert isinstance(norm, nn.BatchNorm2d)
        x = torch.from_numpy(data.as_maps(data.digits(seed)).x_test[:64])
        kept = copy.deepcopy(norm).train(training)
        after = _difference(norm_last := kept(first(x)), fold_after(first, norm)(x))
        # Without the ReLU in between, as where a norm stands before a convolution.
        sums = first(x)
        before = _difference(second(norm_last), fold_before(norm, second)(sums))
        inside = before[:, :, 1:-1, 1:-1].clone()
        before[:, :, 1:-1, 1:-1] = 0
        rows.append([float(part.max()) for part in (after, inside, before)])
    return Folded(*np.array(rows).T)


class TimeSaved(NamedTuple):
    """What folding saves, on the machine that measured it.

    Attributes:
        channels: into and out of the convolution, shape (C,).
        ratio: time with batch norm, divided by the time folded; shape (C, R) for R repetitions.
        arithmetic: the same if each multiplication took equally long, shape (C,).
    """

    channels: tuple[int, ...]
    ratio: Floats
    arithmetic: Floats


def time_saved(
    channels: Sequence[int] = (4, 16, 64),
    *,
    images: int = 1,
    side: int = 16,
    repetitions: int = 7,
    runs: int = 20,
) -> TimeSaved:
    """Time a 3×3 convolution with batch norm in eval mode, and folded, in turns.

    A repetition takes the fastest of its runs, so that what else the machine does counts little.
    Batch norm multiplies once for each output, the convolution 9 · C times; but batch norm has to
    fetch and store every value once more, and to be called.
    """
    ratios = []
    with torch.inference_mode():
        for count in channels:
            conv, bn = nn.Conv2d(count, count, 3, padding=1), nn.BatchNorm2d(count)
            both, one = nn.Sequential(conv, bn).eval(), fold_after(conv, bn)
            x = torch.zeros(images, count, side, side)
            ratios.append(
                [_fastest(both, x, runs) / _fastest(one, x, runs) for _ in range(repetitions)]
            )
    return TimeSaved(tuple(channels), np.array(ratios), 1 + 1 / (9 * np.array(channels)))


@functools.cache
def _network(seed: int, steps: int) -> nn.Sequential:
    with torch.enable_grad():
        return trained(conv_net((8, 8), seed=seed), steps, seed=seed)


def _affine(bn: nn.BatchNorm2d) -> tuple[torch.Tensor, torch.Tensor]:
    """The factor and the offset of each channel in eval mode."""
    assert bn.running_var is not None and bn.running_mean is not None
    scale = bn.weight / torch.sqrt(bn.running_var + bn.eps)
    return scale, bn.bias - bn.running_mean * scale


def _with(conv: nn.Conv2d, weight: torch.Tensor, bias: torch.Tensor) -> nn.Conv2d:
    """A copy with other parameters."""
    copied = copy.deepcopy(conv)
    copied.weight, copied.bias = nn.Parameter(weight), nn.Parameter(bias)
    return copied


def _difference(right: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    return (right - other).abs() / right.std()


def _fastest(model: nn.Module, x: torch.Tensor, runs: int) -> float:
    def once() -> float:
        start = time.perf_counter()
        model(x)
        return time.perf_counter() - start

    return min(once() for _ in range(runs))
