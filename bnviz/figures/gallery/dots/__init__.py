"""Every seed a dot: results by condition, with their medians."""

from bnviz.figures.gallery.dots.figure import dots

__all__ = ["dots"]
