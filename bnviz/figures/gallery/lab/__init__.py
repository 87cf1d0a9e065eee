"""Networks that train in the page."""

from bnviz.figures.gallery.lab.figure import Question, lab
from bnviz.figures.gallery.lab.questions import QUESTIONS

__all__ = ["QUESTIONS", "Question", "lab"]
