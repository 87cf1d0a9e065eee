"""Networks trained side by side, on the same batches in the same order.

>>> from bnviz.networks import mlp
>>> networks = {"ReLU": mlp((64, 20, 10), seed=0), "tanh": mlp((64, 20, 10), "tanh", seed=0)}
>>> runs = train(networks, 10, progress=False)
>>> [run.recording.activation("hidden1.activation") for run in runs.values()]
['relu', 'tanh']
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any, overload

import torch
from torch import Tensor, nn
from torch.optim import SGD, Optimizer
from tqdm.auto import tqdm

from bnviz import data as bundled
from bnviz.learner import Data, Learner, Loss, Schedule
from bnviz.probe import moments
from bnviz.run import Run, Style
from bnviz.words import counted

__all__ = ["Data", "Run", "Style", "Training", "train"]

MakeOptimizer = Callable[[Iterable[nn.Parameter]], Optimizer]


@overload
def train(models: nn.Module, steps: int, **options: Any) -> Run: ...
@overload
def train(models: Mapping[str, nn.Module], steps: int, **options: Any) -> dict[str, Run]: ...
def train(  # type: ignore[misc]  # the options are typed here, once
    models: nn.Module | Mapping[str, nn.Module],
    steps: int,
    *,
    data: Data | None = None,
    lr: float = 0.1,
    momentum: float = 0.0,
    weight_decay: float = 0.0,
    optimizer: MakeOptimizer | None = None,
    schedule: Schedule | None = None,
    loss: Loss = nn.functional.cross_entropy,
    batch_size: int = 60,
    seed: int = 0,
    eval_every: int = 25,
    record: bool | Mapping[str, Any] = True,
    probe: bool = True,
    styles: Mapping[str, Style] | None = None,
    on_step: Callable[[int, Any], object] | None = None,
    progress: bool = True,
) -> Run | dict[str, Run]:
    """Train networks side by side: the same batches, in the same order, for all of them.

    The seed fixes the run, whatever random numbers were drawn before. Recording and probing change
    nothing in it. A run that explodes goes on, and its curves show it.

    Args:
        models: any network that maps a batch to one output (logit) a class; or several, by label.
        steps: updates of each network, from 1 on.
        data: x_train (N, …), y_train (N,), x_test and y_test; the bundled digits when left out,
            split by the seed.
        lr: learning rate of SGD.
        momentum: momentum of SGD.
        weight_decay: weight decay of SGD.
        optimizer: makes an optimizer from the parameters, in place of that SGD.
        schedule: factor of the learning rate, for the number of updates before (from 0 on).
        loss: of outputs (N, classes) and classes (N,).
        batch_size: examples in a batch. Each epoch has an order of its own, and leaves out a last
            smaller batch.
        seed: of the order of the batches, and of what the networks draw themselves (dropout).
        eval_every: steps between measurements of the test accuracy; it is also measured before the
            first step and after the last.
        record: options of :func:`bnviz.record`, such as ``{"units": [0, 1]}``; False records
            nothing.
        probe: keep what units 0 and 1, and those recorded one by one, give for 200 test images, at
            the layers that are recorded; see :class:`bnviz.probe.Probe`.
        styles: by label, whether figures draw a run as one "without" or "with" batch
            normalization.
        on_step: called as ``on_step(step, result)`` after each update, and with step 0 before the
            first. ``result`` is what ``train`` will return, as far as it has come; the parameters
            still have the gradients of the step. The training ends early where it returns True.
        progress: show a progress bar.

    Returns:
        A :class:`Run`, or one a label. The networks are those that were given, trained, in eval
        mode.

    Raises:
        ValueError: an argument does not fit; the message says what does.
        TypeError: a network that is to be probed cannot be copied.

    >>> from bnviz.networks import mlp
    >>> run = train(mlp([64, 20, 10], norm="layer", seed=0), 20, progress=False)
    >>> run.steps.tolist(), run.loss.shape, run.names
    ([0, 20], (20,), {'hidden1.activation': 'layer 1'})
    """

    def sgd(parameters: Iterable[nn.Parameter]) -> Optimizer:
        return SGD(parameters, lr, momentum, weight_decay=weight_decay)

    alone = isinstance(models, nn.Module)
    training = Training(
        {"": models} if isinstance(models, nn.Module) else models,
        data,
        optimizer=optimizer or sgd,
        schedule=schedule,
        loss=loss,
        batch_size=batch_size,
        seed=seed,
        eval_every=eval_every,
        record=record,
        probe=probe,
        styles=styles,
    )
    result = training.runs[""] if alone else training.runs
    training.train(
        steps,
        on_step=None if on_step is None else lambda step: on_step(step, result),
        progress=progress,
    )
    return result


class Training:
    """What :func:`train` does, in two parts: the runs are there before the training begins.

    So a live figure can be shown first and then filled. The arguments are those of ``train``.

    Attributes:
        runs: a :class:`Run` a label.
    """

    def __init__(
        self,
        models: Mapping[str, nn.Module],
        data: Data | None = None,
        *,
        optimizer: MakeOptimizer,
        schedule: Schedule | None = None,
        loss: Loss = nn.functional.cross_entropy,
        batch_size: int = 60,
        seed: int = 0,
        eval_every: int = 25,
        record: bool | Mapping[str, Any] = True,
        probe: bool = True,
        styles: Mapping[str, Style] | None = None,
    ) -> None:
        _check_models(models)
        if not isinstance(record, bool | Mapping):
            raise ValueError(
                f"record is True, False, or options of bnviz.record by name; given {record!r}"
            )
        data = bundled.digits(seed) if data is None else data
        _check_data(data)
        examples = len(data[0])  # type: ignore[arg-type]
        if not 1 <= batch_size <= examples:
            raise ValueError(
                f"batch_size is from 1 to the {examples} training examples; given {batch_size}"
            )
        if eval_every < 1:
            raise ValueError(f"eval_every is a number of steps from 1 on; given {eval_every}")
        styles = styles or {}
        _check_styles(styles, models)
        self._batches = shuffled_batches(examples, batch_size, seed)
        self._eval_every = eval_every
        self._learners: list[Learner] = []
        self.runs: dict[str, Run] = {}
        for label, model in models.items():
            learner = Learner(
                model,
                data,
                _without_closure(optimizer(model.parameters())),
                schedule=schedule,
                loss=loss,
                seed=seed,
                record=record,
                probe=probe,
            )
            self._learners.append(learner)
            self.runs[label] = learner.run(styles.get(label))

    def train(
        self,
        steps: int,
        *,
        on_step: Callable[[int], object] | None = None,
        progress: bool = True,
    ) -> None:
        """Train all the networks for ``steps`` steps, once.

        Raises:
            ValueError: ``steps`` is below 1.
            RuntimeError: they were trained before.
        """
        if steps < 1:
            raise ValueError(f"train takes a number of steps from 1 on; given {steps}")
        before = max((len(run.loss) for run in self.runs.values()), default=0)
        if before:
            raise RuntimeError(
                f"these networks were trained before, for {counted(before, 'step')}, and their "
                "recordings are closed; make new ones and train them for all the steps at once"
            )
        looks = moments(steps)
        with ExitStack() as stack:
            stack.enter_context(torch.random.fork_rng(devices=[]))
            for learner in self._learners:
                if learner.watch:
                    stack.enter_context(learner.watch)
                learner.evaluate(0)
            if on_step:
                on_step(0)
            for step in tqdm(range(1, steps + 1), "training", disable=not progress):
                batch = next(self._batches)
                for learner in self._learners:
                    learner.update(batch)
                    if step in looks:
                        learner.look(step)
                    if step % self._eval_every == 0 or step == steps:
                        learner.evaluate(step)
                if on_step and on_step(step) is True:
                    break
            for learner in self._learners:
                if learner.log.evaluated[-1] < step:  # it ended early, between two measurements
                    learner.evaluate(step)
        for run in self.runs.values():
            run.model.eval()


def shuffled_batches(examples: int, batch_size: int, seed: int) -> Iterator[Tensor]:
    """The rows of batch after batch, without end: epochs in orders of their own, whole batches."""
    generator = torch.Generator().manual_seed(seed)
    while True:
        order = torch.randperm(examples, generator=generator)
        for start in range(0, examples - batch_size + 1, batch_size):
            yield order[start : start + batch_size]


def _check_models(models: Mapping[str, nn.Module]) -> None:
    if not models:
        raise ValueError("train got no network; give one, or several by label: {label: network}")
    labels: dict[int, str] = {}
    for label, model in models.items():
        first = labels.setdefault(id(model), label)
        if first != label:
            raise ValueError(
                f"{first!r} and {label!r} are one and the same network, which would be trained "
                "twice; give each label its own, such as a copy.deepcopy"
            )


def _check_data(data: Data) -> None:
    if len(data) != 4:
        raise ValueError(
            f"data is x_train, y_train, x_test and y_test; given {counted(len(data), 'part')}"
        )
    sizes: list[int] = [len(part) for part in data]  # type: ignore[arg-type]
    for part, (x, y) in (("train", sizes[:2]), ("test", sizes[2:])):
        if x != y:
            raise ValueError(
                f"data has {counted(x, 'example')} in x_{part} and "
                f"{counted(y, 'class', 'classes')} in y_{part}; give one class for each example"
            )


def _without_closure(optimizer: Optimizer) -> Optimizer:
    closure = inspect.signature(optimizer.step).parameters.get("closure")
    if closure is not None and closure.default is closure.empty:
        raise ValueError(
            f"train makes one pass a step, and {type(optimizer).__name__} needs a closure that "
            "makes several; give an optimizer whose step() takes nothing, such as SGD or Adam"
        )
    return optimizer


def _check_styles(styles: Mapping[str, Style], labels: Iterable[str]) -> None:
    known = list(labels)
    for label, style in styles.items():
        if label not in known or style not in ("without", "with"):
            raise ValueError(
                f"styles say 'without' or 'with' for the labels {', '.join(known)}; "
                f"given {style!r} for {label!r}"
            )
