"""Many small classifiers at once: every combination of widths, seeds and learning rates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

import torch
from torch import Tensor

from tdlcourse._validate import error, integer, real
from tdlcourse.ensemble import Layer, minibatches, mlp_layers, mlp_outputs, mlp_parameters
from tdlcourse.ensemble import train_mlps as _train
from tdlcourse.training._batches import Examples

_AT_ONCE = 64  # networks evaluated at a time


class Member(NamedTuple):
    """One network of an ensemble."""

    hidden: tuple[int, ...]
    seed: int
    rate: float


class EnsembleTrainer:
    """K multilayer perceptrons, trained together by stochastic gradient descent.

    Networks of one architecture are one matrix of parameters (`tdlcourse.ensemble`); a step of all
    of them costs a few batched products, or microseconds a network on a CPU.

    Args:
        inputs: number of features.
        classes: number of labels.
        hidden: the architectures, each a tuple of widths of hidden layers.
        seeds: of initial weights and of the order of examples.
        rates: learning rates.
        activation: "relu" or "tanh".
        device: where to train.

    Attributes:
        members: the K networks, in the order of every result.
        losses: (K, steps) mean cross-entropy before each step so far.
    """

    def __init__(
        self,
        inputs: int,
        classes: int,
        *,
        hidden: Sequence[Sequence[int]],
        seeds: Sequence[int],
        rates: Sequence[float],
        activation: str = "relu",
        device: torch.device | str = "cpu",
    ) -> None:
        shapes = [tuple(integer("hidden", w, low=1) for w in widths) for widths in hidden]
        if len(set(shapes)) != len(shapes) or not shapes:
            raise error("hidden", "at least one architecture, each once", shapes)
        rates = [real("rates", rate, low=0, open_low=True) for rate in rates]
        self.members = [Member(*m) for m in product(shapes, list(seeds), rates)]
        if not self.members:
            raise error("seeds and rates", "at least one each", (len(seeds), len(rates)))
        self.activation = activation
        self.losses = torch.empty(len(self.members), 0, device=device)
        self._widths = [[inputs, *shape, classes] for shape in shapes]
        per_shape = [m.seed for m in self.members[: len(self.members) // len(shapes)]]
        self._parameters = [mlp_parameters(w, per_shape).to(device) for w in self._widths]

    def fit(self, data: Examples, *, steps: int, batch_size: int) -> None:
        """Train every network for `steps` more steps on its own minibatches.

        Raises:
            TypeError, ValueError: as `tdlcourse.ensemble.train_mlps`.
        """
        done, losses = self.losses.shape[1], []
        for k, (widths, members) in enumerate(self._groups()):
            # the orders are drawn from the start, so that two calls of fit equal one longer call
            batches = minibatches(len(data.X), batch_size, done + steps, [m.seed for m in members])
            self._parameters[k], loss = _train(
                self._parameters[k],
                widths,
                data.X,
                data.y,
                torch.tensor([m.rate for m in members]),
                batches[:, done:],
                activation=self.activation,
            )
            losses.append(loss)
        self.losses = torch.cat([self.losses, torch.cat(losses).to(self.losses)], 1)

    def accuracies(self, data: Examples) -> Tensor:
        """(K,) part of the examples that each network classifies correctly."""
        right = []
        for k, (widths, _) in enumerate(self._groups()):
            every = self._parameters[k]
            for first in range(0, len(every), _AT_ONCE):
                layers = mlp_layers(every[first : first + _AT_ONCE], widths)
                outputs = mlp_outputs(layers, data.X, self.activation)[-1]
                right.append((outputs.argmax(-1) == data.y).float().mean(-1))
        return torch.cat(right)

    def layers(self, k: int) -> list[Layer]:
        """Weights (out, in) and biases (out,) of network number k."""
        per_shape = len(self.members) // len(self._widths)
        group, row = divmod(integer("k", k, low=0, high=len(self.members) - 1), per_shape)
        layers = mlp_layers(self._parameters[group], self._widths[group])
        return [Layer(layer.weight[row], layer.bias[row]) for layer in layers]

    def _groups(self) -> Iterator[tuple[list[int], list[Member]]]:
        size = len(self.members) // len(self._widths)
        for k, widths in enumerate(self._widths):
            yield widths, self.members[k * size : (k + 1) * size]
