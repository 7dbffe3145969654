"""`tdl report`: what has been graded, of an assignment or of the whole course, as a page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from autograder.grade.course import CourseFolder


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(report)


def report(
    assignment: Annotated[
        str, typer.Argument(help="Name of the assignment, e.g. hw1; without: the whole course.")
    ] = "",
    output: Annotated[Path, typer.Option("--output", "-o", help="The page.")] = Path("report.html"),
    grades: Annotated[Path | None, typer.Option(help="Also write this CSV file.")] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the run there as JSON.")
    ] = None,
    course: Annotated[
        Path, typer.Option("--course", "-C", help="Course folder (with nbgrader_config.py).")
    ] = Path("."),
) -> None:
    """Write a report of what has been graded: one page, no network needed; for staff only.

    Without an assignment: the whole course, by the scheme in c.Grading if there is one.
    Examples: tdl report hw1 -o report.html --grades grades.csv; tdl report -o course.html
    """
    from autograder.errors import CourseError
    from autograder.grade.course import load_course

    loaded = load_course(course)
    if assignment:
        _of_assignment(loaded, assignment, output, grades, json_file)
    elif grades is not None or json_file is not None:
        raise CourseError("--grades and --json must come with an assignment; see `tdl grades -o`")
    else:
        _of_course(loaded, output)


def _of_course(course: CourseFolder, output: Path) -> None:
    from autograder.ledger.overview import course_results
    from autograder.report.html import write_course_report

    write_course_report(course_results(course), output)
    typer.echo(f"wrote {output}")


def _of_assignment(
    course: CourseFolder, assignment: str, output: Path, grades: Path | None, json_file: Path | None
) -> None:
    from autograder.grade.gradebook import open_gradebook
    from autograder.grade.pipeline import graded_run
    from autograder.ledger.hand_marks import answers_by_hand
    from autograder.ledger.overview import double_marks, with_late_policy
    from autograder.report.grades import replace_file, write_grades
    from autograder.report.html import write_report
    from autograder.report.schema import validate_run

    run = with_late_policy(course, validate_run(graded_run(course, assignment)))
    with open_gradebook(course.db_url, course.coursedir.course_id) as gradebook:
        marks = double_marks(answers_by_hand(gradebook, course, assignment).values())
    write_report(run, output, marks)
    typer.echo(f"wrote {output}")
    if grades is not None:
        write_grades(run, grades)
        typer.echo(f"wrote {grades}")
    if json_file is not None:
        replace_file(json_file, json.dumps(run, indent=1) + "\n")
