"""regions: exact rational arithmetic, linear programming and grids as oracles."""

import subprocess
import sys
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.optimize import linprog

from tdlcourse import _splitting, regions
from tdlcourse.regions import (
    affine_maps,
    breakpoints_1d,
    count_regions_1d,
    count_regions_2d,
    montufar_network,
    plot_regions,
    regions_2d,
)

BOX = ((-1.0, 1.5), (-0.75, 1.25))
SQUARE = ((-1.0, 1.0), (-1.0, 1.0))


def random_network(seed, widths, inputs=2):
    rng = np.random.default_rng(seed)
    sizes = [inputs, *widths]
    Ws = [rng.normal(size=(o, i)) * np.sqrt(2 / i) for i, o in pairwise(sizes)]
    return Ws, [rng.normal(size=w) / 2 for w in widths]


def patterns(Ws, bs, X):
    """Which neurons are on, by a forward pass; as a string of bytes a row."""
    rows, values = [], np.asarray(X, dtype=float)
    for W, b in zip(Ws, bs, strict=True):
        values = values @ W.T + b
        rows.append(values > 0)
        values = np.maximum(values, 0)
    return [row.tobytes() for row in np.concatenate(rows, axis=1)]


# --------------------------------------------------------------------- an oracle without rounding


def exact_network(Ws, bs):
    return [
        ([[Fraction(w) for w in row] for row in W.tolist()], [Fraction(v) for v in b.tolist()])
        for W, b in zip(Ws, bs, strict=True)
    ]


def exact_cells(Ws, bs, cell, cut):
    """Cells of a ReLU network, in rational arithmetic: nothing is rounded.

    A cell is whatever `cut(cell, function)` can split into (part off, part on); None is nothing.
    A function is (coefficients..., constant).
    """
    layers, inputs = exact_network(Ws, bs), len(Ws[0][0])
    unit = [[Fraction(int(i == k)) for i in range(inputs + 1)] for k in range(inputs)]
    cells = [(cell, unit)]
    for weights, biases in layers:
        refined = []
        for cell, functions in cells:
            parts = [(cell, [])]
            for row, bias in zip(weights, biases, strict=True):
                f = [
                    sum(w * g[k] for w, g in zip(row, functions, strict=True))
                    for k in range(inputs + 1)
                ]
                f[-1] += bias
                halves = []
                for part, outputs in parts:
                    off, on = cut(part, f)
                    halves += (
                        [] if off is None else [(off, [*outputs, [Fraction(0)] * (inputs + 1)])]
                    )
                    halves += [] if on is None else [(on, [*outputs, f])]
                parts = halves
            refined += parts
        cells = refined
    return [cell for cell, _ in cells]


def cut_interval(interval, f):
    low, high = interval
    at_low, at_high = f[0] * low + f[1], f[0] * high + f[1]
    if min(at_low, at_high) >= 0:
        return (None, interval) if max(at_low, at_high) > 0 else (interval, None)
    if max(at_low, at_high) <= 0:
        return interval, None
    root = -f[1] / f[0]
    below, above = (low, root), (root, high)
    return (above, below) if at_low > 0 else (below, above)


def cut_polygon(polygon, f):
    values = [f[0] * x + f[1] * y + f[2] for x, y in polygon]
    if min(values) >= 0 or max(values) <= 0:
        return (None, polygon) if max(values) > 0 else (polygon, None)
    off, on = [], []
    corners = list(zip(polygon, values, strict=True))
    for (p, here), (q, there) in zip(corners, corners[1:] + corners[:1], strict=True):
        off += [p] if here <= 0 else []
        on += [p] if here >= 0 else []
        if here * there < 0:
            share = here / (here - there)
            crossing = tuple(a + share * (b - a) for a, b in zip(p, q, strict=True))
            off.append(crossing)
            on.append(crossing)
    return off, on


def exact_area(polygon):
    following = polygon[1:] + polygon[:1]
    return sum(x * v - u * y for (x, y), (u, v) in zip(polygon, following, strict=True)) / 2


