"""`predict`: a question that the reader answers before the answer shows."""

from __future__ import annotations

import html as html_module
import itertools
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from browser import SIZES, axe_findings, boxes, height, touch
from demo import demo
from hypothesis import given
from hypothesis import strategies as st

from bnviz.figures import curves, dots, predict
from bnviz.figures.gallery.predict import figure as predict_figure
from bnviz.figures.gallery.predict.text import read, to_html, to_plain
from bnviz.figures.kit.blob import pack
from bnviz.figures.kit.bundle import esm
from bnviz.sphinxext import _FIGURE

WHY = "It shrinks with the *square root* of the number of images."


def choice(**changes):
    given_ = {
        "question": "Four times as many images in a batch: by what factor does its error shrink?",
        "choices": ["not at all", "by 2", "by 4", "by 16"],
        "answer": 1,
        "explain": WHY,
    }
    return predict(**(given_ | changes))


def number(**changes):
    given_ = {
        "question": "How many steps until 90 % of the test images are right?",
        "number": (1, 1400),
        "log": True,
        "unit": "steps",
        "answer": (40, 60),
        "explain": "Over five seeds, with batch normalization.",
    }
    return predict(**(given_ | changes))


def with_figure(**changes):
    lines = {"with BN": [[0.1, 0.8, 0.9], [0.1, 0.9, 1.0]]}
    return choice(then=curves(lines, x=[0, 50, 100], styles={"with BN": "with"}), **changes)


def with_much():
    """As much as a chapter asks, tells and shows at once."""
    lines = {f"{size} at a time": [[0.1, 0.8, 0.9], [0.1, 0.9, 1.0]] for size in (16, 64, 256)}
    causes = {"learning rate": ["0.03", "0.1", "0.3"], "units": ["sigmoid", "ReLU"]}
    figure = curves(
        {key: lines for key in itertools.product(*causes.values())},
        x=[0, 50, 100],
        causes=causes,
        caption=of_length(100),
    )
    return choice(
        question=of_length(150),
        choices=["the five exact steps", "the hundred rough ones", "no difference"],
        explain=of_length(90),
        then=figure,
    )


# --- without a browser --------------------------------------------------------------------------


@given(st.text(alphabet="ab *`<>&\"'", max_size=30))
def test_a_sentence_keeps_its_characters_and_makes_no_tags_but_two(text):
    page = to_html(read(text))
    tags = re.findall(r"<[^>]*>", page)
    assert set(tags) <= {"<em>", "</em>", "<code>", "</code>"}
    characters = html_module.unescape(re.sub(r"<[^>]*>", "", page))
    assert characters == to_plain(read(text))
    marks = str.maketrans("", "", "*` ")
    assert characters.translate(marks) == text.translate(marks)


def test_a_number_is_not_parted_from_its_sign():
    assert to_plain(read(" about\n 93\u00a0% ")) == "about 93\u00a0%"


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("*a* b", "<em>a</em> b"),
        ("(*two words*)", "(<em>two words</em>)"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("2*3*4", "2*3*4"),
        ("`a * b` * c", "<code>a * b</code> * c"),
        ("`x` and `y`", "<code>x</code> and <code>y</code>"),
        ("over\n  two lines", "over two lines"),
    ],
)
def test_stars_are_emphasis_only_around_words(text, page):
    assert to_html(read(text)) == page


@given(
    st.floats(-1e6, 1e6),
    st.floats(1e-3, 1e6),
    st.booleans(),
)
def test_any_number_on_the_line_can_nearly_be_said(low, length, log):
    low = abs(low) + 1e-3 if log else low
    high = low + length
    values = predict(
        "?", number=(low, high), answer=low, explain="!", log=log
    ).arrays["values"]  # fmt: skip
    assert values[0] == low and values[-1] == high
    assert (np.diff(values) > 0).all() and len(values) <= 350
    place = np.log(values) if log else values
    assert np.diff(place).max() <= max(0.025 * (place[-1] - place[0]), 0.1 if log else 0)


@pytest.mark.parametrize(("ends", "log"), [((1, 1400), True), ((0, 100), False), ((3, 9), False)])
def test_between_whole_ends_all_numbers_are_whole(ends, log):
    values = predict("?", number=ends, answer=5, explain="!", log=log).arrays["values"]
    assert (values == values.round()).all() and 5 in values


