"""Exercises of the introduction: mini-batches, common scales, and the noise of small samples."""

import numpy as np

from bnviz.course.exercise import Exercise

# Heights in metres, weights in kilograms, and a column that never changes.
PEOPLE = np.array([[1.5, 50.0, 1.0], [1.7, 80.0, 1.0], [1.6, 65.0, 1.0], [2.0, 65.0, 1.0]])


def batches(num_samples, batch_size):
    """How many mini-batches one pass takes, and the size of the last."""
    full, rest = divmod(num_samples, batch_size)
    return (full, batch_size) if rest == 0 else (full + 1, rest)


def standardize(x):
    """Each column of x (N, C) with mean 0 and standard deviation 1; a constant one becomes 0."""
    deviation = x - x.mean(axis=0)
    std = x.std(axis=0)
    return deviation / np.where(std == 0, 1, std)


def batch_size_for(std, error):
    """The smallest mini-batch whose mean is off by no more than error, typically."""
    return int(np.ceil((std / error) ** 2))


def _nan_free(x):
    return np.nan_to_num((x - x.mean(0)) / x.std(0, ddof=1))


EXERCISES = (
    Exercise(
        name="intro/batches",
        title="Count the mini-batches",
        reference=batches,
        returns=("count", "last"),
        cases=[
            {"num_samples": 5000, "batch_size": 100},
            {"num_samples": 1297, "batch_size": 60},
            {"num_samples": 40, "batch_size": 64},
        ],
        mistakes={
            "The samples that are left over make a last, smaller mini-batch. Count it too.": (
                lambda num_samples, batch_size: (
                    num_samples // batch_size,
                    num_samples % batch_size or batch_size,
                )
            ),
            "One mini-batch too many, and an empty one: where nothing is left over, the last one "
            "is full.": lambda num_samples, batch_size: (
                num_samples // batch_size + 1,
                num_samples % batch_size,
            ),
            "The count is right. The last mini-batch holds only what is left over.": (
                lambda num_samples, batch_size: (-(-num_samples // batch_size), batch_size)
            ),
            "The count is right. Where nothing is left over, the last mini-batch is full, not "
            "empty.": lambda num_samples, batch_size: (
                -(-num_samples // batch_size),
                num_samples % batch_size,
            ),
            "A number of mini-batches is a whole number: round up.": (
                lambda num_samples, batch_size: (
                    num_samples / batch_size,
                    num_samples % batch_size or batch_size,
                )
            ),
        },
    ),
    Exercise(
        name="intro/standardize",
        title="Bring features to a common scale",
        reference=standardize,
        cases=[{"x": PEOPLE[:, :2]}, {"x": PEOPLE}, {"x": PEOPLE.T[:, :3] * [1, 10, 100]}],
        mistakes={
            "A column that never changes has standard deviation 0, and 0 / 0 is no number. Leave "
            "it at 0: divide by 1 where std is 0.": lambda x: (x - x.mean(0)) / x.std(0),
            "You divided by N - 1 in the standard deviation (ddof=1). Divide by N here, NumPy's "
            "default.": _nan_free,
            "That standardizes each row, one sample at a time. Take mean and standard deviation "
            "of each column: axis 0.": lambda x: (
                (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True)
            ),
            "One mean and one standard deviation for the whole array leave the columns on their "
            "different scales. Take them over axis 0.": lambda x: (x - x.mean()) / x.std(),
            "You divided by the variance. Divide by its root, the standard deviation.": lambda x: (
                (x - x.mean(0)) / np.where(x.var(0) == 0, 1, x.var(0))
            ),
            "The mean is gone. Now divide by the standard deviation.": lambda x: x - x.mean(0),
            "That is the other common scaling, from 0 to 1. Here: subtract the mean, divide by "
            "the standard deviation.": lambda x: (
                (x - x.min(0)) / np.where(np.ptp(x, axis=0) == 0, 1, np.ptp(x, axis=0))
            ),
        },
    ),
    Exercise(
        name="intro/noise",
        title="A batch that is large enough",
        reference=batch_size_for,
        cases=[
            {"std": 1.0, "error": 0.1},
            {"std": 1.0, "error": 0.05},
            {"std": 3.0, "error": 0.7},
        ],
        mistakes={
            "The error falls with the root of the batch size: half the error takes four times as "
            "many samples. Square the ratio.": lambda std, error: int(np.ceil(std / error)),
            "The ratio is the other way round: a wider spread needs more samples, and so does a "
            "smaller error.": lambda std, error: int(np.ceil((error / std) ** 2)),
            "Round up: with the number rounded down, the error would still be too large.": (
                lambda std, error: int((std / error) ** 2)
            ),
            "One sample too many where the ratio is a whole number: round up, do not add 1.": (
                lambda std, error: int((std / error) ** 2) + 1
            ),
            "Square first, round up then: rounding grows when it is squared.": lambda std, error: (
                int(np.ceil(std / error) ** 2)
            ),
            "A number of samples is a whole number: round up.": lambda std, error: (
                (std / error) ** 2
            ),
        },
    ),
)
