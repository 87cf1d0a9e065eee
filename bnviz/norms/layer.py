"""Layer normalization."""

from collections.abc import Sequence

import numpy as np

from bnviz.norms.arguments import check_array, check_eps, check_input
from bnviz.norms.arithmetic import mean_var, normalize

__all__ = ["layer_norm"]


def layer_norm(
    x: np.ndarray,
    normalized_shape: Sequence[int],
    weight: np.ndarray | None = None,
    bias: np.ndarray | None = None,
    eps: float = 1e-5,
) -> np.ndarray:
    """Normalize each sample over its last axes; the other samples play no part.

    Args:
        x: any shape that ends in ``normalized_shape``; float32 or float64.
        normalized_shape: the lengths of the last axes, such as ``(C,)`` or ``x.shape[1:]``.
        weight: of shape ``normalized_shape``, in x's dtype; None stands for 1.
        bias: the same; None stands for 0.
        eps: added to the variance before the root.

    Returns:
        An array of x's shape and dtype.

    Raises:
        RuntimeError: shapes that do not fit. ValueError: a negative eps.
        TypeError: not a NumPy array of float32 or float64, or a single int as the shape.

    Source: Ba, Kiros & Hinton 2016, equation 3 (eps added, as in PyTorch).

    >>> layer_norm(np.array([[1.0, 3.0], [10.0, 50.0]]), (2,)).round(3)
    array([[-1.,  1.],
           [-1.,  1.]])
    """
    check_input("x", x, min_ndim=1)
    check_eps("layer_norm", eps)
    if isinstance(normalized_shape, int | np.integer):
        raise TypeError(
            "layer_norm(): argument 'normalized_shape' must be tuple of ints, not int. "
            f"Give ({normalized_shape},)."
        )
    shape = tuple(int(length) for length in normalized_shape)
    if not shape:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least "
            "one element, but got normalized_shape = []. Give the last axes' lengths, such as "
            f"{x.shape[-1:]}."
        )
    if x.shape[-len(shape) :] != shape:
        wanted = ", ".join(str(length) for length in shape)
        raise RuntimeError(
            f"Given normalized_shape={list(shape)}, expected input with shape [*, {wanted}], but "
            f"got input of size{list(x.shape)}. Give the lengths of x's last axes, such as "
            f"{x.shape[-1:]}."
        )
    for name, array in (("weight", weight), ("bias", bias)):
        check_array(
            name,
            array,
            x,
            shape,
            f"Expected {name} to be of same shape as normalized_shape, but got {name} of shape "
            f"{{shape}} and normalized_shape = {list(shape)}.",
        )
    mean, var = mean_var(x, axes=tuple(range(x.ndim - len(shape), x.ndim)))
    return normalize(x, mean, var, weight, bias, eps, per_channel=False)
