"""Hidden tests of q4: counts known from theorems, the reference's counts, and invariances.

The statement promises that each region contains a disc of radius 1e-5 s, where s is the shorter
side of the box. A convex region of area A and perimeter P contains a disc of radius A / P, so
random networks are drawn again until every region has A / P > 1e-4 s.
"""

import numpy as np
import pytest

from autograder.testing import assert_integer

pytestmark = pytest.mark.question("q4", timeout=60)

SQUARE = ((0.0, 1.0), (0.0, 1.0))


def fold_network():
    """The fold network of the statement, new arrays each time: a student may write into them."""
    Ws = [
        np.array([[2.0, 0.0], [4.0, 0.0], [0.0, 2.0], [0.0, 4.0]]),
        np.array([[4.0, -4, 1, -1], [2, -2, 3, -3], [-1, 1, 4, -4], [-3, 3, 2, -2]]),
    ]
    return Ws, [np.array([0.0, -2.0, 0.0, -2.0]), np.array([-3.1, -3.0, -2.1, 0.0])]


def assert_count(student, Ws, bs, box, expected, what):
    found = assert_integer(student.count_regions_2d(Ws, bs, box), name="count_regions_2d")
    assert found == expected, f"{what}: the count is wrong"


def fat_enough(regions, box):
    """Whether every region has area / perimeter > 1e-4 of the shorter side."""
    shorter = min(high - low for low, high in box)
    for polygon, area in zip(regions.polygons(), regions.areas, strict=True):
        perimeter = np.linalg.norm(polygon - np.roll(polygon, 1, axis=0), axis=1).sum()
        if area / perimeter <= 1e-4 * shorter:
            return False
    return True


def without_gates(Ws, bs):
    """One layer with the lines that all units would have if no unit ever were off."""
    A, c, rows, constants = np.eye(2), np.zeros(2), [], []
    for W, b in zip(Ws, bs, strict=True):
        A, c = W @ A, W @ c + b
        rows.append(A)
        constants.append(c)
    return [np.vstack(rows)], [np.concatenate(constants)]


def random_network(rng, reference, widths, box, accept):
    """A random network whose kinks cross the box, and its number of regions, which is not that of
    the network without ReLUs."""
    low, high = np.array(box).T
    for _ in range(1000):
        Ws, bs, inputs = [], [], 2
        for width in widths:
            Ws.append(rng.normal(size=(width, inputs)) / inputs**0.5)
            bs.append(0.3 * rng.normal(size=width))
            inputs = width
        centre, scale = low + (high - low) * rng.uniform(0.3, 0.7, size=2), (high - low).max()
        Ws[0] /= scale
        bs[0] -= Ws[0] @ centre
        regions = reference.regions.regions_2d(Ws, bs, box)
        if accept(len(regions)) and fat_enough(regions, box):
            if len(Ws) == 1:
                return Ws, bs, len(regions)
            linear = reference.regions.count_regions_2d(*without_gates(Ws, bs), box)
            if linear != len(regions):
                return Ws, bs, len(regions)
    raise RuntimeError("no fair network in 1000 draws")


def tangents(rng, n):
    """n lines, any two of which meet in the disc of radius 0.45 about the square's centre."""
    angles = np.pi * (np.arange(n) + rng.random()) / n
    W = rng.uniform(0.5, 2, size=(n, 1)) * np.column_stack([np.cos(angles), np.sin(angles)])
    radii = np.linalg.norm(W, axis=1) * 0.45 * np.sin(np.pi / (2 * n))
    signs = rng.choice([-1.0, 1.0], size=n)
    return signs[:, None] * W, signs * (-W @ [0.5, 0.5] - radii)


def layer(pair):
    """One layer's weights and biases as lists."""
    return [pair[0]], [pair[1]]


