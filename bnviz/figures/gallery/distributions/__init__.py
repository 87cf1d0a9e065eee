"""Histograms of a network's layers over training.

``figure`` is the figure, ``live`` keeps one up to date while training runs.
"""

from bnviz.figures.gallery.distributions.figure import Distributions, distributions

__all__ = ["Distributions", "distributions"]
