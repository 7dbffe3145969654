"""Hidden test of q6-witness: the multipliers are a certificate."""

import numpy as np
import pytest

from autograder.testing import as_array

pytestmark = pytest.mark.question("q6-witness")

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Y = np.array([-1, 1, 1, -1])


@pytest.mark.question("q6-witness", weight=1, hint="Both sums must vanish: of l y x and of l y.")
def test_the_certificate(student):
    """The multipliers are non-negative, not all zero, and both sums vanish."""
    multipliers = as_array(student.value("xor_certificate"))
    assert multipliers.shape == (4,) and np.isfinite(multipliers).all(), "four numbers are needed"
    largest = multipliers.max()
    assert largest > 0 and (multipliers >= 0).all(), "non-negative and not all zero"
    sums = (multipliers * Y) @ np.column_stack([X, np.ones(4)])
    assert np.abs(sums).max() <= 1e-9 * largest, "a sum does not vanish"
