"""The arrays in which `_splitting` builds a mesh: the network, the mesh, the work space.

They are named tuples of arrays because compiled code can take those.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tdlcourse._compiled import Floats, Ints

DONE, FULL, TORN = 0, 1, 2  # the mesh is whole; is too short; neighbours disagree where to cut
POINTS, EDGES, FACES, CORNERS = 0, 1, 2, 3


class Network(NamedTuple):
    """A network of L hidden layers, padded to its greatest width w; layer 0 is the input."""

    widths: Ints  # (L + 2,), the last one 0: nothing lies ahead of the last hidden layer
    weights: Floats  # (L + 1, w, w), [l, j, i] from neuron j of layer l to neuron i of the next
    biases: Floats  # (L + 1, w)


class Mesh(NamedTuple):
    """Points, edges and faces. Cut edges stay in the table; a face is written when it is final."""

    used: Ints  # (4,) how many points, edges, faces and corners there are
    status: Ints  # (1,) DONE, FULL or TORN
    points: Floats  # (P, 2)
    ends: Ints  # (E, 2) points
    cutter: Ints  # (E,) the neuron that cut the edge, -1 if none did
    middle: Ints  # (E,) the point where it did
    half: Ints  # (E,) the half from ends[:, 0] to the middle; the next edge is the other half
    first: Ints  # (F + 1,) where a face's corners begin
    corners: Ints  # (C,) points, counterclockwise, one face after the other
    sides: Ints  # (C,) edges, from the corner to the next one


class Work(NamedTuple):
    """Cells on the way down the tree, one a level, and the layers' functions on the cell above."""

    small: Floats  # (3,) tolerance times the greatest |x|, |y| and 1 in the box
    corners: Ints  # (levels, n)
    sides: Ints  # (levels, n)
    waiting: Ints  # (levels, 3) their number of corners, layer, and place in its list of cutters
    ahead: Floats  # (levels, 3, w)
    functions: Floats  # (L + 1, 3, w)
    tolerance: Floats  # (L + 1, w)
    cutters: Ints  # (L + 1, w) neurons that change sign on the cell above
    found: Ints  # (L + 1,) how many
    span: Floats  # (2, w) least and greatest value at the cell's corners
    values: Floats  # (n,) a function at the cell's corners
    kept: Ints  # (2, n) room for the part of a cell where the function is positive


def padded_network(weights: list[Floats], biases: list[Floats]) -> Network:
    """The hidden layers, weights as in `regions`."""
    widths = np.array([2, *map(len, weights), 0])
    shape = len(widths) - 1, widths.max()
    network = Network(widths, np.zeros((*shape, widths.max())), np.zeros(shape))
    for k, (W, b) in enumerate(zip(weights, biases, strict=True)):
        network.weights[k, : W.shape[1], : W.shape[0]] = W.T
        network.biases[k + 1, : len(b)] = b
    return network


def empty_mesh(box: Floats, capacity: int) -> Mesh:
    """Room for a mesh, and in it the four corners and sides of the box."""
    mesh = Mesh(
        used=np.array([4, 4, 0, 0]),
        status=np.array([DONE]),
        points=np.empty((capacity, 2)),
        ends=np.empty((3 * capacity, 2), np.int64),
        cutter=np.empty(3 * capacity, np.int64),
        middle=np.empty(3 * capacity, np.int64),
        half=np.empty(3 * capacity, np.int64),
        first=np.zeros(capacity, np.int64),
        corners=np.empty(4 * capacity, np.int64),
        sides=np.empty(4 * capacity, np.int64),
    )
    mesh.points[:4] = np.column_stack([box[0, [0, 1, 1, 0]], box[1, [0, 0, 1, 1]]])
    mesh.ends[:4] = (0, 1), (1, 2), (2, 3), (3, 0)
    mesh.cutter[:4] = -1
    return mesh


def work_space(network: Network, box: Floats, tolerance: float) -> Work:
    """Room for the descent, and in it the box as the only cell, on which both inputs are on."""
    layers, width, _ = network.weights.shape
    levels = int(network.widths[1:].sum()) + 1  # a neuron cuts a cell once on the way down
    work = Work(
        small=tolerance * np.append(abs(box).max(axis=1), 1.0),
        corners=np.empty((levels, levels + 4), np.int64),
        sides=np.empty((levels, levels + 4), np.int64),
        waiting=np.empty((levels, 3), np.int64),
        ahead=np.zeros((levels, 3, width)),
        functions=np.empty((layers, 3, width)),
        tolerance=np.empty((layers, width)),
        cutters=np.empty((layers, width), np.int64),
        found=np.zeros(layers, np.int64),
        span=np.empty((2, width)),
        values=np.empty(levels + 4),
        kept=np.empty((2, levels + 4), np.int64),
    )
    work.corners[0, :4] = work.sides[0, :4] = range(4)
    work.ahead[0, :2] = network.weights[0, :2]
    return work
