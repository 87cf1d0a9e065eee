"""Accuracy or loss over training, with a band over seeds.

One training run proves little: with another seed it comes out otherwise. Here a line is
the median over several seeds and the band spans all of them, so that a difference between two
lines can be held against the spread. The reader moves a cursor and reads both off.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bnviz.figures.base import Figure, line_style, new_picture, series_styles

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

__all__ = ["Curves", "curves"]

Array = NDArray[Any]

MOST_ROWS = 400  # steps that are drawn; more would share pixels


def curves(
    runs: object, *, y: str = "accuracy", steps: ArrayLike | None = None, caption: str | None = None
) -> Curves:
    """Show accuracy or loss over training: a line for the median of several seeds, and a band.

    Args:
        runs: ``{label: [Run, …]}``, a run for each seed; or ``Twins``, or a list of ``Twins`` of
            different seeds; or ``{label: array}`` with an array (seeds, T) or (T,).
        y: ``"accuracy"`` (0 to 1) or ``"loss"``. A run's accuracy is that on the test images, at
            its ``steps``; its loss is that of each training batch.
        steps: (T,) ascending, the training steps of the arrays; 1 … T by default.
        caption: what to see; a general one by default.

    Returns:
        The figure. Loss that is recorded at more than a hundred steps is smoothed by a running
        median, and the figure says so.

    Raises:
        TypeError: something that holds no runs.
        ValueError: shapes that do not fit together, no data, or an unknown ``y``.

    >>> figure = curves({"with BN": [[0.1, 0.8, 0.9], [0.1, 0.9, 1.0]]}, steps=[0, 50, 100])
    >>> figure.alt.splitlines()[1]
    'with BN (2 seeds): 10.0 % at step 0, 95.0 % (90.0 to 100.0 %) at step 100.'
    """
    if y not in ("accuracy", "loss"):
        raise ValueError(f"curves(): y is {y!r}; it must be 'accuracy' or 'loss'")
    series = _read(runs, y, steps)
    return Curves({label: _summarize(one, y) for label, one in series.items()}, y, caption)


class _Series(NamedTuple):
    """One label's values, as recorded."""

    steps: Array  # (T,)
    values: Array  # (seeds, T)
    of_run: bool  # from Run objects, so that we know what it is


class _Summary(NamedTuple):
    """What is drawn of one label: R steps, median and range over the seeds that are finite."""

    steps: Array  # (R,)
    seeds: Array  # (seeds, R)
    median: Array
    low: Array
    high: Array
    lost: Array  # (R,) how many seeds are NaN or infinite
    window: int  # of the running median; 1 without smoothing
    of_run: bool


class Curves(Figure):
    """The figure that ``curves`` returns."""

    name = "curves"

    def __init__(self, series: Mapping[str, _Summary], y: str, caption: str | None = None) -> None:
        self._series = dict(series)
        known = all(one.of_run for one in series.values())
        window = max(one.window for one in series.values())
        title = {
            ("accuracy", True): "test accuracy",
            ("accuracy", False): "accuracy",
            ("loss", True): "training loss (nats)",
            ("loss", False): "loss",
        }[y, known]
        arrays: dict[str, Array] = {}
        for i, one in enumerate(series.values()):
            arrays[f"steps{i}"] = one.steps.astype(np.int32)
            arrays[f"seeds{i}"] = one.seeds.astype(np.float32)
            for name in ("median", "low", "high"):
                arrays[f"{name}{i}"] = getattr(one, name).astype(np.float32)
            arrays[f"lost{i}"] = one.lost.astype(np.uint16)
        every = np.unique(np.concatenate([one.steps for one in series.values()]))
        arrays["cursor"] = every[_rows(len(every))].astype(np.int32)
        notes = _notes(self._series, window)
        super().__init__(
            spec={
                "styles": series_styles(list(series)),
                "y": y,
                "title": title,
                "range": _range(self._series, y),
                "notes": notes,
            },
            arrays=arrays,
            alt=_describe(self._series, y, title),
            caption=caption or _caption(self._series, title),
        )

    def picture(self) -> Picture:
        """The same lines and bands, over a linear axis."""
        picture, axes = new_picture(size=(7.2, 3.4))
        ax = axes[0, 0]
        factor = 100 if self.spec["y"] == "accuracy" else 1
        for style, one in zip(self.spec["styles"], self._series.values(), strict=True):
            if len(one.seeds) > 1:
                low, high = factor * one.low, factor * one.high
                ax.fill_between(one.steps, low, high, color=style["hex"], alpha=0.18, linewidth=0)
            name = f"{style['label']} ({_count(one)})" if style["label"] else _count(one)
            ax.plot(one.steps, factor * one.median, label=name, linewidth=1.8, **line_style(style))
        low, high = self.spec["range"]
        ax.set_ylim(factor * low, factor * (low + 1.02 * (high - low)))
        ax.set_xlabel("training step")
        window = max(one.window for one in self._series.values())
        smoothed = f"\nrunning median over {window} steps" if window > 1 else ""
        ax.set_ylabel(self.spec["title"] + (" (%)" if factor == 100 else "") + smoothed)
        ax.grid(color="#e4e8ec", linewidth=0.7)
        ax.set_axisbelow(True)
        ax.legend(fontsize=8.5, frameon=False, loc="best")
        return picture


