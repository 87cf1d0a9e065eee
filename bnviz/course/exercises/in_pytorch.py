"""Exercises of chapter 14: what to decay, what tiny weights do, statistics of several devices."""

import numpy as np

from bnviz.course.exercise import Exercise

NETWORK = [(16, 1, 3, 3), (16,), (16,), (1, 64), (1,)]
NARROW = [(5, 5), (5,), (5,), (2, 5, 3), (4, 2, 1, 1), (1, 5)]
MEANS = np.array([[1.0, -2.0], [3.0, 0.0], [8.0, 1.0]])
VARIANCES = np.array([[1.0, 4.0], [2.0, 0.5], [4.0, 3.0]])
COUNTS = np.array([10, 30, 60])


def decays(shapes, decay):
    """The weight decay of each parameter: none for biases, γ and β."""
    return [decay if len(shape) > 1 else 0.0 for shape in shapes]


def next_spread(spread, weight_std, units, eps):
    """Standard deviation of x̂ in the next layer."""
    variance = units * weight_std**2 * 0.341 * spread**2
    return np.sqrt(variance / (variance + eps))


def combined(means, variances, counts):
    """(mean, variance) of all images together, each (C,)."""
    share = counts[:, None] / counts.sum()
    mean = (share * means).sum(axis=0)
    variance = (share * (variances + (means - mean) ** 2)).sum(axis=0)
    return mean, variance


def _combined(means, variances, counts, *, weighted=True, away=True, unbiased=False, inside=True):
    weights = counts[:, None] if weighted else np.ones((len(counts), 1))
    share = weights / weights.sum()
    mean = (share * means).sum(axis=0)
    inner = (share * variances).sum(axis=0) if inside else 0
    outer = (share * (means - mean) ** 2).sum(axis=0) if away else 0
    return mean, (inner + outer) * (counts.sum() / (counts.sum() - 1) if unbiased else 1)


