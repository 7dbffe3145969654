"""Parameters: how many a network has, and how they are drawn."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import torch
from torch import nn

from tdlcourse._validate import Array, error


def param_count(parameters: nn.Module | Iterable[Array]) -> int:
    """The number of scalar parameters; a parameter that is used twice counts once.

    Args:
        parameters: a module, or arrays such as `[*Ws, *bs]`.

    Returns:
        The count. Buffers, such as running means, are not parameters.

    Source:
        AlexNet with its two groups has 60,965,224 (Krizhevsky et al. 2012 say "60 million").
    """
    arrays = parameters.parameters() if isinstance(parameters, nn.Module) else parameters
    return sum(math.prod(a.shape) for a in {id(a): a for a in arrays}.values())


def normal_parameter(
    shape: Sequence[int], variance: float, gen: torch.Generator, dtype: torch.dtype
) -> nn.Parameter:
    """A parameter with independent N(0, variance) entries, on the generator's device."""
    sample = torch.randn(*shape, generator=gen, dtype=dtype, device=gen.device)
    return nn.Parameter(math.sqrt(variance) * sample)


def generator_or_fixed(gen: torch.Generator | None) -> torch.Generator:
    """gen itself, or for None a fresh generator that always starts alike."""
    if gen is not None and not isinstance(gen, torch.Generator):
        raise error("gen", "a torch.Generator or None", gen, TypeError)
    return torch.Generator().manual_seed(0) if gen is None else gen
