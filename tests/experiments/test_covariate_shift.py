"""Statements of chapter 2, on seeds that it does not use."""

import numpy as np
import pytest

from bnviz.experiments.covariate_shift import (
    SHIFTS,
    BatchMeans,
    Movement,
    batch_means,
    bending_border,
    movement,
    moving_place_and_rule,
    one_draw,
    over_time_and_between_batches,
    pale_and_noisy,
    places,
    starts,
    weights_by_density,
)

pytestmark = pytest.mark.slow

THIRTY = range(100, 130)
NEW = "new place"


def test_places_follow_their_seeds_and_the_rule() -> None:
    x, above = places(1.5, [7, 8])
    again, _ = places(1.5, [8])
    np.testing.assert_array_equal(x[1], again[0])
    np.testing.assert_allclose(x.mean((0, 1)), [1.5, 0], atol=0.1)
    np.testing.assert_allclose(x.std((0, 1)), [0.5, 0.7], atol=0.05)
    assert above[x[..., 1] > 1].all() and not above[x[..., 1] < -1].any()


@pytest.fixture(scope="module")
def thirty() -> dict[str, dict[str, np.ndarray]]:
    return moving_place_and_rule(THIRTY)


def test_a_border_learned_in_one_place_is_worth_less_than_a_constant_answer_in_another(
    thirty,
) -> None:
    old, new = ({k: v.mean() for k, v in thirty[name].items()} for name in ("old place", NEW))
    assert old["straight border"] == pytest.approx(0.92, abs=0.02)
    assert old["constant answer"] == pytest.approx(0.84, abs=0.03)
    assert new["straight border"] == pytest.approx(0.48, abs=0.08)
    assert new["constant answer"] == pytest.approx(0.77, abs=0.03)
    nearly_always = thirty[NEW]["straight border"] < thirty[NEW]["constant answer"]
    assert nearly_always.mean() > 0.9


def test_how_badly_the_border_does_in_the_new_place_depends_on_the_points(thirty) -> None:
    shares = thirty[NEW]["straight border"]
    assert 0.2 < shares.min() < 0.45
    assert 0.6 < shares.max() < 0.85


@pytest.mark.parametrize(("center", "turn"), [(1.5, 1.5), (0.5, 1.0), (2.5, 1.0)])
def test_a_model_that_holds_in_the_new_place_fails_when_the_rule_moves(center, turn) -> None:
    right = moving_place_and_rule(THIRTY, center=center, turn=turn)
    old, new, moved = (table["border with wave"] for table in right.values())
    assert old.min() > 0.95
    assert new.mean() > 0.93 and new.min() > 0.8
    assert (moved < right[f"{NEW}, new rule"]["constant answer"]).mean() > 0.7
    assert (new - moved).min() > 0.05
    for table in right.values():
        assert table["border with wave, learned there"].min() > 0.94


@pytest.mark.parametrize("steps", [300, 600])
def test_a_border_that_can_bend_is_lost_in_the_new_place_too(steps: int, thirty) -> None:
    found = bending_border(range(120, 124), steps=steps)
    assert found["old place"].mean() == pytest.approx(0.99, abs=0.01)
    assert found["new place"].mean() == pytest.approx(0.80, abs=0.04)
    assert thirty[NEW]["border with wave"].mean() > found["new place"].mean() + 0.1


def test_a_model_that_was_wrong_may_gain_when_the_rule_moves(thirty) -> None:
    before, after = (thirty[name]["straight border"] for name in (NEW, f"{NEW}, new rule"))
    assert after.mean() > before.mean() + 0.15


def test_one_draw_shows_the_borders_that_were_measured() -> None:
    draw = one_draw(100)
    assert list(draw.points) == ["old place", NEW, f"{NEW}, new rule"]
    for name, sides in draw.points.items():
        straight = draw.lines[name]["straight border"]
        rule = draw.lines[name]["the rule"]
        right = 0.0
        for side, x in sides.items():
            above = x[:, 1] > np.interp(x[:, 0], *rule.T)
            assert (above == (side == "above the rule")).mean() > 0.98
            said = x[:, 1] > np.interp(x[:, 0], *straight.T)
            right += (said == (side == "above the rule")).sum() / 400
        assert right == pytest.approx(draw.right[name]["straight border"], abs=0.005)


