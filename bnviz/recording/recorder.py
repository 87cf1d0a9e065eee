"""Watches a PyTorch model while it trains and fills histograms.

>>> import torch
>>> from bnviz import record
>>> model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
>>> with record(model) as recording:
...     for _ in range(3):
...         _ = model(torch.randn(16, 4))
>>> recording.layers, recording.num_steps
(('1',), 3)

How it stays cheap: a forward hook only copies (a sample of) a layer's values into a buffer; every
128 recorded steps one pass bins what has gathered, straight from the float32 bit patterns.
"""

import random
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import partial
from types import TracebackType
from typing import Any

try:
    import torch
except ImportError as error:
    raise ImportError(
        "bnviz.record watches PyTorch models, and PyTorch is not installed; see pytorch.org for "
        "the command that fits your machine"
    ) from error
from torch import Tensor, nn
from torch.compiler import is_compiling

from bnviz.recording.recording import Recording
from bnviz.recording.tap import Tap

__all__ = ["record"]

#: Recorded steps that gather before they are binned, or fewer where a figure follows slow steps.
WINDOW = 128
_PATIENCE = 0.1  # seconds

_ACTIVATIONS: tuple[type[nn.Module], ...] = (
    *(nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU, nn.RReLU, nn.ELU, nn.CELU, nn.SELU, nn.GELU),
    *(nn.SiLU, nn.Mish, nn.Softplus, nn.Sigmoid, nn.Tanh, nn.Hardtanh, nn.Hardsigmoid),
    *(nn.Hardswish, nn.Softsign, nn.LogSigmoid, nn.Tanhshrink, nn.Threshold),
)
_WEIGHTED: tuple[type[nn.Module], ...] = (
    *(nn.Linear, nn.Bilinear, nn.modules.conv._ConvNd, nn.modules.batchnorm._NormBase),
    *(nn.LayerNorm, nn.GroupNorm, nn.RMSNorm, nn.RNNBase, nn.MultiheadAttention),
)

LayerChoice = str | type[nn.Module] | nn.Module


