"""Networks of one shape with a learning rate each, trained as one: a whole grid in seconds.

>>> from bnviz.networks import mlp
>>> pair = [mlp((64, 8, 10), norm="batch", seed=0) for _ in range(2)]
>>> slow, fast = train_side_by_side(pair, [0.01, 1.0], [0, 0], steps=20, eval_every=10)
>>> slow.steps, fast.accuracy.shape
(array([ 0, 10, 20]), (3,))
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from bnviz.experiments.common import Floats
from bnviz.experiments.ensemble import Ensemble, Linear, batches_of_each, digits_of_each
from bnviz.networks import MLP
from bnviz.recording import Recording
from bnviz.recording.binning import add_values
from bnviz.recording.store import Store
from bnviz.run import Style

__all__ = ["Trained", "train_side_by_side"]

#: The layers that are recorded: the same two whatever the depth, so that depths can be compared.
_NAMES = {"first": "layer 1", "last": "last hidden layer"}


class Trained(NamedTuple):
    """What came of one network; figures read it as they read a :class:`bnviz.run.Run`.

    Attributes:
        loss: of each training step, shape (T,); not finite where the network exploded.
        steps: updates before each measurement, shape (E,).
        accuracy: on the test images in eval mode, shape (E,).
        length: of a unit's weights in layer 1, mean over its units, shape (E,).
        recording: what enters the activations of the first and the last hidden layer; None if not
            asked for.
        names: of the recorded layers, for readers.
        style: whether it is drawn as "without" or "with" batch normalization.
    """

    loss: Floats
    steps: NDArray[np.int64]
    accuracy: Floats
    length: Floats
    recording: Recording | None
    names: dict[str, str]
    style: Style


def train_side_by_side(
    models: Sequence[MLP],
    lrs: Sequence[float],
    seeds: Sequence[int],
    *,
    steps: int = 150,
    batch_size: int = 64,
    eval_every: int = 50,
    other_lrs: Sequence[float] | None = None,
    recorded: Sequence[int] = (),
    record_every: int = 4,
) -> list[Trained]:
    """Train networks on the digits with plain SGD, each as it would learn alone.

    Plain SGD moves weights by rate times gradient, so the rate may as well multiply the loss: the
    sum of all losses, each times its own rate, trains every network at its own. One that explodes
    takes no other one along.

    Args:
        models: from :func:`bnviz.mlp`, alike but for weights; they stay as they are.
        lrs: a learning rate for each.
        seeds: for each, of the split and of the order of the batches.
        steps: updates.
        batch_size: images in a batch.
        eval_every: steps between measurements; a divisor of ``steps``.
        other_lrs: for each, a learning rate of its own for all but the weights of the hidden
            layers: for the output layer, biases, γ and β.
        recorded: places of the networks that are recorded.
        record_every: steps between what is recorded.

    Returns:
        What came of each.

    Raises:
        ValueError: ``eval_every`` does not divide ``steps``.
    """
    if steps % eval_every:
        raise ValueError(f"eval_every divides steps, {steps}; given {eval_every}")
    together = Ensemble(models)
    parameters = list(together.parameters())
    first_weights = parameters[0]
    rates = torch.tensor(list(lrs))
    ratios = torch.tensor(list(other_lrs or lrs)) / rates
    hidden = {id(one.weight) for one in together.blocks[:-1] if isinstance(one, Linear)}
    batches = _Batches(seeds, batch_size)
    tape = _Tape(together, type(models[0].hidden[0].activation), recorded)
    measured = np.arange(0, steps + 1, eval_every)
    losses, accuracies, lengths = [], [], []
    for step in range(steps + 1):
        if step in measured:
            accuracies.append(_accuracies(together.eval(), batches))
            lengths.append(first_weights.detach().double().norm(dim=2).mean(1))
        if step == steps:
            break
        x, y = next(batches)
        tape.runs = step % record_every == 0
        outputs = together.train()(x)
        each = F.cross_entropy(outputs.flatten(0, 1), y.flatten(), reduction="none")
        loss = each.view(len(models), -1).mean(1)
        updates = torch.autograd.grad((rates * loss).sum(), parameters)
        with torch.no_grad():
            for parameter, update in zip(parameters, updates, strict=True):
                if other_lrs and id(parameter) not in hidden:
                    update = (update.view(len(models), -1) * ratios[:, None]).view_as(update)
                parameter.sub_(update)
        losses.append(loss.detach().double())
    table = [torch.stack(rows, 1).numpy() for rows in (losses, accuracies, lengths)]
    recordings = tape.recordings(record_every)
    style: Style = "with" if together.norms else "without"
    return [
        Trained(loss, measured, right, length, recordings.get(i), _NAMES, style)
        for i, (loss, right, length) in enumerate(zip(*table, strict=True))
    ]


class _Batches:
    """Mini-batches (E, N, 64) and their digits (E, N), in each seed's own order."""

    def __init__(self, seeds: Sequence[int], size: int) -> None:
        different = list(dict.fromkeys(seeds))
        self._x, self._y, x_test, y_test = digits_of_each(different)
        self._place = torch.tensor([different.index(seed) for seed in seeds])
        self._rows = batches_of_each(different, self._x.shape[1], size)
        self.x_test, self.y_test = x_test[self._place], y_test[self._place]

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        return self

    def __next__(self) -> tuple[Tensor, Tensor]:
        rows = next(self._rows)
        each = torch.arange(len(rows))[:, None]
        return self._x[each, rows][self._place], self._y[each, rows][self._place]


class _Tape:
    """Keeps what enters the activations of two layers, and makes a recording of each network."""

    def __init__(self, together: Ensemble, kind: type[nn.Module], places: Sequence[int]) -> None:
        inputs = [block for block in together.blocks if isinstance(block, kind)]
        self.runs = False
        self._kind, self._places = kind.__name__.lower(), list(places)
        self._kept: dict[str, list[Tensor]] = {layer: [] for layer in _NAMES}
        for layer, block in zip(_NAMES, (inputs[0], inputs[-1]), strict=True):
            block.register_forward_pre_hook(partial(self._keep, layer))

    def _keep(self, layer: str, block: nn.Module, args: tuple[Tensor]) -> None:
        if self.runs and block.training and self._places:
            self._kept[layer].append(args[0].detach()[self._places])

    def recordings(self, every: int) -> dict[int, Recording]:
        """By place of the network, what was recorded of it."""
        made = {place: Recording(Store(every)) for place in self._places}
        for layer, kept in self._kept.items():
            times = [*range(len(kept))]
            for i, recording in enumerate(made.values()):
                store = recording.store
                values = torch.stack([each[i] for each in kept])
                add_values(store, store.track(layer, self._kind), times, values)
                store.num_steps = 1 + times[-1] * every
        return made


@torch.no_grad()
def _accuracies(model: nn.Module, batches: _Batches) -> Tensor:
    right: Tensor = model(batches.x_test).argmax(-1) == batches.y_test
    return right.double().mean(1)
