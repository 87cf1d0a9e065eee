"""A figure in a notebook: a widget that every front end is told how to show."""

from __future__ import annotations

import pytest

from bnviz.figures import Figure, curves
from bnviz.figures.kit import notebook
from bnviz.figures.kit.blob import pack

VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def figure() -> Figure:
    return curves({"with BN": [[0.1, 0.8, 0.9]]}, x=[0, 50, 100])


def test_a_widget_is_shown_as_a_widget(figure: Figure) -> None:
    widget = figure.widget()
    bundle, _ = notebook.view_of(widget)
    assert list(bundle) == [VIEW]
    assert bundle[VIEW]["model_id"] == widget.model_id


def test_a_widget_carries_what_the_page_would(figure: Figure) -> None:
    widget = figure.widget()
    assert widget.spec == figure.full_spec()
    assert widget.data == pack(figure.arrays)
    assert {"spec", "data"} <= set(widget.keys)  # what is sent to the front end
