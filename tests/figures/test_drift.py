"""`drift`: what is stored, what is said, and what a person sees while scrubbing."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from browser import (
    add_output,
    after_draw,
    assert_fits,
    axe_findings,
    choosing_takes,
    draws,
    height,
    touch,
    wait_for_figures,
)
from hypothesis import given
from hypothesis import strategies as st

from bnviz import Twins
from bnviz.figures import Cloud, drift
from bnviz.figures.gallery.drift.cloud import LEVELS, ellipse, rows_over_time, spread_over_classes
from bnviz.figures.gallery.drift.still import magnification, rasterize

STEPS = np.array([0, 1, 10, 100])
CLASSES = np.arange(60) % 3
IMAGES = np.random.default_rng(5).random((60, 8, 8))


def cloud(mean=((0, 0), (1, 0), (2, 1), (3, -2)), std=(0.01, 0.1, 1, 2), seed=0, **changes):
    """60 points around the given means (S, 2), with the given standard deviations (S,)."""
    noise = np.random.default_rng(seed).normal(size=(60, 2))
    points = np.asarray(mean)[:, None] + np.asarray(std)[:, None, None] * noise
    return Cloud(STEPS, points.astype(np.float32), CLASSES)._replace(**changes)


def steady(**changes):
    return cloud(mean=np.zeros((4, 2)), std=np.ones(4), **changes)


def twins(**changes):
    """Without and with; the second moves in eval mode alone."""
    both = {
        "without BN": cloud(images=IMAGES),
        "with BN": steady(seed=1, images=IMAGES, running=cloud(seed=1).points),
    }
    return drift(both | changes, styles={"without BN": "without", "with BN": "with"})


def run(train, evaluated=None, units=(0, 1, 5), **changes):
    """What a trained run has: a probe with values of some units in both modes."""
    probe = SimpleNamespace(
        steps=STEPS,
        layers=("first", "last"),
        units=units,
        images=IMAGES.astype(np.float32),
        labels=CLASSES,
        train={"first": train - 1, "last": train},
        eval={"first": train - 1, "last": train if evaluated is None else evaluated},
    )
    names = {"first": "layer 1", "last": "layer 2"}
    recording = SimpleNamespace(activation=lambda name: "sigmoid")
    fields = {"probe": probe, "names": names, "recording": recording, "style": None}
    return SimpleNamespace(**(fields | changes))


def decoded(figure):
    """Points (C, S, P, 2) as JavaScript gets them."""
    a = figure.arrays
    levels = np.cumsum(a["levels"].astype(np.int64), axis=-1)
    levels = (levels + 128) % 256 - 128
    relative = np.moveaxis(levels, -1, 1) / LEVELS
    return a["center"][:, :, None] + relative * a["half"][:, :, None]


# --- without a browser --------------------------------------------------------------------------


def test_stored_points_are_right_to_a_fraction_of_their_cloud():
    clouds = [cloud(), steady(seed=1)]
    figure = drift({"without BN": clouds[0], "with BN": clouds[1]})
    order = spread_over_classes(CLASSES)
    for stored, given_cloud in zip(decoded(figure), clouds, strict=True):
        points = given_cloud.points[:, order]
        assert (np.abs(stored - points) <= np.ptp(points, axis=1, keepdims=True) / 250).all()


def test_mean_and_covariance_are_those_of_numpy():
    points = cloud().points
    arrays = drift(cloud()).arrays
    for s in range(len(STEPS)):
        exact = np.cov(points[s].astype(float).T, bias=True)
        np.testing.assert_allclose(arrays["mean"][0, s], points[s].mean(0), rtol=1e-5)
        np.testing.assert_allclose(
            arrays["covariance"][0, s], [exact[0, 0], exact[0, 1], exact[1, 1]], rtol=1e-5
        )


@given(st.floats(0, 9), st.floats(0, 9), st.floats(-1, 1))
def test_ellipse_is_one_standard_deviation_wide_and_tall(sx, sy, correlation):
    covariance = np.array([sx * sx, correlation * sx * sy, sy * sy])
    outline = ellipse(np.zeros(2), covariance, corners=720)
    np.testing.assert_allclose(outline.max(axis=0), [sx, sy], rtol=1e-3, atol=1e-6)


@given(st.lists(st.integers(0, 10_000), min_size=1, unique=True).map(sorted), st.integers(2, 50))
def test_some_moments_are_shown_with_the_first_and_the_last(steps, most):
    rows = rows_over_time(steps, most)
    assert (np.diff(rows) > 0).all() and rows[0] == 0 and rows[-1] == len(steps) - 1
    assert len(rows) <= most or len(steps) <= most


def test_shown_moments_are_dense_at_first():
    shown = np.arange(1001)[rows_over_time(np.arange(1001), 44)]
    assert (shown <= 100).sum() > 20


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60).map(np.array))
def test_any_first_part_of_the_images_has_all_classes_alike(classes):
    ordered = classes[spread_over_classes(classes)]
    assert sorted(ordered) == sorted(classes)
    for end in range(1, len(ordered)):
        left = {c: (ordered[end:] == c).sum() for c in classes}
        counts = [(ordered[:end] == c).sum() for c in classes if left[c]]
        assert not counts or max(counts) - min(counts) <= 1


def test_axes_are_equally_long_and_hold_the_origin_and_the_clouds():
    far = cloud(mean=np.full((4, 2), 5.0), std=np.full(4, 0.1))
    (x0, x1), (y0, y1) = drift(far).spec["range"]
    assert x1 - x0 == pytest.approx(y1 - y0)
    assert x0 < 0 and y0 < 0
    assert far.points[..., 0].max() < x1 and far.points[..., 1].max() < y1


def test_axes_have_room_for_both_modes():
    running = cloud(mean=np.full((4, 2), 8.0))
    figure = drift({"with BN": steady(running=running.points)})
    assert figure.spec["range"][0][1] > running.points[..., 0].max()


def test_a_cloud_that_explodes_leaves_the_others_room():
    figure = drift({"without BN": cloud(std=(1, 1, 1, 1e6)), "with BN": steady()})
    (x0, x1), _ = figure.spec["range"]
    assert x1 - x0 < 100


def test_alternative_says_where_the_clouds_went():
    first, plain, bn = drift({"without BN": cloud(), "with BN": steady()}).alt.splitlines()
    assert first == "What two units compute for 60 images, from step 0 to step 100."
    mean = cloud().points[-1].mean(axis=0)
    assert f"then ({mean[0]:.2f}, {mean[1]:.2f})".replace("-", "−") in plain
    assert "the mean moved up to 0.00 from its start" in bn


def test_one_image_is_one():
    figure = drift(Cloud(steps=[0, 1], points=np.zeros((2, 1, 2)), labels=[3]))
    assert "for 1 image," in figure.alt and "1 images" not in figure.alt + figure.caption


def test_both_modes_are_told_apart_in_words():
    figure = twins()
    lines = figure.alt.splitlines()
    assert [line.split(":")[0] for line in lines[1:4]] == [
        "without BN", "with BN, training mode", "with BN, eval mode",
    ]  # fmt: skip
    assert "normalized by these very images, so its center is β" in lines[4]
    assert ["|γ|" in note for note in figure.spec["notes"]] == [True, False]


def test_there_is_no_choice_of_modes_where_they_are_the_same():
    same = steady()
    figure = drift({"without BN": cloud(), "layer norm": same._replace(running=same.points)})
    assert figure.spec["notes"] == [] and "mode" not in figure.alt
    assert [network["clouds"] for network in figure.spec["networks"]] == [[0, 0], [1, 1]]


def test_a_network_without_normalization_stays_where_it_is_in_eval_mode():
    assert [network["clouds"] for network in twins().spec["networks"]] == [[0, 0], [1, 2]]


def test_not_a_number_is_kept_and_said():
    lost = cloud()
    lost.points[2:, :5, 0] = np.nan
    lost.points[3, 5, 1] = np.inf
    figure = drift(lost)
    assert figure.arrays["missing"].tolist() == [[0, 0, 5, 6]]
    assert np.isfinite(figure.arrays["mean"]).all()
    assert "up to 6 of 60 points are NaN or infinite" in figure.alt
    figure.picture()


def test_a_run_that_is_lost_altogether_still_gives_a_figure():
    lost = cloud(images=IMAGES)
    lost.points[3] = np.nan
    figure = drift({"without BN": lost, "with BN": steady(images=IMAGES)})
    assert figure.arrays["missing"][0, 3] == 60
    assert figure.to_html(code=False)


def test_many_images_are_thinned_and_it_is_said():
    points = np.random.default_rng(0).normal(size=(1, 1000, 2))
    figure = drift(Cloud([0], points, np.zeros(1000)))
    assert figure.arrays["levels"].shape == (1, 200, 2, 1)
    assert "Each of 1000 images" in figure.caption and "200 of them are drawn" in figure.caption
    np.testing.assert_allclose(figure.arrays["mean"][0, 0], points[0].mean(axis=0), rtol=1e-5)


def test_a_slider_over_unequal_steps_says_that_it_is_logarithmic():
    assert drift(cloud()).spec["time"] == "training step, log scale"
    even = cloud()._replace(steps=[0, 10, 20, 30])
    assert drift(even).spec["time"] == "training step"


def test_two_clouds_with_images_are_small():
    random = np.random.default_rng(0)
    way = np.cumsum(random.normal(size=(44, 200, 2)), axis=0)
    many = Cloud(np.arange(44), way, np.zeros(200), random.random((200, 8, 8)))
    html = drift({"without BN": many, "with BN": many}).to_html(code=False)
    data = html[html.index('class="bnviz-data">') :].split("</script>")[0]
    assert len(data) < 55_000


# --- what is read ---------------------------------------------------------------------------------


def test_a_run_gives_its_last_layer_before_the_activation():
    values = np.random.default_rng(0).normal(size=(4, 60, 3))
    figure = drift({"with BN": run(values, values + 1)})
    stored = decoded(figure)
    order = spread_over_classes(CLASSES)
    np.testing.assert_allclose(stored[0], values[:, order, :2], atol=0.05)
    np.testing.assert_allclose(stored[1], values[:, order, :2] + 1, atol=0.05)
    assert "What two units of layer 2 compute for 60 images before their activation" in figure.alt
    assert figure.spec["units"] == ("unit 0", "unit 1")
    assert figure.arrays["images"].shape == (60, 8, 8)


def test_layer_and_units_can_be_chosen():
    values = np.random.default_rng(0).normal(size=(4, 60, 3))
    figure = drift({"a": run(values)}, layer="first", units=(5, 0))
    order = spread_over_classes(CLASSES)
    np.testing.assert_allclose(decoded(figure)[0], values[:, order][..., [2, 0]] - 1, atol=0.05)
    assert "layer 1" in figure.alt and figure.spec["units"] == ("unit 5", "unit 0")
    with pytest.raises(ValueError, match="no layer 'third'; there are \\['first', 'last'\\]"):
        drift({"a": run(values)}, layer="third")
    with pytest.raises(ValueError, match="unit 3 was not probed; there are \\[0, 1, 5\\]"):
        drift({"a": run(values)}, units=(0, 3))


def test_twins_runs_probes_and_clouds_are_read_like_a_mapping():
    values = np.random.default_rng(0).normal(size=(4, 60, 3))
    one = run(values, style="with")
    for data in ({"BN": one}, {"BN": one.probe}, SimpleNamespace(runs={"BN": one})):
        figure = drift(data)
        assert [network["label"] for network in figure.spec["networks"]] == ["BN"]
    assert drift({"BN": one}).spec["networks"][0]["key"] == "with"
    assert drift({"BN": one}, styles={"BN": "a"}).spec["networks"][0]["key"] == "a"


def test_images_that_are_no_small_pictures_become_dots():
    one = run(np.zeros((4, 60, 3)))
    one.probe.images = np.zeros((60, 3, 224, 224), dtype=np.float32)
    assert "images" not in drift({"a": one}).arrays
    one.probe.images = np.zeros((60, 1, 28, 28), dtype=np.float32)
    assert drift({"a": one}).arrays["images"].shape == (60, 28, 28)


def test_trained_twins_show_the_drift_that_batch_norm_takes_away():
    pair = Twins(seed=0)
    with pytest.raises(ValueError, match=r"'without BN'.*rain"):
        drift(pair)
    figure = drift(pair.train(60, progress=False))
    mean = figure.arrays["mean"]
    traveled = np.linalg.norm(mean[:2, -1] - mean[:2, 0], axis=1)
    assert traveled[0] > 10 * traveled[1]
    assert figure.arrays["steps"][[0, -1]].tolist() == [0, 60]


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        (3, TypeError, r"got a int; give Twins, \{label: Run\}"),
        ({}, ValueError, "no clouds"),
        ({"with BN": SimpleNamespace(probe=None)}, ValueError, "'with BN': nothing was probed yet"),
        (
            {"a": cloud(points=np.zeros((4, 60)))},
            ValueError,
            r"shape \(4, 60\).*\(steps, images, 2",
        ),
        ({"a": cloud(points=np.zeros((0, 60, 2)), steps=[])}, ValueError, "Was it trained"),
        ({"a": cloud(points=np.zeros((4, 0, 2)), labels=[])}, ValueError, r"shape \(4, 0, 2\)"),
        ({"a": cloud(steps=[0, 1])}, ValueError, r"steps must have shape \(4,\).*they have \(2,\)"),
        ({"a": cloud(steps=[0, 10, 5, 100])}, ValueError, r"must ascend; they are \[0, 10, 5, 100"),
        (
            {"a": cloud(), "b": cloud(steps=[0, 1, 2, 3])},
            ValueError,
            "'b' and 'a' must have the sam",
        ),
        ({"a": cloud(images=np.zeros((5, 8, 8)))}, ValueError, r"images has shape \(5, 8, 8\)"),
        ({"a": cloud(images=np.zeros((60, 99, 99)))}, ValueError, "from 3 to 32 pixels"),
        ({"a": cloud(running=np.zeros((4, 60)))}, ValueError, r"running has shape \(4, 60\)"),
    ],
)
def test_bad_input_gets_a_clear_message(wrong, error, message):
    with pytest.raises(error, match=message):
        drift(wrong)


# --- on paper -------------------------------------------------------------------------------------


def test_the_picture_has_first_middle_and_last_step_of_each_cloud():
    axes = [ax for ax in twins().picture().axes if ax.get_ylabel() or ax.get_title()]
    assert [ax.get_title() for ax in axes if ax.get_title()] == ["step 0", "step 10", "step 100"]
    rows = [ax.get_ylabel().split("\n")[0] for ax in axes if ax.get_ylabel()]
    assert rows == ["without BN", "with BN, training mode", "with BN, eval mode"]


@given(st.floats(1e-6, 10))
def test_a_magnifier_enlarges_by_a_round_number_as_far_as_it_can(reach):
    points = np.array([[-reach, 0.0], [reach, 0.0]])
    factor = magnification(points, side=4.0)
    assert factor >= 1 and factor * reach <= 0.46 * 4.0 or factor == 1
    if factor > 1:
        assert 1.6 * factor * reach > 0.46 * 4.0  # the next round number is too large
    assert magnification(np.full((2, 2), np.nan), side=4.0) == 1


def test_small_images_stand_at_their_points():
    ink = rasterize(np.ones((1, 8, 8)), np.array([[1.0, 1.0]]), [[-2, 2], [-2, 2]], 400)
    rows, columns = np.nonzero(ink)
    assert rows.mean() == pytest.approx(100, abs=1) and columns.mean() == pytest.approx(300, abs=1)
    assert len(np.unique(rows)) == 24
    outside = np.array([[9.0, 0.0], [np.nan, 0.0]])
    assert not rasterize(np.ones((2, 8, 8)), outside, [[-2, 2], [-2, 2]], 400).any()


# --- in a browser -------------------------------------------------------------------------------


@pytest.fixture
def open_page(open_figure):
    """Open a figure's saved page without its autoplay, unless a test asks for it."""
    return lambda figure, width=936, **options: open_figure(
        figure, width, **({"reduced_motion": "reduce"} | options)
    )


