"""Networks have names, norms where they are wanted, and weights that a seed decides."""

import math

import pytest
import torch
from torch import Tensor, nn

import bnviz
from bnviz.networks import MLP, mlp, name_for_readers

SIZES = (64, 40, 30, 10)


def linears(model: nn.Module) -> list[nn.Linear]:
    return [module for module in model.modules() if isinstance(module, nn.Linear)]


def weights(model: nn.Module) -> Tensor:
    return torch.cat([linear.weight.detach().flatten() for linear in linears(model)])


@pytest.mark.parametrize(
    ("activation", "kind"),
    [("sigmoid", nn.Sigmoid), ("tanh", nn.Tanh), ("relu", nn.ReLU), (nn.GELU, nn.GELU)],
)
def test_blocks_have_names_and_the_activation_that_was_asked_for(
    activation: object, kind: type[nn.Module]
) -> None:
    model = bnviz.mlp([5, 4, 3, 2], activation, norm="batch")
    assert isinstance(model, MLP)
    assert [name for name, _ in model.named_children()] == ["hidden1", "hidden2", "output"]
    assert [name for name, _ in model.hidden1.named_children()] == ["linear", "norm", "activation"]
    assert isinstance(model.hidden2.activation, kind)
    assert isinstance(model.output, nn.Linear)
    assert model(torch.randn(7, 5)).shape == (7, 2)


def test_each_block_has_an_activation_of_its_own() -> None:
    model = mlp([5, 4, 3, 2])
    assert model.hidden1.activation is not model.hidden2.activation


@pytest.mark.parametrize(
    ("norm", "kind"),
    [
        (None, nn.Identity),
        ("batch", nn.BatchNorm1d),
        ("layer", nn.LayerNorm),
        ("group", nn.GroupNorm),
        (nn.RMSNorm, nn.RMSNorm),
        ("rms", nn.RMSNorm),
    ],
)
def test_norms_by_name_or_by_what_makes_them(norm: object, kind: type[nn.Module]) -> None:
    model = mlp([5, 8, 4, 2], norm=norm)
    assert isinstance(model.hidden1.norm, kind)
    assert isinstance(model.hidden2.norm, kind)
    assert model(torch.randn(7, 5)).shape == (7, 2)


def test_a_norm_of_ones_own_is_made_for_the_width_of_its_layer() -> None:
    widths: list[int] = []

    def make(width: int) -> nn.Module:
        widths.append(width)
        return nn.Identity()

    mlp([5, 8, 4, 2], norm=make)
    assert widths == [8, 4]


def test_the_norm_stands_before_or_after_the_activation() -> None:
    x = torch.randn(50, 5)
    before = mlp([5, 8, 2], norm="batch", placement="before", seed=0)
    after = mlp([5, 8, 2], norm="batch", placement="after", seed=0)
    assert [n for n, _ in after.hidden1.named_children()] == ["linear", "activation", "norm"]
    assert (before.hidden1(x) >= 0).all()
    torch.testing.assert_close(after.hidden1(x).mean(0), torch.zeros(8), atol=1e-5, rtol=0)


@pytest.mark.parametrize("norm", ["batch", "layer", "group"])
def test_gamma_and_beta_are_learned_together_alone_or_not_at_all(norm: str) -> None:
    def learned(affine: bool | str) -> set[str]:
        module = mlp([5, 8, 2], norm=norm, affine=affine).hidden1.norm
        return {name for name, p in module.named_parameters() if p.requires_grad}

    assert learned(True) == {"weight", "bias"}
    assert learned("weight") == {"weight"}
    assert learned("bias") == {"bias"}
    assert learned(False) == set()


def test_gamma_alone_leaves_beta_at_zero_and_beta_alone_gamma_at_one() -> None:
    for affine in ("weight", "bias"):
        norm = mlp([5, 8, 2], norm="batch", affine=affine).hidden1.norm
        assert torch.equal(norm.weight, torch.ones(8))
        assert torch.equal(norm.bias, torch.zeros(8))


