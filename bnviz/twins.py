"""The same network trained with and without batch normalization: same start, same batches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from bnviz import data as bundled
from bnviz.networks import mlp
from bnviz.run import Clouds, Run
from bnviz.training import Training
from bnviz.words import counted

__all__ = ["Clouds", "Run", "Twins"]


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
        features, classes = np.asarray(data.x_train).shape[1], int(np.max(data.y_train)) + 1
        if len(sizes) < 3 or sizes[0] != features or sizes[-1] < classes or sizes[-2] < 2:
            raise ValueError(
                f"sizes go from {counted(features, 'input')} over at least one hidden layer, the "
                f"last of 2 units or more, to at least {counted(classes, 'output')}; given "
                f"{list(sizes)}"
            )
        if not 2 <= batch_size <= len(data.x_train):
            raise ValueError(
                f"batch_size is from 2 to the {len(data.x_train)} training examples; "
                f"given {batch_size}"
            )
        plain, bn = (
            mlp(sizes, activation, norm=norm, init=init_std, seed=seed) for norm in (None, "batch")
        )
        self._training = Training(
            {"without BN": plain, "with BN": bn},
            data,
            optimizer=lambda parameters: torch.optim.SGD(parameters, lr, momentum),
            batch_size=batch_size,
            seed=seed,
            eval_every=eval_every,
            record={"units": units, **recording},
            styles={"without BN": "without", "with BN": "with"},
        )

    @property
    def runs(self) -> dict[str, Run]:
        """Both runs under the labels that figures use."""
        return self._training.runs

    @property
    def plain(self) -> Run:
        """The twin without batch normalization."""
        return self.runs["without BN"]

    @property
    def bn(self) -> Run:
        """The twin with batch normalization."""
        return self.runs["with BN"]

    def train(self, steps: int, *, progress: bool = True) -> Twins:
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
        self._training.train(steps, progress=progress)
        return self
