"""Exercises on the way back: what BN takes out of a gradient, a bias to delete, weights that grow.

The backward pass is held against ``bnviz.norms``, and that against PyTorch.
"""

import numpy as np

from bnviz.course.exercise import Exercise

# Five images, two units. Mean, variance and x̂ come out in friendly numbers.
SUMS = np.array([[1.0, 40.0], [2.0, 10.0], [4.0, 30.0], [4.0, 20.0], [9.0, 25.0]])
# Three units: one that never changes, one whose variance is smaller than eps, an ordinary one.
QUIET = np.array([[3.0, 0.001, -1.0], [3.0, 0.005, 0.0], [3.0, 0.003, 4.0]])


def grad_input(grad_y, x, weight, eps):
    """The gradient at x (N, C), where grad_y is the gradient at y = weight * x̂ + bias."""
    std = np.sqrt(x.var(axis=0) + eps)
    x_hat = (x - x.mean(axis=0)) / std
    g = weight * grad_y
    return (g - g.mean(axis=0) - x_hat * (g * x_hat).mean(axis=0)) / std


def mean_without(bias, running_mean):
    """The running_mean that makes up for a bias that is deleted."""
    return running_mean - bias


def length_after(length, pull, lr, steps):
    """The length of weights before BN after so many steps at right angles."""
    for _ in range(steps):
        length = np.hypot(length, lr * pull / length)
    return length


def _backward(axis=0, ddof=0, divisor=lambda var, eps: np.sqrt(var + eps), mean=np.mean):
    """The backward pass with one thing changed."""

    def mistaken(grad_y, x, weight, eps):
        g = weight * grad_y
        std = divisor(x.var(axis, ddof=ddof, keepdims=True), eps)
        x_hat = (x - x.mean(axis, keepdims=True)) / std
        along = mean(g * x_hat, axis, keepdims=True)
        return (g - mean(g, axis, keepdims=True) - x_hat * along) / std

    return mistaken


def _parts(formula):
    """A formula of g, x̂, x − μ and s."""

    def mistaken(grad_y, x, weight, eps):
        s = np.sqrt(x.var(0) + eps)
        deviation = x - x.mean(0)
        return formula(weight * grad_y, deviation / s, deviation, s)

    return mistaken


def _unbiased(grad_y, x, weight, eps):
    """The way back through torch's own ``x.var(0)``, which divides by N - 1."""
    g, s = weight * grad_y, np.sqrt(x.var(0, ddof=1) + eps)
    x_hat = (x - x.mean(0)) / s
    return (g - g.mean(0) - x_hat * (g * x_hat).sum(0) / (len(x) - 1)) / s


def _with_mean(grad_y, x, weight, eps):
    g, s = weight * grad_y, np.sqrt(x.var(0) + eps)
    return (g - g.mean(0) - x / s * (g * x / s).mean(0)) / s


def _one_variance(grad_y, x, weight, eps):
    g, s = weight * grad_y, np.sqrt(x.var() + eps)
    x_hat = (x - x.mean(0)) / s
    return (g - g.mean(0) - x_hat * (g * x_hat).mean(0)) / s


def _one_mean(grad_y, x, weight, eps):
    g, s = weight * grad_y, np.sqrt(x.var(0) + eps)
    x_hat = (x - x.mean()) / s
    return (g - g.mean(0) - x_hat * (g * x_hat).mean(0)) / s


def _or_0(a, b):
    return np.divide(a, b, out=np.zeros_like(a), where=b != 0)


def _steps(after_one):
    """The length after all steps, each as ``after_one(length, pull, lr)`` says."""

    def mistaken(length, pull, lr, steps):
        for _ in range(steps):
            length = after_one(length, pull, lr)
        return length

    return mistaken


def _overwritten(length, pull, lr, steps):
    for _ in range(steps):
        pull = pull / length
        length = np.hypot(length, lr * pull)
    return length


def _from_the_start(length, pull, lr, steps):
    first = length
    for _ in range(steps):
        length = np.hypot(first, lr * pull / length)
    return length


