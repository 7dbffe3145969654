"""Residual networks for small images."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import pad, relu

from tdlcourse._validate import choice, error, integer
from tdlcourse.networks._dense import AuxHead
from tdlcourse.networks._parameters import generator_or_fixed, normal_parameter


def resnet_cifar(
    depth: int,
    shortcut: str = "A",
    *,
    preactivation: bool = False,
    classes: int = 10,
    gen: torch.Generator | None = None,
    dtype: torch.dtype = torch.float64,
) -> nn.Sequential:
    """The residual network of He et al. for 32x32 images, of depth 6n + 2.

    A 3x3 convolution, three stages of n units with 16, 32 and 64 channels, global average pooling
    and a linear layer. Convolutions have no bias. With shortcut A the depths 20, 32, 44, 56, 110,
    1202 have 269,722, 464,154, 658,586, 853,018, 1,727,962 and 19,421,274 parameters; shortcut B
    adds 2,752, with preactivation 2,560 (its 1x1 convolutions have no BN).

    Args:
        depth: number of layers with weights, 8, 14, 20, ...
        shortcut: "A" (identity, zeros for new channels), "B" (1x1 convolution where the shape
            changes) or "none" (the plain network that He et al. compare with).
        preactivation: BN and ReLU before each convolution, and once more at the end.
        classes: number of outputs.
        gen: source of the weights, N(0, 2 / fan_in).
        dtype: of the parameters.

    Returns:
        Module from (n, 3, h, w) to (n, classes).

    Raises:
        TypeError: depth or classes is not an integer.
        ValueError: depth is not 6n + 2, an unknown shortcut, or classes < 1.

    Source:
        He et al., "Deep residual learning for image recognition", CVPR 2016, section 4.2, which
        uses option A; "Identity mappings in deep residual networks", ECCV 2016, for preactivation.
        There the first convolution is followed by BN and ReLU before the first unit splits; here
        its output goes as it is into the shortcut, so that all units are alike.
    """
    units, rest = divmod(integer("depth", depth, low=8) - 2, 6)
    if rest:
        raise error("depth", "6n + 2 (8, 14, 20, ...)", depth)
    choice("shortcut", shortcut, ("A", "B", "none"))
    gen, channels = generator_or_fixed(gen), 16
    net = nn.Sequential(_conv(3, channels, 3, 1, gen, dtype))
    if not preactivation:
        net.extend([_batchnorm(channels, gen, dtype), nn.ReLU()])
    for outputs in [16] * units + [32] * units + [64] * units:
        net.append(_ResidualUnit(channels, outputs, shortcut, preactivation, gen, dtype))
        channels = outputs
    if preactivation:
        net.extend([_batchnorm(channels, gen, dtype), nn.ReLU()])
    return net.append(AuxHead(channels, classes, gen=gen, dtype=dtype))


class _ResidualUnit(nn.Module):
    """Two 3x3 convolutions beside a shortcut, post-activation (2015) or pre-activation (2016)."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        shortcut: str,
        preactivation: bool,
        gen: torch.Generator,
        dtype: torch.dtype,
    ) -> None:
        super().__init__()
        self.stride = outputs // inputs  # a stage that doubles the channels halves the image
        self.extra_channels = outputs - inputs
        self.shortcut = shortcut
        self.preactivation = preactivation
        self.bn1 = _batchnorm(inputs if preactivation else outputs, gen, dtype)
        self.bn2 = _batchnorm(outputs, gen, dtype)
        self.conv1 = _conv(inputs, outputs, 3, self.stride, gen, dtype)
        self.conv2 = _conv(outputs, outputs, 3, 1, gen, dtype)
        if shortcut == "B" and self.extra_channels:
            self.project = nn.Sequential(_conv(inputs, outputs, 1, self.stride, gen, dtype))
            if not preactivation:
                self.project.append(_batchnorm(outputs, gen, dtype))

    def forward(self, x: Tensor) -> Tensor:
        if self.preactivation:
            residual: Tensor = self.conv1(relu(self.bn1(x)))
            residual = self.conv2(relu(self.bn2(residual)))
            return residual + self._skip(x)
        residual = relu(self.bn1(self.conv1(x)))
        residual = self.bn2(self.conv2(residual))
        return relu(residual + self._skip(x))

    def _skip(self, x: Tensor) -> Tensor | float:
        if self.shortcut == "none":
            return 0.0
        if self.shortcut == "B" and self.extra_channels:
            projected: Tensor = self.project(x)
            return projected
        subsampled = x[:, :, :: self.stride, :: self.stride]
        return pad(subsampled, (0, 0, 0, 0, 0, self.extra_channels))  # zeros as last channels


def _conv(
    inputs: int, outputs: int, kernel: int, stride: int, gen: torch.Generator, dtype: torch.dtype
) -> nn.Conv2d:
    conv = nn.Conv2d(
        inputs, outputs, kernel, stride, kernel // 2, bias=False, dtype=dtype, device="meta"
    )
    conv.weight = normal_parameter(conv.weight.shape, 2 / (inputs * kernel**2), gen, dtype)
    return conv


def _batchnorm(channels: int, gen: torch.Generator, dtype: torch.dtype) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, dtype=dtype, device=gen.device)
