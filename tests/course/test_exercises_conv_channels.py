"""Chapter 10: right answers by other ways pass, and what a class gets wrong is told by its name."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

CHAPTER = "conv-channels"


def counted_by_torch(n, c, h, w):
    learned = sum(p.numel() for p in torch.nn.BatchNorm2d(c).parameters())
    return torch.ones(n, c, h, w)[:, 0].numel(), learned


def table_in_loops(x):
    n, c, h, w = np.shape(x)
    return [
        [float(x[i, k, row, column]) for k in range(c)]
        for i in range(n)
        for row in range(h)
        for column in range(w)
    ]


def worth_in_torch(x):
    maps = torch.tensor(x, dtype=torch.float32)
    return maps.var((0, 2, 3), correction=0) / maps.mean((2, 3)).var(0, correction=0)


def folded_by_looking(weight, bias, scale, shift):
    """What goes out where nothing but the shift comes in is the bias."""
    w = torch.tensor(weight)
    constant = torch.tensor(shift)[None, :, None, None].expand(1, -1, *w.shape[2:])
    return w * torch.tensor(scale)[None, :, None, None], F.conv2d(constant, w, torch.tensor(bias))[
        0, :, 0, 0
    ]


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("count", counted_by_torch),
        ("count", lambda n, c, h, w: [h * w * n, c + c]),
        ("table", lambda x: torch.tensor(x).permute(0, 2, 3, 1).reshape(-1, x.shape[1])),
        ("table", lambda x: np.moveaxis(x, 1, -1).reshape(-1, x.shape[1]).astype("float32")),
        ("table", lambda x: x.swapaxes(0, 1).reshape(x.shape[1], -1).T),
        ("table", table_in_loops),
        ("worth", worth_in_torch),
        ("worth", lambda x: [np.var(m) / np.var(m.mean((1, 2))) for m in x.swapaxes(0, 1)]),
        ("fold", folded_by_looking),
        ("fold", lambda W, b, a, s: [np.einsum("oihw,i->oihw", W, a), b + W.sum((2, 3)) @ s]),
    ],
)
def test_right_by_another_way(verdict, name, answer):
    assert verdict(name, answer).startswith("Correct")


@pytest.mark.parametrize(
    ("name", "answer", "told"),
    [
        ("count", lambda n, c, h, w: (n, 2 * c), "values is the number of images"),
        ("count", lambda n, c, h, w: (n * h * w, 2 * c * h * w), "for every place"),
        ("count", lambda n, c, h, w: (n * h * w, 4 * c), "collected, not learned"),
        ("count", lambda n, c, h, w: (2 * c, n * h * w), "The order is values"),
        ("table", lambda x: x.reshape(-1, x.shape[1]), "Move the channels to the end"),
        ("table", lambda x: torch.tensor(x).flatten(1), "per-place"),
        ("table", lambda x: x.transpose(2, 3, 0, 1).reshape(-1, x.shape[1]), "not go image by"),
        ("table", lambda x: np.moveaxis(x, 0, -1), "channels, axis 1, that belong there"),
        ("table", lambda x: np.moveaxis(x, 1, -1).reshape(x.shape[1], -1), "It has C columns"),
        ("table", lambda x: x.transpose(0, 2, 3, 1).reshape(-1, 3), "that of the first case"),
        ("worth", lambda x: x.mean((2, 3)).var(0), "one of the two variances"),
        ("worth", lambda x: x.mean((2, 3)).var(0) / x.var((0, 2, 3)), "upside down"),
        ("worth", lambda x: x.std((0, 2, 3)) / x.mean((2, 3)).std(0), "standard deviations"),
        ("worth", lambda x: torch.tensor(x).var((0, 2, 3)) / torch.tensor(x).mean((2, 3)).var(0),
         "ddof=1"),
        ("fold", lambda W, b, a, s: (W * a[:, None, None, None], a * b + s), "axis 0"),
        ("fold", lambda W, b, a, s: (W * a[:, None, None], b), "lacks the shift"),
        ("fold", lambda W, b, a, s: (W * a[:, None, None],
                                     b + (W * (a * s)[:, None, None]).sum((1, 2, 3))),
         "the scaled weights"),
        ("fold", lambda W, b, a, s: (W * a[:, None, None],
                                     a * b + (W * s[:, None, None]).sum((1, 2, 3))),
         "bias was scaled, too"),
        ("fold", lambda W, b, a, s: (W * a[:, None, None], b + W.sum((1, 2, 3)) * s),
         "those that come in, axis 1: shift[:, None, None]"),
        ("fold", lambda W, b, a, s: (W * a[:, None, None], a * b + s), "*behind* the convolution"),
        ("fold", lambda W, b, a, s: (W * a[:, None, None], b + (W * s).sum((1, 2, 3))),
         "lined up with the columns"),
        ("fold", lambda W, b, a, s: (W * a, b + (W * s[:, None, None]).sum((1, 2, 3))),
         "scale[:, None, None] lines up with axis 1"),
    ],
)  # fmt: skip
def test_a_slip_is_told_by_its_name(verdict, name, answer, told):
    text = verdict(name, answer)
    assert text.startswith("Not right yet")
    assert told in text.partition("Likely ")[2]


def test_channels_that_come_in_are_not_counted_by_those_that_go_out(verdict):
    def over_those_that_go_out(weight, bias, scale, shift):
        weight, bias, old = weight.copy(), bias.copy(), weight
        for channel in range(len(bias)):
            bias += (old[:, channel] * shift[channel]).sum((1, 2))
            weight[:, channel] *= scale[channel]
        return weight, bias

    assert verdict("fold", over_those_that_go_out).startswith("Not right yet")


def test_columns_of_the_right_numbers_in_another_order_are_not_right(verdict):
    def in_order(x):
        return np.sort(np.moveaxis(x, 1, -1).reshape(-1, x.shape[1]), axis=0)

    assert verdict("table", in_order).startswith("Not right yet")


def test_the_table_makes_batch_norm_for_tables_that_for_convolutions():
    from bnviz.course.exercises.conv_channels import to_table

    x = np.random.default_rng(0).normal(size=(5, 3, 4, 2))
    norm = torch.nn.BatchNorm1d(3).double()
    maps = torch.nn.BatchNorm2d(3).double()(torch.from_numpy(x)).detach().numpy()
    by_table = norm(torch.from_numpy(to_table(x))).detach().numpy()
    np.testing.assert_allclose(by_table, to_table(maps), rtol=1e-12)
