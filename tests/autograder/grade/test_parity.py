"""Ordinary nbgrader courses: the same notebook through plain nbgrader and through us.

Scores and outputs must agree cell by cell, except where nbgrader fails open; those cells are listed
with what each gives.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.grade.course import load_course
from autograder.grade.pipeline import grade_assignment

# id -> source of a graded cell worth 4 points; students can't change it.
GRADED = {
    "assert-holds": "assert double(2) == 4",
    "assert-fails": "assert double(2) == 5",
    "hidden": "### BEGIN HIDDEN TESTS\nassert double(7) == 14\n### END HIDDEN TESTS",
    "prints": "print('marks:', double(3))\nassert double(3) == 6",
    "partial-float": "2.5",
    "partial-int": "3",
    "partial-zero": "0",
    "text-result": "'fine'",
    "none-result": "None",
    "raises": "raise ValueError('no')",
    "undefined": "unknown_name",
    "syntax": "def broken(:\n    pass",
    "magic": "%precision 3\nassert True",
    "display": "from IPython.display import HTML, display\ndisplay(HTML('<b>bold</b>'))",
    "await": "import asyncio\nawait asyncio.sleep(0)\nassert double(1) == 2",
    "shell": "!echo from the shell",
    "shell-output": "lines = !echo one; echo two\nassert list(lines) == ['one', 'two']",
    "figure": "import matplotlib.pyplot as plt\nplt.plot([1, 2]);",
    "asks": "input('name? ')",
    "widget": "import ipywidgets\nipywidgets.IntSlider(value=3)",
    "loops": "while True:\n    pass",
    "after-the-loop": "assert double(4) == 8",
}
# Where the two differ on purpose: (nbgrader's score, ours).
DEVIATIONS = {
    "warns": ("import warnings\nwarnings.warn('harmless')\nassert double(1) == 2", 0.0, 4.0),
    "nan": ("float('nan')", 4.0, 0.0),
    "negative": ("-1.0", 4.0, 0.0),
    "false": ("double(1) == 3", 4.0, 0.0),
    "numpy-number": ("import numpy as np\nnp.float64(3.0)", 4.0, 3.0),
}


def graded_cell(grade_id: str, source: str) -> Any:
    cell = nbformat.v4.new_code_cell(source, id=grade_id)
    marks = {"grade": True, "solution": False, "locked": True, "task": False, "points": 4}
    cell.metadata["nbgrader"] = {**marks, "grade_id": grade_id, "schema_version": 3}
    return cell


def answer_cell() -> Any:
    source = "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"
    cell = nbformat.v4.new_code_cell(source, id="answer")
    marks = {"grade": False, "solution": True, "locked": False, "task": False}
    cell.metadata["nbgrader"] = {**marks, "grade_id": "answer", "schema_version": 3}
    return cell


def make_course(root: Path) -> None:
    notebook = nbformat.v4.new_notebook()
    notebook.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
    }
    cells = {**GRADED, **{name: source for name, (source, _, _) in DEVIATIONS.items()}}
    notebook.cells = [answer_cell(), *(graded_cell(*item) for item in cells.items())]
    (root / "source/parity").mkdir(parents=True)
    nbformat.write(notebook, root / "source/parity/parity.ipynb")
    repository = Path(__file__).resolve().parents[3]
    (root / "nbgrader_config.py").write_text(
        f"import os, sys\nsys.path.insert(0, {str(repository)!r})\n"
        "from autograder.targets.nbgrader import install\nc = get_config()\n"
        "c.Grading.use_judge = not os.environ.get('PLAIN_NBGRADER')\n"
        "c.ClearSolutions.code_stub = {'python': 'pass'}\n"
        "c.Execute.timeout = 5\nc.Sandbox.cell_seconds = 5\ninstall(c)\n"
    )
    nbgrader(root, "generate_assignment", "parity")
    released = nbformat.read(root / "release/parity/parity.ipynb", 4)
    released.cells[0].source = "def double(x):\n    return 2 * x"
    folder = root / "submitted/ada/parity"
    folder.mkdir(parents=True)
    nbformat.write(released, folder / "parity.ipynb")


def nbgrader(root: Path, *arguments: str, **environment: str) -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    # A backend chosen outside would be kept by plain nbgrader's kernel, which then shows no figure.
    inherited = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=root,
        check=True,
        capture_output=True,
        env={**inherited, "PATH": path, **environment},
    )


def scores(root: Path) -> dict[str, float]:
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        submission = gradebook.find_submission("parity", "ada")
        return {g.name: g.auto_score for n in submission.notebooks for g in n.grades}


def outputs(root: Path) -> dict[str, list[Any]]:
    """Cell id -> outputs, without what differs from run to run."""
    path = root / "autograded/ada/parity/parity.ipynb"
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return {c["id"]: [normal(o) for o in c.get("outputs", [])] for c in cells}


def normal(output: dict[str, Any]) -> Any:
    kind = output["output_type"]
    if kind == "stream":
        text = "".join(output["text"])
        return kind, output["name"], text.replace("\r\n", "\n")
    if kind == "error":
        return kind, output["ename"]
    data = output["data"]
    plain = re.sub(r"0x[0-9a-f]+", "0x", "".join(data.get("text/plain", "")))
    return kind, sorted(data), plain


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same submission graded by plain nbgrader, and by us."""
    plain = tmp_path_factory.mktemp("parity") / "plain"
    plain.mkdir()
    make_course(plain)
    ours = plain.parent / "ours"
    shutil.copytree(plain, ours)
    nbgrader(plain, "autograde", "parity", PLAIN_NBGRADER="1")
    before = Path.cwd()
    os.chdir(ours)
    try:
        grade_assignment(load_course(ours), "parity")
    finally:
        os.chdir(before)
    return plain, ours


@pytest.mark.slow
class TestParity:
    def test_scores_agree(self, both: tuple[Path, Path]) -> None:
        """Every graded cell that nbgrader marks rightly has the same score."""
        theirs, ours = scores(both[0]), scores(both[1])
        assert {name: ours[name] for name in GRADED} == {name: theirs[name] for name in GRADED}

    @pytest.mark.parametrize("name", DEVIATIONS)
    def test_deviations_are_the_documented_ones(self, both: tuple[Path, Path], name: str) -> None:
        """Where nbgrader fails open, we don't."""
        _, theirs, ours = DEVIATIONS[name]
        assert scores(both[0])[name] == theirs
        assert scores(both[1])[name] == ours

    @pytest.mark.parametrize("name", [*GRADED, "answer"])
    def test_outputs_agree(self, both: tuple[Path, Path], name: str) -> None:
        """Text, results, displays, figures and kinds of errors are the same."""
        theirs, ours = outputs(both[0])[name], outputs(both[1])[name]
        if name == "asks":  # a clear refusal instead of nbclient's StdinNotImplementedError
            assert [o[0] for o in ours] == ["error"]
            return
        if name == "loops":  # nbgrader shows the interrupt that its limit made, too
            ours, theirs = ours[-1:], theirs[-1:]
        assert ours == theirs
