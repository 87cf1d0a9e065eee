"""The trainer of the lab, held against PyTorch number by number."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from node import run_js
from torch import nn
from torch.nn import functional as F

from bnviz import data
from bnviz.experiments.why_it_works import NoisyBatchNorm
from bnviz.networks import mlp
from bnviz.training import shuffled_batches
from bnviz.twins import Twins

LOOKS = (1, 10, 100, 1000)
NORMS = ("batch", "layer", "group", "rms")
BOOK = {"hidden": (100, 100, 100), "activation": "sigmoid", "init": 0.1, "lr": 0.5}

# Trains as told, and gives at each look all that PyTorch can be asked for, in PyTorch's layout.
RUN = """
  const [settings, pixels, labels, start, looks, kind] = inputs;
  const examples =
    settings.data === "spirals" ? spirals(settings.seed) : digits(pixels, labels, settings.seed);
  const build = (backend) => new Training(settings, examples, backend);
  const made = kind === "float64" ? plain(Float64Array) : plain();
  if (kind === "simd") build(made);
  const backend = kind === "simd" ? simd(made.used() + 2000) : made;
  const training = build(backend);
  const [network] = training.networks;

  const weights = new Map(network.layers.flatMap((layer) =>
    [[layer.weight, layer], [layer.gradWeight, layer]]));
  const read = (array) => {
    const layer = weights.get(array);
    if (!layer) return Array.from(array);
    const { inputs: n, outputs: m } = layer;
    return Array.from(array, (_, p) => array[(p % n) * m + Math.floor(p / n)]);
  };
  const write = (array, values) => {
    const layer = weights.get(array);
    if (!layer) return array.set(values);
    const { inputs: n, outputs: m } = layer;
    values.forEach((value, p) => { array[(p % n) * m + Math.floor(p / n)] = value; });
  };
  const all = (which) => network.parameters.map((one) => read(one[which]));

  if (start) network.parameters.forEach(({ value }, i) => write(value, start[i]));
  const found = { start: all("value"), losses: [], looks: {} };
  for (let step = 1; step <= looks.at(-1); step++) {
    found.losses.push(training.step()[0]);
    if (!looks.includes(step)) continue;
    const pre = network.hidden.map(({ pre, outputs }) =>
      Array.from(pre.subarray(0, settings.batchSize * outputs)));
    const gradients = all("grad");
    const running = network.hidden.flatMap(({ norm }) =>
      norm?.runningMean ? [Array.from(norm.runningMean), Array.from(norm.runningVar)] : []);
    const accuracy = training.evaluate()[0];
    const x = backend.alloc(20 * examples.features);
    x.set(examples.test.x.slice(0, x.length));
    const outputs = Array.from(network.forward(x, 20, false).subarray(0, 20 * examples.classes));
    found.looks[step] = { pre, gradients, values: all("value"), running, accuracy, outputs };
  }
  return found;
