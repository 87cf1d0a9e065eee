"""Chapter 12: right answers by other ways pass, and what a class gets wrong is told by its name."""

import math
from collections import Counter

import numpy as np
import pytest
import torch

CHAPTER = "limits"


def active_by_ends(lengths):
    left, found, ended = len(lengths), [], Counter(int(length) for length in lengths)
    for step in range(1, max(ended) + 1):
        found.append(left)
        left -= ended[step]
    return found


def odd_in_torch(a, b, m, eps):
    x = torch.full((m, 1), float(b))
    x[0] = a
    return torch.nn.functional.batch_norm(x, None, None, training=True, eps=eps)[0, 0]


def odd_by_formula(a, b, m, eps):
    share = 1 / m
    return (1 - share) * (a - b) / math.sqrt(share * (1 - share) * (a - b) ** 2 + eps)


def odd_in_whole_numbers(a, b, m, eps):
    x = np.zeros(m, dtype=int)
    x[0], x[1:] = a, b
    return (x[0] - x.mean()) / np.sqrt(x.var() + eps)


def from_nothing(gains, norm):
    path, found = 0.0, []
    for gain in gains:
        branch = gain if norm else gain * path
        path += branch
        found.append(branch / path)
    return found


def shares_in_closed_form(gains, norm):
    gains = np.asarray(gains, dtype=np.float32)
    return gains / (1 + (np.cumsum(gains) if norm else gains))


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("active", active_by_ends),
        ("active", lambda n: (torch.tensor(n)[:, None] > torch.arange(max(n))).sum(0)),
        ("active", lambda n: [float(len([k for k in n if k > t])) for t in range(max(n))]),
        ("moved", lambda m, v, f, o: [f * m + o, (f * np.sqrt(v)) ** 2]),
        ("moved", lambda m, v, f, o: (torch.tensor(m * f) + o, torch.tensor(v).float() * f * f)),
        ("moved", lambda m, v, f, o: np.stack([m * f + o, v * f * f])),
        ("odd-one", odd_in_torch),
        ("odd-one", odd_by_formula),
        ("odd-one", lambda *given: [float(odd_by_formula(*given))][0]),
        ("shares", shares_in_closed_form),
        ("shares", lambda gains, norm: torch.tensor(shares_in_closed_form(gains, norm))),
        ("shares", lambda gains, norm: [float(s) for s in shares_in_closed_form(gains, norm)]),
    ],
)
def test_right_by_another_way(verdict, name, answer):
    assert verdict(name, answer).startswith("Correct")


@pytest.mark.parametrize(
    ("name", "answer", "told"),
    [
        ("active", lambda n: [sum(n > t) for t in range(1, max(n) + 1)], "≥, not >"),
        ("active", lambda n: [sum(n >= t) for t in range(max(n))], "You began at step 0"),
        ("active", lambda n: np.bincount(n)[1:], "that end at each step"),
        ("active", lambda n: [sum(n >= t) for t in range(1, max(n))], "last step is missing"),
        ("active", lambda n: [sum(n >= t) for t in range(1, max(n) + 2)], "One step too many"),
        ("active", lambda n: [sum(n >= t) for t in range(1, 9)], "Too many steps"),
        ("active", lambda n: sorted(n, reverse=True), "Those are the lengths"),
        ("active", lambda n: [sum(n >= t) for t in sorted(set(n))], "at which no sequence ends"),
        ("active", lambda n: n[:, None] > np.arange(max(n)), "Add up over the sequences"),
        ("active", lambda n: [len(n)] * max(n), "Some have ended"),
        ("active", lambda n: len(n), "Not right yet"),
        ("moved", lambda m, v, f, o: (f * m + o, f * v), "square of the factor"),
        ("moved", lambda m, v, f, o: (f * m + o, f**2 * v + o), "how far they spread"),
        ("moved", lambda m, v, f, o: (f * (m + o), f**2 * v), "First the factor"),
        ("moved", lambda m, v, f, o: (f * m + o, v), "variance changes, too"),
        ("moved", lambda m, v, f, o: (m, v), "Not right yet"),
        ("moved", lambda m, v, f, o: (f * m + o, (f * v) ** 2), "a square already"),
        ("moved", lambda m, v, f, o: (f * m + o, (f * v) + o), "how far they spread"),
        ("moved", lambda m, v, f, o: (f * m - o, f * f * v), "you subtracted it"),
        ("moved", lambda m, v, f, o: (f * m + o, (f * m) ** 2), "a square of the mean"),
        ("moved", lambda m, v, f, o: (f * m + o, f * f * (v + m * m)), "a mean of squares"),
        ("odd-one", lambda a, b, m, eps: (m - 1) ** 0.5, "eps is missing"),
        ("odd-one", lambda a, b, m, eps: odd_by_formula(b, a, m, eps), "The sign is turned"),
        ("odd-one", lambda a, b, m, eps: abs(odd_by_formula(a, b, m, eps)), "The sign is turned"),
        ("odd-one", lambda a, b, m, eps: a - np.mean([a] + [b] * (m - 1)), "standard deviation"),
        ("odd-one", lambda a, b, m, eps: odd_by_formula(a, b, m, 0), "eps is missing"),
        ("odd-one", lambda a, b, m, eps: odd_by_formula(a, b, 2, eps), "not once"),
        ("odd-one", lambda a, b, m, eps: odd_by_formula(a, b, m + 1, eps), "with a they are m"),
        ("odd-one", odd_in_whole_numbers, "behind the point"),
        ("shares", from_nothing, "begins with variance 1"),
        ("shares", lambda g, n: 1 / (np.arange(len(g)) + 2), "all gains are 1"),
        ("shares", lambda g, n: g / (1 + g), "With norm the branch does not grow"),
        ("shares", lambda g, n: g / (1 + np.cumsum(g)), "Without norm the branch multiplies"),
        ("shares", lambda g, n: shares_in_closed_form(g, not n), "wrong way round"),
        ("shares", lambda g, n: 1 - shares_in_closed_form(g, n), "How much does the branch"),
        ("shares", lambda g, n: shares_in_closed_form(g, n)[-1], "keep the shares"),
        ("shares", lambda g, n: np.sqrt(shares_in_closed_form(g, n)), "Take no root"),
    ],
)
def test_a_mistake_is_told(verdict, name, answer, told):
    assert told in verdict(name, answer)
