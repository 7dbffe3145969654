"""The student kit: enough to work alone, and nothing that students must not have."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from autograder import leaks
from autograder.corpus import build, read_corpus
from autograder.errors import CourseError
from autograder.grade.course import load_course
from autograder.kits import build_kit, imports_of
from tests.courses import ROOT, make_course

HOMEWORKS = sorted(path.name for path in (ROOT / "assignments").iterdir() if path.is_dir())
UNIX_ONLY = {"fcntl", "grp", "pty", "pwd", "resource", "syslog", "termios", "tty"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The kit of hw0."""
    return build_kit(load_course(ROOT), "hw0", tmp_path_factory.mktemp("kit"))


class TestWhatStudentsGet:
    """Unpacked and searched."""

    def test_the_kit_holds_nothing_private(self, wheel: Path) -> None:
        """No hidden test, solution, mark scheme nor embargoed code, and no other room."""
        private = leaks.evidence(ROOT, "hw0", load_course(ROOT).course.embargo["hw0"])
        assert len(private) > 500
        assert leaks.leaks(wheel, private) == []
        names = zipfile.ZipFile(wheel).namelist()
        assert not any(name.startswith("tdlcourse/") for name in names)
        rooms = {name.split("/")[1] for name in names if name.startswith("autograder/")}
        assert not rooms & {"checks", "judge", "grade", "sandbox", "targets", "report", "ledger"}

    @pytest.mark.parametrize("assignment", HOMEWORKS)
    def test_released_folders_hold_nothing_private(self, assignment: str) -> None:
        """What nbgrader releases."""
        private = leaks.evidence(ROOT, assignment, load_course(ROOT).course.embargo[assignment])
        assert leaks.leaks(ROOT / "assignments" / assignment, private) == []

    @pytest.mark.parametrize(
        ("planted", "found"),
        [
            ("autograder/checks/hw0/test_q2.py", "hidden tests, test_q2.py"),
            ("tdlcourse/losses.py", "tdlcourse, embargoed"),
            ("solutions/hw0/hw0.ipynb", "solution, hw0.ipynb"),
        ],
    )
    def test_the_search_finds_what_is_planted(
        self, tmp_path: Path, planted: str, found: str
    ) -> None:
        """In an archive in an archive, under another name, and indented."""
        text = (ROOT / planted).read_text("utf-8")
        if planted.endswith(".py"):
            text = "\n".join("    " + line for line in text.splitlines())
        with zipfile.ZipFile(tmp_path / "inner.zip", "w") as inner:
            inner.writestr("notes.ipynb" if planted.endswith("ipynb") else "notes.txt", text)
        with zipfile.ZipFile(tmp_path / "outer.whl", "w") as outer:
            outer.write(tmp_path / "inner.zip", "x/inner.zip")
        private = leaks.evidence(ROOT, "hw0", ["tdlcourse"])
        assert any(found in line for line in leaks.leaks(tmp_path / "outer.whl", private))

    def test_a_kit_with_a_leak_is_not_built(self, tmp_path: Path) -> None:
        """A solution left in the released notebook stops it, and no wheel is written."""
        shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
        for folder in ("source", "autograder/checks", "tdlcourse"):
            (tmp_path / folder).parent.mkdir(exist_ok=True)
            (tmp_path / folder).symlink_to(ROOT / folder)
        shutil.copytree(ROOT / "solutions" / "hw0", tmp_path / "assignments" / "hw0")
        with pytest.raises(CourseError, match="kit must hold nothing private"):
            build_kit(load_course(tmp_path), "hw0", tmp_path / "out")
        assert not (tmp_path / "out").exists()

    def test_a_course_may_lie_apart_from_the_packages(self, tmp_path: Path) -> None:
        """Its kit is built, and what is private is known there too."""
        course = make_course(tmp_path / "course", ["hw0"])
        assert build_kit(course, "hw0", tmp_path / "dist").is_file()
        private = leaks.evidence(course.root, "hw0", ["tdlcourse"])
        for planted in ("autograder/checks/hw0/test_q2.py", "tdlcourse/losses.py"):
            assert leaks.leaks(ROOT / planted, private)

    def test_no_module_of_the_kit_is_for_unix_alone(self, wheel: Path) -> None:
        """By review, since only Linux runs here: no import that macOS or Windows lacks."""
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if name.endswith(".py"):
                    text = archive.read(name).decode()
                    for node in ast.walk(ast.parse(text)):
                        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
                        assert not UNIX_ONLY & set(names), name
                    assert "os.fork" not in text and "signal.SIG" not in text, name

    def test_it_asks_for_what_the_homework_imports(self, wheel: Path) -> None:
        """And for nothing of the staff's."""
        with zipfile.ZipFile(wheel) as archive:
            metadata = next(n for n in archive.namelist() if n.endswith("METADATA"))
            text = archive.read(metadata).decode()
        needed = re.findall(r"Requires-Dist: ([\w-]+)", text)
        assert "Requires-Dist: ipython>=7.34\n" in text  # what hosted notebooks pin
        assert set(needed) == {"numpy", "pytest", "ipython", "torch"}
        assert "sklearn" in set(imports_of(ROOT / "assignments" / "hw1"))

    def test_a_magic_hides_no_import(self, tmp_path: Path) -> None:
        """What stands in the same cell is needed as well."""
        cell = {"cell_type": "code", "source": "%matplotlib inline\nimport scipy.linalg"}
        (tmp_path / "hw1.ipynb").write_text(json.dumps({"cells": [cell]}))
        assert "scipy" in set(imports_of(tmp_path))


