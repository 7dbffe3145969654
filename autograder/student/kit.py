"""Public factories for what can't cross the wire: functions, models and generators from plain data.

A test builds one in the student's process with `student.make(kit.quadratic, matrix=a)` and its own
from the same data. Nothing here holds an answer to a question.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def quadratic(matrix: Any, offset: Any = None) -> Callable[[Any], Any]:
    """The function w -> (1/2) w' A w - b' w on torch tensors.

    Args:
        matrix: (d, d) array or tensor A.
        offset: (d,) array or tensor b, zero if absent.
    """
    import torch

    a = torch.as_tensor(matrix)
    b = torch.zeros(a.shape[0], dtype=a.dtype) if offset is None else torch.as_tensor(offset)
    return lambda w: 0.5 * w @ a @ w - b @ w


def polynomial(coefficients: Any) -> Callable[[Any], Any]:
    """The function x -> sum over k of c[k] * x**k, elementwise."""
    values = [float(c) for c in coefficients]

    def evaluate(x: Any) -> Any:
        total = 0.0 * x
        for c in reversed(values):
            total = total * x + c
        return total

    return evaluate


def mlp(weights: Any, biases: Any, activation: str = "relu") -> Callable[[Any], Any]:
    """A multilayer perceptron x -> W_L a(... a(W_1 x + b_1) ...) + b_L on torch tensors (n, d).

    Args:
        weights: list of (out, in) arrays.
        biases: list of (out,) arrays.
        activation: "relu", "tanh", "sigmoid" or "identity", between layers.
    """
    import torch

    act: dict[str, Callable[[Any], Any]] = {
        "relu": torch.relu,
        "tanh": torch.tanh,
        "sigmoid": torch.sigmoid,
        "identity": lambda u: u,
    }
    ws = [torch.as_tensor(w) for w in weights]
    bs = [torch.as_tensor(b) for b in biases]

    def forward(x: Any) -> Any:
        for i, (w, b) in enumerate(zip(ws, bs, strict=True)):
            x = x @ w.T + b
            if i < len(ws) - 1:
                x = act[activation](x)
        return x

    return forward


def torch_generator(seed: int) -> Any:
    """A torch.Generator on the CPU with the given seed."""
    import torch

    return torch.Generator().manual_seed(seed)


FACTORIES: dict[str, Callable[..., Any]] = {
    factory.__name__: factory for factory in (quadratic, polynomial, mlp, torch_generator)
}
