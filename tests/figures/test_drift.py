"""`drift`: what is stored, what is said, and what a person sees while scrubbing."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnviz import Twins
from bnviz.figures import drift
from bnviz.figures.gallery.drift import LEVELS, ellipse

STEPS = np.array([0, 1, 10, 100])
CLASSES = np.arange(60) % 3


def clouds(mean=((0, 0), (1, 0), (2, 1), (3, -2)), std=(0.01, 0.1, 1, 2), seed=0, **changes):
    """A cloud of 60 points around the given means (S, 2), with the given spreads (S,)."""
    noise = np.random.default_rng(seed).normal(size=(60, 2))
    points = np.asarray(mean)[:, None] + np.asarray(std)[:, None, None] * noise
    fields = {"steps": STEPS, "points": points.astype(np.float32), "labels": CLASSES}
    return SimpleNamespace(**(fields | changes))


def steady(**changes):
    return clouds(mean=np.zeros((4, 2)), std=np.ones(4), **changes)


def decoded(figure):
    """Points (L, S, P, 2) as JavaScript gets them."""
    a = figure.arrays
    relative = np.moveaxis(a["points"].astype(float), -1, 1) / LEVELS
    return a["centre"][:, :, None] + relative * a["half"][:, :, None]


# --- without a browser --------------------------------------------------------------------------


def test_stored_points_are_right_to_a_fraction_of_their_cloud():
    given_clouds = [clouds(), steady(seed=1)]
    figure = drift({"without BN": given_clouds[0], "with BN": given_clouds[1]})
    for stored, cloud in zip(decoded(figure), given_clouds, strict=True):
        extent = np.ptp(cloud.points, axis=1, keepdims=True)
        assert (np.abs(stored - cloud.points) <= extent / 250).all()


def test_mean_and_covariance_are_those_of_numpy():
    cloud = clouds()
    figure = drift(cloud)
    for s in range(len(STEPS)):
        exact = np.cov(cloud.points[s].astype(float).T, bias=True)
        np.testing.assert_allclose(figure.arrays["mean"][0, s], cloud.points[s].mean(0), rtol=1e-5)
        np.testing.assert_allclose(
            figure.arrays["covariance"][0, s], [exact[0, 0], exact[0, 1], exact[1, 1]], rtol=1e-5
        )


@given(st.floats(0, 9), st.floats(0, 9), st.floats(-1, 1))
def test_ellipse_is_one_standard_deviation_wide_and_tall(sx, sy, correlation):
    covariance = np.array([sx * sx, correlation * sx * sy, sy * sy])
    outline = ellipse(np.zeros(2), covariance, corners=720)
    np.testing.assert_allclose(outline.max(axis=0), [sx, sy], rtol=1e-3, atol=1e-6)


def test_axes_are_equally_long_and_hold_the_origin_and_the_clouds():
    cloud = clouds(mean=np.full((4, 2), 5.0), std=np.full(4, 0.1))
    (x0, x1), (y0, y1) = drift(cloud).spec["range"]
    assert x1 - x0 == pytest.approx(y1 - y0)
    assert x0 < 0 and y0 < 0
    assert cloud.points[..., 0].max() < x1 and cloud.points[..., 1].max() < y1


def test_a_cloud_that_explodes_leaves_the_others_room():
    figure = drift({"without BN": clouds(std=(1, 1, 1, 1e6)), "with BN": steady()})
    (x0, x1), _ = figure.spec["range"]
    assert x1 - x0 < 100


def test_alternative_says_where_the_clouds_went():
    figure = drift({"without BN": clouds(), "with BN": steady()})
    first, plain, bn = figure.alt.splitlines()
    assert first == "Pre-activations of two units for 60 images, from step 0 to step 100."
    mean = clouds().points[-1].mean(axis=0)
    assert f"then ({mean[0]:.2f}, {mean[1]:.2f})" in plain
    assert "the mean moved up to 0.00 from its start" in bn


def test_not_a_number_is_kept_and_said():
    cloud = clouds()
    cloud.points[2:, :5, 0] = np.nan
    cloud.points[3, 5, 1] = np.inf
    figure = drift(cloud)
    assert figure.arrays["missing"].tolist() == [[0, 0, 5, 6]]
    assert np.isfinite(figure.arrays["mean"]).all()
    assert "up to 6 of 60 points are NaN or infinite" in figure.alt
    figure.picture()


def test_a_run_that_is_lost_altogether_still_gives_a_figure():
    cloud = clouds()
    cloud.points[3] = np.nan
    figure = drift({"without BN": cloud, "with BN": steady()})
    assert figure.arrays["missing"][0, 3] == 60
    assert figure.to_html(code=False)


def test_many_images_are_thinned_and_it_is_said():
    points = np.random.default_rng(0).normal(size=(1, 1000, 2))
    figure = drift(SimpleNamespace(steps=[0], points=points, labels=np.zeros(1000)))
    assert figure.arrays["points"].shape == (1, 400, 2, 1)
    assert "of 1000" in figure.caption and "400 of the images are drawn" in figure.caption
    np.testing.assert_allclose(figure.arrays["mean"][0, 0], points[0].mean(axis=0), rtol=1e-5)


def test_twins_and_runs_are_read_like_a_mapping():
    runs = {"without BN": SimpleNamespace(clouds=clouds()), "with BN": steady()}
    figures = [drift(SimpleNamespace(runs=runs)), drift(runs)]
    for figure in figures:
        assert [style["label"] for style in figure.spec["styles"]] == ["without BN", "with BN"]


def test_twins_show_the_drift_that_batch_norm_takes_away():
    pair = Twins(seed=0)
    with pytest.raises(ValueError, match="'without BN' has no clouds yet; train it first"):
        drift(pair)
    figure = drift(pair.train(60, progress=False))
    travelled = np.linalg.norm(np.diff(figure.arrays["mean"][:, [0, -1]], axis=1)[:, 0], axis=1)
    assert travelled[0] > 10 * travelled[1]
    assert figure.arrays["steps"][[0, -1]].tolist() == [0, 60]


def test_two_clouds_of_300_images_and_30_steps_are_small():
    random = np.random.default_rng(0)
    many = [
        SimpleNamespace(
            steps=np.arange(30), points=random.normal(size=(30, 300, 2)), labels=np.zeros(300)
        )
        for _ in range(2)
    ]
    figure = drift(dict(zip(["without BN", "with BN"], many, strict=True)))
    html = figure.to_html(code=False)
    data = html[html.index('class="bnviz-data">') :].split("</script>")[0]
    assert len(data) < 55_000


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        (3, TypeError, r"got a int; give Twins, Clouds or"),
        ({}, ValueError, "no clouds"),
        ({"with BN": SimpleNamespace(clouds=None)}, ValueError, "'with BN' has no clouds yet"),
        (clouds(points=np.zeros((4, 60))), ValueError, r"shape \(4, 60\).*\(steps, images, 2\)"),
        (clouds(points=np.zeros((0, 60, 2)), steps=[]), ValueError, "no clouds yet; train it"),
        (clouds(points=np.zeros((4, 0, 2)), labels=[]), ValueError, r"shape \(4, 0, 2\)"),
        (clouds(steps=[0, 1]), ValueError, r"steps must have shape \(4,\).*they have \(2,\)"),
        (clouds(steps=[0, 10, 5, 100]), ValueError, r"must ascend; they are \[0, 10, 5, 100\]"),
        (
            {"a": clouds(), "b": clouds(steps=[0, 1, 2, 3])},
            ValueError,
            "clouds 'b': all clouds must have the same steps",
        ),
    ],
)
def test_bad_input_gets_a_clear_message(wrong, error, message):
    with pytest.raises(error, match=message):
        drift(wrong)


# --- in a browser -------------------------------------------------------------------------------


@pytest.fixture
def open_page(open_figure):
    """Open a figure's saved page without its autoplay, unless a test asks for it."""
    return lambda figure, width=800, **options: open_figure(
        figure, width, **({"reduced_motion": "reduce"} | options)
    )


