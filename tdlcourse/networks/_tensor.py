"""Networks that are tensor decompositions: convolutional arithmetic circuits, tensor trains."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from tdlcourse._validate import check_shape, error, integer
from tdlcourse.networks._parameters import generator_or_fixed, normal_parameter


class ConvAC(nn.Module):
    """A convolutional arithmetic circuit: a network whose function is a tensor of order N.

    Input j is a vector x_j of R^M (M features of patch j). Every input has its own r_0 linear
    functions; then, level after level, neighbours are pooled by products and mixed linearly. The
    output is linear in every input: f(x) = sum_{d_1..d_N} T[d_1, ..., d_N] x_1[d_1] ... x_N[d_N],
    and T is a hierarchical Tucker tensor.

    Args:
        ranks: (r_0, ..., r_{L-1}), channels of the levels; N = 2^L inputs.
        features: M, length of each input vector.
        order: position k of the tree reads input order[k]; None is 0, 1, ..., N - 1. It decides
            which inputs are pooled first, and so which correlations are cheap.
        gen: source of the weights, N(0, 1 / fan_in).
        dtype: of the parameters.

    Shape:
        (n, N, M) to (n,).

    Source:
        Cohen, Sharir & Shashua, "On the expressive power of deep learning: a tensor analysis",
        COLT 2016, eq. 4 (without weight sharing).
    """

    def __init__(
        self,
        ranks: Sequence[int],
        features: int,
        *,
        order: Sequence[int] | None = None,
        gen: torch.Generator | None = None,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        super().__init__()
        inputs, gen = 2 ** len(ranks), generator_or_fixed(gen)
        self.order = list(range(inputs) if order is None else order)
        if sorted(self.order) != list(range(inputs)):
            raise error("order", f"a permutation of 0, ..., {inputs - 1}", order)
        sizes = [integer("features", features, low=1)]
        sizes += [integer(f"ranks[{k}]", r, low=1) for k, r in enumerate(ranks)] + [1]
        # mixes[l][j] mixes the channels of node j of level l: (2^(L - l), r_l, r_(l-1))
        self.mixes = nn.ParameterList(
            normal_parameter((inputs // 2**level, to, fan_in), 1 / fan_in, gen, dtype)
            for level, (fan_in, to) in enumerate(pairwise(sizes))
        )

    def forward(self, x: Tensor) -> Tensor:
        check_shape("x", x, ("n", len(self.order), self.mixes[0].shape[2]))
        x = x[:, self.order]
        for level, mix in enumerate(self.mixes):
            if level > 0:
                x = x[:, 0::2] * x[:, 1::2]
            x = torch.einsum("jki,nji->njk", mix, x)
        output: Tensor = x[:, 0, 0]
        return output

    def tensor(self) -> Tensor:
        """The tensor T of shape (M, ..., M), axis j belonging to input j."""
        blocks = self.mixes[0]  # (nodes, channels, M^inputs below)
        for mix in self.mixes[1:]:
            pooled = blocks[0::2, :, :, None] * blocks[1::2, :, None, :]
            blocks = mix @ pooled.flatten(2)
        axes = [self.order.index(j) for j in range(len(self.order))]
        tensor: Tensor = blocks.reshape([self.mixes[0].shape[2]] * len(axes))
        return tensor.permute(axes)


class TTLinear(nn.Module):
    """A linear layer whose matrix is a tensor train: W[i, j] = G_1[i_1, j_1] ... G_d[i_d, j_d].

    i and j are read as multi-indices (last index fastest). VGG's fc6, 25088 -> 4096, with modes
    (2, 7, 8, 8, 7, 4) and (4, 4, 4, 4, 4, 4) needs 144, 528, 2016 parameters at rank 1, 2, 4
    instead of 102,760,448. The dense matrix is never formed.

    Args:
        in_modes: (n_1, ..., n_d); their product is the input size.
        out_modes: (m_1, ..., m_d); their product is the output size.
        rank: all inner ranks of the train, or the list of the d - 1 inner ranks.
        bias: whether to add a bias, starting at 0.
        gen: source of the cores; entries of W get variance 1 / fan_in.
        dtype: of the parameters.

    Shape:
        (..., input size) to (..., output size). `cores[k]` is (r_{k-1}, m_k, n_k, r_k).

    Source:
        Novikov et al., "Tensorizing neural networks", NIPS 2015, section 3 (their M is our output).
    """

    def __init__(
        self,
        in_modes: Sequence[int],
        out_modes: Sequence[int],
        rank: int | Sequence[int],
        *,
        bias: bool = True,
        gen: torch.Generator | None = None,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        super().__init__()
        d, gen = len(in_modes), generator_or_fixed(gen)
        inner = list(rank) if isinstance(rank, Iterable) else [rank] * (d - 1)
        ranks = [1, *_sizes("rank", inner), 1]
        in_modes, out_modes = _sizes("in_modes", in_modes), _sizes("out_modes", out_modes)
        if d == 0 or len(out_modes) != d or len(ranks) != d + 1:
            found = (d, len(out_modes), len(ranks) - 2)
            raise error("in_modes, out_modes, rank", "of d, d and d - 1 entries, d >= 1", found)
        self.in_size, self.out_size = math.prod(in_modes), math.prod(out_modes)
        # an entry of W is a sum of prod(ranks) products of d core entries
        variance = (1 / (self.in_size * math.prod(ranks))) ** (1 / d)
        shapes = zip(ranks[:-1], out_modes, in_modes, ranks[1:], strict=True)
        self.cores = nn.ParameterList(
            normal_parameter(shape, variance, gen, dtype) for shape in shapes
        )
        zeros = torch.zeros(self.out_size, dtype=dtype, device=gen.device)
        self.bias = nn.Parameter(zeros) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        check_shape("x", x, (..., self.in_size))
        # (batch and finished output modes, rank, modes to come): one core at a time
        t = x.reshape(math.prod(x.shape[:-1]), 1, self.in_size)
        for core in self.cores:
            left, m, n, right = core.shape
            batch, rest = t.shape[0], t.shape[2] // n
            t = torch.einsum("brnj,rmns->bmsj", t.reshape(batch, left, n, rest), core)
            t = t.reshape(batch * m, right, rest)
        y = t.reshape(*x.shape[:-1], self.out_size)
        return y if self.bias is None else y + self.bias

    def dense(self) -> Tensor:
        """The matrix, (output size, input size): for small examples and tests."""
        product = torch.ones(1, 1, 1, dtype=self.cores[0].dtype, device=self.cores[0].device)
        for core in self.cores:
            product = torch.einsum("ijr,rmns->imjns", product, core)
            product = product.reshape(-1, math.prod(product.shape[2:4]), core.shape[3])
        return product[:, :, 0]


def _sizes(name: str, values: Sequence[int]) -> list[int]:
    return [integer(f"{name}[{k}]", value, low=1) for k, value in enumerate(values)]
