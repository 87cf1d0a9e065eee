"""Statements of chapter 4, on seeds that it does not use."""

import numpy as np
import pytest

from bnviz.activations import linear_share
from bnviz.experiments.gamma_beta import (
    KINDS,
    Spirals,
    boundaries,
    capacity,
    on_digits,
    passed_share,
    spirals,
    undone,
    vanishing,
    widths,
)

pytestmark = pytest.mark.slow

SEEDS = range(100, 108)


@pytest.fixture(scope="module")
def parted() -> Spirals:
    return spirals(seeds=SEEDS)


def end(result: Spirals, label: str) -> np.ndarray:
    return result.accuracy[label][:, -1]


def test_a_seed_gives_the_same_run_alone_and_among_others() -> None:
    kinds = {"γ and β": KINDS["γ and β"]}
    one = spirals(kinds, [101], steps=100)
    both = spirals(kinds, [100, 101], steps=100)
    np.testing.assert_array_equal(one.steps, [50, 100])
    np.testing.assert_allclose(one.weight["γ and β"][0], both.weight["γ and β"][1], rtol=1e-3)
    assert one.weight["γ and β"].shape == (1, 2, 16)


def test_with_gamma_and_beta_fixed_sigmoids_end_near_the_straight_line(parted: Spirals) -> None:
    fixed, line = end(parted, "γ, β fixed"), end(parted, "straight line")
    assert fixed.max() < 0.8
    assert abs(fixed.mean() - line.mean()) < 0.06


def test_with_both_learned_the_spirals_are_parted(parted: Spirals) -> None:
    assert end(parted, "γ and β").min() > 0.85
    assert np.median(end(parted, "γ and β")) > 0.97
    assert (end(parted, "γ and β") - end(parted, "γ, β fixed")).min() > 0.2
    assert np.abs(parted.weight["γ and β"]).mean() > 2


def test_either_alone_helps_and_is_less_than_both(parted: Spirals) -> None:
    both, fixed = end(parted, "γ and β"), end(parted, "γ, β fixed")
    for alone in ("γ alone", "β alone"):
        assert np.median(end(parted, alone)) > np.median(fixed) + 0.15
        assert np.median(end(parted, alone)) < np.median(both) - 0.03
        assert (end(parted, alone) <= both).mean() > 0.7
    assert np.all(parted.bias["γ alone"] == 0) and np.all(parted.weight["β alone"] == 1)


def test_running_statistics_lag_behind_so_large_steps_are_measured_lower(parted: Spirals) -> None:
    kinds = {"β alone": KINDS["β alone"]}
    behind = spirals(kinds, SEEDS, recompute=False, every=1500)
    assert np.median(end(parted, "β alone") - end(behind, "β alone")) > 0.02


#: Other rates and depths, of which several statements are told.
OTHERS = {
    "small": {"lr": 0.05},
    "large": {"lr": 1.0},
    "deep": {"hidden": (16,) * 4},
    "shallow": {"hidden": (16,)},
}


@pytest.fixture(scope="module")
def others() -> dict[str, Spirals]:
    kinds = {label: KINDS[label] for label in ("γ, β fixed", "γ alone", "β alone", "γ and β")}
    return {
        name: spirals(kinds, range(104, 108), every=1500, **options)
        for name, options in OTHERS.items()
    }


@pytest.mark.parametrize("name", OTHERS)
def test_so_it_is_at_other_learning_rates_and_depths(name, others: dict[str, Spirals]) -> None:
    assert end(others[name], "γ, β fixed").max() < 0.8
    assert end(others[name], "γ and β").min() > 0.85


@pytest.mark.parametrize(
    "options", [{"lr": 0.2, "steps": 2000}, {"hidden": (64, 64)}, {"batch_size": 256}], ids=str
)
def test_and_with_other_widths_and_batches(options) -> None:
    kinds = {label: KINDS[label] for label in ("γ, β fixed", "γ and β")}
    other = spirals(kinds, [105, 106], every=500, **options)
    assert end(other, "γ, β fixed").max() < 0.82
    assert end(other, "γ and β").min() > 0.8
    assert (end(other, "γ and β") - end(other, "γ, β fixed")).mean() > 0.2


