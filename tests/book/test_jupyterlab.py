"""The live figure in a real JupyterLab: it moves while the cell trains, and stays afterwards."""

from __future__ import annotations

import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from playwright.sync_api import Locator, Page, TimeoutError, expect

ROOT = Path(__file__).resolve().parents[2]

WATCH = """\
import bnviz

pair = bnviz.Twins()
bnviz.figures.distributions(pair).show()
for run in pair.runs.values():
    run.model.register_forward_hook(lambda *_: time.sleep(0.0005))  # a run worth watching
pair.train(STEPS)
"""


TRAIN_IN_PAGE = """\
from bnviz import Setting, figures
from bnviz.experiments.lab import train_setting

figures.lab(Setting(), train_setting(Setting(), 20))
"""


def notebook(path: Path, code: str) -> nbformat.NotebookNode:
    """A notebook of two cells: the imports, and a figure."""
    sources = ["import time", code]
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(made, path)
    return made


# --- in JupyterLab ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, Path]]:
    """A JupyterLab with settings of its own: its address, its token and its folder."""
    home, folder = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("notebooks")
    own = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    own += ("JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--ip=127.0.0.1"]
    command += [f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={folder}"]
    command += ["--LabApp.extension_manager=readonly"]  # the other one asks PyPI
    # Nobody is there to be asked about news.
    settings = {
        "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
        # All cells are in the page, also those that have not been scrolled to.
        "notebook-extension/tracker": {"windowingMode": "none"},
    }
    for name, values in settings.items():
        path = home / "jupyterlab_settings_dir/@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(values))
    env = {**os.environ, **{name: str(home / name.lower()) for name in own}}
    env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    log = home / "log.txt"
    with log.open("w") as out:
        server = subprocess.Popen(command, env=env, cwd=folder, stdout=out, stderr=out)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for_server(f"{address}/api/status?token={token}", server, log)
        yield address, token, folder
    finally:
        server.terminate()
        server.wait(timeout=20)


def wait_for_server(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-3000:]}")


@pytest.fixture
def page(chromium, lab) -> Iterator[Page]:
    """A page that fails the test where our code writes an error."""
    context = chromium.new_context(viewport={"width": 1200, "height": 1000})
    page, problems = context.new_page(), []
    # JupyterLab logs as errors what is none of ours: requests for settings or licenses that this
    # fresh server has not, and its own warnings. What a figure throws names a bnviz class, comes
    # from an anywidget module (a blob: address), or is not caught at all.
    page.on(
        "console",
        lambda m: (
            m.type == "error"
            and any(word in m.text + m.location["url"] for word in ("bnviz", "widget", "blob:"))
            and problems.append(m.text)
        ),
    )
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    context.close()
    assert problems == []


def run_all_cells(page: Page, prompt: Locator) -> None:
    """Choose it from the menu until a cell has begun.

    JupyterLab calls a kernel idle a moment before it is connected, and cells that are run in that
    moment are lost: they show "[ ]:" and are never sent.
    """
    for _ in range(6):
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        try:
            expect(prompt).not_to_have_text("[ ]:", timeout=5_000)
            return
        except AssertionError:
            continue
    pytest.fail(f"no cell began to run:\n{page.locator('.jp-Notebook').inner_text()}")


def open_notebook(page: Page, lab: tuple[str, str, Path], name: str) -> Locator:
    """Its second cell, when its kernel is ready."""
    address, token, _ = lab
    # A workspace of its own: JupyterLab would open again what another test had open.
    page.goto(f"{address}/lab/workspaces/{Path(name).stem}/tree/{name}?token={token}")
    page.locator(".jp-Notebook .jp-CodeCell").nth(1).wait_for(timeout=45_000)
    idle = ".jp-NotebookPanel .jp-Notebook-ExecutionIndicator[data-status=idle]"
    page.locator(idle).wait_for(timeout=45_000)
    return page.locator(".jp-Notebook .jp-CodeCell").nth(1)


