"""`tdl marking`: how far marking by hand has come."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(marking)


def marking(
    course: Annotated[
        Path, typer.Option("--course", "-C", help="Course folder (with nbgrader_config.py).")
    ] = Path("."),
) -> None:
    """Say what is marked by hand and what waits, by whom, and how far markers are apart.

    For notebooks nbgrader keeps no marker's name. Exit code 1 while something waits.
    Example: tdl marking
    """
    from autograder.grade.course import load_course
    from autograder.grade.gradebook import open_gradebook
    from autograder.ledger.progress import progress_of_notebooks, progress_of_rubric
    from autograder.ledger.rubrics import read_rubrics
    from autograder.ledger.teams import teams

    loaded = load_course(course)
    with open_gradebook(loaded.db_url, loaded.coursedir.course_id) as book:
        found = progress_of_notebooks(book)
        for rubric in read_rubrics(loaded.root / loaded.grading.rubrics).values():
            groups = teams(book, rubric.team, rubric.item) if rubric.team else {}
            subjects = len(groups) if rubric.team else len(book.students)
            found.append(progress_of_rubric(book, rubric, subjects))
    for one in found:
        line = f"{one.what}: {one.marked} marked, {one.waiting} waiting"
        if one.markers:
            names = ", ".join(f"{who} {count}" for who, count in sorted(one.markers.items()))
            line += f" ({names}; at most {one.spread:g} points apart)"
        typer.echo(line)
    raise typer.Exit(1 if any(one.waiting for one in found) else 0)