def press(page, key):
    page.get_by_role("slider", name="training step").focus()
    after_draw(page, lambda: page.keyboard.press(key))


def ink(page, panel=0):
    """Where the canvas of a panel has ink: pixels of the figure, (n, 2)."""
    found = page.evaluate(
        """(panel) => {
            const canvas = document.querySelectorAll("canvas.bnviz-drift-ink")[panel];
            const { width, height } = canvas;
            const data = canvas.getContext("2d").getImageData(0, 0, width, height).data;
            const found = [];
            for (let i = 0; i < width * height; i += 1) {
                const inked = data[4 * i + 3] > 60 && data[4 * i] < 120;
                if (inked) found.push([i % width, Math.floor(i / width)]);
            }
            return found;
        }""",
        panel,
    )
    return np.array(found)


def drawing(page, panel=0):
    return page.locator("figure svg[role=img]").nth(panel)


def test_the_slider_moves_the_clouds_and_their_numbers(open_page):
    page = open_page(twins())
    slider = page.get_by_role("slider", name="training step, log scale")
    assert slider.get_attribute("aria-valuetext") == "100"  # less motion: starts at the end
    press(page, "Home")
    assert slider.get_attribute("aria-valuetext") == "0"
    mean, std = cloud().points[0].mean(axis=0), cloud().points[0].std(axis=0)
    said = drawing(page).get_attribute("aria-label").replace("−", "-")
    assert said.startswith("without BN, step 0. unit 1: mean")
    assert f"mean {abs(mean[0]):.3f}, standard deviation {std[0]:.3f}" in said
    assert f"standard deviation {std[0]:.3f}" in page.locator("figure").inner_text()


