"""No attack gains a point, reads a canary, leaves the sandbox or harms the grader; at each level.

All attacks that a level promises to stop are submissions of one class, graded in one run among
honest classmates. TDL_ATTACKS is a pattern of names, for work on a few.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from autograder.grade.autograded import read_autograded
from autograder.grade.course import CourseFolder, load_course
from autograder.grade.pipeline import grade_assignment
from autograder.sandbox import levels, seccomp
from autograder.targets.feedback import POLICY
from tests.attacks import edits
from tests.attacks.homework import NAME, POINTS, SECRET_WORDS, make_course
from tests.attacks.reading import (
    FAMILIES,
    LEVELS,
    Attack,
    attacks_at,
    read_attacks,
    table,
    unstopped_table,
)
from tests.attacks.submitting import write_submission
from tests.attacks.world import World
from tests.autograder.conftest import closed_to_others
from tests.courses import ROOT, nbgrader

HONEST = ("a-honest", "i-honest", "zz-honest")
MAX_OUTPUT_BYTES = 2_500_000
OTHER_PYTHON = "/usr/bin/python3.11"


@dataclass
class Graded:
    """A class of attacks after its grading run."""

    level: str
    world: World
    course: CourseFolder
    rows: dict[str, dict[str, Any]]
    attacks: list[Attack]
    damage: list[str]

    def notebook(self, student: str) -> dict[str, Any]:
        """The autograded notebook: what feedback is made of."""
        return read_autograded(self.course.folder("autograded", student, NAME) / f"{NAME}.ipynb")

    def outputs(self, student: str) -> str:
        """Everything that the student's cells and the judge wrote for the student to see."""
        cells = self.notebook(student).get("cells", [])
        return json.dumps([cell.get("outputs") for cell in cells], ensure_ascii=False)

    def told(self, student: str) -> str:
        """What the judge recorded of the tests, for staff."""
        return json.dumps(self.rows[student])

    def score(self, student: str, question: str) -> float:
        return float(self._part(student, question).get("score") or 0.0)

    def verdict(self, student: str, question: str) -> str:
        return str(self._part(student, question).get("verdict"))

    def _part(self, student: str, question: str) -> dict[str, Any]:
        """The mark of a cell; empty if the submission has none."""
        found = self.rows[student]["questions"].get(question, {}).get("parts", {})
        part: dict[str, Any] = found.get(question, {})
        return part


def submit(course: CourseFolder, world: World, student: str, attack: Attack | None) -> None:
    """Put a submission where nbgrader's collect would."""
    release = course.release_folder(NAME) / f"{NAME}.ipynb"
    folder = course.folder("submitted", student, NAME)
    write_submission(release, folder, attack, world.private)
    world.fill(folder)


def make_level_usable(level: str, patch: pytest.MonkeyPatch) -> None:
    """Skip where a level can't work; level `user` may borrow the system's interpreter."""
    if level == "user" and os.geteuid() == 0 and closed_to_others(sys.base_prefix):
        if sys.version_info[:2] != (3, 11) or not os.access(OTHER_PYTHON, os.X_OK):
            pytest.skip(f"interpreter is closed to other users: {sys.base_prefix}")
        packages = [path for path in sys.path if path.endswith("site-packages")]
        standard = [f"/usr/lib/python3.11{part}" for part in ("", "/lib-dynload")]
        patch.setattr(sys, "executable", OTHER_PYTHON)
        patch.setattr(sys, "path", [str(ROOT), "/usr/lib/python311.zip", *standard, *packages])
        patch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), *packages]))
        patch.setattr(levels, "problem_with", lambda level: seccomp.missing())
    problem = levels.problem_with(level)
    if problem is not None:
        pytest.skip(f"level {level}: {problem}")


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CourseFolder]:
    path = list(sys.path)
    yield make_course(tmp_path_factory.mktemp("attacks") / "course", "@HIDDEN@")
    sys.path[:] = path


