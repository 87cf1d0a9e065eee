"""A question that the reader answers before the answer shows."""

from bnviz.figures.gallery.predict.figure import predict

__all__ = ["predict"]
