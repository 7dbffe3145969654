"""Training in one readable loop over torch: what a course needs and no more.

    from tdlcourse.training import Options, best_device, digits, fit, set_seed

    set_seed(0)
    data = digits().to(best_device())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    run = fit(model, data.train, optimizer, epochs=20, batch_size=64, validation=data.test)

Optimizers, schedules, mixed precision, averaging and data parallelism are torch's own; here they
are put in the right order, can be switched on one by one (`Options`), and survive being killed
(`Options.checkpoint`).
"""

from tdlcourse.training._batches import Examples, augment_images, epoch_order
from tdlcourse.training._checkpoint import read_checkpoint, write_checkpoint
from tdlcourse.training._data import DataBundle, cifar10, digits, mnist
from tdlcourse.training._device import best_device, set_seed
from tdlcourse.training._distributed import join_processes
from tdlcourse.training._ensemble import EnsembleTrainer, Member
from tdlcourse.training._evaluate import accuracy, evaluate
from tdlcourse.training._fit import fit
from tdlcourse.training._measure import flops_per_example, measured_peak, peak_memory
from tdlcourse.training._options import Options
from tdlcourse.training._recorders import CSVRecorder, ProgressBar, TensorBoardRecorder
from tdlcourse.training._run import Run

__all__ = [
    "CSVRecorder",
    "DataBundle",
    "EnsembleTrainer",
    "Examples",
    "Member",
    "Options",
    "ProgressBar",
    "Run",
    "TensorBoardRecorder",
    "accuracy",
    "augment_images",
    "best_device",
    "cifar10",
    "digits",
    "epoch_order",
    "evaluate",
    "fit",
    "flops_per_example",
    "join_processes",
    "measured_peak",
    "mnist",
    "peak_memory",
    "read_checkpoint",
    "set_seed",
    "write_checkpoint",
]
