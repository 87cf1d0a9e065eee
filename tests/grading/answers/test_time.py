"""Right answers to the problems of chapter 8 by another way, and wrong ones of a class."""

import numpy as np
import torch


def pooled(means, variances, sizes):
    share = np.asarray(sizes) / np.sum(sizes)
    mean = share @ means
    return mean, share @ variances + share @ (means - mean) ** 2


def pooled_in_float32(means, variances, sizes):
    return pooled(np.float32(means), np.float32(variances), np.float32(sizes))


def lag_by_steps(drift, momentum, steps=6000):
    running = 0.0
    for step in range(steps):
        running += momentum * (drift * step - running)
    return abs(drift * step - running)


RIGHT = {
    "pooled": [
        pooled,
        pooled_in_float32,
        lambda *a: pooled(*(torch.from_numpy(part).numpy() for part in a)),
    ],
    "lag": [lag_by_steps],
}

WRONG = {
    "pooled": [
        lambda means, variances, sizes: (means.mean(), variances.mean()),
        lambda m, v, n: (pooled(m, v, n)[0], (n * v).sum() / n.sum()),
        lambda m, v, n: (m.mean(), (n * (v + (m - m.mean()) ** 2)).sum() / n.sum()),
        lambda m, v, n: (pooled(m, v, n)[0], pooled(m, v, n)[1] * n.sum() / (n.sum() - 1)),
        lambda m, v, n: (pooled(m, v, n)[0], v.mean() + m.var()),
    ],
    "lag": [
        lambda drift, momentum: abs(drift) / momentum,
        lambda drift, momentum: drift * (1 / momentum - 1),
        lambda drift, momentum: abs(drift) * momentum / (1 - momentum + 1e-12),
        lambda drift, momentum: abs(drift) * (1 - momentum),
        lambda drift, momentum: lag_by_steps(drift, momentum, 300),  # too few for small momenta
    ],
}