@pytest.mark.parametrize("ends", [(0, 1), (0.0, 5.0)])
def test_shares_and_floats_are_not_whole(ends):
    values = predict("?", number=ends, answer=0.25, explain="!").arrays["values"]
    assert 0.25 in values and len(values) > 100


def test_round_numbers_can_be_said():
    values = predict("?", number=(1, 1400), answer=5, explain="!", log=True).arrays["values"]
    assert {1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000, 1400} <= set(values.tolist())


def test_the_alternative_asks_and_does_not_tell():
    assert choice().alt == (
        "Predict: Four times as many images in a batch: by what factor does its error shrink? "
        "Choices: not at all; by 2; by 4; by 16."
    )
    assert number().alt.endswith("A number from 1 to 1400 steps.")
    assert "square root" not in choice().alt and "60" not in number().alt


def test_without_scripts_the_answer_is_folded():
    still = choice().still
    before, folded = still.split("<details>")
    assert "<li>by 16</li>" in before and "by what factor" in before
    assert "square root" not in before
    assert "“by 2”." in folded and "<em>square root</em>" in folded
    assert "40 to 60 steps." in number().still.split("<details>")[1]
    assert "A number from 1 to 1400 steps." in number().still.split("<details>")[0]


def test_it_is_remembered_under_its_question_and_choices():
    assert choice().spec["key"] == choice(explain="Another.").spec["key"]
    assert choice().spec["key"] != choice(choices=["a", "b"]).spec["key"]
    assert choice().spec["key"] != choice(question="And now?").spec["key"]
    assert number().spec["key"] != number(number=(1, 100)).spec["key"]
    assert choice(key="batch-error").spec["key"] == "batch-error"


def test_the_root_is_known_as_a_figure_and_as_a_prediction():
    page = choice().to_html()
    assert '<figure class="bnviz-figure bnviz-predict" data-figure="predict"' in page
    assert _FIGURE.findall(page) == ["predict"]


def test_a_page_has_the_code_of_what_is_revealed_too():
    page = with_figure().to_html()
    assert _FIGURE.findall(page) == ["predict", "curves"]
    assert "const m_curves_curves" in page and "const m_predict_predict" in page
    assert page.count("data-bnviz-code") == 2
    assert "m_curves_curves" not in choice().to_html()


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"question": " "}, ValueError, "question is empty"),
        ({"question": 3}, TypeError, "question is a int"),
        ({"explain": ""}, ValueError, "explain is empty"),
        ({"choices": None}, TypeError, "either choices=.* or number="),
        ({"number": (1, 2)}, TypeError, "either choices=.* or number="),
        ({"choices": ["one"]}, ValueError, "list of two or more"),
        ({"choices": "yes"}, ValueError, "list of two or more"),
        ({"choices": ["a", "a"]}, ValueError, "two choices are the same"),
        ({"choices": ["a", 2]}, TypeError, "a choice is a int"),
        ({"answer": 4}, ValueError, r"answer is 4; with choices .* 0 to 3"),
        ({"answer": -1}, ValueError, "answer is -1"),
        ({"answer": True}, ValueError, "answer is True"),
        ({"answer": "by 2"}, ValueError, "index of the right one"),
        ({"then": 3}, TypeError, "then is a int; give a figure"),
    ],
)
def test_a_bad_choice_gets_a_clear_message(wrong, error, message):
    with pytest.raises(error, match=message):
        choice(**wrong)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"number": (5, 1)}, "ascending"),
        ({"number": (0, 10)}, "above zero, for a logarithmic line"),
        ({"number": (1, np.inf)}, "both ends"),
        ({"number": 7}, "both ends"),
        ({"answer": 2000}, "on the line from 1 to 1400"),
        ({"answer": (60, 40)}, "answer is \\(60, 40\\)"),
        ({"answer": (1, 2, 3)}, "a range"),
        ({"answer": "many"}, "answer is 'many'"),
    ],
)
def test_a_bad_number_gets_a_clear_message(wrong, message):
    with pytest.raises(ValueError, match=message):
        number(**wrong)


