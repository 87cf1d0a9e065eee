"""Exercises on which numbers share their statistics: count them, and normalize over them."""

import numpy as np

from bnviz.course.exercise import Exercise

_RANDOM = np.random.default_rng(11)
MAPS = np.round(_RANDOM.normal(0, 1, (2, 4, 1, 2)) + np.array([0, 3, -2, 6])[:, None, None], 1)
TALL = np.round(_RANDOM.normal(1, 2, (3, 6, 2, 1)) * np.arange(1, 7)[:, None, None], 1)
ROWS = np.array([[1.0, 2.0, -2.0, 4.0], [0.3, -0.1, 0.2, 0.5], [10.0, 11.0, 12.0, 9.0]])


def sharing(shape, groups):
    """How many numbers share their statistics in group norm, and how many such sets there are."""
    n, c, h, w = shape
    return c // groups * h * w, n * groups


def group_norm(x, groups, eps):
    """Group normalization of x (N, C, H, W), with γ = 1 and β = 0."""
    sets = x.reshape(x.shape[0], groups, -1)
    mean = sets.mean(axis=2, keepdims=True)
    var = sets.var(axis=2, keepdims=True)
    return ((sets - mean) / np.sqrt(var + eps)).reshape(x.shape)


def rms_norm(x, weight, eps):
    """RMSNorm of x (N, C)."""
    return weight * x / np.sqrt((x**2).mean(axis=1, keepdims=True) + eps)


def noticed(x, axes, eps, which=slice(1, None)):
    """How far the first image's normalized values move: others ten times as large, then itself."""

    def first(x):
        mean, var = x.mean(axis=axes, keepdims=True), x.var(axis=axes, keepdims=True)
        return ((x - mean) / np.sqrt(var + eps))[0]

    others, own = x.copy(), x.copy()
    others[which] *= 10
    own[0] *= 10
    return tuple(abs(first(changed) - first(x)).max() for changed in (others, own))


def _sets_norm(
    x, groups, eps, *, ddof=0, centered=True, scaled=True, root=True, outside=False, axis=2
):
    sets = x.reshape(x.shape[0], groups, -1)
    mean = sets.mean(axis=axis, keepdims=True) * centered
    var = sets.var(axis=axis, keepdims=True, ddof=ddof)
    scale = np.sqrt(var + eps) if root else var + eps
    if outside:
        scale = np.sqrt(var) + eps
    if not scaled:
        scale = 1
    return ((sets - mean) / scale).reshape(x.shape)


