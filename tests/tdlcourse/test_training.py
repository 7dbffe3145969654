"""training.fit and its switches: the loop of every tutorial, written out here, as the oracle."""

import csv
import io
import math
import re
import subprocess
import sys
import time

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from tdlcourse import networks
from tdlcourse.training import (
    CSVRecorder,
    Examples,
    Options,
    ProgressBar,
    TensorBoardRecorder,
    accuracy,
    augment_images,
    best_device,
    epoch_order,
    evaluate,
    fit,
    flops_per_example,
    measured_peak,
    peak_memory,
    set_seed,
)

SIZE = 8


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Beside a busy neighbour two threads take fifty times as long for a small network as one."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def data():
    gen = torch.Generator().manual_seed(1)
    X = torch.randn(52, 6, generator=gen)
    return Examples(X, X[:, :3].argmax(1))


def network(seed=0, dropout=0.0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Dropout(dropout), nn.Linear(16, 3))


def sgd(model):
    return torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)


def trained(data, options=None, *, epochs=3, optimizer=sgd, dropout=0.0, **others):
    model = network(dropout=dropout)
    run = fit(
        model, data, optimizer(model), epochs=epochs, batch_size=SIZE, options=options, **others
    )
    return model, run


def raw(data, *, epochs=3, optimizer=sgd, dropout=0.0, after=lambda m, o: None, clip=None):
    model = network(dropout=dropout)
    opt = optimizer(model)
    for epoch in range(epochs):
        order = epoch_order(len(data.X), 0, epoch)
        for first in range(0, len(order) - SIZE + 1, SIZE):
            batch = order[first : first + SIZE]
            opt.zero_grad()
            cross_entropy(model(data.X[batch]), data.y[batch]).backward()
            if clip is not None:
                nn.utils.clip_grad_norm_(model.parameters(), clip)
            opt.step()
            after(model, opt)
    return model


def flat(model):
    return torch.cat([t.flatten() for t in model.state_dict().values()])


def same(a, b):
    return torch.equal(flat(a), flat(b))


@pytest.mark.parametrize(
    "optimizer", [sgd, lambda m: torch.optim.AdamW(m.parameters(), lr=1e-2)], ids=["sgd", "adamw"]
)
def test_fit_gives_the_bits_of_the_raw_loop(data, optimizer):
    ours, _ = trained(data, optimizer=optimizer, dropout=0.2)
    assert same(ours, raw(data, optimizer=optimizer, dropout=0.2))
    assert not same(ours, network())


def test_validation_does_not_disturb_training(data):
    ours, run = trained(data, validation=data, dropout=0.2)
    assert same(ours, raw(data, dropout=0.2))
    assert [row["epoch"] for row in run.history] == [1, 2, 3]
    assert ours.training


def test_history_holds_the_mean_loss_and_the_metrics(data):
    still = lambda m: torch.optim.SGD(m.parameters(), lr=0.0)  # noqa: E731
    _, run = trained(data, Options(log_every=3), optimizer=still, epochs=1, validation=data)
    model = network()
    order = epoch_order(52, 0, 0)[:48]
    row = run.history[0]
    expected = cross_entropy(model(data.X[order]), data.y[order])
    assert row["loss"] == pytest.approx(float(expected.detach()), rel=1e-6)
    right = (model(data.X).argmax(1) == data.y).float().mean()
    assert row["validation_accuracy"] == pytest.approx(float(right), rel=1e-6)
    assert (row["step"], row["steps"], row["lr"]) == (6, 6, 0.0)
    assert row["examples_per_second"] > 0 and row["memory_bytes"] > 1e6


@pytest.mark.parametrize("log_every", [1, 2, 4, 100])
def test_the_speed_of_an_epoch_is_that_of_all_its_steps(data, log_every):
    """Whether or not a step was logged just before its end, or validation took long."""
    slow = lambda outputs, labels: (time.sleep(0.02), accuracy(outputs, labels))[1]  # noqa: E731
    recorder, wait = CollectedRows(), lambda X: (time.sleep(0.005), X)[1]
    options = {"metrics": {"slow": slow}, "recorders": [recorder], "transform": wait}
    _, run = trained(data, Options(log_every=log_every, **options), validation=data)
    for row in [*run.history, *recorder.rows]:
        assert 0.001 * SIZE / 0.005 < row["examples_per_second"] < SIZE / 0.005


