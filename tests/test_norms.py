"""`bnviz.norms` does what `torch.nn.functional` does, and says no where and as PyTorch says no."""

import subprocess
import sys

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bnviz import norms

SHAPES = [(6, 4), (6, 4, 5), (6, 4, 3, 2)]
DTYPES = [np.float32, np.float64]
TOLERANCE = {np.dtype(np.float32): 2e-5, np.dtype(np.float64): 1e-10}


def t(array: np.ndarray | None) -> torch.Tensor | None:
    return None if array is None else torch.from_numpy(np.ascontiguousarray(array))


def close(actual: np.ndarray, expected: torch.Tensor | np.ndarray) -> None:
    expected = np.asarray(expected)
    tolerance = TOLERANCE[actual.dtype]
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance)


def example(shape: tuple[int, ...], dtype: type = np.float64, seed: int = 0) -> dict:
    """x and every array that may go with it."""
    rng = np.random.default_rng(seed)
    channels = shape[1]
    return {
        "x": rng.normal(3, 2, shape).astype(dtype),
        "running_mean": rng.normal(size=channels).astype(dtype),
        "running_var": rng.uniform(0.5, 2, channels).astype(dtype),
        "weight": rng.normal(size=channels).astype(dtype),
        "bias": rng.normal(size=channels).astype(dtype),
    }


@st.composite
def batches(draw: st.DrawFn, min_positions: int = 1) -> np.ndarray:
    """x of 2 to 5 axes with at least two values per channel, of any spread, also constant."""
    positions = draw(st.lists(st.integers(1, 3), max_size=3))
    if min_positions > 1:
        positions = [draw(st.integers(min_positions, 4)), *positions[:2]]
    shape = (draw(st.integers(2, 5)), draw(st.sampled_from([1, 2, 4])), *positions)
    return draw(arrays(np.float64, shape, elements=st.floats(-100, 100, width=32)))


EPS = st.sampled_from([1e-5, 1e-3, 1.0])


class TestAgainstTorch:
    """Float64 PyTorch is the oracle, on whatever hypothesis thinks of."""

    @given(batches(), EPS, st.floats(0, 1), st.booleans())
    @settings(max_examples=150, deadline=None)
    def test_batch_norm(self, x, eps, momentum, training):
        rng = np.random.default_rng(0)
        weight, bias, running_mean = rng.normal(size=(3, x.shape[1]))
        running_var = rng.uniform(0.5, 2, x.shape[1])
        torch_mean, torch_var = t(running_mean.copy()), t(running_var.copy())
        expected = F.batch_norm(
            t(x), torch_mean, torch_var, t(weight), t(bias), training, momentum, eps
        )
        close(
            norms.batch_norm(x, running_mean, running_var, weight, bias, training, momentum, eps),
            expected,
        )
        close(running_mean, torch_mean)
        close(running_var, torch_var)

    @given(batches(), EPS)
    @settings(max_examples=100, deadline=None)
    def test_layer_norm_over_any_number_of_last_axes(self, x, eps):
        for first in range(1, x.ndim):
            shape = x.shape[first:]
            rng = np.random.default_rng(0)
            weight, bias = rng.normal(size=(2, *shape))
            close(
                norms.layer_norm(x, shape, weight, bias, eps),
                F.layer_norm(t(x), shape, t(weight), t(bias), eps),
            )

    @given(batches(min_positions=2), EPS, st.floats(0, 1), st.booleans())
    @settings(max_examples=100, deadline=None)
    def test_instance_norm(self, x, eps, momentum, use_input_stats):
        rng = np.random.default_rng(0)
        weight, bias, running_mean = rng.normal(size=(3, x.shape[1]))
        running_var = rng.uniform(0.5, 2, x.shape[1])
        torch_mean, torch_var = t(running_mean.copy()), t(running_var.copy())
        rest = (use_input_stats, momentum, eps)
        expected = F.instance_norm(t(x), torch_mean, torch_var, t(weight), t(bias), *rest)
        close(norms.instance_norm(x, running_mean, running_var, weight, bias, *rest), expected)
        close(running_mean, torch_mean)
        close(running_var, torch_var)

    @given(batches(), EPS)
    @settings(max_examples=100, deadline=None)
    def test_group_norm_with_every_divisor(self, x, eps):
        channels = x.shape[1]
        weight, bias = np.random.default_rng(0).normal(size=(2, channels))
        for num_groups in (g for g in (1, 2, 4) if channels % g == 0):
            close(
                norms.group_norm(x, num_groups, weight, bias, eps),
                F.group_norm(t(x), num_groups, t(weight), t(bias), eps),
            )

    @given(batches(), st.sampled_from([1e-3, 1.0]))
    @settings(max_examples=100, deadline=None)
    def test_batch_norm_backward(self, x, eps):
        rng = np.random.default_rng(0)
        weight, g = rng.normal(size=x.shape[1]), rng.normal(size=x.shape)
        tx, tw = t(x).requires_grad_(), t(weight).requires_grad_()
        tb = torch.zeros_like(tw, requires_grad=True)
        F.batch_norm(tx, None, None, tw, tb, training=True, eps=eps).backward(t(g))
        for ours, theirs in zip(
            norms.batch_norm_backward(g, x, weight, eps), (tx, tw, tb), strict=True
        ):
            np.testing.assert_allclose(ours, theirs.grad, rtol=1e-7, atol=1e-7)

    @pytest.mark.parametrize("shape", SHAPES)
    @pytest.mark.parametrize("dtype", DTYPES)
    def test_every_shape_and_dtype_with_the_defaults(self, shape, dtype):
        x, rm, rv = (example(shape, dtype)[k] for k in ("x", "running_mean", "running_var"))
        tx, trm, trv = t(x), t(rm.copy()), t(rv.copy())
        pairs = [
            (norms.batch_norm(x, rm, rv), F.batch_norm(tx, trm, trv)),
            (norms.batch_norm(x, rm, rv, training=True), F.batch_norm(tx, trm, trv, training=True)),
            (norms.layer_norm(x, shape[1:]), F.layer_norm(tx, shape[1:])),
            (norms.group_norm(x, 2), F.group_norm(tx, 2)),
        ]
        if len(shape) > 2:
            pairs.append((norms.instance_norm(x), F.instance_norm(tx)))
        for ours, theirs in pairs:
            assert ours.dtype == dtype
            assert ours.shape == shape
            close(ours, theirs)
        assert rm.dtype == rv.dtype == dtype
        close(rm, trm)
        close(rv, trv)


