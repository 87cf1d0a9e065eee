"""Exercises on the place of batch normalization, and on biases beside it."""

import numpy as np

from bnviz.course.exercise import Exercise

Z = np.array([[1.0, -2.0, 0.5], [3.0, -1.0, -0.5], [-2.0, 4.0, 2.5], [0.5, 1.0, -1.0]])
OUTLIER = np.array([[-1.0], [-0.6], [-0.2], [0.1], [0.4], [0.7], [1.0], [100.0]])


def _normalize(x, eps, axis=0, ddof=0):
    return (x - x.mean(axis=axis, keepdims=True)) / np.sqrt(
        x.var(axis=axis, ddof=ddof, keepdims=True) + eps
    )


def both_orders(z, eps):
    """What is handed on with BN before the ReLU, and with BN after it."""
    return np.maximum(_normalize(z, eps), 0), _normalize(np.maximum(z, 0), eps)


def next_bias(beta, weight, bias):
    """The bias (D,) of the next layer that does the work of beta (C,), too."""
    return weight @ beta + bias


def superfluous(parts):
    """Positions of the linear layers whose bias BN takes out again."""
    found = []
    for i, part in enumerate(parts):
        rest = [other for other in parts[i + 1 :] if other != "linear"]
        if part == "linear" and rest and rest[0] == "batchnorm":
            found.append(i)
    return np.array(found, dtype=int)


def _positions(parts, keep):
    return np.array([i for i, one in enumerate(parts) if keep(i, one)], dtype=int)


def _of_passed(z, eps):
    relu = np.maximum(z, 0)
    passed = np.where(relu > 0, relu, np.nan)
    return (relu - np.nanmean(passed, axis=0)) / np.sqrt(np.nanvar(passed, axis=0) + eps)


def _outside(z, eps):
    relu = np.maximum(z, 0)
    return (
        np.maximum((z - z.mean(0)) / (z.std(0) + eps), 0),
        (relu - relu.mean(0)) / (relu.std(0) + eps),
    )