def test_that_it_takes_both_holds_for_two_layers_and_large_learning_rates(
    others: dict[str, Spirals],
) -> None:
    ends = {
        name: {label: np.median(end(found, label)) for label in found.accuracy}
        for name, found in others.items()
    }
    for alone in ("γ alone", "β alone"):
        assert ends["large"][alone] < ends["large"]["γ and β"] - 0.03
        assert abs(ends["deep"][alone] - ends["deep"]["γ and β"]) < 0.04
    assert abs(ends["small"]["γ alone"] - ends["small"]["γ and β"]) < 0.04
    assert 0.6 < ends["small"]["β alone"] < 0.85
    assert 0.62 < ends["shallow"]["β alone"] < ends["shallow"]["γ alone"] < 0.85


def test_at_a_small_rate_gamma_alone_is_as_fast_as_both_and_beta_alone_slower() -> None:
    kinds = {label: KINDS[label] for label in ("γ alone", "β alone", "γ and β")}
    found = spirals(kinds, range(200, 208), lr=0.05, steps=10_000, every=250)
    reached = {
        label: np.where(rows.max(1) > 0.95, found.steps[(rows > 0.95).argmax(1)], np.inf)
        for label, rows in found.accuracy.items()
    }
    gamma, beta = (np.median(reached[f"{one} alone"] / reached["γ and β"]) for one in "γβ")
    assert 0.7 < gamma < 1.6
    assert 1.8 < beta < 5.5


def test_without_batch_norm_it_curls_in_most_seeds_at_this_rate_and_depth(parted: Spirals) -> None:
    kind = {"without BN": KINDS["without BN"]}
    assert (end(parted, "without BN") > 0.75).mean() > 0.7
    for options in ({"lr": 0.05}, {"hidden": (16,) * 4}):
        assert end(spirals(kind, range(104, 108), every=1500, **options), "without BN").max() < 0.8


def test_with_tanh_the_fixed_network_gets_further_and_in_small_batches_the_learned_less_far():
    kinds = {label: KINDS[label] for label in ("γ, β fixed", "γ and β")}
    bent = spirals(kinds, range(104, 108), activation="tanh", lr=0.1, every=500)
    assert 0.6 < end(bent, "γ, β fixed").min() < end(bent, "γ, β fixed").max() < 0.88
    assert end(bent, "γ and β").min() > 0.95
    small = spirals(kinds, range(104, 108), batch_size=16, every=500)
    assert end(small, "γ, β fixed").max() < 0.8
    learned = end(small, "γ and β")
    assert learned.min() > 0.65
    assert 0.72 < np.median(learned) < np.median(end(bent, "γ and β"))


def test_most_units_leave_the_start(parted: Spirals) -> None:
    weight, bias = parted.weight["γ and β"], parted.bias["γ and β"]
    assert ((np.abs(weight) > 1.5) | (np.abs(bias) > 1)).mean() > 0.8


def test_the_best_line_explains_less_the_wider_the_bell() -> None:
    shares = [linear_share("sigmoid", gamma) for gamma in (1, 2, 4)]
    np.testing.assert_allclose(shares, [0.984, 0.930, 0.838], atol=5e-4)


def test_boundaries_run_where_a_network_changes_its_mind(parted: Spirals) -> None:
    lines = boundaries(parted, 2)
    assert list(lines) == list(parted.accuracy)
    straight = lines["straight line"][~np.isnan(lines["straight line"]).any(1)]
    assert np.linalg.matrix_rank(straight - straight.mean(0), tol=1e-4) == 1
    fixed, both = (
        np.nansum(np.hypot(*np.diff(lines[k], axis=0).T)) for k in ("γ, β fixed", "γ and β")
    )
    assert both > 1.5 * fixed  # a long way round the spirals


