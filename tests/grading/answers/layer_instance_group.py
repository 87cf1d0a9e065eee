"""Right answers to the problems of chapter 11 by another way, and wrong ones of a class."""

import numpy as np
import torch


def twin_shifted(x, groups):
    parts = np.split(x, groups)
    parts[-1] = parts[-1] + 3 * np.ptp(x)
    return torch.from_numpy(np.concatenate(parts))


def changed(x, first, factor=1.0, offset=0.0):
    made = x.copy()
    made[:first] = factor * made[:first] + offset
    return made


def centered_by_projection(weight, bias):
    c = len(weight)
    center = torch.eye(c, dtype=torch.float64) - torch.full((c, c), 1 / c, dtype=torch.float64)
    return center @ torch.from_numpy(weight), (center @ torch.from_numpy(bias)).tolist()


RIGHT = {
    "twin": [twin_shifted, lambda x, groups: changed(x, len(x) // groups, 7)],
    "centered": [centered_by_projection],
}

WRONG = {
    "twin": [
        lambda x, groups: x,
        lambda x, groups: 2 * x + 1,
        lambda x, groups: changed(x, 1, 10),  # a channel in place of a group
        lambda x, groups: changed(x, len(x) // groups, -1),
        lambda x, groups: changed(x, len(x) // groups, 1, 0.01),
        lambda x, groups: changed(x, len(x) // groups, 1e-4),
        lambda x, groups: x[::-1],
    ],
    "centered": [
        lambda w, b: (w - w.mean(0), b),
        lambda w, b: (w, b - b.mean()),
        lambda w, b: (w - w.mean(1, keepdims=True), b - b.mean()),
        lambda w, b: (w - w.mean(), b - b.mean()),
        lambda w, b: ((w - w.mean(0)) / w.std(0), (b - b.mean()) / b.std()),
        lambda w, b: (w, b),
    ],
}
