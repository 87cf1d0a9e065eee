"""Figures in a notebook: the anywidget around a figure's JavaScript."""

from __future__ import annotations

import functools
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bnviz.figures.kit.bundle import esm, style

if TYPE_CHECKING:
    from anywidget import AnyWidget

__all__ = ["VIEW", "in_kernel", "view_of", "widget"]

#: The kind of output that shows a widget.
VIEW = "application/vnd.jupyter.widget-view+json"


def in_kernel() -> bool:
    """True inside a Jupyter kernel, where widgets can talk to a front end."""
    if "IPython" not in sys.modules:
        return False
    from IPython import get_ipython

    return getattr(get_ipython(), "kernel", None) is not None


def widget(name: str, spec: Mapping[str, Any], data: bytes, then: str | None = None) -> AnyWidget:
    """A widget that draws a figure.

    Args:
        name: of the figure.
        spec: as ``Figure.full_spec`` gives it; the trait ``spec``.
        data: the packed arrays; the trait ``data``.
        then: the name of the figure that this one reveals; its spec and data stand in those.
    """
    return _widget_class(name, then)(spec=dict(spec), data=data)


def view_of(widget: AnyWidget) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a notebook displays to show a widget, and its metadata: Colab needs some."""
    shown = widget._repr_mimebundle_()
    assert shown is not None  # as it would be for a widget without a view
    bundle, metadata = shown
    return {VIEW: bundle[VIEW]}, metadata


@functools.cache
def _widget_class(name: str, then: str | None = None) -> type[AnyWidget]:
    import anywidget
    import traitlets

    attributes = {
        "__module__": __name__,
        "_esm": esm(name, then),
        "_css": style([name] if then is None else [name, then]),
        "spec": traitlets.Dict().tag(sync=True),
        "data": traitlets.Bytes().tag(sync=True),
    }
    return type(f"{name.title().replace('_', '')}Widget", (anywidget.AnyWidget,), attributes)
