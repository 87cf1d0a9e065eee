"""What γ and β make of the activation behind them."""

from bnviz.figures.gallery.affine_activation.figure import affine_activation

__all__ = ["affine_activation"]
