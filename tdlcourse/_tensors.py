"""Arguments of functions that compute in torch whatever they are given."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from tdlcourse._validate import Array, Shape, float_array, is_tensor, numpy_array


def float_tensor(
    name: str, value: object, *, shape: Shape | None = None, like: Tensor | None = None
) -> Tensor:
    """value as a tensor: itself if it is one, else a copy, in torch's default order.

    torch neither takes numpy's negative strides nor keeps an array read-only; hence the copy.

    Args:
        name, value, shape, like: as for `float_array`.

    Raises:
        TypeError, ValueError: as `float_array`.
    """
    if not is_tensor(value):
        value = np.array(numpy_array(name, value), order="C")
    array: Array = float_array(name, value, shape=shape, like=like)
    return array if isinstance(array, Tensor) else torch.from_numpy(array)
