"""Has mutants marked by child processes and adds up what became of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.errors import CourseError, SandboxError
from autograder.judge.spawning import ONE_THREAD
from autograder.mutation.equivalence import Note, noted, read_notes
from autograder.mutation.mutants import Mutant


@dataclass
class Fate:
    """One mutant that was marked: how it lost points, if it did, and the note on it."""

    mutant: Mutant
    loss: dict[str, Any] | None
    seconds: float
    note: Note | None = None

    @property
    def survives(self) -> bool:
        return self.loss is None and self.note is None

    def plain(self) -> dict[str, Any]:
        note = self.note.why if self.note else None
        loss = {"loss": self.loss, "equivalent": note, "seconds": self.seconds}
        return {**self.mutant.plain(), **loss}


@dataclass
class Campaign:
    """All mutants of an assignment that were marked.

    Attributes:
        fates: one per marked mutant.
        made: part -> how many mutants it has.
        displays: part -> points that only display something, so nobody marks them.
        seconds: wall clock.
    """

    fates: list[Fate] = field(default_factory=list)
    made: dict[str, int] = field(default_factory=dict)
    displays: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    def plain(self) -> dict[str, Any]:
        return {
            "seconds": self.seconds,
            "made": self.made,
            "displays": self.displays,
            "mutants": [fate.plain() for fate in self.fates],
        }


@dataclass(frozen=True)
class Tally:
    """Numbers of one question, or of all."""

    mutants: int
    killed: int
    equivalent: int
    survivors: int

    @property
    def kill_rate(self) -> float:
        told = self.killed + self.survivors
        return self.killed / told if told else 1.0

    @property
    def equivalent_share(self) -> float:
        return self.equivalent / self.mutants if self.mutants else 0.0


def tally(fates: Iterable[Fate]) -> Tally:
    """How many mutants were killed, are equivalent, survive."""
    fates = list(fates)
    killed = sum(fate.loss is not None for fate in fates)
    survivors = sum(fate.survives for fate in fates)
    return Tally(len(fates), killed, len(fates) - killed - survivors, survivors)


def mutate(
    root: Path, assignment: str, *, question: str = "", sample: int = 0, jobs: int = 1
) -> Campaign:
    """Mark the mutants of an assignment's model solution.

    Args:
        root: the course folder.
        assignment: its name.
        question: only this question or part; "" for all.
        sample: at most so many mutants per part; 0 for all.
        jobs: processes at once.

    Raises:
        CourseError: the model solution loses points, a note is stale or calls a mutant right that
            loses points, nothing to change.
        SandboxError: a process can't start.
    """
    started = time.perf_counter()
    order: dict[str, Any] = {"work": "mutants", "course": str(root), "assignment": assignment}
    order |= {"question": question, "sample": sample}
    shares = [{**order, "share": share, "shares": jobs} for share in range(jobs)]
    lines = [line for found in in_children(shares) for line in found]
    campaign = Campaign(seconds=time.perf_counter() - started)
    mutants: dict[str, list[Mutant]] = {}
    for line in lines:
        if "mutants" in line:
            mutants[line["part"]] = [Mutant(**data) for data in line["mutants"]]
            campaign.displays[line["part"]] = line["displays"]
    campaign.made = {part: len(own) for part, own in mutants.items()}
    if not mutants:
        raise CourseError(f"{assignment} must have answers with tests, got none {question}")
    campaign.fates = [
        Fate(mutants[line["part"]][line["index"]], line["loss"], line["seconds"])
        for line in lines
        if "index" in line
    ]
    campaign.fates.sort(key=lambda fate: (list(mutants).index(fate.mutant.part), fate.mutant.line))
    take_notes(campaign, [n for n in read_notes(root, assignment) if n.part in mutants], mutants)
    return campaign


def take_notes(campaign: Campaign, notes: list[Note], mutants: dict[str, list[Mutant]]) -> None:
    """Give every marked mutant the note on it.

    Args:
        campaign: its fates get their notes.
        notes: on the parts of these mutants.
        mutants: part -> all its mutants.

    Raises:
        CourseError: a note is stale, or calls a mutant right that loses points.
    """
    called = noted(notes, (mutant for own in mutants.values() for mutant in own))
    for fate in campaign.fates:
        fate.note = called.get(fate.mutant)
        if fate.note is not None and fate.loss is not None:
            lost = fate.loss["test"] or fate.loss["message"]
            raise CourseError(
                f"a mutant called equivalent must get full marks, got a loss in {lost}: {fate.note}"
            )


def in_children(orders: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """What children write for these orders, one child an order, at once.

    Raises:
        CourseError, SandboxError: as a child says, or it ended without a word.
    """
    with tempfile.TemporaryDirectory(prefix="tdl-mutate-") as temporary:
        children = []
        for number, order in enumerate(orders):
            result = Path(temporary) / f"{number}.jsonl"
            path = Path(temporary) / f"{number}.json"
            path.write_text(json.dumps({**order, "result": str(result)}), "utf-8")
            command = [sys.executable, "-m", "autograder.mutation.child", str(path)]
            environment = {**os.environ, **ONE_THREAD, "PYTHONHASHSEED": "0", "MPLBACKEND": "Agg"}
            children.append((subprocess.Popen(command, env=environment), result))
        try:
            return [_lines(child, result) for child, result in children]
        finally:
            for child, _ in children:
                child.kill()
                child.wait()


def _lines(child: subprocess.Popen[bytes], result: Path) -> list[dict[str, Any]]:
    status = child.wait()
    text = result.read_text("utf-8") if result.exists() else ""
    lines = [json.loads(line) for line in text.splitlines()]
    failed = next((line for line in lines if "failed" in line), None)
    if failed is not None:
        kind = SandboxError if failed["kind"] == "SandboxError" else CourseError
        raise kind(failed["failed"])
    if status:
        raise SandboxError(f"the process that marks mutants must end well, got {status}")
    return lines
