"""Compiled models: their code does not notice that hooks come and go.

Compiled code is kept by what compiled it, the backend. While a model is recorded, its compiled
calls are replaced by equal ones with backends of their own, for which there is no code yet: it is
compiled anew, with the hooks. Afterwards the old calls are put back, and with them their old code.
Nothing else is compiled anew.
"""

import gc
import sys
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn

__all__ = ["OwnCode", "something_was_compiled"]

Call = Callable[..., Any]
# An object and the attribute under which it keeps a compiled call.
Site = tuple[Any, str]


class OwnCode:
    """Code of its own for a model, from :meth:`begin` to :meth:`end`."""

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        self._before: list[tuple[Site, Call]] = []

    @property
    def compiled(self) -> bool:
        """Whether the model or a part of it was found to be compiled."""
        return bool(self._before)

    def begin(self) -> None:
        """Have compiled calls compiled anew, for hooks that were just set; once for each call."""
        known = {(id(owner), name) for (owner, name), _ in self._before}
        try:
            for owner, name in list(_sites(self._model)):
                if (id(owner), name) in known:
                    continue
                call = getattr(owner, name)
                setattr(owner, name, _anew(call))
                self._before.append(((owner, name), call))
        except Exception:  # a PyTorch in which this is different; all is compiled anew
            torch.compiler.reset()

    def end(self) -> None:
        """Go back to the code from before; what was compiled in between is compiled anew."""
        known = {(id(owner), name) for (owner, name), _ in self._before}
        try:
            for owner, name in list(_sites(self._model)):
                if (id(owner), name) not in known:
                    setattr(owner, name, _anew(getattr(owner, name)))
        except Exception:
            torch.compiler.reset()
        for (owner, name), call in self._before:
            setattr(owner, name, call)
        self._before = []


def something_was_compiled() -> bool:
    """Whether PyTorch compiled anything in this process, functions included."""
    if "torch._dynamo" not in sys.modules:
        return False
    from torch._dynamo.utils import counters

    return bool(counters["frames"]["total"])


def _anew(call: Any) -> Call:
    """An equal compiled call for which there is no code yet."""
    from torch._dynamo import optimize
    from torch._dynamo.eval_frame import innermost_backend

    context = _context_of(call)
    compiler = innermost_backend(context.callback)

    def backend(*args: Any, **kwargs: Any) -> Any:  # compiles as that one, and is not the same
        return compiler(*args, **kwargs)

    for name in ("backend_ctx_ctor", "get_compiler_config"):
        if hasattr(compiler, name):
            setattr(backend, name, getattr(compiler, name))
    # Hooks run between the parts of the code, also where it was in one piece (fullgraph=True).
    options: dict[str, Any] = {"nopython": False, "dynamic": context._dynamic}
    if hasattr(context, "_isolate_recompiles_id"):  # other calls of the same code have limits
        options["isolate_recompiles"] = True
    return optimize(backend, **options)(call._torchdynamo_orig_callable)


def _sites(model: nn.Module) -> Iterator[Site]:
    """Where a model, its parts, and what was made of them, keep compiled calls."""
    if "torch._dynamo" not in sys.modules:  # nothing was ever compiled
        return
    from torch._dynamo.eval_frame import OptimizedModule

    parts = {id(part): part for part in model.modules()}
    for part in parts.values():
        if _context_of(part._compiled_call_impl):
            yield part, "_compiled_call_impl"
        if type(part) is not OptimizedModule and _context_of(vars(part).get("forward")):
            yield part, "forward"
    # Wrappers refer to what they wrap, and not the other way round. Objects refer to their type: to
    # ask for those is several times faster than to look at all objects there are.
    for thing in gc.get_referrers(OptimizedModule):
        if type(thing) is OptimizedModule and id(thing._orig_mod) in parts:
            for name in ("forward", "_forward"):
                if _context_of(vars(thing).get(name)):
                    yield thing, name


def _context_of(call: Any) -> Any:
    """The context that a compiled call works in; None for any other call."""
    if not hasattr(call, "_torchdynamo_orig_callable"):
        return None
    for name, cell in zip(call.__code__.co_freevars, call.__closure__ or (), strict=True):
        if name == "self":
            return cell.cell_contents
    return None