EXERCISES = (
    Exercise(
        name="in-pytorch/decays",
        title="What to decay",
        reference=decays,
        cases=[
            {"shapes": NETWORK, "decay": 0.01},
            {"shapes": NARROW, "decay": 5e-4},
        ],
        mistakes={
            "γ, β and biases are to be spared: they have one dimension.": lambda shapes, decay: [
                decay for _ in shapes
            ],
            "The wrong way round: those of one dimension are to be spared.": (
                lambda shapes, decay: [decay if len(shape) == 1 else 0.0 for shape in shapes]
            ),
            "A convolution's weights have more than two dimensions; they decay, too.": (
                lambda shapes, decay: [decay if len(shape) == 2 else 0.0 for shape in shapes]
            ),
            "The weights of fully connected layers have two dimensions; they decay, too.": (
                lambda shapes, decay: [decay if len(shape) > 2 else 0.0 for shape in shapes]
            ),
            "decay is an argument of the function. You used one number, whatever it is.": (
                lambda shapes, decay: decays(shapes, 0.01),
                lambda shapes, decay: decays(shapes, 5e-4),
            ),
            "Not all weights of convolutions have four dimensions, and those of fully connected "
            "layers have two. All of them decay.": lambda shapes, decay: [
                decay if len(shape) == 4 else 0.0 for shape in shapes
            ],
            "A layer with a single output has weights of shape (1, inputs). They decay; count the "
            "dimensions, not their lengths.": (
                lambda shapes, decay: [
                    decay if shape[0] > 1 and len(shape) > 1 else 0.0 for shape in shapes
                ],
                lambda shapes, decay: [
                    decay if len(shape) > 1 and min(shape) > 1 else 0.0 for shape in shapes
                ],
            ),
            "That takes weights and the rest in turn. A batch norm has γ and β, a layer need not "
            "have a bias: look at the dimensions.": lambda shapes, decay: [
                0.0 if place % 2 else decay for place in range(len(shapes))
            ],
            "Biases, γ and β are spared whatever their length, not only those of length 1.": (
                lambda shapes, decay: [decay if np.prod(shape) > 1 else 0.0 for shape in shapes]
            ),
            "The decay itself, however many dimensions there are: do not multiply.": (
                lambda shapes, decay: [decay * (len(shape) - 1) for shape in shapes],
                lambda shapes, decay: [decay * len(shape) for shape in shapes],
            ),
            "These are yes and no. Give the weight decay itself, or 0.": lambda shapes, decay: [
                float(len(shape) > 1) for shape in shapes
            ],
            "These are only those that decay. Give one number for each shape, 0 for the rest.": (
                lambda shapes, decay: [decay for shape in shapes if len(shape) > 1],
                lambda shapes, decay: decay,
            ),
        },
    ),
    Exercise(
        name="in-pytorch/next-spread",
        title="From layer to layer, with tiny weights",
        reference=next_spread,
        rtol=2e-3,  # of (1 − 1/π) / 2 = 0.3408, rounded
        atol=1e-9,
        cases=[
            {"spread": 0.5, "weight_std": 1e-3, "units": 100, "eps": 1e-5},
            {"spread": 0.007, "weight_std": 1e-4, "units": 400, "eps": 1e-6},
            {"spread": 0.9, "weight_std": 0.2, "units": 25, "eps": 0.5},
        ],
        mistakes={
            "That is the variance of x̂. Take the root of it.": (
                lambda spread, weight_std, units, eps: (
                    next_spread(spread, weight_std, units, eps) ** 2
                )
            ),
            "That is the standard deviation of the sums, before batch norm divides them.": (
                lambda spread, weight_std, units, eps: np.sqrt(0.341 * units) * weight_std * spread
            ),
            "That is the variance of the sums, before batch norm divides them.": (
                lambda spread, weight_std, units, eps: 0.341 * units * (weight_std * spread) ** 2
            ),
            "Variances add up, so standard deviations must be squared first: weight_std, too.": (
                lambda spread, weight_std, units, eps: _kept(
                    units * weight_std * 0.341 * spread**2, eps
                )
            ),
            "Variances add up, so standard deviations must be squared first: spread, too.": (
                lambda spread, weight_std, units, eps: _kept(
                    units * weight_std**2 * 0.341 * spread, eps
                )
            ),
            "Variances add up, so standard deviations must be squared first.": (
                lambda spread, weight_std, units, eps: _kept(
                    units * weight_std * 0.341 * spread, eps
                )
            ),
            "The ReLU leaves 0.341 of the variance.": lambda spread, weight_std, units, eps: _kept(
                units * (weight_std * spread) ** 2, eps
            ),
            "A half is what the ReLU leaves of the mean square. Batch norm subtracts the mean, and "
            "0.341 of the variance is left.": lambda spread, weight_std, units, eps: _kept(
                units * 0.5 * (weight_std * spread) ** 2, eps
            ),
            "Batch norm multiplies by 1 / √ε only where the variance is far below ε. Divide by the "
            "root of both.": lambda spread, weight_std, units, eps: (
                np.sqrt(0.341 * units / eps) * weight_std * spread
            ),
            "0.341 is the share of the variance, not of the standard deviation.": (
                lambda spread, weight_std, units, eps: _kept(
                    units * (weight_std * 0.341 * spread) ** 2, eps
                ),
                lambda spread, weight_std, units, eps: (
                    np.sqrt(0.341) * next_spread(spread, weight_std, units, eps)
                ),
            ),
            "A sum adds up all units: multiply by their number.": (
                lambda spread, weight_std, units, eps: _kept(
                    0.341 * (weight_std * spread) ** 2, eps
                )
            ),
            "The units' variances add up: units times, neither its square nor its root.": (
                lambda spread, weight_std, units, eps: _kept(
                    0.341 * (units * weight_std * spread) ** 2, eps
                ),
                lambda spread, weight_std, units, eps: _kept(
                    0.341 * np.sqrt(units) * (weight_std * spread) ** 2, eps
                ),
            ),
            "Use the eps that is given, as it is.": (
                lambda spread, weight_std, units, eps: next_spread(spread, weight_std, units, 1e-5),
                lambda spread, weight_std, units, eps: next_spread(
                    spread, weight_std, units, eps**2
                ),
            ),
            "Each of the four numbers is given. You used one of them, whatever it is.": (
                lambda spread, weight_std, units, eps: next_spread(0.5, weight_std, units, eps),
                lambda spread, weight_std, units, eps: next_spread(spread, 1e-3, units, eps),
                lambda spread, weight_std, units, eps: next_spread(spread, weight_std, 100, eps),
            ),
            "What is summed has the variance 0.341 · spread². The spread is missing.": (
                lambda spread, weight_std, units, eps: next_spread(1, weight_std, units, eps)
            ),
            "The spread is in the sums already: do not multiply by it once more.": (
                lambda spread, weight_std, units, eps: (
                    spread * next_spread(spread, weight_std, units, eps)
                )
            ),
            "Batch norm divides standard deviations. You divided the variance by the root.": (
                lambda spread, weight_std, units, eps: (
                    (v := 0.341 * units * (weight_std * spread) ** 2) / np.sqrt(v + eps)
                )
            ),
            "That is what batch norm divides by. Divide the sums' standard deviation by it.": (
                lambda spread, weight_std, units, eps: np.sqrt(
                    0.341 * units * (weight_std * spread) ** 2 + eps
                )
            ),
            "ε is added to the variance, under the root.": (
                lambda spread, weight_std, units, eps: (
                    (s := np.sqrt(0.341 * units) * weight_std * spread) / (s + eps)
                )
            ),
            "Batch norm divides by √(variance + ε), and √ε stands beside the standard deviation: "
            "add before you take the root.": lambda spread, weight_std, units, eps: (
                (s := np.sqrt(0.341 * units) * weight_std * spread) / (s + np.sqrt(eps))
            ),
            "That is one layer too far: the next one is asked.": (
                lambda spread, weight_std, units, eps: next_spread(
                    next_spread(spread, weight_std, units, eps), weight_std, units, eps
                )
            ),
            "Without ε it would be 1. Here ε is not small beside the variance.": (
                lambda spread, weight_std, units, eps: 1.0
            ),
        },
    ),
    Exercise(
        name="in-pytorch/combined",
        title="Statistics of several devices",
        reference=combined,
        returns=("mean", "variance"),
        cases=[
            {"means": MEANS, "variances": VARIANCES, "counts": COUNTS},
            {"means": MEANS[:2, :1], "variances": VARIANCES[1:, 1:], "counts": np.array([6, 2])},
        ],
        mistakes={
            "The variances are averaged, but the devices' means differ, too: add how far they lie "
            "from the mean of all, squared.": lambda means, variances, counts: _combined(
                means, variances, counts, away=False
            ),
            "The devices have different numbers of images: weigh each by its count.": (
                lambda means, variances, counts: _combined(means, variances, counts, weighted=False)
            ),
            "That averages over the channels of each device. Average over the devices, axis 0.": (
                lambda means, variances, counts: (means.mean(axis=1), variances.mean(axis=1)),
                lambda means, variances, counts: (
                    means.mean(axis=1),
                    variances.mean(axis=1) + means.var(axis=1),
                ),
            ),
            "That averages variances, and all devices count alike. Weigh by the counts, and add "
            "how far the means lie apart, squared.": lambda means, variances, counts: _combined(
                means, variances, counts, weighted=False, away=False
            ),
            "That is the variance of the devices' means alone. Within each device the images "
            "differ, too: add the variances.": (
                lambda means, variances, counts: _combined(means, variances, counts, inside=False),
                lambda means, variances, counts: (
                    _combined(means, variances, counts)[0],
                    means.var(axis=0),
                ),
            ),
            "The means' distances are not weighed. A device with more images counts for more.": (
                lambda means, variances, counts: (
                    _combined(means, variances, counts)[0],
                    _combined(means, variances, counts, away=False)[1] + means.var(axis=0),
                ),
                lambda means, variances, counts: (
                    (mean := combined(means, variances, counts)[0]),
                    _combined(means, variances, counts, away=False)[1]
                    + ((means - mean) ** 2).mean(axis=0),
                ),
            ),
            "The squared distances of the means are averaged, too: weighed, and not summed.": (
                lambda means, variances, counts: (
                    (mean := combined(means, variances, counts)[0]),
                    _combined(means, variances, counts, away=False)[1]
                    + ((means - mean) ** 2).sum(axis=0),
                )
            ),
            "The means' distances from the mean of all must be squared.": (
                lambda means, variances, counts: (
                    (mean := combined(means, variances, counts)[0]),
                    np.average(variances + abs(means - mean), axis=0, weights=counts),
                )
            ),
            "Add how far the means lie apart; you subtracted it.": (
                lambda means, variances, counts: (
                    (mean := combined(means, variances, counts)[0]),
                    np.average(variances - (means - mean) ** 2, axis=0, weights=counts),
                )
            ),
            "Average variances, not standard deviations.": lambda means, variances, counts: (
                (mean := combined(means, variances, counts)[0]),
                np.average(np.sqrt(variances), axis=0, weights=counts) ** 2
                + np.average((means - mean) ** 2, axis=0, weights=counts),
            ),
            "That is the mean of x². Subtract the squared mean.": lambda means, variances, counts: (
                combined(means, variances, counts)[0],
                np.average(variances + means**2, axis=0, weights=counts),
            ),
            "This is divided by N − 1. Batch norm divides by N.": (
                lambda means, variances, counts: _combined(means, variances, counts, unbiased=True)
            ),
            "The variances are divided by the count already: weigh by it, not by one less.": (
                lambda means, variances, counts: (
                    (mean := combined(means, variances, counts)[0]),
                    ((counts[:, None] - 1) * variances + counts[:, None] * (means - mean) ** 2).sum(
                        axis=0
                    )
                    / (counts.sum() - 1),
                )
            ),
            "The second number is a standard deviation. The variance is asked.": (
                lambda means, variances, counts: (
                    combined(means, variances, counts)[0],
                    np.sqrt(combined(means, variances, counts)[1]),
                )
            ),
            "The order is mean, variance. You gave the variance first.": (
                lambda means, variances, counts: combined(means, variances, counts)[::-1]
            ),
            "Those are sums over the devices. Divide by the number of all images.": (
                lambda means, variances, counts: (
                    (counts[:, None] * means).sum(0),
                    (counts[:, None] * variances).sum(0),
                ),
                lambda means, variances, counts: (means.sum(axis=0), variances.sum(axis=0)),
            ),
            "The mean of x² less the squared mean is right, but the mean of x² on a device is its "
            "variance *plus* its squared mean.": lambda means, variances, counts: (
                combined(means, variances, counts)[0],
                (counts[:, None] * variances).sum(0) / counts.sum()
                - combined(means, variances, counts)[0] ** 2,
            ),
        },
    ),
)


def _kept(variance, eps):
    return np.sqrt(variance / (variance + eps))
