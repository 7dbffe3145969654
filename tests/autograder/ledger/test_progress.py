"""How far marking by hand has come."""

from __future__ import annotations

from sqlalchemy import insert

from autograder.ledger.tables import drops, now, session_of
from tests.autograder.ledger.conftest import Maker
from tests.autograder.ledger.test_entering import run, seminar


def test_progress_of_marking(on_both: Maker) -> None:
    """Notebooks and rubrics: what is marked, what waits, by whom, how far apart."""
    course = seminar(on_both)
    (course.root / "rubrics" / "oral.yml").unlink()
    course.assignment("hw1")
    course.submit("hw1", "ada", None)
    course.submit("hw1", "bob", None)
    with course.open() as book:
        grade = book.find_grade("q1", "hw1", "hw1", "ada")
        grade.manual_score, grade.needs_manual_grade = 7, False
        book.db.commit()
    done = run(course, "marking")
    assert done.output == "hw1 q1: 1 marked, 1 waiting\nseminar: 0 marked, 1 waiting\n"
    assert done.exit_code == 1
    for marker, points in (("kay", 6), ("lee", 8)):
        given = ["--points", f"talk={points}", "--points", "report=5", "--marker", marker]
        run(course, "mark", "seminar", "--group", "g3", *given)
    said = run(course, "marking").output
    assert "seminar: 1 marked, 0 waiting (kay 2, lee 2; at most 2 points apart)" in said


def test_nobody_marks_who_dropped(small: Maker) -> None:
    """Their answers wait for nobody, and neither does a rubric that is worth nothing here."""
    course = seminar(small)
    course.assignment("hw1")
    course.submit("hw1", "cem", None)
    with course.open() as book:
        for student in ("cem", "dora"):
            row = {"student": student, "created": now()}
            session_of(book).execute(insert(drops), [row])
        book.db.commit()
    assert run(course, "marking").output == "seminar: 0 marked, 1 waiting\n"
    assert "nothing left to mark" in run(course, "marking", "next", "hw1").output
