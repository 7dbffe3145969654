"""Hidden tests of q4-maps: the count, and the signs put to the test on the network itself."""

import numpy as np
import pytest

from autograder.testing import as_array, assert_integer

pytestmark = pytest.mark.question("q4-maps")

W1 = np.array([[2.0, 0.0], [4.0, 0.0], [0.0, 2.0], [0.0, 4.0]])
B1 = np.array([0.0, -2.0, 0.0, -2.0])
W2 = np.array([[4.0, -4, 1, -1], [2, -2, 3, -3], [-1, 1, 4, -4], [-3, 3, 2, -2]])
B2 = np.array([-3.1, -3.0, -2.1, 0.0])
BOX = ((0.0, 1.0), (0.0, 1.0))


def entry(student, key):
    maps = student.value("maps")
    assert isinstance(maps, dict) and key in maps, f'maps["{key}"] is missing'
    return maps[key]


@pytest.mark.question("q4-maps", weight=1, hint="Which second-layer pattern forgets the fold?")
def test_the_number_of_maps(student):
    """The number of different affine maps is right."""
    assert assert_integer(entry(student, "maps"), name="maps") == 41, "the number is not right"


@pytest.mark.question("q4-maps", weight=1, hint="Some pattern of signs occurs on no region.")
def test_the_signs(student, rng, reference):
    """With these signs the 44 affine maps are different."""
    signs = as_array(entry(student, "signs"))
    assert signs.shape == (4,) and (np.abs(signs) == 1).all(), "four signs are needed"
    signs = signs.astype(float)
    points = reference.regions.regions_2d([W1, W2], [B1, B2], BOX).inner_points()
    v1 = np.maximum(points @ W1.T + B1, 0)
    on = v1 @ (signs[:, None] * W2).T + signs * B2 > 0
    # The maps of two regions are equal for almost every readout only if no unit is on in either,
    # or if all units that are on see the same affine function. The judge's readout is random.
    readout = rng.uniform(1, 2, size=4) * rng.choice([-1, 1], size=4)
    slopes = np.einsum("k,nk,kj,nj,ji->ni", readout * signs, on, W2, v1 > 0, W1)
    constants = (on * (signs * B2 + (v1 > 0) * B1 @ (signs[:, None] * W2).T)) @ readout
    maps = np.column_stack([slopes, constants])
    gaps = np.abs(maps[:, None] - maps[None]).max(axis=2) + np.eye(len(maps))
    assert len(points) == 44, "the judge's own count"
    # Rounding is below 1e-13; different maps of a random readout differ by less than 1e-9 with
    # probability below 44^2 * 1e-9 / 2 = 1e-6.
    assert (gaps > 1e-9).all(), "two affine maps are equal"
