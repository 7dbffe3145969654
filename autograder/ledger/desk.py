"""What lies before one marker, answer after answer, while others mark and grade."""

from __future__ import annotations

from typing import Any

from autograder.grade.course import CourseFolder
from autograder.ledger.allotting import lot
from autograder.ledger.hand_marks import Answer, Key, answers_by_hand, next_answer


class Desk:
    """The answers of an assignment as one marker goes through them.

    All are read once, and each one again just before it is shown and before its mark is written.

    Args:
        course: the course.
        book: its gradebook, open.
        assignment: its name.
        question: grade id of the only cell to mark; "" for all.
        marker: who marks.
    """

    def __init__(
        self, course: CourseFolder, book: Any, assignment: str, question: str, marker: str
    ) -> None:
        self._course, self._book, self._assignment, self._marker = course, book, assignment, marker
        self._secret = course.secret()
        self.answers = answers_by_hand(book, course, assignment, question)
        self._before: list[Key] = []
        self._skipped: set[Key] = set()
        self._again: Key | None = None

    def answer(self) -> Answer | None:
        """The next answer as it is now; None when nothing is left, or the rest was skipped."""
        if self._again is not None:
            key, self._again = self._again, None
            fresh = self._reread(key)
            if fresh is not None:
                return fresh
        split = any(answer.markers for answer in self.answers.values())
        while True:
            left = {key: a for key, a in self.answers.items() if key not in self._skipped}
            found = next_answer(left, self._marker, lambda who: lot(self._secret, who), split)
            if found is None:
                return None
            key = (found.cell, found.student)
            fresh = self._reread(key)
            if fresh is not None and next_answer({key: fresh}, self._marker, str, split):
                return fresh

    def _reread(self, key: Key) -> Answer | None:
        fresh = answers_by_hand(self._book, self._course, self._assignment, *key).get(key)
        if fresh is None:
            self.answers.pop(key, None)
        else:
            self.answers[key] = fresh
        return fresh

    def is_as_shown(self, answer: Answer) -> bool:
        """Whether the words that the marker read are still those that were handed in."""
        fresh = self._reread((answer.cell, answer.student))
        if fresh is None or fresh.digest != answer.digest:
            return False
        answer.given, answer.markers = fresh.given, fresh.markers
        return True

    def done(self, answer: Answer) -> None:
        """The answer has its mark."""
        key = (answer.cell, answer.student)
        self.answers[key] = answer
        self._before.append(key)

    def skip(self, answer: Answer) -> None:
        """Leave an answer for another time."""
        self._skipped.add((answer.cell, answer.student))

    def back(self, answer: Answer) -> bool:
        """Show the answer that was marked before this one again; whether there is one."""
        self._again = self._before.pop() if self._before else (answer.cell, answer.student)
        return self._again != (answer.cell, answer.student)
