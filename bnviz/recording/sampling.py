"""Which elements of a tensor are kept: all of them, those of one unit, or a random part."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Tensor

from bnviz.words import counted

__all__ = ["Grid", "choose_grid"]

#: Of maps, so many times the sample: neighboring values are alike, and the layers take longer.
_MAPS = 8


@dataclass(frozen=True)
class Grid:
    """Evenly spaced elements of tensors with one layout; where they begin is drawn anew.

    Attributes:
        size: the shape of what is kept, in the order rows, features, positions; where all is kept,
            in the tensor's own order.
        strides: distances of these elements in the tensor's storage.
        start: distance of the first feature that is kept.
        jumps: for each dimension that is sampled, at how many places the grid can begin and how
            far apart they lie.
        features: the dimension of the features in ``size``.
        whole: every element is kept.
    """

    size: tuple[int, ...]
    strides: tuple[int, ...]
    start: int
    jumps: tuple[tuple[int, int], ...]
    features: int
    whole: bool

    def take(self, tensor: Tensor, draw: Callable[[], float]) -> Tensor:
        """A view of the elements, of shape ``size``; ``draw`` gives random numbers in [0, 1)."""
        if self.whole:
            return tensor.reshape(self.size)
        offset = tensor.storage_offset() + self.start
        for places, stride in self.jumps:
            offset += int(draw() * places) * stride
        return tensor.as_strided(self.size, self.strides, offset)


def choose_grid(
    shape: Sequence[int],
    strides: Sequence[int],
    *,
    unit: int | None,
    sample: int | None,
    features: int | None,
) -> Grid:
    """Decide which elements of tensors with this layout to keep.

    Args:
        shape: of the tensors, of any number of dimensions.
        strides: of the tensors, as ``Tensor.stride`` gives them.
        unit: keep this feature alone.
        sample: values to keep of each tensor, eight times as many of maps; None keeps all.
        features: the dimension of the features (units, channels). The first one of the others is
            that of the rows. None: every number is of the one feature that there is.

    Returns:
        The elements: a sample is a grid of rows and positions, with all features of each.

    Raises:
        IndexError: there is no such unit.

    >>> grid = choose_grid((64, 100), (100, 1), unit=None, sample=512, features=1)
    >>> grid.size, grid.jumps
    ((4, 100), ((25, 100),))
    """
    full, steps = tuple(shape), tuple(strides)
    if features is None:
        full, steps, features = (*full, 1), (*steps, 1), len(full)
    if len(full) == 1:  # one example, or one number
        full, steps, features = (1, *full), (1, *steps), features + 1
    rows = 1 if features == 0 else 0
    order = [rows, features, *(d for d in range(len(full)) if d not in (rows, features))]
    size, distance = [full[d] for d in order], [steps[d] for d in order]
    start = 0
    if unit is not None:
        if unit >= size[1]:
            raise IndexError(f"no unit {unit} among {counted(size[1], 'unit')}, from 0 on,")
        start, size[1] = unit * distance[1], 1
    jumps = []
    positions = len(size) - 2  # dimensions of them
    limit = math.inf if sample is None else sample * (_MAPS if positions else 1)
    if math.prod(size) > limit:
        places = max(1, int(limit) // size[1])
        # As many rows as positions in each: both differ among themselves.
        kept = min(size[0], math.isqrt(places - 1) + 1 if positions else places)
        along = (places / kept) ** (1 / max(1, positions)) + 1e-9
        for d in (0, *range(2, len(size))):
            keep = kept if d == 0 else max(1, min(size[d], int(along)))
            # Rounded up: with room to begin at any offset, no place is taken more often.
            step = -(-size[d] // keep)
            keep = size[d] // step
            jumps.append((size[d] - (keep - 1) * step, distance[d]))
            size[d], distance[d] = keep, distance[d] * step
    if math.prod(size) == math.prod(shape):
        return Grid(full, steps, 0, (), features, whole=True)
    return Grid(tuple(size), tuple(distance), start, tuple(jumps), 1, whole=False)
