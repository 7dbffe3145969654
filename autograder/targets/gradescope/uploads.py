"""Finds in an upload what is to be graded: a notebook of any name, modules, or a zip of these.

The upload is the student's: nothing in it is run, no link is followed, and an archive is bounded in
files and bytes before anything of it is written.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from autograder.errors import SubmissionError, shown
from autograder.grade.release import ReleasedNotebook, cell_text
from autograder.grade.sanitize import read_submitted
from autograder.grade.submission import MAX_FILES, MAX_STAGED_BYTES, copy_plain_files

LEFT_OUT = ("__MACOSX", ".ipynb_checkpoints", "__pycache__")


def receive(upload: Path, work: Path, notebooks: list[ReleasedNotebook], flags: list[str]) -> Path:
    """A folder with the notebooks under their released names and the files beside them.

    Args:
        upload: the uploaded files.
        work: an empty folder of ours.
        notebooks: the released notebooks.
        flags: told what was found elsewhere than expected.

    Raises:
        SubmissionError: nothing that can be graded, or no telling what.
    """
    base = _unpacked(upload, work / "unpacked", flags)
    target = work / "submission"
    target.mkdir()
    found = {n.name: _find(base, n, len(notebooks), flags) for n in notebooks}
    chosen = [path for path in found.values() if path is not None]
    if not chosen:
        return _from_modules(base, target, notebooks, flags)
    beside = chosen[0].parent
    _copy_beside(beside, target, flags)
    for name, path in found.items():
        if path is not None:
            if path.is_symlink() or not path.is_file():
                raise SubmissionError(f"{path.name} must be a regular file, got something else")
            shutil.copyfile(path, target / f"{name}.ipynb")
            if path.name != f"{name}.ipynb":
                flags.append(f"{name}.ipynb: submitted as {shown(path.name)}")
    return target


def modules_wanted(preload: Sequence[str], folder: Path) -> list[str]:
    """Those of the modules whose package the code of a received submission mentions.

    One submission is graded, so importing what it does not use only costs memory; what it does use
    is imported before it starts, as elsewhere, so that memory limits mean the same. Warm optimizers
    take half as much memory again as torch does, so they are for who mentions them.
    """
    paths = [path for path in _files(folder) if path.suffix in (".ipynb", ".py")]
    text = "\n".join(_code_of(path) for path in paths)
    wanted = [m for m in preload if re.search(rf"\b{re.escape(m.partition('.')[0])}\b", text)]
    optimizers = re.search(r"\boptim\b", text) is not None
    return ["torch.nn" if m == "torch" and not optimizers else m for m in wanted]


def _code_of(path: Path) -> str:
    if path.suffix == ".py":
        return path.read_text("utf-8", errors="replace")
    try:
        cells = read_submitted(path)
    except SubmissionError:
        return ""
    return "\n".join(cell_text(cell) for cell in cells if cell.get("cell_type") == "code")


def extract(archive: Path, target: Path) -> None:
    """Write the regular files of a zip below `target`.

    Raises:
        SubmissionError: not a zip, encrypted, too many or too large files, or a path that climbs.
    """
    try:
        with zipfile.ZipFile(archive) as file:
            entries = [
                e for e in file.infolist() if not e.is_dir() and not _is_left_out(e.filename)
            ]
            if len(entries) > MAX_FILES:
                raise SubmissionError(
                    f"zip must hold at most {MAX_FILES} files, got {len(entries)}"
                )
            budget = MAX_STAGED_BYTES
            for entry in entries:
                budget -= _extract_one(file, entry, target, budget)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise SubmissionError(f"zip must be readable, got {shown(error)}") from None


def _extract_one(file: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, budget: int) -> int:
    parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise SubmissionError(f"zip must hold regular files only, got {shown(entry.filename)}")
    if not parts or parts[0] == "/" or ".." in parts or ":" in parts[0] or "\0" in entry.filename:
        raise SubmissionError(f"zip must hold paths below its folder, got {shown(entry.filename)}")
    path = target.joinpath(*parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    # What the archive says of its sizes is not believed.
    with file.open(entry) as source, open(path, "xb") as copy:
        while block := source.read(2**16):
            written += len(block)
            if written > budget:
                limit = MAX_STAGED_BYTES // 2**20
                raise SubmissionError(f"zip must unpack to at most {limit} MiB, got more")
            copy.write(block)
    return written


def _unpacked(upload: Path, target: Path, flags: list[str]) -> Path:
    """The upload, or what is in the only zip of an upload without notebooks."""
    if _below(upload, ".ipynb"):
        return upload
    archives = [path for path in _below(upload, ".zip") if path.is_file() and not path.is_symlink()]
    if len(archives) != 1:
        return upload
    target.mkdir()
    extract(archives[0], target)
    flags.append(f"unpacked from {shown(archives[0].name)}")
    return target


def _find(base: Path, release: ReleasedNotebook, wanted: int, flags: list[str]) -> Path | None:
    """The file that is this notebook: by its name, as the only one, or by its cells."""
    candidates = _below(base, ".ipynb")
    named = [path for path in candidates if path.name == f"{release.name}.ipynb"]
    if len(named) == 1:
        return named[0]
    if wanted == 1 and len(candidates) == 1:
        return candidates[0]
    known = set(release.by_id())
    scores = sorted(((_claimed(path, known), path) for path in named or candidates), reverse=True)
    if not scores or scores[0][0] == 0:
        return None
    if len(scores) > 1 and scores[0][0] == scores[1][0]:
        names = ", ".join(shown(str(path.relative_to(base))) for _, path in scores[:5])
        raise SubmissionError(f"{release.name}.ipynb must be one notebook, got {names}")
    return scores[0][1]


def _claimed(path: Path, known: set[str]) -> int:
    """How many of the released cells a notebook has."""
    try:
        cells = read_submitted(path)
    except SubmissionError:
        return 0
    marks = [_marks(cell).get("grade_id") for cell in cells]
    return len(known & {mark for mark in marks if isinstance(mark, str)})


def _marks(cell: dict[str, Any]) -> dict[str, Any]:
    metadata = cell.get("metadata")
    marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return marks if isinstance(marks, dict) else {}


def _from_modules(
    base: Path, target: Path, notebooks: list[ReleasedNotebook], flags: list[str]
) -> Path:
    """The released notebook with the uploaded modules as its first answer."""
    modules = [path for path in _below(base, ".py") if not path.is_symlink() and path.is_file()]
    if not modules or len(notebooks) != 1:
        names = ", ".join(f"{n.name}.ipynb" for n in notebooks)
        found = ", ".join(shown(p.name) for p in _files(base)[:5]) or "no file"
        raise SubmissionError(f"upload must hold {names}, a zip of it, or .py modules, got {found}")
    release = notebooks[0]
    _copy_beside(modules[0].parent, target, flags)
    text = "\n\n".join(p.read_text("utf-8-sig", errors="replace") for p in modules)
    cells, answer = [], text
    for cell in release.cells:
        source = cell.released
        if cell.solution and cell.cell_type == "code":
            source, answer = answer, ""
        made = {"cell_type": cell.cell_type, "source": source, "metadata": cell.metadata}
        cells.append({**made, "id": cell.cell_id})
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (target / f"{release.name}.ipynb").write_text(json.dumps(notebook), "utf-8")
    flags.append(f"made of modules: {', '.join(shown(p.name) for p in modules[:10])}")
    return target


def _copy_beside(source: Path, target: Path, flags: list[str]) -> None:
    copy_plain_files(source, target, [MAX_FILES, MAX_STAGED_BYTES], flags)


def _below(base: Path, suffix: str) -> list[Path]:
    return [path for path in _files(base) if path.suffix.lower() == suffix]


def _files(base: Path) -> list[Path]:
    """Everything below a folder that is no folder, nearest first; links are not entered."""
    found: list[Path] = []
    for here, folders, names in os.walk(base, followlinks=False):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in LEFT_OUT)
        found += [Path(here, name) for name in sorted(names) if not name.startswith(".")]
        if len(found) > 10 * MAX_FILES:
            break
    return sorted(found, key=lambda path: (len(path.parts), str(path)))


def _is_left_out(name: str) -> bool:
    return any(part in LEFT_OUT or part == ".DS_Store" for part in PurePosixPath(name).parts)
