"""representations, compressed layers: tensorly, dense matrices and convolutions as oracles."""

import math

import numpy as np
import pytest
import tensorly
import torch
from tensorly.decomposition import partial_tucker, tensor_train
from torch.nn import functional as F

from tdlcourse.representations import tt_matrix, tt_matvec, tt_svd, tucker2_conv


def full(cores):
    """The tensor of tensor-train cores, by matrix products."""
    total = np.ones((1, 1))
    for core in cores:
        total = total @ core.reshape(core.shape[0], -1)
        total = total.reshape(-1, core.shape[-1])
    return total.reshape([core.shape[1] for core in cores])


def tails(A, ranks):
    """Sum over unfoldings of the squared singular values beyond the rank."""
    total, rows = 0.0, 1
    for size, rank in zip(A.shape, ranks, strict=False):
        rows *= size
        total += (np.linalg.svd(A.reshape(rows, -1), compute_uv=False)[rank:] ** 2).sum()
    return total


@pytest.mark.ground_truth(
    function="representations.tt_svd",
    result="tensor-train approximation of given ranks",
    source="Oseledets 2011, algorithm 1",
    figure="tensorly.decomposition.tensor_train, order 4",
)
def test_tt_svd_is_tensorlys(record_property):
    A = np.random.default_rng(0).normal(size=(4, 5, 3, 6))
    deviation = 0.0
    for ranks in [(1, 1, 1), (2, 3, 2), (4, 12, 5)]:
        cores = tt_svd(A, ranks)
        expected = tensorly.tt_to_tensor(tensor_train(A, [1, *ranks, 1]))
        assert [c.shape[2] for c in cores[:-1]] == list(ranks)
        deviation = max(deviation, abs(full(cores) - expected).max())
    assert deviation <= 1e-12
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="representations.tt_svd",
    result="squared error at most the tails of the unfoldings, at least the largest of them",
    source="Oseledets 2011, theorem 2.2",
    figure="largest share of the bound; exact at full ranks",
)
def test_tt_svd_error_is_bounded_by_the_tails(record_property):
    rng, share = np.random.default_rng(1), 0.0
    for shape in [(6,), (5, 7), (3, 4, 5), (2, 3, 2, 3, 2)]:
        A = rng.normal(size=shape)
        assert abs(full(tt_svd(A)) - A).max() <= 1e-13
        for rank in (1, 2):
            ranks = [rank] * (len(shape) - 1)
            error = ((full(tt_svd(A, rank)) - A) ** 2).sum()
            bound = tails(A, ranks)
            assert error <= bound * (1 + 1e-12) + 1e-25
            share = max(share, error / bound if bound else 0.0)
    record_property("deviation", share)


@pytest.mark.ground_truth(
    function="representations.tt_svd",
    result="relative error at most tol, with smaller ranks",
    source="Oseledets 2011, algorithm 1: tol ||A|| / sqrt(d - 1) a truncation",
    figure="largest error / tol, tol = .01, .1, .5",
)
def test_tt_svd_keeps_its_tolerance(record_property):
    rng = np.random.default_rng(2)
    exact = tt_svd(rng.normal(size=(6, 6, 6, 6)), 2)
    A = full(exact) + 1e-3 * rng.normal(size=(6, 6, 6, 6))
    share, sizes = 0.0, []
    for tol in (0.01, 0.1, 0.5):
        cores = tt_svd(A, tol=tol)
        error = np.linalg.norm(full(cores) - A) / np.linalg.norm(A)
        share = max(share, error / tol)
        sizes.append(sum(c.size for c in cores))
    assert share <= 1 and sizes[0] >= sizes[1] >= sizes[2]
    assert [c.shape[2] for c in tt_svd(A, tol=0.1)[:-1]] <= [2, 2, 2]
    assert [c.shape[2] for c in tt_svd(A, (1, 2, 1), tol=0.0)[:-1]] == [1, 2, 1]
    record_property("deviation", share)


@pytest.mark.parametrize("exponent", [-300, -170, 0, 170, 300])
def test_tt_svd_does_not_depend_on_units(exponent):
    A = full(tt_svd(np.random.default_rng(3).normal(size=(5, 6, 4)), 3))
    noisy = A + 1e-6 * np.random.default_rng(4).normal(size=A.shape)
    scale = 10.0**exponent
    for tol, ranks in [(None, [5, 4]), (1e-3, [3, 3]), (0.0, [5, 4])]:
        cores = tt_svd(scale * noisy, tol=tol)
        assert [c.shape[2] for c in cores[:-1]] == ranks
        cores[-1] = cores[-1] / scale
        assert np.linalg.norm(full(cores) - noisy) <= (tol or 1e-13) * np.linalg.norm(noisy)


