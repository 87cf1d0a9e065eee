"""Right answers to the problems of chapter 9 by another way, and wrong ones of a class."""

import itertools
import math

import numpy as np
import torch


def jitter_in_loops(values, group, eps, companies=None, hat=None, over=np.std):
    found = []
    for image, value in enumerate(values.tolist()):
        others = [v for k, v in enumerate(values.tolist()) if k != image]
        seen = [
            (hat or x_hat)(value, company, eps)
            for company in (companies or itertools.combinations)(others, group - 1)
        ]
        found.append(float(over(seen)))
    return found


def x_hat(value, company, eps, less=0, with_itself=True, outside=False):
    x = [value, *company] if with_itself else list(company) or [value]
    mean = sum(x) / len(x)
    var = sum((v - mean) ** 2 for v in x) / max(len(x) - less, 1)
    return (value - mean) / (math.sqrt(var) + eps if outside else math.sqrt(var + eps))


def jitter_drawn(values, group, eps):
    random = np.random.default_rng(0)

    def some(others, count):
        return [random.choice(others, count, replace=False) for _ in range(50)]

    return jitter_in_loops(values, group, eps, companies=some)


def varied(**changes):
    return lambda v, g, eps: jitter_in_loops(
        v, g, eps, hat=lambda value, company, eps: x_hat(value, company, eps, **changes)
    )


def dropout_by_stacking(x, y, p):
    """Least squares with a row more for each input, whose target is 0."""
    below = torch.diag(torch.from_numpy(np.sqrt(p / (1 - p) * (x**2).sum(0))))
    a = torch.cat([torch.from_numpy(x), below])
    b = torch.cat([torch.from_numpy(y), torch.zeros(x.shape[1], dtype=torch.float64)])
    return torch.linalg.lstsq(a, b[:, None]).solution[:, 0]


def penalized(x, y, penalties):
    return np.linalg.lstsq(x.T @ x + np.diag(penalties), x.T @ y)[0]


RIGHT = {
    "jitter": [jitter_in_loops],
    "under-dropout": [dropout_by_stacking],
}

WRONG = {
    "jitter": [
        varied(less=1),
        varied(with_itself=False),
        varied(outside=True),
        lambda v, g, eps: jitter_in_loops(v, g, eps, over=np.var),
        lambda v, g, eps: jitter_in_loops(v, g, eps, over=lambda s: np.std(s, ddof=len(s) > 1)),
        lambda v, g, eps: jitter_in_loops(
            v, g, eps, companies=lambda o, n: itertools.product(o, repeat=n) if n < 4 else [o[:n]]
        ),
        lambda v, g, eps: jitter_in_loops(
            v, g, eps, companies=itertools.combinations_with_replacement
        ),
        jitter_drawn,
        lambda v, g, eps: np.full(len(v), np.mean(jitter_in_loops(v, g, eps))),
    ],
    "under-dropout": [
        lambda x, y, p: penalized(x, y, np.zeros(x.shape[1])),
        lambda x, y, p: penalized(x, y, np.full(x.shape[1], p / (1 - p))),
        lambda x, y, p: penalized(x, y, np.full(x.shape[1], len(x) * p / (1 - p))),
        lambda x, y, p: penalized(x, y, p * (x**2).sum(0)),
        lambda x, y, p: penalized(x, y, p / (1 - p) * (x**2).mean(0)),
        lambda x, y, p: penalized(x, y, p / (1 - p) * len(x) * x.var(0)),
        lambda x, y, p: penalized(x, y, (1 - p) / max(p, 1e-9) * (x**2).sum(0)),
        lambda x, y, p: (1 - p) * penalized(x, y, np.zeros(x.shape[1])),
        lambda x, y, p: penalized(x, y, p * (1 - p) * (x**2).sum(0)),
    ],
}
