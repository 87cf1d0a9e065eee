"""Exercises on where batch norm fails: who is in the batch, what moves, what depth does."""

import numpy as np

from bnviz.course.exercise import Exercise

MEAN = np.array([0.5, -2.0, 3.0])
VAR = np.array([4.0, 0.25, 2.25])  # none of them the square of its mean, nor 1


def active(lengths):
    """How many sequences take part in each step."""
    return np.array([np.sum(lengths >= step) for step in range(1, lengths.max() + 1)])


def moved(mean, var, factor, offset):
    """Mean and variance of factor · x + offset."""
    return factor * mean + offset, factor**2 * var


def odd_one(a, b, m, eps):
    """x̂ of the first image: a, beside m − 1 times b."""
    x = np.array([a] + [b] * (m - 1))
    return (a - x.mean()) / np.sqrt(x.var() + eps)


def shares(gains, norm):
    """The branch's share of the variance after each block."""
    path, found = 1.0, []
    for gain in gains:
        branch = gain if norm else gain * path
        path = path + branch
        found.append(branch / path)
    return np.array(found)


def _odd(a, b, m, eps, *, ddof=0, outside=False, root=True, other=False, centered=True):
    x = np.array([a] + [b] * (m - 1))
    away = (b if other else a) - (x.mean() if centered else 0)
    var = x.var(ddof=ddof)
    if outside:
        return away / (np.sqrt(var) + eps)
    return away / (np.sqrt(var + eps) if root else var + eps)


def _shares(gains, norm, *, of="sum", start=1.0, grows=True):
    path, found = start, []
    for gain in gains:
        branch = gain if norm else gain * path
        found.append({"sum": branch / (path + branch), "path": branch / path, "size": branch}[of])
        path = path + branch if grows else path
    return np.array(found)


def _of_all(gains, norm):
    """Shares of the variance at the end of the network."""
    path, branches = 1.0, []
    for gain in gains:
        branches.append(gain if norm else gain * path)
        path = path + branches[-1]
    return np.array(branches) / path


