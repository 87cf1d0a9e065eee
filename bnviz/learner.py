"""One network in training, with all that this needs: data, optimizer, recorder, prober, a log."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from bnviz import data as bundled
from bnviz.networks import classes_of
from bnviz.probe import Prober, spread_over_classes
from bnviz.recording.arguments import as_units, as_watch
from bnviz.recording.recorder import record as watch
from bnviz.run import Log, Run, Style

__all__ = ["Data", "Learner", "Loss", "Schedule"]

#: x_train (N, …), y_train (N,), x_test, y_test.
Data = bundled.Digits | Sequence[ArrayLike]
Loss = Callable[[Tensor, Tensor], Tensor]
Schedule = Callable[[int], float]

_IMAGES = 200  # of a probe


class Learner:
    """Makes the steps of one network, and measures between them.

    Args:
        model: the network.
        data: as of :func:`bnviz.train`, and so are ``schedule``, ``loss``, ``record``, ``probe``.
        optimizer: moves the network's parameters.
        seed: of the random numbers that the network draws itself.
    """

    def __init__(
        self,
        model: nn.Module,
        data: Data,
        optimizer: Optimizer,
        *,
        schedule: Schedule | None,
        loss: Loss,
        seed: int,
        record: bool | Mapping[str, Any],
        probe: bool,
    ) -> None:
        self.model, self.log = model, Log()
        self._x, self._y, self._x_test, self._y_test = _tensors(data, model)
        self._optimizer, self._loss = optimizer, loss
        self._scheduler = None if schedule is None else LambdaLR(optimizer, schedule)
        # Random numbers of its own: what one network draws changes nothing in the others.
        self._random = torch.Generator().manual_seed(seed).get_state()
        options = record if isinstance(record, Mapping) else {}
        #: Records the network, where that is wanted.
        self.watch = None if record is False else watch(model, **options)
        self._prober = self._make_prober(data, options) if probe and self.watch else None

    def run(self, style: Style | None) -> Run:
        """What is read of it, now and later."""
        recording = self.watch.recording if self.watch else None
        return Run(self.model, self.log, recording, self._prober, style)

    def update(self, batch: Tensor) -> None:
        """Make one step, on these rows of the training examples."""
        torch.set_rng_state(self._random)
        self.model.train()
        loss = self._loss(self.model(self._x[batch]), self._y[batch])
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
        outputs = self.model.eval()(self._x_test)
        right = classes_of(outputs) == self._y_test
        self.log.evaluated.append(step)
        self.log.accuracies.append(right.double().mean().item())

    def look(self, step: int) -> None:
        """Have the prober look, if there is one."""
        if self._prober and self.watch:
            self._prober.look(step, self.watch.recording)

    def _make_prober(self, data: Data, options: Mapping[str, Any]) -> Prober:
        chosen = spread_over_classes(self._y_test.cpu().numpy(), _IMAGES)
        x_test, y_test = np.asarray(data[2]), np.asarray(data[3])
        recorded = as_units(options.get("units"))
        return Prober(
            self.model,
            self._x_test[torch.from_numpy(chosen)],
            (bundled.as_images(x_test) if isinstance(data, bundled.Digits) else x_test)[chosen],
            y_test[chosen],
            units=sorted({0, 1, *recorded}),
            watch=as_watch(options.get("watch", "auto")),
            feature_axis=options.get("feature_axis"),
        )


def _tensors(data: Data, model: nn.Module) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The data as the network takes them: on its device and in its precision."""
    weight = next((p for p in model.parameters() if p.is_floating_point()), torch.zeros(0))
    x, y, x_test, y_test = (torch.as_tensor(part, device=weight.device) for part in data)
    if x.is_floating_point():
        x, x_test = x.to(weight.dtype), x_test.to(weight.dtype)
    return x, y.long(), x_test, y_test.long()
