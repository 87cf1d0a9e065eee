"""The wheel: what it carries, and that it works where there is no checkout."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from bnviz import data

ROOT = Path(__file__).resolve().parents[2]
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")


def run(*command: str, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built offline, with the hatchling of requirements.txt."""
    folder = tmp_path_factory.mktemp("wheels")
    offline = ("--no-index", "--no-build-isolation", "--no-deps")
    run(*PIP, "wheel", *offline, "--wheel-dir", str(folder), str(ROOT), cwd=folder)
    (path,) = folder.glob("bnviz-*.whl")
    return path


def test_a_checkout_is_installed_in_place_offline(tmp_path: Path) -> None:
    """As scripts/setup_venv.sh does it."""
    offline = ("--no-index", "--no-build-isolation", "--no-deps")
    where = ("--target", str(tmp_path), "--editable", str(ROOT))
    run(*PIP, "install", *offline, *where, cwd=tmp_path)
    (path,) = tmp_path.glob("*.pth")
    assert Path(path.read_text().strip()) == ROOT


@pytest.fixture(scope="module")
def site(wheel: Path) -> Path:
    """A folder with the installed wheel."""
    folder = wheel.parent / "site"
    run(*PIP, "install", "--no-index", "--no-deps", "--target", str(folder), str(wheel), cwd=ROOT)
    return folder


def in_wheel(code: str, site: Path) -> list[str]:
    """What the code prints, run elsewhere with the installed wheel."""
    start = f"import sys; sys.path.insert(0, {str(site)!r})\n"
    return run(sys.executable, "-I", "-c", start + code, cwd=site.parent).splitlines()


def test_it_carries_the_package_and_the_digits_and_nothing_of_the_house(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    files = {path for path in (ROOT / "bnviz").rglob("*") if path.is_file()}
    package = {str(path.relative_to(ROOT)) for path in files if path.parent.name != "__pycache__"}
    assert {Path(name).suffix for name in package} == {".py", ".js", ".css", ".html", ".typed"}
    assert "bnviz/py.typed" in package
    digits = {f"bnviz/_data/{name}" for name in ("README.md", "SHA256SUMS", "digits.csv.gz")}
    assert names == package | digits


def test_it_brings_the_digits_along(site: Path) -> None:
    package, folder, total = in_wheel(
        "import bnviz, bnviz.data\n"
        "print(bnviz.__file__)\n"
        "print(bnviz.data.data_folder())\n"
        "print(bnviz.data.digits().x_train.sum())",
        site,
    )
    assert Path(package).resolve().is_relative_to(site)
    assert Path(folder).resolve() == site / "bnviz" / "_data"
    assert float(total) == float(data.digits().x_train.sum())


def test_its_figures_draw_and_save(site: Path) -> None:
    (html,) = in_wheel(
        "import bnviz\n"
        "figure = bnviz.figures.curves({'with BN': [[0.1, 0.8, 0.9]]}, x=[0, 50, 100])\n"
        "path = figure.save_html('curves.html')\n"
        "assert figure.widget()._esm\n"
        "print(path.resolve())",
        site,
    )
    page = Path(html).read_text(encoding="utf-8")
    assert "<script" in page and "bnviz-figure" in page and "data:image/png" in page
