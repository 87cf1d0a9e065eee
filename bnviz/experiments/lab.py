"""The lab in Python: what the page trains, trained by PyTorch.

>>> from bnviz.setting import Setting
>>> runs = train_setting(Setting(width=20), 10)
>>> list(runs), len(runs["batch norm"].loss)
(['without norm', 'batch norm'], 10)
"""

from __future__ import annotations

from functools import partial
from typing import Any

from torch import nn

from bnviz import data
from bnviz.experiments.why_it_works import NoisyBatchNorm
from bnviz.networks import mlp
from bnviz.setting import Contestant, Setting
from bnviz.training import Run, Style, train

__all__ = ["train_setting"]

_POINTS = 600  # of the spirals, to learn and to test with


def train_setting(setting: Setting, steps: int, **options: Any) -> dict[str, Run]:
    """Train the networks of a setting, as the page does.

    Args:
        setting: of the lab.
        steps: updates of each network.
        **options: of :func:`bnviz.train`, such as ``record=False``; nothing is probed, and no
            progress is shown, unless told else.

    Returns:
        By the network's label, its run. In float32 it is the run of the page to five digits as long
        as the setting is not chaotic.
    """
    models = {network.label: _model(setting, network) for network in setting.networks}
    styles: dict[str, Style] = {}
    for network in setting.networks:
        if network == Contestant(None):
            styles[network.label] = "without"
        elif network == Contestant("batch"):
            styles[network.label] = "with"
    return train(
        models,
        steps,
        data=_spirals(setting.seed) if setting.data == "spirals" else None,
        lr=setting.lr,
        momentum=setting.momentum,
        weight_decay=setting.weight_decay,
        batch_size=setting.batch_size,
        seed=setting.seed,
        styles=styles,
        **{"probe": False, "progress": False} | options,
    )


def _model(setting: Setting, network: Contestant) -> nn.Module:
    inputs, outputs = (2, 2) if setting.data == "spirals" else (64, 10)
    noisy = partial(NoisyBatchNorm, strength=network.noise) if network.noise else None
    return mlp(
        [inputs, *[setting.width] * setting.depth, outputs],
        setting.activation,
        norm=noisy or network.norm,
        placement=network.placement,
        affine=network.affine,
        init=setting.init,
        seed=setting.seed,
    )


def _spirals(seed: int) -> tuple[Any, ...]:
    return (*data.spirals(_POINTS, seed), *data.spirals(_POINTS, seed + 1000))