def test_with_all_points_at_each_step_the_fixed_network_can_do_more() -> None:
    def best(found: Spirals) -> float:
        """Of the seed that gets least far; some fall back for a while."""
        return found.accuracy["γ, β fixed"].max(1).min()

    assert best(capacity((100, 101), steps=5000, every=500)) > 0.75
    assert best(capacity((102, 103), lr=0.01, steps=8000, every=500)) > 0.75
    assert best(capacity((101, 102), adam=False, lr=0.5, steps=8000, every=500)) > 0.7


def test_when_it_leaves_the_line_depends_on_the_seed() -> None:
    found = capacity(range(500, 504), steps=6000, every=500)
    accuracy = found.accuracy["γ, β fixed"]
    assert accuracy.max(1).min() > 0.75
    first = found.steps[(accuracy > 0.75).argmax(1)]
    assert 1000 <= first.min() < first.max()


@pytest.mark.parametrize("options", [{"batch_size": 64}, {"batch_size": 256}], ids=str)
def test_with_mini_batches_it_stays_near_the_line(options) -> None:
    found = capacity((100, 101, 102), every=500, **options)
    assert found.accuracy["γ, β fixed"].max() < 0.72


def test_the_noise_of_the_gradient_suffices_for_that() -> None:
    found = capacity((200, 201), batch_size=64, all_statistics=True, every=500)
    assert found.accuracy["γ, β fixed"].max() < 0.72


def relu_gap(seeds: range = range(100, 120), **options) -> np.ndarray:
    kinds = {label: KINDS[label] for label in ("γ, β fixed", "γ and β")}
    options = {"activation": "relu", "steps": 500, "lr": 0.1, "every": 500, **options}
    found = spirals(kinds, seeds, **options)
    assert np.median(end(found, "γ, β fixed")) > 0.93
    return end(found, "γ and β") - end(found, "γ, β fixed")


def test_with_relu_both_solve_the_spirals_and_what_is_learned_helps_a_little() -> None:
    for gap in (relu_gap(), relu_gap(lr=0.05, steps=1000)):
        assert 0 < np.median(gap) < 0.035
        assert (gap > -0.005).mean() > 0.9


@pytest.mark.parametrize("steps", [500, 1500])
def test_with_relu_at_a_large_rate_the_fixed_network_is_ahead_in_most_seeds(steps: int) -> None:
    gap = relu_gap(range(100, 180), lr=0.5, steps=steps)  # so many, for it is two of three
    assert (gap < 0).mean() > 0.5 and (gap > 0).mean() < 0.4
    assert gap.min() < -0.15


def test_with_relu_and_running_statistics_the_sign_of_the_gap_depends_on_the_seed() -> None:
    gap = relu_gap(recompute=False)
    assert gap.min() < -0.01 and gap.max() > 0.03


def test_digits_tell_nothing_of_gamma_and_beta_a_straight_line_nearly_does() -> None:
    found = on_digits(
        {k: KINDS[k] for k in ("straight line", "γ, β fixed", "γ and β")}, seeds=(100, 101)
    )
    assert np.abs(found["γ and β"] - found["γ, β fixed"]).max() < 0.025
    assert found["straight line"].min() > 0.92
    assert found["γ, β fixed"].min() > 0.93


def test_the_straight_line_reads_about_as_many_digits_as_fixed_gamma_and_beta() -> None:
    found = on_digits({k: KINDS[k] for k in ("straight line", "γ, β fixed")}, seeds=range(102, 106))
    assert abs(np.median(found["straight line"]) - np.median(found["γ, β fixed"])) < 0.025


def test_before_training_half_passes() -> None:
    for task in ("digits", "spirals"):
        start = passed_share((100, 101, 102), task=task, steps=0)
        assert start.measured.mean() == pytest.approx(0.5, abs=0.03)
        assert np.all(start.predicted == 0.5)


@pytest.mark.parametrize("options", [{}, {"lr": 0.3}], ids=str)
def test_on_digits_the_last_relus_pass_less_than_half_although_beta_says_more(options) -> None:
    passed = passed_share((100, 101), **options)
    assert passed.measured.mean(1).max() < 0.46
    assert passed.predicted.mean(1).min() > 0.5
    assert passed.skewness.mean(1).min() > 0.4
    assert passed.mirrored.mean(1).min() > 0.54