def after_draw(page, act):
    before = int(page.get_attribute("figure", "data-draws"))
    act()
    page.wait_for_function(f"Number(document.querySelector('figure').dataset.draws) > {before}")


def test_slider_moves_the_clouds_and_their_numbers(open_page):
    page = open_page(drift({"without BN": clouds(), "with BN": steady()}))
    slider = page.get_by_role("slider", name="Training step")
    assert slider.get_attribute("aria-valuetext") == "100"  # less motion: starts at the end
    slider.focus()
    after_draw(page, lambda: page.keyboard.press("Home"))
    assert slider.get_attribute("aria-valuetext") == "0"
    plain = page.locator("svg[role=img]").first
    mean, std = clouds().points[0].mean(axis=0), clouds().points[0].std(axis=0)
    assert f"step 0. Unit 1: mean {abs(mean[0]):.3f}" in plain.get_attribute("aria-label").replace(
        "−", ""
    )
    assert f"std {std[0]:.3f}" in page.locator("figure").inner_text()
    trail = plain.locator("g[stroke-width='1.8'] path:not([d=''])")
    assert trail.count() == 0
    after_draw(page, lambda: page.keyboard.press("End"))
    assert trail.count() == len(STEPS) - 1
    fading = [float(t.get_attribute("stroke-opacity")) for t in trail.all()]
    assert fading == sorted(fading) and fading[-1] == 1 and fading[0] < 0.6


