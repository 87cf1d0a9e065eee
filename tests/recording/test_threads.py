"""A model that trains in a thread, or in several, as those of `DataParallel` do."""

import sys
import threading
import warnings
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from bnviz import figures, record
from bnviz.recording.threads import Threads


@pytest.fixture
def hasty() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


class Two(nn.Module):
    """Two activations, and something that happens between them."""

    def __init__(self, between: Callable[[], object] = lambda: None) -> None:
        super().__init__()
        self.first, self.second, self.between = nn.ReLU(), nn.ReLU(), between
        self.weight = nn.Parameter(torch.ones(()))

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x * self.weight)
        self.between()
        return self.second(x)


class Replicas(nn.Module):
    """Runs a replica of a module in each of two threads, as `DataParallel` does on two GPUs."""

    def __init__(self, module: nn.Module, *, keep: bool = False) -> None:
        super().__init__()
        self.module, self.keep = module, keep
        self.replicas: list[nn.Module] = []

    def forward(self, x: Tensor) -> Tensor:
        if not (self.keep and self.replicas):
            self.replicas = [replica_of(self.module) for _ in range(2)]
        replicas, halves = self.replicas, x.chunk(2)
        found: list[Tensor] = [x, x]

        def run(half: int) -> None:
            found[half] = replicas[half](halves[half])

        in_threads(run, 2)
        return torch.cat(found)


def replica_of(module: nn.Module) -> nn.Module:
    """A copy on another device, in the way of `torch.nn.parallel.replicate`."""
    replicas = {id(each): each._replicate_for_data_parallel() for each in module.modules()}
    for each in module.modules():
        replica = replicas[id(each)]
        replica._modules = {name: replicas[id(m)] for name, m in each._modules.items()}
        vars(replica).update({name: p.clone() for name, p in each._parameters.items()})
    return replicas[id(module)]


def in_threads(do: Callable[[int], object], count: int) -> None:
    threads = [threading.Thread(target=do, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def train(model: nn.Module, steps: int) -> None:
    """Step t gives the value t + 1 everywhere, in batches of several sizes."""
    for t in range(steps):
        x = torch.full(((8, 3, 32)[t % 3], 16), float(t + 1))
        model(x).sum().backward()


def test_a_run_in_a_thread_can_be_followed_from_another(hasty) -> None:
    model, steps, read = Two(), 600, 0
    with record(model, watch=("auto", "gradient"), sample=None) as recording:
        thread = threading.Thread(target=train, args=(model, steps))
        thread.start()
        while thread.is_alive():
            read += len(str(recording)) > 0
            if recording.layers:
                assert figures.distributions(recording).alt
    assert read > 10
    for name in recording.tracks:
        assert recording.total(name).sum() == 16 * (8 + 3 + 32) * steps // 3
    newest = np.arange(4, steps + 4, 4) - 1.5  # of four steps to a row, the middle
    np.testing.assert_allclose(recording.mean("second"), newest, rtol=0.2)


def test_several_threads_may_train_one_model(hasty) -> None:
    model = Two()
    with pytest.warns(UserWarning, match="Two ran in several threads at once"):  # noqa: SIM117
        with record(model, watch=("auto", "gradient"), sample=None) as recording:
            in_threads(lambda _: train(model, 500), 3)
    assert recording.num_steps == 1500
    assert recording.layers == ("first", "second")
    for layer in recording.layers:
        assert 0 < recording.total(layer).sum() <= 3 * 16 * (8 + 3 + 32) * 500 / 3
        values = recording.percentiles(layer, (0, 100))
        assert values.min() > 0.9 and values.max() < 520


def test_where_passes_overlap_the_newest_is_recorded_from_where_it_began() -> None:
    def another() -> None:
        if threading.current_thread() is threading.main_thread():
            in_threads(lambda _: model(torch.full((2, 4), 2.0)), 1)

    model = Two(another)
    with pytest.warns(UserWarning, match="the newest is recorded"):  # noqa: SIM117
        with record(model) as recording:
            model(torch.full((2, 4), 1.0))
            model.between = lambda: None
            model(torch.full((2, 4), 3.0))
    assert recording.num_steps == 3
    assert recording.layers == ("first", "second")
    assert recording.total("first").tolist() == [8, 8, 8]
    assert recording.total("second").tolist() == [0, 8, 8]
    np.testing.assert_array_equal(recording.mean("second")[1:], [2, 3])


def test_passes_of_threads_that_take_turns_do_not_overlap() -> None:
    model = Two()
    with warnings.catch_warnings(), record(model) as recording:
        warnings.simplefilter("error")
        for _ in range(2):
            model(torch.ones(2, 4))
            in_threads(lambda _: model(torch.ones(2, 4)), 1)
    assert recording.total("second").tolist() == [8] * 4


def test_a_thread_in_no_pass_of_its_own_works_for_the_newest() -> None:
    threads, here = Threads(), threading.get_ident()
    threads.begin_pass()
    assert threads.belongs(here)
    in_threads(lambda _: threads.begin_pass(), 1)
    assert not threads.belongs(here)
    threads.end_pass()
    assert threads.belongs(here)


def test_what_a_failed_thread_left_unfinished_is_nobodys_pass() -> None:
    def fails() -> None:
        raise ArithmeticError

    def failing(_: int) -> None:
        with pytest.raises(ArithmeticError):
            model(torch.ones(2, 4))

    model = Two(fails)
    with warnings.catch_warnings(), record(model) as recording:
        warnings.simplefilter("error")
        in_threads(failing, 1)
        model.between = lambda: None
        model(torch.ones(2, 4))
    assert recording.total("second").tolist() == [0, 8]


@pytest.mark.parametrize("keep", [False, True])
def test_threads_that_share_a_batch_belong_to_one_pass(keep: bool) -> None:
    shared = nn.ReLU()  # runs twice in each replica
    model = Replicas(nn.Sequential(nn.Linear(4, 4), shared, nn.Linear(4, 4), shared), keep=keep)
    with warnings.catch_warnings(), record(model, watch=("auto", "gradient")) as recording:
        warnings.simplefilter("error")
        for _ in range(3):
            model(torch.randn(6, 4)).sum().backward()
    assert recording.layers == ("module.1", "module.1#2")
    for name in recording.tracks:
        assert recording.total(name).tolist() == [24, 24, 24]


def test_a_run_that_outlives_the_block_goes_on_unseen() -> None:
    begun, ended = threading.Event(), threading.Event()

    def wait() -> None:
        begun.set()
        ended.wait(10)

    model = Two(wait)
    with record(model) as recording:
        thread = threading.Thread(target=model, args=(torch.ones(2, 4),))
        thread.start()
        begun.wait(10)
    ended.set()
    thread.join()
    assert recording.layers == ("first",)
    assert recording.total("first").tolist() == [8]
