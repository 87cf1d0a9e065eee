"""The checkers find nothing; `make lint`, pre-commit and these tests run the same ones."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]


def run(*command: str) -> None:
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["name"])
def test_the_checkers_find_nothing(hook: dict[str, str]) -> None:
    python, *command = shlex.split(hook["entry"])
    assert python == ".venv/bin/python"
    run(*command)


def test_a_commit_is_checked_as_by_make_lint() -> None:
    makefile = (ROOT / "Makefile").read_text()
    recipe = makefile.partition("\nlint:")[2].partition("\n\n")[0].splitlines()[1:]
    commands = [line.strip().replace("$(PY)", ".venv/bin/python") for line in recipe]
    assert [hook["entry"] for hook in HOOKS] == commands
    run("-m", "pre_commit", "validate-config")


def test_a_wrong_type_in_javascript_is_found(tmp_path: Path) -> None:
    """The checker checks: strict, and by what JSDoc says."""
    options = (ROOT / "jsconfig.json").read_text()
    assert '"strict": true' in options and '"checkJs": true' in options
    (tmp_path / "jsconfig.json").write_text(options)
    wrong = tmp_path / "_static" / "wrong.js"
    wrong.parent.mkdir()
    wrong.write_text("/** @param {number} n */\nexport const twice = (n) => 2 * n;\ntwice('2');\n")
    command = ["scripts/check_js.py", "--project", str(tmp_path / "jsconfig.json")]
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode != 0
    assert "wrong.js(3,7)" in done.stdout and "'string' is not assignable" in done.stdout


@pytest.fixture(scope="module")
def misspelled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """By file: the words that the spelling checker finds in it."""
    folder = tmp_path_factory.mktemp("misspelled")
    files = {
        "page.md": "# A pgae\n\nof `varaible`, [text](adress.html) and $x_{varaible}$\n",
        "code.py": 'varaible = f"A pgae {varaible}"\n',
        "code.js": "const varaible = 1; // A pgae\n",
        "british.md": "A colour, grey, in the centre.\n",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    command = ["scripts/check_spelling.py", *(str(folder / name) for name in files)]
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode != 0
    return {
        name: {word for line in done.stdout.splitlines() if name in line
               for word in re.findall(r"\((\w+)\)", line)}
        for name in files
    }  # fmt: skip


@pytest.mark.parametrize("name", ["page.md", "code.py", "code.js"])
def test_a_misspelled_word_is_found_where_people_read_it(name: str, misspelled) -> None:
    assert misspelled[name] == {"pgae"}  # and no name of code


def test_a_word_of_the_other_side_of_the_atlantic_is_found(misspelled) -> None:
    assert misspelled["british.md"] == {"colour", "grey", "centre"}
