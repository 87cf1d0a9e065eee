"""What chapter 9 states, on seeds that it does not use."""

from __future__ import annotations

import functools

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from bnviz.experiments import regularization as chapter
from bnviz.experiments.regularization.nets import Nets, accuracies, images, learning

# --- the way it is measured -----------------------------------------------------------------------


def test_a_group_is_normalized_as_a_mini_batch_of_its_own():
    nets = Nets([100, 101], (20, 20)).double().train()
    x = torch.rand(2, 12, 64, dtype=torch.float64)
    apart = torch.cat([nets(part) for part in x.split(4, 1)], 1)
    torch.testing.assert_close(nets(x, group=4), apart)


def test_its_batch_norm_is_that_of_torch_in_both_modes():
    nets, torchs = Nets([100], (20,)).double().train(), torch.nn.BatchNorm1d(20).double()
    first, last = nets.layers
    x = torch.rand(1, 30, 64, dtype=torch.float64)
    for mode in (True, False):
        nets.train(mode), torchs.train(mode)
        sums = F.linear(x[0], first.weight[0], first.bias[0, :, 0])
        outputs = F.linear(F.relu(torchs(sums)), last.weight[0], last.bias[0, :, 0])
        torch.testing.assert_close(nets(x)[0], outputs)


def test_networks_side_by_side_learn_as_each_would_alone():
    def learned(seeds):
        x, y, *_ = images(seeds, 40)
        nets = Nets(seeds, (20,)).double()
        for step in learning(nets, x.double(), y, seeds, batch_size=8, group=4):
            if step == 3:
                break
        return nets.layers[0].weight.detach()

    torch.testing.assert_close(learned([100, 101])[1], learned([101])[0])


# --- noise ----------------------------------------------------------------------------------------


@functools.cache
def measured(lr=0.1, hidden=(100, 100), steps=100):
    settings = {"hidden": hidden, "lr": lr, "steps": steps}
    return chapter.noise((4, 16, 64), [100, 101], subjects=2, **settings)


@pytest.mark.slow
@pytest.mark.parametrize("setting", [{"lr": 0.5}, {"hidden": (50,) * 8}, {"steps": 0}])
def test_in_layer_1_the_noise_is_what_is_expected_and_later_the_mean_is_calm(setting):
    found = measured(**setting)
    scaled = np.sqrt(found.sizes)
    np.testing.assert_allclose(found.mean[0] * scaled, 1, atol=0.15)
    np.testing.assert_allclose(found.std[0] * scaled * np.sqrt(2), 1, atol=0.25)
    assert np.all(found.mean[1:] < 0.3 * found.mean[0])
    assert np.all(found.std[1:] > 0.4 * found.std[0])
    quarter = found.mean[..., 1] / found.mean[..., 2]  # noise at 16 images, over that at 64
    assert np.all((quarter > 1.5) & (quarter < 2.5))


@pytest.mark.slow
def test_outputs_of_one_image_scatter_less_among_more():
    output = measured().output
    assert np.all(output[:, 0] > 0.3)  # at 4 images, in standard deviations over images
    assert np.all((output[:, 1] / output[:, 2] > 1.5) & (output[:, 1] / output[:, 2] < 2.5))


@pytest.mark.slow
def test_a_doubtful_image_changes_sides_and_less_so_in_large_batches():
    found = chapter.answers((16, 256), 100, ranks=(0.02, 0.5), draws=100, steps=150)
    assert found.wrong[0, 0] > 0.1
    assert found.wrong[0, 0] > found.wrong[1, 0] - 0.2
    assert found.wrong[1, 1] < 0.02
    assert np.all(found.right[0].std(1) > 2 * found.right[1].std(1))


def test_noise_of_a_mini_batch_is_a_line_and_dropouts_is_not():
    for (kind, _), one in chapter.noisy_unit((16, 4), (0.5,), draws=2, seed=100).items():
        slope, height = np.polyfit(one.calm, one.noisy, 1)
        off = np.abs(slope * one.calm + height - one.noisy).max()
        assert off > 0.3 if "dropout" in kind else off < 1e-9


# --- gain -----------------------------------------------------------------------------------------


@functools.cache
def by_group(layers, lr):
    return chapter.accuracy_by_group((100, 20), range(100, 106), lr=lr, hidden=(50,) * layers)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("layers", "lr", "least", "most"),
    [
        (6, 0.1, 0.06, 0.25),
        (4, 0.1, 0.02, 0.12),
        (4, 0.3, 0.01, 0.1),
        (4, 1.0, -0.03, 0.03),
        (2, 0.3, -0.02, 0.02),
    ],
)
def test_noise_is_a_gain_in_deep_networks_at_small_rates_and_not_else(layers, lr, least, most):
    found = by_group(layers, lr)
    assert least < np.mean(found[20] - found[100]) < most


@pytest.mark.slow
@pytest.mark.parametrize(("layers", "lr", "most"), [(2, 0.3, 0.005), (4, 1.0, -0.005)])
def test_groups_of_four_are_no_gain_where_groups_of_twenty_are_little(layers, lr, most):
    groups, seeds = (100, 4), range(7000, 7008)
    found = chapter.accuracy_by_group(groups, seeds, lr=lr, hidden=(50,) * layers)
    assert np.mean(found[4] - found[100]) < most


@pytest.mark.slow
def test_at_a_large_rate_four_layers_need_no_noise():
    assert np.mean(by_group(4, 1.0)[100] - by_group(4, 0.3)[100]) > 0.015
    assert np.mean(by_group(4, 1.0)[100] - by_group(4, 0.3)[20]) > -0.015


