"""The figure `distributions`: what it says about recordings and runs, in numbers, words, print."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from recorded import fill, gradients, made, pair, probe_of, run_of
from torch import nn

import bnviz
from bnviz.activations import FLAT_FROM
from bnviz.figures import distributions
from bnviz.figures.gallery.distributions.encoding import add_up, percents_of, shares_of
from bnviz.figures.gallery.distributions.images import COUNT, places_of
from bnviz.figures.gallery.distributions.newest import Newest
from bnviz.figures.gallery.distributions.sizes import Sizes, share_of_zeros
from bnviz.recording import Recording, RecordingError, histogram
from bnviz.recording.rows import Rows


def heights_in_shares(figure, layer: int = 0) -> np.ndarray:
    return shares_of(figure.spec["layers"][layer], figure.arrays["heights"][layer])


def panel_scale(figure) -> list[float]:
    return figure.spec["layers"][0]["stdScale"]


# --- what is read -------------------------------------------------------------------------------


def test_shares_agree_with_the_recording():
    recording = made()
    figure = distributions(recording)
    panel = figure.spec["layers"][0]
    edges = np.linspace(*panel["range"], 61)
    edges[0], edges[-1] = -1e9, 1e9
    expected = recording.shares("hidden1.activation", edges)
    shown = heights_in_shares(figure)[0].T
    # stored in steps of the square root
    np.testing.assert_allclose(np.sqrt(shown), np.sqrt(expected), atol=np.sqrt(panel["top"]) / 70)


def test_percentiles_agree_with_the_recording():
    recording = made()
    figure = distributions(recording)
    panel = figure.spec["layers"][0]
    shown = percents_of(panel, figure.arrays["percents"][0])[0].T
    step = (panel["span"][1] - panel["span"][0]) / 254
    expected = recording.percentiles("hidden1.activation")
    np.testing.assert_allclose(shown, expected, atol=0.51 * step)


@pytest.mark.parametrize(
    ("kind", "method"), [("sigmoid", "saturated"), ("tanh", "saturated"), ("relu", "inactive")]
)
def test_share_that_is_off_agrees_with_the_recording(kind, method):
    recording = made(scale=3.0, kind=kind)
    figure = distributions(recording)
    assert figure.spec["layers"][0]["off"] == method
    expected = getattr(recording, method)("hidden1.activation")
    np.testing.assert_allclose(add_up(figure.arrays["off"])[0, 0] / 250, expected, atol=1 / 240)


@pytest.mark.parametrize(
    ("kind", "flat"),
    [
        ("sigmoid", [-FLAT_FROM["sigmoid"], FLAT_FROM["sigmoid"]]),
        ("tanh", [-FLAT_FROM["tanh"], FLAT_FROM["tanh"]]),
        ("relu", [0, None]),
        ("relu6", [0, 6]),
        ("gelu", None),
        (None, None),
    ],
)
def test_the_page_knows_from_where_on_an_activation_is_flat(kind, flat):
    assert distributions(made(kind=kind)).spec["layers"][0]["flat"] == flat


def test_dead_share_of_a_real_network_agrees_with_the_recording():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(4, 50), torch.nn.ReLU())
    with torch.no_grad():
        model[0].bias[:10] = -100.0
    with bnviz.record(model) as recording:
        for _ in range(40):
            model(torch.randn(64, 4))
    figure = distributions(recording)
    assert add_up(figure.arrays["dead"])[0, 0, -1] / 250 == pytest.approx(recording.dead("1")[-1])
    assert recording.dead("1")[-1] >= 0.2


def test_values_beyond_the_axis_are_counted_in_its_outermost_bars():
    recording = Recording()
    for row in range(40):
        values = np.random.default_rng(row).normal(size=500).astype(np.float32)
        fill(recording, row, "layer", values if row else values * 1000, None)
    recording.close()
    figure = distributions(recording)
    panel = figure.spec["layers"][0]
    assert panel["range"][1] < 20
    np.testing.assert_allclose(heights_in_shares(figure)[0].sum(0), 1, atol=0.2)
    assert heights_in_shares(figure)[0, [0, -1], 0].sum() > 0.9


@pytest.mark.parametrize("growth", [0.3, 2.0])  # beyond 10⁴ in many rows, or in nearly all
def test_explosion_leaves_the_other_series_its_axis(growth):
    wild = Recording()
    for row in range(20):
        values = np.random.default_rng(row).normal(size=500).astype(np.float32)
        fill(wild, row, "layer", values * np.float32(10.0 ** (growth * row)), None)
    wild.close()
    calm = Recording()
    for row in range(20):
        fill(calm, row, "layer", np.random.default_rng(row).normal(size=500), None)
    calm.close()
    figure = distributions({"without BN": wild, "with BN": calm})
    assert figure.spec["layers"][0]["range"] == distributions(calm).spec["layers"][0]["range"]
    # and the spread before the explosion is not lost beside that after it
    stored = figure.arrays["std"][0].astype(float) * np.reshape(panel_scale(figure), (-1, 1))
    np.testing.assert_allclose(stored[0], wild.std("layer"), rtol=1e-3)


def test_nan_and_inf_are_counted_and_said():
    recording = made(layers=1)
    bad = np.array([np.nan] * 5 + [np.inf] * 3 + [-np.inf] * 2 + [0.5], np.float32)
    fill(recording, 20, "hidden1.activation", bad, "sigmoid")
    figure = distributions(recording)
    assert figure.arrays["nonfinite"][0, 0, :, -1].tolist() == [5, 3, 2]
    assert "NaN or infinite" in figure.alt
    assert "nonfinite" not in distributions(made()).arrays


def test_figure_says_what_the_recording_says_also_of_infinities_and_zeros():
    """Zeros count as zero, infinities as saturated, NaN not at all, in the newest row as well."""
    values = np.array(
        [0.0] * 30 + [-np.inf] * 20 + [np.inf] * 5 + [1, 5, -5, np.nan, 2], np.float32
    )
    for kind, method in (("relu", "inactive"), ("sigmoid", "saturated")):
        recording = Recording()
        for row in range(3):
            fill(recording, row, "layer", values[row:], kind)
        figure = distributions(recording)
        panel, arrays = figure.spec["layers"][0], figure.arrays
        off = getattr(recording, method)("layer")
        np.testing.assert_array_equal(add_up(arrays["off"])[0, 0], np.ceil(250 * off - 1e-6))
        low, high = panel["span"]
        shown = percents_of(panel, arrays["percents"][0])[0].T
        exact = np.clip(recording.percentiles("layer"), low, high)
        np.testing.assert_allclose(shown, exact, atol=0.51 * (high - low) / 254)
        bars = np.linspace(*panel["range"], 61)
        bars[0], bars[-1] = histogram.EDGES[[0, -1]]
        shares = recording.shares("layer", bars).T
        np.testing.assert_allclose(
            np.sqrt(heights_in_shares(figure)[0]), np.sqrt(shares), atol=np.sqrt(panel["top"]) / 70
        )
        row, bad, _ = Newest({"": recording}, figure.spec["layers"]).read()
        newest = np.frombuffer(row, np.uint8)[4:]
        np.testing.assert_allclose(newest[:3], add_up(arrays["percents"])[0, 0, :, -1], atol=1)
        assert newest[3] == add_up(arrays["off"])[0, 0, -1]
        heights = add_up(arrays["heights"])[0, 0, :, -1]
        np.testing.assert_array_equal(newest[5:], heights)
        assert bad == recording.nonfinite("layer")[-1].tolist()


def test_layer_without_any_number_still_makes_a_figure():
    recording = Recording()
    for row in range(3):
        fill(recording, row, "layer", np.full(10, np.nan, np.float32), "relu")
    recording.close()
    figure = distributions(recording)
    assert not heights_in_shares(figure).any()
    assert np.isnan(percents_of(figure.spec["layers"][0], figure.arrays["percents"][0])).all()
    assert figure.to_html(code=False)


def test_recordings_of_unequal_length_share_the_steps_of_the_longer():
    long, short = made(rows=30), made(rows=10)
    figure = distributions({"a": long, "b": short})
    assert figure.arrays["steps"].tolist() == list(range(1, 31))
    shown = heights_in_shares(figure)
    assert shown[0].sum(0).min() > 0.9
    assert shown[1, :, :10].sum(0).min() > 0.9
    assert not shown[1, :, 10:].any()


def test_a_recording_without_rows_hides_no_other():
    empty = Recording()
    empty.store.num_steps = 30  # steps in which no watched layer gave numbers
    empty.close()
    figure = distributions({"empty": empty, "made": made(rows=20)})
    assert figure.arrays["steps"].tolist() == list(range(1, 21))
    assert "not recorded empty, from" in figure.alt


def test_layers_are_chosen_by_name_and_pattern():
    recording = made(layers=12)
    names = [p["name"] for p in distributions(recording, "hidden1*").spec["layers"]]
    assert names == [f"hidden{i}.activation" for i in (1, 10, 11, 12)]
    with pytest.raises(ValueError, match=r"no layer 'hiden1'.*there are hidden1\.activation, "):
        distributions(recording, ["hiden1"])


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ([1, 2], TypeError, "got a list; give a Recording"),
        ({"a": 3}, TypeError, "got a int; give a Recording"),
        ({}, ValueError, "give at least one"),
    ],
)
def test_what_is_no_recording_is_refused(wrong, error, message):
    with pytest.raises(error, match=message):
        distributions(wrong)


def test_bins_out_of_range_are_refused():
    with pytest.raises(ValueError, match="bins is 5; give a number from 10 to 200"):
        distributions(made(), bins=5)


def test_a_start_before_the_first_step_is_refused():
    with pytest.raises(ValueError, match="start is 0; give a step, from 1 on"):
        distributions(made(), start=0)


def test_a_start_after_the_last_step_is_refused_once_it_is_known():
    with pytest.raises(ValueError, match="start is 99; give a step from 1 to 5, the last"):
        distributions(made(rows=5), start=99)
    running = made(rows=5, closed=False)
    assert distributions(running, start=99).spec["start"] == 99


def test_no_layers_are_refused_as_record_does():
    for recording in (made(), Recording()):
        with pytest.raises(ValueError, match="layers is empty; leave it out to show all recorded"):
            distributions(recording, [])


def test_twins_bring_labels_and_styles():
    twins = SimpleNamespace(runs=pair(rows=20, layers=2))
    figure = distributions(twins)
    assert figure.spec["labels"] == ["without BN", "with BN"]
    assert [style["key"] for style in figure.spec["styles"]] == ["without", "with"]


def test_recorded_twins_are_taken_as_they_are():
    twins = bnviz.Twins(sizes=(64, 20, 10)).train(20, progress=False)
    figure = distributions(twins)
    assert figure.spec["labels"] == ["without BN", "with BN"]
    assert len(figure.spec["layers"]) == 1
    assert figure.spec["accurate"]


def test_a_style_is_a_key_and_no_word_of_a_label():
    figure = distributions({"without BN": made(), "with BN": made(seed=1)})
    assert [style["key"] for style in figure.spec["styles"]] == ["a", "b"]
    styles = {"without BN": "without", "with BN": "with"}
    figure = distributions({"without BN": made(), "with BN": made(seed=1)}, styles=styles)
    assert [style["key"] for style in figure.spec["styles"]] == ["without", "with"]


def test_a_series_that_is_alone_is_a_solid_line():
    assert distributions(made()).spec["styles"][0]["dash"] == ""


def test_layers_are_named_for_readers():
    run = run_of(made(layers=3))
    given = distributions(run, names={"hidden2.activation": "the middle"})
    names = [panel["name"] for panel in given.spec["layers"]]
    assert names == ["layer 1", "the middle", "layer 3"]
    assert "the middle: from" in given.alt
    own = distributions(made(layers=1)).spec["layers"][0]
    assert (own["name"], own["title"]) == ("hidden1.activation", "hidden1.activation")


def test_what_has_a_recording_is_taken():
    model = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU())
    with (watch := bnviz.record(model)):
        model(torch.randn(8, 4))
    assert distributions(watch).spec["layers"][0]["title"] == "1"
    with pytest.raises(ValueError, match="a run that was not recorded"):
        distributions({"": SimpleNamespace(recording=None)})


def test_alternative_says_the_standard_deviation_of_each_layer_and_the_accuracy():
    figure = distributions(pair(rows=20, layers=2))
    assert figure.alt.startswith("Standard deviation of each layer")
    assert re.search(r"layer 2: from 0\.\d+ to 0\.2\d* without BN, from", figure.alt)
    assert figure.alt.endswith("Test accuracy at last: 90 % without BN and 90 % with BN.")


def test_the_percentiles_of_a_layer_are_named_in_words():
    panel = distributions(pair()).spec["layers"][1]
    start = "Percentiles over training; standard deviation of layer 2: from 0."
    assert panel["alt"].startswith(start) and panel["alt"].endswith(" with BN.")


def test_numbers_of_the_alternative_are_those_of_the_recording():
    recordings = {"without BN": made(scale=0.02), "with BN": made(scale=0.5, seed=1)}
    figure = distributions(recordings)
    for layer in recordings["with BN"].layers:
        said = re.search(rf"{re.escape(layer)}: (from [^;]*)[;.]", figure.alt + ";")[1]
        stds = [recording.std(layer)[[0, -1]] for recording in recordings.values()]
        numbers = [float(n) for n in re.findall(r"(?:from|to) ([\d.e-]*\d)", said)]
        np.testing.assert_allclose(numbers, np.concatenate(stds), rtol=0.051)


# --- accuracy and images ------------------------------------------------------------------------


def test_accuracy_is_that_of_the_run():
    run = run_of(made(rows=40))
    arrays = distributions({"": run}).arrays
    np.testing.assert_array_equal(arrays["accuracy.0.steps"], run.steps)
    np.testing.assert_allclose(arrays["accuracy.0.values"], run.accuracy, rtol=1e-6)


def test_what_is_not_known_is_left_out():
    figure = distributions(made())
    assert not figure.spec["accurate"]
    assert figure.spec["layers"][0]["images"] is None
    assert not [name for name in figure.arrays if name.startswith(("accuracy", "images"))]
    assert "images" not in figure.caption


def test_images_stand_at_the_values_of_the_probe():
    recording = made(rows=40, layers=2)
    probe = probe_of(recording)
    figure = distributions(run_of(recording, probe=probe))
    panel = figure.spec["layers"][1]
    assert panel["images"] == 1
    shown = places_of(panel, figure.arrays["images.0.places"][1])
    moments = figure.arrays["images.0.steps"].tolist()
    assert {0, 40} <= set(moments) <= set(probe.steps.tolist())
    rows = [probe.steps.tolist().index(moment) for moment in moments]
    low, high = panel["range"]
    expected = np.clip(probe.train["hidden2.activation"][rows, :COUNT, 0], low, high)
    np.testing.assert_allclose(shown.T, expected, atol=0.51 * (high - low) / 254)
    np.testing.assert_allclose(
        figure.arrays["images.0.pixels"] / 255, probe.images[:COUNT], atol=1 / 255
    )


def test_images_of_a_unit_that_is_recorded_alone_are_at_its_values():
    recording = made(rows=20, layers=1)
    for row in range(20):
        fill(recording, row, "hidden1.activation[1]", np.linspace(-3, 3, 60), "sigmoid")
        fill(recording, row, "hidden1.activation[7]", np.linspace(-3, 3, 60), "sigmoid")
    figure = distributions(run_of(recording, probe=probe_of(recording)))
    whole, one, seven = figure.spec["layers"]
    assert (whole["images"], one["images"], seven["images"]) == (0, 1, None)
    units = [places_of(p, figure.arrays["images.0.places"][p["images"]]) for p in (whole, one)]
    np.testing.assert_allclose(units[1], 2 * units[0], atol=0.06)


def test_an_image_that_has_no_value_is_nowhere():
    recording = made(layers=1)
    probe = probe_of(recording)
    probe.train["hidden1.activation"][-1] = np.nan
    figure = distributions(run_of(recording, probe=probe))
    shown = places_of(figure.spec["layers"][0], figure.arrays["images.0.places"][0])
    assert np.isnan(shown[:, -1]).all()
    assert np.isfinite(shown[:, 0]).all()


def test_inputs_that_are_no_small_images_are_not_drawn():
    recording = made()
    probe = probe_of(recording)
    probe.images = np.zeros((30, 3, 32, 32), np.float32)
    assert distributions(run_of(recording, probe=probe)).spec["layers"][0]["images"] is None


# --- gradients ----------------------------------------------------------------------------------


def test_gradients_are_shown_when_they_are_asked_for():
    recording = gradients()
    assert [p["title"] for p in distributions(recording).spec["layers"]] == ["hidden1.activation"]
    names = {"hidden1.activation": "layer 1"}
    (panel,) = distributions(recording, "*.grad", names=names).spec["layers"]
    assert panel["name"] == "layer 1, grad"
    assert panel["log"]
    assert panel["what"] == "size of the gradient, zeros aside"


def test_gradients_are_shown_where_nothing_else_was_recorded():
    model = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.ReLU(), torch.nn.Tanh())
    with bnviz.record(model, watch="gradient") as recording:
        model(torch.randn(8, 4)).sum().backward()
    figure = distributions(recording)
    assert [p["title"] for p in figure.spec["layers"]] == ["1.grad", "2.grad"]
    assert "Nothing is recorded" not in figure.alt


def test_gradients_come_in_the_order_of_their_layers():
    model = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.ReLU(), torch.nn.Tanh())
    with bnviz.record(model, watch=("auto", "gradient")) as recording:
        model(torch.randn(8, 4)).sum().backward()
    panels = distributions(recording, "*.grad").spec["layers"]
    assert [panel["title"] for panel in panels] == ["1.grad", "2.grad"]


def test_sizes_of_gradients_are_described_without_zeros():
    scale = 1e-4
    figure = distributions(gradients(scale=scale), "*.grad")
    (panel,) = figure.spec["layers"]
    sizes = np.abs(scale * np.random.default_rng(5).normal(size=100_000))
    expected = np.percentile(sizes, (15, 50, 85))
    shown = percents_of(panel, figure.arrays["percents"][0])[0].mean(axis=1)
    np.testing.assert_allclose(shown, expected, rtol=0.1)
    np.testing.assert_allclose(add_up(figure.arrays["off"])[0, 0] / 250, 0.4, atol=0.06)
    np.testing.assert_allclose(heights_in_shares(figure)[0].sum(axis=0), 1, atol=0.1)
    low, high = panel["range"]
    assert low < expected[0] / 3
    assert expected[2] * 1.5 < high < scale * 6


@given(
    st.lists(
        st.floats(-1e4, 1e4, width=32).map(lambda x: x if abs(x) > 1e-6 else 0.0)
        | st.sampled_from([np.nan, np.inf, -np.inf]),
        min_size=1,
        max_size=40,
    ),
    st.sampled_from([1.0, -1.0]),
)
def test_sizes_are_the_values_without_signs_and_zeros(values, sign):
    values = sign * np.array(values, np.float32)
    recording = Recording()
    fill(recording, 0, "w.grad", values, None)
    track = recording.tracks["w.grad"]
    newest, all_rows = Rows([Sizes(track)]), Rows([Sizes(track)], [[0]])
    numbers = np.abs(values[~np.isnan(values)]).astype(float)
    sizes = numbers[numbers > 0]
    for rows in (newest, all_rows):
        if len(numbers):
            assert share_of_zeros(rows)[0, 0] == pytest.approx(1 - len(sizes) / len(numbers))
        if len(sizes):
            expected = np.percentile(sizes, (15, 50, 85), method="inverted_cdf")
            np.testing.assert_allclose(rows.percentiles((15, 50, 85))[0, 0], expected, rtol=0.07)
        else:
            assert np.isnan(rows.percentiles([50])).all()


def test_gradients_that_are_all_zero_still_make_a_figure():
    figure = distributions(gradients(zero=1.0), "*.grad")
    assert not heights_in_shares(figure).any()
    assert np.isnan(percents_of(figure.spec["layers"][0], figure.arrays["percents"][0])).all()
    assert figure.to_html(code=False)


# --- forms --------------------------------------------------------------------------------------


def test_recording_of_two_by_four_layers_is_small_in_the_page():
    """200 rows, 60 bins, 8 histograms, images and accuracy: at most 55 kB, of real training."""
    torch.manual_seed(0)
    digits = bnviz.data.digits()
    x, y = torch.tensor(digits.x_train), torch.tensor(digits.y_train)
    images = digits.x_test[:24].reshape(24, 8, 8)
    runs = {}
    for label, norm in (("without BN", None), ("with BN", torch.nn.BatchNorm1d)):
        blocks = []
        for inputs in (64, 100, 100, 100):
            blocks += [torch.nn.Linear(inputs, 100), norm(100) if norm else torch.nn.Identity()]
            blocks += [torch.nn.ReLU()]
        model = torch.nn.Sequential(*blocks, torch.nn.Linear(100, 10))
        optimizer = torch.optim.SGD(model.parameters(), 0.1)
        seen = {}
        with bnviz.record(model) as recording:
            for step in range(800):
                batch = torch.randint(len(x), (60,))
                loss = torch.nn.functional.cross_entropy(model(x[batch]), y[batch])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                if step % 6 == 0:
                    seen[step] = looked_at(model, torch.tensor(digits.x_test[:60]))
        layers = ("2", "5", "8", "11")
        train = {
            layer: np.stack([look[i] for look in seen.values()]) for i, layer in enumerate(layers)
        }
        probe = SimpleNamespace(
            steps=np.array(list(seen)), layers=layers, units=(0,), images=images, train=train
        )
        runs[label] = run_of(recording, probe=probe)
    figure = distributions(runs)
    assert figure.arrays["heights"].shape == (4, 2, 60, 200)
    assert figure.arrays["images.1.places"].shape[:2] == (4, 24)
    html = figure.to_html(code=False)
    data = re.search(r'class="bnviz-data">([^<]*)<', html)[1]
    spec = re.search(r'class="bnviz-spec">([^<]*)<', html)[1]
    assert len(data) + len(spec) <= 55_000


def looked_at(model: torch.nn.Sequential, x: torch.Tensor) -> list[np.ndarray]:
    """What unit 0 of each ReLU's input is for the first 24 of a batch."""
    found = []
    with torch.no_grad():
        for module in model:
            if isinstance(module, torch.nn.ReLU):
                found.append(x[:24, :1].numpy().copy())
            if isinstance(module, torch.nn.BatchNorm1d):
                x = (x - x.mean(0)) / (x.var(0, unbiased=False) + module.eps).sqrt()
                x = x * module.weight + module.bias
            else:
                x = module(x)
    return found


