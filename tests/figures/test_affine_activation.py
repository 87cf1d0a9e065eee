"""γ, β and an activation: exact numbers, the same in Python and in the page."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from axe_playwright_python.sync_playwright import Axe
from hypothesis import assume, given
from hypothesis import strategies as st

from bnviz.figures import affine_activation
from bnviz.figures.gallery.affine_activation import (
    ACTIVATIONS,
    FLAT_FROM,
    best_line,
    linear_share,
    passed_share,
    saturated_share,
)

weights = st.floats(-8, 8).filter(lambda weight: abs(weight) > 0.05)
biases = st.floats(-6, 6)
HERMITE = np.polynomial.hermite_e.hermegauss(200)
HERMITE[1][:] /= HERMITE[1].sum()
TORCH = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu}


def sampled(activation: str, weight: float, bias: float) -> tuple[np.ndarray, np.ndarray]:
    """x̂ and f(γ x̂ + β) at 200 001 equally likely places of the standard normal distribution."""
    quantiles = (torch.arange(200_001, dtype=torch.float64) + 0.5) / 200_001
    x_hat = torch.special.ndtri(quantiles)
    return x_hat.numpy(), TORCH[activation](weight * x_hat + bias).numpy()


# --- exact numbers ------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize(
    ("weight", "bias"), [(1.0, 0.0), (2.0, 0.5), (-1.5, -1.0), (4.0, 0.0), (0.3, 2.0), (4.0, -4.0)]
)
def test_shares_are_those_of_very_many_values(activation, weight, bias):
    x_hat, out = sampled(activation, weight, bias)
    r2 = np.corrcoef(x_hat, out)[0, 1] ** 2
    assert linear_share(activation, weight, bias) == pytest.approx(r2, abs=1e-3)
    y = torch.tensor(weight * x_hat + bias, requires_grad=True)
    TORCH[activation](y).sum().backward()
    steepest = {"sigmoid": 0.25, "tanh": 1.0, "relu": 1.0}[activation]
    flat = (y.grad < 0.05 * steepest).double().mean().item()
    assert saturated_share(activation, weight, bias) == pytest.approx(flat, abs=1e-5)
    assert passed_share(weight, bias) == pytest.approx((y > 0).double().mean().item(), abs=1e-5)
    slope, intercept = np.polyfit(weight * x_hat + bias, out, 1)
    assert best_line(activation, weight, bias) == pytest.approx((slope, intercept), abs=2e-3)


def test_sigmoid_is_nearly_a_line_at_gamma_one_and_ever_less_beyond():
    shares = linear_share("sigmoid", [1, 2, 4])
    np.testing.assert_allclose(shares, [0.98416717, 0.93046992, 0.83766715], atol=5e-9)


@given(st.floats(0.05, 2), biases)
def test_linear_share_agrees_with_gauss_hermite_quadrature_where_that_is_exact(weight, bias):
    z, share = HERMITE
    values = 1 / (1 + np.exp(-(weight * z + bias)))
    values = values - share @ values
    expected = (share @ (z * values)) ** 2 / (share @ values**2)
    assert linear_share("sigmoid", weight, bias) == pytest.approx(expected, abs=1e-9)


def test_steep_tanh_becomes_a_switch_whose_best_line_explains_two_over_pi():
    assert linear_share("tanh", 1e4) == pytest.approx(2 / math.pi, abs=1e-4)


@given(weights, biases)
def test_shares_lie_between_zero_and_one_and_do_not_see_the_sign_of_gamma(weight, bias):
    assume(bias > -30 * abs(weight))  # below, a ReLU passes nothing that a float can hold
    for activation in ACTIVATIONS:
        for share in (linear_share, saturated_share):
            value = share(activation, weight, bias)
            assert 0 <= value <= 1
            assert share(activation, -weight, bias) == pytest.approx(value, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_flat_begins_where_the_slope_is_a_twentieth_of_the_steepest(activation):
    y = torch.tensor([0.0, FLAT_FROM[activation]], dtype=torch.float64, requires_grad=True)
    TORCH[activation](y).sum().backward()
    assert y.grad[1] / y.grad[0] == pytest.approx(0.05, rel=1e-12)


def test_gamma_zero_leaves_one_value():
    assert math.isnan(linear_share("sigmoid", 0.0, 1.0))
    assert math.isnan(best_line("relu", 0.0, 1.0)[0])
    assert saturated_share("sigmoid", 0.0, [0.0, 5.0, -5.0]).tolist() == [0, 1, 1]
    assert passed_share(0.0, [-1.0, 1.0]).tolist() == [0, 1]


def test_arrays_are_broadcast_and_numbers_stay_numbers():
    assert linear_share("tanh", np.ones((3, 1)), np.zeros(4)).shape == (3, 4)
    assert isinstance(saturated_share("relu", 1, 0), float)


# --- the figure in Python -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "function", [affine_activation, lambda activation: linear_share(activation, 1)]
)
def test_unknown_activation_is_refused_with_the_known_ones(function):
    with pytest.raises(ValueError, match="'gelu'; give one of sigmoid, tanh, relu"):
        function(activation="gelu")


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
    with pytest.raises(ValueError, match=r"learned\['hidden1'\].*" + words):
        affine_activation({"hidden1": pair})


def test_learned_takes_the_parameters_of_a_layer_as_they_are():
    layer = torch.nn.BatchNorm1d(5)
    figure = affine_activation({"hidden1": (layer.weight, layer.bias)})
    assert figure.arrays["learned"].tolist() == [[1.0, 0.0]] * 5
    assert "hidden1: γ of 5 units 1.00 to 1.00 (median 1.00)" in figure.alt


@given(st.lists(st.tuples(st.floats(-50, 50), st.floats(-50, 50)), min_size=1, max_size=8))
def test_plane_holds_every_learned_point_and_the_start(points):
    gamma, beta = np.transpose(points)
    plane = affine_activation({"a": (gamma, beta)}).spec["plane"]
    for values, (low, high) in (([*gamma, 1], plane["weight"]), ([*beta, 0], plane["bias"])):
        assert low < min(values) and max(values) < high


# --- the figure in the page ---------------------------------------------------------------------


def move(page, label: str, value: float) -> None:
    draws = int(page.locator("figure").get_attribute("data-draws"))
    page.get_by_label(label, exact=True).evaluate(
        "(input, value) => { input.value = value;"
        " input.dispatchEvent(new Event('input', { bubbles: true })); }",
        value,
    )
    page.wait_for_function(f"document.querySelector('figure').dataset.draws > {draws}")


def choose(page, activation: str) -> None:
    draws = int(page.locator("figure").get_attribute("data-draws"))
    page.get_by_label("activation", exact=True).select_option(activation)
    page.wait_for_function(f"document.querySelector('figure').dataset.draws > {draws}")


def facts(page) -> dict[str, float]:
    """The page's numbers in full precision, by name; only those it shows."""
    return page.evaluate("""() => Object.fromEntries(
        [...document.querySelectorAll(".bnviz-facts > div")]
            .filter((row) => row.checkVisibility())
            .map((row) => [row.querySelector("dt").textContent, row.querySelector("data").value]))
    """)


