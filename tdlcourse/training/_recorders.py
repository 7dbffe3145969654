"""Who is told of a run's numbers: a file, TensorBoard, the screen."""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, TextIO


class Recorder(Protocol):
    """Gets the numbers of a run.

    `kind` is "step" or "epoch"; the row has "epoch", "step" (counted over all epochs), "steps"
    (planned), "loss", "lr", "examples_per_second", "seconds", "seconds_left", "memory_bytes" and,
    for epochs, "validation_loss" and one "validation_<metric>" each. `resume` comes once before,
    with the number of steps already done.
    """

    def resume(self, step: int) -> None: ...
    def record(self, kind: str, row: Mapping[str, float]) -> None: ...


class CSVRecorder:
    """Writes one line an epoch, or also one a logged step, to a CSV file.

    A run that continues from a checkpoint drops the lines after it, which it will write again.

    Args:
        path: the file.
        steps: also write the logged steps; fields that a line lacks are empty.
    """

    def __init__(self, path: Path | str, *, steps: bool = False) -> None:
        self.path = Path(path)
        self.steps = steps
        self.rows: list[dict[str, Any]] = []

    def resume(self, step: int) -> None:
        self.rows = []
        if step > 0 and self.path.exists():
            with self.path.open(newline="", encoding="utf-8") as file:
                self.rows = [row for row in csv.DictReader(file) if int(row["step"]) <= step]
        self._write_all()

    def record(self, kind: str, row: Mapping[str, float]) -> None:
        if kind == "step" and not self.steps:
            return
        known = self._columns()
        self.rows.append({"kind": kind, **row})
        if set(self.rows[-1]) - set(known):
            self._write_all()
            return
        with self.path.open("a", newline="", encoding="utf-8") as file:
            csv.DictWriter(file, known).writerow(self.rows[-1])

    def _columns(self) -> list[str]:
        return list(dict.fromkeys(name for row in self.rows for name in row))

    def _write_all(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("w", newline="", encoding="utf-8") as file:
            if self.rows:
                writer = csv.DictWriter(file, self._columns())
                writer.writeheader()
                writer.writerows(self.rows)


class TensorBoardRecorder:
    """Writes every number to TensorBoard, which must be installed.

    Args:
        folder: of the event files.

    Raises:
        ImportError: the package tensorboard is not installed.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = str(folder)
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise ImportError("TensorBoardRecorder needs the package tensorboard") from None
        self._make = SummaryWriter
        self._writer: Any = None

    def resume(self, step: int) -> None:
        # purge_step hides what an interrupted run wrote after its checkpoint
        self._writer = self._make(self.folder, purge_step=step + 1 if step else None)

    def record(self, kind: str, row: Mapping[str, float]) -> None:
        for name, value in row.items():
            if name not in ("epoch", "step", "steps"):
                self._writer.add_scalar(f"{kind}/{name}", value, int(row["step"]))
        if kind == "epoch":
            self._writer.flush()


class ProgressBar:
    """Draws progress, loss, speed, time left, memory and, with peak_flops, MFU in one line.

    Args:
        file: where; standard error if absent.
        seconds: least time between two drawings.
    """

    WIDTH = 24

    def __init__(self, file: TextIO | None = None, *, seconds: float = 0.2) -> None:
        self.file = file
        self.seconds = seconds
        self._drawn = 0.0

    def resume(self, step: int) -> None:
        self._drawn = 0.0

    def record(self, kind: str, row: Mapping[str, float]) -> None:
        last = row["step"] >= row["steps"]
        if kind == "step" and time.monotonic() - self._drawn < self.seconds:
            return
        self._drawn = time.monotonic()
        out = self.file or sys.stderr
        out.write("\r" + self._line(row) + ("\n" if last and kind == "epoch" else ""))
        out.flush()

    def _line(self, row: Mapping[str, float]) -> str:
        done = row["step"] / max(row["steps"], 1)
        bar = ("#" * round(done * self.WIDTH)).ljust(self.WIDTH, ".")
        minutes, seconds = divmod(round(row["seconds_left"]), 60)
        text = f"{done:4.0%} [{bar}] epoch {row['epoch']:g}  loss {row['loss']:.4g}"
        text += f"  {row['examples_per_second']:,.0f}/s  {minutes}:{seconds:02d} left"
        text += f"  {row['memory_bytes'] / 2**20:,.0f} MiB"
        if "mfu" in row:
            text += f"  MFU {row['mfu']:.1%}"
        for name, value in row.items():
            if name.startswith("validation_"):
                text += f"  {name.removeprefix('validation_')} {value:.4g}"
        return text.ljust(100)
