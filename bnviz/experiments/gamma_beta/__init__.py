"""Chapter 4: what γ and β are needed for.

>>> outcome = spirals({"both": {"norm": "batch"}}, seeds=[0], steps=50)
>>> outcome.steps.tolist(), outcome.accuracy["both"].shape
([50], (1, 1))
"""

from bnviz.experiments.gamma_beta.layers import Widths, on_digits, undone, widths
from bnviz.experiments.gamma_beta.passed import Passed, passed_share
from bnviz.experiments.gamma_beta.two_spirals import KINDS, Spirals, boundaries, capacity, spirals
from bnviz.experiments.gamma_beta.vanishing import Vanishing, vanishing

__all__ = [
    "KINDS",
    "Spirals",
    "boundaries",
    "capacity",
    "spirals",
    "Widths",
    "on_digits",
    "undone",
    "widths",
    "Passed",
    "passed_share",
    "Vanishing",
    "vanishing",
]
