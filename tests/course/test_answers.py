"""Answers as a class might write them: each exercise is solved by many ways and by no wrong one."""

import re
import statistics
from math import ceil, erf, hypot, inf, sqrt
from pathlib import Path

import numpy as np
import pytest
import torch

from bnviz.course.exercises import all_exercises, covariate_shift, intro, mini_batches

T = torch.as_tensor


RIGHT = {
    "intro/standardize": [
        lambda x: np.stack([(c - c.mean()) / (c.std() if np.ptp(c) else 1) for c in x.T], axis=1),
        lambda x: np.where(x.max(0) == x.min(0), 0, (x - x.mean(0)) / x.std(0)),
        lambda x: (T(x) - T(x).mean(0)) / T(x).std(0, correction=0).clamp(min=1e-9),
        lambda x: [
            [
                (v - statistics.fmean(c)) / (statistics.pstdev(c) or 1)
                for v, c in zip(r, x.T.tolist(), strict=True)
            ]
            for r in x.tolist()
        ],
        lambda x: (x - x.mean(0)) / np.where(x.std(0) < 1e-12, 1, x.std(0)),
    ],
    "intro/first-step": [
        lambda s, a, goal: next((t for t, v in zip(s, a, strict=True) if v >= goal), inf),
        lambda s, a, goal: min(s[a >= goal], default=np.inf),
        lambda s, a, goal: np.where(a >= goal, s, np.inf).min(),
        lambda s, a, goal: s[np.flatnonzero(a >= goal)[0]] if a.max() >= goal else float("inf"),
        lambda s, a, goal: T(np.append(s, np.inf))[np.argmax(np.append(a, 1) >= goal)],
    ],
    "intro/needle": [
        lambda std, factor, limit: next(
            n for n in range(1, 1000) if std * factor ** (n - 1) < limit
        ),
        lambda std, factor, limit: (
            1 if std < limit else 1 + RIGHT["intro/needle"][1](std * factor, factor, limit)
        ),
        lambda std, factor, limit: max(1, 2 + int(np.floor(np.log(limit / std) / np.log(factor)))),
        lambda std, factor, limit: 1 + int((std * factor ** np.arange(100) >= limit).sum()),
        lambda std, factor, limit: float(np.argmax(std * factor ** np.arange(100.0) < limit) + 1),
    ],
    "mini-batches/batches": [
        lambda n, m: (-(-n // m), (n - 1) % m + 1),
        lambda n, m: [ceil(n / m), n - m * (ceil(n / m) - 1)],
        lambda n, m: (len(range(0, n, m)), len(range(n)[(n - 1) // m * m :])),
        lambda n, m: (len(torch.arange(n).split(m)), len(torch.arange(n).split(m)[-1])),
        lambda n, m: np.array([np.ceil(n / m), n % m or m]),
    ],
    "mini-batches/noise": [
        lambda std, error: ceil((std / error) ** 2 - 1e-6),
        lambda std, error: np.ceil(np.square(std) / np.square(error) - 1e-9),
        lambda std, error: next(m for m in range(1, 10**6) if std / sqrt(m) <= error * (1 + 1e-9)),
        lambda std, error: int(-(-((std / error) ** 2) // 1)),
        lambda std, error: torch.ceil(torch.tensor(std / error, dtype=torch.float64) ** 2).int(),
    ],
    "mini-batches/average": [
        lambda g, n: n @ g / n.sum(),
        lambda g, n: np.repeat(g, n, axis=0).mean(0),
        lambda g, n: (T(n)[:, None] * T(g)).sum(0) / T(n).sum(),
        lambda g, n: sum(k * row for k, row in zip(n, g, strict=True)) / sum(n),
        lambda g, n: np.einsum("b,bp->p", n / n.sum(), g).tolist(),
    ],
    "covariate-shift/drift": [
        lambda p: np.ptp(p, axis=0)[1] / np.diff(p[-1, [0, 2]])[0],
        lambda p: (max(p[:, 1]) - min(p[:, 1])) / (p[-1][2] - p[-1][0]),
        lambda p: (T(p)[:, 1].max() - T(p)[:, 1].min()) / (T(p)[-1, 2] - T(p)[-1, 0]),
        lambda p: float(np.sort(p[:, 1])[[0, -1]] @ [-1, 1] / (p[-1] @ [-1, 0, 1])),
        lambda p: abs(p[:, 1][:, None] - p[:, 1]).max() / np.ptp(p[-1]),
    ],
    "covariate-shift/split": [
        lambda m: (np.std(m.sum(1) / m.shape[1]), np.mean([row.std() for row in m])),
        lambda m: (T(m).mean(1).std(correction=0), T(m).std(1, correction=0).mean()),
        lambda m: [
            statistics.pstdev([statistics.fmean(r) for r in m]),
            statistics.fmean([statistics.pstdev(r) for r in m]),
        ],
        lambda m: (
            np.average(m, axis=1).var() ** 0.5,
            np.sqrt(((m - m.mean(1, keepdims=True)) ** 2).mean(1)).mean(),
        ),
        lambda m: np.array([m.mean(1).std(), m.std(1).mean()], np.float32),
    ],
    "covariate-shift/chain": [
        lambda w, s: (
            sum(s[i] * np.prod(np.delete(w, i)) for i in range(len(w))),
            np.prod(w + s) - np.prod(w),
        ),
        lambda w, s: (
            np.prod(w + np.diag(s), axis=1).sum() - len(w) * np.prod(w),
            (w + s).prod() - w.prod(),
        ),
        lambda w, s: (
            torch.autograd.functional.jvp(torch.prod, T(w), T(s))[1],
            T(w + s).prod() - T(w).prod(),
        ),
        lambda w, s: [
            sum(
                (
                    np.prod([a + b * (i == j) for j, (a, b) in enumerate(zip(w, s, strict=True))])
                    - np.prod(w)
                )
                for i in range(len(w))
            ),
            np.prod(w + s) - np.prod(w),
        ],
        lambda w, s: np.stack(
            [
                (np.prod(np.where(np.eye(len(w)), w + s, w), 1) - w.prod()).sum(),
                (w + s).prod() - w.prod(),
            ]
        ),
    ],
    "equation/normalize": [
        lambda x, eps: torch.nn.functional.batch_norm(T(x), None, None, training=True, eps=eps),
        lambda x, eps: (
            (x - x.mean(0, keepdims=True)) * (np.square(x - x.mean(0)).mean(0) + eps) ** -0.5
        ),
        lambda x, eps: np.apply_along_axis(lambda c: (c - c.mean()) / sqrt(c.var() + eps), 0, x),
        lambda x, eps: (
            ((x.T - x.T.mean(1, keepdims=True)) / np.sqrt(x.T.var(1, keepdims=True) + eps)).T
        ),
        lambda x, eps: (
            (T(x) - T(x).mean(0)) / torch.sqrt(T(x).var(0, unbiased=False) + eps)
        ).tolist(),
    ],
    "equation/running": [
        lambda m, v, x, a: (m + a * (x.mean(0) - m), v + a * (x.var(0, ddof=1) - v)),
        lambda m, v, x, a: [(1 - a) * T(m) + a * T(x).mean(0), (1 - a) * T(v) + a * T(x).var(0)],
        lambda m, v, x, a: (
            (1 - a) * m + a * x.mean(0),
            (1 - a) * v + a * x.var(0) * len(x) / (len(x) - 1),
        ),
        lambda m, v, x, a: (torch.lerp(T(m), T(x).mean(0), a), torch.lerp(T(v), T(x).var(0), a)),
        lambda m, v, x, a: (
            np.average([m, x.mean(0)], axis=0, weights=[1 - a, a]),
            np.average([v, np.cov(x.T).diagonal()], axis=0, weights=[1 - a, a]),
        ),
    ],
    "equation/eps": [
        lambda var, eps: (var / (var + eps)) ** 0.5,
        lambda var, eps: np.sqrt(1 - eps / (var + eps)),
        lambda var, eps: T(var).sqrt() * torch.rsqrt(T(var) + eps),
        lambda var, eps: [sqrt(v / (v + eps)) for v in var],
        lambda var, eps: (np.sqrt(var) * [[1], [-1]] / np.sqrt(var + eps)).std(0),
    ],
    "equation/shape": [
        lambda x: (((x - x.mean(0)) / x.std(0)) ** 3).mean(0),
        lambda x: ((T(x) - T(x).mean(0)) ** 3).mean(0) / T(x).var(0, correction=0) ** 1.5,
        lambda x: [sum((v - c.mean()) ** 3 for v in c) / len(c) / c.std() ** 3 for c in x.T],
        lambda x: ((x**3).mean(0) - 3 * x.mean(0) * x.var(0) - x.mean(0) ** 3) / x.std(0) ** 3,
        lambda x: np.einsum("nc,nc,nc->c", *[(x - x.mean(0)) / x.std(0)] * 3) / len(x),
    ],
    "gamma-beta/statistics": [
        lambda v, w, b, e: (b, np.sqrt(w * w * v / (v + e))),
        lambda v, w, b, e: (b.copy(), np.sqrt(v) / np.sqrt(v + e) * np.abs(w)),
        lambda v, w, b, e: (T(b), (T(w) / torch.sqrt(1 + e / T(v))).abs()),
        lambda v, w, b, e: [[*b], [abs(g) * sqrt(s / (s + e)) for g, s in zip(w, v, strict=True)]],
        lambda v, w, b, e: np.stack([b, np.maximum(w, -w) * (1 - e / (v + e)) ** 0.5]),
    ],
    "gamma-beta/identity": [
        lambda x, eps: ((x.var(0) + eps) ** 0.5, x.sum(0) / len(x)),
        lambda x, eps: (np.hypot(x.std(0), sqrt(eps)), np.average(x, axis=0)),
        lambda x, eps: (torch.sqrt(T(x).var(0, correction=0) + eps), T(x).mean(0)),
        lambda x, eps: [[sqrt(c.var() + eps) for c in x.T], [c.mean() for c in x.T]],
        lambda x, eps: np.vstack([1 / (x.var(0) + eps) ** -0.5, x.mean(0)]),
    ],
    "gamma-beta/gradients": [
        lambda g, h: (np.einsum("ij,ij->j", g, h), np.einsum("ij->j", g)),
        lambda g, h: (sum(a * b for a, b in zip(g, h, strict=True)), sum(g)),
        lambda g, h: ((T(g) * T(h)).sum(0), T(g).sum(0)),
        lambda g, h: [[a @ b for a, b in zip(g.T, h.T, strict=True)], [*g.T.sum(1)]],
        lambda g, h: np.array([len(g) * (g * h).mean(0), len(g) * g.mean(0)]),
    ],
    "gamma-beta/passed": [
        lambda h, w, b: (
            [statistics.NormalDist().cdf(t) for t in b / abs(w)],
            (h * w > -b).mean(0),
        ),
        lambda h, w, b: (
            T([0.5 + 0.5 * erf(t) for t in b / abs(w) / 2**0.5]),
            (T(h * w + b) > 0).float().mean(0),
        ),
        lambda h, w, b: (
            torch.distributions.Normal(T(b), T(w).abs()).cdf(T(2 * b)),
            (T(w * h + b).relu() > 0).double().mean(0),
        ),
        lambda h, w, b: (
            1 - np.vectorize(statistics.NormalDist().cdf)(-b / abs(w)),
            np.count_nonzero(w * h + b > 0, axis=0) / len(h),
        ),
        lambda h, w, b: [
            np.vectorize(erf)(b / abs(w) / sqrt(2)) / 2 + 0.5,
            np.sum((w * h + b).clip(0) > 0, 0) / h.shape[0],
        ],
    ],
    "gradients/bias": [
        lambda b, m: m + -b,
        lambda b, m: np.subtract(m, b),
        lambda b, m: T(m) - T(b),
        lambda b, m: [n - a for a, n in zip(b, m, strict=True)],
        lambda b, m: -(b - m),
    ],
    "gradients/length": [
        lambda length, pull, lr, steps: (
            RIGHT["gradients/length"][0](hypot(length, lr * pull / length), pull, lr, steps - 1)
            if steps
            else length
        ),
        lambda length, pull, lr, steps: next(
            one for n, one in enumerate(_lengths(length, pull, lr)) if n == steps
        ),
        lambda length, pull, lr, steps: np.sqrt(_square(length**2, lr * pull, steps)),
        lambda length, pull, lr, steps: _torch_length(length, pull, lr, steps),
        lambda length, pull, lr, steps: np.linalg.norm(_vector(length, pull, lr, steps)),
    ],
    "gradients/backward": [
        lambda g, x, w, e: _autograd(g, x, w, e, torch.float64),
        lambda g, x, w, e: _autograd(g, x, w, e, torch.float32),
        lambda g, x, w, e: (
            w
            / np.sqrt(x.var(0) + e)
            / len(x)
            * (
                len(x) * g
                - g.sum(0)
                - (x - x.mean(0)) / (x.var(0) + e) * (g * (x - x.mean(0))).sum(0)
            )
        ),
        lambda g, x, w, e: _by_parts(g, x, w, e),
        lambda g, x, w, e: _by_parts(*map(np.float32, (g, x, w)), e),
    ],
    "placement/order": [
        lambda z, eps: (
            torch.nn.functional.batch_norm(T(z), None, None, training=True, eps=eps).relu(),
            torch.nn.functional.batch_norm(T(z).relu(), None, None, training=True, eps=eps),
        ),
        lambda z, eps: [_standard(z, eps).clip(0), _standard(z.clip(0), eps)],
        lambda z, eps: (
            ((z > z.mean(0)) * _standard(z, eps)).astype(np.float32),
            _standard(z * (z > 0), eps).astype(np.float32),
        ),
        lambda z, eps: tuple(
            np.stack(columns, 1).tolist()
            for columns in zip(
                *((_standard(c, eps).clip(0), _standard(c.clip(0), eps)) for c in z.T), strict=True
            )
        ),
        lambda z, eps: (
            np.fmax(0, (z - z.mean(0)) * (z.var(0) + eps) ** -0.5),
            _standard((z + abs(z)) / 2, eps),
        ),
    ],
    "placement/next-bias": [
        lambda beta, w, b: b + (w * beta).sum(1),
        lambda beta, w, b: torch.nn.functional.linear(T(beta), T(w), T(b)),
        lambda beta, w, b: [float(np.dot(row, beta)) + c for row, c in zip(w, b, strict=True)],
        lambda beta, w, b: np.einsum("dc,c->d", w, beta) + b,
        lambda beta, w, b: (beta @ w.T + b).astype(np.float32),
    ],
    "placement/superfluous": [
        lambda parts: [
            i for i, p in enumerate(parts) if p == "linear" and _ends_in_norm(parts[i:])
        ],
        lambda parts: tuple(
            i for i in range(len(parts)) if re.match("(linear )+batchnorm", " ".join(parts[i:]))
        ),
        lambda parts: torch.tensor(
            [i for i, p in enumerate(parts) if p == "linear" and _ends_in_norm(parts[i:])]
        ),
        lambda parts: np.flatnonzero(
            [bool(re.match("(linear )+batchnorm", " ".join(parts[i:]))) for i in range(len(parts))]
        ),
        lambda parts: np.array(_backwards(parts)),
    ],
    "test-time/population": [
        lambda u, v, m: (np.average(u, axis=0), np.average(v, axis=0) * m / (m - 1)),
        lambda u, v, m: (T(u).mean(0), (T(v) * m).sum(0) / ((m - 1) * len(v))),
        lambda u, v, m: [sum(u) / len(u), sum(s * m / (m - 1) for s in v) / len(v)],
        lambda u, v, m: [[statistics.fmean(c) for c in t.T] for t in (u, v / (1 - 1 / m))],
        lambda u, v, m: np.stack([u.mean(0), v.mean(0) + v.mean(0) / (m - 1)]),
    ],
    "test-time/forget": [
        lambda a, share: ceil(np.log(share) / np.log(1 - a)),
        lambda a, share: next(t for t in range(10**4) if (1 - a) ** t <= share),
        lambda a, share: int(np.argmax((1 - a) ** np.arange(10**4) <= share)),
        lambda a, share: 0 if share >= 1 else 1 + RIGHT["test-time/forget"][3](a, share / (1 - a)),
        lambda a, share: float(np.ceil(np.log2(share) / np.log1p(-a) * np.log(2))),
    ],
    "test-time/corrected": [
        lambda r, s, a, t: s + (r - s) / (1 - (1 - a) ** t),
        lambda r, s, a, t: (r - s * (1 - a) ** t) / -np.expm1(t * np.log1p(-a)),
        lambda r, s, a, t: (T(r) - (1 - a) ** t * s) / (1 - (1 - a) ** t),
        lambda r, s, a, t: (r - s * np.prod([1 - a] * t)) / sum(a * (1 - a) ** k for k in range(t)),
        lambda r, s, a, t: (
            np.linalg.solve([[1 - (1 - a) ** t]], [np.atleast_1d(r - s)])[0] + s
            if np.ndim(r)
            else s + (r - s) / (1 - (1 - a) ** t)
        ),
    ],
}
WRONG = {
    "intro/standardize": [
        lambda x: (x - x.mean(0)) / (x.std(0) ** 0.5 + (np.ptp(x, 0) == 0)),
        lambda x: (x - x.mean(0)) / np.where(np.ptp(x, 0) == 0, 1, abs(x - x.mean(0)).mean(0)),
        lambda x: (x - x[0]) / np.where(np.ptp(x, 0) == 0, 1, x.std(0)),
        lambda x: (x.T - x.mean(0)) / x.std(0),
        lambda x: (x - x.mean(0)) / np.where(np.ptp(x, 0) == 0, 1, abs(x).max(0)),
    ],
    "intro/first-step": [
        lambda s, a, goal: s[np.argmin(a >= goal)],
        lambda s, a, goal: int(np.flatnonzero(a >= goal)[0]) if (a >= goal).any() else np.inf,
        lambda s, a, goal: next((t for t, v in zip(s, a, strict=True) if v <= goal), np.inf),
        lambda s, a, goal: s[a >= goal].mean() if (a >= goal).any() else np.inf,
        lambda s, a, goal: next((s[i - 1] for i in range(len(s)) if a[i] >= goal), np.inf),
    ],
    "intro/needle": [
        lambda std, factor, limit: 1 + RIGHT["intro/needle"][0](std * factor, factor, limit),
        lambda std, factor, limit: int(std / limit * factor) + 1,
        lambda std, factor, limit: (
            RIGHT["intro/needle"][0](std, factor, limit) if std >= limit else 0
        ),
        lambda std, factor, limit: [std * factor**n for n in range(4)],
        lambda std, factor, limit: next(n for n in range(1, 99) if std * factor**n < limit),
    ],
    "mini-batches/batches": [
        lambda n, m: (n // m + 1, n % m or m),
        lambda n, m: (n / m, n % m),
        lambda n, m: (ceil(n / m), n - m),
        lambda n, m: (max(1, n // m), n % m or m),
        lambda n, m: (ceil(n / m), m - n % m),
    ],
    "mini-batches/noise": [
        lambda std, error: ceil(std / error) + 1,
        lambda std, error: std / sqrt(error),
        lambda std, error: (2 * std / error) ** 2,
        lambda std, error: ceil(1.96**2 * (std / error) ** 2),
        lambda std, error: 2 ** ceil(std / error),
    ],
    "mini-batches/average": [
        lambda g, n: np.median(g, axis=0),
        lambda g, n: (g * n[:, None]).mean(0) / n.max(),
        lambda g, n: (g / n[:, None]).sum(0) * n.sum(),
        lambda g, n: g[np.argmax(n)],
        lambda g, n: np.average(g, axis=0, weights=n**2),
    ],
    "covariate-shift/drift": [
        lambda p: np.ptp(p[:, 1]) - (p[-1, 2] - p[-1, 0]),
        lambda p: np.ptp(p[1]) / (p[-1, 2] - p[-1, 0]),
        lambda p: np.ptp(p[:, 1]) / np.ptp(p[:, 2] - p[:, 0]),
        lambda p: (p[-1, 1] - p[:, 1].min()) / (p[-1, 2] - p[-1, 0]),
        lambda p: np.ptp(p.mean(1)) / (p[-1, 2] - p[-1, 0]),
    ],
    "covariate-shift/split": [
        lambda m: (m.mean(1).std(), m.std(1).max()),
        lambda m: (m[:, 0].std(), m.std(1).mean()),
        lambda m: (m.mean(1).std(), m.std(1).std()),
        lambda m: (m.mean(1).std(), m[-1].std()),
        lambda m: (np.ptp(m.mean(1)), m.std(1).mean()),
    ],
    "covariate-shift/chain": [
        lambda w, s: (np.prod(w) * s.sum(), np.prod(w + s) - np.prod(w)),
        lambda w, s: (np.sum(w * s), np.prod(w + s) - np.prod(w)),
        lambda w, s: (_right_chain(w, s)[0], np.prod(w * s)),
        lambda w, s: (_right_chain(w, s)[0],) * 2,
        lambda w, s: (_right_chain(w, s)[0], np.prod(w - s) - np.prod(w)),
    ],
    "equation/normalize": [
        lambda x, eps: (x - x.mean(0)) / np.sqrt(x.var(0)) + eps,
        lambda x, eps: (x - x.mean(0) + eps) / np.sqrt(x.var(0) + eps),
        lambda x, eps: (x - x.mean(0)) / np.sqrt(((x - x.mean(0)) ** 2).sum(0) + eps),
        lambda x, eps: (x - x.min(0)) / (np.ptp(x, 0) + eps),
        lambda x, eps: torch.nn.functional.layer_norm(T(x), x.shape[1:], eps=eps),
    ],
    "equation/running": [
        lambda m, v, x, a: (  # two channels, however many there are
            [(1 - a) * m[c] + a * x[:, c].mean() for c in (0, 1)],
            [(1 - a) * v[c] + a * x[:, c].var(ddof=1) for c in (0, 1)],
        ),
        lambda m, v, x, a: (m + a * x.mean(0) - a, v + a * x.var(0, ddof=1) - a),
        lambda m, v, x, a: ((1 - a) * m + a * x.mean(0), (1 - a**2) * v + a**2 * x.var(0, ddof=1)),
        lambda m, v, x, a: ((1 - a) * m + a * x[-1], (1 - a) * v + a * x.var(0, ddof=1)),
        lambda m, v, x, a: ((1 - a) * m + a * np.median(x, 0), (1 - a) * v + a * x.var(0, ddof=1)),
        lambda m, v, x, a: ((m + x.mean(0)) / 2, (v + x.var(0, ddof=1)) / 2),
    ],
    "equation/eps": [
        lambda var, eps: var / (np.sqrt(var) + eps),
        lambda var, eps: np.sqrt(var) - eps,
        lambda var, eps: eps / (var + eps),
        lambda var, eps: np.sqrt(var**2 / (var**2 + eps)),
        lambda var, eps: 1 / (1 + eps / np.where(var, var, 1)),
    ],
    "equation/shape": [
        lambda x: ((x - x.mean(0)).sum(0) / x.std(0)) ** 3,
        lambda x: np.sign(x.mean(0) - np.median(x, axis=0)),
        lambda x: (((x - x.mean(0)) / x.var(0)) ** 3).mean(0),
        lambda x: (x.max(0) + x.min(0) - 2 * x.mean(0)) / x.std(0),
        lambda x: len(x) ** 2 / (len(x) - 1) / (len(x) - 2) * RIGHT["equation/shape"][0](x),
    ],
    "gamma-beta/statistics": [
        lambda v, w, b, e: (b, abs(w) * np.sqrt(v) / np.sqrt(v + e**2)),
        lambda v, w, b, e: (b, abs(w) * (1 - e)),
        lambda v, w, b, e: (w * 0, abs(w)),
        lambda v, w, b, e: (b, np.sqrt(v / (v + e))),
        lambda v, w, b, e: (b, np.sqrt(abs(w) ** 2 * v + e)),
    ],
    "gamma-beta/identity": [
        lambda x, eps: (np.sqrt(x.var(0)) + np.sqrt(eps), x.mean(0)),
        lambda x, eps: (np.sqrt(x.var(0) - eps), x.mean(0)),
        lambda x, eps: (np.sqrt(x.var(0) + eps), np.median(x[:2], 0) + 0.25),
        lambda x, eps: (np.sqrt(x.std(0) + eps), x.mean(0)),
        lambda x, eps: (np.ptp(x, 0), x.min(0)),
    ],
    "gamma-beta/gradients": [
        lambda g, h: ((g * h).sum(0), g.mean(0)),
        lambda g, h: ((g + h).sum(0), g.sum(0)),
        lambda g, h: ((g * h).sum(0), (g * h).sum(0)),
        lambda g, h: (abs(g * h).sum(0), g.sum(0)),
        lambda g, h: ((g * h).max(0), g.max(0)),
    ],
    "gamma-beta/passed": [
        lambda h, w, b: (_phi((b + h.mean(0)) / w**2), (w * h + b > 0).mean(0)),
        lambda h, w, b: (_phi(b / np.sqrt(abs(w))), (w * h + b > 0).mean(0)),
        lambda h, w, b: (_phi(b / abs(w)), (w * h + b > 0).sum(0) / h.shape[1]),
        lambda h, w, b: (_phi(b / abs(w)), (w * h > 0).mean(0)),
        lambda h, w, b: (np.exp(-((b / w) ** 2) / 2), (w * h + b > 0).mean(0)),
    ],
    "gradients/bias": [
        lambda b, m: m - b**2,
        lambda b, m: m * (1 - b),
        lambda b, m: m - b * (b > 0),
        lambda b, m: m - b / 2,
        lambda b, m: m - b[::-1],
    ],
    "gradients/length": [
        lambda length, pull, lr, steps: length + steps * lr * pull,
        lambda length, pull, lr, steps: length * np.sqrt(1 + steps * (lr * pull) ** 2),
        lambda length, pull, lr, steps: sqrt(length**2 + 2 * steps * lr * pull),
        lambda length, pull, lr, steps: RIGHT["gradients/length"][0](
            length, pull * length, lr, steps
        ),
        lambda length, pull, lr, steps: _late(length, pull, lr, steps),
    ],
    "gradients/backward": [
        lambda g, x, w, e: w * (g - g.mean(0)) / np.sqrt(x.var(0) + e) - (g * x).mean(0),
        lambda g, x, w, e: _autograd(g, x, w, e, torch.float64) * T(w),
        lambda g, x, w, e: _autograd(g + 1, x, w, e, torch.float64) + 1,
        lambda g, x, w, e: _autograd(g * x, x, w, e, torch.float64),
        lambda g, x, w, e: _autograd(g, x, w, 0.1, torch.float64),
    ],
    "placement/order": [
        lambda z, eps: (z.clip(0), z.clip(0)),
        lambda z, eps: (_standard(z, eps), _standard(z, eps)),
        lambda z, eps: (_standard(z, eps).clip(0), _standard(z, eps).clip(0) - z.mean(0)),
        lambda z, eps: (_standard(z, eps).clip(0), z.clip(0)),
        lambda z, eps: (np.abs(_standard(z, eps)), _standard(np.abs(z), eps)),
    ],
    "placement/next-bias": [
        lambda beta, w, b: np.array([w[d] @ beta + b[d] for d in range(len(beta))]),
        lambda beta, w, b: b + beta.sum(),
        lambda beta, w, b: w.sum(1) + b,
        lambda beta, w, b: 2 * (w @ beta) + b,
        lambda beta, w, b: b * (w @ beta),
        lambda beta, w, b: w @ beta - b,
    ],
    "placement/superfluous": [
        lambda parts: [],
        lambda parts: [0],
        lambda parts: [i for i, p in enumerate(parts) if p == "relu"],
        lambda parts: [i for i, p in enumerate(parts) if p == "linear" and "relu" in parts[i:]],
        lambda parts: len(parts),
    ],
    "test-time/population": [
        lambda u, v, m: (np.median(u, axis=0), m / (m - 1) * v.mean(0)),
        lambda u, v, m: (u.mean(0), (m - 1) / (m - 2 + 1e-9) * v.mean(0)),
        lambda u, v, m: (u[-1], v[-1]),
        lambda u, v, m: (u.mean(0), m * v.mean(0)),
        lambda u, v, m: (u.mean(0), v.mean(0) ** 2),
    ],
    "test-time/forget": [
        lambda a, share: round(np.log(share) / np.log(1 - a)) - 1,
        lambda a, share: 22,
        lambda a, share: share / a,
        lambda a, share: ceil(1 / share),
        lambda a, share: 3 * ceil(1 / a),
    ],
    "test-time/corrected": [
        lambda r, s, a, t: r,
        lambda r, s, a, t: r / (1 - a) ** t,
        lambda r, s, a, t: (r - s) / a,
        lambda r, s, a, t: r - s * a**t,
        lambda r, s, a, t: (r - (1 - a) * s) / a,
    ],
}


def _lengths(length, pull, lr):
    while True:
        yield length
        length = sqrt(length**2 + (lr * pull / length) ** 2)


def _square(square, by, steps):
    for _ in range(steps):
        square += by**2 / square
    return square


def _torch_length(length, pull, lr, steps):
    length = torch.tensor(length)
    for _ in range(steps):
        length = torch.hypot(length, lr * pull / length)
    return length


def _vector(length, pull, lr, steps):
    w = np.array([length, 0.0])
    for _ in range(steps):
        n = np.linalg.norm(w)
        w = w + lr * pull / n * np.array([-w[1], w[0]]) / n
    return w


def _autograd(g, x, w, e, dtype):
    x = torch.tensor(x, dtype=dtype, requires_grad=True)
    y = torch.nn.functional.batch_norm(x, None, None, T(w).to(dtype), None, True, eps=e)
    y.backward(T(g).to(dtype))
    return x.grad


def _by_parts(g, x, w, e):
    n, d, s, gh = len(x), x - x.mean(0), np.sqrt(x.var(0) + e), g * w
    dvar = (gh * d).sum(0) * -0.5 / s**3
    dmu = -gh.sum(0) / s
    return gh / s + dvar * 2 * d / n + dmu / n


def _standard(x, eps):
    return (x - x.mean(0)) / np.sqrt(x.var(0) + eps)


def _ends_in_norm(parts):
    return next((part for part in parts if part != "linear"), None) == "batchnorm"


def _backwards(parts):
    found, open_ = [], False
    for i in reversed(range(len(parts))):
        open_ = parts[i] == "batchnorm" or (open_ and parts[i] == "linear")
        if open_ and parts[i] == "linear":
            found.insert(0, i)
    return found


def _phi(t):
    return np.array([0.5 + erf(v / sqrt(2)) / 2 for v in t])


def _right_chain(w, s):
    return RIGHT["covariate-shift/chain"][0](w, s)


def _late(length, pull, lr, steps):
    g = pull / length
    for _ in range(steps):
        length, g = np.hypot(length, lr * g), pull / length
    return length


def test_every_exercise_is_tried():
    """Here, or in a file of its chapter, with two right answers and two wrong ones at least."""
    assert set(RIGHT) == set(WRONG) <= set(all_exercises())
    for name in set(all_exercises()) - set(RIGHT):
        chapter, what = name.split("/")
        path = Path(__file__).with_name(f"test_exercises_{chapter.replace('-', '_')}.py")
        assert path.read_text(encoding="utf-8").count(f'"{what}",') >= 4, name
    assert all(len(answers) >= 5 for answers in (*RIGHT.values(), *WRONG.values()))


@pytest.mark.parametrize("name", RIGHT)
def test_right_by_another_way(verdict, name):
    for number, answer in enumerate(RIGHT[name]):
        assert verdict(name, answer).startswith("Correct"), number


@pytest.mark.parametrize("name", WRONG)
def test_wrong_in_another_way(verdict, name):
    for number, answer in enumerate(WRONG[name]):
        assert verdict(name, answer).startswith("Not right yet"), number


def _over(g, x, w, e, axis):
    s = np.sqrt(x.var(0) + e)
    x_hat, g = (x - x.mean(0)) / s, g * w
    return (g - g.mean(axis, keepdims=True) - x_hat * (g * x_hat).mean(axis, keepdims=True)) / s


def _first_unless_any(s, a, goal):
    there = s[a >= goal]
    return there[0] if there.any() else inf


def _soonest(s, a, goal, never):
    return s[a >= goal][0] if (a >= goal).any() else never


def _one_mean_of_g(grad_y, x, weight, eps):
    g, s = weight * grad_y, np.sqrt(x.var(0) + eps)
    x_hat = (x - x.mean(0)) / s
    return (g - g.mean() - x_hat * (g * x_hat).mean()) / s


def _backward(g, x_hat, var):
    return (g - g.mean(0) - x_hat * (g * x_hat).mean(0)) / np.sqrt(var)


def _through(above, var, g, x, w, e):
    """The gradient by autograd, where the normalizing is written out by hand."""
    x = torch.tensor(x, requires_grad=True)
    (T(w) * above(x) / torch.sqrt(var(x) + e)).backward(T(g))
    return x.grad


def _deviation_for_x_hat(g, x, w, e):
    s, g = np.sqrt(x.var(0) + e), g * w
    x_hat = (x - x.mean(0)) / s
    return ((g - g.mean(0)) - (x - x.mean(0)) * (g * x_hat).mean(0)) / s


def _up_to_the_first_norm(parts):
    found = []
    for i, part in enumerate(parts):
        if part == "linear" and "batchnorm" in parts[i:]:
            between = parts[i + 1 : parts.index("batchnorm")]
            if all(other == "linear" for other in between):
                found.append(i)
    return found


@pytest.mark.parametrize(
    ("name", "answer", "told"),
    [
        (
            "intro/standardize",
            lambda x: (x - x.mean(0)) / np.where(x.std(0) == 0, 1, x.std(0)),
            "0.1 cannot be stored exactly",
        ),
        ("intro/standardize", lambda x: x / x.std(0), "The mean is still there"),
        ("intro/standardize", lambda x: x - x.mean(0) / x.std(0), "parentheses"),
        (
            "intro/first-step",
            lambda s, a, goal: s[a >= 0.9][0] if (a >= 0.9).any() else inf,
            "You used 0.9",
        ),
        (
            "intro/first-step",
            lambda s, a, goal: s[np.argmax(a >= goal)] if np.argmax(a >= goal) else inf,
            "Step 0 is a step too",
        ),
        (
            "intro/first-step",
            lambda s, a, goal: inf if a[-1] < goal else s[a >= goal][0],
            "may fall again",
        ),
        (
            "intro/first-step",
            lambda s, a, goal: s[(a < goal).sum()] if max(a) >= goal else inf,
            "may fall again",
        ),
        (
            "intro/first-step",
            lambda s, a, goal: s[a >= goal][-1] if max(a) >= goal else inf,
            "the last step",
        ),
        (
            "intro/first-step",
            lambda s, a, goal: s[a >= goal][0] if max(a) >= goal else -1,
            "return np.inf",
        ),
        (
            "intro/needle",
            lambda std, factor, limit: 1 + ceil(np.log(limit / std) / np.log(factor)),
            "stops one layer early",
        ),
        (
            "intro/needle",
            lambda std, factor, limit: 2 + int(np.log(limit / std) / np.log(factor)),
            "back behind",
        ),
        ("intro/first-step", _first_unless_any, "Step 0 counts as False: ask `len(there)`."),
        *[
            (
                "intro/first-step",
                lambda s, a, goal, n=never: _soonest(s, a, goal, n),
                "return np.inf",
            )
            for never in (None, "inf", -inf)
        ],
        (
            "intro/standardize",
            lambda x: (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5),
            "An ε under the root",
        ),
        (
            "equation/normalize",
            lambda x, eps: (x - x.mean(0)) / (x.std(0) + 1e-8),
            "no other small number",
        ),
        ("equation/shape", lambda x: np.zeros(x.shape[1]), "That is 0 for every column"),
        ("gradients/backward", lambda g, x, w, e: g, "grad_y itself"),
        (
            "gradients/backward",
            lambda g, x, w, e: _backward(g * w, x / np.sqrt(x.var(0) + e), x.var(0) + e),
            "The mean is still in x̂",
        ),
        (
            "gradients/backward",
            lambda g, x, w, e: _backward(
                g * w, (x - x.mean(0)) / np.sqrt(x.var() + e), x.var() + e
            ),
            "The variance is that of the whole array",
        ),
        (
            "gradients/backward",
            lambda *given: _through(lambda x: x - x.mean(0), lambda x: x.var(0), *given),
            "divided by N - 1",
        ),
        (
            "gradients/length",
            lambda length, pull, lr, steps: hypot(length, lr * pull / length),
            "Is `return` inside it?",
        ),
        ("mini-batches/noise", lambda std, error: 1, "The mean of 1 value is off by std itself"),
        (
            "mini-batches/noise",
            lambda std, error: int(np.round((std / error) ** 2 + 0.5)),
            "do not add 1",
        ),
        (
            "covariate-shift/split",
            lambda m: (np.median(m, axis=1).std(), m.std(axis=1).mean()),
            "You took the median of each row",
        ),
        (
            "covariate-shift/chain",
            lambda w, s: _right_chain(w, -s),
            "step has its sign",
        ),
        (
            "gamma-beta/passed",
            lambda h, w, b: (_phi(b / abs(w)), (h + b > 0).mean(0)),
            "weight is missing in measured",
        ),
        ("gradients/backward", _deviation_for_x_hat, "write x̂ where x - mean stands"),
        ("mini-batches/batches", lambda n, m: (round(n / m), n % m or m), "Round up, always"),
        ("mini-batches/batches", lambda n, m: (n % m or m, -(-n // m)), "The order is count, last"),
        ("mini-batches/noise", lambda std, error: ceil(std / error**2 - 1e-9), "std as well"),
        (
            "covariate-shift/drift",
            lambda p: np.ptp(p[:, 1]) / (p[-1, 2] - p[-1, 1]),
            "a part of it",
        ),
        (
            "covariate-shift/drift",
            lambda p: -np.ptp(p[:, 1]) / (p[-1, 2] - p[-1, 0]),
            "The result is negative",
        ),
        (
            "covariate-shift/chain",
            lambda w, s: (np.nan_to_num(np.prod(w) / w * s).sum(), np.prod(w + s) - np.prod(w)),
            "where the weight is 0",
        ),
        (
            "equation/normalize",
            lambda x, eps: np.nan_to_num((x - x.mean(0)) / x.std(0)),
            "does not wait",
        ),
        ("equation/shape", lambda x: (x.mean(0) - np.median(x, 0)) / x.std(0), "mean and median"),
        ("intro/first-step", lambda s, a, goal: s[a == goal][0] if goal in a else inf, "not =="),
        ("placement/next-bias", lambda beta, w, b: beta + b, "through the weights first"),
        ("placement/next-bias", lambda beta, w, b: beta @ w + b, "Each row of weight"),
        ("placement/next-bias", lambda beta, w, b: (w * beta).sum(0) + b, "Each row of weight"),
        ("placement/superfluous", _up_to_the_first_norm, "the *first* BN of all"),
        ("test-time/forget", lambda a, share: 1, "a `return` inside of the loop"),
        ("test-time/forget", lambda a, share: 0, "*while* more than the share is left"),
        (
            "equation/shape",
            lambda x: ((x - x.mean(0)) ** 3).mean(0) / x.var(0) ** 3,
            "third power of the variance",
        ),
        ("gamma-beta/identity", lambda x, eps: (x.std(0, ddof=1), x.mean(0)), "and eps is missing"),
        ("gamma-beta/gradients", lambda g, h: (h.sum(0), len(g)), "grad_y is missing"),
        ("gradients/backward", lambda g, x, w, e: _over(g, x, w, e, 1), "you took axis 1"),
        ("gradients/backward", lambda g, x, w, e: np.zeros_like(x), "grad_y is missing"),
        ("gradients/backward", _one_mean_of_g, "mean(g) and mean(g · x̂)"),
        (
            "covariate-shift/split",
            lambda m: (m.mean(1).std(), sum(row.std() for row in m)),
            "added them up",
        ),
        ("covariate-shift/split", lambda m: (m.sum(1).std(), m.std(1).mean()), "added it up"),
        ("gradients/backward", lambda g, x, w, e: _over(g, x, 1, e, 0), "weight is missing"),
    ],
)
def test_a_slip_is_told_by_its_name(verdict, name, answer, told):
    text = verdict(name, answer)
    assert text.startswith("Not right yet")
    assert told in text.partition("Likely ")[2]


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("intro/needle", lambda std, factor, limit: 4),
        ("covariate-shift/drift", lambda p: np.ptp(p[:, 1]) / np.ptp(p[:, 2] - p[:, 0])),
        ("gamma-beta/passed", lambda h, w, b: (_phi(b / abs(w) ** 0.5), (w * h + b > 0).mean(0))),
    ],
)
def test_a_slip_that_is_like_another_by_chance_gets_no_wrong_words(verdict, name, answer):
    assert "Likely" not in verdict(name, answer)


def test_what_rounding_may_spoil():
    tenths = np.array([[0.1, 1.0], [0.1, 2.0], [0.1, 6.0]])
    assert tenths[:, 0].std() > 0
    assert abs(intro.standardize(tenths)[:, 0]).max() < 1e-12
    assert mini_batches.batch_size_for(2.7, 0.3) == 81
    whole = covariate_shift.promised_and_actual(np.array([2, 3]), np.array([0.5, 0.1]))
    np.testing.assert_allclose(whole, (1.7, 1.75))
