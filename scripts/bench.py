"""Measure what watching a network costs, beside other tools, in one run; print one table.

Every comparison alternates short blocks of the same training with and without a tool, so that what
else the machine does meets both alike, and takes the median of the ratios of neighboring blocks.
Times are processor time of the whole process, in one thread of PyTorch. Run it by `make bench`.
"""

import argparse
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import chromium
import npm
import numpy as np
import torch
from bench_lab import lab_rows
from bench_tools import (
    Watcher,
    conv_net,
    fastai,
    numpy_histograms,
    recorder,
    small_mlp,
    tensorboard,
    wandb,
    wandb_watch,
)
from playwright.sync_api import sync_playwright
from torch import nn

import bnviz
from bnviz.recording import Recording
from bnviz.recording.clock import KEPT_WHOLE
from bnviz.recording.taps import WINDOW

ROOT = Path(__file__).resolve().parent.parent

Row = tuple[str, str, str, bool | None]

# --- training steps -----------------------------------------------------------------------------


def step_ratio(
    make: Callable[[], tuple[nn.Module, tuple[int, ...], int]],
    watcher: Watcher,
    seconds: float,
    steps: tuple[int, float],
) -> tuple[float, float, float]:
    """Cost of a training step while watched over that of the same step alone.

    Args:
        make: what is trained.
        watcher: what watches it.
        seconds: how long to measure.
        steps: between which steps of a run; after the last one, another run begins.

    Returns:
        The median of the ratios of neighboring blocks, and their quartiles.
    """
    torch.manual_seed(0)
    runs = []
    for _ in range(2):
        model, shape, block = make()
        x, y = torch.randn(shape), torch.randint(0, 10, (shape[0],))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
        runs.append((model, x, y, optimizer))

    def train(run: int) -> float:
        model, x, y, optimizer = runs[run]
        began = time.process_time()
        for _ in range(block):
            loss = nn.functional.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return time.process_time() - began

    train(0)
    ratios: list[float] = []
    spent = 0.0
    while spent < seconds or len(ratios) < 5:
        with watcher(runs[1][0], runs[1][3]):
            done = 0
            while done < max(steps[0], block):  # at least one block, to warm up
                train(1)
                done += block
            while done < steps[1] and (spent < seconds or len(ratios) < 5):
                # Which goes first alternates, so that a drift of the machine falls on both.
                order = (0, 1) if len(ratios) % 2 else (1, 0)
                times = {run: train(run) for run in order}
                ratios.append(times[1] / times[0])
                spent += sum(times.values())
                done += block
    low, middle, high = statistics.quantiles(ratios, n=4)
    return middle, low, high


def training_rows(seconds: float) -> Iterator[Row]:
    """Ratios of training steps."""
    gradients = recorder(watch=("auto", "gradient"))
    tools: list[tuple[str, Watcher, dict[str, float]]] = [
        ("nothing watched", lambda model, optimizer: nullcontext(), {}),
        ("bnviz.record", recorder(), {"MLP": 1.08, "conv": 1.01}),
        ("bnviz.record, every element", recorder(sample=None), {"conv": 1.06}),
        ("bnviz.record, and gradients", gradients, {"MLP": 1.08, "conv": 1.01}),
        ("bnviz.record, and updates", recorder(updates=True), {}),
        ("np.histogram hook", numpy_histograms, {}),
        ("tensorboard", tensorboard, {}),
        ("wandb", wandb, {}),
        ("wandb.watch, gradients", wandb_watch, {}),
        ("fastai", fastai, {}),
    ]
    for net, make in (("MLP", small_mlp), ("conv", conv_net)):
        for tool, watcher, budgets in tools:
            name, budget = f"{net} step, {tool}", budgets.get(net)
            package = tool.partition(".")[0]
            if package in ("tensorboard", "wandb", "fastai") and find_spec(package) is None:
                yield name, "not installed", "", None
                continue
            spans: dict[str, tuple[int, float]] = {name: (0, KEPT_WHOLE)}
            if net == "MLP" and budget:  # in a long run, not all steps are kept
                spans[f"{name}, after 20 000 steps"] = (20_000, math.inf)
            for what, steps in spans.items():
                middle, low, high = step_ratio(make, watcher, seconds * (3 if budget else 1), steps)
                measured = f"{middle:.3f}× (quartiles {low:.3f}–{high:.3f})"
                yield (
                    what,
                    measured,
                    f"≤ {budget}×" if budget else "",
                    middle <= budget if budget else None,
                )


