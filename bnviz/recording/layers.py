"""Which modules of a model to watch, what they are called, and where their features are."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import cast

from torch import nn

from bnviz.patterns import matching

__all__ = [
    "ACTIVATIONS",
    "WEIGHTED",
    "Layout",
    "LayerChoice",
    "activation_kind",
    "choose",
    "layout_of",
    "named_modules",
    "recorded_name",
    "taken_at_input",
    "unwrapped_model",
    "usual_axis",
]

ACTIVATIONS: tuple[type[nn.Module], ...] = (
    *(nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU, nn.RReLU, nn.ELU, nn.CELU, nn.SELU, nn.GELU),
    *(nn.SiLU, nn.Mish, nn.Softplus, nn.Sigmoid, nn.Tanh, nn.Hardtanh, nn.Hardsigmoid),
    *(nn.Hardswish, nn.Softsign, nn.LogSigmoid, nn.Tanhshrink, nn.Threshold),
    *(nn.Hardshrink, nn.Softshrink, nn.GLU),
)
_CONV = nn.modules.conv._ConvNd
_BATCH = nn.modules.batchnorm._BatchNorm
# Counted from the end: their inputs may have no batch axis.
_INSTANCE = {nn.InstanceNorm1d: -2, nn.InstanceNorm2d: -3, nn.InstanceNorm3d: -4}
#: Layers with weights, which know where their features are.
WEIGHTED: tuple[type[nn.Module], ...] = (
    *(nn.Linear, nn.Bilinear, _CONV, _BATCH, *_INSTANCE),
    *(nn.LayerNorm, nn.GroupNorm, nn.RMSNorm, nn.MultiheadAttention),
    *(nn.RNNBase, nn.RNNCellBase),
)
# Modules that hold the model or layer that they stand for, under this name.
_WRAPPERS = ("_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module")

LayerChoice = str | type[nn.Module] | nn.Module


# -- names -------------------------------------------------------------------------------------


def unwrapped_model(model: nn.Module) -> nn.Module:
    """The model inside of what ``torch.compile``, ``DataParallel`` and others make of it."""
    while True:
        if isinstance(model, nn.DataParallel | nn.parallel.DistributedDataParallel):
            model = model.module
            continue
        inside = [getattr(model, name) for name in _WRAPPERS if name in model._modules]
        if not inside:
            return model
        model = inside[0]


def named_modules(model: nn.Module) -> dict[str, nn.Module]:
    """The modules by name, as if nothing were wrapped; the model itself is "".

    >>> list(named_modules(nn.DataParallel(nn.Sequential(nn.ReLU()))))
    ['', '0']
    """
    inner = unwrapped_model(model)
    modules: dict[str, nn.Module] = {}
    for name, module in inner.named_modules():
        parts = [part for part in name.split(".") if part not in _WRAPPERS]
        modules[".".join(parts)] = module  # the innermost one, which comes last
    return modules | {"": inner}


def recorded_name(name: str, modules: Mapping[str, nn.Module]) -> str:
    """What a recording calls a module; the model itself, which has no name, "model".

    Args:
        name: as in ``modules``.
        modules: all of them, as of :func:`named_modules`.

    >>> recorded_name("", {}), recorded_name("", {"model": nn.ReLU()}), recorded_name("fc", {})
    ('model', 'model_', 'fc')
    """
    if name:
        return name
    whole = "model"
    while whole in modules:  # a part is called so
        whole += "_"
    return whole


def choose(
    model: nn.Module, layers: LayerChoice | Iterable[LayerChoice] | None
) -> dict[str, nn.Module]:
    """The modules to watch, by name, in the order of the model.

    Args:
        model: the whole.
        layers: as of :func:`bnviz.record`.

    Raises:
        TypeError, ValueError: when nothing fits; the message says what does.
    """
    modules = named_modules(model)
    if layers is None:
        for kinds in (ACTIVATIONS, WEIGHTED):
            found = {name: m for name, m in modules.items() if isinstance(m, kinds)}
            if found:
                return {recorded_name(name, modules): m for name, m in found.items()}
        raise ValueError(
            f"the {type(modules['']).__name__} has no activation modules and no known layers with "
            "weights; name the modules to watch with layers=…"
        )
    single = isinstance(layers, str | type | nn.Module) or not isinstance(layers, Iterable)
    wanted = [cast(LayerChoice, layers)] if single else list(cast(Iterable[LayerChoice], layers))
    chosen: set[str] = set()
    for choice in wanted:
        if isinstance(choice, str):
            found_names = set(matching(filter(None, modules), choice))
        elif isinstance(choice, type) and issubclass(choice, nn.Module):
            found_names = {name for name, m in modules.items() if isinstance(m, choice)}
        elif isinstance(choice, nn.Module):
            inner = unwrapped_model(choice)
            found_names = {name for name, m in modules.items() if m is inner}
        else:
            raise TypeError(
                "layers takes names, module types or modules of the model; given "
                f"{type(choice).__name__}"
            )
        if not found_names:
            raise ValueError(_unknown_layer(choice, modules))
        chosen |= found_names
    if not chosen:
        raise ValueError("layers is empty; leave it out to watch the activations")
    return {recorded_name(name, modules): m for name, m in modules.items() if name in chosen}


def _unknown_layer(choice: LayerChoice, modules: dict[str, nn.Module]) -> str:
    names = [name for name in modules if name]
    close = get_close_matches(choice, names, n=3) if isinstance(choice, str) else []
    listed = ", ".join(close or names[:12]) + ("" if close or len(names) <= 12 else ", …")
    what = repr(choice) if isinstance(choice, str) else getattr(choice, "__name__", "that module")
    return f"no layer {what} in the model; {'did you mean' if close else 'it has'} {listed}"


# -- activations -------------------------------------------------------------------------------


def activation_kind(module: nn.Module) -> str | None:
    """What kind of activation a module is, such as "relu", also of a subclass; None of others.

    >>> activation_kind(nn.ReLU6()), activation_kind(nn.Linear(1, 1))
    ('relu6', None)
    """
    kinds = (kind for kind in ACTIVATIONS if isinstance(module, kind))
    return next((kind.__name__.lower() for kind in kinds), None)


def taken_at_input(module: nn.Module, watch: Collection[str]) -> bool:
    """Whether what a module is given is recorded, and not what it gives.

    Args:
        module: a watched one.
        watch: as of :func:`bnviz.record`.
    """
    return "input" in watch or ("output" not in watch and isinstance(module, ACTIVATIONS))


# -- features ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Layout:
    """Where the features (units, channels) of a layer's tensors are.

    Attributes:
        axis: their dimension; negative ones are counted from the end.
        size: how many there are, or None where that is not known.
    """

    axis: int
    size: int | None = None

    def axis_in(self, shape: Sequence[int]) -> int | None:
        """The dimension of the features in tensors of this shape.

        Where their number does not fit there (a layer between may have moved them), it is looked
        for in the two usual places.

        >>> Layout(-3, 8).axis_in((2, 8, 5, 5)), Layout(-3, 8).axis_in((2, 5, 5, 8))
        (1, 3)
        """
        for axis in (self.axis, 1, -1):
            if -len(shape) <= axis < len(shape) and self.size in (None, shape[axis]):
                return axis % len(shape)
        return usual_axis(shape)


def usual_axis(shape: Sequence[int]) -> int | None:
    """Where features mostly are: (N, C), (N, L, C), (N, C, H, W); None in a vector of numbers."""
    return None if len(shape) < 2 else 2 if len(shape) == 3 else 1


def layout_of(module: nn.Module, *, at_input: bool = False) -> Layout | None:
    """Where the features of a layer with weights are, at its output or input; None of others.

    >>> layout_of(nn.Conv2d(3, 8, 3)), layout_of(nn.Linear(4, 2), at_input=True)
    (Layout(axis=-3, size=8), Layout(axis=-1, size=4))
    """
    if isinstance(module, nn.Linear):
        return Layout(-1, module.in_features if at_input else module.out_features)
    if isinstance(module, nn.Bilinear):
        return Layout(-1, module.in1_features if at_input else module.out_features)
    if isinstance(module, _CONV):
        # Counted from the end: inputs may have no batch axis.
        positions = len(module.kernel_size)
        return Layout(-1 - positions, module.in_channels if at_input else module.out_channels)
    if isinstance(module, _BATCH):
        return Layout(1, module.num_features)
    if isinstance(module, tuple(_INSTANCE)):
        axis = next(axis for kind, axis in _INSTANCE.items() if isinstance(module, kind))
        return Layout(axis, cast(int, module.num_features))
    if isinstance(module, nn.GroupNorm):
        return Layout(1, module.num_channels)
    if isinstance(module, nn.LayerNorm | nn.RMSNorm):
        return Layout(-1, module.normalized_shape[-1])
    if isinstance(module, nn.RNNBase):
        width = (module.proj_size or module.hidden_size) * (2 if module.bidirectional else 1)
        return Layout(-1, module.input_size if at_input else width)
    if isinstance(module, nn.RNNCellBase):
        return Layout(-1, module.input_size if at_input else module.hidden_size)
    if isinstance(module, nn.MultiheadAttention):
        return Layout(-1, module.embed_dim)
    if isinstance(module, nn.Embedding):
        return Layout(-1, None if at_input else module.embedding_dim)
    return None
