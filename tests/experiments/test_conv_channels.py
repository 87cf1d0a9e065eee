"""Statements of chapter 10, on seeds that it does not use."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

from bnviz import data
from bnviz.experiments.common import digits
from bnviz.experiments.conv_channels import (
    FILTERS,
    NORMS,
    Moved,
    conv_net,
    digit_images,
    digit_maps,
    fold_after,
    fold_before,
    folded,
    image_worth,
    moved_images,
    sums_of,
    time_saved,
    trained,
    worth,
)

pytestmark = pytest.mark.slow


def uneven_norm(channels: int) -> nn.BatchNorm2d:
    """A norm in eval mode whose numbers are all different from where they begin."""
    norm = nn.BatchNorm2d(channels).double().eval()
    with torch.no_grad():
        for values in (norm.weight, norm.bias, norm.running_mean, norm.running_var):
            values.uniform_(0.5, 2)
        norm.weight[0] *= -1
    return norm


# --- the norms ------------------------------------------------------------------------------------


def test_the_rules_normalize_over_the_axes_that_they_name():
    torch.manual_seed(0)
    x = 3 * torch.randn(6, 4, 8, 8) + 1
    for label, axes in (("N, H, W", (0, 2, 3)), ("N alone", (0,)), ("N, C, H, W", (0, 1, 2, 3))):
        away = x - x.mean(axes, keepdim=True)
        expected = away / (x.var(axes, keepdim=True, correction=0) + 1e-5).sqrt()
        torch.testing.assert_close(NORMS[label](4, 8, 8)(x), expected, rtol=1e-4, atol=1e-5)


def test_reshape_of_eight_channels_makes_columns_of_the_image_into_columns_of_the_table():
    torch.manual_seed(0)
    x = torch.randn(6, 8, 8, 8)
    axes = (0, 1, 2)  # all but the columns
    away = x - x.mean(axes, keepdim=True)
    expected = away / (x.var(axes, keepdim=True, correction=0) + 1e-5).sqrt()
    torch.testing.assert_close(NORMS["reshape"](8, 8, 8)(x), expected, rtol=1e-4, atol=1e-5)


def test_a_pair_for_each_place_is_hundreds_of_numbers_where_one_for_each_channel_is_eight():
    learned = {
        label: sum(p.numel() for p in norm(4, 8, 8).parameters()) for label, norm in NORMS.items()
    }
    assert learned == {"N, H, W": 8, "N alone": 512, "N, C, H, W": 2, "reshape": 8}


@pytest.fixture(scope="module")
def moved() -> Moved:
    """As in the chapter, but for the seeds."""
    return moved_images([7000, 7001])


def lost(accuracy: np.ndarray) -> np.ndarray:
    """The share of right answers that are lost by one pixel, to the side where more are kept."""
    return 1 - np.maximum(accuracy[:, 2], accuracy[:, 4]) / accuracy[:, 3]


def test_moved_images_are_recognized_as_before_where_all_places_share_and_nowhere_else(moved):
    for label in ("N, H, W", "N, C, H, W"):
        assert np.ptp(moved.accuracy[label], axis=1).max() < 0.005
    for label in ("N alone", "reshape"):
        assert lost(moved.accuracy[label]).min() > 0.3


def test_on_images_as_they_are_nothing_tells_the_slip(moved):
    assert moved.shifts[3] == 0
    still = {label: accuracy[:, 3] for label, accuracy in moved.accuracy.items()}
    assert still["N alone"].min() > 0.9
    assert (still["N alone"] > still["N, H, W"]).all()
    behind = still["N, H, W"] - still["reshape"]
    assert -0.03 < behind.min() <= behind.max() < 0.13


@pytest.mark.parametrize(
    "options",
    [
        {"lr": 0.1, "adam": False, "batch_size": 32},
        {"lr": 0.005, "read": "mean", "channels": (8, 8)},
    ],
)
def test_it_is_so_with_other_training(options):
    norms = {label: NORMS[label] for label in ("N, H, W", "N alone")}
    other = moved_images([102], norms=norms, steps=100, **options)
    assert np.ptp(other.accuracy["N, H, W"]) < 0.005
    assert lost(other.accuracy["N alone"]).min() > 0.25


# --- what an image is worth -----------------------------------------------------------------------


def test_worth_is_that_of_means_of_batches_drawn_at_random():
    maps = torch.from_numpy(digit_maps(400, seed=100))
    random = np.random.default_rng(0)
    means = [maps[random.integers(400, size=20)].mean((0, 2, 3)).numpy() for _ in range(4000)]
    sigma2 = maps.var((0, 2, 3), correction=0).numpy()
    np.testing.assert_allclose(sigma2 / (20 * np.var(means, axis=0)), worth(maps), rtol=0.15)


def test_before_training_and_in_the_first_layer_an_image_is_worth_more_than_its_places():
    untrained = image_worth((100, 101), steps=0)
    assert untrained.mean.min() > 55
    assert untrained.mean[:, 0].min() > 80
    assert image_worth((100,)).mean[0, 0] > 80


@pytest.mark.parametrize(
    "options", [{"seeds": range(7000, 7004)}, {"seeds": (102,), "lr": 0.005, "batch_size": 128}]
)
def test_before_a_mean_over_each_map_an_image_is_worth_a_few_values(options):
    found = image_worth(**options)
    assert found.mean[:, 2].min() > 1.5 and found.mean[:, 2].max() < 6.5
    assert found.mean[:, 1].min() > 20
    assert found.variance[:, 2].max() < 15
    assert 25 < found.variance[:, 0].min() <= found.variance[:, 0].max() < 85


def test_with_two_layers_it_is_worth_a_few_more():
    found = image_worth((100, 101), channels=(8, 16)).mean[:, 1]
    assert found.min() > 5 and found.max() < 13


def test_where_the_last_layer_reads_every_place_it_is_not_so():
    assert image_worth((100, 101), read="every").mean[:, 2].min() > 25


def test_a_good_part_of_the_first_layer_varies_alike_in_all_images():
    x, *_ = digits(100)
    for steps in (0, 100):
        model = conv_net((8, 16), seed=100)
        if steps:
            trained(model, steps, seed=100)
        first = sums_of(model, x.view(-1, 1, 8, 8))[0]
        shared = first.mean(0).var((1, 2), correction=0) / first.var((0, 2, 3), correction=0)
        assert 0.2 < shared.median() < 0.7


def test_a_blur_is_worth_less_than_the_digits_and_an_edge_far_more():
    own = worth(torch.from_numpy(digit_images(1000, seed=100))[:, None])[0]
    found = dict(zip(FILTERS, worth(torch.from_numpy(digit_maps(1000, seed=100))), strict=True))
    assert 90 < own < 160
    assert found["blur"] < own / 2
    assert found["left edge"] > 20 * own
    assert FILTERS["left edge"].sum() == 0


# --- the bias, and folding ------------------------------------------------------------------------


def test_a_bias_of_a_convolution_before_batch_norm_has_no_gradient_in_training_mode():
    x, y, *_ = digits(100)
    for training in (True, False):
        model = conv_net((4, 4), seed=100).double().train(training)
        F.cross_entropy(model(x[:32].view(-1, 1, 8, 8).double()), y[:32]).backward()
        conv = model[0]
        ratio = conv.bias.grad.abs().max() / conv.weight.grad.abs().max()
        assert (ratio < 1e-12) == training


@pytest.mark.parametrize("bias", [True, False])
def test_folding_after_is_exact_and_is_what_torch_does(bias):
    torch.manual_seed(0)
    conv, norm = nn.Conv2d(3, 5, 3, padding=1, bias=bias).double().eval(), uneven_norm(5)
    x = torch.randn(4, 3, 6, 6, dtype=torch.float64)
    one = fold_after(conv, norm)
    torch.testing.assert_close(one(x), norm(conv(x)), rtol=1e-12, atol=1e-12)
    theirs = fuse_conv_bn_eval(conv, norm)
    torch.testing.assert_close(one.weight, theirs.weight, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(one.bias, theirs.bias, rtol=1e-12, atol=1e-12)


def test_folding_before_is_exact_without_padding():
    torch.manual_seed(0)
    conv, norm = nn.Conv2d(3, 5, 3).double(), uneven_norm(3)
    x = torch.randn(4, 3, 6, 6, dtype=torch.float64)
    torch.testing.assert_close(fold_before(norm, conv)(x), conv(norm(x)), rtol=1e-12, atol=1e-12)


def test_in_eval_mode_only_the_border_after_a_norm_before_differs_and_in_training_mode_all_do():
    evaluated, training = folded((100, 101)), folded((100, 101), training=True)
    assert max(evaluated.after.max(), evaluated.before_inside.max()) < 1e-4
    assert evaluated.before_border.min() > 0.1
    assert min(training.after.min(), training.before_inside.min()) > 0.01


def test_time_saved_has_a_row_for_each_number_of_channels():
    saved = time_saved((2, 4), side=4, repetitions=3, runs=2)
    assert saved.ratio.shape == (2, 3) and (saved.ratio > 0).all()
    np.testing.assert_allclose(saved.arithmetic, [1 + 1 / 18, 1 + 1 / 36])


def test_a_network_has_the_same_weights_whatever_its_norm_is():
    nets = [conv_net((4, 6), norm, seed=100) for norm in NORMS.values()]
    for net in nets[1:]:
        torch.testing.assert_close(net[0].weight, nets[0][0].weight)
        torch.testing.assert_close(net[-1].weight, nets[0][-1].weight)


def test_maps_are_made_of_the_training_images():
    images = digit_images(3, seed=100)
    np.testing.assert_array_equal(images.reshape(3, 64), data.digits(100).x_train[:3])
    inside = digit_maps(3, seed=100)[:, 2, 1:-1, 1:-1]
    np.testing.assert_allclose(inside[0, 2, 3], images[0, 2:5, 3:6].mean())