@pytest.mark.question("q4", weight=2, hint="One layer of n units: Zaslavsky's number in the plane.")
def test_lines_in_general_position(student, rng):
    """Lines that all meet inside the box make 1 + n + n (n - 1) / 2 regions."""
    for n in (1, 2, 5, 8, 12):
        count = 1 + n + n * (n - 1) // 2
        assert_count(student, *layer(tangents(rng, n)), SQUARE, count, "lines in general position")


@pytest.mark.question("q4", weight=2, hint="Only what lies inside the box counts.")
def test_lines_that_meet_outside(student, rng, reference):
    """Lines of which some meet outside the box make fewer regions; one through corners cuts."""
    for box in [((-3.0, 1.0), (2.0, 7.0)), ((4.0, 6.0), (-1.0, 3.0)), ((-9.0, -7.0), (4.0, 5.0))]:
        for n, fewest in [(4, 6), (9, 25)]:
            most = n * (n + 1) // 2  # one less than if all of them met in the box
            accept = range(fewest, most + 1).__contains__
            Ws, bs, count = random_network(rng, reference, [n], box, accept)
            assert_count(student, Ws, bs, box, count, "lines that meet outside the box")
    for sign in (1.0, -1.0):  # a diagonal, so a corner of the box lies on the line, and x = 1/2
        W, b = np.array([[sign, -sign], [1.0, 0.0]]), np.array([0.0, -0.5])
        assert_count(student, [W], [b], SQUARE, 4, "a line through corners of the box")


@pytest.mark.parametrize(("widths", "count"), [((4, 4), 44), ((6, 4), 99), ((4, 4, 4), 176)])
@pytest.mark.question("q4", weight=2, hint="Each fold copies what the next layer sees.")
def test_fold_networks(student, reference, widths, count):
    """Fold networks have exactly the number of regions of Montufar's formula."""
    Ws, bs = reference.regions.montufar_network(widths)
    assert_count(student, Ws, bs, SQUARE, count, "a fold network")
    if widths == (4, 4):
        assert_count(student, *fold_network(), SQUARE, 44, "the fold network of the statement")


# Fewest regions that a network must have, so that its later layers cut.
LEAST = {(5, 4): 17, (3, 4, 3): 10, (2, 3, 3, 3): 9, (6, 1): 17, (1, 6): 5}


@pytest.mark.question("q4", weight=4, hint="A unit of a later layer sees only units that are on.")
def test_random_networks(student, rng, reference):
    """Random networks with two to four hidden layers, in boxes that are not square."""
    for widths, least in LEAST.items():
        for _ in range(2):
            low, size = rng.uniform(-2, 2, size=2), rng.uniform(1, 3, size=2)
            box = tuple((float(a), float(a + s)) for a, s in zip(low, size, strict=True))
            network = random_network(rng, reference, widths, box, lambda c, n=least: n <= c <= 200)
            assert_count(student, *network[:2], box, network[2], "a random network")


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.question("q4", weight=3, hint="Regions can be tiny. Sample points do not find them.")
def test_tiny_regions(student, layers):
    """Triangles that contain no larger disc than one of radius 3e-5 are counted."""
    if layers == 2:  # the first layer folds the square; a triangle with legs 3e-4 in all 4 quarters
        (W1, _), (b1, _) = fold_network()
        W2 = np.array([[1.0, -1, 0, 0], [0, 0, 1, -1], [1, -1, 1, -1]])
        Ws, bs = [W1, W2], [b1, np.array([-0.4871, -0.3319, -0.4871 - 0.3319 - 3e-4])]
        assert_count(student, Ws, bs, SQUARE, 28, "tiny regions of a fold network")
        return
    # Four horizontal lines and a vertical one make 10 regions; a line of slope -1 past each
    # crossing cuts off a triangle with legs 1e-4, whose disc has radius 2.9e-5.
    x, ys = 0.4871, [0.1123, 0.3319, 0.5477, 0.7713]
    W = [[1, 0], *[[0, 1] for _ in ys], *[[1, 1] for _ in ys]]
    b = [-x, *[-y for y in ys], *[-(x + y + 1e-4) for y in ys]]
    # Regions: 1 + lines + crossings in the box, all of them simple: the vertical line with the
    # eight others, and horizontal i with diagonal j if 0 < x + ys[j] + 1e-4 - ys[i] < 1.
    inside = sum(0 < x + ys[j] + 1e-4 - ys[i] < 1 for i in range(4) for j in range(4))
    assert_count(student, [np.array(W, dtype=float)], [np.array(b)], SQUARE, 18 + inside, "tiny")


