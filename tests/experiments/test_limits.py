"""What chapter 12 states, on seeds that it does not use."""

from __future__ import annotations

import functools

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from bnviz.experiments import limits as chapter
from bnviz.experiments.limits.company import _Apart
from bnviz.experiments.limits.depth import KINDS, Deep
from bnviz.experiments.limits.renorm import WAYS, BatchRenorm
from bnviz.experiments.limits.sequences import WAYS as STATISTICS
from bnviz.experiments.limits.sequences import Recurrent
from bnviz.experiments.limits.shift import changed
from bnviz.experiments.limits.together import BatchNorm, LayerNorm, fully_connected, images, learn

SEEDS = (100, 101, 102)


# --- the way it is measured -----------------------------------------------------------------------

NETWORKS = {
    **{way: functools.partial(fully_connected, norm) for way, norm in WAYS.items()},
    **{f"steps, {way}": functools.partial(Recurrent, way=way) for way in STATISTICS},
    **{
        f"{kind}, {norm}": functools.partial(Deep, depth=2, kind=kind, norm=norm)
        for kind in KINDS
        for norm in ("without norm", "batch norm")
    },
}


@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
def test_networks_side_by_side_learn_as_each_would_alone(make):
    seeds, rates = (100, 101), (0.05, 0.02)
    x, y, *_ = (part[..., :40] for part in images(seeds))
    x = x.double()
    both = make(seeds=seeds).double()
    learn(both, x, y, seeds, steps=3, batch_size=8, lr=rates)
    for i in (0, 1):
        own = make(seeds=seeds[i : i + 1]).double()
        learn(own, x[[i]], y[[i]], seeds[i : i + 1], steps=3, batch_size=8, lr=rates[i])
        torch.testing.assert_close(both(x)[i], own(x[[i]])[0])


def test_the_norms_are_those_of_pytorch():
    x = torch.randn(2, 5, 7, generator=torch.Generator().manual_seed(0))
    expected = torch.stack([F.batch_norm(one.T, None, None, training=True).T for one in x])
    torch.testing.assert_close(BatchNorm(2, 5)(x), expected)
    expected = torch.stack([F.layer_norm(one.T, (5,)).T for one in x])
    torch.testing.assert_close(LayerNorm(2, 5)(x), expected)


def test_mini_batches_in_one_pass_are_normalized_apart():
    x = torch.randn(2, 5, 12, generator=torch.Generator().manual_seed(0))
    expected = torch.cat([BatchNorm(2, 5)(part) for part in x.split(4, 2)], 2)
    layer = _Apart(2, 5, 4)
    torch.testing.assert_close(layer(x), expected)
    parts = x.unflatten(2, (3, 4))
    torch.testing.assert_close(layer.running_mean, 0.1 * parts.mean((2, 3)).flatten())
    torch.testing.assert_close(layer.running_var, 0.9 + 0.1 * parts.var(3).mean(2).flatten())


# --- images of another kind -----------------------------------------------------------------------


@functools.cache
def under(change: str):
    return chapter.accuracy_by_change(change, (0.0, 0.7), seeds=SEEDS)


def medians(change: str, hidden: tuple[int, ...], **options) -> dict[str, float]:
    found = chapter.accuracy_by_change(change, (0.7,), seeds=SEEDS, hidden=hidden, **options)
    return {norm: float(np.median(rows)) for norm, rows in found.items()}


@pytest.mark.slow
@pytest.mark.parametrize("change", ["lightened", "faded", "more contrast"])
def test_batch_norm_is_the_first_to_fail_where_all_images_change_together(change):
    found = {norm: np.median(rows, 0) for norm, rows in under(change).items()}
    assert found["batch norm"][0] > max(found["without norm"][0], found["layer norm"][0]) - 0.005
    for other in ("without norm", "layer norm"):
        assert found["batch norm"][1] < found[other][1] - 0.05
    if change == "faded":
        assert 0.25 < found["batch norm"][1] < 0.75
        assert min(found["without norm"][1], found["layer norm"][1]) > 0.85


