"""Statements of chapter 13, on seeds that it does not use."""

import numpy as np
import pytest
import torch

from bnviz.experiments.ensemble import Ensemble
from bnviz.experiments.lab import train_setting
from bnviz.experiments.why_it_works import (
    at_rates,
    landscape,
    movement,
    staleness,
    under_noise,
)
from bnviz.experiments.why_it_works.noise import Noise
from bnviz.experiments.why_it_works.together import Together
from bnviz.networks import mlp
from bnviz.setting import Contestant, Setting

pytestmark = pytest.mark.slow

RELU = {"activation": "relu", "depth": 8, "init": 0.05, "lr": 0.1}


def test_at_the_same_progress_the_plain_updates_are_more_out_of_date() -> None:
    found = staleness((100,), eval_every=20)
    plain, bn = found["without BN"], found["with BN"]
    assert plain.between(0.3, 0.9).min() > 1.4 * bn.between(0.3, 0.9).max()
    # Before they learn anything it is the other way about, which is why averages mislead.
    assert plain.between(0, 0.15).max() < 0.1 < 0.15 < bn.between(0, 0.15).min()
    assert np.nanmean(plain.change[:, :50]) < np.nanmean(bn.change[:, :50])
    while_learning = plain.accuracy >= 0.3
    assert np.nanmean(plain.cosine[while_learning]) < 0.7 < 0.85 < np.nanmean(bn.cosine)
    assert (plain.accuracy < 0.15).sum() > 200
    assert np.isfinite(plain.change).sum() > 1000  # steps to 90 %
    assert (bn.accuracy < 0.15).sum() <= 10


def test_so_it_is_from_another_start() -> None:
    found = staleness((102, 103), init_std=0.3)
    plain, bn = (found[label].between(0.3, 0.9) for label in ("without BN", "with BN"))
    assert (plain > 1.4 * bn).all()


def test_three_layers_of_sigmoids_hardly_mind_movement_put_back() -> None:
    plain, bn, mild, strong = under_noise((1, 8), (100,), steps=80, eval_every=20).values()
    assert (mild.jump > 50 * bn.jump).all()
    assert (strong.jump > 10 * plain.jump).all()
    assert np.abs(mild.steps_to(0.9) - bn.steps_to(0.9)).max() <= 20
    assert (strong.steps_to(0.9) < 4 * bn.steps_to(0.9)).all()
    assert (plain.accuracy[:, -1] < strong.accuracy[:, -1]).all()


def test_eight_relu_layers_mind_strong_noise_alone_at_a_larger_rate() -> None:
    relu = RELU | {"init": "kaiming", "lr": 0.3}
    _, bn, mild, strong = under_noise((1, 4), (100,), steps=60, eval_every=5, **relu).values()
    bn, mild, strong = (one.steps_to(0.85).mean() for one in (bn, mild, strong))
    assert mild <= bn + 15
    assert 1.3 * bn < strong < 5 * bn


def test_three_relu_layers_keep_most_of_their_lead() -> None:
    relu = RELU | {"init": "kaiming", "depth": 3}
    found = under_noise((1,), (100, 101), steps=30, eval_every=15, **relu).values()
    plain, bn, mild = (one.accuracy[:, 1].mean() for one in found)
    assert bn - mild < 0.4 * (bn - plain)


def test_networks_are_tested_with_statistics_collected_without_noise() -> None:
    still, noisy = (Together([100], norm="batch", hidden=(20, 20, 20)) for _ in range(2))
    noise = Noise([4], seed=0)
    for norm in noisy.model.norms:
        norm.register_forward_hook(noise)
    for networks, hook in ((still, None), (noisy, noise)):
        movement._course(networks, lr=0.0, steps=4, eval_every=4, noise=hook)
    last, tested = (networks.model.norms[-1] for networks in (noisy, still))
    torch.testing.assert_close(last.running_mean, tested.running_mean)
    torch.testing.assert_close(last.running_var, tested.running_var)
    noisy.model.train()(noisy.x)  # what would be collected under it
    away = (last.running_mean - tested.running_mean).abs() / tested.running_var.sqrt()
    assert away.median() > 0.5