def test_a_small_cloud_is_under_a_magnifier(open_page):
    page = open_page(twins())
    glass = page.locator(".bnviz-drift-glass")
    assert not glass.nth(0).is_visible()  # large at the end
    press(page, "Home")
    assert glass.nth(0).is_visible() and not glass.nth(1).is_visible()
    factor = int(drawing(page).locator("text.bnviz-strong").text_content().lstrip("×"))
    frames = [page.locator(".bnviz-drift-frame").nth(i).bounding_box() for i in (0, 1)]
    assert factor >= 10 and frames[1]["width"] > 10 * frames[0]["width"]
    # The cloud fills it, and is still seen as dots where it is.
    room = page.locator(".bnviz-drift-panel .bnviz-room").first.bounding_box()
    x, y = ink(page).T
    lens = frames[1]
    inside = (
        (x + room["x"] >= lens["x"]) & (x + room["x"] <= lens["x"] + lens["width"])
        & (y + room["y"] >= lens["y"]) & (y + room["y"] <= lens["y"] + lens["height"])
    )  # fmt: skip
    assert 0.8 < inside.mean() < 1
    assert np.ptp(x[inside]) > 0.5 * lens["width"] or np.ptp(y[inside]) > 0.5 * lens["height"]


@pytest.mark.parametrize("width", [936, 712, 360])
def test_the_magnifier_never_covers_the_cloud_it_enlarges(open_page, width):
    page = open_page(twins(), width=width)
    for key in ("Home", "ArrowRight"):
        press(page, key)
        small, lens = (page.locator(".bnviz-drift-frame").nth(i).bounding_box() for i in (0, 1))
        if not page.locator(".bnviz-drift-glass").first.is_visible():
            continue
        apart = (
            small["x"] + small["width"] <= lens["x"] or lens["x"] + lens["width"] <= small["x"]
            or small["y"] + small["height"] <= lens["y"]
            or lens["y"] + lens["height"] <= small["y"]
        )  # fmt: skip
        assert apart


