"""Exercises of chapter 8, test time: what stands in for the statistics of the mini-batch."""

import math

import numpy as np

from bnviz.course.exercise import Exercise

# Four mini-batches at two units.
MEANS = np.array([[1.0, 40.0], [2.0, 10.0], [4.0, 30.0], [9.0, 20.0]])
VARIANCES = np.array([[6.0, 100.0], [2.0, 80.0], [4.0, 220.0], [8.0, 400.0]])


def population(means, variances, m):
    """(mean, variance) of all the data, each (C,), from batches of m."""
    return means.mean(axis=0), m / (m - 1) * variances.mean(axis=0)


def steps_to_forget(momentum, share):
    """The first step with at most this share of the weight on the start."""
    steps, left = 0, 1.0
    while left > share:
        left = left * (1 - momentum)
        steps = steps + 1
    return steps


def corrected(running, start, momentum, steps):
    """The average over the mini-batches alone, without the start."""
    left = (1 - momentum) ** steps
    return (running - left * start) / (1 - left)


def _running(rows, start, momentum=0.1):
    """What PyTorch's running average would hold after these rows."""
    for row in rows:
        start = (1 - momentum) * start + momentum * row
    return start


def _exact_steps(momentum, share):
    return math.log(share) / math.log(1 - momentum)