# --- figures ------------------------------------------------------------------------------------


def two_recordings(steps: int = 2000) -> dict[str, Recording]:
    """Two recordings of four layers whose distributions move, over 2000 steps."""
    found = {}
    for label, drift in (("without BN", 3.0), ("with BN", 0.2)):
        torch.manual_seed(0)
        model = nn.Sequential(*(nn.Sigmoid() for _ in range(4)))
        with bnviz.record(model) as recording:
            for step in range(steps):
                scale = 1 + drift * step / steps
                model(torch.randn(60, 100) * scale + drift * np.sin(step / 300))
        found[label] = recording
    return found


LIVE = """
import time
import bnviz
from bnviz.figures.gallery.distributions import live
from bnviz.figures.gallery.distributions.sources import read_sources
from bench import two_recordings
recordings = two_recordings(400)
for recording in recordings.values():
    recording.closed = False
figure = bnviz.figures.distributions(recordings)
widget = figure.widget()
follower = live.Follower(figure, read_sources(recordings), widget)
sizes, times, own = [], [], []
for _ in range(200):
    began = time.process_time()
    follower._newest.read()
    own.append(time.process_time() - began)
send = widget.send
def spy(content, buffers=None):
    sizes.append(len(repr(content)) + sum(len(b) for b in buffers or ()))
    send(content, buffers=buffers)
widget.send = spy
for _ in range(200):
    began = time.process_time()
    follower._send_newest()
    times.append(time.process_time() - began)
print(sorted(own)[100] * 1e3, sorted(times)[100] * 1e3, max(sizes))
"""

PLOTLY = """
import time
import numpy as np
import plotly.graph_objects as go
from IPython.display import display
from plotly.subplots import make_subplots
from bench import two_recordings
recordings = two_recordings(400)
edges = np.linspace(-6, 6, 61)
widget = go.FigureWidget(make_subplots(2, 4))
rows = []
for i, recording in enumerate(recordings.values()):
    for j, layer in enumerate(recording.layers):
        heights = recording.shares(layer, edges)
        rows.append(heights)
        widget.add_bar(x=edges[:-1], y=heights[0], row=i + 1, col=j + 1)
display(widget)
times = []
size = sum(heights[0].nbytes for heights in rows)
for step in range(100):
    began = time.process_time()
    with widget.batch_update():
        for bar, heights in zip(widget.data, rows):
            bar.y = heights[step]
    times.append(time.process_time() - began)
print(sorted(times)[50] * 1e3, size)
"""

REDRAW = """
import io, time
import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
from IPython.display import clear_output, display
from bench import two_recordings
recordings = two_recordings(400)
times, size = [], 0
import numpy as np
edges = np.linspace(-6, 6, 61)
for _ in range(5):
    began = time.process_time()
    figure, axes = plt.subplots(2, 4, figsize=(12, 5))
    for row, recording in zip(axes, recordings.values()):
        for axis, layer in zip(row, recording.layers):
            axis.stairs(recording.shares(layer, edges)[-1], edges)
    clear_output(wait=True)
    display(figure)
    times.append(time.process_time() - began)
    file = io.BytesIO()
    figure.savefig(file)
    size = file.tell()
    plt.close(figure)
print(sorted(times)[2] * 1e3, size)
"""


def in_kernel(code: str) -> list[float]:
    """Run code in a real Jupyter kernel; returns the numbers in the last line that it prints."""
    from jupyter_client.manager import start_new_kernel

    scripts = Path(__file__).resolve().parent
    path = os.pathsep.join(filter(None, [str(scripts), os.environ.get("PYTHONPATH")]))
    manager, client = start_new_kernel(cwd=scripts, env={**os.environ, "PYTHONPATH": path})
    printed: list[str] = []

    def keep(message: dict[str, Any]) -> None:
        content = message["content"]
        if message["msg_type"] == "stream":
            printed.append(content["text"])
        elif message["msg_type"] == "error":
            raise RuntimeError("\n".join(content["traceback"]))

    try:
        client.execute_interactive(code, output_hook=keep, timeout=300)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    return [float(number) for number in "".join(printed).splitlines()[-1].split()]


