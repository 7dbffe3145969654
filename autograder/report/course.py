"""The results of a whole course: what its page shows, as plain data."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autograder.report.agreement import DoubleMark
from autograder.report.measures import QuestionMeasure, discrimination, question_measures, taken
from autograder.report.schema import Run, Submission


@dataclass(frozen=True)
class Scores:
    """A component of the grade, or an item of one.

    Attributes:
        name: its name.
        part: the component that it belongs to; "" for a component itself.
        weight: "30 %", for the reader; "" if it has none of its own.
        shares: students' shares of the points, in [0, 1] without extra credit; of an item those
            that were handed in and marked, of a component all that are not excused.
        missing: students who handed in nothing, though it was due.
        waiting: students whose mark is waited for.
        excused: students for whom it does not count.
    """

    name: str
    part: str
    weight: str
    shares: tuple[float, ...]
    missing: int = 0
    waiting: int = 0
    excused: int = 0


@dataclass(frozen=True)
class CourseResults:
    """Everything that the page of a course shows.

    Attributes:
        title: of the course.
        created: when, ISO 8601.
        students: how many are enrolled.
        runs: the assignments that have submissions, in order.
        totals: students' totals so far, percent; empty without a grading scheme.
        letters: letter -> students whose grade is complete.
        passed: passed, failed, open -> students.
        parts: components of the grade.
        items: their items.
        double_marks: answers that several people marked.
    """

    title: str
    created: str
    students: int
    runs: tuple[Run, ...]
    totals: tuple[float, ...] = ()
    letters: Mapping[str, int] | None = None
    passed: Mapping[str, int] | None = None
    parts: tuple[Scores, ...] = ()
    items: tuple[Scores, ...] = ()
    double_marks: tuple[DoubleMark, ...] = ()


@dataclass(frozen=True)
class QuestionOfCourse:
    """A question's measures, and how it goes with the rest of the course."""

    assignment: str
    measure: QuestionMeasure
    with_course: float | None


def course_questions(runs: Sequence[Run]) -> list[QuestionOfCourse]:
    """Every question of every assignment, in order.

    `with_course` is the correlation of the question's share with the student's mean share in the
    other assignments: whether those who do well elsewhere do well here.
    """
    shares = [{row["student"]: share for row in taken(run) if (share := _share(row)) is not None}
              for run in runs]  # fmt: skip
    found = []
    for number, run in enumerate(runs):
        others = [each for i, each in enumerate(shares) if i != number]
        rest = {s: _mean([each[s] for each in others if s in each]) for s in shares[number]}
        for measure in question_measures(run):
            items, course = [], []
            for row in taken(run):
                elsewhere = rest.get(row["student"])
                question = row["questions"].get(measure.id)
                if question is None or elsewhere is None or not question["max_score"]:
                    continue
                if question["score"] is not None and question["verdict"] != "unmarked":
                    items.append(question["score"] / question["max_score"])
                    course.append(elsewhere)
            found.append(
                QuestionOfCourse(run["assignment"], measure, discrimination(items, course))
            )
    return found


def _share(row: Submission) -> float | None:
    if row["score"] is None or row["needs_manual"] or not row["max_score"]:
        return None
    return row["score"] / row["max_score"]


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def absences(runs: Sequence[Run]) -> list[tuple[str, list[str], list[str]]]:
    """(student, assignments missing, assignments late), most missing first; nobody without any."""
    missing, late = dict[str, list[str]](), dict[str, list[str]]()
    for run in runs:
        for row in run["submissions"]:
            if row["outcome"] == "missing":
                missing.setdefault(row["student"], []).append(run["assignment"])
            elif row["late_seconds"] > 0:
                late.setdefault(row["student"], []).append(run["assignment"])
    students = sorted(
        {*missing, *late}, key=lambda s: (-len(missing.get(s, ())), -len(late.get(s, ())), s)
    )
    return [(s, missing.get(s, []), late.get(s, [])) for s in students]


def hints_of_course(runs: Sequence[Run], most: int = 20) -> list[tuple[str, str, str, int, float]]:
    """(assignment, question, hint, students, share of those marked), the largest shares first."""
    from autograder.report.measures import failing_hints

    found = []
    for run in runs:
        total = len(taken(run))
        found += [
            (run["assignment"], hint.question, hint.text, hint.students, hint.students / total)
            for hint in failing_hints(run)
        ]
    return sorted(found, key=lambda each: (-each[4], each[:2]))[:most]


def counted(values: Sequence[str | None]) -> dict[str, int]:
    """Value -> how often, without None."""
    return dict(Counter(value for value in values if value is not None))
