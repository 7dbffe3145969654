"""Public tests of q6-preact: what the unit was invented for."""

import numpy as np
import pytest
import torch

from autograder.testing import as_array, assert_close, assert_shape

pytestmark = pytest.mark.question("q6-preact")


def tensors(rng, N=3, C=4, H=5, W=6):
    """x and the six parameters of a unit."""
    vectors = rng.uniform(-1, 1, size=(4, C))
    filters = rng.normal(scale=(9 * C) ** -0.5, size=(2, C, C, 3, 3))
    x = rng.normal(size=(N, C, H, W))
    arrays = [x, vectors[0], vectors[1], filters[0], vectors[2], vectors[3], filters[1]]
    return [torch.tensor(array) for array in arrays]


@pytest.mark.question("q6-preact", hint="The sum comes last: no ReLU and no BN after it, or on x.")
def test_without_the_second_filter_it_is_the_identity(student, rng):
    """With W2 = 0 the unit returns x, exactly, negative entries included."""
    x, *parameters = tensors(rng)
    parameters[-1] = torch.zeros_like(parameters[-1])
    result = student.preact_unit(x, *parameters)
    assert_shape(result, tuple(x.shape), name="the result")
    assert np.array_equal(as_array(result), x.numpy()), "the result must be x itself"


@pytest.mark.question("q6-preact", hint="BN first, then ReLU, then the convolution.")
def test_a_constant_residual_on_paper(student):
    """gamma = 0 makes a BN constant: beta1 = beta2 = 1 and filters with only a centre are easy."""
    x = torch.arange(16.0, dtype=torch.float64).reshape(2, 1, 2, 4)
    centre = torch.zeros(1, 1, 3, 3, dtype=torch.float64)
    centre[0, 0, 1, 1] = 3.0
    zero, one = torch.zeros(1, dtype=torch.float64), torch.ones(1, dtype=torch.float64)
    # BN1 gives 1, ReLU 1, conv 3; BN2 gives 1 whatever comes in; ReLU 1, conv 3: x + 3
    assert_close(student.preact_unit(x, zero, one, centre, zero, one, centre), x + 3, name="x + 3")
    # with beta2 = -1 the second ReLU lets nothing through
    assert_close(student.preact_unit(x, zero, one, centre, zero, -one, centre), x, name="x")


@pytest.mark.question("q6-preact", hint="relu_, +=, inplace=True: x is needed once more.")
def test_x_stays_as_it_was(student, rng):
    """x and the parameters are the same after the call."""
    given = tensors(rng)
    before = [tensor.clone() for tensor in given]
    student.preact_unit(*given)
    for old, new in zip(before, given, strict=True):
        assert torch.equal(old, new), "an argument was changed"


@pytest.mark.question("q6-preact", hint="Compute with torch: detach() and numpy() cut the graph.")
def test_gradients_flow(student, rng):
    """The unit can be differentiated, and every parameter gets a gradient."""
    given = tensors(rng)
    # ReLU lets the signal through in most places: gammas small, betas positive
    given[1], given[4] = 0.1 * given[1], 0.1 * given[4]
    given[2], given[5] = given[2].abs() + 0.5, given[5].abs() + 0.5
    _, gradients = student.vjp("preact_unit", given, torch.tensor(rng.normal(size=(3, 4, 5, 6))))
    assert isinstance(gradients, tuple | list) and len(gradients) == 7, "seven gradients"
    for gradient, tensor in zip(gradients, given, strict=True):
        assert_shape(gradient, tuple(tensor.shape), name="a gradient")
        assert np.abs(as_array(gradient)).max() > 1e-12, "a gradient is zero everywhere"
