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
    """x̂ of x (N, C): each group of so many neighboring rows is normalized by itself."""
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


def _groups(x, group, eps, *, ddof=0, centered=True, root=True, outside=False, axis=1):
    parts = x.reshape(-1, group, x.shape[1])
    mean = parts.mean(axis=axis, keepdims=True) * centered
    var = parts.var(axis=axis, keepdims=True, ddof=ddof)
    scale = np.sqrt(var + eps) if root else var + eps
    return ((parts - mean) / (np.sqrt(var) + eps if outside else scale)).reshape(x.shape)


def _by_group(x, group, scale):
    parts = x.reshape(-1, group, x.shape[1])
    return np.concatenate([(part - part.mean(0)) / scale(part) for part in parts])


def _mean_and_scale(x, group, mean, var, eps):
    """Normalized by this mean and variance; None: by each group's own."""
    return np.concatenate(
        [
            (part - (part.mean(0) if mean is None else mean))
            / np.sqrt((part.var(0) if var is None else var) + eps)
            for part in x.reshape(-1, group, x.shape[1])
        ]
    )


def _tiled(x, group, eps):
    parts = x.reshape(-1, group, x.shape[1])
    mean, var = (np.tile(one, (group, 1)) for one in (parts.mean(1), parts.var(1)))
    return (x - mean) / np.sqrt(var + eps)


def _like_the_first(x, group, eps):
    return (x - x[:group].mean(0)) / np.sqrt(x[:group].var(0) + eps)


def _every_other(x, group, eps):
    parts = x.reshape(group, -1, x.shape[1])
    mean, var = parts.mean(axis=0), parts.var(axis=0)
    return ((parts - mean) / np.sqrt(var + eps)).reshape(x.shape)


def _by(how):
    """Many steps from what is kept of the weights, the step, the old length and the share taken."""

    def walk(length, pull, lr, decay, steps):
        for _ in range(steps):
            length = how((1 - lr * decay) * length, lr * pull / length, length, lr * decay)
        return length

    return walk


def _kept(length, lr, decay):
    return (1 - lr * decay) * length


def _step(length, pull, lr, decay):
    return lr * pull / length


def _sides(kept=_kept, step=_step):
    """Many steps by a triangle, one side of which is wrong."""

    def walk(length, pull, lr, decay, steps):
        for _ in range(steps):
            length = np.hypot(kept(length, lr, decay), step(length, pull, lr, decay))
        return length

    return walk


def _over(x, w, p, added):
    """The ratio, if dropout added p / (1 − p) times this."""
    calm = (x @ w).var()
    return calm / (calm + p / (1 - p) * added)


def _with_the_first_gradient(length, pull, lr, decay, steps):
    gradient = pull / length
    for _ in range(steps):
        length = np.hypot((1 - lr * decay) * length, lr * gradient)
    return length


