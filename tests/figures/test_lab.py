"""The lab: networks that train in the page, under the reader's hands."""

from __future__ import annotations

import csv
import io
import itertools
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import npm
import numpy as np
import pytest
from browser import assert_fits, axe_findings, boxes
from hypothesis import given, settings
from hypothesis import strategies as st
from node import run_js

from bnviz.data import all_digits, digits
from bnviz.experiments.lab import train_setting
from bnviz.figures import Question, lab
from bnviz.figures.kit.bundle import page_script
from bnviz.setting import Contestant, Setting

ROOT = Path(__file__).parent.parent.parent
LAB = "gallery/lab"
SETTINGS = {name: f"{LAB}/settings.js" for name in ("encode", "decode", "forTrainer", "stylesOf")}
SMALL = Setting(width=20)


@pytest.fixture(scope="module")
def figure():
    return make(SMALL)


def make(setting, **options):
    return lab(setting, train_setting(setting, 20), **options)


QUESTION = Question(
    "deeper", "six layers", Setting(width=20, depth=6), "With *six* layers?", ["a", "b"], 1, "So."
)


def test_trainer_kernels_and_page_code_are_22_kilobytes():
    weight = npm.weight(page_script(["lab"]), ROOT / "_build")
    assert weight <= 22 * 1024  # zlibs differ by a per cent


def steps(page) -> int:
    return int(page.get_attribute("figure", "data-steps"))


def wait_for_steps(page, least: int) -> None:
    page.wait_for_function(
        "least => Number(document.querySelector('figure').dataset.steps) >= least", arg=least
    )


def make_steps(page, count: int) -> None:
    for _ in range(count):
        before = steps(page)
        page.get_by_role("button", name="Step", exact=True).click()
        wait_for_steps(page, before + 1)


def read_csv(page) -> list[dict[str, str]]:
    with page.expect_download() as download:
        page.get_by_role("button", name="The numbers of this run as CSV").click()
    return list(csv.DictReader(io.StringIO(download.value.path().read_text("utf-8"))))


# --- it trains ------------------------------------------------------------------------------------


def test_it_trains_and_rests_as_told(open_figure, figure):
    page = open_figure(figure, reduced_motion="reduce")
    page.wait_for_timeout(200)
    assert steps(page) == 0  # where less motion is asked for, it waits
    page.get_by_role("button", name="Play").click()
    wait_for_steps(page, 20)
    page.get_by_role("button", name="Pause").click()
    page.wait_for_timeout(100)
    rested = steps(page)
    page.wait_for_timeout(200)
    assert steps(page) == rested
    make_steps(page, 1)
    assert steps(page) == rested + 1
    assert page.inner_text(".bnviz-lab-steps") == f"step {rested + 1}"
    page.get_by_role("button", name="Restart").click()
    page.wait_for_selector("text='step 0'")


def test_before_it_plays_it_shows_the_recorded_run(open_figure, figure):
    page = open_figure(figure, reduced_motion="reduce")
    assert page.inner_text(".bnviz-lab-steps") == "recorded"
    run = train_setting(SMALL, 20)["batch norm"]
    shown = page.get_by_label("test accuracy of network 2").inner_text()
    assert float(shown.removesuffix(" %")) == pytest.approx(100 * run.accuracy[-1], abs=0.51)
    said = page.get_attribute(".bnviz-lab-layers svg", "aria-label")
    assert said.startswith("Step 20. without norm: standard deviation in layer 1 ")
    assert page.locator("svg >> text=NaN").count() == 0
    make_steps(page, 1)
    assert page.inner_text(".bnviz-lab-steps") == "step 1"


def test_it_rests_by_itself_once(open_figure):
    figure = make(SMALL)
    figure.spec["rest"] = 30
    page = open_figure(figure, reduced_motion="reduce")
    page.get_by_role("button", name="Play").click()
    wait_for_steps(page, 30)
    page.get_by_role("button", name="Play").click()  # it says so, and goes on when asked to
    wait_for_steps(page, 60)


def test_a_page_may_offer_few_controls(open_figure):
    page = open_figure(make(SMALL, controls=["init", "lr"]), reduced_motion="reduce")
    assert page.locator("select").count() == 1
    assert page.get_by_label("learning rate").count() == 1
    assert page.locator(".bnviz-lab-head").all_inner_texts()[1].startswith("batch norm")
    page.get_by_label("initial weights").select_option(label="1")
    wait_for_steps(page, 3)
    assert "#" not in page.url  # the address is that of the page's one lab
    assert_fits(open_figure, make(Setting(), controls=["init", "lr", "seed"]))


def test_a_page_may_ask_one_question_over_few_controls(open_figure):
    figure = make(SMALL, questions=[QUESTION], controls=["init", "lr"])
    page = open_figure(figure, reduced_motion="reduce")
    assert page.locator("select").count() == 1  # no list of questions where there is one
    page.get_by_role("button", name="b", exact=True).click()
    wait_for_steps(page, 3)
    assert page.locator("svg >> text=/^layer \\d$/").count() == 6
    controls = ["activation", "init", "lr", "seed"]
    assert_fits(open_figure, make(Setting(), questions=[QUESTION], controls=controls))


