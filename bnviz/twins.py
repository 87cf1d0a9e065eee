"""The same network trained with and without batch normalization: same start, same batches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm.auto import tqdm

from bnviz import data as bundled
from bnviz.recording import Recording
from bnviz.recording.recorder import record

__all__ = ["Clouds", "Run", "Twins", "mlp"]

_ACTIVATIONS = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU}
#: Clouds are kept at about this many steps, dense at first: most of the movement is early.
_CLOUDS = 40


@dataclass(frozen=True)
class Clouds:
    """Two units' pre-activations for one fixed batch, at some steps of training.

    Attributes:
        steps: training steps, counted from 0 (before the first update), shape (S,).
        points: pre-activations in the last hidden layer, normalized with the statistics of the
            batch itself, float32 of shape (S, P, 2).
        labels: classes of the P examples, shape (P,).
    """

    steps: NDArray[np.int64]
    points: NDArray[np.float32]
    labels: NDArray[np.int64]


@dataclass
class Run:
    """One of the twins: its model and what came of it.

    Attributes:
        model: the network.
        recording: inputs of the hidden activations at every step.
        loss: training loss (cross-entropy) of each step.
        steps: training steps after which the test accuracy was measured.
        accuracy: test accuracy in eval mode, in [0, 1], at those steps.
        clouds: two units of the last hidden layer, see :class:`Clouds`.
    """

    model: nn.Sequential
    optimizer: torch.optim.Optimizer
    watch: record
    losses: list[float] = field(default_factory=list)
    evaluated: list[int] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)
    cloud_steps: list[int] = field(default_factory=list)
    cloud_points: list[NDArray[np.float32]] = field(default_factory=list)
    cloud_labels: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    @property
    def recording(self) -> Recording:
        """Inputs of the hidden activations at every step."""
        return self.watch.recording

    @property
    def loss(self) -> NDArray[np.float64]:
        """Training loss (cross-entropy) of each step, shape (T,)."""
        return np.array(self.losses)

    @property
    def steps(self) -> NDArray[np.int64]:
        """Steps after which the test accuracy was measured, shape (E,)."""
        return np.array(self.evaluated, dtype=np.int64)

    @property
    def accuracy(self) -> NDArray[np.float64]:
        """Test accuracy in eval mode, in [0, 1], at those steps, shape (E,)."""
        return np.array(self.accuracies)

    @property
    def clouds(self) -> Clouds:
        """Two units of the last hidden layer on a fixed batch."""
        points = np.array(self.cloud_points, dtype=np.float32).reshape(
            len(self.cloud_points), len(self.cloud_labels), 2
        )
        return Clouds(np.array(self.cloud_steps, dtype=np.int64), points, self.cloud_labels)

    def steps_to(self, accuracy: float) -> int | None:
        """The first evaluated step with at least this test accuracy; None if there is none."""
        reached = np.flatnonzero(self.accuracy >= accuracy)
        return int(self.steps[reached[0]]) if len(reached) else None


def mlp(
    sizes: Sequence[int],
    activation: str = "relu",
    *,
    norm: bool = False,
    init_std: float | None = None,
) -> nn.Sequential:
    """Build a fully connected network whose blocks have names.

    Args:
        sizes: widths from the input to the output, at least two.
        activation: "sigmoid", "tanh" or "relu".
        norm: put batch normalization between each hidden layer's weights and its activation.
        init_std: draw weights from N(0, init_std²) and set biases to 0; None keeps PyTorch's
            default.

    Returns:
        Blocks ``hidden1`` … of ``linear``, ``norm`` (an identity without norm) and ``activation``,
        then ``output``.

    >>> [name for name, _ in mlp([64, 100, 10]).named_children()]
    ['hidden1', 'output']
    """
    if activation not in _ACTIVATIONS:
        raise ValueError(f"activation is one of {', '.join(_ACTIVATIONS)}; given {activation!r}")
    if len(sizes) < 2 or min(sizes) < 1:
        raise ValueError(f"sizes are the widths from input to output; given {list(sizes)}")
    model = nn.Sequential()
    for index, (inputs, outputs) in enumerate(zip(sizes[:-2], sizes[1:-1], strict=True), 1):
        block = nn.Sequential()
        block.add_module("linear", nn.Linear(inputs, outputs))
        block.add_module("norm", nn.BatchNorm1d(outputs) if norm else nn.Identity())
        block.add_module("activation", _ACTIVATIONS[activation]())
        model.add_module(f"hidden{index}", block)
    model.add_module("output", nn.Linear(sizes[-2], sizes[-1]))
    if init_std is not None:
        for module in model.modules():
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=init_std)
                nn.init.zeros_(module.bias)
    return model


class Twins:
    """Train a network with and without batch normalization, side by side, and record both.

    Both start from the same weights and see the same batches in the same order. The defaults are
    figure 1 of Ioffe & Szegedy 2015 in small: three hidden layers of 100 sigmoids, small random
    Gaussian weights, batches of 60, on 8×8 digits.

    Args:
        sizes: widths from the input to the output.
        activation: "sigmoid", "tanh" or "relu".
        init_std: standard deviation of the initial weights; None for PyTorch's default.
        lr: learning rate of SGD.
        momentum: momentum of SGD.
        batch_size: examples in a batch; a last smaller batch is left out.
        seed: for the split of the data, the weights and the order of the batches.
        data: training and test set; the bundled digits when left out.
        eval_every: steps between measurements of the test accuracy.
        units: units to record one by one as well.
        **recording: passed on to :func:`bnviz.record`.

    Raises:
        ValueError: an argument does not fit; the message says what does.

    >>> pair = Twins(sizes=(64, 20, 10)).train(10, progress=False)
    >>> pair.bn.recording.num_steps
    10
    """

    def __init__(
        self,
        sizes: Sequence[int] = (64, 100, 100, 100, 10),
        activation: str = "sigmoid",
        *,
        init_std: float | None = 0.1,
        lr: float = 0.5,
        momentum: float = 0.0,
        batch_size: int = 60,
        seed: int = 0,
        data: bundled.Digits | None = None,
        eval_every: int = 25,
        units: int | Sequence[int] | None = None,
        **recording: object,
    ) -> None:
        data = bundled.digits(seed) if data is None else data
        self._x, self._x_test = (
            torch.as_tensor(x, dtype=torch.float32) for x in (data.x_train, data.x_test)
        )
        self._y, self._y_test = (
            torch.as_tensor(y, dtype=torch.int64) for y in (data.y_train, data.y_test)
        )
        features, classes = self._x.shape[1], int(self._y.max()) + 1
        if len(sizes) < 3 or sizes[0] != features or sizes[-1] < classes or sizes[-2] < 2:
            raise ValueError(
                f"sizes go from the {features} inputs over at least one hidden layer, the last of "
                f"2 units or more, to at least {classes} outputs; given {list(sizes)}"
            )
        if not 2 <= batch_size <= len(self._x):
            raise ValueError(
                f"batch_size is from 2 to the {len(self._x)} training examples; given {batch_size}"
            )
        if eval_every < 1:
            raise ValueError(f"eval_every is a number of steps from 1 on; given {eval_every}")
        self.seed, self.batch_size, self.eval_every = seed, batch_size, eval_every
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            plain = mlp(sizes, activation, init_std=init_std)
            bn = mlp(sizes, activation, norm=True, init_std=init_std)
        bn.load_state_dict(plain.state_dict(), strict=False)
        self.plain, self.bn = (
            Run(
                model,
                torch.optim.SGD(model.parameters(), lr, momentum),
                record(model, units=units, **recording),  # type: ignore[arg-type]
            )
            for model in (plain, bn)
        )
        self._batches = self._shuffled_batches()
        self._probe = torch.arange(min(200, len(self._x_test)))

    @property
    def runs(self) -> dict[str, Run]:
        """Both runs under the labels that figures use."""
        return {"without BN": self.plain, "with BN": self.bn}

    def train(self, steps: int, *, progress: bool = True) -> "Twins":
        """Train both for ``steps`` steps on the same batches.

        Args:
            steps: updates of each network.
            progress: show a progress bar.

        Returns:
            The twins themselves. A pair is trained once; its recordings close at the end.

        Raises:
            ValueError: ``steps`` is below 1.
            RuntimeError: the pair was trained before.
        """
        if steps < 1:
            raise ValueError(f"train takes a number of steps from 1 on; given {steps}")
        if any(run.recording.closed for run in self.runs.values()):
            raise RuntimeError(
                f"these twins were trained before, for {len(self.plain.losses)} steps, and their "
                "recordings are closed; make new Twins(…) and train them for all the steps at once"
            )
        clouds = {0, *np.unique(np.geomspace(1, steps, _CLOUDS).round().astype(int)).tolist()}
        for run in self.runs.values():
            run.cloud_labels = self._y_test[self._probe].numpy()
        with self.plain.watch, self.bn.watch:
            self._keep_clouds(0)
            for step in tqdm(range(1, steps + 1), "twins", disable=not progress):
                batch = next(self._batches)
                for run in self.runs.values():
                    self._update(run, batch)
                if step % self.eval_every == 0 or step == steps:
                    for run in self.runs.values():
                        run.evaluated.append(step)
                        run.accuracies.append(self._test_accuracy(run.model))
                if step in clouds:
                    self._keep_clouds(step)
        return self

    def _update(self, run: Run, batch: Tensor) -> None:
        run.model.train()
        loss = nn.functional.cross_entropy(run.model(self._x[batch]), self._y[batch])
        run.optimizer.zero_grad()
        loss.backward()
        run.optimizer.step()
        run.losses.append(loss.item())

    @torch.no_grad()
    def _test_accuracy(self, model: nn.Module) -> float:
        model.eval()
        return (model(self._x_test).argmax(1) == self._y_test).double().mean().item()

    @torch.no_grad()
    def _keep_clouds(self, step: int) -> None:
        """Two pre-activations of the last hidden layer on the probe, with batch statistics."""
        for run in self.runs.values():
            run.model.eval()
            values = self._x_test[self._probe]
            for name, block in run.model.named_children():
                if name == "output":
                    break
                before = block.linear(values)
                if isinstance(block.norm, nn.BatchNorm1d):
                    # In functional form, so that the running statistics stay as they are.
                    norm = block.norm
                    before = nn.functional.batch_norm(
                        before, None, None, norm.weight, norm.bias, training=True, eps=norm.eps
                    )
                values = block.activation(before)
            run.cloud_steps.append(step)
            run.cloud_points.append(before[:, :2].float().numpy().copy())

    def _shuffled_batches(self) -> Iterator[Tensor]:
        generator = torch.Generator().manual_seed(self.seed)
        while True:
            order = torch.randperm(len(self._x), generator=generator)
            yield from order.split(self.batch_size)[: len(order) // self.batch_size]
