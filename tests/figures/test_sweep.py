"""`sweep`: what came of every setting, and what the chosen cell opens."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pytest
from browser import after_draw, assert_fits, axe_findings, height, touch

from bnviz import Twins
from bnviz.figures import Axis, sweep
from bnviz.figures.gallery.sweep.inside import DIGITS, LEVELS, SHARES

ROWS = ("initial standard deviation", [0.1, 1])
COLUMNS = ("learning rate", [0.1, 0.5, 2])
STYLES = {"without BN": "without", "with BN": "with"}


def run(accuracy, lost_at=0, steps=20):
    """What a run has that was not recorded."""
    loss = np.linspace(2.3, 0.5, steps)
    if lost_at:
        loss[lost_at - 1 :] = np.nan
    evaluated = np.arange(0, steps + 1, 5)
    return SimpleNamespace(
        loss=loss, steps=evaluated, accuracy=np.linspace(0.1, accuracy, len(evaluated))
    )


def plain_grid():
    """Two rows, three columns, three seeds; one cell is lost, one partly, and one is missing."""
    grid = {
        (r, k): {"without BN": [run(0.2), run(0.3), run(0.4)], "with BN": [run(0.95)] * 3}
        for r in ROWS[1]
        for k in COLUMNS[1]
    }
    grid[0.1, 0.5]["without BN"] = [run(0.97), run(0.93), run(0.91)]
    grid[1, 2]["without BN"] = [run(0.1, lost_at=3), run(0.1, lost_at=8), run(0.5)]
    grid[1, 0.5]["without BN"][0] = run(0.1, lost_at=7)
    del grid[0.1, 2]
    return grid


@pytest.fixture(scope="module")
def trained():
    """Twins at every cell of a grid of two by two, trained and recorded."""
    return {
        (std, lr): Twins(
            (64, 12, 12, 10), "sigmoid", init_std=std, lr=lr, seed=1, batch_size=32, eval_every=10
        )
        .train(40, progress=False)
        .runs
        for std in (0.1, 3.0)
        for lr in (0.1, 2.0)
    }


TRAINED = {"rows": ("initial standard deviation", [0.1, 3.0]), "columns": ("rate", [0.1, 2.0])}


# --- without a browser --------------------------------------------------------------------------


def test_a_cell_has_the_last_accuracy_of_each_seed():
    figure = sweep(plain_grid(), ROWS, COLUMNS)
    values = figure.arrays["values"]
    assert values.shape == (1, 2, 3, 2, 3)
    np.testing.assert_allclose(values[0, 0, 1, 0], [0.97, 0.93, 0.91], rtol=1e-6)
    np.testing.assert_allclose(values[0, 1, 0, 1], 0.95, rtol=1e-6)


def test_exploded_runs_are_lost_and_not_inaccurate():
    figure = sweep(plain_grid(), ROWS, COLUMNS)
    assert np.isnan(figure.arrays["values"][0, 1, 2, 0]).tolist() == [True, True, False]
    assert figure.arrays["lostAt"][0, 1, 2, 0].tolist() == [3, 8, 0]
    curve = figure.arrays["curve"][0, 1, 2, 0]
    assert curve[0].tolist()[1:] == [255] * 4 and 255 not in curve[2]


def test_a_loss_that_is_finite_again_is_not_lost():
    one = run(0.9)
    one.loss[4] = np.inf
    figure = sweep({(0.1, 0.1): {"a": one}}, ROWS, COLUMNS)
    assert figure.arrays["lostAt"].max() == 0


def test_cells_that_reach_the_goal_are_counted():
    goal = sweep(plain_grid(), ROWS, COLUMNS).spec["goal"]
    assert goal == {"text": "90 %", "reached": [[1, 5]], "of": [[5, 5]]}
    assert sweep(plain_grid(), ROWS, COLUMNS, goal=0.34).spec["goal"]["reached"] == [[2, 5]]
    assert sweep(plain_grid(), ROWS, COLUMNS, goal=0.3).spec["goal"]["reached"] == [[4, 5]]


def test_the_alternative_counts_and_says_every_cell():
    lines = sweep(plain_grid(), ROWS, COLUMNS).alt.splitlines()
    assert lines[0] == (
        "Test accuracy after 20 steps by initial standard deviation and learning rate "
        "(0.1, 0.5, 2)."
    )
    assert lines[1] == (
        "without BN: 1 of 5 reach 90 %, 1 exploded. "
        "Initial standard deviation 0.1: 30 %, 93 %, no run. "
        "Initial standard deviation 1: 30 %, 35 %, exploded."
    )


def test_the_cell_in_which_the_series_differ_most_is_open_at_first():
    assert sweep(plain_grid(), ROWS, COLUMNS).spec["chosen"] == [1, 2]


def test_numbers_in_place_of_runs_have_nothing_inside():
    figure = sweep({(0.1, 0.1): {"a": [0.5, None]}, (1, 2): {"a": 0.25}}, ROWS, COLUMNS)
    assert set(figure.arrays) == {"values", "counts"}
    assert figure.arrays["counts"][0, :, :, 0].tolist() == [[2, 0, 0], [0, 0, 1]]
    assert "Test accuracy by" in figure.alt


def test_a_grid_may_have_no_label():
    figure = sweep({(0.1, 0.1): [0.5, 0.7], (1, 2): 0.95}, ROWS, COLUMNS)
    assert figure.spec["styles"][0]["label"] == ""
    assert figure.alt.splitlines()[1].startswith("1 of 2 reach 90 %. Initial standard deviation")


def test_twins_of_several_seeds_are_sorted_by_label():
    pairs = [SimpleNamespace(runs={"without BN": run(0.2), "with BN": run(0.9)}) for _ in range(2)]
    figure = sweep({(0.1, 0.1): pairs, (1, 2): pairs[0]}, ROWS, COLUMNS)
    assert [style["label"] for style in figure.spec["styles"]] == ["without BN", "with BN"]
    assert figure.arrays["counts"][0, 0, 0].tolist() == [2, 2]
    assert figure.arrays["counts"][0, 1, 2].tolist() == [1, 1]


def test_a_value_of_the_callers_own():
    figure = sweep(
        {(0.1, 0.1): {"a": run(0.5)}},
        ROWS,
        COLUMNS,
        value=lambda one: float(one.loss[0]),
        value_axis=Axis("first loss"),
    )
    np.testing.assert_allclose(figure.arrays["values"][0, 0, 0, 0], [2.3], rtol=1e-6)
    assert figure.spec["goal"] is None and "First loss by" in figure.alt


def test_loss_is_the_median_of_the_last_steps_and_its_curve():
    one = run(0.5, steps=200)
    one.loss[-1] = 50.0  # one noisy batch
    figure = sweep({(0.1, 0.1): {"a": one}}, ROWS, COLUMNS, value="loss")
    assert figure.arrays["values"][0, 0, 0, 0, 0] < 0.6
    assert figure.spec["curve"]["name"] == "training loss (nats)"
    assert figure.arrays["steps"][[0, -1]].tolist() == [1, 200]


def test_styles_are_those_of_the_runs():
    one = run(0.5)
    one.style = "with"
    figure = sweep({(0.1, 0.1): {"BN": [one], "other": run(0.4)}}, ROWS, COLUMNS)
    assert [style["key"] for style in figure.spec["styles"]] == ["with", "a"]


@pytest.mark.parametrize(
    ("grid", "options", "error", "message"),
    [
        (3, {}, TypeError, "got a int; give"),
        ({}, {}, ValueError, "got no results"),
        ({3: {"a": 1}}, {}, TypeError, r"keyed by \(row, column\); one is 3"),
        ({(0.1, 7): {"a": 1}}, {}, ValueError, r"there is a cell \(0.1, 7\)"),
        ({(0.1, 2): {"a": "x"}}, {}, TypeError, "neither a run nor a number"),
        ({(0.1, 2): {"a": run(1, steps=0)}}, {}, ValueError, "no steps; train it first"),
        ({(0.1, 2): {"a": 0.5}}, {"value": "acc"}, ValueError, "value is 'acc'; it must be"),
        ({(0.1, 2): {"a": 0.5}}, {"rows": [1, 2]}, TypeError, r"rows is \(name, values\)"),
        ({(0.1, 2): {"a": 0.5}}, {"rows": ("r", [1, 1])}, ValueError, "values that differ"),
        (
            {(0.1, 2): {"a": run(1), "b": run(1, steps=30)}},
            {},
            ValueError,
            "trained and evaluated at the same steps",
        ),
        ({(0.1, 2): dict.fromkeys("abcde", 0.5)}, {}, ValueError, "got 5 labels; it has room"),
    ],
)
def test_bad_input_gets_a_clear_message(grid, options, error, message):
    arguments = {"rows": ROWS, "columns": COLUMNS} | options
    with pytest.raises(error, match=message):
        sweep(grid, **arguments)


def whole(differences):
    return np.cumsum(differences, axis=-1, dtype=differences.dtype)


def test_layers_are_those_of_the_recordings(trained):
    figure = sweep(trained, **TRAINED)
    inside, arrays = figure.spec["inside"], figure.arrays
    recording = trained[3.0, 0.1]["without BN"].recording
    layer = recording.layers[1]
    rows = np.searchsorted(recording.steps, arrays["moments"], side="right") - 1
    at = (0, 1, 0, 0, 1)
    std = 10 ** (whole(arrays["std"])[at] / DIGITS)
    np.testing.assert_allclose(std, recording.std(layer)[rows], rtol=0.012)
    off = whole(arrays["off"])[at] / SHARES
    np.testing.assert_allclose(off, recording.saturated(layer)[rows], atol=1 / SHARES)
    shares = (whole(arrays["heights"])[at] / LEVELS) ** 2
    assert np.abs(shares.sum(0) - 1).max() < 0.25
    end = np.arcsinh(inside["reach"] / inside["unit"])
    places = whole(arrays["percents"])[at] / 254
    values = inside["unit"] * np.sinh(end * (2 * places - 1))
    np.testing.assert_allclose(values.T, recording.percentiles(layer)[rows], rtol=0.05, atol=0.03)


def test_layers_may_be_chosen_and_what_is_left_out_is_said(trained):
    figure = sweep(trained, **TRAINED, layers=["hidden2.activation"])
    assert len(figure.spec["inside"]["layers"]) == 1
    assert "1 of 2 layers" in figure.caption
    with pytest.raises(ValueError, match="no layer 'hidden9' was recorded; there are layer 1"):
        sweep(trained, **TRAINED, layers=["hidden9"])


def test_data_are_small(trained):
    html = sweep(trained, **TRAINED).to_html(code=False)
    data = re.search(r'bnviz-data">([^<]*)', html)[1]
    assert len(data) * (36 * 3) / (4 * 2) <= 60_000  # of 6 × 6 cells with three layers


def test_the_picture_has_a_grid_a_series_and_the_numbers():
    picture = sweep(plain_grid(), ROWS, COLUMNS).picture()
    first, second = picture.axes
    assert [text.get_text() for text in first.texts] == ["30", "93", "no run", "30", "35", "×"]
    assert {text.get_text() for text in second.texts} == {"95", "no run"}
    assert first.get_title() == "without BN: 1 of 5 reach 90 %"


# --- in a browser -------------------------------------------------------------------------------


def grid(page, name="without BN"):
    return page.get_by_role("radiogroup", name=f"{name}: test accuracy")


def chosen(page):
    """What a screen reader hears of the chosen cell in each grid."""
    return page.eval_on_selector_all(
        ".bnviz-cells input:checked", "(all) => all.map((one) => one.ariaLabel)"
    )


def readings(page, where="curve"):
    lines = page.locator(f".bnviz-sweep-{where} .bnviz-line").all_inner_texts()
    return [" ".join(line.split()) for line in lines]


def test_numbers_stand_in_the_cells(open_figure):
    page = open_figure(sweep(plain_grid(), ROWS, COLUMNS))
    cells = grid(page).locator(".bnviz-cell")
    assert cells.all_inner_texts() == ["30", "93", "", "30", "35", "×"]
    assert page.get_by_text("1 of 5 reach 90 %").is_visible()


def test_a_cell_is_chosen_in_all_grids_and_opens(open_figure):
    page = open_figure(sweep(plain_grid(), ROWS, COLUMNS))
    after_draw(page, lambda: grid(page).locator(".bnviz-cell").nth(1).click())
    assert chosen(page) == [
        "initial standard deviation 0.1, learning rate 0.5: 93.0 %",
        "initial standard deviation 0.1, learning rate 0.5: 95.0 %",
    ]
    assert readings(page) == ["without BN 93.0 % (91.0 to 97.0 %)", "with BN 95.0 %"]


def test_arrow_keys_move_along_rows_and_columns(open_figure):
    page = open_figure(sweep(plain_grid(), ROWS, COLUMNS))
    grid(page).locator("input:checked").focus()
    for key, place in (
        ("ArrowUp", "deviation 0.1, learning rate 2: no run"),
        ("ArrowLeft", "deviation 0.1, learning rate 0.5: 93.0 %"),
        ("ArrowDown", "deviation 1, learning rate 0.5: 35.0 %, 1 of 3 exploded"),
        ("Home", "deviation 1, learning rate 0.1: 30.0 %"),
        ("ArrowLeft", "deviation 1, learning rate 0.1: 30.0 %"),
        ("End", "deviation 1, learning rate 2: 2 of 3 exploded"),
    ):
        page.keyboard.press(key)
        page.wait_for_timeout(60)
        assert place in chosen(page)[0]
        assert page.evaluate("document.activeElement.ariaLabel") == chosen(page)[0]


def test_what_exploded_is_said_and_crossed(open_figure):
    page = open_figure(sweep(plain_grid(), ROWS, COLUMNS))
    assert readings(page) == ["without BN 50.0 % 2 of 3 exploded", "with BN 95.0 %"]
    crosses = page.locator("svg[role=img] g[stroke='var(--bnviz-a)'] path")
    assert crosses.count() == 2


def test_a_cell_without_a_run_says_so(open_figure):
    page = open_figure(sweep(plain_grid(), ROWS, COLUMNS))
    after_draw(page, lambda: grid(page).locator(".bnviz-cell").nth(2).click())
    assert readings(page) == ["without BN no run", "with BN no run"]


def test_a_layer_is_read_at_the_chosen_step(open_figure, trained):
    page = open_figure(sweep(trained, **TRAINED), width=936)
    after_draw(page, lambda: grid(page).locator(".bnviz-cell").nth(2).click())
    after_draw(page, lambda: page.get_by_role("radio", name="layer 1").check())
    page.get_by_role("slider", name="training step").focus()
    after_draw(page, lambda: page.keyboard.press("Home"))
    recording = trained[3.0, 0.1]["without BN"].recording
    layer = recording.layers[0]
    said = readings(page, "layer")[0]
    std = float(re.search(r"standard deviation ([\d.]+)", said)[1])
    saturated = float(re.search(r"([\d.]+) % saturated", said)[1])
    assert std == pytest.approx(recording.std(layer)[0], rel=0.06)
    assert saturated == pytest.approx(100 * recording.saturated(layer)[0], abs=1)
    assert "layer 1, at step 1" in page.locator(".bnviz-sweep-layer svg[role=img]").get_attribute(
        "aria-label"
    )


def test_bars_are_as_long_as_their_shares(open_figure, trained):
    figure = sweep(trained, **TRAINED)
    page = open_figure(figure, width=936)
    path = page.locator(".bnviz-sweep-layer path[stroke-width='1.3']").last.get_attribute("d")
    start = float(re.match(r"M([\d.]+)", path)[1])
    lengths = np.array([float(x) for x in re.findall(r"H([\d.]+)V", path)]) - start
    r, k = figure.spec["chosen"]
    levels = whole(figure.arrays["heights"])[0, r, k, 1, -1, :, -1].astype(float)
    drawing = page.locator(".bnviz-sweep-layer svg[role=img]").bounding_box()
    room = round(min(190, 0.34 * drawing["width"]))  # of a bar that holds all values
    np.testing.assert_allclose(lengths, room * levels / LEVELS, atol=0.2)


def in_plot(page, plot, path):
    """The heights at which a path ends, from 0 at the lower end of the plot to 1 at the upper."""
    cursor = page.locator(f".bnviz-sweep-{plot} svg[role=img] .bnviz-cursor")
    base, top = (float(cursor.get_attribute(end)) for end in ("y2", "y1"))
    ys = [float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", path.get_attribute("d"))]
    return (np.array(ys) - base) / (top - base)


def test_band_and_line_are_the_percentiles(open_figure, trained):
    figure = sweep(trained, **TRAINED)
    page = open_figure(figure, width=936)
    marks = page.locator(".bnviz-sweep-layer svg g[clip-path] path")
    r, k = figure.spec["chosen"]
    low, middle, high = whole(figure.arrays["percents"])[0, r, k, 1, -1] / 254
    band, line = in_plot(page, "layer", marks.nth(1)), in_plot(page, "layer", marks.nth(3))
    np.testing.assert_allclose(line, middle, atol=0.002)
    np.testing.assert_allclose(band, np.concatenate([high, low[::-1]]), atol=0.002)


def test_the_curve_is_the_median_of_the_seeds(open_figure):
    page = open_figure(sweep(plain_grid(), ROWS, COLUMNS))
    after_draw(page, lambda: grid(page).locator(".bnviz-cell").nth(1).click())
    marks = page.locator(".bnviz-sweep-curve svg g[clip-path] path[stroke-width='2.4']")
    wanted = np.linspace(0.1, 0.93, 5)
    np.testing.assert_allclose(in_plot(page, "curve", marks.first), wanted, atol=0.004)


def test_half_of_the_seeds_lost_is_no_cross(open_figure):
    figure = sweep({(0.1, 0.1): {"a": [0.5, None]}, (1, 2): {"a": [None] * 3}}, ROWS, COLUMNS)
    assert "0.1: 50 %, no run, no run" in figure.alt and "1 exploded" in figure.alt
    page = open_figure(figure)
    cells = page.locator(".bnviz-cell")
    assert cells.nth(0).inner_text() == "50" and cells.nth(5).inner_text() == "×"
    assert "50.0 %, 1 of 2 exploded" in cells.nth(0).locator("input").get_attribute("aria-label")


def test_plots_are_picked_from(open_figure, trained):
    page = open_figure(sweep(trained, **TRAINED), width=936)
    area = page.locator(".bnviz-sweep-layer svg rect[fill=transparent]").bounding_box()
    after_draw(page, lambda: page.mouse.click(area["x"] + 1, area["y"] + 20))
    assert page.get_by_role("slider").get_attribute("aria-valuetext") == "1"


def test_a_cause_fills_the_grids_anew_and_keeps_the_cell(open_figure):
    other = {key: {"without BN": [run(0.6)], "with BN": [run(0.7)]} for key in plain_grid()}
    data = {3: plain_grid(), 8: other}
    page = open_figure(sweep(data, ROWS, COLUMNS, causes={"depth": [3, 8]}))
    after_draw(page, lambda: grid(page).locator(".bnviz-cell").nth(3).click())
    after_draw(page, lambda: page.get_by_role("radio", name="8", exact=True).check())
    assert grid(page).locator(".bnviz-cell").first.inner_text() == "60"
    assert "deviation 1, learning rate 0.1: 60.0 %" in chosen(page)[0]
    assert readings(page) == ["without BN 60.0 %", "with BN 70.0 %"]
    assert page.get_by_text("0 of 5 reach 90 %").count() == 2


def test_on_a_phone_the_curve_is_a_view_of_its_own(open_figure, trained):
    page = open_figure(sweep(trained, **TRAINED), width=360)
    assert page.locator(".bnviz-sweep-layer svg[role=img]").is_visible()
    after_draw(page, lambda: page.get_by_role("radio", name="accuracy", exact=True).check())
    assert page.locator(".bnviz-sweep-curve svg[role=img]").is_visible()
    assert not page.locator(".bnviz-sweep-layer svg[role=img]").is_visible()


def test_a_swipe_over_the_grids_changes_nothing_and_a_tap_chooses(open_figure):
    page = open_figure(sweep(plain_grid(), ROWS, COLUMNS), width=360, push=400, has_touch=True)
    page.evaluate("document.body.style.paddingBottom = '1500px'; scrollTo(0, 200)")
    before = chosen(page)
    cell = grid(page).locator(".bnviz-cell").first
    box = cell.bounding_box()
    x, y = box["x"] + 9, box["y"] + 9
    touch(page, [(x, y), (x, y - 30), (x, y - 120)])
    page.wait_for_timeout(300)
    assert chosen(page) == before
    box = cell.bounding_box()
    touch(page, [(box["x"] + 9, box["y"] + 9)])
    page.wait_for_timeout(300)
    assert "deviation 0.1, learning rate 0.1" in chosen(page)[0]


def test_columns_whose_names_have_no_room_lose_them_but_the_chosen_never(open_figure):
    rates = ("learning rate", [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1])
    data = {(0.1, k): {"a": 0.5, "b": 0.5} for k in rates[1]}
    page = open_figure(sweep(data, ("std", [0.1]), rates), width=360)
    page.locator(".bnviz-cell").nth(3).click()
    page.wait_for_timeout(100)
    names = page.locator(".bnviz-sweep-columns").first.locator("span")
    boxes = [name.bounding_box() for name in names.all() if name.is_visible()]
    assert all(a["x"] + a["width"] <= b["x"] for a, b in zip(boxes, boxes[1:], strict=False))
    assert names.nth(3).is_visible()


@pytest.mark.parametrize(("values", "seen"), [([0.25, 0.5], True), ([0.00123, 0.5], False)])
def test_numbers_are_in_the_cells_where_all_have_room(open_figure, values, seen):
    sides = ("row", [0]), ("column", range(8))
    data = {(0, k): {"a": values[0], "b": values[k % 2]} for k in range(8)}
    figure = sweep(data, *sides, value_axis=Axis("share"))
    for width, shown in ((360, False), (686, seen), (936, True)):
        page = open_figure(figure, width=width)
        spans = page.locator(".bnviz-cell span").all()
        assert {span.is_visible() for span in spans} == {shown}, width


def big(trained):
    """Six by six cells, two causes: as large as it may become."""
    first = trained[0.1, 0.1]
    sides = (
        ("initial standard deviation", [0.01, 0.03, 0.1, 0.3, 1, 3]),
        ("learning rate", [0.001, 0.01, 0.1, 0.3, 1, 3]),
    )
    cells = {(r, k): first for r in sides[0][1] for k in sides[1][1]}
    return sweep({(a,): cells for a in (3, 8)}, *sides, causes={"depth": [3, 8]})


def test_it_is_seen_at_once_with_its_controls(open_figure, trained):
    assert_fits(open_figure, big(trained))


def test_numbers_alone_are_seen_at_once(open_figure):
    assert_fits(open_figure, sweep({(0.1, 0.1): {"a": 0.5, "b": 0.2}}, ROWS, COLUMNS))


@pytest.mark.parametrize("width", [360, 686, 936])
def test_nothing_moves_while_it_is_used(open_figure, trained, width):
    page = open_figure(sweep(trained, **TRAINED), width=width)
    slider = page.get_by_role("slider")
    before = (height(page), slider.bounding_box(), grid(page).bounding_box())
    for cell in range(4):
        after_draw(page, lambda cell=cell: grid(page, "with BN").locator("label").nth(cell).click())
    slider.focus()
    after_draw(page, lambda: page.keyboard.press("Home"))
    after_draw(page, lambda: page.get_by_role("radio", name="layer 1").check())
    assert (height(page), slider.bounding_box(), grid(page).bounding_box()) == before


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible(open_figure, trained, scheme):
    assert axe_findings(open_figure(sweep(trained, **TRAINED), color_scheme=scheme)) == []
    figure = sweep(plain_grid(), ROWS, COLUMNS, styles=STYLES)
    assert axe_findings(open_figure(figure, color_scheme=scheme)) == []


def contrast(one, other):
    def light(color):
        parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in color]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_numbers_are_read_on_every_ground(open_figure, theme):
    shares = [round(0.05 * i, 2) for i in range(21)]
    data = {(0, k): {"a": k} for k in shares}
    page = open_figure(sweep(data, ("row", [0]), ("share", shares)), width=936)
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    found = page.eval_on_selector_all(
        ".bnviz-cell",
        """(all) => {
            const pen = document.createElement("canvas").getContext("2d");
            const rgb = (color) => {
                pen.fillStyle = color;
                pen.fillRect(0, 0, 1, 1);
                return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3).map((v) => v / 255);
            };
            return all.map((cell) => {
                const look = getComputedStyle(cell);
                return [rgb(look.color), rgb(look.backgroundColor)];
            });
        }""",
    )
    assert min(contrast(*pair) for pair in found) >= 4.5
    grounds = [sum(ground) for _, ground in found]
    assert sorted(grounds, reverse=theme == "light") == grounds  # deeper step by step


def test_names_are_text(open_figure):
    evil = "<img src=x onerror='boom()'>"
    page = open_figure(sweep({(evil, 1): {evil: 0.5}}, (evil, [evil]), ("k", [1])))
    assert page.locator("figure img:not(.bnviz-still > img)").count() == 0


def test_scripts_off_leaves_the_picture(open_figure):
    figure = sweep(plain_grid(), ROWS, COLUMNS)
    page = open_figure(figure, java_script_enabled=False)
    picture = page.locator(".bnviz-still img")
    assert picture.is_visible() and picture.get_attribute("alt") == figure.alt


def test_curves_that_lie_on_each_other_are_said_to(open_figure):
    grid = {(r, k): {"plain": run(0.9), "BN": run(0.9)} for r in ROWS[1] for k in COLUMNS[1]}
    page = open_figure(sweep(grid, ROWS, COLUMNS), width=936)
    drawing = page.locator(".bnviz-sweep-curve svg[role=img]")
    assert drawing.locator("text.bnviz-strong").text_content() == "both: plain and BN"
    assert "On each other, both: plain and BN." in drawing.get_attribute("aria-label")
