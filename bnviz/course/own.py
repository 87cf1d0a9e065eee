"""Random numbers of a student's own: in an assignment no two students have the same.

>>> int(own_random("test-time/batches", "Ada", seed=7).integers(1000))
116
"""

import hashlib
import os

import numpy as np

__all__ = ["own_random"]


def own_random(problem: str, student: str, seed: int = 0) -> np.random.Generator:
    """The same random numbers whenever this student opens this problem, and other ones for others.

    Args:
        problem: its name, such as "test-time/batches".
        student: the name or number under which the student hands in; capitals and spaces at its
            ends do not matter. While an assignment is graded the environment variable
            ``BNVIZ_STUDENT`` stands above it; when nbgrader validates one, nobody needs a name.
        seed: of the course: another one every year.

    Returns:
        NumPy's generator.

    Raises:
        ValueError: there is no name yet.
    """
    student = os.environ.get("BNVIZ_STUDENT", student).strip().casefold()
    if not student and os.environ.get("NBGRADER_EXECUTION") != "validate":
        raise ValueError(
            'Your numbers depend on who you are. Fill in STUDENT = "…" at the top of the notebook, '
            "with the name or number under which you hand in, and run that cell."
        )
    digest = hashlib.sha256(f"{seed}\n{problem}\n{student}".encode()).digest()
    return np.random.default_rng(list(digest))
