"""Which units of a rectifier let nothing through, judged window by window."""

import numpy as np
from torch import Tensor

__all__ = ["DeadUnits", "Verdict"]

#: The recorded steps that were judged, the number of dead units, and the number of all that gave
#: numbers.
Verdict = tuple[list[int], int, int]


class DeadUnits:
    """Keeps the highest value of every unit, until a window of steps is over.

    A unit is dead in a window where none of its recorded values was above zero; of one that gave
    NaN, nobody knows.
    """

    def __init__(self) -> None:
        self._times: list[int] = []
        self._highest: np.ndarray | None = None
        self._before: np.ndarray | None = None  # the highest values of the window before

    def see(self, times: list[int], gathered: Tensor, features: int) -> None:
        """Take the values of some recorded steps.

        Args:
            times: the recorded steps, ascending.
            gathered: their values, shape (K, …).
            features: the axis of the units in ``gathered``.
        """
        others = [axis for axis in range(gathered.ndim) if axis != features]
        highest = gathered.amax(others).cpu().numpy()
        self._highest = _together(self._highest, highest)
        self._times += times

    def judge(self, whole: bool) -> Verdict | None:
        """End the window; None where nothing came in it.

        Args:
            whole: False for what remains at the end of a run. It is judged together with the
                window before it: in a few steps, a unit that works may well be silent.
        """
        highest = self._highest
        if highest is None:
            return None
        if not whole:
            highest = _together(self._before, highest)
        times, self._times = self._times, []
        self._before, self._highest = highest, None
        return times, int((highest <= 0).sum()), int((~np.isnan(highest)).sum())


def _together(one: np.ndarray | None, two: np.ndarray) -> np.ndarray:
    """The higher of both for each unit; the second alone where the units are not the same."""
    return two if one is None or one.shape != two.shape else np.maximum(one, two)