# --- in a browser: choices ------------------------------------------------------------------------


def told(page):
    """What the page says to an answer; nothing before."""
    return page.get_by_role("status").inner_text()


def test_a_wrong_choice_is_met_with_the_answer(open_figure):
    page = open_figure(choice())
    assert told(page) == "" and "square root" not in page.locator("figure").inner_text()
    page.get_by_role("button", name="by 4").click()
    assert told(page) == (
        "You said “by 4”. Not quite: “by 2”. It shrinks with the square root of the number of "
        "images."
    )
    assert page.locator("figure [role=status] em").inner_text() == "square root"
    assert not page.get_by_role("button", name="by 4").is_visible()


def test_a_right_choice_is_said_to_be_right(open_figure):
    page = open_figure(choice())
    page.get_by_role("button", name="by 2").click()
    assert told(page).startswith("You said “by 2”. Right. It shrinks")


def test_it_is_never_a_wall(open_figure):
    page = open_figure(choice())
    page.get_by_role("button", name="Show me").click()
    assert told(page).startswith("The answer: “by 2”. It shrinks")


def test_it_can_be_answered_again(open_figure):
    page = open_figure(choice())
    page.get_by_role("button", name="by 4").click()
    page.get_by_role("button", name="Answer again").click()
    assert told(page) == "" and page.get_by_role("button", name="by 4").is_visible()
    page.get_by_role("button", name="by 2").click()
    assert "Right." in told(page)


def test_the_keyboard_answers_and_keeps_its_place(open_figure):
    page = open_figure(choice())
    for key in ("Tab", "Tab", "Enter"):
        page.keyboard.press(key)
    assert told(page).startswith("You said “by 2”")
    focused = "document.activeElement.textContent"
    assert page.evaluate(focused) == "Answer again"
    page.keyboard.press("Enter")
    assert page.evaluate(focused) == "Show me" and told(page) == ""


def test_choices_are_a_group_named_by_the_question(open_figure):
    page = open_figure(choice())
    group = page.get_by_role("group", name=re.compile("by what factor does its error shrink"))
    names = group.get_by_role("button").all_inner_texts()
    assert names == ["not at all", "by 2", "by 4", "by 16"]


def test_a_tap_answers_and_a_swipe_does_not(open_figure):
    page = open_figure(choice(), width=360, has_touch=True, push=300)
    page.evaluate("document.body.style.minHeight = '2000px'")
    box = page.get_by_role("button", name="by 4").bounding_box()
    x, y = box["x"] + 20, box["y"] + 15
    touch(page, [(x, y), (x, y - 30), (x, y - 90)])
    assert told(page) == ""
    page.evaluate("scrollTo(0, 0)")
    touch(page, [(x, y)])
    page.wait_for_function("document.querySelector('[role=status]').textContent !== ''")
    assert told(page).startswith("You said “by 4”")


# --- what is remembered ---------------------------------------------------------------------------


def test_the_answer_is_there_again_when_the_page_is(open_figure):
    page = open_figure(choice())
    page.get_by_role("button", name="by 4").click()
    page.reload()
    page.wait_for_selector("figure[data-ready]")
    assert told(page).startswith("You said “by 4”")
    page.get_by_role("button", name="Answer again").click()
    page.reload()
    page.wait_for_selector("figure[data-ready]")
    assert told(page) == ""


@pytest.mark.parametrize("junk", ["7", "-1", '"by 2"', "{", "[1]", "1.5", "true"])
def test_what_another_page_kept_is_no_answer(open_figure, junk):
    page = open_figure(choice(key="mine"))
    page.evaluate("(text) => localStorage.setItem('bnviz-predict:mine', text)", junk)
    page.reload()
    page.wait_for_selector("figure[data-ready]")
    assert told(page) == "" and page.get_by_role("button", name="by 2").is_visible()


def test_without_storage_it_works_all_the_same(open_figure):
    page = open_figure(choice())
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('blocked'); } })"
    )
    page.reload()
    page.wait_for_selector("figure[data-ready]")
    page.get_by_role("button", name="by 2").click()
    assert "Right." in told(page)


