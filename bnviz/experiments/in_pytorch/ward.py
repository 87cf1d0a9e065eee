"""Networks with one thing wrong in each, trained and recorded: what can be seen from outside.

>>> found = course(PATIENTS["A"], seeds=[0], steps=20)
>>> found.steps.tolist(), found.trained.shape, found.spread.shape
([10, 20], (1, 2), (3, 1, 2))
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from bnviz.experiments.common import Floats, accuracy, digits
from bnviz.networks import MLP, mlp
from bnviz.recording import Recording
from bnviz.recording.recorder import record
from bnviz.training import shuffled_batches

__all__ = ["PATIENTS", "Course", "Patient", "course", "train_patient"]

_LAYERS = 3
_LOOK = 10  # steps from one look to the next


@dataclass(frozen=True)
class Patient:
    """How a network of three layers of 100 ReLUs is made and trained. The defaults are healthy.

    Attributes:
        norm: before each ReLU, as in :func:`bnviz.mlp`.
        lr: learning rate of SGD.
        batch_size: images in a mini-batch.
        init: standard deviation of the initial weights; None for PyTorch's own.
        eps: added to the variance.
        momentum: of the running statistics.
        pixels: white to black is 0 to this number.
        decay: weight decay, of all parameters.
        spares_norm: leaves γ and β out of the weight decay.
        eval_from: the step after which someone calls ``eval()``, and never ``train()`` again.
    """

    norm: str | None = "batch"
    lr: float = 0.1
    batch_size: int = 64
    init: float | None = None
    eps: float = 1e-5
    momentum: float = 0.1
    pixels: float = 1.0
    decay: float = 0.0
    spares_norm: bool = False
    eval_from: int | None = None

    def network(self, seed: int) -> MLP:
        """The network before its training."""
        model = mlp((64, *[100] * _LAYERS, 10), norm=self.norm, init=self.init, seed=seed)
        for block in model.hidden:
            if isinstance(block.norm, nn.BatchNorm1d):
                block.norm.momentum, block.norm.eps = self.momentum, self.eps
        return model

    def optimizer(self, model: MLP) -> torch.optim.Optimizer:
        """SGD, with the weight decay of the patient."""
        norms = [p for block in model.hidden for p in block.norm.parameters()]
        others = [p for p in model.parameters() if all(p is not q for q in norms)]
        groups = [
            {"params": others, "weight_decay": self.decay},
            {"params": norms, "weight_decay": 0.0 if self.spares_norm else self.decay},
        ]
        return torch.optim.SGD([group for group in groups if group["params"]], self.lr)


#: One of them has nothing wrong.
PATIENTS = {
    "A": Patient(momentum=0.0),
    "B": Patient(init=1e-5),
    "C": Patient(norm=None, lr=2.0),
    "D": Patient(batch_size=2),
    "E": Patient(),
    "F": Patient(eval_from=20),
    "G": Patient(norm=None, pixels=255.0),
    "H": Patient(decay=0.1),
}


class Course(NamedTuple):
    """What is seen of a network while it trains, at T looks, for S seeds.

    Attributes:
        steps: updates before each look, shape (T,).
        trained: share of right answers in the ten mini-batches up to the look, as the network gave
            them while it learned, shape (S, T).
        tested: test accuracy in eval mode, shape (S, T).
        tested_in_training_mode: of all 500 test images as one mini-batch, shape (S, T).
        loss: mean of the ten mini-batches, shape (S, T).
        spread: standard deviation of what enters the ReLUs of layer 1, 2, 3, pooled over ten steps,
            as recorded, shape (3, S, T). NaN where nothing was recorded, or nothing finite.
        idle: share of it that is at most 0, shape (3, S, T).
        recorded: steps in the recording.
    """

    steps: NDArray[np.int64]
    trained: Floats
    tested: Floats
    tested_in_training_mode: Floats
    loss: Floats
    spread: Floats
    idle: Floats
    recorded: int


def course(patient: Patient, seeds: Sequence[int] = range(3), *, steps: int = 100) -> Course:
    """Train a patient and look at it every ten steps.

    Args:
        patient: how it is made and trained.
        seeds: of split, weights and batches.
        steps: updates; a multiple of ten.

    Returns:
        What was seen, inside and outside.
    """
    return _course(patient, tuple(seeds), steps)


def train_patient(patient: Patient, seed: int = 0, *, steps: int = 100) -> MLP:
    """The network after its training, in the mode in which the training left it."""
    group = _Group(patient, [seed])
    group.go(steps)
    (model,) = group.networks
    return model


class _Group(nn.Module):
    """A patient's networks of several seeds, recorded as one: each learns as it would alone."""

    def __init__(self, patient: Patient, seeds: Sequence[int]) -> None:
        super().__init__()
        self.networks = [patient.network(seed) for seed in seeds]
        self.models = nn.ModuleList(self.networks)
        self.patient, self.step = patient, 0
        self._bare = [patient.network(0)]  # in a list: it is no part of what is recorded
        self._data = [digits(seed) for seed in seeds]
        for x, _, x_test, _ in self._data:
            x *= patient.pixels
            x_test *= patient.pixels
        self._optimizers = [patient.optimizer(model) for model in self.networks]
        self._batches = [
            shuffled_batches(len(data[0]), patient.batch_size, seed)
            for data, seed in zip(self._data, seeds, strict=True)
        ]

    def forward(self, parts: Sequence[Tensor]) -> list[Tensor]:
        return [model(part) for model, part in zip(self.networks, parts, strict=True)]

    def go(self, steps: int) -> tuple[Floats, Floats]:
        """Make these updates; returns share of right answers and mean loss on the way, (S,)."""
        right, losses = [], []
        for _ in range(steps):
            rows = [next(batches) for batches in self._batches]
            pairs = zip(self._data, rows, strict=True)
            x, y = zip(*((data[0][row], data[1][row]) for data, row in pairs), strict=True)
            out = self(x)
            loss = [F.cross_entropy(*pair) for pair in zip(out, y, strict=True)]
            for optimizer in self._optimizers:
                optimizer.zero_grad()
            torch.stack(loss).sum().backward()
            for optimizer in self._optimizers:
                optimizer.step()
            self.step += 1
            if self.step == self.patient.eval_from:
                self.eval()
            answers = zip(out, y, strict=True)
            right.append([float((o.argmax(1) == t).double().mean()) for o, t in answers])
            losses.append([one.item() for one in loss])
        return np.mean(right, axis=0), np.mean(losses, axis=0)

    def tested(self, mode: bool) -> Floats:
        """Test accuracy in training mode (True) or eval mode; copies are tested, shape (S,)."""
        found = []
        (copy,) = self._bare
        for model, (_, _, x, y) in zip(self.networks, self._data, strict=True):
            copy.load_state_dict(model.state_dict())
            with torch.no_grad():
                found.append(accuracy(copy.train(mode), x, y))
        return np.array(found)


