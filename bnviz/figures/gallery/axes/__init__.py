"""A block of numbers, and which of them share a mean and a standard deviation."""

from bnviz.figures.gallery.axes.arithmetic import Over
from bnviz.figures.gallery.axes.figure import axes

__all__ = ["Over", "axes"]
