"""Right answers to the problems of chapter 13 by another way, and wrong ones of a class."""

import math

import numpy as np
import torch


def hidden_of(x, first, norm, eps=1e-5):
    """Hidden values, and their standard deviations (1 without the norm)."""
    hidden = x @ first.T
    if not norm:
        return hidden, 1.0
    sigma = np.sqrt(hidden.var(0) + eps)
    return (hidden - hidden.mean(0)) / sigma, sigma


def stale_by_hand(x, y, first, last, lr, norm, moved=None, through=True, direct=False, eps=1e-5):
    """The way back written out; the rest changes one thing each, to be wrong."""

    def plan(first, last, scale=1.0):
        hidden, _ = hidden_of(x, first, norm, eps)
        return scale * hidden.T @ (hidden @ last - y) / len(x)

    hidden, sigma = hidden_of(x, first, norm, eps)
    g = np.outer(hidden @ last - y, last) / len(x)
    if norm and through:
        g = g - g.mean(0) - hidden * (g * hidden).mean(0)
    old = plan(first, last)
    step = lr * (g if direct else g / sigma).T @ x
    new = plan(first - step, last) if moved is None else moved(plan, first, last, step, lr * old)
    cosine = new @ old / np.linalg.norm(new) / np.linalg.norm(old)
    return [np.linalg.norm(new - old) / np.linalg.norm(old), cosine]


def moved_by(rule):
    return lambda *a: stale_by_hand(*a, moved=rule)


def stale_in_float32(*given):
    return stale_by_hand(*(a.astype(np.float32) for a in given[:4]), *given[4:])


def swapped(rule):
    """The same two numbers, spoiled."""
    return lambda *a: rule(*stale_by_hand(*a))


RIGHT = {
    "smooth-as-you-like": [
        lambda w, s, g: torch.from_numpy(w) / math.sqrt(g / s),
        lambda w, s, g: [[float(v) * (s / g) ** 0.5 for v in row] for row in w],
    ],
    "stale": [stale_by_hand, stale_in_float32],
}

WRONG = {
    "smooth-as-you-like": [
        lambda w, s, g: w,
        lambda w, s, g: w * s / g,
        lambda w, s, g: w * np.sqrt(g / s),
        lambda w, s, g: -w * np.sqrt(s / g),
        lambda w, s, g: w * (s / g) ** 2,
        lambda w, s, g: w / np.linalg.norm(w) * np.sqrt(s / g),
    ],
    "stale": [
        moved_by(lambda plan, first, last, step, own: plan(first - step, last - own)),
        moved_by(lambda plan, first, last, step, own: plan(first, last - own)),
        moved_by(lambda plan, first, last, step, own: plan(first + step, last)),
        moved_by(lambda plan, first, last, step, own: plan(first - 2 * step, last)),
        lambda *a: stale_by_hand(*a, through=False),  # the statistics as constants
        lambda *a: stale_by_hand(*a, direct=True),
        lambda *a: stale_by_hand(*a, eps=1e-8),
        lambda *a: stale_by_hand(*a[:5], False),
        lambda *a: stale_by_hand(*a[:5], True),
        swapped(lambda change, cosine: (change, 1 - cosine)),
        swapped(lambda change, cosine: (change**2, cosine)),
        swapped(lambda change, cosine: (math.sqrt(max(2 - 2 * cosine, 0)), cosine)),
    ],
}