@pytest.mark.slow
def test_without_a_norm_faded_images_are_named_and_four_layers_name_fewer():
    plain = ("without norm",)
    two = chapter.accuracy_by_change("faded", (0.7,), plain, range(100, 110))["without norm"]
    assert two.min() > 0.88 and np.median(two) > 0.9
    options = {"seeds": range(100, 110), "hidden": (100,) * 4, "steps": 400}
    four = chapter.accuracy_by_change("faded", (0.7,), plain, **options)["without norm"]
    assert 0.75 < np.median(four) < 0.93
    assert ((four > 0.7) & (four < 0.96)).mean() > 0.7
    assert np.median(four) < np.median(two) - 0.01


@pytest.mark.slow
def test_lightened_images_upset_layer_norm_as_much_in_some_seeds():
    norms = ("batch norm", "layer norm")
    found = chapter.accuracy_by_change("lightened", (0.7,), norms, seeds=range(200, 206))
    ahead = found["layer norm"] - found["batch norm"]
    assert np.median(ahead) > 0.03
    assert ahead.min() < 0.03


@pytest.mark.slow
@pytest.mark.parametrize("change", ["lightened", "faded", "more contrast"])
def test_so_it_is_with_one_layer_and_with_four(change):
    for found in (medians(change, (100,), lr=0.2), medians(change, (100,) * 4, steps=400)):
        assert found.pop("batch norm") < min(found.values()) - 0.02


@pytest.mark.slow
@pytest.mark.parametrize(
    "options", [{"hidden": (100,), "lr": 0.2}, {"hidden": (100,) * 4, "steps": 400}]
)
def test_new_statistics_do_with_one_layer_and_four_what_they_do_with_two(options):
    adapted = functools.partial(chapter.adapted, seeds=SEEDS, **options)
    assert np.ptp(adapted("faded", (0.0, 0.7)).recomputed, 1).max() < 0.01
    noise = adapted("noise", (0.7,))
    assert np.abs(noise.recomputed - noise.training).max() < 0.15
    assert adapted("towards the negative", (0.7,)).recomputed.max() < 0.1


PLAIN, BATCH = "without norm", "batch norm"
ON_PURPOSE = range(300, 308)


def on_purpose(norm: str, sizes: tuple[float, ...] = (0.0, 0.02, 0.05, 0.1), **options):
    return chapter.accuracy_under_attack(sizes, [norm], ON_PURPOSE, **options)[norm]


def test_an_attack_of_size_0_is_none_and_one_as_large_as_noise_takes_more():
    noise = chapter.accuracy_by_change("noise", (0.0, 0.1), seeds=SEEDS, steps=30)
    for norm, found in chapter.accuracy_under_attack((0.0, 0.1), seeds=SEEDS, steps=30).items():
        np.testing.assert_array_equal(found[:, 0], noise[norm][:, 0])
        assert (found[:, 1] < noise[norm][:, 1] - 0.1).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [{}, {"hidden": (100,), "lr": 0.2}, {"hidden": (100,) * 4, "steps": 400}, {"lr": 0.01}],
    ids=str,
)
def test_trained_as_long_batch_norm_names_more_images_that_are_changed_on_purpose(options):
    ahead = on_purpose(BATCH, **options) - on_purpose(PLAIN, **options)
    assert (ahead[:, :3] > 0).mean() > 0.9
    assert np.median(ahead, 0).min() > -0.01


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stopped", "steps", "options", "least", "most"),
    [
        (50, 1000, {}, 0.05, 0.15),
        (45, 150, {"hidden": (100,), "lr": 0.2}, -0.07, 0.01),
        (70, 1000, {"hidden": (100,)}, 0.03, 0.12),
        (40, 800, {"hidden": (100,) * 4, "lr": 0.02}, 0.1, 0.3),
        (200, 1000, {"hidden": (100,) * 4, "lr": 0.1}, -0.15, -0.02),
        (150, 600, {"lr": 0.2}, -0.1, 0.01),
    ],
)
def test_stopped_at_the_same_accuracy_it_hangs_on_rate_depth_and_time_who_is_ahead(
    stopped, steps, options, least, most
):
    early = on_purpose(BATCH, steps=stopped, **options)
    ahead = (early - on_purpose(PLAIN, steps=steps, **options)).mean(0)
    assert abs(ahead[0]) < 0.03
    assert least < ahead[-1] < most


@pytest.mark.slow
def test_noise_takes_nearly_as_much_from_each():
    found = {norm: np.median(rows, 0)[1] for norm, rows in under("noise").items()}
    assert max(found.values()) - found["batch norm"] < 0.15
    assert min(found.values()) > 0.35 and max(found.values()) < 0.65


