"""Right answers to the problems of chapter 1 by another way, and wrong ones of a class."""

from statistics import NormalDist

import numpy as np
import torch


def distinct_from_the_unbiased(values, m):
    n = len(values)
    return float(torch.as_tensor(values).var() * (1 - m / n) / m) ** 0.5


def distinct_by_squares(values, m):
    n = len(values)
    var = max((values**2).mean() - values.mean() ** 2, 0)
    return np.sqrt(var / m * (n - m) / (n - 1))


def seldom_by_trying(gradient, std, share):
    m = 1
    while NormalDist().cdf(-abs(gradient) * m**0.5 / std) > share:
        m += 1
    return m


def seldom(share):
    return NormalDist().inv_cdf(share) ** 2


RIGHT = {
    "distinct": [distinct_from_the_unbiased],
    "copies": [lambda n, c, r: 1 / ((1 / c + (1 - 1 / c) * r) / n)],
    "seldom": [seldom_by_trying],
}

WRONG = {
    "distinct": [
        lambda v, m: v.std() / np.sqrt(m),
        lambda v, m: np.sqrt(v.var() / m * (1 - m / len(v))),
        lambda v, m: np.sqrt(v.var(ddof=1) / m * (len(v) - m) / (len(v) - 1)),
        lambda v, m: v.var() / m * (len(v) - m) / (len(v) - 1),
        distinct_by_squares,
    ],
    "copies": [
        lambda n, c, r: n * c,
        lambda n, c, r: n * c * (1 - r) + n * r,
        lambda n, c, r: n * c / (1 + c * r),
        lambda n, c, r: n * c / (1 + (c - 1) * r**2),
        lambda n, c, r: n * c / np.sqrt(1 + (c - 1) * r),
        lambda n, c, r: n * c / (1 + (n * c - 1) * r),
        lambda n, c, r: round(n * c / (1 + (c - 1) * r)),
    ],
    "seldom": [
        lambda g, std, p: seldom(p / 2) * (std / g) ** 2 // 1 + 1,  # both sides
        lambda g, std, p: max(1, round(seldom(p) * (std / g) ** 2)),
        lambda g, std, p: max(1, seldom(p) * (std / g) ** 2 // 1),
        lambda g, std, p: np.ceil(seldom(p) ** 0.5 * std / g),
        lambda g, std, p: np.ceil((std / g) ** 2 / p),  # Chebyshev
        lambda g, std, p: np.ceil(seldom(p) * (std / g) ** 2) + 1,
        lambda g, std, p: np.ceil((std / g / p) ** 2),
    ],
}
