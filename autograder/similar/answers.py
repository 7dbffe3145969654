"""The code answers of a class, question by question, beside what everybody was given."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from autograder.errors import CourseError, shown
from autograder.grade.choosing import find_submissions
from autograder.grade.course import CourseFolder
from autograder.grade.release import cell_text
from autograder.similar.pairs import Pair, similar_pairs

MODEL = "(model solution)"


@dataclass
class Answers:
    """One question's answers: student -> program, and what was released of it."""

    students: dict[str, str] = field(default_factory=dict)
    released: list[str] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)


def answers_of_class(course: CourseFolder, assignment: str) -> dict[str, Answers]:
    """Grade id of the answer -> answers, of every code answer in the assignment.

    Raises:
        CourseError: the assignment is not in the release directory.
    """
    release = course.release_folder(assignment)
    notebooks = sorted(release.glob("*.ipynb"))
    if not notebooks:
        raise CourseError(f"{release} must hold the released notebook, got none")
    everything: dict[str, Answers] = {}
    given = []
    for path in notebooks:
        given += [text for _, text, solution in _cells(path) if not solution]
        for id, text, solution in _cells(path):
            if solution:
                everything[id] = Answers(released=[text])
    for answers in everything.values():
        answers.released += given
    for submission in find_submissions(course, assignment):
        _add(everything, submission.student, [submission.folder / p.name for p in notebooks])
    sources = [course.folder("source", ".", assignment) / path.name for path in notebooks]
    for path in sources:
        for id, text, _ in _cells(path) if path.is_file() else ():
            if id in everything:
                everything[id].known[MODEL] = text
    return everything


def _add(everything: dict[str, Answers], student: str, paths: list[Path]) -> None:
    for path in paths:
        try:
            cells = _cells(path) if path.is_file() and not path.is_symlink() else []
        except CourseError:
            continue  # what can't be read has an outcome of its own
        for id, text, _ in cells:
            if id in everything:
                everything[id].students[student] = text


def _cells(path: Path) -> list[tuple[str, str, bool]]:
    """(grade id, text, whether students write it) of a notebook's code cells."""
    try:
        found = []
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            marks = cell["metadata"].get("nbgrader", {})
            if cell["cell_type"] == "code":
                id = str(marks.get("grade_id", ""))
                found.append((id, cell_text(cell), bool(marks.get("solution"))))
        return found
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CourseError(f"{path} must be a notebook, got {shown(str(error))}") from None


def similar_answers(
    course: CourseFolder, assignment: str, least: float = 0.4
) -> list[tuple[Pair, str, str]]:
    """(pair, left program, right program) of an assignment: students first, most alike first.

    Args:
        course: the course.
        assignment: its name.
        least: share of the smaller answer from which a pair is listed.

    Raises:
        CourseError: the assignment is not in the release directory.
    """
    found = []
    for question, answers in answers_of_class(course, assignment).items():
        programs = {**answers.students, **answers.known}
        pairs = similar_pairs(question, answers.students, answers.released, answers.known, least)
        found += [(pair, programs[pair.left], programs[pair.right]) for pair in pairs]
    return sorted(found, key=lambda each: _order(each[0]))


def _order(pair: Pair) -> tuple[bool, float, str, str]:
    return pair.right == MODEL, -pair.share, pair.question, pair.left
