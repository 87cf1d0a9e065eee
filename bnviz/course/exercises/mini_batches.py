"""Exercises on mini-batches: how many, how large, and what they say together."""

import numpy as np

from bnviz.course.exercise import Exercise

GRADIENTS = np.array([[1.0, 0.0, -2.0], [3.0, 0.5, 0.0], [-5.0, 4.0, 1.0]])


def batches(num_samples, batch_size):
    """How many mini-batches one pass takes, and the size of the last."""
    full, rest = divmod(num_samples, batch_size)
    return (full, batch_size) if rest == 0 else (full + 1, rest)


def batch_size_for(std, error):
    """The smallest mini-batch whose mean is off by no more than error, typically."""
    return int(np.ceil((std / error) ** 2 - 1e-9))  # rounding must not add a sample


def whole_gradient(gradients, sizes):
    """The mean gradient of all images, shape (P,), from those of the mini-batches, (B, P)."""
    return np.average(gradients, axis=0, weights=sizes)


def _weighted(gradients, sizes):
    return (np.asarray(sizes)[:, None] * gradients).sum(0)


EXERCISES = (
    Exercise(
        name="mini-batches/batches",
        title="Count the mini-batches",
        reference=batches,
        returns=("count", "last"),
        cases=[
            {"num_samples": 5000, "batch_size": 100},
            {"num_samples": 1297, "batch_size": 64},
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
            "The last mini-batch holds only what is left over.": (
                lambda num_samples, batch_size: (-(-num_samples // batch_size), batch_size)
            ),
            "Where nothing is left over, the last mini-batch is full, not empty.": (
                lambda num_samples, batch_size: (
                    -(-num_samples // batch_size),
                    num_samples % batch_size,
                )
            ),
            "A number of mini-batches is a whole number: round up.": (
                lambda num_samples, batch_size: (
                    num_samples / batch_size,
                    num_samples % batch_size or batch_size,
                )
            ),
            "Round up, always: the smallest rest makes a mini-batch too.": (
                lambda num_samples, batch_size: (
                    round(num_samples / batch_size),
                    num_samples % batch_size or batch_size,
                )
            ),
            "The order is count, last. You gave the size of the last first.": (
                lambda num_samples, batch_size: batches(num_samples, batch_size)[::-1]
            ),
            "The rest of a division is what is left over: num_samples % batch_size.": (
                lambda num_samples, batch_size: (
                    -(-num_samples // batch_size),
                    -num_samples % batch_size,
                )
            ),
        },
    ),
    Exercise(
        name="mini-batches/noise",
        title="A mini-batch that is large enough",
        reference=batch_size_for,
        cases=[
            {"std": 1.0, "error": 0.1},
            {"std": 1.0, "error": 0.05},
            {"std": 3.0, "error": 0.7},
            {"std": 0.5, "error": 2.0},
            {"std": 3.0, "error": 1.0},
        ],
        mistakes={
            "The error falls with the root of the batch size: half the error takes four times as "
            "many samples. Square the ratio.": lambda std, error: int(np.ceil(std / error)),
            "The ratio is the other way round: a wider spread needs more samples, and so does a "
            "smaller error.": lambda std, error: int(np.ceil((error / std) ** 2)),
            "Round up: with the number rounded down, the error would still be too large.": (
                lambda std, error: int((std / error) ** 2),
                lambda std, error: max(int((std / error) ** 2), 1),
            ),
            "One sample too many where the ratio is a whole number: round up, do not add 1.": (
                lambda std, error: int((std / error) ** 2) + 1,
                lambda std, error: int(np.round((std / error) ** 2 + 0.5)),
            ),
            "One sample too few: with it, the error is still too large.": (
                lambda std, error: batch_size_for(std, error) - 1,
                lambda std, error: max(batch_size_for(std, error) - 1, 1),
            ),
            "The mean of 1 value is off by std itself. Take more values while that is more than "
            "error.": lambda std, error: 1,
            "Square first, round up then: rounding grows when it is squared.": lambda std, error: (
                int(np.ceil(std / error) ** 2)
            ),
            "A number of samples is a whole number: round up.": lambda std, error: (
                (std / error) ** 2
            ),
            "The whole ratio is squared, std as well: (std / error) ** 2.": (
                lambda std, error: int(np.ceil(std / error**2 - 1e-9))
            ),
            "The whole ratio is squared, error as well: (std / error) ** 2.": (
                lambda std, error: int(np.ceil(std**2 / error - 1e-9))
            ),
            "std is missing: wider values need more samples.": (
                lambda std, error: int(np.ceil(1 / error**2 - 1e-9))
            ),
            "That is the root of the ratio. Solve std / √m = error for m: square it.": (
                lambda std, error: int(np.ceil(np.sqrt(std / error)))
            ),
        },
    ),
    Exercise(
        name="mini-batches/average",
        title="Put an epoch together",
        reference=whole_gradient,
        cases=[
            {"gradients": GRADIENTS[:2], "sizes": np.array([60, 37])},
            {"gradients": GRADIENTS, "sizes": np.array([4, 4, 1])},
        ],
        mistakes={
            "Each mini-batch had the same say. One of 60 images speaks for more of them than one "
            "of 37: weigh by sizes.": lambda gradients, sizes: gradients.mean(0),
            "The sum over all images. Divide by their number.": _weighted,
            "Divide by the number of images, not of mini-batches.": lambda gradients, sizes: (
                _weighted(gradients, sizes) / len(sizes)
            ),
            "The rows are means of their mini-batches already: multiply by the size, do not "
            "divide by it.": lambda gradients, sizes: np.average(
                gradients, axis=0, weights=1 / np.asarray(sizes)
            ),
            "Divide by the sum of sizes: the last mini-batch is smaller.": (
                lambda gradients, sizes: _weighted(gradients, sizes) / (len(sizes) * max(sizes))
            ),
            "That is one number for each mini-batch. Average down the rows, axis 0.": (
                lambda gradients, sizes: gradients.mean(1)
            ),
            "Those are the sums of each mini-batch. Add them up and divide by the number of "
            "images.": lambda gradients, sizes: np.asarray(sizes)[:, None] * gradients,
            "The rows are means already, so they are not just added up: multiply each by its size "
            "first.": lambda gradients, sizes: gradients.sum(0) / np.sum(sizes),
            "That is one number for everything. Average down the rows, axis 0, and weigh them by "
            "sizes.": (
                lambda gradients, sizes: gradients.mean(),
                lambda gradients, sizes: _weighted(gradients, sizes).mean() / np.sum(sizes),
            ),
        },
    ),
)
