"""A few images and what chosen units give for each of them, at many moments of training.

A recording keeps distributions; a probe keeps which image lies where. Every value is measured
twice: in training mode, normalized by the statistics of the probe's own images, and in eval mode,
by the running statistics.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bnviz.recording import Recording
from bnviz.recording.layers import (
    Layout,
    named_modules,
    recorded_name,
    taken_at_input,
    unwrapped_model,
    usual_axis,
)
from bnviz.recording.layouts import Layouts
from bnviz.recording.tensors import first_tensor

__all__ = ["Probe", "Prober", "moments", "spread_over_classes"]

#: Moments of a run at which a probe looks: so many early ones, and so many evenly over the run.
_EARLY, _EVEN = 50, 100


@dataclass(frozen=True, eq=False)
class Probe:
    """What chosen units give for the same images, at many moments of training.

    Attributes:
        steps: the moments, as the number of updates before, ascending from 0; shape (S,).
        layers: recorded layers that were looked at, in the order in which they ran.
        units: units (or channels) that were looked at in each layer, U of them.
        images: the images, float32 of shape (P, 8, 8) for digits, else (P, …) as in the data. In
            any first part of them each class has its share.
        labels: their classes, int64 of shape (P,).
        train: by layer, the values in training mode, float32 of shape (S, P, U): what the recording
            keeps of this layer, with the P images as the batch that is normalized. The maps of a
            channel are averaged over their positions. NaN for units that a layer lacks.
        eval: the same in eval mode, with the running statistics of the moment.
    """

    steps: NDArray[np.int64]
    layers: tuple[str, ...]
    units: tuple[int, ...]
    images: NDArray[np.float32]
    labels: NDArray[np.int64]
    train: dict[str, NDArray[np.float32]]
    eval: dict[str, NDArray[np.float32]]


def moments(steps: int) -> frozenset[int]:
    """Choose the moments of a run of ``steps`` updates: dense at first, then evenly.

    >>> sorted(moments(4))
    [0, 1, 2, 3, 4]
    >>> len(moments(1400)), len(moments(1_000_000))
    (140, 148)
    """
    early = np.geomspace(1, steps, _EARLY)
    even = np.linspace(0, steps, _EVEN + 1)
    return frozenset(np.concatenate([even, early]).round().astype(int).tolist())


def spread_over_classes(labels: NDArray[np.int64], number: int) -> NDArray[np.int64]:
    """Order the first ``number`` examples so that any first part holds each class about equally.

    >>> spread_over_classes(np.array([7, 7, 7, 2, 2, 7]), 5).tolist()
    [3, 0, 4, 1, 2]
    """
    labels = labels[:number]
    turn = np.zeros(len(labels), dtype=np.int64)  # the first of its class, the second, …
    for label in np.unique(labels):
        turn[labels == label] = np.arange((labels == label).sum())
    return np.lexsort((labels, turn))


class Prober:
    """Looks into a network at chosen moments; what it does changes nothing in the network.

    It runs a copy that shares the parameters of the network and has no hooks but the prober's own,
    with random numbers of its own: neither running statistics, nor hooks that count or record, nor
    the random numbers of the training take notice.

    Args:
        model: the network. Make the prober before its first step.
        x: inputs, (P, …), as the network takes them.
        images: the same as readers see them, (P, 8, 8) for digits.
        labels: their classes, (P,).
        units: units to look at.
        watch: as of :func:`bnviz.record`; tells whether inputs or outputs of layers are recorded.
        feature_axis: as of :func:`bnviz.record`.

    Raises:
        TypeError: a network that cannot be copied.
    """

    def __init__(
        self,
        model: nn.Module,
        x: Tensor,
        images: NDArray[np.float32],
        labels: NDArray[np.int64],
        units: Sequence[int],
        watch: Collection[str],
        feature_axis: int | None = None,
    ) -> None:
        self._network = unwrapped_model(model)
        self._x, self._images, self._labels = x, images, labels
        self._units, self._watch, self._feature_axis = tuple(units), watch, feature_axis
        self._random = torch.Generator().manual_seed(0).get_state()
        self._spots: dict[str, _Spot] = {}
        self._steps: list[int] = []
        self._kept: dict[str, dict[str, list[NDArray[np.float32]]]] = {"train": {}, "eval": {}}
        shared: dict[int, Any] = {id(p): p for p in self._network.parameters()}
        try:
            self._untrained: nn.Module | None = _without_hooks(copy.deepcopy(self._network))
            self._copy: nn.Module = _without_hooks(copy.deepcopy(self._network, shared))
        except Exception as error:  # a module may fail in any way to be copied
            raise TypeError(
                f"to look into a {type(self._network).__name__} it must be copied, and it cannot "
                f"be: {error}. Give probe=False"
            ) from error

    def look(self, step: int, recording: Recording) -> None:
        """Keep the values after ``step`` updates (1 or more) of the layers that are recorded.

        The first call also keeps those from before the first update: only now is it known which
        layers ran, and whether their inputs or their outputs are recorded.
        """
        if self._untrained is not None:
            self._spots = _find(recording, self._network, self._watch)
            self._keep(0, self._untrained)
            self._untrained = None
        for mine, live in zip(self._copy.buffers(), self._network.buffers(), strict=True):
            mine.copy_(live)
        self._keep(step, self._copy)

    @property
    def probe(self) -> Probe:
        """What was kept so far."""
        return Probe(
            steps=np.array(self._steps, dtype=np.int64),
            layers=tuple(self._kept["train"]),
            units=self._units,
            images=self._images,
            labels=self._labels,
            train={layer: np.stack(values) for layer, values in self._kept["train"].items()},
            eval={layer: np.stack(values) for layer, values in self._kept["eval"].items()},
        )

    @torch.no_grad()
    def _keep(self, step: int, network: nn.Module) -> None:
        self._steps.append(step)
        with torch.random.fork_rng(devices=[]):
            for mode in ("eval", "train"):  # in this order: training mode moves the statistics
                torch.set_rng_state(self._random)
                network.train(mode == "train")
                for layer, values in self._values(network).items():
                    self._kept[mode].setdefault(layer, []).append(values)

    def _values(self, network: nn.Module) -> dict[str, NDArray[np.float32]]:
        """Run the network and take the units' values, (P, U), where they come by."""
        modules = named_modules(network)
        layouts = Layouts(network, self._feature_axis)
        seen: dict[tuple[str, bool], list[NDArray[np.float32] | None]] = {}
        handles = []
        for spot in self._spots.values():
            if (spot.module, spot.at_input) in seen:
                continue  # one hook sees all calls of the module
            calls = seen[spot.module, spot.at_input] = []

            def keep(
                module: nn.Module,
                *values: Any,
                calls: list[Any] = calls,
                at_input: bool = spot.at_input,
            ) -> None:
                layout = layouts.find(module, at_input=at_input)
                calls.append(self._of_units(values if at_input else values[-1], layout))

            module = modules[spot.module]
            handles.append(
                module.register_forward_pre_hook(keep, with_kwargs=True)
                if spot.at_input
                else module.register_forward_hook(keep)
            )
        layouts.begin()
        try:
            network(self._x)
        finally:
            layouts.end()
            for handle in handles:
                handle.remove()
        found = {}
        for layer, spot in self._spots.items():
            calls = seen[spot.module, spot.at_input]
            values = calls[spot.call] if spot.call < len(calls) else None
            if values is not None:
                found[layer] = values
        return found

    def _of_units(self, values: Any, layout: Layout | None) -> NDArray[np.float32] | None:
        """The chosen units of each image, (P, U): columns of (P, C), channels of (P, C, …)."""
        tensor = first_tensor(values)
        if tensor is None or tensor.ndim < 2 or len(tensor) != len(self._x):
            return None
        axis = layout.axis_in(tensor.shape) if layout else usual_axis(tensor.shape)
        if not axis:  # nobody knows, or that of the images
            return None
        by_unit = tensor.movedim(axis, 1)
        if tensor.ndim > 2:
            by_unit = by_unit.flatten(2).mean(2)
        there = [unit for unit in self._units if unit < by_unit.shape[1]]
        chosen = np.full((len(by_unit), len(self._units)), np.nan, dtype=np.float32)
        chosen[:, : len(there)] = by_unit[:, there].float().cpu().numpy()
        return chosen


@dataclass(frozen=True)
class _Spot:
    """Where in a network the values of a recorded layer come by."""

    module: str
    call: int  # the first, second, … of the module in a pass, from 0
    at_input: bool


def _find(recording: Recording, network: nn.Module, watch: Collection[str]) -> dict[str, _Spot]:
    """Where the recorded layers are, without the tracks of single units."""
    modules = named_modules(network)
    names = {recorded_name(name, modules): name for name in modules}
    spots = {}
    for layer in recording.layers:
        label, _, call = layer.partition("#")
        if label in names:
            at_input = taken_at_input(modules[names[label]], watch)
            spots[layer] = _Spot(names[label], int(call or 1) - 1, at_input)
    return spots


def _without_hooks(network: nn.Module) -> nn.Module:
    for module in network.modules():
        module._forward_hooks.clear()
        module._forward_pre_hooks.clear()
    return network
