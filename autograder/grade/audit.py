"""The audit record: what every grading did, one JSON line each, appended and never changed.

Theory of operation: one file per assignment below the course's state folder, readable by its owner
only (it holds seeds of hidden inputs and test names). A line is written under a lock, flushed to
the disk, and holds the hash of the line before it, so that a line which was changed, taken out or
put in between is noticed by whoever reads the file. Numbers are written as Python writes them,
which gives back the same bits.
"""

from __future__ import annotations

import datetime
import fcntl
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autograder.errors import CourseError, SandboxError, shown
from autograder.judge.marking import Seeds

VERSION = 1
FIRST = "0" * 64


class AuditLog:
    """The audit records of one assignment.

    Args:
        path: the file; it and its folder need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        """The line that was added for this entry, with time, version and chain.

        Raises:
            SandboxError: the file can't be written.
        """
        now = datetime.datetime.now(datetime.UTC).isoformat()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            with os.fdopen(descriptor, "rb+") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                broken, previous = _last_line(file.fileno())
                made = {"version": VERSION, "time": now, "previous": previous, **entry}
                line = json.dumps(made, sort_keys=True) + "\n"
                os.write(file.fileno(), b"\n" * broken + line.encode())
                os.fsync(file.fileno())
        except OSError as error:
            raise SandboxError(f"{self.path} must be writable, got {error}") from error
        return made

    def entries(self, student: str | None = None) -> list[dict[str, Any]]:
        """The entries, oldest first; only a student's if given.

        Raises:
            CourseError: a line is no entry, or the chain is broken: somebody changed the file.
        """
        try:
            lines = self.path.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        found, previous = list[dict[str, Any]](), FIRST
        for number, line in enumerate(lines, 1):
            entry = _read(line)
            if entry is None and _is_torn(lines, number):
                previous = _hash(line)
                continue
            if entry is None or entry.get("previous") != previous:
                raise CourseError(
                    f"{self.path}, line {number} must follow the line before it, got "
                    f"{shown(line.decode('utf-8', 'replace'))}; somebody changed the file"
                )
            previous = _hash(line)
            found.append(entry)
        return [e for e in found if student is None or e.get("student") == student]


def _is_torn(lines: list[bytes], number: int) -> bool:
    """Whether a line was cut off by a crash: it is the last, or its successor names it as it is."""
    if number == len(lines):
        return True
    following = _read(lines[number])
    return following is not None and following.get("previous") == _hash(lines[number - 1])


def _read(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) and entry.get("version") == VERSION else None


def _hash(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()


def _last_line(descriptor: int) -> tuple[bool, str]:
    """Whether the file ends within a line, and the hash of its last line."""
    size, block = os.fstat(descriptor).st_size, b""
    start = size
    while start > 0 and block.rstrip(b"\n").count(b"\n") == 0:
        start = max(start - 65536, 0)
        block = os.pread(descriptor, size - start, start)
    if not block:
        return False, FIRST
    return not block.endswith(b"\n"), _hash(block.rstrip(b"\n").rpartition(b"\n")[2])


def marks_of(result: Mapping[str, Any], seeds: Seeds) -> dict[str, Any]:
    """grade_id -> its mark and, test by test, verdict, share and seed: what a repeat must give.

    Args:
        result: of a submission, as the judge gave it.
        seeds: the submitter's.
    """
    marks = {}
    for notebook in result.get("notebooks", {}).values():
        for grade_id, part in notebook["parts"].items():
            keys = ("kind", "score", "max_score", "verdict", "breach")
            tests = [
                {**{key: test[key] for key in ("id", "verdict", "weight", "message")},
                 "seed": seeds.of(test["id"])}
                for test in part["tests"]
            ]  # fmt: skip
            marks[grade_id] = {**{key: part[key] for key in keys}, "tests": tests}
    return marks


def entry_of(
    student: str, result: Mapping[str, Any], common: Mapping[str, Any], seeds: Seeds
) -> dict[str, Any]:
    """The entry of one grading.

    Args:
        student: whose.
        result: of the submission.
        common: what the run's entries have in common: hash of the course, versions, level, limits.
        seeds: the submitter's.
    """
    keys = ("outcome", "message", "flags", "seconds", "cpu_seconds", "max_rss_mb", "trace")
    plain = {key: result[key] for key in keys if key in result}
    return {**common, "student": student, **plain, "marks": marks_of(result, seeds)}


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Where two gradings' marks differ, as sentences; compared as they are written, bit by bit."""
    found = []
    for grade_id in dict.fromkeys([*before, *now]):
        old, new = before.get(grade_id), now.get(grade_id)
        if old is None or new is None:
            found.append(f"{grade_id}: {'new' if old is None else 'gone'}")
            continue
        for key in ("score", "max_score", "verdict", "breach"):
            if json.dumps(old[key]) != json.dumps(new[key]):
                found.append(f"{grade_id}: {key} was {old[key]!r}, is {new[key]!r}")
        tests = {test["id"]: test for test in new["tests"]}
        for test in old["tests"]:
            again = tests.pop(test["id"], {"verdict": "gone"})
            for key in ("verdict", "weight", "seed"):  # a message may name an address
                if json.dumps(again.get(key)) != json.dumps(test[key]):
                    was, now_ = test[key], again.get(key)
                    found.append(f"{grade_id}: {key} of {test['id']} was {was!r}, is {now_!r}")
        found += [f"{grade_id}: {id} is new" for id in tests]
    return found
