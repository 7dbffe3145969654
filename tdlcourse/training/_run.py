"""What a training run is at a moment, and what of it goes into a checkpoint."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from tdlcourse._validate import error
from tdlcourse.training._batches import Examples
from tdlcourse.training._device import random_state, restore_random_state
from tdlcourse.training._distributed import gathered, rank_and_size
from tdlcourse.training._options import Options

_VERSION = 1


class Run:
    """A run: its place, its history and everything that changes while it trains.

    Attributes:
        model, optimizer: as they were given.
        averaged: torch's AveragedModel, if an average of the weights was asked for.
        epoch: epochs completed.
        batch: batches done of the next one.
        history: a row of numbers for each epoch.
        stopped: whether it was stopped early.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: Optimizer,
        options: Options,
        data: Examples,
        batch_size: int,
        seed: int,
    ) -> None:
        if options.channels_last:
            model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.model, self.optimizer, self.device = model, optimizer, data.X.device
        self.identity = {
            "examples": len(data.X),
            "batch_size": batch_size,
            "seed": seed,
            "accumulate": options.accumulate,
            "processes": rank_and_size()[1],
        }
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=options.amp == "fp16")
        self.schedule = None if options.schedule is None else options.schedule(optimizer)
        self.averaged = None
        if options.ema is not None:
            mean = get_ema_multi_avg_fn(options.ema)  # type: ignore[no-untyped-call]
            self.averaged = AveragedModel(model, multi_avg_fn=mean, use_buffers=True)
        self.patience = options.patience
        self.epoch = self.batch = self.waited = 0
        self.stopped = False
        self.loss_sum = 0.0
        self.history: list[dict[str, float]] = []
        self.best: dict[str, Any] | None = None

    @property
    def judged(self) -> nn.Module:
        """What is validated: the average of the weights if there is one, else the model."""
        return self.model if self.averaged is None else self.averaged

    def with_averages(
        self, step: Callable[[Tensor, Tensor], Tensor]
    ) -> Callable[[Tensor, Tensor], Tensor]:
        """The step, followed by what comes once a step: schedule and average."""
        schedule, averaged, model = self.schedule, self.averaged, self.model
        if schedule is None and averaged is None:
            return step
        skips = self.scaler.is_enabled()

        def whole_step(X: Tensor, y: Tensor) -> Tensor:
            scale = self.scaler.get_scale() if skips else 0.0
            value = step(X, y)
            # fp16: a step whose gradients overflowed was left out, and the scale is smaller now
            if schedule is not None and not (skips and self.scaler.get_scale() < scale):
                schedule.step()
            if averaged is not None:
                averaged.update_parameters(model)
            return value

        return whole_step

    def end_epoch(self, row: dict[str, float]) -> None:
        """Note the epoch's numbers; decide whether to go on."""
        self.epoch, self.batch, self.loss_sum = self.epoch + 1, 0, 0.0
        self.history.append(row)
        if self.patience is None:
            return
        if self.best is None or row["validation_loss"] < self.best["loss"]:
            weights = deepcopy(self.judged.state_dict())
            self.best, self.waited = {"loss": row["validation_loss"], "weights": weights}, 0
        else:
            self.waited += 1
            self.stopped = self.waited >= self.patience

    def go_to_best(self) -> None:
        """Put back the weights of the epoch with the least validation loss, if they were kept."""
        if self.best is not None:
            self.judged.load_state_dict(self.best["weights"])

    def state(self) -> dict[str, Any]:
        """Tensors and plain values from which `load` makes a run that goes on as this one does."""
        return {
            "version": _VERSION,
            "identity": self.identity,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict(),
            "schedule": None if self.schedule is None else self.schedule.state_dict(),
            "averaged": None if self.averaged is None else self.averaged.state_dict(),
            "place": [self.epoch, self.batch, self.waited, self.stopped],
            "loss_sums": gathered(torch.tensor(self.loss_sum, dtype=torch.float64), self.device),
            "history": self.history,
            "best": self.best,
            "random": random_state(),
            "torch_random": gathered(torch.get_rng_state(), self.device),
            "cuda_random": self._cuda_random(),
        }

    def load(self, state: dict[str, Any]) -> None:
        """Become the run that `state` describes.

        Raises:
            ValueError: it is of another run: other data, batches, seed, options or processes.
        """
        if state.get("version") != _VERSION or state.get("identity") != self.identity:
            found = (state.get("version"), state.get("identity"))
            raise error("checkpoint", f"of this run, {(_VERSION, self.identity)}", found)
        for part in ("schedule", "averaged"):
            target = getattr(self, part)
            if (target is None) != (state[part] is None):
                raise error("checkpoint", f"of a run with the same option for {part}", state[part])
            if target is not None:
                target.load_state_dict(state[part])
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.scaler.load_state_dict(state["scaler"])
        self.epoch, self.batch, self.waited, self.stopped = state["place"]
        self.loss_sum = float(state["loss_sums"][rank_and_size()[0]])
        self.history, self.best = state["history"], state["best"]
        self._restore_random(state)

    def _cuda_random(self) -> list[Tensor]:
        if self.device.type != "cuda":
            return []
        return gathered(torch.cuda.get_rng_state(self.device), self.device)

    def _restore_random(self, state: dict[str, Any]) -> None:
        rank = rank_and_size()[0]
        restore_random_state(state["random"])
        torch.set_rng_state(state["torch_random"][rank].cpu())
        if state["cuda_random"] and self.device.type == "cuda":
            torch.cuda.set_rng_state(state["cuda_random"][rank].cpu(), self.device)
