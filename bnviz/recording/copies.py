"""Copies of a recorded model have no hooks: those of ``copy``, ``pickle`` and ``torch.jit.script``.

Hooks in a copy would count its passes as the model's; and ``torch.jit.script`` would compile them,
which it cannot. All three ask a module what to take, by methods of its own.
"""

import copy
from collections.abc import Callable, Iterable
from typing import Any

from torch import nn

from bnviz.recording.hooks import Hook

__all__ = ["Copies"]

_STATE, _SCRIPTABLE = "__getstate__", "__prepare_scriptable__"
_HOOKS = {
    "_forward_hooks": ("_forward_hooks_with_kwargs", "_forward_hooks_always_called"),
    "_forward_pre_hooks": ("_forward_pre_hooks_with_kwargs",),
}


class Copies:
    """Keeps hooks out of a model's copies, from :meth:`begin` to :meth:`end`.

    Args:
        modules: those that may have hooks, and those around them.
        tell: called whenever a model is scripted.
    """

    def __init__(self, modules: Iterable[nn.Module], tell: Callable[[], None]) -> None:
        self._modules, self._tell = list(modules), tell

    def begin(self) -> None:
        """Hand out modules without hooks to whoever copies them from now on."""
        for module in self._modules:
            if not isinstance(vars(module).get(_STATE), _State):  # of a recorder that runs already
                vars(module)[_STATE] = _State(module)
            vars(module)[_STATE].tell.append(self._tell)
            if not hasattr(module, _SCRIPTABLE):  # who has it knows better
                vars(module)[_SCRIPTABLE] = Hook(_scriptable, module)

    def end(self) -> None:
        """Leave the modules as they were, if no other recorder runs."""
        for module in self._modules:
            state = vars(module).get(_STATE)
            if isinstance(state, _State) and self._tell in state.tell:
                state.tell.remove(self._tell)
                if not state.tell:
                    del vars(module)[_STATE]
                    vars(module).pop(_SCRIPTABLE, None)


class _State:
    """The ``__getstate__`` of a recorded module, which leaves out what recorders put there."""

    def __init__(self, module: nn.Module) -> None:
        self._module = module
        self.tell: list[Callable[[], None]] = []

    def __call__(self) -> Any:
        # Of the class: a few have a state of their own. By default it is the attributes.
        state = type(self._module).__getstate__(self._module)
        if not isinstance(state, dict):
            return state
        ours = (_STATE, _SCRIPTABLE)
        state = {name: value for name, value in state.items() if name not in ours}
        for kind, belonging in _HOOKS.items():
            hooks = state.get(kind, {})
            keys = [key for key, hook in hooks.items() if isinstance(hook, Hook)]
            for name in (kind, *belonging):
                if name in state:
                    state[name] = state[name].copy()
                    for key in keys:
                        state[name].pop(key, None)
        return state


def _scriptable(module: nn.Module) -> nn.Module:
    """The module without hooks, which shares all parameters with the recorded one."""
    for tell in vars(module)[_STATE].tell:
        tell()
    plain = copy.copy(module)
    plain._modules = module._modules.copy()  # its parts are replaced likewise
    return plain
