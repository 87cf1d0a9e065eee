"""One watched layer: keeps samples of its tensors, until it bins them."""

import math
from ctypes import PYFUNCTYPE, c_size_t, c_void_p, cast, memmove
from random import Random
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from bnviz.activations import RECTIFIERS
from bnviz.recording.binning import add_values, rows_of
from bnviz.recording.dead import DeadUnits
from bnviz.recording.layers import Layout, usual_axis
from bnviz.recording.sampling import Grid, choose_grid
from bnviz.recording.store import Store
from bnviz.recording.tensors import outside_transforms, unwrapped
from bnviz.recording.track import Quantity, Track

__all__ = ["Tap"]

#: A buffer never holds more values than this (4 MiB of float32); larger maps are binned at once.
_BUFFER = 2**20
#: Tensors of these types may be read by their address.
_PLAIN = frozenset({Tensor, nn.Parameter})
#: From one sample to the next, its beginning moves on by about this share of the rows, so that
#: soon after each other all parts of a batch are seen (Weyl).
_GOLDEN = (math.sqrt(5) - 1) / 2
#: As ``memmove``, without letting another thread in between, which takes longer than to copy.
_copy = PYFUNCTYPE(None, c_void_p, c_void_p, c_size_t)(cast(memmove, c_void_p).value or 0)


class _Block(NamedTuple):
    """How to copy rows out of a matrix that is one block of memory; sizes are in bytes."""

    room: int = 0  # how many samples fit into the buffer
    shape: torch.Size | None = None
    starts: int = 1  # rows at which a sample may begin
    jump: int = 1  # to the next of them; shares no divisor with their number, so all come in turn
    row: int = 0
    sample: int = 0
    matrix: int = 0
    address: int = 0  # of the buffer