def test_the_drifting_cloud_travels_and_the_other_stays(open_page):
    page = open_page(drift({"without BN": clouds(), "with BN": steady()}))
    slider = page.get_by_role("slider")
    slider.focus()

    def centres():
        """Where the crosses of the two means are, in pixels of the drawing."""
        return page.eval_on_selector_all(
            "svg[role=img] path[stroke-width='2.2']",
            "all => all.map((p) => { const b = p.getBBox(); return b.x + b.width / 2; })",
        )

    after_draw(page, lambda: page.keyboard.press("Home"))
    first = centres()
    after_draw(page, lambda: page.keyboard.press("End"))
    moved = np.abs(np.subtract(centres(), first))
    assert moved[0] > 40 and moved[1] < 1


def test_a_class_can_be_marked_by_shape(open_page):
    page = open_page(drift(clouds()))
    crosses = page.locator("svg[role=img] path[stroke-width='1.6']")
    assert crosses.get_attribute("d") == ""
    choice = page.get_by_label("Mark with ×")
    after_draw(page, lambda: choice.select_option("images of class 2"))
    shown = crosses.get_attribute("d").count("M")
    assert 15 <= shown <= 20  # 20 images, some may lie outside the axes


def test_zoom_gives_a_tiny_cloud_axes_of_its_own(open_page):
    page = open_page(drift({"without BN": clouds(), "with BN": steady()}))
    page.get_by_role("slider").focus()
    after_draw(page, lambda: page.keyboard.press("Home"))

    def width():
        return page.locator("svg[role=img] path[stroke-width='4.5']").first.evaluate(
            "p => p.getBBox().width"
        )

    small = width()
    after_draw(page, page.get_by_label("Zoom in on each cloud").check)
    assert small < 20 and width() > 200
    assert page.get_by_text("has axes of its own").is_visible()


def test_not_a_number_is_shown_loudly(open_page):
    cloud = clouds()
    cloud.points[3] = np.nan
    page = open_page(drift({"without BN": cloud, "with BN": steady()}))
    assert page.get_by_text("60 of 60 points are NaN or infinite").is_visible()


def test_play_runs_from_the_first_to_the_last_step(open_page):
    page = open_page(drift(clouds()))
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("document.querySelector('input[type=range]').value < 3")
    assert page.get_by_role("button", name="Pause").is_visible()
    page.get_by_role("button", name="Play").wait_for(timeout=12_000)
    assert page.get_by_role("slider").input_value() == "3"


def test_it_plays_by_itself_only_for_those_who_like_motion(open_page):
    page = open_page(drift(clouds()), reduced_motion="no-preference")
    page.get_by_role("button", name="Pause").wait_for()
    calm = open_page(drift(clouds()))
    calm.wait_for_timeout(300)
    assert calm.get_by_role("button", name="Play").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_is_wide_enough(open_page, scheme):
    page = open_page(
        drift({"without BN": clouds(), "with BN": steady()}), width=360, color_scheme=scheme
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    sizes = page.eval_on_selector_all(
        "figure :is(text, div, label, span, p)",
        "all => all.map((t) => parseFloat(getComputedStyle(t).fontSize))",
    )
    assert min(sizes) >= 11
    axes = page.eval_on_selector_all("svg[role=img]", "all => all.map((s) => s.textContent)")
    for text in axes:
        assert "pre-activation of unit 1" in text and "pre-activation of unit 2" in text


def test_names_are_text(open_page):
    evil = "<img src=x onerror='boom()'>"
    page = open_page(drift({evil: clouds(labels=np.array([evil, "b"] * 30))}))
    assert page.locator("figure img:not(.bnviz-picture)").count() == 0
    assert page.locator(".bnviz-panel-name").inner_text() == evil
    assert f"images of class {evil}" in page.get_by_label("Mark with ×").inner_text()


def test_scripts_off_leaves_the_picture(open_page):
    figure = drift({"without BN": clouds(), "with BN": steady()})
    page = open_page(figure, java_script_enabled=False)
    picture = page.locator("img.bnviz-picture")
    assert picture.is_visible() and picture.get_attribute("alt") == figure.alt
