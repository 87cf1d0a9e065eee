"""Chapter 10: over what a convolution's channel takes its mean.

>>> image_worth(seeds=[0], channels=(3, 5), steps=0).mean.shape
(1, 2)
"""

from bnviz.experiments.conv_channels.filters import FILTERS, digit_images, digit_maps
from bnviz.experiments.conv_channels.folding import (
    Folded,
    TimeSaved,
    fold_after,
    fold_before,
    folded,
    time_saved,
)
from bnviz.experiments.conv_channels.networks import conv_net, sums_of, trained
from bnviz.experiments.conv_channels.worth import Worth, image_worth, worth
from bnviz.experiments.conv_channels.wrong_axes import NORMS, Moved, moved_images

__all__ = [
    "FILTERS",
    "NORMS",
    "Folded",
    "Moved",
    "TimeSaved",
    "Worth",
    "conv_net",
    "digit_images",
    "digit_maps",
    "fold_after",
    "fold_before",
    "folded",
    "image_worth",
    "moved_images",
    "sums_of",
    "time_saved",
    "trained",
    "worth",
]
