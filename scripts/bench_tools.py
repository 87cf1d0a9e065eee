"""What ``bench.py`` trains, and the tools that watch it: ours, and others where installed."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

import bnviz
from bnviz.recording.taps import WINDOW

#: From a model and its optimizer to a context in which they are watched.
Watcher = Callable[[nn.Module, torch.optim.Optimizer], AbstractContextManager[object]]

# --- what is trained --------------------------------------------------------------------------


def small_mlp() -> tuple[nn.Module, tuple[int, ...], int]:
    """64-100×3-10 with ReLU: the model, the shape of a batch, steps in a block."""
    model = nn.Sequential()
    for index, (inputs, outputs) in enumerate([(64, 100), (100, 100), (100, 100)]):
        model.add_module(f"linear{index}", nn.Linear(inputs, outputs))
        model.add_module(f"relu{index}", nn.ReLU())
    model.add_module("output", nn.Linear(100, 10))
    return model, (64, 64), WINDOW


def conv_net() -> tuple[nn.Module, tuple[int, ...], int]:
    """Six convolutions, 6.8 million activations a step: the model, a batch, steps in a block."""
    model = nn.Sequential()
    for index, (inputs, outputs) in enumerate(
        [(3, 32), (32, 32), (32, 64), (64, 64), (64, 64), (64, 64)]
    ):
        model.add_module(f"conv{index}", nn.Conv2d(inputs, outputs, 3, padding=1, bias=False))
        model.add_module(f"norm{index}", nn.BatchNorm2d(outputs))
        model.add_module(f"relu{index}", nn.ReLU())
    for layer in (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)):
        model.append(layer)
    return model, (66, 3, 18, 18), 2


def layers_of(model: nn.Module) -> dict[str, nn.Module]:
    """The layers that every tool watches: the activations, and the output of the MLP."""
    return {
        name: module
        for name, module in model.named_modules()
        if isinstance(module, nn.ReLU) or name == "output"
    }


# --- the tools --------------------------------------------------------------------------------


@contextmanager
def hooked(model: nn.Module, watch: Callable[[str, torch.Tensor], None]) -> Iterator[None]:
    """Call ``watch(name, output)`` for every watched layer."""
    with ExitStack() as stack:
        for name, module in layers_of(model).items():
            handle = module.register_forward_hook(
                lambda _, __, output, name=name: watch(name, output.detach())
            )
            stack.callback(handle.remove)
        yield


def numpy_histograms(model: nn.Module, _: object) -> AbstractContextManager[None]:
    """The hook that people write first: np.histogram of every output."""
    kept: dict[str, list[object]] = {name: [] for name in layers_of(model)}
    return hooked(model, lambda name, x: kept[name].append(np.histogram(x.numpy(), bins=60)))


@contextmanager
def tensorboard(model: nn.Module, _: object) -> Iterator[None]:
    """TensorBoard's add_histogram of every output."""
    from torch.utils.tensorboard import SummaryWriter

    with (
        tempfile.TemporaryDirectory() as folder,
        SummaryWriter(folder) as writer,
        hooked(model, writer.add_histogram),
    ):
        yield


@contextmanager
def wandb(model: nn.Module, _: object) -> Iterator[None]:
    """Weights & Biases: a histogram of every output, logged at every step, offline."""
    import wandb as client

    names = list(layers_of(model))
    with tempfile.TemporaryDirectory() as folder:
        settings = client.Settings(silent=True, console="off", x_disable_stats=True)
        run = client.init(project="bench", mode="offline", dir=folder, settings=settings)
        kept = {}

        def watch(name: str, output: torch.Tensor) -> None:
            kept[name] = client.Histogram(output.numpy())
            if name == names[-1]:
                run.log(kept)

        with hooked(model, watch):
            yield
        run.finish()


@contextmanager
def wandb_watch(model: nn.Module, _: object) -> Iterator[None]:
    """Weights & Biases: histograms of the gradients of all weights, at every step, offline."""
    import wandb as client

    with tempfile.TemporaryDirectory() as folder:
        settings = client.Settings(silent=True, console="off", x_disable_stats=True)
        run = client.init(project="bench", mode="offline", dir=folder, settings=settings)
        run.watch(model, log="gradients", log_freq=1)
        # The gradients of a step are sent with what is logged next.
        handle = model.register_forward_hook(lambda *_: run.log({}))
        yield
        handle.remove()
        run.unwatch(model)
        run.finish()


@contextmanager
def fastai(model: nn.Module, _: object) -> Iterator[None]:
    """Fastai's ActivationStats, with histograms, of every output."""
    from fastai.callback.hook import ActivationStats

    stats = ActivationStats(with_hist=True)
    kept: dict[str, list[object]] = {name: [] for name in layers_of(model)}
    with hooked(model, lambda name, x: kept[name].append(stats.hook(None, None, x))):
        yield


def recorder(*, updates: bool = False, **options: Any) -> Watcher:
    """bnviz.record, as a user calls it; with ``updates``, those of the weights as well."""

    def watch(model: nn.Module, optimizer: torch.optim.Optimizer) -> bnviz.record:
        given = optimizer if updates else None
        return bnviz.record(model, list(layers_of(model)), optimizer=given, **options)

    return watch
