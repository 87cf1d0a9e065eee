"""What the experiments share."""

import numpy as np
import torch

import bnviz
from bnviz.experiments.common import accuracy, digits, ended_at, recomputed, steps_to
from bnviz.networks import mlp


def test_digits_are_those_of_the_seed() -> None:
    x, _, _, y_test = digits(3)
    np.testing.assert_array_equal(x.numpy(), bnviz.data.digits(3).x_train)
    np.testing.assert_array_equal(y_test.numpy(), bnviz.data.digits(3).y_test)


def test_accuracy_keeps_the_mode_of_the_network() -> None:
    model = mlp((64, 8, 10), norm="batch", seed=0)
    x, y, _, _ = digits(0)
    for mode in (True, False):
        accuracy(model.train(mode), x, y)
        assert model.training is mode


def test_a_goal_ends_the_training_when_all_networks_have_reached_it() -> None:
    networks = {str(n): mlp((64, 50, 10), norm=n, seed=0) for n in (None, "batch")}
    runs = bnviz.train(
        networks, 400, on_step=ended_at(0.7), eval_every=5, record=False, progress=False
    )
    reached = [steps_to(run, 0.7) for run in runs.values()]
    assert max(reached) == len(runs["None"].loss) < 400
    assert np.isnan(steps_to(runs["None"], 1.01))


def test_recomputed_statistics_are_those_of_the_images() -> None:
    x = digits(100)[0]
    model = mlp((64, 20, 10), norm="batch", seed=0).eval()
    fresh = recomputed(model, x)
    z = model.hidden1.linear(x)
    torch.testing.assert_close(fresh.hidden1.norm.running_mean, z.mean(0))
    torch.testing.assert_close(fresh.hidden1.norm.running_var, z.var(0))
    assert torch.all(model.hidden1.norm.running_mean == 0)
    assert not fresh.training
