"""Hidden tests of q6: the enumeration of all paths, one by one, as the oracle.

Weights and inputs are small whole numbers or quarters where states matter, so that every sum is
exact in floating point, and a unit that is at 0 is exactly at 0.
"""

from itertools import product

import numpy as np
import pytest

from autograder.testing import assert_close, assert_integer, assert_shape

pytestmark = pytest.mark.question("q6", timeout=20)


def all_paths(Ws, x):
    """(y, number of active paths, sum of all |terms|), path by path."""
    states, v = [], x
    for W in Ws[:-1]:
        u = W @ v
        states.append(u > 0)
        v = np.where(u > 0, u, 0.0)
    y, count, size = np.zeros(len(Ws[-1])), 0, 0.0
    for path in product(range(len(x)), *(range(len(W)) for W in Ws)):
        if all(state[unit] for state, unit in zip(states, path[1:], strict=False)):
            term = x[path[0]]
            for W, i, o in zip(Ws, path, path[1:], strict=False):
                term = term * W[o, i]
            y[path[-1]] += term
            size += abs(term)
            count += 1
    return y, count, size


def assert_right(student, Ws, x):
    y, count, size = all_paths(Ws, x)  # before the call, which may write into Ws and x
    result = student.path_sum(Ws, x)
    assert isinstance(result, tuple | list) and len(result) == 2, "two results are needed"
    assert_shape(result[0], y.shape, name="y")
    assert_close(result[0], y, rtol=0, atol=1e-10 * size + 1e-300, name="y")
    found = assert_integer(result[1], name="n_active")
    assert found == count, "n_active is not the number of active paths"


def quarters(rng, *shape):
    """Multiples of 1/4 between -2 and 2, none of them 0."""
    return rng.choice([-1.0, 1.0], size=shape) * rng.integers(1, 9, size=shape) / 4


def states(Ws, x, gated):
    """Which hidden units are on, with ReLUs or without; None if one is exactly at 0."""
    found = []
    for W in Ws[:-1]:
        u = W @ x
        if (u == 0).any():
            return None
        found.append(u > 0)
        x = np.where(u > 0, u, 0.0) if gated else u
    return found


def is_fair(Ws, x):
    """Whether a network shows what the tests look for.

    No unit is at 0; in each hidden layer some units are off, and at least two on if it has three
    (so that sums and products of counts differ); a later layer has other states than without
    ReLUs; an output is negative.
    """
    on, linear = states(Ws, x, gated=True), states(Ws, x, gated=False)
    if on is None or linear is None:
        return False
    if any(state.all() or state.sum() < min(2, len(state) - 1) for state in on):
        return False
    if len(on) > 1 and all((a == b).all() for a, b in zip(on, linear, strict=True)):
        return False
    return bool((all_paths(Ws, x)[0] < 0).any())


def network(rng, sizes):
    """A random network of these sizes that is fair."""
    for _ in range(5000):
        Ws = [quarters(rng, o, i) for i, o in zip(sizes, sizes[1:], strict=False)]
        x = quarters(rng, sizes[0])
        if is_fair(Ws, x):
            return Ws, x
    raise RuntimeError("no fair network in 5000 draws")


@pytest.mark.parametrize(
    "sizes",
    [[(3, 4, 2), (1, 6, 3), (4, 5, 1)], [(2, 5, 3, 1), (4, 3, 4, 2, 3), (1, 3, 2, 3, 2, 2)]],
    ids=["one", "several"],
)
@pytest.mark.question("q6", weight=4, hint="Active: every hidden unit on the path is on.")
def test_random_networks(student, rng, sizes):
    """Networks with one hidden layer, and with two to four, in which some units are off."""
    for shape in sizes * 2:
        assert_right(student, *network(rng, shape))


@pytest.mark.question("q6", weight=1, hint="No hidden layer: nothing can be off.")
def test_no_hidden_layer(student, rng):
    """Without a hidden layer y = W x, and all d * o paths are active."""
    assert_right(student, [quarters(rng, 4, 3)], quarters(rng, 3))
    assert_right(student, [-np.ones((1, 1))], np.ones(1))


@pytest.mark.question("q6", weight=1, hint="On means u > 0; a zero input or weight is no gate.")
def test_zeros(student):
    """A unit at exactly 0 is off, a dead layer kills every path, zero inputs count as inputs."""
    # u = (0, 3, -1): one unit is on; the input 0 and the weight 0 still carry paths
    Ws = [np.array([[1.0, -1, 5], [1, 2, 7], [0, -1, 3]]), np.array([[4.0, 0, 2], [1, -3, 1]])]
    assert_right(student, Ws, np.array([1.0, 1.0, 0.0]))
    dead = [np.array([[1.0, 1.0], [1.0, -1.0]]), -np.ones((3, 2)), np.ones((2, 3))]
    assert_right(student, dead, np.array([2.0, 1.0]))


@pytest.mark.question("q6", weight=1, hint="y is computed to rounding error, also when it is huge.")
def test_values(student, rng):
    """Real weights of any size: y is the sum over the paths."""
    for _ in range(3):
        Ws, x = network(rng, (4, 5, 4, 2))
        # A common factor for each layer changes no state.
        Ws = [W * factor for W, factor in zip(Ws, [1e-6 / 3, 1e8 / 7, 1e3 / 11], strict=True)]
        assert_right(student, Ws, x)


@pytest.mark.question("q6", weight=1, hint="Arguments stay as they were; the same call, the same.")
def test_pure_and_repeatable(student, rng):
    """Strided arguments are left alone, and other calls in between change nothing."""
    Ws, x = network(rng, (3, 4, 3, 2))
    spread = [np.repeat(np.repeat(W, 2, axis=0), 3, axis=1)[::2, ::3] for W in Ws]
    kept = [array.copy() for array in [*spread, x]]
    assert_right(student, spread, x)
    for _ in range(4):
        assert_right(student, *network(rng, (3, 4, 3, 2)))
    assert_right(student, spread, x)
    for old, new in zip(kept, [*spread, x], strict=True):
        assert np.array_equal(old, new), "an argument was changed"