# --- reading ------------------------------------------------------------------------------------


def _read(runs: object, y: str, steps: ArrayLike | None) -> dict[str, _Series]:
    found = {str(label): value for label, value in _by_label(runs).items()}
    if not found:
        raise ValueError("curves() got no runs; give at least one {label: [Run, …]}")
    return {label: _one(label, value, y, steps) for label, value in found.items()}


def _by_label(runs: object) -> Mapping[str, Any]:
    pairs = runs if isinstance(runs, Sequence) and not isinstance(runs, str) else [runs]
    if pairs and all(isinstance(getattr(pair, "runs", None), Mapping) for pair in pairs):
        return {label: [pair.runs[label] for pair in pairs] for label in pairs[0].runs}
    if isinstance(runs, Mapping):
        return runs
    raise TypeError(
        f"curves() got a {type(runs).__name__}; give {{label: [Run, …]}}, {{label: array}} or Twins"
    )


def _one(label: str, value: Any, y: str, steps: ArrayLike | None) -> _Series:
    where = f"curves(), {label!r}"
    several = list(value) if isinstance(value, list | tuple) else [value]
    of_run = bool(several) and all(hasattr(run, "loss") for run in several)
    if of_run:
        lines = [np.asarray(getattr(run, y), dtype=np.float64) for run in several]
        lengths = sorted({len(line) for line in lines})
        if len(lengths) > 1:
            raise ValueError(
                f"{where}: the runs are {', '.join(map(str, lengths))} values long; "
                "all seeds must be trained and evaluated at the same steps"
            )
        values = np.stack(lines)
        steps = several[0].steps if y == "accuracy" else None
    else:
        try:
            values = np.atleast_2d(np.asarray(value, dtype=np.float64))
        except (TypeError, ValueError):
            raise TypeError(
                f"{where}: got a {type(value).__name__} that is neither runs nor numbers of shape "
                "(seeds, steps)"
            ) from None
    if values.ndim != 2 or not values.size:
        hint = "; train it first" if of_run else ""
        raise ValueError(f"{where}: {y} has shape {values.shape}; give (seeds, steps){hint}")
    length = values.shape[1]
    steps = np.arange(1, length + 1) if steps is None else np.asarray(steps)
    if steps.shape != (length,):
        raise ValueError(f"{where}: {length} values but steps of shape {steps.shape}")
    if (np.diff(steps) <= 0).any() or steps[0] < 0:
        raise ValueError(f"{where}: steps must ascend from 0 or more; they are {steps.tolist()}")
    finite = values[np.isfinite(values)]
    if y == "accuracy" and finite.size and (finite.min() < 0 or finite.max() > 1):
        raise ValueError(
            f"{where}: accuracy goes from {finite.min():g} to {finite.max():g}; give shares from 0 "
            "to 1 (divide per cents by 100)"
        )
    return _Series(steps.astype(np.int64), values, of_run)


# --- summary ------------------------------------------------------------------------------------


def _summarize(one: _Series, y: str) -> _Summary:
    length = len(one.steps)
    rows = _rows(length)
    window = 1 if y == "accuracy" or length <= 100 else length // 50 | 1
    good = np.where(np.isfinite(one.values), one.values, np.nan)
    seeds = running_median(good, rows, window)
    seeds[np.isnan(good[:, rows])] = np.nan
    lost = np.isnan(seeds).sum(axis=0)
    some = lost < len(seeds)
    median, low, high = (np.full(len(rows), np.nan) for _ in range(3))
    median[some] = np.nanmedian(seeds[:, some], axis=0)
    low[some] = np.nanmin(seeds[:, some], axis=0)
    high[some] = np.nanmax(seeds[:, some], axis=0)
    return _Summary(one.steps[rows], seeds, median, low, high, lost, window, one.of_run)