# --- numbers --------------------------------------------------------------------------------------


def press(page, *keys):
    page.get_by_role("slider").focus()
    for key in keys:
        page.keyboard.press(key)


def say(page, value, low, high):
    """Moves the slider of a linear line near a value, and answers."""
    position = round(1000 * (value - low) / (high - low))
    page.get_by_role("slider").fill(str(position))
    page.get_by_role("button", name="This is my guess").click()


def test_a_number_is_said_after_the_reader_has_moved(open_figure):
    page = open_figure(number())
    slider, guess = page.get_by_role("slider"), page.get_by_role("button", name="This is my guess")
    assert guess.is_disabled()
    assert slider.get_attribute("aria-valuetext") == "drag to your number"
    press(page, "ArrowRight")
    assert slider.get_attribute("aria-valuetext") == "2 steps"
    press(page, "ArrowRight", "ArrowUp", "ArrowLeft")
    assert slider.get_attribute("aria-valuetext") == "3 steps"
    press(page, "End")
    assert slider.get_attribute("aria-valuetext") == "1400 steps"
    guess.click()
    assert told(page).startswith("You said 1400 steps. It is less: 40 to 60 steps. Over five seeds")
    assert not slider.is_visible()


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (50, "You said 50 %. Right: 50 %."),
        (52, "You said 52 %. Close: 50 %."),
        (45, "You said 45 %. Close: 50 %."),
        (80, "You said 80 %. It is less: 50 %."),
        (10, "You said 10 %. It is more: 50 %."),
    ],
)
def test_a_number_is_right_close_or_far(open_figure, value, words):
    page = open_figure(predict("?", number=(0, 100), unit="%", answer=50, explain="Half."))
    say(page, value, 0, 100)
    assert told(page) == f"{words} Half."


@pytest.mark.parametrize(("value", "word"), [(170, "It is less"), (100, "Close"), (26, "Close")])
def test_on_a_logarithmic_line_factors_count(open_figure, value, word):
    page = open_figure(number())
    page.get_by_role("slider").fill(str(round(1000 * np.log(value) / np.log(1400))))
    page.get_by_role("button", name="This is my guess").click()
    assert told(page).startswith(f"You said {value} steps. {word}: 40 to 60 steps.")


@pytest.mark.parametrize(("value", "word"), [(20, "Right"), (40, "Right"), (17, "Close")])
def test_all_of_a_range_is_right_and_nothing_beside_it(open_figure, value, word):
    page = open_figure(predict("?", number=(0, 100), answer=(20, 40), explain="So."))
    say(page, value, 0, 100)
    assert f"{word}: 20 to 40." in told(page)


def test_both_numbers_are_seen_on_the_line(open_figure):
    page = open_figure(predict("?", number=(0, 100), answer=(20, 40), explain="So."))
    band, mine = page.locator(".bnviz-predict-band"), page.locator(".bnviz-predict-mine")
    assert not band.is_visible() and not mine.is_visible()
    say(page, 80, 0, 100)
    page.wait_for_function("Number(document.querySelector('figure').dataset.draws) > 1")
    line = page.locator(".bnviz-predict-line").bounding_box()
    inner = {"x": line["x"] + 11, "width": line["width"] - 22}  # half a thumb at both ends

    def share(pixel):
        return (pixel - inner["x"]) / inner["width"]

    box = band.bounding_box()
    assert share(box["x"]) == pytest.approx(0.2, abs=0.01)
    assert share(box["x"] + box["width"]) == pytest.approx(0.4, abs=0.01)
    box = mine.bounding_box()
    assert share(box["x"] + box["width"] / 2) == pytest.approx(0.8, abs=0.01)


