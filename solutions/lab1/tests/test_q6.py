"""Public tests of q6: amp_logits."""

import numpy as np
import pytest

from autograder.testing import as_array, assert_shape

pytestmark = pytest.mark.question("q6")


@pytest.mark.question("q6", hint="float32 comes out, but not with float32's precision.")
def test_precision(student, rng):
    """The result is float32, near the right logits and not equal to them."""
    W = rng.normal(size=(10, 64)).astype(np.float32)
    b = rng.normal(size=10).astype(np.float32)
    X = rng.normal(size=(50, 64)).astype(np.float32)
    found = student.amp_logits([W], [b], X)
    assert_shape(found, (50, 10))
    assert "bfloat16" not in str(getattr(found, "dtype", "")), "the result must be float32"
    found = as_array(found)
    assert found.dtype == np.float32, f"the result must be float32, got {found.dtype}"
    right = X.astype(float) @ W.T.astype(float) + b
    error = np.sqrt(((found - right) ** 2).mean() / (right**2).mean())
    assert error <= 0.03, f"relative error {error:.2g}: wrong logits"
    assert error >= 5e-4, f"relative error {error:.2g}: more precise than bfloat16"
