"""When the book is built: not where nothing has changed since the last time."""

from pathlib import Path

import build_book
import pytest

FILES = ("chapters/one.ipynb", "bnviz/kit.js", "tests/test_it.py", "_build/html/index.html")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small repository whose book is built; to build it again is an error."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    monkeypatch.setattr(build_book, "ROOT", tmp_path)
    monkeypatch.setattr(build_book, "BUILD", tmp_path / "_build")
    monkeypatch.setattr("sys.argv", ["build_book.py"])
    (tmp_path / "_build" / "built").write_text(build_book.fingerprint_of_all())

    def begin() -> None:
        raise RuntimeError("it is being built")

    monkeypatch.setattr(build_book, "drop_stale_results", begin)
    return tmp_path


def is_built() -> None:
    with pytest.raises(RuntimeError, match="it is being built"):
        build_book.main()


@pytest.mark.parametrize("name", ["tests/test_it.py", "_build/html/page.html", ".cache"])
def test_it_is_not_where_nothing_has_changed_that_pages_are_made_of(
    name: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / name).write_text("changed")
    assert build_book.main() == 0
    printed = capsys.readouterr().out
    assert "Nothing has changed" in printed and "index.html" in printed


@pytest.mark.parametrize("name", ["chapters/one.ipynb", "bnviz/kit.js", "_config.yml"])
def test_it_is_where_something_has(name: str, root: Path) -> None:
    (root / name).write_text("changed")
    is_built()


def test_it_is_where_the_pages_are_gone(root: Path) -> None:
    (root / "_build" / "html" / "index.html").unlink()
    is_built()


def test_it_is_where_it_broke_off_the_last_time(root: Path) -> None:
    (root / "chapters" / "one.ipynb").write_text("changed")
    is_built()
    (root / "chapters" / "one.ipynb").write_text("")  # as it was when the pages were made
    is_built()
