"""Two units as a cloud of images that moves while the network trains."""

from bnviz.figures.gallery.drift.figure import drift
from bnviz.figures.gallery.drift.reading import Cloud

__all__ = ["Cloud", "drift"]
