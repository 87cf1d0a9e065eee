"""Runs the cells of one submission, and survives what they do.

A process of its own, outside the isolation that the kernel runs in: `main` reads a job as JSON
from the standard input and writes a line of JSON for each cell, as soon as it has run, to the
standard output.

When a kernel dies, or does not stop when its time is up, a new one, with a new folder, runs again
what had run before, and goes on after the cell at which it happened. A cell at which a kernel died
is tried twice: the cause may have been started by an earlier one.
"""

import contextlib
import ctypes
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError

from bnviz.course.grading.sandbox import Isolation, Limits, command, environment
from bnviz.course.grading.watchdog import Watchdog

__all__ = ["Job", "Ran", "run"]

STOP_SECONDS = 3  # for a cell to stop once it is asked to
START_SECONDS = 60
TEXT_ROOM = 4  # the cut in the kernel comes first, then this one, at so many times as much
KEPT_ALWAYS = {"error", "status", "execute_input"}
KERNEL = "bnviz.course.grading.kernel"
LATE = "OutOfTime"
PR_SET_CHILD_SUBREAPER = 36
DIED = "The Python process ended while this cell ran."


@dataclass(frozen=True)
class Job:
    """One submission to run.

    Attributes:
        notebook: as nbformat writes it.
        student: who handed it in.
        files: what lies beside the notebook: its name there → where it is.
        course: the folder to keep out of reach.
        isolation: as `sandbox.isolation` gave it.
        limits: what the submission may use.
    """

    notebook: str
    student: str
    files: dict[str, str]
    course: str
    isolation: Isolation
    limits: Limits


@dataclass(frozen=True)
class Ran:
    """What came of one cell.

    Attributes:
        cell: its place in the notebook.
        outcome: "done" (also with an error in it), "stopped" by the limit on time, "stuck" when it
            did not even stop then, or "died".
        outputs: as in a notebook.
        count: the execution count.
    """

    cell: int
    outcome: str
    outputs: list[dict[str, Any]]
    count: int | None = None


def run(job: Job) -> Iterator[Ran]:
    """Run the code cells in their order.

    Args:
        job: the submission.

    Raises:
        RuntimeError: no kernel starts; this is not the submission's doing.
    """
    nb = nbformat.reads(job.notebook, as_version=4)
    code = [i for i, cell in enumerate(nb.cells) if cell.cell_type == "code"]
    ends = math.inf  # the first start of a kernel is the machine's affair
    again: list[int] = []  # what a new kernel has to run first
    todo = list(code)
    twice = -1  # the cell that is being tried a second time
    while todo:
        with _kernel(nb, job, ends) as client:
            if ends == math.inf:
                ends = time.monotonic() + job.limits.seconds
                client.ends = ends
            here = _replayed(client, nb, again)
            while here and todo:
                at = todo[0]
                if time.monotonic() >= ends:
                    yield from (_out_of_time(i, job) for i in todo)
                    return
                outcome = client.run(nb.cells[at], at)
                here = outcome in ("done", "stopped")
                if outcome == "died" and twice != at and not client.watchdog.why:
                    twice = at
                    continue
                if outcome == "done":
                    again.append(at)
                cell = nb.cells[at]
                yield Ran(at, outcome, _joined(cell.outputs), cell.execution_count)
                todo.pop(0)
            if not here and time.monotonic() >= ends:
                yield from (_out_of_time(i, job) for i in todo)
                return


def _replayed(client: "_Client", nb: nbformat.NotebookNode, again: list[int]) -> bool:
    """Bring a new kernel to where the last one was; a cell that fails to come back is left out."""
    for at in list(again):
        if client.run(nbformat.from_dict(nb.cells[at]), at) != "done":
            again.remove(at)  # what it left in the folder and the kernel is gone with them
            return False
    return True


def _out_of_time(at: int, job: Job) -> Ran:
    text = f"Not run: the cells before it took all of {job.limits.seconds:g} seconds."
    return Ran(at, "stopped", [_error(LATE, text)])


def _joined(outputs: list[nbformat.NotebookNode]) -> list[dict[str, Any]]:
    """What was printed in a row is one output, as a reader saw it."""
    joined: list[dict[str, Any]] = []
    for output in outputs:
        last = joined[-1] if joined else {}
        if output.output_type == "stream" and last.get("name") == output.name:
            last["text"] += output.text
        else:
            joined.append(dict(output))
    return joined


def _error(name: str, text: str) -> dict[str, Any]:
    return dict(nbformat.v4.new_output("error", ename=name, evalue=text, traceback=[text]))