def test_the_way_of_the_mean_is_drawn_up_to_the_step(open_page):
    page = open_page(drift(cloud()))
    way = drawing(page).locator("path[stroke-width='1.8']")
    assert way.get_attribute("d").count("L") == len(STEPS) - 1
    press(page, "ArrowLeft")
    assert way.get_attribute("d").count("L") == len(STEPS) - 2


def test_both_panels_have_the_same_axes(open_page):
    page = open_page(twins())
    first, second = (drawing(page, i).locator("text").all_text_contents() for i in (0, 1))
    assert [t for t in first if "×" not in t] == [t for t in second if "×" not in t]


def test_running_averages_let_the_cloud_move(open_page):
    page = open_page(twins())
    plain, before = ink(page, 0), ink(page, 1)
    assert "training mode" in drawing(page, 1).get_attribute("aria-label")
    note = page.get_by_text("Training mode: the center is β")
    assert note.is_visible()
    after_draw(page, lambda: page.get_by_role("radio", name="running averages").click())
    assert "eval mode" in drawing(page, 1).get_attribute("aria-label")
    assert "mode" not in drawing(page, 0).get_attribute("aria-label")
    assert not note.is_visible() and page.get_by_text("Now the cloud can move").is_visible()
    assert np.abs(ink(page, 1).mean(axis=0) - before.mean(axis=0)).max() > 20
    np.testing.assert_array_equal(ink(page, 0), plain)


