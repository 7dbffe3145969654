"""Stochastic gradient descent of small networks, one after the other: the inner loop of `ensemble`.

A network of a few thousand weights and its minibatch fit into the first cache level, where the
eleven matrix products of a step take microseconds; what a step usually costs is everything around
them. Compiled by numba; without it `ensemble` takes its other way, batched products in torch.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from tdlcourse._compiled import Ints, compiled

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]  # float32 or float64


@compiled
def train(
    parameters: Array,
    widths: Ints,
    inputs: Array,
    labels: Ints,
    rates: Array,
    batches: Ints,
    tanh: bool,
    losses: Array,
) -> None:
    """Train in place; arguments as in `ensemble.train_mlps`, losses (K, S) is filled."""
    size = batches.shape[2]
    starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(widths))) * size
    units = np.empty(starts[-1], parameters.dtype)  # all layers' activations (size, width)
    signals = np.empty_like(units)  # and the derivatives of the loss in their inputs
    gradient, scratch = np.empty_like(parameters[0]), np.empty_like(parameters[0])
    for k in range(len(parameters)):
        weights = parameters[k]
        for s in range(batches.shape[1]):
            first_layer = units[: starts[1]].reshape(size, widths[0])
            for b in range(size):
                row = batches[k, s, b]
                for i in range(widths[0]):
                    first_layer[b, i] = inputs[row, i]
            _forward(weights, widths, starts, units, size, tanh)
            losses[k, s] = _output_signal(units, signals, starts, labels, batches[k, s], widths[-1])
            _backward(weights, widths, starts, units, signals, gradient, scratch, size, tanh)
            gradient *= rates[k]
            weights -= gradient


@compiled
def _forward(
    weights: Array, widths: Ints, starts: Ints, units: Array, size: int, tanh: bool
) -> None:
    first = 0
    for layer in range(len(widths) - 1):
        fan_in, fan_out = widths[layer], widths[layer + 1]
        bias = first + fan_out * fan_in
        w = weights[first:bias].reshape(fan_in, fan_out)
        below = units[starts[layer] : starts[layer + 1]].reshape(size, fan_in)
        above = units[starts[layer + 1] : starts[layer + 2]].reshape(size, fan_out)
        np.dot(below, w, above)
        hidden = layer < len(widths) - 2
        first = bias + fan_out
        above += weights[bias:first]
        if hidden and tanh:
            np.tanh(above, above)
        elif hidden:
            np.maximum(above, 0, above)


@compiled
def _output_signal(
    units: Array, signals: Array, starts: Ints, labels: Ints, batch: Ints, classes: int
) -> float:
    """Mean cross-entropy; its derivative in the logits goes to `signals`."""
    loss, size = 0.0, len(batch)
    for b in range(size):
        first = starts[-2] + b * classes
        top = units[first]
        for o in range(1, classes):
            top = max(top, units[first + o])
        total = units[first] - units[first]  # 0 in the dtype of the network
        for o in range(classes):
            signals[first + o] = np.exp(units[first + o] - top)
            total += signals[first + o]
        for o in range(classes):
            signals[first + o] /= total * size
        right = first + labels[batch[b]]
        signals[right] -= 1 / size
        loss += np.log(total) + top - units[right]
    return loss / size


@compiled
def _backward(
    weights: Array,
    widths: Ints,
    starts: Ints,
    units: Array,
    signals: Array,
    gradient: Array,
    scratch: Array,
    size: int,
    tanh: bool,
) -> None:
    last = len(gradient)
    for layer in range(len(widths) - 2, -1, -1):
        fan_in, fan_out = widths[layer], widths[layer + 1]
        bias = last - fan_out
        first = bias - fan_out * fan_in
        below = units[starts[layer] : starts[layer + 1]].reshape(size, fan_in)
        signal = signals[starts[layer + 1] : starts[layer + 2]].reshape(size, fan_out)
        np.dot(below.T, signal, gradient[first:bias].reshape(fan_in, fan_out))
        slope = gradient[bias:last]
        slope[:] = 0
        for b in range(size):
            slope += signal[b]
        last = first
        if layer == 0:
            return
        back = signals[starts[layer] : starts[layer + 1]].reshape(size, fan_in)
        w = weights[first:bias].reshape(fan_in, fan_out)
        turned = scratch[: fan_out * fan_in].reshape(fan_out, fan_in)
        for o in range(fan_out):  # cheaper than what BLAS does to multiply by a transposed matrix
            for i in range(fan_in):
                turned[o, i] = w[i, o]
        np.dot(signal, turned, back)
        zero = weights.dtype.type(0)
        for b in range(size):  # a loop: a mask would be converted number by number
            for i in range(fan_in):
                if tanh:
                    back[b, i] -= back[b, i] * below[b, i] * below[b, i]
                else:
                    back[b, i] = back[b, i] if below[b, i] > 0 else zero
