"""Instance normalization."""

import math

import numpy as np

from bnviz.norms.arguments import check_channel_arrays, check_eps, check_input, check_running
from bnviz.norms.arithmetic import by_channel, mean_var, move, normalize

__all__ = ["instance_norm"]


def instance_norm(
    x: np.ndarray,
    running_mean: np.ndarray | None = None,
    running_var: np.ndarray | None = None,
    weight: np.ndarray | None = None,
    bias: np.ndarray | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> np.ndarray:
    """Normalize each channel of each sample over its positions.

    Args:
        x: (N, C, L), (N, C, H, W) or more axes; float32 or float64.
        running_mean: (C,), in x's dtype, or None. Moves in place towards the average over the
            N samples of their means.
        running_var: the same with their unbiased variances. Both are given, or neither.
        weight: (C,), in x's dtype; None stands for 1.
        bias: (C,), in x's dtype; None stands for 0.
        use_input_stats: True uses x's own statistics, False the running ones.
        momentum: share of the new statistics in the running arrays.
        eps: added to the variance before the root.

    Returns:
        An array of x's shape and dtype.

    Raises:
        ValueError: one position per channel while ``use_input_stats``; a negative eps.
        RuntimeError: arrays that do not fit x; no running arrays without ``use_input_stats``.
        TypeError: not a NumPy array of float32 or float64.

    Source: Ulyanov, Vedaldi & Lempitsky 2016, "Instance Normalization".

    >>> instance_norm(np.array([[[1.0, 3.0], [10.0, 50.0]]])).round(3)
    array([[[-1.,  1.],
            [-1.,  1.]]])
    """
    check_input("x", x)
    if use_input_stats and math.prod(x.shape[2:]) == 1:
        raise ValueError(
            "Expected more than 1 spatial element when training, got input size "
            f"torch.Size({list(x.shape)})"
        )
    check_eps("instance_norm", eps)
    check_running("instance_norm", x, running_mean, running_var, required=not use_input_stats)
    check_channel_arrays(x, weight=weight, bias=bias)
    if momentum is None:
        raise TypeError(
            "instance_norm(): argument 'momentum' must be float, not NoneType. Give the share "
            "of the new statistics, such as 0.1."
        )

    if not use_input_stats:
        assert running_mean is not None and running_var is not None  # or refused above
        mean, var = by_channel(running_mean, x.ndim), by_channel(running_var, x.ndim)
        return normalize(x, mean, var, weight, bias, eps)

    mean, var = mean_var(x, axes=tuple(range(2, x.ndim)))
    if running_mean is not None and running_var is not None and x.size:
        m = math.prod(x.shape[2:])
        move(running_mean, mean.reshape(x.shape[:2]).mean(0), momentum)
        move(running_var, var.reshape(x.shape[:2]).mean(0) * (m / (m - 1)), momentum)
    return normalize(x, mean, var, weight, bias, eps)
