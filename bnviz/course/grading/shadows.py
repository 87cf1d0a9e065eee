"""Files of a submission that are named like a library, such as ``numpy.py``."""

import sys
from collections.abc import Iterable, Iterator
from importlib.machinery import PathFinder, all_suffixes
from pathlib import PurePosixPath

__all__ = ["remarks"]


def remarks(files: Iterable[str]) -> Iterator[str]:
    """What a person should know about modules that a submission brings and does not get.

    Args:
        files: what lies beside the notebook, as the notebook sees it.

    >>> list(remarks(["helpers.py", "random.py", "random.csv"]))
    ['random.py is named like a library: `import random` takes the library.']
    """
    for file in files:
        name = _module(PurePosixPath(file))
        if name and _is_library(name):
            yield f"{file} is named like a library: `import {name}` takes the library."


def _module(file: PurePosixPath) -> str:
    """The name by which a notebook can import a file beside it; empty if it cannot."""
    if not file.name.endswith(tuple(all_suffixes())):
        return ""
    name = file.name.partition(".")[0]
    if len(file.parts) == 1:
        return name
    return file.parts[0] if len(file.parts) == 2 and name == "__init__" else ""


def _is_library(name: str) -> bool:
    """Whether this Python has one of that name."""
    # The first path is the folder of the program, or the one in which it was started.
    found = PathFinder.find_spec(name, sys.path[1:])
    return name in sys.stdlib_module_names or bool(found and found.loader)
