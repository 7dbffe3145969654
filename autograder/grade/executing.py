"""Runs a rebuilt notebook in a student's process, and copies the process at each graded cell."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from autograder.definitions import Source
from autograder.grade.sanitize import Cell
from autograder.judge.session import Ending, StudentProcess
from autograder.proxy import (
    StudentDied,
    StudentFault,
    StudentOutOfMemory,
    StudentSpokeBadly,
    StudentTimedOut,
)

MAX_RESTARTS = 3
ERROR_NAMES = {"timed_out": "CellTimeoutError", "out_of_memory": "MemoryError"}


@dataclass
class Run:
    """What running a notebook left behind.

    Attributes:
        outcome: finished, crashed, timed_out, out_of_memory or killed.
        message: why it is not "finished".
        copies: grade_id -> a copy of the process as it was at that cell.
        sources: grade_id -> the code that had run before it.
        process: the process at the end, if it lives.
        cpu_seconds: of all processes that ran cells.
    """

    outcome: str = "finished"
    message: str = ""
    copies: dict[str, StudentProcess] = field(default_factory=dict)
    sources: dict[str, list[Source]] = field(default_factory=dict)
    process: StudentProcess | None = None
    cpu_seconds: float = 0.0


def run_notebook(
    cells: list[Cell],
    launch: Callable[[], StudentProcess],
    judged: set[str],
    modules: list[Source],
) -> Run:
    """Run the cells in order; a cell that ends the process is left out and the rest runs anew.

    Args:
        cells: the rebuilt notebook; outputs are written into it.
        launch: starts a fresh process.
        judged: ids of cells that the judge marks; they are not run.
        modules: Python files that came with the notebook, which its cells may import.
    """
    run, fatal = Run(), set[int]()
    for _ in range(MAX_RESTARTS + 1):
        for copy in run.copies.values():
            copy.kill()
        run.copies.clear()
        process = launch()
        stopped = _run_once(cells, process, judged, fatal, run, modules)
        if stopped is None:
            run.process = process
            return run
        run.cpu_seconds += process.close().cpu_seconds
        fatal.add(stopped)
    return run


def _run_once(
    cells: list[Cell],
    process: StudentProcess,
    judged: set[str],
    fatal: set[int],
    run: Run,
    modules: list[Source],
) -> int | None:
    """Run the cells but the fatal ones; the index of the cell that ended the process, if any."""
    sources: list[Source] = list(modules)
    for index, cell in enumerate(cells):
        if cell.cell_type != "code":
            continue
        if cell.grade_id in judged:
            try:
                last = not any(_runs(later) for later in cells[index + 1 :])
                # Nothing runs any more: the process itself is as good as a copy.
                run.copies[cell.grade_id] = process if last else process.copy()
                run.sources[cell.grade_id] = list(sources)
            except StudentFault as fault:
                _remember(cell, fault, run)  # no copy: no test can run and the cell earns nothing
            continue
        sources.append(Source(cell.grade_id or f"cell {index + 1}", cell.source))
        if index in fatal or not cell.source.strip():
            continue
        try:
            reply = process.run_cell(cell.source)
            cell.outputs, cell.count = clean_outputs(reply.get("outputs")), _count(reply)
        except StudentFault as fault:
            _note(cell, fault, run)
            if not process.alive:
                return index
    return None


def _runs(cell: Cell) -> bool:
    """Whether a cell takes the process: code to run, or a later cell to copy it for."""
    return cell.cell_type == "code" and bool(cell.source.strip())


def _remember(cell: Cell, fault: StudentFault, run: Run) -> str:
    """The outcome that a fault stands for; the first one is the notebook's."""
    outcome = outcome_of(fault)
    if run.outcome == "finished":
        run.outcome, run.message = outcome, f"{cell.grade_id or 'a cell'}: {fault}"
    return outcome


