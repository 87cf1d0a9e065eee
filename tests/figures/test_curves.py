"""`curves`: medians and bands over seeds, what is said of them, and what the cursor reads."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from browser import after_draw, assert_fits, axe_findings, plot_share
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bnviz import Twins
from bnviz.figures import Axis, Band, curves
from bnviz.figures.gallery.curves.summary import MOST_ROWS, running_median

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
    figure = curves(BOTH, x=STEPS)
    for i, values in enumerate(BOTH.values()):
        part = {n: figure.arrays[f"0.{i}.{n}"] for n in ("x", "seeds", "middle", "low", "high")}
        np.testing.assert_allclose(part["middle"], np.median(values, 0), rtol=1e-6)
        np.testing.assert_allclose(part["low"], values.min(0), rtol=1e-6)
        np.testing.assert_allclose(part["high"], values.max(0), rtol=1e-6)
        np.testing.assert_allclose(part["seeds"], values, rtol=1e-6)
        np.testing.assert_array_equal(part["x"], STEPS)


def test_alternative_says_values_spread_and_who_is_sooner():
    lines = curves(BOTH, x=STEPS).alt.splitlines()
    assert "without BN (3 seeds): 10.0 % at 0, 85.0 % (80.0 % to 90.0 %)" in lines[1]
    assert "with BN (3 seeds): 10.0 % at 0, 98.0 % (97.0 % to 99.0 %)" in lines[2]
    assert lines[3] == "The median first reaches 80 %: without BN at step 100, with BN at step 25."


def test_who_is_sooner_is_said_of_training_steps_alone():
    figure = curves(BOTH, x=STEPS, x_axis=Axis("batch size"))
    assert "first reaches" not in figure.alt


def test_runs_give_test_accuracy_at_their_steps_and_loss_at_each_step():
    runs = {"with BN": [run(0), run(1)]}
    accuracy, loss = curves(runs), curves(runs, y="loss")
    assert accuracy.spec["y"]["name"] == "test accuracy"
    np.testing.assert_array_equal(accuracy.arrays["0.0.x"], STEPS)
    assert loss.spec["y"]["name"] == "training loss (nats)"
    assert loss.arrays["0.0.x"][0] == 1 and loss.arrays["0.0.x"][-1] == 1000


def test_numbers_of_the_callers_own_are_not_called_test_accuracy():
    assert curves(BOTH, x=STEPS).spec["y"]["name"] == "accuracy"


def test_twins_of_several_seeds_are_sorted_by_label():
    pairs = [SimpleNamespace(runs={"without BN": run(s), "with BN": run(s)}) for s in range(3)]
    figure = curves(pairs)
    assert [style["label"] for style in figure.spec["styles"]] == ["without BN", "with BN"]
    assert figure.arrays["0.0.seeds"].shape == (3, len(STEPS))
    assert curves(pairs[0]).arrays["0.0.seeds"].shape == (1, len(STEPS))


def test_trained_twins_are_read():
    pairs = [Twins(sizes=(64, 20, 10), seed=s, eval_every=10) for s in range(2)]
    with pytest.raises(ValueError, match="'without BN': accuracy has shape.*train it first"):
        curves(pairs)
    for pair in pairs:
        pair.train(30, progress=False)
    figure = curves(pairs, y="loss")
    wanted = np.median([pair.bn.loss for pair in pairs], axis=0)
    np.testing.assert_allclose(figure.arrays["0.1.middle"], wanted, rtol=1e-6)
    np.testing.assert_array_equal(curves(pairs).arrays["0.0.x"], [0, 10, 20, 30])


def test_one_seed_says_that_there_is_no_spread():
    figure = curves({"with BN": run()})
    assert "no spread to show" in figure.caption
    assert "(1 seed)" in figure.alt


@pytest.mark.parametrize("line", [[1.0, 2], Band([0.0, 1], [1, 2], [2, 3])])
def test_a_line_by_itself_is_of_no_seed(line):
    """Exact arithmetic was not measured over seeds, not even over one."""
    figure = curves({"√m": line}, x=[1, 4], y_axis=Axis("error"), x_axis=Axis("batch size"))
    assert "seed" not in figure.alt + figure.caption
    assert "√m: 1" in figure.alt
    (key,) = figure.picture().legends[0].get_texts()
    assert key.get_text() == "√m"


def test_beside_seeds_a_line_by_itself_stays_one():
    figure = curves({"theory": [0.1, 0.5], "measured": [[0.1, 0.4], [0.1, 0.6]]})
    assert "median and range over seeds" in figure.alt and "over 2 seeds" in figure.caption
    assert "\ntheory: " in figure.alt and "\nmeasured (2 seeds): " in figure.alt


def test_a_broken_line_by_itself_says_so():
    assert "; in part NaN or infinite" in curves({"a": [1.0, np.nan]}, y_axis=Axis("v")).alt
    assert "; in part missing" in curves({"a": [1.0, np.nan]}, y_axis=Axis("v"), lost="missing").alt


def test_smoothing_is_said_in_figure_and_picture():
    figure = curves({"with BN": [run(0), run(1)]}, y="loss")
    assert "running median over 21 steps" in figure.spec["notes"][0]
    assert "running median" in figure.picture().axes[0].get_ylabel()


def test_accuracy_and_short_losses_are_not_smoothed():
    for y in ("accuracy", "loss"):
        figure = curves(BOTH, y=y, x=STEPS)
        assert figure.spec["notes"] == []
        np.testing.assert_allclose(figure.arrays["0.0.seeds"], SLOW, rtol=1e-6)


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
    steps = figure.arrays["0.0.x"]
    assert len(steps) <= MOST_ROWS
    assert steps[0] == 1 and steps[-1] == 100_000
    assert (steps <= 100).sum() > 30  # enough for a logarithmic axis
    assert len(figure.to_html(code=False)) < 100_000


def test_a_diverged_seed_is_counted_and_leaves_the_others():
    loss = np.tile(np.linspace(2, 1, 50), (3, 1))
    loss[2, 30:] = np.nan
    figure = curves({"without BN": loss}, y="loss")
    assert figure.arrays["0.0.lost"].tolist() == [0] * 30 + [1] * 20
    assert np.isfinite(figure.arrays["0.0.middle"]).all()
    assert "up to 1 of 3 seeds NaN or infinite" in figure.alt


def test_a_smoothed_loss_is_lost_where_it_was_lost():
    loss = np.ones((1, 150))
    loss[0, 70] = np.nan
    figure = curves({"without BN": loss}, y="loss")
    assert "running median" in figure.spec["notes"][0]
    assert np.flatnonzero(figure.arrays["0.0.lost"]).tolist() == [70]
    assert np.flatnonzero(np.isnan(figure.arrays["0.0.middle"])).tolist() == [70]


def test_all_seeds_lost_leaves_a_gap_and_no_number():
    loss = np.ones((2, 10))
    loss[:, 5:] = np.inf
    figure = curves({"without BN": loss, "with BN": np.ones((2, 10))}, y="loss")
    assert np.isnan(figure.arrays["0.0.middle"][5:]).all()
    assert "not a number at 10" in figure.alt
    assert curves({"x": np.full((2, 3), np.nan)}).to_html(code=False)


def test_an_exploding_loss_leaves_the_others_room():
    loss = np.ones((1, 100))
    loss[0, 50] = 1e9
    assert curves({"loss": loss}, y="loss").spec["y"]["ends"][1] < 10


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"runs": BOTH, "y": "accurracy"}, ValueError, "y is 'accurracy'; it must be"),
        ({"runs": 3}, TypeError, r"got a int; give \{label: \[Run"),
        ({"runs": {}}, ValueError, r"got no lines; give at least one \{label"),
        (
            {"runs": {"a": Band([0, 2], [1, 1], [2, 2])}},
            ValueError,
            "low ≤ middle ≤ high; at index 1 they are 2, 1 and 2",
        ),
        (
            {"runs": {"a": Band([0, 0], [3, 1], [2, 2])}},
            ValueError,
            "at index 0 they are 0, 3 and 2",
        ),
        ({"runs": []}, ValueError, "accuracy has shape"),
        ({"runs": {"a": "text"}}, TypeError, "'a': got a str"),
        ({"runs": {"a": np.zeros((2, 3, 4))}}, ValueError, r"shape \(2, 3, 4\); give \(seeds,"),
        ({"runs": {"a": []}}, ValueError, "'a': accuracy has shape"),
        ({"runs": BOTH, "x": [1, 2]}, ValueError, r"5 values but x of shape \(2,\)"),
        ({"runs": BOTH, "x": [0, 2, 1, 3, 4]}, ValueError, "x must ascend"),
        (
            {"runs": {"a": [1, 2]}, "x": [1, np.inf]},
            ValueError,
            r"x must be finite; it is \[1.0, inf",
        ),
        (
            {"runs": {"a": [0.1, 0.2]}, "x": [-3, 0], "x_axis": Axis("weight", log=True)},
            ValueError,
            "'weight' is logarithmic, and x goes from -3 to 0; give values above zero",
        ),
        (
            {"runs": BOTH, "marks": {"m": np.nan}},
            ValueError,
            "marks has nan for 'm'; give a finite",
        ),
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


def test_a_band_of_the_callers_own():
    figure = curves({"layer 3": Band([0, 1], [1, 2], [3, 4])}, x=[1, 10], y_axis=Axis("value"))
    assert figure.arrays["0.0.low"].tolist() == [0, 1]
    assert figure.arrays["0.0.high"].tolist() == [3, 4]
    assert "seed" not in figure.caption
    with pytest.raises(ValueError, match=r"one shape \(T,\); given \(2,\), \(1,\)"):
        curves({"layer 3": Band([0, 1], [1], [3, 4])})


def test_all_choices_share_their_axes():
    figure = curves(
        {4: {"a": [[5.0, 6]]}, 64: {"a": [[50.0, 60]]}},
        x=[1, 2],
        causes={"batch size": [4, 64]},
        y_axis=Axis("error"),
    )
    low, high = figure.spec["y"]["ends"]
    assert low <= 5 and high >= 60
    assert figure.spec["causes"] == [{"name": "batch size", "values": ["4", "64"]}]
    assert figure.alt.count("batch size 4:") == figure.alt.count("batch size 64:") == 1
    assert len([ax for ax in figure.picture().axes if ax.get_visible()]) == 2


def test_choices_with_other_labels_are_refused():
    with pytest.raises(ValueError, match="every choice of the causes must have the same labels"):
        curves({1: {"a": [1.0]}, 2: {"b": [1.0]}}, causes={"k": [1, 2]}, y_axis=Axis("v"))


def test_an_axis_may_have_its_ticks_at_the_measured_values():
    axis = Axis("batch size", log=True, ticks=(4, 16, 64))
    ax = curves({"a": [0.1, 0.2, 0.3]}, x=[4, 16, 64], x_axis=axis).picture().axes[0]
    assert ax.get_xticks().tolist() == [4, 16, 64]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["4", "16", "64"]
    assert axis == Axis("batch size", log=True, ticks=4.0 ** np.arange(1, 4))
    with pytest.raises(ValueError, match=r"'m' is logarithmic and has ticks \(0, 4\)"):
        Axis("m", log=True, ticks=(0, 4))


def test_pictures_of_four_choices_stand_in_two_even_rows():
    data = {k: {"a": [0.1, 0.2]} for k in range(4)}
    axes = curves(data, causes={"k": list(data)}).picture().axes
    assert [ax.get_visible() for ax in axes] == [True] * 4


def test_eight_choices_are_all_in_the_picture_and_long_names_within_its_key():
    data = {k: {f"right answers of {name}": [[0.1], [0.2]] for name in "abc"} for k in range(8)}
    picture = curves(data, causes={"k": list(data)}, y_axis=Axis("v")).picture()
    picture.draw_without_rendering()
    assert len([ax for ax in picture.axes if ax.get_visible()]) == 8
    key = picture.legends[0].get_window_extent()
    assert key.x0 >= 0 and key.x1 <= picture.bbox.x1


def test_marks_are_on_the_axis_and_in_the_picture():
    figure = curves(BOTH, x=STEPS, marks={"chance": 0.1}, y_axis=Axis("gain"))
    assert figure.spec["marks"] == [{"name": "chance", "value": 0.1}]
    assert "chance" in [text.get_text() for text in figure.picture().axes[0].texts]


# --- in a browser -------------------------------------------------------------------------------


def readings(page):
    return [" ".join(text.split()) for text in page.locator(".bnviz-line").all_inner_texts()]


def lines(page):
    return page.locator("svg[role=img] path[stroke-width='2.4']")


def test_cursor_reads_the_median_and_its_spread(open_figure):
    page = open_figure(curves(BOTH, x=STEPS))
    assert readings(page) == [
        "without BN 85.0 % (80.0 to 90.0 %)",
        "with BN 98.0 % (97.0 to 99.0 %)",
    ]
    slider = page.get_by_role("slider", name="training step")
    slider.focus()
    after_draw(page, lambda: page.keyboard.press("ArrowLeft"))
    assert slider.get_attribute("aria-valuetext") == "75"
    assert readings(page)[0] == "without BN 60.0 % (50.0 to 70.0 %)"


def test_pointer_moves_the_cursor(open_figure):
    page = open_figure(curves(BOTH, x=STEPS))
    box = page.locator("svg[role=img] rect[fill=transparent]").bounding_box()
    after_draw(
        page, lambda: page.mouse.click(box["x"] + 0.5 * box["width"], box["y"] + box["height"] / 2)
    )
    assert page.get_by_role("slider").get_attribute("aria-valuetext") == "50"
    assert readings(page)[1] == "with BN 92.0 % (90.0 to 94.0 %)"


def test_lines_are_named_at_their_ends_without_touching(open_figure):
    close = {"without BN": FAST, "with BN": 0.97 * FAST, "layer norm": 0.94 * FAST}
    page = open_figure(curves(close, x=STEPS))
    names = page.locator("svg[role=img] text.bnviz-strong")
    assert names.all_text_contents() == list(close)
    tops = sorted(name.bounding_box()["y"] for name in names.all())
    assert min(np.diff(tops)) >= 12


def test_ticks_of_the_callers_own_are_written(open_figure):
    axis = Axis("batch size", log=True, ticks=(4, 16, 64, 0.25))
    page = open_figure(curves({"a": [0.1, 0.2]}, x=[0.1, 100], x_axis=axis), width=360)
    numbers = page.locator("svg[role=img] > g.bnviz-axes").first.locator("text.bnviz-text")
    assert numbers.all_text_contents() == ["4", "16", "64", "0.25"]


def test_ticks_between_round_numbers_are_written_whole(open_figure):
    axis = Axis("rate", ticks=(0.2, 0.5, 1))
    page = open_figure(curves({"a": [0.1, 0.2]}, x=[0, 1], x_axis=axis))
    numbers = page.locator("svg[role=img] > g.bnviz-axes").first.locator("text.bnviz-text")
    assert numbers.all_text_contents() == ["0.2", "0.5", "1"]


@pytest.mark.parametrize("width", [360, 936])
def test_lines_that_lie_on_each_other_are_said_to(open_figure, width):
    """Two labels at one line would leave open where the second one goes."""
    data = {
        "alike": {"rate as it is": FAST, "no BN": SLOW, "times a": FAST + 1e-4},
        "apart": {"rate as it is": FAST, "no BN": SLOW, "times a": FAST - 0.1},
    }
    page = open_figure(curves(data, x=STEPS, causes={"kind": list(data)}), width)
    drawing = page.locator("svg[role=img]")
    said = drawing.locator("text.bnviz-strong", has_text="both")
    assert said.text_content() == "both: rate as it is and times a"
    assert "On each other, both: rate as it is and times a." in drawing.get_attribute("aria-label")
    over = [line.get_attribute("stroke-dasharray") for line in lines(page).all()]
    assert over[2] == "8 8"  # the gaps show the line below
    shown = [text.text_content() for text in drawing.locator("text.bnviz-strong").all()
             if text.is_visible()]  # fmt: skip
    assert shown == ["both: rate as it is and times a"] + (["no BN"] if width > 480 else [])
    after_draw(page, lambda: page.get_by_role("radio", name="apart").check())
    assert said.count() == 0 and "On each other" not in drawing.get_attribute("aria-label")
    apart = [line.get_attribute("stroke-dasharray") for line in lines(page).all()]
    assert apart[:2] == over[:2] and apart[2] != "8 8"


def test_of_three_lines_on_each_other_each_is_seen_in_turn(open_figure):
    page = open_figure(curves({name: FAST for name in "ABC"}, x=STEPS))
    assert page.locator("svg text.bnviz-strong", has_text="all").text_content() == "all: A, B and C"
    parts = []
    for line in lines(page).all()[1:]:
        on, off = map(float, line.get_attribute("stroke-dasharray").split())
        start = -float(line.get_attribute("stroke-dashoffset"))
        assert start + on <= on + off
        parts.append((start, start + on))
    assert parts[0][0] > 0 and parts[0][1] <= parts[1][0]  # the lowest one is seen before them


def test_on_a_phone_the_plot_has_most_of_the_width_and_names_stand_above_it(open_figure):
    page = open_figure(curves(BOTH, x=STEPS), width=360)
    assert plot_share(page) >= 0.6
    assert not any(name.is_visible() for name in page.locator("svg text.bnviz-strong").all())
    assert [line.split(" BN")[0] for line in readings(page)] == ["without", "with"]


def test_a_cause_changes_lines_readings_and_description(open_figure):
    data = {4: {"a": [[0.1, 0.2]]}, 64: {"a": [[0.8, 0.9]]}}
    page = open_figure(curves(data, x=[1, 2], causes={"batch size": [4, 64]}))
    assert readings(page) == ["a 20.0 %"]
    axis = page.locator("svg[role=img] > g").nth(1).inner_html()
    after_draw(page, lambda: page.get_by_role("radio", name="64").check())
    assert readings(page) == ["a 90.0 %"]
    assert "90.0 % at 2" in page.locator("svg[role=img]").get_attribute("aria-label")
    assert page.locator("svg[role=img] > g").nth(1).inner_html() == axis  # it stays


def test_causes_are_counted_as_in_python(open_figure):
    data = {(a, b): {"x": [[0.1 * a + 0.01 * b]]} for a in (1, 2) for b in (3, 4, 5)}
    page = open_figure(curves(data, causes={"a": [1, 2], "b": [3, 4, 5]}))
    after_draw(page, lambda: page.get_by_role("radio", name="2", exact=True).check())
    after_draw(page, lambda: page.get_by_role("radio", name="5", exact=True).check())
    assert readings(page) == ["x 25.0 %"]


def test_each_seed_is_shown_on_demand(open_figure):
    page = open_figure(curves(BOTH, x=STEPS))
    threads = page.locator("svg[role=img] g[stroke-opacity] path")
    assert threads.count() == 0
    page.get_by_text("Options").click()
    after_draw(page, page.get_by_label("show each seed").check)
    assert threads.count() == 6


def test_logarithmic_axis_leaves_out_0_and_says_so(open_figure):
    page = open_figure(curves(BOTH, x=[0, 1, 4, 20, 100]))
    assert lines(page).first.get_attribute("d").count("L") == 4
    page.get_by_text("Options").click()
    after_draw(page, page.get_by_label("step on a logarithmic axis, without 0").check)
    assert lines(page).first.get_attribute("d").count("L") == 3
    page.get_by_role("slider").focus()
    after_draw(page, lambda: page.keyboard.press("Home"))
    assert "10.0 %" in readings(page)[0]


def test_few_layers_need_no_logarithmic_axis(open_figure):
    page = open_figure(curves(BOTH, x=[1, 2, 3, 4, 5], x_axis=Axis("layer")))
    assert page.get_by_label("logarithmic axis").count() == 0


@pytest.mark.parametrize("width", [360, 960])
def test_the_label_of_two_lines_does_not_cover_that_of_a_level(open_figure, width):
    ys = np.array([[0.3, 0.98, 1.0, 1.0, 1.0]])
    data = {"one way": ys, "another way": ys}
    axis = Axis("gain", range=(0, 1.2))
    page = open_figure(curves(data, x=STEPS, y_axis=axis, marks={"the mean": 1}), width=width)
    level = page.locator("text.bnviz-halo", has_text="the mean").bounding_box()
    both = page.locator("text.bnviz-strong", has_text="both").bounding_box()
    assert (
        both["x"] >= level["x"] + level["width"]
        or both["y"] >= level["y"] + level["height"] - 3
        or both["y"] + both["height"] <= level["y"] + 3
    )


def test_labels_differ_by_dash_too(open_figure):
    page = open_figure(curves(BOTH, x=STEPS, styles={"without BN": "without", "with BN": "with"}))
    found = lines(page).all()
    assert len({line.get_attribute("stroke-dasharray") for line in found}) == 2
    strokes = [line.get_attribute("stroke") for line in found]
    assert strokes == ["var(--bnviz-without)", "var(--bnviz-with)"]


def test_one_seed_is_read_without_a_range(open_figure):
    page = open_figure(curves({"with BN": FAST[:1]}, x=STEPS))
    assert readings(page) == ["with BN 97.0 %"]
    assert page.get_by_label("show each seed").count() == 0


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
    assert readings(page)[1] == "b 50.0 % at 40"


def test_it_is_seen_at_once_with_its_controls(open_figure):
    data = {(a, b): BOTH | {"layer norm": SLOW} for a in (1, 2) for b in (3, 4)}
    causes = {"noise after the norm": [1, 2], "learning rate": [3, 4]}
    assert_fits(open_figure, curves(data, x=STEPS, causes=causes, marks={"chance": 0.1}))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible(open_figure, scheme):
    data = {1: BOTH, 2: BOTH}
    page = open_figure(curves(data, x=STEPS, causes={"k": [1, 2]}), color_scheme=scheme)
    assert axe_findings(page) == []


def test_names_are_text(open_figure):
    evil = "<img src=x onerror='boom()'>"
    page = open_figure(curves({evil: FAST}, x=STEPS))
    assert page.locator("figure img:not(.bnviz-still > img)").count() == 0
    assert page.locator(".bnviz-line strong").inner_text() == evil


def test_scripts_off_leaves_the_picture(open_figure):
    figure = curves(BOTH, x=STEPS)
    page = open_figure(figure, java_script_enabled=False)
    picture = page.locator(".bnviz-still img")
    assert picture.is_visible() and picture.get_attribute("alt") == figure.alt
