"""Exercises of the introduction: common scales, reading a curve, and needles."""

import numpy as np

from bnviz.course.exercise import Exercise

# Heights in metres, weights in kilograms, and a column that never changes.
PEOPLE = np.array([[1.5, 50.0, 1.0], [1.7, 80.0, 1.0], [1.6, 65.0, 1.0], [2.0, 65.0, 1.0]])
STEPS = np.array([0, 25, 50, 75, 100])


def standardize(x):
    """Each column of x (N, C) with mean 0 and standard deviation 1; a constant one becomes 0."""
    deviation = x - x.mean(axis=0)
    std = x.std(axis=0)
    return deviation / np.where(std == 0, 1, std)


def first_step(steps, accuracy, goal):
    """The first step at which the accuracy is at least the goal; infinity if it never is."""
    there = steps[accuracy >= goal]
    return there[0] if len(there) else np.inf


def first_narrow_layer(std, factor, limit):
    """The first layer whose standard deviation is below limit; that of layer 1 is std."""
    layer = 1
    while std >= limit:
        std, layer = std * factor, layer + 1
    return layer


def _nan_free(x):
    return np.nan_to_num((x - x.mean(0)) / x.std(0, ddof=1))


def _narrow_at(std, factor, limit, first=1, until=lambda std, limit: std < limit):
    layer = first
    while not until(std, limit):
        std, layer = std * factor, layer + 1
    return layer


EXERCISES = (
    Exercise(
        name="intro/standardize",
        title="Bring features to a common scale",
        reference=standardize,
        cases=[{"x": PEOPLE[:, :2]}, {"x": PEOPLE}, {"x": PEOPLE.T[:, :3] * [1, 10, 100]}],
        mistakes={
            "A column that never changes has standard deviation 0, and 0 / 0 is no number. Leave "
            "it at 0: divide by 1 where std is 0.": lambda x: (x - x.mean(0)) / x.std(0),
            "You divided by N - 1 in the standard deviation (ddof=1). Divide by N here, NumPy's "
            "default.": _nan_free,
            "That standardizes each row, one sample at a time. Take mean and standard deviation "
            "of each column: axis 0.": lambda x: (
                (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True)
            ),
            "One mean and one standard deviation for the whole array leave the columns on their "
            "different scales. Take them over axis 0.": lambda x: (x - x.mean()) / x.std(),
            "You divided by the variance. Divide by its root, the standard deviation.": lambda x: (
                (x - x.mean(0)) / np.where(x.var(0) == 0, 1, x.var(0))
            ),
            "The mean is gone. Now divide by the standard deviation.": lambda x: x - x.mean(0),
            "That is the other common scaling, from 0 to 1. Here: subtract the mean, divide by "
            "the standard deviation.": lambda x: (
                (x - x.min(0)) / np.where(np.ptp(x, axis=0) == 0, 1, np.ptp(x, axis=0))
            ),
        },
    ),
    Exercise(
        name="intro/first-step",
        title="Who is sooner",
        reference=first_step,
        cases=[
            {"steps": STEPS, "accuracy": np.array([0.1, 0.55, 0.9, 0.92, 0.96]), "goal": 0.9},
            {"steps": STEPS, "accuracy": np.array([0.1, 0.1, 0.2, 0.6, 0.7]), "goal": 0.9},
        ],
        mistakes={
            "That is its place in the list. Say the step that stands there: steps[…].": (
                lambda steps, accuracy, goal: (
                    int(np.argmax(accuracy >= goal)) if (accuracy >= goal).any() else np.inf
                )
            ),
            "Where the goal is never reached, argmax of nothing but False is 0. Ask first whether "
            "it is reached at all.": lambda steps, accuracy, goal: steps[
                np.argmax(accuracy >= goal)
            ],
            "An accuracy equal to the goal has reached it: at least, not more than.": (
                lambda steps, accuracy, goal: (
                    steps[np.argmax(accuracy > goal)] if (accuracy > goal).any() else np.inf
                )
            ),
            "That is where the accuracy is highest. Find where it first reaches the goal.": (
                lambda steps, accuracy, goal: (
                    steps[np.argmax(accuracy)] if accuracy.max() >= goal else np.inf
                )
            ),
            "That is how often the goal was reached. Say at which step it first was.": (
                lambda steps, accuracy, goal: int((accuracy >= goal).sum())
            ),
        },
    ),
    Exercise(
        name="intro/needle",
        title="How deep until a needle",
        reference=first_narrow_layer,
        cases=[
            {"std": 0.2, "factor": 0.25, "limit": 0.01},
            {"std": 0.8, "factor": 0.5, "limit": 0.1},
            {"std": 0.005, "factor": 0.5, "limit": 0.01},
        ],
        mistakes={
            "That is how many layers further it is. Count layer 1 too.": (
                lambda std, factor, limit: _narrow_at(std, factor, limit, first=0)
            ),
            "A standard deviation equal to the limit is not yet below it.": (
                lambda std, factor, limit: _narrow_at(
                    std, factor, limit, until=lambda one, other: one <= other * (1 + 1e-9)
                )
            ),
            "One layer too many: layer 1 has the standard deviation std, not std times factor.": (
                lambda std, factor, limit: _narrow_at(std, factor, limit, first=2)
            ),
            "A number of layers is a whole number: the first that is below the limit.": (
                lambda std, factor, limit: 1 + np.log(limit / std) / np.log(factor)
            ),
        },
    ),
)
