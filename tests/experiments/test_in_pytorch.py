"""Statements of chapter 14, on seeds that it does not use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import distributed, nn
from torch.nn import functional as F

from bnviz import mlp
from bnviz.experiments.common import accuracy, digits
from bnviz.experiments.in_pytorch import (
    PATIENTS,
    Patient,
    accuracy_by_devices,
    course,
    cured,
    running_means,
    train_patient,
)
from bnviz.experiments.in_pytorch.devices import Shared
from bnviz.experiments.processes import over_processes
from bnviz.recording.recorder import record

pytestmark = pytest.mark.slow

SEEDS = (100, 101)


def last(patient: Patient, name: str, **options) -> np.ndarray:
    """What is seen at the end, of each seed."""
    return getattr(course(patient, SEEDS, **options), name)[..., -1]


def healed(name: str, steps: int = 100, seeds: Sequence[int] = SEEDS, **changes) -> np.ndarray:
    """Test accuracy in eval mode, pixels from 0 to 1, with something changed, of each seed."""
    patient, found = replace(PATIENTS[name], **changes), []
    for seed in seeds:
        _, _, x, y = digits(seed)
        found.append(accuracy(train_patient(patient, seed, steps=steps).eval(), x, y))
    return np.array(found)


# --- the patients ---------------------------------------------------------------------------------


def test_the_healthy_one_learns_and_its_spread_stays_about_1():
    healthy = PATIENTS["E"]
    assert last(healthy, "trained").min() > 0.95
    assert last(healthy, "tested").min() > 0.93
    spread = course(healthy, SEEDS).spread
    assert spread.min() > 0.8 and spread.max() < 1.25
    assert ((last(healthy, "idle") > 0.4) & (last(healthy, "idle") < 0.7)).all()


def test_a_is_the_healthy_one_but_for_what_eval_mode_reads():
    ill, healthy = course(PATIENTS["A"], SEEDS, steps=50), course(PATIENTS["E"], SEEDS)
    for name in ("trained", "tested_in_training_mode", "spread", "idle"):
        np.testing.assert_array_equal(getattr(ill, name), getattr(healthy, name)[..., :5])
    assert ill.tested[:, -1].max() < 0.65
    assert ill.tested_in_training_mode[:, -1].min() > 0.93
    for norm in train_patient(PATIENTS["A"], 100, steps=10).modules():
        if isinstance(norm, nn.BatchNorm1d):
            assert (norm.running_mean == 0).all() and (norm.running_var == 1).all()


def test_b_hands_less_on_from_layer_to_layer_and_never_starts():
    ill = course(PATIENTS["B"], SEEDS, steps=50)
    spread = ill.spread[..., -1]
    assert ((spread[0] > 0.003) & (spread[0] < 0.02)).all()
    assert (spread[1] < 0.05 * spread[0]).all() and (spread[2] < 0.1 * spread[1]).all()
    assert ill.tested[:, -1].max() < 0.15


def test_about_half_of_b_is_idle_in_all_layers_unlike_c():
    ill = course(PATIENTS["B"], range(7000, 7004))
    assert 0.3 < ill.idle.min() <= ill.idle.max() < 0.6


def test_b_takes_between_three_and_six_hundred_steps_to_recover():
    ill = course(PATIENTS["B"], range(9000, 9003), steps=600)
    looks = 10 * np.arange(ill.tested.shape[1])
    recovered = looks[(ill.tested > 0.9).argmax(1)]
    assert ((recovered > 300) & (recovered < 550)).all()
    assert ill.tested[:, -1].min() > 0.9


def test_a_smaller_epsilon_heals_b_and_ten_times_the_rate_helps():
    assert healed("B", 60, eps=1e-12).min() > 0.85
    assert healed("B", lr=1.0).min() > 0.7


def test_weights_ten_times_those_of_b_recover():
    assert healed("B", init=1e-4).min() > 0.75


def test_c_lets_next_to_nothing_through():
    ill = course(PATIENTS["C"], SEEDS, steps=60)
    assert ill.idle[..., -1].min() > 0.7
    assert ill.trained[:, -1].max() < 0.3
    assert ill.spread[0, :, -1].min() > 1  # and not for want of size


def test_batch_norm_heals_c_and_a_smaller_rate_helps_less():
    assert healed("C", 60, norm="batch").min() > 0.85
    seeds = range(7000, 7008)
    found = cured(PATIENTS["C"], {"norm": {"norm": "batch"}, "rate": {"lr": 0.5}}, seeds)
    normed, slower = (one.tested[:, -1] for one in found.values())
    assert 0.25 < slower.mean() < slower.max() < min(0.93, np.median(normed))


def test_d_is_normalized_and_still_learns_little():
    """In batches of two."""
    assert last(PATIENTS["D"], "spread").min() > 0.7
    assert last(PATIENTS["D"], "idle")[2].max() < 0.7
    assert last(PATIENTS["D"], "tested").max() < 0.55


def test_batches_of_eight_heal_d_and_layer_norm_helps_less_at_a_small_rate():
    larger, layer = healed("D", batch_size=8), healed("D", norm="layer", lr=0.01)
    assert larger.min() > 0.7
    assert layer.min() > 0.45 and layer.mean() < larger.mean() - 0.1


def test_f_is_not_recorded_any_more_and_at_five_times_the_rate_explodes():
    ill = course(PATIENTS["F"], SEEDS, steps=50)
    assert ill.recorded == 20
    assert np.isnan(ill.spread[:, :, 2:]).all()
    assert ill.trained[:, -1].min() > 0.6
    fast = cured(PATIENTS["F"], {"": {"lr": 0.5}}, SEEDS, steps=40)[""]
    assert np.isnan(fast.loss[:, -1]).all() and fast.tested[:, -1].max() < 0.15
    assert healed("F", 50, lr=0.5, eval_from=None).min() > 0.9


def test_g_is_far_too_large_in_all_layers_and_batch_norm_would_not_have_minded():
    ill = course(PATIENTS["G"], SEEDS, steps=30)
    assert np.nanmin(ill.spread[:, :, 0]) > 1e3
    assert ill.tested[:, -1].max() < 0.15
    assert last(Patient(pixels=255.0), "tested", steps=50).min() > 0.93
    assert last(replace(PATIENTS["G"], lr=0.01), "tested").min() > 0.85
    smaller = healed("G", pixels=1.0, seeds=range(7000, 7006))
    assert 0.25 < smaller.min() <= smaller.max() < 0.8


def test_h_shrinks_until_its_gamma_is_spared():
    ill = course(PATIENTS["H"], SEEDS)
    spared = cured(PATIENTS["H"], {"": {"spares_norm": True}}, SEEDS)[""]
    assert ill.spread[:, :, -1].max() < 0.6
    assert spared.spread[:, :, -1].min() > 0.85
    assert ill.trained[:, -1].min() > 0.9  # the accuracy hardly tells
    assert ill.tested[:, -1].min() > spared.tested[:, -1].max() - 0.06
    assert ill.loss[:, -1].min() > 1.5 * spared.loss[:, -1].max()


def test_the_loss_of_h_is_some_five_times_that_of_the_healthy_one():
    ill, healthy = (course(PATIENTS[name], range(7000, 7008)).loss[:, -1] for name in "HE")
    assert 3.5 < (ill / healthy).min() <= (ill / healthy).max() < 8


def test_recording_does_not_disturb_a_patient_and_networks_of_a_group_learn_as_alone():
    alone = train_patient(PATIENTS["D"], 101, steps=20)
    both = course(PATIENTS["D"], SEEDS, steps=20)
    by_itself = course(PATIENTS["D"], [101], steps=20)
    np.testing.assert_array_equal(both.tested[1:], by_itself.tested)
    watched = PATIENTS["D"].network(101)
    assert [p.shape for p in watched.parameters()] == [p.shape for p in alone.parameters()]


# --- types of numbers -----------------------------------------------------------------------------


def test_autocast_leaves_the_running_statistics_in_float32():
    layer, linear = nn.BatchNorm1d(8), nn.Linear(8, 8)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        sums = linear(torch.randn(16, 8))
        y = layer(sums)
    assert sums.dtype == y.dtype == torch.bfloat16
    assert layer.running_mean.dtype == layer.running_var.dtype == torch.float32
    assert layer.weight.dtype == torch.float32


def test_a_cast_layer_rounds_small_steps_away():
    """In each of four units."""
    found = running_means(0.01, seed=100)
    assert abs(found["float32"][:, -1] - 5).max() < 0.15
    assert abs(found["float16"][:, -1] - 5).max() < 0.2
    assert found["bfloat16"][:, -1].max() < 4.2
    assert (running_means(0.001, seed=100)["bfloat16"][:, -1] == 2).all()
    longer = running_means(0.001, seed=100, steps=5000)
    assert abs(longer["float32"][:, -1] - 5).max() < 0.1
    assert abs(longer["float16"][:, -1] - 4).max() < 0.01


def test_each_share_and_product_is_rounded_and_one_rounding_would_come_further():
    """On the CPU."""

    def rounded(values):
        return values.bfloat16().float()

    random = torch.Generator().manual_seed(100)
    often = once = torch.zeros(4)
    new, old = rounded(torch.tensor([0.01, 0.99]))
    for _ in range(1000):
        batch = rounded(5 + 2 * torch.randn(64, 4, generator=random)).mean(0)
        often = rounded(rounded(new * rounded(batch)) + rounded(old * often))
        once = rounded(0.99 * once + 0.01 * batch)
    np.testing.assert_array_equal(often, running_means(0.01, seed=100)["bfloat16"][:, -1])
    assert abs(once.mean() - 4.1) < 0.2


# --- devices --------------------------------------------------------------------------------------


@pytest.mark.parametrize("lr", [0.1, 0.03])
def test_two_images_a_device_cost_accuracy_that_eight_do_not(lr):
    one, eight, two = accuracy_by_devices((1, 8, 32), SEEDS, lr=lr, steps=60).apart.T
    assert (one - eight).max() < 0.04
    assert (one - two).min() > 0.08


def test_with_two_images_a_device_about_three_in_four_are_right():
    found = accuracy_by_devices((32,), range(7000, 7006)).apart
    assert 0.6 < found.min() <= found.max() < 0.85


def test_parts_side_by_side_learn_what_devices_learn():
    """Each with a copy of the layer, and the gradients averaged."""
    torch.manual_seed(100)
    x, y = torch.randn(8, 5), torch.arange(8) % 3
    model = mlp((5, 6, 3), norm=lambda units: Shared(units, 4), seed=100)
    F.cross_entropy(model(x), y).backward()
    gradients = []
    for part, classes in zip(x.chunk(4), y.chunk(4), strict=True):
        copy = mlp((5, 6, 3), norm="batch", seed=100)
        F.cross_entropy(copy(part), classes).backward()
        gradients.append([p.grad for p in copy.parameters()])
    for own, *others in zip(model.parameters(), *gradients, strict=True):
        torch.testing.assert_close(own.grad, torch.stack(others).mean(0), rtol=1e-4, atol=1e-6)
    first = mlp((5, 6, 3), norm="batch", seed=100)
    first(x[:2])
    torch.testing.assert_close(model.hidden[0].norm.running_var, first.hidden[0].norm.running_var)


def test_two_processes_that_share_their_sums_are_one_large_batch():
    torch.manual_seed(100)
    x = 3 + 2 * torch.randn(12, 4, dtype=torch.float64)
    gradient = torch.randn(12, 4, dtype=torch.float64)
    y, grad = over_processes(x.split((5, 7)), gradient.split((5, 7)), seconds=240)
    whole = x.clone().requires_grad_()
    expected = F.batch_norm(whole, None, None, training=True)
    expected.backward(gradient)
    torch.testing.assert_close(y, expected.detach())
    torch.testing.assert_close(grad, whole.grad)


@pytest.fixture
def one_process(tmp_path):
    """A group of processes that has one member, this one."""
    store = distributed.FileStore(str(tmp_path / "store"), 1)
    distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    yield
    distributed.destroy_process_group()


def converted() -> nn.Module:
    model = nn.SyncBatchNorm.convert_sync_batchnorm(mlp((4, 3, 2), norm="batch", seed=100))
    assert isinstance(model.hidden[0].norm, nn.SyncBatchNorm)
    return model


def test_the_layer_that_synchronizes_refuses_the_cpu(one_process):
    with pytest.raises(ValueError, match="expected input tensor to be on"):
        converted()(torch.randn(8, 4))


def test_without_a_group_of_processes_it_is_batch_norm():
    x = torch.randn(8, 4)
    torch.testing.assert_close(converted()(x), mlp((4, 3, 2), norm="batch", seed=100)(x))


def test_nothing_is_recorded_in_eval_mode():
    model = mlp((4, 3, 2), norm="batch").eval()
    with record(model) as recording:
        model(torch.randn(8, 4))
    assert recording.num_steps == 0