class TestStatistics:
    def test_normalization_uses_the_biased_variance(self):
        x = np.array([[1.0], [3.0]])  # variance 1 by N, 2 by N - 1
        y = norms.batch_norm(x, None, None, training=True, eps=1e-12)
        np.testing.assert_allclose(y, [[-1], [1]])

    def test_running_var_is_unbiased(self):
        running_mean, running_var = np.zeros(1), np.zeros(1)
        x = np.array([[1.0], [3.0]])
        norms.batch_norm(x, running_mean, running_var, training=True, momentum=1.0)
        assert running_mean == 2
        assert running_var == 2

    @pytest.mark.parametrize("call", ["batch_norm", "instance_norm"])
    def test_running_arrays_are_updated_in_place_even_when_they_are_views(self, call):
        x = example((6, 4, 5))["x"]
        table = np.ones((4, 2))
        running_mean, running_var = table[:, 0], table[:, 1]
        if call == "batch_norm":
            norms.batch_norm(x, running_mean, running_var, training=True)
        else:
            norms.instance_norm(x, running_mean, running_var)
        assert not np.isclose(table, 1).any()

    def test_evaluation_leaves_the_running_arrays_alone(self):
        e = example((6, 4))
        before = e["running_mean"].copy(), e["running_var"].copy()
        norms.batch_norm(**e)
        np.testing.assert_array_equal(e["running_mean"], before[0])
        np.testing.assert_array_equal(e["running_var"], before[1])

    def test_the_input_is_never_changed(self):
        e = example((6, 4, 5))
        before = e["x"].copy()
        norms.batch_norm(**e, training=True)
        norms.instance_norm(**e)
        norms.layer_norm(e["x"], (5,))
        norms.group_norm(e["x"], 2)
        norms.batch_norm_backward(e["x"], e["x"], e["weight"])
        np.testing.assert_array_equal(e["x"], before)

    @pytest.mark.parametrize(("shape", "axes"), [((512, 3), 0), ((16, 3, 64), (0, 2))])
    @pytest.mark.parametrize("mean", [1e4, 1e6])
    def test_a_large_mean_in_float32_does_not_lose_the_variance(self, mean, shape, axes):
        rng = np.random.default_rng(0)
        x = (mean + rng.normal(size=shape)).astype(np.float32)
        exact = x.astype(np.float64)  # what float32 could hold of it
        running_mean, running_var = np.zeros((2, 3), np.float32)
        y = norms.batch_norm(x, running_mean, running_var, training=True, momentum=1.0)
        np.testing.assert_allclose(running_var, exact.var(axes, ddof=1), rtol=1e-6)
        np.testing.assert_allclose(y.mean(axes, dtype=np.float64), 0, atol=1e-6)
        np.testing.assert_allclose(y.std(axes, dtype=np.float64), 1, atol=1e-4)
        close(y, F.batch_norm(t(exact), None, None, training=True))
        close(norms.layer_norm(x, x.shape[1:]), F.layer_norm(t(exact), x.shape[1:]))
        groups = 3 if len(shape) > 2 else 1
        close(norms.group_norm(x, groups), F.group_norm(t(exact), groups))
        g = rng.normal(size=shape).astype(np.float32)
        ours = norms.batch_norm_backward(g, x)[0]
        close(ours, norms.batch_norm_backward(g.astype(np.float64), exact)[0])

    @pytest.mark.parametrize("mean", [1e9, 1e15 + 37])
    def test_a_large_mean_in_float64_does_not_lose_the_variance(self, mean):
        x = mean + np.random.default_rng(0).normal(size=(1000, 2))
        moved_back = x - mean  # exact: numbers that close to each other subtract without rounding
        running_mean, running_var = np.zeros((2, 2))
        y = norms.batch_norm(x, running_mean, running_var, training=True, momentum=1.0)
        np.testing.assert_allclose(running_var, moved_back.var(0, ddof=1), rtol=1e-3)
        np.testing.assert_allclose(y.var(0), 1, rtol=1e-3)

    def test_nan_and_inf_stay_in_their_channel_and_raise_no_warning(self, recwarn):
        x = example((6, 3))["x"]
        clean = norms.batch_norm(x, None, None, training=True)
        x[0, 1], x[0, 2] = np.nan, np.inf
        y = norms.batch_norm(x, None, None, training=True)
        np.testing.assert_array_equal(y[:, 0], clean[:, 0])
        assert np.isnan(y[:, 1:]).all()
        assert not recwarn

    @pytest.mark.parametrize("shape", [(0, 3), (0, 3, 2), (2, 3, 0)])
    def test_an_empty_batch_gives_an_empty_array_and_changes_nothing(self, shape):
        x, running_mean, running_var = np.zeros(shape), np.zeros(3), np.ones(3)
        assert norms.batch_norm(x, running_mean, running_var, training=True).shape == shape
        assert norms.layer_norm(x, shape[1:]).shape == shape
        assert norms.group_norm(x, 3).shape == shape
        assert [g.shape for g in norms.batch_norm_backward(x, x)] == [shape, (3,), (3,)]
        np.testing.assert_array_equal((running_mean, running_var), (np.zeros(3), np.ones(3)))


