"""`check` is kind, exact, and never the reason why something fails."""

import contextlib
import itertools
import math
import signal
import threading

import numpy as np
import pytest
import torch

import bnviz
from bnviz.course.check import CheckFailed, check
from bnviz.course.compare import describe, factor_between, same, show, show_pair
from bnviz.course.exercise import Exercise
from bnviz.course.exercises import all_exercises, equation, find

NAME = "equation/normalize"
NEEDLE = "intro/needle"


@pytest.fixture(autouse=True)
def _not_under_nbgrader(monkeypatch):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)


@pytest.fixture
def report(capsys):
    """What `check` prints for an answer."""

    def run(function, name=NAME) -> str:
        assert check(name, function) is None
        return capsys.readouterr().out

    return run


@pytest.fixture
def register(monkeypatch):
    """Put a made-up exercise in the place of those of chapter 3."""

    def put(**fields) -> str:
        exercise = Exercise(**{"name": "equation/made-up", "title": "Made up"} | fields)
        monkeypatch.setattr("bnviz.course.exercises.equation.EXERCISES", (exercise,))
        return exercise.name

    return put


def right(x, eps):
    return (x - x.mean(0)) / np.sqrt(x.var(0) + eps)


class TestVerdict:
    def test_a_right_answer(self, report):
        def normalize(x, eps):
            return right(x, eps)

        assert report(normalize) == "Correct: Normalize a mini-batch (4 of 4 cases).\n"

    def test_a_function_of_another_name_is_told_apart(self, report):
        assert report(right) == "Correct: Normalize a mini-batch (right, 4 of 4 cases).\n"

    def test_rounding_is_not_an_error(self, report):
        assert "Correct" in report(lambda x, eps: right(x.astype(np.float32), eps))

    def test_lists_numbers_and_tensors_are_answers_too(self, report):
        assert "Correct" in report(lambda x, eps: right(x, eps).tolist())
        assert "Correct" in report(lambda x, eps: torch.from_numpy(right(x, eps)))
        wants_grad = lambda x, eps: torch.from_numpy(right(x, eps)).requires_grad_()  # noqa: E731
        assert "Correct" in report(wants_grad)

    def test_a_text_can_be_asked_for(self, report, register):
        name = register(
            reference=lambda: "variance",
            cases=[{}],
            mistakes={"The mean is kept.": lambda: "mean"},
        )
        assert report(lambda: "variance", name) == "Correct: Made up (1 of 1 case).\n"
        text = report(lambda: "mean", name)
        assert "Came back  'mean'\n  Expected   'variance'\n  Likely     The mean is kept." in text
        assert "Came back  a single number" in report(lambda: 1, name)

    def test_a_stub_that_returns_none_is_not_attempted(self, report):
        def normalize(x, eps):
            return None

        text = report(normalize)
        assert text.startswith("Not attempted yet: Normalize a mini-batch.")
        assert "does it end with `return`?" in text.replace("\n", " ")

    def test_a_stub_that_raises_not_implemented_is_not_attempted(self, report):
        def normalize(x, eps):
            raise NotImplementedError

        assert report(normalize) == "Not attempted yet: Normalize a mini-batch.\n"

    def test_a_wrong_answer_shows_what_was_tried_came_back_and_was_expected(self, report):
        def mine(x, eps):
            return right(x, eps) + np.arange(len(x))[:, None] * x[0, 0]

        text = report(mine)
        assert text.startswith("Not right yet: Normalize a mini-batch.")
        for part in ("Tried      mine(x, eps), case 1 of 4", "x = [[ 1, 40],", "eps = 1e-05"):
            assert part in text
        assert "Came back  [[-1.088,    1.5]," in text
        assert "Expected   [[ -1.088,     1.5]," in text
        assert "Largest difference 4, at [4, 0]" in text
        assert "Likely" not in text

    def test_the_tolerance_of_an_exercise_is_said_as_it_is_used(self, report, register):
        name = register(reference=lambda x: x, cases=[{"x": 1.0}], rtol=0.01, atol=0.05)
        assert report(lambda x: 1.059, name).startswith("Correct")
        text = " ".join(report(lambda x: 1.061, name).split())
        assert "(accepted: 0.01 of the value plus 0.05)." in text

    def test_a_small_difference_is_shown_with_enough_digits(self, report, register):
        name = register(reference=lambda x: x, cases=[{"x": 1.0}])
        text = report(lambda x: 1.0005, name)
        assert "Came back  1.0005\n" in text
        assert "(accepted: 0.0001 of the value)." in " ".join(text.split())
        assert "Expected   1\n" in text

    def test_every_case_counts(self, report):
        only_for_small_eps = lambda x, eps: right(x, min(eps, 1e-5))  # noqa: E731
        assert "case 3 of 4" in report(only_for_small_eps)

    def test_reports_fit_beside_each_other_without_scrolling(self, report):
        answers = [lambda x, eps: x[0], lambda x: x, lambda x, eps: x.no_such_thing, 3]
        answers += [slip for _, slip in find(NAME).slips()]
        for answer in answers:
            assert max(map(len, report(answer).splitlines())) <= 80


