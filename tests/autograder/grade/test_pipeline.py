"""An assignment graded for real: submissions in, gradebook, notebooks and feedback out."""

from __future__ import annotations

import copy
import datetime
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.errors import CourseError
from autograder.grade.choosing import find_submissions
from autograder.grade.pipeline import Progress, grade_assignment, graded_run
from autograder.report.schema import validate_run
from tests.autograder.grade.conftest import NAME, SECRETS, TinyCourse, hash_of, nbgrader

LATE = datetime.datetime(2026, 11, 2)
DUE = datetime.datetime(2026, 11, 1)
NEGATIVE_WRONG = "def double(x):\n    return 2 * abs(x)"
NEVER_ENDS = "def double(x):\n    while True:\n        x += 1"


def _duplicated(tiny: TinyCourse) -> dict[str, Any]:
    """Every claim made twice, the first time by the student's own text."""
    notebook = tiny.model()
    extra = []
    for cell in notebook["cells"]:
        forged = copy.deepcopy(cell)
        forged["id"] = "forged-" + forged["id"]
        if forged["metadata"]["nbgrader"]["grade_id"] in ("q1", "q3"):
            forged["source"] = "4.0"
        if forged["metadata"]["nbgrader"]["grade_id"] in ("q1", "q3", "q2", "setup"):
            extra.append(forged)
    notebook["cells"] = extra + notebook["cells"]
    return notebook


def _stripped(tiny: TinyCourse) -> dict[str, Any]:
    """All metadata gone, as some editors save it; nbformat's ids stay."""
    notebook = tiny.model()
    for cell in notebook["cells"]:
        cell["metadata"] = {}
    notebook["metadata"] = {}
    return notebook


def _without(tiny: TinyCourse, *ids: str) -> dict[str, Any]:
    notebook = tiny.model()
    notebook["cells"] = [
        c for c in notebook["cells"] if c["metadata"]["nbgrader"]["grade_id"] not in ids
    ]
    return notebook


def _forged(tiny: TinyCourse) -> dict[str, Any]:
    """Marks written into metadata and outputs."""
    notebook = tiny.answered()
    for cell in notebook["cells"]:
        cell["metadata"]["nbgrader"]["points"] = 1000
        if cell["metadata"]["nbgrader"]["grade_id"] == "q1":
            cell["source"] = "1000"
            cell["outputs"] = [
                {
                    "output_type": "execute_result",
                    "data": {"text/plain": "1000"},
                    "metadata": {},
                    "execution_count": 1,
                }
            ]
    return notebook


SCRIPT = """
from IPython.display import HTML, JSON, display
import numpy as np
display(HTML('<script>window.XSSCANARY = 1</script>'))
display(JSON({'n': np.int64(3), 'b': b'bytes', 'nan': float('nan')}))
def double(x):
    return 2 * x
"""


# Hidden inputs of q1 are kept where q4's code can find them; q4's public failure is shown.
KEEPS = """
def double(x):
    with open('/tmp/kept', 'a') as file:
        file.write(f'{x} ')
    return 2 * x
"""
TELLS = """
def half(x):
    raise ValueError('KEPT ' + open('/tmp/kept').read())
"""


