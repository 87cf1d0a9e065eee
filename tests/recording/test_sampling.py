"""Which elements of a tensor a sample takes."""

import math

import torch

from bnviz.recording.sampling import choose_grid


def test_of_maps_eight_times_the_sample_is_kept() -> None:
    maps = torch.empty(64, 32, 16, 16)
    grid = choose_grid(maps.shape, maps.stride(), unit=None, sample=64, features=1)
    assert grid.size[1] == 32
    assert math.prod(grid.size) == 8 * 64