class TestTrouble:
    """Whatever the reader's function does, the report is about it, and nothing is raised."""

    def test_its_error_is_shown_with_the_input_and_the_line(self, report):
        def mine(x, eps):
            half = x.shape[0] / 2
            return x[half]

        text = report(mine)
        assert "Your error IndexError: only integers" in text
        assert ": return x[half]" in text
        assert "x = [[ 1, 40]," in text

    def test_a_line_inside_numpy_is_not_the_readers_line(self, report):
        def mine(x, eps):
            return np.stack([x, x[0]])

        assert ": return np.stack([x, x[0]])" in report(mine)

    @pytest.mark.parametrize("error", [KeyError("k"), SystemExit(1), RecursionError(), Warning()])
    def test_any_error(self, report, error):
        def mine(x, eps):
            raise error

        assert f"Your error {type(error).__name__}" in report(mine)

    def test_a_wrong_answer_is_told_before_the_error_of_a_later_case(self, report, register):
        name = register(
            reference=lambda w, x: w @ x,
            cases=[{"w": np.array([[1.0, 2.0], [3.0, 4.0]]), "x": np.array([1.0, 2.0])},
                   {"w": np.array([[1.0, 2.0]]), "x": np.array([1.0, 2.0])}],
            mistakes={"the other way round": lambda w, x: x @ w},
        )  # fmt: skip
        text = report(lambda w, x: x @ w, name)
        assert "case 1 of 2" in text
        assert "Your error" not in text
        assert "the other way round" in text
        assert "Your error IndexError" in report(lambda w, x: w @ x + 0 * w[1, 0], name)

    def test_a_wrong_answer_is_told_before_a_later_case_that_does_not_end(
        self, report, register, monkeypatch
    ):
        monkeypatch.setattr("bnviz.course.check.SECONDS", 0.2)
        name = register(reference=lambda n: n, cases=[{"n": 1.0}, {"n": 2.0}], mistakes={})

        def endless_from_2_on(n):
            while n > 1:
                pass
            return n

        assert "Does a loop never end?" in report(endless_from_2_on, name)
        assert "Came back  2\n" in report(lambda n: 1 + endless_from_2_on(n), name)

    def test_wrong_parameters(self, report):
        text = report(lambda x: x)
        assert "The check calls normalize(x, eps), but your function is normalize(x)." in text
        assert "Give it the parameters (x, eps), in this order." in text.replace("\n", " ")

    def test_the_parameters_in_another_order(self, report):
        text = report(lambda eps, x: right(x, eps))
        assert "but your function is normalize(eps, x)." in " ".join(text.split())
        assert "Correct" in report(lambda batch, e: right(batch, e))

    def test_other_names_and_more_parameters_with_defaults_are_fine(self, report):
        def mine(batch, e, axis=0):
            return (batch - batch.mean(axis)) / np.sqrt(batch.var(axis) + e)

        assert "Correct" in report(mine)

    def test_the_result_instead_of_the_function(self, report):
        text = report(right(np.ones((2, 1)), 1e-5))
        assert "not a function" in text
        assert 'check("equation/normalize", normalize)' in text

    def test_wrong_shape(self, report):
        text = report(lambda x, eps: right(x, eps).mean(0))
        assert "The shapes differ: (2,) came back, (5, 2) was expected." in text

    def test_swapped_axes(self, report):
        text = report(lambda x, eps: right(x, eps).T)
        assert "rows and columns are swapped" in text

    @pytest.mark.parametrize(
        ("answer", "shown"),
        [
            ("text", "'text'"),
            ({"a": 1}, "a dict: {'a': 1}"),
            ([[1.0], [2.0, 3.0]], "a list of 2 values"),
            (object, "a type: object"),
            (np.array(["a", "b"]), "a ndarray: "),
            (1j, "a complex: 1j"),
        ],
        ids=["str", "dict", "ragged", "class", "texts", "complex"],
    )
    def test_wrong_type(self, report, answer, shown):
        text = report(lambda x, eps: answer)
        assert f"Came back  {shown}" in text
        assert "array of shape (5, 2)" in text

    def test_a_value_whose_repr_fails(self, report):
        class Hostile:
            def __repr__(self):
                raise RuntimeError

        assert "Came back  a Hostile: <Hostile>" in report(lambda x, eps: Hostile())

    def test_nan_and_inf_are_counted(self, report):
        with np.errstate(all="ignore"):
            text = report(lambda x, eps: right(x, eps) + np.where(x == 1, np.nan, 0))
        assert "nan" in text
        assert "1 of 10 are NaN or infinite" in text

    def test_none_for_some_cases_only_is_a_wrong_answer(self, report):
        text = report(lambda x, eps: right(x, eps) if eps < 0.1 else None)
        assert text.startswith("Not right yet")
        assert "Came back  None" in text

    def test_the_input_must_stay_as_it_is(self, report):
        def in_place(x, eps):
            std = np.sqrt(x.var(0) + eps)
            x -= x.mean(0)
            x /= std
            return x

        text = report(in_place)
        assert "Not right yet" in text
        assert "in_place(x, eps) has changed x" in text

    def test_a_wrong_answer_that_changes_the_input_is_told_of_both(self, report):
        def halves(x, eps):
            x /= 2
            return x

        text = report(halves)
        assert "Came back" in text
        assert "Note       Your function also changed x.\n" in text
        assert "also changed" not in report(lambda x, eps: x / 2)

    def test_a_list_of_one_number_is_not_the_number(self, report):
        for wrap in (np.atleast_1d, lambda layer: [layer]):
            text = report(lambda *given, w=wrap: w(find("intro/needle").reference(*given)), NEEDLE)
            assert "Return the number itself, not a list of one." in text

    def test_a_generator_that_never_ends_fills_no_memory(self, report):
        assert "shape (10000,)" in report(lambda x, eps: itertools.count())

    def test_where_the_exercise_says_so_the_input_may_change(self, report):
        def update(running_mean, running_var, x, momentum):
            running_mean += momentum * (x.mean(0) - running_mean)
            running_var += momentum * (x.var(0, ddof=1) - running_var)
            return running_mean, running_var

        def wrecks(running_mean, running_var, x, momentum):
            new = update(running_mean, running_var, x, momentum)
            x -= x.mean(0)
            return new

        assert "Correct" in report(update, "equation/running")
        assert "has changed x" in report(wrecks, "equation/running")

    def test_the_running_mean_may_change_in_place_and_the_bias_may_not(self, report):
        def mean_without(bias, running_mean):
            running_mean -= bias
            return running_mean

        def spoils(bias, running_mean):
            bias -= running_mean
            return -bias

        assert "Correct" in report(mean_without, "gradients/bias")
        assert "has changed bias" in report(spoils, "gradients/bias")

    def test_an_update_in_place_that_returns_nothing_is_an_attempt(self, report):
        def update(running_mean, running_var, x, momentum):
            running_mean *= 1 - momentum
            running_mean += momentum * x.mean(0)

        text = " ".join(report(update, "equation/running").split())
        assert "Not right yet" in text
        assert "changed running_mean in place and returned None" in text

    def test_an_argument_in_the_words_of_torch_is_translated(self, report):
        text = report(lambda x, eps: x / x.var(dim=0, correction=0))
        assert "That is torch's word on a NumPy array, which says axis" in " ".join(text.split())

    @pytest.mark.parametrize(
        ("answer", "told"),
        [
            (lambda x, eps: (x - x.mean(1)) / x.std(1), "One number for each row does not fit"),
            (lambda x, eps: torch.tensor(x) - torch.tensor(x).mean(1), "One number for each row"),
            (lambda x, eps: torch.sqrt(x), "The arrays here are NumPy's"),
            (lambda x, eps: torch.mean(x, 0), "The arrays here are NumPy's"),
            (lambda x, eps: x.clone(), "The arrays here are NumPy's"),
            (lambda x, eps: np.erf(x), "NumPy has no erf"),
            (lambda x, eps: math.erf(x), "takes one number at a time"),
            (lambda x, eps: float(x), "float(…) and int(…) take one number"),
            (lambda x, eps: eval("np.sqrt(x)", {"x": x}), "Run the cell “Imports”"),
            (lambda x, eps: eps ^ 2.0, "A power is written **"),
            (lambda x, eps: x ^ 2, "A power is written **"),
            (lambda x, eps: x[x > 99][0], "whether there is anything: `len(…)`"),
            (lambda x, eps: [0 for _ in len(x)], "for _ in range(n)"),
            (lambda x, eps: x if x > 0 else 0, "`.any()` or `len(…)` asks one question of all"),
            (lambda x, eps: x if x > 0 else 0, "np.where chooses"),
            (lambda x, eps: x.diff(), "NumPy has it as a function: np.diff(…)."),
            (lambda x, eps: x.median(0), "NumPy has it as a function: np.median(…)."),
        ],
    )
    def test_an_error_that_a_class_makes_is_explained(self, report, answer, told):
        text = " ".join(report(answer).split())
        assert told in text.partition("Likely ")[2]

    def test_torch_is_named_with_the_parameter_and_only_where_it_has_the_word(self, report):
        def likely(answer) -> str:
            text = report(answer, "mini-batches/average")
            return " ".join(text.partition("\n  Likely")[2].split())

        convert = "Or begin with gradients = torch.from_numpy(gradients)."
        assert convert in likely(lambda g, n: g.clone())
        assert likely(lambda g, n: g.diff()) == "NumPy has it as a function: np.diff(…)."
        assert likely(lambda g, n: g.no_such_word) == ""

    def test_nan_may_be_the_root_of_a_negative_number(self, report):
        text = " ".join(report(lambda var, eps: np.sqrt(var - 1), "equation/eps").split())
        assert "a division by zero, or the root of a negative number." in text

    def test_rows_unpacked_for_columns(self, report):
        def drift(percentiles):
            low, median, high = percentiles

        text = " ".join(report(drift, "covariate-shift/drift").split())
        assert "Likely Unpacking goes through the rows. percentiles.T" in text

    def test_numbers_for_rows_that_are_given_need_a_column(self, report):
        text = " ".join(report(lambda g, n: (g * n).sum(0), "mini-batches/average").split())
        assert "Likely sizes has one number for each row" in text
        assert "sizes[:, None] makes it a column." in text

    @pytest.mark.parametrize("error", [ValueError("no"), IndexError("5"), TypeError("dim")])
    def test_an_error_like_none_of_them_is_left_alone(self, report, error):
        def mine(x, eps):
            raise error

        assert "Likely" not in report(mine)

    def test_a_long_error_is_cut_and_its_words_stay_whole(self, report):
        def mine(x, eps):
            raise ValueError("torch.nn.functional.batch_norm" + "(x)" * 20 + " no" * 1000)

        text = report(mine)
        assert "torch.nn.functional.batch_norm" + "(x)" * 20 in text
        assert len(text) < 1000

    def test_a_loop_that_never_ends_is_stopped(self, report, monkeypatch):
        monkeypatch.setattr("bnviz.course.check.SECONDS", 0.2)
        before = signal.getsignal(signal.SIGALRM)

        def mine(std, factor, limit):
            while std >= limit:
                with contextlib.suppress(Exception):
                    std * factor

        text = report(mine, "intro/needle")
        assert "Not right yet" in text
        assert "Stopped    Not done after 0.2 seconds. Does a loop never end?" in text
        assert "in line " in text
        assert signal.getsignal(signal.SIGALRM) is before
        assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
        assert "Correct" in report(right)

    def test_a_clock_that_somebody_has_set_is_left_alone(self, report):
        before = signal.signal(signal.SIGALRM, signal.SIG_IGN)
        signal.setitimer(signal.ITIMER_REAL, 100)
        try:
            assert "Correct" in report(right)
            assert signal.getitimer(signal.ITIMER_REAL)[0] > 50
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    def test_in_another_thread_there_is_no_limit_and_no_trouble(self, capsys):
        thread = threading.Thread(target=check, args=(NAME, right))
        thread.start()
        thread.join()
        assert "Correct" in capsys.readouterr().out

    def test_a_function_that_changes_its_input_spoils_nothing(self, report, register):
        def in_place(x):
            x -= x.mean(0)
            return x

        def wrecks(x, eps):
            x[:] = 0
            return x

        text = report(wrecks)
        assert "x = [[ 1, 40]," in text
        assert "Correct" in report(right)
        twice = register(
            reference=lambda x: x - x.mean(0), cases=[{"x": np.eye(2)}] * 2, in_place=("x",)
        )
        assert "Correct" in report(in_place, twice)


