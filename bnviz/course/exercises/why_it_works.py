"""Exercises on why BN may help: noise put back, the loss along the gradient, long steps."""

import numpy as np

from bnviz.course.exercise import Exercise

SUMS = np.array([[0.0, 10.0, -1.0], [1.0, 14.0, 1.0], [5.0, 12.0, 2.0], [2.0, 20.0, 2.0]])


def noisy_batch_norm(x, shift, stretch, eps):
    """Normalize each unit of x (N, C) over the mini-batch, then stretch and shift it."""
    x_hat = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps)
    return stretch * x_hat + shift


def along_gradient(w, curvature, rates):
    """Range of the loss, and smoothness, along the gradient of a bowl."""
    gradient = curvature * w
    losses, changes = [], []
    for rate in rates:
        there = w - rate * gradient
        losses.append((curvature * there**2).sum() / 2)
        change = np.linalg.norm(curvature * there - gradient)
        changes.append(change / np.linalg.norm(there - w))
    start = (curvature * w**2).sum() / 2
    return (max(losses) - min(losses)) / start, max(changes)


def bearable(rates, start, loss):
    """The first rate at which the loss is higher than before, for each network."""
    higher = loss > start[:, None]
    first = rates[higher.argmax(axis=1)]
    return np.where(higher.any(axis=1), first, np.nan)


def _hat(x, eps, *, ddof=0, axis=0, outside=False, root=True, centered=True):
    var = x.var(axis=axis, ddof=ddof, keepdims=True)
    scale = np.sqrt(var) + eps if outside else np.sqrt(var + eps) if root else var + eps
    return (x - x.mean(axis=axis, keepdims=True) * centered) / scale


def _ways(w, curvature, rates, *, sign=-1, onward=False, with_start=False):
    """The places where the steps end."""
    places, here = ([w] if with_start else []), w
    for rate in rates:
        there = here + sign * rate * curvature * here
        here = there if onward else here
        places.append(there)
    return places


def _loss(w, curvature):
    return (curvature * w**2).sum() / 2


def _range(w, curvature, rates, *, divisor=None, **how):
    losses = [_loss(place, curvature) for place in _ways(w, curvature, rates, **how)]
    return (max(losses) - min(losses)) / (_loss(w, curvature) if divisor is None else divisor)


def _from_first_to_last(w, curvature, rates):
    first, *_, last = (_loss(place, curvature) for place in _ways(w, curvature, rates))
    return (last - first) / _loss(w, curvature)


def _changes(w, curvature, rates, **how):
    """Change of the gradient and length of the way, for each step."""
    places = _ways(w, curvature, rates, **how)
    gradients = [curvature * (place - w) for place in places]
    return [
        (np.linalg.norm(g), np.linalg.norm(p - w)) for g, p in zip(gradients, places, strict=True)
    ]


def _smoothness(w, curvature, rates, **how):
    return max(change / way for change, way in _changes(w, curvature, rates, **how))


def _slip(*, loss_range=_range, smoothness=_smoothness):
    return lambda w, curvature, rates: (
        loss_range(w, curvature, rates),
        smoothness(w, curvature, rates),
    )


def _or(otherwise, rates, start, loss):
    return np.nan_to_num(bearable(rates, start, loss), nan=otherwise)


def _last(rates, start, loss):
    lower = loss <= start[:, None]
    place = loss.shape[1] - 1 - lower[:, ::-1].argmax(axis=1)
    return np.where(lower.any(axis=1), rates[place], np.nan)


