"""Exercises on what is usable: counting it, growth on the way back, one rate for all weights.

The growth of a layer is held against networks in ``tests/course``.
"""

import math

import numpy as np

from bnviz.course.exercise import Exercise

# Two starts, three learning rates, three seeds. Where a network exploded there is no accuracy.
TRAINED = np.array(
    [
        [[0.95, 0.93, 0.96], [0.97, 0.90, 0.98], [0.95, 0.96, 0.85]],
        [[0.10, 0.10, 0.91], [0.99, np.nan, 0.97], [np.nan, 0.2, np.nan]],
    ]
)
MORE = np.array([[[0.8, 0.5], [0.75, 0.75], [0.7, 0.9]], [[0.8, 0.76], [0.9, 0.2], [0.76, 0.9]]])
UNEVEN = np.array([[[0.9, 0.85, 0.82], [0.9, 0.7, 0.85], [0.5, 0.6, 0.9], [0.4, 0.3, 0.2]]])
# What activations give, and their slopes, for some inputs of mean 0 and variance 1.
X = np.array([-1.75, -1.0, -0.5, -0.25, 0.25, 0.5, 1.0, 1.75])
X = X / X.std()


def usable(accuracy, goal):
    """How many settings reach the goal with every seed; accuracy (starts, rates, seeds)."""
    return int((accuracy >= goal).all(axis=2).sum())


def growth(values, slopes):
    """By how much the gradient grows on the way back through BN and an activation."""
    return np.sqrt((slopes**2).mean() / values.var())


def steps_needed(curvatures, lr, share):
    """Updates until every weight's distance is at most this share of what it was."""
    slowest = max(abs(1 - lr * c) for c in curvatures)
    if slowest >= 1:
        return math.inf
    steps, left = 0, 1.0
    while left > share:
        steps, left = steps + 1, left * slowest
    return steps


def _counted(factors, share):
    """Updates until the largest of these factors has done enough; capped, as a loop would be."""
    return _until(max(factors), share)


def _or(never, round_up=math.ceil):
    """Right, but for what is returned where some distance does not shrink, and for rounding."""

    def steps(curvatures, lr, share):
        slowest = max(abs(1 - lr * c) for c in curvatures)
        return never if slowest >= 1 else round_up(math.log(share) / math.log(slowest))

    return steps


def _walked(curvatures, lr, share, gradient_first=False):
    """Gradient descent until every distance is small, or until it overflows into NaN."""
    c = np.array(curvatures)
    distance, steps = np.ones(len(c)), 0
    while (abs(distance) > share).any():
        update = lr * (c * distance) if gradient_first else lr * c * distance
        distance, steps = distance - update, steps + 1
    return steps


def _together(curvatures, lr, share):
    """Updates until the distances, as one vector, have the share of their length."""
    factors = 1 - lr * np.array(curvatures)
    if abs(factors).max() >= 1:
        return math.inf
    steps = 0
    while np.sqrt((factors ** (2 * steps)).mean()) > share:
        steps += 1
    return steps


def _of_each(curvatures, lr, share):
    """Updates of each weight by itself."""
    return np.ceil(np.log(share) / np.log(abs(1 - lr * np.array(curvatures))))


def _until(factor, share):
    steps, left = 0, 1.0
    while left > share and steps < 10_000:
        steps, left = steps + 1, left * factor
    return math.inf if steps >= 10_000 else steps


