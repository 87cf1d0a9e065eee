"""Batch, layer, instance and group normalization in NumPy, after ``torch.nn.functional``.

Names, argument order, defaults, results and errors are those of PyTorch 2.13. An array keeps its
dtype (float32 or float64). Inside, everything is computed in float64 and in two passes, first the
mean and then the deviations from it, so a float32 array whose mean is a million times its spread
keeps its variance.

All four methods do the same thing and differ in the axes that share one mean and one variance:

==================  ==============================  ==============================
method              x of shape (N, C, H, W)         statistics
==================  ==============================  ==============================
``batch_norm``      over N, H, W                    one pair a channel
``layer_norm``      over C, H, W (the last axes)    one pair a sample
``instance_norm``   over H, W                       one pair a sample and channel
``group_norm``      over H, W and C / G channels    one pair a sample and group
==================  ==============================  ==============================
"""

import math
from collections.abc import Sequence

import numpy as np

from bnviz.norm_checks import (
    check_array,
    check_channel_arrays,
    check_count,
    check_eps,
    check_input,
    check_more_than_one_value,
    check_running,
)

__all__ = ["batch_norm", "batch_norm_backward", "group_norm", "instance_norm", "layer_norm"]


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
        mean, var = _by_channel(running_mean, x.ndim), _by_channel(running_var, x.ndim)
        return _normalize(x, mean, var, weight, bias, eps)

    mean, var = _mean_var(x, axes=_all_but_channels(x))
    if num_batches_tracked is not None:
        num_batches_tracked[...] += 1
        if momentum is None:
            momentum = 1 / int(num_batches_tracked)
    if running_mean is not None and x.size:
        m = x.size // channels
        _move(running_mean, mean.reshape(channels), momentum)
        _move(running_var, var.reshape(channels) * (m / (m - 1)), momentum)
    return _normalize(x, mean, var, weight, bias, eps)


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

    axes = _all_but_channels(x)
    mean, var = _mean_var(x, axes)
    g = grad_output.astype(np.float64)
    with np.errstate(all="ignore"):
        inv_std = 1 / np.sqrt(var + eps)
        x_hat = (x - mean) * inv_std
        grad_weight = (g * x_hat).sum(axes, keepdims=True)
        grad_bias = g.sum(axes, keepdims=True)
        m = max(x.size // max(x.shape[1], 1), 1)
        grad_input = inv_std * (g - grad_bias / m - x_hat * grad_weight / m)
        if weight is not None:
            grad_input *= _by_channel(weight, x.ndim)
    return (
        grad_input.astype(x.dtype),
        grad_weight.reshape(-1).astype(x.dtype),
        grad_bias.reshape(-1).astype(x.dtype),
    )


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
    mean, var = _mean_var(x, axes=tuple(range(x.ndim - len(shape), x.ndim)))
    return _normalize(x, mean, var, weight, bias, eps, by_channel=False)


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
        mean, var = _by_channel(running_mean, x.ndim), _by_channel(running_var, x.ndim)
        return _normalize(x, mean, var, weight, bias, eps)

    mean, var = _mean_var(x, axes=tuple(range(2, x.ndim)))
    if running_mean is not None and x.size:
        m = math.prod(x.shape[2:])
        _move(running_mean, mean.reshape(x.shape[:2]).mean(0), momentum)
        _move(running_var, var.reshape(x.shape[:2]).mean(0) * (m / (m - 1)), momentum)
    return _normalize(x, mean, var, weight, bias, eps)


def group_norm(
    x: np.ndarray,
    num_groups: int,
    weight: np.ndarray | None = None,
    bias: np.ndarray | None = None,
    eps: float = 1e-5,
) -> np.ndarray:
    """Normalize each sample over groups of neighbouring channels.

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
            f"Give a divisor of the {x.shape[1]} channels."
        )
    if num_groups <= 0:
        raise RuntimeError(
            f"Expected num groups to be greater than 0, got {num_groups}. "
            f"Give a divisor of the {x.shape[1]} channels."
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
    mean, var = _mean_var(groups, axes=tuple(range(2, groups.ndim)))
    by_channel = (samples, channels) + (1,) * (x.ndim - 2)
    mean, var = (
        np.broadcast_to(s, groups.shape[:3] + (1,) * (x.ndim - 2)).reshape(by_channel)
        for s in (mean, var)
    )
    return _normalize(x, mean, var, weight, bias, eps)


# --- arithmetic ---------------------------------------------------------------------------------


def _mean_var(x: np.ndarray, axes: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
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


def _normalize(
    x: np.ndarray,
    mean: np.ndarray,
    var: np.ndarray,
    weight: np.ndarray | None,
    bias: np.ndarray | None,
    eps: float,
    by_channel: bool = True,
) -> np.ndarray:
    with np.errstate(all="ignore"):
        y = (x - mean) / np.sqrt(np.asarray(var, np.float64) + eps)
        if weight is not None:
            y *= _by_channel(weight, x.ndim) if by_channel else weight
        if bias is not None:
            y += _by_channel(bias, x.ndim) if by_channel else bias
        return y.astype(x.dtype, copy=False)


def _move(running: np.ndarray, statistic: np.ndarray, momentum: float) -> None:
    with np.errstate(all="ignore"):
        running[...] = (1 - momentum) * running.astype(np.float64) + momentum * statistic


def _by_channel(values: np.ndarray, ndim: int) -> np.ndarray:
    """(C,) → (1, C, 1, …) in float64, to stand beside an array of ``ndim`` axes."""
    return values.astype(np.float64).reshape((1, -1) + (1,) * (ndim - 2))


def _all_but_channels(x: np.ndarray) -> tuple[int, ...]:
    return (0, *range(2, x.ndim))
