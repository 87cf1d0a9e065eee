"""Exercises of chapter 3, the equation: y = γ (x − μ) / √(σ² + ε) + β."""

import numpy as np

from bnviz.course.exercise import Exercise

# Five samples of two channels. Mean, variance and x̂ come out in friendly numbers.
BATCH = np.array([[1.0, 40.0], [2.0, 10.0], [4.0, 30.0], [4.0, 20.0], [9.0, 25.0]])
# Three channels: one that never changes, one whose variance is smaller than eps, an ordinary one.
QUIET = np.array([[3.0, 0.001, -1.0], [3.0, 0.005, 0.0], [3.0, 0.003, 4.0]])
# Two channels in float32, one of them so far from 0 that its square has no room for its variance.
FAR = np.array([[19999, 1], [20001, 2], [20000, 4], [19998, 4], [20002, 9]], np.float32)
# Three samples of two channels whose means, 4 and 30, are not their medians.
LEANING = np.array([[0.0, 10.0], [2.0, 40.0], [10.0, 40.0]])
# Long tails to the left, to the right, and none.
TAILS = np.array([[0.0, 5.0, 1.0], [0.0, 3.0, 2.0], [-8.0, 4.0, 3.0], [0.0, 4.0, 9.0]])


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


def _normalize_over(axis=0, ddof=0, root=True):
    def mistaken(x, eps):
        var = x.var(axis=axis, ddof=ddof, keepdims=True) + eps
        return (x - x.mean(axis=axis, keepdims=True)) / (np.sqrt(var) if root else var)

    return mistaken


def _update(statistics, share=lambda momentum: momentum):
    """An update whose statistics of x, or whose share of the new batch, may be mistaken."""

    def mistaken(running_mean, running_var, x, momentum):
        new = share(momentum)
        mean, var = statistics(x)
        return (1 - new) * running_mean + new * mean, (1 - new) * running_var + new * var

    return mistaken


def _standardized(x, ddof=0):
    return (x - x.mean(0)) / x.std(0, ddof=ddof)