@pytest.mark.parametrize("width", [width for width, _ in SIZES])
@pytest.mark.parametrize("answer", [(20, 40), 0, 50, (97, 99), 100])
def test_no_number_of_the_line_covers_another(open_figure, width, answer):
    page = open_figure(predict("?", number=(0, 100), answer=answer, explain="So."), width=width)
    say(page, 30, 0, 100)
    page.wait_for_function("Number(document.querySelector('figure').dataset.draws) > 1")
    texts = page.eval_on_selector_all(
        ".bnviz-predict-line text",
        """(all) => all.filter((t) => getComputedStyle(t).visibility === "visible").map((t) => {
            const { left, right, top, bottom } = t.getBoundingClientRect();
            return { text: t.textContent, left, right, top, bottom };
        })""",
    )
    names = [one["text"] for one in texts]
    ends = answer if isinstance(answer, tuple) else (answer,)
    assert "you: 30" in names and " to ".join(map(str, ends)) in names
    for i, a in enumerate(texts):
        assert a["left"] >= 0 and a["right"] <= width
        for b in texts[i + 1 :]:
            assert (
                a["right"] <= b["left"]
                or b["right"] <= a["left"]
                or (a["bottom"] <= b["top"] or b["bottom"] <= a["top"])
            ), (a, b)


def test_the_thumb_stands_over_its_number(open_figure):
    """The slider is the browser's own; the line below it is drawn."""
    page = open_figure(predict("?", number=(0, 100), answer=5, explain="So."))
    line = page.locator(".bnviz-predict-line").bounding_box()
    at = line["x"] + 11 + 0.75 * (line["width"] - 22)
    page.mouse.click(at, line["y"] + 26)
    assert page.get_by_role("slider").get_attribute("aria-valuetext") == "75"
    page.mouse.move(at, line["y"] + 26)
    page.mouse.down()
    page.mouse.move(line["x"] + 11 + 0.25 * (line["width"] - 22), line["y"] + 26, steps=4)
    page.mouse.up()
    assert page.get_by_role("slider").get_attribute("aria-valuetext") == "25"
    assert told(page) == ""


def test_after_show_me_there_is_no_number_of_the_readers(open_figure):
    page = open_figure(number())
    page.get_by_role("button", name="Show me").click()
    page.wait_for_function("Number(document.querySelector('figure').dataset.draws) > 1")
    assert told(page).startswith("The answer: 40 to 60 steps.")
    assert page.locator(".bnviz-predict-band").is_visible()
    assert not page.locator(".bnviz-predict-mine").is_visible()


def test_a_remembered_number_is_seen_at_once(open_figure):
    page = open_figure(number())
    press(page, "End")
    page.get_by_role("button", name="This is my guess").click()
    page.reload()
    page.wait_for_selector("figure[data-ready]")
    assert told(page).startswith("You said 1400 steps.")
    assert page.locator(".bnviz-predict-mine").is_visible()
    page.get_by_role("button", name="Answer again").click()
    page.wait_for_function("Number(document.querySelector('figure').dataset.draws) > 1")
    assert page.get_by_role("slider").get_attribute("aria-valuetext") == "drag to your number"
    assert page.get_by_role("button", name="This is my guess").is_disabled()


# --- the figure that is revealed ------------------------------------------------------------------


def seen(page):
    """What is seen of the figure that is revealed: its axes, its line, its caption."""
    inner = page.locator("figure[data-figure=curves]")
    parts = {
        "axes": inner.locator(".bnviz-axes .bnviz-title").first,
        "numbers": inner.locator(".bnviz-axes .bnviz-text").first,
        "line": inner.locator("path[stroke-width='2.4']"),
        "reading": inner.locator(".bnviz-line").first,
        "caption": inner.locator("figcaption"),
    }
    return [name for name, part in parts.items() if part.is_visible()]


