"""Rebuilds a submitted notebook from the release, so that nothing but answers is the student's.

From a student's metadata only grade_id is read; where that is gone, nbformat's cell id tells, and
where that is gone too, the text of a fixed cell. The last
cell that claims an id keeps its place; other claims to fixed cells are dropped with their cell,
other claims to answers become ordinary cells. Fixed cells get the course's text back, missing ones
come back after their nearest released predecessor, and a graded cell stands no earlier than the
answers it marks. Types, metadata and ids come from the release.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.errors import SubmissionError, shown
from autograder.grade.release import ReleasedCell, ReleasedNotebook, cell_text

MAX_NOTEBOOK_BYTES = 20 * 2**20
MAX_CELLS = 2000
_TAG = re.compile(r"<(?=[A-Za-z/!?])")  # as browsers tell the beginning of a tag


@dataclass
class Cell:
    """One cell of the rebuilt notebook; `released` is None for a cell of the student's own."""

    cell_type: str
    source: str
    released: ReleasedCell | None = None
    attachments: dict[str, Any] | None = None
    outputs: list[dict[str, Any]] = field(default_factory=list)
    count: int | None = None
    restored: bool = False

    @property
    def grade_id(self) -> str:
        return self.released.grade_id if self.released else ""


@dataclass
class Rebuilt:
    """A notebook ready to run, and what had to be mended, as sentences for staff."""

    cells: list[Cell]
    flags: list[str]


def read_submitted(path: Path) -> list[dict[str, Any]]:
    """The cells of a submitted notebook, of any 4.x format.

    Raises:
        SubmissionError: not a regular file, too large, not JSON, or not a notebook.
    """
    name = path.name
    if path.is_symlink() or not path.is_file():
        raise SubmissionError(f"{name} must be a regular file, got something else")
    size = path.stat().st_size
    if size > MAX_NOTEBOOK_BYTES:
        raise SubmissionError(f"{name} must be at most {MAX_NOTEBOOK_BYTES} bytes, got {size}")
    try:
        notebook = json.loads(path.read_bytes().decode("utf-8-sig"))
    except (ValueError, RecursionError, MemoryError) as error:
        raise SubmissionError(f"{name} must be JSON, got {shown(error)}") from None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if (
        cells is None
        and isinstance(notebook, dict)
        and isinstance(notebook.get("worksheets"), list)
    ):
        cells = _cells_of_format_3(notebook)
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise SubmissionError(f"{name} must be a notebook with a list of cells, got none")
    if len(cells) > MAX_CELLS:
        raise SubmissionError(f"{name} must have at most {MAX_CELLS} cells, got {len(cells)}")
    return cells