EXERCISES = (
    Exercise(
        name="equation/normalize",
        title="Normalize a mini-batch",
        reference=normalize,
        # F.batch_norm computes x·a − mean·a; in float32 both round by up to half of 1e-3 in the far
        # column, where they are 14142. It comes to 2e-4 on most machines.
        atol=1e-3,
        cases=[
            {"x": BATCH, "eps": 1e-5},
            {"x": QUIET, "eps": 1e-5},
            {"x": BATCH, "eps": 0.5},
            {"x": FAR, "eps": 1e-5},
        ],
        mistakes={
            "You divided by N - 1 in the variance (torch's default, or ddof=1). To normalize, "
            "batch norm divides by N: this batch is all it wants to describe.": _normalize_over(
                ddof=1
            ),
            "The root is missing: divide by the standard deviation, sqrt(var + eps), not by the "
            "variance.": _normalize_over(root=False),
            "The root is missing, and the variance is divided by N - 1 (torch's default, or "
            "ddof=1).": _normalize_over(root=False, ddof=1),
            "You took mean and variance over the units of each image (axis 1). That is layer "
            "norm. Batch norm takes them over the images, axis 0.": _normalize_over(axis=1),
            "You took one mean and one variance for the whole array. Every column has "
            "its own: axis 0.": _normalize_over(axis=None),
            "eps stands outside the root. It belongs inside: sqrt(var + eps).": lambda x, eps: (
                (x - x.mean(0)) / (x.std(0) + eps)
            ),
            "eps stands outside the root, and the variance is divided by N - 1 (torch's default, "
            "or ddof=1).": lambda x, eps: (x - x.mean(0)) / (x.std(0, ddof=1) + eps),
            "eps is added to the result. It belongs under the root: sqrt(var + eps).": (
                lambda x, eps: (x - x.mean(0)) / x.std(0) + eps
            ),
            "eps is always 0.00001 here. Take it from the argument.": lambda x, eps: normalize(
                x, 1e-5
            ),
            "eps is missing. Without it a column that never changes divides 0 by 0.": (
                lambda x, eps: (x - x.mean(0)) / x.std(0)
            ),
            "eps does not wait for a standard deviation of 0, and no other small number takes its "
            "place. Add the argument eps to the variance of every column: sqrt(var + eps).": (
                lambda x, eps: (x - x.mean(0)) / (x.std(0) + 1e-8),
                lambda x, eps: np.nan_to_num(_standardized(x)),
                lambda x, eps: (x - x.mean(0)) / np.where(x.std(0) == 0, 1, x.std(0)),
                lambda x, eps: (x - x.mean(0)) / np.where(x.std(0) == 0, eps, x.std(0)),
                lambda x, eps: (x - x.mean(0)) / np.where(np.ptp(x, axis=0) == 0, 1, x.std(0)),
                lambda x, eps: (x - x.mean(0)) / np.sqrt(np.where(x.var(0) == 0, eps, x.var(0))),
            ),
            "eps is added to the variance. You took the larger of the two.": (
                lambda x, eps: (x - x.mean(0)) / np.sqrt(np.maximum(x.var(0), eps)),
                lambda x, eps: (x - x.mean(0)) / np.maximum(x.std(0), np.sqrt(eps)),
            ),
            "There is one root over the sum: sqrt(var + eps), not sqrt(var) + sqrt(eps).": (
                lambda x, eps: (x - x.mean(0)) / (x.std(0) + np.sqrt(eps))
            ),
            "eps is added as it is, not squared: sqrt(var + eps).": lambda x, eps: (
                (x - x.mean(0)) / np.sqrt(x.var(0) + eps**2)
            ),
            "eps is added, not subtracted: sqrt(var + eps).": lambda x, eps: (
                (x - x.mean(0)) / np.sqrt(x.var(0) - eps)
            ),
            "A variance is the mean of the squared deviations. You squared x itself: subtract the "
            "mean first.": lambda x, eps: (x - x.mean(0)) / np.sqrt((x * x).mean(0) + eps),
            "You multiplied. Divide by sqrt(var + eps).": lambda x, eps: (
                (x - x.mean(0)) * np.sqrt(x.var(0) + eps)
            ),
            "The variance is that of the whole array. Every column has its own: axis 0.": (
                lambda x, eps: (x - x.mean(0)) / np.sqrt(x.var() + eps)
            ),
            "The mean is that of the whole array. Every column has its own: axis 0.": (
                lambda x, eps: (x - x.mean()) / np.sqrt(x.var(0) + eps)
            ),
            "You subtracted the median. It is the mean that becomes 0.": lambda x, eps: (
                (x - np.median(x, axis=0)) / np.sqrt(x.var(0) + eps)
            ),
            "The sign is turned: it is x - mean, not mean - x.": lambda x, eps: -normalize(x, eps),
            "The variance is mean(x²) - mean(x)². On paper it is; in float32 nothing is left of "
            "it where the mean is large. Square the deviations from the mean.": lambda x, eps: (
                (x - x.mean(0)) / np.sqrt((x * x).mean(0) - x.mean(0) ** 2 + eps)
            ),
            "The mean is still there. Subtract it before you divide.": lambda x, eps: (
                x / np.sqrt(x.var(0) + eps)
            ),
            "That is the root of the standard deviation. The root of the variance is meant: "
            "sqrt(var + eps).": lambda x, eps: (x - x.mean(0)) / np.sqrt(x.std(0) + eps),
            "The mean is gone. Now divide by sqrt(var + eps).": lambda x, eps: x - x.mean(0),
            "Only the mean is divided here: put x - mean in parentheses.": lambda x, eps: (
                x - x.mean(0) / np.sqrt(x.var(0) + eps)
            ),
            "That is the sum of the squared deviations. The variance is their mean: divide by N.": (
                lambda x, eps: (x - x.mean(0)) / np.sqrt(((x - x.mean(0)) ** 2).sum(0) + eps)
            ),
            "That is the other common scaling, from 0 to 1. Here: subtract the mean, divide by "
            "sqrt(var + eps).": lambda x, eps: (x - x.min(0)) / (np.ptp(x, axis=0) + eps),
        },
    ),
    Exercise(
        name="equation/eps",
        title="How narrow a quiet unit stays",
        reference=std_of_x_hat,
        cases=[
            {"var": np.array([4.0, 1e-2, 1e-4, 1e-5, 1e-6, 0.0]), "eps": 1e-5},
            {"var": np.array([9.0, 1.0, 0.25]), "eps": 0.5},
        ],
        mistakes={
            "That is the variance of x̂. The exercise asks for its standard deviation: take the "
            "root.": lambda var, eps: var / (var + eps),
            "It is 1 only without eps. With it, a unit whose variance is not much "
            "larger than eps stays narrower.": lambda var, eps: np.ones_like(var),
            "It is 1 only without eps, and 0 / 0 where the variance is 0.": (
                lambda var, eps: np.sqrt(var / var),
                lambda var, eps: np.where(var == 0, 0.0, 1.0),
            ),
            "Only a part is divided or under the root: put var + eps in parentheses.": (
                lambda var, eps: np.sqrt(var / var + eps),
                lambda var, eps: np.sqrt(var) / np.sqrt(var) + eps,
            ),
            "That is the standard deviation of x. Divide it by what x - μ is divided by.": (
                lambda var, eps: np.sqrt(var)
            ),
            "eps is added to the variance, not taken as its lower bound.": lambda var, eps: np.sqrt(
                var / np.maximum(var, eps)
            ),
            "Upside down: the standard deviation of x stands above, what it is divided by below.": (
                lambda var, eps: np.sqrt((var + eps) / var)
            ),
            "var holds variances already: square no more.": lambda var, eps: (
                var / np.sqrt(var**2 + eps)
            ),
            "eps is always 0.00001 here. Take it from the argument.": lambda var, eps: np.sqrt(
                var / (var + 1e-5)
            ),
            "eps is added to the variance, inside the root, not to the standard deviation.": (
                lambda var, eps: np.sqrt(var) / (np.sqrt(var) + eps)
            ),
            "That is the factor by which x - μ is multiplied. The standard deviation of x̂ is this "
            "factor times that of x.": lambda var, eps: 1 / np.sqrt(var + eps),
            "The numerator is the standard deviation of x, so it needs the root too.": (
                lambda var, eps: var / np.sqrt(var + eps)
            ),
            "The denominator needs the root too: sqrt(var + eps).": lambda var, eps: (
                np.sqrt(var) / (var + eps)
            ),
            "That is what x is divided by, not what comes out.": lambda var, eps: np.sqrt(
                var + eps
            ),
            "It fades, it does not break off: where the variance is as large as eps, there is "
            "still 0.71.": lambda var, eps: np.where(var > eps, 1.0, 0.0),
            "That is what eps takes. The variance of x stands above.": (
                lambda var, eps: np.sqrt(eps / (var + eps))
            ),
            "eps is added to the variance of each unit, as small as that is; you added it to 1.": (
                lambda var, eps: np.full_like(var, 1 / np.sqrt(1 + eps))
            ),
            "There is one root over the sum: sqrt(var + eps), not sqrt(var) + sqrt(eps).": (
                lambda var, eps: np.sqrt(var) / (np.sqrt(var) + np.sqrt(eps))
            ),
        },
    ),
    Exercise(
        name="equation/shape",
        title="Skewness",
        reference=skewness,
        cases=[{"x": TAILS}, {"x": BATCH}],
        mistakes={
            "You divided by N - 1 in the standard deviation (ddof=1). Divide by N here, as batch "
            "norm does.": lambda x: (_standardized(x, ddof=1) ** 3).mean(0),
            "You divided the sum of the third powers by N - 1. Divide by N: take the mean.": (
                lambda x: (_standardized(x) ** 3).sum(0) / (len(x) - 1)
            ),
            "Those are sums. Take the mean of the third powers.": lambda x: (
                _standardized(x) ** 3
            ).sum(0),
            "A long tail to the left has negative skewness: no absolute value.": lambda x: np.abs(
                skewness(x)
            ),
            "The sign is lost: the third power of the absolute deviations is never negative.": (
                lambda x: (np.abs(_standardized(x)) ** 3).mean(0)
            ),
            "The sign is turned: it is x - mean, not mean - x.": lambda x: -skewness(x),
            "The deviations are not yet measured in standard deviations: divide by std ** 3.": (
                lambda x: ((x - x.mean(0)) ** 3).mean(0)
            ),
            "The mean is still there. Subtract it first.": lambda x: (x**3).mean(0) / x.std(0) ** 3,
            "That is 0 for every column: the deviations from the mean cancel out. Take the third "
            "power of each first, then the mean.": lambda x: _standardized(x).mean(0) ** 3,
            "That compares mean and median, another measure of the same name. Here: the mean of "
            "the third powers.": (
                lambda x: 3 * (x.mean(0) - np.median(x, axis=0)) / x.std(0),
                lambda x: (x.mean(0) - np.median(x, axis=0)) / x.std(0),
            ),
            "That is the median of the third powers. Take their mean.": lambda x: np.median(
                _standardized(x) ** 3, axis=0
            ),
            "The deviations are those from the median. Take them from the mean.": lambda x: (
                ((x - np.median(x, axis=0)) ** 3).mean(0) / x.std(0) ** 3
            ),
            "That is the cube root. The mean of the third powers is asked, as it is.": lambda x: (
                np.cbrt(skewness(x))
            ),
            "That divides by the third power of the variance. Take that of its root: std ** 3.": (
                lambda x: ((x - x.mean(0)) ** 3).mean(0) / x.var(0) ** 3
            ),
            "Skewness is the mean over the samples. Those are the third powers themselves.": (
                lambda x: _standardized(x) ** 3
            ),
            "That is the second power, which is 1 for every column. Skewness takes the third.": (
                lambda x: (_standardized(x) ** 2).mean(0)
            ),
            "That is the fourth power, the kurtosis. Skewness takes the third.": lambda x: (
                _standardized(x) ** 4
            ).mean(0),
            "The third power is divided by std; it must be divided by std ** 3.": lambda x: (
                ((x - x.mean(0)) ** 3).mean(0) / x.std(0)
            ),
            "The third power is divided by the variance; it must be divided by std ** 3.": (
                lambda x: ((x - x.mean(0)) ** 3).mean(0) / x.var(0)
            ),
            "That is one number for the whole array. Give one for each column: axis 0.": (
                lambda x: ((x - x.mean()) ** 3).mean() / x.std() ** 3
            ),
            "That is one number for each row. Give one for each column: axis 0.": lambda x: (
                skewness(x.T)
            ),
            "That estimates the skewness of all data, as pandas and Excel do. Here it is that of "
            "these samples: the mean of the third powers.": lambda x: (
                skewness(x) * np.sqrt(len(x) * (len(x) - 1)) / (len(x) - 2)
            ),
            "That is the sign alone. How far the shape leans counts, too.": lambda x: np.sign(
                skewness(x)
            ),
        },
    ),
    Exercise(
        name="equation/running",
        title="Update the running statistics",
        reference=update_running,
        returns=("running_mean", "running_var"),
        in_place=("running_mean", "running_var"),  # PyTorch's way
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
                "x": LEANING,
                "momentum": 0.25,
            },
            {
                "running_mean": np.array([1.0, -1.0, 2.0]),
                "running_var": np.array([4.0, 2.0, 1.0]),
                "x": TAILS,
                "momentum": 0.5,
            },
        ],
        mistakes={
            "The variance is divided by N. That is right for normalizing the batch; into "
            "running_var goes the estimate for all the data, divided by N - 1 (ddof=1).": (
                _update(lambda x: (x.mean(0), x.var(0)))
            ),
            "momentum is the other way round. In PyTorch it is the share of the new batch; the "
            "old value keeps 1 - momentum.": _update(
                lambda x: (x.mean(0), x.var(0, ddof=1)), lambda momentum: 1 - momentum
            ),
            "momentum is the other way round (in PyTorch it is the share of the new batch), and "
            "the variance that goes into running_var has to be divided by N - 1.": _update(
                lambda x: (x.mean(0), x.var(0)), lambda momentum: 1 - momentum
            ),
            "running_var keeps the variance, not the standard deviation.": _update(
                lambda x: (x.mean(0), x.std(0, ddof=1))
            ),
            "running_var keeps the variance, not the standard deviation. And it divides by N - 1 "
            "(ddof=1).": _update(lambda x: (x.mean(0), x.std(0))),
            "momentum is always 0.1 here. Take it from the argument.": _update(
                lambda x: (x.mean(0), x.var(0, ddof=1)), lambda momentum: 0.1
            ),
            "That is one mean and one variance for the whole array. Every column has its own: "
            "axis 0.": _update(lambda x: (x.mean(), x.var(ddof=1))),
            "These are the batch's own statistics. Mix them with the old running values.": (
                lambda running_mean, running_var, x, momentum: (x.mean(0), x.var(0, ddof=1))
            ),
            "Old and new had the same share. momentum says how large the new one is.": _update(
                lambda x: (x.mean(0), x.var(0, ddof=1)), lambda momentum: 0.5
            ),
            "running_mean moves towards the mean of x, not towards its median.": _update(
                lambda x: (np.median(x, axis=0), x.var(0, ddof=1))
            ),
            "running_mean moves towards the mean of x, not towards its sum.": _update(
                lambda x: (x.sum(0), x.var(0, ddof=1))
            ),
            "The old values keep a share of 1 - momentum only.": (
                lambda running_mean, running_var, x, momentum: (
                    running_mean + momentum * x.mean(0),
                    running_var + momentum * x.var(0, ddof=1),
                )
            ),
            "The old values are gone: they keep a share of 1 - momentum.": (
                lambda running_mean, running_var, x, momentum: (
                    momentum * x.mean(0),
                    momentum * x.var(0, ddof=1),
                )
            ),
            "The order is running_mean, running_var. You gave the variance first.": (
                lambda running_mean, running_var, x, momentum: update_running(
                    running_mean, running_var, x, momentum
                )[::-1]
            ),
            "The order is running_mean, running_var. You gave the variance first, and divided it "
            "by N instead of N - 1.": lambda running_mean, running_var, x, momentum: _update(
                lambda x: (x.mean(0), x.var(0))
            )(running_mean, running_var, x, momentum)[::-1],
            "running_var is updated like running_mean. You left it as it was.": (
                lambda running_mean, running_var, x, momentum: (
                    (1 - momentum) * running_mean + momentum * x.mean(0),
                    running_var,
                )
            ),
            "The variance of x is taken around its own mean, not around running_mean.": (
                lambda running_mean, running_var, x, momentum: (
                    (1 - momentum) * running_mean + momentum * x.mean(0),
                    (1 - momentum) * running_var
                    + momentum * ((x - running_mean) ** 2).sum(0) / (len(x) - 1),
                )
            ),
            "Only the variance of x needs the factor N / (N - 1). The old running_var has it "
            "already.": lambda running_mean, running_var, x, momentum: (
                (1 - momentum) * running_mean + momentum * x.mean(0),
                ((1 - momentum) * running_var + momentum * x.var(0)) * len(x) / (len(x) - 1),
            ),
            "The factor is the other way round: to divide by N - 1 instead of N, multiply by "
            "N / (N - 1).": _update(lambda x: (x.mean(0), x.var(0) * (len(x) - 1) / len(x))),
        },
    ),
)
