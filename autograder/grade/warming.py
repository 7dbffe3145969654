"""Warms a judge before its first fork: grades one made-up notebook, whose result is dropped.

Whatever is dear or remembered the first time (imports, caches, code that the interpreter adapts to
what it sees) is then done once and shared by the forks, instead of once in each.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
from pathlib import Path

from autograder.grade.release import ReleasedCell, ReleasedNotebook
from autograder.grade.submission import Grader, Job
from autograder.judge.marking import Examiner
from autograder.judge.session import Launcher
from autograder.sandbox.limits import Limits

TIMES = 2  # code is adapted when it has run more than once


def warm_up(launcher: Launcher, examiner: Examiner | None) -> None:
    """Grade a notebook that answers nothing, with the question that has the fewest tests.

    Args:
        launcher: where students' processes come from.
        examiner: of the course's tests, if it has any.
    """
    notebook = _made_up(examiner.smallest if examiner else "")
    # The same inputs in every run: what the tests keep of them must not tell one run from another.
    grader = Grader([notebook], launcher, examiner, b"warm-up", "warm-up")
    with contextlib.suppress(Exception), tempfile.TemporaryDirectory(prefix="tdl-warm-") as made:
        for number in range(TIMES):
            folder, stage = Path(made, f"submission{number}"), Path(made, f"stage{number}")
            folder.mkdir()
            stage.mkdir()
            cells = [_as_submitted(cell) for cell in notebook.cells]
            text = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
            (folder / f"{notebook.name}.ipynb").write_text(text, "utf-8")
            job = Job(submitter="", folder=folder, extra=None, stage=stage, slot=0, limits=Limits())
            json.dumps(grader.grade(job))


def _made_up(question: str) -> ReleasedNotebook:
    """A notebook with an answer that prints, shows and fails, and the cell of a question."""
    answer = "import numpy as np\nprint(np.ones(3))\nnp.eye(2)"
    cells = [
        ReleasedCell("warm-answer", "a", "code", answer, solution=True, released=""),
        ReleasedCell("", "b", "code", "raise ValueError", released="raise ValueError"),
    ]
    if question:
        cells.append(ReleasedCell(question, "c", "code", "", grade=True, locked=True, points=1.0))
    return ReleasedNotebook("warm", tuple(cells), {})


def _as_submitted(cell: ReleasedCell) -> dict[str, object]:
    marks = {
        "grade_id": cell.grade_id,
        "grade": cell.grade,
        "solution": cell.solution,
        "locked": cell.locked,
        "task": False,
        "schema_version": 3,
    }
    return {
        "cell_type": cell.cell_type,
        "id": cell.cell_id,
        "source": cell.source,
        "metadata": {"nbgrader": marks} if cell.grade_id else {},
        "outputs": [],
        "execution_count": None,
    }
