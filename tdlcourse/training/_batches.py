"""Examples in memory, on the device where they are used, and the order in which they are seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad

from tdlcourse._validate import error, integer


class Examples(NamedTuple):
    """Inputs and labels, one a row."""

    X: Tensor
    y: Tensor

    def to(self, device: torch.device | str) -> Examples:
        """The same examples on a device."""
        return Examples(self.X.to(device), self.y.to(device))

    def checked(self, name: str) -> Examples:
        """Itself, if inputs and labels belong together.

        Raises:
            ValueError: they are of different or zero length.
        """
        if len(self.X) != len(self.y) or len(self.X) == 0:
            found = (len(self.X), len(self.y))
            raise error(name, "as many inputs as labels, at least one", found)
        return self


def epoch_order(n: int, seed: int, epoch: int) -> Tensor:
    """The order (n,) in which epoch number `epoch` sees the examples.

    It depends on nothing but the arguments, so a run that was interrupted finds its place again.
    """
    # splitmix64: neighbouring (seed, epoch) must not give neighbouring seeds of the generator.
    mixed = (integer("seed", seed, low=0) * 0x9E3779B97F4A7C15 + epoch + 1) % 2**64
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB % 2**64
    return torch.randperm(n, generator=torch.Generator().manual_seed(mixed >> 1))


def batches_of_epoch(
    data: Examples, size: int, seed: int, epoch: int, *, first: int = 0, share: slice | None = None
) -> Iterator[tuple[Tensor, Tensor]]:
    """Full batches of one epoch, from number `first` on; what is left at the end is dropped.

    Args:
        data: all examples.
        size: examples a batch.
        seed, epoch: of the order.
        first: batches to skip.
        share: the part of each batch for this process.
    """
    order = epoch_order(len(data.X), seed, epoch)[first * size :].to(data.X.device)
    X, y = data
    for batch in order[: len(order) - len(order) % size].split(size):  # type: ignore[no-untyped-call]
        chosen = batch if share is None else batch[share]
        yield X[chosen], y[chosen]


def augment_images(images: Tensor, padding: int = 4) -> Tensor:
    """Images (n, c, h, w), each shifted by up to `padding` pixels and mirrored at random.

    The usual augmentation of CIFAR, on the images' device; draws from torch's global generator.

    Source:
        Lee et al., "Deeply-supervised nets", AISTATS 2015, section 4.1; He et al., CVPR 2016.
    """
    n, _, height, width = images.shape
    padding = integer("padding", padding, low=0)
    padded = pad(images, (padding,) * 4)
    shift = torch.randint(2 * padding + 1, (2, n, 1), device=images.device)
    rows = shift[0] + torch.arange(height, device=images.device)
    columns = shift[1] + torch.arange(width, device=images.device)
    mirrored = torch.rand(n, 1, device=images.device) < 0.5
    columns = torch.where(mirrored, columns.flip(1), columns)
    which = torch.arange(n, device=images.device)[:, None, None]
    shifted = padded[which, :, rows[:, :, None], columns[:, None, :]]  # (n, h, w, c)
    return shifted.permute(0, 3, 1, 2)
