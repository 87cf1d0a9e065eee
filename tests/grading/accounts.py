"""Accounts of the system for one program and what it starts; nothing of the machine changes.

The program runs, as root, in a mount namespace of its own. There, /etc/passwd and /etc/group are
copies with some accounts more, and a folder that is closed to others, such as root's home, holds
nothing but what the accounts need of it. With the program's last process all of it is gone.

``python accounts.py PLAN COMMAND…`` is what begins in the new namespace. PLAN is JSON:

- ``instead``: a file → what takes its place
- ``needed``: paths that everybody has to reach
"""

from __future__ import annotations

import grp
import json
import os
import pwd
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

NUMBERS = range(60_000, 50_000, -1)  # of users and groups; those that are free are taken
UNSHARE = ("unshare", "--mount")


@dataclass(frozen=True)
class Account:
    """A user with a group of the same name and number.

    Attributes:
        name: of both.
        number: of both.
        home: only this user may look into it.
    """

    name: str
    number: int
    home: Path

    def own(self) -> None:
        """Take possession of the home, with what lies in it."""
        self.home.chmod(0o700)
        for path in (self.home, *self.home.rglob("*")):
            os.chown(path, self.number, self.number)

    def within(self, process: int) -> list[str]:
        """What to put before a command, to run it at home, where that process sees this account."""
        number = f"--setuid={self.number}", f"--setgid={self.number}"
        return ["nsenter", f"--target={process}", "--mount", *number, "env", f"--chdir={self.home}"]


def problem(needed: Iterable[Path]) -> str:
    """Why there can be no such accounts here; empty if there can.

    Args:
        needed: paths that everybody would have to read.
    """
    if sys.platform != "linux" or os.geteuid() != 0:
        return "this takes root, on Linux"
    missing = [name for name in ("unshare", "nsenter", "mount") if shutil.which(name) is None]
    if missing:
        return f"there is no {missing[0]} here"
    with TemporaryDirectory() as folder:
        return _trial(Path(folder), needed)


def _trial(folder: Path, needed: Iterable[Path]) -> str:
    """What goes wrong where one account looks at all that is needed; empty if nothing does."""
    home = folder / "home"
    home.mkdir()
    (account,) = create([home])
    account.own()
    needed = list(needed)
    try:
        with waiting([account], folder, needed) as process:
            look = [*account.within(process), "ls", *map(str, needed)]
            done = subprocess.run(look, capture_output=True, text=True)
            return done.stderr.strip() if done.returncode else ""
    except OSError as error:
        return str(error)


def create(homes: Iterable[Path]) -> list[Account]:
    """Accounts named like their homes, in those numbers that nobody has."""
    taken = {user.pw_uid for user in pwd.getpwall()} | {group.gr_gid for group in grp.getgrall()}
    free = (number for number in NUMBERS if number not in taken)
    return [Account(home.name, next(free), home) for home in homes]


def with_them(
    accounts: Sequence[Account], folder: Path, needed: Iterable[Path], command: Sequence[str]
) -> list[str]:
    """The command that runs another one where there are these accounts.

    Args:
        accounts: those that are new; of those that the machine has, others of these names are gone.
        folder: where files may be kept; everybody may look into it.
        needed: what everybody has to reach, besides.
        command: what is run. Its process has the number of the one that is started.
    """
    folder.chmod(0o755)
    names = {account.name for account in accounts}
    lines = {
        "passwd": [f"{a.name}:x:{a.number}:{a.number}::{a.home}:/bin/sh" for a in accounts],
        "group": [f"{a.name}:x:{a.number}:" for a in accounts],
    }
    for name, new in lines.items():
        old = Path("/etc", name).read_text().splitlines()
        kept = [line for line in old if line.partition(":")[0] not in names]
        (folder / name).write_text("\n".join([*kept, *new, ""]))
    plan = {
        "instead": {f"/etc/{name}": str(folder / name) for name in lines},
        "needed": [str(path) for path in (folder, *needed)],
    }
    return [*UNSHARE, sys.executable, "-I", "-S", __file__, json.dumps(plan), *command]


@contextmanager
def waiting(accounts: Sequence[Account], folder: Path, needed: Iterable[Path]) -> Iterator[int]:
    """The number of a process that does nothing, where there are these accounts.

    Args:
        accounts: as of ``with_them``, and so are ``folder`` and ``needed``.

    Raises:
        OSError: there can be no such process; says why.
    """
    command = with_them(accounts, folder, needed, ["sh", "-c", "echo ready; exec cat"])
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, cwd=folder) as process:
        assert process.stdout and process.stderr
        if not process.stdout.readline():
            raise OSError(process.stderr.read().decode().strip() or "no namespace could be made")
        yield process.pid


def main() -> None:
    """Make the namespace as the plan says, and become the command."""
    plan, command, cwd = json.loads(sys.argv[1]), sys.argv[2:], os.getcwd()
    os.umask(0o022)
    for path, new in plan["instead"].items():
        subprocess.run(["mount", "--bind", new, path], check=True)
    _open(plan["needed"])
    os.chdir(cwd)  # what can be seen of it now
    os.execvp(command[0], command)


def _open(needed: list[str]) -> None:
    """Cover the closed folders above the paths, and put the paths, alone, back to their places."""
    real = {path: os.path.realpath(path) for path in needed}
    # Opened files lead to what will be covered. What is above comes first.
    handles = {path: os.open(path, os.O_PATH) for path in sorted(real.values())}
    for path, handle in handles.items():
        closed = _closed_above(Path(path))
        if closed:
            subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", closed], check=True)
        if not os.path.exists(path):
            os.makedirs(path)
            bind = ["mount", "--no-canonicalize", "--rbind", f"/proc/self/fd/{handle}", path]
            subprocess.run(bind, check=True, pass_fds=[handle])
    for path in needed:  # through links that may be covered now
        if not os.path.lexists(path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            os.symlink(real[path], path)


def _closed_above(path: Path) -> Path | None:
    """The highest of the folders above a path that others may not enter."""
    above = [folder for folder in reversed(path.parents) if folder.is_dir()]
    return next((folder for folder in above if not folder.stat().st_mode & stat.S_IXOTH), None)


if __name__ == "__main__":
    main()
