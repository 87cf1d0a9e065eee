"""Right answers to the problems of the introduction by another way, and wrong ones of a class."""

import statistics

import numpy as np
import torch


def bn(x, eps=0.0):
    return (x - x.mean(0)) / np.sqrt(x.var(0) + eps)


def sigmoid(y):
    return 1 / (1 + np.exp(-y))


def standard(column):
    if max(column) == min(column):
        return [0.0] * len(column)
    mean = statistics.fmean(column)
    return [(value - mean) / statistics.pstdev(column, mean) for value in column]


def alike_by_columns(a, b):
    found = []
    for one, two in zip(a.T.tolist(), b.T.tolist(), strict=True):
        pairs = zip(standard(one), standard(two), strict=True)
        found.append(max(abs(x - y) for x, y in pairs) < 1e-3)
    return found


def alike(a, b, judge, zero=np.ptp):
    def normalized(x):
        constant = zero(x, axis=0) == 0
        return np.where(constant, 0, x - x.mean(0)) / np.where(constant, 1, x.std(0))

    return judge(normalized(a) - normalized(b))


def alike_up_to_sign(a, b):
    return [x or y for x, y in zip(alike_by_columns(a, b), alike_by_columns(a, -b), strict=True)]


def idle_by_loops(x, weight, bias, eps):
    found = []
    for unit in range(x.shape[1]):
        column = torch.from_numpy(x[:, unit].copy())
        x_hat = (column - column.mean()) / torch.sqrt(column.var(correction=0) + eps)
        s = torch.sigmoid(weight[unit] * x_hat + bias[unit])
        found.append(sum(float(p * (1 - p)) < 0.0125 for p in s) / len(s))
    return found


def idle(x, weight, bias, eps, *, limit=0.0125, ddof=0, normalize=True):
    if normalize:
        x = (x - x.mean(0)) / np.sqrt(x.var(0, ddof=ddof) + eps)
    s = sigmoid(np.clip(weight * x + bias, -99, 99))
    return (s * (1 - s) < limit).mean(0)


RIGHT = {
    "alike": [alike_by_columns],
    "idle": [idle_by_loops],
}

WRONG = {
    "alike": [
        alike_up_to_sign,
        lambda a, b: np.isclose(a - a.mean(0), b - b.mean(0)).all(0),  # the scale is forgotten
        lambda a, b: np.isclose(bn(a), bn(b)).all(0),  # 0 / 0
        lambda a, b: np.isclose(bn(a, 1e-5), bn(b, 1e-5)).all(0),  # ε leaves a trace
        lambda a, b: (a.argsort(0) == b.argsort(0)).all(0),
        lambda a, b: np.isclose(a, b).all(0),
        lambda a, b: np.isclose(bn(a.T), bn(b.T)).all(1),
        lambda a, b: alike(a, b, lambda off: np.isclose(off, 0).all(0)),  # nearer than 0.001
        lambda a, b: alike(a, b, lambda off: (abs(off) < 0.1).all(0)),
        lambda a, b: alike(a, b, lambda off: (off < 1e-3).all(0)),
        lambda a, b: alike(a, b, lambda off: abs(off).mean(0) < 1e-3),
        lambda a, b: alike(a, b, lambda off: (abs(off) < 1e-3).mean(0) > 0.9),
        lambda a, b: alike(a, b, lambda off: (abs(off) < 1e-3).all(0), zero=np.std),
    ],
    "idle": [
        lambda *a: idle(*a, limit=0.05),
        lambda *a: idle(*a, ddof=1),
        lambda *a: idle(*a, normalize=False),
        lambda x, w, b, eps: idle(x, w, b, 0.0),
        lambda x, w, b, eps: idle(x.T, w[:, None], b[:, None], eps).T,
        lambda x, w, b, eps: (w * bn(x, eps) + b > 4.3571).mean(0),
        lambda x, w, b, eps: 1 - idle(x, w, b, eps),
        lambda x, w, b, eps: idle(x, w, 0 * b, eps),
    ],
}
