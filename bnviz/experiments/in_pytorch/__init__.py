"""Chapter 14: batch normalization in PyTorch, and how to find what is wrong.

>>> sorted(PATIENTS) == list("ABCDEFGH")
True
"""

from bnviz.experiments.in_pytorch.cures import cured
from bnviz.experiments.in_pytorch.devices import Devices, accuracy_by_devices
from bnviz.experiments.in_pytorch.precision import running_means
from bnviz.experiments.in_pytorch.ward import PATIENTS, Course, Patient, course, train_patient

__all__ = [
    "PATIENTS",
    "Course",
    "Devices",
    "Patient",
    "accuracy_by_devices",
    "course",
    "cured",
    "running_means",
    "train_patient",
]
