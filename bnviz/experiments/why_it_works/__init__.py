"""Chapter 13: is it the movement of the layers' inputs that BN makes harmless, or what else?"""

from bnviz.experiments.why_it_works.along import Landscape, landscape
from bnviz.experiments.why_it_works.movement import Course, under_noise
from bnviz.experiments.why_it_works.noise import NoisyBatchNorm
from bnviz.experiments.why_it_works.rates import at_rates
from bnviz.experiments.why_it_works.updates import Staleness, staleness

__all__ = [
    "Course",
    "Landscape",
    "NoisyBatchNorm",
    "Staleness",
    "at_rates",
    "landscape",
    "staleness",
    "under_noise",
]
