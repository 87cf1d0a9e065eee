"""The data that the book's experiments run on: handwritten digits, and two spirals.

>>> digits(seed=0).x_train.shape
(1297, 64)
"""

from __future__ import annotations

import functools
import gzip
import hashlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Digits", "all_digits", "as_images", "as_maps", "digits", "spirals"]

_HERE = Path(__file__).resolve().parent
_FILE = "digits.csv.gz"
_TEST_SIZE = 500


class Digits(NamedTuple):
    """Images of handwritten digits, split for training and testing.

    Attributes:
        x_train: (1297, 64) float32, the 8×8 pixels row by row, 0 (paper) to 1 (ink).
        y_train: (1297,) int64, the digit.
        x_test: (500, 64) float32.
        y_test: (500,) int64.
    """

    x_train: NDArray[np.float32]
    y_train: NDArray[np.int64]
    x_test: NDArray[np.float32]
    y_test: NDArray[np.int64]


def digits(seed: int = 0) -> Digits:
    """Give the 8×8 digits, split so that each class has its share in both parts.

    Args:
        seed: decides which images are for testing, and the order within both parts.

    Returns:
        New arrays; changing them changes nothing else.

    Raises:
        FileNotFoundError: the data file is missing.
        ValueError: the data file is damaged.

    Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine
    Learning Repository (1998), CC BY 4.0; see ``data/README.md``.

    >>> split = digits(seed=1)
    >>> split.x_test.shape, float(split.x_test.max())
    ((500, 64), 1.0)
    """
    x, y = _load(data_folder())
    random = np.random.default_rng(seed)
    test_sizes = share_out(_TEST_SIZE, np.bincount(y))
    is_test = np.zeros(len(y), bool)
    for label, size in enumerate(test_sizes):
        is_test[random.permutation(np.flatnonzero(y == label))[:size]] = True
    train = random.permutation(np.flatnonzero(~is_test))
    test = random.permutation(np.flatnonzero(is_test))
    return Digits(x[train], y[train], x[test], y[test])


def all_digits() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Give all images and classes in the order of the file, as whole numbers.

    Returns:
        Pixels (1797, 64) from 0 (paper) to 16 (ink), and the digits (1797,).

    Raises:
        FileNotFoundError: the data file is missing.
        ValueError: the data file is damaged.

    >>> [len(array) for array in all_digits()]
    [1797, 1797]
    """
    x, y = _load(data_folder())
    return (x * 16).astype(np.uint8), y.astype(np.uint8)


def as_maps(split: Digits) -> Digits:
    """Give digits as maps with one channel, as convolutions take them.

    Args:
        split: what :func:`digits` gives.

    Returns:
        The same with images of shape (N, 1, 8, 8).

    >>> as_maps(digits()).x_test.shape
    (500, 1, 8, 8)
    """
    return split._replace(
        x_train=as_images(split.x_train)[:, None], x_test=as_images(split.x_test)[:, None]
    )


def as_images(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give digits of shape (N, 64) or (N, 1, 8, 8) as images (N, 8, 8); others as they are.

    >>> as_images(digits().x_test).shape
    (500, 8, 8)
    """
    return x.reshape(-1, 8, 8) if x.shape[1:] in ((64,), (1, 8, 8)) else x


def spirals(
    n: int = 600, seed: int = 0, turns: float = 1.5, noise: float = 0.03
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Draw points on two spirals that turn around each other: no straight line parts them.

    Args:
        n: number of points.
        seed: of the random numbers.
        turns: how often each spiral goes around the origin; its radius reaches 1.
        noise: standard deviation of the points around their spiral.

    Returns:
        The points (n, 2) float32 and the spiral that each is on (n,) int64, 0 or 1.

    Raises:
        ValueError: a negative number of points or a negative noise.

    >>> x, y = spirals(n=100)
    >>> x.shape, sorted(set(y.tolist()))
    ((100, 2), [0, 1])
    """
    if n < 0 or noise < 0:
        raise ValueError(f"spirals() got n={n} and noise={noise}; both must be 0 or more")
    random = np.random.default_rng(seed)
    radius = np.sqrt(random.uniform(0.05, 1.0, n))  # the root spreads the points over the area
    y = random.integers(0, 2, n)
    angle = 2 * np.pi * turns * radius + np.pi * y
    x = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return (x + noise * random.normal(size=(n, 2))).astype(np.float32), y


def share_out(total: int, counts: NDArray[np.integer]) -> NDArray[np.int64]:
    """Share ``total`` in proportion to ``counts``, in whole numbers: largest remainders first.

    >>> share_out(4, np.array([10, 20, 30])).tolist()
    [1, 1, 2]
    """
    exact = total * counts / counts.sum()
    shares: NDArray[np.int64] = np.floor(exact).astype(np.int64)
    order = np.argsort(shares - exact, kind="stable")
    shares[order[: total - shares.sum()]] += 1
    return shares


def data_folder() -> Path:
    """``data/`` of the checkout, or the copy that an installed wheel carries."""
    carried = _HERE / "_data"
    return carried if carried.is_dir() else _HERE.parent / "data"


@functools.cache
def _load(folder: Path) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    text = _verified(folder).decode("ascii")
    table = np.loadtxt(text.splitlines(), delimiter=",", skiprows=1, dtype=np.uint8)
    x = table[:, :-1].astype(np.float32) / np.float32(16)
    y = table[:, -1].astype(np.int64)
    return x, y


def _verified(folder: Path) -> bytes:
    """The unpacked data file, after its checksum was compared."""
    path, sums = folder / _FILE, folder / "SHA256SUMS"
    remedy = "Restore it with `git checkout -- data`, or install bnviz again."
    for needed in (path, sums):
        if not needed.is_file():
            raise FileNotFoundError(f"{needed} is missing; bnviz reads the digits there. {remedy}")
    lines = (line.split() for line in sums.read_text(encoding="utf-8").splitlines())
    wanted = {parts[1]: parts[0] for parts in lines if len(parts) == 2}.get(_FILE)
    packed = path.read_bytes()
    found = hashlib.sha256(packed).hexdigest()
    if found != wanted:
        expected = f"{sums.name} says {wanted}" if wanted else f"{sums.name} does not name it"
        raise ValueError(f"{path} is damaged: its SHA-256 is {found}, {expected}. {remedy}")
    return gzip.decompress(packed)
