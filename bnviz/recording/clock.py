"""Where in the training a recorder is: passes, steps, and which of these are recorded."""

from bnviz.recording.store import Store

__all__ = ["Clock"]


class Clock:
    """Counts passes and steps.

    Args:
        store: keeps the number of steps, and says how often one is recorded.
        until_update: a step lasts until its optimizer moves the weights; else it is one pass.
    """

    def __init__(self, store: Store, *, until_update: bool = False) -> None:
        #: The recorded step of the pass that runs, counted from 0; −1 outside of recorded passes.
        self.now = -1
        #: The recorded step that runs or ran last; −1 in a step that is not recorded.
        self.last = -1
        #: Counts the passes of recorded steps: several may make one step.
        self.passes = 0
        #: Recorded steps begun.
        self.recorded = 0
        #: Passes in eval mode.
        self.evals = 0
        #: A step has begun and may still get passes.
        self.within = False
        #: False once nothing more is recorded.
        self.running = True
        self._store, self._until_update = store, until_update

    @property
    def upcoming(self) -> int:
        """The recorded step that begins with the next step; −1: that one is not recorded."""
        return -1 if self._store.num_steps % self._store.every else self.recorded

    def begin_pass(self) -> None:
        """A pass of this step begins, or the first one of the next."""
        if not self.within:
            self.last = self.upcoming
            self._store.num_steps += 1
            self.recorded += self.last >= 0
            self.within = self._until_update
        if self.last >= 0:
            self.now = self.last
            self.passes += 1