class record:  # noqa: N801  (reads as a verb: `with record(model) as recording`)
    """Record the distributions inside a model while it trains.

    Every forward pass of ``model`` in training mode counts as a step; passes in eval mode do not.
    A layer that runs more than once in a step is kept apart by call: "relu", "relu#2". On exit,
    also after an error, all hooks are removed and the recording is closed.

    Args:
        model: any module, on any device, in any floating dtype, compiled or not (though not with
            ``fullgraph=True``: hooks run between the parts of compiled code).
        layers: what to watch: names from ``model.named_modules()`` with ``*`` and ``?`` as
            wildcards, module types, or modules of the model; one of these or several. Left out:
            every activation module, or, in a model without any, every layer with weights.
        every: record every so many steps.
        sample: values to keep of each layer at each step, from a part of the batch drawn anew,
            and eight times as many where a layer gives maps; None keeps every element.
        units: features or channels to record one by one as well, under names such as "fc1[3]".
        watch: "input" or "output" of the layers; "auto" takes the input of activations (which
            shows saturation) and the output of all others.

    Raises:
        TypeError, ValueError: when an argument does not fit; the message says what does.

    Source of the idea to follow 15, 50 and 85 % percentiles: Ioffe & Szegedy 2015, figure 1.
    """

    def __init__(
        self,
        model: nn.Module,
        layers: LayerChoice | Iterable[LayerChoice] | None = None,
        *,
        every: int = 1,
        sample: int | None = 512,
        units: int | Sequence[int] | None = None,
        watch: str = "auto",
    ) -> None:
        if not isinstance(model, nn.Module):
            raise TypeError(f"record needs a torch.nn.Module; given {type(model).__name__}")
        _require_count("every", every)
        if sample is not None:
            _require_count("sample", sample)
        if watch not in ("auto", "input", "output"):
            raise ValueError(f"watch must be 'auto', 'input' or 'output'; given {watch!r}")
        # A compiled model wraps the one whose modules have the names, and calls its forward without
        # its hooks: steps are those of the wrapper.
        self._called = model
        self._model: nn.Module = getattr(model, "_orig_mod", model)
        self._every = every
        self._sample = sample
        self._units = _as_units(units)
        self._watch = watch
        self._chosen = _choose(self._model, layers)
        self._asked = layers is not None
        self._random = random.Random(0)  # own generator: recording must not change the run
        self._handles: list[Any] = []
        self._taps: list[Tap] = []
        self._now = -1  # the recorded step that runs, or -1
        self._evals = 0
        self._strays = 0  # calls of watched layers outside of a step
        self._recorded = 0  # recorded steps begun
        self._binned = 0  # of these, in the recording
        self._binned_at = time.monotonic()
        self.recording = Recording(every, f"the {type(self._model).__name__}")

    # -- the context -------------------------------------------------------------------------------

    def __enter__(self) -> Recording:
        if self._handles or self.recording.closed:
            raise RuntimeError("this record(…) was used before; make a new one for each run")
        _forget_compiled_code()
        self._handles = [
            self._called.register_forward_pre_hook(_Hook(self._begin)),
            *(self._hook(name, module) for name, module in self._chosen.items()),
            # Last, because the model may be a watched layer itself.
            self._called.register_forward_hook(_Hook(self._end)),
        ]
        self.recording.gather = self._flush
        return self.recording

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for handle in self._handles:
            handle.remove()
        _forget_compiled_code()
        self._flush()
        self.recording.gather = None
        recording, name = self.recording, type(self._model).__name__
        if not self._recorded and self._evals:
            recording.why_empty = f"all {self._evals} passes of the {name} were in eval mode"
        elif not self._recorded and self._strays:
            recording.why_empty = (
                f"layers of the {name} ran, but not the {name} that was given; give record the "
                "module that your training loop calls, compiled if it is"
            )
        elif self._recorded and not recording.layers:
            recording.why_empty = f"no watched layer of the {name} gave floating-point numbers"
        unseen = [layer for layer in self._chosen if layer not in recording.layers]
        if self._asked and self._recorded and unseen and kind is None:
            warnings.warn(f"never ran, so not recorded: {', '.join(unseen)}", stacklevel=2)
        recording.close()

    def _hook(self, name: str, module: nn.Module) -> Any:
        """Watch one module; returns the handle that removes the hook."""
        is_activation = isinstance(module, _ACTIVATIONS)
        at_input = self._watch == "input" or (self._watch == "auto" and is_activation)
        kind = type(module).__name__.lower() if is_activation and at_input else None
        calls: list[list[Tap]] = []  # the taps of the first, second, … call in a step

        def keep(values: Any) -> None:
            now = self._now
            if now < 0:
                self._strays += 1
                return
            tensor = values if isinstance(values, Tensor) else _first_tensor(values)
            if tensor is None:
                return
            for taps in calls:
                if taps[0].last != now:
                    break
            else:
                number = len(calls) + 1
                taps = self._new_taps(name if number == 1 else f"{name}#{number}", kind)
                calls.append(taps)
            for tap in taps:
                tap.push(tensor, now)

        def before(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            values = args[0] if args else kwargs.get("input")
            (_uncompiled(keep) if is_compiling() else keep)(values)

        def before_any(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            (_uncompiled(keep) if is_compiling() else keep)([args, kwargs])

        def after(_: nn.Module, args: tuple[Any, ...], output: Any) -> None:
            (_uncompiled(keep) if is_compiling() else keep)(output)

        if at_input and is_activation:
            return module.register_forward_pre_hook(_Hook(before), with_kwargs=True)
        if at_input:
            return module.register_forward_pre_hook(_Hook(before_any), with_kwargs=True)
        return module.register_forward_hook(_Hook(after))

    def _new_taps(self, label: str, kind: str | None) -> list[Tap]:
        lengthwise = any(isinstance(module, nn.Conv1d) for module in self._model.modules())
        names = {None: label} | {unit: f"{label}[{unit}]" for unit in self._units}
        taps = [
            Tap(
                self.recording,
                name,
                kind,
                unit=unit,
                sample=self._sample,
                window=WINDOW,
                features_last=not lengthwise,
                generator=self._random,
            )
            for unit, name in names.items()
        ]
        self._taps += taps
        return taps

    # -- steps -------------------------------------------------------------------------------------

    def _begin(self, model: nn.Module, args: object) -> None:
        if is_compiling():
            _uncompiled(self._begin)(model, args)
            return
        self._now = -1
        if not model.training:
            self._evals += 1
            return
        recording = self.recording
        seen = recording.num_steps
        recording.num_steps = seen + 1
        if seen % self._every:
            return
        waiting = self._recorded - self._binned
        if waiting >= WINDOW or (
            waiting and recording.followed and time.monotonic() - self._binned_at > _PATIENCE
        ):
            self._flush()
            recording.notify()
        self._now = self._recorded
        self._recorded += 1

    def _end(self, model: nn.Module, args: object, output: object) -> None:
        # Whatever runs outside of the model's own forward pass is none of its steps.
        self._now = -1

    def _flush(self) -> None:
        if self._recorded > self._binned:
            self.recording.make_room(self._recorded)
            for tap in self._taps:
                tap.flush()
            self._binned = self._recorded
            self._binned_at = time.monotonic()


class _Hook(partial):  # type: ignore[type-arg]
    """A hook of the model alone: in a copy or a pickle of the model, one that does nothing."""

    def __reduce__(self) -> tuple[Any, ...]:
        # Of the standard library, so that a pickled model can be read without bnviz.
        return getattr, (nullcontext(), "__exit__")


def _uncompiled(hook: Callable[..., None]) -> Callable[..., None]:
    """Keep a hook outside of compiled code, which then runs in parts around it."""
    return torch.compiler.disable(hook)


def _forget_compiled_code() -> None:
    """Have compiled models compiled anew: their code does not notice that hooks come and go."""
    if "torch._dynamo" in sys.modules:  # else nothing was ever compiled
        torch.compiler.reset()


def _require_count(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"{name} must be a whole number of at least 1; given {value!r}")


def _as_units(units: int | Sequence[int] | None) -> tuple[int, ...]:
    chosen = () if units is None else (units,) if isinstance(units, int) else tuple(units)
    if any(isinstance(unit, bool) or not isinstance(unit, int) or unit < 0 for unit in chosen):
        raise ValueError(f"units are feature or channel numbers from 0 on; given {units!r}")
    return tuple(dict.fromkeys(chosen))


def _first_tensor(values: Any) -> Tensor | None:
    """The first tensor in nested tuples, lists and dictionaries: an RNN's output, for one."""
    if isinstance(values, Tensor):
        return values
    if isinstance(values, dict):
        values = list(values.values())
    if isinstance(values, tuple | list):
        return next((t for v in values if (t := _first_tensor(v)) is not None), None)
    return None


def _choose(
    model: nn.Module, layers: LayerChoice | Iterable[LayerChoice] | None
) -> dict[str, nn.Module]:
    """The modules to watch, by name, in the order of the model."""
    modules = dict(model.named_modules())
    modules[""] = model
    if layers is None:
        for kinds in (_ACTIVATIONS, _WEIGHTED):
            found = {name: m for name, m in modules.items() if isinstance(m, kinds)}
            if found:
                return {name or "model": m for name, m in found.items()}
        raise ValueError(
            f"the {type(model).__name__} has no activation modules and no known layers with "
            "weights; name the modules to watch with layers=…"
        )
    wanted = [layers] if isinstance(layers, str | type | nn.Module) else list(layers)
    chosen: set[str] = set()
    for choice in wanted:
        if isinstance(choice, str):
            # Names are matched by fnmatch, but "[" stands for itself: it is no wildcard here.
            pattern = choice.replace("[", "[[]")
            found_names = {name for name in modules if name and fnmatchcase(name, pattern)}
        elif isinstance(choice, type) and issubclass(choice, nn.Module):
            found_names = {name for name, m in modules.items() if isinstance(m, choice)}
        elif isinstance(choice, nn.Module):
            found_names = {name for name, m in modules.items() if m is choice}
        else:
            raise TypeError(
                "layers takes names, module types or modules of the model; given "
                f"{type(choice).__name__}"
            )
        if not found_names:
            raise ValueError(_unknown_layer(choice, modules))
        chosen |= found_names
    if not chosen:
        raise ValueError("layers is empty; leave it out to watch the activations")
    return {name or "model": m for name, m in modules.items() if name in chosen}


def _unknown_layer(choice: LayerChoice, modules: dict[str, nn.Module]) -> str:
    names = [name for name in modules if name]
    close = get_close_matches(choice, names, n=3) if isinstance(choice, str) else []
    listed = ", ".join(close or names[:12]) + ("" if close or len(names) <= 12 else ", …")
    what = repr(choice) if isinstance(choice, str) else getattr(choice, "__name__", "that module")
    return f"no layer {what} in the model; {'did you mean' if close else 'it has'} {listed}"