class CollectedRows:
    def __init__(self):
        self.rows = []

    def resume(self, step):
        pass

    def record(self, kind, row):
        self.rows.append(row)


def test_every_epoch_sees_each_example_at_most_once_in_its_own_order():
    first, second = epoch_order(100, 0, 0), epoch_order(100, 0, 1)
    assert first.sort().values.equal(torch.arange(100))
    assert not first.equal(second) and not first.equal(epoch_order(100, 1, 0))
    assert first.equal(epoch_order(100, 0, 0))
    assert not epoch_order(100, 0, 1).equal(epoch_order(100, 1, 0))


def test_accumulation_gives_the_gradient_of_the_whole_batch(data):
    ours, run = trained(data, Options(accumulate=4))
    torch.testing.assert_close(flat(ours), flat(raw(data)), rtol=0, atol=1e-5)
    _, whole = trained(data)
    assert run.history[-1]["loss"] == pytest.approx(whole.history[-1]["loss"], rel=1e-4)


def test_clipping_is_torchs(data):
    assert same(trained(data, Options(clip_norm=0.05))[0], raw(data, clip=0.05))


def test_a_schedule_advances_once_a_step(data):
    make = lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, T_max=18)  # noqa: E731
    ours, run = trained(data, Options(schedule=make))
    schedules = []

    def scheduled(model):
        opt = sgd(model)
        schedules.append(make(opt))
        return opt

    lrs = [0.1 * (1 + math.cos(math.pi * t / 18)) / 2 for t in range(19)]
    assert run.history[-1]["lr"] == pytest.approx(lrs[18], abs=1e-9)
    assert run.history[0]["lr"] == pytest.approx(lrs[6], rel=1e-6)
    theirs = raw(data, optimizer=scheduled, after=lambda m, o: schedules[-1].step())
    assert same(ours, theirs)


def test_the_average_is_torchs_averaged_model(data):
    averages = []

    def average(model, opt):
        if not averages:
            mean = get_ema_multi_avg_fn(0.9)
            averages.append(AveragedModel(model, multi_avg_fn=mean, use_buffers=True))
        averages[0].update_parameters(model)

    ours, run = trained(data, Options(ema=0.9), validation=data)
    assert same(ours, raw(data, after=average))
    assert same(run.averaged, averages[0])
    found = evaluate(run.averaged, data)
    assert run.history[-1]["validation_loss"] == pytest.approx(found["loss"], rel=1e-6)


def test_early_stopping_goes_back_to_the_best_weights(data):
    worse = Examples(data.X, (data.y + 1) % 3)  # the better the fit, the worse here
    ours, run = trained(data, Options(patience=2), epochs=30, validation=worse)
    losses = [row["validation_loss"] for row in run.history]
    best = losses.index(min(losses))
    assert run.stopped and len(losses) == best + 3
    assert evaluate(ours, worse)["loss"] == pytest.approx(min(losses), rel=1e-6)


@pytest.mark.parametrize("amp", ["bf16", "fp16"])
def test_mixed_precision_computes_low_and_keeps_weights_high(data, amp):
    seen = []
    model = network()
    model[0].register_forward_hook(lambda m, i, o: seen.append(o.dtype))
    schedule = lambda o: torch.optim.lr_scheduler.ConstantLR(o)  # noqa: E731
    options = Options(amp=amp, clip_norm=10.0, schedule=schedule)
    run = fit(model, data, sgd(model), epochs=8, batch_size=SIZE, options=options)
    assert set(seen) == {{"bf16": torch.bfloat16, "fp16": torch.float16}[amp]}
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    assert run.history[-1]["loss"] < run.history[0]["loss"] * 0.8


def test_compiled_and_plain_runs_agree(data):
    ours, _ = trained(data, Options(compile="eager"))
    torch.testing.assert_close(flat(ours), flat(raw(data)), rtol=0, atol=1e-6)


def test_channels_last_reaches_weights_and_batches():
    gen = torch.Generator().manual_seed(0)
    images = Examples(torch.randn(16, 3, 8, 8, generator=gen), torch.arange(16) % 4)
    model = networks.resnet_cifar(8, classes=4, dtype=torch.float32)
    seen = []
    model[0].register_forward_hook(
        lambda m, i, o: seen.append(i[0].is_contiguous(memory_format=torch.channels_last))
    )
    fit(model, images, sgd(model), epochs=1, batch_size=8, options=Options(channels_last=True))
    assert all(seen) and len(seen) == 2
    assert model[0].weight.is_contiguous(memory_format=torch.channels_last)


