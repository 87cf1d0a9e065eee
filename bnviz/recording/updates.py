"""How far each step of an optimizer moves the weights, relative to their size."""

from collections.abc import Iterable, Iterator
from functools import cached_property

import torch
from torch import Tensor, nn

from bnviz.recording.binning import add_values
from bnviz.recording.store import Store

__all__ = ["Updates", "moved_by"]

#: Steps of a row that are measured; each needs a copy of the weights.
_A_ROW = 2


def moved_by(optimizer: torch.optim.Optimizer) -> set[int]:
    """The ``id`` of each parameter that an optimizer moves."""
    return {id(p) for group in optimizer.param_groups for p in group["params"]}


class Updates:
    """Measures ‖Δw‖ / ‖w‖ of weights over single optimizer steps, for tracks NAME.update.

    Args:
        store: where the tracks are.
        parameters: by name; those with two or more dimensions are followed.
        optimizer: what moves them; others are left out.
    """

    def __init__(
        self,
        store: Store,
        parameters: Iterable[tuple[str, nn.Parameter]],
        optimizer: torch.optim.Optimizer,
    ) -> None:
        moved = moved_by(optimizer)
        self._store = store
        self._moved = [(name, p) for name, p in parameters if id(p) in moved]
        self._before: list[Tensor] = []
        self._time = -1
        self._times: list[int] = []
        self._ratios: list[Tensor] = []

    @cached_property
    def _weights(self) -> dict[str, nn.Parameter]:
        # Asked for when a step is measured: lazy layers have no dimensions before they run.
        return {name: p for name, p in self._moved if p.ndim >= 2}

    def wanted(self, time: int) -> bool:
        """Whether recorded step ``time`` is one of those that are measured."""
        return bool(self._weights) and time % max(1, self._store.stride // _A_ROW) == 0

    @torch.no_grad()
    def before_step(self, time: int) -> None:
        """Keep the weights as they are before the update in recorded step ``time``."""
        self._time = time
        self._before = [p.detach().clone() for p in self._weights.values()]

    @torch.no_grad()
    def after_step(self, time: int) -> None:
        """Compare the weights with what was kept, if that was in recorded step ``time`` too."""
        before, self._before = self._before, []
        if not before or time != self._time:
            return
        sizes = torch.stack([_norm(w) for w in before])
        moved = [_norm(p.detach() - w) for p, w in zip(self._weights.values(), before, strict=True)]
        self._ratios.append(torch.stack(moved) / sizes)
        self._times.append(self._time)

    def flush(self) -> None:
        """Bring what was measured into the tables."""
        times, self._times = self._times, []
        ratios, self._ratios = self._ratios, []
        if times:
            for name, values in zip(self._weights, _columns(ratios), strict=True):
                track = self._store.track(f"{name}.update", None, "update")
                add_values(self._store, track, times, values)


def _norm(tensor: Tensor) -> Tensor:
    # Half precision would overflow; double precision is not narrowed on the way. Weights may lie on
    # several devices, in several precisions; the ratios go together.
    precision = torch.promote_types(tensor.dtype, torch.float32)
    size: Tensor = torch.linalg.vector_norm(tensor, dtype=precision)
    return size.to("cpu", torch.float32)


def _columns(ratios: list[Tensor]) -> Iterator[Tensor]:
    yield from torch.stack(ratios).T[..., None]
