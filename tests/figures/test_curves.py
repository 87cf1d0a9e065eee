"""`curves`: medians and bands over seeds, what is said of them, and what the cursor reads."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bnviz import Twins
from bnviz.figures import curves
from bnviz.figures.gallery.curves import MOST_ROWS, running_median

STEPS = np.array([0, 25, 50, 75, 100])
SLOW = np.array([[0.1, 0.2, 0.4, 0.6, 0.8], [0.1, 0.1, 0.3, 0.5, 0.9], [0.1, 0.3, 0.6, 0.7, 0.85]])
FAST = np.array(
    [[0.1, 0.8, 0.9, 0.95, 0.97], [0.1, 0.9, 0.92, 0.96, 0.98], [0.1, 0.7, 0.94, 0.97, 0.99]]
)
BOTH = {"without BN": SLOW, "with BN": FAST}


def run(seed=0, steps=1000):
    """What a run of `Twins` has: loss at each step, accuracy at the evaluation steps."""
    random = np.random.default_rng(seed)
    loss = 2.3 * np.exp(-np.arange(steps) / 200) + 0.3 * random.random(steps)
    return SimpleNamespace(steps=STEPS, accuracy=FAST[seed % 3], loss=loss)


# --- without a browser --------------------------------------------------------------------------


def test_line_and_band_are_median_lowest_and_highest():
    figure = curves(BOTH, steps=STEPS)
    for i, values in enumerate(BOTH.values()):
        np.testing.assert_allclose(figure.arrays[f"median{i}"], np.median(values, 0), rtol=1e-6)
        np.testing.assert_allclose(figure.arrays[f"low{i}"], values.min(0), rtol=1e-6)
        np.testing.assert_allclose(figure.arrays[f"high{i}"], values.max(0), rtol=1e-6)
        np.testing.assert_array_equal(figure.arrays[f"steps{i}"], STEPS)


def test_alternative_says_values_spread_and_who_is_sooner():
    lines = curves(BOTH, steps=STEPS).alt.splitlines()
    assert "without BN (3 seeds): 10.0 % at step 0, 85.0 % (80.0 to 90.0 %)" in lines[1]
    assert "with BN (3 seeds): 10.0 % at step 0, 98.0 % (97.0 to 99.0 %)" in lines[2]
    assert lines[3] == "The median first reaches 80 %: without BN at step 100, with BN at step 25."


def test_runs_give_test_accuracy_at_their_steps_and_loss_at_each_step():
    runs = {"with BN": [run(0), run(1)]}
    accuracy, loss = curves(runs), curves(runs, y="loss")
    assert accuracy.spec["title"] == "test accuracy"
    np.testing.assert_array_equal(accuracy.arrays["steps0"], STEPS)
    assert loss.spec["title"] == "training loss (nats)"
    assert loss.arrays["steps0"][0] == 1 and loss.arrays["steps0"][-1] == 1000


def test_twins_of_several_seeds_are_sorted_by_label():
    pairs = [SimpleNamespace(runs={"without BN": run(s), "with BN": run(s)}) for s in range(3)]
    figure = curves(pairs)
    assert [style["label"] for style in figure.spec["styles"]] == ["without BN", "with BN"]
    assert figure.arrays["seeds0"].shape == (3, len(STEPS))
    assert curves(pairs[0]).arrays["seeds0"].shape == (1, len(STEPS))


def test_trained_twins_are_read():
    pairs = [Twins(sizes=(64, 20, 10), seed=s, eval_every=10) for s in range(2)]
    with pytest.raises(ValueError, match="'without BN': accuracy has shape.*train it first"):
        curves(pairs)
    for pair in pairs:
        pair.train(30, progress=False)
    figure = curves(pairs, y="loss")
    wanted = np.median([pair.bn.loss for pair in pairs], axis=0)
    np.testing.assert_allclose(figure.arrays["median1"], wanted, rtol=1e-6)
    np.testing.assert_array_equal(curves(pairs).arrays["steps0"], [10, 20, 30])


def test_one_seed_has_no_band_and_says_so():
    figure = curves({"with BN": run()})
    assert figure.spec["notes"] == ["One seed, so no band: with BN."]
    assert "no spread to show" in figure.caption
    assert "(1 seed)" in figure.alt


def test_smoothing_is_said_in_figure_and_picture():
    figure = curves({"with BN": [run(0), run(1)]}, y="loss")
    assert "running median over 21 steps" in figure.spec["notes"][0]
    assert "running median over 21 steps" in figure.picture().axes[0].get_ylabel()


def test_accuracy_and_short_losses_are_not_smoothed():
    for y in ("accuracy", "loss"):
        figure = curves(BOTH, y=y, steps=STEPS)
        assert figure.spec["notes"] == []
        np.testing.assert_allclose(figure.arrays["seeds0"], SLOW, rtol=1e-6)


@given(
    hnp.arrays(float, st.tuples(st.integers(1, 3), st.integers(1, 30)), elements=st.floats(-9, 9)),
    st.integers(0, 4).map(lambda half: 2 * half + 1),
)
def test_running_median_is_numpys_median_of_each_window(values, window):
    rows = np.arange(values.shape[1])
    smooth = running_median(values, rows, window)
    for row in rows:
        half = min(window // 2, row)
        np.testing.assert_allclose(
            smooth[:, row], np.median(values[:, row - half : row + half + 1], axis=1)
        )


def test_long_runs_are_thinned_with_first_and_last_step_kept():
    figure = curves({"loss": [np.linspace(3, 0, 100_000)]}, y="loss")
    steps = figure.arrays["steps0"]
    assert len(steps) <= MOST_ROWS
    assert steps[0] == 1 and steps[-1] == 100_000
    assert (steps <= 100).sum() > 30  # enough for a logarithmic axis
    assert len(figure.to_html(code=False)) < 100_000


def test_a_diverged_seed_is_counted_and_leaves_the_others():
    loss = np.tile(np.linspace(2, 1, 50), (3, 1))
    loss[2, 30:] = np.nan
    figure = curves({"without BN": loss}, y="loss")
    assert figure.arrays["lost0"].tolist() == [0] * 30 + [1] * 20
    assert np.isfinite(figure.arrays["median0"]).all()
    assert "up to 1 of 3 seeds NaN or infinite" in figure.alt


def test_all_seeds_lost_leaves_a_gap_and_no_number():
    loss = np.ones((2, 10))
    loss[:, 5:] = np.inf
    figure = curves({"without BN": loss, "with BN": np.ones((2, 10))}, y="loss")
    assert np.isnan(figure.arrays["median0"][5:]).all()
    assert "not a number at step 10" in figure.alt
    assert curves({"x": np.full((2, 3), np.nan)}).to_html(code=False)


def test_an_exploding_loss_leaves_the_others_room():
    loss = np.ones((1, 100))
    loss[0, 50] = 1e9
    assert curves({"loss": loss}, y="loss").spec["range"][1] < 10


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"runs": BOTH, "y": "accurracy"}, ValueError, "y is 'accurracy'; it must be"),
        ({"runs": 3}, TypeError, r"got a int; give \{label: \[Run"),
        ({"runs": {}}, ValueError, "no runs"),
        ({"runs": []}, TypeError, "got a list"),
        ({"runs": {"a": "text"}}, TypeError, "'a': got a str"),
        ({"runs": {"a": np.zeros((2, 3, 4))}}, ValueError, r"shape \(2, 3, 4\); give \(seeds,"),
        ({"runs": {"a": []}}, ValueError, "'a': accuracy has shape"),
        ({"runs": BOTH, "steps": [1, 2]}, ValueError, r"5 values but steps of shape \(2,\)"),
        ({"runs": BOTH, "steps": [0, 2, 1, 3, 4]}, ValueError, "steps must ascend"),
        ({"runs": {"a": 90 * FAST}}, ValueError, "divide per cents by 100"),
        (
            {"runs": {"a": [run(steps=10), run(steps=20)]}, "y": "loss"},
            ValueError,
            "the runs are 10, 20 values long",
        ),
        (
            {"runs": {"a": [SimpleNamespace(steps=[], accuracy=[], loss=[])]}},
            ValueError,
            "train it first",
        ),
    ],
)
def test_bad_input_gets_a_clear_message(arguments, error, message):
    with pytest.raises(error, match=message):
        curves(**arguments)


# --- in a browser -------------------------------------------------------------------------------


def after_draw(page, act):
    before = int(page.get_attribute("figure", "data-draws"))
    act()
    page.wait_for_function(f"Number(document.querySelector('figure').dataset.draws) > {before}")


def readings(page):
    return [" ".join(text.split()) for text in page.locator(".bnviz-line").all_inner_texts()]


def test_cursor_reads_the_median_and_its_spread(open_figure):
    page = open_figure(curves(BOTH, steps=STEPS))
    assert readings(page) == [
        "without BN median 85.0 % (80.0 to 90.0 %, 3 seeds)",
        "with BN median 98.0 % (97.0 to 99.0 %, 3 seeds)",
    ]
    slider = page.get_by_role("slider", name="Step")
    slider.focus()
    after_draw(page, lambda: page.keyboard.press("ArrowLeft"))
    assert slider.get_attribute("aria-valuetext") == "75"
    assert readings(page)[0] == "without BN median 60.0 % (50.0 to 70.0 %, 3 seeds)"


def test_pointer_moves_the_cursor(open_figure):
    page = open_figure(curves(BOTH, steps=STEPS))
    box = page.locator("svg[role=img]").bounding_box()
    after_draw(
        page, lambda: page.mouse.move(box["x"] + 0.54 * box["width"], box["y"] + box["height"] / 2)
    )
    assert page.get_by_role("slider").get_attribute("aria-valuetext") == "50"
    assert readings(page)[1] == "with BN median 92.0 % (90.0 to 94.0 %, 3 seeds)"


def test_each_seed_is_shown_on_demand(open_figure):
    page = open_figure(curves(BOTH, steps=STEPS))
    threads = page.locator("svg[role=img] path[stroke-width='1']:not([d=''])")
    assert threads.count() == 0
    after_draw(page, page.get_by_label("Show each seed").check)
    assert threads.count() == 6


def test_logarithmic_axis_leaves_out_step_0_and_says_so(open_figure):
    page = open_figure(curves(BOTH, steps=STEPS))
    line = page.locator("svg[role=img] path[stroke-width='2.4']").first
    assert line.get_attribute("d").count("L") == 4
    assert not page.get_by_text("Step 0 has no place").is_visible()
    axis = page.get_by_label("Step axis")
    after_draw(page, lambda: axis.select_option("logarithmic"))
    assert line.get_attribute("d").count("L") == 3
    assert page.get_by_text("Step 0 has no place").is_visible()
    page.get_by_role("slider").focus()
    after_draw(page, lambda: page.keyboard.press("Home"))
    assert "10.0 %" in readings(page)[0]


def test_labels_differ_by_dash_too(open_figure):
    page = open_figure(curves(BOTH, steps=STEPS))
    lines = page.locator("svg[role=img] path[stroke-width='2.4']").all()
    assert len({line.get_attribute("stroke-dasharray") for line in lines}) == 2
    assert len({line.get_attribute("stroke") for line in lines}) == 2


def test_one_seed_draws_no_band(open_figure):
    page = open_figure(curves({"with BN": FAST[:1]}, steps=STEPS))
    assert page.locator("svg[role=img] path[fill-opacity]").get_attribute("d") == ""
    assert page.get_by_text("One seed, so no band: with BN.").is_visible()
    assert readings(page) == ["with BN 97.0 %, one seed"]
    assert page.get_by_label("Show each seed").count() == 0


def test_lost_seeds_are_shown_loudly(open_figure):
    loss = np.ones((2, 10))
    loss[:, 5:] = np.nan
    page = open_figure(curves({"without BN": loss}, y="loss"))
    assert page.get_by_text("2 of 2 NaN or infinite", exact=True).is_visible()


def test_labels_evaluated_at_other_steps_are_read_at_their_nearest(open_figure):
    short = SimpleNamespace(steps=[0, 40, 100], accuracy=[0.1, 0.5, 0.6], loss=[1.0])
    page = open_figure(curves({"a": [run()], "b": [short]}))
    page.get_by_role("slider").focus()
    for _ in range(2):
        after_draw(page, lambda: page.keyboard.press("ArrowLeft"))
    assert page.get_by_role("slider").get_attribute("aria-valuetext") == "50"
    assert readings(page)[1] == "b 50.0 %, one seed (at step 40)"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_is_wide_enough(open_figure, scheme):
    page = open_figure(curves(BOTH, steps=STEPS), width=360, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    sizes = page.eval_on_selector_all(
        "figure :is(text, div, label, span, p, strong)",
        "all => all.map((t) => parseFloat(getComputedStyle(t).fontSize))",
    )
    assert min(sizes) >= 11
    box = page.locator("svg[role=img]").bounding_box()
    for text in page.locator("svg[role=img] text").all():
        inner = text.bounding_box()
        assert box["x"] <= inner["x"] and inner["x"] + inner["width"] <= box["x"] + box["width"]
    drawn = page.locator("svg[role=img]").text_content()
    assert "training step" in drawn and "accuracy" in drawn


def test_names_are_text(open_figure):
    evil = "<img src=x onerror='boom()'>"
    page = open_figure(curves({evil: FAST}, steps=STEPS))
    assert page.locator("figure img:not(.bnviz-picture)").count() == 0
    assert page.locator(".bnviz-line strong").inner_text() == evil


def test_scripts_off_leaves_the_picture(open_figure):
    figure = curves(BOTH, steps=STEPS)
    page = open_figure(figure, java_script_enabled=False)
    picture = page.locator("img.bnviz-picture")
    assert picture.is_visible() and picture.get_attribute("alt") == figure.alt