EXERCISES = (
    Exercise(
        name="placement/order",
        title="Both orders",
        reference=both_orders,
        returns=("before", "after"),
        cases=[
            {"z": Z, "eps": 1e-5},
            {"z": OUTLIER, "eps": 1e-5},
            {"z": Z, "eps": 0.5},
        ],
        mistakes={
            "The order is before, after. You gave the other one first.": (
                lambda z, eps: both_orders(z, eps)[::-1]
            ),
            "That is BN before the ReLU twice. After means: first the ReLU, then the mean and the "
            "standard deviation of what it leaves.": lambda z, eps: (both_orders(z, eps)[0],) * 2,
            "With BN after, the ReLU comes first and nothing cuts what BN gives.": lambda z, eps: (
                both_orders(z, eps)[0],
                np.maximum(both_orders(z, eps)[1], 0),
            ),
            "BN after the ReLU takes mean and variance of what the ReLU leaves, not of z.": (
                lambda z, eps: (
                    both_orders(z, eps)[0],
                    (np.maximum(z, 0) - z.mean(0)) / np.sqrt(z.var(0) + eps),
                )
            ),
            "The zeros count, too: mean and variance run over all images, not only over those that "
            "the ReLU lets through.": lambda z, eps: (both_orders(z, eps)[0], _of_passed(z, eps)),
            "A ReLU sets what is below 0 to 0 and leaves the rest as it is: np.maximum(z, 0).": (
                lambda z, eps: (
                    np.minimum(_normalize(z, eps), 0),
                    _normalize(np.minimum(z, 0), eps),
                ),
                lambda z, eps: (abs(_normalize(z, eps)), _normalize(abs(z), eps)),
            ),
            "The ReLU is missing with BN before it.": lambda z, eps: (
                _normalize(z, eps),
                both_orders(z, eps)[1],
            ),
            "The ReLU is missing with BN after it.": lambda z, eps: (
                both_orders(z, eps)[0],
                _normalize(z, eps),
            ),
            "With BN before the ReLU, BN gets z as it is: the ReLU comes after it.": (
                lambda z, eps: (
                    np.maximum(_normalize(np.maximum(z, 0), eps), 0),
                    both_orders(z, eps)[1],
                )
            ),
            "There is one BN in each order. With BN after, the ReLU gets z as it is.": (
                lambda z, eps: (
                    both_orders(z, eps)[0],
                    _normalize(np.maximum(_normalize(z, eps), 0), eps),
                )
            ),
            "Each column is a unit: take mean and variance over the images, axis 0.": (
                lambda z, eps: (
                    np.maximum(_normalize(z, eps, 1), 0),
                    _normalize(np.maximum(z, 0), eps, 1),
                ),
                lambda z, eps: (
                    np.maximum(_normalize(z, eps, None), 0),
                    _normalize(np.maximum(z, 0), eps, None),
                ),
            ),
            "Subtract the mean of the column before you divide.": lambda z, eps: (
                np.maximum(z / np.sqrt(z.var(0) + eps), 0),
                np.maximum(z, 0) / np.sqrt(np.maximum(z, 0).var(0) + eps),
            ),
            "You divided by N − 1. Batch normalization divides by N.": lambda z, eps: (
                np.maximum(_normalize(z, eps, ddof=1), 0),
                _normalize(np.maximum(z, 0), eps, ddof=1),
            ),
            "ε belongs under the root, added to the variance.": _outside,
            "eps is given: add it to the variance, under the root.": lambda z, eps: both_orders(
                z, 1e-12
            ),
            "Divide by the root of the variance.": lambda z, eps: (
                np.maximum((z - z.mean(0)) / (z.var(0) + eps), 0),
                (np.maximum(z, 0) - np.maximum(z, 0).mean(0)) / (np.maximum(z, 0).var(0) + eps),
            ),
        },
    ),
    Exercise(
        name="placement/next-bias",
        title="β, or the next bias",
        reference=next_bias,
        cases=[
            {
                "beta": np.array([0.5, -1.0]),
                "weight": np.array([[1.0, 2.0], [3.0, -1.0]]),
                "bias": np.array([0.1, 0.2]),
            },
            {
                "beta": np.array([1.0, 0.0, -2.0]),
                "weight": np.array([[0.5, -1.0, 2.0], [1.0, 4.0, -0.5], [3.0, -2.0, 0.5]]),
                "bias": np.array([-1.0, 3.0, 0.5]),
            },
            {
                "beta": np.array([1.0, -0.5, -2.0]),
                "weight": np.array([[0.5, -1.0, 2.0]]),
                "bias": np.array([-1.0]),
            },
        ],
        mistakes={
            "The layer has a bias of its own: add it.": lambda beta, weight, bias: weight @ beta,
            "β is added on the way in, so W times β is added to the bias, not subtracted.": (
                lambda beta, weight, bias: bias - weight @ beta
            ),
            "Each row of weight belongs to one unit of the next layer: sum over its columns, "
            "weight @ beta.": (
                lambda beta, weight, bias: weight.T @ beta + bias,
                lambda beta, weight, bias: (weight * beta).sum(0) + bias,
            ),
            "β goes through the weights first: weight @ beta.": (
                lambda beta, weight, bias: beta + bias,
                lambda beta, weight, bias: bias + beta.sum(),
            ),
            "A column and a row together make a table. Leave beta as it is, shape (C,): weight @ "
            "beta.": lambda beta, weight, bias: weight @ beta[:, None] + bias,
            "The layer's own bias stays as it is: add it, do not subtract it.": (
                lambda beta, weight, bias: weight @ beta - bias
            ),
            "That has a number for each weight. A unit of the next layer sums them up: sum over "
            "the columns.": (
                lambda beta, weight, bias: weight * beta + bias[:, None],
                lambda beta, weight, bias: weight * beta + bias,
            ),
            "Only the bias stands there: where does β go when W multiplies it?": (
                lambda beta, weight, bias: bias
            ),
            "Each unit of the next layer has weights of its own for the β of all units: a matrix "
            "times a vector, weight @ beta.": lambda beta, weight, bias: (
                weight.sum(1) * beta.mean() + bias
            ),
        },
    ),
    Exercise(
        name="placement/superfluous",
        title="Which biases can go?",
        reference=superfluous,
        cases=[
            {"parts": ["linear", "batchnorm", "relu", "linear"]},
            {"parts": ["linear", "relu", "batchnorm", "linear"]},
            {"parts": ["linear", "linear", "batchnorm", "sigmoid", "linear", "batchnorm"]},
            {"parts": ["linear", "relu", "linear", "batchnorm", "batchnorm", "linear"]},
            {"parts": ["linear", "tanh", "batchnorm", "linear"]},
            {"parts": ["linear", "linear", "linear", "batchnorm", "relu", "linear"]},
            {"parts": ["linear", "batchnorm", "relu", "linear", "relu", "batchnorm", "linear"]},
        ],
        mistakes={
            "Another linear layer hands a constant on as a constant, and the BN behind it takes "
            "it out: walk on over linear layers.": lambda parts: _positions(
                parts,
                lambda i, one: one == "linear" and parts[i + 1 : i + 2] == ["batchnorm"],
            ),
            "An activation ends the walk: behind it a bias is not the same for every image.": (
                lambda parts: _positions(
                    parts, lambda i, one: one == "linear" and "batchnorm" in parts[i + 1 :]
                ),
                lambda parts: _positions(
                    parts, lambda i, one: one == "linear" and "batchnorm" in parts[i + 1 : i + 3]
                ),
            ),
            "That looks up to the *first* BN of all. Look up to the next one after the linear "
            'layer: parts.index("batchnorm", i).': lambda parts: _positions(
                parts,
                lambda i, one: (
                    one == "linear"
                    and "batchnorm" in parts[i:]
                    and set(parts[i + 1 : parts.index("batchnorm")]) <= {"linear"}
                ),
            ),
            "Where no BN follows, the bias counts.": lambda parts: _positions(
                parts, lambda i, one: one == "linear"
            ),
            "Those are the biases that count. Asked for are the others.": lambda parts: (
                np.setdiff1d(_positions(parts, lambda i, one: one == "linear"), superfluous(parts))
            ),
            "Those are the places of BN. Asked for are those of the linear layers before it.": (
                lambda parts: _positions(parts, lambda i, one: one == "batchnorm")
            ),
            "BN takes out what comes before it. A bias behind it counts.": (
                lambda parts: _positions(
                    parts, lambda i, one: one == "linear" and parts[:i][-1:] == ["batchnorm"]
                ),
                lambda parts: _positions(
                    parts,
                    lambda i, one: (
                        one == "linear" and "batchnorm" in (parts[i + 1 : i + 2] + parts[:i][-1:])
                    ),
                ),
            ),
            "There may be more than one. Return all positions.": (
                lambda parts: superfluous(parts)[:1]
            ),
            "In ascending order.": lambda parts: superfluous(parts)[::-1],
            "Count from 0.": lambda parts: superfluous(parts) + 1,
            "Count the positions among all parts, not among the linear layers.": lambda parts: (
                np.array(
                    [parts[:i].count("linear") for i in superfluous(parts)],
                    dtype=int,
                )
            ),
            "That says yes or no of each part. Return the positions where it is yes.": (
                lambda parts: np.isin(np.arange(len(parts)), superfluous(parts)),
                lambda parts: np.array(
                    [i in superfluous(parts) for i, one in enumerate(parts) if one == "linear"]
                ),
            ),
        },
    ),
)