EXERCISES = (
    Exercise(
        name="gradients/bias",
        title="Take the bias away",
        reference=mean_without,
        in_place=("running_mean",),  # the layer's own, which is to change
        cases=[
            {"bias": np.array([0.5, -2.0, 0.0]), "running_mean": np.array([1.0, 1.0, -3.0])},
            {"bias": np.array([1.0, 3.0]), "running_mean": np.array([1.0, 2.0])},
        ],
        mistakes={
            "The sign: without its bias the sum is smaller by it, and so is the mean that is to be "
            "taken off.": lambda bias, running_mean: running_mean + bias,
            "Unchanged, BN would go on subtracting a mean that contains the bias, and the output "
            "would fall by it.": lambda bias, running_mean: running_mean,
            "The other way round: take the bias from the running mean.": (
                lambda bias, running_mean: bias - running_mean
            ),
            "That makes up for the bias, but the mean of Wu is gone. Change the old one.": (
                lambda bias, running_mean: -bias
            ),
            "Only without its bias does a sum have mean 0 if Wu has. The mean of Wu has to stay.": (
                lambda bias, running_mean: np.zeros_like(running_mean)
            ),
            "Every unit has a bias of its own. Take each from its own mean.": (
                lambda bias, running_mean: running_mean - bias.mean(),
                lambda bias, running_mean: running_mean - bias.sum(),
            ),
            "That is the bias itself. The mean of Wu has to stay: change the old running_mean.": (
                lambda bias, running_mean: bias
            ),
            "running_mean has no momentum here: the bias goes at once, and whole.": (
                lambda bias, running_mean: running_mean - 0.1 * bias
            ),
            "A negative bias is taken away, too: it keeps its sign.": (
                lambda bias, running_mean: running_mean - abs(bias),
                lambda bias, running_mean: np.where(bias > 0, running_mean - bias, running_mean),
            ),
        },
    ),
    Exercise(
        name="gradients/length",
        title="Length after many steps",
        reference=length_after,
        cases=[
            {"length": 1.0, "pull": 4.0, "lr": 0.4, "steps": 3},
            {"length": 3.0, "pull": 6.0, "lr": 2.0, "steps": 1},
            {"length": 0.5, "pull": 1.0, "lr": 0.1, "steps": 10},
        ],
        mistakes={
            "You added the lengths. A step at a right angle makes less: the root of the sum of the "
            "squares.": _steps(lambda length, pull, lr: length + lr * pull / length),
            "The gradient had the same length in every step, as if the weights had length 1. It "
            "shrinks as they grow: pull / length.": _steps(
                lambda length, pull, lr: np.hypot(length, lr * pull)
            ),
            "The gradient kept the length that it had at first. Ask anew in every round: pull / "
            "length, with the length of now.": lambda length, pull, lr, steps: np.sqrt(
                length**2 + steps * (lr * pull / length) ** 2
            ),
            "You made one long step of all of them. Each turns off at a right angle of its own: a "
            "loop.": lambda length, pull, lr, steps: np.hypot(length, steps * lr * pull / length),
            "That is the length after one step. Go on: a loop. Is `return` inside it?": (
                lambda length, pull, lr, steps: np.hypot(length, lr * pull / length)
            ),
            "One step too few: `range(steps)` has as many rounds as there are steps.": (
                lambda length, pull, lr, steps: length_after(length, pull, lr, steps - 1)
            ),
            "One step too many: `range(steps)` has as many rounds as there are steps.": (
                lambda length, pull, lr, steps: length_after(length, pull, lr, steps + 1)
            ),
            "You subtracted the lengths. A step at a right angle makes the weights longer: the "
            "root of the sum of the squares.": _steps(
                lambda length, pull, lr: length - lr * pull / length
            ),
            "lr belongs into the square: the short side of the triangle is the step, lr * pull / "
            "length.": _steps(
                lambda length, pull, lr: np.sqrt(length**2 + lr * (pull / length) ** 2)
            ),
            "That is the length of the last step. Asked is that of the weights.": (
                lambda length, pull, lr, steps: (
                    lr * pull / length_after(length, pull, lr, steps - 1)
                )
            ),
            "That is how much longer they became. Return the length itself.": (
                lambda length, pull, lr, steps: length_after(length, pull, lr, steps) - length
            ),
            "Longer weights have a shorter gradient, not a longer one: pull / length.": _steps(
                lambda length, pull, lr: np.hypot(length, lr * pull * length)
            ),
            "A step is the gradient times the learning rate: lr is missing.": _steps(
                lambda length, pull, lr: np.hypot(length, pull / length)
            ),
            "That is the square of the length. Take the root in every round.": _steps(
                lambda length, pull, lr: length**2 + (lr * pull / length) ** 2
            ),
            "Square the lengths before you add them.": _steps(
                lambda length, pull, lr: np.sqrt(length + lr * pull / length)
            ),
            "The squares are subtracted. The new weights are the long side of the triangle: add.": (
                _steps(lambda length, pull, lr: np.sqrt(length**2 - (lr * pull / length) ** 2))
            ),
            "Divided by length once too often: the gradient is pull / length; the effective "
            "learning rate has the square.": _steps(
                lambda length, pull, lr: np.hypot(length, lr * pull / length**2)
            ),
            "pull stays the same. You divided it anew in every round, and kept the result: give "
            "the gradient of now a name of its own.": _overwritten,
            "Each step starts where the last one ended, not at the first length.": (
                _from_the_start
            ),
            "Those are the lengths after each step. Return the last.": (
                lambda length, pull, lr, steps: [
                    length_after(length, pull, lr, count + 1) for count in range(steps)
                ]
            ),
        },
    ),
    Exercise(
        name="gradients/backward",
        title="The way back",
        reference=grad_input,
        atol=1e-4,  # what float32 leaves of the quiet unit where 0 is right
        cases=[
            {
                "grad_y": np.array([[0.5, -1.0, 2.0], [1.5, 3.0, 0.0], [1.0, 1.0, 1.0]]),
                "x": QUIET,
                "weight": np.array([2.0, 1.0, -3.0]),
                "eps": 1e-2,
            },
            {
                "grad_y": np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 2.0], [0.0, 0.0], [0.0, -1.0]]),
                "x": SUMS,
                "weight": np.array([4.0, 20.0]),
                "eps": 1e-5,
            },
            {"grad_y": np.ones((3, 3)), "x": QUIET, "weight": np.ones(3), "eps": 1e-5},
        ],
        mistakes={
            "You took mean and variance for constants. They depend on x too, and each takes a part "
            "of the gradient away.": _parts(lambda g, x_hat, deviation, s: g / s),
            "The way through the mean is there, the one through the variance is missing: subtract "
            "x̂ times the mean of g · x̂ (the mean of the products, not the product of the means).": (
                _parts(lambda g, x_hat, deviation, s: (g - g.mean(0)) / s)
            ),
            "The way through the variance is there, the one through the mean is missing: subtract "
            "the mean of g as well.": _parts(
                lambda g, x_hat, deviation, s: (g - x_hat * (g * x_hat).mean(0)) / s
            ),
            "The last step is missing: divide by sqrt(var + eps).": _parts(
                lambda g, x_hat, deviation, s: g - g.mean(0) - x_hat * (g * x_hat).mean(0)
            ),
            "Only the last part is divided. All three are: parentheses.": _parts(
                lambda g, x_hat, deviation, s: g - g.mean(0) - x_hat * (g * x_hat).mean(0) / s
            ),
            "The last part lacks a division by sqrt(var + eps). Put all three parts in "
            "parentheses before you divide; or, if you have, write x̂ where x - mean stands.": (
                _parts(
                    lambda g, x_hat, deviation, s: (g - g.mean(0)) / s - x_hat * (g * x_hat).mean(0)
                )
            ),
            "You multiplied by sqrt(var + eps) at the end. Divide: where x is wide, a change of it "
            "matters less.": _parts(
                lambda g, x_hat, deviation, s: (g - g.mean(0) - x_hat * (g * x_hat).mean(0)) * s
            ),
            "The division at the end is by var + eps. The root is missing there; x̂ is right.": (
                _parts(
                    lambda g, x_hat, deviation, s: (
                        (g - g.mean(0) - x_hat * (g * x_hat).mean(0)) / s**2
                    )
                )
            ),
            "The root is missing: divide by sqrt(var + eps), in x̂ and at the end.": _backward(
                divisor=lambda var, eps: var + eps
            ),
            "You used x where x̂ belongs: the variance answers to standardized deviations.": (
                lambda grad_y, x, weight, eps: (
                    weight
                    * (grad_y - grad_y.mean(0) - x * (grad_y * x).mean(0))
                    / np.sqrt(x.var(0) + eps)
                )
            ),
            "mean(g · x̂) is taken over the whole array. Every unit (column) has its own: axis 0.": (
                _parts(
                    lambda g, x_hat, deviation, s: (g - g.mean(0) - x_hat * (g * x_hat).mean()) / s
                )
            ),
            "mean(g) is taken over the whole array. Every unit (column) has its own: axis 0.": (
                _parts(
                    lambda g, x_hat, deviation, s: (g - g.mean() - x_hat * (g * x_hat).mean(0)) / s
                )
            ),
            "mean(g) and mean(g · x̂) are taken over the whole array. Every unit (column) has its "
            "own: axis 0.": _parts(
                lambda g, x_hat, deviation, s: (g - g.mean() - x_hat * (g * x_hat).mean()) / s
            ),
            "The mean of x is that of the whole array. Every unit (column) has its own: axis 0.": (
                _one_mean
            ),
            "weight is missing: y = weight * x̂ + bias, so the gradient at x̂ is weight * grad_y.": (
                lambda grad_y, x, weight, eps: grad_input(grad_y, x, np.ones_like(weight), eps)
            ),
            "On the way back too, y's weight multiplies: the gradient at x̂ is weight * grad_y, "
            "not grad_y / weight.": lambda grad_y, x, weight, eps: grad_input(
                grad_y, x, 1 / weight, eps
            ),
            "A negative weight turns the gradient round: no absolute value.": (
                lambda grad_y, x, weight, eps: grad_input(grad_y, x, abs(weight), eps)
            ),
            "weight multiplies once, not twice: the mean and the part along x̂ have it from g.": (
                lambda grad_y, x, weight, eps: grad_input(grad_y, x, weight**2, eps)
            ),
            "All three parts are times weight, not only the first: begin with the gradient at x̂, "
            "weight * grad_y.": lambda grad_y, x, weight, eps: (
                grad_input(grad_y, x, np.ones_like(weight), eps)
                + (weight - 1) * grad_y / np.sqrt(x.var(0) + eps)
            ),
            "That is grad_y itself, the gradient at y. Go back to x̂ first, then on to x.": (
                lambda grad_y, x, weight, eps: grad_y
            ),
            "That is weight * grad_y, the gradient at x̂. Now go on from x̂ to x.": _parts(
                lambda g, x_hat, deviation, s: g
            ),
            "grad_y is missing: that is the way back from the sum of y, which normalizing makes 0. "
            "Start from grad_y, as in y.backward(grad_y).": _parts(
                lambda g, x_hat, deviation, s: np.zeros_like(g)
            ),
            "You used x - mean where x̂ belongs: divide the deviations by sqrt(var + eps).": _parts(
                lambda g, x_hat, deviation, s: (
                    (g - g.mean(0) - deviation * (g * deviation).mean(0)) / s
                )
            ),
            "Only the last sum is not yet a mean: mean(g · x̂), over the images.": _parts(
                lambda g, x_hat, deviation, s: (g - g.mean(0) - x_hat * (g * x_hat).sum(0)) / s
            ),
            "The means of the gradient go over the images too, axis 0; you took axis 1.": _parts(
                lambda g, x_hat, deviation, s: (
                    (g - g.mean(1, keepdims=True) - x_hat * (g * x_hat).mean(1, keepdims=True)) / s
                )
            ),
            "In the last part it is mean(g · x̂), the slope along x̂. You took that of g · x.": (
                lambda grad_y, x, weight, eps: (
                    weight
                    / np.sqrt(x.var(0) + eps)
                    * (
                        grad_y
                        - grad_y.mean(0)
                        - (x - x.mean(0)) / np.sqrt(x.var(0) + eps) * (grad_y * x).mean(0)
                    )
                )
            ),
            "Each image got its own g · x̂. What goes out along x̂ is one number a unit, the mean of "
            "g · x̂ over the images.": _parts(
                lambda g, x_hat, deviation, s: (g - g.mean(0) - x_hat * (g * x_hat)) / s
            ),
            "The mean of g · x̂ is there, but not x̂ times it.": _parts(
                lambda g, x_hat, deviation, s: (g - g.mean(0) - (g * x_hat).mean(0)) / s
            ),
            "You took out the straight line that fits best, as with an eps of 0. With eps, x̂ is a "
            "little narrower, and so is what goes: mean(g · x̂), not divided by mean(x̂²).": _parts(
                lambda g, x_hat, deviation, s: (
                    (g - g.mean(0) - x_hat * _or_0((g * x_hat).mean(0), (x_hat**2).mean(0))) / s
                )
            ),
            "x̂ has its eps, the division at the end has not.": _parts(
                lambda g, x_hat, deviation, s: (
                    (g - g.mean(0) - x_hat * (g * x_hat).mean(0)) / np.sqrt((deviation**2).mean(0))
                )
            ),
            "Both parts are taken out of g. You added them.": _parts(
                lambda g, x_hat, deviation, s: (g + g.mean(0) + x_hat * (g * x_hat).mean(0)) / s
            ),
            "The sign of the part along x̂ is turned: it is subtracted, like the mean.": _parts(
                lambda g, x_hat, deviation, s: (g - g.mean(0) + x_hat * (g * x_hat).mean(0)) / s
            ),
            "The sign of the mean is turned: it is subtracted, like the part along x̂.": _parts(
                lambda g, x_hat, deviation, s: (g + g.mean(0) - x_hat * (g * x_hat).mean(0)) / s
            ),
            "The sign is the other way round: g stays, the mean and the part along x̂ go.": _parts(
                lambda g, x_hat, deviation, s: (g.mean(0) + x_hat * (g * x_hat).mean(0) - g) / s
            ),
            "You divided by N - 1 in the variance (torch's default, or ddof=1). Batch norm divides "
            "by N.": (_backward(ddof=1), _unbiased),
            "The mean is still in x̂: it is (x - mean) / sqrt(var + eps).": (_with_mean),
            "The variance is that of the whole array. Every unit (column) has its own: axis 0.": (
                _one_variance
            ),
            "You took sums where means belong: every image has its share, 1/N, in mean and "
            "variance.": _backward(mean=np.sum),
            "You took means over the units of each image (axis 1). Batch norm takes them over the "
            "images, axis 0.": _backward(axis=1),
            "You took means over the whole array. Every unit (column) has its own: axis 0.": (
                _backward(axis=None)
            ),
            "eps is missing. Without it, a unit that never changes divides 0 by 0.": _backward(
                divisor=lambda var, eps: np.sqrt(var)
            ),
            "eps stands outside the root. It belongs inside: sqrt(var + eps).": _backward(
                divisor=lambda var, eps: np.sqrt(var) + eps
            ),
            "eps is 1e-5 in your function, whatever is given. Use the argument.": _backward(
                divisor=lambda var, eps: np.sqrt(var + 1e-5)
            ),
            "That is the way forward. The way back starts from grad_y.": (
                _parts(lambda g, x_hat, deviation, s: x_hat),
                lambda grad_y, x, weight, eps: weight * (x - x.mean(0)) / np.sqrt(x.var(0) + eps),
            ),
            "The 2 of a square's derivative meets the ½ of the root's: the part along x̂ counts "
            "once, not twice.": _parts(
                lambda g, x_hat, deviation, s: (g - g.mean(0) - 2 * x_hat * (g * x_hat).mean(0)) / s
            ),
        },
    ),
)
