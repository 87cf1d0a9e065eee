"""Two processes train one network, each on its half of every mini-batch, and record it.

Run as a script with a folder: one file a rank is left there.
"""

import sys
from pathlib import Path

import torch
import torch.multiprocessing as multiprocessing
from torch import Tensor, distributed, nn
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

import bnviz

RANKS, STEPS, BATCH = 2, 5, 32


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 8), nn.Sigmoid(), nn.Linear(8, 3))


def train(model: nn.Module, x: Tensor, y: Tensor) -> bnviz.Recording:
    """Record a few steps of SGD, each on all of x."""
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with bnviz.record(model) as recording:
        for _ in range(STEPS):
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
    return recording


def examples() -> tuple[Tensor, Tensor]:
    x = torch.randn(BATCH, 4, generator=torch.Generator().manual_seed(1))
    return x, (x[:, 0] > 0).long()


def rank(number: int, folder: str) -> None:
    torch.set_num_threads(1)
    store = f"file://{folder}/store"
    distributed.init_process_group("gloo", init_method=store, rank=number, world_size=RANKS)
    x, y = examples()
    recording = train(DistributedDataParallel(network()), x[number::RANKS], y[number::RANKS])
    recording.save(Path(folder) / f"rank{number}.npz")
    distributed.destroy_process_group()


if __name__ == "__main__":
    multiprocessing.spawn(rank, (sys.argv[1],), RANKS)
