"""A recording as a table of text: a row a layer, with what its newest row says."""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from bnviz.recording.rows import Rows
from bnviz.recording.store import Store
from bnviz.words import counted

__all__ = ["contents", "summary"]

_LAYERS = 24  # lines; of more, the first and the last
_NAME = 32  # letters


def summary(store: Store, headline: str, empty: str) -> str:
    """The text.

    Args:
        store: the tables.
        headline: the first line.
        empty: what stands there where nothing was recorded.
    """
    names = [name for name, track in store.tracks.items() if track.rows]
    steps = store.steps
    if not names:
        return "\n".join([f"{headline}: {empty}", *store.notes])
    shown = names
    if len(names) > _LAYERS:
        shown = [*names[: _LAYERS // 2], *names[-_LAYERS // 2 :]]
    columns = _columns(store, shown)
    lines = [list(columns), *zip(*columns.values(), strict=True)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = [
        "  ".join(
            cell.ljust(width) if i < 2 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    if len(shown) < len(names):
        text.insert(1 + _LAYERS // 2, f"… {len(names) - len(shown)} more …")
    first, last = steps[-1], store.num_steps
    row = f"step {last}" if first == last else f"steps {first} to {last}"
    headline = f"{headline}; numbers are those of the last row, {row}"
    return "\n".join([headline, *text, *store.notes])


def contents(store: Store) -> str:
    """How many there are of each kind of track, and of steps, in words.

    >>> store = Store()
    >>> tracks = [store.track(name) for name in ("fc", "fc[0]", "fc[7]")]
    >>> contents(store)
    '1 layer, 2 units, 0 steps'
    """
    names = tuple(store.tracks)  # a run in another thread may go on
    kinds = Counter(_kind(store, name) for name in names) or Counter(layer=0)
    kinds["step"] = store.num_steps
    return ", ".join(counted(number, kind) for kind, number in kinds.items())


def _kind(store: Store, name: str) -> str:
    """What a reader would call the values of a track."""
    quantity = store.tracks[name].quantity
    if quantity in ("gradient", "update"):
        return quantity
    return "unit" if name.endswith("]") and name.rpartition("[")[0] in store.tracks else "layer"


def _columns(store: Store, names: Sequence[str]) -> dict[str, list[str]]:
    """The cells by column; shares that no layer has are left out."""
    tracks = [store.tracks[name] for name in names]
    rows = Rows(tracks)
    percentiles = rows.percentiles([15, 50, 85])[:, 0].T
    columns = {
        "layer": [_short(name) for name in names],
        "recorded": [
            f"input of {track.activation}" if track.activation else track.quantity
            for track in tracks
        ],
        "steps": [_steps_of(store, name) for name in names],
        "mean": _cells(rows.mean()[:, 0], _number),
        "std": _cells(rows.std()[:, 0], _number),
        "15 %": _cells(percentiles[0], _number),
        "50 %": _cells(percentiles[1], _number),
        "85 %": _cells(percentiles[2], _number),
        "saturated": _cells(rows.saturated()[:, 0], _percent),
        "inactive": _cells(rows.inactive()[:, 0], _percent),
        "dead": _cells(rows.dead()[:, 0], _percent),
        "NaN/inf": [str(count) if count else "" for count in rows.nonfinite().sum(axis=(1, 2))],
    }
    return {title: cells for title, cells in columns.items() if any(cells)}


def _steps_of(store: Store, name: str) -> str:
    """The first and the last training step of a layer, as far as its rows tell."""
    track, width = store.tracks[name], store.stride * store.every
    some = np.flatnonzero(Rows([track], [range(track.rows)]).total[0])
    if not len(some):
        return ""
    return f"{1 + some[0] * width}–{min((some[-1] + 1) * width, store.num_steps)}"


def _short(name: str) -> str:
    """The name, without its middle where it is long."""
    half = _NAME // 2
    return name if len(name) <= _NAME else f"{name[: half - 1]}…{name[-half:]}"


def _cells(values: Sequence[float] | np.ndarray, write: Callable[[float], str]) -> list[str]:
    return ["" if np.isnan(value) else write(value) for value in values]


def _number(value: float) -> str:
    return f"{value:.3g}"


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
