"""γ, β and an activation: the page says what Python says, and both are exact."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
import torch
from browser import after_draw, assert_fits, axe_findings, boxes, height, move, touch
from hypothesis import given
from hypothesis import strategies as st

from bnviz.activations import ACTIVATIONS, best_line, linear_share, saturated_share
from bnviz.figures import affine_activation

NAMES = {"sigmoid": "sigmoid", "tanh": "tanh", "relu": "ReLU"}
LEARNED = {"layer 1": ([0.5, 2.71828], [-1.0, 1.41421]), "layer 2": ([-0.5, 1.7], [0.0, 0.4])}


# --- in Python ------------------------------------------------------------------------------------


def test_unknown_activation_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="'gelu'; give one of sigmoid, tanh, relu"):
        affine_activation(activation="gelu")


@pytest.mark.parametrize("bad", [{"weight": math.nan}, {"bias": math.inf}])
def test_parameters_that_are_not_finite_are_refused(bad):
    (name,) = bad
    with pytest.raises(ValueError, match=f"{name} is .*; give a finite number"):
        affine_activation(**bad)


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        ((np.ones(3), np.zeros(4)), r"shapes \(3,\) and \(4,\)"),
        ((np.ones((2, 2)), np.zeros((2, 2))), r"shapes \(2, 2\)"),
        (([], []), r"shapes \(0,\)"),
        (([1.0, np.nan], [0.0, 0.0]), "NaN or infinity"),
    ],
)
def test_learned_arrays_that_do_not_fit_are_refused(pair, words):
    with pytest.raises(ValueError, match=r"learned\['layer 1'\].*" + words):
        affine_activation({"layer 1": pair})


def test_learned_takes_the_parameters_of_a_layer_as_they_are():
    layer = torch.nn.BatchNorm1d(5)
    figure = affine_activation({"layer 1": (layer.weight, layer.bias)})
    assert figure.arrays["learned"].tolist() == [[1.0, 0.0]] * 5
    assert "layer 1: γ of 5 units 1.00 to 1.00 (median 1.00)" in figure.alt


def test_groups_are_neutral_unless_a_style_is_asked_for():
    assert [style["key"] for style in affine_activation(LEARNED).spec["styles"]] == ["a", "b"]
    figure = affine_activation({"with BN": ([1.0], [0.0])})
    assert figure.spec["styles"][0]["key"] == "a"  # words in a label say nothing
    styled = affine_activation(LEARNED, styles={"layer 2": "with"})
    assert [style["key"] for style in styled.spec["styles"]] == ["a", "with"]
    with pytest.raises(ValueError, match="styles names 'layer 3'"):
        affine_activation(LEARNED, styles={"layer 3": "with"})


@given(st.lists(st.tuples(st.floats(-50, 50), st.floats(-50, 50)), min_size=1, max_size=8))
def test_plane_holds_every_learned_point_and_the_start(points):
    gamma, beta = np.transpose(points)
    plane = affine_activation({"a": (gamma, beta)}).spec["plane"]
    for values, (low, high) in (([*gamma, 1], plane["weight"]), ([*beta, 0], plane["bias"])):
        assert low < min(values) and max(values) < high


def test_alternative_says_what_is_lost_and_how_straight_it_is():
    alt = affine_activation(activation="relu", weight=2.0, bias=-1.0).alt
    assert "through ReLU(2 x̂ − 1)" in alt
    assert "69.1 % of the values are cut to 0" in alt
    assert "A straight line explains 55.8 %" in alt
    assert "All outputs are the same" in affine_activation(weight=0.0).alt


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_picture_draws_curve_line_shapes_and_learned_units(activation):
    picture = affine_activation(LEARNED, activation=activation, weight=2.0, line=True).picture()
    curve, _, plane = picture.axes[:3]
    x, y = curve.lines[2].get_data()  # after the curve and its thick part
    slope, intercept = best_line(activation, 2.0, 0.0)
    np.testing.assert_allclose(y, slope * x + intercept)
    assert f"explains {100 * linear_share(activation, 2.0):.1f} %" in curve.get_title("left")
    np.testing.assert_allclose(plane.lines[2].get_xydata(), np.transpose(LEARNED["layer 2"]))
    bare = affine_activation(activation=activation).picture().axes[0]
    assert len(bare.lines) == 2 and "explains" not in bare.get_title("left")


# --- in the page ----------------------------------------------------------------------------------


def choose(page, activation: str) -> None:
    after_draw(page, page.get_by_label(NAMES[activation], exact=True).check)


def now(page) -> tuple[float, float]:
    """γ and β, to the digits that are shown."""
    texts = [
        page.get_by_label(label, exact=True).get_attribute("aria-valuetext")
        for label in ("γ (weight)", "β (bias)")
    ]
    return tuple(float(text.replace("−", "-")) for text in texts)


def curve(page):
    return page.get_by_role("img").first


def says(page, activation: str, weight: float, bias: float) -> None:
    """What the page writes is what ``bnviz.activations`` computes."""
    reading = page.locator(".bnviz-affine-reading").text_content()
    lost = re.search(r"([\d.]+) % of the values (lie in the flat|are cut)", reading)
    share = saturated_share(activation, weight, bias)
    assert (lost[2] == "are cut") == (activation == "relu")
    if 0 < share < 0.0005 or 0.9995 <= share < 1:
        assert re.match(r"Under 0\.1 %|Over 99\.9 %", reading)
    else:
        assert float(lost[1]) == pytest.approx(100 * share, abs=0.0501)
    line = linear_share(activation, weight, bias)
    if math.isnan(line):
        assert "All outputs are the same." in reading
    elif line < 0.0005:
        assert "A straight line explains under 0.1 %" in reading
    elif line < 0.9995:
        explained = re.search(r"A straight line explains ([\d.]+) %", reading)
        assert float(explained[1]) == pytest.approx(100 * line, abs=0.0501)
    assert f"through {NAMES[activation]}(" in curve(page).get_attribute("aria-label")


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_page_says_what_python_says(open_figure, activation):
    page = open_figure(
        affine_activation(activation=activation, weight=0.734, bias=0.123, line=True)
    )
    says(page, activation, 0.734, 0.123)
    for weight, bias in ((1, 0), (2, 0), (4, 0), (-2.5, 1.5), (0.2, -3), (4, -4), (0, 1)):
        move(page, "γ (weight)", weight)
        move(page, "β (bias)", bias)
        says(page, activation, weight, bias)


def test_straight_line_comes_and_is_explained_when_it_is_asked_for(open_figure):
    page = open_figure(affine_activation(weight=2.0))
    line = page.locator("svg path[stroke='var(--bnviz-b)']")
    assert line.get_attribute("d") is None
    assert not page.get_by_text("A straight line explains").is_visible()
    after_draw(page, page.get_by_text("straight line", exact=True).click)
    assert page.get_by_text("A straight line explains 93.0 % of the output’s variance").is_visible()
    assert line.get_attribute("d").startswith("M")


def test_choice_changes_the_activation_and_reset_brings_back_the_start(open_figure):
    page = open_figure(affine_activation(weight=2.0, bias=-0.33, line=True))
    choose(page, "relu")
    says(page, "relu", 2.0, -0.33)
    move(page, "β (bias)", 3)
    after_draw(page, page.get_by_label("straight line", exact=True).uncheck)
    after_draw(page, page.get_by_role("button", name="Reset").click)
    assert page.get_by_label("straight line", exact=True).is_checked()
    says(page, "sigmoid", 2.0, -0.33)
    assert now(page) == (2.0, -0.33)
    assert page.get_by_label("sigmoid", exact=True).is_checked()


def test_arrow_keys_move_gamma(open_figure):
    page = open_figure(affine_activation())
    page.get_by_label("γ (weight)").focus()
    for _ in range(4):
        after_draw(page, lambda: page.keyboard.press("ArrowRight"))
    assert now(page) == (1.2, 0.0)


def test_gamma_zero_and_negative_gamma_are_explained(open_figure):
    page = open_figure(affine_activation(activation="tanh", weight=0.0))
    assert page.get_by_text("γ = 0: every input is β").is_visible()
    move(page, "γ (weight)", -1)
    assert page.get_by_text("γ < 0 mirrors x̂").is_visible()


@pytest.mark.parametrize(
    ("letter", "expected"), [("β", (1.0, 3.0)), ("γ", (3.0, 1.0))], ids=["bias", "weight"]
)
@pytest.mark.parametrize("finger", [False, True], ids=["mouse", "touch"])
def test_bell_is_dragged_by_its_letters(open_figure, letter, expected, finger):
    page = open_figure(affine_activation(bias=1.0), has_touch=finger)
    assert page.get_by_text("drag", exact=True).is_visible()
    knob = page.locator(".bnviz-affine-grip", has_text=letter).locator(".bnviz-affine-knob")
    box = knob.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    ticks = page.locator("svg text", has_text=re.compile("^[04]$")).evaluate_all(
        "all => all.map((t) => t.getBoundingClientRect()).map((b) => b.x + b.width / 2)"
    )
    by = (ticks[1] - ticks[0]) / 2  # two units of the inputs' axis
    path = [(x, y), (x + by / 2, y + 3), (x + by, y + 3)]
    if finger:
        page.wait_for_timeout(200)  # until Chromium's compositor knows where fingers drag
        touch(page, path)
    else:
        page.mouse.move(x, y)
        page.mouse.down()
        for point in path:
            page.mouse.move(*point)
        page.mouse.up()
    page.wait_for_timeout(100)
    assert now(page) == pytest.approx(expected, abs=0.11)
    assert not page.get_by_text("drag", exact=True).is_visible()
    moved = knob.bounding_box()
    assert moved["x"] - box["x"] == pytest.approx(by, abs=3)


def test_swipe_over_the_bell_or_the_plane_changes_nothing(open_figure):
    page = open_figure(affine_activation(LEARNED), width=360, push=500, has_touch=True)
    page.evaluate("scrollTo(0, 300)")
    page.wait_for_timeout(200)
    for drawing in page.get_by_role("img").all():
        box = drawing.bounding_box()
        x, y = box["x"] + 0.3 * box["width"], box["y"] + 0.5 * box["height"]
        touch(page, [(x, y), (x, y - 15), (x, y - 60), (x, y - 120)])
        assert now(page) == (1.0, 0.0)


# --- the plane ------------------------------------------------------------------------------------


def mark(page, index: int) -> tuple[float, float]:
    box = page.get_by_role("img").nth(1).locator("path[fill-opacity]").nth(index).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.mark.parametrize("finger", [False, True], ids=["mouse", "touch"])
def test_tap_near_a_unit_takes_its_gamma_and_beta(open_figure, finger):
    page = open_figure(affine_activation(LEARNED, line=True), has_touch=finger)
    assert page.get_by_text("pick a unit", exact=True).is_visible()
    x, y = mark(page, 1)
    (page.touchscreen.tap if finger else page.mouse.click)(x + 3, y + 3)
    page.get_by_text("layer 1, unit 2", exact=True).wait_for()
    assert not page.get_by_text("pick a unit", exact=True).is_visible()
    assert now(page) == (2.72, 1.41)
    label = page.get_by_role("img").nth(1).get_attribute("aria-label")
    assert label.startswith("layer 1, unit 2: γ 2.72, β 1.41. The plane")
    says(page, "sigmoid", float(np.float32(2.71828)), float(np.float32(1.41421)))


def test_click_elsewhere_takes_the_values_there(open_figure):
    figure = affine_activation(LEARNED)
    page = open_figure(figure)
    box = page.get_by_role("img").nth(1).locator("rect[fill=transparent]").bounding_box()
    share = (0.9, 0.9)  # from the left, from the top
    wanted = [
        low + part * (high - low)
        for part, (low, high) in zip(
            (share[0], 1 - share[1]), figure.spec["plane"].values(), strict=True
        )
    ]
    after_draw(
        page,
        lambda: page.mouse.click(
            box["x"] + share[0] * box["width"], box["y"] + share[1] * box["height"]
        ),
    )
    assert now(page) == pytest.approx(wanted, abs=0.03)


def test_next_unit_goes_through_all_and_a_slider_leaves_them(open_figure):
    page = open_figure(affine_activation(LEARNED))
    seen = []
    for _ in range(5):
        after_draw(page, page.get_by_role("button", name="Next unit").click)
        seen.append((page.get_by_text(re.compile(r"^layer \d, unit")).text_content(), now(page)))
    assert [text for text, _ in seen] == [
        "layer 1, unit 1", "layer 1, unit 2", "layer 2, unit 1", "layer 2, unit 2",
        "layer 1, unit 1",
    ]  # fmt: skip
    assert [place for _, place in seen[:4]] == [(0.5, -1), (2.72, 1.41), (-0.5, 0), (1.7, 0.4)]
    move(page, "γ (weight)", 3)
    assert not page.get_by_text(re.compile(r"^layer \d, unit")).is_visible()


def test_plane_is_left_out_where_nothing_was_learned(open_figure):
    page = open_figure(affine_activation())
    assert page.get_by_role("img").count() == 1
    assert page.get_by_role("button", name="Next unit").count() == 0


def test_label_given_by_the_user_stays_text(open_figure):
    evil = "<img src=x onerror=document.title='boom'>"
    page = open_figure(affine_activation({evil: ([1.0], [0.0])}))
    assert page.get_by_text(evil).first.is_visible()
    assert page.title() != "boom"


# --- the room it takes ----------------------------------------------------------------------------


@pytest.mark.parametrize("learned", [None, LEARNED], ids=["curve", "with plane"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_whole_figure_is_seen_at_once(open_figure, learned, activation):
    assert_fits(
        open_figure, affine_activation(learned, activation=activation, weight=-4.0, bias=-3.95)
    )


@pytest.mark.parametrize("width", [360, 712, 960])
def test_nothing_moves_under_the_hand(open_figure, width):
    page = open_figure(affine_activation(LEARNED), width=width)

    def places():
        words = "svg[role=img] > g:not([transform]) > .bnviz-text"
        return boxes(page, f"input, button, svg[role=img], {words}")

    start, tall = places(), height(page)
    for label, value in (
        ("γ (weight)", -3.95), ("β (bias)", -3.95), ("γ (weight)", 0), ("γ (weight)", 0.05),
        ("β (bias)", 3.35),
    ):  # fmt: skip
        move(page, label, value)
        assert places() == start, f"{label} at {value}"
    after_draw(page, page.get_by_text("straight line", exact=True).click)
    after_draw(page, page.get_by_role("button", name="Next unit").click)
    assert places() == start
    assert height(page) == tall


@pytest.mark.parametrize("width", [360, 960])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_nothing_is_cut_and_no_text_is_too_small(open_figure, width, activation):
    page = open_figure(affine_activation(LEARNED, activation=activation, line=True), width=width)
    move(page, "γ (weight)", -4)
    move(page, "β (bias)", -3.95)
    outside, small, hidden = page.evaluate("""() => {
        const figure = document.querySelector("figure").getBoundingClientRect();
        const texts = [...document.querySelectorAll("figure *")].filter(
            (node) => [...node.childNodes].some((c) => c.nodeType === 3 && c.data.trim())
                && node.checkVisibility() && !node.closest("script, style"));
        const box = (node) => node.getBoundingClientRect();
        const reading = document.querySelector(".bnviz-affine-reading");
        return [
            texts.filter((n) => box(n).left < figure.left || box(n).right > figure.right),
            texts.filter((n) => parseFloat(getComputedStyle(n).fontSize) < 11),
            [...reading.children].filter((n) => box(n).bottom > box(reading).bottom + 1),
        ].map((nodes) => nodes.map((node) => node.textContent));
    }""")
    assert outside == [] and small == [] and hidden == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(open_figure, scheme):
    assert axe_findings(open_figure(affine_activation(LEARNED), color_scheme=scheme)) == []


def test_picture_stays_where_scripts_are_off(open_figure):
    page = open_figure(affine_activation(), java_script_enabled=False)
    picture = page.locator(".bnviz-still img")
    assert picture.is_visible()
    assert picture.get_attribute("alt") == affine_activation().alt


def test_handler_and_draw_stay_within_four_milliseconds(open_figure):
    many = (np.linspace(-1, 3, 100), np.linspace(-1, 1, 100))
    page = open_figure(affine_activation({"layer 1": many, "layer 2": many}, line=True))
    rounds = page.evaluate("""async () => {
        const input = document.querySelector("input[type=range]");
        const figure = document.querySelector("figure");
        const rounds = [];
        for (let i = 0; i < 240; i += 1) {
            input.value = -3 + (i % 60) / 10;
            const started = performance.now();
            input.dispatchEvent(new Event("input", { bubbles: true }));
            const handler = performance.now() - started;
            const draws = figure.dataset.draws;
            while (figure.dataset.draws === draws) await new Promise(requestAnimationFrame);
            (rounds[Math.floor(i / 60)] ??= []).push(handler + figure.bnviz.drawTime);
        }
        return rounds;
    }""")
    # Every position came four times; its quickest time is the one that nothing else disturbed.
    p95 = np.percentile(np.min(rounds, axis=0), 95)
    assert p95 <= 4, f"p95 {p95:.1f} ms"


@pytest.mark.parametrize(
    ("weight", "bias"), [(1e9, -1e9), (-123456.0, -9.87654e-7), (999999.9, -654321.0)]
)
def test_numbers_of_any_size_fit_on_a_phone(open_figure, weight, bias):
    page = open_figure(affine_activation(weight=weight, bias=bias), width=360)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
