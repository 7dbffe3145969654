"""Emits what otter-grader works with: a student's folder and an autograder zip.

student/<hw>/   the released notebook with a cell that opens otter, otter's test files in tests/
                (each runs the public tests of one graded cell), our public tests in tests/public/
autograder.zip  of `otter.generate`, with no test of ours in reach of otter's kernel: its plugin
                hands the submission to the judge, with the bundle that lies beside it
"""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from autograder.errors import CourseError
from autograder.grade.course import CourseFolder
from autograder.grade.release import ReleasedNotebook
from autograder.targets.bundle import Bundle, write_bundle
from autograder.targets.gradescope.building import DATE

PLUGIN = "autograder.targets.otter.plugin.JudgePlugin"
OPENING = (
    'try:\n    import otter\n\n    grader = otter.Notebook("{name}.ipynb")\nexcept ImportError:'
)
OPENING += "\n    grader = None  # check() works without otter"
# A test file of otter's format; it is run in the student's kernel and decides nothing.
TEST_FILE = """OK_FORMAT = False

from autograder.selfcheck import check
from otter.test_files import test_case

name = {name!r}
points = {points!r}


@test_case(name="{name}: public tests")
def test_public(env):
    report = check({name!r}, namespace=env)
    assert report is None or report.passed, str(report)
"""


def build_otter(course: CourseFolder, assignment: str, output: Path) -> list[Path]:
    """Write the student's folder and the autograder's zip below `output`; what was written.

    Raises:
        CourseError: the assignment is not generated, or there is something at `output`.
    """
    if output.exists() and any(output.iterdir()):
        raise CourseError(f"output must be an empty folder, got {output}")
    with tempfile.TemporaryDirectory(prefix="tdl-otter-") as temporary:
        bundle = write_bundle(course, assignment, Path(temporary))
        student = write_student_folder(bundle, output / "student" / assignment)
        archive = write_autograder(Path(temporary), output / "autograder.zip")
    return [student, archive]


def write_student_folder(bundle: Bundle, target: Path) -> Path:
    """The released assignment, with otter's cell, metadata and test files."""
    target.mkdir(parents=True)
    release = bundle.course.release_folder(bundle.assignment)
    if release.is_dir():  # files beside the notebook
        shutil.copytree(release, target, dirs_exist_ok=True)
    public, _ = bundle.course.test_roots(bundle.assignment)
    for folder in public:
        shutil.copytree(folder, target / "tests" / "public", dirs_exist_ok=True)
    for notebook in bundle.notebooks:
        text = json.dumps(released_for_otter(notebook), indent=1, ensure_ascii=False)
        (target / f"{notebook.name}.ipynb").write_text(text + "\n", "utf-8")
        for name, points in judge_cells(notebook).items():
            (target / "tests").mkdir(exist_ok=True)
            path = target / "tests" / f"{name}.py"
            path.write_text(TEST_FILE.format(name=name, points=points), "utf-8")
    return target


def judge_cells(notebook: ReleasedNotebook) -> dict[str, float]:
    """grade_id -> points of the cells that say check(...)."""
    return {
        cell.grade_id: cell.points
        for cell in notebook.cells
        if cell.grade and not cell.solution and cell.released.lstrip().startswith("check(")
    }


def released_for_otter(notebook: ReleasedNotebook) -> dict[str, Any]:
    """The released notebook, with otter's cell first and its name in the metadata."""
    opening = OPENING.format(name=notebook.name)
    cells = [_cell("otter", "code", opening, {"deletable": False, "editable": False})]
    for number, cell in enumerate(notebook.cells):
        id = cell.cell_id or f"cell-{number}"
        cells.append(_cell(id, cell.cell_type, cell.released, cell.metadata))
    metadata = {
        **notebook.metadata,
        "otter": {"assignment_name": notebook.name},
    }
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _cell(id: str, kind: str, source: str, metadata: dict[str, Any]) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "id": id, "metadata": metadata, "source": source}
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def write_autograder(bundle: Path, output: Path) -> Path:
    """The zip of `otter.generate` with our plugin, and the bundle in it."""
    from otter.generate import main as generate

    with tempfile.TemporaryDirectory(prefix="tdl-otter-") as temporary:
        folder = Path(temporary)
        (folder / "tests").mkdir()  # none: every verdict is the judge's
        config = {"plugins": [PLUGIN], "show_hidden": True, "show_all_public": True}
        (folder / "otter_config.json").write_text(json.dumps(config), "utf-8")
        output.parent.mkdir(parents=True, exist_ok=True)
        generate(
            tests_dir=str(folder / "tests"),
            output_path=str(output),
            config=str(folder / "otter_config.json"),
            no_requirements=True,
            no_environment=True,
        )
    with zipfile.ZipFile(output, "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr(
            zipfile.ZipInfo("tests/README", DATE), "No test lies here; the judge has them.\n"
        )
        for path in sorted(p for p in bundle.rglob("*") if p.is_file()):
            entry = zipfile.ZipInfo(f"bundle/{path.relative_to(bundle)}", DATE)
            entry.external_attr = 0o100600 << 16
            file.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return output