def test_a_class_can_be_highlighted(open_page):
    page = open_page(twins())
    everything = len(ink(page))
    choice = page.get_by_role("combobox", name="highlight")
    after_draw(page, lambda: choice.select_option("images of a 2"))
    assert 0 < len(ink(page)) < everything
    assert page.locator(".bnviz-drift-what strong").inner_text() == "a 2"
    images = page.get_by_role("slider", name="image", exact=True)
    assert images.get_attribute("max") == "19"  # of 60 in three classes


def pixel_of(page, figure, image):
    """Where an image of the first panel is on the screen, at the last step."""
    (zero, _), (_, down) = page.eval_on_selector_all(
        "figure svg[role=img] .bnviz-drift-origin",
        """(all) => all.slice(0, 2).map((line) => {
            const { x, y } = line.getBoundingClientRect();
            return [x, y];
        })""",
    )
    ticks = drawing(page).locator("> g").nth(0).locator("text[text-anchor=middle]")
    at = {
        text.text_content(): text.bounding_box()["x"] + text.bounding_box()["width"] / 2
        for text in ticks.all()
    }
    tick = next(t for t in ("2", "5", "10") if t in at)
    unit = (at[tick] - zero) / float(tick)
    x, y = decoded(figure)[0, -1, image]
    return zero + x * unit, down - y * unit


