"""What several experiments need: digits as tensors, shares of right answers, the moment of a goal.

>>> x, y, x_test, y_test = digits(seed=0)
>>> x.shape, y.dtype
(torch.Size([1297, 64]), torch.int64)
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar, overload

import numpy as np
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from bnviz import data
from bnviz.run import Run
from bnviz.training import train

__all__ = [
    "Floats",
    "accuracy",
    "digits",
    "ended_at",
    "learn",
    "recomputed",
    "steps_of_each",
    "steps_to",
    "steps_until",
    "train_quietly",
    "zero_lines",
]

Floats = NDArray[np.float64]
Module = TypeVar("Module", bound=nn.Module)


def digits(seed: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The bundled digits, split by the seed: x, y, x_test, y_test."""
    x, y, x_test, y_test = map(torch.from_numpy, data.digits(seed))
    return x, y, x_test, y_test


@overload
def train_quietly(models: nn.Module, steps: int, **options: Any) -> Run: ...
@overload
def train_quietly(
    models: Mapping[str, nn.Module], steps: int, **options: Any
) -> dict[str, Run]: ...
def train_quietly(models: Any, steps: int, **options: Any) -> Any:
    """:func:`bnviz.train` without a recording; it measures before and after, unless told else."""
    return train(
        models, steps, **{"eval_every": steps, "record": False, "progress": False} | options
    )


def learn(model: nn.Module, x: Tensor, y: Tensor, batches: Iterable[Tensor], lr: float) -> None:
    """Take a step of plain SGD for each mini-batch of rows; the network stays in its mode.

    >>> model, x, y = nn.Linear(2, 2), torch.eye(2), torch.tensor([0, 1])
    >>> learn(model, x, y, [torch.tensor([0, 1])] * 99, lr=1.0)
    >>> accuracy(model, x, y)
    1.0
    """
    optimizer = torch.optim.SGD(model.parameters(), lr)
    for rows in batches:
        loss = F.cross_entropy(model(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@torch.no_grad()
def accuracy(model: nn.Module, x: Tensor, y: Tensor) -> float:
    """The share of images that the network recognizes, in the mode in which it is.

    >>> accuracy(nn.Identity(), torch.eye(4), torch.tensor([0, 1, 2, 0]))
    0.75
    """
    return float((model(x).argmax(1) == y).double().mean())


def steps_to(run: Run, goal: float) -> float:
    """The first evaluated step with at least this test accuracy; NaN if there is none."""
    step = run.steps_to(goal)
    return np.nan if step is None else step


def steps_until(goal: float, model: nn.Module, steps: int, **options: Any) -> float:
    """Train until this test accuracy is seen: the step; NaN where ``steps`` are not enough.

    Args:
        goal: test accuracy.
        model: is trained in place.
        steps: updates at most.
        options: of :func:`bnviz.train`; ``eval_every`` says how often it is looked.
    """
    runs = train_quietly({"": model}, steps, on_step=ended_at(goal), **options)
    return steps_to(runs[""], goal)


def steps_of_each(
    networks: Callable[[int], Mapping[str, nn.Module]],
    seeds: Sequence[int],
    goal: float,
    steps: int,
    **options: Any,
) -> dict[str, Floats]:
    """Train the networks of each seed on its digits until this test accuracy is seen.

    Args:
        networks: makes them for a seed, by label; the labels are the same for all seeds.
        seeds: of split, weights and order.
        goal: test accuracy.
        steps: updates at most.
        options: of :func:`bnviz.train`, such as ``lr``.

    Returns:
        By label, the steps of shape (S,); NaN where ``steps`` were not enough.
    """
    found: dict[str, list[float]] = {}
    for seed in seeds:
        images = data.digits(seed)
        for label, model in networks(seed).items():
            took = steps_until(goal, model, steps, data=images, seed=seed, **options)
            found.setdefault(label, []).append(took)
    return {label: np.array(took) for label, took in found.items()}


@torch.no_grad()
def recomputed(model: Module, x: Tensor) -> Module:
    """Give a copy in eval mode whose running statistics are those of the images ``x``."""
    model = copy.deepcopy(model).train()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm1d):
            module.momentum = 1.0
    model(x)
    return model.eval()


@torch.no_grad()
def zero_lines(
    function: Callable[[Tensor], Tensor], *, reach: float = 1.15, cells: int = 100
) -> Floats:
    """The lines in the plane on which a function is 0.

    Args:
        function: of points (P, 2), with one number for each.
        reach: the square from -reach to reach is searched.
        cells: of a grid, along each side.

    Returns:
        Points of lines, shape (T, 2), with NaN between one line and the next.
    """
    side = np.linspace(-reach, reach, cells + 1)
    plane = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    values = function(torch.from_numpy(plane).float()).reshape(cells + 1, cells + 1).numpy()
    lines = Figure().add_subplot().contour(side, side, values, levels=[0.0]).allsegs[0]
    gap = np.full((1, 2), np.nan)
    found: Floats = np.concatenate([part for line in lines for part in (line, gap)] or [gap])
    return found


def ended_at(goal: float) -> Callable[[int, Mapping[str, Run]], bool]:
    """For ``train(…, on_step=…)``: end it as soon as all networks have this test accuracy."""

    def reached(step: int, runs: Mapping[str, Run]) -> bool:
        return all(max(run.accuracy) >= goal for run in runs.values())

    return reached
