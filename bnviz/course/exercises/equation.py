"""Exercises of chapter 3, the equation: y = γ (x − μ) / √(σ² + ε) + β, forwards and backwards."""

import numpy as np

from bnviz.course.exercise import Exercise

# Five samples of two channels. Mean, variance and x̂ come out in friendly numbers.
BATCH = np.array([[1.0, 40.0], [2.0, 10.0], [4.0, 30.0], [4.0, 20.0], [9.0, 25.0]])
# Three channels: one that never changes, one whose variance is smaller than eps, an ordinary one.
QUIET = np.array([[3.0, 0.001, -1.0], [3.0, 0.005, 0.0], [3.0, 0.003, 4.0]])


def normalize(x, eps):
    """x̂: each channel of x (N, C) with mean 0 and spread almost 1."""
    mean = x.mean(axis=0)
    var = x.var(axis=0)
    return (x - mean) / np.sqrt(var + eps)


def std_of_x_hat(var, eps):
    """The standard deviation of x̂ for a channel of variance var."""
    return np.sqrt(var / (var + eps))


def skewness(x):
    """The third power of the standardized deviations, averaged, for each channel."""
    deviation = x - x.mean(axis=0)
    return (deviation**3).mean(axis=0) / x.std(axis=0) ** 3


def update_running(running_mean, running_var, x, momentum):
    """The running statistics after one more batch."""
    new_mean = (1 - momentum) * running_mean + momentum * x.mean(axis=0)
    new_var = (1 - momentum) * running_var + momentum * x.var(axis=0, ddof=1)
    return new_mean, new_var


def grad_input(g, x, eps):
    """The gradient at x (N, C), where g is the gradient at x̂."""
    return _grad_input(g, x, np.sqrt(x.var(axis=0) + eps))


def _grad_input(g, x, std):
    x_hat = (x - x.mean(axis=0)) / std
    return (g - g.mean(axis=0) - x_hat * (g * x_hat).mean(axis=0)) / std


def _normalize_over(axis=0, ddof=0, root=True):
    def mistaken(x, eps):
        var = x.var(axis=axis, ddof=ddof, keepdims=True) + eps
        return (x - x.mean(axis=axis, keepdims=True)) / (np.sqrt(var) if root else var)

    return mistaken