def says(page, activation: str, weight: float, bias: float) -> None:
    shown = {name: float(value) for name, value in facts(page).items()}
    line = linear_share(activation, weight, bias)
    assert shown["R² of the best line"] == pytest.approx(line, rel=1e-9, nan_ok=True)
    flat = shown["cut to 0" if activation == "relu" else "in the flat ends"]
    assert flat == pytest.approx(saturated_share(activation, weight, bias), rel=1e-9, abs=1e-15)
    x_hat, out = sampled(activation, weight, bias)
    assert shown["output mean"] == pytest.approx(out.mean(), abs=1e-4)
    assert shown["output spread (std)"] == pytest.approx(out.std(), abs=1e-3)
    if activation == "relu":
        assert shown["passed"] == pytest.approx(passed_share(weight, bias), rel=1e-9)
    else:
        assert "passed" not in shown


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_page_says_what_python_says(open_figure, activation):
    page = open_figure(affine_activation(activation=activation, weight=0.734, bias=0.123))
    says(page, activation, 0.734, 0.123)
    for weight, bias in ((1, 0), (2, 0), (4, 0), (-2.5, 1.5), (0.2, -3), (4, -4), (0, 1)):
        move(page, "γ (weight)", weight)
        move(page, "β (bias)", bias)
        says(page, activation, weight, bias)


def test_select_changes_the_activation_and_reset_brings_back_the_start(open_figure):
    page = open_figure(affine_activation(weight=2.0, bias=-0.33))
    choose(page, "relu")
    says(page, "relu", 2.0, -0.33)
    move(page, "β (bias)", 3)
    page.get_by_role("button", name="Reset").click()
    page.wait_for_function("document.querySelectorAll('.bnviz-facts dt')[1].textContent"
                           " === 'in the flat ends'")  # fmt: skip
    says(page, "sigmoid", 2.0, -0.33)
    assert page.get_by_label("β (bias)").get_attribute("aria-valuetext") == "−0.33"


