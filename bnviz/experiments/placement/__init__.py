"""Chapter 6: batch normalization before the activation or after it, in one layer or in all.

>>> handed_on("relu", seeds=[0]).mean.shape
(1, 2)
"""

from bnviz.experiments.placement.before_and_after import (
    PLACES,
    Biases,
    HandedOn,
    handed_on,
    rescaled,
    steps_to_goal,
    without_biases,
)
from bnviz.experiments.placement.which_layers import first_gradients, in_one_layer

__all__ = [
    "PLACES",
    "Biases",
    "HandedOn",
    "first_gradients",
    "handed_on",
    "in_one_layer",
    "rescaled",
    "steps_to_goal",
    "without_biases",
]