@pytest.fixture(scope="module", params=LEVELS)
def graded(
    request: pytest.FixtureRequest, course: CourseFolder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Graded]:
    level = str(request.param)
    root = tmp_path_factory.mktemp(level) / "course"
    shutil.copytree(course.root, root)
    with World(root, ROOT) as world, pytest.MonkeyPatch.context() as patch:
        for path in (root / "checks").rglob("*.py"):
            path.write_text(path.read_text().replace("@HIDDEN@", world.canaries["hidden"]))
        own = load_course(root)
        own.sandbox.level = own.sandbox.minimum = level
        make_level_usable(level, patch)
        only = os.environ.get("TDL_ATTACKS", "")
        promised = attacks_at(level, filtered=seccomp.missing() is None)
        attacks = [attack for attack in promised if re.search(only, attack.student)]
        for student in HONEST:
            submit(own, world, student, None)
        for attack in attacks:
            submit(own, world, attack.student, attack)
        run = grade_assignment(own, NAME, jobs=2)
        rows = {row["student"]: row for row in run["submissions"]}
        if os.environ.get("TDL_ROWS"):
            Path(os.environ["TDL_ROWS"]).write_text(json.dumps(rows))
        yield Graded(level, world, own, rows, attacks, world.damage())


def test_honest_classmates_have_their_marks(graded: Graded) -> None:
    """The grader survives, and whoever answers gets the full mark before, among and after."""
    for student in HONEST:
        assert graded.rows[student]["outcome"] == "finished", graded.rows[student]
        assert {q: graded.score(student, q) for q in POINTS} == POINTS
    assert {attack.student for attack in graded.attacks} <= set(graded.rows)


def test_every_submission_is_marked(graded: Graded) -> None:
    """An attack never ends as our fault: it has an outcome and a score, or is invalid."""
    unmarked = {a.student: graded.rows[a.student]["message"] for a in graded.attacks
                if graded.rows[a.student]["outcome"] == "not_marked"}  # fmt: skip
    assert unmarked == {}
    wrong = {
        a.student: (a.outcome, graded.rows[a.student]["outcome"])
        for a in graded.attacks
        if a.outcome and graded.rows[a.student]["outcome"] != a.outcome
    }
    assert wrong == {}


def test_no_attack_gains_a_point(graded: Graded) -> None:
    """No score is above what the attack's answers are worth."""
    gained = {
        (attack.student, question): graded.score(attack.student, question)
        for attack in graded.attacks
        for question in POINTS
        if graded.score(attack.student, question) > attack.earned.get(question, 0.0)
    }
    assert gained == {}


def test_breaches_of_policy_are_refused(graded: Graded) -> None:
    """Every way to the forbidden function ends as `refused`, not by some other failure."""
    wrong = {
        attack.student: graded.verdict(attack.student, "q2")
        for attack in graded.attacks
        if attack.verdict and graded.verdict(attack.student, "q2") != attack.verdict
    }
    assert wrong == {}


def test_no_attack_gets_what_it_goes_for(graded: Graded) -> None:
    """None could print BREACH, in a cell or in a message to the judge."""
    found = {}
    for attack in graded.attacks:
        text = graded.outputs(attack.student) + graded.told(attack.student)
        if "BREACH" in text:
            at = text.index("BREACH")
            found[attack.student] = text[at : at + 200]
    assert found == {}


def test_no_canary_is_seen(graded: Graded) -> None:
    """Hidden tests, marks, other answers, the environment and private files come back nowhere."""
    words = [*graded.world.canaries.values(), *SECRET_WORDS]
    found = [
        (attack.student, word)
        for attack in graded.attacks
        for word in words
        if word in json.dumps(graded.notebook(attack.student))
    ]
    assert found == []


def test_no_listener_is_reached_and_no_canary_changed(graded: Graded) -> None:
    """Nothing left the sandbox: no packet, no file, no daemon's sign of life."""
    assert graded.world.reached == []
    assert graded.damage == []
    assert graded.world.damage() == []


def test_outputs_are_bounded_and_plain(graded: Graded) -> None:
    """Floods are cut; escapes other than colours are gone."""
    for attack in graded.attacks:
        outputs = graded.outputs(attack.student)
        assert len(outputs) < MAX_OUTPUT_BYTES, attack.student
        if attack.bounded == "escapes":
            texts = json.dumps(graded.notebook(attack.student)["cells"][1].get("outputs"))
            assert not re.search(r"\\u001b(?!\[[0-9;]*m)|\\u0007|\\u009b|\\u0008|\\b", texts)


