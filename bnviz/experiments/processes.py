"""Batch norm over a mini-batch whose parts lie on several processes, as ``SyncBatchNorm`` has it.

It stands apart, and imports PyTorch alone: each process that starts must load this module.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import torch
from torch import Tensor, distributed, multiprocessing
from torch.distributed.nn.functional import all_reduce

__all__ = ["over_processes", "synchronized"]


def synchronized(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """Batch norm of x (N, C) with the statistics of the parts of all processes.

    ``SyncBatchNorm`` does this; it refuses tensors of the CPU. Sums and counts travel, on the way
    forward, and what comes back for them on the way back.

    Args:
        x: the part of this process.
        weight: γ, shape (C,).
        bias: β, shape (C,).
        eps: added to the variance.

    Returns:
        The normalized part, shape (N, C).
    """
    count = all_reduce(torch.tensor(float(len(x)), dtype=x.dtype))
    mean = all_reduce(x.sum(0)) / count
    var = all_reduce((x - mean).square().sum(0)) / count
    y: Tensor = weight * (x - mean) / torch.sqrt(var + eps) + bias
    return y


def over_processes(
    parts: Sequence[Tensor], gradients: Sequence[Tensor], *, seconds: float = 120
) -> tuple[Tensor, Tensor]:
    """Normalize a mini-batch whose parts lie on real processes, one each, and go back through it.

    Args:
        parts: of the mini-batch, each (N, C).
        gradients: of the loss with respect to each part's result, alike.
        seconds: the processes that are not done by then are ended.

    Returns:
        The normalized parts and the gradient with respect to them, one below the other.

    Raises:
        RuntimeError: a process failed, or was not done in time.
    """
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        workers = [
            context.Process(
                target=_work,
                args=(rank, len(parts), folder, part, gradient, seconds),
                daemon=True,
            )
            for rank, (part, gradient) in enumerate(zip(parts, gradients, strict=True))
        ]
        try:
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join(seconds)
            codes = [worker.exitcode for worker in workers]
        finally:
            for worker in workers:
                if worker.is_alive():
                    worker.kill()
                    worker.join()
        if any(codes):
            raise RuntimeError(f"the processes ended with {codes}")
        if None in codes:
            raise RuntimeError(f"the processes were not done after {seconds} seconds")
        found = [torch.load(Path(folder) / f"{rank}.pt") for rank in range(len(parts))]
    y, grad = (torch.cat(both) for both in zip(*found, strict=True))
    return y, grad


def _work(
    rank: int, size: int, folder: str, part: Tensor, gradient: Tensor, seconds: float
) -> None:
    """What each process does."""
    torch.set_num_threads(1)
    distributed.init_process_group(
        "gloo",
        init_method=Path(folder, "meet").as_uri(),
        rank=rank,
        world_size=size,
        timeout=timedelta(seconds=seconds),
    )
    part = part.clone().requires_grad_()
    units = part.shape[1]
    y = synchronized(part, torch.ones(units, dtype=part.dtype), torch.zeros(units).to(part))
    y.backward(gradient)
    assert part.grad is not None
    torch.save((y.detach(), part.grad), Path(folder) / f"{rank}.pt")
    distributed.destroy_process_group()
