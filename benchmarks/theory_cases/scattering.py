"""Two-dimensional scattering of 32 x 32 images, J = 2, L = 8, in single precision.

The best public tool is kymatio, which fails to import with SciPy >= 1.17: without it (or in an
environment where it does not import) only the layer-by-layer contestant is run, and the error is
taken against values of kymatio 0.3.0 that are kept with the tests.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from tdlcourse.representations import _scattering, scatter2d
from theory_cases import Case

_IMAGES = torch.tensor(np.random.default_rng(0).normal(size=(64, 32, 32)), dtype=torch.float32)
_VALUES = Path(__file__).parents[2] / "tests/tdlcourse/data/kymatio_scattering.npz"


def _layer_by_layer() -> np.ndarray:
    """As the definition reads: one path after the other, all at full resolution, in numpy."""
    # The filters are built once, for one resolution, and are not part of the time.
    return np.stack([_paths(image) for image in _IMAGES[:8].numpy()])


_PSI = np.stack([_scattering._morlets(40, 40, j, 8) for j in range(2)])
_PHI = np.fft.fft(np.exp(-(_scattering._periods(40) ** 2) / (2 * 1.6**2)).sum(1)).real
_PHI = np.outer(_PHI, _PHI) / _PHI[0] ** 2


def _paths(image: np.ndarray) -> np.ndarray:
    padded = np.pad(image, 4, mode="reflect")
    moduli = [padded]
    for j1 in range(2):
        for psi1 in _PSI[j1]:
            u1 = abs(np.fft.ifft2(np.fft.fft2(padded) * psi1))
            moduli.append(u1)
            if j1 == 0:
                moduli += [abs(np.fft.ifft2(np.fft.fft2(u1) * psi2)) for psi2 in _PSI[1]]
    averages = [np.fft.ifft2(np.fft.fft2(u) * _PHI).real for u in moduli]
    return np.stack(averages)[:, 4:-4:4, 4:-4:4]


def _kymatio() -> dict[str, Callable[[], object]]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from kymatio.torch import Scattering2D
    except ImportError:
        return {}
    transform = Scattering2D(J=2, shape=(32, 32), L=8)
    return {"kymatio": lambda: transform(_IMAGES)}


_KYMATIO = _kymatio()


def _error(result: object) -> float:
    """Largest deviation from kymatio's values, relative to the largest of them."""
    if _KYMATIO:
        live = _KYMATIO["kymatio"]()
        return float((result - live).abs().max() / live.abs().max())  # type: ignore[operator]
    with np.load(_VALUES) as values:
        expected = values["32x32_J2_L8"]
    image = np.random.default_rng(32).normal(size=(32, 32)).astype(np.float32)
    return float(abs(scatter2d(image, 2, 8) - expected).max() / abs(expected).max())


CASES = [
    Case(
        name="scattering",
        title="scattering of 64 images 32 x 32, J = 2, L = 8, float32",
        naive=_layer_by_layer,
        share=8 / 64,
        ours=lambda: scatter2d(_IMAGES, 2, 8),
        best=_KYMATIO,
        target=1,
        error=_error,
        bound=1e-6,
    )
]
