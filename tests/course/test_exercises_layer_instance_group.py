"""Chapter 11: right answers by other ways pass, and what a class gets wrong is told by its name."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F

CHAPTER = "layer-instance-group"


def counted(shape, groups):
    """A block of ones goes through a sum over each set."""
    n, *_ = shape
    sets = np.ones(shape).reshape(n * groups, -1)
    return sets.sum(1)[0], len(sets)


def by_loops(x, groups, eps):
    out = np.empty_like(x)
    size = x.shape[1] // groups
    for n in range(len(x)):
        for g in range(groups):
            part = x[n, g * size : (g + 1) * size]
            out[n, g * size : (g + 1) * size] = (part - part.mean()) / np.sqrt(part.var() + eps)
    return out


def rms_in_lists(x, weight, eps):
    rows = []
    for row in x:
        root = math.sqrt(sum(v * v for v in row) / len(row) + eps)
        rows.append([w * v / root for v, w in zip(row, weight, strict=True)])
    return rows


def noticed_in_torch(x, axes, eps):
    x = torch.tensor(x)
    factors = torch.ones(len(x), *[1] * (x.ndim - 1), dtype=x.dtype)
    others, own = factors.clone(), factors.clone()
    others[1:], own[0] = 10, 10

    def hat(x):
        var, mean = torch.var_mean(x, axes, correction=0, keepdim=True)
        return ((x - mean) * torch.rsqrt(var + eps))[0]

    return [(hat(x * factor) - hat(x)).abs().amax() for factor in (others, own)]


def without_a_copy(x, axes, eps):
    def hat(x):
        return ((x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + eps))[0]

    others = own = x
    others[1:] *= 10
    own[0] *= 10
    return [abs(hat(changed) - hat(x)).max() for changed in (others, own)]


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("sharing", counted),
        ("sharing", lambda s, g: [math.prod(s[1:]) / g, s[0] * g]),
        ("group-norm", by_loops),
        ("group-norm", lambda x, g, eps: F.group_norm(torch.tensor(x), g, eps=eps)),
        ("group-norm", lambda x, g, eps: F.group_norm(torch.tensor(x).float(), g, eps=eps)),
        ("rms-norm", rms_in_lists),
        (
            "rms-norm",
            lambda x, w, eps: F.rms_norm(torch.tensor(x), x.shape[1:], torch.tensor(w), eps),
        ),
        ("noticed", noticed_in_torch),
        (
            "noticed",
            lambda x, axes, eps: np.float32([float(v) for v in noticed_in_torch(x, axes, eps)]),
        ),
    ],
)
def test_right_by_another_way(verdict, name, answer):
    assert verdict(name, answer).startswith("Correct")


@pytest.mark.parametrize(
    ("name", "answer", "told"),
    [
        ("sharing", lambda s, g: (s[0] * math.prod(s[1:]) // g, g), "Images share nothing here"),
        ("sharing", lambda s, g: (s[1] // g * s[2] * s[3], g), "multiply the groups by N"),
        (
            "group-norm",
            lambda x, g, eps: F.group_norm(torch.tensor(x), x.shape[1] // g, eps=eps),
            "the number of groups, not how many",
        ),
        ("group-norm", lambda x, g, eps: F.group_norm(torch.tensor(x), g), "eps that is given"),
        (
            "rms-norm",
            lambda x, w, eps: F.layer_norm(torch.tensor(x), x.shape[1:], torch.tensor(w), eps=eps),
            "That is layer norm",
        ),
        (
            "rms-norm",
            lambda x, w, eps: w * x / (np.linalg.norm(x, axis=1, keepdims=True) ** 2 + eps) ** 0.5,
            "not their sum",
        ),
        (
            "rms-norm",
            lambda x, w, eps: w * x / np.linalg.norm(x, axis=1, keepdims=True),
            "not their sum",
        ),
        (
            "noticed",
            lambda x, axes, eps: (0, noticed_in_torch(x[:1], axes, eps)[1]),
            "You normalized the first image alone",
        ),
        ("noticed", lambda *given: noticed_in_torch(*given)[::-1], "The order is others, own"),
        ("noticed", without_a_copy, "a name is no copy"),
        (
            "rms-norm",
            lambda x, w, eps: w * x / np.sqrt((x**2).mean(1) + eps),
            "keepdims=True keeps them a column",
        ),
    ],
)
def test_a_mistake_is_told(verdict, name, answer, told):
    assert told in verdict(name, answer)