def test_transform_sees_the_inputs_of_every_batch(data):
    shapes = []
    trained(data, Options(transform=lambda X: shapes.append(X.shape) or X), epochs=2)
    assert shapes == [(SIZE, 6)] * 12


def test_augmentation_shifts_and_mirrors_whole_images():
    torch.manual_seed(0)
    image = torch.arange(2 * 5 * 5).reshape(2, 5, 5) + 1.0
    results = augment_images(image.expand(500, 2, 5, 5), padding=1)
    padded = nn.functional.pad(image, (1, 1, 1, 1))
    views = [padded[:, i : i + 5, j : j + 5] for i in range(3) for j in range(3)]
    views += [v.flip(2) for v in views]
    count = [sum(bool(torch.equal(r, v)) for r in results) for v in views]
    assert sum(count) == 500 and min(count) > 0


class Counting:
    """What torchmetrics' objects have."""

    def __init__(self):
        self.reset()

    def update(self, outputs, labels):
        self.right += int((outputs.argmax(1) == labels).sum())
        self.all += len(labels)

    def compute(self):
        return self.right / self.all

    def reset(self):
        self.right = self.all = 0


def test_metrics_are_means_over_all_examples_whatever_the_batches(data):
    model = network().train()
    metrics = {"a": accuracy, "b": Counting()}
    found = evaluate(model, data, metrics, batch_size=9)
    whole = evaluate(model, data, metrics, batch_size=1000)
    assert found == pytest.approx(whole, rel=1e-6) and found["a"] == pytest.approx(found["b"])
    assert model.training


def test_csv_has_a_line_an_epoch_and_is_cut_where_a_run_continues(data, tmp_path):
    path = tmp_path / "log" / "run.csv"
    options = Options(recorders=[CSVRecorder(path, steps=True)], log_every=2)
    trained(data, options, epochs=2, validation=data)
    with path.open() as file:
        rows = list(csv.DictReader(file))
    assert [(r["kind"], int(r["step"])) for r in rows if r["kind"] == "epoch"] == [
        ("epoch", 6),
        ("epoch", 12),
    ]
    assert len(rows) == 8 and all(r["validation_accuracy"] for r in rows if r["kind"] == "epoch")
    CSVRecorder(path).resume(6)
    with path.open() as file:
        assert max(int(r["step"]) for r in csv.DictReader(file)) == 6


def test_progress_is_one_line_with_the_time_left(data):
    out = io.StringIO()
    options = Options(recorders=[ProgressBar(out, seconds=0)], log_every=1)
    trained(data, options, epochs=2, validation=data)
    text = out.getvalue()
    assert text.count("\n") == 1 and text.startswith("\r") and text.endswith("\n")
    assert "100%" in text and "0:00 left" in text and "accuracy" in text
    assert re.search(r" [\d,]+/s ", text) and re.search(r" [\d,]+ MiB ", text)
    assert "MFU" not in text


def test_progress_shows_the_used_part_of_the_peak_where_that_is_known(data):
    out = io.StringIO()
    recorders = [ProgressBar(out, seconds=0)]
    trained(data, Options(recorders=recorders, peak_flops=1e9), epochs=1)
    assert re.search(r"MFU \d+\.\d%", out.getvalue())


def test_tensorboard_is_optional_and_says_so(tmp_path):
    try:
        import tensorboard  # noqa: F401
    except ImportError:
        with pytest.raises(ImportError, match="needs the package tensorboard"):
            TensorBoardRecorder(tmp_path)
    else:
        recorder = TensorBoardRecorder(tmp_path)
        recorder.resume(0)
        recorder.record("epoch", {"epoch": 1, "step": 5, "loss": 0.5})
        assert list(tmp_path.glob("events.*"))


def test_flops_are_counted_by_hand_for_a_linear_network(data):
    model = nn.Sequential(nn.Linear(6, 16, bias=False), nn.Linear(16, 3, bias=False))
    # forward 2 * (96 + 48); weight gradients the same; the gradient of the hidden layer 2 * 48
    assert flops_per_example(model, data) == 2 * (96 + 48) * 2 + 2 * 48
    assert all(p.grad is None for p in model.parameters())