@pytest.mark.parametrize("lr", [0.1, 0.3])
def test_with_statistics_collected_under_strong_noise_eight_layers_seem_to_know_nothing(lr) -> None:
    deep = Together([100] * 2, norm="batch", hidden=[100] * 8, activation="relu", inits="kaiming")
    noise = Noise([1, 4], seed=100)
    for norm in deep.model.norms:
        norm.register_forward_hook(noise)
    movement._course(deep, lr=lr, steps=100, eval_every=100, noise=noise)
    noise.on = False
    knows = deep.accuracy()
    noise.on = True
    for norm in deep.model.norms:
        norm.momentum = 0.05
    for _ in range(100):
        deep.model.train()(deep.next_batch()[0])
    right = deep.model.eval()(deep.x_test).argmax(-1) == deep.y_test
    seems = right.double().mean(1).numpy()
    assert knows.min() > 0.85
    assert seems[0] > 0.8 and seems[1] < 0.3


def test_sigmoids_learn_more_easily_under_noise_that_keeps_its_direction() -> None:
    anew, kept = (
        under_noise((8,), (103,), memory=memory, eval_every=150)["noise × 8"].loss[:, -50:].mean()
        for memory in (0, 0.9)
    )
    assert kept < 0.85 * anew


# -- networks side by side -------------------------------------------------------------------------


def test_networks_side_by_side_learn_as_each_would_alone() -> None:
    for norm in (None, "batch"):
        both = Together([100, 101], norm=norm, hidden=(20, 20), activation="relu")
        alone = Together([101], norm=norm, hidden=(20, 20), activation="relu")
        for _ in range(5):
            for networks, rate in ((both, torch.tensor([0.3, 0.1])), (alone, 0.1)):
                networks.step(networks.gradient(*networks.next_batch())[1], rate)
        x, y = alone.next_batch()
        torch.testing.assert_close(
            both.loss(*both.next_batch())[1:], alone.loss(x, y), rtol=1e-4, atol=1e-5
        )
        assert both.accuracy()[1] == pytest.approx(alone.accuracy()[0], abs=0.005)


def test_the_length_of_a_gradient_and_a_step_are_those_of_one_network() -> None:
    networks = Together([100, 101], norm="batch", hidden=(20,))
    x, y = networks.next_batch()
    _, gradient = networks.gradient(x, y)
    model = Ensemble([mlp((64, 20, 10), "sigmoid", norm="batch", init=0.1, seed=101)])
    outputs = model(x[1:])[0]
    torch.nn.functional.cross_entropy(outputs, y[1]).backward()
    length = torch.cat([p.grad.flatten() for p in model.parameters()]).norm()
    torch.testing.assert_close(networks.length(gradient)[1], length)
    before = [p.detach().clone() for p in networks.parameters]
    networks.step(gradient, torch.tensor([0.0, 2.0]))
    moved = networks.length([a - b for a, b in zip(before, networks.parameters, strict=True)])
    torch.testing.assert_close(
        moved, torch.stack([torch.tensor(0.0), 2 * length]), rtol=1e-3, atol=0
    )


def test_the_last_hidden_layer_is_found_among_the_parameters() -> None:
    for norm in (None, "batch"):
        networks = Together([100], norm=norm, hidden=(30, 20))
        assert networks.parameters[networks.last_hidden].shape == (1, 20, 30)


# -- movement put back, step by step ---------------------------------------------------------------


@pytest.mark.parametrize("memory", [0.0, 0.9])
def test_noise_of_any_memory_is_of_the_same_size_and_ends_with_the_training(memory) -> None:
    noise = Noise([0, 4], seed=0, memory=memory)
    y, module = torch.zeros(2, 400, 64), torch.nn.Identity().train()
    moved = [noise(module, (), y) for _ in range(200)]
    assert all((each[0] == y[0]).all() for each in moved)
    shifts = torch.stack([each[1].mean(1) for each in moved])
    assert shifts.std() == pytest.approx(2 / 3**0.5, rel=0.05)  # uniform over ±2
    kept = torch.corrcoef(torch.stack([shifts[:-1].flatten(), shifts[1:].flatten()]))[0, 1]
    assert kept == pytest.approx(memory, abs=0.05)
    assert moved[0][1].std(1).mean() == pytest.approx(0.1 / 3**0.5, rel=0.1)  # jitter
    assert noise(module.eval(), (), y) is y
    noise.on = False
    assert noise(module.train(), (), y) is y


def test_the_fast_sigmoids_under_noise_jump_farther_than_the_slow_ones_in_numbers() -> None:
    for options in ({}, {"lr": 0.25, "init": 0.2}):
        found = under_noise((1,), (100, 101), steps=60, eval_every=20, **options)
        slow, bn, fast = found.values()
        assert fast.jump.min() > 2.5 * slow.jump.max()
        assert slow.accuracy.max() < 0.5 < 0.75 < fast.accuracy[:, -1].min()
        # In spreads of the unit it is the other way round: all images look alike to it.
        assert slow.relative.min() > 1.5 * fast.relative.max()
        for how in ("jump", "relative"):
            assert getattr(fast, how).min() > 100 * getattr(bn, how).max()


