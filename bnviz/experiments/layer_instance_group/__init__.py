"""Chapter 11: norms that differ in which numbers share a mean and a standard deviation."""

from bnviz.experiments.layer_instance_group.batch_size import Errors, errors_by_batch_size
from bnviz.experiments.layer_instance_group.contrast import (
    accuracy_by_contrast,
    dimmed,
    two_contrasts,
    versions,
)
from bnviz.experiments.layer_instance_group.shared import block, by_image_and_unit

__all__ = [
    "Errors",
    "accuracy_by_contrast",
    "block",
    "by_image_and_unit",
    "dimmed",
    "errors_by_batch_size",
    "two_contrasts",
    "versions",
]
