"""Batch normalization, forward and backward."""

import numpy as np

from bnviz.norms.arguments import (
    check_channel_arrays,
    check_count,
    check_eps,
    check_input,
    check_more_than_one_value,
    check_running,
)
from bnviz.norms.arithmetic import all_but_channels, by_channel, mean_var, move, normalize

__all__ = ["batch_norm", "batch_norm_backward"]


def batch_norm(
    x: np.ndarray,
    running_mean: np.ndarray | None,
    running_var: np.ndarray | None,
    weight: np.ndarray | None = None,
    bias: np.ndarray | None = None,
    training: bool = False,
    momentum: float | None = 0.1,
    eps: float = 1e-5,
    *,
    num_batches_tracked: np.ndarray | None = None,
) -> np.ndarray:
    """Normalize each channel, by the batch's own statistics or by the running ones.

    In training the batch's mean and *biased* variance (divided by m) normalize, and the running
    arrays move towards the mean and the *unbiased* variance (divided by m - 1), in place::

        running = (1 - momentum) * running + momentum * statistic of the batch

    Args:
        x: (N, C), (N, C, L), (N, C, H, W) or more axes; float32 or float64.
        running_mean: (C,), in x's dtype, updated in place in training; or None.
        running_var: the same. Both are given, or neither.
        weight: (C,), in x's dtype, the paper's γ; None stands for 1.
        bias: (C,), in x's dtype, the paper's β; None stands for 0.
        training: True uses the batch's statistics, False the running ones.
        momentum: share of the new batch in the running arrays. None asks for the cumulative
            average of all batches so far, as in ``torch.nn.BatchNorm1d(momentum=None)``. A
            function cannot remember how many that were, so pass ``num_batches_tracked`` too.
            Without it None is a TypeError, as it is in ``torch.nn.functional``.
        eps: added to the variance before the root.
        num_batches_tracked: integer array of shape (), counted up in place by every training
            call; named as the buffer of ``torch.nn.BatchNorm1d``. The only addition to PyTorch's
            signature.

    Returns:
        An array of x's shape and dtype.

    Raises:
        ValueError: one value per channel in training, or an eps that is not positive.
        RuntimeError: weight, bias or running arrays that do not fit x; none given in evaluation.
        TypeError: not a NumPy array of float32 or float64.
        IndexError: x has fewer than two axes.

    Source: Ioffe & Szegedy 2015, Algorithm 1 (training) and Algorithm 2 (evaluation), section 3.

    >>> x = np.array([[1.0, 10.0], [3.0, 50.0]])
    >>> running_mean, running_var = np.zeros(2), np.ones(2)
    >>> batch_norm(x, running_mean, running_var, training=True).round(3)
    array([[-1., -1.],
           [ 1.,  1.]])
    >>> running_mean, running_var
    (array([0.2, 3. ]), array([ 1.1, 80.9]))

    With ``momentum=None`` the running mean is the average of the batch means:

    >>> running_mean, running_var, count = np.zeros(2), np.ones(2), np.zeros((), dtype=np.int64)
    >>> for batch in (x, x + 2, x + 4):
    ...     y = batch_norm(batch, running_mean, running_var, training=True, momentum=None,
    ...                    num_batches_tracked=count)
    >>> running_mean, int(count)
    (array([ 4., 32.]), 3)
    """
    check_input("x", x)
    channels = x.shape[1]
    if training:
        check_more_than_one_value(x.shape)
    check_eps("batch_norm", eps, positive=training)
    check_running("batch_norm", x, running_mean, running_var, required=not training)
    check_channel_arrays(x, weight=weight, bias=bias)
    check_count(num_batches_tracked)
    if momentum is None and num_batches_tracked is None:
        raise TypeError(
            "batch_norm(): argument 'momentum' must be float, not NoneType. For the cumulative "
            "average of torch.nn.BatchNorm1d(momentum=None), also pass "
            "num_batches_tracked=np.zeros((), dtype=np.int64), the same array in every call."
        )

    if not training:
        assert running_mean is not None and running_var is not None  # or refused above
        mean, var = by_channel(running_mean, x.ndim), by_channel(running_var, x.ndim)
        return normalize(x, mean, var, weight, bias, eps)

    mean, var = mean_var(x, axes=all_but_channels(x))
    if num_batches_tracked is not None:
        num_batches_tracked[...] += 1
        if momentum is None:
            momentum = 1 / int(num_batches_tracked)
    if running_mean is not None and running_var is not None and x.size:
        assert momentum is not None  # given, or 1 / the count
        m = x.size // channels
        move(running_mean, mean.reshape(channels), momentum)
        move(running_var, var.reshape(channels) * (m / (m - 1)), momentum)
    return normalize(x, mean, var, weight, bias, eps)


def batch_norm_backward(
    grad_output: np.ndarray,
    x: np.ndarray,
    weight: np.ndarray | None = None,
    eps: float = 1e-5,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients of the training-mode ``batch_norm`` with respect to x, weight and bias.

    The mean and the variance depend on x too. Written in x̂, the paper's chain of five
    equations comes down to one: the gradient loses its mean and its part along x̂, ::

        grad_input = weight / sqrt(var + eps) * (g - mean(g) - x̂ * mean(g * x̂))

    Args:
        grad_output: gradient of the loss with respect to the output; shape and dtype of x.
        x: the input of the forward pass, (N, C), (N, C, L), (N, C, H, W); float32 or float64.
        weight: (C,), in x's dtype; None stands for 1.
        eps: as in the forward pass, positive.

    Returns:
        (grad_input, grad_weight, grad_bias): the shape of x, (C,) and (C,), in x's dtype. The
        last two are returned with ``weight=None`` too: what they would be at weight 1.

    Raises:
        As ``batch_norm`` in training.

    Source: Ioffe & Szegedy 2015, section 3, the equations for ∂ℓ/∂x.

    >>> x = np.array([[1.0], [2.0], [4.0]])
    >>> grad_input, grad_weight, grad_bias = batch_norm_backward(np.ones((3, 1)), x)
    >>> bool(abs(grad_input).max() < 1e-12)   # shifting every output alike: x cannot do that
    True
    >>> grad_bias
    array([3.])
    """
    check_input("x", x)
    check_more_than_one_value(x.shape)
    check_eps("batch_norm", eps, positive=True)
    check_input("grad_output", grad_output)
    if grad_output.shape != x.shape or grad_output.dtype != x.dtype:
        raise RuntimeError(
            f"grad_output has shape {grad_output.shape} and dtype {grad_output.dtype}, x has "
            f"{x.shape} and {x.dtype}. Both must agree: give the gradient of the output of "
            "batch_norm(x, …)."
        )
    check_channel_arrays(x, weight=weight)

    axes = all_but_channels(x)
    mean, var = mean_var(x, axes)
    g = grad_output.astype(np.float64)
    with np.errstate(all="ignore"):
        inv_std = 1 / np.sqrt(var + eps)
        x_hat = (x - mean) * inv_std
        grad_weight = (g * x_hat).sum(axes, keepdims=True)
        grad_bias = g.sum(axes, keepdims=True)
        m = max(x.size // max(x.shape[1], 1), 1)
        grad_input = inv_std * (g - grad_bias / m - x_hat * grad_weight / m)
        if weight is not None:
            grad_input *= by_channel(weight, x.ndim)
    return (
        grad_input.astype(x.dtype),
        grad_weight.reshape(-1).astype(x.dtype),
        grad_bias.reshape(-1).astype(x.dtype),
    )
