"""Public tests of q4: regions that can be counted on paper."""

import numpy as np
import pytest

from autograder.testing import assert_integer

pytestmark = pytest.mark.question("q4", timeout=60)

SQUARE = ((0.0, 1.0), (0.0, 1.0))


def count(student, Ws, bs, box):
    """The student's count, which must be a whole number."""
    Ws, bs = ([np.array(a, dtype=float) for a in arrays] for arrays in (Ws, bs))
    return assert_integer(student.count_regions_2d(Ws, bs, box), name="count_regions_2d")


def tangents(n):
    """n lines, any two of which meet inside the square (0, 1)^2."""
    angles = np.pi * (np.arange(n) + 1 / 3) / n
    W = np.column_stack([np.cos(angles), np.sin(angles)])
    return W, -W @ [0.5, 0.5] - 0.45 * np.sin(np.pi / (2 * n))


@pytest.mark.question("q4", hint="One line through the box: two regions.")
def test_one_unit(student):
    """One unit whose kink crosses the box makes two regions; one that misses it makes one."""
    found = count(student, [[[1, 1]]], [[-1]], SQUARE)
    assert found == 2, f"expected 2, got {found}"
    found = count(student, [[[1, 1]]], [[-3]], SQUARE)
    assert found == 1, f"the line x + y = 3 misses the unit square: expected 1, got {found}"


@pytest.mark.parametrize(("n", "expected"), [(3, 7), (8, 37), (12, 79)])
@pytest.mark.question("q4", hint="One layer of n units: lines in general position.")
def test_lines_in_general_position(student, n, expected):
    """3, 8 and 12 lines in general position make 7, 37 and 79 regions."""
    W, b = tangents(n)
    found = count(student, [W], [b], SQUARE)
    assert found == expected, f"{n} lines: expected {expected}, got {found}"


@pytest.mark.question("q4", hint="The box is ((x_min, x_max), (y_min, y_max)); only it counts.")
def test_only_the_box_counts(student):
    """The lines x = 1, x = 3 and y = 5 cut the box (0, 2) x (4, 6) into 4 regions."""
    found = count(student, [[[1, 0], [1, 0], [0, 1]]], [[-1, -3, -5]], ((0, 2), (4, 6)))
    assert found == 4, f"expected 4, got {found}"


@pytest.mark.question("q4", hint="A second-layer unit sees only the units that are on.")
def test_a_second_layer_bends(student):
    """The unit R(x) + R(y) = 1 of a second layer cuts three of the four quadrants."""
    found = count(student, [np.eye(2), [[1, 1]]], [[0, 0], [-1]], ((-2, 2), (-2, 2)))
    assert found == 7, f"4 quadrants, one of them uncut: expected 7, got {found}"


@pytest.mark.question("q4", hint="Units that cut nothing count nothing; regions count, not maps.")
def test_units_that_do_not_cut(student):
    """A copy of a unit, a unit that is always off and a layer that is always off cut nothing."""
    W1, b1 = [[1, 2], [2, 4], [0, 0]], [-1, -2, -1]
    found = count(student, [W1, [[-1, -1, -1]]], [b1, [-1]], SQUARE)
    assert found == 2, f"only one line cuts: expected 2, got {found}"


@pytest.mark.question("q4", hint="Each quarter of the square is one copy of what layer 2 sees.")
def test_the_fold_network(student):
    """The fold network of q4-plot has the 44 regions of the slide."""
    Ws = [
        [[2, 0], [4, 0], [0, 2], [0, 4]],
        [[4, -4, 1, -1], [2, -2, 3, -3], [-1, 1, 4, -4], [-3, 3, 2, -2]],
    ]
    found = count(student, Ws, [[0, -2, 0, -2], [-3.1, -3.0, -2.1, 0.0]], SQUARE)
    assert found == 44, f"expected 44, got {found}"


@pytest.mark.question("q4", hint="Copy before you write into an array that was given to you.")
def test_the_arguments_stay_as_they_were(student):
    """Weights and biases are the same after the call."""
    W, b = (3 * array for array in tangents(4))
    kept_W, kept_b = W.copy(), b.copy()
    student.count_regions_2d([W], [b], SQUARE)
    assert np.array_equal(W, kept_W) and np.array_equal(b, kept_b), "an argument was changed"
