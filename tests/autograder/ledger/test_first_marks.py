"""First marks are plain inserts: the same in SQLite and PostgreSQL, which checks references."""

from __future__ import annotations

from autograder.grade.first_marks import FirstMarks
from autograder.grade.gradebook import write_marks
from tests.autograder.ledger.conftest import Maker


def test_first_marks_are_those_of_nbgraders_way(on_both: Maker) -> None:
    course = on_both()
    course.assignment("hw1")
    result = {"hw1": {"parts": {"q1": {"score": 7.5, "kind": "judge"}}, "unchanged": []}}
    with course.open() as book:
        first = FirstMarks(book, "hw1")
        for student in ("ada", "eve"):  # eve is new
            first.write(student, None, result)
        write_marks(book, "hw1", "bob", None, result, set(), lambda *_: None)
        found = []
        for student in ("ada", "eve", "bob"):
            mark = book.find_grade("q1", "hw1", "hw1", student)
            notebook = mark.notebook
            found.append(
                (mark.auto_score, mark.manual_score, mark.needs_manual_grade, mark.score)
                + (notebook.score, notebook.flagged, notebook.late_submission_penalty)
            )
    assert found == [(7.5, None, False, 7.5, 7.5, False, None)] * 3
