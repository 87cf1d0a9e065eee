"""One filter, slid over an image: each place of the map is a weighted sum of one window."""

from bnviz.figures.gallery.convolution.figure import convolution

__all__ = ["convolution"]
