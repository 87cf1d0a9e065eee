"""Fully connected networks whose parts have names: the ones that the book trains.

>>> for name, module in mlp([64, 100, 10], "sigmoid", norm="batch").hidden1.named_children():
...     print(f"{name}: {type(module).__name__}")
linear: Linear
norm: BatchNorm1d
activation: Sigmoid
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import nullcontext

import torch
from torch import nn

__all__ = ["MLP", "Block", "classes_of", "mlp", "name_for_readers"]

MakeModule = Callable[[], nn.Module]
MakeNorm = Callable[[int], nn.Module]

_ACTIVATIONS: dict[str, MakeModule] = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU}
_GROUPS = 4  # of "group" norm: 25 units each where a layer has 100
_NORMS: dict[str, Callable[[int, bool], nn.Module]] = {
    "batch": lambda width, affine: nn.BatchNorm1d(width, affine=affine),
    "layer": lambda width, affine: nn.LayerNorm(width, elementwise_affine=affine),
    "group": lambda width, affine: nn.GroupNorm(_GROUPS, width, affine=affine),
    "rms": lambda width, affine: nn.RMSNorm(width, elementwise_affine=affine),
}
_INITS: dict[str, Callable[[torch.Tensor], object]] = {
    "kaiming": lambda weight: nn.init.kaiming_normal_(weight, nonlinearity="relu"),
    "xavier": nn.init.xavier_normal_,
}
_PARTS = {"activation": "", "grad": "gradient"}


class Block(nn.Sequential):
    """A hidden layer of an :func:`mlp`."""

    linear: nn.Linear
    norm: nn.Module
    activation: nn.Module


class MLP(nn.Sequential):
    """What :func:`mlp` makes: ``hidden1`` … of ``linear``, ``norm``, ``activation``; ``output``."""

    output: nn.Linear

    @property
    def hidden(self) -> list[Block]:
        """The hidden layers, from the first to the last."""
        return [block for block in self.children() if isinstance(block, Block)]


def mlp(
    sizes: Sequence[int],
    activation: str | MakeModule = "relu",
    *,
    norm: str | MakeNorm | None = None,
    placement: str = "before",
    affine: bool | str = True,
    bias: bool = True,
    init: float | str | None = None,
    seed: int | None = None,
) -> MLP:
    """Build a fully connected network whose blocks have names.

    With the same seed, the linear layers start with the same weights whatever else is chosen, so
    long as ``norm`` and ``activation`` draw no random numbers themselves.

    Args:
        sizes: widths from the input to the output, at least two.
        activation: "sigmoid", "tanh" or "relu", or what makes a module, such as ``nn.GELU``.
        norm: "batch", "layer", "group" (four groups), "rms", None, or what makes a module for a
            number of units, such as ``nn.InstanceNorm1d``.
        placement: the norm stands "before" or "after" the activation.
        affine: whether the norm learns γ and β; "weight" for γ alone (β stays 0), "bias" for β
            alone (γ stays 1).
        bias: whether the hidden linear layers have a bias. The output layer always has.
        init: standard deviation of the initial weights, drawn from a normal distribution around 0;
            or "kaiming", √(2 / inputs), or "xavier", √(2 / (inputs + outputs)). Biases are 0 then.
            None for PyTorch's default.
        seed: of the random numbers; the global ones are left alone. None draws from those.

    Returns:
        Blocks ``hidden1`` … of ``linear``, ``norm`` (an identity without norm) and ``activation``,
        then ``output``.

    Raises:
        ValueError: an argument does not fit; the message says what does.

    Source: "kaiming" is He et al. 2015, section 2.2; "xavier" is Glorot & Bengio 2010, section 4.2.

    >>> [name for name, _ in mlp([64, 100, 10]).named_children()]
    ['hidden1', 'output']
    """
    if len(sizes) < 2 or min(sizes) < 1:
        raise ValueError(f"sizes are the widths from input to output; given {list(sizes)}")
    if placement not in ("before", "after"):
        raise ValueError(f"placement is 'before' or 'after' the activation; given {placement!r}")
    make_activation = _activation_maker(activation)
    make_norm = _norm_maker(norm, affine)
    with nullcontext() if seed is None else torch.random.fork_rng(devices=[]):
        if seed is not None:
            torch.manual_seed(seed)
        model = MLP()
        for index, (inputs, outputs) in enumerate(zip(sizes[:-2], sizes[1:-1], strict=True), 1):
            linear = nn.Linear(inputs, outputs)  # draws its bias in any case, so that the same
            if not bias:  # seed gives the same weights without one
                linear.register_parameter("bias", None)
            block = Block()
            block.add_module("linear", linear)
            if placement == "before":
                block.add_module("norm", make_norm(outputs))
            block.add_module("activation", make_activation())
            if placement == "after":
                block.add_module("norm", make_norm(outputs))
            model.add_module(f"hidden{index}", block)
        model.add_module("output", nn.Linear(sizes[-2], sizes[-1]))
        if init is not None:
            _draw_weights(model, init)
    return model


def classes_of(outputs: torch.Tensor) -> torch.Tensor:
    """The class that each row of outputs speaks for.

    Args:
        outputs: floats of shape (N, classes).

    Returns:
        int64 of shape (N,); -1 where an output is NaN: such a row speaks for none.

    Example:
        >>> classes_of(torch.tensor([[0.1, 0.9], [0.2, float("nan")]]))
        tensor([ 1, -1])
    """
    return outputs.argmax(1).masked_fill(outputs.isnan().any(1), -1)


def name_for_readers(name: str) -> str:
    """Say in words which part of an :func:`mlp` a recorded name means.

    >>> name_for_readers("hidden3.activation"), name_for_readers("hidden3.activation[4]")
    ('layer 3', 'layer 3, unit 4')
    >>> name_for_readers("hidden1.linear"), name_for_readers("output")
    ('layer 1, linear', 'output')
    """
    path, unit = _split_unit(name)
    words = [_PARTS.get(part, part) for part in path.split(".")]
    hidden = re.fullmatch(r"hidden(\d+)", words[0])
    if hidden:
        words[0] = f"layer {hidden[1]}"
    return ", ".join([*filter(None, words), *([] if unit is None else [f"unit {unit}"])])


def _split_unit(name: str) -> tuple[str, str | None]:
    found = re.fullmatch(r"(.*)\[(\d+)\](.*)", name)
    return (found[1] + found[3], found[2]) if found else (name, None)


def _activation_maker(activation: str | MakeModule) -> MakeModule:
    if callable(activation):
        return activation
    if activation not in _ACTIVATIONS:
        raise ValueError(
            f"activation is one of {', '.join(_ACTIVATIONS)}, or what makes a module; "
            f"given {activation!r}"
        )
    return _ACTIVATIONS[activation]


def _norm_maker(norm: str | MakeNorm | None, affine: bool | str) -> MakeNorm:
    if affine not in (True, False, "weight", "bias"):
        raise ValueError(f"affine is True, False, 'weight' or 'bias'; given {affine!r}")
    if norm is None:
        return lambda width: nn.Identity()
    if callable(norm):
        if affine is not True:
            raise ValueError("affine is for the norms that mlp makes itself; give it to your own")
        return norm
    if norm not in _NORMS:
        raise ValueError(
            f"norm is one of {', '.join(_NORMS)}, None, or what makes a module for a number of "
            f"units; given {norm!r}"
        )
    make = _NORMS[norm]

    def make_norm(width: int) -> nn.Module:
        module = make(width, affine is not False)
        for name, parameter in module.named_parameters():
            parameter.requires_grad_(affine in (True, name))
        return module

    return make_norm


def _draw_weights(model: nn.Module, init: float | str) -> None:
    if isinstance(init, str) and init not in _INITS:
        raise ValueError(
            f"init is a standard deviation, one of {', '.join(_INITS)}, or None; given {init!r}"
        )
    for module in model.modules():
        if isinstance(module, nn.Linear):
            if isinstance(init, str):
                _INITS[init](module.weight)
            else:
                nn.init.normal_(module.weight, std=init)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
