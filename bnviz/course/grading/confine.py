"""Runs a command with limits and, where asked, in a file system of its own.

Stands alone: `sandbox` starts it by its path, as ``python -I confine.py PLAN COMMAND…``, before
anything of a submission runs. PLAN is JSON:

- ``memory_mb``, ``file_mb``, ``processes``: limits; None is no limit
- ``own``: the folder of this run, the only one that may be written to
- ``user``: the number of a user to become; None stays
- ``read``: what is to be seen, read-only; None leaves the file system as it is (else this must have
  begun in new mount, network and process namespaces)
- ``hide``: a folder that stays out of sight, also where it lies within one of ``read``
- ``cwd``: where the command starts
"""

import contextlib
import ctypes
import json
import os
import resource
import sys
from pathlib import Path
from typing import Any

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
MNT_DETACH = 2
MOUNT_SETATTR, AT_FDCWD, AT_RECURSIVE = 442, -100, 0x8000  # 442 on every architecture
PR_SET_NO_NEW_PRIVS, PR_CAPBSET_DROP = 38, 24
CAPABILITIES = 64  # more than there are
DEVICES = ("null", "zero", "full", "random", "urandom")


def main() -> None:
    """Confine this process as the plan says and become the command."""
    plan, command = json.loads(sys.argv[1]), sys.argv[2:]
    if plan["user"] is not None:
        _give(Path(plan["own"]), plan["user"])
    if plan["read"] is not None:
        _change_root(plan)
    _limit(plan)
    os.chdir(plan["cwd"])
    if plan["user"] is not None:
        os.setgroups([])
        os.setgid(plan["user"])
        os.setuid(plan["user"])
    os.execvp(command[0], command)


def _give(folder: Path, user: int) -> None:
    os.chown(folder, user, user)
    for at, folders, files in os.walk(folder):
        for name in folders + files:
            os.chown(Path(at, name), user, user, follow_symlinks=False)


def _limit(plan: dict[str, Any]) -> None:
    million = 1 << 20
    _at_most(resource.RLIMIT_CORE, 0)
    if plan["memory_mb"] is not None:
        _at_most(resource.RLIMIT_AS, plan["memory_mb"] * million)
    if plan["file_mb"] is not None:
        _at_most(resource.RLIMIT_FSIZE, plan["file_mb"] * million)
    if plan["processes"] is not None:
        _at_most(resource.RLIMIT_NPROC, plan["processes"])
    if sys.platform == "linux":
        libc = _libc()
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        for capability in range(CAPABILITIES):  # so that nobody takes the mounts away again
            libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def _at_most(kind: int, wanted: int) -> None:
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    with contextlib.suppress(OSError, ValueError):  # macOS knows some and refuses to set them
        resource.setrlimit(kind, (wanted, wanted))


def _change_root(plan: dict[str, Any]) -> None:
    """Build a file system of what may be seen, and leave the old one behind."""
    own, hide = os.path.realpath(plan["own"]), os.path.realpath(plan["hide"])
    _mount("none", "/", None, MS_REC | MS_PRIVATE)
    root = Path(own, "root")
    root.mkdir()
    _mount("tmpfs", root, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=16m")
    _mount_devices(root / "dev")
    _mount_new("tmpfs", root / "tmp", 0, "mode=1777,size=256m")
    _mount_new("proc", root / "proc", MS_RDONLY | MS_NOEXEC)
    kinds = dict.fromkeys((os.path.realpath(path) for path in plan["read"]), "read")
    kinds[hide] = "hide"
    kinds[own] = "write"
    for path, kind in sorted(kinds.items(), key=lambda item: Path(item[0]).parts):
        above = next((kinds[str(p)] for p in Path(path).parents if str(p) in kinds), None)
        if not os.path.exists(path) or kind == above or (kind == "hide" and above is None):
            continue
        target = root / path[1:]
        if os.path.isdir(path):
            target.mkdir(parents=True, exist_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.touch()
        if kind == "hide":
            _mount("tmpfs", target, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=1m")
            continue
        if kind == "write":
            _mount(path, target, None, MS_BIND)  # without `root`, which lies in it
        else:
            _mount(path, target, None, MS_BIND | MS_REC)
            _read_only(target, AT_RECURSIVE)
    for path in plan["read"]:  # a path through links leads to where its files are
        if not os.path.lexists(f"{root}{path}") and os.path.exists(path):
            os.makedirs(os.path.dirname(f"{root}{path}"), exist_ok=True)
            os.symlink(os.path.realpath(path), f"{root}{path}")
    _read_only(root, 0)
    os.chdir(root)
    _try(_libc().pivot_root(b".", b"."), "pivot_root")
    _try(_libc().umount2(b".", MNT_DETACH), "umount")
    os.chdir("/")


def _mount_devices(dev: Path) -> None:
    dev.mkdir()
    for name in DEVICES:
        (dev / name).touch()
        _mount(f"/dev/{name}", dev / name, None, MS_BIND)
    for i, name in enumerate(("stdin", "stdout", "stderr")):
        (dev / name).symlink_to(f"/proc/self/fd/{i}")
    (dev / "fd").symlink_to("/proc/self/fd")
    _mount_new("tmpfs", dev / "shm", 0, "mode=1777,size=256m")


def _mount_new(kind: str, target: Path, flags: int, options: str = "") -> None:
    target.mkdir()
    _mount(kind, str(target), kind, MS_NOSUID | MS_NODEV | flags, options)


def _mount(
    source: str, target: str | Path, kind: str | None, flags: int, options: str = ""
) -> None:
    done = _libc().mount(
        source.encode(),
        str(target).encode(),
        kind.encode() if kind else None,
        ctypes.c_ulong(flags),
        options.encode(),
    )
    _try(done, f"mount {source} on {target}")


def _read_only(target: Path, flags: int) -> None:
    attributes = (ctypes.c_uint64 * 4)(MS_RDONLY | MS_NOSUID, 0, 0, 0)  # set, clear, propagation
    done = _libc().syscall(
        MOUNT_SETATTR, AT_FDCWD, str(target).encode(), flags, ctypes.byref(attributes), 32
    )
    _try(done, f"make {target} read-only")


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _try(done: int, what: str) -> None:
    if done != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


if __name__ == "__main__":
    main()
