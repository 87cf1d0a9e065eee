"""From tensors of some recorded steps to rows of a track."""

import numpy as np
import torch
from torch import Tensor

from bnviz.recording import histogram
from bnviz.recording.store import Store
from bnviz.recording.track import Track

__all__ = ["add_values", "rows_of"]

#: Values that are summed in one go, so that what lies between stays in the processor's cache.
_CHUNK = 2**16
_BIN_OF_KEY = torch.tensor(histogram.BIN_OF_KEY)


def rows_of(store: Store, times: list[int]) -> tuple[int, np.ndarray, int]:
    """The first row of some recorded steps, the rows of all from there on, and how many rows."""
    store.make_room(max(times) + 1)
    rows = np.array(times) // store.stride
    first = int(rows.min())
    return first, rows - first, int(rows.max()) - first + 1


def add_values(store: Store, track: Track, times: list[int], values: Tensor) -> None:
    """Add the values of K recorded steps to a track.

    Args:
        store: where the track is.
        track: one of its tracks.
        times: the recorded steps, counted from 0; each may come several times.
        values: float32 of shape (K, …).
    """
    first, rows, count = rows_of(store, times)
    values = values.reshape(len(times), -1).contiguous()
    if values.device.type not in ("cpu", "cuda"):
        values = values.cpu()  # other devices lack float64 or bincount
    moments = np.empty((count, 2))
    for column, each in enumerate(_sums(values)):
        moments[:, column] = np.bincount(rows, weights=each, minlength=count)
    few = values.numel() < 3 * count * histogram.KEYS
    # Large maps come one by one and go beyond the cache: half as wide keys take less time.
    keys = _keys(values, narrow=count == 1 and not few)
    if few:
        # Many small histograms: to look up each value's bin is less work than to fold their keys.
        bins = _BIN_OF_KEY.to(values.device).index_select(0, keys.view(-1)).view(keys.shape)
        track.add_bins(first, rows, bins.cpu().numpy(), moments)
        return
    if count > 1:
        keys += torch.from_numpy(rows.astype(np.int32)).to(values.device)[:, None] * histogram.KEYS
    counts = torch.bincount(keys.view(-1), minlength=count * histogram.KEYS)
    folded = histogram.fold_keys(counts.cpu().numpy().reshape(count, histogram.KEYS))
    track.add(first, folded, moments)


def _keys(values: Tensor, *, narrow: bool) -> Tensor:
    """The keys of float32 values: int32, or int16 where they may be narrow and can be."""
    if values.device.type != "cpu":  # PyTorch has no shift of unsigned integers
        return (values.view(torch.int32) >> histogram.KEY_SHIFT) & (histogram.KEYS - 1)
    unsigned, signed = (np.uint16, np.int16) if narrow else (np.uint32, np.int32)
    keys = np.empty(values.shape, unsigned)
    np.right_shift(values.numpy().view(np.uint32), histogram.KEY_SHIFT, keys, casting="unsafe")
    return torch.from_numpy(keys.view(signed))


def _sums(values: Tensor) -> np.ndarray:
    """Sum and sum of squares of each row in float64, of its finite values; shape (2, K)."""
    total = torch.zeros(2, len(values), dtype=torch.float64, device=values.device)
    sums, squares = total
    for part in values.split(max(1, _CHUNK // len(values)), 1):
        # float32 would lose the spread of values that lie far from zero.
        wide = part.double()
        sums += wide.sum(1)
        squares += torch.linalg.vector_norm(wide, dim=1).square_()  # faster than to square all
    found = total.cpu().numpy()
    # No float32 is so large that these overflow.
    return found if np.isfinite(found).all() else _sums(values.nan_to_num(0.0, 0.0, 0.0))