class TestNonContiguous:
    """The strides of an array are no part of its meaning."""

    @pytest.mark.parametrize(
        "view",
        [
            lambda x: x.transpose(0, 2, 3, 1).copy().transpose(0, 3, 1, 2),  # channels last
            lambda x: x[::-1, :, ::2],
            lambda x: np.asfortranarray(x),
            lambda x: np.broadcast_to(x[:, :, :, :1], x.shape),
        ],
        ids=["channels last", "steps", "Fortran order", "broadcast"],
    )
    def test_every_function(self, view):
        e = example((6, 4, 3, 2))
        x = view(e["x"])
        packed = np.ascontiguousarray(x)
        weight, bias = np.repeat(e["weight"], 2)[::2], np.repeat(e["bias"], 2)[::2]
        for function in (
            lambda x: norms.batch_norm(x, None, None, weight, bias, training=True),
            lambda x: norms.batch_norm(x, e["running_mean"], e["running_var"], weight, bias),
            lambda x: norms.layer_norm(x, x.shape[2:]),
            lambda x: norms.instance_norm(x, weight=weight, bias=bias),
            lambda x: norms.group_norm(x, 2, weight, bias),
            lambda x: norms.batch_norm_backward(x * x, x, weight)[0],
        ):
            np.testing.assert_allclose(function(x), function(packed), rtol=1e-12, atol=1e-12)


