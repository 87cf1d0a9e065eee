"""What a training run is made of, as a value: Python trains it, and so does the page of the lab.

>>> Setting(lr=2.0, networks=[Contestant(None), Contestant("layer")]).query()
'networks=none,layer&lr=2'
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Contestant", "Setting"]

_NORMS = (None, "batch", "layer", "group", "rms")
_GROUPS = 4
_NAMES = {None: "without norm", "rms": "RMSNorm"}


@dataclass(frozen=True)
class Contestant:
    """What one of several networks has of its own.

    Args:
        norm: "batch", "layer", "group" (four groups), "rms" or None.
        placement: the norm stands "before" or "after" the activation.
        noise: strength of the noise behind a batch norm, as in
            :class:`bnviz.experiments.why_it_works.NoisyBatchNorm`; 0 for none.
        affine: whether a batch norm learns γ and β; else they stay at 1 and 0.

    Raises:
        ValueError: an argument does not fit; the message says what does.

    >>> Contestant("batch", "after").label
    'batch norm, after'
    """

    norm: str | None = "batch"
    placement: str = "before"
    noise: float = 0.0
    affine: bool = True

    def __post_init__(self) -> None:
        if self.norm not in _NORMS:
            names = ", ".join(repr(norm) for norm in _NORMS)
            raise ValueError(f"norm is one of {names}; given {self.norm!r}")
        if self.placement not in ("before", "after"):
            raise ValueError(f"placement is 'before' or 'after'; given {self.placement!r}")
        if not 0 <= self.noise <= 10 or (self.noise and self.norm != "batch"):
            raise ValueError(f"noise, 0 to 10, stands behind a batch norm; given {self!r}")
        if not self.affine and (self.norm != "batch" or self.noise):
            raise ValueError(f"γ and β are held in a batch norm without noise; given {self!r}")

    @property
    def label(self) -> str:
        """What readers call it."""
        name = _NAMES.get(self.norm, f"{self.norm} norm") if self.affine else "BN, γ, β fixed"
        if self.noise:
            name = f"BN + noise × {self.noise:g}"
        return f"{name}, after" if self.norm and self.placement == "after" else name

    @property
    def _token(self) -> str:
        noise = f"noise{self.noise:g}" if self.noise else ""
        after = "after" if self.placement == "after" else ""
        fixed = "" if self.affine else "fixed"
        return "-".join(filter(None, [self.norm or "none", after, noise, fixed]))


@dataclass(frozen=True)
class Setting:
    """Networks that start from the same weights and see the same batches.

    The defaults are the book's twins, :class:`bnviz.Twins`: the same seed is the same run.

    Args:
        networks: one to three.
        data: "digits" or "spirals".
        depth: hidden layers, 1 to 10.
        width: units in each; a multiple of four, for the groups of group norm.
        activation: "sigmoid", "tanh" or "relu".
        init: standard deviation of the initial weights, "kaiming", "xavier", or None for
            PyTorch's default, as in :func:`bnviz.mlp`.
        lr: learning rate of SGD.
        momentum: momentum of SGD.
        weight_decay: weight decay of SGD.
        batch_size: examples in a batch, 2 to 600.
        seed: of the split, the weights and the order of the batches.

    Raises:
        ValueError: an argument does not fit; the message says what does.
    """

    networks: Sequence[Contestant] = field(
        default_factory=lambda: (Contestant(None), Contestant("batch"))
    )
    data: str = "digits"
    depth: int = 3
    width: int = 100
    activation: str = "sigmoid"
    init: float | str | None = 0.1
    lr: float = 0.5
    momentum: float = 0.0
    weight_decay: float = 0.0
    batch_size: int = 60
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "networks", tuple(self.networks))
        labels = [network.label for network in self.networks]
        checks = {
            "networks are one to three": 1 <= len(labels) <= 3,
            "networks differ from each other": len(set(labels)) == len(labels),
            "data is 'digits' or 'spirals'": self.data in ("digits", "spirals"),
            "depth is 1 to 10": 1 <= self.depth <= 10,
            "width is 4 to 400, a multiple of 4": self.width in range(4, 401, _GROUPS),
            "activation is 'sigmoid', 'tanh' or 'relu'": self.activation
            in ("sigmoid", "tanh", "relu"),
            "init is a standard deviation, 'kaiming', 'xavier' or None": self.init
            in ("kaiming", "xavier", None)
            or (not isinstance(self.init, str) and self.init > 0),
            "lr is above 0": self.lr > 0,
            "momentum is 0 or more, below 1": 0 <= self.momentum < 1,
            "weight_decay is 0 or more": self.weight_decay >= 0,
            "batch_size is 2 to 600": 2 <= self.batch_size <= 600,
            "seed is 0 or more": self.seed >= 0,
        }
        for what, holds in checks.items():
            if not holds:
                given = getattr(self, what.split()[0])
                raise ValueError(f"Setting(): {what}; given {given!r}")

    @property
    def labels(self) -> list[str]:
        """What readers call the networks."""
        return [network.label for network in self.networks]

    def spec(self) -> dict[str, Any]:
        """The setting for JavaScript: as JSON holds it, under the names of settings.js."""
        spec = dataclasses.asdict(self)
        return {_CAMEL.get(name, name): value for name, value in spec.items()}

    def query(self) -> str:
        """What differs from the defaults, as the lab reads it from its address.

        ``lab.html#lab?`` and this open the lab with the setting.
        """
        usual = Setting().spec()
        parts = []
        if self.networks != Setting().networks:
            parts.append("networks=" + ",".join(one._token for one in self.networks))
        for name, value in self.spec().items():
            if name != "networks" and value != usual[name]:
                parts.append(f"{name}={_text(value)}")
        return "&".join(parts)


_CAMEL: Mapping[str, str] = {"weight_decay": "weightDecay", "batch_size": "batchSize"}


def _text(value: float | str | None) -> str:
    if value is None:
        return "pytorch"
    return value if isinstance(value, str) else f"{value:g}"
