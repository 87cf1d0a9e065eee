"""One watched layer: keeps samples of its tensors, until it bins them."""

import math
from collections.abc import Iterator
from ctypes import memmove
from random import Random

import numpy as np
import torch
from torch import Tensor

from bnviz import histogram
from bnviz.recording import RECTIFIERS, Recording

__all__ = ["Tap"]

#: A buffer never holds more values than this (4 MiB of float32); larger maps are binned at once.
_BUFFER = 2**20
#: Values that are binned in one go on the CPU, so that what lies between stays in its cache.
_CHUNK = 2**17
#: Of maps, so many times the sample: neighbouring values are alike, and the layers take longer.
_MAPS = 8
_BIN_OF_KEY = torch.tensor(histogram.BIN_OF_KEY)


class Tap:
    """Keeps samples of the tensors of one layer, or of one of its units.

    Args:
        recording: where the histograms go.
        name: the name of the layer there.
        activation: kind of the activation whose input this is, or None.
        unit: record this feature or channel alone.
        sample: values to keep of each tensor, eight times as many of maps; None keeps all.
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
        self._recording = recording
        self._name = name
        self._activation = activation
        self.times: list[int] = []
        #: The last step at which a tensor came.
        self.last = -1
        self._unit = unit
        self._sample = sample
        self._window = window
        self._features_last = features_last
        self._draw = generator.random
        self._shape: torch.Size | None = None
        self._stride: tuple[int, ...] = ()
        self._dtype: torch.dtype | None = None
        self._device = torch.device("cpu")
        self._capacity = 0

    def push(self, tensor: Tensor, time: int) -> None:
        """Take a tensor of shape (N, …) at recorded step ``time`` (from 0)."""
        if (
            tensor.shape != self._shape
            or tensor.stride() != self._stride
            or tensor.dtype != self._dtype
            or tensor.device != self._device
            or len(self.times) == self._capacity
        ):
            self.flush()
            self._plan(tensor)
        self.last = time
        times = self.times
        if self._block:
            # A plain copy of neighbouring rows: PyTorch's own dispatch would cost several times as
            # much as the copy itself, and this runs in every layer at every step.
            start = int(self._draw() * self._rows) if self._rows > 1 else 0
            block, row = self._block, self._row_bytes
            source = tensor.data_ptr() + start * row
            target = self._address + len(times) * block
            fits = min(block, (self._rows - start) * row)
            memmove(target, source, fits)
            if fits < block:
                memmove(target + fits, tensor.data_ptr(), block - fits)
        elif self._slots:
            self._slots[len(times)].copy_(self._sampled(tensor.detach()))
        elif self._skip:
            return
        else:
            # Too large to keep, so binned before anything overwrites it.
            self._buffer = self._sampled(tensor.detach()).float()[None]
            times.append(time)
            self.flush()
            return
        times.append(time)

    def _sampled(self, tensor: Tensor) -> Tensor:
        if self._jumps is None:
            return tensor if tensor.ndim > 1 else tensor.reshape(self._size)
        offset = tensor.storage_offset() + self._start
        for slack, stride in self._jumps:
            offset += int(self._draw() * slack) * stride
        return tensor.as_strided(self._size, self._strides, offset)

    def flush(self) -> None:
        """Bin what has gathered into the recording."""
        times, self.times = self.times, []
        if not times:
            return
        gathered, recording = self._buffer[: len(times)], self._recording
        recording.make_room(times[-1] + 1)
        first = times[0] // recording.stride
        rows = [time // recording.stride - first for time in times]
        count = rows[-1] + 1
        values = gathered.reshape(len(times), -1)
        if values.device.type not in ("cpu", "cuda"):
            values = values.cpu()  # other devices lack float64 or bincount
        counts = _counts(values, rows, count)
        finite = not counts[:, histogram.SPECIAL].any()
        sums = np.zeros((count, 4))
        np.add.at(sums, (rows, slice(2)), _sums(values, finite))
        if self._activation in RECTIFIERS:
            sums[:, 2:] += self._dead_units(gathered)
        recording.track(self._name, self._activation).add(first, counts, sums)

    def _dead_units(self, gathered: Tensor) -> tuple[int, int]:
        """How many units never rose above zero in tensors (K, …), and how many there are."""
        if gathered.ndim < 3:  # vectors: one unit
            highest = gathered.amax().reshape(1)
        else:
            highest = gathered.amax([d for d in range(gathered.ndim) if d != 1 + self._channel])
        return int((highest <= 0).sum()), len(highest)

    def _plan(self, tensor: Tensor) -> None:
        """Decide which elements of tensors with this layout to keep, and make room for them."""
        layout = (tensor.shape, tensor.stride(), tensor.dtype, tensor.device)
        if layout == (self._shape, self._stride, self._dtype, self._device):
            return
        self._shape, self._stride, self._dtype, self._device = layout
        self._block, self._slots, self._capacity = 0, [], -1
        dense = tensor.layout == torch.strided and not tensor.is_meta
        self._skip = not (dense and tensor.is_floating_point() and tensor.numel())
        if self._skip:
            return
        size, strides = list(tensor.shape), list(tensor.stride())
        while len(size) < 2:  # a number is a batch of one, a vector a batch of one feature
            size.append(1)
            strides.append(1)
        channel = len(size) - 1 if len(size) == 3 and self._features_last else 1
        # From here on in the order rows, features, positions.
        order = [0, channel, *(d for d in range(1, len(size)) if d != channel)]
        size, strides = [size[d] for d in order], [strides[d] for d in order]
        self._start = 0
        if self._unit is not None:
            if self._unit >= size[1]:
                raise ValueError(
                    f"unit {self._unit} does not exist: {self._name} has {size[1]}, from 0 on"
                )
            self._start = self._unit * strides[1]
            size[1] = 1
        jumps: list[tuple[int, int]] = []
        positions = len(size) - 2  # dimensions of them
        limit = math.inf if self._sample is None else self._sample * (_MAPS if positions else 1)
        if math.prod(size) > limit:
            places = max(1, int(limit) // size[1])
            # As many rows as positions in each: both differ among themselves.
            rows = min(size[0], math.isqrt(places - 1) + 1 if positions else places)
            along = (places / rows) ** (1 / max(1, positions)) + 1e-9
            for d in (0, *range(2, len(size))):
                keep = rows if d == 0 else max(1, min(size[d], int(along)))
                # Rounded up: with room to begin at any offset, no place is taken more often.
                step = -(-size[d] // keep)
                keep = size[d] // step
                jumps.append((size[d] - (keep - 1) * step, strides[d]))
                size[d], strides[d] = keep, strides[d] * step
        self._jumps = jumps if math.prod(size) < tensor.numel() else None
        self._size, self._strides = size, strides
        if self._jumps is None and tensor.ndim > 1:  # all of it, in its own order
            size, channel_in_size = list(tensor.shape), channel
        else:
            channel_in_size = 1
        self._channel = channel_in_size
        self._capacity = max(1, min(self._window, _BUFFER // math.prod(size)))
        if self._capacity == 1:
            return  # binned at once
        self._buffer = torch.empty(self._capacity, *size, device=tensor.device)
        kind = (tensor.ndim, tensor.dtype, tensor.device.type, self._unit)
        if kind == (2, torch.float32, "cpu", None) and tensor.is_contiguous():
            self._rows, self._row_bytes = tensor.shape[0], tensor.shape[1] * 4
            self._block = size[0] * self._row_bytes
            self._address = self._buffer.data_ptr()
        else:
            self._slots = list(self._buffer)


def _counts(values: Tensor, rows: list[int], count: int) -> np.ndarray:
    """Counts in the bins, shape (count, BINS).

    Args:
        values: float32 of shape (K, M).
        rows: the row of each of the K, in [0, count).
        count: the number of rows.
    """
    bits = values.contiguous().view(torch.int32)
    start = torch.tensor(rows, dtype=torch.int32, device=values.device)[:, None]
    if values.numel() < 3 * count * histogram.KEYS:
        # Many small histograms: to look up each value's bin is less work than to fold their keys.
        keys = ((bits >> histogram.KEY_SHIFT) + histogram.KEYS // 2).flatten()
        bins = _BIN_OF_KEY.to(values.device).index_select(0, keys).view(bits.shape)
        bins += start * histogram.BINS
        counts = torch.bincount(bins.flatten(), minlength=count * histogram.BINS)
        return counts.cpu().numpy().reshape(count, histogram.BINS)
    start = start * histogram.KEYS + histogram.KEYS // 2
    total: Tensor | int = 0
    for columns in _parts(values):
        keys = bits[:, columns] >> histogram.KEY_SHIFT
        keys += start
        total = total + torch.bincount(keys.flatten(), minlength=count * histogram.KEYS)
    return histogram.fold_keys(total.cpu().numpy().reshape(count, histogram.KEYS))


def _sums(values: Tensor, finite: bool) -> np.ndarray:
    """Sum and sum of squares of each row in float64, of its finite values; shape (K, 2)."""
    total = torch.zeros(2, len(values), dtype=torch.float64, device=values.device)
    for columns in _parts(values):
        # float32 would lose the spread of values that lie far from zero.
        wide = values[:, columns].double()
        if not finite:
            wide = wide.nan_to_num(0.0, 0.0, 0.0)
        total[0] += wide.sum(1)
        total[1] += wide.square_().sum(1)
    return total.cpu().numpy().T


def _parts(values: Tensor) -> Iterator[slice]:
    """Columns to work on in one go: on the CPU so few that what lies between stays in cache."""
    height, width = values.shape
    step = max(1, _CHUNK // height) if values.device.type == "cpu" else width
    return (slice(start, start + step) for start in range(0, width, step))