EXERCISES = (
    Exercise(
        name="equation/normalize",
        title="Normalize a mini-batch",
        reference=normalize,
        cases=[
            {"x": BATCH, "eps": 1e-5},
            {"x": QUIET, "eps": 1e-5},
            {"x": BATCH, "eps": 0.5},
        ],
        mistakes={
            "You divided by N - 1 in the variance (torch's default, or ddof=1). To normalize, "
            "batch norm divides by N: this batch is all it wants to describe.": _normalize_over(
                ddof=1
            ),
            "The root is missing: divide by the standard deviation, sqrt(var + eps), not by the "
            "variance.": _normalize_over(root=False),
            "You took mean and variance over the features of each sample (axis 1). That is layer "
            "norm. Batch norm takes them over the samples, axis 0.": _normalize_over(axis=1),
            "You took one mean and one variance for the whole array. Every channel (column) has "
            "its own: axis 0.": _normalize_over(axis=None),
            "eps stands outside the root. It belongs inside: sqrt(var + eps).": lambda x, eps: (
                (x - x.mean(0)) / (x.std(0) + eps)
            ),
            "eps is missing. Without it a channel that never changes divides 0 by 0.": (
                lambda x, eps: (x - x.mean(0)) / x.std(0)
            ),
            "The mean is still there. Subtract it before you divide.": lambda x, eps: (
                x / np.sqrt(x.var(0) + eps)
            ),
            "Only the mean is divided here: put x - mean in parentheses.": lambda x, eps: (
                x - x.mean(0) / np.sqrt(x.var(0) + eps)
            ),
        },
    ),
    Exercise(
        name="equation/eps",
        title="The spread that eps leaves",
        reference=std_of_x_hat,
        cases=[
            {"var": np.array([4.0, 1e-2, 1e-4, 1e-5, 1e-6, 0.0]), "eps": 1e-5},
            {"var": np.array([9.0, 1.0, 0.25]), "eps": 0.5},
        ],
        mistakes={
            "That is the variance of x̂. The exercise asks for its standard deviation: take the "
            "root.": lambda var, eps: var / (var + eps),
            "The spread is 1 only without eps. With it, a channel whose variance is not much "
            "larger than eps stays narrower.": lambda var, eps: np.ones_like(var),
            "eps is added to the variance, inside the root, not to the standard deviation.": (
                lambda var, eps: np.sqrt(var) / (np.sqrt(var) + eps)
            ),
            "That is the factor by which x is multiplied. The spread of x̂ is this factor times "
            "the spread of x.": lambda var, eps: 1 / np.sqrt(var + eps),
            "The numerator is the spread of x, so it needs the root too.": lambda var, eps: (
                var / np.sqrt(var + eps)
            ),
        },
    ),
    Exercise(
        name="equation/shape",
        title="Skewness, which normalizing leaves alone",
        reference=skewness,
        cases=[
            {"x": BATCH},
            {"x": np.array([[0.0, 5.0, 1.0], [0.0, 3.0, 2.0], [8.0, 4.0, 3.0], [0.0, 4.0, 9.0]])},
        ],
        mistakes={
            "You divided by N - 1 in the standard deviation (ddof=1). Divide by N here, as batch "
            "norm does.": lambda x: ((x - x.mean(0)) ** 3).mean(0) / x.std(0, ddof=1) ** 3,
            "The deviations are not yet measured in standard deviations: divide by std ** 3.": (
                lambda x: ((x - x.mean(0)) ** 3).mean(0)
            ),
            "That is the second power, which is 1 for every channel. Skewness takes the third.": (
                lambda x: ((x - x.mean(0)) ** 2).mean(0) / x.var(0)
            ),
            "That is the fourth power, the kurtosis. Skewness takes the third.": lambda x: (
                ((x - x.mean(0)) ** 4).mean(0) / x.std(0) ** 4
            ),
            "The third power is divided by std; it must be divided by std ** 3.": lambda x: (
                ((x - x.mean(0)) ** 3).mean(0) / x.std(0)
            ),
            "That is one number for the whole array. Give one for each channel: axis 0.": (
                lambda x: ((x - x.mean()) ** 3).mean() / x.std() ** 3
            ),
        },
    ),
    Exercise(
        name="equation/running",
        title="Update the running statistics as PyTorch does",
        reference=update_running,
        returns=("running_mean", "running_var"),
        cases=[
            {
                "running_mean": np.array([0.0, 0.0]),
                "running_var": np.array([1.0, 1.0]),
                "x": BATCH,
                "momentum": 0.1,
            },
            {
                "running_mean": np.array([3.0, 30.0]),
                "running_var": np.array([6.0, 90.0]),
                "x": BATCH,
                "momentum": 0.25,
            },
        ],
        mistakes={
            "The variance is divided by N. That is right for normalizing the batch; into "
            "running_var goes the estimate for all the data, divided by N - 1 (ddof=1).": (
                lambda running_mean, running_var, x, momentum: (
                    (1 - momentum) * running_mean + momentum * x.mean(0),
                    (1 - momentum) * running_var + momentum * x.var(0),
                )
            ),
            "momentum is the other way round. In PyTorch it is the share of the new batch; the "
            "old value keeps 1 - momentum.": (
                lambda running_mean, running_var, x, momentum: (
                    momentum * running_mean + (1 - momentum) * x.mean(0),
                    momentum * running_var + (1 - momentum) * x.var(0, ddof=1),
                )
            ),
            "momentum is the other way round (in PyTorch it is the share of the new batch), and "
            "the variance that goes into running_var is divided by N - 1.": (
                lambda running_mean, running_var, x, momentum: (
                    momentum * running_mean + (1 - momentum) * x.mean(0),
                    momentum * running_var + (1 - momentum) * x.var(0),
                )
            ),
            "running_var keeps the variance, not the standard deviation.": (
                lambda running_mean, running_var, x, momentum: (
                    (1 - momentum) * running_mean + momentum * x.mean(0),
                    (1 - momentum) * running_var + momentum * x.std(0, ddof=1),
                )
            ),
            "These are the batch's own statistics. Mix them with the old running values.": (
                lambda running_mean, running_var, x, momentum: (x.mean(0), x.var(0, ddof=1))
            ),
            "The order is running_mean, running_var. You gave the variance first.": (
                lambda running_mean, running_var, x, momentum: update_running(
                    running_mean, running_var, x, momentum
                )[::-1]
            ),
        },
    ),
    Exercise(
        name="equation/backward",
        title="The gradient through mean and variance",
        reference=grad_input,
        cases=[
            {
                "g": np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 2.0], [0.0, 0.0], [0.0, -1.0]]),
                "x": BATCH,
                "eps": 1e-5,
            },
            {
                "g": np.array([[0.5, -1.0, 2.0], [1.5, 3.0, 0.0], [1.0, 1.0, 1.0]]),
                "x": QUIET,
                "eps": 1e-2,
            },
        ],
        mistakes={
            "You treated mean and variance as constants. They depend on x too, and each takes "
            "a part of the gradient away.": lambda g, x, eps: g / np.sqrt(x.var(0) + eps),
            "The way through the mean is there, the one through the variance is missing: subtract "
            "x̂ * mean(g * x̂) as well.": lambda g, x, eps: (g - g.mean(0)) / np.sqrt(x.var(0) + eps),
            "The way through the variance is there, the one through the mean is missing: subtract "
            "mean(g) as well.": lambda g, x, eps: (
                (g - normalize(x, eps) * (g * normalize(x, eps)).mean(0)) / np.sqrt(x.var(0) + eps)
            ),
            "The last step is missing: divide by sqrt(var + eps).": lambda g, x, eps: (
                g - g.mean(0) - normalize(x, eps) * (g * normalize(x, eps)).mean(0)
            ),
            "You used x where x̂ belongs: the variance answers to standardized deviations.": (
                lambda g, x, eps: (g - g.mean(0) - x * (g * x).mean(0)) / np.sqrt(x.var(0) + eps)
            ),
            "You divided by N - 1 in the variance (ddof=1). Batch norm divides by N.": (
                lambda g, x, eps: _grad_input(g, x, np.sqrt(x.var(0, ddof=1) + eps))
            ),
            "You took sums where means belong: every sample has its share, 1/N, in mean and "
            "variance.": lambda g, x, eps: (
                (g - g.sum(0) - normalize(x, eps) * (g * normalize(x, eps)).sum(0))
                / np.sqrt(x.var(0) + eps)
            ),
        },
    ),
)
