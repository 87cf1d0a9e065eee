"""Statements of chapter 13, on seeds that it does not use."""

import numpy as np
import pytest
import torch

from bnviz.experiments import why_it_works
from bnviz.experiments.why_it_works import NoisyBatchNorm, noise, staleness

pytestmark = pytest.mark.slow

RELU = {"activation": "relu", "depth": 8, "init": 0.05, "lr": 0.1}


def test_at_the_same_progress_the_plain_updates_are_more_out_of_date() -> None:
    found = staleness((100, 101))
    plain, bn = found["without BN"], found["with BN"]
    assert plain.between(0.3, 0.9).min() > 1.4 * bn.between(0.3, 0.9).max()
    # Before they learn anything it is the other way about, which is why averages mislead.
    assert plain.between(0, 0.3).max() < 0.1 < bn.between(0, 0.3).min()
    assert np.nanmean(plain.change[:, :50]) < np.nanmean(bn.change[:, :50])
    while_learning = plain.accuracy >= 0.3
    assert plain.cosine[while_learning].mean() < 0.7 < 0.85 < np.nanmean(bn.cosine)


def test_so_it_is_from_another_start_and_at_another_learning_rate() -> None:
    for options in ({"init_std": 0.3}, {"lr": 0.25, "steps": 2500}):
        found = staleness((102,), **options)
        plain, bn = (found[label].between(0.3, 0.9) for label in ("without BN", "with BN"))
        assert plain > 1.4 * bn


def test_three_layers_of_sigmoids_hardly_mind_movement_put_back() -> None:
    for options in ({"seeds": (100, 101)}, {"seeds": (102,), "init": 0.3, "lr": 0.25}):
        found = noise((1, 8), **options)
        assert (found.jump["noise × 1"] > 50 * found.jump["with BN"]).all()
        assert (found.jump["noise × 8"] > 10 * found.jump["without BN"]).all()
        late = found.steps_to_90["noise × 1"] - found.steps_to_90["with BN"]
        assert np.abs(late).max() <= 20
        assert (found.steps_to_90["noise × 8"] < 4 * found.steps_to_90["with BN"]).all()
        assert (found.accuracy["without BN"] < found.accuracy["noise × 8"]).all()


@pytest.mark.parametrize("options", [{}, {"init": "kaiming"}, {"init": "kaiming", "lr": 0.3}])
def test_eight_relu_layers_mind_strong_noise_alone(options) -> None:
    found = noise((1, 4), (100, 101), **(RELU | options)).steps_to_90
    bn, mild, strong = (found[k].mean() for k in ("with BN", "noise × 1", "noise × 4"))
    assert mild <= bn + 15
    assert 1.3 * bn < strong < 4 * bn


def test_at_small_steps_strong_noise_costs_more_than_bn_gains() -> None:
    small = noise((1, 4), (100, 101), **(RELU | {"init": "kaiming", "lr": 0.03})).steps_to_90
    assert np.isnan(small["noise × 4"]).all()
    assert np.nanmax(small["without BN"]) <= 150
    assert abs(small["noise × 1"].mean() - small["with BN"].mean()) < 30


def test_three_relu_layers_keep_nearly_all_of_their_lead() -> None:
    shallow = noise((1,), (100, 101), **(RELU | {"init": "kaiming", "depth": 3})).steps_to_90
    plain, bn, mild = (shallow[k].mean() for k in ("without BN", "with BN", "noise × 1"))
    assert mild - bn < 0.3 * (plain - bn)


def test_networks_are_tested_with_statistics_collected_without_noise() -> None:
    torch.manual_seed(0)
    model = torch.nn.Sequential(NoisyBatchNorm(5, strength=4), NoisyBatchNorm(5, strength=4))
    x = torch.randn(200, 5) * 3 + 2
    for _ in range(50):
        model.train()(x)
    still = why_it_works._without_noise(model, x)
    assert not still.training and model[1].strength == 4
    torch.testing.assert_close(still[1].running_mean, torch.zeros(5), atol=1e-5, rtol=0)
    assert (model[1].running_var > 1.5 * still[1].running_var).all()


@pytest.mark.parametrize("options", [{}, {"init": 0.3, "lr": 0.25}])
def test_sigmoids_learn_more_easily_under_noise_that_keeps_its_direction(options) -> None:
    anew, kept = (noise((8,), (103, 104), memory=m, **options).loss for m in (0, 0.9))
    assert (kept["noise × 8"] < 0.85 * anew["noise × 8"]).all()


def test_noise_of_any_memory_is_of_the_same_size_and_ends_with_the_training() -> None:
    torch.manual_seed(0)
    x = torch.randn(64, 400)
    for memory in (0.0, 0.9):
        norm = NoisyBatchNorm(400, strength=4, memory=memory)
        shifts = torch.stack([norm(x).mean(0) for _ in range(200)]).detach()
        assert shifts.std() == pytest.approx(2 / 3**0.5, rel=0.05)  # uniform over ±2
        kept = torch.corrcoef(torch.stack([shifts[:-1].flatten(), shifts[1:].flatten()]))[0, 1]
        assert kept == pytest.approx(memory, abs=0.05)
    norm.eval()
    torch.testing.assert_close(norm(x), norm(x))
    plain = torch.nn.BatchNorm1d(400).eval()
    plain.load_state_dict(norm.state_dict())
    torch.testing.assert_close(norm(x), plain(x))