@pytest.mark.parametrize("controls", [["init"], ["data", "activation", "depth", "seed"], None])
def test_on_a_phone_few_controls_are_all_seen_and_many_fold(open_figure, controls):
    page = open_figure(make(SMALL, controls=controls), width=360, reduced_motion="reduce")
    line = page.locator(".bnviz-lab-settings")
    more = page.get_by_role("button", name="More settings")
    chosen = line.locator("select:visible")
    if controls:
        assert more.count() == 0
        assert chosen.count() == len(controls)
    else:
        drawn = boxes(page, ".bnviz-lab-body svg")
        assert chosen.count() == 1
        more.click()
        assert chosen.count() == 10
        page.wait_for_timeout(100)  # until a new size would be drawn
        now = boxes(page, ".bnviz-lab-body svg")
        assert [box[2:] for box in now] == [box[2:] for box in drawn]  # lower, and as large
        page.get_by_label("layers", exact=True).select_option(label="2")
        assert chosen.count() == 10  # a choice folds nothing
        page.get_by_role("button", name="Fewer settings").click()
        assert chosen.count() == 1
    assert line.evaluate("e => e.scrollWidth <= e.clientWidth")


def test_on_a_phone_the_folded_settings_tell_how_many_are_unusual(open_figure):
    """Who follows a link sees the run, and that it is not the usual one."""
    page = open_figure(make(SMALL), width=360, reduced_motion="reduce")
    more = page.locator(".bnviz-lab-more")
    assert more.inner_text() == "More settings"
    page.evaluate("location.hash = 'lab?data=spirals&depth=4&seed=3&lr=0.1'")  # two are folded
    page.wait_for_selector("text='More settings (2)'")
    more.click()
    assert more.inner_text() == "Fewer settings"
    page.get_by_label("seed", exact=True).select_option(label=str(SMALL.seed))
    assert more.inner_text() == "Fewer settings"
    more.click()
    assert more.inner_text() == "More settings (1)"
    page.get_by_role("button", name="Defaults").click()
    assert more.inner_text() == "More settings"


def test_on_a_phone_many_layers_of_many_networks_cover_nothing(open_figure):
    """Settings that are unfolded give their room, also to what needs more of it later."""
    page = open_figure(make(SMALL), width=360, reduced_motion="reduce")
    page.get_by_role("button", name="More settings").click()
    page.get_by_label("layers", exact=True).select_option(label="10")
    page.get_by_label("networks", exact=True).select_option("3")
    wait_for_steps(page, 3)
    page.get_by_role("button", name="Pause").click()
    ((_, top, _, high),) = boxes(page, ".bnviz-lab-layers svg")
    ((_, caption, _, _),) = boxes(page, "figcaption")
    assert top + high <= caption
    lowest = max(y + h for _, y, _, h in boxes(page, ".bnviz-lab-layers svg text"))
    assert lowest <= top + high + 1


def test_a_wide_page_folds_no_setting(open_figure, figure):
    page = open_figure(figure, width=936)
    assert page.get_by_role("button", name="More settings").count() == 0
    assert page.locator(".bnviz-lab-settings select:visible").count() == 10


LONG = Question(
    "long", "many layers", replace(SMALL, depth=6),
    "A question of some length, as they may be on a page, and one that takes several lines?",
    ["this", "or that, with more to say"], 0, "And why. " * 16,
)  # fmt: skip


@pytest.mark.parametrize("controls", [["init", "lr"], None])
@pytest.mark.parametrize("width", [360, 936])
def test_an_answer_moves_no_control(open_figure, width, controls):
    figure = make(SMALL, questions=[LONG], controls=controls)
    page = open_figure(figure, width=width, reduced_motion="reduce")
    controls = page.locator(".bnviz-lab-run > *, .bnviz-lab-settings, .bnviz-lab-other")
    before = [control.bounding_box()["y"] for control in controls.all()]
    for answer in LONG.choices:
        page.get_by_role("button", name=answer, exact=True).click()
        assert [control.bounding_box()["y"] for control in controls.all()] == before
        page.get_by_role("button", name="Answer again").click()
        assert [control.bounding_box()["y"] for control in controls.all()] == before


def test_it_starts_by_itself_when_it_is_seen(open_figure, figure):
    page = open_figure(figure)
    wait_for_steps(page, 20)


@pytest.mark.parametrize("hidden", ["Worker", "WebAssembly"])
def test_it_trains_without_what_a_browser_may_lack(chromium, tmp_path, figure, hidden):
    context = chromium.new_context()
    page = context.new_page()
    page.add_init_script(f"delete window.{hidden}")
    page.goto(figure.save_html(tmp_path / "lab.html").as_uri())
    wait_for_steps(page, 20)
    context.close()


def test_it_trains_where_a_host_forbids_the_workers_code(chromium, tmp_path, figure):
    context = chromium.new_context()
    page = context.new_page()
    path = figure.save_html(tmp_path / "lab.html")
    policy = '<meta http-equiv="Content-Security-Policy" content="worker-src \'none\'">'
    path.write_text(path.read_text("utf-8").replace("<head>", f"<head>{policy}"), "utf-8")
    page.goto(path.as_uri())
    wait_for_steps(page, 20)
    context.close()


def test_it_rests_out_of_sight(open_figure, figure):
    page = open_figure(figure)
    wait_for_steps(page, 5)
    page.evaluate("document.body.style.paddingBottom = '3000px'; scrollTo(0, 2500)")
    page.wait_for_timeout(200)
    rested = steps(page)
    page.wait_for_timeout(300)
    assert steps(page) == rested
    page.evaluate("scrollTo(0, 0)")
    wait_for_steps(page, rested + 5)


def test_slow_motion_can_be_followed(open_figure, figure):
    page = open_figure(figure, reduced_motion="reduce")
    page.get_by_label("pace").select_option("slow")
    page.get_by_role("button", name="Play").click()
    page.wait_for_timeout(1200)
    assert 2 <= steps(page) <= 6


