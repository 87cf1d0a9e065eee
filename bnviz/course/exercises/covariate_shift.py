"""Exercises of chapter 2: covariate shift, and what moves inside a network while it learns."""

import numpy as np

from bnviz.course.exercise import Exercise

# 15th, 50th and 85th percentile of one unit at five moments of training. The middle goes up and
# comes back half of the way; the width grows, and then shrinks a little.
MOVING = np.array(
    [[-1.0, 0.0, 1.25], [-0.5, 1.0, 2.0], [0.5, 3.0, 4.5], [0.0, 2.5, 4.0], [-0.5, 1.5, 3.0]]
)
STILL = np.array([[-1.1, 0.0, 0.9], [-1.0, 0.1, 1.0], [-1.2, -0.1, 1.0], [-1.2, 0.0, 1.3]])

# Means of one unit: three moments of training (rows), four batches (columns). The second row leans
# to one side, with all batches and with three of them: there its median is not its mean.
MEANS = np.array([[0.0, 0.2, 0.1, 0.1], [1.0, 1.6, 1.1, 1.1], [3.1, 2.9, 2.5, 3.5]])


def drift(percentiles):
    """How far the median travels, in units of the width at the end."""
    low, median, high = percentiles.T
    return (median.max() - median.min()) / (high[-1] - low[-1])


def split_movement(means):
    """Standard deviation over training time, and between mini-batches."""
    over_time = means.mean(axis=1).std()
    between_batches = means.std(axis=1).mean()
    return over_time, between_batches


def promised_and_actual(w, step):
    """The change of w[0]·w[1]·… if each step came alone, added up, and if all come together."""
    before = np.prod(w)
    alone = []
    for i in range(len(w)):
        moved = w.astype(float)  # a copy; whole numbers would cut off the step
        moved[i] += step[i]
        alone.append(np.prod(moved) - before)
    return sum(alone), np.prod(w + step) - before


def _alone(w, step):
    """The change of the product with each step that comes alone."""
    alone = [np.prod(np.where(np.arange(len(w)) == i, w + step, w)) for i in range(len(w))]
    return np.array(alone) - np.prod(w)


def _never_back(w, step):
    """What is promised if weights that have taken their step stay there: a mistake."""
    outputs = [np.prod(w + np.where(np.arange(len(w)) <= i, step, 0)) for i in range(len(w))]
    return sum(outputs) - len(w) * np.prod(w)


