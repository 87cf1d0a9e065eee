"""Chapter 9: the noise of the batch, and what keeps networks from learning by heart."""

from bnviz.experiments.regularization.decay import Decayed, decayed
from bnviz.experiments.regularization.dropout import Shift, variance_shift
from bnviz.experiments.regularization.groups import (
    WrongLabels,
    accuracy_by_group,
    growth_by_group,
    with_wrong_labels,
)
from bnviz.experiments.regularization.noise import (
    Answers,
    Disturbed,
    Noise,
    answers,
    noise,
    noisy_unit,
)

__all__ = [
    "Answers",
    "Decayed",
    "Disturbed",
    "Noise",
    "Shift",
    "WrongLabels",
    "accuracy_by_group",
    "answers",
    "decayed",
    "growth_by_group",
    "noise",
    "noisy_unit",
    "variance_shift",
    "with_wrong_labels",
]