def test_its_numbers_are_those_of_pytorch(open_figure):
    setting = Setting(seed=3)
    page = open_figure(make(setting), reduced_motion="reduce")
    make_steps(page, 5)
    found = read_csv(page)
    runs = train_setting(setting, 5, record={"sample": None}, eval_every=1)
    for label, run in runs.items():
        rows = [row for row in found if row["network"] == label and row["layer"] == "3"]
        np.testing.assert_allclose([float(row["mean_loss"]) for row in rows], run.loss, atol=2e-5)
        right = [float(row["test_accuracy"]) for row in rows]
        assert right == run.accuracy[1:].tolist()
        layer = run.recording.layers[2]
        std = [float(row["std"]) for row in rows]
        np.testing.assert_allclose(std, run.recording.std(layer), rtol=1e-4)


def test_an_explosion_is_shown_as_what_it_is_and_ends_the_training(open_figure):
    wild = Setting(width=20, activation="relu", lr=1e20, init=None, networks=[Contestant(None)])
    page = open_figure(make(wild), reduced_motion="reduce")
    page.get_by_role("button", name="Play").click()
    page.wait_for_selector("text=exploded")
    page.get_by_role("button", name="Play").wait_for()
    rested = steps(page)
    page.wait_for_timeout(200)
    assert steps(page) == rested
    assert page.locator("svg >> text=/NaN from step \\d+/").count() == 1  # of all layers


def test_a_network_that_exploded_answers_nothing(open_figure):
    """Also where its answers were last measured before it did."""
    wild = Setting(width=200, depth=4, activation="relu", lr=1e6, init=None)
    page = open_figure(make(wild), reduced_motion="reduce")
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("document.querySelectorAll('.bnviz-lab-head .bnviz-alarm').length === 2")
    page.wait_for_timeout(100)
    assert set(page.locator(".bnviz-lab-learned g text").all_text_contents()) == {"–"}


def test_a_plane_without_answers_says_so(open_figure):
    page = open_figure(make(SPIRALS), reduced_motion="reduce")
    assert page.get_by_text("no answer").count() == 0
    page.evaluate("location.hash = '#lab?activation=relu&lr=1e6'")
    page.wait_for_function("document.querySelectorAll('.bnviz-lab-head .bnviz-alarm').length === 2")
    page.get_by_text("no answer").nth(1).wait_for()


def test_the_accuracy_of_a_network_ends_where_it_exploded(open_figure):
    """That of weights which are no numbers is 0 %; whether it was measured hangs on the clock."""
    wild = replace(SMALL, activation="relu", lr=1e9, init=None)
    page = open_figure(make(wild), reduced_motion="reduce")
    make_steps(page, 6)
    losses = page.locator(".bnviz-lab-progress svg").nth(1)
    drawn = losses.locator("path[stroke-width='2']").first.bounding_box()
    assert drawn["y"] >= losses.bounding_box()["y"]  # the scale has gone with the loss
    since = [int(text.split()[-1]) for text in page.locator("text=/^NaN from/").all_text_contents()]
    lines = page.locator(".bnviz-lab-progress svg").first.locator("path[stroke-width='2']")
    points = [len(re.findall("[ML]", line.get_attribute("d"))) for line in lines.all()]
    assert len(since) == 2 and points == [step - 1 for step in since]


def test_values_out_of_sight_are_said(open_figure):
    wide = Setting(width=20, init=10.0, networks=[Contestant(None)])
    page = open_figure(make(wide), reduced_motion="reduce")
    make_steps(page, 6)
    assert page.locator("svg >> text=/% beyond ±64/").count() >= 1


# --- what can be chosen ---------------------------------------------------------------------------


def test_another_setting_starts_anew_and_stands_in_the_address(open_figure, figure):
    page = open_figure(figure, reduced_motion="reduce")
    page.get_by_label("layers", exact=True).select_option(label="5")
    wait_for_steps(page, 3)
    assert page.locator("svg >> text=/^layer \\d$/").count() == 5
    assert page.url.endswith("#lab?depth=5")
    page.get_by_label("norm of network 2", exact=True).select_option(label="layer norm")
    page.wait_for_function("location.hash.includes('layer')")
    assert page.url.endswith("#lab?networks=none,layer&depth=5")
    label = page.get_by_label("norm of network 2", exact=True)
    assert label.evaluate("e => e.selectedOptions[0].text") == "layer norm"
    page.get_by_label("networks", exact=True).select_option("3")
    wait_for_steps(page, 1)
    assert page.locator(".bnviz-lab-head").count() == 3


def test_a_control_keeps_the_focus_when_it_starts_anew(open_figure, figure):
    page = open_figure(figure, reduced_motion="reduce")
    page.get_by_label("units").focus()
    page.keyboard.press("ArrowDown")
    wait_for_steps(page, 1)
    assert page.evaluate("document.activeElement.ariaLabel") == "units"


def test_the_learning_rate_changes_while_it_trains(open_figure, figure):
    page = open_figure(figure, reduced_motion="reduce")
    make_steps(page, 2)
    page.get_by_label("learning rate").fill("0")
    make_steps(page, 1)
    assert steps(page) == 3  # not anew
    assert page.url.endswith("#lab?lr=0.001")