def test_picture_shows_three_steps_the_images_and_the_training():
    figure = distributions(pair(rows=40, layers=3))
    axes = np.reshape(figure.picture().axes, (3, 3))
    assert [ax.get_title() for ax in axes[0]] == [
        "layer 3, step 1",
        "layer 3, step 14",
        "layer 3, step 40",
    ]
    for ax in axes[1]:
        assert len(ax.images) == 2 * COUNT
    assert [ax.get_title() for ax in axes[2]] == [
        "layer 1: percentiles",
        "layer 3: percentiles",
        "test accuracy (%)",
    ]
    assert axes[2, 2].lines[0].get_ydata()[-1] == pytest.approx(90)


def test_picture_sets_images_upright_at_their_values():
    recording = made(rows=40, layers=1)
    probe = probe_of(recording)
    figure = distributions(run_of(recording, probe=probe))
    images = figure.picture().axes[5].images  # at the last step
    values = probe.train["hidden1.activation"][-1, :COUNT, 0]
    shown = [np.mean(image.get_extent()[:2]) for image in images]
    np.testing.assert_allclose(shown, values, atol=0.03)
    bottom, top = images[0].get_extent()[2:]
    assert bottom > top  # on an axis that runs downwards


def test_picture_of_a_recording_alone_shows_its_layers():
    axes = distributions(made(layers=9)).picture().axes
    assert len(axes) == 2 * 3
    titles = [ax.get_title() for ax in axes[3:]]
    assert titles == [f"hidden{i}.activation: percentiles" for i in (1, 5, 9)]