def _class(tiny: TinyCourse) -> None:
    """All submissions of the class."""
    tiny.submit("good", tiny.model())
    tiny.submit("untouched", tiny.release)
    tiny.submit("negative", tiny.model(q1_answer=NEGATIVE_WRONG))
    tiny.submit("endless", tiny.model(q1_answer=NEVER_ENDS, q3_answer="while True: pass"))
    tiny.submit("refused", tiny.model(q1_answer="def double(x): return np.multiply(2, x)"))
    tiny.submit("renamed", tiny.model(), name="my homework (final).ipynb")
    tiny.submit("missing", "nothing here", name="readme.txt")
    tiny.submit("invalid", '{"cells": [')
    tiny.submit("list", "[]")
    tiny.submit("duplicated", _duplicated(tiny))
    tiny.submit("stripped", _stripped(tiny))
    tiny.submit("deleted", _without(tiny, "q1", "q2", "q3", "setup"))
    tiny.submit("noanswer", _without(tiny, "q2-answer", "q1-answer"))
    tiny.submit("forged", _forged(tiny))
    tiny.submit("tripped", tiny.model(q1_answer="trip = 1\ndef double(x): return 2 * x"))
    tiny.submit("exits", tiny.model(q3_answer="import os; os._exit(0)"))
    tiny.submit("script", tiny.model(q1_answer=SCRIPT))
    tiny.submit("spy", tiny.model(q1_answer=KEEPS, q4_answer=TELLS))
    tiny.submit("late", tiny.model())
    stamp = tiny.folder / "submitted" / "late" / NAME / "timestamp.txt"
    stamp.write_text(LATE.isoformat() + " UTC")
    linked = tiny.submit("linked", "not a notebook", name="other.txt")
    (linked / f"{NAME}.ipynb").symlink_to("/etc/passwd")


@pytest.fixture(scope="module")
def graded(make_tiny: Callable[..., TinyCourse]) -> dict[str, Any]:
    """The class, graded once: the course, the run and what the folder looked like before."""
    tiny = make_tiny()
    with tiny.gradebook() as book:
        book.update_or_create_assignment(NAME, duedate=DUE)
        for name in ("absent", "good"):
            book.update_or_create_student(name)
    _class(tiny)
    before = hash_of(tiny.folder / "submitted")
    seen: list[str] = []
    progress = Progress(done=lambda student, result: seen.append(student))
    run = grade_assignment(tiny.course, NAME, jobs=2, progress=progress)
    rows = {row["student"]: row for row in run["submissions"]}
    return {"tiny": tiny, "run": run, "rows": rows, "before": before, "seen": seen}


def scores(row: dict[str, Any]) -> dict[str, float | None]:
    """grade_id -> score in a run."""
    return {
        id: part["score"]
        for question in row["questions"].values()
        for id, part in question["parts"].items()
        if id != "q4"  # worth nothing
    }


