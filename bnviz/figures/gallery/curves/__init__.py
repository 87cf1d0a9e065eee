"""Lines and bands against any axis: accuracy over training, errors against batch size."""

from bnviz.figures.gallery.curves.figure import curves
from bnviz.figures.gallery.curves.summary import Band

__all__ = ["Band", "curves"]
