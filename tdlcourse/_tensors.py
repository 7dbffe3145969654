"""Arguments of functions that compute in torch whatever they are given."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

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


def model_input(name: str, value: object, model: object, *, shape: Shape | None = None) -> Tensor:
    """value as an input of the model: a tensor as it is, else with the model's dtype and device.

    Args:
        name, value, shape: as for `float_array`.
        model: a module's first floating parameter is asked; other callables get `float_tensor`.

    Raises:
        TypeError, ValueError: as `float_array`.
    """
    parameters = model.parameters() if isinstance(model, nn.Module) else ()
    like = next((p for p in parameters if p.is_floating_point()), None)
    return float_tensor(name, value, shape=shape, like=None if is_tensor(value) else like)
