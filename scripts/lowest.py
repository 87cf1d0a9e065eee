"""Run the tests that need no browser with the lowest versions that pyproject.toml allows.

``python scripts/lowest.py [OPTIONS OF pytest]`` makes ``.venv-lowest`` anew, of the lowest version
of everything that pyproject.toml names, and of the newest of what those bring in. torch is the one
of requirements.in, by pip, as in ``.venv``: whoever uses bnviz has theirs already. Where a version
has no wheel for this Python, the lowest that has one is taken: Python 3.11 says most.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv-lowest"
PYTHON = VENV / "bin" / "python"
#: What the book and the house need is not the package's: pinned tools, built pages.
LEFT_OUT = ("tests/book", "tests/house")


def torch_pin(root: Path = ROOT) -> str:
    """Return the torch of requirements.in, such as "torch==2.13.0"."""
    pins = (root / "requirements.in").read_text(encoding="utf-8")
    match = re.search(r"^torch==[\w.]+", pins, re.MULTILINE)
    if match is None:
        raise ValueError("requirements.in pins no torch: it needs a line that begins torch==")
    return match[0]


def run(*command: str | Path) -> None:
    """Run a command; the script ends where it fails."""
    print("+", *command, flush=True)
    status = subprocess.run([str(part) for part in command], cwd=ROOT).returncode
    if status:
        sys.exit(status)


def main(options: list[str]) -> None:
    """Make the environment and test in it."""
    run(sys.executable, "-m", "venv", "--clear", VENV)
    pip = (PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    run(*pip, torch_pin())
    uv = (sys.executable, "-m", "uv", "--quiet", "--no-config", "pip")
    lowest = ("--resolution", "lowest-direct", "--only-binary", ":all:", "--no-binary", "bnviz")
    run(*uv, "install", "--python", PYTHON, *lowest, "--editable", ".[course,sphinx,test]")
    run(PYTHON, "-m", "pip", "list", "--disable-pip-version-check")
    without = [f"--ignore={path}" for path in LEFT_OUT]
    run(PYTHON, "-m", "pytest", "-m", "not browser", *without, *options)


if __name__ == "__main__":
    main(sys.argv[1:])