class TestMistakes:
    def test_the_message_of_a_mistake(self, report):
        text = report(lambda x, eps: (x - x.mean(0)) / np.sqrt(x.var(0, ddof=1) + eps))
        assert "Likely     You divided by N - 1 in the variance" in text

    def test_two_mistakes_at_once_are_told_one_after_the_other(self, report):
        no_eps_and_ddof = lambda x, eps: (x - x.mean(0)) / x.std(0, ddof=1)  # noqa: E731
        assert "You divided by N - 1" in report(no_eps_and_ddof)
        assert "eps is missing" in report(lambda x, eps: (x - x.mean(0)) / x.std(0))

    def test_the_mistake_that_agrees_most_wins(self, report, register):
        name = register(
            reference=lambda n: n,
            cases=[{"n": 1.0}, {"n": 2.0}],
            mistakes={"always three": lambda n: 3.0, "three times": lambda n: 3 * n},
        )
        assert "Likely     three times" in report(lambda n: 3 * n, name)
        assert "Likely     always three" in report(lambda n: 3.0, name)

    def test_a_mistake_that_does_not_explain_the_failed_case_is_not_blamed(self, report, register):
        name = register(
            reference=lambda n: abs(n),
            cases=[{"n": 1.0}, {"n": -2.0}],
            mistakes={"forgot abs": lambda n: n},
        )
        assert "Likely" not in report(lambda n: 1.0, name)

    def test_a_mistake_that_cannot_be_made_in_some_case_is_no_trouble(self, report, register):
        def impossible(x):
            raise ZeroDivisionError

        name = register(
            reference=lambda x: x, cases=[{"x": 1.0}], mistakes={"impossible": impossible}
        )
        assert "Not right yet" in report(lambda x: 7.0, name)

    def test_a_mistake_that_a_right_answer_contradicts_is_not_blamed(self, report, register):
        name = register(
            reference=lambda n: n,
            cases=[{"n": 1.0}, {"n": 2.0}],
            mistakes={"always three": lambda n: 3.0},
        )
        assert "Likely" not in report(lambda n: 1.0 if n == 1 else 3.0, name)

    def test_a_mistake_that_explains_few_of_the_wrong_answers_is_not_blamed(self, report, register):
        name = register(
            reference=lambda n: n,
            cases=[{"n": 1.0}, {"n": 2.0}, {"n": 5.0}],
            mistakes={"twice": lambda n: 2 * n},
        )
        assert "Likely" not in report(lambda n: {1: 2.0, 2: 7.0, 5: 8.0}[n], name)

    def test_several_slips_may_share_their_words(self, report, register):
        name = register(
            reference=lambda n: n,
            cases=[{"n": 1.0}],
            mistakes={"far off": (lambda n: 5 * n, lambda n: 9 * n)},
        )
        assert "Likely     far off" in report(lambda n: 9 * n, name)

    def test_no_factor_is_told_of_a_single_number_among_zeros(self, report, register):
        name = register(reference=lambda: np.array([0.0, 2.0, 0.0]), cases=[{}])
        assert "Likely" not in report(lambda: np.array([0.0, 3.0, 0.0]), name)

    def test_rounded_numbers_and_a_shape_too_many_are_named(self, report):
        assert "The numbers are rounded" in report(lambda x, eps: right(x, eps).round(2))
        assert "only the shape is not" in report(lambda x, eps: right(x, eps)[None])

    def test_a_common_factor_sign_or_offset_is_named(self, report):
        assert "Every number is 2 times what it should be." in report(
            lambda x, eps: 2 * right(x, eps)
        )
        assert "The sign is the other way round." in report(
            lambda gradients, sizes: -np.average(gradients, axis=0, weights=sizes),
            "mini-batches/average",
        )
        assert "off by the same amount, 1." in report(lambda x, eps: right(x, eps) + 1)


