"""Watch the distributions inside a network, with and without batch normalization.

The public names, nothing else. Each loads its module on first use, so that
``import bnviz`` stays fast and brings in neither torch nor matplotlib.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bnviz import data, figures, norms
    from bnviz.course.check import check
    from bnviz.networks import mlp
    from bnviz.recording import Recording, load, merge
    from bnviz.recording.recorder import record
    from bnviz.setting import Contestant, Setting
    from bnviz.training import train
    from bnviz.twins import Twins

__version__ = "0.1.0"

__all__ = [
    "Contestant",
    "Recording",
    "Setting",
    "Twins",
    "check",
    "data",
    "figures",
    "load",
    "merge",
    "mlp",
    "norms",
    "record",
    "train",
]

_HOME_OF = {
    "Contestant": "setting",
    "Recording": "recording",
    "Setting": "setting",
    "Twins": "twins",
    "check": "course.check",
    "load": "recording",
    "merge": "recording",
    "mlp": "networks",
    "record": "recording.recorder",
    "train": "training",
}


def __getattr__(name: str) -> object:
    if name in _HOME_OF:
        value = getattr(import_module(f"bnviz.{_HOME_OF[name]}"), name)
    elif name in __all__:
        value = import_module(f"bnviz.{name}")
    else:
        raise AttributeError(f"module 'bnviz' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
