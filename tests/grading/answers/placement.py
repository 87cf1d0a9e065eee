"""Right answers to the problems of chapter 6 by another way, and wrong ones of a class."""

from statistics import NormalDist

import numpy as np
import torch


def residual_by_vectors(blocks, size):
    """Coordinates along what came in, and along each branch."""
    added = np.array([1.0] + [size] * blocks)
    behind = np.zeros(blocks + 1)
    behind[0] = 1
    for block in range(blocks):
        behind[block + 1] = size
        behind /= np.linalg.norm(behind)
    return torch.tensor([added[0] / np.linalg.norm(added), behind[0]])


def rectified_on_a_grid(weight, bias):
    z = (np.arange(5000) + 0.5) / 5000
    z = np.array([NormalDist().inv_cdf(p) for p in z])[:, None]
    out = np.maximum(weight * z + bias, 0)
    return out.mean(0), out.std(0)


def rectified(weight, bias, *, size=abs, height=1, square=1):
    a, bell = size(weight), NormalDist()
    below = np.array([bell.cdf(t) for t in bias / a])
    at = np.array([bell.pdf(t) for t in bias / a])
    mean = bias * below + height * a * at
    return mean, np.sqrt(abs((bias**2 + a**2) * below + square * bias * a * at - mean**2))


RIGHT = {
    "residual": [residual_by_vectors],
    "rectified": [rectified, rectified_on_a_grid],
}

WRONG = {
    "residual": [
        lambda n, g: ((1 + g**2) ** (-n / 2), 1 / np.sqrt(1 + n * g**2)),
        lambda n, g: (1 / (1 + n * g), (1 + g) ** -n),
        lambda n, g: (1 / (1 + n * g**2), (1 + g**2) ** -n),
        lambda n, g: (1 / np.sqrt(1 + n), 2 ** (-n / 2)),
        lambda n, g: (1 / np.sqrt(1 + n * g**2),) * 2,
    ],
    "rectified": [
        lambda w, b: rectified(w, b, size=lambda w: w),
        lambda w, b: rectified(w, b, height=-1),
        lambda w, b: rectified(w, b, square=0),
        lambda w, b: (rectified(w, b)[0], rectified(w, b)[1] ** 2),
        lambda w, b: (np.maximum(b, 0) + 0.4 * abs(w), 0.58 * abs(w)),
        lambda w, b: (0.4 * abs(w) + b, 0.58 * abs(w)),
    ],
}
