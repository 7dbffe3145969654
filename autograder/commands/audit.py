"""`tdl audit`: where a mark comes from, and whether grading again gives the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from autograder.grade.course import CourseFolder


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(audit)


def audit(
    student: Annotated[str, typer.Argument(help="Id of the submitter.")],
    assignment: Annotated[str, typer.Argument(help="Name of the assignment, e.g. hw1.")],
    repeat: Annotated[bool, typer.Option(help="Grade again, write nothing, compare.")] = False,
    every: Annotated[
        bool, typer.Option("--all", help="All gradings, not the latest only.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The entries as they are.")] = False,
    course: Annotated[
        Path, typer.Option("--course", "-C", help="Course folder (with nbgrader_config.py).")
    ] = Path("."),
) -> None:
    """Explain a mark: when it was given, of what, by which tests, with which seeds.

    With --repeat the submission is graded again as it lies there; exit code 1 if a mark differs.
    For staff only: names of hidden tests and seeds of hidden inputs are shown.

    Example: tdl audit bitdiddle hw1 --repeat
    """
    from autograder.errors import CourseError
    from autograder.grade.auditing import audit_log
    from autograder.grade.course import load_course

    loaded = load_course(course)
    entries = audit_log(loaded, assignment).entries(student)
    if not entries:
        raise CourseError(f"{student} must have been graded for {assignment}, got no record of it")
    for entry in entries if every else entries[-1:]:
        for line in [json.dumps(entry)] if as_json else explained(entry):
            typer.echo(line)
    if not as_json:
        typer.echo(f"{len(entries)} gradings on record")
    if repeat:
        raise typer.Exit(0 if _repeat(loaded, assignment, student) else 1)


def explained(entry: dict[str, Any]) -> list[str]:
    """An entry as lines for people."""
    versions = ", ".join(f"{name} {number}" for name, number in entry["versions"].items())
    lines = [
        f"{entry['student']}, {entry['assignment']}, graded {entry['time']}: {entry['outcome']}",
        f"  submission {entry['submission'][:16]}, course {entry['course'][:16]}, "
        f"secret {entry['secret']}, term {entry['term'] or 'unnamed'}",
        f"  {versions}; level {entry['level']}",
        *([f"  hidden inputs of team {entry['team']}"] if entry.get("team") else []),
        f"  {entry['seconds']:.2f} s, {entry['cpu_seconds']:.2f} CPU-seconds, "
        f"{entry['max_rss_mb']:.0f} MiB",
    ]
    lines += [f"  {text}" for text in (entry["message"], *entry["flags"]) if text]
    for grade_id, mark in entry["marks"].items():
        score = "no mark yet" if mark["score"] is None else f"{mark['score']:g}"
        lines.append(f"  {grade_id}: {score} of {mark['max_score']:g}, {mark['verdict']}")
        lines += [f"    {mark['breach']}"] if mark["breach"] else []
        lines += [f"    {_test(test)}" for test in mark["tests"]]
    return lines


def _test(test: dict[str, Any]) -> str:
    said = f": {test['message']}" if test["message"] else ""
    return f"{test['verdict']:<13} {test['weight']:.3f}  seed {test['seed']}  {test['id']}{said}"


def _repeat(course: CourseFolder, assignment: str, student: str) -> bool:
    """Grade again and say what differs; whether nothing does."""
    from autograder.grade import gradebook
    from autograder.grade.auditing import repeat
    from autograder.grade.pipeline import read_notebooks

    with gradebook.open_gradebook(course.db_url, course.coursedir.course_id) as book:
        notebooks = read_notebooks(course, assignment, book)
    repeated = repeat(course, assignment, student, notebooks)
    for name in repeated.changed:
        typer.echo(f"changed since: {name}")
    for line in repeated.differences:
        typer.echo(f"differs: {line}")
    typer.echo("graded again: " + ("not the same" if repeated.differences else "the same marks"))
    return not repeated.differences