@pytest.mark.slow
@pytest.mark.parametrize(
    "options", [{"hidden": (100,), "lr": 0.2}, {"hidden": (100,) * 4, "steps": 400}]
)
def test_noise_does_so_with_one_layer_and_with_four(options):
    found = medians("noise", **options)
    assert max(found.values()) - found["batch norm"] < 0.15


@pytest.mark.slow
def test_at_a_small_rate_noise_takes_more_from_both_norms_than_from_none():
    found = chapter.accuracy_by_change("noise", (0.0, 0.7), seeds=SEEDS, lr=0.01)
    plain, batch, layer = (-np.diff(np.median(rows, 0)).item() for rows in found.values())
    assert 0.05 < min(batch, layer) - plain < max(batch, layer) - plain < 0.25


@pytest.mark.slow
@pytest.mark.parametrize("change", ["lightened", "faded", "more contrast"])
def test_new_statistics_undo_a_factor_and_an_offset(change):
    found = chapter.adapted(change, (0.0, 0.3, 0.7), seeds=SEEDS)
    assert found.recomputed.min() > 0.96
    assert np.ptp(found.recomputed, 1).max() < 0.01


@pytest.mark.slow
def test_new_statistics_hardly_help_against_noise_and_not_beyond_the_middle_to_the_negative():
    noise = chapter.adapted("noise", (0.7,), seeds=SEEDS)
    assert np.abs(noise.recomputed - noise.training).max() < 0.1
    negative = chapter.adapted("towards the negative", (0.4, 0.6), seeds=SEEDS)
    assert negative.recomputed[:, 0].min() > 0.96
    assert negative.recomputed[:, 1].max() < 0.05


@pytest.mark.slow
@pytest.mark.parametrize("change", ["each lightened differently", "each faded differently"])
def test_new_statistics_help_in_part_where_images_change_each_in_its_way(change):
    found = chapter.adapted(change, (0.0, 0.9), seeds=SEEDS)
    before, after = np.median(found.recomputed, 0)
    assert np.median(found.training, 0)[1] + 0.02 < after < before - 0.02


@pytest.mark.slow
@pytest.mark.parametrize("contrast", [0.3, 1.0])
def test_new_statistics_must_be_those_of_all_digits(contrast):
    one, two, ten = np.median(chapter.classes_seen((1, 2, 10), contrast, SEEDS).recomputed, 0)
    assert one < 0.2
    assert 0.3 < two < 0.5
    assert ten > 0.96


def test_a_change_of_strength_0_is_none():
    x = torch.rand(2, 64, 3)
    for change in ("lightened", "faded", "more contrast", "noise", "towards the negative"):
        torch.testing.assert_close(changed(x, change, 0.0), x)


# --- company --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_with_batch_norm_a_network_reads_its_company_in_training_mode_alone():
    found = chapter.heard(("batch norm",), (2, 16), (100, 101))
    two, sixteen = found.training["batch norm"].T
    assert two.min() > 0.3 and two.max() < 0.7
    assert sixteen.min() > 0.75
    assert found.eval_mode["batch norm"].max() < 0.2


@pytest.mark.slow
def test_at_a_rate_of_a_fifth_it_learns_less_of_this():
    found = chapter.heard(("batch norm",), (16,), (100, 101, 500, 501), lr=0.2)
    assert found.training["batch norm"].min() > 0.15
    assert found.training["batch norm"].max() < 0.65


@pytest.mark.slow
@pytest.mark.parametrize("norm", ["without norm", "layer norm"])
def test_without_batch_norm_it_cannot(norm):
    found = chapter.heard((norm,), (16,), (100, 101), steps=80)
    assert found.training[norm].max() < 0.2


# --- few images -----------------------------------------------------------------------------------


@functools.cache
def wrong(size: int) -> dict[str, np.ndarray]:
    """The median over the seeds, by way, at rates of 0.01 and 0.1."""
    found = chapter.errors_by_lr(size, (0.01, 0.1), seeds=SEEDS)
    return {way: np.median(rows, 0) for way, rows in found.items()}


