"""Networks side by side compute and learn as each would alone."""

import pytest
import torch
from torch.nn import functional as F

from bnviz.experiments.ensemble import Ensemble
from bnviz.networks import mlp


@pytest.mark.parametrize(
    "options",
    [
        {"norm": "batch"},
        {"norm": "batch", "affine": False},
        {"norm": "batch", "affine": "weight"},
        {"norm": None, "activation": "relu"},
    ],
)
def test_each_network_learns_as_it_would_alone(options) -> None:
    sizes = (2, 6, 5, 3)
    alone = [mlp(sizes, **{"activation": "sigmoid", **options}, seed=s).double() for s in range(3)]
    together = Ensemble(alone)
    random = torch.Generator().manual_seed(0)
    x = torch.randn(3, 20, 2, generator=random, dtype=torch.float64)
    y = torch.randint(3, (3, 20), generator=random)
    learned = [p for p in together.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(learned, 0.05)
    each = [torch.optim.Adam([p for p in m.parameters() if p.requires_grad], 0.05) for m in alone]
    for _ in range(4):
        optimizer.zero_grad()
        (3 * F.cross_entropy(together(x).flatten(0, 1), y.flatten())).backward()
        optimizer.step()
        for model, own, inputs, labels in zip(alone, each, x, y, strict=True):
            own.zero_grad()
            F.cross_entropy(model(inputs), labels).backward()
            own.step()
    for train in (True, False):
        expected = torch.stack([m.train(train)(part) for m, part in zip(alone, x, strict=True)])
        torch.testing.assert_close(together.train(train)(x), expected)


def test_the_networks_that_were_given_are_left_as_they_are() -> None:
    models = [mlp((2, 4, 2), norm="batch", seed=s) for s in range(2)]
    before = [{k: v.clone() for k, v in m.state_dict().items()} for m in models]
    together = Ensemble(models)
    together(torch.randn(2, 8, 2)).sum().backward()
    torch.optim.SGD(together.parameters(), 0.1).step()
    for model, kept in zip(models, before, strict=True):
        for key, value in model.state_dict().items():
            assert torch.equal(value, kept[key])