EXERCISES = (
    Exercise(
        name="test-time/population",
        title="From batches to all",
        reference=population,
        returns=("mean", "variance"),
        cases=[
            {"means": MEANS, "variances": VARIANCES, "m": 5},
            {"means": MEANS[:3, :1], "variances": VARIANCES[1:, 1:], "m": 2},
        ],
        mistakes={
            "The variance is a little small: each batch variance was divided by m. Multiply by "
            "m / (m - 1).": lambda means, variances, m: (means.mean(0), variances.mean(0)),
            "Upside down: the factor is m / (m - 1), above 1.": lambda means, variances, m: (
                means.mean(0),
                (m - 1) / m * variances.mean(0),
            ),
            "That is the variance of the batch variances: how much they differ from each other. "
            "Take their mean, times m / (m - 1).": (
                lambda means, variances, m: (means.mean(0), variances.var(0)),
                lambda means, variances, m: (means.mean(0), variances.var(0, ddof=1)),
                lambda means, variances, m: (means.mean(0), m / (m - 1) * variances.var(0)),
            ),
            "That is the variance of the batch means: how much they scatter. The mean of the batch "
            "variances is asked, times m / (m - 1).": (
                lambda means, variances, m: (means.mean(0), means.var(0)),
                lambda means, variances, m: (means.mean(0), m * means.var(0)),
                lambda means, variances, m: (means.mean(0), means.var(0, ddof=1)),
            ),
            "Here m is the number of mini-batches. It is the number of images in each: take the "
            "argument.": lambda means, variances, m: (
                means.mean(0),
                len(variances) / (len(variances) - 1) * variances.mean(0),
            ),
            "That takes all images for one batch. Each variance was divided by the m of its own "
            "mini-batch: m / (m - 1).": lambda means, variances, m: (
                means.mean(0),
                len(variances) * m / (len(variances) * m - 1) * variances.mean(0),
            ),
            "That is a running average, as the training keeps it. Algorithm 2 gives each "
            "mini-batch the same weight.": lambda means, variances, m: (
                _running(means, 0.0),
                _running(m / (m - 1) * variances, 1.0),
            ),
            "The factor belongs to the variance. The mean of the means needs none.": (
                lambda means, variances, m: (
                    m / (m - 1) * means.mean(0),
                    m / (m - 1) * variances.mean(0),
                )
            ),
            "That is one number for all units. Each column has its own: axis 0.": (
                lambda means, variances, m: (means.mean(), m / (m - 1) * variances.mean())
            ),
            "Those are numbers for each mini-batch. Average over the mini-batches: axis 0.": (
                lambda means, variances, m: (means.mean(1), m / (m - 1) * variances.mean(1))
            ),
            "Those are sums over the mini-batches. Take the mean.": lambda means, variances, m: (
                means.sum(0),
                m / (m - 1) * variances.sum(0),
            ),
            "Those are medians. Algorithm 2 takes the mean over the mini-batches.": (
                lambda means, variances, m: (
                    np.median(means, axis=0),
                    m / (m - 1) * np.median(variances, axis=0),
                )
            ),
            "The second number is a standard deviation. The variance is asked.": (
                lambda means, variances, m: (
                    means.mean(0),
                    np.sqrt(m / (m - 1) * variances.mean(0)),
                )
            ),
            "The order is mean, variance. You gave the variance first.": (
                lambda means, variances, m: population(means, variances, m)[::-1]
            ),
            "Average the variances, not the standard deviations.": lambda means, variances, m: (
                means.mean(0),
                m / (m - 1) * np.sqrt(variances).mean(0) ** 2,
            ),
            "That is the last mini-batch alone. Average over all of them.": (
                lambda means, variances, m: (means[-1], variances[-1]),
                lambda means, variances, m: (means[-1], m / (m - 1) * variances[-1]),
            ),
            "Algorithm 2 leaves the scatter of the means out: the factor m / (m - 1) already makes "
            "up for it.": (
                lambda means, variances, m: (means.mean(0), variances.mean(0) + means.var(0)),
                lambda means, variances, m: (
                    means.mean(0),
                    m / (m - 1) * variances.mean(0) + means.var(0),
                ),
            ),
        },
    ),
    Exercise(
        name="test-time/forget",
        title="How long until the start is forgotten?",
        reference=steps_to_forget,
        cases=[
            {"momentum": 0.1, "share": 0.42},
            {"momentum": 0.02, "share": 0.3},
            {"momentum": 0.05, "share": 0.6},
            {"momentum": 0.7, "share": 0.001},
            {"momentum": 0.5, "share": 0.25},
        ],
        mistakes={
            "momentum is PyTorch's: the share of the new. The old is multiplied by 1 - momentum.": (
                lambda momentum, share: math.ceil(math.log(share) / math.log(momentum))
            ),
            "One step too few: after that step more than the share is still there. Round up.": (
                lambda momentum, share: math.floor(_exact_steps(momentum, share)),
                lambda momentum, share: round(_exact_steps(momentum, share)),
            ),
            "At most the share: a step that leaves exactly the share is enough.": (
                lambda momentum, share: (
                    steps_to_forget(momentum, share)
                    + ((1 - momentum) ** steps_to_forget(momentum, share) == share)
                )
            ),
            "Each step multiplies by 1 - momentum, which is not quite exp(-momentum): divide by "
            "log(1 - momentum).": (
                lambda momentum, share: math.ceil(-math.log(share) / momentum),
                lambda momentum, share: -math.log(share) / momentum,
            ),
            "One step too many. Count the steps until the weight is at most the share.": (
                lambda momentum, share: steps_to_forget(momentum, share) + 1
            ),
            "Steps are whole. Round up to the first that is enough.": _exact_steps,
            "The weight does not fall by the same amount each step, but to the same fraction of "
            "itself: (1 - momentum) ** steps.": (
                lambda momentum, share: math.ceil((1 - share) / momentum)
            ),
            "1 / momentum steps leave over a third: (1 - momentum) ** (1 / momentum). How many "
            "leave the share?": (
                lambda momentum, share: math.ceil(1 / momentum),
                lambda momentum, share: 1 / momentum,
            ),
            "One logarithm is to base 10, the other is not. Take the same for both.": (
                lambda momentum, share: math.ceil(math.log10(share) / math.log(1 - momentum)),
                lambda momentum, share: math.ceil(math.log(share) / math.log10(1 - momentum)),
            ),
            "Upside down: divide log(share) by log(1 - momentum).": (
                lambda momentum, share: 1 / _exact_steps(momentum, share)
            ),
            "Always 0: go on *while* more than the share is left; or log(share) and "
            "log(1 - momentum) are upside down.": lambda momentum, share: 0,
            "Always 1: a `return` inside of the loop, or log(share) and log(1 - momentum) upside "
            "down.": lambda momentum, share: 1,
            "That many steps leave 1 - share on the start. At most the share is to be left.": (
                lambda momentum, share: steps_to_forget(momentum, 1 - share)
            ),
            "The weight of the start is asked: 1 at first, times 1 - momentum in each step. That "
            "is how often the latest weight, momentum, shrinks.": (
                lambda momentum, share: max(
                    0, math.ceil(math.log(share / momentum) / math.log(1 - momentum))
                )
            ),
            "That is the weight that is left, or gone, not the number of steps.": (
                lambda momentum, share: (1 - momentum) ** steps_to_forget(momentum, share),
                lambda momentum, share: 1 - (1 - momentum) ** steps_to_forget(momentum, share),
            ),
        },
    ),
    Exercise(
        name="test-time/corrected",
        title="Without the start",
        reference=corrected,
        cases=[
            {"running": 1.9, "start": 0.0, "momentum": 0.1, "steps": 2},
            {"running": 0.7, "start": 1.0, "momentum": 0.25, "steps": 3},
            {"running": np.array([3.0, -2.0]), "start": 1.0, "momentum": 0.01, "steps": 20},
        ],
        mistakes={
            "This takes the start for 0, as it is for the mean. Take it from the argument: the "
            "variance begins at 1.": lambda running, start, momentum, steps: (
                running / (1 - (1 - momentum) ** steps)
            ),
            "The start is gone. Now the weights that are left no longer add up to 1: divide by "
            "their sum.": lambda running, start, momentum, steps: (
                running - (1 - momentum) ** steps * start
            ),
            "The start has a weight of (1 - momentum) ** steps. You subtracted all of it.": (
                lambda running, start, momentum, steps: running - start,
                lambda running, start, momentum, steps: (
                    (running - start) / (1 - (1 - momentum) ** steps)
                ),
            ),
            "momentum is PyTorch's: each step leaves 1 - momentum of the start.": (
                lambda running, start, momentum, steps: (
                    (running - momentum**steps * start) / (1 - momentum**steps)
                )
            ),
            "That divides by the weight of the start. The average has the others: 1 minus it.": (
                lambda running, start, momentum, steps: (
                    (running - (1 - momentum) ** steps * start) / (1 - momentum) ** steps
                )
            ),
            "One step too few. After the first step 1 - momentum is left.": (
                lambda running, start, momentum, steps: corrected(
                    running, start, momentum, max(steps - 1, 1)
                )
            ),
            "One step too many. After the first step 1 - momentum is left.": (
                lambda running, start, momentum, steps: corrected(
                    running, start, momentum, steps + 1
                )
            ),
            "The weights shrink by a factor each step, they are not multiplied by the number of "
            "steps: (1 - momentum) ** steps.": (
                lambda running, start, momentum, steps: (
                    (running - (1 - momentum) * steps * start) / (1 - (1 - momentum) * steps)
                ),
                lambda running, start, momentum, steps: (
                    (running - (1 - momentum * steps) * start) / (momentum * steps)
                ),
            ),
            "Each of the mini-batches has a weight. All of them together have "
            "1 - (1 - momentum) ** steps, not momentum.": (
                lambda running, start, momentum, steps: (
                    (running - (1 - momentum) ** steps * start) / momentum
                ),
                lambda running, start, momentum, steps: (
                    (running - (1 - momentum) * start) / momentum
                ),
            ),
            "The mini-batches do not share a weight of 1 for each step: divide by "
            "1 - (1 - momentum) ** steps, not by their number.": (
                lambda running, start, momentum, steps: (
                    (running - (1 - momentum) ** steps * start) / steps
                )
            ),
            "Take the start out first; then divide all that is left.": (
                lambda running, start, momentum, steps: (
                    running / (1 - (1 - momentum) ** steps) - (1 - momentum) ** steps * start
                ),
                lambda running, start, momentum, steps: (
                    running / (1 - (1 - momentum) ** steps) - start
                ),
            ),
            "You took out the weight of the start alone. Take out weight times start.": (
                lambda running, start, momentum, steps: (
                    (running - (1 - momentum) ** steps) / (1 - (1 - momentum) ** steps)
                )
            ),
            "The running value and the start have changed places.": (
                lambda running, start, momentum, steps: corrected(start, running, momentum, steps)
            ),
            "The start is added where it is to be taken out.": (
                lambda running, start, momentum, steps: (
                    (running + (1 - momentum) ** steps * start) / (1 - (1 - momentum) ** steps)
                )
            ),
            "The weights are not divided but multiplied by their sum.": (
                lambda running, start, momentum, steps: (
                    (running - (1 - momentum) ** steps * start) * (1 - (1 - momentum) ** steps)
                )
            ),
        },
    ),
)