class TestMomentum:
    def test_none_with_a_count_is_the_cumulative_average_of_torch_nn(self):
        module = torch.nn.BatchNorm1d(4, momentum=None, dtype=torch.float64)
        running_mean, running_var = np.zeros(4), np.ones(4)
        count = np.zeros((), dtype=np.int64)
        for seed in range(5):
            x = example((6, 4), seed=seed)["x"]
            expected = module(t(x)).detach()
            y = norms.batch_norm(
                x,
                running_mean,
                running_var,
                training=True,
                momentum=None,
                num_batches_tracked=count,
            )
            close(y, expected)
            close(running_mean, module.running_mean)
            close(running_var, module.running_var)
            assert count == module.num_batches_tracked

    def test_evaluation_does_not_count(self):
        count = np.array(3)
        e = example((6, 4))
        norms.batch_norm(**e, momentum=None, num_batches_tracked=count)
        assert count == 3

    def test_none_without_a_count_is_the_type_error_of_torch_and_says_what_to_pass(self):
        e = example((6, 4))
        with pytest.raises(TypeError):
            F.batch_norm(*(t(v) for v in e.values()), training=True, momentum=None)
        before = e["running_mean"].copy()
        with pytest.raises(TypeError, match=r"must be float, not NoneType.*num_batches_tracked="):
            norms.batch_norm(**e, training=True, momentum=None)
        np.testing.assert_array_equal(e["running_mean"], before)

    @pytest.mark.parametrize("count", [0, np.zeros(1, int), np.zeros(())])
    def test_a_count_that_cannot_count_is_refused(self, count):
        with pytest.raises(TypeError, match=r"give np.zeros\(\(\), dtype=np.int64\)"):
            norms.batch_norm(**example((6, 4)), training=True, num_batches_tracked=count)


def message_of(function, *args, **kwargs) -> tuple[type, str]:
    with pytest.raises(Exception) as caught:  # noqa: B017 - which one is what we ask
        function(*args, **kwargs)
    return caught.type, str(caught.value)


