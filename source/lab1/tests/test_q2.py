"""Public tests of q2: clip_by_norm."""

import numpy as np
import pytest

from autograder.testing import assert_close

pytestmark = pytest.mark.question("q2", forbid=["torch.nn.utils"])


@pytest.mark.question("q2", hint="One norm of all arrays together.")
def test_a_long_gradient_is_shortened(student):
    """A gradient of norm 5 is shortened to norm 1, with its direction."""
    grads = [np.array([[3.0]]), np.array([4.0, 0.0])]
    clipped, norm = student.clip_by_norm(grads, 1.0)
    assert_close(norm, 5.0, rtol=1e-6, name="norm")
    assert len(clipped) == 2, "one array for each gradient is needed"
    assert_close(clipped[0], np.array([[0.6]]), rtol=1e-5, name="clipped[0]")
    assert_close(clipped[1], np.array([0.8, 0.0]), rtol=1e-5, name="clipped[1]")


@pytest.mark.question("q2", hint="Is there anything to shorten?")
def test_a_short_gradient_stays(student):
    """A gradient of norm 0.5 stays."""
    clipped, _ = student.clip_by_norm([np.array([0.3, 0.4])], 1.0)
    assert_close(clipped[0], np.array([0.3, 0.4]), rtol=1e-5, name="clipped[0]")
