"""Chapter 8: what stands in for the mini-batch when the network is used.

>>> forgotten_eval((50,), seeds=[0], steps=20).eval_mode.shape
(1,)
"""

from bnviz.experiments.at_test_time.fine_tuning import FineTuned, fine_tuned
from bnviz.experiments.at_test_time.memory import Stale, stale_statistics
from bnviz.experiments.at_test_time.modes import Forgotten, forgotten_eval
from bnviz.experiments.at_test_time.stand_ins import STAND_INS, stand_ins
from bnviz.experiments.at_test_time.unit import UnitStatistics, running, unit_statistics

__all__ = [
    "STAND_INS",
    "FineTuned",
    "Forgotten",
    "Stale",
    "UnitStatistics",
    "fine_tuned",
    "forgotten_eval",
    "running",
    "stale_statistics",
    "stand_ins",
    "unit_statistics",
]
