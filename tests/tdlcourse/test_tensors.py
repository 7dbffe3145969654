"""tensors: explicit loops, tensorly and the paper's rank formulas as oracles."""

import itertools

import numpy as np
import pytest
import tensorly
import torch

from tdlcourse.tensors import convac_tensor, cp_tensor, matricisation_rank


def random_circuit(rng, N, M, channels):
    """leaves and mixes with r_0, r_1, ... = channels and one output."""
    leaves = rng.normal(size=(N, channels[0], M))
    widths = [*channels, 1]
    mixes = [
        rng.normal(size=(N >> level, widths[level], widths[level - 1]))
        for level in range(1, len(widths))
    ]
    return leaves, mixes


def looped_tensor(leaves, mixes, perm):
    """The recursion by loops over nodes, channels and entries."""
    N, _, M = leaves.shape
    nodes = [list(leaf) for leaf in leaves]
    for mix in mixes:
        pairs = list(zip(nodes[0::2], nodes[1::2], strict=True))
        nodes = [
            [
                sum(mix[j, c, a] * np.multiply.outer(left[a], right[a]) for a in range(len(left)))
                for c in range(mix.shape[1])
            ]
            for j, (left, right) in enumerate(pairs)
        ]
    tree, tensor = nodes[0][0], np.empty((M,) * N)
    for index in itertools.product(range(M), repeat=N):
        tensor[index] = tree[tuple(index[perm[slot]] for slot in range(N))]
    return tensor


@pytest.mark.ground_truth(
    function="tensors.convac_tensor",
    result="entries of the hierarchical decomposition",
    source="Cohen, Sharir & Shashua 2016",
    figure="loops over nodes, channels and entries",
)
@pytest.mark.parametrize(
    ("N", "M", "channels", "perm"),
    [
        (2, 3, (2,), (0, 1)),
        (2, 3, (2,), (1, 0)),
        (4, 2, (3, 2), (0, 1, 2, 3)),
        (4, 3, (2, 4), (2, 0, 3, 1)),
        (8, 2, (2, 3, 2), (0, 4, 1, 5, 2, 6, 3, 7)),
        (8, 2, (1, 2, 3), (5, 2, 7, 0, 6, 1, 4, 3)),
    ],
)
def test_convac_tensor_by_loops(N, M, channels, perm, record_property):
    leaves, mixes = random_circuit(np.random.default_rng(N + M), N, M, channels)
    tensor = convac_tensor(leaves, mixes, perm)
    deviation = abs(tensor - looped_tensor(leaves, mixes, perm)).max()
    assert tensor.shape == (M,) * N
    assert deviation <= 1e-12
    record_property("deviation", deviation)


def test_convac_computes_the_network():
    """Contracting the tensor with features is a forward pass through the pooling network."""
    rng = np.random.default_rng(0)
    leaves, mixes = random_circuit(rng, 8, 3, (2, 4, 3))
    perm = (3, 1, 0, 2, 7, 5, 6, 4)
    features = rng.normal(size=(8, 3))
    nodes = np.stack([leaves[slot] @ features[perm[slot]] for slot in range(8)])
    for mix in mixes:
        nodes = np.stack([mix[j] @ (nodes[2 * j] * nodes[2 * j + 1]) for j in range(len(mix))])
    contracted = convac_tensor(leaves, mixes, perm)
    for vector in features:
        contracted = np.tensordot(vector, contracted, axes=1)
    assert contracted == pytest.approx(nodes[0, 0], rel=1e-12)


@pytest.mark.ground_truth(
    function="tensors.matricisation_rank",
    result="N = 4: odd/even and contiguous ranks of a generic deep circuit",
    source="Cohen, Sharir & Shashua 2016; curriculum 3.7 as corrected",
    figure="min(r0, M)^2 and min(r0, r1, M^2)",
)
@pytest.mark.parametrize(("M", "r0", "r1"), [(3, 2, 5), (2, 5, 9), (3, 4, 2), (2, 1, 4), (2, 9, 9)])
def test_ranks_of_four_inputs(M, r0, r1, record_property):
    leaves, mixes = random_circuit(np.random.default_rng(M + r0 + r1), 4, M, (r0, r1))
    tensor = convac_tensor(leaves, mixes)
    assert matricisation_rank(tensor, [0, 2]) == min(r0, M) ** 2
    assert matricisation_rank(tensor, [0, 1]) == min(r0, r1, M**2)
    record_property("deviation", 0)


@pytest.mark.ground_truth(
    function="tensors.matricisation_rank",
    result="N = 8, r = (2, 3, 3), M = 4: pooling geometry decides which ranks are large",
    source="Cohen & Shashua 2017; curriculum 3.7 as corrected",
    figure="odd/even 16, contiguous 3; pooling (i, i+4) first: 4 and 16",
)
@pytest.mark.parametrize(
    ("perm", "odd_even", "contiguous"),
    [
        ((0, 1, 2, 3, 4, 5, 6, 7), 16, 3),
        ((0, 4, 1, 5, 2, 6, 3, 7), 4, 16),  # (15)(26) joined next
        ((0, 4, 2, 6, 1, 5, 3, 7), 3, 16),  # (15)(37) joined next
    ],
)
def test_pooling_geometry(perm, odd_even, contiguous, record_property):
    leaves, mixes = random_circuit(np.random.default_rng(8), 8, 4, (2, 3, 3))
    tensor = convac_tensor(leaves, mixes, perm)
    assert matricisation_rank(tensor, [0, 2, 4, 6]) == odd_even
    assert matricisation_rank(tensor, [0, 1, 2, 3]) == contiguous
    record_property("deviation", 0)


