"""Normalisation layers forward and backward: batch, layer, group, instance, weight; and dropout.

The first four do the same thing to different sets of entries. For x of shape (N, C, H, W):

    batch      a mean for each channel, over N, H, W
    layer      a mean for each example, over C, H, W
    group      a mean for each example and group of channels
    instance   a mean for each example and channel, over H, W

Each standardises, x^ = (x - mean) / sqrt(var + eps) with the *biased* variance, and returns
y = gamma x^ + beta together with a cache for `norm_bwd`, which is the backward pass of all four.
Features are standardised one by one: none of these layers decorrelates ("whitens") them.
"""

from tdlcourse.normalization._dropout import (
    dropout,
)
from tdlcourse.normalization._layers import (
    BatchNorm,
    Normalized,
    NormCache,
    NormGradients,
    RunningStats,
    batchnorm_fwd,
    groupnorm_fwd,
    instancenorm_fwd,
    layernorm_fwd,
    norm_bwd,
)
from tdlcourse.normalization._weightnorm import (
    weightnorm_bwd,
    weightnorm_fwd,
)

__all__ = [
    "BatchNorm",
    "NormCache",
    "NormGradients",
    "Normalized",
    "RunningStats",
    "batchnorm_fwd",
    "dropout",
    "groupnorm_fwd",
    "instancenorm_fwd",
    "layernorm_fwd",
    "norm_bwd",
    "weightnorm_bwd",
    "weightnorm_fwd",
]
