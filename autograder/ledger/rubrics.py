"""Rubrics: what a talk, a report or an oral exam is marked by, one small YAML file each.

```yaml
title: Seminar
team: seminar          # left out: each student is marked alone
criteria:
  - id: theorem
    title: States the theorem with all its assumptions
    points: 10
  - id: bonus
    title: An own example
    points: 2
    bonus: true        # not among the points to get
```
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

from autograder.errors import CourseError, shown
from autograder.ledger.exact import number


@dataclass(frozen=True)
class Criterion:
    """One line of a rubric."""

    id: str
    title: str
    points: Fraction
    bonus: bool = False


@dataclass(frozen=True)
class Rubric:
    """What an item is marked by."""

    item: str
    title: str
    criteria: tuple[Criterion, ...]
    team: str = ""

    @property
    def most(self) -> Fraction:
        """Points to get."""
        return sum((c.points for c in self.criteria if not c.bonus), Fraction(0))

    def criterion(self, id: str) -> Criterion:
        """A criterion by its id.

        Raises:
            CourseError: there is none.
        """
        for criterion in self.criteria:
            if criterion.id == id:
                return criterion
        known = ", ".join(c.id for c in self.criteria)
        raise CourseError(f"criterion of {self.item} must be one of {known}, got {shown(id)}")


def read_rubrics(folder: Path) -> dict[str, Rubric]:
    """Item -> rubric, of all `*.yml` in a folder; none if there is no folder.

    Raises:
        CourseError: one of them is no rubric.
    """
    return {path.stem: read_rubric(path) for path in sorted(folder.glob("*.yml"))}


def read_rubric(path: Path) -> Rubric:
    """The rubric in a file; the item is the file's name.

    Raises:
        CourseError: it is none.
    """
    try:
        data = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise CourseError(f"{path} must be YAML, got {shown(str(error))}") from None
    if not isinstance(data, dict) or not isinstance(data.get("criteria"), list):
        raise CourseError(f"{path} must hold title and criteria, got {shown(data)}")
    unknown = sorted(set(data) - {"title", "team", "criteria"}, key=str)
    if unknown:
        raise CourseError(f"{path} must hold title, team and criteria, got {unknown[0]!r}")
    criteria = tuple(_criterion(path, i, each) for i, each in enumerate(data["criteria"]))
    names = [criterion.id for criterion in criteria]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise CourseError(f"{path} must have each criterion once, got {twice[0]!r} twice")
    rubric = Rubric(
        path.stem, str(data.get("title", path.stem)), criteria, str(data.get("team") or "")
    )
    if rubric.most <= 0:
        raise CourseError(f"{path} must have points to get, got {rubric.most}")
    return rubric


def _criterion(path: Path, index: int, data: Any) -> Criterion:
    where = f"{path}: criteria[{index}]"
    if not isinstance(data, dict) or not {"id", "title", "points"} <= set(data):
        raise CourseError(f"{where} must have id, title and points, got {shown(data)}")
    unknown = sorted(set(data) - {"id", "title", "points", "bonus"}, key=str)
    if unknown:
        raise CourseError(f"{where} must have id, title, points and bonus, got {unknown[0]!r}")
    points = number(data["points"], f"{where}.points")
    return Criterion(str(data["id"]), str(data["title"]), points, bool(data.get("bonus", False)))
