"""What the four normalizations share: a mean, a variance, and a division."""

import numpy as np

__all__ = ["all_but_channels", "by_channel", "mean_var", "move", "normalize"]


def mean_var(x: np.ndarray, axes: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Mean and biased variance over ``axes``, kept as length 1, in float64."""
    if x.size == 0:
        shape = tuple(1 if axis in axes else length for axis, length in enumerate(x.shape))
        return np.zeros(shape), np.zeros(shape)
    with np.errstate(all="ignore"):  # NaN and inf go through silently, as in torch
        mean = x.mean(axes, dtype=np.float64, keepdims=True)
        deviation = x - mean
        # Beside a large mean the first sum is off by rounding; its error shows in the deviations.
        error = deviation.mean(axes, keepdims=True)
        deviation -= error
        return mean + error, np.square(deviation, out=deviation).mean(axes, keepdims=True)


def normalize(
    x: np.ndarray,
    mean: np.ndarray,
    var: np.ndarray,
    weight: np.ndarray | None,
    bias: np.ndarray | None,
    eps: float,
    per_channel: bool = True,
) -> np.ndarray:
    """(x - mean) / sqrt(var + eps) * weight + bias, in float64; the result has x's dtype.

    ``weight`` and ``bias`` are (C,), or with ``per_channel=False`` of the shape of the last axes.
    """
    with np.errstate(all="ignore"):
        y: np.ndarray = (x - mean) / np.sqrt(np.asarray(var, np.float64) + eps)
        if weight is not None:
            y *= by_channel(weight, x.ndim) if per_channel else weight
        if bias is not None:
            y += by_channel(bias, x.ndim) if per_channel else bias
        return y.astype(x.dtype, copy=False)


def move(running: np.ndarray, statistic: np.ndarray, momentum: float) -> None:
    """Take one step of the exponential moving average, in place."""
    with np.errstate(all="ignore"):
        running[...] = (1 - momentum) * running.astype(np.float64) + momentum * statistic


def by_channel(values: np.ndarray, ndim: int) -> np.ndarray:
    """(C,) → (1, C, 1, …) in float64, to stand beside an array of ``ndim`` axes."""
    return values.astype(np.float64).reshape((1, -1) + (1,) * (ndim - 2))


def all_but_channels(x: np.ndarray) -> tuple[int, ...]:
    """The axes that share one mean and variance in batch normalization."""
    return (0, *range(2, x.ndim))
