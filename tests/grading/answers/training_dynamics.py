"""Right answers to the problems of chapter 7 by another way, and wrong ones of a class."""

import math

import numpy as np


def with_ones(x):
    return np.hstack([np.ones((len(x), 1)), x])


def edge_by_singular_values(x):
    stretches = np.linalg.svd(with_ones(x) / np.sqrt(len(x)), compute_uv=False)
    return [1 / stretches[0] ** 2, (stretches[0] / stretches[-1]) ** 2]


def edge_of(a, half=False, divide=True):
    bends = np.linalg.eigvalsh((1 if half else 2) * a.T @ a / (len(a) if divide else 1))
    return 2 / bends[-1], bends[-1] / bends[0]


def growth(a, centered=True):
    mean = (1 - a) / math.sqrt(2 * math.pi) if centered else 0.0
    return math.sqrt((1 + a**2) / 2 / ((1 + a**2) / 2 - mean**2))


def leak_by_halving(layers, factor, growth=growth, power=1.0):
    low, high = 0.0, 1.0
    if growth(low) ** (power * layers) <= factor:
        return low
    for _ in range(60):
        middle = (low + high) / 2
        if growth(middle) ** (power * layers) <= factor:
            high = middle
        else:
            low = middle
    return np.float32(high)


RIGHT = {
    "edge": [edge_by_singular_values],
    "leak": [leak_by_halving],
}

WRONG = {
    "edge": [
        lambda x: edge_of(with_ones(x), half=True),
        lambda x: edge_of(with_ones(x), divide=False),
        lambda x: edge_of(x),  # without b
        lambda x: edge_of(x - x.mean(0)),
        lambda x: edge_of(with_ones(x - x.mean(0))),
        lambda x: (edge_of(with_ones(x))[0], math.sqrt(edge_of(with_ones(x))[1])),
        lambda x: (edge_of(with_ones(x))[0] / 2, edge_of(with_ones(x))[1]),
        lambda x: (edge_of(with_ones(x))[0], 1 / edge_of(with_ones(x))[1]),
    ],
    "leak": [
        lambda n, f: leak_by_halving(n, f, power=2),  # the squared length
        lambda n, f: leak_by_halving(n, f, power=1 / n),
        lambda n, f: leak_by_halving(n, f, growth=lambda a: growth(a, centered=False)),
        lambda n, f: leak_by_halving(n, f, growth=lambda a: 1.21 * (1 - a) + a),
        lambda n, f: 1 - leak_by_halving(n, f),
        lambda n, f: round(float(leak_by_halving(n, f)), 1),
        lambda n, f: max(0.0, leak_by_halving(n, f) if n < 20 else 0.5),
    ],
}