EXERCISES = (
    Exercise(
        name="covariate-shift/drift",
        title="How far a unit travels",
        reference=drift,
        cases=[{"percentiles": MOVING}, {"percentiles": STILL}],
        mistakes={
            "That is the way from the first moment to the last. The median may have been further "
            "away in between: take its largest minus its smallest value.": lambda percentiles: (
                abs(percentiles[-1, 1] - percentiles[0, 1])
                / (percentiles[-1, 2] - percentiles[-1, 0])
            ),
            "You divided by the width at the start. The exercise asks for the width at the "
            "end, in the last row.": lambda percentiles: (
                np.ptp(percentiles[:, 1]) / (percentiles[0, 2] - percentiles[0, 0])
            ),
            "Each row was divided by its own width. Only the width in the last row counts.": (
                lambda percentiles: (
                    np.ptp(percentiles[:, 1]) / (percentiles[:, 2] - percentiles[:, 0])
                )
            ),
            "That is the travel itself. Divide it by the width at the end.": lambda percentiles: (
                np.ptp(percentiles[:, 1])
            ),
            "Divide by the width from the 15th to the 85th percentile, not by half of it.": (
                lambda percentiles: (
                    2 * np.ptp(percentiles[:, 1]) / (percentiles[-1, 2] - percentiles[-1, 0])
                )
            ),
            "The width goes from the 15th to the 85th percentile. You took a part of it, from or "
            "to the median.": (
                lambda p: np.ptp(p[:, 1]) / (p[-1, 2] - p[-1, 1]),
                lambda p: np.ptp(p[:, 1]) / (p[-1, 1] - p[-1, 0]),
            ),
            "The ratio is the other way round: the travel, divided by the width.": (
                lambda p: (p[-1, 2] - p[-1, 0]) / np.ptp(p[:, 1])
            ),
            "That is the way from the first moment to the farthest. Take the largest median minus "
            "the smallest.": (
                lambda p: abs(p[:, 1] - p[0, 1]).max() / (p[-1, 2] - p[-1, 0]),
                lambda p: (p[:, 1].max() - p[0, 1]) / (p[-1, 2] - p[-1, 0]),
            ),
            "That is how the median is spread, not how far it travels: its largest minus its "
            "smallest value.": lambda p: p[:, 1].std() / (p[-1, 2] - p[-1, 0]),
            "The width is that of one moment, the last row. You took the whole range of all "
            "moments.": lambda p: np.ptp(p[:, 1]) / (p[:, 2].max() - p[:, 0].min()),
            "The width is that of the last row. You took the mean of all.": lambda p: (
                np.ptp(p[:, 1]) / (p[:, 2] - p[:, 0]).mean()
            ),
            "That is the way from row to row, back and forth, added up. Take the largest median "
            "minus the smallest.": lambda percentiles: (
                np.abs(np.diff(percentiles[:, 1])).sum() / (percentiles[-1, 2] - percentiles[-1, 0])
            ),
            "The result is negative. A width is the 85th minus the 15th percentile, a travel the "
            "largest median minus the smallest, in this order.": (
                lambda percentiles: (
                    np.ptp(percentiles[:, 1]) / (percentiles[-1, 0] - percentiles[-1, 2])
                )
            ),
            "The median is column 1; the travel that you took is that of another percentile.": (
                lambda p: np.ptp(p[:, 0]) / (p[-1, 2] - p[-1, 0]),
                lambda p: np.ptp(p[:, 2]) / (p[-1, 2] - p[-1, 0]),
            ),
            "The travel is that of the median, column 1. You took the range of the whole table.": (
                lambda p: np.ptp(p) / (p[-1, 2] - p[-1, 0])
            ),
            "The median is a column, percentiles[:, 1]. You took a row, one moment.": (
                lambda p: np.ptp(p[1]) / (p[-1, 2] - p[-1, 0])
            ),
            "The width is that of the last row, not the widest of all.": lambda p: (
                np.ptp(p[:, 1]) / (p[:, 2] - p[:, 0]).max()
            ),
        },
    ),
    Exercise(
        name="covariate-shift/split",
        title="Drift or sampling noise",
        reference=split_movement,
        returns=("over_time", "between_batches"),
        cases=[{"means": MEANS}, {"means": MEANS[:, :3] - 1.0}],
        mistakes={
            "The two are swapped: over_time comes first.": lambda means: (
                means.std(axis=1).mean(),
                means.mean(axis=1).std(),
            ),
            "Rows are moments, columns are batches. You averaged over the moments first: swap "
            "the axes.": lambda means: (means.mean(axis=0).std(), means.std(axis=0).mean()),
            "For between_batches stay in the row as well: axis=1.": (
                lambda means: (means.mean(axis=1).std(), means.std(axis=0).mean())
            ),
            "You divided by one less than the number of values (ddof=1). Divide by the number "
            "itself here.": lambda means: (
                means.mean(axis=1).std(ddof=1),
                means.std(axis=1, ddof=1).mean(),
            ),
            "over_time still holds the sampling noise of every batch. Average each row over its "
            "batches first, then take the standard deviation of these averages.": lambda means: (
                means.std(),
                means.std(axis=1).mean(),
            ),
            "For between_batches take the standard deviation of each row, and average these; you "
            "averaged variances.": lambda means: (
                means.mean(axis=1).std(),
                np.sqrt(means.var(axis=1).mean()),
            ),
            "For between_batches average the standard deviations of the rows; you added them up.": (
                lambda means: (means.mean(axis=1).std(), means.std(axis=1).sum())
            ),
            "For over_time average each row; you added it up.": lambda means: (
                means.sum(axis=1).std(),
                means.std(axis=1).mean(),
            ),
            "over_time lacks its last step: the standard deviation of these averages.": (
                lambda means: (means.mean(axis=1), means.std(axis=1).mean())
            ),
            "over_time: average each row first, then take the standard deviation. You did it the "
            "other way round, for each column.": lambda means: (
                means.std(axis=0).mean(),
                means.std(axis=1).mean(),
            ),
            "You took the median of each row. Average it.": lambda means: (
                np.median(means, axis=1).std(),
                means.std(axis=1).mean(),
            ),
            "between_batches lacks its last step: average the standard deviations of the rows.": (
                lambda means: (means.mean(axis=1).std(), means.std(axis=1))
            ),
            "For between_batches take the standard deviation of each row first, then average. You "
            "averaged over the moments first.": lambda means: (
                means.mean(axis=1).std(),
                means.mean(axis=0).std(),
            ),
            "That is the variance. Take standard deviations.": lambda means: (
                means.mean(axis=1).var(),
                means.var(axis=1).mean(),
            ),
            "over_time is a standard deviation. You took a distance: the largest minus the "
            "smallest, or the last minus the first.": lambda means: (
                np.ptp(means.mean(axis=1)),
                means.std(axis=1).mean(),
            ),
            "For between_batches take the standard deviation of every row, and average these. You "
            "took one row.": (
                lambda means: (means.mean(axis=1).std(), means[0].std()),
                lambda means: (means.mean(axis=1).std(), means[-1].std()),
            ),
            "The standard deviation of the whole table holds the movement over time, too. For "
            "between_batches stay in the row: axis=1.": lambda means: (
                means.mean(axis=1).std(),
                means.std(),
            ),
        },
    ),
    Exercise(
        name="covariate-shift/chain",
        title="Layers that move at the same time",
        reference=promised_and_actual,
        returns=("promised", "actual"),
        cases=[
            {"w": np.array([2.0, 3.0]), "step": np.array([0.5, 0.1])},
            {"w": np.array([1.0, 2.0, -1.0]), "step": np.array([0.5, -0.5, 0.25])},
            {"w": np.full(6, 1.0), "step": np.full(6, -0.3)},
            {"w": np.array([2.0, 0.0, 3.0]), "step": np.array([0.1, 0.5, -0.2])},
        ],
        mistakes={
            "Dividing the product by a weight fails where the weight is 0. Copy w, change one "
            "element, and take the product again.": (
                lambda w, step: (
                    np.sum(np.prod(w) / w * step),
                    np.prod(w + step) - np.prod(w),
                ),
                lambda w, step: (
                    np.sum(np.nan_to_num(np.prod(w) / w * step)),
                    np.prod(w + step) - np.prod(w),
                ),
            ),
            "Not all weights had their turn: range(len(w)) goes through all of them.": (
                lambda w, step: (_alone(w, step)[:-1].sum(), np.prod(w + step) - np.prod(w)),
                lambda w, step: (_alone(w, step)[1:].sum(), np.prod(w + step) - np.prod(w)),
            ),
            "The promise adds up the changes. You took their mean.": lambda w, step: (
                _alone(w, step).mean(),
                np.prod(w + step) - np.prod(w),
            ),
            "promised is made of changes: subtract the output before from each output.": (
                lambda w, step: (
                    (_alone(w, step) + np.prod(w)).sum(),
                    np.prod(w + step) - np.prod(w),
                )
            ),
            "A step is added to its weight, it does not take its place: moved[i] += step[i].": (
                lambda w, step: (
                    sum(
                        np.prod(np.where(np.arange(len(w)) == i, step, w)) - np.prod(w)
                        for i in range(len(w))
                    ),
                    np.prod(w + step) - np.prod(w),
                )
            ),
            "The promises are added up, not multiplied.": lambda w, step: (
                np.prod(_alone(w, step)),
                np.prod(w + step) - np.prod(w),
            ),
            "Add the promises up: one number.": lambda w, step: (
                _alone(w, step),
                np.prod(w + step) - np.prod(w),
            ),
            "This is the product of the weights that have changed. Subtract the output before, to "
            "get the change.": lambda w, step: (_alone(w, step).sum(), np.prod(w + step)),
            "The sign is turned: a change is the output after the steps minus the output before."
            "": lambda w, step: tuple(-part for part in promised_and_actual(w, step)),
            "Steps are added as they are; step has its sign.": lambda w, step: promised_and_actual(
                w, -step
            ),
            "The two are swapped: promised comes first.": lambda w, step: promised_and_actual(
                w, step
            )[::-1],
            "A weight that has taken its step must go back before the next one takes its own: "
            "start each time from a fresh w.copy().": lambda w, step: (
                _never_back(w, step),
                np.prod(w + step) - np.prod(w),
            ),
            "Each step is to come alone. The steps before it were still there, so these changes "
            "add up to what happens when all come together.": lambda w, step: (
                np.prod(w + step) - np.prod(w),
                np.prod(w + step) - np.prod(w),
            ),
            "moved = w copies nothing: both names are the same array, and your steps change w "
            "itself. Write w.copy().": lambda w, step: (
                _never_back(w, step),
                np.prod(w + 2 * step) - np.prod(w),
            ),
            "These are the outputs after the steps. Subtract the output before them, to get the "
            "changes.": lambda w, step: (
                sum(np.prod(w) * (w[i] + step[i]) / w[i] for i in range(len(w))),
                np.prod(w + step),
            ),
            "The promise adds up the changes of all single steps. You gave that of one weight "
            "alone. Is `return` inside the loop, or `=` where `+=` belongs?": (
                lambda w, step: (_alone(w, step)[0], np.prod(w + step) - np.prod(w)),
                lambda w, step: (_alone(w, step)[-1], np.prod(w + step) - np.prod(w)),
            ),
            "A single step is not worth its size: the other weights multiply it.": lambda w, step: (
                step.sum(),
                np.prod(w + step) - np.prod(w),
            ),
            "actual is what happens when every weight has moved: the product of all w + step, "
            "minus the product before.": lambda w, step: (
                promised_and_actual(w, step)[0],
                np.prod(step),
            ),
        },
    ),
)
