"""Points that `tdl grade`, Gradescope's container and otter's plugin give the same submissions."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.corpus import Expected, build
from autograder.grade.course import CourseFolder
from autograder.grade.pipeline import grade_assignment
from autograder.grade.service import Service
from autograder.targets.bundle import read_bundle, write_bundle
from autograder.targets.gradescope.building import build_zip
from autograder.verdicts import scratch_course, student_name
from tests.autograder.targets.container import Container

Points = dict[str, float]
# One service for all uploads of a container; run_autograder starts one for each.
BATCH = """
import json
from pathlib import Path
from autograder.grade.service import Service
from autograder.targets.bundle import read_bundle
from autograder.targets.gradescope import running
from autograder.targets.gradescope.metadata import metadata_of
from autograder.targets.gradescope.settings import Gradescope

root = Path("/autograder")
(root / "results").mkdir()
running._close(root)
(root / "uploads").chmod(0o700)
bundle = read_bundle(root / "source")
settings = Gradescope(config=bundle.course.config)
running.fit_container(bundle, settings)
service = Service(bundle.course, bundle.assignment, bundle.notebooks)
for folder in sorted((root / "uploads").iterdir()):
    metadata = metadata_of({"users": [{"email": folder.name + "@uni.example"}]})
    results = running.graded(bundle, settings, metadata, folder, 600.0, service)
    running.write_results(root / "results" / (folder.name + ".json"), results)
service.close()
"""


@dataclass
class Agreement:
    """Points by question of each submission, target by target; what Gradescope was told in full."""

    native: dict[str, Points]
    gradescope: dict[str, Points]
    otter: dict[str, Points]
    results: dict[str, dict[str, Any]]

    def full_marks(self) -> dict[str, float]:
        """The most that each question can earn, as Gradescope is told."""
        tests = (test for results in self.results.values() for test in results["tests"])
        return {test["name"]: test["max_score"] for test in tests if "max_score" in test}

    def differences(self) -> list[str]:
        """Submissions and questions where not all three say the same.

        otter has no results for a question that is worth nothing.
        """
        found, full = [], self.full_marks()
        for name, native in self.native.items():
            for question, points in native.items():
                others = [self.gradescope[name].get(question)]
                if full.get(question) != 0:
                    others.append(self.otter[name].get(question))
                if any(other is None or abs(other - points) > 1e-9 for other in others):
                    found.append(f"{name} {question}: {points} natively, {others}")
        return found


def compare_targets(
    root: Path, folder: Path, assignment: str, chosen: Sequence[Expected]
) -> Agreement:
    """Grade corpus submissions by all three.

    Args:
        root: the checkout.
        folder: an empty folder to work in.
        assignment: its name.
        chosen: submissions of its corpus.
    """
    course = scratch_course(root, folder / "course", assignment)
    uploads = folder / "autograder" / "uploads"
    for expected in chosen:
        name = student_name(expected)
        build(course.root, assignment, expected, course.folder("submitted", name, assignment))
        build(course.root, assignment, expected, uploads / name)
    native = _natively(course, assignment)
    otter = _by_otter(course, assignment, folder, uploads)
    results = _in_container(course, assignment, folder, sorted(native))
    gradescope = {name: _scores(told) for name, told in results.items()}
    return Agreement(native, gradescope, otter, results)


def _natively(course: CourseFolder, assignment: str) -> dict[str, Points]:
    rows = grade_assignment(course, assignment)["submissions"]
    found: dict[str, Points] = {}
    for row in rows:
        for name, question in row["questions"].items():
            parts = [p for p in question["parts"].values() if p["kind"] != "manual"]
            if parts:
                found.setdefault(row["student"], {})[name] = sum(p["auto_score"] for p in parts)
    return found


def _in_container(
    course: CourseFolder, assignment: str, folder: Path, names: list[str]
) -> dict[str, dict[str, Any]]:
    build_zip(course, assignment, folder / "hw.zip")
    container = Container(folder / "autograder", folder / "hw.zip")
    (container.root / "submission").mkdir()
    environment = ["PYTHONPATH=/autograder/source/packages", "PATH=/usr/bin:/bin", "LANG=C.UTF-8"]
    python = "/opt/tdl/venv/bin/python"
    command = container.command("/usr/bin/env", *environment, python, "-c", BATCH)
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stdout[-2000:] + done.stderr[-2000:])
    paths = {name: container.root / "results" / f"{name}.json" for name in names}
    return {name: json.loads(path.read_text("utf-8")) for name, path in paths.items()}


def _by_otter(
    course: CourseFolder, assignment: str, folder: Path, uploads: Path
) -> dict[str, Points]:
    """By the plugin's own steps; `otter run` itself is too dear for every submission."""
    from otter.test_files import GradingResults

    from autograder.targets.otter.plugin import fill, judged

    write_bundle(course, assignment, folder / "bundle")
    bundle = read_bundle(folder / "bundle")
    service = Service(bundle.course, bundle.assignment, bundle.notebooks)
    found = {}
    for upload in sorted(uploads.iterdir()):
        kept = folder / "kept" / upload.name
        kept.mkdir(parents=True)
        shutil.copytree(upload, kept / "upload", symlinks=True)
        told = {"users": [{"email": f"{upload.name}@uni.example"}]}
        results = GradingResults([])
        fill(results, judged(bundle, kept, told, service))
        found[upload.name] = {name: results.get_score(name) for name in results.test_files}
    service.close()
    return found


def _scores(results: dict[str, Any]) -> Points:
    return {test["name"]: test["score"] for test in results["tests"] if "score" in test}
