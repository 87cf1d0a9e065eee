"""Chapter 7: which starts, learning rates and depths batch normalization makes usable.

>>> grid = sweep((0.1,), (0.5,), (1,), seeds=[0], steps=30, eval_every=10)
>>> grid.accuracy["with BN"].shape
(1, 1, 1, 1, 4)
"""

from bnviz.experiments.training_dynamics.conditioning import Descent, descent
from bnviz.experiments.training_dynamics.layers import growth, per_layer
from bnviz.experiments.training_dynamics.runs import Sweep, by_rate, sweep, two_rates
from bnviz.experiments.training_dynamics.side_by_side import Trained, train_side_by_side

__all__ = [
    "Descent",
    "Sweep",
    "Trained",
    "by_rate",
    "descent",
    "growth",
    "per_layer",
    "sweep",
    "train_side_by_side",
    "two_rates",
]
