"""Exercises of chapter 4, γ and β: what they set, what they undo, how they learn."""

from math import erf, sqrt

import numpy as np

from bnviz.course.exercise import Exercise

# Four samples of three channels; mean and spread are 2 and 1, 10 and 10, 0.5 and 0.05.
BATCH = np.array([[1.0, 0.0, 0.45], [1.0, 20.0, 0.55], [3.0, 20.0, 0.55], [3.0, 0.0, 0.45]])
# Standardized by hand: every column has mean 0 and variance 1, the second one leans to one side.
X_HAT = np.array(
    [[-1.0, -0.5, 1.0], [1.0, -0.5, -1.0], [-1.0, 2.0, 1.0], [1.0, -0.5, -1.0], [0.0, -0.5, 0.0]]
)
X_HAT[:, [0, 2]] *= sqrt(5 / 4)


def output_statistics(x, weight, bias, eps):
    """Mean and standard deviation of y over the batch x (N, C), both of shape (C,)."""
    var = x.var(axis=0)
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


def _passed(argument, above=lambda x_hat, weight, bias: weight * x_hat + bias > 0):
    """The two shares with another argument of Φ, or another rule for what passes."""

    def mistaken(x_hat, weight, bias):
        predicted = [
            (1 + erf(argument(w, b) / sqrt(2))) / 2 for w, b in zip(weight, bias, strict=True)
        ]
        return np.array(predicted), above(x_hat, weight, bias).mean(axis=0)

    return mistaken


def _ratio(weight, bias):
    return bias / abs(weight)


