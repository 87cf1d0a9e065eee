"""`convolution`: the map against torch's conv2d, and what a person sees and does."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from browser import after_draw, assert_fits, axe_findings, boxes, draws, touch
from node import run_js

from bnviz.figures import convolution
from bnviz.figures.gallery.convolution.figure import slide

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.normal(size=(2, 6, 7))
FILTERS = {
    "edge": np.array([[-1.0, 1.0, 0.0]] * 3),
    "odd": np.arange(9.0).reshape(3, 3) - 4,
}


def figure(**options):
    return convolution(IMAGES, FILTERS, **{"at": (2, 3)} | options)


def expected(image: np.ndarray, weights: np.ndarray) -> np.ndarray:
    x, w = (torch.from_numpy(a)[None, None] for a in (image, weights))
    return torch.nn.functional.conv2d(x, w, padding=len(weights) // 2)[0, 0].numpy()


# --- the arithmetic -------------------------------------------------------------------------------


@pytest.mark.parametrize("side", [1, 3, 5])
def test_python_slides_as_torch_does(side):
    weights = RANDOM.normal(size=(side, side))
    np.testing.assert_allclose(slide(IMAGES[0], weights), expected(IMAGES[0], weights), atol=1e-12)


@pytest.mark.parametrize("side", [1, 3, 5])
def test_the_page_slides_as_torch_does(side):
    weights = RANDOM.normal(size=(side, side))
    found = run_js(
        "return slide(...inputs);",
        IMAGES[1].ravel().tolist(), IMAGES[1].shape, weights.ravel().tolist(),
        slide="gallery/convolution/arithmetic.js",
    )  # fmt: skip
    whole = np.reshape(found, IMAGES[1].shape)
    np.testing.assert_allclose(whole, expected(IMAGES[1], weights), atol=1e-12)


# --- without a browser ----------------------------------------------------------------------------


def test_alternative_says_the_sum_at_the_place():
    value = expected(IMAGES[0], FILTERS["odd"])[2, 3]
    alt = figure(start="odd").alt
    assert 'the filter "odd"' in alt and 'Other filters: "edge"' in alt
    assert f"At row 3, column 4 the weighted sum is {value:.3g}".replace("-", "−") in alt


def test_picture_shows_image_filters_and_maps():
    axes = [ax for ax in figure().picture().axes if ax.get_visible()]
    assert [ax.get_title() for ax in axes] == ["edge", "odd", "image", "", ""]


@pytest.mark.parametrize(
    ("images", "filters", "options", "words"),
    [
        (IMAGES[0], FILTERS, {}, "give (K, H, W)"),
        (np.zeros((1, 17, 3)), FILTERS, {}, "at most 16 rows"),
        (np.full((1, 2, 2), np.nan), FILTERS, {}, "images hold NaN"),
        (IMAGES, {}, {}, "filters of one shape are needed; given none"),
        (IMAGES, {"a": [[1.0]], "b": np.ones((3, 3))}, {}, "filters of one shape"),
        (IMAGES, {"a": np.ones((2, 2))}, {}, "of an odd size"),
        (IMAGES, {"a": [[np.inf]]}, {}, "filters hold NaN"),
        (IMAGES, FILTERS, {"at": (6, 0)}, "at is (6, 0)"),
        (IMAGES, FILTERS, {"start": "none"}, "the filters are edge, odd"),
    ],
)
def test_what_does_not_fit_is_refused_with_help(images, filters, options, words):
    with pytest.raises(ValueError) as caught:
        convolution(images, filters, **options)
    assert words in str(caught.value)


def test_filters_that_are_no_mapping_are_refused():
    with pytest.raises(TypeError, match="give {label: weights}"):
        convolution(IMAGES, [np.ones((3, 3))])


# --- in a browser ---------------------------------------------------------------------------------


def place(page) -> tuple[int, int]:
    return tuple(int(page.get_by_label(n, exact=True).input_value()) - 1 for n in ("row", "column"))


def said(page) -> str:
    return page.locator("svg[role=img]").get_attribute("aria-label")


def test_the_sum_is_that_of_the_products_beside_it(open_figure):
    page = open_figure(figure())
    text = page.locator(".bnviz-slide-sum").inner_text()
    terms, _, total = text.partition(" = ")
    parts = terms.replace("−", "-").replace("- ", "-").replace("+ ", "").split()
    assert len(parts) == 6  # two columns of the filter are not 0
    value = expected(IMAGES[0], FILTERS["edge"])[2, 3]
    assert sum(map(float, parts)) == pytest.approx(value, abs=0.01)
    assert float(total.replace("−", "-")) == pytest.approx(value, abs=0.01)


def test_another_filter_image_and_place_have_another_sum(open_figure):
    page = open_figure(figure())
    radio = page.get_by_role("radio", name="odd", exact=True)
    after_draw(page, lambda: radio.check(force=True))
    for name, value in (("image", "2"), ("row", "1"), ("column", "7")):
        box = page.get_by_label(name, exact=True)
        after_draw(page, lambda b=box, v=value: b.select_option(v))
    value = expected(IMAGES[1], FILTERS["odd"])[0, 6]
    assert "Filter odd, image 2, row 1, column 7" in said(page)
    found = said(page).split("weighted sum ")[1].rstrip(".").replace("−", "-")
    assert float(found) == pytest.approx(value, rel=0.01)


def test_a_tap_on_the_map_picks_its_place(open_figure):
    page = open_figure(figure(), has_touch=True)
    cells = page.locator(".bnviz-slide > g").nth(2).locator("rect")
    box = cells.nth(7 * 4 + 5).bounding_box()
    spot = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    after_draw(page, lambda: touch(page, [spot]))
    assert place(page) == (4, 5)


def test_a_tap_on_the_image_puts_the_window_around_it(open_figure):
    page = open_figure(figure(), has_touch=True)
    cells = page.locator(".bnviz-slide > g").nth(0).locator("rect")  # with zeros around: 9 columns
    box = cells.nth(9 * 1 + 7).bounding_box()
    spot = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    after_draw(page, lambda: touch(page, [spot]))
    assert place(page) == (0, 6)


def test_a_swipe_changes_nothing(open_figure):
    page = open_figure(figure(), has_touch=True)
    [[left, top, *_]] = boxes(page, ".bnviz-slide")
    before = draws(page), place(page)
    touch(page, [(left + 60, top + 150 - 12 * k) for k in range(10)])
    assert (draws(page), place(page)) == before


def test_labels_are_text(open_figure):
    page = open_figure(convolution(IMAGES, {"<b>mine</b>": [[1.0]]}))
    assert page.locator("figure b").count() == 0


def test_the_figure_fits(open_figure):
    assert_fits(open_figure, figure())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(scheme, open_figure):
    assert axe_findings(open_figure(figure(), color_scheme=scheme)) == []
