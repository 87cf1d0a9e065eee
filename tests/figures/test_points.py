"""`points`: series in a plane, what is said of them, and the choice of a cause."""

from __future__ import annotations

import numpy as np
import pytest
from browser import after_draw, assert_fits, axe_findings

from bnviz.figures import Axis, points

X, Y = Axis("first input"), Axis("second input")
RANDOM = np.random.default_rng(0)
SQUARE = RANDOM.uniform(-1, 1, (40, 2))
RING = np.stack([np.cos(np.arange(30)), np.sin(np.arange(30))], 1)
BORDER = np.array([[-1, -1], [1, 1]])


def by_size(sizes=(4, 16)):
    """Clouds that shrink, as gradients do with the batch size."""
    return points(
        {m: {"gradients": [1, 0] + SQUARE / m} for m in sizes},
        x_axis=Axis("along", range=(0.7, 1.3)),
        y_axis=Axis("across", range=(-0.3, 0.3)),
        marks={"all images": (1, 0)},
        says={m: f"Batches of {m}." for m in sizes},
        causes={"batch size": list(sizes)},
    )


# --- without a browser --------------------------------------------------------------------------


def test_arrays_hold_the_points_and_lines_of_each_choice():
    figure = points({"a": SQUARE, "b": RING}, x_axis=X, y_axis=Y, lines={"border": BORDER})
    for name, given in (("0.0", SQUARE), ("0.1", RING), ("0.2", BORDER)):
        np.testing.assert_allclose(figure.arrays[name], given, rtol=1e-6)
    assert figure.spec["series"] == 2


def test_alternative_says_number_mean_and_standard_deviations():
    figure = points({"pair": [[0, 1], [2, 5]]}, x_axis=X, y_axis=Y)
    assert figure.alt == "pair: 2 points, mean (1, 3), standard deviations 1 and 2."


def test_points_that_have_no_place_are_counted():
    places = [[0, 0], [9, 0], [np.nan, 0], [0, np.inf]]
    figure = points({"": places}, x_axis=Axis("x", range=(-1, 1)), y_axis=Y)
    assert figure.alt.startswith("1 point,")
    assert figure.alt.endswith("; 1 beyond the axes; 2 NaN or infinite.")


def test_all_choices_share_their_axes():
    figure = points(
        {1: {"": SQUARE}, 2: {"": 5 * SQUARE}}, x_axis=X, y_axis=Y, causes={"k": [1, 2]}
    )
    low, high = figure.spec["x"]["ends"]
    assert low < 5 * SQUARE[:, 0].min() and high > 5 * SQUARE[:, 0].max()
    assert figure.alt.splitlines()[1].startswith("k 2: 40 points")


def test_lines_may_be_the_same_for_all_choices_or_their_own():
    data = {1: {"": SQUARE}, 2: {"": RING}}
    shared = points(data, x_axis=X, y_axis=Y, lines={"border": BORDER}, causes={"k": [1, 2]})
    own = points(
        data, x_axis=X, y_axis=Y, causes={"k": [1, 2]},
        lines={1: {"border": BORDER}, 2: {"border": 2 * BORDER}},
    )  # fmt: skip
    np.testing.assert_array_equal(shared.arrays["1.1"], BORDER)
    np.testing.assert_array_equal(own.arrays["1.1"], 2 * BORDER)


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (SQUARE, TypeError, "give {label: array"),
        ({}, ValueError, "no series"),
        ({"a": SQUARE[:, 0]}, ValueError, "has the shape (40,)"),
        ({"a": SQUARE[:0]}, ValueError, "N from 1 on"),
        ({"a": [[1, 2], [3]]}, ValueError, "holds no pairs of numbers; give an array of shape"),
        ({"a": [["one", "two"]]}, ValueError, "holds no pairs of numbers"),
    ],
)
def test_what_is_no_series_is_refused_with_help(data, error, words):
    with pytest.raises(error, match="points") as caught:
        points(data, x_axis=X, y_axis=Y)
    assert words in str(caught.value)


def test_choices_with_other_labels_are_refused():
    with pytest.raises(ValueError, match="same labels"):
        points({1: {"a": SQUARE}, 2: {"b": SQUARE}}, x_axis=X, y_axis=Y, causes={"k": [1, 2]})


def test_picture_shows_each_choice():
    titles = [ax.get_title() for ax in by_size((4, 16, 64)).picture().axes if ax.get_visible()]
    assert titles == ["batch size 4", "batch size 16", "batch size 64"]


# --- in a browser -------------------------------------------------------------------------------


def dots(page):
    """Places of the first series in the drawing."""
    path = page.locator(".bnviz-points-dots[stroke-linecap]").last.get_attribute("d")
    return np.array(
        [[float(v) for v in part.split("h")[0].split()] for part in path.split("M")[1:]]
    )


def test_a_choice_shows_its_points_and_its_sentence(open_figure):
    page = open_figure(by_size())
    before = dots(page)
    assert "Batches of 4." in page.locator(".bnviz-points-says").inner_text()
    after_draw(page, lambda: page.get_by_role("radio", name="16").check(force=True))
    after = dots(page)
    assert len(before) == len(after) == 40
    np.testing.assert_allclose(before.std(0) / after.std(0), 4, rtol=0.05)
    assert "Batches of 16." in page.locator(".bnviz-points-says").inner_text()
    assert "Batches of 16." in page.locator("svg[role=img]").get_attribute("aria-label")


def test_no_height_depends_on_the_choice(open_figure):
    page = open_figure(by_size())
    height = page.locator("figure").bounding_box()["height"]
    after_draw(page, lambda: page.get_by_role("radio", name="16").check(force=True))
    assert page.locator("figure").bounding_box()["height"] == height


def test_series_differ_by_more_than_color(open_figure):
    page = open_figure(points({"a": SQUARE, "b": RING}, x_axis=X, y_axis=Y))
    caps = page.eval_on_selector_all(
        "svg[role=img] .bnviz-points-dots", "all => all.map(p => p.getAttribute('stroke-linecap'))"
    )
    assert caps == ["round", "square"]


def test_the_figure_fits(open_figure):
    assert_fits(open_figure, by_size())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(scheme, open_figure):
    assert axe_findings(open_figure(by_size(), color_scheme=scheme)) == []