"""


TRAINER = "gallery/lab/trainer"
FILES = {
    "Training": f"{TRAINER}/training.js",
    **dict.fromkeys(("digits", "spirals"), f"{TRAINER}/data.js"),
    **dict.fromkeys(("plain", "simd"), f"{TRAINER}/backend.js"),
}


def in_the_page(options: dict[str, Any], start: Any, looks: Sequence[int], kind: str) -> Any:
    """What the trainer makes of settings, from weights that are given or from its own."""
    return run_js(RUN, options, *_all_digits(), start, list(looks), kind, **FILES)


def _all_digits() -> list[list[int]]:
    return [array.ravel().tolist() for array in data.all_digits()]


def in_torch(options: dict[str, Any], looks: Sequence[int], dtype: torch.dtype) -> Any:
    """The same of PyTorch."""
    seed, size = options["seed"], options["batchSize"]
    contestant = options["networks"][0]
    if options.get("data") == "spirals":
        split = (*data.spirals(600, seed), *data.spirals(600, seed + 1000))
    else:
        split = data.digits(seed)
    x, y, x_test, _ = (torch.from_numpy(array) for array in split)
    x, x_test = x.to(dtype), x_test.to(dtype)
    sizes = (x.shape[1], *options["hidden"], int(y.max()) + 1)
    norm = contestant["norm"]
    if contestant.get("noise"):
        norm = lambda width: NoisyBatchNorm(width, contestant["noise"])  # noqa: E731
    model = mlp(
        sizes, options["activation"], norm=norm, init=options["init"], seed=seed,
        placement=contestant.get("placement", "before"), affine=contestant.get("affine", True),
    ).to(dtype)  # fmt: skip
    start = _arrays(model.parameters())
    optimizer = torch.optim.SGD(
        model.parameters(), options["lr"], options.get("momentum", 0),
        weight_decay=options.get("weightDecay", 0),
    )  # fmt: skip
    pre: list[torch.Tensor] = []
    for block in model.hidden:
        block.activation.register_forward_pre_hook(lambda _, given: pre.append(given[0].detach()))
    found: Any = {"start": start, "losses": [], "looks": {}}
    batches = shuffled_batches(len(x), size, seed)
    torch.manual_seed(seed)
    for step in range(1, looks[-1] + 1):
        rows = next(batches)
        pre.clear()
        loss = F.cross_entropy(model.train()(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        found["losses"].append(loss.item())
        if step in looks:
            inside = [one.flatten().numpy() for one in pre]
            with torch.no_grad():
                outputs = model.eval()(x_test)
            found["looks"][step] = {
                "pre": inside,
                "gradients": _arrays(p.grad for p in model.parameters()),
                "values": _arrays(model.parameters()),
                "running": [
                    getattr(block.norm, name).numpy().copy()
                    for block in model.hidden
                    for name in ("running_mean", "running_var")
                    if isinstance(block.norm, nn.BatchNorm1d)
                ],
                "accuracy": (outputs.argmax(1).numpy() == split[3]).mean(),
                "outputs": outputs[:20].flatten().numpy(),
            }
    return found


def _arrays(tensors: Any) -> list[Any]:
    return [tensor.detach().flatten().numpy().copy() for tensor in tensors]


def difference(found: Any, expected: Any) -> float:
    """The largest difference of any number, as a part of the largest number of its kind."""
    worst = [np.abs(np.subtract(found["losses"], expected["losses"])).max() / 3]
    for step, there in expected["looks"].items():
        here = found["looks"].get(str(step)) or found["looks"][step]
        for what in ("pre", "running", "gradients", "values"):
            pairs = list(zip(here[what], there[what], strict=True))
            of_all = what in ("gradients", "values")
            largest = max(np.abs(b).max() for _, b in pairs) if of_all else None
            worst += [_part(a, b, largest) for a, b in pairs]
        worst.append(_part(here["outputs"], there["outputs"]))
    return float(max(worst))


def _part(found: Any, expected: Any, largest: float | None = None) -> float:
    gap = np.abs(np.subtract(found, expected)).max()
    return float(gap / (np.abs(expected).max() if largest is None else largest))


def settings_of(norm: str | None, placement: str = "before", **others: Any) -> dict[str, Any]:
    own = {name: others.pop(name) for name in ("noise", "affine") if name in others}
    contestant = {"norm": norm, "placement": placement, **own}
    hidden = [40, 40, 40] if norm == "group" else [20, 20, 20]  # groups of five are chaotic
    common = {"seed": 3, "hidden": hidden, "activation": "sigmoid", "init": 0.3, "lr": 0.1}
    return {"networks": [contestant], **common, "batchSize": 60, **others}


PLACES = [(None, "before"), *itertools.product(NORMS, ("before", "after"))]


# --- random numbers and data ----------------------------------------------------------------------


@given(seed=st.integers(0, 2**32 - 1), count=st.integers(16, 70))
@settings(max_examples=20, deadline=None)
def test_a_seed_gives_the_numbers_of_torch(seed, count):
    code = """
      const [seed, count] = inputs;
      const random = new TorchRandom(seed);
      return [
        [...random.permutation(count)], [...random.uniforms(count, 0.1)],
        [...random.normals(count, 0.3)], random.uniform(),
      ];
    """
    found = run_js(code, seed, count, TorchRandom=f"{TRAINER}/torch_random.js")
    random = torch.Generator().manual_seed(seed)
    assert found[0] == torch.randperm(count, generator=random).tolist()
    uniform = torch.empty(count).uniform_(-0.1, 0.1, generator=random)
    np.testing.assert_allclose(found[1], uniform, rtol=0, atol=1e-8)
    normal = torch.empty(count).normal_(0, 0.3, generator=random)
    np.testing.assert_allclose(found[2], normal, rtol=0, atol=1e-6)
    assert found[3] == torch.rand(1, generator=random).item()


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_a_seed_gives_the_numbers_of_numpy(seed):
    code = """
      const random = new NumpyRandom(inputs[0]);
      const values = Array.from({ length: 70 }, (_, i) => i);
      const several = (draw) => Array.from({ length: 500 }, draw);
      return [
        random.permutation(values), several(() => random.uniform()),
        several(() => random.integer(9)), several(() => random.normal()),
        random.permutation(values),
      ];
    """
    found = run_js(code, seed, NumpyRandom=f"{TRAINER}/numpy_random.js")
    random = np.random.default_rng(seed)
    assert found[0] == random.permutation(70).tolist()
    assert found[1] == random.random(500).tolist()
    assert found[2] == random.integers(10, size=500).tolist()
    np.testing.assert_allclose(found[3], random.normal(size=500), rtol=0, atol=1e-14)
    assert found[4] == random.permutation(70).tolist()


def test_normal_numbers_reach_the_tail_as_numpys_do():
    code = """
      const random = new NumpyRandom(5);
      return Array.from({ length: 60000 }, () => random.normal());
    """
    found = np.array(run_js(code, NumpyRandom=f"{TRAINER}/numpy_random.js"))
    assert np.abs(found).max() > 3.7  # the lowest layer ends at 3.654
    np.testing.assert_allclose(found, np.random.default_rng(5).normal(size=60000), atol=1e-13)


@pytest.mark.parametrize("seed", [0, 1, 7, 123456789])
def test_digits_are_split_as_in_python(seed):
    found = run_js("return digits(...inputs);", *_all_digits(), seed, digits=f"{TRAINER}/data.js")
    split = data.digits(seed)
    for part, x, y in (("train", *split[:2]), ("test", *split[2:])):
        np.testing.assert_array_equal(found[part]["x"], x.ravel())
        np.testing.assert_array_equal(found[part]["y"], y)
    np.testing.assert_array_equal(found["shown"]["x"], split.x_test[:12].ravel())
    np.testing.assert_array_equal(found["shown"]["y"], split.y_test[:12])
    assert found["asked"] == found["shown"]["x"]


@pytest.mark.parametrize("seed", [0, 4])
def test_spirals_are_those_of_python(seed):
    found = run_js("return spirals(inputs[0]);", seed, spirals=f"{TRAINER}/data.js")
    for part, at in (("train", seed), ("test", seed + 1000)):
        x, y = data.spirals(600, at)
        np.testing.assert_allclose(found[part]["x"], x.ravel(), rtol=0, atol=1e-7)
        np.testing.assert_array_equal(found[part]["y"], y)
    np.testing.assert_allclose(found["shown"]["x"], x[:200].ravel(), rtol=0, atol=1e-7)
    np.testing.assert_array_equal(found["shown"]["y"], y[:200])
    assert np.abs(x).max() < 1.1  # the plane that is asked about holds them all


@pytest.mark.parametrize("init", [0.1, None, "kaiming", "xavier"])
def test_a_seed_gives_the_weights_of_mlp(init):
    options = settings_of("batch", init=init, seed=11)
    found = in_the_page(options, None, (1,), "float32")
    expected = in_torch(options, (1,), torch.float32)
    for own, values in zip(found["start"], expected["start"], strict=True):
        np.testing.assert_allclose(own, values, rtol=0, atol=1e-6)


# --- the matrix product and the sigmoid -----------------------------------------------------------


@given(
    sizes=st.tuples(st.integers(1, 30), st.integers(1, 30), st.integers(1, 30)),
    turned=st.booleans(),
    seed=st.integers(0, 99),
)
@settings(max_examples=60, deadline=None)
def test_both_products_are_numpys(sizes, turned, seed):
    m, n, k = sizes
    random = np.random.default_rng(seed)
    a, b = random.normal(size=(m, k)).astype(np.float32), random.normal(size=(k, n))
    b = b.astype(np.float32)
    code = """
      const [a, b, m, n, k, rowStep, columnStep] = inputs;
      return [plain(), simd(m * k + k * n + m * n)].map((backend) => {
        const own = (values) => {
          const array = backend.alloc(values.length);
          array.set(values);
          return array;
        };
        const c = backend.alloc(m * n).fill(7);
        backend.product(c, own(a), own(b), m, n, k, rowStep, columnStep);
        return [...c];
      });
    """
    lying = a.T if turned else a
    steps = (1, m) if turned else (k, 1)
    found = run_js(
        code, lying.ravel().tolist(), b.ravel().tolist(), m, n, k, *steps,
        plain=f"{TRAINER}/backend.js", simd=f"{TRAINER}/backend.js",
    )  # fmt: skip
    for product in found:
        np.testing.assert_allclose(np.reshape(product, (m, n)), a @ b, rtol=0, atol=2e-5)


@given(values=st.lists(st.floats(width=32), min_size=1, max_size=20))
@settings(max_examples=60, deadline=None)
def test_both_sigmoids_are_numpys(values):
    code = """
      const [values] = inputs;
      return [plain(), simd(2 * values.length)].map((backend) => {
        const [x, y] = [0, 1].map(() => backend.alloc(values.length));
        x.set(values);
        backend.sigmoid(y, x, values.length);
        return [...y];
      });
    """
    with np.errstate(over="ignore"):
        expected = 1 / (1 + np.exp(-np.array(values)))
    files = dict.fromkeys(("plain", "simd"), f"{TRAINER}/backend.js")
    for sigmoid in run_js(code, values, **files):
        np.testing.assert_allclose(sigmoid, expected, rtol=5e-6, atol=1e-7)


@pytest.mark.parametrize("largest", [1, 20, 80])
def test_the_sigmoid_of_the_kernel_is_as_precise_as_float32(largest):
    code = """
      const [values] = inputs;
      const backend = simd(2 * values.length);
      const [x, y] = [0, 1].map(() => backend.alloc(values.length));
      x.set(values);
      backend.sigmoid(y, x, values.length);
      return [...y];
    """
    x = np.linspace(-largest, largest, 5001, dtype=np.float32)
    found = run_js(code, x.tolist(), simd=f"{TRAINER}/backend.js")
    expected = 1 / (1 + np.exp(-x.astype(float)))
    assert np.abs(found - expected).max() < 2**-23
    assert np.abs(found / expected - 1).max() < 2**-23 * (2 + largest)


def test_the_kernel_is_a_module_of_a_thousand_bytes_that_the_browser_accepts():
    code = "return [assemble().length, WebAssembly.validate(assemble()), hasSimd()];"
    files = {"assemble": f"{TRAINER}/kernel.js", "hasSimd": f"{TRAINER}/backend.js"}
    length, valid, has = run_js(code, **files)
    assert length < 1300
    assert valid and has


# --- training -------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
@pytest.mark.parametrize(("norm", "placement"), PLACES)
def test_a_thousand_steps_are_those_of_torch_in_float64(norm, placement, activation):
    options = settings_of(norm, placement, activation=activation)
    expected = in_torch(options, LOOKS, torch.float64)
    start = [values.tolist() for values in expected["start"]]
    assert difference(in_the_page(options, start, LOOKS, "float64"), expected) < 1e-9


@pytest.mark.parametrize("kind", ["float32", "simd"])
@pytest.mark.parametrize("norm", [None, "batch"])
def test_the_books_own_runs_through_step_1000_in_float32(norm, kind):
    options = settings_of(norm, **BOOK)
    expected = in_torch(options, LOOKS, torch.float32)
    found = in_the_page(options, None, LOOKS, kind)  # from weights that it draws itself
    assert difference(found, expected) < 1e-5
    for step in LOOKS:
        assert found["looks"][str(step)]["accuracy"] == expected["looks"][step]["accuracy"]


@pytest.mark.parametrize("kind", ["float32", "simd"])
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
@pytest.mark.parametrize(("norm", "placement"), PLACES)
def test_the_first_ten_steps_of_all_others_in_float32(norm, placement, activation, kind):
    calm = {"hidden": [40, 40, 40], "init": 0.2, "lr": 0.02}
    options = settings_of(norm, placement, activation=activation, **calm)
    expected = in_torch(options, (1, 10), torch.float32)
    # Where units hardly vary, as behind many a ReLU, a norm makes rounding large, PyTorch's too.
    rounding = difference(expected, in_torch(options, (1, 10), torch.float64))
    found = in_the_page(options, None, (1, 10), kind)
    # A ReLU whose sum is nearly 0 may be open in one and closed in the other.
    least = 5e-4 if activation == "relu" else 1e-5
    assert difference(found, expected) < max(least, 4 * rounding)


@pytest.mark.parametrize("options", [
    {"momentum": 0.9, "lr": 0.02}, {"weightDecay": 0.01}, {"momentum": 0.5, "weightDecay": 0.01},
    {"batchSize": 8, "lr": 0.01}, {"data": "spirals", "activation": "relu", "hidden": [16, 16]},
    {"hidden": [12]}, {"hidden": [8] * 10, "lr": 0.01}, {"batchSize": 300},
    {"affine": False, "momentum": 0.9, "lr": 0.02, "weightDecay": 0.01},
])  # fmt: skip
def test_other_settings_are_those_of_torch(options):
    options = settings_of("batch", **options)
    expected = in_torch(options, (1, 10, 100), torch.float64)
    start = [values.tolist() for values in expected["start"]]
    assert difference(in_the_page(options, start, (1, 10, 100), "float64"), expected) < 1e-9


def test_noise_is_drawn_as_in_the_books_experiment():
    options = settings_of("batch", noise=2.0)
    expected = in_torch(options, (1, 10, 100), torch.float64)
    start = [values.tolist() for values in expected["start"]]
    # PyTorch adds the noise up in float32.
    assert difference(in_the_page(options, start, (1, 10, 100), "float64"), expected) < 3e-6


def test_a_seed_in_the_page_is_the_run_of_the_twins():
    pair = Twins(seed=5).train(100, progress=False)
    for run, norm in ((pair.plain, None), (pair.bn, "batch")):
        found = in_the_page(settings_of(norm, **BOOK, **{"seed": 5}), None, (25, 50, 100), "simd")
        np.testing.assert_allclose(found["losses"], run.loss, rtol=0, atol=1e-5)
        accuracies = [found["looks"][str(step)]["accuracy"] for step in (25, 50, 100)]
        assert accuracies == run.accuracy[[1, 2, 4]].tolist()


@pytest.mark.parametrize("norm", [None, "batch"])
def test_a_run_that_explodes_says_so_as_torch_does(norm):
    options = settings_of(norm, activation="relu", lr=1e20, hidden=[20, 20])
    expected = in_torch(options, (5,), torch.float32)
    found = in_the_page(options, None, (5,), "float32")
    assert not np.isfinite(expected["losses"][-1])
    assert not np.isfinite(found["losses"][-1])
    assert found["looks"]["5"]["accuracy"] == 0


def test_a_norm_that_nobody_knows_is_named():
    with pytest.raises(RuntimeError, match="a norm is batch, layer, group or rms; given instance"):
        run_js(RUN, settings_of("instance"), *_all_digits(), None, [1], "float32", **FILES)
    with pytest.raises(RuntimeError, match="22 units do not make 4 groups"):
        odd = settings_of("group", hidden=[22])
        run_js(RUN, odd, *_all_digits(), None, [1], "float32", **FILES)


# --- what the page is told ------------------------------------------------------------------------


@given(
    values=st.lists(st.integers(-600, 600), min_size=8, max_size=60),
    bins=st.integers(1, 12),
)
@settings(max_examples=40, deadline=None)
def test_a_look_is_what_numpy_says(values, bins):
    values = [(value + 0.5) / 64 for value in values]  # never at the edge of a bin
    code = """
      const [values, axis] = inputs;
      const layer = {
        pre: Float32Array.from(values), activated: Float32Array.from(values, (v) => Math.max(v, 0)),
        activation: ACTIVATIONS.relu, outputs: 1, gradWeight: Float32Array.from(values),
      };
      const [found] = look({ hidden: [layer] }, values.length, [axis]);
      return { ...found, counts: [...found.counts] };
    """
    axis = {"low": -4, "high": 4, "bins": bins}
    found = run_js(
        code, values, axis, look=f"{TRAINER}/look.js", ACTIVATIONS=f"{TRAINER}/activations.js"
    )
    x = np.array(values)
    np.testing.assert_allclose(found["percentiles"], np.percentile(x, [15, 50, 85]), atol=1e-9)
    assert found["std"] == pytest.approx(x.std(), abs=1e-9)
    assert found["counts"] == np.histogram(x, bins, (-4, 4))[0].tolist()
    assert found["beyond"] == (np.abs(x) > 4).sum()
    assert found["idle"] == pytest.approx((x <= 0).mean())
    assert found["gradient"] == pytest.approx(np.sqrt((x**2).mean()), abs=1e-9)


def test_what_is_no_number_is_counted_and_has_no_percentiles():
    code = """
      const values = Float32Array.from([1, NaN, Infinity, -1]);
      const layer = { pre: values, activated: values, outputs: 1, gradWeight: values };
      const [found] = look({ hidden: [layer] }, 4, [{ low: -4, high: 4, bins: 2 }]);
      return { ...found, counts: [...found.counts] };
    """
    found = run_js(code, look=f"{TRAINER}/look.js")
    assert found["counts"] == [1, 1]
    assert found["beyond"] == 2
    assert np.isnan(found["percentiles"]).all()


SERVED = """
  const [messages, bare, pixels, labels] = inputs;
  const told = [];
  let clock = 0;
  const { WebAssembly } = globalThis; // one Node serves all tests: `serve` catches what is thrown
  if (bare) delete globalThis.WebAssembly;
  serve(
    (listener) => {
      for (const message of messages) {
        listener(message.settings ? { ...message, pixels, labels } : message);
      }
    },
    (report) => told.push(report),
    () => (clock += 10), // each look at the clock takes ten milliseconds
  );
  globalThis.WebAssembly = WebAssembly;
  return told.map(({ looks, answers, ...rest }) => ({
    ...rest, answers: answers?.map((all) => [...all]), layers: looks?.map((l) => l.length),
  }));