def _interleaved(x, groups, eps):
    n, c, h, w = x.shape
    turned = x.reshape(n, c // groups, groups, h, w).swapaxes(1, 2).reshape(x.shape)
    done = group_norm(turned, groups, eps)
    return done.reshape(n, groups, c // groups, h, w).swapaxes(1, 2).reshape(x.shape)


def _over_batch(x, groups, eps):
    n, c, h, w = x.shape
    sets = x.reshape(n, groups, c // groups, h, w)
    mean = sets.mean(axis=(0, 2, 3, 4), keepdims=True)
    var = sets.var(axis=(0, 2, 3, 4), keepdims=True)
    return ((sets - mean) / np.sqrt(var + eps)).reshape(x.shape)


def _by_place(x, groups, eps):
    n, c, h, w = x.shape
    sets = x.reshape(n, groups, c // groups, h, w)
    mean, var = sets.mean(axis=2, keepdims=True), sets.var(axis=2, keepdims=True)
    return ((sets - mean) / np.sqrt(var + eps)).reshape(x.shape)


def _over(x, axes, eps):
    mean, var = x.mean(axis=axes, keepdims=True), x.var(axis=axes, keepdims=True)
    return (x - mean) / np.sqrt(var + eps)


def _rms_of_sets(x, groups, eps):
    sets = x.reshape(x.shape[0], groups, -1)
    return (sets / np.sqrt((sets**2).mean(axis=2, keepdims=True) + eps)).reshape(x.shape)


def _spread_inside(x, groups, eps):
    sets = x.reshape(x.shape[0], groups, x.shape[1] // groups, -1)
    mean = sets.mean(axis=(2, 3), keepdims=True)
    var = sets.var(axis=3, keepdims=True).mean(axis=2, keepdims=True)
    return ((sets - mean) / np.sqrt(var + eps)).reshape(x.shape)


def _one_image_a_group(x, groups, eps):
    sets = x.reshape(groups, -1)
    mean, var = sets.mean(axis=1, keepdims=True), sets.var(axis=1, keepdims=True)
    return ((sets - mean) / np.sqrt(var + eps)).reshape(x.shape)


def _rms(x, weight, eps, *, axis=1, total=False, centered=False, outside=False, root=True):
    away = x - x.mean(axis=axis, keepdims=True) if centered else x
    square = (away**2).sum(axis=axis, keepdims=True) if total else None
    square = (away**2).mean(axis=axis, keepdims=True) if square is None else square
    if outside:
        return weight * away / (np.sqrt(square) + eps)
    return weight * away / (np.sqrt(square + eps) if root else square + eps)


def _noticed(
    x,
    axes,
    eps,
    *,
    how=np.max,
    signed=False,
    rows=slice(0, 1),
    both=False,
    shift=False,
    ddof=0,
    root=True,
):
    def normalized(x):
        mean, var = x.mean(axis=axes, keepdims=True), x.var(axis=axes, keepdims=True, ddof=ddof)
        return ((x - mean) / (var + eps) ** (0.5 if root else 1))[rows]

    others, own = x.copy(), x.copy()
    if shift:
        others[1:] += 10
        own[0] += 10
    else:
        others[1:] *= 10
        own[0] *= 10
    if both:
        own = 10 * x
    moved = [normalized(changed) - normalized(x) for changed in (others, own)]
    return tuple(how(one if signed else abs(one)) for one in moved)


def _noticed_after(x, axes, eps):
    """The second number where the others stay ten times as large."""
    others = x.copy()
    others[1:] *= 10
    return noticed(others, axes, eps)[1]


EXERCISES = (
    Exercise(
        name="layer-instance-group/sharing",
        title="Count the sets",
        reference=sharing,
        returns=("numbers", "sets"),
        cases=[
            {"shape": (32, 64, 8, 8), "groups": 16},
            {"shape": (5, 12, 2, 3), "groups": 4},
            {"shape": (1, 6, 4, 2), "groups": 3},
        ],
        mistakes={
            "The order is numbers, sets. You gave the sets first.": (
                lambda shape, groups: sharing(shape, groups)[::-1]
            ),
            "Images share nothing here: leave N out of the numbers, and count each image's sets.": (
                lambda shape, groups: (
                    shape[0] * shape[1] // groups * shape[2] * shape[3],
                    groups,
                )
            ),
            "Each image has its own sets: multiply the groups by N.": lambda shape, groups: (
                sharing(shape, groups)[0],
                groups,
            ),
            "All places of a channel share: multiply by H and W.": lambda shape, groups: (
                shape[1] // groups,
                shape[0] * groups,
            ),
            "That is layer norm at each place, in groups. All places of an image share.": (
                lambda shape, groups: (
                    shape[1] // groups,
                    shape[0] * groups * shape[2] * shape[3],
                )
            ),
            "groups is the number of groups; a group has C / groups channels.": (
                lambda shape, groups: (
                    groups * shape[2] * shape[3],
                    shape[0] * shape[1] // groups,
                ),
                lambda shape, groups: (
                    groups * shape[2] * shape[3],
                    shape[0] * groups,
                ),
            ),
            "That is instance norm: a group has C / groups channels, not one.": (
                lambda shape, groups: (shape[2] * shape[3], shape[0] * shape[1])
            ),
            "That is layer norm: the channels of one group share, not all of them.": (
                lambda shape, groups: (shape[1] * shape[2] * shape[3], shape[0])
            ),
            "That is batch norm: here an image shares with no other.": lambda shape, groups: (
                shape[0] * shape[2] * shape[3],
                shape[1],
            ),
        },
    ),
    Exercise(
        name="layer-instance-group/group-norm",
        title="Group norm from scratch",
        reference=group_norm,
        cases=[
            {"x": MAPS, "groups": 2, "eps": 1e-2},
            {"x": TALL, "groups": 2, "eps": 0.1},
            {"x": TALL, "groups": 3, "eps": 1e-2},
        ],
        mistakes={
            "Neighboring channels make a group: 0 and 1, then 2 and 3. You took every other.": (
                _interleaved
            ),
            "You averaged over the images too. Each image has its own statistics.": _over_batch,
            "That is batch norm, or groups of it. Each image has statistics of its own.": (
                lambda x, groups, eps: _over(x, (0, 2, 3), eps)
            ),
            "After the reshape the groups are axis 1 and the numbers of a set axis 2. Average over "
            "axis 2.": (
                lambda x, groups, eps: _sets_norm(x, groups, eps, axis=1),
                lambda x, groups, eps: _sets_norm(x, groups, eps, axis=0),
            ),
            "You averaged over the channels of a group, place by place. All places share.": (
                _by_place
            ),
            "That is instance norm: the channels of a group share.": (
                lambda x, groups, eps: _over(x, (2, 3), eps)
            ),
            "reshape(groups, -1) lays all images end to end and cuts that. Keep the images apart: "
            "reshape(N, groups, -1).": _one_image_a_group,
            "That is layer norm: each group has its own statistics.": (
                lambda x, groups, eps: group_norm(x, 1, eps)
            ),
            "groups is the number of groups, not how many channels each has.": (
                lambda x, groups, eps: group_norm(x, x.shape[1] // groups, eps)
            ),
            "Divide by how many numbers there are, not one less: the biased variance.": (
                lambda x, groups, eps: _sets_norm(x, groups, eps, ddof=1)
            ),
            "Subtract the mean of the set as well.": (
                lambda x, groups, eps: _sets_norm(x, groups, eps, centered=False)
            ),
            "That is RMSNorm in groups. Subtract the mean; the variance is taken around it.": (
                _rms_of_sets
            ),
            "The variance is that of all numbers of a set. You averaged those of its channels, "
            "each around its own mean.": _spread_inside,
            "The mean is gone; now divide by the root of the variance, plus ε.": (
                lambda x, groups, eps: _sets_norm(x, groups, eps, scaled=False)
            ),
            "Divide by the root of the variance, not by the variance.": (
                lambda x, groups, eps: _sets_norm(x, groups, eps, root=False)
            ),
            "ε stands under the root, beside the variance.": (
                lambda x, groups, eps: _sets_norm(x, groups, eps, outside=True)
            ),
            "Add the eps that is given to the variance: yours is left out, or another.": (
                lambda x, groups, eps: group_norm(x, groups, 0),
                lambda x, groups, eps: group_norm(x, groups, 1e-5),
            ),
            "Bring the result back to the shape of x: (N, C, H, W).": (
                lambda x, groups, eps: group_norm(x, groups, eps).reshape(x.shape[0], groups, -1)
            ),
        },
    ),
    Exercise(
        name="layer-instance-group/rms-norm",
        title="RMSNorm",
        reference=rms_norm,
        cases=[
            {"x": ROWS, "weight": np.array([1.0, 1.0, 1.0, 1.0]), "eps": 1e-2},
            {"x": ROWS[:2, :3], "weight": np.array([2.0, -1.0, 0.5]), "eps": 0.1},
        ],
        mistakes={
            "That is layer norm: RMSNorm subtracts no mean.": (
                lambda x, weight, eps: _rms(x, weight, eps, centered=True),
                lambda x, weight, eps: (
                    _rms(x, weight, eps) - weight * _rms(x, 1, eps).mean(axis=1, keepdims=True)
                ),
            ),
            "You subtracted nothing, and yet divided by the standard deviation, which looks from "
            "the mean. Take the mean of x².": lambda x, weight, eps: (
                weight * x / np.sqrt(x.var(axis=1, keepdims=True) + eps)
            ),
            "You averaged over the images. Each row has its own root mean square.": (
                lambda x, weight, eps: _rms(x, weight, eps, axis=0)
            ),
            "You averaged over all of x. Each row has its own root mean square.": (
                lambda x, weight, eps: _rms(x, weight, eps, axis=(0, 1))
            ),
            "You divided by the length of the row. The mean of the squares, not their sum.": (
                lambda x, weight, eps: _rms(x, weight, eps, total=True),
                lambda x, weight, eps: _rms(x, weight, 0, total=True),
            ),
            "That takes the mean first and squares it. First square, then take the mean.": (
                lambda x, weight, eps: (
                    weight * x / np.sqrt(x.mean(axis=1, keepdims=True) ** 2 + eps)
                )
            ),
            "That is the mean of the absolute values. Square, take the mean, then the root.": (
                lambda x, weight, eps: weight * x / (abs(x).mean(axis=1, keepdims=True) + eps),
                lambda x, weight, eps: (
                    weight * x / np.sqrt(abs(x).mean(axis=1, keepdims=True) + eps)
                ),
            ),
            "You multiplied by the root mean square. Divide by it.": (
                lambda x, weight, eps: (
                    weight * x * np.sqrt((x**2).mean(axis=1, keepdims=True) + eps)
                )
            ),
            "That is the root mean square itself. Divide x by it, and multiply by weight.": (
                lambda x, weight, eps: np.sqrt((x**2).mean(axis=1, keepdims=True) + eps)
            ),
            "weight comes last: the root mean square is that of x, not of weight · x.": (
                lambda x, weight, eps: _rms(weight * x, np.ones_like(weight), eps)
            ),
            "Divide by how many numbers a row has, not one less: nothing was subtracted.": (
                lambda x, weight, eps: (
                    weight * x / np.sqrt((x**2).sum(axis=1, keepdims=True) / (x.shape[1] - 1) + eps)
                )
            ),
            "ε stands under the root, beside the mean of the squares.": (
                lambda x, weight, eps: _rms(x, weight, eps, outside=True)
            ),
            "The root is missing: root mean square.": (
                lambda x, weight, eps: _rms(x, weight, eps, root=False)
            ),
            "weight is missing: each unit has its own factor γ.": (
                lambda x, weight, eps: _rms(x, np.ones_like(weight), eps)
            ),
            "weight multiplies; you divided by it.": (
                lambda x, weight, eps: _rms(x, 1 / weight, eps)
            ),
            "eps is missing: add it under the root.": lambda x, weight, eps: _rms(x, weight, 0),
            "Use the eps that is given; it is not always 0.00001.": (
                lambda x, weight, eps: _rms(x, weight, 1e-5)
            ),
        },
    ),
    Exercise(
        name="layer-instance-group/noticed",
        title="What does a norm take notice of?",
        reference=noticed,
        returns=("others", "own"),
        cases=[
            {"x": MAPS, "axes": (0, 2, 3), "eps": 1e-2},
            {"x": MAPS, "axes": (1, 2, 3), "eps": 1e-2},
            {"x": TALL, "axes": (2, 3), "eps": 1e-2},
            {"x": TALL, "axes": (1,), "eps": 1e-2},
            {"x": TALL, "axes": (0, 2, 3), "eps": 0.1},
        ],
        mistakes={
            "For the first number the first image stays as it is; you changed all of them.": (
                lambda x, axes, eps: (
                    abs(_over(10 * x, axes, eps)[0] - _over(x, axes, eps)[0]).max(),
                    noticed(x, axes, eps)[1],
                )
            ),
            "Change all other images for the first number, not the next one alone.": (
                lambda x, axes, eps: (
                    noticed(x, axes, eps, slice(1, 2))[0],
                    noticed(x, axes, eps)[1],
                )
            ),
            "Nothing seems to move: a name is no copy, so before and after are the same array. "
            "Change x.copy().": lambda x, axes, eps: (0.0, 0.0),
            "You normalized the first image alone. Normalize all of x, then look at its first "
            "image.": lambda x, axes, eps: (0.0, noticed(x[:1], axes, eps)[1]),
            "Divide by the root of the variance.": (
                lambda x, axes, eps: _noticed(x, axes, eps, root=False)
            ),
            "Divide by N: the biased variance.": lambda x, axes, eps: _noticed(
                x, axes, eps, ddof=1
            ),
            "Add the eps that is given to the variance.": (
                lambda x, axes, eps: noticed(x, axes, 0),
                lambda x, axes, eps: noticed(x, axes, 1e-5),
            ),
            "Compare x̂, not x: normalize before and after.": (
                lambda x, axes, eps: (0.0, abs(9 * x[0]).max())
            ),
            "The largest move, not the sum or the length of all.": (
                lambda x, axes, eps: _noticed(x, axes, eps, how=np.sum),
                lambda x, axes, eps: _noticed(x, axes, eps, how=np.linalg.norm),
            ),
            "The order is others, own. You gave own first.": (
                lambda x, axes, eps: noticed(x, axes, eps)[::-1]
            ),
            "The largest of the absolute values: a number that falls has moved too.": (
                lambda x, axes, eps: _noticed(x, axes, eps, signed=True),
                lambda x, axes, eps: tuple(
                    -v for v in _noticed(x, axes, eps, how=np.min, signed=True)
                ),
            ),
            "The largest move, not the mean of all.": (
                lambda x, axes, eps: _noticed(x, axes, eps, how=np.mean)
            ),
            "Compare the first image alone: x̂[0] before and after. You looked at all images.": (
                lambda x, axes, eps: _noticed(x, axes, eps, rows=slice(None))
            ),
            "Compare the first image, x̂[0]. You looked at the others.": (
                lambda x, axes, eps: _noticed(x, axes, eps, rows=slice(1, None))
            ),
            "For the second number only the first image is changed. Are the others still ten times "
            "as large? Begin each time with x.copy().": (
                lambda x, axes, eps: _noticed(x, axes, eps, both=True),
                lambda x, axes, eps: (_noticed(x, axes, eps, both=True)[1],) * 2,
            ),
            "For the second number, change the first image of x as it was given, not with the "
            "others changed already.": lambda x, axes, eps: (
                noticed(x, axes, eps)[0],
                _noticed_after(x, axes, eps),
            ),
            "Multiply by 10; you added 10.": (
                lambda x, axes, eps: _noticed(x, axes, eps, shift=True)
            ),
        },
    ),
)
