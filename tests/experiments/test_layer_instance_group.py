"""What chapter 11 states, on seeds that it does not use."""

from __future__ import annotations

import functools

import numpy as np
import pytest
import torch

from bnviz.experiments import layer_instance_group as chapter
from bnviz.experiments.layer_instance_group.together import (
    NORMS,
    accuracies,
    convolutional,
    fully_connected,
    images,
    train_together,
)

SINGLE = ("layer norm", "group norm", "instance norm")  # norms that stay inside an image


# --- the way it is measured -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("network", "norm"),
    [
        *((convolutional, norm) for norm in NORMS),
        *((fully_connected, norm) for norm in NORMS if norm != "instance norm"),
    ],
)
def test_networks_side_by_side_learn_as_each_would_alone(network, norm):
    x, y, *_ = (part[:40] for part in images([100, 101]))
    x = x.double()
    both = network(norm, [100, 101]).double()
    train_together(both, x, y, [100, 101], steps=3, batch_size=8)
    for i, seed in enumerate((100, 101)):
        own = network(norm, [seed]).double()
        train_together(own, x[:, [i]], y[:, [i]], [seed], steps=3, batch_size=8)
        torch.testing.assert_close(both(x)[:, i], own(x[:, [i]])[:, 0])


# --- layer norm and units -------------------------------------------------------------------------


@pytest.mark.slow
def test_batch_norm_standardizes_units_and_layer_norm_images():
    for seed in (100, 101):
        found = chapter.by_image_and_unit(seed)
        for norm, kind, other in (
            ("batch norm", "a unit", "an image"),
            ("layer norm", "an image", "a unit"),
        ):
            away = np.abs(found[norm][kind] - [0, 1])
            assert away.max() < 1e-3, "each of one kind …"
            mean, std = found[norm][other].T
            assert mean.std() > 0.05 and std.std() > 0.05, "… and none of the other"
        mean, std = found["layer norm"]["a unit"].T
        assert np.abs(mean).max() > 1 and std.max() > 3 * std.min(), "they differ widely"


# --- contrast -------------------------------------------------------------------------------------


@functools.cache
def faded():
    return chapter.accuracy_by_contrast((0.3, 1.0), seeds=(100, 101, 102))


@pytest.mark.slow
@pytest.mark.parametrize("norm", SINGLE)
def test_norms_of_single_images_take_no_notice_of_contrast(norm):
    low, full = faded()[norm].T
    assert np.abs(low - full).max() < 0.01
    assert full.min() > 0.88


@pytest.mark.slow
def test_batch_norm_loses_most_when_the_images_fade():
    low, full = faded()["batch norm"].T
    assert full.min() > 0.92
    assert np.median(full - low) > 0.1
    low, full = faded()["without norm"].T
    assert np.median(full - low) < 0.05


@functools.cache
def told(bias: bool):
    return chapter.two_contrasts(seeds=(100, 101, 102), bias=bias)


@pytest.mark.slow
@pytest.mark.parametrize("norm", SINGLE)
def test_without_a_bias_a_norm_of_single_images_cannot_tell_contrasts(norm):
    assert np.abs(told(False)[norm] - 0.5).max() < 0.1


@pytest.mark.slow
@pytest.mark.parametrize("norm", ["without norm", "batch norm"])
def test_the_others_can_tell_contrasts(norm):
    assert np.median(told(False)[norm]) > 0.85
    assert np.median(told(True)[norm]) > 0.85


@pytest.mark.slow
def test_a_bias_brings_contrast_back_but_not_through_instance_norm():
    found = told(True)
    assert np.median(found["layer norm"]) > 0.9
    assert np.median(found["group norm"]) > 0.9
    assert np.abs(found["instance norm"] - 0.5).max() < 0.1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lr", "norm", "least", "most"),
    [
        (0.03, "layer norm", 0, 4),
        (0.03, "group norm", 0, 3),
        (0.03, "without norm", 0, 2),
        (0.1, "layer norm", 4, 14),
        (0.1, "group norm", 1, 9),
        (0.1, "without norm", 0, 3),
    ],
)
def test_some_of_thirty_networks_miss_the_bias_and_more_of_them_at_a_larger_rate(
    lr, norm, least, most
):
    found = chapter.two_contrasts((norm,), range(7000, 7030), bias=True, lr=lr)[norm]
    assert least <= (found < 0.7).sum() <= most


def test_versions_are_equal_after_instance_norm():
    x = torch.from_numpy(chapter.versions())
    one, faded, lightened, other = torch.nn.functional.instance_norm(x, eps=1e-5)
    for version in (faded, lightened):
        torch.testing.assert_close(version, one, atol=2e-3, rtol=0)
    assert (other - one).abs().max() > 1


# --- batch size -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_small_mini_batches_harm_batch_norm_alone():
    found = chapter.errors_by_batch_size((2, 8, 32), seeds=(100, 101, 102)).error
    two, eight, many = found["batch norm"]
    assert two.min() > 0.15
    assert two.max() < 0.5
    for norm in ("layer norm", "group norm"):
        small, middle, large = found[norm]
        assert small.max() < 0.1 and large.max() < 0.16
        assert eight.mean() < middle.mean() + 0.02, "from 8 on batch norm is as good"
        assert many.mean() < large.mean() + 0.01, "or better"


@pytest.mark.slow
def test_with_fifty_units_a_layer_they_fare_alike():
    def network(norm, seeds):
        return fully_connected(norm, seeds, (50, 50))

    norms = ("batch norm", "layer norm")
    found = chapter.errors_by_batch_size((2,), norms, (100, 101), network=network).error
    assert 0.2 < found["batch norm"].min() <= found["batch norm"].max() < 0.6
    assert found["layer norm"].max() < 0.15


@pytest.mark.slow
def test_with_five_layers_mini_batches_of_two_harm_batch_norm_more():
    def network(norm, seeds):
        return fully_connected(norm, seeds, (100,) * 5)

    found = chapter.errors_by_batch_size((2, 8), seeds=(7000, 7001), network=network).error
    two, eight = found.pop("batch norm")
    assert two.min() > 0.5
    others = np.array([*found.values()])  # norm, batch size, seed
    assert 0.05 < others.min() <= others.max() < 0.3
    assert eight.mean() < others[:, 1].mean() + 0.02


@pytest.mark.slow
def test_in_a_convolutional_network_mini_batches_of_two_cost_little():
    norms = ("batch norm", "group norm")
    found = chapter.errors_by_batch_size((2,), norms, (100, 101), network=convolutional).error
    assert found["batch norm"].mean() < found["group norm"].mean() + 0.04


def test_accuracy_counts_what_is_right():
    _, _, x, y = images([100])
    model = fully_connected("without norm", [100])
    expected = (model(x)[:, 0].argmax(1) == y[:, 0]).double().mean()
    assert accuracies(model, x, y)[0] == expected