def test_picture_says_nan():
    recording = made(layers=1)
    fill(recording, 20, "hidden1.activation", np.full(7, np.nan, np.float32), "sigmoid")
    axes = distributions({"BN": recording}).picture().axes
    assert [text.get_text() for text in axes[2].texts] == ["NaN or infinite BN"]
    assert not axes[0].texts


def test_picture_of_nothing_yet_says_so():
    (ax,) = distributions(Recording()).picture().axes
    assert ax.texts[0].get_text() == "Nothing is recorded yet."


def test_a_closed_recording_of_nothing_says_why_and_does_not_wait():
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU()).eval()
    with bnviz.record(model) as recording:
        model(torch.zeros(4, 2))
    figure = distributions({"a": recording, "b": recording})
    reason = "Nothing was recorded: the only pass of the Sequential ran in eval mode."
    assert figure.alt.startswith(reason) and figure.alt.count(reason) == 1
    assert figure.caption == ""
    (ax,) = figure.picture().axes
    assert ax.texts[0].get_text().startswith(reason)


def test_a_pattern_minds_upper_and_lower_case_on_every_system(monkeypatch):
    monkeypatch.setattr("os.path.normcase", str.lower)  # as on Windows
    recording = Recording()
    for layer in ("Hidden", "hidden"):
        fill(recording, 0, layer, np.ones(3), None)
    assert [panel["title"] for panel in distributions(recording, "H*").spec["layers"]] == ["Hidden"]


def test_outside_a_notebook_show_says_it_in_words(capsys, monkeypatch):
    import sys

    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    distributions(made()).show()
    assert "hidden1.activation: from" in capsys.readouterr().out


def test_recording_that_never_ran_says_what_to_do():
    recording = Recording()
    recording.close()
    assert "Call model.train() and run at least one step" in distributions(recording).alt
    with pytest.raises(RecordingError, match="nothing was recorded"):
        recording.std("hidden1")
