"""Data that a course needs: digits from scikit-learn; MNIST and CIFAR-10 from the user's disk.

Nothing is downloaded. Pixels come as float32 in [0, 1].
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from tdlcourse._validate import error
from tdlcourse.training._batches import Examples

DIGITS_TRAIN = 1297  # and 500 to test on
_MNIST = {"train": "train", "test": "t10k"}
_IMAGE_BYTES = 3 * 32 * 32
_IDX_LIMIT = 2**31  # bytes; the largest real file, Fashion-MNIST's and EMNIST's included, has 0.6e9


@dataclass(frozen=True)
class DataBundle:
    """Training and test examples of one data set, all on one device.

    Attributes:
        name: of the data set.
        train, test: inputs (n, ...) float32 and labels (n,) int64.
        classes: number of labels.
    """

    name: str
    train: Examples
    test: Examples
    classes: int

    def to(self, device: torch.device | str) -> DataBundle:
        """The bundle on a device."""
        return replace(self, train=self.train.to(device), test=self.test.to(device))

    def standardised(self) -> DataBundle:
        """The bundle with mean 0 and variance 1 of each channel over the training images.

        Vectors (n, d) have one channel. A constant channel becomes 0.
        """
        X = self.train.X
        axes = (0, 2, 3) if X.ndim == 4 else (0, 1)
        shift, scale = X.mean(axes, keepdim=True), X.std(axes, keepdim=True)
        rounding = 8 * torch.finfo(X.dtype).eps * X.abs().amax(axes, keepdim=True)
        scale = torch.where(scale > rounding, scale, 1)
        parts = [Examples((e.X - shift) / scale, e.y) for e in (self.train, self.test)]
        return replace(self, train=parts[0], test=parts[1])


def digits(*, images: bool = False) -> DataBundle:
    """1797 handwritten digits of 8 x 8 pixels, which come with scikit-learn: 1297 and 500.

    The split is the same everywhere: a permutation from numpy's generator with seed 0.

    Args:
        images: (n, 1, 8, 8) inputs instead of (n, 64).

    Source:
        Alpaydin & Kaynak, "Optical recognition of handwritten digits", UCI repository, 1998.
    """
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(pixels))
    X = torch.from_numpy((pixels[order] / 16).astype(np.float32))
    y = torch.from_numpy(labels[order].astype(np.int64))
    X = X.reshape(-1, 1, 8, 8) if images else X
    train, test = (Examples(X[s], y[s]) for s in (slice(DIGITS_TRAIN), slice(DIGITS_TRAIN, None)))
    return DataBundle("digits", train, test, 10)


def mnist(folder: Path | str) -> DataBundle:
    """MNIST, or a set in its format, from idx files, plain or gzipped: inputs (n, 1, 28, 28).

    Args:
        folder: holds train-images-idx3-ubyte and so on, or MNIST/raw with them (torchvision's).

    Raises:
        FileNotFoundError: a file is missing; says where it was looked for.
        ValueError: a file is not in the idx format.

    Source:
        LeCun, Cortes & Burges, "The MNIST database of handwritten digits", file formats.
    """
    parts = {}
    for part, prefix in _MNIST.items():
        images = _read_idx(_idx_file(Path(folder), f"{prefix}-images", 3))
        labels = _read_idx(_idx_file(Path(folder), f"{prefix}-labels", 1))
        if images.ndim != 3 or labels.ndim != 1:
            raise error(f"{prefix} files", "3-d images and 1-d labels", (images.ndim, labels.ndim))
        parts[part] = Examples(_scaled(images[:, None]), labels.long()).checked(prefix)
    classes = int(parts["train"].y.max()) + 1
    return DataBundle("mnist", parts["train"], parts["test"], classes)


def cifar10(folder: Path | str) -> DataBundle:
    """CIFAR-10 from its binary version, or through torchvision: inputs (n, 3, 32, 32).

    The "python version" is a pickle, which can run code: it is read by torchvision alone, which
    checks the files' known digests.

    Args:
        folder: holds data_batch_1.bin ... test_batch.bin, or cifar-10-batches-bin with them, or
            cifar-10-batches-py.

    Raises:
        FileNotFoundError: there is neither, or torchvision would be needed and is absent.
        ValueError: a file is not a sequence of records of 3073 bytes, or a label is above 9.

    Source:
        Krizhevsky, "Learning multiple layers of features from tiny images", 2009; the data set's
        page on its binary version.
    """
    root = Path(folder)
    for place in (root, root / "cifar-10-batches-bin"):
        if (place / "test_batch.bin").exists():
            names = sorted(place.glob("data_batch_*.bin"))
            if not names:
                raise FileNotFoundError(f"{place} must hold data_batch_1.bin, got only the test")
            batches = [_read_cifar(name) for name in names]
            train = Examples(torch.cat([b.X for b in batches]), torch.cat([b.y for b in batches]))
            return DataBundle("cifar10", train, _read_cifar(place / "test_batch.bin"), 10)
    return _cifar_by_torchvision(root)


def _cifar_by_torchvision(root: Path) -> DataBundle:
    try:
        from torchvision.datasets import CIFAR10  # type: ignore[import-not-found,unused-ignore]
    except (ImportError, RuntimeError) as problem:  # the latter: built for another torch
        raise FileNotFoundError(
            f"{root} must hold the binary version of CIFAR-10 (cifar-10-batches-bin), or a "
            f"torchvision for this torch must be installed to read the python version: {problem}"
        ) from None
    parts = []
    for train in (True, False):
        try:
            data = CIFAR10(str(root), train=train, download=False)
        except RuntimeError as problem:
            raise FileNotFoundError(f"{root} must hold CIFAR-10, got: {problem}") from None
        images = torch.from_numpy(np.ascontiguousarray(data.data.transpose(0, 3, 1, 2)))
        parts.append(Examples(_scaled(images), torch.tensor(data.targets)))
    return DataBundle("cifar10", parts[0], parts[1], 10)


def _read_cifar(path: Path) -> Examples:
    records = np.fromfile(path, dtype=np.uint8)
    if len(records) == 0 or len(records) % (_IMAGE_BYTES + 1):
        raise error(path.name, f"records of {_IMAGE_BYTES + 1} bytes", f"{len(records)} bytes")
    records = records.reshape(-1, _IMAGE_BYTES + 1)
    if records[:, 0].max() > 9:
        raise error(path.name, "labels 0 to 9", int(records[:, 0].max()))
    images = torch.from_numpy(records[:, 1:].reshape(-1, 3, 32, 32).copy())
    return Examples(_scaled(images), torch.from_numpy(records[:, 0].astype(np.int64)))


def _idx_file(folder: Path, name: str, axes: int) -> Path:
    for place in (folder, folder / "MNIST" / "raw"):
        for form in (f"{name}-idx{axes}-ubyte", f"{name}.idx{axes}-ubyte"):
            for path in (place / form, place / f"{form}.gz"):
                if path.exists():
                    return path
    raise FileNotFoundError(
        f"{name}-idx{axes}-ubyte or its .gz must be in {folder} or {folder}/MNIST/raw"
    )


def _read_idx(path: Path) -> Tensor:
    """Two zero bytes, 8 for unsigned bytes, the number of axes; big-endian sizes; the bytes."""
    opened = gzip.open(path) if path.suffix == ".gz" else path.open("rb")
    try:
        with opened as file:
            data = file.read(_IDX_LIMIT)
    except (EOFError, gzip.BadGzipFile) as problem:
        raise error(path.name, "a whole gzip file", str(problem)) from None
    if len(data) < 4 or data[:3] != b"\x00\x00\x08" or len(data) < 4 + 4 * data[3]:
        raise error(path.name, "an idx file of unsigned bytes", data[:4])
    axes, start = data[3], 4 + 4 * data[3]
    sizes = [int(s) for s in np.frombuffer(data, ">u4", axes, 4)]
    if len(data) - start != int(np.prod(sizes, dtype=object)):
        raise error(path.name, f"{sizes} values", f"{len(data) - start} bytes")
    return torch.from_numpy(np.frombuffer(data, np.uint8, -1, start).copy()).reshape(sizes)


def _scaled(pixels: Tensor) -> Tensor:
    return pixels.float() / 255
