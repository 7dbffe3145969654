"""The sheet of an oral check: who was drawn and how, their answers, and what to ask them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.defend.questions import Question, code_questions, drawn
from autograder.errors import CourseError
from autograder.grade.autograded import read_autograded
from autograder.grade.choosing import find_submissions
from autograder.grade.course import CourseFolder
from autograder.grade.gradebook import open_gradebook
from autograder.ledger.allotting import lot
from autograder.ledger.hand_marks import Answer, answers_by_hand
from autograder.report.blocks import write_page
from autograder.report.markup import Markup, tag
from autograder.report.mathml import FONTS
from autograder.report.wording import cut, visible
from autograder.similar.answers import answers_of_class

STUDENTS, QUESTIONS = 5, 4
NOTICE = (
    "A conversation, not a verdict: who wrote an answer can explain it, on paper and without the "
    "machine. A nervous student may need a moment and a second try. Whatever follows from it is "
    "decided by people under the course's rules."
)
_SCHEME = re.compile(r"BEGIN MARK SCHEME[^\n]*\n(.*?)[^\n]*END MARK SCHEME", re.DOTALL)
_STEP = re.compile(r"(?:^\s*|(?<=[.;]) )[-*] \d+(?:\.\d+)?: (.+?)(?= - \d|$)", re.MULTILINE)
# Step, points, and what they are earned for, if that is said: it may have bars of its own.
_ROW = re.compile(r"^\|([^|\n]*)\|\s*\d+(?:\.\d+)?\s*\|(?:(.*)\|\s*$)?", re.MULTILINE)
_RULES = f"""
math {{ font-family: {FONTS}; }}
.student {{ break-before: page; }}
.student pre {{ max-height: none; white-space: pre-wrap; }}
.ask {{ margin: .8rem 0; break-inside: avoid; }}
.ask p {{ max-width: none; }}
.lines {{ height: 3.2rem; border-bottom: 1px dotted var(--grey); color: var(--quiet);
  font-size: .8rem; }}
"""


@dataclass(frozen=True)
class Defence:
    """What one student is asked.

    Attributes:
        student: who.
        asked: (cell, question), code first.
        answers: cell -> the student's text.
    """

    student: str
    asked: tuple[tuple[str, Question], ...]
    answers: dict[str, str]


def draw_students(course: CourseFolder, assignment: str, count: int, seed: str) -> list[str]:
    """So many of those who handed in, by lot: the same for the same seed and term.

    Raises:
        CourseError: nobody handed in.
    """
    students = [submission.student for submission in find_submissions(course, assignment)]
    if not students:
        raise CourseError(f"{assignment} must have submissions, got none")
    secret = course.secret()
    order = sorted(students, key=lambda student: lot(secret, "defend", assignment, seed, student))
    return order[:count]


def defences(
    course: CourseFolder,
    assignment: str,
    students: Sequence[str],
    seed: str,
    count: int = QUESTIONS,
) -> list[Defence]:
    """What to ask each student: `count` questions on code, and one on each hand-marked answer.

    Raises:
        CourseError: the assignment is not in the release directory or the gradebook.
    """
    secret, everything = course.secret(), answers_of_class(course, assignment)
    with open_gradebook(course.db_url, course.coursedir.course_id) as gradebook:
        by_hand = answers_by_hand(gradebook, course, assignment)
    found = []
    for student in students:

        def by_lot(text: str, student: str = student) -> str:
            return lot(secret, "ask", assignment, seed, student, text)

        asked: list[tuple[str, Question]] = []
        answers: dict[str, str] = {}
        cells: dict[Question, str] = {}
        for cell, known in everything.items():
            program = known.students.get(student, "")
            for question in code_questions(program, known.released):
                cells[question] = cell
                answers[cell] = program
        chosen = drawn(list(cells), count, by_lot)
        asked += [(cell, q) for cell in everything for q in chosen if cells[q] == cell]
        for (cell, who), answer in sorted(by_hand.items()):
            if who == student:
                text, step = _proof(course, assignment, answer, by_lot)
                answers[cell] = text
                asked.append((cell, step))
        shown = {cell: answers[cell] for cell in dict.fromkeys(cell for cell, _ in asked)}
        found.append(Defence(student, tuple(asked), shown))
    return found


def _proof(
    course: CourseFolder, assignment: str, answer: Answer, by_lot: Callable[[str], str]
) -> tuple[str, Question]:
    """A student's proof, and a question on one step of its mark scheme."""
    cell, folder = answer.cell, course.folder("autograded", answer.student, assignment)
    read = read_autograded(folder / f"{answer.notebook}.ipynb")
    texts = {}
    for each in read.get("cells", []):
        marks = each.get("metadata", {}).get("nbgrader", {})
        source = each.get("source", "")
        texts[marks.get("grade_id")] = source if isinstance(source, str) else "".join(source)
    proof = texts.get(f"{cell}-answer", texts.get(cell, ""))
    steps = scheme_steps(texts.get(cell, ""))
    if not steps:
        told = "Tell the idea of your proof in three sentences; where is each assumption used?"
        return proof, Question("rubric", cell, 0, told)
    step = min(steps, key=by_lot)
    step = cut_between_formulas(step, 200)
    told = f"“{step}”: where does your proof do this, and why is it allowed?"
    return proof, Question("rubric", cell, 0, told)