def test_arrow_keys_move_gamma(open_figure):
    page = open_figure(affine_activation())
    page.get_by_label("γ (weight)").focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('.bnviz-facts data').value < 0.98")
    says(page, "sigmoid", 1.2, 0.0)


def test_gamma_zero_and_negative_gamma_are_explained(open_figure):
    page = open_figure(affine_activation(activation="tanh", weight=0.0))
    assert page.get_by_text("γ = 0: every input of the tanh is β").is_visible()
    assert facts(page)["R² of the best line"] == "NaN"
    assert page.locator(".bnviz-facts data").first.text_content() == "–"
    move(page, "γ (weight)", -1)
    assert page.get_by_text("A negative γ mirrors x̂").is_visible()


def test_click_in_the_plane_sets_gamma_and_beta_and_a_mark_sets_its_own(open_figure):
    learned = {"hidden1": ([0.5, 2.71828], [-1.0, 1.41421])}
    page = open_figure(affine_activation(learned))
    plane = page.get_by_role("img", name="The plane of γ and β")
    mark = plane.locator("path[transform]").nth(1).bounding_box()
    page.mouse.click(mark["x"] + mark["width"] / 2 + 2, mark["y"] + mark["height"] / 2 + 2)
    page.wait_for_function("document.querySelector('figure').dataset.draws > 1")
    says(page, "sigmoid", float(np.float32(2.71828)), float(np.float32(1.41421)))

    target = plane.locator("rect").bounding_box()
    page.mouse.click(target["x"] + target["width"] / 2, target["y"] + target["height"] / 2)
    page.wait_for_function("document.querySelector('figure').dataset.draws > 2")
    spec = affine_activation(learned).spec["plane"]
    middle = [sum(spec[key]) / 2 for key in ("weight", "bias")]
    for label, value in zip(("γ (weight)", "β (bias)"), middle, strict=True):
        assert float(page.get_by_label(label).input_value()) == pytest.approx(value, abs=0.06)


def test_label_given_by_the_user_stays_text(open_figure):
    evil = "<img src=x onerror=document.title='boom'>"
    page = open_figure(affine_activation({evil: ([1.0], [0.0])}))
    assert page.get_by_text(f"{evil}, learned").is_visible()
    assert page.title() != "boom"


@pytest.mark.parametrize("width", [360, 800])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_nothing_is_cut_and_no_text_is_too_small(open_figure, width, activation):
    learned = {"hidden1": ([0.5, 2.7], [-1.0, 1.4]), "hidden2": ([-0.5, 1.7], [0.0, 0.4])}
    page = open_figure(affine_activation(learned, activation=activation), width=width)
    move(page, "γ (weight)", -4)
    move(page, "β (bias)", -3.95)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    outside, small = page.evaluate("""() => {
        const figure = document.querySelector("figure").getBoundingClientRect();
        const texts = [...document.querySelectorAll("figure *")].filter(
            (node) => [...node.childNodes].some((c) => c.nodeType === 3 && c.data.trim())
                && node.checkVisibility() && !node.closest("script, style, select"));
        const box = (node) => node.getBoundingClientRect();
        return [
            texts.filter((n) => box(n).left < figure.left || box(n).right > figure.right),
            texts.filter((n) => parseFloat(getComputedStyle(n).fontSize) < 11),
        ].map((nodes) => nodes.map((node) => node.textContent));
    }""")
    assert outside == [] and small == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(open_figure, scheme):
    figure = affine_activation({"hidden1": ([0.5, 2.7], [-1.0, 1.4])})
    found = Axe().run(open_figure(figure, color_scheme=scheme)).response["violations"]
    assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []


def test_picture_stays_where_scripts_are_off(open_figure):
    page = open_figure(affine_activation(), java_script_enabled=False)
    picture = page.locator(".bnviz-picture")
    assert picture.is_visible()
    assert picture.get_attribute("alt") == affine_activation().alt


def test_handler_and_draw_stay_within_four_milliseconds(open_figure):
    many = (np.linspace(-1, 3, 100), np.linspace(-1, 1, 100))
    page = open_figure(affine_activation({"hidden1": many, "hidden2": many}))
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
