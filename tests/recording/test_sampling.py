"""Which elements of a tensor a sample takes."""

import math

import pytest
import torch

from bnviz.recording.sampling import choose_grid


def test_of_maps_eight_times_the_sample_is_kept() -> None:
    maps = torch.empty(64, 32, 16, 16)
    grid = choose_grid(maps.shape, maps.stride(), unit=None, sample=64, features=1)
    assert grid.size[1] == 32
    assert math.prod(grid.size) == 8 * 64


@pytest.mark.parametrize("shape", [(5, 100), (7, 30), (3, 4, 9, 9), (5, 10, 14)])
@pytest.mark.parametrize("sample", [100, 150, 300])
def test_no_more_is_kept_than_the_sample(shape: tuple[int, ...], sample: int) -> None:
    strides = tuple(math.prod(shape[d + 1 :]) for d in range(len(shape)))
    grid = choose_grid(shape, strides, unit=None, sample=sample, features=1)
    assert math.prod(grid.size) <= sample * (8 if len(shape) > 2 else 1)
