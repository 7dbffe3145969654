"""Bounds of a submission as a whole, on machines whose control groups can be written."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.judge.session import StudentProcess
from autograder.sandbox import cgroups
from autograder.sandbox.cgroups import Groups, find_groups, total_bytes
from autograder.sandbox.limits import MIB, Limits
from tests.autograder.conftest import LIMITS

Launch = Callable[..., StudentProcess]
SMALL = replace(LIMITS, memory_mb=96, disk_mb=32, processes=24)
# Each child stays below its own limit, all together are above that of the submission.
TOGETHER = """
import os, time
children = []
for _ in range(6):
    child = os.fork()
    if child == 0:
        kept = bytearray(70 * 2**20)
        for i in range(0, len(kept), 4096):
            kept[i] = 1
        time.sleep(3)
        os._exit(0)
    children.append(child)
endings = [os.waitpid(child, 0)[1] for child in children]
print(sum(e == 0 for e in endings))
"""


@pytest.fixture
def groups() -> Groups:
    """Where groups can be made here."""
    found = find_groups()
    if found is None:
        pytest.skip("no control groups that can be written")
    return found


def test_children_together_have_a_bound(groups: Groups, launch: Launch) -> None:
    """What each may use alone is not multiplied by their number."""
    process = launch(SMALL)
    try:
        reply = process.run_cell(TOGETHER)
    except BaseException as fault:
        assert "killed" in str(fault) or "ended" in str(fault)
        return
    assert int(reply["outputs"][0]["text"]) < 6


def test_processes_are_bounded_for_root_too(groups: Groups, launch: Launch) -> None:
    """At level limits the kernel's own limit does not count for root; the group's does."""
    code = """
import os, time
count = 0
try:
    for _ in range(60):
        if os.fork() == 0:
            time.sleep(2)
            os._exit(0)
        count += 1
except OSError:
    pass
print(count)
"""
    reply = launch(SMALL).run_cell(code)
    assert int(reply["outputs"][0]["text"]) < SMALL.processes


def test_nothing_is_left_of_a_submission(groups: Groups, launch: Launch) -> None:
    """Its group goes with it, and so do daemons in it."""
    process = launch(SMALL)
    process.run_cell("import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(60)")
    inside = _groups_of(process.pid)
    assert any("tdl-" in path for path in inside)
    process.close()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and _folders(groups, inside):
        time.sleep(0.05)
    assert _folders(groups, inside) == []


def _groups_of(pid: int) -> list[str]:
    lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    return [line.rpartition("/")[2] for line in lines if "/tdl-" in line]


def _folders(groups: Groups, names: list[str]) -> list[Path]:
    return [f / n for f in groups.folders.values() for n in names if (f / n).exists()]


def test_a_dead_zygotes_groups_are_swept(groups: Groups) -> None:
    """A group whose maker is gone is removed, one whose maker lives is not."""
    done = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"],
                          capture_output=True, text=True, check=True)  # fmt: skip
    folder = groups.folders["memory"]
    dead, alive = folder / f"tdl-{done.stdout.strip()}-1", folder / f"tdl-{os.getpid()}-9999"
    dead.mkdir()
    alive.mkdir()
    try:
        groups.sweep()
        assert (dead.exists(), alive.exists()) == (False, True)
    finally:
        alive.rmdir()


def test_the_bound_is_two_processes_and_the_private_disk() -> None:
    """So that an honest process and a copy of it fit."""
    assert total_bytes(Limits(memory_mb=100, disk_mb=10)) == (210 + cgroups.SHARED_MEMORY_MB) * MIB


@pytest.mark.parametrize("text", ["", "nonsense", "0::/", "4:memory:/x\n8:pids:/", "0::/../.."])
def test_where_nothing_can_be_written_there_are_none(tmp_path: Path, text: str) -> None:
    """Folders that are no control groups are not taken for some."""
    (tmp_path / "own").write_text(text)
    (tmp_path / "mount").mkdir()
    assert find_groups(tmp_path / "mount", tmp_path / "own") is None
