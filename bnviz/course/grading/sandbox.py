"""Where a submission's code runs: what it can reach, and how much it may use.

`isolation` finds the best that this machine allows, by trying it:

- ``namespaces`` (Linux): the code sees Python, this package and a folder of its own, the last of
  them alone to write to. No network, no other processes, nothing of the course folder.
- ``user`` (as root): another user, who may not change what others own. The network is open, and
  whatever everybody may read can be read.
- ``process``: a process with limits. It may do what you may do; only the gradebook is guarded.

A limit on memory holds everywhere but on Windows and macOS, where the watchdog of `runner` sees
to it.
"""

import functools
import json
import os
import shutil
import site
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import bnviz

__all__ = ["Isolation", "Limits", "command", "environment", "isolation"]

Isolation = Literal["namespaces", "user", "process"]

SYSTEM = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/etc",
    "/opt",
    "/nix",
    "/sys/devices",
)
FILE_MB = 256
PROCESSES = 1024  # a brake; of all that run as this user, threads too. The watchdog is stricter
NAMESPACES = ["--mount", "--net", "--ipc", "--pid", "--fork", "--kill-child"]
CONFINE = Path(__file__).with_name("confine.py")
NO_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
KEPT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "PYTHONPATH", "LD_LIBRARY_PATH", "SYSTEMROOT")


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Attributes:
        cell_seconds: for one cell.
        seconds: for all of it, from when its first kernel is ready.
        memory_mb: for all its processes together.
        text_bytes: of printed text that is kept of a cell.
        rich_bytes: of figures and tables that are kept of a cell.
    """

    cell_seconds: float = 30
    seconds: float = 300
    memory_mb: int = 4096
    text_bytes: int = 100_000
    rich_bytes: int = 2_000_000


@functools.cache
def isolation() -> Isolation:
    """Find the best isolation that works on this machine.

    Raises:
        RuntimeError: not even a plain process can start a kernel; says why.
    """
    problem = ""
    kinds: tuple[Isolation, ...] = get_args(Isolation)
    for kind in kinds:
        problem = _problem(kind)
        if not problem:
            return kind
    raise RuntimeError(
        f"This Python cannot start the kernel that runs a submission: {problem}\n"
        "Is ipykernel installed here? `pip install bnviz[course]` brings it."
    )


def _problem(kind: Isolation) -> str:
    """Why this isolation does not work here; empty if it does."""
    try:
        with tempfile.TemporaryDirectory(prefix="bnviz-") as own:
            argv = command(
                kind,
                [sys.executable, "-c", "import ipykernel"],
                Path(own),
                Path(own, "no"),
                Limits(),
            )
            tried = subprocess.run(
                argv, capture_output=True, text=True, timeout=60, env=environment(Path(own), "")
            )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        return str(error)
    lines = tried.stderr.strip().splitlines() or [f"it ended with status {tried.returncode}"]
    return lines[-1] if tried.returncode else ""


def command(
    kind: Isolation,
    argv: list[str],
    own: Path,
    course: Path,
    limits: Limits,
    cwd: Path | None = None,
) -> list[str]:
    """The command line that runs ``argv`` in isolation.

    Args:
        kind: as `isolation` gave it.
        argv: what to run.
        own: an existing folder, the one that may be written to.
        course: the folder to keep out of sight.
        limits: for memory.
        cwd: where it starts; ``own`` itself if not given.

    Raises:
        ValueError: this machine has no such isolation.
    """
    if os.name != "posix":
        if kind != "process":
            raise ValueError(f"Isolation {kind!r} needs Linux or, for 'user', a Unix system.")
        return argv
    root = os.geteuid() == 0
    plan: dict[str, object] = {
        "memory_mb": limits.memory_mb,
        "file_mb": FILE_MB,
        "processes": None,
        "own": str(own),
        "user": None,
        "read": None,
        "hide": str(course),
        "cwd": str(cwd or own),
    }
    before: list[str] = []
    if kind == "namespaces":
        unshare = shutil.which("unshare")
        if unshare is None or sys.platform != "linux":
            raise ValueError("Isolation 'namespaces' needs Linux with the command unshare.")
        before = (
            [unshare, *NAMESPACES] if root else [unshare, "--user", "--map-root-user", *NAMESPACES]
        )
        if setpriv := shutil.which("setpriv"):
            before = [setpriv, "--pdeathsig", "KILL", *before]  # ends when its starter is killed
        plan["read"] = _visible(course)
        plan["processes"] = PROCESSES
    if kind == "user" and not root:
        raise ValueError(
            "Isolation 'user' needs root, who alone can run a process as another user."
        )
    if root and kind != "process":
        import pwd  # Unix has it

        plan["user"] = pwd.getpwnam("nobody").pw_uid
    return [*before, sys.executable, "-I", "-S", str(CONFINE), json.dumps(plan), *argv]


def environment(own: Path, student: str) -> dict[str, str]:
    """The environment variables of a submission's kernel.

    Args:
        own: its home.
        student: who handed it in, for checks on data of the student's own.
    """
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    if "PYTHONPATH" in kept:  # where one in it is "", the folder is this one, not the submission's
        paths = map(os.path.abspath, kept["PYTHONPATH"].split(os.pathsep))
        kept["PYTHONPATH"] = os.pathsep.join(paths)
    return {
        **kept,
        **dict.fromkeys(NO_THREADS, "1"),
        "HOME": str(own),
        "TMPDIR": str(own),
        "IPYTHONDIR": str(own / ".ipython"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "NBGRADER_EXECUTION": "autograde",
        "BNVIZ_STUDENT": student,
    }


def _visible(course: Path) -> list[str]:
    """The paths that a kernel needs: the system's, Python's, and those that modules come from."""
    package = Path(bnviz.__file__).parent.parent
    listed = [
        *SYSTEM,
        sys.prefix,
        sys.base_prefix,
        *site.getsitepackages(),
        site.getusersitepackages(),
        str(package),
        *os.environ.get("PYTHONPATH", "").split(os.pathsep),
    ]
    return [path for path in dict.fromkeys(listed) if path not in ("", "/")]
