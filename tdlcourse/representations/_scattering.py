"""Wavelet scattering: cascades of wavelet transforms and moduli, averaged over 2^J samples.

S x = (x * phi, |x * psi_1| * phi, ||x * psi_1| * psi_2| * phi): stable features without learning.
A path takes wavelets of growing scale only, j_1 < j_2: the modulus moves energy towards low
frequencies, so the others carry next to none.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from tdlcourse._compiled import Floats, Ints
from tdlcourse._tensors import float_tensor
from tdlcourse._validate import Array, error, float_array, integer, namespace

_SPREAD = 0.8  # samples: standard deviation of the finest wavelet's envelope
_CENTRE = 3 * math.pi / 4  # radians a sample: its centre frequency
_PI = 3.1415  # sic: kymatio's constant in the norm of its filters; kept for its values
_BLOCK = 8  # images at a time: the layers stay in the cache


class Filters1d(NamedTuple):
    """A wavelet bank for signals of N samples, by its real Fourier transforms."""

    psi: Floats  # (J, N) wavelets, finest first; zero at frequency 0
    phi: Floats  # (N,) the average over 2^J samples; one at frequency 0


def scattering_paths(J: int, L: int) -> int:
    """Number of coefficients of a second-order scattering: 1 + J L + L^2 J (J - 1) / 2.

    Args:
        J: number of scales, >= 1.
        L: number of angles, >= 1; 1 for signals.

    Raises:
        TypeError: J or L is not an integer.
        ValueError: J or L is below 1.

    Source:
        Bruna & Mallat 2013, section 2: the paths (), (j, l) and (j_1, l_1), (j_2, l_2), j_1 < j_2.
    """
    J, L = integer("J", J, low=1), integer("L", L, low=1)
    return 1 + J * L + L * L * J * (J - 1) // 2


# ------------------------------------------------------------------------------------ one dimension


def morlet_filters(N: int, J: int) -> Filters1d:
    """Morlet wavelets at J octaves and their low-pass filter, a contraction together.

    Args:
        N: number of samples, a multiple of 2^J.
        J: number of scales, >= 1.

    Returns:
        Filters with |phi|^2 + 1/2 sum_j (|psi_j(w)|^2 + |psi_j(-w)|^2) <= 1 at all frequencies, so
        that the wavelet transform of real signals, and with it scattering, never expands distances.

    Raises:
        ValueError: N is not a multiple of 2^J.

    Source:
        Mallat, "Group invariant scattering", 2012, section 2.1 (Littlewood-Paley condition); shape
        of the wavelets as in kymatio's two-dimensional bank.
    """
    J, N = integer("J", J, low=1), integer("N", N, low=1)
    if N % 2**J:
        raise error("N", f"a multiple of 2^{J}", N)
    omega = 2 * np.pi * (np.arange(N)[:, None] / N + np.arange(-3, 3))  # aliases in columns

    def bump(spread: float, centre: float) -> Floats:
        total: Floats = np.exp(-((omega - centre) ** 2) * spread**2 / 2).sum(1)
        return total

    phi = bump(_SPREAD * 2 ** (J - 1), 0.0)
    phi /= phi[0]
    gabor = [bump(_SPREAD * 2**j, _CENTRE / 2**j) for j in range(J)]
    flat = [bump(_SPREAD * 2**j, 0.0) for j in range(J)]
    psi = np.stack([g - g[0] / f[0] * f for g, f in zip(gabor, flat, strict=True)])
    psi[:, 0] = 0.0
    energy = (psi**2 + np.roll(psi[:, ::-1], 1, axis=1) ** 2).sum(0) / 2
    psi *= math.sqrt(((1 - phi[1:] ** 2) / energy[1:]).min())
    return Filters1d(psi, phi)


def scatter1d(x: Array, filters: Filters1d | tuple[Array, Array], J: int) -> Array:
    """Scattering coefficients of orders 0 to 2 of periodic signals.

    Args:
        x: (..., N) real signals.
        filters: psi (J, N) and phi (N,), real Fourier transforms, from `morlet_filters`.
        J: number of scales; 2^J divides N.

    Returns:
        (..., 1 + J + J (J - 1) / 2, N / 2^J) averages at every 2^J-th sample. Order of the paths:
        (), (0,), ..., (J - 1,), then (j1, j2) with j1 < j2 in lexicographic order. A circular shift
        by a multiple of 2^J shifts them; one by c < 2^J samples changes them by O(2^-J c).

    Raises:
        ValueError: shapes disagree, or 2^J does not divide N.

    Source:
        Mallat 2012, section 2; Bruna & Mallat 2013, section 2.
    """
    J = integer("J", J, low=1)
    x = float_array("x", x, shape=(..., "N"))
    N, xp = x.shape[-1], namespace(x)
    if N % 2**J:
        raise error("number of samples of x", f"a multiple of 2^{J}", N)
    psi = float_array("psi", filters[0], shape=(J, N), like=x)
    phi = float_array("phi", filters[1], shape=(N,), like=x)
    layer = [(-1, x)]  # last scale of a path, modulus
    moduli = [x]
    for _ in range(2):
        layer = [
            (j, abs(xp.fft.ifft(xp.fft.fft(u) * psi[j])))
            for last, u in layer
            for j in range(last + 1, J)
        ]
        moduli += [u for _, u in layer]
    averages = xp.fft.ifft(xp.fft.fft(xp.stack(moduli, -2)) * phi).real
    return averages[..., :: 2**J]


# ----------------------------------------------------------------------------------- two dimensions


def scatter2d(x: Array, J: int, L: int = 8) -> Array:
    """Scattering coefficients of orders 0 to 2 of images, as kymatio computes them.

    Args:
        x: (..., H, W) real images, H and W at least 2^J.
        J: number of scales, >= 1.
        L: number of angles in a half turn, >= 1.

    Returns:
        (..., scattering_paths(J, L), H', W') averages, H' about H / 2^J (exactly, if 2^J divides
        it). Order of the paths: (), (j, angle), then ((j1, angle1), (j2, angle2)) with j1 < j2, all
        lexicographic. Borders are reflected. dtype, kind and device of x; differentiable where no
        modulus is zero.

    Raises:
        ValueError: an image is smaller than 2^J, or a range is wrong.

    Source:
        Bruna & Mallat, "Invariant scattering convolution networks", 2013. Filters, borders and
        sampling are those of Andreux et al., "Kymatio", 2020 (Scattering2D 0.3), whose values are
        reproduced to single precision, in which it builds its filters.
    """
    J, L = integer("J", J, low=1), integer("L", L, low=1)
    tensor = float_tensor("x", x, shape=(..., "H", "W"))
    height, width = tensor.shape[-2:]
    integer("smaller side of the images x", min(height, width), low=2**J)
    images = tensor.reshape(-1, height, width)
    with torch.inference_mode(False):  # the filters are kept, and may later meet gradients
        bank = _bank(height, width, J, L, images.dtype, images.device)
    blocks = [_scatter_block(block, bank) for block in torch.split(images, _BLOCK)]
    result = torch.cat(blocks).reshape(*tensor.shape[:-2], *blocks[0].shape[1:])
    return result if isinstance(x, Tensor) else result.numpy()


class _Bank(NamedTuple):
    height: Tensor  # which row of the image each row of the padded one shows
    width: Tensor
    first: list[Tensor]  # for j: see `_folded`
    second: dict[tuple[int, int], Tensor]  # for j1 < j2
    rows: list[Tensor]  # for each resolution: average, subsample, remove the border
    columns: list[Tensor]


def _scatter_block(x: Tensor, bank: _Bank) -> Tensor:
    """(B, H, W) -> (B, paths, H', W')."""
    scales = len(bank.first)
    u0 = x[:, None, bank.height[:, None], bank.width]
    zeroth, first, second = bank.rows[0] @ u0 @ bank.columns[0].mT, [], []
    spectrum = torch.fft.fft2(u0)
    for j1 in range(scales):
        u1 = _wavelet_modulus(spectrum, bank.first[j1])[:, 0]
        first.append(bank.rows[j1] @ u1 @ bank.columns[j1].mT)
        spectrum1 = torch.fft.fft2(u1) if j1 + 1 < scales else u1
        finer = []
        for j2 in range(j1 + 1, scales):
            u2 = _wavelet_modulus(spectrum1, bank.second[j1, j2])
            finer.append(bank.rows[j2] @ u2 @ bank.columns[j2].mT)
        second += [torch.cat(finer, 2).flatten(1, 2)] if finer else []
    return torch.cat([zeroth, *first, *second], 1)


def _wavelet_modulus(spectrum: Tensor, psi: Tensor) -> Tensor:
    """|u * psi|, subsampled: (B, C, P, Q) complex spectra -> (B, C, L, P / k, Q / k).

    Subsampling by k adds up k^2 blocks of the spectrum. They are multiplied by the filters' blocks
    as real numbers, real and imaginary parts alternating, into one accumulator: no large product.
    """
    (batch, channels, height, width), k = spectrum.shape, math.isqrt(len(psi))
    blocks = torch.view_as_real(spectrum).reshape(batch, channels, k, height // k, k, width // k, 2)
    blocks = blocks.permute(2, 4, 0, 1, 3, 5, 6).flatten(0, 1).unsqueeze(3)
    folded = blocks[0] * psi[0]
    for block, filters in zip(blocks[1:], psi[1:], strict=True):
        folded = folded.addcmul_(block, filters)
    squares = torch.view_as_real(torch.fft.ifft2(torch.view_as_complex(folded))).square_()
    return (squares[..., 0] + squares[..., 1]).sqrt_()


@lru_cache(maxsize=8)
def _bank(
    height: int, width: int, J: int, L: int, dtype: torch.dtype, device: torch.device
) -> _Bank:
    sizes = height, width
    padded = [(size // 2**J + 2) * 2**J for size in sizes]
    shown = [
        torch.tensor(_reflected(size, total), device=device)
        for size, total in zip(sizes, padded, strict=True)
    ]
    psi = [_morlets(padded[0], padded[1], j, L) for j in range(J)]

    def tensor(array: Floats) -> Tensor:
        return torch.tensor(array, dtype=dtype, device=device)

    second = {
        (j1, j2): tensor(_folded(_cropped(_cropped(psi[j2], j1, 1), j1, 2), 2 ** (j2 - j1)))
        for j2 in range(J)
        for j1 in range(j2)
    }
    first = [tensor(_folded(psi[j], 2**j)) for j in range(J)]
    rows, columns = ([tensor(_averaging(p, J, j)) for j in range(J)] for p in padded)
    return _Bank(shown[0], shown[1], first, second, rows, columns)


def _morlets(height: int, width: int, j: int, L: int) -> Floats:
    """(L, height, width) real Fourier transforms of the wavelets at scale j."""
    spread, centre, slant = _SPREAD * 2**j, _CENTRE / 2**j, 4 / L
    down = _periods(height)[:, :, None, None]
    right = _periods(width)
    filters = []
    for turn in range(L):
        angle = (int(L / 2 - 1) - turn) * math.pi / L
        along = math.cos(angle) * down + math.sin(angle) * right
        across = math.cos(angle) * right - math.sin(angle) * down
        envelope = np.exp(-(along**2 + slant**2 * across**2) / (2 * spread**2))
        flat = envelope.sum((1, 3))
        gabor = (envelope * np.exp(1j * centre * along)).sum((1, 3))
        wavelet = gabor - gabor.sum() / flat.sum() * flat
        filters.append(np.fft.fft2(wavelet).real * slant / (2 * _PI * spread**2))
    return np.stack(filters)


def _averaging(size: int, J: int, j: int) -> Floats:
    """(size / 2^J - 2, size / 2^j) matrix: Gaussian average, every 2^(J-j)-th sample, no border."""
    spread = _SPREAD * 2 ** (J - 1)
    phi = np.exp(-(_periods(size) ** 2) / (2 * spread**2)).sum(1) / (math.sqrt(2 * _PI) * spread)
    kernel = np.fft.ifft(_cropped(np.fft.fft(phi).real, j, 0)).real
    samples = np.arange(len(kernel))
    circulant = kernel[(samples[:, None] - samples) % len(kernel)]
    kept: Floats = circulant[:: 2 ** (J - j)][1:-1]
    return kept


def _reflected(size: int, padded: int) -> Ints:
    """(padded,) positions in a row of `size` samples that is reflected at its end samples."""
    period = 2 * (size - 1)
    position = (np.arange(padded) - (padded - size) // 2) % period
    shown: Ints = np.minimum(position, period - position)
    return shown


def _periods(size: int) -> Floats:
    """(size, 5) sample positions and their copies in the periods around."""
    copies: Floats = np.arange(size)[:, None] + size * np.arange(-2.0, 3.0)
    return copies


def _cropped(spectrum: Floats, j: int, axis: int) -> Floats:
    """The lowest 1 / 2^j of the frequencies: the filter at resolution j."""
    half = spectrum.shape[axis] // 2**j // 2
    if j == 0:
        return spectrum
    ends = np.r_[:half, spectrum.shape[axis] - half : spectrum.shape[axis]]
    low: Floats = np.take(spectrum, ends, axis)
    return low


def _folded(psi: Floats, k: int) -> Floats:
    """(k^2, L, height / k, width / k, 2): blocks of the spectra, over k^2, each number twice."""
    L, height, width = psi.shape
    blocks = psi.reshape(L, k, height // k, k, width // k).transpose(1, 3, 0, 2, 4)
    blocks = blocks.reshape(k * k, L, height // k, width // k, 1)
    return np.repeat(blocks / k**2, 2, axis=-1)