def test_an_address_opens_its_setting(open_figure, figure, tmp_path):
    page = open_figure(figure, reduced_motion="reduce")
    asked = "networks=batch-after,rms&depth=4&activation=relu&init=kaiming&batchSize=8&lr=0.03"
    page.goto(f"{page.url.split('#')[0]}?again#lab?{asked}")
    page.wait_for_selector("figure[data-ready]")
    assert page.get_by_label("layers", exact=True).evaluate("e => e.selectedOptions[0].text") == "4"
    assert page.get_by_label("activation", exact=True).input_value() == "2"
    assert page.get_by_label("learning rate").get_attribute("aria-valuetext") == "0.03"
    page.evaluate("location.hash = '#lab?depth=2'")  # a link in the same page
    page.wait_for_function("document.querySelectorAll('.bnviz-lab-layer').length === 2")


@pytest.mark.parametrize("controls", [["depth", "lr"], None])
@pytest.mark.parametrize("width", [360, 936])
def test_defaults_bring_the_pages_own_setting_back(open_figure, controls, width):
    page = open_figure(make(SMALL, controls=controls), width=width, reduced_motion="reduce")
    own = page.url
    back = page.get_by_role("button", name="Defaults")
    assert back.count() == 0  # nothing differs
    others = ".bnviz-lab-run > *, .bnviz-lab-settings > *"
    before = boxes(page, others)
    page.get_by_label("learning rate").fill("2")
    assert boxes(page, others) == before
    back.click()
    wait_for_steps(page, 1)
    assert back.count() == 0
    assert page.url == own
    assert page.get_by_label("learning rate").get_attribute("aria-valuetext") == "0.5"
    assert page.evaluate("document.activeElement.ariaLabel") in ("Play", "Pause")


def test_an_address_leads_to_the_lab(open_figure, figure):
    page = open_figure(figure, push=2000, width=360, reduced_motion="reduce")
    assert page.evaluate("scrollY") == 0
    page.goto(f"{page.url}?again#lab?depth=4")
    page.wait_for_selector("figure[data-ready]")
    page.wait_for_function("scrollY > 1000")
    page.evaluate("scrollTo(0, 0)")
    page.evaluate("location.hash = '#lab?depth=2'")
    page.wait_for_function("scrollY > 1000")
    page.evaluate("scrollTo(0, 300)")
    page.reload()  # and where the reader stood, they stand
    page.wait_for_selector("figure[data-ready]")
    page.wait_for_timeout(200)
    assert page.evaluate("scrollY") == 300


def test_a_question_is_answered_before_its_setting_trains(open_figure):
    figure = make(SMALL, questions=[QUESTION])
    page = open_figure(figure, reduced_motion="reduce")
    assert page.locator("svg >> text=/^layer \\d$/").count() == 3
    page.get_by_label("pace").select_option("slow")  # the verdict comes by itself after the steps
    page.get_by_role("button", name="a", exact=True).click()
    wait_for_steps(page, 3)
    assert page.locator("svg >> text=/^layer \\d$/").count() == 6
    page.get_by_role("button", name="Show me").click()
    assert told(page) == "You said “a”. Not quite: “b”. So."
    page.get_by_role("button", name="Answer again").click()
    page.get_by_role("button", name="Show me").click()
    assert told(page) == "The answer: “b”. So."


def told(page) -> str:
    return page.locator(".bnviz-lab-told[role=status]").inner_text()


def test_the_verdict_comes_when_the_run_has_shown_it(open_figure):
    page = open_figure(
        make(SMALL, questions=[QUESTION._replace(steps=12)]), reduced_motion="reduce"
    )
    page.get_by_label("pace").select_option("slow")
    page.get_by_role("button", name="b", exact=True).click()
    assert told(page) == "You said “b”; watch until step 12."
    page.get_by_role("button", name="Pause").click()
    make_steps(page, 11 - steps(page))
    assert told(page) == "You said “b”; watch until step 12."
    page.get_by_role("button", name="Restart").click()  # and from the start
    page.wait_for_selector("text='step 0'")
    assert told(page) == "You said “b”; watch until step 12."
    make_steps(page, 12)
    assert told(page) == "You said “b”. Right. So."


def test_an_answer_whose_verdict_never_came_is_forgotten_with_the_page(open_figure):
    questions = [QUESTION, QUESTION._replace(name="more", title="more?")]
    page = open_figure(make(SMALL, questions=questions), reduced_motion="reduce")
    page.get_by_label("pace").select_option("slow")
    page.get_by_role("button", name="b", exact=True).click()
    page.get_by_label("What if …").select_option(label="more?")
    page.reload()
    page.wait_for_selector("figure[data-ready]")
    assert told(page) == ""
    page.get_by_label("pace").select_option("slow")
    page.get_by_role("button", name="b", exact=True).click()
    page.get_by_label("What if …").select_option(label="more?")
    page.get_by_label("What if …").select_option(label=QUESTION.title)  # here the page tells it
    assert told(page) == "You said “b”. Right. So."
    page.reload()
    page.wait_for_selector("figure[data-ready]")
    assert told(page) == "You said “b”. Right. So."


def test_a_verdict_over_another_run_is_set_back_and_leads_to_its_own(open_figure):
    page = open_figure(make(SMALL, questions=[QUESTION]), reduced_motion="reduce")
    verdict = page.locator(".bnviz-lab-told[role=status]")

    def is_set_back() -> bool:
        return verdict.evaluate("e => e.classList.contains('bnviz-lab-past')")

    page.get_by_role("button", name="Show me").click()
    assert not is_set_back()
    page.get_by_label("learning rate").fill("0")
    assert is_set_back()
    page.get_by_role("button", name="Show its run").click()
    assert not is_set_back() and page.get_by_label("learning rate").input_value() != "0"
    for change in ("layers", "Defaults"):
        if change == "layers":
            page.get_by_label("layers", exact=True).select_option(label="2")
        else:
            page.get_by_role("button", name="Defaults").click()
        assert is_set_back() and told(page) == "The answer: “b”. So."
        page.get_by_role("button", name="Show its run").click()
        assert not is_set_back()
        wait_for_steps(page, 3)
    assert page.locator("svg >> text=/^layer \\d$/").count() == 6
    page.evaluate("location.hash = ''")
    page.reload()
    page.wait_for_selector("figure[data-ready]")
    assert is_set_back() and told(page) == "The answer: “b”. So."
    page.get_by_role("button", name="Show its run").click()
    page.get_by_role("button", name="Answer again").click()
    assert told(page) == "" and not is_set_back()


