"""Public tests of q2-gates: the form of the units, and one row of each truth table."""

import pytest

from autograder.testing import as_array

pytestmark = pytest.mark.question("q2-gates")


def unit(gates, name, inputs):
    """(weights, threshold) of one unit, checked for its form."""
    assert isinstance(gates, dict), "gates must be a dictionary"
    assert gates.get(name) is not None, f'gates["{name}"] has no value yet'
    pair = gates[name]
    assert isinstance(pair, tuple | list), f'gates["{name}"] must be (weights, threshold)'
    assert len(pair) == 2, f'gates["{name}"] must be (weights, threshold)'
    weights, threshold = (as_array(part, name=f'gates["{name}"]') for part in pair)
    assert weights.shape == (inputs,), f'gates["{name}"] must have {inputs} weight(s)'
    assert threshold.shape == (), f'the threshold of gates["{name}"] must be one number'
    return weights, threshold


@pytest.mark.parametrize(("name", "inputs"), [("and", 2), ("or", 2), ("delay", 1)])
def test_all_inputs_on_fires(student, name, inputs):
    """Each of the three units has the right number of inputs and fires when all are 1."""
    weights, threshold = unit(student.value("gates"), name, inputs)
    assert weights.sum() >= threshold, f'gates["{name}"] must fire when every input is 1'


def test_the_detector_is_a_network(student):
    """The detector is (v, W, theta) with m, m times m and m numbers."""
    gates = student.value("gates")
    assert isinstance(gates, dict), "gates must be a dictionary"
    assert gates.get("detector") is not None, 'gates["detector"] has no value yet'
    network = gates["detector"]
    assert isinstance(network, tuple | list), 'gates["detector"] must be (v, W, theta)'
    assert len(network) == 3, 'gates["detector"] must be (v, W, theta)'
    v, W, theta = (as_array(part, name='gates["detector"]') for part in network)
    m = len(v) if v.ndim else 0
    assert 1 <= m <= 50, "v must have one number per unit (at most 50 units)"
    assert W.shape == (m, m), f"W must have shape ({m}, {m}), got {W.shape}"
    assert theta.shape == (m,), f"theta must have shape ({m},), got {theta.shape}"
