"""Fully connected networks: multilayer, deep linear, linear residual, and the auxiliary head."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from tdlcourse._validate import choice, error, integer, real
from tdlcourse.networks._parameters import generator_or_fixed, normal_parameter

_ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "identity": nn.Identity,
}


class MLP(nn.Module):
    """A fully connected network; the last layer has no activation.

    Args:
        widths: (input, hidden..., output) sizes.
        act: "relu", "tanh", "sigmoid" or "identity".
        bias: whether layers have biases (they start at 0).
        gen: source of the weights, N(0, 2 / fan_in) for ReLU and N(0, 1 / fan_in) otherwise.
        dtype: of the parameters.

    Shape:
        (..., input) to (..., output).

    Source:
        He et al., "Delving deep into rectifiers", ICCV 2015, eq. 10, for the factor 2.
    """

    def __init__(
        self,
        widths: Sequence[int],
        act: str = "relu",
        *,
        bias: bool = True,
        gen: torch.Generator | None = None,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        super().__init__()
        gen, gain = generator_or_fixed(gen), 2.0 if act == "relu" else 1.0
        self.layers = nn.Sequential()
        activation = _ACTIVATIONS[choice("act", act, _ACTIVATIONS)]
        for k, (fan_in, fan_out) in enumerate(pairwise(_widths(widths))):
            if k > 0:
                self.layers.append(activation())
            self.layers.append(_linear(fan_in, fan_out, gain / fan_in, bias, gen, dtype))

    def forward(self, x: Tensor) -> Tensor:
        output: Tensor = self.layers(x)
        return output

    @property
    def weights(self) -> list[Tensor]:
        """The weight matrices, each (out, in), first layer first."""
        return [layer.weight for layer in self.layers if isinstance(layer, nn.Linear)]


class DeepLinear(MLP):
    """The linear network x -> W_H ... W_1 x: a matrix with the loss surface of a deep network.

    Arguments as for `MLP`; there are no biases and no activations.

    Source:
        Saxe, McClelland & Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep
        linear neural networks", ICLR 2014; Arora, Cohen & Hazan, ICML 2018.
    """

    def __init__(
        self,
        widths: Sequence[int],
        *,
        gen: torch.Generator | None = None,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        super().__init__(widths, "identity", bias=False, gen=gen, dtype=dtype)

    def end_to_end(self) -> Tensor:
        """The product W_H ... W_1, of shape (output, input)."""
        product = self.weights[0]
        for W in self.weights[1:]:
            product = W @ product
        return product


class LinearResNet(nn.Module):
    """The linear residual network x -> (I + W_H) ... (I + W_1) x.

    For squared loss its critical points with spectral norms |W_k| < 1 are global minima.

    Args:
        dim: size of input, output and all layers.
        depth: number of layers, >= 1.
        std: of the initial weights, >= 0; 0 starts at the identity.
        gen: source of the weights.
        dtype: of the parameters.

    Shape:
        (..., dim) to (..., dim).

    Source:
        Hardt & Ma, "Identity matters in deep learning", ICLR 2017, section 2.
    """

    def __init__(
        self,
        dim: int,
        depth: int,
        *,
        std: float = 0.0,
        gen: torch.Generator | None = None,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        super().__init__()
        gen, dim = generator_or_fixed(gen), integer("dim", dim, low=1)
        std = real("std", std, low=0)
        self.weights = nn.ParameterList(
            normal_parameter((dim, dim), std**2, gen, dtype)
            for _ in range(integer("depth", depth, low=1))
        )

    def forward(self, x: Tensor) -> Tensor:
        for W in self.weights:
            x = x + x @ W.T
        return x


class AuxHead(nn.Module):
    """A linear classifier on the features of any layer: mean over positions, then logits.

    At the end of a network it is the ordinary classifier. Attached to an intermediate layer, its
    loss, added with weight 0.3, brings gradient to the first layers; it is dropped for prediction.

    Args:
        channels: number of features.
        classes: number of outputs.
        gen: source of the weights, N(0, 1 / channels).
        dtype: of the parameters.

    Shape:
        (n, channels) or (n, channels, height, width) to (n, classes).

    Source:
        Szegedy et al., "Going deeper with convolutions", CVPR 2015, section 5, whose heads also
        have a convolution and a hidden layer.
    """

    def __init__(
        self,
        channels: int,
        classes: int,
        *,
        gen: torch.Generator | None = None,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        super().__init__()
        channels, classes = integer("channels", channels, low=1), integer("classes", classes, low=1)
        self.linear = _linear(channels, classes, 1 / channels, True, generator_or_fixed(gen), dtype)

    def forward(self, features: Tensor) -> Tensor:
        logits: Tensor = self.linear(features.flatten(2).mean(2) if features.ndim > 2 else features)
        return logits


def _linear(
    inputs: int, outputs: int, variance: float, bias: bool, gen: torch.Generator, dtype: torch.dtype
) -> nn.Linear:
    # On "meta" the constructor draws nothing: torch's global generator stays as it was.
    layer = nn.Linear(inputs, outputs, bias=bias, device="meta")
    layer.weight = normal_parameter((outputs, inputs), variance, gen, dtype)
    if bias:
        layer.bias = nn.Parameter(torch.zeros(outputs, dtype=dtype, device=gen.device))
    return layer


def _widths(widths: Sequence[int]) -> list[int]:
    if len(widths) < 2:
        raise error("widths", "at least two sizes, input first", widths)
    return [integer(f"widths[{k}]", w, low=1) for k, w in enumerate(widths)]
