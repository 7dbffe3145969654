"""What questions are worth, read from the notebook beside the tests."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def points_of(folder: Path) -> dict[str, float]:
    """grade_id -> points of every marked cell of the folder's notebooks, in their order.

    A notebook that can't be read has none: what a check says must not depend on it.
    """
    points: dict[str, float] = {}
    for path in sorted(folder.glob("*.ipynb")):
        for cell in cells_of(path):
            marks = marks_of(cell)
            worth = marks.get("points")
            if (marks.get("grade") or marks.get("task")) and isinstance(worth, int | float):
                if worth > 0:
                    points[str(marks.get("grade_id"))] = float(worth)
    return points


def by_hand(folder: Path) -> float:
    """Points of the questions that are marked by hand."""
    tasks: Iterable[str] = {
        str(marks_of(cell).get("grade_id"))
        for path in folder.glob("*.ipynb")
        for cell in cells_of(path)
        if cell.get("cell_type") != "code"
    }
    return sum(worth for grade_id, worth in points_of(folder).items() if grade_id in tasks)


def cells_of(path: Path) -> list[dict[str, Any]]:
    """The cells of a notebook; none if it can't be read."""
    try:
        cells = json.loads(path.read_text("utf-8"))["cells"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return []
    return [cell for cell in cells if isinstance(cell, dict)] if isinstance(cells, list) else []


def marks_of(cell: dict[str, Any]) -> dict[str, Any]:
    """nbgrader's metadata of a cell, empty if it has none."""
    metadata = cell.get("metadata")
    marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return marks if isinstance(marks, dict) else {}
