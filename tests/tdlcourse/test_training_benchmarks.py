"""The GPU benchmark runs from end to end where there is no GPU, in its smallest setting."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_gpu_benchmark_runs_in_its_smallest_setting(tmp_path):
    done = subprocess.run(
        [sys.executable, "benchmarks/gpu_training.py", "--tiny", "--json", tmp_path / "r.json"],
        cwd=ROOT,
        env={"OMP_NUM_THREADS": "1", "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    report = json.loads((tmp_path / "r.json").read_text())
    assert {"resnet8", "graph", "ensemble", "resume"} <= set(report)
    assert report["resume"]["value"] is True and report["tiny"] is True
