"""A grid of runs: what came of each setting, and inside each cell why."""

from bnviz.figures.gallery.sweep.figure import sweep

__all__ = ["sweep"]