def test_two_relu_networks_jump_alike_and_one_is_much_faster() -> None:
    relu = RELU | {"init": "kaiming", "eval_every": 40}
    found = under_noise((1, 4), (100,), steps=40, **relu)
    plain, bn, mild, strong = found.values()
    assert plain.relative.min() > 1.3 * mild.relative.max()
    assert mild.relative.min() > 100 * bn.relative.max()
    assert mild.jump.min() > 100 * bn.jump.max()
    assert 0.5 < plain.jump.mean() / mild.jump.mean() < 2
    assert mild.accuracy[:, 1].min() > plain.accuracy[:, 1].max() + 0.2  # after 40 steps
    assert np.abs(mild.accuracy - bn.accuracy).max() < 0.1
    assert (strong.accuracy[:, 1] < bn.accuracy[:, 1] - 0.04).all()


def test_at_small_steps_strong_noise_costs_more_than_bn_gains() -> None:
    relu = RELU | {"init": "kaiming", "lr": 0.03}
    found = under_noise((1, 4), range(100, 108), steps=80, eval_every=40, **relu)
    plain, bn, mild, strong = found.values()
    assert np.abs(mild.accuracy - bn.accuracy)[:, 1:].mean() < 0.06
    assert (bn.accuracy > plain.accuracy)[:, 1].mean() > 0.8
    assert abs((bn.accuracy - plain.accuracy)[:, -1].mean()) < 0.2
    assert (strong.accuracy < plain.accuracy)[:, -1].mean() > 0.5
    assert strong.accuracy[:, -1].mean() < bn.accuracy[:, -1].mean() - 0.1


@pytest.mark.parametrize(("seed", "options"), [(100, {}), (101, {}), (102, {"lr": 1.0})])
def test_in_the_lab_noise_of_eight_is_later_there_than_bn_and_far_sooner_than_no_bn(
    seed, options
) -> None:
    networks = [Contestant("batch"), Contestant("batch", noise=8)]
    setting = Setting(networks, seed=seed, **options)
    bn, noisy = train_setting(setting, 120, record=False, eval_every=10).values()
    assert bn.steps_to(0.9) <= 60
    assert bn.steps_to(0.9) < noisy.steps_to(0.9) <= 120


# -- updates of other networks ---------------------------------------------------------------------


@pytest.mark.parametrize("lr", [0.1, 0.03])
def test_relu_plans_go_out_of_date_less_with_bn_while_they_learn(lr) -> None:
    found = staleness((100, 104), activation="relu", depth=5, init_std="kaiming", lr=lr, steps=250)
    plain, bn = found["without BN"], found["with BN"]
    assert plain.between(0.3, 0.9).min() > 1.5 * bn.between(0.3, 0.9).max()


# -- the loss along the gradient -------------------------------------------------------------------

SIGMOIDS = {"activation": "sigmoid", "depth": 3, "init": 0.1, "lr": 0.5}


def measures(found, lr):
    """Range, change of the gradient, smoothness: medians over time, without and with BN."""
    return [
        [np.median(getattr(one, how)(lr), axis=1) for one in found.values()]
        for how in ("loss_range", "gradient_change", "smoothness")
    ]


@pytest.mark.parametrize(
    ("options", "lr"),
    [({}, 0.1), ({"depth": 3}, 0.1), (SIGMOIDS | {"init": 0.3}, 0.5)],
    ids=["five ReLU", "three ReLU", "sigmoids from 0.3"],
)
def test_at_large_rates_bn_is_smoother_by_all_measures(options, lr) -> None:
    for plain, bn in measures(landscape((100, 101), every=20, **options), lr):
        assert plain.min() > 1.2 * bn.max()


def test_at_a_small_rate_bn_is_not_smoother() -> None:
    span, _, smoothness = measures(landscape((100, 101), every=20, lr=0.01), 0.01)
    assert span[1].min() > 1.4 * span[0].max()
    assert smoothness[1].mean() > 0.9 * smoothness[0].mean()


