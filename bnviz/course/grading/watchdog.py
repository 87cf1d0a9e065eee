"""Watches processes and all that they begin, and ends them."""

import contextlib
import threading
from collections.abc import Iterable, Iterator
from types import TracebackType

import psutil

__all__ = ["Running", "Watchdog", "end_with_all"]

MOST_PROCESSES = 128
EVERY_SECONDS = 0.25


class Watchdog:
    """While in its context, ends a process that uses too much; when left, ends it in any case.

    Attributes:
        why: why it was ended before; empty if it was not.
    """

    def __init__(self, pid: int, memory_mb: int) -> None:
        """Watch ``pid``, whose processes may use ``memory_mb`` together."""
        self.why = ""
        self._pid, self._memory_mb = pid, memory_mb
        self._seen: dict[int, psutil.Process] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Watchdog":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()
        with contextlib.suppress(psutil.Error):
            self._look()
        _end(self._seen.values())
        _end(psutil.Process().children(recursive=True))  # orphans, where they come to this process

    def _watch(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            with contextlib.suppress(psutil.Error):
                self.why = self._look()
            if self.why:
                _end(self._seen.values())
                return

    def _look(self) -> str:
        """Why to end it now, empty if there is no reason; a process seen once stays known."""
        kernel = psutil.Process(self._pid)
        processes = [kernel, *kernel.children(recursive=True)]
        self._seen.update((process.pid, process) for process in processes)
        if len(processes) > MOST_PROCESSES:
            return f"Ended: it had begun more than {MOST_PROCESSES} processes."
        used = 0
        for process in processes:
            with contextlib.suppress(psutil.Error):
                used += process.memory_info().rss
        if used > self._memory_mb << 20:
            return f"Ended: it used more than {self._memory_mb} MB of memory."
        return ""


class Running:
    """The processes that run submissions at the moment."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._processes: set[int] = set()
        self._over = False

    @contextlib.contextmanager
    def among(self, pid: int) -> Iterator[None]:
        """While in this context, ``pid`` runs a submission."""
        with self._lock:
            self._processes.add(pid)
            if self._over:
                end_with_all(pid)
        try:
            yield
        finally:
            with self._lock:
                self._processes.discard(pid)

    def end(self) -> None:
        """End those that run, and those that begin from now on."""
        with self._lock:
            self._over = True
            for pid in self._processes:
                end_with_all(pid)


def end_with_all(pid: int) -> None:
    """End a process and all that it has begun.

    Args:
        pid: of the process; it may be gone already.
    """
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        _end([*process.children(recursive=True), process])


def _end(processes: Iterable[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.kill()  # psutil sees to it that the number was not given to another since
