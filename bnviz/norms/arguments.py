"""What the four normalizations accept, and what it says of anything else.

Types and first words of the errors are PyTorch's, so what is learned here holds there; after them
stands what to do. Nothing is changed before all checks have passed.
"""

import math

import numpy as np


def check_input(name: str, x: object, min_ndim: int = 2) -> None:
    """Refuse what is not a float32 or float64 array with enough axes."""
    if not isinstance(x, np.ndarray):
        convert = f"{name}.detach().numpy()" if hasattr(x, "detach") else f"np.array({name}, float)"
        raise TypeError(
            f"{name} is a {type(x).__name__}, but a NumPy array of float32 or float64 is needed: "
            f"give {convert}."
        )
    if x.dtype not in (np.float32, np.float64):
        raise TypeError(
            f"{name} has dtype {x.dtype}, but float32 or float64 is needed: "
            f"give {name}.astype(np.float32)."
        )
    if x.ndim < min_ndim:
        accepted = "(N, C), (N, C, L) or (N, C, H, W)" if min_ndim == 2 else "at least one axis"
        raise IndexError(
            f"{name} has shape {x.shape}, but {accepted} is needed. "
            f"For one channel give {name}.reshape(-1, 1)."
        )


def check_more_than_one_value(size: tuple[int, ...] | list[int]) -> None:
    """Refuse statistics of a single value: its variance is 0 and its x̂ always 0."""
    if size[0] * math.prod(size[2:]) == 1:
        shown = f"torch.Size({list(size)})" if isinstance(size, tuple) else size
        raise ValueError(
            f"Expected more than 1 value per channel when training, got input size {shown}"
        )


def check_eps(function: str, eps: float, positive: bool = False) -> None:
    """Refuse an eps that could put a zero or a negative number under the root."""
    if positive and eps <= 0:
        raise ValueError(f"{function} eps must be positive during training, but got {eps}")
    if eps < 0:
        raise ValueError(f"{function} eps must be non-negative, but got {eps}")


def check_running(
    function: str,
    x: np.ndarray,
    running_mean: np.ndarray | None,
    running_var: np.ndarray | None,
    required: bool,
) -> None:
    """Refuse running arrays that are missing, alone, misshapen or read-only."""
    if required:
        if function == "instance_norm" and (running_mean is None or running_var is None):
            raise RuntimeError(
                "Expected running_mean and running_var to be defined when use_input_stats is "
                f"false. Give two arrays of shape ({x.shape[1]},), or use_input_stats=True."
            )
        for name, array in (("running_mean", running_mean), ("running_var", running_var)):
            if array is None:
                raise RuntimeError(
                    f"{name} must be defined in evaluation mode. Give an array of shape "
                    f"({x.shape[1]},), or training=True to use the batch's own statistics."
                )
    if (running_mean is None) != (running_var is None):
        raise ValueError("running_mean and running_var must either both be None or neither be None")
    check_channel_arrays(x, running_mean=running_mean, running_var=running_var)
    for name, array in (("running_mean", running_mean), ("running_var", running_var)):
        if array is not None and not required and not array.flags.writeable:
            raise ValueError(f"{name} is read-only, but it is updated in place: give {name}.copy()")


def check_channel_arrays(x: np.ndarray, **arrays: np.ndarray | None) -> None:
    """Refuse named arrays that are not (C,) for this x; None always passes."""
    for name, array in arrays.items():
        size = getattr(array, "size", 0)
        message = f"{name} should contain {x.shape[1]} elements not {size}."
        check_array(name, array, x, (x.shape[1],), message)


def check_array(
    name: str,
    array: np.ndarray | None,
    x: np.ndarray,
    shape: tuple[int, ...],
    torch_message: str,
) -> None:
    """Refuse an array that does not go with x: in torch's words, then with what to do."""
    if array is None:
        return
    if not isinstance(array, np.ndarray):
        raise TypeError(
            f"{name} is a {type(array).__name__}, but a NumPy array of shape {shape} and dtype "
            f"{x.dtype} is needed: give np.array({name}, dtype=np.{x.dtype})."
        )
    if array.shape != shape:
        raise RuntimeError(
            f"{torch_message.format(shape=list(array.shape))} x has shape {x.shape}, so {name} "
            f"must have shape {shape}; it has {array.shape}."
        )
    if array.dtype != x.dtype:
        raise RuntimeError(
            f"mixed dtype: {name} is {array.dtype} and x is {x.dtype}, but both must agree: "
            f"give {name}.astype(np.{x.dtype})."
        )


def check_count(count: np.ndarray | None) -> None:
    """Refuse a count of batches that cannot be counted up in place."""
    if count is None:
        return
    whole = isinstance(count, np.ndarray) and np.issubdtype(count.dtype, np.integer)
    if not whole or count.shape != ():
        raise TypeError(
            f"num_batches_tracked is {count!r}, but an integer array of shape () is needed, "
            "because it is counted up in place: give np.zeros((), dtype=np.int64)."
        )