def test_eight_layers_of_relu_are_hardly_smoother_by_the_last_measure() -> None:
    span, change, smoothness = measures(landscape(range(100, 106), every=20, depth=8), 0.1)
    for plain, bn in (span, change):
        assert plain.mean() > 2 * bn.mean()
    assert 0.8 < smoothness[0].mean() / smoothness[1].mean() < 1.5


def test_steps_a_tenth_as_long_find_both_about_alike() -> None:
    found = landscape((100, 101, 102), every=20, rates=[0.0025, 0.01, 0.04, 0.1, 0.4])
    short, long = (
        np.divide(*(np.median(one.smoothness(rate), axis=1).mean() for one in found.values()))
        for rate in (0.01, 0.1)
    )
    assert 0.6 < short < 1.6 < 1.7 < long


@pytest.mark.parametrize("lr", [0.5, 1.0])
def test_sigmoids_without_bn_vary_less_and_learn_nothing(lr) -> None:
    found = landscape((100, 101), every=20, **SIGMOIDS | {"lr": lr})
    span, _, smoothness = measures(found, lr)
    assert 1.5 * span[0].max() < span[1].min()
    ratio = smoothness[0].mean() / smoothness[1].mean()
    assert 0.5 < ratio < 1.5 if lr == 0.5 else ratio < 0.5
    assert found["without BN"].accuracy.max() < 0.4 < 0.9 < found["with BN"].accuracy[:, -1].min()


def test_one_step_may_be_many_times_as_long_with_bn() -> None:
    rates = np.logspace(-3, 0.6, 19)[8:]
    for options, more in (({}, 5), ({"activation": "tanh", "init": "xavier"}, 1.9)):
        plain, bn = landscape((100, 101), steps=60, every=30, rates=rates, **options).values()
        first = [
            np.where(higher.any(-1), rates[higher.argmax(-1)], 8)
            for higher in (one.loss > one.start[..., None] for one in (plain, bn))
        ]
        assert first[1][:, 1:].min() > (0.9 if not options else 0.5)
        assert np.median(first[1][:, 1:]) > more * np.median(first[0][:, 1:])
        best = (bn.loss / bn.start[..., None]).min(-1)
        assert best.max() < 0.5


def test_no_step_along_the_gradient_helps_sigmoids_on_their_plateau() -> None:
    rates = np.logspace(-2, 1, 13)
    found = landscape((100, 101), steps=60, every=20, rates=rates, **SIGMOIDS)["without BN"]
    assert (found.loss / found.start[..., None]).min() > 0.85


# -- the same rate ---------------------------------------------------------------------------------


def test_at_the_same_small_rate_bn_has_hardly_a_lead_and_at_1_it_learns_alone() -> None:
    found = at_rates((0.01, 1.0), (100, 101), at=(100,))
    plain, bn = found["without BN"][..., 0], found["with BN"][..., 0]
    assert abs(np.median(bn[0]) - np.median(plain[0])) < 0.15
    assert plain[1].max() < 0.3 < 0.9 < bn[1].min()


def test_three_layers_have_a_lead_at_a_small_rate_too() -> None:
    found = at_rates((0.01,), range(100, 105), depth=3, at=(50, 100))
    lead = np.median(found["with BN"][0] - found["without BN"][0], axis=0)
    assert lead.min() > 0.09


def test_the_lead_at_a_small_rate_shrinks_with_the_depth_until_it_is_none() -> None:
    three, five, eight = (
        np.median(found["with BN"][0] - found["without BN"][0])
        for found in (at_rates((0.01,), range(100, 106), depth=d, at=(75,)) for d in (3, 5, 8))
    )
    assert three > 0.06 and 0.02 < five < 0.15 and eight < 0


def test_ten_layers_are_behind_with_bn_at_small_rates() -> None:
    found = at_rates((0.003, 0.01), (100,), depth=10, at=(100,))
    assert (found["with BN"] < found["without BN"] - 0.05).all()


def test_to_sigmoids_a_better_start_brings_most_of_the_gain() -> None:
    sigmoids = {"activation": "sigmoid", "depth": 3}
    stuck = at_rates((0.5, 1, 2, 5), (100,), init=0.1, at=(200,), **sigmoids)
    assert stuck["without BN"].max() < 0.5
    longer = at_rates((0.5, 3), (100, 101), init=0.1, at=(550,), **sigmoids)
    assert longer["without BN"].max() < 0.9
    found = at_rates((0.5,), (100,), init=1.0, at=(40, 180), **sigmoids)
    assert found["without BN"][..., 1].min() > 0.9
    assert (found["with BN"] > found["without BN"])[..., 0].all()
