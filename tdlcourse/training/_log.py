"""A run's numbers: losses are collected on the device and read only when something is due."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from tdlcourse.training._batches import Examples
from tdlcourse.training._distributed import mean_over_processes, rank_and_size
from tdlcourse.training._measure import flops_per_example, peak_memory
from tdlcourse.training._options import Options
from tdlcourse.training._run import Run


class Log:
    """Rows for recorders and history.

    Attributes:
        losses: of the steps since the last row; the loop appends to it.
    """

    def __init__(
        self,
        run: Run,
        options: Options,
        data: Examples,
        loss: Callable[[Tensor, Tensor], Tensor],
        batch_size: int,
        epochs: int,
    ) -> None:
        self.run, self.options, self.device = run, options, data.X.device
        self.size, self.epochs = batch_size, epochs
        self.per_epoch = len(data.X) // batch_size
        self.losses: list[Tensor] = []
        self.peak = options.peak_flops
        if self.peak is not None:
            self.flops = flops_per_example(run.model, Examples(data.X[:2], data.y[:2]), loss)
        self.recorders = options.recorders if rank_and_size()[0] == 0 else ()
        self.first = self.steps_done()
        self.began = time.perf_counter()
        self.begin_epoch()
        for recorder in self.recorders:
            recorder.resume(self.first)

    def begin_epoch(self) -> None:
        """Speeds count from here: of the epoch, and of the steps until the next row."""
        self.epoch_mark = self.mark = (self.steps_done(), time.perf_counter())

    def steps_done(self) -> int:
        """Steps over all epochs."""
        return self.run.epoch * self.per_epoch + self.run.batch

    def next_due(self) -> int:
        """The number of batches of this epoch after which something is to be written next."""
        batch, options = self.run.batch, self.options
        periods = [options.log_every]
        if options.checkpoint is not None and options.checkpoint_every:
            periods.append(options.checkpoint_every)
        return min(batch - batch % period + period for period in periods)

    def step_row(self) -> None:
        """Read the losses; tell the recorders if a log is due."""
        recent = self._read_losses()
        if self.recorders and self.run.batch % self.options.log_every == 0:
            self.tell("step", self._row(self.run.epoch, recent, self.mark))
            self.mark = (self.steps_done(), time.perf_counter())

    def epoch_row(self) -> dict[str, float]:
        """Mean loss of the epoch, speed and the like."""
        self._read_losses()
        mean = self.run.loss_sum / max(self.run.batch, 1)
        mean = float(mean_over_processes(torch.tensor(mean, device=self.device)))
        return self._row(self.run.epoch + 1, mean, self.epoch_mark)

    def tell(self, kind: str, row: dict[str, float]) -> None:
        """Pass a row on to the recorders."""
        for recorder in self.recorders:
            recorder.record(kind, row)

    def _read_losses(self) -> float:
        """Mean of the recent losses, which go into the epoch's sum; waits for the device."""
        if not self.losses:
            return float("nan")
        values = torch.stack(self.losses).double().cpu()
        self.losses.clear()
        self.run.loss_sum += float(values.sum())
        return float(values.mean())

    def _row(self, epoch: int, loss: float, mark: tuple[int, float]) -> dict[str, float]:
        done, planned = self.steps_done(), self.epochs * self.per_epoch
        now = time.perf_counter()
        speed = (done - mark[0]) * self.size / max(now - mark[1], 1e-9)
        each = (now - self.began) / max(done - self.first, 1)
        rate: Any = self.run.optimizer.param_groups[0]["lr"]
        row = {
            "epoch": epoch,
            "step": done,
            "steps": planned,
            "loss": loss,
            "lr": float(rate),
            "examples_per_second": speed,
            "seconds": now - self.began,
            "seconds_left": each * (planned - done),
            "memory_bytes": peak_memory(self.device),
        }
        return row if self.peak is None else row | {"mfu": self.flops * speed / self.peak}
