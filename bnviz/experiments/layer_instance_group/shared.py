"""Numbers from small networks, and what normalizing does to the statistics of each row and column.

>>> block(steps=5).shape
(4, 6, 8, 8)
>>> found = by_image_and_unit(steps=5)["layer norm"]
>>> bool(abs(found["an image"][:, 0]).max() < 1e-6)  # mean 0 in each image …
True
>>> bool(abs(found["a unit"][:, 0]).max() > 0.1)  # … and not in each unit
True
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from bnviz.experiments.common import Floats
from bnviz.experiments.layer_instance_group.together import (
    convolutional,
    fully_connected,
    images,
    train_together,
)

__all__ = ["block", "by_image_and_unit"]

_GROUPS = 4
#: In training mode, of (N, C).
_NORMALIZED: Mapping[str, Callable[[Tensor], Tensor]] = {
    "without norm": lambda x: x,
    "batch norm": lambda x: F.batch_norm(x, None, None, training=True),
    "layer norm": lambda x: F.layer_norm(x, x.shape[1:]),
    "group norm": lambda x: F.group_norm(x, _GROUPS),
    "RMSNorm": lambda x: F.rms_norm(x, x.shape[1:]),
}


@torch.no_grad()
def block(seed: int = 0, *, count: int = 4, channels: int = 6, steps: int = 100) -> Floats:
    """What the first convolution of a trained network gives for a few test images.

    Returns:
        Pre-activations of shape (count, channels, 8, 8).
    """
    x, y, x_test, _ = images([seed])
    with torch.enable_grad():
        model = convolutional("batch norm", [seed], (channels, 16))
        train_together(model, x, y, [seed], steps=steps)
    found: Floats = model[0](x_test[:count]).double().numpy()
    return found


@torch.no_grad()
def by_image_and_unit(
    seed: int = 0, *, count: int = 64, steps: int = 100
) -> dict[str, dict[str, Floats]]:
    """Means and standard deviations over each row, and each column, of a normalized mini-batch.

    The mini-batch is what 100 units of the first layer of a network trained without norm have for
    ``count`` images. Batch norm makes each column (a unit) 0 and 1, layer norm each row (an image);
    neither does the other. Layer norm comes close only where all units have alike statistics.

    Returns:
        By norm, then by "a unit" and "an image": pairs of mean and standard deviation, shape
        (100, 2) and (count, 2).
    """
    x, y, x_test, _ = images([seed])
    with torch.enable_grad():
        model = fully_connected("without norm", [seed])
        train_together(model, x, y, [seed], steps=steps)
    values = model[0](x_test[:count]).flatten(1)
    found = {}
    for name, normalized in _NORMALIZED.items():
        table = normalized(values).double().numpy()
        found[name] = {
            which: np.stack([table.mean(axis), table.std(axis)], 1)
            for which, axis in (("a unit", 0), ("an image", 1))
        }
    return found
