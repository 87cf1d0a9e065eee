"""Exercises of chapter 4, γ and β: what they set, what they undo, how they learn."""

from math import erf, sqrt

import numpy as np

from bnviz.course.exercise import Exercise

# Variances of three units: an ordinary one, a wide one, one that eps makes narrower.
VAR = np.array([1.0, 100.0, 0.0025])
# Four samples of three units with these variances; their means are 2, 10 and 0.5.
BATCH = np.array([[1.0, 0.0, 0.45], [1.0, 20.0, 0.55], [3.0, 20.0, 0.55], [3.0, 0.0, 0.45]])
# Three samples of three units whose means, 2, 4 and 3, are not all their medians.
LEANING = np.array([[0.0, 3.0, 1.0], [0.0, 5.0, 2.0], [6.0, 4.0, 6.0]])
# Standardized by hand: every column has mean 0 and variance 1, the second one leans to one side.
X_HAT = np.array(
    [[-1.0, -0.5, 1.0], [1.0, -0.5, -1.0], [-1.0, 2.0, 1.0], [1.0, -0.5, -1.0], [0.0, -0.5, 0.0]]
)
X_HAT[:, [0, 2]] *= sqrt(5 / 4)
# As in eval mode, where the columns need not have mean 0: a sum of x_hat alone gives itself away.
OFF_Center = np.array([[1.0, -1.0], [-0.5, 2.0]])


def output_statistics(var, weight, bias, eps):
    """Mean and standard deviation of y, where x has the variance var; all of shape (C,)."""
    return bias, abs(weight) * np.sqrt(var / (var + eps))


def undo(x, eps):
    """The weight and bias that make batch norm give the batch x (N, C) back."""
    return np.sqrt(x.var(axis=0) + eps), x.mean(axis=0)


def affine_gradients(grad_y, x_hat):
    """The gradients at weight and bias, from the gradient at y = weight * x_hat + bias."""
    return (grad_y * x_hat).sum(axis=0), grad_y.sum(axis=0)


def passed_share(x_hat, weight, bias):
    """The share of y that a ReLU passes: predicted by a bell curve, and measured."""
    predicted = [(1 + erf(b / abs(w) / sqrt(2))) / 2 for w, b in zip(weight, bias, strict=True)]
    measured = (weight * x_hat + bias > 0).mean(axis=0)
    return np.array(predicted), measured


def _std(var, weight, eps):
    return abs(weight) * np.sqrt(var / (var + eps))


def _statistics(mean=lambda var, weight, bias: bias, std=_std):
    """The two statistics with another mean or another standard deviation."""

    def mistaken(var, weight, bias, eps):
        return mean(var, weight, bias), std(var, weight, eps)

    return mistaken


def _statistics_with_bias(var, weight, bias, eps):
    return bias, _std(var, weight, eps) + bias


def _predict(argument, x_hat, weight, bias):
    return np.array(
        [(1 + erf(argument(w, b) / sqrt(2))) / 2 for w, b in zip(weight, bias, strict=True)]
    )


def _passes(x_hat, weight, bias):
    return (weight * x_hat + bias > 0).mean(axis=0)


def _ratio(weight, bias):
    return bias / abs(weight)


def _passed(argument=_ratio, measured=_passes):
    """The two shares with another argument of Φ, or measured otherwise."""

    def mistaken(x_hat, weight, bias):
        return _predict(argument, x_hat, weight, bias), measured(x_hat, weight, bias)

    return mistaken


