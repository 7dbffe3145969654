"""Cutting a box by the kinks of a two-dimensional ReLU network: the inner loops of `regions`.

Inside a cell where all earlier neurons keep their sign, a neuron's pre-activation is an affine
function f(x, y) = f_0 x + f_1 y + f_2, and its zero set cuts a convex cell into two. The cells are
found by descending a tree, layer by layer and neuron by neuron. Along with a cell goes `ahead`, the
part of the next layer's functions that is already decided: the sum of weight * function over the
neurons known to be on.

Neighbouring cells must cut their common edge at the same point. Edges are therefore kept in one
table: the first cell that cuts an edge stores the point and the two halves, the cell on the other
side finds them there. So the result is a mesh, and its Euler characteristic can be checked.

Compiled by numba where it is installed; without it the same code runs in Python.
"""

from __future__ import annotations

import numpy as np

from tdlcourse._compiled import Floats, compiled_bare
from tdlcourse._mesh import (
    CORNERS,
    DONE,
    EDGES,
    FACES,
    FULL,
    POINTS,
    TORN,
    Mesh,
    Network,
    Work,
    empty_mesh,
    padded_network,
    work_space,
)

_CAPACITY = 1 << 17  # points a mesh has room for at first; what is not used costs nothing


def split_box(weights: list[Floats], biases: list[Floats], box: Floats, tolerance: float) -> Mesh:
    """The mesh of the box ((x_min, x_max), (y_min, y_max)) cut by all neurons.

    A corner lies on a neuron's line if the function there is below `tolerance`, relative to the
    size that its terms can have in the box.

    Raises:
        ArithmeticError: two neighbouring cells are cut at different places.
    """
    capacity = _CAPACITY
    while True:
        network = padded_network(weights, biases)
        mesh, work = empty_mesh(box, capacity), work_space(network, box, tolerance)
        _split(network, mesh, work)
        if mesh.status[0] == TORN:
            raise ArithmeticError("neighbouring regions disagree where a neuron changes sign")
        if mesh.status[0] == DONE:
            points, _, faces, corners = mesh.used
            return mesh._replace(
                points=mesh.points[:points].copy(),  # lets go of the spare room
                first=mesh.first[: faces + 1].copy(),
                corners=mesh.corners[:corners].copy(),
                sides=mesh.sides[:corners].copy(),
            )
        capacity *= 4


@compiled_bare
def _split(net: Network, mesh: Mesh, work: Work) -> None:
    """Fill the mesh with the faces of the cell on level 0, a quadrilateral, until status tells."""
    level, n, layer, place = 0, 4, 0, 0
    while level >= 0 and mesh.status[0] == DONE:
        if place < work.found[layer]:
            j = work.cutters[layer, place]
            place += 1
            side = _side(mesh, work, level, n, layer, j)
            if side == 0:  # go on with the part where j is off, on the next level
                work.waiting[level, 1], work.waiting[level, 2] = layer, place
                work.waiting[level, 0], n = _cut(net, mesh, work, level, n, layer, j)
                for i in range(net.widths[layer + 1]):
                    for k in range(3):
                        work.ahead[level + 1, k, i] = work.ahead[level, k, i]
            if side >= 0:
                _activate(net, work, level, layer, j)
            level += side == 0
        elif net.widths[layer + 1] > 0:
            layer, place = layer + 1, 0
            _enter(net, mesh, work, level, n, layer)
        else:
            _write_face(mesh, work, level, n)
            level -= 1
            n, layer, place = work.waiting[level, 0], work.waiting[level, 1], work.waiting[level, 2]


@compiled_bare
def _enter(net: Network, mesh: Mesh, work: Work, level: int, n: int, layer: int) -> None:
    """Set the layer's functions on the cell, list its cutters, activate what is on throughout."""
    f, tolerance, width = work.functions[layer], work.tolerance[layer], net.widths[layer]
    for j in range(width):
        f[0, j], f[1, j] = work.ahead[level, 0, j], work.ahead[level, 1, j]
        f[2, j] = work.ahead[level, 2, j] + net.biases[layer, j]
    for i in range(net.widths[layer + 1]):
        for axis in range(3):
            work.ahead[level, axis, i] = 0.0
    low, high = work.span[0], work.span[1]
    for j in range(width):
        low[j], high[j] = np.inf, -np.inf
    for k in range(n):
        point = work.corners[level, k]
        x, y = mesh.points[point, 0], mesh.points[point, 1]
        for j in range(width):
            value = f[0, j] * x + f[1, j] * y + f[2, j]
            low[j] = min(low[j], value)
            high[j] = max(high[j], value)
    for j in range(width):
        tolerance[j] = 0.0
        for k in range(3):
            tolerance[j] += work.small[k] * abs(f[k, j])
    work.found[layer] = 0
    for j in range(width):
        if high[j] > tolerance[j]:
            if low[j] < -tolerance[j]:
                work.cutters[layer, work.found[layer]] = j
                work.found[layer] += 1
            else:
                _activate(net, work, level, layer, j)