@pytest.mark.parametrize("width", [width for width, _ in SIZES])
def test_before_the_answer_only_the_axes_of_a_figure_are_seen(open_figure, width):
    page = open_figure(with_figure(), width=width)
    page.wait_for_selector("figure[data-figure=curves][data-ready]")
    assert seen(page) == ["axes"]
    assert page.evaluate("document.querySelector('.bnviz-then').inert")  # no keyboard, no reader
    page.get_by_role("button", name="by 4").click()
    assert seen(page) == ["axes", "numbers", "line", "reading", "caption"]
    assert not page.get_by_text("Show the figure").is_visible()
    page.get_by_role("slider").focus()
    page.get_by_role("button", name="Answer again").click()
    assert seen(page) == ["axes"]
    page.get_by_role("button", name="Show me").click()
    assert "line" in seen(page)
    page.reload()
    page.wait_for_selector("figure[data-figure=curves][data-ready]")
    assert "line" in seen(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_empty_axes_say_what_opens_them(open_figure, scheme):
    page = open_figure(with_figure(), color_scheme=scheme)
    page.wait_for_selector("figure[data-figure=curves][data-ready]")

    def said():
        return page.locator(".bnviz-then").evaluate(
            "element => getComputedStyle(element, '::after').content"
        )

    assert said() == '"Your answer opens this figure."'
    page.get_by_role("button", name="Show me").click()
    assert said() == "none"
    page.get_by_role("button", name="Answer again").click()
    assert said() == '"Your answer opens this figure."'


@pytest.mark.parametrize("width", [width for width, _ in SIZES])
def test_a_figure_that_is_not_hidden_is_seen_and_used_before_the_answer(open_figure, width):
    page = open_figure(with_figure(hidden=False), width=width)
    page.wait_for_selector("figure[data-figure=curves][data-ready]")
    before = height(page)
    assert seen(page) == ["axes", "numbers", "line", "reading", "caption"]
    page.get_by_role("slider").press("ArrowLeft")
    page.get_by_role("button", name="by 4").click()
    assert seen(page) == ["axes", "numbers", "line", "reading", "caption"]
    assert height(page) == before


def by_rate(**changes):
    """A figure that is seen before the answer, with two causes."""
    runs = {(rate, kind): [0.1, 0.5, rate] for rate in (0.1, 0.9) for kind in ("ReLU", "tanh")}
    figure = curves(
        {key: {"with BN": [values]} for key, values in runs.items()},
        x=[0, 50, 100],
        causes={"learning rate": [0.1, 0.9], "units": ["ReLU", "tanh"]},
    )
    return choice(then=figure, hidden=False, **changes)


@pytest.mark.parametrize("way", ["by 4", "Show me"])
def test_an_answer_chooses_in_the_figure_what_it_is_about(open_figure, way):
    page = open_figure(by_rate(show={"learning rate": "0.9"}))
    page.wait_for_selector("figure[data-figure=curves][data-ready]")

    def chosen():
        return [radio.locator("..").text_content() for radio in page.locator(":checked").all()]

    assert chosen() == ["0.1", "ReLU"]
    page.get_by_role("button", name=way).click()
    assert chosen() == ["0.9", "ReLU"]
    assert page.get_by_role("button", name="Answer again").evaluate(
        "element => element === document.activeElement"
    )
    page.reload()  # the answer is remembered, and the figure comes to life after it
    page.wait_for_selector("figure[data-figure=curves][data-ready]")
    assert chosen() == ["0.9", "ReLU"]
    page.get_by_role("radio", name="tanh").check(force=True)
    page.get_by_role("button", name="Answer again").click()
    assert chosen() == ["0.1", "tanh"]  # asked anew, it stands where it stood; the rest is theirs


def test_what_was_chosen_before_the_answer_is_chosen_again_after_it(open_figure):
    page = open_figure(by_rate(show={"learning rate": "0.1"}))
    page.wait_for_selector("figure[data-figure=curves][data-ready]")
    page.get_by_role("radio", name="0.9").check(force=True)
    page.get_by_role("button", name="Show me").click()
    assert page.get_by_role("radio", name="0.1").is_checked()
    page.get_by_role("button", name="Answer again").click()
    assert page.get_by_role("radio", name="0.9").is_checked()


@pytest.mark.parametrize(
    ("show", "message"),
    [
        ({"rate": "0.9"}, "show has '0.9' for 'rate'; what can be chosen in then is learning rate"),
        ({"learning rate": "2"}, "learning rate: 0.1, 0.9; units: ReLU, tanh"),
    ],
)
def test_only_what_the_figure_offers_can_be_shown(show, message):
    with pytest.raises(ValueError, match=message):
        by_rate(show=show)
    with pytest.raises(ValueError, match="what can be chosen in then is nothing"):
        with_figure(show=show)


@pytest.mark.parametrize("width", [width for width, _ in SIZES])
def test_before_the_answer_the_conditions_are_named_and_nothing_is_said_of_them(open_figure, width):
    page = open_figure(choice(then=dots({"plain": [0.2, 0.3], "BN": [0.8, 0.9]})), width=width)
    page.wait_for_selector("figure[data-figure=dots][data-ready]")
    drawing = page.locator("figure[data-figure=dots] svg[role=img]")

    def seen():
        return [text.text_content() for text in drawing.locator("text").all() if text.is_visible()]

    assert sorted(seen()) == ["BN", "plain", "test accuracy"]
    page.get_by_role("button", name="Show me").click()
    assert {"BN", "plain", "25.0 %", "85.0 %"} <= set(seen())


@pytest.mark.parametrize("width", [width for width, _ in SIZES])
def test_the_button_that_shows_ends_where_the_figure_below_does(open_figure, width):
    page = open_figure(choice(then=dots({"plain": [0.2, 0.3]})), width=width)
    card = page.locator(".bnviz-predict-card").bounding_box()
    button = page.get_by_role("button", name="Show me").bounding_box()
    assert button["x"] + button["width"] - 6 == pytest.approx(card["x"] + card["width"], abs=1.5)
    assert button["height"] <= 26  # on one line


@pytest.mark.parametrize(("width", "most"), SIZES)
@pytest.mark.parametrize("make", [with_figure, with_much])
def test_question_answer_and_figure_are_seen_at_once_and_keep_their_height(
    open_figure, make, width, most
):
    page = open_figure(make(), width=width)
    page.wait_for_selector("figure[data-figure=curves][data-ready]")
    before = height(page)
    stage = page.locator(".bnviz-stage").first
    reserved = stage.evaluate("(s) => parseFloat(getComputedStyle(s).minHeight)")
    assert stage.bounding_box()["height"] == reserved and before <= most
    for name in ("Show me", "Answer again"):
        page.get_by_role("button", name=name).click()
        page.wait_for_timeout(100)
        assert height(page) == before
    page.locator(".bnviz-predict-asking button").last.click()
    page.wait_for_timeout(100)
    assert height(page) == before
    assert page.locator("figure figure .bnviz-room").bounding_box()["height"] >= 120
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [936, 700, 360])
def test_an_answer_moves_nothing_of_the_figure(open_figure, width):
    page = open_figure(with_much(), width=width)
    page.wait_for_selector("figure[data-figure=curves][data-ready]")
    before = boxes(page, ".bnviz-axes")
    page.get_by_role("button", name="Show me").click()
    page.wait_for_timeout(100)
    assert boxes(page, ".bnviz-axes") == before


