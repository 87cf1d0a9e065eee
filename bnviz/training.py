"""Networks trained side by side, on the same batches in the same order.

>>> from bnviz.networks import mlp
>>> networks = {"ReLU": mlp((64, 20, 10), seed=0), "tanh": mlp((64, 20, 10), "tanh", seed=0)}
>>> runs = train(networks, 10, progress=False)
>>> [run.recording.activation("hidden1.activation") for run in runs.values()]
['relu', 'tanh']
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, overload

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn
from torch.optim import SGD, Optimizer
from torch.optim.lr_scheduler import LambdaLR
from tqdm.auto import tqdm

from bnviz import data as bundled
from bnviz.probe import Prober, moments, spread_over_classes
from bnviz.recording.recorder import record as watch
from bnviz.run import Log, Run, Style

__all__ = ["Data", "Run", "Style", "Training", "train"]

#: x_train (N, …), y_train (N,), x_test, y_test.
Data = bundled.Digits | Sequence[ArrayLike]
Loss = Callable[[Tensor, Tensor], Tensor]
MakeOptimizer = Callable[[Iterable[nn.Parameter]], Optimizer]
Schedule = Callable[[int], float]

_IMAGES = 200  # of a probe


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
        data = bundled.digits(seed) if data is None else data
        examples = len(np.asarray(data[0]))
        if not 1 <= batch_size <= examples:
            raise ValueError(
                f"batch_size is from 1 to the {examples} training examples; given {batch_size}"
            )
        if eval_every < 1:
            raise ValueError(f"eval_every is a number of steps from 1 on; given {eval_every}")
        styles = styles or {}
        _check_styles(styles, models)
        options = record if isinstance(record, Mapping) else {}
        self._batches = shuffled_batches(examples, batch_size, seed)
        self._eval_every = eval_every
        self._learners: list[_Learner] = []
        self.runs: dict[str, Run] = {}
        for label, model in models.items():
            learner = _Learner(model, data, optimizer(model.parameters()), schedule, loss, seed)
            if record is not False:
                learner.watch = watch(model, **options)
            if probe and learner.watch:
                learner.prober = _prober(learner, data, options)
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
                f"these networks were trained before, for {before} steps, and their recordings are "
                "closed; make new ones and train them for all the steps at once"
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


class _Learner:
    """One network with all that its training needs."""

    def __init__(
        self,
        model: nn.Module,
        data: Data,
        optimizer: Optimizer,
        schedule: Schedule | None,
        loss: Loss,
        seed: int,
    ) -> None:
        self.model, self.log = model, Log()
        self.watch: watch | None = None
        self.prober: Prober | None = None
        self.x, self.y, self.x_test, self.y_test = _tensors(data, model)
        self._optimizer, self._loss = optimizer, loss
        self._scheduler = None if schedule is None else LambdaLR(optimizer, schedule)
        # Random numbers of its own: what one network draws changes nothing in the others.
        self._random = torch.Generator().manual_seed(seed).get_state()

    def run(self, style: Style | None) -> Run:
        """What is read of it, now and later."""
        recording = self.watch.recording if self.watch else None
        return Run(self.model, self.log, recording, self.prober, style)

    def update(self, batch: Tensor) -> None:
        """Make one step."""
        torch.set_rng_state(self._random)
        self.model.train()
        loss = self._loss(self.model(self.x[batch]), self.y[batch])
        self._optimizer.zero_grad()
        loss.backward()
        self._optimizer.step()
        if self._scheduler:
            self._scheduler.step()
        self._random = torch.get_rng_state()
        self.log.losses.append(loss.item())

    @torch.no_grad()
    def evaluate(self, step: int) -> None:
        """Measure the test accuracy in eval mode."""
        outputs = self.model.eval()(self.x_test)
        right = (outputs.argmax(1) == self.y_test) & ~outputs.isnan().any(1)
        self.log.evaluated.append(step)
        self.log.accuracies.append(right.double().mean().item())

    def look(self, step: int) -> None:
        """Have the prober look, if there is one."""
        if self.prober and self.watch:
            self.prober.look(step, self.watch.recording)


def _prober(learner: _Learner, data: Data, options: Mapping[str, Any]) -> Prober:
    chosen = spread_over_classes(learner.y_test.cpu().numpy(), _IMAGES)
    x_test, y_test = np.asarray(data[2]), np.asarray(data[3])
    units = options.get("units")
    recorded = () if units is None else (units,) if isinstance(units, int) else units
    return Prober(
        learner.model,
        learner.x_test[torch.from_numpy(chosen)],
        (bundled.as_images(x_test) if isinstance(data, bundled.Digits) else x_test)[chosen],
        y_test[chosen],
        units=sorted({0, 1, *recorded}),
        watch=options.get("watch", "auto"),
    )


def _tensors(data: Data, model: nn.Module) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The data as the network takes them: on its device and in its precision."""
    weight = next((p for p in model.parameters() if p.is_floating_point()), torch.zeros(0))
    x, y, x_test, y_test = (torch.as_tensor(part, device=weight.device) for part in data)
    if x.is_floating_point():
        x, x_test = x.to(weight.dtype), x_test.to(weight.dtype)
    return x, y.long(), x_test, y_test.long()


def shuffled_batches(examples: int, batch_size: int, seed: int) -> Iterator[Tensor]:
    """The rows of batch after batch, without end: epochs in orders of their own, whole batches."""
    generator = torch.Generator().manual_seed(seed)
    while True:
        order = torch.randperm(examples, generator=generator)
        for start in range(0, examples - batch_size + 1, batch_size):
            yield order[start : start + batch_size]


def _check_styles(styles: Mapping[str, Style], labels: Iterable[str]) -> None:
    known = list(labels)
    for label, style in styles.items():
        if label not in known or style not in ("without", "with"):
            raise ValueError(
                f"styles say 'without' or 'with' for the labels {', '.join(known)}; "
                f"given {style!r} for {label!r}"
            )
