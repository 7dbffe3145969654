"""The attacks, as uploads to Gradescope and through otter's plugin: none succeeds there either.

By default every attack on the form of a submission, where the targets differ most, and a sample of
the others; all with TDL_ALL_ATTACKS=1. tests/autograder/targets/test_otter.py runs `otter run`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from autograder.grade.course import CourseFolder
from autograder.grade.service import Service
from autograder.sandbox import levels, seccomp
from autograder.targets.bundle import read_bundle, write_bundle
from autograder.targets.gradescope.building import build_zip
from tests.attacks import edits
from tests.attacks.homework import NAME, POINTS, SECRET_WORDS, make_course
from tests.attacks.reading import Attack, attacks_at
from tests.attacks.submitting import write_submission
from tests.attacks.world import World
from tests.autograder.targets.conftest import assert_valid
from tests.autograder.targets.container import Container, needs_container
from tests.courses import ROOT

# Of what otter imports.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
HONEST = ("a-honest", "zz-honest")
# otter reads the notebook before its plugins are asked, and refuses these itself.
SAMPLE = 12
REFUSED_BY_OTTER = ("hurting-notebook-is-a-folder", "hurting-notebook-is-a-pipe")


@dataclass
class Told:
    """What came of all attacks at one target.

    Attributes:
        attacks: that were tried.
        scores: student -> question -> points, as the target reports them.
        shown: student -> all that the target shows of it.
        results: student -> the judge's result; empty if it got no submission.
        canaries: words that must not come back.
        reached, damage: what listeners heard; canary files that changed.
    """

    attacks: list[Attack]
    scores: dict[str, dict[str, float]]
    shown: dict[str, Any]
    results: dict[str, dict[str, Any]]
    canaries: dict[str, str]
    reached: list[Any]
    damage: list[str]


def chosen(level: str) -> list[Attack]:
    only, full = os.environ.get("TDL_ATTACKS", ""), bool(os.environ.get("TDL_ALL_ATTACKS"))
    promised = attacks_at(level, filtered=seccomp.missing() is None)
    return [
        attack
        for number, attack in enumerate(promised)
        if (full or number % SAMPLE == 0 or attack.edit in edits.FOLDER)
        and re.search(only, attack.student)
    ]


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CourseFolder]:
    path = list(sys.path)
    yield make_course(tmp_path_factory.mktemp("targets") / "course", "@HIDDEN@")
    sys.path[:] = path


@pytest.fixture(scope="module", params=["gradescope", "otter"])
def told(request: pytest.FixtureRequest, course: CourseFolder, tmp_path_factory: Any) -> Told:
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "gradescope":
        needs_container()
        return by_gradescope(course, folder, chosen("user"))
    problem = levels.problem_with("namespaces")
    if problem is not None:
        pytest.skip(problem)
    return by_otter(course, folder, chosen("namespaces"))


def write_uploads(course: CourseFolder, folder: Path, attacks: list[Attack], private: Path) -> None:
    release = course.release_folder(NAME) / f"{NAME}.ipynb"
    for student in HONEST:
        write_submission(release, folder / student, None, private)
    for attack in attacks:
        write_submission(release, folder / attack.student, attack, private)


def by_gradescope(course: CourseFolder, folder: Path, attacks: list[Attack]) -> Told:
    """In the container, at level `user`, as root, with the world inside it."""
    build_zip(course, NAME, folder / "zip.zip")
    container = Container(folder / "autograder", folder / "zip.zip")
    (container.root / "submission").mkdir()
    write_uploads(course, container.root / "uploads", attacks, Path("/autograder/private"))
    for name in ("__init__.py", "attacks/world.py", "attacks/container_driver.py"):
        copy = container.root / "driver" / "tests" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "tests" / name, copy)
    search = "PYTHONPATH=/autograder/source/packages:/autograder/driver"
    program = ["/opt/tdl/venv/bin/python", "-m", "tests.attacks.container_driver"]
    command = container.command(
        "/usr/bin/env", search, "PATH=/usr/bin:/bin", "LANG=C.UTF-8", *program
    )
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    path = container.root / "results" / "told.json"
    assert done.returncode == 0 and path.is_file(), done.stdout[-2000:] + done.stderr[-4000:]
    said = json.loads(path.read_text("utf-8"))
    assert said["level"] == "user"
    shown = {student: each["results"] for student, each in said["found"].items()}
    scores = {
        student: {test["name"]: test["score"] for test in results["tests"] if "score" in test}
        for student, results in shown.items()
    }
    for results in shown.values():
        assert_valid(results)
    kept = {student: each["result"] for student, each in said["found"].items()}
    return Told(attacks, scores, shown, kept, *(said[k] for k in ("canaries", "reached", "damage")))


def by_otter(course: CourseFolder, folder: Path, attacks: list[Attack]) -> Told:
    """By the plugin's own steps, at level `namespaces`; one judge for all submissions."""
    from otter.test_files import GradingResults

    from autograder.targets.otter import plugin

    with World(folder / "bundle", ROOT) as world, pytest.MonkeyPatch.context() as patch:
        (folder / "bundle").mkdir()
        write_bundle(course, NAME, folder / "bundle")
        for path in (folder / "bundle" / "checks").rglob("*.py"):
            path.write_text(path.read_text().replace("@HIDDEN@", world.canaries["hidden"]))
        bundle = read_bundle(folder / "bundle")
        bundle.course.sandbox.level = bundle.course.sandbox.minimum = "namespaces"
        tried = [attack for attack in attacks if attack.student not in REFUSED_BY_OTTER]
        write_uploads(course, folder / "uploads", tried, world.private)
        service = Service(bundle.course, bundle.assignment, bundle.notebooks)
        real, seen = plugin.grade_folder, list[dict[str, Any]]()

        def listened(*arguments: Any) -> Any:
            result, level = real(*arguments)
            seen.append(result)
            return result, level

        patch.setattr(plugin, "grade_folder", listened)
        all_ = Told(tried, {}, {}, {}, world.canaries, world.reached, [])
        for upload in sorted((folder / "uploads").iterdir()):
            world.fill(upload)
            kept = Path(tempfile.mkdtemp(dir=folder))
            upload.rename(kept / "upload")
            metadata = {"users": [{"email": f"{upload.name}@uni.example"}]}
            seen.clear()
            results = GradingResults([])
            graded = plugin.judged(bundle, kept, metadata, service)
            plugin.fill(results, graded)  # refuses what is not marked
            all_.scores[upload.name] = {name: results.get_score(name) for name in results.results}
            all_.shown[upload.name] = graded
            all_.results[upload.name] = seen[0] if seen else {}
        service.close()
        all_.damage += world.damage()
    return all_


