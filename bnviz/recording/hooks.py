"""What stands between a model's hooks and a recorder: plain calls outside of compiled code."""

from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any

import torch
from torch.compiler import is_dynamo_compiling, is_exporting

from bnviz.recording.notes import Notes

__all__ = ["Hook", "outside"]


class Hook(partial):  # type: ignore[type-arg]
    """A hook of the model alone: in a copy or a pickle of the model, one that does nothing."""

    def __reduce__(self) -> tuple[Any, ...]:
        # Of the standard library, so that a pickled model can be read without bnviz.
        return getattr, (nullcontext(), "__exit__")


def outside(notes: Notes, hook: Callable[..., None], *args: Any) -> None:
    """Call a hook, outside of compiled code, which then runs in parts around it.

    Code that must stay in one piece stays so, without the hook.
    """
    if not is_dynamo_compiling():
        hook(*args)
    elif not is_exporting() and not _in_one_piece(notes):
        torch.compiler.disable(hook)(*args)


def _in_one_piece(notes: Notes) -> bool:
    """Whether the code that is being compiled must stay in one piece; if so, that is told."""
    from torch._dynamo.symbolic_convert import InstructionTranslator

    compiler = InstructionTranslator.current_tx()
    if not (compiler.one_graph or compiler.error_on_graph_break):
        return False
    notes.say(
        "code compiled in one piece inside of the block (fullgraph=True) has no room for hooks, so "
        "what runs there is not recorded. Leave fullgraph out, or compile the model before the "
        "block and give record the compiled one. Training goes on as before"
    )
    return True


# The compiler calls it while it compiles, and takes the answer for a constant. So
# torch.compiler.assume_constant_result would have it, which loads the compiler.
_in_one_piece._dynamo_marked_constant = True  # type: ignore[attr-defined]
