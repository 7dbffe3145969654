"""Hidden tests of q5: each piece of code is run here, so the answers are never typed in."""

import numpy as np
import pytest
import torch

from autograder.testing import assert_close, assert_integer

pytestmark = pytest.mark.question("q5")


def entry(student, key):
    predicted = student.value("predicted")
    assert isinstance(predicted, dict), "predicted must be a dictionary"
    return predicted.get(key)


def assert_dtype(found, expected):
    """A dtype or its name, with or without the name of the library before it."""
    plain = isinstance(found, str | np.dtype | torch.dtype)
    assert plain, "the dtype must be given as a string"
    assert str(found).rpartition(".")[2] == str(expected).rpartition(".")[2]


@pytest.mark.question(
    "q5", weight=1, hint="shape: [n] against [n, 1]. Read: NumPy, Broadcasting, general rules."
)
def test_shape(student):
    """A row against a column gives all pairs."""
    found = entry(student, "shape")
    assert isinstance(found, tuple | list), "shape must be a tuple"
    assert tuple(found) == ((np.zeros(5) - np.zeros((5, 1))) ** 2).shape


@pytest.mark.question(
    "q5", weight=1, hint="wrap: what a sum of two uint8 arrays can hold. Read: NumPy, Data types."
)
def test_wrap(student):
    """uint8 arrays wrap around."""
    total = np.array([200], dtype=np.uint8) + np.array([100], dtype=np.uint8)
    assert assert_integer(entry(student, "wrap")) == int(total[0])


@pytest.mark.question(
    "q5", weight=1, hint="python_scalar: a Python float beside a float32 array. Read: NEP 50."
)
def test_python_scalar(student):
    """A Python scalar takes the dtype of the array."""
    assert_dtype(entry(student, "python_scalar"), (np.ones(3, dtype=np.float32) * 0.1).dtype)


@pytest.mark.question(
    "q5", weight=1, hint="numpy_scalar: np.float64(...) is no Python float. Read: NEP 50."
)
def test_numpy_scalar(student):
    """A NumPy scalar has a dtype of its own."""
    product = np.ones(3, dtype=np.float32) * np.float64(0.1)
    assert_dtype(entry(student, "numpy_scalar"), product.dtype)


@pytest.mark.question(
    "q5", weight=1, hint="view: slices and index lists differ. Read: NumPy, Copies and views."
)
def test_view(student):
    """A slice is a view, an index list makes a copy."""
    u, v = np.zeros(3), np.zeros(3)
    head, some = u[:2], v[[0, 1]]
    head += 1.0
    some += 1.0
    assert_close(entry(student, "view"), [float(u[0]), float(v[0])])


@pytest.mark.question(
    "q5", weight=1, hint="torch_default: which float type torch takes. Read: Tensor Attributes."
)
def test_torch_default(student):
    """Tensors of Python floats have torch's default dtype."""
    total = torch.tensor([1.0, 2.0]) + torch.tensor([1, 2])
    assert_dtype(entry(student, "torch_default"), total.dtype)


@pytest.mark.question(
    "q5", weight=1, hint="accumulate: what backward does to .grad. Read: Autograd mechanics."
)
def test_accumulate(student):
    """backward adds to .grad."""
    w = torch.tensor(2.0, requires_grad=True)
    for _ in range(3):
        (w**2).backward()
    assert_close(entry(student, "accumulate"), float(w.grad))


@pytest.mark.question(
    "q5", weight=1, hint="detach: which factors are differentiated. Read: Autograd mechanics."
)
def test_detach(student):
    """A detached factor counts as a constant."""
    z = torch.tensor(3.0, requires_grad=True)
    (z * z.detach()).backward()
    assert_close(entry(student, "detach"), float(z.grad))
