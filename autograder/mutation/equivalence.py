"""Notes that say which mutants are right answers, and why."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from autograder.corpus import SUBMISSIONS
from autograder.errors import CourseError, shown
from autograder.grade.course import part_of
from autograder.mutation.mutants import Mutant

NAME = "equivalent.toml"


@dataclass(frozen=True)
class Note:
    """One change that leaves the answer right.

    Attributes:
        part: grade_id of the marked cell.
        was: the changed lines, without their indentation.
        becomes: what they are changed to.
        at: which one of the changes that read the same; 0 where there is only one.
        why: why the answer is still right.
    """

    part: str
    was: str
    becomes: str
    at: int
    why: str

    def fits(self, mutant: Mutant) -> bool:
        same = (self.part, self.was, self.becomes) == (mutant.part, mutant.was, mutant.becomes)
        return same and self.at in (0, mutant.at)

    def __str__(self) -> str:
        return f"{self.part}: {self.was!r} -> {self.becomes!r}" + (f" at {self.at}" * bool(self.at))


def read_notes(root: Path, assignment: str) -> list[Note]:
    """The notes in tests/submissions/<assignment>/equivalent.toml, none where there is no file.

    Raises:
        CourseError: a note without a reason, or without a change.
    """
    path = part_of(root, SUBMISSIONS) / assignment / NAME
    if not path.exists():
        return []
    found = []
    try:
        for entry in tomllib.loads(path.read_text("utf-8")).get("equivalent", []):
            part, why = str(entry["part"]), " ".join(str(entry["note"]).split())
            if not why or not entry["changes"]:
                raise CourseError(f"{path}: a note on {part} must have a reason and changes")
            for change in entry["changes"]:
                lines = str(change["was"]), str(change["becomes"])
                found.append(Note(part, *lines, int(change.get("at", 0)), why))
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise CourseError(f"{path} must hold notes, got {shown(error)}") from None
    return found


def noted(notes: Iterable[Note], mutants: Iterable[Mutant]) -> dict[Mutant, Note]:
    """Mutants that a note calls right answers.

    Args:
        notes: the notes on the parts that the mutants are of.
        mutants: all mutants of these parts.

    Raises:
        CourseError: a note that fits no mutant any more, or several without saying which.
    """
    mutants, found = list(mutants), dict[Mutant, Note]()
    for note in notes:
        fitting = [mutant for mutant in mutants if note.fits(mutant)]
        if not fitting:
            raise CourseError(f"{NAME} must fit the mutants, got a stale note: {note}")
        if len(fitting) > 1:
            raise CourseError(f"{NAME}: the note must say at = 1 .. {len(fitting)}: {note}")
        found[fitting[0]] = note
    return found
