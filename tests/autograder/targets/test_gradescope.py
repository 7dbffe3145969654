"""The real run_autograder on the real zip, in a container made of namespaces, as root."""

from __future__ import annotations

import json
import os
import subprocess
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from autograder.errors import CourseError
from autograder.grade.pipeline import grade_assignment
from autograder.targets.gradescope.building import build_zip, pinned
from tests.autograder.grade.conftest import SECRETS, TinyCourse
from tests.autograder.targets.conftest import assert_valid
from tests.autograder.targets.container import METADATA, Container, Ran, needs_container

SNOOP = """
import os
def double(x):
    return 2 * x
found = []
for path in ("/autograder/source/bundle.json", "/autograder/source/term_secret",
             "/autograder/source/checks", "/autograder/source/packages/tdlcourse",
             "/autograder/submission", "/autograder/results/results.json",
             "/autograder/submission_metadata.json", "/root"):
    try:
        found.append((path, os.listdir(path) if os.path.isdir(path) else open(path).read()))
    except OSError:
        pass
try:
    open("/autograder/results/results.json", "w").write('{"score": 100}')
    found.append("written")
except OSError:
    pass
import socket
try:
    socket.socket()
    found.append("socket")
except OSError:
    pass
try:
    import tdlcourse.backprop
except ImportError:
    pass
assert not found, "BREACH " + str(found)
print("nothing found, uid", os.getuid() > 1000)
"""