def test_a_corrected_kit_has_another_version(tmp_path: Path) -> None:
    """Else pip would say that it is installed; the folder holds the newest alone."""
    course = make_course(tmp_path / "course", ["hw0"])
    first = build_kit(course, "hw0", tmp_path / "dist")
    assert build_kit(course, "hw0", tmp_path / "dist").name == first.name
    (course.release_folder("hw0") / "tests" / "test_q2.py").write_text("# corrected")
    corrected = build_kit(course, "hw0", tmp_path / "dist")
    assert corrected.name != first.name
    assert list((tmp_path / "dist").iterdir()) == [corrected]


def closure(names: Iterable[str]) -> set[str]:
    """Distributions with everything that they need."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name.lower() in found:
            continue
        found.add(name.lower())
        for text in distribution(name).requires or []:
            need = Requirement(text)
            if need.marker is None or need.marker.evaluate({"extra": ""}):
                waiting.append(need.name)
    return found


@pytest.fixture(scope="module")
def home(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with numpy, torch, pytest and ipython, where the kit is installed."""
    folder = tmp_path_factory.mktemp("home") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    site = next(folder.glob("lib/python3*/site-packages"))
    for name in closure(["numpy", "torch", "pytest", "ipython"]):
        for file in distribution(name).files or []:
            top, target = Path(file.parts[0]), site / file.parts[0]
            if top.name not in ("..", "__pycache__") and not target.exists():
                target.symlink_to(Path(str(distribution(name).locate_file(top))))
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python")]
    options = ["--no-deps", "--no-index", "--disable-pip-version-check", "--quiet"]
    subprocess.run([*pip, "install", *options, str(wheel)], check=True, capture_output=True)
    (folder / "bin" / "pytest").write_text(
        f"#!{folder}/bin/python\nimport sys, pytest\nsys.exit(pytest.main())\n"
    )
    (folder / "bin" / "pytest").chmod(0o755)
    return folder


def run(home: Path, folder: Path, *command: str, code: int = 0) -> str:
    program, *arguments = command
    done = subprocess.run(
        [str(home / "bin" / program), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8"},
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.slow
def test_a_student_alone_works_with_the_kit_only(home: Path, tmp_path: Path) -> None:
    """Every command of docs/students.md that needs neither nbgrader nor a hub."""
    for absent in ("nbgrader", "otter", "typer", "tdlcourse"):
        run(home, tmp_path, "python", "-c", f"import {absent}", code=1)
    assert "hw0.ipynb: added" in run(home, tmp_path, "tdl", "start", "hw0")
    work = tmp_path / "hw0"
    said = run(home, work, "pytest", code=1)
    assert "NotImplementedError" in said and "site-packages" not in said
    assert len(said.splitlines()) < 400
    answered = next(e for e in read_corpus(ROOT, "hw0") if e.name.startswith("correct/"))
    build(ROOT, "hw0", answered, work)
    assert "failed" not in run(home, work, "pytest", "-q")
    assert re.search(r"\d+ deselected", run(home, work, "pytest", "-k", "q2"))

    notebook = json.loads((work / "hw0.ipynb").read_text("utf-8"))
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "q2-answer":
            cell["source"] = "raise ValueError('not yet')"
    (work / "hw0.ipynb").write_text(json.dumps(notebook), "utf-8")
    first = run(home, work, "pytest", "-q", code=1)
    failed = re.search(r"(\d+) failed", first)
    assert failed
    again = run(home, work, "pytest", "-q", "--lf", code=1)
    assert f"{failed[1]} failed" in again and "passed" not in again

    assert "q2: 0 of" in run(home, work, "tdl", "check", "hw0.ipynb", "--question", "q2", code=1)
    assert "you and grace" in run(home, work, "tdl", "team", "grace")
    said = run(home, work, "tdl", "receipt")
    assert "partner   grace" in said and "receipt" in said
    (work / "tests" / "test_q2.py").write_text("old")
    assert "tests/test_q2.py: replaced" in run(home, work, "tdl", "update")
    assert "kit must hold 'hw9'" in run(home, work, "tdl", "start", "hw9", code=5)
