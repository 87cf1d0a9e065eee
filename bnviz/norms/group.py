"""Group normalization."""

import numpy as np

from bnviz.norms.arguments import (
    check_array,
    check_eps,
    check_input,
    check_more_than_one_value,
)
from bnviz.norms.arithmetic import mean_var, normalize

__all__ = ["group_norm"]


def group_norm(
    x: np.ndarray,
    num_groups: int,
    weight: np.ndarray | None = None,
    bias: np.ndarray | None = None,
    eps: float = 1e-5,
) -> np.ndarray:
    """Normalize each sample over groups of neighboring channels.

    One group is layer normalization over all of a sample; as many groups as channels is
    instance normalization.

    Args:
        x: (N, C), (N, C, L), (N, C, H, W) or more axes; float32 or float64.
        num_groups: into how many groups the C channels are cut; must divide C.
        weight: (C,), in x's dtype; None stands for 1.
        bias: (C,), in x's dtype; None stands for 0.
        eps: added to the variance before the root.

    Returns:
        An array of x's shape and dtype.

    Raises:
        ValueError: x holds one value a group in all, or eps is negative.
        RuntimeError: num_groups does not divide C; weight or bias do not fit x.
        TypeError: not a NumPy array of float32 or float64.

    Source: Wu & He 2018, "Group Normalization", section 3.

    >>> group_norm(np.array([[1.0, 3.0, 10.0, 50.0]]), num_groups=2).round(3)
    array([[-1.,  1., -1.,  1.]])
    """
    if isinstance(x, np.ndarray) and x.ndim < 2:
        raise RuntimeError(
            f"Expected at least 2 dimensions for input tensor but received {x.ndim}: "
            "x must be (N, C), (N, C, L) or (N, C, H, W)."
        )
    check_input("x", x)
    check_eps("group_norm", eps)
    if isinstance(num_groups, bool) or not isinstance(num_groups, int | np.integer):
        raise TypeError(
            f"group_norm(): argument 'num_groups' must be int, not {type(num_groups).__name__}. "
            f"Give a divisor of the number of channels, {x.shape[1]}."
        )
    if num_groups <= 0:
        raise RuntimeError(
            f"Expected num groups to be greater than 0, got {num_groups}. "
            f"Give a divisor of the number of channels, {x.shape[1]}."
        )
    samples, channels = x.shape[:2]
    check_more_than_one_value([samples * channels // num_groups, int(num_groups), *x.shape[2:]])
    if channels % num_groups:
        divisors = [g for g in range(1, channels + 1) if channels % g == 0]
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, but got input "
            f"of shape {list(x.shape)} and num_groups={num_groups}. "
            f"num_groups may be one of {divisors}."
        )
    for name, array in (("weight", weight), ("bias", bias)):
        check_array(
            name,
            array,
            x,
            (channels,),
            f"Expected {name} to be a vector of size equal to the number of channels in input, "
            f"but got {name} of shape {{shape}} and input of shape {list(x.shape)}.",
        )
    groups = x.reshape(samples, num_groups, channels // num_groups, *x.shape[2:])
    mean, var = mean_var(groups, axes=tuple(range(2, groups.ndim)))
    by_channel = (samples, channels) + (1,) * (x.ndim - 2)
    mean, var = (
        np.broadcast_to(s, groups.shape[:3] + (1,) * (x.ndim - 2)).reshape(by_channel)
        for s in (mean, var)
    )
    return normalize(x, mean, var, weight, bias, eps)
