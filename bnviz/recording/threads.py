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
        #: Threads that began a pass which did not come to its end, or not yet.
        self.passing: set[int] = set()
        self._newest = 0  # the thread of the newest pass

    def begin_pass(self) -> None:
        """This thread begins a pass, the newest."""
        self._newest = thread = get_ident()
        if self.passing:
            self._look_for_others(thread)
        self.passing.add(thread)

    def _look_for_others(self, thread: int) -> None:
        self.passing.discard(thread)
        if self.passing:  # one that ended, by an error inside of its pass, is in none
            self.passing &= {thread.ident for thread in threading.enumerate()}
            self.several = self.several or bool(self.passing)

    def end_pass(self) -> bool:
        """This thread's pass ends; whether it was the newest."""
        thread = get_ident()
        self.passing.discard(thread)
        return thread == self._newest

    def belongs(self, thread: int) -> bool:
        """Whether what a thread does is part of the newest pass, if there is one."""
        return thread == self._newest or thread not in self.passing
