"""What the lab asks. Tests of ``train_setting`` hold the answers, on other seeds."""

from __future__ import annotations

from bnviz.figures.gallery.lab.figure import Question
from bnviz.setting import Contestant, Setting

__all__ = ["QUESTIONS"]

QUESTIONS = (
    Question(
        "rate",
        "a rate of 20",
        Setting(lr=20.0),
        "A learning rate forty times as large. And the network with batch norm?",
        ["it explodes", "it stays at 10 %", "it learns to read"],
        answer=2,
        explain="Over 90 % after 70 to 200 steps: later than at 0.5, but it learns. At 50 it does "
        "not; layer norm stays at 10 % at 20 already.",
        steps=300,
    ),
    Question(
        "small",
        "weights of 0.01",
        Setting(init=0.01),
        "The initial weights are 0.1. Starting from 0.01, how many steps does the network with "
        "batch norm need for 90 %?",
        ["ten times as many", "about twice as many", "it stays at 10 %"],
        answer=1,
        explain="40 to 90 steps, where it took 20 to 45. Each unit is brought to nearly the same "
        "standard deviation; at 0.001, where ε counts, it takes several times as long. "
        "Without a norm: 10 % for 1000 steps and more.",
        steps=500,
    ),
    Question(
        "relu",
        "ten layers of ReLU",
        Setting(depth=10, activation="relu", lr=0.1),
        "Ten layers of ReLU, learning rate 0.1. Which has 90 % after 1000 steps?",
        ["only batch norm", "both", "neither"],
        answer=1,
        explain="The one with batch norm after about 35 steps, the other mostly after 300 to 600. "
        "Batch norm is sooner; it is not needed.",
    ),
    Question(
        "pair",
        "batches of two",
        Setting(batch_size=2),
        "Two images a batch. After 1000 steps, how many test images does batch norm get right?",
        ["over 90 %", "60 to 90 %", "about half at most"],
        answer=2,
        explain="Of two values, unless they are very close, normalizing makes +1 and −1, and lets "
        "hardly a gradient through (chapter 5). Smaller steps help: at 0.005, about half.",
    ),
    Question(
        "after",
        "the norm after the sigmoid",
        Setting(networks=[Contestant("batch"), Contestant("batch", "after")]),
        "Batch norm before the sigmoid, and batch norm after it. Which has 90 % first?",
        ["before, by far", "after, by far", "about the same"],
        answer=2,
        explain="Both within 60 steps; after it is mostly up to ten sooner. Inside they "
        "differ: what the sigmoid gets is normalized in one and not in the other.",
        steps=300,
    ),
    Question(
        "layer",
        "layer norm",
        Setting(networks=[Contestant("batch"), Contestant("layer")]),
        "Layer norm normalizes each image by itself, over the units. When has it 90 %?",
        ["as soon as batch norm", "some six times later", "not in 1000 steps"],
        answer=1,
        explain="After about 150 to 300 steps. It widens what differs between images, but at the "
        "start not to 1 in each unit: in the three layers to about 0.55, 0.2 and 0.08.",
    ),
)
