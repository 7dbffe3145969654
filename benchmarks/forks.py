"""Forks of a warm zygote, each doing something that hangs in a badly forked process.

    python benchmarks/forks.py [--count 10000] [--json FILE]

The zygote has run a backward pass, an optimizer and a convolution before it forks. Every child
runs one case; a child that does not finish within its limit counts as hung.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from autograder.judge.session import Launcher
from autograder.judge.spawning import Zygote
from autograder.proxy import StudentFault
from autograder.sandbox.levels import choose
from autograder.sandbox.limits import Limits

WORK = "x = torch.randn(64, 64); y = (x @ x).sum()"
CASES = {
    "matmul": f"import torch; {WORK}",
    "one thread": f"import torch; torch.set_num_threads(1); {WORK}",
    "two threads": f"import torch; torch.set_num_threads(2); {WORK.replace('64', '512')}",
    "four threads": f"import torch; torch.set_num_threads(4); {WORK.replace('64', '512')}",
    "backward": "import torch; w = torch.ones(9, requires_grad=True); (w**2).sum().backward()",
    "convolution": (
        "import torch; x = torch.ones(1, 1, 9, 9); "
        "torch.nn.functional.conv2d(x, torch.ones(1, 1, 3, 3))"
    ),
    "optimizer": (
        "import torch; m = torch.nn.Linear(9, 9); o = torch.optim.Adam(m.parameters()); "
        "m(torch.ones(2, 9)).sum().backward(); o.step()"
    ),
    "data loader": (
        "import torch; d = torch.utils.data.TensorDataset(torch.arange(32.)); "
        "n = sum(len(b[0]) for b in torch.utils.data.DataLoader(d, 8, num_workers=2))"
    ),
    "numpy blas": "import numpy as np; a = np.random.rand(300, 300); b = a @ a",
    "eigh": "import torch; a = torch.randn(60, 60); torch.linalg.eigh(a + a.T)",
    "multiprocessing": (
        "import multiprocessing as mp; "
        "p = mp.get_context('fork').Pool(2); r = p.map(abs, range(9)); p.close(); p.join()"
    ),
    "subprocess": "import subprocess; subprocess.run(['true'], check=True)",
    "thread": (
        "import threading; t = threading.Thread(target=sum, args=([1],)); t.start(); t.join()"
    ),
    "jit": "import torch; f = torch.jit.trace(lambda x: x * 2, torch.ones(2)); f(torch.ones(2))",
    "vmap": "import torch; torch.vmap(lambda v: v.sum())(torch.ones(5, 3))",
    "checkpoint": (
        "import torch; from torch.utils.checkpoint import checkpoint as c; "
        "x = torch.ones(3, requires_grad=True); "
        "c(torch.sin, x, use_reentrant=False).sum().backward()"
    ),
}


def run_cases(count: int) -> dict[str, float]:
    """Hangs, failures and milliseconds over `count` forks, going round the cases."""
    zygote = Zygote(choose("auto", "limits"), [], ["numpy", "torch"])
    zygote.wait_ready()
    launcher = Launcher(zygote.orders, zygote.plan)
    limits = Limits(cpu_seconds=20, cell_seconds=20, wall_factor=3, wall_slack=20)
    hangs, failures, started = [], [], time.perf_counter()
    names = list(CASES)
    for number in range(count):
        name = names[number % len(names)]
        process = launcher.launch(slot=0, seed=number, stage=None, limits=limits)
        try:
            reply = process.run_cell(CASES[name])
            if reply["failed"]:
                failures.append(f"{name}: {reply['outputs'][-1].get('evalue', '')}"[:200])
        except StudentFault as fault:
            hangs.append(f"{name}: {fault}")
        process.close()
    seconds = time.perf_counter() - started
    zygote.close()
    for line in sorted({*hangs, *failures}):
        print(line)
    return {
        "forks": count,
        "cases": len(names),
        "hangs": len(hangs),
        "failures": len(failures),
        "ms_per_fork": 1000 * seconds / count,
    }


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    figures = run_cases(options.count)
    print(figures)
    if options.json is not None:
        options.json.write_text(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
