"""The loop.

Everything that a run is at a moment is in `Run`: weights, optimizer, averages, place in the epoch,
the best so far. The order of examples is a function of seed and epoch alone. So a run that is
continued from a checkpoint goes on in the middle of an epoch as if nothing had happened, bit by
bit: on a CPU always, on a GPU after set_seed(..., deterministic=True).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import Optimizer

from tdlcourse._validate import error, integer
from tdlcourse.training._batches import Examples, batches_of_epoch
from tdlcourse.training._checkpoint import read_checkpoint, write_checkpoint
from tdlcourse.training._distributed import (
    gathered,
    mean_over_processes,
    rank_and_size,
    wait_for_processes,
)
from tdlcourse.training._evaluate import evaluate
from tdlcourse.training._graph import GraphedStep
from tdlcourse.training._log import Log
from tdlcourse.training._options import Options
from tdlcourse.training._run import Run
from tdlcourse.training._step import Step, training_step


def fit(
    model: nn.Module,
    data: Examples,
    optimizer: Optimizer,
    *,
    epochs: int,
    batch_size: int,
    loss: Callable[[Tensor, Tensor], Tensor] = cross_entropy,
    validation: Examples | None = None,
    seed: int = 0,
    options: Options | None = None,
) -> Run:
    """The run, after training a model in place.

    Without options it does what the loop of every tutorial does, to the last bit: for each batch,
    model, loss, backward, optimizer.step.

    Args:
        model: on the device of the data, its parameters known to the optimizer.
        data: training examples; each epoch sees full batches in the order of `epoch_order`.
        optimizer: any of torch.optim.
        epochs: in all; a run that is continued does what is left of them.
        batch_size: examples a step, over all processes.
        loss: (outputs, labels) -> mean over the batch.
        validation: evaluated after each epoch.
        seed: of the order of examples; initial weights are the model's business.
        options: switches.

    Returns:
        The run; its history has one row an epoch.

    Raises:
        ValueError: sizes disagree, or the checkpoint is of another run.
    """
    options = options or Options()
    data = _checked(data, validation, batch_size, epochs, seed, options)
    run = Run(model, optimizer, options, data, batch_size, seed)
    _continue(run, options)
    log = Log(run, options, data, loss, batch_size, epochs)
    step = _step(run, options, data, loss, batch_size)
    while run.epoch < epochs and not run.stopped:
        _train_epoch(run, step, log, options, data, batch_size, seed)
        row = log.epoch_row()
        if validation is not None:
            row |= _validated(run, validation, options, loss)
        run.end_epoch(row)
        log.tell("epoch", row)
        _save(run, options)
    run.go_to_best()
    return run


def _train_epoch(
    run: Run, step: Step, log: Log, options: Options, data: Examples, batch_size: int, seed: int
) -> None:
    run.model.train()
    log.begin_epoch()
    due, transform, on_step = log.next_due(), options.transform, options.on_step
    batches = batches_of_epoch(
        data, batch_size, seed, run.epoch, first=run.batch, share=_share_of_batch()
    )
    for X, y in batches:
        log.losses.append(step(X if transform is None else transform(X), y))
        run.batch += 1
        if run.batch >= due:
            log.step_row()
            if options.checkpoint_every and run.batch % options.checkpoint_every == 0:
                _save(run, options)
            due = log.next_due()
        if on_step is not None:
            on_step(log.steps_done())


def _step(
    run: Run,
    options: Options,
    data: Examples,
    loss: Callable[[Tensor, Tensor], Tensor],
    batch_size: int,
) -> Step:
    step = training_step(run, options, loss, data.X.device)
    if options.cuda_graph:
        share = len(range(batch_size)[_share_of_batch() or slice(None)])
        sample = data.X[:share] if options.transform is None else options.transform(data.X[:share])
        step = GraphedStep(step, run, Examples(sample, data.y[:share]))
    return run.with_averages(step)


def _share_of_batch() -> slice | None:
    rank, processes = rank_and_size()
    return None if processes == 1 else slice(rank, None, processes)


def _validated(
    run: Run,
    validation: Examples,
    options: Options,
    loss: Callable[[Tensor, Tensor], Tensor],
) -> dict[str, float]:
    """Validation numbers, the same in all processes, so that all stop together."""
    found = evaluate(run.judged, validation, options.metrics, loss=loss)
    values = torch.tensor(list(found.values()), device=validation.X.device)
    means = mean_over_processes(values).tolist()
    return {f"validation_{name}": value for name, value in zip(found, means, strict=True)}


def _continue(run: Run, options: Options) -> None:
    """Go to where the checkpoint is, if there is one, in all processes."""
    if options.checkpoint is None:
        return
    wait_for_processes()  # the first may still be writing it
    if Path(options.checkpoint).exists():
        run.load(read_checkpoint(options.checkpoint, run.device))
    places = gathered(torch.tensor([run.epoch, run.batch]), run.device)
    if any(not torch.equal(place, places[0]) for place in places):
        found = [place.tolist() for place in places]
        raise error("checkpoint", "the same file for all processes", found)


def _save(run: Run, options: Options) -> None:
    if options.checkpoint is not None:
        state = run.state()  # every process contributes its random numbers
        if rank_and_size()[0] == 0:
            write_checkpoint(options.checkpoint, state)


def _checked(
    data: Examples,
    validation: Examples | None,
    batch_size: int,
    epochs: int,
    seed: int,
    options: Options,
) -> Examples:
    data.checked("data")
    if validation is not None:
        validation.checked("validation")
    elif options.patience is not None:
        raise error("validation", "given where patience is", None)
    integer("epochs", epochs, low=0)
    integer("seed", seed, low=0)
    parts = options.accumulate * rank_and_size()[1]
    if integer("batch_size", batch_size, low=1, high=len(data.X)) % parts:
        raise error("batch_size", f"a multiple of {parts}, parts times processes", batch_size)
    if options.cuda_graph and data.X.device.type != "cuda":
        raise error("data", "on a CUDA device where cuda_graph is on", data.X.device.type)
    if options.channels_last and data.X.ndim == 4:
        return Examples(data.X.contiguous(memory_format=torch.channels_last), data.y)
    return data