def _note(cell: Cell, fault: StudentFault, run: Run) -> None:
    outcome = _remember(cell, fault, run)
    name = ERROR_NAMES.get(outcome, "DeadKernelError")
    text = f"{name}: {fault}"
    cell.outputs = [
        {"output_type": "error", "ename": name, "evalue": str(fault), "traceback": [text]}
    ]


def outcome_of(fault: StudentFault) -> str:
    """The outcome that a fault stands for."""
    kinds: dict[type[StudentFault], str] = {
        StudentTimedOut: "timed_out",
        StudentOutOfMemory: "out_of_memory",
        StudentDied: "crashed",
        StudentSpokeBadly: "crashed",
    }
    return kinds.get(type(fault), "crashed")


def _count(reply: dict[str, Any]) -> int | None:
    count = reply.get("count")
    return count if type(count) is int and 0 <= count < 10**6 else None


MAX_OUTPUT_BYTES = 4_000_000
TEXT_MIMES = ("text/plain", "text/html", "text/latex", "text/markdown", "image/svg+xml")
IMAGE_MIMES = ("image/png", "image/jpeg", "image/gif")
JSON_MIMES = ("application/json", "application/vnd.jupyter.widget-view+json")


def clean_outputs(outputs: object) -> list[dict[str, Any]]:
    """Outputs of a cell in nbformat's form, of known kinds and bounded size."""
    budget = MAX_OUTPUT_BYTES
    kept: list[dict[str, Any]] = []
    for raw in outputs if isinstance(outputs, list) else []:
        output = _clean_output(raw) if isinstance(raw, dict) else None
        if output is None or len(kept) >= 1000:
            continue
        budget -= len(repr(output))
        if budget < 0:
            break
        kept.append(output)
    return kept


def _clean_output(raw: dict[str, Any]) -> dict[str, Any] | None:
    kind = raw.get("output_type")
    if kind == "stream":
        name = "stderr" if raw.get("name") == "stderr" else "stdout"
        return {"output_type": "stream", "name": name, "text": plain_text(raw.get("text"))}
    if kind == "error":
        lines = raw.get("traceback")
        traceback = [plain_text(line) for line in lines[:500]] if isinstance(lines, list) else []
        return {
            "output_type": "error",
            "ename": plain_text(raw.get("ename"))[:200],
            "evalue": plain_text(raw.get("evalue")),
            "traceback": traceback,
        }
    if kind in ("display_data", "execute_result"):
        data = raw.get("data")
        made: dict[str, Any] = {"output_type": kind, "metadata": {}}
        made["data"] = _clean_bundle(data if isinstance(data, dict) else {})
        if kind == "execute_result":
            count = raw.get("execution_count")
            made["execution_count"] = count if type(count) is int else None
        return made
    return None


def _clean_bundle(data: dict[Any, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for mime, value in data.items():
        if mime in TEXT_MIMES:
            kept[mime] = plain_text(value)
        elif mime in IMAGE_MIMES and isinstance(value, str):
            kept[mime] = value
        elif mime in JSON_MIMES and isinstance(value, dict | list):
            with contextlib.suppress(TypeError, ValueError, RecursionError):
                kept[mime] = json.loads(json.dumps(value, allow_nan=False))
    return kept


def plain_text(value: object) -> str:
    """Text without control characters that a terminal or log would obey (colours stay: ESC [ m)."""
    text = value if isinstance(value, str) else ""
    text = text.encode("utf-8", "replace").decode("utf-8")
    if text.isprintable():
        return text
    text = re.sub(r"\x1b(?!\[[0-9;]*m)", "\N{SYMBOL FOR ESCAPE}", text)
    return re.sub(
        r"[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f\x80-\x9f]", "\N{REPLACEMENT CHARACTER}", text
    )


def end(run: Run) -> Ending:
    """End everything that a run left; how the main process ended."""
    for copy in run.copies.values():
        copy.kill()
    return run.process.close() if run.process is not None else Ending()
