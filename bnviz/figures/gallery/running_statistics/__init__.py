"""Running statistics: what a layer remembers of its mini-batches, and how long."""

from bnviz.figures.gallery.running_statistics.figure import running_statistics

__all__ = ["running_statistics"]