def _ratio(x, w, p, *, factor=None, square=True, centered=False, weights=True):
    calm = (x @ w).var()
    factor = p / (1 - p) if factor is None else factor(p)
    away = x - x.mean(axis=0) if centered else x
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
                lambda share: 1 / share,
            ),
            "The noise goes with one over the root of m, so m goes with the *square*, not the "
            "root.": (
                lambda share: math.ceil(1 / math.sqrt(share)),
                lambda share: 1 / math.sqrt(share),
            ),
            "Round at the end only: first the square, then up.": (
                lambda share: math.ceil(1 / share) ** 2,
                lambda share: math.floor(1 / share) ** 2,
            ),
            "Off by σ/√m: there is no other factor in it.": (
                lambda share: math.ceil(2 / share**2),
                lambda share: math.ceil(4 / share**2),
                lambda share: math.ceil((1.96 / share) ** 2),
            ),
            "The share comes as 0.1, not as 10 %: leave out the 100.": (
                lambda share: math.ceil((100 / share) ** 2)
            ),
            "A batch may have any size. Powers of 2 are a habit: a smaller one is enough.": (
                lambda share: 2 ** math.ceil(math.log2(1 / share**2))
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
            "Turn it round: a smaller share needs more images.": (
                lambda share: share**2,
                lambda share: math.ceil(share**2),
            ),
        },
    ),
    Exercise(
        name="regularization/group-batch-norm",
        title="Statistics of groups",
        reference=group_batch_norm,
        cases=[
            {"x": TABLE, "group": 3, "eps": 1e-2},
            {"x": LONG, "group": 4, "eps": 0.1},
            {"x": LONG, "group": 8, "eps": 1e-2},
        ],
        mistakes={
            "You normalized all rows together. Each group has statistics of its own.": (
                lambda x, group, eps: _groups(x, len(x), eps)
            ),
            "Neighboring rows make a group: 0, 1, 2, then 3, 4, 5. You took rows further apart.": (
                _every_other,
                lambda x, group, eps: _groups(x, group, eps, axis=0),
            ),
            "You took the statistics of the first group for all. Each group has its own.": (
                _like_the_first
            ),
            "Mean *and* variance are those of the group. One of yours is that of all rows.": (
                lambda x, group, eps: _mean_and_scale(x, group, x.mean(0), None, eps),
                lambda x, group, eps: _mean_and_scale(x, group, None, x.var(0), eps),
            ),
            "np.tile puts the statistics of the groups in turn. Each row needs its own group's: "
            "np.repeat.": _tiled,
            "All rows come back, not those of one group only.": (
                lambda x, group, eps: _like_the_first(x, group, eps)[:group]
            ),
            "That takes the mean away. Divide by √(variance + ε) of the group, too.": (
                lambda x, group, eps: x - x.reshape(-1, group, x.shape[1]).mean(1).repeat(group, 0)
            ),
            "Under the root stands the variance, not the standard deviation.": (
                lambda x, group, eps: _by_group(x, group, lambda part: np.sqrt(part.std(0) + eps))
            ),
            "group is how many rows a group has, not how many groups there are.": (
                lambda x, group, eps: _groups(x, len(x) // group, eps)
            ),
            "Each column has its own mean and variance in each group.": (
                lambda x, group, eps: _groups(x, group, eps, axis=(1, 2))
            ),
            "reshape(-1, group) mixes the columns. Keep them apart: reshape(-1, group, C).": (
                lambda x, group, eps: _groups(x.reshape(-1, 1), group, eps).reshape(x.shape)
            ),
            "You averaged over the units of an image. Average over the rows of a group.": (
                lambda x, group, eps: _groups(x, group, eps, axis=2)
            ),
            "Divide by how many rows there are, not one less: the biased variance.": (
                lambda x, group, eps: _groups(x, group, eps, ddof=1)
            ),
            "Subtract the mean of the group as well.": (
                lambda x, group, eps: _groups(x, group, eps, centered=False)
            ),
            "Divide by the root of the variance, not by the variance.": (
                lambda x, group, eps: _groups(x, group, eps, root=False)
            ),
            "ε stands under the root, beside the variance.": (
                lambda x, group, eps: _groups(x, group, eps, outside=True),
                lambda x, group, eps: group_batch_norm(x, group, 0) + eps,
            ),
            "Add the eps that is given to the variance: yours is left out, or another.": (
                lambda x, group, eps: group_batch_norm(x, group, 0),
                lambda x, group, eps: group_batch_norm(x, group, 1e-5),
                lambda x, group, eps: group_batch_norm(x, group, eps**2),
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
            "What dropout keeps is divided by 1 − p. So the part that was there before stays as "
            "large as it was.": lambda x, w, p: (
                (x @ w).var()
                / ((1 - p) ** 2 * (x @ w).var() + p * (1 - p) * ((x**2).mean(0) * w**2).sum())
            ),
            "Dropout sets x itself to 0, not its distance from the mean: take the mean of x².": (
                lambda x, w, p: _ratio(x, w, p, centered=True)
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
            "The weights are squared, too: a variance goes with the square.": (
                lambda x, w, p: _over(x, w, p, ((x**2).mean(0) * w).sum()),
                lambda x, w, p: _over(x, w, p, ((x**2).mean(0) * abs(w)).sum()),
            ),
            "Each input has a mean of x² of its own: average over the rows, axis 0.": (
                lambda x, w, p: _over(x, w, p, (x**2).mean() * (w**2).sum())
            ),
            "The mean of x² over the rows, not the sum.": (
                lambda x, w, p: _over(x, w, p, ((x**2).sum(0) * w**2).sum())
            ),
            "Each input adds its part: the sum over the inputs, not the mean.": (
                lambda x, w, p: _over(x, w, p, ((x**2).mean(0) * w**2).mean())
            ),
            "Chance strikes each input by itself: square each w·x first, then add them up.": (
                lambda x, w, p: _over(x, w, p, ((x @ w) ** 2).mean())
            ),
            "With dropout the variance is what was there *and* what is added: divide by the sum of "
            "both.": lambda x, w, p: 1 / (1 / variance_ratio(x, w, p) - 1),
            "That is a variance. Asked is the one without dropout, divided by that with it.": (
                lambda x, w, p: (x @ w).var() / variance_ratio(x, w, p),
                lambda x, w, p: (x @ w).var() * (1 / variance_ratio(x, w, p) - 1),
                lambda x, w, p: (x @ w).var(),
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
                _sides(kept=lambda length, lr, decay: length)
            ),
            "A step takes lr · decay of the length: multiply the decay by the learning rate.": (
                _sides(kept=lambda length, lr, decay: (1 - decay) * length)
            ),
            "The decay takes a share of the length: multiply by 1 − lr · decay.": (
                _sides(kept=lambda length, lr, decay: length - lr * decay),
                _sides(kept=lambda length, lr, decay: (1 + lr * decay) * length),
            ),
            "lr · decay is the share that goes. What stays of the weights is 1 − lr · decay.": (
                _sides(kept=lambda length, lr, decay: lr * decay * length)
            ),
            "The share is lr · decay, without a factor of 2.": (
                _sides(kept=lambda length, lr, decay: (1 - 2 * lr * decay) * length)
            ),
            "At twice the length the gradient is half as large: divide pull by the length.": (
                _sides(step=lambda length, pull, lr, decay: lr * pull),
                _sides(step=lambda length, pull, lr, decay: lr * pull * length),
                _sides(step=lambda length, pull, lr, decay: lr * pull / length**2),
            ),
            "The learning rate multiplies the gradient, too.": (
                _sides(step=lambda length, pull, lr, decay: pull / length)
            ),
            "The gradient is that of the weights before the decay: divide pull by the old length. "
            "The decay shortens the old weights, not the step.": (
                _sides(step=lambda length, pull, lr, decay: lr * pull / length / (1 - lr * decay)),
                _by(lambda kept, step, length, share: (1 - share) * np.hypot(length, step)),
            ),
            "The step goes at a right angle: use Pythagoras, do not add the lengths.": (
                _by(lambda kept, step, length, share: kept + step),
                _by(lambda kept, step, length, share: kept - step),
            ),
            "Pythagoras ends with a root.": (
                _by(lambda kept, step, length, share: kept**2 + step**2)
            ),
            "The decay belongs into the triangle: shorten the old weights first, then step.": (
                _by(lambda kept, step, length, share: np.hypot(length, step) - share * length),
                _by(lambda kept, step, length, share: np.hypot(length, step) - share),
            ),
            "The step is missing: it goes at a right angle, and makes the weights longer.": (
                _by(lambda kept, step, length, share: kept)
            ),
            "The length changes, and the gradient with it: divide by the length before *this* "
            "step, not by the first.": _with_the_first_gradient,
            "One step only: the length changes, and with it the next step. Use a loop.": (
                lambda length, pull, lr, decay, steps: np.hypot(
                    (1 - lr * decay * steps) * length, steps * lr * pull / length
                ),
                lambda length, pull, lr, decay, steps: np.hypot(
                    (1 - lr * decay) ** steps * length, steps * lr * pull / length
                ),
                lambda length, pull, lr, decay, steps: length_with_decay(
                    length, pull, lr, decay, 1
                ),
            ),
            "One step too few or too many: `range(steps)` makes just as many.": (
                lambda length, pull, lr, decay, steps: length_with_decay(
                    length, pull, lr, decay, steps - 1
                ),
                lambda length, pull, lr, decay, steps: length_with_decay(
                    length, pull, lr, decay, steps + 1
                ),
            ),
            "That is where it ends after very many steps. Asked is after `steps`.": (
                lambda length, pull, lr, decay, steps: np.sqrt(
                    lr * pull / np.sqrt(1 - (1 - lr * decay) ** 2)
                )
            ),
        },
    ),
)