def test_tt_svd_takes_numpys_integers():
    A = np.random.default_rng(3).normal(size=(3, 4, 5))
    assert [c.shape for c in tt_svd(A, np.int64(2))] == [c.shape for c in tt_svd(A, 2)]
    with pytest.raises(TypeError, match=r"ranks\[0\] must be an integer"):
        tt_svd(A, (2.0, 2))
    with pytest.raises(ValueError, match="A must be a tensor with at least one axis, none of"):
        tt_svd(np.ones((2, 0)))


def test_tt_svd_of_tensors_and_of_wrong_ranks():
    A = torch.randn(3, 4, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    cores = tt_svd(A, 2)
    assert all(isinstance(c, torch.Tensor) for c in cores)
    assert [tuple(c.shape) for c in cores] == [(1, 3, 2), (2, 4, 2), (2, 5, 1)]
    assert np.allclose(full([c.numpy() for c in cores]), full(tt_svd(A.numpy(), 2)), atol=1e-12)
    with pytest.raises(ValueError, match="ranks must be a number or 2 numbers"):
        tt_svd(A, (2, 2, 2))
    with pytest.raises(ValueError, match=r"ranks\[0\] must be an integer in \[1, inf\), got 0"):
        tt_svd(A, (0, 2))
    assert full(tt_svd(np.zeros((2, 3)))).tolist() == [[0] * 3] * 2


@pytest.mark.ground_truth(
    function="representations.tt_matvec",
    result="W x without W; cores pair one row and one column index",
    source="dense product; Novikov et al. 2015",
    figure="24 x 30 matrices, full and truncated ranks",
)
def test_tensor_train_layers_multiply_like_their_matrix(record_property):
    rng = np.random.default_rng(3)
    W, x = rng.normal(size=(24, 30)), rng.normal(size=(7, 30))
    cores = tt_matrix(W, (2, 3, 4), (5, 2, 3))
    assert [c.shape[1:3] for c in cores] == [(2, 5), (3, 2), (4, 3)]
    deviation = abs(tt_matvec(cores, x) - x @ W.T).max()
    low = tt_matrix(W, (2, 3, 4), (5, 2, 3), 3)
    paired = full([c.reshape(c.shape[0], -1, c.shape[3]) for c in low])
    dense = paired.reshape(2, 5, 3, 2, 4, 3).transpose(0, 2, 4, 1, 3, 5).reshape(24, 30)
    deviation = max(deviation, abs(tt_matvec(low, x) - x @ dense.T).max())
    assert deviation <= 1e-12
    tensors = tt_matvec([torch.tensor(c) for c in low], x)
    assert isinstance(tensors, torch.Tensor) and np.allclose(tensors, x @ dense.T)
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="representations.tt_matrix",
    result="a Kronecker product has tensor-train rank 1",
    source="definition",
    figure="numpy.kron of three factors",
)
def test_kronecker_products_have_rank_one(record_property):
    rng = np.random.default_rng(4)
    factors = [rng.normal(size=s) for s in [(2, 3), (4, 2), (3, 3)]]
    W = np.kron(np.kron(*factors[:2]), factors[2])
    cores = tt_matrix(W, (2, 4, 3), (3, 2, 3), tol=1e-12)
    assert [c.shape[3] for c in cores] == [1, 1, 1]
    x = rng.normal(size=(5, 18))
    deviation = abs(tt_matvec(cores, x) - x @ W.T).max()
    assert deviation <= 1e-12
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="representations.tt_matvec",
    result="VGG's fc6, 25088 x 4096, in 144 / 528 / 2016 numbers at ranks 1 / 2 / 4",
    source="Novikov et al. 2015, table 2; curriculum 8.5",
    figure="compression 713,614 / 194,622 / 50,972",
)
def test_the_largest_layer_of_vgg_fits_into_a_few_numbers(record_property):
    rows, columns = (4,) * 6, (2, 7, 8, 8, 7, 4)
    assert math.prod(rows) == 4096 and math.prod(columns) == 25_088
    rng = np.random.default_rng(5)
    for rank, count, times in [(1, 144, 713_614), (2, 528, 194_622), (4, 2016, 50_972)]:
        ranks = [1, *[rank] * 5, 1]
        cores = [
            rng.normal(size=(a, m, n, b)) / (2 * a)
            for a, m, n, b in zip(ranks, rows, columns, ranks[1:], strict=False)
        ]
        assert sum(c.size for c in cores) == count
        assert round(25_088 * 4096 / count) == times
        x = np.zeros((1, 25_088))
        x[0, np.ravel_multi_index((1, 3, 5, 7, 2, 0), columns)] = 1.0
        column = np.ones((1, 1))
        for core, index in zip(cores, (1, 3, 5, 7, 2, 0), strict=True):  # W's column, by hand
            column = np.einsum("ar,rms->ams", column, core[:, :, index]).reshape(-1, core.shape[3])
        assert np.allclose(tt_matvec(cores, x)[0], column[:, 0], rtol=1e-12, atol=1e-15)
    record_property("deviation", 0.0)