def test_evaluation_leaves_frozen_parts_frozen_also_after_an_error(data):
    model = nn.Sequential(nn.BatchNorm1d(6), nn.Linear(6, 3), nn.Dropout()).train()
    model[0].eval()
    modes = [True, False, True, True]

    def fails(outputs, labels):
        raise KeyError("metric")

    evaluate(model, data)
    assert [m.training for m in model.modules()] == modes
    with pytest.raises(KeyError):
        evaluate(model, data, {"fails": fails})
    assert [m.training for m in model.modules()] == modes


def test_evaluation_adds_up_in_double_precision(data):
    double = Examples(data.X.double(), data.y)
    model = nn.Linear(6, 3).double()
    expected = cross_entropy(model(double.X), double.y).item()
    assert evaluate(model, double, batch_size=1)["loss"] == pytest.approx(expected, rel=1e-13)


class Count:
    """A metric in the manner of torchmetrics: how many examples were seen since the reset."""

    seen = 0

    def update(self, outputs, labels):
        self.seen += len(labels)

    def compute(self):
        return self.seen

    def reset(self):
        self.seen = 0


def test_a_metric_with_a_past_starts_anew(data):
    metric = Count()
    metric.update(data.X, data.y)
    assert evaluate(nn.Linear(6, 3), data, {"count": metric})["count"] == len(data.X)


def test_no_metric_takes_the_name_of_the_loss(data):
    with pytest.raises(ValueError, match="metrics must be named otherwise than the loss"):
        evaluate(nn.Linear(6, 3), data, {"loss": accuracy})


def test_counting_flops_keeps_gradients(data):
    model = nn.Linear(6, 3)
    cross_entropy(model(data.X), data.y).backward()
    before = [(p.grad, p.grad.clone()) for p in model.parameters()]
    flops_per_example(model, data)
    for parameter, (gradient, values) in zip(model.parameters(), before, strict=True):
        assert parameter.grad is gradient and torch.equal(gradient, values)


def test_measuring_the_peak_draws_no_random_numbers():
    before = torch.get_rng_state()
    measured_peak("cpu", size=8)
    assert torch.equal(torch.get_rng_state(), before)


def test_rows_tell_the_used_part_of_the_measured_peak(data):
    peak = measured_peak("cpu", size=64)
    _, run = trained(data, Options(peak_flops=peak))
    row = run.history[-1]
    flops = flops_per_example(network(), data)
    assert row["mfu"] == pytest.approx(flops * row["examples_per_second"] / peak)
    assert peak_memory(torch.device("cpu")) > 1e6


def test_seeding_repeats_all_three_libraries():
    import random

    import numpy as np

    draws = []
    for _ in range(2):
        set_seed(3)
        draws.append((random.random(), np.random.rand(), float(torch.rand(()))))  # noqa: NPY002
    assert draws[0] == draws[1]
    try:
        set_seed(0, deterministic=True)
        assert torch.are_deterministic_algorithms_enabled()
    finally:
        set_seed(0)
    assert not torch.are_deterministic_algorithms_enabled()
    assert best_device().type in ("cpu", "cuda", "mps")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"amp": "fp8"}, "amp must be one of"),
        ({"clip_norm": 0.0}, "clip_norm must be"),
        ({"ema": 1.0}, "ema must be"),
        ({"accumulate": 3}, "batch_size must be a multiple of 3"),
        ({"peak_flops": 0.0}, "peak_flops must be"),
        ({"metrics": {"loss": accuracy}}, "metrics must be named otherwise"),
        ({"patience": 2}, "validation must be given"),
        ({"cuda_graph": True}, "data must be on a CUDA device"),
        ({"cuda_graph": True, "amp": "fp16"}, "cuda_graph must be"),
    ],
)
def test_wrong_options_are_named(data, options, message):
    with pytest.raises(ValueError, match=message):
        trained(data, Options(**options))


def test_wrong_data_are_named(data):
    with pytest.raises(ValueError, match="data must be as many inputs as labels"):
        trained(Examples(data.X, data.y[:-1]))
    with pytest.raises(ValueError, match="batch_size must be"):
        trained(Examples(data.X[:5], data.y[:5]))


def test_the_package_is_imported_without_tensorboard_and_scikit_learn():
    code = "import sys, tdlcourse.training; print({'sklearn', 'tensorboard'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "set()", done.stderr