def reading_time(recordings: dict[str, Recording]) -> float:
    """Milliseconds to read all rows of recordings for the page, the median of several times."""
    from bnviz.figures.gallery.distributions.encoding import encode

    layers, times = next(iter(recordings.values())).layers, []
    for _ in range(15):
        began = time.process_time()
        encode(recordings, layers, 60)
        times.append(time.process_time() - began)
    return statistics.median(times) * 1e3


def figure_rows() -> Iterator[Row]:
    """Live updates and what a page carries."""
    from bnviz.figures.kit.bundle import page_script

    reading, own, own_size = in_kernel(LIVE)
    other, other_size = in_kernel(REDRAW)
    yield (
        "live update of 2×4 histograms, bnviz",
        f"{own:.3f} ms ({reading:.3f} until Jupyter sends), {own_size:.0f} bytes",
        "≤ 0.1 ms, ≤ 1600 bytes",
        own <= 0.1 and own_size <= 1600,
    )
    yield (
        "live update of 2×4 histograms, matplotlib",
        f"{other:.0f} ms, {other_size:.0f} bytes ({other / own:.0f}×)",
        "",
        None,
    )
    if find_spec("plotly"):
        other, other_size = in_kernel(PLOTLY)
        measured = f"{other:.2f} ms, at least {other_size:.0f} bytes ({other / own:.0f}×)"
    else:
        measured = "not installed"
    yield "live update of 2×4 histograms, plotly", measured, "", None
    # Of chapter 10, which has most where nothing trains.
    figures = ["axes", "convolution", "curves", "dots", "predict"]
    script = npm.weight(page_script(figures), ROOT / "_build")
    yield "figure code in a page, gzip", f"{script / 1000:.1f} kB", "≤ 20 kB", script <= 20_000
    recordings = two_recordings(1600)  # as many rows as there can be
    spent = reading_time(recordings)
    yield (
        "2×4 layers × 200 rows read for a page, bnviz",
        f"{spent:.1f} ms",
        "≤ 20 ms",
        spent <= 20,
    )
    figure = bnviz.figures.distributions(recordings)
    rest = len(figure.to_html(code=False).encode()) - len(figure._still_html.encode())
    yield (
        "one recording in the page (2×4 layers, 60 bins), without its picture",
        f"{rest / 1000:.1f} kB",
        "≤ 55 kB",
        rest <= 55_000,
    )


# --- memory and import --------------------------------------------------------------------------


def other_rows() -> Iterator[Row]:
    """A long recording, and the import."""
    recording = Recording()
    rng = np.random.default_rng(0)
    counts = bnviz.recording.histogram.bin_values(rng.normal(size=2**20))
    for first in range(0, 1_000_000, WINDOW):
        recording.store.make_room(first + WINDOW)
        for layer in "abcd":
            row = first // recording.stride
            recording.store.track(layer, "relu").add(row, counts[None], np.ones((1, 2)))
    size = recording.store.nbytes / 1e6
    yield "recording of a million steps, 4 layers", f"{size:.1f} MB", "≤ 5 MB", size <= 5
    code = (
        "import time; t = time.process_time(); import bnviz; import sys;"
        "print(time.process_time() - t, 'torch' in sys.modules)"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        for _ in range(5)
    ]
    spent = min(float(run.stdout.split()[0]) for run in runs)
    torch_free = all(run.stdout.split()[1] == "False" for run in runs)
    yield (
        "import bnviz",
        f"{spent:.3f} s, {'no torch' if torch_free else 'with torch'}",
        "≤ 0.3 s, no torch",
        spent <= 0.3 and torch_free,
    )


def page_rows(seconds: float) -> Iterator[Row]:
    """What the lab costs in a real browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.find(), args=list(chromium.ARGS)
        )
        yield from lab_rows(browser, seconds)
        browser.close()


def main() -> int:
    """Print the table; the exit status says whether all budgets are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0, help="for each kind of training step")
    seconds = parser.parse_args().seconds
    torch.set_num_threads(1)
    rows: list[Row] = []
    print(f"{'what':70}{'measured':48}{'budget':26}")
    for part in (training_rows(seconds), figure_rows(), page_rows(seconds), other_rows()):
        for row in part:
            rows.append(row)
            verdict = {True: "met", False: "MISSED", None: ""}[row[3]]
            print(f"{row[0]:70}{row[1]:48}{row[2]:26}{verdict}", flush=True)
    missed = [row[0] for row in rows if row[3] is False]
    print(f"\n{len(missed)} of {sum(row[3] is not None for row in rows)} budgets missed", *missed)
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
