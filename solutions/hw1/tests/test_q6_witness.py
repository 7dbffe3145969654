"""Public tests of q6-witness: the form of the certificate."""

import numpy as np
import pytest

from autograder.testing import as_array

pytestmark = pytest.mark.question("q6-witness")


def test_four_nonnegative_numbers(student):
    """xor_certificate is four numbers, none negative, not all zero."""
    multipliers = as_array(student.value("xor_certificate"))
    assert multipliers.shape == (4,), f"four numbers are needed, got shape {multipliers.shape}"
    assert np.isfinite(multipliers).all(), "the numbers must be finite"
    assert (multipliers >= 0).all(), "no multiplier may be negative"
    assert (multipliers > 0).any(), "not all multipliers may be zero"
