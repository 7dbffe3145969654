"""Brings a corrected release into a student's work: the course's cells change, theirs do not.

Cells are known by their grade_id. A cell whose text is the course's (locked, graded or a task, and
no answer) gets the corrected text; one that is new in the release is put behind the cell that it
follows there. Answers and cells of the student's own are never touched, not even to correct a stub.
Files in `tests` follow the release; others are added if missing. Whatever is changed is copied to
a folder beside the work first, and a file is replaced whole or not at all.
"""

from __future__ import annotations

import datetime
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from autograder.errors import SubmissionError, shown
from autograder.selfcheck.points import marks_of

SKIPPED = {"__pycache__", ".ipynb_checkpoints", ".pytest_cache"}


@dataclass
class Update:
    """What an update did.

    Attributes:
        lines: one per change, for the student.
        backup: where the earlier state lies; None if nothing changed.
    """

    lines: list[str] = field(default_factory=list)
    backup: Path | None = None


def released_in_kit(assignment: str) -> Path | None:
    """The release that came with this kit, if it holds this assignment."""
    folder = Path(str(resources.files("autograder.selfcheck").joinpath("released", assignment)))
    return folder if folder.is_dir() else None


def update_folder(folder: Path, released: Path) -> Update:
    """Bring a corrected release into a folder of work.

    Args:
        folder: where the student's notebook lies.
        released: the folder of the corrected release.

    Raises:
        SubmissionError: no released notebook there, or the student's can't be read; nothing has
            been changed then.
    """
    notebooks = sorted(released.glob("*.ipynb"))
    if not notebooks:
        raise SubmissionError(f"release must hold a notebook, got none in {released}")
    update = Update()
    changes: dict[Path, bytes] = {}
    for path in notebooks:
        mine = folder / path.name
        if mine.exists():
            notebook, lines = merged(_read(mine), _read(path))
            if lines:
                changes[mine] = (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()
                update.lines += [f"{path.name}: {line}" for line in lines]
        else:
            changes[mine] = path.read_bytes()
            update.lines.append(f"{path.name}: added")
    for path in _files(released):
        mine, data = folder / path.relative_to(released), path.read_bytes()
        if not mine.exists() or (_is_test(path, released) and mine.read_bytes() != data):
            name = path.relative_to(released).as_posix()
            update.lines.append(f"{name}: {'replaced' if mine.exists() else 'added'}")
            changes[mine] = data
    if changes:
        update.backup = _back_up(folder, changes)
        for mine, data in changes.items():
            _write(mine, data)
    return update


def merged(mine: dict[str, Any], release: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The student's notebook with the release's fixed cells, and what has changed."""
    cells, lines = [dict(cell) for cell in mine["cells"]], list[str]()
    previous = ""
    for fresh in release["cells"]:
        grade_id = _id(fresh)
        if not grade_id:
            continue
        places = [index for index, cell in enumerate(cells) if _id(cell) == grade_id]
        if not places:
            cells.insert(_behind(cells, previous), dict(fresh))
            lines.append(f"{grade_id} added")
        elif _fixed(fresh):
            for place in places:
                if _differs(cells[place], fresh):
                    cells[place] = {**fresh, "id": cells[place].get("id", fresh.get("id", ""))}
                    lines.append(f"{grade_id} corrected")
        previous = grade_id
    if lines and (mine.get("nbformat"), mine.get("nbformat_minor", 0)) < (4, 5):
        for cell in cells:  # older notebooks have no cell ids, and must not
            cell.pop("id", None)
    return {**mine, "cells": cells}, lines


def _id(cell: dict[str, Any]) -> str:
    return str(marks_of(cell).get("grade_id") or "")


def _fixed(cell: dict[str, Any]) -> bool:
    marks = marks_of(cell)
    return not marks.get("solution") and any(marks.get(k) for k in ("locked", "grade", "task"))


def _differs(mine: dict[str, Any], fresh: dict[str, Any]) -> bool:
    if _text(mine) != _text(fresh) or mine.get("cell_type") != fresh.get("cell_type"):
        return True
    ours, theirs = dict(marks_of(mine)), dict(marks_of(fresh))
    return any(ours.get(key) != theirs.get(key) for key in ("points", "locked", "grade", "task"))


def _text(cell: dict[str, Any]) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(map(str, source))


def _behind(cells: list[dict[str, Any]], previous: str) -> int:
    """The place behind the last cell of this id; the beginning if there is none."""
    return max((i + 1 for i, cell in enumerate(cells) if _id(cell) == previous), default=0)


def _read(path: Path) -> dict[str, Any]:
    try:
        notebook = json.loads(path.read_text("utf-8"))
        if not all(isinstance(cell, dict) for cell in notebook["cells"]):
            raise TypeError("cells")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise SubmissionError(f"{path.name} must be a notebook, got {shown(error)}") from None
    return dict(notebook)


def _files(released: Path) -> Iterator[Path]:
    for path in sorted(released.rglob("*")):
        parts = set(path.relative_to(released).parts)
        is_notebook = path.suffix == ".ipynb" and path.parent == released
        if path.is_file() and not is_notebook and not parts & SKIPPED:
            yield path


def _is_test(path: Path, released: Path) -> bool:
    return path.relative_to(released).parts[0] == "tests"


def _back_up(folder: Path, changes: dict[Path, bytes]) -> Path | None:
    """Copies of the files that will change, in a new folder beside the work."""
    now = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    name = f"{folder.resolve().name}-backup-{now}"
    backup, number = folder.resolve().parent / name, 1
    while backup.exists():
        number += 1
        backup = backup.with_name(f"{name}-{number}")
    existing = [path for path in changes if path.exists()]
    for path in existing:
        copy = backup / path.relative_to(folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copy)
    return backup if existing else None


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(data)
    os.replace(part, path)
