"""Exercises of the introduction: common scales, reading a curve, and needles."""

import numpy as np

from bnviz.course.exercise import Exercise

# Heights in metres, weights in kilograms, and a column that never changes.
PEOPLE = np.array([[1.5, 50.0, 1.0], [1.7, 80.0, 1.0], [1.6, 65.0, 1.0], [2.0, 65.0, 1.0]])
# The rounding of the mean makes the standard deviation of the first column 1.4e-17, not 0.
TENTHS = np.array([[0.1, 1.0], [0.1, 2.0], [0.1, 6.0]])
STEPS = np.array([0, 25, 50, 75, 100])


def standardize(x):
    """Each column of x (N, C) with mean 0 and standard deviation 1; a constant one becomes 0."""
    deviation = x - x.mean(axis=0)
    constant = np.ptp(x, axis=0) == 0
    return deviation / np.where(constant, 1, x.std(axis=0))


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


def _guarded(size, constant=lambda x: np.ptp(x, axis=0) == 0):
    """The deviations by another size than the standard deviation, or with another guard."""

    def mistaken(x):
        return (x - x.mean(0)) / np.where(constant(x), 1, size(x))

    return mistaken


def _reached(say, never=np.inf, there=np.greater_equal):
    """A step said otherwise, or otherwise where the goal is never reached."""

    def mistaken(steps, accuracy, goal):
        reached = there(accuracy, goal)
        if not reached.any():
            return never(steps) if callable(never) else never
        return say(steps, accuracy, reached)

    return mistaken


