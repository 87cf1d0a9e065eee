"""What `check` says of an answer, for the tests of all chapters."""

from collections.abc import Callable

import pytest

from bnviz.course.check import check


@pytest.fixture
def verdict(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[[str, object], str]:
    """What `check` says, on one line; a name without a chapter is of the module's ``CHAPTER``."""
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)

    def run(name: str, function: object) -> str:
        check(name if "/" in name else f"{request.module.CHAPTER}/{name}", function)
        return " ".join(capsys.readouterr().out.split())

    return run
