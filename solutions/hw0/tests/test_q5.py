"""Public tests of q5: the form of `predicted` only."""

import pytest

pytestmark = pytest.mark.question("q5")


def entry(student, key):
    predicted = student.value("predicted")
    assert isinstance(predicted, dict), "predicted must be a dictionary"
    assert predicted.get(key) is not None, f'predicted["{key}"] has no value yet: fill it in'
    return predicted[key]


def test_shape_form(student):
    """predicted["shape"] is a tuple of ints."""
    shape = entry(student, "shape")
    assert isinstance(shape, tuple | list), 'predicted["shape"] must be a tuple'
    assert all(type(size) is int for size in shape), 'predicted["shape"] must hold ints'


def test_wrap_form(student):
    """predicted["wrap"] is an int."""
    assert type(entry(student, "wrap")) is int, 'predicted["wrap"] must be an int'


def test_dtype_form(student):
    """Each of the three dtypes is given as a string, as str(...) shows it."""
    for key in ("python_scalar", "numpy_scalar", "torch_default"):
        name = str(entry(student, key)).removeprefix("torch.")
        known = name.rstrip("0123456789") in ("float", "int", "uint", "bool")
        assert known, f'predicted["{key}"] must be a dtype, such as "int64", got {name!r}'


def test_view_form(student):
    """predicted["view"] is a tuple of two numbers."""
    pair = entry(student, "view")
    assert isinstance(pair, tuple | list), 'predicted["view"] must be a tuple'
    assert len(pair) == 2, f'predicted["view"] must have two entries, got {len(pair)}'
    assert all(type(x) in (int, float) for x in pair), 'predicted["view"] must hold numbers'


def test_gradient_form(student):
    """Both gradients are numbers."""
    for key in ("accumulate", "detach"):
        assert type(entry(student, key)) in (int, float), f'predicted["{key}"] must be a float'