def _first(steps, accuracy, reached):
    return steps[reached][0]


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
        cases=[
            {"x": PEOPLE[:, :2]},
            {"x": PEOPLE},
            {"x": PEOPLE.T[:, :3] * [1, 10, 100]},
            {"x": TENTHS},
        ],
        mistakes={
            "A column that never changes has standard deviation 0, and 0 / 0 is no number. Leave "
            "it at 0: divide it by 1.": lambda x: (x - x.mean(0)) / x.std(0),
            "0.1 cannot be stored exactly, and by this rounding the standard deviation of a "
            "constant column may be 1.4e-17 instead of 0. Ask whether the largest value is the "
            "smallest, np.ptp(x, axis=0) == 0.": (
                _guarded(lambda x: x.std(0), constant=lambda x: x.std(0) == 0),
                lambda x: np.nan_to_num((x - x.mean(0)) / x.std(0)),
            ),
            "You divided by N - 1 in the standard deviation (ddof=1). Divide by N here, NumPy's "
            "default.": (
                _guarded(lambda x: x.std(0, ddof=1)),
                _guarded(lambda x: x.std(0, ddof=1), constant=lambda x: x.std(0) == 0),
                lambda x: (x - x.mean(0)) / x.std(0, ddof=1),
                lambda x: np.nan_to_num((x - x.mean(0)) / x.std(0, ddof=1)),
            ),
            "An ε under the root makes the result a little narrower than 1. Here the standard "
            "deviation itself divides; where a column never changes, 1 does.": (
                lambda x: (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5),
                lambda x: (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-4),
                lambda x: (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-3),
            ),
            "The mean is still there. Subtract it first.": (
                lambda x: x / x.std(0),
                lambda x: x / np.where(np.ptp(x, axis=0) == 0, 1, x.std(0)),
                lambda x: x / np.where(x.std(0) == 0, 1, x.std(0)),
            ),
            "You subtracted the median. It is the mean that becomes 0.": (
                lambda x: (x - np.median(x, 0)) / np.where(np.ptp(x, axis=0) == 0, 1, x.std(0)),
                lambda x: (x - np.median(x, 0)) / np.where(x.std(0) == 0, 1, x.std(0)),
                lambda x: (x - np.median(x, 0)) / x.std(0),
            ),
            "Only the mean is divided here: put x - mean in parentheses.": (
                lambda x: x - x.mean(0) / x.std(0),
                lambda x: x - x.mean(0) / np.where(np.ptp(x, axis=0) == 0, 1, x.std(0)),
                lambda x: x - x.mean(0) / np.where(x.std(0) == 0, 1, x.std(0)),
            ),
            "A column that never changes becomes 0: subtract its mean like that of the others.": (
                lambda x: np.where(np.ptp(x, axis=0) == 0, x, standardize(x)),
                lambda x: np.where(np.ptp(x, axis=0) == 0, 1, standardize(x)),
                lambda x: np.where(
                    x.std(0) == 0, x, (x - x.mean(0)) / np.where(x.std(0) == 0, 1, x.std(0))
                ),
            ),
            "The sign is turned: it is x - mean, not mean - x.": (
                lambda x: -standardize(x),
                lambda x: -_guarded(lambda x: x.std(0), constant=lambda x: x.std(0) == 0)(x),
                lambda x: (x.mean(0) - x) / x.std(0),
            ),
            "Every column is divided by a number of its own: take the standard deviation over "
            "axis 0 too.": lambda x: (x - x.mean(0)) / x.std(),
            "That standardizes each row, one sample at a time. Take mean and standard deviation "
            "of each column: axis 0.": lambda x: (
                (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True)
            ),
            "One mean and one standard deviation for the whole array leave the columns on their "
            "different scales. Take them over axis 0.": lambda x: (x - x.mean()) / x.std(),
            "You divided by the variance. Divide by its root, the standard deviation.": (
                _guarded(lambda x: x.var(0)),
                _guarded(lambda x: x.var(0), constant=lambda x: x.var(0) == 0),
                lambda x: (x - x.mean(0)) / x.var(0),
            ),
            "The mean is gone. Now divide by the standard deviation.": lambda x: x - x.mean(0),
            "That is the other common scaling, from 0 to 1. Here: subtract the mean, divide by "
            "the standard deviation.": lambda x: (
                (x - x.min(0)) / np.where(np.ptp(x, axis=0) == 0, 1, np.ptp(x, axis=0))
            ),
            "You divided by the largest distance from the mean. Divide by the standard deviation, "
            "the typical one.": _guarded(lambda x: abs(x - x.mean(0)).max(0)),
            "You divided by the mean of the distances from the mean. The standard deviation is the "
            "root of the mean of their squares.": _guarded(lambda x: abs(x - x.mean(0)).mean(0)),
            "You divided by the length of the column, the root of the sum of the squares. The "
            "standard deviation is the root of their mean.": _guarded(
                lambda x: np.linalg.norm(x - x.mean(0), axis=0)
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
            {
                "steps": np.array([0, 10, 20, 40]),
                "accuracy": np.array([0.8, 0.9, 0.3, 0.75]),
                "goal": 0.7,
            },
            {
                "steps": np.array([0, 10, 20, 40]),
                "accuracy": np.array([0.1, 0.6, 0.5, 0.4]),
                "goal": 0.5,
            },
            {
                "steps": np.array([0, 10, 20, 30]),
                "accuracy": np.array([0.8, 0.3, 0.2, 0.1]),
                "goal": 0.7,
            },
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
            "Step 0 is a step too: the goal may be reached at the start, where the place in the "
            "list is 0.": (
                lambda steps, accuracy, goal: (
                    steps[np.argmax(accuracy >= goal)] if np.argmax(accuracy >= goal) else np.inf
                ),
                _reached(lambda s, a, there: s[there][0] or np.inf),
                _reached(lambda s, a, there: s[1:][there[1:]][0] if there[1:].any() else np.inf),
            ),
            "Step 0 counts as False: ask `len(there)`.": (
                _reached(lambda s, a, there: s[there][0] if s[there].any() else np.inf)
            ),
            "An accuracy may fall again, so it is not in order, and those below the goal do not "
            "all come first. Find the first that is at least the goal.": (
                lambda steps, accuracy, goal: (
                    steps[np.searchsorted(accuracy, goal)]
                    if np.searchsorted(accuracy, goal) < len(steps)
                    else np.inf
                ),
                lambda steps, accuracy, goal: (
                    steps[(accuracy < goal).sum()] if (accuracy >= goal).any() else np.inf
                ),
            ),
            "The accuracy may fall again. That it ends below the goal does not say that it never "
            "reached it.": lambda steps, accuracy, goal: (
                np.inf if accuracy[-1] < goal else steps[accuracy >= goal][0]
            ),
            "That is the step whose accuracy is nearest to the goal. It may be below it.": (
                _reached(lambda s, a, there: s[np.argmin(abs(a - a[there].min()))]),
                lambda steps, accuracy, goal: steps[np.argmin(abs(accuracy - goal))],
                lambda steps, accuracy, goal: (
                    steps[np.argmin(abs(accuracy - goal))] if (accuracy >= goal).any() else np.inf
                ),
            ),
            "Steps are not always 25 apart. Say the step that stands there: steps[…].": (
                _reached(lambda s, a, there: 25 * int(np.argmax(there))),
                lambda steps, accuracy, goal: 25 * int(np.argmax(accuracy >= goal)),
            ),
            "goal is an argument of the function. You used 0.9, whatever it is.": (
                lambda steps, accuracy, goal: first_step(steps, accuracy, 0.9)
            ),
            "If the accuracy never reaches the goal, return np.inf: later than any step.": (
                _reached(_first, never=-1),
                _reached(_first, never=np.nan),
                _reached(_first, never=-np.inf),
                _reached(_first, never="inf"),
                _reached(_first, never=lambda steps: None),
                _reached(_first, never=lambda steps: steps[-1]),
                _reached(_first, never=lambda steps: len(steps)),
                _reached(_first, never=lambda steps: steps[-1] + 1),
            ),
            "An accuracy equal to the goal has reached it: at least, not more than.": (
                _reached(_first, there=np.greater)
            ),
            "An accuracy above the goal has reached it, too: >=, not ==.": (
                _reached(_first, there=np.equal)
            ),
            "That is the last step with such an accuracy. Take the first.": (
                _reached(lambda s, a, there: s[there][-1])
            ),
            "That is where the accuracy is highest. Find where it first reaches the goal.": (
                _reached(lambda s, a, there: s[np.argmax(a)]),
                lambda steps, accuracy, goal: steps[np.argmax(accuracy)],
            ),
            "That is the accuracy. Say the step at which it was reached.": (
                _reached(lambda s, a, there: a[there][0])
            ),
            "Those are all the steps with such an accuracy. Take the first of them.": (
                lambda steps, accuracy, goal: steps[accuracy >= goal],
                _reached(lambda s, a, there: s[there]),
            ),
            "That is how often the goal was reached. Say at which step it first was.": (
                lambda steps, accuracy, goal: int((accuracy >= goal).sum())
            ),
            "The loop gives up at the first step that has not reached the goal. `return np.inf` "
            "belongs after the loop.": lambda steps, accuracy, goal: (
                steps[0] if accuracy[0] >= goal else np.inf
            ),
            "That says whether the goal is reached. Say at which step it first is.": (
                lambda steps, accuracy, goal: (accuracy >= goal).any()
            ),
            "That is the step from which on the accuracy stays. Asked is when it first is there; "
            "it may fall again.": lambda steps, accuracy, goal: next(
                (s for i, s in enumerate(steps) if (accuracy[i:] >= goal).all()), np.inf
            ),
            "That is the entry after the first that reaches the goal.": (
                _reached(lambda s, a, there: s[min(np.argmax(there) + 1, len(s) - 1)])
            ),
            "That is the step before. At it the goal is not yet reached.": (
                _reached(lambda s, a, there: s[max(np.argmax(there) - 1, 0)])
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
            {"std": 0.001, "factor": 0.5, "limit": 0.01},
            {"std": 1.0, "factor": 0.9, "limit": 0.1},
        ],
        mistakes={
            "That is how many layers further it is. Count layer 1 too.": (
                lambda std, factor, limit: _narrow_at(std, factor, limit, first=0),
                lambda std, factor, limit: int(np.ceil(np.log(limit / std) / np.log(factor))),
            ),
            "A standard deviation equal to the limit is not yet below it.": (
                lambda std, factor, limit: _narrow_at(
                    std, factor, limit, until=lambda one, other: one <= other * (1 + 1e-9)
                )
            ),
            "One layer too many: layer 1 has the standard deviation std, not std times factor.": (
                lambda std, factor, limit: _narrow_at(std, factor, limit, first=2)
            ),
            "One layer too few: layer 1 has the standard deviation std. Ask first whether that is "
            "below the limit, and multiply then.": lambda std, factor, limit: _narrow_at(
                std * factor, factor, limit
            ),
            "A number of layers is a whole number: the first that is below the limit.": (
                lambda std, factor, limit: 1 + np.log(limit / std) / np.log(factor)
            ),
            "Where layer 1 is below the limit already, this formula goes back behind it. The "
            "answer is at least 1.": (
                lambda std, factor, limit: 2 + int(np.floor(np.log(limit / std) / np.log(factor))),
                lambda std, factor, limit: 2 + int(np.log(limit / std) / np.log(factor)),
            ),
            "This formula stops one layer early where a standard deviation is equal to the limit: "
            "it is not yet below it.": (
                lambda std, factor, limit: 1 + int(np.ceil(np.log(limit / std) / np.log(factor))),
            ),
            "It may take more than nine layers: go on until it is below the limit.": (
                lambda std, factor, limit: min(_narrow_at(std, factor, limit), 10),
                lambda std, factor, limit: min(_narrow_at(std, factor, limit), 9),
            ),
            "That is its standard deviation. Say the number of the layer.": (
                lambda std, factor, limit: std * factor ** (_narrow_at(std, factor, limit) - 1)
            ),
        },
    ),
)