def test_pointing_shows_an_image_and_a_click_keeps_it(open_page):
    figure = twins()
    page = open_page(figure)
    name, values = page.locator(".bnviz-drift-what strong"), page.locator(".bnviz-drift-value")
    x, y = pixel_of(page, figure, 7)
    after_draw(page, lambda: page.mouse.move(x, y))
    wanted = decoded(figure)[0, -1, 7]
    shown = [float(v.replace("−", "-")) for v in values.first.inner_text().split(", ")]
    np.testing.assert_allclose(shown, wanted, atol=0.05)
    assert name.inner_text() == f"a {figure.arrays['classes'][7]}"
    after_draw(page, lambda: page.mouse.move(5, 5))
    shown = [float(v.replace("−", "-")) for v in values.first.inner_text().split(", ")]
    np.testing.assert_allclose(shown, decoded(figure)[0, -1, 0], atol=0.05)
    page.mouse.click(x, y)
    after_draw(page, lambda: press(page, "ArrowLeft"))
    shown = [float(v.replace("−", "-")) for v in values.first.inner_text().split(", ")]
    np.testing.assert_allclose(shown, decoded(figure)[0, -2, 7], atol=0.05)


def test_a_tap_follows_an_image_and_a_swipe_does_not(open_page):
    figure = twins()
    page = open_page(figure, width=360, has_touch=True)
    page.evaluate("document.body.style.minHeight = '2000px'")
    images = page.get_by_role("slider", name="image", exact=True)
    x, y = pixel_of(page, figure, 7)
    before = images.input_value()
    touch(page, [(x, y), (x, y - 30), (x, y - 90)])
    assert images.input_value() == before and page.evaluate("scrollY") > 0
    page.evaluate("scrollTo(0, 0)")
    touch(page, [pixel_of(page, figure, 7)])
    page.wait_for_function(
        "before => [...document.querySelectorAll('input')].at(-1).value !== before", arg=before
    )


def test_the_keyboard_goes_through_the_images(open_page):
    page = open_page(twins())
    images = page.get_by_role("slider", name="image", exact=True)
    first = images.get_attribute("aria-valuetext")
    assert first.startswith("a 0: without BN")
    images.focus()
    after_draw(page, lambda: page.keyboard.press("ArrowRight"))
    assert images.get_attribute("aria-valuetext").startswith("a 1: without BN")


def test_not_a_number_is_shown_loudly(open_page):
    lost = cloud(images=IMAGES)
    lost.points[3] = np.nan
    page = open_page(drift({"without BN": lost, "with BN": steady(images=IMAGES)}))
    assert page.get_by_text("60 of 60 NaN or infinite").is_visible()
    assert len(ink(page, 0)) == 0


def test_play_runs_from_the_first_to_the_last_step(open_page):
    page = open_page(drift(cloud()))
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("document.querySelector('input[type=range]').value < 3")
    assert page.get_by_role("button", name="Pause").is_visible()
    page.get_by_role("button", name="Play").wait_for(timeout=12_000)
    assert page.get_by_role("slider", name="training step").input_value() == "3"