@pytest.mark.ground_truth(
    function="regions.regions_2d",
    result="number and areas of all regions",
    source="Hanin & Rolnick, NeurIPS 2019",
    figure="polygon splitting in rational arithmetic",
)
@pytest.mark.parametrize("widths", [(7,), (5, 5), (4, 3, 4), (3, 1, 6), (2, 2, 2, 2)])
@pytest.mark.parametrize("seed", range(3))
def test_regions_are_those_of_rational_arithmetic(widths, seed, record_property):
    Ws, bs = random_network(seed, widths)
    (x0, x1), (y0, y1) = [[Fraction(v) for v in side] for side in BOX]
    cells = exact_cells(Ws, bs, [(x0, y0), (x1, y0), (x1, y1), (x0, y1)], cut_polygon)
    found = regions_2d(Ws, bs, BOX)
    assert len(found) == len(cells)
    areas = np.sort([float(exact_area(cell)) for cell in cells])
    deviation = abs(np.sort(found.areas) - areas).max()
    assert deviation <= 1e-13
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="regions.breakpoints_1d",
    result="every breakpoint",
    source="Hanin & Rolnick, NeurIPS 2019",
    figure="interval splitting in rational arithmetic",
)
@pytest.mark.parametrize("widths", [(9,), (6, 6), (5, 4, 5), (3, 3, 3, 3)])
@pytest.mark.parametrize("seed", range(3))
def test_breakpoints_are_those_of_rational_arithmetic(widths, seed, record_property):
    Ws, bs = random_network(seed, widths, inputs=1)
    cells = exact_cells(Ws, bs, (Fraction(-2), Fraction(3)), cut_interval)
    expected = np.sort([float(high) for _, high in cells])[:-1]
    found = breakpoints_1d(Ws, bs, (-2, 3))
    assert found.shape == expected.shape
    assert count_regions_1d(Ws, bs, (-2, 3)) == len(cells)
    deviation = abs(found - expected).max(initial=0)
    assert deviation <= 1e-13
    record_property("deviation", deviation)


# -------------------------------------------------------------------------- other ways of counting


def has_interior(rows, box):
    """Whether a disc of radius > 1e-9 fits into the box and {a x + b y + c >= 0} for all rows."""
    a = np.array(rows)
    norm = np.linalg.norm(a[:, :2], axis=1)
    disc = linprog(
        [0, 0, -1],
        A_ub=np.column_stack([-a[:, :2], norm]),
        b_ub=a[:, 2],
        bounds=[*box, (0, None)],
    )
    return disc.status == 0 and -disc.fun > 1e-9


def count_by_programming(Ws, bs, box):
    """Patterns that a linear programme finds feasible, neuron by neuron."""
    nodes = [([], np.eye(2, 3))]
    for W, b in zip(Ws, bs, strict=True):
        grown = []
        for rows, functions in nodes:
            own = W @ functions + np.outer(b, [0, 0, 1])
            branches = [(rows, [])]
            for f in own:
                branches = [
                    (path, [*on, keep * f])
                    for old, on in branches
                    for keep, path in ((1.0, [*old, f]), (0.0, [*old, -f]))
                    if has_interior(path, box)
                ]
            grown += [(path, np.array(on)) for path, on in branches]
        nodes = grown
    return len(nodes)


@pytest.mark.parametrize("far", [1e6, -1e6, 2.0**40])
def test_regions_far_from_the_origin_are_told_apart(far):
    gap = 2.0**-10 if far == 2.0**40 else 2.0**-21
    W = np.array([[1.0], [-1.0]])
    b = np.array([-(far + 0.25), far + 0.25 + gap])  # both are exact
    found = breakpoints_1d([W], [b], (far, far + 1))
    assert found.tolist() == [far + 0.25, far + 0.25 + gap]
    plane = np.hstack([W, 0 * W])
    for V, box in (
        (plane, ((far, far + 1), (0, 1))),
        (plane[:, ::-1], ((-far, 1 - far), (far, far + 1))),
    ):
        regions = regions_2d([V], [b], box)
        np.testing.assert_allclose(np.sort(regions.areas), [gap, 0.25, 0.75 - gap], atol=1e-15)
        middle = regions.inner_points()[np.argmin(regions.areas)]
        assert V[0] @ middle + b[0] > 0 and V[1] @ middle + b[1] > 0


@pytest.mark.ground_truth(
    function="regions.count_regions_2d",
    result="number of regions",
    source="Hanin & Rolnick, NeurIPS 2019",
    figure="recursion over patterns by linear programmes",
)
@pytest.mark.parametrize(("widths", "seed"), [((6,), 0), ((4, 4), 1), ((3, 3, 2), 2)])
def test_count_is_that_of_linear_programming(widths, seed, record_property):
    Ws, bs = random_network(seed, widths)
    assert count_regions_2d(Ws, bs, BOX) == count_by_programming(Ws, bs, BOX)
    record_property("deviation", 0)


