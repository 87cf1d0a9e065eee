"""Find a Firefox for the smoke test of all pages, or install one.

``python scripts/firefox.py`` prints the path of a Firefox that starts. It looks at ``FIREFOX`` and
``PATH``, then tries apt, and says what is missing when that does not work.
"""

from __future__ import annotations

import os
import shutil
import sys

import chromium

NAMES = ("firefox-esr", "firefox")

MISSING = f"""\
No Firefox that starts was found, and none could be installed.
Tried: FIREFOX, {" and ".join(NAMES)} on PATH, apt-get (needs root or sudo without a password).
Install one, for example with `sudo apt-get install firefox-esr`; FIREFOX=/path/to/it names one
elsewhere.\
"""


def find() -> str | None:
    """Return the path of a Firefox that starts, or None."""
    on_path = [os.environ.get("FIREFOX"), *map(shutil.which, NAMES)]
    return next(filter(chromium.starts, on_path), None)


def install() -> str | None:
    """Install Firefox with apt; return its path or None."""
    for name in NAMES:  # Debian has the first, Ubuntu the second
        if chromium.apt_install(name) and (path := find()):
            return path
    return None


if __name__ == "__main__":
    browser = find() or install()
    if browser is None:
        sys.exit(MISSING)
    print(browser)
