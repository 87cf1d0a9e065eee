"""From what a module is given or gives to the plain tensor that can be recorded."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from typing import Any

import torch
from torch import Tensor
from torch._C import _functorch
from torch._functorch.pyfunctorch import temporarily_clear_interpreter_stack

__all__ = ["first_tensor", "outside_transforms", "tensors_in", "unwrapped"]


def tensors_in(values: Any) -> Iterator[Tensor]:
    """The tensors in nested tuples, lists, mappings and dataclasses, in their order."""
    if isinstance(values, Tensor):
        yield values
        return
    if isinstance(values, Mapping):
        values = list(values.values())
    elif is_dataclass(values) and not isinstance(values, type):
        values = [getattr(values, field.name, None) for field in fields(values)]
    if isinstance(values, tuple | list):
        for value in values:
            yield from tensors_in(value)


def first_tensor(values: Any) -> Tensor | None:
    """The first tensor in nested values: an RNN's output, for one.

    >>> import torch
    >>> first_tensor({"hidden": (None, [torch.ones(2)]), "loss": torch.zeros(())})
    tensor([1., 1.])
    """
    return next(tensors_in(values), None)


def unwrapped(tensor: Tensor) -> tuple[Tensor, int]:
    """The plain tensor inside what ``torch.func.grad``, ``vmap`` and others hand to a module.

    Of a jagged one, the examples behind each other in one tensor.

    Call it inside of :func:`outside_transforms`.

    Returns:
        The tensor, detached, and how many axes there are in front of those that the module sees:
        one for each ``vmap`` that this tensor differs over.
    """
    mapped: list[int] = []
    while _functorch.is_functorch_wrapped_tensor(tensor):
        if _functorch.is_batchedtensor(tensor):
            mapped.append(_functorch.maybe_get_bdim(tensor))
        tensor = _functorch.get_unwrapped(tensor)
    # Each says where its axis lies among those that the vmaps around it have left.
    for outer, axis in enumerate(reversed(mapped)):
        tensor = tensor.movedim(axis + outer, 0)
    if tensor.is_nested and tensor.layout == torch.jagged:
        tensor = tensor.values()  # all examples, one behind the other
    return tensor.detach(), len(mapped)


@contextmanager
def outside_transforms() -> Iterator[None]:
    """Work on plain tensors, whatever the transforms of ``torch.func`` around it."""
    if _functorch.peek_interpreter_stack() is None:
        yield
    else:
        with temporarily_clear_interpreter_stack():
            yield
