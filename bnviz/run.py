"""What came of training one network: curves, distributions, single images."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from bnviz.networks import MLP, classes_of, name_for_readers
from bnviz.probe import Probe, Prober
from bnviz.recording import Recording
from bnviz.words import counted

__all__ = ["Clouds", "Log", "Run", "Style"]

Style = Literal["without", "with"]

#: Clouds are given at about this many of a probe's moments, dense at first.
_CLOUDS = 40


@dataclass
class Log:
    """What a training run writes down as it goes; a :class:`Run` reads it."""

    losses: list[float] = field(default_factory=list)
    evaluated: list[int] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Clouds:
    """Two units of a layer, in training mode, for the images of a probe.

    Attributes:
        steps: updates before each moment, shape (S,).
        points: the units' values, float32 of shape (S, P, 2).
        labels: classes of the P images, shape (P,).
    """

    steps: NDArray[np.int64]
    points: NDArray[np.float32]
    labels: NDArray[np.int64]


class Run:
    """What came of training one network. All of it can be read while the training goes on.

    Attributes:
        model: the network.
        recording: the distributions in its layers; None if nothing was recorded.
        style: whether figures draw it as a run "without" or "with" batch normalization; None where
            the run is not about that.
    """

    def __init__(
        self,
        model: nn.Module,
        log: Log,
        recording: Recording | None = None,
        prober: Prober | None = None,
        style: Style | None = None,
    ) -> None:
        self.model, self.recording, self.style = model, recording, style
        self._log, self._prober = log, prober

    def __repr__(self) -> str:
        end = f", accuracy {self.accuracy[-1]:.3f}" if self._log.accuracies else ""
        return f"Run({type(self.model).__name__}, {counted(len(self._log.losses), 'step')}{end})"

    @property
    def loss(self) -> NDArray[np.float64]:
        """Training loss of each step, shape (T,); NaN from where the run exploded."""
        return np.array(self._log.losses)

    @property
    def steps(self) -> NDArray[np.int64]:
        """Updates before each measurement of the test accuracy, from 0 on, shape (E,)."""
        return np.array(self._log.evaluated, dtype=np.int64)

    @property
    def accuracy(self) -> NDArray[np.float64]:
        """Test accuracy in eval mode, in [0, 1], at :attr:`steps`, shape (E,).

        An image for which an output is NaN counts as not recognized.
        """
        return np.array(self._log.accuracies)

    def answers(self, x: NDArray[np.float32]) -> NDArray[np.int64]:
        """The class that the network gives to each input, in eval mode.

        Args:
            x: inputs, float32 of shape (P, …), as the network takes them.

        Returns:
            int64 of shape (P,); -1 where an output is NaN.
        """
        training = self.model.training
        with torch.no_grad():
            outputs = self.model.eval()(torch.from_numpy(x).to(next(self.model.parameters())))
        self.model.train(training)
        return np.asarray(classes_of(outputs).cpu(), np.int64)

    @property
    def probe(self) -> Probe | None:
        """A few test images and what units give for each; None if the run was not probed."""
        return None if self._prober is None else self._prober.probe

    @property
    def names(self) -> dict[str, str]:
        """Names for readers of all layers that were recorded: "layer 3, unit 4" in an ``mlp``.

        Layers of other networks keep the names of their modules.
        """
        layers = () if self.recording is None else self.recording.layers
        in_words = isinstance(self.model, MLP)
        return {layer: name_for_readers(layer) if in_words else layer for layer in layers}

    @property
    def clouds(self) -> Clouds:
        """The first two units of the last recorded layer, at about 40 of the probe's moments."""
        probe = self.probe
        if probe is None or not probe.layers:
            return Clouds(np.zeros(0, np.int64), np.zeros((0, 0, 2), np.float32), np.zeros(0, int))
        wanted = [0, *np.geomspace(1, probe.steps[-1], _CLOUDS)]
        rows = np.unique(np.searchsorted(probe.steps, np.round(wanted)))
        points = probe.train[probe.layers[-1]][rows][..., :2]
        return Clouds(probe.steps[rows], points, probe.labels)

    def steps_to(self, accuracy: float) -> int | None:
        """The first evaluated step with at least this test accuracy; None if there is none."""
        reached = np.flatnonzero(self.accuracy >= accuracy)
        return int(self.steps[reached[0]]) if len(reached) else None
