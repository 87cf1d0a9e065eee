"""Right answers to the problems of chapter 12 by another way, and wrong ones of a class."""

import numpy as np
import torch


def all_steps_in_a_loop(means, variances, momentum, rounds=None):
    mean, var = np.zeros_like(means[0]), np.ones_like(means[0])
    for _ in range(rounds or round(20 / momentum)):
        for m, v in zip(means, variances, strict=True):
            mean, var = mean + momentum * (m - mean), var + momentum * (v - var)
    return mean.astype(np.float32), var.tolist()


def weighted(weights, means, variances, between=False):
    weights = weights / weights.sum()
    mean, var = weights @ means, weights @ variances
    return mean, var + weights @ (means - mean) ** 2 if between else var


def ages(means):
    return np.arange(len(means))[::-1]


def hats(x):
    return (x - x.mean(0)) / x.std(0)


def cliff_in_a_loop(x, skewness):
    x = torch.from_numpy(x)
    columns = []
    for column, was in zip(x.T, skewness, strict=True):
        z = (column - column.mean()) / column.std(correction=0)
        columns.append(z if float((z**3).sum()) * was > 0 else -z)
    return torch.stack(columns, dim=1).float()


RIGHT = {
    "all-steps": [all_steps_in_a_loop],
    "beyond-the-cliff": [cliff_in_a_loop],
}

WRONG = {
    "all-steps": [
        lambda m, v, k: (m.mean(0), v.mean(0)),
        lambda m, v, k: weighted((1 - k) ** ages(m)[::-1], m, v),  # the first counts most
        lambda m, v, k: weighted(k ** ages(m) if k < 1 else (ages(m) == 0) * 1.0, m, v),
        lambda m, v, k: weighted((1 - k) ** ages(m), m, v, between=True),
        lambda m, v, k: (k * (1 - k) ** ages(m) @ m, k * (1 - k) ** ages(m) @ v),
        lambda m, v, k: all_steps_in_a_loop(m, v, k, rounds=1),
        lambda m, v, k: all_steps_in_a_loop(m, v, k, rounds=1000),
        lambda m, v, k: (m[-1], v[-1]),
        lambda m, v, k: weighted((1 - k) ** ages(m), m, v * 0.5),  # biased, of two images
        lambda m, v, k: (weighted((1 - k) ** ages(m), m, v)[0], v.mean(0)),
    ],
    "beyond-the-cliff": [
        lambda x, s: hats(x),  # AdaBN
        lambda x, s: hats(x) * np.sign(s),
        lambda x, s: hats(x) * np.sign((x**3).mean(0) * s),
        lambda x, s: hats(x) * np.sign(x.mean(0) * s),
        lambda x, s: abs(hats(x)),
        lambda x, s: hats(x) * s / (hats(x) ** 3).mean(0) * np.sqrt(len(x) / (len(x) - 1)),
        lambda x, s: hats(x) * np.sign(((hats(x) ** 3).mean(0) * s).sum()),  # one sign for all
        lambda x, s: hats(x) * np.sqrt((len(x) - 1) / len(x)) * np.sign((hats(x) ** 3).mean(0) * s),
        lambda x, s: hats(x) * np.sign((hats(x) ** 2).mean(0) * s),
    ],
}
