"""Right answers to the problems of chapter 4 by another way, and wrong ones of a class."""

import numpy as np


def sigmoid(y):
    return 1 / (1 + np.exp(-y))


def bent_by_correlation(x_hat, weight, bias):
    found = []
    for unit, w in enumerate(weight):
        s = sigmoid(w * x_hat[:, unit] + bias[unit])
        found.append(0.0 if w == 0 else 1 - np.corrcoef(x_hat[:, unit], s)[0, 1] ** 2)
    return found


def bent_from(line, x_hat, weight, bias, over=np.var):
    """What a given line misses, of each unit."""
    s = sigmoid(weight * x_hat + bias)
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(over(s - line(x_hat, s, weight, bias), axis=0) / over(s, axis=0))


def best_slope(x_hat, s):
    deviation = x_hat - x_hat.mean(0)
    return (deviation * s).mean(0) / x_hat.var(0)


RIGHT = {
    "bent": [bent_by_correlation],
    "next-weights": [
        lambda w, b, n: (np.sign(w), b / w * np.sign(w), (n.T * np.sign(w)[:, None] * w[:, None]).T)
    ],
}

WRONG = {
    "bent": [
        lambda *a: bent_from(lambda x, s, w, b: best_slope(x, s) * x, *a, over=np.mean),
        lambda *a: np.sqrt(bent_by_correlation(*a)),
        lambda *a: 1 - np.sqrt(1 - np.array(bent_by_correlation(*a))),
        lambda *a: bent_from(lambda x, s, w, b: 0.5 + (w * x + b) / 4, *a),  # the tangent at 0
        lambda *a: bent_from(lambda x, s, w, b: best_slope(x, s) * x, *a, over=np.std),
        lambda x, w, b: bent_by_correlation(x, w, 0 * b),
        lambda x, w, b: 1 - np.array(bent_by_correlation(x, w, b)),
    ],
    "next-weights": [
        lambda w, b, n: (np.sign(w), b / abs(w), n * w),
        lambda w, b, n: (np.sign(w), b, n * abs(w)),
        lambda w, b, n: (np.ones_like(w), b / w, n * w),
        lambda w, b, n: (np.ones_like(w), b / abs(w), n * abs(w)),
        lambda w, b, n: (np.sign(w), b / w, n * abs(w)),
        lambda w, b, n: (w, b, n),
        lambda w, b, n: (np.sign(w), b / abs(w), (n.T * abs(w)).T),
    ],
}