def test_weights_help_where_places_overlap_and_only_there() -> None:
    found = weights_by_density((0.5, 1.0, 2.5), THIRTY)
    plain, weighted, again = (v.mean(1) for v in (found.plain, found.weighted, found.again))
    assert (weighted - plain)[0] > 0.06 and (weighted - plain)[1] > 0.2
    assert np.abs(weighted - again)[:2].max() < 0.03
    assert (found.effective.mean(1) > [100, 15, 0]).all()
    assert found.effective[2].mean() < 6
    # No overlap: about as good as a constant answer, and far from what could be had.
    assert weighted[2] - found.constant[2].mean() < 0.06
    assert again[2] - weighted[2] > 0.1


@pytest.fixture(scope="module")
def moved() -> Movement:
    return movement((100, 101))


def test_medians_travel_and_spreads_grow_less_with_batch_norm(moved: Movement) -> None:
    plain, bn = "without BN", "with BN"
    assert (moved.drift[plain] > 2 * moved.drift[bn]).all()
    assert (moved.growth[plain] > 5 * moved.growth[bn]).all()
    assert moved.growth[bn].max() < 2
    assert (moved.steps_to_90[plain] > 10 * moved.steps_to_90[bn]).all()


def test_in_eval_mode_the_center_moves_with_batch_norm_too(moved: Movement) -> None:
    train, evaluated = (moved.center_moves["with BN", mode] for mode in ("train", "eval"))
    assert train.max() < 0.2
    assert evaluated.min() > 0.3
    assert (evaluated > 12 * train).all()
    plain = moved.center_moves["without BN", "train"]
    np.testing.assert_allclose(plain, moved.center_moves["without BN", "eval"], rtol=1e-4)
    assert (plain > 10 * train).all()


def test_it_moves_less_at_another_learning_rate_and_start_too() -> None:
    for options in ({"lr": 0.25, "steps": 800}, {"init_std": 0.3, "steps": 400}):
        other = movement((102,), **options)
        assert other.drift["without BN"] > 2 * other.drift["with BN"]
        assert other.growth["without BN"] > 2 * other.growth["with BN"]
        train, evaluated = (other.center_moves["with BN", mode] for mode in ("train", "eval"))
        assert evaluated > 12 * train


def test_from_large_weights_the_widths_no_longer_differ() -> None:
    other = movement((103,), init_std=1.0, steps=400)
    assert other.growth["without BN"] < 2
    assert other.growth["without BN"] < 1.5 * other.growth["with BN"]


def test_inputs_move_farther_over_time_than_between_batches_but_not_by_a_fixed_factor() -> None:
    short = over_time_and_between_batches((100,), steps=280)
    long = over_time_and_between_batches((100,), steps=1400)
    assert short > 20 > 10 > long > 2


def test_without_mini_batches_they_move_too_but_less() -> None:
    for options in ({"seed": 100}, {"seed": 101, "lr": 0.25}):
        rough, exact = (
            batch_means(**options, steps=280, batch_size=size).means for size in (60, None)
        )
        between = exact.std(1).mean()
        drifted = exact.mean(1).std(0).mean()
        assert drifted > 7 * between
        assert rough.mean(1).std(0).mean() > 5 * drifted
    assert 10 < over_time_and_between_batches((102,), batch_size=None)[0] < 25


def test_most_units_drift_far_beyond_sampling_noise_with_mini_batches_or_without() -> None:
    for options in ({"seed": 100}, {"seed": 101, "lr": 0.25}):
        rough, exact = (
            batch_means(**options, steps=201, batch_size=size).gone()[-1] for size in (60, None)
        )
        assert 10 < np.median(exact) < 40
        assert np.percentile(exact, 15) > 2
        assert np.median(rough) > 5 * np.median(exact)


def test_gone_is_measured_in_the_batches_own_scatter() -> None:
    means = np.array([[[0.0], [2.0]], [[3.0], [7.0]]])  # two moments, two batches, one unit
    np.testing.assert_allclose(BatchMeans(np.array([0, 20]), means).gone(), [[0], [2]])


def test_the_numbers_in_the_answer_to_exercise_2() -> None:
    """They are of one unit, so they are those of the networks that the exercise names."""

    def ratio(means: np.ndarray) -> np.ndarray:
        return means.mean(1).std(0) / means.std(1).mean(0)

    means = batch_means(1, steps=800, batch_size=None).means
    early = ratio(means[:15])
    assert early[0] == pytest.approx(16, abs=1.5)
    assert 2 < ratio(means)[0] < 3
    assert early.min() == pytest.approx(1, abs=0.4) and early.max() == pytest.approx(40, abs=4)
    other = batch_means(0, steps=280, batch_size=None).means
    assert ratio(other)[0] == pytest.approx(30, abs=3)