def outputs_in(result: dict[str, Any]) -> Iterator[str]:
    """All that cells wrote, and what the judge recorded of the tests."""
    for notebook in result.get("notebooks", {}).values():
        yield json.dumps(notebook["parts"])
        for cell in notebook["notebook"]["cells"] if "notebook" in notebook else []:
            yield json.dumps(cell.get("outputs"), ensure_ascii=False)


def test_honest_submissions_before_and_after_have_full_marks(told: Told) -> None:
    assert {student: told.scores[student] for student in HONEST} == dict.fromkeys(HONEST, POINTS)


def test_every_attack_is_marked_and_none_gains_a_point(told: Told) -> None:
    wrong = {
        (attack.student, question): told.scores[attack.student].get(question)
        for attack in told.attacks
        for question in POINTS
        if not told.scores[attack.student].get(question, 99.0) <= attack.earned.get(question, 0.0)
    }
    assert told.attacks and wrong == {}


def test_none_gets_what_it_goes_for(told: Told) -> None:
    """No BREACH in an output or a message, no listener reached, no canary file changed."""
    found = [
        a.student
        for a in told.attacks
        for t in outputs_in(told.results[a.student])
        if "BREACH" in t
    ]
    assert (found, told.reached, told.damage) == ([], [], [])


def test_what_is_shown_holds_no_canary_and_no_hidden_test(told: Told) -> None:
    words = [*told.canaries.values(), *SECRET_WORDS]
    for attack in told.attacks:
        text = json.dumps(told.shown[attack.student])
        assert not [word for word in words if word in text], attack.student


def test_these_checks_see_a_success() -> None:
    """A point, a word that came back, a listener that was reached: each fails a check."""
    attack = next(a for a in attacks_at("user", filtered=True) if not a.earned)
    said = [{"output_type": "stream", "name": "stdout", "text": "BREACH"}]
    notebook = {"parts": {}, "notebook": {"cells": [{"outputs": said}]}}
    told = Told(
        [attack],
        {**dict.fromkeys(HONEST, {"q1": 4.0}), attack.student: {"q1": 1.0, "q2": 0.0}},
        {attack.student: {"output": f"it is {SECRET_WORDS[0]}"}},
        {attack.student: {"notebooks": {NAME: notebook}}},
        {"private": "CANARY"},
        [],
        [],
    )
    checks = (
        test_honest_submissions_before_and_after_have_full_marks,
        test_every_attack_is_marked_and_none_gains_a_point,
        test_none_gets_what_it_goes_for,
        test_what_is_shown_holds_no_canary_and_no_hidden_test,
    )
    for check in checks:
        with pytest.raises(AssertionError):
            check(told)
