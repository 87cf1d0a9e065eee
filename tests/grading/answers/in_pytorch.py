"""Right answers to the problems of chapter 14 by another way, and wrong ones of a class."""

import copy

import torch
from torch import nn


class Fixed(nn.Module):
    """What is left of batch normalization in eval mode: a factor and an offset."""

    def __init__(self, norm):
        super().__init__()
        with torch.no_grad():
            scale = 1 / torch.sqrt(norm.running_var + norm.eps)
            scale = scale * norm.weight if norm.affine else scale
            shift = -scale * norm.running_mean
            self.register_buffer("scale", scale.clone())
            self.register_buffer("shift", shift + norm.bias if norm.affine else shift)

    def forward(self, x):
        return self.scale * x + self.shift


def replaced(model):
    made = copy.deepcopy(model)
    for name, part in list(made.named_children()):
        if isinstance(part, nn.BatchNorm1d):
            setattr(made, name, Fixed(part))
        elif len(list(part.children())):
            setattr(made, name, replaced(part))
    return made


class StayingBatchNorm(nn.BatchNorm1d):
    def train(self, mode=True):
        return super().train(False)


def staying(model):
    for part in model.modules():
        if isinstance(part, nn.BatchNorm1d):
            part.__class__ = StayingBatchNorm
            part.eval().requires_grad_(False)
    return model


def changed(treat, deep=True):
    """A wrong answer that does something to each layer."""

    def answer(model):
        for part in list(model.modules() if deep else model.children()):
            if isinstance(part, nn.BatchNorm1d):
                treat(part)
        return model

    return answer


def kept_in_eval(norm):
    norm.eval()
    norm.train = lambda mode=True: norm


def all_three(norm):
    norm.momentum = 0.0
    norm.requires_grad_(False)
    norm.track_running_stats = False


def without_statistics(norm):
    norm.requires_grad_(False)
    norm.running_mean = norm.running_var = None


def kept_and_still(norm):
    kept_in_eval(norm)
    norm.requires_grad_(False)


def everything_kept(model):
    model = changed(kept_and_still)(model.eval())
    model.train = lambda mode=True: model
    return model


def nothing_learns(model):
    return changed(kept_in_eval)(model).requires_grad_(False)


def own_statistics_gone(model):
    for part in model.modules():
        if isinstance(part, nn.BatchNorm1d):
            part.reset_running_stats()
            kept_and_still(part)
    return model


def misfit(
    model,
    x,
    *,
    mean=True,
    var=True,
    units=slice(None),
    width=1.0,
    mode=False,
    order=False,
    last=False,
):
    """By a copy, part by part; the settings make it wrong."""
    tried, ill = copy.deepcopy(model).train(mode), []
    for name, part in tried.named_modules():
        if isinstance(part, nn.BatchNorm1d):
            part.register_forward_hook(
                lambda part, given, _, name=name: (
                    ill.append(name)
                    if is_ill(part, given[0].double().numpy(), mean, var, units, width)
                    else None
                )
            )
    with torch.inference_mode():
        tried(x)
    if order:
        ill = [name for name, _ in model.named_modules() if name in ill]
    return (ill[-1] if last else ill[0]) if ill else ""


def is_ill(part, entered, mean, var, units, width):
    running = part.running_var.numpy()
    apart = abs(entered.mean(0) - part.running_mean.numpy()) > width * running**0.5
    ratio = entered.var(0) / running
    return bool(((mean & apart) | (var & ((ratio > 4) | (ratio < 0.25))))[units].any())


def in_training_mode(model, x):
    """Right name, but the running statistics move."""
    found = misfit(model, x)
    model.train()(x)
    return found


def left_in_eval(model, x):
    model.eval()
    return misfit(model, x)


def back_to_train(model, x):
    found = misfit(model, x)
    model.train()
    return found


def hooks_left(model, x):
    for part in model.modules():
        part.register_forward_hook(lambda *seen: None)
    return misfit(model, x)


RIGHT = {
    "frozen": [replaced, staying, lambda model: changed(kept_and_still)(copy.deepcopy(model))],
    "first-misfit": [misfit],
}

WRONG = {
    "frozen": [
        lambda model: model,
        lambda model: model.eval(),
        changed(lambda norm: norm.eval().requires_grad_(False)),
        changed(lambda norm: setattr(norm, "momentum", 0.0)),
        changed(all_three),
        changed(without_statistics),
        changed(kept_in_eval),  # γ and β learn
        changed(kept_and_still, deep=False),  # not inside a further Sequential
        everything_kept,
        nothing_learns,
        own_statistics_gone,
    ],
    "first-misfit": [
        lambda model, x: misfit(model, x, mean=False),
        lambda model, x: misfit(model, x, var=False),
        lambda model, x: misfit(model, x, units=slice(1)),
        lambda model, x: misfit(model, x, width=20.0, var=False),
        lambda model, x: misfit(model, x, width=0.1),
        lambda model, x: misfit(model, x, order=True),
        lambda model, x: misfit(model, x, last=True),
        lambda model, x: "",
        in_training_mode,
        left_in_eval,
        back_to_train,
        hooks_left,
        lambda model, x: misfit(model, x, mode=True),  # a copy, but in training mode
    ],
}