def test_the_lab_trains_in_the_page_of_a_notebook(lab, page):
    *_, folder = lab
    notebook(folder / "lab.ipynb", TRAIN_IN_PAGE)
    cell = open_notebook(page, lab, "lab.ipynb")
    figure = cell.locator(".jp-OutputArea figure.bnviz-figure[data-figure=lab]")
    run_all_cells(page, cell.locator(".jp-InputPrompt"))
    figure.and_(page.locator("[data-ready]")).wait_for(timeout=60_000)
    assert figure.get_attribute("data-steps") == "0"  # a notebook waits until it is asked
    figure.get_by_role("button", name="Play").click()
    page.wait_for_function("(f) => Number(f.dataset.steps) > 20", arg=figure.element_handle())
    figure.get_by_label("layers", exact=True).select_option(label="2")
    expect(figure.locator(".bnviz-lab-layer")).to_have_count(2)
    expect(figure.get_by_role("button", name="Pause")).to_be_visible()
    assert "lab?" not in page.url


def test_figure_moves_while_the_cell_trains_and_stays_when_it_is_done(lab, page):
    *_, folder = lab
    notebook(folder / "live.ipynb", WATCH.replace("STEPS", "1500"))
    cell = open_notebook(page, lab, "live.ipynb")
    figure = cell.locator(".jp-OutputArea figure.bnviz-figure[data-figure=distributions]")
    prompt = cell.locator(".jp-InputPrompt")
    run_all_cells(page, prompt)
    try:
        figure.and_(page.locator("[data-ready]")).wait_for(timeout=45_000)
    except TimeoutError:
        pytest.fail(f"no figure; the notebook says:\n{page.locator('.jp-Notebook').inner_text()}")
    # Every draw, with the step that it shows and what stands before the cell at that moment.
    figure.evaluate(
        """(figure, prompt) => {
            window.seen = [];
            new MutationObserver(() => window.seen.push([
                Number(figure.dataset.draws),
                figure.querySelector("input[type=range]").getAttribute("aria-valuetext"),
                prompt.textContent,
            ])).observe(figure, { attributeFilter: ["data-draws"] });
        }""",
        prompt.element_handle(),
    )
    page.wait_for_function(
        "(p) => /\\d/.test(p.textContent)", arg=prompt.element_handle(), timeout=180_000
    )
    live = [(draws, step) for draws, step, before in page.evaluate("seen") if before == "[*]:"]
    assert len(live) >= 3
    assert live == sorted(live, key=lambda draw: draw[0])
    assert len({step for _, step in live}) >= 3

    # Done: the widget is replaced by the finished figure, which needs no kernel.
    figure.and_(page.locator("[data-hydrated][data-ready]")).wait_for()
    assert figure.count() == 1
    slider = figure.get_by_role("slider", name="Training step")
    last = slider.get_attribute("aria-valuetext")
    slider.focus()
    for key in ("ArrowLeft", "Home"):  # JupyterLab has shortcuts on both; the slider gets them
        before = int(figure.get_attribute("data-draws"))
        page.keyboard.press(key)
        page.wait_for_function(
            "([f, n]) => Number(f.dataset.draws) > n", arg=[figure.element_handle(), before]
        )
        assert slider.get_attribute("aria-valuetext") != last
        last = slider.get_attribute("aria-valuetext")
    assert re.fullmatch(r"1–\d+", last)  # the steps of the first row
    assert figure.get_by_role("radio", name="layer 3").is_checked()
    assert figure.get_by_role("radio", name=re.compile("^layer ")).count() == 3
    # What is only known at the end: where the unit sets the images.
    assert figure.locator(".bnviz-images").count() == 2
    assert "Test accuracy at last" in figure.locator("svg[role=img]").last.get_attribute(
        "aria-label"
    )


# --- executed without a front end ---------------------------------------------------------------


def test_a_saved_notebook_holds_the_finished_figure(tmp_path):
    made = notebook(tmp_path / "live.ipynb", WATCH.replace("STEPS", "300"))
    NotebookClient(made, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()
    bundles = [o.data for o in made.cells[1].outputs if o.output_type == "display_data"]
    figures = [data for data in bundles if "bnviz figure distributions" in data["text/plain"]]
    assert len(figures) == 1
    (data,) = figures
    assert 'data-figure="distributions"' in data["text/html"]
    assert "layer 3: from" in data["text/plain"]
    assert 'src="data:image/png;base64,iVBORw0KGgo' in data["text/html"]
    # The widget is gone with its kernel: a saved view of it would show an error.
    assert "application/vnd.jupyter.widget-view+json" not in data
