"""Batch normalization of a handful of samples, each of which the reader can move."""

from bnviz.figures.gallery.mini_batch.figure import CONTROLS, mini_batch

__all__ = ["CONTROLS", "mini_batch"]