class TestOneRun:
    """What the first grading gives each submission."""

    def test_the_run_has_its_published_form(self, graded: dict[str, Any]) -> None:
        """The run passes the schema of reports and is plain JSON."""
        validate_run(json.loads(json.dumps(graded["run"])))
        assert graded["run"]["max_score"] == 12

    def test_each_submission_is_done_once(self, graded: dict[str, Any]) -> None:
        """Progress tells of every submission exactly once."""
        assert sorted(graded["seen"]) == sorted(set(graded["rows"]) - {"absent"})

    @pytest.mark.parametrize(
        ("student", "outcome", "expected"),
        [
            ("good", "finished", {"q1": 4, "q2": None, "q3": 3}),
            ("untouched", "finished", {"q1": 0, "q2": 0, "q3": 0}),
            ("negative", "finished", {"q1": 1, "q2": None, "q3": 3}),
            ("refused", "finished", {"q1": 0, "q2": None, "q3": 3}),
            ("renamed", "finished", {"q1": 4, "q2": None, "q3": 3}),
            ("missing", "missing", {"q1": 0, "q2": 0, "q3": 0}),
            ("invalid", "invalid", {"q1": 0, "q2": 0, "q3": 0}),
            ("list", "invalid", {"q1": 0, "q2": 0, "q3": 0}),
            ("linked", "invalid", {"q1": 0, "q2": 0, "q3": 0}),
            ("duplicated", "finished", {"q1": 4, "q2": None, "q3": 3}),
            ("stripped", "finished", {"q1": 4, "q2": None, "q3": 3}),
            ("deleted", "finished", {"q1": 4, "q2": None, "q3": 3}),
            ("noanswer", "finished", {"q1": 0, "q2": 0, "q3": 3}),
            ("forged", "finished", {"q1": 0, "q2": 0, "q3": 0}),
            ("late", "finished", {"q1": 4, "q2": None, "q3": 3}),
            ("script", "finished", {"q1": 4, "q2": None, "q3": 3}),
            ("spy", "finished", {"q1": 4, "q2": None, "q3": 3}),
            ("exits", "crashed", {"q1": 4, "q2": None, "q3": 0}),
            ("endless", "timed_out", {"q1": 0, "q2": None, "q3": 0}),
            ("absent", "missing", {"q1": 0, "q2": 0, "q3": 0}),
        ],
    )
    def test_outcome_and_marks(
        self,
        graded: dict[str, Any],
        student: str,
        outcome: str,
        expected: dict[str, float | None],
    ) -> None:
        """Every kind of submission gets its outcome and exactly its marks."""
        row = graded["rows"][student]
        assert (row["outcome"], scores(row)) == (outcome, expected), row["message"]

    @pytest.mark.parametrize("student", ["good", "negative", "deleted", "endless", "invalid"])
    def test_the_gradebook_holds_the_same_marks(self, graded: dict[str, Any], student: str) -> None:
        """auto_score equals the run's, and proofs wait for a marker exactly if answered."""
        marks = graded["tiny"].marks(student)
        expected = scores(graded["rows"][student])
        assert {id: marks[id]["auto"] for id in expected} == expected
        assert {id: marks[id]["needs"] for id in expected} == {
            id: score is None for id, score in expected.items()
        }
        # The answer cell of a task is graded to nbgrader but waits for nobody.
        assert not marks.get("q2-answer", {"needs": False})["needs"]

    def test_our_own_fault_is_never_a_zero(self, graded: dict[str, Any]) -> None:
        """A test that breaks down leaves its part unmarked, and the rest is kept."""
        row = graded["rows"]["tripped"]
        assert row["outcome"] == "not_marked"
        assert row["score"] is None
        assert row["questions"]["q1"]["verdict"] == "not_marked"
        assert scores(row) == {"q1": None, "q2": None, "q3": 3}
        marks = graded["tiny"].marks("tripped")
        assert marks["q1"]["auto"] is None

    def test_submitted_files_are_as_they_were(self, graded: dict[str, Any]) -> None:
        """Contents and modes of everything submitted are unchanged."""
        assert hash_of(graded["tiny"].folder / "submitted") == graded["before"]

    def test_late_work_is_penalised_by_the_courses_plugin(self, graded: dict[str, Any]) -> None:
        """The plugin's penalty is in the gradebook and in the run."""
        row = graded["rows"]["late"]
        assert row["late_seconds"] == 86400
        assert row["late_penalty"] == 3.5
        with graded["tiny"].gradebook() as book:
            assert book.find_submission(NAME, "late").late_submission_penalty == 3.5
        assert graded["rows"]["good"]["late_penalty"] == 0

    def test_what_was_mended_is_told_to_staff(self, graded: dict[str, Any]) -> None:
        """Flags say what was renamed, duplicated, missing or changed."""
        flags = {name: " ".join(row["flags"]) for name, row in graded["rows"].items()}
        assert "my homework (final).ipynb" in flags["renamed"]
        assert "claimed by 2 cells" in flags["duplicated"]
        assert "was missing, put back" in flags["deleted"]
        assert "locked text was changed" in flags["forged"]
        assert flags["good"] == ""

    def test_autograded_notebooks_are_valid_and_complete(self, graded: dict[str, Any]) -> None:
        """nbformat accepts them, and each released id stands there once, in type and points."""
        import nbformat

        tiny = graded["tiny"]
        released = [c["metadata"]["nbgrader"]["grade_id"] for c in tiny.release["cells"]]
        for student in set(graded["rows"]) - {"absent"}:
            notebook = tiny.autograded(student)
            nbformat.validate(notebook)
            found = [
                c["metadata"]["nbgrader"]["grade_id"]
                for c in notebook["cells"]
                if "nbgrader" in c["metadata"]
            ]
            assert sorted(found) == sorted(released), student

    def test_no_half_written_folder_is_left(self, graded: dict[str, Any]) -> None:
        """Only whole folders lie in autograded/."""
        parts = [p.name for p in (graded["tiny"].folder / "autograded").glob("*/.*")]
        assert parts == []

    def test_hidden_words_stay_out_of_what_the_cell_shows(self, graded: dict[str, Any]) -> None:
        """Outputs of judged cells name no hidden title, name, message or value."""
        for student in set(graded["rows"]) - {"absent"}:
            for cell in graded["tiny"].autograded(student)["cells"]:
                shown = json.dumps(cell.get("outputs", []))
                if cell["metadata"].get("nbgrader", {}).get("grade_id") == "q1":
                    found = [word for word in SECRETS if word in shown]
                    assert not found, (student, found)
        text = json.dumps(graded["tiny"].autograded("negative")["cells"][3]["outputs"])
        assert "Think of negative numbers." in text

    def test_hidden_inputs_of_one_cell_do_not_come_back_through_another(
        self, graded: dict[str, Any]
    ) -> None:
        """What student code kept of hidden inputs is in no text that it can have shown."""
        notebook = graded["tiny"].autograded("spy")
        shown = json.dumps([cell.get("outputs", []) for cell in notebook["cells"]])
        assert "KEPT 2" in shown  # the public input of q1, which every student knows
        assert not [word for word in SECRETS if word in shown]