class TestSeveralValues:
    NAME = "equation/running"

    def test_the_right_part_is_told_from_the_wrong_one(self, report):
        def mine(running_mean, running_var, x, momentum):
            return 0.9 * running_mean + 0.1 * x.mean(0), running_var

        text = report(mine, self.NAME)
        assert "Right      running_mean" in text
        assert "Came back  running_var = [1, 1]" in text
        assert "Expected   running_var = [1.85, 13.4]" in text

    def test_they_may_come_stacked_as_a_map_or_as_a_list_of_tensors(self, report):
        def average(gradients, sizes):
            weights = torch.tensor(sizes / sizes.sum(), requires_grad=True)
            return list(weights @ torch.tensor(gradients))

        def new(running_mean, running_var, x, momentum):
            return equation.update_running(running_mean, running_var, x, momentum)

        assert "Correct" in report(lambda *given: np.array(new(*given)), self.NAME)
        assert "Correct" in report(lambda *given: torch.tensor(np.array(new(*given))), self.NAME)
        assert "Correct" in report(lambda *given: map(np.copy, new(*given)), self.NAME)
        assert "Correct" in report(average, "mini-batches/average")

    def test_one_slip_in_one_of_two_wrong_values_is_named_with_its_value(self, report):
        def mine(running_mean, running_var, x, momentum):
            return x.sum(0) - 7, (1 - momentum) * running_var + momentum * x.var(0)

        text = " ".join(report(mine, self.NAME).split())
        assert "Likely running_var: " not in text  # it names the value itself
        assert "into running_var goes the estimate for all the data" in text

        def split(means):
            return 7.0, means.std(axis=1, ddof=1).mean()

        text = " ".join(report(split, "covariate-shift/split").split())
        assert "Likely between_batches: You divided by one less" in text

    def test_words_about_the_order_are_not_said_of_one_value(self, report):
        def both_mean(running_mean, running_var, x, momentum):
            return running_var * 0 + 7, (1 - momentum) * running_mean + momentum * x.mean(0)

        assert "order" not in report(both_mean, self.NAME)

    def test_a_factor_of_one_value_is_named(self, report):
        def mine(*given):
            mean, var = equation.update_running(*given)
            return mean, 100 * var

        text = report(mine, self.NAME)
        assert "Every number is 100 times what it should be." in text

    @pytest.mark.parametrize(
        ("answer", "shown"),
        [
            (np.ones(2), "an array of shape (2,)"),
            ((np.ones(2),), "a tuple of 1 value: an array of shape (2,)"),
            (1.0, "a single number"),
        ],
    )
    def test_the_wrong_number_of_values(self, report, answer, shown):
        text = report(lambda *arguments: answer, self.NAME)
        assert f"Came back  {shown}" in text
        assert "2 values, as in: return running_mean, running_var" in text


