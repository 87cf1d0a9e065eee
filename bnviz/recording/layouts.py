"""Where the features of a model's modules are, also of those that do not know it themselves."""

from typing import Any

from torch import nn

from bnviz.recording.hooks import Hook
from bnviz.recording.layers import WEIGHTED, Layout, layout_of, named_modules

__all__ = ["Layouts"]


class Layouts:
    """Finds the layouts of a model's tensors, as far as somebody knows.

    Layers with weights know their own. An activation has that of the layer which ran before it; to
    see which one that is, hooks note the order for one pass, from :meth:`begin` to :meth:`end`.

    Args:
        model: as it is called; it may be compiled or wrapped.
        axis: where the features of all modules are, if the user said so.
    """

    def __init__(self, model: nn.Module, axis: int | None = None) -> None:
        self._model = model
        #: Where the features of all modules are, if the user said so.
        self.axis = axis
        self._last: nn.Module | None = None  # the layer with weights that ran last
        self._handles: list[Any] = []

    def begin(self) -> None:
        """Note from now on which layer with weights ran last."""
        if self.axis is not None:
            return

        def ran(module: nn.Module, args: object, output: object) -> None:
            self._last = module

        # First of all, because a watched layer's own hook may follow.
        self._handles = [
            module.register_forward_hook(Hook(ran), prepend=True)
            for module in named_modules(self._model).values()
            if isinstance(module, WEIGHTED)
        ]

    def end(self) -> None:
        """Note it no more."""
        for handle in self._handles:
            handle.remove()
        self._handles, self._last = [], None

    def find(self, module: nn.Module, *, at_input: bool) -> Layout | None:
        """The layout of what a module, which runs now, is given or gives; None: nobody knows."""
        if self.axis is not None:
            return Layout(self.axis)
        own = layout_of(module, at_input=at_input)
        if own is None and self._last is not None:
            own = layout_of(self._last)
        if own is not None:
            return own
        # Nothing is known of the order in which layers run: they may be in that of the model.
        before = None
        for other in named_modules(self._model).values():
            if other is module:
                break
            before = layout_of(other) or before
        return before
