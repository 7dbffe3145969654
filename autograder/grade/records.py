"""What is known of each graded submission: one small file each, so that a second run can skip it.

A record is written last, after the autograded folder and the gradebook; a submission without a
matching record is graded again, which gives the same marks because seeds don't change.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.grade.server import write_whole

VERSION = 1


class Records:
    """Records of one assignment.

    Args:
        folder: where they lie.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, student: str) -> dict[str, Any] | None:
        """A student's record, or None if there is none that can be read."""
        try:
            record = json.loads(self._path(student).read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return record if isinstance(record, dict) and record.get("version") == VERSION else None

    def write(self, student: str, record: dict[str, Any]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(self._path(student), json.dumps({**record, "version": VERSION}))

    def forget(self, student: str) -> None:
        self._path(student).unlink(missing_ok=True)

    def _path(self, student: str) -> Path:
        plain = re.sub(r"[^A-Za-z0-9_.-]", "_", student)[:80]
        return self._folder / f"{plain}-{hashlib.sha256(student.encode()).hexdigest()[:8]}.json"


@dataclass(frozen=True)
class Digests:
    """Hashes of what a run grades, taken once, before the first submission is.

    Attributes:
        course: of all that a mark depends on besides the submission.
        submissions: student -> of the submission.
    """

    course: str
    submissions: dict[str, str]

    def together(self, student: str) -> str:
        """Of a submission and the course; the same as on record: nothing is to be done."""
        return digest_of([self.course, self.submissions[student]])


def digest_of_folder(folder: Path) -> str:
    """Hash of names and contents of the regular files below a folder."""
    digest = hashlib.sha256()
    for path in _files(folder):
        digest.update(f"{path.relative_to(folder)}\0".encode("utf-8", "surrogateescape"))
        try:
            with open(path, "rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        except OSError as error:
            digest.update(str(error.errno).encode())
    return digest.hexdigest()


def digest_of(parts: Iterable[object]) -> str:
    """Hash of plain values."""
    return hashlib.sha256(json.dumps(list(parts), sort_keys=True, default=str).encode()).hexdigest()


def _files(folder: Path) -> list[Path]:
    found = []
    for here, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(f for f in folders if f not in ("__pycache__", ".ipynb_checkpoints"))
        found += [Path(here, name) for name in sorted(names)]
    return [path for path in found if path.is_file() and not path.is_symlink()]
