"""What is ready to be handed in: a hash of the answers, the time, the partner, what is answered."""

from __future__ import annotations

import datetime
import hashlib
import json
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from autograder.errors import SubmissionError, shown
from autograder.selfcheck.points import cells_of, marks_of
from autograder.selfcheck.scans import scans_of
from autograder.selfcheck.team import TEAM_FILE, read_partners

STUBS = ("YOUR CODE HERE", "YOUR ANSWER HERE")
MAX_FILE = 64 * 2**20  # bytes; what is larger is not graded either
# What nbgrader, Jupyter and this kit put beside a submission, and what does not belong to it.
LEFT_OUT = {"tests", "feedback", "__pycache__", "receipt.txt", TEAM_FILE}
LEFT_OUT |= {"timestamp.txt", "submission_secret.txt"}


@dataclass(frozen=True)
class Receipt:
    """What would be handed in.

    Attributes:
        assignment: name of the folder's notebook.
        digest: hash of answers, partners and accompanying files; outputs don't count.
        saved: when the notebook was last saved, UTC.
        partners: whom the team file names.
        answered, empty: questions with and without an answer.
        due: the deadline, UTC, if known.
    """

    assignment: str
    digest: str
    saved: datetime.datetime
    partners: tuple[str, ...] = ()
    answered: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    due: datetime.datetime | None = None
    files: tuple[str, ...] = field(default=())

    def lines(self, now: datetime.datetime | None = None) -> list[str]:
        """The receipt as text, seen at `now`."""
        now = now or datetime.datetime.now(datetime.UTC)
        partners = ", ".join(self.partners) or "none"
        lines = [
            f"receipt {self.digest[:16]} of {self.assignment}, {_clock(now)}",
            f"  saved     {_clock(self.saved)}",
            f"  answered  {', '.join(self.answered) or 'nothing'}",
            f"  empty     {', '.join(self.empty) or 'none'}",
            f"  partner   {partners}",
            f"  lateness  {lateness(now, self.due)}",
        ]
        return lines + [f"  files     {', '.join(self.files)}"] * bool(self.files)


def receipt_of(folder: Path, due: datetime.datetime | None = None) -> Receipt:
    """The receipt of a folder with one notebook, as it is saved on disk.

    Args:
        folder: where the notebook lies.
        due: the deadline, UTC; the kit's own if None.

    Raises:
        SubmissionError: no notebook there, several, an unreadable team file, or a scan that is not
            accepted.
    """
    notebooks = sorted(folder.glob("*.ipynb"))
    if len(notebooks) != 1:
        raise SubmissionError(f"folder must hold one notebook, got {len(notebooks)} in {folder}")
    path = notebooks[0]
    cells = cells_of(path)
    if not cells:
        raise SubmissionError(f"{path.name} must be a notebook with cells, got none")
    partners, files = read_partners(folder), _files(folder)
    answers = {str(marks_of(c).get("grade_id")): _answer(c) for c in cells if _is_answer(c)}
    contents = [answers, sorted(partners), [_digest_of_file(p, folder) for p in files]]
    own = [
        _answer(cell) for cell in cells if not marks_of(cell) and cell.get("cell_type") == "code"
    ]
    text = json.dumps([*contents, own], sort_keys=True, ensure_ascii=True)
    stubs = {
        name
        for name, answer in answers.items()
        if _is_stub(answer) and not scans_of(folder, _name(name))
    }
    seconds = path.stat().st_mtime
    return Receipt(
        assignment=path.stem,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        saved=datetime.datetime.fromtimestamp(seconds, datetime.UTC),
        partners=tuple(partners),
        answered=tuple(_name(n) for n in answers if n not in stubs),
        empty=tuple(_name(n) for n in answers if n in stubs),
        due=due or due_of(path.stem),
        files=tuple(p.relative_to(folder).as_posix() for p in files),
    )


def _is_answer(cell: dict[str, Any]) -> bool:
    return bool(marks_of(cell).get("solution"))


def _answer(cell: dict[str, Any]) -> list[Any]:
    source = cell.get("source", "")
    return [source if isinstance(source, str) else "".join(source), cell.get("attachments") or {}]


def _is_stub(answer: list[Any]) -> bool:
    text, attachments = answer
    return not attachments and (not text.strip() or any(stub in text for stub in STUBS))


def _name(grade_id: str) -> str:
    return grade_id.removesuffix("-answer")


def _files(folder: Path) -> list[Path]:
    """Files that go along with the notebook."""
    found = []
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith(".") or part in LEFT_OUT for part in parts)
        if not hidden and path.suffix != ".ipynb" and path.is_file() and not path.is_symlink():
            found.append(path)
    return found


def _digest_of_file(path: Path, folder: Path) -> list[str]:
    name, size = path.relative_to(folder).as_posix(), path.stat().st_size
    if size > MAX_FILE:
        raise SubmissionError(f"{shown(name)} must be at most {MAX_FILE} bytes, got {size}")
    return [name, hashlib.sha256(path.read_bytes()).hexdigest()]


def due_of(assignment: str) -> datetime.datetime | None:
    """The deadline that was written into this kit, UTC; None if there is none."""
    try:
        text = resources.files("autograder.selfcheck").joinpath("kit.json").read_text("utf-8")
        due = json.loads(text).get("due", {}).get(assignment)
        return None if due is None else datetime.datetime.fromisoformat(due)
    except (OSError, ValueError, AttributeError, TypeError):
        return None


def lateness(now: datetime.datetime, due: datetime.datetime | None) -> str:
    """How late `now` is, in words."""
    if due is None:
        return "unknown: this kit holds no deadline"
    seconds = (now - due).total_seconds()
    words = "late by" if seconds > 0 else "in time, left:"
    minutes = int(abs(seconds) // 60)
    days, hours = minutes // 1440, minutes // 60 % 24
    return f"{words} {days} d {hours} h {minutes % 60} min (due {_clock(due)})"


def _clock(moment: datetime.datetime) -> str:
    return moment.astimezone(datetime.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
