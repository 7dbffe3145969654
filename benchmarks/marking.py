"""Time until the next answer is there to be marked, alone and while the class is graded.

    python benchmarks/marking.py [--students 200] [--marks 40]

Makes the course of `tdl new`, a class whose proofs are waited for, and grades it once. Then drives
`tdl marking next` at a terminal as a marker would: points, Enter, the next answer; first with
nothing else running, then while `tdl grade --force` grades the whole class again and again.
"""

from __future__ import annotations

import argparse
import json
import os
import pty
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HOMEWORK = "hw5"
ROOT = Path(__file__).resolve().parent.parent
TDL = [sys.executable, "-m", "autograder.cli"]
POINTS, COMMENT = b"Enter to stop:", b"@key for one above:"


def tdl(folder: Path, *arguments: str) -> None:
    """Run a command in the course folder."""
    subprocess.run([*TDL, *arguments], cwd=folder, check=True, capture_output=True)


def make_class(folder: Path, students: int) -> None:
    """A course, and submissions with the model's code and a proof of their own."""
    config = (ROOT / "nbgrader_config.py").read_text("utf-8")
    root = f"root = Path({str(ROOT)!r})\n"
    text = config.replace("if str(root)", f"{root}if str(root)", 1)
    text = text.replace("c.Course.title", 'c.Course.checks = "checks"\nc.Course.title', 1)
    (folder / "nbgrader_config.py").write_text(text, "utf-8")
    tdl(folder, "new", HOMEWORK)
    tdl(folder, "generate", HOMEWORK)
    source = folder / "source" / HOMEWORK / f"{HOMEWORK}.ipynb"
    notebook = json.loads(source.read_text("utf-8"))
    for number in range(students):
        for cell in notebook["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("grade_id") == "q2-answer":
                cell["source"] = f"Proof number {number}. " + "By the definition of the sum. " * 80
        copy = folder / "submitted" / f"s{number:03}" / HOMEWORK / f"{HOMEWORK}.ipynb"
        copy.parent.mkdir(parents=True)
        copy.write_text(json.dumps(notebook), "utf-8")


class Terminal:
    """A marker at `tdl marking next`."""

    def __init__(self, folder: Path) -> None:
        self._master, theirs = pty.openpty()
        command = [*TDL, "marking", "next", HOMEWORK, "--marker", "ann"]
        started = time.perf_counter()
        self._process = subprocess.Popen(
            command, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        self.until(POINTS)
        self.start = time.perf_counter() - started

    def until(self, expected: bytes) -> None:
        """Read until the program asks."""
        seen = b""
        while expected not in seen:
            seen = seen[-200:] + os.read(self._master, 65536)

    def mark(self) -> float:
        """Enter points and no comment; seconds until the next answer is there."""
        os.write(self._master, b"3\n")
        self.until(COMMENT)
        started = time.perf_counter()
        os.write(self._master, b"\n")
        self.until(POINTS)
        return time.perf_counter() - started

    def stop(self) -> None:
        os.write(self._master, b"\n")
        self._process.wait()
        os.close(self._master)


def measured(folder: Path, marks: int, pause: float) -> tuple[float, list[float]]:
    """Seconds to the first answer, and to each next one."""
    terminal = Terminal(folder)
    times = []
    for _ in range(marks):
        time.sleep(pause)
        times.append(terminal.mark())
    terminal.stop()
    return terminal.start, times


def show(what: str, start: float, times: list[float]) -> None:
    median, slowest = statistics.median(times), max(times)
    print(
        f"{what}: first {start:.2f} s, next median {median * 1000:.0f} ms, "
        f"slowest {slowest * 1000:.0f} ms of {len(times)}",
        flush=True,
    )


def main() -> None:
    """Print the figures of both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=200)
    parser.add_argument("--marks", type=int, default=40)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tdl-marking-") as temporary:
        folder = Path(temporary)
        make_class(folder, chosen.students)
        tdl(folder, "grade", HOMEWORK)
        show("nothing else running", *measured(folder, chosen.marks, 0.2))
        grading = subprocess.Popen(
            ["sh", "-c", f"while {' '.join(TDL)} grade {HOMEWORK} --force; do echo done; done"],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        records = folder / ".tdl" / "audit" / f"{HOMEWORK}.jsonl"
        before = len(records.read_bytes().splitlines())
        while len(records.read_bytes().splitlines()) == before:
            time.sleep(0.1)
        show("while grading runs", *measured(folder, chosen.marks, 0.2))
        graded = len(records.read_bytes().splitlines()) - before
        print(f"submissions graded meanwhile: {graded}")
        os.killpg(grading.pid, 15)
        grading.wait()


if __name__ == "__main__":
    main()
