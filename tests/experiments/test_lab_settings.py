"""What the lab's questions say, on other seeds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bnviz import data, mlp
from bnviz.experiments.common import digits
from bnviz.experiments.lab import train_setting
from bnviz.setting import Contestant, Setting
from bnviz.twins import Twins

SEEDS = (100, 101)
BATCH, AFTER, LAYER = Contestant("batch"), Contestant("batch", "after"), Contestant("layer")


def steps_to_90(setting: Setting, steps: int) -> list[list[int | None]]:
    """For each seed, of each network."""
    return [
        [run.steps_to(0.9) for run in trained(replace(setting, seed=seed), steps).values()]
        for seed in SEEDS
    ]


def trained(setting: Setting, steps: int, **options):
    return train_setting(setting, steps, **{"record": False, "eval_every": 10} | options)


def test_the_usual_setting_is_that_of_the_twins():
    pair = Twins(seed=7).train(30, progress=False)
    runs = trained(Setting(seed=7), 30)
    for run, twin in zip(runs.values(), pair.runs.values(), strict=True):
        assert run.loss.tolist() == twin.loss.tolist()
        assert run.style == twin.style


def test_spirals_are_those_of_the_page():
    run = trained(Setting(data="spirals", width=8, depth=1), 1)["batch norm"]
    assert run.model[0].linear.in_features == 2
    assert data.spirals(600, 0)[0].shape == (600, 2)


def test_all_that_a_setting_says_is_done():
    setting = Setting(
        networks=[Contestant("batch", "after", 2.0), Contestant("rms")],
        depth=2, width=8, activation="tanh", init="xavier", momentum=0.9, weight_decay=0.01,
        batch_size=4,
    )  # fmt: skip
    runs = trained(setting, 3)
    assert list(runs) == ["BN + noise × 2, after", "RMSNorm"]
    names = [name for name, _ in runs["BN + noise × 2, after"].model.hidden1.named_children()]
    assert names == ["linear", "activation", "norm"]
    assert runs["BN + noise × 2, after"].model.hidden1.norm.strength == 2.0
    others = trained(replace(setting, momentum=0.0), 3)
    assert runs["RMSNorm"].loss[0] == others["RMSNorm"].loss[0]
    assert runs["RMSNorm"].loss[2] != others["RMSNorm"].loss[2]


@pytest.mark.slow
def test_from_small_weights_batch_norm_needs_about_twice_as_long():
    usual, small = steps_to_90(Setting(), 200), steps_to_90(Setting(init=0.01), 1000)
    for (_, one), (never, other) in zip(usual, small, strict=True):
        assert never is None
        assert 1.3 < other / one < 3.5


@pytest.mark.slow
def test_from_small_weights_batch_norm_needs_40_to_90_steps():
    for seed in range(7000, 7006):
        run = trained(Setting([BATCH], init=0.01, seed=seed), 120, eval_every=5)["batch norm"]
        assert 40 <= run.steps_to(0.9) <= 90


@pytest.mark.slow
@pytest.mark.parametrize("lr", [10.0, 20.0])
def test_at_a_learning_rate_of_20_batch_norm_still_learns(lr):
    for without, of_batch in steps_to_90(Setting(lr=lr), 400):
        assert without is None
        assert 50 <= of_batch <= 250


@pytest.mark.slow
def test_of_ten_layers_of_relu_both_learn():
    for without, of_batch in steps_to_90(Setting(depth=10, activation="relu", lr=0.1), 1000):
        assert of_batch <= 60
        assert 200 <= without <= 1000


@pytest.mark.slow
@pytest.mark.parametrize(("lr", "most"), [(0.5, 0.58), (0.1, 0.7)])
def test_with_batches_of_two_batch_norm_stays_at_about_half_at_most(lr, most):
    settings = [
        Setting([Contestant("batch")], batch_size=2, lr=lr, seed=s) for s in range(100, 103)
    ]
    runs = [trained(setting, 1000, eval_every=1000)["batch norm"] for setting in settings]
    ends = [run.accuracy[-1] for run in runs]
    assert np.mean(ends) < most and max(ends) < most + 0.1


@pytest.mark.slow
def test_before_or_after_the_sigmoid_is_about_the_same():
    for before, after in steps_to_90(Setting(networks=[BATCH, AFTER]), 150):
        assert min(before, after) >= 10
        assert max(before, after) <= 60


@pytest.mark.slow
def test_layer_norm_needs_several_times_as_long():
    for of_batch, of_layer in steps_to_90(Setting(networks=[BATCH, LAYER]), 500):
        assert 3 < of_layer / of_batch < 12


@pytest.mark.slow
def test_layer_norm_needs_150_to_330_steps():
    for seed in range(7000, 7004):
        run = trained(Setting([LAYER], seed=seed), 400)["layer norm"]
        assert 150 <= run.steps_to(0.9) <= 330


def test_at_the_start_layer_norm_leaves_units_narrow_and_the_more_so_the_deeper_they_are():
    spreads = ((0.5, 0.6), (0.18, 0.28), (0.06, 0.11))
    for seed in range(7000, 7006):
        model = mlp((64, *[100] * 3, 10), "sigmoid", norm="layer", init=0.1, seed=seed)
        x, *_ = digits(seed)
        for block, (least, most) in zip(model.hidden, spreads, strict=True):
            normed = block.norm(block.linear(x))
            assert least < normed.std(0).mean() < most
            x = block.activation(normed)


@pytest.mark.slow
def test_at_a_learning_rate_of_50_batch_norm_stops_and_layer_norm_did_at_20() -> None:
    batch, layer = Contestant("batch"), Contestant("layer")
    for seed in SEEDS:
        fast = trained(Setting([batch], lr=50.0, seed=seed), 300)["batch norm"]
        assert fast.accuracy.max() < 0.7
        stuck = trained(Setting([layer], lr=20.0, seed=seed), 300)["layer norm"]
        assert stuck.accuracy.max() < 0.3


@pytest.mark.slow
def test_of_very_small_weights_batch_norm_needs_several_times_as_long() -> None:
    for seed in SEEDS:
        setting = Setting([Contestant("batch")], init=0.001, seed=seed)
        assert 100 <= trained(setting, 500)["batch norm"].steps_to(0.9) <= 400


@pytest.mark.slow
def test_with_batches_of_two_small_steps_help() -> None:
    ends = []
    for seed in SEEDS:
        setting = Setting([Contestant("batch")], batch_size=2, lr=0.005, seed=seed)
        ends.append(trained(setting, 1000, eval_every=1000)["batch norm"].accuracy[-1])
    assert 0.35 < min(ends) <= max(ends) < 0.7


# --- what chapters ask in the page, and where they lead to ----------------------------------------


@pytest.mark.slow
def test_from_the_usual_weights_the_network_without_a_norm_needs_about_1200_steps():
    for without, of_batch in steps_to_90(Setting(), 1400):
        assert 1000 <= without <= 1300
        assert of_batch <= 50


@pytest.mark.slow
@pytest.mark.parametrize(("lr", "most"), [(0.5, 160), (1.0, 200)])
def test_from_weights_of_1_the_network_without_a_norm_needs_no_200_steps(lr, most):
    for without, of_batch in steps_to_90(Setting(init=1.0, lr=lr), 200):
        assert 70 <= without <= most
        assert 30 <= of_batch < without
    for without, _ in steps_to_90(Setting(init=1.0, lr=0.1), 200):  # at a smaller rate it does
        assert without is None


@pytest.mark.slow
@pytest.mark.parametrize("lr", [1.0, 5.0, 10.0])
def test_from_weights_of_a_tenth_larger_steps_hardly_help_it(lr):
    for seed in SEEDS:
        setting = Setting([Contestant(None)], lr=lr, seed=seed)
        assert trained(setting, 200)["without norm"].accuracy.max() < 0.5


RELUS = Setting(depth=2, activation="relu", init="kaiming", lr=0.1)


def accuracies(setting: Setting, steps: int) -> list[list[float]]:
    """At the end, for each seed, of each network: mean of the last measurements."""
    return [
        [run.accuracy[-5:].mean() for run in trained(replace(setting, seed=seed), steps).values()]
        for seed in SEEDS
    ]


@pytest.mark.slow
def test_the_smaller_the_batch_the_smaller_the_largest_rate() -> None:
    def ends(batch_size: int, lr: float) -> list[float]:
        one = Setting([Contestant(None)], depth=1, activation="relu", init=None)
        found = accuracies(replace(one, batch_size=batch_size, lr=lr), 400)
        return [right for (right,) in found]

    assert min(ends(60, 1.0)) > 0.9
    assert max(ends(2, 1.0)) < 0.3
    assert min(ends(2, 0.1)) > 0.7
    assert min(ends(250, 1.5)) > 0.9
    assert max(*ends(60, 2.0), *ends(250, 2.0)) < 0.6


@pytest.mark.slow
def test_relus_need_no_gamma_and_beta_to_part_the_spirals_and_sigmoids_do() -> None:
    setting = Setting(
        [Contestant("batch", affine=False), BATCH],
        data="spirals", depth=2, width=16, momentum=0.9, batch_size=64, init=None,
    )  # fmt: skip
    for fixed, learned in accuracies(setting, 1500):
        assert fixed < 0.72
        assert learned > 0.9
    for fixed, learned in accuracies(replace(setting, activation="relu", lr=0.1), 500):
        assert min(fixed, learned) > 0.9


@pytest.mark.slow
def test_a_weight_decay_of_a_tenth_harms_the_network_without_batch_norm() -> None:
    for without, of_batch in accuracies(replace(RELUS, weight_decay=0.1), 400):
        assert without < 0.88
        assert of_batch > 0.9


@pytest.mark.slow
def test_in_batches_of_eight_batch_norm_has_the_larger_loss_and_the_better_test() -> None:
    for seed in SEEDS:
        runs = trained(replace(RELUS, batch_size=8, seed=seed), 400)
        without, of_batch = runs["without norm"], runs["batch norm"]
        assert of_batch.loss[-100:].mean() > 1.2 * without.loss[-100:].mean()
        assert of_batch.accuracy[-5:].mean() > without.accuracy[-5:].mean()


@pytest.mark.slow
def test_in_batches_of_two_layer_and_group_norm_hold() -> None:
    setting = replace(RELUS, networks=[BATCH, LAYER, Contestant("group")], lr=0.02, batch_size=2)
    for of_batch, of_layer, of_group in accuracies(setting, 600):
        assert of_batch < 0.75
        assert min(of_layer, of_group) > 0.85


@pytest.mark.slow
def test_at_a_rate_of_2_sigmoids_from_large_weights_explode_with_batch_norm_behind_them():
    for seed in SEEDS:
        setting = Setting(networks=[BATCH, AFTER], init=1.0, lr=2.0, seed=seed)
        before, after = trained(setting, 300, eval_every=5).values()
        assert before.steps_to(0.9) <= 40
        assert np.isfinite(before.loss).all()
        assert not np.isfinite(after.loss).all()
