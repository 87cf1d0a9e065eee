"""Batch, layer, instance and group normalization in NumPy, after ``torch.nn.functional``.

Names, argument order, defaults, results and errors are those of PyTorch 2.13. An array keeps its
dtype (float32 or float64). Inside, everything is computed in float64 and in two passes, first the
mean and then the deviations from it, so a float32 array whose mean is a million times its spread
keeps its variance.

All four methods do the same thing and differ in the axes that share one mean and one variance:

==================  ==============================  ==============================
method              x of shape (N, C, H, W)         statistics
==================  ==============================  ==============================
``batch_norm``      over N, H, W                    one pair a channel
``layer_norm``      over C, H, W (the last axes)    one pair a sample
``instance_norm``   over H, W                       one pair a sample and channel
``group_norm``      over H, W and C / G channels    one pair a sample and group
==================  ==============================  ==============================
"""

from bnviz.norms.batch import batch_norm, batch_norm_backward
from bnviz.norms.group import group_norm
from bnviz.norms.instance import instance_norm
from bnviz.norms.layer import layer_norm

__all__ = ["batch_norm", "batch_norm_backward", "group_norm", "instance_norm", "layer_norm"]
