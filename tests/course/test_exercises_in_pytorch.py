"""Chapter 14: right answers by other ways pass, and what a class gets wrong is told by its name."""

import numpy as np
import pytest
import torch

CHAPTER = "in-pytorch"


def decays_by_ndim(shapes, decay):
    return torch.tensor([decay * (torch.empty(shape).ndim >= 2) for shape in shapes])


def spread_by_batch_norm(spread, weight_std, units, eps):
    """Two sums with the variance in question go through torch's layer."""
    std = (units * 0.341) ** 0.5 * weight_std * spread
    sums = torch.tensor([[std], [-std]], dtype=torch.float64)
    y = torch.nn.functional.batch_norm(sums, None, None, training=True, eps=eps)
    return y.std(correction=0)


def combined_from_squares(means, variances, counts):
    means, variances = torch.tensor(means).float(), torch.tensor(variances).float()
    n = torch.tensor(counts)[:, None]
    mean = (n * means).sum(0) / n.sum()
    return mean, (n * (variances + means**2)).sum(0) / n.sum() - mean**2


def combined_of_images(means, variances, counts):
    """Images that have these statistics: half of them one deviation above, half below."""
    parts = [
        np.concatenate([np.repeat([m + v**0.5], n // 2, 0), np.repeat([m - v**0.5], n // 2, 0)])
        for m, v, n in zip(means, variances, counts, strict=True)
    ]
    images = np.concatenate(parts)
    return [images.mean(0), images.var(0)]


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("decays", decays_by_ndim),
        ("decays", lambda shapes, decay: np.array([decay * (len(s) != 1) for s in shapes])),
        ("decays", lambda shapes, decay: [decay if s[1:] else 0 for s in shapes]),
        ("decays", lambda shapes, decay: torch.tensor([decay * bool(s[1:]) for s in shapes])),
        ("decays", lambda shapes, decay: tuple(0 if len(s) < 2 else decay for s in shapes)),
        ("next-spread", spread_by_batch_norm),
        ("next-spread", lambda s, w, n, e: 1 / np.sqrt(1 + e / (n * (w * s) ** 2 * 0.341))),
        ("next-spread", lambda s, w, n, e: np.float32(
            s * w * np.sqrt(0.3408 * n / (n * (w * s) ** 2 * 0.3408 + e)))),
        ("combined", combined_from_squares),
        ("combined", lambda m, v, n: np.stack(combined_from_squares(m, v, n))),
        ("combined", combined_of_images),
        ("combined", lambda m, v, n: (
            mean := np.average(m, axis=0, weights=n),
            np.average(v + (m - mean) ** 2, axis=0, weights=n))),
    ],
)  # fmt: skip
def test_right_by_another_way(verdict, name, answer):
    assert verdict(name, answer).startswith("Correct")


@pytest.mark.parametrize(
    ("name", "answer", "told"),
    [
        ("decays", lambda shapes, decay: [decay] * len(shapes), "to be spared"),
        ("decays", lambda shapes, decay: [decay * (len(s) == 2) for s in shapes], "more than two"),
        ("decays", lambda shapes, decay: [decay * (np.prod(s) > s[0]) for s in shapes
                                          if len(s) > 1], "one number for each shape"),
        ("decays", lambda shapes, decay: [len(s) > 1 for s in shapes], "yes and no"),
        ("decays", lambda shapes, decay: [decay * (s != (1,)) for s in shapes], "of length 1"),
        ("decays", lambda shapes, decay: [decay * len(s) for s in shapes], "do not multiply"),
        ("decays", lambda shapes, decay: decay, "one number for each shape"),
        ("next-spread", lambda s, w, n, e: n * w**2 * 0.341 * s**2, "variance of the sums"),
        ("next-spread", lambda s, w, n, e: (v := n * w**2 * 0.341 * s**2) / (v + e), "root of it"),
        ("next-spread", lambda s, w, n, e: np.sqrt((v := n * w**2 * s**2) / (v + e)), "0.341"),
        ("next-spread", lambda s, w, n, e: 1, "would be 1"),
        ("next-spread", lambda s, w, n, e: np.sqrt((v := n * w**2 * 0.5 * s**2) / (v + e)),
         "mean square"),
        ("next-spread", lambda s, w, n, e: np.sqrt(n * w**2 * 0.341 * s**2 / e), "far below ε"),
        ("next-spread", lambda s, w, n, e: np.sqrt((v := n * w**2 * 0.341 * s**2) / (v + e**2)),
         "as it is"),
        ("next-spread", lambda s, w, n, e: np.sqrt((v := n * w**2 * 0.341) / (v + e)),
         "spread is missing"),
        ("next-spread", lambda s, w, n, e: np.sqrt((v := 100 * w**2 * 0.341 * s**2) / (v + e)),
         "is given"),
        ("next-spread", lambda s, w, n, e: np.sqrt(n * w**2 * 0.341 * s**2 + e), "divides by"),
        ("combined", lambda m, v, n: (np.average(m, axis=0, weights=n),
                                      np.average(v, axis=0, weights=n)), "means differ, too"),
        ("combined", lambda m, v, n: (np.average(m, axis=0, weights=n),
                                      np.average(v + m**2, axis=0, weights=n)), "squared mean"),
        ("combined", lambda m, v, n: (mean := np.average(m, axis=0, weights=n),
                                      np.average(v + abs(m - mean), axis=0, weights=n)),
         "must be squared"),
        ("combined", lambda m, v, n: (m.mean(0), v.mean(0)), "count alike"),
        ("combined", lambda m, v, n: (m.mean(0), v.mean(0) + m.var(0)), "weigh each by its count"),
        ("combined", lambda m, v, n: (np.average(m, axis=0, weights=n), m.var(0)),
         "devices' means alone"),
    ],
)  # fmt: skip
def test_a_slip_is_told_by_its_name(verdict, name, answer, told):
    text = verdict(name, answer)
    assert text.startswith("Not right yet")
    assert told in text.partition("Likely ")[2]


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("decays", lambda shapes, decay: [decay * (len(s) > 2) for s in shapes]),
        ("decays", lambda shapes, decay: [decay * (len(s) in (2, 4)) for s in shapes]),
        ("decays", lambda shapes, decay: [decay * (np.prod(s) > 20) for s in shapes]),
        ("decays", lambda shapes, decay: [decay * (s[0] != s[-1]) for s in shapes]),
        ("decays", lambda shapes, decay: [decay * (len(set(s)) > 1) for s in shapes]),
        ("next-spread", lambda s, w, n, e: np.sqrt((v := n * w**2 * 0.341 * s**2) / (v + e**2))),
        ("combined", lambda m, v, n: (np.average(m, axis=0, weights=n), np.cov(m.T, fweights=n))),
        ("combined", lambda m, v, n: (np.average(m, axis=0, weights=n),
                                      np.average(v, axis=0, weights=n**2))),
        ("combined", lambda m, v, n: (np.median(m, axis=0), v.max(0))),
    ],
)  # fmt: skip
def test_what_is_nearly_right_does_not_pass(verdict, name, answer):
    assert not verdict(name, answer).startswith("Correct")
