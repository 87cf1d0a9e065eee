"""The book's live figures. Each is a function that takes data and returns a ``Figure``.

A figure shows itself as the last value of a notebook cell, ``figure.show()`` displays it anywhere,
``figure.save_html(path)`` writes a page of its own. ``gallery`` has a figure's parts under its own
name, ``kit`` what all of them share.
"""

from bnviz.figures.gallery.affine_activation import affine_activation
from bnviz.figures.gallery.axes import Over, axes
from bnviz.figures.gallery.convolution import convolution
from bnviz.figures.gallery.curves import Band, curves
from bnviz.figures.gallery.distributions import distributions
from bnviz.figures.gallery.dots import dots
from bnviz.figures.gallery.drift import Cloud, drift
from bnviz.figures.gallery.lab import QUESTIONS, Question, lab
from bnviz.figures.gallery.mini_batch import mini_batch
from bnviz.figures.gallery.points import points
from bnviz.figures.gallery.predict import predict
from bnviz.figures.gallery.running_statistics import running_statistics
from bnviz.figures.gallery.sweep import sweep
from bnviz.figures.kit.axes import Axis
from bnviz.figures.kit.figure import Figure

__all__ = [
    "QUESTIONS",
    "Axis",
    "Band",
    "Cloud",
    "Figure",
    "Over",
    "Question",
    "affine_activation",
    "axes",
    "convolution",
    "curves",
    "distributions",
    "dots",
    "drift",
    "lab",
    "mini_batch",
    "points",
    "predict",
    "running_statistics",
    "sweep",
]