@pytest.mark.parametrize("seed", range(4))
def test_a_grid_sees_nothing_that_is_not_there(seed):
    Ws, bs = random_network(seed, (24, 24, 24))
    found = regions_2d(Ws, bs, SQUARE)
    own = patterns(Ws, bs, found.inner_points())
    assert len(set(own)) == len(found)  # each region has a pattern of its own
    line = np.linspace(-1, 1, 301)
    grid = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    seen = set(patterns(Ws, bs, grid))
    assert seen <= set(own)
    assert len(seen) < len(own)  # the grid misses some


@pytest.mark.parametrize("seed", range(4))
def test_a_grid_on_the_line_sees_nothing_that_is_not_there(seed):
    Ws, bs = random_network(seed, (32, 32, 32), inputs=1)
    points = np.array([-1, *breakpoints_1d(Ws, bs, (-1, 1)), 1])
    assert (np.diff(points) > 0).all()
    own = patterns(Ws, bs, (points[:-1, None] + points[1:, None]) / 2)
    assert all(a != b for a, b in pairwise(own))
    assert set(patterns(Ws, bs, np.linspace(-1, 1, 4001)[:, None])) <= set(own)


# -------------------------------------------------------------------------------- the mesh is one


@pytest.mark.parametrize("widths", [(30,), (20, 20), (8, 8, 8, 8)])
def test_every_inner_edge_has_two_sides_and_eulers_relation_holds(widths):
    found = regions_2d(*random_network(5, widths), BOX)
    sides = {}
    for first, last in pairwise(found.first):
        ring = found.corners[first:last].tolist()
        for edge in zip(ring, ring[1:] + ring[:1], strict=True):
            sides.setdefault(frozenset(edge), []).append(edge)
    for (a, b), *others in sides.values():
        assert others in ([], [(b, a)])  # the neighbour runs through it the other way
        if not others:  # at the border of the box
            p, q = found.points[[a, b]]
            assert any(p[k] == q[k] and p[k] in BOX[k] for k in range(2))
    assert len(sides) == found.edges
    assert len(found.points) - len(sides) + len(found) == 1