def test_to_answer_again_shows_what_was_there_before(open_figure):
    page = open_figure(make(SMALL, questions=[QUESTION]), reduced_motion="reduce")
    counter = page.locator(".bnviz-lab-steps")
    assert counter.inner_text() == "recorded"
    page.get_by_label("pace").select_option("slow")
    page.get_by_role("button", name="a", exact=True).click()
    wait_for_steps(page, 3)
    page.get_by_role("button", name="Show me").click()
    page.get_by_role("button", name="Answer again").click()
    page.wait_for_selector("text='recorded'")
    page.wait_for_timeout(200)
    assert counter.inner_text() == "recorded"  # it waits for the reader


def test_another_question_begins_from_the_readers_own_setting(open_figure):
    other = QUESTION._replace(name="flat", title="one layer", setting=replace(SMALL, depth=1))
    page = open_figure(make(SMALL, questions=[QUESTION, other]), reduced_motion="reduce")
    layers = page.get_by_label("layers", exact=True)
    page.get_by_label("seed", exact=True).select_option(label="4")
    page.get_by_role("button", name="Show me").click()
    assert layers.evaluate("e => e.selectedOptions[0].text") == "6"
    page.get_by_label("What if …").select_option(label="one layer")
    assert layers.evaluate("e => e.selectedOptions[0].text") == "3"
    assert page.get_by_label("seed", exact=True).evaluate("e => e.selectedOptions[0].text") == "4"
    assert told(page) == ""
    page.get_by_label("What if …").select_option(label="six layers")  # answered, over another run
    assert page.get_by_role("button", name="Show its run").is_visible()


@pytest.mark.parametrize("change", ["rate", "layers", "seed"])
def test_the_verdict_waits_for_no_other_run_than_the_questions(open_figure, change):
    page = open_figure(make(SMALL, questions=[QUESTION]), reduced_motion="reduce")
    page.get_by_label("pace").select_option("slow")
    page.get_by_role("button", name="b", exact=True).click()
    if change == "rate":
        page.get_by_label("learning rate").fill("0")
    else:
        page.get_by_label(change, exact=True).select_option(label="2")
    watches = told(page) == f"You said “b”; watch until step {QUESTION.steps}."
    assert watches == (change == "seed")  # a question holds for every seed


def test_the_verdict_waits_for_no_run_that_is_over(open_figure):
    wild = Setting(width=20, activation="relu", lr=1e20, init=None, networks=[Contestant(None)])
    asked = QUESTION._replace(setting=wild)
    page = open_figure(make(SMALL, questions=[asked]), reduced_motion="reduce")
    page.get_by_role("button", name="b", exact=True).click()
    page.wait_for_selector("text=exploded")
    page.wait_for_selector("[role=status] >> text=You said “b”. Right. So.")


def test_an_answer_keeps_the_seed_and_gives_the_readers_setting_back(open_figure):
    page = open_figure(make(SMALL, questions=[QUESTION]), reduced_motion="reduce")

    def chosen(label: str) -> str:
        control = page.get_by_label(label, exact=True)
        return control.evaluate("e => e.selectedOptions[0].text")

    def found() -> list[str]:
        return [chosen(label) for label in ("layers", "seed", "batch")]

    page.get_by_label("seed", exact=True).select_option(label="4")
    page.get_by_label("batch", exact=True).select_option(label="16")
    page.get_by_role("button", name="a", exact=True).click()
    assert found() == ["6", "4", "60"]  # as asked, from the reader's seed
    page.get_by_role("button", name="Answer again").click()
    assert found() == ["3", "4", "16"]
    page.get_by_role("button", name="b", exact=True).click()
    page.get_by_label("layers", exact=True).select_option(label="2")  # and on from there
    page.get_by_role("button", name="Show its run").click()
    page.get_by_role("button", name="Answer again").click()
    assert found() == ["2", "4", "60"]


def test_a_choice_keeps_a_rate_that_was_set_before_it(open_figure, figure):
    page = open_figure(figure, reduced_motion="reduce")
    page.get_by_label("learning rate").press("End")
    assert page.get_by_label("learning rate").get_attribute("aria-valuetext") == "50"
    page.get_by_label("data").select_option(label="spirals")
    page.get_by_label("norm of network 2", exact=True).select_option(label="layer norm")
    wait_for_steps(page, 3)
    assert page.get_by_label("learning rate").get_attribute("aria-valuetext") == "50"
    assert "lr=50" in page.url


# --- what is learned ------------------------------------------------------------------------------

SPIRALS = Setting(data="spirals", width=16, depth=2, momentum=0.9, init=None)
ANSWERS = """
  const [setting, steps, pixels, labels] = inputs;
  let last;
  serve(
    (listener) => {
      listener({ settings: forTrainer(setting), pixels, labels });
      for (let i = 0; i < steps; i += 1) listener({ steps: 1, milliseconds: 0 });
    },
    (report) => { last = report; },
  );
  return last.answers.map((all) => [...all]);
"""


