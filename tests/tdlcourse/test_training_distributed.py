"""training on several processes: two on CPUs by gloo, against one."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

SCRIPT = """
import os, sys
import torch
from torch import nn
from tdlcourse.training import CSVRecorder, Examples, Options, fit, join_processes

device = join_processes()
rank, folder = int(os.environ.get("RANK", 0)), sys.argv[1]
gen = torch.Generator().manual_seed(1)
X = torch.randn(52, 6, generator=gen)
data = Examples(X, X[:, :3].argmax(1))
parts = {"accumulate": int(sys.argv[2])}

def train(name, **others):
    torch.manual_seed(rank)  # the first process's weights are sent to the others
    model = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 3))
    opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    chosen = Options(recorders=[CSVRecorder(f"{folder}/{name}.csv")], **parts, **others)
    return fit(model, data, opt, epochs=3, batch_size=8, validation=data, options=chosen)

class Killed(BaseException): pass

def at_ten(step):
    if step == 10:
        raise Killed

run = train("log")
torch.save([run.model.state_dict(), [r["loss"] for r in run.history]], f"{folder}/{rank}.pt")
if "RANK" in os.environ:
    try:
        train("cut", checkpoint=f"{folder}/c", checkpoint_every=4, on_step=at_ten)
    except Killed:
        again = train("cut", checkpoint=f"{folder}/c", checkpoint_every=4)
    losses = [r["loss"] for r in again.history]
    torch.save([again.model.state_dict(), losses], f"{folder}/again{rank}.pt")
"""


@pytest.mark.slow
def test_two_processes_train_as_one(tmp_path):
    torch = pytest.importorskip("torch")
    script = tmp_path / "train.py"
    script.write_text(SCRIPT)
    environment = {"OMP_NUM_THREADS": "1", "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    results = {}
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    for name, start, parts in (("one", [], "4"), ("two", torchrun, "2")):
        folder = tmp_path / name
        folder.mkdir()
        done = subprocess.run(
            [sys.executable, *start, str(script), str(folder), parts],
            env=environment,
            capture_output=True,
            text=True,
            timeout=110,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        results |= {f"{name}/{p.stem}": torch.load(p) for p in folder.glob("*.pt")}
        assert (folder / "log.csv").read_text().count("\n") == 4  # one process writes
    alone, losses = results["one/0"]
    for key in ("two/0", "two/1", "two/again0", "two/again1"):
        torch.testing.assert_close(results[key][0], alone, rtol=0, atol=1e-5)
        assert results[key][1] == pytest.approx(losses, rel=1e-4)
    for key in ("two/1", "two/again0", "two/again1"):  # all processes, killed or not, bit by bit
        torch.testing.assert_close(results[key][0], results["two/0"][0], rtol=0, atol=0)
