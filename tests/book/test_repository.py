"""The repository agrees with itself: one address, one version, clean notebooks, one style."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tomllib
from pathlib import Path

import chromium
import nbformat
import pytest
import set_url
import yaml

import bnviz

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "chapters").glob("*.ipynb"))
PROBLEMS = sorted((ROOT / "problems").glob("*.ipynb"))
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text())
CONTENTS = [TOC["root"], *(page["file"] for part in TOC["parts"] for page in part["chapters"])]

each_chapter = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
each_notebook = pytest.mark.parametrize(
    "path", [*NOTEBOOKS, *PROBLEMS], ids=lambda path: f"{path.parent.name}/{path.stem}"
)


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def assert_one_address(root: Path, url: str) -> None:
    config = yaml.safe_load((root / "_config.yml").read_text())
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    citation = yaml.safe_load((root / "CITATION.cff").read_text())
    assert config["repository"]["url"] == url
    assert project["urls"]["Repository"] == url
    assert citation["repository-code"] == url
    assert f'pip install "bnviz @ git+{url}"' in (root / "README.md").read_text()
    for path in [*root.glob("chapters/*.ipynb"), *root.glob("problems/*.ipynb")]:
        first = next(cell for cell in read(path).cells if cell.cell_type == "code")
        assert first.source == set_url.SETUP_CELL.format(url=url), path.name


def test_every_place_names_the_same_repository() -> None:
    assert_one_address(ROOT, set_url.current_url())


def test_one_command_sets_the_address_everywhere(tmp_path: Path) -> None:
    for path in set_url.text_files(ROOT):
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    old = set_url.current_url(tmp_path)
    set_url.set_url("https://github.com/someone/elsewhere.git/", tmp_path)
    assert_one_address(tmp_path, "https://github.com/someone/elsewhere")
    assert not [path for path in set_url.text_files(tmp_path) if old in path.read_text()]


@pytest.mark.parametrize(
    "url", ["", "github.com/a/b", "https://gitlab.com/a/b", "https://github.com/a"]
)
def test_an_address_that_cannot_be_launched_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"https://github\.com/OWNER/NAME"):
        set_url.normalized(url)


def test_contents_name_every_chapter_and_only_files_that_exist() -> None:
    sources = {
        name: [ROOT / f"{name}{suffix}" for suffix in (".ipynb", ".md")] for name in CONTENTS
    }
    assert [name for name, files in sources.items() if not any(f.is_file() for f in files)] == []
    assert {f"chapters/{path.stem}" for path in NOTEBOOKS} <= set(CONTENTS)


def test_the_map_and_the_page_for_teachers_have_every_chapter() -> None:
    intro = read(ROOT / "chapters" / "intro.ipynb")
    (page_map,) = (c.source for c in intro.cells if "## The map" in c.source)
    teaching = (ROOT / "chapters" / "teaching.md").read_text(encoding="utf-8")
    for path in NOTEBOOKS:
        if path.stem != "intro":
            assert f"]({path.name})" in page_map, path.name
        if path.stem[0].isdigit():
            assert f"### {int(path.stem.split('-')[0])}. " in teaching, path.name


def test_the_minutes_of_a_session_are_those_of_its_chapters() -> None:
    page = (ROOT / "chapters" / "teaching.md").read_text(encoding="utf-8")
    plans, _, chapters = page.partition("## Chapter by chapter")
    listed = re.findall(r"^### (Introduction|\d+)\b.*\n\n(\d+) minutes\.", chapters, re.M)
    minutes = {name.replace("Introduction", "intro"): int(count) for name, count in listed}
    sessions = re.findall(
        r"^\|[^|]+\| (\d+) \|(.*)\|[^|]*\|$", plans.partition("### One week")[2], re.M
    )
    assert len(sessions) == 7
    for total, links in sessions:
        read_there = re.findall(r"\[(intro|\d+)\]", links)
        assert int(total) == sum(minutes[name] for name in read_there), links


@each_notebook
def test_notebook_is_committed_clean(path: Path) -> None:
    notebook = read(path)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
    assert "widgets" not in notebook.metadata


@each_notebook
def test_cells_have_stable_ids(path: Path) -> None:
    ids = [cell.get("id") for cell in json.loads(path.read_text())["cells"]]
    assert all(ids)
    assert len(ids) == len(set(ids))


@each_notebook
def test_first_code_cell_is_the_setup(path: Path) -> None:
    first = next(cell for cell in read(path).cells if cell.cell_type == "code")
    assert "setup" in first.metadata.get("tags", [])


@each_notebook
def test_notebook_is_plain_markdown(path: Path) -> None:
    for cell in read(path).cells:
        if cell.cell_type == "markdown":
            for line in cell.source.splitlines():
                assert not line.startswith((":::", "```{", "%")), line
            assert "{ref}`" not in cell.source
            assert "{doc}`" not in cell.source


@each_chapter
def test_code_cells_are_short(path: Path) -> None:
    too_long = [
        (cell.id, len(cell.source.splitlines()))
        for cell in read(path).cells
        if cell.cell_type == "code" and len(cell.source.splitlines()) > 30
    ]
    assert too_long == []


def test_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert project["version"] == citation["version"] == bnviz.__version__


def test_a_browser_that_nothing_can_steer_is_no_browser(monkeypatch):
    """A bare Debian has no libatomic, so Playwright's own Node does not start there."""
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    assert chromium.find() is None
    assert "libatomic1" in chromium.MISSING


def test_no_setting_of_the_book_is_given_twice():
    """YAML takes the last of two equal keys without a word."""
    keys = [line.split(":")[0] for line in (ROOT / "_config.yml").read_text().splitlines()]
    named = [key for key in keys if key and not key.startswith((" ", "#"))]
    assert len(named) == len(set(named))


def test_the_glossary_explains_each_term_once():
    """A second heading of the same words has an address that no link knows."""
    lines = (ROOT / "chapters" / "glossary.md").read_text().splitlines()
    terms = [line for line in lines if line.startswith("#")]
    assert len(terms) == len(set(terms)) > 50