class TestErrors:
    """Type and first words as in PyTorch; in shapes and dtypes, followed by what to do."""

    @pytest.mark.parametrize("shape", [(1, 3), (1, 3, 1), (1, 3, 1, 1)])
    def test_one_value_per_channel_in_training_is_the_same_value_error(self, shape):
        x = np.ones(shape)
        expected = message_of(F.batch_norm, t(x), None, None, training=True)
        assert expected[0] is ValueError
        assert message_of(norms.batch_norm, x, None, None, training=True) == expected
        assert message_of(norms.batch_norm_backward, x, x) == expected
        norms.batch_norm(x, np.zeros(3), np.ones(3))  # in evaluation one value is fine

    def test_one_value_in_instance_and_group_norm_is_the_same_value_error(self):
        for x in (np.ones((2, 3)), np.ones((2, 3, 1))):
            assert message_of(norms.instance_norm, x) == message_of(F.instance_norm, t(x))
        x = np.ones((1, 3))
        assert message_of(norms.group_norm, x, 3) == message_of(F.group_norm, t(x), 3)

    @pytest.mark.parametrize("eps", [0, 0.0, -1e-5])
    def test_eps_must_be_positive_in_training(self, eps):
        x = example((6, 3))["x"]
        expected = message_of(F.batch_norm, t(x), None, None, training=True, eps=eps)
        assert message_of(norms.batch_norm, x, None, None, training=True, eps=eps) == expected
        assert message_of(norms.batch_norm_backward, x, x, eps=eps) == expected

    def test_eps_0_is_accepted_in_evaluation_and_a_negative_one_is_not(self):
        x, ones = np.ones((2, 3)), np.ones(3)
        close(norms.batch_norm(x, ones, ones, eps=0), np.zeros((2, 3)))
        expected = message_of(F.batch_norm, t(x), t(ones), t(ones), eps=-1.0)
        assert message_of(norms.batch_norm, x, ones, ones, eps=-1.0) == expected

    @pytest.mark.parametrize("training", [True, False])
    @pytest.mark.parametrize("given", [(None, None), ("mean", None), (None, "var")])
    def test_missing_running_arrays(self, given, training):
        x = example((6, 3))["x"]
        mean, var = (None if g is None else np.ones(3) for g in given)
        if training and mean is None and var is None:
            norms.batch_norm(x, None, None, training=True)
            return
        kind, text = message_of(F.batch_norm, t(x), t(mean), t(var), training=training)
        ours, our_text = message_of(norms.batch_norm, x, mean, var, training=training)
        assert ours is kind
        assert our_text.startswith(text)

    def test_instance_norm_without_any_statistics(self):
        x = example((6, 3, 2))["x"]
        kind, text = message_of(F.instance_norm, t(x), use_input_stats=False)
        ours, our_text = message_of(norms.instance_norm, x, use_input_stats=False)
        assert ours is kind
        assert our_text.startswith(text)

    @pytest.mark.parametrize("name", ["running_mean", "running_var", "weight", "bias"])
    def test_an_array_of_the_wrong_shape_is_named_with_both_shapes(self, name):
        e = example((6, 3)) | {name: np.ones(4)}
        kind, text = message_of(F.batch_norm, *(t(v) for v in e.values()), training=True)
        ours, our_text = message_of(norms.batch_norm, **e, training=True)
        assert ours is kind
        assert our_text.startswith(text)
        assert "x has shape (6, 3)" in our_text
        assert f"{name} must have shape (3,); it has (4,)" in our_text

    def test_an_error_leaves_the_running_arrays_alone(self):
        e = example((6, 3)) | {"bias": np.ones(4)}
        before = e["running_mean"].copy()
        message_of(norms.batch_norm, **e, training=True)
        np.testing.assert_array_equal(e["running_mean"], before)

    def test_layer_norm_shapes(self):
        x = example((6, 3))["x"]
        for call in (
            lambda m, a: m.layer_norm(a(x), (6,)),
            lambda m, a: m.layer_norm(a(x), ()),
            lambda m, a: m.layer_norm(a(x), (3,), weight=a(np.ones(4))),
            lambda m, a: m.layer_norm(a(x), (3,), bias=a(np.ones((3, 1)))),
            lambda m, a: m.group_norm(a(x), 2),
            lambda m, a: m.group_norm(a(x), -1),
            lambda m, a: m.group_norm(a(x[:, 0]), 1),
            lambda m, a: m.group_norm(a(x), 3, weight=a(np.ones(4))),
        ):
            kind, text = message_of(call, F, t)
            ours, our_text = message_of(call, norms, np.asarray)
            assert ours is kind
            assert our_text.startswith(text.split("\n")[0].rstrip("."))

    def test_num_groups_that_does_not_divide_lists_those_that_do(self):
        _, text = message_of(norms.group_norm, np.ones((2, 6)), 4)
        assert "num_groups may be one of [1, 2, 3, 6]" in text

    def test_a_single_int_as_normalized_shape_is_refused_as_in_torch(self):
        x = np.ones((2, 3))
        assert message_of(F.layer_norm, t(x), 3)[0] is TypeError
        kind, text = message_of(norms.layer_norm, x, 3)
        assert kind is TypeError
        assert "Give (3,)." in text

    @pytest.mark.parametrize(
        ("x", "given", "advice"),
        [
            ([[1.0, 2.0], [3.0, 4.0]], "list", "np.array(x, float)"),
            (np.ones((4, 2), dtype=int), "int64", "x.astype(np.float32)"),
            (np.ones((4, 2), dtype=np.float16), "float16", "x.astype(np.float32)"),
            (torch.ones(4, 2), "Tensor", "x.detach().numpy()"),
        ],
        ids=["list", "int", "half", "tensor"],
    )
    def test_what_is_not_a_float_array_is_refused_with_what_to_do(self, x, given, advice):
        for call in (
            lambda: norms.batch_norm(x, None, None, training=True),
            lambda: norms.batch_norm_backward(x, x),
            lambda: norms.layer_norm(x, (2,)),
            lambda: norms.instance_norm(x),
            lambda: norms.group_norm(x, 2),
        ):
            kind, text = message_of(call)
            assert kind is TypeError
            assert given in text
            assert "float32 or float64" in text
            assert advice in text

    def test_one_axis_is_an_index_error_as_in_torch(self):
        x = np.ones(4)
        assert message_of(F.batch_norm, t(x), None, None, training=True)[0] is IndexError
        kind, text = message_of(norms.batch_norm, x, None, None, training=True)
        assert kind is IndexError
        assert "shape (4,)" in text

    def test_mixed_dtypes_are_refused_as_in_torch(self):
        x, weight = np.ones((4, 2), np.float32), np.ones(2)
        args = (None, None)
        assert message_of(F.batch_norm, t(x), *args, t(weight), training=True)[0] is RuntimeError
        kind, text = message_of(norms.batch_norm, x, *args, weight, training=True)
        assert kind is RuntimeError
        assert "weight is float64 and x is float32" in text
        assert "weight.astype(np.float32)" in text

    def test_a_read_only_running_array_is_named_before_anything_changes(self):
        e = example((6, 3))
        before = e["running_mean"].copy()
        e["running_var"].setflags(write=False)
        with pytest.raises(ValueError, match="running_var is read-only"):
            norms.batch_norm(**e, training=True)
        np.testing.assert_array_equal(e["running_mean"], before)
        norms.batch_norm(**e)

    def test_a_gradient_of_another_shape_is_refused(self):
        with pytest.raises(RuntimeError, match=r"grad_output has shape \(4, 3\).*\(4, 2\)"):
            norms.batch_norm_backward(np.ones((4, 3)), np.ones((4, 2)))


