"""training's checkpoints: a run that was killed goes on bit by bit."""

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from tdlcourse.training import Examples, Options, fit, read_checkpoint, write_checkpoint

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Beside a busy neighbour two threads take fifty times as long for a small network as one."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def data():
    gen = torch.Generator().manual_seed(1)
    X = torch.randn(44, 6, generator=gen)
    return Examples(X, X[:, :3].argmax(1))


def make(seed=0):
    torch.manual_seed(seed)
    model = nn.Sequential(
        nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 3)
    )
    return model, torch.optim.AdamW(model.parameters(), lr=1e-2)


def options(path, **others):
    everything = {
        "schedule": lambda o: torch.optim.lr_scheduler.OneCycleLR(o, 0.05, total_steps=40),
        "ema": 0.9,
        "clip_norm": 1.0,
        "checkpoint": path,
        "checkpoint_every": 3,
        "log_every": 4,
        "transform": lambda X: X + 0.01 * torch.randn_like(X),
    }
    return Options(**(everything | others))


def train(path, *, seed=0, epochs=8, **others):
    model, optimizer = make(seed)
    run = fit(
        model,
        data(),
        optimizer,
        epochs=epochs,
        batch_size=8,
        validation=data(),
        options=options(path, **others),
    )
    return run


def fingerprint(run):
    state = run.state()
    weights = [*state["model"].values(), *state["averaged"].values()]
    moments = [v for s in state["optimizer"]["state"].values() for v in s.values()]
    numbers = [[r["loss"], r["lr"], r["validation_loss"]] for r in run.history]
    tensors = [*weights, *moments, state["random"]["torch"]]
    return [t.double().flatten().tolist() for t in tensors], numbers


class Killed(BaseException):
    """Stands for the power cut."""


def killer(at):
    def on_step(step):
        if step == at:
            raise Killed

    return on_step


@pytest.mark.parametrize("at", [1, 3, 4, 7, 20, 39, 40])
def test_a_killed_run_goes_on_bit_by_bit(tmp_path, at):
    whole = fingerprint(train(tmp_path / "whole"))
    with pytest.raises(Killed):
        train(tmp_path / "cut", on_step=killer(at))
    torch.rand(17)  # whatever happened in between
    again = train(tmp_path / "cut", seed=0 if at < 3 else 5)  # before step 3 there was no file
    assert fingerprint(again) == whole


def test_the_comparison_notices_a_lost_step(tmp_path):
    whole = fingerprint(train(tmp_path / "whole"))
    assert fingerprint(train(tmp_path / "other", epochs=7)) != whole
    assert fingerprint(train(tmp_path / "other2", transform=None)) != whole


def test_a_finished_run_is_only_read(tmp_path):
    first = fingerprint(train(tmp_path / "c"))
    assert fingerprint(train(tmp_path / "c", seed=9, on_step=killer(1))) == first


def test_more_epochs_continue_a_finished_run(tmp_path):
    train(tmp_path / "c", epochs=5)
    more = train(tmp_path / "c", epochs=8)
    assert fingerprint(more) == fingerprint(train(tmp_path / "whole", epochs=8))


def test_early_stopping_survives_a_kill(tmp_path):
    wrong = Examples(data().X, (data().y + 1) % 3)

    def run(name, **others):
        model, optimizer = make()
        chosen = Options(patience=3, checkpoint=tmp_path / name, checkpoint_every=2, **others)
        run = fit(
            model,
            data(),
            optimizer,
            epochs=40,
            batch_size=8,
            validation=wrong,
            options=chosen,
        )
        return [t.tolist() for t in model.state_dict().values()], len(run.history)

    whole = run("whole")
    assert whole[1] < 40
    with pytest.raises(Killed):
        run("cut", on_step=killer(12))
    assert run("cut") == whole


SCRIPT = """
import os, signal, sys
os.environ["OMP_NUM_THREADS"] = "1"
import torch
torch.set_num_threads(1)
sys.path.insert(0, os.getcwd())
from tests.tdlcourse.test_training_resume import kill_many
kill_many(sys.argv[1], int(sys.argv[2]))
"""


def kill_many(folder, times):
    """In a process of one thread: fork runs, kill each at a random step, let it go on; compare."""
    import hashlib

    def child(name, at):
        pid = os.fork()
        if pid:
            return os.waitpid(pid, 0)[1]
        on_step = (
            (lambda s: os.kill(os.getpid(), signal.SIGKILL) if s == at else None) if at else None
        )
        run = train(Path(folder) / name, on_step=on_step)
        digest = hashlib.sha256(json.dumps(fingerprint(run)).encode()).hexdigest()
        (Path(folder) / f"{name}.hash").write_text(digest)
        os._exit(0)

    make()  # the first optimizer imports a second's worth of torch: once here, not in every child
    assert child("whole", None) == 0
    whole, rnd = (Path(folder) / "whole.hash").read_text(), random.Random(0)
    for k in range(times):
        assert child(f"run{k}", rnd.randrange(1, 41)) == signal.SIGKILL
        assert child(f"run{k}", None) == 0
        assert (Path(folder) / f"run{k}.hash").read_text() == whole, k
    print("identical", times)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks runs to kill them")
def test_twenty_runs_killed_by_the_system_end_with_the_same_hash(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path), "20"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert done.stdout.strip() == "identical 20", done.stderr[-2000:]
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize("change", [{"accumulate": 2}, {"schedule": None}, {"ema": None}])
def test_a_checkpoint_of_another_run_is_refused(tmp_path, change):
    train(tmp_path / "c", epochs=1)
    with pytest.raises(ValueError, match="checkpoint must be of"):
        train(tmp_path / "c", **change)


def test_a_failed_write_leaves_the_earlier_file(tmp_path):
    path = tmp_path / "c"
    write_checkpoint(path, {"a": 1})
    with pytest.raises(AttributeError, match="local"):
        write_checkpoint(path, {"a": lambda: 0})  # can't be written
    assert read_checkpoint(path) == {"a": 1} and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\x03\x04 half an archive"])
def test_broken_files_are_refused(tmp_path, content):
    (tmp_path / "c").write_bytes(content)
    with pytest.raises(ValueError, match="checkpoint must be a whole file"):
        read_checkpoint(tmp_path / "c")


class Evil:
    def __reduce__(self):
        return os.mkdir, ("evil",)


def test_a_checkpoint_runs_no_code(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"model": Evil()}, tmp_path / "c")
    with pytest.raises(ValueError, match="checkpoint must be"):
        read_checkpoint(tmp_path / "c")
    assert not (tmp_path / "evil").exists()
