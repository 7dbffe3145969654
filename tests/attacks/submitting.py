"""An attack, or an honest answer, as a submitted folder."""

from __future__ import annotations

import json
from pathlib import Path

from tests.attacks import edits
from tests.attacks.homework import HONEST_1, HONEST_2, NAME
from tests.attacks.reading import Attack


def write_submission(release: Path, folder: Path, attack: Attack | None, private: Path) -> None:
    """Write a submission; what it aims at is named (@NAME@), for `World.fill` to put in.

    Args:
        release: the released notebook.
        folder: is made.
        attack: None for an honest answer.
        private: the world's private folder.
    """
    notebook = json.loads(release.read_text("utf-8"))
    by_id = {cell["metadata"]["nbgrader"]["grade_id"]: cell for cell in notebook["cells"]}
    folder.mkdir(parents=True)
    if attack is None:
        by_id["q1-answer"]["source"], by_id["q2-answer"]["source"] = HONEST_1, HONEST_2
        by_id["q3-answer"]["source"] = "My proof. @OTHER@"
    else:
        for id, text in (("q1", attack.code), ("q2", attack.solve), ("q3", attack.proof)):
            if text:
                by_id[f"{id}-answer"]["source"] = text
        if attack.extra:
            first = {"cell_type": "code", "id": "extra", "metadata": {}, "source": attack.extra}
            notebook["cells"].insert(1, {**first, "outputs": [], "execution_count": None})
        if attack.edit in edits.NOTEBOOK:
            edits.NOTEBOOK[attack.edit](notebook)
        for name, text in attack.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    (folder / f"{NAME}.ipynb").write_text(json.dumps(notebook, ensure_ascii=True), "utf-8")
    if attack is not None and attack.edit in edits.FOLDER:
        edits.FOLDER[attack.edit](folder, private / "secret.txt")
