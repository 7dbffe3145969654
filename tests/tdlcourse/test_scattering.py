"""representations, scattering: kymatio's values, circulant matrices and laws as oracles."""

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.linalg import circulant

from tdlcourse.representations import morlet_filters, scatter1d, scatter2d, scattering_paths

VALUES = Path(__file__).parent / "data" / "kymatio_scattering.npz"
# Values of kymatio 0.3.0 (numpy frontend, SciPy 1.16) for images default_rng(H).normal((H, W)).
CASES = [(32, 32, 2, 8), (28, 20, 3, 5), (8, 8, 2, 4), (4, 6, 2, 1), (16, 16, 1, 8)]


# ------------------------------------------------------------------------------ paths


@pytest.mark.ground_truth(
    function="representations.scattering_paths",
    result="81 for J = 2, L = 8; 217 for J = 3, L = 8",
    source="Bruna & Mallat 2013; curriculum 8.1",
    figure="81, 217; enumeration",
)
def test_number_of_paths(record_property):
    assert scattering_paths(2, 8) == 81 and scattering_paths(3, 8) == 217
    for J in range(1, 6):
        for L in range(1, 5):
            wavelets = [(j, angle) for j in range(J) for angle in range(L)]
            second = [1 for a in wavelets for b in wavelets if a[0] < b[0]]
            assert scattering_paths(J, L) == 1 + len(wavelets) + len(second)
    with pytest.raises(ValueError, match="J must be an integer in"):
        scattering_paths(0, 8)
    record_property("deviation", 0.0)


# ------------------------------------------------------------------------------ images


@pytest.mark.ground_truth(
    function="representations.scatter2d",
    result="values of kymatio 0.3.0, relative to the largest",
    source="Andreux et al. 2020",
    figure="<= 1e-6, five sizes (kymatio's filters are in single precision)",
)
def test_images_have_kymatios_coefficients(record_property):
    deviation = 0.0
    with np.load(VALUES) as values:
        for H, W, J, L in CASES:
            image = np.random.default_rng(H).normal(size=(H, W))
            expected = values[f"{H}x{W}_J{J}_L{L}"]
            found = scatter2d(image, J, L)
            assert found.shape == expected.shape and found.dtype == np.float64
            deviation = max(deviation, abs(found - expected).max() / abs(expected).max())
    assert deviation <= 1e-6
    record_property("deviation", deviation)


def test_blocks_batches_kinds_and_precisions_agree():
    images = np.random.default_rng(0).normal(size=(3, 7, 16, 16))  # more images than a block
    kept = images.copy()
    all_at_once = scatter2d(images, 2, 4)
    assert all_at_once.shape == (3, 7, scattering_paths(2, 4), 4, 4)
    assert abs(all_at_once[1, 2] - scatter2d(images[1, 2], 2, 4)).max() <= 1e-14
    single = scatter2d(torch.tensor(images, dtype=torch.float32), 2, 4)
    assert isinstance(single, torch.Tensor) and single.dtype == torch.float32
    assert abs(single.numpy() - all_at_once).max() <= 1e-5
    assert (images == kept).all()
    turned = np.asfortranarray(images[0, 0])[::-1]
    assert abs(scatter2d(turned, 2, 4) - scatter2d(turned.copy(), 2, 4)).max() == 0


