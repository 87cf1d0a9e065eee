"""A recorded run as the lab shows one: what stands there before it trains in the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnviz.data import digits
from bnviz.setting import Setting

__all__ = ["encode"]

_MOMENTS = 100
_BINS = 64  # as in worker.js
_FAR = 60_000.0  # float16 goes no farther, and the figure not as far
_SHARES = 10_000  # of all values, as counts
_IMAGES = 12  # as in data.js
_EDGE, _PLACES, _NONE = 1.1, 32, 255  # as in answers.js


def encode(setting: Setting, runs: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """The recorded runs of N networks of L layers, at M moments.

    Args:
        setting: of the runs.
        runs: by label, each with a recording and measurements of the accuracy.

    Returns:
        ``recorded.steps`` (M,), ``recorded.percentiles`` (N, L, M, 3), ``recorded.losses`` (N, M),
        ``recorded.evaluated`` (E,), ``recorded.accuracies`` (N, E); and of the last moment
        ``recorded.reach`` (L,), ``recorded.counts`` (N, L, 64), ``recorded.std`` and
        ``recorded.idle`` (N, L), ``recorded.answers`` (N, A) to the first images of the test set
        or all over the plane of the spirals.
    """
    first = next(iter(runs.values()))
    layers, begins = first.recording.layers, first.recording.steps
    rows = np.unique(np.linspace(0, len(begins) - 1, _MOMENTS).round().astype(int))
    steps = np.append(begins[rows][:-1], first.recording.num_steps)  # the last row goes to the end
    percentiles = np.array(
        [[run.recording.percentiles(layer)[rows] for layer in layers] for run in runs.values()]
    )
    ends = np.nan_to_num(np.abs(percentiles[:, :, -1])).max(axis=(0, 2))
    reach = np.array([next((top for top in (4, 8, 16, 32) if end < 0.8 * top), 64) for end in ends])
    last = [
        [_last(run.recording, layer, top) for layer, top in zip(layers, reach, strict=True)]
        for run in runs.values()
    ]
    asked = _asked(setting)
    answers = np.array([run.answers(asked) for run in runs.values()])
    return {
        "recorded.steps": steps.astype(np.float32),
        "recorded.percentiles": percentiles.clip(-_FAR, _FAR).astype(np.float16),
        "recorded.losses": np.array([run.loss[steps - 1] for run in runs.values()], np.float32),
        "recorded.evaluated": first.steps.astype(np.float32),
        "recorded.accuracies": np.array([run.accuracy for run in runs.values()], np.float32),
        "recorded.answers": np.where(answers < 0, _NONE, answers).astype(np.uint8),
        "recorded.reach": reach.astype(np.float32),
        "recorded.counts": np.array([[one[0] for one in all_] for all_ in last], np.uint16),
        "recorded.std": np.array([[one[1] for one in all_] for all_ in last], np.float32),
        "recorded.idle": np.array([[one[2] for one in all_] for all_ in last], np.float32),
    }


def _asked(setting: Setting) -> NDArray[np.float32]:
    """What the figure shows the networks' answers to."""
    if setting.data == "digits":
        return digits(setting.seed).x_test[:_IMAGES]
    middles = _EDGE * ((2 * np.arange(_PLACES) + 1) / _PLACES - 1)
    return np.array([(x, y) for y in middles for x in middles], np.float32)


def _last(recording: Any, layer: str, reach: float) -> tuple[NDArray[Any], float, float]:
    """The histogram of the last row, its standard deviation, and the share of idle outputs."""
    shares = recording.shares(layer, np.linspace(-reach, reach, _BINS + 1))[-1]
    saturated = recording.saturated(layer)[-1]
    idle = recording.inactive(layer)[-1] if np.isnan(saturated) else saturated
    return (_SHARES * np.nan_to_num(shares)).round(), float(recording.std(layer)[-1]), float(idle)