def _cells_of_format_3(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    """Cells of an nbformat 3 notebook, where code is called input and headings are cells."""
    cells = []
    for sheet in notebook["worksheets"]:
        found = sheet.get("cells") if isinstance(sheet, dict) else None
        for cell in found if isinstance(found, list) else []:
            if isinstance(cell, dict):
                source = cell.get("input", cell.get("source", ""))
                kind = "code" if cell.get("cell_type") == "code" else "markdown"
                cells.append({**cell, "source": source, "cell_type": kind})
    return cells


def rebuild(submitted: list[dict[str, Any]], release: ReleasedNotebook) -> Rebuilt:
    """The submitted cells, rebuilt from the release."""
    flags: list[str] = []
    claims, dropped = _claims(submitted, release, flags)
    cells = [
        _rebuilt_cell(raw, claims.get(index, ""), release, flags)
        for index, raw in enumerate(submitted)
        if index not in dropped
    ]
    _restore_missing(cells, release, flags)
    _order_graded(cells, release, flags)
    return Rebuilt(cells, flags)


def _claims(
    submitted: list[dict[str, Any]], release: ReleasedNotebook, flags: list[str]
) -> tuple[dict[int, str], set[int]]:
    """Index -> the id that the cell keeps, and the indices of cells that go."""
    known = release.by_id()
    wanted: dict[str, list[int]] = {}
    for index, cell in enumerate(submitted):
        claimed = _claimed_id(cell)
        if claimed in known:
            wanted.setdefault(claimed, []).append(index)
    by_cell_id = {cell.cell_id: cell.grade_id for cell in release.cells if cell.grade_id}
    for index, cell in enumerate(submitted):
        identity = cell.get("id")
        grade_id = by_cell_id.get(identity) if isinstance(identity, str) else None
        if grade_id and grade_id not in wanted and _claimed_id(cell) not in known:
            wanted[grade_id] = [index]
            flags.append(f"{grade_id}: found by its cell id, its metadata was gone")
    _claim_by_text(submitted, release, wanted, flags)
    kept: dict[int, str] = {}
    dropped: set[int] = set()
    for grade_id, places in wanted.items():
        if known[grade_id].fixed:
            dropped.update(places[:-1])
        if len(places) > 1:
            flags.append(f"{grade_id}: claimed by {len(places)} cells, the last one counts")
        kept[places[-1]] = grade_id
    return kept, dropped


def _claim_by_text(
    submitted: list[dict[str, Any]],
    release: ReleasedNotebook,
    wanted: dict[str, list[int]],
    flags: list[str],
) -> None:
    """Fixed cells whose every mark is gone are known by their text, if it is theirs alone."""
    texts: dict[str, list[str]] = {}
    for known in release.cells:
        if known.fixed and known.grade_id not in wanted and known.released.strip():
            texts.setdefault(known.released, []).append(known.grade_id)
    taken = {index for places in wanted.values() for index in places}
    for index, cell in enumerate(submitted):
        ids = texts.get(cell_text(cell), [])
        if index not in taken and len(ids) == 1:
            if ids[0] not in wanted:
                flags.append(f"{ids[0]}: found by its text, its metadata was gone")
            wanted.setdefault(ids[0], []).append(index)


def _claimed_id(cell: dict[str, Any]) -> str:
    metadata = cell.get("metadata")
    marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    claimed = marks.get("grade_id") if isinstance(marks, dict) else None
    return claimed if isinstance(claimed, str) else ""


def _rebuilt_cell(
    raw: dict[str, Any], grade_id: str, release: ReleasedNotebook, flags: list[str]
) -> Cell:
    if not grade_id:
        kind = raw.get("cell_type")
        known = kind if kind in ("code", "markdown", "raw") else "raw"
        return Cell(str(known), cell_text(raw), attachments=_attachments(raw))
    released = release.by_id()[grade_id]
    if raw.get("cell_type") != released.cell_type:
        flags.append(f"{grade_id}: cell type was {shown(raw.get('cell_type'))}, set back")
    text = cell_text(raw)
    if released.fixed:
        if text != released.released:
            flags.append(f"{grade_id}: locked text was changed, set back")
        text = released.source
    return Cell(released.cell_type, text, released, _attachments(raw))


def _attachments(raw: dict[str, Any]) -> dict[str, Any] | None:
    """Images pasted into a markdown cell, if they have nbformat's form."""
    found = raw.get("attachments")
    if raw.get("cell_type") == "code" or not isinstance(found, dict):
        return None
    allowed = ("image/png", "image/jpeg", "image/gif", "application/pdf")
    kept: dict[str, Any] = {}
    for name, bundle in list(found.items())[:50]:
        if isinstance(bundle, dict) and "/" not in str(name):
            plain = {k: v for k, v in bundle.items() if k in allowed and isinstance(v, str)}
            if plain:
                kept[str(name)[:200]] = plain
    return kept or None


def _restore_missing(cells: list[Cell], release: ReleasedNotebook, flags: list[str]) -> None:
    present = {cell.grade_id for cell in cells if cell.grade_id}
    previous = ""
    for released in release.cells:
        if not released.grade_id:
            continue
        if released.grade_id not in present:
            place = next((i + 1 for i, c in enumerate(cells) if c.grade_id == previous), 0)
            cells.insert(place, _restored(released))
            if released.worth or released.solution:
                flags.append(f"{released.grade_id}: was missing, put back")
        previous = released.grade_id


def _restored(released: ReleasedCell) -> Cell:
    # A missing answer comes back empty: its stub would overwrite an answer given elsewhere.
    text = released.source if released.fixed else ""
    return Cell(released.cell_type, text, released, restored=True)


def _order_graded(cells: list[Cell], release: ReleasedNotebook, flags: list[str]) -> None:
    """Move graded cells behind the answers that stand before them in the release."""
    answers: list[str] = []
    for released in release.cells:
        if released.solution:
            answers.append(released.grade_id)
        if not (released.grade and released.fixed):
            continue
        mine = {id for id in answers if id.partition("-")[0] == released.question} | set(
            answers[-1:]
        )
        place = next(i for i, c in enumerate(cells) if c.grade_id == released.grade_id)
        last = max((i for i, c in enumerate(cells) if c.grade_id in mine), default=-1)
        if last > place:
            cells.insert(last, cells.pop(place))
            flags.append(f"{released.grade_id}: stood before its answer, moved behind it")


def to_notebook(rebuilt: Rebuilt, release: ReleasedNotebook) -> dict[str, Any]:
    """The rebuilt notebook in nbformat 4.5."""
    cells: list[dict[str, Any]] = []
    used = {cell.released.cell_id for cell in rebuilt.cells if cell.released}
    for number, cell in enumerate(rebuilt.cells):
        made: dict[str, Any] = {
            "cell_type": cell.cell_type,
            "id": _cell_id(cell, number, used),
            "metadata": _metadata(cell),
            "source": cell.source if _is_ours(cell) else without_tags(cell.source),
        }
        if cell.cell_type == "code":
            made["execution_count"], made["outputs"] = cell.count, cell.outputs
        elif cell.attachments:
            made["attachments"] = cell.attachments
        cells.append(made)
    return {"cells": cells, "metadata": release.metadata, "nbformat": 4, "nbformat_minor": 5}


def _is_ours(cell: Cell) -> bool:
    return cell.cell_type == "code" or (cell.released is not None and cell.released.fixed)


def without_tags(text: str) -> str:
    """Markdown in which what a browser would take for a tag is text.

    Formgrader and feedback pages render a student's markdown with whatever HTML is in it.
    """
    return _TAG.sub("&lt;", text)


def _cell_id(cell: Cell, number: int, used: set[str]) -> str:
    if cell.released and cell.released.cell_id:
        return cell.released.cell_id
    name = f"own-{number}"
    while name in used:
        name += "x"
    return name


def _metadata(cell: Cell) -> dict[str, Any]:
    if cell.released is None:
        return {}
    metadata = json.loads(json.dumps(cell.released.metadata))
    if "nbgrader" in metadata and cell.released.checksum:
        metadata["nbgrader"]["checksum"] = cell.released.checksum
        metadata["nbgrader"].setdefault("cell_type", cell.cell_type)
    return metadata  # type: ignore[no-any-return]
