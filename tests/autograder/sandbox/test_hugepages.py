"""Memory in huge pages is the same memory, cheaper to fork."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

PROGRAM = """
import json, os, re
import numpy as np
from autograder.sandbox.hugepages import use_huge_pages

def huge():
    text = open("/proc/self/smaps_rollup").read()
    return int(re.search(r"AnonHugePages: +(\\d+)", text)[1]) * 1024

block = np.arange(8 << 20)  # 64 MiB
moved = use_huge_pages()
same = bool((block == np.arange(8 << 20)).all())
reader, writer = os.pipe()
if os.fork() == 0:
    block[:] = 7
    os.write(writer, str(int(block.sum())).encode())
    os._exit(0)
os.wait()
child = int(os.read(reader, 100))
kept = bool((block == np.arange(8 << 20)).all())
print(json.dumps({"moved": moved, "huge": huge(), "same": same, "child": child, "kept": kept}))
"""


@pytest.fixture(scope="module")
def report() -> Any:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=120, check=True
    )
    return json.loads(done.stdout)


def test_what_was_in_memory_is_still_there(report: Any) -> None:
    assert report["same"]


def test_what_a_child_writes_is_its_own(report: Any) -> None:
    assert report["child"] == 7 * (8 << 20)
    assert report["kept"]


def test_it_says_how_much_has_moved(report: Any) -> None:
    """On a kernel that can't, it says 0."""
    assert report["moved"] == 0 or report["huge"] >= 64 << 20