@pytest.mark.parametrize("setting", [replace(SMALL, seed=2), SPIRALS])
def test_the_recorded_answers_are_those_of_the_page(setting):
    files = {"forTrainer": f"{LAB}/settings.js", "serve": f"{LAB}/trainer/worker.js"}
    images = [array.ravel().tolist() for array in all_digits()]
    found = np.array(run_js(ANSWERS, setting.spec(), 60, *images, **files))
    recorded = lab(setting, train_setting(setting, 60)).arrays["recorded.answers"]
    assert found.shape == recorded.shape
    assert len(np.unique(found)) > 1
    assert (found == recorded).mean() > 0.99  # a place at a border may lie on either side


def wrong_and_read(page) -> tuple[int, list[str]]:
    """How many answers stand in boxes, and all answers."""
    boxes = page.eval_on_selector_all(
        ".bnviz-lab-wrong", "all => all.map((e) => (e.getAttribute('d').match(/M/g) ?? []).length)"
    )
    return sum(boxes), page.locator(".bnviz-lab-learned g text").all_text_contents()


def test_it_shows_what_the_networks_read_and_boxes_what_is_wrong(open_figure):
    runs = train_setting(SMALL, 20)
    page = open_figure(lab(SMALL, runs), reduced_motion="reduce")
    page.wait_for_selector(".bnviz-lab-learned g text >> nth=23")
    split = digits(SMALL.seed)
    answers = [run.answers(split.x_test[:12]) for run in runs.values()]
    wrong, read = wrong_and_read(page)
    assert read == [str(answer) for all_ in answers for answer in all_]  # as was recorded
    assert wrong == sum((all_ != split.y_test[:12]).sum() for all_ in answers) > 0
    page.get_by_role("button", name="Restart").click()
    make_steps(page, 1)
    assert wrong_and_read(page)[1] != read
    page.get_by_role("button", name="Play").click()
    wait_for_steps(page, 200)
    page.get_by_role("button", name="Pause").click()
    page.wait_for_timeout(200)  # what was asked for before has come
    said = page.get_attribute(".bnviz-lab-learned svg", "aria-label")
    rights = [int(count) for count in re.findall(r"(\d+) of 12 test images right", said)]
    wrong, _ = wrong_and_read(page)
    assert wrong == 24 - sum(rights)
    assert rights[1] > 8  # the network with batch norm reads by now


def test_it_shows_the_plane_of_the_spirals_as_each_network_sees_it(open_figure):
    page = open_figure(make(SPIRALS), reduced_motion="reduce")
    page.get_by_label("networks", exact=True).select_option("3")
    wait_for_steps(page, 200)
    page.get_by_role("button", name="Pause").click()
    page.wait_for_selector(".bnviz-lab-learned svg[aria-label*='plane']")
    assert page.locator(".bnviz-lab-learned rect").count() == 3
    grounds = page.locator(".bnviz-lab-ground-0, .bnviz-lab-ground-1")
    assert all(grounds.evaluate_all("all => all.map((e) => e.getAttribute('d').length > 20)"))
    said = page.get_attribute(".bnviz-lab-learned svg", "aria-label")
    shares = [float(share) for share in re.findall(r"([\d.]+) %", said)]
    assert len(shares) == 6
    assert sum(shares) == pytest.approx(300, abs=3)


@pytest.mark.parametrize("data", ["digits", "spirals"])
@pytest.mark.parametrize("width", [360, 936])
def test_what_is_learned_lies_in_its_room_and_moves_nothing(open_figure, data, width):
    page = open_figure(make(SMALL), width=width, reduced_motion="reduce")
    if width < 640:
        page.get_by_role("button", name="More settings").click()
    rooms = ".bnviz-lab-body > *, .bnviz-lab-side > *"
    before = boxes(page, rooms)
    page.get_by_label("data").select_option(label=data)
    for count in "123":
        page.get_by_label("networks", exact=True).select_option(count)
        wait_for_steps(page, 3)
        if count == "2":
            assert boxes(page, rooms) == before
        ((left, top, across, high),) = boxes(page, ".bnviz-lab-learned")
        for x, y, w, h in boxes(page, ".bnviz-lab-learned svg > :not(g), .bnviz-lab-learned g > *"):
            assert left - 1 <= x and x + w <= left + across + 1
            assert top - 1 <= y and y + h <= top + high + 2  # a line is taller than its digit


# --- what a person sees ---------------------------------------------------------------------------


def test_all_is_seen_at_once(open_figure):
    assert_fits(open_figure, make(Setting(), questions=[QUESTION]))
    assert_fits(open_figure, make(SPIRALS, questions=[QUESTION]))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("setting", [SMALL, SPIRALS])
def test_no_serious_finding_of_axe(open_figure, theme, setting):
    page = open_figure(make(setting, questions=[QUESTION]), color_scheme=theme)
    wait_for_steps(page, 5)
    page.get_by_role("button", name="Pause").click()
    assert axe_findings(page) == []


def test_it_says_what_it_shows(open_figure, figure):
    page = open_figure(figure, reduced_motion="reduce")
    make_steps(page, 2)
    said = page.get_attribute(".bnviz-lab-layers svg", "aria-label")
    assert said.startswith("Step 2. without norm: standard deviation in layer 1 ")
    chart = page.get_attribute(".bnviz-lab-progress svg", "aria-label")
    assert "batch norm" in chart


