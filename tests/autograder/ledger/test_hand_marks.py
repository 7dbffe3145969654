"""Marks by hand with names: split, second marks, agreement, the comment bank."""

from __future__ import annotations

import re

import pytest
from sqlalchemy.event import listen

from autograder.errors import CourseError
from autograder.ledger.allotting import allot, store_allotments
from autograder.ledger.desk import Desk
from autograder.ledger.forgetting import forget_student
from autograder.ledger.hand_marks import Answer, answers_by_hand, give_mark, next_answer
from tests.autograder.ledger.conftest import DUE, STUDENTS, Maker, SmallCourse
from tests.autograder.ledger.test_entering import run

SECRET = b"x" * 64


def proofs(make: Maker, students: tuple[str, ...] = STUDENTS) -> SmallCourse:
    """hw1 with a task of 10 points and a proof cell of 4, handed in by these students."""
    course = make()
    with course.open() as book:
        book.add_assignment("hw1", duedate=DUE)
        book.add_notebook("hw1", "hw1")
        book.add_task_cell("q1", "hw1", "hw1", max_score=10, cell_type="markdown")
        book.add_grade_cell("q2", "hw1", "hw1", max_score=4, cell_type="markdown")
        book.add_solution_cell("q2", "hw1", "hw1")
        book.add_grade_cell("q3", "hw1", "hw1", max_score=5, cell_type="code")
        book.add_solution_cell("q3-answer", "hw1", "hw1")
        for student in students:
            book.update_or_create_student(student)
            book.update_or_create_submission("hw1", student, timestamp=DUE)
    return course


def answers(count: int, markers: dict[int, str] | None = None) -> dict[tuple[str, str], Answer]:
    """Answers to two questions by so many students."""
    return {
        (cell, f"s{i}"): Answer(cell, f"s{i}", "hw1", 10, None, True, "", {}, dict(markers or {}))
        for cell in ("q1", "q2")
        for i in range(count)
    }


class TestAllot:
    """Who marks what."""

    def test_everything_has_one_first_marker_and_loads_differ_by_one(self) -> None:
        found = allot(answers(17), ["ann", "bea", "cem"], SECRET)
        assert len({(cell, student) for cell, student, _, rank in found if rank == 1}) == 34
        loads = [sum(m == marker for _, _, m, _ in found) for marker in ("ann", "bea", "cem")]
        assert max(loads) - min(loads) <= 1

    def test_the_sample_is_the_share_asked_for_and_has_two_people(self) -> None:
        found = allot(answers(20), ["ann", "bea"], SECRET, 0.2)
        first = {(cell, student): m for cell, student, m, rank in found if rank == 1}
        second = {(cell, student): m for cell, student, m, rank in found if rank == 2}
        assert [sum(cell == q for cell, _ in second) for q in ("q1", "q2")] == [4, 4]
        assert all(first[key] != marker for key, marker in second.items())

    def test_the_sample_depends_on_the_secret_alone(self) -> None:
        once, again = (allot(answers(40), ["ann", "bea"], SECRET, 0.2) for _ in range(2))
        other = allot(answers(40), ["ann", "bea"], b"y" * 64, 0.2)
        assert once == again
        assert {a[:2] for a in once if a[3] == 2} != {a[:2] for a in other if a[3] == 2}

    def test_what_is_allotted_stays(self) -> None:
        """Late submissions are shared out among whoever has least."""
        known = answers(4, {1: "ann"})
        known |= {key: answer for key, answer in answers(8).items() if key not in known}
        found = allot(known, ["ann", "bea"], SECRET)
        assert {marker for _, _, marker, _ in found} == {"bea"} and len(found) == 8

    def test_one_marker_a_question(self) -> None:
        found = allot(answers(9), ["ann", "bea"], SECRET, by_question=True)
        assert {(cell, marker) for cell, _, marker, _ in found} == {("q1", "ann"), ("q2", "bea")}

    @pytest.mark.parametrize(
        ("markers", "double", "message"),
        [
            ([], 0.0, "markers must be named, got none"),
            (["ann", "ann"], 0.0, "once each, got 'ann' twice"),
            (["ann"], 0.1, "two or more to mark twice"),
            (["ann", "bea"], 1.5, "from 0 to 1, got 1.5"),
        ],
    )
    def test_what_is_refused(self, markers: list[str], double: float, message: str) -> None:
        with pytest.raises(CourseError, match=re.escape(message)):
            allot(answers(2), markers, SECRET, double)


