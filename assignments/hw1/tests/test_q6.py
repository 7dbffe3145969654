"""Public tests of q6: Cover's count and separability."""

import numpy as np
import pytest

from autograder.testing import assert_integer

pytestmark = pytest.mark.question("q6", timeout=10)

SQUARE = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])


def decision(student, X, y):
    """The student's answer for (X, y), which must be a bool."""
    answer = student.is_separable(X, np.asarray(y))
    assert isinstance(answer, bool | np.bool_), "is_separable must return True or False"
    return bool(answer)


@pytest.mark.parametrize(("n", "d", "count"), [(4, 2, 14), (6, 2, 32), (3, 5, 8), (1, 1, 2)])
@pytest.mark.question(
    "q6", hint="With a bias: three points in the plane, not on a line, have all 8 labellings."
)
def test_small_counts(student, n, d, count):
    """Small cases: 14 of 16 for four points in the plane, 32 of 64 for six, all for few points."""
    found = student.cover_count(n, d)
    assert_integer(found, name="cover_count")
    assert found == count, f"cover_count({n}, {d}) must be {count}, got {found}"


@pytest.mark.parametrize(
    ("name", "y", "expected"),
    [("AND", [-1, -1, -1, 1], True), ("OR", [-1, 1, 1, 1], True), ("XOR", [-1, 1, 1, -1], False)],
)
@pytest.mark.question("q6", hint="Is the bias there? Is it free to be negative?")
def test_and_or_xor(student, name, y, expected):
    """AND and OR are separable on the corners of the square, XOR is not."""
    assert decision(student, SQUARE, y) is expected, f"{name}: expected {expected}"


@pytest.mark.question("q6", hint="w = 0, b = 0 satisfies every inequality with >= 0.")
def test_a_point_on_the_boundary_is_not_separated(student):
    """On the line, + at 0 between two - at -1 and 1 is not separable."""
    assert decision(student, np.array([[-1.0], [0.0], [1.0]]), [-1, 1, -1]) is False


@pytest.mark.question("q6", hint="One class only: w = 0 and b = +1 or -1 will do.")
def test_one_class_is_separable(student):
    """Points that all have the same label are separable."""
    assert decision(student, SQUARE, [1, 1, 1, 1]) is True
