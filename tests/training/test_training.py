"""Networks trained side by side see the same, and nothing that watches changes what they learn."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import bnviz
from bnviz.data import as_maps, digits
from bnviz.networks import mlp
from bnviz.run import Run
from bnviz.training import train

SIZES = (64, 16, 12, 10)
QUIET = {"progress": False}


def net(**options: object) -> nn.Module:
    return mlp(SIZES, **{"seed": 0, **options})


def conv_net() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        *(nn.Conv2d(1, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(inplace=True)),
        *(nn.MaxPool2d(2), nn.Flatten(), nn.Linear(96, 10)),
    )


def state(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def same(one: Run, two: Run) -> bool:
    return (
        np.array_equal(one.loss, two.loss)
        and np.array_equal(one.accuracy, two.accuracy)
        and all(map(torch.equal, state(one.model).values(), state(two.model).values()))
    )


# -- what a step is ------------------------------------------------------------------------------


def test_a_run_is_the_loop_that_everybody_writes() -> None:
    run = train(net(norm="batch"), 50, lr=0.2, momentum=0.9, batch_size=50, seed=3, **QUIET)

    x, y, x_test, y_test = map(torch.from_numpy, digits(3))
    model, losses = net(norm="batch"), []
    optimizer = torch.optim.SGD(model.parameters(), lr=0.2, momentum=0.9)
    random = torch.Generator().manual_seed(3)
    batches = [
        b for _ in range(2) for b in torch.randperm(1297, generator=random).split(50)[:25]
    ]  # 1297 // 50 = 25: the last 47 images of an epoch are left out
    for batch in batches:
        loss = nn.functional.cross_entropy(model(x[batch]), y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    right = model.eval()(x_test).argmax(1) == y_test

    np.testing.assert_allclose(run.loss, losses, rtol=1e-5)
    assert run.accuracy[-1] == pytest.approx(right.double().mean().item())


def test_a_run_answers_in_eval_mode_and_leaves_the_mode_as_it_was() -> None:
    run = train(net(norm="batch"), 30, **QUIET)
    split = digits(0)
    run.model.train()
    answers = run.answers(split.x_test)
    assert run.model.training
    assert (answers == split.y_test).mean() == pytest.approx(run.accuracy[-1])
    one = np.where(np.arange(500)[:, None] == 7, np.float32("nan"), split.x_test)
    assert np.flatnonzero(run.answers(one) == -1).tolist() == [7]


def test_all_see_the_same_batches_in_the_same_order() -> None:
    seen: dict[str, list[Tensor]] = {"a": [], "b": []}
    models = {"a": net(), "b": net(activation="tanh")}
    for label, model in models.items():
        model.register_forward_pre_hook(
            lambda model, args, label=label: seen[label].append(args[0]) if model.training else None
        )
    train(models, 30, batch_size=40, **QUIET)
    assert len(seen["a"]) == len(seen["b"]) == 30
    assert all(map(torch.equal, seen["a"], seen["b"]))


def test_one_network_alone_gives_one_run_the_same_as_among_others() -> None:
    alone = train(net(), 20, **QUIET)
    among = train({"first": net(activation="tanh"), "second": net()}, 20, **QUIET)
    assert isinstance(alone, Run)
    assert list(among) == ["first", "second"]
    assert same(alone, among["second"])


def dropping() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(64, 20), nn.ReLU(), nn.Dropout(0.5), nn.Linear(20, 10))


def test_what_a_network_draws_is_decided_by_the_seed_alone() -> None:
    torch.manual_seed(1)
    one = train(dropping(), 20, seed=2, **QUIET)
    torch.manual_seed(9)
    among = train({"other": dropping(), "two": dropping()}, 20, seed=2, **QUIET)
    assert same(one, among["two"])
    data = digits(0)
    runs = [train(dropping(), 20, seed=seed, data=data, **QUIET) for seed in (2, 3)]
    assert not same(*runs)


def test_global_random_numbers_are_left_alone() -> None:
    model = dropping()
    torch.manual_seed(11)
    before = torch.get_rng_state()
    train(model, 5, **QUIET)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("make", [lambda: net(norm="batch"), dropping, conv_net])
def test_recording_and_probing_change_nothing(make: Callable[[], nn.Module]) -> None:
    maps = isinstance(next(make().children()), nn.Conv2d)
    options = {"data": as_maps(digits(0)) if maps else digits(0), "seed": 1, **QUIET}
    watched = train(make(), 30, record={"units": [0, 3], "sample": None}, **options)
    recorded = train(make(), 30, probe=False, **options)
    bare = train(make(), 30, record=False, **options)
    assert same(watched, bare)
    assert same(recorded, bare)
    assert (recorded.probe, bare.recording, bare.probe) == (None, None, None)
    assert bare.names == {}


# -- options -------------------------------------------------------------------------------------


def test_any_network_and_any_data_that_fit_together() -> None:
    run = train(conv_net(), 40, data=as_maps(digits(0)), lr=0.1, **QUIET)
    assert run.accuracy[-1] > 0.7
    x, y = bnviz.data.spirals(300, seed=0)
    arrays = (x[:200].astype(np.float64), y[:200].tolist(), x[200:].astype(np.float64), y[200:])
    double = mlp([2, 8, 2], "tanh", norm="layer", seed=0).double()
    run = train(double, 30, data=arrays, batch_size=200, **QUIET)
    assert np.isfinite(run.loss).all()
    assert run.probe.images.shape == (100, 2)


def test_an_optimizer_of_ones_own_takes_the_place_of_sgd() -> None:
    adam = train(net(), 3, optimizer=lambda p: torch.optim.Adam(p, lr=0.01), **QUIET)
    weight, start = adam.model.output.weight.detach(), net().output.weight.detach()
    assert float((weight - start).abs().max()) == pytest.approx(0.03, rel=0.05)  # 3 steps of Adam
    assert not same(adam, train(net(), 3, **QUIET))


def test_weight_decay_shrinks_what_has_no_gradient() -> None:
    def loss(logits: Tensor, labels: Tensor) -> Tensor:
        return 0 * logits.sum()

    run = train(net(), 2, lr=0.5, weight_decay=0.1, loss=loss, **QUIET)
    torch.testing.assert_close(run.model.output.weight, net().output.weight * 0.95**2)


def test_the_schedule_is_the_factor_for_the_updates_made_before() -> None:
    factors = [1.0, 0.5, 0.0, 0.0]
    seen: list[Tensor] = []
    train(
        net(),
        3,
        lr=0.1,
        schedule=factors.__getitem__,
        on_step=lambda step, run: seen.append(
            torch.cat([run.model.output.bias.detach().clone()[None], _gradient(run)])
        ),
        **QUIET,
    )
    start, one, two, three = seen
    torch.testing.assert_close(one[0], start[0] - 0.1 * one[1])
    torch.testing.assert_close(two[0], one[0] - 0.05 * two[1])
    assert torch.equal(three[0], two[0])


def _gradient(run: Run) -> Tensor:
    grad = run.model.output.bias.grad
    return torch.zeros(1, 10) if grad is None else grad[None].clone()


def test_a_training_ends_early_where_on_step_says_so() -> None:
    run = train(net(), 20, eval_every=5, on_step=lambda step, run: step == 7, **QUIET)
    assert len(run.loss) == 7
    assert run.steps.tolist() == [0, 5, 7]
    whole = train(net(), 7, eval_every=5, **QUIET)
    np.testing.assert_array_equal(run.accuracy, whole.accuracy)
    assert run.recording.num_steps == 7
    assert len(train(net(), 3, on_step=lambda step, run: "go on", **QUIET).loss) == 3


def test_on_step_is_called_before_the_first_update_and_after_each() -> None:
    calls: list[tuple[int, int, object]] = []
    result = train(
        {"a": net()},
        3,
        on_step=lambda step, runs: calls.append((step, len(runs["a"].loss), runs)),
        **QUIET,
    )
    assert [(step, losses) for step, losses, _ in calls] == [(0, 0), (1, 1), (2, 2), (3, 3)]
    assert all(runs is result for _, _, runs in calls)


def test_the_accuracy_is_measured_before_the_first_step_every_so_often_and_at_the_end() -> None:
    untrained = net(norm="batch").eval()
    run = train(net(norm="batch"), 7, eval_every=3, **QUIET)
    assert run.steps.tolist() == [0, 3, 6, 7]
    x, y = map(torch.from_numpy, digits(0)[2:])
    for where, model in ((0, untrained), (-1, run.model)):
        assert not model.training
        right = (model(x).argmax(1) == y).double().mean().item()
        assert run.accuracy[where] == pytest.approx(right)


def test_options_of_the_recorder_are_passed_on() -> None:
    run = train(net(), 6, record={"layers": "hidden2.*", "units": 3, "every": 2}, **QUIET)
    assert "hidden2.activation[3]" in run.recording.layers
    assert run.recording.steps.tolist() == [1, 3, 5]
    assert run.recording.closed


def test_progress_is_shown_unless_it_is_switched_off(capsys: pytest.CaptureFixture[str]) -> None:
    train(net(), 2, progress=False)
    assert capsys.readouterr().err == ""
    train(net(), 2)
    assert "2/2" in capsys.readouterr().err


# -- what a run tells ----------------------------------------------------------------------------


def test_a_run_that_explodes_ends_decently_and_its_curves_show_it() -> None:
    run = train(net(init=1.0), 60, lr=1e30, eval_every=20, **QUIET)
    assert math.isfinite(run.loss[0])
    assert np.isnan(run.loss[-30:]).all()
    assert len(run.loss) == 60
    assert run.accuracy[0] > 0
    assert run.accuracy[1:].tolist() == [0, 0, 0]  # NaN is no answer
    assert run.steps_to(0.5) is None
    assert run.recording.closed
    assert run.recording.nonfinite("hidden1.activation")[-1].sum() > 0
    assert np.isnan(run.probe.train["hidden2.activation"][-1]).all()


def test_names_for_readers_are_those_of_layers_in_an_mlp_and_of_modules_elsewhere() -> None:
    run = train(net(), 2, record={"units": [4]}, **QUIET)
    assert run.names == {
        "hidden1.activation": "layer 1",
        "hidden1.activation[4]": "layer 1, unit 4",
        "hidden2.activation": "layer 2",
        "hidden2.activation[4]": "layer 2, unit 4",
    }
    run = train(conv_net(), 2, data=as_maps(digits(0)), **QUIET)
    assert run.names == {"2": "2"}


def test_the_style_is_what_was_said_and_nothing_is_read_out_of_labels() -> None:
    models = {"no BN": net(), "BN": net(norm="batch"), "BN, γ fixed": net(norm="batch")}
    runs = train(models, 1, styles={"no BN": "without", "BN": "with"}, **QUIET)
    assert [run.style for run in runs.values()] == ["without", "with", None]
    assert train(net(norm="batch"), 1, **QUIET).style is None


def test_steps_to_is_the_first_evaluated_step_with_that_accuracy() -> None:
    run = train(net(norm="batch"), 60, eval_every=10, **QUIET)
    reached = run.steps_to(0.5)
    assert (run.accuracy[run.steps < reached] < 0.5).all()
    assert run.accuracy[run.steps == reached] >= 0.5
    assert run.steps_to(1.01) is None


def test_a_run_says_what_it_is() -> None:
    assert repr(train(net(), 3, **QUIET)).startswith("Run(MLP, 3 steps, accuracy 0.")


def test_everything_can_be_read_while_it_trains() -> None:
    lengths: list[tuple[int, int, int]] = []

    def look(step: int, run: Run) -> None:
        lengths.append((len(run.loss), len(run.steps), len(run.probe.steps)))
        assert run.clouds.points.shape[1:] == (0 if step == 0 else 200, 2)

    train(net(), 3, eval_every=2, on_step=look, **QUIET)
    assert lengths == [(0, 1, 0), (1, 1, 2), (2, 2, 3), (3, 3, 4)]


# -- what does not fit ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, "a number of steps from 1 on; given 0"),
        ({"batch_size": 0}, "from 1 to the 1297 training examples; given 0"),
        ({"batch_size": 1298}, "from 1 to the 1297 training examples; given 1298"),
        ({"eval_every": 0}, "eval_every is a number of steps from 1 on; given 0"),
        ({"record": {"every": 0}}, "every must be a whole number"),
        ({"record": None}, "record is True, False, or options .*; given None"),
        ({"data": digits(0)[:3]}, "x_train, y_train, x_test and y_test; given 3 parts"),
        (
            {"data": (digits(0)[0], digits(0)[1][:9], *digits(0)[2:])},
            "1297 examples in x_train and 9 classes in y_train; give one class for each",
        ),
        (
            {"data": (*digits(0)[:2], digits(0)[2][:1], digits(0)[3])},
            "1 example in x_test and 500 classes in y_test",
        ),
        ({"optimizer": torch.optim.LBFGS}, "LBFGS needs a closure .* such as SGD or Adam"),
        ({"styles": {"b": "with"}}, "for the labels a; given 'with' for 'b'"),
        ({"styles": {"a": "blue"}}, "'without' or 'with' .* given 'blue' for 'a'"),
    ],
)
def test_arguments_that_do_not_fit_say_what_does(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        train({"a": net()}, **{"steps": 1, **QUIET, **options})


def test_no_network_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no network; give one, or several by label: \{label"):
        train({}, 1, **QUIET)


def test_one_network_under_two_labels_is_refused() -> None:
    one = net()
    with pytest.raises(ValueError, match="'a' and 'c' are one and the same network"):
        train({"a": one, "b": net(), "c": one}, 1, **QUIET)


def test_an_error_in_a_step_closes_the_recording_and_leaves_random_numbers_alone() -> None:
    runs: list[Run] = []

    def fail(step: int, run: Run) -> None:
        runs.append(run)
        if step == 2:
            raise KeyboardInterrupt

    model = dropping()
    torch.manual_seed(5)
    before = torch.get_rng_state()
    with pytest.raises(KeyboardInterrupt):
        train(model, 9, on_step=fail, **QUIET)
    assert runs[0].recording.closed
    assert runs[0].recording.num_steps == 2
    assert torch.equal(torch.get_rng_state(), before)
