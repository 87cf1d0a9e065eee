"""Chapter 3: what happens to one mini-batch.

>>> company = other_company((2, 64), images=3, draws=20)
>>> company.scatter.shape
(2, 15)
"""

from bnviz.experiments.equation.company import (
    Company,
    WhoseStatistics,
    other_company,
    whose_statistics,
)
from bnviz.experiments.equation.epsilon import (
    DIVISORS,
    Divisors,
    divisors,
    nan_spreads,
    tiny_weights,
)
from bnviz.experiments.equation.estimates import Estimates, Settling, biased_or_unbiased, settling
from bnviz.experiments.equation.shape import Outlier, Shapes, outlier, shapes, weighted_sums

__all__ = [
    "Outlier",
    "Shapes",
    "outlier",
    "shapes",
    "weighted_sums",
    "DIVISORS",
    "Divisors",
    "divisors",
    "nan_spreads",
    "tiny_weights",
    "Company",
    "WhoseStatistics",
    "other_company",
    "whose_statistics",
    "Estimates",
    "Settling",
    "biased_or_unbiased",
    "settling",
]