@pytest.fixture(scope="module")
def again(graded: dict[str, Any]) -> dict[str, Any]:
    """After hand marks: an unchanged run, a forced one, and one with resubmissions."""
    tiny: TinyCourse = graded["tiny"]
    tiny.mark_by_hand("good", "q2", 4.5)
    tiny.mark_by_hand("negative", "q2", 3.0)
    tiny.mark_by_hand("deleted", "q2", 2.0)
    time_before = time.perf_counter()
    seen: list[str] = []
    progress = Progress(done=lambda student, result: seen.append(student))
    same = grade_assignment(tiny.course, NAME, jobs=2, progress=progress)
    skipped_in = time.perf_counter() - time_before
    tiny.submit("negative", tiny.model(q1_answer=NEGATIVE_WRONG, q2_answer="Another proof."))
    tiny.submit("deleted", tiny.model(q1_answer=NEGATIVE_WRONG))
    (tiny.folder / "submitted" / "missing" / NAME / "readme.txt").unlink()
    tiny.submit("missing", tiny.model())
    students = ["good", "negative", "deleted", "missing", "duplicated"]
    forced = grade_assignment(tiny.course, NAME, students=students, force=True, jobs=2)
    rows = {row["student"]: row for row in forced["submissions"]}
    return {**graded, "same": same, "seen": seen, "skipped_in": skipped_in, "forced": rows}


