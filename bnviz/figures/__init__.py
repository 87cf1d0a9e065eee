"""The book's live figures. Each is a function that takes data and returns a ``Figure``.

A figure shows itself as the last value of a notebook cell, ``figure.show()`` displays it anywhere,
``figure.save_html(path)`` writes a page of its own. How to add one: see ``base``.
"""

from bnviz.figures.base import Figure, page_script
from bnviz.figures.gallery.affine_activation import affine_activation
from bnviz.figures.gallery.curves import curves
from bnviz.figures.gallery.distributions import distributions
from bnviz.figures.gallery.drift import drift
from bnviz.figures.gallery.mini_batch import mini_batch

__all__ = [
    "Figure",
    "affine_activation",
    "curves",
    "distributions",
    "drift",
    "mini_batch",
    "page_script",
]
