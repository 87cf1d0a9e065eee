"""The layer that chapter 10 writes out is PyTorch's."""

from __future__ import annotations

import nbformat
import pytest
import torch
from visits import ROOT


@pytest.fixture(scope="module")
def layer() -> type[torch.nn.Module]:
    notebook = nbformat.read(ROOT / "chapters" / "10-conv-channels.ipynb", as_version=4)
    (cell,) = (cell for cell in notebook.cells if cell.id == "whole-layer")
    names = {"torch": torch}
    exec(cell.source, names)
    return names["BatchNorm"]


@pytest.mark.parametrize(
    ("shape", "theirs"),
    [((7, 3), torch.nn.BatchNorm1d), ((5, 3, 4, 2), torch.nn.BatchNorm2d)],
)
@pytest.mark.parametrize("arguments", [{}, {"eps": 0.1, "momentum": 0.4}])
def test_the_whole_layer_of_chapter_10_is_that_of_torch(layer, shape, theirs, arguments) -> None:
    torch.manual_seed(0)
    pair = [make(3, **arguments).double() for make in (layer, theirs)]
    for mode in (True, True, False, True):
        x = 3 * torch.randn(shape, dtype=torch.float64) + 2
        push = torch.randn(shape, dtype=torch.float64)
        found = []
        for one in pair:
            given = x.clone().requires_grad_()
            y = one.train(mode)(given)
            one.zero_grad()
            (y * push).sum().backward()
            found.append([y, given.grad, one.weight.grad, one.bias.grad, *one.buffers()][:6])
            with torch.no_grad():
                one.weight += 0.1 * one.weight.grad
                one.bias -= 0.1 * one.bias.grad
        torch.testing.assert_close(*found)
