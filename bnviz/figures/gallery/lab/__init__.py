"""Networks that train in the page."""

from bnviz.figures.gallery.lab.figure import Question, lab

__all__ = ["Question", "lab"]
