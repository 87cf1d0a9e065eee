"""Chapter 5: what the way back through batch normalization sees.

>>> scale((0.5, 2.0)).change.shape
(2, 2)
"""

from bnviz.experiments.gradients.bias import BiasGradients, bias_before_norm
from bnviz.experiments.gradients.constants import (
    Held,
    HeldConstant,
    ToyBias,
    held_constant,
    toy_bias,
)
from bnviz.experiments.gradients.halves import HalfNorm, halves
from bnviz.experiments.gradients.removed import Through, through
from bnviz.experiments.gradients.weight_scale import Scale, Starts, scale, starts

__all__ = [
    "Held",
    "HeldConstant",
    "ToyBias",
    "held_constant",
    "toy_bias",
    "HalfNorm",
    "halves",
    "Through",
    "through",
    "Scale",
    "Starts",
    "scale",
    "starts",
    "BiasGradients",
    "bias_before_norm",
]
