"""The passes, steps and updates of a training while it is recorded.

Hooks around the model and its optimizer tell of them. Between those, every watched layer keeps what
comes by; when a window of steps is over, or somebody reads, that goes into the tables.
"""

import time
from collections.abc import Callable
from functools import partial
from threading import get_ident
from typing import Any

from torch import nn
from torch.compiler import is_dynamo_compiling

from bnviz.recording.clock import Clock
from bnviz.recording.hooks import outside
from bnviz.recording.notes import Notes
from bnviz.recording.recording import Recording
from bnviz.recording.taps import WINDOW, Taps
from bnviz.recording.tensors import outside_transforms
from bnviz.recording.threads import Threads
from bnviz.recording.tracing import inside_of_itself, only_traces_or_repeats
from bnviz.recording.updates import Updates

__all__ = ["Passes"]

_PATIENCE = 0.1  # seconds


class Passes:
    """Follows a training from pass to pass.

    Args:
        name: what the model is called.
        recording: gets what comes in, and tells those who follow it.
        clock: counts the passes and steps.
        threads: knows whose pass runs.
        taps: what gathers in the layers.
        notes: told what cannot be recorded.
        after_first_pass: called once, with what the model gave in its first recorded pass.
    """

    def __init__(
        self,
        name: str,
        recording: Recording,
        *,
        clock: Clock,
        threads: Threads,
        taps: Taps,
        notes: Notes,
        after_first_pass: Callable[[object], None],
    ) -> None:
        self._name, self._recording = name, recording
        self._clock, self._threads, self._taps, self._notes = clock, threads, taps, notes
        self._after_first_pass: Callable[[object], None] | None = after_first_pass
        self._binned = 0  # recorded steps in the tables
        self._judged = 0  # kept steps before this window
        self._binned_at = time.monotonic()
        self._recursive = False  # the model was seen to call itself
        #: Measures the steps of the optimizer, where there is one to follow.
        self.updates: Updates | None = None

    def end(self) -> None:
        """Nothing more is recorded; what has gathered goes into the tables."""
        with self._threads.lock:
            self._clock.running = False
            self._clock.now = -1  # another thread may still be in a pass
            self._end_of_window()

    # -- passes and steps --------------------------------------------------------------------------

    def before_pass(self, model: nn.Module, args: Any, kwargs: Any) -> None:
        """Hook: the model is called."""
        if is_dynamo_compiling():
            outside(self._notes, self.before_pass, model, args, kwargs)
            return
        clock, threads, news = self._clock, self._threads, False
        threads.lock.acquire()
        try:
            if threads.passing and get_ident() in threads.passing and inside_of_itself(model):
                self._recursive = True
                return
            threads.begin_pass()
            clock.now = -1
            if not clock.running or only_traces_or_repeats(args, kwargs):
                return
            if threads.several:
                self._tell_of_threads()
            if not model.training:
                clock.evals += 1
            elif (
                (clock.num_kept - self._judged == WINDOW or self._recording.followed)
                and not clock.within
                and self._bring_in_what_waits()
            ):
                news = True
            else:
                clock.begin_pass()
        except Exception as error:  # whatever it is, it must not end the training run
            clock.running = False
            self._notes.say(f"nothing more can be recorded: {error!r}. Training goes on as before")
        finally:
            threads.lock.release()
        if news:
            self._recording.notify()  # who follows may wait for a thread that wants the lock
            with threads.lock:
                clock.begin_pass()

    def _bring_in_what_waits(self) -> bool:
        """Fill the tables where a window of steps is over, or a figure has waited for long.

        Returns:
            Whether there is something new in them.
        """
        waiting = self._clock.recorded > self._binned
        if self._clock.num_kept - self._judged == WINDOW:
            self._end_of_window()
        elif waiting and self._late():
            self.flush()
        else:
            return False
        return waiting

    def _tell_of_threads(self) -> None:
        self._notes.say(
            f"the {self._name} ran in several threads at once: where passes overlap, only the "
            "newest is recorded, from where it began"
        )

    def _late(self) -> bool:
        """Whether a figure that follows the recording has waited for long enough."""
        return time.monotonic() - self._binned_at > _PATIENCE

    def after_pass(self, model: nn.Module, args: object, output: object) -> None:
        """Hook: the model has given its output."""
        if is_dynamo_compiling():
            outside(self._notes, self.after_pass, model, (), output)
            return
        clock, threads = self._clock, self._threads
        threads.lock.acquire()
        try:
            if (self._recursive and inside_of_itself(model)) or not threads.end_pass():
                return
            if self._after_first_pass and clock.now >= 0:
                look, self._after_first_pass = self._after_first_pass, None
                look(output)
            # Whatever runs outside of the model's own forward pass is none of its steps.
            clock.now = -1
        finally:
            threads.lock.release()

    # -- optimizer ---------------------------------------------------------------------------------

    def before_update(self, optimizer: object, args: object, kwargs: object) -> None:
        """Hook: the optimizer is about to move the weights."""
        # The passes of a step may run inside of the update, in a closure, as L-BFGS has it.
        time = self._clock.last if self._clock.within else self._clock.upcoming
        if time >= 0 and self.updates and self.updates.wanted(time):
            self._guarded(partial(self.updates.before_step, time))

    def after_update(self, optimizer: object, args: object, kwargs: object) -> None:
        """Hook: the optimizer has moved the weights, which ends a step."""
        if self.updates:
            self._guarded(partial(self.updates.after_step, self._clock.last))
        self._clock.within = False

    def _guarded(self, do: Callable[[], object]) -> None:
        """Measure updates no more where that fails."""
        try:
            do()
        except Exception as error:
            self.updates = None
            self._notes.say(
                f"updates can no longer be measured: {error!r}. Training goes on as before"
            )

    # -- tables ------------------------------------------------------------------------------------

    def flush(self) -> None:
        """Bring what has gathered into the tables."""
        with self._threads.lock, outside_transforms():  # a pass of torch.func may begin
            if self._clock.recorded > self._binned:
                self._recording.store.make_room(self._clock.recorded)
                self._taps.flush()
                if self.updates:
                    self._guarded(self.updates.flush)
                self._binned = self._clock.recorded
                self._binned_at = time.monotonic()

    def _end_of_window(self) -> None:
        """Bring all into the tables, and judge which units were dead since the last time."""
        self.flush()
        with outside_transforms():
            self._taps.judge(whole=self._clock.num_kept - self._judged == WINDOW)
        self._judged = self._clock.num_kept