class Tap:
    """Keeps samples of the tensors of one layer, or of one of its units.

    Args:
        store: where the histograms go.
        name: the name of the layer there.
        quantity: what the values are.
        activation: kind of the activation whose input this is, or None.
        unit: record this feature or channel alone.
        sample: values to keep of each tensor, eight times as many of maps; None keeps all.
        window: tensors that gather before they are binned.
        layout: where the features are, or None where nobody knows.
        generator: draws where a sample begins.
    """

    def __init__(
        self,
        store: Store,
        name: str,
        *,
        quantity: Quantity,
        activation: str | None,
        unit: int | None,
        sample: int | None,
        window: int,
        layout: Layout | None,
        generator: Random,
    ) -> None:
        self._store = store
        self.name = name
        self._quantity, self._activation = quantity, activation
        self.times: list[int] = []
        self._unit = unit
        self._sample = sample
        self._window = window
        self._axis_in = layout.axis_in if layout else usual_axis
        self._draw = generator.random
        self._dead = DeadUnits() if activation in RECTIFIERS else None
        self._form: tuple[object, ...] = ()
        self._grid: Grid
        self._buffer: Tensor
        self._slots: list[Tensor] = []
        self._capacity = 0
        self._block = _Block()

    def push(self, tensor: Tensor, time: int) -> None:
        """Take a tensor of shape (N, …) at recorded step ``time`` (from 0)."""
        times = self.times
        room, shape, starts, jump, row, size, whole, address = self._block
        filled = len(times)
        if (
            filled < room
            and type(tensor) in _PLAIN
            and tensor.shape == shape
            and tensor.dtype is torch.float32
            and tensor.is_cpu
            and tensor.is_contiguous()
        ):
            # A plain copy of neighboring rows: PyTorch's own dispatch would cost several times as
            # much as the copy itself, and this runs in every layer at every step.
            try:
                source = tensor.data_ptr()
            except RuntimeError:  # the type does not tell what torch.func wraps
                source = 0
            if not source:
                self._push_other(tensor, time)
                return
            start = time * jump % starts * row
            address += filled * size
            fits = whole - start
            if fits >= size:
                _copy(address, source + start, size)
            else:
                _copy(address, source + start, fits)
                _copy(address + fits, source, size - fits)
            times.append(time)
        else:
            self._push_other(tensor, time)

    def _push_other(self, tensor: Tensor, time: int) -> None:
        """Take a tensor that is no plain matrix, does not fit into the buffer, or is the first."""
        with outside_transforms():
            plain, mapped = unwrapped(tensor)
            dense = plain.layout == torch.strided and not plain.is_meta
            if not (dense and plain.is_floating_point() and plain.numel()):
                return
            form = (type(plain), plain.shape, plain.stride(), plain.dtype, plain.device, mapped)
            if form != self._form or len(self.times) == self._capacity:
                self.flush()
                if form != self._form:
                    self._plan(plain, mapped)
                    self._form = form
            if self._block.room:
                self.push(plain, time)
                return
            sampled = self._grid.take(plain, self._draw)
            if self._slots:
                self._slots[len(self.times)].copy_(sampled)
                self.times.append(time)
            else:  # too large to keep, so binned before anything overwrites it
                self._bin([time], sampled.float()[None])

    def _plan(self, tensor: Tensor, mapped: int) -> None:
        """Decide which elements of tensors of this form to keep, and make room for them."""
        features = self._axis_in(tensor.shape[mapped:])
        self._block, self._slots = _Block(), []
        try:
            self._grid = choose_grid(
                tensor.shape,
                tensor.stride(),
                unit=self._unit,
                sample=self._sample,
                features=None if features is None else features + mapped,
            )
        except IndexError as error:
            raise ValueError(f"{error} in {self.name}") from None
        size, self._features = self._grid.size, self._grid.features
        kind = (tensor.ndim, features, tensor.dtype, tensor.device.type, self._unit)
        plain = kind == (2, 1, torch.float32, "cpu", None) and tensor.is_contiguous()
        plain = plain and type(tensor) in _PLAIN
        if plain and not self._grid.whole:
            # Neighboring rows, which are one block of memory.
            size = (max(1, (self._sample or 1) // size[1]), size[1])
        self._capacity = min(self._window, _BUFFER // math.prod(size))
        if self._capacity < 2:
            return  # binned at once
        room = self._capacity, *size
        with torch.inference_mode(False):  # passes in other modes follow
            self._buffer = torch.empty(room, dtype=torch.float32, device=tensor.device)
        if plain:
            row = size[1] * 4
            starts = 1 if self._grid.whole else len(tensor)
            jump = round(starts * _GOLDEN)
            while math.gcd(jump, starts) > 1:
                jump += 1
            self._block = _Block(
                self._capacity,
                tensor.shape,
                starts=starts,
                jump=jump,
                row=row,
                sample=size[0] * row,
                matrix=len(tensor) * row,
                address=self._buffer.data_ptr(),
            )
        else:
            self._slots = list(self._buffer)

    def close(self) -> None:
        """Take nothing more; what has gathered is kept."""
        self.push = _ignore  # type: ignore[method-assign]

    def flush(self) -> None:
        """Bin what has gathered into the recording."""
        times, self.times = self.times, []
        if times:
            self._bin(times, self._buffer[: len(times)])

    def judge(self, *, whole: bool) -> None:
        """A window of steps is over: say which units let nothing through in it.

        Args:
            whole: False for what remains at the end of a run, shorter than a window.
        """
        self.flush()
        verdict = self._dead.judge(whole) if self._dead else None
        if verdict is None:
            return
        times, dead, units = verdict
        first, rows, count = rows_of(self._store, sorted(set(times)))
        steps = np.bincount(rows, minlength=count)
        self._track().judge(first, dead * steps, units * steps)

    def _bin(self, times: list[int], gathered: Tensor) -> None:
        """Add the tensors (K, …) of K recorded steps to the track."""
        add_values(self._store, self._track(), times, gathered)
        if self._dead:
            self._dead.see(times, gathered, 1 + self._features)

    def _track(self) -> Track:
        return self._store.track(self.name, self._activation, self._quantity)


def _ignore(tensor: Tensor, time: int) -> None:
    """Take nothing."""
