"""How long the labs take on two CPU cores: the model solution with its figures, and its checks.

    python benchmarks/lab_minutes.py [--only lab1 lab2] [--threads 1]

For each lab a new process runs the whole notebook from top to bottom, with the figures that the
text describes (not the quick ones that are marked), and then every public test, as `tdl check`
does. Wall clock and CPU seconds stand beside the minutes that the notebook promises its students.
Exit status 1 if it takes longer, or if a test fails.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROMISED = {"lab1": 5, "lab2": 2}  # minutes: "All runs together take under ..."
CORES = 2
QUICK = ("QUICK = True", "QUICK = False")
PROGRAM = r"""
import sys
from pathlib import Path
from autograder.selfcheck.checking import check_notebook
report = check_notebook(Path(sys.argv[1]))
print(report.headline)
print(*(f"{r.case.id}: {r.message}" for r in report.results if r.verdict != "correct"), sep="\n")
sys.exit(not report.passed)
"""


def main() -> int:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=list(PROMISED), default=list(PROMISED))
    parser.add_argument("--threads", type=int, default=1, help="of torch")
    arguments = parser.parse_args()
    threads = str(arguments.threads)
    os.environ |= {"MPLBACKEND": "Agg", "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": threads}
    return max([measured(lab) for lab in arguments.only])


def measured(lab: str) -> int:
    """Run a lab, print its times; 0 if all is as promised."""
    with tempfile.TemporaryDirectory() as folder:
        notebook = Path(folder, f"{lab}.ipynb")
        content = json.loads((ROOT / "source" / lab / notebook.name).read_text("utf-8"))
        for cell in content["cells"]:
            cell["source"] = "".join(cell["source"]).replace(*QUICK)
        notebook.write_text(json.dumps(content), "utf-8")
        Path(folder, "tests").symlink_to(ROOT / "source" / lab / "tests")
        start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        status = subprocess.run([sys.executable, "-c", PROGRAM, notebook], check=False).returncode
        wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    promised = 60 * PROMISED[lab]
    print(f"{lab}: {wall:.0f} s on the clock, {cpu:.0f} CPU-seconds; promised: under {promised} s")
    return int(status != 0 or min(cpu, wall) > promised)  # beside other work wall clocks are long


if __name__ == "__main__":
    sys.exit(main())