class TestMarks:
    """Marks with names, and what nbgrader's gradebook then says."""

    def test_only_what_people_mark_is_theirs(self, on_both: Maker) -> None:
        """The task and the proof cell; not the check cell q3."""
        course = proofs(on_both)
        with course.open() as book:
            found = answers_by_hand(book, course.folder, "hw1")
        assert sorted({cell for cell, _ in found}) == ["q1", "q2"] and len(found) == 8

    def test_two_marks_are_averaged_in_nbgraders_gradebook(self, on_both: Maker) -> None:
        course = proofs(on_both)
        with course.open() as book:
            answer = answers_by_hand(book, course.folder, "hw1")["q1", "ada"]
            give_mark(book, "hw1", answer, "ann", 7, "A gap in step 2.")
            give_mark(book, "hw1", answer, "bea", 8)
        with course.open() as book:
            grade = book.find_grade("q1", "hw1", "hw1", "ada")
            assert (grade.score, grade.needs_manual_grade) == (7.5, False)
            comment = book.find_comment("q1", "hw1", "hw1", "ada")
            assert comment.comment == "A gap in step 2."
            answer = answers_by_hand(book, course.folder, "hw1")["q1", "ada"]
            give_mark(book, "hw1", answer, "ann", None)
            assert book.find_grade("q1", "hw1", "hw1", "ada").score == 8
            give_mark(book, "hw1", answer, "bea", None)
            assert book.find_grade("q1", "hw1", "hw1", "ada").needs_manual_grade

    def test_a_mark_from_formgrader_is_that_of_the_first_marker(self, small: Maker) -> None:
        course = proofs(small)
        with course.open() as book:
            store_allotments(book, "hw1", [("q1", "ada", "ann", 1), ("q1", "ada", "bea", 2)])
            grade = book.find_grade("q1", "hw1", "hw1", "ada")
            grade.manual_score, grade.needs_manual_grade = 4, False
            book.db.commit()
            known = answers_by_hand(book, course.folder, "hw1")
            assert next_answer(known, "ann", str) is None
            due = next_answer(known, "bea", str)
            assert due is known["q1", "ada"] and due is not None
            give_mark(book, "hw1", due, "bea", 6)
            assert {m: g.points for m, g in due.given.items()} == {"ann": 4, "bea": 6}
            assert book.find_grade("q1", "hw1", "hw1", "ada").score == 5

    def test_points_outside_are_refused(self, small: Maker) -> None:
        course = proofs(small)
        with course.open() as book:
            answer = answers_by_hand(book, course.folder, "hw1")["q2", "ada"]
            for points in (-1, 4.5):
                with pytest.raises(CourseError, match="points of q2 must be from 0 to 4"):
                    give_mark(book, "hw1", answer, "ann", points)

    def test_a_student_who_is_forgotten_leaves_no_mark(self, small: Maker) -> None:
        course = proofs(small)
        with course.open() as book:
            store_allotments(book, "hw1", [("q1", "ada", "ann", 1)])
            known = answers_by_hand(book, course.folder, "hw1")
            give_mark(book, "hw1", known["q1", "ada"], "ann", 3)
            give_mark(book, "hw1", known["q1", "bob"], "ann", 3)
        forget_student(course.folder, "ada")
        with course.open() as book:
            known = answers_by_hand(book, course.folder, "hw1")
        assert ("q1", "ada") not in known and known["q1", "bob"].given

    def test_the_next_answer_of_200_students_takes_few_queries(self, small: Maker) -> None:
        """So that it comes at once: no query per student or answer."""
        course = proofs(small, tuple(f"s{i:03d}" for i in range(200)))
        with course.open() as book:
            known = answers_by_hand(book, course.folder, "hw1")
            store_allotments(book, "hw1", allot(known, ["ann", "bea"], SECRET, 0.2))
            asked: list[str] = []
            listen(book.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
            known = answers_by_hand(book, course.folder, "hw1")
            due = next_answer(known, "ann", str)
            assert 0 < len(asked) < 20
        assert due is not None and due.markers[1] == "ann"


class TestCommands:
    """The command line, as markers use it."""

    def test_from_split_to_agreement(self, on_both: Maker) -> None:
        """Two markers, everything twice: names are not shown, marks differ where they do."""
        course = proofs(on_both)
        both = ["--marker", "ann", "--marker", "bea"]
        done = run(course, "marking", "split", "hw1", *both, "--double", "100")
        assert done.output == (
            "ann: 4 answers, 4 more for a second time\nbea: 4 answers, 4 more for a second time\n"
        )
        run(course, "marking", "comments", "hw1", "q1", "--add", "gap=Step 2 has a gap.")
        for marker, points in (("ann", "7"), ("bea", "8")):
            keys = f"{points}\n@gap\n" * 4 + "11\n3\n\n" + "3\n\n" * 3
            done = run(course, "marking", "next", "hw1", "--marker", marker, keys=keys)
            assert done.exit_code == 0, done.output
            assert "nothing left to mark" in done.output
            assert "@gap: Step 2 has a gap." in done.output
            assert "must be from 0 to 4, got 11" in done.output
            assert not any(student in done.output for student in STUDENTS)
        said = run(course, "marking", "agreement", "hw1").output
        assert "q1: 4 answers, 0% identical, 1 of 10 points apart" in said
        assert "q2: 4 answers, 100% identical, 0 of 4 points apart" in said
        assert said.count("talk about q1 of") == 4
        with course.open() as book:
            assert book.find_grade("q1", "hw1", "hw1", "cem").score == 7.5
            comment = book.find_comment("q1", "hw1", "hw1", "cem").comment
            assert comment == "Step 2 has a gap."
        done = run(course, "marking")
        assert "hw1 q1: 4 marked, 0 waiting (ann 4, bea 4; at most 1 points apart)" in done.output

    def test_skip_and_back(self, small: Maker) -> None:
        """s leaves an answer for later, b shows the last one again; both without the mouse."""
        course = proofs(small)
        keys = "b\ns\n7\n\nb\n8\n\n\n"
        done = run(course, "marking", "next", "hw1", "--marker", "ann", keys=keys)
        shown = re.findall("q1, answer ([0-9a-f]{6})", done.output)
        assert "there is none before" in done.output
        assert shown[0] == shown[1] and shown[2] == shown[4] and shown[3] == shown[5]
        with course.open() as book:
            known = answers_by_hand(book, course.folder, "hw1")
            assert [a.given["ann"].points for a in known.values() if a.given] == [8]

    def test_a_comment_is_put_into_the_bank_while_marking(self, small: Maker) -> None:
        course = proofs(small)
        keys = "7\n@gap=Step 2 has a gap.\n6\n@gap\n\n"
        run(course, "marking", "next", "hw1", "--marker", "ann", keys=keys)
        assert run(course, "marking", "comments", "hw1").output == "q1 @gap: Step 2 has a gap.\n"
        with course.open() as book:
            known = answers_by_hand(book, course.folder, "hw1")
            said = {mark.comment for a in known.values() for mark in a.given.values()}
        assert said == {"Step 2 has a gap."}

    def test_two_who_mark_at_once_do_not_mark_the_same(self, small: Maker) -> None:
        """Without a split: what somebody marked meanwhile is passed over."""
        course = proofs(small)
        with course.open() as book, course.open() as other:
            ann = Desk(course.folder, book, "hw1", "q1", "ann")
            bea = Desk(course.folder, other, "hw1", "q1", "bea")
            first = ann.answer()
            assert first is not None
            give_mark(book, "hw1", first, "ann", 3)
            second = bea.answer()
            assert second is not None and second.student != first.student

    def test_one_mark_is_changed_by_the_number_that_markers_see(self, small: Maker) -> None:
        course = proofs(small)
        shown = run(course, "marking", "next", "hw1", "--marker", "ann", keys="\n").output
        found = re.search("q1, answer ([0-9a-f]{6}), 10 points", shown)
        assert found is not None
        number = ["--answer", found[1], "--marker", "ann"]
        done = run(course, "marking", "enter", "hw1", "q1", *number, "--points", "6")
        assert done.output == "ann: 6\nq1 counts 6 of 10\n"
        done = run(course, "marking", "enter", "hw1", "q1", *number, "--retract")
        assert done.output == "q1 counts no mark of 10\n"

    def test_a_person_may_overrule_the_judge_for_one_student(self, on_both: Maker) -> None:
        """As after a regrade request; taken back, the judge's mark counts, and nothing waits."""
        course = proofs(on_both)
        with course.open() as book:
            for student in ("ada", "bob"):
                book.find_grade("q3", "hw1", "hw1", student).auto_score = 2
            book.db.commit()
        enter = ("marking", "enter", "hw1", "q3", "--answer", "ada", "--marker", "ann")
        done = run(course, *enter, "--points", "4", "--comment", "A typo only.")
        assert done.output == "ann: 4\njudge: 2\nq3 counts 4 of 5\n", done.exception
        with course.open() as book:
            assert book.find_grade("q3", "hw1", "hw1", "ada").score == 4
            assert book.find_grade("q3", "hw1", "hw1", "bob").score == 2
            assert book.find_comment("q3-answer", "hw1", "hw1", "ada").comment == "A typo only."
            assert ("q3", "ada") not in answers_by_hand(book, course.folder, "hw1")
        assert run(course, *enter, "--retract").output == "judge: 2\nq3 counts 2 of 5\n"
        with course.open() as book:
            grade = book.find_grade("q3", "hw1", "hw1", "ada")
            assert (grade.score, bool(grade.needs_manual_grade)) == (2, False)

    def test_a_key_that_the_bank_lacks_is_refused(self, small: Maker) -> None:
        course = proofs(small)
        run(course, "marking", "comments", "hw1", "*", "--add", "late=Please be in time.")
        wrong = ["--answer", "ada", "--points", "3", "--comment", "@gap"]
        done = run(course, "marking", "enter", "hw1", "q1", *wrong)
        assert "keys of the bank (@late), got @gap" in str(done.exception)
        right = ["--answer", "ada", "--points", "3", "--comment", "See a@late.org. @late"]
        run(course, "marking", "enter", "hw1", "q1", *right)
        with course.open() as book:
            comment = book.find_comment("q1", "hw1", "hw1", "ada").comment
        assert comment == "See a@late.org. Please be in time."
