"""Exercises on channels: counting, a table of channels, what an image is worth, another fold."""

import numpy as np

from bnviz.course.exercise import Exercise

# Two images, three channels, two rows, two columns: every number says where it stands, but for the
# hundreds, the image: channel in the tens, place in the ones.
PLACED = np.array(
    [[[[100 * n + 10 * c + 2 * h + w for w in range(2)] for h in range(2)] for c in range(3)]
     for n in range(2)],
    dtype=float,
)  # fmt: skip
# One image, two channels of two rows and three columns; in no order, so that sorting is no answer.
WIDE = (5 * np.arange(12.0) % 12).reshape(1, 2, 2, 3) ** 2
# Three images, two channels. Channel 1: each image is of one tone, and counts for one value.
# Channel 2: every image has all tones, but for a little.
MAPS = np.array(
    [
        [[[1.0, 1.0], [1.0, 1.0]], [[0.0, 2.0], [4.0, 6.0]]],
        [[[2.0, 2.0], [2.0, 2.0]], [[6.0, 0.0], [2.0, 5.0]]],
        [[[6.0, 6.0], [6.0, 6.0]], [[4.0, 6.0], [2.0, 0.0]]],
    ]
)
UNEVEN = np.array([[1.0, 3.0, 2.0], [2.0, 7.0, 3.0], [0.0, 1.0, 5.0], [4.0, 0.0, 8.0]])
UNEVEN = UNEVEN.reshape(4, 1, 1, 3)
# Convolutions of two channels into two: so a slip over the wrong axis runs without an error. Then
# one of two into three: so the one number cannot stand for the other.
KERNEL = np.array([[[[1.0, 2.0]], [[0.0, -1.0]]], [[[3.0, 0.0]], [[1.0, 1.0]]]])
BIAS = np.array([1.0, -2.0])
SCALE, SHIFT = np.array([2.0, 0.5]), np.array([3.0, -1.0])
WIDENING = np.array(
    [[[[1.0, 2.0]], [[0.0, -1.0]]], [[[3.0, 0.0]], [[1.0, 1.0]]], [[[-2.0, 1.0]], [[4.0, 2.0]]]]
)
SQUARE = np.array(
    [[[[1.0, 0.0], [2.0, 1.0]], [[-1.0, 3.0], [0.0, 1.0]]],
     [[[0.0, 2.0], [1.0, -2.0]], [[4.0, 1.0], [1.0, 0.0]]]]
)  # fmt: skip


def count(n, c, h, w):
    """The values that share a mean, and the learned numbers, of batch norm on (n, c, h, w)."""
    return n * h * w, 2 * c


def to_table(x):
    """Maps (N, C, H, W) as a table (N·H·W, C): image by image, row by row, a column a channel."""
    return x.transpose(0, 2, 3, 1).reshape(-1, x.shape[1])


def worth(x):
    """For each channel of x (N, C, H, W): its variance, divided by that of the images' means."""
    return x.var(axis=(0, 2, 3)) / x.mean(axis=(2, 3)).var(axis=0)


def fold(weight, bias, scale, shift):
    """Weight and bias of a convolution that does scale · x + shift itself, and then what it did."""
    constant = (weight * shift[:, None, None]).sum(axis=(1, 2, 3))
    return weight * scale[:, None, None], bias + constant


def _pair(values=lambda n, c, h, w: n * h * w, learned=lambda n, c, h, w: 2 * c):
    """The two counts, one of them another."""
    return lambda n, c, h, w: (values(n, c, h, w), learned(n, c, h, w))


def _fold(weight=lambda W, a: W * a[:, None, None], bias=None):
    """The fold with another weight, or another bias."""

    def mistaken(W, b, a, s):
        right = fold(W, b, a, s)
        return weight(W, a), right[1] if bias is None else bias(W, b, a, s)

    return mistaken


