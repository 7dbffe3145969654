"""The autograded folder of a submission, written whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from autograder.grade.release import cell_text
from autograder.grade.submission import copy_plain_files


def write_autograded(
    target: Path, submitted: Path, extra: Path | None, notebooks: dict[str, dict[str, Any]]
) -> None:
    """Replace `target` by the executed notebooks and the files that came with them.

    Args:
        target: nbgrader's autograded folder of the submission.
        submitted: the submitted folder.
        extra: folder of the release, whose files win over the student's.
        notebooks: name -> {"notebook": nbformat 4.5}.
    """
    part = target.with_name(f".{target.name}.part")
    remove(part)
    part.mkdir(parents=True)
    limit = 10_000, 2**30
    if submitted.is_dir():
        copy_plain_files(submitted, part, list(limit), [])
        timestamp = submitted / "timestamp.txt"
        if timestamp.is_file() and not timestamp.is_symlink():
            shutil.copyfile(timestamp, part / "timestamp.txt")
    if extra is not None:
        copy_plain_files(extra, part, list(limit), [])
    for name, result in notebooks.items():
        text = one_line_a_cell(result["notebook"])
        (part / f"{name}.ipynb").write_text(text, "utf-8", errors="replace")
    old = target.with_name(f".{target.name}.old")
    remove(old)
    if target.exists():
        target.rename(old)
    part.rename(target)
    remove(old)


def one_line_a_cell(notebook: dict[str, Any]) -> str:
    """A notebook as JSON. Python's encoder indents in Python, ten times slower than in C."""
    cells = ",\n".join(json.dumps(cell, ensure_ascii=False) for cell in notebook["cells"])
    rest = {key: value for key, value in notebook.items() if key != "cells"}
    return f'{{"cells": [\n{cells}\n],\n{json.dumps(rest, ensure_ascii=False)[1:]}\n'


def remove(folder: Path) -> None:
    """Remove a folder, read-only files included."""
    if not folder.exists():
        return
    for here, _, _ in os.walk(folder):
        os.chmod(here, 0o700)
    shutil.rmtree(folder)


def read_autograded(path: Path) -> dict[str, Any]:
    """An autograded notebook; empty if there is none that can be read."""
    try:
        notebook = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return notebook if isinstance(notebook, dict) else {}


def answers_of(notebook: dict[str, Any]) -> dict[str, str]:
    """grade_id -> text of the answers in a notebook that we wrote."""
    found = {}
    for cell in notebook.get("cells", []):
        marks = cell.get("metadata", {}).get("nbgrader", {})
        if marks.get("solution"):
            attached = json.dumps(cell.get("attachments") or {}, sort_keys=True)
            found[str(marks.get("grade_id"))] = cell_text(cell) + attached
    return found