def test_what_is_revealed_later_does_not_play_before(open_figure, demo_folder):
    shutil.copytree(
        Path(predict_figure.__file__).parent,
        demo_folder.parent / "predict",
        ignore=shutil.ignore_patterns("*.py", "__pycache__"),
    )
    page = open_figure(choice(then=demo(plays=True)))
    page.wait_for_selector("figure[data-figure=demo][data-ready]")
    page.wait_for_timeout(1200)  # twice what its first step takes
    assert page.locator("figure figure input[type=range]").input_value() == "0"


def test_a_notebook_reveals_it_too(chromium):
    figure = with_figure()
    widget = figure.widget()
    context = chromium.new_context(viewport={"width": 800, "height": 800}, offline=True)
    page = context.new_page()
    page.set_content("<main></main>")
    page.evaluate(
        """async ([code, css, spec, data]) => {
            const style = document.createElement("style");
            style.textContent = css;
            document.head.append(style);
            const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
            const module = (await import(url)).default;
            const state = { spec, data: new DataView(Uint8Array.from(data).buffer) };
            const model = { get: (key) => state[key], on() {}, off() {} };
            window.stop = module.render({ model, el: document.querySelector("main") });
        }""",
        [widget._esm, widget._css, widget.spec, list(widget.data)],
    )
    page.wait_for_selector("figure[data-figure=predict][data-ready]")
    inner = page.locator("figure[data-figure=predict] figure[data-figure=curves]")
    assert inner.count() == 1
    page.wait_for_selector("figure[data-figure=curves][data-ready]")
    assert seen(page) == ["axes"]
    page.get_by_role("button", name="by 2").click()
    assert inner.get_by_role("img").is_visible() and "line" in seen(page)
    page.evaluate("window.stop()")
    drawn = inner.get_attribute("data-draws")
    page.evaluate("document.querySelector('main').style.width = '500px'")
    page.wait_for_timeout(200)
    assert inner.get_attribute("data-draws") == drawn  # nobody draws what was let go
    context.close()