def cut_between_formulas(text: str, length: int) -> str:
    """The text, about `length` characters long at most, with no half of a formula at its end."""
    short = cut(text, length)
    if short != text and short.count("$") % 2:
        return short[: short.rindex("$")].rstrip() + "…"
    return short


def scheme_steps(text: str) -> list[str]:
    """The steps of a mark scheme, as lines of a list or rows of a table."""
    scheme = _SCHEME.search(text)
    if scheme is None:
        return []
    rows = [earned.strip() or step for step, earned in _ROW.findall(scheme[1])]
    steps = [*_STEP.findall(scheme[1]), *rows]
    return [" ".join(step.split()) for step in steps if step.strip()]


def write_sheet(
    assignment: str, found: Sequence[Defence], handed_in: int, seed: str, path: Path
) -> None:
    """Write the sheet: a page for each student, to print; no network, no script.

    Args:
        assignment: its name.
        found: from `defences`.
        handed_in: how many students handed in.
        seed: what the draw started from; "" if the staff named the students.
        path: the file.

    Raises:
        OSError: the file can't be written.
    """
    names = ", ".join(each.student for each in found)
    if seed:
        how = (
            f"{len(found)} of {handed_in} who handed in, drawn with the term's secret and seed "
            f"{seed!r}: {names}. The same seed draws the same."
        )
    else:
        how = f"{len(found)} of {handed_in} who handed in, named by the staff: {names}."
    body = tag(
        "body",
        tag("h1", visible(f"{assignment}: oral check")),
        tag("p", visible(how)),
        tag("p", tag("strong", NOTICE), class_="alarm"),
        *(_student(assignment, each) for each in found),
    )
    write_page(f"{assignment}: oral check", body, path, _RULES)


def _student(assignment: str, defence: Defence) -> Markup:
    parts = [tag("h2", visible(f"{defence.student}, {assignment}"))]
    if not defence.asked:
        parts.append(tag("p", "Nothing of this student's own was found to ask about."))
    for number, (cell, question) in enumerate(defence.asked, start=1):
        where = f"{cell}, line {question.line}" if question.line else cell
        asked = tag("p", visible(question.text)) if question.line else _prose(question.text)
        parts.append(
            tag(
                "div",
                tag("p", tag("strong", f"{number}. {visible(where)}: ")),
                asked,
                tag("div", "explains it / with help / does not; notes:", class_="lines"),
                class_="ask",
            )
        )
    for cell, text in defence.answers.items():
        parts.append(tag("h3", visible(cell)))
        code = any(question.line for of, question in defence.asked if of == cell)
        parts.append(tag("pre", visible(numbered(text), lines=True)) if code else _prose(text))
    return tag("section", *parts, class_="student")


def _prose(text: str) -> Markup:
    """Markdown with formulas, cleaned of all that could act."""
    from autograder.report.safe_html import still_markdown

    return Markup(still_markdown(visible(text, lines=True)))


def numbered(program: str) -> str:
    """A program with the numbers of its lines."""
    return "\n".join(f"{i:3d}  {line}" for i, line in enumerate(program.splitlines(), start=1))
