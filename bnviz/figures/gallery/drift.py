"""Two units' pre-activations as a cloud that moves while the network trains, with and without BN.

Each panel is one network. A point is one image of a fixed batch; its coordinates are what two
units compute for it before their activation. The reader scrubs or plays training and sees
the cloud wander and swell, or stay where it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bnviz.figures.base import Figure, new_picture, series_styles

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Picture

__all__ = ["Drift", "drift"]

Array = NDArray[Any]

LEVELS = 127  # a coordinate is stored as -LEVELS … LEVELS between the ends of its cloud
MISSING = -128  # stands for NaN and inf
MOST_POINTS = 400  # more would hide each other and make the page heavy
MOST_LABELS = 20
_STILLS = 3  # steps in the picture
_CAPTION = (
    "Each point is one image of a fixed batch of {points}: what two units compute for it before "
    "their activation. The cross is the mean of the cloud, the dark line the way it came "
    "from the ring at step {first}, the ellipse one standard deviation around it. "
    "All panels share the same axes until you zoom in."
)


class CloudsLike(Protocol):
    """What ``drift`` reads, for example ``bnviz.twins.Clouds``."""

    steps: Array  # (S,)
    points: Array  # (S, P, 2)
    labels: Array  # (P,)


def drift(clouds: object, caption: str | None = None) -> Drift:
    """Show how two units' pre-activations move during training.

    Args:
        clouds: trained ``Twins``, one ``Clouds``, or several by label. ``Clouds`` has ``steps``
            (S,), ascending; ``points`` (S, P, 2), two units' values for the same P images at each
            step; ``labels`` (P,), the images' classes. All must have the same steps and images.
        caption: what to see; a general one by default.

    Returns:
        The figure.

    Raises:
        TypeError: something that holds no clouds.
        ValueError: shapes that do not fit together, or no data.

    Source: the effect is the one that Ioffe & Szegedy (2015), Figure 1, show by percentiles.

    >>> from types import SimpleNamespace
    >>> points = np.array([[[0.0, 1], [2, 3]], [[5, 6], [9, 8]]])
    >>> figure = drift(SimpleNamespace(steps=[0, 10], points=points, labels=[0, 1]))
    >>> figure.alt.splitlines()[0]
    'Pre-activations of two units for 2 images, from step 0 to step 10.'
    """
    return Drift(_by_label(clouds), caption=caption)


class Drift(Figure):
    """The figure that ``drift`` returns."""

    name = "drift"

    def __init__(self, clouds: Mapping[str, CloudsLike], *, caption: str | None = None) -> None:
        steps, points, classes = _read(clouds)
        _, _, count, _ = points.shape
        shown = np.linspace(0, count - 1, min(count, MOST_POINTS)).round().astype(int)
        mean, covariance, missing = _moments(points)
        stored, centre, half = _quantize(points[:, :, shown])
        names = [str(label) for label in np.unique(classes)]
        self._points = points[:, :, shown]
        super().__init__(
            spec={
                "styles": series_styles(list(clouds)),
                "range": _common_range(points),
                "points": count,
                "classes": names if 1 < len(names) <= MOST_LABELS else [],
            },
            arrays={
                "steps": steps.astype(np.int32),
                "points": np.moveaxis(stored, 1, -1),  # (L, P, 2, S): neighbours in time last
                "centre": centre.astype(np.float32),  # (L, S, 2)
                "half": half.astype(np.float32),  # (L, S, 2)
                "mean": mean.astype(np.float32),  # (L, S, 2)
                "covariance": covariance.astype(np.float32),  # (L, S, 3): xx, xy, yy
                "missing": missing.astype(np.int32),  # (L, S)
                "classes": np.unique(classes, return_inverse=True)[1][shown].astype(np.uint16),
            },
            alt=_describe(list(clouds), steps, mean, covariance, missing, count),
            caption=caption or _CAPTION.format(points=count, first=steps[0]),
        )
        if count > MOST_POINTS and caption is None:
            self.caption += f" {MOST_POINTS} of the images are drawn; the numbers are of all."

    def picture(self) -> Picture:
        """The clouds at the first, a middle and the last step, a row for each network."""
        styles = self.spec["styles"]
        steps = self.arrays["steps"]
        rows = sorted({int(i) for i in np.linspace(0, len(steps) - 1, _STILLS).round()})
        picture, axes = new_picture(
            len(styles),
            len(rows),
            size=(7.2, 0.5 + 2.35 * len(styles)),
            sharex=True,
            sharey=True,
        )
        for i, style in enumerate(styles):
            for j, row in enumerate(rows):
                self._draw_still(axes[i, j], i, row, style)
            axes[i, 0].set_ylabel("pre-activation of unit 2")
        for ax in axes[-1]:
            ax.set_xlabel("pre-activation of unit 1")
        return picture

    def _draw_still(self, ax: Axes, i: int, row: int, style: Mapping[str, Any]) -> None:
        mean, covariance = self.arrays["mean"][i], self.arrays["covariance"][i]
        (x0, x1), (y0, y1) = self.spec["range"]
        ax.set(xlim=(x0, x1), ylim=(y0, y1), aspect="equal")
        ax.axhline(0, color="#d0d7de", linewidth=0.8, zorder=0)
        ax.axvline(0, color="#d0d7de", linewidth=0.8, zorder=0)
        ax.plot(*self._points[i, row].T, ".", color=style["hex"], alpha=0.35, markersize=3, mew=0)
        ax.plot(*ellipse(mean[row], covariance[row]).T, color=style["hex"], linewidth=1.4)
        ax.plot(*mean[: row + 1].T, color="#1f2328", linewidth=1)
        ax.plot(*mean[0], "o", color="#1f2328", markersize=4, fillstyle="none", mew=0.9)
        ax.plot(*mean[row], "+", color="#1f2328", markersize=8, mew=1.4)
        name = f"{style['label']}, " if style["label"] else ""
        ax.set_title(f"{name}step {self.arrays['steps'][row]}", fontsize=9)


# --- reading ------------------------------------------------------------------------------------


def _by_label(clouds: object) -> dict[str, CloudsLike]:
    """``Twins``, a mapping or one cloud, as a mapping."""
    runs = getattr(clouds, "runs", clouds)
    if not isinstance(runs, Mapping):
        runs = {"": runs}
    found = {str(label): getattr(run, "clouds", run) for label, run in runs.items()}
    if not found:
        raise ValueError("drift() got no clouds; give at least one {label: Clouds}")
    for label, cloud in found.items():
        if cloud is not None and not all(hasattr(cloud, n) for n in ("steps", "points", "labels")):
            raise TypeError(
                f"drift() got a {type(cloud).__name__}; give Twins, Clouds or {{label: Clouds}}"
            )
        if cloud is None or not len(cloud.points):
            raise ValueError(f"drift(): {label or 'the run'!r} has no clouds yet; train it first")
    return found


def _read(clouds: Mapping[str, CloudsLike]) -> tuple[Array, Array, Array]:
    """Steps (S,), points (L, S, P, 2) float64 and classes (P,), checked."""
    steps = classes = None
    points = []
    for label, cloud in clouds.items():
        where = f"drift(), clouds {label!r}" if label else "drift()"
        these_steps, cloud_points, these = map(
            np.asarray, (cloud.steps, cloud.points, cloud.labels)
        )
        if cloud_points.ndim != 3 or cloud_points.shape[2] != 2 or not cloud_points.size:
            raise ValueError(
                f"{where}: points has shape {cloud_points.shape}; it must be (steps, images, 2), "
                "two units' values for each image at each step"
            )
        if these_steps.shape != cloud_points.shape[:1] or these.shape != cloud_points.shape[1:2]:
            raise ValueError(
                f"{where}: points has shape {cloud_points.shape}, so steps must have shape "
                f"({cloud_points.shape[0]},) and labels ({cloud_points.shape[1]},); "
                f"they have {these_steps.shape} and {these.shape}"
            )
        if (np.diff(these_steps) <= 0).any():
            raise ValueError(f"{where}: steps must ascend; they are {these_steps.tolist()}")
        if steps is not None and not (
            np.array_equal(steps, these_steps) and np.array_equal(classes, these)
        ):
            raise ValueError(f"{where}: all clouds must have the same steps and the same images")
        steps, classes = these_steps, these
        points.append(cloud_points.astype(np.float64))
    return steps, np.stack(points), classes


# --- numbers ------------------------------------------------------------------------------------


def _moments(points: Array) -> tuple[Array, Array, Array]:
    """Of the finite points of each cloud: mean (…, 2), covariance (…, 3), and how many are not.

    A cloud without a finite point has NaN.
    """
    good = np.isfinite(points).all(axis=-1, keepdims=True)
    count = good.sum(axis=-2)
    with np.errstate(invalid="ignore"):
        mean = np.where(good, points, 0).sum(axis=-2) / count
        off = np.where(good, points - mean[..., None, :], 0)
        x, y = off[..., 0], off[..., 1]
        products = np.stack([x * x, x * y, y * y], axis=-1)
        covariance = products.sum(axis=-2) / count
    return mean, covariance, (~good).sum(axis=(-2, -1))


def ellipse(mean: Array, covariance: Array, corners: int = 48) -> Array:
    """The outline (corners, 2) of the points one standard deviation from the mean.

    >>> outline = ellipse(np.array([1.0, 0.0]), np.array([4.0, 0.0, 9.0]))
    >>> outline.min(axis=0).round(3).tolist(), outline.max(axis=0).round(3).tolist()
    ([-1.0, -3.0], [3.0, 3.0])
    """
    xx, xy, yy = covariance
    wide = np.sqrt(xx)
    slant = xy / wide if wide > 0 else 0.0
    tall = np.sqrt(max(yy - slant**2, 0.0))
    angle = np.linspace(0, 2 * np.pi, corners + 1)
    outline = [wide * np.cos(angle), slant * np.cos(angle) + tall * np.sin(angle)]
    return mean + np.column_stack(outline)


def _quantize(points: Array) -> tuple[Array, Array, Array]:
    """Points as int8 between the ends of each cloud: a tiny cloud keeps its shape too."""
    good = np.isfinite(points)
    low = np.where(good, points, np.inf).min(axis=2)
    high = np.where(good, points, -np.inf).max(axis=2)
    some = good.any(axis=2)
    low, high = np.where(some, low, 0.0), np.where(some, high, 0.0)
    centre = (low + high) / 2
    half = np.where(high > low, (high - low) / 2, 1.0)
    with np.errstate(invalid="ignore"):
        relative = (points - centre[:, :, None]) / half[:, :, None]
    levels = np.where(good, np.round(LEVELS * np.where(good, relative, 0)), MISSING)
    return levels.astype(np.int8), centre, half


def _common_range(points: Array) -> list[list[float]]:
    """Ends of both axes: equally long, with the origin and every cloud that does not explode."""
    flat = points.reshape(-1, points.shape[2], 2)
    flat = np.where(np.isfinite(flat), flat, np.nan)
    flat = flat[~np.isnan(flat).all(axis=(1, 2))]
    if not len(flat):
        return [[-1.0, 1.0], [-1.0, 1.0]]
    ends = np.stack([np.nanmin(flat, axis=1), np.nanmax(flat, axis=1)])  # (2, clouds, 2)
    limit = 4 * np.nanpercentile(np.abs(ends), 75)  # a cloud that explodes leaves the others room
    ends = np.clip(ends, -limit, limit)
    low = np.minimum(np.nanmin(ends, axis=(0, 1)), 0)
    high = np.maximum(np.nanmax(ends, axis=(0, 1)), 0)
    reach = 0.54 * float((high - low).max()) or 1.0
    return [[float(middle - reach), float(middle + reach)] for middle in (low + high) / 2]


# --- in words -----------------------------------------------------------------------------------


def _describe(
    labels: list[str], steps: Array, mean: Array, covariance: Array, missing: Array, count: int
) -> str:
    """The text alternative: where each cloud was, where it is, and how far it went."""
    lines = [
        f"Pre-activations of two units for {count} images, "
        f"from step {steps[0]} to step {steps[-1]}."
    ]
    for i, label in enumerate(labels):
        spread = np.sqrt(covariance[i][:, [0, 2]])
        far = np.linalg.norm(mean[i] - mean[i][0], axis=1)
        words = [
            f"mean {_pair(mean[i][0])}, then {_pair(mean[i][-1])}",
            f"standard deviation {_pair(spread[0])}, then {_pair(spread[-1])}",
        ]
        if np.isfinite(far).any():
            words.append(f"the mean moved up to {np.nanmax(far):.2f} from its start")
        if missing[i].any():
            words.append(f"up to {missing[i].max()} of {count} points are NaN or infinite")
        lines.append(f"{label or 'The cloud'}: {'; '.join(words)}.")
    return "\n".join(lines)


def _pair(values: Array) -> str:
    first, second = (f"{value:.2f}".replace("-0.00", "0.00") for value in values)
    return f"({first}, {second})"