class TestNbgrader:
    """Under nbgrader a check that is not passed fails its cell."""

    @pytest.mark.parametrize(
        ("answer", "start"),
        [
            (lambda x, eps: None, "Not attempted yet"),
            (lambda x, eps: x, "Not right yet"),
            (lambda x, eps: 1 / 0, "Not right yet"),
            (lambda x: x, "Not right yet"),
            (None, "Not right yet"),
        ],
        ids=["stub", "wrong", "error", "parameters", "no function"],
    )
    def test_it_raises_what_it_would_have_printed(self, monkeypatch, capsys, answer, start):
        monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
        with pytest.raises(CheckFailed, match=f"^{start}") as caught:
            check(NAME, answer)
        assert isinstance(caught.value, AssertionError)
        monkeypatch.delenv("NBGRADER_EXECUTION")
        check(NAME, answer)
        assert capsys.readouterr().out == f"{caught.value}\n"

    def test_a_right_answer_passes(self, monkeypatch, capsys):
        monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
        assert check(NAME, right) is None
        assert capsys.readouterr().out.startswith("Correct")


class TestNames:
    def test_an_unknown_name_lists_the_known_and_the_closest(self):
        with pytest.raises(ValueError, match="Did you mean 'equation/normalize'") as caught:
            check("equation/normalise", right)
        for name in all_exercises():
            assert name in str(caught.value)

    def test_the_function_before_the_name(self):
        with pytest.raises(ValueError, match="^First the name of the exercise, then your function"):
            check(right, NAME)

    @pytest.mark.parametrize("name", ["", "nothing", None, 3])
    def test_a_name_like_none_of_them(self, name):
        with pytest.raises(ValueError, match=f"There is no exercise {name!r}.*There are: "):
            check(name, right)

    def test_an_exercise_needs_a_chapter_and_a_case(self):
        with pytest.raises(ValueError, match="accepted are names like 'equation/normalize'"):
            Exercise(name="normalize", title="", reference=right, cases=[{}])
        with pytest.raises(ValueError, match="has no cases"):
            Exercise(name="intro/x", title="", reference=right, cases=[])

    def test_the_public_name(self, capsys):
        bnviz.check(NAME, right)
        assert capsys.readouterr().out.startswith("Correct")


