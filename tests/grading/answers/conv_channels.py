"""Right answers to the problems of chapter 10 by another way, and wrong ones of a class."""

import numpy as np
import torch

NAMED = ((0, 2, 3), (0,), (0, 1, 2, 3), (1, 2, 3), (2, 3))


def choices():
    every = [tuple(i for i in range(4) if code >> i & 1) for code in range(15, 0, -1)]
    return sorted(every, key=len)


def axes_of(x, x_hat, eps, among=None, fits=None, close=1e-3):
    def whole(axes):
        made = (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + eps)
        return abs(made - x_hat).max() < close

    return next((list(axes) for axes in among or choices() if (fits or whole)(axes)), [])


def axes_by_means(x, x_hat, eps):
    return axes_of(x, x_hat, eps, fits=lambda axes: abs(x_hat.mean(axes)).max() < 1e-3)


def axes_by_statistics(x, x_hat, eps):
    def fits(axes):
        return abs(x_hat.mean(axes)).max() < 1e-3 and abs(x_hat.std(axes) - 1).max() < 1e-2

    return axes_of(x, x_hat, eps, fits=fits)


def two_branches_by_einsum(weight, scale, shift, shortcut_scale, shortcut_shift):
    delta = np.zeros((3, 3))
    delta[1, 1] = 1
    shortcut = np.einsum("oi,hw->oihw", np.diag(shortcut_scale), delta)
    weight = torch.from_numpy(np.einsum("o,oihw->oihw", scale, weight) + shortcut)
    return weight, (shift + shortcut_shift).tolist()


def two_branches(weight, scale, shift, a, b, *, axis=(slice(None), None), at=(1, 1), every=False):
    one = weight * scale[axis + (None,) * (4 - len(axis))]
    for channel, factor in enumerate(a):
        one[channel, slice(None) if every else channel, at[0], at[1]] += factor
    return one, shift + b


def two_branches_as_layer(*given):
    """The weight and bias of a layer, which ask for their gradients."""
    conv = torch.nn.Conv2d(len(given[1]), len(given[1]), 3, padding=1).double()
    for parameter, value in zip(conv.parameters(), two_branches(*given), strict=True):
        parameter.data = torch.from_numpy(value)
    return conv.weight, conv.bias


RIGHT = {
    "which-axes": [axes_of, lambda *a: torch.tensor(axes_of(*a)), lambda *a: set(axes_of(*a))],
    "two-branches": [two_branches_by_einsum, two_branches, two_branches_as_layer],
}

WRONG = {
    "which-axes": [
        lambda *a: axes_of(*a, among=NAMED),
        lambda *a: axes_of(*a, among=[c for c in choices() if len(c) != 3]),
        axes_by_means,
        axes_by_statistics,
        lambda *a: axes_of(*a, close=0.2),
        lambda *a: axes_of(*a, close=1e-4),
        lambda *a: [i for i in range(4) if i not in axes_of(*a)],
        lambda x, x_hat, eps: axes_of(x, x_hat, 1e-5),
    ],
    "two-branches": [
        lambda *a: two_branches(*a, axis=(None, slice(None))),
        lambda *a: two_branches(*a, every=True),
        lambda *a: two_branches(*a, at=(0, 0)),
        lambda *a: two_branches(*a, at=(slice(None), slice(None))),
        lambda w, s, t, a, b: two_branches(w, s, t, np.ones_like(a), b),
        lambda w, s, t, a, b: (two_branches(w, s, t, a, b)[0], t),
        lambda w, s, t, a, b: two_branches(w, s, s * t, a, a * b),
        lambda w, s, t, a, b: two_branches(w, s + a, t, 0 * a, b),
    ],
}
