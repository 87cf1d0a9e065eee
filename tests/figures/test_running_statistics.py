"""`running_statistics`: the average of what was recorded, at any momentum, and what it is worth."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from browser import after_draw, assert_fits, axe_findings, boxes, height, move
from node import run_js

from bnviz.figures import running_statistics
from bnviz.figures.gallery.running_statistics.average import (
    average_so_far,
    memory,
    running_average,
)

RANDOM = np.random.default_rng(0)
AVERAGE = "gallery/running_statistics/average.js"


def unit(m: int, steps: int = 60) -> SimpleNamespace:
    """A unit whose true mean falls from 2 to 1, in batches of m; its variance is 0.25."""
    true_mean = np.linspace(2, 1, steps)
    values = true_mean[:, None] + 0.5 * RANDOM.standard_normal((steps, m))
    return SimpleNamespace(
        mean=values.mean(1),
        var=values.var(1, ddof=1),
        true_mean=true_mean,
        true_var=np.full(steps, 0.25),
    )


UNITS = {4: unit(4), 64: unit(64)}


def shown(**options):
    return running_statistics(UNITS, caption="A unit.", **options)


# --- without a browser --------------------------------------------------------------------------


@pytest.mark.parametrize("momentum", [0.001, 0.1, 0.5, 1.0])
def test_the_running_average_is_that_of_pytorch(momentum):
    x = torch.randn(12, 8, 1, dtype=torch.float64)
    layer = torch.nn.BatchNorm1d(1, momentum=momentum).double().train()
    for batch in x:
        layer(batch)
    means, variances = x.mean(1)[:, 0].numpy(), x.var(1)[:, 0].numpy()
    assert running_average(means, momentum, 0)[-1] == pytest.approx(layer.running_mean.item())
    assert running_average(variances, momentum, 1)[-1] == pytest.approx(layer.running_var.item())


def test_the_plain_average_is_that_of_pytorch_without_momentum():
    x = torch.randn(12, 8, 1, dtype=torch.float64)
    layer = torch.nn.BatchNorm1d(1, momentum=None).double().train()
    for batch in x:
        layer(batch)
    assert average_so_far(x.mean(1)[:, 0].numpy())[-1] == pytest.approx(layer.running_mean.item())


@pytest.mark.parametrize("momentum", [0.001, 0.013, 0.1, 0.9, 1.0])
def test_the_memory_is_the_least_number_of_batches_with_that_share(momentum):
    count = memory(momentum)
    assert 1 - (1 - momentum) ** count >= 0.9 - 1e-12
    assert count == 1 or 1 - (1 - momentum) ** (count - 1) < 0.9


@pytest.mark.parametrize("momentum", [0.001, 0.04, 0.1, 1.0])
def test_the_page_computes_what_python_computes(momentum):
    values = RANDOM.standard_normal(50)
    code = "return [runningAverage(...inputs), averageSoFar(inputs[0]), memory(inputs[1])]"
    running, plain, count = run_js(
        code, values.tolist(), momentum, 1.0,
        runningAverage=AVERAGE, averageSoFar=AVERAGE, memory=AVERAGE,
    )  # fmt: skip
    np.testing.assert_allclose(running, running_average(values, momentum, 1.0), rtol=1e-12)
    np.testing.assert_allclose(plain, average_so_far(values), rtol=1e-12)
    assert count == memory(momentum)


def test_the_slider_has_the_usual_momentums():
    code = "return inputs.map((p) => [momentumAt(p), positionOf(momentumAt(p))])"
    found = run_js(code, 0, 20, 40, 60, momentumAt=AVERAGE, positionOf=AVERAGE)
    assert found == [[0.001, 0], [0.01, 20], [0.1, 40], [1, 60]]


def test_alternative_says_what_the_average_has_and_what_it_should_have():
    lines = shown(momentum=0.01).alt.splitlines()
    assert [line.split(": ")[0] for line in lines] == [
        "batch size 4, statistic mean", "batch size 4, statistic variance",
        "batch size 64, statistic mean", "batch size 64, statistic variance",
    ]  # fmt: skip
    last = running_average(UNITS[64].mean, 0.01, 0)[-1]
    assert f"the running mean is {last:.3f}" in lines[2]
    assert "that of all training images 1." in lines[2]
    assert "55 % of its weight is on the start, 0." in lines[2]
    assert "55 % of its weight is on the start, 1." in lines[3]
    assert "on the latest 22 batches" in shown().alt


def test_axes_hold_start_and_truth_and_the_variance_is_logarithmic():
    mean, variance = shown().spec["y"]
    assert mean["ends"][0] < 0 and mean["ends"][1] > 2
    assert not mean["log"] and variance["log"]
    assert variance["ends"][0] < 0.25 and variance["ends"][1] > 1


@pytest.mark.parametrize(
    ("recorded", "options", "words"),
    [
        ({}, {}, "no data"),
        (UNITS, {"momentum": 0}, "give a number from 0.001 to 1"),
        (UNITS, {"momentum": 1.5}, "give a number from 0.001 to 1"),
        (UNITS, {"start": {"batch size": 5}}, "one of 4, 64"),
        ({4: SimpleNamespace(**{**vars(unit(4)), "true_mean": np.ones(3)})}, {}, "give (T,) twice"),
        ({4: unit(4, 10), 64: unit(64, 5)}, {}, "different lengths"),
        ({4: unit(4, 10), 64: unit(64, 5)}, {}, "10 of the mean at batch size 4"),
        ({4: SimpleNamespace(**{**vars(unit(4)), "var": np.ones(3), "true_var": np.ones(3)})}, {},
         "3 of the variance at batch size 4"),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_is_refused_with_help(recorded, options, words):
    with pytest.raises(ValueError, match="running_statistics") as caught:
        running_statistics(recorded, **options)
    assert words in str(caught.value)


def test_picture_shows_each_batch_size_with_the_statistic_it_begins_with():
    axes = [ax for ax in shown(start={"statistic": "variance"}).picture().axes if ax.get_visible()]
    titles = [ax.get_title() for ax in axes]
    assert titles == ["batch size 4, momentum 0.1", "batch size 64, momentum 0.1"]
    assert axes[0].get_ylabel() == "variance" and axes[0].get_yscale() == "log"


# --- in a browser -------------------------------------------------------------------------------


def reading(page) -> str:
    return page.locator(".bnviz-running-reading").inner_text()


def choose(page, name: str) -> None:
    after_draw(page, lambda: page.get_by_role("radio", name=name, exact=True).check(force=True))


def test_momentum_moves_the_average_and_says_what_it_remembers(open_figure):
    page = open_figure(shown(start={"batch size": 64, "training step": 50}))
    for position, momentum in ((40, 0.1), (50, 0.32), (60, 1.0)):
        move(page, "momentum", position)
        value = running_average(UNITS[64].mean, momentum, 0)[50]
        assert f"running mean {value:.3g}" in reading(page)
        count = memory(momentum)
        told = "whole weight is on the latest batch" if count == 1 else f"latest {count} batches"
        assert told in reading(page)
    move(page, "momentum", 20)
    assert f"{100 * 0.99**50:.0f} % of its weight is still on its start, 0." in reading(page)


def test_the_variance_says_how_wide_x_hat_comes_out(open_figure):
    page = open_figure(shown(start={"batch size": 64, "training step": 10}))
    choose(page, "variance")
    value = running_average(UNITS[64].var, 0.1, 1)[10]
    assert "standard deviation of " in reading(page)
    told = float(re.search(r"standard deviation of ([\d.]+)\.", reading(page))[1])
    assert told == pytest.approx(np.sqrt(0.25 / (value + 1e-5)), rel=0.006)


def test_dots_are_strong_where_the_weight_is(open_figure):
    page = open_figure(shown(start={"training step": 30}))

    def counts() -> list[int]:
        """Dots from the strongest to the faintest."""
        return page.eval_on_selector_all(
            "svg[role=img] .bnviz-running-dots",
            "all => all.map((p) => [Number(p.getAttribute('stroke-opacity')),"
            " (p.getAttribute('d') || '').split('M').length - 1])"
            ".sort((a, b) => b[0] - a[0]).map((pair) => pair[1])",
        )

    weights = 0.9 ** np.arange(30)
    dark = int((weights >= 0.75).sum())
    assert counts()[0] == dark and sum(counts()) == 60
    move(page, "momentum", 60)
    assert counts() == [1, 0, 0, 0, 59]
    move(page, "momentum", 0)
    assert counts() == [30, 0, 0, 0, 30]


def test_a_click_chooses_the_step(open_figure):
    page = open_figure(shown())
    box = page.locator("svg[role=img] rect[fill=transparent]").bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    after_draw(page, lambda: page.mouse.click(*middle))
    assert ", step 30:" in reading(page)
    assert page.get_by_label("training step", exact=True).input_value() == "30"


def test_the_plain_average_is_drawn_where_it_is_asked_for(open_figure):
    assert open_figure(shown()).get_by_text("plain average so far").count() == 0
    page = open_figure(shown(plain=True))
    assert page.get_by_text("plain average so far").is_visible()


def test_the_drawing_says_what_is_read(open_figure):
    page = open_figure(shown(start={"batch size": 64}))
    label = page.locator("svg[role=img]").first.get_attribute("aria-label")
    assert label == f"batch size 64. {reading(page)}"


@pytest.mark.parametrize("width", [360, 936])
def test_nothing_moves_under_the_hand(open_figure, width):
    page = open_figure(shown(plain=True), width=width)
    start, tall = boxes(page, "input, svg[role=img], .bnviz-legend"), height(page)
    for act in (
        lambda: move(page, "momentum", 0),
        lambda: move(page, "momentum", 43),
        lambda: move(page, "training step", 7),
        lambda: choose(page, "64"),
    ):
        act()
        assert boxes(page, "input, svg[role=img], .bnviz-legend") == start
    choose(page, "variance")
    assert height(page) == tall
    cut = page.locator(".bnviz-running-reading").evaluate("e => e.scrollHeight - e.clientHeight")
    assert cut <= 1


def test_the_figure_fits(open_figure):
    assert_fits(open_figure, shown(plain=True))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(scheme, open_figure):
    assert axe_findings(open_figure(shown(), color_scheme=scheme)) == []


def test_picture_stays_where_scripts_are_off(open_figure):
    page = open_figure(shown(), java_script_enabled=False)
    assert page.locator(".bnviz-still img").get_attribute("alt") == shown().alt
