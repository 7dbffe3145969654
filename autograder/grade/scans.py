"""Puts scanned proofs into the answers that they belong to, where a marker sees them."""

from __future__ import annotations

import base64
from pathlib import Path

from autograder.errors import SubmissionError
from autograder.grade.sanitize import Cell
from autograder.selfcheck.scans import scans_of


def attach_scans(cells: list[Cell], folder: Path, flags: list[str]) -> None:
    """Attach scans to markdown answers; what is refused becomes a flag, and a line in the answer.

    Args:
        cells: the rebuilt notebook's, changed in place.
        folder: the submitted folder.
        flags: told what was left out.
    """
    for cell in cells:
        released = cell.released
        if released is None or not released.solution or cell.cell_type != "markdown":
            continue
        try:
            scans = scans_of(folder, cell.grade_id.removesuffix("-answer"))
        except SubmissionError as error:
            flags.append(f"{cell.grade_id}: {error}")
            cell.source += f"\n\n*A scan was left out: {str(error).replace('*', ' ')}*"
            continue
        for scan in scans:
            name = scan.path.name
            text = base64.b64encode(scan.path.read_bytes()).decode("ascii")
            cell.attachments = {**(cell.attachments or {}), name: {scan.kind: text}}
            cell.source += f"\n\n![{name}](attachment:{name})"