@pytest.mark.question("q4", weight=1, hint="What cuts nothing counts nothing; regions, not maps.")
def test_units_that_do_not_cut(student, rng):
    """Copies, constant units and dead layers change nothing, equal affine maps neither."""
    W, b = tangents(rng, 4)
    first = np.vstack([W, -3e5 * W[:2], 0.7 * W[:1], np.zeros((3, 2))])
    biases = np.concatenate([b, -3e5 * b[:2], 0.7 * b[:1], [-1.0, 0.0, 1.0]])
    dead = -np.ones((3, len(first))), -np.ones(3)
    assert_count(student, [first], [biases], SQUARE, 11, "copies and constant units")
    assert_count(student, [first, dead[0]], [biases, dead[1]], SQUARE, 11, "a dead layer")
    after = [np.ones((2, 3)), np.array([1.0, -1.0])]
    layers = [first, dead[0], after[0]], [biases, dead[1], after[1]]
    assert_count(student, *layers, SQUARE, 11, "a layer behind a dead layer")


@pytest.mark.question("q4", weight=1, hint="Order and scale of the units, units of length.")
def test_invariances(student, rng):
    """Reordered and rescaled units, a scaled and shifted plane: the same count."""
    (W1, W2), (b1, b2) = fold_network()
    order = rng.permutation(4)
    c, last = (rng.permutation([1e-6, 1e-2, 1e2, 1e6]) for _ in range(2))
    W2_scaled = last[:, None] * W2 / c
    Ws, bs = [(c[:, None] * W1)[order], W2_scaled[:, order]], [(c * b1)[order], last * b2]
    assert_count(student, Ws, bs, SQUARE, 44, "reordered and rescaled units")
    for scale, shift in [(1e-6, 0.0), (1e-3, 0.0), (1e6, 2e5)]:  # new points: scale x + shift
        box = ((shift, shift + scale), (shift, shift + scale))

        def moved(W, b, scale=scale, shift=shift):
            return W / scale, b - (W / scale).sum(axis=1) * shift

        W, b = moved(W1, b1)
        assert_count(student, [W, W2], [b, b2], box, 44, "a scaled and shifted plane")
        W, b = moved(*tangents(rng, 9))
        W, b = np.vstack([W, -3 * W[:4]]), np.concatenate([b, -3 * b[:4]])
        assert_count(student, [W], [b], box, 46, "a scaled and shifted plane")
        W, b = moved(np.array([[1.0, 0], [0, 1], [1, 1]]), np.array([-0.3, -0.4, -0.7 - 1e-4]))
        assert_count(student, [W], [b], box, 7, "a tiny region of a scaled plane")


@pytest.mark.question("q4", weight=1, hint="Arguments stay as they were; the same call, the same.")
def test_pure_and_repeatable(student, rng):
    """Arguments, strided ones too, are left alone, and another call in between changes nothing."""
    W, b = tangents(rng, 5)
    wide = np.zeros((10, 4))
    wide[::2, ::2] = W
    strided, biases = wide[::2, ::2], np.repeat(b, 2)[::2]
    kept = strided.copy(), biases.copy()
    assert_count(student, [strided], [biases], SQUARE, 16, "strided weights")
    assert_count(student, *fold_network(), SQUARE, 44, "the fold network")
    assert_count(student, [strided], [biases], SQUARE, 16, "the same call again")
    assert np.array_equal(strided, kept[0]), "Ws was changed"
    assert np.array_equal(biases, kept[1]), "bs was changed"
