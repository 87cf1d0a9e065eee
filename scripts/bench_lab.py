"""The lab's training in a page beside PyTorch's own, in one run, by turns."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import npm
import torch
from playwright.sync_api import Browser, Page
from torch.nn import functional as F

from bnviz import data
from bnviz.experiments.lab import train_setting
from bnviz.figures import lab
from bnviz.figures.kit.blob import deflate, pack
from bnviz.figures.kit.bundle import page_script
from bnviz.networks import mlp
from bnviz.setting import Setting

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 5

# Trains for so long; gives steps, milliseconds, and the times between frames.
TRAIN = """async (seconds) => {
  const steps = () => Number(document.querySelector(".bnviz-lab").dataset.steps);
  const button = (name) => document.querySelector(`.bnviz-lab [aria-label="${name}"]`);
  button("Play")?.click();
  const frame = () => new Promise(requestAnimationFrame);
  for (let i = 0; i < 10; i += 1) await frame();
  const before = steps();
  const began = performance.now();
  const frames = [];
  for (let last = began, now = began; now - began < 1000 * seconds; last = now) {
    now = await frame();
    frames.push(now - last);
  }
  const found = [steps() - before, performance.now() - began, frames];
  button("Pause").click();
  return found;
}"""


IN_WORKER = """{
  const Whole = Blob;
  window.Blob = class extends Whole {
    constructor(parts, options) {
      const code = options?.type === "text/javascript";
      super(code ? ["delete self.WebAssembly;", ...parts] : parts, options);
    }
  };
}"""


def bare_steps(seconds: float) -> float:
    """Steps a second of both twins in bare PyTorch, without a recording or a test set."""
    x, y, *_ = map(torch.from_numpy, data.digits(0))
    models = [
        mlp([64, 100, 100, 100, 10], "sigmoid", norm=norm, seed=0) for norm in (None, "batch")
    ]
    optimizers = [torch.optim.SGD(model.parameters(), 0.5) for model in models]
    began, steps = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        rows = torch.randperm(len(x))[:60]
        for model, optimizer in zip(models, optimizers, strict=True):
            optimizer.zero_grad()
            F.cross_entropy(model(x[rows]), y[rows]).backward()
            optimizer.step()
        steps += 1
    return steps / (time.perf_counter() - began)


def open_lab(browser: Browser, path: Path, *, plain: bool = False) -> Page:
    """The page of the lab, in a browser with or without WebAssembly."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    if plain:
        page.add_init_script("delete window.WebAssembly")
        page.add_init_script(IN_WORKER)  # which has one of its own
    page.emulate_media(reduced_motion="reduce")
    page.goto(path.as_uri())
    page.wait_for_selector("figure[data-ready]")
    return page


def lab_rows(browser: Browser, seconds: float) -> Iterator[tuple[str, str, str, bool | None]]:
    """Steps a second, frames, and what a page carries."""
    figure = lab(Setting(), train_setting(Setting(), 5))
    bare: list[float] = []
    rates: dict[str, list[float]] = {"page": [], "plain": []}
    frames: list[float] = []
    with TemporaryDirectory() as folder:
        path = figure.save_html(Path(folder) / "lab.html")
        pages = {kind: open_lab(browser, path, plain=kind == "plain") for kind in rates}
        for _ in range(ROUNDS):
            bare.append(bare_steps(seconds / 2))
            for kind, page in pages.items():
                page.bring_to_front()
                found: Any = page.evaluate(TRAIN, seconds / 2)
                rates[kind].append(1000 * found[0] / found[1])
                frames += found[2] if kind == "page" else []
        for page in pages.values():
            page.close()
    code = npm.weight(page_script(["lab"]), ROOT / "_build")
    shown = len(deflate(pack(figure.arrays))) * 3 // 4
    ratios = [page / torch_ for page, torch_ in zip(rates["page"], bare, strict=True)]
    ratio, fast, plain = (
        statistics.median(each) for each in (ratios, rates["page"], rates["plain"])
    )
    yield "bare PyTorch, both twins", f"{statistics.median(bare):.0f} steps/s", "", None
    yield (
        "the same in a page that draws",
        f"{fast:.0f} steps/s, {ratio:.2f} of PyTorch's",
        "≥ 500 steps/s, ≥ 0.5",
        fast >= 500 and ratio >= 0.5,
    )
    yield "without WebAssembly", f"{plain:.0f} steps/s", "≥ 120 steps/s", plain >= 120
    slow = sorted(frames)[int(0.99 * len(frames))]
    rate = 1000 / statistics.median(frames)
    yield (
        "frames while it trains",
        f"{rate:.0f} a second, 99 of 100 within {slow:.0f} ms",
        "60 a second, ≤ 50 ms",
        rate > 55 and slow <= 50,
    )
    yield (
        "code of the lab and its kit; digits, gzip",
        f"{code / 1000:.1f} kB; {shown / 1000:.1f} kB",
        "≤ 20 kB; ≤ 45 kB",
        code <= 20_000 and shown <= 45_000,
    )
