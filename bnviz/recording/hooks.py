"""What stands between a model's hooks and a recorder: plain calls outside of compiled code."""

from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any

import torch
from torch.compiler import is_dynamo_compiling, is_exporting

__all__ = ["Hook", "outside"]


class Hook(partial):  # type: ignore[type-arg]
    """A hook of the model alone: in a copy or a pickle of the model, one that does nothing."""

    def __reduce__(self) -> tuple[Any, ...]:
        # Of the standard library, so that a pickled model can be read without bnviz.
        return getattr, (nullcontext(), "__exit__")


def outside(hook: Callable[..., None], *args: Any) -> None:
    """Call a hook, outside of compiled code, which then runs in parts around it."""
    if not is_dynamo_compiling():
        hook(*args)
    elif not is_exporting():
        torch.compiler.disable(hook)(*args)