EXERCISES = (
    Exercise(
        name="why-it-works/noisy",
        title="Noisy batch norm",
        reference=noisy_batch_norm,
        cases=[
            {
                "x": SUMS,
                "shift": np.array([0.5, -0.2, 0.3]),
                "stretch": np.array([1.2, 1.1, 1.05]),
                "eps": 0.1,
            },
            {
                "x": SUMS[:3, :2],
                "shift": np.array([4.0, -2.0]),
                "stretch": np.array([2.0, 1.5]),
                "eps": 1e-2,
            },
        ],
        mistakes={
            "You moved x before BN, which takes it out again. The noise comes after.": (
                lambda x, shift, stretch, eps: _hat(stretch * x + shift, eps)
            ),
            "Stretch first, then shift: the shift must not be stretched.": (
                lambda x, shift, stretch, eps: stretch * (_hat(x, eps) + shift)
            ),
            "The noise is missing: multiply by stretch, add shift.": (
                lambda x, shift, stretch, eps: _hat(x, eps)
            ),
            "The stretch is missing.": lambda x, shift, stretch, eps: _hat(x, eps) + shift,
            "The shift is missing.": lambda x, shift, stretch, eps: stretch * _hat(x, eps),
            "stretch and shift have changed places.": (
                lambda x, shift, stretch, eps: shift * _hat(x, eps) + stretch
            ),
            "stretch multiplies; you added it to 1 first.": (
                lambda x, shift, stretch, eps: (1 + stretch) * _hat(x, eps) + shift
            ),
            "stretch multiplies; you divided by it.": (
                lambda x, shift, stretch, eps: _hat(x, eps) / stretch + shift
            ),
            "You normalized once more after the noise, which takes it out again.": (
                lambda x, shift, stretch, eps: _hat(stretch * _hat(x, eps) + shift, eps)
            ),
            "x minus the mean: your x̂ has its sign turned.": (
                lambda x, shift, stretch, eps: shift - stretch * _hat(x, eps)
            ),
            "Add the shift; you subtracted it.": (
                lambda x, shift, stretch, eps: stretch * _hat(x, eps) - shift
            ),
            "You put the mean and the standard deviation of x back: leave x normalized.": (
                lambda x, shift, stretch, eps: (
                    (stretch * _hat(x, eps) + shift) * np.sqrt(x.var(axis=0) + eps) + x.mean(axis=0)
                ),
                lambda x, shift, stretch, eps: stretch * _hat(x, eps) + shift + x.mean(axis=0),
            ),
            "BN is missing: normalize before you stretch and shift.": (
                lambda x, shift, stretch, eps: stretch * x + shift
            ),
            "Divide by N, not by N − 1: the biased variance.": (
                lambda x, shift, stretch, eps: stretch * _hat(x, eps, ddof=1) + shift
            ),
            "Mean and variance are those of a unit, over the images: axis 0.": (
                lambda x, shift, stretch, eps: stretch * _hat(x, eps, axis=1) + shift,
                lambda x, shift, stretch, eps: stretch * _hat(x, eps, axis=(0, 1)) + shift,
            ),
            "ε stands under the root, beside the variance.": (
                lambda x, shift, stretch, eps: stretch * _hat(x, eps, outside=True) + shift
            ),
            "Divide by the root of the variance.": (
                lambda x, shift, stretch, eps: stretch * _hat(x, eps, root=False) + shift
            ),
            "Subtract the mean as well.": (
                lambda x, shift, stretch, eps: stretch * _hat(x, eps, centered=False) + shift
            ),
            "Use the eps that is given: yours is left out, or another.": (
                lambda x, shift, stretch, eps: stretch * _hat(x, 0) + shift,
                lambda x, shift, stretch, eps: stretch * _hat(x, 1e-5) + shift,
            ),
        },
    ),
    Exercise(
        name="why-it-works/along",
        title="Along the gradient",
        reference=along_gradient,
        returns=("loss_range", "smoothness"),
        cases=[
            {
                "w": np.array([3.0, 1.0]),
                "curvature": np.array([1.0, 4.0]),
                "rates": np.array([0.1, 0.2, 0.6]),
            },
            {
                "w": np.array([1.0, -2.0, 0.5]),
                "curvature": np.array([0.5, 2.0, 8.0]),
                "rates": np.array([0.05, 0.3]),
            },
        ],
        mistakes={
            "The order is loss_range, smoothness. You gave the smoothness first.": (
                lambda w, curvature, rates: along_gradient(w, curvature, rates)[::-1]
            ),
            "Go against the gradient: w − rate · gradient.": _slip(
                loss_range=lambda *given: _range(*given, sign=1)
            ),
            "The gradient is curvature * w: the half in the loss takes the 2 away.": _slip(
                loss_range=lambda w, c, r: _range(w, c, 2 * r)
            ),
            "The gradient is curvature * w. You went along w itself.": _slip(
                loss_range=lambda w, c, r: np.ptp((1 - r) ** 2),
                smoothness=lambda w, c, r: np.linalg.norm(c * w) / np.linalg.norm(w),
            ),
            "Each step starts at w. You went on from where the last one ended.": (
                _slip(
                    loss_range=lambda *given: _range(*given, onward=True),
                    smoothness=lambda *given: _smoothness(*given, onward=True),
                ),
                _slip(loss_range=lambda *given: _range(*given, onward=True)),
            ),
            "Divide the range by the loss at w.": _slip(
                loss_range=lambda *given: _range(*given, divisor=1)
            ),
            "You divided by a loss at the end of a step, not by the loss at w.": (
                _slip(
                    loss_range=lambda w, c, r: _range(
                        w, c, r, divisor=min(_loss(p, c) for p in _ways(w, c, r))
                    )
                ),
                _slip(
                    loss_range=lambda w, c, r: _range(
                        w, c, r, divisor=max(_loss(p, c) for p in _ways(w, c, r))
                    )
                ),
            ),
            "The loss is half the sum, at w and at the ends of the steps alike.": (
                _slip(loss_range=lambda *given: _range(*given) / 2),
                _slip(loss_range=lambda *given: _range(*given) * 2),
            ),
            "Highest minus lowest, not the last minus the first.": (
                _slip(loss_range=lambda *given: _from_first_to_last(*given)),
                _slip(loss_range=lambda *given: -_from_first_to_last(*given)),
            ),
            "That is the highest loss alone. Subtract the lowest.": _slip(
                loss_range=lambda w, c, r: max(_loss(p, c) for p in _ways(w, c, r)) / _loss(w, c)
            ),
            "Only the ends of the steps count, and highest minus lowest: not the loss at w.": (
                _slip(loss_range=lambda *given: _range(*given, with_start=True)),
                _slip(
                    loss_range=lambda w, c, r: (
                        max(abs(_loss(p, c) - _loss(w, c)) for p in _ways(w, c, r)) / _loss(w, c)
                    )
                ),
            ),
            "The way is the rate times the length of the gradient: divide by it.": (
                _slip(smoothness=lambda *given: max(one for one, _ in _changes(*given))),
                _slip(
                    smoothness=lambda w, c, r: (
                        max(one for one, _ in _changes(w, c, r)) / np.linalg.norm(c * w)
                    )
                ),
                _slip(
                    smoothness=lambda w, c, r: max(
                        one / rate for (one, _), rate in zip(_changes(w, c, r), r, strict=True)
                    )
                ),
            ),
            "The change of the gradient divided by the way: yours is upside down.": _slip(
                smoothness=lambda *given: 1 / _smoothness(*given)
            ),
            "That is the smallest change for the way, or a sum: take the largest.": (
                _slip(smoothness=lambda *given: sum(one / way for one, way in _changes(*given)))
            ),
            "Smoothness compares gradients. You took the change of the loss.": _slip(
                smoothness=lambda w, c, r: max(
                    abs(_loss(p, c) - _loss(w, c)) / np.linalg.norm(p - w) for p in _ways(w, c, r)
                )
            ),
            "That is the largest curvature: what is asked for is along the gradient.": _slip(
                smoothness=lambda w, c, r: c.max()
            ),
            "Lengths of whole arrays: np.linalg.norm, not entry by entry.": (
                _slip(smoothness=lambda w, c, r: c.mean()),
                _slip(smoothness=lambda w, c, r: abs(c * c * w).sum() / abs(c * w).sum()),
            ),
            "The root is missing: lengths, not their squares.": _slip(
                smoothness=lambda *given: _smoothness(*given) ** 2
            ),
            "Subtract the gradients first, then take the length: they may turn.": _slip(
                smoothness=lambda w, c, r: max(
                    abs(np.linalg.norm(c * p) - np.linalg.norm(c * w)) / np.linalg.norm(p - w)
                    for p in _ways(w, c, r)
                )
            ),
        },
    ),
    Exercise(
        name="why-it-works/bearable",
        title="How long may a step be?",
        reference=bearable,
        cases=[
            {
                "rates": np.array([0.01, 0.1, 0.3, 1.0, 3.0]),
                "start": np.array([2.0, 1.0, 0.5, 1.5]),
                "loss": np.array(
                    [
                        [1.9, 1.5, 1.6, 2.2, 9.0],
                        [0.9, 1.3, 0.8, 1.2, 4.0],
                        [0.5, 0.4, 0.3, 0.2, 0.1],
                        [1.6, 1.7, 1.4, 2.0, 3.0],
                    ]
                ),
            },
            {
                "rates": np.array([0.2, 0.4, 0.8]),
                "start": np.array([1.0, 3.0]),
                "loss": np.array([[0.8, 1.0, 1.4], [2.0, 1.0, 2.9]]),
            },
        ],
        mistakes={
            "Where no rate raises the loss, the answer is NaN: argmax gives 0 there.": (
                lambda rates, start, loss: rates[(loss > start[:, None]).argmax(axis=1)]
            ),
            "Where no rate raises the loss, the answer is NaN.": (
                lambda rates, start, loss: _or(0, rates, start, loss),
                lambda rates, start, loss: _or(rates[-1], rates, start, loss),
                lambda rates, start, loss: _or(np.inf, rates, start, loss),
                lambda rates, start, loss: _or(-1, rates, start, loss),
            ),
            "Each network has a start of its own.": (
                lambda rates, start, loss: bearable(rates, np.full_like(start, start[0]), loss)
            ),
            "That is yes and no. Take the first rate of each network at which it is yes.": (
                lambda rates, start, loss: loss > start[:, None],
                lambda rates, start, loss: (loss > start[:, None]).sum(axis=1),
            ),
            "A row is a network: look for the first along axis 1.": (
                lambda rates, start, loss: (loss > start[:, None]).argmax(axis=0),
                lambda rates, start, loss: rates[
                    np.minimum((loss > start[:, None]).argmax(axis=0), len(rates) - 1)
                ],
            ),
            "That is the rate with the highest loss. Which is the first above the start?": (
                lambda rates, start, loss: rates[loss.argmax(axis=1)]
            ),
            "That is the last rate before: return the first at which the loss is higher.": (
                lambda rates, start, loss: np.where(
                    (loss > start[:, None]).any(axis=1),
                    rates[(loss > start[:, None]).argmax(axis=1) - 1],
                    np.nan,
                )
            ),
            "That is the last rate at which the loss is higher: return the first.": (
                lambda rates, start, loss: np.where(
                    (loss > start[:, None]).any(axis=1),
                    rates[loss.shape[1] - 1 - (loss > start[:, None])[:, ::-1].argmax(axis=1)],
                    np.nan,
                )
            ),
            "The first rate that raises the loss. You took the last one that lowers it.": _last,
            "The first rate: where the loss falls again behind a peak, you took a later one.": (
                lambda rates, start, loss: np.where(
                    (loss > start[:, None]).any(axis=1),
                    rates[
                        np.minimum(
                            loss.shape[1] - (loss <= start[:, None])[:, ::-1].argmax(axis=1),
                            loss.shape[1] - 1,
                        )
                    ],
                    np.nan,
                )
            ),
            "Return the rate, not its place.": lambda rates, start, loss: np.where(
                (loss > start[:, None]).any(axis=1), (loss > start[:, None]).argmax(axis=1), np.nan
            ),
            "That is the best rate, with the lowest loss.": (
                lambda rates, start, loss: rates[loss.argmin(axis=1)]
            ),
            "Compare with the loss at the start, not with that after the shortest step.": (
                lambda rates, start, loss: bearable(rates, loss[:, 0], loss),
                lambda rates, start, loss: rates[(loss > loss[:, :1]).argmax(axis=1)],
            ),
            "That is where the loss begins to rise again. Compare it with the loss at the start.": (
                lambda rates, start, loss: np.where(
                    (np.diff(loss, axis=1) > 0).any(axis=1),
                    rates[(np.diff(loss, axis=1) > 0).argmax(axis=1) + 1],
                    np.nan,
                )
            ),
            "Higher than at the start. You took the first rate at which it is lower.": (
                lambda rates, start, loss: np.where(
                    (loss < start[:, None]).any(axis=1),
                    rates[(loss < start[:, None]).argmax(axis=1)],
                    np.nan,
                )
            ),
            "Higher, not as high: where the loss is what it was, the step did no harm.": (
                lambda rates, start, loss: np.where(
                    (loss >= start[:, None]).any(axis=1),
                    rates[(loss >= start[:, None]).argmax(axis=1)],
                    np.nan,
                )
            ),
        },
    ),
)
