"""Which activations of a model run without being a module that is watched.

A hook sees modules; ``F.relu(x)`` is none. The autograd graph of what a model gives has a node for
each activation, whoever called it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from torch import Tensor, nn

from bnviz.recording.tensors import tensors_in

__all__ = ["unwatched_activations"]

# The node of each kind of activation, and what people call it.
_NODES: dict[str, tuple[type[nn.Module], ...]] = {
    "Relu": (nn.ReLU,),
    "LeakyRelu": (nn.LeakyReLU,),
    "PreluKernel": (nn.PReLU,),
    "RreluWithNoise": (nn.RReLU,),
    "Elu": (nn.ELU, nn.SELU),
    "Celu": (nn.CELU,),
    "Gelu": (nn.GELU,),
    "Silu": (nn.SiLU,),
    "Mish": (nn.Mish,),
    "Softplus": (nn.Softplus,),
    "Sigmoid": (nn.Sigmoid,),
    "Tanh": (nn.Tanh, nn.Tanhshrink),
    "Hardtanh": (nn.Hardtanh, nn.ReLU6),
    "Hardsigmoid": (nn.Hardsigmoid,),
    "Hardswish": (nn.Hardswish,),
    "LogSigmoid": (nn.LogSigmoid,),
    "Hardshrink": (nn.Hardshrink,),
    "Softshrink": (nn.Softshrink,),
    "Glu": (nn.GLU,),
}
_GATES = ("Sigmoid", "Tanh")  # inside of recurrent layers
_MOST = 100_000  # nodes to look at


def unwatched_activations(
    model: nn.Module, output: object, watched: Iterable[nn.Module]
) -> dict[str, int]:
    """Count the activations behind an output that no watched call accounts for.

    Args:
        model: what gave the output.
        output: tensors, nested in any way.
        watched: the modules that were watched, once for each call.

    Returns:
        How many, by name: {"relu": 2}. Empty where there is no graph to look at.
    """
    nodes = Counter(_names(output))
    for module in watched:
        for name, kinds in _NODES.items():
            nodes[name] -= isinstance(module, kinds)
    recurrent = (nn.RNNBase, nn.RNNCellBase)
    if any(isinstance(module, recurrent) for module in model.modules()):
        for name in _GATES:
            del nodes[name]
    return {name.lower(): nodes[name] for name in _NODES if nodes[name] > 0}


def _names(output: object) -> Iterator[str]:
    """The kinds of all nodes of the graph that are activations."""
    waiting: list[Any] = [t.grad_fn for t in tensors_in(output) if isinstance(t, Tensor)]
    seen: set[Any] = set()
    while waiting and len(seen) < _MOST:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        name = node.name().partition("Backward")[0]
        if name in _NODES:
            yield name
        waiting += [following for following, _ in node.next_functions]
