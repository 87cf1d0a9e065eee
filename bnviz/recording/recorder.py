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
128 kept steps one pass bins what has gathered, straight from the float32 bit patterns. And in a
long run, where a row of the recording stands for many steps, only some of them are kept.
"""

from collections.abc import Iterable, Sequence
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
from torch import nn

from bnviz.recording.arguments import (
    as_axis,
    as_count,
    as_units,
    as_watch,
    require_optimizer_of,
)
from bnviz.recording.clock import Clock
from bnviz.recording.compiled import OwnCode
from bnviz.recording.copies import Copies
from bnviz.recording.coverage import unwatched_activations
from bnviz.recording.hooks import Hook
from bnviz.recording.layers import (
    ACTIVATIONS,
    LayerChoice,
    choose,
    taken_at_input,
    unwrapped_model,
)
from bnviz.recording.layouts import Layouts
from bnviz.recording.missing import missing, why_empty
from bnviz.recording.notes import Notes
from bnviz.recording.passes import Passes
from bnviz.recording.place import Place
from bnviz.recording.recording import Recording
from bnviz.recording.store import Store
from bnviz.recording.taps import Taps
from bnviz.recording.threads import Threads
from bnviz.recording.updates import Updates

__all__ = ["record"]


class record:  # noqa: N801  (reads as a verb: `with record(model) as recording`)
    """Record the distributions inside a model while it trains.

    Every forward pass of ``model`` in training mode counts as a step; passes in eval mode do not,
    nor do those that only trace the model, as ``torch.export`` does, or repeat it on the way back,
    as checkpoints do; what a model calls of itself is part of its pass. A layer that runs more than
    once in a pass is kept apart by call: "relu", "relu#2". On exit, also after an error, all hooks
    are removed and the recording is closed. Recording never changes a run, and never ends it: a
    layer that cannot be watched is left out with a warning.

    The model may train in a thread while another one reads. Where several threads train it at once,
    each pass is a step, and of those that overlap the newest is recorded.

    In a notebook, ``watch = record(model)``, ``watch.start()`` and ``watch.stop()`` do in several
    cells what ``with`` does in one; ``watch.recording`` can be read and drawn at any time.

    Args:
        model: any module, on any device, in any floating dtype, in ``DataParallel`` and the like,
            compiled or not. Hooks run between the parts of compiled code, so while it is recorded
            ``fullgraph=True`` does not hold for a model that was compiled before.
        layers: what to watch: names from ``model.named_modules()`` with ``*`` and ``?`` as
            wildcards, module types, or modules of the model; one of these or several. Left out:
            every activation module (softmax is none), or, in a model without any, every layer with
            weights. Functions such as ``F.relu`` are no modules; a warning says so where some would
            be missed.
        every: record every so many steps.
        sample: values to keep of each layer at each step, from a part of the batch drawn anew,
            and eight times as many where a layer gives maps. After 1600 recorded steps a row of
            the recording stands for more than eight; from then on some steps are kept, at least
            eight of each row, drawn at random. None keeps every element of every recorded step.
        units: features or channels to record one by one as well, under names such as "fc1[3]".
        watch: "auto", "input" or "output" of the layers, "gradient", or one of the first three and
            "gradient". "auto" takes the input of activations (which shows saturation) and the
            output of all others. "gradient" is that of the loss at the same places (at what "auto"
            takes, unless "input" or "output" is given), under names such as "fc1.grad". It is what
            comes by in ``backward()``: a loss that was scaled up, as in mixed precision, has
            gradients that are scaled up; one that was divided by the number of accumulated passes,
            smaller ones. Inside of ``torch.func`` none come by, and a warning says so.
        optimizer: the one that trains the model. A step is then what lies between two of its
            ``step()``, however many passes accumulate gradients for it. And its updates are
            recorded: ‖Δw‖ / ‖w‖ for each weight of two or more dimensions, under names such as
            "fc1.weight.update", for two steps of each row. For plain SGD that is the learning rate
            times ‖gradient‖ / ‖w‖, near the lr · std(gradient) / std(w) that is often plotted;
            for others, with momentum or Adam, only the update itself tells.
        feature_axis: the dimension of the features (units, channels) in all layers' tensors. Left
            out: layers with weights know, activations take it from the layer that ran before them.

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
        watch: str | Sequence[str] = "auto",
        optimizer: torch.optim.Optimizer | None = None,
        feature_axis: int | None = None,
    ) -> None:
        if not isinstance(model, nn.Module):
            raise TypeError(f"record needs a torch.nn.Module; given {type(model).__name__}")
        if isinstance(model, torch.jit.ScriptModule):
            raise TypeError(
                "what torch.jit made of a model takes no hooks; give record the model itself, "
                "train that one, and script it afterwards"
            )
        every = as_count("every", every)
        sample = None if sample is None else as_count("sample", sample)
        feature_axis = None if feature_axis is None else as_axis(feature_axis)
        if optimizer is not None:
            require_optimizer_of(model, optimizer)
        self._called = model  # compiled or data-parallel models wrap the one that has the names
        self._model = unwrapped_model(model)
        self._watch = as_watch(watch)
        self._optimizer = optimizer
        self._chosen = choose(model, layers)
        self._asked = layers is not None
        self._handles: list[Any] = []
        self._places: list[Place] = []
        self._store = Store(every)
        self._notes = Notes(self._store)
        self._threads = Threads()
        #: Held by whoever writes what is recorded, or reads it.
        self.lock = self._threads.lock
        self._clock = Clock(
            self._store, until_update=optimizer is not None, keep_all=sample is None
        )
        self._code = OwnCode(model)
        self._copies = Copies(model.modules(), self._tell_of_script)
        self._layouts = Layouts(model, feature_axis)
        self._taps = Taps(
            self._store, self._layouts, sample=sample, units=as_units(units), notes=self._notes
        )
        self.recording = Recording(self._store, self)
        self._passes = Passes(
            type(self._model).__name__,
            self.recording,
            clock=self._clock,
            threads=self._threads,
            taps=self._taps,
            notes=self._notes,
            after_first_pass=self._after_first_pass,
        )

    # -- the context -------------------------------------------------------------------------------

    def __enter__(self) -> Recording:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop(complete=kind is None)

    def start(self) -> Recording:
        """Begin to record; returns :attr:`recording`, which fills from now on."""
        if self._handles or self.recording.closed:
            raise RuntimeError("this record(…) was used before; make a new one for each run")
        called, passes = self._called, self._passes
        self._handles = [
            called.register_forward_pre_hook(Hook(passes.before_pass), with_kwargs=True),
            *(self._hook(name, module) for name, module in self._chosen.items()),
            # Last, because the model may be a watched layer itself.
            called.register_forward_hook(Hook(passes.after_pass)),
        ]
        self._code.begin()
        if not self._code.compiled:  # it would run in more parts
            self._layouts.begin()
        self._copies.begin()
        if self._optimizer is not None:
            parameters = self._model.named_parameters()
            passes.updates = Updates(self._store, parameters, self._optimizer)
            self._handles += [
                self._optimizer.register_step_pre_hook(passes.before_update),
                self._optimizer.register_step_post_hook(passes.after_update),
            ]
        return self.recording

    def stop(self, *, complete: bool = True) -> None:
        """Remove all hooks and close the recording.

        Args:
            complete: tell of named layers that never ran.
        """
        if self.recording.closed:
            return
        for handle in self._handles:
            handle.remove()
        self._layouts.end()
        for place in self._places:
            place.forget_leaves()
        self._copies.end()
        self._code.end()
        self._passes.end()
        if complete:
            known = self._model, self._places, self._clock, self._store
            for sentence in missing(*known, named=self._asked):
                self._notes.say(sentence)
        self.recording.close()

    def flush(self) -> None:
        """Bring what has gathered into the tables."""
        self._passes.flush()

    def why_empty(self) -> str:
        """Why nothing may have been recorded."""
        return why_empty(self._model, self._places, self._clock)

    def _tell_of_script(self) -> None:
        name = type(self._model).__name__
        self._notes.say(
            f"what torch.jit.script makes of the {name} or its parts is not recorded; the {name} "
            "itself is, wherever it runs. Train that one, and script it afterwards"
        )

    # -- places ------------------------------------------------------------------------------------

    def _hook(self, name: str, module: nn.Module) -> Any:
        """Watch one module; returns the handle that removes the hook."""
        at_input = taken_at_input(module, self._watch)
        place = Place(
            name,
            self._clock,
            self._threads,
            values=self._watch != {"gradient"},
            gradients="gradient" in self._watch,
            make_taps=partial(self._taps.make, module, at_input),
            notes=self._notes,
        )
        self._places.append(place)
        return place.watch(module, at_input=at_input)

    def _after_first_pass(self, output: object) -> None:
        self._layouts.end()
        if not any(place.ran for place in self._places):
            self._code.begin()  # compiled since, with code that others of its kind had
        if self._asked:
            return
        watched = [
            module
            for place, module in zip(self._places, self._chosen.values(), strict=True)
            for _ in range(place.calls)
        ]
        try:
            missed = unwatched_activations(self._model, output, watched)
        except Exception:  # an unusual graph; nobody can say
            return
        if missed and any(isinstance(module, ACTIVATIONS) for module in watched):
            counts = ", ".join(f"{count} {name}" for name, count in missed.items())
            one = sum(missed.values()) == 1
            self._notes.say(
                f"only {', '.join(self._chosen)} of the {type(self._model).__name__} "
                f"{'is' if len(self._chosen) == 1 else 'are'} watched: {counts} ran as "
                f"{'a function' if one else 'functions'}, and hooks see modules alone. Make "
                f"{'it a module' if one else 'them modules'}, or name the layers in front: "
                "record(model, layers=[…])"
            )
