"""One watched place in a model: the taps of its values and gradients, call by call."""

from collections.abc import Callable
from functools import partial
from itertools import chain
from threading import get_ident
from typing import Any

from torch import Tensor, nn
from torch._C import _functorch
from torch.compiler import is_dynamo_compiling
from torch.utils.hooks import RemovableHandle

from bnviz.recording.clock import Clock
from bnviz.recording.hooks import Hook, outside
from bnviz.recording.notes import Notes
from bnviz.recording.tap import Tap
from bnviz.recording.tensors import first_tensor
from bnviz.recording.threads import Threads
from bnviz.recording.tracing import on_the_way_back

__all__ = ["Place"]


class Place:
    """The input or output of a module.

    Args:
        name: what the layer is called.
        clock: the recorder's.
        threads: the recorder's.
        values: record the values.
        gradients: record the gradients of the loss at the values.
        make_taps: makes the taps of one call; it is given the label of the call, the first tensor
            that came there, and whether they are for gradients.
        notes: told where this place can no longer be watched.
    """

    def __init__(
        self,
        name: str,
        clock: Clock,
        threads: Threads,
        *,
        values: bool,
        gradients: bool,
        make_taps: Callable[[str, Tensor, bool], list[Tap]],
        notes: Notes,
    ) -> None:
        self.name = name
        #: Calls outside of the model's own passes.
        self.strays = 0
        #: Watched no more, which was told.
        self.dropped = False
        self._clock, self._threads, self._notes = clock, threads, notes
        self._values, self.gradients = values, gradients
        self._make_taps = make_taps
        self._pass = -1
        self._calls: dict[int, int] = {}  # in this pass, by module: replicas run side by side
        self._taps: dict[int, list[Tap]] = {}  # by call in a pass
        self._gradient_taps: dict[int, list[Tap]] = {}
        self._leaves: list[Any] = []

    def watch(self, module: nn.Module, *, at_input: bool) -> RemovableHandle:
        """Hook a module's input or output; returns the handle that removes the hook."""
        hook = Hook(self._take, at_input)
        if at_input:
            return module.register_forward_pre_hook(hook, with_kwargs=True)
        return module.register_forward_hook(hook)

    def _take(self, at_input: bool, module: nn.Module, args: tuple[Any, ...], more: Any) -> None:
        """Hook: take what comes by, a tensor or values with a tensor in them.

        All in one function, because it runs in every layer, and a call takes as long as a few
        of its lines.

        Args:
            at_input: whether the input is watched, or the output.
            module: what was called: the module that is watched, or a replica of it.
            args: what it was given.
            more: what else it was given, by name; or what it gave.
        """
        if is_dynamo_compiling():
            # What is not needed would have to leave the compiled code all the same.
            outside(self._notes, self._take, at_input, module, args if at_input else (), more)
            return
        clock = self._clock
        # As in most steps of a long run. After a kept pass, gradients may come from a repeated one.
        if clock.now < 0 and not (self.gradients and clock.kept >= 0):
            if self._pass < 0:
                self.strays += 1
            return
        if self.dropped:
            return
        threads = self._threads
        threads.lock.acquire()  # `with` takes twice as long, and this runs in every layer
        try:
            values = more
            if at_input:
                values = [args, more] if more or len(args) != 1 else args[0]
            now = clock.now
            if now < 0 or (threads.several and not threads.belongs(get_ident())):
                self._stray(values)
                return
            if self._pass != clock.passes:
                self._pass, call = clock.passes, 0
                self._calls = {id(module): 1}
                if self._leaves:
                    self.forget_leaves()
            else:
                call = self._calls.get(id(module), 0)
                self._calls[id(module)] = call + 1
            tensor = values if type(values) is Tensor else first_tensor(values)
            if tensor is None:
                return
            taps = self._taps.get(call)
            if taps is None:
                taps = self._make_taps(self._label(call), tensor, False) if self._values else []
                self._taps[call] = taps
            for tap in taps:
                tap.push(tensor, now)
            if self.gradients and tensor.requires_grad:
                self._wait_for_gradient(tensor, call, now)
        except Exception as error:  # whatever it is, it must not end the training run
            self.drop(error)
        finally:
            threads.lock.release()

    @property
    def ran(self) -> bool:
        """Whether it was ever called in a recorded pass."""
        return self._pass >= 0

    @property
    def labels(self) -> set[str]:
        """What the calls that have taps are called."""
        return {self._label(call) for call in (*self._taps, *self._gradient_taps)}

    @property
    def calls(self) -> int:
        """How often it was called in the newest pass."""
        return sum(self._calls.values()) if self._pass == self._clock.passes else 0

    def drop(self, error: Exception) -> None:
        """Watch this place no more."""
        self.dropped = True
        for tap in chain(*self._taps.values(), *self._gradient_taps.values()):
            tap.close()
        self._notes.give_up(self.name, error)

    def _label(self, call: int) -> str:
        return self.name if call == 0 else f"{self.name}#{call + 1}"

    def _stray(self, values: Any) -> None:
        self.strays += 1
        # Reentrant checkpointing calls the layers anew on the way back, and gradients pass there.
        if self.gradients and self._clock.kept >= 0 and on_the_way_back():
            try:
                tensor = first_tensor(values)
                if tensor is not None and tensor.requires_grad:
                    self._wait_for_gradient(tensor, 0, self._clock.kept)
            except Exception as error:
                self.drop(error)

    def _wait_for_gradient(self, tensor: Tensor, call: int, time: int) -> None:
        if _functorch.peek_interpreter_stack() is not None:
            self._notes.say(
                "inside of torch.func no gradients come by the layers, so those are not recorded"
            )
            return
        if call not in self._gradient_taps:  # now, so that they come in the order of the layers
            self._gradient_taps[call] = self._make_taps(self._label(call), tensor, True)
        taps = self._gradient_taps[call]
        handle = tensor.register_hook(partial(self._keep_gradient, taps, time))
        if tensor.is_leaf:  # it lives on, and its hooks with it
            self._leaves.append(handle)

    def _keep_gradient(self, taps: list[Tap], time: int, gradient: Tensor) -> None:
        with self._threads.lock:
            if not self._clock.running:
                return
            try:
                for tap in taps:
                    tap.push(gradient, time)
            except Exception as error:
                self.drop(error)

    def forget_leaves(self) -> None:
        """Remove the hooks of tensors that outlive their step."""
        for handle in self._leaves:
            handle.remove()
        self._leaves = []
