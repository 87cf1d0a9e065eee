"""What is said of a recording while it runs: once, at a line of the user's own code."""

import sys
import warnings

from bnviz.recording.store import Store

__all__ = ["Notes", "warn"]

# Whose code stands between the user's line and what is said there: hooks are called by PyTorch.
_BETWEEN = ("bnviz", "torch")


class Notes:
    """Says each sentence once, and keeps it for those who read the recording.

    Args:
        store: where the sentences are kept.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._given_up: set[str] = set()

    def say(self, sentence: str) -> None:
        """Say something now, and to all who read the recording."""
        if sentence not in self._store.notes:
            self._store.notes.append(sentence)
            warn(sentence)

    def give_up(self, layer: str, error: Exception) -> None:
        """Say that a layer is watched no more; training goes on."""
        if layer not in self._given_up:
            self._given_up.add(layer)
            self.say(
                f"{layer} can no longer be watched, and is left out from step "
                f"{self._store.num_steps} on: {error!r}. Training goes on as before"
            )


def warn(sentence: str) -> None:
    """Warn at the innermost line that is neither ours nor of PyTorch."""
    frame, level = sys._getframe(), 1
    while frame.f_back and _package(frame.f_globals) in _BETWEEN:
        frame, level = frame.f_back, level + 1
    warnings.warn(sentence, stacklevel=level)


def _package(names: dict[str, object]) -> str:
    return str(names.get("__name__", "")).partition(".")[0]