def test_without_scripts_a_recorded_run_is_seen(open_figure, figure):
    page = open_figure(figure, java_script_enabled=False)
    assert page.locator(".bnviz-still img").is_visible()
    assert page.get_attribute(".bnviz-still img", "alt") == figure.alt
    assert "batch norm: " in figure.alt
    assert "of the test set right" in figure.alt
    caption = page.locator("figcaption").inner_text().strip()
    assert caption == (
        "A row is a layer: the middle 70 % of what its activation gets, over the steps."
    )


def test_frames_are_drawn_while_it_trains(open_figure):
    page = open_figure(make(Setting()))
    wait_for_steps(page, 30)
    times = page.evaluate("""async () => {
      const times = [];
      for (let i = 0; i < 100; i += 1) {
        await new Promise(requestAnimationFrame);
        times.push(document.querySelector("figure").bnviz.drawTime);
      }
      return times;
    }""")
    assert np.percentile(times, 90) < 25  # a tenth of it on a quiet machine


def test_runs_of_other_networks_are_refused():
    runs = train_setting(SMALL, 5)
    with pytest.raises(ValueError, match=r"lab\(\) got runs of batch norm; the setting"):
        lab(SMALL, {"batch norm": runs["batch norm"]})
    with pytest.raises(ValueError, match="was not recorded"):
        lab(SMALL, train_setting(SMALL, 5, record=False))
    with pytest.raises(ValueError, match=r"lab\(\) got controls \['norm'\]; there are data"):
        lab(SMALL, runs, controls=["norm"])
    with pytest.raises(ValueError, match="the answer to 'deeper' is 2"):
        lab(SMALL, runs, [QUESTION._replace(answer=2)])


# --- settings -------------------------------------------------------------------------------------

CONTESTANTS = (
    st.builds(
        Contestant,
        st.sampled_from([None, "layer", "group", "rms"]),
        st.sampled_from(["before", "after"]),
    )
    | st.builds(
        Contestant,
        st.just("batch"),
        st.sampled_from(["before", "after"]),
        st.sampled_from([0.0, 0.5, 2.0]),
    )
    | st.builds(
        Contestant, st.just("batch"), st.sampled_from(["before", "after"]), affine=st.just(False)
    )
)
SETTING = st.builds(
    Setting,
    networks=st.lists(CONTESTANTS, min_size=1, max_size=3, unique_by=lambda one: one.label),
    data=st.sampled_from(["digits", "spirals"]),
    depth=st.integers(1, 10),
    width=st.sampled_from([8, 20, 60]),
    activation=st.sampled_from(["sigmoid", "tanh", "relu"]),
    init=st.sampled_from([0.01, 0.1, 1.0, "xavier", "kaiming", None]),
    lr=st.sampled_from([0.001, 0.05, 0.5, 2.0, 50.0]),
    momentum=st.sampled_from([0.0, 0.9, 0.99]),
    weight_decay=st.sampled_from([0.0, 0.001, 0.01]),
    batch_size=st.sampled_from([2, 4, 60, 250]),
    seed=st.integers(0, 9),
)


def plain(setting: dict[str, Any]) -> dict[str, Any]:
    """A norm that is not there stands nowhere."""
    networks = [dict(one) for one in setting["networks"]]
    for one in networks:
        if one["norm"] is None:
            one["placement"] = "before"
    return {**setting, "networks": networks}


@given(setting=SETTING)
@settings(max_examples=60)
def test_a_setting_survives_its_address(setting):
    code = "const [one, usual] = inputs; return decode(encode(one, usual), usual);"
    found = run_js(code, setting.spec(), Setting().spec(), **SETTINGS)
    assert plain(found) == plain(setting.spec())


@given(setting=SETTING)
@settings(max_examples=60)
def test_python_writes_addresses_that_the_page_reads(setting):
    found = run_js("return decode(...inputs);", setting.query(), Setting().spec(), **SETTINGS)
    assert plain(found) == plain(setting.spec())


CHAPTERS = Path(__file__).parents[2] / "chapters"
LINKS = sorted({
    query
    for path in [*CHAPTERS.glob("*.ipynb"), *CHAPTERS.glob("*.md")]
    for query in re.findall(r"lab\.ipynb#lab\?([^)\s\"]*)", path.read_text("utf-8"))
})  # fmt: skip


@pytest.mark.parametrize("query", LINKS)
def test_the_lab_reads_all_that_a_link_of_the_book_says(query):
    code = "const [query, usual] = inputs; return encode(decode(query, usual), usual);"
    read = run_js(code, query, Setting().spec(), **SETTINGS)
    assert set(read.split("&")) == set(query.split("&"))


def test_chapters_lead_to_settings_of_the_lab():
    assert len(LINKS) > 10


@pytest.mark.parametrize("query", [
    "depth=11", "depth=2.5", "depth=", "width=30", "lr=-1", "lr=NaN", "lr=1e9", "batchSize=1",
    "activation=gelu", "data=cifar", "networks=instance", "networks=none,none,none,none",
    "networks=layer-noise2", "networks=layer-fixed",
    "networks=batch-noise2-fixed", "networks=batch-noise99", "init=0", "momentum=1", "nonsense=1",
])  # fmt: skip
def test_what_makes_no_sense_in_an_address_is_left_out(query):
    usual = Setting().spec()
    assert run_js("return decode(...inputs);", query, usual, **SETTINGS) == run_js(
        "return inputs[0];", usual
    )


@given(setting=SETTING)
@settings(max_examples=40)
def test_networks_are_called_as_in_python(setting):
    found = run_js("return stylesOf(inputs[0]);", setting.spec()["networks"], **SETTINGS)
    assert [style["label"] for style in found] == setting.labels
    assert len({style["key"] for style in found}) == len(found)