@compiled_bare
def _activate(net: Network, work: Work, level: int, layer: int, j: int) -> None:
    """Add what neuron j, being on, contributes to the next layer's functions."""
    if net.widths[layer + 1] == 0:
        return
    f, weight, ahead = work.functions[layer], net.weights[layer, j], work.ahead[level]
    a, b, c = f[0, j], f[1, j], f[2, j]
    for i in range(net.widths[layer + 1]):
        ahead[0, i] += weight[i] * a
        ahead[1, i] += weight[i] * b
        ahead[2, i] += weight[i] * c


@compiled_bare
def _side(mesh: Mesh, work: Work, level: int, n: int, layer: int, j: int) -> int:
    """1 if neuron j is on in the cell, -1 if off, 0 if it changes; its values go to work.values."""
    f, tolerance = work.functions[layer], work.tolerance[layer, j]
    on = off = False
    for k in range(n):
        point = work.corners[level, k]
        x, y = mesh.points[point, 0], mesh.points[point, 1]
        value = f[0, j] * x + f[1, j] * y + f[2, j]
        if value > tolerance:
            on = True
        elif value < -tolerance:
            off = True
        else:
            value = 0.0
        work.values[k] = value
    if on:
        return 0 if off else 1
    return -1


@compiled_bare
def _cut(
    net: Network, mesh: Mesh, work: Work, level: int, n: int, layer: int, j: int
) -> tuple[int, int]:
    """Keep the cell's positive part on its level, put the rest on the next; their sizes."""
    if mesh.used[POINTS] + 2 > len(mesh.points) or mesh.used[EDGES] + 5 > len(mesh.cutter):
        mesh.status[0] = FULL
        return 0, 0
    neuron = layer * net.weights.shape[1] + j
    cell, sides, value = work.corners[level], work.sides[level], work.values
    rest, rest_sides = work.corners[level + 1], work.sides[level + 1]
    chord = _new_edge(mesh, -1, -1)
    kept = cut_off = 0
    for k in range(n):
        here, there = value[k], value[k + 1 if k + 1 < n else 0]
        if here >= 0:
            work.kept[0, kept] = cell[k]
            work.kept[1, kept] = chord if here == 0 and there < 0 else sides[k]
            kept += 1
        if here <= 0:
            rest[cut_off] = cell[k]
            rest_sides[cut_off] = chord if here == 0 and there > 0 else sides[k]
            cut_off += 1
        if here == 0:
            mesh.ends[chord, 0 if there > 0 else 1] = cell[k]
        if here * there >= 0:
            continue
        start = cell[k]
        point, before, after = _cut_edge(
            mesh, sides[k], start, cell[k + 1 if k + 1 < n else 0], here / (here - there), neuron
        )
        if here > 0:
            work.kept[1, kept - 1] = before
            work.kept[0, kept], work.kept[1, kept] = point, chord
            rest[cut_off], rest_sides[cut_off] = point, after
        else:
            rest_sides[cut_off - 1] = before
            rest[cut_off], rest_sides[cut_off] = point, chord
            work.kept[0, kept], work.kept[1, kept] = point, after
        mesh.ends[chord, 0 if there > 0 else 1] = point
        kept += 1
        cut_off += 1
    for k in range(kept):
        cell[k], sides[k] = work.kept[0, k], work.kept[1, k]
    return kept, cut_off


@compiled_bare
def _cut_edge(
    mesh: Mesh, edge: int, start: int, end: int, share: float, neuron: int
) -> tuple[int, int, int]:
    """The point at `share` of the way from start to end, the half before it and the one after."""
    if mesh.cutter[edge] == -1:
        point = mesh.used[POINTS]
        mesh.used[POINTS] += 1
        for axis in range(2):
            a, b = mesh.points[start, axis], mesh.points[end, axis]
            mesh.points[point, axis] = a + share * (b - a)
        mesh.cutter[edge], mesh.middle[edge] = neuron, point
        mesh.half[edge] = _new_edge(mesh, mesh.ends[edge, 0], point)
        _new_edge(mesh, point, mesh.ends[edge, 1])
    elif mesh.cutter[edge] != neuron:
        mesh.status[0] = TORN
    half = mesh.half[edge]
    if mesh.ends[edge, 0] == start:
        return mesh.middle[edge], half, half + 1
    return mesh.middle[edge], half + 1, half


@compiled_bare
def _new_edge(mesh: Mesh, start: int, end: int) -> int:
    edge: int = mesh.used[EDGES]
    mesh.used[EDGES] += 1
    mesh.ends[edge, 0], mesh.ends[edge, 1], mesh.cutter[edge] = start, end, -1
    return edge


@compiled_bare
def _write_face(mesh: Mesh, work: Work, level: int, n: int) -> None:
    begin, face = mesh.used[CORNERS], mesh.used[FACES]
    if begin + n > len(mesh.corners) or face + 2 > len(mesh.first):
        mesh.status[0] = FULL
        return
    for k in range(n):
        mesh.corners[begin + k] = work.corners[level, k]
        mesh.sides[begin + k] = work.sides[level, k]
    mesh.used[CORNERS], mesh.used[FACES] = begin + n, face + 1
    mesh.first[face + 1] = begin + n
