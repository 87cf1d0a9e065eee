"""All taps of a recorder: made when a layer first runs, emptied and judged together."""

import random
from collections.abc import Callable, Sequence
from functools import partial

from torch import Tensor, nn

from bnviz.recording.layers import activation_kind
from bnviz.recording.layouts import Layouts
from bnviz.recording.notes import Notes
from bnviz.recording.store import Store
from bnviz.recording.tap import Tap
from bnviz.recording.track import Quantity
from bnviz.words import counted

__all__ = ["WINDOW", "Taps"]

#: Kept steps that gather before they are binned, or fewer where a figure follows slow steps.
WINDOW = 128


class Taps:
    """Makes the taps of every call of a module, and does what is done to all of them.

    Args:
        store: where the histograms go.
        layouts: finds where the features are.
        sample: values to keep of each tensor; None keeps all.
        units: features or channels that get taps of their own.
        notes: told what is not recorded.
    """

    def __init__(
        self,
        store: Store,
        layouts: Layouts,
        *,
        sample: int | None,
        units: Sequence[int],
        notes: Notes,
    ) -> None:
        self._store, self._layouts = store, layouts
        self._sample, self._units = sample, units
        self._notes = notes
        self._random = random.Random(0)  # own generator: recording must not change the run
        self._taps: list[Tap] = []

    def make(
        self, module: nn.Module, at_input: bool, label: str, tensor: Tensor, gradients: bool
    ) -> list[Tap]:
        """The taps of one call of a module: of all units together, and of single ones.

        Args:
            module: what is called.
            at_input: whether they are at its input, or at its output.
            label: what the call is called.
            tensor: the first one that came there.
            gradients: whether they are for the gradients of the loss there.
        """
        kind = activation_kind(module) if at_input and not gradients else None
        quantity: Quantity = "gradient" if gradients else "input" if at_input else "output"
        layout = self._layouts.find(module, at_input=at_input)
        self._check_axis(tensor.ndim)
        axis = layout.axis_in(tensor.shape) if layout else None
        size = tensor.shape[axis] if axis is not None else 1
        missing = [unit for unit in self._units if layout and unit >= size]
        if missing:
            self._notes.say(
                f"no unit {' or '.join(map(str, missing))} among {counted(size, 'unit')}, from 0 "
                f"on, in {label}; left out there"
            )
        names: dict[int | None, str] = {None: label}
        names |= {unit: f"{label}[{unit}]" for unit in self._units if unit not in missing}
        taps = [
            Tap(
                self._store,
                f"{name}.grad" if gradients else name,
                quantity=quantity,
                activation=kind,
                unit=unit,
                sample=self._sample,
                window=WINDOW,
                layout=layout,
                generator=self._random,
            )
            for unit, name in names.items()
        ]
        self._taps += taps
        return taps

    def _check_axis(self, ndim: int) -> None:
        axis = self._layouts.axis
        if axis is not None and ndim and not -ndim <= axis < ndim:
            self._notes.say(
                f"there is no feature_axis {axis} in some layers' tensors of "
                f"{counted(ndim, 'dimension')} (it may be {-ndim} to {ndim - 1} there); the usual "
                "place of features is taken there"
            )

    def flush(self) -> None:
        """Bring what has gathered into the tables."""
        self._each(Tap.flush)

    def judge(self, *, whole: bool) -> None:
        """A window of steps is over; see :meth:`Tap.judge`."""
        self._each(partial(Tap.judge, whole=whole))

    def _each(self, do: Callable[[Tap], None]) -> None:
        for tap in tuple(self._taps):
            try:
                do(tap)
            except Exception as error:
                self._taps.remove(tap)
                tap.close()
                self._notes.give_up(tap.name, error)
