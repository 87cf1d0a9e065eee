"""Where in the training a recorder is: passes, steps, and which of these are recorded and kept."""

import math
from random import Random

from bnviz.recording.store import MAX_ROWS, Store

__all__ = ["KEPT_WHOLE", "STEPS_OF_A_ROW", "Clock"]

#: Recorded steps of a row that are kept, or more, where not all are. A row of a long run then holds
#: many times what one of a short run does, and most of its steps cost next to nothing.
STEPS_OF_A_ROW = 8
#: The first recorded steps of a run, so many, are all kept.
KEPT_WHOLE = MAX_ROWS * STEPS_OF_A_ROW


class Clock:
    """Counts passes and steps.

    Args:
        store: keeps the number of steps, and says how often one is recorded.
        until_update: a step lasts until its optimizer moves the weights; else it is one pass.
        keep_all: keep every recorded step; else of a row that stands for many, some that are drawn.
    """

    def __init__(self, store: Store, *, until_update: bool = False, keep_all: bool = True) -> None:
        #: The recorded step of the pass that runs, counted from 0; −1 outside of kept passes.
        self.now = -1
        #: The recorded step that runs or ran last; −1 in a step of which nothing is kept.
        self.kept = -1
        #: Counts the passes of kept steps: several may make one step.
        self.passes = 0
        #: Recorded steps begun that are kept.
        self.num_kept = 0
        #: Passes in eval mode.
        self.evals = 0
        #: A step has begun and may still get passes.
        self.within = False
        #: False once nothing more is recorded.
        self.running = True
        self._store, self._until_update = store, until_update
        self._whole = math.inf if keep_all else KEPT_WHOLE
        self._apart = 1  # of so many recorded steps, one is kept, whoever looks at the tables
        self._next = 0  # the next one, counted in training steps
        self._random = Random(0)  # own generator: recording must not change the run

    @property
    def recorded(self) -> int:
        """Recorded steps begun."""
        return -(-self._store.num_steps // self._store.every)

    @property
    def last(self) -> int:
        """The recorded step that runs or ran last; −1 in a step that is not recorded."""
        return -1 if (self._store.num_steps - 1) % self._store.every else self.recorded - 1

    @property
    def upcoming(self) -> int:
        """The recorded step that begins with the next step; −1: that one is not recorded."""
        return -1 if self._store.num_steps % self._store.every else self.recorded

    def begin_pass(self) -> None:
        """A pass of this step begins, or the first one of the next."""
        if not self.within:
            store = self._store
            step = store.num_steps
            store.num_steps = step + 1
            self.within = self._until_update
            if step == self._next:
                self.kept = kept = step // store.every
                self.num_kept += 1
                store.make_room(kept + 1)  # now, not when somebody looks
                self._next = self._after(kept) * store.every
            else:
                self.kept = -1
        self.now = now = self.kept
        if now >= 0:
            self.passes += 1

    def _after(self, kept: int) -> int:
        """The recorded step to keep after that one."""
        if kept >= self._whole * self._apart:
            self._apart *= 2
        apart = self._apart
        if apart == 1:
            return kept + 1
        # One of so many, drawn, so that it falls in with no rhythm of the training.
        return (kept // apart + 1) * apart + self._random.randrange(apart)