@pytest.fixture(scope="module")
def container(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Container:
    needs_container()
    return Container(tmp_path_factory.mktemp("gradescope") / "autograder", archive)


def upload_of(tiny: TinyCourse, folder: Path, name: str = "tiny.ipynb", **answers: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps(tiny.model(**answers)))
    return folder


def scores(ran: Ran) -> dict[str, float]:
    return scores_in(ran.results)


def scores_in(results: dict[str, Any]) -> dict[str, float]:
    return {test["name"]: test["score"] for test in results["tests"] if "score" in test}


def test_the_zip_has_what_gradescope_wants_and_no_other_assignments_checks(archive: Path) -> None:
    """setup.sh and run_autograder at its root; hidden tests of this assignment only."""
    with zipfile.ZipFile(archive) as file:
        names = set(file.namelist())
    assert {"setup.sh", "run_autograder", "requirements.txt", "bundle.json"} <= names
    assert {name for name in names if name.startswith("checks/")} == {"checks/tiny/test_q1.py"}
    assert not [name for name in names if "/checks/" in name and "packages" in name]
    assert "packages/latepolicy.py" in names


def test_the_same_course_gives_the_same_zip(
    tiny: TinyCourse, archive: Path, tmp_path: Path
) -> None:
    build_zip(tiny.course, "tiny", tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == archive.read_bytes()


def test_a_package_that_is_not_here_cannot_be_pinned() -> None:
    with pytest.raises(CourseError, match="no-such-package must be installed"):
        pinned(["no-such-package"])


def test_pins_are_complete_and_not_ours() -> None:
    """What pytest needs comes with it; extras do not."""
    names = {line.partition("==")[0] for line in pinned(["pytest"])}
    assert {"pytest", "pluggy", "iniconfig", "packaging"} <= names
    assert "hypothesis" not in names and "tdlcourse" not in names


def test_a_torch_with_cuda_pins_no_cuda(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The container takes the build for CPUs: gigabytes of CUDA would be of no use there."""
    needs = {
        "cudatorch": ["nvidia-cublas-cu12", "triton", "numpy", "cudacore"],
        "cudacore": [],
    }
    for name, requires in needs.items():
        (tmp_path / f"{name}-1.0.dist-info").mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0"]
        lines += [f"Requires-Dist: {package}" for package in requires]
        (tmp_path / f"{name}-1.0.dist-info" / "METADATA").write_text("\n".join(lines) + "\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    names = [line.partition("==")[0] for line in pinned(["cudatorch"])]
    assert names == ["cudacore", "cudatorch", "numpy"]


@pytest.mark.parametrize("script", ["setup.sh", "run_autograder"])
def test_scripts_are_bash(archive: Path, tmp_path: Path, script: str) -> None:
    with zipfile.ZipFile(archive) as file:
        text = file.read(script)
    assert text.startswith(b"#!/usr/bin/env bash\n")
    subprocess.run(["bash", "-n"], input=text, check=True)


def test_a_full_answer_has_full_marks_here_as_with_tdl_grade(
    tiny: TinyCourse, container: Container, tmp_path: Path
) -> None:
    """Same points by question; a late one loses what the policy says; partners are named."""
    upload = upload_of(tiny, tmp_path / "up", "My Homework.ipynb")
    late = {"created_at": "2026-10-02T13:00:00.000000-07:00"}
    users = [*METADATA["users"], {"email": "alyssa@uni.example", "id": 13, "name": "Alyssa Hacker"}]
    ran = container.run(upload, {**late, "users": users})
    assert_valid(ran.results)
    tiny.submit("bitdiddle", tiny.model())
    row = grade_assignment(tiny.course, "tiny", students=["bitdiddle"])["submissions"][0]
    auto = {
        name: sum(p["auto_score"] for p in question["parts"].values() if p["kind"] != "manual")
        for name, question in row["questions"].items()
    }
    assert (
        scores(ran)
        == {name: auto[name] for name in scores(ran)}
        == {"q1": 4.0, "q3": 3.0, "q4": 0.0}
    )
    assert ran.results["score"] == 3.5
    assert "Ben Bitdiddle, Alyssa Hacker" in ran.results["output"]
    assert "Late by 1:00:00: 3.5 points" in ran.results["output"]
    assert {t["name"]: t["visibility"] for t in ran.results["tests"]}["q4"] == "after_published"
    assert ran.results["leaderboard"] == [{"name": "accuracy", "value": 0.75, "order": "desc"}]
    assert ran.results["extra_data"]["level"] == "user"
    assert ran.code == 0


def test_a_hostile_one_finds_everything_closed(
    tiny: TinyCourse, container: Container, tmp_path: Path
) -> None:
    """It reads and writes nothing of ours, and no text that students see holds a hidden test."""
    upload = upload_of(tiny, tmp_path / "up", q1_answer=SNOOP, q3_answer="raise ValueError(1)")
    ran = container.run(upload)
    assert_valid(ran.results)
    assert scores(ran) == {"q1": 4.0, "q3": 0.0, "q4": 0.0}
    told = json.dumps(ran.results)
    assert not [secret for secret in SECRETS if secret in told]


def test_a_grading_that_takes_too_long_ends_with_valid_results(
    tiny: TinyCourse, container: Container, tmp_path: Path
) -> None:
    """The clock is ours, before Gradescope's; nothing is left running."""
    upload = upload_of(tiny, tmp_path / "up", q1_answer=SLOW.replace("else 2", "else 6"))
    description = container.root / "source" / "bundle.json"
    before = description.read_text()
    data = json.loads(before)
    data["config"]["Gradescope"]["seconds"] = 10.0
    description.write_text(json.dumps(data))
    try:
        ran = container.run(upload, timeout=60)
    finally:
        description.write_text(before)
    assert_valid(ran.results)
    assert ran.results["extra_data"]["outcome"] == "not_marked"
    assert "fault is ours" in ran.results["output"]
    assert scores(ran) == {"q3": 3.0}  # what had been marked by then


# Hidden tests of q1 take two seconds each; by then q3 has its points.
SLOW = "import time\ndef double(x):\n    time.sleep(0 if x == 2 else 2)\n    return 2 * x"


def test_results_are_whole_and_grow_while_questions_are_marked(
    tiny: TinyCourse, container: Container, tmp_path: Path
) -> None:
    """Read at every moment of a grading: nothing yet, then some questions, then all."""
    process = container.start(upload_of(tiny, tmp_path / "up", q1_answer=SLOW))
    states: list[dict[str, float]] = []
    while process.poll() is None:
        results = container.results()
        if results and (not states or scores_in(results) != states[-1]):
            assert_valid(results)
            states.append(scores_in(results))
        time.sleep(0.002)
    assert states[:2] == [{}, {"q3": 3.0}]
    assert scores_in(container.results()) == {"q1": 4.0, "q3": 3.0, "q4": 0.0}
    assert [len(state) for state in states] == sorted(len(state) for state in states)


@pytest.mark.parametrize(
    ("moment", "marked"), [(0.0, {}), (0.3, {}), ("q3 is marked", {"q3": 3.0})]
)
def test_what_is_marked_stays_when_the_container_is_killed(
    tiny: TinyCourse,
    container: Container,
    tmp_path: Path,
    moment: float | str,
    marked: dict[str, float],
) -> None:
    """Everything in it killed at once: results.json is whole and holds what had been marked."""
    process = container.start(upload_of(tiny, tmp_path / "up", q1_answer=SLOW))
    try:
        while not container.results():
            time.sleep(0.001)
        if isinstance(moment, float):
            time.sleep(moment)
        while isinstance(moment, str) and not container.results()["tests"]:
            time.sleep(0.001)
    finally:
        process.kill()
        process.wait()
    results = container.results()
    assert_valid(results)
    assert scores_in(results) == marked
    assert results["score"] == sum(marked.values())
    assert "Grading did not end" in results["output"]
    assert not [secret for secret in SECRETS if secret in json.dumps(results)]


@pytest.mark.parametrize(
    ("previous", "score", "graded"),
    [([("11:50", 3.0), ("11:10", 9.0)], 3.0, False), ([("11:50", 3.0), ("10:50", 9.0)], 0.0, True)],
)
def test_a_third_one_within_an_hour_keeps_the_score_it_had(
    container: Container, tmp_path: Path, previous: list[Any], score: float, graded: bool
) -> None:
    told = [{"submission_time": f"2026-10-01T{t}:00.0-07:00", "score": s} for t, s in previous]
    (tmp_path / "up").mkdir()
    (tmp_path / "up" / "notes.txt").write_text("no notebook")
    ran = container.run(tmp_path / "up", {"previous_submissions": told})
    assert_valid(ran.results)
    assert ran.results["score"] == score
    assert ("must hold tiny.ipynb" in ran.results["output"]) is graded


def test_a_missing_bundle_is_our_fault(
    container: Container, tiny: TinyCourse, tmp_path: Path
) -> None:
    """Without a bundle there is no mark, but a valid results.json that says whose fault it is."""
    description = container.root / "source" / "bundle.json"
    os.rename(description, container.root / "elsewhere.json")
    try:
        ran = container.run(upload_of(tiny, tmp_path / "up"))
    finally:
        os.rename(container.root / "elsewhere.json", description)
    assert ran.code == 1
    assert_valid(ran.results)
    assert "nothing that you did wrong" in ran.results["output"]
    assert "CourseError" in ran.output
