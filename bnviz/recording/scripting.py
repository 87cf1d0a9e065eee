"""Models that ``torch.jit.script`` compiles while they are recorded.

It would compile our hooks too, and cannot. So it is given modules without them, which share all
parameters with the recorded ones; it asks modules for this by a method of theirs.
"""

import copy
from collections.abc import Callable, Iterable

from torch import nn

from bnviz.recording.hooks import Hook

__all__ = ["Scripting"]

_ASKED = "__prepare_scriptable__"
_HOOKS = ("_forward_hooks", "_forward_pre_hooks")


class Scripting:
    """Keeps hooks out of scripted models, from :meth:`begin` to :meth:`end`.

    Args:
        modules: those that may have hooks, and those around them.
        tell: called whenever a model is scripted.
    """

    def __init__(self, modules: Iterable[nn.Module], tell: Callable[[], None]) -> None:
        self._modules = [m for m in modules if not hasattr(m, _ASKED)]  # who has it knows better
        self._tell = tell

    def begin(self) -> None:
        """Give modules without hooks to whoever scripts them from now on."""
        for module in self._modules:
            vars(module)[_ASKED] = Hook(self._plain, module)

    def end(self) -> None:
        """Leave the modules as they were."""
        for module in self._modules:
            vars(module).pop(_ASKED, None)

    def _plain(self, module: nn.Module) -> nn.Module:
        self._tell()
        plain = copy.copy(module)
        vars(plain).pop(_ASKED)
        plain._modules = module._modules.copy()  # its parts are replaced likewise
        for kind in _HOOKS:
            hooks = getattr(module, kind).copy()
            for key in [key for key, hook in hooks.items() if isinstance(hook, Hook)]:
                del hooks[key]
            setattr(plain, kind, hooks)
        return plain
