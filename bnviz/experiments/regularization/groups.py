"""Is the noise a gain? The same images in each step, their statistics taken in smaller groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from bnviz.experiments.common import Floats
from bnviz.experiments.regularization.nets import Nets, accuracies, images, learning

__all__ = ["WrongLabels", "accuracy_by_group", "growth_by_group", "with_wrong_labels"]

WITHOUT = "without BN"
DROPOUT = "dropout"  # of half the units behind the last BN; statistics of all images


def accuracy_by_group(
    groups: Sequence[int] = (100, 20, 4),
    seeds: Sequence[int] = range(8),
    *,
    count: int = 100,
    lr: float = 0.3,
    steps: int = 100,
    hidden: Sequence[int] = (50, 50),
) -> dict[int, Floats]:
    """Learn from few images, all of them in each step, with statistics of groups of them.

    One group of all images has no noise. With two hidden layers groups of 20 are better by about a
    point at most, at rates from 0.1 to 1. With four they are better by some points at 0.1 and 0.3,
    and not at 1, where all images at once do as well as the groups at their best rate; with six by
    more, at 0.1. Nearly all know nine tenths of their training images or more. So the gain is no
    property of the noise alone. Wrong labels: :func:`with_wrong_labels`.

    Args:
        groups: images that share their statistics; each divides ``count``.
        seeds: of split, weights and order.
        count: training images.
        lr: learning rate.
        steps: updates.
        hidden: widths of the hidden layers.

    Returns:
        Test accuracy in eval mode, shape (S,), by group.
    """
    x, y, x_test, y_test = images(seeds, count)
    found = {}
    for group in groups:
        nets = Nets(seeds, hidden)
        for step in learning(nets, x, y, seeds, lr=lr, batch_size=count, group=group):
            if step == steps:
                break
        found[group] = accuracies(nets, x_test, y_test)
    return found


class WrongLabels(NamedTuple):
    """Accuracy while networks learn from images some of which have a wrong label.

    Attributes:
        steps: updates before each measurement, shape (T,).
        test: share of the test images named right, shape (S, T), by group, or "dropout".
        train: share of the training images named as their label says, wrong or not, (S, T).
    """

    steps: NDArray[np.int64]
    test: dict[int | str, Floats]
    train: dict[int | str, Floats]


def with_wrong_labels(
    share: float = 0.3,
    groups: Sequence[int] = (200, 20, 4),
    seeds: Sequence[int] = range(5),
    *,
    count: int = 200,
    lr: float = 0.1,
    at: Sequence[int] = (20, 30, 40, 50, 60, 80, 100),
    hidden: Sequence[int] = (50, 50),
) -> WrongLabels:
    """Draw a share of the labels anew, and learn from all images in each step.

    Groups of 4 learn the wrong labels later, and their best test accuracy and their last are
    higher, by some points; groups of 20 behave nearly as no noise at all, but for four layers at
    0.1, where they are ahead. To stop in time brings most of that with two hidden layers, little
    with four. Where no label is wrong, groups of 4 end within some two points. Dropout of half the
    units behind the last BN delays it too, by less.

    Args:
        share: of the training images whose label is drawn among the ten digits.
        groups: images that share their statistics; each divides ``count``.
        seeds: of split, weights, order and labels.
        count: training images.
        lr: learning rate.
        at: after how many steps it is measured.
        hidden: widths of the hidden layers.
    """
    x, y, x_test, y_test = images(seeds, count)
    random = np.random.default_rng([1, *seeds])
    redrawn = torch.from_numpy(random.random(y.shape) < share)
    y = torch.where(redrawn, torch.from_numpy(random.integers(0, 10, y.shape)), y)
    test: dict[int | str, Floats] = {}
    train: dict[int | str, Floats] = {}
    conditions: tuple[int | str, ...] = (*groups, DROPOUT)
    for group in conditions:
        rate = 0.5 if group == DROPOUT else 0.0
        nets = Nets(seeds, hidden, dropout=rate, places=[len(hidden)])
        size = count if isinstance(group, str) else group
        rows = []
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seeds[0])
            for step in learning(nets, x, y, seeds, lr=lr, batch_size=count, group=size):
                if step in at:
                    rows.append([accuracies(nets, x_test, y_test), accuracies(nets, x, y)])
                if step == max(at):
                    break
        test[group], train[group] = np.array(rows).transpose(1, 2, 0)
    return WrongLabels(np.array(at), test, train)


def growth_by_group(
    groups: Sequence[int] = (64, 16, 4),
    seeds: Sequence[int] = range(3),
    *,
    lr: float = 0.1,
    at: Sequence[int] = (0, 10, 20, 40, 60, 80, 100),
    hidden: Sequence[int] = (50, 50),
    layer: int = 1,
) -> tuple[NDArray[np.int64], Mapping[int | str, Floats]]:
    """Measure how long the weights of a layer become, with statistics of groups of a batch of 64.

    The noisier the statistics, the longer the weights, at rates of 0.1 and 0.5, with two layers and
    four. There is no weight decay.

    Returns:
        Steps (T,), and by group the length over that before training, shape (S, T).
    """
    x, y, *_ = images(seeds)
    found: dict[int | str, Floats] = {}
    conditions: tuple[int | str, ...] = (WITHOUT, *groups)
    for group in conditions:
        nets = Nets(seeds, hidden, norm=group != WITHOUT)
        size = 64 if isinstance(group, str) else group
        lengths = []
        for step in learning(nets, x, y, seeds, lr=lr, group=size):
            if step in at:
                lengths.append(
                    nets.layers[layer - 1].weight.detach().flatten(1).norm(dim=1).double()
                )
            if step == max(at):
                break
        length = torch.stack(lengths, 1).numpy()
        found[group] = length / length[:, :1]
    return np.array(at), found
