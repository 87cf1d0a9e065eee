"""Threads: one that trains and one that looks, several that train, and those of ``DataParallel``.

A pass belongs to the thread in which it began, and to those that are in no pass of their own: they
work for it, each on a part of the batch. Where passes of several threads overlap, the newest is
recorded, from where it began.
"""

import threading
from threading import get_ident

__all__ = ["Threads"]


class Threads:
    """Knows which thread is in a pass, and lets one at a time write or read."""

    def __init__(self) -> None:
        #: Held by whoever writes or reads what is recorded.
        self.lock = threading.RLock()
        #: Passes of several threads have overlapped.
        self.several = False
        self._newest = 0  # the thread of the newest pass
        self._passing: set[int] = set()

    @property
    def passing(self) -> bool:
        """Whether this thread began a pass that did not come to its end, or not yet."""
        return get_ident() in self._passing

    def begin_pass(self) -> bool:
        """This thread begins a pass, the newest; whether others were ever in one meanwhile."""
        self._newest = get_ident()
        self._passing.discard(self._newest)
        if self._passing:  # one that ended, by an error inside of its pass, is in none
            self._passing &= {thread.ident for thread in threading.enumerate()}
            self.several = self.several or bool(self._passing)
        self._passing.add(self._newest)
        return self.several

    def end_pass(self) -> bool:
        """This thread's pass ends; whether it was the newest."""
        thread = get_ident()
        self._passing.discard(thread)
        return thread == self._newest

    def belongs(self, thread: int) -> bool:
        """Whether what a thread does is part of the newest pass, if there is one."""
        return thread == self._newest or thread not in self._passing