def test_it_plays_by_itself_only_for_those_who_like_motion(open_page):
    page = open_page(drift(cloud()), reduced_motion="no-preference")
    page.get_by_role("button", name="Pause").wait_for()
    calm = open_page(drift(cloud()))
    calm.wait_for_timeout(300)
    assert calm.get_by_role("button", name="Play").is_visible()


def test_in_a_notebook_it_waits_at_the_last_step(open_page):
    page = open_page(drift(cloud()), reduced_motion="no-preference")
    add_output(page, drift(cloud()).to_html())
    wait_for_figures(page, 2)
    figure = page.locator("figure").last
    figure.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    assert figure.get_by_role("button", name="Play").is_visible()
    assert figure.get_by_role("slider", name="training step").input_value() == "3"


def test_the_whole_figure_is_seen_at_once(open_figure):
    assert_fits(open_figure, twins())
    assert_fits(open_figure, drift(cloud()))


@pytest.mark.parametrize("width", [936, 360])
def test_use_moves_nothing(open_page, width):
    page = open_page(twins(), width=width)
    controls = page.locator("figure :is(input, select, button)")

    def places():
        return [box.bounding_box() for box in controls.all()], height(page)

    before = places()
    press(page, "Home")
    after_draw(page, lambda: page.get_by_role("radio", name="running averages").click())
    after_draw(page, lambda: page.get_by_label("highlight").select_option("images of a 2"))
    assert places() == before


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(open_page, scheme):
    page = open_page(twins(), color_scheme=scheme)
    assert axe_findings(page) == []


def test_the_ink_follows_the_page_into_the_dark(open_page):
    page = open_page(drift(cloud()))
    assert len(ink(page)) > 100  # dark
    before = draws(page)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_function(f"Number(document.querySelector('figure').dataset.draws) > {before}")
    assert len(ink(page)) == 0  # light now


def test_names_are_text(open_page):
    evil = "<img src=x onerror='boom()'>"
    page = open_page(drift({evil: cloud(labels=np.array([evil, "b"] * 30))}))
    assert page.locator("figure img:not(.bnviz-still > img)").count() == 0
    assert page.locator(".bnviz-panel-name").inner_text() == evil
    assert f"images of class {evil}" in page.get_by_label("highlight").inner_text()


def test_a_draw_is_quick(open_page):
    """Half of a frame on a busy machine; alone it takes a few milliseconds."""
    way = np.cumsum(np.random.default_rng(0).normal(size=(40, 200, 2)), axis=0) / 3
    many = Cloud(
        np.arange(40), way, np.arange(200) % 10, np.random.default_rng(1).random((200, 8, 8))
    )
    page = open_page(drift({"without BN": many, "with BN": many}))
    times = []
    for _ in range(20):
        press(page, "ArrowLeft")
        times.append(page.evaluate("document.querySelector('figure').bnviz.drawTime"))
    assert np.median(times) < 8


def test_choosing_a_mode_takes_at_most_four_milliseconds(open_page):
    way = np.cumsum(np.random.default_rng(0).normal(size=(40, 200, 2)), axis=0) / 3
    images = np.random.default_rng(1).random((200, 8, 8))
    many = Cloud(np.arange(40), way, np.arange(200) % 10, images, running=2 * way)
    took = choosing_takes(open_page(drift({"without BN": many, "with BN": many})))
    assert took <= 4, f"p95 {took:.1f} ms"


def test_scripts_off_leaves_the_picture(open_page):
    figure = twins()
    page = open_page(figure, java_script_enabled=False)
    picture = page.locator(".bnviz-still img")
    assert picture.is_visible() and picture.get_attribute("alt") == figure.alt


@pytest.mark.parametrize("width", [936, 660, 360])
@pytest.mark.parametrize(
    "networks",
    [
        {"a name of very many words " * 9: cloud(), "x" * 230: cloud()},
        {"lost": cloud()._replace(points=np.full((4, 60, 2), np.nan))},
        {
            "far": cloud()._replace(
                points=1e15 * cloud().points, labels=np.array(["long " * 30] * 60)
            )
        },
    ],
    ids=["long names", "all lost", "large numbers"],
)
def test_nothing_is_wider_than_the_window(open_figure, networks, width):
    page = open_figure(drift(networks), width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    name = page.locator(".bnviz-panel-name").first
    assert name.get_attribute("title") == next(iter(networks))