class _Client(NotebookClient):
    """A kernel's client that keeps no more output than it should, and says what happened."""

    job: Job
    ends: float
    watchdog: Watchdog
    _text = _rich = 0  # what may still come of this cell
    _late = False  # it was interrupted

    def run(self, cell: nbformat.NotebookNode, at: int) -> str:
        """Run one cell, its outputs go into it; gives the outcome as in `Ran`."""
        limits = self.job.limits
        seconds = max(0.1, min(limits.cell_seconds, self.ends - time.monotonic()))
        self.timeout_func = lambda _: seconds  # type: ignore[assignment]
        self._text, self._rich = TEXT_ROOM * limits.text_bytes, limits.rich_bytes
        cell.outputs, cell.execution_count, self._late = [], None, False
        late = f"Stopped after {seconds:.0f} seconds. Does a loop never end?"
        self.error_on_timeout = {"ename": LATE, "evalue": late, "traceback": [late]}
        try:
            self.execute_cell(cell, at)
        except DeadKernelError:
            cell.outputs.append(_node(_error("DeadKernel", self.watchdog.why or DIED)))
            return "died"
        except CellTimeoutError:
            cell.outputs.append(_node(_error(LATE, late)))
            return "stuck"
        return "stopped" if self._late else "done"

    def add_error(
        self, cell: nbformat.NotebookNode, cell_index: int, execute_reply: dict[str, Any]
    ) -> None:
        """An error that the cell has hidden, or that came from the limit, is shown nevertheless."""
        reply = execute_reply["content"]
        self._late = reply.get("ename") == LATE
        names = [o.ename for o in cell.outputs if o.output_type == "error"]
        if reply["status"] != "ok" and reply.get("ename", "") not in names:
            name = reply.get("ename", "Error")
            cell.outputs.append(_node(_error(name, f"{name}: {reply.get('evalue', '')}")))

    def process_message(
        self, msg: dict[str, Any], cell: nbformat.NotebookNode, cell_index: int
    ) -> nbformat.NotebookNode | None:
        """Take in one message of the kernel, if there is room for it."""
        kind, content = msg["msg_type"], msg["content"]
        if kind.startswith("comm") or kind == "clear_output":  # widgets live in a browser
            return None
        if kind == "stream":
            self._text -= len(content["text"])
            if self._text < 0:
                return None
        elif kind not in KEPT_ALWAYS:
            self._rich -= sum(len(str(value)) for value in content.get("data", {}).values())
            if self._rich < 0:
                content["data"], content["metadata"] = {"text/plain": "(too large to keep)"}, {}
        elif kind == "error":
            most = self.job.limits.text_bytes
            content["evalue"] = content["evalue"][:most]
            content["traceback"] = ["\n".join(content["traceback"])[-most:]]
        return super().process_message(msg, cell, cell_index)


def _node(output: dict[str, Any]) -> nbformat.NotebookNode:
    node: nbformat.NotebookNode = nbformat.from_dict(output)
    return node


class _Specs(KernelSpecManager):
    """Knows one kernel: this Python's, in isolation, whatever the notebook names."""

    argv: list[str]

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(argv=self.argv, language="python", display_name="Python")


@contextlib.contextmanager
def _kernel(nb: nbformat.NotebookNode, job: Job, ends: float) -> Iterator[_Client]:
    """A new kernel with a new folder; when it ends, so do all processes that it began."""
    with tempfile.TemporaryDirectory(prefix="bnviz-", ignore_cleanup_errors=True) as own:
        work = Path(own, "work")
        work.mkdir()
        for name, source in job.files.items():
            target = work / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(Path(source).read_bytes())
        specs = _Specs()
        most = str(job.limits.text_bytes)
        launch = [sys.executable, "-P", "-m", KERNEL, most, "-f", "{connection_file}"]
        specs.argv = command(
            job.isolation, launch, Path(own), Path(job.course), job.limits, cwd=work
        )
        manager = AsyncKernelManager(
            kernel_spec_manager=specs, connection_file=str(Path(own, "kernel.json"))
        )
        if os.name == "posix":  # sockets that are files also reach where there is no network
            manager.transport, manager.ip = "ipc", str(Path(own, "k"))
        client = _Client(
            nb,
            km=manager,
            startup_timeout=START_SECONDS,
            allow_errors=True,
            store_widget_state=False,
            skip_cells_with_tag="",
            iopub_timeout=STOP_SECONDS,
            raise_on_iopub_timeout=True,
            interrupt_on_timeout=True,
            coalesce_streams=False,  # takes hours for a long line
            shutdown_kernel="immediate",
        )
        client.on_cell_executed = client.add_error
        client.job, client.ends = job, ends
        with client.setup_kernel(
            cleanup_kc=True,
            cwd=str(work),
            env=environment(work, job.student),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ):
            pid: int = getattr(manager.provisioner, "pid")  # noqa: B009 - of local ones alone
            with Watchdog(pid, job.limits.memory_mb) as client.watchdog:
                yield client


def main() -> None:
    """Run the job that stands on the standard input."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever else prints does not get among the results
    if sys.platform == "linux":  # orphans of the kernel come to this process, which ends them
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    told = json.load(sys.stdin)
    job = Job(**{**told, "limits": Limits(**told["limits"])})
    for ran in run(job):
        print(json.dumps(asdict(ran)), file=out, flush=True)
    print(json.dumps({"end": True}), file=out, flush=True)