def test_without_bias_only_the_output_layer_has_one() -> None:
    *hidden, output = linears(mlp(SIZES, bias=False))
    assert all(linear.bias is None for linear in hidden)
    assert output.bias is not None


@pytest.mark.parametrize(
    ("init", "std"),
    [
        (0.02, lambda inputs, outputs: 0.02),
        ("kaiming", lambda inputs, outputs: math.sqrt(2 / inputs)),
        ("xavier", lambda inputs, outputs: math.sqrt(2 / (inputs + outputs))),
    ],
)
def test_initial_weights_have_the_standard_deviation_asked_for(init: object, std: object) -> None:
    for linear in linears(mlp((200, 300, 100, 50), init=init, seed=0)):
        wanted = std(linear.in_features, linear.out_features)
        assert float(linear.weight.detach().std()) == pytest.approx(wanted, rel=0.05)
        assert float(linear.weight.detach().mean()) == pytest.approx(0, abs=0.05 * wanted)
        assert not linear.bias.any()


def test_left_alone_weights_are_those_of_pytorch() -> None:
    torch.manual_seed(3)
    ours = mlp([6, 5, 2])
    torch.manual_seed(3)
    theirs = nn.Linear(6, 5)
    assert torch.equal(ours.hidden1.linear.weight, theirs.weight)
    assert torch.equal(ours.hidden1.linear.bias, theirs.bias)


@pytest.mark.parametrize("init", [None, 0.1, "kaiming"])
def test_a_seed_gives_the_same_weights_whatever_else_is_chosen(init: object) -> None:
    plain = mlp(SIZES, init=init, seed=4)
    others = [
        mlp(SIZES, "tanh", norm="batch", init=init, seed=4),
        mlp(SIZES, norm="layer", placement="after", affine=False, init=init, seed=4),
        mlp(SIZES, bias=False, init=init, seed=4),
    ]
    for other in others:
        assert torch.equal(weights(plain), weights(other))
    assert not torch.equal(weights(plain), weights(mlp(SIZES, init=init, seed=5)))


def test_a_seed_leaves_the_global_random_numbers_alone() -> None:
    torch.manual_seed(11)
    before = torch.get_rng_state()
    mlp(SIZES, seed=0)
    assert torch.equal(torch.get_rng_state(), before)
    mlp(SIZES)
    assert not torch.equal(torch.get_rng_state(), before)


def test_parts_can_be_cut_out_like_those_of_a_sequential() -> None:
    model = mlp(SIZES)
    x = torch.randn(3, 64)
    torch.testing.assert_close(model[2:](model[:2](x)), model(x))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("hidden12.activation", "layer 12"),
        ("hidden3.activation[40]", "layer 3, unit 40"),
        ("hidden3.activation[4].grad", "layer 3, gradient, unit 4"),
        ("hidden1.norm", "layer 1, norm"),
        ("output", "output"),
        ("output[0]", "output, unit 0"),
    ],
)
def test_names_for_readers(name: str, words: str) -> None:
    assert name_for_readers(name) == words


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sizes": [5]}, r"widths from input to output; given \[5\]"),
        ({"sizes": [5, 0, 2]}, r"widths from input to output; given \[5, 0, 2\]"),
        ({"activation": "swish"}, "one of sigmoid, tanh, relu, or .*; given 'swish'"),
        ({"norm": "weight"}, "one of batch, layer, group, rms, None, or .*; given 'weight'"),
        ({"norm": True}, "one of batch, layer, group, rms, None, or .*; given True"),
        ({"placement": "behind"}, "'before' or 'after' the activation; given 'behind'"),
        ({"norm": "batch", "affine": "gamma"}, "True, False, 'weight' or 'bias'; given 'gamma'"),
        ({"norm": nn.RMSNorm, "affine": False}, "give it to your own"),
        ({"init": "he"}, "standard deviation, one of kaiming, xavier, or None; given 'he'"),
    ],
)
def test_arguments_that_do_not_fit_say_what_does(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        mlp(**{"sizes": [5, 4, 2], **arguments})
