"""Which passes only trace or repeat, or are a part of another, where others train a model."""

import sys
from typing import Any

import torch
from torch import Tensor, compiler, nn
from torch._C import (
    _current_graph_task_id,
    _functorch,
    _get_tracing_state,
    _len_torch_dispatch_stack,
)
from torch._subclasses.fake_tensor import FakeTensor
from torch.jit import _trace

from bnviz.recording.tensors import first_tensor

__all__ = ["inside_of_itself", "on_the_way_back", "only_traces_or_repeats"]

_MODES = torch._C._TorchDispatchModeKey
_TRACING_MODES = (_MODES.FAKE, _MODES.PROXY, _MODES.FUNCTIONAL)
_CALL = nn.Module._call_impl.__code__


def only_traces_or_repeats(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether a pass over these arguments is no training.

    One that runs on the way back repeats another, as checkpoints do. Others look at shapes and
    operations alone: under ``torch.export``, ``torch.jit.trace`` (also where that checks its
    trace), ``make_fx``, ``torch.fx`` and ``functionalize``, and with fake or meta tensors.

    Args:
        args: what the model is called with.
        kwargs: what else, by name.
    """
    if (
        _current_graph_task_id() >= 0  # on_the_way_back, less a call at every step
        or _get_tracing_state() is not None
        or _trace._trace_module_map is not None
        # Set while this runs outside of compiled code: torch.export calls the model itself.
        or compiler._is_compiling_flag
        or (_len_torch_dispatch_stack() > 0 and _in_tracing_mode())
    ):
        return True
    plain = _functorch.peek_interpreter_stack() is None
    for argument in (*args, *kwargs.values()) if kwargs else args:
        if plain and type(argument) is Tensor:  # as nearly always
            if argument.is_meta:
                return True
        elif _holds_no_numbers(argument):
            return True
    return False


def on_the_way_back() -> bool:
    """Whether gradients are being taken: what runs meanwhile is repeated, as checkpoints do."""
    return bool(_current_graph_task_id() >= 0)


def inside_of_itself(model: nn.Module) -> bool:
    """Whether the call of a model whose hook this is was made by the model, as in a recursive one.

    To count calls would not do: one that an error ends has no hook at its end.
    """
    calls, frame = 0, sys._getframe()
    while frame is not None and calls < 2:
        calls += frame.f_code is _CALL and frame.f_locals["self"] is model
        frame = frame.f_back  # type: ignore[assignment]
    return calls == 2


def _in_tracing_mode() -> bool:
    return any(torch._C._get_dispatch_mode(mode) is not None for mode in _TRACING_MODES)


def _holds_no_numbers(argument: object) -> bool:
    tensor = first_tensor(argument)
    if tensor is None:
        return isinstance(argument, torch.fx.Proxy)
    return isinstance(tensor, FakeTensor) or tensor.is_meta or torch._is_functional_tensor(tensor)