@pytest.mark.slow
def test_batch_renorm_is_as_good_as_the_better_way_at_two_and_at_sixteen():
    two, sixteen = ({way: rows[0] for way, rows in wrong(size).items()} for size in (2, 16))
    assert two["batch norm"] > 0.4
    assert max(two["running statistics"], two["Batch Renorm"]) < 0.32
    assert max(sixteen["batch norm"], sixteen["Batch Renorm"]) < 0.065
    assert sixteen["running statistics"] < 0.3
    assert sixteen["running statistics"] > 2.5 * sixteen["batch norm"]


@pytest.mark.slow
def test_running_statistics_cost_little_with_one_layer_and_much_with_four():
    def cost(hidden: tuple[int, ...]) -> np.ndarray:
        ways = ("batch norm", "running statistics")
        found = chapter.errors_by_lr(16, (0.003, 0.01), ways, SEEDS[:2], hidden=hidden)
        return np.median(found["running statistics"] - found["batch norm"], 0)

    assert cost((64,)).max() < 0.06
    assert cost((64,) * 4).min() > 0.1


@pytest.mark.slow
def test_in_mini_batches_of_two_no_way_stands_a_rate_of_a_tenth():
    assert min(rows[1] for rows in wrong(2).values()) > 0.5


def test_unclipped_batch_renorm_computes_what_eval_mode_does():
    layer = BatchRenorm(2, 5)
    x = torch.randn(2, 5, 50, generator=torch.Generator().manual_seed(0))
    expected = layer.eval()(x)
    torch.testing.assert_close(layer.train()(x), expected)


def test_through_batch_renorm_no_gradient_comes_back_from_a_single_image():
    layer = BatchRenorm(1, 5)
    x = torch.randn(1, 5, 1, requires_grad=True)
    expected = layer.eval()(x)
    found = layer.train()(x)
    torch.testing.assert_close(found, expected)
    found.pow(3).sum().backward()
    assert x.grad.abs().max() == 0


# --- sequences ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_sums_of_a_recurrent_network_spread_from_step_to_step():
    found = chapter.spread_by_step(SEEDS)
    grown = found["after"][:, -1] / found["after"][:, 0]
    assert grown.min() > 4 and grown.max() < 6.5
    assert (found["before training"][:, -1] > 1.5 * found["before training"][:, 0]).all()


@pytest.mark.slow
def test_one_batch_norm_for_all_steps_is_worse_in_eval_mode_and_one_for_each_is_not():
    ways = ("one for all steps", "one for each step")
    for found in chapter.errors_by_statistics((0.01, 0.03), ways, SEEDS).values():
        wrong = {way: np.median(rows) for way, rows in found.items()}
        assert (
            wrong["one for all steps, eval mode"] > wrong["one for all steps, training mode"] + 0.01
        )
        assert wrong["one for all steps, eval mode"] > wrong["one for each step"] + 0.01
        assert wrong["one for all steps, eval mode"] < 0.2


@pytest.mark.slow
def test_in_mini_batches_of_eight_more_is_wrong_and_the_modes_are_about_as_far_apart():
    def gap(batch_size: int) -> tuple[float, float]:
        ways, seeds = ("one for all steps",), range(500, 506)
        (found,) = chapter.errors_by_statistics(
            (0.01,), ways, seeds, batch_size=batch_size
        ).values()
        training, evaluated = found.values()
        return float(np.median(training)), float(np.mean(evaluated - training))

    (small, apart), (large, usual) = gap(8), gap(32)
    assert small > 1.4 * large
    assert 0.01 < apart < usual + 0.02


# --- depth ----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_thirty_layers_with_batch_norm_train_with_skips_and_not_in_a_chain():
    five = chapter.accuracy_by_depth("chain", (5,), ("batch norm",), SEEDS)["batch norm"]
    assert five.min() > 0.75
    longer = chapter.accuracy_by_depth("chain", (30,), ("batch norm",), SEEDS, steps=200)
    assert np.median(longer["batch norm"]) < 0.5
    skips = chapter.accuracy_by_depth("skips", (30,), ("batch norm",), SEEDS)["batch norm"]
    assert np.median(skips) > 0.8


@pytest.mark.slow
def test_without_norm_thirty_layers_train_only_if_branches_start_at_0():
    def found(kind: str) -> np.ndarray:
        return chapter.accuracy_by_depth(kind, (30,), ("without norm",), SEEDS)["without norm"]

    assert found("skips").max() < 0.5
    assert np.median(found("skips from 0")) > 0.65
