"""A model that learned in one place is asked in another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from bnviz.experiments.common import Floats, accuracy
from bnviz.networks import mlp

__all__ = [
    "Draw",
    "Weighted",
    "bending_border",
    "moving_place_and_rule",
    "one_draw",
    "places",
    "weights_by_density",
]

OLD, NEW = -1.0, 1.5  # centers of the two places, in the first coordinate
_SPREAD = (0.5, 0.7)


def places(
    center: float, seeds: Sequence[int], turn: float = 0.0, number: int = 400
) -> tuple[Floats, NDArray[np.bool_]]:
    """Draw points around (center, 0) and say which lie above a wavy line: the rule.

    Args:
        center: of the place.
        seeds: of the points.
        turn: how far the wave is moved; 0 is the rule, any other number a changed rule.
        number: of points.

    Returns:
        Points (S, number, 2) for S seeds, and on which side each is, (S, number).
    """
    draws = [np.random.default_rng(s).normal((center, 0), _SPREAD, (number, 2)) for s in seeds]
    x = np.stack(draws)
    return x, x[..., 1] > np.sin(1.5 * x[..., 0] + turn)


def moving_place_and_rule(
    seeds: Sequence[int] = range(30), *, center: float = NEW, turn: float = 1.5
) -> dict[str, dict[str, Floats]]:
    """Learn where the points were; what is it worth where they are now, and with another rule?

    Logistic regression on 400 points. A straight border fits in the old place, and in the new one
    it does worse than a constant answer (about as well, where the new place is at 2.5): the
    rule has not changed, but the border was only right where it was learned (covariate shift).
    Given the wave as a third input, the model holds in the new place too; when the rule itself
    moves, that does not help (concept shift). Labels from the new place and of the new rule do.

    Args:
        seeds: of the points.
        center: of the new place.
        turn: how far the rule moves.

    Returns:
        By place and rule ("old place", "new place", "new place, new rule") and by model ("straight
        border", "border with wave", "constant answer", "border with wave, learned there"), the
        share of right answers for each seed, shape (S,). The constant answer is the better one.

    Source: the words follow Moreno-Torres et al. 2012, A unifying view on dataset shift; covariate
    shift is Shimodaira 2000.
    """
    old = places(OLD, _draws(0, seeds))
    straight, wavy = _learn(*old), _learn(_with_wave(old[0]), old[1])
    result = {}
    for name, (at, by) in _asked(center, turn).items():
        asked, more = (3, 4) if at == OLD else (1, 2)  # other points than those learned from
        x, truth = places(at, _draws(asked, seeds), by)
        x_more, truth_more = places(at, _draws(more, seeds), by)
        again = _learn(_with_wave(x_more, by), truth_more)
        result[name] = {
            "straight border": _right(straight, x, truth),
            "border with wave": _right(wavy, _with_wave(x), truth),
            "constant answer": np.maximum(truth.mean(1), 1 - truth.mean(1)),
            "border with wave, learned there": _right(again, _with_wave(x, by), truth),
        }
    return result


def bending_border(
    seeds: Sequence[int] = range(10), *, center: float = NEW, steps: int = 300
) -> dict[str, Floats]:
    """Learn where the points were with a network that can follow the wave; ask in a new place.

    It loses too: that a border could bend does not say where to. What is missing are examples.

    Args:
        seeds: of the points and of the network's weights.
        center: of the new place.
        steps: updates by Adam, each on all 400 points.

    Returns:
        By place ("old place", "new place"), the share of right answers, shape (S,).
    """
    found = []
    for seed in seeds:
        model = mlp((2, 64, 64, 2), seed=seed)
        optimizer = torch.optim.Adam(model.parameters(), 0.01)
        x, y = _tensors(OLD, 0, seed)
        for _ in range(steps):
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        found.append(
            [accuracy(model, *_tensors(*asked, seed)) for asked in ((OLD, 3), (center, 1))]
        )
    return dict(zip(("old place", "new place"), np.array(found).T, strict=True))


def _tensors(center: float, part: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    (x,), (above,) = places(center, _draws(part, [seed]))
    return torch.from_numpy(x).float(), torch.from_numpy(above).long()


class Draw(NamedTuple):
    """One draw of points, and what was learned from those of the old place.

    Attributes:
        points: by place and rule, the points of each side ("above the rule", "below the rule"),
            shape (N, 2).
        lines: by place and rule, "the rule" and both borders, shape (T, 2).
        right: by place and rule, the share of right answers of each border.
    """

    points: dict[str, dict[str, Floats]]
    lines: dict[str, dict[str, Floats]]
    right: dict[str, dict[str, float]]


def one_draw(seed: int = 0, *, center: float = NEW, turn: float = 1.5) -> Draw:
    """As :func:`moving_place_and_rule`, for one seed: the points and the borders themselves."""
    shares = moving_place_and_rule([seed], center=center, turn=turn)
    old = places(OLD, _draws(0, [seed]))
    across = np.linspace(-3.0, center + 2.0, 101)
    learned = {
        "straight border": _learn(*old),
        "border with wave": _learn(_with_wave(old[0]), old[1]),
    }
    borders = {}
    for label, (border,) in learned.items():
        wave = border[2] * np.sin(1.5 * across) if len(border) == 4 else 0
        up = -(border[0] * across + wave + border[-1]) / border[1]
        borders[label] = np.column_stack([across, up])
    points, lines, right = {}, {}, {}
    for name, (at, by) in _asked(center, turn).items():
        (x,), (above,) = places(at, _draws(3 if at == OLD else 1, [seed]), by)
        points[name] = {"above the rule": x[above], "below the rule": x[~above]}
        rule = np.column_stack([across, np.sin(1.5 * across + by)])
        lines[name] = {"the rule": rule, **borders}
        right[name] = {label: float(shares[name][label][0]) for label in borders}
    return Draw(points, lines, right)


def _asked(center: float, turn: float) -> dict[str, tuple[float, float]]:
    """By name, where a model is asked and how far the rule has moved by then."""
    return {
        "old place": (OLD, 0.0),
        "new place": (center, 0.0),
        "new place, new rule": (center, turn),
    }


def _draws(part: int, seeds: Sequence[int]) -> list[int]:
    return [1000 * part + seed for seed in seeds]


class Weighted(NamedTuple):
    """Weights p_new / p_old on the examples of the old place, for places at several distances.

    Attributes:
        distances: from the old place, shape (D,).
        plain: right answers in the new place without weights, shape (D, S).
        weighted: with weights.
        again: with as many examples of the new place itself.
        constant: of the better constant answer.
        effective: how many examples the weights leave: (Σw)² / Σw², of 400, shape (D, S).
    """

    distances: Floats
    plain: Floats
    weighted: Floats
    again: Floats
    constant: Floats
    effective: Floats


def weights_by_density(
    distances: Sequence[float] = (0.25, 0.5, 0.75, 1.0, 2.5), seeds: Sequence[int] = range(30)
) -> Weighted:
    """Weigh each example of the old place by how much more likely it is in the new one.

    Where the places overlap, the straight border then fits the new place. Where they do not, the
    weights leave a handful of examples, and nothing is gained: at distance 2.5 about four of 400.

    Source: Shimodaira 2000, section 2 (the weighted log likelihood).
    """
    learned, fresh, more = (_draws(part, seeds) for part in range(3))
    x, y = places(OLD, learned)
    plain = _learn(x, y)
    columns: list[list[Floats]] = []
    for distance in distances:
        there, truth = places(OLD + distance, fresh)
        # Two bell curves of one width: their ratio is an exponential of the first coordinate.
        log = distance * (x[..., 0] - OLD - distance / 2) / _SPREAD[0] ** 2
        weight = np.exp(log - log.max(1, keepdims=True))
        columns.append(
            [
                _right(plain, there, truth),
                _right(_learn(x, y, weight), there, truth),
                _right(_learn(*places(OLD + distance, more)), there, truth),
                np.maximum(truth.mean(1), 1 - truth.mean(1)),
                weight.sum(1) ** 2 / (weight**2).sum(1),
            ]
        )
    return Weighted(np.array(distances), *np.swapaxes(columns, 0, 1))


def _learn(
    x: Floats,
    y: NDArray[np.bool_],
    weight: Floats | None = None,
) -> Floats:
    """Logistic regression by gradient descent, one a seed; the last weight is the bias."""
    x = _with_ones(x)
    weight = np.ones(y.shape) if weight is None else weight
    weight = weight / weight.sum(1, keepdims=True)
    border = np.zeros((len(x), x.shape[2]))
    for _ in range(1000):
        probability = 1 / (1 + np.exp(-np.einsum("snc,sc->sn", x, border)))
        border -= np.einsum("snc,sn->sc", x, weight * (probability - y))
    return border


def _right(border: Floats, x: Floats, y: NDArray[np.bool_]) -> Floats:
    share: Floats = ((np.einsum("snc,sc->sn", _with_ones(x), border) > 0) == y).mean(1)
    return share


def _with_ones(x: Floats) -> Floats:
    return np.concatenate([x, np.ones((*x.shape[:2], 1))], axis=2)


def _with_wave(x: Floats, turn: float = 0.0) -> Floats:
    return np.concatenate([x, np.sin(1.5 * x[..., :1] + turn)], axis=2)
