"""What attacks do to the notebook or to the submitted folder, rather than in a cell."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

Notebook = dict[str, Any]
FULL_MARKS = {
    "output_type": "execute_result",
    "data": {"text/plain": "4.0"},
    "metadata": {},
    "execution_count": 1,
}


def _marks(cell: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = cell["metadata"].get("nbgrader", {})
    return found


def _cell(notebook: Notebook, id: str) -> dict[str, Any]:
    return next(c for c in notebook["cells"] if _marks(c).get("grade_id") == id)


def raise_points(notebook: Notebook) -> None:
    for cell in notebook["cells"]:
        _marks(cell)["points"] = 1000
        _marks(cell)["grade"] = True


def claim_grade_id(notebook: Notebook) -> None:
    for id in ("q1", "q2", "q3"):
        marks = {**_marks(_cell(notebook, id)), "locked": False, "task": False, "solution": True}
        extra = {"cell_type": "code", "id": f"mine-{id}", "metadata": {"nbgrader": marks}}
        notebook["cells"].append({**extra, "source": "4.0", "outputs": [], "execution_count": None})


def turn_task_into_code(notebook: Notebook) -> None:
    task = _cell(notebook, "q3")
    task |= {"cell_type": "code", "source": "5.0", "outputs": [FULL_MARKS], "execution_count": 1}
    _marks(task)["task"] = False


def graded_to_markdown(notebook: Notebook) -> None:
    for id in ("q1", "q2"):
        cell = _cell(notebook, id)
        cell["cell_type"] = "markdown"
        cell.pop("outputs")


def own_kernel(notebook: Notebook) -> None:
    notebook["metadata"]["kernelspec"] = {
        "name": "../../evil",
        "display_name": "evil",
        "language": "sh",
        "argv": ["sh", "-c", "touch @CANARIES@/kernel"],
    }


def duplicate_graded(notebook: Notebook) -> None:
    copies = json.loads(json.dumps([_cell(notebook, "q1"), _cell(notebook, "q2")]))
    for copy in copies:
        copy |= {"source": "4.0", "id": "copy-" + copy["id"], "outputs": [FULL_MARKS]}
    notebook["cells"] = [*copies, *notebook["cells"], *copies]


def delete_graded(notebook: Notebook) -> None:
    graded = ("q1", "q2")
    notebook["cells"] = [c for c in notebook["cells"] if _marks(c).get("grade_id") not in graded]
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = [FULL_MARKS]


def store_outputs(notebook: Notebook) -> None:
    for id in ("q1", "q2"):
        _cell(notebook, id)["outputs"] = [FULL_MARKS]


def change_locked(notebook: Notebook) -> None:
    for id in ("q1", "q2"):
        _cell(notebook, id)["source"] = "4.0"
    _cell(notebook, "setup")["source"] = "def check(*a): return 4.0\ncheck()"


def climbing_attachments(notebook: Notebook) -> None:
    names = ("../../../climbed", "@CANARIES@/climbed", "..\\climbed", "a" * 5000, "file:///etc")
    cell = _cell(notebook, "q3-answer")
    cell["attachments"] = {name: {"image/png": "aGVsbG8="} for name in names}
    cell["source"] = "![x](attachment:../../../climbed)"


def broken_cells(notebook: Notebook) -> None:
    notebook["cells"] += [
        {"cell_type": 7, "source": {"a": 1}, "metadata": [], "id": []},
        {"cell_type": "code", "source": [1, None, ["x"]], "metadata": None, "outputs": 3},
        {"cell_type": "code", "metadata": {"nbgrader": {"grade_id": ["q1"], "points": "x"}}},
        {},
    ]


def many_cells(notebook: Notebook) -> None:
    cell = {"cell_type": "markdown", "id": "x", "metadata": {}, "source": "x"}
    notebook["cells"] += [cell] * 3000


# Of the folder, after the notebook has been written.


def link_to_private(folder: Path, private: Path) -> None:
    (folder / "data.txt").symlink_to(private)


def notebook_link(folder: Path, private: Path) -> None:
    (folder / "trial.ipynb").unlink()
    (folder / "trial.ipynb").symlink_to(private)


def notebook_fifo(folder: Path, private: Path) -> None:
    (folder / "trial.ipynb").unlink()
    os.mkfifo(folder / "trial.ipynb")


def notebook_folder(folder: Path, private: Path) -> None:
    (folder / "trial.ipynb").unlink()
    (folder / "trial.ipynb").mkdir()


def huge_notebook(folder: Path, private: Path) -> None:
    with open(folder / "trial.ipynb", "a") as file:
        file.write(" " * 21 * 2**20)


def deep_notebook(folder: Path, private: Path) -> None:
    (folder / "trial.ipynb").write_text('{"cells": ' + "[" * 10**5)


def wrong_bytes(folder: Path, private: Path) -> None:
    (folder / "trial.ipynb").write_bytes(b'{"cells": ["\xff\xfe\x00"]}')


def fifo_file(folder: Path, private: Path) -> None:
    os.mkfifo(folder / "pipe.txt")
    (folder / "zero.txt").symlink_to("/dev/zero")


def zip_file(folder: Path, private: Path) -> None:
    with zipfile.ZipFile(folder / "data.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        file.writestr("../../climbed", bytes(10 * 2**20))


def many_files(folder: Path, private: Path) -> None:
    for number in range(600):
        (folder / f"file{number}.txt").write_text("")


NOTEBOOK: dict[str, Callable[[Notebook], None]] = {
    f.__name__: f
    for f in (
        raise_points,
        claim_grade_id,
        turn_task_into_code,
        graded_to_markdown,
        own_kernel,
        duplicate_graded,
        delete_graded,
        store_outputs,
        change_locked,
        climbing_attachments,
        broken_cells,
        many_cells,
    )
}
FOLDER: dict[str, Callable[[Path, Path], None]] = {
    f.__name__: f
    for f in (
        link_to_private,
        notebook_link,
        notebook_fifo,
        notebook_folder,
        huge_notebook,
        deep_notebook,
        wrong_bytes,
        fifo_file,
        zip_file,
        many_files,
    )
}