@pytest.mark.ground_truth(
    function="representations.scatter2d",
    result="gradient in the image",
    source="central differences",
    figure="torch.autograd.gradcheck, 8 x 8, J = 2, L = 2",
)
def test_scattering_of_images_is_differentiable(record_property):
    image = torch.randn(8, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    image.requires_grad_(True)
    assert torch.autograd.gradcheck(lambda x: scatter2d(x, 2, 2), image, atol=1e-6)
    record_property("deviation", 0.0)


def test_filters_made_in_inference_mode_serve_gradients_too():
    with torch.inference_mode():
        scatter2d(torch.ones(8, 10), 2, 3)
    image = torch.ones(8, 10, requires_grad=True)
    (slope,) = torch.autograd.grad(scatter2d(image, 2, 3)[0].sum(), image)
    assert slope.shape == (8, 10)


def test_scattering_of_a_constant_image_is_its_average():
    found = scatter2d(np.full((16, 16), 3.0), 2, 4)
    # kymatio's constant 3.1415 in place of pi makes the average larger by pi / 3.1415.
    assert abs(found[0] - 3 * np.pi / 3.1415).max() <= 1e-6
    assert abs(found[1:]).max() <= 1e-12  # wavelets have mean zero


@pytest.mark.ground_truth(
    function="representations.scatter2d",
    result="a plane wave in the direction of a wavelet excites it most",
    source="definition of the wavelets: 3 pi / 4 at scale 0, angles pi / L apart",
    figure="least lead over the next angle, L = 8",
)
def test_plane_waves_excite_the_wavelet_of_their_direction(record_property):
    row, column = np.mgrid[:32, :32]
    lead = np.inf
    for k in range(8):
        angle = (3 - k) * np.pi / 8
        wave = np.cos(3 * np.pi / 4 * (np.cos(angle) * row + np.sin(angle) * column))
        strength = scatter2d(wave, 2, 8)[1:17, 2:6, 2:6].mean((1, 2))
        assert strength.argmax() == k  # path 1 + k is (scale 0, angle k)
        lead = min(lead, strength[k] / np.delete(strength, k).max())
    assert lead > 1.2
    record_property("deviation", lead)


def test_small_images_are_refused():
    with pytest.raises(ValueError, match="smaller side of the images x must be an integer in"):
        scatter2d(np.ones((3, 8)), 2, 4)
    with pytest.raises(ValueError, match=r"x must be of shape \(\.\.\., H, W\), got \(8,\)"):
        scatter2d(np.ones(8), 2, 4)


# ------------------------------------------------------------------------------ signals


@pytest.mark.ground_truth(
    function="representations.scatter1d",
    result="convolve, modulus, convolve, modulus, average, every 2^J-th sample",
    source="Mallat 2012; scipy.linalg.circulant",
    figure="N = 64, J = 3, seven paths",
)
def test_signals_are_scattered_by_definition(record_property):
    N, J = 64, 3
    filters = morlet_filters(N, J)
    psi = [circulant(np.fft.ifft(f)) for f in filters.psi]
    phi = circulant(np.fft.ifft(filters.phi).real)
    x = np.random.default_rng(0).normal(size=N)
    paths = [x, *[abs(w @ x) for w in psi]]
    paths += [abs(psi[b] @ abs(psi[a] @ x)) for a in range(J) for b in range(a + 1, J)]
    expected = np.stack([(phi @ u)[:: 2**J] for u in paths])
    found = scatter1d(x, filters, J)
    deviation = abs(found - expected).max()
    assert found.shape == (scattering_paths(J, 1), N // 2**J) and deviation <= 1e-13
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="representations.morlet_filters",
    result="|phi|^2 + 1/2 sum (|psi(w)|^2 + |psi(-w)|^2) <= 1, psi(0) = 0, phi(0) = 1",
    source="Mallat 2012, section 2.1",
    figure="excess over 1, J = 1..6; the sum exceeds 0.3 below 3/4 pi",
)
def test_wavelets_satisfy_littlewood_paley(record_property):
    excess = 0.0
    for J in range(1, 7):
        psi, phi = morlet_filters(256, J)
        total = phi**2 + (psi**2 + np.roll(psi[:, ::-1], 1, axis=1) ** 2).sum(0) / 2
        excess = max(excess, (total - 1).max())
        assert (psi[:, 0] == 0).all() and phi[0] == 1
        assert total[:97].min() > 0.3  # no frequency is lost
    assert excess <= 1e-12
    record_property("deviation", excess)


@pytest.mark.ground_truth(
    function="representations.scatter1d",
    result="||S x - S y|| <= ||x - y|| (before subsampling the norms are those of all samples)",
    source="Mallat 2012, proposition 2.5",
    figure="largest ratio seen, 300 pairs, near and far",
)
def test_scattering_never_expands_distances(record_property):
    rng, ratio = np.random.default_rng(1), 0.0
    N, J = 64, 3
    filters = morlet_filters(N, J)
    for trial in range(300):
        x = rng.normal(size=N)
        y = x + 10.0 ** -(trial % 6) * rng.normal(size=N)
        # Averages at all samples: those of the 2^J shifted signals together.
        moved = [scatter1d(np.roll([x, y], -s, axis=1), filters, J) for s in range(2**J)]
        distance = np.sqrt(sum(((a - b) ** 2).sum() for a, b in moved))
        ratio = max(ratio, distance / np.linalg.norm(x - y))
    assert ratio <= 1 + 1e-12
    record_property("deviation", ratio)


@pytest.mark.ground_truth(
    function="representations.scatter1d",
    result="covariant under shifts by 2^J; change O(2^-J c) under a shift by c",
    source="curriculum 8.1, as corrected",
    figure="relative change over c / 2^J, J = 2..6",
)
def test_scattering_is_covariant_and_nearly_invariant(record_property):
    x, N = np.random.default_rng(2).normal(size=1024), 1024
    shares = []
    for J in range(2, 7):
        filters = morlet_filters(N, J)
        S = scatter1d(x, filters, J)
        moved = scatter1d(np.roll(x, 2**J), filters, J)
        assert abs(moved - np.roll(S, 1, axis=1)).max() <= 1e-12
        change = np.linalg.norm(scatter1d(np.roll(x, 1), filters, J) - S) / np.linalg.norm(S)
        shares.append(change * 2**J)
    # Bounded as J grows: a lack of the modulus, or averaging before it, would let this double.
    assert max(shares) <= 2 and shares[-1] <= 1.3 * shares[0]
    assert change > 1e-4  # but it is not exactly invariant
    record_property("deviation", max(shares))


def test_signals_of_batches_tensors_and_wrong_lengths():
    filters = morlet_filters(32, 2)
    x = np.random.default_rng(3).normal(size=(2, 5, 32))
    found = scatter1d(torch.tensor(x), filters, 2)
    assert isinstance(found, torch.Tensor) and found.shape == (2, 5, 4, 8)
    assert abs(found.numpy() - scatter1d(x, filters, 2)).max() <= 1e-13
    with pytest.raises(ValueError, match=r"N must be a multiple of 2\^3, got 12"):
        morlet_filters(12, 3)
    with pytest.raises(ValueError, match=r"number of samples of x must be a multiple of 2\^3"):
        scatter1d(np.ones(12), filters, 3)
    with pytest.raises(ValueError, match=r"psi must be of shape \(3, 32\), got \(2, 32\)"):
        scatter1d(np.ones(32), filters, 3)
