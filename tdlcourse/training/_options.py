"""Switches of `fit`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from tdlcourse._validate import choice, error, integer, real
from tdlcourse.training._evaluate import accuracy
from tdlcourse.training._recorders import Recorder


@dataclass(frozen=True, kw_only=True)
class Options:
    """Switches of `fit`; each is off unless it is asked for.

    Attributes:
        amp: "bf16" or "fp16": torch.autocast, for fp16 with a gradient scaler.
        accumulate: parts into which a batch is cut to save memory; the gradient stays the mean
            over the batch (batch normalisation sees the parts).
        clip_norm: bound on the norm of the whole gradient.
        schedule: makes a torch scheduler of the optimizer; it advances once a step.
        ema: decay in (0, 1) of an exponential moving average of the weights.
        patience: stop after so many epochs without a better validation loss, and go back to the
            best weights.
        channels_last: memory format of images and convolutions.
        compile: torch.compile; a string names its backend.
        cuda_graph: record a step once and replay it. Needs CUDA, and an optimizer made with
            capturable=True or fused=True; with a schedule its lr must be a tensor.
        transform: applied to the inputs of each batch, such as `augment_images`.
        checkpoint: file to continue from, if it is there, and to write.
        checkpoint_every: steps between two checkpoints; 0: at the end of each epoch only.
        metrics: name -> function (outputs, labels) -> mean over the batch, or a torchmetrics
            metric; computed on the validation data after each epoch.
        recorders: told of the numbers of each logged step and each epoch.
        log_every: steps between two logs, each of which waits for the device.
        peak_flops: from `measured_peak`; rows then have "mfu", the part of it that is used.
        on_step: called with the number of steps done after each step.
    """

    amp: str | None = None
    accumulate: int = 1
    clip_norm: float | None = None
    schedule: Callable[[Optimizer], LRScheduler] | None = None
    ema: float | None = None
    patience: int | None = None
    channels_last: bool = False
    compile: bool | str = False
    cuda_graph: bool = False
    transform: Callable[[Tensor], Tensor] | None = None
    checkpoint: Path | str | None = None
    checkpoint_every: int = 0
    metrics: Mapping[str, Any] = field(default_factory=lambda: {"accuracy": accuracy})
    recorders: Sequence[Recorder] = ()
    log_every: int = 100
    peak_flops: float | None = None
    on_step: Callable[[int], None] | None = None

    def __post_init__(self) -> None:
        if self.amp is not None:
            choice("amp", self.amp, ("bf16", "fp16"))
        integer("accumulate", self.accumulate, low=1)
        if self.clip_norm is not None:
            real("clip_norm", self.clip_norm, low=0, open_low=True)
        if self.ema is not None:
            real("ema", self.ema, low=0, high=1, open_low=True, open_high=True)
        if self.patience is not None:
            integer("patience", self.patience, low=1)
        integer("checkpoint_every", self.checkpoint_every, low=0)
        integer("log_every", self.log_every, low=1)
        if self.peak_flops is not None:
            real("peak_flops", self.peak_flops, low=0, open_low=True)
        if "loss" in self.metrics:
            raise error("metrics", "named otherwise than the loss", sorted(self.metrics))
        if self.cuda_graph and self.amp == "fp16":
            raise ValueError("cuda_graph must be used without fp16: its scaler waits every step")
