"""Attacks as data: one TOML file per attack in corpus/<family>/.

    goal    what it goes for, in one sentence
    stops   the levels that promise to stop it; it is run at these and at no other
    needs   "seccomp": at level limits only where there is a filter of system calls
    code    replaces the answer of q1; solve that of q2; proof that of q3; extra is a first cell
    edit    a change of the notebook or its folder, by its name in edits.py
    files   further files of the submission
    verdict of q2; outcome of the submission: what it must come to, if it matters
    bounded what else is looked at: output, escapes or script
    earned  the points that it may have, by question; none if absent

An attack that gets what it goes for prints BREACH. In its text, @NAME@ stands for what the test
made: a port, a path, a process id.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
FAMILIES = ("forging", "reading", "leaving", "hurting")
LEVELS = ("namespaces", "user", "limits")


@dataclass(frozen=True)
class Attack:
    """One attack; see above."""

    family: str
    name: str
    goal: str
    stops: tuple[str, ...]
    needs: str = ""
    code: str = ""
    solve: str = ""
    proof: str = ""
    extra: str = ""
    edit: str = ""
    verdict: str = ""
    outcome: str = ""
    bounded: str = ""
    earned: dict[str, float] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    @property
    def student(self) -> str:
        return f"{self.family}-{self.name}".replace("_", "-")


def read_attacks() -> list[Attack]:
    """All attacks, by family and name."""
    attacks = []
    for family in FAMILIES:
        for path in sorted((CORPUS / family).glob("*.toml")):
            data = tomllib.loads(path.read_text("utf-8"))
            data["stops"] = tuple(data["stops"])
            attacks.append(Attack(family=family, name=path.stem, **data))
    return attacks


def attacks_at(level: str, *, filtered: bool) -> list[Attack]:
    """The attacks that a level promises to stop.

    Args:
        level: the level.
        filtered: whether there is a filter of system calls here.
    """
    return [
        attack
        for attack in read_attacks()
        if level in attack.stops and (level != "limits" or attack.needs != "seccomp" or filtered)
    ]


def table() -> str:
    """Number of attacks by family and level, as a table for docs/security.md."""
    attacks = read_attacks()
    lines = [
        "| family | attacks | " + " | ".join(f"`{level}`" for level in LEVELS) + " |",
        "| --- | ---: |" + " ---: |" * len(LEVELS),
    ]
    for family in (*FAMILIES, "all"):
        own = [a for a in attacks if family in (a.family, "all")]
        counts = [sum(level in a.stops for a in own) for level in LEVELS]
        lines.append(f"| {family} | {len(own)} | " + " | ".join(map(str, counts)) + " |")
    return "\n".join(lines)


def unstopped_table(level: str) -> str:
    """What a level does not promise to stop, as a table for docs/security.md."""
    lines = ["| family | goes for |", "| --- | --- |"]
    for family in FAMILIES:
        goals = [
            attack.goal.rstrip(".")
            for attack in read_attacks()
            if attack.family == family and level not in attack.stops
        ]
        if goals:
            lines.append(f"| {family} | {'; '.join(goals)} |")
    return "\n".join(lines)