EXERCISES = (
    Exercise(
        name="gamma-beta/statistics",
        title="Mean and spread of y, without computing y",
        reference=output_statistics,
        returns=("mean", "std"),
        cases=[
            {
                "x": BATCH,
                "weight": np.array([2.0, 0.5, 1.0]),
                "bias": np.array([0.0, 3.0, -1.0]),
                "eps": 1e-5,
            },
            {
                "x": BATCH,
                "weight": np.array([1.0, -4.0, 3.0]),
                "bias": np.array([5.0, 0.5, 2.0]),
                "eps": 0.01,
            },
        ],
        mistakes={
            "A negative weight mirrors the values; the spread stays positive. Take abs(weight).": (
                lambda x, weight, bias, eps: (
                    bias,
                    weight * np.sqrt(x.var(0) / (x.var(0) + eps)),
                )
            ),
            "That is right where eps is far smaller than the variance. Multiply the spread by "
            "sqrt(var / (var + eps)), the spread of x̂.": lambda x, weight, bias, eps: (
                bias,
                abs(weight),
            ),
            "That is the variance of y. Take the root for the standard deviation.": (
                lambda x, weight, bias, eps: (bias, weight**2 * x.var(0) / (x.var(0) + eps))
            ),
            "You divided by N - 1 in the variance (ddof=1). Batch norm divides by N.": (
                lambda x, weight, bias, eps: (
                    bias,
                    abs(weight) * np.sqrt(x.var(0, ddof=1) / (x.var(0, ddof=1) + eps)),
                )
            ),
            "eps stands outside the root. Batch norm divides by sqrt(var + eps).": (
                lambda x, weight, bias, eps: (bias, abs(weight) * x.std(0) / (x.std(0) + eps))
            ),
            "The mean of x is gone after normalizing: nothing of it is left in y.": (
                lambda x, weight, bias, eps: (
                    weight * x.mean(0) + bias,
                    abs(weight) * np.sqrt(x.var(0) / (x.var(0) + eps)),
                )
            ),
            "The spread of x is gone after normalizing: y does not know it any more.": (
                lambda x, weight, bias, eps: (bias, abs(weight) * x.std(0))
            ),
        },
    ),
    Exercise(
        name="gamma-beta/identity",
        title="The γ and β that undo the normalization",
        reference=undo,
        returns=("weight", "bias"),
        cases=[{"x": BATCH, "eps": 1e-5}, {"x": BATCH + 1.0, "eps": 0.5}],
        mistakes={
            "eps is missing. Batch norm divides by sqrt(var + eps), so that is what has to be "
            "multiplied back.": lambda x, eps: (x.std(0), x.mean(0)),
            "That is the variance plus eps. Batch norm divides by its root.": lambda x, eps: (
                x.var(0) + eps,
                x.mean(0),
            ),
            "You divided by N - 1 in the variance (ddof=1). Batch norm divides by N.": (
                lambda x, eps: (np.sqrt(x.var(0, ddof=1) + eps), x.mean(0))
            ),
            "That normalizes once more. To undo it, multiply by what batch norm divided by.": (
                lambda x, eps: (1 / np.sqrt(x.var(0) + eps), x.mean(0))
            ),
            "The sign of the bias is turned: batch norm took the mean away, the bias adds it.": (
                lambda x, eps: (np.sqrt(x.var(0) + eps), -x.mean(0))
            ),
            "The order is weight, bias. You gave the bias first.": lambda x, eps: (
                x.mean(0),
                np.sqrt(x.var(0) + eps),
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
            {
                "grad_y": np.array([[0.1, 2.0], [0.3, -1.0]]),
                "x_hat": np.array([[1.0, -1.0], [-1.0, 1.0]]),
            },
        ],
        mistakes={
            "You took means. Every sample adds its own part to the gradient: take sums. (A mean "
            "over the batch, if the loss has one, is already in grad_y.)": lambda grad_y, x_hat: (
                (grad_y * x_hat).mean(0),
                grad_y.mean(0),
            ),
            "You summed over the channels. γ and β have one entry a channel, so sum over the "
            "samples, axis 0.": lambda grad_y, x_hat: ((grad_y * x_hat).sum(1), grad_y.sum(1)),
            "The gradient of γ lacks its factor: y = γ x̂ + β grows by x̂ when γ grows by 1.": (
                lambda grad_y, x_hat: (grad_y.sum(0), grad_y.sum(0))
            ),
            "The sum is missing: one γ serves all samples of its channel, so their parts add up.": (
                lambda grad_y, x_hat: (grad_y * x_hat, grad_y)
            ),
            "Sum the products, do not multiply the sums.": lambda grad_y, x_hat: (
                grad_y.sum(0) * x_hat.sum(0),
                grad_y.sum(0),
            ),
            "The order is grad_weight, grad_bias. You gave the bias first.": lambda grad_y, x_hat: (
                grad_y.sum(0),
                (grad_y * x_hat).sum(0),
            ),
        },
    ),
    Exercise(
        name="gamma-beta/passed",
        title="Predict what a ReLU passes, then measure",
        reference=passed_share,
        returns=("predicted", "measured"),
        cases=[
            {
                "x_hat": X_HAT,
                "weight": np.array([1.0, 1.0, 2.0]),
                "bias": np.array([0.0, 0.0, 1.0]),
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
            "The spread of y is abs(weight): the bias counts in units of it. Use bias / "
            "abs(weight).": _passed(lambda w, b: b),
            "You multiplied: a larger weight makes the same bias count less. Use "
            "bias / abs(weight).": _passed(lambda w, b: b * abs(w)),
            "The root of 2 is missing: Φ(z) = (1 + erf(z / sqrt(2))) / 2.": _passed(
                lambda w, b: sqrt(2) * b / abs(w)
            ),
            "The second value is a count. Divide it by the number of samples.": _passed(
                _ratio, above=lambda x_hat, weight, bias: len(x_hat) * (weight * x_hat + bias > 0)
            ),
            "You measured on x̂. What reaches the ReLU is y = weight * x_hat + bias.": _passed(
                _ratio, above=lambda x_hat, weight, bias: x_hat > 0
            ),
            "That is the share that the ReLU sets to zero. Asked is what it passes, y > 0.": (
                lambda x_hat, weight, bias: tuple(
                    1 - share for share in passed_share(x_hat, weight, bias)
                )
            ),
        },
    ),
)