class TestSecondRun:
    """Unchanged work is skipped, changed work is graded, hand marks are treated fairly."""

    def test_what_is_unchanged_is_skipped(self, again: dict[str, Any]) -> None:
        """Only what our own fault left unmarked is tried again."""
        assert set(again["seen"]) <= {"tripped"}

    def test_our_own_fault_is_tried_again(self, again: dict[str, Any]) -> None:
        """A submission with an unmarked part is never up to date."""
        assert again["seen"] == ["tripped"]

    def test_scores_do_not_change(self, again: dict[str, Any]) -> None:
        """A second run reports the same marks, hand marks added."""
        for row in again["same"]["submissions"]:
            expected = scores(again["rows"][row["student"]])
            expected |= {"good": {"q2": 4.5}, "negative": {"q2": 3.0}, "deleted": {"q2": 2.0}}.get(
                row["student"], {}
            )
            assert scores(row) == expected, row["student"]

    def test_force_gives_the_same_scores(self, again: dict[str, Any]) -> None:
        """Seeds don't change: a forced regrade repeats every mark."""
        for student in ("duplicated",):
            assert scores(again["forced"][student]) == scores(again["rows"][student])

    def test_a_hand_mark_survives_a_regrade(self, again: dict[str, Any]) -> None:
        """The same answer keeps its mark."""
        assert again["tiny"].marks("good")["q2"]["manual"] == 4.5
        assert scores(again["forced"]["good"]) == {"q1": 4, "q2": 4.5, "q3": 3}

    def test_a_changed_proof_loses_its_mark(self, again: dict[str, Any]) -> None:
        """A resubmission never keeps a stale mark, and waits for the marker again."""
        mark = again["tiny"].marks("negative")["q2"]
        assert mark["manual"] is None
        assert mark["needs"]
        with again["tiny"].gradebook() as book:
            submission = book.find_submission(NAME, "negative")
            remarks = [str(c.comment) for n in submission.notebooks for c in n.comments]
        assert any("marked 3" in remark for remark in remarks)

    def test_a_changed_program_keeps_the_proofs_mark(self, again: dict[str, Any]) -> None:
        """Only the changed part is marked anew."""
        assert again["tiny"].marks("deleted")["q2"]["manual"] == 2.0
        assert scores(again["forced"]["deleted"]) == {"q1": 1, "q2": 2.0, "q3": 3}

    def test_a_late_notebook_is_found(self, again: dict[str, Any]) -> None:
        """A submission that was missing is graded when it comes."""
        assert scores(again["forced"]["missing"]) == {"q1": 4, "q2": None, "q3": 3}
        assert again["forced"]["missing"]["outcome"] == "finished"

    def test_a_stale_mark_does_not_survive_an_interruption(self, again: dict[str, Any]) -> None:
        """If the autograded folder was renewed but the gradebook not, the mark still goes."""
        tiny: TinyCourse = again["tiny"]
        tiny.mark_by_hand("renamed", "q2", 5.0)
        folder = tiny.submit(
            "renamed", tiny.model(q2_answer="Quite another."), "my homework (final).ipynb"
        )
        path = tiny.folder / "autograded" / "renamed" / NAME / f"{NAME}.ipynb"
        text = path.read_text("utf-8")
        assert "My proof." in text
        path.chmod(0o644)
        path.write_text(text.replace("My proof.", "Quite another."))
        grade_assignment(tiny.course, NAME, students=["renamed"])
        assert folder.is_dir()
        assert tiny.marks("renamed")["q2"]["manual"] is None

    def test_reading_the_run_grades_nothing(self, again: dict[str, Any]) -> None:
        """graded_run repeats the marks without a judge."""
        run = validate_run(graded_run(again["tiny"].course, NAME))
        assert run is not None


@pytest.fixture(scope="module")
def feedback(again: dict[str, Any]) -> dict[str, str]:
    """Student -> the page that generate_feedback made."""
    tiny: TinyCourse = again["tiny"]
    nbgrader(tiny.folder, "generate_feedback", NAME, "--student", "[gensu]*", check=False)
    pages = (tiny.folder / "feedback").glob(f"*/{NAME}/*.html")
    return {page.parent.parent.name: page.read_text("utf-8") for page in pages}


class TestThroughNbgrader:
    """nbgrader's own verbs on the same course."""

    def test_nbgrader_autograde_is_done_by_the_judge(self, again: dict[str, Any]) -> None:
        """It grades what its pattern matches, and fails if a fault of ours left one unmarked."""
        tiny: TinyCourse = again["tiny"]
        tiny.submit("tcli", tiny.model(q1_answer=NEGATIVE_WRONG))
        done = nbgrader(tiny.folder, "autograde", NAME, "--student", "t*", check=False)
        said = done.stdout + done.stderr
        assert tiny.marks("tcli")["q1"]["auto"] == 1
        assert tiny.marks("tcli")["q3"]["auto"] == 3
        assert "tcli" in said
        assert done.returncode != 0
        assert "not marked" in said
        assert "tripped" in said

    def test_feedback_holds_no_secret(self, feedback: dict[str, str]) -> None:
        """No hidden test, value, message nor mark scheme is in any page."""
        assert {"negative", "good"} <= set(feedback)
        for student, page in feedback.items():
            found = [word for word in SECRETS if word in page]
            assert not found, (student, found)

    def test_feedback_tells_the_hint_and_the_mark(self, feedback: dict[str, str]) -> None:
        """The page is useful."""
        assert "Think of negative numbers." in feedback["negative"]
        assert "1 of 4 points" in feedback["negative"]

    def test_feedback_runs_no_script_of_a_student(self, feedback: dict[str, str]) -> None:
        """HTML that a cell displayed can't run in a browser."""
        assert "<script>window.XSSCANARY" not in feedback["script"]