@functools.lru_cache(64)  # the chapter looks at the same patients again
def _course(patient: Patient, seeds: tuple[int, ...], steps: int) -> Course:
    group = _Group(patient, seeds).train()
    looks = np.arange(_LOOK, steps + 1, _LOOK)
    outside = []
    with record(group) as recording:
        for _ in looks:
            outside.append((*group.go(_LOOK), group.tested(False), group.tested(True)))
    right, loss, tested, in_training = np.moveaxis(np.array(outside), 0, 2)
    spread, idle = _inside(recording, len(seeds), len(looks))
    return Course(looks, right, tested, in_training, loss, spread, idle, recording.num_steps)


def _inside(recording: Recording, seeds: int, looks: int) -> tuple[Floats, Floats]:
    """Spread and idle share of the layers, each (3, S, looks), ten steps pooled."""
    found = np.full((2, _LAYERS, seeds, looks), np.nan)
    which = (recording.steps - 1) // _LOOK
    for row, seed in itertools.product(range(_LAYERS), range(seeds)):
        name = f"models.{seed}.hidden{row + 1}.activation"
        mean, std, idle = recording.mean(name), recording.std(name), recording.inactive(name)
        for look in np.unique(which):
            rows = which == look
            with np.errstate(over="ignore", invalid="ignore"):
                square = (std[rows] ** 2 + mean[rows] ** 2).mean() - mean[rows].mean() ** 2
            found[:, row, seed, look] = np.sqrt(np.maximum(square, 0)), idle[rows].mean()
    return found[0], found[1]
