"""`dots`: every seed a dot, their median and range, one seed followed through all conditions."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from browser import (
    after_draw,
    assert_fits,
    axe_findings,
    choosing_takes,
    height,
    plot_share,
    touch,
)
from PIL import Image

from bnviz.figures import Axis, dots
from bnviz.figures.kit.paper import INK

BOTH = {
    "without BN": {"as it is": [0.90, 0.92, 0.94], "shifted": [0.40, 0.55, 0.50]},
    "with BN": {"as it is": [0.95, 0.96, 0.97], "shifted": [0.60, 0.75, 0.70]},
}
STYLES = {"without BN": "without", "with BN": "with"}
LOSS = Axis("loss")
ERROR = Axis("test error", percent=True, range=(0, 0.5))
BATCH = Axis("batch size", log=True)
BY_BATCH = {
    "BN": {2: [0.30, np.nan, 0.20], 16: [0.02, 0.03, 0.04], 4: [0.05, 0.06, 0.07]},
    "GN": {2: [0.03, 0.03, 0.04], 16: [0.03, 0.02, 0.03], 4: [0.03, 0.04, 0.03]},
}


def by_batch(**options):
    options = {"styles": {"BN": "with"}} | options
    return dots(BY_BATCH, value_axis=ERROR, condition_axis=BATCH, **options)


# --- without a browser --------------------------------------------------------------------------


def test_every_seed_is_kept_at_its_place():
    figure = dots(BOTH)
    assert figure.spec["series"] == ["without BN", "with BN"]
    assert figure.spec["conditions"] == ["as it is", "shifted"]
    values = figure.arrays["values"]
    assert values.shape == (1, 2, 2, 3)
    np.testing.assert_allclose(values[0, 0, 1], [0.40, 0.55, 0.50], rtol=1e-6)
    np.testing.assert_allclose(values[0, 1, 0], [0.95, 0.96, 0.97], rtol=1e-6)


def test_alternative_says_median_range_and_seeds_of_each_condition():
    lines = dots(BOTH).alt.splitlines()
    assert lines[2] == (
        "shifted: without BN 50.0 % (40.0 % to 55.0 %, 3 seeds); "
        "with BN 70.0 % (60.0 % to 75.0 %, 3 seeds)."
    )


def test_lost_seeds_are_counted_and_change_no_median():
    lost = {"a": [1.0, np.nan, 3.0, np.inf], "b": [np.nan, -np.inf, None]}
    figure = dots(lost, value_axis=LOSS)
    assert "a: 2 (1 to 3, 4 seeds), 2 of 4 exploded." in figure.alt
    assert "b: 3 of 3 exploded." in figure.alt


def test_what_lost_means_is_the_callers_word():
    assert "1 of 2 never" in dots({"a": [100, None]}, value_axis=LOSS, lost="never").alt


def test_dots_that_are_no_seeds_are_called_what_they_are():
    figure = dots({"a": [0.1, 0.2, 0.3], "b": [0.5]}, dot="repetition")
    assert figure.alt.splitlines() == [
        "Test accuracy of each repetition, and the median.",
        "a: 20.0 % (10.0 % to 30.0 %, 3 repetitions).",
        "b: 50.0 % (1 repetition).",
    ]


def test_a_condition_that_a_series_lacks_is_not_measured():
    figure = dots({"x": {"a": [0.5]}, "y": {"a": [0.4], "b": [0.3]}})
    assert figure.arrays["counts"].tolist() == [[[1, 0], [1, 1]]]
    assert figure.alt.splitlines()[2] == "b: y 30.0 % (1 seed)."


def test_conditions_without_series_are_gray_unless_styled():
    figure = dots({"both": [0.9], "none": [0.5]}, styles={"both": "with"})
    assert figure.spec["keys"] == [["with", "d"]]


def test_numeric_conditions_stand_on_their_axis_in_ascending_order():
    across = by_batch().spec["across"]
    assert across["places"] == [2, 16, 4]
    assert across["order"] == [0, 2, 1]
    low, high = across["ends"]
    assert low < 2 and high > 16
    names = [line.split(":")[0] for line in by_batch().alt.splitlines()[1:]]
    assert names == ["2", "4", "16"]


def test_no_value_and_no_mark_is_beyond_the_axis():
    figure = dots({"a": [1.0, 1.1, 1.2, 500.0]}, value_axis=LOSS, marks={"far": -40.0})
    low, high = figure.spec["value"]["ends"]
    assert low <= -40 and high >= 500


def test_all_choices_share_the_axis():
    data = {4: {"a": [5.0, 6]}, 64: {"a": [50.0, 60]}}
    figure = dots(data, causes={"batch size": [4, 64]}, value_axis=LOSS)
    low, high = figure.spec["value"]["ends"]
    assert low <= 5 and high >= 60
    assert "batch size 64: Loss of each seed" in figure.alt


def test_height_grows_with_the_rows():
    two, six = (dots({str(i): [0.5, 0.6] for i in range(n)}).height for n in (2, 6))
    assert all(a < b for a, b in zip(two, six, strict=True))


def test_seeds_have_names_of_the_callers_own():
    figure = dots({"a": [0.1, 0.2]}, seeds=[20, 21])
    assert figure.spec["seeds"] == ["20", "21"]
    with pytest.raises(ValueError, match="seeds has 3 names for 2 seeds"):
        dots({"a": [0.1, 0.2]}, seeds=[1, 2, 3])


@pytest.mark.parametrize(
    ("results", "options", "error", "message"),
    [
        (3, {}, TypeError, r"got a int; give \{condition: values\}"),
        ({}, {}, TypeError, "got a dict that is empty"),
        ({"a": [0.1], "b": {"c": [0.2]}}, {}, TypeError, "some entries are values and some are"),
        ({"a": []}, {}, ValueError, "got no values"),
        ({"a": ["x"]}, {}, TypeError, "'a': got a list that holds no numbers"),
        ({"a": [[0.1, 0.2]]}, {}, ValueError, r"'a': the values have shape \(1, 2\)"),
        ({"a": [93.0]}, {}, ValueError, "divide per cents by 100"),
        ({"a": [0.0]}, {"value_axis": Axis("v", log=True)}, ValueError, "no place on a logarithm"),
        ({"a": [0.9]}, {"value_axis": ERROR}, ValueError, "beyond its range"),
        ({"a": [0.1]}, {"condition_axis": BATCH}, ValueError, "'a' is no number"),
        ({0: [0.1]}, {"condition_axis": BATCH}, ValueError, "condition 0 has no place"),
        ({"a": [0.1]}, {"styles": {"b": "with"}}, ValueError, "styles names 'b'"),
    ],
)
def test_bad_input_gets_a_clear_message(results, options, error, message):
    with pytest.raises(error, match=message):
        dots(results, **options)


@pytest.mark.parametrize("figure", [dots(BOTH, marks={"chance": 0.5}), by_batch()])
def test_the_picture_has_every_dot(figure):
    ax = figure.picture().axes[0]
    drawn = sum(
        np.isfinite(np.asarray(line.get_xydata(), float)).all(1).sum()
        for line in ax.lines
        if line.get_marker() not in ("", "None")
    )
    assert drawn == np.isfinite(figure.arrays["values"]).sum()


def test_names_of_panels_side_by_side_leave_each_other_room():
    ways = (
        "loss: highest − lowest, ÷ loss",
        "gradient: largest change, ÷ length",
        "smoothness: change ÷ way",
    )
    data = {how: {"a": {"k": [0.1, 0.2]}} for how in ways}
    picture = dots(data, causes={"measure": ways}).picture()
    picture.draw_without_rendering()
    boxes = [ax.title.get_window_extent() for ax in picture.axes]
    assert boxes[0].x1 < boxes[1].x0 and boxes[1].x1 < boxes[2].x0
    assert boxes[2].x1 <= picture.bbox.x1


def test_small_ticks_of_a_log_axis_are_as_quiet_as_the_others():
    data = {"a": {"k": [1, 2, 3]}}
    ax = dots(data, value_axis=Axis("v", log=True)).picture().axes[0]
    assert {text.get_color() for text in ax.get_xticklabels(which="both")} == {INK}


def test_the_picture_says_what_was_lost():
    said = [text.get_text() for text in by_batch().picture().axes[0].texts]
    assert "1 of 3\nexploded" in said


# --- in a browser -------------------------------------------------------------------------------

DRAWING = "svg[role=img]"


def readings(page):
    return page.locator(f"{DRAWING} text.bnviz-dots-reading").all_text_contents()


def dot_centers(page, key):
    """Where the dots of a style are on the page: the middle of each part of their paths."""
    return page.evaluate(
        """(color) => {
            const found = [];
            for (const path of document.querySelectorAll("svg[role=img] path")) {
                const look = getComputedStyle(path);
                if (![path.getAttribute("fill"), path.getAttribute("stroke")].includes(color)
                    || look.stroke === "none" || !path.getAttribute("stroke-width")) continue;
                const frame = path.ownerSVGElement.getBoundingClientRect();
                for (const part of (path.getAttribute("d") ?? "").split("M").slice(1)) {
                    const one = path.cloneNode();
                    one.setAttribute("d", `M${part}`);
                    path.after(one);
                    const box = one.getBBox();
                    one.remove();
                    if (part.includes("a")) found.push([
                        frame.left + box.x + box.width / 2, frame.top + box.y + box.height / 2,
                    ]);
                }
            }
            return found;
        }""",
        f"var(--bnviz-{key})",
    )


def test_rows_say_the_median_of_each_condition(open_figure):
    page = open_figure(dots(BOTH))
    assert readings(page) == ["92.0 %", "50.0 %", "96.0 %", "70.0 %"]


@pytest.mark.parametrize("width", [360, 936])
def test_dots_stand_at_their_values(open_figure, width):
    figure = dots({"a": [0.0, 0.25, 0.5, 1.0]}, styles={"a": "with"})
    page = open_figure(figure, width=width)
    xs = sorted(x for x, _ in dot_centers(page, "with"))
    assert len(xs) == 4
    shares = (np.array(xs) - xs[0]) / (xs[-1] - xs[0])
    np.testing.assert_allclose(shares, [0, 0.25, 0.5, 1], atol=0.01)


@pytest.mark.parametrize("count", [3, 30])
def test_the_median_hides_no_dot_of_a_few_and_is_not_hidden_by_many(open_figure, count):
    page = open_figure(dots({"a": [0.5] * count}, styles={"a": "with"}))
    centers = dot_centers(page, "with")
    assert len(centers) == count
    on_the_line = min(centers, key=lambda at: abs(at[0] - np.mean(centers, 0)[0]))
    seen = Image.open(io.BytesIO(page.screenshot())).convert("RGB").getpixel(tuple(on_the_line))
    look = "getComputedStyle(document.querySelector('{}')).{}"
    ink = page.evaluate(look.format(".bnviz-dots-median", "stroke"))
    assert (f"rgb{seen}" == ink) == (count > 10)


def test_equal_values_stand_side_by_side(open_figure):
    page = open_figure(dots({"a": [0.5] * 7}, styles={"a": "with"}))
    centers = np.array(dot_centers(page, "with"))
    far = np.hypot(*(centers[:, None] - centers[None]).transpose(2, 0, 1))
    assert len(centers) == 7
    assert far[~np.eye(7, dtype=bool)].min() >= 4


def test_the_keyboard_follows_one_seed_through_all_conditions(open_figure):
    page = open_figure(dots(BOTH, seeds=[7, 8, 9]))
    page.get_by_role("slider", name="follow one seed").focus()
    after_draw(page, lambda: page.keyboard.press("ArrowRight"))
    after_draw(page, lambda: page.keyboard.press("ArrowRight"))
    assert readings(page) == ["92.0 %", "55.0 %", "96.0 %", "75.0 %"]
    said = page.locator(DRAWING).get_attribute("aria-label")
    assert said.startswith("Seed 8.\n") and "shifted: without BN 55.0 %; with BN 75.0 %." in said


def test_a_line_joins_the_followed_seed(open_figure):
    page = open_figure(dots({"a": [0.1, 0.5], "b": [0.2, 0.6]}, styles={"a": "with"}))
    page.get_by_role("slider").focus()
    after_draw(page, lambda: page.keyboard.press("End"))
    path = page.locator(f"{DRAWING} path[stroke-width='1.4']").get_attribute("d")
    xs = [float(x) for x in re.findall(r"[ML]([\d.]+) ", path)]
    left = page.locator(DRAWING).bounding_box()["x"]
    assert xs[0] + left == pytest.approx(max(dot_centers(page, "with"))[0], abs=1)
    assert len(xs) == 2 and xs[1] > xs[0]


def test_a_click_on_a_dot_follows_its_seed_and_another_lets_it_go(open_figure):
    page = open_figure(dots({"a": [0.1, 0.5, 0.9], "b": [0.2, 0.6, 0.8]}, styles={"a": "with"}))
    x, y = sorted(dot_centers(page, "with"))[2]
    after_draw(page, lambda: page.mouse.click(x, y))
    page.mouse.move(1, 1)
    slider = page.get_by_role("slider")
    assert slider.get_attribute("aria-valuetext") == "seed 2"
    assert readings(page) == ["90.0 %", "80.0 %"]
    after_draw(page, lambda: page.mouse.click(x, y))
    assert slider.get_attribute("aria-valuetext") == "off"


def test_only_seeds_are_followed(open_figure):
    figure = dots({"a": [0.1, 0.5, 0.9]}, styles={"a": "with"}, dot="repetition")
    page = open_figure(figure)
    assert page.get_by_role("slider").count() == 0
    page.mouse.click(*sorted(dot_centers(page, "with"))[0])
    page.mouse.move(1, 1)
    assert readings(page) == ["50.0 %"]


def test_the_mouse_reads_what_it_is_over_and_chooses_nothing(open_figure):
    page = open_figure(dots({"a": [0.1, 0.5, 0.9]}, styles={"a": "with"}))
    x, y = sorted(dot_centers(page, "with"))[0]
    after_draw(page, lambda: page.mouse.move(x, y))
    assert readings(page) == ["10.0 %"]
    after_draw(page, lambda: page.mouse.move(1, 1))
    assert readings(page) == ["50.0 %"]


def test_a_tap_follows_a_seed_and_a_swipe_changes_nothing(open_figure):
    figure = dots({"a": [0.1, 0.5, 0.9]}, styles={"a": "with"})
    page = open_figure(figure, width=360, push=500, has_touch=True)
    page.evaluate("document.body.style.paddingBottom = '1500px'")
    page.evaluate("scrollTo(0, 200)")
    x, y = sorted(dot_centers(page, "with"))[0]
    touch(page, [(x, y), (x, y - 30), (x, y - 120)])
    page.wait_for_timeout(300)
    assert page.get_by_role("slider").get_attribute("aria-valuetext") == "off"
    x, y = sorted(dot_centers(page, "with"))[0]
    touch(page, [(x, y)])
    page.wait_for_timeout(200)
    assert page.get_by_role("slider").get_attribute("aria-valuetext") == "seed 0"


def test_a_seed_that_is_lost_there_is_said_to_be(open_figure):
    page = open_figure(dots({"a": [0.1, np.nan], "b": [0.3, 0.4]}))
    assert page.get_by_text("1 of 2", exact=True).is_visible()
    page.get_by_role("slider").focus()
    after_draw(page, lambda: page.keyboard.press("End"))
    assert readings(page) == ["exploded", "40.0 %"]


def test_a_cause_moves_the_dots_and_the_description_follows(open_figure):
    data = {k: {"a": [0.1 * k, 0.2 * k]} for k in (1, 2)}
    figure = dots(data, causes={"k": [1, 2]}, value_axis=ERROR, styles={"a": "with"})
    page = open_figure(figure, reduced_motion="reduce")
    assert readings(page) == ["15.0 %"]
    before = sorted(x for x, _ in dot_centers(page, "with"))
    axis = page.locator(f"{DRAWING} text").all_text_contents()
    after_draw(page, lambda: page.get_by_role("radio", name="2").check())
    assert readings(page) == ["30.0 %"]
    after = sorted(x for x, _ in dot_centers(page, "with"))
    assert after[0] == pytest.approx(before[1], abs=1) and after[1] > after[0] + 10
    assert "30.0 %" in page.locator(DRAWING).get_attribute("aria-label")
    changed = set(page.locator(f"{DRAWING} text").all_text_contents()) ^ set(axis)
    assert changed == {"15.0 %", "30.0 %"}  # ticks and names stay


def test_a_numeric_condition_is_chosen_and_read(open_figure):
    page = open_figure(by_batch())
    lines = page.locator(".bnviz-line")
    assert lines.first.inner_text().split("\n")[-1] == "25.0 % (20.0 to 30.0 %)"
    page.get_by_role("slider", name="batch size").focus()
    after_draw(page, lambda: page.keyboard.press("End"))
    assert lines.first.inner_text().split("\n")[-1] == "3.0 % (2.0 to 4.0 %)"
    assert page.get_by_text("1 of 3", exact=True).is_visible()


@pytest.mark.parametrize("width", [360, 936])
@pytest.mark.parametrize("scale", [Axis("start", log=True), Axis("start")])
def test_the_outer_conditions_have_room_on_the_axis(open_figure, scale, width):
    steps = {label: {at: [10, 10, 10] for at in (0.1, 0.3, 1)} for label in BOTH}
    page = open_figure(dots(steps, value_axis=LOSS, condition_axis=scale, styles=STYLES), width)
    dot = 5  # pixels around its middle
    left, right = page.eval_on_selector_all(
        ".bnviz-axes .bnviz-axis",
        """(rules) => {
            const boxes = rules.map((rule) => rule.getBoundingClientRect());
            const axis = boxes.reduce((a, b) => (b.width > a.width ? b : a));
            return [axis.left, axis.right];
        }""",
    )
    for key in STYLES.values():
        xs = [x for x, _ in dot_centers(page, key)]
        assert len(xs) == 9
        assert min(xs) - dot > left and max(xs) + dot < right


@pytest.mark.parametrize("axis", [None, Axis("k")])
def test_room_for_lost_values_is_marked_where_some_are_lost(open_figure, axis):
    data = {"few": {1: [0.1, 0.2], 2: [0.1, 0.3]}, "many": {1: [0.1, None], 2: [0.1, 0.3]}}
    figure = dots(data, causes={"steps": list(data)}, condition_axis=axis, lost="never")
    page = open_figure(figure, reduced_motion="reduce")
    never = page.locator(f"{DRAWING} text", has_text=re.compile("^never$"))
    assert never.count() == 0
    after_draw(page, lambda: page.get_by_role("radio", name="many").check())
    assert never.count() == 1
    after_draw(page, lambda: page.get_by_role("radio", name="few").check())
    assert never.count() == 0


@pytest.mark.parametrize(
    "figure",
    [
        by_batch(),
        dots(
            {f"normalized by {name}": row for name, row in BY_BATCH.items()}, condition_axis=BATCH
        ),
        dots(BOTH),
        dots(
            {"without BN": [10, None], "with BN": [4, 5]}, value_axis=LOSS, lost="not in 1500 steps"
        ),
    ],
    ids=["columns", "long names", "rows", "rows with lost seeds"],
)
def test_on_a_phone_the_plot_has_most_of_the_width(open_figure, figure):
    assert plot_share(open_figure(figure, width=360)) >= 0.6


def test_choosing_a_cause_takes_at_most_four_milliseconds(open_figure):
    """With twice as many dots as any figure of the book has."""
    values = np.linspace(0.1, 0.9, 7)
    data = {
        k: {name: {f"condition {i}": values ** (k + s) for i in range(6)}
            for s, name in enumerate(BOTH)}
        for k in (1, 2, 3)
    }  # fmt: skip
    took = choosing_takes(open_figure(dots(data, causes={"k": list(data)}), width=936))
    assert took <= 4, f"p95 {took:.1f} ms"


MANY = {
    name: {f"{i}: how the weights begin": np.linspace(0.1, 0.9, 7) ** (1 + s) for i in range(12)}
    for s, name in enumerate(BOTH)
}


@pytest.mark.parametrize(
    "figure",
    [
        dots(MANY, styles=STYLES, marks={"constant answer": 0.84}),
        dots({k: MANY for k in (1, 2)}, causes={"learning rate": [1, 2]}),
        by_batch(),
        dots({k: BY_BATCH for k in (1, 2)}, condition_axis=BATCH, causes={"depth": [1, 2]}),
    ],
    ids=["twelve rows", "a cause", "batch sizes", "batch sizes, a cause"],
)
def test_it_is_seen_at_once_with_its_controls(open_figure, figure):
    assert_fits(open_figure, figure)


def test_its_height_stays_while_it_is_used(open_figure):
    page = open_figure(dots({k: BOTH for k in (1, 2)}, causes={"k": [1, 2]}), width=360)
    before = height(page)
    slider = page.get_by_role("slider")
    at = slider.bounding_box()
    slider.focus()
    after_draw(page, lambda: page.keyboard.press("End"))
    after_draw(page, lambda: page.get_by_role("radio", name="2").check())
    assert height(page) == before
    assert slider.bounding_box() == at


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("figure", [dots(BOTH, styles=STYLES), by_batch()])
def test_it_is_accessible(open_figure, figure, scheme):
    assert axe_findings(open_figure(figure, color_scheme=scheme)) == []


def test_series_differ_by_form_too(open_figure):
    page = open_figure(dots(BOTH, styles=STYLES))
    marks = page.locator(".bnviz-legend path")
    assert [mark.get_attribute("fill") for mark in marks.all()] == ["none", "var(--bnviz-with)"]


def test_names_are_text(open_figure):
    evil = "<img src=x onerror='boom()'>"
    page = open_figure(dots({evil: {evil: [0.5, 0.6]}}))
    assert page.locator("figure img:not(.bnviz-still > img)").count() == 0


def test_scripts_off_leaves_the_picture(open_figure):
    figure = dots(BOTH)
    page = open_figure(figure, java_script_enabled=False)
    picture = page.locator(".bnviz-still img")
    assert picture.is_visible() and picture.get_attribute("alt") == figure.alt
