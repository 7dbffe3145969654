"""Many small networks trained at once: each with its own seed, learning rate and minibatches.

An ensemble of K networks of one architecture is a matrix of K rows, each what
`torch.nn.utils.parameters_to_vector` gives for nn.Sequential(Linear, activation, Linear, ...): all
weights (out, in) and biases, layer by layer. Training them one after the other in torch spends its
time on calls, not on arithmetic; here a step is a few microseconds on a CPU (compiled by numba), or
one batched product a layer (torch; on any device).

Networks of different widths fit into one ensemble by padding the narrow ones with zero weights and
biases: a unit with no input and no output has zero gradients and stays so, for ReLU and tanh.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from tdlcourse._tensors import float_tensor
from tdlcourse._validate import Array, choice, error, float_array, int_array, integer

_ACTIVATIONS = {"relu": torch.relu, "tanh": torch.tanh}
_BLOCK = 64  # networks at a time on a CPU: the layers stay in the cache


class Layer(NamedTuple):
    """One layer of all networks; views of the parameter matrix."""

    weight: Tensor  # (K, out, in)
    bias: Tensor  # (K, out)


def mlp_parameters(
    widths: Sequence[int], seeds: Sequence[int], *, dtype: torch.dtype = torch.float32
) -> Tensor:
    """Parameters of K freshly initialised networks, one a seed.

    Args:
        widths: units of each layer, input and output included, at least two.
        seeds: K seeds.
        dtype: float32 or float64.

    Returns:
        (K, P) matrix. Row k holds the numbers that nn.Linear layers of that dtype draw after
        torch.manual_seed(seeds[k]): uniform on +-1 / sqrt(fan_in), weight before bias. No global
        generator is touched.

    Raises:
        TypeError, ValueError: widths or seeds are not such numbers.
    """
    widths = _checked_widths(widths)
    rows = []
    for seed in seeds:
        gen = torch.Generator().manual_seed(integer("seeds", seed))
        for fan_in, fan_out in pairwise(widths):
            weight, bias = (
                torch.empty(fan_out, fan_in, dtype=dtype),
                torch.empty(fan_out, dtype=dtype),
            )
            rows.append(nn.init.kaiming_uniform_(weight, a=math.sqrt(5), generator=gen).flatten())
            bound = 1 / math.sqrt(fan_in)
            rows.append(bias.uniform_(-bound, bound, generator=gen))
    if not rows:
        raise error("seeds", "at least one seed", seeds)
    return torch.cat(rows).reshape(-1, _size(widths))


def minibatches(n: int, size: int, steps: int, seeds: Sequence[int]) -> Tensor:
    """Which examples each of K networks sees at each step: its own shuffled epochs.

    Args:
        n: number of examples, >= size.
        size: examples a step, >= 1; what is left of an epoch is dropped.
        steps: number of steps, >= 0.
        seeds: K seeds of the orders.

    Returns:
        (K, steps, size) int64 indices.

    Raises:
        TypeError, ValueError: an argument is not such a number.
    """
    n, size = integer("n", n, low=1), integer("size", size, low=1, high=n)
    steps, each = integer("steps", steps, low=0), n // size
    orders = []
    for seed in seeds:
        gen = torch.Generator().manual_seed(integer("seeds", seed))
        epochs = [torch.randperm(n, generator=gen)[: each * size] for _ in range(-(-steps // each))]
        orders.append(torch.cat([torch.empty(0, dtype=torch.int64), *epochs])[: steps * size])
    if not orders:
        raise error("seeds", "at least one seed", seeds)
    return torch.stack(orders).reshape(len(orders), steps, size)


def mlp_layers(parameters: Tensor, widths: Sequence[int]) -> list[Layer]:
    """Weights and biases of all networks, as views of their (K, P) parameter matrix.

    Raises:
        ValueError: P does not belong to these widths.
    """
    widths = _checked_widths(widths)
    float_array("parameters", parameters, shape=("K", _size(widths)))
    layers, first = [], 0
    for fan_in, fan_out in pairwise(widths):
        bias = first + fan_out * fan_in
        weight = parameters[:, first:bias].reshape(-1, fan_out, fan_in)
        first = bias + fan_out
        layers.append(Layer(weight, parameters[:, bias:first]))
    return layers


def mlp_outputs(layers: Sequence[Layer], inputs: Tensor, activation: str = "relu") -> list[Tensor]:
    """What every layer of every network puts out, the inputs first, the logits last.

    Args:
        layers: from `mlp_layers`.
        inputs: (n, d), the same for all networks, or (K, n, d).
        activation: "relu" or "tanh", between the layers.

    Returns:
        Tensors (K, n, width); only the first may lack its K.

    Raises:
        ValueError: an unknown activation.
    """
    act = _ACTIVATIONS[choice("activation", activation, _ACTIVATIONS)]
    outputs = [inputs]
    for i, layer in enumerate(layers):
        sums = outputs[-1] @ layer.weight.mT + layer.bias[:, None]
        outputs.append(act(sums) if i + 1 < len(layers) else sums)
    return outputs


def mlp_gradients(
    layers: Sequence[Layer], inputs: Tensor, labels: Tensor, activation: str = "relu"
) -> tuple[Tensor, list[Layer]]:
    """Mean cross-entropy of each network on its batch, and its gradients, by backpropagation.

    Written out, not by autograd: a fixed sequence of batched products, ready for a CUDA graph.

    Args:
        layers: from `mlp_layers`.
        inputs: (K, B, d), one batch a network.
        labels: (K, B) int64.
        activation: "relu" or "tanh".

    Returns:
        (K,) losses and the gradients, in the form of layers.

    Raises:
        ValueError: an unknown activation.
    """
    outputs = mlp_outputs(layers, inputs, activation)
    log_p = outputs[-1].log_softmax(-1)
    right = labels[..., None]
    losses = -log_p.gather(-1, right).mean((1, 2))
    signal = log_p.exp()
    signal = signal.scatter_add(-1, right, -torch.ones_like(right, dtype=signal.dtype))
    signal = signal / labels.shape[1]
    gradients = []
    for layer, below in zip(reversed(layers), reversed(outputs[:-1]), strict=True):
        gradients.append(Layer(signal.mT @ below, signal.sum(1)))
        slope = below > 0 if activation == "relu" else 1 - below.square()
        signal = signal @ layer.weight * slope
    return losses, gradients[::-1]


def train_mlps(
    parameters: Array,
    widths: Sequence[int],
    X: Array,
    y: Array,
    rates: Array,
    batches: Array,
    *,
    activation: str = "relu",
) -> tuple[Tensor, Tensor]:
    """Parameters and losses of K networks after stochastic gradient descent.

    Args:
        parameters: (K, P) starts, float32 or float64, from `mlp_parameters`; left unchanged.
        widths: units of each layer.
        X: (n, d) inputs of all networks.
        y: (n,) int64 labels.
        rates: (K,) learning rates.
        batches: (K, S, B) indices of the examples of each step, B >= 1, from `minibatches`.
        activation: "relu" or "tanh".

    Returns:
        (K, P) trained parameters and (K, S) mean cross-entropies before each step, with dtype and
        device of parameters: to rounding those of K loops with nn.Sequential and torch.optim.SGD.

    Raises:
        ValueError, TypeError: shapes disagree, or a label or an index is out of range.
    """
    start = float_tensor("parameters", parameters).detach()
    widths = _checked_widths(widths)
    count = start.shape[0] if start.ndim else 0
    mlp_layers(start, widths)
    inputs = float_tensor("X", X, shape=("n", widths[0]), like=start)
    n = inputs.shape[0]
    labels = int_array("y", y, shape=(n,), low=0, high=widths[-1], like=start)
    rates = float_tensor("rates", rates, shape=(count,), like=start)
    batches = int_array("batches", batches, shape=(count, "S", "B"), low=0, high=n, like=start)
    if batches.shape[2] == 0:
        raise error("batches", "of shape (K, S, B) with B >= 1", tuple(batches.shape))
    choice("activation", activation, _ACTIVATIONS)
    if start.device.type == "cpu" and _has_numba():
        return _train_compiled(start, widths, inputs, labels, rates, batches, activation)
    return _train_batched(start, widths, inputs, labels, rates, batches, activation)


def _train_batched(
    start: Tensor,
    widths: Sequence[int],
    inputs: Tensor,
    labels: Tensor,
    rates: Tensor,
    batches: Tensor,
    activation: str,
) -> tuple[Tensor, Tensor]:
    trained, losses = start.clone(), start.new_empty(batches.shape[:2])
    block = _BLOCK if start.device.type == "cpu" else max(len(start), 1)
    for first in range(0, len(start), block):
        members = slice(first, first + block)
        layers, rate = mlp_layers(trained[members], widths), rates[members, None]
        for s in range(batches.shape[1]):
            batch = batches[members, s]
            losses[members, s], slopes = mlp_gradients(
                layers, inputs[batch], labels[batch], activation
            )
            for layer, slope in zip(layers, slopes, strict=True):
                layer.weight.sub_(rate[..., None] * slope.weight)
                layer.bias.sub_(rate * slope.bias)
    return trained, losses


def _train_compiled(
    start: Tensor,
    widths: Sequence[int],
    inputs: Tensor,
    labels: Tensor,
    rates: Tensor,
    batches: Tensor,
    activation: str,
) -> tuple[Tensor, Tensor]:
    from tdlcourse._ensemble_loop import train

    turned = _turned(start, widths, to_loop=True)
    losses = start.new_empty(batches.shape[:2])
    x, y, rate, order = (t.contiguous().numpy() for t in (inputs, labels, rates, batches))
    tanh = activation == "tanh"
    train(turned.numpy(), np.array(widths), x, y, rate, order, tanh, losses.numpy())
    return _turned(turned, widths, to_loop=False), losses


def _turned(parameters: Tensor, widths: Sequence[int], *, to_loop: bool) -> Tensor:
    """A copy with weights as (in, out), the order the compiled loop multiplies fastest, or back."""
    rows, first = [], 0
    for fan_in, fan_out in pairwise(widths):
        bias = first + fan_out * fan_in
        shape = (fan_out, fan_in) if to_loop else (fan_in, fan_out)
        rows.append(parameters[:, first:bias].reshape(-1, *shape).mT.flatten(1))
        first = bias + fan_out
        rows.append(parameters[:, bias:first])
    return torch.cat(rows, 1)


def _has_numba() -> bool:
    try:
        import numba  # noqa: F401 - only asked whether it is there
    except ImportError:
        return False
    return True


def _checked_widths(widths: Sequence[int]) -> list[int]:
    checked = [integer("widths", width, low=1) for width in widths]
    if len(checked) < 2:
        raise error("widths", "at least two numbers", widths)
    return checked


def _size(widths: Sequence[int]) -> int:
    return sum((fan_in + 1) * fan_out for fan_in, fan_out in pairwise(widths))