def test_the_longer_one_looks_the_less_the_drift_stands_out() -> None:
    rough, exact = (batch_means(100, steps=1000, batch_size=size).means for size in (60, None))
    over = [means.mean(1).std(0).mean() for means in (rough, exact)]
    assert 2 < over[1] / exact.std(1).mean() < 5
    assert 1.2 < over[0] / over[1] < 3


def test_the_lead_shrinks_as_the_start_gets_easier() -> None:
    reached = starts(seeds=(100, 101))
    lead = reached["without BN"] / reached["with BN"]  # starts, learning rates, seeds
    assert not np.isnan(lead).any()
    assert lead[0].min() > 10
    assert lead[1].min() > 2 and lead[1].max() < 10


def test_from_the_right_start_nothing_of_the_lead_is_left() -> None:
    reached = starts((0.1, 0.3, 1.0), (0.1,), (100, 101), activation="relu", steps=600)
    plain, bn = (reached[label][:, 0] for label in ("without BN", "with BN"))
    assert (plain[0] > 2 * bn[0]).all()
    assert plain[1].mean() < 1.5 * bn[1].mean()
    assert np.isnan(plain[2]).all() and not np.isnan(bn[2]).any()
    bold = starts((0.3,), (0.2, 0.5), (100, 101), activation="relu", steps=300)
    lead = bold["without BN"][0, 0] / bold["with BN"][0, 0]
    assert lead.min() > 2 and lead.max() < 7
    assert np.isnan(bold["without BN"][0, 1]).all() and not np.isnan(bold["with BN"]).any()
    easy = starts((1.0,), (0.5, 1.0), (100, 101), steps=600)
    lead = easy["without BN"] / easy["with BN"]
    assert lead.min() > 1.2 and lead.max() < 5


def test_with_tanh_little_of_the_lead_is_left() -> None:
    reached = starts((0.1,), (0.1, 0.5), (100, 101, 102), activation="tanh", steps=200)
    lead = (reached["without BN"] / reached["with BN"])[0].mean(1)
    assert lead.min() > 1.3 and lead.max() < 6


def test_at_a_small_learning_rate_batch_norm_is_slower() -> None:
    reached = starts((0.3,), (0.01,), (100, 101, 102, 103), activation="relu", steps=700)
    plain, bn = reached["without BN"], reached["with BN"]
    assert (bn > 1.2 * plain).all()
    assert bn.min() > 300 and bn.max() < 700 and plain.min() > 120 and plain.max() < 380


def test_at_a_small_learning_rate_less_of_the_lead_from_an_easy_start_is_left() -> None:
    reached = starts((1.0,), (0.1, 0.5), (100, 101), steps=600)
    lead = (reached["without BN"] / reached["with BN"])[0].mean(1)
    assert lead[0] < lead[1]


def test_the_usual_start_of_pytorch_is_harder_still_for_sigmoids() -> None:
    reached = starts((None,), (0.5,), (100,))
    assert np.isnan(reached["without BN"]).all()
    assert (reached["with BN"] < 100).all()


def test_pale_images_hurt_more_with_batch_norm_and_own_statistics_mend_it() -> None:
    for options in ({"seeds": (100, 101)}, {"seeds": (102,), "lr": 0.1, "momentum": 0.0}):
        found = pale_and_noisy(**options)
        pale = found["contrast × 0.3"]
        assert (pale["with BN"] < pale["without BN"] - 0.1).all()
        clean = found["as in training"]["with BN"]
        assert (pale["with BN, own statistics"] > clean - 0.01).all()


def test_pale_images_may_hurt_either_network_of_sigmoids_more() -> None:
    pale = {name: SHIFTS[name] for name in ("contrast × 0.3",)}
    (found,) = pale_and_noisy(
        (100, 101, 102), pale, activation="sigmoid", lr=0.5, steps=400
    ).values()
    lead = found["with BN"] - found["without BN"]
    assert lead.max() > 0.05
    assert (found["with BN, own statistics"] > 0.9).all()


def test_noise_and_movement_do_not_hurt_more_with_batch_norm_and_are_not_mended() -> None:
    found = pale_and_noisy((100, 101, 102))
    assert found.keys() == SHIFTS.keys()
    for shift in ("noise 0.2", "noise 0.4", "one pixel to the right"):
        means = {kind: share.mean() for kind, share in found[shift].items()}
        assert abs(means["with BN"] - means["without BN"]) < 0.1
        assert means["with BN"] > means["without BN"] - 0.05
        assert means["with BN, own statistics"] - means["with BN"] < 0.06
        assert found["as in training"]["with BN"].mean() - means["with BN"] > 0.03
