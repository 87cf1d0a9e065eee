"""Points in a plane: gradients of mini-batches, two classes and the border between them."""

from bnviz.figures.gallery.points.figure import points

__all__ = ["points"]
