"""Right answers to the problems of chapter 2 by another way, and wrong ones of a class."""

import numpy as np


def kind(train, test, *, margin=1, joint=False, missing=True):
    """By p(x) and p(y|x); margin=0 takes p(y) for p(x), joint the whole table for the rule."""
    inputs = [t.sum(margin) / t.sum() for t in (train, test)]
    seen = (train.sum(1) > 0) & (test.sum(1) > 0) if missing else np.full(len(train), True)
    with np.errstate(invalid="ignore"):
        rules = [
            t[seen] / (t.sum() if joint else t[seen].sum(1, keepdims=True)) for t in (train, test)
        ]
    moved, other = (not np.allclose(*pair) for pair in (inputs, rules))
    return ("both" if other else "covariate") if moved else ("concept" if other else "none")


def kind_by_loops(train, test):
    moved = other = False
    for a, b in zip(train.tolist(), test.tolist(), strict=True):
        moved |= sum(a) * int(test.sum()) != sum(b) * int(train.sum())
        other |= sum(a) > 0 < sum(b) and any(
            p * sum(b) != q * sum(a) for p, q in zip(a, b, strict=True)
        )
    return [["none", "concept"], ["covariate", "both"]][moved][other]


def repaired_from_two_points(mean, var, weight, bias, scale, shift, eps):
    def handed_on(x):
        return weight * (x - mean) / np.sqrt(var + eps) + bias

    normalized = [(scale * x + shift - mean) / np.sqrt(var + eps) for x in (-1, 1)]
    slope = (handed_on(1) - handed_on(-1)) / (normalized[1] - normalized[0])
    return [slope.tolist(), (handed_on(1) - slope * normalized[1]).tolist()]


RIGHT = {
    "kind": [kind, kind_by_loops],
    "repair": [repaired_from_two_points],
}

WRONG = {
    "kind": [
        lambda a, b: kind(a, b, margin=0),
        lambda a, b: kind(a, b, joint=True),
        lambda a, b: kind(a, b, missing=False),
        lambda a, b: kind(a.T, b.T),
        lambda a, b: "none" if np.allclose(a / a.sum(), b / b.sum()) else "covariate",
    ],
    "repair": [
        lambda mean, var, w, b, a, c, eps: (w / a, b),
        lambda mean, var, w, b, a, c, eps: (w / a, b - w / a * c / np.sqrt(var + eps)),
        lambda mean, var, w, b, a, c, eps: repaired_from_two_points(mean, var, w, b, a, c, 0),
        lambda mean, var, w, b, a, c, eps: (
            w / a,
            b - w * mean / np.sqrt(var + eps) + w * (mean - c) / np.sqrt(var + eps),
        ),
        lambda mean, var, w, b, a, c, eps: (w * a, b - w * c / np.sqrt(var + eps)),
    ],
}
