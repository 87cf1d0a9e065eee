"""Set the repository's address everywhere: ``python scripts/set_url.py https://github.com/OWNER/NAME``.

The address that _config.yml holds is replaced in every text file of the project: the book's
settings, the README, the package's metadata, and the setup cell of every chapter.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUFFIXES = {".cff", ".ipynb", ".md", ".py", ".toml", ".yml"}
SKIPPED = {".git", ".venv", ".venv-lowest", "_build", "dist", "node_modules", "__pycache__"}

SETUP_CELL = """\
#@title Setup
try:
    import bnviz
except ImportError:  # on Colab, whose own numpy and torch stay as they are
    %pip install -q git+{url}
    import bnviz"""


def current_url(root: Path = ROOT) -> str:
    """Return the address in _config.yml, which the others follow."""
    config = (root / "_config.yml").read_text(encoding="utf-8")
    found = re.search(r"^repository:\n(?:[ #].*\n)*?  url: (\S+)", config, re.MULTILINE)
    assert found, "_config.yml has no repository"
    return found[1]


def normalized(url: str) -> str:
    """Return `url` without a final slash or ``.git``; raise ValueError if it is not on GitHub."""
    match = re.fullmatch(r"(https://github\.com/[\w.-]+/[\w.-]+?)(?:\.git)?/?", url)
    if not match:
        raise ValueError(
            f"{url!r} is not the address of a repository: Colab and Binder need one of the form "
            "https://github.com/OWNER/NAME"
        )
    return match[1]


def text_files(root: Path) -> Iterator[Path]:
    """Yield the project's text files that may hold the address."""
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root).parts
        if path.suffix in SUFFIXES and path.is_file() and not SKIPPED.intersection(inside):
            yield path


def set_url(url: str, root: Path = ROOT) -> list[Path]:
    """Replace the current address by `url` in the project at `root`; return the changed files."""
    old, new = current_url(root), normalized(url)
    # Not within a longer name: …/book must leave …/bookshop alone.
    pattern = re.compile(re.escape(old) + r"(?![\w-])")
    changed = []
    for path in text_files(root):
        before = path.read_text(encoding="utf-8")
        after = pattern.sub(new, before)
        if after != before:
            path.write_text(after, encoding="utf-8")
            changed.append(path)
    return changed


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1]:
        sys.exit("usage: make url URL=https://github.com/OWNER/NAME")
    try:
        files = set_url(sys.argv[1])
    except ValueError as error:
        sys.exit(f"error: {error}")
    for file in files:
        print(file.relative_to(ROOT))
    print(f"{len(files)} files changed")