def test_on_digits_deeper_networks_pass_less() -> None:
    deep = [passed_share((100, 101), hidden=(100,) * n).measured.mean() for n in (1, 3, 5)]
    np.testing.assert_allclose(deep, [0.475, 0.395, 0.355], atol=0.015)


@pytest.mark.parametrize("options", [{}, {"lr": 0.3}], ids=str)
def test_on_the_spirals_too_but_some_units_pass_more(options) -> None:
    passed = passed_share(range(103, 107), task="spirals", **options)
    assert passed.measured.mean(1).max() < 0.48
    assert 0.25 < passed.measured.mean() < 0.43
    assert 0.05 < (passed.measured > 0.5).mean() < 0.4


def test_in_training_mode_gamma_says_how_wide_a_unit_is_whatever_the_layer_below() -> None:
    for seed, batch_size in ((100, 64), (101, 256)):
        found = widths((0.1, 1, 10, 1000), -3.0, seed=seed, batch_size=batch_size)
        np.testing.assert_allclose(found.training, 3, rtol=0.05)
        np.testing.assert_allclose(found.before, found.before[1] * np.array([0.1, 1, 10, 1000]))
        np.testing.assert_allclose(found.evaluation / found.evaluation[1], [0.1, 1, 10, 1000])
        assert found.evaluation[1] == pytest.approx(3, rel=0.3)
        assert widths((1e-4,), 3.0, seed=seed).training < 0.1  # ε


def test_no_gamma_and_beta_undo_the_normalization_of_every_mini_batch() -> None:
    for seed in (100, 101):
        left = undone((4, 16, 64, 256, 1297), seed=seed)
        np.testing.assert_allclose(left[:4], np.sqrt(1.5 / np.array([4, 16, 64, 256])), rtol=0.2)
        assert left[0] == pytest.approx(0.6, abs=0.1) and left[2] == pytest.approx(0.15, abs=0.03)
        assert left[4] < 1e-12


def test_normalizing_and_not_gamma_keeps_the_gradient_from_vanishing() -> None:
    """Of ten sigmoid layers without BN, a millionth reaches the first, and none is saturated."""
    for batch_size in (256, 64):
        found = vanishing((None, 1), (100, 101, 102), batch_size=batch_size)
        gain = found.weight[1] / found.weight[None]
        assert 3e5 < gain.min() < gain.max() < 5e6
        assert found.saturated[None].max() == 0 and found.saturated[1].max() < 0.001


def test_how_much_vanishes_without_it_depends_on_depth_and_initial_weights() -> None:
    for depth, init, low, high in (
        (10, 0.05, 3e8, 3e9),
        (10, None, 1e8, 5e8),  # PyTorch's own
        (10, 0.2, 1e3, 1e4),
        (5, 0.1, 400, 2000),
        (5, 0.2, 10, 100),
        (10, 1.0, 0.3, 2),  # nothing vanishes
    ):
        found = vanishing((None, 1), (103, 104, 105), depth=depth, init=init)
        gain = found.weight[1] / found.weight[None]
        assert low < gain.min() <= gain.max() < high, (depth, init)


@pytest.mark.parametrize("init", [0.1, 1.0, None])
def test_a_large_gamma_starves_the_typical_sigmoid_while_the_whole_gradient_grows(init) -> None:
    for depth, low, high in ((10, 500, 4000), (5, 15, 80)):
        found = vanishing((1, 16), (100, 101, 102), depth=depth, init=init)
        assert 0.75 < found.saturated[16].min() < found.saturated[16].max() < 0.85
        assert found.median[16].max() < 0.1 * found.median[1].min()
        grown = found.weight[16] / found.weight[1]
        assert low < grown.min() < grown.max() < high


def test_in_twenty_layers_even_the_typical_sigmoid_gets_more_at_a_large_gamma() -> None:
    found = vanishing((1, 16), (100, 101, 102), depth=20)
    assert found.median[16].min() > 5 * found.median[1].max()
