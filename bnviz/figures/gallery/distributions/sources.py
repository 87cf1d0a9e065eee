"""What the figure is given, by label: a recording, and what its run knows besides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bnviz.figures.kit.labels import by_label
from bnviz.recording import Recording

__all__ = ["Source", "read_sources"]


class Source(NamedTuple):
    """A recording, and the run that it is of; anything that has a ``recording``, or None."""

    recording: Recording
    run: Any

    @property
    def names(self) -> dict[str, str]:
        """What readers call the recorded layers, by their own names."""
        names = getattr(self.run, "names", None)
        return dict(names) if isinstance(names, Mapping) else {}

    @property
    def has_accuracy(self) -> bool:
        """True for a run that measures its test accuracy, even if it has not yet."""
        return hasattr(self.run, "accuracy") and hasattr(self.run, "steps")

    @property
    def accuracy(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Steps, and the test accuracy in [0, 1] after each; both empty where it has none."""
        if not self.has_accuracy:
            return np.zeros(0), np.zeros(0)
        return np.asarray(self.run.steps), np.asarray(self.run.accuracy)

    @property
    def probe(self) -> Any:
        """What units give for single images, as ``Run.probe``, or None."""
        return getattr(self.run, "probe", None)


def read_sources(recordings: object) -> dict[str, Source]:
    """Sort what was given by label.

    Args:
        recordings: a ``Recording``, a ``Run`` or another thing with a ``recording``, such as
            ``bnviz.record(…)``; several by label; or ``Twins``.

    Raises:
        TypeError: something that holds no recording.
        ValueError: nothing at all, or a run that was not recorded.
    """
    found = {label: _source(thing) for label, thing in by_label(recordings).items()}
    if not found:
        raise ValueError("distributions() got no recordings; give at least one")
    return found


def _source(thing: object) -> Source:
    if isinstance(thing, Recording):
        return Source(thing, None)
    recording = getattr(thing, "recording", None)
    if isinstance(recording, Recording):
        return Source(recording, thing)
    if hasattr(thing, "recording"):
        raise ValueError(
            "distributions() got a run that was not recorded: train it with record=True"
        )
    raise TypeError(
        f"distributions() got a {type(thing).__name__}; give a Recording, a Run, Twins, or several "
        "by label: {label: Recording or Run}"
    )