@pytest.mark.parametrize("graded", ["namespaces"], indirect=True, scope="module")
def test_feedback_pages_hold_no_secret_and_no_script(graded: Graded) -> None:
    """The pages that students open: no canary, nothing that a browser would run.

    They are made of the same notebooks at every level.
    """
    shown = {a.student for a in graded.attacks if a.bounded == "script"}
    shown |= {a.student for a in graded.attacks if a.name.startswith("hidden_")}
    for folder in (graded.course.root / "autograded").iterdir():
        if folder.name not in shown:
            shutil.rmtree(folder)
    nbgrader(graded.course.root, "generate_feedback", NAME)
    for student in shown:
        page = (graded.course.root / "feedback" / student / NAME / f"{NAME}.html").read_text()
        for word in (*graded.world.canaries.values(), *SECRET_WORDS):
            assert word not in page, (student, word)
        assert runnable(page) == [], student
        assert POLICY in page and "<script" not in page, student


def runnable(page: str) -> list[str]:
    """Places of a page where a browser would run what a student wrote."""
    from html.parser import HTMLParser

    found: list[str] = []

    class Reader(HTMLParser):
        inside = ""

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.inside = tag if tag in ("script", "style") else self.inside
            if "XSSCANARY" in str(attrs) and (
                tag in ("script", "iframe", "object", "embed", "svg", "base", "meta")
                or any(
                    name.startswith("on") or str(value).strip().startswith("javascript:")
                    for name, value in attrs
                )
            ):
                found.append(f"{tag} {attrs}")

        def handle_endtag(self, tag: str) -> None:
            self.inside = ""

        def handle_data(self, data: str) -> None:
            if self.inside == "script" and "XSSCANARY" in data:
                found.append(data)

    Reader().feed(page)
    return found


# The checks above, shown to be able to fail; no grading.


def test_the_corpus_is_large_and_every_attack_is_its_own() -> None:
    """At least 80 attacks, all families, no two with the same text, goals of one sentence."""
    attacks = read_attacks()
    assert len(attacks) >= 80
    assert {attack.family for attack in attacks} == set(FAMILIES)
    texts = [(a.code, a.solve, a.proof, a.extra, a.edit, str(a.files)) for a in attacks]
    assert len(set(texts)) == len(texts)
    for attack in attacks:
        assert attack.goal.endswith(".") and len(attack.goal) < 100, attack
        assert set(attack.stops) <= set(LEVELS) and attack.stops, attack
        assert "namespaces" in attack.stops, attack
        known = {**edits.NOTEBOOK, **edits.FOLDER}
        assert not attack.edit or attack.edit in known, attack


def test_the_table_of_the_documentation_is_current() -> None:
    """docs/security.md counts the attacks, and names those that a level need not stop."""
    text = (ROOT / "docs" / "security.md").read_text("utf-8")
    assert table() in text
    assert unstopped_table("user") in text and unstopped_table("limits") in text


def test_a_listener_that_is_reached_is_noticed(tmp_path: Path) -> None:
    """The world hears a connection and a packet, and sees a changed canary."""
    (tmp_path / "course").mkdir()
    with World(tmp_path / "course", ROOT) as world:
        assert world.damage() == []
        port = int(world.names["TCP"])
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(b"hello")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"packet", ("127.0.0.1", int(world.names["UDP"])))
        for _ in range(100):
            if len(world.reached) >= 3:
                break
            import time

            time.sleep(0.02)
        assert set(world.reached) == {b"connected", b"hello", b"packet"}
        (world.private / "secret.txt").write_text("changed")
        (world.open / "open" / "daemon").write_text("alive")
        assert len(world.damage()) == 2


@pytest.mark.parametrize(
    "text",
    [
        "<script>XSSCANARY</script>",
        '<img src=x onerror="XSSCANARY=1">',
        '<a href="javascript:XSSCANARY">a</a>',
        '<iframe srcdoc="XSSCANARY"></iframe>',
    ],
)
def test_what_would_run_is_found(text: str) -> None:
    """The reader of pages sees scripts, handlers, script links and frames."""
    assert runnable(f"<p>{text}</p>") != []
    assert runnable("<p>&lt;script&gt;XSSCANARY&lt;/script&gt;</p>") == []
