"""The names that a folder's notebook or modules define."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from types import CodeType
from typing import Any, TextIO

from autograder.cases import error_line
from autograder.errors import SubmissionError, shown
from autograder.selfcheck.progress import Bar


def run_folder(folder: Path, terminal: TextIO | None = None) -> dict[str, Any]:
    """The namespace after running the folder's notebooks and importing its modules.

    Check cells are left out. A cell that raises is reported on stderr and the rest still runs, so
    that an unfinished answer does not hide a finished one.

    Args:
        folder: where they lie.
        terminal: what a progress bar is drawn on, stderr if None.

    Raises:
        SubmissionError: neither a notebook nor a module there.
    """
    notebooks = sorted(folder.glob("*.ipynb"))
    modules = sorted(p for p in folder.glob("*.py") if not p.name.startswith(("test_", "conftest")))
    if not notebooks and not modules:
        raise SubmissionError(f"folder must hold a notebook or a module, got neither in {folder}")
    parts = [part for notebook in notebooks for part in _code_cells(notebook)]
    parts += [(str(module), module.read_text("utf-8")) for module in modules]
    return _run_all(parts, folder, terminal)


def run_notebook(path: Path) -> dict[str, Any]:
    """The namespace after running one notebook, without its check cells.

    Raises:
        SubmissionError: no notebook there.
    """
    if not path.is_file():
        raise SubmissionError(f"notebook must exist, got none at {path}")
    return _run_all(_code_cells(path), path.parent)


def _run_all(
    parts: list[tuple[str, str]], folder: Path, terminal: TextIO | None = None
) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "__main__", "In": [text for _, text in parts]}
    before = os.getcwd()
    os.chdir(folder)
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))  # a notebook imports the modules beside it
    os.environ.setdefault("MPLBACKEND", "Agg")
    try:
        with Bar("cells", len(parts), stream=terminal) as bar:
            for label, text in parts:
                bar.title = label.strip("<>")
                _run(text, label, names)
                bar.done += 1
    finally:
        os.chdir(before)
    return names


def _code_cells(path: Path) -> list[tuple[str, str]]:
    """Label and source of every code cell that is not a graded check cell."""
    try:
        cells = [dict(cell) for cell in json.loads(path.read_text("utf-8"))["cells"]]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise SubmissionError(f"{path.name} must be a notebook, got {shown(error)}") from None
    found = []
    for number, cell in enumerate(cells, 1):
        marks = cell.get("metadata", {}).get("nbgrader", {})
        source = cell.get("source", "")
        text = source if isinstance(source, str) else "".join(source)
        if cell.get("cell_type") == "code" and not marks.get("grade"):
            if not text.lstrip().startswith(("check(", "check_all(")):
                label = str(marks.get("grade_id") or f"cell {number}")
                found.append((f"<{path.name} {label}>", text))
    return found


def _run(text: str, label: str, names: dict[str, Any]) -> None:
    try:
        exec(_compiled(text, label), names)  # noqa: S102 - the user's own code
    except (Exception, SystemExit) as error:
        print(f"{label}: {error_line(error, shown(str(error)))}", file=sys.stderr)


def _compiled(text: str, label: str) -> CodeType:
    """The code of a cell, without its magics if it has some."""
    try:
        return compile(text, label, "exec")
    except SyntaxError:
        kept = ["" if x.lstrip().startswith(("%", "!", "?")) else x for x in text.splitlines()]
        return compile("\n".join(kept), label, "exec")
