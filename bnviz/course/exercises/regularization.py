"""Exercises on the noise of the batch, dropout before batch norm, and weight decay."""

import math

import numpy as np

from bnviz.course.exercise import Exercise

_RANDOM = np.random.default_rng(9)
TABLE = np.round(_RANDOM.normal(0, 1, (6, 3)) * [1, 2, 0.5] + [0, 3, -1], 1)
LONG = np.round(_RANDOM.normal(2, 1, (8, 2)), 1)
INPUTS = np.array([[0.0, 2.0, 1.0], [1.0, 0.5, 3.0], [2.0, 0.0, 1.0], [0.5, 1.5, 0.0]])


def images_needed(share):
    """The smallest batch whose mean is typically off by at most this share of σ."""
    return math.ceil(1 / share**2)


def group_batch_norm(x, group, eps):
    """x̂ of x (N, C): each group of so many neighbouring rows is normalized by itself."""
    parts = x.reshape(-1, group, x.shape[1])
    mean = parts.mean(axis=1, keepdims=True)
    var = parts.var(axis=1, keepdims=True)
    return ((parts - mean) / np.sqrt(var + eps)).reshape(x.shape)


def variance_ratio(x, w, p):
    """Variance of x @ w without dropout, divided by that with dropout on x, for weights w (C,)."""
    calm = (x @ w).var()
    added = p / (1 - p) * ((x**2).mean(axis=0) * w**2).sum()
    return calm / (calm + added)


def length_with_decay(length, pull, lr, decay, steps):
    """The length of weights before BN after so many steps with weight decay."""
    for _ in range(steps):
        length = np.hypot((1 - lr * decay) * length, lr * pull / length)
    return length


def _groups(x, group, eps, *, ddof=0, centred=True, root=True, outside=False, axis=1):
    parts = x.reshape(-1, group, x.shape[1])
    mean = parts.mean(axis=axis, keepdims=True) * centred
    var = parts.var(axis=axis, keepdims=True, ddof=ddof)
    scale = np.sqrt(var + eps) if root else var + eps
    return ((parts - mean) / (np.sqrt(var) + eps if outside else scale)).reshape(x.shape)


def _every_other(x, group, eps):
    parts = x.reshape(group, -1, x.shape[1])
    mean, var = parts.mean(axis=0), parts.var(axis=0)
    return ((parts - mean) / np.sqrt(var + eps)).reshape(x.shape)


def _stepped(length, pull, lr, decay, steps, how):
    for _ in range(steps):
        length = how(length, pull, lr, decay)
    return length


def _by(how):
    return lambda length, pull, lr, decay, steps: _stepped(length, pull, lr, decay, steps, how)


def _ratio(x, w, p, *, factor=None, square=True, centred=False, weights=True):
    calm = (x @ w).var()
    factor = p / (1 - p) if factor is None else factor(p)
    away = x - x.mean(axis=0) if centred else x
    size = (away**2).mean(axis=0) if square else away.mean(axis=0) ** 2
    return calm / (calm + factor * (size * (w**2 if weights else 1)).sum())