EXERCISES = (
    Exercise(
        name="gamma-beta/statistics",
        title="Mean and standard deviation without computing y",
        reference=output_statistics,
        returns=("mean", "std"),
        cases=[
            {
                "var": VAR,
                "weight": np.array([2.0, 0.5, 1.0]),
                "bias": np.array([0.0, 3.0, -1.0]),
                "eps": 1e-5,
            },
            {
                "var": VAR,
                "weight": np.array([1.0, -4.0, 3.0]),
                "bias": np.array([5.0, 0.5, 2.0]),
                "eps": 0.01,
            },
        ],
        mistakes={
            "A negative weight mirrors the values; the standard deviation stays positive. Take "
            "abs(weight).": _statistics(
                std=lambda var, weight, eps: weight * np.sqrt(var / (var + eps))
            ),
            "That is right where eps is far smaller than the variance. Multiply by sqrt(var / "
            "(var + eps)), the standard deviation of x̂.": (
                _statistics(std=lambda var, weight, eps: abs(weight)),
                _statistics(std=lambda var, weight, eps: weight),
            ),
            "eps is an argument of the function. You used 1e-5, whatever it is.": _statistics(
                std=lambda var, weight, eps: _std(var, weight, 1e-5)
            ),
            "That is the variance of y. Take the root for the standard deviation.": _statistics(
                std=lambda var, weight, eps: weight**2 * var / (var + eps)
            ),
            "The root is missing: the standard deviation of x̂ is sqrt(var / (var + eps)).": (
                _statistics(std=lambda var, weight, eps: abs(weight) * var / (var + eps))
            ),
            "The root of var is missing: var is a variance, and the standard deviation of x̂ is "
            "sqrt(var / (var + eps)).": _statistics(
                std=lambda var, weight, eps: abs(weight) * var / np.sqrt(var + eps)
            ),
            "That is what each value is multiplied by. Multiply the root of var by it.": (
                _statistics(std=lambda var, weight, eps: abs(weight) / np.sqrt(var + eps)),
                _statistics(std=lambda var, weight, eps: weight / np.sqrt(var + eps)),
            ),
            "eps stands outside the root. Batch norm divides by sqrt(var + eps).": _statistics(
                std=lambda var, weight, eps: abs(weight) * np.sqrt(var) / (np.sqrt(var) + eps)
            ),
            "The weight has slipped under the root. Multiply by abs(weight) outside.": _statistics(
                std=lambda var, weight, eps: np.sqrt(abs(weight) * var / (var + eps))
            ),
            "Adding β moves all values alike: it does not change the standard deviation.": (
                _statistics_with_bias
            ),
            "The mean of x̂ is 0, so γ has nothing to multiply there. What is left is β.": (
                _statistics(mean=lambda var, weight, bias: weight * bias),
                _statistics(mean=lambda var, weight, bias: weight + bias),
            ),
            "β is missing: x̂ has mean 0, but y is γ x̂ + β.": _statistics(
                mean=lambda var, weight, bias: np.zeros_like(bias)
            ),
            "The standard deviation of x is gone after normalizing: y does not know it any more.": (
                _statistics(std=lambda var, weight, eps: abs(weight) * np.sqrt(var))
            ),
            "The order is mean, std. You gave the standard deviation first.": (
                lambda var, weight, bias, eps: (_std(var, weight, eps), bias)
            ),
            "The variance has γ squared, the standard deviation |γ|: do not square weight.": (
                _statistics(std=lambda var, weight, eps: weight**2 * np.sqrt(var / (var + eps)))
            ),
            "eps is added to the variance of x, which is var; you added it to 1.": _statistics(
                std=lambda var, weight, eps: abs(weight) / np.sqrt(1 + eps)
            ),
            "eps is added as it is, not squared: sqrt(var + eps).": _statistics(
                std=lambda var, weight, eps: abs(weight) * np.sqrt(var / (var + eps**2))
            ),
        },
    ),
    Exercise(
        name="gamma-beta/identity",
        title="Undo the normalization",
        reference=undo,
        returns=("weight", "bias"),
        cases=[{"x": BATCH, "eps": 1e-5}, {"x": LEANING, "eps": 0.5}],
        mistakes={
            "eps is missing. Batch norm divides by sqrt(var + eps), so that is what has to be "
            "multiplied back.": lambda x, eps: (x.std(0), x.mean(0)),
            "eps is an argument of the function. You used 1e-5, whatever it is.": lambda x, eps: (
                np.sqrt(x.var(0) + 1e-5),
                x.mean(0),
            ),
            "You divided by N - 1 in the variance (ddof=1, torch's default), and eps is missing.": (
                lambda x, eps: (x.std(0, ddof=1), x.mean(0))
            ),
            "eps stands outside the root. Batch norm divides by sqrt(var + eps).": lambda x, eps: (
                x.std(0) + eps,
                x.mean(0),
            ),
            "That is the variance. Batch norm divides by a root, sqrt(var + eps).": lambda x, eps: (
                x.var(0),
                x.mean(0),
            ),
            "That normalizes once more, and without eps. To undo it, multiply by what batch norm "
            "divided by, sqrt(var + eps).": lambda x, eps: (
                1 / np.sqrt(x.var(0)),
                x.mean(0),
            ),
            "That is the variance plus eps. Batch norm divides by its root.": lambda x, eps: (
                x.var(0) + eps,
                x.mean(0),
            ),
            "You divided by N - 1 in the variance (ddof=1, torch's default). Batch norm divides by "
            "N.": lambda x, eps: (np.sqrt(x.var(0, ddof=1) + eps), x.mean(0)),
            "That normalizes once more. To undo it, multiply by what batch norm divided by.": (
                lambda x, eps: (1 / np.sqrt(x.var(0) + eps), x.mean(0))
            ),
            "The bias is the mean of x, not its median.": lambda x, eps: (
                np.sqrt(x.var(0) + eps),
                np.median(x, axis=0),
            ),
            "The bias is missing: batch norm took the mean away.": (
                lambda x, eps: (np.sqrt(x.var(0) + eps), 0.0),
                lambda x, eps: (np.sqrt(x.var(0) + eps), np.zeros(x.shape[1])),
            ),
            "The bias is not multiplied by the weight: y = weight * x̂ + bias.": (
                lambda x, eps: (
                    np.sqrt(x.var(0) + eps),
                    x.mean(0) / np.sqrt(x.var(0) + eps),
                ),
                lambda x, eps: (
                    np.sqrt(x.var(0) + eps),
                    x.mean(0) * np.sqrt(x.var(0) + eps),
                ),
            ),
            "With weight 1 and bias 0, y is x̂. Asked are those that give x back.": lambda x, eps: (
                np.ones(x.shape[1]),
                np.zeros(x.shape[1]),
            ),
            "You took one number for the whole array. Every unit (column) has its own: axis 0.": (
                lambda x, eps: (np.sqrt(x.var() + eps), x.mean())
            ),
            "The sign of the bias is turned: batch norm took the mean away, the bias adds it.": (
                lambda x, eps: (np.sqrt(x.var(0) + eps), -x.mean(0))
            ),
            "That normalizes x: weight and bias that take the mean away and divide. Asked is what "
            "undoes it.": lambda x, eps: (
                1 / np.sqrt(x.var(0) + eps),
                -x.mean(0) / np.sqrt(x.var(0) + eps),
            ),
            "The order is weight, bias. You gave the bias first.": lambda x, eps: (
                x.mean(0),
                np.sqrt(x.var(0) + eps),
            ),
            "You took the statistics of each sample. Each unit (column) has its own: axis 0.": (
                lambda x, eps: (np.sqrt(x.var(1) + eps), x.mean(1))
            ),
            "There is one root over the sum: sqrt(var + eps), not sqrt(var) + sqrt(eps).": (
                lambda x, eps: (x.std(0) + np.sqrt(eps), x.mean(0))
            ),
            "eps is added, not subtracted: batch norm divides by sqrt(var + eps).": lambda x, eps: (
                np.sqrt(np.maximum(x.var(0) - eps, 0)),
                x.mean(0),
            ),
        },
    ),
    Exercise(
        name="gamma-beta/gradients",
        title="The gradients of γ and β",
        reference=affine_gradients,
        returns=("grad_weight", "grad_bias"),
        cases=[
            {
                "grad_y": np.array(
                    [
                        [1.0, 0.0, 2.0],
                        [0.0, 0.0, 1.0],
                        [-2.0, 4.0, 0.0],
                        [0.0, 0.0, 0.5],
                        [3.0, 1.0, -1.0],
                    ]
                ),
                "x_hat": X_HAT,
            },
            {"grad_y": np.array([[0.1, 2.0], [0.3, -1.0]]), "x_hat": OFF_Center},
        ],
        mistakes={
            "You took means. Every sample adds its own part to the gradient: take sums. (A mean "
            "over the batch, if the loss has one, is already in grad_y.)": lambda grad_y, x_hat: (
                (grad_y * x_hat).mean(0),
                grad_y.mean(0),
            ),
            "You summed over the units. γ and β have one entry a unit, so sum over the samples, "
            "axis 0.": lambda grad_y, x_hat: ((grad_y * x_hat).sum(1), grad_y.sum(1)),
            "You summed over all entries. γ and β have one entry a unit, so sum over the samples, "
            "axis 0.": lambda grad_y, x_hat: ((grad_y * x_hat).sum(), grad_y.sum()),
            "The gradient of γ lacks its factor: y = γ x̂ + β grows by x̂ when γ grows by 1.": (
                lambda grad_y, x_hat: (grad_y.sum(0), grad_y.sum(0))
            ),
            "grad_y is missing in the gradient of γ: x̂ says how y moves with γ, grad_y how the "
            "loss moves with y.": lambda grad_y, x_hat: (x_hat.sum(0), grad_y.sum(0)),
            "grad_y is missing: that is how y moves with γ and β. How the loss moves with y is "
            "grad_y.": (
                lambda grad_y, x_hat: (
                    x_hat.sum(0),
                    np.full(x_hat.shape[1], float(len(x_hat))),
                ),
                lambda grad_y, x_hat: (x_hat.sum(0), len(x_hat)),
                lambda grad_y, x_hat: (x_hat.sum(0), 1.0),
                lambda grad_y, x_hat: (x_hat.sum(0), np.ones(x_hat.shape[1])),
                lambda grad_y, x_hat: (x_hat, 1.0),
                lambda grad_y, x_hat: (x_hat, np.ones_like(x_hat)),
            ),
            "The gradient of β is the sum of grad_y: a larger β raises y of every sample by as "
            "much.": (
                lambda grad_y, x_hat: ((grad_y * x_hat).sum(0), np.ones(grad_y.shape[1])),
                lambda grad_y, x_hat: ((grad_y * x_hat).sum(0), 1.0),
            ),
            "The sum is missing: one γ serves all samples of its unit, so their parts add up.": (
                lambda grad_y, x_hat: (grad_y * x_hat, grad_y)
            ),
            "Sum the products, do not multiply the sums.": lambda grad_y, x_hat: (
                grad_y.sum(0) * x_hat.sum(0),
                grad_y.sum(0),
            ),
            "The sign is turned. Asked are the gradients; going against them is the optimizer's "
            "part.": lambda grad_y, x_hat: (-(grad_y * x_hat).sum(0), -grad_y.sum(0)),
            "The order is grad_weight, grad_bias. You gave the bias first.": lambda grad_y, x_hat: (
                grad_y.sum(0),
                (grad_y * x_hat).sum(0),
            ),
            "That is a matrix: each unit's grad_y with each unit's x̂. Only its diagonal is asked; "
            "multiply entry by entry, then sum.": (
                lambda grad_y, x_hat: (grad_y.T @ x_hat, grad_y.sum(0)),
                lambda grad_y, x_hat: (x_hat.T @ grad_y, grad_y.sum(0)),
            ),
            "Parts of either sign add up as they are: no absolute values.": lambda grad_y, x_hat: (
                abs(grad_y * x_hat).sum(0),
                abs(grad_y).sum(0),
            ),
        },
    ),
    Exercise(
        name="gamma-beta/passed",
        title="What a ReLU passes",
        reference=passed_share,
        returns=("predicted", "measured"),
        cases=[
            {
                "x_hat": X_HAT,
                "weight": np.array([1.0, 1.0, 2.5]),
                "bias": np.array([0.0, 0.0, 1.5]),
            },
            {
                "x_hat": X_HAT,
                "weight": np.array([0.5, -2.0, -3.0]),
                "bias": np.array([-0.25, 1.5, 0.6]),
            },
        ],
        mistakes={
            "A negative weight mirrors a bell curve onto itself: divide by abs(weight).": _passed(
                lambda w, b: b / w
            ),
            "The sign is turned: a positive bias lets more through, not less.": _passed(
                lambda w, b: -b / abs(w)
            ),
            "The standard deviation of y is abs(weight): the bias counts in units of it. Use "
            "bias / abs(weight).": _passed(lambda w, b: b),
            "You multiplied: a larger weight makes the same bias count less. Use "
            "bias / abs(weight).": _passed(lambda w, b: b * abs(w)),
            "The root of 2 is missing: Φ(z) = (1 + erf(z / sqrt(2))) / 2.": _passed(
                lambda w, b: sqrt(2) * b / abs(w)
            ),
            "Φ(z) is not erf(z / sqrt(2)), which goes from -1 to 1: add 1 and divide by 2.": (
                lambda x_hat, weight, bias: (
                    2 * _predict(_ratio, x_hat, weight, bias) - 1,
                    _passes(x_hat, weight, bias),
                )
            ),
            "The second value is a count. Divide it by the number of samples.": _passed(
                measured=lambda x_hat, weight, bias: (weight * x_hat + bias > 0).sum(0)
            ),
            "Those are per cents. A share goes from 0 to 1.": lambda x_hat, weight, bias: tuple(
                100 * share for share in passed_share(x_hat, weight, bias)
            ),
            "You measured on x̂. What reaches the ReLU is y = weight * x_hat + bias.": _passed(
                measured=lambda x_hat, weight, bias: (x_hat > 0).mean(0)
            ),
            "x̂ > -bias / weight holds for a positive weight only: dividing by a negative one turns "
            "the inequality.": _passed(
                measured=lambda x_hat, weight, bias: (x_hat > -bias / weight).mean(0)
            ),
            "weight is missing in measured: what reaches the ReLU is y = weight * x_hat + bias.": (
                _passed(measured=lambda x_hat, weight, bias: (x_hat + bias > 0).mean(0))
            ),
            "You measured with abs(weight). Mirrored, real values pass another share.": (
                _passed(measured=lambda x_hat, w, bias: (abs(w) * x_hat + bias > 0).mean(0))
            ),
            "At y = 0 a ReLU gives 0, as it does below. Count y > 0.": _passed(
                measured=lambda x_hat, weight, bias: (weight * x_hat + bias >= 0).mean(0)
            ),
            "That is the share that the ReLU sets to zero. Asked is what it passes, y > 0.": (
                lambda x_hat, weight, bias: tuple(
                    1 - share for share in passed_share(x_hat, weight, bias)
                )
            ),
            "The measured share is that of all units together. Take the mean over the samples, "
            "axis 0.": _passed(
                measured=lambda x_hat, weight, bias: (weight * x_hat + bias > 0).mean()
            ),
            "The order is predicted, measured. You gave the measured share first.": (
                lambda x_hat, weight, bias: passed_share(x_hat, weight, bias)[::-1]
            ),
            "The bias counts in standard deviations of y, abs(weight), not in variances: do not "
            "square weight.": _passed(lambda w, b: b / w**2),
            "That is the mean of what the ReLU gives. Asked is the share of values that it passes: "
            "count y > 0.": _passed(
                measured=lambda x_hat, weight, bias: np.maximum(weight * x_hat + bias, 0).mean(0)
            ),
            "measured is one share for each unit. You took one for each sample: axis 0.": _passed(
                measured=lambda x_hat, weight, bias: (weight * x_hat + bias > 0).mean(1)
            ),
            "One half passes where the bias is 0. A positive one lets more through.": _passed(
                lambda w, b: 0.0
            ),
        },
    ),
)