class TestCompare:
    def test_same_needs_the_same_structure(self):
        tolerance = {"rtol": 1e-4, "atol": 1e-7}
        assert same((1.0, np.ones(2)), (1.0, np.ones(2)), **tolerance)
        assert not same((1.0,), (1.0, 2.0), **tolerance)
        assert not same(1.0, "1.0", **tolerance)
        assert same("a", "a", **tolerance)
        assert not same(np.ones((1, 2)), np.ones(2), **tolerance)
        assert same(np.array([np.nan]), np.array([np.nan]), **tolerance)

    def test_long_arrays_are_shortened_and_tell_their_shape(self):
        text = show(np.arange(1000.0).reshape(100, 10))
        assert "..." in text
        assert text.endswith("shape (100, 10)")
        assert len(text.splitlines()) <= 6

    def test_what_rounding_leaves_of_zero_is_shown_as_zero(self):
        assert show(np.array([1e-16, 2.0])) == "[0, 2]"
        assert show(np.array([1e-11, 2.0])) == "[1e-11, 2]"
        shown = show_pair(np.array([3.0, 4.0]), np.array([1e-30, -1e-30]), 1e-4, 1e-6)
        assert shown[1] == "[0, 0]"

    def test_no_distance_is_told_from_infinity(self):
        for answer in (-1.0, 100.0, np.nan):
            assert show_pair(answer, np.inf, 1e-4, 1e-6)[2] == ""
        assert show_pair(np.inf, 50.0, 1e-4, 1e-6)[2] == ""
        assert "division by zero" in show_pair(np.nan, 50.0, 1e-4, 1e-6)[2]

    def test_zero_has_no_sign(self):
        assert show(np.array([-0.0, 1.0])) == "[0, 1]"

    def test_functions_are_shown_by_name(self):
        assert show(right) == "right"
        assert describe(np.float64(1)) == "a single number"

    @pytest.mark.parametrize(
        ("answer", "expected"),
        [(1.0, 2.0), ("a", "b"), (np.zeros(3), np.zeros(3)), (np.ones(3), np.zeros(3) + np.inf)],
    )
    def test_no_factor_is_claimed_where_none_can_be_seen(self, answer, expected):
        assert factor_between(answer, expected) is None
