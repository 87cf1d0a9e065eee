"""Find a Chromium for the browser tests, or install one.

``python scripts/chromium.py`` prints the path of a browser that starts. It looks at
``CHROMIUM`` and ``PATH``, then tries apt, then Playwright's own download, and says what
is missing when none of them works.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

#: What apt installs. Playwright steers a browser by a Node of its own, which needs libatomic.
PACKAGES = ("chromium", "libatomic1")
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# A quiet browser: no sandbox (containers run as root), no GPU, no traffic of its own, so that
# every request the tests see was made by the page; and none that leaves this machine.
ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)


def starts(path: str | None) -> bool:
    """Say whether the browser at `path` runs: Ubuntu's `chromium-browser` may be an empty stub."""
    if not path or not os.access(path, os.X_OK):
        return False
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0


def driver_starts() -> bool:
    """Say whether Playwright can steer a browser: a bare machine lacks a library for it."""
    command = [sys.executable, "-m", "playwright", "--version"]
    return subprocess.run(command, capture_output=True).returncode == 0


def find() -> str | None:
    """Return the path of a browser that starts and can be steered, or None."""
    if not driver_starts():
        return None
    on_path = [os.environ.get("CHROMIUM"), *map(shutil.which, NAMES)]
    return next(filter(starts, on_path), None) or next(filter(starts, [playwright_path()]), None)


def playwright_path() -> str:
    """Return where Playwright keeps its own Chromium, whether or not it is there."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def apt_prefix() -> list[str] | None:
    """Return what must stand before ``apt-get`` to install packages, or None where we cannot."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"]).returncode == 0:
        return ["sudo", "-n"]
    return None


def run(command: list[str]) -> bool:
    """Run `command`, its output on stderr: stdout is for the path alone."""
    print("+", *command, file=sys.stderr, flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, stdout=sys.stderr, env=environment).returncode == 0


def apt_install(*packages: str) -> bool:
    """Install packages where this user may; say whether it was done."""
    prefix = apt_prefix()
    if prefix is None:
        return False
    apt = [*prefix, "apt-get", "-q", "-y"]
    command = [*apt, "install", "--no-install-recommends", *packages]
    # A fresh machine has empty package lists; a stale one has old versions in them.
    return run(command) or (run([*apt, "update"]) and run(command))


def install() -> str | None:
    """Install Chromium with apt or, failing that, with Playwright; return its path or None."""
    if apt_install(*PACKAGES) and (path := find()):
        return path
    with_libraries = ["--with-deps"] if apt_prefix() is not None else []
    run([sys.executable, "-m", "playwright", "install", *with_libraries, "chromium"])
    return find()


MISSING = """\
No Chromium that Playwright can steer was found, and none could be installed.
Tried: CHROMIUM, {names} on PATH, apt-get (needs root or sudo without a password), and
`playwright install chromium` (needs network access).
Install one, for example with `sudo apt-get install chromium libatomic1`; CHROMIUM=/path/to/it
names one elsewhere.\
"""


if __name__ == "__main__":
    browser = find() or install()
    if browser is None:
        sys.exit(MISSING.format(names=", ".join(NAMES)))
    print(browser)