@pytest.mark.ground_truth(
    function="tensors.cp_tensor",
    result="entries of the CP decomposition",
    source="Cohen, Sharir & Shashua 2016",
    figure="tensorly.cp_to_tensor",
)
def test_cp_tensor_is_that_of_tensorly(record_property):
    rng = np.random.default_rng(1)
    weights, leaves = rng.normal(size=5), rng.normal(size=(4, 5, 3))
    expected = tensorly.cp_to_tensor((weights, [leaf.T for leaf in leaves]))
    deviation = abs(cp_tensor(weights, leaves) - expected).max()
    assert deviation <= 1e-13
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="tensors.matricisation_rank",
    result="a shallow circuit of Z terms has ranks at most Z",
    source="Cohen, Sharir & Shashua 2016",
    figure="min(Z, M^|I|, M^(N-|I|))",
)
@pytest.mark.parametrize("Z", [1, 3, 7, 20])
def test_cp_ranks_are_at_most_the_number_of_terms(Z, record_property):
    rng = np.random.default_rng(Z)
    tensor = cp_tensor(rng.normal(size=Z), rng.normal(size=(4, Z, 3)))
    for size in range(5):
        for axes in itertools.combinations(range(4), size):
            assert matricisation_rank(tensor, axes) == min(Z, 3**size, 3 ** (4 - size))
    record_property("deviation", 0)


@pytest.mark.parametrize("axes", [(0,), (2,), (1, 3), (3, 1), (0, 2, 3)])
def test_rank_is_that_of_the_explicit_matrix(axes):
    rng = np.random.default_rng(2)
    tensor = rng.integers(-1, 2, size=(2, 3, 2, 4)).astype(float)
    rest = [axis for axis in range(4) if axis not in axes]
    shape = [int(np.prod([tensor.shape[i] for i in part])) for part in (axes, rest)]
    matrix = np.transpose(tensor, (*axes, *rest)).reshape(shape)
    assert matricisation_rank(tensor, axes) == np.linalg.matrix_rank(matrix)
    assert matricisation_rank(tensor, axes) == matricisation_rank(tensor, rest)


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_rank_does_not_depend_on_units(scale):
    rng = np.random.default_rng(3)
    leaves, mixes = random_circuit(rng, 4, 3, (2, 2))
    assert matricisation_rank(scale * convac_tensor(leaves, mixes), [0, 2]) == 4


@pytest.mark.parametrize("seed", range(5))
def test_rounding_in_single_precision_has_no_rank(seed):
    gen = torch.Generator().manual_seed(seed)
    tensor = cp_tensor(torch.ones(2), torch.randn(4, 2, 4, generator=gen))
    assert tensor.dtype == torch.float32
    assert matricisation_rank(tensor, [0, 1]) == matricisation_rank(tensor.numpy(), [2]) == 2


def test_zeros_have_rank_0():
    assert matricisation_rank(np.zeros((2, 2, 2)), [0]) == 0


def test_torch_stays_torch():
    leaves, mixes = random_circuit(np.random.default_rng(4), 4, 2, (2, 3))
    tensor = convac_tensor(torch.tensor(leaves), [torch.tensor(m) for m in mixes], (1, 3, 0, 2))
    assert isinstance(tensor, torch.Tensor)
    np.testing.assert_allclose(tensor.numpy(), convac_tensor(leaves, mixes, (1, 3, 0, 2)))
    assert matricisation_rank(tensor, [0, 1]) == 4
    assert isinstance(cp_tensor([1.0, 2.0], torch.ones(3, 2, 2)), torch.Tensor)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: convac_tensor(np.ones((3, 2, 2)), []), "N = 3 a power of 2, got 0"),
        (lambda: convac_tensor(np.ones((4, 2, 2)), [np.ones((2, 3, 2))] * 1), "mixes must be"),
        (
            lambda: convac_tensor(np.ones((2, 2, 2)), [np.ones((1, 2, 2))]),
            r"mixes\[0\] must be of shape \(1, 1, 2\), got \(1, 2, 2\)",
        ),
        (
            lambda: convac_tensor(np.ones((2, 2, 2)), [np.ones((1, 1, 2))], (0, 0)),
            r"perm must be a permutation of 0, ..., 1, got \[0, 0\]",
        ),
        (lambda: cp_tensor([1.0], np.ones((2, 3, 2))), r"weights must be of shape \(3,\)"),
        (lambda: matricisation_rank(np.ones((2, 2)), [0, 0]), "axes must be all different"),
        (lambda: matricisation_rank(np.ones((2, 2)), [2]), "axes must be an integer in .0, 1."),
    ],
)
def test_errors_say_what_was_expected(call, message):
    with pytest.raises(ValueError, match=message):
        call()