def _rows(length: int) -> Array:
    """Which of many steps are drawn: dense at the start, for a logarithmic axis, and even."""
    if length <= MOST_ROWS:
        return np.arange(length)
    even = np.linspace(0, length - 1, MOST_ROWS * 5 // 8)
    early = np.geomspace(1, length, MOST_ROWS * 3 // 8) - 1
    return np.unique(np.concatenate([even, early]).round().astype(int))


def running_median(values: Array, rows: Array, window: int) -> Array:
    """The median around each row, over ``window`` values and fewer towards both ends.

    At the start, where values fall fast, the window shrinks on both sides alike; at the end it
    only lacks the values to come. NaN is left out; a window of nothing else gives NaN.

    >>> running_median(np.array([[1.0, 9, 2, 3, 4]]), np.arange(5), window=3)
    array([[1. , 2. , 3. , 3. , 3.5]])
    """
    out = np.full((len(values), len(rows)), np.nan)
    for i, row in enumerate(rows):
        half = min(window // 2, row)
        part = values[:, row - half : row + half + 1]
        some = ~np.isnan(part).all(axis=1)
        out[some, i] = np.nanmedian(part[some], axis=1)
    return out


def _range(series: Mapping[str, _Summary], y: str) -> list[float]:
    """Ends of the vertical axis; a loss that explodes leaves the others room."""
    low = np.concatenate([one.low[np.isfinite(one.low)] for one in series.values()])
    high = np.concatenate([one.high[np.isfinite(one.high)] for one in series.values()])
    if not len(low):
        return [0.0, 1.0]
    if y == "accuracy":
        return [float(np.floor(10 * low.min()) / 10) if 0.5 <= low.min() < 1 else 0.0, 1.0]
    bottom = min(0.0, float(low.min()))
    top = min(float(high.max()), 4 * float(np.percentile(high, 75)))
    return [bottom, max(top, bottom + 1e-6)]


# --- in words -----------------------------------------------------------------------------------


def _count(one: _Summary) -> str:
    return "1 seed" if len(one.seeds) == 1 else f"{len(one.seeds)} seeds"


def _caption(series: Mapping[str, _Summary], title: str) -> str:
    name = title.split(" (")[0]
    several = [one for one in series.values() if len(one.seeds) > 1]
    if not several:
        return f"{name.capitalize()}, step by step, of one seed: there is no spread to show."
    return (
        f"{name.capitalize()}, step by step. Line: median over the seeds. Band: from the lowest "
        "to the highest seed. Move the cursor to read both."
    )


def _notes(series: Mapping[str, _Summary], window: int) -> list[str]:
    notes = []
    single = [label or "the line" for label, one in series.items() if len(one.seeds) == 1]
    if single:
        notes.append(f"One seed, so no band: {', '.join(single)}.")
    if window > 1:
        notes.append(
            f"Loss of single batches is noisy: each seed is smoothed by a running median over "
            f"{window} steps, fewer at both ends."
        )
    return notes


def _describe(series: Mapping[str, _Summary], y: str, title: str) -> str:
    """The text alternative: first and last values, and who is sooner."""
    last = max(int(one.steps[-1]) for one in series.values())
    lines = [f"{title.capitalize()} up to training step {last}, median and range over seeds."]
    for label, one in series.items():
        words = [f"{_at(one, row, y)} at step {one.steps[row]}" for row in (0, -1)]
        text = f"{label or 'The line'} ({_count(one)}): {', '.join(words)}"
        if one.lost.any():
            text += f"; up to {one.lost.max()} of {_count(one)} NaN or infinite"
        lines.append(f"{text}.")
    firsts, finals = np.array([one.median[[0, -1]] for one in series.values()]).T
    goal = np.floor(10 * finals.min()) / 10 if y == "accuracy" else np.nan
    # Where one has learned nothing, the others reach its accuracy by guessing.
    if len(series) > 1 and goal > firsts.max():
        times = [
            f"{label} at step {one.steps[np.argmax(one.median >= goal)]}"
            for label, one in series.items()
        ]
        lines.append(f"The median first reaches {100 * goal:.0f} %: {', '.join(times)}.")
    return "\n".join(lines)


def _at(one: _Summary, row: int, y: str) -> str:
    """A value with its range, such as "95.0 % (90.0 to 100.0 %)"."""
    if np.isnan(one.median[row]):
        return "not a number"
    unit = " %" if y == "accuracy" else ""
    numbers = [one.median[row], one.low[row], one.high[row]]
    texts = [f"{100 * v:.1f}" if y == "accuracy" else f"{v:.3g}" for v in numbers]
    middle, low, high = texts
    return f"{middle}{unit}" + (f" ({low} to {high}{unit})" if low != high else "")