class TestBackward:
    @pytest.mark.parametrize("shape", [(4, 2), (3, 2, 2), (2, 2, 2, 2)])
    def test_finite_differences(self, shape):
        e = example(shape)
        x, weight, bias = e["x"], e["weight"], e["bias"]
        g = np.random.default_rng(1).normal(size=shape)

        def loss(x, weight, bias):
            y = norms.batch_norm(x, None, None, weight, bias, training=True)
            return (g * y).sum()

        gradients = norms.batch_norm_backward(g, x, weight)
        for position, gradient in enumerate(gradients):
            step = 1e-6
            numeric = np.zeros_like(gradient)
            for index in np.ndindex(gradient.shape):
                up, down = ([a.copy() for a in (x, weight, bias)] for _ in range(2))
                up[position][index] += step
                down[position][index] -= step
                numeric[index] = (loss(*up) - loss(*down)) / (2 * step)
            np.testing.assert_allclose(gradient, numeric, rtol=1e-6, atol=1e-7)

    @pytest.mark.parametrize("shape", SHAPES)
    @pytest.mark.parametrize("dtype", DTYPES)
    def test_dtype_is_kept_and_values_are_those_of_autograd(self, shape, dtype):
        e = example(shape, dtype)
        g = example(shape, dtype, seed=1)["x"]
        tx = t(e["x"]).double().requires_grad_()
        F.batch_norm(tx, None, None, training=True).backward(t(g).double())
        grad_input, grad_weight, grad_bias = norms.batch_norm_backward(g, e["x"])
        assert grad_input.dtype == grad_weight.dtype == grad_bias.dtype == dtype
        np.testing.assert_allclose(grad_input, tx.grad, rtol=1e-5, atol=1e-6)

    def test_the_gradient_has_no_part_that_shifts_or_stretches_the_batch(self):
        e = example((32, 3))
        grad_input, _, _ = norms.batch_norm_backward(
            np.random.default_rng(1).normal(size=(32, 3)), e["x"], e["weight"], eps=1e-12
        )
        np.testing.assert_allclose(grad_input.sum(0), 0, atol=1e-10)
        np.testing.assert_allclose((grad_input * e["x"]).sum(0), 0, atol=1e-8)


class TestRelations:
    """What the four methods have to do with each other (Wu & He 2018, Figure 2)."""

    @given(batches(min_positions=2))
    @settings(max_examples=50, deadline=None)
    def test_group_norm_lies_between_layer_and_instance_norm(self, x):
        close(norms.group_norm(x, 1), norms.layer_norm(x, x.shape[1:]))
        close(norms.group_norm(x, x.shape[1]), norms.instance_norm(x))

    @given(batches(min_positions=2))
    @settings(max_examples=50, deadline=None)
    def test_instance_norm_is_batch_norm_of_one_sample(self, x):
        alone = [norms.batch_norm(sample[None], None, None, training=True) for sample in x]
        close(norms.instance_norm(x), np.concatenate(alone))

    @given(batches(), st.floats(-50, 50), st.sampled_from([0.5, 2.0, 8.0]))
    @settings(max_examples=50, deadline=None)
    def test_batch_norm_forgets_shift_and_scale_of_its_input(self, x, shift, scale):
        rounded = np.round(x) * (1 + np.arange(x.shape[0]).reshape((-1,) + (1,) * (x.ndim - 1)))
        y = norms.batch_norm(rounded, None, None, training=True, eps=1e-5)
        moved = norms.batch_norm(
            scale * rounded + shift, None, None, training=True, eps=1e-5 * scale**2
        )
        np.testing.assert_allclose(moved, y, rtol=1e-6, atol=1e-6)


def test_norms_need_numpy_alone():
    code = (
        "import sys, bnviz.norms; print([m for m in ('torch', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