EXERCISES = (
    Exercise(
        name="regularization/images-needed",
        title="How many images?",
        reference=images_needed,
        cases=[{"share": 0.15}, {"share": 0.3}, {"share": 0.07}, {"share": 0.5}],
        mistakes={
            "Half the noise takes four times the images: there is a square in it.": (
                lambda share: math.ceil(1 / share),
                lambda share: math.floor(1 / share),
            ),
            "So many leave it a little above: round up.": (
                lambda share: math.floor(1 / share**2),
                lambda share: round(1 / share**2),
            ),
            "A whole number of images: round up.": lambda share: 1 / share**2,
            "That is enough, and one more than needed.": lambda share: math.ceil(1 / share**2) + 1,
            "That is for the standard deviation, σ/√(2m). Asked is the mean.": (
                lambda share: math.ceil(1 / (2 * share**2))
            ),
            "Right for most shares. At one half four images are enough: round up, and where "
            "there is nothing to round, add none.": lambda share: math.floor(1 / share**2) + 1,
            "Turn it round: a smaller share needs more images.": lambda share: share**2,
        },
    ),
    Exercise(
        name="regularization/group-batch-norm",
        title="Statistics of groups",
        reference=group_batch_norm,
        cases=[
            {"x": TABLE, "group": 3, "eps": 1e-2},
            {"x": LONG, "group": 2, "eps": 0.1},
            {"x": LONG, "group": 8, "eps": 1e-2},
        ],
        mistakes={
            "You normalized all rows together. Each group has statistics of its own.": (
                lambda x, group, eps: _groups(x, len(x), eps)
            ),
            "Neighbouring rows make a group: 0, 1, 2, then 3, 4, 5. You took rows further apart.": (
                _every_other
            ),
            "group is how many rows a group has, not how many groups there are.": (
                lambda x, group, eps: _groups(x, len(x) // group, eps)
            ),
            "Each column has its own mean and variance in each group.": (
                lambda x, group, eps: _groups(x, group, eps, axis=(1, 2))
            ),
            "You averaged over the units of an image. Average over the rows of a group.": (
                lambda x, group, eps: _groups(x, group, eps, axis=2)
            ),
            "Divide by how many rows there are, not one less: the biased variance.": (
                lambda x, group, eps: _groups(x, group, eps, ddof=1)
            ),
            "Subtract the mean of the group as well.": (
                lambda x, group, eps: _groups(x, group, eps, centred=False)
            ),
            "Divide by the root of the variance, not by the variance.": (
                lambda x, group, eps: _groups(x, group, eps, root=False)
            ),
            "ε stands under the root, beside the variance.": (
                lambda x, group, eps: _groups(x, group, eps, outside=True)
            ),
            "Add the eps that is given to the variance: yours is left out, or another.": (
                lambda x, group, eps: group_batch_norm(x, group, 0),
                lambda x, group, eps: group_batch_norm(x, group, 1e-5),
            ),
            "Bring the result back to the shape of x: (N, C).": (
                lambda x, group, eps: group_batch_norm(x, group, eps).reshape(-1, group, x.shape[1])
            ),
        },
    ),
    Exercise(
        name="regularization/variance-ratio",
        title="What dropout adds",
        reference=variance_ratio,
        cases=[
            {"x": INPUTS, "w": np.array([1.0, -0.5, 2.0]), "p": 0.5},
            {"x": INPUTS[:, :2], "w": np.array([0.5, 1.5]), "p": 0.2},
            {"x": INPUTS, "w": np.array([-1.0, 1.0, 0.5]), "p": 0.7},
        ],
        mistakes={
            "Turn it round: the variance without dropout, divided by that with it.": (
                lambda x, w, p: 1 / variance_ratio(x, w, p)
            ),
            "That is what dropout adds, over the whole. Asked is what was there without it.": (
                lambda x, w, p: 1 - variance_ratio(x, w, p)
            ),
            "p is dropped, 1 − p is kept: the factor is p / (1 − p).": (
                lambda x, w, p: _ratio(x, w, p, factor=lambda p: (1 - p) / p),
                lambda x, w, p: _ratio(x, w, p, factor=lambda p: p),
                lambda x, w, p: _ratio(x, w, p, factor=lambda p: 1 / (1 - p)),
            ),
            "p (1 − p) is the variance of the lot alone. What is kept is divided by 1 − p, which "
            "divides the variance by (1 − p)².": (
                lambda x, w, p: _ratio(x, w, p, factor=lambda p: p * (1 - p))
            ),
            "Dropout sets x itself to 0, not its distance from the mean: take the mean of x².": (
                lambda x, w, p: _ratio(x, w, p, centred=True)
            ),
            "First square, then average: the mean of x², not the square of the mean.": (
                lambda x, w, p: _ratio(x, w, p, square=False)
            ),
            "The columns of x rise and fall together: take the variance of x @ w itself, not a sum "
            "of variances.": (
                lambda x, w, p: (
                    (x.var(axis=0) * w**2).sum()
                    / ((x.var(axis=0) + p / (1 - p) * (x**2).mean(axis=0)) * w**2).sum()
                )
            ),
            "The weights belong to it: each input's share is multiplied by w².": (
                lambda x, w, p: _ratio(x, w, p, weights=False)
            ),
            "Variances, not standard deviations: leave out the root.": (
                lambda x, w, p: np.sqrt(variance_ratio(x, w, p))
            ),
            "Divide by the number of images, not one less: both variances are biased.": (
                lambda x, w, p: (
                    (x @ w).var(ddof=1)
                    / ((x @ w).var(ddof=1) + p / (1 - p) * ((x**2).mean(axis=0) * w**2).sum())
                )
            ),
            "So it would be if the columns of x had mean 0 and were uncorrelated. They are not.": (
                lambda x, w, p: 1 - p
            ),
        },
    ),
    Exercise(
        name="regularization/length-with-decay",
        title="Where decay and growth meet",
        reference=length_with_decay,
        cases=[
            {"length": 1.0, "pull": 2.0, "lr": 0.5, "decay": 0.1, "steps": 1},
            {"length": 3.0, "pull": 1.0, "lr": 0.2, "decay": 0.5, "steps": 4},
            {"length": 0.5, "pull": 0.4, "lr": 0.1, "decay": 0.2, "steps": 20},
        ],
        mistakes={
            "The decay is missing: each step also takes lr · decay of the length.": (
                _by(lambda length, pull, lr, decay: np.hypot(length, lr * pull / length))
            ),
            "A step takes lr · decay of the length: multiply the decay by the learning rate.": (
                _by(
                    lambda length, pull, lr, decay: np.hypot(
                        (1 - decay) * length, lr * pull / length
                    )
                )
            ),
            "The decay takes a share of the length: multiply by 1 − lr · decay.": (
                _by(
                    lambda length, pull, lr, decay: np.hypot(
                        length - lr * decay, lr * pull / length
                    )
                ),
                _by(
                    lambda length, pull, lr, decay: np.hypot(
                        (1 + lr * decay) * length, lr * pull / length
                    )
                ),
            ),
            "The step goes at a right angle: use Pythagoras, do not add the lengths.": (
                _by(lambda length, pull, lr, decay: (1 - lr * decay) * length + lr * pull / length)
            ),
            "Pythagoras ends with a root.": (
                _by(
                    lambda length, pull, lr, decay: (
                        ((1 - lr * decay) * length) ** 2 + (lr * pull / length) ** 2
                    )
                )
            ),
            "At twice the length the gradient is half as large: divide pull by the length.": (
                _by(lambda length, pull, lr, decay: np.hypot((1 - lr * decay) * length, lr * pull))
            ),
            "The learning rate multiplies the gradient, too.": (
                _by(
                    lambda length, pull, lr, decay: np.hypot(
                        (1 - lr * decay) * length, pull / length
                    )
                )
            ),
            "The gradient is that of the weights before the decay: divide pull by the old length. "
            "The decay shortens the old weights, not the step.": (
                _by(
                    lambda length, pull, lr, decay: np.hypot(
                        (1 - lr * decay) * length, lr * pull / ((1 - lr * decay) * length)
                    )
                ),
                _by(
                    lambda length, pull, lr, decay: (
                        (1 - lr * decay) * np.hypot(length, lr * pull / length)
                    )
                ),
            ),
            "One step only: the length changes, and with it the next step. Use a loop.": (
                lambda length, pull, lr, decay, steps: np.hypot(
                    (1 - lr * decay * steps) * length, steps * lr * pull / length
                )
            ),
            "That is where it ends after very many steps. Asked is after `steps`.": (
                lambda length, pull, lr, decay, steps: np.sqrt(
                    lr * pull / np.sqrt(1 - (1 - lr * decay) ** 2)
                )
            ),
        },
    ),
)
