"""One watched layer: keeps samples of its tensors, until :func:`flush` bins them."""

import math
from collections import defaultdict
from collections.abc import Iterable
from random import Random

import numpy as np
import torch
from torch import Tensor

from bnviz import histogram
from bnviz.recording import Recording

__all__ = ["Tap", "flush"]

#: A buffer never holds more values than this (4 MiB of float32); larger maps are binned at once.
_BUFFER = 2**20
#: Values that are binned in one go on the CPU, so that what lies between stays in its cache.
_CHUNK = 2**17


class Tap:
    """Keeps samples of the tensors of one layer, or of one of its units.

    Args:
        recording: where the histograms go.
        name: the name of the layer there.
        activation: kind of the activation whose input this is, or None.
        unit: record this feature or channel alone.
        sample: values to keep of each tensor; None keeps all.
        window: tensors that gather before they are binned.
        features_last: in tensors of three dimensions, the last one is that of the features.
        generator: draws where a sample begins.
    """

    def __init__(
        self,
        recording: Recording,
        name: str,
        activation: str | None,
        *,
        unit: int | None,
        sample: int | None,
        window: int,
        features_last: bool,
        generator: Random,
    ) -> None:
        self.recording = recording
        self.name = name
        self.activation = activation
        self.times: list[int] = []
        self._unit = unit
        self._sample = sample
        self._window = window
        self._features_last = features_last
        self._draw = generator.random
        self._shape: torch.Size | None = None

    def push(self, tensor: Tensor, time: int) -> None:
        """Take a floating-point tensor of shape (N, …) at recorded step ``time`` (from 0)."""
        if (
            tensor.shape != self._shape
            or tensor.stride() != self._stride
            or tensor.device != self._device
        ):
            flush([self])
            self._plan(tensor)
        tensor = tensor.detach()
        if self._jumps is not None:
            offset = tensor.storage_offset() + self._start
            for slack, stride in self._jumps:
                offset += int(self._draw() * slack) * stride
            tensor = tensor.as_strided(self._size, self._strides, offset)
        times = self.times
        if self._slots:
            self._slots[len(times)].copy_(tensor)
            times.append(time)
            if len(times) == len(self._slots):
                flush([self])
        else:
            self._buffer = tensor.float()[None]
            times.append(time)
            flush([self])

    def gathered(self) -> Tensor:
        """What has gathered, shape (K, N, C, …) for K tensors."""
        return self._buffer[: len(self.times)]

    def dead_units(self) -> tuple[int, int]:
        """How many units never rose above zero in what has gathered, and how many there are."""
        values = self.gathered()
        if values.ndim < 3:  # vectors: one unit
            highest = values.amax().reshape(1)
        else:
            others = [d for d in range(values.ndim) if d != 1 + self._channel]
            highest = values.amax(others)
        return int((highest <= 0).sum()), len(highest)

    def _plan(self, tensor: Tensor) -> None:
        """Decide which elements of tensors with this layout to keep, and make room for them."""
        self._shape, self._stride = tensor.shape, tensor.stride()
        self._device = tensor.device
        size, strides = list(tensor.shape), list(tensor.stride())
        channel = len(size) - 1 if len(size) == 3 and self._features_last else 1
        if len(size) == 1:  # a vector is a batch of one feature
            size, strides = [*size, 1], [*strides, 1]
        # From here on in the order rows, features, positions.
        order = [0, channel, *(d for d in range(1, len(size)) if d != channel)] if size else []
        size, strides = [size[d] for d in order], [strides[d] for d in order]
        self._start = 0
        if self._unit is not None:
            if not size or self._unit >= size[1]:
                units = size[1] if size else 1
                raise ValueError(
                    f"unit {self._unit} does not exist: {self.name} has {units}, from 0 on"
                )
            self._start = self._unit * strides[1]
            size[1] = 1
        jumps: list[tuple[int, int]] = []
        if self._sample is not None and math.prod(size) > self._sample:
            # Rows first: they are independent of each other, neighbouring positions are not.
            rows = max(1, min(size[0], self._sample // size[1]))
            along = (self._sample / (size[1] * rows)) ** (1 / max(1, len(size) - 2))
            for d in (0, *range(2, len(size))):
                keep = rows if d == 0 else max(1, min(size[d], int(along)))
                step = size[d] // keep
                jumps.append((size[d] - (keep - 1) * step, strides[d]))
                size[d], strides[d] = keep, strides[d] * step
        self._jumps = jumps if math.prod(size) < tensor.numel() else None
        if self._jumps is None:
            size, self._channel = list(tensor.shape), channel
        else:
            self._channel = 1
        self._size, self._strides = size, strides
        slots = min(self._window, _BUFFER // max(1, math.prod(size)))
        self._slots: list[Tensor] = []
        if slots > 1:
            self._buffer = torch.empty(slots, *size, device=tensor.device)
            self._slots = list(self._buffer)


def flush(taps: Iterable[Tap]) -> None:
    """Bin what has gathered in the taps of one recording; those filled alike in one pass."""
    alike: dict[tuple[object, ...], list[Tap]] = defaultdict(list)
    for tap in taps:
        if tap.times:
            alike[tap._device, *tap.times].append(tap)
    for group in alike.values():
        _bin(group)


def _bin(taps: list[Tap]) -> None:
    recording, times = taps[0].recording, taps[0].times
    recording.make_room(times[-1] + 1)
    first = times[0] // recording.stride
    rows = [time // recording.stride - first for time in times]
    count = rows[-1] + 1
    flats = [tap.gathered().reshape(len(times), -1) for tap in taps]
    if flats[0].device.type not in ("cpu", "cuda"):
        flats = [flat.cpu() for flat in flats]  # other devices lack float64 or bincount
    counts = histogram.fold_keys(_key_counts(flats, rows, count))
    finite = not counts[..., histogram.SPECIAL].any()
    sums = np.zeros((len(taps), count, 4))
    np.add.at(sums[..., :2], (slice(None), rows), _sums(flats, finite))
    for tap, table, column in zip(taps, counts, sums, strict=True):
        if tap.activation in ("relu", "relu6"):
            column[:, 2:] += tap.dead_units()
        recording.track(tap.name, tap.activation).add(first, table, column)
        tap.times = []


def _key_counts(flats: list[Tensor], rows: list[int], count: int) -> np.ndarray:
    """Counts of the bit keys of tensors of shape (K, M), shape (tensors, count, KEYS)."""
    device = flats[0].device
    on_cpu = device.type == "cpu"
    total = np.zeros((len(flats), count, histogram.KEYS), dtype=np.int64)
    start = torch.tensor(rows, dtype=torch.int32)[:, None] * histogram.KEYS + histogram.KEYS // 2
    start = start.to(device)
    for flat, counts in zip(flats, total, strict=True):
        bits = flat.contiguous().view(torch.int32)
        width = max(1, _CHUNK // len(rows)) if on_cpu else bits.shape[1]
        for part in bits.split(width, dim=1):
            keys = (part >> histogram.KEY_SHIFT).add_(start).flatten()
            counts += torch.bincount(keys, minlength=counts.size).cpu().numpy().reshape(count, -1)
    return total


def _sums(flats: list[Tensor], finite: bool) -> np.ndarray:
    """Sum and sum of squares of each row in float64, finite values only: (tensors, K, 2)."""
    on_cpu = flats[0].device.type == "cpu"
    total = torch.zeros(len(flats), len(flats[0]), 2, dtype=torch.float64, device=flats[0].device)
    for flat, sums in zip(flats, total, strict=True):
        width = max(1, _CHUNK // len(flat)) if on_cpu else flat.shape[1]
        for part in flat.split(width, dim=1):
            # float32 would lose the spread of values that lie far from zero.
            wide = part.double()
            if not finite:
                wide = wide.nan_to_num(0.0, 0.0, 0.0)
            sums[:, 0] += wide.sum(1)
            sums[:, 1] += (wide * wide).sum(1)
    return total.cpu().numpy()
