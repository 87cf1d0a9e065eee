"""Chapter 2: inputs that move, at the entrance of a model and inside of it.

>>> moved = moving_place_and_rule(seeds=range(2))
>>> moved["new place"]["straight border"].shape
(2,)
"""

from bnviz.experiments.covariate_shift.entrance import (
    Draw,
    Weighted,
    bending_border,
    moving_place_and_rule,
    one_draw,
    places,
    weights_by_density,
)
from bnviz.experiments.covariate_shift.images import SHIFTS, pale_and_noisy
from bnviz.experiments.covariate_shift.layers import (
    BatchMeans,
    Movement,
    batch_means,
    movement,
    over_time_and_between_batches,
    starts,
)

__all__ = [
    "Draw",
    "Weighted",
    "bending_border",
    "moving_place_and_rule",
    "one_draw",
    "places",
    "weights_by_density",
    "BatchMeans",
    "Movement",
    "batch_means",
    "movement",
    "over_time_and_between_batches",
    "starts",
    "SHIFTS",
    "pale_and_noisy",
]