def test_tensor_train_matrices_refuse_what_does_not_fit():
    W = np.ones((4, 6))
    with pytest.raises(ValueError, match=r"W must be of shape \(4, 5\), got \(4, 6\)"):
        tt_matrix(W, (2, 2), (5, 1))
    with pytest.raises(ValueError, match="rows and columns must be of the same length >= 1"):
        tt_matrix(W, (4,), (2, 3))
    cores = tt_matrix(W, (2, 2), (2, 3))
    with pytest.raises(ValueError, match=r"x must be of shape \(B, 6\), got \(1, 5\)"):
        tt_matvec(cores, np.ones((1, 5)))
    with pytest.raises(ValueError, match="last rank of cores must be 1"):
        tt_matvec([np.ones((1, 2, 2, 3))], np.ones((1, 2)))
    with pytest.raises(ValueError, match=r"cores\[1\] must be of shape \(1, m, n, r\)"):
        tt_matvec([np.ones((1, 2, 2, 1)), np.ones((2, 2, 2, 1))], np.ones((1, 4)))


# ------------------------------------------------------------------------------ Tucker


def kernel(last, core, first):
    return np.einsum("oa,abhw,bi->oihw", last[:, :, 0, 0], core, first[:, :, 0, 0])


@pytest.mark.ground_truth(
    function="representations.tucker2_conv",
    result="three convolutions equal one with the approximated kernel; exact at full ranks",
    source="torch.nn.functional.conv2d",
    figure="8 x 6 x 3 x 3 kernel",
)
def test_three_convolutions_replace_one(record_property):
    rng = np.random.default_rng(6)
    K, x = rng.normal(size=(8, 6, 3, 3)), torch.tensor(rng.normal(size=(2, 6, 9, 9)))
    deviation = 0.0
    for ro, ri in [(8, 6), (4, 3), (1, 1)]:
        first, core, last = tucker2_conv(K, ro, ri)
        assert first.shape == (ri, 6, 1, 1) and core.shape == (ro, ri, 3, 3)
        assert last.shape == (8, ro, 1, 1)
        staged = x
        for part in (first, core, last):
            pad = 1 if part is core else 0
            staged = F.conv2d(staged, torch.tensor(np.ascontiguousarray(part)), padding=pad)
        whole = F.conv2d(x, torch.tensor(kernel(last, core, first)), padding=1)
        deviation = max(deviation, float((staged - whole).abs().max()))
        if (ro, ri) == (8, 6):
            deviation = max(deviation, abs(kernel(last, core, first) - K).max())
    assert deviation <= 1e-12
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="representations.tucker2_conv",
    result="squared error at most the two tails, at most twice the optimum",
    source="De Lathauwer et al. 2000; tensorly.decomposition.partial_tucker (HOOI)",
    figure="squared error over that of tensorly",
)
def test_tucker_error_is_near_the_optimum(record_property):
    rng, ratio = np.random.default_rng(7), 0.0
    for ro, ri in [(2, 2), (4, 3), (7, 2)]:
        K = rng.normal(size=(8, 6, 3, 3))
        first, core, last = tucker2_conv(K, ro, ri)
        error = ((kernel(last, core, first) - K) ** 2).sum()
        unfolded = K.reshape(8, -1), K.transpose(1, 0, 2, 3).reshape(6, -1)
        bound = sum(
            (np.linalg.svd(M, compute_uv=False)[r:] ** 2).sum()
            for M, r in zip(unfolded, (ro, ri), strict=True)
        )
        assert error <= bound * (1 + 1e-12)
        (best_core, factors), _ = partial_tucker(K, [ro, ri], modes=[0, 1], tol=1e-12)
        best = tensorly.tenalg.multi_mode_dot(best_core, factors, modes=[0, 1])
        ratio = max(ratio, error / ((best - K) ** 2).sum())
    assert 1 - 1e-9 <= ratio <= 2
    record_property("deviation", ratio)


def test_tucker_refuses_too_large_ranks():
    with pytest.raises(ValueError, match=r"ro must be an integer in \[1, 8\], got 9"):
        tucker2_conv(np.ones((8, 6, 3, 3)), 9, 1)
    with pytest.raises(ValueError, match=r"ro must be an integer in \[1, 2\], got 3"):
        tucker2_conv(np.ones((8, 2, 1, 1)), 3, 1)  # the unfolding has only two columns
    with pytest.raises(ValueError, match=r"ri must be an integer in \[1, 2\], got 3"):
        tucker2_conv(np.ones((2, 8, 1, 1)), 1, 3)
    with pytest.raises(ValueError, match=r"K must be of shape \(o, i, h, w\)"):
        tucker2_conv(np.ones((8, 6)), 1, 1)
    assert all(isinstance(p, torch.Tensor) for p in tucker2_conv(torch.ones(4, 3, 2, 2), 1, 1))
