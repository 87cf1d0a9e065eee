"""A distributed run: each rank records what it sees, and merge adds it up."""

import subprocess
import sys

import numpy as np
import pytest
import ranks

import bnviz


@pytest.fixture(scope="module")
def merged(tmp_path_factory: pytest.TempPathFactory) -> bnviz.Recording:
    folder = tmp_path_factory.mktemp("ranks")
    subprocess.run([sys.executable, ranks.__file__, str(folder)], check=True, timeout=120)
    return bnviz.merge(*map(bnviz.load, folder.glob("rank*.npz")))


@pytest.fixture(scope="module")
def alone() -> bnviz.Recording:
    """One process that sees all examples at every step: the gradients are the same."""
    return ranks.train(ranks.network(), *ranks.examples())


def test_the_layers_and_steps_are_those_of_one_process(merged, alone):
    assert merged.layers == alone.layers
    assert merged.steps.tolist() == alone.steps.tolist() == [1, 2, 3, 4, 5]


def test_the_values_of_all_ranks_are_counted(merged, alone):
    for layer in alone.layers:
        assert (merged.total(layer) == ranks.BATCH * 8).all()
        assert (merged.counts(layer)[0] == alone.counts(layer)[0]).all()


def test_mean_and_spread_are_those_of_one_process(merged, alone):
    for layer in alone.layers:
        np.testing.assert_allclose(merged.mean(layer), alone.mean(layer), atol=1e-6)
        np.testing.assert_allclose(merged.std(layer), alone.std(layer), atol=1e-6)
