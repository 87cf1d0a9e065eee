"""Chapter 4: right answers by other ways pass, and what a class gets wrong is told by its name."""

from math import erf, sqrt

import numpy as np
import pytest
import torch

CHAPTER = "gamma-beta"


def statistics_of_two(var, weight, bias, eps):
    """Two samples that have this variance go through torch's layer."""
    x = torch.tensor(np.sqrt(var) * [[1], [-1]])
    y = torch.nn.functional.batch_norm(
        x, None, None, torch.tensor(weight), torch.tensor(bias), True, eps=eps
    )
    return y.mean(0), y.std(0, correction=0)


def gradients_by_autograd(grad_y, x_hat):
    count = x_hat.shape[1]
    weight, bias = torch.ones(count, requires_grad=True), torch.zeros(count, requires_grad=True)
    y = weight * torch.tensor(x_hat).float() + bias
    y.backward(torch.tensor(grad_y).float())
    return weight.grad, bias.grad


def passed_in_torch(x_hat, weight, bias):
    x_hat, weight, bias = (torch.tensor(part) for part in (x_hat, weight, bias))
    y = torch.relu(weight * x_hat + bias)
    return torch.special.ndtr(bias / weight.abs()), (y > 0).double().mean(0)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("statistics", statistics_of_two),
        ("statistics", lambda v, w, b, eps: np.stack([b, np.sqrt(w**2 * v / (v + eps))])),
        ("statistics", lambda v, w, b, eps: [b.tolist(), abs(w / np.hypot(1, (eps / v) ** 0.5))]),
        ("identity", lambda x, eps: (np.sqrt(np.float32(x).var(0) + eps), np.float32(x).mean(0))),
        ("identity", lambda x, eps: [(np.cov(x.T, ddof=0).diagonal() + eps) ** 0.5, x.mean(0)]),
        ("gradients", gradients_by_autograd),
        ("gradients", lambda g, x_hat: (np.einsum("nc,nc->c", g, x_hat).tolist(), sum(g))),
        ("gradients", lambda g, x_hat: (np.diag(g.T @ x_hat), np.ones(len(g)) @ g)),
        ("passed", passed_in_torch),
        (
            "passed",
            lambda x_hat, w, b: (
                [0.5 + erf(t / sqrt(2)) / 2 for t in b / np.sqrt(w**2)],
                np.count_nonzero(np.maximum(w * x_hat + b, 0), axis=0) / len(x_hat),
            ),
        ),
    ],
)
def test_right_by_another_way(verdict, name, answer):
    assert verdict(name, answer).startswith("Correct")


@pytest.mark.parametrize(
    ("name", "answer", "told"),
    [
        ("statistics", lambda *given: statistics_of_two(*given)[::-1], "The order is mean, std"),
        ("statistics", lambda v, w, b, e: (0 * b, abs(w) * (v / (v + e)) ** 0.5), "β is"),
        ("statistics", lambda v, w, b, e: statistics_of_two(v, w, b, 1e-5), "You used 1e-5"),
        ("statistics", lambda v, w, b, e: (b, w**2 * v / (v + e)), "variance of y"),
        ("identity", lambda x, eps: ((x.var(0) + 1e-5) ** 0.5, x.mean(0)), "You used 1e-5"),
        ("identity", lambda x, eps: (x.std(0), x.mean(0)), "eps is missing"),
        ("identity", lambda x, eps: (x.std(0) + eps, x.mean(0)), "outside the root"),
        ("identity", lambda x, eps: ((x.var(0) + eps) ** 0.5, 0 * x.mean(0)), "bias is missing"),
        ("gradients", lambda g, x_hat: (x_hat.sum(0), g.sum(0)), "grad_y is missing in"),
        (
            "gradients",
            lambda g, x_hat: (x_hat.sum(0), 0 * g[0] + len(g)),
            "grad_y is missing: that",
        ),
        ("gradients", lambda g, x_hat: (-(g * x_hat).sum(0), -g.sum(0)), "The sign is turned"),
        ("passed", lambda x, w, b: (passed_in_torch(x, w, b)[0], (x > -b / w).mean(0)), "positive"),
        ("passed", lambda x, w, b: passed_in_torch(x, w, b)[::-1], "The order is predicted"),
        ("passed", lambda *g: [100 * part for part in passed_in_torch(*g)], "per cents"),
    ],
)
def test_a_slip_is_told_by_its_name(verdict, name, answer, told):
    text = verdict(name, answer)
    assert text.startswith("Not right yet")
    assert told in text.partition("Likely ")[2]