def test_orange_and_blue_are_without_and_with_batch_norm_alone():
    known = [
        Contestant(None),
        Contestant("batch"),
        Contestant("layer"),
        Contestant("batch", "after"),
    ]
    for chosen in itertools.permutations(known, 3):
        networks = Setting(chosen).spec()["networks"]
        found = run_js("return stylesOf(inputs[0]);", networks, **SETTINGS)
        for style in found:
            own = {"without norm": "without", "batch norm": "with"}.get(style["label"])
            assert (style["key"] == own) == (own is not None)


RANDOM = """
  const [all, pixels, labels] = inputs;
  return all.map((setting) => {
    const told = [];
    let clock = 0;
    serve(
      (listener) => {
        listener({ settings: forTrainer(setting), pixels, labels });
        listener({ steps: 3, milliseconds: 1e9 });
      },
      (report) => told.push(report),
      () => (clock += 1),
    );
    const { failed, steps, losses, accuracies, looks } = told[told.length - 1];
    const layers = looks?.flat().map((one) => ({
      ...one, counts: one.counts.reduce((a, b) => a + b, 0),
    }));
    return { failed, steps, losses, accuracies, layers };
  });
"""


@given(several=st.lists(SETTING, min_size=20, max_size=20))
@settings(max_examples=10)
def test_two_hundred_settings_train_or_say_that_they_explode(several):
    files = {"forTrainer": f"{LAB}/settings.js", "serve": f"{LAB}/trainer/worker.js"}
    images = [array.ravel().tolist() for array in all_digits()]
    found = run_js(RANDOM, [setting.spec() for setting in several], *images, **files)
    for setting, told in zip(several, found, strict=True):
        assert told.get("failed") is None
        assert told["steps"] == 3
        assert all(0 <= right <= 1 for right in told["accuracies"])
        values = setting.batch_size * setting.width
        for layer in told["layers"]:
            assert layer["counts"] + layer["beyond"] == values
            assert 0 <= layer["idle"] <= 1
            low, middle, high = map(float, layer["percentiles"])
            assert np.isnan(low) or low <= middle <= high
            assert np.isfinite(low) or not np.isfinite(float(layer["std"]))


@pytest.mark.parametrize(("wrong", "says"), [
    ({"depth": 11}, "depth is 1 to 10; given 11"), ({"width": 30}, "a multiple of 4; given 30"),
    ({"batch_size": 1}, "batch_size is 2 to 600"), ({"activation": "gelu"}, "activation is"),
    ({"networks": [Contestant(None)] * 2}, "networks differ"), ({"init": 0.0}, "init is"),
    ({"init": "zeros"}, "init is"), ({"lr": 0.0}, "lr is above 0"), ({"data": "cifar"}, "data is"),
])  # fmt: skip
def test_a_setting_that_does_not_fit_is_refused(wrong, says):
    with pytest.raises(ValueError, match=says):
        Setting(**wrong)


# --- what is kept ---------------------------------------------------------------------------------


def test_memory_is_held_however_long_it_trains():
    code = """
      const history = makeHistory();
      const look = { percentiles: [0, 0, 0], std: 1, idle: 0, gradient: 1 };
      for (let steps = 1; steps <= inputs[0]; steps += 7) {
        history.add({ steps, losses: [1], accuracies: [0.5], measured: steps, looks: [[look]] });
      }
      return [history.moments, history.evaluations].map((all) => all.map(({ step }) => step));
    """
    for found in run_js(code, 100_000, makeHistory=f"{LAB}/history.js"):
        assert 60 < len(found) <= 141
        assert found[0] == 1
        assert found[-1] == 99_996
        apart = np.diff(found[:-1])
        assert apart.max() <= 2 * apart.min()


def test_a_loss_that_is_no_number_is_noted_where_it_came():
    """Of each network, however many steps a report is about."""
    networks = [Contestant("batch"), Contestant(None), Contestant("layer")]
    wild = Setting(width=20, activation="relu", lr=1e9, init=None, networks=networks)
    code = """
      const [setting, pixels, labels] = inputs;
      const train = (atOnce) => {
        const history = makeHistory();
        const losses = [];
        serve(
          (listener) => {
            listener({ settings: forTrainer(setting), pixels, labels });
            for (let done = 0; done < 12; done += atOnce) {
              listener({ steps: atOnce, milliseconds: Infinity });
            }
          },
          (report) => { history.add(report); losses.push(report.losses); },
        );
        return [history.broken, losses.slice(1)];
      };
      return [...train(1), train(3)[0], train(12)[0]];
    """
    files = {"serve": f"{LAB}/trainer/worker.js", "makeHistory": f"{LAB}/history.js"}
    images = [array.ravel().tolist() for array in all_digits()]
    broken, losses, *others = run_js(
        code, wild.spec(), *images, forTrainer=f"{LAB}/settings.js", **files
    )
    first = [int(np.argmax(~np.isfinite(each))) + 1 for each in zip(*losses, strict=True)]
    assert broken == first and others == [first, first]
    assert len(set(first)) > 1  # each has its own
    plain = train_setting(replace(wild, networks=networks[1:2]), 12)
    assert first[1] == np.argmax(~np.isfinite(next(iter(plain.values())).loss)) + 1


@pytest.mark.parametrize(
    ("step", "end"), [(0, 200), (200, 200), (201, 400), (999, 1000), (4001, 10_000)]
)
def test_the_axis_of_steps_grows_seldom(step, end):
    assert run_js("return axisEnd(inputs[0]);", step, axisEnd=f"{LAB}/history.js") == end
