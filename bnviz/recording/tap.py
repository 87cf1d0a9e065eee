"""One watched layer: keeps samples of its tensors, until it bins them."""

import math
from ctypes import memmove
from random import Random

import numpy as np
import torch
from torch import Tensor

from bnviz.recording import histogram
from bnviz.recording.recording import RECTIFIERS, Recording
from bnviz.recording.sampling import Grid, choose_grid

__all__ = ["Tap"]

#: A buffer never holds more values than this (4 MiB of float32); larger maps are binned at once.
_BUFFER = 2**20
#: Values that are summed in one go, so that what lies between stays in the processor's cache.
_CHUNK = 2**16
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
        self._layout: tuple[object, ...] = ()
        self._grid: Grid
        self._buffer: Tensor
        self._slots: list[Tensor] = []
        self._shape: torch.Size | None = None
        self._capacity = self._block = 0

    def push(self, tensor: Tensor, time: int) -> None:
        """Take a tensor of shape (N, …) at recorded step ``time`` (from 0)."""
        times = self.times
        if (
            self._block
            and len(times) < self._capacity
            and tensor.shape == self._shape
            and tensor.dtype is torch.float32
            and tensor.is_cpu
            and tensor.is_contiguous()
        ):
            # A plain copy of neighbouring rows: PyTorch's own dispatch would cost several times as
            # much as the copy itself, and this runs in every layer at every step.
            block, row, source = self._block, self._row_bytes, tensor.data_ptr()
            start = int(self._draw() * self._starts)
            target = self._address + len(times) * block
            fits = (self._rows - start) * row
            if fits >= block:
                memmove(target, source + start * row, block)
            else:
                memmove(target, source + start * row, fits)
                memmove(target + fits, source, block - fits)
            times.append(time)
            self.last = time
        else:
            self._push_other(tensor, time)

    def _push_other(self, tensor: Tensor, time: int) -> None:
        """Take a tensor that is no plain matrix, does not fit into the buffer, or is the first."""
        self.last = time
        dense = tensor.layout == torch.strided and not tensor.is_meta
        if not (dense and tensor.is_floating_point() and tensor.numel()):
            return
        layout = (tensor.shape, tensor.stride(), tensor.dtype, tensor.device)
        if layout != self._layout or len(self.times) == self._capacity:
            self.flush()
            if layout != self._layout:
                self._plan(tensor)
                self._layout = layout
            if self._block:
                self.push(tensor, time)
                return
        sampled = self._grid.take(tensor.detach(), self._draw)
        if self._slots:
            self._slots[len(self.times)].copy_(sampled)
            self.times.append(time)
        else:  # too large to keep, so binned before anything overwrites it
            self._bin([time], sampled.float()[None])

    def _plan(self, tensor: Tensor) -> None:
        """Decide which elements of tensors with this layout to keep, and make room for them."""
        self._shape, self._block, self._slots = tensor.shape, 0, []
        try:
            self._grid = choose_grid(
                tensor.shape,
                tensor.stride(),
                unit=self._unit,
                sample=self._sample,
                features_last=self._features_last,
            )
        except IndexError as error:
            raise ValueError(f"{error} in {self._name}") from None
        size, self._features = self._grid.size, self._grid.features
        kind = (tensor.ndim, tensor.dtype, tensor.device.type, self._unit)
        plain = kind == (2, torch.float32, "cpu", None) and tensor.is_contiguous()
        if plain and not self._grid.whole:
            # Neighbouring rows, which are one block of memory.
            size = (max(1, self._sample // size[1]), size[1])
        self._capacity = min(self._window, _BUFFER // math.prod(size))
        if self._capacity < 2:
            return  # binned at once
        self._buffer = torch.empty(self._capacity, *size, device=tensor.device)
        if plain:
            self._rows, self._row_bytes = len(tensor), size[1] * 4
            self._starts = 1 if self._grid.whole else self._rows
            self._block, self._address = size[0] * self._row_bytes, self._buffer.data_ptr()
        else:
            self._slots = list(self._buffer)

    def flush(self) -> None:
        """Bin what has gathered into the recording."""
        times, self.times = self.times, []
        if times:
            self._bin(times, self._buffer[: len(times)])

    def _bin(self, times: list[int], gathered: Tensor) -> None:
        """Add the tensors (K, …) of K recorded steps to the recording."""
        recording = self._recording
        recording.make_room(times[-1] + 1)
        rows = np.array(times) // recording.stride
        first = int(rows[0])
        rows -= first
        count = int(rows[-1]) + 1
        values = gathered.reshape(len(times), -1).contiguous()
        if values.device.type not in ("cpu", "cuda"):
            values = values.cpu()  # other devices lack float64 or bincount
        counts = _counts(values, rows, count)
        finite = not counts[:, histogram.SPECIAL].any()
        sums = np.zeros((count, 4))
        for column, each in enumerate(_sums(values, finite)):
            sums[:, column] = np.bincount(rows, each, count)
        if self._activation in RECTIFIERS:
            sums[:, 2:] += self._dead_units(gathered)
        recording.track(self._name, self._activation).add(first, counts, sums)

    def _dead_units(self, gathered: Tensor) -> tuple[int, int]:
        """How many units never rose above zero in tensors (K, …), and of how many that is known."""
        if gathered.ndim < 3:  # vectors: one unit
            highest = gathered.amax().reshape(1)
        else:
            highest = gathered.amax([d for d in range(gathered.ndim) if d != 1 + self._features])
        return int((highest <= 0).sum()), int((~highest.isnan()).sum())


def _counts(values: Tensor, rows: np.ndarray, count: int) -> np.ndarray:
    """Counts in the bins, shape (count, BINS).

    Args:
        values: float32 of shape (K, M), contiguous.
        rows: the row of each of the K, in [0, count).
        count: the number of rows.
    """
    if values.device.type == "cpu":
        bits = values.numpy().view(np.uint32)
        keys = torch.from_numpy((bits >> histogram.KEY_SHIFT).view(np.int32))
    else:  # PyTorch has no shift of unsigned integers
        keys = (values.view(torch.int32) >> histogram.KEY_SHIFT) & (histogram.KEYS - 1)
    start = torch.from_numpy(rows.astype(np.int32))[:, None].to(values.device)
    if values.numel() < 3 * count * histogram.KEYS:
        # Many small histograms: to look up each value's bin is less work than to fold their keys.
        bins = _BIN_OF_KEY.to(values.device).index_select(0, keys.view(-1)).view(keys.shape)
        bins += start * histogram.BINS
        counts = torch.bincount(bins.view(-1), minlength=count * histogram.BINS)
        return counts.cpu().numpy().reshape(count, histogram.BINS)
    if count > 1:
        keys += start * histogram.KEYS
    counts = torch.bincount(keys.view(-1), minlength=count * histogram.KEYS)
    return histogram.fold_keys(counts.cpu().numpy().reshape(count, histogram.KEYS))


def _sums(values: Tensor, finite: bool) -> np.ndarray:
    """Sum and sum of squares of each row in float64, of its finite values; shape (2, K)."""
    total = torch.zeros(2, len(values), dtype=torch.float64, device=values.device)
    for part in values.split(max(1, _CHUNK // len(values)), 1):
        # float32 would lose the spread of values that lie far from zero.
        wide = part.double()
        if not finite:
            wide = wide.nan_to_num(0.0, 0.0, 0.0)
        total[0] += wide.sum(1)
        total[1] += wide.square_().sum(1)
    return total.cpu().numpy()