def test_polygons_are_convex_and_tile_the_box():
    found = regions_2d(*random_network(6, (16, 16)), BOX)
    total = 0.0
    for polygon, area in zip(found.polygons(), found.areas, strict=True):
        steps = np.roll(polygon, -1, axis=0) - polygon
        turns = steps[:, 0] * np.roll(steps[:, 1], -1) - steps[:, 1] * np.roll(steps[:, 0], -1)
        assert (turns > -1e-14).all()
        x, y = polygon.T
        assert area == pytest.approx((x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2, abs=1e-14)
        total += area
    assert total == pytest.approx(2.5 * 2.0, rel=1e-12)


def test_a_mesh_that_does_not_tile_is_refused(monkeypatch):
    """A face less: neither areas nor Euler's relation are right."""

    split_box = _splitting.split_box

    def torn(*arguments):
        mesh = split_box(*arguments)
        kept = mesh.first[-2]
        return mesh._replace(
            first=mesh.first[:-1], corners=mesh.corners[:kept], sides=mesh.sides[:kept]
        )

    network = random_network(6, (5, 5))
    monkeypatch.setattr("tdlcourse._splitting.split_box", torn)
    with pytest.raises(ArithmeticError, match="do not tile the box: areas off by .*, V - E . F = "):
        regions_2d(*network, SQUARE)


@pytest.mark.parametrize("seed", [364, 2451])
def test_another_tolerance_is_tried_before_giving_up(seed, monkeypatch):
    """Weights of scales from 1e-3 to 1e3, where neighbours disagree about a corner at the limit."""
    rng = np.random.default_rng(seed)
    sizes = [2, *rng.integers(1, 60, 4)]
    Ws = [rng.normal(size=(o, i)) * 10 ** rng.uniform(-3, 3) for i, o in pairwise(sizes)]
    bs = [rng.normal(size=o) * 10 ** rng.uniform(-3, 3) for o in sizes[1:]]
    found = regions_2d(Ws, bs, SQUARE)
    assert len(set(patterns(Ws, bs, found.inner_points()))) >= 0.99 * len(found)
    monkeypatch.setattr(regions, "_TOLERANCES", (1e-12,))
    with pytest.raises(ArithmeticError, match="disagree|do not tile"):
        regions_2d(Ws, bs, SQUARE)


def test_more_room_is_made_when_the_mesh_is_full(monkeypatch):
    network = random_network(7, (12, 12))
    expected = regions_2d(*network, BOX)
    monkeypatch.setattr(_splitting, "_CAPACITY", 8)
    np.testing.assert_array_equal(regions_2d(*network, BOX).areas, expected.areas)


@pytest.mark.parametrize("box", [((100.0, 101.0), (-7.0, 3.0)), ((0.0, 1e-3), (0.0, 1e-3))])
def test_the_box_may_lie_anywhere(box):
    Ws, bs = random_network(8, (10, 10))
    (x0, x1), (y0, y1) = box
    shift = np.array([x0 + x1, y0 + y1]) / 2
    scale = np.array([x1 - x0, y1 - y0]) / 2
    moved = regions_2d([Ws[0] / scale, Ws[1]], [bs[0] - Ws[0] / scale @ shift, bs[1]], box)
    assert len(moved) == count_regions_2d(Ws, bs, SQUARE)
    assert moved.points.min(axis=0).tolist() == [x0, y0]
    assert moved.points.max(axis=0).tolist() == [x1, y1]


# ------------------------------------------------------------------------------------- degeneracy


def test_a_dead_layer_leaves_one_region():
    assert (
        count_regions_2d([-np.ones((3, 2)), np.ones((4, 3))], [-9 * np.ones(3), np.ones(4)], SQUARE)
        == 1
    )


def test_coinciding_and_zero_neurons_cut_once():
    W = np.array([[1.0, 0], [1, 0], [-2, 0], [0, 0], [0, 3]])
    assert count_regions_2d([W], [np.zeros(5)], SQUARE) == 4
    line = np.array([[1.0], [2], [-1], [0], [1]])
    np.testing.assert_array_equal(breakpoints_1d([line], [[0.0, 0, 0, 0, -0.5]], (-1, 1)), [0, 0.5])


def test_lines_through_one_point():
    angles = np.pi * np.arange(7) / 7
    W = np.column_stack([np.cos(angles), np.sin(angles)])
    assert count_regions_2d([W], [np.zeros(7)], SQUARE) == 14
    assert (
        count_regions_2d([W, W @ W[:2].T @ W[:2] @ W.T], [np.zeros(7), np.zeros(7)], SQUARE) >= 14
    )


@pytest.mark.ground_truth(
    function="regions.count_regions_1d",
    result="k tents in a row have 2^k pieces",
    source="Telgarsky 2016",
    figure="2^k, breakpoints at multiples of 2^-k",
)
@pytest.mark.parametrize("k", [1, 4, 10])
def test_composed_tents(k, record_property):
    first = np.array([[2.0], [4.0]])
    Ws, bs = [first] + [first @ [[1.0, -1.0]]] * (k - 1), [np.array([0.0, -2.0])] * k
    assert count_regions_1d(Ws, bs, (0, 1)) == 2**k
    np.testing.assert_array_equal(breakpoints_1d(Ws, bs, (0, 1)), np.arange(1, 2**k) / 2**k)
    record_property("deviation", 0.0)


# ------------------------------------------------------------------------------------ affine maps


def distinct(A, c):
    maps = np.concatenate([A.reshape(len(A), -1), c], axis=1)
    return len(np.unique(np.round(maps, 9), axis=0))


@pytest.mark.ground_truth(
    function="regions.affine_maps",
    result="44 regions of the fold network, 41 affine maps with a generic readout",
    source="Montufar et al. 2014; curriculum 3.4 as corrected",
    figure="41 where some cell of the second layer is all off, else 44",
)
def test_44_regions_have_41_or_44_affine_maps(record_property):
    """Flipping a line's sides keeps the regions; 11 of the 16 choices have an all-off cell."""
    Ws, bs = montufar_network([4, 4])
    readout = np.random.default_rng(0).normal(size=(1, 4))
    counts = []
    for signs in np.ndindex(2, 2, 2, 2):
        flip = 1.0 - 2 * np.array(signs)
        weights, biases = [Ws[0], flip[:, None] * Ws[1]], [bs[0], flip * bs[1]]
        found = regions_2d(weights, biases, ((0, 1), (0, 1)))
        assert len(found) == 44
        maps = affine_maps([*weights, readout], [*biases, [0.3]], found.inner_points())
        counts.append(distinct(*maps))
    assert counts[0] == 41
    assert sorted(counts) == [41] * 11 + [44] * 5
    record_property("deviation", 0)


@pytest.mark.ground_truth(
    function="regions.affine_maps",
    result="slope and value at a point",
    source="Montufar et al. 2014",
    figure="torch.func.jacrev",
)
def test_affine_maps_are_jacobians(record_property):
    Ws, bs = random_network(9, (6, 5, 3), inputs=4)
    X = np.random.default_rng(1).normal(size=(20, 4))

    def network(x):
        for W, b in zip(Ws[:-1], bs[:-1], strict=True):
            x = torch.relu(torch.tensor(W) @ x + torch.tensor(b))
        return torch.tensor(Ws[-1]) @ x + torch.tensor(bs[-1])

    A, c = affine_maps(Ws, bs, X)
    points = torch.tensor(X)
    jacobians = torch.vmap(torch.func.jacrev(network))(points).numpy()
    values = torch.vmap(network)(points).numpy()
    deviation = max(abs(A - jacobians).max(), abs((A @ X[:, :, None])[..., 0] + c - values).max())
    assert deviation <= 1e-12
    record_property("deviation", deviation)


# ------------------------------------------------------------------------ numba, torch, arguments

WITHOUT_NUMBA = """
import sys
sys.modules["numba"] = None
import numpy as np
from tdlcourse.regions import breakpoints_1d, regions_2d
data = np.load(sys.argv[1])
Ws, bs = [data["W0"], data["W1"], data["W2"]], [data["b0"], data["b1"], data["b2"]]
found = regions_2d(Ws, bs, ((-1.0, 1.5), (-0.75, 1.25)))
line = breakpoints_1d([data["W0"][:, :1], *Ws[1:]], bs, (-2, 3))
np.savez(sys.argv[2], points=found.points, corners=found.corners, first=found.first,
         areas=found.areas, line=line)
"""


def test_without_numba_the_values_are_the_same(tmp_path):
    Ws, bs = random_network(10, (9, 8, 7))
    given, written = tmp_path / "network.npz", tmp_path / "regions.npz"
    np.savez(
        given, **{f"W{k}": W for k, W in enumerate(Ws)}, **{f"b{k}": b for k, b in enumerate(bs)}
    )
    command = [sys.executable, "-W", "error", "-c", WITHOUT_NUMBA, str(given), str(written)]
    subprocess.run(command, check=True, timeout=120)
    plain, found = np.load(written), regions_2d(Ws, bs, BOX)
    np.testing.assert_array_equal(plain["corners"], found.corners)
    np.testing.assert_array_equal(plain["first"], found.first)
    np.testing.assert_allclose(plain["points"], found.points, rtol=0, atol=1e-14)
    np.testing.assert_allclose(plain["areas"], found.areas, rtol=0, atol=1e-14)
    line = breakpoints_1d([Ws[0][:, :1], *Ws[1:]], bs, (-2, 3))
    np.testing.assert_allclose(plain["line"], line, rtol=0, atol=1e-14)


def test_torch_arguments_and_integers_are_accepted_and_kept():
    Ws, bs = random_network(11, (5, 4))
    copies = [torch.tensor(W) for W in Ws], [torch.tensor(b) for b in bs]
    assert count_regions_2d(*copies, torch.tensor(BOX)) == count_regions_2d(Ws, bs, BOX)
    assert all((a.numpy() == b).all() for a, b in zip(copies[0], Ws, strict=True))
    assert count_regions_2d([np.eye(2, dtype=int)], [[0, 0]], ((-1, 1), (-1, 1))) == 4
    assert count_regions_1d([[[1]]], [[0]], (-1, 1)) == 2


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: regions_2d([np.ones((3, 1))], [np.ones(3)], BOX),
            r"Ws\[0\] must be of shape \(out, 2\)",
        ),
        (lambda: regions_2d([], [], BOX), "Ws and bs must be lists of the same length"),
        (lambda: regions_2d([np.eye(2)], [np.zeros(3)], BOX), r"bs\[0\] must be of shape \(2,\)"),
        (
            lambda: regions_2d([np.eye(2) * np.nan], [np.zeros(2)], BOX),
            r"Ws\[0\] must be finite, got nan",
        ),
        (
            lambda: regions_2d([np.eye(2)], [np.zeros(2)], ((0, 1), (1, 1))),
            "box must be of low ends",
        ),
        (lambda: breakpoints_1d([[[1.0]]], [[0.0]], (1, 0)), "interval must be of low ends"),
        (lambda: affine_maps([np.eye(2)], [np.zeros(2)], [1.0]), r"X must be of shape \(n, d\)"),
    ],
)
def test_errors_say_what_was_expected(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_plot_returns_the_axes():
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot as plt

    found = regions_2d(*random_network(12, (6, 6)), BOX)
    ax = plot_regions(found)
    assert len(ax.collections[0].get_paths()) == len(found)
    other = plt.subplots()[1]
    assert plot_regions(found, values=found.areas, ax=other) is other
    plt.close("all")
