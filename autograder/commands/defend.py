"""`tdl defend`: an oral check of a few students about their own answers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(defend)


def defend(
    assignment: Annotated[str, typer.Argument(help="Name of the assignment, e.g. hw1.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The sheet.")] = Path(
        "defend.html"
    ),
    students: Annotated[int, typer.Option(min=1, help="How many are drawn.")] = 5,
    questions: Annotated[int, typer.Option(min=1, help="Questions on code for each.")] = 4,
    seed: Annotated[
        str, typer.Option(help="What the draw starts from; stated on the sheet.")
    ] = "1",
    student: Annotated[
        list[str] | None, typer.Option(help="These instead of a draw; repeatable.")
    ] = None,
    course: Annotated[
        Path, typer.Option("--course", "-C", help="Course folder (with nbgrader_config.py).")
    ] = Path("."),
) -> None:
    """Draw students, and print questions about their own code and proofs for a talk of ten minutes.

    Questions come from the syntax tree of their code and from the mark schemes.
    Example: tdl defend hw1 -o defend.html --seed 1
    """
    from autograder.defend.sheet import defences, draw_students, write_sheet
    from autograder.grade.choosing import choose, find_submissions
    from autograder.grade.course import load_course

    loaded = load_course(course)
    everybody = find_submissions(loaded, assignment)
    if student:
        names = [submission.student for submission in choose(everybody, student)]
    else:
        names = draw_students(loaded, assignment, students, seed)
    found = defences(loaded, assignment, names, seed, questions)
    write_sheet(assignment, found, len(everybody), "" if student else seed, output)
    for one in found:
        typer.echo(f"{one.student}: {len(one.asked)} questions")
    typer.echo(f"wrote {output}")