def test_alone_a_notebook_gets_the_code_of_one_figure():
    assert choice().widget()._esm == esm("predict")
    assert "then" not in choice().widget().spec
    assert choice().widget().data == pack({})


# --- looks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [choice, number])
@pytest.mark.parametrize("width", [width for width, _ in SIZES])
def test_it_is_compact_and_an_answer_moves_nothing(open_figure, make, width):
    page = open_figure(make(), width=width)
    before = height(page)
    reserved = page.locator(".bnviz-stage").evaluate(
        "(s) => parseFloat(getComputedStyle(s).minHeight)"
    )
    assert before <= 260
    assert page.locator(".bnviz-stage").bounding_box()["height"] == pytest.approx(reserved, abs=8)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if make is number:
        press(page, "End")
        page.get_by_role("button", name="This is my guess").click()
    else:
        page.get_by_role("button", name="not at all").click()
    assert height(page) == before
    page.get_by_role("button", name="Answer again").click()
    assert height(page) == before


@pytest.mark.parametrize("make", [choice, number])
def test_the_answer_has_room_whatever_the_page_reserved(open_figure, make):
    page = open_figure(make(), width=360)
    page.add_style_tag(content=".bnviz-stage { min-height: 0 !important; }")
    before = height(page)
    for button in ("Show me", "Answer again"):
        page.get_by_role("button", name=button).click()
        assert height(page) == before


def of_length(length):
    return ("Some words that are as long as words are in such a sentence, " * 5)[: length - 1] + "."


@pytest.mark.parametrize(("make", "length"), [(choice, 170), (number, 80)])
def test_texts_of_some_length_fit_on_a_phone(open_figure, make, length):
    figure = make(question=of_length(80), explain=of_length(length))
    assert height(open_figure(figure, width=360)) <= 260


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("make", [choice, number])
def test_axe_finds_nothing_before_and_after(open_figure, make, scheme):
    page = open_figure(make(), color_scheme=scheme)
    assert axe_findings(page) == []
    page.get_by_role("button", name="Show me").click()
    assert axe_findings(page) == []


def test_targets_are_large_enough(open_figure):
    page = open_figure(choice(), width=360)
    for box in [button.bounding_box() for button in page.get_by_role("button").all()]:
        assert box["height"] >= 24 and box["width"] >= 24


def test_texts_are_text(open_figure):
    evil = "<img src=x onerror='boom()'>"
    page = open_figure(choice(question=evil, choices=[evil, "b"], answer=0, explain=evil))
    assert page.locator(".bnviz-predict-question").inner_text() == evil
    page.get_by_role("button", name=evil).click()
    assert told(page) == f"You said “{evil}”. Right. {evil}"
    assert page.locator("figure img").count() == 0
    lines = open_figure(number(unit=evil), java_script_enabled=False)
    assert lines.locator("figure img").count() == 0


def test_scripts_off_leaves_question_and_folded_answer(open_figure):
    page = open_figure(with_figure(), java_script_enabled=False)
    assert page.get_by_text("by what factor").is_visible()
    assert page.locator("li").all_inner_texts() == ["not at all", "by 2", "by 4", "by 16"]
    answer, picture = page.get_by_text("square root"), page.locator("figure figure img")
    assert not answer.is_visible() and not picture.is_visible()
    page.get_by_text("Show the answer").click()
    assert answer.is_visible()
    page.get_by_text("Show the figure").click()
    assert picture.is_visible()


def test_print_shows_question_and_answer(open_figure):
    page = open_figure(with_figure(), pictured=True)
    page.emulate_media(media="print")
    assert page.locator(".bnviz-still").first.is_visible()
    for text in (page.locator(".bnviz-still em"), page.locator("figure figure img")):
        box = text.bounding_box()
        assert box and box["height"] > 10
    assert not page.get_by_role("button", name="Show me").is_visible()
