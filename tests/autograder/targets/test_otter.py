"""otter's own programs on what `tdl otter` writes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from autograder.errors import CourseError, SandboxError
from autograder.targets.otter.building import OPENING, build_otter
from tests.autograder.grade.conftest import SECRETS, TinyCourse

# otter is imported within tests, where the warnings of what it imports are not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
CANARY = "import pathlib\npathlib.Path({path!r}).write_text('run outside the sandbox')\n"
# Modules that otter, its kernel or its tests would import from the folder of the submission.
TRAPS = ("otter.py", "numpy.py", "sitecustomize.py", "conftest.py", "pickle.py", "tests/q1.py")


@pytest.fixture(scope="module")
def emitted(tiny: TinyCourse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("otter") / "out"
    (tiny.folder / "board.py").touch()
    build_otter(tiny.course, "tiny", folder)
    return folder


def otter(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    return subprocess.run(
        [sys.executable, "-m", "otter", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )


def test_students_get_public_tests_and_nothing_hidden(emitted: Path) -> None:
    student = emitted / "student" / "tiny"
    names = {str(p.relative_to(student)) for p in student.rglob("*") if p.is_file()}
    assert names == {
        "tiny.ipynb",
        "tests/q1.py",
        "tests/q4.py",
        "tests/public/test_q1.py",
        "tests/public/test_q4.py",
    }
    text = "".join((student / name).read_text("utf-8") for name in names)
    assert not [secret for secret in SECRETS if secret in text]
    metadata = json.loads((student / "tiny.ipynb").read_text("utf-8"))["metadata"]
    assert metadata["otter"]["assignment_name"] == "tiny"


def test_otters_own_check_works_in_the_released_folder(emitted: Path) -> None:
    """check, check_all; a wrong answer fails with the hint of the public test."""
    program = OPENING.format(name="tiny") + (
        "\ndef double(x): return 2 * x\ndef half(x): return 3\n"
        "one, other = grader.check('q1'), grader.check('q4')\n"
        "print(one.passed_all, other.passed_all, 'half(4) must be 2' in repr(other))\n"
        "print(sorted(grader.check_all().test_files))\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        cwd=emitted / "student" / "tiny",
        capture_output=True,
        text=True,
    )
    assert done.stdout.split("\n")[:2] == ["True False True", "['q1', 'q4']"], done.stderr[-2000:]


@pytest.mark.slow
def test_otter_run_gives_our_verdicts_and_runs_nothing_of_the_students(
    tiny: TinyCourse, emitted: Path, tmp_path: Path
) -> None:
    """The judge's points, for an upload full of modules that otter would have imported."""
    canary = tmp_path / "canary"
    with zipfile.ZipFile(tmp_path / "upload.zip", "w") as file:
        file.writestr("tiny.ipynb", json.dumps(tiny.model(q3_answer="triple = None")))
        for name in TRAPS:
            file.writestr(name, CANARY.format(path=str(canary)))
        code = f"cos\nsystem\n(S'touch {canary}'\ntR."  # what unpickling a log would run
        file.writestr(".OTTER_LOG", code)
    archive = str(emitted / "autograder.zip")
    done = otter("run", "-a", archive, "-o", str(tmp_path), "upload.zip", cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    results = json.loads((tmp_path / "results.json").read_text("utf-8"))
    marked = [test for test in results["tests"] if "score" in test]  # not otter's own summary
    scores = {test["name"]: (test["score"], test["max_score"]) for test in marked}
    assert scores == {"q1": (4.0, 4.0), "q3": (0.0, 3.0)}
    assert not canary.exists()
    assert not [secret for secret in SECRETS if secret in json.dumps(results)]


def test_a_folder_in_use_is_not_written_to(tiny: TinyCourse, emitted: Path) -> None:
    with pytest.raises(CourseError, match="empty folder"):
        build_otter(tiny.course, "tiny", emitted)


def _test(verdict: str, **more: Any) -> dict[str, Any]:
    return {"name": "q1", "output": "", "extra_data": {"q1": {"verdict": verdict}}, **more}


def test_what_is_not_marked_is_no_zero() -> None:
    """It is an error, since otter has no other word for it."""
    from autograder.targets.otter.plugin import fill

    with pytest.raises(SandboxError, match="q1 must be marked"):
        fill(object(), {"tests": [_test("not_marked")], "output": ""})  # type: ignore[arg-type]


def test_partial_points_survive_otters_sums() -> None:
    from autograder.targets.otter.plugin import test_file

    made = test_file(_test("partial", score=1.25, max_score=4.0))
    assert (made.score, made.possible, made.passed_all) == (1.25, 4.0, False)