"""


def served(*messages: dict[str, Any], bare: bool = False) -> list[dict[str, Any]]:
    """What the worker tells; `bare`: where there is no WebAssembly."""
    return run_js(SERVED, list(messages), bare, *_all_digits(), serve=f"{TRAINER}/worker.js")


@pytest.mark.parametrize(("bare", "backend"), [(False, "simd"), (True, "plain")])
def test_the_worker_trains_as_long_as_it_is_asked_to(bare, backend):
    options = {**settings_of("batch"), "networks": [{"norm": None}, {"norm": "batch"}]}
    built, first, second, third = served(
        {"settings": options},
        {"steps": 1, "milliseconds": 0},
        {"steps": 1000, "milliseconds": 55},  # the clock is asked before each further step
        {"lr": 0.0, "steps": 2, "milliseconds": 1e9},
        bare=bare,
    )
    assert first["backend"] == backend
    assert (built["steps"], built["losses"], built["layers"]) == (0, [], [])
    assert len(built["accuracies"]) == 2
    assert (first["run"], first["steps"], first["measured"]) == (1, 1, 1)
    assert 1 < second["steps"] - first["steps"] < 10
    assert third["steps"] == second["steps"] + 2
    assert len(first["losses"]) == len(first["accuracies"]) == 2
    assert first["layers"] == [3, 3]


def test_the_worker_says_once_what_answers_are_seen_for():
    built, *others = served({"settings": settings_of("batch")}, *[{"steps": 1}] * 2)
    assert len(built["shown"]["y"]) == len(built["answers"][0]) == 12
    assert [report.get("shown") for report in others] == [None, None]


def test_what_is_no_number_is_no_answer():
    wild = settings_of(None, lr=1e20, activation="relu")
    *_, last = served({"settings": wild}, *[{"steps": 1, "milliseconds": 0}] * 9)
    assert set(last["answers"][0]) == {255}
    assert last["accuracies"] == [0]


def test_the_worker_says_what_it_cannot_build():
    (told,) = served({"settings": settings_of("instance")})
    assert "a norm is batch, layer, group or rms; given instance" in told["failed"]


def test_the_worker_looks_farther_where_values_leave_its_sight():
    wide = settings_of(None, init=3.0, activation="tanh")
    told = served({"settings": wide}, *[{"steps": 1, "milliseconds": 0}] * 4)
    assert told[0]["reach"] == [4, 4, 4]
    first, *others = (report["reach"][1] for report in told[1:])
    assert first == 4
    assert others[-1] > 8
    assert all(a <= b <= 2 * a for a, b in zip([first, *others], others, strict=False))


def test_a_loss_is_the_mean_of_all_steps_since_the_one_before():
    options = settings_of("batch")
    *_, one, two = served(
        {"settings": options}, {"steps": 1, "milliseconds": 0}, {"steps": 1, "milliseconds": 0}
    )
    _, both = served({"settings": options}, {"steps": 2, "milliseconds": 1e9})
    assert both["losses"] == pytest.approx([(one["losses"][0] + two["losses"][0]) / 2])