class TestWhatIsRefused:
    """Errors for people, by name."""

    def test_an_unknown_assignment(self, graded: dict[str, Any]) -> None:
        """It must be in the gradebook; the message says what to run."""
        with pytest.raises(CourseError, match="generate_assignment"):
            grade_assignment(graded["tiny"].course, "nope")

    def test_an_unknown_student(self, graded: dict[str, Any]) -> None:
        """Asking for someone without a submission is an error, not an empty run."""
        with pytest.raises(CourseError, match="nobody"):
            grade_assignment(graded["tiny"].course, NAME, students=["nobody"])

    def test_a_stale_release(self, make_tiny: Callable[..., TinyCourse]) -> None:
        """A released notebook that lacks a cell of the gradebook is an error."""
        tiny = make_tiny()
        path = tiny.folder / "assignments" / NAME / f"{NAME}.ipynb"
        path.write_text(json.dumps({**tiny.release, "cells": tiny.release["cells"][:-1]}))
        with pytest.raises(CourseError, match="stale release"):
            grade_assignment(tiny.course, NAME)

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("import pytest\n@pytest.mark.question('q9')\ndef test_x(student): pass", "q9"),
            ("def test_x(student): pass", "question mark"),
            ("this is no python", "collect|syntax|invalid"),
            ("import pytest\n@pytest.mark.question('q3-answer')\ndef test_x(): pass", "graded"),
        ],
    )
    def test_tests_that_do_not_fit(
        self, make_tiny: Callable[..., TinyCourse], text: str, reason: str
    ) -> None:
        """Tests without a cell, without a mark or without syntax stop the run before it begins."""
        tiny = make_tiny()
        tiny.submit("good", tiny.model())
        (tiny.folder / "checks" / NAME / "test_extra.py").write_text(text)
        with pytest.raises(CourseError, match=f"(?i){reason}"):
            grade_assignment(tiny.course, NAME)

    def test_a_secret_that_others_can_read(self, make_tiny: Callable[..., TinyCourse]) -> None:
        """The term's secret must be private."""
        tiny = make_tiny()
        tiny.course.secret()
        (tiny.folder / ".tdl" / "term_secret").chmod(0o644)
        with pytest.raises(CourseError, match="readable by its owner only"):
            tiny.course.secret()


class TestOrdinaryCourse:
    """A course without checks of ours."""

    def test_it_is_graded_cell_by_cell(self, make_tiny: Callable[..., TinyCourse]) -> None:
        """Without hidden tests the graded cells run as nbgrader would run them."""
        tiny = make_tiny("\nc.Course.checks = 'none'\n")
        (tiny.folder / "source" / NAME / "tests" / "test_q1.py").unlink()
        tiny.submit("good", tiny.model())
        tiny.submit("wrong", tiny.model(q3_answer="def triple(x): return 4 * x"))
        run = grade_assignment(tiny.course, NAME)
        rows = {row["student"]: row for row in run["submissions"]}
        assert scores(rows["good"])["q3"] == 3
        assert scores(rows["wrong"])["q3"] == 0


def test_submissions_are_found_by_nbgraders_own_pattern(graded: dict[str, Any]) -> None:
    """Folders of other assignments and plain files are not submissions."""
    tiny: TinyCourse = graded["tiny"]
    (tiny.folder / "submitted" / "someone" / "other").mkdir(parents=True, exist_ok=True)
    (tiny.folder / "submitted" / "README").write_text("x")
    names = [s.student for s in find_submissions(tiny.course, NAME)]
    assert "someone" not in names
    assert names == sorted(set(names))
    assert all(Path(s.folder).is_dir() for s in find_submissions(tiny.course, NAME))
