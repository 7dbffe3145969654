"""Structural edits of a submission: what is done to notebooks besides answering."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

Notebook = dict[str, Any]


def apply(edits: Iterable[str], notebook: Notebook, target: Path, assignment: str) -> None:
    """Apply edits such as "delete:q3" to a notebook, then write it to `target`."""
    name = f"{assignment}.ipynb"
    after: list[Callable[[Path], object]] = []
    for edit in edits:
        verb, _, argument = edit.partition(":")
        if verb == "rename":
            name = argument
        elif verb in FILE_EDITS:
            after.append(FILE_EDITS[verb])
        else:
            EDITS[verb](notebook, argument)
    path = target / name
    path.write_text(json.dumps(notebook, indent=1), "utf-8")
    for file_edit in after:
        file_edit(path)


def _index(notebook: Notebook, grade_id: str) -> int:
    for index, cell in enumerate(notebook["cells"]):
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id:
            return index
    raise KeyError(f"no cell {grade_id!r}")


def _delete(notebook: Notebook, grade_id: str) -> None:
    del notebook["cells"][_index(notebook, grade_id)]


def _duplicate(notebook: Notebook, grade_id: str) -> None:
    """Copy and paste of a cell, metadata included, right behind it."""
    index = _index(notebook, grade_id)
    twin = copy.deepcopy(notebook["cells"][index])
    twin["id"] = f"{twin.get('id', 'cell')}-copy"
    notebook["cells"].insert(index + 1, twin)


def _rename_id(notebook: Notebook, argument: str) -> None:
    old, new = argument.split(">")
    cell = notebook["cells"][_index(notebook, old)]
    cell["metadata"]["nbgrader"]["grade_id"] = new
    cell["id"] = f"{new}-renamed"


def _strip_metadata(notebook: Notebook, argument: str) -> None:
    """Metadata gone from every cell ("ids": cell ids too, as an old format has none)."""
    for cell in notebook["cells"]:
        cell["metadata"] = {}
        if argument == "ids":
            cell.pop("id", None)
    if argument == "ids":
        notebook["nbformat_minor"] = 4
    notebook["metadata"] = {}


def _reverse(notebook: Notebook, _argument: str) -> None:
    """All check cells dragged to the top."""
    cells = notebook["cells"]
    checks = [c for c in cells if c["metadata"].get("nbgrader", {}).get("grade")]
    others = [c for c in cells if c not in checks]
    notebook["cells"] = checks + others


def _points(notebook: Notebook, argument: str) -> None:
    grade_id, points = argument.split("=")
    cell = notebook["cells"][_index(notebook, grade_id)]
    cell["metadata"]["nbgrader"]["points"] = float(points)


def _to_code(notebook: Notebook, grade_id: str) -> None:
    cell = notebook["cells"][_index(notebook, grade_id)]
    cell |= {"cell_type": "code", "outputs": [], "execution_count": None}


def _to_markdown(notebook: Notebook, grade_id: str) -> None:
    cell = notebook["cells"][_index(notebook, grade_id)]
    cell["cell_type"] = "markdown"
    cell.pop("outputs", None)
    cell.pop("execution_count", None)


def _source(notebook: Notebook, argument: str) -> None:
    """Replace the text of a cell, a locked one for instance: "source:q2=x = 1"."""
    grade_id, _, text = argument.partition("=")
    notebook["cells"][_index(notebook, grade_id)]["source"] = text


def _append(notebook: Notebook, text: str) -> None:
    """A code cell of the student's own at the end."""
    cell = {"cell_type": "code", "id": f"own-{len(notebook['cells'])}", "metadata": {}}
    notebook["cells"].append({**cell, "source": text, "outputs": [], "execution_count": None})


def _prepend(notebook: Notebook, text: str) -> None:
    """A code cell of the student's own at the beginning."""
    _append(notebook, text)
    notebook["cells"].insert(0, notebook["cells"].pop())


def _forge_output(notebook: Notebook, grade_id: str) -> None:
    """A check cell that comes with the output of full marks."""
    cell = notebook["cells"][_index(notebook, grade_id)]
    text = {"text/plain": f"{grade_id}: 100 of 100 points, correct"}
    output = {"output_type": "execute_result", "data": text, "metadata": {}, "execution_count": 1}
    cell["outputs"] = [output]


def _kernelspec(notebook: Notebook, name: str) -> None:
    spec = {"name": name, "display_name": name, "language": "python"}
    notebook["metadata"]["kernelspec"] = spec


EDITS: dict[str, Callable[[Notebook, str], None]] = {
    "delete": _delete,
    "duplicate": _duplicate,
    "rename-id": _rename_id,
    "strip-metadata": _strip_metadata,
    "checks-first": _reverse,
    "points": _points,
    "to-code": _to_code,
    "to-markdown": _to_markdown,
    "source": _source,
    "append": _append,
    "prepend": _prepend,
    "forge-output": _forge_output,
    "kernelspec": _kernelspec,
}


def _link(path: Path) -> None:
    path.unlink()
    path.symlink_to("/etc/passwd")


FILE_EDITS: dict[str, Callable[[Path], object]] = {
    "truncate": lambda path: path.write_text(path.read_text("utf-8")[:5000], "utf-8"),
    "remove": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "list": lambda path: path.write_text("[1, 2, 3]", "utf-8"),
    "link": _link,
}
