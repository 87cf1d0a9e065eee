"""Build the book into ``_build/html``: execute what changed, warnings as errors.

``python scripts/build_book.py [OPTIONS OF jupyter-book build]``

Where nothing has changed since the last time, nothing is done.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import npm
import share
import yaml
from jupyter_cache import get_cache
from jupyter_cache.executors import load_executor
from sphinx_external_toc.parsing import parse_toc_yaml

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "_build"


def fingerprint() -> str:
    """Return a hash of what the chapters' results depend on beside their own code.

    JavaScript is left out: pages load the current code, not the one of the run. So is what chapters
    do not use: the tools of an instructor, and of Sphinx.
    """
    unused = [ROOT / "bnviz" / part for part in ("course/cli.py", "course/grading", "sphinxext.py")]
    files = [ROOT / "requirements.txt", *sorted((ROOT / "bnviz").rglob("*.py"))]
    files = [path for path in files if not any(path.is_relative_to(part) for part in unused)]
    files += sorted(path for path in (ROOT / "data").glob("*") if path.is_file())
    return hash_of(files)


def fingerprint_of_all() -> str:
    """Return a hash of all that pages are made of: every file but tests and what is made."""
    made = {BUILD, ROOT / "tests", ROOT / "dist"}
    tops = [path for path in ROOT.iterdir() if path not in made and path.name[0] != "."]
    files = [path for top in tops for path in (top.rglob("*") if top.is_dir() else [top])]
    return hash_of(sorted(p for p in files if p.is_file() and p.suffix != ".pyc"))


def hash_of(files: Iterable[Path]) -> str:
    """Return a hash of some files of the repository, with their names, and of this Python."""
    digest = hashlib.sha256(sys.version.encode())
    for path in files:
        digest.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def drop_stale_results() -> None:
    """Forget executed chapters when bnviz has changed: jupyter-cache sees only their own code."""
    stamp = BUILD / "fingerprint"
    now = fingerprint()
    if stamp.is_file() and stamp.read_text() == now:
        return
    if stamp.is_file():
        print("bnviz, data/ or requirements.txt changed: every chapter is executed again.")
    for name in (".jupyter_cache", ".doctrees", "html"):
        shutil.rmtree(BUILD / name, ignore_errors=True)
    BUILD.mkdir(exist_ok=True)
    stamp.write_text(now)


def execute_chapters() -> None:
    """Execute what changed on all cores, a chapter on each: the build takes one after another.

    It finds the results in its cache. A chapter that fails is left to it, to say how.
    """
    names = parse_toc_yaml(ROOT / "_toc.yml")
    cache = get_cache(BUILD / ".jupyter_cache")
    for path in (ROOT / f"{name}.ipynb" for name in names):
        if path.is_file():
            cache.add_nb_to_project(str(path))
    timeout = yaml.safe_load((ROOT / "_config.yml").read_text())["execute"]["timeout"]
    progress = logging.getLogger("chapters")
    progress.setLevel(logging.INFO)
    load_executor("local-parallel", cache, progress).run_and_cache(timeout=timeout)


def main() -> int:
    """Build, and say where the book is."""
    index, built, now = BUILD / "html" / "index.html", BUILD / "built", fingerprint_of_all()
    where = f"\nThe book is in {index.parent}\nOpen {index.as_uri()}"
    if not sys.argv[1:] and index.is_file() and built.is_file() and built.read_text() == now:
        print(f"Nothing has changed since the book was built.{where}")
        return 0
    built.unlink(missing_ok=True)
    drop_stale_results()
    execute_chapters()
    npm.install_katex(BUILD)
    npm.install_fonts(BUILD)
    share.draw(BUILD / "static" / "share.png")
    command = [str(Path(sys.executable).with_name("jupyter-book")), "build", str(ROOT)]
    # --all: Sphinx does not see that a template or an extension has changed. Results stay cached.
    options = ["-W", "-n", "--keep-going", "--all", *sys.argv[1:]]
    status = subprocess.run([*command, *options], env=npm.environment()).returncode
    if status:
        print("The book was not built: the warnings above are errors.", file=sys.stderr)
        return status
    npm.minify(sorted((BUILD / "html" / "_static").glob("bnviz-*.js")), BUILD)
    built.write_text(now)
    print(where)
    return 0


if __name__ == "__main__":
    sys.exit(main())