@pytest.mark.slow
@pytest.mark.parametrize("group", [100, 4])
def test_with_noise_and_without_they_know_their_training_images(group):
    seeds = range(100, 106)
    x, y, *_ = images(seeds, 100)
    nets = Nets(seeds, (50,) * 4)
    for step in learning(nets, x, y, seeds, lr=0.3, batch_size=100, group=group):
        if step == 150:
            break
    assert np.mean(accuracies(nets, x, y)) > 0.97


@pytest.mark.slow
def test_six_layers_in_groups_of_four_know_most_of_their_training_images():
    seeds = range(7000, 7008)
    x, y, *_ = images(seeds, 100)
    nets = Nets(seeds, (50,) * 6)
    for step in learning(nets, x, y, seeds, lr=0.1, batch_size=100, group=4):
        if step == 100:
            break
    assert 0.86 < np.mean(accuracies(nets, x, y)) < 0.96


@pytest.mark.slow
def test_to_stop_in_time_brings_most_of_the_gain_with_two_layers_and_little_with_four():
    shares = []
    for layers in (2, 4):
        found = chapter.with_wrong_labels(
            0.3, (200, 4), range(200, 206), at=(30, 40, 50, 60, 100), hidden=(50,) * layers
        )
        calm, noisy = (found.test[group].mean(0) for group in (200, 4))
        assert 0.04 < noisy[-1] - calm[-1] < 0.2
        shares.append((calm.max() - calm[-1]) / (noisy[-1] - calm[-1]))
    assert shares[0] > 0.5 > 0.4 > shares[1]


@pytest.mark.slow
@pytest.mark.parametrize(("layers", "least", "most"), [(2, 0.03, 0.16), (4, 0.07, 0.2)])
def test_tiny_groups_delay_the_learning_of_wrong_labels(layers, least, most):
    seeds, hidden = range(7000, 7005), (50,) * layers
    found = chapter.with_wrong_labels(0.3, (200, 4), seeds, at=(100,), hidden=hidden)
    assert least < np.mean(found.test[4] - found.test[200]) < most
    assert np.all(found.train[4] < found.train[200])


# --- dropout --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_dropout_before_batch_norm_leaves_a_running_variance_too_large():
    pixels = chapter.variance_shift(0, (0.5,), range(7000, 7010))
    hidden = chapter.variance_shift(1, (0.5,), [100, 101], steps=60)
    fast = chapter.variance_shift(0, (0.5,), [100, 101], lr=0.5, steps=60)
    slow, slow_hidden = (
        chapter.variance_shift(place, (0.5,), range(7000, 7010), lr=0.02) for place in (0, 1)
    )
    assert np.all((pixels.ratio > 0.3) & (pixels.ratio < 0.5))
    assert np.all((fast.ratio > 0.3) & (fast.ratio < 0.6))
    assert np.all((hidden.ratio > 0.55) & (hidden.ratio < 0.8))
    gain, gain_slow = (np.mean(one.recomputed - one.accuracy) for one in (pixels, slow))
    assert 0 < gain < 0.035
    assert max(0.03, gain) < gain_slow < 0.09
    assert np.all((slow.ratio < 0.35) & (slow_hidden.ratio > 0.4) & (slow_hidden.ratio < 0.6))


# --- the length of weights ------------------------------------------------------------------------


@pytest.mark.parametrize("hidden", [(50, 50), (50,) * 4])
def test_noise_in_the_statistics_is_noise_in_the_gradient(hidden):
    """At the same weights, and for the same images."""
    x, y, *_ = images([100, 101])
    nets = Nets([100, 101], hidden).train()
    lengths = {}
    for group in (64, 4):
        outputs = nets(x[:, :64], group).flatten(0, 1)
        loss = F.cross_entropy(outputs, y[:, :64].flatten(), reduction="sum") / 64
        (grad,) = torch.autograd.grad(loss, [nets.layers[0].weight])
        lengths[group] = grad.flatten(1).norm(dim=1)
    assert torch.all(lengths[4] > 1.15 * lengths[64])


@pytest.mark.slow
@pytest.mark.parametrize("setting", [{"lr": 0.5}, {"hidden": (50,) * 4}])
def test_the_noisier_the_statistics_the_longer_the_weights(setting):
    _, found = chapter.growth_by_group((64, 4), [100, 101], at=(0, 60), **setting)
    assert np.all(found[4][:, -1] - 1 > 2 * (found[64][:, -1] - 1))


@pytest.mark.slow
def test_a_rising_rate_does_what_weight_decay_does():
    decay = chapter.decayed(0.1, [100], steps=60)
    rising = chapter.decayed(0.0, [100], rising=0.1, steps=60)
    np.testing.assert_allclose(rising.rate, decay.rate, rtol=0.01)
    assert decay.length[0, -1] < 0.7 < 1 < rising.length[0, -1]
    np.testing.assert_allclose(rising.accuracy, decay.accuracy, atol=0.02)


@pytest.mark.slow
def test_a_rate_that_rises_400_fold_ruins_a_network_without_batch_norm_only():
    without = chapter.decayed(0.0, [100, 101], rising=0.1, norm=False, every=300)
    with_bn = chapter.decayed(0.0, [100, 101], rising=0.1, every=300)
    assert np.all(without.accuracy[:, -1] < 0.4)
    assert np.all(with_bn.accuracy[:, -1] > 0.85)


def test_accuracies_are_measured_in_eval_mode():
    x, y, *_ = images([100], 50)
    nets = Nets([100], (20,)).train()
    alone = np.mean([accuracies(nets, x[:, [i]], y[:, [i]])[0] for i in range(50)])
    assert alone == pytest.approx(accuracies(nets, x, y)[0])
