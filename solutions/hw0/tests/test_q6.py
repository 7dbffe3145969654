"""Public tests of q6: descents that you can check by hand."""

import numpy as np
import pytest
import torch

from autograder.testing import as_array, assert_close

pytestmark = pytest.mark.question("q6")

# One example x = (1, 2), y = 3, start 0: the gradient there is 2 (0 - 3) (1, 2) = (-6, -12).
X = [[1.0, 2.0]]
Y = [3.0]
START = [0.0, 0.0]


def tensors(*values):
    return [torch.tensor(value, dtype=torch.float64) for value in values]


def test_one_step(student):
    """One step with rate 0.05 leads from (0, 0) to (0.3, 0.6)."""
    result = student.descend(*tensors(X, Y, START), 0.05, 1)
    assert_close(result, [0.3, 0.6])


def test_two_steps(student):
    """The second step, with residual 1.5 - 3, leads on to (0.45, 0.9)."""
    result = student.descend(*tensors(X, Y, START), 0.05, 2)
    assert_close(result, [0.45, 0.9])


def test_mean(student):
    """The loss is a mean: the same example twice changes nothing."""
    result = student.descend(*tensors(X * 2, Y * 2, START), 0.05, 1)
    assert_close(result, [0.3, 0.6])


def test_float64_without_graph(student):
    """The result is float64 and does not require a gradient."""
    result = student.descend(*tensors(X, Y, START), 0.05, 1)
    assert as_array(result).dtype == np.float64, f"dtype must be float64, got {result.dtype}"
    assert not getattr(result, "requires_grad", False), "the result must not carry a graph"
