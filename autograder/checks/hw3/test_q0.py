"""Hidden tests of q0: the answers, and an exact count of a network's pieces."""

from fractions import Fraction

import numpy as np
import pytest

from autograder.testing import as_array

pytestmark = pytest.mark.question("q0")

LETTERS = {"maximum": "B", "cybenko": "A"}
PAIRS = {
    "degree": (3, 6),  # one weight from each of the three weight layers; squared
    "layers": (2, 1),
    "budget": (301, 9472),  # 1 + 24 + 276; 4^2 * 4^2 * (1 + 8 + 28)
}


def answer(student, key):
    warmup = student.value("warmup")
    assert isinstance(warmup, dict) and key in warmup, f'warmup["{key}"] is missing'
    return warmup[key]


@pytest.mark.parametrize("key", list(LETTERS))
@pytest.mark.question("q0", weight=2, hint="Item 1 or 4: for which networks, chosen when?")
def test_items_in_letters(student, key):
    """The choices are right."""
    found = answer(student, key)
    assert isinstance(found, str), "a string is needed"
    assert found.strip().upper() == LETTERS[key], f'warmup["{key}"] is not right'


@pytest.mark.parametrize("key", list(PAIRS))
@pytest.mark.question("q0", weight=3, hint="Item 3, 5 or 6: count weight layers, not hidden ones.")
def test_items_in_numbers(student, key):
    """The pairs of numbers are right, in the order of the statement."""
    found = as_array(answer(student, key))
    assert found.shape == (2,) and found.dtype.kind in "iuf", "a pair of numbers is needed"
    assert tuple(found.tolist()) == PAIRS[key], f'warmup["{key}"] is not right'


def exact(array, shape):
    """The numbers of an array as fractions: floats are binary fractions, nothing is rounded."""
    array = as_array(array)
    assert array.shape == shape and array.dtype.kind in "iuf", "the network has another shape"
    assert np.isfinite(array).all(), "the numbers must be finite"
    return [Fraction(value) for value in array.ravel().tolist()]


def zeros(u, points):
    """Inner zeros of u, which is affine between neighbouring points and beyond the outer ones."""
    ends = [points[0] - 1, *points, points[-1] + 1]
    last, found = len(ends) - 2, set()
    for i in range(last + 1):
        slope = (u(ends[i + 1]) - u(ends[i])) / (ends[i + 1] - ends[i])
        if slope != 0:
            zero = ends[i] - u(ends[i]) / slope
            if (i == 0 or ends[i] < zero) and (i == last or zero < ends[i + 1]):
                found.add(zero)
    return found


def pieces(Ws, bs):
    """The number of affine pieces of the network's output on the whole line, exactly."""
    w1, w2, w3 = (exact(W, s) for W, s in zip(Ws, [(2, 1), (2, 2), (1, 2)], strict=True))
    b1, b2, b3 = (exact(b, s) for b, s in zip(bs, [(2,), (2,), (1,)], strict=True))

    def second(x, i):  # pre-activation of unit i of the second layer
        v = [max(w1[k] * x + b1[k], Fraction(0)) for k in range(2)]
        return w2[2 * i] * v[0] + w2[2 * i + 1] * v[1] + b2[i]

    def output(x):
        return sum(w3[i] * max(second(x, i), Fraction(0)) for i in range(2)) + b3[0]

    first = sorted({-b1[k] / w1[k] for k in range(2) if w1[k] != 0})
    assert first, "the first layer has no kink"
    kinks = set(first).union(*(zeros(lambda x, i=i: second(x, i), first) for i in range(2)))
    ends = [min(kinks) - 1, *sorted(kinks), max(kinks) + 1]
    values = [output(x) for x in ends]
    slopes = [(values[i + 1] - values[i]) / (ends[i + 1] - ends[i]) for i in range(len(ends) - 1)]
    return 1 + sum(slopes[i] != slopes[i + 1] for i in range(len(slopes) - 1))


@pytest.mark.question("q0", weight=1, hint="Item 2: draw the output. Which kinks are not seen?")
def test_the_network_beats_the_formula(student):
    """The network has at least 7 affine pieces, one more than the slide's number."""
    network = answer(student, "beats")
    assert isinstance(network, tuple | list) and len(network) == 2, "a pair (Ws, bs) is needed"
    for part in network:
        assert isinstance(part, tuple | list) and len(part) == 3, "three weight layers are needed"
    assert pieces(*network) >= 7, "the network has fewer than 7 pieces"
