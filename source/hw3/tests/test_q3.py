"""Public tests of q3: the numbers of the slides, and small cases."""

import pytest

from autograder.testing import assert_integer

pytestmark = pytest.mark.question("q3", timeout=20)


def equal(found, expected, name):
    assert_integer(found, name=name)
    assert found == expected, f"{name} must be {expected}, got {found}"


@pytest.mark.parametrize(("n", "d", "count"), [(8, 2, 37), (12, 2, 79), (3, 5, 8), (0, 2, 1)])
@pytest.mark.question("q3", hint="Sum the binomials from j = 0 to j = d, both included.")
def test_hyperplanes(student, n, d, count):
    """8 and 12 lines make 37 and 79 regions; few hyperplanes make 2^n; none makes one."""
    equal(student.zaslavsky(n, d), count, f"zaslavsky({n}, {d})")


@pytest.mark.parametrize(
    ("n0", "widths", "count"), [(2, [4, 4], 44), (2, [4, 4, 4], 176), (2, [5, 4], 44), (3, [6], 42)]
)
@pytest.mark.question("q3", hint="All layers but the last fold, n_l // n0 times in n0 coordinates.")
def test_montufar(student, n0, widths, count):
    """The slide's 44 and 176; a fifth unit folds nothing more; one layer only cuts."""
    equal(student.montufar_lower(n0, widths), count, f"montufar_lower({n0}, {widths})")


@pytest.mark.parametrize(("n0", "widths", "count"), [(2, [4, 4], 22), (2, [7, 5, 3], 42)])
@pytest.mark.question("q3", hint="The floors have no exponent in this bound.")
def test_pascanu(student, n0, widths, count):
    """The older bound on two small architectures."""
    equal(student.pascanu_lower(n0, widths), count, f"pascanu_lower({n0}, {widths})")


@pytest.mark.parametrize(("n0", "R", "n"), [(2, 37, 8), (2, 38, 9), (3, 8, 3)])
@pytest.mark.question("q3", hint="The least n with zaslavsky(n, n0) >= R.")
def test_min_shallow(student, n0, R, n):
    """8 units reach 37 regions, for 38 it takes a ninth; 3 units reach 8 regions in space."""
    equal(student.min_shallow(n0, R), n, f"min_shallow({n0}, {R})")