EXERCISES = (
    Exercise(
        name="limits/active",
        title="Who is still there?",
        reference=active,
        cases=[
            {"lengths": np.array([3, 1, 5, 3])},
            {"lengths": np.array([2, 2, 2])},
            {"lengths": np.array([6, 1, 1, 4, 2])},
        ],
        mistakes={
            "A sequence of length 3 still takes part in step 3: ≥, not >.": (
                lambda lengths: np.array(
                    [np.sum(lengths > step) for step in range(1, lengths.max() + 1)]
                )
            ),
            "You began at step 0. The first step is 1, and the last the longest length.": (
                lambda lengths: np.array(
                    [np.sum(lengths >= step) for step in range(lengths.max() + 1)]
                ),
                lambda lengths: np.array(
                    [np.sum(lengths >= step) for step in range(lengths.max())]
                ),
            ),
            "One step too many: the last is the longest length, and after it nobody is there.": (
                lambda lengths: np.append(active(lengths), 0)
            ),
            "Too many steps: the last is the longest of these lengths, whatever it may be.": tuple(
                lambda lengths, steps=steps: np.array(
                    [np.sum(lengths >= step) for step in range(1, steps + 1)]
                )
                for steps in (8, 10, 16)
            ),
            "The last step is missing: the longest sequence takes part in it.": (
                lambda lengths: active(lengths)[:-1]
            ),
            "Those are the sequences that end at each step. Count those that are still there.": (
                lambda lengths: np.array(
                    [np.sum(lengths == step) for step in range(1, lengths.max() + 1)]
                )
            ),
            "Those are the sequences that have ended. Count those that are still there.": (
                lambda lengths: len(lengths) - active(lengths),
                lambda lengths: np.array(
                    [np.sum(lengths <= step) for step in range(1, lengths.max() + 1)]
                ),
            ),
            "That is a share. How many are there?": lambda lengths: active(lengths) / len(lengths),
            "One number for each step, also for steps at which no sequence ends: from 1 to the "
            "longest length.": (
                lambda lengths: np.array([np.sum(lengths >= step) for step in np.unique(lengths)]),
                lambda lengths: np.array([np.sum(lengths >= step) for step in lengths]),
                lambda lengths: np.sum(lengths >= lengths.max()),
            ),
            "Those are the lengths. For each step, count the sequences that reach it.": (
                lambda lengths: lengths,
                lambda lengths: np.sort(lengths)[::-1],
            ),
            "That is yes or no for each sequence and step. Add up over the sequences.": (
                lambda lengths: lengths[:, None] >= np.arange(1, lengths.max() + 1),
                lambda lengths: lengths >= np.arange(1, lengths.max() + 1)[:, None],
            ),
            "That is all of them, at each step. Some have ended by then.": (
                lambda lengths: np.full(lengths.max(), len(lengths))
            ),
            "You added up lengths. Count the sequences.": lambda lengths: np.array(
                [lengths[lengths >= step].sum() for step in range(1, lengths.max() + 1)]
            ),
            "The first step comes first: yours are in the order from the last.": (
                lambda lengths: active(lengths)[::-1]
            ),
        },
    ),
    Exercise(
        name="limits/moved",
        title="AdaBN without an image",
        reference=moved,
        returns=("mean", "variance"),
        cases=[
            {"mean": MEAN, "var": VAR, "factor": 0.3, "offset": 0.5},
            {"mean": MEAN[:2], "var": VAR[:2], "factor": -2.0, "offset": 1.0},
            {"mean": -MEAN, "var": VAR, "factor": 1.5, "offset": -4.0},
        ],
        mistakes={
            "A variance grows with the square of the factor.": (
                lambda mean, var, factor, offset: (factor * mean + offset, factor * var),
                lambda mean, var, factor, offset: (factor * mean + offset, abs(factor) * var),
                lambda mean, var, factor, offset: (factor * mean + offset, 2 * factor * var),
            ),
            "An offset moves all values alike: it does not change how far they spread.": (
                lambda mean, var, factor, offset: (
                    factor * mean + offset,
                    factor**2 * var + offset,
                ),
                lambda mean, var, factor, offset: (
                    factor * mean + offset,
                    factor**2 * var + offset**2,
                ),
                lambda mean, var, factor, offset: (
                    factor * mean + offset,
                    factor**2 * var + factor * offset,
                ),
                lambda mean, var, factor, offset: (factor * mean + offset, factor * var + offset),
                lambda mean, var, factor, offset: (
                    factor * mean + offset,
                    (factor * np.sqrt(var) + offset) ** 2,
                ),
            ),
            "The second number is a mean of squares. The variance is taken around the mean, which "
            "leaves only what var becomes.": (
                lambda mean, var, factor, offset: (
                    factor * mean + offset,
                    factor**2 * (var + mean**2),
                ),
                lambda mean, var, factor, offset: (
                    factor * mean + offset,
                    factor**2 * var + (factor * mean + offset) ** 2,
                ),
            ),
            "The second number is a square of the mean. It says nothing of how far values spread: "
            "begin with var.": (
                lambda mean, var, factor, offset: (factor * mean + offset, (factor * mean) ** 2),
                lambda mean, var, factor, offset: (
                    factor * mean + offset,
                    (factor * mean + offset) ** 2,
                ),
            ),
            "That is the standard deviation. Return its square, the variance.": (
                lambda mean, var, factor, offset: (
                    factor * mean + offset,
                    abs(factor) * np.sqrt(var),
                )
            ),
            "First the factor, then the offset: the offset is not multiplied.": (
                lambda mean, var, factor, offset: (factor * (mean + offset), factor**2 * var),
                lambda mean, var, factor, offset: (mean + factor * offset, factor**2 * var),
            ),
            "var is a square already. Square the factor, and leave var.": (
                lambda mean, var, factor, offset: (factor * mean + offset, (factor * var) ** 2)
            ),
            "Add the offset; you subtracted it.": (
                lambda mean, var, factor, offset: (factor * mean - offset, factor**2 * var)
            ),
            "The mean is multiplied by the factor itself; only the variance, by its square.": (
                lambda mean, var, factor, offset: (factor**2 * mean + offset, factor**2 * var)
            ),
            "The mean is multiplied by the factor, too.": (
                lambda mean, var, factor, offset: (mean + offset, factor**2 * var)
            ),
            "The mean moves with the offset, too.": (
                lambda mean, var, factor, offset: (factor * mean, factor**2 * var)
            ),
            "The variance changes, too: with the square of the factor.": (
                lambda mean, var, factor, offset: (factor * mean + offset, var)
            ),
            "That is the way back. The statistics are those of the new inputs.": (
                lambda mean, var, factor, offset: ((mean - offset) / factor, var / factor**2)
            ),
            "The order is mean, variance.": (
                lambda mean, var, factor, offset: moved(mean, var, factor, offset)[::-1]
            ),
        },
    ),
    Exercise(
        name="limits/odd-one",
        title="The odd one out",
        reference=odd_one,
        cases=[
            {"a": 1.0, "b": 0.5, "m": 5, "eps": 0.01},
            {"a": -2.0, "b": 1.0, "m": 16, "eps": 0.1},
            {"a": 3.0, "b": -1.0, "m": 2, "eps": 1.0},
        ],
        mistakes={
            "Use the biased variance: divide by m, not by m − 1.": (
                lambda a, b, m, eps: _odd(a, b, m, eps, ddof=1)
            ),
            "b comes m − 1 times: with a they are m.": (
                lambda a, b, m, eps: odd_one(a, b, m + 1, eps)
            ),
            "b comes m − 1 times, not once.": (lambda a, b, m, eps: odd_one(a, b, 2, eps),),
            "eps is missing: add it to the variance.": (lambda a, b, m, eps: odd_one(a, b, m, 0.0)),
            "Use the eps that is given; it is not always 0.00001.": (
                lambda a, b, m, eps: odd_one(a, b, m, 1e-5)
            ),
            "ε stands under the root, beside the variance.": (
                lambda a, b, m, eps: _odd(a, b, m, eps, outside=True)
            ),
            "Divide by the root of the variance.": (
                lambda a, b, m, eps: _odd(a, b, m, eps, root=False)
            ),
            "An array of whole numbers drops what stands behind the point. Make one of floats.": (
                lambda a, b, m, eps: odd_one(int(a), int(b), m, eps)
            ),
            "That is x̂ of one of the others. The first image is a.": (
                lambda a, b, m, eps: _odd(a, b, m, eps, other=True)
            ),
            "Subtract the mean of the mini-batch.": (
                lambda a, b, m, eps: _odd(a, b, m, eps, centered=False)
            ),
            "Subtract the mean of all m images: a is one of them.": (
                lambda a, b, m, eps: (a - b) / np.sqrt(np.var([a] + [b] * (m - 1)) + eps)
            ),
            "The mean is that of all m images: b counts m − 1 times.": (
                lambda a, b, m, eps: (a - b) / 2 / np.sqrt(np.var([a] + [b] * (m - 1)) + eps)
            ),
            "Divide by the standard deviation as well.": (
                lambda a, b, m, eps: (a - b) * (m - 1) / m,
                lambda a, b, m, eps: a - b,
            ),
            "The sign is turned. It is a minus the mean, where a comes once and b m − 1 times.": (
                lambda a, b, m, eps: -odd_one(a, b, m, eps),
                lambda a, b, m, eps: abs(odd_one(a, b, m, eps)),
            ),
            "That is the whole mini-batch. Return x̂ of the first image alone.": (
                lambda a, b, m, eps: np.array(
                    [odd_one(a, b, m, eps)] + [_odd(a, b, m, eps, other=True)] * (m - 1)
                )
            ),
        },
    ),
    Exercise(
        name="limits/shares",
        title="What a branch contributes",
        reference=shares,
        cases=[
            {"gains": np.array([2.0, 0.5, 1.0]), "norm": True},
            {"gains": np.array([0.5, 2.0, 1.0, 3.0]), "norm": False},
            {"gains": np.array([0.25, 4.0]), "norm": True},
        ],
        mistakes={
            "You divided by the skip path alone. The sum has the branch in it, too.": (
                lambda gains, norm: _shares(gains, norm, of="path")
            ),
            "That is the variance of each branch. Divide it by that of the sum.": (
                lambda gains, norm: _shares(gains, norm, of="size")
            ),
            "With norm the branch does not grow with the skip path, and the skip path keeps what "
            "earlier branches added.": (
                lambda gains, norm: _shares(gains, norm, grows=False),
                lambda gains, norm: shares(gains, False),
            ),
            "The skip path begins with variance 1, before the first branch is added.": (
                lambda gains, norm: _shares(gains, norm, start=2.0),
                lambda gains, norm: _shares(gains, norm, start=0.0),
                lambda gains, norm: gains / np.cumsum(gains),
                lambda gains, norm: gains / gains.sum(),
            ),
            "Share of the sum right after the block, not of the sum at the end.": _of_all,
            "One number for each block: keep the shares of the earlier ones, too.": (
                lambda gains, norm: shares(gains, norm)[-1]
            ),
            "That is what all branches so far make up. Divide this block's branch alone.": (
                lambda gains, norm: 1 - np.cumprod(1 - shares(gains, norm))
            ),
            "Variances are asked. Take no root.": lambda gains, norm: np.sqrt(shares(gains, norm)),
            "The branch is added to the skip path; it does not take its place.": (
                lambda gains, norm: gains / (gains + (np.append(1, gains[:-1]) if norm else 1))
            ),
            "The skip path grows by the branch. With norm, that is not gain times the path.": (
                lambda gains, norm: gains / (np.cumprod(1 + gains) if norm else 1 + gains)
            ),
            "1 / (l + 1) is so where all gains are 1. Here each block has its own.": (
                lambda gains, norm: 1 / (np.arange(len(gains)) + 2)
            ),
            "You took norm the wrong way round.": lambda gains, norm: shares(gains, not norm),
            "Without norm the branch multiplies the variance that the skip path has there.": (
                lambda gains, norm: shares(gains, True)
            ),
            "That is what the skip path makes up. How much does the branch?": (
                lambda gains, norm: 1 - shares(gains, norm)
            ),
        },
    ),
)