EXERCISES = (
    Exercise(
        name="conv-channels/count",
        title="Count",
        reference=count,
        returns=("values", "learned"),
        cases=[
            {"n": 32, "c": 16, "h": 8, "w": 5},
            {"n": 1, "c": 3, "h": 7, "w": 7},
        ],
        mistakes={
            "values is the number of images. A channel has one at every place of each: times h "
            "times w.": _pair(values=lambda n, c, h, w: n),
            "values counts one map. The mean runs over the maps of all n images.": _pair(
                values=lambda n, c, h, w: h * w
            ),
            "values counts all channels. Each has a mean of its own.": _pair(
                values=lambda n, c, h, w: n * c * h * w
            ),
            "values counts one number an image and channel. Within one channel the mean runs over "
            "all its places.": _pair(values=lambda n, c, h, w: n * c),
            "values is what one image has. A mean runs over images, and within one channel.": _pair(
                values=lambda n, c, h, w: c * h * w
            ),
            "learned counts γ or β. Each channel has both.": _pair(learned=lambda n, c, h, w: c),
            "learned counts a γ and β for every place. All places of a channel share theirs.": (
                _pair(learned=lambda n, c, h, w: 2 * c * h * w),
                _pair(learned=lambda n, c, h, w: c * h * w),
                _pair(learned=lambda n, c, h, w: 2 * n * c * h * w),
            ),
            "learned counts one γ and β for the layer. Each channel has its own.": _pair(
                learned=lambda n, c, h, w: 2
            ),
            "learned counts a γ and β for each image. Images share those of their channel.": (
                _pair(learned=lambda n, c, h, w: 2 * n),
                _pair(learned=lambda n, c, h, w: 2 * n * c),
            ),
            "learned counts the weights of a filter. Those are the convolution's; asked are γ and "
            "β.": (
                _pair(learned=lambda n, c, h, w: 9 * c),
                _pair(learned=lambda n, c, h, w: 9 * c * c),
            ),
            "learned counts the running mean and variance too. Those are collected, not learned.": (
                _pair(learned=lambda n, c, h, w: 4 * c)
            ),
            "The order is values, learned. You gave the learned ones first.": (
                lambda n, c, h, w: (2 * c, n * h * w)
            ),
        },
    ),
    Exercise(
        name="conv-channels/table",
        title="A table with a column for each channel",
        reference=to_table,
        cases=[{"x": PLACED}, {"x": WIDE}],
        mistakes={
            "The shape is right, the columns are not channels: reshape alone cuts the numbers as "
            "they lie in memory, map after map. Move the channels to the end first.": (
                lambda x: x.reshape(-1, x.shape[1])
            ),
            "The images went to the end. It is the channels, axis 1, that belong there.": (
                lambda x: np.moveaxis(x, 0, -1).reshape(-1, x.shape[1]),
                lambda x: np.moveaxis(x, 0, -1),
            ),
            "The channels came first, and reshape cut through them. They have to stand last.": (
                lambda x: x.transpose(1, 0, 2, 3).reshape(-1, x.shape[1])
            ),
            "reshape cannot turn images into channels: it cuts the numbers as they lie in memory. "
            "Move the axis first.": lambda x: x.reshape(x.shape[1], -1).T,
            "The columns of the maps were moved, not the channels: axis 1 goes to the end.": (
                lambda x: np.moveaxis(x, -1, 1).reshape(-1, x.shape[1])
            ),
            "x.T turns all axes around, and the images come last. Only the channels go there.": (
                lambda x: x.T.reshape(-1, x.shape[1])
            ),
            "Each column is a channel, but the rows do not go image by image. The images come "
            "first, the channels last.": (
                lambda x: x.transpose(1, 2, 3, 0).reshape(x.shape[1], -1).T
            ),
            "The channels are in the rows. Turn the table.": (
                lambda x: x.transpose(1, 0, 2, 3).reshape(x.shape[1], -1)
            ),
            "The channels stand last now, but reshape then cut the table into C rows. It has C "
            "columns: reshape(-1, C).": (lambda x: x.transpose(0, 2, 3, 1).reshape(x.shape[1], -1)),
            "The number of columns is that of the first case. Each has as many columns as x has "
            "channels, x.shape[1].": lambda x: x.transpose(0, 2, 3, 1).reshape(-1, 3),
            "Channels and rows of the maps have changed places. The channels go to the end, behind "
            "the columns.": lambda x: x.swapaxes(1, 2).reshape(-1, x.shape[1]),
            "Rows and columns of the maps have changed places. Go through a map row by row.": (
                lambda x: x.transpose(0, 3, 2, 1).reshape(-1, x.shape[1])
            ),
            "That has a column for every place of every channel: per-place statistics.": (
                lambda x: x.reshape(len(x), -1)
            ),
            "That keeps the images apart. Put their tables under each other: (N·H·W, C).": (
                lambda x: x.transpose(0, 2, 3, 1).reshape(len(x), -1, x.shape[1]),
                lambda x: x.transpose(0, 2, 3, 1),
            ),
            "That averages over the places. Keep every value.": lambda x: x.mean(axis=(2, 3)),
        },
    ),
    Exercise(
        name="conv-channels/worth",
        title="What an image is worth",
        reference=worth,
        cases=[{"x": MAPS}, {"x": UNEVEN}],
        mistakes={
            "That is upside down: divide by the variance of the images' means.": lambda x: (
                1 / worth(x)
            ),
            "That is one of the two variances. Divide that of the channel by that of the images' "
            "means.": (lambda x: x.var((0, 2, 3)), lambda x: x.mean((2, 3)).var(0)),
            "Below stands the variance of the images' variances. Take that of their means.": (
                lambda x: x.var((0, 2, 3)) / x.var((2, 3)).var(0)
            ),
            "You divided standard deviations. Take variances.": lambda x: np.sqrt(worth(x)),
            "One of the two variances divides by its number minus one (ddof=1, torch's default), "
            "or both do. Take the biased ones.": (
                lambda x: x.var((0, 2, 3), ddof=1) / x.mean((2, 3)).var(0, ddof=1),
                lambda x: x.var((0, 2, 3)) / x.mean((2, 3)).var(0, ddof=1),
                lambda x: x.var((0, 2, 3), ddof=1) / x.mean((2, 3)).var(0),
            ),
            "You took the means of the places, over the images. Asked are those of the images, "
            "over their places: axes 2 and 3.": lambda x: x.var((0, 2, 3)) / x.mean(0).var((1, 2)),
            "That is the mean of the variances inside the images. Take the variance of all values "
            "of the channel: axes 0, 2 and 3.": lambda x: (
                x.var((2, 3)).mean(0) / x.mean((2, 3)).var(0)
            ),
            "That is the number of places. How many the image counts for has to be measured.": (
                lambda x: np.full(x.shape[1], float(x.shape[2] * x.shape[3])),
                lambda x: float(x.shape[2] * x.shape[3]),
            ),
            "You took all channels together. Each has its own: leave axis 1.": (
                lambda x: x.var() / x.mean((1, 2, 3)).var(),
                lambda x: x.var() / x.mean((2, 3)).var(),
                lambda x: x.var() / x.mean((2, 3)).var(0),
                lambda x: x.var((0, 2, 3)) / x.mean((2, 3)).var(),
                lambda x: x.var((0, 2, 3)) / x.mean((1, 2, 3)).var(),
            ),
            "Below stands the mean of the means. How far the images' means differ is their "
            "variance.": lambda x: x.var((0, 2, 3)) / x.mean((0, 2, 3)),
            "Above stands the variance of each place over the images. Take that of all values of "
            "the channel: axes 0, 2 and 3.": lambda x: (
                x.var(0).mean((1, 2)) / x.mean((2, 3)).var(0)
            ),
        },
    ),
    Exercise(
        name="conv-channels/fold",
        title="Fold the norm that stands before",
        reference=fold,
        returns=("weight", "bias"),
        cases=[
            {"weight": KERNEL, "bias": BIAS, "scale": SCALE, "shift": SHIFT},
            {"weight": SQUARE, "bias": np.array([0.0, 5.0]), "scale": SCALE, "shift": SHIFT},
            {
                "weight": WIDENING,
                "bias": np.array([1.0, -2.0, 4.0]),
                "scale": SCALE,
                "shift": SHIFT,
            },
        ],
        mistakes={
            "The scale belongs to the channels that come in, axis 1 of weight; you multiplied "
            "those that go out, axis 0.": (
                _fold(weight=lambda W, a: W * a[:, None, None, None]),
                lambda W, b, a, s: (W * a[:, None, None, None], a * b + s),
            ),
            "bias has the shift once. Every weight of the window meets it: sum weight times "
            "shift.": (
                _fold(bias=lambda W, b, a, s: b + s),
                _fold(bias=lambda W, b, a, s: b + s.sum()),
            ),
            "weight was multiplied along its columns: NumPy lines scale up with the last axis. "
            "scale[:, None, None] lines up with axis 1, the channels that come in.": (
                _fold(weight=lambda W, a: W * a),
                lambda W, b, a, s: (W * a, b + (W * s).sum((1, 2, 3))),
            ),
            "weight was multiplied along its rows, axis 2. The channels that come in are axis 1: "
            "scale[:, None, None].": _fold(weight=lambda W, a: W * a[:, None]),
            "bias was scaled, too. The scale is for what comes in; the old bias is added behind.": (
                _fold(bias=lambda W, b, a, s: a * b + (W * s[:, None, None]).sum((1, 2, 3))),
                _fold(bias=lambda W, b, a, s: a * (b + (W * s[:, None, None]).sum((1, 2, 3)))),
                _fold(bias=lambda W, b, a, s: a * b + (W * (a * s)[:, None, None]).sum((1, 2, 3))),
            ),
            "In bias the shift stands for the channels that go out, axis 0. It belongs to those "
            "that come in, axis 1: shift[:, None, None].": (
                _fold(bias=lambda W, b, a, s: b + (W * s[:, None, None, None]).sum((1, 2, 3))),
            ),
            "In bias the shift was lined up with the columns. It belongs to axis 1: "
            "shift[:, None, None].": _fold(bias=lambda W, b, a, s: b + (W * s).sum((1, 2, 3))),
            "bias is that of a norm *behind* the convolution. Here the shift goes in with the "
            "input: sum weight times shift.": _fold(bias=lambda W, b, a, s: a * b + s),
            "bias was summed over the channels that go out. Sum over axes 1, 2 and 3.": _fold(
                bias=lambda W, b, a, s: b + (W * s[:, None, None]).sum((0, 2, 3))
            ),
            "In bias each incoming channel meets its own shift: multiply first, then sum.": (
                _fold(bias=lambda W, b, a, s: b + W.sum((1, 2, 3)) * s.sum()),
                _fold(bias=lambda W, b, a, s: b + W.sum((1, 2, 3)) * s.mean()),
            ),
            "bias lacks the shift: a constant that comes in goes out as one, by way of the "
            "weights.": (_fold(bias=lambda W, b, a, s: b)),
            "bias has lost the old one. Add to it.": _fold(
                bias=lambda W, b, a, s: (W * s[:, None, None]).sum((1, 2, 3))
            ),
            "In bias the shift met the scaled weights. It comes after the scale: take the old "
            "ones.": (
                _fold(bias=lambda W, b, a, s: b + (W * (a * s)[:, None, None]).sum((1, 2, 3)))
            ),
            "In bias you took the mean over the window. Sum: each weight adds its part.": (
                _fold(bias=lambda W, b, a, s: b + (W * s[:, None, None]).mean((1, 2, 3))),
                _fold(bias=lambda W, b, a, s: b + W.mean((2, 3)) @ s),
            ),
            "bias has one number for each channel that goes out: sum over axes 1, 2 and 3.": _fold(
                bias=lambda W, b, a, s: b + (W * s[:, None, None]).sum(),
            ),
            "weight is unchanged. It has to do the scaling too.": _fold(weight=lambda W, a: W),
            "weight was divided. To scale what comes in, multiply.": _fold(
                weight=lambda W, a: W / a[:, None, None]
            ),
            "The sign of the shift is turned in bias.": _fold(
                bias=lambda W, b, a, s: b - (W * s[:, None, None]).sum((1, 2, 3))
            ),
            "The order is weight, bias. You gave the bias first.": (
                lambda W, b, a, s: fold(W, b, a, s)[::-1]
            ),
        },
    ),
)