EXERCISES = (
    Exercise(
        name="training-dynamics/usable",
        title="Count what is usable",
        reference=usable,
        cases=[
            {"accuracy": TRAINED, "goal": 0.9},
            {"accuracy": MORE, "goal": 0.75},
            {"accuracy": TRAINED[:1], "goal": 0.95},
            {"accuracy": UNEVEN, "goal": 0.8},
        ],
        mistakes={
            "One seed that reaches the goal is not enough: every seed has to.": (
                lambda accuracy, goal: int((accuracy >= goal).any(axis=2).sum()),
                lambda accuracy, goal: int((accuracy.max(axis=2) >= goal).sum()),
            ),
            "Most seeds are not all: every one of them has to reach the goal.": (
                lambda accuracy, goal: int(((accuracy >= goal).mean(axis=2) > 0.5).sum())
            ),
            "You looked at one seed of each setting. Every seed has to get there.": (
                lambda accuracy, goal: int((accuracy[..., 0] >= goal).sum()),
                lambda accuracy, goal: int((accuracy[..., -1] >= goal).sum()),
            ),
            "A mean over seeds hides the one that fails. Look at each seed.": (
                lambda accuracy, goal: int((accuracy.mean(axis=2) >= goal).sum()),
                lambda accuracy, goal: int((np.nanmean(accuracy, axis=2) >= goal).sum()),
            ),
            "A median over seeds hides the one that fails. Look at each seed.": (
                lambda accuracy, goal: int((np.median(accuracy, axis=2) >= goal).sum()),
                lambda accuracy, goal: int((np.nanmedian(accuracy, axis=2) >= goal).sum()),
            ),
            "You counted networks. A setting is a start with a learning rate; its seeds belong "
            "together.": (
                lambda accuracy, goal: int((accuracy >= goal).sum()),
                lambda accuracy, goal: int((accuracy >= goal).sum() // accuracy.shape[2]),
            ),
            "That asks all networks of the table at once. Ask the seeds of each setting: "
            "all(axis=2). Then count.": lambda accuracy, goal: int((accuracy >= goal).all()),
            "That counts in each row or column. One number for the whole table: add them up.": (
                lambda accuracy, goal: (accuracy >= goal).all(axis=2).sum(axis=0),
                lambda accuracy, goal: (accuracy >= goal).all(axis=2).sum(axis=1),
            ),
            "Turn the comparison round: at the goal or above.": (
                lambda accuracy, goal: int((accuracy <= goal).all(axis=2).sum())
            ),
            "Exactly at the goal counts: >=, not >.": (
                lambda accuracy, goal: int((accuracy > goal).all(axis=2).sum())
            ),
            "A network that exploded (NaN) has not reached the goal. Do not leave it out.": (
                lambda accuracy, goal: int((np.nanmin(accuracy, axis=2) >= goal).sum()),
                lambda accuracy, goal: int((~(accuracy < goal)).all(axis=2).sum()),
            ),
            "That is the share of the settings. How many are they?": (
                lambda accuracy, goal: (accuracy >= goal).all(axis=2).mean()
            ),
            "That says which are usable. How many are they?": (
                lambda accuracy, goal: (accuracy >= goal).all(axis=2),
                lambda accuracy, goal: np.argwhere((accuracy >= goal).all(axis=2)),
            ),
            "The seeds are the last axis, 2.": (
                lambda accuracy, goal: int((accuracy >= goal).all(axis=0).sum()),
                lambda accuracy, goal: int((accuracy >= goal).all(axis=1).sum()),
            ),
            "The goal is given; it is not always 0.9.": (
                lambda accuracy, goal: int((accuracy >= 0.9).all(axis=2).sum())
            ),
            "Those are the settings that fail. Count the others.": (
                lambda accuracy, goal: int((~(accuracy >= goal).all(axis=2)).sum())
            ),
        },
    ),
    Exercise(
        name="training-dynamics/growth",
        title="How fast does it grow?",
        reference=growth,
        cases=[
            {"values": np.maximum(X, 0), "slopes": (X > 0).astype(float)},
            {"values": np.tanh(X), "slopes": 1 - np.tanh(X) ** 2},
            {"values": 3 * X + 5, "slopes": np.full(8, 3.0)},
        ],
        mistakes={
            "That is the growth of the squared length. Take the root at the end.": (
                lambda values, slopes: (slopes**2).mean() / values.var()
            ),
            "BN takes the mean away before it divides. Divide by the variance, not by the mean of "
            "the squares.": lambda values, slopes: np.sqrt((slopes**2).mean() / (values**2).mean()),
            "First square the slopes, then take the mean: the square of the mean is less.": (
                lambda values, slopes: np.sqrt(slopes.mean() ** 2 / values.var())
            ),
            "The variance of the slopes is not their mean square: their mean counts too.": (
                lambda values, slopes: np.sqrt(slopes.var() / values.var())
            ),
            "Upside down: slopes above, the variance below.": (
                lambda values, slopes: np.sqrt(values.var() / (slopes**2).mean()),
                lambda values, slopes: values.var() / (slopes**2).mean(),
            ),
            "BN divides by the spread of what comes in: the mean squared slope over the variance, "
            "not times it.": (
                lambda values, slopes: np.sqrt((slopes**2).mean() * values.var()),
                lambda values, slopes: (slopes**2).mean() * values.var(),
            ),
            "Divide by the variance of the values, not by their mean.": (
                lambda values, slopes: np.sqrt((slopes**2).mean() / values.mean())
            ),
            "One number for the layer: first the mean of the squared slopes.": (
                lambda values, slopes: np.sqrt(slopes**2 / values.var()),
                lambda values, slopes: abs(slopes) / values.std(),
            ),
            "That is ReLU's, for very many x̂. Compute it from the two arrays.": (
                lambda values, slopes: math.sqrt(math.pi / (math.pi - 1)),
                lambda values, slopes: 1.21,
            ),
            "A length under a root and a variance do not match. Mean of the squares over the "
            "variance, then the root of it all.": (
                lambda values, slopes: np.sqrt((slopes**2).mean()) / values.var(),
                lambda values, slopes: np.sqrt(slopes.mean() / values.var()),
                lambda values, slopes: (slopes**2).mean() / values.std(),
            ),
            "Batch norm divides by N, not by N − 1: the biased variance.": (
                lambda values, slopes: np.sqrt((slopes**2).mean() / values.var(ddof=1))
            ),
            "BN also divides by the spread of what comes in: the variance of the values is "
            "missing.": (
                lambda values, slopes: np.sqrt((slopes**2).mean()),
                lambda values, slopes: (slopes**2).mean(),
            ),
            "The mean of the squares, not their sum.": (
                lambda values, slopes: np.sqrt((slopes**2).sum() / values.var())
            ),
        },
    ),
    Exercise(
        name="training-dynamics/steps",
        title="One rate for all weights",
        reference=steps_needed,
        cases=[
            {"curvatures": np.array([1.0, 10.0]), "lr": 0.15, "share": 0.05},
            {"curvatures": np.array([4.0, 3.0]), "lr": 0.4, "share": 0.03},
            {"curvatures": np.array([0.5, 8.0]), "lr": 0.3, "share": 0.1},
            {"curvatures": np.array([5.0, 1.0]), "lr": 0.1, "share": 0.2},
            {"curvatures": np.array([6.0, 4.0]), "lr": 0.125, "share": 0.25},
        ],
        mistakes={
            "You followed the weight that is first at its goal. All have to arrive: the slowest "
            "decides.": lambda curvatures, lr, share: _until(
                min(abs(1 - lr * c) for c in curvatures), share
            ),
            "1 − lr · curvature may be negative: the weight jumps to the other side. Its distance "
            "has no sign: abs.": lambda curvatures, lr, share: _counted(
                [1 - lr * c for c in curvatures], share
            ),
            "That looks at the largest curvature alone. With a small rate it is the smallest that "
            "is slow: look at all.": lambda curvatures, lr, share: _until(
                abs(1 - lr * max(curvatures)), share
            ),
            "That looks at the smallest curvature alone. With a large rate it is the largest that "
            "jumps too far: look at all.": lambda curvatures, lr, share: _until(
                abs(1 - lr * min(curvatures)), share
            ),
            "That looks at the first weight alone. All have to arrive.": (
                lambda curvatures, lr, share: _until(abs(1 - lr * curvatures[0]), share)
            ),
            "That looks at the mean curvature. All weights have to arrive: the slowest decides.": (
                lambda curvatures, lr, share: _until(abs(1 - lr * np.mean(curvatures)), share)
            ),
            "One update too few: after it a little more than the share is left. Round up.": (
                lambda curvatures, lr, share: steps_needed(curvatures, lr, share) - 1
            ),
            "One update too many: round up, and no more.": (
                lambda curvatures, lr, share: steps_needed(curvatures, lr, share) + 1
            ),
            "A fraction of an update cannot be made: round up.": (
                lambda curvatures, lr, share: (
                    math.log(share) / math.log(max(abs(1 - lr * c) for c in curvatures))
                ),
                _or(math.inf, round_up=float),
                _or(math.inf, round_up=round),
            ),
            "That is one number for each weight. All have to arrive: the largest decides.": (
                _of_each
            ),
            "The weights move at the same time: the slowest decides, not the sum.": (
                lambda curvatures, lr, share: _of_each(curvatures, lr, share).sum(),
                lambda curvatures, lr, share: sum(
                    _until(abs(1 - lr * c), share) for c in curvatures
                ),
            ),
            "That is when all distances *together* are small enough. Each one has to be: the "
            "slowest decides.": _together,
            "One update in every case: a `return` inside of the loop, or log(share) and log(|1 − "
            "lr · curvature|) upside down.": _or(math.inf, round_up=lambda exact: 1),
            "At most the share: an update that leaves exactly the share is enough.": (
                _or(math.inf, round_up=lambda exact: math.floor(exact) + 1)
            ),
            "`math.inf` is only for a distance that does not shrink: where |1 − lr · curvature| is "
            "1 or more.": lambda curvatures, lr, share: math.inf,
            "The share is what may be left, not what has to be gone.": (
                lambda curvatures, lr, share: steps_needed(curvatures, lr, 1 - share)
            ),
            "A weight that jumps over its goal at each update still arrives where it lands nearer "
            "each time: up to a rate of 2 over its curvature, not 1.": (
                lambda curvatures, lr, share: (
                    math.inf if lr * max(curvatures) > 1 else steps_needed(curvatures, lr, share)
                )
            ),
            "That is for tiny rates, where 1 − lr · curvature is about exp(−lr · curvature). Here "
            "count with 1 − lr · curvature itself.": (
                lambda curvatures, lr, share: math.ceil(-math.log(share) / lr / min(curvatures))
            ),
            "The condition number says about how many it takes, at a good rate. Asked is the "
            "number at this one.": (
                lambda curvatures, lr, share: math.ceil(max(curvatures) / min(curvatures))
            ),
            "That is when the *squared* distance has fallen so far. Asked is the distance.": (
                lambda curvatures, lr, share: _counted(
                    [(1 - lr * c) ** 2 for c in curvatures], share
                )
            ),
            "An update divides nothing: it takes lr · curvature of the distance away, and leaves "
            "1 − lr · curvature of it.": lambda curvatures, lr, share: _counted(
                [lr * c for c in curvatures], share
            ),
            "Each distance is multiplied by 1 − lr · its curvature. The curvature is missing.": (
                lambda curvatures, lr, share: _until(abs(1 - lr), share)
            ),
            "The gradient is the curvature times the distance, without a factor of 2.": (
                lambda curvatures, lr, share: _counted(
                    [abs(1 - 2 * lr * c) for c in curvatures], share
                )
            ),
            "A distance that does not shrink never arrives: `math.inf`, not a large or negative "
            "number.": (
                lambda curvatures, lr, share: (lambda f: math.ceil(math.log(share) / math.log(f)))(
                    max(abs(1 - lr * c) for c in curvatures)
                ),
                lambda curvatures, lr, share: _of_each(curvatures, lr, share).max(),
                _walked,
                lambda curvatures, lr, share: _walked(curvatures, lr, share, gradient_first=True),
                # Where a loop gave up.
                *(_or(never) for never in (-1, 0, math.nan, *(10**n for n in range(3, 8)))),
            ),
        },
    ),
)
