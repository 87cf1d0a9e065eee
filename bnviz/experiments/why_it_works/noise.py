"""Noise after BN that moves the layers' inputs: for one network, and for many side by side.

At strength 1 a unit is shifted by up to ±0.5 and stretched by 1 to 1.25, and every value y jitters
by up to 0.1 (1 + |y|) on top; 0 is no noise at all. After Santurkar et al. 2018, section 2.1.

>>> NoisyBatchNorm(3, strength=4)(torch.zeros(5, 3)).std(0) > 0
tensor([True, True, True])
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from bnviz.experiments.common import Floats

__all__ = ["Noise", "NoisyBatchNorm"]


class NoisyBatchNorm(nn.BatchNorm1d):
    """Batch normalization whose outputs are shifted and stretched, anew at each training step.

    Args:
        num_features: units.
        strength: of the noise.
    """

    def __init__(self, num_features: int, strength: float = 1.0) -> None:
        super().__init__(num_features)
        self.strength = strength

    def forward(self, x: Tensor) -> Tensor:
        """Normalize (N, C); shift and stretch in training mode."""
        y: Tensor = super().forward(x)
        if not self.training or not self.strength:
            return y
        state = 2 * torch.rand(2, self.num_features) - 1
        return _jolted(y, self.strength, state, 2 * torch.rand(2, *y.shape) - 1)


class Noise:
    """Shifts and stretches what BN gives, anew at each training step: a hook of its outputs.

    Args:
        strengths: for each of E networks.
        seed: of the noise.
        memory: how much of a step's shift and stretch the next one keeps, from 0 to 1; their size
            stays the same.
    """

    def __init__(self, strengths: Sequence[float] | Floats, seed: int, memory: float = 0.0) -> None:
        self.strength = torch.as_tensor(strengths, dtype=torch.float32)[:, None, None]
        self.memory = memory
        self.on = True
        self._generator = torch.Generator().manual_seed(seed)
        self._state: dict[nn.Module, Tensor] = {}  # of shift and stretch, each of mean 0

    def __call__(self, module: nn.Module, inputs: object, y: Tensor) -> Tensor:
        """Move the outputs (E, C, N) of a module in training mode."""
        if not (self.on and module.training):
            return y
        state = self._uniform(2, *y.shape[:2], 1)
        if self.memory and module in self._state:
            state = self.memory * self._state[module] + (1 - self.memory**2) ** 0.5 * state
        self._state[module] = state
        jitter = self._uniform(2, *y.shape) * (self.strength > 0)
        return _jolted(y, self.strength, state, jitter)

    def _uniform(self, *shape: int) -> Tensor:
        return 2 * torch.rand(shape, generator=self._generator) - 1


def _jolted(y: Tensor, strength: Tensor | float, state: Tensor, jitter: Tensor) -> Tensor:
    """Move y by the state of its units, shift and stretch, and each value by the jitter."""
    (shift, stretch), (wide, high) = state, 0.1 * jitter
    factor = 1 + 0.125 * strength * (1 + stretch) + wide
    moved: Tensor = factor * y + 0.5 * strength * shift + high
    return moved
