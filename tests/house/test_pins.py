"""What is installed, named or promised in several places is the same in all of them."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

import lowest
import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name as canonical

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
#: For what uv is told of torch, whose builds ask for different things.
OF_TORCH = tomllib.loads((ROOT / "scripts" / "pins.toml").read_text("utf-8"))[
    "dependency-metadata"
][0]["requires-dist"]

each_list = pytest.mark.parametrize("name", ["requirements", "requirements-bench"])


def wanted(name: str) -> list[Requirement]:
    """What we ask for ourselves, in ``requirements*.in``."""
    lines = (ROOT / f"{name}.in").read_text("utf-8").splitlines()
    pins = [line.partition("#")[0].strip() for line in lines]
    return [Requirement(pin) for pin in pins if pin and not pin.startswith("-")]


def compiled(name: str) -> dict[Requirement, list[str]]:
    """What ``make pins`` wrote: each pin, and who asks for it."""
    lines = (ROOT / f"{name}.txt").read_text("utf-8").splitlines()
    pins = [line.partition("  # via ") for line in lines if not line.startswith("#")]
    return {Requirement(pin): via.split(", ") for pin, _, via in pins}


def requirements_of(name: str, extras: Iterable[str] = ()) -> Iterator[Requirement]:
    """What an installed package asks for on this machine."""
    texts = OF_TORCH if name == "torch" else metadata.requires(name) or []
    for requirement in map(Requirement, texts):
        if requirement.marker is None or any(
            requirement.marker.evaluate({**default_environment(), "extra": extra})
            for extra in ("", *extras)
        ):
            yield requirement


# --- requirements*.in and .txt ------------------------------------------------------------------


@each_list
def test_what_we_ask_for_is_what_was_compiled(name: str) -> None:
    ours = {str(pin) for pin, via in compiled(name).items() if f"-r {name}.in" in via}
    assert ours == {str(pin) for pin in wanted(name)}


@each_list
def test_every_pin_says_who_asks_for_it(name: str) -> None:
    pins = compiled(name)
    names = {pin.name for pin in pins} | {f"-r {name}.in", "-c requirements.txt"}
    assert [pin.name for pin, via in pins.items() if not set(via) <= names] == []
    assert [str(pin) for pin in pins if not re.fullmatch(r"==[^,*]+", str(pin.specifier))] == []


def test_the_list_is_whole_and_nothing_in_it_is_by_hand() -> None:
    """Followed through what is installed, requirements.in leads to requirements.txt."""
    found: set[tuple[str, tuple[str, ...]]] = set()
    ahead = [(canonical(pin.name), tuple(sorted(pin.extras))) for pin in wanted("requirements")]
    while ahead:
        if (one := ahead.pop()) not in found:
            found.add(one)
            asked = requirements_of(*one)
            ahead += [(canonical(r.name), tuple(sorted(r.extras))) for r in asked]
    here = {
        canonical(pin.name)
        for pin in compiled("requirements")
        if pin.marker is None or pin.marker.evaluate()
    }
    assert {name for name, _ in found} == here


def test_what_is_installed_is_what_is_pinned() -> None:
    wrong = {
        str(pin): metadata.version(pin.name)
        for pin in compiled("requirements")
        if (pin.marker is None or pin.marker.evaluate())
        and not pin.specifier.contains(metadata.version(pin.name))
    }
    assert wrong == {}, "run `make book`, which brings .venv up to date"


def test_the_bench_runs_with_the_packages_of_the_book() -> None:
    versions = {pin.name: pin.specifier for pin in compiled("requirements")}
    others = [
        str(pin)
        for pin in compiled("requirements-bench")
        if pin.name in versions and pin.specifier != versions[pin.name]
    ]
    assert others == []


def test_no_list_says_where_packages_come_from() -> None:
    for path in [*ROOT.glob("requirements*"), ROOT / "scripts" / "pins.toml"]:
        assert not re.search(r"https?://|--(extra-)?index-url|--find-links", path.read_text()), path


# --- the package: what it imports, what it declares, from which versions on ----------------------


def imported(folder: Path, skip: tuple[str, ...] = ()) -> dict[str, set[str]]:
    """The distributions that Python files below a folder import, and which files do."""
    homes = metadata.packages_distributions()
    found: dict[str, set[str]] = {}
    for path in sorted(folder.rglob("*.py")):
        if path.name in skip:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names = [node.module]
            for module in {name.partition(".")[0] for name in names}:
                if module not in sys.stdlib_module_names and module in homes:
                    found.setdefault(canonical(homes[module][0]), set()).add(path.name)
    return found


def declared(*extras: str) -> set[str]:
    texts = [*PROJECT["dependencies"], *(text for extra in extras for text in EXTRAS[extra])]
    return {canonical(Requirement(text).name) for text in texts}


def test_the_package_declares_what_it_imports_and_nothing_else() -> None:
    """What is for those who teach, `bnviz/course/grading/`, brings the extra "course"."""
    grading = {path.name for path in (ROOT / "bnviz/course/grading").iterdir()}
    found = imported(ROOT / "bnviz", skip=("sphinxext.py",))
    needed = {name for name, where in found.items() if where - grading}
    assert needed - {"torch", "bnviz"} == declared() - {"ipywidgets"}  # under anywidget
    extra = set(found) - needed - {"bnviz"}
    assert extra == declared("course") - declared() - {"torch", "jupyterlab"}


def test_who_records_brings_torch() -> None:
    """No module that is loaded without a model imports torch, so no dependency either."""
    assert "torch" not in declared()
    assert "torch" in declared("course")


def test_the_sphinx_extension_declares_what_it_imports() -> None:
    files = imported(ROOT / "bnviz")
    needed = {name for name, where in files.items() if "sphinxext.py" in where}
    assert needed - {"bnviz"} <= declared("sphinx")


def test_the_tests_declare_what_they_import() -> None:
    found = imported(ROOT / "tests", skip=tuple(p.name for p in (ROOT / "tests/house").iterdir()))
    assert set(found) - {"bnviz"} <= declared("course", "sphinx", "test")


def test_the_pins_are_within_the_bounds_of_the_package() -> None:
    versions = {canonical(pin.name): str(pin.specifier)[2:] for pin in compiled("requirements")}
    texts = [*PROJECT["dependencies"], *(text for extra in EXTRAS.values() for text in extra)]
    for bound in map(Requirement, texts):
        if canonical(bound.name) != "bnviz":
            assert bound.specifier.contains(versions[canonical(bound.name)]), bound


def test_binder_has_what_the_course_needs_from_the_same_versions_on() -> None:
    """conda's names; pip adds `bnviz` itself."""
    conda = {
        "torch": "pytorch-cpu", "matplotlib": "matplotlib-base", "jupyter-client": "jupyter_client",
    }  # fmt: skip
    texts = [*PROJECT["dependencies"], *EXTRAS["course"]]
    expected = {
        f"{conda.get(bound.name, bound.name)}{bound.specifier}" for bound in map(Requirement, texts)
    }
    environment = yaml.safe_load((ROOT / "binder" / "environment.yml").read_text())
    python, *others = environment["dependencies"]
    assert set(others) - {"pip"} == expected
    assert SpecifierSet(PROJECT["requires-python"]).contains(python.removeprefix("python="))


def test_the_lowest_versions_are_tried_with_the_torch_of_the_book() -> None:
    assert lowest.torch_pin() in {str(pin) for pin in wanted("requirements")}
