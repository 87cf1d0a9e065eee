"""Right answers to the problems of chapter 5 by another way, and wrong ones of a class."""

import numpy as np


def rest_by_steps(pull, lr, decay):
    length = 1.0
    for _ in range(3000):
        length = np.sqrt(((1 - lr * decay) * length) ** 2 + (lr * pull / length) ** 2)
    return length


def uncentered_by_loops(grad_y, x, weight, eps):
    found = np.zeros(x.shape)
    for unit in range(x.shape[1]):
        column, g = x[:, unit], weight[unit] * grad_y[:, unit]
        r = np.sqrt((column @ column) / len(column) + eps)
        jacobian = np.eye(len(column)) / r - np.outer(column, column) / (len(column) * r**3)
        found[:, unit] = jacobian @ g
    return found.astype(np.float32)


def uncentered(grad_y, x, weight, eps, *, center=False, sums=False, through=True):
    r = np.sqrt((x**2).mean(0) + eps)
    x_hat, g = x / r, weight * grad_y
    along = (g * x_hat).sum(0) if sums else (g * x_hat).mean(0)
    return (g - (g.mean(0) if center else 0) - (x_hat * along if through else 0)) / r


RIGHT = {
    "rest": [rest_by_steps],
    "uncentered": [uncentered_by_loops, uncentered],
}

WRONG = {
    "rest": [
        lambda pull, lr, decay: (lr * pull**2 / (2 * decay)) ** 0.25,  # only for small steps
        lambda pull, lr, decay: np.sqrt(lr * pull / (1 - (1 - lr * decay) ** 2)),
        lambda pull, lr, decay: np.sqrt(lr * pull / np.sqrt(lr * decay)),
        lambda pull, lr, decay: lr * pull / np.sqrt(1 - (1 - lr * decay) ** 2),
        lambda pull, lr, decay: np.sqrt(pull / decay),  # the step along the weights
        lambda pull, lr, decay: pull / decay,
    ],
    "uncentered": [
        lambda *a: uncentered(*a, center=True),
        lambda *a: uncentered(*a, sums=True),
        lambda *a: uncentered(*a, through=False),
        lambda g, x, w, eps: uncentered(g, x, abs(w), eps),
        lambda g, x, w, eps: uncentered(g, x, np.ones_like(w), eps),
        lambda g, x, w, eps: uncentered(g, x, w, 0),
        lambda g, x, w, eps: uncentered(g.T, x.T, w[:, None], eps).T,
        lambda g, x, w, eps: uncentered(g, x - x.mean(0), w, eps, center=True),
        lambda g, x, w, eps: -uncentered(g, x, w, eps),
    ],
}
